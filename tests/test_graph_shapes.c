/* Shapes and types of every operator's results, with numbers, dims, no elements, rank 0 and 8. suite: host */
#include "test_graph.h"

TestSuite(shapes, .init = open_graph, .fini = close_graph);

Test(shapes, elementwise)
{
    IS("f32[2, 3]", sabir_neg(g, V(F32, 2, 3)));
    IS("f16[]", sabir_exp(g, V0(F16)));
    IS("bf16[1, 2, 3, 4, 5, 6, 7, 0]", sabir_tanh(g, V(BF16, 1, 2, 3, 4, 5, 6, 7, 0)));
    IS("bool[4]", sabir_is_nan(g, V(F64, 4)));
    IS("u8[4]", sabir_popcount(g, V(U8, 4)));
    IS("f32[2, 3]", sabir_add(g, V(F32, 2, 1), V(F32, 3)));
    IS("f32[0, 3]", sabir_add(g, V(F32, 1, 3), V(F32, 0, 1)));
    IS("f32[0]", sabir_add(g, V(F32, 0), V(F32, 1)));
    IS("f32[n, 3]", sabir_mul(g, V(F32, n, 1), V(F32, 1, 3)));
    IS("f32[n, m]", sabir_mul(g, V(F32, m), V(F32, n, 1)));
    IS("i32[n]", sabir_sub(g, V(I32, n), V0(I32)));
    IS("bool[5, 2]", sabir_equal(g, V(BOOL, 2), V(BOOL, 5, 1)));
    IS("bool[2]", sabir_logical_and(g, V(BOOL, 2), V0(BOOL)));
    IS("f64[2, 3]", sabir_clamp(g, V(F64, 2, 3), V0(F64), V(F64, 3)));
    IS("i8[n, 3]", sabir_select(g, V(BOOL, n, 1), V(I8, 3), V0(I8)));
    IS("i32[2]", sabir_cast(g, V(BF16, 2), SABIR_I32));
    IS("i64[2]", sabir_cast(g, V(F32, 2), SABIR_I64));
    IS("u32[n]", sabir_cast(g, V(I64, n), SABIR_U32));
}

Test(shapes, creation)
{
    IS("i64[n, 3]", sabir_iota(g, SABIR_I64, SABIR_SHAPE(n, 3), -1, 5, -2));
    IS("f16[0]", sabir_iota(g, SABIR_F16, SABIR_SHAPE(0), 0, 0.5, 0.25));
    IS("f32[2, 3, 10]", sabir_one_hot(g, V(I32, 2, 3), 10, SABIR_F32));
    IS("bool[n]", sabir_one_hot(g, V0(I32), n, SABIR_BOOL));
    IS("u32[7, 2]", sabir_random(g, SABIR_RANDOM_BITS, V(U32, 2), SABIR_U32, SABIR_SHAPE(7, 2)));
    IS("bf16[n, 2]", sabir_random(g, SABIR_RANDOM_NORMAL, V(U32, n, 4), SABIR_BF16, SABIR_SHAPE(n, 2)));
    IS("f32[]", sabir_random(g, SABIR_RANDOM_GUMBEL, V(U32, 1), SABIR_F32, SABIR_SCALAR_SHAPE));
    IS("bool[4, n]", sabir_bernoulli(g, V(U32, 2), V0(F32), SABIR_SHAPE(4, n)));
    IS("u8[3, n]", sabir_full(g, SABIR_U8, SABIR_SHAPE(3, n), 7));
    IS("i32[]", sabir_dim_value(g, sabir_dim_affine(g, n, 2, 1)));
    IS("i32[]", sabir_dim_value(g, 12));
}

