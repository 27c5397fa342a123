#include "operands.h"

enum { AXES = 3 };

/* The view of x over [b..., q...]: the points of a grid do not move it. */
static sbr_view grids_of(sbr_lowering *lowering, const sbr_view *x, const sbr_view *y, int32_t batch)
{
    sbr_view grids = *y;
    grids.slot = x->slot;
    grids.type = x->type;
    grids.offset = x->offset;
    for (int32_t i = 0; i < y->rank; i++) grids.strides[i] = i < batch ? x->strides[i] : sbr_num(lowering, 0);
    return grids;
}

sabir_status sbr_lower_interpolate(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_interpolate_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0), positions = *sbr_in(lowering, node, 1);
    const sbr_arith arith = sbr_arith_of(x.type);
    const int32_t batch = x.rank - attrs->axes;
    sbr_view y;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    const sbr_view grids = grids_of(lowering, &x, &y, batch), first = sbr_lines(&positions, batch);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "interpolate", arith, arith));
    sbr_space(&l, y.rank, y.extents);
    sbr_read(&l, "x", &grids);
    sbr_read(&l, "positions", &first);
    sbr_write(&l, "y", &y);
    sbr_int(&l, "axes", attrs->axes);
    sbr_int(&l, "taps", attrs->order == SABIR_INTERPOLATE_CUBIC ? 4 : 2);
    sbr_idx(&l, "coordinate_stride", positions.strides[batch]);
    for (int32_t axis = 0; axis < AXES; axis++) {
        const bool is_there = axis < attrs->axes;
        sbr_idx_at(&l, "extent", (uint32_t)axis, is_there ? x.extents[batch + axis] : sbr_num(lowering, 1));
        sbr_idx_at(&l, "x_strides", (uint32_t)axis, is_there ? x.strides[batch + axis] : sbr_num(lowering, 0));
        sbr_uint_at(&l, "periodic", (uint32_t)axis, sbr_num(lowering, attrs->periodic[axis]));
        sbr_uint_at(&l, "derivative", (uint32_t)axis, sbr_num(lowering, attrs->derivative[axis]));
    }
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, sbr_view_count(lowering, &y), sbr_num(lowering, 8), 4));
}
