/* A row: one problem, how to build it as a graph, and a peer that computes the same. For authors of rows; callers need bench.h alone.
 *
 * To add one: a function that builds it and one that is its peer, and a line in the table of a rows_*.c file. */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include <stdbool.h>

#include "sabir/sabir.h"

enum { BENCH_MAX_OPERANDS = 4, BENCH_MAX_RANK = 4 };

typedef enum bench_fill {
    BENCH_UNIFORM, /* f32 in [-1, 1) */
    BENCH_UNIT,    /* f32 in [0, 1) */
    BENCH_INDEX,   /* i32 in [0, range) */
    BENCH_ROWS     /* i32 row pointers: element i is i * range */
} bench_fill;

typedef struct bench_operand {
    int rank; /* 0 rank: there is none */
    int64_t extents[BENCH_MAX_RANK];
    bench_fill fill; /* says the type too */
    int64_t range;
} bench_operand;

typedef struct bench_row bench_row;

/* Computes the row from its operands in one thread. scratch: row->scratch bytes. Results and scratch are aligned to 64 bytes. */
typedef void bench_peer(const bench_row *row, const void *const *operands, void *result, void *scratch);

struct bench_row {
    const char *name; /* "operator/size" */
    double flops;     /* of one run, as the textbook counts them: 2 m n k, not what an implementation does */
    bench_operand operands[BENCH_MAX_OPERANDS];
    int64_t result; /* elements, f32 */
    sabir_value (*build)(sabir_graph *graph, const sabir_value *operands);
    bench_peer *peer;
    const char *peer_name; /* what it is, when it is not BLAS */
    bool peer_is_blas;     /* it calls bench_sgemm: there is no peer where no BLAS was found */
    bool peer_is_fftw;     /* the same of FFTW */
    size_t scratch;        /* bytes that the peer wants */
    double tolerance;      /* largest difference between the two, relative to the largest value; 0: equal */
};

/* A table ends at the first row without a name. */
extern const bench_row bench_rows_dense[], bench_rows_attention[], bench_rows_memory[], bench_rows_index[], bench_rows_sparse[], bench_rows_grid[];

static inline sabir_type bench_operand_type(const bench_operand *operand)
{
    return operand->fill == BENCH_UNIFORM || operand->fill == BENCH_UNIT ? SABIR_F32 : SABIR_I32;
}

/* ---- Peers ---- */

/* blas.c: row-major c = a b with a [m, k] and b [k, n]. */
void bench_sgemm(int m, int n, int k, const float *a, const float *b, float *c);

bench_peer bench_peer_matmul, bench_peer_conv;                      /* peer_dense.c */
bench_peer bench_peer_attention, bench_peer_causal, bench_peer_attention_gradient, bench_peer_blocks; /* peer_attention.c */
bench_peer bench_peer_chain, bench_peer_softmax, bench_peer_layer_norm, bench_peer_rms_norm, bench_peer_sum, bench_peer_stencil; /* peer_memory.c */
bench_peer bench_peer_spmm, bench_peer_gather, bench_peer_sort;     /* peer_index.c */
bench_peer bench_peer_experts, bench_peer_messages;                 /* peer_sparse.c */
bench_peer bench_peer_fft_lines, bench_peer_fft_plane;              /* fftw.c */
double bench_peer_fma(int64_t rounds);                              /* peer_roof.c */
void bench_peer_triad(float *a, const float *b, const float *c, int64_t count);

#endif
