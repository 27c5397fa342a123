/* suite: device, timeout: 600
 * Loops that the device ends, loops replayed by the host, a training step through an implicit solver, and counts that only the device knows: on the
 * reference, Vulkan and OpenCL alike. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/devices.h"

#define ON_ALL(name)                                                                              \
    Test(loops, name##_reference, .timeout = 60) { on_device("reference", name); }                \
    Test(loops, name##_vulkan, .timeout = 120) { on_device("vulkan", name); }                     \
    Test(loops, name##_opencl, .timeout = 180) { on_device("opencl", name); }

/* ---- A graph on a device ---- */

typedef struct rig {
    sabir_device *device;
    sabir_store *store;
    sabir_graph *graph;
    sabir_program *program;
    sabir_tensor *tensors[16];
    uint32_t count;
} rig;

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

static sabir_tensor *attach(rig *r, const char *name, sabir_type type, sabir_shape shape, const void *data)
{
    sabir_tensor *tensor;
    must(sabir_tensor_create(r->device, type, shape, &tensor));
    if (data) must(sabir_tensor_write(tensor, 0, data, sabir_tensor_bytes(tensor)));
    must(sabir_bind(r->program, sabir_slot(r->program, name), tensor));
    r->tensors[r->count++] = tensor;
    return tensor;
}

static sabir_tensor *bind_output(rig *r, const char *name)
{
    sabir_type type;
    sabir_shape shape;
    must(sabir_output_shape(r->program, sabir_slot(r->program, name), &type, &shape));
    return attach(r, name, type, shape, NULL);
}

static void read_into(sabir_tensor *tensor, void *data) { must(sabir_tensor_read(tensor, 0, data, sabir_tensor_bytes(tensor))); }

static float read_f32(sabir_tensor *tensor)
{
    float value;
    read_into(tensor, &value);
    return value;
}

static int32_t read_i32(sabir_tensor *tensor)
{
    int32_t value;
    read_into(tensor, &value);
    return value;
}

static void rig_close(rig *r)
{
    for (uint32_t i = 0; i < r->count; i++) sabir_tensor_release(r->tensors[i]);
    sabir_program_destroy(r->program);
    sabir_graph_destroy(r->graph);
    sabir_store_release(r->store);
    sabir_device_release(r->device);
}

static void expect_near(const float *got, const float *want, int count, double tolerance, const char *what)
{
    for (int i = 0; i < count; i++) cr_assert(fabs((double)got[i] - want[i]) <= tolerance, "%s[%d]: %.9g, not %.9g", what, i, got[i], want[i]);
}

static sabir_value number(sabir_graph *g, double value) { return sabir_number(g, SABIR_F32, value); }
static sabir_value whole(sabir_graph *g, int value) { return sabir_number(g, SABIR_I32, value); }

/* ---- Newton's iteration for square roots ---- */

static void newton(sabir_context *context, const char *selector)
{
    enum { N = 5, TRIPS = 50 };
    const float squares[N] = {2, 9, 0.25f, 100, 7}, start[N] = {1, 1, 1, 1, 1};
    float roots[N], x[N];
    rig r = rig_open(context, selector);
    sabir_graph *g = r.graph;
    const sabir_value a = sabir_input(g, "a", SABIR_F32, SABIR_SHAPE(N));
    sabir_value carried[2], results[2];
    sabir_loop_begin(g, TRIPS, (sabir_value[]){sabir_input(g, "start", SABIR_F32, SABIR_SHAPE(N)), number(g, 0)}, 2, carried);
    const sabir_value next = sabir_mul(g, sabir_add(g, carried[0], sabir_div(g, a, carried[0])), number(g, 0.5));
    const sabir_value change = sabir_max(g, sabir_abs(g, sabir_sub(g, next, carried[0])), SABIR_ALL_AXES);
    const sabir_value count = sabir_loop_end(g, (sabir_value[]){next, change}, 2, sabir_greater(g, change, number(g, 1e-4)), results);
    sabir_output(g, "x", results[0]);
    sabir_output(g, "residual", results[1]);
    sabir_output(g, "count", count);
    rig_compile(&r);
    attach(&r, "a", SABIR_F32, SABIR_SHAPE(N), squares);
    attach(&r, "start", SABIR_F32, SABIR_SHAPE(N), start);
    sabir_tensor *found = bind_output(&r, "x"), *residual = bind_output(&r, "residual"), *ran = bind_output(&r, "count");
    must(sabir_run(r.program, NULL, 0));
    read_into(found, x);
    for (int i = 0; i < N; i++) roots[i] = sqrtf(squares[i]);
    expect_near(x, roots, N, 1e-5, "root");
    cr_assert(read_i32(ran) >= 5 && read_i32(ran) < 20, "%d iterations", read_i32(ran));
    cr_assert(read_f32(residual) <= 1e-4f, "residual %g", read_f32(residual));
    rig_close(&r);
}
ON_ALL(newton)

