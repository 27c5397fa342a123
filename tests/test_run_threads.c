/* Threads: one context, programs on two devices at once; one device shared by programs of two threads; cancelling and waiting from elsewhere.
 * suite: device, timeout: 300 */
#include <stdio.h>
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>

#include "sabir/sabir.h"
#include "support/devices.h"

enum { ROUNDS = 30, COUNT = 500 };

typedef struct worker {
    sabir_device *device;
    sabir_context *context;
    sabir_status status;
    char message[256];
    float start;
} worker;

#define STEP(call)                                    \
    do {                                              \
        w->status = (call);                           \
        if (w->status != SABIR_OK) goto end;          \
    } while (0)

/* Adds 1 to a variable ROUNDS times in a loop of 4 and compares. */
static void *work(void *argument)
{
    worker *w = argument;
    sabir_graph *g = NULL;
    sabir_store *store = NULL;
    sabir_program *program = NULL;
    sabir_tensor *x = NULL;
    float numbers[COUNT], seen[COUNT];
    for (int i = 0; i < COUNT; i++) numbers[i] = w->start + (float)i;
    STEP(sabir_graph_create(w->context, &g));
    STEP(sabir_store_create(w->device, &store));
    sabir_value v = sabir_variable(g, "v", SABIR_F32, SABIR_SHAPE(COUNT)), in = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(COUNT)), c[1], r[1];
    sabir_loop_begin(g, 4, &v, 1, c);
    sabir_value next = sabir_add(g, c[0], in);
    sabir_loop_end(g, &next, 1, SABIR_NONE, r);
    sabir_assign(g, v, r[0]);
    sabir_compile_options options = SABIR_COMPILE_OPTIONS;
    options.submission_seconds = 1e-9;
    STEP(sabir_compile(g, w->device, store, &options, &program));
    STEP(sabir_tensor_create(w->device, SABIR_F32, SABIR_SHAPE(COUNT), &x));
    STEP(sabir_tensor_write(x, 0, numbers, sizeof numbers));
    for (int round = 0; round < ROUNDS; round++) STEP(sabir_run(program, (sabir_binding[]){{"x", x}}, 1));
    STEP(sabir_tensor_read(sabir_store_find(store, "v"), 0, seen, sizeof seen));
    for (int i = 0; i < COUNT; i++)
        if (seen[i] != 4 * ROUNDS * numbers[i]) w->status = SABIR_INTERNAL;
end:
    if (w->status != SABIR_OK) snprintf(w->message, sizeof w->message, "%s", sabir_last_message());
    sabir_tensor_release(x);
    sabir_program_destroy(program);
    sabir_store_release(store);
    sabir_graph_destroy(g);
    return NULL;
}

static void together(const char *first, const char *second)
{
    sabir_context *context;
    must(sabir_context_create(NULL, &context));
    worker workers[3] = {{.start = 1}, {.start = 2}, {.start = 3}};
    pthread_t threads[3];
    const char *const ids[] = {first, second, second};
    for (int i = 0; i < 3; i++) {
        workers[i].context = context;
        if (i < 2) must(sabir_device_open(context, ids[i], &workers[i].device));
        else workers[i].device = workers[1].device; /* shared */
    }
    for (int i = 0; i < 3; i++) cr_assert_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 3; i++) cr_assert_eq(workers[i].status, SABIR_OK, "%s: %s: %s", ids[i], sabir_status_name(workers[i].status), workers[i].message);
    sabir_device_release(workers[0].device);
    sabir_device_release(workers[1].device);
    sabir_context_release(context);
}

Test(run_threads, vulkan_beside_opencl, .timeout = 120) { together("vulkan", "opencl"); }
Test(run_threads, opencl_beside_vulkan, .timeout = 120) { together("opencl", "vulkan"); }
Test(run_threads, reference_beside_vulkan, .timeout = 120) { together("vulkan", "reference"); }

