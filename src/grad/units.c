/* What the forward nodes make, and who reads it. */
#include "graph/build.h"
#include "remat.h"

static uint64_t bytes_of(const sabir_graph *graph, uint32_t value)
{
    const sbr_value_info *info = sbr_value_at(graph, value);
    uint64_t bytes = sabir_type_size(info->type);
    for (int32_t i = 0; i < info->shape.rank; i++)
        if (__builtin_mul_overflow(bytes, (uint64_t)sbr_extent_most(graph, info->shape.extents[i]), &bytes)) return UINT64_MAX / 2;
    return bytes;
}

bool sbr_units_has(const sbr_units *u, uint32_t n) { return n >= u->first_node && n < u->end_node && u->graph->nodes.data[n].depth == u->depth; }

/* ---- Values ---- */

static void describe_values(sbr_units *u)
{
    const sabir_graph *graph = u->graph;
    for (uint32_t v = 0; v < u->value_count; v++) {
        const sbr_value_info *info = sbr_value_at(graph, v);
        const sbr_node *node = &graph->nodes.data[info->node];
        const uint32_t flags = sbr_ops[node->op].flags;
        u->maker[v] = sbr_units_has(u, info->node) && !(flags & SBR_LEAF) ? info->node : UINT32_MAX;
        u->root[v] = v;
        if (flags & SBR_VIEW) u->root[v] = u->root[node->inputs[0]];
        else if (flags & SBR_ALIAS) u->root[v] = u->root[node->inputs[info->slot]];
        else u->bytes[v] = bytes_of(graph, v);
    }
}

/* ---- Uses ---- */

static sabir_status add_uses(const sbr_units *u, sbr_uses *uses, uint32_t n, uint32_t first, uint32_t end, const bool *live)
{
    for (uint32_t i = first; i < end; i++) {
        const sbr_node *node = &u->graph->nodes.data[i];
        bool counts = false;
        for (uint32_t k = 0; k < node->output_count && !counts; k++) counts = live[node->first_output + k];
        for (uint32_t k = 0; k < node->input_count && counts; k++) {
            const uint32_t value = node->inputs[k];
            if (value >= u->value_count || u->maker[value] == UINT32_MAX) continue;
            if (!sbr_push(u->allocator, &uses->list, (sbr_use){value, n})) return sbr_no_memory(sizeof(sbr_use));
        }
    }
    return SABIR_OK;
}

/* The first node of the unit that ends at n. */
static uint32_t unit_begin(const sabir_graph *graph, uint32_t n)
{
    const sbr_node *node = &graph->nodes.data[n];
    return node->op == SBR_OP_loop ? ((const sbr_loop_attrs *)node->attrs)->body_first : n;
}

static sabir_status find_uses(sbr_units *u, const sbr_walk *walk, const bool *live)
{
    for (uint32_t n = 0; n < u->end_node; n++) {
        u->forward.first[n] = u->forward.list.count;
        u->backward.first[n] = u->backward.list.count;
        if (!sbr_units_has(u, n)) continue;
        SABIR_TRY(add_uses(u, &u->forward, n, unit_begin(u->graph, n), n + 1, live));
        /* What a rule built may read the results of its own node. */
        SABIR_TRY(add_uses(u, &u->backward, n, walk->built[2 * (size_t)n], walk->built[2 * (size_t)n + 1], live));
    }
    u->forward.first[u->end_node] = u->forward.list.count;
    u->backward.first[u->end_node] = u->backward.list.count;
    return SABIR_OK;
}

