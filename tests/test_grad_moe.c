/* suite: host, timeout: 120
 * Gradients through routing and experts, against differences on the reference; and those of dispatch and combine are gathers. */
#include "test_grad.h"

TestSuite(grad_moe, .init = open_grad, .fini = close_grad);

static sabir_value loss_of(sabir_value x, sabir_value gate, sabir_value up, sabir_value down, double capacity, sabir_gate kind, int keep)
{
    sabir_route_options options = SABIR_ROUTE_OPTIONS;
    sabir_routing routing;
    options.weights = gate;
    options.gate = kind;
    options.k = 2;
    options.capacity_factor = capacity;
    options.keep_probabilities = keep;
    MUST((sabir_route)(g, x, &options, &routing));
    const sabir_value rows = sabir_dispatch(g, &routing, x);
    const sabir_value hidden = sabir_tanh(g, sabir_grouped_matmul(g, rows, up, routing.groups, 0));
    const sabir_value y = sabir_combine(g, &routing, sabir_grouped_matmul(g, hidden, down, routing.groups, 1));
    const sabir_value tenth = sabir_number(g, SABIR_F64, 0.1);
    const sabir_value extra = sabir_mul(g, tenth, sabir_add(g, routing.balance_loss, routing.z_loss));
    return sabir_add(g, sabir_sum(g, sabir_square(g, y), SABIR_ALL_AXES), extra);
}

static void check_layer(double capacity, sabir_gate kind, int keep)
{
    const sabir_value x = IN(7, 4), gate = IN(4, 3), up = IN(3, 4, 5), down = IN(3, 6, 5);
    CHECK(loss_of(x, gate, up, down, capacity, kind, keep), 2e-6, x, gate, up, down);
}

Test(grad_moe, softmax_dropless) { check_layer(0, SABIR_GATE_SOFTMAX, 0); }
Test(grad_moe, softmax_with_capacity) { check_layer(0.7, SABIR_GATE_SOFTMAX, 1); }
Test(grad_moe, sigmoid) { check_layer(0, SABIR_GATE_SIGMOID, 0); }
Test(grad_moe, cosine) { check_layer(1, SABIR_GATE_COSINE, 0); }

/* No sort and no scatter in the backward pass but for what choosing needs. */
Test(grad_moe, gradients_of_dispatch_and_combine_gather)
{
    const sabir_value x = IN(7, 4), weights = IN(7, 2), keys = sabir_input(g, "keys", SABIR_I32, SABIR_SHAPE(14));
    sabir_routing routing = {.k = 2, .experts_count = 3, .weights = weights};
    routing.places = sabir_reshape(g, sabir_group_by(g, keys, 3, SABIR_NONE, &routing.order, &routing.groups, &routing.counts), SABIR_SHAPE(7, 2));
    const sabir_value y = sabir_combine(g, &routing, sabir_tanh(g, sabir_dispatch(g, &routing, x)));
    const uint32_t before = g->nodes.count;
    sabir_value grads[2];
    MUST(sabir_vjp(g, &y, NULL, 1, (const sabir_value[]){x, weights}, 2, NULL, grads));
    for (uint32_t n = before; n < g->nodes.count; n++) {
        const sbr_op op = g->nodes.data[n].op;
        cr_assert(op != SBR_OP_sort && op != SBR_OP_scatter_add && op != SBR_OP_group_by, "%s", sbr_ops[op].name);
    }
}
