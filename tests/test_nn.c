/* Building blocks: names and scopes, initial values, what layers compute, what is refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/devices.h"
#include "support/fault.h"

static sabir_context *context;
static sabir_device *device;
static sabir_store *store;
static sabir_graph *g;
static sabir_params *params;

static void make_params(const sabir_params_options *options)
{
    sabir_params_destroy(params);
    sabir_graph_destroy(g);
    must(sabir_graph_create(context, &g));
    must(sabir_params_create(g, options, &params));
}

static void open_all(void)
{
    const sabir_context_options options = {.size = sizeof options, .vulkan_library = "/nonexistent", .opencl_library = "/nonexistent"};
    must(sabir_context_create(&options, &context));
    must(sabir_device_open(context, "reference", &device));
    must(sabir_store_create(device, &store));
    make_params(NULL);
}

static void close_all(void)
{
    sabir_params_destroy(params);
    sabir_graph_destroy(g);
    sabir_store_release(store);
    sabir_device_release(device);
    sabir_context_release(context);
}

TestSuite(nn, .init = open_all, .fini = close_all);

/* The elements of a variable of f32; the caller frees them. */
static float *elements(const char *name, size_t *count)
{
    sabir_tensor *tensor = sabir_store_find(store, name);
    cr_assert_not_null(tensor, "the store has no '%s'", name);
    const uint64_t bytes = sabir_tensor_bytes(tensor);
    float *values = malloc((size_t)bytes + 1);
    must(sabir_tensor_read(tensor, 0, values, bytes));
    *count = (size_t)bytes / sizeof *values;
    return values;
}

/* ---- Names ---- */

Test(nn, names)
{
    const sabir_init ones = {.kind = SABIR_INIT_ONES};
    (void)sabir_param(params, "table", SABIR_SHAPE(4, 2), ones);
    for (int64_t i = 0; i < 2; i++) {
        sabir_params_enter(params, "block", i);
        sabir_params_enter(params, "attention", -1);
        (void)sabir_param(params, "q", SABIR_SHAPE(2, 2), ones);
        sabir_params_leave(params);
        (void)sabir_param(params, "scale", SABIR_SHAPE(2), ones);
        sabir_params_leave(params);
    }
    static const char *const names[] = {"table", "block0/attention/q", "block0/scale", "block1/attention/q", "block1/scale"};
    cr_assert_eq(sabir_params_count(params), 5);
    for (uint32_t i = 0; i < 5; i++) cr_assert_str_eq(sabir_value_name(sabir_params_values(params)[i]), names[i]);
    sabir_value under[1];
    cr_assert_eq(sabir_params_under(params, "block1/", under, 1), 2);
    cr_assert_eq(under[0].index, sabir_params_values(params)[3].index);
    sabir_parameter_group groups[2];
    sabir_params_groups(params, groups);
    cr_assert(groups[0].count == 3 && groups[1].count == 2 && !groups[0].no_decay && groups[1].no_decay);
    cr_assert_str_eq(sabir_value_name(groups[1].variables[1]), "block1/scale");
    must(sabir_graph_status(g));
}

Test(nn, asked_for_again)
{
    const sabir_value first = sabir_param(params, "table", SABIR_SHAPE(4, 2), (sabir_init){.kind = SABIR_INIT_NORMAL});
    const sabir_value again = sabir_param(params, "table", SABIR_SHAPE(4, 2), (sabir_init){.kind = SABIR_INIT_NORMAL});
    cr_assert_eq(first.index, again.index);
    cr_assert_eq(sabir_params_count(params), 1);
    (void)sabir_param(params, "table", SABIR_SHAPE(2, 4), (sabir_init){.kind = SABIR_INIT_NORMAL});
    cr_assert_eq(sabir_graph_status(g), SABIR_INVALID_SHAPE);
    cr_assert(strstr(sabir_last_message(), "'table' was made with another shape"));
}

/* ---- Initial values ---- */

typedef struct moments { double mean, deviation, least, most; } moments;

