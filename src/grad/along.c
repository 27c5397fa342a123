#include "along.h"

static sabir_value extent_value(sabir_graph *graph, sabir_extent extent)
{
    return sbr_is_number(extent) ? sabir_number(graph, SABIR_I32, (double)extent) : sabir_dim_value(graph, extent);
}

/* Flat places in a tensor whose extent along the axis is length; indices are [outer, count, inner]. -1 where an index is out of range. */
static sabir_value flat_places(sabir_value indices, const sabir_shape *around, sabir_extent length)
{
    sabir_graph *graph = indices.graph;
    const sabir_value size = extent_value(graph, length), inner = extent_value(graph, around->extents[2]);
    const sabir_value zero = sabir_number(graph, SABIR_I32, 0);
    const sabir_value outside = sabir_logical_or(graph, sabir_less(graph, indices, zero), sabir_greater_equal(graph, indices, size));
    const sabir_value line = sabir_mul(graph, sbr_grad_places(graph, SABIR_I32, around, 0), size);
    const sabir_value place = sabir_add(graph, sabir_mul(graph, sabir_add(graph, line, indices), inner), sbr_grad_places(graph, SABIR_I32, around, 2));
    return sabir_select(graph, outside, sabir_number(graph, SABIR_I32, -1), place);
}

sabir_status sbr_grad_add_along(const sabir_shape *shape, sabir_value indices, sabir_value updates, int32_t axis, sabir_value *result)
{
    sabir_graph *graph = updates.graph;
    sabir_shape from = *shape, around;
    from.extents[axis] = sabir_value_shape(indices).extents[axis];
    SABIR_TRY(sbr_grad_split(graph, &from, axis, &around));
    sabir_shape all = {.rank = 1}, some = {.rank = 1};
    SABIR_TRY(sbr_shape_count(graph, shape, &all.extents[0]));
    SABIR_TRY(sbr_shape_count(graph, &from, &some.extents[0]));
    const sabir_value places = flat_places(sabir_reshape(graph, indices, around), &around, shape->extents[axis]);
    const sabir_value sums = sabir_scatter_add(graph, sabir_full(graph, sabir_value_type(updates), all, 0), sabir_reshape(graph, places, some),
                                               sabir_reshape(graph, updates, some), 0);
    *result = sabir_reshape(graph, sums, *shape);
    return SABIR_OK;
}

sabir_value sbr_grad_at(const sabir_shape *shape, sabir_value index, sabir_value grad, int32_t axis)
{
    const sabir_value place = sbr_grad_indices(index, shape->extents[axis], grad);
    return sbr_grad_where(sabir_equal(grad.graph, sbr_grad_places(grad.graph, sabir_value_type(place), shape, axis), place), grad);
}
