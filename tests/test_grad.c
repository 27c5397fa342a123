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

/* x times itself, in a loop: x^(2^trips). */
Test(grad, loop_of_squares)
{
    const sabir_value x = IN(3);
    sabir_value c, r;
    sabir_loop_begin(g, 3, &x, 1, &c);
    const sabir_value next = sabir_mul(g, c, c);
    (void)sabir_loop_end(g, &next, 1, SABIR_NONE, &r);
    CHECK(sabir_sum(g, r, SABIR_ALL_AXES), 1e-8, x);
}
