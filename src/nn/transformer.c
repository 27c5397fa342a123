/* Transformer blocks: norm, attention, norm, feed-forward part or experts. */
#include "params.h"

/* ---- The feed-forward part ---- */

static bool is_gated(sabir_feed_forward_kind kind) { return kind == SABIR_FEED_FORWARD_SWIGLU || kind == SABIR_FEED_FORWARD_GEGLU; }

static sabir_value activated(sabir_graph *g, sabir_feed_forward_kind kind, sabir_value x)
{
    if (kind == SABIR_FEED_FORWARD_SWIGLU) return sabir_silu(g, x);
    return kind == SABIR_FEED_FORWARD_RELU ? sabir_relu(g, x) : sabir_gelu(g, x);
}

static sabir_status check_kind(sabir_feed_forward_kind kind, int64_t hidden)
{
    if ((unsigned)kind > SABIR_FEED_FORWARD_RELU) return sbr_fail(SABIR_INVALID_ARGUMENT, "%d is no kind of feed-forward part", (int)kind);
    return hidden > 0 ? SABIR_OK : sbr_fail(SABIR_INVALID_ARGUMENT, "the hidden width is %lld; at least 1", (long long)hidden);
}

sabir_value sabir_feed_forward(sabir_params *params, const char *name, sabir_value x, int64_t hidden, sabir_feed_forward_kind kind, int bias)
{
    int64_t width;
    if (!sbr_params_takes(params, "feed_forward", name, x, 1, -1, &width)) return SABIR_NONE;
    const sabir_status status = check_kind(kind, hidden);
    if (status != SABIR_OK) return sbr_params_refuse(params, "feed_forward", name, status);
    const sabir_linear_options linear = {.size = sizeof linear, .no_bias = !bias};
    sabir_graph *g = params->graph;
    sabir_params_enter(params, name, -1);
    sabir_value inner = sabir_linear(params, "up", x, hidden, &linear);
    if (is_gated(kind)) inner = sabir_mul(g, activated(g, kind, sabir_linear(params, "gate", x, hidden, &linear)), inner);
    else inner = activated(g, kind, inner);
    const sabir_value y = sabir_linear(params, "down", inner, width, &linear);
    sabir_params_leave(params);
    return y;
}

/* ---- Experts ---- */

/* One weight an expert, each drawn for its own extents. */
static sabir_value expert_weights(sabir_params *params, const char *name, int64_t experts, int64_t from, int64_t to)
{
    return sabir_param(params, name, SABIR_SHAPE(experts, from, to), (sabir_init){.kind = SABIR_INIT_XAVIER, .inputs = from, .outputs = to});
}

static sabir_value through_experts(sabir_params *params, const sabir_experts_options *o, const sabir_routing *routing, sabir_value tokens, int64_t width, int64_t hidden)
{
    sabir_graph *g = params->graph;
    const sabir_value rows = sabir_dispatch(g, routing, tokens), up = expert_weights(params, "up", o->experts, width, hidden);
    sabir_value inner = sabir_grouped_matmul(g, rows, up, routing->groups, 0);
    if (is_gated(o->kind)) {
        const sabir_value gate = sabir_grouped_matmul(g, rows, expert_weights(params, "gate", o->experts, width, hidden), routing->groups, 0);
        inner = sabir_mul(g, activated(g, o->kind, gate), inner);
    } else {
        inner = activated(g, o->kind, inner);
    }
    return sabir_combine(g, routing, sabir_grouped_matmul(g, inner, expert_weights(params, "down", o->experts, hidden, width), routing->groups, 0));
}

