/* The memory plan of random graphs. Each module is walked with its loops unrolled over a model of the activation memory in which every block
 * knows the slot that wrote it: a slot that finds another's block where its own should be was overwritten while alive. What the graphs compute is
 * compared in test_planner_values.c. suite: host, timeout: 120 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "lower/accesses.h"
#include "test_planner_modules.h"

enum { BLOCK = 64, TRIPS = 3 };

/* ---- The model ---- */

typedef struct model {
    const sbr_module *module;
    uint32_t **blocks; /* by chunk: by block, the slot that wrote it; 0: nobody */
    uint64_t steps;
    char where[64];
} model;

static bool is_temporary(const model *m, uint32_t slot) { return m->module->slots.data[slot].kind == SBR_SLOT_TEMP; }

static void check_owned(const model *m, uint32_t slot, uint32_t step)
{
    const sbr_slot *s = &m->module->slots.data[slot];
    for (uint64_t b = s->offset / BLOCK; b < (s->offset + s->bytes + BLOCK - 1) / BLOCK; b++)
        cr_assert_eq(m->blocks[s->chunk][b], slot, "%s: step %u reads slot %u, but block %llu of chunk %u belongs to slot %u", m->where, step, slot,
                     (unsigned long long)b, s->chunk, m->blocks[s->chunk][b]);
}

static void own(model *m, uint32_t slot)
{
    const sbr_slot *s = &m->module->slots.data[slot];
    for (uint64_t b = s->offset / BLOCK; b < (s->offset + s->bytes + BLOCK - 1) / BLOCK; b++) m->blocks[s->chunk][b] = slot;
}

static bool share(const sbr_slot *a, const sbr_slot *b)
{
    return a->bytes && b->bytes && a->chunk == b->chunk && a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

/* Two operands of one step share memory only where the launch says that it may be overwritten in place. */
static void check_pair(const model *m, uint32_t step, const sbr_touch *out, const sbr_touch *other)
{
    const sbr_slot *a = &m->module->slots.data[out->slot], *b = &m->module->slots.data[other->slot];
    if (out->slot == other->slot || !is_temporary(m, out->slot) || !is_temporary(m, other->slot) || !share(a, b)) return;
    cr_assert_not(other->writes, "%s: step %u writes slots %u and %u, which share memory", m->where, step, out->slot, other->slot);
    cr_assert(other->in_place && a->offset == b->offset, "%s: step %u overwrites its operand, slot %u by slot %u, not declared in place", m->where, step,
              other->slot, out->slot);
}

/* A buffer that a kernel does not use in a launch is given the launch's own output. */
static bool is_placeholder(const sbr_touch *touches, uint32_t count, uint32_t read)
{
    for (uint32_t t = 0; t < count; t++)
        if (t != read && touches[t].slot == touches[read].slot && touches[t].writes && !touches[t].reads) return true;
    return false;
}

static void walk_step(model *m, uint32_t i)
{
    sbr_touch touches[SBR_MAX_TOUCHES];
    const uint32_t count = sbr_step_touches(&m->module->steps.data[i], touches);
    for (uint32_t t = 0; t < count; t++)
        if (touches[t].reads && is_temporary(m, touches[t].slot) && !is_placeholder(touches, count, t)) check_owned(m, touches[t].slot, i);
    for (uint32_t t = 0; t < count; t++) {
        if (!touches[t].writes) continue;
        for (uint32_t u = 0; u < count; u++)
            if (u != t) check_pair(m, i, &touches[t], &touches[u]);
        if (is_temporary(m, touches[t].slot)) own(m, touches[t].slot);
    }
    m->steps++;
}

static void walk(model *m, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        const sbr_step *step = &m->module->steps.data[i];
        if (step->kind == SBR_STEP_LOOP) {
            for (int64_t trip = 0; trip < step->trips && trip < TRIPS; trip++) walk(m, i + 1, step->match);
            i = step->match;
        } else if (step->kind != SBR_STEP_END) {
            walk_step(m, i);
        }
    }
}

