/* Leaves and names: inputs, variables, scalars, constants, outputs, assigns. */
#include "build.h"

static bool name_taken(const sabir_graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->nodes.count; i++)
        if (graph->nodes.data[i].name && strcmp(graph->nodes.data[i].name, name) == 0) return true;
    return false;
}

static sabir_value named(sabir_graph *graph, sbr_op op, const char *name, sabir_type type, const sabir_shape *shape)
{
    const char *call = sbr_ops[op].name;
    if (!sbr_graph_open(graph, call)) return sbr_null(graph);
    if (!name || !*name) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "%s: a name is needed", call));
    if (name_taken(graph, name))
        return sbr_graph_fail(
            graph, sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the name \"%s\" is taken by another input, scalar or variable", call, name));
    return sbr_add_leaf(graph, op, name, type, shape, NULL);
}

static sabir_status leaf_rule(sbr_signature *signature, bool dims)
{
    const sabir_shape *shape = &signature->result_shapes[0];
    if (!sbr_type_valid(signature->result_types[0]))
        return sbr_fail(SABIR_INVALID_TYPE, "%d is no element type", (int)signature->result_types[0]);
    SABIR_TRY(sbr_shape_check(signature->graph, shape));
    for (int32_t i = 0; i < shape->rank && !dims; i++) SABIR_TRY(sbr_need_number(signature, shape->extents[i], "an extent"));
    return SABIR_OK;
}

sabir_status sbr_rule_input(sbr_signature *signature) { return leaf_rule(signature, true); }
sabir_status sbr_rule_carry(sbr_signature *signature) { return leaf_rule(signature, true); }
sabir_status sbr_rule_variable(sbr_signature *signature) { return leaf_rule(signature, false); }

sabir_status sbr_rule_scalar(sbr_signature *signature)
{
    SABIR_TRY(leaf_rule(signature, false));
    const sabir_type type = signature->result_types[0];
    if (type == SABIR_F32 || type == SABIR_F64 || type == SABIR_I32 || type == SABIR_U32) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_TYPE, "a scalar is f32, f64, i32 or u32, not %s; sabir_cast converts it", sabir_type_name(type));
}

sabir_value sabir_input(sabir_graph *graph, const char *name, sabir_type type, sabir_shape shape)
{
    return named(graph, SBR_OP_input, name, type, &shape);
}

sabir_value sabir_variable(sabir_graph *graph, const char *name, sabir_type type, sabir_shape shape)
{
    return named(graph, SBR_OP_variable, name, type, &shape);
}

sabir_value sabir_scalar(sabir_graph *graph, const char *name, sabir_type type)
{
    return named(graph, SBR_OP_scalar, name, type, &(sabir_shape){0});
}

/* ---- Constants ---- */

/* Checks type, shape and data, and copies the elements; bool elements become 0 or 1. */
sabir_status sbr_rule_constant(sbr_signature *signature)
{
    sbr_constant_attrs *attrs = signature->attrs;
    const sabir_type type = signature->result_types[0];
    SABIR_TRY(leaf_rule(signature, false));
    sabir_extent count = 0;
    SABIR_TRY(sbr_shape_count(signature->graph, &signature->result_shapes[0], &count));
    int64_t bytes;
    if (!sbr_mul_i64(count, (int64_t)sabir_type_size(type), &bytes) || (uint64_t)bytes > SIZE_MAX)
        return sbr_fail(SABIR_INVALID_SHAPE, "the elements take more bytes than can be addressed");
    if (!attrs->data && bytes) return sbr_fail(SABIR_INVALID_ARGUMENT, "data is NULL; %lld elements are needed", (long long)count);
    uint8_t *copy = sbr_arena_copy(&signature->graph->arena, attrs->data, (size_t)bytes);
    if (!copy) return sbr_no_memory((size_t)bytes);
    for (int64_t i = 0; type == SABIR_BOOL && i < bytes; i++) copy[i] = copy[i] != 0;
    *attrs = (sbr_constant_attrs){copy, (size_t)bytes};
    return SABIR_OK;
}

sabir_value sabir_constant(sabir_graph *graph, sabir_type type, sabir_shape shape, const void *data)
{
    return sbr_add_leaf(graph, SBR_OP_constant, NULL, type, &shape, &(sbr_constant_attrs){.data = data});
}