/* ---- Conjugate gradients ---- */

typedef sabir_value operator_rule(sabir_graph *g, sabir_value x, const void *user);

/* Solves rule(x) = b, b [n], from 0; *count and *residual (squared) as they were at the end. */
static sabir_value solve(sabir_graph *g, operator_rule *rule, const void *user, sabir_value b, int64_t trips, double tolerance, sabir_value *count, sabir_value *residual)
{
    enum { X, R, P, RR, CARRIED };
    sabir_value in[CARRIED], out[CARRIED];
    const sabir_value initial[CARRIED] = {sabir_mul(g, b, number(g, 0)), b, b, sabir_sum(g, sabir_square(g, b), SABIR_ALL_AXES)};
    sabir_loop_begin(g, trips, initial, CARRIED, in);
    const sabir_value ap = rule(g, in[P], user), alpha = sabir_div(g, in[RR], sabir_sum(g, sabir_mul(g, in[P], ap), SABIR_ALL_AXES));
    const sabir_value x = sabir_add(g, in[X], sabir_mul(g, alpha, in[P])), rest = sabir_sub(g, in[R], sabir_mul(g, alpha, ap));
    const sabir_value rr = sabir_sum(g, sabir_square(g, rest), SABIR_ALL_AXES);
    const sabir_value p = sabir_add(g, rest, sabir_mul(g, sabir_div(g, rr, in[RR]), in[P]));
    *count = sabir_loop_end(g, (sabir_value[]){x, rest, p, rr}, CARRIED, sabir_greater(g, rr, number(g, tolerance)), out);
    *residual = out[RR];
    return out[X];
}

static sabir_value times(sabir_graph *g, sabir_value x, const void *user)
{
    const int64_t n = sabir_value_shape(x).extents[0];
    return sabir_reshape(g, sabir_matmul(g, *(const sabir_value *)user, sabir_reshape(g, x, SABIR_SHAPE(n, 1))), SABIR_SHAPE(n));
}

/* Symmetric, diagonally dominant. */
static void fill_system(float *a, float *b, int n)
{
    for (int i = 0; i < n; i++) {
        b[i] = (float)((i * 7) % 5) - 2;
        for (int k = 0; k < n; k++) a[i * n + k] = i == k ? 3.0f : 1.0f / (float)(1 + abs(i - k) * abs(i - k) * 2);
    }
}

