/* Every elementwise operator as one scalar rule for each kind of operand, and the broadcasting loop around them. */
#define _DEFAULT_SOURCE /* lgamma_r */
#include "element.h"
#include "functions.h"
#include "walk.h"

typedef struct scalar_rule {
    double (*real)(double a, double b, double c);                            /* floats to floats */
    int64_t (*test)(double a, double b, double c);                           /* floats to bool */
    int64_t (*whole)(sabir_type type, int64_t a, int64_t b, int64_t c);      /* integers and bool; wrapped by the loop */
} scalar_rule;

static sabir_status apply(const sbr_ref_call *call, scalar_rule rule)
{
    sbr_ref_tensor *out = &call->outputs[0];
    const double no_f = 0.0;
    const int64_t no_i = 0;
    const double *f[3] = {&no_f, &no_f, &no_f};
    const int64_t *i[3] = {&no_i, &no_i, &no_i};
    sbr_ref_walk walk = {.rank = out->rank, .operands = 4, .strides = {[3] = sbr_ref_strides_of(out)}};
    memcpy(walk.extents, out->extents, sizeof walk.extents);
    for (uint32_t k = 0; k < call->input_count && k < 3; k++) {
        f[k] = call->inputs[k].f;
        i[k] = call->inputs[k].i;
        walk.strides[k] = sbr_ref_broadcast_strides(&call->inputs[k], out->rank, 0);
    }
    const sabir_type type = call->inputs[0].type;
    const bool of_floats = sbr_is_float(type);
    if (out->f ? !rule.real : of_floats ? !rule.test : !rule.whole)
        return sbr_fail(SABIR_INTERNAL, "an elementwise operator of the reference has no rule from %s to %s", sabir_type_name(type), sabir_type_name(out->type));
    int64_t s[SBR_REF_OPERANDS];
    const int64_t row = sbr_ref_walk_row(&walk, s);
    for (bool more = sbr_ref_walk_start(&walk); more; more = sbr_ref_walk_next(&walk)) {
        const int64_t *at = walk.at;
        for (int64_t k = 0; k < row; k++) {
            const int64_t to = at[3] + k * s[3], x = at[0] + k * s[0], y = at[1] + k * s[1], z = at[2] + k * s[2];
            if (out->f) out->f[to] = rule.real(f[0][x], f[1][y], f[2][z]);
            else if (of_floats) out->i[to] = rule.test(f[0][x], f[1][y], f[2][z]);
            else out->i[to] = sbr_ref_wrap(out->type, rule.whole(type, i[0][x], i[1][y], i[2][z]));
        }
    }
    return SABIR_OK;
}

#define REAL(name, expression) \
    static double real_##name(double a, double b, double c) { (void)b; (void)c; return expression; }
#define TEST(name, expression) \
    static int64_t test_##name(double a, double b, double c) { (void)b; (void)c; return expression; }
#define WHOLE(name, expression) \
    static int64_t whole_##name(sabir_type type, int64_t a, int64_t b, int64_t c) { (void)type; (void)b; (void)c; return expression; }
#define APPLY(name, ...) \
    sabir_status sbr_ref_op_##name(const sbr_ref_call *call) { return apply(call, (scalar_rule){__VA_ARGS__}); }

