/* Reductions, scans and order in the reference. suite: host, timeout: 60 */
#include "test_ref.h"

TestSuite(ref_reduce, .init = ref_init, .fini = ref_fini);

#define AXIS(n) ATTRS(axis, n)
#define OVER(...) ATTRS(reduce, .axes = SABIR_INTS(__VA_ARGS__))
#define OVER_ALL ATTRS(reduce, .axes = SABIR_ALL_AXES)
#define OVER_NONE ATTRS(reduce, .axes = sabir_ints_make(0, NULL))

Test(ref_reduce, sums_over_any_axes)
{
    const sbr_ref_tensor x = F32((2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8);
    EXPECT(RUN(sum, OVER(0), SABIR_F32, (2, 2), x), 6, 8, 10, 12);
    EXPECT(RUN(sum, OVER(1), SABIR_F32, (2, 2), x), 4, 6, 12, 14);
    EXPECT(RUN(sum, OVER(2), SABIR_F32, (2, 2, 1), x), 3, 7, 11, 15);
    EXPECT(RUN(sum, OVER(0, 2), SABIR_F32, (2), x), 14, 22);
    EXPECT(RUN_SHAPED(sum, OVER_ALL, SABIR_F32, SABIR_SCALAR_SHAPE, x), 36);
    EXPECT(RUN(sum, OVER_NONE, SABIR_F32, (2, 2, 2), x), 1, 2, 3, 4, 5, 6, 7, 8);
    EXPECT_NEAR(RUN(mean, OVER(0, 1), SABIR_F32, (2), x), 1e-15, 4, 5);
    EXPECT(RUN(prod, OVER(1, 2), SABIR_F32, (2), x), 24, 1680);
    EXPECT(RUN(max, OVER(1), SABIR_F32, (2, 2), x), 3, 4, 7, 8);
    EXPECT(RUN(min, OVER(0), SABIR_F32, (2, 2), x), 1, 2, 3, 4);
}

Test(ref_reduce, integers)
{
    const sbr_ref_tensor x = TENSOR(SABIR_I8, (4), 100, 100, -3, 7);
    EXPECT(RUN_SHAPED(sum, OVER_ALL, SABIR_I8, SABIR_SCALAR_SHAPE, x), -52);
    const sabir_reduce_attrs wide = {.axes = SABIR_ALL_AXES, .wide = 1};
    EXPECT(RUN_SHAPED(sum, &wide, SABIR_I64, SABIR_SCALAR_SHAPE, x), 204);
    EXPECT(RUN_SHAPED(prod, OVER_ALL, SABIR_U8, SABIR_SCALAR_SHAPE, TENSOR(SABIR_U8, (2), 16, 17)), 16);
    EXPECT(RUN_SHAPED(max, OVER_ALL, SABIR_I8, SABIR_SCALAR_SHAPE, x), 100);
    EXPECT(RUN_SHAPED(min, OVER_ALL, SABIR_I8, SABIR_SCALAR_SHAPE, x), -3);
}

Test(ref_reduce, nothing_and_nan)
{
    const sbr_ref_tensor none = F32((2, 0), 0);
    EXPECT(RUN(sum, OVER(1), SABIR_F32, (2), none), 0, 0);
    EXPECT(RUN(prod, OVER(1), SABIR_F32, (2), none), 1, 1);
    EXPECT(RUN(mean, OVER(1), SABIR_F32, (2), none), NAN, NAN);
    EXPECT(RUN(max, OVER(1), SABIR_F32, (2), none), -INFINITY, -INFINITY);
    EXPECT(RUN(min, OVER(1), SABIR_F32, (2), none), INFINITY, INFINITY);
    EXPECT(RUN(max, OVER(0), SABIR_I32, (1), I32((0, 1), 0)), -2147483648.0);
    EXPECT(RUN(min, OVER(0), SABIR_U8, (1), TENSOR(SABIR_U8, (0, 1), 0)), 255);
    EXPECT_NOTHING(RUN(sum, OVER(0), SABIR_F32, (0), none));
    const sbr_ref_tensor x = F32((2, 3), 1, NAN, 2, NAN, 5, 4);
    EXPECT(RUN(max, OVER(1), SABIR_F32, (2), x), NAN, NAN);
    EXPECT(RUN(min, OVER(1), SABIR_F32, (2), x), NAN, NAN);
    EXPECT(RUN_SHAPED(max, OVER_ALL, SABIR_F32, SABIR_SCALAR_SHAPE, SCALAR(SABIR_F32, 3)), 3);
}

Test(ref_reduce, arguments)
{
    const sbr_ref_tensor x = F32((2, 3), 1, 5, 5, -2, -2, 0);
    EXPECT(RUN(argmax, AXIS(1), SABIR_I32, (2), x), 1, 2);
    EXPECT(RUN(argmin, AXIS(1), SABIR_I32, (2), x), 0, 0);
    EXPECT(RUN(argmax, AXIS(0), SABIR_I32, (3), x), 0, 0, 0);
    EXPECT(RUN(argmin, AXIS(0), SABIR_I32, (3), x), 1, 1, 1);
    const sbr_ref_tensor holes = F32((1, 4), 1, NAN, 9, NAN);
    EXPECT(RUN(argmax, AXIS(1), SABIR_I32, (1), holes), 1);
    EXPECT(RUN(argmin, AXIS(1), SABIR_I32, (1), holes), 1);
    EXPECT(RUN_SHAPED(argmax, AXIS(0), SABIR_I32, SABIR_SCALAR_SHAPE, I32((3), -5, 2, 2)), 1);
}

Test(ref_reduce, running_sums)
{
    const sbr_ref_tensor x = F32((4), 1, 2, 3, 4), starts = BOOL((4), 0, 0, 1, 0);
    const sabir_cumsum_attrs plain = {0}, exclusive = {.exclusive = 1}, reverse = {.reverse = 1}, both = {.exclusive = 1, .reverse = 1};
    EXPECT(RUN(cumsum, &plain, SABIR_F32, (4), x), 1, 3, 6, 10);
    EXPECT(RUN(cumsum, &exclusive, SABIR_F32, (4), x), 0, 1, 3, 6);
    EXPECT(RUN(cumsum, &reverse, SABIR_F32, (4), x), 10, 9, 7, 4);
    EXPECT(RUN(cumsum, &both, SABIR_F32, (4), x), 9, 7, 4, 0);
    EXPECT(RUN(cumsum, &plain, SABIR_F32, (4), x, starts), 1, 3, 3, 7);
    EXPECT(RUN(cumsum, &exclusive, SABIR_F32, (4), x, starts), 0, 1, 0, 3);
    EXPECT(RUN(cumsum, &reverse, SABIR_F32, (4), x, starts), 3, 2, 7, 4);
    EXPECT(RUN(cumsum, &both, SABIR_F32, (4), x, starts), 2, 0, 4, 0);
    EXPECT(RUN(cumsum, &plain, SABIR_F32, (2, 2), F32((2, 2), 1, 2, 3, 4)), 1, 2, 4, 6);
    EXPECT(RUN(cumsum, &plain, SABIR_U8, (3), TENSOR(SABIR_U8, (3), 200, 100, 1)), 200, 44, 45);
}

static void expect_order(sbr_op op, const void *attrs, sbr_ref_tensor x, sabir_shape shape, const double *values, const double *indices)
{
    sbr_ref_tensor out[2] = {ref_empty(x.type, shape), ref_empty(SABIR_I32, shape)};
    ref_call(op, attrs, 1, &x, 2, out);
    ref_expect(__FILE__, __LINE__, &out[0], out[0].count, values, 0);
    ref_expect(__FILE__, __LINE__, &out[1], out[1].count, indices, 0);
}
#define LIST(...) ((const double[]){__VA_ARGS__})

Test(ref_reduce, sorts)
{
    const sabir_sort_attrs up = {.axis = 0}, down = {.axis = 0, .descending = 1};
    const sbr_ref_tensor x = F32((6), 3, NAN, 1, 3, -INFINITY, NAN);
    expect_order(SBR_OP_sort, &up, x, SABIR_SHAPE(6), LIST(-INFINITY, 1, 3, 3, NAN, NAN), LIST(4, 2, 0, 3, 1, 5));
    expect_order(SBR_OP_sort, &down, x, SABIR_SHAPE(6), LIST(3, 3, 1, -INFINITY, NAN, NAN), LIST(0, 3, 2, 4, 1, 5));
    expect_order(SBR_OP_sort, &up, I32((2, 2), 4, 1, 3, 2), SABIR_SHAPE(2, 2), LIST(3, 1, 4, 2), LIST(1, 0, 0, 1));
    expect_order(SBR_OP_sort, &up, F32((0), 0), SABIR_SHAPE(0), LIST(0), LIST(0));
}

Test(ref_reduce, top_k)
{
    const sbr_ref_tensor x = F32((2, 4), 1, 7, 7, 2, NAN, 3, NAN, 9);
    expect_order(SBR_OP_top_k, ATTRS(top_k, 3), x, SABIR_SHAPE(2, 3), LIST(7, 7, 2, NAN, NAN, 9), LIST(1, 2, 3, 0, 2, 3));
    expect_order(SBR_OP_top_k, ATTRS(top_k, 1), TENSOR(SABIR_U8, (3), 1, 255, 7), SABIR_SHAPE(1), LIST(255), LIST(1));
}

/* Sorted, a permutation, and stable: equal values keep their order. */
Test(ref_reduce, sort_is_a_stable_permutation)
{
    enum { N = 1537 };
    sbr_ref_tensor x = ref_drawn(SABIR_SHAPE(N), 6), out[2] = {ref_empty(SABIR_F32, SABIR_SHAPE(N)), ref_empty(SABIR_I32, SABIR_SHAPE(N))};
    for (int64_t k = 0; k < N; k++) x.f[k] = floor(x.f[k] * 20.0);
    ref_call(SBR_OP_sort, ATTRS(sort, 0), 1, &x, 2, out);
    bool seen[N] = {false};
    for (int64_t k = 0; k < N; k++) {
        const int64_t from = out[1].i[k];
        cr_assert(from >= 0 && from < N && !seen[from]);
        seen[from] = true;
        cr_assert_eq(out[0].f[k], x.f[from]);
        if (k > 0) cr_assert(out[0].f[k - 1] < out[0].f[k] || (out[0].f[k - 1] == out[0].f[k] && out[1].i[k - 1] < from));
    }
}

static void expect_compact(sbr_ref_tensor mask, int64_t capacity, const double *indices, double count, double overflow)
{
    sbr_ref_tensor out[3] = {ref_empty(SABIR_I32, SABIR_SHAPE(capacity)), ref_empty(SABIR_I32, SABIR_SCALAR_SHAPE), ref_empty(SABIR_BOOL, SABIR_SCALAR_SHAPE)};
    ref_call(SBR_OP_compact, ATTRS(compact, capacity), 1, &mask, 3, out);
    ref_expect(__FILE__, __LINE__, &out[0], capacity, indices, 0);
    EXPECT(out[1], count);
    EXPECT(out[2], overflow);
}

Test(ref_reduce, compact_and_histogram)
{
    const sbr_ref_tensor mask = BOOL((5), 0, 1, 1, 0, 1);
    expect_compact(mask, 4, LIST(1, 2, 4, -1), 3, 0);
    expect_compact(mask, 3, LIST(1, 2, 4), 3, 0);
    expect_compact(mask, 2, LIST(1, 2), 2, 1);
    expect_compact(BOOL((0), 0), 2, LIST(-1, -1), 0, 0);
    expect_compact(mask, 0, LIST(0), 0, 1);
    EXPECT(RUN(histogram, NULL, SABIR_I32, (3), I32((2, 3), 0, 2, 2, -1, 3, 0)), 2, 0, 2);
    EXPECT(RUN(histogram, NULL, SABIR_I32, (2), I32((0), 0)), 0, 0);
}
