#include "internal.h"

enum { PAGE = 4096 };

static sabir_status refuse(const sabir_backend_device *device, uint64_t size, const char *what, uint64_t limit)
{
    return sbr_fail(SABIR_OUT_OF_DEVICE_MEMORY, "%llu bytes were asked of %s; %s is %llu bytes and %llu are in use",
                    (unsigned long long)size, device->found->caps.name, what, (unsigned long long)limit,
                    (unsigned long long)device->allocated);
}

/* Drivers put allocation off until first use and then fail in the middle of a run: so the limits are kept here, and the memory is
 * moved to the device at once. A CPU device pages like any program, so only its limit on one allocation counts. */
static sabir_status check_size(const sabir_backend_device *device, uint64_t size)
{
    const sabir_device_caps *caps = &device->found->caps;
    if (size > caps->largest_allocation || size > SIZE_MAX - PAGE)
        return refuse(device, size, "the largest single allocation", caps->largest_allocation);
    if (!caps->software && size > caps->memory - (device->allocated < caps->memory ? device->allocated : caps->memory))
        return refuse(device, size, "its memory", caps->memory);
    return SABIR_OK;
}

static sabir_status creation_failed(sabir_backend_device *device, uint64_t size, const char *call, cl_int code)
{
    const sabir_status status = sbr_cl_error_status(code);
    if (status != SABIR_OUT_OF_DEVICE_MEMORY) return sbr_cl_device_fail(device, call, code);
    return sbr_fail(status, "%llu bytes were asked of %s: %s answered %s (%d) with %llu of %llu bytes in use", (unsigned long long)size,
                    device->found->caps.name, call, sbr_cl_error_name(code), (int)code, (unsigned long long)device->allocated,
                    (unsigned long long)device->found->caps.memory);
}

static sabir_status make_device_memory(sabir_buffer *buffer)
{
    sabir_backend_device *device = buffer->device;
    SABIR_TRY(check_size(device, buffer->size));
    cl_int code = CL_SUCCESS;
    cl_mem memory = device->api->clCreateBuffer(device->context, CL_MEM_READ_WRITE, (size_t)buffer->size, NULL, &code);
    if (code != CL_SUCCESS || !memory) return creation_failed(device, buffer->size, "clCreateBuffer", code);
    code = device->api->clEnqueueMigrateMemObjects(device->queue, 1, &memory, CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED, 0, NULL, NULL);
    if (code != CL_SUCCESS) {
        device->api->clReleaseMemObject(memory);
        return creation_failed(device, buffer->size, "clEnqueueMigrateMemObjects", code);
    }
    buffer->memory = memory;
    device->allocated += buffer->size;
    return SABIR_OK;
}

static sabir_status make_shared_memory(sabir_buffer *buffer)
{
    sabir_backend_device *device = buffer->device;
    SABIR_TRY(check_size(device, buffer->size));
    cl_int code = CL_SUCCESS;
    cl_mem memory =
        device->api->clCreateBuffer(device->context, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, (size_t)buffer->size, buffer->host, &code);
    if (code != CL_SUCCESS || !memory) return creation_failed(device, buffer->size, "clCreateBuffer over host memory", code);
    buffer->memory = memory;
    const sabir_status status = sbr_cl_buffer_to_host(buffer);
    if (status != SABIR_OK) {
        device->api->clReleaseMemObject(memory);
        buffer->memory = NULL;
    }
    return status;
}

/* Drivers share host memory without copies only from a page's start. */
static sabir_status make_host_memory(sabir_buffer *buffer)
{
    if (buffer->size > SIZE_MAX / 2) return sbr_no_memory(SIZE_MAX);
    const size_t room = (size_t)sbr_round_up(buffer->size, PAGE) + PAGE;
    buffer->block = sbr_resize(buffer->device->allocator, NULL, room);
    if (!buffer->block) return sbr_no_memory(room);
    buffer->host = (void *)(uintptr_t)sbr_round_up((uintptr_t)buffer->block, PAGE);
    return SABIR_OK;
}

static sabir_status take_host_memory(sabir_buffer *buffer, void *host)
{
    const uint32_t alignment = buffer->device->shares_host_memory ? buffer->device->found->caps.buffer_alignment : 4;
    if (!host) return sbr_fail(SABIR_INVALID_ARGUMENT, "a wrapped buffer needs the host memory to wrap; it is NULL");
    if ((uintptr_t)host % alignment != 0)
        return sbr_fail(SABIR_UNSUPPORTED, "%s can only wrap host memory that begins at a multiple of %u bytes; %p does not",
                        buffer->device->found->caps.name, alignment, host);
    buffer->host = host;
    return SABIR_OK;
}

