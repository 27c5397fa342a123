/* suite: device, timeout: 600
 * Attention: what is the same by two ways is, values and gradients alike, on every device; memory of long sequences. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/devices.h"

enum { MOST = 40, BATCH = 2, HEADS = 4, KEY_HEADS = 2, N = 45, D = 8, ROOM = 1 << 24 };

typedef struct rig {
    sabir_device *device;
    sabir_graph *graph;
    sabir_value inputs[MOST], outputs[2 * MOST], sides[2][MOST];
    uint8_t *data; /* of all inputs, one behind another */
    size_t used, starts[MOST];
    uint32_t input_count, output_count, pair_count;
    uint32_t drawn;
} rig;

static uint32_t draw(rig *r)
{
    r->drawn = r->drawn * 1664525u + 1013904223u;
    return r->drawn >> 8;
}

static int64_t count_of(sabir_shape shape)
{
    int64_t count = 1;
    for (int32_t i = 0; i < shape.rank; i++) count *= shape.extents[i];
    return count;
}

/* An input of 4-byte elements. data: they are copied. */
static sabir_value with_data(rig *r, sabir_type type, sabir_shape shape, const void *data)
{
    char name[16];
    const uint32_t number = r->input_count++;
    const size_t bytes = (size_t)count_of(shape) * 4;
    cr_assert(number < MOST && bytes <= ROOM - r->used);
    snprintf(name, sizeof name, "x%u", number);
    memcpy(r->data + r->used, data, bytes);
    r->starts[number] = r->used;
    r->used += bytes;
    return r->inputs[number] = sabir_input(r->graph, name, type, shape);
}

/* Floats of -1 .. 1. */
static sabir_value numbers(rig *r, sabir_shape shape)
{
    const int64_t count = count_of(shape);
    float *data = malloc((size_t)count * sizeof *data + 4);
    cr_assert_not_null(data);
    for (int64_t i = 0; i < count; i++) data[i] = (float)(int32_t)(draw(r) % 20001) / 10000 - 1;
    const sabir_value x = with_data(r, SABIR_F32, shape, data);
    free(data);
    return x;
}
#define NUMBERS(...) numbers(r, SABIR_SHAPE(__VA_ARGS__))

static sabir_value whole(rig *r, sabir_shape shape, const int32_t *data) { return with_data(r, SABIR_I32, shape, data); }

static void same(rig *r, sabir_value a, sabir_value b)
{
    r->sides[0][r->pair_count] = a;
    r->sides[1][r->pair_count++] = b;
}

static void put(rig *r, sabir_value value)
{
    char name[16];
    snprintf(name, sizeof name, "y%u", r->output_count);
    sabir_output(r->graph, name, value);
    r->outputs[r->output_count++] = value;
}

/* Both sides, then gradients of both with respect to every float input, for the same seeds. */
static void add_outputs(rig *r)
{
    sabir_value wrt[MOST], seeds[MOST], grads[2][MOST];
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->input_count; i++)
        if (sabir_value_type(r->inputs[i]) == SABIR_F32) wrt[count++] = r->inputs[i];
    for (uint32_t i = 0; i < r->pair_count; i++) seeds[i] = numbers(r, sabir_value_shape(r->sides[0][i]));
    for (int side = 0; side < 2; side++) must(sabir_vjp(r->graph, r->sides[side], seeds, r->pair_count, wrt, count, NULL, grads[side]));
    for (uint32_t i = 0; i < r->pair_count; i++) put(r, r->sides[0][i]), put(r, r->sides[1][i]);
    for (uint32_t i = 0; i < count; i++) put(r, grads[0][i]), put(r, grads[1][i]);
}

