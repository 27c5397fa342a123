/* Attention and its gradients: every mode alone and in the combinations that make sense. */
#include <string.h>

#include "case.h"

/* Sizes of a problem; 0 heads: 4 over 2. */
typedef struct sizes { int64_t batch, heads, key_heads, queries, keys, d, dv; } sizes;

typedef struct problem { sabir_attention_operands operands; sabir_attention_attrs attrs; sizes size; } problem;

static const sizes plain = {2, 4, 2, 19, 37, 13, 7};

static sabir_value numbers(conform_build *b, sabir_shape shape) { return conform_input(b, b->type, shape, BETWEEN(-1, 1)); }
static sabir_value indices(conform_build *b, sabir_shape shape, double low, double high) { return conform_input(b, SABIR_I32, shape, BETWEEN(low, high)); }

static problem of_sizes(conform_build *b, sizes s)
{
    return (problem){
        .operands = {.q = numbers(b, SABIR_SHAPE(s.batch, s.heads, s.queries, s.d)), .k = numbers(b, SABIR_SHAPE(s.batch, s.key_heads, s.keys, s.d)),
                     .v = numbers(b, SABIR_SHAPE(s.batch, s.key_heads, s.keys, s.dv))},
        .size = s,
    };
}

/* ---- What is made of a problem: attention, or a gradient from results of any kind ---- */

static sabir_type wide_type(const conform_build *b) { return b->type == SABIR_F64 ? SABIR_F64 : SABIR_F32; }

static void name(char text[48], const char *what, const char *part)
{
    text[0] = '\0';
    strncat(text, what, 30);
    strncat(text, part, 12);
}

static void put(conform_build *b, const char *what, const char *part, sabir_value value)
{
    char text[48];
    name(text, what, part);
    conform_output(b, text, value);
}

static void conclude(conform_build *b, const char *what, const problem *p)
{
    sabir_graph *g = b->graph;
    const sabir_attention_operands *o = &p->operands;
    sabir_value lse, d_k, d_v;
    if (strcmp(b->of->op, "attention") == 0) {
        put(b, what, "", sabir_attention(g, o, &p->attrs, &lse));
        put(b, what, "_lse", lse);
        return;
    }
    sabir_shape shape = sabir_value_shape(o->q), rows = shape;
    shape.extents[shape.rank - 1] = sabir_value_shape(o->v).extents[sabir_value_shape(o->v).rank - 1];
    rows.rank--;
    const sabir_value out = numbers(b, shape), d_out = numbers(b, shape), d_lse = conform_input(b, wide_type(b), rows, BETWEEN(-1, 1));
    lse = conform_input(b, wide_type(b), rows, BETWEEN(0, 3));
    if (strcmp(b->of->op, "attention_bias_gradient") == 0) {
        if (o->bias.graph) put(b, what, "", sabir_attention_bias_gradient(g, o, &p->attrs, out, lse, d_out, d_lse));
        return;
    }
    put(b, what, "_q", sabir_attention_gradient(g, o, &p->attrs, out, lse, d_out, d_lse, &d_k, &d_v));
    put(b, what, "_k", d_k);
    put(b, what, "_v", d_v);
}

/* ---- Modes ---- */

static void dense(conform_build *b)
{
    static const struct { const char *name; sizes size; } of[] = {
        {"plain", {2, 4, 2, 19, 37, 13, 7}}, {"one", {1, 1, 1, 1, 1, 1, 1}},      {"wide", {1, 2, 2, 5, 33, 64, 150}},
        {"widest", {1, 1, 1, 3, 34, 256, 256}}, {"shared", {1, 6, 1, 7, 40, 8, 5}}, {"no_queries", {2, 2, 1, 0, 5, 3, 4}},
        {"no_keys", {2, 2, 1, 5, 0, 3, 4}},  {"no_batch", {0, 2, 1, 5, 3, 3, 4}}, {"many", {1, 2, 2, 70, 96, 4, 8}},
    };
    for (uint32_t i = 0; i < COUNT_OF(of); i++) {
        problem p = of_sizes(b, of[i].size);
        p.attrs.scale = i % 2 ? 0 : 0.3;
        conclude(b, of[i].name, &p);
    }
}

