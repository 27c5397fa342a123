/* The driver: simplify, fuse, walk the nodes, write outputs and state, forward destinations, plan memory. */
#include "lower.h"

#include "driver.h"

struct sbr_kernel_set {
    SBR_VECTOR(const sbr_kernel_desc *) descriptors;
};

/* EW rows share one function; leaves, state and regions belong to the driver. */
#define EW(name, inputs, class, result, expression, tolerance, text) sbr_lower_function sbr_lower_elementwise;
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) sbr_lower_function sbr_lower_##name;
#include "graph/ops.def"

sbr_lower_function *const sbr_lower_functions[SBR_OP_COUNT] = {
#define EW(name, inputs, class, result, expression, tolerance, text) [SBR_OP_##name] = sbr_lower_elementwise,
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) [SBR_OP_##name] = sbr_lower_##name,
#include "graph/ops.def"
};

sabir_status sbr_kernel_descriptor(sbr_lowering *lowering, const char *name, const sbr_kernel_desc **result)
{
    struct sbr_kernel_set *set = lowering->kernels;
    for (uint32_t i = 0; i < set->descriptors.count; i++) {
        if (strcmp(set->descriptors.data[i]->name, name) != 0) continue;
        *result = set->descriptors.data[i];
        return SABIR_OK;
    }
    const sbr_embedded_text *text = sbr_builtin_kernel(name);
    if (!text) return sbr_fail(SABIR_INTERNAL, "there is no kernel '%s'", name);
    sbr_module *module = lowering->module;
    sbr_kernel_desc *desc = sbr_arena_alloc(&module->arena, sizeof *desc);
    if (!desc) return sbr_no_memory(sizeof *desc);
    SABIR_TRY(sbr_dialect_read(&module->arena, name, text->data, text->size, desc));
    if (!sbr_push(&module->allocator, &set->descriptors, desc)) return sbr_no_memory(sizeof *desc);
    *result = desc;
    return SABIR_OK;
}

bool sbr_may_overwrite(const sbr_lowering *lowering, uint32_t value)
{
    const sbr_module *module = lowering->module;
    const uint32_t slot = lowering->views[value].slot;
    const sbr_slot_kind kind = module->slots.data[slot].kind;
    if (kind != SBR_SLOT_TEMP && !(kind == SBR_SLOT_VARIABLE && sbr_becomes_variable(lowering, module->slots.data[slot].number))) return false;
    for (uint32_t v = 0; v < lowering->graph->values.count; v++)
        if (lowering->views[v].slot == slot && lowering->last_use[v] > lowering->node) return false;
    return true;
}

/* last_use: readers of the value itself; a reader inside a loop of a value from outside counts as the loop's end. */
static void find_last_uses(const sabir_graph *graph, uint32_t *last_use)
{
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        const sbr_node *node = &graph->nodes.data[n];
        for (uint32_t i = 0; i < node->input_count; i++) {
            if (node->op == SBR_OP_assign && i == 0) continue; /* the variable is written, not read */
            const uint32_t value = node->inputs[i];
            const uint32_t use = node->op == SBR_OP_assign ? SBR_USED_AT_END : n;
            if (use > last_use[value]) last_use[value] = use;
        }
        if (node->op != SBR_OP_loop) continue;
        const sbr_loop_attrs *attrs = node->attrs;
        for (uint32_t v = 0; v < graph->values.count; v++) {
            const bool outside = sbr_value_at(graph, v)->node < attrs->body_first;
            if (outside && last_use[v] >= attrs->body_first && last_use[v] < n) last_use[v] = n;
        }
    }
    for (uint32_t i = 0; i < graph->outputs.count; i++) last_use[graph->outputs.data[i].value] = SBR_USED_AT_END;
}

static sabir_status lower_node(sbr_lowering *lowering, uint32_t n, const uint32_t *groups)
{
    const sabir_graph *graph = lowering->graph;
    const sbr_node *node = &graph->nodes.data[n];
    lowering->node = n;
    SABIR_TRY(sbr_open_loops(lowering, n));
    if (groups && groups[n] != UINT32_MAX) {
        if (groups[n] != n) return SABIR_OK; /* its group's last node stands for it */
        uint32_t *members = sbr_alloc_array(&lowering->module->allocator, n + 1, sizeof *members), count = 0;
        if (!members) return sbr_no_memory(0);
        for (uint32_t i = 0; i <= n; i++)
            if (groups[i] == n) members[count++] = i;
        sabir_status status = sbr_lower_group(lowering, members, count);
        sbr_free(&lowering->module->allocator, members);
        if (status == SABIR_OK) lowering->module->fused_nodes += count - 1;
        return status;
    }
    return sbr_lower_functions[node->op](lowering, node);
}

/* A fused node runs where its group ends, so what it reads is in use until then. */
static void extend_uses(sbr_lowering *lowering, const uint32_t *groups)
{
    for (uint32_t n = 0; n < lowering->graph->nodes.count; n++) {
        if (groups[n] == UINT32_MAX) continue;
        const sbr_node *node = &lowering->graph->nodes.data[n];
        for (uint32_t i = 0; i < node->input_count; i++)
            if (lowering->last_use[node->inputs[i]] < groups[n]) lowering->last_use[node->inputs[i]] = groups[n];
    }
}

static sabir_status lower_nodes(sbr_lowering *lowering, const uint32_t *groups)
{
    sabir_status status = SABIR_OK;
    if (groups) extend_uses(lowering, groups);
    for (uint32_t n = 0; status == SABIR_OK && n < lowering->graph->nodes.count; n++) status = lower_node(lowering, n, groups);
    lowering->node = UINT32_MAX;
    return status;
}

