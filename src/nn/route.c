/* Routing: a gate, the k best experts of each token, losses, and the plan of who stands where. */
#include <math.h>
#include <stdio.h>

#include "moe.h"

typedef struct router {
    sabir_graph *graph;
    sabir_route_options options;
    sabir_value tokens;
    sabir_extent count; /* tokens */
    int64_t experts;
} router;

static sabir_value number(const router *r, sabir_value like, double value) { return sabir_number(r->graph, sabir_value_type(like), value); }

/* Half types are too coarse for shares and sums over many tokens. */
static sabir_value widened(sabir_graph *graph, sabir_value x)
{
    const sabir_type type = sabir_value_type(x);
    return type == SABIR_F16 || type == SABIR_BF16 ? sabir_cast(graph, x, SABIR_F32) : x;
}

static sabir_value sum_kept(sabir_graph *graph, sabir_value x, int32_t axis)
{
    return sabir_reduce(graph, "sum", x, &(sabir_reduce_attrs){.axes = SABIR_INTS(axis), .keep = 1});
}

/* x divided by its length along an axis. */
static sabir_value unit(const router *r, sabir_value x, int32_t axis)
{
    const sabir_value squares = sum_kept(r->graph, sabir_square(r->graph, x), axis);
    return sabir_mul(r->graph, x, sabir_rsqrt(r->graph, sabir_add(r->graph, squares, number(r, x, 1e-12))));
}

static sabir_value logits_of(const router *r)
{
    sabir_graph *g = r->graph;
    const sabir_route_options *o = &r->options;
    sabir_value logits;
    if (o->gate == SABIR_GATE_COSINE) {
        const sabir_value cosine = sabir_matmul(g, unit(r, widened(g, r->tokens), 1), unit(r, widened(g, o->weights), 0));
        logits = sabir_div(g, cosine, number(r, cosine, o->temperature > 0 ? o->temperature : 0.07));
    } else {
        logits = widened(g, sabir_matmul(g, r->tokens, o->weights));
    }
    if (!sbr_is_value(o->key)) return logits;
    const sabir_value noise = sabir_cast(g, sabir_random(g, SABIR_RANDOM_NORMAL, o->key, SABIR_F32, SABIR_SHAPE(r->count, r->experts)), sabir_value_type(logits));
    const sabir_value scale = sbr_is_value(o->noise_weights) ? sabir_softplus(g, widened(g, sabir_matmul(g, r->tokens, o->noise_weights)))
                                                             : number(r, logits, o->noise_scale);
    return sabir_add(g, logits, sabir_mul(g, noise, scale));
}

/* ---- The choice ---- */

static void choose(const router *r, sabir_routing *routing)
{
    sabir_graph *g = r->graph;
    const sabir_route_options *o = &r->options;
    sabir_value chosen = sabir_top_k(g, sbr_is_value(o->bias) ? sabir_add(g, routing->probabilities, widened(g, o->bias)) : routing->probabilities, routing->k,
                                     &routing->experts);
    if (sbr_is_value(o->bias)) chosen = sabir_take_along(g, routing->probabilities, routing->experts, 1);
    if (!o->keep_probabilities) chosen = sabir_div(g, chosen, sabir_maximum(g, sum_kept(g, chosen, 1), number(r, chosen, 1e-20)));
    routing->weights = sabir_value_type(chosen) == sabir_value_type(r->tokens) ? chosen : sabir_cast(g, chosen, sabir_value_type(r->tokens));
}

/* ceil(factor * tokens * k / experts); a dim is rounded in f32. */
static sabir_value capacity_of(const router *r)
{
    sabir_graph *g = r->graph;
    const double each = r->options.capacity_factor * (double)r->options.k / (double)r->experts;
    if (!(r->options.capacity_factor > 0)) return SABIR_NONE;
    if (r->count >= 0) return sabir_number(g, SABIR_I32, fmin(ceil(each * (double)r->count), INT32_MAX));
    const sabir_value tokens = sabir_cast(g, sabir_dim_value(g, r->count), SABIR_F32);
    return sabir_cast(g, sabir_ceil(g, sabir_mul(g, tokens, sabir_number(g, SABIR_F32, each))), SABIR_I32);
}

static void plan(const router *r, sabir_routing *routing)
{
    sabir_graph *g = r->graph;
    const sabir_value keys = sabir_reshape(g, routing->experts, SABIR_SHAPE(sbr_moe_entries(g, r->count, routing->k)));
    const sabir_value places = sabir_group_by(g, keys, r->experts, capacity_of(r), &routing->order, &routing->groups, &routing->counts);
    routing->places = sabir_reshape(g, places, SABIR_SHAPE(r->count, routing->k));
}

/* ---- Losses ---- */

