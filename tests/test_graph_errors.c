/* What every operator refuses, and how it says so. suite: host */
#include "test_graph.h"

#include <math.h>

TestSuite(errors, .init = open_graph, .fini = close_graph);

#define SHAPE_(...) FAILS(SABIR_INVALID_SHAPE, __VA_ARGS__)
#define TYPE_(...) FAILS(SABIR_INVALID_TYPE, __VA_ARGS__)
#define ARGUMENT_(...) FAILS(SABIR_INVALID_ARGUMENT, __VA_ARGS__)

Test(errors, elementwise)
{
    TYPE_("exp(i32[2]): x is i32 and has to be f32, f16, bf16 or f64; sabir_cast converts", sabir_exp(g, V(I32, 2)));
    TYPE_("x is bool", sabir_add(g, V(BOOL, 2), V(BOOL, 2)));
    TYPE_("x is f32", sabir_bit_and(g, V(F32, 2), V(F32, 2)));
    TYPE_("x is i64", sabir_equal(g, V(I64, 2), V(I64, 2)));
    TYPE_("has to be bool", sabir_logical_not(g, V(U8, 2)));
    TYPE_("add(f32[2], f16[2]): operands have types f32 and f16", sabir_add(g, V(F32, 2), V(F16, 2)));
    SHAPE_("add(f32[2, 3], f32[2]): extents 3 and 2 differ at axis 1 of 2 and neither is 1", sabir_add(g, V(F32, 2, 3), V(F32, 2)));
    SHAPE_("add(f32[n], f32[m]): extents n and m differ", sabir_add(g, V(F32, n), V(F32, m)));
    SHAPE_("extents n and 100 differ", sabir_add(g, V(F32, n), V(F32, 100)));
    SHAPE_("extents 0 and 2 differ", sabir_clamp(g, V(F32, 0), V(F32, 1), V(F32, 2)));
    TYPE_("condition is u8", sabir_select(g, V(U8, 2), V(F32, 2), V(F32, 2)));
    TYPE_("x and y have types", sabir_select(g, V(BOOL, 2), V(F32, 2), V(F64, 2)));
    TYPE_("i64 converts from and to", sabir_cast(g, V(I64, 2), SABIR_I8));
    TYPE_("f16 to i64", sabir_cast(g, V(F16, 2), SABIR_I64));
    TYPE_("-1 is no element type", sabir_cast(g, V(F16, 2), (sabir_type)-1));
}

Test(errors, creation)
{
    TYPE_("any but bool", sabir_iota(g, SABIR_BOOL, SABIR_SHAPE(2), 0, 0, 1));
    ARGUMENT_("axis 1 is outside -1 .. 0", sabir_iota(g, SABIR_F32, SABIR_SHAPE(2), 1, 0, 1));
    ARGUMENT_("which has no axes", sabir_iota(g, SABIR_F32, SABIR_SCALAR_SHAPE, 0, 0, 1));
    ARGUMENT_("start 0.5 and step 1 have to be whole for i32", sabir_iota(g, SABIR_I32, SABIR_SHAPE(2), 0, 0.5, 1));
    TYPE_("indices is f32", sabir_one_hot(g, V(F32, 2), 3, SABIR_F32));
    TYPE_("the type i64", sabir_one_hot(g, V(I32, 2), 3, SABIR_I64));
    SHAPE_("rank 9", sabir_one_hot(g, V(I32, 1, 1, 1, 1, 1, 1, 1, 1), 3, SABIR_F32));
    SHAPE_("only reshape works an extent out", sabir_one_hot(g, V(I32, 2), -1, SABIR_F32));
    TYPE_("bits are u32, not f32", sabir_random(g, SABIR_RANDOM_BITS, V(U32, 2), SABIR_F32, SABIR_SHAPE(2)));
    TYPE_("f32, f16 and bf16 are made", sabir_random(g, SABIR_RANDOM_NORMAL, V(U32, 2), SABIR_F64, SABIR_SHAPE(2)));
    ARGUMENT_("no kind of random numbers", sabir_random(g, (sabir_random_kind)9, V(U32, 2), SABIR_F32, SABIR_SHAPE(2)));
    SHAPE_("1 to 4 words", sabir_random(g, SABIR_RANDOM_BITS, V(U32, 5), SABIR_U32, SABIR_SHAPE(2)));
    SHAPE_("1 to 4 words", sabir_random(g, SABIR_RANDOM_BITS, V(U32, n), SABIR_U32, SABIR_SHAPE(2)));
    SHAPE_("leading extents of key and shape differ: 3 and 2", sabir_random(g, SABIR_RANDOM_BITS, V(U32, 3, 2), SABIR_U32, SABIR_SHAPE(2)));
    TYPE_("operands have types f32 and f16", sabir_bernoulli(g, V(U32, 2), V0(F16), SABIR_SHAPE(2)));
    SHAPE_("extents other than 1 may not differ: 3 and 2", sabir_bernoulli(g, V(U32, 2), V(F32, 3), SABIR_SHAPE(2)));
    SHAPE_("above 2^31 - 1", sabir_dim_value(g, INT64_C(1) << 31));
}

