#include "executor.h"

#include <stdio.h>

static const uint64_t CONSTANTS_CHUNK = 64u << 20;

static uint64_t alignment_of(const sabir_device *device) { return device->caps.buffer_alignment > 64 ? device->caps.buffer_alignment : 64; }

sabir_status sbr_executor_memory(sabir_program *program, uint64_t bytes, const char *what, sbr_memory *memory)
{
    const uint64_t room = bytes ? sbr_round_up(bytes, 4) : 4;
    SABIR_TRY(sbr_device_buffer(program->device, SABIR_BUFFER_DEVICE, room, what, &memory->buffer));
    memory->bytes = room;
    memory->id = atomic_fetch_add(&program->device->serial, 1) + 1;
    program->counters.allocations++;
    return SABIR_OK;
}

/* ---- What it costs ---- */

static void count_step(const sbr_step *step, uint64_t times, sabir_counters *counters)
{
    if (step->kind == SBR_STEP_COPY) counters->copies += times;
    if (step->kind != SBR_STEP_LAUNCH) return;
    counters->launches += times;
    counters->flops += step->launch->flops * times;
    for (uint32_t b = 0; b < step->launch->desc->buffer_count; b++) counters->bytes += step->launch->operands[b].bytes * times;
}

/* Of the two launches, the second of which may be NULL, the one that computes more, or else moves more. */
static const sbr_launch *busier(const sbr_launch *a, uint64_t a_times, const sbr_launch *b, uint64_t b_times)
{
    uint64_t a_bytes = 0, b_bytes = 0;
    if (!b || a->flops * a_times != b->flops * b_times) return !b || a->flops * a_times > b->flops * b_times ? a : b;
    for (uint32_t i = 0; i < a->desc->buffer_count; i++) a_bytes += a->operands[i].bytes * a_times;
    for (uint32_t i = 0; i < b->desc->buffer_count; i++) b_bytes += b->operands[i].bytes * b_times;
    return a_bytes > b_bytes ? a : b;
}

static uint64_t count_kernels(const sbr_module *module)
{
    uint64_t kernels = 0;
    for (uint32_t i = 0; i < module->steps.count; i++) {
        if (module->steps.data[i].kind != SBR_STEP_LAUNCH) continue;
        const sbr_hash key = sbr_kernel_key(module->steps.data[i].launch);
        bool seen = false;
        for (uint32_t k = 0; k < i && !seen; k++)
            seen = module->steps.data[k].kind == SBR_STEP_LAUNCH && sbr_hash_equal(key, sbr_kernel_key(module->steps.data[k].launch));
        if (!seen) kernels++;
    }
    return kernels;
}

static uint64_t control_words(const sbr_module *module, uint32_t *launch_words)
{
    uint64_t words = sbr_round_up(module->header_words ? module->header_words : 1, 2);
    for (uint32_t i = 0; i < module->steps.count; i++) {
        if (module->steps.data[i].kind != SBR_STEP_LAUNCH) continue;
        if (launch_words) launch_words[i] = (uint32_t)words;
        words += module->steps.data[i].launch->desc->control_words;
    }
    return words;
}

static void count_slot(const sbr_slot *slot, sabir_memory_report *memory)
{
    if (slot->kind == SBR_SLOT_INPUT || slot->kind == SBR_SLOT_OUTPUT) memory->io += slot->bytes;
    if (slot->kind == SBR_SLOT_VARIABLE) memory->variables += slot->bytes;
    if (slot->kind == SBR_SLOT_CONSTANT) memory->constants += slot->bytes;
    if (slot->bytes <= memory->largest_tensor) return;
    memory->largest_tensor = slot->bytes;
    const char *unnamed = slot->kind == SBR_SLOT_CONSTANT ? "a constant" : "an intermediate value";
    snprintf(memory->largest_name, sizeof memory->largest_name, "%s", slot->name ? slot->name : unnamed);
}

void sbr_executor_count(const sbr_module *module, sabir_counters *counters, sabir_memory_report *memory)
{
    uint64_t times = 1, busiest_times = 0;
    const sbr_launch *busiest = NULL;
    for (uint32_t i = 0; i < module->steps.count; i++) {
        const sbr_step *step = &module->steps.data[i];
        if (step->kind == SBR_STEP_LOOP && step->trips == 0) {
            i = step->match;
            continue;
        }
        if (step->kind == SBR_STEP_LOOP) times *= (uint64_t)step->trips;
        if (step->kind == SBR_STEP_END) times /= (uint64_t)module->steps.data[step->match].trips;
        count_step(step, times, counters);
        if (step->kind != SBR_STEP_LAUNCH || busier(step->launch, times, busiest, busiest_times) == busiest) continue;
        busiest = step->launch;
        busiest_times = times;
    }
    if (busiest) snprintf(counters->busiest, sizeof counters->busiest, "%s%s", busiest->desc->name, busiest->plain ? "" : " (general)");
    counters->kernels = count_kernels(module);
    counters->fused = module->fused_nodes;
    counters->peak_bytes = module->peak_bytes;
    counters->unplanned_bytes = module->unplanned_bytes;
    counters->live_bytes = module->live_bytes;
    for (uint32_t s = 1; s < module->slots.count; s++) count_slot(&module->slots.data[s], memory);
    memory->activations = module->peak_bytes;
    memory->staging = control_words(module, NULL) * 4 * (SBR_RING + 1);
}

