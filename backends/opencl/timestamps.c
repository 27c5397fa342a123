#include "internal.h"

static void free_marks(sabir_backend_device *device, sbr_cl_marks *marks)
{
    for (uint32_t i = 0; i < marks->count; i++)
        if (marks->events[i]) device->api->clReleaseEvent(marks->events[i]);
    sbr_free(device->allocator, marks->events);
}

/* Index of the marks of the last submission that has ended; UINT32_MAX: none has. */
static uint32_t last_ended(const sabir_commands *commands)
{
    for (uint32_t i = commands->marks.count; i-- > 0;)
        if (commands->marks.data[i].ticket <= commands->device->reached) return i;
    return UINT32_MAX;
}

static void drop_stale(sabir_commands *commands)
{
    const uint32_t last = last_ended(commands);
    if (last == UINT32_MAX || last == 0) return;
    for (uint32_t i = 0; i < last; i++) free_marks(commands->device, &commands->marks.data[i]);
    commands->marks.count -= last;
    memmove(commands->marks.data, commands->marks.data + last, commands->marks.count * sizeof *commands->marks.data);
}

sabir_status sbr_cl_marks_add(sabir_commands *commands, uint64_t ticket, cl_event **events)
{
    sabir_backend_device *device = commands->device;
    *events = NULL;
    if (commands->slots == 0) return SABIR_OK;
    sbr_cl_marks marks = {.ticket = ticket, .count = commands->slots};
    marks.events = sbr_alloc_array(device->allocator, marks.count, sizeof *marks.events);
    if (!marks.events) return sbr_no_memory(marks.count * sizeof *marks.events);
    sbr_lock(&device->lock);
    sbr_cl_retire(device, 0);
    drop_stale(commands);
    const bool kept = sbr_push(device->allocator, &commands->marks, marks);
    sbr_unlock(&device->lock);
    if (!kept) {
        sbr_free(device->allocator, marks.events);
        return sbr_no_memory(sizeof marks);
    }
    *events = marks.events;
    return SABIR_OK;
}

void sbr_cl_marks_drop(sabir_commands *commands, uint64_t ticket)
{
    sbr_lock(&commands->device->lock);
    while (commands->marks.count > 0 && commands->marks.data[commands->marks.count - 1].ticket == ticket)
        free_marks(commands->device, &commands->marks.data[--commands->marks.count]);
    sbr_unlock(&commands->device->lock);
}

void sbr_cl_marks_free(sabir_commands *commands)
{
    for (uint32_t i = 0; i < commands->marks.count; i++) free_marks(commands->device, &commands->marks.data[i]);
    sbr_vector_free(commands->device->allocator, &commands->marks);
}

static sabir_status read_slot(sabir_backend_device *device, const sbr_cl_marks *marks, uint32_t slot, uint64_t *nanoseconds)
{
    if (slot >= marks->count)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "timestamp slot %u; the recording marks %u slots", slot, marks->count);
    if (!marks->events[slot]) return sbr_fail(SABIR_INVALID_ARGUMENT, "timestamp slot %u was not marked by the recording", slot);
    cl_ulong time = 0;
    const cl_int code = device->api->clGetEventProfilingInfo(marks->events[slot], CL_PROFILING_COMMAND_END, sizeof time, &time, NULL);
    if (code != CL_SUCCESS) return sbr_cl_fail("clGetEventProfilingInfo", code);
    *nanoseconds = time;
    return SABIR_OK;
}

sabir_status sbr_cl_read_timestamps(sabir_commands *commands, uint32_t first, uint32_t count, uint64_t *nanoseconds)
{
    sabir_backend_device *device = commands->device;
    sabir_status status = SABIR_OK;
    sbr_lock(&device->lock);
    sbr_cl_retire(device, 0);
    const uint32_t last = last_ended(commands);
    if (last == UINT32_MAX) status = sbr_fail(SABIR_MISUSE, "timestamps were read before a submission of these commands had ended");
    for (uint32_t i = 0; i < count && status == SABIR_OK; i++)
        status = read_slot(device, &commands->marks.data[last], first + i, &nanoseconds[i]);
    sbr_unlock(&device->lock);
    return status;
}
