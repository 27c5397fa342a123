/* suite: device, timeout: 1200
 * Every operator against the reference, on each device; Vulkan under its validation layers. Then again on devices that are made to look weaker.
 * tests/conform has the cases. */
#include <criterion/criterion.h>
#include <string.h>

#include "test_conform.h"

static void reference_cases(sabir_context *context, const char *selector)
{
    run_whole(context, &(conform_options){.device = selector, .seed = 1});
}

/* Each distinct kernel is a third of a second on PoCL. */
static void device_cases(sabir_context *context, const char *selector)
{
    enum { MOST_KERNELS = 150 };
    const uint64_t kernels = run_whole(context, &(conform_options){.device = selector, .seed = 1});
    cr_expect_leq(kernels, MOST_KERNELS, "%s: %llu distinct kernels", selector, (unsigned long long)kernels);
}

Test(conform, reference, .timeout = 300) { on_device("reference", reference_cases); }
Test(conform, vulkan, .timeout = 600) { on_device("vulkan", device_cases); }
Test(conform, opencl, .timeout = 900) { on_device("opencl", device_cases); }

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

static void run_clamped(sabir_context *context, const conform_options *options)
{
    conform_result result = run(context, options);
    skips_name_capabilities(&result);
    conform_result_free(&result);
}

static void on_clamped(const char *selector, const char *clamp, void (*cases)(sabir_context *context, const char *selector))
{
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.clamp = clamp;
    on_device_with(selector, &options, cases);
}

static void all_cases(sabir_context *context, const char *selector)
{
    run_clamped(context, &(conform_options){.device = selector, .seed = 1});
}

static void cases_of_one_type(sabir_context *context, const char *selector)
{
    run_clamped(context, &(conform_options){.device = selector, .seed = 1, .one_type = 1});
}

#define SMALL_DEVICE "subgroup=8,shared=16384,invocations=128,no-f64,no-i64"
Test(conform, vulkan_small_device, .timeout = 600) { on_clamped("vulkan", SMALL_DEVICE, all_cases); }
Test(conform, opencl_small_device, .timeout = 900) { on_clamped("opencl", SMALL_DEVICE, cases_of_one_type); }

/* Tensors of more than 1 KiB go beyond a binding: the variants with 64-bit addresses, which are the same code in all types. */
Test(conform, vulkan_small_bindings, .timeout = 600) { on_clamped("vulkan", "binding=1024", cases_of_one_type); }

/* Tiles in shared memory and rows of work-groups, which software devices with subgroups have no use for: what GPUs run. */
static void gpu_cases(sabir_context *context, const char *selector)
{
    run_clamped(context, &(conform_options){.device = selector, .filter = "^(matmul|conv|max_pool|avg_pool|attention|softmax|log_softmax|layer_norm|rms_norm|group|rope|cross_entropy)", .seed = 1});
}

Test(conform, vulkan_as_gpu, .timeout = 300) { on_clamped("vulkan", "no-software", gpu_cases); }
