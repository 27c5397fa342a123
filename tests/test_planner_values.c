/* What random graphs compute, planned and unplanned, in the made-up arithmetic of support/mix.h: equal bit for bit, run after run. And plans
 * spoilt on purpose, which must show. suite: host, timeout: 120 */
#include "lower/accesses.h"
#include "support/mix.h"
#include "test_planner_modules.h"

enum { RUNS = 2, SPOILT = 200 };

/* The output or variable in which two runs of the modules differ; NULL: none. */
static const char *differ(const sbr_module *a, const sbr_module *b)
{
    mix_machine *first = mix_create(a, 1), *second = mix_create(b, 2);
    cr_assert(first && second);
    const char *different = NULL;
    for (int run = 0; run < RUNS && !different; run++) {
        mix_run(first);
        mix_run(second);
        different = mix_difference(first, second);
    }
    mix_free(first);
    mix_free(second);
    return different;
}

typedef struct modules { sabir_graph *graph; sbr_module *planned, *unplanned; } modules;

static modules make(sabir_graph *graph, sbr_lower_options options, uint32_t seed)
{
    return (modules){graph, lower(graph, &options, true, seed), lower(graph, &options, false, seed)};
}

static void end(modules *m)
{
    sbr_module_free(m->planned);
    sbr_module_free(m->unplanned);
    sabir_graph_destroy(m->graph);
}

Test(planner_values, random_graphs)
{
    sabir_context *context;
    cr_assert_eq(sabir_context_create(NULL, &context), SABIR_OK);
    for (uint32_t seed = 0; seed < GRAPHS; seed++) {
        modules m = make(random_graph(context, seed), options_of(seed), seed);
        const char *different = differ(m.planned, m.unplanned);
        cr_assert_null(different, "seed %u: planned and unplanned, %s differs", seed, different);
        end(&m);
    }
    sabir_context_release(context);
}

/* ---- Spoilt plans ---- */

static uint32_t temporary(const sbr_module *module, uint32_t number)
{
    for (uint32_t s = 0; s < module->slots.count; s++)
        if (module->slots.data[s].kind == SBR_SLOT_TEMP && number-- == 0) return s;
    cr_assert_fail("the module has too few temporaries");
    return 0;
}

/* a, b = tanh(a) in place, c, d, each of the last two from the one before; b is read until d. */
static sabir_graph *chain(sabir_context *context)
{
    sabir_graph *g;
    cr_assert_eq(sabir_graph_create(context, &g), SABIR_OK);
    const sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(WIDTH, WIDTH));
    const sabir_value b = sabir_tanh(g, sabir_matmul(g, x, x)), c = sabir_matmul(g, b, x), d = sabir_matmul(g, c, b);
    sabir_output(g, "y", sabir_matmul(g, d, x));
    return g;
}

Test(planner_values, spoilt_chain)
{
    enum { A, B, C, D, MOST = 64 };
    static const struct { const char *what; uint32_t moved, onto; uint64_t moved_by, onto_by; } cases[] = {
        {"as planned", B, A, 0, 0},
        {"two operands in one place", C, B, 0, 0},
        {"the result over an operand that is read whole", D, C, 0, 0},
        {"in place, but higher", B, A, MOST, 0},
        {"in place, but lower", B, A, 0, MOST},
        {"in place, but a word lower", B, A, 0, 4},
    };
    sabir_context *context;
    cr_assert_eq(sabir_context_create(NULL, &context), SABIR_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sbr_lower_options options = {.largest_binding = UINT32_MAX, .largest_allocation = 1u << 30, .buffer_alignment = 64, .shared_memory = 32768,
                                           .group_invocations = 256};
        modules m = make(chain(context), options, 0);
        sbr_slot *moved = &m.planned->slots.data[temporary(m.planned, cases[i].moved)], *onto = &m.planned->slots.data[temporary(m.planned, cases[i].onto)];
        cr_assert_eq(m.planned->chunks.count, 1);
        m.planned->chunks.data[0] += MOST;
        moved->offset = onto->offset + cases[i].moved_by;
        onto->offset += cases[i].onto_by;
        const char *different = differ(m.planned, m.unplanned);
        cr_assert((different != NULL) == (i > 0), "%s: %s", cases[i].what, different ? different : "nothing differs");
        end(&m);
    }
    sabir_context_release(context);
}

static bool touches(const sbr_module *module, uint32_t step, uint32_t slot, bool *reads)
{
    sbr_touch all[SBR_MAX_TOUCHES];
    const uint32_t count = sbr_step_touches(&module->steps.data[step], all);
    bool found = false;
    *reads = false;
    for (uint32_t t = 0; t < count; t++) {
        if (all[t].slot != slot) continue;
        found = true;
        *reads = *reads || all[t].reads;
    }
    return found;
}

/* Whether a was written before b begins, and the next step that touches it reads it. */
static bool waits(const sbr_module *module, const sbr_span *spans, uint32_t a, uint32_t b)
{
    if (module->slots.data[a].kind != SBR_SLOT_TEMP || module->slots.data[b].kind != SBR_SLOT_TEMP) return false;
    if (spans[b].first > spans[b].last || spans[a].first >= spans[b].first) return false;
    bool reads;
    for (uint32_t i = spans[b].first + 1; i <= spans[a].last; i++)
        if (touches(module, i, a, &reads)) return reads;
    return false;
}

/* Counts the pairs of which b can be put where a waits to be read; *a and *b: the pair of that number. */
static uint32_t find_pair(const sbr_module *module, const sbr_span *spans, uint32_t number, uint32_t *a, uint32_t *b)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < module->slots.count; i++)
        for (uint32_t k = 0; k < module->slots.count; k++) {
            const sbr_slot *first = &module->slots.data[i], *second = &module->slots.data[k];
            if (!waits(module, spans, i, k) || first->offset + second->bytes > module->chunks.data[first->chunk]) continue;
            if (count++ != number) continue;
            *a = i;
            *b = k;
        }
    return count;
}

/* False: nothing waits while another begins. */
static bool spoil(sbr_module *module, uint32_t seed)
{
    uint32_t a = 0, b = 0;
    sbr_span *spans = calloc(module->slots.count, sizeof *spans);
    cr_assert(spans);
    cr_assert_eq(sbr_find_spans(module, false, spans), SABIR_OK);
    const uint32_t count = find_pair(module, spans, 0, &a, &b);
    if (count) find_pair(module, spans, seed % count, &a, &b);
    free(spans);
    module->slots.data[b].chunk = module->slots.data[a].chunk;
    module->slots.data[b].offset = module->slots.data[a].offset;
    return count > 0;
}

/* Not all of them show: loops also carry values that no output needs. */
Test(planner_values, spoilt_random_graphs)
{
    uint32_t spoilt = 0, seen = 0;
    sabir_context *context;
    cr_assert_eq(sabir_context_create(NULL, &context), SABIR_OK);
    for (uint32_t seed = 0; seed < SPOILT; seed++) {
        modules m = make(random_graph(context, seed), options_of(seed), seed);
        if (spoil(m.planned, seed)) {
            spoilt++;
            seen += differ(m.planned, m.unplanned) != NULL;
        }
        end(&m);
    }
    sabir_context_release(context);
    cr_assert_gt(spoilt, SPOILT / 2);
    cr_assert_gt(seen * 100, spoilt * 85, "only %u of %u spoilt plans give other values", seen, spoilt);
}
