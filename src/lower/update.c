/* Blocks whose start is known at run: dynamic_slice reads one, update writes one. */
#include "words.h"

/* The start as a dense vector of i32. */
static sabir_status dense_start(sbr_lowering *lowering, const sbr_node *node, uint32_t input, sbr_view *start)
{
    const sbr_view given = *sbr_in(lowering, node, input);
    return sbr_dense(lowering, &given, start);
}

/* limits: the last start at which a block of extents `block` lies inside `whole`. */
static void limits_param(sbr_launcher *l, const sbr_view *whole, const sbr_view *block)
{
    sbr_exprs *exprs = &l->lowering->module->exprs;
    for (int32_t i = 0; i < SABIR_MAX_RANK; i++)
        sbr_idx_at(l, "limits", (uint32_t)i, i < whole->rank ? sbr_expr_sub(exprs, whole->extents[i], block->extents[i]) : sbr_num(l->lowering, 0));
}

/* A parameter with one entry an axis; `rest` beyond the rank. */
static void axes_param(sbr_launcher *l, const char *param, int32_t rank, const sbr_expr *values, int64_t rest)
{
    for (int32_t i = 0; i < SABIR_MAX_RANK; i++) sbr_idx_at(l, param, (uint32_t)i, i < rank ? values[i] : sbr_num(l->lowering, rest));
}

sabir_status sbr_lower_dynamic_slice(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view x = *sbr_in(lowering, node, 0);
    sbr_view start, output, block = x;
    SABIR_TRY(dense_start(lowering, node, 1, &start));
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    memcpy(block.extents, output.extents, sizeof block.extents);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "block_read", SBR_ARITH_BITS, SBR_ARITH_BITS));
    sbr_space(&l, output.rank, output.extents);
    sbr_read(&l, "x", &block);
    sbr_read(&l, "start", &start);
    sbr_write(&l, "y", &output);
    sbr_int(&l, "axes", x.rank);
    limits_param(&l, &x, &block);
    axes_param(&l, "steps", x.rank, x.strides, 0);
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}

/* Writes part over the block of y, elements that fill words. */
static sabir_status write_block(sbr_lowering *lowering, const sbr_view *part, const sbr_view *start, const sbr_view *y)
{
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "block_write", SBR_ARITH_BITS, SBR_ARITH_BITS));
    const sbr_expr count = sbr_view_count(lowering, part);
    sbr_space(&l, part->rank, part->extents);
    sbr_read(&l, "part", part);
    sbr_read(&l, "start", start);
    sbr_write(&l, "y", y);
    sbr_idx(&l, "n", count);
    sbr_int(&l, "axes", y->rank);
    axes_param(&l, "counts", part->rank, part->extents, 1);
    limits_param(&l, y, part);
    axes_param(&l, "steps", y->rank, y->strides, 0);
    return sbr_launch_end(&l, sbr_ceil_div(lowering, count, l.desc->local_size), 0);
}

/* y is part inside the block and old elsewhere, element by element; y may be old. */
static sabir_status merge_block(sbr_lowering *lowering, const sbr_view *old, const sbr_view *part, const sbr_view *start, const sbr_view *y)
{
    sbr_view dense;
    SABIR_TRY(sbr_dense(lowering, part, &dense));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "block_merge", SBR_ARITH_BITS, SBR_ARITH_BITS));
    sbr_space(&l, y->rank, y->extents);
    sbr_read(&l, "old", old);
    sbr_read(&l, "part", &dense);
    sbr_read(&l, "start", start);
    sbr_write(&l, "y", y);
    sbr_int(&l, "axes", y->rank);
    axes_param(&l, "sizes", y->rank, y->extents, 1);
    axes_param(&l, "counts", y->rank, dense.extents, 1);
    limits_param(&l, y, &dense);
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}

/* The first of the axes from which on the part spans the whole: the rows of a block that starts anywhere begin at multiples of them. */
static int32_t first_spanned(const sbr_view *whole, const sbr_view *part)
{
    int32_t axis = whole->rank;
    while (axis > 0 && whole->extents[axis - 1] == part->extents[axis - 1]) axis--;
    return axis;
}

/* Whether part and whole may be moved as words; *axis: the first that is spanned. */
static bool moves_as_words(sbr_lowering *lowering, const sbr_view *whole, const sbr_view *part, int32_t *axis)
{
    *axis = first_spanned(whole, part);
    return *axis < whole->rank && sbr_fills_words(lowering, whole, sbr_extents_product(lowering, whole, *axis, whole->rank));
}

/* Writes the block of y, which holds old's elements. */
static sabir_status write_part(sbr_lowering *lowering, const sbr_view *part, const sbr_view *start, const sbr_view *y)
{
    int32_t axis;
    if (sbr_elements_in_word(y) == 1) return write_block(lowering, part, start, y);
    if (!moves_as_words(lowering, y, part, &axis)) return merge_block(lowering, y, part, start, y);
    sbr_view dense, part_words, y_words;
    SABIR_TRY(sbr_dense_words(lowering, part, &dense));
    sbr_view_words(lowering, &dense, axis, &part_words);
    sbr_view_words(lowering, y, axis, &y_words);
    return write_block(lowering, &part_words, start, &y_words);
}

/* Whether old's memory may become the result's: nobody reads it later, this node only as old, and stores reach it. */
static bool is_in_place(sbr_lowering *lowering, const sbr_node *node, const sbr_view *old, const sbr_view *part, const sbr_view *start)
{
    return sbr_may_overwrite(lowering, node->inputs[0]) && sbr_is_dense(lowering, old) && part->slot != old->slot && start->slot != old->slot
        && (sbr_elements_in_word(old) == 1 || sbr_fills_words(lowering, old, old->offset));
}

sabir_status sbr_lower_update(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view old = *sbr_in(lowering, node, 0), part = *sbr_in(lowering, node, 1);
    sbr_view start, output;
    SABIR_TRY(dense_start(lowering, node, 2, &start));
    if (is_in_place(lowering, node, &old, &part, &start)) {
        SABIR_TRY(sbr_dense(lowering, &old, &output));
        sbr_alias(lowering, node, 0, &output);
        return write_part(lowering, &part, &start, &output);
    }
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    int32_t axis;
    if (sbr_elements_in_word(&old) > 1 && !moves_as_words(lowering, &output, &part, &axis)) return merge_block(lowering, &old, &part, &start, &output);
    SABIR_TRY(sbr_copy_view(lowering, &old, &output));
    return write_part(lowering, &part, &start, &output);
}