Test(shapes, reshape)
{
    IS("f32[6]", sabir_reshape(g, V(F32, 2, 3), SABIR_SHAPE(6)));
    IS("f32[3, 2]", sabir_reshape(g, V(F32, 2, 3), SABIR_SHAPE(3, -1)));
    IS("f32[]", sabir_reshape(g, V(F32, 1, 1), SABIR_SCALAR_SHAPE));
    IS("f32[1]", sabir_reshape(g, V0(F32), SABIR_SHAPE(-1)));
    IS("f32[0, 5]", sabir_reshape(g, V(F32, 0, 3), SABIR_SHAPE(-1, 5)));
    IS("f32[n, 8, 8]", sabir_reshape(g, V(F32, n, 64), SABIR_SHAPE(n, 8, 8)));
    IS("f32[n, 64]", sabir_reshape(g, V(F32, n, 8, 8), SABIR_SHAPE(n, -1)));
    IS("f32[64*n]", sabir_reshape(g, V(F32, n, 64), SABIR_SHAPE(-1)));
    IS("f32[2*n, 32]", sabir_reshape(g, V(F32, n, 64), SABIR_SHAPE(-1, 32)));
    IS("f32[n*m, 4]", sabir_reshape(g, V(F32, n, m, 4), SABIR_SHAPE(-1, 4)));
    IS("f32[n+1, 4]", sabir_reshape(g, V(F32, sabir_dim_affine(g, n, 4, 4)), SABIR_SHAPE(sabir_dim_affine(g, n, 1, 1), 4)));
    IS("f32[4, n+1]", sabir_reshape(g, V(F32, sabir_dim_affine(g, n, 1, 1), 4), SABIR_SHAPE(-1, sabir_dim_affine(g, n, 1, 1))));
    IS("i64[m, n]", sabir_reshape(g, V(I64, n, m), SABIR_SHAPE(m, n)));
}

Test(shapes, views)
{
    IS("f32[4, 2, 3]", sabir_transpose(g, V(F32, 2, 3, 4), SABIR_INTS(-1, 0, 1)));
    IS("f32[]", sabir_transpose(g, V0(F32), sabir_ints_make(0, NULL)));
    IS("i8[2, n, 3]", sabir_broadcast(g, V(I8, n, 1), SABIR_SHAPE(2, n, 3)));
    IS("f32[n]", sabir_broadcast(g, V0(F32), SABIR_SHAPE(n)));
    IS("f32[2]", sabir_slice(g, V(F32, 5), SABIR_INTS(4), SABIR_SHAPE(2), SABIR_INTS(-3)));
    IS("f32[0]", sabir_slice(g, V(F32, 0), SABIR_INTS(9), SABIR_SHAPE(0), SABIR_INTS(2)));
    IS("f32[]", sabir_slice(g, V0(F32), sabir_ints_make(0, NULL), SABIR_SCALAR_SHAPE, sabir_ints_make(0, NULL)));
    IS("f32[n]", sabir_slice(g, V(F32, sabir_dim_affine(g, n, 2, 0)), SABIR_INTS(1), SABIR_SHAPE(n), SABIR_INTS(2)));
    IS("f32[n-1]", sabir_narrow(g, V(F32, n), 0, 1, sabir_dim_affine(g, n, 1, -1)));
    IS("f32[2, 1]", sabir_narrow(g, V(F32, 2, n), -1, 0, 1));
    IS("f32[2, 3]", sabir_flip(g, V(F32, 2, 3), SABIR_ALL_AXES));
    IS("f32[0, 3]", sabir_flip(g, V(F32, 0, 3), SABIR_INTS(0)));
    IS("f32[n, 3]", sabir_flip(g, V(F32, n, 3), SABIR_INTS(0, 1)));
    IS("f32[4, 2]", sabir_diagonal(g, V(F32, 4, 3, 2)));
    IS("f32[min(n, m)]", sabir_diagonal(g, V(F32, n, m)));
    IS("f32[n, 3, 3]", sabir_diagonal_embed(g, V(F32, n, 3)));
    IS("f32[2, n]", sabir_dynamic_slice(g, V(F32, 5, n), V(I32, 2), SABIR_SHAPE(2, n)));
    IS("f32[]", sabir_dynamic_slice(g, V0(F32), V(I32, 0), SABIR_SCALAR_SHAPE));
    IS("f16[8, 4]", sabir_update(g, V(F16, 8, 4), V(F16, 1, 4), V(I32, 2)));
}

