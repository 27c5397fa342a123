/* A small world for the tests of faults: a program with a matmul, fused arithmetic, a reduction, a sort, a loop that ends by its condition,
 * an update in place and an assign, run three times, twice of them without waiting between, then once more with nobody to ask how it went. Every
 * call may fail: the first failure ends a stage, and world_release frees whatever there is. */
#ifndef TEST_FAULT_H
#define TEST_FAULT_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/devices.h"

enum { WORLD_ROWS = 5, WORLD_WIDTH = 16, WORLD_STEPS = 4 };

typedef struct world_results {
    float sorted[WORLD_ROWS * WORLD_WIDTH], total[WORLD_WIDTH], weights[WORLD_WIDTH * WORLD_WIDTH], history[WORLD_STEPS * WORLD_WIDTH];
    int32_t trips;
} world_results;

typedef struct world {
    sabir_context *context; /* not retained */
    sabir_device *device;
    sabir_store *store;
    sabir_graph *graph;
    sabir_program *program;
    sabir_tensor *x, *sorted, *total, *trips, *copy;
    bool once;          /* set by the caller: a single run, which makes all kernels, and no results */
    bool made, unasked; /* unasked: the last run was submitted */
} world;

#define WORLD_TRY(call)                                  \
    do {                                                 \
        const sabir_status tried_ = (call);              \
        if (tried_ != SABIR_OK) return tried_;           \
    } while (0)

static void world_build(sabir_graph *g)
{
    const sabir_extent n = sabir_dim_create(g, "n", 1, 8);
    const sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(n, WORLD_WIDTH));
    const sabir_value w = sabir_variable(g, "weights", SABIR_F32, SABIR_SHAPE(WORLD_WIDTH, WORLD_WIDTH));
    const sabir_value history = sabir_variable(g, "history", SABIR_F32, SABIR_SHAPE(WORLD_STEPS, WORLD_WIDTH));
    const sabir_value rate = sabir_scalar(g, "rate", SABIR_F32), step = sabir_scalar(g, "step", SABIR_I32);
    const sabir_value y = sabir_gelu(g, sabir_add(g, sabir_mul(g, sabir_matmul(g, x, w), rate), x));
    const sabir_value total = sabir_sum(g, y, SABIR_INTS(0));

    sabir_value half, halved;
    sabir_loop_begin(g, 12, &total, 1, &half);
    const sabir_value next = sabir_mul(g, half, sabir_number(g, SABIR_F32, 0.5));
    const sabir_value going = sabir_greater(g, sabir_max(g, sabir_abs(g, next), SABIR_ALL_AXES), sabir_number(g, SABIR_F32, 0.05));
    sabir_output(g, "trips", sabir_loop_end(g, &next, 1, going, &halved));

    const sabir_value zero = sabir_constant(g, SABIR_I32, SABIR_SHAPE(1), (int32_t[]){0});
    const sabir_value start = sabir_concat(g, (sabir_value[]){sabir_reshape(g, step, SABIR_SHAPE(1)), zero}, 2, 0);
    sabir_assign(g, history, sabir_update(g, history, sabir_reshape(g, halved, SABIR_SHAPE(1, WORLD_WIDTH)), start));
    sabir_assign(g, w, sabir_sub(g, w, sabir_mul(g, total, rate)));
    sabir_output(g, "sorted", sabir_sort(g, y, 1, 0, NULL));
    sabir_output(g, "total", total);
}

static sabir_status world_tensors(world *w)
{
    WORLD_TRY(sabir_tensor_create(w->device, SABIR_F32, SABIR_SHAPE(WORLD_ROWS, WORLD_WIDTH), &w->x));
    WORLD_TRY(sabir_tensor_create(w->device, SABIR_F32, SABIR_SHAPE(WORLD_ROWS, WORLD_WIDTH), &w->sorted));
    WORLD_TRY(sabir_tensor_create(w->device, SABIR_F32, SABIR_SHAPE(WORLD_WIDTH), &w->total));
    WORLD_TRY(sabir_tensor_create(w->device, SABIR_F32, SABIR_SHAPE(WORLD_WIDTH), &w->copy));
    WORLD_TRY(sabir_tensor_create(w->device, SABIR_I32, SABIR_SCALAR_SHAPE, &w->trips));
    sabir_tensor *const tensors[] = {w->x, w->sorted, w->total, w->trips};
    const char *const names[] = {"x", "sorted", "total", "trips"};
    for (int i = 0; i < 4; i++) WORLD_TRY(sabir_bind(w->program, sabir_slot(w->program, names[i]), tensors[i]));
    return SABIR_OK;
}

