#include <stdlib.h>

#include "row.h"
#include "timing.h"

enum { SAMPLES = 5 };

static double now(void) { return bench_now(CLOCK_THREAD_CPUTIME_ID); }

/* The best of a few. */
static double most_flops(void)
{
    enum { ROUNDS = 1 << 20 };
    double best = 0;
    for (int i = 0; i < SAMPLES; i++) {
        const double start = now(), operations = bench_peer_fma(ROUNDS), seconds = now() - start;
        if (seconds > 0 && operations / seconds > best) best = operations / seconds;
    }
    return best;
}

/* Three arrays of 64 MiB, as STREAM's triad counts them. */
static double most_bytes(void)
{
    enum { COUNT = 16 << 20 };
    const size_t size = COUNT * sizeof(float);
    float *memory = aligned_alloc(64, 3 * size);
    double best = 0;
    if (!memory) return 0;
    for (int64_t i = 0; i < 3 * (int64_t)COUNT; i++) memory[i] = 1;
    for (int i = 0; i < SAMPLES; i++) {
        const double start = now();
        bench_peer_triad(memory, memory + COUNT, memory + 2 * COUNT, COUNT);
        const double seconds = now() - start;
        if (seconds > 0 && 3 * (double)size / seconds > best) best = 3 * (double)size / seconds;
    }
    free(memory);
    return best;
}

void bench_roof_of_host(bench_roof *roof) { *roof = (bench_roof){most_flops(), most_bytes()}; }

double bench_share(const bench_roof *roof, const bench_result *result, double seconds)
{
    const double by_flops = roof->flops > 0 ? result->flops / roof->flops : 0, by_bytes = roof->bytes > 0 ? result->bytes / roof->bytes : 0;
    return (by_flops > by_bytes ? by_flops : by_bytes) / seconds;
}
