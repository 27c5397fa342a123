#include "row.h"

static sabir_value build_attention(sabir_graph *g, const sabir_value *x)
{
    return sabir_attention(g, &(sabir_attention_operands){.q = x[0], .k = x[1], .v = x[2]}, NULL, NULL);
}

static sabir_value build_causal(sabir_graph *g, const sabir_value *x)
{
    return sabir_attention(g, &(sabir_attention_operands){.q = x[0], .k = x[1], .v = x[2]}, &(sabir_attention_attrs){.causal = 1}, NULL);
}

/* Forward and backward: gradients of q, k and v, one after another. */
static sabir_value build_gradient(sabir_graph *g, const sabir_value *x)
{
    const sabir_attention_operands operands = {.q = x[0], .k = x[1], .v = x[2]};
    sabir_value lse, gradients[3];
    const sabir_value out = sabir_attention(g, &operands, NULL, &lse);
    gradients[0] = sabir_attention_gradient(g, &operands, NULL, out, lse, x[3], SABIR_NONE, &gradients[1], &gradients[2]);
    return sabir_concat(g, gradients, 3, 0);
}

/* A pool of blocks of 16 keys, one list for the one query of each of 8 sequences. */
static sabir_value build_decode(sabir_graph *g, const sabir_value *x)
{
    const sabir_shape list = SABIR_SHAPE(8, 1, 64, 1);
    const sabir_value fields[] = {sabir_reshape(g, x[3], list), sabir_full(g, SABIR_I32, list, 0), sabir_full(g, SABIR_I32, list, 16)};
    const sabir_attention_operands operands = {.q = x[0], .k = x[1], .v = x[2], .blocks = sabir_concat(g, fields, 3, 3)};
    return sabir_attention(g, &operands, NULL, NULL);
}

enum { HEADS = 8, WIDTH = 64 };
#define ONE(length) {4, {1, HEADS, length, WIDTH}}
#define SQUARE(length) (sizeof(float) * (length) * (length))

#define ATTENTION(label, length, how, share)                                                                                                       \
    {                                                                                                                                              \
        .name = "attention/" label, .flops = (share) * 4.0 * HEADS * WIDTH * length * length, .operands = {ONE(length), ONE(length), ONE(length)}, \
        .result = (int64_t)HEADS * length * WIDTH, .build = how, .peer = how == build_causal ? bench_peer_causal : bench_peer_attention,           \
        .peer_name = "whole products, ", .peer_is_blas = true, .scratch = SQUARE(length) + 2 * sizeof(float) * WIDTH * length, .tolerance = 1e-5,  \
    }

const bench_row bench_rows_attention[] = {
    ATTENTION("8x512x64", 512, build_attention, 1),
    ATTENTION("8x2048x64", 2048, build_attention, 1),
    ATTENTION("causal-8x2048x64", 2048, build_causal, 0.5),
    {
        .name = "attention/gradient-8x512x64",
        .flops = 14.0 * HEADS * WIDTH * 512 * 512, /* two products forward, five backward */
        .operands = {ONE(512), ONE(512), ONE(512), ONE(512)},
        .result = 3 * (int64_t)HEADS * 512 * WIDTH,
        .build = build_gradient,
        .peer = bench_peer_attention_gradient,
        .peer_name = "whole products, ",
        .peer_is_blas = true,
        .scratch = 3 * SQUARE(512) + 2 * sizeof(float) * WIDTH * 512,
        .tolerance = 1e-4,
    },
    {
        .name = "attention/blocks-8x1x1024x64", /* sequences, queries, keys by blocks of 16, 8 heads over 2 */
        .flops = 4.0 * 8 * 8 * 1024 * 64,
        .operands = {{4, {8, 8, 1, 64}}, {4, {512, 2, 16, 64}}, {4, {512, 2, 16, 64}}, {2, {8, 64}, BENCH_INDEX, 512}},
        .result = 8 * 8 * 64,
        .build = build_decode,
        .peer = bench_peer_blocks,
        .peer_name = "C loop, 1 thread",
        .tolerance = 1e-5,
    },
    {0},
};