/* Opens, unless the caller has set the device, builds, compiles. Submissions are cut small, so that a run has several. */
static sabir_status world_make(world *w, sabir_context *context, const char *selector)
{
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR, .submission_seconds = 1e-4};
    w->context = context;
    if (!w->device) WORLD_TRY(sabir_device_open(context, selector, &w->device));
    WORLD_TRY(sabir_store_create(w->device, &w->store));
    WORLD_TRY(sabir_graph_create(context, &w->graph));
    world_build(w->graph);
    WORLD_TRY(sabir_graph_status(w->graph));
    WORLD_TRY(sabir_compile(w->graph, w->device, w->store, &options, &w->program));
    WORLD_TRY(world_tensors(w));
    w->made = true;
    return SABIR_OK;
}

static sabir_status world_write_variables(world *w)
{
    float weights[WORLD_WIDTH * WORLD_WIDTH], history[WORLD_STEPS * WORLD_WIDTH] = {0};
    for (int i = 0; i < WORLD_WIDTH * WORLD_WIDTH; i++) weights[i] = (float)((i * 37) % 101) / 101.0f - 0.5f;
    WORLD_TRY(sabir_tensor_write(sabir_store_find(w->store, "weights"), 0, weights, sizeof weights));
    return sabir_tensor_write(sabir_store_find(w->store, "history"), 0, history, sizeof history);
}

static sabir_status world_write(world *w)
{
    float *x, same[2];
    WORLD_TRY(world_write_variables(w));
    WORLD_TRY(sabir_tensor_map(w->x, (void **)&x));
    for (int i = 0; i < WORLD_ROWS * WORLD_WIDTH; i++) x[i] = (float)((i * 53) % 211) / 100.0f - 1.0f;
    memcpy(same, x, sizeof same);
    WORLD_TRY(sabir_tensor_unmap(w->x));
    WORLD_TRY(sabir_tensor_write(w->x, 1, (const char *)same + 1, 6)); /* begins and ends inside a word */
    return sabir_set_f32(w->program, sabir_slot(w->program, "rate"), 0.05f);
}

/* The third run waits for the second, neither waits on the host. Where the second failed after it was submitted, its event tells how. */
static sabir_status world_run_twice(world *w, int32_t step)
{
    sabir_event *first = NULL, *second = NULL;
    WORLD_TRY(sabir_set_i32(w->program, step, 1));
    sabir_status status = sabir_submit(w->program, NULL, 0, &first);
    if (status == SABIR_OK) status = sabir_set_i32(w->program, step, 2);
    if (status == SABIR_OK) status = sabir_submit(w->program, &first, 1, &second);
    if (status == SABIR_OK) status = sabir_event_wait(second, -1);
    if (status == SABIR_OK || status == SABIR_POISONED) status = sabir_event_wait(first, -1);
    sabir_event_release(first);
    sabir_event_release(second);
    return status;
}

static sabir_status world_read(world *w, world_results *results)
{
    WORLD_TRY(sabir_tensor_copy(w->total, w->copy));
    WORLD_TRY(sabir_tensor_read(w->copy, 0, results->total, sizeof results->total));
    WORLD_TRY(sabir_tensor_read(w->sorted, 0, results->sorted, sizeof results->sorted));
    WORLD_TRY(sabir_tensor_read(w->trips, 0, &results->trips, sizeof results->trips));
    WORLD_TRY(sabir_tensor_read(sabir_store_find(w->store, "weights"), 0, results->weights, sizeof results->weights));
    return sabir_tensor_read(sabir_store_find(w->store, "history"), 0, results->history, sizeof results->history);
}

/* A run without an event: should it fail after its first submission, the variables that it was writing tell. */
static sabir_status world_run_unasked(world *w)
{
    float weight;
    WORLD_TRY(sabir_submit(w->program, NULL, 0, NULL));
    w->unasked = true;
    WORLD_TRY(sabir_device_wait(w->device));
    return sabir_tensor_read(sabir_store_find(w->store, "weights"), 0, &weight, sizeof weight);
}

