#include "row.h"

enum { MEGA = 1 << 20 };

static sabir_value build_spmm(sabir_graph *g, const sabir_value *x)
{
    return sabir_spmm(g, x[0], x[1], x[2], x[3]);
}

static sabir_value build_gather(sabir_graph *g, const sabir_value *x)
{
    return sabir_gather(g, x[0], x[1], 0);
}

static sabir_value build_sort(sabir_graph *g, const sabir_value *x)
{
    return sabir_sort(g, x[0], 0, 0, NULL);
}

const bench_row bench_rows_index[] = {
    {
        .name = "spmm/20000x20x64", /* rows, entries in each, columns of the dense operand */
        .flops = 2.0 * 20000 * 20 * 64,
        .operands = {{1, {20001}, BENCH_ROWS, 20}, {1, {400000}, BENCH_INDEX, 20000}, {1, {400000}}, {2, {20000, 64}}},
        .result = 20000 * 64,
        .build = build_spmm,
        .peer = bench_peer_spmm,
        .peer_name = "C loop in vectors, 1 thread",
        .tolerance = 1e-5,
    },
    {
        .name = "gather/100000x64", /* 200,000 rows of 64 out of 100,000 */
        .operands = {{2, {100000, 64}}, {1, {200000}, BENCH_INDEX, 100000}},
        .result = 200000 * 64,
        .build = build_gather,
        .peer = bench_peer_gather,
        .peer_name = "memcpy by row, 1 thread",
    },
    {
        .name = "sort/1M",
        .operands = {{1, {MEGA}}},
        .result = MEGA,
        .build = build_sort,
        .peer = bench_peer_sort,
        .peer_name = "C radix sort, 1 thread",
        .scratch = sizeof(float) * MEGA,
    },
    {0},
};