static moments measure(const char *name)
{
    size_t count;
    float *values = elements(name, &count);
    moments m = {0, 0, INFINITY, -INFINITY};
    for (size_t i = 0; i < count; i++) {
        m.mean += (double)values[i] / (double)count;
        m.least = fmin(m.least, (double)values[i]);
        m.most = fmax(m.most, (double)values[i]);
    }
    for (size_t i = 0; i < count; i++) m.deviation += ((double)values[i] - m.mean) * ((double)values[i] - m.mean) / (double)count;
    m.deviation = sqrt(m.deviation);
    free(values);
    return m;
}

/* 20,000 draws: deviations are good to 2 %, means to 3 / sqrt(20,000) of one. */
Test(nn, initial_values)
{
    static const struct { const char *name; sabir_init init; double deviation, most; } kinds[] = {
        {"normal", {SABIR_INIT_NORMAL, 0.5, 0, 0}, 0.5, INFINITY},
        {"truncated", {SABIR_INIT_TRUNCATED_NORMAL, 0.5, 0, 0}, 0.5 * 0.87963, 1},
        {"uniform", {SABIR_INIT_UNIFORM, 0.25, 0, 0}, 0.25 / 1.7320508, 0.25},
        {"xavier", {SABIR_INIT_XAVIER, 0, 0, 0}, 0.0816497, 0.1414214},             /* half width sqrt(6 / (100 + 200)) */
        {"kaiming", {SABIR_INIT_KAIMING, 0, 0, 0}, 0.1414214, INFINITY},            /* sqrt(2 / 100) */
        {"kaiming_given", {SABIR_INIT_KAIMING, 2, 8, 0}, 1, INFINITY}};
    enum { KINDS = sizeof kinds / sizeof *kinds };
    for (int i = 0; i < KINDS; i++) (void)sabir_param(params, kinds[i].name, SABIR_SHAPE(100, 200), kinds[i].init);
    (void)sabir_param(params, "conv", SABIR_SHAPE(200, 25, 2, 2), (sabir_init){.kind = SABIR_INIT_KAIMING});
    (void)sabir_param(params, "zeros", SABIR_SHAPE(7), (sabir_init){.kind = SABIR_INIT_ZEROS});
    (void)sabir_param(params, "ones", SABIR_SHAPE(7), (sabir_init){.kind = SABIR_INIT_ONES});
    must(sabir_params_initialise(params, store));
    for (int i = 0; i < KINDS; i++) {
        const moments m = measure(kinds[i].name);
        cr_assert_lt(fabs(m.mean), 3.5 * kinds[i].deviation / sqrt(20000), "%s: mean %g", kinds[i].name, m.mean);
        cr_assert_float_eq(m.deviation, kinds[i].deviation, 0.02 * kinds[i].deviation, "%s: deviation %g", kinds[i].name, m.deviation);
        cr_assert(m.most <= kinds[i].most && m.least >= -kinds[i].most, "%s: from %g to %g", kinds[i].name, m.least, m.most);
    }
    cr_assert_float_eq(measure("conv").deviation, sqrt(2.0 / 100), 0.02 * sqrt(2.0 / 100));
    cr_assert(measure("zeros").most == 0 && measure("zeros").least == 0);
    cr_assert(measure("ones").most == 1 && measure("ones").least == 1);
}

static void make_two(uint64_t seed, bool other_first)
{
    const sabir_params_options options = {.size = sizeof options, .seed = seed};
    const sabir_init normal = {.kind = SABIR_INIT_NORMAL};
    make_params(&options);
    if (other_first) (void)sabir_param(params, "other", SABIR_SHAPE(30), normal);
    (void)sabir_param(params, "one", SABIR_SHAPE(50), normal);
    if (!other_first) (void)sabir_param(params, "other", SABIR_SHAPE(30), normal);
    must(sabir_params_initialise(params, store));
}

static bool same(const float *a, const float *b, int count)
{
    bool equal = true;
    for (int i = 0; i < count; i++) equal = equal && a[i] == b[i];
    return equal;
}

