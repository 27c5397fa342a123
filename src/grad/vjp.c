/* The walk backwards: from the last node to the first, what arrived at a node's results goes through its rule to its operands. */
#include <stdio.h>

#include "graph/build.h"
#include "vjp.h"

/* ---- What arrives ---- */

void sbr_walk_arrive(sbr_walk *walk, uint32_t value, sabir_value grad)
{
    walk->adjoints[value] = sbr_walk_add(walk->graph, walk->adjoints[value], grad);
}

static bool any_arrived(const sbr_walk *walk, const sbr_node *node)
{
    for (uint32_t k = 0; k < node->output_count; k++)
        if (walk->adjoints[node->first_output + k].index != SABIR_NONE_INDEX) return true;
    return false;
}

static bool any_wanted(const sbr_walk *walk, const sbr_node *node)
{
    for (uint32_t i = 0; i < node->input_count; i++)
        if (walk->depends[node->inputs[i]] && sbr_walk_flows(node, i)) return true;
    return false;
}

/* ---- One node ---- */

/* "gradient of operator(f32[2, 3], ...) of file:line: message" in the place of the thread's message. */
static sabir_status name_node(const sbr_walk *walk, const sbr_node *node, sabir_status status)
{
    char text[320] = "", place[160] = "";
    size_t length = 0;
    for (uint32_t i = 0; i < node->input_count && length + 80 < sizeof text; i++) {
        char operand[160];
        const sbr_value_info *info = sbr_value_at(walk->graph, node->inputs[i]);
        sbr_shape_text(walk->graph, info->type, &info->shape, operand, sizeof operand);
        const int written = snprintf(text + length, sizeof text - length, "%s%s", i ? ", " : "", operand);
        length += written > 0 ? (size_t)written : 0;
    }
    if (node->file) snprintf(place, sizeof place, ", built at %s:%d", node->file, node->line);
    return sbr_fail(status, "gradient of %s(%s)%s: %s", sbr_ops[node->op].name, text, place, sabir_last_message());
}

/* A rule's result has to be what its contract says: of the operand's type and shape. */
static sabir_status check_result(const sbr_walk *walk, const sbr_node *node, uint32_t i, sabir_value result)
{
    if (result.index == SABIR_NONE_INDEX) return SABIR_OK;
    const sabir_graph *graph = walk->graph;
    SABIR_TRY(sbr_need_readable(graph, result, "a gradient that the rule gave"));
    const sbr_value_info *is = sbr_value_at(graph, result.index), *wanted = sbr_value_at(graph, node->inputs[i]);
    if (is->type == wanted->type && sbr_shape_equal(&is->shape, &wanted->shape)) return SABIR_OK;
    char got[160], want[160];
    sbr_shape_text(graph, is->type, &is->shape, got, sizeof got);
    sbr_shape_text(graph, wanted->type, &wanted->shape, want, sizeof want);
    return sbr_fail(SABIR_INTERNAL, "the rule gave operand %u a gradient of %s instead of %s", i + 1, got, want);
}

typedef struct room { sabir_value *inputs, *results, *outputs, *grads; bool *wanted; } room;

static sabir_status call_rule(sbr_walk *walk, const sbr_node *node, const room *room)
{
    sabir_graph *graph = walk->graph;
    for (uint32_t i = 0; i < node->input_count; i++) {
        room->inputs[i] = sbr_walk_shown(walk, node->inputs[i]);
        room->wanted[i] = walk->depends[node->inputs[i]] && sbr_walk_flows(node, i);
        room->results[i] = SABIR_NONE;
    }
    for (uint32_t k = 0; k < node->output_count; k++) {
        room->outputs[k] = sbr_walk_shown(walk, node->first_output + k);
        room->grads[k] = walk->adjoints[node->first_output + k];
    }
    sbr_grad_call call = {.graph = graph, .op = node->op, .attrs = node->attrs, .inputs = room->inputs, .input_count = node->input_count,
                          .outputs = room->outputs, .output_count = node->output_count, .grads = room->grads, .wanted = room->wanted,
                          .results = room->results};
    sabir_status status = sbr_grad_functions[node->op](&call);
    if (status == SABIR_OK) status = graph->status;
    for (uint32_t i = 0; i < node->input_count && status == SABIR_OK; i++) {
        if (!room->wanted[i]) continue;
        status = check_result(walk, node, i, room->results[i]);
        if (status == SABIR_OK) sbr_walk_arrive(walk, node->inputs[i], room->results[i]);
    }
    return status;
}

