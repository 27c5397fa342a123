/* Where slots lie in a run. A tensor that is bound twice in a way that would let a write be seen too early is kept apart by a
 * shadow: an input that is also a variable being written is copied before the steps; an output that is also an input, another
 * output or a variable is written to a shadow and copied after them, in the order of the outputs. */
#include "executor.h"

static bool is_variable(const sabir_program *program, const sabir_tensor *tensor, bool written_only)
{
    for (uint32_t i = 0; i < program->variables.count; i++)
        if (program->variables.data[i].tensor == tensor && (program->variables.data[i].written || !written_only)) return true;
    return false;
}

/* Bound to a used input, or to an output of a lower number. */
static bool is_bound_before(const sabir_program *program, uint32_t port)
{
    const sabir_tensor *tensor = program->ports.data[port].tensor;
    for (uint32_t i = 0; i < program->ports.count; i++) {
        const sbr_port *other = &program->ports.data[i];
        if (i == port || other->tensor != tensor || !other->used) continue;
        if (other->kind == SBR_PORT_INPUT || i < port) return true;
    }
    return false;
}

static sabir_status get_shadow(sabir_program *program, uint32_t slot, sbr_place *place)
{
    sbr_memory *shadow = &program->executor->shadows[slot];
    const uint64_t bytes = program->executor->module->slots.data[slot].bytes;
    if (!shadow->buffer) SABIR_TRY(sbr_executor_memory(program, bytes, "a copy of a tensor that is bound twice", shadow));
    *place = (sbr_place){shadow->buffer, shadow->id, 0, shadow->bytes};
    return SABIR_OK;
}

static sabir_status place_port(sabir_program *program, uint32_t s)
{
    sbr_executor *executor = program->executor;
    const sbr_slot *slot = &executor->module->slots.data[s];
    const uint32_t number = executor->ports[s];
    if (number == UINT32_MAX) return SABIR_OK;
    const sabir_tensor *tensor = program->ports.data[number].tensor;
    const sbr_place bound = {tensor->buffer, tensor->id, 0, tensor->room};
    const bool is_input = slot->kind == SBR_SLOT_INPUT;
    const bool apart = is_input ? is_variable(program, tensor, true) : is_variable(program, tensor, false) || is_bound_before(program, number);
    executor->places[s] = bound;
    if (!apart) return SABIR_OK;
    sbr_place shadow;
    SABIR_TRY(get_shadow(program, s, &shadow));
    if (shadow.bytes > bound.bytes) shadow.bytes = bound.bytes;
    executor->places[s] = shadow;
    const sbr_shadow_copy copy = is_input ? (sbr_shadow_copy){bound, shadow} : (sbr_shadow_copy){shadow, bound};
    const bool pushed = is_input ? sbr_push(&program->allocator, &executor->before, copy) : sbr_push(&program->allocator, &executor->after, copy);
    return pushed ? SABIR_OK : sbr_no_memory(sizeof copy);
}

sabir_status sbr_place_ports(sabir_program *program)
{
    sbr_executor *executor = program->executor;
    const sbr_module *module = executor->module;
    executor->before.count = executor->after.count = 0;
    for (uint32_t s = 1; s < module->slots.count; s++) {
        const sbr_slot *slot = &module->slots.data[s];
        if (slot->kind == SBR_SLOT_INPUT || slot->kind == SBR_SLOT_OUTPUT) SABIR_TRY(place_port(program, s));
        if (slot->kind != SBR_SLOT_VARIABLE) continue;
        const sabir_tensor *tensor = program->variables.data[slot->number].tensor;
        executor->places[s] = (sbr_place){tensor->buffer, tensor->id, 0, tensor->room};
    }
    return SABIR_OK;
}

/* ---- Operands ---- */

static uint64_t storage_size(uint32_t storage) { return storage == SBR_STORAGE_RAW16 ? 2 : sabir_type_size((sabir_type)storage); }

static sabir_status out_of_reach(const sbr_launch *launch, uint32_t operand)
{
    return sbr_fail(SABIR_INTERNAL, "kernel %s: operand %s lies beyond what its narrow variant reaches", launch->desc->name,
                    launch->desc->buffers[operand].name);
}

/* A narrow Vulkan kernel: the slot if it can be bound whole, else a window that begins at the view. */
static sabir_status reach_binding(const sabir_program *program, const sbr_launch *launch, uint32_t operand, const sbr_place *place, uint64_t element,
                                  uint64_t size, sbr_reached *reached)
{
    const sabir_device_caps *caps = &program->device->caps;
    reached->range.offset = place->offset;
    reached->range.bytes = place->bytes;
    reached->element = element;
    if (place->bytes > caps->largest_binding) {
        const uint64_t skipped = element * size / caps->buffer_alignment * caps->buffer_alignment;
        if (skipped > place->bytes) return out_of_reach(launch, operand);
        reached->window = true;
        reached->range.offset += skipped;
        reached->range.bytes = place->bytes - skipped < caps->largest_binding ? place->bytes - skipped : caps->largest_binding / 4 * 4;
        reached->element = element - skipped / size;
    }
    return reached->element > UINT32_MAX ? out_of_reach(launch, operand) : SABIR_OK;
}

sabir_status sbr_reach(const sabir_program *program, const sbr_launch *launch, uint32_t operand, sbr_reached *reached)
{
    const sbr_executor *executor = program->executor;
    const sabir_device *device = program->device;
    const sbr_operand *o = &launch->operands[operand];
    const sbr_place *place = &executor->places[o->slot];
    const uint64_t size = storage_size(o->storage);
    const int64_t element = executor->values[o->offset];
    if (!place->buffer || !size || element < 0)
        return sbr_fail(SABIR_INTERNAL, "kernel %s: operand %s has no place, no type or a negative offset", launch->desc->name,
                        launch->desc->buffers[operand].name);
    const bool writes = (o->access & SBR_WRITE) != 0;
    *reached = (sbr_reached){.range = {.buffer = place->buffer, .writes = writes},
                             .touch = {place->id, place->offset, place->offset + place->bytes, writes}};
    if (device->caps.language == SABIR_LANGUAGE_SPIRV && !launch->variant.wide)
        return reach_binding(program, launch, operand, place, (uint64_t)element, size, reached);
    if (device->caps.language == SABIR_LANGUAGE_SPIRV) {
        reached->range.offset = place->offset;
        reached->range.bytes = place->bytes;
        reached->element = (uint64_t)element;
        reached->address = device->backend->buffer_address(place->buffer) + place->offset;
        return SABIR_OK;
    }
    reached->range.bytes = place->offset + place->bytes;
    reached->element = place->offset / size + (uint64_t)element;
    if (place->offset % size || (!launch->variant.wide && reached->element > UINT32_MAX)) return out_of_reach(launch, operand);
    return SABIR_OK;
}