Test(errors, views)
{
    SHAPE_("reshape(f32[2, 3]): numbers of elements differ: 6 and 5", sabir_reshape(g, V(F32, 2, 3), SABIR_SHAPE(5)));
    SHAPE_("numbers of elements differ: 3*n and 3*m", sabir_reshape(g, V(F32, n, 3), SABIR_SHAPE(m, 3)));
    SHAPE_("-1 cannot be worked out: 6 is not divisible by 4", sabir_reshape(g, V(F32, 2, 3), SABIR_SHAPE(4, -1)));
    SHAPE_("is not divisible by 2*m", sabir_reshape(g, V(F32, n, 3), SABIR_SHAPE(m, 2, -1)));
    SHAPE_("only one extent may be -1", sabir_reshape(g, V(F32, 2, 3), SABIR_SHAPE(-1, -1)));
    SHAPE_("beside an extent of 0", sabir_reshape(g, V(F32, 0, 3), SABIR_SHAPE(0, -1)));
    SHAPE_("rank 12", sabir_reshape(g, V(F32, 1), (sabir_shape){.rank = 12}));
    ARGUMENT_("axis 0 is named twice", sabir_transpose(g, V(F32, 2, 3), SABIR_INTS(0, -2)));
    ARGUMENT_("an order of all 2 is needed", sabir_transpose(g, V(F32, 2, 3), SABIR_INTS(1)));
    ARGUMENT_("3 axes for an operand of rank 2", sabir_transpose(g, V(F32, 2, 3), SABIR_INTS(0, 1, 1)));
    ARGUMENT_("axis 4294967296", sabir_transpose(g, V(F32, 2, 3), SABIR_INTS(INT64_C(1) << 32, 1)));
    ARGUMENT_("-1 axes", sabir_transpose(g, V(F32, 2), SABIR_ALL_AXES));
    SHAPE_("rank 2 does not broadcast to rank 1", sabir_broadcast(g, V(F32, 2, 3), SABIR_SHAPE(3)));
    SHAPE_("differ: 2 and 3", sabir_broadcast(g, V(F32, 2), SABIR_SHAPE(3)));
    SHAPE_("axis 0: 3 elements from 1 by steps of 2 are not known to lie inside its extent 5",
           sabir_slice(g, V(F32, 5), SABIR_INTS(1), SABIR_SHAPE(3), SABIR_INTS(2)));
    SHAPE_("by steps of -2", sabir_slice(g, V(F32, 5), SABIR_INTS(1), SABIR_SHAPE(2), SABIR_INTS(-2)));
    SHAPE_("from -1", sabir_slice(g, V(F32, 5), SABIR_INTS(-1), SABIR_SHAPE(1), SABIR_INTS(1)));
    SHAPE_("inside its extent n", sabir_slice(g, V(F32, n), SABIR_INTS(0), SABIR_SHAPE(m), SABIR_INTS(1)));
    SHAPE_("not known to lie inside", sabir_slice(g, V(F32, 5), SABIR_INTS(4), SABIR_SHAPE(5), SABIR_INTS(INT64_MAX)));
    ARGUMENT_("the step is 0", sabir_slice(g, V(F32, 5), SABIR_INTS(1), SABIR_SHAPE(3), SABIR_INTS(0)));
    ARGUMENT_("1 starts, 2 counts and 1 steps for rank 1", sabir_slice(g, V(F32, 5), SABIR_INTS(1), SABIR_SHAPE(3, 1), SABIR_INTS(1)));
    ARGUMENT_("narrow: axis 1", sabir_narrow(g, V(F32, 5), 1, 0, 1));
    SHAPE_("slice(f32[5])", sabir_narrow(g, V(F32, 5), 0, 3, 3));
    ARGUMENT_("flip: axis 2", sabir_flip(g, V(F32, 5), SABIR_INTS(2)));
    SHAPE_("x has rank 1 and has to have 2 to 8", sabir_diagonal(g, V(F32, 5)));
    SHAPE_("x has rank 8", sabir_diagonal_embed(g, V(F32, 1, 1, 1, 1, 1, 1, 1, 1)));
    SHAPE_("start has shape [1] and has to have [2]", sabir_dynamic_slice(g, V(F32, 2, 3), V(I32, 1), SABIR_SHAPE(1, 1)));
    SHAPE_("axis 1: a block of 4 is not known to fit into 3", sabir_dynamic_slice(g, V(F32, 2, 3), V(I32, 2), SABIR_SHAPE(1, 4)));
    SHAPE_("a block of m is not known to fit into n", sabir_dynamic_slice(g, V(F32, n), V(I32, 1), SABIR_SHAPE(m)));
    TYPE_("start is u32", sabir_update(g, V(F32, 4), V(F32, 1), V(U32, 1)));
    TYPE_("old and part", sabir_update(g, V(F32, 4), V(F16, 1), V(I32, 1)));
    SHAPE_("the block has rank 2", sabir_update(g, V(F32, 4), V(F32, 1, 1), V(I32, 1)));
}

