/* The random graphs of test_planner.h as modules, planned or not, for every kind of device. */
#ifndef TEST_PLANNER_MODULES_H
#define TEST_PLANNER_MODULES_H

#include <stdlib.h>

#include "lower/module.h"
#include "test_planner.h"

enum { GRAPHS = 3000 };

static void *allocate(void *user, size_t size) { (void)user; return malloc(size); }
static void *resize(void *user, void *memory, size_t size) { (void)user; return realloc(memory, size); }
static void release(void *user, void *memory) { (void)user; free(memory); }

static sbr_lower_options options_of(uint32_t seed)
{
    return (sbr_lower_options){
        .fuse = seed % 2, .compiler = seed % 2, .simplify = seed % 3 != 0, .largest_binding = UINT32_MAX,
        .largest_allocation = seed % 5 ? 1u << 30 : 6000, .buffer_alignment = seed % 7 ? 64 : 256, .shared_memory = 32768, .group_invocations = 256,
        .has_f64 = true, .has_i64 = true, .has_addresses = true,
    };
}

static sbr_module *lower(const sabir_graph *graph, sbr_lower_options *options, bool plan, uint32_t seed)
{
    static const sabir_allocator allocator = {NULL, allocate, resize, release};
    sbr_module *module;
    options->plan = plan;
    const sabir_status status = sbr_lower_graph(graph, &allocator, options, &module);
    cr_assert_eq(status, SABIR_OK, "seed %u: %s: %s", seed, sabir_status_name(status), sabir_last_message());
    return module;
}
#endif
