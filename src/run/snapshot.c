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
    for (uint32_t i = 0; i < from->notes.count; i++) {
        const char *note = sbr_arena_strdup(&to->arena, from->notes.data[i]);
        if (!note || !sbr_push(&to->allocator, &to->notes, note)) return sbr_no_memory(strlen(from->notes.data[i]) + 1);
    }
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

static void find_needed(const sabir_graph *graph, const char *const *outputs, uint32_t output_count, bool *live, bool *needed)
{
    for (uint32_t i = 0; i < graph->outputs.count; i++)
        if (chosen(graph->outputs.data[i].name, outputs, output_count)) live[graph->outputs.data[i].value] = true;
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        const sbr_node *node = &graph->nodes.data[n];
        for (uint32_t i = 0; i < node->input_count && node->op == SBR_OP_assign; i++) needed[n] = live[node->inputs[i]] = true;
    }
    sbr_live_extend(graph, 0, graph->nodes.count, NULL, live);
    for (uint32_t v = 0; v < graph->values.count; v++)
        if (live[v]) needed[sbr_value_at(graph, v)->node] = true;
}

sabir_status sbr_find_needed(const sabir_graph *graph, const char *const *outputs, uint32_t output_count, bool *needed)
{
    bool *live = sbr_alloc_array(&graph->allocator, graph->values.count, sizeof *live);
    if (!live) return sbr_no_memory(graph->values.count);
    find_needed(graph, outputs, output_count, live, needed);
    sbr_free(&graph->allocator, live);
    return SABIR_OK;
}
