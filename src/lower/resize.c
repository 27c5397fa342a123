#include "lines.h"

/* One axis of x taken back to y, whose other extents are those of x. */
static sabir_status gather_axis(sbr_lowering *lowering, bool linear, const sbr_view *x, int32_t axis, const sbr_view *y)
{
    const sbr_arith arith = sbr_arith_of(y->type);
    sbr_view kept = *x;
    kept.extents[axis] = y->extents[axis];
    kept.strides[axis] = sbr_num(lowering, 0);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "resize_adjoint", arith, arith));
    sbr_space(&l, y->rank, y->extents);
    sbr_read(&l, "x", &kept);
    sbr_write(&l, "y", y);
    sbr_int(&l, "linear", linear);
    sbr_idx(&l, "from", y->extents[axis]);
    sbr_idx(&l, "to", x->extents[axis]);
    sbr_idx(&l, "inner", sbr_extents_product(lowering, y, axis + 1, y->rank));
    sbr_idx(&l, "x_stride", x->strides[axis]);
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, sbr_view_count(lowering, x), sbr_num(lowering, 1), 16));
}

/* Axis by axis, the last first; what lies between is in the arithmetic type. */
sabir_status sbr_lower_resize_adjoint(sbr_lowering *lowering, const sbr_node *node)
{
    const bool linear = ((const sabir_resize_attrs *)node->attrs)->mode == SABIR_RESIZE_LINEAR;
    const sbr_value_info *value = sbr_value_at(lowering->graph, node->first_output);
    const sabir_type between = sbr_type_of(sbr_arith_of(value->type));
    sbr_view x = *sbr_in(lowering, node, 0), y;
    int32_t left = 0;
    for (int32_t i = 0; i < x.rank; i++) left += sbr_ext(lowering, value->shape.extents[i]) != x.extents[i];
    if (left == 0) sbr_alias(lowering, node, 0, &x);
    for (int32_t i = x.rank; i-- > 0;) {
        const sbr_expr extent = sbr_ext(lowering, value->shape.extents[i]);
        if (extent == x.extents[i]) continue;
        sbr_expr extents[SABIR_MAX_RANK];
        memcpy(extents, x.extents, sizeof extents);
        extents[i] = extent;
        SABIR_TRY(--left ? sbr_temp(lowering, between, x.rank, extents, &y) : sbr_out(lowering, node, 0, &y));
        SABIR_TRY(gather_axis(lowering, linear, &x, i, &y));
        x = y;
    }
    return SABIR_OK;
}

sabir_status sbr_lower_resize(sbr_lowering *lowering, const sbr_node *node)
{
    const bool linear = ((const sabir_resize_attrs *)node->attrs)->mode == SABIR_RESIZE_LINEAR;
    const sbr_view x = *sbr_in(lowering, node, 0);
    const sbr_expr zero = sbr_num(lowering, 0), one = sbr_num(lowering, 1);
    sbr_view y, kept = x;
    int32_t axes[SABIR_MAX_RANK], changed = 0;
    const sbr_value_info *value = sbr_value_at(lowering->graph, node->first_output);
    for (int32_t i = 0; i < x.rank; i++) {
        kept.extents[i] = sbr_ext(lowering, value->shape.extents[i]);
        if (kept.extents[i] == x.extents[i]) continue;
        kept.strides[i] = zero;
        axes[changed++] = i;
    }
    if (changed == 0) {
        sbr_alias(lowering, node, 0, &x);
        return SABIR_OK;
    }
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    const sbr_arith arith = linear ? sbr_arith_of(x.type) : SBR_ARITH_BITS;
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, linear ? "resize_linear" : "resize_nearest", arith, arith));
    sbr_space(&l, y.rank, y.extents);
    sbr_read(&l, "x", &kept);
    sbr_write(&l, "y", &y);
    sbr_int(&l, "changed", changed);
    for (int32_t t = 0; t < (linear ? 3 : SABIR_MAX_RANK); t++) {
        const bool is_there = t < changed;
        const int32_t axis = is_there ? axes[t] : 0;
        sbr_idx_at(&l, "from", (uint32_t)t, is_there ? x.extents[axis] : one);
        sbr_idx_at(&l, "to", (uint32_t)t, is_there ? y.extents[axis] : one);
        sbr_idx_at(&l, "inner", (uint32_t)t, is_there ? sbr_extents_product(lowering, &y, axis + 1, y.rank) : one);
        sbr_idx_at(&l, "x_strides", (uint32_t)t, is_there ? x.strides[axis] : zero);
    }
    return sbr_launch_end(&l, SBR_EXPR_NONE, linear ? sbr_work(lowering, sbr_view_count(lowering, &y), one, 16) : 0);
}
