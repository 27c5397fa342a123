/* Fourier transforms, tridiagonal systems and interpolation in the reference. suite: host, timeout: 60 */
#include "test_ref.h"

TestSuite(ref_transform, .init = ref_init, .fini = ref_fini);

static sbr_ref_tensor fft(sbr_ref_tensor x, int64_t axis, int32_t inverse, double scale)
{
    const sabir_fft_attrs attrs = {SABIR_INTS(axis), inverse, scale};
    return RUN_SHAPED(fft, &attrs, SABIR_F64, sabir_shape_make(x.rank, x.extents), x);
}

/* By the definition, for every kind of factor. */
Test(ref_transform, fft_is_the_sum_it_stands_for)
{
    for (int64_t n = 1; n <= 60; n++) {
        const sbr_ref_tensor x = DRAWN((n, 2), (uint64_t)n), got = fft(x, 0, 0, 1);
        for (int64_t k = 0; k < n; k++) {
            double re = 0, im = 0;
            for (int64_t j = 0; j < n; j++) {
                const double angle = -2 * acos(-1.0) * (double)(j * k % n) / (double)n;
                re += x.f[2 * j] * cos(angle) - x.f[2 * j + 1] * sin(angle);
                im += x.f[2 * j] * sin(angle) + x.f[2 * j + 1] * cos(angle);
            }
            cr_assert(fabs(got.f[2 * k] - re) < 1e-12 && fabs(got.f[2 * k + 1] - im) < 1e-12, "n %lld, term %lld", (long long)n, (long long)k);
        }
    }
}

Test(ref_transform, fft_there_and_back)
{
    const sbr_ref_tensor x = DRAWN((3, 12, 5, 2), 1);
    EXPECT_SAME(fft(fft(x, 1, 0, 1), 1, 1, 1.0 / 12), x, 1e-14);
    const sabir_fft_attrs both = {SABIR_INTS(1, 2), 0, 1};
    EXPECT_SAME(RUN(fft, &both, SABIR_F64, (3, 12, 5, 2), x), fft(fft(x, 2, 0, 1), 1, 0, 1), 1e-13);
}

/* The sum of squares of a transform is n times that of the elements. */
Test(ref_transform, fft_keeps_energy)
{
    const sbr_ref_tensor x = DRAWN((77, 2), 2), y = fft(x, 0, 0, 1);
    cr_assert_float_eq(ref_dot(&y, &y), 77 * ref_dot(&x, &x), 1e-10);
}

static sbr_ref_tensor solve(const sbr_ref_tensor *system, int32_t transposed)
{
    const sabir_tridiagonal_attrs attrs = {1, transposed};
    return RUN(tridiagonal, &attrs, SABIR_F64, (3, 9, 2), system[0], system[1], system[2], system[3]);
}

Test(ref_transform, tridiagonal_solves)
{
    sbr_ref_tensor system[4] = {DRAWN((3, 9, 2), 3), DRAWN((3, 9, 2), 4), DRAWN((3, 9, 2), 5), DRAWN((3, 9, 2), 6)};
    for (int64_t k = 0; k < system[1].count; k++) system[1].f[k] += 4;
    for (int32_t transposed = 0; transposed < 2; transposed++) {
        const sbr_ref_tensor x = solve(system, transposed);
        for (int64_t k = 0; k < x.count; k++) {
            const int64_t row = k / 2 % 9;
            double left = system[1].f[k] * x.f[k];
            if (row > 0) left += (transposed ? system[2].f[k - 2] : system[0].f[k]) * x.f[k - 2];
            if (row < 8) left += (transposed ? system[0].f[k + 2] : system[2].f[k]) * x.f[k + 2];
            cr_assert_float_eq(left, system[3].f[k], 1e-13, "transposed %d, element %lld", transposed, (long long)k);
        }
    }
}

#define SAMPLE(shape, attrs, x, positions) RUN(interpolate, attrs, SABIR_F64, shape, x, positions)

Test(ref_transform, interpolation_between_and_beyond)
{
    const sbr_ref_tensor x = F32((4), 1, 2, 4, 8), at = F32((1, 7), 0, 0.5, 2.25, 3, -1, 9, NAN);
    EXPECT(SAMPLE((7), ATTRS(interpolate, .axes = 1), x, at), 1, 1.5, 5, 8, 1, 8, NAN);
    EXPECT(SAMPLE((7), ATTRS(interpolate, .axes = 1, .derivative = {1}), x, at), 1, 1, 4, 0, 0, 0, NAN);
    EXPECT(SAMPLE((7), ATTRS(interpolate, .axes = 1, .periodic = {1}), x, at), 1, 1.5, 5, 8, 8, 2, NAN);
    EXPECT(SAMPLE((2), ATTRS(interpolate, .axes = 1), F32((0), 0), F32((1, 2), 0, 1)), 0, 0);
}

/* Linear interpolation is exact for products of linear functions, cubic for quadratic ones away from edges. */
Test(ref_transform, interpolation_of_polynomials)
{
    sbr_ref_tensor x = ref_empty(SABIR_F64, SABIR_SHAPE(6, 7)), y = ref_empty(SABIR_F64, SABIR_SHAPE(6, 7)),
                   at = ref_empty(SABIR_F64, SABIR_SHAPE(2, 9));
    uint64_t state = 9;
    for (int64_t k = 0; k < 42; k++) {
        const int64_t row = k / 7;
        const double a = (double)row, c = (double)(k % 7);
        x.f[k] = (2 * a - 1) * (3 - c);
        y.f[k] = (a * a - a) * (c * c + 2);
    }
    for (int64_t k = 0; k < 9; k++) at.f[k] = 2.5 + ref_number(&state), at.f[9 + k] = 3 + ref_number(&state);
    const sbr_ref_tensor linear = SAMPLE((9), ATTRS(interpolate, .axes = 2), x, at);
    const sbr_ref_tensor cubic = SAMPLE((9), ATTRS(interpolate, .axes = 2, .order = SABIR_INTERPOLATE_CUBIC), y, at);
    const sbr_ref_tensor slope = SAMPLE((9), ATTRS(interpolate, .axes = 2, .order = SABIR_INTERPOLATE_CUBIC, .derivative = {1, 2}), y, at);
    for (int64_t k = 0; k < 9; k++) {
        const double a = at.f[k], c = at.f[9 + k];
        cr_assert_float_eq(linear.f[k], (2 * a - 1) * (3 - c), 1e-13);
        cr_assert_float_eq(cubic.f[k], (a * a - a) * (c * c + 2), 1e-12);
        cr_assert_float_eq(slope.f[k], (2 * a - 1) * 2, 1e-12);
    }
}
