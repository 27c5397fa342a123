/* The n-th call of the backend, or the n-th request for host memory, fails, for every n: a status, no leak, and the same context then does the
 * whole job. And a device that is lost at every call. suite: device, timeout: 900 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "sabir/sabir.h"
#include "support/devices.h"
#include "support/fault.h"

typedef struct job {
    sabir_device *device;
    sabir_store *store;
    sabir_graph *graph;
    sabir_program *program;
    sabir_tensor *in, *out;
    sabir_event *event;
    char *text;
} job;

#define STEP(call)                                        \
    do {                                                  \
        sabir_status step_ = (call);                      \
        if (step_ != SABIR_OK) return step_;              \
    } while (0)

/* A variable, a scalar, a dim, a loop with a condition, a constant. */
static void build(sabir_graph *g)
{
    const float constants[4] = {1, 2, 3, 4};
    sabir_extent n = sabir_dim_create(g, "n", 1, 8);
    sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(n, 4)), w = sabir_variable(g, "w", SABIR_F32, SABIR_SHAPE(4)), s = sabir_scalar(g, "s", SABIR_F32);
    sabir_value c = sabir_constant(g, SABIR_F32, SABIR_SHAPE(4), constants), carried[1], result[1];
    sabir_loop_begin(g, 3, &w, 1, carried);
    sabir_value next = sabir_add(g, carried[0], c);
    sabir_loop_end(g, &next, 1, sabir_less(g, s, sabir_number(g, SABIR_F32, 5)), result);
    sabir_assign(g, w, result[0]);
    sabir_output(g, "y", sabir_mul(g, sabir_add(g, x, w), s));
}

