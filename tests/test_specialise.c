/* Which launches get kernels of their own, seen in lowered modules.
 * suite: host, timeout: 120 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "lower/module.h"
#include "test_planner.h"

enum { GRAPHS = 300, SMALL = 100, LARGE = 1 << 15, VAST = 1 << 17, TEXT_WORTH = 1 << 10 };

static void *allocate(void *user, size_t size) { (void)user; return malloc(size); }
static void *resize(void *user, void *memory, size_t size) { (void)user; return realloc(memory, size); }
static void release(void *user, void *memory) { (void)user; free(memory); }
static const sabir_allocator allocator = {NULL, allocate, resize, release};

static sbr_module *lower(const sabir_graph *graph, sabir_specialise how, bool fuse)
{
    const sbr_lower_options options = {
        .fuse = fuse, .compiler = fuse, .specialise = how, .prefer_wide = true, .largest_binding = UINT32_MAX, .largest_allocation = 1u << 30,
        .buffer_alignment = 64, .shared_memory = 32768, .group_invocations = 256, .has_f64 = true, .has_i64 = true, .has_addresses = true,
    };
    sbr_module *module;
    cr_assert_eq(sbr_lower_graph(graph, &allocator, &options, &module), SABIR_OK, "%s", sabir_last_message());
    return module;
}

/* ---- Every graph ---- */

static const sbr_launch *launch_at(const sbr_module *module, uint32_t step)
{
    return module->steps.data[step].kind == SBR_STEP_LAUNCH ? module->steps.data[step].launch : NULL;
}

static bool same_kernel(const sbr_launch *a, const sbr_launch *b)
{
    return strcmp(a->desc->name, b->desc->name) == 0 && a->variant.arith == b->variant.arith && a->variant.result == b->variant.result && a->plain == b->plain;
}

/* Constants apart. */
static uint32_t count_kernels(const sbr_module *module)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < module->steps.count; i++) {
        const sbr_launch *launch = launch_at(module, i);
        bool seen = !launch;
        for (uint32_t k = 0; k < i && !seen; k++) seen = launch_at(module, k) && same_kernel(launch, launch_at(module, k));
        count += !seen;
    }
    return count;
}

static void check_extremes(const sbr_module *never, const sbr_module *always, uint32_t seed)
{
    cr_assert_eq(never->steps.count, always->steps.count, "seed %u", seed);
    for (uint32_t i = 0; i < never->steps.count; i++) {
        const sbr_launch *general = launch_at(never, i), *own = launch_at(always, i);
        if (!general) continue;
        cr_assert_eq(general->plain, 0, "seed %u, step %u: %s", seed, i, general->desc->name);
        cr_assert_eq(own->plain, own->own_plain, "seed %u, step %u: %s", seed, i, own->desc->name);
        for (uint32_t c = 0; c < own->desc->constant_count; c++) {
            cr_assert_eq(general->constants[c], general->desc->constants[c].value, "seed %u, step %u: %s", seed, i, own->desc->name);
            cr_assert_eq(own->constants[c], own->own_constants[c], "seed %u, step %u: %s", seed, i, own->desc->name);
        }
    }
}

Test(specialise, random_graphs)
{
    sabir_context *context;
    uint32_t fewest = 0, most = 0;
    cr_assert_eq(sabir_context_create(NULL, &context), SABIR_OK);
    for (uint32_t seed = 0; seed < GRAPHS; seed++) {
        sabir_graph *graph = random_graph(context, seed);
        sbr_module *never = lower(graph, SABIR_SPECIALISE_NEVER, seed % 2), *always = lower(graph, SABIR_SPECIALISE_ALWAYS, seed % 2);
        sbr_module *automatic = lower(graph, SABIR_SPECIALISE_AUTO, seed % 2);
        check_extremes(never, always, seed);
        cr_assert_leq(count_kernels(never), count_kernels(automatic), "seed %u", seed);
        cr_assert_leq(count_kernels(automatic), count_kernels(always), "seed %u", seed);
        fewest += count_kernels(never);
        most += count_kernels(always);
        sbr_module_free(never);
        sbr_module_free(automatic);
        sbr_module_free(always);
        sabir_graph_destroy(graph);
    }
    cr_assert_lt(fewest, most);
    sabir_context_release(context);
}

