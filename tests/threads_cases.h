/* What threads do together, without a test framework: test_threads.c runs the cases under Criterion, check_tsan in a plain program under the
 * thread sanitizer. Each case returns NULL, or what went wrong. */
#ifndef THREADS_CASES_H
#define THREADS_CASES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "sabir/sabir.h"

enum { THREADS_MOST = 4, THREADS_RUNS = 12, THREADS_SIDE = 16, THREADS_TRIPS = 4 };

typedef struct worker {
    sabir_context *context;
    const char *selector;
    sabir_device *device; /* shared; NULL: the worker opens its own by selector */
    int number, rounds;
    char fault[512];
} worker;

static char threads_fault[600];

/* y = sum over rows of (x * x^T + number); total grows by 1 a trip of a loop. */
static void worker_build(sabir_graph *g, int number)
{
    const sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(THREADS_SIDE, THREADS_SIDE));
    const sabir_value total = sabir_variable(g, "total", SABIR_F32, SABIR_SHAPE(1));
    const sabir_value product = sabir_add(g, sabir_matmul_transposed(g, x, x, 0, 1), sabir_number(g, SABIR_F32, number));
    sabir_value counted, result;
    sabir_loop_begin(g, THREADS_TRIPS, &total, 1, &counted);
    const sabir_value next = sabir_add(g, counted, sabir_number(g, SABIR_F32, 1));
    sabir_loop_end(g, &next, 1, SABIR_NONE, &result);
    sabir_assign(g, total, result);
    sabir_output(g, "y", sabir_sum(g, product, SABIR_INTS(0)));
}

#define WORKER_TRY(call)                           \
    do {                                           \
        const sabir_status tried_ = (call);        \
        if (tried_ != SABIR_OK) return tried_;     \
    } while (0)

typedef struct worked { sabir_device *device; sabir_store *store; sabir_graph *graph; sabir_program *program; sabir_tensor *x, *y; } worked;

/* Submissions are cut as small as can be, so that those of several runs meet. */
static sabir_status worker_make(const worker *w, worked *job)
{
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR, .submission_seconds = 1e-9};
    if (w->device) sabir_device_retain(job->device = w->device);
    else WORKER_TRY(sabir_device_open(w->context, w->selector, &job->device));
    WORKER_TRY(sabir_store_create(job->device, &job->store));
    WORKER_TRY(sabir_graph_create(w->context, &job->graph));
    worker_build(job->graph, w->number);
    WORKER_TRY(sabir_compile(job->graph, job->device, job->store, &options, &job->program));
    WORKER_TRY(sabir_tensor_create(job->device, SABIR_F32, SABIR_SHAPE(THREADS_SIDE, THREADS_SIDE), &job->x));
    return sabir_tensor_create(job->device, SABIR_F32, SABIR_SHAPE(THREADS_SIDE), &job->y);
}

static sabir_status worker_runs(worker *w, worked *job)
{
    float x[THREADS_SIDE * THREADS_SIDE], y[THREADS_SIDE], total;
    for (int run = 0; run < THREADS_RUNS; run++) {
        const float one = (float)(w->number + run % 3);
        for (int i = 0; i < THREADS_SIDE * THREADS_SIDE; i++) x[i] = one;
        WORKER_TRY(sabir_tensor_write(job->x, 0, x, sizeof x));
        WORKER_TRY(sabir_run(job->program, (sabir_binding[]){{"x", job->x}, {"y", job->y}}, 2));
        WORKER_TRY(sabir_tensor_read(job->y, 0, y, sizeof y));
        const float expected = THREADS_SIDE * (THREADS_SIDE * one * one + (float)w->number);
        for (int i = 0; i < THREADS_SIDE; i++)
            if (y[i] != expected) {
                snprintf(w->fault, sizeof w->fault, "worker %d, run %d: %g instead of %g", w->number, run, (double)y[i], (double)expected);
                return SABIR_OK;
            }
    }
    WORKER_TRY(sabir_tensor_read(sabir_store_find(job->store, "total"), 0, &total, sizeof total));
    if (total != THREADS_RUNS * THREADS_TRIPS) snprintf(w->fault, sizeof w->fault, "worker %d: %g trips counted", w->number, (double)total);
    return SABIR_OK;
}