/* The seed and the name alone decide. */
Test(nn, initial_values_by_name)
{
    size_t count;
    make_two(5, false);
    float *first = elements("one", &count), *other = elements("other", &count);
    make_two(5, true);
    float *second = elements("one", &count);
    make_two(6, true);
    float *third = elements("one", &count);
    cr_assert(same(first, second, 50), "the order of making matters");
    cr_assert(!same(first, third, 50), "the seed does not matter");
    cr_assert(!same(first, other, 30), "the name does not matter");
    free(first);
    free(second);
    free(third);
    free(other);
}

/* ---- Layers: against sums written down ---- */

static float *run_once(sabir_value x_value, const float *x, sabir_value y, size_t *count)
{
    sabir_program *program;
    sabir_tensor *in, *out;
    const sabir_shape x_shape = sabir_value_shape(x_value), y_shape = sabir_value_shape(y);
    sabir_output(g, "y", y);
    must(sabir_compile(g, device, store, NULL, &program));
    must(sabir_params_initialise(params, store));
    must(sabir_tensor_create(device, SABIR_F32, x_shape, &in));
    must(sabir_tensor_create(device, SABIR_F32, y_shape, &out));
    must(sabir_tensor_write(in, 0, x, sabir_tensor_bytes(in)));
    must(sabir_run(program, (sabir_binding[]){{"x", in}, {"y", out}}, 2));
    *count = (size_t)sabir_tensor_bytes(out) / sizeof(float);
    float *values = malloc(*count * sizeof *values + 1);
    must(sabir_tensor_read(out, 0, values, *count * sizeof *values));
    sabir_tensor_release(in);
    sabir_tensor_release(out);
    sabir_program_destroy(program);
    return values;
}

Test(nn, mlp)
{
    enum { ROWS = 6, IN = 3, HIDDEN = 5, OUT = 2 };
    float x[ROWS * IN];
    size_t count;
    for (int i = 0; i < ROWS * IN; i++) x[i] = (float)sin(i);
    const sabir_value in = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(2, ROWS / 2, IN));
    float *y = run_once(in, x, sabir_mlp(params, "net", in, (int64_t[]){HIDDEN, OUT}, 2, SABIR_ACTIVATION_TANH), &count);
    float *w0 = elements("net/0/weight", &count), *w1 = elements("net/1/weight", &count);
    for (int r = 0; r < ROWS; r++)
        for (int o = 0; o < OUT; o++) {
            double total = 0;
            for (int h = 0; h < HIDDEN; h++) {
                double hidden = 0;
                for (int i = 0; i < IN; i++) hidden += (double)x[r * IN + i] * (double)w0[i * HIDDEN + h];
                total += tanh(hidden) * (double)w1[h * OUT + o];
            }
            cr_assert_float_eq((double)y[r * OUT + o], total, 1e-6, "row %d, output %d: %g, not %g", r, o, (double)y[r * OUT + o], total);
        }
    cr_assert_leq(measure("net/0/weight").most, 1 / sqrt(IN));
    cr_assert(measure("net/1/bias").most == 0);
    free(y);
    free(w0);
    free(w1);
}

Test(nn, linear_with_a_dim)
{
    const sabir_extent n = sabir_dim_create(g, "n", 1, 8);
    const sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(n, 4, n, 3));
    const sabir_linear_options options = {.size = sizeof options, .no_bias = 1, .weight = {.kind = SABIR_INIT_ONES}};
    const sabir_shape shape = sabir_value_shape(sabir_linear(params, "sum", x, 7, &options));
    must(sabir_graph_status(g));
    cr_assert(shape.rank == 4 && shape.extents[0] == n && shape.extents[1] == 4 && shape.extents[2] == n && shape.extents[3] == 7);
    cr_assert_eq(sabir_params_count(params), 1);
}

