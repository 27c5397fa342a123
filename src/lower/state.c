/* Leaves, outputs and variables. */
#include "driver.h"

sabir_status sbr_keep_dim_names(sbr_module *module)
{
    for (uint32_t i = 0; i < module->exprs.dims.count; i++) {
        module->exprs.dims.data[i].name = sbr_arena_strdup(&module->arena, module->exprs.dims.data[i].name);
        if (!module->exprs.dims.data[i].name) return sbr_no_memory(0);
    }
    return SABIR_OK;
}

uint32_t sbr_header_word(sbr_module *module, bool even)
{
    if (even && module->header_words % 2) module->header_words++;
    uint32_t word = module->header_words;
    module->header_words += even ? 2 : 1;
    return word;
}

/* A slot outside the planner's reach, dense, for a value of fixed place. */
static sabir_status make_slot(sbr_lowering *lowering, sbr_slot_kind kind, uint32_t number, const char *name, sabir_type type, const sabir_shape *shape, sbr_view *view)
{
    sbr_expr extents[SABIR_MAX_RANK];
    for (int32_t i = 0; i < shape->rank; i++) extents[i] = sbr_ext(lowering, shape->extents[i]);
    SABIR_TRY(sbr_temp(lowering, type, shape->rank, extents, view));
    sbr_slot *slot = &lowering->module->slots.data[view->slot];
    slot->kind = kind;
    slot->number = number;
    slot->name = name;
    return SABIR_OK;
}

/* A port of the program: its slot, and its entry in ios; *view is the slot's. */
static sabir_status add_io(sbr_lowering *lowering, sbr_slot_kind kind, sbr_ios *ios, const char *name, const sbr_value_info *value, sbr_view *view)
{
    sbr_module *module = lowering->module;
    const char *kept = sbr_arena_strdup(&module->arena, name);
    if (!kept) return sbr_no_memory(strlen(name));
    SABIR_TRY(make_slot(lowering, kind, ios->count, kept, value->type, &value->shape, view));
    sbr_io io = {.name = kept, .type = value->type, .shape = value->shape, .slot = view->slot};
    for (int32_t i = 0; i < value->shape.rank; i++) io.extents[i] = sbr_ext(lowering, value->shape.extents[i]);
    return sbr_push(&module->allocator, ios, io) ? SABIR_OK : sbr_no_memory(sizeof io);
}

static sabir_status lower_leaf(sbr_lowering *lowering, const sbr_node *node, sbr_slot_kind kind, sbr_ios *ios)
{
    sbr_view view;
    SABIR_TRY(add_io(lowering, kind, ios, node->name, sbr_value_at(lowering->graph, node->first_output), &view));
    sbr_alias(lowering, node, 0, &view);
    return SABIR_OK;
}

sabir_status sbr_lower_input(sbr_lowering *lowering, const sbr_node *node)
{
    return lower_leaf(lowering, node, SBR_SLOT_INPUT, &lowering->module->inputs);
}

sabir_status sbr_lower_variable(sbr_lowering *lowering, const sbr_node *node)
{
    return lower_leaf(lowering, node, SBR_SLOT_VARIABLE, &lowering->module->variables);
}

static void control_view(sbr_lowering *lowering, sabir_type type, uint32_t word, sbr_view *view)
{
    sbr_view_dense(lowering, 0, type, 0, NULL, view);
    view->offset = sbr_num(lowering, sabir_type_size(type) == 8 ? word / 2 : word);
}

sabir_status sbr_lower_scalar(sbr_lowering *lowering, const sbr_node *node)
{
    sbr_module *module = lowering->module;
    const sabir_type type = sbr_value_at(lowering->graph, node->first_output)->type;
    const sbr_scalar_io scalar = {sbr_arena_strdup(&module->arena, node->name), type, sbr_header_word(module, sabir_type_size(type) == 8)};
    if (!scalar.name || !sbr_push(&module->allocator, &module->scalars, scalar)) return sbr_no_memory(sizeof scalar);
    sbr_view view;
    control_view(lowering, type, scalar.word, &view);
    sbr_alias(lowering, node, 0, &view);
    return SABIR_OK;
}

static sabir_status dim_word(sbr_lowering *lowering, sbr_expr expr, sbr_view *view)
{
    sbr_module *module = lowering->module;
    const sbr_dim_word entry = {sbr_header_word(module, false), expr};
    if (!sbr_push(&module->allocator, &module->dim_words, entry)) return sbr_no_memory(sizeof entry);
    control_view(lowering, SABIR_I32, entry.word, view);
    return SABIR_OK;
}

sabir_status sbr_lower_dim_value(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_extent_attrs *attrs = node->attrs;
    sbr_view view;
    SABIR_TRY(dim_word(lowering, sbr_ext(lowering, attrs->extent), &view));
    sbr_alias(lowering, node, 0, &view);
    return SABIR_OK;
}

