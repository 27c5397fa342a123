#include "internal.h"

sabir_status sbr_cl_commands_create(sabir_backend_device *device, sabir_commands **commands)
{
    *commands = NULL;
    sabir_commands *made = sbr_alloc(device->allocator, sizeof *made);
    if (!made) return sbr_no_memory(sizeof *made);
    made->device = device;
    *commands = made;
    return SABIR_OK;
}

void sbr_cl_commands_destroy(sabir_commands *commands)
{
    if (!commands) return;
    const sabir_allocator *allocator = commands->device->allocator;
    sbr_cl_marks_free(commands);
    sbr_vector_free(allocator, &commands->list);
    sbr_vector_free(allocator, &commands->arguments);
    sbr_vector_free(allocator, &commands->hosts);
    sbr_free(allocator, commands);
}

sabir_status sbr_cl_commands_begin(sabir_commands *commands)
{
    commands->recording = true;
    commands->list.count = commands->arguments.count = commands->hosts.count = 0;
    commands->slots = 0;
    return SABIR_OK;
}

sabir_status sbr_cl_commands_end(sabir_commands *commands)
{
    if (!commands->recording) return sbr_fail(SABIR_MISUSE, "commands_end on commands that are not being recorded");
    commands->recording = false;
    return SABIR_OK;
}

static sabir_status need_recording(const sabir_commands *commands, const char *what)
{
    return commands->recording ? SABIR_OK : sbr_fail(SABIR_MISUSE, "%s outside of commands_begin and commands_end", what);
}

static sabir_status check_range(const sabir_buffer *buffer, uint64_t offset, uint64_t bytes, const char *what)
{
    if (offset % 4 != 0 || bytes % 4 != 0)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s of %llu bytes at %llu: both must be multiples of 4", what, (unsigned long long)bytes,
                        (unsigned long long)offset);
    if (offset > buffer->size || bytes > buffer->size - offset)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s of %llu bytes at %llu leaves the buffer of %llu bytes", what, (unsigned long long)bytes,
                        (unsigned long long)offset, (unsigned long long)buffer->size);
    return SABIR_OK;
}

static sabir_status note_host(sabir_commands *commands, sabir_buffer *buffer)
{
    if (!sbr_cl_is_host(buffer)) return SABIR_OK;
    for (uint32_t i = 0; i < commands->hosts.count; i++)
        if (commands->hosts.data[i] == buffer) return SABIR_OK;
    return sbr_push(commands->device->allocator, &commands->hosts, buffer) ? SABIR_OK : sbr_no_memory(sizeof buffer);
}

static sabir_status append(sabir_commands *commands, sbr_cl_command command)
{
    return sbr_push(commands->device->allocator, &commands->list, command) ? SABIR_OK : sbr_no_memory(sizeof command);
}

static sabir_status check_dispatch(const sabir_kernel *kernel, const sabir_buffer_range *buffers, uint32_t count,
                                   const sabir_buffer *control, uint32_t control_word)
{
    if (count != kernel->buffer_count)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "kernel %s takes %u buffers; %u were given", kernel->name, kernel->buffer_count, count);
    if (!control) return sbr_fail(SABIR_INVALID_ARGUMENT, "kernel %s was dispatched without a control buffer", kernel->name);
    if (control_word >= control->size / 4)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "kernel %s: control word %u lies behind the control buffer of %llu bytes", kernel->name,
                        control_word, (unsigned long long)control->size);
    for (uint32_t i = 0; i < count; i++) {
        if (buffers[i].offset != 0)
            return sbr_fail(SABIR_UNSUPPORTED,
                            "kernel %s: buffer %u begins at byte %llu; in OpenCL a buffer is passed whole and offsets go into "
                            "control words",
                            kernel->name, i, (unsigned long long)buffers[i].offset);
        if (buffers[i].bytes > buffers[i].buffer->size)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "kernel %s: %llu bytes of buffer %u, which has %llu", kernel->name,
                            (unsigned long long)buffers[i].bytes, i, (unsigned long long)buffers[i].buffer->size);
    }
    return SABIR_OK;
}

static sabir_status count_items(const sabir_kernel *kernel, uint32_t groups_x, uint32_t groups_y, size_t *items)
{
    const uint64_t groups = (uint64_t)groups_x * groups_y;
    if (groups > UINT32_MAX || groups > SIZE_MAX / kernel->local_size)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s: %u x %u work-groups; a linear group index has 32 bits", kernel->name, groups_x,
                        groups_y);
    *items = (size_t)groups * kernel->local_size;
    return SABIR_OK;
}

