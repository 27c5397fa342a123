/* Misuse of the API on devices. suite: device, timeout: 120 */
#include "test_misuse.h"

static void everything(sabir_context *context, const char *selector)
{
    misuse_nulls(context, selector);
    misuse_bindings(context, selector);
    misuse_tensors(context, selector);
    misuse_sizes(context, selector);
    misuse_graphs(context, selector);
    misuse_order(context, selector);
    misuse_selectors(context, selector);
}

Test(misuse_device, vulkan) { on_device("vulkan", everything); }
Test(misuse_device, opencl) { on_device("opencl", everything); }

/* Tensors and stores of one device on another. */
Test(misuse_device, devices_mixed)
{
    sabir_context *context;
    misused vulkan, opencl, reference;
    must(sabir_context_create(NULL, &context));
    misused_make(&vulkan, context, "vulkan");
    misused_make(&opencl, context, "opencl");
    misused_make(&reference, context, "reference");
    refused(SABIR_MISUSE, sabir_run(vulkan.program, (sabir_binding[]){{"x", opencl.x}, {"y", vulkan.y}}, 2));
    refused(SABIR_MISUSE, sabir_run(vulkan.program, (sabir_binding[]){{"x", vulkan.x}, {"y", reference.y}}, 2));
    refused(SABIR_MISUSE, sabir_run(reference.program, (sabir_binding[]){{"x", opencl.x}, {"y", reference.y}}, 2));
    sabir_program *program;
    refused(SABIR_MISUSE, sabir_compile(vulkan.graph, vulkan.device, opencl.store, NULL, &program));
    misused_works(&vulkan);
    misused_works(&opencl);
    misused_works(&reference);
    misused_release(&vulkan);
    misused_release(&opencl);
    misused_release(&reference);
    sabir_context_release(context);
}
