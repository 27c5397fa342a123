#include "rules.h"

sabir_value sbr_grad_as(sabir_value x, sabir_type type) { return sabir_value_type(x) == type ? x : sabir_cast(x.graph, x, type); }

sabir_value sbr_grad_widen(sabir_value x)
{
    const sabir_type type = sabir_value_type(x);
    return type == SABIR_F16 || type == SABIR_BF16 ? sabir_cast(x.graph, x, SABIR_F32) : x;
}

sabir_value sbr_grad_sum_kept(sabir_value x, sabir_ints axes)
{
    return sabir_reduce(x.graph, "sum", x, &(sabir_reduce_attrs){.axes = axes, .keep = 1});
}

sabir_value sbr_grad_mean_kept(sabir_value x, sabir_ints axes)
{
    return sabir_reduce(x.graph, "mean", x, &(sabir_reduce_attrs){.axes = axes, .keep = 1});
}

sabir_shape sbr_grad_kept_shape(sabir_shape shape, sabir_ints axes)
{
    for (int32_t i = 0; i < axes.count; i++) shape.extents[axes.values[i]] = 1;
    return shape;
}

sabir_value sbr_grad_over(sabir_value x, sabir_extent extent)
{
    const sabir_type type = sabir_value_type(x);
    const sabir_value wide = sbr_grad_widen(x); /* a count may lie beyond f16 */
    if (sbr_is_number(extent)) return sbr_grad_as(sbr_grad_times(wide, 1.0 / (double)extent), type);
    return sbr_grad_as(sbr_grad_div2(wide, sabir_cast(x.graph, sabir_dim_value(x.graph, extent), sabir_value_type(wide))), type);
}

sabir_value sbr_grad_indices(sabir_value indices, sabir_extent extent, sabir_value like)
{
    const sabir_type type = sabir_value_type(like) == SABIR_F64 ? SABIR_F64 : SABIR_F32;
    return type == SABIR_F64 || sbr_extent_most(indices.graph, extent) <= 1 << 24 ? sabir_cast(indices.graph, indices, type) : indices;
}

sabir_value sbr_grad_places(sabir_graph *graph, sabir_type type, const sabir_shape *shape, int32_t axis)
{
    sabir_shape line = {.rank = shape->rank - axis};
    for (int32_t i = 0; i < line.rank; i++) line.extents[i] = i ? 1 : shape->extents[axis];
    return sabir_iota(graph, type, line, 0, 0, 1);
}

bool sbr_grad_is_empty(const sabir_shape *shape)
{
    for (int32_t i = 0; i < shape->rank; i++)
        if (shape->extents[i] == 0) return true;
    return false;
}

sabir_status sbr_grad_split(sabir_graph *graph, const sabir_shape *shape, int32_t axis, sabir_shape *around)
{
    *around = (sabir_shape){3, {1, shape->extents[axis], 1}};
    for (int32_t i = 0; i < shape->rank; i++)
        if (i != axis) SABIR_TRY(sbr_extent_mul(graph, around->extents[i < axis ? 0 : 2], shape->extents[i], &around->extents[i < axis ? 0 : 2]));
    return SABIR_OK;
}
