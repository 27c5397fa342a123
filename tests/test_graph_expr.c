/* Extent expressions: canonical forms, bounds, evaluation, texts. suite: host */
#include <criterion/criterion.h>

#include "graph/expr.h"

static sabir_allocator allocator;
static sbr_exprs pool;
static sbr_expr n, m;

static void begin(void)
{
    allocator = sbr_allocator_or_default((sabir_allocator){0});
    sbr_exprs_init(&pool, &allocator);
    n = sbr_expr_dim(&pool, "n", 1, 100);
    m = sbr_expr_dim(&pool, "m", 0, 50);
}

static void end(void) { sbr_exprs_free(&pool); }

TestSuite(expr, .init = begin, .fini = end);

static sbr_expr num(int64_t number) { return sbr_expr_number(&pool, number); }
static sbr_expr add(sbr_expr a, sbr_expr b) { return sbr_expr_add(&pool, a, b); }
static sbr_expr mul(sbr_expr a, sbr_expr b) { return sbr_expr_mul(&pool, a, b); }
static sbr_expr sub(sbr_expr a, sbr_expr b) { return sbr_expr_sub(&pool, a, b); }
static sbr_expr quo(sbr_expr a, int64_t b) { return sbr_expr_div(&pool, a, b); }

static void prints(sbr_expr expr, const char *expected)
{
    char text[128];
    sbr_expr_print(&pool, expr, text, sizeof text);
    cr_assert_str_eq(text, expected);
}

Test(expr, equal_expressions_are_one)
{
    cr_assert_eq(mul(n, num(64)), mul(num(64), n));
    cr_assert_eq(mul(add(n, num(1)), num(4)), add(mul(num(4), n), num(4)));
    cr_assert_eq(mul(add(n, num(1)), m), add(mul(m, n), m));
    cr_assert_eq(add(n, add(m, num(3))), add(add(num(1), m), add(n, num(2))));
    cr_assert_eq(sub(add(n, m), n), m);
    cr_assert_eq(sub(n, n), num(0));
    cr_assert_eq(mul(mul(n, m), num(6)), mul(mul(num(2), m), mul(num(3), n)));
    cr_assert_eq(mul(add(n, m), sub(n, m)), sub(mul(n, n), mul(m, m)));
    cr_assert_neq(add(n, num(1)), add(m, num(1)));
}

Test(expr, quotients)
{
    cr_assert_eq(quo(mul(n, num(4)), 4), n);
    cr_assert_eq(quo(add(mul(n, num(4)), num(3)), 4), n);
    cr_assert_eq(quo(add(mul(n, num(4)), num(-1)), 4), sub(n, num(1)));
    cr_assert_eq(quo(add(mul(n, num(2)), num(1)), 4), quo(n, 2));
    cr_assert_eq(quo(quo(n, 2), 3), quo(n, 6));
    cr_assert_eq(quo(add(n, num(7)), 2), add(quo(add(n, num(1)), 2), num(3)));
    cr_assert_eq(sbr_expr_ceil_div(&pool, n, 1), n);
    cr_assert_eq(sbr_expr_ceil_div(&pool, num(7), 2), num(4));
    cr_assert_eq(quo(num(-7), 2), num(-4));
    cr_assert_eq(sbr_expr_exact_div(&pool, mul(mul(n, m), num(6)), mul(n, num(3))), mul(m, num(2)));
    cr_assert_eq(sbr_expr_exact_div(&pool, add(mul(n, num(6)), num(3)), num(3)), add(mul(n, num(2)), num(1)));
    cr_assert_eq(sbr_expr_exact_div(&pool, n, m), SBR_EXPR_NONE);
    cr_assert_eq(sbr_expr_exact_div(&pool, add(n, num(1)), num(2)), SBR_EXPR_NONE);
    cr_assert_eq(quo(n, 0), SBR_EXPR_NONE);
}