sabir_status sbr_executor_check_memory(sabir_device *device, sabir_memory_report *memory)
{
    if (!device->backend->memory_available) return SABIR_OK;
    sbr_lock(&device->lock);
    sabir_status status = sbr_device_note(device, device->backend->memory_available(device->handle, &memory->available));
    sbr_unlock(&device->lock);
    if (status != SABIR_OK) return status;
    const uint64_t needed = memory->activations + memory->constants + memory->staging;
    if (!memory->available || needed <= memory->available) return SABIR_OK;
    return sbr_fail(SABIR_OUT_OF_DEVICE_MEMORY, "the program needs %llu bytes on %s, %llu are available; its largest tensor is '%s' of %llu bytes",
                    (unsigned long long)needed, device->found->info.id, (unsigned long long)memory->available, memory->largest_name,
                    (unsigned long long)memory->largest_tensor);
}

/* ---- Making ---- */

static sabir_status make_arrays(sabir_program *program)
{
    sbr_executor *executor = program->executor;
    const sbr_module *module = executor->module;
    const sabir_allocator *allocator = &program->allocator;
    executor->hazards.allocator = allocator;
    struct { void **array; size_t count, size; } rows[] = {
        {(void **)&executor->chunks, module->chunks.count, sizeof *executor->chunks},
        {(void **)&executor->shadows, module->slots.count, sizeof *executor->shadows},
        {(void **)&executor->places, module->slots.count, sizeof *executor->places},
        {(void **)&executor->ports, module->slots.count, sizeof *executor->ports},
        {(void **)&executor->scalar_ports, module->scalars.count, sizeof *executor->scalar_ports},
        {(void **)&executor->launch_words, module->steps.count, sizeof *executor->launch_words},
        {(void **)&executor->kernels, module->steps.count, sizeof *executor->kernels},
        {(void **)&executor->groups, module->steps.count, sizeof *executor->groups},
        {(void **)&executor->values, module->exprs.nodes.count, sizeof *executor->values},
        {(void **)&executor->rounded, module->exprs.nodes.count, sizeof *executor->rounded},
        {(void **)&executor->rounded_dims, module->exprs.dims.count, sizeof *executor->rounded_dims},
    };
    for (size_t i = 0; i < SBR_COUNT(rows); i++)
        if (!(*rows[i].array = sbr_alloc_array(allocator, rows[i].count, rows[i].size))) return sbr_no_memory(rows[i].count * rows[i].size);
    if (module->exprs.dims.count != program->exprs.dims.count)
        return sbr_fail(SABIR_INTERNAL, "the module has %u dims, the graph %u", module->exprs.dims.count, program->exprs.dims.count);
    return SABIR_OK;
}

static sabir_status match_port(sabir_program *program, sbr_port_kind kind, const char *name, uint32_t *port)
{
    for (uint32_t i = 0; i < program->ports.count; i++) {
        if (program->ports.data[i].kind != kind || strcmp(program->ports.data[i].name, name) != 0) continue;
        program->ports.data[i].used = true;
        *port = i;
        return SABIR_OK;
    }
    return sbr_fail(SABIR_INTERNAL, "the module has an input, output or scalar '%s' that the graph lacks", name);
}

static sabir_status match_ports(sabir_program *program)
{
    sbr_executor *executor = program->executor;
    const sbr_module *module = executor->module;
    for (uint32_t s = 0; s < module->slots.count; s++) executor->ports[s] = UINT32_MAX;
    for (uint32_t i = 0; i < module->inputs.count; i++) {
        const sbr_io *io = &module->inputs.data[i];
        SABIR_TRY(match_port(program, SBR_PORT_INPUT, io->name, &executor->ports[io->slot]));
    }
    for (uint32_t i = 0; i < module->outputs.count; i++) {
        const sbr_io *io = &module->outputs.data[i];
        if (io->slot != UINT32_MAX) SABIR_TRY(match_port(program, SBR_PORT_OUTPUT, io->name, &executor->ports[io->slot]));
    }
    for (uint32_t i = 0; i < module->scalars.count; i++)
        SABIR_TRY(match_port(program, SBR_PORT_SCALAR, module->scalars.data[i].name, &executor->scalar_ports[i]));
    for (uint32_t i = 0; i < module->variables.count; i++) {
        const sbr_io *io = &module->variables.data[i];
        SABIR_TRY(sbr_program_variable(program, io->name, io->type, &io->shape, 0, module->variable_written[i]));
    }
    return SABIR_OK;
}

