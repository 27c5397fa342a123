/* Conformance: every operator, in every type it takes, on awkward shapes, on a device against the reference.
 *
 * Cases are enumerated from the operator table (src/graph/ops.def): an elementwise row is covered by its class, any other row NAME by
 * conform_cases_NAME, whose absence is a link error. The test suite and `sabir check` are two thin mains over this library, which uses
 * public headers alone. case.h is for authors of cases. */
#ifndef CONFORM_H
#define CONFORM_H

#include "sabir/sabir.h"

typedef struct conform_note { char *name, *message; } conform_note;
typedef struct conform_notes { conform_note *items; uint32_t count, capacity; } conform_notes;

/* One operator's share of the cases; types: bit set by sabir_type of those in which a case passed. */
typedef struct conform_coverage {
    const char *op;
    uint32_t cases, passed, failed, skipped;
    unsigned types;
    uint32_t moving; /* cases of which a gradient was not 0 */
} conform_coverage;

typedef struct conform_result {
    char device[32];                 /* the id of the device */
    uint32_t operators, cases;       /* those that the filter leaves */
    uint32_t passed, failed, skipped;
    conform_notes failures;          /* name of the case, what differed */
    conform_notes skips;             /* name of the case, the capability that the device lacks */
    conform_coverage *coverage;      /* by operator, in the table's order; coverage_count of them */
    uint32_t coverage_count;
    uint64_t launches, compiled;     /* summed over the programs: kernels launched in a run, kernels compiled */
    double seconds;
} conform_result;

/* Told before each case; total counts cases, done those behind. */
typedef void conform_progress(void *user, uint32_t done, uint32_t total, const char *name);

typedef struct conform_options {
    const char *device;   /* as for sabir_device_open */
    const char *filter;   /* an extended regular expression searched in operator names, or, with a '/' in it, in case names; NULL: all */
    uint64_t seed;        /* of the data */
    int large;            /* non-zero: only the cases above the 128 MiB binding, else all others */
    int gradients;        /* non-zero: gradients of the cases of float types: on the reference against differences, first and second order, else
                             against the reference */
    int one_type;         /* non-zero: each way to build a graph only in the first type that it is listed in */
    uint32_t every;       /* of each operator's cases only the first and every so many from there; 0: all */
    int unfused;          /* non-zero: gradients are not fused */
    sabir_specialise specialise; /* how programs are compiled */
    conform_progress *progress; /* NULL: silent */
    void *user;
} conform_options;

/* Runs the cases. A case that fails is no failure of the call, whose status says whether the cases could be run at all. The result is to be
 * freed in either event. */
sabir_status conform_run(sabir_context *context, const conform_options *options, conform_result *result);
void conform_result_free(conform_result *result);

/* Random graphs (random.h describes them): count graphs from seed on, on a device, against the reference, each compiled in four ways: as usual, without
 * fusion, without a memory plan, without simplification. cases counts these; filter and large are unused. */
sabir_status conform_run_random(sabir_context *context, const conform_options *options, uint32_t count, conform_result *result);

#endif