static void ranges(conform_build *b)
{
    static const sizes tall = {1, 2, 1, 67, 67, 6, 6}, short_ = {1, 2, 2, 70, 33, 5, 4}, decode = {3, 4, 2, 1, 75, 16, 16};
    const struct { const char *name; sizes size; sabir_attention_attrs attrs; } of[] = {
        {"causal", tall, {.causal = 1}},           {"ends_together", plain, {.causal = 1}}, {"fewer_keys", short_, {.causal = 1}},
        {"window", tall, {.window = 9}},           {"causal_window", tall, {.causal = 1, .window = 40}},
        {"window_of_one", plain, {.window = 1}},   {"whole_window", plain, {.window = 1000000000000}}, {"decode", decode, {.causal = 1}},
    };
    for (uint32_t i = 0; i < COUNT_OF(of); i++) {
        problem p = of_sizes(b, of[i].size);
        p.attrs = of[i].attrs;
        conclude(b, of[i].name, &p);
    }
}

static void masks(conform_build *b)
{
    problem p = of_sizes(b, plain);
    const sizes s = p.size;
    p.operands.mask = conform_input(b, SABIR_U32, SABIR_SHAPE(s.queries, 2), (conform_fill){0, 0, CONFORM_WHOLE, NULL});
    conclude(b, "shared", &p);
    p = of_sizes(b, plain);
    p.operands.mask = conform_input(b, SABIR_U32, SABIR_SHAPE(s.batch, s.heads, s.queries, 2), (conform_fill){0, 0, CONFORM_WHOLE, NULL});
    p.attrs.causal = 1;
    conclude(b, "each_causal", &p);
    p = of_sizes(b, (sizes){1, 2, 2, 35, 141, 4, 4});
    p.operands.mask = conform_input(b, SABIR_U32, SABIR_SHAPE(5, 1), (conform_fill){0, 0, CONFORM_WHOLE, NULL});
    p.attrs.mask_queries = 8;
    p.attrs.mask_keys = 5;
    conclude(b, "blocks", &p);
    p = of_sizes(b, plain);
    p.operands.mask = sabir_slice(b->graph, conform_input(b, SABIR_U32, SABIR_SHAPE(s.queries, 5), (conform_fill){0, 0, CONFORM_WHOLE, NULL}), SABIR_INTS(s.queries - 1, 3),
                                  SABIR_SHAPE(s.queries, 2), SABIR_INTS(-1, -2));
    conclude(b, "strided", &p);
}

static void biases(conform_build *b)
{
    const sizes s = {2, 4, 2, 19, 37, 4, 7};
    const sabir_shape shapes[] = {SABIR_SHAPE(s.batch, s.heads, s.queries, s.keys), SABIR_SHAPE(s.heads, s.queries, s.keys), SABIR_SHAPE(s.keys), SABIR_SCALAR_SHAPE,
                                  SABIR_SHAPE(s.batch, 1, 1, s.keys), SABIR_SHAPE(s.heads, 1, 1), SABIR_SHAPE(s.queries, 1)};
    static const char *const names[] = {"each", "heads", "keys", "one", "batch_keys", "by_head", "queries"};
    for (uint32_t i = 0; i < COUNT_OF(shapes); i++) {
        problem p = of_sizes(b, s);
        p.operands.bias = conform_input(b, b->type, shapes[i], BETWEEN(-2, 2));
        p.attrs.causal = i == 1;
        conclude(b, names[i], &p);
    }
    problem p = of_sizes(b, (sizes){1, 2, 1, 200, 9, 4, 4}); /* more terms than one invocation adds */
    p.operands.bias = conform_input(b, b->type, SABIR_SHAPE(9), BETWEEN(-2, 2));
    p.operands.k_lengths = conform_input(b, SABIR_I32, SABIR_SHAPE(1), BETWEEN(7, 7));
    conclude(b, "many", &p);
}

static problem adjacent(conform_build *b, sizes s, int64_t edges)
{
    problem p = of_sizes(b, s);
    p.operands.rows = conform_input(b, SABIR_I32, SABIR_SHAPE(s.queries + 1), (conform_fill){0, (double)edges, CONFORM_RISING, NULL});
    p.operands.columns = indices(b, SABIR_SHAPE(edges), -1, (double)s.keys);
    return p;
}

