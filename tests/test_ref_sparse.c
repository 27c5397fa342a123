/* Segments, sampled products and groups in the reference. suite: host, timeout: 60 */
#include "test_ref.h"

TestSuite(ref_sparse, .init = ref_init, .fini = ref_fini);

Test(ref_sparse, smallest_of_segments)
{
    const sbr_ref_tensor x = F32((4, 2), 1, 2, 3, 4, 5, 6, 7, 8), rows = I32((4), 0, 1, 1, 4);
    EXPECT(RUN(segment_min, NULL, SABIR_F32, (3, 2), x, rows), 1, 2, INFINITY, INFINITY, 3, 4);
    EXPECT(RUN(segment_min, NULL, SABIR_I32, (2), I32((1), -3), I32((3), 0, 0, 1)), 2147483647.0, -3);
    EXPECT(RUN(segment_min, NULL, SABIR_F32, (1), F32((3), 1, NAN, 2), I32((2), 0, 3)), NAN);
}

Test(ref_sparse, ids_are_the_inverse_of_pointers)
{
    EXPECT(RUN(segment_ids, NULL, SABIR_I32, (5), I32((4), 0, 2, 2, 5)), 0, 0, 2, 2, 2);
    EXPECT(RUN(segment_ids, NULL, SABIR_I32, (5), I32((3), 1, 2, 4)), -1, 0, 1, 1, -1);
    EXPECT(RUN(segment_ids, NULL, SABIR_I32, (2), I32((1), 0)), -1, -1);
}

Test(ref_sparse, softmax_of_each_segment_sums_to_1)
{
    const sbr_ref_tensor x = DRAWN((9, 3), 1), rows = I32((4), 1, 4, 4, 8);
    const sbr_ref_tensor y = RUN(segment_softmax, NULL, SABIR_F32, (9, 3), x, rows), sums = RUN(segment_sum, NULL, SABIR_F32, (3, 3), y, rows);
    for (int64_t k = 0; k < 9; k++) cr_assert_float_eq(sums.f[k], k / 3 == 1 ? 0 : 1, 1e-15);
    for (int64_t c = 0; c < 3; c++) cr_assert(y.f[c] == 0 && y.f[8 * 3 + c] == 0);
    EXPECT_SAME(RUN(segment_softmax, NULL, SABIR_F32, (9, 3), x, I32((2), 0, 9)),
                RUN(softmax, ATTRS(axis, 0), SABIR_F32, (9, 3), x), 1e-15);
}

/* <v, sddmm(x, y)> = <x, A(v) y>. */
Test(ref_sparse, sampled_products_are_the_adjoint_of_spmm)
{
    const sbr_ref_tensor rows = I32((5), 0, 2, 2, 5, 7), columns = I32((7), 1, 0, 2, 1, 5, -1, 2);
    const sbr_ref_tensor x = DRAWN((4, 3), 2), y = DRAWN((3, 3), 3), v = DRAWN((7), 4);
    const sbr_ref_tensor sampled = RUN(sddmm, NULL, SABIR_F32, (7), rows, columns, x, y), product = RUN(spmm, NULL, SABIR_F32, (4, 3), rows, columns, y, v);
    cr_assert_float_eq(ref_dot(&v, &sampled), ref_dot(&x, &product), 1e-14);
    cr_assert(sampled.f[4] == 0 && sampled.f[5] == 0);
}

Test(ref_sparse, heads_are_products_of_their_own)
{
    const sbr_ref_tensor rows = I32((3), 0, 2, 3), columns = I32((3), 1, 0, 1), x = DRAWN((2, 2, 3), 5), v = DRAWN((3, 2), 6);
    const sbr_ref_tensor y = RUN(spmm, NULL, SABIR_F32, (2, 2, 3), rows, columns, x, v);
    sbr_ref_tensor slice = ref_empty(SABIR_F32, SABIR_SHAPE(2, 3)), of = ref_empty(SABIR_F32, SABIR_SHAPE(3));
    for (int64_t h = 0; h < 2; h++) {
        for (int64_t k = 0; k < 6; k++) slice.f[k] = x.f[(k / 3 * 2 + h) * 3 + k % 3];
        for (int64_t e = 0; e < 3; e++) of.f[e] = v.f[e * 2 + h];
        const sbr_ref_tensor want = RUN(spmm, NULL, SABIR_F32, (2, 3), rows, columns, slice, of);
        for (int64_t k = 0; k < 6; k++) cr_assert_float_eq(y.f[(k / 3 * 2 + h) * 3 + k % 3], want.f[k], 1e-15);
    }
}