static void worker_end(worked *job)
{
    sabir_tensor_release(job->x);
    sabir_tensor_release(job->y);
    sabir_program_destroy(job->program);
    sabir_graph_destroy(job->graph);
    sabir_store_release(job->store);
    sabir_device_release(job->device);
}

static void *worker_main(void *argument)
{
    worker *w = argument;
    for (int round = 0; round < w->rounds && !w->fault[0]; round++) {
        worked job = {0};
        sabir_status status = worker_make(w, &job);
        if (status == SABIR_OK) status = worker_runs(w, &job);
        if (status != SABIR_OK) snprintf(w->fault, sizeof w->fault, "worker %d: %s: %.400s", w->number, sabir_status_name(status), sabir_last_message());
        worker_end(&job);
    }
    return NULL;
}

static const char *threads_start(worker *workers, int count)
{
    pthread_t threads[THREADS_MOST];
    int started = 0;
    threads_fault[0] = '\0';
    for (; started < count; started++)
        if (pthread_create(&threads[started], NULL, worker_main, &workers[started]) != 0) break;
    for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
    if (started < count) snprintf(threads_fault, sizeof threads_fault, "a thread could not be started");
    for (int i = 0; i < started; i++)
        if (workers[i].fault[0]) snprintf(threads_fault, sizeof threads_fault, "%s", workers[i].fault);
    return threads_fault[0] ? threads_fault : NULL;
}

/* One thread on a device of its own, two that share another. */
static const char *threads_beside(sabir_context *context, const char *alone, const char *shared)
{
    sabir_device *device;
    if (sabir_device_open(context, shared, &device) != SABIR_OK) return sabir_last_message();
    worker workers[] = {{.context = context, .selector = alone, .number = 1, .rounds = 3},
                        {.context = context, .device = device, .number = 2, .rounds = 3},
                        {.context = context, .device = device, .number = 3, .rounds = 3}};
    const char *fault = threads_start(workers, 3);
    sabir_device_release(device);
    return fault;
}

static const char *threads_vulkan_beside_opencl(sabir_context *context) { return threads_beside(context, "vulkan", "opencl"); }
static const char *threads_opencl_beside_vulkan(sabir_context *context) { return threads_beside(context, "opencl", "vulkan"); }
static const char *threads_vulkan_beside_reference(sabir_context *context) { return threads_beside(context, "vulkan", "reference"); }

static const char *threads_one_device(sabir_context *context, const char *selector)
{
    sabir_device *device;
    worker workers[THREADS_MOST];
    if (sabir_device_open(context, selector, &device) != SABIR_OK) return sabir_last_message();
    for (int i = 0; i < THREADS_MOST; i++) workers[i] = (worker){.context = context, .device = device, .number = i + 1, .rounds = 3};
    const char *fault = threads_start(workers, THREADS_MOST);
    sabir_device_release(device);
    return fault;
}

static const char *threads_one_vulkan_device(sabir_context *context) { return threads_one_device(context, "vulkan"); }
static const char *threads_one_opencl_device(sabir_context *context) { return threads_one_device(context, "opencl"); }
static const char *threads_one_reference(sabir_context *context) { return threads_one_device(context, "reference"); }

/* Nobody looked for devices yet: four threads do at once. */
static const char *threads_first_look(sabir_context *context)
{
    worker workers[THREADS_MOST];
    static const char *const selectors[] = {"vulkan", "opencl", "reference", "auto"};
    for (int i = 0; i < THREADS_MOST; i++) workers[i] = (worker){.context = context, .selector = selectors[i], .number = i + 1, .rounds = 1};
    return threads_start(workers, THREADS_MOST);
}

