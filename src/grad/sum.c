/* Sums of gradients of one value. */
#include "vjp.h"

static bool is_zero(const sabir_graph *graph, uint32_t value)
{
    const sbr_node *node = &graph->nodes.data[sbr_value_at(graph, value)->node];
    while (node->op == SBR_OP_broadcast || node->op == SBR_OP_reshape) node = &graph->nodes.data[sbr_value_at(graph, node->inputs[0])->node];
    if (node->op != SBR_OP_constant) return false;
    const sbr_value_info *info = sbr_value_at(graph, node->first_output);
    return info->shape.rank == 0 && sbr_number_load(info->type, ((const sbr_constant_attrs *)node->attrs)->data) == 0.0;
}

/* Zeros with a block, or rows, written or added to: sabir_update, sabir_scatter_add. */
static bool is_sparse(const sabir_graph *graph, const sbr_node *node)
{
    return (node->op == SBR_OP_update || node->op == SBR_OP_scatter_add) && is_zero(graph, node->inputs[0]);
}

static sabir_value add_sparse(sabir_graph *graph, sabir_value sum, const sbr_node *node)
{
    const sabir_value part = {graph, node->inputs[1]}, last = {graph, node->inputs[2]};
    if (node->op == SBR_OP_scatter_add) return sabir_scatter_add(graph, sum, part, last, ((const sabir_axis_attrs *)node->attrs)->axis);
    const sabir_value was = sabir_dynamic_slice(graph, sum, last, sabir_value_shape(part));
    return sabir_update(graph, sum, sabir_add(graph, was, part), last);
}

sabir_value sbr_walk_add(sabir_graph *graph, sabir_value a, sabir_value b)
{
    if (a.index == SABIR_NONE_INDEX) return b;
    if (b.index == SABIR_NONE_INDEX || graph->status != SABIR_OK) return a;
    const sbr_node node = graph->nodes.data[sbr_value_at(graph, b.index)->node];
    if (node.op == SBR_OP_neg) return sabir_sub(graph, a, (sabir_value){graph, node.inputs[0]});
    return is_sparse(graph, &node) ? add_sparse(graph, a, &node) : sabir_add(graph, a, b);
}
