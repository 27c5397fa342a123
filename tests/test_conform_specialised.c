/* suite: device, timeout: 1200
 * Every operator against the reference by kernels made for each launch, storage types and operators folded in; and how many kernels there are
 * where they are made only if it pays. */
#include <string.h>

#include "conform/families.h"
#include "test_conform.h"

static void specialised_cases(sabir_context *context, const char *selector)
{
    run_whole(context, &(conform_options){.device = selector, .seed = 1, .specialise = SABIR_SPECIALISE_ALWAYS});
}

Test(conform_specialised, vulkan, .timeout = 600) { on_device("vulkan", specialised_cases); }
Test(conform_specialised, opencl, .timeout = 900) { on_device("opencl", specialised_cases); }

/* Each distinct kernel is a third of a second on PoCL. All types, fused texts included, of the operators of the foundation: what attention, experts,
 * sparse products and transforms add is theirs (docs/design.md counts it). */
static void few_kernels(sabir_context *context, const char *selector)
{
    enum { MOST_KERNELS = 150 };
    static const char *const foundation[] = {elementwise, leaves, creation, views, movement, indexing, reductions, order, dense, norms, grids,
                                             "^(segment_(sum|mean|max)|spmm)$"};
    char filter[4096] = "";
    for (size_t i = 0; i < sizeof foundation / sizeof *foundation; i++) {
        if (i) strcat(filter, "|");
        strcat(filter, foundation[i]);
    }
    const uint64_t usual = run_whole(context, &(conform_options){.device = selector, .filter = filter, .seed = 1});
    const uint64_t fewest = run_whole(context, &(conform_options){.device = selector, .filter = filter, .seed = 1, .specialise = SABIR_SPECIALISE_NEVER});
    cr_log_info("%s: %llu distinct kernels, %llu general ones", selector, (unsigned long long)usual, (unsigned long long)fewest);
    cr_expect_leq(usual, MOST_KERNELS, "%llu distinct kernels", (unsigned long long)usual);
    cr_expect_lt(fewest, usual);
}

Test(conform_specialised, vulkan_kernels, .timeout = 300) { on_device("vulkan", few_kernels); }
Test(conform_specialised, opencl_kernels, .timeout = 600) { on_device("opencl", few_kernels); }
