/* suite: device, timeout: 600
 * Gradients on devices: training steps with loops as one program each, segments, second derivatives and budgets, against the reference. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/devices.h"

#define ON_BOTH(name)                                                                                \
    Test(grad_device, name##_vulkan, .timeout = 120) { on_device("vulkan", name); }                  \
    Test(grad_device, name##_opencl, .timeout = 240) { on_device("opencl", name); }

/* ---- A graph on a device; every output and variable is read back as it is ---- */

enum { MOST = 16, ROWS = 6, WIDTH = 10, STEPS = 12 };

typedef struct rig {
    sabir_device *device;
    sabir_store *store;
    sabir_graph *graph;
    sabir_program *program;
    sabir_tensor *tensors[MOST];
    uint32_t count;
} rig;

typedef struct result { float numbers[2048]; size_t count; } result;

static rig rig_open(sabir_context *context, const char *selector)
{
    rig r = {0};
    must(sabir_device_open(context, selector, &r.device));
    must(sabir_store_create(r.device, &r.store));
    must(sabir_graph_create(context, &r.graph));
    return r;
}

static void rig_compile(rig *r)
{
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR};
    must(sabir_compile(r->graph, r->device, r->store, &options, &r->program));
}

static void rig_close(rig *r)
{
    for (uint32_t i = 0; i < r->count; i++) sabir_tensor_release(r->tensors[i]);
    sabir_program_destroy(r->program);
    sabir_graph_destroy(r->graph);
    sabir_store_release(r->store);
    sabir_device_release(r->device);
}

/* Numbers of -0.5 .. 0.5 that any run draws again. */
static float drawn(uint32_t seed, uint32_t k)
{
    uint32_t x = (seed * 7919u + k) * 2654435761u;
    x ^= x >> 15;
    return (float)(x % 4099u) / 4099.0f - 0.5f;
}

static void fill(sabir_tensor *tensor, uint32_t seed)
{
    const size_t count = (size_t)(sabir_tensor_bytes(tensor) / sizeof(float));
    float *data = malloc(count * sizeof *data);
    cr_assert_not_null(data);
    for (uint32_t k = 0; k < count; k++) data[k] = drawn(seed, k);
    must(sabir_tensor_write(tensor, 0, data, count * sizeof *data));
    free(data);
}

static sabir_tensor *bind(rig *r, const char *name, sabir_shape shape)
{
    sabir_tensor *tensor;
    must(sabir_tensor_create(r->device, SABIR_F32, shape, &tensor));
    must(sabir_bind(r->program, sabir_slot(r->program, name), tensor));
    r->tensors[r->count++] = tensor;
    return tensor;
}

static void read_result(sabir_tensor *tensor, result *into)
{
    const size_t bytes = (size_t)sabir_tensor_bytes(tensor);
    cr_assert_leq(into->count * sizeof(float) + bytes, sizeof into->numbers);
    must(sabir_tensor_read(tensor, 0, into->numbers + into->count, bytes));
    into->count += bytes / sizeof(float);
}

static void expect_near(const result *got, const result *want, double tolerance)
{
    double largest = 0;
    cr_assert(got->count == want->count && got->count > 0);
    for (size_t i = 0; i < want->count; i++) largest = fmax(largest, fabs((double)want->numbers[i]));
    cr_assert_gt(largest, 1e-3);
    for (size_t i = 0; i < got->count; i++)
        cr_assert(fabs((double)got->numbers[i] - (double)want->numbers[i]) <= tolerance * fmax(1.0, largest), "number %zu: %.9g, not %.9g", i,
                  (double)got->numbers[i], (double)want->numbers[i]);
}

static int loops_in(const rig *r)
{
    char *text;
    int loops = 0;
    must(sabir_program_text(r->program, &text));
    for (const char *at = text; (at = strstr(at, "loop ")); at++) loops += at == text || at[-1] == '\n' || at[-1] == ' ';
    free(text);
    return loops;
}

static sabir_value number(sabir_graph *g, double value) { return sabir_number(g, SABIR_F32, value); }
static sabir_value total(sabir_graph *g, sabir_value x) { return sabir_sum(g, x, SABIR_ALL_AXES); }

/* ---- A recurrent network: one program a training step ---- */

