#include "internal.h"

/* The driver calls this from threads of its own; it only ever adds to what calls answer themselves. */
static void CL_CALLBACK notice(const char *text, const void *detail, size_t detail_size, void *user)
{
    (void)detail;
    (void)detail_size;
    sbr_cl_log(user, SABIR_LOG_DEBUG, "opencl: %s", text);
}

static sabir_status open_queue(sabir_backend_device *device)
{
    const sbr_cl_found *found = device->found;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)found->platform, 0};
    cl_int code = CL_SUCCESS;
    device->context = device->api->clCreateContext(properties, 1, &found->id, notice, device->driver, &code);
    if (code != CL_SUCCESS || !device->context) {
        device->context = NULL;
        return sbr_cl_fail("clCreateContext", code);
    }
    device->queue = device->api->clCreateCommandQueue(device->context, found->id, CL_QUEUE_PROFILING_ENABLE, &code);
    if (code != CL_SUCCESS || !device->queue) {
        device->queue = NULL;
        return sbr_cl_fail("clCreateCommandQueue", code);
    }
    return SABIR_OK;
}

static void release(sabir_backend_device *device)
{
    if (device->queue) device->api->clReleaseCommandQueue(device->queue);
    if (device->context) device->api->clReleaseContext(device->context);
    sbr_vector_free(device->allocator, &device->outstanding);
    sbr_mutex_destroy(&device->lock);
    sbr_free(device->allocator, device);
}

sabir_status sbr_cl_device_open(sabir_driver *driver, uint32_t index, sabir_backend_device **device)
{
    *device = NULL;
    if (index >= driver->found.count)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "OpenCL device %u was asked for; there are %u", index, driver->found.count);
    sabir_backend_device *made = sbr_alloc(&driver->allocator, sizeof *made);
    if (!made) return sbr_no_memory(sizeof *made);
    made->driver = driver;
    made->api = &driver->api;
    made->allocator = &driver->allocator;
    made->found = &driver->found.data[index];
    made->shares_host_memory = made->found->caps.software;
    if (!sbr_mutex_init(&made->lock)) {
        sbr_free(&driver->allocator, made);
        return sbr_fail(SABIR_OUT_OF_MEMORY, "the system has no room for another mutex");
    }
    const sabir_status status = open_queue(made);
    if (status != SABIR_OK) {
        release(made);
        return status;
    }
    *device = made;
    return SABIR_OK;
}

void sbr_cl_device_close(sabir_backend_device *device)
{
    if (!device) return;
    device->api->clFinish(device->queue);
    for (uint32_t i = 0; i < device->outstanding.count; i++) device->api->clReleaseEvent(device->outstanding.data[i].event);
    release(device);
}

sabir_status sbr_cl_memory_available(sabir_backend_device *device, uint64_t *bytes)
{
    const uint64_t memory = device->found->caps.memory;
    *bytes = device->allocated < memory ? memory - device->allocated : 0;
    size_t kibibytes[2] = {0};
    if (device->found->reports_free_memory &&
        device->api->clGetDeviceInfo(device->found->id, CL_DEVICE_GLOBAL_FREE_MEMORY_AMD, sizeof kibibytes, kibibytes, NULL) ==
            CL_SUCCESS &&
        (uint64_t)kibibytes[0] * 1024 < *bytes)
        *bytes = (uint64_t)kibibytes[0] * 1024;
    return SABIR_OK;
}

void sbr_cl_lose(sabir_backend_device *device, const char *call, cl_int code)
{
    sbr_lock(&device->lock);
    if (!device->lost) {
        device->lost = code;
        device->lost_call = call;
    }
    sbr_unlock(&device->lock);
}

sabir_status sbr_cl_alive(sabir_backend_device *device)
{
    sbr_lock(&device->lock);
    const cl_int lost = device->lost;
    const char *call = device->lost_call;
    sbr_unlock(&device->lock);
    if (!lost) return SABIR_OK;
    return sbr_fail(SABIR_DEVICE_LOST, "%s was lost: %s answered %s (%d); open the device again and rebuild from a store",
                    device->found->caps.name, call, sbr_cl_error_name(lost), (int)lost);
}
