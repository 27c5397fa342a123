/* suite: host, timeout: 120
 * Gradients of every operator's conformance cases against differences on the reference: first and second order. An operator of float operands without a
 * rule, and a rule that no case reaches, fail. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "conform/conform.h"
#include "support/devices.h"

static void differences(sabir_context *context, const char *selector)
{
    const conform_options options = {.device = selector, .filter = getenv("ONLY"), .seed = 1, .gradients = 1};
    conform_result result;
    must(conform_run(context, &options, &result));
    for (uint32_t i = 0; i < result.failures.count; i++) printf("FAIL %s: %s\n", result.failures.items[i].name, result.failures.items[i].message);
    for (uint32_t i = 0; i < result.coverage_count; i++) printf("%s cases %u moving %u\n", result.coverage[i].op, result.coverage[i].cases, result.coverage[i].moving);
    printf("%g s\n", result.seconds);
    conform_result_free(&result);
}

Test(grad_rules, differences, .timeout = 100) { on_device("reference", differences); }
