/* Elementwise operators of the reference. suite: host, timeout: 60 */
#include "test_ref.h"

TestSuite(ref_elementwise, .init = ref_init, .fini = ref_fini);

#define ON_F32(op, count, ...) RUN(op, NULL, SABIR_F32, (count), __VA_ARGS__)
#define ON_I32(op, count, ...) RUN(op, NULL, SABIR_I32, (count), __VA_ARGS__)

Test(ref_elementwise, signs_and_rounding)
{
    const sbr_ref_tensor x = F32((8), -2.5, -0.5, 0.5, 1.5, 2.5, 3.7, NAN, -INFINITY);
    EXPECT(ON_F32(neg, 8, x), 2.5, 0.5, -0.5, -1.5, -2.5, -3.7, NAN, INFINITY);
    EXPECT(ON_F32(abs, 8, x), 2.5, 0.5, 0.5, 1.5, 2.5, 3.7, NAN, INFINITY);
    EXPECT(ON_F32(sign, 8, x), -1, -1, 1, 1, 1, 1, NAN, -1);
    EXPECT(ON_F32(floor, 8, x), -3, -1, 0, 1, 2, 3, NAN, -INFINITY);
    EXPECT(ON_F32(ceil, 8, x), -2, 0, 1, 2, 3, 4, NAN, -INFINITY);
    EXPECT(ON_F32(round, 8, x), -2, 0, 0, 2, 2, 4, NAN, -INFINITY);
    EXPECT(ON_F32(trunc, 8, x), -2, 0, 0, 1, 2, 3, NAN, -INFINITY);
    EXPECT(ON_F32(relu, 8, x), 0, 0, 0.5, 1.5, 2.5, 3.7, NAN, 0);
    EXPECT(ON_F32(square, 3, F32((3), -3, 0, 4)), 9, 0, 16);
    EXPECT(ON_F32(round, 2, F32((2), 0x1p60, 4503599627370497.0)), 0x1p60, 4503599627370497.0);
}

Test(ref_elementwise, known_values)
{
    const double e = 2.71828182845904523536, pi = 3.14159265358979323846;
    EXPECT_NEAR(ON_F32(sqrt, 3, F32((3), 4, 0, -1)), 1e-15, 2, 0, NAN);
    EXPECT_NEAR(ON_F32(rsqrt, 2, F32((2), 4, 0)), 1e-15, 0.5, INFINITY);
    EXPECT_NEAR(ON_F32(reciprocal, 2, F32((2), 4, 0)), 1e-15, 0.25, INFINITY);
    EXPECT_NEAR(ON_F32(exp, 3, F32((3), 0, 1, -INFINITY)), 1e-15, 1, e, 0);
    EXPECT_NEAR(ON_F32(expm1, 2, F32((2), 1e-10, 1)), 1e-15, 1.00000000005e-10, e - 1);
    EXPECT_NEAR(ON_F32(log, 4, F32((4), 1, e, 0, -1)), 1e-15, 0, 1, -INFINITY, NAN);
    EXPECT_NEAR(ON_F32(log1p, 2, F32((2), 0, e - 1)), 1e-15, 0, 1);
    EXPECT_NEAR(ON_F32(sin, 2, F32((2), 0, pi / 6)), 1e-15, 0, 0.5);
    EXPECT_NEAR(ON_F32(cos, 2, F32((2), 0, pi / 3)), 1e-15, 1, 0.5);
    EXPECT_NEAR(ON_F32(tan, 2, F32((2), 0, pi / 4)), 1e-15, 0, 1);
    EXPECT_NEAR(ON_F32(asin, 2, F32((2), 0.5, 2)), 1e-15, pi / 6, NAN);
    EXPECT_NEAR(ON_F32(acos, 2, F32((2), 0.5, -2)), 1e-15, pi / 3, NAN);
    EXPECT_NEAR(ON_F32(atan, 2, F32((2), 1, INFINITY)), 1e-15, pi / 4, pi / 2);
    EXPECT_NEAR(ON_F32(tanh, 2, F32((2), 0.5, INFINITY)), 1e-15, (e - 1) / (e + 1), 1);
    EXPECT_NEAR(ON_F32(erf, 2, F32((2), 0.5, -INFINITY)), 1e-15, 0.52049987781304653768, -1);
    EXPECT_NEAR(ON_F32(lgamma, 5, F32((5), 1, 5, 0.5, -0.5, 0)), 1e-15, 0, log(24), log(pi) / 2, log(2 * sqrt(pi)), INFINITY);
    EXPECT_NEAR(ON_F32(sigmoid, 4, F32((4), 0, 1, -1000, 1000)), 1e-15, 0.5, e / (e + 1), 0, 1);
    EXPECT_NEAR(ON_F32(gelu, 4, F32((4), 0, 1, -1, 100)), 1e-15, 0, 0.84134474606854294859, -0.15865525393145705141, 100);
    EXPECT_NEAR(ON_F32(silu, 3, F32((3), 0, 1, 1000)), 1e-15, 0, e / (e + 1), 1000);
    EXPECT_NEAR(ON_F32(softplus, 5, F32((5), 0, 1000, -1000, 1, NAN)), 1e-15, log(2), 1000, 0, log(1 + e), NAN);
    EXPECT_NEAR(ON_F32(pow, 3, F32((3), 2, 9, -8), F32((3), 10, 0.5, 3)), 1e-15, 1024, 3, -512);
    EXPECT_NEAR(ON_F32(atan2, 3, F32((3), 1, 1, 0), F32((3), 1, -1, -1)), 1e-15, pi / 4, 3 * pi / 4, pi);
    EXPECT_NEAR(ON_F32(logaddexp, 4, F32((4), 0, 1000, -INFINITY, INFINITY), F32((4), 0, 1000, -INFINITY, 1)), 1e-15, log(2), 1000 + log(2), -INFINITY,
                INFINITY);
}