static void adjacency(conform_build *b)
{
    problem p = adjacent(b, plain, 97);
    conclude(b, "plain", &p);
    p = adjacent(b, plain, 97);
    p.operands.bias = conform_input(b, b->type, SABIR_SHAPE(plain.heads, 97), BETWEEN(-2, 2));
    p.operands.k_lengths = indices(b, SABIR_SHAPE(plain.batch), 5, 40);
    conclude(b, "bias", &p);
    p = adjacent(b, plain, 97);
    p.operands.q_positions = indices(b, SABIR_SHAPE(plain.queries), 0, 50);
    p.operands.k_positions = indices(b, SABIR_SHAPE(plain.batch, plain.keys), 0, 50);
    p.attrs.causal = 1;
    p.attrs.window = 20;
    conclude(b, "causal", &p);
    p = adjacent(b, (sizes){1, 17, 1, 3, 5, 4, 4}, 0);
    conclude(b, "no_edges", &p);
    p = adjacent(b, (sizes){1, 18, 1, 3, 50, 4, 4}, 130);
    conclude(b, "long", &p);
}

static void places(conform_build *b)
{
    const sizes s = plain;
    problem p = of_sizes(b, s);
    p.operands.q_positions = indices(b, SABIR_SHAPE(s.batch, s.queries), 0, 40);
    p.attrs.causal = 1;
    conclude(b, "queries", &p);
    p = of_sizes(b, s);
    p.operands.q_positions = indices(b, SABIR_SHAPE(s.queries), -10, 40);
    p.operands.k_positions = indices(b, SABIR_SHAPE(s.batch, s.keys), -10, 40);
    p.attrs.causal = 1;
    p.attrs.window = 30;
    conclude(b, "both", &p);
    p = of_sizes(b, s);
    p.operands.k_positions = indices(b, SABIR_SHAPE(s.keys), 0, 40);
    p.operands.mask = conform_input(b, SABIR_U32, SABIR_SHAPE(s.queries, 2), (conform_fill){0, 0, CONFORM_WHOLE, NULL});
    p.attrs.window = 12;
    conclude(b, "keys", &p);
}

static void lengths(conform_build *b)
{
    const sizes s = {3, 4, 2, 19, 75, 6, 8};
    problem p = of_sizes(b, s);
    p.operands.k_lengths = indices(b, SABIR_SHAPE(s.batch), -1, 80);
    conclude(b, "keys", &p);
    p = of_sizes(b, s);
    p.operands.q_lengths = indices(b, SABIR_SHAPE(s.batch), 0, 19);
    p.operands.k_lengths = indices(b, SABIR_SHAPE(s.batch), 0, 75);
    p.attrs.causal = 1;
    conclude(b, "both_causal", &p);
    p = of_sizes(b, s);
    p.operands.q_lengths = conform_input(b, SABIR_I32, SABIR_SCALAR_SHAPE, BETWEEN(3, 9));
    p.operands.q_positions = indices(b, SABIR_SHAPE(s.queries), 20, 60);
    p.attrs.causal = 1;
    p.attrs.window = 33;
    conclude(b, "positions", &p);
}

/* ---- Blocks ---- */

typedef struct pool { int64_t blocks, block, lists, items, fields; sizes size; } pool;

static problem of_pool(conform_build *b, pool c)
{
    const sizes s = c.size;
    problem p = {.size = s};
    const sabir_shape field = SABIR_SHAPE(s.batch, c.lists, c.items, 1);
    p.operands.q = numbers(b, SABIR_SHAPE(s.batch, s.heads, s.queries, s.d));
    p.operands.k = numbers(b, SABIR_SHAPE(c.blocks, s.key_heads, c.block, s.d));
    p.operands.v = numbers(b, SABIR_SHAPE(c.blocks, s.key_heads, c.block, s.dv));
    const sabir_value fields[] = {indices(b, field, -1, (double)c.blocks), indices(b, field, -20, 60), indices(b, field, -1, (double)c.block + 1), indices(b, field, 0, 9)};
    p.operands.blocks = sabir_concat(b->graph, fields, (uint32_t)c.fields, 3);
    return p;
}

typedef struct listing { const char *name; pool pool; sabir_attention_attrs attrs; bool placed; } listing;

static void of_listings(conform_build *b, const listing *of, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        problem p = of_pool(b, of[i].pool);
        p.attrs = of[i].attrs;
        if (of[i].placed) p.operands.q_positions = indices(b, SABIR_SHAPE(p.size.batch, p.size.queries), 0, 60);
        conclude(b, of[i].name, &p);
    }
}

