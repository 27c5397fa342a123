/* Loops that memory bounds. */
#include <math.h>

#include "peer.h"

/* relu(x * 1.5 + 0.25)^2 */
BENCH_STRONG void bench_peer_chain(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    const float *restrict x = operands[0];
    float *restrict y = result;
    (void)scratch;
    for (int64_t i = 0; i < row->result; i++) {
        const float linear = x[i] * 1.5F + 0.25F, positive = linear > 0 ? linear : 0;
        y[i] = positive * positive;
    }
}

/* expf is libmvec's, a vector at a time. */
BENCH_STRONG void bench_peer_softmax(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    const int64_t rows = row->operands[0].extents[0], width = row->operands[0].extents[1];
    (void)scratch;
    for (int64_t r = 0; r < rows; r++) {
        const float *restrict x = (const float *)operands[0] + r * width;
        float *restrict y = (float *)result + r * width;
        float largest = x[0], sum = 0;
        for (int64_t i = 1; i < width; i++) largest = x[i] > largest ? x[i] : largest;
        for (int64_t i = 0; i < width; i++) sum += y[i] = expf(x[i] - largest);
        const float scale = 1 / sum;
        for (int64_t i = 0; i < width; i++) y[i] *= scale;
    }
}

BENCH_STRONG void bench_peer_layer_norm(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    const int64_t rows = row->operands[0].extents[0], width = row->operands[0].extents[1];
    const float *restrict gain = operands[1], *restrict shift = operands[2];
    (void)scratch;
    for (int64_t r = 0; r < rows; r++) {
        const float *restrict x = (const float *)operands[0] + r * width;
        float *restrict y = (float *)result + r * width;
        float sum = 0, squares = 0;
        for (int64_t i = 0; i < width; i++) sum += x[i];
        const float mean = sum / (float)width;
        for (int64_t i = 0; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
        const float scale = 1 / sqrtf(squares / (float)width + 1e-5F);
        for (int64_t i = 0; i < width; i++) y[i] = (x[i] - mean) * scale * gain[i] + shift[i];
    }
}

BENCH_STRONG void bench_peer_rms_norm(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    const int64_t rows = row->operands[0].extents[0], width = row->operands[0].extents[1];
    const float *restrict gain = operands[1];
    (void)scratch;
    for (int64_t r = 0; r < rows; r++) {
        const float *restrict x = (const float *)operands[0] + r * width;
        float *restrict y = (float *)result + r * width;
        float squares = 0;
        for (int64_t i = 0; i < width; i++) squares += x[i] * x[i];
        const float scale = 1 / sqrtf(squares / (float)width + 1e-5F);
        for (int64_t i = 0; i < width; i++) y[i] = x[i] * scale * gain[i];
    }
}

/* By blocks, for accuracy. */
BENCH_STRONG void bench_peer_sum(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    enum { BLOCK = 4096 };
    const float *restrict x = operands[0];
    const int64_t count = row->operands[0].extents[0];
    double total = 0;
    (void)scratch;
    for (int64_t start = 0; start < count; start += BLOCK) {
        const int64_t end = start + BLOCK < count ? start + BLOCK : count;
        float sum = 0;
        for (int64_t i = start; i < end; i++) sum += x[i];
        total += (double)sum;
    }
    *(float *)result = (float)total;
}

/* Five points, the edge repeated; weights [3, 3] of which the corners are 0. */
BENCH_STRONG void bench_peer_stencil(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    const int64_t height = row->operands[0].extents[0], width = row->operands[0].extents[1];
    const float *restrict x = operands[0], centre = -4, side = 1;
    (void)scratch;
    for (int64_t r = 0; r < height; r++) {
        const float *restrict at = x + r * width, *restrict above = r > 0 ? at - width : at, *restrict below = r + 1 < height ? at + width : at;
        float *restrict y = (float *)result + r * width;
        y[0] = centre * at[0] + side * (above[0] + below[0] + at[0] + at[1]);
        for (int64_t i = 1; i < width - 1; i++) y[i] = centre * at[i] + side * (above[i] + below[i] + at[i - 1] + at[i + 1]);
        const int64_t last = width - 1;
        y[last] = centre * at[last] + side * (above[last] + below[last] + at[last - 1] + at[last]);
    }
}
