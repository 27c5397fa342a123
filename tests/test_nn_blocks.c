/* suite: device, timeout: 600
 * Blocks of transformers, experts and graphs: against the same written down operator by operator; what a block may not depend on; training with all of them
 * on each device. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/devices.h"

typedef struct bench {
    sabir_device *device;
    sabir_store *store;
    sabir_graph *g;
    sabir_params *p;
} bench;

static bench open_bench(sabir_context *context, const char *id)
{
    bench b;
    const sabir_params_options options = {.size = sizeof options, .seed = 11};
    must(sabir_device_open(context, id, &b.device));
    must(sabir_store_create(b.device, &b.store));
    must(sabir_graph_create(context, &b.g));
    must(sabir_params_create(b.g, &options, &b.p));
    return b;
}

static void close_bench(bench *b)
{
    sabir_params_destroy(b->p);
    sabir_graph_destroy(b->g);
    sabir_store_release(b->store);
    sabir_device_release(b->device);
}

/* Numbers of -1 .. 1. */
static void draw(float *values, size_t count, uint32_t state)
{
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        values[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
    }
}

typedef struct fed { const char *name; const void *data; } fed;

/* The value for these inputs, compiled anew; the caller frees it. Parameters are initialised at the first call. */
static float *compute(bench *b, sabir_value value, const char *name, const fed *inputs, int count, size_t *elements)
{
    sabir_program *program;
    sabir_tensor *out, *in[4] = {NULL};
    const sabir_compile_options options = {.size = sizeof options, .outputs = &name, .output_count = 1, .fallback = SABIR_FALLBACK_ERROR};
    sabir_type type;
    sabir_shape shape;
    const bool fresh = sabir_store_count(b->store) == 0;
    sabir_output(b->g, name, value);
    must(sabir_compile(b->g, b->device, b->store, &options, &program));
    if (fresh) must(sabir_params_initialise(b->p, b->store));
    for (int i = 0; i < count; i++) {
        const int32_t slot = sabir_slot(program, inputs[i].name);
        must(sabir_output_shape(program, sabir_slot(program, name), &type, &shape));
        const sabir_shape wanted = strcmp(inputs[i].name, "positions") == 0 ? SABIR_SHAPE(6) : SABIR_SHAPE(2, 6, 16);
        must(sabir_tensor_create(b->device, strcmp(inputs[i].name, "positions") == 0 ? SABIR_I32 : SABIR_F32, wanted, &in[i]));
        must(sabir_tensor_write(in[i], 0, inputs[i].data, sabir_tensor_bytes(in[i])));
        if (slot >= 0) must(sabir_bind(program, slot, in[i]));
    }
    must(sabir_output_shape(program, sabir_slot(program, name), &type, &shape));
    must(sabir_tensor_create(b->device, type, shape, &out));
    must(sabir_run(program, &(sabir_binding){name, out}, 1));
    *elements = (size_t)sabir_tensor_bytes(out) / sizeof(float);
    float *values = malloc(*elements * sizeof *values);
    must(sabir_tensor_read(out, 0, values, *elements * sizeof *values));
    for (int i = 0; i < 4; i++) sabir_tensor_release(in[i]);
    sabir_tensor_release(out);
    sabir_program_destroy(program);
    return values;
}

static double difference(const float *a, const float *b, size_t count)
{
    double worst = 0;
    for (size_t i = 0; i < count; i++) worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
    return worst;
}

/* ---- Transformers: [2, 6, 16], four heads of queries, two of keys ---- */

enum { BATCH = 2, LENGTH = 6, WIDTH = 16, HEADS = 4, KV_HEADS = 2, HEAD = WIDTH / HEADS, HIDDEN = 24, CELLS = BATCH * LENGTH * WIDTH };

static sabir_value weight(bench *b, const char *name, int64_t from, int64_t to) { return sabir_param(b->p, name, SABIR_SHAPE(from, to), (sabir_init){.kind = SABIR_INIT_ZEROS}); }

static sabir_value by_heads(bench *b, sabir_value x, int64_t heads)
{
    return sabir_transpose(b->g, sabir_reshape(b->g, x, SABIR_SHAPE(BATCH, LENGTH, heads, HEAD)), SABIR_INTS(0, 2, 1, 3));
}

