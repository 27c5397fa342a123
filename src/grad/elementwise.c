/* Elementwise operators. x, y: operands; r: the result; g: what arrived. Formulas follow IEEE arithmetic where they are not defined: sqrt and rsqrt at 0
 * give infinities (and NaN where 0 arrives), pow needs x > 0 for the exponent's gradient, and x other than 0 where y is 0. At a kink the
 * gradient is that of one side: 0 at 0 for abs and relu; the first operand takes it where minimum, maximum and clamp see equals. */
#include "rules.h"

#define SQRT_2 1.41421356237309504880
#define SQRT_PI 1.77245385090551602730
#define SQRT_2_PI 2.50662827463100050242

#define ADD(a, b) sbr_grad_add2(a, b)
#define SUB(a, b) sbr_grad_sub2(a, b)
#define MUL(a, b) sbr_grad_mul2(a, b)
#define DIV(a, b) sbr_grad_div2(a, b)
#define NEG(a) sabir_neg((a).graph, a)
#define OF(name, a) sabir_##name((a).graph, a)
#define TIMES(a, number) sbr_grad_times(a, number)
#define PLUS(a, number) sbr_grad_plus(a, number)
/* number - a */
#define FROM(number, a) sbr_grad_sub2(sbr_grad_number(a, number), a)

static void give(const sbr_grad_call *call, uint32_t operand, sabir_value grad)
{
    const sabir_shape shape = sabir_value_shape(call->inputs[operand]);
    call->results[operand] = sbr_grad_unbroadcast(call->graph, grad, &shape);
}

/* ---- One operand ---- */

