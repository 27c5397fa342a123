/* Stencils, segments and sparse products in the reference. suite: host, timeout: 60 */
#include "test_ref.h"

TestSuite(ref_grid, .init = ref_init, .fini = ref_fini);

#define P SABIR_BOUNDARY_PERIODIC
#define D SABIR_BOUNDARY_DIRICHLET
#define N SABIR_BOUNDARY_NEUMANN

Test(ref_grid, boundaries)
{
    const sbr_ref_tensor x = F32((4), 1, 2, 3, 4), w = F32((3), 1, 10, 100);
    EXPECT(RUN(stencil, ATTRS(stencil, 1, {P}, {0}), SABIR_F32, (4), x, w), 214, 321, 432, 143);
    EXPECT(RUN(stencil, ATTRS(stencil, 1, {D}, {7}), SABIR_F32, (4), x, w), 217, 321, 432, 743);
    EXPECT(RUN(stencil, ATTRS(stencil, 1, {N}, {0}), SABIR_F32, (4), x, w), 211, 321, 432, 443);
    EXPECT(RUN(stencil, ATTRS(stencil, 1, {P}, {0}), SABIR_F32, (2, 1), F32((2, 1), 3, 5), w), 333, 555);
    EXPECT(RUN(stencil, ATTRS(stencil, 1, {P}, {0}), SABIR_F32, (2), F32((2), 1, 2), F32((7), 1, 0, 0, 0, 0, 0, 0)), 2, 1);
    EXPECT_NOTHING(RUN(stencil, ATTRS(stencil, 1, {P}, {0}), SABIR_F32, (0), F32((0), 0), w));
}

Test(ref_grid, the_first_axis_outside_decides)
{
    const sbr_ref_tensor x = F32((1, 1), 5);
    const sbr_ref_tensor corner = F32((3, 3), 1, 0, 0, 0, 0, 0, 0, 0, 0), above = F32((3, 3), 0, 1, 0, 0, 0, 0, 0, 0, 0), left = F32((3, 3), 0, 0, 0, 1, 0, 0, 0, 0, 0);
    const sabir_stencil_attrs attrs = {2, {D, D}, {7, 8}};
    EXPECT(RUN(stencil, &attrs, SABIR_F32, (1, 1), x, corner), 7);
    EXPECT(RUN(stencil, &attrs, SABIR_F32, (1, 1), x, above), 7);
    EXPECT(RUN(stencil, &attrs, SABIR_F32, (1, 1), x, left), 8);
    EXPECT(RUN(stencil, ATTRS(stencil, 2, {N, D}, {7, 8}), SABIR_F32, (1, 1), x, corner), 8);
}

Test(ref_grid, masks)
{
    const sbr_ref_tensor x = F32((2, 3), 1, 2, 3, 4, 5, 6), w = F32((3), 1, 10, 100), mask = BOOL((3), 1, 1, 0);
    EXPECT(RUN(stencil, ATTRS(stencil, 1, {P}, {0}), SABIR_F32, (2, 3), x, w, mask), 211, 221, 0, 544, 554, 0);
    EXPECT(RUN(stencil, ATTRS(stencil, 1, {D}, {9}), SABIR_F32, (2, 3), x, w, mask), 219, 221, 0, 549, 554, 0);
}

/* A periodic stencil is a periodic convolution: with sum of weights 0 it conserves, and it agrees with conv. */
Test(ref_grid, periodic_stencil_is_a_convolution)
{
    const sbr_ref_tensor x = DRAWN((4, 5, 6), 1), w = DRAWN((3, 1, 5), 2);
    const sbr_ref_tensor got = RUN(stencil, ATTRS(stencil, 3, {P, P, P}, {0}), SABIR_F32, (4, 5, 6), x, w);
    const sabir_conv_attrs attrs = {.before = {1, 0, 2}, .after = {1, 0, 2}, .periodic = 1};
    const sbr_ref_tensor image = RUN(reshape, NULL, SABIR_F32, (1, 1, 4, 5, 6), x), kernel = RUN(reshape, NULL, SABIR_F32, (1, 1, 3, 1, 5), w);
    EXPECT_SAME(got, RUN(conv, &attrs, SABIR_F32, (1, 1, 4, 5, 6), image, kernel), 1e-14);
}

