/* Which fused groups are worth a kernel, seen in lowered modules.
 * suite: host, timeout: 120 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "lower/module.h"
#include "support/fault.h"

enum { MANY = 40, FEW = 8, MOST = 64, SMALL = 100, LARGE = 1 << 18 };

static void *allocate(void *user, size_t size) { (void)user; return malloc(size); }
static void *resize(void *user, void *memory, size_t size) { (void)user; return realloc(memory, size); }
static void release(void *user, void *memory) { (void)user; free(memory); }
static const sabir_allocator allocator = {NULL, allocate, resize, release};

typedef struct fixture { sabir_context *context; sabir_graph *graph; uint32_t inputs; } fixture;

static fixture setup(void)
{
    fixture f = {0};
    cr_assert_eq(sabir_context_create(NULL, &f.context), SABIR_OK);
    cr_assert_eq(sabir_graph_create(f.context, &f.graph), SABIR_OK);
    return f;
}

static void teardown(fixture *f)
{
    sabir_graph_destroy(f->graph);
    sabir_context_release(f->context);
}

static sbr_lower_options options_of(sabir_specialise how)
{
    return (sbr_lower_options){
        .fuse = true, .compiler = true, .simplify = true, .plan = true, .specialise = how, .prefer_wide = true, .largest_binding = UINT32_MAX,
        .largest_allocation = 1u << 30, .buffer_alignment = 64, .shared_memory = 32768, .group_invocations = 256, .has_f64 = true, .has_i64 = true,
        .has_addresses = true,
    };
}

static sbr_module *lower(const fixture *f, sabir_specialise how)
{
    const sbr_lower_options options = options_of(how);
    sbr_module *module;
    cr_assert_eq(sbr_lower_graph(f->graph, &allocator, &options, &module), SABIR_OK, "%s", sabir_last_message());
    return module;
}

/* ---- Chains: number says which operators, so that each number is a text of its own ---- */

static sabir_value applied(sabir_graph *g, uint32_t number, sabir_value x)
{
    typedef sabir_value function(sabir_graph *graph, sabir_value value);
    static function *const functions[] = {sabir_tanh, sabir_exp, sabir_sin, sabir_cos};
    for (int i = 0; i < 3; i++, number /= 4) x = functions[number % 4](g, x);
    return x;
}

static sabir_value input(fixture *f, sabir_shape shape)
{
    char name[16];
    snprintf(name, sizeof name, "x%u", f->inputs++);
    return sabir_input(f->graph, name, SABIR_F32, shape);
}

static void output(const fixture *f, sabir_value value)
{
    char name[16];
    snprintf(name, sizeof name, "y%u", f->inputs);
    sabir_output(f->graph, name, value);
}

static void put_chain(fixture *f, uint32_t number, sabir_shape shape) { output(f, applied(f->graph, number, input(f, shape))); }

static void put_chains(fixture *f, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) put_chain(f, i, SABIR_SHAPE(SMALL));
}

/* ---- What came of it ---- */

typedef struct tally { uint32_t launches, fused, texts, kernels; } tally;

static bool same_kernel(const sbr_launch *a, const sbr_launch *b)
{
    return strcmp(a->desc->name, b->desc->name) == 0 && a->variant.arith == b->variant.arith && a->plain == b->plain && a->constants[0] == b->constants[0];
}

static tally count(const fixture *f, sabir_specialise how)
{
    sbr_module *module = lower(f, how);
    const sbr_launch *seen[1024];
    tally t = {0};
    for (uint32_t i = 0; i < module->steps.count; i++) {
        const sbr_launch *launch = module->steps.data[i].kind == SBR_STEP_LAUNCH ? module->steps.data[i].launch : NULL;
        bool is_new = launch != NULL;
        for (uint32_t k = 0; k < t.kernels && is_new; k++) is_new = !same_kernel(seen[k], launch);
        if (!launch) continue;
        t.launches++;
        t.fused += launch->fused;
        if (!is_new) continue;
        t.texts += launch->fused;
        seen[t.kernels++] = launch;
        cr_assert_lt(t.kernels, sizeof seen / sizeof *seen);
    }
    sbr_module_free(module);
    return t;
}

Test(fused_worth, many_small_groups)
{
    fixture f = setup();
    put_chains(&f, MANY);
    const tally always = count(&f, SABIR_SPECIALISE_ALWAYS), automatic = count(&f, SABIR_SPECIALISE_AUTO), never = count(&f, SABIR_SPECIALISE_NEVER);
    cr_expect_eq(always.texts, MANY, "%u", always.texts);
    cr_expect_eq(always.launches, MANY);
    cr_expect_eq(automatic.fused, 0, "%u", automatic.fused);
    cr_expect_eq(automatic.kernels, 1, "%u", automatic.kernels);
    cr_expect_eq(automatic.launches, 3 * MANY);
    cr_expect_eq(never.kernels, 1, "%u", never.kernels);
    teardown(&f);
}