#define OF_FLOATS(name, expression) REAL(name, expression) APPLY(name, .real = real_##name)
#define OF_INTS(name, expression) WHOLE(name, expression) APPLY(name, .whole = whole_##name)
#define OF_NUMBERS(name, real_expression, whole_expression) \
    REAL(name, real_expression) WHOLE(name, whole_expression) APPLY(name, .real = real_##name, .whole = whole_##name)
#define TEST_OF_FLOATS(name, expression) TEST(name, expression) APPLY(name, .test = test_##name)
#define COMPARISON(name, expression) TEST(name, expression) WHOLE(name, expression) APPLY(name, .test = test_##name, .whole = whole_##name)

static double log_abs_gamma(double x)
{
#if defined(__MINGW32__)
    return lgamma(x);
#else
    int sign;
    return lgamma_r(x, &sign);
#endif
}

/* x - y * floor(x / y) without the rounding of the quotient; as in the formula an infinite y gives NaN. */
static double floored_mod(double x, double y)
{
    if (isinf(y)) return NAN;
    const double rest = fmod(x, y);
    return rest != 0.0 && (rest < 0.0) != (y < 0.0) ? rest + y : rest;
}

static double log_add_exp(double a, double b)
{
    if (isnan(a) || isnan(b)) return NAN;
    if (a == b) return a + log(2.0); /* infinities too */
    return fmax(a, b) + log1p(exp(-fabs(a - b)));
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t greatest(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t divide(int64_t a, int64_t b)
{
    if (b == 0) return 0;
    return b == -1 ? sbr_ref_sub(0, a) : a / b; /* the least value by -1 wraps */
}

static int64_t floored_rest(int64_t a, int64_t b)
{
    if (b == 0 || b == -1) return 0;
    const int64_t rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static int64_t count_bits(sabir_type type, int64_t value)
{
    const size_t width = 8 * sabir_type_size(type);
    const uint64_t own = width < 64 ? ((uint64_t)1 << width) - 1 : UINT64_MAX;
    return __builtin_popcountll((uint64_t)value & own);
}

static int64_t shift_left(int64_t value, int64_t count) { return (int64_t)((uint64_t)value << ((uint64_t)count & 31)); }
/* Elements are held sign- or zero-extended, so one arithmetic shift serves all types. */
static int64_t shift_right(int64_t value, int64_t count) { return value >> ((uint64_t)count & 31); }

static double sigmoid(double x) { return 1.0 / (1.0 + exp(-x)); }

OF_NUMBERS(neg, -a, sbr_ref_sub(0, a))
OF_NUMBERS(abs, fabs(a), a < 0 ? sbr_ref_sub(0, a) : a)
OF_NUMBERS(sign, a > 0.0 ? 1.0 : a < 0.0 ? -1.0 : a, (a > 0) - (a < 0))
OF_NUMBERS(square, a * a, sbr_ref_mul(a, a))
OF_FLOATS(sqrt, sqrt(a))
OF_FLOATS(rsqrt, 1.0 / sqrt(a))
OF_FLOATS(reciprocal, 1.0 / a)
OF_FLOATS(exp, exp(a))
OF_FLOATS(expm1, expm1(a))
OF_FLOATS(log, log(a))
OF_FLOATS(log1p, log1p(a))
OF_FLOATS(sin, sin(a))
OF_FLOATS(cos, cos(a))
OF_FLOATS(tan, tan(a))
OF_FLOATS(asin, asin(a))
OF_FLOATS(acos, acos(a))
OF_FLOATS(atan, atan(a))
OF_FLOATS(tanh, tanh(a))
OF_FLOATS(erf, erf(a))
OF_FLOATS(lgamma, log_abs_gamma(a))
OF_FLOATS(floor, floor(a))
OF_FLOATS(ceil, ceil(a))
OF_FLOATS(round, copysign(sbr_ref_even(a), a))
OF_FLOATS(trunc, trunc(a))
OF_FLOATS(sigmoid, sigmoid(a))
OF_NUMBERS(relu, sbr_ref_larger(a, 0.0), greatest(a, 0))
OF_FLOATS(gelu, 0.5 * a * erfc(-a * 0.70710678118654752440))
OF_FLOATS(silu, a * sigmoid(a))
OF_FLOATS(softplus, fmax(a, 0.0) + log1p(exp(-fabs(a))))
TEST_OF_FLOATS(is_nan, isnan(a) != 0)
TEST_OF_FLOATS(is_finite, isfinite(a) != 0)
OF_INTS(logical_not, a == 0)
OF_INTS(bit_not, ~a)
OF_INTS(popcount, count_bits(type, a))

OF_NUMBERS(add, a + b, sbr_ref_add(a, b))
OF_NUMBERS(sub, a - b, sbr_ref_sub(a, b))
OF_NUMBERS(mul, a * b, sbr_ref_mul(a, b))
OF_NUMBERS(div, a / b, divide(a, b))
OF_NUMBERS(mod, floored_mod(a, b), floored_rest(a, b))
OF_FLOATS(pow, pow(a, b))
OF_NUMBERS(minimum, sbr_ref_smaller(a, b), least(a, b))
OF_NUMBERS(maximum, sbr_ref_larger(a, b), greatest(a, b))
OF_FLOATS(atan2, atan2(a, b))
OF_FLOATS(logaddexp, log_add_exp(a, b))
OF_INTS(bit_and, a & b)
OF_INTS(bit_or, a | b)
OF_INTS(bit_xor, a ^ b)
OF_INTS(shift_left, shift_left(a, b))
OF_INTS(shift_right, shift_right(a, b))
OF_INTS(logical_and, a != 0 && b != 0)
OF_INTS(logical_or, a != 0 || b != 0)
OF_INTS(logical_xor, (a != 0) != (b != 0))
COMPARISON(equal, a == b)
COMPARISON(not_equal, a != b)
COMPARISON(less, a < b)
COMPARISON(less_equal, a <= b)
COMPARISON(greater, a > b)
COMPARISON(greater_equal, a >= b)

OF_NUMBERS(clamp, sbr_ref_smaller(sbr_ref_larger(a, b), c), least(greatest(a, b), c))
