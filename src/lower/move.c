/* Operators that put elements elsewhere: pad, roll, concat, diagonal_embed, gather, take_along. */
#include "words.h"

/* ---- pad, diagonal_embed ---- */

typedef struct padding {
    uint32_t mode; /* sabir_pad_mode */
    sbr_expr before[SABIR_MAX_RANK];
    double value;
} padding;

static sabir_status launch_pad(sbr_lowering *lowering, const sbr_view *x, const sbr_view *y, const padding *p)
{
    uint32_t words[2] = {0, 0};
    sbr_number_store(x->type, p->value, words);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "pad", SBR_ARITH_BITS, SBR_ARITH_BITS));
    const sbr_expr zero = sbr_num(lowering, 0), one = sbr_num(lowering, 1);
    sbr_read(&l, "x", x);
    sbr_write(&l, "y", y);
    sbr_int(&l, "mode", p->mode);
    sbr_int(&l, "axes", x->rank);
    for (int32_t i = 0; i < SABIR_MAX_RANK; i++) {
        const bool given = i < x->rank;
        sbr_idx_at(&l, "sizes", (uint32_t)i, given ? y->extents[i] : one);
        sbr_idx_at(&l, "counts", (uint32_t)i, given ? x->extents[i] : one);
        sbr_idx_at(&l, "steps", (uint32_t)i, given ? x->strides[i] : zero);
        sbr_idx_at(&l, "before", (uint32_t)i, given ? p->before[i] : zero);
    }
    for (uint32_t i = 0; i < 2; i++) sbr_uint_at(&l, "value", i, sbr_num(lowering, words[i]));
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}

sabir_status sbr_lower_pad(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_pad_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0);
    sbr_view output;
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    padding p = {.mode = (uint32_t)attrs->mode, .value = attrs->value};
    for (int32_t i = 0; i < x.rank; i++) p.before[i] = sbr_num(lowering, attrs->before.values[i]);
    return launch_pad(lowering, &x, &output, &p);
}

/* Rows of n + 1 elements, the first from x and then n zeros, one behind the other: read in rows of n, x is on the diagonal. */
sabir_status sbr_lower_diagonal_embed(sbr_lowering *lowering, const sbr_node *node)
{
    sbr_view x = *sbr_in(lowering, node, 0), rows;
    const int32_t rank = x.rank + 1;
    const sbr_expr n = x.extents[x.rank - 1], zero = sbr_num(lowering, 0), one = sbr_num(lowering, 1);
    padding p = {.mode = SABIR_PAD_CONSTANT};
    x.rank = rank;
    x.extents[rank - 1] = one;
    x.strides[rank - 1] = zero;
    sbr_expr extents[SABIR_MAX_RANK];
    for (int32_t i = 0; i < rank; i++) {
        extents[i] = i < rank - 1 ? x.extents[i] : sbr_add(lowering, n, one);
        p.before[i] = zero;
    }
    SABIR_TRY(sbr_temp(lowering, x.type, rank, extents, &rows));
    SABIR_TRY(launch_pad(lowering, &x, &rows, &p));
    rows.extents[rank - 1] = n;
    rows.strides[rank - 2] = n;
    sbr_alias(lowering, node, 0, &rows);
    return SABIR_OK;
}

/* ---- roll ---- */

/* floor((2^32 - 1) / line), by which a kernel divides indices of y without a division; 0 where the line or an index may be too large. */
static uint32_t reciprocal(sbr_lowering *lowering, const sbr_view *y, sbr_expr line)
{
    int64_t number;
    const int64_t count = sbr_expr_largest(&lowering->module->exprs, sbr_view_count(lowering, y));
    const bool divides = sbr_known(lowering, line, &number) && number > 0 && number <= UINT32_MAX && count >= 0 && count <= UINT32_MAX;
    return divides ? UINT32_MAX / (uint32_t)number : 0;
}

static sabir_status roll_axis(sbr_lowering *lowering, const sbr_view *x, int32_t axis, int64_t shift, const sbr_view *y)
{
    const sbr_expr inner = sbr_extents_product(lowering, x, axis + 1, x->rank);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "roll", SBR_ARITH_BITS, SBR_ARITH_BITS));
    sbr_read(&l, "x", x);
    sbr_write(&l, "y", y);
    sbr_idx(&l, "count", x->extents[axis]);
    sbr_idx(&l, "inner", inner);
    sbr_int(&l, "shift", shift < 0 ? -shift : shift);
    sbr_int(&l, "ahead", shift < 0);
    sbr_int(&l, "reciprocal", reciprocal(lowering, y, sbr_mul(lowering, x->extents[axis], inner)));
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}

/* One axis after the other. */
sabir_status sbr_lower_roll(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_roll_attrs *attrs = node->attrs;
    sbr_view x = *sbr_in(lowering, node, 0), from;
    SABIR_TRY(sbr_dense(lowering, &x, &from));
    for (int32_t i = 0; i < attrs->axes.count; i++) {
        const int32_t axis = (int32_t)attrs->axes.values[i];
        int64_t extent, shift = attrs->shifts.values[i];
        if (sbr_known(lowering, from.extents[axis], &extent) && extent > 0) shift %= extent;
        if (shift == 0) continue;
        sbr_view to;
        SABIR_TRY(sbr_temp(lowering, from.type, from.rank, from.extents, &to));
        SABIR_TRY(roll_axis(lowering, &from, axis, shift, &to));
        from = to;
    }
    sbr_alias(lowering, node, 0, &from);
    return SABIR_OK;
}

