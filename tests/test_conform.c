/* suite: device, timeout: 1200
 * Every operator against the reference, on each device, by family; Vulkan under its validation layers. Then all of them again by kernels made for each
 * launch, and on devices that are made to look weaker. tests/conform has the cases. */
#include <criterion/criterion.h>
#include <regex.h>
#include <string.h>

#include "conform/conform.h"
#include "support/devices.h"

/* ---- Families: operators by name; together they are the whole table ---- */

#define EW(name, inputs, class, result, expression, tolerance, text) #name "|"
#define OP(name, least, most, outputs, attributes, flags, tolerance, text)
static const char elementwise[] = "^("
#include "graph/ops.def"
                                  "cast|select)$";

static const char leaves[] = "^(input|variable|scalar|constant|dim_value|assign|loop|carry)$";
static const char creation[] = "^(iota|one_hot|random)$";
static const char views[] = "^(reshape|transpose|slice|broadcast|diagonal|dynamic_slice|update)$";
static const char movement[] = "^(pad|concat|roll|diagonal_embed|unfold|overlap_add|resize)$";
static const char indexing[] = "^(gather|take_along|scatter_set|scatter_add|scatter_max)$";
static const char reductions[] = "^(sum|mean|prod|max|min|argmax|argmin|cumsum)$";
static const char order[] = "^(sort|top_k|compact|histogram)$";
static const char dense[] = "^(matmul|conv|conv_transpose|max_pool|avg_pool)$";
static const char norms[] = "^(softmax|log_softmax|layer_norm|rms_norm|group_norm|rope|cross_entropy)$";
static const char grids[] = "^(stencil|segment_sum|segment_mean|segment_max|spmm)$";

static const char *const families[] = {elementwise, leaves, creation, views, movement, indexing, reductions, order, dense, norms, grids};

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

/* ---- Running ---- */

static void expect_no_failures(const conform_result *result)
{
    for (uint32_t i = 0; i < result->failures.count; i++)
        cr_expect_fail("%s %s: %s", result->device, result->failures.items[i].name, result->failures.items[i].message);
    cr_expect(result->cases > 0, "no case was run");
    cr_expect_eq(result->passed + result->skipped, result->cases);
}

static conform_result run(sabir_context *context, const conform_options *options)
{
    conform_result result;
    must(conform_run(context, options, &result));
    expect_no_failures(&result);
    return result;
}

/* Nothing is skipped. Returns how many kernels were compiled. */
static uint64_t run_whole(sabir_context *context, const conform_options *options)
{
    conform_result result = run(context, options);
    const uint64_t compiled = result.compiled;
    for (uint32_t i = 0; i < result.skips.count; i++)
        cr_expect_fail("%s skipped %s: %s", options->device, result.skips.items[i].name, result.skips.items[i].message);
    conform_result_free(&result);
    return compiled;
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
FAMILY(creation)
FAMILY(views)
FAMILY(movement)
FAMILY(indexing)
FAMILY(reductions)
FAMILY(order)
FAMILY(dense)
FAMILY(norms)
FAMILY(grids)

static void large_cases(sabir_context *context, const char *selector)
{
    run_whole(context, &(conform_options){.device = selector, .seed = 1, .large = 1});
}

Test(conform, vulkan_large, .timeout = 300) { on_device("vulkan", large_cases); }
Test(conform, opencl_large, .timeout = 300) { on_device("opencl", large_cases); }

/* ---- Kernels made for each launch, and how many there are ---- */

static void specialised_cases(sabir_context *context, const char *selector)
{
    run_whole(context, &(conform_options){.device = selector, .seed = 1, .specialise = SABIR_SPECIALISE_ALWAYS});
}

Test(conform, vulkan_specialised, .timeout = 600) { on_device("vulkan", specialised_cases); }
Test(conform, opencl_specialised, .timeout = 1200) { on_device("opencl", specialised_cases); }

/* Each distinct kernel is a third of a second on PoCL. All types, fused texts included. */
static void few_kernels(sabir_context *context, const char *selector)
{
    enum { MOST_KERNELS = 150 };
    const uint64_t compiled = run_whole(context, &(conform_options){.device = selector, .seed = 1});
    const uint64_t fewest = run_whole(context, &(conform_options){.device = selector, .seed = 1, .specialise = SABIR_SPECIALISE_NEVER});
    cr_expect_leq(compiled, MOST_KERNELS, "%llu distinct kernels", (unsigned long long)compiled);
    cr_expect_leq(fewest, compiled, "%llu distinct general kernels, %llu where it pays", (unsigned long long)fewest, (unsigned long long)compiled);
}

Test(conform, vulkan_kernels, .timeout = 300) { on_device("vulkan", few_kernels); }
Test(conform, opencl_kernels, .timeout = 600) { on_device("opencl", few_kernels); }

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
