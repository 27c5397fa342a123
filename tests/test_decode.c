/* suite: device, timeout: 300
 * Token by token with a key-value cache: equal to the full forward pass, and nothing is compiled, allocated or recorded anew on the way. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/devices.h"

enum { VOCABULARY = 32, WIDTH = 32, HEADS = 2, LAYERS = 2, STEPS = 512, HEAD = WIDTH / HEADS };

typedef struct layer { sabir_value norm, query, key, value, out, norm2, up, down; } layer;

static sabir_value weight(sabir_graph *g, const char *part, int number, int64_t rows, int64_t columns)
{
    char name[32];
    snprintf(name, sizeof name, "%s%d", part, number);
    return columns ? sabir_variable(g, name, SABIR_F32, SABIR_SHAPE(rows, columns)) : sabir_variable(g, name, SABIR_F32, SABIR_SHAPE(rows));
}

static layer layer_weights(sabir_graph *g, int l)
{
    return (layer){weight(g, "norm", l, WIDTH, 0), weight(g, "query", l, WIDTH, WIDTH), weight(g, "key", l, WIDTH, WIDTH), weight(g, "value", l, WIDTH, WIDTH),
                   weight(g, "out", l, WIDTH, WIDTH), weight(g, "norm2_", l, WIDTH, 0), weight(g, "up", l, WIDTH, 2 * WIDTH), weight(g, "down", l, 2 * WIDTH, WIDTH)};
}

/* [s, WIDTH] -> [HEADS, s, HEAD] */
static sabir_value heads(sabir_graph *g, sabir_value x, sabir_extent s)
{
    return sabir_transpose(g, sabir_reshape(g, x, SABIR_SHAPE(s, HEADS, HEAD)), SABIR_INTS(1, 0, 2));
}

/* Queries [HEADS, s, HEAD] on keys and values [n, WIDTH]; mask bool [s, n] or none. */
static sabir_value attend(sabir_graph *g, sabir_value q, sabir_value k, sabir_value v, sabir_extent s, sabir_extent n, sabir_value mask)
{
    sabir_value scores = sabir_matmul_transposed(g, q, heads(g, k, n), 0, 1);
    scores = sabir_mul(g, scores, sabir_number(g, SABIR_F32, 1.0 / sqrt(HEAD)));
    if (mask.graph) scores = sabir_select(g, mask, scores, sabir_number(g, SABIR_F32, -1e30));
    sabir_value mixed = sabir_matmul(g, sabir_softmax(g, scores, -1), heads(g, v, n));
    return sabir_reshape(g, sabir_transpose(g, mixed, SABIR_INTS(1, 0, 2)), SABIR_SHAPE(s, WIDTH));
}

static sabir_value feed_forward(sabir_graph *g, sabir_value x, layer w)
{
    sabir_value h = sabir_silu(g, sabir_matmul(g, sabir_rms_norm(g, x, w.norm2, 1e-6), w.up));
    return sabir_add(g, x, sabir_matmul(g, h, w.down));
}

static sabir_value rotate(sabir_graph *g, sabir_value x, sabir_value positions, sabir_extent s)
{
    sabir_value turned = sabir_rope(g, heads(g, x, s), positions, 10000, 0);
    return sabir_reshape(g, sabir_transpose(g, turned, SABIR_INTS(1, 0, 2)), SABIR_SHAPE(s, WIDTH));
}

static sabir_value embed(sabir_graph *g, sabir_value tokens)
{
    return sabir_embedding(g, sabir_variable(g, "table", SABIR_F32, SABIR_SHAPE(VOCABULARY, WIDTH)), tokens);
}

static sabir_value logits(sabir_graph *g, sabir_value x)
{
    return sabir_matmul(g, x, sabir_variable(g, "head", SABIR_F32, SABIR_SHAPE(WIDTH, VOCABULARY)));
}

/* All positions at once, causal. */
static void build_full(sabir_graph *g)
{
    sabir_value x = embed(g, sabir_input(g, "tokens", SABIR_I32, SABIR_SHAPE(STEPS)));
    sabir_value rows = sabir_iota(g, SABIR_I32, SABIR_SHAPE(STEPS, STEPS), 0, 0, 1), columns = sabir_iota(g, SABIR_I32, SABIR_SHAPE(STEPS, STEPS), 1, 0, 1);
    sabir_value causal = sabir_less_equal(g, columns, rows), positions = sabir_iota(g, SABIR_I32, SABIR_SHAPE(STEPS), 0, 0, 1);
    for (int l = 0; l < LAYERS; l++) {
        layer w = layer_weights(g, l);
        sabir_value h = sabir_rms_norm(g, x, w.norm, 1e-6);
        sabir_value q = heads(g, rotate(g, sabir_matmul(g, h, w.query), positions, STEPS), STEPS);
        sabir_value mixed = attend(g, q, rotate(g, sabir_matmul(g, h, w.key), positions, STEPS), sabir_matmul(g, h, w.value), STEPS, STEPS, causal);
        x = feed_forward(g, sabir_add(g, x, sabir_matmul(g, mixed, w.out)), w);
    }
    sabir_output(g, "logits", logits(g, x));
}

static sabir_value grow(sabir_graph *g, const char *name, int l, sabir_value row, sabir_value start, sabir_extent n)
{
    char full[32];
    snprintf(full, sizeof full, "%s%d", name, l);
    sabir_value cache = sabir_variable(g, full, SABIR_F32, SABIR_SHAPE(STEPS, WIDTH)), grown = sabir_update(g, cache, row, start);
    sabir_assign(g, cache, grown);
    return sabir_narrow(g, grown, 0, 0, n);
}

