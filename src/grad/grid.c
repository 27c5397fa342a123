/* Stencils. */
#include "border.h"
#include "rules.h"

/* A stencil's operands with the axes before the grid's made one: x [cells before, s...]. */
typedef struct grid {
    sabir_stencil_attrs attrs;
    sabir_shape shape, window;
    sabir_value mask; /* SABIR_NONE without */
} grid;

static bool is_masked(const grid *of) { return of->mask.index != SABIR_NONE_INDEX; }

static sabir_status grid_of(const sbr_grad_call *call, grid *of)
{
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    *of = (grid){.attrs = *(const sabir_stencil_attrs *)call->attrs, .window = sabir_value_shape(call->inputs[1]),
                 .mask = call->input_count > 2 ? call->inputs[2] : SABIR_NONE, .shape = {1, {1}}};
    const int32_t first = shape.rank - of->attrs.axes;
    for (int32_t i = 0; i < shape.rank; i++) {
        if (i >= first) of->shape.extents[of->shape.rank++] = shape.extents[i];
        else SABIR_TRY(sbr_extent_mul(call->graph, of->shape.extents[0], shape.extents[i], &of->shape.extents[0]));
    }
    return SABIR_OK;
}

/* axis: of the grid. */
static sbr_border border_of(const grid *of, int32_t axis, int32_t first, double value)
{
    static const sabir_pad_mode modes[] = {
        [SABIR_BOUNDARY_PERIODIC] = SABIR_PAD_PERIODIC, [SABIR_BOUNDARY_DIRICHLET] = SABIR_PAD_CONSTANT, [SABIR_BOUNDARY_NEUMANN] = SABIR_PAD_EDGE};
    const int64_t halo = of->window.extents[axis] / 2;
    return (sbr_border){first + axis, halo, halo, modes[of->attrs.boundary[axis]], value};
}

/* x with its halo; of two fixed values outside the first axis's is seen, so it is put around last. */
static sabir_status with_halo(const grid *of, sabir_value x, sabir_shape *shape, const double *outside, sabir_value *result)
{
    *result = x;
    for (int32_t i = of->attrs.axes; i-- > 0;) {
        const sbr_border border = border_of(of, i, shape->rank - of->attrs.axes, outside[i]);
        SABIR_TRY(sbr_grad_extend(*result, shape, &border, result));
    }
    return SABIR_OK;
}

/* ---- The operand ---- */

/* Without a mask: what each cell gave to its neighbours comes back to it, by the weights turned round. That is so where the grid wraps or ends; where
 * its edge is repeated, halo and all, which then goes where it came from. */
static sabir_status spread(const grid *of, sabir_value g, sabir_value weights, sabir_value *result)
{
    sabir_graph *graph = g.graph;
    sabir_stencil_attrs attrs = {.axes = of->attrs.axes};
    sabir_ints halo = {.count = of->shape.rank};
    sabir_shape now = of->shape;
    for (int32_t i = 0; i < of->attrs.axes; i++) {
        const bool is_edge = of->attrs.boundary[i] == SABIR_BOUNDARY_NEUMANN;
        attrs.boundary[i] = is_edge ? SABIR_BOUNDARY_DIRICHLET : of->attrs.boundary[i];
        halo.values[1 + i] = is_edge ? of->window.extents[i] / 2 : 0;
        SABIR_TRY(sbr_extent_affine(graph, now.extents[1 + i], 1, 2 * halo.values[1 + i], 1, &now.extents[1 + i]));
    }
    const sabir_value around = sbr_shape_equal(&now, &of->shape) ? g : sabir_pad(graph, g, halo, halo, SABIR_PAD_CONSTANT, 0);
    *result = sabir_stencil(graph, around, sabir_flip(graph, weights, SABIR_ALL_AXES), SABIR_NONE, &attrs);
    for (int32_t i = 0; i < of->attrs.axes; i++) {
        const sbr_border border = border_of(of, i, 1, 0);
        now.extents[1 + i] = of->shape.extents[1 + i];
        if (of->attrs.boundary[i] == SABIR_BOUNDARY_NEUMANN) SABIR_TRY(sbr_grad_fold(*result, &now, &border, result));
    }
    return SABIR_OK;
}

