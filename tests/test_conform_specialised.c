/* suite: device, timeout: 1200
 * Every operator against the reference by kernels made for each launch, storage types and operators folded in. */
#include "test_conform.h"

/* Each case is kernels of its own: of each operator's the first and every seventh from there, so that types and ways to build change places.
 * `sabir check --specialise always` runs them all. */
static void specialised_cases(sabir_context *context, const char *selector)
{
    run_whole(context, &(conform_options){.device = selector, .seed = 1, .every = 7, .specialise = SABIR_SPECIALISE_ALWAYS});
}

Test(conform_specialised, vulkan, .timeout = 600) { on_device("vulkan", specialised_cases); }
Test(conform_specialised, opencl, .timeout = 900) { on_device("opencl", specialised_cases); }