static sabir_status add_argument(sabir_commands *commands, sbr_cl_argument argument)
{
    SABIR_TRY(sbr_cl_buffer_need_memory(argument.buffer));
    SABIR_TRY(note_host(commands, argument.buffer));
    return sbr_push(commands->device->allocator, &commands->arguments, argument) ? SABIR_OK : sbr_no_memory(sizeof argument);
}

sabir_status sbr_cl_dispatch_record(sabir_commands *commands, sabir_kernel *kernel, const sabir_buffer_range *buffers,
                                    uint32_t buffer_count, sabir_buffer *control, uint32_t control_word, uint32_t groups_x,
                                    uint32_t groups_y)
{
    sbr_cl_dispatch dispatch = {.kernel = kernel, .first_argument = commands->arguments.count, .control_word = control_word};
    SABIR_TRY(need_recording(commands, "dispatch"));
    SABIR_TRY(check_dispatch(kernel, buffers, buffer_count, control, control_word));
    SABIR_TRY(count_items(kernel, groups_x, groups_y, &dispatch.items));
    if (dispatch.items == 0) return SABIR_OK;
    SABIR_TRY(add_argument(commands, (sbr_cl_argument){control, control->size, false}));
    for (uint32_t i = 0; i < buffer_count; i++)
        SABIR_TRY(add_argument(commands, (sbr_cl_argument){buffers[i].buffer, buffers[i].bytes, buffers[i].writes}));
    return append(commands, (sbr_cl_command){.kind = SBR_CL_DISPATCH, .as.dispatch = dispatch});
}

/* Between two mirrored buffers a copy goes through the target's mirror. */
sabir_status sbr_cl_copy_record(sabir_commands *commands, sabir_buffer *from, uint64_t from_offset, sabir_buffer *to, uint64_t to_offset,
                                uint64_t bytes)
{
    SABIR_TRY(need_recording(commands, "copy"));
    SABIR_TRY(check_range(from, from_offset, bytes, "a copy's source"));
    SABIR_TRY(check_range(to, to_offset, bytes, "a copy's target"));
    if (bytes == 0) return SABIR_OK;
    if (from == to && from_offset < to_offset + bytes && to_offset < from_offset + bytes)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "a copy of %llu bytes from %llu to %llu of one buffer overlaps itself",
                        (unsigned long long)bytes, (unsigned long long)from_offset, (unsigned long long)to_offset);
    if (sbr_cl_is_mirrored(from) && sbr_cl_is_mirrored(to)) SABIR_TRY(sbr_cl_buffer_need_memory(to));
    SABIR_TRY(note_host(commands, from));
    SABIR_TRY(note_host(commands, to));
    const sbr_cl_copy copy = {from, to, from_offset, to_offset, bytes};
    return append(commands, (sbr_cl_command){.kind = SBR_CL_COPY, .as.copy = copy});
}

sabir_status sbr_cl_fill_record(sabir_commands *commands, sabir_buffer *to, uint64_t offset, uint64_t bytes, uint32_t word)
{
    SABIR_TRY(need_recording(commands, "fill"));
    SABIR_TRY(check_range(to, offset, bytes, "a fill"));
    if (bytes == 0) return SABIR_OK;
    SABIR_TRY(sbr_cl_buffer_need_memory(to));
    SABIR_TRY(note_host(commands, to));
    const sbr_cl_fill fill = {to, offset, bytes, word};
    return append(commands, (sbr_cl_command){.kind = SBR_CL_FILL, .as.fill = fill});
}

/* The queue is in order, and each command sees what the ones before it wrote. */
sabir_status sbr_cl_barrier_record(sabir_commands *commands) { return need_recording(commands, "barrier"); }

sabir_status sbr_cl_timestamp_record(sabir_commands *commands, uint32_t slot)
{
    SABIR_TRY(need_recording(commands, "timestamp"));
    if (slot == UINT32_MAX) return sbr_fail(SABIR_INVALID_ARGUMENT, "timestamp slot %u is too large", slot);
    SABIR_TRY(append(commands, (sbr_cl_command){.kind = SBR_CL_TIMESTAMP, .as.slot = slot}));
    if (slot >= commands->slots) commands->slots = slot + 1;
    return SABIR_OK;
}
