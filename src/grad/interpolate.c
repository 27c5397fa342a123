/* Interpolation is linear in the grid: the gradient of x collects each sample's weights at the elements it was made of, by scatter_add, which adds in a
 * fixed order. The gradient of a position is the sample of the interpolant's derivative. */
#include "grad.h"

typedef struct taps { int32_t count; sabir_value index[4], weight[4]; } taps; /* of an axis: i32, and the type of positions */

static sabir_value number(sabir_value like, double value) { return sabir_number(like.graph, sabir_value_type(like), value); }

/* c0 + c1 f + c2 f^2 + c3 f^3 differentiated; the null value where nothing is left. */
static sabir_value polynomial(const double c[4], int32_t times, sabir_value f)
{
    double factors[4];
    int32_t highest = -1;
    for (int32_t power = 0; power + times < 4; power++) {
        factors[power] = c[power + times];
        for (int32_t k = 0; k < times; k++) factors[power] *= power + times - k;
        if (factors[power] != 0) highest = power;
    }
    if (highest < 0) return sbr_grad_full(f, 0);
    sabir_value sum = sbr_grad_full(f, factors[highest]);
    for (int32_t power = highest; power-- > 0;) sum = sabir_add(f.graph, sabir_mul(f.graph, sum, f), number(f, factors[power]));
    return sum;
}

/* Elements and weights on one axis; the same choices as kernels/interpolate.k. */
static void find_taps(const sabir_interpolate_attrs *attrs, int32_t axis, sabir_value extent, sabir_value position, taps *result)
{
    static const double linear[4][4] = {{1, -1}, {0, 1}}, cubic[4][4] = {{0, -0.5, 1, -0.5}, {1, 0, -2.5, 1.5}, {0, 0.5, 2, -1.5}, {0, 0, -0.5, 0.5}};
    sabir_graph *graph = position.graph;
    const bool is_cubic = attrs->order == SABIR_INTERPOLATE_CUBIC;
    const sabir_value none = sabir_number(graph, SABIR_I32, 0), one = sabir_number(graph, SABIR_I32, 1);
    /* A grid without elements is left alone by scatter_add, whatever the places; the weights stay finite. */
    const sabir_value last = sabir_sub(graph, sabir_maximum(graph, extent, one), one), zero = number(position, 0);
    const sabir_value most = sabir_cast(graph, last, sabir_value_type(position)), count = sabir_add(graph, most, number(position, 1));
    const sabir_value inside = attrs->periodic[axis] ? sabir_mod(graph, position, count) : sabir_clamp(graph, position, zero, most);
    const sabir_value whole = sabir_floor(graph, inside), fraction = sabir_sub(graph, inside, whole);
    const sabir_value moved = sabir_not_equal(graph, inside, position);
    result->count = is_cubic ? 4 : 2;
    for (int32_t k = 0; k < result->count; k++) {
        const sabir_value at = sabir_add(graph, sabir_cast(graph, whole, SABIR_I32), sabir_number(graph, SABIR_I32, k - (is_cubic ? 1 : 0)));
        result->index[k] = attrs->periodic[axis] ? sabir_mod(graph, at, extent) : sabir_clamp(graph, at, none, last);
        sabir_value weight = polynomial(is_cubic ? cubic[k] : linear[k], attrs->derivative[axis], fraction);
        if (attrs->derivative[axis] && !attrs->periodic[axis]) weight = sabir_select(graph, moved, sbr_grad_full(weight, 0), weight);
        result->weight[k] = weight;
    }
}

/* Coordinate number axis of all positions: [b..., q...]. */
static sabir_value coordinate(sabir_value positions, int32_t batch, int32_t axis)
{
    sabir_shape shape = sabir_value_shape(positions);
    const sabir_value part = sabir_narrow(positions.graph, positions, batch, axis, 1);
    for (int32_t i = batch + 1; i < shape.rank; i++) shape.extents[i - 1] = shape.extents[i];
    shape.rank--;
    return sabir_reshape(positions.graph, part, shape);
}

static sabir_value extent_value(sabir_value x, int32_t axis)
{
    const sabir_extent extent = sabir_value_shape(x).extents[axis];
    return extent >= 0 ? sabir_number(x.graph, SABIR_I32, (double)extent) : sabir_dim_value(x.graph, extent);
}