Test(ref_elementwise, float_arithmetic)
{
    const sbr_ref_tensor x = F32((5), 5, -5, 5, -5, NAN), y = F32((5), 3, 3, -3, -3, 1);
    EXPECT(ON_F32(add, 5, x, y), 8, -2, 2, -8, NAN);
    EXPECT(ON_F32(sub, 5, x, y), 2, -8, 8, -2, NAN);
    EXPECT(ON_F32(mul, 5, x, y), 15, -15, -15, 15, NAN);
    EXPECT(ON_F32(div, 2, F32((2), 1, 1), F32((2), 4, 0)), 0.25, INFINITY);
    EXPECT(ON_F32(mod, 5, x, y), 2, 1, -1, -2, NAN);
    EXPECT(ON_F32(mod, 4, F32((4), 1, 1, -0.5, 6), F32((4), 0, INFINITY, 2, 3)), NAN, NAN, 1.5, 0);
    EXPECT(ON_F32(minimum, 5, x, y), 3, -5, -3, -5, NAN);
    EXPECT(ON_F32(maximum, 5, y, x), 5, 3, 5, -3, NAN);
    EXPECT(ON_F32(clamp, 5, F32((5), -5, 0, 5, NAN, 1), SCALAR(SABIR_F32, -1), SCALAR(SABIR_F32, 1)), -1, 0, 1, NAN, 1);
    EXPECT(ON_F32(clamp, 1, F32((1), 0), SCALAR(SABIR_F32, 3), SCALAR(SABIR_F32, 2)), 2);
}

