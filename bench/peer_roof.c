/* What one core can do at most. */
#include "peer.h"

/* Twelve chains of 16 numbers hide what a fused multiplication and addition takes. Returns how many operations that were. */
BENCH_STRONG double bench_peer_fma(int64_t rounds)
{
    enum { CHAINS = 12, LANES = 16 };
    bench_float16 sums[CHAINS], factor = {0}, term = {0};
    for (int i = 0; i < LANES; i++) {
        factor[i] = 0.999F + 1e-6F * (float)i;
        term[i] = 1e-3F;
    }
    for (int c = 0; c < CHAINS; c++) sums[c] = term * (float)c;
    for (int64_t r = 0; r < rounds; r++)
        for (int c = 0; c < CHAINS; c++) sums[c] = sums[c] * factor + term;
    /* So that the loop is kept. */
    volatile float kept = 0;
    for (int c = 0; c < CHAINS; c++) kept = kept + sums[c][0];
    return 2.0 * CHAINS * LANES * (double)rounds;
}

/* a = b + 3 c */
BENCH_STRONG void bench_peer_triad(float *restrict a, const float *restrict b, const float *restrict c, int64_t count)
{
    for (int64_t i = 0; i < count; i++) a[i] = b[i] + 3 * c[i];
}