/* Runs `test` on each of the selectors' devices, with a job made for it. */
static const char *threads_on_each(sabir_context *context, const char *(*test)(worked *job))
{
    static const char *const selectors[] = {"vulkan", "opencl", "reference"};
    const char *fault = NULL;
    for (int i = 0; i < 3 && !fault; i++) {
        const worker w = {.context = context, .selector = selectors[i], .number = 1};
        worked job = {0};
        const sabir_status status = worker_make(&w, &job);
        const sabir_binding bindings[] = {{"x", job.x}, {"y", job.y}};
        fault = status == SABIR_OK && sabir_run(job.program, bindings, 2) == SABIR_OK ? test(&job) : "there is no job to try it with";
        worker_end(&job);
    }
    return fault;
}

static float threads_total(const worked *job)
{
    float total = -1;
    return sabir_tensor_read(sabir_store_find(job->store, "total"), 0, &total, sizeof total) == SABIR_OK ? total : -1;
}

static void *wait_for_event(void *argument) { return sabir_event_wait(argument, 30) == SABIR_OK ? NULL : argument; }

/* A run is waited for by a thread while its program's thread submits another. */
static const char *threads_wait_on(worked *job)
{
    const int rounds = 5;
    for (int i = 0; i < rounds; i++) {
        sabir_event *event;
        pthread_t thread;
        void *failed = NULL;
        if (sabir_submit(job->program, NULL, 0, &event) != SABIR_OK) return "a run could not be submitted";
        const bool started = pthread_create(&thread, NULL, wait_for_event, event) == 0;
        const sabir_status status = sabir_submit(job->program, NULL, 0, NULL);
        if (started) pthread_join(thread, &failed);
        sabir_event_release(event);
        if (!started || status != SABIR_OK || failed) return "a wait on another thread, or the submission beside it, failed";
    }
    return threads_total(job) == (float)(THREADS_TRIPS * (1 + 2 * rounds)) ? NULL : "runs were lost";
}

static const char *threads_wait(sabir_context *context) { return threads_on_each(context, threads_wait_on); }

typedef struct canceller { sabir_program *program; atomic_bool over; } canceller;

static void *cancel_again_and_again(void *argument)
{
    canceller *c = argument;
    while (!atomic_load(&c->over)) sabir_cancel(c->program);
    return NULL;
}

/* At least 50 runs, and on until one was cancelled. */
static const char *threads_run_cancelled(worked *job)
{
    const float zero = 0;
    bool cancelled = false;
    for (int i = 0; i < 50 || (!cancelled && i < 20000); i++) {
        const sabir_status status = sabir_run(job->program, NULL, 0);
        if (status != SABIR_OK && status != SABIR_CANCELLED) return "a run ended neither well nor cancelled";
        cancelled = cancelled || status == SABIR_CANCELLED;
        if (sabir_tensor_write(sabir_store_find(job->store, "total"), 0, &zero, sizeof zero) != SABIR_OK) return "the variable cannot be written";
    }
    return cancelled ? NULL : "no run was cancelled";
}

/* Runs end well or cancelled, whenever another thread cancels; once it stops the program is as good as before. */
static const char *threads_cancel_on(worked *job)
{
    pthread_t thread;
    canceller c = {.program = job->program};
    atomic_init(&c.over, false);
    if (pthread_create(&thread, NULL, cancel_again_and_again, &c) != 0) return "a thread could not be started";
    const char *fault = threads_run_cancelled(job);
    atomic_store(&c.over, true);
    pthread_join(thread, NULL);
    if (fault) return fault;
    return sabir_run(job->program, NULL, 0) == SABIR_OK && threads_total(job) == THREADS_TRIPS ? NULL : "a program that was cancelled does not run again";
}

static const char *threads_cancel(sabir_context *context) { return threads_on_each(context, threads_cancel_on); }
#endif