Test(errors, movement)
{
    ARGUMENT_("-1 before and 0 after; slice cuts", sabir_pad(g, V(F32, 4), SABIR_INTS(-1), SABIR_INTS(0), SABIR_PAD_CONSTANT, 0));
    ARGUMENT_("for rank 1", sabir_pad(g, V(F32, 4), SABIR_INTS(1, 1), SABIR_INTS(0), SABIR_PAD_CONSTANT, 0));
    ARGUMENT_("no padding mode", sabir_pad(g, V(F32, 4), SABIR_INTS(1), SABIR_INTS(0), (sabir_pad_mode)4, 0));
    SHAPE_("4 elements are added to an extent of 4, which has to be more",
           sabir_pad(g, V(F32, 4), SABIR_INTS(4), SABIR_INTS(0), SABIR_PAD_REFLECT, 0));
    SHAPE_("at least that", sabir_pad(g, V(F32, n), SABIR_INTS(0), SABIR_INTS(2), SABIR_PAD_PERIODIC, 0));
    SHAPE_("at least 1", sabir_pad(g, V(F32, 0), SABIR_INTS(0), SABIR_INTS(2), SABIR_PAD_EDGE, 0));
    SHAPE_("overflows", sabir_pad(g, V(F32, 4), SABIR_INTS(INT64_MAX), SABIR_INTS(0), SABIR_PAD_CONSTANT, 0));
    ARGUMENT_("concat: there are no parts", sabir_concat(g, NULL, 0, 0));
    sabir_value many[65];
    for (int i = 0; i < 65; i++) many[i] = V(F32, 2);
    ARGUMENT_("... 65 in all): 65 operands; it takes 1 to 64", sabir_concat(g, many, 65, 0));
    const sabir_value odd[] = {V(F32, 2, 3), V(F32, 3, 3)};
    SHAPE_("extents off the axis differ: 2 and 3", sabir_concat(g, odd, 2, 1));
    const sabir_value mixed[] = {V(F32, 2), V(I32, 2)};
    TYPE_("parts have types", sabir_concat(g, mixed, 2, 0));
    const sabir_value ranks[] = {V(F32, 2), V(F32, 2, 2)};
    SHAPE_("a part has rank 2", sabir_concat(g, ranks, 2, 0));
    ARGUMENT_("1 shifts for 2 axes", sabir_roll(g, V(F32, 2, 3), SABIR_INTS(1), SABIR_INTS(0, 1)));
    TYPE_("indices is i64 and has to be i32; sabir_cast converts", sabir_gather(g, V(F32, 4), V(I64, 2), 0));
    SHAPE_("rank 9", sabir_gather(g, V(F32, 1, 1, 1, 1, 1), V(I32, 1, 1, 1, 1, 1), 0));
    ARGUMENT_("axis 3", sabir_gather(g, V(F32, 4), V(I32, 2), 3));
    ARGUMENT_("which has no axes", sabir_embedding(g, V0(F32), V(I32, 2)));
    SHAPE_("indices has rank 2", sabir_take_along(g, V(F32, 4), V(I32, 2, 2), 0));
    SHAPE_("extents off the axis", sabir_take_along(g, V(F32, 4, 3), V(I32, 2, 4), 0));
    SHAPE_("updates has shape [3] and has to have [2]", sabir_scatter_add(g, V(F32, 4), V(I32, 2), V(F32, 3), 0));
    SHAPE_("indices has rank 0", sabir_scatter_set(g, V(F32, 4), V0(I32), V(F32, 3), 0));
    TYPE_("x is bool", sabir_scatter_max(g, V(BOOL, 4), V(I32, 2), V(BOOL, 2), 0));
    TYPE_("x and updates", sabir_scatter_set(g, V(F32, 4), V(I32, 2), V(F16, 2), 0));
    SHAPE_("a window of 5 is not known to fit into the extent 4", sabir_unfold(g, V(F32, 4), 0, 5, 1));
    SHAPE_("not known to fit into the extent n", sabir_unfold(g, V(F32, n), 0, 2, 1));
    ARGUMENT_("both are at least 1", sabir_unfold(g, V(F32, 4), 0, 0, 1));
    SHAPE_("4 windows of 3 by steps of 2 are not known to fit into the length 8", sabir_overlap_add(g, V(F32, 4, 3), 0, 2, 8));
    SHAPE_("the last extent, the window, is the dim n", sabir_overlap_add(g, V(F32, 4, n), 0, 2, 8));
    TYPE_("x, to be interpolated, is i32", sabir_resize(g, V(I32, 4), SABIR_SHAPE(8), SABIR_RESIZE_LINEAR));
    SHAPE_("4 axes change", sabir_resize(g, V(F32, 4, 4, 4, 4), SABIR_SHAPE(8, 8, 8, 8), SABIR_RESIZE_LINEAR));
    SHAPE_("may have no elements", sabir_resize_adjoint(g, V(F32, 8), SABIR_SHAPE(0), SABIR_RESIZE_NEAREST));
    TYPE_("x is i8", sabir_resize_adjoint(g, V(I8, 8), SABIR_SHAPE(4), SABIR_RESIZE_NEAREST));
    SHAPE_("may have no elements", sabir_resize(g, V(F32, 0), SABIR_SHAPE(8), SABIR_RESIZE_NEAREST));
    SHAPE_("x has rank 1 and has to have 2", sabir_resize(g, V(F32, 4), SABIR_SHAPE(8, 8), SABIR_RESIZE_NEAREST));
    ARGUMENT_("no resize mode", sabir_resize(g, V(F32, 4), SABIR_SHAPE(8), (sabir_resize_mode)3));
}