/* What a cell gives itself in place of excluded neighbours: the weights of those. */
static sabir_value own_weights(const grid *of, sabir_value weights)
{
    sabir_stencil_attrs attrs = of->attrs;
    for (int32_t i = 0; i < 3; i++) attrs.value[i] = 0;
    const sabir_value excluded = sabir_cast(weights.graph, sabir_logical_not(weights.graph, of->mask), sabir_value_type(weights));
    return sabir_stencil(weights.graph, excluded, weights, SABIR_NONE, &attrs);
}

static sabir_status give_operand(const sbr_grad_call *call, const grid *of, sabir_value g)
{
    sabir_value grad;
    SABIR_TRY(spread(of, g, call->inputs[1], &grad));
    if (is_masked(of)) grad = sbr_grad_add2(sbr_grad_where(of->mask, grad), sbr_grad_mul2(g, own_weights(of, call->inputs[1])));
    call->results[0] = sabir_reshape(call->graph, grad, sabir_value_shape(call->inputs[0]));
    return SABIR_OK;
}

/* ---- The weights ---- */

/* Windows of x with its halo, [w..., cells before, s...]; lead: whether x has that axis. */
static sabir_value neighbours(const grid *of, sabir_value x, int32_t lead)
{
    const int32_t axes = of->attrs.axes;
    sabir_ints order = {.count = 2 * axes + lead};
    for (int32_t i = 0; i < axes; i++) x = sabir_unfold(x.graph, x, lead + i, of->window.extents[i], 1);
    for (int32_t i = 0; i < order.count; i++) order.values[i] = i < axes ? axes + lead + i : i - axes;
    return sabir_transpose(x.graph, x, order);
}

/* By weight, the sum over all cells of what arrived times the neighbour that it was multiplied with. */
static sabir_status give_weights(const sbr_grad_call *call, const grid *of, sabir_value g)
{
    sabir_graph *graph = call->graph;
    static const double included[3] = {1, 1, 1};
    const int32_t axes = of->attrs.axes;
    sabir_shape wide = of->shape, cells = {.rank = axes};
    sabir_value x = sabir_reshape(graph, call->inputs[0], of->shape), mask;
    const sabir_value centre = x;
    SABIR_TRY(with_halo(of, x, &wide, of->attrs.value, &x));
    x = neighbours(of, x, 1);
    if (is_masked(of)) {
        for (int32_t i = 0; i < axes; i++) cells.extents[i] = of->shape.extents[1 + i];
        SABIR_TRY(with_halo(of, of->mask, &cells, included, &mask));
        sabir_shape apart = {.rank = 2 * axes + 1, .extents = {0}};
        for (int32_t i = 0; i < apart.rank; i++) apart.extents[i] = i < axes ? of->window.extents[i] : i == axes ? 1 : of->shape.extents[i - axes];
        x = sabir_select(graph, sabir_reshape(graph, neighbours(of, mask, 0), apart), x, centre);
    }
    sabir_ints over = {.count = axes + 1};
    for (int32_t i = 0; i <= axes; i++) over.values[i] = axes + i;
    call->results[1] = sabir_sum(graph, sbr_grad_mul2(x, g), over);
    return SABIR_OK;
}

sabir_status sbr_grad_stencil(sbr_grad_call *call)
{
    grid of;
    SABIR_TRY(grid_of(call, &of));
    if (sbr_grad_is_empty(&of.shape)) return SABIR_OK;
    sabir_value g = sabir_reshape(call->graph, call->grads[0], of.shape);
    if (is_masked(&of)) g = sbr_grad_where(of.mask, g);
    if (call->wanted[0]) SABIR_TRY(give_operand(call, &of, g));
    return call->wanted[1] ? give_weights(call, &of, g) : SABIR_OK;
}