Test(shapes, movement)
{
    IS("f32[4, 6]", sabir_pad(g, V(F32, 2, 3), SABIR_INTS(1, 0), SABIR_INTS(1, 3), SABIR_PAD_CONSTANT, 0.5));
    IS("f32[n+3]", sabir_pad(g, V(F32, n), SABIR_INTS(1), SABIR_INTS(2), SABIR_PAD_EDGE, 0));
    IS("f32[5]", sabir_pad(g, V(F32, 3), SABIR_INTS(2), SABIR_INTS(0), SABIR_PAD_REFLECT, 0));
    IS("f32[9]", sabir_pad(g, V(F32, 3), SABIR_INTS(3), SABIR_INTS(3), SABIR_PAD_PERIODIC, 0));
    IS("f32[2]", sabir_pad(g, V(F32, 0), SABIR_INTS(1), SABIR_INTS(1), SABIR_PAD_CONSTANT, 0));
    const sabir_value parts[] = {V(F32, 2, n), V(F32, 2, 3), V(F32, 2, 0)};
    IS("f32[2, n+3]", sabir_concat(g, parts, 3, -1));
    IS("f32[2, n]", sabir_concat(g, parts, 1, 0));
    sabir_value many[64];
    for (int i = 0; i < 64; i++) many[i] = V(U8, 2);
    IS("u8[128]", sabir_concat(g, many, 64, 0));
    IS("f32[n, 3]", sabir_roll(g, V(F32, n, 3), SABIR_INTS(-7, 2), SABIR_INTS(1, 0)));
    IS("f32[2, 5, 6, 4]", sabir_gather(g, V(F32, 2, 3, 4), V(I32, 5, 6), 1));
    IS("f32[2, 4]", sabir_gather(g, V(F32, 2, 3, 4), V0(I32), -2));
    IS("bf16[n, 16]", sabir_embedding(g, V(BF16, 100, 16), V(I32, n)));
    IS("f32[2, 7]", sabir_take_along(g, V(F32, 2, 3), V(I32, 2, 7), 1));
    IS("u8[9, n]", sabir_scatter_set(g, V(U8, 9, n), V(I32, 4), V(U8, 4, n), 0));
    IS("f32[9]", sabir_scatter_add(g, V(F32, 9), V(I32, n), V(F32, n), 0));
    IS("i32[2, 9]", sabir_scatter_max(g, V(I32, 2, 9), V(I32, 0), V(I32, 2, 0), -1));
    IS("f32[2, 4, 5, 3]", sabir_unfold(g, V(F32, 2, 9, 5), 1, 3, 2));
    IS("f32[n, 2]", sabir_unfold(g, V(F32, sabir_dim_affine(g, n, 1, 1)), 0, 2, 1));
    IS("f32[2, 9, 5]", sabir_overlap_add(g, V(F32, 2, 4, 5, 3), 1, 2, 9));
    IS("f32[n+1]", sabir_overlap_add(g, V(F32, n, 2), 0, 1, sabir_dim_affine(g, n, 1, 1)));
    IS("f32[0]", sabir_overlap_add(g, V(F32, 0, 2), 0, 5, 0));
    IS("f32[1, 8, n]", sabir_resize(g, V(F32, 1, 4, 4), SABIR_SHAPE(1, 8, n), SABIR_RESIZE_LINEAR));
    IS("f32[1, 4, 4]", sabir_resize_adjoint(g, V(F32, 1, 8, n), SABIR_SHAPE(1, 4, 4), SABIR_RESIZE_LINEAR));
    IS("i8[2, 2]", sabir_resize(g, V(I8, 5, 7), SABIR_SHAPE(2, 2), SABIR_RESIZE_NEAREST));
}

Test(shapes, reductions)
{
    IS("f32[]", sabir_sum(g, V(F32, 2, n), SABIR_ALL_AXES));
    IS("f32[n]", sabir_mean(g, V(F32, 2, n, 3), SABIR_INTS(-1, 0)));
    IS("i8[2]", sabir_prod(g, V(I8, 2, 0), SABIR_INTS(1)));
    IS("u32[2, 3]", sabir_max(g, V(U32, 2, 3), sabir_ints_make(0, NULL)));
    IS("f16[]", sabir_min(g, V0(F16), SABIR_ALL_AXES));
    IS("i64[]", sabir_sum(g, V(I64, 4), SABIR_ALL_AXES));
    IS("i64[1, 3]", sabir_reduce(g, "sum", V(I8, 2, 3), &(sabir_reduce_attrs){.axes = SABIR_INTS(0), .keep = 5, .wide = 1}));
    IS("f32[1, 1]", sabir_reduce(g, "mean", V(F32, n, 3), &(sabir_reduce_attrs){SABIR_ALL_AXES, 1, SABIR_ACCUMULATE_COMPENSATED, 0}));
    IS("i32[2]", sabir_argmax(g, V(F32, 2, n), 1));
    IS("i32[n]", sabir_argmin(g, V(U8, 2, n), -2));
}