Test(errors, reductions_and_order)
{
    sabir_value second;
    TYPE_("x is bool", sabir_sum(g, V(BOOL, 2), SABIR_ALL_AXES));
    TYPE_("x is i32", sabir_mean(g, V(I32, 2), SABIR_ALL_AXES));
    TYPE_("x is i64", sabir_max(g, V(I64, 2), SABIR_ALL_AXES));
    ARGUMENT_("axis 1 is named twice", sabir_sum(g, V(F32, 2, 2), SABIR_INTS(1, -1)));
    ARGUMENT_("axis 2 is outside -2 .. 1", sabir_sum(g, V(F32, 2, 2), SABIR_INTS(2)));
    ARGUMENT_("reduce: \"median\" is none of", sabir_reduce(g, "median", V(F32, 2), &(sabir_reduce_attrs){.axes = SABIR_ALL_AXES}));
    ARGUMENT_("reduce: \"argmax\"", sabir_reduce(g, "argmax", V(F32, 2), &(sabir_reduce_attrs){.axes = SABIR_ALL_AXES}));
    ARGUMENT_("attrs is NULL", sabir_reduce(g, "sum", V(F32, 2), NULL));
    ARGUMENT_("\"NULL\"", sabir_reduce(g, NULL, V(F32, 2), NULL));
    TYPE_("a wide result is for sum", sabir_reduce(g, "sum", V(F32, 2), &(sabir_reduce_attrs){.wide = 1}));
    TYPE_("a wide result is for sum", sabir_reduce(g, "max", V(I32, 2), &(sabir_reduce_attrs){.wide = 1}));
    TYPE_("compensated", sabir_reduce(g, "sum", V(I32, 2), &(sabir_reduce_attrs){.accumulate = SABIR_ACCUMULATE_COMPENSATED}));
    ARGUMENT_("no way to accumulate", sabir_reduce(g, "sum", V(F32, 2), &(sabir_reduce_attrs){.accumulate = (sabir_accumulate)7}));
    SHAPE_("axis 1 has no elements to choose from", sabir_argmax(g, V(F32, 2, 0), -1));
    SHAPE_("indices above 2^31 - 1", sabir_argmin(g, V(U8, INT64_C(1) << 32), 0));
    ARGUMENT_("cumsum: attrs is NULL", sabir_cumsum(g, V(F32, 2), NULL));
    TYPE_("x is i64", sabir_cumsum(g, V(I64, 2), &(sabir_cumsum_attrs){0}));
    TYPE_("starts is u8", sabir_segmented_cumsum(g, V(F32, 2), V(U8, 2), &(sabir_cumsum_attrs){0}));
    SHAPE_("starts has shape [1]", sabir_segmented_cumsum(g, V(F32, 2), V(BOOL, 1), &(sabir_cumsum_attrs){0}));
    ARGUMENT_("no axes", sabir_sort(g, V0(F32), 0, 0, NULL));
    SHAPE_("keys and values have to have one shape", sabir_sort_by_key(g, V(F32, 2), V(F32, 3), &second));
    ARGUMENT_("sorted_values is NULL", sabir_sort_by_key(g, V(F32, 2), V(F32, 2), NULL));
    ARGUMENT_("k is 3 and has to be from 0 to the last extent, 2", sabir_top_k(g, V(F32, 2), 3, NULL));
    ARGUMENT_("the last extent, n", sabir_top_k(g, V(F32, n), 2, NULL));
    ARGUMENT_("k is -1", sabir_top_k(g, V(F32, 4), -1, NULL));
    TYPE_("mask is i8", sabir_compact(g, V(I8, 2), 3, NULL, NULL));
    SHAPE_("mask has rank 2", sabir_compact(g, V(BOOL, 2, 2), 3, NULL, NULL));
    ARGUMENT_("the capacity is -1", sabir_compact(g, V(BOOL, 2), -1, NULL, NULL));
    ARGUMENT_("the number of bins is -1", sabir_histogram(g, V(I32, 2), -1));
    TYPE_("x is u8", sabir_histogram(g, V(U8, 2), 9));
}