Test(nn, conv_block)
{
    enum { SIDE = 5, OUT = 4, HALF = 3 };
    float x[2 * SIDE * SIDE];
    size_t count;
    for (int i = 0; i < 2 * SIDE * SIDE; i++) x[i] = (float)cos(i);
    const sabir_value in = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(1, 2, SIDE, SIDE));
    const sabir_conv_options options = {.size = sizeof options, .stride = {2, 2}, .activation = SABIR_ACTIVATION_RELU};
    float *y = run_once(in, x, sabir_conv_block(params, "c", in, OUT, &options), &count);
    float *w = elements("c/weight", &count);
    cr_assert_eq(count, OUT * 2 * 9);
    for (int o = 0; o < OUT; o++)
        for (int i = 0; i < HALF; i++)
            for (int j = 0; j < HALF; j++) {
                double total = 0;
                for (int c = 0; c < 2; c++)
                    for (int a = 0; a < 3; a++)
                        for (int b = 0; b < 3; b++) {
                            const int row = 2 * i + a - 1, column = 2 * j + b - 1;
                            if (row < 0 || row >= SIDE || column < 0 || column >= SIDE) continue;
                            total += (double)x[(c * SIDE + row) * SIDE + column] * (double)w[((o * 2 + c) * 3 + a) * 3 + b];
                        }
                cr_assert_float_eq((double)y[(o * HALF + i) * HALF + j], fmax(total, 0), 1e-6);
            }
    free(y);
    free(w);
}

Test(nn, conv_block_with_norm)
{
    const sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(2, 4, 6, 6));
    const sabir_conv_options options = {.size = sizeof options, .norm_groups = 2, .groups = 2, .window = {5, 1}, .activation = SABIR_ACTIVATION_SILU};
    const sabir_shape shape = sabir_value_shape(sabir_conv_block(params, "c", x, 8, &options));
    must(sabir_graph_status(g));
    cr_assert(shape.extents[1] == 8 && shape.extents[2] == 6 && shape.extents[3] == 6);
    static const char *const names[] = {"c/weight", "c/scale", "c/shift"};
    cr_assert_eq(sabir_params_count(params), 3);
    for (uint32_t i = 0; i < 3; i++) cr_assert_str_eq(sabir_value_name(sabir_params_values(params)[i]), names[i]);
}

/* ---- What is refused ---- */

#define refused(status, words, value) refused_((status), (words), (value), __LINE__)
static void refused_(sabir_status wanted, const char *words, sabir_value value, int line)
{
    cr_assert_eq(value.index, SABIR_NONE_INDEX, "line %d: a value came of it", line);
    cr_assert_eq(sabir_graph_status(g), wanted, "line %d: %s", line, sabir_last_message());
    cr_assert(strstr(sabir_last_message(), words), "line %d: \"%s\" says nothing of \"%s\"", line, sabir_last_message(), words);
    make_params(NULL);
}

static sabir_value input(sabir_shape shape) { return sabir_input(g, "x", SABIR_F32, shape); }