Test(shapes, order)
{
    sabir_value second, third;
    IS("f32[2, n]", sabir_cumsum(g, V(F32, 2, n), &(sabir_cumsum_attrs){-1, 1, 1}));
    IS("i8[3]", sabir_segmented_cumsum(g, V(I8, 3), V(BOOL, 3), &(sabir_cumsum_attrs){0}));
    IS("f32[3, n]", sabir_sort(g, V(F32, 3, n), 0, 1, &second));
    IS("i32[3, n]", second);
    IS("f32[3]", sabir_sort(g, V(F32, 3), 0, 1, NULL));
    IS("u32[2, 5]", sabir_sort_by_key(g, V(U32, 2, 5), V(I64, 2, 5), &second));
    IS("i64[2, 5]", second);
    IS("f32[n, 3]", sabir_top_k(g, V(F32, n, 8), 3, &second));
    IS("i32[n, 3]", second);
    IS("f32[2]", sabir_top_k(g, V(F32, m), 2, NULL));
    IS("f32[0]", sabir_top_k(g, V(F32, 0), 0, NULL));
    IS("i32[10]", sabir_compact(g, V(BOOL, n), 10, &second, &third));
    IS("i32[]", second);
    IS("bool[]", third);
    IS("i32[0]", sabir_compact(g, V(BOOL, 0), 0, NULL, NULL));
    IS("i32[256]", sabir_histogram(g, V(I32, n, 3), 256));
}

Test(shapes, dense)
{
    IS("f32[3, 5]", sabir_matmul(g, V(F32, 3, 4), V(F32, 4, 5)));
    IS("f16[n, 10]", sabir_matmul(g, V(F16, n, 64), V(F16, 64, 10)));
    IS("f32[7, 2, 3, 0]", sabir_matmul(g, V(F32, 2, 3, n), V(F32, 7, 1, n, 0)));
    IS("i32[3, 5]", sabir_matmul_transposed(g, V(I8, 4, 3), V(I8, 5, 4), 1, 7));
    IS("u32[4, 5]", sabir_matmul_transposed(g, V(U32, 4, 3), V(U32, 5, 3), 0, 1));
}

Test(shapes, conv)
{
    IS("f32[n, 8, 10, 12]", sabir_conv(g, V(F32, n, 3, 12, 14), V(F32, 8, 3, 3, 3), SABIR_NONE, NULL));
    IS("f32[1, 8, 5]", sabir_conv(g, V(F32, 1, 4, 9), V(F32, 8, 2, 3), V(F32, 8),
                                  &(sabir_conv_attrs){.stride = {2}, .before = {1}, .after = {1}, .groups = 2}));
    IS("f32[1, 1, n]", sabir_conv(g, V(F32, 1, 1, n), V(F32, 1, 1, 3), SABIR_NONE,
                                  &(sabir_conv_attrs){.before = {1}, .after = {1}, .periodic = 1}));
    IS("f16[1, 1, 2, 3, 4]",
       sabir_conv(g, V(F16, 1, 1, 4, 5, 6), V(F16, 1, 1, 2, 2, 2), SABIR_NONE, &(sabir_conv_attrs){.dilation = {2, 2, 2}}));
    IS("f32[2, 5, 0]", sabir_conv(g, V(F32, 2, 1, 0), V(F32, 5, 1, 3), SABIR_NONE, NULL));
    IS("f32[0, 5, 7]", sabir_conv(g, V(F32, 0, 1, 7), V(F32, 5, 1, 1), SABIR_NONE, NULL));
    IS("f32[1, 2, (n+1)/2]", sabir_conv(g, V(F32, 1, 1, n), V(F32, 2, 1, 1), SABIR_NONE, &(sabir_conv_attrs){.stride = {2}}));
    IS("f32[1, 6, 2*n+1]",
       sabir_conv_transpose(g, V(F32, 1, 4, n), V(F32, 4, 3, 3), V(F32, 6), &(sabir_conv_attrs){.stride = {2}, .groups = 2}));
    IS("f32[1, 3, 8, 7]",
       sabir_conv_transpose(g, V(F32, 1, 4, 4, 4), V(F32, 4, 3, 3, 3), SABIR_NONE,
                            &(sabir_conv_attrs){.stride = {2, 2}, .before = {1, 1}, .after = {1, 1}, .output_extra = {1, 0}}));
    IS("i8[2, 3, 2, 3]", sabir_max_pool(g, V(I8, 2, 3, 5, 6), &(sabir_pool_attrs){.window = {2, 2}}));
    IS("f32[2, n, 6]", sabir_avg_pool(g, V(F32, 2, n, 5),
                                      &(sabir_pool_attrs){.window = {3}, .stride = {1}, .before = {2}, .after = {1}, .count_padding = 1}));
    IS("f32[2, 3, 5]", sabir_max_pool(g, V(F32, 2, 3, 5), NULL));
}