Test(errors, dense)
{
    SHAPE_("inner extents differ: n and m", sabir_matmul(g, V(F32, 3, n), V(F32, m, 5)));
    SHAPE_("a has rank 1", sabir_matmul(g, V(F32, 3), V(F32, 3, 5)));
    SHAPE_("extents 2 and 3 differ at axis 0 of 1", sabir_matmul(g, V(F32, 2, 3, 4), V(F32, 3, 4, 5)));
    TYPE_("u8 is not multiplied", sabir_matmul(g, V(U8, 3, 3), V(U8, 3, 3)));
    TYPE_("a and b", sabir_matmul(g, V(F16, 3, 3), V(F32, 3, 3)));
    SHAPE_("x has rank 2 and has to have 3 to 5", sabir_conv(g, V(F32, 1, 2), V(F32, 1, 2), SABIR_NONE, NULL));
    SHAPE_("weights has rank 4", sabir_conv(g, V(F32, 1, 2, 3), V(F32, 1, 2, 3, 3), SABIR_NONE, NULL));
    SHAPE_("channels of x and channels of weights times groups differ: 4 and 2",
           sabir_conv(g, V(F32, 1, 4, 9), V(F32, 8, 2, 3), SABIR_NONE, NULL));
    ARGUMENT_("2 groups do not divide the channels of the result, 5",
              sabir_conv(g, V(F32, 1, 4, 9), V(F32, 5, 2, 3), SABIR_NONE, &(sabir_conv_attrs){.groups = 2}));
    SHAPE_("spans 7 is not known to fit into the padded extent 6",
           sabir_conv(g, V(F32, 1, 1, 4), V(F32, 1, 1, 3), SABIR_NONE, &(sabir_conv_attrs){.before = {1}, .after = {1}, .dilation = {3}}));
    SHAPE_("into the padded extent n", sabir_conv(g, V(F32, 1, 1, n), V(F32, 1, 1, 3), SABIR_NONE, NULL));
    SHAPE_("a window's extent is the dim n", sabir_conv(g, V(F32, 1, 1, 9), V(F32, 1, 1, n), SABIR_NONE, NULL));
    ARGUMENT_("stride -1", sabir_conv(g, V(F32, 1, 1, 9), V(F32, 1, 1, 3), SABIR_NONE, &(sabir_conv_attrs){.stride = {-1}}));
    ARGUMENT_("window 0", sabir_conv(g, V(F32, 1, 1, 9), V(F32, 1, 1, 0), SABIR_NONE, NULL));
    ARGUMENT_("-2 groups", sabir_conv(g, V(F32, 1, 1, 9), V(F32, 1, 1, 3), SABIR_NONE, &(sabir_conv_attrs){.groups = -2}));
    ARGUMENT_("output_extra is for conv_transpose",
              sabir_conv(g, V(F32, 1, 1, 9), V(F32, 1, 1, 3), SABIR_NONE, &(sabir_conv_attrs){.output_extra = {1}}));
    SHAPE_("periodic padding", sabir_conv(g, V(F32, 1, 1, 2), V(F32, 1, 1, 3), SABIR_NONE, &(sabir_conv_attrs){.before = {3}, .periodic = 1}));
    SHAPE_("bias has shape [2] and has to have [8]", sabir_conv(g, V(F32, 1, 1, 9), V(F32, 8, 1, 3), V(F32, 2), NULL));
    ARGUMENT_("output_extra is 2", sabir_conv_transpose(g, V(F32, 1, 1, 9), V(F32, 1, 1, 3), SABIR_NONE,
                                                        &(sabir_conv_attrs){.stride = {2}, .output_extra = {2}}));
    SHAPE_("spatial axis 0: an extent would be -1",
           sabir_conv_transpose(g, V(F32, 1, 1, 1), V(F32, 1, 1, 3), SABIR_NONE, &(sabir_conv_attrs){.before = {4}}));
    SHAPE_("channels of x and weights", sabir_conv_transpose(g, V(F32, 1, 2, 9), V(F32, 1, 1, 3), SABIR_NONE, NULL));
    ARGUMENT_("periodic", sabir_conv_transpose(g, V(F32, 1, 1, 9), V(F32, 1, 1, 3), SABIR_NONE, &(sabir_conv_attrs){.periodic = 1}));
    TYPE_("x is i32", sabir_avg_pool(g, V(I32, 1, 1, 9), NULL));
    SHAPE_("x has rank 6", sabir_max_pool(g, V(F32, 1, 1, 1, 1, 1, 1), NULL));
    SHAPE_("a window that spans 3", sabir_max_pool(g, V(F32, 1, 1, 2), &(sabir_pool_attrs){.window = {3}}));
    ARGUMENT_("padding -1", sabir_max_pool(g, V(F32, 1, 1, 2), &(sabir_pool_attrs){.before = {-1}}));
}