static void blocks(conform_build *b)
{
    const pool few = {5, 16, 1, 4, 3, {2, 4, 2, 6, 0, 8, 8}}, each = {7, 5, 6, 9, 3, {2, 6, 2, 6, 0, 8, 12}}, long_ = {3, 40, 1, 5, 4, {1, 4, 4, 33, 0, 6, 6}};
    const listing of[] = {
        {"few", few, {.scale = 0}, false},
        {"each", each, {.scale = 0}, false},
        {"long_causal", long_, {.causal = 1, .window = 50}, true},
        {"no_items", {5, 16, 1, 0, 3, {1, 2, 2, 3, 0, 4, 4}}, {.scale = 0}, false},
        {"no_batch", {5, 16, 1, 2, 3, {0, 2, 2, 3, 0, 4, 4}}, {.scale = 0}, false},
    };
    of_listings(b, of, COUNT_OF(of));
}

static void turned(conform_build *b)
{
    const pool few = {5, 16, 1, 4, 3, {2, 4, 2, 6, 0, 8, 8}}, each = {7, 5, 6, 9, 3, {2, 6, 2, 6, 0, 8, 12}}, long_ = {3, 40, 1, 5, 4, {1, 4, 4, 33, 0, 6, 6}};
    const listing of[] = {
        {"few", few, {.rope_base = 1000}, false},
        {"each", each, {.rope_base = 1000, .rope_rotated = 6}, false},
        {"long_causal", long_, {.causal = 1, .rope_base = 100}, true},
        {"decode", {9, 16, 1, 7, 3, {3, 8, 2, 1, 0, 16, 16}}, {.rope_base = 1000}, false},
    };
    of_listings(b, of, COUNT_OF(of));
}

/* ---- Other keys ---- */

static void others(conform_build *b)
{
    problem p = of_sizes(b, plain);
    const sizes s = plain;
    p.operands.prefix_k = numbers(b, SABIR_SHAPE(s.key_heads, 5, s.d));
    p.operands.prefix_v = numbers(b, SABIR_SHAPE(s.key_heads, 5, s.dv));
    p.attrs.causal = 1;
    conclude(b, "prefix", &p);
    p = of_sizes(b, (sizes){1, 2, 1, 9, 9, 4, 4});
    p.operands.prefix_k = numbers(b, SABIR_SHAPE(1, 1, 3, 4));
    p.operands.prefix_v = numbers(b, SABIR_SHAPE(1, 1, 3, 4));
    p.operands.q_lengths = conform_input(b, SABIR_I32, SABIR_SHAPE(1), BETWEEN(4, 6));
    p.operands.k_lengths = conform_input(b, SABIR_I32, SABIR_SHAPE(1), BETWEEN(0, 0));
    conclude(b, "prefix_alone", &p);
    p = of_sizes(b, plain);
    p.operands.partial_out = conform_input(b, wide_type(b), SABIR_SHAPE(s.batch, s.heads, s.queries, s.dv), BETWEEN(-1, 1));
    p.operands.partial_lse = conform_input(b, wide_type(b), SABIR_SHAPE(s.batch, s.heads, s.queries), BETWEEN(-1, 5));
    p.attrs.wide = 1;
    conclude(b, "partial", &p);
}

static void layouts(conform_build *b)
{
    const sizes s = {2, 4, 2, 19, 37, 8, 6};
    for (int layout = CONFORM_TRANSPOSED; layout < CONFORM_LAYOUTS; layout++) {
        problem p = {.size = s};
        p.operands.q = conform_laid(b, (conform_layout)layout, b->type, SABIR_SHAPE(s.batch, s.heads, s.queries, s.d), BETWEEN(-1, 1));
        p.operands.k = conform_laid(b, (conform_layout)layout, b->type, SABIR_SHAPE(s.batch, s.key_heads, s.keys, s.d), BETWEEN(-1, 1));
        p.operands.v = conform_laid(b, (conform_layout)layout, b->type, SABIR_SHAPE(s.batch, s.key_heads, s.keys, s.dv), BETWEEN(-1, 1));
        conclude(b, conform_layout_names[layout], &p);
    }
    const sabir_ints heads_inside = SABIR_INTS(0, 2, 1, 3);
    problem p = {.size = s, .attrs = {.causal = 1}};
    p.operands.q = sabir_transpose(b->graph, numbers(b, SABIR_SHAPE(2, 19, 4, 8)), heads_inside);
    p.operands.k = sabir_transpose(b->graph, numbers(b, SABIR_SHAPE(2, 37, 2, 8)), heads_inside);
    p.operands.v = sabir_transpose(b->graph, numbers(b, SABIR_SHAPE(2, 37, 2, 6)), heads_inside);
    conclude(b, "heads_inside", &p);
    p = (problem){.size = s};
    p.operands.q = numbers(b, SABIR_SHAPE(2, 1, 2, 3, 2, 7, 4));
    p.operands.k = numbers(b, SABIR_SHAPE(2, 1, 2, 9, 4));
    p.operands.v = numbers(b, SABIR_SHAPE(3, 2, 9, 5));
    p.operands.k_lengths = indices(b, SABIR_SHAPE(2, 1), 3, 9);
    conclude(b, "ranks", &p);
    p = (problem){.size = s};
    p.operands.q = numbers(b, SABIR_SHAPE(2, 7, 4));
    p.operands.k = p.operands.v = numbers(b, SABIR_SHAPE(1, 9, 4));
    conclude(b, "no_batch_axes", &p);
}