Test(shapes, norms)
{
    IS("f32[2, n]", sabir_softmax(g, V(F32, 2, n), -1));
    IS("f16[2, n]", sabir_log_softmax(g, V(F16, 2, n), 0));
    IS("f32[n, 8]", sabir_layer_norm(g, V(F32, n, 8), SABIR_NONE, SABIR_NONE, 1e-5));
    IS("f32[n, 8]", sabir_layer_norm(g, V(F32, n, 8), V(F32, 8), V(F32, 8), 1e-5));
    IS("f32[8]", sabir_rms_norm(g, V(F32, 8), V(F32, 8), 0));
    IS("f32[2, 6, n]", sabir_group_norm(g, V(F32, 2, 6, n), V(F32, 6), SABIR_NONE, 3, 1e-5));
    IS("f32[2, n, 4, 8]", sabir_rope(g, V(F32, 2, n, 4, 8), V(I32, n, 1), 10000, 0));
    IS("f32[9]", sabir_rope(g, V(F32, 9), V0(I32), 10000, 6));
    IS("f32[n]", sabir_cross_entropy(g, V(F32, n, 10), V(I32, n)));
    IS("f32[]", sabir_cross_entropy(g, V(F32, 10), V0(I32)));
}

Test(shapes, grids_and_sparse)
{
    const sabir_stencil_attrs two = {.axes = 2, .boundary = {SABIR_BOUNDARY_NEUMANN, SABIR_BOUNDARY_DIRICHLET}, .value = {1, 2}};
    IS("f32[5, n, 7]", sabir_stencil(g, V(F32, 5, n, 7), V(F32, 3, 5), V(BOOL, n, 7), &two));
    IS("f64[0]", sabir_stencil(g, V(F64, 0), V(F64, 1), SABIR_NONE, &(sabir_stencil_attrs){.axes = 1}));
    IS("f32[6, 3]", sabir_segment_sum(g, V(F32, n, 3), V(I32, 7)));
    IS("f32[n]", sabir_segment_mean(g, V(F32, 9), V(I32, sabir_dim_affine(g, n, 1, 1))));
    IS("i8[0, 2]", sabir_segment_max(g, V(I8, 0, 2), V(I32, 1)));
    IS("f32[4, 16]", sabir_spmm(g, V(I32, 5), V(I32, n), SABIR_NONE, V(F32, 9, 16)));
    IS("f16[4, 16]", sabir_spmm(g, V(I32, 5), V(I32, n), V(F16, n), V(F16, 9, 16)));
    IS("f32[4, 2, 3]", sabir_spmm(g, V(I32, 5), V(I32, n), V(F32, n, 2), V(F32, 9, 2, 3)));
    IS("u8[6, 3]", sabir_segment_min(g, V(U8, n, 3), V(I32, 7)));
    IS("bf16[n, 3]", sabir_segment_softmax(g, V(BF16, n, 3), V(I32, 7)));
    IS("i32[n]", sabir_segment_ids(g, V(I32, 7), n));
    IS("f32[n]", sabir_sddmm(g, V(I32, 5), V(I32, n), V(F32, 4, 7), V(F32, 9, 7)));
    IS("f64[n, 2]", sabir_sddmm(g, V(I32, 5), V(I32, n), V(F64, 4, 2, 7), V(F64, 9, 2, 7)));
    sabir_value order, pointers, counts;
    IS("i32[n]", sabir_group_by(g, V(I32, n), 8, V0(I32), &order, &pointers, &counts));
    IS("i32[n]", order);
    IS("i32[9]", pointers);
    IS("i32[8]", counts);
    IS("f32[n, 5]", sabir_grouped_matmul(g, V(F32, n, 4), V(F32, 8, 4, 5), pointers, 0));
    IS("f32[n, 4]", sabir_grouped_matmul(g, V(F32, n, 5), V(F32, 8, 4, 5), pointers, 1));
    IS("f16[8, 4, 5]", sabir_grouped_outer(g, V(F16, n, 4), V(F16, n, 5), pointers));
}

static const void *attrs_of(sabir_value value) { return g->nodes.data[g->values.data[value.index].node].attrs; }

