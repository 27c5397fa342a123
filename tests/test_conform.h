/* Conformance cases as tests: what failed is told, case by case. */
#ifndef TEST_CONFORM_H
#define TEST_CONFORM_H

#include <criterion/criterion.h>

#include "conform/conform.h"
#include "support/devices.h"

static inline void expect_no_failures(const conform_result *result)
{
    for (uint32_t i = 0; i < result->failures.count; i++)
        cr_expect_fail("%s %s: %s", result->device, result->failures.items[i].name, result->failures.items[i].message);
    cr_expect(result->cases > 0, "no case was run");
    cr_expect_eq(result->passed + result->skipped, result->cases);
}

static inline conform_result run(sabir_context *context, const conform_options *options)
{
    conform_result result;
    must(conform_run(context, options, &result));
    expect_no_failures(&result);
    return result;
}

/* Nothing is skipped. Returns how many kernels were compiled. */
static inline uint64_t run_whole(sabir_context *context, const conform_options *options)
{
    conform_result result = run(context, options);
    const uint64_t compiled = result.compiled;
    for (uint32_t i = 0; i < result.skips.count; i++)
        cr_expect_fail("%s skipped %s: %s", options->device, result.skips.items[i].name, result.skips.items[i].message);
    conform_result_free(&result);
    return compiled;
}

#endif