/* ---- What is large enough ---- */

typedef struct fixture { sabir_context *context; sabir_graph *graph; sbr_module *module; } fixture;

static fixture setup(void)
{
    fixture f = {0};
    cr_assert_eq(sabir_context_create(NULL, &f.context), SABIR_OK);
    cr_assert_eq(sabir_graph_create(f.context, &f.graph), SABIR_OK);
    return f;
}

static void teardown(fixture *f)
{
    sbr_module_free(f->module);
    sabir_graph_destroy(f->graph);
    sabir_context_release(f->context);
}

/* Launch `number` of the kernels whose names begin so. */
static const sbr_launch *nth(fixture *f, const char *name, uint32_t number, bool fuse)
{
    if (!f->module) f->module = lower(f->graph, SABIR_SPECIALISE_AUTO, fuse);
    for (uint32_t i = 0; i < f->module->steps.count; i++) {
        const sbr_launch *launch = launch_at(f->module, i);
        if (launch && strncmp(launch->desc->name, name, strlen(name)) == 0 && number-- == 0) return launch;
    }
    cr_assert_fail("there is no such launch of %s", name);
    return NULL;
}

static sabir_value sum_of_two(fixture *f, sabir_type type, int64_t count, const char *name)
{
    char names[2][16];
    for (int i = 0; i < 2; i++) snprintf(names[i], sizeof names[i], "%s%d", name, i);
    const sabir_value x = sabir_input(f->graph, names[0], type, SABIR_SHAPE(count)), y = sabir_input(f->graph, names[1], type, SABIR_SHAPE(count));
    return sabir_add(f->graph, x, y);
}

static void expect_sum(sabir_type type, int64_t count, uint32_t plain, bool own_operator)
{
    fixture f = setup();
    sabir_output(f.graph, "y", sum_of_two(&f, type, count, "x"));
    const sbr_launch *launch = nth(&f, "elementwise_2", 0, false);
    cr_expect_eq(launch->plain, plain, "%lld of %s", (long long)count, sabir_type_name(type));
    cr_expect_eq(launch->constants[0] == SBR_OP_add, own_operator, "%lld of %s", (long long)count, sabir_type_name(type));
    teardown(&f);
}

Test(specialise, size)
{
    expect_sum(SABIR_F32, SMALL, 0, false);
    expect_sum(SABIR_F32, LARGE, 1, false);
    expect_sum(SABIR_F64, LARGE, 0, false);
    expect_sum(SABIR_F64, 16 * LARGE, 1, true);
    expect_sum(SABIR_F32, VAST, 1, true);
    expect_sum(SABIR_F16, VAST, 0, true); /* has to be packed */
}

Test(specialise, small_ones_join)
{
    fixture f = setup();
    sabir_output(f.graph, "small", sum_of_two(&f, SABIR_F32, SMALL, "x"));
    sabir_output(f.graph, "half", sum_of_two(&f, SABIR_F16, SMALL, "h"));
    sabir_output(f.graph, "whole", sum_of_two(&f, SABIR_I32, SMALL, "i"));
    sabir_output(f.graph, "large", sum_of_two(&f, SABIR_F32, LARGE, "l"));
    cr_expect_eq(nth(&f, "elementwise_2", 0, false)->plain, 1, "the kernel is there");
    cr_expect_eq(nth(&f, "elementwise_2", 1, false)->plain, 0, "not for its type");
    cr_expect_eq(nth(&f, "elementwise_2", 2, false)->plain, 0, "not for its variant");
    teardown(&f);
}

static void expect_together(int count, uint32_t plain)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    fixture f = setup();
    for (int i = 0; i < count; i++) {
        char output[16];
        snprintf(output, sizeof output, "y%d", i);
        sabir_output(f.graph, output, sum_of_two(&f, SABIR_F32, LARGE - 1, names[i]));
    }
    cr_expect_eq(nth(&f, "elementwise_2", 0, false)->plain, plain, "%d launches", count);
    teardown(&f);
}

/* None is large, all of them are. */
Test(specialise, launches_add_up)
{
    expect_together(4, 0);
    expect_together(5, 1);
}

