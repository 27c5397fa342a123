/* What rules share. */
#include "grad.h"

sabir_value sbr_grad_unbroadcast(sabir_graph *graph, sabir_value grad, const sabir_shape *shape)
{
    const sabir_shape from = sabir_value_shape(grad);
    const int32_t added = from.rank - shape->rank;
    sabir_ints axes = {0};
    for (int32_t i = 0; i < from.rank; i++)
        if (i < added || shape->extents[i - added] != from.extents[i]) axes.values[axes.count++] = i;
    if (axes.count) grad = sabir_sum(graph, grad, axes);
    const sabir_shape left = sabir_value_shape(grad);
    return sbr_shape_equal(&left, shape) ? grad : sabir_reshape(graph, grad, *shape);
}

sabir_value sbr_grad_of(const sbr_grad_call *call, uint32_t output)
{
    return call->grads[output].index == SABIR_NONE_INDEX ? sbr_grad_full(call->outputs[output], 0.0) : call->grads[output];
}

sabir_value sbr_grad_number(sabir_value like, double number) { return sabir_number(like.graph, sabir_value_type(like), number); }

sabir_value sbr_grad_full(sabir_value like, double number)
{
    return sabir_full(like.graph, sabir_value_type(like), sabir_value_shape(like), number);
}