Test(ref_elementwise, i32_wraps)
{
    const double least = -2147483648.0, greatest = 2147483647.0;
    EXPECT(ON_I32(add, 2, I32((2), greatest, 1), I32((2), 1, 2)), least, 3);
    EXPECT(ON_I32(sub, 1, I32((1), least), I32((1), 1)), greatest);
    EXPECT(ON_I32(mul, 2, I32((2), 65536, -3), I32((2), 65536, 7)), 0, -21);
    EXPECT(ON_I32(neg, 2, I32((2), least, 5)), least, -5);
    EXPECT(ON_I32(abs, 2, I32((2), least, -5)), least, 5);
    EXPECT(ON_I32(square, 1, I32((1), 46341)), -2147479015.0);
    EXPECT(ON_I32(sign, 3, I32((3), -9, 0, 9)), -1, 0, 1);
    EXPECT(ON_I32(relu, 2, I32((2), -9, 9)), 0, 9);
    EXPECT(ON_I32(div, 5, I32((5), 7, -7, 7, 5, least), I32((5), 2, 2, -2, 0, -1)), 3, -3, -3, 0, least);
    EXPECT(ON_I32(mod, 6, I32((6), 7, -7, 7, -7, 5, least), I32((6), 3, 3, -3, -3, 0, -1)), 1, 2, -2, -1, 0, 0);
    EXPECT(ON_I32(minimum, 2, I32((2), 1, -4), I32((2), 2, -5)), 1, -5);
    EXPECT(ON_I32(maximum, 2, I32((2), 1, -4), I32((2), 2, -5)), 2, -4);
    EXPECT(ON_I32(clamp, 3, I32((3), -9, 0, 9), I32((1), -2), I32((1), 3)), -2, 0, 3);
}

Test(ref_elementwise, other_widths_wrap)
{
    EXPECT(RUN(add, NULL, SABIR_U8, (2), TENSOR(SABIR_U8, (2), 255, 3), TENSOR(SABIR_U8, (2), 1, 4)), 0, 7);
    EXPECT(RUN(sub, NULL, SABIR_U32, (1), TENSOR(SABIR_U32, (1), 0), TENSOR(SABIR_U32, (1), 1)), 4294967295.0);
    EXPECT(RUN(mul, NULL, SABIR_I8, (1), TENSOR(SABIR_I8, (1), 100), TENSOR(SABIR_I8, (1), 2)), -56);
    EXPECT(RUN(div, NULL, SABIR_I8, (1), TENSOR(SABIR_I8, (1), -128), TENSOR(SABIR_I8, (1), -1)), -128);
    EXPECT(RUN(neg, NULL, SABIR_U32, (1), TENSOR(SABIR_U32, (1), 1)), 4294967295.0);
}

Test(ref_elementwise, bits)
{
    EXPECT(ON_I32(bit_not, 2, I32((2), 0, -1)), -1, 0);
    EXPECT(RUN(bit_not, NULL, SABIR_U8, (1), TENSOR(SABIR_U8, (1), 15)), 240);
    EXPECT(ON_I32(popcount, 2, I32((2), -1, 5)), 32, 2);
    EXPECT(RUN(popcount, NULL, SABIR_I8, (2), TENSOR(SABIR_I8, (2), -1, 5)), 8, 2);
    EXPECT(ON_I32(bit_and, 1, I32((1), 12), I32((1), 10)), 8);
    EXPECT(ON_I32(bit_or, 1, I32((1), 12), I32((1), 10)), 14);
    EXPECT(ON_I32(bit_xor, 1, I32((1), 12), I32((1), 10)), 6);
    EXPECT(ON_I32(shift_left, 4, I32((4), 1, 1, 1, 3), I32((4), 31, 32, 33, -1)), -2147483648.0, 1, 2, -2147483648.0);
    EXPECT(ON_I32(shift_right, 3, I32((3), -8, -8, 8), I32((3), 1, 31, 33)), -4, -1, 4);
    EXPECT(RUN(shift_right, NULL, SABIR_U32, (1), TENSOR(SABIR_U32, (1), 4294967295.0), TENSOR(SABIR_U32, (1), 31)), 1);
    EXPECT(RUN(shift_right, NULL, SABIR_U8, (2), TENSOR(SABIR_U8, (2), 255, 255), TENSOR(SABIR_U8, (2), 4, 8)), 15, 0);
    EXPECT(RUN(shift_right, NULL, SABIR_I8, (2), TENSOR(SABIR_I8, (2), -128, 127), TENSOR(SABIR_I8, (2), 9, 9)), -1, 0);
    EXPECT(RUN(shift_left, NULL, SABIR_U8, (2), TENSOR(SABIR_U8, (2), 255, 1), TENSOR(SABIR_U8, (2), 4, 8)), 240, 0);
    EXPECT(RUN(shift_left, NULL, SABIR_I8, (1), TENSOR(SABIR_I8, (1), 1), TENSOR(SABIR_I8, (1), 7)), -128);
}

