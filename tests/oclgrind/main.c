/* Runs conformance cases on OpenCL and prints the built-in kernels that were created on the way. Criterion starts a process for each test, so
 * tests/check_oclgrind needs this plain program.
 *
 *   oclgrind-cases FILTER...   filters as for `sabir check --op`; after "gpu:" the device passes for a GPU, so that its kernels are taken
 *   oclgrind-cases --kernels   the built-in kernels that its device can run */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../backends/opencl/internal.h"
#include "conform/conform.h"
#include "kernel/builtin.h"
#include "sabir/backend.h"

static const sabir_backend *inner;
static bool *created; /* by embedded kernel */
static bool as_gpu;

/* ---- What Oclgrind forgets ----
 * With a copy or fill from the host's side, Oclgrind forgets which of the buffer's other words were written, and takes them for unwritten. All of a buffer
 * that is mapped for writing it takes for written; the contents stay. So that is done after each copy and fill. Nothing is lost where it matters:
 * temporaries are in memory that only kernels write, and outputs begin as a pattern.
 * A buffer that takes a released one's place inherits what was known of that, even its size, so none is released.
 * Of bytes that are combined with an unwritten one it takes all for unwritten, so it reports a tensor of small elements that does not fill its last word.
 * The cases that are run here have no such temporaries. */

static sbr_cl_api of_driver; /* as it was found */
static __typeof__(&clGetMemObjectInfo) object_info;

static cl_int take_for_written(cl_command_queue queue, cl_mem buffer, cl_int code)
{
    cl_mem_flags flags = 0;
    size_t size = 0;
    if (code == CL_SUCCESS) code = object_info(buffer, CL_MEM_FLAGS, sizeof flags, &flags, NULL);
    if (code == CL_SUCCESS) code = object_info(buffer, CL_MEM_SIZE, sizeof size, &size, NULL);
    if (code != CL_SUCCESS || flags & CL_MEM_USE_HOST_PTR) return code; /* a staging buffer: no kernel reads it */
    void *memory = of_driver.clEnqueueMapBuffer(queue, buffer, CL_FALSE, CL_MAP_WRITE, 0, size, 0, NULL, NULL, &code);
    return code == CL_SUCCESS ? of_driver.clEnqueueUnmapMemObject(queue, buffer, memory, 0, NULL, NULL) : code;
}

static CL_API_ENTRY cl_int CL_API_CALL copy_whole(cl_command_queue queue, cl_mem from, cl_mem to, size_t from_offset, size_t to_offset, size_t bytes, cl_uint count,
                                                  const cl_event *waits, cl_event *event)
{
    return take_for_written(queue, to, of_driver.clEnqueueCopyBuffer(queue, from, to, from_offset, to_offset, bytes, count, waits, event));
}

static CL_API_ENTRY cl_int CL_API_CALL fill_whole(cl_command_queue queue, cl_mem to, const void *pattern, size_t pattern_bytes, size_t offset, size_t bytes, cl_uint count,
                                                  const cl_event *waits, cl_event *event)
{
    return take_for_written(queue, to, of_driver.clEnqueueFillBuffer(queue, to, pattern, pattern_bytes, offset, bytes, count, waits, event));
}

static CL_API_ENTRY cl_int CL_API_CALL release_never(cl_mem buffer)
{
    (void)buffer;
    return CL_SUCCESS;
}

static sabir_status note_open(const sabir_host *host, sabir_driver **driver)
{
    SABIR_TRY(inner->open(host, driver));
    of_driver = (*driver)->api;
    void *symbol = sbr_dynlib_symbol((*driver)->library, "clGetMemObjectInfo");
    memcpy(&object_info, &symbol, sizeof symbol);
    (*driver)->api.clEnqueueCopyBuffer = copy_whole;
    (*driver)->api.clEnqueueFillBuffer = fill_whole;
    (*driver)->api.clReleaseMemObject = release_never;
    return SABIR_OK;
}

/* ---- Kernels and cases ---- */

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

/* Oclgrind's device has no subgroups. */
static bool can_run(const sbr_embedded_text *kernel)
{
    const sabir_allocator allocator = sbr_allocator_or_default((sabir_allocator){0});
    sbr_arena arena = {.allocator = &allocator};
    sbr_kernel_desc desc;
    const bool can = sbr_dialect_read(&arena, kernel->name, kernel->data, kernel->size, &desc) == SABIR_OK && !desc.needs_subgroups;
    sbr_arena_free(&arena);
    return can;
}

static void list_kernels(bool all)
{
    for (uint32_t i = 0; i < sbr_embedded_kernel_count; i++)
        if (all ? can_run(&sbr_embedded_kernels[i]) : created[i]) printf(" %s", sbr_embedded_kernels[i].name);
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
    noting.open = note_open;
    noting.kernel_create = note_kernel;
    noting.device_caps = note_caps;
    bool good = true;
    for (int i = 1; i < count && !list; i++) good = run_filter(&noting, filters[i]) && good;
    printf("kernels:");
    list_kernels(list);
    free(created);
    return good ? 0 : 1;
}
