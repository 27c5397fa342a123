/* Loops over indices. */
#include "peer.h"

/* CSR times dense: 64 columns of the result in four vectors at a time. The plain loop over an array of accumulators is six times slower. */
BENCH_STRONG void bench_peer_spmm(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    enum { WIDTH = 64, LANES = 16, VECTORS = WIDTH / LANES };
    const int64_t rows = row->operands[0].extents[0] - 1;
    const int32_t *restrict pointers = operands[0], *restrict columns = operands[1];
    const float *restrict values = operands[2], *restrict x = operands[3];
    (void)scratch;
    for (int64_t r = 0; r < rows; r++) {
        bench_float16 a = {0}, b = {0}, c = {0}, d = {0};
        for (int32_t e = pointers[r]; e < pointers[r + 1]; e++) {
            const bench_float16 *from = (const bench_float16 *)(x + (int64_t)columns[e] * WIDTH);
            const float value = values[e];
            a += value * from[0];
            b += value * from[1];
            c += value * from[2];
            d += value * from[3];
        }
        bench_float16 *to = (bench_float16 *)result + r * VECTORS;
        to[0] = a, to[1] = b, to[2] = c, to[3] = d;
    }
}

void bench_peer_gather(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    const int64_t count = row->operands[1].extents[0], width = row->operands[0].extents[1];
    const float *table = operands[0];
    const int32_t *indices = operands[1];
    float *to = result;
    (void)scratch;
    for (int64_t i = 0; i < count; i++) memcpy(to + i * width, table + indices[i] * width, (size_t)width * sizeof(float));
}

/* ---- Radix sort: three passes of 11 bits over keys whose order as integers is that of the floats ---- */

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 3 };

static uint32_t key_of(uint32_t bits)
{
    return bits ^ (bits >> 31 ? UINT32_MAX : UINT32_C(1) << 31);
}

static uint32_t bits_of(uint32_t key)
{
    return key ^ (key >> 31 ? UINT32_C(1) << 31 : UINT32_MAX);
}

static void move_by_digit(const bench_word *restrict from, bench_word *restrict to, size_t count, int shift, uint32_t *restrict places)
{
    for (size_t i = 0; i < count; i++) to[places[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

BENCH_STRONG void bench_peer_sort(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    const size_t count = (size_t)row->result;
    const bench_word *restrict bits = operands[0];
    bench_word *first = result, *second = scratch;
    uint32_t places[PASSES][DIGITS];
    memset(places, 0, sizeof places);
    for (size_t i = 0; i < count; i++) {
        const uint32_t key = key_of(bits[i]);
        second[i] = key;
        for (int p = 0; p < PASSES; p++) places[p][key >> p * DIGIT_BITS & (DIGITS - 1)]++;
    }
    for (int p = 0; p < PASSES; p++)
        for (uint32_t digit = 0, sum = 0; digit < DIGITS; digit++) {
            const uint32_t here = places[p][digit];
            places[p][digit] = sum;
            sum += here;
        }
    move_by_digit(second, first, count, 0, places[0]);
    move_by_digit(first, second, count, DIGIT_BITS, places[1]);
    move_by_digit(second, first, count, 2 * DIGIT_BITS, places[2]);
    for (size_t i = 0; i < count; i++) first[i] = bits_of(first[i]);
}