static sabir_status keep_notes(sbr_module *module, const sabir_graph *graph)
{
    for (uint32_t i = 0; i < graph->notes.count; i++) {
        const char *copy = sbr_arena_strdup(&module->arena, graph->notes.data[i]);
        if (!copy || !sbr_push(&module->allocator, &module->notes, copy)) return sbr_no_memory(strlen(graph->notes.data[i]) + 1);
    }
    return SABIR_OK;
}

static sabir_status lower_module(sbr_lowering *lowering, const uint32_t *groups)
{
    const sabir_graph *graph = lowering->graph;
    sbr_module *module = lowering->module;
    const size_t values = graph->values.count + 1;
    lowering->views = sbr_arena_alloc(&module->arena, values * sizeof *lowering->views);
    lowering->last_use = sbr_arena_alloc(&module->arena, values * sizeof *lowering->last_use);
    if (!lowering->views || !lowering->last_use) return sbr_no_memory(values * sizeof *lowering->views);
    for (uint32_t v = 0; v < graph->values.count; v++) lowering->views[v].slot = UINT32_MAX;
    find_last_uses(graph, lowering->last_use);
    const sbr_slot control = {.kind = SBR_SLOT_CONTROL};
    if (!sbr_push(&module->allocator, &module->slots, control)) return sbr_no_memory(sizeof control);
    module->header_words = 2; /* word 0 is never a flag; f64 scalars begin at even words */
    SABIR_TRY(lower_nodes(lowering, groups));
    SABIR_TRY(sbr_write_outputs(lowering));
    SABIR_TRY(sbr_write_variables(lowering));
    SABIR_TRY(sbr_forward_destinations(module));
    SABIR_TRY(sbr_specialise(module, lowering->options->specialise));
    return module->exprs.failed ? sbr_no_memory(0) : SABIR_OK;
}

/* A module of the simplified graph, all but planned. notes: the graph as it was. */
static sabir_status make_module(const sabir_graph *graph, const sabir_graph *notes, const sabir_allocator *allocator, const sbr_lower_options *options,
                                const uint32_t *groups, sbr_module **result)
{
    struct sbr_kernel_set kernels = {0};
    sbr_module *module = sbr_alloc(allocator, sizeof *module);
    if (!module) return sbr_no_memory(sizeof *module);
    module->allocator = *allocator;
    module->arena.allocator = &module->allocator;
    sbr_exprs_init(&module->exprs, &module->allocator);
    sabir_status status = sbr_exprs_copy(&module->exprs, &graph->exprs);
    if (status == SABIR_OK) status = sbr_keep_dim_names(module);
    if (status == SABIR_OK) status = keep_notes(module, notes);
    sbr_lowering lowering = {.graph = graph, .options = options, .module = module, .kernels = &kernels};
    if (status == SABIR_OK) status = lower_module(&lowering, groups);
    sbr_vector_free(&module->allocator, &kernels.descriptors);
    if (status != SABIR_OK) {
        sbr_module_free(module);
        return status;
    }
    *result = module;
    return SABIR_OK;
}

static sabir_status choose_fewer(sbr_module **module, sbr_module *other)
{
    uint32_t count, others;
    SABIR_TRY(sbr_count_kernels(*module, &count));
    SABIR_TRY(sbr_count_kernels(other, &others));
    if (others >= count) return SABIR_OK;
    sbr_module_free(*module);
    *module = other;
    return SABIR_OK;
}

/* Which groups are worth their kernels shows once all are lowered. */
static sabir_status regroup(const sabir_graph *graph, const sabir_graph *notes, const sbr_lower_options *options, uint32_t *groups, sbr_module **module)
{
    sbr_module *other = NULL;
    bool any;
    SABIR_TRY(sbr_dissolve_groups(*module, graph, options->specialise, groups, &any));
    if (!any) return SABIR_OK;
    SABIR_TRY(make_module(graph, notes, &(*module)->allocator, options, groups, &other));
    const sabir_status status = choose_fewer(module, other);
    if (*module != other) sbr_module_free(other);
    return status;
}

static sabir_status fuse_and_lower(const sabir_graph *graph, const sabir_graph *notes, const sabir_allocator *allocator, const sbr_lower_options *options,
                                   sbr_module **module)
{
    if (!options->fuse) return make_module(graph, notes, allocator, options, NULL, module);
    uint32_t *groups = sbr_alloc_array(allocator, graph->nodes.count + 1, sizeof *groups);
    if (!groups) return sbr_no_memory(0);
    sabir_status status = sbr_fuse(graph, options, groups);
    if (status == SABIR_OK) status = make_module(graph, notes, allocator, options, groups, module);
    if (status == SABIR_OK) status = regroup(graph, notes, options, groups, module);
    sbr_free(allocator, groups);
    return status;
}

sabir_status sbr_lower_graph(const sabir_graph *graph, const sabir_allocator *allocator, const sbr_lower_options *options, sbr_module **result)
{
    *result = NULL;
    sabir_graph *simplified = NULL;
    sbr_module *module = NULL;
    SABIR_TRY(sbr_simplify(graph, allocator, options, &simplified));
    sabir_status status = fuse_and_lower(simplified, graph, allocator, options, &module);
    if (status == SABIR_OK) status = sbr_plan(module, options);
    sabir_graph_destroy(simplified);
    if (status == SABIR_OK) *result = module;
    else sbr_module_free(module);
    return status;
}
