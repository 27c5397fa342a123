/* Reading and writing by index. */
#include "along.h"

static int32_t axis_of(const sbr_grad_call *call) { return ((const sabir_axis_attrs *)call->attrs)->axis; }

static sabir_value zeros(sabir_graph *graph, sabir_type type, const sabir_shape *shape) { return sabir_full(graph, type, *shape, 0); }

sabir_status sbr_grad_gather(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const int32_t axis = axis_of(call);
    const sabir_shape shape = sabir_value_shape(call->inputs[0]), indices = sabir_value_shape(call->inputs[1]);
    sabir_shape flat = {.rank = 1}, updates = shape;
    if (sbr_grad_is_empty(&shape)) return SABIR_OK;
    SABIR_TRY(sbr_shape_count(graph, &indices, &flat.extents[0]));
    updates.extents[axis] = flat.extents[0];
    call->results[0] = sabir_scatter_add(graph, sbr_grad_full(call->inputs[0], 0), sabir_reshape(graph, call->inputs[1], flat),
                                         sabir_reshape(graph, call->grads[0], updates), axis);
    return SABIR_OK;
}

sabir_status sbr_grad_take_along(sbr_grad_call *call)
{
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    return sbr_grad_add_along(&shape, call->inputs[1], call->grads[0], axis_of(call), &call->results[0]);
}

/* ---- Scatters ---- */

sabir_status sbr_grad_scatter_add(sbr_grad_call *call)
{
    if (call->wanted[0]) call->results[0] = call->grads[0];
    if (call->wanted[2]) call->results[2] = sabir_gather(call->graph, call->grads[0], call->inputs[1], axis_of(call));
    return SABIR_OK;
}

/* 0, 1, ... by update. */
static sabir_value numbers_of(sabir_value indices) { return sabir_iota(indices.graph, SABIR_I32, sabir_value_shape(indices), 0, 0, 1); }

/* values [k] along axis of the updates. */
static sabir_value along_updates(sabir_value values, const sabir_shape *updates, int32_t axis)
{
    sabir_shape shape = {.rank = updates->rank - axis};
    for (int32_t i = 0; i < shape.rank; i++) shape.extents[i] = i ? 1 : updates->extents[axis];
    return sabir_reshape(values.graph, values, shape);
}

/* The last update of each slice takes its gradient. */
sabir_status sbr_grad_scatter_set(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const int32_t axis = axis_of(call);
    const sabir_value indices = call->inputs[1], updates = call->inputs[2];
    const sabir_shape shape = sabir_value_shape(updates), line = {1, {sabir_value_shape(call->inputs[0]).extents[axis]}};
    if (call->wanted[0]) call->results[0] = sabir_scatter_set(graph, call->grads[0], indices, sbr_grad_full(updates, 0), axis);
    if (!call->wanted[2]) return SABIR_OK;
    const sabir_value numbers = numbers_of(indices);
    const sabir_value last = sabir_gather(graph, sabir_scatter_set(graph, zeros(graph, SABIR_I32, &line), indices, numbers, 0), indices, 0);
    const sabir_value is_last = along_updates(sabir_equal(graph, last, numbers), &shape, axis);
    call->results[2] = sbr_grad_where(is_last, sabir_gather(graph, call->grads[0], indices, axis));
    return SABIR_OK;
}

/* x takes the gradient where it is the largest, else the first update that is. */
sabir_status sbr_grad_scatter_max(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const int32_t axis = axis_of(call);
    const sabir_value x = call->inputs[0], indices = call->inputs[1], updates = call->inputs[2], y = call->outputs[0];
    const sabir_value kept = sabir_equal(graph, x, y);
    if (call->wanted[0]) call->results[0] = sbr_grad_where(kept, call->grads[0]);
    if (!call->wanted[2]) return SABIR_OK;
    const sabir_shape shape = sabir_value_shape(updates), whole = sabir_value_shape(x);
    const sabir_value largest = sabir_gather(graph, y, indices, axis), old = sabir_gather(graph, x, indices, axis);
    const sabir_value reaches = sabir_logical_and(graph, sabir_equal(graph, updates, largest), sabir_not_equal(graph, old, largest));
    /* k, k - 1, ... 1 by update, so that the first is the largest. */
    const sabir_value count = sabir_dim_value(graph, shape.extents[axis]);
    const sabir_value rank = along_updates(sabir_sub(graph, count, numbers_of(indices)), &shape, axis);
    const sabir_value bids = sabir_select(graph, reaches, rank, sabir_number(graph, SABIR_I32, 0));
    const sabir_value best = sabir_gather(graph, sabir_scatter_max(graph, zeros(graph, SABIR_I32, &whole), indices, bids, axis), indices, axis);
    const sabir_value wins = sabir_logical_and(graph, reaches, sabir_equal(graph, bids, best));
    call->results[2] = sbr_grad_where(wins, sabir_gather(graph, call->grads[0], indices, axis));
    return SABIR_OK;
}
