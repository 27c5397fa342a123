/* Movement: pad, concat, roll, diagonal_embed, windows, resize. */
#include "block.h"
#include "border.h"

sabir_status sbr_grad_pad(sbr_grad_call *call)
{
    const sabir_pad_attrs *attrs = call->attrs;
    const sabir_shape to = sabir_value_shape(call->inputs[0]);
    sabir_shape shape = sabir_value_shape(call->outputs[0]);
    sabir_value grad = call->grads[0];
    for (int32_t i = 0; i < shape.rank; i++) {
        shape.extents[i] = to.extents[i];
        SABIR_TRY(sbr_grad_fold(grad, &shape, &(sbr_border){i, attrs->before.values[i], attrs->after.values[i], attrs->mode, 0}, &grad));
    }
    call->results[0] = grad;
    return SABIR_OK;
}

sabir_status sbr_grad_concat(sbr_grad_call *call)
{
    const int32_t axis = ((const sabir_axis_attrs *)call->attrs)->axis;
    const sabir_shape shape = sabir_value_shape(call->outputs[0]);
    sabir_extent start = 0;
    for (uint32_t k = 0; k < call->input_count; k++) {
        const sabir_extent extent = sabir_value_shape(call->inputs[k]).extents[axis];
        if (call->wanted[k]) call->results[k] = sbr_grad_extract_along(call->grads[0], &shape, axis, start, extent);
        SABIR_TRY(sbr_extent_add(call->graph, start, extent, &start));
    }
    return SABIR_OK;
}

sabir_status sbr_grad_roll(sbr_grad_call *call)
{
    const sabir_roll_attrs *attrs = call->attrs;
    sabir_ints back = attrs->shifts;
    for (int32_t i = 0; i < back.count; i++) back.values[i] = -back.values[i];
    call->results[0] = sabir_roll(call->graph, call->grads[0], back, attrs->axes);
    return SABIR_OK;
}

sabir_status sbr_grad_diagonal_embed(sbr_grad_call *call)
{
    call->results[0] = sabir_diagonal(call->graph, call->grads[0]);
    return SABIR_OK;
}

sabir_status sbr_grad_resize(sbr_grad_call *call)
{
    const sabir_resize_attrs *attrs = call->attrs;
    call->results[0] = sabir_resize_adjoint(call->graph, call->grads[0], sabir_value_shape(call->inputs[0]), attrs->mode);
    return SABIR_OK;
}

sabir_status sbr_grad_resize_adjoint(sbr_grad_call *call)
{
    const sabir_resize_attrs *attrs = call->attrs;
    call->results[0] = sabir_resize(call->graph, call->grads[0], sabir_value_shape(call->inputs[0]), attrs->mode);
    return SABIR_OK;
}

/* ---- Windows ---- */

sabir_status sbr_grad_unfold(sbr_grad_call *call)
{
    const sabir_unfold_attrs *attrs = call->attrs;
    call->results[0] = sabir_overlap_add(call->graph, call->grads[0], attrs->axis, attrs->step, attrs->length);
    return SABIR_OK;
}

/* Windows by index, for a length in which none is known to fit: [a..., length, c...] -> [a..., frames, size, c...] -> [a..., frames, c..., size]. */
static sabir_value windows_by_index(sabir_value x, int32_t axis, int64_t step, sabir_extent frames, int64_t size, int32_t rank)
{
    sabir_graph *graph = x.graph;
    const sabir_value starts = sabir_iota(graph, SABIR_I32, SABIR_SHAPE(frames, 1), 0, 0, (double)step);
    const sabir_value places = sabir_add(graph, starts, sabir_iota(graph, SABIR_I32, SABIR_SHAPE(size), 0, 0, 1));
    sabir_ints order = {.count = rank};
    for (int32_t i = 0; i < rank; i++) order.values[i] = i <= axis ? i : i + 1 < rank ? i + 1 : axis + 1;
    return sabir_transpose(graph, sabir_gather(graph, x, places, axis), order);
}

sabir_status sbr_grad_overlap_add(sbr_grad_call *call)
{
    const sabir_unfold_attrs *attrs = call->attrs;
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    const sabir_value grad = call->grads[0];
    if (sbr_grad_is_empty(&shape)) return SABIR_OK;
    if (!sbr_extent_at_least(call->graph, attrs->length, attrs->size)) {
        call->results[0] = windows_by_index(grad, attrs->axis, attrs->step, shape.extents[attrs->axis], attrs->size, shape.rank);
        return SABIR_OK;
    }
    sabir_shape all = shape;
    SABIR_TRY(sbr_extent_affine(call->graph, attrs->length, 1, attrs->step - attrs->size, attrs->step, &all.extents[attrs->axis]));
    const sabir_value windows = sabir_unfold(call->graph, grad, attrs->axis, attrs->size, attrs->step);
    call->results[0] = sbr_grad_extract_along(windows, &all, attrs->axis, 0, shape.extents[attrs->axis]);
    return SABIR_OK;
}
