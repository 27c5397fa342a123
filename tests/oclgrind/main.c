/* Runs conformance cases on OpenCL and prints the built-in kernels that were created on the way. Criterion starts a process for each test, so
 * tests/check_oclgrind needs this plain program.
 *
 *   oclgrind-cases FILTER...   filters as for `sabir check --op`; after "gpu:" the device passes for a GPU, so that its kernels are taken
 *   oclgrind-cases --kernels   the built-in kernels */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conform/conform.h"
#include "kernel/builtin.h"
#include "sabir/backend.h"

static const sabir_backend *inner;
static bool *created; /* by embedded kernel */
static bool as_gpu;

static sabir_status note_caps(sabir_driver *driver, uint32_t index, sabir_device_caps *caps)
{
    const sabir_status status = inner->device_caps(driver, index, caps);
    if (as_gpu) caps->software = false;
    return status;
}

static sabir_status note_kernel(sabir_backend_device *device, const sabir_kernel_source *source, sabir_kernel **kernel)
{
    for (uint32_t i = 0; i < sbr_embedded_kernel_count; i++)
        if (strcmp(sbr_embedded_kernels[i].name, source->name) == 0) created[i] = true;
    return inner->kernel_create(device, source, kernel);
}

static double processor_seconds(void) { return (double)clock() / CLOCKS_PER_SEC; }

static sabir_status run_cases(const sabir_backend *backend, const char *filter, conform_result *result)
{
    sabir_context *context;
    const sabir_context_options options = {.size = sizeof options, .vulkan_library = "/nonexistent", .cache_directory = ""};
    *result = (conform_result){0};
    sabir_status status = sabir_context_create(&options, &context);
    if (status != SABIR_OK) return status;
    status = sabir_context_add_backend(context, backend, NULL);
    if (status == SABIR_OK) status = conform_run(context, &(conform_options){.device = "opencl", .filter = filter, .seed = 1}, result);
    sabir_context_release(context);
    return status;
}

static bool run_filter(const sabir_backend *backend, const char *filter)
{
    conform_result result;
    const double start = processor_seconds();
    as_gpu = strncmp(filter, "gpu:", 4) == 0;
    const sabir_status status = run_cases(backend, as_gpu ? filter + 4 : filter, &result);
    const bool good = status == SABIR_OK && result.cases > 0 && result.failed == 0;
    printf("%-44s %u cases, %u failed, %.1f s\n", filter, result.cases, result.failed, processor_seconds() - start);
    if (status != SABIR_OK) printf("  %s: %s\n", sabir_status_name(status), sabir_last_message());
    if (!result.cases) printf("  no such case\n");
    for (uint32_t i = 0; i < result.failures.count; i++) printf("  %s: %s\n", result.failures.items[i].name, result.failures.items[i].message);
    fflush(stdout);
    conform_result_free(&result);
    return good;
}

static void list_kernels(bool all)
{
    for (uint32_t i = 0; i < sbr_embedded_kernel_count; i++)
        if (all || created[i]) printf(" %s", sbr_embedded_kernels[i].name);
    printf("\n");
}

int main(int count, char **filters)
{
    inner = sabir_builtin_backend("opencl");
    created = calloc(sbr_embedded_kernel_count, sizeof *created);
    if (count < 2 || !inner || !created) {
        fprintf(stderr, "usage: oclgrind-cases --kernels | FILTER...\n");
        return 2;
    }
    const bool list = strcmp(filters[1], "--kernels") == 0;
    sabir_backend noting = *inner;
    noting.kernel_create = note_kernel;
    noting.device_caps = note_caps;
    bool good = true;
    for (int i = 1; i < count && !list; i++) good = run_filter(&noting, filters[i]) && good;
    printf("kernels:");
    list_kernels(list);
    free(created);
    return good ? 0 : 1;
}
