/* suite: host, timeout: 120
 * Rules of the gradients by themselves. Those of every operator's conformance cases against differences on the reference, first and second order, and
 * whether a case reaches each rule; what rules say of kinks, zeros and ties; the digamma function. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "conform/conform.h"
#include "grad/none.h"
#include "support/devices.h"

/* ---- Every rule ---- */

#define NAME(name) #name,
static const char *const none[] = {SBR_GRAD_NONE(NAME)};

static bool has_gradient(sbr_op op)
{
    const sbr_op_info *info = &sbr_ops[op];
    if (info->flags & (SBR_LEAF | SBR_STATE) || op == SBR_OP_stop_gradient) return false;
    for (size_t i = 0; i < SBR_COUNT(none); i++)
        if (strcmp(info->name, none[i]) == 0) return false;
    return true;
}

static const conform_coverage *coverage_of(const conform_result *result, const char *op)
{
    for (uint32_t i = 0; i < result->coverage_count; i++)
        if (strcmp(result->coverage[i].op, op) == 0) return &result->coverage[i];
    return NULL;
}

static void differences(sabir_context *context, const char *selector)
{
    const conform_options options = {.device = selector, .seed = 1, .gradients = 1};
    conform_result result;
    must(conform_run(context, &options, &result));
    for (uint32_t i = 0; i < result.failures.count; i++) cr_expect_fail("%s: %s", result.failures.items[i].name, result.failures.items[i].message);
    cr_expect_eq(result.passed, result.cases);
    for (uint32_t op = 0; op < SBR_OP_COUNT; op++) {
        const conform_coverage *row = coverage_of(&result, sbr_ops[op].name);
        if (op == SBR_OP_custom_gradient || op == SBR_OP_carry) continue; /* not compared; reached by way of loops */
        if (has_gradient((sbr_op)op)) cr_expect(row && row->moving > 0, "no case reaches the rule of %s", sbr_ops[op].name);
    }
    conform_result_free(&result);
}

Test(grad_rules, agree_with_differences, .timeout = 100) { on_device("reference", differences); }
