/* Gradients of the gradients of attention. With S = scale Q K' + B, P = exp(S - lse) of the pairs that see each other, D = rowsum(O dO) - dlse, H = dO V' - D
 * and G = P H, the first gradients are dQ = scale G K, dK = scale G' Q, dV = P' dO and dB = G. Their cotangents X, Y, Z and W give
 *   g = scale (X K' + Q Y') + W,  s = P (dO Z' + g H)  (cotangent of S),  t = g P  (of H),  d = -rowsum(t)  (of D):
 *   Q: scale (s K + G Y);  K: scale (s' Q + G' X);  V: t' dO;  B: s;  lse: -rowsum(s);  O: d dO;  dO: P Z + t V + d O;  dlse: -d. */
#include "attention_pairs.h"

typedef struct second {
    sbr_attention_pairs pairs;
    sabir_value q, k, v, out, d_out;            /* rows and keys */
    sabir_value probability, slope, difference; /* P, G, H */
    sabir_value x, y, z, w;                     /* rows, keys, keys, by pair; absent: nothing arrived */
} second;

static sabir_value operand(const sbr_grad_call *call, sbr_attention_operand operand) { return sbr_attention_value(call, operand); }
static sabir_value seen(const second *s, sabir_value by_pair) { return sbr_grad_where(s->pairs.seen, by_pair); }
static sabir_value scaled(const second *s, sabir_value x) { return sbr_grad_times(x, s->pairs.attrs->how.scale); }
static sabir_value plus(sabir_value a, sabir_value b) { return !a.graph ? b : !b.graph ? a : sbr_grad_add2(a, b); }

static void compute_first(second *s)
{
    const sbr_attention_pairs *p = &s->pairs;
    const sbr_grad_call *call = p->call;
    sabir_graph *graph = call->graph;
    const sabir_value bias = operand(call, SBR_ATTENTION_BIAS), d_lse = operand(call, SBR_ATTENTION_D_LSE);
    s->q = sbr_attention_rows(p, operand(call, SBR_ATTENTION_Q));
    s->k = sbr_attention_keys(p, operand(call, SBR_ATTENTION_K), true);
    s->v = sbr_attention_keys(p, operand(call, SBR_ATTENTION_V), false);
    s->out = sbr_attention_rows(p, operand(call, SBR_ATTENTION_OUT));
    s->d_out = sbr_attention_rows(p, operand(call, SBR_ATTENTION_D_OUT));
    sabir_value score = scaled(s, sbr_attention_product(p, s->q, s->k));
    if (bias.graph) score = sbr_grad_add2(score, sbr_attention_by_pair(p, bias));
    score = sbr_grad_sub2(score, sbr_attention_spread(p, sbr_attention_numbers(p, operand(call, SBR_ATTENTION_LSE))));
    s->probability = seen(s, sabir_exp(graph, seen(s, score)));
    sabir_value delta = sabir_sum(graph, sbr_grad_mul2(s->out, s->d_out), SABIR_INTS(2));
    if (d_lse.graph) delta = sbr_grad_sub2(delta, sbr_attention_numbers(p, d_lse));
    s->difference = sbr_grad_sub2(sbr_attention_product(p, s->d_out, s->v), sbr_attention_spread(p, delta));
    s->slope = sbr_grad_mul2(s->probability, s->difference);
}

/* The sum of what is there, or nothing. */
static sabir_value cotangent_of_slope(const second *s)
{
    const sbr_attention_pairs *p = &s->pairs;
    sabir_value sum = SABIR_NONE;
    if (s->x.graph) sum = plus(sum, scaled(s, sbr_attention_product(p, s->x, s->k)));
    if (s->y.graph) sum = plus(sum, scaled(s, sbr_attention_product(p, s->q, s->y)));
    return plus(sum, s->w);
}

/* Rows scaled by their numbers. */
static sabir_value by_row(const sbr_attention_pairs *p, sabir_value numbers, sabir_value rows)
{
    return sbr_grad_mul2(sabir_reshape(rows.graph, numbers, (sabir_shape){3, {p->pairs, p->rows, 1}}), rows);
}

static void give_rows(const second *s, sbr_grad_call *call, sbr_attention_operand operand, sabir_value rows)
{
    const sabir_shape shape = sabir_value_shape(sbr_attention_value(call, operand));
    if (rows.graph) sbr_attention_give(call, operand, sbr_attention_from_rows(&s->pairs, rows, shape.extents[shape.rank - 1]));
}