static sabir_status run_job(sabir_context *context, const char *selector, job *j)
{
    const float numbers[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    float seen[12];
    STEP(sabir_device_open(context, selector, &j->device));
    STEP(sabir_store_create(j->device, &j->store));
    STEP(sabir_graph_create(context, &j->graph));
    build(j->graph);
    sabir_compile_options options = SABIR_COMPILE_OPTIONS;
    options.fallback = SABIR_FALLBACK_ERROR;
    options.submission_seconds = 1e-9;
    STEP(sabir_compile(j->graph, j->device, j->store, &options, &j->program));
    STEP(sabir_tensor_create(j->device, SABIR_F32, SABIR_SHAPE(3, 4), &j->in));
    STEP(sabir_tensor_create(j->device, SABIR_F32, SABIR_SHAPE(3, 4), &j->out));
    STEP(sabir_tensor_write(j->in, 0, numbers, sizeof numbers));
    STEP(sabir_tensor_write(j->in, 1, (const char *)numbers + 1, 6));
    STEP(sabir_set_f32(j->program, sabir_slot(j->program, "s"), 2));
    STEP(sabir_run(j->program, (sabir_binding[]){{"x", j->in}, {"y", j->out}}, 2));
    STEP(sabir_submit(j->program, NULL, 0, &j->event));
    STEP(sabir_submit(j->program, NULL, 0, NULL));
    STEP(sabir_event_wait(j->event, -1));
    STEP(sabir_program_text(j->program, &j->text));
    STEP(sabir_tensor_copy(j->out, j->in));
    STEP(sabir_tensor_read(j->in, 0, seen, sizeof seen));
    cr_assert_eq(seen[0], 2 * (1 + 6));
    cr_assert_eq(seen[11], 2 * (12 + 24));
    return sabir_device_wait(j->device);
}

static void end_job(sabir_context *context, job *j)
{
    sabir_string_free(context, j->text);
    sabir_event_release(j->event);
    sabir_tensor_release(j->in);
    sabir_tensor_release(j->out);
    sabir_program_destroy(j->program);
    sabir_graph_destroy(j->graph);
    sabir_store_release(j->store);
    sabir_device_release(j->device);
    *j = (job){0};
}

static sabir_status whole_job(sabir_context *context, const char *selector)
{
    job j = {0};
    sabir_status status = run_job(context, selector, &j);
    char message[256];
    snprintf(message, sizeof message, "%s", sabir_last_message());
    end_job(context, &j);
    if (status != SABIR_OK) cr_assert(message[0], "a failure without a message");
    return status;
}

static sabir_context *make_context(const char *selector, fault_memory *memory)
{
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    if (memory) options.allocator = fault_allocator(memory);
    sabir_context *context;
    must(sabir_context_create(&options, &context));
    if (!memory && strcmp(selector, "reference") != 0) must(sabir_context_add_backend(context, fault_wrap(sabir_builtin_backend(selector)), NULL));
    uint32_t count;
    must(sabir_device_count(context, &count));
    return context;
}

static void fail_each_call(const char *selector)
{
    sabir_context *context = make_context(selector, NULL);
    must(whole_job(context, selector));
    must(whole_job(context, selector));
    const uint32_t idle = fault_live_objects();
    fault_reset();
    must(whole_job(context, selector));
    const uint64_t calls = fault_calls();
    cr_assert_gt(calls, 100);
    for (uint64_t n = 1; n <= calls; n++) {
        fault_reset();
        fault_fail_nth(n, SABIR_OUT_OF_DEVICE_MEMORY);
        sabir_status status = whole_job(context, selector);
        cr_assert(status == SABIR_OUT_OF_DEVICE_MEMORY || status == SABIR_OK || status == SABIR_POISONED, "%s: call %llu of %llu: %s: %s", selector,
                  (unsigned long long)n, (unsigned long long)calls, sabir_status_name(status), sabir_last_message());
        cr_assert_eq(fault_live_objects(), idle, "%s: call %llu: %u objects left of %u", selector, (unsigned long long)n, fault_live_objects(), idle);
        cr_assert_eq(fault_bad_destroys(), 0, "%s: call %llu", selector, (unsigned long long)n);
    }
    fault_reset();
    must(whole_job(context, selector));
    sabir_context_release(context);
    cr_assert_eq(fault_live_objects(), 0);
}

Test(run_faults, each_call_vulkan, .timeout = 600) { fail_each_call("vulkan"); }
Test(run_faults, each_call_opencl, .timeout = 600) { fail_each_call("opencl"); }

static void lose_at_each_call(const char *selector)
{
    sabir_context *context = make_context(selector, NULL);
    must(whole_job(context, selector));
    const uint32_t idle = fault_live_objects();
    fault_reset();
    must(whole_job(context, selector));
    const uint64_t calls = fault_calls();
    for (uint64_t n = 1; n <= calls; n += n < 60 ? 1 : 3) {
        fault_reset();
        fault_lose_nth(n);
        sabir_status status = whole_job(context, selector);
        cr_assert(status == SABIR_DEVICE_LOST || (status == SABIR_OK && n + 12 > calls), "%s: call %llu of %llu: %s", selector, (unsigned long long)n,
                  (unsigned long long)calls, sabir_status_name(status));
        cr_assert_eq(fault_live_objects(), idle, "%s: call %llu", selector, (unsigned long long)n);
    }
    fault_reset();
    must(whole_job(context, selector));
    sabir_context_release(context);
}

Test(run_faults, lost_vulkan, .timeout = 600) { lose_at_each_call("vulkan"); }
Test(run_faults, lost_opencl, .timeout = 600) { lose_at_each_call("opencl"); }

/* A lost device stays lost; another one of the same context works. */
Test(run_faults, loss_is_sticky, .timeout = 60)
{
    sabir_context *context = make_context("vulkan", NULL);
    job j = {0};
    must(run_job(context, "vulkan", &j));
    fault_reset();
    fault_lose_nth(1);
    cr_assert_eq(sabir_run(j.program, NULL, 0), SABIR_DEVICE_LOST);
    cr_assert(strstr(sabir_last_message(), "vulkan:0"), "%s", sabir_last_message());
    sabir_tensor *tensor;
    cr_assert_eq(sabir_tensor_create(j.device, SABIR_F32, SABIR_SHAPE(2), &tensor), SABIR_DEVICE_LOST);
    cr_assert_eq(sabir_run(j.program, NULL, 0), SABIR_DEVICE_LOST);
    cr_assert_eq(sabir_device_wait(j.device), SABIR_DEVICE_LOST);
    end_job(context, &j);
    must(whole_job(context, "vulkan"));
    sabir_context_release(context);
}

static void fail_each_request(const char *selector, uint64_t stride)
{
    fault_memory memory = FAULT_MEMORY;
    sabir_context *context = make_context(selector, &memory);
    must(whole_job(context, selector));
    const uint64_t idle = memory.live_blocks, before = memory.requests;
    must(whole_job(context, selector));
    const uint64_t requests = memory.requests - before;
    for (uint64_t n = 1; n <= requests; n += stride) {
        fault_memory_fail_nth(&memory, n, false);
        sabir_status status = whole_job(context, selector);
        cr_assert(status == SABIR_OUT_OF_MEMORY || status == SABIR_OK || status == SABIR_POISONED, "%s: request %llu of %llu: %s: %s", selector, (unsigned long long)n,
                  (unsigned long long)requests, sabir_status_name(status), sabir_last_message());
        cr_assert_eq(memory.live_blocks, idle, "%s: request %llu of %llu: %llu blocks left of %llu", selector, (unsigned long long)n,
                     (unsigned long long)requests, (unsigned long long)memory.live_blocks, (unsigned long long)idle);
    }
    fault_memory_fail_nth(&memory, 0, false);
    must(whole_job(context, selector));
    sabir_context_release(context);
    cr_assert_eq(memory.live_blocks, 0);
    cr_assert_eq(memory.bad_releases, 0);
}

Test(run_faults, each_request_reference, .timeout = 300) { fail_each_request("reference", 1); }
Test(run_faults, each_request_vulkan, .timeout = 600) { fail_each_request("vulkan", 1); }
Test(run_faults, each_request_opencl, .timeout = 600) { fail_each_request("opencl", 1); }

/* Out of memory while devices are looked for: a status, and the next try finds them. */
Test(run_faults, each_request_of_the_registry, .timeout = 300)
{
    for (uint64_t n = 1; n < 100000; n++) {
        fault_memory memory = FAULT_MEMORY;
        sabir_context_options options = SABIR_CONTEXT_OPTIONS;
        options.allocator = fault_allocator(&memory);
        sabir_context *context;
        must(sabir_context_create(&options, &context));
        uint32_t count, again;
        fault_memory_fail_nth(&memory, n, false);
        sabir_status status = sabir_device_count(context, &count);
        const bool reached = memory.failed > 0;
        fault_memory_fail_nth(&memory, 0, false);
        cr_assert(status == SABIR_OK || status == SABIR_OUT_OF_MEMORY, "request %llu: %s", (unsigned long long)n, sabir_status_name(status));
        must(sabir_device_count(context, &again));
        sabir_context_release(context);
        cr_assert_eq(memory.live_blocks, 0, "request %llu", (unsigned long long)n);
        if (!reached) return;
    }
}
