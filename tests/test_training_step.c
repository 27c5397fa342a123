/* suite: device, timeout: 400
 * Two whole training steps (forward, backward, update) as one replayed program each: a transformer and a convolutional network. The backward pass is
 * written out by hand, or sabir_grad builds it. The loss falls, the devices agree with the reference, and the distinct kernels stay few. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/devices.h"

enum { STEPS = 12, MOST_KERNELS = 60 };

/* ---- shared ---- */

typedef struct trainer {
    sabir_graph *g;
    sabir_value rate;
    int derived; /* by sabir_grad */
} trainer;

static sabir_value number(sabir_graph *g, double v) { return sabir_number(g, SABIR_F32, v); }

static void descend(trainer *t, sabir_value w, sabir_value dw) { sabir_assign(t->g, w, sabir_sub(t->g, w, sabir_mul(t->g, t->rate, dw))); }

static void descend_all(trainer *t, sabir_value loss, const sabir_value *weights, uint32_t count)
{
    sabir_value slopes[8];
    must(sabir_grad(t->g, loss, weights, count, slopes));
    for (uint32_t i = 0; i < count; i++) descend(t, weights[i], slopes[i]);
}

/* Gradient of mean cross-entropy with respect to the logits [n, c]. */
static sabir_value loss_gradient(sabir_graph *g, sabir_value logits, sabir_value labels, int64_t n, int64_t c)
{
    sabir_value hot = sabir_one_hot(g, labels, c, SABIR_F32);
    return sabir_mul(g, sabir_sub(g, sabir_softmax(g, logits, -1), hot), number(g, 1.0 / (double)n));
}

static sabir_value last(sabir_graph *g, sabir_value x)
{
    const sabir_reduce_attrs attrs = {.axes = SABIR_INTS(-1), .keep = 1};
    return sabir_reduce(g, "sum", x, &attrs);
}

/* ---- a transformer block over one sequence ---- */

enum { S = 48, D = 32, H = 2, V = 24, HEAD = D / H };

static sabir_value normed(sabir_graph *g, sabir_value x, sabir_value *scale)
{
    *scale = sabir_rsqrt(g, sabir_add(g, sabir_mul(g, last(g, sabir_square(g, x)), number(g, 1.0 / D)), number(g, 1e-6)));
    return sabir_mul(g, x, *scale);
}

/* Adjoint of y = x * scale(x), RMS norm without weights. */
static sabir_value normed_back(sabir_graph *g, sabir_value y, sabir_value scale, sabir_value dy)
{
    sabir_value along = sabir_mul(g, last(g, sabir_mul(g, dy, y)), number(g, 1.0 / D));
    return sabir_mul(g, scale, sabir_sub(g, dy, sabir_mul(g, y, along)));
}

static sabir_value split(sabir_graph *g, sabir_value x) { return sabir_transpose(g, sabir_reshape(g, x, SABIR_SHAPE(S, H, HEAD)), SABIR_INTS(1, 0, 2)); }
static sabir_value join(sabir_graph *g, sabir_value x) { return sabir_reshape(g, sabir_transpose(g, x, SABIR_INTS(1, 0, 2)), SABIR_SHAPE(S, D)); }
static sabir_value outer(sabir_graph *g, sabir_value x, sabir_value dy) { return sabir_matmul_transposed(g, x, dy, 1, 0); }
static sabir_value back(sabir_graph *g, sabir_value dy, sabir_value w) { return sabir_matmul_transposed(g, dy, w, 0, 1); }

