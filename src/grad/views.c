/* Views, and blocks at starts known at run. */
#include "block.h"

sabir_status sbr_grad_reshape(sbr_grad_call *call)
{
    call->results[0] = sabir_reshape(call->graph, call->grads[0], sabir_value_shape(call->inputs[0]));
    return SABIR_OK;
}

sabir_status sbr_grad_transpose(sbr_grad_call *call)
{
    const sabir_ints *axes = &((const sabir_transpose_attrs *)call->attrs)->axes;
    sabir_ints back = {.count = axes->count};
    for (int32_t i = 0; i < axes->count; i++) back.values[axes->values[i]] = i;
    call->results[0] = sabir_transpose(call->graph, call->grads[0], back);
    return SABIR_OK;
}

sabir_status sbr_grad_broadcast(sbr_grad_call *call)
{
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    call->results[0] = sbr_grad_unbroadcast(call->graph, call->grads[0], &shape);
    return SABIR_OK;
}

/* ---- slice ---- */

/* Steps along one axis undone where numbers tell how: what is left is a block with a start. */
static sabir_status unstep(const sabir_slice_attrs *attrs, int32_t axis, sabir_value *grad, sabir_shape *shape, sabir_extent *start)
{
    const int64_t step = attrs->step.values[axis];
    *start = attrs->start.values[axis];
    if (step < 0) {
        *grad = sabir_flip(grad->graph, *grad, SABIR_INTS(axis));
        *start += (shape->extents[axis] - 1) * step;
    }
    return sbr_grad_dilate(*grad, shape, axis, step < 0 ? -step : step, grad);
}

/* Where the count is a dim and the step not 1, element by element. */
static sabir_value scatter_axis(const sabir_slice_attrs *attrs, int32_t axis, sabir_value grad, sabir_shape *shape, sabir_extent extent)
{
    sabir_graph *graph = grad.graph;
    const sabir_value places =
        sabir_iota(graph, SABIR_I32, SABIR_SHAPE(shape->extents[axis]), 0, (double)attrs->start.values[axis], (double)attrs->step.values[axis]);
    shape->extents[axis] = extent;
    return sabir_scatter_set(graph, sabir_full(graph, sabir_value_type(grad), *shape, 0), places, grad, axis);
}

sabir_status sbr_grad_slice(sbr_grad_call *call)
{
    const sabir_slice_attrs *attrs = call->attrs;
    const sabir_shape whole = sabir_value_shape(call->inputs[0]);
    sabir_shape shape = attrs->counts;
    sabir_extent starts[SABIR_MAX_RANK] = {0};
    sabir_value grad = call->grads[0];
    if (sbr_grad_is_empty(&shape)) return SABIR_OK;
    for (int32_t i = 0; i < shape.rank; i++) {
        if (attrs->step.values[i] == 1 || sbr_is_number(shape.extents[i])) SABIR_TRY(unstep(attrs, i, &grad, &shape, &starts[i]));
        else grad = scatter_axis(attrs, i, grad, &shape, whole.extents[i]);
    }
    call->results[0] = sbr_grad_embed(grad, starts, &whole);
    return SABIR_OK;
}

sabir_status sbr_grad_diagonal(sbr_grad_call *call)
{
    const sabir_shape whole = sabir_value_shape(call->inputs[0]);
    const sabir_extent starts[SABIR_MAX_RANK] = {0};
    call->results[0] = sbr_grad_embed(sabir_diagonal_embed(call->graph, call->grads[0]), starts, &whole);
    return SABIR_OK;
}

/* ---- Blocks ---- */

sabir_status sbr_grad_dynamic_slice(sbr_grad_call *call)
{
    call->results[0] = sabir_update(call->graph, sbr_grad_full(call->inputs[0], 0), call->grads[0], call->inputs[1]);
    return SABIR_OK;
}

sabir_status sbr_grad_update(sbr_grad_call *call)
{
    const sabir_value part = call->inputs[1], start = call->inputs[2];
    if (call->wanted[0]) call->results[0] = sabir_update(call->graph, call->grads[0], sbr_grad_full(part, 0), start);
    if (call->wanted[1]) call->results[1] = sabir_dynamic_slice(call->graph, call->grads[0], start, sabir_value_shape(part));
    return SABIR_OK;
}
