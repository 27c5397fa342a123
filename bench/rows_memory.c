#include "row.h"

enum { MEGA = 1 << 20 };

static sabir_value build_chain(sabir_graph *g, const sabir_value *x)
{
    sabir_value scaled = sabir_mul(g, x[0], sabir_number(g, SABIR_F32, 1.5));
    return sabir_square(g, sabir_relu(g, sabir_add(g, scaled, sabir_number(g, SABIR_F32, 0.25))));
}

static sabir_value build_softmax(sabir_graph *g, const sabir_value *x)
{
    return sabir_softmax(g, x[0], -1);
}

static sabir_value build_layer_norm(sabir_graph *g, const sabir_value *x)
{
    return sabir_layer_norm(g, x[0], x[1], x[2], 1e-5);
}

static sabir_value build_rms_norm(sabir_graph *g, const sabir_value *x)
{
    return sabir_rms_norm(g, x[0], x[1], 1e-5);
}

static sabir_value build_sum(sabir_graph *g, const sabir_value *x)
{
    return sabir_sum(g, x[0], SABIR_ALL_AXES);
}

static sabir_value build_stencil(sabir_graph *g, const sabir_value *x)
{
    static const float laplacian[9] = {0, 1, 0, 1, -4, 1, 0, 1, 0};
    sabir_value weights = sabir_constant(g, SABIR_F32, SABIR_SHAPE(3, 3), laplacian);
    const sabir_stencil_attrs attrs = {.axes = 2, .boundary = {SABIR_BOUNDARY_NEUMANN, SABIR_BOUNDARY_NEUMANN}};
    return sabir_stencil(g, x[0], weights, SABIR_NONE, &attrs);
}

#define C_LOOP "C loop, 1 thread"

const bench_row bench_rows_memory[] = {
    {
        .name = "chain/4x4M", /* four elementwise operators over 16 MiB */
        .flops = 4.0 * 4 * MEGA,
        .operands = {{1, {4 * MEGA}}},
        .result = 4 * MEGA,
        .build = build_chain,
        .peer = bench_peer_chain,
        .peer_name = C_LOOP,
        .tolerance = 1e-6,
    },
    {
        .name = "softmax/4096x1024",
        .flops = 5.0 * 4096 * 1024,
        .operands = {{2, {4096, 1024}}},
        .result = 4096 * 1024,
        .build = build_softmax,
        .peer = bench_peer_softmax,
        .peer_name = C_LOOP ", libmvec",
        .tolerance = 1e-5,
    },
    {
        .name = "layer_norm/4096x1024",
        .flops = 8.0 * 4096 * 1024,
        .operands = {{2, {4096, 1024}}, {1, {1024}}, {1, {1024}}},
        .result = 4096 * 1024,
        .build = build_layer_norm,
        .peer = bench_peer_layer_norm,
        .peer_name = C_LOOP,
        .tolerance = 1e-5,
    },
    {
        .name = "rms_norm/4096x1024",
        .flops = 4.0 * 4096 * 1024,
        .operands = {{2, {4096, 1024}}, {1, {1024}}},
        .result = 4096 * 1024,
        .build = build_rms_norm,
        .peer = bench_peer_rms_norm,
        .peer_name = C_LOOP,
        .tolerance = 1e-5,
    },
    {
        .name = "sum/16M",
        .flops = 16.0 * MEGA,
        .operands = {{1, {16 * MEGA}, BENCH_UNIT}},
        .result = 1,
        .build = build_sum,
        .peer = bench_peer_sum,
        .peer_name = C_LOOP,
        .tolerance = 1e-5,
    },
    {
        .name = "stencil/5-2048x2048", /* five points */
        .flops = 6.0 * 2048 * 2048,
        .operands = {{2, {2048, 2048}}},
        .result = 2048 * 2048,
        .build = build_stencil,
        .peer = bench_peer_stencil,
        .peer_name = C_LOOP,
        .tolerance = 1e-6,
    },
    {0},
};
