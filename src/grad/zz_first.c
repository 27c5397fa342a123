/* Temporary: weak rules, so that the tree links until the operators' own rules arrive; this file then goes. */
#include "grad.h"

#define MISSING(name)                                                       \
    __attribute__((weak)) sabir_status sbr_grad_##name(sbr_grad_call *call) \
    {                                                                       \
        (void)call;                                                         \
        return sbr_fail(SABIR_UNSUPPORTED, "the operator has no rule");     \
    }
#define EW(name, inputs, class, result, expression, tolerance, text) MISSING(name)
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) MISSING(name)
#define sbr_grad_add sbr_unused_add
#define sbr_grad_mul sbr_unused_mul
#define sbr_grad_tanh sbr_unused_tanh
#define sbr_grad_matmul sbr_unused_matmul
#define sbr_grad_sum sbr_unused_sum
#define sbr_grad_broadcast sbr_unused_broadcast
#include "graph/ops.def"
#undef sbr_grad_add
#undef sbr_grad_mul
#undef sbr_grad_tanh
#undef sbr_grad_matmul
#undef sbr_grad_sum
#undef sbr_grad_broadcast

#define RULE(name) __attribute__((weak)) sabir_status sbr_grad_##name(sbr_grad_call *call)

RULE(add)
{
    for (uint32_t i = 0; i < 2; i++) {
        const sabir_shape shape = sabir_value_shape(call->inputs[i]);
        if (call->wanted[i]) call->results[i] = sbr_grad_unbroadcast(call->graph, call->grads[0], &shape);
    }
    return SABIR_OK;
}

RULE(mul)
{
    for (uint32_t i = 0; i < 2; i++) {
        const sabir_shape shape = sabir_value_shape(call->inputs[i]);
        if (call->wanted[i]) call->results[i] = sbr_grad_unbroadcast(call->graph, sabir_mul(call->graph, call->grads[0], call->inputs[1 - i]), &shape);
    }
    return SABIR_OK;
}

RULE(tanh)
{
    sabir_graph *g = call->graph;
    const sabir_value slope = sabir_sub(g, sbr_grad_number(call->inputs[0], 1.0), sabir_square(g, call->outputs[0]));
    call->results[0] = sabir_mul(g, call->grads[0], slope);
    return SABIR_OK;
}

RULE(matmul)
{
    sabir_graph *g = call->graph;
    const sabir_matmul_attrs *attrs = call->attrs;
    const sabir_value a = call->inputs[0], b = call->inputs[1], grad = call->grads[0];
    const int32_t ta = attrs->transpose_a, tb = attrs->transpose_b;
    const sabir_shape as = sabir_value_shape(a), bs = sabir_value_shape(b);
    if (call->wanted[0])
        call->results[0] = sbr_grad_unbroadcast(g, ta ? sabir_matmul_transposed(g, b, grad, tb, 1) : sabir_matmul_transposed(g, grad, b, 0, !tb), &as);
    if (call->wanted[1])
        call->results[1] = sbr_grad_unbroadcast(g, tb ? sabir_matmul_transposed(g, grad, a, 1, ta) : sabir_matmul_transposed(g, a, grad, !ta, 0), &bs);
    return SABIR_OK;
}

RULE(sum)
{
    const sabir_reduce_attrs *attrs = call->attrs;
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    sabir_shape kept = shape;
    for (int32_t i = 0; i < attrs->axes.count; i++) kept.extents[attrs->axes.values[i]] = 1;
    call->results[0] = sabir_broadcast(call->graph, sabir_reshape(call->graph, call->grads[0], kept), shape);
    return SABIR_OK;
}

RULE(broadcast)
{
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    call->results[0] = sbr_grad_unbroadcast(call->graph, call->grads[0], &shape);
    return SABIR_OK;
}
