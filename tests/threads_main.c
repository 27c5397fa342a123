/* The cases of test_threads.c as a plain program, for the thread sanitizer: Criterion starts a process for each test. */
#include <stdio.h>

#include "threads_cases.h"

int main(void)
{
    static const struct { const char *name; const char *(*test)(sabir_context *context); } cases[] = {
        {"first look", threads_first_look}, {"Vulkan beside OpenCL", threads_vulkan_beside_opencl}, {"OpenCL beside Vulkan", threads_opencl_beside_vulkan},
        {"Vulkan beside the reference", threads_vulkan_beside_reference}, {"one Vulkan device", threads_one_vulkan_device},
        {"one OpenCL device", threads_one_opencl_device}, {"one reference", threads_one_reference}, {"wait", threads_wait}, {"cancel", threads_cancel},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sabir_context *context;
        const char *fault = "no context";
        if (sabir_context_create(NULL, &context) == SABIR_OK) {
            fault = cases[i].test(context);
            sabir_context_release(context);
        }
        printf("%s: %s\n", cases[i].name, fault ? fault : "good");
        failed += fault != NULL;
    }
    return failed ? 1 : 0;
}