Test(nn, refused)
{
    refused(SABIR_INVALID_ARGUMENT, "a block needs a name", sabir_linear(params, "", input(SABIR_SHAPE(2, 3)), 4, NULL));
    refused(SABIR_INVALID_ARGUMENT, "linear \"l\": 0 outputs", sabir_linear(params, "l", input(SABIR_SHAPE(2, 3)), 0, NULL));
    refused(SABIR_INVALID_SHAPE, "rank 0", sabir_linear(params, "l", input(SABIR_SCALAR_SHAPE), 4, NULL));
    refused(SABIR_INVALID_SHAPE, "known only at run", sabir_linear(params, "l", input(SABIR_SHAPE(3, sabir_dim_create(g, "n", 1, 4))), 4, NULL));
    refused(SABIR_INVALID_TYPE, "x is i32", sabir_linear(params, "l", sabir_input(g, "x", SABIR_I32, SABIR_SHAPE(2, 3)), 4, NULL));
    refused(SABIR_INVALID_ARGUMENT, "no widths", sabir_mlp(params, "m", input(SABIR_SHAPE(2, 3)), NULL, 0, SABIR_ACTIVATION_RELU));
    refused(SABIR_INVALID_ARGUMENT, "3 groups do not divide", sabir_conv_block(params, "c", input(SABIR_SHAPE(1, 4, 5)), 6, &(sabir_conv_options){.size = sizeof(sabir_conv_options), .groups = 3}));
    refused(SABIR_INVALID_ARGUMENT, "9 is no activation", sabir_activate(g, input(SABIR_SHAPE(2)), (sabir_activation)9));
    refused(SABIR_INVALID_ARGUMENT, "99 is no kind", sabir_param(params, "p", SABIR_SHAPE(2), (sabir_init){.kind = (sabir_init_kind)99}));
    sabir_params_leave(params);
    refused(SABIR_MISUSE, "left more often", SABIR_NONE);
    sabir_params *none;
    cr_assert_eq(sabir_params_create(NULL, NULL, &none), SABIR_INVALID_ARGUMENT);
    cr_assert_eq(sabir_params_create(g, &(sabir_params_options){.size = sizeof(sabir_params_options), .type = SABIR_I32}, &none), SABIR_INVALID_TYPE);
    cr_assert_eq(sabir_params_initialise(params, NULL), SABIR_INVALID_ARGUMENT);
}

/* ---- Memory refused ---- */

static sabir_status build_and_train(sabir_context *own, sabir_device *on)
{
    sabir_graph *graph = NULL;
    sabir_params *p = NULL;
    sabir_store *kept = NULL;
    sabir_status status = sabir_graph_create(own, &graph);
    if (status == SABIR_OK) status = sabir_params_create(graph, NULL, &p);
    if (status == SABIR_OK) {
        sabir_parameter_group groups[2];
        const sabir_optimizer_options options = {.size = sizeof options, .kind = SABIR_ADAM, .schedule = {.rate = 0.1}, .accumulate = 2, .loss_scale = 8};
        sabir_params_enter(p, "net", 0);
        const sabir_value x = sabir_input(graph, "x", SABIR_F32, SABIR_SHAPE(4, 3)), y = sabir_mlp(p, "m", x, (int64_t[]){5, 1}, 2, SABIR_ACTIVATION_RELU);
        sabir_params_leave(p);
        sabir_params_groups(p, groups);
        status = sabir_minimize(graph, sabir_mean(graph, sabir_square(graph, y), SABIR_ALL_AXES), &options, groups, 2, NULL);
    }
    if (status == SABIR_OK) status = sabir_store_create(on, &kept);
    if (status == SABIR_OK) status = sabir_params_initialise(p, kept);
    sabir_store_release(kept);
    sabir_params_destroy(p);
    sabir_graph_destroy(graph);
    return status;
}

Test(nn, memory_refused, .timeout = 60)
{
    fault_memory memory = FAULT_MEMORY;
    const sabir_context_options options = {.size = sizeof options, .allocator = fault_allocator(&memory), .vulkan_library = "/nonexistent",
                                           .opencl_library = "/nonexistent"};
    sabir_context *own;
    sabir_device *on;
    must(sabir_context_create(&options, &own));
    must(sabir_device_open(own, "reference", &on));
    const uint64_t before = memory.live_bytes;
    uint64_t n = 0;
    bool hit = true;
    while (hit) {
        const uint64_t failed = memory.failed;
        fault_memory_fail_nth(&memory, ++n, false);
        const sabir_status status = build_and_train(own, on);
        fault_memory_fail_nth(&memory, 0, false);
        hit = memory.failed > failed;
        cr_assert_eq(status, hit ? SABIR_OUT_OF_MEMORY : SABIR_OK, "request %llu: %s: %s", (unsigned long long)n, sabir_status_name(status), sabir_last_message());
        cr_assert_eq(memory.live_bytes, before, "request %llu: %llu bytes are left", (unsigned long long)n, (unsigned long long)(memory.live_bytes - before));
    }
    cr_assert_gt(n, 50);
    sabir_device_release(on);
    sabir_context_release(own);
}