/* Constants share buffers, each on an aligned place. Their places are final. */
static sabir_status place_constants(sabir_program *program)
{
    sbr_executor *executor = program->executor;
    const sbr_module *module = executor->module;
    const uint64_t limit = CONSTANTS_CHUNK < program->device->caps.largest_binding ? CONSTANTS_CHUNK : program->device->caps.largest_binding;
    uint64_t used = 0;
    for (uint32_t s = 1; s < module->slots.count; s++) {
        const sbr_slot *slot = &module->slots.data[s];
        if (slot->kind != SBR_SLOT_CONSTANT) continue;
        const uint64_t bytes = slot->bytes ? slot->bytes : 4;
        used = sbr_round_up(used, alignment_of(program->device));
        if (!executor->constants.count || used + bytes > limit) {
            used = 0;
            if (!sbr_push(&program->allocator, &executor->constants, (sbr_memory){0})) return sbr_no_memory(sizeof(sbr_memory));
        }
        executor->places[s] = (sbr_place){.id = executor->constants.count - 1, .offset = used, .bytes = bytes};
        used += bytes;
        executor->constants.data[executor->constants.count - 1].bytes = used;
    }
    return SABIR_OK;
}

static sabir_status make_buffers(sabir_program *program)
{
    sbr_executor *executor = program->executor;
    const sbr_module *module = executor->module;
    for (uint32_t i = 0; i < executor->constants.count; i++)
        SABIR_TRY(sbr_executor_memory(program, executor->constants.data[i].bytes, "a program's constants", &executor->constants.data[i]));
    for (uint32_t c = 0; c < module->chunks.count; c++)
        SABIR_TRY(sbr_executor_memory(program, module->chunks.data[c], "a program's intermediate values", &executor->chunks[c]));
    executor->control_words = control_words(module, executor->launch_words);
    if (executor->control_words > UINT32_MAX / 8) return sbr_fail(SABIR_UNSUPPORTED, "the program has too many launches: its control words pass 2 GiB");
    const uint64_t bytes = executor->control_words * 4;
    SABIR_TRY(sbr_executor_memory(program, bytes, "a program's control words", &executor->control));
    SABIR_TRY(sbr_device_buffer(program->device, SABIR_BUFFER_STAGING, bytes * SBR_RING, "a program's control words", &executor->ring_buffer));
    program->counters.allocations++;
    void *memory;
    SABIR_TRY(sbr_device_note(program->device, program->device->backend->buffer_map(executor->ring_buffer, &memory)));
    executor->ring_memory = memory;
    return SABIR_OK;
}

static sabir_status record_upload(sabir_program *program, uint32_t slot)
{
    const sabir_backend *backend = program->device->backend;
    sbr_executor *executor = program->executor;
    sabir_commands **upload = &executor->ring[slot].upload;
    const uint64_t bytes = executor->control_words * 4;
    SABIR_TRY(backend->commands_create(program->device->handle, upload));
    SABIR_TRY(backend->commands_begin(*upload));
    SABIR_TRY(backend->barrier(*upload));
    SABIR_TRY(backend->copy(*upload, executor->ring_buffer, slot * bytes, executor->control.buffer, 0, bytes));
    SABIR_TRY(backend->barrier(*upload));
    return backend->commands_end(*upload);
}

/* Places of what stays where it is. */
static void set_fixed_places(sbr_executor *executor)
{
    const sbr_module *module = executor->module;
    for (uint32_t s = 0; s < module->slots.count; s++) {
        const sbr_slot *slot = &module->slots.data[s];
        sbr_place *place = &executor->places[s];
        if (slot->kind == SBR_SLOT_CONSTANT) {
            const sbr_memory *memory = &executor->constants.data[place->id];
            place->buffer = memory->buffer;
            place->id = memory->id;
        } else if (slot->kind == SBR_SLOT_TEMP && slot->chunk < module->chunks.count) {
            const sbr_memory *memory = &executor->chunks[slot->chunk];
            *place = (sbr_place){memory->buffer, memory->id, slot->offset, slot->bytes};
        } else if (slot->kind == SBR_SLOT_CONTROL) {
            *place = (sbr_place){executor->control.buffer, executor->control.id, 0, sbr_round_up(module->header_words ? module->header_words : 1, 2) * 4};
        }
    }
    for (uint32_t i = 0; i < module->steps.count; i++) {
        const sbr_step *step = &module->steps.data[i];
        for (uint32_t b = 0; step->kind == SBR_STEP_LAUNCH && b < step->launch->desc->buffer_count; b++)
            if (step->launch->operands[b].slot == 0 && (step->launch->operands[b].access & SBR_WRITE)) executor->control_written = true;
    }
}

