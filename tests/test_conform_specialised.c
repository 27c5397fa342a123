/* suite: device, timeout: 1200
 * Every operator against the reference by kernels made for each launch, storage types and operators folded in; and how many kernels there are
 * where they are made only if it pays. */
#include "test_conform.h"

static void specialised_cases(sabir_context *context, const char *selector)
{
    run_whole(context, &(conform_options){.device = selector, .seed = 1, .specialise = SABIR_SPECIALISE_ALWAYS});
}

Test(conform_specialised, vulkan, .timeout = 600) { on_device("vulkan", specialised_cases); }
Test(conform_specialised, opencl, .timeout = 900) { on_device("opencl", specialised_cases); }

/* Each distinct kernel is a third of a second on PoCL. Of the whole table, in all types, those of the library: every case that tries fusion would add a text
 * of its own, which says how many fusions were thought of. */
static void few_kernels(sabir_context *context, const char *selector)
{
    enum { MOST_KERNELS = 150 };
    const uint64_t usual = run_whole(context, &(conform_options){.device = selector, .seed = 1, .unfused = 1});
    const uint64_t fewest = run_whole(context, &(conform_options){.device = selector, .seed = 1, .unfused = 1, .specialise = SABIR_SPECIALISE_NEVER});
    cr_log_info("%s: %llu distinct kernels, %llu general ones", selector, (unsigned long long)usual, (unsigned long long)fewest);
    cr_expect_leq(usual, MOST_KERNELS, "%llu distinct kernels", (unsigned long long)usual);
    cr_expect_lt(fewest, usual);
}

Test(conform_specialised, vulkan_kernels, .timeout = 300) { on_device("vulkan", few_kernels); }
Test(conform_specialised, opencl_kernels, .timeout = 600) { on_device("opencl", few_kernels); }