Test(shapes, attributes_are_normalised)
{
    const sabir_reduce_attrs *reduce =
        attrs_of(sabir_reduce(g, "sum", V(F32, 2, 3, 4), &(sabir_reduce_attrs){.axes = SABIR_INTS(-1, 0), .keep = 9}));
    cr_assert(reduce->axes.values[0] == 0 && reduce->axes.values[1] == 2 && reduce->keep == 1);
    const sabir_reduce_attrs *all = attrs_of(sabir_sum(g, V(F32, 2, 3), SABIR_ALL_AXES));
    cr_assert(all->axes.count == 2 && all->axes.values[1] == 1);
    const sabir_conv_attrs *conv =
        attrs_of(sabir_conv(g, V(F32, 1, 1, 5), V(F32, 1, 1, 3), SABIR_NONE, &(sabir_conv_attrs){.stride = {0, 9}, .before = {0, 4}}));
    cr_assert(conv->stride[0] == 1 && conv->stride[1] == 1 && conv->before[1] == 0 && conv->groups == 1 && conv->dilation[2] == 1);
    const sabir_pool_attrs *pool = attrs_of(sabir_max_pool(g, V(F32, 1, 1, 6, 6), &(sabir_pool_attrs){.window = {0, 3}, .count_padding = 1}));
    cr_assert(pool->window[0] == 1 && pool->stride[1] == 3 && pool->count_padding == 0);
    const sabir_roll_attrs *roll = attrs_of(sabir_roll(g, V(F32, 5), SABIR_INTS(-7), SABIR_INTS(-1)));
    cr_assert(roll->shifts.values[0] == 3 && roll->axes.values[0] == 0);
    const sabir_slice_attrs *slice = attrs_of(sabir_slice(g, V(F32, 5, 5), SABIR_INTS(3, 8), SABIR_SHAPE(1, 0), SABIR_INTS(-4, 2)));
    cr_assert(slice->step.values[0] == 1 && slice->start.values[1] == 0);
    const sabir_axis_attrs *gather = attrs_of(sabir_gather(g, V(F32, 2, 3), V(I32, 4), -1));
    cr_assert_eq(gather->axis, 1);
    const sabir_unfold_attrs *unfold = attrs_of(sabir_unfold(g, V(F32, 7), -1, 3, 2));
    cr_assert(unfold->axis == 0 && unfold->length == 7);
    const sabir_unfold_attrs *overlap = attrs_of(sabir_overlap_add(g, V(F32, 3, 3), -1, 2, 7));
    cr_assert(overlap->axis == 0 && overlap->size == 3);
    const sabir_rope_attrs *rope = attrs_of(sabir_rope(g, V(F32, 8), V0(I32), 10000, 0));
    cr_assert_eq(rope->rotated, 8);
    const sabir_shape_attrs *reshape = attrs_of(sabir_reshape(g, V(F32, 8), SABIR_SHAPE(2, -1)));
    cr_assert_eq(reshape->shape.extents[1], 4);
    const sabir_stencil_attrs *stencil =
        attrs_of(sabir_stencil(g, V(F32, 8), V(F32, 3), SABIR_NONE, &(sabir_stencil_attrs){.axes = 1, .value = {5, 5}}));
    cr_assert(stencil->value[0] == 0 && stencil->value[1] == 0);
}

Test(shapes, transforms)
{
    IS("f32[n, 5, 2]", sabir_fft(g, V(F32, n, 5, 2), SABIR_INTS(-2), 0));
    IS("f64[4, 67, 0, 2]", sabir_fft(g, V(F64, 4, 67, 0, 2), SABIR_INTS(0, 1, 2), 1));
    IS("f32[n, 4, 2]", sabir_rfft(g, V(F32, n, 7), 1));
    IS("f32[5, n, 2]", sabir_rfft(g, V(F32, 8, n), 0));
    IS("f32[n, 7]", sabir_irfft(g, V(F32, n, 4, 2), 1, 7));
    IS("f32[8, n]", sabir_irfft(g, V(F32, 5, n, 2), -2, 8));
    IS("f16[n, 4]", sabir_tridiagonal(g, V(F16, 4), V(F16, n, 4), V(F16, 1, 1), V(F16, n, 4), 0));
    IS("f32[n, 3, m]", sabir_interpolate(g, V(F32, n, 7, 8), V(F32, n, 2, 3, m), &(sabir_interpolate_attrs){.axes = 2}));
    IS("bf16[]", sabir_interpolate(g, V(BF16, m), V(F32, 1), &(sabir_interpolate_attrs){.axes = 1}));
}
