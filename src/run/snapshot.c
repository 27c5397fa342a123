#include "snapshot.h"

static sabir_status copy_node(sabir_graph *to, const sbr_node *from)
{
    sbr_node node = *from;
    const size_t size = sbr_ops[from->op].attrs_size;
    if (from->input_count && !(node.inputs = sbr_arena_copy(&to->arena, from->inputs, from->input_count * sizeof *from->inputs)))
        return sbr_no_memory(from->input_count * sizeof *from->inputs);
    if (from->name && !(node.name = sbr_arena_strdup(&to->arena, from->name))) return sbr_no_memory(strlen(from->name) + 1);
    if (from->file && !(node.file = sbr_arena_strdup(&to->arena, from->file))) return sbr_no_memory(strlen(from->file) + 1);
    if (from->op == SBR_OP_constant) {
        sbr_constant_attrs constant = *(const sbr_constant_attrs *)from->attrs;
        constant.data = sbr_arena_copy(&to->arena, constant.data, constant.bytes);
        node.attrs = sbr_arena_copy(&to->arena, &constant, sizeof constant);
        if (!constant.data || !node.attrs) return sbr_no_memory(constant.bytes);
    } else if (from->attrs && size && !(node.attrs = sbr_arena_copy(&to->arena, from->attrs, size))) {
        return sbr_no_memory(size);
    }
    return sbr_push(&to->allocator, &to->nodes, node) ? SABIR_OK : sbr_no_memory(sizeof node);
}

static sabir_status copy_all(sabir_graph *to, const sabir_graph *from)
{
    for (uint32_t i = 0; i < from->nodes.count; i++) SABIR_TRY(copy_node(to, &from->nodes.data[i]));
    for (uint32_t i = 0; i < from->values.count; i++)
        if (!sbr_push(&to->allocator, &to->values, from->values.data[i])) return sbr_no_memory(sizeof(sbr_value_info));
    for (uint32_t i = 0; i < from->outputs.count; i++) {
        const sbr_output_info output = {sbr_arena_strdup(&to->arena, from->outputs.data[i].name), from->outputs.data[i].value};
        if (!output.name || !sbr_push(&to->allocator, &to->outputs, output)) return sbr_no_memory(sizeof output);
    }
    return SABIR_OK;
}

sabir_status sbr_snapshot(const sabir_allocator *allocator, const sabir_graph *graph, sabir_graph **copy)
{
    SABIR_TRY(sbr_graph_create_plain(allocator, graph, copy));
    sabir_status status = copy_all(*copy, graph);
    if (status == SABIR_OK) return SABIR_OK;
    sabir_graph_destroy(*copy);
    *copy = NULL;
    return status;
}

static bool chosen(const char *name, const char *const *outputs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(outputs[i], name) == 0) return true;
    return !outputs;
}

void sbr_find_needed(const sabir_graph *graph, const char *const *outputs, uint32_t output_count, bool *needed)
{
    for (uint32_t i = 0; i < graph->outputs.count; i++)
        if (chosen(graph->outputs.data[i].name, outputs, output_count)) needed[sbr_value_at(graph, graph->outputs.data[i].value)->node] = true;
    for (uint32_t n = graph->nodes.count; n-- > 0;) {
        const sbr_node *node = &graph->nodes.data[n];
        if (node->op == SBR_OP_assign) needed[n] = true;
        if (!needed[n]) continue;
        for (uint32_t i = 0; i < node->input_count; i++) needed[sbr_value_at(graph, node->inputs[i])->node] = true;
        if (node->op != SBR_OP_loop) continue;
        const sbr_loop_attrs *attrs = node->attrs;
        for (uint32_t k = 0; k < attrs->carried; k++) needed[attrs->body_first + k] = true;
    }
}