/* Masked no-flux diffusion keeps the sum over the cells that count. */
Test(ref_grid, masked_laplacian_conserves)
{
    const sbr_ref_tensor x = DRAWN((3, 4), 3), w = F32((3, 3), 0, 1, 0, 1, -4, 1, 0, 1, 0);
    const sbr_ref_tensor mask = BOOL((3, 4), 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0);
    const sbr_ref_tensor change = RUN(stencil, ATTRS(stencil, 2, {N, P}, {0}), SABIR_F32, (3, 4), x, w, mask);
    double sum = 0;
    for (int64_t k = 0; k < change.count; k++) sum += change.f[k];
    cr_assert_float_eq(sum, 0, 1e-14);
}

Test(ref_grid, segments)
{
    const sbr_ref_tensor x = F32((4, 2), 1, 2, 3, 4, 5, 6, 7, 8), rows = I32((4), 0, 1, 1, 4);
    EXPECT(RUN(segment_sum, NULL, SABIR_F32, (3, 2), x, rows), 1, 2, 0, 0, 15, 18);
    EXPECT(RUN(segment_mean, NULL, SABIR_F32, (3, 2), x, rows), 1, 2, 0, 0, 5, 6);
    EXPECT(RUN(segment_max, NULL, SABIR_F32, (3, 2), x, rows), 1, 2, -INFINITY, -INFINITY, 7, 8);
    EXPECT(RUN(segment_max, NULL, SABIR_I32, (2), I32((1), -3), I32((3), 0, 0, 1)), -2147483648.0, -3);
    EXPECT(RUN(segment_max, NULL, SABIR_F32, (1), F32((3), 1, NAN, 2), I32((2), 0, 3)), NAN);
    EXPECT_NOTHING(RUN(segment_sum, NULL, SABIR_F32, (0, 2), x, I32((1), 0)));
}

Test(ref_grid, row_pointers_are_moved_inside)
{
    const sbr_ref_tensor x = F32((3), 1, 2, 4);
    EXPECT(RUN(segment_sum, NULL, SABIR_F32, (3), x, I32((4), -5, 2, 9, 1)), 3, 4, 0);
    EXPECT(RUN(segment_mean, NULL, SABIR_F32, (3), x, I32((4), -5, 2, 9, 1)), 1.5, 4, 0);
    EXPECT(RUN(spmm, NULL, SABIR_F32, (1, 1), I32((2), -1, 9), I32((2), 0, 1), F32((2, 1), 3, 4)), 7);
}

Test(ref_grid, sparse_times_dense)
{
    const sbr_ref_tensor rows = I32((4), 0, 2, 2, 4), columns = I32((4), 1, 0, 1, 5), x = F32((2, 2), 1, 2, 3, 4);
    EXPECT(RUN(spmm, NULL, SABIR_F32, (3, 2), rows, columns, x), 4, 6, 0, 0, 3, 4);
    EXPECT(RUN(spmm, NULL, SABIR_F32, (3, 2), rows, columns, x, F32((4), 10, 1, 2, 7)), 31, 42, 0, 0, 6, 8);
    EXPECT(RUN(spmm, NULL, SABIR_F32, (1, 1), I32((2), 0, 0), I32((0), 0), F32((0, 1), 0)), 0);
}

Test(ref_grid, sparse_is_dense_with_zeros)
{
    sbr_ref_tensor dense = DRAWN((5, 4), 4), x = DRAWN((4, 3), 5);
    sbr_ref_tensor rows = ref_empty(SABIR_I32, SABIR_SHAPE(6)), columns = ref_empty(SABIR_I32, SABIR_SHAPE(20)), values = ref_empty(SABIR_F32, SABIR_SHAPE(20));
    int64_t entries = 0;
    for (int64_t k = 0; k < 20; k++) {
        if (k % 3 == 0) dense.f[k] = 0;
        else columns.i[entries] = k % 4, values.f[entries] = dense.f[k], entries++;
        rows.i[k / 4 + 1] = entries;
    }
    const sbr_ref_tensor want = RUN(matmul, ATTRS(matmul, 0), SABIR_F32, (5, 3), dense, x);
    EXPECT_SAME(RUN(spmm, NULL, SABIR_F32, (5, 3), rows, columns, x, values), want, 1e-15);
}