Test(expr, minima_and_maxima_fold_where_bounds_tell)
{
    cr_assert_eq(sbr_expr_max(&pool, n, num(0)), n);
    cr_assert_eq(sbr_expr_max(&pool, add(n, num(1)), n), add(n, num(1)));
    cr_assert_eq(sbr_expr_min(&pool, n, num(100)), n);
    cr_assert_eq(sbr_expr_min(&pool, n, n), n);
    cr_assert_eq(sbr_expr_min(&pool, num(3), num(4)), num(3));
    cr_assert_eq(sbr_expr_min(&pool, n, m), sbr_expr_min(&pool, m, n));
    cr_assert(sbr_expr_at_least(&pool, add(n, num(1)), n));
    cr_assert_not(sbr_expr_at_least(&pool, n, m));
    cr_assert(sbr_expr_at_least(&pool, add(n, m), m));
    const sbr_expr even = sbr_expr_mul(&pool, num(2), sbr_expr_div(&pool, n, 2));
    cr_assert(sbr_expr_at_least(&pool, n, even));
    cr_assert(sbr_expr_at_least(&pool, add(even, num(1)), n));
    cr_assert_not(sbr_expr_at_least(&pool, even, n));
    const sbr_expr smaller = sbr_expr_min(&pool, n, m);
    cr_assert(sbr_expr_at_least(&pool, n, smaller));
    cr_assert(sbr_expr_at_least(&pool, m, smaller));
    cr_assert(sbr_expr_at_least(&pool, sbr_expr_max(&pool, n, m), m));
    cr_assert_not(sbr_expr_at_least(&pool, smaller, n));
}

Test(expr, bounds)
{
    cr_assert_eq(sbr_expr_largest(&pool, add(mul(n, m), num(1))), 5001);
    cr_assert_eq(sbr_expr_largest(&pool, sub(n, m)), 100);
    cr_assert_eq(pool.nodes.data[sub(n, m)].least, -49);
    cr_assert_eq(sbr_expr_largest(&pool, quo(n, 3)), 33);
    cr_assert_eq(sbr_expr_largest(&pool, sbr_expr_min(&pool, n, m)), 50);
    const sbr_expr huge = sbr_expr_dim(&pool, "huge", 0, INT64_MAX - 1);
    cr_assert_eq(sbr_expr_largest(&pool, mul(huge, huge)), -1);
    cr_assert_eq(sbr_expr_largest(&pool, quo(mul(huge, num(3)), 2)), -1, "an overflow inside stays one");
    cr_assert_eq(mul(num(INT64_MAX), num(2)), SBR_EXPR_NONE);
    cr_assert_eq(add(SBR_EXPR_NONE, n), SBR_EXPR_NONE);
    cr_assert_not(pool.failed);
}

Test(expr, texts)
{
    prints(add(mul(n, num(2)), num(1)), "2*n+1");
    prints(sub(n, num(3)), "n-3");
    prints(sub(num(3), n), "-n+3");
    prints(mul(n, m), "n*m");
    prints(quo(add(n, num(1)), 2), "(n+1)/2");
    prints(mul(quo(n, 2), num(4)), "4*(n/2)");
    prints(sbr_expr_min(&pool, n, m), "min(n, m)");
    prints(num(-7), "-7");
    char small[4];
    sbr_expr_print(&pool, add(mul(n, num(2)), num(1)), small, sizeof small);
    cr_assert_str_eq(small, "2*n");
}

