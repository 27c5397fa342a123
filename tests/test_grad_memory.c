/* Gradients while allocations fail, one after the other: a status each time, and no leak. suite: host, timeout: 240 */
#include <criterion/criterion.h>
#include <string.h>

#include "sabir/sabir.h"
#include "support/fault.h"

static sabir_value total(sabir_graph *g, sabir_value x) { return sabir_sum(g, x, SABIR_ALL_AXES); }

static sabir_status twice(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                          const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    (void)user, (void)inputs, (void)input_count, (void)outputs, (void)output_count;
    input_grads[0] = sabir_add(graph, output_grads[0], output_grads[0]);
    return SABIR_OK;
}

/* Loops in loops that end early, segments, a budget, a custom gradient, second derivatives. */
static void build(sabir_graph *g)
{
    const sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(2, 2)), w = sabir_input(g, "w", SABIR_F32, SABIR_SHAPE(2, 2)), wrt[] = {x, w};
    sabir_value outer, inner, one, all, seen, grads[2];
    sabir_loop_begin(g, 5, &x, 1, &outer);
    sabir_loop_begin(g, 2, &outer, 1, &inner);
    const sabir_value next = sabir_tanh(g, sabir_matmul(g, inner, w));
    (void)sabir_loop_end(g, &next, 1, SABIR_NONE, &one);
    const sabir_value going = sabir_less(g, total(g, one), sabir_number(g, SABIR_F32, 3));
    (void)sabir_loop_end(g, &one, 1, going, &all);
    (void)sabir_custom_gradient(g, &all, 1, &all, 1, twice, NULL, &seen);
    for (int i = 0; i < 4; i++) seen = sabir_tanh(g, sabir_matmul(g, seen, w));
    const sabir_value y = total(g, seen);
    uint64_t kept;
    (void)sabir_vjp(g, &y, NULL, 1, wrt, 2, &(sabir_grad_options){.size = sizeof(sabir_grad_options), .memory_budget = 80, .loop_segment = 2, .kept = &kept}, grads);
    sabir_output(g, "dx", grads[0]);
    (void)sabir_hvp(g, y, wrt, wrt, 2, grads);
    sabir_output(g, "hw", grads[1]);
}

static sabir_status build_with(fault_memory *memory)
{
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.allocator = fault_allocator(memory);
    sabir_context *context = NULL;
    sabir_graph *g = NULL;
    sabir_status status = sabir_context_create(&options, &context);
    if (status == SABIR_OK) status = sabir_graph_create(context, &g);
    if (status == SABIR_OK) {
        build(g);
        status = sabir_graph_status(g);
        if (status != SABIR_OK) cr_assert(strlen(sabir_last_message()) > 0);
    }
    sabir_graph_destroy(g);
    sabir_context_release(context);
    return status;
}

Test(grad_memory, nth_allocation_failing_is_a_status_and_no_leak, .timeout = 240)
{
    fault_memory memory = FAULT_MEMORY;
    cr_assert_eq(build_with(&memory), SABIR_OK, "%s", sabir_last_message());
    cr_assert_eq(memory.live_blocks, 0);
    const uint64_t requests = memory.requests, step = requests / 1500 + 1;
    cr_assert_gt(requests, 200);
    for (uint64_t i = 1; i <= requests; i += step) {
        fault_memory_fail_nth(&memory, i, i % 2 == 0);
        const sabir_status status = build_with(&memory);
        cr_assert_eq(status, SABIR_OUT_OF_MEMORY, "request %llu: %s: %s", (unsigned long long)i, sabir_status_name(status), sabir_last_message());
        cr_assert_eq(memory.live_blocks, 0, "request %llu", (unsigned long long)i);
        cr_assert_eq(memory.bad_releases, 0);
    }
}
