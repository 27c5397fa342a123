/* Neither Vulkan nor OpenCL can be opened: what is missing is told, "auto" takes the reference and says so, and programs run.
 * suite: host, timeout: 60 */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>

#include "support/devices.h"

static struct told { unsigned lines; bool reference; } told;

static void listen(void *user, sabir_log_level level, const char *message)
{
    (void)user;
    told.lines++;
    cr_assert(level != SABIR_LOG_ERROR, "an absent API is no error: %s", message);
    if (strstr(message, "reference")) told.reference = true;
}

static sabir_context *without_apis(const char *vulkan, const char *opencl)
{
    sabir_context *context;
    const sabir_context_options options = {.size = sizeof options, .vulkan_library = vulkan, .opencl_library = opencl, .log = listen};
    told = (struct told){0};
    must(sabir_context_create(&options, &context));
    return context;
}

static void run_a_program(sabir_device *device, sabir_context *context)
{
    sabir_graph *graph;
    sabir_program *program;
    sabir_tensor *x, *y;
    const float in[3] = {1, 2, 3};
    float out[3];
    must(sabir_graph_create(context, &graph));
    sabir_output(graph, "y", sabir_square(graph, sabir_input(graph, "x", SABIR_F32, SABIR_SHAPE(3))));
    must(sabir_compile(graph, device, NULL, NULL, &program));
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(3), &x));
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(3), &y));
    must(sabir_tensor_write(x, 0, in, sizeof in));
    must(sabir_run(program, (sabir_binding[]){{"x", x}, {"y", y}}, 2));
    must(sabir_tensor_read(y, 0, out, sizeof out));
    for (int i = 0; i < 3; i++) cr_assert_eq(out[i], in[i] * in[i]);
    sabir_tensor_release(x);
    sabir_tensor_release(y);
    sabir_program_destroy(program);
    sabir_graph_destroy(graph);
}

static void check_reference_only(const char *vulkan, const char *opencl)
{
    sabir_context *context = without_apis(vulkan, opencl);
    sabir_device *device;
    sabir_device_info info = {.size = sizeof info};
    uint32_t count = 0;
    must(sabir_device_count(context, &count));
    cr_assert_eq(count, 1);
    const char *missing = sabir_device_missing(context);
    cr_assert(strstr(missing, vulkan) && strstr(missing, opencl), "not both are named: %s", missing);
    must(sabir_device_open(context, "auto", &device));
    must(sabir_device_info_of(device, &info));
    cr_assert_str_eq(info.id, "reference");
    cr_assert(told.reference, "nothing in %u lines of the log tells that the reference was chosen", told.lines);
    run_a_program(device, context);
    sabir_device_release(device);
    cr_assert_eq(sabir_device_open(context, "vulkan", &device), SABIR_NOT_FOUND);
    cr_assert_null(device);
    sabir_context_release(context);
}

Test(missing_apis, no_such_files) { check_reference_only("/nonexistent/libvulkan.so.1", "/nonexistent/libOpenCL.so.1"); }
Test(missing_apis, no_libraries) { check_reference_only("/dev/null", "/etc/hostname"); }
/* Libraries that open, but have none of the functions. */
Test(missing_apis, other_libraries) { check_reference_only("libm.so.6", "libpthread.so.0"); }
