#include "execute.h"

#include "executor.h"

enum { AHEAD = 2 }; /* submissions of a run that are made before the first of them ended */

/* ---- Submissions, under the device's lock ---- */

static bool is_left(const sabir_event *run) { return run->status == SABIR_OK && run->next < run->count; }

static void stop(sabir_event *run, sabir_status status)
{
    sabir_device *device = run->device;
    sbr_event_fail(run, status);
    if (device->pending == run) device->pending = NULL;
    run->program->executor->control_known = false;
    if (run->ticket) sbr_event_poison(run); /* otherwise nothing was submitted */
}

static void submit_next(sabir_event *run)
{
    sabir_device *device = run->device;
    if (sbr_cancelled(run->program, run->number)) {
        stop(run, sbr_fail(SABIR_CANCELLED, "sabir_cancel stopped the run before submission %u of %u", run->next + 1, run->count));
        return;
    }
    uint64_t ticket = 0;
    sabir_commands *commands = run->recording->segments.data[run->next].commands;
    sabir_status status = sbr_device_note(device, device->backend->submit(device->handle, &commands, 1, &ticket));
    if (status != SABIR_OK) {
        stop(run, status);
        return;
    }
    run->next++;
    run->ticket = run->recording->ticket = ticket;
    for (uint32_t i = 0; i < run->tensors.count; i++) atomic_store(&run->tensors.data[i]->ticket, ticket);
    device->pending = is_left(run) ? run : NULL;
}

void sbr_run_submit_rest(sabir_event *run)
{
    while (is_left(run)) submit_next(run);
}

/* ---- The end ---- */

static void read_times(sabir_event *run, sbr_profile *profile)
{
    const sbr_recording *recording = run->recording;
    const sabir_backend *backend = run->device->backend;
    const sbr_segment *first = &recording->segments.data[0], *last = &recording->segments.data[recording->segments.count - 1];
    uint64_t begin, end;
    if (recording->used != run->number || run->status != SABIR_OK || !first->timestamps || !last->timestamps) return;
    if (backend->read_timestamps(first->commands, 0, 1, &begin) != SABIR_OK) return;
    if (backend->read_timestamps(last->commands, last->timestamps - 1, 1, &end) != SABIR_OK) return;
    run->seconds = end > begin ? (double)(end - begin) * 1e-9 : 0;
    if (!profile) return;
    const sbr_module *module = run->program->executor->module;
    sbr_profile_begin_run(profile);
    for (uint32_t s = 0; s < recording->segments.count; s++) {
        const sbr_segment *segment = &recording->segments.data[s];
        for (uint32_t k = 0; k < segment->steps.count; k++) {
            uint64_t times[2], bytes = 0;
            const sbr_launch *launch = module->steps.data[segment->steps.data[k]].launch;
            if (backend->read_timestamps(segment->commands, k, 2, times) != SABIR_OK) return;
            for (uint32_t b = 0; b < launch->desc->buffer_count; b++) bytes += launch->operands[b].bytes;
            sbr_profile_add(profile, launch->desc->name, times[0], times[1], launch->flops, bytes);
        }
    }
}

/* All submitted work of the run ended. */
static void finish(sabir_event *run)
{
    sabir_device *device = run->device;
    sbr_lock(&device->lock);
    const bool first = !atomic_load(&run->finished);
    if (first) {
        const sabir_program *program = run->program;
        read_times(run, program->profiled ? &run->program->profile : NULL);
        for (uint32_t i = 0; i < SBR_RING; i++)
            if (program->executor->ring[i].run == run) program->executor->ring[i].run = NULL;
        run->recording = NULL;
        run->program = NULL;
        atomic_store(&run->finished, true);
    }
    sbr_unlock(&device->lock);
    if (!first) return;
    for (uint32_t i = 0; i < run->tensors.count; i++) sabir_tensor_release(run->tensors.data[i]);
    run->tensors.count = 0;
    sabir_event_release(run); /* the program's */
}

static uint64_t time_left(uint64_t start, uint64_t nanoseconds)
{
    if (nanoseconds == UINT64_MAX) return UINT64_MAX;
    const uint64_t passed = sbr_clock_ns() - start;
    return passed < nanoseconds ? nanoseconds - passed : 0;
}

sabir_status sbr_run_wait(sabir_event *run, uint64_t nanoseconds)
{
    sabir_device *device = run->device;
    const uint64_t start = sbr_clock_ns();
    for (;;) {
        sbr_lock(&device->lock);
        if (atomic_load(&run->finished)) {
            sbr_unlock(&device->lock);
            return SABIR_OK;
        }
        const bool more = is_left(run);
        /* While submissions are left, one stays queued behind the one waited for. */
        const uint64_t ticket = more && run->ticket ? run->ticket - (AHEAD - 1) : run->ticket;
        sbr_unlock(&device->lock);
        sabir_status status = SABIR_OK;
        if (ticket) status = sbr_device_note(device, device->backend->wait(device->handle, ticket, time_left(start, nanoseconds)));
        if (status == SABIR_TIMEOUT)
            return sbr_fail(SABIR_TIMEOUT, "the run did not end within %.3f seconds", (double)nanoseconds * 1e-9);
        sbr_lock(&device->lock);
        const bool gone = atomic_load(&run->finished);
        if (!gone && status != SABIR_OK) {
            stop(run, status);
            (void)device->backend->device_wait_idle(device->handle); /* nothing is to be freed under the device */
        }
        if (!gone && status == SABIR_OK && is_left(run)) submit_next(run);
        const bool done = !gone && !is_left(run) && (status != SABIR_OK || run->ticket == ticket);
        sbr_unlock(&device->lock);
        if (done) {
            finish(run);
            return SABIR_OK;
        }
    }
}

