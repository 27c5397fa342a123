/* What a graph asks of the outside: inputs, outputs, scalars, dims, variables. */
#include "program.h"

static bool wanted(const char *name, const char *const *outputs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (outputs[i] && strcmp(outputs[i], name) == 0) return true;
    return !outputs;
}

static sabir_status check_outputs(const sabir_graph *graph, const char *const *outputs, uint32_t count)
{
    for (uint32_t i = 0; outputs && i < count; i++) {
        bool found = false;
        for (uint32_t k = 0; outputs[i] && k < graph->outputs.count; k++) found = found || strcmp(graph->outputs.data[k].name, outputs[i]) == 0;
        if (!found) return sbr_fail(SABIR_NOT_FOUND, "the graph has no output '%s'", outputs[i] ? outputs[i] : "NULL");
    }
    return SABIR_OK;
}

static sabir_status add_port(sabir_program *program, const sabir_graph *graph, sbr_port_kind kind, const char *name, uint32_t value)
{
    const sbr_value_info *info = sbr_value_at(graph, value);
    sbr_port port = {.kind = kind, .name = sbr_arena_strdup(&program->arena, name), .type = info->type, .rank = info->shape.rank, .value = value};
    if (!port.name) return sbr_no_memory(strlen(name) + 1);
    for (int32_t i = 0; i < port.rank; i++) {
        const sabir_extent extent = info->shape.extents[i];
        /* Expressions of the graph keep their ids in the copy; numbers may be new to it. */
        port.extents[i] = sbr_is_number(extent) ? sbr_expr_number(&program->exprs, extent) : sbr_extent_expr((sabir_graph *)(uintptr_t)graph, extent);
        if (port.extents[i] == SBR_EXPR_NONE) return sbr_fail(SABIR_OUT_OF_MEMORY, "no memory for the extents of '%s'", name);
    }
    return sbr_push(&program->allocator, &program->ports, port) ? SABIR_OK : sbr_no_memory(sizeof port);
}

static sabir_status add_leaves(sabir_program *program, const sabir_graph *graph)
{
    for (uint32_t i = 0; i < graph->nodes.count; i++) {
        const sbr_node *node = &graph->nodes.data[i];
        if (node->op == SBR_OP_input) SABIR_TRY(add_port(program, graph, SBR_PORT_INPUT, node->name, node->first_output));
        if (node->op == SBR_OP_scalar) SABIR_TRY(add_port(program, graph, SBR_PORT_SCALAR, node->name, node->first_output));
    }
    return SABIR_OK;
}

static sabir_status copy_dims(sabir_program *program, const sabir_graph *graph)
{
    sbr_exprs_init(&program->exprs, &program->allocator);
    SABIR_TRY(sbr_exprs_copy(&program->exprs, &graph->exprs));
    const uint32_t count = program->exprs.dims.count;
    for (uint32_t i = 0; i < count; i++) {
        sbr_dim_info *dim = &program->exprs.dims.data[i];
        const char *name = sbr_arena_strdup(&program->arena, dim->name);
        if (!name) return sbr_no_memory(strlen(dim->name) + 1);
        dim->name = name;
    }
    program->dims = sbr_alloc_array(&program->allocator, count, sizeof *program->dims);
    program->dim_values = sbr_alloc_array(&program->allocator, count, sizeof *program->dim_values);
    if (!program->dims || !program->dim_values) return sbr_no_memory(count * sizeof *program->dims);
    for (uint32_t i = 0; i < count; i++) program->dims[i].set = -1;
    return SABIR_OK;
}

sabir_status sbr_ports_make(sabir_program *program, const sabir_graph *graph, const char *const *outputs, uint32_t output_count)
{
    program->arena.allocator = &program->allocator;
    SABIR_TRY(check_outputs(graph, outputs, output_count));
    SABIR_TRY(copy_dims(program, graph));
    SABIR_TRY(add_leaves(program, graph));
    for (uint32_t i = 0; i < graph->outputs.count; i++) {
        const sbr_output_info *output = &graph->outputs.data[i];
        if (wanted(output->name, outputs, output_count)) SABIR_TRY(add_port(program, graph, SBR_PORT_OUTPUT, output->name, output->value));
    }
    program->values = sbr_alloc_array(&program->allocator, program->exprs.nodes.count, sizeof *program->values);
    return program->values ? SABIR_OK : sbr_no_memory(program->exprs.nodes.count * sizeof *program->values);
}

void sbr_ports_free(sabir_program *program)
{
    const sabir_allocator *allocator = &program->allocator;
    for (uint32_t i = 0; i < program->ports.count; i++) sabir_tensor_release(program->ports.data[i].tensor);
    sbr_vector_free(allocator, &program->ports);
    sbr_vector_free(allocator, &program->variables);
    if (program->exprs.allocator) sbr_exprs_free(&program->exprs);
    sbr_free(allocator, program->dims);
    sbr_free(allocator, program->dim_values);
    sbr_free(allocator, program->values);
    if (program->arena.allocator) sbr_arena_free(&program->arena);
}

int32_t sbr_port_find(const sabir_program *program, const char *name, uint32_t first)
{
    for (uint32_t i = first; name && i < program->ports.count; i++)
        if (strcmp(program->ports.data[i].name, name) == 0) return (int32_t)i;
    return -1;
}

sabir_status sbr_program_variable(sabir_program *program, const char *name, sabir_type type, const sabir_shape *shape, uint32_t value, bool written)
{
    if (!program->store) return sbr_fail(SABIR_INVALID_ARGUMENT, "the graph has variables ('%s'), so sabir_compile needs a store", name);
    sbr_variable variable = {.written = written, .value = value};
    SABIR_TRY(sabir_store_variable(program->store, name, type, *shape, &variable.tensor));
    return sbr_push(&program->allocator, &program->variables, variable) ? SABIR_OK : sbr_no_memory(sizeof variable);
}
