/* The algebra of expressions. Every maker takes its operands apart into a sum of products over atoms (dims, quotients, minima,
 * maxima), works on the sums, and interns the result in one order. Expressions too large for that are interned as they are. */
#include "expr_sum.h"

enum { MAX_TERMS = 16, MAX_ATOMS = 8 };

typedef struct term { int64_t factor; uint32_t count; sbr_expr atoms[MAX_ATOMS]; } term; /* atoms ascending */
typedef struct sum { uint32_t count; term terms[MAX_TERMS]; } sum;
typedef enum outcome { FITS, TOO_LARGE, OVERFLOWS } outcome;

/* Terms with more atoms first, the constant last. */
static int compare_terms(const term *a, const term *b)
{
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->atoms[i] != b->atoms[i]) return a->atoms[i] < b->atoms[i] ? -1 : 1;
    return 0;
}

static outcome sum_add_term(sum *to, const term *added)
{
    if (added->factor == 0) return FITS;
    uint32_t at = 0;
    while (at < to->count && compare_terms(&to->terms[at], added) < 0) at++;
    if (at < to->count && compare_terms(&to->terms[at], added) == 0) {
        if (!sbr_add_i64(to->terms[at].factor, added->factor, &to->terms[at].factor)) return OVERFLOWS;
        if (to->terms[at].factor == 0) {
            to->count--;
            memmove(&to->terms[at], &to->terms[at + 1], (to->count - at) * sizeof *to->terms);
        }
        return FITS;
    }
    if (to->count == MAX_TERMS) return TOO_LARGE;
    memmove(&to->terms[at + 1], &to->terms[at], (to->count - at) * sizeof *to->terms);
    to->terms[at] = *added;
    to->count++;
    return FITS;
}

static outcome term_multiply(term *to, const term *by)
{
    if (to->count + by->count > MAX_ATOMS) return TOO_LARGE;
    if (!sbr_mul_i64(to->factor, by->factor, &to->factor)) return OVERFLOWS;
    for (uint32_t i = 0; i < by->count; i++) {
        uint32_t at = to->count++;
        for (; at > 0 && to->atoms[at - 1] > by->atoms[i]; at--) to->atoms[at] = to->atoms[at - 1];
        to->atoms[at] = by->atoms[i];
    }
    return FITS;
}

static outcome term_of(const sbr_exprs *exprs, sbr_expr expr, term *product)
{
    const sbr_expr_node *node = &exprs->nodes.data[expr];
    if (node->kind == SBR_EXPR_MUL) {
        const outcome first = term_of(exprs, node->a, product);
        return first != FITS ? first : term_of(exprs, node->b, product);
    }
    const term single = node->kind == SBR_EXPR_CONST ? (term){.factor = node->number} : (term){.factor = 1, .count = 1, .atoms = {expr}};
    return term_multiply(product, &single);
}

static outcome sum_of(const sbr_exprs *exprs, sbr_expr expr, int64_t scale, sum *to)
{
    const sbr_expr_node *node = &exprs->nodes.data[expr];
    if (node->kind == SBR_EXPR_ADD) {
        const outcome first = sum_of(exprs, node->a, scale, to);
        return first != FITS ? first : sum_of(exprs, node->b, scale, to);
    }
    term product = {.factor = scale};
    const outcome taken = term_of(exprs, expr, &product);
    return taken != FITS ? taken : sum_add_term(to, &product);
}

static sbr_expr term_build(sbr_exprs *exprs, const term *from)
{
    if (from->count == 0) return sbr_expr_number(exprs, from->factor);
    sbr_expr product = from->atoms[0];
    for (uint32_t i = 1; i < from->count && product != SBR_EXPR_NONE; i++)
        product = sbr_expr_intern(exprs, SBR_EXPR_MUL, product, from->atoms[i], 0);
    if (product == SBR_EXPR_NONE || from->factor == 1) return product;
    const sbr_expr factor = sbr_expr_number(exprs, from->factor);
    return factor == SBR_EXPR_NONE ? factor : sbr_expr_intern(exprs, SBR_EXPR_MUL, factor, product, 0);
}

static sbr_expr sum_build(sbr_exprs *exprs, const sum *from)
{
    if (from->count == 0) return sbr_expr_number(exprs, 0);
    sbr_expr total = term_build(exprs, &from->terms[0]);
    for (uint32_t i = 1; i < from->count && total != SBR_EXPR_NONE; i++) {
        const sbr_expr next = term_build(exprs, &from->terms[i]);
        total = next == SBR_EXPR_NONE ? next : sbr_expr_intern(exprs, SBR_EXPR_ADD, total, next, 0);
    }
    return total;
}

static sbr_expr ordered(sbr_exprs *exprs, sbr_expr_kind kind, sbr_expr a, sbr_expr b)
{
    return a <= b ? sbr_expr_intern(exprs, kind, a, b, 0) : sbr_expr_intern(exprs, kind, b, a, 0);
}

