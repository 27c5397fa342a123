/* Misuse of the API on the reference, where no driver is loaded. suite: host, timeout: 60 */
#include "test_misuse.h"

static void on_reference(void (*test)(sabir_context *context, const char *selector))
{
    const sabir_context_options options = {.size = sizeof options, .vulkan_library = "/nonexistent", .opencl_library = "/nonexistent"};
    on_device_with("reference", &options, test);
}

Test(misuse, nulls) { on_reference(misuse_nulls); }
Test(misuse, bindings) { on_reference(misuse_bindings); }
Test(misuse, tensors) { on_reference(misuse_tensors); }
Test(misuse, sizes) { on_reference(misuse_sizes); }
Test(misuse, graphs) { on_reference(misuse_graphs); }
Test(misuse, order) { on_reference(misuse_order); }
Test(misuse, selectors) { on_reference(misuse_selectors); }