static void conjugate_gradients(sabir_context *context, const char *selector)
{
    enum { N = 31, TRIPS = 100 };
    float a[N * N], b[N], x[N], product[N] = {0};
    fill_system(a, b, N);
    rig r = rig_open(context, selector);
    sabir_graph *g = r.graph;
    const sabir_value matrix = sabir_input(g, "a", SABIR_F32, SABIR_SHAPE(N, N));
    sabir_value count, residual;
    sabir_output(g, "x", solve(g, times, &matrix, sabir_input(g, "b", SABIR_F32, SABIR_SHAPE(N)), TRIPS, 1e-9, &count, &residual));
    sabir_output(g, "count", count);
    sabir_output(g, "residual", residual);
    rig_compile(&r);
    attach(&r, "a", SABIR_F32, SABIR_SHAPE(N, N), a);
    attach(&r, "b", SABIR_F32, SABIR_SHAPE(N), b);
    sabir_tensor *found = bind_output(&r, "x"), *ran = bind_output(&r, "count"), *rest = bind_output(&r, "residual");
    must(sabir_run(r.program, NULL, 0));
    read_into(found, x);
    for (int i = 0; i < N * N; i++) product[i / N] += a[i] * x[i % N];
    expect_near(product, b, N, 1e-4, "a x");
    cr_assert(read_i32(ran) > 2 && read_i32(ran) < N, "%d iterations", read_i32(ran));
    cr_assert(read_f32(rest) <= 1e-9f, "residual %g", read_f32(rest));
    rig_close(&r);
}
ON_ALL(conjugate_gradients)

/* ---- Trips ---- */

/* Trips 0, 1, 5 of a loop whose condition always holds, and one that stops at once. */
static void trips(sabir_context *context, const char *selector)
{
    static const struct { const char *value, *count; int64_t trips; bool stops; float want; int32_t ran; } rows[] = {
        {"v0", "c0", 0, false, 1, 0}, {"v1", "c1", 1, false, 3, 1}, {"v5", "c5", 5, false, 11, 5}, {"once", "c_once", 9, true, 3, 1},
    };
    rig r = rig_open(context, selector);
    sabir_graph *g = r.graph;
    const sabir_value one = sabir_input(g, "one", SABIR_F32, SABIR_SHAPE(1));
    for (int i = 0; i < 4; i++) {
        sabir_value x, result;
        sabir_loop_begin(g, rows[i].trips, &one, 1, &x);
        const sabir_value next = sabir_add(g, x, number(g, 2)), top = sabir_max(g, next, SABIR_ALL_AXES);
        const sabir_value count = sabir_loop_end(g, &next, 1, sabir_less(g, top, number(g, rows[i].stops ? 0 : 1000)), &result);
        sabir_output(g, rows[i].value, result);
        sabir_output(g, rows[i].count, count);
    }
    rig_compile(&r);
    attach(&r, "one", SABIR_F32, SABIR_SHAPE(1), &(float){1});
    sabir_tensor *values[4], *counts[4];
    for (int i = 0; i < 4; i++) values[i] = bind_output(&r, rows[i].value), counts[i] = bind_output(&r, rows[i].count);
    for (int again = 0; again < 2; again++) {
        must(sabir_run(r.program, NULL, 0));
        for (int i = 0; i < 4; i++) {
            cr_assert_eq(read_f32(values[i]), rows[i].want, "%s: %g", rows[i].value, read_f32(values[i]));
            cr_assert_eq(read_i32(counts[i]), rows[i].ran, "%s: %d iterations", rows[i].value, read_i32(counts[i]));
        }
    }
    rig_close(&r);
}
ON_ALL(trips)

