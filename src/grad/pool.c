/* Pools. The first of equal largest elements takes the gradient of its window; NaN is largest. */
#include <math.h>

#include "along.h"
#include "window.h"

static sabir_conv_attrs settings_of(const sabir_pool_attrs *attrs)
{
    sabir_conv_attrs settings = {.groups = 1};
    for (int32_t i = 0; i < 3; i++) {
        settings.stride[i] = attrs->stride[i];
        settings.dilation[i] = attrs->dilation[i];
        settings.before[i] = attrs->before[i];
        settings.after[i] = attrs->after[i];
    }
    return settings;
}

/* Windows laid side by side, the place of the largest in each, and what arrived put there. */
sabir_status sbr_grad_max_pool(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sabir_pool_attrs *attrs = call->attrs;
    const sabir_conv_attrs settings = settings_of(attrs);
    const sabir_shape shape = sabir_value_shape(call->inputs[0]), result = sabir_value_shape(call->outputs[0]);
    sabir_shape padded = shape, cells = {3, {1, 1, 1}}, single = cells, spread = result;
    sabir_value x;
    if (sbr_grad_is_empty(&shape) || sbr_grad_is_empty(&result)) return SABIR_OK;
    SABIR_TRY(sbr_grad_padded(call->inputs[0], &padded, &settings, -INFINITY, &x));
    const sabir_value windows = sbr_grad_windows(x, &padded, &settings, attrs->window);
    int64_t taps = 1;
    for (int32_t i = 0; i + 2 < shape.rank; i++) {
        taps *= attrs->window[i];
        spread.extents[spread.rank++] = attrs->window[i];
    }
    SABIR_TRY(sbr_shape_count(graph, &result, &cells.extents[0]));
    single.extents[0] = cells.extents[0];
    cells.rank = single.rank = 2;
    cells.extents[1] = taps;
    single.extents[1] = 1;
    const sabir_value largest = sabir_reshape(graph, sabir_argmax(graph, sabir_reshape(graph, windows, cells), 1), single);
    const sabir_value placed = sbr_grad_at(&cells, largest, sabir_reshape(graph, call->grads[0], single), 1);
    SABIR_TRY(sbr_grad_unwindows(sabir_reshape(graph, placed, spread), &padded, &settings, &x));
    return sbr_grad_unpadded(x, &shape, &settings, &call->results[0]);
}

/* How many elements inside each window covers, [1, 1, positions...]; at least 1. */
static sabir_value covered(const sbr_grad_call *call, sabir_value ones, const sabir_conv_attrs *settings)
{
    sabir_shape cells = sabir_value_shape(call->inputs[0]);
    cells.extents[0] = cells.extents[1] = 1;
    const sabir_value inside = sabir_full(call->graph, sabir_value_type(ones), cells, 1);
    const sabir_value count = sabir_conv(call->graph, inside, ones, SABIR_NONE, settings);
    return sabir_maximum(call->graph, count, sbr_grad_number(count, 1));
}

sabir_status sbr_grad_avg_pool(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sabir_pool_attrs *attrs = call->attrs;
    const sabir_conv_attrs settings = settings_of(attrs);
    const sabir_shape shape = sabir_value_shape(call->inputs[0]), result = sabir_value_shape(call->outputs[0]);
    sabir_shape window = shape, planes = shape, positions = result;
    if (sbr_grad_is_empty(&shape) || sbr_grad_is_empty(&result)) return SABIR_OK;
    int64_t taps = 1;
    for (int32_t i = 0; i + 2 < shape.rank; i++) taps *= window.extents[i + 2] = attrs->window[i];
    SABIR_TRY(sbr_extent_mul(graph, shape.extents[0], shape.extents[1], &planes.extents[0]));
    window.extents[0] = window.extents[1] = planes.extents[1] = positions.extents[1] = 1;
    positions.extents[0] = planes.extents[0];
    const sabir_value ones = sabir_full(graph, sabir_value_type(call->inputs[0]), window, 1);
    const sabir_value share = attrs->count_padding ? sbr_grad_over(call->grads[0], taps) : sbr_grad_div2(call->grads[0], covered(call, ones, &settings));
    sabir_value spread;
    SABIR_TRY(sbr_grad_spread(sabir_reshape(graph, share, positions), &positions, ones, &settings, &planes, &spread));
    call->results[0] = sabir_reshape(graph, spread, shape);
    return SABIR_OK;
}
