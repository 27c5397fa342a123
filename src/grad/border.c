#include "border.h"

#include "block.h"

static bool is_none(const sbr_border *border) { return border->before == 0 && border->after == 0; }

/* Whether sabir_pad takes the axis. */
static bool fits(const sabir_graph *graph, sabir_extent extent, const sbr_border *border)
{
    const int64_t least = sbr_extent_least(graph, extent), most = border->before > border->after ? border->before : border->after;
    return border->mode == SABIR_PAD_EDGE ? least > 0 : border->mode != SABIR_PAD_PERIODIC || most <= least;
}

/* By element of the continued axis, where it comes from. */
static sabir_value sources(sabir_graph *graph, sabir_extent extent, sabir_extent continued, const sbr_border *border)
{
    const sabir_value places = sabir_iota(graph, SABIR_I32, SABIR_SHAPE(continued), 0, -(double)border->before, 1), count = sabir_dim_value(graph, extent);
    if (border->mode == SABIR_PAD_PERIODIC) return sabir_mod(graph, places, count);
    return sabir_clamp(graph, places, sabir_number(graph, SABIR_I32, 0), sabir_sub(graph, count, sabir_number(graph, SABIR_I32, 1)));
}

static sabir_status continued_extent(sabir_graph *graph, sabir_extent extent, const sbr_border *border, sabir_extent *result)
{
    SABIR_TRY(sbr_extent_affine(graph, extent, 1, border->before, 1, result));
    return sbr_extent_affine(graph, *result, 1, border->after, 1, result);
}

sabir_status sbr_grad_extend(sabir_value x, sabir_shape *shape, const sbr_border *border, sabir_value *result)
{
    sabir_graph *graph = x.graph;
    sabir_ints before = {.count = shape->rank}, after = {.count = shape->rank};
    const sabir_extent extent = shape->extents[border->axis];
    *result = x;
    if (is_none(border)) return SABIR_OK;
    before.values[border->axis] = border->before;
    after.values[border->axis] = border->after;
    SABIR_TRY(continued_extent(graph, extent, border, &shape->extents[border->axis]));
    if (fits(graph, extent, border)) *result = sabir_pad(graph, x, before, after, border->mode, border->value);
    else *result = sabir_gather(graph, x, sources(graph, extent, shape->extents[border->axis], border), border->axis);
    return SABIR_OK;
}

/* What lies beyond one end, to be added at a start of the axis. */
typedef struct end { sabir_extent from; int64_t count; sabir_extent to; } end;

static sabir_value end_of(sabir_value grad, const sabir_shape *continued, const sabir_shape *shape, const sbr_border *border, const end *end)
{
    sabir_value part = sbr_grad_extract_along(grad, continued, border->axis, end->from, end->count);
    if (border->mode == SABIR_PAD_EDGE) part = sbr_grad_sum_kept(part, SABIR_INTS(border->axis));
    else if (border->mode == SABIR_PAD_REFLECT) part = sabir_flip(grad.graph, part, SABIR_INTS(border->axis));
    return sbr_grad_embed_along(part, border->axis, end->to, shape);
}

static sabir_status add_ends(sabir_value grad, const sabir_shape *continued, const sabir_shape *shape, const sbr_border *border, sabir_value *sum)
{
    sabir_graph *graph = grad.graph;
    const sabir_extent extent = shape->extents[border->axis];
    const bool edge = border->mode == SABIR_PAD_EDGE, reflect = border->mode == SABIR_PAD_REFLECT;
    end first = {0, border->before, edge ? 0 : 1}, last = {0, border->after, 0};
    SABIR_TRY(sbr_extent_affine(graph, extent, 1, border->before, 1, &last.from));
    if (border->mode == SABIR_PAD_PERIODIC) SABIR_TRY(sbr_extent_affine(graph, extent, 1, -border->before, 1, &first.to));
    if (edge || reflect) SABIR_TRY(sbr_extent_affine(graph, extent, 1, edge ? -1 : -1 - border->after, 1, &last.to));
    if (first.count) *sum = sbr_grad_add2(*sum, end_of(grad, continued, shape, border, &first));
    if (last.count) *sum = sbr_grad_add2(*sum, end_of(grad, continued, shape, border, &last));
    return SABIR_OK;
}

sabir_status sbr_grad_fold(sabir_value grad, const sabir_shape *shape, const sbr_border *border, sabir_value *result)
{
    sabir_graph *graph = grad.graph;
    const sabir_extent extent = shape->extents[border->axis];
    sabir_shape continued = *shape;
    *result = grad;
    if (is_none(border)) return SABIR_OK;
    SABIR_TRY(continued_extent(graph, extent, border, &continued.extents[border->axis]));
    if (!fits(graph, extent, border)) {
        const sabir_value zeros = sabir_full(graph, sabir_value_type(grad), *shape, 0);
        *result = sabir_scatter_add(graph, zeros, sources(graph, extent, continued.extents[border->axis], border), grad, border->axis);
        return SABIR_OK;
    }
    *result = sbr_grad_extract_along(grad, &continued, border->axis, border->before, extent);
    return border->mode == SABIR_PAD_CONSTANT ? SABIR_OK : add_ends(grad, &continued, shape, border, result);
}