/* ---- concat ---- */

/* Rows of part, `row` elements each, into rows of y, row_step elements each, from `first` on. */
static sabir_status place(sbr_lowering *lowering, const sbr_view *part, const sbr_view *y, sbr_expr row, sbr_expr row_step, sbr_expr first)
{
    const sbr_arith arith = SBR_ARITH_BITS;
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "place", arith, arith));
    const sbr_expr count = sbr_view_count(lowering, part);
    sbr_space(&l, part->rank, part->extents);
    sbr_read(&l, "x", part);
    sbr_write(&l, "y", y);
    sbr_idx(&l, "n", count);
    sbr_idx(&l, "row", row);
    sbr_idx(&l, "row_step", row_step);
    sbr_idx(&l, "first", first);
    return sbr_launch_end(&l, sbr_ceil_div(lowering, count, l.desc->local_size), 0);
}

/* Places every part in y, whose elements fill words; as_words: y and the parts' rows are taken as words. */
static sabir_status place_parts(sbr_lowering *lowering, const sbr_node *node, int32_t axis, const sbr_view *y, bool as_words)
{
    sbr_view target = *y;
    if (as_words) sbr_view_words(lowering, y, axis, &target);
    const sbr_expr row_step = sbr_extents_product(lowering, &target, axis, target.rank);
    sbr_expr first = sbr_num(lowering, 0);
    for (uint32_t i = 0; i < node->input_count; i++) {
        sbr_view part = *sbr_in(lowering, node, i), dense;
        if (as_words) {
            SABIR_TRY(sbr_dense_words(lowering, &part, &dense));
            sbr_view_words(lowering, &dense, axis, &part);
        }
        const sbr_expr row = sbr_extents_product(lowering, &part, axis, part.rank);
        SABIR_TRY(place(lowering, &part, &target, row, row_step, first));
        first = sbr_add(lowering, first, row);
    }
    return SABIR_OK;
}

static bool rows_fill_words(sbr_lowering *lowering, const sbr_node *node, int32_t axis)
{
    for (uint32_t i = 0; i < node->input_count; i++) {
        const sbr_view *part = sbr_in(lowering, node, i);
        if (!sbr_fills_words(lowering, part, sbr_extents_product(lowering, part, axis, part->rank))) return false;
    }
    return true;
}

/* Elements of one word each, cut to the size of to's. */
static sabir_status cut_words(sbr_lowering *lowering, const sbr_view *from, const sbr_view *to)
{
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "copy", SBR_ARITH_BITS, SBR_ARITH_BITS));
    sbr_space(&l, from->rank, from->extents);
    sbr_read(&l, "x", from);
    sbr_write(&l, "y", to);
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}

sabir_status sbr_lower_concat(sbr_lowering *lowering, const sbr_node *node)
{
    const int32_t axis = ((const sabir_axis_attrs *)node->attrs)->axis;
    sbr_view output, spread;
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    if (sbr_elements_in_word(&output) == 1) return place_parts(lowering, node, axis, &output, false);
    if (rows_fill_words(lowering, node, axis)) return place_parts(lowering, node, axis, &output, true);
    SABIR_TRY(sbr_temp(lowering, SABIR_U32, output.rank, output.extents, &spread));
    SABIR_TRY(place_parts(lowering, node, axis, &spread, false));
    return cut_words(lowering, &spread, &output);
}

/* ---- by index ---- */

static sabir_status launch_gather(sbr_lowering *lowering, const sbr_view *x, const sbr_view *index, sbr_expr count, sbr_expr step, const sbr_view *y)
{
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "gather", SBR_ARITH_BITS, SBR_ARITH_BITS));
    sbr_space(&l, y->rank, y->extents);
    sbr_read(&l, "x", x);
    sbr_read(&l, "index", index);
    sbr_write(&l, "y", y);
    sbr_idx(&l, "count", count);
    sbr_idx(&l, "step", step);
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}

/* Both views are spread over the output [a..., i..., c...]: x stands still along i, the indices along a and c. */
sabir_status sbr_lower_gather(sbr_lowering *lowering, const sbr_node *node)
{
    const int32_t axis = ((const sabir_axis_attrs *)node->attrs)->axis;
    const sbr_view x = *sbr_in(lowering, node, 0), indices = *sbr_in(lowering, node, 1);
    const sbr_expr zero = sbr_num(lowering, 0);
    sbr_view output, slices = x, spread = indices;
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    slices.rank = spread.rank = output.rank;
    for (int32_t i = 0; i < output.rank; i++) {
        const bool by_index = i >= axis && i < axis + indices.rank;
        const int32_t from = i < axis ? i : i - indices.rank + 1;
        slices.extents[i] = spread.extents[i] = output.extents[i];
        slices.strides[i] = by_index ? zero : x.strides[from];
        spread.strides[i] = by_index ? indices.strides[i - axis] : zero;
    }
    return launch_gather(lowering, &slices, &spread, x.extents[axis], x.strides[axis], &output);
}

sabir_status sbr_lower_take_along(sbr_lowering *lowering, const sbr_node *node)
{
    const int32_t axis = ((const sabir_axis_attrs *)node->attrs)->axis;
    const sbr_view x = *sbr_in(lowering, node, 0), indices = *sbr_in(lowering, node, 1);
    sbr_view output, still = x;
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    still.extents[axis] = output.extents[axis];
    still.strides[axis] = sbr_num(lowering, 0);
    return launch_gather(lowering, &still, &indices, x.extents[axis], x.strides[axis], &output);
}