sabir_status sbr_lower_constant(sbr_lowering *lowering, const sbr_node *node)
{
    sbr_module *module = lowering->module;
    const sbr_constant_attrs *attrs = node->attrs;
    const sbr_value_info *value = sbr_value_at(lowering->graph, node->first_output);
    const sbr_constant_io constant = {sbr_arena_copy(&module->arena, attrs->data, attrs->bytes), attrs->bytes};
    sbr_view view;
    SABIR_TRY(make_slot(lowering, SBR_SLOT_CONSTANT, module->constants.count, NULL, value->type, &value->shape, &view));
    if (!constant.data || !sbr_push(&module->allocator, &module->constants, constant)) return sbr_no_memory(attrs->bytes);
    sbr_alias(lowering, node, 0, &view);
    return SABIR_OK;
}

sabir_status sbr_write_outputs(sbr_lowering *lowering)
{
    const sabir_graph *graph = lowering->graph;
    for (uint32_t i = 0; i < graph->outputs.count; i++) {
        const sbr_output_info *output = &graph->outputs.data[i];
        sbr_view view;
        SABIR_TRY(add_io(lowering, SBR_SLOT_OUTPUT, &lowering->module->outputs, output->name, sbr_value_at(graph, output->value), &view));
        SABIR_TRY(sbr_copy_view(lowering, &lowering->views[output->value], &view));
    }
    return SABIR_OK;
}

/* ---- variables at the end of the run ---- */

sabir_status sbr_lower_assign(sbr_lowering *lowering, const sbr_node *node)
{
    (void)lowering;
    (void)node; /* sbr_write_variables makes all of them, together, at the end */
    return SABIR_OK;
}

/* The value assigned to variable number `variable`; UINT32_MAX when it keeps its own. */
static uint32_t assigned_value(const sbr_lowering *lowering, uint32_t variable)
{
    const sabir_graph *graph = lowering->graph;
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        const sbr_node *node = &graph->nodes.data[n];
        if (node->op != SBR_OP_assign) continue;
        const sbr_slot *slot = &lowering->module->slots.data[lowering->views[node->inputs[0]].slot];
        if (slot->number == variable) return node->inputs[1];
    }
    return UINT32_MAX;
}

bool sbr_becomes_variable(const sbr_lowering *lowering, uint32_t variable)
{
    const sabir_graph *graph = lowering->graph;
    const sbr_node *here = &graph->nodes.data[lowering->node];
    for (uint32_t value = assigned_value(lowering, variable); value != UINT32_MAX;) {
        if (value == here->first_output) return true;
        const sbr_node *maker = &graph->nodes.data[sbr_value_at(graph, value)->node];
        if (maker->op != SBR_OP_update) return false;
        value = maker->inputs[0];
    }
    return false;
}

/* All assigns take effect together: what comes from another variable that is written too is set aside first. */
static sabir_status set_aside(sbr_lowering *lowering, const bool *written, const sbr_view *target, sbr_view *source)
{
    const sbr_slot *slot = &lowering->module->slots.data[source->slot];
    if (slot->kind != SBR_SLOT_VARIABLE || !written[slot->number]) return SABIR_OK;
    if (source->slot == target->slot && sbr_is_dense(lowering, source) && source->offset == target->offset) return SABIR_OK;
    sbr_view aside;
    SABIR_TRY(sbr_temp(lowering, source->type, source->rank, source->extents, &aside));
    SABIR_TRY(sbr_copy_view(lowering, source, &aside));
    *source = aside;
    return SABIR_OK;
}

sabir_status sbr_write_variables(sbr_lowering *lowering)
{
    sbr_module *module = lowering->module;
    const sabir_graph *graph = lowering->graph;
    module->variable_written = sbr_alloc_array(&module->allocator, module->variables.count + 1, sizeof *module->variable_written);
    if (!module->variable_written) return sbr_no_memory(module->variables.count);
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        const sbr_node *node = &graph->nodes.data[n];
        if (node->op == SBR_OP_assign) module->variable_written[module->slots.data[lowering->views[node->inputs[0]].slot].number] = true;
    }
    sbr_view *sources = sbr_arena_alloc(&module->arena, (graph->nodes.count + 1) * sizeof *sources);
    if (!sources) return sbr_no_memory(graph->nodes.count * sizeof *sources);
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        const sbr_node *node = &graph->nodes.data[n];
        if (node->op != SBR_OP_assign) continue;
        sources[n] = lowering->views[node->inputs[1]];
        SABIR_TRY(set_aside(lowering, module->variable_written, &lowering->views[node->inputs[0]], &sources[n]));
    }
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        const sbr_node *node = &graph->nodes.data[n];
        if (node->op != SBR_OP_assign) continue;
        const sbr_view *target = &lowering->views[node->inputs[0]];
        if (sources[n].slot != target->slot) SABIR_TRY(sbr_copy_view(lowering, &sources[n], target));
    }
    return SABIR_OK;
}
