/* Creation, views and movement in the reference. suite: host, timeout: 60 */
#include "test_ref.h"

TestSuite(ref_move, .init = ref_init, .fini = ref_fini);

#define AXIS(n) ATTRS(axis, n)

Test(ref_move, iota_and_one_hot)
{
    sabir_iota_attrs attrs = {.type = SABIR_F32, .axis = 1, .start = 0.5, .step = 0.25};
    EXPECT(ref_run(SBR_OP_iota, &attrs, SABIR_F32, SABIR_SHAPE(2, 3), 0, NULL), 0.5, 0.75, 1, 0.5, 0.75, 1);
    attrs = (sabir_iota_attrs){.type = SABIR_U8, .axis = 0, .start = 254, .step = 1};
    EXPECT(ref_run(SBR_OP_iota, &attrs, SABIR_U8, SABIR_SHAPE(4, 1), 0, NULL), 254, 255, 0, 1);
    EXPECT_NOTHING(ref_run(SBR_OP_iota, &attrs, SABIR_U8, SABIR_SHAPE(0, 0), 0, NULL));
    EXPECT(RUN(one_hot, NULL, SABIR_F32, (3, 2), I32((3), 1, -1, 2)), 0, 1, 0, 0, 0, 0);
    EXPECT(RUN(one_hot, NULL, SABIR_BOOL, (2), SCALAR(SABIR_I32, 0)), 1, 0);
}

Test(ref_move, views)
{
    const sbr_ref_tensor x = F32((2, 3), 1, 2, 3, 4, 5, 6);
    EXPECT(RUN(reshape, NULL, SABIR_F32, (3, 2), x), 1, 2, 3, 4, 5, 6);
    EXPECT(RUN(transpose, ATTRS(transpose, SABIR_INTS(1, 0)), SABIR_F32, (3, 2), x), 1, 4, 2, 5, 3, 6);
    EXPECT(RUN(broadcast, NULL, SABIR_F32, (2, 2, 2), F32((2, 1), 1, 2)), 1, 1, 2, 2, 1, 1, 2, 2);
    EXPECT(RUN(broadcast, NULL, SABIR_I32, (3), SCALAR(SABIR_I32, 7)), 7, 7, 7);
    EXPECT(RUN(diagonal, NULL, SABIR_F32, (2), x), 1, 5);
    EXPECT(RUN(diagonal, NULL, SABIR_F32, (2, 1), F32((2, 1, 2), 1, 2, 3, 4)), 1, 3);
    EXPECT(RUN(diagonal_embed, NULL, SABIR_F32, (2, 2, 2), F32((2, 2), 1, 2, 3, 4)), 1, 0, 0, 2, 3, 0, 0, 4);
    EXPECT_NOTHING(RUN(transpose, ATTRS(transpose, SABIR_INTS(1, 0)), SABIR_F32, (0, 2), F32((2, 0), 0)));
}

Test(ref_move, transposing_back_is_nothing)
{
    const sbr_ref_tensor x = DRAWN((2, 3, 4, 5), 1);
    const sbr_ref_tensor there = RUN(transpose, ATTRS(transpose, SABIR_INTS(2, 0, 3, 1)), SABIR_F32, (4, 2, 5, 3), x);
    EXPECT_SAME(RUN(transpose, ATTRS(transpose, SABIR_INTS(1, 3, 0, 2)), SABIR_F32, (2, 3, 4, 5), there), x, 0);
}