static sabir_value recur(sabir_graph *g, sabir_value rows, sabir_value w, sabir_value u)
{
    const sabir_value start[] = {sabir_full(g, SABIR_F32, SABIR_SHAPE(ROWS, WIDTH), 0), sabir_number(g, SABIR_I32, 0)};
    sabir_value c[2], r[2];
    sabir_loop_begin(g, STEPS, start, 2, c);
    const sabir_value parts[] = {sabir_reshape(g, c[1], SABIR_SHAPE(1)), sabir_full(g, SABIR_I32, SABIR_SHAPE(2), 0)};
    const sabir_value row = sabir_reshape(g, sabir_dynamic_slice(g, rows, sabir_concat(g, parts, 2, 0), SABIR_SHAPE(1, ROWS, WIDTH)), SABIR_SHAPE(ROWS, WIDTH));
    const sabir_value next[] = {sabir_tanh(g, sabir_add(g, sabir_matmul(g, c[0], w), sabir_matmul(g, row, u))), sabir_add(g, c[1], sabir_number(g, SABIR_I32, 1))};
    (void)sabir_loop_end(g, next, 2, SABIR_NONE, r);
    return r[0];
}

static void train(sabir_context *context, const char *selector, result *all, int *loops)
{
    rig r = rig_open(context, selector);
    sabir_graph *g = r.graph;
    const sabir_value rows = sabir_input(g, "rows", SABIR_F32, SABIR_SHAPE(STEPS, ROWS, WIDTH)), target = sabir_input(g, "target", SABIR_F32, SABIR_SHAPE(ROWS, WIDTH));
    const sabir_value weights[] = {sabir_variable(g, "w", SABIR_F32, SABIR_SHAPE(WIDTH, WIDTH)), sabir_variable(g, "u", SABIR_F32, SABIR_SHAPE(WIDTH, WIDTH))};
    const sabir_value loss = sabir_mean(g, sabir_square(g, sabir_sub(g, recur(g, rows, weights[0], weights[1]), target)), SABIR_ALL_AXES);
    sabir_value slopes[2];
    must(sabir_grad(g, loss, weights, 2, slopes));
    for (int i = 0; i < 2; i++) sabir_assign(g, weights[i], sabir_sub(g, weights[i], sabir_mul(g, slopes[i], number(g, 0.5))));
    sabir_output(g, "loss", loss);
    rig_compile(&r);
    *loops = loops_in(&r);
    fill(bind(&r, "rows", SABIR_SHAPE(STEPS, ROWS, WIDTH)), 1);
    fill(bind(&r, "target", SABIR_SHAPE(ROWS, WIDTH)), 2);
    fill(sabir_store_find(r.store, "w"), 3);
    fill(sabir_store_find(r.store, "u"), 4);
    sabir_tensor *out = bind(&r, "loss", SABIR_SCALAR_SHAPE);
    for (int i = 0; i < 8; i++) {
        must(sabir_run(r.program, NULL, 0));
        read_result(out, all);
    }
    for (int i = 1; i < 8; i++) cr_assert_lt(all->numbers[i], all->numbers[i - 1], "step %d: the loss rises", i);
    read_result(sabir_store_find(r.store, "w"), all);
    read_result(sabir_store_find(r.store, "u"), all);
    rig_close(&r);
}

static void trains(sabir_context *context, const char *selector)
{
    static result got, want;
    int loops, unused;
    train(context, selector, &got, &loops);
    train(context, "reference", &want, &unused);
    expect_near(&got, &want, 2e-5);
    cr_assert_eq(loops, 2, "%d loops: the one that was differentiated did not make room for its twin", loops);
}
ON_BOTH(trains)

/* ---- A solver that ends early, whole and in segments; along a direction twice ---- */

static sabir_value solve(sabir_graph *g, sabir_value b, sabir_value w, sabir_value *count)
{
    sabir_value c, r;
    sabir_loop_begin(g, 60, &b, 1, &c);
    const sabir_value next = sabir_add(g, b, sabir_mul(g, sabir_tanh(g, sabir_matmul(g, c, w)), number(g, 0.7)));
    const sabir_value off = total(g, sabir_square(g, sabir_sub(g, next, c)));
    *count = sabir_loop_end(g, &next, 1, sabir_greater(g, off, number(g, 1e-7)), &r);
    return r;
}

