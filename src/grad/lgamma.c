/* lgamma, by the digamma function: the asymptotic series at s + 8, carried down by the recurrence, and reflected at 1/2. Abramowitz and Stegun,
 * "Handbook of Mathematical Functions" (1964), 6.3.5, 6.3.7 and 6.3.18. Its derivatives of any order come from the formula, which stays
 * accurate: at s + 8 the first term left out is below 1e-15. */
#include "rules.h"

#define PI 3.14159265358979323846

/* 1 / s + 1 / (s + 1) + ... + 1 / (s + 7): terms k and 7 - k are (2 s + 7) / (s (s + 7) + k (7 - k)). */
static sabir_value eight_reciprocals(sabir_value s)
{
    sabir_graph *graph = s.graph;
    const sabir_value product = sbr_grad_mul2(s, sbr_grad_plus(s, 7));
    sabir_value sum = sabir_reciprocal(graph, product);
    for (int k = 1; k < 4; k++) sum = sbr_grad_add2(sum, sabir_reciprocal(graph, sbr_grad_plus(product, k * (7 - k))));
    return sbr_grad_mul2(sbr_grad_plus(sbr_grad_add2(s, s), 7), sum);
}

/* log z - 1 / (2 z) - sum over n of B(2n) / (2 n z^(2n)) */
static sabir_value series(sabir_value z)
{
    static const double terms[] = {-1.0 / 12, 691.0 / 32760, -1.0 / 132, 1.0 / 240, -1.0 / 252, 1.0 / 120, -1.0 / 12};
    sabir_graph *graph = z.graph;
    const sabir_value inverse = sabir_reciprocal(graph, z), square = sabir_square(graph, inverse);
    sabir_value sum = sbr_grad_number(z, terms[0]);
    for (size_t i = 1; i < SBR_COUNT(terms); i++) sum = sbr_grad_plus(sbr_grad_mul2(sum, square), terms[i]);
    sum = sbr_grad_sub2(sbr_grad_mul2(sum, square), sbr_grad_times(inverse, 0.5));
    return sbr_grad_add2(sabir_log(graph, z), sum);
}

/* pi / tan(pi x) where reflected, something harmless elsewhere: an infinity that a select drops comes back as NaN in its gradient. */
static sabir_value cotangent(sabir_value x, sabir_value reflected)
{
    sabir_graph *graph = x.graph;
    const sabir_value rest = sabir_select(graph, reflected, sbr_grad_sub2(x, sabir_round(graph, x)), sbr_grad_number(x, 0.25));
    return sbr_grad_times(sabir_reciprocal(graph, sabir_tan(graph, sbr_grad_times(rest, PI))), PI);
}

sabir_status sbr_grad_lgamma(sbr_grad_call *call)
{
    if (!call->wanted[0]) return SABIR_OK;
    sabir_graph *graph = call->graph;
    const sabir_value x = sbr_grad_widen(call->inputs[0]);
    const sabir_value reflected = sabir_less(graph, x, sbr_grad_number(x, 0.5));
    const sabir_value s = sabir_select(graph, reflected, sbr_grad_sub2(sbr_grad_number(x, 1), x), x);
    const sabir_value digamma = sbr_grad_sub2(series(sbr_grad_plus(s, 8)), eight_reciprocals(s));
    const sabir_value slope = sabir_select(graph, reflected, sbr_grad_sub2(digamma, cotangent(x, reflected)), digamma);
    call->results[0] = sbr_grad_as(sbr_grad_mul2(sbr_grad_widen(call->grads[0]), slope), sabir_value_type(call->inputs[0]));
    return SABIR_OK;
}