static void compare(const rig *r, sabir_tensor *const *tensors)
{
    bool moved = false;
    for (uint32_t k = 0; k < r->output_count; k += 2) {
        const int64_t count = count_of(sabir_value_shape(r->outputs[k]));
        float *a = malloc((size_t)count * 8 + 8), *b = a + count;
        cr_assert_not_null(a);
        must(sabir_tensor_read(tensors[k], 0, a, (size_t)count * 4));
        must(sabir_tensor_read(tensors[k + 1], 0, b, (size_t)count * 4));
        for (int64_t i = 0; i < count; i++) {
            const float largest = fmaxf(1, fabsf(b[i]));
            cr_assert(a[i] == b[i] || fabsf(a[i] - b[i]) <= 2e-5f * largest, "pair %u, element %d: %.9g and %.9g", k / 2, (int)i, (double)a[i], (double)b[i]);
            moved = moved || (k >= 2 * r->pair_count && a[i] != 0);
        }
        free(a);
    }
    cr_assert(moved, "every gradient is 0");
}

static void check(sabir_context *context, const char *selector, void (*build)(rig *r))
{
    rig r = {.drawn = 7, .data = malloc(ROOM)};
    sabir_tensor *in[MOST], *out[2 * MOST];
    sabir_binding bindings[3 * MOST];
    char names[3 * MOST][16];
    uint32_t bound = 0;
    sabir_program *program;
    cr_assert_not_null(r.data);
    must(sabir_device_open(context, selector, &r.device));
    must(sabir_graph_create(context, &r.graph));
    build(&r);
    must(sabir_graph_status(r.graph));
    add_outputs(&r);
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR};
    must(sabir_compile(r.graph, r.device, NULL, &options, &program));
    for (uint32_t i = 0; i < r.input_count; i++) {
        snprintf(names[bound], sizeof names[bound], "x%u", i);
        must(sabir_tensor_create(r.device, sabir_value_type(r.inputs[i]), sabir_value_shape(r.inputs[i]), &in[i]));
        must(sabir_tensor_write(in[i], 0, r.data + r.starts[i], sabir_tensor_bytes(in[i])));
        bindings[bound] = (sabir_binding){names[bound], in[i]};
        if (sabir_slot(program, names[bound]) >= 0) bound++;
    }
    for (uint32_t i = 0; i < r.output_count; i++) {
        snprintf(names[bound], sizeof names[bound], "y%u", i);
        must(sabir_tensor_create(r.device, SABIR_F32, sabir_value_shape(r.outputs[i]), &out[i]));
        bindings[bound] = (sabir_binding){names[bound], out[i]};
        bound++;
    }
    must(sabir_run(program, bindings, bound));
    compare(&r, out);
    for (uint32_t i = 0; i < r.output_count; i++) sabir_tensor_release(out[i]);
    for (uint32_t i = 0; i < r.input_count; i++) sabir_tensor_release(in[i]);
    free(r.data);
    sabir_program_destroy(program);
    sabir_graph_destroy(r.graph);
    sabir_device_release(r.device);
}