static void differentiate_solver(sabir_context *context, const char *selector, int64_t segment, int twice, result *all, uint64_t *peak)
{
    rig r = rig_open(context, selector);
    sabir_graph *g = r.graph;
    const sabir_value wrt[] = {sabir_input(g, "b", SABIR_F32, SABIR_SHAPE(ROWS, WIDTH)), sabir_input(g, "w", SABIR_F32, SABIR_SHAPE(WIDTH, WIDTH))};
    const sabir_grad_options options = {.size = sizeof options, .loop_segment = segment};
    sabir_value count, slopes[2];
    const sabir_value y = total(g, sabir_square(g, solve(g, wrt[0], wrt[1], &count)));
    if (twice) must(sabir_hvp(g, y, wrt, wrt, 2, slopes));
    else must(sabir_vjp(g, &y, NULL, 1, wrt, 2, &options, slopes));
    sabir_output(g, "db", slopes[0]);
    sabir_output(g, "dw", slopes[1]);
    sabir_output(g, "count", sabir_cast(g, count, SABIR_F32));
    rig_compile(&r);
    fill(bind(&r, "b", SABIR_SHAPE(ROWS, WIDTH)), 5);
    fill(bind(&r, "w", SABIR_SHAPE(WIDTH, WIDTH)), 6);
    sabir_tensor *ran = bind(&r, "count", SABIR_SCALAR_SHAPE), *db = bind(&r, "db", SABIR_SHAPE(ROWS, WIDTH)), *dw = bind(&r, "dw", SABIR_SHAPE(WIDTH, WIDTH));
    must(sabir_run(r.program, NULL, 0));
    read_result(ran, all);
    cr_assert(all->numbers[0] > 5 && all->numbers[0] < 60, "%g iterations", (double)all->numbers[0]);
    all->count = 0;
    read_result(db, all);
    read_result(dw, all);
    sabir_counters counters = {.size = sizeof counters};
    must(sabir_program_counters(r.program, &counters));
    *peak = counters.peak_bytes;
    rig_close(&r);
}

static void solves(sabir_context *context, const char *selector)
{
    static result want, whole, parts;
    uint64_t peak, whole_peak, parts_peak;
    differentiate_solver(context, "reference", 0, 0, &want, &peak);
    differentiate_solver(context, selector, 0, 0, &whole, &whole_peak);
    differentiate_solver(context, selector, 8, 0, &parts, &parts_peak);
    expect_near(&whole, &want, 1e-4);
    expect_near(&parts, &want, 1e-4);
    cr_assert_lt(parts_peak, whole_peak);
}
ON_BOTH(solves)

static void solves_twice(sabir_context *context, const char *selector)
{
    static result want, got;
    uint64_t peak;
    differentiate_solver(context, "reference", 0, 1, &want, &peak);
    differentiate_solver(context, selector, 0, 1, &got, &peak);
    expect_near(&got, &want, 1e-3);
}
ON_BOTH(solves_twice)

/* ---- A deep network within budgets ---- */

enum { LAYERS = 24, UNITS = 16, BATCH = 512 };

static uint64_t peak_within(sabir_context *context, const char *selector, uint64_t budget, uint64_t *kept, result *all)
{
    rig r = rig_open(context, selector);
    sabir_graph *g = r.graph;
    sabir_value h = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(BATCH, UNITS)), w = sabir_input(g, "w", SABIR_F32, SABIR_SHAPE(LAYERS, UNITS, UNITS)), slope;
    for (int i = 0; i < LAYERS; i++) h = sabir_tanh(g, sabir_matmul(g, h, sabir_mul(g, sabir_reshape(g, sabir_narrow(g, w, 0, i, 1), SABIR_SHAPE(UNITS, UNITS)), number(g, 1.5))));
    const sabir_value y = total(g, sabir_square(g, h));
    const sabir_grad_options options = {.size = sizeof options, .memory_budget = budget, .kept = kept};
    must(sabir_vjp(g, &y, NULL, 1, &w, 1, &options, &slope));
    sabir_output(g, "dw", sabir_narrow(g, slope, 0, 0, 4));
    rig_compile(&r);
    fill(bind(&r, "x", SABIR_SHAPE(BATCH, UNITS)), 7);
    fill(bind(&r, "w", SABIR_SHAPE(LAYERS, UNITS, UNITS)), 8);
    sabir_tensor *dw = bind(&r, "dw", SABIR_SHAPE(4, UNITS, UNITS));
    must(sabir_run(r.program, NULL, 0));
    read_result(dw, all);
    sabir_counters counters = {.size = sizeof counters};
    must(sabir_program_counters(r.program, &counters));
    rig_close(&r);
    return counters.peak_bytes;
}

static void keeps_within_budget(sabir_context *context, const char *selector)
{
    static result want, got;
    const uint64_t layer = (uint64_t)BATCH * UNITS * sizeof(float);
    uint64_t kept = 0, last_kept = UINT64_MAX, last = peak_within(context, selector, 0, &kept, &want);
    cr_assert_geq(kept, LAYERS * layer);
    for (int i = 0; i < 2; i++) {
        const uint64_t budget = (i ? 12 : 18) * layer;
        got.count = 0;
        const uint64_t peak = peak_within(context, selector, budget, &kept, &got);
        cr_assert(kept <= budget && kept < last_kept, "%llu bytes kept of %llu", (unsigned long long)kept, (unsigned long long)budget);
        cr_assert_lt(peak + 3 * layer, last, "%llu bytes after %llu", (unsigned long long)peak, (unsigned long long)last);
        expect_near(&got, &want, 1e-5);
        last = peak;
        last_kept = kept;
    }
}
ON_BOTH(keeps_within_budget)