/* The block of options below, from its own parameters, with a table of scores. */
static sabir_value written_down(bench *b, sabir_value x)
{
    sabir_graph *g = b->g;
    const sabir_value positions = sabir_iota(g, SABIR_I32, SABIR_SHAPE(LENGTH), 0, 0, 1);
    const sabir_value normed = sabir_rms_norm(g, x, sabir_param(b->p, "block/attention_norm/scale", SABIR_SHAPE(WIDTH), (sabir_init){.kind = SABIR_INIT_ZEROS}), 1e-5);
    const sabir_value q = sabir_rope(g, by_heads(b, sabir_matmul(g, normed, weight(b, "block/attention/query/weight", WIDTH, WIDTH)), HEADS), positions, 10000, 0);
    const sabir_value k = sabir_rope(g, by_heads(b, sabir_matmul(g, normed, weight(b, "block/attention/key/weight", WIDTH, KV_HEADS * HEAD)), KV_HEADS), positions, 10000, 0);
    const sabir_value v = by_heads(b, sabir_matmul(g, normed, weight(b, "block/attention/value/weight", WIDTH, KV_HEADS * HEAD)), KV_HEADS);
    /* Each head of keys serves two of queries. */
    const sabir_shape wide = SABIR_SHAPE(BATCH, KV_HEADS, HEADS / KV_HEADS, LENGTH, HEAD), all = SABIR_SHAPE(BATCH, HEADS, LENGTH, HEAD), one = SABIR_SHAPE(BATCH, KV_HEADS, 1, LENGTH, HEAD);
    const sabir_value keys = sabir_reshape(g, sabir_broadcast(g, sabir_reshape(g, k, one), wide), all), values = sabir_reshape(g, sabir_broadcast(g, sabir_reshape(g, v, one), wide), all);
    const sabir_value rows = sabir_iota(g, SABIR_I32, SABIR_SHAPE(LENGTH, LENGTH), 0, 0, 1), columns = sabir_iota(g, SABIR_I32, SABIR_SHAPE(LENGTH, LENGTH), 1, 0, 1);
    sabir_value scores = sabir_mul(g, sabir_matmul_transposed(g, q, keys, 0, 1), sabir_number(g, SABIR_F32, 1 / sqrt(HEAD)));
    scores = sabir_select(g, sabir_less_equal(g, columns, rows), scores, sabir_number(g, SABIR_F32, -1e30));
    const sabir_value mixed = sabir_matmul(g, sabir_softmax(g, scores, -1), values);
    const sabir_value joined = sabir_reshape(g, sabir_transpose(g, mixed, SABIR_INTS(0, 2, 1, 3)), SABIR_SHAPE(BATCH, LENGTH, WIDTH));
    x = sabir_add(g, x, sabir_matmul(g, joined, weight(b, "block/attention/out/weight", WIDTH, WIDTH)));
    const sabir_value inner = sabir_rms_norm(g, x, sabir_param(b->p, "block/feed_forward_norm/scale", SABIR_SHAPE(WIDTH), (sabir_init){.kind = SABIR_INIT_ZEROS}), 1e-5);
    const sabir_value gate = sabir_silu(g, sabir_matmul(g, inner, weight(b, "block/feed_forward/gate/weight", WIDTH, HIDDEN)));
    const sabir_value up = sabir_matmul(g, inner, weight(b, "block/feed_forward/up/weight", WIDTH, HIDDEN));
    return sabir_add(g, x, sabir_matmul(g, sabir_mul(g, gate, up), weight(b, "block/feed_forward/down/weight", HIDDEN, WIDTH)));
}

static const sabir_transformer_options grouped = {.size = sizeof(sabir_transformer_options), .heads = HEADS, .kv_heads = KV_HEADS, .hidden = HIDDEN};

static void transformer_on(sabir_context *context, const char *id)
{
    bench b = open_bench(context, id);
    float x[CELLS];
    size_t count;
    draw(x, CELLS, 5);
    const sabir_value in = sabir_input(b.g, "x", SABIR_F32, SABIR_SHAPE(BATCH, LENGTH, WIDTH)), y = sabir_transformer_block(b.p, "block", in, &grouped);
    cr_assert_eq(sabir_params_count(b.p), 9);
    float *got = compute(&b, y, "block", &(fed){"x", x}, 1, &count), *wanted = compute(&b, written_down(&b, in), "written", &(fed){"x", x}, 1, &count);
    cr_assert_eq(sabir_params_count(b.p), 9, "the same parameters under other names");
    cr_assert_lt(difference(got, wanted, count), 1e-5, "%s: block and formula differ by %g", id, difference(got, wanted, count));
    cr_assert_gt(difference(got, x, count), 0.1);
    free(got);
    free(wanted);
    close_bench(&b);
}