static sabir_status fill_in(sabir_buffer *buffer, void *host)
{
    if (buffer->kind == SABIR_BUFFER_DEVICE) return make_device_memory(buffer);
    SABIR_TRY(buffer->kind == SABIR_BUFFER_WRAPPED ? take_host_memory(buffer, host) : make_host_memory(buffer));
    return buffer->device->shares_host_memory ? make_shared_memory(buffer) : SABIR_OK;
}

sabir_status sbr_cl_buffer_create(sabir_backend_device *device, sabir_buffer_kind kind, uint64_t size, void *host, sabir_buffer **buffer)
{
    *buffer = NULL;
    SABIR_TRY(sbr_cl_alive(device));
    if (size == 0 || size % 4 != 0)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "a buffer's size is a multiple of 4 above 0; it is %llu", (unsigned long long)size);
    sabir_buffer *made = sbr_alloc(device->allocator, sizeof *made);
    if (!made) return sbr_no_memory(sizeof *made);
    made->device = device;
    made->kind = kind;
    made->size = size;
    made->id = ++device->buffers_made;
    const sabir_status status = fill_in(made, host);
    if (status != SABIR_OK) {
        sbr_free(device->allocator, made->block);
        sbr_free(device->allocator, made);
        return status;
    }
    *buffer = made;
    return SABIR_OK;
}

/* The host memory may go only when the driver is done with it, so the last unmapping is waited for. */
static void unmap_for_good(sabir_buffer *buffer)
{
    const sbr_cl_api *api = buffer->device->api;
    cl_event done = NULL;
    if (api->clEnqueueUnmapMemObject(buffer->device->queue, buffer->memory, buffer->host, 0, NULL, &done) != CL_SUCCESS) return;
    api->clWaitForEvents(1, &done);
    api->clReleaseEvent(done);
}

void sbr_cl_buffer_destroy(sabir_buffer *buffer)
{
    if (!buffer) return;
    sabir_backend_device *device = buffer->device;
    if (buffer->mapped) unmap_for_good(buffer);
    if (buffer->memory) {
        device->api->clReleaseMemObject(buffer->memory);
        if (!sbr_cl_is_host(buffer) || sbr_cl_is_mirrored(buffer)) device->allocated -= buffer->size;
    }
    sbr_free(device->allocator, buffer->block);
    sbr_free(device->allocator, buffer);
}

sabir_status sbr_cl_buffer_map(sabir_buffer *buffer, void **memory)
{
    if (!buffer->host) return sbr_fail(SABIR_UNSUPPORTED, "OpenCL maps staging and wrapped buffers only; copy through a staging buffer");
    *memory = buffer->host;
    return SABIR_OK;
}

void sbr_cl_buffer_unmap(sabir_buffer *buffer) { (void)buffer; }

/* Kernels in OpenCL C take pointers as arguments; no address can be stored in memory in OpenCL 1.2. */
uint64_t sbr_cl_buffer_address(sabir_buffer *buffer)
{
    (void)buffer;
    return 0;
}

sabir_status sbr_cl_buffer_need_memory(sabir_buffer *buffer) { return buffer->memory ? SABIR_OK : make_device_memory(buffer); }

sabir_status sbr_cl_buffer_to_device(sabir_buffer *buffer)
{
    if (!buffer->mapped) return SABIR_OK;
    sabir_backend_device *device = buffer->device;
    const cl_int code = device->api->clEnqueueUnmapMemObject(device->queue, buffer->memory, buffer->host, 0, NULL, NULL);
    if (code != CL_SUCCESS) return sbr_cl_device_fail(device, "clEnqueueUnmapMemObject", code);
    buffer->mapped = false;
    return SABIR_OK;
}

sabir_status sbr_cl_buffer_to_host(sabir_buffer *buffer)
{
    if (buffer->mapped) return SABIR_OK;
    sabir_backend_device *device = buffer->device;
    cl_int code = CL_SUCCESS;
    device->api->clEnqueueMapBuffer(device->queue, buffer->memory, CL_FALSE, CL_MAP_READ | CL_MAP_WRITE, 0, (size_t)buffer->size, 0, NULL,
                                    NULL, &code);
    if (code != CL_SUCCESS) return sbr_cl_device_fail(device, "clEnqueueMapBuffer", code);
    buffer->mapped = true;
    return SABIR_OK;
}