sabir_value sabir_experts_block(sabir_params *params, const char *name, sabir_value x, const sabir_experts_options *options, sabir_routing *routing)
{
    sabir_experts_options o;
    sabir_routing own;
    int64_t width;
    if (!sbr_params_takes(params, "experts_block", name, x, 1, -1, &width)) return SABIR_NONE;
    sabir_status status = sbr_options_read(options, &o, sizeof o, "options");
    const int64_t hidden = o.hidden == 0 ? 4 * width : o.hidden;
    if (status == SABIR_OK) status = check_kind(o.kind, hidden);
    if (status == SABIR_OK && o.experts < 1) status = sbr_fail(SABIR_INVALID_ARGUMENT, "%lld experts; at least 1", (long long)o.experts);
    if (status != SABIR_OK) return sbr_params_refuse(params, "experts_block", name, status);
    sabir_graph *g = params->graph;
    const sabir_value tokens = sbr_as_rows(g, x);
    if (!routing) routing = &own;
    sabir_params_enter(params, name, -1);
    if (o.route.size == 0) o.route.size = sizeof o.route;
    o.route.weights = sabir_param(params, "router", SABIR_SHAPE(width, o.experts), (sabir_init){.kind = SABIR_INIT_XAVIER});
    sabir_value y = SABIR_NONE;
    if (sabir_route(g, tokens, &o.route, routing) == SABIR_OK) y = through_experts(params, &o, routing, tokens, width, hidden);
    sabir_params_leave(params);
    return sabir_reshape(g, y, sabir_value_shape(x));
}

/* ---- Attention ---- */

static sabir_value norm(sabir_params *params, const char *name, sabir_value x, int64_t width, const sabir_transformer_options *o)
{
    sabir_graph *g = params->graph;
    sabir_params_enter(params, name, -1);
    const sabir_value scale = sabir_param(params, "scale", SABIR_SHAPE(width), (sabir_init){.kind = SABIR_INIT_ONES});
    const sabir_value y = o->layer_norm ? sabir_layer_norm(g, x, scale, sabir_param(params, "shift", SABIR_SHAPE(width), (sabir_init){.kind = SABIR_INIT_ZEROS}), o->epsilon)
                                        : sabir_rms_norm(g, x, scale, o->epsilon);
    sabir_params_leave(params);
    return y;
}

/* [batch..., n, heads * head] <-> [batch..., heads, n, head] */
static sabir_value split_heads(sabir_graph *g, sabir_value x, int64_t heads, int64_t head)
{
    sabir_shape shape = sabir_value_shape(x);
    const int32_t last = shape.rank - 1;
    sabir_ints order = {.count = shape.rank + 1};
    shape.extents[last] = heads;
    shape.extents[last + 1] = head;
    shape.rank++;
    for (int32_t i = 0; i < order.count; i++) order.values[i] = i == last - 1 ? last : i == last ? last - 1 : i;
    return sabir_transpose(g, sabir_reshape(g, x, shape), order);
}

static sabir_value join_heads(sabir_graph *g, sabir_value x, sabir_shape shape)
{
    const int32_t rank = sabir_value_shape(x).rank;
    sabir_ints order = {.count = rank};
    for (int32_t i = 0; i < rank; i++) order.values[i] = i == rank - 3 ? rank - 2 : i == rank - 2 ? rank - 3 : i;
    return sabir_reshape(g, sabir_transpose(g, x, order), shape);
}

/* Positions as rope takes them, with an axis for the heads. */
static sabir_value rotated(sabir_graph *g, sabir_value x, const sabir_transformer_options *o)
{
    const sabir_shape shape = sabir_value_shape(x);
    if (o->rope_base < 0) return x;
    sabir_value positions = o->positions;
    sabir_shape given = sabir_value_shape(positions);
    if (!sbr_is_value(positions)) {
        positions = sabir_iota(g, SABIR_I32, SABIR_SHAPE(shape.extents[shape.rank - 2]), 0, 0, 1);
    } else if (given.rank > 1) {
        given.extents[given.rank] = given.extents[given.rank - 1];
        given.extents[given.rank - 1] = 1;
        given.rank++;
        positions = sabir_reshape(g, positions, given);
    }
    return sabir_rope(g, x, positions, o->rope_base, 0);
}

