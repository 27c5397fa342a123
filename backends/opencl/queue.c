#include "internal.h"

#include <sched.h>
#include <stdio.h>
#include <time.h>

/* The first failure of a submission that left the device alive is told once to whoever waits for it or for a later one. */
static sabir_status told_under_lock(sabir_backend_device *device, uint64_t ticket)
{
    if (!device->failed_code || ticket < device->failed_ticket || (ticket > device->failed_ticket && device->failed_told)) return SABIR_OK;
    device->failed_told = true;
    return sbr_fail(sbr_cl_error_status(device->failed_code),
                    "submission %llu failed on %s while it ran: %s (%d); what it was writing is undefined",
                    (unsigned long long)device->failed_ticket, device->found->caps.name, sbr_cl_error_name(device->failed_code),
                    (int)device->failed_code);
}

static cl_int event_state(const sabir_backend_device *device, cl_event event)
{
    cl_int state = CL_QUEUED;
    const cl_int code = device->api->clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
    return code == CL_SUCCESS ? state : code;
}

static void note_failure(sabir_backend_device *device, uint64_t ticket, cl_int code)
{
    if (sbr_cl_error_is_fatal(code)) {
        if (device->lost) return;
        device->lost = code;
        device->lost_call = "the queue";
    } else {
        device->failed_ticket = ticket;
        device->failed_code = code;
        device->failed_told = false;
    }
}

void sbr_cl_retire(sabir_backend_device *device, uint64_t through)
{
    uint32_t done = 0;
    for (; done < device->outstanding.count; done++) {
        const sbr_cl_outstanding *entry = &device->outstanding.data[done];
        const cl_int state = event_state(device, entry->event);
        if (state > CL_COMPLETE && entry->ticket > through) break;
        if (state < 0) note_failure(device, entry->ticket, state);
        device->reached = entry->ticket;
        device->api->clReleaseEvent(entry->event);
    }
    if (done == 0) return;
    device->outstanding.count -= done;
    memmove(device->outstanding.data, device->outstanding.data + done, device->outstanding.count * sizeof *device->outstanding.data);
}

static sabir_status enqueue_all(sabir_backend_device *device, sabir_commands *const *commands, uint32_t count, uint64_t ticket)
{
    device->replays++;
    for (uint32_t i = 0; i < count && device->shares_host_memory; i++)
        for (uint32_t k = 0; k < commands[i]->hosts.count; k++) SABIR_TRY(sbr_cl_buffer_to_device(commands[i]->hosts.data[k]));
    for (uint32_t i = 0; i < count; i++) {
        cl_event *marks;
        SABIR_TRY(sbr_cl_marks_add(commands[i], ticket, &marks));
        SABIR_TRY(sbr_cl_replay(commands[i], marks));
    }
    return SABIR_OK;
}

static sabir_status hand_back(const sabir_backend_device *device, sabir_commands *const *commands, uint32_t count)
{
    for (uint32_t i = 0; i < count && device->shares_host_memory; i++)
        for (uint32_t k = 0; k < commands[i]->hosts.count; k++) SABIR_TRY(sbr_cl_buffer_to_host(commands[i]->hosts.data[k]));
    return SABIR_OK;
}

static sabir_status enqueue(sabir_backend_device *device, sabir_commands *const *commands, uint32_t count, uint64_t ticket, cl_event *end)
{
    SABIR_TRY(enqueue_all(device, commands, count, ticket));
    SABIR_TRY(hand_back(device, commands, count));
    cl_int code = device->api->clEnqueueMarkerWithWaitList(device->queue, 0, NULL, end);
    if (code != CL_SUCCESS) return sbr_cl_device_fail(device, "clEnqueueMarkerWithWaitList", code);
    code = device->api->clFlush(device->queue);
    return code == CL_SUCCESS ? SABIR_OK : sbr_cl_device_fail(device, "clFlush", code);
}

/* A submission that failed leaves nothing running and its host memory mapped; the first failure is the one that is told. */
static sabir_status give_up(sabir_backend_device *device, sabir_commands *const *commands, uint32_t count, uint64_t ticket, cl_event end,
                            sabir_status status)
{
    char message[1024];
    snprintf(message, sizeof message, "%s", sabir_last_message());
    (void)hand_back(device, commands, count);
    device->api->clFinish(device->queue);
    if (end) device->api->clReleaseEvent(end);
    for (uint32_t i = 0; i < count; i++) sbr_cl_marks_drop(commands[i], ticket);
    return sbr_fail(status, "%s", message);
}