Test(specialise, loops_count)
{
    for (int long_one = 0; long_one < 2; long_one++) {
        fixture f = setup();
        const sabir_value first = sabir_input(f.graph, "x", SABIR_F32, SABIR_SHAPE(SMALL));
        sabir_value carried, result;
        sabir_loop_begin(f.graph, long_one ? 1000 : 2, &first, 1, &carried);
        const sabir_value next = sabir_mul(f.graph, carried, carried);
        sabir_loop_end(f.graph, &next, 1, SABIR_NONE, &result);
        sabir_output(f.graph, "y", sabir_tanh(f.graph, result));
        cr_expect_eq(nth(&f, "elementwise_2", 0, false)->plain, (uint32_t)long_one);
        cr_expect_eq(nth(&f, "elementwise_1", 0, false)->plain, 0, "it stands behind the loop");
        teardown(&f);
    }
}

/* Small operands, each loaded again and again. */
Test(specialise, heavy_products)
{
    fixture f = setup();
    sabir_graph *g = f.graph;
    sabir_output(g, "y", sabir_matmul(g, sabir_input(g, "a", SABIR_F32, SABIR_SHAPE(64, 64)), sabir_input(g, "b", SABIR_F32, SABIR_SHAPE(64, 64))));
    sabir_output(g, "z", sabir_matmul(g, sabir_input(g, "c", SABIR_I32, SABIR_SHAPE(9, 9)), sabir_input(g, "d", SABIR_I32, SABIR_SHAPE(9, 9))));
    cr_expect_eq(nth(&f, "matmul", 0, false)->plain, 1);
    cr_expect_eq(nth(&f, "matmul", 1, false)->plain, 0);
    teardown(&f);
}

/* Rows are known by where they begin. */
Test(specialise, long_rows)
{
    fixture f = setup();
    sabir_output(f.graph, "y", sabir_sum(f.graph, sabir_input(f.graph, "x", SABIR_F32, SABIR_SHAPE(2, 2 * LARGE)), SABIR_INTS(1)));
    cr_expect_eq(nth(&f, "reduce", 0, false)->plain, 1);
    teardown(&f);
}

Test(specialise, moves)
{
    static const struct { sabir_type type; uint32_t plain; } rows[] = {
        {SABIR_F32, 1}, {SABIR_U32, 1}, {SABIR_F64, 2}, {SABIR_I64, 2}, {SABIR_F16, 0}, {SABIR_BOOL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fixture f = setup();
        const sabir_value x = sabir_input(f.graph, "x", rows[i].type, SABIR_SHAPE(LARGE));
        sabir_output(f.graph, "y", sabir_roll(f.graph, x, SABIR_INTS(3), SABIR_INTS(0)));
        cr_expect_eq(nth(&f, "roll", 0, false)->plain, rows[i].plain, "%s", sabir_type_name(rows[i].type));
        teardown(&f);
    }
}

/* A mask of one-byte elements is read as such by kernels made for whole words. */
Test(specialise, masks)
{
    fixture f = setup();
    const sabir_value mask = sabir_input(f.graph, "mask", SABIR_BOOL, SABIR_SHAPE(LARGE)), x = sabir_input(f.graph, "x", SABIR_F32, SABIR_SHAPE(LARGE));
    sabir_output(f.graph, "y", sabir_select(f.graph, mask, x, sabir_number(f.graph, SABIR_F32, 0)));
    cr_expect_eq(nth(&f, "select_view", 0, false)->plain, 1);
    teardown(&f);
}

static void expect_fused(int64_t count, uint32_t plain)
{
    fixture f = setup();
    const sabir_value mask = sabir_input(f.graph, "mask", SABIR_BOOL, SABIR_SHAPE(count)), x = sabir_input(f.graph, "x", SABIR_F32, SABIR_SHAPE(count));
    sabir_output(f.graph, "y", sabir_select(f.graph, mask, sabir_tanh(f.graph, sabir_square(f.graph, x)), x));
    const sbr_launch *launch = nth(&f, "fused", 0, true);
    cr_expect(launch->fused);
    cr_expect_eq(launch->plain, plain, "%lld elements", (long long)count);
    teardown(&f);
}

Test(specialise, fused_groups)
{
    expect_fused(TEXT_WORTH / 2, 0);
    expect_fused(TEXT_WORTH, 1);
}