/* Everything after world_make, from the same start each time. */
static sabir_status world_run(world *w, world_results *results)
{
    const int32_t step = sabir_slot(w->program, "step");
    char *text = NULL;
    *results = (world_results){.trips = 0};
    WORLD_TRY(world_write(w));
    WORLD_TRY(sabir_set_i32(w->program, step, 0));
    WORLD_TRY(sabir_run(w->program, NULL, 0));
    if (w->once) return SABIR_OK;
    WORLD_TRY(world_run_twice(w, step));
    WORLD_TRY(world_read(w, results));
    WORLD_TRY(sabir_program_text(w->program, &text));
    sabir_string_free(w->context, text);
    return world_run_unasked(w);
}

static void world_release(world *w)
{
    sabir_tensor *const tensors[] = {w->x, w->sorted, w->total, w->trips, w->copy};
    for (int i = 0; i < 5; i++) sabir_tensor_release(tensors[i]);
    sabir_program_destroy(w->program);
    sabir_graph_destroy(w->graph);
    sabir_store_release(w->store);
    sabir_device_release(w->device);
    *w = (world){0};
}

static float world_worst(const float *a, const float *b, size_t count)
{
    float worst = 0;
    for (size_t i = 0; i < count; i++) {
        const float difference = fabsf(a[i] - b[i]);
        if (!(difference <= worst)) worst = difference;
    }
    return worst;
}

/* The largest difference; NaN where one is. */
static float world_difference(const world_results *a, const world_results *b)
{
    const float parts[] = {world_worst(a->sorted, b->sorted, WORLD_ROWS * WORLD_WIDTH), world_worst(a->total, b->total, WORLD_WIDTH),
                           world_worst(a->weights, b->weights, WORLD_WIDTH * WORLD_WIDTH), world_worst(a->history, b->history, WORLD_STEPS * WORLD_WIDTH),
                           (float)abs(a->trips - b->trips)};
    float worst = 0;
    for (int i = 0; i < 5; i++)
        if (!(parts[i] <= worst)) worst = parts[i];
    return worst;
}

/* What the runs give where nothing fails. */
static void world_expect(world_results *results)
{
    sabir_context *context;
    world w = {0};
    const sabir_context_options options = {.size = sizeof options, .vulkan_library = "/nonexistent", .opencl_library = "/nonexistent"};
    memset(results, 0, sizeof *results);
    must(sabir_context_create(&options, &context));
    must(world_make(&w, context, "reference"));
    must(world_run(&w, results));
    world_release(&w);
    sabir_context_release(context);
    cr_assert(results->trips > 2 && results->trips < 12, "the loop of the test ended by its condition, but after %d trips", results->trips);
}

/* After a failure whose cause is over: variables left half written say so and refuse a run, and the same program gives the right results
 * once they are written. */
static void world_recover(world *w, const world_results *expected, const char *when)
{
    const char *const names[] = {"weights", "history"};
    world_results results;
    float memory[WORLD_WIDTH * WORLD_WIDTH];
    for (int i = 0; i < 2; i++) {
        sabir_tensor *variable = sabir_store_find(w->store, names[i]);
        const sabir_status status = sabir_tensor_read(variable, 0, memory, sabir_tensor_bytes(variable));
        if (status == SABIR_OK) continue;
        cr_assert_eq(status, SABIR_POISONED, "%s: reading %s gives %s", when, names[i], sabir_status_name(status));
        cr_assert(strstr(sabir_last_message(), names[i]), "%s: the message names no variable: %s", when, sabir_last_message());
        cr_assert_eq(sabir_run(w->program, NULL, 0), SABIR_POISONED, "%s: a run with %s poisoned", when, names[i]);
    }
    w->once = false;
    const sabir_status status = world_run(w, &results);
    cr_assert_eq(status, SABIR_OK, "%s: the program does not run again: %s: %s", when, sabir_status_name(status), sabir_last_message());
    cr_assert(world_difference(&results, expected) < 1e-3f, "%s: run again, results differ by %g", when, (double)world_difference(&results, expected));
}

/* A world made anew in the same context works. */
static void world_anew(sabir_context *context, const char *selector, const world_results *expected, const char *when)
{
    world w = {0};
    world_results results;
    sabir_status status = world_make(&w, context, selector);
    if (status == SABIR_OK) status = world_run(&w, &results);
    cr_assert_eq(status, SABIR_OK, "%s: the context is of no use any more: %s: %s", when, sabir_status_name(status), sabir_last_message());
    cr_assert(world_difference(&results, expected) < 1e-3f, "%s: made anew, results differ by %g", when, (double)world_difference(&results, expected));
    world_release(&w);
}
#endif
