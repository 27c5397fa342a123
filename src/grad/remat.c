/* A walk within a budget: built in full first; if that keeps too much it is taken back, and built by segments. */
#include "remat.h"

#include "graph/build.h"

enum { MOST_SEGMENTS = 128 };

/* ---- One segment ---- */

/* A gradient that is there: what is computed after it is computed late, and is not what was computed before. */
static sabir_value find_token(const sbr_walk *walk, const sbr_units *u, uint32_t segment)
{
    sabir_value token = SABIR_NONE;
    for (uint32_t v = 0; v < walk->value_count; v++) {
        const bool here = u->maker[v] != UINT32_MAX && u->segment[u->maker[v]] <= segment && walk->adjoints[v].index != SABIR_NONE_INDEX;
        if (here && (token.index == SABIR_NONE_INDEX || walk->adjoints[v].index > token.index)) token = walk->adjoints[v];
    }
    return token;
}

static bool is_number(const sabir_graph *graph, uint32_t value)
{
    const sbr_value_info *info = sbr_value_at(graph, value);
    return graph->nodes.data[info->node].op == SBR_OP_constant && info->shape.rank == 0;
}

/* The operands of what is computed again stand behind the token. */
static void hold_back(sbr_walk *walk, uint32_t first, uint32_t end, sabir_value token)
{
    sabir_graph *graph = walk->graph;
    const uint32_t own = graph->nodes.data[first].first_output;
    for (uint32_t n = first; n < end; n++) {
        const sbr_node node = graph->nodes.data[n];
        for (uint32_t i = 0; i < node.input_count; i++) {
            const uint32_t value = node.inputs[i];
            if (value >= own || walk->stand_ins[value] != SABIR_NONE_INDEX || is_number(graph, value)) continue;
            walk->stand_ins[value] = sbr_add_2(graph, SBR_OP_after, (sabir_value){graph, value}, token, NULL).index;
        }
    }
}

static sabir_status compute_again(sbr_walk *walk, const sbr_units *u, uint32_t first, uint32_t end, sabir_value token)
{
    sabir_graph *graph = walk->graph;
    memset(walk->stand_ins, 0xff, walk->value_count * sizeof *walk->stand_ins);
    for (uint32_t n = first; n < end; n++) {
        if (!u->again[n]) continue;
        const sbr_node *node = &graph->nodes.data[n];
        const uint32_t begin = node->op == SBR_OP_loop ? ((const sbr_loop_attrs *)node->attrs)->body_first : n;
        hold_back(walk, begin, n + 1, token);
        SABIR_TRY(sbr_copy_nodes(graph, begin, n + 1, u->depth, walk->stand_ins));
    }
    return graph->status;
}

/* ---- All segments ---- */

static sabir_status walk_segments(sbr_walk *walk, const sbr_units *u, uint32_t *stand_ins)
{
    uint32_t end = walk->end_node;
    for (uint32_t s = u->segments; s-- > 0;) {
        uint32_t first = end;
        while (first > u->first_node && u->segment[first - 1] == s) first--;
        const bool last = s + 1 == u->segments;
        const sabir_value token = last ? SABIR_NONE : find_token(walk, u, s);
        walk->stand_ins = last ? NULL : stand_ins;
        if (token.index != SABIR_NONE_INDEX) SABIR_TRY(compute_again(walk, u, first, end, token));
        if (last || token.index != SABIR_NONE_INDEX) SABIR_TRY(sbr_walk_range(walk, first, end));
        end = first;
    }
    walk->stand_ins = NULL;
    return sbr_walk_range(walk, walk->first_node, end);
}

static sabir_status build_segments(const sbr_vjp_call *call, const sbr_units *u)
{
    sbr_walk walk;
    sabir_status status = sbr_walk_open(call, &walk);
    uint32_t *stand_ins = sbr_alloc_array(u->allocator, walk.value_count, sizeof *stand_ins);
    if (status == SABIR_OK) status = stand_ins ? walk_segments(&walk, u, stand_ins) : sbr_no_memory(walk.value_count * sizeof *stand_ins);
    if (status == SABIR_OK) sbr_walk_collect(&walk, call);
    sbr_free(u->allocator, stand_ins);
    sbr_walk_close(&walk);
    return status;
}

/* The fewest segments that fit; where none do, those that come nearest. *kept: what is kept in one segment before, in the best plan after. */
static sabir_status choose(sbr_units *u, uint64_t budget, uint64_t *kept)
{
    uint32_t best = 1;
    uint64_t least = *kept;
    for (uint32_t count = 2; count <= MOST_SEGMENTS && least > budget; count++) {
        SABIR_TRY(sbr_units_cut(u, count));
        const uint64_t bytes = sbr_units_estimate(u);
        if (bytes >= least) continue;
        best = count;
        least = bytes;
    }
    SABIR_TRY(sbr_units_cut(u, best));
    *kept = sbr_units_estimate(u);
    return SABIR_OK;
}

static sabir_status build_in_full(const sbr_vjp_call *call, sbr_units *u)
{
    sbr_walk walk;
    sabir_status status = sbr_walk_open(call, &walk);
    walk.built = sbr_alloc_array(&walk.graph->allocator, 2 * (size_t)walk.end_node + 2, sizeof *walk.built);
    if (status == SABIR_OK) status = walk.built ? sbr_walk_range(&walk, walk.first_node, walk.end_node) : sbr_no_memory(walk.end_node * sizeof *walk.built);
    if (status == SABIR_OK) sbr_walk_collect(&walk, call);
    if (status == SABIR_OK) status = sbr_units_find(&walk, call, u);
    sbr_free(&walk.graph->allocator, walk.built);
    sbr_walk_close(&walk);
    return status;
}

sabir_status sbr_vjp_within(const sbr_vjp_call *call, uint64_t budget, uint64_t *kept)
{
    const sbr_graph_height before = sbr_graph_height_of(call->graph);
    sbr_units units = {.allocator = &call->graph->allocator};
    sabir_status status = build_in_full(call, &units);
    if (status == SABIR_OK) {
        *kept = sbr_units_estimate(&units);
        if (budget && *kept > budget) {
            status = choose(&units, budget, kept);
            if (status == SABIR_OK && units.segments > 1) {
                sbr_graph_cut(call->graph, before);
                status = build_segments(call, &units);
            }
        }
    }
    sbr_units_free(&units);
    return status;
}