Test(errors, norms_grids_and_sparse)
{
    TYPE_("x is i32", sabir_softmax(g, V(I32, 2), 0));
    ARGUMENT_("axis 1", sabir_log_softmax(g, V(F32, 2), 1));
    ARGUMENT_("a shift without a scale", sabir_layer_norm(g, V(F32, 2), SABIR_NONE, V(F32, 2), 1e-5));
    SHAPE_("scale has shape [3] and has to have [2]", sabir_layer_norm(g, V(F32, 2), V(F32, 3), SABIR_NONE, 1e-5));
    TYPE_("x and shift have types f32 and f16", sabir_layer_norm(g, V(F32, 2), V(F32, 2), V(F16, 2), 1e-5));
    ARGUMENT_("epsilon is -1", sabir_rms_norm(g, V(F32, 2), SABIR_NONE, -1));
    SHAPE_("x has rank 0", sabir_rms_norm(g, V0(F32), SABIR_NONE, 0));
    ARGUMENT_("4 groups do not divide 6 channels", sabir_group_norm(g, V(F32, 1, 6), SABIR_NONE, SABIR_NONE, 4, 0));
    SHAPE_("the number of channels is the dim n", sabir_group_norm(g, V(F32, 1, n), SABIR_NONE, SABIR_NONE, 1, 0));
    ARGUMENT_("3 elements are to turn", sabir_rope(g, V(F32, 3), V0(I32), 10000, 0));
    ARGUMENT_("base is 0", sabir_rope(g, V(F32, 4), V0(I32), 0, 0));
    SHAPE_("extents 3 and 2 differ", sabir_rope(g, V(F32, 2, 4), V(I32, 3), 10000, 0));
    SHAPE_("positions do not broadcast", sabir_rope(g, V(F32, 1, 4), V(I32, 3), 10000, 0));
    SHAPE_("labels has shape [3] and has to have [2]", sabir_cross_entropy(g, V(F32, 2, 4), V(I32, 3)));
    ARGUMENT_("stencil: attrs is NULL", sabir_stencil(g, V(F32, 4), V(F32, 3), SABIR_NONE, NULL));
    ARGUMENT_("0 axes; 1 to 3", sabir_stencil(g, V(F32, 4), V(F32, 3), SABIR_NONE, &(sabir_stencil_attrs){0}));
    SHAPE_("weights has 2 elements; an odd number", sabir_stencil(g, V(F32, 4), V(F32, 2), SABIR_NONE, &(sabir_stencil_attrs){.axes = 1}));
    SHAPE_("mask has shape [3] and has to have [4]", sabir_stencil(g, V(F32, 2, 4), V(F32, 3), V(BOOL, 3), &(sabir_stencil_attrs){.axes = 1}));
    ARGUMENT_("no boundary condition",
              sabir_stencil(g, V(F32, 4), V(F32, 3), SABIR_NONE, &(sabir_stencil_attrs){.axes = 1, .boundary = {(sabir_boundary)3}}));
    SHAPE_("n segments have n + 1 row pointers", sabir_segment_sum(g, V(F32, 4), V(I32, 0)));
    TYPE_("rows is u32", sabir_segment_max(g, V(F32, 4), V(U32, 2)));
    TYPE_("x is i32", sabir_segment_mean(g, V(I32, 4), V(I32, 2)));
    SHAPE_("values has shape [3] and has to have [4]", sabir_spmm(g, V(I32, 2), V(I32, 4), V(F32, 3), V(F32, 2, 2)));
    SHAPE_("x has rank 1", sabir_spmm(g, V(I32, 2), V(I32, 4), SABIR_NONE, V(F32, 2)));
    TYPE_("columns is u32", sabir_spmm(g, V(I32, 2), V(U32, 4), SABIR_NONE, V(F32, 2, 2)));
    SHAPE_("values has shape [4, 2] and has to have [4, 3]", sabir_spmm(g, V(I32, 2), V(I32, 4), V(F32, 4, 2), V(F32, 2, 3, 5)));
    SHAPE_("values has rank 3", sabir_spmm(g, V(I32, 2), V(I32, 4), V(F32, 4, 2, 2), V(F32, 2, 2)));
    TYPE_("x is i32", sabir_segment_softmax(g, V(I32, 4), V(I32, 2)));
    SHAPE_("n segments have n + 1 row pointers", sabir_segment_ids(g, V(I32, 0), 3));
    SHAPE_("indices above 2^31 - 1", sabir_segment_ids(g, V(I32, 2), INT64_C(1) << 32));
    SHAPE_("rows of x and of the row pointers differ: 3 and 2", sabir_sddmm(g, V(I32, 3), V(I32, 4), V(F32, 3, 5), V(F32, 2, 5)));
    SHAPE_("y has shape [2, 4] and has to have [2, 5]", sabir_sddmm(g, V(I32, 4), V(I32, 4), V(F32, 3, 5), V(F32, 2, 4)));
}

