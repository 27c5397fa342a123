#include "timing.h"

#include <stdlib.h>

enum { LEAST_SAMPLES = 3, MOST_SAMPLES = 301, MOST_REPEATS = 10000 };
static const double sample_seconds = 0.01;

typedef struct sample { double cpu, wall; } sample;

double bench_now(clockid_t clock)
{
    struct timespec time = {0};
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static sabir_status take(const bench_side *side, uint32_t times, sample *result)
{
    const double wall = bench_now(CLOCK_MONOTONIC), cpu = bench_now(CLOCK_PROCESS_CPUTIME_ID);
    const sabir_status status = side->run(side->state, times);
    *result = (sample){(bench_now(CLOCK_PROCESS_CPUTIME_ID) - cpu) / times, (bench_now(CLOCK_MONOTONIC) - wall) / times};
    return status;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts numbers. */
static double median(double *numbers, uint32_t count)
{
    qsort(numbers, count, sizeof *numbers, compare);
    return 0.5 * (numbers[(count - 1) / 2] + numbers[count / 2]);
}

static bench_times summarise(const sample *samples, uint32_t count, bool cpu_clock)
{
    double cpu[MOST_SAMPLES] = {0}, wall[MOST_SAMPLES] = {0};
    for (uint32_t i = 0; i < count; i++) {
        cpu[i] = samples[i].cpu;
        wall[i] = samples[i].wall;
    }
    bench_times times = {.cpu = median(cpu, count), .wall = median(wall, count)};
    const double *sorted = cpu_clock ? cpu : wall, middle = cpu_clock ? times.cpu : times.wall;
    times.spread = middle > 0 ? (sorted[count - 1 - count / 4] - sorted[count / 4]) / middle : 0;
    return times;
}

sabir_status bench_time(const bench_side *sides, uint32_t count, bool cpu_clock, double seconds, bench_times *times, uint32_t *samples)
{
    sample all[2][MOST_SAMPLES], first;
    uint32_t repeats[2];
    for (uint32_t s = 0; s < count; s++) {
        const sabir_status status = take(&sides[s], 1, &first);
        if (status != SABIR_OK) return status;
        const double wanted = sample_seconds / (first.wall > 1e-7 ? first.wall : 1e-7);
        repeats[s] = wanted > MOST_REPEATS ? MOST_REPEATS : wanted > 1 ? (uint32_t)wanted : 1;
    }
    uint32_t done = 0;
    for (const double end = bench_now(CLOCK_MONOTONIC) + seconds; done < MOST_SAMPLES && (done < LEAST_SAMPLES || bench_now(CLOCK_MONOTONIC) < end); done++)
        for (uint32_t s = 0; s < count; s++) {
            const sabir_status status = take(&sides[s], repeats[s], &all[s][done]);
            if (status != SABIR_OK) return status;
        }
    for (uint32_t s = 0; s < count; s++) times[s] = summarise(all[s], done, cpu_clock);
    *samples = done;
    return SABIR_OK;
}
