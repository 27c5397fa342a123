/* Recordings: the steps of a run as commands, loops unrolled, cut where the estimate passes the budget of a submission. Found again
 * by everything that went into them: what is bound, group counts, windows and copies. */
#include "executor.h"

/* ---- Keys ---- */

static sabir_status key_push(sabir_program *program, uint64_t number)
{
    return sbr_push(&program->allocator, &program->executor->key, number) ? SABIR_OK : sbr_no_memory(sizeof number);
}

static sabir_status key_launch(sabir_program *program, uint32_t i)
{
    const sbr_executor *executor = program->executor;
    const sbr_launch *launch = executor->module->steps.data[i].launch;
    SABIR_TRY(key_push(program, executor->groups[i]));
    if (program->device->caps.language != SABIR_LANGUAGE_SPIRV || launch->variant.wide) return SABIR_OK;
    for (uint32_t b = 0; b < launch->desc->buffer_count; b++) {
        if (executor->places[launch->operands[b].slot].bytes <= program->device->caps.largest_binding) continue;
        sbr_reached reached;
        SABIR_TRY(sbr_reach(program, launch, b, &reached));
        SABIR_TRY(key_push(program, reached.range.offset));
    }
    return SABIR_OK;
}

static uint64_t bytes_of(const sbr_executor *executor, sbr_expr expr) { return sbr_round_up((uint64_t)executor->values[expr], 4); }

static sabir_status make_key(sabir_program *program)
{
    sbr_executor *executor = program->executor;
    executor->key.count = 0;
    for (uint32_t s = 1; s < executor->module->slots.count; s++) {
        if (executor->ports[s] == UINT32_MAX) continue;
        SABIR_TRY(key_push(program, program->ports.data[executor->ports[s]].tensor->id));
        SABIR_TRY(key_push(program, executor->places[s].id));
    }
    for (uint32_t i = 0; i < executor->module->steps.count; i++) {
        const sbr_step *step = &executor->module->steps.data[i];
        if (step->kind == SBR_STEP_LAUNCH) SABIR_TRY(key_launch(program, i));
        if (step->kind == SBR_STEP_COPY) SABIR_TRY(key_push(program, bytes_of(executor, step->bytes)));
    }
    return SABIR_OK;
}

/* ---- Estimates: coarse, and only used to cut ---- */

typedef struct rates { double flops, bytes, launch; } rates; /* a second; seconds */

static rates rates_of(const sabir_device_caps *caps)
{
    const double units = caps->compute_units ? caps->compute_units : 1;
    return caps->software ? (rates){2e9 * units, 4e9, 20e-6} : (rates){50e9 * units, 50e9, 5e-6};
}

static double seconds_of(const rates *r, uint64_t flops, uint64_t bytes)
{
    const double compute = (double)flops / r->flops, memory = (double)bytes / r->bytes;
    return (compute > memory ? compute : memory) + r->launch;
}

/* ---- Recording ---- */

enum { COMMANDS_MOST = 8192 }; /* of a submission, whatever the estimate says */

typedef struct recorder {
    sabir_program *program;
    sbr_executor *executor;
    const sabir_backend *backend;
    sbr_recording *recording;
    sabir_commands *commands; /* of the segment being recorded */
    rates rates;
    double seconds, budget;
    uint32_t count;
    bool has_clock;
} recorder;

static sbr_segment *segment_of(const recorder *r) { return &r->recording->segments.data[r->recording->segments.count - 1]; }

static sabir_status mark(recorder *r)
{
    if (!r->has_clock) return SABIR_OK;
    return r->backend->timestamp(r->commands, segment_of(r)->timestamps++);
}

static sabir_status begin_segment(recorder *r)
{
    if (!sbr_push(&r->program->allocator, &r->recording->segments, (sbr_segment){0})) return sbr_no_memory(sizeof(sbr_segment));
    SABIR_TRY(r->backend->commands_create(r->program->device->handle, &segment_of(r)->commands));
    r->commands = segment_of(r)->commands;
    r->seconds = 0;
    r->count = 0;
    sbr_hazards_clear(&r->executor->hazards);
    SABIR_TRY(r->backend->commands_begin(r->commands));
    SABIR_TRY(r->backend->barrier(r->commands));
    return mark(r);
}

static sabir_status end_segment(recorder *r)
{
    if (!r->program->profiled) SABIR_TRY(mark(r));
    SABIR_TRY(r->backend->barrier(r->commands));
    return r->backend->commands_end(r->commands);
}