/* Earlier tokens do not see later ones; only differences of positions matter. */
static void properties_on(sabir_context *context, const char *id)
{
    bench b = open_bench(context, id);
    float x[CELLS], other[CELLS];
    int32_t near[LENGTH], far[LENGTH];
    size_t count;
    draw(x, CELLS, 5);
    memcpy(other, x, sizeof x);
    for (int i = 0; i < BATCH; i++) draw(other + (i * LENGTH + LENGTH - 1) * WIDTH, WIDTH, 99);
    for (int i = 0; i < LENGTH; i++) far[i] = (near[i] = 3 * i) + 1000;
    sabir_transformer_options options = grouped;
    options.layer_norm = options.bias = 1;
    options.kind = SABIR_FEED_FORWARD_GELU;
    options.positions = sabir_input(b.g, "positions", SABIR_I32, SABIR_SHAPE(LENGTH));
    const sabir_value in = sabir_input(b.g, "x", SABIR_F32, SABIR_SHAPE(BATCH, LENGTH, WIDTH)), y = sabir_transformer_block(b.p, "block", in, &options);
    float *first = compute(&b, y, "first", (fed[]){{"x", x}, {"positions", near}}, 2, &count), *later = compute(&b, y, "later", (fed[]){{"x", other}, {"positions", near}}, 2, &count);
    float *shifted = compute(&b, y, "shifted", (fed[]){{"x", x}, {"positions", far}}, 2, &count);
    for (int i = 0; i < BATCH; i++) {
        const size_t from = (size_t)i * LENGTH * WIDTH, kept = (LENGTH - 1) * WIDTH;
        cr_assert_eq(difference(first + from, later + from, kept), 0, "%s: a token sees what comes after it", id);
        cr_assert_gt(difference(first + from + kept, later + from + kept, WIDTH), 0.1);
    }
    cr_assert_lt(difference(first, shifted, count), 1e-3, "%s: positions matter beyond their differences: %g", id, difference(first, shifted, count));
    free(first);
    free(later);
    free(shifted);
    close_bench(&b);
}

/* ---- Experts: one expert is a feed-forward part ---- */

static void experts_on(sabir_context *context, const char *id)
{
    bench b = open_bench(context, id);
    float x[CELLS];
    size_t count;
    draw(x, CELLS, 5);
    const sabir_value in = sabir_input(b.g, "x", SABIR_F32, SABIR_SHAPE(BATCH, LENGTH, WIDTH));
    const sabir_experts_options options = {.size = sizeof options, .experts = 1, .hidden = HIDDEN};
    const sabir_value y = sabir_experts_block(b.p, "moe", in, &options, NULL);
    const sabir_value zero = SABIR_NONE;
    (void)zero;
    sabir_graph *g = b.g;
    sabir_value gate = sabir_reshape(g, sabir_param(b.p, "moe/gate", SABIR_SHAPE(1, WIDTH, HIDDEN), (sabir_init){.kind = SABIR_INIT_ZEROS}), SABIR_SHAPE(WIDTH, HIDDEN));
    const sabir_value up = sabir_reshape(g, sabir_param(b.p, "moe/up", SABIR_SHAPE(1, WIDTH, HIDDEN), (sabir_init){.kind = SABIR_INIT_ZEROS}), SABIR_SHAPE(WIDTH, HIDDEN));
    const sabir_value down = sabir_reshape(g, sabir_param(b.p, "moe/down", SABIR_SHAPE(1, HIDDEN, WIDTH), (sabir_init){.kind = SABIR_INIT_ZEROS}), SABIR_SHAPE(HIDDEN, WIDTH));
    gate = sabir_silu(g, sabir_matmul(g, in, gate));
    const sabir_value plain = sabir_matmul(g, sabir_mul(g, gate, sabir_matmul(g, in, up)), down);
    float *got = compute(&b, y, "experts", &(fed){"x", x}, 1, &count), *wanted = compute(&b, plain, "plain", &(fed){"x", x}, 1, &count);
    cr_assert_lt(difference(got, wanted, count), 1e-5, "%s: one expert and a feed-forward part differ by %g", id, difference(got, wanted, count));
    free(got);
    free(wanted);
    close_bench(&b);
}

/* ---- Graphs: a ring with chords; renumbered nodes give renumbered results ---- */

enum { NODES = 6, FEATURES = 16, EDGES = 3 * NODES };

