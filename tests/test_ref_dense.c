/* Matrix products, convolutions, pools and norms in the reference. suite: host, timeout: 60 */
#include "test_ref.h"

TestSuite(ref_dense, .init = ref_init, .fini = ref_fini);

#define AXIS(n) ATTRS(axis, n)
#define TRANSPOSED(a, b) ATTRS(matmul, a, b)

Test(ref_dense, products_of_every_orientation)
{
    const sbr_ref_tensor a = F32((2, 3), 1, 2, 3, 4, 5, 6), at = F32((3, 2), 1, 4, 2, 5, 3, 6);
    const sbr_ref_tensor b = F32((3, 2), 7, 8, 9, 10, 11, 12), bt = F32((2, 3), 7, 9, 11, 8, 10, 12);
    EXPECT(RUN(matmul, TRANSPOSED(0, 0), SABIR_F32, (2, 2), a, b), 58, 64, 139, 154);
    EXPECT(RUN(matmul, TRANSPOSED(1, 0), SABIR_F32, (2, 2), at, b), 58, 64, 139, 154);
    EXPECT(RUN(matmul, TRANSPOSED(0, 1), SABIR_F32, (2, 2), a, bt), 58, 64, 139, 154);
    EXPECT(RUN(matmul, TRANSPOSED(1, 1), SABIR_F32, (2, 2), at, bt), 58, 64, 139, 154);
}

Test(ref_dense, products_in_batches)
{
    const sbr_ref_tensor a = F32((2, 1, 1, 2), 1, 2, 3, 4), b = F32((2, 2, 1), 1, 10, 5, 7);
    EXPECT(RUN(matmul, TRANSPOSED(0, 0), SABIR_F32, (2, 2, 1, 1), a, b), 21, 19, 43, 43);
    EXPECT(RUN(matmul, TRANSPOSED(0, 0), SABIR_F32, (2, 1), F32((2, 0), 0), F32((0, 1), 0)), 0, 0);
    EXPECT_NOTHING(RUN(matmul, TRANSPOSED(0, 0), SABIR_F32, (0, 1), F32((0, 2), 0), F32((2, 1), 1, 2)));
    EXPECT(RUN(matmul, TRANSPOSED(0, 0), SABIR_I32, (1, 1), TENSOR(SABIR_I8, (1, 2), -128, 127), TENSOR(SABIR_I8, (2, 1), -128, 127)), 32513);
    EXPECT(RUN(matmul, TRANSPOSED(0, 0), SABIR_I32, (1, 1), I32((1, 1), 65536), I32((1, 1), 32768)), -2147483648.0);
}

Test(ref_dense, product_is_associative)
{
    const sbr_ref_tensor a = DRAWN((5, 7), 1), b = DRAWN((7, 3), 2), c = DRAWN((3, 4), 3);
    const sbr_ref_tensor ab = RUN(matmul, TRANSPOSED(0, 0), SABIR_F32, (5, 3), a, b), bc = RUN(matmul, TRANSPOSED(0, 0), SABIR_F32, (7, 4), b, c);
    EXPECT_SAME(RUN(matmul, TRANSPOSED(0, 0), SABIR_F32, (5, 4), ab, c), RUN(matmul, TRANSPOSED(0, 0), SABIR_F32, (5, 4), a, bc), 1e-13);
}

Test(ref_dense, convolution_along_one_axis)
{
    const sbr_ref_tensor x = F32((1, 1, 5), 1, 2, 3, 4, 5), w = F32((1, 1, 3), 1, 10, 100);
    EXPECT(RUN(conv, ATTRS(conv, 0), SABIR_F32, (1, 1, 3), x, w), 321, 432, 543);
    EXPECT(RUN(conv, ATTRS(conv, 0), SABIR_F32, (1, 1, 3), x, w, F32((1), 0.5)), 321.5, 432.5, 543.5);
    EXPECT(RUN(conv, ATTRS(conv, .before = {1}, .after = {1}, .stride = {2}), SABIR_F32, (1, 1, 3), x, w), 210, 432, 54);
    EXPECT(RUN(conv, ATTRS(conv, .dilation = {2}), SABIR_F32, (1, 1, 1), x, w), 531);
    EXPECT(RUN(conv, ATTRS(conv, .before = {2}, .periodic = 1), SABIR_F32, (1, 1, 5), x, w), 154, 215, 321, 432, 543);
    EXPECT(RUN(conv, ATTRS(conv, .before = {2}, .after = {1}), SABIR_F32, (1, 1, 1), F32((1, 1, 0), 0), w, F32((1), 3)), 3);
}