static sabir_value balance_loss(const router *r, const sabir_routing *routing)
{
    sabir_graph *g = r->graph;
    const sabir_value p = routing->probabilities;
    const sabir_type type = sabir_value_type(p);
    const sabir_value shares = r->options.gate == SABIR_GATE_SIGMOID ? sabir_div(g, p, sabir_maximum(g, sum_kept(g, p, 1), number(r, p, 1e-20))) : p;
    const sabir_value entries = sabir_cast(g, sabir_dim_value(g, sbr_moe_entries(g, r->count, routing->k)), type);
    const sabir_value wanted = sabir_div(g, sabir_cast(g, routing->counts, type), entries);
    const sabir_value products = sabir_mul(g, wanted, sabir_mean(g, shares, SABIR_INTS(0)));
    return sabir_mul(g, sabir_sum(g, products, SABIR_INTS(0)), number(r, p, (double)r->experts));
}

static sabir_value z_loss(const router *r, sabir_value logits)
{
    sabir_graph *g = r->graph;
    const sabir_value largest = sabir_stop_gradient(g, sabir_reduce(g, "max", logits, &(sabir_reduce_attrs){.axes = SABIR_INTS(1), .keep = 1}));
    const sabir_value rest = sum_kept(g, sabir_exp(g, sabir_sub(g, logits, largest)), 1);
    return sabir_mean(g, sabir_square(g, sabir_add(g, largest, sabir_log(g, rest))), SABIR_INTS(0, 1));
}

/* ---- The call ---- */

static sabir_status check(const router *r)
{
    const sabir_route_options *o = &r->options;
    const sabir_shape tokens = sabir_value_shape(r->tokens), weights = sabir_value_shape(o->weights);
    if (!sbr_is_value(o->weights)) return sbr_fail(SABIR_INVALID_ARGUMENT, "route: options.weights is absent; the gate's weights [d, experts]");
    if (tokens.rank != 2 || weights.rank != 2)
        return sbr_fail(SABIR_INVALID_SHAPE, "route: tokens have rank %d and weights %d; both have 2: [t, d] and [d, experts]", tokens.rank, weights.rank);
    if (r->experts < 1) return sbr_fail(SABIR_INVALID_SHAPE, "route: the number of experts has to be a number, at least 1");
    if (o->k < 1 || o->k > r->experts)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "route: k is %lld; 1 to the number of experts, %lld", (long long)o->k, (long long)r->experts);
    if ((unsigned)o->gate > SABIR_GATE_COSINE) return sbr_fail(SABIR_INVALID_ARGUMENT, "route: %d is no gate", (int)o->gate);
    if (!isfinite(o->capacity_factor) || o->capacity_factor < 0 || !isfinite(o->temperature) || o->temperature < 0 || !isfinite(o->noise_scale))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "route: capacity factor %g, temperature %g, noise scale %g; finite, the first two not negative", o->capacity_factor,
                        o->temperature, o->noise_scale);
    return SABIR_OK;
}

static void build(const router *r, sabir_routing *routing)
{
    sabir_graph *g = r->graph;
    *routing = (sabir_routing){.k = r->options.k, .experts_count = r->experts};
    routing->logits = logits_of(r);
    routing->probabilities = r->options.gate == SABIR_GATE_SIGMOID ? sabir_sigmoid(g, routing->logits) : sabir_softmax(g, routing->logits, 1);
    choose(r, routing);
    plan(r, routing);
    routing->balance_loss = balance_loss(r, routing);
    routing->z_loss = z_loss(r, routing->logits);
}

static sabir_status failed(sabir_graph *graph, sabir_status status, sabir_routing *routing)
{
    (void)sabir_graph_fail(graph, status, sabir_last_message());
    const sabir_value none = {graph, SABIR_NONE_INDEX};
    if (routing)
        *routing = (sabir_routing){.experts = none, .weights = none, .logits = none, .probabilities = none, .order = none, .places = none, .groups = none,
                                   .counts = none, .balance_loss = none, .z_loss = none};
    return sabir_graph_status(graph);
}

sabir_status sabir_route(sabir_graph *graph, sabir_value tokens, const sabir_route_options *options, sabir_routing *routing)
{
    router r = {.graph = graph, .tokens = tokens};
    if (!graph) return sbr_fail(SABIR_INVALID_ARGUMENT, "route: graph is NULL");
    if (sabir_graph_status(graph) != SABIR_OK) return failed(graph, sabir_graph_status(graph), routing);
    if (!options || !routing) return failed(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "route: %s is NULL", options ? "routing" : "options"), routing);
    const sabir_status read = sbr_options_read(options, &r.options, sizeof r.options, "route");
    if (read != SABIR_OK) return failed(graph, read, routing);
    if (r.options.k == 0) r.options.k = 1;
    r.count = sabir_value_shape(tokens).extents[0];
    r.experts = sabir_value_shape(r.options.weights).extents[1];
    const sabir_status status = check(&r);
    if (status != SABIR_OK) return failed(graph, status, routing);
    build(&r, routing);
    return sabir_graph_status(graph) == SABIR_OK ? SABIR_OK : failed(graph, sabir_graph_status(graph), routing);
}