Test(errors, grouped)
{
    TYPE_("keys is u32", sabir_group_by(g, V(U32, 4), 2, SABIR_NONE, NULL, NULL, NULL));
    SHAPE_("keys has rank 2", sabir_group_by(g, V(I32, 4, 2), 2, SABIR_NONE, NULL, NULL, NULL));
    SHAPE_("capacity has rank 1", sabir_group_by(g, V(I32, 4), 2, V(I32, 1), NULL, NULL, NULL));
    ARGUMENT_("the number of groups is -1", sabir_group_by(g, V(I32, 4), -1, SABIR_NONE, NULL, NULL, NULL));
    SHAPE_("groups of weights and of the pointers differ: 3 and 2", sabir_grouped_matmul(g, V(F32, 9, 4), V(F32, 3, 4, 5), V(I32, 3), 0));
    SHAPE_("inner extents differ: 4 and 5", sabir_grouped_matmul(g, V(F32, 9, 4), V(F32, 2, 4, 5), V(I32, 3), 1));
    TYPE_("x and weights have types f32 and f16", sabir_grouped_matmul(g, V(F32, 9, 4), V(F16, 2, 4, 5), V(I32, 3), 0));
    SHAPE_("rows of x and y differ: 9 and 8", sabir_grouped_outer(g, V(F32, 9, 4), V(F32, 8, 5), V(I32, 3)));
}