Test(ref_dense, convolution_of_channels)
{
    const sbr_ref_tensor x = F32((1, 2, 1, 2), 1, 2, 3, 4);
    EXPECT(RUN(conv, ATTRS(conv, 0), SABIR_F32, (1, 1, 1, 2), x, F32((1, 2, 1, 1), 10, 100)), 310, 420);
    const sabir_conv_attrs grouped = {.groups = 2};
    EXPECT(RUN(conv, &grouped, SABIR_F32, (1, 4, 1, 2), x, F32((4, 1, 1, 1), 1, 10, 1, 10)), 1, 2, 10, 20, 3, 4, 30, 40);
    EXPECT(RUN(conv_transpose, &grouped, SABIR_F32, (1, 4, 1, 2), x, F32((2, 2, 1, 1), 1, 10, 1, 10)), 1, 2, 10, 20, 3, 4, 30, 40);
}

Test(ref_dense, transposed_convolution)
{
    const sbr_ref_tensor x = F32((1, 1, 2), 1, 2), w = F32((1, 1, 3), 1, 10, 100);
    EXPECT(RUN(conv_transpose, ATTRS(conv, 0), SABIR_F32, (1, 1, 4), x, w), 1, 12, 120, 200);
    EXPECT(RUN(conv_transpose, ATTRS(conv, .stride = {2}), SABIR_F32, (1, 1, 5), x, w), 1, 10, 102, 20, 200);
    EXPECT(RUN(conv_transpose, ATTRS(conv, .stride = {2}, .output_extra = {1}), SABIR_F32, (1, 1, 6), x, w, F32((1), 1)), 2, 11, 103, 21, 201, 1);
    EXPECT(RUN(conv_transpose, ATTRS(conv, .stride = {2}, .before = {1}, .after = {2}), SABIR_F32, (1, 1, 2), x, w), 10, 102);
}

/* <conv x, y> = <x, conv_transpose y> with the same weights, in three dimensions with every attribute at work. */
Test(ref_dense, convolution_and_its_transpose_are_adjoint)
{
    const sabir_conv_attrs attrs = {.stride = {2, 1, 3}, .dilation = {1, 2, 1}, .before = {1, 0, 2}, .after = {0, 1, 1}, .groups = 2, .output_extra = {1, 0, 0}};
    const sbr_ref_tensor x = DRAWN((2, 4, 7, 6, 8), 4), w = DRAWN((6, 2, 3, 2, 3), 5);
    const sbr_ref_tensor there = RUN(conv, &attrs, SABIR_F32, (2, 6, 3, 5, 3), x, w), y = DRAWN((2, 6, 3, 5, 3), 6);
    const sbr_ref_tensor back = RUN(conv_transpose, &attrs, SABIR_F32, (2, 4, 7, 6, 8), y, w);
    cr_assert_float_eq(ref_dot(&there, &y), ref_dot(&x, &back), 1e-12);
}

Test(ref_dense, convolution_is_linear)
{
    const sabir_conv_attrs attrs = {.before = {1, 1}, .after = {1, 1}, .periodic = 1};
    const sbr_ref_tensor x = DRAWN((1, 2, 4, 5), 7), y = DRAWN((1, 2, 4, 5), 8), w = DRAWN((3, 2, 3, 3), 9);
    const sbr_ref_tensor both = RUN(conv, &attrs, SABIR_F32, (1, 3, 4, 5), RUN(add, NULL, SABIR_F32, (1, 2, 4, 5), x, y), w);
    const sbr_ref_tensor of_x = RUN(conv, &attrs, SABIR_F32, (1, 3, 4, 5), x, w), of_y = RUN(conv, &attrs, SABIR_F32, (1, 3, 4, 5), y, w);
    EXPECT_SAME(both, RUN(add, NULL, SABIR_F32, (1, 3, 4, 5), of_x, of_y), 1e-13);
}