/* Carried values change places; inside, a loop that the device ends counts up to the outer turn. */
static void nested(sabir_context *context, const char *selector)
{
    enum { TURNS = 5 };
    rig r = rig_open(context, selector);
    sabir_graph *g = r.graph;
    sabir_value in[4], out[4], step, stepped;
    sabir_loop_begin(g, TURNS, (sabir_value[]){sabir_input(g, "a", SABIR_F32, SABIR_SHAPE(3)), sabir_input(g, "b", SABIR_F32, SABIR_SHAPE(3)), whole(g, 0), whole(g, 0)}, 4, in);
    const sabir_value zero = sabir_mul(g, in[2], whole(g, 0));
    sabir_loop_begin(g, 3, &zero, 1, &step);
    const sabir_value up = sabir_add(g, step, whole(g, 1));
    const sabir_value inner = sabir_loop_end(g, &up, 1, sabir_less(g, up, in[2]), &stepped);
    sabir_loop_end(g, (sabir_value[]){in[1], in[0], sabir_add(g, in[2], whole(g, 1)), sabir_add(g, in[3], sabir_mul(g, inner, stepped))}, 4, SABIR_NONE, out);
    sabir_output(g, "first", out[0]);
    sabir_output(g, "second", out[1]);
    sabir_output(g, "sum", out[3]);
    rig_compile(&r);
    const float a[3] = {1, 2, 3}, b[3] = {4, 5, 6};
    float first[3], second[3];
    attach(&r, "a", SABIR_F32, SABIR_SHAPE(3), a);
    attach(&r, "b", SABIR_F32, SABIR_SHAPE(3), b);
    sabir_tensor *x = bind_output(&r, "first"), *y = bind_output(&r, "second"), *sum = bind_output(&r, "sum");
    must(sabir_run(r.program, NULL, 0));
    read_into(x, first);
    read_into(y, second);
    expect_near(first, b, 3, 0, "first");
    expect_near(second, a, 3, 0, "second");
    cr_assert_eq(read_i32(sum), 1 + 1 + 4 + 9 + 9, "%d", read_i32(sum)); /* turns 0 to 4: 1, 1, 2, 3, 3 steps */
    rig_close(&r);
}
ON_ALL(nested)

/* A carried tensor written one element a turn. */
static void written_in_place(sabir_context *context, const char *selector)
{
    enum { N = 17 };
    rig r = rig_open(context, selector);
    sabir_graph *g = r.graph;
    sabir_value in[2], out[2];
    sabir_loop_begin(g, N, (sabir_value[]){sabir_full(g, SABIR_F32, SABIR_SHAPE(N), -1), whole(g, 0)}, 2, in);
    const sabir_value square = sabir_cast(g, sabir_mul(g, in[1], in[1]), SABIR_F32);
    const sabir_value next = sabir_update(g, in[0], sabir_reshape(g, square, SABIR_SHAPE(1)), sabir_reshape(g, in[1], SABIR_SHAPE(1)));
    sabir_loop_end(g, (sabir_value[]){next, sabir_add(g, in[1], whole(g, 1))}, 2, sabir_less(g, in[1], whole(g, N - 3)), out);
    sabir_output(g, "squares", out[0]);
    rig_compile(&r);
    sabir_tensor *squares = bind_output(&r, "squares");
    float got[N], want[N];
    must(sabir_run(r.program, NULL, 0));
    read_into(squares, got);
    for (int i = 0; i < N; i++) want[i] = i <= N - 3 ? (float)(i * i) : -1;
    expect_near(got, want, N, 0, "square");
    rig_close(&r);
}
ON_ALL(written_in_place)

/* ---- The same steps by a loop and by the host ---- */

enum { CELLS = 24, REPLAYS = 20 };

/* A damped wave: position and speed. */
static void wave(sabir_graph *g, sabir_value *x, sabir_value *v)
{
    const sabir_value pull = sabir_sub(g, sabir_add(g, sabir_roll(g, *x, SABIR_INTS(1), SABIR_INTS(0)), sabir_roll(g, *x, SABIR_INTS(-1), SABIR_INTS(0))), sabir_mul(g, *x, number(g, 2)));
    *v = sabir_mul(g, sabir_add(g, *v, sabir_mul(g, pull, number(g, 0.1))), number(g, 0.99));
    *x = sabir_add(g, *x, *v);
}

