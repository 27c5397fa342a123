/* Scatters: indices are sorted stably, then whoever meets the first of equal ones applies all of their updates in order; and overlap_add,
 * whose places are known. */
#include "lines.h"

typedef enum scatter_operation { SCATTER_SET, SCATTER_ADD, SCATTER_MAX } scatter_operation;

/* updates [outer, count, inner] into y [outer, length, inner], y dense and of elements that fill words. */
static sabir_status apply(sbr_lowering *lowering, scatter_operation operation, int32_t axis, const sbr_view *indices, const sbr_view *updates, const sbr_view *y)
{
    sbr_view keys, places;
    SABIR_TRY(sbr_temp(lowering, SABIR_I32, 1, indices->extents, &keys));
    SABIR_TRY(sbr_temp(lowering, SABIR_I32, 1, indices->extents, &places));
    SABIR_TRY(sbr_sort_view(lowering, indices, 0, 0, &keys, &places));
    const sbr_arith arith = operation == SCATTER_SET ? SBR_ARITH_BITS : sbr_unsigned_arith(y->type);
    const sbr_expr n = sbr_view_count(lowering, updates);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "scatter", arith, arith));
    sbr_space(&l, updates->rank, updates->extents);
    sbr_read(&l, "updates", updates);
    sbr_read(&l, "keys", &keys);
    sbr_read(&l, "places", &places);
    sbr_write(&l, "y", y);
    sbr_int(&l, "operation", operation);
    sbr_int(&l, "flip", sbr_flip(y->type));
    sbr_idx(&l, "n", n);
    sbr_idx(&l, "count", updates->extents[axis]);
    sbr_idx(&l, "length", y->extents[axis]);
    sbr_idx(&l, "inner", sbr_extents_product(lowering, y, axis + 1, y->rank));
    return sbr_launch_end(&l, sbr_ceil_div(lowering, n, l.desc->local_size), (uint64_t)sbr_most(lowering, n));
}

static bool is_in_place(sbr_lowering *lowering, const sbr_node *node, const sbr_view *x, const sbr_view *indices, const sbr_view *updates)
{
    return sbr_may_overwrite(lowering, node->inputs[0]) && sbr_is_dense(lowering, x) && indices->slot != x->slot && updates->slot != x->slot;
}

static sabir_status scatter(sbr_lowering *lowering, const sbr_node *node, scatter_operation operation)
{
    const int32_t axis = ((const sabir_axis_attrs *)node->attrs)->axis;
    const sbr_view x = *sbr_in(lowering, node, 0), indices = *sbr_in(lowering, node, 1), updates = *sbr_in(lowering, node, 2);
    sbr_view output, wide, wide_updates = updates;
    const bool fills_words = sabir_type_size(x.type) >= 4;
    if (fills_words && is_in_place(lowering, node, &x, &indices, &updates)) {
        SABIR_TRY(sbr_dense(lowering, &x, &output));
        sbr_alias(lowering, node, 0, &output);
        return apply(lowering, operation, axis, &indices, &updates, &output);
    }
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    if (fills_words) {
        SABIR_TRY(sbr_copy_view(lowering, &x, &output));
        return apply(lowering, operation, axis, &indices, &updates, &output);
    }
    /* Smaller elements share words, so they are widened for the time being. */
    const sabir_type type = sbr_type_of(sbr_arith_of(x.type));
    SABIR_TRY(sbr_temp(lowering, type, x.rank, x.extents, &wide));
    SABIR_TRY(sbr_cast_view(lowering, &x, &wide));
    if (operation == SCATTER_SET) {
        SABIR_TRY(sbr_temp(lowering, type, updates.rank, updates.extents, &wide_updates));
        SABIR_TRY(sbr_cast_view(lowering, &updates, &wide_updates));
    }
    SABIR_TRY(apply(lowering, operation, axis, &indices, &wide_updates, &wide));
    return sbr_cast_view(lowering, &wide, &output);
}

sabir_status sbr_lower_scatter_set(sbr_lowering *lowering, const sbr_node *node) { return scatter(lowering, node, SCATTER_SET); }
sabir_status sbr_lower_scatter_add(sbr_lowering *lowering, const sbr_node *node) { return scatter(lowering, node, SCATTER_ADD); }
sabir_status sbr_lower_scatter_max(sbr_lowering *lowering, const sbr_node *node) { return scatter(lowering, node, SCATTER_MAX); }

sabir_status sbr_lower_overlap_add(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_unfold_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0);
    const sbr_arith arith = sbr_unsigned_arith(x.type);
    sbr_view output, frame = x;
    sbr_axis_lines lines;
    frame.rank--;
    sbr_lines_of(lowering, &frame, attrs->axis, &lines);
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "overlap_add", arith, arith));
    sbr_space(&l, lines.view.rank, lines.view.extents);
    sbr_read(&l, "x", &lines.view);
    sbr_write(&l, "y", &output);
    sbr_idx(&l, "length", output.extents[attrs->axis]);
    sbr_idx(&l, "inner", lines.inner);
    sbr_idx(&l, "frames", lines.length);
    sbr_idx(&l, "size", x.extents[x.rank - 1]);
    sbr_int(&l, "hop", attrs->step);
    sbr_idx(&l, "frame_stride", lines.stride);
    sbr_idx(&l, "stride", x.strides[x.rank - 1]);
    return sbr_launch_end(&l, SBR_EXPR_NONE, (uint64_t)sbr_most(lowering, sbr_view_count(lowering, &x)));
}