/* [b..., 1...]: the number of each grid, for positions of that shape. */
static sabir_value grid_numbers(sabir_value like, sabir_value x, int32_t batch)
{
    sabir_graph *graph = x.graph;
    sabir_value sum = sabir_number(graph, SABIR_I32, 0);
    for (int32_t i = 0; i < batch; i++) {
        sabir_shape shape = {.rank = sabir_value_shape(like).rank};
        for (int32_t k = 0; k < shape.rank; k++) shape.extents[k] = k == i ? sabir_value_shape(like).extents[i] : 1;
        sum = sabir_add(graph, sabir_mul(graph, sum, extent_value(x, i)), sabir_iota(graph, SABIR_I32, shape, i, 0, 1));
    }
    return sum;
}

/* Every sample's elements: flat places in x and what arrives there, as lists. */
static void spread(const sbr_grad_call *call, int32_t batch, sabir_value *places, sabir_value *parts, uint32_t *count)
{
    const sabir_interpolate_attrs *attrs = call->attrs;
    sabir_graph *graph = call->graph;
    const sabir_value x = call->inputs[0], positions = call->inputs[1], grad = sabir_cast(graph, call->grads[0], sabir_value_type(positions));
    taps axes[3] = {0};
    uint32_t combinations = 1;
    for (int32_t axis = 0; axis < attrs->axes; axis++) {
        find_taps(attrs, axis, extent_value(x, batch + axis), coordinate(positions, batch, axis), &axes[axis]);
        combinations *= (uint32_t)axes[axis].count;
    }
    const sabir_value first = grid_numbers(grad, x, batch);
    for (uint32_t c = 0; c < combinations; c++) {
        sabir_value place = first, part = grad;
        uint32_t rest = c;
        for (int32_t axis = 0; axis < attrs->axes; axis++) {
            const uint32_t tap = rest % (uint32_t)axes[axis].count;
            rest /= (uint32_t)axes[axis].count;
            place = sabir_add(graph, sabir_mul(graph, place, extent_value(x, batch + axis)), axes[axis].index[tap]);
            part = sabir_mul(graph, part, axes[axis].weight[tap]);
        }
        places[c] = sabir_reshape(graph, place, SABIR_SHAPE(-1));
        parts[c] = sabir_reshape(graph, part, SABIR_SHAPE(-1));
    }
    *count = combinations;
}

static sabir_value grad_of_grid(const sbr_grad_call *call, int32_t batch)
{
    enum { MOST = 64 };
    sabir_graph *graph = call->graph;
    const sabir_value x = call->inputs[0];
    sabir_value places[MOST], parts[MOST];
    uint32_t count = 0;
    spread(call, batch, places, parts, &count);
    const sabir_value all = sabir_concat(graph, parts, count, 0), flat = sabir_reshape(graph, sbr_grad_full(x, 0), SABIR_SHAPE(-1));
    const sabir_value zeros = sabir_cast(graph, flat, sabir_value_type(all));
    const sabir_value sum = sabir_scatter_add(graph, zeros, sabir_concat(graph, places, count, 0), all, 0);
    return sabir_cast(graph, sabir_reshape(graph, sum, sabir_value_shape(x)), sabir_value_type(x));
}

static sabir_value grad_of_positions(const sbr_grad_call *call, int32_t batch)
{
    const sabir_interpolate_attrs *attrs = call->attrs;
    sabir_graph *graph = call->graph;
    const sabir_value positions = call->inputs[1], grad = sabir_cast(graph, call->grads[0], sabir_value_type(positions));
    sabir_shape shape = sabir_value_shape(positions);
    shape.extents[batch] = 1;
    sabir_value parts[3];
    for (int32_t axis = 0; axis < attrs->axes; axis++) {
        sabir_interpolate_attrs steeper = *attrs;
        steeper.derivative[axis]++;
        const sabir_value slope = sabir_cast(graph, sabir_interpolate(graph, call->inputs[0], positions, &steeper), sabir_value_type(positions));
        parts[axis] = sabir_reshape(graph, sabir_mul(graph, grad, slope), shape);
    }
    return sabir_concat(graph, parts, (uint32_t)attrs->axes, batch);
}

sabir_status sbr_grad_interpolate(sbr_grad_call *call)
{
    const sabir_interpolate_attrs *attrs = call->attrs;
    const int32_t batch = sabir_value_shape(call->inputs[0]).rank - attrs->axes;
    if (call->wanted[0]) call->results[0] = grad_of_grid(call, batch);
    if (call->wanted[1]) call->results[1] = grad_of_positions(call, batch);
    return SABIR_OK;
}