#define TRUTH(op, count, ...) RUN(op, NULL, SABIR_BOOL, (count), __VA_ARGS__)

Test(ref_elementwise, truth)
{
    const sbr_ref_tensor a = BOOL((4), 0, 0, 1, 1), b = BOOL((4), 0, 1, 0, 1);
    EXPECT(TRUTH(logical_not, 4, a), 1, 1, 0, 0);
    EXPECT(TRUTH(logical_and, 4, a, b), 0, 0, 0, 1);
    EXPECT(TRUTH(logical_or, 4, a, b), 0, 1, 1, 1);
    EXPECT(TRUTH(logical_xor, 4, a, b), 0, 1, 1, 0);
    EXPECT(TRUTH(equal, 4, a, b), 1, 0, 0, 1);
    const sbr_ref_tensor x = F32((4), 1, 2, 2, NAN), y = F32((4), 2, 2, 1, NAN);
    EXPECT(TRUTH(equal, 4, x, y), 0, 1, 0, 0);
    EXPECT(TRUTH(not_equal, 4, x, y), 1, 0, 1, 1);
    EXPECT(TRUTH(less, 4, x, y), 1, 0, 0, 0);
    EXPECT(TRUTH(less_equal, 4, x, y), 1, 1, 0, 0);
    EXPECT(TRUTH(greater, 4, x, y), 0, 0, 1, 0);
    EXPECT(TRUTH(greater_equal, 4, x, y), 0, 1, 1, 0);
    EXPECT(TRUTH(is_nan, 3, F32((3), 1, NAN, INFINITY)), 0, 1, 0);
    EXPECT(TRUTH(is_finite, 3, F32((3), 1, NAN, INFINITY)), 1, 0, 0);
    EXPECT(TRUTH(greater, 1, TENSOR(SABIR_U32, (1), 4294967295.0), TENSOR(SABIR_U32, (1), 1)), 1);
    EXPECT(TRUTH(less, 2, I32((2), -1, 1), I32((2), 1, -1)), 1, 0);
}

Test(ref_elementwise, broadcasting)
{
    const sbr_ref_tensor column = F32((2, 1), 10, 20), row = F32((3), 1, 2, 3);
    EXPECT(RUN(add, NULL, SABIR_F32, (2, 3), column, row), 11, 12, 13, 21, 22, 23);
    EXPECT(RUN(sub, NULL, SABIR_F32, (2, 3), row, column), -9, -8, -7, -19, -18, -17);
    EXPECT(RUN_SHAPED(add, NULL, SABIR_F32, SABIR_SCALAR_SHAPE, SCALAR(SABIR_F32, 1), SCALAR(SABIR_F32, 2)), 3);
    EXPECT_NOTHING(RUN(add, NULL, SABIR_F32, (2, 0), column, F32((1, 0), 0)));
    EXPECT_NOTHING(RUN(add, NULL, SABIR_F32, (0, 3), F32((0, 3), 0), row));
    const sbr_ref_tensor deep = RUN(mul, NULL, SABIR_F32, (1, 2, 1, 2, 1, 1, 1, 2), F32((1, 2, 1, 1, 1, 1, 1, 2), 1, 2, 3, 4), F32((2, 1, 1, 1, 1), 1, 10));
    EXPECT(deep, 1, 2, 10, 20, 3, 4, 30, 40);
}

Test(ref_elementwise, select)
{
    EXPECT(RUN(select, NULL, SABIR_F32, (2, 2), BOOL((2, 1), 1, 0), F32((2), 1, 2), SCALAR(SABIR_F32, 9)), 1, 2, 9, 9);
    EXPECT(RUN(select, NULL, SABIR_I8, (3), BOOL((3), 1, 0, 1), TENSOR(SABIR_I8, (3), 1, 2, 3), TENSOR(SABIR_I8, (3), -1, -2, -3)), 1, -2, 3);
    EXPECT(RUN(select, NULL, SABIR_F32, (2), BOOL((2), 1, 0), F32((2), 1, NAN), F32((2), NAN, 2)), 1, 2);
}
