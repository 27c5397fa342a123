#define SABIR_PLAIN_NAMES
#include "sabir/losses.h"

#include <math.h>

#include "graph/keep.h"
#include "sabir/grad.h"

/* A number of the type of x; where x is in error, so is the graph. */
static sabir_value like(sabir_graph *graph, sabir_value x, double number) { return sabir_number(graph, sabir_value_type(x), number); }
static sabir_value times(sabir_graph *graph, sabir_value x, double number) { return sabir_mul(graph, x, like(graph, x, number)); }
static sabir_value plus(sabir_graph *graph, sabir_value x, double number) { return sabir_add(graph, x, like(graph, x, number)); }

/* Half precision as f32: what is summed outgrows it. */
static sabir_value wide(sabir_graph *graph, sabir_value x)
{
    const sabir_type type = sabir_value_type(x);
    return type == SABIR_F16 || type == SABIR_BF16 ? sabir_cast(graph, x, SABIR_F32) : x;
}

sabir_value sabir_weighted_mean(sabir_graph *graph, sabir_value x, sabir_value weights)
{
    const sabir_value weighted = sabir_mul(graph, wide(graph, x), wide(graph, weights));
    const sabir_value all = sabir_broadcast(graph, wide(graph, weights), sabir_value_shape(weighted)), total = sabir_sum(graph, all, SABIR_ALL_AXES);
    return sabir_div(graph, sabir_sum(graph, weighted, SABIR_ALL_AXES), sabir_maximum(graph, total, like(graph, total, 1)));
}

/* ---- Classes ---- */

sabir_value sabir_log_prob(sabir_graph *graph, sabir_value logits, sabir_value labels) { return sabir_neg(graph, sabir_cross_entropy(graph, logits, labels)); }

sabir_value sabir_kl_divergence(sabir_graph *graph, sabir_value p_logits, sabir_value q_logits)
{
    const sabir_value p = sabir_log_softmax(graph, p_logits, -1), q = sabir_log_softmax(graph, q_logits, -1);
    return sabir_sum(graph, sabir_mul(graph, sabir_exp(graph, p), sabir_sub(graph, p, q)), SABIR_INTS(-1));
}

sabir_value sabir_binary_cross_entropy(sabir_graph *graph, sabir_value logits, sabir_value targets)
{
    return sabir_sub(graph, sabir_softplus(graph, logits), sabir_mul(graph, logits, targets));
}

/* With s the logit towards the target, p = sigmoid(s): log p = -softplus(-s), log(1 - p) = -softplus(s). */
sabir_value sabir_focal_loss(sabir_graph *graph, sabir_value logits, sabir_value targets, double gamma, double alpha)
{
    if (!sbr_graph_is_open(graph, "focal_loss")) return SABIR_NONE;
    if (!(gamma >= 0) || !isfinite(gamma) || !(alpha <= 1))
        return sbr_graph_refuse(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "focal_loss: gamma is %g, at least 0, and alpha %g, at most 1", gamma, alpha));
    const sabir_value towards = sabir_mul(graph, logits, plus(graph, times(graph, targets, 2), -1));
    const sabir_value miss = sabir_exp(graph, times(graph, sabir_softplus(graph, towards), -gamma));
    const sabir_value loss = sabir_mul(graph, miss, sabir_softplus(graph, sabir_neg(graph, towards)));
    return alpha < 0 ? loss : sabir_mul(graph, loss, plus(graph, times(graph, targets, 2 * alpha - 1), 1 - alpha));
}

/* ---- Numbers ---- */

sabir_value sabir_squared_error(sabir_graph *graph, sabir_value x, sabir_value y) { return sabir_square(graph, sabir_sub(graph, x, y)); }

sabir_value sabir_huber_loss(sabir_graph *graph, sabir_value x, sabir_value y, double delta)
{
    if (!sbr_graph_is_open(graph, "huber_loss")) return SABIR_NONE;
    if (!(delta > 0) || !isfinite(delta)) return sbr_graph_refuse(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "huber_loss: delta is %g; finite and above 0", delta));
    const sabir_value size = sabir_abs(graph, sabir_sub(graph, x, y)), near = sabir_minimum(graph, size, like(graph, size, delta));
    /* near (size - near / 2): r^2 / 2 within, delta (|r| - delta / 2) beyond, and one slope at the seam. */
    return sabir_mul(graph, near, sabir_sub(graph, size, times(graph, near, 0.5)));
}

/* ---- Policies ---- */

sabir_value sabir_policy_loss(sabir_graph *graph, sabir_value log_probs, sabir_value old_log_probs, sabir_value advantages, const sabir_policy_attrs *attrs)
{
    sabir_policy_attrs how = attrs ? *attrs : (sabir_policy_attrs){SABIR_POLICY_CLIPPED, 0, 0};
    if (how.kind == SABIR_POLICY_CLIPPED && how.low == 0 && how.high == 0) how.low = how.high = 0.2;
    if (!sbr_graph_is_open(graph, "policy_loss")) return SABIR_NONE;
    if (!(how.low >= 0) || !(how.high >= 0) || !isfinite(how.low) || !isfinite(how.high))
        return sbr_graph_refuse(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "policy_loss: low is %g and high %g; finite and at least 0", how.low, how.high));
    if ((unsigned)how.kind > SABIR_POLICY_PLAIN) return sbr_graph_refuse(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "policy_loss: there is no kind %d", (int)how.kind));
    const sabir_value worth = sabir_neg(graph, sabir_stop_gradient(graph, advantages));
    if (how.kind == SABIR_POLICY_PLAIN) return sabir_mul(graph, worth, log_probs);
    const sabir_value ratio = sabir_exp(graph, sabir_sub(graph, log_probs, sabir_stop_gradient(graph, old_log_probs)));
    const sabir_value clipped = sabir_clamp(graph, ratio, like(graph, ratio, 1 - how.low), like(graph, ratio, 1 + how.high));
    if (how.kind == SABIR_POLICY_WEIGHTED) return sabir_mul(graph, sabir_mul(graph, sabir_stop_gradient(graph, clipped), worth), log_probs);
    return sabir_maximum(graph, sabir_mul(graph, ratio, worth), sabir_mul(graph, clipped, worth));
}
