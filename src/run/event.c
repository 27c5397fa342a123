#include "event.h"

#include <stdio.h>

#include "execute.h"
#include "program.h"

sabir_status sbr_event_create(sabir_program *program, sabir_event **result)
{
    sabir_event *event = sbr_alloc(sbr_device_allocator(program->device), sizeof *event);
    if (!event) return sbr_no_memory(sizeof *event);
    atomic_init(&event->references, 1);
    atomic_init(&event->finished, false);
    event->device = program->device;
    sabir_device_retain(event->device);
    event->program = program;
    event->number = atomic_fetch_add(&program->begun, 1) + 1;
    *result = event;
    return SABIR_OK;
}

void sbr_event_retain(sabir_event *event) { atomic_fetch_add(&event->references, 1); }

void sabir_event_release(sabir_event *event)
{
    if (!event || atomic_fetch_sub(&event->references, 1) != 1 || sbr_context_check(event->device->context) != SABIR_OK) return;
    sabir_device *device = event->device;
    for (uint32_t i = 0; i < event->tensors.count; i++) sabir_tensor_release(event->tensors.data[i]);
    sbr_vector_free(sbr_device_allocator(device), &event->tensors);
    sbr_free(sbr_device_allocator(device), event);
    sabir_device_release(device);
}

sabir_status sbr_event_keep(sabir_event *event, const sabir_program *program)
{
    const uint32_t most = program->ports.count + program->variables.count;
    if (!sbr_reserve(sbr_device_allocator(event->device), &event->tensors, most)) return sbr_no_memory(most * sizeof(sabir_tensor *));
    for (int written = 0; written < 2; written++) {
        for (uint32_t i = 0; i < program->ports.count; i++) {
            const sbr_port *port = &program->ports.data[i];
            if (port->tensor && (port->kind == SBR_PORT_OUTPUT) == (written != 0)) event->tensors.data[event->tensors.count++] = port->tensor;
        }
        for (uint32_t i = 0; i < program->variables.count; i++)
            if (program->variables.data[i].written == (written != 0)) event->tensors.data[event->tensors.count++] = program->variables.data[i].tensor;
        if (!written) event->first_written = event->tensors.count;
    }
    for (uint32_t i = 0; i < event->tensors.count; i++) sabir_tensor_retain(event->tensors.data[i]);
    return SABIR_OK;
}

void sbr_event_poison(const sabir_event *event)
{
    for (uint32_t i = event->first_written; i < event->tensors.count; i++) sbr_tensor_poison(event->tensors.data[i]);
}

void sbr_event_heal(const sabir_event *event)
{
    for (uint32_t i = event->first_written; i < event->tensors.count; i++) sbr_tensor_heal(event->tensors.data[i]);
}

void sbr_event_fail(sabir_event *event, sabir_status status)
{
    if (event->status != SABIR_OK || status == SABIR_OK) return;
    snprintf(event->message, sizeof event->message, "%s", sabir_last_message());
    event->status = status;
}

sabir_status sbr_event_status(const sabir_event *event)
{
    return event->status == SABIR_OK ? SABIR_OK : sbr_fail(event->status, "%s", event->message);
}

sabir_status sabir_event_wait(sabir_event *event, double seconds)
{
    if (!event) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_event_wait: the event is NULL");
    SABIR_TRY(sbr_context_check(event->device->context));
    /* A tenth of the range of nanoseconds counts as for ever. */
    const uint64_t nanoseconds = !(seconds >= 0) || seconds > 1.8e9 ? UINT64_MAX : (uint64_t)(seconds * 1e9);
    if (!atomic_load(&event->finished)) SABIR_TRY(sbr_run_wait(event, nanoseconds));
    return sbr_event_status(event);
}

sabir_status sabir_event_seconds(sabir_event *event, double *seconds)
{
    if (!event || !seconds) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_event_seconds: %s is NULL", event ? "seconds" : "the event");
    *seconds = 0;
    if (!atomic_load(&event->finished))
        return sbr_fail(SABIR_MISUSE, "sabir_event_seconds: the run is not known to be done; wait for its event first");
    *seconds = event->seconds;
    return SABIR_OK;
}