static sabir_csr *make_csr(sabir_context *context, const int32_t *number)
{
    int32_t to[EDGES], from[EDGES];
    sabir_csr *csr;
    for (int i = 0; i < NODES; i++)
        for (int k = 0; k < 3; k++) {
            to[i * 3 + k] = number[i];
            from[i * 3 + k] = number[(i + (int[]){1, 5, 2}[k]) % NODES];
        }
    must(sabir_csr_create(context, NODES, NODES, EDGES, SABIR_I32, to, from, NULL, &csr));
    return csr;
}

static void messages_on(sabir_context *context, const char *id)
{
    static const int32_t same[NODES] = {0, 1, 2, 3, 4, 5}, mixed[NODES] = {3, 5, 0, 4, 1, 2};
    float x[2][CELLS], *y[2];
    size_t count;
    draw(x[0], CELLS, 5);
    for (int i = 0; i < NODES; i++) memcpy(x[1] + mixed[i] * FEATURES, x[0] + i * FEATURES, FEATURES * sizeof **x);
    memcpy(x[1] + NODES * FEATURES, x[0] + NODES * FEATURES, (CELLS - NODES * FEATURES) * sizeof **x);
    for (int k = 0; k < 2; k++) {
        bench b = open_bench(context, id);
        sabir_csr *csr = make_csr(context, k ? mixed : same);
        const sabir_sparse matrix = sabir_sparse_constant(b.g, csr);
        const sabir_value in = sabir_input(b.g, "x", SABIR_F32, SABIR_SHAPE(BATCH, LENGTH, WIDTH));
        const sabir_value nodes = sabir_reshape(b.g, sabir_narrow(b.g, in, 0, 0, 1), SABIR_SHAPE(NODES, FEATURES));
        const sabir_message_options options = {.size = sizeof options, .hidden = 10, .gathering = k < 2 ? SABIR_GATHER_MEAN : SABIR_GATHER_SUM};
        sabir_value h = sabir_message_block(b.p, "first", &matrix, nodes, SABIR_NONE, FEATURES, &options);
        h = sabir_message_block(b.p, "second", &matrix, h, SABIR_NONE, 7, NULL);
        y[k] = compute(&b, h, "y", &(fed){"x", x[k]}, 1, &count);
        sabir_csr_destroy(csr);
        close_bench(&b);
    }
    for (int i = 0; i < NODES; i++)
        cr_assert_lt(difference(y[0] + i * 7, y[1] + mixed[i] * 7, 7), 1e-5, "%s: node %d depends on how nodes are numbered: %g", id, i, difference(y[0] + i * 7, y[1] + mixed[i] * 7, 7));
    free(y[0]);
    free(y[1]);
}

/* ---- All of them trained: the next number of a pattern, and the class of a node ---- */

enum { TOKENS = 7, TRAINING_STEPS = 12 };

static sabir_value language_loss(bench *b, sabir_value tokens)
{
    sabir_graph *g = b->g;
    const sabir_experts_options experts = {.size = sizeof experts, .experts = 3, .hidden = 12, .route = {.size = sizeof(sabir_route_options), .k = 2}};
    sabir_routing routing;
    sabir_transformer_options mixture = grouped;
    mixture.experts = &experts;
    mixture.routing = &routing;
    const sabir_value table = sabir_param(b->p, "table", SABIR_SHAPE(TOKENS, WIDTH), (sabir_init){.kind = SABIR_INIT_NORMAL, .scale = 0.5});
    const sabir_value seen = sabir_narrow(g, tokens, 1, 0, LENGTH), next = sabir_narrow(g, tokens, 1, 1, LENGTH);
    sabir_value x = sabir_transformer_block(b->p, "block0", sabir_embedding(g, table, seen), &grouped);
    x = sabir_transformer_block(b->p, "block1", x, &mixture);
    const sabir_value logits = sabir_linear(b->p, "head", x, TOKENS, NULL);
    return sabir_add(g, sabir_mean(g, sabir_cross_entropy(g, logits, next), SABIR_ALL_AXES), sabir_mul(g, routing.balance_loss, sabir_number(g, SABIR_F32, 0.01)));
}