/* ---- Groups ---- */

enum { ENTRIES = 6, GROUPS = 3 };

static void expect_groups(sbr_ref_tensor keys, const sbr_ref_tensor *capacity, const double *places, const double *order, const double *pointers, const double *counts)
{
    static const int64_t sizes[] = {ENTRIES, ENTRIES, GROUPS + 1, GROUPS};
    const sbr_ref_tensor inputs[2] = {keys, capacity ? *capacity : keys};
    const sabir_shape entries = SABIR_SHAPE(ENTRIES);
    sbr_ref_tensor outputs[4] = {ref_empty(SABIR_I32, entries), ref_empty(SABIR_I32, entries), ref_empty(SABIR_I32, SABIR_SHAPE(GROUPS + 1)),
                                 ref_empty(SABIR_I32, SABIR_SHAPE(GROUPS))};
    ref_call(SBR_OP_group_by, ATTRS(group_by, GROUPS), capacity ? 2 : 1, inputs, 4, outputs);
    const double *const wanted[] = {places, order, pointers, counts};
    for (int i = 0; i < 4; i++) ref_expect(__FILE__, __LINE__, &outputs[i], sizes[i], wanted[i], 0);
}

#define LIST(...) ((const double[]){__VA_ARGS__})

Test(ref_sparse, entries_by_key)
{
    const sbr_ref_tensor keys = I32((6), 2, 0, 2, -1, 7, 0), two = SCALAR(SABIR_I32, 1);
    expect_groups(keys, NULL, LIST(2, 0, 3, -1, -1, 1), LIST(1, 5, 0, 2, -1, -1), LIST(0, 2, 2, 4), LIST(2, 0, 2));
    expect_groups(keys, &two, LIST(1, 0, -1, -1, -1, -1), LIST(1, 0, -1, -1, -1, -1), LIST(0, 1, 1, 2), LIST(2, 0, 2));
}

Test(ref_sparse, grouped_products_are_those_of_each_group)
{
    const sbr_ref_tensor x = DRAWN((5, 3), 7), w = DRAWN((2, 3, 4), 8), pointers = I32((3), 0, 2, 4);
    const sbr_ref_tensor y = RUN(grouped_matmul, ATTRS(grouped, 0), SABIR_F32, (5, 4), x, w, pointers);
    sbr_ref_tensor turned = ref_empty(SABIR_F32, SABIR_SHAPE(2, 4, 3));
    for (int64_t k = 0; k < 24; k++) turned.f[k / 12 * 12 + k % 4 * 3 + k / 4 % 3] = w.f[k];
    EXPECT_SAME(RUN(grouped_matmul, ATTRS(grouped, 1), SABIR_F32, (5, 4), x, turned, pointers), y, 1e-15);
    for (int64_t group = 0; group < 2; group++) {
        sbr_ref_tensor rows = ref_empty(SABIR_F32, SABIR_SHAPE(2, 3)), matrix = ref_empty(SABIR_F32, SABIR_SHAPE(3, 4));
        memcpy(rows.f, x.f + group * 6, 6 * sizeof(double));
        memcpy(matrix.f, w.f + group * 12, 12 * sizeof(double));
        const sbr_ref_tensor want = RUN(matmul, ATTRS(matmul, 0), SABIR_F32, (2, 4), rows, matrix);
        for (int64_t k = 0; k < 8; k++) cr_assert_float_eq(y.f[group * 8 + k], want.f[k], 1e-15);
    }
    for (int64_t c = 0; c < 4; c++) cr_assert_eq(y.f[16 + c], 0);
    /* <v, outer(x, y')> = <x v, y'> for weights v. */
    const sbr_ref_tensor other = DRAWN((5, 4), 9), outer = RUN(grouped_outer, NULL, SABIR_F32, (2, 3, 4), x, other, pointers);
    cr_assert_float_eq(ref_dot(&w, &outer), ref_dot(&y, &other), 1e-14);
}