Test(ref_move, slices)
{
    const sbr_ref_tensor x = F32((2, 5), 0, 1, 2, 3, 4, 10, 11, 12, 13, 14);
    const sabir_slice_attrs odd = {.start = SABIR_INTS(0, 1), .step = SABIR_INTS(1, 2)};
    EXPECT(RUN(slice, &odd, SABIR_F32, (2, 2), x), 1, 3, 11, 13);
    const sabir_slice_attrs back = {.start = SABIR_INTS(1, 4), .step = SABIR_INTS(-1, -2)};
    EXPECT(RUN(slice, &back, SABIR_F32, (2, 3), x), 14, 12, 10, 4, 2, 0);
    EXPECT_NOTHING(RUN(slice, &back, SABIR_F32, (2, 0), x));
    EXPECT(RUN(dynamic_slice, NULL, SABIR_F32, (1, 2), x, I32((2), 1, 2)), 12, 13);
    EXPECT(RUN(dynamic_slice, NULL, SABIR_F32, (1, 2), x, I32((2), 9, 9)), 13, 14);
    EXPECT(RUN(dynamic_slice, NULL, SABIR_F32, (1, 2), x, I32((2), -9, -9)), 0, 1);
    EXPECT(RUN(update, NULL, SABIR_F32, (2, 5), x, F32((1, 2), -1, -2), I32((2), 1, 4)), 0, 1, 2, 3, 4, 10, 11, 12, -1, -2);
    EXPECT(RUN(update, NULL, SABIR_F32, (2, 5), x, F32((1, 0), 0), I32((2), 0, 0)), 0, 1, 2, 3, 4, 10, 11, 12, 13, 14);
    EXPECT(RUN_SHAPED(dynamic_slice, NULL, SABIR_F32, SABIR_SCALAR_SHAPE, SCALAR(SABIR_F32, 3), I32((0), 0)), 3);
}

static sabir_pad_attrs pad(sabir_pad_mode mode, double value) { return (sabir_pad_attrs){SABIR_INTS(2), SABIR_INTS(1), mode, value}; }

Test(ref_move, pads)
{
    const sbr_ref_tensor x = F32((3), 1, 2, 3);
    sabir_pad_attrs attrs = pad(SABIR_PAD_CONSTANT, 9);
    EXPECT(RUN(pad, &attrs, SABIR_F32, (6), x), 9, 9, 1, 2, 3, 9);
    EXPECT(RUN(pad, &attrs, SABIR_F32, (3), F32((0), 0)), 9, 9, 9);
    attrs = pad(SABIR_PAD_EDGE, 0);
    EXPECT(RUN(pad, &attrs, SABIR_F32, (6), x), 1, 1, 1, 2, 3, 3);
    attrs = pad(SABIR_PAD_REFLECT, 0);
    EXPECT(RUN(pad, &attrs, SABIR_F32, (6), x), 3, 2, 1, 2, 3, 2);
    attrs = pad(SABIR_PAD_PERIODIC, 0);
    EXPECT(RUN(pad, &attrs, SABIR_F32, (6), x), 2, 3, 1, 2, 3, 1);
    const sabir_pad_attrs corner = {SABIR_INTS(1, 0), SABIR_INTS(0, 1), SABIR_PAD_CONSTANT, 300};
    EXPECT(RUN(pad, &corner, SABIR_U8, (2, 2), TENSOR(SABIR_U8, (1, 1), 5)), 255, 255, 5, 255);
}

Test(ref_move, rolls)
{
    const sbr_ref_tensor x = F32((2, 3), 1, 2, 3, 4, 5, 6);
    EXPECT(RUN(roll, ATTRS(roll, SABIR_INTS(1), SABIR_INTS(1)), SABIR_F32, (2, 3), x), 3, 1, 2, 6, 4, 5);
    EXPECT(RUN(roll, ATTRS(roll, SABIR_INTS(-4, 1), SABIR_INTS(1, 0)), SABIR_F32, (2, 3), x), 5, 6, 4, 2, 3, 1);
    EXPECT(RUN(roll, ATTRS(roll, SABIR_INTS(1, 1), SABIR_INTS(1, 1)), SABIR_F32, (2, 3), x), 2, 3, 1, 5, 6, 4);
}

Test(ref_move, concat)
{
    EXPECT(RUN(concat, AXIS(1), SABIR_F32, (2, 3), F32((2, 1), 1, 2), F32((2, 0), 0), F32((2, 2), 3, 4, 5, 6)), 1, 3, 4, 2, 5, 6);
    EXPECT(RUN(concat, AXIS(0), SABIR_BOOL, (2), BOOL((1), 1), BOOL((1), 0)), 1, 0);
}