static void find_tapes(sbr_units *u, const bool *live)
{
    for (uint32_t i = 0; i < u->graph->twins.count; i++) {
        const sbr_twin *twin = &u->graph->twins.data[i];
        if (twin->original >= u->end_node || twin->loop < u->end_node || !sbr_units_has(u, twin->original)) continue;
        const sbr_node *loop = &u->graph->nodes.data[twin->loop];
        const uint32_t carried = ((const sbr_loop_attrs *)u->graph->nodes.data[twin->original].attrs)->carried;
        for (uint32_t k = 0; k < carried; k++) {
            const uint32_t stack = twin->stacks[k] == SABIR_NONE_INDEX ? SABIR_NONE_INDEX : loop->first_output + twin->stacks[k];
            if (stack != SABIR_NONE_INDEX && live[stack]) u->tape[twin->original] += bytes_of(u->graph, stack);
        }
    }
}

/* ---- All of it ---- */

static sabir_status make_room(sbr_units *u)
{
    const sabir_allocator *allocator = u->allocator;
    const size_t values = u->value_count + 1, nodes = u->end_node + 1;
    u->maker = sbr_alloc_array(allocator, values, sizeof *u->maker);
    u->root = sbr_alloc_array(allocator, values, sizeof *u->root);
    u->bytes = sbr_alloc_array(allocator, values, sizeof *u->bytes);
    u->kept = sbr_alloc_array(allocator, values, sizeof *u->kept);
    u->stamp = sbr_alloc_array(allocator, values, sizeof *u->stamp);
    u->tape = sbr_alloc_array(allocator, nodes, sizeof *u->tape);
    u->segment = sbr_alloc_array(allocator, nodes, sizeof *u->segment);
    u->again = sbr_alloc_array(allocator, nodes, sizeof *u->again);
    u->forward.first = sbr_alloc_array(allocator, nodes, sizeof *u->forward.first);
    u->backward.first = sbr_alloc_array(allocator, nodes, sizeof *u->backward.first);
    const bool room = u->maker && u->root && u->bytes && u->kept && u->stamp && u->tape && u->segment && u->again && u->forward.first && u->backward.first;
    return room ? SABIR_OK : sbr_no_memory(values * sizeof *u->bytes);
}

static sabir_status find(sbr_units *u, const sbr_walk *walk, const sbr_vjp_call *call)
{
    const sabir_graph *graph = u->graph;
    SABIR_TRY(make_room(u));
    describe_values(u);
    bool *live = sbr_alloc_array(u->allocator, graph->values.count, sizeof *live);
    if (!live) return sbr_no_memory(graph->values.count);
    for (uint32_t i = 0; i < call->count; i++)
        if (call->grads[i].index != SABIR_NONE_INDEX) live[call->grads[i].index] = true;
    sbr_live_extend(graph, u->end_node, graph->nodes.count, NULL, live);
    for (uint32_t k = 0; k < call->y_count; k++) live[call->ys[k].index] = true;
    sbr_live_extend(graph, 0, u->end_node, NULL, live); /* what neither stands on is somebody else's */
    const sabir_status status = find_uses(u, walk, live);
    find_tapes(u, live);
    sbr_free(u->allocator, live);
    return status;
}

sabir_status sbr_units_find(const sbr_walk *walk, const sbr_vjp_call *call, sbr_units *units)
{
    const sabir_graph *graph = walk->graph;
    const sbr_loop_frame *frame = graph->loops;
    *units = (sbr_units){.graph = graph, .allocator = &graph->allocator, .first_node = frame && frame->body_first > walk->first_node ? frame->body_first : walk->first_node,
                         .end_node = walk->end_node, .value_count = walk->value_count, .depth = frame ? frame->depth : 0, .segments = 1};
    return find(units, walk, call);
}

void sbr_units_free(sbr_units *u)
{
    void *const all[] = {u->maker, u->root, u->bytes, u->kept, u->stamp, u->tape, u->segment, u->again, u->forward.first, u->backward.first};
    for (size_t i = 0; i < SBR_COUNT(all); i++) sbr_free(u->allocator, all[i]);
    sbr_vector_free(u->allocator, &u->forward.list);
    sbr_vector_free(u->allocator, &u->backward.list);
}