Test(errors, transforms)
{
    TYPE_("x is f16 and has to be f32 or f64", sabir_fft(g, V(F16, 4, 2), SABIR_INTS(0), 0));
    SHAPE_("parts of a complex number differ: 3 and 2", sabir_fft(g, V(F32, 4, 3), SABIR_INTS(0), 0));
    SHAPE_("an extent transformed is the dim n", sabir_fft(g, V(F32, n, 2), SABIR_INTS(0), 0));
    ARGUMENT_("the last axis holds the parts", sabir_fft(g, V(F32, 4, 2), SABIR_INTS(-1), 0));
    ARGUMENT_("4 axes; 1 to 3", sabir_fft(g, V(F32, 1, 1, 1, 1, 2), SABIR_INTS(0, 1, 2, 3), 0));
    ARGUMENT_("axis 0 is named twice", sabir_fft(g, V(F32, 4, 2), SABIR_INTS(0, -2), 0));
    ARGUMENT_("the scale is inf", sabir_fft_scaled(g, V(F32, 4, 2), &(sabir_fft_attrs){SABIR_INTS(0), 0, (double)INFINITY}));
    ARGUMENT_("fft: attrs is NULL", sabir_fft_scaled(g, V(F32, 4, 2), NULL));
    SHAPE_("rfft: the extent along the axis has to be a number", sabir_rfft(g, V(F32, n), 0));
    ARGUMENT_("rfft: axis 2", sabir_rfft(g, V(F32, 4), 2));
    SHAPE_("irfft: 8 elements come from 5 terms along axis 0", sabir_irfft(g, V(F32, 4, 2), 0, 8));
    SHAPE_("irfft: the last axis of x", sabir_irfft(g, V(F32, 2), 0, 2));
    TYPE_("lower and right have types f16 and f32", sabir_tridiagonal(g, V(F16, 4), V(F32, 4), V(F32, 4), V(F32, 4), 0));
    TYPE_("right is i32", sabir_tridiagonal(g, V(I32, 4), V(I32, 4), V(I32, 4), V(I32, 4), 0));
    SHAPE_("differ: 3 and 4", sabir_tridiagonal(g, V(F32, 3), V(F32, 4), V(F32, 4), V(F32, 4), 0));
    ARGUMENT_("tridiagonal: attrs is NULL", sabir_tridiagonal_with(g, V(F32, 4), V(F32, 4), V(F32, 4), V(F32, 4), NULL));
    ARGUMENT_("interpolate: attrs is NULL", sabir_interpolate(g, V(F32, 4), V(F32, 1, 2), NULL));
    ARGUMENT_("0 axes; 1 to 3", sabir_interpolate(g, V(F32, 4), V(F32, 1, 2), &(sabir_interpolate_attrs){0}));
    ARGUMENT_("no order of interpolation", sabir_interpolate(g, V(F32, 4), V(F32, 1, 2), &(sabir_interpolate_attrs){.axes = 1, .order = (sabir_interpolation)5}));
    ARGUMENT_("derivative -1 on axis 0", sabir_interpolate(g, V(F32, 4), V(F32, 1, 2), &(sabir_interpolate_attrs){.axes = 1, .derivative = {-1}}));
    TYPE_("positions is f16 and has to be f32", sabir_interpolate(g, V(F16, 4), V(F16, 1, 2), &(sabir_interpolate_attrs){.axes = 1}));
    SHAPE_("coordinates of a position and axes differ: 2 and 1", sabir_interpolate(g, V(F32, 4), V(F32, 2, 2), &(sabir_interpolate_attrs){.axes = 1}));
    SHAPE_("in front of the axes of x and positions differ: 3 and n", sabir_interpolate(g, V(F32, n, 4), V(F32, 3, 1, 2), &(sabir_interpolate_attrs){.axes = 1}));
}