Test(ref_dense, pools)
{
    const sbr_ref_tensor x = F32((1, 1, 5), 1, 5, 2, 8, 3);
    EXPECT(RUN(max_pool, ATTRS(pool, .window = {2}), SABIR_F32, (1, 1, 2), x), 5, 8);
    EXPECT(RUN(max_pool, ATTRS(pool, .window = {3}, .stride = {1}, .before = {1}, .after = {1}), SABIR_F32, (1, 1, 5), x), 5, 5, 8, 8, 8);
    EXPECT(RUN(max_pool, ATTRS(pool, .window = {2}, .stride = {1}, .dilation = {3}), SABIR_F32, (1, 1, 2), x), 8, 5);
    EXPECT(RUN(avg_pool, ATTRS(pool, .window = {2}), SABIR_F32, (1, 1, 2), x), 3, 5);
    const sabir_pool_attrs padded = {.window = {2}, .before = {1}, .count_padding = 0}, counted = {.window = {2}, .before = {1}, .count_padding = 1};
    EXPECT(RUN(avg_pool, &padded, SABIR_F32, (1, 1, 3), x), 1, 3.5, 5.5);
    EXPECT(RUN(avg_pool, &counted, SABIR_F32, (1, 1, 3), x), 0.5, 3.5, 5.5);
    EXPECT(RUN(max_pool, ATTRS(pool, .window = {2, 2}), SABIR_I32, (1, 1, 1, 1), I32((1, 1, 2, 2), -4, -3, -2, -9)), -2);
    EXPECT(RUN(max_pool, ATTRS(pool, .window = {2}), SABIR_F32, (1, 1, 1), F32((1, 1, 2), NAN, 1)), NAN);
}

Test(ref_dense, windows_of_padding_alone)
{
    const sabir_pool_attrs attrs = {.window = {1}, .stride = {1}, .before = {1}};
    EXPECT(RUN(max_pool, &attrs, SABIR_F32, (1, 1, 2), F32((1, 1, 1), 4)), -INFINITY, 4);
    EXPECT(RUN(max_pool, &attrs, SABIR_I32, (1, 1, 2), I32((1, 1, 1), 4)), -2147483648.0, 4);
    EXPECT(RUN(avg_pool, &attrs, SABIR_F32, (1, 1, 2), F32((1, 1, 1), 4)), 0, 4);
}

Test(ref_dense, softmax)
{
    const sbr_ref_tensor x = F32((2, 2), 0, log(3), 1000, 1000);
    EXPECT_NEAR(RUN(softmax, AXIS(1), SABIR_F32, (2, 2), x), 1e-15, 0.25, 0.75, 0.5, 0.5);
    EXPECT_NEAR(RUN(log_softmax, AXIS(1), SABIR_F32, (2, 2), x), 1e-15, log(0.25), log(0.75), log(0.5), log(0.5));
    EXPECT_NEAR(RUN(softmax, AXIS(0), SABIR_F32, (2, 2), x), 1e-15, 0, 0, 1, 1);
    EXPECT_NEAR(RUN(softmax, AXIS(0), SABIR_F32, (2), F32((2), 1, -INFINITY)), 1e-15, 1, 0);
    EXPECT_NOTHING(RUN(softmax, AXIS(1), SABIR_F32, (2, 0), F32((2, 0), 0)));
}

Test(ref_dense, cross_entropy)
{
    const sbr_ref_tensor logits = F32((4, 2), 0, log(3), 0, log(3), 1, 2, 1000, 0);
    EXPECT_NEAR(RUN(cross_entropy, NULL, SABIR_F32, (4), logits, I32((4), 0, 1, 2, 1)), 1e-15, log(4), log(4) - log(3), 0, 1000);
    EXPECT(RUN_SHAPED(cross_entropy, NULL, SABIR_F32, SABIR_SCALAR_SHAPE, F32((1), 5), SCALAR(SABIR_I32, -1)), 0);
    EXPECT(RUN(cross_entropy, NULL, SABIR_F32, (1), F32((1, 0), 0), I32((1), 0)), 0);
}

