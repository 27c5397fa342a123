/* Matrix products and what is made of them, over BLAS. */
#include "peer.h"

/* [..., m, k] times [..., k, n], the batches one after another. */
void bench_peer_matmul(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    const bench_operand *a = &row->operands[0], *b = &row->operands[1];
    const int64_t m = a->extents[a->rank - 2], k = a->extents[a->rank - 1], n = b->extents[b->rank - 1];
    const int64_t batches = row->result / (m * n);
    (void)scratch;
    for (int64_t i = 0; i < batches; i++)
        bench_sgemm((int)m, (int)n, (int)k, (const float *)operands[0] + i * m * k, (const float *)operands[1] + i * k * n, (float *)result + i * m * n);
}

/* One channel of x moved by a tap of the window, zero outside. */
static void copy_shifted(const float *x, int64_t height, int64_t width, int64_t down, int64_t right, float *to)
{
    const int64_t first = right < 0 ? -right : 0, last = right > 0 ? width - right : width;
    for (int64_t r = 0; r < height; r++, to += width) {
        memset(to, 0, (size_t)width * sizeof *to);
        if (r + down < 0 || r + down >= height) continue;
        memcpy(to + first, x + (r + down) * width + first + right, (size_t)(last - first) * sizeof *to);
    }
}

/* 3x3, stride 1, padded by 1: windows laid out as a matrix in scratch, then one product. x [1, c, h, w], weights [o, c, 3, 3]. */
void bench_peer_conv(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    const int64_t *x = row->operands[0].extents, channels = x[1], points = x[2] * x[3], outputs = row->operands[1].extents[0];
    float *windows = scratch;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t tap = 0; tap < 9; tap++)
            copy_shifted((const float *)operands[0] + c * points, x[2], x[3], tap / 3 - 1, tap % 3 - 1, windows + (c * 9 + tap) * points);
    bench_sgemm((int)outputs, (int)points, (int)(channels * 9), operands[1], windows, result);
}