static void wave_store(rig *r, bool looped, float *x)
{
    sabir_graph *g = r->graph;
    sabir_value at[2] = {sabir_variable(g, "x", SABIR_F32, SABIR_SHAPE(CELLS)), sabir_variable(g, "v", SABIR_F32, SABIR_SHAPE(CELLS))}, in[2], out[2] = {at[0], at[1]};
    if (looped) {
        sabir_loop_begin(g, REPLAYS, at, 2, in);
        wave(g, &in[0], &in[1]);
        sabir_loop_end(g, in, 2, SABIR_NONE, out);
    } else wave(g, &out[0], &out[1]);
    sabir_assign(g, at[0], out[0]);
    sabir_assign(g, at[1], out[1]);
    rig_compile(r);
    float start[CELLS], still[CELLS] = {0};
    for (int i = 0; i < CELLS; i++) start[i] = i == 5 ? 1.0f : 0.1f * (float)(i % 3);
    must(sabir_tensor_write(sabir_store_find(r->store, "x"), 0, start, sizeof start));
    must(sabir_tensor_write(sabir_store_find(r->store, "v"), 0, still, sizeof still));
    for (int i = 0; i < (looped ? 1 : REPLAYS); i++) must(sabir_run(r->program, NULL, 0));
    read_into(sabir_store_find(r->store, "x"), x);
}

static void replayed(sabir_context *context, const char *selector)
{
    float by_loop[CELLS], by_host[CELLS];
    rig r = rig_open(context, selector), s = rig_open(context, selector);
    wave_store(&r, true, by_loop);
    wave_store(&s, false, by_host);
    expect_near(by_loop, by_host, CELLS, 1e-6, "x");
    cr_assert(fabsf(by_loop[5] - 1) > 0.1f, "nothing moved");
    rig_close(&r);
    rig_close(&s);
}
ON_ALL(replayed)

/* ---- A training step through an implicit solver ----
 * (I + dt D' k D) u = u0 on a ring, k = exp(p) by face. The gradient of mean (u - target)^2 by p is by the adjoint system, which is the same matrix:
 * (I + dt D' k D) w = 2 (u - target) / n, dp = -dt k (D w) (D u). Both systems by conjugate gradients in loops of one program. */

enum { RING = 32, TRAINING = 20, MOST_TRIPS = 60 };
static const double dt = 2.0;

static sabir_value difference(sabir_graph *g, sabir_value u) { return sabir_sub(g, sabir_roll(g, u, SABIR_INTS(-1), SABIR_INTS(0)), u); }

static sabir_value heat(sabir_graph *g, sabir_value u, const void *user)
{
    const sabir_value flow = sabir_mul(g, *(const sabir_value *)user, difference(g, u));
    const sabir_value spread = sabir_sub(g, sabir_roll(g, flow, SABIR_INTS(1), SABIR_INTS(0)), flow); /* D' flow */
    return sabir_add(g, u, sabir_mul(g, spread, number(g, dt)));
}

static void build_training(sabir_graph *g)
{
    const sabir_shape ring = SABIR_SHAPE(RING);
    const sabir_value u0 = sabir_input(g, "u0", SABIR_F32, ring), target = sabir_input(g, "target", SABIR_F32, ring), p = sabir_variable(g, "p", SABIR_F32, ring);
    const sabir_value k = sabir_exp(g, p), rate = sabir_scalar(g, "rate", SABIR_F32);
    sabir_value count, residual, adjoint_count, adjoint_residual;
    const sabir_value u = solve(g, heat, &k, u0, MOST_TRIPS, 1e-10, &count, &residual), error = sabir_sub(g, u, target);
    const sabir_value w = solve(g, heat, &k, sabir_mul(g, error, number(g, 2.0 / RING)), MOST_TRIPS, 1e-16, &adjoint_count, &adjoint_residual);
    const sabir_value slope = sabir_mul(g, sabir_mul(g, sabir_mul(g, difference(g, w), difference(g, u)), k), number(g, -dt));
    sabir_assign(g, p, sabir_sub(g, p, sabir_mul(g, rate, slope)));
    sabir_output(g, "loss", sabir_mean(g, sabir_square(g, error), SABIR_ALL_AXES));
    sabir_output(g, "u", u);
    sabir_output(g, "slope", slope);
    sabir_output(g, "count", count);
    sabir_output(g, "residual", residual);
}

typedef struct training { rig rig; sabir_tensor *target, *loss, *u, *slope, *count, *residual; } training;