#define RULE_1(name, gradient)                                                                     \
    static sabir_value name##_of(sabir_value x, sabir_value r, sabir_value g)                      \
    {                                                                                              \
        (void)x, (void)r;                                                                          \
        return gradient;                                                                           \
    }                                                                                              \
    sabir_status sbr_grad_##name(sbr_grad_call *call)                                              \
    {                                                                                              \
        if (call->wanted[0]) give(call, 0, name##_of(call->inputs[0], call->outputs[0], call->grads[0])); \
        return SABIR_OK;                                                                           \
    }

RULE_1(neg, NEG(g))
RULE_1(abs, MUL(g, OF(sign, x)))
RULE_1(square, MUL(g, ADD(x, x)))
RULE_1(sqrt, DIV(g, ADD(r, r)))
RULE_1(rsqrt, MUL(g, TIMES(MUL(r, OF(square, r)), -0.5)))
RULE_1(reciprocal, NEG(MUL(g, OF(square, r))))
RULE_1(exp, MUL(g, r))
RULE_1(expm1, MUL(g, PLUS(r, 1)))
RULE_1(log, DIV(g, x))
RULE_1(log1p, DIV(g, PLUS(x, 1)))
RULE_1(sin, MUL(g, OF(cos, x)))
RULE_1(cos, NEG(MUL(g, OF(sin, x))))
RULE_1(tan, MUL(g, PLUS(OF(square, r), 1)))
RULE_1(asin, MUL(g, OF(rsqrt, MUL(FROM(1, x), PLUS(x, 1)))))
RULE_1(acos, NEG(MUL(g, OF(rsqrt, MUL(FROM(1, x), PLUS(x, 1))))))
RULE_1(atan, DIV(g, PLUS(OF(square, x), 1)))
RULE_1(tanh, MUL(g, FROM(1, OF(square, r))))
RULE_1(erf, MUL(g, TIMES(OF(exp, NEG(OF(square, x))), 2 / SQRT_PI)))
RULE_1(sigmoid, MUL(g, MUL(r, FROM(1, r))))
/* By the result: nothing else reads what came before, so that a product makes both. */
RULE_1(relu, sbr_grad_where(sabir_greater(r.graph, r, sbr_grad_number(r, 0)), g))
RULE_1(softplus, MUL(g, OF(sigmoid, x)))

/* The normal distribution function, plus x times its density. */
static sabir_value gelu_slope(sabir_value x)
{
    const sabir_value below = TIMES(PLUS(OF(erf, TIMES(x, 1 / SQRT_2)), 1), 0.5);
    const sabir_value density = TIMES(OF(exp, TIMES(OF(square, x), -0.5)), 1 / SQRT_2_PI);
    return ADD(below, MUL(x, density));
}
RULE_1(gelu, MUL(g, gelu_slope(x)))

static sabir_value silu_slope(sabir_value x)
{
    const sabir_value s = OF(sigmoid, x);
    return MUL(s, PLUS(MUL(x, FROM(1, s)), 1));
}
RULE_1(silu, MUL(g, silu_slope(x)))

/* ---- Two operands ---- */

#define RULE_2(name, of_x, of_y)                                                                                              \
    static sabir_value name##_of_x(sabir_value x, sabir_value y, sabir_value r, sabir_value g)                                \
    {                                                                                                                         \
        (void)x, (void)y, (void)r;                                                                                            \
        return of_x;                                                                                                          \
    }                                                                                                                         \
    static sabir_value name##_of_y(sabir_value x, sabir_value y, sabir_value r, sabir_value g)                                \
    {                                                                                                                         \
        (void)x, (void)y, (void)r;                                                                                            \
        return of_y;                                                                                                          \
    }                                                                                                                         \
    sabir_status sbr_grad_##name(sbr_grad_call *call)                                                                         \
    {                                                                                                                         \
        if (call->wanted[0]) give(call, 0, name##_of_x(call->inputs[0], call->inputs[1], call->outputs[0], call->grads[0])); \
        if (call->wanted[1]) give(call, 1, name##_of_y(call->inputs[0], call->inputs[1], call->outputs[0], call->grads[0])); \
        return SABIR_OK;                                                                                                      \
    }

static sabir_value norm_squared(sabir_value x, sabir_value y) { return ADD(OF(square, x), OF(square, y)); }
static sabir_value is_least(sabir_value x, sabir_value y) { return sabir_less_equal(x.graph, x, y); }
static sabir_value is_greatest(sabir_value x, sabir_value y) { return sabir_greater_equal(x.graph, x, y); }
static sabir_value where_not(sabir_value condition, sabir_value a) { return sabir_select(a.graph, condition, sbr_grad_number(a, 0), a); }

RULE_2(add, g, g)
RULE_2(sub, g, NEG(g))
RULE_2(mul, MUL(g, y), MUL(g, x))
RULE_2(div, DIV(g, y), NEG(DIV(MUL(g, r), y)))
RULE_2(mod, g, NEG(MUL(g, OF(floor, DIV(x, y)))))
RULE_2(pow, MUL(g, MUL(y, sabir_pow(x.graph, x, PLUS(y, -1)))), MUL(g, MUL(r, OF(log, x))))
RULE_2(minimum, sbr_grad_where(is_least(x, y), g), where_not(is_least(x, y), g))
RULE_2(maximum, sbr_grad_where(is_greatest(x, y), g), where_not(is_greatest(x, y), g))
RULE_2(atan2, MUL(g, DIV(y, norm_squared(x, y))), NEG(MUL(g, DIV(x, norm_squared(x, y)))))
RULE_2(logaddexp, MUL(g, OF(sigmoid, SUB(x, y))), MUL(g, OF(sigmoid, SUB(y, x))))

/* ---- Three ---- */

sabir_status sbr_grad_clamp(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sabir_value x = call->inputs[0], low = call->inputs[1], high = call->inputs[2], g = call->grads[0];
    const sabir_value above = is_greatest(x, low), below = is_least(sabir_maximum(graph, x, low), high);
    if (call->wanted[0]) give(call, 0, sbr_grad_where(sabir_logical_and(graph, above, below), g));
    if (call->wanted[1]) give(call, 1, sbr_grad_where(below, where_not(above, g)));
    if (call->wanted[2]) give(call, 2, where_not(below, g));
    return SABIR_OK;
}

sabir_status sbr_grad_select(sbr_grad_call *call)
{
    if (call->wanted[1]) give(call, 1, sbr_grad_where(call->inputs[0], call->grads[0]));
    if (call->wanted[2]) give(call, 2, where_not(call->inputs[0], call->grads[0]));
    return SABIR_OK;
}

/* Rounding to another type is passed over. */
sabir_status sbr_grad_cast(sbr_grad_call *call)
{
    if (call->wanted[0]) call->results[0] = sbr_grad_as(call->grads[0], sabir_value_type(call->inputs[0]));
    return SABIR_OK;
}
