#include "row.h"

static sabir_value build_matmul(sabir_graph *g, const sabir_value *x)
{
    return sabir_matmul(g, x[0], x[1]);
}

static sabir_value build_conv(sabir_graph *g, const sabir_value *x)
{
    return sabir_conv(g, x[0], x[1], SABIR_NONE, &(sabir_conv_attrs){.before = {1, 1}, .after = {1, 1}});
}

#define MATMUL(size)                                                                                                            \
    {                                                                                                                           \
        .name = "matmul/" #size, .flops = 2.0 * size * size * size, .operands = {{2, {size, size}}, {2, {size, size}}},         \
        .result = size * size, .build = build_matmul, .peer = bench_peer_matmul, .peer_is_blas = true, .tolerance = 1e-5,       \
    }

/* A few rows times a layer's weights. */
#define SKINNY(rows)                                                                                                            \
    {                                                                                                                           \
        .name = "matmul/" #rows "x4096x4096", .flops = 2.0 * (rows) * 4096 * 4096, .operands = {{2, {rows, 4096}}, {2, {4096, 4096}}}, \
        .result = (rows) * 4096, .build = build_matmul, .peer = bench_peer_matmul, .peer_is_blas = true, .tolerance = 1e-5,      \
    }

const bench_row bench_rows_dense[] = {
    MATMUL(256),
    MATMUL(512),
    MATMUL(1024),
    MATMUL(2048),
    SKINNY(1),
    SKINNY(8),
    SKINNY(32),
    {
        .name = "matmul/256x64x64x64", /* 256 products of 64 x 64 */
        .flops = 256 * 2.0 * 64 * 64 * 64,
        .operands = {{3, {256, 64, 64}}, {3, {256, 64, 64}}},
        .result = 256 * 64 * 64,
        .build = build_matmul,
        .peer = bench_peer_matmul,
        .peer_is_blas = true,
        .tolerance = 1e-5,
    },
    {
        .name = "conv/3x3-64-64-56x56", /* window, channels in and out, points */
        .flops = 2.0 * 64 * 64 * 9 * 56 * 56,
        .operands = {{4, {1, 64, 56, 56}}, {4, {64, 64, 3, 3}}},
        .result = 64 * 56 * 56,
        .build = build_conv,
        .peer = bench_peer_conv,
        .peer_name = "windows laid out, ",
        .peer_is_blas = true,
        .scratch = sizeof(float) * 64 * 9 * 56 * 56,
        .tolerance = 1e-5,
    },
    {0},
};