static sabir_status through(sbr_walk *walk, const sbr_node *node)
{
    const sabir_allocator *allocator = &walk->graph->allocator;
    const size_t inputs = node->input_count + 1, outputs = node->output_count + 1;
    const room room = {
        .inputs = sbr_alloc_array(allocator, inputs, sizeof(sabir_value)), .results = sbr_alloc_array(allocator, inputs, sizeof(sabir_value)),
        .outputs = sbr_alloc_array(allocator, outputs, sizeof(sabir_value)), .grads = sbr_alloc_array(allocator, outputs, sizeof(sabir_value)),
        .wanted = sbr_alloc_array(allocator, inputs, sizeof(bool)),
    };
    const bool has_room = room.inputs && room.results && room.outputs && room.grads && room.wanted;
    const sabir_status status = has_room ? call_rule(walk, node, &room) : sbr_no_memory(inputs * sizeof(sabir_value));
    sbr_free(allocator, room.inputs);
    sbr_free(allocator, room.results);
    sbr_free(allocator, room.outputs);
    sbr_free(allocator, room.grads);
    sbr_free(allocator, room.wanted);
    return status == SABIR_OK || walk->graph->status != SABIR_OK ? status : name_node(walk, node, status);
}

/* ---- All nodes ---- */

static sabir_status through_any(sbr_walk *walk, uint32_t n, const sbr_node *node)
{
    const uint32_t first = walk->graph->nodes.count;
    SABIR_TRY(node->op == SBR_OP_loop ? sbr_walk_loop(walk, n) : through(walk, node));
    if (!walk->built) return SABIR_OK;
    walk->built[2 * (size_t)n] = first;
    walk->built[2 * (size_t)n + 1] = walk->graph->nodes.count;
    return SABIR_OK;
}

/* The bodies of closed loops are their loops' affair. */
sabir_status sbr_walk_range(sbr_walk *walk, uint32_t first, uint32_t end)
{
    sabir_graph *graph = walk->graph;
    const sbr_loop_frame *frame = graph->loops;
    for (uint32_t n = end; n-- > first;) {
        while (frame && n < frame->body_first) frame = frame->outer;
        const sbr_node node = graph->nodes.data[n]; /* a copy: building moves the nodes */
        if (node.depth != (frame ? frame->depth : 0) || !any_arrived(walk, &node) || !any_wanted(walk, &node)) continue;
        SABIR_TRY(through_any(walk, n, &node));
    }
    return graph->status;
}

sabir_status sbr_walk_open(const sbr_vjp_call *call, sbr_walk *walk)
{
    sabir_graph *graph = call->graph;
    const sabir_allocator *allocator = &graph->allocator;
    *walk = (sbr_walk){.graph = graph, .segment = call->segment, .first_node = call->first_node, .end_node = graph->nodes.count,
                       .value_count = graph->values.count};
    walk->depends = sbr_alloc_array(allocator, walk->value_count, sizeof *walk->depends);
    walk->adjoints = sbr_alloc_array(allocator, walk->value_count, sizeof *walk->adjoints);
    if (!walk->depends || !walk->adjoints) return sbr_no_memory(walk->value_count * sizeof *walk->adjoints);
    for (uint32_t v = 0; v < walk->value_count; v++) walk->adjoints[v] = SABIR_NONE;
    for (uint32_t i = 0; i < call->count; i++) walk->depends[call->wrt[i].index] = true;
    sbr_walk_mark(walk);
    for (uint32_t k = 0; k < call->y_count; k++)
        if (walk->depends[call->ys[k].index]) sbr_walk_arrive(walk, call->ys[k].index, call->seeds[k]);
    return graph->status;
}

void sbr_walk_collect(const sbr_walk *walk, const sbr_vjp_call *call)
{
    for (uint32_t i = 0; i < call->count; i++) call->grads[i] = walk->adjoints[call->wrt[i].index];
}

void sbr_walk_close(sbr_walk *walk)
{
    sbr_free(&walk->graph->allocator, walk->depends);
    sbr_free(&walk->graph->allocator, walk->adjoints);
}

sabir_status sbr_vjp(const sbr_vjp_call *call)
{
    sbr_walk walk;
    sabir_status status = sbr_walk_open(call, &walk);
    if (status == SABIR_OK) status = sbr_walk_range(&walk, walk.first_node, walk.end_node);
    if (status == SABIR_OK) sbr_walk_collect(&walk, call);
    sbr_walk_close(&walk);
    return status;
}