static void dims(conform_build *b)
{
    const sabir_extent n = conform_dim(b, 70, 67, 1), m = conform_dim(b, 90, 35, 90);
    problem p = {.attrs = {.causal = 1}};
    p.operands.q = numbers(b, SABIR_SHAPE(2, 4, n, 4));
    p.operands.k = numbers(b, SABIR_SHAPE(2, 2, m, 4));
    p.operands.v = numbers(b, SABIR_SHAPE(2, 2, m, 5));
    conclude(b, "causal", &p);
    p.operands.bias = conform_input(b, b->type, SABIR_SHAPE(n, m), BETWEEN(-1, 1));
    conclude(b, "bias", &p);
    const sabir_extent e = conform_dim(b, 80, 80, 3), batch = conform_dim(b, 3, 3, 0);
    p = (problem){0};
    p.operands.q = numbers(b, SABIR_SHAPE(batch, 2, 5, 4));
    p.operands.k = numbers(b, SABIR_SHAPE(batch, 1, m, 4));
    p.operands.v = numbers(b, SABIR_SHAPE(batch, 1, m, 4));
    p.operands.rows = conform_input(b, SABIR_I32, SABIR_SHAPE(6), (conform_fill){0, 80, CONFORM_RISING, NULL});
    p.operands.columns = indices(b, SABIR_SHAPE(e), 0, 89);
    conclude(b, "rows", &p);
}

/* For slow devices: little of everything. */
static void small(conform_build *b)
{
    const sizes s = {1, 4, 2, 3, 5, 3, 2};
    problem p = of_sizes(b, s);
    p.operands.mask = conform_input(b, SABIR_U32, SABIR_SHAPE(s.queries, 1), (conform_fill){0, 0, CONFORM_WHOLE, NULL});
    p.operands.bias = conform_input(b, b->type, SABIR_SHAPE(s.keys), BETWEEN(-1, 1));
    p.operands.k_lengths = indices(b, SABIR_SHAPE(s.batch), 4, 4);
    p.attrs.causal = 1;
    conclude(b, "small", &p);
    p = adjacent(b, s, 8); /* conditions by edge fill their words */
    conclude(b, "small_rows", &p);
}

enum { SOME = OF(F32) | OF(F16) };

static void add_all(conform_list *list)
{
    conform_add(list, OF(F32), "small", small, 0);
    conform_add(list, FLOATS, "dense", dense, 0);
    conform_add(list, FLOATS, "ranges", ranges, 0);
    conform_add(list, SOME, "masks", masks, 0);
    conform_add(list, FLOATS, "bias", biases, 0);
    conform_add(list, FLOATS, "adjacency", adjacency, 0);
    conform_add(list, SOME, "positions", places, 0);
    conform_add(list, SOME, "lengths", lengths, 0);
    conform_add(list, SOME, "blocks", blocks, 0);
    conform_add(list, FLOATS, "turned_blocks", turned, 0);
    conform_add(list, SOME, "layouts", layouts, 0);
    conform_add(list, SOME, "dims", dims, 0);
}

CONFORM_CASES(attention)
{
    add_all(list);
    conform_add(list, FLOATS, "other_keys", others, 0);
}

CONFORM_CASES(attention_gradient) { add_all(list); }

CONFORM_CASES(attention_bias_gradient)
{
    conform_add(list, OF(F32), "small", small, 0);
    conform_add(list, FLOATS, "bias", biases, 0);
    conform_add(list, SOME, "adjacency", adjacency, 0);
    conform_add(list, SOME, "dims", dims, 0);
}
