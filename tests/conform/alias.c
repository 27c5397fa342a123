/* Results that are operands, on devices: as they are, and as gradients use them. */
#include "case.h"

static void stopped(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_extent n = conform_dim(b, 20, 13, 0);
    conform_output(b, "input", sabir_stop_gradient(g, conform_input(b, b->type, SABIR_SHAPE(7, 13), PLAIN)));
    conform_output(b, "view", sabir_stop_gradient(g, sabir_transpose(g, conform_input(b, b->type, SABIR_SHAPE(7, n), PLAIN), SABIR_INTS(1, 0))));
    conform_output(b, "empty", sabir_stop_gradient(g, conform_input(b, b->type, SABIR_SHAPE(0, 3), PLAIN)));
}

/* Beside what has a gradient; what is stopped is constant in pieces, so that differences agree. */
static void beside(conform_build *b)
{
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(7, 13), PLAIN), stopped_floor = sabir_stop_gradient(b->graph, sabir_floor(b->graph, x));
    conform_output(b, "x", sabir_maximum(b->graph, x, stopped_floor));
    conform_output(b, "floor", sabir_minimum(b->graph, x, stopped_floor));
}

CONFORM_CASES(stop_gradient)
{
    conform_add(list, ALL & ~FLOATS, "elements", stopped, 0);
    conform_add(list, FLOATS, "beside", beside, 0);
}

/* Of exp, by its result. */
static sabir_status exp_back(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                             const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    (void)user, (void)inputs, (void)input_count, (void)output_count;
    input_grads[0] = sabir_mul(graph, output_grads[0], outputs[0]);
    return SABIR_OK;
}

static void customised(conform_build *b)
{
    const sabir_extent n = conform_dim(b, 20, 13, 0);
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(7, n), PLAIN), y = sabir_exp(b->graph, x);
    sabir_value seen;
    (void)sabir_custom_gradient(b->graph, &x, 1, &y, 1, exp_back, NULL, &seen);
    conform_output_within(b, "exp", seen, 1e-6);
}

CONFORM_CASES(custom_gradient) { conform_add(list, FLOATS, "of exp", customised, 0); }

/* Layers computed again for their gradient: within one byte, so that as little is kept as can be. */
static void again(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(13, 5), BETWEEN(-1, 1)), w = conform_input(b, b->type, SABIR_SHAPE(5, 5), BETWEEN(-1, 1));
    sabir_value y = x, grad;
    for (int i = 0; i < 6; i++) y = sabir_tanh(g, sabir_matmul(g, y, w));
    (void)sabir_vjp(g, &y, NULL, 1, &w, 1, &(sabir_grad_options){.size = sizeof(sabir_grad_options), .memory_budget = 1}, &grad);
    conform_output_within(b, "gradient", grad, 1e-4);
}

CONFORM_CASES(after) { conform_add(list, OF(F32) | OF(F64), "computed again", again, 0); }