Test(ref_move, gathers)
{
    const sbr_ref_tensor x = F32((2, 3), 1, 2, 3, 4, 5, 6);
    EXPECT(RUN(gather, AXIS(1), SABIR_F32, (2, 3), x, I32((3), 2, 3, 0)), 3, 0, 1, 6, 0, 4);
    EXPECT(RUN(gather, AXIS(0), SABIR_F32, (1, 2, 3), x, I32((1, 2), 1, -1)), 4, 5, 6, 0, 0, 0);
    EXPECT(RUN(gather, AXIS(0), SABIR_F32, (3), x, SCALAR(SABIR_I32, 1)), 4, 5, 6);
    EXPECT(RUN(gather, AXIS(0), SABIR_F32, (2), F32((0), 0), I32((2), 0, 1)), 0, 0);
    EXPECT(RUN(take_along, AXIS(1), SABIR_F32, (2, 2), x, I32((2, 2), 2, 0, 7, 1)), 3, 1, 0, 5);
    EXPECT(RUN(take_along, AXIS(0), SABIR_F32, (1, 3), x, I32((1, 3), 1, 0, 1)), 4, 2, 6);
}

Test(ref_move, scatters)
{
    const sbr_ref_tensor x = F32((3), 1, 2, 3), at = I32((4), 0, 2, 0, 5), updates = F32((4), 10, 20, 5, 40);
    EXPECT(RUN(scatter_set, AXIS(0), SABIR_F32, (3), x, at, updates), 5, 2, 20);
    EXPECT(RUN(scatter_add, AXIS(0), SABIR_F32, (3), x, at, updates), 16, 2, 23);
    EXPECT(RUN(scatter_max, AXIS(0), SABIR_F32, (3), x, at, updates), 10, 2, 20);
    EXPECT(RUN(scatter_max, AXIS(0), SABIR_F32, (2), F32((2), 1, NAN), I32((2), 0, 1), F32((2), NAN, 5)), NAN, NAN);
    EXPECT(RUN(scatter_add, AXIS(1), SABIR_U8, (2, 2), TENSOR(SABIR_U8, (2, 2), 250, 0, 1, 2), I32((1), 0), TENSOR(SABIR_U8, (2, 1), 10, 3)), 4, 0, 4, 2);
    EXPECT(RUN(scatter_set, AXIS(0), SABIR_F32, (3), x, I32((0), 0), F32((0), 0)), 1, 2, 3);
}

/* gather and scatter_add are adjoint: <gather x, y> = <x, scatter y>. */
Test(ref_move, gather_and_scatter_add_are_adjoint)
{
    const sbr_ref_tensor x = DRAWN((2, 5, 3), 2), y = DRAWN((2, 7, 3), 3), zero = RUN(mul, NULL, SABIR_F32, (2, 5, 3), x, SCALAR(SABIR_F32, 0));
    const sbr_ref_tensor at = I32((7), 4, 0, 4, -1, 2, 9, 4);
    const sbr_ref_tensor gathered = RUN(gather, AXIS(1), SABIR_F32, (2, 7, 3), x, at);
    const sbr_ref_tensor scattered = RUN(scatter_add, AXIS(1), SABIR_F32, (2, 5, 3), zero, at, y);
    cr_assert_float_eq(ref_dot(&gathered, &y), ref_dot(&x, &scattered), 1e-13);
}

Test(ref_move, windows)
{
    const sabir_unfold_attrs attrs = {.axis = 0, .size = 3, .step = 2};
    EXPECT(RUN(unfold, &attrs, SABIR_F32, (2, 3), F32((6), 1, 2, 3, 4, 5, 6)), 1, 2, 3, 3, 4, 5);
    EXPECT(RUN(overlap_add, &attrs, SABIR_F32, (6), F32((2, 3), 1, 2, 3, 4, 5, 6)), 1, 2, 7, 5, 6, 0);
    EXPECT(RUN(unfold, ATTRS(unfold, .axis = 0, .size = 2, .step = 1), SABIR_F32, (1, 2, 2), F32((2, 2), 1, 2, 3, 4)), 1, 3, 2, 4);
}

