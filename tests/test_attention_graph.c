/* Attention as the graph sees it: shapes and types of results, and what is refused, with the operand named. suite: host */
#include "test_graph.h"

static sabir_attention_operands plain(void)
{
    return (sabir_attention_operands){.q = V(F32, 2, 4, n, 8), .k = V(F32, 2, 2, m, 8), .v = V(F32, 2, 2, m, 5)};
}

static sabir_value attend(sabir_attention_operands operands, sabir_attention_attrs attrs) { return sabir_attention(g, &operands, &attrs, NULL); }

#define SHAPE_(...) FAILS(SABIR_INVALID_SHAPE, __VA_ARGS__)
#define TYPE_(...) FAILS(SABIR_INVALID_TYPE, __VA_ARGS__)
#define ARGUMENT_(...) FAILS(SABIR_INVALID_ARGUMENT, __VA_ARGS__)
/* Good operands, but for one. */
#define BAD(good, field, value) (bad = good(), bad.field = (value), bad)

TestSuite(attention_graph, .init = open_graph, .fini = close_graph);

Test(attention_graph, results_have_the_shape_of_queries)
{
    sabir_attention_operands o = plain();
    sabir_value lse;
    IS("f32[2, 4, n, 5]", sabir_attention(g, &o, NULL, &lse));
    IS("f32[2, 4, n]", lse);
    o.q = V(F16, 2, 4, n, 8);
    IS("f16[2, 4, n, 5]", sabir_attention(g, &o, NULL, &lse));
    IS("f32[2, 4, n]", lse);
    IS("f32[2, 4, n, 5]", attend(o, (sabir_attention_attrs){.wide = 1}));
    o = (sabir_attention_operands){.q = V(F64, 3, n, 7), .k = V(F64, 1, m, 7), .v = V(F64, 1, m, 7)};
    IS("f64[3, n, 7]", sabir_attention(g, &o, NULL, &lse));
    IS("f64[3, n]", lse);
}

Test(attention_graph, gradients_have_the_shapes_of_operands)
{
    sabir_attention_operands o = plain();
    o.k = V(BF16, 2, m, 8);
    o.bias = V(F32, 4, 1, m);
    sabir_value lse, d_k, d_v;
    const sabir_value out = sabir_attention(g, &o, NULL, &lse);
    IS("f32[2, 4, n, 8]", sabir_attention_gradient(g, &o, NULL, out, lse, out, SABIR_NONE, &d_k, &d_v));
    IS("bf16[2, 2, m, 8]", d_k);
    IS("f32[2, 2, m, 5]", d_v);
    IS("f32[4, 1, m]", sabir_attention_bias_gradient(g, &o, NULL, out, lse, out, lse));
}

Test(attention_graph, defaults_are_filled_in)
{
    const sabir_attention_operands o = plain();
    const sabir_value out = attend(o, (sabir_attention_attrs){.window = INT64_MAX});
    const sbr_attention_attrs *attrs = g->nodes.data[g->values.data[out.index].node].attrs;
    cr_assert_float_eq(attrs->how.scale, 1 / 2.8284271247461903, 1e-15);
    cr_assert_eq(attrs->how.window, 1 << 30);
    cr_assert_eq(attrs->how.mask_keys, 1);
}

/* A prefix is a node of its own, from which the other goes on. */
Test(attention_graph, a_prefix_makes_a_partial_result)
{
    sabir_attention_operands o = plain();
    o.prefix_k = V(F32, 2, 3, 8);
    o.prefix_v = V(F32, 2, 3, 5);
    const uint32_t before = g->nodes.count;
    IS("f32[2, 4, n, 5]", attend(o, (sabir_attention_attrs){.causal = 1}));
    cr_assert_eq(g->nodes.count, before + 2);
    cr_assert_eq(g->nodes.data[before + 1].input_count, 5);
}

