#include "row.h"

static sabir_value build_experts(sabir_graph *g, const sabir_value *x)
{
    return sabir_grouped_matmul(g, x[0], x[1], x[2], 0);
}

/* The sum over the edges into a node of max(weight * source, 0). */
static sabir_value build_messages(sabir_graph *g, const sabir_value *x)
{
    const sabir_value weights = sabir_reshape(g, x[2], SABIR_SHAPE(sabir_value_shape(x[2]).extents[0], 1));
    return sabir_segment_sum(g, sabir_relu(g, sabir_mul(g, sabir_gather(g, x[3], x[1], 0), weights)), x[0]);
}

const bench_row bench_rows_sparse[] = {
    {
        .name = "experts/8x512x512x512", /* groups, rows in each, inner extent, columns */
        .flops = 2.0 * 8 * 512 * 512 * 512,
        .operands = {{2, {8 * 512, 512}}, {3, {8, 512, 512}}, {1, {9}, BENCH_ROWS, 512}},
        .result = 8 * 512 * 512,
        .build = build_experts,
        .peer = bench_peer_experts,
        .peer_is_blas = true,
        .tolerance = 1e-5,
    },
    {
        .name = "experts/64x16x512x512", /* few rows in each */
        .flops = 2.0 * 64 * 16 * 512 * 512,
        .operands = {{2, {64 * 16, 512}}, {3, {64, 512, 512}}, {1, {65}, BENCH_ROWS, 16}},
        .result = 64 * 16 * 512,
        .build = build_experts,
        .peer = bench_peer_experts,
        .peer_is_blas = true,
        .tolerance = 1e-5,
    },
    {
        .name = "messages/20000x20x64", /* nodes, edges into each, features */
        .flops = 3.0 * 20000 * 20 * 64,
        .operands = {{1, {20001}, BENCH_ROWS, 20}, {1, {400000}, BENCH_INDEX, 20000}, {1, {400000}}, {2, {20000, 64}}},
        .result = 20000 * 64,
        .build = build_messages,
        .peer = bench_peer_messages,
        .peer_name = "C loop, 1 thread",
        .tolerance = 1e-5,
    },
    {0},
};