/* The run in a place of the ring, retained: another thread's wait may finish it. */
static sabir_event *ring_run(sabir_program *program, uint32_t place)
{
    sbr_lock(&program->device->lock);
    sabir_event *run = program->executor->ring[place].run;
    if (run) sbr_event_retain(run);
    sbr_unlock(&program->device->lock);
    return run;
}

void sbr_execute_drain(sabir_program *program)
{
    for (uint32_t i = 0; program->executor && i < SBR_RING; i++) {
        sabir_event *run = ring_run(program, i);
        if (run) (void)sbr_run_wait(run, UINT64_MAX);
        sabir_event_release(run);
    }
}

/* ---- Beginning ---- */

/* Releases what ended already. */
static void retire(sabir_program *program)
{
    uint64_t reached;
    if (program->device->backend->poll(program->device->handle, &reached) != SABIR_OK) return;
    for (uint32_t i = 0; i < SBR_RING; i++) {
        sabir_event *run = ring_run(program, i);
        if (!run) continue;
        sbr_lock(&program->device->lock);
        const bool done = !is_left(run) && run->ticket <= reached;
        sbr_unlock(&program->device->lock);
        if (done) finish(run);
        sabir_event_release(run);
    }
}

static uint32_t oldest_place(sabir_program *program)
{
    const sbr_ring_slot *ring = program->executor->ring;
    uint32_t oldest = 0;
    sbr_lock(&program->device->lock);
    for (uint32_t i = 0; i < SBR_RING; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a program that is submitted has its executor */
        if (!ring[i].run) oldest = i;
        else if (ring[oldest].run && ring[i].run->number < ring[oldest].run->number) oldest = i;
    }
    sbr_unlock(&program->device->lock);
    return oldest;
}

/* A free place of the ring: the oldest run is waited for where there is none. */
static sabir_status take_ring(sabir_program *program, uint32_t *place)
{
    retire(program);
    if (program->profiled) sbr_execute_drain(program);
    *place = oldest_place(program);
    sabir_event *run = ring_run(program, *place);
    if (run) (void)sbr_run_wait(run, UINT64_MAX);
    sabir_event_release(run);
    /* A run that failed after its upload left the words in use. */
    return sbr_device_wait_ticket(program->device, program->executor->ring[*place].uploaded);
}

/* The control words go up unless they lie there already. */
static sabir_status upload(sabir_program *program, uint32_t place)
{
    sbr_executor *executor = program->executor;
    const size_t bytes = (size_t)executor->control_words * 4;
    uint32_t *words = (uint32_t *)(void *)(executor->ring_memory + place * bytes);
    SABIR_TRY(sbr_control_fill(program, words));
    if (executor->control_known && !executor->control_written && memcmp(words, executor->last_control, bytes) == 0) return SABIR_OK;
    executor->control_known = false;
    SABIR_TRY(sbr_device_submit(program->device, &executor->ring[place].upload, 1, &executor->ring[place].uploaded));
    memcpy(executor->last_control, words, bytes);
    executor->control_known = true;
    return SABIR_OK;
}

/* Under the device's lock. Once anything is submitted the run is in the ring, whatever becomes of it. */
static sabir_status begin(sabir_program *program, sabir_event *run, uint32_t place)
{
    sbr_executor *executor = program->executor;
    sbr_device_flush(program->device);
    SABIR_TRY(sbr_place_ports(program));
    SABIR_TRY(sbr_recording_get(program, run->number, &run->recording));
    run->count = run->recording->segments.count;
    SABIR_TRY(upload(program, place));
    submit_next(run);
    if (!run->ticket) return sbr_event_status(run);
    sbr_event_retain(run);
    executor->ring[place].run = run;
    if (run->status == SABIR_OK) sbr_event_heal(run);
    for (uint32_t ahead = 1; ahead < AHEAD && is_left(run); ahead++) submit_next(run);
    return SABIR_OK;
}

sabir_status sbr_execute(sabir_program *program, sabir_event **event)
{
    sabir_device *device = program->device;
    uint32_t place = 0;
    SABIR_TRY(sbr_evaluate(program));
    SABIR_TRY(take_ring(program, &place));
    sabir_event *run;
    SABIR_TRY(sbr_event_create(program, &run));
    sabir_status status = sbr_event_keep(run, program);
    if (status == SABIR_OK) {
        sbr_lock(&device->lock);
        status = begin(program, run, place);
        sbr_unlock(&device->lock);
    }
    if (status == SABIR_OK) *event = run;
    else sabir_event_release(run);
    return status;
}

sabir_status sbr_execute_prewarm(sabir_program *program)
{
    const sbr_module *module = program->executor->module;
    sabir_status status = SABIR_OK;
    for (uint32_t i = 0; i < module->steps.count && status == SABIR_OK; i++) {
        if (module->steps.data[i].kind != SBR_STEP_LAUNCH) continue;
        sbr_lock(&program->device->lock);
        status = sbr_executor_kernel(program, i);
        sbr_unlock(&program->device->lock);
    }
    return status;
}
