/* Benchmarks: fixed problems, each computed by Sabir on a device and by a peer library or a strong C loop, timed in turns in one run.
 *
 * What is timed is a run of a compiled program whose operands and result lie on the device, from submission to completion; compiling
 * and copies are not. Both sides are warmed and compared before any timing. `sabir bench` prints the results. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>

#include "sabir/sabir.h"

typedef struct bench_row bench_row;

/* Row number position, NULL past the end. */
const bench_row *bench_row_at(uint32_t position);
const char *bench_row_name(const bench_row *row);

/* Seconds of one computation: medians of the samples. */
typedef struct bench_times {
    double cpu;    /* of the whole process, all its threads */
    double wall;
    double spread; /* of the clock that counts: the distance of its quartiles, relative to the median */
} bench_times;

typedef struct bench_result {
    const char *name;
    double flops, bytes;    /* of the problem: textbook operations; every operand read once, the result written once */
    bool cpu_clock;         /* cpu counts (software devices: the peer has one thread, so that threads are no advantage); else wall counts */
    uint32_t samples;       /* of each side */
    bench_times ours, peer;
    char peer_name[128];    /* "": none; then peer is 0 */
    char variant[80];       /* the kernel that has most of the work */
} bench_result;

/* What one thread of the host can do at most, as measured: operations (a multiplication and an addition are two), and bytes of memory, a second. */
typedef struct bench_roof { double flops, bytes; } bench_roof;
/* By loops in C: the roof of devices that run on the CPU, whose CPU time is counted. */
void bench_roof_of_host(bench_roof *roof);
/* The share of it that a row's rate is: of operations or of bytes, whichever takes longer at the roof. What stays in caches
 * may be above it. */
double bench_share(const bench_roof *roof, const bench_result *result, double seconds);

typedef enum bench_outcome { BENCH_MEASURED, BENCH_WRONG, BENCH_FAILED } bench_outcome;

/* Measures a row for about seconds, at least three samples of each side. On BENCH_WRONG (ours and the peer's result differ) and BENCH_FAILED
 * message tells why. */
bench_outcome bench_measure(sabir_context *context, sabir_device *device, const bench_row *row, double seconds, bench_result *result, char message[512]);

#endif
