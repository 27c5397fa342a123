/* Which values depend on those that gradients are wanted for. */
#include "graph/build.h"
#include "vjp.h"

static bool carries(const sabir_graph *graph, uint32_t value) { return sbr_is_float(sbr_value_at(graph, value)->type); }

static bool set(const sbr_walk *walk, uint32_t value, bool depends)
{
    if (!depends || walk->depends[value] || !carries(walk->graph, value)) return false;
    walk->depends[value] = true;
    return true;
}

/* Carried values depend on what their next values depend on. Returns whether that is news for the body. */
static bool carry_over(const sbr_walk *walk, const sbr_node *loop)
{
    const sbr_loop_attrs *attrs = loop->attrs;
    bool news = false;
    for (uint32_t k = 0; k < attrs->carried; k++) {
        const uint32_t carry = walk->graph->nodes.data[attrs->body_first + k].first_output;
        news = set(walk, carry, walk->depends[loop->inputs[attrs->carried + k]]) || news;
    }
    return news;
}

/* Of a loop being built: what it carried in from the iteration before is unknown, so it is a leaf. */
static bool is_open_carry(const sabir_graph *graph, uint32_t n)
{
    for (const sbr_loop_frame *frame = graph->loops; frame; frame = frame->outer)
        if (n >= frame->body_first && n < frame->body_first + frame->carried) return true;
    return false;
}

static void mark_node(const sbr_walk *walk, uint32_t n)
{
    const sbr_node *node = &walk->graph->nodes.data[n];
    bool depends = node->op == SBR_OP_carry && !is_open_carry(walk->graph, n) && walk->depends[((const sbr_carry_attrs *)node->attrs)->initial];
    for (uint32_t i = 0; i < node->input_count && node->op != SBR_OP_loop; i++)
        depends = depends || (walk->depends[node->inputs[i]] && sbr_walk_flows(node, i));
    for (uint32_t k = 0; k < node->output_count; k++) (void)set(walk, node->first_output + k, depends);
}

static void mark(const sbr_walk *walk, uint32_t first, uint32_t end)
{
    const sabir_graph *graph = walk->graph;
    for (uint32_t n = first; n < end; n++) {
        const sbr_node *node = &graph->nodes.data[n];
        mark_node(walk, n);
        if (node->op != SBR_OP_loop) continue;
        const sbr_loop_attrs *attrs = node->attrs;
        while (carry_over(walk, node)) mark(walk, attrs->body_first, n);
        for (uint32_t k = 0; k < attrs->carried; k++)
            (void)set(walk, node->first_output + k, walk->depends[graph->nodes.data[attrs->body_first + k].first_output]);
    }
}

void sbr_walk_mark(sbr_walk *walk) { mark(walk, walk->first_node, walk->end_node); }