static void check_places(const model *m, const sbr_lower_options *options)
{
    for (uint32_t s = 0; s < m->module->slots.count; s++) {
        const sbr_slot *slot = &m->module->slots.data[s];
        if (slot->kind != SBR_SLOT_TEMP || slot->chunk >= m->module->chunks.count) continue;
        cr_assert_eq(slot->offset % options->buffer_alignment, 0, "%s: slot %u lies at %llu", m->where, s, (unsigned long long)slot->offset);
        cr_assert_leq(slot->offset + slot->bytes, m->module->chunks.data[slot->chunk], "%s: slot %u leaves its chunk", m->where, s);
    }
    for (uint32_t c = 0; c < m->module->chunks.count; c++)
        cr_assert_leq(m->module->chunks.data[c], options->largest_allocation, "%s: chunk %u is too large", m->where, c);
}

static void check_module(const sbr_module *module, const sbr_lower_options *options, uint32_t seed)
{
    model m = {.module = module, .blocks = calloc(module->chunks.count + 1, sizeof *m.blocks)};
    snprintf(m.where, sizeof m.where, "seed %u%s%s", seed, options->plan ? "" : ", unplanned", options->fuse ? ", fused" : "");
    for (uint32_t c = 0; c < module->chunks.count; c++) m.blocks[c] = calloc(module->chunks.data[c] / BLOCK + 2, sizeof **m.blocks);
    check_places(&m, options);
    walk(&m, 0, module->steps.count);
    cr_assert_gt(m.steps, 4, "%s: only %llu steps", m.where, (unsigned long long)m.steps);
    for (uint32_t c = 0; c < module->chunks.count; c++) free(m.blocks[c]);
    free(m.blocks);
}

/* ---- Tests ---- */

static void check_graph(sabir_context *context, uint32_t seed, uint64_t *planned_bytes, uint64_t *unplanned_bytes)
{
    sabir_graph *graph = random_graph(context, seed);
    sbr_lower_options options = options_of(seed);
    sbr_module *planned = lower(graph, &options, true, seed);
    check_module(planned, &options, seed);
    sbr_module *unplanned = lower(graph, &options, false, seed);
    check_module(unplanned, &options, seed);
    cr_assert_geq(planned->peak_bytes, planned->live_bytes, "seed %u: the peak is below what is alive", seed);
    cr_assert_leq(planned->peak_bytes, unplanned->peak_bytes, "seed %u: the plan needs more than none", seed);
    cr_assert_leq(planned->live_bytes, planned->unplanned_bytes, "seed %u", seed);
    *planned_bytes += planned->peak_bytes;
    *unplanned_bytes += unplanned->peak_bytes;
    sbr_module_free(planned);
    sbr_module_free(unplanned);
    sabir_graph_destroy(graph);
}

Test(planner, random_graphs)
{
    sabir_context *context;
    uint64_t planned = 0, unplanned = 0;
    cr_assert_eq(sabir_context_create(NULL, &context), SABIR_OK);
    for (uint32_t seed = 0; seed < GRAPHS; seed++) check_graph(context, seed, &planned, &unplanned);
    cr_assert_lt(planned * 2, unplanned, "plans save little: %llu of %llu bytes", (unsigned long long)planned, (unsigned long long)unplanned);
    sabir_context_release(context);
}

/* A chain of equal tensors, each the only reader of the one before, needs the memory of one or two. */
Test(planner, chain_in_place)
{
    sabir_context *context;
    sabir_graph *graph;
    cr_assert_eq(sabir_context_create(NULL, &context), SABIR_OK);
    cr_assert_eq(sabir_graph_create(context, &graph), SABIR_OK);
    sabir_value x = sabir_input(graph, "x", SABIR_F32, SABIR_SHAPE(1024));
    for (int i = 0; i < 20; i++) x = sabir_tanh(graph, x);
    sabir_output(graph, "y", sabir_sum(graph, x, SABIR_ALL_AXES));
    sbr_lower_options options = {.simplify = true, .largest_binding = UINT32_MAX, .largest_allocation = 1u << 30, .buffer_alignment = 64,
                                 .shared_memory = 32768, .group_invocations = 256};
    sbr_module *module = lower(graph, &options, true, 0);
    cr_assert_leq(module->peak_bytes, 2 * 4096 + 1024, "%llu bytes", (unsigned long long)module->peak_bytes);
    cr_assert_geq(module->unplanned_bytes, 20 * 4096);
    sbr_module_free(module);
    sabir_graph_destroy(graph);
    sabir_context_release(context);
}
