#include "operands.h"

enum { AXES = 3 };

/* Parameter `name`[3] from what the last axes of a view say; `absent` for axes that are not there. */
static void by_axis(sbr_launcher *l, const char *name, int32_t axes, const sbr_expr *of_last, sbr_expr absent)
{
    for (int32_t i = 0; i < AXES; i++) sbr_idx_at(l, name, (uint32_t)i, i < AXES - axes ? absent : of_last[i - (AXES - axes)]);
}

/* Axes that are not there have a halo of 0, so nothing is ever outside of them. */
static void set_boundaries(sbr_launcher *l, const sabir_stencil_attrs *attrs, const sbr_view *weights)
{
    for (int32_t i = 0; i < AXES; i++) {
        const int32_t axis = i - (AXES - attrs->axes);
        int64_t window = 1;
        if (axis >= 0) (void)sbr_known(l->lowering, weights->extents[axis], &window); /* a number, by the shape rule */
        sbr_idx_at(l, "halo", (uint32_t)i, sbr_num(l->lowering, window / 2));
        sbr_uint_at(l, "boundary", (uint32_t)i, sbr_num(l->lowering, axis >= 0 ? (int64_t)attrs->boundary[axis] : 0));
        sbr_number(l, "value", (uint32_t)i, axis >= 0 ? attrs->value[axis] : 0.0);
    }
}

sabir_status sbr_lower_stencil(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_stencil_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0), weights = *sbr_in(lowering, node, 1);
    sbr_view mask = node->input_count > 2 ? *sbr_in(lowering, node, 2) : weights;
    mask.type = SABIR_BOOL; /* not read where there is none */
    const sbr_arith arith = sbr_arith_of(x.type);
    const int32_t batch = x.rank - attrs->axes;
    const sbr_expr zero = sbr_num(lowering, 0), one = sbr_num(lowering, 1);
    sbr_view y, grids = x;
    grids.rank = batch;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "stencil", arith, arith));
    sbr_space(&l, batch, x.extents);
    sbr_read(&l, "x", &grids);
    sbr_read(&l, "weights", &weights);
    sbr_read(&l, "mask", &mask);
    sbr_write(&l, "y", &y);
    by_axis(&l, "extent", attrs->axes, x.extents + batch, one);
    by_axis(&l, "x_strides", attrs->axes, x.strides + batch, zero);
    by_axis(&l, "w_strides", attrs->axes, weights.strides, zero);
    by_axis(&l, "mask_strides", attrs->axes, mask.strides, zero);
    set_boundaries(&l, attrs, &weights);
    sbr_int(&l, "has_mask", node->input_count > 2);
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, sbr_view_count(lowering, &y), sbr_view_count(lowering, &weights), 2));
}