/* Makes room for a command of this cost, and the barrier that its ranges need. */
static sabir_status before(recorder *r, double seconds, const sbr_hazard_range *ranges, uint32_t count)
{
    if (r->count && (r->seconds + seconds > r->budget || r->count >= COMMANDS_MOST)) {
        SABIR_TRY(end_segment(r));
        SABIR_TRY(begin_segment(r));
    }
    r->seconds += seconds;
    r->count++;
    sbr_hazards *hazards = &r->executor->hazards;
    /* Profiled kernels run one by one, so that a time is one kernel's. */
    if (sbr_hazards_conflict(hazards, ranges, count) || (r->program->profiled && hazards->touched.count)) {
        SABIR_TRY(r->backend->barrier(r->commands));
        sbr_hazards_clear(hazards);
    }
    return sbr_hazards_add(hazards, ranges, count);
}

static sabir_status record_copy(recorder *r, const sbr_place *from, const sbr_place *to, uint64_t bytes)
{
    if (!bytes) return SABIR_OK;
    const sbr_hazard_range ranges[] = {{from->id, from->offset, from->offset + bytes, false}, {to->id, to->offset, to->offset + bytes, true}};
    SABIR_TRY(before(r, seconds_of(&r->rates, 0, 2 * bytes), ranges, 2));
    return r->backend->copy(r->commands, from->buffer, from->offset, to->buffer, to->offset, bytes);
}

static sabir_status split_groups(const recorder *r, const sbr_launch *launch, uint64_t groups, uint32_t *x, uint32_t *y)
{
    const uint32_t *most = r->program->device->caps.group_count;
    const uint64_t rows = (groups + most[0] - 1) / most[0];
    if (rows > most[1])
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s needs %llu work-groups; %s runs at most %u x %u", launch->desc->name, (unsigned long long)groups,
                        r->program->device->found->info.id, most[0], most[1]);
    *y = (uint32_t)rows;
    *x = (uint32_t)((groups + rows - 1) / rows);
    return SABIR_OK;
}

static sabir_status record_launch(recorder *r, uint32_t i)
{
    sbr_executor *executor = r->executor;
    const sbr_step *step = &executor->module->steps.data[i];
    const sbr_launch *launch = step->launch;
    if (!executor->groups[i]) return SABIR_OK;
    sabir_buffer_range buffers[SBR_MAX_BUFFERS];
    sbr_hazard_range ranges[SBR_MAX_BUFFERS + 1];
    uint64_t bytes = 0;
    uint32_t count = launch->desc->buffer_count, x = 0, y = 0;
    for (uint32_t b = 0; b < launch->desc->buffer_count; b++) {
        sbr_reached reached;
        SABIR_TRY(sbr_reach(r->program, launch, b, &reached));
        buffers[b] = reached.range;
        ranges[b] = reached.touch;
        bytes += launch->operands[b].bytes;
    }
    /* Every launch has the whole control buffer bound; loops write flags in it. */
    ranges[count++] = (sbr_hazard_range){executor->control.id, 0, UINT64_MAX, false};
    SABIR_TRY(split_groups(r, launch, executor->groups[i], &x, &y));
    SABIR_TRY(sbr_executor_kernel(r->program, i));
    SABIR_TRY(before(r, seconds_of(&r->rates, launch->flops, bytes), ranges, count));
    SABIR_TRY(r->backend->dispatch(r->commands, executor->kernels[i], buffers, launch->desc->buffer_count, executor->control.buffer,
                                   executor->launch_words[i], x, y));
    if (!r->program->profiled || !r->has_clock) return SABIR_OK;
    if (!sbr_push(&r->program->allocator, &segment_of(r)->steps, i)) return sbr_no_memory(sizeof i);
    return mark(r);
}

static sabir_status record_steps(recorder *r, uint32_t first, uint32_t end)
{
    const sbr_module *module = r->executor->module;
    for (uint32_t i = first; i < end; i++) {
        const sbr_step *step = &module->steps.data[i];
        const sbr_place *places = r->executor->places;
        switch (step->kind) {
            case SBR_STEP_LAUNCH: SABIR_TRY(record_launch(r, i)); break;
            case SBR_STEP_COPY:
                SABIR_TRY(record_copy(r, &places[step->from], &places[step->to], bytes_of(r->executor, step->bytes)));
                break;
            case SBR_STEP_LOOP:
                for (int64_t trip = 0; trip < step->trips; trip++) SABIR_TRY(record_steps(r, i + 1, step->match));
                i = step->match;
                break;
            case SBR_STEP_END: break;
        }
    }
    return SABIR_OK;
}

/* SABIR_DEBUG=poison: whatever is read before it is written is NaN, or a number that nobody wants. */
static sabir_status record_poison(recorder *r)
{
    if (!r->program->device->context->poison) return SABIR_OK;
    for (uint32_t c = 0; c < r->executor->module->chunks.count; c++) {
        const sbr_memory *chunk = &r->executor->chunks[c];
        const sbr_hazard_range range = {chunk->id, 0, chunk->bytes, true};
        SABIR_TRY(before(r, seconds_of(&r->rates, 0, chunk->bytes), &range, 1));
        SABIR_TRY(r->backend->fill(r->commands, chunk->buffer, 0, chunk->bytes, UINT32_MAX));
    }
    return SABIR_OK;
}

