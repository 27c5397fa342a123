/* Gradients on the reference, in f64: against differences, against each other, and what is refused. suite: host */
#include "test_grad.h"

TestSuite(grad, .init = open_grad, .fini = close_grad);

/* Two layers of tanh with weights of their own: a scalar. */
static sabir_value mlp(sabir_value x, sabir_value w1, sabir_value b1, sabir_value w2)
{
    const sabir_value hidden = sabir_tanh(g, sabir_add(g, sabir_matmul(g, x, w1), b1));
    return sabir_sum(g, sabir_tanh(g, sabir_matmul(g, hidden, w2)), SABIR_ALL_AXES);
}

Test(grad, mlp)
{
    const sabir_value x = IN(3, 2), w1 = IN(2, 5), b1 = IN(5), w2 = IN(5, 2);
    CHECK(mlp(x, w1, b1, w2), 1e-8, x, w1, b1, w2);
}
