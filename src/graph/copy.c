/* Copies of runs of nodes inside a graph. */
#include "build.h"

typedef struct copier {
    sabir_graph *graph;
    uint32_t first, end, placed_at; /* placed_at: the node that stands for first */
    int64_t deeper;
    uint32_t *map;
} copier;

static uint32_t mapped(const copier *c, uint32_t value) { return c->map[value] == SABIR_NONE_INDEX ? value : c->map[value]; }

static sabir_status copy_attrs(const copier *c, const sbr_node *node, const void **attrs)
{
    *attrs = node->attrs;
    if (node->op == SBR_OP_carry) {
        sbr_carry_attrs carry = *(const sbr_carry_attrs *)node->attrs;
        carry.initial = mapped(c, carry.initial);
        *attrs = sbr_arena_copy(&c->graph->arena, &carry, sizeof carry);
    } else if (node->op == SBR_OP_loop) {
        sbr_loop_attrs loop = *(const sbr_loop_attrs *)node->attrs;
        loop.body_first = loop.body_first - c->first + c->placed_at;
        *attrs = sbr_arena_copy(&c->graph->arena, &loop, sizeof loop);
    }
    return *attrs || !node->attrs ? SABIR_OK : sbr_no_memory(sizeof(sbr_loop_attrs));
}

static sabir_status copy_node(const copier *c, uint32_t n)
{
    sabir_graph *graph = c->graph;
    sbr_node node = graph->nodes.data[n];
    if (node.name)
        return sbr_fail(SABIR_UNSUPPORTED, "%s \"%s\" is made inside a loop's body, which cannot be copied so; make it before the loop",
                        sbr_ops[node.op].name, node.name);
    const uint32_t from = node.first_output;
    uint32_t *inputs = sbr_arena_alloc(&graph->arena, (node.input_count + 1) * sizeof *inputs);
    if (!inputs) return sbr_no_memory(node.input_count * sizeof *inputs);
    for (uint32_t i = 0; i < node.input_count; i++) inputs[i] = mapped(c, node.inputs[i]);
    SABIR_TRY(copy_attrs(c, &node, &node.attrs));
    node.inputs = inputs;
    node.first_output = graph->values.count;
    node.depth = (uint32_t)((int64_t)node.depth + c->deeper);
    if (!sbr_reserve(&graph->allocator, &graph->nodes, 1) || !sbr_reserve(&graph->allocator, &graph->values, node.output_count))
        return sbr_no_memory(sizeof node);
    for (uint32_t i = 0; i < node.output_count; i++) {
        sbr_value_info value = graph->values.data[from + i];
        value.node = graph->nodes.count;
        c->map[from + i] = graph->values.count;
        graph->values.data[graph->values.count++] = value;
    }
    graph->nodes.data[graph->nodes.count++] = node;
    return SABIR_OK;
}

static sabir_status copy_twins(const copier *c)
{
    sabir_graph *graph = c->graph;
    const uint32_t count = graph->twins.count, shift = c->placed_at - c->first;
    for (uint32_t i = 0; i < count; i++) {
        sbr_twin twin = graph->twins.data[i];
        if (twin.original < c->first || twin.loop >= c->end) continue;
        twin.original += shift;
        twin.first += shift;
        twin.loop += shift;
        if (!sbr_push(&graph->allocator, &graph->twins, twin)) return sbr_no_memory(sizeof twin);
    }
    return SABIR_OK;
}

sabir_status sbr_copy_nodes(sabir_graph *graph, uint32_t first, uint32_t end, uint32_t depth, uint32_t *map)
{
    const int64_t now = graph->loops ? graph->loops->depth : 0;
    const copier c = {graph, first, end, graph->nodes.count, now - depth, map};
    if (graph->status != SABIR_OK) return graph->status;
    for (uint32_t n = first; n < end; n++) SABIR_TRY(copy_node(&c, n));
    return copy_twins(&c);
}