static training training_open(sabir_context *context, const char *selector)
{
    float u0[RING];
    training t = {.rig = rig_open(context, selector)};
    build_training(t.rig.graph);
    rig_compile(&t.rig);
    for (int i = 0; i < RING; i++) u0[i] = (float)((i * 5) % 7) - 3;
    attach(&t.rig, "u0", SABIR_F32, SABIR_SHAPE(RING), u0);
    t.target = attach(&t.rig, "target", SABIR_F32, SABIR_SHAPE(RING), u0);
    t.loss = bind_output(&t.rig, "loss"), t.u = bind_output(&t.rig, "u"), t.slope = bind_output(&t.rig, "slope");
    t.count = bind_output(&t.rig, "count"), t.residual = bind_output(&t.rig, "residual");
    return t;
}

static void run_with(training *t, const float *p, float rate)
{
    if (p) must(sabir_tensor_write(sabir_store_find(t->rig.store, "p"), 0, p, RING * sizeof *p));
    must(sabir_set_f32(t->rig.program, sabir_slot(t->rig.program, "rate"), rate));
    must(sabir_run(t->rig.program, NULL, 0));
}

/* The state of heat for conductivities that training is to find. */
static void set_target(training *t)
{
    float p[RING], u[RING];
    for (int i = 0; i < RING; i++) p[i] = 0.5f * sinf(0.4f * (float)i);
    run_with(t, p, 0);
    read_into(t->u, u);
    must(sabir_tensor_write(t->target, 0, u, sizeof u));
}

/* Trains from p = 0; losses by step, and p at the end. */
static void train(sabir_context *context, const char *selector, float *losses, float *p)
{
    const float zero[RING] = {0};
    training t = training_open(context, selector);
    set_target(&t);
    for (int i = 0; i < TRAINING; i++) {
        run_with(&t, i ? NULL : zero, 4);
        losses[i] = read_f32(t.loss);
        cr_assert(read_i32(t.count) < MOST_TRIPS && read_f32(t.residual) <= 1e-10f, "%s: not converged after %d iterations: %g", selector, read_i32(t.count), read_f32(t.residual));
    }
    read_into(sabir_store_find(t.rig.store, "p"), p);
    rig_close(&t.rig);
}

static void trains(sabir_context *context, const char *selector)
{
    float losses[TRAINING], expected[TRAINING], p[RING], expected_p[RING];
    train(context, selector, losses, p);
    train(context, "reference", expected, expected_p);
    for (int i = 1; i < TRAINING; i++) cr_assert(losses[i] < losses[i - 1], "step %d: the loss rises from %g to %g", i, losses[i - 1], losses[i]);
    cr_assert(losses[TRAINING - 1] < 0.5f * losses[0], "the loss falls from %g to %g only", losses[0], losses[TRAINING - 1]);
    expect_near(losses, expected, TRAINING, 1e-5, "loss");
    expect_near(p, expected_p, RING, 1e-4, "p");
}
ON_ALL(trains)

/* The adjoint against central differences, on the reference. */
Test(loops, adjoint_is_the_gradient, .timeout = 60)
{
    sabir_context *context;
    must(sabir_context_create(NULL, &context));
    training t = training_open(context, "reference");
    float p[RING] = {0}, slope[RING];
    set_target(&t);
    run_with(&t, p, 0);
    read_into(t.slope, slope);
    for (int i = 0; i < RING; i += 5) {
        const float h = 0.02f;
        p[i] = h;
        run_with(&t, p, 0);
        const float above = read_f32(t.loss);
        p[i] = -h;
        run_with(&t, p, 0);
        const float below = read_f32(t.loss), measured = (above - below) / (2 * h);
        p[i] = 0;
        cr_assert(fabsf(measured - slope[i]) <= 2e-3f * fabsf(slope[i]) + 2e-6f, "face %d: %g by differences, %g by the adjoint", i, measured, slope[i]);
    }
    rig_close(&t.rig);
    sabir_context_release(context);
}

/* ---- Threshold, compact, gather, matmul: the device alone knows how many rows there are ---- */

enum { ITEMS = 101, FEATURES = 8, CLASSES = 5, CAPACITY = 64 };