static sabir_status record_all(recorder *r)
{
    sbr_executor *executor = r->executor;
    SABIR_TRY(begin_segment(r));
    SABIR_TRY(record_poison(r));
    for (uint32_t i = 0; i < executor->before.count; i++) {
        const sbr_shadow_copy *copy = &executor->before.data[i];
        SABIR_TRY(record_copy(r, &copy->from, &copy->to, copy->to.bytes));
    }
    SABIR_TRY(record_steps(r, 0, executor->module->steps.count));
    for (uint32_t i = 0; i < executor->after.count; i++) {
        const sbr_shadow_copy *copy = &executor->after.data[i];
        SABIR_TRY(record_copy(r, &copy->from, &copy->to, copy->from.bytes));
    }
    return end_segment(r);
}

/* ---- The cache ---- */

void sbr_recording_free(sabir_program *program, sbr_recording *recording)
{
    for (uint32_t i = 0; i < recording->segments.count; i++) {
        sbr_segment *segment = &recording->segments.data[i];
        if (segment->commands) program->device->backend->commands_destroy(segment->commands);
        sbr_vector_free(&program->allocator, &segment->steps);
    }
    sbr_vector_free(&program->allocator, &recording->segments);
    sbr_free(&program->allocator, recording->key);
    sbr_free(&program->allocator, recording);
}

static bool in_flight(const sbr_executor *executor, const sbr_recording *recording)
{
    for (uint32_t i = 0; i < SBR_RING; i++)
        if (executor->ring[i].run && executor->ring[i].run->recording == recording) return true;
    return false;
}

/* Drops the one that was used longest ago; at most SBR_RING are in flight, so one is free. */
static void make_room(sabir_program *program)
{
    sbr_executor *executor = program->executor;
    if (executor->recordings.count < SBR_RECORDINGS) return;
    uint32_t oldest = UINT32_MAX;
    for (uint32_t i = 0; i < executor->recordings.count; i++) {
        if (in_flight(executor, executor->recordings.data[i])) continue;
        if (oldest == UINT32_MAX || executor->recordings.data[i]->used < executor->recordings.data[oldest]->used) oldest = i;
    }
    if (oldest == UINT32_MAX) return;
    sbr_recording_free(program, executor->recordings.data[oldest]);
    executor->recordings.data[oldest] = executor->recordings.data[--executor->recordings.count];
}

static sabir_status record(sabir_program *program, sbr_recording **result)
{
    sbr_executor *executor = program->executor;
    const sabir_device *device = program->device;
    make_room(program);
    if (!sbr_reserve(&program->allocator, &executor->recordings, 1)) return sbr_no_memory(sizeof *executor->recordings.data);
    sbr_recording *recording = sbr_alloc(&program->allocator, sizeof *recording);
    if (!recording) return sbr_no_memory(sizeof *recording);
    recorder r = {.program = program, .executor = executor, .backend = device->backend, .recording = recording, .rates = rates_of(&device->caps),
                  .budget = program->submission_seconds,
                  .has_clock = device->backend->timestamp && device->backend->read_timestamps && device->caps.timestamp_period_ps};
    recording->key_count = executor->key.count;
    recording->key = sbr_alloc_array(&program->allocator, executor->key.count, sizeof *recording->key);
    sabir_status status = recording->key ? record_all(&r) : sbr_no_memory(executor->key.count * sizeof *recording->key);
    if (status != SABIR_OK) {
        sbr_recording_free(program, recording);
        return status;
    }
    if (executor->key.count) memcpy(recording->key, executor->key.data, executor->key.count * sizeof *recording->key);
    executor->recordings.data[executor->recordings.count++] = recording;
    program->counters.recordings++;
    *result = recording;
    return SABIR_OK;
}

sabir_status sbr_recording_get(sabir_program *program, uint64_t run, sbr_recording **result)
{
    sbr_executor *executor = program->executor;
    SABIR_TRY(make_key(program));
    *result = NULL;
    for (uint32_t i = 0; i < executor->recordings.count && !*result; i++) {
        sbr_recording *recording = executor->recordings.data[i];
        if (recording->key_count == executor->key.count && memcmp(recording->key, executor->key.data, executor->key.count * sizeof *recording->key) == 0)
            *result = recording;
    }
    if (!*result) SABIR_TRY(record(program, result));
    (*result)->used = run;
    return SABIR_OK;
}

sabir_status sbr_executor_kernel(sabir_program *program, uint32_t step)
{
    sbr_executor *executor = program->executor;
    if (executor->kernels[step]) return SABIR_OK;
    sabir_device *device = program->device;
    const uint64_t created = device->kernels.created;
    sabir_status status = sbr_kernel_get(device, executor->module->steps.data[step].launch, &executor->kernels[step]);
    program->counters.compiled += device->kernels.created - created;
    return status;
}
