/* Products of rows in groups: each is the gradient of the other. */
#include "rules.h"

/* operands: x, weights, pointers. */
sabir_status sbr_grad_grouped_matmul(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const int32_t transpose = ((const sabir_grouped_attrs *)call->attrs)->transpose;
    const sabir_value x = call->inputs[0], weights = call->inputs[1], pointers = call->inputs[2], g = call->grads[0];
    if (call->wanted[0]) call->results[0] = sabir_grouped_matmul(graph, g, weights, pointers, !transpose);
    if (call->wanted[1]) call->results[1] = transpose ? sabir_grouped_outer(graph, g, x, pointers) : sabir_grouped_outer(graph, x, g, pointers);
    return SABIR_OK;
}

/* operands: x, y, pointers. */
sabir_status sbr_grad_grouped_outer(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sabir_value x = call->inputs[0], y = call->inputs[1], pointers = call->inputs[2], g = call->grads[0];
    if (call->wanted[0]) call->results[0] = sabir_grouped_matmul(graph, y, g, pointers, 1);
    if (call->wanted[1]) call->results[1] = sabir_grouped_matmul(graph, x, g, pointers, 0);
    return SABIR_OK;
}
