#include "mix.h"

#include <stdlib.h>

#include "base/hash.h"
#include "lower/accesses.h"

struct mix_machine {
    const sbr_module *module;
    sbr_span *spans;
    int64_t *dims, *values;
    uint32_t **chunks;
    uint32_t **slots; /* where each lies: in a chunk, or in memory of its own */
};

/* ---- Numbers ---- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static void scramble(uint32_t *words, uint64_t count, uint64_t seed)
{
    for (uint64_t w = 0; w < count; w++) words[w] = (uint32_t)(mix(mix(0, seed), w) >> 16);
}

/* ---- Memory ---- */

static uint64_t words_of(const mix_machine *m, uint32_t slot)
{
    const sbr_slot *s = &m->module->slots.data[slot];
    return s->kind == SBR_SLOT_CONTROL ? m->module->header_words : s->bytes / 4;
}

static uint64_t digest(const mix_machine *m, uint32_t slot) { return sbr_hash_bytes(m->slots[slot], words_of(m, slot) * sizeof **m->slots).low; }

static bool is_temporary(const mix_machine *m, uint32_t slot) { return m->module->slots.data[slot].kind == SBR_SLOT_TEMP; }

/* A temporary holds nothing before the step that is its first. */
static bool begins(const mix_machine *m, uint32_t slot, uint32_t step) { return is_temporary(m, slot) && m->spans[slot].first == step; }

static bool place_slot(mix_machine *m, uint32_t slot)
{
    const sbr_slot *s = &m->module->slots.data[slot];
    if (s->kind == SBR_SLOT_TEMP) {
        if (m->spans[slot].first <= m->spans[slot].last) m->slots[slot] = m->chunks[s->chunk] + s->offset / 4;
        return true;
    }
    m->slots[slot] = calloc(words_of(m, slot) + 1, sizeof **m->slots);
    if (!m->slots[slot]) return false;
    if (s->kind == SBR_SLOT_CONSTANT) memcpy(m->slots[slot], m->module->constants.data[s->number].data, m->module->constants.data[s->number].bytes);
    else scramble(m->slots[slot], words_of(m, slot), slot);
    return true;
}

static bool make(mix_machine *m, uint32_t garbage)
{
    const sbr_module *module = m->module;
    m->spans = calloc(module->slots.count, sizeof *m->spans);
    m->dims = calloc(module->exprs.dims.count + 1, sizeof *m->dims);
    m->values = calloc(module->exprs.nodes.count + 1, sizeof *m->values);
    m->chunks = calloc(module->chunks.count + 1, sizeof *m->chunks);
    m->slots = calloc(module->slots.count, sizeof *m->slots);
    if (!m->spans || !m->dims || !m->values || !m->chunks || !m->slots || sbr_find_spans(module, false, m->spans) != SABIR_OK) return false;
    for (uint32_t d = 0; d < module->exprs.dims.count; d++) m->dims[d] = module->exprs.dims.data[d].maximum;
    if (!sbr_exprs_evaluate(&module->exprs, m->dims, m->values)) return false;
    for (uint32_t c = 0; c < module->chunks.count; c++) {
        m->chunks[c] = malloc(module->chunks.data[c] + 4);
        if (!m->chunks[c]) return false;
        scramble(m->chunks[c], module->chunks.data[c] / 4, mix(garbage, c));
    }
    for (uint32_t s = 0; s < module->slots.count; s++)
        if (!place_slot(m, s)) return false;
    return true;
}

mix_machine *mix_create(const sbr_module *module, uint32_t garbage)
{
    mix_machine *m = calloc(1, sizeof *m);
    if (m) m->module = module;
    if (m && make(m, garbage)) return m;
    mix_free(m);
    return NULL;
}

void mix_free(mix_machine *m)
{
    if (!m) return;
    for (uint32_t c = 0; m->chunks && c < m->module->chunks.count; c++) free(m->chunks[c]);
    for (uint32_t s = 0; m->slots && s < m->module->slots.count; s++)
        if (!is_temporary(m, s)) free(m->slots[s]);
    free(m->spans);
    free(m->dims);
    free(m->values);
    free(m->chunks);
    free(m->slots);
    free(m);
}

/* ---- Launches ---- */

/* A buffer that a kernel does not use in a launch may be given a slot that begins there as the launch's result. */
static bool is_placeholder(const mix_machine *m, const sbr_launch *launch, uint32_t step, uint32_t slot)
{
    bool written = false;
    for (uint32_t b = 0; b < launch->desc->buffer_count; b++) written = written || (launch->operands[b].slot == slot && (launch->operands[b].access & SBR_WRITE));
    return written && begins(m, slot, step);
}

static uint64_t read_whole(const mix_machine *m, uint32_t step)
{
    const sbr_launch *launch = m->module->steps.data[step].launch;
    uint64_t hash = step;
    for (uint32_t b = 0; b < launch->desc->buffer_count; b++) {
        const uint32_t slot = launch->operands[b].slot;
        if (launch->operands[b].access != SBR_READ || launch->in_place >> b & 1u || is_placeholder(m, launch, step, slot)) continue;
        hash = mix(mix(hash, b), digest(m, slot));
    }
    return hash;
}

