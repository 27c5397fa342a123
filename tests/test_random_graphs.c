/* suite: device, timeout: 900
 * Random graphs (tests/conform/random.c): planned = unplanned = simplified = not = fused = not = the reference. `sabir check --random N` runs more. */
#include <criterion/criterion.h>

#include "conform/conform.h"
#include "support/devices.h"

enum { SEED = 20260, ON_DEVICES = 200, ON_REFERENCE = 3000 };

static void run(sabir_context *context, const char *selector, uint32_t count)
{
    const conform_options options = {.device = selector, .seed = SEED};
    conform_result result;
    must(conform_run_random(context, &options, count, &result));
    for (uint32_t i = 0; i < result.failures.count; i++) cr_expect_fail("%s %s: %s", selector, result.failures.items[i].name, result.failures.items[i].message);
    cr_expect_eq(result.passed, result.cases, "%u of %u passed, %u skipped", result.passed, result.cases, result.skipped);
    conform_result_free(&result);
}

static void few(sabir_context *context, const char *selector) { run(context, selector, ON_DEVICES); }
static void many(sabir_context *context, const char *selector) { run(context, selector, ON_REFERENCE); }

Test(random_graphs, reference, .timeout = 120) { on_device("reference", many); }
Test(random_graphs, vulkan, .timeout = 300) { on_device("vulkan", few); }
Test(random_graphs, opencl, .timeout = 600) { on_device("opencl", few); }