/* The list of devices is made by many at once. */
static void *list(void *argument)
{
    uint32_t count = 0;
    return sabir_device_count(argument, &count) == SABIR_OK && count >= 1 ? NULL : argument;
}

Test(run_threads, one_list, .timeout = 60)
{
    sabir_context *context;
    must(sabir_context_create(NULL, &context));
    pthread_t threads[6];
    for (int i = 0; i < 6; i++) cr_assert_eq(pthread_create(&threads[i], NULL, list, context), 0);
    for (int i = 0; i < 6; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        cr_assert_null(failed);
    }
    sabir_context_release(context);
}

/* ---- Waiting and cancelling from elsewhere ---- */

typedef struct other { sabir_program *program; atomic_bool stop; } other;

static void *keep_cancelling(void *argument)
{
    other *o = argument;
    while (!atomic_load(&o->stop)) sabir_cancel(o->program);
    return NULL;
}

static void *wait_for_event(void *argument) { return sabir_event_wait(argument, 30) == SABIR_OK ? NULL : argument; }

static void elsewhere(const char *selector)
{
    sabir_context *context;
    sabir_device *device;
    sabir_store *store;
    sabir_graph *g;
    other o = {0};
    must(sabir_context_create(NULL, &context));
    must(sabir_device_open(context, selector, &device));
    must(sabir_store_create(device, &store));
    must(sabir_graph_create(context, &g));
    sabir_value v = sabir_variable(g, "v", SABIR_F32, SABIR_SHAPE(64)), c[1], r[1];
    sabir_loop_begin(g, 100, &v, 1, c);
    sabir_value next = sabir_add(g, c[0], sabir_number(g, SABIR_F32, 1));
    sabir_loop_end(g, &next, 1, SABIR_NONE, r);
    sabir_assign(g, v, r[0]);
    sabir_compile_options options = SABIR_COMPILE_OPTIONS;
    options.submission_seconds = 1e-9;
    must(sabir_compile(g, device, store, &options, &o.program));
    for (int round = 0; round < 5; round++) {
        sabir_event *event;
        pthread_t thread;
        void *failed;
        must(sabir_submit(o.program, NULL, 0, &event));
        cr_assert_eq(pthread_create(&thread, NULL, wait_for_event, event), 0);
        must(sabir_submit(o.program, NULL, 0, NULL));
        pthread_join(thread, &failed);
        cr_assert_null(failed);
        sabir_event_release(event);
    }
    float seen;
    must(sabir_tensor_read(sabir_store_find(store, "v"), 0, &seen, sizeof seen));
    cr_assert_eq(seen, 1000, "%g", (double)seen);
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, keep_cancelling, &o), 0);
    uint32_t cancelled = 0;
    const float zeros[64] = {0};
    for (int round = 0; round < 20 || (!cancelled && round < 20000); round++) {
        sabir_status status = sabir_run(o.program, NULL, 0);
        cr_assert(status == SABIR_OK || status == SABIR_CANCELLED, "%s: %s", sabir_status_name(status), sabir_last_message());
        cancelled += status == SABIR_CANCELLED;
        must(sabir_tensor_write(sabir_store_find(store, "v"), 0, zeros, sizeof zeros));
    }
    atomic_store(&o.stop, true);
    pthread_join(thread, NULL);
    cr_assert_gt(cancelled, 0);
    must(sabir_run(o.program, NULL, 0));
    sabir_program_destroy(o.program);
    sabir_graph_destroy(g);
    sabir_store_release(store);
    sabir_device_release(device);
    sabir_context_release(context);
}

Test(run_threads, elsewhere_reference, .timeout = 120) { elsewhere("reference"); }
Test(run_threads, elsewhere_vulkan, .timeout = 120) { elsewhere("vulkan"); }
Test(run_threads, elsewhere_opencl, .timeout = 120) { elsewhere("opencl"); }
