/* Writes results where they are wanted: a temporary whose only end is to be moved, whole, to an output, a variable or a carried slot
 * becomes that slot, and the move goes. */
#include "accesses.h"
#include "lower.h"

typedef struct forward { sbr_module *module; sbr_span *spans; bool *gone; } forward;

static uint32_t parent_loop(const sbr_module *module, uint32_t step)
{
    uint32_t depth = 0;
    for (uint32_t i = step; i-- > 0;) {
        if (module->steps.data[i].kind == SBR_STEP_END) depth++;
        if (module->steps.data[i].kind == SBR_STEP_LOOP && depth-- == 0) return i;
    }
    return UINT32_MAX;
}

/* The first step of the outermost loop that holds `first` but not `move`; first itself when there is none. */
static uint32_t range_start(const sbr_module *module, uint32_t first, uint32_t move)
{
    uint32_t start = first;
    for (uint32_t loop = parent_loop(module, first); loop != UINT32_MAX; loop = parent_loop(module, loop))
        if (module->steps.data[loop].match < move) start = loop;
    return start;
}

/* The step that begins the temporary may read the destination where it writes in place. */
static bool begins_in_place(const sbr_step *step, uint32_t temporary, uint32_t destination)
{
    if (step->kind != SBR_STEP_LAUNCH) return false;
    sbr_touch touches[SBR_MAX_TOUCHES];
    const uint32_t count = sbr_step_touches(step, touches);
    bool writes = false;
    for (uint32_t t = 0; t < count; t++) {
        if (touches[t].slot == temporary && touches[t].writes) writes = !touches[t].reads;
        if (touches[t].slot == destination && (touches[t].writes || !touches[t].in_place)) return false;
    }
    return writes;
}

static bool can_forward(const forward *f, uint32_t move)
{
    const sbr_module *module = f->module;
    const sbr_step *step = &module->steps.data[move];
    const sbr_slot *from = &module->slots.data[step->from], *to = &module->slots.data[step->to];
    if (from->kind != SBR_SLOT_TEMP || to->kind == SBR_SLOT_CONTROL || to->kind == SBR_SLOT_CONSTANT || to->kind == SBR_SLOT_INPUT) return false;
    if (step->from == step->to || from->bytes != to->bytes) return false;
    const sbr_span span = f->spans[step->from];
    if (span.last != move || span.first >= move) return false;
    const uint32_t loop = parent_loop(module, move);
    if (loop != UINT32_MAX && span.first < loop) return false; /* made outside the loop that moves it */
    const uint32_t start = range_start(module, span.first, move);
    for (uint32_t i = start; i < move; i++) {
        if (f->gone[i]) continue;
        sbr_touch touches[SBR_MAX_TOUCHES];
        const uint32_t count = sbr_step_touches(&module->steps.data[i], touches);
        for (uint32_t t = 0; t < count; t++) {
            if (touches[t].slot == step->to && !(i == span.first && start == span.first && begins_in_place(&module->steps.data[i], step->from, step->to))) return false;
            if (touches[t].slot == step->from && step->gate && module->steps.data[i].gate != step->gate) return false;
        }
    }
    return true;
}

static void rename(forward *f, uint32_t from, uint32_t to)
{
    sbr_module *module = f->module;
    for (uint32_t i = 0; i < module->steps.count; i++) {
        sbr_step *step = &module->steps.data[i];
        if (step->from == from) step->from = to;
        if (step->to == from) step->to = to;
        if (step->kind != SBR_STEP_LAUNCH) continue;
        for (uint32_t b = 0; b < step->launch->desc->buffer_count; b++)
            if (step->launch->operands[b].slot == from) step->launch->operands[b].slot = to;
    }
    if (f->spans[from].first < f->spans[to].first) f->spans[to].first = f->spans[from].first;
}

static sabir_status drop_gone(forward *f)
{
    sbr_module *module = f->module;
    uint32_t *place = sbr_alloc_array(&module->allocator, module->steps.count + 1, sizeof *place), kept = 0;
    if (!place) return sbr_no_memory(module->steps.count);
    for (uint32_t i = 0; i < module->steps.count; i++) {
        place[i] = kept;
        if (!f->gone[i]) module->steps.data[kept++] = module->steps.data[i];
    }
    module->steps.count = kept;
    for (uint32_t i = 0; i < kept; i++)
        if (module->steps.data[i].kind == SBR_STEP_LOOP || module->steps.data[i].kind == SBR_STEP_END) module->steps.data[i].match = place[module->steps.data[i].match];
    sbr_free(&module->allocator, place);
    return SABIR_OK;
}

sabir_status sbr_forward_destinations(sbr_module *module)
{
    forward f = {module, sbr_alloc_array(&module->allocator, module->slots.count, sizeof(sbr_span)),
                 sbr_alloc_array(&module->allocator, module->steps.count + 1, sizeof(bool))};
    sabir_status status = f.spans && f.gone ? sbr_find_spans(module, false, f.spans) : sbr_no_memory(module->slots.count);
    for (uint32_t i = module->steps.count; status == SABIR_OK && i-- > 0;) {
        const sbr_step step = module->steps.data[i];
        if ((step.kind != SBR_STEP_COPY && step.kind != SBR_STEP_LAUNCH) || !step.whole || !can_forward(&f, i)) continue;
        f.gone[i] = true;
        rename(&f, step.from, step.to);
    }
    if (status == SABIR_OK) status = drop_gone(&f);
    sbr_free(&module->allocator, f.spans);
    sbr_free(&module->allocator, f.gone);
    return status;
}
