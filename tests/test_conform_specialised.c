/* suite: device, timeout: 1200
 * Every operator against the reference by kernels made for each launch, storage types and operators folded in; and how many kernels there are
 * where they are made only if it pays, which is how users meet them. */
#include "test_conform.h"

static void specialised_cases(sabir_context *context, const char *selector)
{
    run_whole(context, &(conform_options){.device = selector, .seed = 1, .specialise = SABIR_SPECIALISE_ALWAYS});
}

Test(conform_specialised, vulkan, .timeout = 600) { on_device("vulkan", specialised_cases); }
Test(conform_specialised, opencl, .timeout = 900) { on_device("opencl", specialised_cases); }

/* Each distinct kernel is a third of a second on PoCL: of the whole table, in all types, fused texts included. */
static void few_kernels(sabir_context *context, const char *selector)
{
    enum { MOST_KERNELS = 150 };
    const uint64_t usual = run_whole(context, &(conform_options){.device = selector, .seed = 1});
    cr_log_info("%s: %llu distinct kernels", selector, (unsigned long long)usual);
    cr_expect_leq(usual, MOST_KERNELS, "%llu distinct kernels", (unsigned long long)usual);
}

Test(conform_specialised, vulkan_kernels, .timeout = 300) { on_device("vulkan", few_kernels); }
Test(conform_specialised, opencl_kernels, .timeout = 600) { on_device("opencl", few_kernels); }
