/* Order: gradients go back to where values came from; the order itself has none. */
#include "along.h"

/* Indices are a permutation, so sorting them gives its inverse. */
sabir_status sbr_grad_sort(sbr_grad_call *call)
{
    const int32_t axis = ((const sabir_sort_attrs *)call->attrs)->axis;
    sabir_value back;
    if (call->grads[0].index == SABIR_NONE_INDEX) return SABIR_OK;
    (void)sabir_sort(call->graph, call->outputs[1], axis, 0, &back);
    call->results[0] = sabir_take_along(call->graph, call->grads[0], back, axis);
    return SABIR_OK;
}

sabir_status sbr_grad_top_k(sbr_grad_call *call)
{
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    if (call->grads[0].index == SABIR_NONE_INDEX) return SABIR_OK;
    if (((const sabir_top_k_attrs *)call->attrs)->k != 1)
        return sbr_grad_add_along(&shape, call->outputs[1], call->grads[0], shape.rank - 1, &call->results[0]);
    call->results[0] = sbr_grad_at(&shape, call->outputs[1], call->grads[0], shape.rank - 1);
    return SABIR_OK;
}