Test(ref_dense, norms)
{
    const sbr_ref_tensor x = F32((2, 2), 1, 3, -2, 6), scale = F32((2), 1, 2), shift = F32((2), 10, 20);
    const sabir_norm_attrs exact = {.epsilon = 0}, softened = {.epsilon = 3};
    EXPECT_NEAR(RUN(layer_norm, &exact, SABIR_F32, (2, 2), x), 1e-15, -1, 1, -1, 1);
    EXPECT_NEAR(RUN(layer_norm, &softened, SABIR_F32, (1, 2), F32((1, 2), 1, 3)), 1e-15, -0.5, 0.5);
    EXPECT_NEAR(RUN(layer_norm, &exact, SABIR_F32, (2, 2), x, scale), 1e-15, -1, 2, -1, 2);
    EXPECT_NEAR(RUN(layer_norm, &exact, SABIR_F32, (2, 2), x, scale, shift), 1e-15, 9, 22, 9, 22);
    EXPECT_NEAR(RUN(rms_norm, &exact, SABIR_F32, (1, 2), F32((1, 2), 1, 7)), 1e-15, 0.2, 1.4);
    EXPECT_NEAR(RUN(rms_norm, &exact, SABIR_F32, (1, 2), F32((1, 2), 1, 7), scale), 1e-15, 0.2, 2.8);
    EXPECT_NOTHING(RUN(layer_norm, &exact, SABIR_F32, (3, 0), F32((3, 0), 0), F32((0), 0)));
}

Test(ref_dense, group_norm)
{
    const sbr_ref_tensor x = F32((1, 4, 1), 1, 3, -2, 6);
    EXPECT_NEAR(RUN(group_norm, ATTRS(norm, .groups = 2), SABIR_F32, (1, 4, 1), x), 1e-15, -1, 1, -1, 1);
    EXPECT_NEAR(RUN(group_norm, ATTRS(norm, .groups = 1), SABIR_F32, (1, 1, 2), F32((1, 1, 2), 1, 3)), 1e-15, -1, 1);
    const sbr_ref_tensor scale = F32((4), 1, 2, 3, 4), shift = F32((4), 0, 0, 10, 10);
    EXPECT_NEAR(RUN(group_norm, ATTRS(norm, .groups = 2), SABIR_F32, (1, 4, 1), x, scale, shift), 1e-15, -1, 2, 7, 14);
    const sbr_ref_tensor wide = RUN(group_norm, ATTRS(norm, .groups = 2), SABIR_F32, (1, 4, 3), DRAWN((1, 4, 3), 10), F32((4), 0, 1, 0, 1), shift);
    EXPECT(RUN(sum, ATTRS(reduce, .axes = SABIR_INTS(0, 2)), SABIR_F32, (4), RUN(mul, NULL, SABIR_F32, (1, 4, 3), wide, F32((4, 1), 1, 0, 1, 0))), 0,
           0, 30, 0);
}

Test(ref_dense, rope)
{
    const sabir_rope_attrs whole = {.base = 10000}, partial = {.base = 10000, .rotated = 2};
    const sbr_ref_tensor x = F32((2, 4), 1, 2, 3, 4, 1, 2, 3, 4);
    const double c = cos(1), s = sin(1), c2 = cos(0.01), s2 = sin(0.01);
    EXPECT_NEAR(RUN(rope, &whole, SABIR_F32, (2, 4), x, I32((2), 0, 1)), 1e-15, 1, 2, 3, 4, c - 3 * s, 2 * c2 - 4 * s2, s + 3 * c, 2 * s2 + 4 * c2);
    EXPECT_NEAR(RUN(rope, &partial, SABIR_F32, (2, 4), x, SCALAR(SABIR_I32, 1)), 1e-15, c - 2 * s, s + 2 * c, 3, 4, c - 2 * s, s + 2 * c, 3, 4);
}

/* Positions broadcast over heads; a rotation keeps lengths and depends on differences of positions alone. */
Test(ref_dense, rope_is_relative)
{
    const sabir_rope_attrs attrs = {.base = 100};
    const sbr_ref_tensor q = DRAWN((2, 3, 6), 11), k = DRAWN((2, 3, 6), 12);
    double dots[2];
    for (int shift = 0; shift < 2; shift++) {
        const sbr_ref_tensor at_q = I32((3), 5 + 7 * shift, 9 + 7 * shift, 7 * shift), at_k = I32((3), 2 + 7 * shift, 4 + 7 * shift, 1 + 7 * shift);
        const sbr_ref_tensor turned_q = RUN(rope, &attrs, SABIR_F32, (2, 3, 6), q, at_q), turned_k = RUN(rope, &attrs, SABIR_F32, (2, 3, 6), k, at_k);
        cr_assert_float_eq(ref_dot(&turned_q, &turned_q), ref_dot(&q, &q), 1e-12);
        dots[shift] = ref_dot(&turned_q, &turned_k);
    }
    cr_assert_float_eq(dots[0], dots[1], 1e-12);
}
