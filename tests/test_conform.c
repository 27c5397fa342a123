/* suite: device, timeout: 1200
 * Every operator against the reference, on each device, by family; Vulkan under its validation layers. Then all of them again on devices that are
 * made to look weaker. tests/conform has the cases. */
#include <criterion/criterion.h>
#include <regex.h>
#include <string.h>

#include "conform/families.h"
#include "test_conform.h"

/* ---- Families ---- */

#define EW(name, inputs, class, result, expression, tolerance, text) #name,
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) #name,
static const char *const operators[] = {
#include "graph/ops.def"
};

Test(conform, families_hold_every_operator_once)
{
    int found[sizeof operators / sizeof *operators] = {0};
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        regex_t pattern;
        cr_assert_eq(regcomp(&pattern, families[f], REG_EXTENDED | REG_NOSUB), 0);
        for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) found[i] += regexec(&pattern, operators[i], 0, NULL, 0) == 0;
        regfree(&pattern);
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) cr_expect_eq(found[i], 1, "%s is in %d families", operators[i], found[i]);
}

#define FAMILY(family)                                                                                                                      \
    static void family##_cases(sabir_context *context, const char *selector)                                                               \
    {                                                                                                                                       \
        run_whole(context, &(conform_options){.device = selector, .filter = family, .seed = 1});                                            \
    }                                                                                                                                       \
    Test(conform, reference_##family, .timeout = 120) { on_device("reference", family##_cases); }                                           \
    Test(conform, vulkan_##family, .timeout = 300) { on_device("vulkan", family##_cases); }                                                 \
    Test(conform, opencl_##family, .timeout = 600) { on_device("opencl", family##_cases); }

FAMILY(elementwise)
FAMILY(leaves)
FAMILY(aliases)
FAMILY(creation)
FAMILY(views)
FAMILY(movement)
FAMILY(indexing)
FAMILY(reductions)
FAMILY(order)
FAMILY(dense)
FAMILY(norms)
FAMILY(attentions)
FAMILY(grids)
FAMILY(sparse)
FAMILY(experts)
FAMILY(transforms)

static void large_cases(sabir_context *context, const char *selector)
{
    run_whole(context, &(conform_options){.device = selector, .seed = 1, .large = 1});
}

Test(conform, vulkan_large, .timeout = 300) { on_device("vulkan", large_cases); }
Test(conform, opencl_large, .timeout = 300) { on_device("opencl", large_cases); }

/* ---- Devices that are made to look weaker ---- */

static void skips_name_capabilities(const conform_result *result)
{
    for (uint32_t i = 0; i < result->skips.count; i++) {
        const char *message = result->skips.items[i].message;
        cr_expect(strstr(message, "capability f64") || strstr(message, "capability i64"), "%s is skipped without a capability: %s", result->skips.items[i].name, message);
    }
}

static void clamped_cases(sabir_context *context, const char *selector)
{
    conform_result result = run(context, &(conform_options){.device = selector, .seed = 1});
    skips_name_capabilities(&result);
    conform_result_free(&result);
}

static void clamped(const char *selector, const char *clamp)
{
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.clamp = clamp;
    on_device_with(selector, &options, clamped_cases);
}

/* Tensors of more than 1 KiB go beyond a binding: the variants with 64-bit addresses. */
Test(conform, vulkan_small_bindings, .timeout = 600) { clamped("vulkan", "binding=1024"); }

#define SMALL_DEVICE "subgroup=8,shared=16384,invocations=128,no-f64,no-i64"
Test(conform, vulkan_small_device, .timeout = 600) { clamped("vulkan", SMALL_DEVICE); }
Test(conform, opencl_small_device, .timeout = 900) { clamped("opencl", SMALL_DEVICE); }

/* Tiles in shared memory and rows of work-groups, which software devices with subgroups have no use for: what GPUs run. */
static void gpu_cases(sabir_context *context, const char *selector)
{
    static const char *const filters[] = {dense, norms, attentions, experts};
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        conform_result result = run(context, &(conform_options){.device = selector, .filter = filters[i], .seed = 1});
        skips_name_capabilities(&result);
        conform_result_free(&result);
    }
}

Test(conform, vulkan_as_gpu, .timeout = 300)
{
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.clamp = "no-software";
    on_device_with("vulkan", &options, gpu_cases);
}
