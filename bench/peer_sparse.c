/* Rows in groups, and messages along edges. */
#include "peer.h"

/* One product a group. x [t, k], weights [g, k, n], row pointers [g + 1]. */
void bench_peer_experts(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    const int64_t *weights = row->operands[1].extents, k = weights[1], n = weights[2];
    const int32_t *pointers = operands[2];
    (void)scratch;
    for (int64_t g = 0; g < weights[0]; g++)
        bench_sgemm(pointers[g + 1] - pointers[g], (int)n, (int)k, (const float *)operands[0] + pointers[g] * k, (const float *)operands[1] + g * k * n,
                    (float *)result + pointers[g] * n);
}

/* Row pointers, columns, weights and x [n, 64]; the row's sums stay in registers. */
BENCH_STRONG void bench_peer_messages(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    enum { WIDTH = 64, LANES = 16, VECTORS = WIDTH / LANES };
    const int64_t rows = row->operands[0].extents[0] - 1;
    const int32_t *restrict pointers = operands[0], *restrict columns = operands[1];
    const float *restrict weights = operands[2], *restrict x = operands[3];
    const bench_float16 zero = {0};
    (void)scratch;
    for (int64_t r = 0; r < rows; r++) {
        bench_float16 sums[VECTORS] = {{0}};
        for (int32_t e = pointers[r]; e < pointers[r + 1]; e++) {
            const bench_float16 *from = (const bench_float16 *)(x + (int64_t)columns[e] * WIDTH);
            for (int v = 0; v < VECTORS; v++) {
                const bench_float16 message = weights[e] * from[v];
                /* Comparing vectors gives all ones where it holds. */
                sums[v] += (bench_float16)((bench_int16)message & (message > zero));
            }
        }
        memcpy((float *)result + r * WIDTH, sums, sizeof sums);
    }
}
