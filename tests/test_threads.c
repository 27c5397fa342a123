/* Threads: programs on two devices at once, one context and one device used by several threads, waiting and cancelling from another thread.
 * suite: device, timeout: 180 */
#include <criterion/criterion.h>

#include "support/devices.h"
#include "threads_cases.h"

static void check(const char *(*test)(sabir_context *context))
{
    sabir_context *context;
    must(sabir_context_create(NULL, &context));
    const char *fault = test(context);
    sabir_context_release(context);
    cr_assert_null(fault, "%s", fault);
}

Test(threads, vulkan_beside_opencl) { check(threads_vulkan_beside_opencl); }
Test(threads, opencl_beside_vulkan) { check(threads_opencl_beside_vulkan); }
Test(threads, vulkan_beside_reference) { check(threads_vulkan_beside_reference); }
Test(threads, one_vulkan_device) { check(threads_one_vulkan_device); }
Test(threads, one_opencl_device) { check(threads_one_opencl_device); }
Test(threads, one_reference) { check(threads_one_reference); }
Test(threads, wait) { check(threads_wait); }
Test(threads, cancel) { check(threads_cancel); }
Test(threads, first_look) { check(threads_first_look); }