sabir_value sabir_number(sabir_graph *graph, sabir_type type, double number)
{
    uint64_t element = 0;
    sbr_number_store(type, number, &element);
    return sbr_add_leaf(graph, SBR_OP_constant, NULL, type, &(sabir_shape){0}, &(sbr_constant_attrs){.data = &element});
}

sabir_value sabir_full(sabir_graph *graph, sabir_type type, sabir_shape shape, double number)
{
    return sabir_broadcast(graph, sabir_number(graph, type, number), shape);
}

/* ---- Dims as values ---- */

sabir_status sbr_rule_dim_value(sbr_signature *signature)
{
    const sabir_extent_attrs *attrs = signature->attrs;
    const sabir_shape shape = {.rank = 1, .extents = {attrs->extent}};
    SABIR_TRY(sbr_shape_check(signature->graph, &shape));
    if (sbr_extent_most(signature->graph, attrs->extent) > INT32_MAX)
        return sbr_fail(SABIR_INVALID_SHAPE, "the extent may be above 2^31 - 1, and an i32 is asked for");
    sbr_set_result(signature, 0, SABIR_I32, &(sabir_shape){0});
    return SABIR_OK;
}

sabir_value sabir_dim_value(sabir_graph *graph, sabir_extent dim)
{
    return sbr_add_node(graph, SBR_OP_dim_value, NULL, 0, &(sabir_extent_attrs){dim});
}

/* ---- Outputs and assigns ---- */

static sabir_status outside_loops(const sabir_graph *graph)
{
    if (!graph->loops) return SABIR_OK;
    return sbr_fail(SABIR_MISUSE, "not inside a loop; end it with sabir_loop_end and use its results");
}

static sabir_status output(sabir_graph *graph, const char *name, sabir_value value)
{
    SABIR_TRY(outside_loops(graph));
    for (uint32_t i = 0; i < graph->outputs.count; i++)
        if (strcmp(graph->outputs.data[i].name, name) == 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "the name is taken by another output");
    SABIR_TRY(sbr_need_readable(graph, value, "value"));
    const char *copy = sbr_arena_strdup(&graph->arena, name);
    if (!copy || !sbr_push(&graph->allocator, &graph->outputs, (sbr_output_info){copy, value.index})) return sbr_no_memory(strlen(name) + 1);
    return SABIR_OK;
}

void sabir_output(sabir_graph *graph, const char *name, sabir_value value)
{
    if (!sbr_graph_open(graph, "sabir_output")) return;
    if (!name || !*name) {
        sbr_graph_fail_here(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "output: a name is needed"));
        return;
    }
    const sabir_status status = output(graph, name, value);
    if (status != SABIR_OK) sbr_graph_fail_here(graph, sbr_fail(status, "output \"%s\": %s", name, sabir_last_message()));
}

sabir_status sbr_rule_assign(sbr_signature *signature)
{
    SABIR_TRY(outside_loops(signature->graph));
    SABIR_TRY(sbr_need_same_type(signature, 1, 0, "variable and value"));
    return sbr_need_shape(signature, 1, &signature->shapes[0], "value");
}

static sabir_status assignable(const sabir_graph *graph, sabir_value variable)
{
    if (variable.graph != graph || variable.index >= graph->values.count) return SABIR_OK; /* sbr_add_node will say so */
    const sbr_node *node = &graph->nodes.data[graph->values.data[variable.index].node];
    if (node->op != SBR_OP_variable)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "the first operand is made by %s; only what sabir_variable returned can be assigned to",
                        sbr_ops[node->op].name);
    for (uint32_t i = 0; i < graph->nodes.count; i++)
        if (graph->nodes.data[i].op == SBR_OP_assign && graph->nodes.data[i].inputs[0] == variable.index)
            return sbr_fail(SABIR_MISUSE, "\"%s\" is assigned already; one assign a variable", node->name);
    return SABIR_OK;
}

void sabir_assign(sabir_graph *graph, sabir_value variable, sabir_value value)
{
    if (!sbr_graph_open(graph, "sabir_assign")) return;
    const sabir_status status = assignable(graph, variable);
    if (status != SABIR_OK) (void)sbr_graph_fail(graph, sbr_fail(status, "assign: %s", sabir_last_message()));
    else (void)sbr_add_2(graph, SBR_OP_assign, variable, value, NULL);
    sbr_graph_without_place(graph);
}