/* From both ends in turn: an operand in place that lies a little lower or higher than it should is overwritten before it is read. */
static void write_operand(const mix_machine *m, uint32_t step, uint32_t written, uint64_t hash)
{
    const sbr_launch *launch = m->module->steps.data[step].launch;
    const uint32_t slot = launch->operands[written].slot;
    const bool keeps = !begins(m, slot, step);
    const uint64_t count = words_of(m, slot);
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t w = i % 2 ? count - 1 - i / 2 : i / 2;
        uint64_t word = mix(mix(hash, written), w);
        if (keeps) word = mix(word, m->slots[slot][w]);
        for (uint32_t b = 0; b < launch->desc->buffer_count; b++) {
            const uint32_t other = launch->operands[b].slot;
            if (launch->in_place >> b & 1u && other != slot && w < words_of(m, other)) word = mix(word, m->slots[other][w]);
        }
        m->slots[slot][w] = (uint32_t)(word >> 16);
    }
}

static void write_all(const mix_machine *m, uint32_t step, uint64_t hash)
{
    const sbr_launch *launch = m->module->steps.data[step].launch;
    for (uint32_t b = 0; b < launch->desc->buffer_count; b++)
        if (launch->operands[b].access & SBR_WRITE) write_operand(m, step, b, hash);
}

/* ---- Loop flags: kernels/loop_open.k and kernels/loop_step.k ---- */

static uint32_t param(const mix_machine *m, const sbr_launch *launch, const char *name)
{
    const int p = sbr_kernel_param_index(launch->desc, name);
    for (uint32_t w = 0; p >= 0 && w < launch->word_count; w++)
        if (launch->words[w].word == launch->desc->params[p].word) return (uint32_t)m->values[launch->words[w].value];
    return 0;
}

static void open_flag(const mix_machine *m, const sbr_launch *launch)
{
    uint32_t *control = m->slots[0];
    const uint32_t outer = param(m, launch, "outer"), live = outer ? control[outer] : 1;
    if (live) control[param(m, launch, "count")] = 0;
    control[param(m, launch, "flag")] = live;
}

static void step_flag(const mix_machine *m, const sbr_launch *launch)
{
    uint32_t *control = m->slots[0];
    const uint32_t flag = param(m, launch, "flag");
    if (!control[flag]) return;
    control[param(m, launch, "count")]++;
    if (digest(m, launch->operands[sbr_kernel_buffer_index(launch->desc, "going")].slot) % 8 == 0) control[flag] = 0;
}

/* ---- Steps ---- */

static void run_launch(const mix_machine *m, uint32_t i)
{
    const sbr_step *step = &m->module->steps.data[i];
    if (step->gate && !m->slots[0][step->gate]) return;
    if (strcmp(step->launch->desc->name, "loop_open") == 0) { open_flag(m, step->launch); return; }
    if (strcmp(step->launch->desc->name, "loop_step") == 0) { step_flag(m, step->launch); return; }
    const uint64_t hash = read_whole(m, i);
    write_all(m, i, hash);
    const uint64_t late = read_whole(m, i);
    if (late != hash) write_all(m, i, late);
}

static void run_copy(const mix_machine *m, uint32_t i)
{
    const sbr_step *step = &m->module->steps.data[i];
    if (begins(m, step->to, i)) scramble(m->slots[step->to], words_of(m, step->to), i);
    memmove(m->slots[step->to], m->slots[step->from], sbr_round_up((uint64_t)m->values[step->bytes], 4));
}

static void run_steps(const mix_machine *m, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        const sbr_step *step = &m->module->steps.data[i];
        switch (step->kind) {
            case SBR_STEP_LAUNCH: run_launch(m, i); break;
            case SBR_STEP_COPY: run_copy(m, i); break;
            case SBR_STEP_LOOP:
                for (int64_t trip = 0; trip < step->trips; trip++) run_steps(m, i + 1, step->match);
                i = step->match;
                break;
            case SBR_STEP_END: break;
        }
    }
}

void mix_run(mix_machine *m)
{
    const sbr_module *module = m->module;
    memset(m->slots[0], 0, module->header_words * sizeof **m->slots);
    for (uint32_t i = 0; i < module->scalars.count; i++)
        scramble(m->slots[0] + module->scalars.data[i].word, sabir_type_size(module->scalars.data[i].type) / 4, i);
    for (uint32_t i = 0; i < module->dim_words.count; i++) m->slots[0][module->dim_words.data[i].word] = (uint32_t)m->values[module->dim_words.data[i].expr];
    run_steps(m, 0, module->steps.count);
}

const char *mix_difference(const mix_machine *a, const mix_machine *b)
{
    for (uint32_t s = 0; s < a->module->slots.count; s++) {
        const sbr_slot *slot = &a->module->slots.data[s];
        const bool seen = slot->kind == SBR_SLOT_OUTPUT || slot->kind == SBR_SLOT_VARIABLE;
        if (seen && memcmp(a->slots[s], b->slots[s], slot->bytes) != 0) return slot->name;
    }
    return NULL;
}