Test(ref_move, unfold_and_overlap_add_are_adjoint)
{
    const sabir_unfold_attrs attrs = {.axis = 1, .size = 4, .step = 3};
    const sbr_ref_tensor x = DRAWN((2, 12, 3), 4), y = DRAWN((2, 3, 3, 4), 5);
    const sbr_ref_tensor unfolded = RUN(unfold, &attrs, SABIR_F32, (2, 3, 3, 4), x), added = RUN(overlap_add, &attrs, SABIR_F32, (2, 12, 3), y);
    cr_assert_float_eq(ref_dot(&unfolded, &y), ref_dot(&x, &added), 1e-13);
}

Test(ref_move, resizes)
{
    const sabir_resize_attrs nearest = {.mode = SABIR_RESIZE_NEAREST}, linear = {.mode = SABIR_RESIZE_LINEAR};
    const sbr_ref_tensor x = F32((2), 0, 4);
    EXPECT(RUN(resize, &nearest, SABIR_F32, (5), x), 0, 0, 4, 4, 4);
    EXPECT(RUN(resize, &nearest, SABIR_I32, (2), I32((4), 1, 2, 3, 4)), 2, 4);
    EXPECT_NEAR(RUN(resize, &linear, SABIR_F32, (4), x), 1e-15, 0, 1, 3, 4);
    EXPECT_NEAR(RUN(resize, &linear, SABIR_F32, (1), x), 1e-15, 2);
    EXPECT_NEAR(RUN(resize, &linear, SABIR_F32, (1, 1), F32((2, 2), 1, 2, 3, 6)), 1e-15, 3);
    EXPECT(RUN(resize, &linear, SABIR_F32, (2), F32((2), 7, NAN)), 7, NAN);
    EXPECT_NOTHING(RUN(resize, &linear, SABIR_F32, (0), x));
}

/* Linear functions of the place stay so away from the edges. */
Test(ref_move, linear_resize_reproduces_a_ramp)
{
    sbr_ref_tensor ramp = ref_empty(SABIR_F32, SABIR_SHAPE(7, 5));
    for (int64_t i = 0; i < 7; i++)
        for (int64_t j = 0; j < 5; j++) ramp.f[i * 5 + j] = 2.0 * ((double)i + 0.5) / 7.0 - 3.0 * ((double)j + 0.5) / 5.0;
    const sbr_ref_tensor fine = RUN(resize, ATTRS(resize, .mode = SABIR_RESIZE_LINEAR), SABIR_F32, (28, 15), ramp);
    for (int64_t i = 2; i < 26; i++)
        for (int64_t j = 1; j < 14; j++) {
            const double want = 2.0 * ((double)i + 0.5) / 28.0 - 3.0 * ((double)j + 0.5) / 15.0;
            cr_assert_float_eq(fine.f[i * 15 + j], want, 1e-13);
        }
}

static double dot(const sbr_ref_tensor *a, const sbr_ref_tensor *b)
{
    double sum = 0;
    for (int64_t i = 0; i < a->count; i++) sum += a->f[i] * b->f[i];
    return sum;
}

Test(ref_move, resize_adjoint_is_the_adjoint)
{
    for (int mode = SABIR_RESIZE_NEAREST; mode <= SABIR_RESIZE_LINEAR; mode++) {
        const sabir_resize_attrs attrs = {.mode = (sabir_resize_mode)mode};
        const sbr_ref_tensor x = DRAWN((3, 7, 4), 1), y = DRAWN((3, 2, 13), 2);
        const sbr_ref_tensor there = RUN(resize, &attrs, SABIR_F32, (3, 2, 13), x), back = RUN(resize_adjoint, &attrs, SABIR_F32, (3, 7, 4), y);
        cr_assert_float_eq(dot(&there, &y), dot(&x, &back), 1e-12);
    }
}