sabir_status sbr_cl_submit(sabir_backend_device *device, sabir_commands *const *commands, uint32_t count, uint64_t *ticket)
{
    SABIR_TRY(sbr_cl_alive(device));
    for (uint32_t i = 0; i < count; i++)
        if (commands[i]->recording) return sbr_fail(SABIR_MISUSE, "commands were submitted before commands_end");
    sbr_lock(&device->lock);
    const uint64_t next = device->submitted + 1;
    const bool room = sbr_reserve(device->allocator, &device->outstanding, 1);
    sbr_unlock(&device->lock);
    if (!room) return sbr_no_memory(sizeof(sbr_cl_outstanding));
    cl_event end = NULL;
    const sabir_status status = enqueue(device, commands, count, next, &end);
    if (status != SABIR_OK) return give_up(device, commands, count, next, end, status);
    sbr_lock(&device->lock);
    device->outstanding.data[device->outstanding.count++] = (sbr_cl_outstanding){next, end};
    device->submitted = next;
    sbr_unlock(&device->lock);
    *ticket = next;
    return SABIR_OK;
}

enum { WATCH_NS = 60000, SHORTEST_NAP_NS = 20000, LONGEST_NAP_NS = 200000 };

/* OpenCL has no wait with a time-out. A nap takes 50 us at least on Linux, so short work is watched, and naps grow with the time waited. */
static bool ended_in_time(const sabir_backend_device *device, cl_event event, uint64_t nanoseconds)
{
    const uint64_t start = sbr_clock_ns();
    uint64_t nap = SHORTEST_NAP_NS;
    while (event_state(device, event) > CL_COMPLETE) {
        const uint64_t waited = sbr_clock_ns() - start;
        if (waited >= nanoseconds) return false;
        if (waited < WATCH_NS) {
            sched_yield();
            continue;
        }
        const uint64_t left = nanoseconds - waited;
        const struct timespec pause = {.tv_nsec = (long)(nap < left ? nap : left)};
        nanosleep(&pause, NULL);
        if (nap < LONGEST_NAP_NS) nap += nap / 4;
    }
    return true;
}

/* Looks the ticket up; *event is retained, or NULL where the submission has ended. */
static sabir_status find_event(sabir_backend_device *device, uint64_t ticket, cl_event *event)
{
    sabir_status status = SABIR_OK;
    *event = NULL;
    sbr_lock(&device->lock);
    sbr_cl_retire(device, 0);
    if (ticket > device->submitted) {
        status = sbr_fail(SABIR_INVALID_ARGUMENT, "ticket %llu was never given; the last one is %llu", (unsigned long long)ticket,
                          (unsigned long long)device->submitted);
    }
    for (uint32_t i = 0; i < device->outstanding.count && status == SABIR_OK; i++) {
        if (device->outstanding.data[i].ticket != ticket) continue;
        *event = device->outstanding.data[i].event;
        device->api->clRetainEvent(*event);
    }
    sbr_unlock(&device->lock);
    return status;
}

static sabir_status outcome(sabir_backend_device *device, uint64_t ticket)
{
    SABIR_TRY(sbr_cl_alive(device));
    sbr_lock(&device->lock);
    const sabir_status status = told_under_lock(device, ticket);
    sbr_unlock(&device->lock);
    return status;
}

sabir_status sbr_cl_wait(sabir_backend_device *device, uint64_t ticket, uint64_t nanoseconds)
{
    cl_event event;
    SABIR_TRY(find_event(device, ticket, &event));
    if (event) {
        bool ended = true;
        if (nanoseconds == UINT64_MAX) device->api->clWaitForEvents(1, &event); /* the event itself says how it ended */
        else ended = ended_in_time(device, event, nanoseconds);
        device->api->clReleaseEvent(event);
        if (!ended)
            return sbr_fail(SABIR_TIMEOUT, "submission %llu on %s did not end within %llu ns", (unsigned long long)ticket,
                            device->found->caps.name, (unsigned long long)nanoseconds);
        sbr_lock(&device->lock);
        sbr_cl_retire(device, ticket);
        sbr_unlock(&device->lock);
    }
    return outcome(device, ticket);
}

sabir_status sbr_cl_poll(sabir_backend_device *device, uint64_t *reached)
{
    sbr_lock(&device->lock);
    sbr_cl_retire(device, 0);
    *reached = device->reached;
    sbr_unlock(&device->lock);
    return sbr_cl_alive(device);
}

sabir_status sbr_cl_wait_idle(sabir_backend_device *device)
{
    SABIR_TRY(sbr_cl_alive(device));
    const cl_int code = device->api->clFinish(device->queue);
    if (code != CL_SUCCESS && sbr_cl_error_is_fatal(code)) sbr_cl_lose(device, "clFinish", code);
    sbr_lock(&device->lock);
    const uint64_t submitted = device->submitted;
    sbr_cl_retire(device, code == CL_SUCCESS ? submitted : 0);
    sbr_unlock(&device->lock);
    SABIR_TRY(outcome(device, submitted));
    return code == CL_SUCCESS ? SABIR_OK : sbr_cl_fail("clFinish", code);
}
