/* suite: device, timeout: 1200
 * Gradients of every operator's conformance cases on devices, f32 and f16, against the reference; with fusion in f32 on Vulkan too, where a text costs less
 * to compile. test_grad_rules.c has the reference against differences. */
#include <criterion/criterion.h>

#include "conform/conform.h"
#include "support/devices.h"

static void run(sabir_context *context, const char *selector, const char *filter, int unfused)
{
    const conform_options options = {.device = selector, .filter = filter, .seed = 1, .gradients = 1, .unfused = unfused};
    conform_result result;
    must(conform_run(context, &options, &result));
    for (uint32_t i = 0; i < result.failures.count; i++) cr_expect_fail("%s %s: %s", selector, result.failures.items[i].name, result.failures.items[i].message);
    for (uint32_t i = 0; i < result.skips.count; i++) cr_expect_fail("%s skipped %s: %s", selector, result.skips.items[i].name, result.skips.items[i].message);
    cr_expect(result.cases > 0, "no case was run");
    cr_expect_eq(result.passed, result.cases);
    conform_result_free(&result);
}

static void fused(sabir_context *context, const char *selector) { run(context, selector, "/f32/", 0); }
static void unfused(sabir_context *context, const char *selector) { run(context, selector, NULL, 1); }

Test(grad_cases, vulkan_fused, .timeout = 600) { on_device("vulkan", fused); }
Test(grad_cases, vulkan, .timeout = 600) { on_device("vulkan", unfused); }
Test(grad_cases, opencl, .timeout = 600) { on_device("opencl", unfused); }
