/* Operators that hand their operand on and matter to differentiation alone. */
#include "case.h"

static void stop(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(7, 13), PLAIN);
    conform_output(b, "whole", sabir_stop_gradient(g, x));
    conform_output(b, "view", sabir_transpose(g, sabir_stop_gradient(g, sabir_transpose(g, x, SABIR_INTS(1, 0))), SABIR_INTS(1, 0)));
    conform_output(b, "empty", sabir_stop_gradient(g, conform_input(b, b->type, SABIR_SHAPE(0, 3), PLAIN)));
    conform_output(b, "dim", sabir_stop_gradient(g, conform_input(b, b->type, SABIR_SHAPE(conform_dim(b, 40, 31, 2), 3), PLAIN)));
}

CONFORM_CASES(stop_gradient) { conform_add(list, FLOATS, "values", stop, 0); }

/* Three times the gradient that arrives. */
static sabir_status thrice(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                           const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    (void)user;
    (void)outputs;
    (void)output_count;
    for (uint32_t i = 0; i < input_count; i++)
        input_grads[i] = sabir_mul(graph, output_grads[i], sabir_number(graph, sabir_value_type(inputs[i]), 3));
    return SABIR_OK;
}

static void custom(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(5, 31), PLAIN), y = sabir_neg(g, x);
    sabir_value shown = SABIR_NONE, gradient = SABIR_NONE;
    (void)sabir_custom_gradient(g, &x, 1, &y, 1, thrice, NULL, &shown);
    conform_output(b, "value", shown);
    (void)sabir_grad(g, sabir_sum(g, shown, SABIR_ALL_AXES), &x, 1, &gradient);
    conform_output(b, "gradient", gradient);
}

CONFORM_CASES(custom_gradient) { conform_add(list, FLOATS, "values", custom, 0); }

/* A walk that may keep next to nothing computes its forward values anew. */
static void anew(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(13, 7), BETWEEN(-1, 1));
    sabir_value y = x, gradient = SABIR_NONE;
    for (int i = 0; i < 6; i++) y = sabir_tanh(g, sabir_add(g, y, x));
    sabir_grad_options options = SABIR_GRAD_OPTIONS;
    options.memory_budget = 1;
    (void)sabir_vjp(g, &y, NULL, 1, &x, 1, &options, &gradient);
    conform_output_within(b, "gradient", gradient, 1e-5);
}

CONFORM_CASES(after) { conform_add(list, OF(F32) | OF(F64), "budget", anew, 0); }