static void build_transformer(trainer *t)
{
    sabir_graph *g = t->g;
    sabir_value tokens = sabir_input(g, "x", SABIR_I32, SABIR_SHAPE(S)), labels = sabir_input(g, "labels", SABIR_I32, SABIR_SHAPE(S));
    sabir_value table = sabir_variable(g, "table", SABIR_F32, SABIR_SHAPE(V, D)), head = sabir_variable(g, "head", SABIR_F32, SABIR_SHAPE(D, V));
    sabir_value wq = sabir_variable(g, "wq", SABIR_F32, SABIR_SHAPE(D, D)), wk = sabir_variable(g, "wk", SABIR_F32, SABIR_SHAPE(D, D));
    sabir_value wv = sabir_variable(g, "wv", SABIR_F32, SABIR_SHAPE(D, D)), wo = sabir_variable(g, "wo", SABIR_F32, SABIR_SHAPE(D, D));
    sabir_value up = sabir_variable(g, "up", SABIR_F32, SABIR_SHAPE(D, 2 * D)), down = sabir_variable(g, "down", SABIR_F32, SABIR_SHAPE(2 * D, D));
    sabir_value scale1, scale2, factor = number(g, 1.0 / sqrt(HEAD));

    sabir_value x0 = sabir_embedding(g, table, tokens), h1 = normed(g, x0, &scale1);
    sabir_value q = split(g, sabir_matmul(g, h1, wq)), k = split(g, sabir_matmul(g, h1, wk)), v = split(g, sabir_matmul(g, h1, wv));
    sabir_value rows = sabir_iota(g, SABIR_I32, SABIR_SHAPE(S, S), 0, 0, 1), columns = sabir_iota(g, SABIR_I32, SABIR_SHAPE(S, S), 1, 0, 1);
    sabir_value causal = sabir_less_equal(g, columns, rows);
    sabir_value scores = sabir_select(g, causal, sabir_mul(g, sabir_matmul_transposed(g, q, k, 0, 1), factor), number(g, -1e30));
    sabir_value p = sabir_softmax(g, scores, -1), mixed = join(g, sabir_matmul(g, p, v));
    sabir_value x1 = sabir_add(g, x0, sabir_matmul(g, mixed, wo)), h2 = normed(g, x1, &scale2);
    sabir_value u = sabir_matmul(g, h2, up), gate = sabir_sigmoid(g, u), a = sabir_mul(g, u, gate);
    sabir_value x2 = sabir_add(g, x1, sabir_matmul(g, a, down)), logits = sabir_matmul(g, x2, head);
    sabir_value loss = sabir_mean(g, sabir_cross_entropy(g, logits, labels), SABIR_ALL_AXES);
    sabir_output(g, "loss", loss);
    if (t->derived) {
        descend_all(t, loss, (const sabir_value[]){table, head, wq, wk, wv, wo, up, down}, 8);
        return;
    }

    sabir_value dlogits = loss_gradient(g, logits, labels, S, V), dx2 = back(g, dlogits, head);
    descend(t, head, outer(g, x2, dlogits));
    descend(t, down, outer(g, a, dx2));
    sabir_value da = back(g, dx2, down), one = number(g, 1);
    sabir_value du = sabir_mul(g, da, sabir_mul(g, gate, sabir_add(g, one, sabir_mul(g, u, sabir_sub(g, one, gate)))));
    descend(t, up, outer(g, h2, du));
    sabir_value dx1 = sabir_add(g, dx2, normed_back(g, h2, scale2, back(g, du, up)));
    descend(t, wo, outer(g, mixed, dx1));
    sabir_value dmixed = split(g, back(g, dx1, wo));
    sabir_value dv = sabir_matmul_transposed(g, p, dmixed, 1, 0), dp = sabir_matmul_transposed(g, dmixed, v, 0, 1);
    sabir_value ds = sabir_mul(g, sabir_mul(g, p, sabir_sub(g, dp, last(g, sabir_mul(g, dp, p)))), factor);
    sabir_value dq = join(g, sabir_matmul(g, ds, k)), dk = join(g, sabir_matmul_transposed(g, ds, q, 1, 0)), dvj = join(g, dv);
    descend(t, wq, outer(g, h1, dq));
    descend(t, wk, outer(g, h1, dk));
    descend(t, wv, outer(g, h1, dvj));
    sabir_value dh1 = sabir_add(g, sabir_add(g, back(g, dq, wq), back(g, dk, wk)), back(g, dvj, wv));
    sabir_value dx0 = sabir_add(g, dx1, normed_back(g, h1, scale1, dh1));
    descend(t, table, sabir_scatter_add(g, sabir_full(g, SABIR_F32, SABIR_SHAPE(V, D), 0), tokens, dx0, 0));
}

/* ---- a convolutional network: conv, relu, mean pool, conv, relu, mean pool, linear ---- */

enum { N = 8, SIDE = 16, C1 = 6, C2 = 12, CLASSES = 5, FLAT = C2 * (SIDE / 4) * (SIDE / 4) };

static sabir_value swap(sabir_graph *g, sabir_value x) { return sabir_transpose(g, x, SABIR_INTS(1, 0, 2, 3)); }

static sabir_value conv(sabir_graph *g, sabir_value x, sabir_value w, sabir_value bias)
{
    const sabir_conv_attrs same = {.before = {1, 1}, .after = {1, 1}};
    return sabir_conv(g, x, w, bias, &same);
}

/* The weights' gradient is a convolution of x with dy, batch and channels exchanged. */
static sabir_value conv_back_weights(sabir_graph *g, sabir_value x, sabir_value dy) { return swap(g, conv(g, swap(g, x), swap(g, dy), SABIR_NONE)); }

static sabir_value conv_back_input(sabir_graph *g, sabir_value dy, sabir_value w)
{
    const sabir_conv_attrs same = {.before = {1, 1}, .after = {1, 1}};
    return sabir_conv_transpose(g, dy, w, SABIR_NONE, &same);
}

