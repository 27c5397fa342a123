#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

void sbr_cl_log(const sabir_driver *driver, sabir_log_level level, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    driver->log(driver->log_user, level, message);
}

static const char *load(sbr_cl_api *api, sbr_dynlib *library)
{
#define LOAD(function)                                               \
    do {                                                             \
        void *symbol = sbr_dynlib_symbol(library, #function);        \
        if (!symbol) return #function;                               \
        memcpy(&api->function, &symbol, sizeof symbol);              \
    } while (0);
    SBR_CL_FUNCTIONS(LOAD)
#undef LOAD
    return NULL;
}

/* A device that cannot be used is left out with a line in the log; only a lack of host memory is a failure. */
static sabir_status add_device(sabir_driver *driver, cl_platform_id platform, cl_device_id id)
{
    sbr_cl_found found = {.platform = platform, .id = id};
    const char *missing = NULL;
    SABIR_TRY(sbr_cl_read_caps(driver, &found, &missing));
    if (missing) {
        sbr_cl_log(driver, SABIR_LOG_INFO, "opencl: %s is left out: %s", found.caps.name[0] ? found.caps.name : "a device", missing);
        return SABIR_OK;
    }
    return sbr_push(&driver->allocator, &driver->found, found) ? SABIR_OK : sbr_no_memory(sizeof found);
}

static sabir_status add_platform(sabir_driver *driver, cl_platform_id platform)
{
    const cl_device_type types = CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR;
    cl_uint count = 0;
    cl_int code = driver->api.clGetDeviceIDs(platform, types, 0, NULL, &count);
    if (code != CL_SUCCESS || count == 0) {
        if (code != CL_DEVICE_NOT_FOUND)
            sbr_cl_log(driver, SABIR_LOG_INFO, "opencl: a platform is left out: clGetDeviceIDs answered %s", sbr_cl_error_name(code));
        return SABIR_OK;
    }
    cl_device_id *ids = sbr_alloc_array(&driver->allocator, count, sizeof *ids);
    if (!ids) return sbr_no_memory(count * sizeof *ids);
    sabir_status status = SABIR_OK;
    code = driver->api.clGetDeviceIDs(platform, types, count, ids, NULL);
    for (cl_uint i = 0; code == CL_SUCCESS && i < count && status == SABIR_OK; i++) status = add_device(driver, platform, ids[i]);
    sbr_free(&driver->allocator, ids);
    return status;
}

static sabir_status enumerate(sabir_driver *driver)
{
    cl_uint count = 0;
    cl_int code = driver->api.clGetPlatformIDs(0, NULL, &count);
    if (code == CL_PLATFORM_NOT_FOUND_KHR || (code == CL_SUCCESS && count == 0))
        return sbr_fail(SABIR_NOT_FOUND, "the OpenCL loader is there but no driver is installed for it: install the OpenCL driver of your "
                                         "device, or PoCL (pocl-opencl-icd) for the CPU");
    if (code != CL_SUCCESS) return sbr_cl_fail("clGetPlatformIDs", code);
    cl_platform_id *platforms = sbr_alloc_array(&driver->allocator, count, sizeof *platforms);
    if (!platforms) return sbr_no_memory(count * sizeof *platforms);
    code = driver->api.clGetPlatformIDs(count, platforms, NULL);
    sabir_status status = code == CL_SUCCESS ? SABIR_OK : sbr_cl_fail("clGetPlatformIDs", code);
    for (cl_uint i = 0; i < count && status == SABIR_OK; i++) status = add_platform(driver, platforms[i]);
    sbr_free(&driver->allocator, platforms);
    if (status == SABIR_OK && driver->found.count == 0)
        return sbr_fail(SABIR_NOT_FOUND,
                        "%u OpenCL platform(s) are installed but none has a device that can be used; the log says why at level info",
                        (unsigned)count);
    return status;
}

/* The loader stays in the process: drivers keep threads and exit handlers that outlive the last object made from them. */
static void driver_close(sabir_driver *driver)
{
    if (!driver) return;
    const sabir_allocator allocator = driver->allocator;
    sbr_vector_free(&allocator, &driver->found);
    sbr_free(&allocator, driver);
}

static sabir_status driver_open(const sabir_host *host, sabir_driver **driver)
{
    *driver = NULL;
    sbr_dynlib *library = sbr_dynlib_open(host->loader);
    if (!library)
        return sbr_fail(SABIR_NOT_FOUND,
                        "the OpenCL loader %s cannot be opened: install ocl-icd-libopencl1 or your vendor's OpenCL package", host->loader);
    sabir_driver *made = sbr_alloc(&host->allocator, sizeof *made);
    if (!made) {
        sbr_dynlib_close(library);
        return sbr_no_memory(sizeof *made);
    }
    made->allocator = host->allocator;
    made->log_user = host->log_user;
    made->log = host->log;
    made->library = library;
    const char *absent = load(&made->api, library);
    if (absent) {
        sbr_free(&host->allocator, made);
        sbr_dynlib_close(library);
        return sbr_fail(SABIR_NOT_FOUND, "%s has no %s: OpenCL 1.2 is needed", host->loader, absent);
    }
    sabir_status status = enumerate(made);
    if (status != SABIR_OK) {
        driver_close(made);
        return status;
    }
    *driver = made;
    return SABIR_OK;
}

static uint32_t device_count(sabir_driver *driver) { return driver->found.count; }

static sabir_status device_caps(sabir_driver *driver, uint32_t index, sabir_device_caps *caps)
{
    if (index >= driver->found.count)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "OpenCL device %u was asked for; there are %u", index, driver->found.count);
    const size_t size = caps->size && caps->size < sizeof *caps ? caps->size : sizeof *caps;
    memcpy(caps, &driver->found.data[index].caps, size);
    caps->size = size;
    return SABIR_OK;
}

const sabir_backend sbr_opencl_backend = {
    .version = SABIR_BACKEND_VERSION,
    .name = "opencl",
    .open = driver_open,
    .close = driver_close,
    .device_count = device_count,
    .device_caps = device_caps,
    .device_open = sbr_cl_device_open,
    .device_close = sbr_cl_device_close,
    .device_wait_idle = sbr_cl_wait_idle,
    .memory_available = sbr_cl_memory_available,
    .buffer_create = sbr_cl_buffer_create,
    .buffer_destroy = sbr_cl_buffer_destroy,
    .buffer_map = sbr_cl_buffer_map,
    .buffer_unmap = sbr_cl_buffer_unmap,
    .buffer_address = sbr_cl_buffer_address,
    .kernel_create = sbr_cl_kernel_create,
    .kernel_destroy = sbr_cl_kernel_destroy,
    .kernel_info = sbr_cl_kernel_info,
    .kernel_binary = sbr_cl_kernel_binary,
    .commands_create = sbr_cl_commands_create,
    .commands_destroy = sbr_cl_commands_destroy,
    .commands_begin = sbr_cl_commands_begin,
    .dispatch = sbr_cl_dispatch_record,
    .copy = sbr_cl_copy_record,
    .fill = sbr_cl_fill_record,
    .barrier = sbr_cl_barrier_record,
    .timestamp = sbr_cl_timestamp_record,
    .commands_end = sbr_cl_commands_end,
    .submit = sbr_cl_submit,
    .wait = sbr_cl_wait,
    .poll = sbr_cl_poll,
    .read_timestamps = sbr_cl_read_timestamps,
};
