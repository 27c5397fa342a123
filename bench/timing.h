/* Times two things in turns, so that what else the machine does falls on both alike. */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <time.h>

#include "bench.h"

typedef struct bench_side {
    sabir_status (*run)(void *state, uint32_t times); /* does it that often, and waits */
    void *state;
} bench_side;

/* Of a clock, in seconds. */
double bench_now(clockid_t clock);
/* sides: 1 or 2, each of which ran before. Repeats each within a sample until that takes 10 ms; samples for about seconds of wall time in all,
 * at least three. times: one for each side. */
sabir_status bench_time(const bench_side *sides, uint32_t count, bool cpu_clock, double seconds, bench_times *times, uint32_t *samples);

#endif