Test(attention_graph, refusals_name_the_operand)
{
    sabir_attention_operands bad;
    SHAPE_("last extents of q and k differ: 8 and 7", attend(BAD(plain, k, V(F32, 2, 2, m, 7)), (sabir_attention_attrs){0}));
    SHAPE_("3 key heads do not divide 4 query heads", attend(BAD(plain, k, V(F32, 2, 3, m, 8)), (sabir_attention_attrs){0}));
    SHAPE_("numbers of keys and values differ", attend(BAD(plain, v, V(F32, 2, 2, n, 5)), (sabir_attention_attrs){0}));
    SHAPE_("k has shape [3, 2, m, 8], which does not broadcast to [2, 2, m, 8]", attend(BAD(plain, k, V(F32, 3, 2, m, 8)), (sabir_attention_attrs){0}));
    SHAPE_("from 1 to 256", attend((sabir_attention_operands){.q = V(F32, 1, 2, 300), .k = V(F32, 1, 2, 300), .v = V(F32, 1, 2, 4)}, (sabir_attention_attrs){0}));
    TYPE_("q is f32 and v is f64", attend(BAD(plain, v, V(F64, 2, 2, m, 5)), (sabir_attention_attrs){0}));
    TYPE_("k is i32", attend(BAD(plain, k, V(I32, 2, 2, m, 8)), (sabir_attention_attrs){0}));
    SHAPE_("bias has shape [3], which does not broadcast", attend(BAD(plain, bias, V(F32, 3)), (sabir_attention_attrs){0}));
    TYPE_("mask is i32 and has to be u32", attend(BAD(plain, mask, V(I32, n, 1)), (sabir_attention_attrs){0}));
    SHAPE_("mask has shape", attend(BAD(plain, mask, V(U32, n, 1000)), (sabir_attention_attrs){0}));
    SHAPE_("q_positions has shape", attend(BAD(plain, q_positions, V(I32, 3)), (sabir_attention_attrs){0}));
    SHAPE_("k_lengths has shape", attend(BAD(plain, k_lengths, V(I32, 5)), (sabir_attention_attrs){0}));
    ARGUMENT_("rows and columns are given together", attend(BAD(plain, rows, V(I32, 5)), (sabir_attention_attrs){0}));
    ARGUMENT_("partial_out and partial_lse are given together", attend(BAD(plain, partial_lse, V(F32, 2, 4, n)), (sabir_attention_attrs){0}));
    ARGUMENT_("prefix_k and prefix_v are given together", attend(BAD(plain, prefix_k, V(F32, 2, 3, 8)), (sabir_attention_attrs){0}));
    ARGUMENT_("q, k and v are to be given", attend((sabir_attention_operands){.q = V(F32, 1, 2, 3), .k = V(F32, 1, 2, 3)}, (sabir_attention_attrs){0}));
    ARGUMENT_("window, mask_queries and mask_keys", attend(plain(), (sabir_attention_attrs){.window = -1}));
    ARGUMENT_("operands is NULL", sabir_attention(g, NULL, NULL, NULL));
    ARGUMENT_("out, lse and d_out are to be given", sabir_attention_gradient(g, (bad = plain(), &bad), NULL, SABIR_NONE, SABIR_NONE, SABIR_NONE, SABIR_NONE, NULL, NULL));
}

static sabir_attention_operands listed(void)
{
    return (sabir_attention_operands){.q = V(F32, 2, 4, n, 8), .k = V(F32, 9, 2, 16, 8), .v = V(F32, 9, 2, 16, 5), .blocks = V(I32, 2, 1, 6, 3)};
}

Test(attention_graph, lists_of_blocks_stand_alone)
{
    sabir_attention_operands bad;
    IS("f32[2, 4, n, 5]", attend(listed(), (sabir_attention_attrs){.rope_base = 100}));
    ARGUMENT_("causal or a window over blocks needs q_positions", attend(listed(), (sabir_attention_attrs){.causal = 1}));
    ARGUMENT_("blocks and k_lengths are not given together", attend(BAD(listed, k_lengths, V(I32, 2)), (sabir_attention_attrs){0}));
    SHAPE_("the last extent of blocks is to be 3 or 4", attend(BAD(listed, blocks, V(I32, 2, 1, 6, 5)), (sabir_attention_attrs){0}));
    SHAPE_("k has rank 3 and has to have 4", attend(BAD(listed, k, V(F32, 2, 16, 8)), (sabir_attention_attrs){0}));
    ARGUMENT_("3 elements are to turn", attend(listed(), (sabir_attention_attrs){.rope_base = 100, .rope_rotated = 3}));
}
