/* What rules say where a derivative is a choice or a limit: kinks, ties, repeated indices, zeros of products, poles; and the digamma function.
 * suite: host */
#include "test_grad.h"

TestSuite(grad_values, .init = open_grad, .fini = close_grad);

static sabir_value given(int64_t count, const double *numbers)
{
    const sabir_value x = IN(count);
    for (int64_t k = 0; k < count; k++) input_of(x)->data[k] = numbers[k];
    return x;
}
#define GIVEN(...) given((int64_t)SBR_COUNT(((const double[]){__VA_ARGS__})), (const double[]){__VA_ARGS__})

/* The seed is 1, 2, 4, ... by element of y (a vector, or one number), so that a sum of gradients tells whose they are. */
static sabir_value gradient_of(sabir_value y, sabir_value x)
{
    static const double powers[] = {1, 2, 4, 8, 16, 32, 64, 128};
    const sabir_value seed = sabir_constant(g, SABIR_F64, sabir_value_shape(y), powers);
    sabir_value grad;
    MUST(sabir_vjp(g, &y, &seed, 1, &x, 1, NULL, &grad));
    return grad;
}

static void expect(int line, int output, int count, const double *numbers)
{
    for (int k = 0; k < count; k++) {
        const double got = at(output, k);
        const bool same = isnan(numbers[k]) ? isnan(got) : isinf(numbers[k]) ? got == numbers[k] : fabs(got - numbers[k]) <= 1e-12 * fmax(1, fabs(numbers[k]));
        cr_expect(same, "line %d, element %d: %.17g instead of %.17g", line, k, got, numbers[k]);
    }
}
#define EXPECT(output, ...) expect(__LINE__, (output), (int)SBR_COUNT(((const double[]){__VA_ARGS__})), (const double[]){__VA_ARGS__})

/* ---- Kinks and poles ---- */

Test(grad_values, kinks_have_one_side)
{
    const sabir_value x = GIVEN(-1, 0, 2), low = GIVEN(-1), high = GIVEN(2);
    const int of_abs = out(gradient_of(sabir_abs(g, x), x)), of_relu = out(gradient_of(sabir_relu(g, x), x));
    const sabir_value clamped = sabir_clamp(g, x, low, high);
    const int of_clamp = out(gradient_of(clamped, x)), of_low = out(gradient_of(clamped, low)), of_high = out(gradient_of(clamped, high));
    run();
    EXPECT(of_abs, -1, 0, 4);
    EXPECT(of_relu, 0, 0, 4);
    EXPECT(of_clamp, 1, 2, 4); /* x takes it at both bounds */
    EXPECT(of_low, 0);
    EXPECT(of_high, 0);
}

Test(grad_values, poles_follow_the_formula)
{
    const sabir_value x = GIVEN(0, 4), base = GIVEN(0, -2, 3), power = GIVEN(2, 3, 0);
    const int of_sqrt = out(gradient_of(sabir_sqrt(g, x), x)), of_rsqrt = out(gradient_of(sabir_rsqrt(g, x), x)), of_log = out(gradient_of(sabir_log(g, x), x));
    const sabir_value raised = sabir_pow(g, base, power);
    const int of_base = out(gradient_of(raised, base)), of_power = out(gradient_of(raised, power));
    run();
    EXPECT(of_sqrt, INFINITY, 0.5);
    EXPECT(of_rsqrt, -INFINITY, -0.125);
    EXPECT(of_log, INFINITY, 0.5);
    EXPECT(of_base, 0, 24, 0);
    EXPECT(of_power, NAN, NAN, 4.3944491546724391); /* 0 log 0, log -2, 4 log 3 */
}

/* ---- Ties: the first takes all ---- */

Test(grad_values, ties_of_two_operands)
{
    const sabir_value x = GIVEN(1, 2, 3), y = GIVEN(1, 3, 2), most = sabir_maximum(g, x, y), least = sabir_minimum(g, x, y);
    const int numbers[] = {out(gradient_of(most, x)), out(gradient_of(most, y)), out(gradient_of(least, x)), out(gradient_of(least, y))};
    run();
    EXPECT(numbers[0], 1, 0, 4);
    EXPECT(numbers[1], 0, 2, 0);
    EXPECT(numbers[2], 1, 2, 0);
    EXPECT(numbers[3], 0, 0, 4);
}