/* Random expressions: whatever form the makers choose, it has the value of what was asked for, within its bounds. */
Test(expr, forms_keep_values)
{
    enum { STEPS = 300, TRIALS = 40 };
    static sbr_expr made[STEPS];
    static int64_t wanted[STEPS][TRIALS];
    int64_t dims[TRIALS][2];
    uint64_t state = 1;
    for (int t = 0; t < TRIALS; t++) dims[t][0] = 1 + (t * 37) % 100, dims[t][1] = (t * 23) % 51;
    int count = 0;
    while (count < STEPS) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const unsigned pick = (unsigned)(state >> 33), kind = pick % 8, by = 1 + (pick >> 20) % 7;
        const int a = count ? (int)(pick >> 3) % count : 0, b = count ? (int)(pick >> 9) % count : 0;
        sbr_expr expr = count < 2   ? (count ? m : n)
                        : kind == 7 ? num((int64_t)(pick >> 5) % 9 - 4)
                        : kind < 2  ? add(made[a], made[b])
                        : kind == 2 ? sub(made[a], made[b])
                        : kind == 3 ? quo(made[a], by)
                        : kind == 4 ? sbr_expr_min(&pool, made[a], made[b])
                        : kind == 5 ? sbr_expr_max(&pool, made[a], made[b])
                                    : mul(made[a], made[b]);
        cr_assert_neq(expr, SBR_EXPR_NONE);
        const int64_t top = pool.nodes.data[expr].most, bottom = pool.nodes.data[expr].least;
        if (top > 1000000 || bottom < -1000000) continue;
        for (int t = 0; t < TRIALS; t++) {
            const int64_t x = wanted[a][t], y = wanted[b][t];
            int64_t number = 0;
            (void)sbr_expr_is_number(&pool, expr, &number);
            wanted[count][t] = count < 2 ? dims[t][count] : kind == 7 ? number : kind < 2 ? x + y : kind == 2 ? x - y
                               : kind == 3 ? (x - ((x % by + by) % by)) / by : kind == 4 ? (x < y ? x : y) : kind == 5 ? (x > y ? x : y) : x * y;
        }
        made[count++] = expr;
    }
    int64_t *values = calloc(pool.nodes.count, sizeof *values);
    cr_assert_not_null(values);
    for (int t = 0; t < TRIALS; t++) {
        cr_assert(sbr_exprs_evaluate(&pool, dims[t], values));
        for (int i = 0; i < STEPS; i++) {
            const sbr_expr_node *node = &pool.nodes.data[made[i]];
            cr_assert_eq(values[made[i]], wanted[i][t], "expression %d of trial %d", i, t);
            cr_assert(node->least <= values[made[i]] && values[made[i]] <= node->most);
        }
    }
    free(values);
}

Test(expr, evaluation_sees_overflow)
{
    const sbr_expr huge = sbr_expr_dim(&pool, "huge", 0, INT64_MAX - 1);
    (void)mul(huge, huge);
    int64_t values[16];
    cr_assert_lt(pool.nodes.count, 16);
    cr_assert(sbr_exprs_evaluate(&pool, (const int64_t[]){1, 1, 5}, values));
    cr_assert_not(sbr_exprs_evaluate(&pool, (const int64_t[]){1, 1, INT64_MAX - 1}, values));
}

/* Sums of more terms than the algebra takes on are kept as they are. */
Test(expr, large_sums_still_work)
{
    sbr_expr total = num(0), twice;
    int64_t dims[32] = {0}, expected = 0;
    for (int i = 2; i < 30; i++) {
        total = add(total, mul(n, sbr_expr_dim(&pool, "d", 0, 10)));
        dims[i] = i % 11;
        expected += 3 * dims[i];
    }
    dims[0] = 3;
    twice = mul(total, num(2));
    int64_t *values = calloc(pool.nodes.count, sizeof *values);
    cr_assert(sbr_exprs_evaluate(&pool, dims, values));
    cr_assert_eq(values[total], expected);
    cr_assert_eq(values[twice], 2 * expected);
    free(values);
}

Test(expr, copies_keep_ids)
{
    const sbr_expr product = mul(n, m);
    sbr_exprs copy;
    sbr_exprs_init(&copy, &allocator);
    cr_assert_eq(sbr_exprs_copy(&copy, &pool), SABIR_OK);
    cr_assert_eq(sbr_expr_mul(&copy, m, n), product);
    sbr_exprs_free(&copy);
}