static sabir_value pool(sabir_graph *g, sabir_value x)
{
    const sabir_pool_attrs two = {.window = {2, 2}};
    return sabir_avg_pool(g, x, &two);
}

static sabir_value pool_back(sabir_graph *g, sabir_value dy, int64_t channels, int64_t side)
{
    sabir_value spread = sabir_broadcast(g, sabir_reshape(g, dy, SABIR_SHAPE(N, channels, side / 2, 1, side / 2, 1)), SABIR_SHAPE(N, channels, side / 2, 2, side / 2, 2));
    return sabir_mul(g, sabir_reshape(g, spread, SABIR_SHAPE(N, channels, side, side)), number(g, 0.25));
}

static sabir_value relu_back(sabir_graph *g, sabir_value y, sabir_value dy)
{
    return sabir_select(g, sabir_greater(g, y, number(g, 0)), dy, number(g, 0));
}

static void build_network(trainer *t)
{
    sabir_graph *g = t->g;
    sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(N, 1, SIDE, SIDE)), labels = sabir_input(g, "labels", SABIR_I32, SABIR_SHAPE(N));
    sabir_value w1 = sabir_variable(g, "w1", SABIR_F32, SABIR_SHAPE(C1, 1, 3, 3)), b1 = sabir_variable(g, "b1", SABIR_F32, SABIR_SHAPE(C1));
    sabir_value w2 = sabir_variable(g, "w2", SABIR_F32, SABIR_SHAPE(C2, C1, 3, 3)), b2 = sabir_variable(g, "b2", SABIR_F32, SABIR_SHAPE(C2));
    sabir_value w3 = sabir_variable(g, "w3", SABIR_F32, SABIR_SHAPE(FLAT, CLASSES)), b3 = sabir_variable(g, "b3", SABIR_F32, SABIR_SHAPE(CLASSES));

    sabir_value a1 = sabir_relu(g, conv(g, x, w1, b1)), p1 = pool(g, a1);
    sabir_value a2 = sabir_relu(g, conv(g, p1, w2, b2)), p2 = pool(g, a2), flat = sabir_reshape(g, p2, SABIR_SHAPE(N, FLAT));
    sabir_value logits = sabir_add(g, sabir_matmul(g, flat, w3), b3);
    sabir_value loss = sabir_mean(g, sabir_cross_entropy(g, logits, labels), SABIR_ALL_AXES);
    sabir_output(g, "loss", loss);
    if (t->derived) {
        descend_all(t, loss, (const sabir_value[]){w1, b1, w2, b2, w3, b3}, 6);
        return;
    }

    sabir_value dlogits = loss_gradient(g, logits, labels, N, CLASSES);
    descend(t, w3, outer(g, flat, dlogits));
    descend(t, b3, sabir_sum(g, dlogits, SABIR_INTS(0)));
    sabir_value dp2 = sabir_reshape(g, back(g, dlogits, w3), SABIR_SHAPE(N, C2, SIDE / 4, SIDE / 4));
    sabir_value d2 = relu_back(g, a2, pool_back(g, dp2, C2, SIDE / 2));
    descend(t, w2, conv_back_weights(g, p1, d2));
    descend(t, b2, sabir_sum(g, d2, SABIR_INTS(0, 2, 3)));
    sabir_value d1 = relu_back(g, a1, pool_back(g, conv_back_input(g, d2, w2), C1, SIDE));
    descend(t, w1, conv_back_weights(g, x, d1));
    descend(t, b1, sabir_sum(g, d1, SABIR_INTS(0, 2, 3)));
}

/* ---- running ---- */

static float chance(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 8388608.0f - 1.0f;
}

static void fill(sabir_tensor *tensor, uint32_t seed, float size, int classes)
{
    const size_t count = (size_t)sabir_tensor_bytes(tensor) / 4;
    union { float f; int32_t i; } *data = malloc(count * 4 + 4);
    for (size_t i = 0; i < count; i++) {
        if (classes) data[i].i = (int32_t)((i * 5 + i / 3) % (size_t)classes);
        else data[i].f = chance(&seed) * size;
    }
    must(sabir_tensor_write(tensor, 0, data, count * 4));
    free(data);
}

typedef void builder(trainer *t);