static sabir_status upload_constants(sabir_program *program)
{
    const sbr_executor *executor = program->executor;
    const sbr_module *module = executor->module;
    for (uint32_t s = 1; s < module->slots.count; s++) {
        const sbr_slot *slot = &module->slots.data[s];
        if (slot->kind != SBR_SLOT_CONSTANT) continue;
        const sbr_constant_io *constant = &module->constants.data[slot->number];
        const sbr_place *place = &executor->places[s];
        if (constant->bytes)
            SABIR_TRY(sbr_staging_write(program->device, place->buffer, place->offset + place->bytes, place->offset, constant->data, constant->bytes));
    }
    return SABIR_OK;
}

sabir_status sbr_executor_create(sabir_program *program, sbr_module *module)
{
    sbr_executor *executor = sbr_alloc(&program->allocator, sizeof *executor);
    if (!executor) {
        sbr_module_free(module);
        return sbr_no_memory(sizeof *executor);
    }
    program->executor = executor;
    executor->module = module;
    SABIR_TRY(make_arrays(program));
    SABIR_TRY(match_ports(program));
    SABIR_TRY(place_constants(program));
    sbr_lock(&program->device->lock);
    sabir_status status = make_buffers(program);
    for (uint32_t i = 0; i < SBR_RING && status == SABIR_OK; i++) status = sbr_device_note(program->device, record_upload(program, i));
    sbr_unlock(&program->device->lock);
    if (status != SABIR_OK) return status;
    set_fixed_places(executor);
    executor->last_control = sbr_alloc_array(&program->allocator, (size_t)executor->control_words, sizeof *executor->last_control);
    if (!executor->last_control) return sbr_no_memory((size_t)executor->control_words * 4);
    return upload_constants(program);
}

/* ---- Freeing ---- */

static void free_memory(sabir_program *program, sbr_memory *memory)
{
    if (memory->buffer) program->device->backend->buffer_destroy(memory->buffer);
}

static void free_buffers(sabir_program *program)
{
    sbr_executor *executor = program->executor;
    const sabir_backend *backend = program->device->backend;
    for (uint32_t i = 0; i < executor->recordings.count; i++) sbr_recording_free(program, executor->recordings.data[i]);
    for (uint32_t i = 0; i < SBR_RING; i++)
        if (executor->ring[i].upload) backend->commands_destroy(executor->ring[i].upload);
    for (uint32_t c = 0; executor->chunks && c < executor->module->chunks.count; c++) free_memory(program, &executor->chunks[c]);
    for (uint32_t s = 0; executor->shadows && s < executor->module->slots.count; s++) free_memory(program, &executor->shadows[s]);
    for (uint32_t i = 0; i < executor->constants.count; i++) free_memory(program, &executor->constants.data[i]);
    free_memory(program, &executor->control);
    if (executor->ring_memory) backend->buffer_unmap(executor->ring_buffer);
    if (executor->ring_buffer) backend->buffer_destroy(executor->ring_buffer);
}

void sbr_executor_free(sabir_program *program)
{
    sbr_executor *executor = program->executor;
    if (!executor) return;
    const sabir_allocator *allocator = &program->allocator;
    sbr_lock(&program->device->lock);
    free_buffers(program);
    sbr_kernel_cache_save(program->device);
    sbr_unlock(&program->device->lock);
    void *const arrays[] = {executor->chunks, executor->shadows, executor->places, executor->ports, executor->scalar_ports, executor->launch_words,
                            executor->kernels, executor->groups, executor->values, executor->rounded, executor->rounded_dims, executor->last_control};
    for (size_t i = 0; i < SBR_COUNT(arrays); i++) sbr_free(allocator, arrays[i]);
    sbr_vector_free(allocator, &executor->constants);
    sbr_vector_free(allocator, &executor->before);
    sbr_vector_free(allocator, &executor->after);
    sbr_vector_free(allocator, &executor->key);
    sbr_vector_free(allocator, &executor->recordings);
    sbr_hazards_free(&executor->hazards);
    sbr_module_free(executor->module);
    sbr_free(allocator, executor);
    program->executor = NULL;
}