Test(fused_worth, few_groups)
{
    fixture f = setup();
    put_chains(&f, FEW);
    for (sabir_specialise how = SABIR_SPECIALISE_AUTO; how <= SABIR_SPECIALISE_NEVER; how++) cr_expect_eq(count(&f, how).texts, FEW, "%d", (int)how);
    teardown(&f);
}

/* The chain of number MANY is worth it for one reason; all others are not. */
static void expect_one(fixture *f, uint32_t launches)
{
    put_chains(f, MANY);
    const tally automatic = count(f, SABIR_SPECIALISE_AUTO), never = count(f, SABIR_SPECIALISE_NEVER);
    cr_expect_eq(automatic.texts, 1, "%u texts", automatic.texts);
    cr_expect_eq(automatic.fused, launches, "%u launches", automatic.fused);
    cr_expect_eq(never.fused, 0, "%u launches", never.fused);
    teardown(f);
}

Test(fused_worth, elements)
{
    fixture f = setup();
    put_chain(&f, MANY, SABIR_SHAPE(LARGE));
    expect_one(&f, 1);
}

/* At their most. */
Test(fused_worth, dims)
{
    fixture f = setup();
    put_chain(&f, MANY, SABIR_SHAPE(sabir_dim_create(f.graph, "n", 1, LARGE)));
    expect_one(&f, 1);
}

/* One text for all, whatever their shapes. */
Test(fused_worth, launches)
{
    fixture f = setup();
    for (int64_t i = 0; i < MOST; i++) put_chain(&f, MANY, i % 2 ? SABIR_SHAPE(SMALL + i) : SABIR_SHAPE(3, i + 1));
    expect_one(&f, MOST);
}

static void put_loop(fixture *f, int64_t trips)
{
    const sabir_value first = input(f, SABIR_SHAPE(SMALL));
    sabir_value carried, result;
    sabir_loop_begin(f->graph, trips, &first, 1, &carried);
    const sabir_value next = applied(f->graph, MANY, carried);
    sabir_loop_end(f->graph, &next, 1, SABIR_NONE, &result);
    output(f, result);
}

Test(fused_worth, trips)
{
    fixture f = setup();
    put_loop(&f, 100);
    expect_one(&f, 1);
    f = setup();
    put_loop(&f, 2);
    put_chains(&f, MANY);
    cr_expect_eq(count(&f, SABIR_SPECIALISE_AUTO).fused, 0);
    teardown(&f);
}

/* Where operators that are taken apart would need as many kernels as the groups they are in, these stay. */
Test(fused_worth, only_where_it_saves_kernels)
{
    for (uint32_t chains = 0; chains <= MOST; chains += 7) {
        fixture f = setup();
        put_chains(&f, chains);
        const sabir_type types[] = {SABIR_F64, SABIR_I32, SABIR_U32};
        for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
            char name[2][16];
            for (int k = 0; k < 2; k++) snprintf(name[k], sizeof name[k], "t%zu_%d", i, k);
            const sabir_value a = sabir_input(f.graph, name[0], types[i], SABIR_SHAPE(SMALL)), b = sabir_input(f.graph, name[1], types[i], SABIR_SHAPE(SMALL));
            f.inputs++;
            output(&f, sabir_sum(f.graph, sabir_mul(f.graph, a, sabir_add(f.graph, a, b)), SABIR_ALL_AXES));
        }
        const tally always = count(&f, SABIR_SPECIALISE_ALWAYS), automatic = count(&f, SABIR_SPECIALISE_AUTO), never = count(&f, SABIR_SPECIALISE_NEVER);
        cr_expect_leq(automatic.kernels, always.kernels, "%u chains: %u kernels, %u where all is fused", chains, automatic.kernels, always.kernels);
        cr_expect_leq(never.kernels, automatic.kernels, "%u chains: %u kernels, %u", chains, never.kernels, automatic.kernels);
        teardown(&f);
    }
}

Test(fused_worth, allocations_fail)
{
    fixture f = setup();
    const sbr_lower_options options = options_of(SABIR_SPECIALISE_AUTO);
    put_chains(&f, MANY);
    for (uint64_t n = 1;; n++) {
        fault_memory memory = FAULT_MEMORY;
        const sabir_allocator failing = fault_allocator(&memory);
        sbr_module *module;
        fault_memory_fail_nth(&memory, n, false);
        const sabir_status status = sbr_lower_graph(f.graph, &failing, &options, &module);
        cr_assert_eq(status, memory.failed ? SABIR_OUT_OF_MEMORY : SABIR_OK, "allocation %d: %s", (int)n, sabir_status_name(status));
        sbr_module_free(module);
        cr_assert_eq(memory.live_blocks, 0, "allocation %d leaks", (int)n);
        if (!memory.failed) break;
    }
    teardown(&f);
}