/* One position: the caches take its key and value in place, and n of their rows are read. */
static void build_step(sabir_graph *g)
{
    sabir_extent n = sabir_dim_create(g, "n", 1, STEPS);
    sabir_value x = embed(g, sabir_input(g, "token", SABIR_I32, SABIR_SHAPE(1)));
    sabir_value position = sabir_reshape(g, sabir_scalar(g, "position", SABIR_I32), SABIR_SHAPE(1));
    sabir_value start = sabir_concat(g, (sabir_value[]){position, sabir_constant(g, SABIR_I32, SABIR_SHAPE(1), (int32_t[]){0})}, 2, 0);
    for (int l = 0; l < LAYERS; l++) {
        layer w = layer_weights(g, l);
        sabir_value h = sabir_rms_norm(g, x, w.norm, 1e-6);
        sabir_value q = heads(g, rotate(g, sabir_matmul(g, h, w.query), position, 1), 1);
        sabir_value k = grow(g, "keys", l, rotate(g, sabir_matmul(g, h, w.key), position, 1), start, n);
        sabir_value v = grow(g, "values", l, sabir_matmul(g, h, w.value), start, n);
        x = feed_forward(g, sabir_add(g, x, sabir_matmul(g, attend(g, q, k, v, 1, n, SABIR_NONE), w.out)), w);
    }
    sabir_output(g, "logits", logits(g, x));
}

static void fill_weights(sabir_store *store)
{
    uint32_t state = 1;
    for (uint32_t i = 0; i < sabir_store_count(store); i++) {
        sabir_tensor *tensor = sabir_store_find(store, sabir_store_name(store, i));
        const size_t count = (size_t)sabir_tensor_bytes(tensor) / 4;
        float *data = malloc(count * 4);
        for (size_t k = 0; k < count; k++) {
            state = state * 1664525u + 1013904223u;
            data[k] = sabir_tensor_shape(tensor).rank == 1 ? 1.0f : ((float)(state >> 8) / 8388608.0f - 1.0f) * 0.3f;
        }
        must(sabir_tensor_write(tensor, 0, data, count * 4));
        free(data);
    }
}

static void decode_on(sabir_context *context, const char *id)
{
    sabir_device *device;
    sabir_store *store;
    sabir_graph *full, *step;
    sabir_program *all, *one;
    sabir_tensor *tokens, *expected, *token, *row;
    must(sabir_device_open(context, id, &device));
    must(sabir_store_create(device, &store));
    must(sabir_graph_create(context, &full));
    must(sabir_graph_create(context, &step));
    build_full(full);
    build_step(step);
    const sabir_compile_options options = {.size = sizeof options, .state_in_place = 1, .fallback = SABIR_FALLBACK_ERROR};
    must(sabir_compile(full, device, store, &options, &all));
    fill_weights(store);
    must(sabir_compile(step, device, store, &options, &one));
    must(sabir_tensor_create(device, SABIR_I32, SABIR_SHAPE(STEPS), &tokens));
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(STEPS, VOCABULARY), &expected));
    must(sabir_tensor_create(device, SABIR_I32, SABIR_SHAPE(1), &token));
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(1, VOCABULARY), &row));

    int32_t text[STEPS];
    for (int i = 0; i < STEPS; i++) text[i] = (i * 7 + i / 5) % VOCABULARY;
    static float wanted[STEPS][VOCABULARY];
    must(sabir_tensor_write(tokens, 0, text, sizeof text));
    must(sabir_run(all, (sabir_binding[]){{"tokens", tokens}, {"logits", expected}}, 2));
    must(sabir_tensor_read(expected, 0, wanted, sizeof wanted));

    must(sabir_program_prewarm(one));
    must(sabir_bind(one, sabir_slot(one, "token"), token));
    must(sabir_bind(one, sabir_slot(one, "logits"), row));
    const int32_t position = sabir_slot(one, "position");
    sabir_counters before = {.size = sizeof before}, after = before;
    double worst = 0;
    for (int i = 0; i < STEPS; i++) {
        float got[VOCABULARY];
        must(sabir_tensor_write(token, 0, &text[i], 4));
        must(sabir_set_i32(one, position, i));
        must(sabir_set_dim(one, "n", i + 1));
        must(sabir_run(one, NULL, 0));
        must(sabir_tensor_read(row, 0, got, sizeof got));
        for (int c = 0; c < VOCABULARY; c++) worst = fmax(worst, fabs((double)got[c] - (double)wanted[i][c]));
        if (i == 0) must(sabir_program_counters(one, &before));
    }
    must(sabir_program_counters(one, &after));
    cr_expect_lt(worst, 2e-4, "%s: cached and full logits differ by %g", id, worst);
    cr_expect_eq(after.compiled, before.compiled, "%s: compiled while decoding", id);
    cr_expect_eq(after.allocations, before.allocations, "%s: allocated while decoding", id);
    cr_expect_leq(after.recordings, 12, "%s: %llu recordings", id, (unsigned long long)after.recordings);

    sabir_tensor *const tensors[] = {tokens, expected, token, row};
    for (int i = 0; i < 4; i++) sabir_tensor_release(tensors[i]);
    sabir_program_destroy(all);
    sabir_program_destroy(one);
    sabir_graph_destroy(full);
    sabir_graph_destroy(step);
    sabir_store_release(store);
    sabir_device_release(device);
}

Test(decode, reference, .timeout = 250) { on_device("reference", decode_on); }
Test(decode, vulkan, .timeout = 250) { on_device("vulkan", decode_on); }
Test(decode, opencl, .timeout = 250) { on_device("opencl", decode_on); }
