#include "internal.h"

static sabir_status check(sabir_backend_device *device, const char *call, cl_int code)
{
    return code == CL_SUCCESS ? SABIR_OK : sbr_cl_device_fail(device, call, code);
}

static sabir_status write_words(sabir_buffer *to, uint64_t offset, uint64_t bytes, const void *host)
{
    sabir_backend_device *device = to->device;
    return check(
        device, "clEnqueueWriteBuffer",
        device->api->clEnqueueWriteBuffer(device->queue, to->memory, CL_FALSE, (size_t)offset, (size_t)bytes, host, 0, NULL, NULL));
}

static sabir_status read_words(const sabir_buffer *from, uint64_t offset, uint64_t bytes, void *host)
{
    sabir_backend_device *device = from->device;
    return check(
        device, "clEnqueueReadBuffer",
        device->api->clEnqueueReadBuffer(device->queue, from->memory, CL_FALSE, (size_t)offset, (size_t)bytes, host, 0, NULL, NULL));
}

static char *host_at(const sabir_buffer *buffer, uint64_t offset) { return (char *)buffer->host + offset; }

/* Before a kernel sees the buffer. */
static sabir_status refresh_mirror(sabir_buffer *buffer)
{
    const uint64_t replay = buffer->device->replays;
    if (!sbr_cl_is_mirrored(buffer) || buffer->synced == replay) return SABIR_OK;
    SABIR_TRY(write_words(buffer, 0, buffer->size, buffer->host));
    buffer->synced = replay;
    return SABIR_OK;
}

static sabir_status dispatch(const sabir_commands *commands, const sbr_cl_dispatch *command)
{
    sabir_backend_device *device = commands->device;
    sabir_kernel *kernel = command->kernel;
    const sbr_cl_argument *arguments = &commands->arguments.data[command->first_argument];
    const uint32_t count = kernel->buffer_count + 1;
    const size_t local = kernel->local_size;
    if (!device->shares_host_memory)
        for (uint32_t i = 0; i < count; i++) SABIR_TRY(refresh_mirror(arguments[i].buffer));
    SABIR_TRY(sbr_cl_kernel_set(kernel, arguments, command->control_word));
    const cl_int code = device->api->clEnqueueNDRangeKernel(device->queue, kernel->kernel, 1, NULL, &command->items, &local, 0, NULL, NULL);
    if (code != CL_SUCCESS) {
        SABIR_TRY(sbr_cl_alive(device));
        const sabir_status status = sbr_cl_device_fail(device, "clEnqueueNDRangeKernel", code);
        return status == SABIR_DEVICE_LOST
                   ? status
                   : sbr_fail(status, "clEnqueueNDRangeKernel answered %s (%d) for kernel %s, %zu work-items in groups of %zu",
                              sbr_cl_error_name(code), (int)code, kernel->name, command->items, local);
    }
    for (uint32_t i = 0; i < count; i++) {
        const sbr_cl_argument *argument = &arguments[i];
        if (argument->writes && argument->bytes != 0 && sbr_cl_is_mirrored(argument->buffer))
            SABIR_TRY(read_words(argument->buffer, 0, argument->bytes, argument->buffer->host));
    }
    return SABIR_OK;
}

static sabir_status copy(const sbr_cl_copy *command)
{
    sabir_buffer *from = command->from, *to = command->to;
    sabir_backend_device *device = to->device;
    const uint64_t bytes = command->bytes;
    if (sbr_cl_is_mirrored(from)) {
        SABIR_TRY(write_words(to, command->to_offset, bytes, host_at(from, command->from_offset)));
        return sbr_cl_is_mirrored(to) ? read_words(to, command->to_offset, bytes, host_at(to, command->to_offset)) : SABIR_OK;
    }
    if (sbr_cl_is_mirrored(to)) {
        to->synced = 0;
        return read_words(from, command->from_offset, bytes, host_at(to, command->to_offset));
    }
    return check(device, "clEnqueueCopyBuffer",
                 device->api->clEnqueueCopyBuffer(device->queue, from->memory, to->memory, (size_t)command->from_offset,
                                                  (size_t)command->to_offset, (size_t)bytes, 0, NULL, NULL));
}

static sabir_status fill(const sbr_cl_fill *command)
{
    sabir_buffer *to = command->to;
    sabir_backend_device *device = to->device;
    const cl_uint word = command->word;
    SABIR_TRY(check(device, "clEnqueueFillBuffer",
                    device->api->clEnqueueFillBuffer(device->queue, to->memory, &word, sizeof word, (size_t)command->offset,
                                                     (size_t)command->bytes, 0, NULL, NULL)));
    return sbr_cl_is_mirrored(to) ? read_words(to, command->offset, command->bytes, host_at(to, command->offset)) : SABIR_OK;
}

static sabir_status mark(sabir_backend_device *device, cl_event *event)
{
    if (*event) device->api->clReleaseEvent(*event);
    *event = NULL;
    return check(device, "clEnqueueMarkerWithWaitList", device->api->clEnqueueMarkerWithWaitList(device->queue, 0, NULL, event));
}

sabir_status sbr_cl_replay(sabir_commands *commands, cl_event *marks)
{
    for (uint32_t i = 0; i < commands->list.count; i++) {
        const sbr_cl_command *command = &commands->list.data[i];
        switch (command->kind) {
            case SBR_CL_DISPATCH: SABIR_TRY(dispatch(commands, &command->as.dispatch)); break;
            case SBR_CL_COPY: SABIR_TRY(copy(&command->as.copy)); break;
            case SBR_CL_FILL: SABIR_TRY(fill(&command->as.fill)); break;
            case SBR_CL_TIMESTAMP: SABIR_TRY(mark(commands->device, &marks[command->as.slot])); break;
        }
    }
    return SABIR_OK;
}