static void give_keys(const second *s, sbr_grad_call *call, sbr_attention_operand operand, sabir_value keys)
{
    const sabir_shape shape = sabir_value_shape(sbr_attention_value(call, operand));
    if (keys.graph) sbr_attention_give(call, operand, sbr_attention_from_keys(&s->pairs, keys, shape.extents[shape.rank - 1], operand == SBR_ATTENTION_K));
}

/* s: cotangent of scores. */
static void give_score(const second *s, sbr_grad_call *call, sabir_value score)
{
    const sbr_attention_pairs *p = &s->pairs;
    give_rows(s, call, SBR_ATTENTION_Q, scaled(s, sbr_attention_sum_keys(p, score, s->k)));
    give_keys(s, call, SBR_ATTENTION_K, scaled(s, sbr_attention_sum_rows(p, score, s->q)));
    if (sbr_attention_has(p->attrs->given, SBR_ATTENTION_BIAS)) sbr_attention_give(call, SBR_ATTENTION_BIAS, sbr_attention_from_pairs(p, score));
    sbr_attention_give(call, SBR_ATTENTION_LSE, sbr_attention_from_numbers(p, sabir_neg(call->graph, sbr_attention_sum(p, score))));
}

/* t: cotangent of H. */
static void give_difference(const second *s, sbr_grad_call *call, sabir_value t)
{
    const sbr_attention_pairs *p = &s->pairs;
    const sabir_value d = sabir_neg(call->graph, sbr_attention_sum(p, t));
    give_keys(s, call, SBR_ATTENTION_V, sbr_attention_sum_rows(p, t, s->d_out));
    give_rows(s, call, SBR_ATTENTION_OUT, by_row(p, d, s->d_out));
    give_rows(s, call, SBR_ATTENTION_D_OUT, plus(sbr_attention_sum_keys(p, t, s->v), by_row(p, d, s->out)));
    if (sbr_attention_has(p->attrs->given, SBR_ATTENTION_D_LSE))
        sbr_attention_give(call, SBR_ATTENTION_D_LSE, sbr_attention_from_numbers(p, sabir_neg(call->graph, d)));
}

static void give_all(second *s, sbr_grad_call *call)
{
    const sbr_attention_pairs *p = &s->pairs;
    compute_first(s);
    const sabir_value g = cotangent_of_slope(s);
    sabir_value probability = SABIR_NONE;
    if (s->z.graph) probability = sbr_attention_product(p, s->d_out, s->z);
    if (g.graph) probability = plus(probability, sbr_grad_mul2(g, s->difference));
    if (probability.graph) give_score(s, call, sbr_grad_mul2(s->probability, seen(s, probability)));
    if (g.graph) give_difference(s, call, sbr_grad_mul2(s->probability, seen(s, g)));
    if (s->x.graph) give_keys(s, call, SBR_ATTENTION_K, scaled(s, sbr_attention_sum_rows(p, s->slope, s->x)));
    if (s->y.graph) give_rows(s, call, SBR_ATTENTION_Q, scaled(s, sbr_attention_sum_keys(p, s->slope, s->y)));
    if (s->z.graph) give_rows(s, call, SBR_ATTENTION_D_OUT, sbr_attention_sum_keys(p, s->probability, s->z));
}

static sabir_status begin(sbr_grad_call *call, second *s)
{
    *s = (second){.x = SABIR_NONE, .y = SABIR_NONE, .z = SABIR_NONE, .w = SABIR_NONE};
    SABIR_TRY(sbr_attention_pairs_of(call, &s->pairs));
    sbr_graph_note(call->graph, "a gradient of the gradient of attention is made of matrix products: arrays of all queries by all keys are in memory");
    return SABIR_OK;
}

static bool has_arrived(const sbr_grad_call *call, uint32_t output) { return call->grads[output].index != SABIR_NONE_INDEX; }

sabir_status sbr_grad_attention_gradient(sbr_grad_call *call)
{
    second s;
    SABIR_TRY(begin(call, &s));
    if (has_arrived(call, 0)) s.x = sbr_attention_rows(&s.pairs, call->grads[0]);
    if (has_arrived(call, 1)) s.y = sbr_attention_keys(&s.pairs, call->grads[1], true);
    if (has_arrived(call, 2)) s.z = sbr_attention_keys(&s.pairs, call->grads[2], false);
    give_all(&s, call);
    return SABIR_OK;
}

sabir_status sbr_grad_attention_bias_gradient(sbr_grad_call *call)
{
    second s;
    SABIR_TRY(begin(call, &s));
    s.w = sbr_attention_by_pair(&s.pairs, call->grads[0]);
    give_all(&s, call);
    return SABIR_OK;
}
