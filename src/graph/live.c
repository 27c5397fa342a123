/* What stands on what, backwards, value by value. */
#include "graph.h"

typedef struct spread { const sabir_graph *graph; const bool *only; bool *live; } spread;

static bool set(const spread *s, uint32_t value)
{
    if (s->live[value] || (s->only && !s->only[value])) return false;
    return s->live[value] = true;
}

static bool is_live(const spread *s, const sbr_node *node)
{
    for (uint32_t k = 0; k < node->output_count; k++)
        if (s->live[node->first_output + k]) return true;
    return false;
}

static uint32_t carry_of(const spread *s, const sbr_loop_attrs *attrs, uint32_t k) { return s->graph->nodes.data[attrs->body_first + k].first_output; }

static void extend(const spread *s, uint32_t first, uint32_t end);

/* Returns whether that is news for the body. */
static bool carry_over(const spread *s, const sbr_node *loop, const sbr_loop_attrs *attrs)
{
    bool news = false;
    for (uint32_t k = 0; k < attrs->carried; k++)
        if (s->live[carry_of(s, attrs, k)]) news = set(s, loop->inputs[attrs->carried + k]) || news;
    return news;
}

/* A carried value is live when the result is, or when the body needs it for something live; then its next value is too. */
static void extend_loop(const spread *s, uint32_t n)
{
    const sbr_node *loop = &s->graph->nodes.data[n];
    const sbr_loop_attrs *attrs = loop->attrs;
    for (uint32_t k = 0; k < attrs->carried; k++)
        if (s->live[loop->first_output + k]) (void)set(s, carry_of(s, attrs, k));
    if (attrs->has_going) (void)set(s, loop->inputs[2 * attrs->carried]);
    (void)carry_over(s, loop, attrs);
    do extend(s, attrs->body_first, n);
    while (carry_over(s, loop, attrs));
    for (uint32_t k = 0; k < attrs->carried; k++)
        if (s->live[carry_of(s, attrs, k)]) (void)set(s, loop->inputs[k]);
}

static void extend(const spread *s, uint32_t first, uint32_t end)
{
    for (uint32_t n = end; n-- > first;) {
        const sbr_node *node = &s->graph->nodes.data[n];
        const bool live = is_live(s, node);
        if (node->op == SBR_OP_loop) {
            if (live) extend_loop(s, n);
            n = ((const sbr_loop_attrs *)node->attrs)->body_first;
        } else if (live) {
            for (uint32_t i = 0; i < node->input_count; i++) (void)set(s, node->inputs[i]);
        }
    }
}

void sbr_live_extend(const sabir_graph *graph, uint32_t first, uint32_t end, const bool *only, bool *live)
{
    extend(&(spread){graph, only, live}, first, end);
}
