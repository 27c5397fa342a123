#include "block.h"

/* What lies behind the block along an axis, where it is a number. */
static bool rest_after(sabir_graph *graph, sabir_extent start, sabir_extent count, sabir_extent extent, int64_t *rest)
{
    sbr_exprs *exprs = &graph->exprs;
    const sbr_expr end = sbr_expr_add(exprs, sbr_extent_expr(graph, start), sbr_extent_expr(graph, count));
    return sbr_expr_is_number(exprs, sbr_expr_sub(exprs, sbr_extent_expr(graph, extent), end), rest);
}

/* Starts as an i32 vector. */
static sabir_value start_vector(sabir_graph *graph, const sabir_extent *starts, int32_t rank)
{
    sabir_value parts[SABIR_MAX_RANK];
    for (int32_t i = 0; i < rank; i++) parts[i] = sabir_reshape(graph, sabir_dim_value(graph, starts[i]), SABIR_SHAPE(1));
    return sabir_concat(graph, parts, (uint32_t)rank, 0);
}

sabir_value sbr_grad_embed(sabir_value part, const sabir_extent *starts, const sabir_shape *shape)
{
    sabir_graph *graph = part.graph;
    const sabir_shape counts = sabir_value_shape(part);
    sabir_ints before = {.count = shape->rank}, after = {.count = shape->rank};
    bool whole = true, known = true;
    for (int32_t i = 0; i < shape->rank; i++) {
        before.values[i] = starts[i];
        known = known && sbr_is_number(starts[i]) && rest_after(graph, starts[i], counts.extents[i], shape->extents[i], &after.values[i]);
        whole = whole && known && before.values[i] == 0 && after.values[i] == 0;
    }
    if (whole) return part;
    if (known) return sabir_pad(graph, part, before, after, SABIR_PAD_CONSTANT, 0);
    return sabir_update(graph, sabir_full(graph, sabir_value_type(part), *shape, 0), part, start_vector(graph, starts, shape->rank));
}

sabir_value sbr_grad_extract(sabir_value x, const sabir_extent *starts, const sabir_shape *counts)
{
    sabir_graph *graph = x.graph;
    sabir_ints from = {.count = counts->rank}, step = {.count = counts->rank};
    bool known = true;
    for (int32_t i = 0; i < counts->rank; i++) {
        known = known && sbr_is_number(starts[i]);
        from.values[i] = starts[i];
        step.values[i] = 1;
    }
    if (known) return sabir_slice(graph, x, from, *counts, step);
    return sabir_dynamic_slice(graph, x, start_vector(graph, starts, counts->rank), *counts);
}

sabir_value sbr_grad_extract_along(sabir_value x, const sabir_shape *shape, int32_t axis, sabir_extent start, sabir_extent count)
{
    sabir_extent starts[SABIR_MAX_RANK] = {0};
    sabir_shape counts = *shape;
    if (start == 0 && count == shape->extents[axis]) return x;
    starts[axis] = start;
    counts.extents[axis] = count;
    return sbr_grad_extract(x, starts, &counts);
}

sabir_value sbr_grad_embed_along(sabir_value part, int32_t axis, sabir_extent start, const sabir_shape *shape)
{
    sabir_extent starts[SABIR_MAX_RANK] = {0};
    starts[axis] = start;
    return sbr_grad_embed(part, starts, shape);
}

/* [..., n, ...] -> [..., n, 1, ...] padded to [..., n, step, ...] -> [..., n * step, ...], and what follows the last element cut off. */
sabir_status sbr_grad_dilate(sabir_value part, sabir_shape *shape, int32_t axis, int64_t step, sabir_value *result)
{
    sabir_graph *graph = part.graph;
    *result = part;
    if (step == 1 || shape->extents[axis] == 0 || shape->extents[axis] == 1) return SABIR_OK;
    sabir_shape split, wide = *shape;
    SABIR_TRY(sbr_grad_split(graph, shape, axis, &split)); /* rank 8 has no room for one axis more */
    SABIR_TRY(sbr_extent_mul(graph, split.extents[0], split.extents[1], &split.extents[0]));
    split.extents[1] = 1;
    const sabir_value padded = sabir_pad(graph, sabir_reshape(graph, part, split), SABIR_INTS(0, 0, 0), SABIR_INTS(0, step - 1, 0), SABIR_PAD_CONSTANT, 0);
    SABIR_TRY(sbr_extent_affine(graph, shape->extents[axis], step, 0, 1, &wide.extents[axis]));
    SABIR_TRY(sbr_extent_affine(graph, shape->extents[axis], step, 1 - step, 1, &shape->extents[axis]));
    *result = sbr_grad_extract_along(sabir_reshape(graph, padded, wide), &wide, axis, 0, shape->extents[axis]);
    return SABIR_OK;
}