sbr_expr sbr_expr_add(sbr_exprs *exprs, sbr_expr a, sbr_expr b)
{
    if (a == SBR_EXPR_NONE || b == SBR_EXPR_NONE) return SBR_EXPR_NONE;
    sum total = {0};
    outcome done = sum_of(exprs, a, 1, &total);
    if (done == FITS) done = sum_of(exprs, b, 1, &total);
    if (done == OVERFLOWS) return SBR_EXPR_NONE;
    return done == FITS ? sum_build(exprs, &total) : ordered(exprs, SBR_EXPR_ADD, a, b);
}

sbr_expr sbr_expr_sub(sbr_exprs *exprs, sbr_expr a, sbr_expr b)
{
    return sbr_expr_add(exprs, a, sbr_expr_mul(exprs, b, b == SBR_EXPR_NONE ? b : sbr_expr_number(exprs, -1)));
}

sbr_expr sbr_expr_mul(sbr_exprs *exprs, sbr_expr a, sbr_expr b)
{
    if (a == SBR_EXPR_NONE || b == SBR_EXPR_NONE) return SBR_EXPR_NONE;
    sum left = {0}, right = {0}, product = {0};
    outcome done = sum_of(exprs, a, 1, &left);
    if (done == FITS) done = sum_of(exprs, b, 1, &right);
    for (uint32_t i = 0; i < left.count && done == FITS; i++)
        for (uint32_t k = 0; k < right.count && done == FITS; k++) {
            term each = left.terms[i];
            done = term_multiply(&each, &right.terms[k]);
            if (done == FITS) done = sum_add_term(&product, &each);
        }
    if (done == OVERFLOWS) return SBR_EXPR_NONE;
    return done == FITS ? sum_build(exprs, &product) : ordered(exprs, SBR_EXPR_MUL, a, b);
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

/* What b divides goes outside of the quotient, with it the constant's whole part; then common factors are cancelled. */
static void divide_sum(const sum *from, int64_t *divisor, sum *outside, sum *inside)
{
    const int64_t b = *divisor;
    int64_t common = b;
    for (uint32_t i = 0; i < from->count; i++) {
        term whole = from->terms[i], rest = from->terms[i];
        if (whole.count && whole.factor % b != 0) whole.factor = 0;
        else whole.factor = sbr_floor_div(whole.factor, b);
        rest.factor -= whole.factor * b;
        (void)sum_add_term(outside, &whole);
        (void)sum_add_term(inside, &rest);
        if (rest.count && rest.factor) common = common_divisor(common, rest.factor);
    }
    if (inside->count == 0 || inside->terms[0].count == 0) { /* a constant below b */
        inside->count = 0;
        return;
    }
    for (uint32_t i = 0; i < inside->count; i++) inside->terms[i].factor = sbr_floor_div(inside->terms[i].factor, common);
    if (inside->terms[inside->count - 1].factor == 0) inside->count--; /* the constant, last */
    *divisor = b / common;
}

static sbr_expr quotient(sbr_exprs *exprs, sbr_expr a, int64_t b)
{
    if (a == SBR_EXPR_NONE) return a;
    const sbr_expr_node *node = &exprs->nodes.data[a];
    int64_t inner, both;
    if (node->kind == SBR_EXPR_DIV && sbr_expr_is_number(exprs, node->b, &inner) && sbr_mul_i64(inner, b, &both))
        return sbr_expr_div(exprs, node->a, both);
    const sbr_expr divisor = sbr_expr_number(exprs, b);
    return divisor == SBR_EXPR_NONE ? divisor : sbr_expr_intern(exprs, SBR_EXPR_DIV, a, divisor, 0);
}

sbr_expr sbr_expr_div(sbr_exprs *exprs, sbr_expr a, int64_t b)
{
    if (a == SBR_EXPR_NONE || b <= 0) return SBR_EXPR_NONE;
    if (b == 1) return a;
    sum from = {0}, outside = {0}, inside = {0};
    const outcome taken = sum_of(exprs, a, 1, &from);
    if (taken == OVERFLOWS) return SBR_EXPR_NONE;
    if (taken == TOO_LARGE) return quotient(exprs, a, b);
    divide_sum(&from, &b, &outside, &inside);
    const sbr_expr whole = sum_build(exprs, &outside);
    if (inside.count == 0) return whole;
    return sbr_expr_add(exprs, whole, quotient(exprs, sum_build(exprs, &inside), b));
}

sbr_expr sbr_expr_ceil_div(sbr_exprs *exprs, sbr_expr a, int64_t b)
{
    if (a == SBR_EXPR_NONE || b <= 0) return SBR_EXPR_NONE;
    return sbr_expr_div(exprs, sbr_expr_add(exprs, a, sbr_expr_number(exprs, b - 1)), b);
}

static bool term_divide(term *product, const term *by)
{
    if (product->factor % by->factor != 0) return false;
    product->factor /= by->factor;
    for (uint32_t i = 0; i < by->count; i++) {
        uint32_t at = 0;
        while (at < product->count && product->atoms[at] != by->atoms[i]) at++;
        if (at == product->count) return false;
        product->count--;
        memmove(&product->atoms[at], &product->atoms[at + 1], (product->count - at) * sizeof *product->atoms);
    }
    return true;
}

sbr_expr sbr_expr_exact_div(sbr_exprs *exprs, sbr_expr a, sbr_expr b)
{
    if (a == SBR_EXPR_NONE || b == SBR_EXPR_NONE) return SBR_EXPR_NONE;
    sum from = {0}, by = {0}, result = {0};
    if (sum_of(exprs, a, 1, &from) != FITS || sum_of(exprs, b, 1, &by) != FITS || by.count != 1 || by.terms[0].factor <= 0)
        return SBR_EXPR_NONE;
    for (uint32_t i = 0; i < from.count; i++) {
        term each = from.terms[i];
        if (!term_divide(&each, &by.terms[0]) || sum_add_term(&result, &each) != FITS) return SBR_EXPR_NONE;
    }
    return sum_build(exprs, &result);
}

static sbr_range range_of_sum(const sbr_exprs *exprs, const sum *from)
{
    sbr_range total = {0, 0};
    for (uint32_t i = 0; i < from->count; i++) {
        sbr_range product = {from->terms[i].factor, from->terms[i].factor};
        for (uint32_t k = 0; k < from->terms[i].count; k++)
            product = sbr_range_mul(product, sbr_expr_range(exprs, from->terms[i].atoms[k]));
        total = sbr_range_add(total, product);
    }
    return total;
}

/* a - b, without making nodes for it. */
static bool difference_sum(const sbr_exprs *exprs, sbr_expr a, sbr_expr b, sum *from)
{
    *from = (sum){0};
    return sum_of(exprs, a, 1, from) == FITS && sum_of(exprs, b, -1, from) == FITS;
}

static sbr_range difference(const sbr_exprs *exprs, sbr_expr a, sbr_expr b)
{
    sum from;
    return difference_sum(exprs, a, b, &from) ? range_of_sum(exprs, &from) : (sbr_range){INT64_MIN, INT64_MAX};
}

/* A bound of the term from below in what it is made of: d * floor(e / d) is at most e and at least e - (d - 1); a minimum is at most either operand, a
 * maximum at least either. */
static outcome add_bound(const sbr_exprs *exprs, const term *of, bool second, sum *to)
{
    const sbr_expr_node *node = of->count == 1 ? &exprs->nodes.data[of->atoms[0]] : NULL;
    int64_t divisor = 0;
    if (node && ((node->kind == SBR_EXPR_MIN && of->factor < 0) || (node->kind == SBR_EXPR_MAX && of->factor > 0)))
        return sum_of(exprs, second ? node->b : node->a, of->factor, to);
    if (!node || node->kind != SBR_EXPR_DIV || !sbr_expr_is_number(exprs, node->b, &divisor) || of->factor % divisor != 0) return sum_add_term(to, of);
    const int64_t times = of->factor / divisor;
    term rest = {0};
    if (times > 0 && !sbr_mul_i64(times, 1 - divisor, &rest.factor)) return OVERFLOWS;
    const outcome done = sum_of(exprs, node->a, times, to);
    return done == FITS ? sum_add_term(to, &rest) : done;
}

/* Whether a bound that cancels what terms have in common, as in n >= 2 * floor(n / 2) or n >= min(m, n), is at least 0. */
static bool is_at_least_0(const sbr_exprs *exprs, const sum *from, bool second)
{
    sum bound = {0};
    for (uint32_t i = 0; i < from->count; i++)
        if (add_bound(exprs, &from->terms[i], second, &bound) != FITS) return false;
    return range_of_sum(exprs, &bound).least >= 0;
}

sbr_expr sbr_expr_min(sbr_exprs *exprs, sbr_expr a, sbr_expr b)
{
    if (a == SBR_EXPR_NONE || b == SBR_EXPR_NONE) return SBR_EXPR_NONE;
    const sbr_range gap = difference(exprs, a, b);
    if (gap.most <= 0) return a;
    if (gap.least >= 0) return b;
    return ordered(exprs, SBR_EXPR_MIN, a, b);
}

sbr_expr sbr_expr_max(sbr_exprs *exprs, sbr_expr a, sbr_expr b)
{
    if (a == SBR_EXPR_NONE || b == SBR_EXPR_NONE) return SBR_EXPR_NONE;
    const sbr_range gap = difference(exprs, a, b);
    if (gap.least >= 0) return a;
    if (gap.most <= 0) return b;
    return ordered(exprs, SBR_EXPR_MAX, a, b);
}

bool sbr_expr_at_least(const sbr_exprs *exprs, sbr_expr a, sbr_expr b)
{
    sum from;
    if (a == SBR_EXPR_NONE || b == SBR_EXPR_NONE || !difference_sum(exprs, a, b, &from)) return false;
    return range_of_sum(exprs, &from).least >= 0 || is_at_least_0(exprs, &from, false) || is_at_least_0(exprs, &from, true);
}