#define ON_ALL(name)                                                                                         \
    static void name##_on(sabir_context *context, const char *selector) { check(context, selector, name); }  \
    Test(attention, name##_reference, .timeout = 60) { on_device("reference", name##_on); }                  \
    Test(attention, name##_vulkan, .timeout = 120) { on_device("vulkan", name##_on); }                       \
    Test(attention, name##_opencl, .timeout = 240) { on_device("opencl", name##_on); }

/* ---- Problems ---- */

static sabir_attention_operands plain(rig *r)
{
    return (sabir_attention_operands){.q = NUMBERS(BATCH, HEADS, N, D), .k = NUMBERS(BATCH, KEY_HEADS, N, D), .v = NUMBERS(BATCH, KEY_HEADS, N, D)};
}

/* Attention by two ways: results and their log-sum-exp. */
static void same_attention(rig *r, const sabir_attention_operands *a, const sabir_attention_attrs *a_attrs, const sabir_attention_operands *b,
                           const sabir_attention_attrs *b_attrs)
{
    sabir_value lse[2];
    const sabir_value first = sabir_attention(r->graph, a, a_attrs, &lse[0]), second = sabir_attention(r->graph, b, b_attrs, &lse[1]);
    same(r, first, second);
    same(r, lse[0], lse[1]);
}

/* Products, softmax, product: what the operator stands for. */
static void formula(rig *r)
{
    sabir_graph *g = r->graph;
    const sabir_attention_operands o = {.q = NUMBERS(BATCH, HEADS, N, D), .k = NUMBERS(BATCH, HEADS, N, D), .v = NUMBERS(BATCH, HEADS, N, D), .bias = NUMBERS(HEADS, N, N)};
    const sabir_value scores = sabir_mul(g, sabir_matmul_transposed(g, o.q, o.k, 0, 1), sabir_number(g, SABIR_F32, 1 / sqrt(D)));
    const sabir_value whole_softmax = sabir_softmax(g, sabir_add(g, scores, o.bias), -1);
    same(r, sabir_attention(g, &o, NULL, NULL), sabir_matmul(g, whole_softmax, o.v));
}
ON_ALL(formula)

static void shared_heads_are_repeated_ones(rig *r)
{
    sabir_graph *g = r->graph;
    sabir_attention_operands shared = plain(r), repeated = shared;
    const sabir_shape one = SABIR_SHAPE(BATCH, KEY_HEADS, 1, N, D), all = SABIR_SHAPE(BATCH, KEY_HEADS, HEADS / KEY_HEADS, N, D), flat = SABIR_SHAPE(BATCH, HEADS, N, D);
    repeated.k = sabir_reshape(g, sabir_broadcast(g, sabir_reshape(g, shared.k, one), all), flat);
    repeated.v = sabir_reshape(g, sabir_broadcast(g, sabir_reshape(g, shared.v, one), all), flat);
    same_attention(r, &shared, NULL, &repeated, NULL);
}
ON_ALL(shared_heads_are_repeated_ones)

static void keys_may_come_in_any_order_with_their_positions(rig *r)
{
    int32_t order[N], queries[N];
    const sabir_attention_attrs attrs = {.causal = 1, .window = 20};
    for (int32_t i = 0; i < N; i++) order[i] = (i * 7 + 3) % N, queries[i] = i;
    const sabir_attention_operands inorder = plain(r);
    const sabir_value places = whole(r, SABIR_SHAPE(N), order);
    const sabir_attention_operands moved = {.q = inorder.q, .k = sabir_gather(r->graph, inorder.k, places, 2), .v = sabir_gather(r->graph, inorder.v, places, 2),
                                            .q_positions = whole(r, SABIR_SHAPE(N), queries), .k_positions = places};
    same_attention(r, &inorder, &attrs, &moved, &attrs);
}
ON_ALL(keys_may_come_in_any_order_with_their_positions)

static sabir_value keys_of(rig *r, sabir_value x, int64_t first, int64_t count) { return sabir_narrow(r->graph, x, 2, first, count); }

static void halves_merge_to_the_whole(rig *r)
{
    const sabir_attention_operands all = plain(r);
    sabir_value lse, lse_a, lse_b, merged;
    const sabir_attention_operands a = {.q = all.q, .k = keys_of(r, all.k, 0, 17), .v = keys_of(r, all.v, 0, 17)};
    const sabir_attention_operands b = {.q = all.q, .k = keys_of(r, all.k, 17, N - 17), .v = keys_of(r, all.v, 17, N - 17)};
    const sabir_value out = sabir_attention(r->graph, &all, NULL, &lse);
    const sabir_value out_a = sabir_attention(r->graph, &a, NULL, &lse_a), out_b = sabir_attention(r->graph, &b, NULL, &lse_b);
    const sabir_value both = sabir_attention_merge(r->graph, out_a, lse_a, out_b, lse_b, &merged);
    same(r, both, out);
    same(r, merged, lse);
    /* The same, from the partial result on. */
    sabir_attention_operands rest = b;
    rest.partial_out = out_a;
    rest.partial_lse = lse_a;
    sabir_value resumed;
    same(r, sabir_attention(r->graph, &rest, NULL, &resumed), out);
    same(r, resumed, lse);
}
ON_ALL(halves_merge_to_the_whole)

/* Rows without keys on one side, on the other, and on both. */
static void empty_results_merge(rig *r)
{
    static const int32_t none_and_some[] = {0, 9}, some_and_none[] = {5, 0}, none[] = {0, 0};
    const sabir_attention_operands all = plain(r);
    const sabir_value lengths[] = {whole(r, SABIR_SHAPE(2), none_and_some), whole(r, SABIR_SHAPE(2), some_and_none), whole(r, SABIR_SHAPE(2), none)};
    sabir_value out[3], lse[3], merged;
    for (int i = 0; i < 3; i++) {
        sabir_attention_operands o = all;
        o.k_lengths = lengths[i];
        out[i] = sabir_attention(r->graph, &o, NULL, &lse[i]);
    }
    const sabir_value either = sabir_attention_merge(r->graph, out[0], lse[0], out[1], lse[1], &merged);
    same(r, either, sabir_add(r->graph, out[0], out[1]));
    same(r, sabir_attention_merge(r->graph, out[0], lse[0], out[2], lse[2], NULL), out[0]);
    same(r, sabir_attention_merge(r->graph, out[2], lse[2], out[2], lse[2], NULL), sabir_mul(r->graph, out[2], sabir_number(r->graph, SABIR_F32, 0)));
}
ON_ALL(empty_results_merge)

static void a_causal_prefix_is_a_shorter_sequence(rig *r)
{
    enum { SHORT = 31 };
    const sabir_attention_attrs causal = {.causal = 1};
    const sabir_attention_operands all = plain(r);
    const sabir_attention_operands part = {.q = keys_of(r, all.q, 0, SHORT), .k = keys_of(r, all.k, 0, SHORT), .v = keys_of(r, all.v, 0, SHORT)};
    same(r, keys_of(r, sabir_attention(r->graph, &all, &causal, NULL), 0, SHORT), sabir_attention(r->graph, &part, &causal, NULL));
    const sabir_attention_operands last = {.q = keys_of(r, all.q, SHORT, N - SHORT), .k = all.k, .v = all.v};
    same(r, keys_of(r, sabir_attention(r->graph, &all, &causal, NULL), SHORT, N - SHORT), sabir_attention(r->graph, &last, &causal, NULL));
}
ON_ALL(a_causal_prefix_is_a_shorter_sequence)

static void a_window_of_everything_is_none(rig *r)
{
    const sabir_attention_attrs causal = {.causal = 1}, window = {.causal = 1, .window = N}, everything = {.window = N}, nothing = {.window = 0};
    const sabir_attention_operands o = plain(r);
    same_attention(r, &o, &causal, &o, &window);
    same_attention(r, &o, &nothing, &o, &everything);
}
ON_ALL(a_window_of_everything_is_none)

static void lengths_cut(rig *r)
{
    static const int32_t most[] = {19, 19};
    const sabir_attention_attrs causal = {.causal = 1};
    const sabir_attention_operands all = plain(r);
    sabir_attention_operands limited = all;
    limited.k_lengths = limited.q_lengths = whole(r, SABIR_SHAPE(BATCH), most);
    const sabir_attention_operands part = {.q = keys_of(r, all.q, 0, 19), .k = keys_of(r, all.k, 0, 19), .v = keys_of(r, all.v, 0, 19)};
    same(r, keys_of(r, sabir_attention(r->graph, &limited, &causal, NULL), 0, 19), sabir_attention(r->graph, &part, &causal, NULL));
}
ON_ALL(lengths_cut)

/* ---- Masks ---- */

static bool is_edge(int query, int key) { return (query * 5 + key * 3) % 7 < 2 && query != 4; }

static void set_bit(uint32_t *words, int row, int per_row, int bit) { words[row * per_row + bit / 32] |= 1u << (bit % 32); }

static void an_adjacency_is_a_mask(rig *r)
{
    uint32_t words[N * 2] = {0};
    int32_t rows[N + 1] = {0}, columns[N * N];
    for (int i = 0; i < N; i++) {
        rows[i + 1] = rows[i];
        for (int j = 0; j < N; j++)
            if (is_edge(i, j)) columns[rows[i + 1]++] = j, set_bit(words, i, 2, j);
    }
    sabir_attention_operands masked = plain(r), adjacent = masked;
    masked.mask = with_data(r, SABIR_U32, SABIR_SHAPE(N, 2), words);
    adjacent.rows = whole(r, SABIR_SHAPE(N + 1), rows);
    adjacent.columns = whole(r, SABIR_SHAPE(rows[N]), columns);
    same_attention(r, &masked, NULL, &adjacent, NULL);
    const sabir_attention_attrs causal = {.causal = 1, .window = 30};
    same_attention(r, &masked, &causal, &adjacent, &causal);
}
ON_ALL(an_adjacency_is_a_mask)

static void a_mask_of_blocks_is_a_mask_of_pairs(rig *r)
{
    enum { TALL = 4, WIDE = 3 };
    uint32_t coarse[(N + TALL - 1) / TALL] = {0}, fine[N * 2] = {0};
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            if (is_edge(i / TALL, j / WIDE)) set_bit(coarse, i / TALL, 1, j / WIDE), set_bit(fine, i, 2, j);
    const sabir_attention_attrs blocks = {.mask_queries = TALL, .mask_keys = WIDE};
    sabir_attention_operands a = plain(r), b = a;
    a.mask = with_data(r, SABIR_U32, SABIR_SHAPE((N + TALL - 1) / TALL, 1), coarse);
    b.mask = with_data(r, SABIR_U32, SABIR_SHAPE(N, 2), fine);
    same_attention(r, &a, &blocks, &b, NULL);
}
ON_ALL(a_mask_of_blocks_is_a_mask_of_pairs)

static void a_mask_is_a_bias_of_minus_infinity(rig *r)
{
    uint32_t words[N * 2] = {0};
    float bias[N * N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            bias[i * N + j] = is_edge(i, j) ? 0 : -1e30f;
            if (is_edge(i, j)) set_bit(words, i, 2, j);
            if (i == 4) bias[i * N + j] = j == 9 ? 0 : -1e30f; /* a row without keys is another thing */
            if (i == 4 && j == 9) set_bit(words, i, 2, j);
        }
    sabir_attention_operands a = plain(r), b = a;
    a.mask = with_data(r, SABIR_U32, SABIR_SHAPE(N, 2), words);
    b.bias = sabir_stop_gradient(r->graph, with_data(r, SABIR_F32, SABIR_SHAPE(N, N), bias));
    same_attention(r, &a, NULL, &b, NULL);
}
ON_ALL(a_mask_is_a_bias_of_minus_infinity)

/* ---- Blocks and prefixes ---- */

enum { POOL = 7, BLOCK = 6, ITEMS = 4 };
static const int32_t ids[ITEMS] = {5, 0, 3, 5}, starts[ITEMS] = {0, 40, 6, -12}, items_lengths[ITEMS] = {6, 6, 4, 6};

static sabir_value list_of_items(rig *r)
{
    int32_t table[ITEMS * 3];
    for (int i = 0; i < ITEMS; i++) table[3 * i] = ids[i], table[3 * i + 1] = starts[i], table[3 * i + 2] = items_lengths[i];
    return whole(r, SABIR_SHAPE(1, ITEMS, 3), table);
}

/* The blocks of a pool one after another, [1, KEY_HEADS, ITEMS BLOCK, D], the two keys that lengths leave out in the end. */
static sabir_value gathered(rig *r, sabir_value pool)
{
    sabir_graph *g = r->graph;
    const sabir_value blocks = sabir_transpose(g, sabir_gather(g, pool, whole(r, SABIR_SHAPE(ITEMS), ids), 0), SABIR_INTS(1, 0, 2, 3));
    const sabir_value flat = sabir_reshape(g, blocks, SABIR_SHAPE(1, KEY_HEADS, ITEMS * BLOCK, D));
    const sabir_value parts[] = {sabir_narrow(g, flat, 2, 0, 16), sabir_narrow(g, flat, 2, 18, 6)};
    return sabir_concat(g, parts, 2, 2);
}

static void lists_of_blocks_are_their_keys(rig *r)
{
    const sabir_value q = NUMBERS(BATCH, HEADS, 5, D), k = NUMBERS(POOL, KEY_HEADS, BLOCK, D), v = NUMBERS(POOL, KEY_HEADS, BLOCK, D);
    const sabir_attention_operands listed = {.q = q, .k = k, .v = v, .blocks = list_of_items(r)};
    const sabir_attention_operands plain_keys = {.q = q, .k = gathered(r, k), .v = gathered(r, v)};
    same_attention(r, &listed, NULL, &plain_keys, NULL);
}
ON_ALL(lists_of_blocks_are_their_keys)

/* Queries turned back meet stored keys as they would meet keys turned forward. */
static void turned_queries_are_turned_keys(rig *r)
{
    const sabir_attention_attrs turning = {.rope_base = 100};
    const sabir_value q = NUMBERS(BATCH, HEADS, 5, D), k = NUMBERS(POOL, KEY_HEADS, BLOCK, D), v = NUMBERS(POOL, KEY_HEADS, BLOCK, D);
    int32_t by[ITEMS * BLOCK - 2];
    for (int i = 0, n = 0; i < ITEMS; i++)
        for (int t = 0; t < items_lengths[i]; t++) by[n++] = starts[i];
    const sabir_attention_operands listed = {.q = q, .k = k, .v = v, .blocks = list_of_items(r)};
    const sabir_value turned = sabir_rope(r->graph, gathered(r, k), whole(r, SABIR_SHAPE(ITEMS * BLOCK - 2), by), 100, 0);
    const sabir_attention_operands plain_keys = {.q = q, .k = turned, .v = gathered(r, v)};
    same_attention(r, &listed, &turning, &plain_keys, NULL);
}
ON_ALL(turned_queries_are_turned_keys)

static void a_list_for_all_is_one_for_each(rig *r)
{
    const sabir_attention_attrs attrs = {.rope_base = 100, .causal = 1, .window = 40};
    static const int32_t places[5] = {3, 10, 45, 41, 20};
    const sabir_value q = NUMBERS(BATCH, HEADS, 5, D), k = NUMBERS(POOL, KEY_HEADS, BLOCK, D), v = NUMBERS(POOL, KEY_HEADS, BLOCK, D);
    const sabir_value one = list_of_items(r), each = sabir_broadcast(r->graph, one, SABIR_SHAPE(5, ITEMS, 3));
    const sabir_attention_operands a = {.q = q, .k = k, .v = v, .blocks = one, .q_positions = whole(r, SABIR_SHAPE(5), places)};
    sabir_attention_operands b = a;
    b.blocks = each;
    same_attention(r, &a, &attrs, &b, &attrs);
}
ON_ALL(a_list_for_all_is_one_for_each)

static void a_prefix_is_keys_that_all_see(rig *r)
{
    sabir_graph *g = r->graph;
    enum { PREFIX = 11 };
    const sabir_attention_attrs causal = {.causal = 1};
    sabir_attention_operands a = plain(r), b = a;
    a.prefix_k = NUMBERS(KEY_HEADS, PREFIX, D);
    a.prefix_v = NUMBERS(KEY_HEADS, PREFIX, D);
    const sabir_shape wide = SABIR_SHAPE(BATCH, KEY_HEADS, PREFIX, D);
    const sabir_value k[] = {sabir_broadcast(g, a.prefix_k, wide), a.k}, v[] = {sabir_broadcast(g, a.prefix_v, wide), a.v};
    b.k = sabir_concat(g, k, 2, 2);
    b.v = sabir_concat(g, v, 2, 2);
    same_attention(r, &a, &causal, &b, &causal); /* the last query stands beside the last key, so the prefix lies before all */
}
ON_ALL(a_prefix_is_keys_that_all_see)

static void weights_are_probabilities(rig *r)
{
    sabir_graph *g = r->graph;
    const sabir_attention_operands o = plain(r);
    sabir_value lse;
    const sabir_value out = sabir_attention(g, &o, NULL, &lse), all = sabir_attention_weights(g, o.q, o.k, lse, 0);
    same(r, sabir_sum(g, all, SABIR_INTS(-1)), sabir_full(g, SABIR_F32, SABIR_SHAPE(BATCH, HEADS, N), 1));
    const sabir_value by_key_head = sabir_reshape(g, all, SABIR_SHAPE(BATCH, KEY_HEADS, HEADS / KEY_HEADS * N, N));
    same(r, out, sabir_reshape(g, sabir_matmul(g, by_key_head, o.v), SABIR_SHAPE(BATCH, HEADS, N, D)));
}
ON_ALL(weights_are_probabilities)

/* ---- Memory ---- */

enum { LONG = 4096, WIDTH = 64 };

static void long_sequences(sabir_context *context, const char *selector)
{
    sabir_device *device;
    sabir_graph *g;
    sabir_program *program;
    must(sabir_device_open(context, selector, &device));
    must(sabir_graph_create(context, &g));
    const sabir_shape shape = SABIR_SHAPE(1, LONG, WIDTH);
    const sabir_value q = sabir_input(g, "q", SABIR_F32, shape), k = sabir_input(g, "k", SABIR_F32, shape), v = sabir_input(g, "v", SABIR_F32, shape);
    const sabir_value out = sabir_attention(g, &(sabir_attention_operands){.q = q, .k = k, .v = v}, &(sabir_attention_attrs){.causal = 1}, NULL);
    const sabir_value wrt[] = {q, k, v};
    sabir_value grads[3];
    must(sabir_grad(g, sabir_sum(g, sabir_square(g, out), SABIR_ALL_AXES), wrt, 3, grads));
    for (int i = 0; i < 3; i++) sabir_output(g, (const char *[]){"d_q", "d_k", "d_v"}[i], grads[i]);
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR};
    must(sabir_compile(g, device, NULL, &options, &program));
    sabir_counters counters = {.size = sizeof counters};
    must(sabir_program_counters(program, &counters));
    const uint64_t square = (uint64_t)LONG * LONG * sizeof(float), line = (uint64_t)LONG * WIDTH * sizeof(float);
    cr_assert_lt(counters.peak_bytes, square / 4, "%llu bytes", (unsigned long long)counters.peak_bytes);
    cr_assert_leq(counters.peak_bytes, 12 * line, "%llu bytes", (unsigned long long)counters.peak_bytes);
    sabir_program_destroy(program);
    sabir_graph_destroy(g);
    sabir_device_release(device);
}

Test(attention, long_sequences_vulkan, .timeout = 60) { on_device("vulkan", long_sequences); }
Test(attention, long_sequences_opencl, .timeout = 60) { on_device("opencl", long_sequences); }

/* Rows of many classes: the loss, its entropy and the gradient hold nothing of the logits' size but the gradient itself. */
static void many_classes(sabir_context *context, const char *selector)
{
    enum { ROWS = 512, CLASSES = 30000 };
    sabir_device *device;
    sabir_graph *g;
    sabir_program *program;
    must(sabir_device_open(context, selector, &device));
    must(sabir_graph_create(context, &g));
    const sabir_value logits = sabir_input(g, "logits", SABIR_F32, SABIR_SHAPE(ROWS, CLASSES)), labels = sabir_input(g, "labels", SABIR_I32, SABIR_SHAPE(ROWS));
    const sabir_value weights = sabir_input(g, "weights", SABIR_F32, SABIR_SHAPE(ROWS));
    sabir_value entropy, gradient;
    const sabir_value loss = sabir_softmax_losses(g, logits, labels, weights, NULL, &entropy, NULL);
    must(sabir_grad(g, sabir_sum(g, sabir_sub(g, loss, entropy), SABIR_ALL_AXES), &logits, 1, &gradient));
    sabir_output(g, "gradient", gradient);
    must(sabir_compile(g, device, NULL, NULL, &program));
    sabir_counters counters = {.size = sizeof counters};
    must(sabir_program_counters(program, &counters));
    cr_assert_lt(counters.peak_bytes, (uint64_t)ROWS * 64, "%llu bytes", (unsigned long long)counters.peak_bytes);
    sabir_program_destroy(program);
    sabir_graph_destroy(g);
    sabir_device_release(device);
}

Test(attention, many_classes_vulkan, .timeout = 60) { on_device("vulkan", many_classes); }
Test(attention, many_classes_opencl, .timeout = 60) { on_device("opencl", many_classes); }