Test(grad_values, ties_along_an_axis)
{
    const sabir_value x = GIVEN(1, 3, 3, 1, 2), rows = sabir_reshape(g, x, SABIR_SHAPE(1, 1, 5));
    const int of_max = out(gradient_of(sabir_max(g, x, SABIR_INTS(0)), x)), of_min = out(gradient_of(sabir_min(g, x, SABIR_ALL_AXES), x));
    const int of_sort = out(gradient_of(sabir_sort(g, x, 0, 0, NULL), x)), of_sort_back = out(gradient_of(sabir_sort(g, x, 0, 1, NULL), x));
    const int of_top = out(gradient_of(sabir_top_k(g, x, 2, NULL), x)), of_largest = out(gradient_of(sabir_top_k(g, x, 1, NULL), x));
    const sabir_value pooled = sabir_max_pool(g, rows, &(sabir_pool_attrs){.window = {2}, .stride = {1}, .before = {1}});
    const int of_pool = out(gradient_of(sabir_reshape(g, pooled, SABIR_SHAPE(5)), x));
    run();
    EXPECT(of_max, 0, 1, 0, 0, 0);
    EXPECT(of_min, 1, 0, 0, 0, 0);
    EXPECT(of_sort, 1, 8, 16, 2, 4);
    EXPECT(of_sort_back, 8, 1, 2, 16, 4);
    EXPECT(of_top, 0, 1, 2, 0, 0);
    EXPECT(of_largest, 0, 1, 0, 0, 0);
    EXPECT(of_pool, 1, 2 + 4, 8, 0, 16);
}

Test(grad_values, ties_of_segments_and_updates)
{
    static const int32_t at_rows[] = {0, 3, 3, 5}, at[] = {0, 1, 0, 2, 5};
    const sabir_value x = GIVEN(2, 2, 1, 0, 0), old = GIVEN(1, 5, 0), updates = GIVEN(4, 5, 4, 0, 9);
    const sabir_value rows = sabir_constant(g, SABIR_I32, SABIR_SHAPE(4), at_rows), indices = sabir_constant(g, SABIR_I32, SABIR_SHAPE(5), at);
    const int of_segment = out(gradient_of(sabir_segment_max(g, x, rows), x));
    const sabir_value most = sabir_scatter_max(g, old, indices, updates, 0), last = sabir_scatter_set(g, old, indices, updates, 0);
    const int numbers[] = {out(gradient_of(most, old)), out(gradient_of(most, updates)), out(gradient_of(last, old)), out(gradient_of(last, updates))};
    run();
    EXPECT(of_segment, 1, 0, 0, 4, 0);
    EXPECT(numbers[0], 0, 2, 4); /* the old value before an equal update */
    EXPECT(numbers[1], 1, 0, 0, 0, 0);
    EXPECT(numbers[2], 0, 0, 0);
    EXPECT(numbers[3], 0, 2, 1, 4, 0); /* of equal indices the last; none where the index is out of range */
}

/* ---- Products ---- */

Test(grad_values, products_with_zeros)
{
    const sabir_value one = GIVEN(2, 0, 3, 5, -1), two = GIVEN(0, 7, 0);
    const int of_one = out(gradient_of(sabir_prod(g, one, SABIR_INTS(0)), one)), of_two = out(gradient_of(sabir_prod(g, two, SABIR_INTS(0)), two));
    sabir_value y = sabir_prod(g, two, SABIR_INTS(0)), product;
    const sabir_value along = GIVEN(1, 10, 100);
    MUST(sabir_hvp(g, y, &two, &along, 1, &product));
    const int curvature = out(product);
    run();
    EXPECT(of_one, 0, -30, 0, 0, 0);
    EXPECT(of_two, 0, 0, 0);
    EXPECT(curvature, 700, 0, 7); /* d2 (a b c) = b between a and c */
}

/* ---- lgamma: values of the digamma and trigamma functions as tables have them ---- */

Test(grad_values, digamma_and_trigamma)
{
    const sabir_value x = GIVEN(1, 0.5, -0.5, -2.5, 10, 1e6, 0.25, 1e-3);
    const sabir_value digamma = gradient_of(sabir_lgamma(g, x), x), trigamma = gradient_of(digamma, x);
    const int first = out(digamma), second = out(trigamma);
    run();
    const double psi[] = {-0.57721566490153286, -1.9635100260214235, 0.036489973978576520, 1.1031566406452432, 2.2517525890667211, 13.815510057964191,
                          -4.2274535333762654, -1000.5755719318103};
    const double slope[] = {1.6449340668482264, 4.9348022005446793, 8.9348022005446793, 9.5392466449891240, 0.10516633568168575,
                            1.0000005000001667e-6, 17.197329154507110, 1000001.6425331959};
    for (int k = 0; k < 8; k++) {
        NEAR(at(first, k) / (1 << k), psi[k], 1e-13, "digamma %d", k);
        NEAR(at(second, k) / (1 << k) / (1 << k), slope[k], 1e-12, "trigamma %d", k);
    }
}
