/* Attention by whole products over BLAS, a head at a time: [1, heads, length, width]. */
#include <math.h>

#include "peer.h"

BENCH_STRONG static void transpose(const float *restrict x, int64_t rows, int64_t columns, float *restrict y)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) y[c * rows + r] = x[r * columns + c];
}

/* Row r sees `end(r)` columns: all, or the first r + 1. expf is libmvec's. */
BENCH_STRONG static void soften(float *scores, int64_t length, float scale, int is_causal)
{
    for (int64_t r = 0; r < length; r++) {
        float *restrict x = scores + r * length;
        const int64_t end = is_causal ? r + 1 : length;
        float largest = x[0], sum = 0;
        for (int64_t i = 1; i < end; i++) largest = x[i] > largest ? x[i] : largest;
        for (int64_t i = 0; i < end; i++) sum += x[i] = expf(scale * (x[i] - largest));
        const float inverse = 1 / sum;
        for (int64_t i = 0; i < end; i++) x[i] *= inverse;
        for (int64_t i = end; i < length; i++) x[i] = 0;
    }
}

static void attend(const bench_row *row, const void *const *operands, float *result, float *scratch, int is_causal)
{
    const int64_t heads = row->operands[0].extents[1], length = row->operands[0].extents[2], width = row->operands[0].extents[3];
    float *across = scratch, *scores = scratch + length * width;
    for (int64_t h = 0; h < heads; h++) {
        const int64_t at = h * length * width;
        transpose((const float *)operands[1] + at, length, width, across);
        bench_sgemm((int)length, (int)length, (int)width, (const float *)operands[0] + at, across, scores);
        soften(scores, length, 1 / sqrtf((float)width), is_causal);
        bench_sgemm((int)length, (int)width, (int)length, scores, (const float *)operands[2] + at, result + at);
    }
}

void bench_peer_attention(const bench_row *row, const void *const *operands, void *result, void *scratch) { attend(row, operands, result, scratch, 0); }
void bench_peer_causal(const bench_row *row, const void *const *operands, void *result, void *scratch) { attend(row, operands, result, scratch, 1); }

/* slopes = scale p (slopes - row sums of p slopes) */
BENCH_STRONG static void slope(const float *restrict p, float *restrict slopes, int64_t length, float scale)
{
    for (int64_t r = 0; r < length; r++, p += length, slopes += length) {
        float sum = 0;
        for (int64_t i = 0; i < length; i++) sum += p[i] * slopes[i];
        for (int64_t i = 0; i < length; i++) slopes[i] = scale * p[i] * (slopes[i] - sum);
    }
}

void bench_peer_attention_gradient(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    const int64_t heads = row->operands[0].extents[1], length = row->operands[0].extents[2], width = row->operands[0].extents[3];
    const int64_t head = length * width, all = heads * head;
    const int n = (int)length, d = (int)width;
    float *across = scratch, *p = across + head, *slopes = p + length * length, *turned = slopes + length * length, *out = result;
    const float scale = 1 / sqrtf((float)width);
    for (int64_t at = 0; at < all; at += head) {
        const float *q = (const float *)operands[0] + at, *k = (const float *)operands[1] + at, *v = (const float *)operands[2] + at;
        const float *d_out = (const float *)operands[3] + at;
        transpose(k, length, width, across);
        bench_sgemm(n, n, d, q, across, p);
        soften(p, length, scale, 0);
        bench_sgemm(n, d, n, p, v, out + at); /* the forward result, which is not kept */
        transpose(v, length, width, across);
        bench_sgemm(n, n, d, d_out, across, slopes);
        slope(p, slopes, length, scale);
        bench_sgemm(n, d, n, slopes, k, out + at);
        transpose(slopes, length, length, turned);
        bench_sgemm(n, d, n, turned, q, out + all + at);
        transpose(p, length, length, turned);
        bench_sgemm(n, d, n, turned, d_out, out + 2 * all + at);
    }
}

/* One query and head against its list of blocks. */
BENCH_STRONG static void attend_blocks(const float *restrict q, const float *restrict k, const float *restrict v, const int32_t *ids, int64_t items, int64_t head,
                                       int64_t heads, float *restrict y)
{
    enum { BLOCK = 16, WIDTH = 64 };
    float scores[1024], largest = -INFINITY, sum = 0, total[WIDTH] = {0};
    for (int64_t i = 0; i < items * BLOCK; i++) {
        const float *restrict key = k + ((ids[i / BLOCK] * heads + head) * BLOCK + i % BLOCK) * WIDTH;
        float product = 0;
        for (int64_t c = 0; c < WIDTH; c++) product += q[c] * key[c];
        scores[i] = product * 0.125F;
        largest = scores[i] > largest ? scores[i] : largest;
    }
    for (int64_t i = 0; i < items * BLOCK; i++) sum += scores[i] = expf(scores[i] - largest);
    for (int64_t i = 0; i < items * BLOCK; i++) {
        const float *restrict value = v + ((ids[i / BLOCK] * heads + head) * BLOCK + i % BLOCK) * WIDTH;
        for (int64_t c = 0; c < WIDTH; c++) total[c] += scores[i] * value[c];
    }
    for (int64_t c = 0; c < WIDTH; c++) y[c] = total[c] / sum;
}

/* q [b, hq, 1, 64], pools [blocks, hkv, 16, 64], ids [b, 64]. */
void bench_peer_blocks(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    const int64_t batch = row->operands[0].extents[0], heads = row->operands[0].extents[1], width = row->operands[0].extents[3];
    const int64_t key_heads = row->operands[1].extents[1], items = row->operands[3].extents[1];
    (void)scratch;
    for (int64_t b = 0; b < batch; b++)
        for (int64_t h = 0; h < heads; h++)
            attend_blocks((const float *)operands[0] + (b * heads + h) * width, operands[1], operands[2], (const int32_t *)operands[3] + b * items, items,
                          h / (heads / key_heads), key_heads, (float *)result + (b * heads + h) * width);
}
