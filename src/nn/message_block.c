/* Message passing: what is linear in source, target and edge is computed where there are fewest of each, and the sum of messages is taken before the layer
 * that follows it, since that is linear too. */
#include "params.h"

/* user: the activation. */
static sabir_value message(void *user, sabir_graph *g, sabir_value source, sabir_value target, sabir_value edges)
{
    const sabir_activation *activation = user;
    sabir_value sum = sabir_add(g, source, target);
    if (sbr_is_value(edges)) sum = sabir_add(g, sum, edges);
    return sabir_activate(g, sum, *activation);
}

static sabir_value build(sabir_params *params, const sabir_sparse *matrix, sabir_value x, sabir_value edges, int64_t outputs, const sabir_message_options *o,
                         sabir_activation *activation)
{
    const sabir_linear_options bare = {.size = sizeof bare, .no_bias = 1};
    sabir_graph *g = params->graph;
    const bool has_edges = sbr_is_value(edges);
    const sabir_value source = sabir_linear(params, "source", x, o->hidden, NULL), target = sabir_linear(params, "target", x, o->hidden, &bare);
    const sabir_value edge = has_edges ? sabir_linear(params, "edge", edges, o->hidden, &bare) : SABIR_NONE;
    const sabir_value gathered = sabir_message_passing(g, matrix, source, target, edge, message, activation, o->gathering);
    const sabir_value inner = sabir_add(g, sabir_linear(params, "self", x, o->hidden, NULL), sabir_linear(params, "message", gathered, o->hidden, &bare));
    return sabir_linear(params, "update", sabir_activate(g, inner, *activation), outputs, NULL);
}

sabir_value sabir_message_block(sabir_params *params, const char *name, const sabir_sparse *matrix, sabir_value x, sabir_value edges, int64_t outputs,
                                const sabir_message_options *options)
{
    sabir_message_options o;
    int64_t width;
    if (!sbr_params_takes(params, "message_block", name, x, 2, -1, &width)) return SABIR_NONE;
    sabir_status status = sbr_options_read(options, &o, sizeof o, "options");
    if (o.hidden == 0) o.hidden = outputs;
    if (status == SABIR_OK && !matrix) status = sbr_fail(SABIR_INVALID_ARGUMENT, "matrix is NULL");
    if (status == SABIR_OK && (o.hidden < 1 || outputs < 1))
        status = sbr_fail(SABIR_INVALID_ARGUMENT, "messages of width %lld and %lld outputs; at least 1 each", (long long)o.hidden, (long long)outputs);
    if (status == SABIR_OK && sabir_value_shape(x).rank != 2) status = sbr_fail(SABIR_INVALID_SHAPE, "x has rank %d and has to be [nodes, features]", (int)sabir_value_shape(x).rank);
    if (status != SABIR_OK) return sbr_params_refuse(params, "message_block", name, status);
    sabir_activation *activation = sbr_graph_keep(params->graph, sizeof *activation);
    if (!activation) return SABIR_NONE;
    *activation = o.activation == SABIR_ACTIVATION_NONE ? SABIR_ACTIVATION_SILU : o.activation;
    sabir_params_enter(params, name, -1);
    sabir_value y = build(params, matrix, x, edges, outputs, &o, activation);
    sabir_params_leave(params);
    if (!o.no_residual && width == outputs) y = sabir_add(params->graph, y, x);
    return y;
}
