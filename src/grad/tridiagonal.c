/* With A x = r and g the gradient of x: A' l = g gives that of r, and the gradient of A[i][k] is - l[i] x[k]. */
#include "grad.h"

/* Element k is that before (by 1) or after (by -1) element k of x along the axis; 0 beyond the ends. */
static sabir_value shifted(sabir_value x, int32_t axis, int by)
{
    const sabir_shape shape = sabir_value_shape(x);
    sabir_ints before = {.count = shape.rank}, after = {.count = shape.rank};
    if (by > 0) before.values[axis] = 1;
    else after.values[axis] = 1;
    const sabir_value wide = sabir_pad(x.graph, x, before, after, SABIR_PAD_CONSTANT, 0);
    return sabir_narrow(x.graph, wide, axis, by > 0 ? 0 : 1, shape.extents[axis]);
}

sabir_status sbr_grad_tridiagonal(sbr_grad_call *call)
{
    const sabir_tridiagonal_attrs *attrs = call->attrs;
    sabir_graph *graph = call->graph;
    const sabir_value x = call->outputs[0];
    sabir_tridiagonal_attrs other = *attrs;
    other.transposed = !other.transposed;
    const sabir_value l = sabir_tridiagonal_with(graph, call->inputs[0], call->inputs[1], call->inputs[2], call->grads[0], &other),
                      minus = sabir_neg(graph, l);
    /* lower[k] stands in row k and column k - 1; in the transposed matrix in row k - 1 and column k. */
    if (call->wanted[0])
        call->results[0] =
            attrs->transposed ? sabir_mul(graph, shifted(minus, attrs->axis, 1), x) : sabir_mul(graph, minus, shifted(x, attrs->axis, 1));
    if (call->wanted[1]) call->results[1] = sabir_mul(graph, minus, x);
    if (call->wanted[2])
        call->results[2] =
            attrs->transposed ? sabir_mul(graph, shifted(minus, attrs->axis, -1), x) : sabir_mul(graph, minus, shifted(x, attrs->axis, -1));
    if (call->wanted[3]) call->results[3] = l;
    return SABIR_OK;
}
