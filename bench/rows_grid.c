#include "row.h"

static sabir_value build_lines(sabir_graph *g, const sabir_value *x)
{
    return sabir_fft(g, x[0], SABIR_INTS(1), 0);
}

static sabir_value build_plane(sabir_graph *g, const sabir_value *x)
{
    return sabir_fft(g, x[0], SABIR_INTS(0, 1), 0);
}

const bench_row bench_rows_grid[] = {
    {
        .name = "fft/256x1024", /* 256 lines of 1024 complex numbers; 5 n log2 n operations, as FFTW counts */
        .flops = 5.0 * 256 * 1024 * 10,
        .operands = {{3, {256, 1024, 2}}},
        .result = 256 * 1024 * 2,
        .build = build_lines,
        .peer = bench_peer_fft_lines,
        .peer_is_fftw = true,
        .tolerance = 1e-5,
    },
    {
        .name = "fft/1024x1024", /* in both directions */
        .flops = 5.0 * 1024 * 1024 * 20,
        .operands = {{3, {1024, 1024, 2}}},
        .result = 1024 * 1024 * 2,
        .build = build_plane,
        .peer = bench_peer_fft_plane,
        .peer_is_fftw = true,
        .tolerance = 1e-5,
    },
    {0},
};