static sabir_value attention(sabir_params *params, sabir_value x, int64_t width, const sabir_transformer_options *o)
{
    const sabir_linear_options linear = {.size = sizeof linear, .no_bias = !o->bias};
    sabir_graph *g = params->graph;
    sabir_shape shape = sabir_value_shape(x);
    sabir_params_enter(params, "attention", -1);
    const sabir_value q = split_heads(g, sabir_linear(params, "query", x, o->heads * o->head, &linear), o->heads, o->head);
    const sabir_value k = split_heads(g, sabir_linear(params, "key", x, o->kv_heads * o->head, &linear), o->kv_heads, o->head);
    const sabir_value v = split_heads(g, sabir_linear(params, "value", x, o->kv_heads * o->head, &linear), o->kv_heads, o->head);
    sabir_attention_operands operands = {.q = rotated(g, q, o), .k = rotated(g, k, o), .v = v};
    if (sbr_is_value(o->positions)) {
        sabir_shape all = {.rank = shape.rank - 1};
        for (int32_t i = 0; i < all.rank; i++) all.extents[i] = shape.extents[i];
        operands.q_positions = operands.k_positions = sabir_broadcast(g, o->positions, all);
    }
    if (sbr_is_value(o->lengths)) operands.q_lengths = operands.k_lengths = o->lengths;
    const sabir_attention_attrs attrs = {.causal = !o->not_causal, .window = o->window};
    const sabir_value mixed = sabir_attention(g, &operands, &attrs, NULL);
    shape.extents[shape.rank - 1] = o->heads * o->head;
    const sabir_value y = sabir_linear(params, "out", join_heads(g, mixed, shape), width, &linear);
    sabir_params_leave(params);
    return y;
}

/* ---- The block ---- */

static sabir_status fill_in(sabir_transformer_options *o, int64_t width, int32_t rank)
{
    if (o->heads < 1) return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld heads; at least 1", (long long)o->heads);
    if (o->kv_heads == 0) o->kv_heads = o->heads;
    if (o->kv_heads < 1 || o->heads % o->kv_heads)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld heads of keys and values do not divide %lld heads", (long long)o->kv_heads, (long long)o->heads);
    if (o->head == 0 && width % o->heads) return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld heads do not divide the width, %lld; give head", (long long)o->heads, (long long)width);
    if (o->head == 0) o->head = width / o->heads;
    if (o->head < 2 || o->head % 2 || o->head > 256) return sbr_fail(SABIR_INVALID_ARGUMENT, "heads of width %lld; an even number up to 256 is needed", (long long)o->head);
    if (o->hidden == 0) o->hidden = 4 * width;
    if (o->rope_base == 0) o->rope_base = 10000;
    if (o->epsilon == 0) o->epsilon = 1e-5;
    if (rank >= SABIR_MAX_RANK) return sbr_fail(SABIR_INVALID_SHAPE, "x has rank %d; %d at most, since heads are an axis of their own", (int)rank, SABIR_MAX_RANK - 1);
    return check_kind(o->kind, o->hidden);
}

sabir_value sabir_transformer_block(sabir_params *params, const char *name, sabir_value x, const sabir_transformer_options *options)
{
    sabir_transformer_options o;
    int64_t width;
    if (!sbr_params_takes(params, "transformer_block", name, x, 2, -1, &width)) return SABIR_NONE;
    sabir_status status = sbr_options_read(options, &o, sizeof o, "options");
    if (status == SABIR_OK) status = fill_in(&o, width, sabir_value_shape(x).rank);
    if (status != SABIR_OK) return sbr_params_refuse(params, "transformer_block", name, status);
    sabir_graph *g = params->graph;
    sabir_params_enter(params, name, -1);
    x = sabir_add(g, x, attention(params, norm(params, "attention_norm", x, width, &o), width, &o));
    const sabir_value inner = norm(params, "feed_forward_norm", x, width, &o);
    if (o.experts) x = sabir_add(g, x, sabir_experts_block(params, "experts", inner, o.experts, o.routing));
    else x = sabir_add(g, x, sabir_feed_forward(params, "feed_forward", inner, o.hidden, o.kind, o.bias));
    sabir_params_leave(params);
    return x;
}