static void build_routing(sabir_graph *g)
{
    const sabir_value score = sabir_input(g, "score", SABIR_F32, SABIR_SHAPE(ITEMS)), features = sabir_input(g, "features", SABIR_F32, SABIR_SHAPE(ITEMS, FEATURES));
    const sabir_value weights = sabir_input(g, "weights", SABIR_F32, SABIR_SHAPE(FEATURES, CLASSES));
    sabir_value count, overflow;
    const sabir_value chosen = sabir_compact(g, sabir_greater(g, score, sabir_scalar(g, "threshold", SABIR_F32)), CAPACITY, &count, &overflow);
    const sabir_value y = sabir_add(g, sabir_matmul(g, sabir_gather(g, features, chosen, 0), weights), number(g, 1));
    const sabir_value valid = sabir_less(g, sabir_iota(g, SABIR_I32, SABIR_SHAPE(CAPACITY, 1), 0, 0, 1), count);
    sabir_output(g, "y", sabir_select(g, valid, y, number(g, 0)));
    sabir_output(g, "count", count);
    sabir_output(g, "overflow", overflow);
}

static int expected_rows(const float *score, const float *features, const float *weights, float threshold, float *y)
{
    int rows = 0;
    memset(y, 0, CAPACITY * CLASSES * sizeof *y);
    for (int i = 0; i < ITEMS && rows < CAPACITY; i++) {
        if (score[i] <= threshold) continue;
        for (int c = 0; c < CLASSES; c++) {
            y[rows * CLASSES + c] = 1;
            for (int f = 0; f < FEATURES; f++) y[rows * CLASSES + c] += features[i * FEATURES + f] * weights[f * CLASSES + c];
        }
        rows++;
    }
    return rows;
}

static void counted(sabir_context *context, const char *selector)
{
    static const struct { float threshold; int32_t count; uint8_t overflow; } runs[] = {{0.75f, 25, 0}, {-1, CAPACITY, 1}, {2, 0, 0}, {0.5f, 50, 0}};
    float score[ITEMS], features[ITEMS * FEATURES], weights[FEATURES * CLASSES], got[CAPACITY * CLASSES], want[CAPACITY * CLASSES];
    for (int i = 0; i < ITEMS; i++) score[i] = (float)(i * 37 % ITEMS) / ITEMS;
    for (int i = 0; i < ITEMS * FEATURES; i++) features[i] = (float)(i % 23) / 8 - 1;
    for (int i = 0; i < FEATURES * CLASSES; i++) weights[i] = (float)(i % 7) / 4 - 0.5f;
    rig r = rig_open(context, selector);
    build_routing(r.graph);
    rig_compile(&r);
    attach(&r, "score", SABIR_F32, SABIR_SHAPE(ITEMS), score);
    attach(&r, "features", SABIR_F32, SABIR_SHAPE(ITEMS, FEATURES), features);
    attach(&r, "weights", SABIR_F32, SABIR_SHAPE(FEATURES, CLASSES), weights);
    sabir_tensor *y = bind_output(&r, "y"), *count = bind_output(&r, "count"), *overflow = bind_output(&r, "overflow");
    for (int i = 0; i < 4; i++) {
        uint8_t over;
        must(sabir_set_f32(r.program, sabir_slot(r.program, "threshold"), runs[i].threshold));
        must(sabir_run(r.program, NULL, 0));
        read_into(y, got);
        read_into(overflow, &over);
        const int rows = expected_rows(score, features, weights, runs[i].threshold, want);
        cr_assert_eq(read_i32(count), rows, "threshold %g: %d rows, not %d", runs[i].threshold, read_i32(count), rows);
        cr_assert(rows == runs[i].count && over == runs[i].overflow, "threshold %g: %d rows, overflow %d", runs[i].threshold, rows, over);
        expect_near(got, want, CAPACITY * CLASSES, 1e-5, "y");
    }
    rig_close(&r);
}
ON_ALL(counted)