static void train(sabir_context *context, const char *id, builder *build, int derived, int fuse, float losses[STEPS], sabir_counters *counters)
{
    sabir_device *device;
    sabir_store *store;
    sabir_program *program;
    sabir_tensor *x, *labels, *loss;
    trainer t;
    must(sabir_device_open(context, id, &device));
    must(sabir_store_create(device, &store));
    must(sabir_graph_create(context, &t.g));
    t.rate = sabir_scalar(t.g, "rate", SABIR_F32);
    t.derived = derived;
    build(&t);
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR, .no_fusion = !fuse};
    must(sabir_compile(t.g, device, store, &options, &program));
    for (uint32_t i = 0; i < sabir_store_count(store); i++) fill(sabir_store_find(store, sabir_store_name(store, i)), i + 1, 0.3f, 0);
    const int tokens = build == build_transformer;
    must(sabir_tensor_create(device, tokens ? SABIR_I32 : SABIR_F32, tokens ? SABIR_SHAPE(S) : SABIR_SHAPE(N, 1, SIDE, SIDE), &x));
    must(sabir_tensor_create(device, SABIR_I32, tokens ? SABIR_SHAPE(S) : SABIR_SHAPE(N), &labels));
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SCALAR_SHAPE, &loss));
    fill(x, 77, 1, tokens ? V : 0);
    fill(labels, 0, 0, tokens ? V - 1 : CLASSES);
    must(sabir_set_f32(program, sabir_slot(program, "rate"), tokens ? 0.5f : 0.2f));
    for (int i = 0; i < STEPS; i++) {
        must(sabir_run(program, (sabir_binding[]){{"x", x}, {"labels", labels}, {"loss", loss}}, 3));
        must(sabir_tensor_read(loss, 0, &losses[i], 4));
    }
    *counters = (sabir_counters){.size = sizeof *counters};
    must(sabir_program_counters(program, counters));
    sabir_tensor_release(x);
    sabir_tensor_release(labels);
    sabir_tensor_release(loss);
    sabir_program_destroy(program);
    sabir_graph_destroy(t.g);
    sabir_store_release(store);
    sabir_device_release(device);
}

static void check(sabir_context *context, const char *id, builder *build)
{
    float wanted[STEPS], fused[STEPS], plain[STEPS], derived[STEPS];
    sabir_counters none, with_fusion, without, with_rules;
    train(context, "reference", build, 0, 1, wanted, &none);
    train(context, id, build, 0, 1, fused, &with_fusion);
    train(context, id, build, 0, 0, plain, &without);
    train(context, id, build, 1, 1, derived, &with_rules);
    cr_log_info("%s: %llu distinct kernels fused, %llu unfused; loss %g to %g", id, (unsigned long long)with_fusion.kernels, (unsigned long long)without.kernels,
                (double)fused[0], (double)fused[STEPS - 1]);
    cr_log_info("%s, derived: %llu distinct kernels; by hand and derived: %llu and %llu launches, %llu and %llu peak bytes, %llu and %llu flops", id,
                (unsigned long long)with_rules.kernels, (unsigned long long)with_fusion.launches, (unsigned long long)with_rules.launches,
                (unsigned long long)with_fusion.peak_bytes, (unsigned long long)with_rules.peak_bytes, (unsigned long long)with_fusion.flops,
                (unsigned long long)with_rules.flops);
    cr_expect_lt((double)wanted[STEPS - 1], 0.9 * (double)wanted[0], "the loss falls: %g to %g", (double)wanted[0], (double)wanted[STEPS - 1]);
    cr_expect_leq(with_fusion.kernels, MOST_KERNELS, "%s: %llu kernels", id, (unsigned long long)with_fusion.kernels);
    cr_expect_leq(with_rules.kernels, MOST_KERNELS, "%s, derived: %llu kernels", id, (unsigned long long)with_rules.kernels);
    for (int i = 0; i < STEPS; i++) {
        cr_expect_float_eq((double)fused[i], (double)wanted[i], 2e-4, "%s, step %d: fused %g, reference %g", id, i, (double)fused[i], (double)wanted[i]);
        cr_expect_float_eq((double)derived[i], (double)wanted[i], 2e-4, "%s, step %d: derived %g, reference by hand %g", id, i, (double)derived[i], (double)wanted[i]);
        cr_expect_float_eq((double)plain[i], (double)wanted[i], 2e-4, "%s, step %d: unfused %g, reference %g", id, i, (double)plain[i], (double)wanted[i]);
    }
}

static void transformer_on(sabir_context *context, const char *id) { check(context, id, build_transformer); }
static void network_on(sabir_context *context, const char *id) { check(context, id, build_network); }

Test(training_step, transformer_vulkan, .timeout = 180) { on_device("vulkan", transformer_on); }
Test(training_step, transformer_opencl, .timeout = 180) { on_device("opencl", transformer_on); }
Test(training_step, network_vulkan, .timeout = 180) { on_device("vulkan", network_on); }
Test(training_step, network_opencl, .timeout = 180) { on_device("opencl", network_on); }