static void train(sabir_context *context, const char *id, float losses[TRAINING_STEPS])
{
    static const int32_t identity[NODES] = {0, 1, 2, 3, 4, 5}, labels[NODES] = {0, 1, 1, 0, 1, 0};
    bench b = open_bench(context, id);
    sabir_program *program;
    sabir_tensor *tokens, *out;
    int32_t text[BATCH * (LENGTH + 1)];
    float edges[EDGES * 2];
    sabir_csr *csr = make_csr(context, identity);
    const sabir_sparse matrix = sabir_sparse_constant(b.g, csr);
    draw(edges, EDGES * 2, 3);
    const sabir_value language = language_loss(&b, sabir_input(b.g, "tokens", SABIR_I32, SABIR_SHAPE(BATCH, LENGTH + 1)));
    const sabir_value nodes = sabir_param(b.p, "nodes", SABIR_SHAPE(NODES, FEATURES), (sabir_init){.kind = SABIR_INIT_NORMAL});
    const sabir_value classes = sabir_message_block(b.p, "message", &matrix, nodes, sabir_constant(b.g, SABIR_F32, SABIR_SHAPE(EDGES, 2), edges), 2,
                                                    &(sabir_message_options){.size = sizeof(sabir_message_options), .hidden = 8, .gathering = SABIR_GATHER_SUM});
    const sabir_value labelled = sabir_mean(b.g, sabir_cross_entropy(b.g, classes, sabir_constant(b.g, SABIR_I32, SABIR_SHAPE(NODES), labels)), SABIR_ALL_AXES);
    const sabir_value loss = sabir_add(b.g, language, labelled);
    const sabir_optimizer_options options = {.size = sizeof options, .kind = SABIR_ADAM, .schedule = {.rate = 0.01}, .clip_norm = 5};
    sabir_parameter_group groups[2];
    sabir_params_groups(b.p, groups);
    must(sabir_minimize(b.g, loss, &options, groups, 2, NULL));
    sabir_output(b.g, "loss", loss);
    must(sabir_compile(b.g, b.device, b.store, &(sabir_compile_options){.size = sizeof(sabir_compile_options), .fallback = SABIR_FALLBACK_ERROR}, &program));
    must(sabir_params_initialise(b.p, b.store));
    must(sabir_tensor_create(b.device, SABIR_I32, SABIR_SHAPE(BATCH, LENGTH + 1), &tokens));
    must(sabir_tensor_create(b.device, SABIR_F32, SABIR_SCALAR_SHAPE, &out));
    for (int i = 0; i < BATCH * (LENGTH + 1); i++) text[i] = (i * 3 + i / (LENGTH + 1)) % TOKENS;
    must(sabir_tensor_write(tokens, 0, text, sizeof text));
    for (int i = 0; i < TRAINING_STEPS; i++) {
        must(sabir_run(program, (sabir_binding[]){{"tokens", tokens}, {"loss", out}}, 2));
        must(sabir_tensor_read(out, 0, &losses[i], sizeof *losses));
    }
    sabir_tensor_release(tokens);
    sabir_tensor_release(out);
    sabir_program_destroy(program);
    sabir_csr_destroy(csr);
    close_bench(&b);
}

static void trains_on(sabir_context *context, const char *id)
{
    float wanted[TRAINING_STEPS], got[TRAINING_STEPS];
    train(context, "reference", wanted);
    train(context, id, got);
    cr_assert_lt((double)got[TRAINING_STEPS - 1], 0.6 * (double)got[0], "%s: the loss falls from %g to %g", id, (double)got[0], (double)got[TRAINING_STEPS - 1]);
    for (int i = 0; i < TRAINING_STEPS; i++) cr_assert_float_eq((double)got[i], (double)wanted[i], 2e-3, "%s, step %d: %g, reference %g", id, i, (double)got[i], (double)wanted[i]);
}

Test(nn_blocks, transformer_reference) { on_device("reference", transformer_on); }
Test(nn_blocks, transformer_vulkan) { on_device("vulkan", transformer_on); }
Test(nn_blocks, transformer_opencl) { on_device("opencl", transformer_on); }
Test(nn_blocks, properties_reference) { on_device("reference", properties_on); }
Test(nn_blocks, properties_vulkan) { on_device("vulkan", properties_on); }
Test(nn_blocks, properties_opencl) { on_device("opencl", properties_on); }
Test(nn_blocks, experts_reference) { on_device("reference", experts_on); }
Test(nn_blocks, experts_vulkan) { on_device("vulkan", experts_on); }
Test(nn_blocks, experts_opencl) { on_device("opencl", experts_on); }
Test(nn_blocks, messages_reference) { on_device("reference", messages_on); }
Test(nn_blocks, messages_vulkan) { on_device("vulkan", messages_on); }
Test(nn_blocks, messages_opencl) { on_device("opencl", messages_on); }
Test(nn_blocks, trains_vulkan, .timeout = 300) { on_device("vulkan", trains_on); }
Test(nn_blocks, trains_opencl, .timeout = 300) { on_device("opencl", trains_on); }
