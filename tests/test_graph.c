/* Building a graph as an application does: leaves, names, state, the first error and its place. suite: host */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "sabir/ops.h"

static sabir_context *context;
static sabir_graph *g;

static void begin(void)
{
    cr_assert_eq(sabir_context_create(NULL, &context), SABIR_OK);
    cr_assert_eq(sabir_graph_create(context, &g), SABIR_OK);
}

static void end(void)
{
    sabir_graph_destroy(g);
    sabir_context_release(context);
}

static void again(void)
{
    sabir_graph_destroy(g);
    cr_assert_eq(sabir_graph_create(context, &g), SABIR_OK);
}

static void expect(sabir_status status, const char *part)
{
    const sabir_status is = sabir_graph_status(g);
    cr_assert_eq(is, status, "%s: %s", sabir_status_name(is), sabir_last_message());
    cr_assert(strstr(sabir_last_message(), part) != NULL, "\"%s\" lacks \"%s\"", sabir_last_message(), part);
}

static bool is_null(sabir_value value) { return value.graph == g && value.index == SABIR_NONE_INDEX; }

TestSuite(graph, .init = begin, .fini = end);

Test(graph, leaves_keep_type_and_shape)
{
    const float data[6] = {1, 2, 3, 4, 5, 6};
    const sabir_value x = sabir_input(g, "x", SABIR_BF16, SABIR_SHAPE(2, 0, 3)), w = sabir_variable(g, "w", SABIR_I64, SABIR_SCALAR_SHAPE);
    const sabir_value s = sabir_scalar(g, "s", SABIR_U32), c = sabir_constant(g, SABIR_F32, SABIR_SHAPE(2, 3), data);
    const sabir_value f = sabir_full(g, SABIR_I8, SABIR_SHAPE(1, 1, 1, 1, 1, 1, 1, 2), -3),
                      e = sabir_constant(g, SABIR_F32, SABIR_SHAPE(0), NULL);
    cr_assert_eq(sabir_graph_status(g), SABIR_OK, "%s", sabir_last_message());
    cr_assert_eq(sabir_value_type(x), SABIR_BF16);
    cr_assert_eq(sabir_value_shape(x).rank, 3);
    cr_assert_eq(sabir_value_shape(w).rank, 0);
    cr_assert_eq(sabir_value_type(s), SABIR_U32);
    cr_assert_eq(sabir_value_shape(c).extents[1], 3);
    cr_assert_eq(sabir_value_shape(f).rank, 8);
    cr_assert_eq(sabir_value_shape(e).extents[0], 0);
}

Test(graph, message_has_operator_shapes_and_place)
{
    const sabir_value a = sabir_input(g, "a", SABIR_F32, SABIR_SHAPE(3, 4)), b = sabir_input(g, "b", SABIR_F32, SABIR_SHAPE(5, 6));
    const int line = __LINE__ + 1;
    const sabir_value product = sabir_matmul(g, a, b);
    char expected[512];
    snprintf(expected, sizeof expected, "matmul(f32[3, 4], f32[5, 6]): inner extents differ: 4 and 5 (%s:%d)", __FILE__, line);
    cr_assert(is_null(product));
    cr_assert_str_eq(sabir_last_message(), expected);
    cr_assert_eq(sabir_graph_status(g), SABIR_INVALID_SHAPE);
    cr_assert_str_eq(sabir_last_message(), expected);
}

Test(graph, first_error_stays)
{
    const sabir_value a = sabir_input(g, "a", SABIR_F32, SABIR_SHAPE(3)), bad = sabir_add(g, a, sabir_input(g, "b", SABIR_I32, SABIR_SHAPE(3)));
    cr_assert(is_null(bad));
    cr_assert(is_null(sabir_neg(g, bad)));
    cr_assert(is_null(sabir_neg(g, a)));
    cr_assert(is_null(sabir_input(g, "", SABIR_F32, SABIR_SHAPE(1))));
    cr_assert(is_null(sabir_concat(g, NULL, 3, 0)));
    cr_assert_eq(sabir_dim_create(g, "n", 5, 1), 0);
    sabir_value carried, sorted_values, indices = a;
    sabir_loop_begin(g, -1, &bad, 1, &carried);
    cr_assert(is_null(carried));
    cr_assert(is_null(sabir_sort_by_key(g, bad, a, &sorted_values)));
    cr_assert(is_null(sorted_values));
    cr_assert(is_null(sabir_sort(g, bad, 0, 0, &indices)));
    cr_assert(is_null(indices));
    sabir_output(g, "out", bad);
    sabir_assign(g, a, bad);
    cr_assert(is_null(sabir_layer_norm(g, bad, SABIR_NONE, a, 1e-5)));
    expect(SABIR_INVALID_TYPE, "add(f32[3], i32[3]): operands have types f32 and i32");
}

Test(graph, an_unplaced_error_takes_no_later_place)
{
    sabir_output(g, "", SABIR_NONE);
    (void)sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(1));
    expect(SABIR_INVALID_ARGUMENT, "output: a name is needed");
    cr_assert_null(strstr(sabir_last_message(), "test_graph.c"));
}

Test(graph, null_graph_crashes_nothing)
{
    sabir_value carried = SABIR_NONE, result = SABIR_NONE;
    cr_assert_eq(sabir_input(NULL, "x", SABIR_F32, SABIR_SHAPE(1)).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_add(NULL, SABIR_NONE, SABIR_NONE).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_number(NULL, SABIR_F32, 1).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_full(NULL, SABIR_F32, SABIR_SHAPE(2), 1).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_flip(NULL, SABIR_NONE, SABIR_ALL_AXES).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_narrow(NULL, SABIR_NONE, 0, 0, 1).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_bernoulli(NULL, SABIR_NONE, SABIR_NONE, SABIR_SHAPE(2)).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_cumsum(NULL, SABIR_NONE, NULL).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_reduce(NULL, NULL, SABIR_NONE, NULL).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_conv(NULL, SABIR_NONE, SABIR_NONE, SABIR_NONE, NULL).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_stencil(NULL, SABIR_NONE, SABIR_NONE, SABIR_NONE, NULL).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_rms_norm(NULL, SABIR_NONE, SABIR_NONE, 0).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_sort_by_key(NULL, SABIR_NONE, SABIR_NONE, &result).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_dim_create(NULL, "n", 1, 2), 0);
    cr_assert_eq(sabir_dim_affine(NULL, 1, 1, 1), 0);
    cr_assert_eq(sabir_dim_product(NULL, 1, 1), 0);
    sabir_output(NULL, "x", SABIR_NONE);
    sabir_assign(NULL, SABIR_NONE, SABIR_NONE);
    sabir_loop_begin(NULL, 1, &carried, 1, &carried);
    cr_assert_eq(sabir_loop_end(NULL, &carried, 1, SABIR_NONE, &result).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_graph_status(NULL), SABIR_INVALID_ARGUMENT);
    cr_assert_eq(sabir_value_type(SABIR_NONE), SABIR_TYPE_COUNT);
    cr_assert_eq(sabir_value_shape(SABIR_NONE).rank, 0);
    sabir_graph_destroy(NULL);
    sabir_graph *none = g;
    cr_assert_eq(sabir_graph_create(NULL, &none), SABIR_INVALID_ARGUMENT);
    cr_assert_null(none);
    cr_assert_eq(sabir_graph_create(context, NULL), SABIR_INVALID_ARGUMENT);
}

Test(graph, values_of_other_graphs_and_nulls_are_caught)
{
    sabir_graph *other;
    cr_assert_eq(sabir_graph_create(context, &other), SABIR_OK);
    const sabir_value far = sabir_input(other, "x", SABIR_F32, SABIR_SHAPE(3));
    const sabir_extent far_dim = sabir_dim_create(other, "n", 1, 9);
    sabir_value here = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(3));
    cr_assert(is_null(sabir_add(g, here, far)));
    expect(SABIR_MISUSE, "add(f32[3], ?): operand 2 belongs to another graph");
    again();
    cr_assert(is_null(sabir_neg(g, SABIR_NONE)));
    expect(SABIR_INVALID_ARGUMENT, "neg(?): operand 1 is the null value");
    again();
    (void)sabir_neg(g, (sabir_value){g, 7});
    expect(SABIR_INVALID_ARGUMENT, "no value of this graph");
    again();
    (void)sabir_input(g, "y", SABIR_F32, SABIR_SHAPE(far_dim));
    expect(SABIR_INVALID_SHAPE, "neither a count nor a dim of this graph");
    again();
    (void)sabir_input(g, "y", SABIR_F32, SABIR_SHAPE(-1));
    expect(SABIR_INVALID_SHAPE, "only reshape works an extent out");
    again();
    sabir_output(g, "o", far);
    expect(SABIR_MISUSE, "output \"o\": value belongs to another graph");
    again();
    sabir_assign(g, far, far);
    expect(SABIR_MISUSE, "operand 1 belongs to another graph");
    cr_assert_eq(sabir_graph_status(other), SABIR_OK);
    sabir_graph_destroy(other);
}

Test(graph, names_are_there_and_unique)
{
    (void)sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(3));
    (void)sabir_scalar(g, "x", SABIR_F32);
    expect(SABIR_INVALID_ARGUMENT, "the name \"x\" is taken");
    again();
    (void)sabir_variable(g, NULL, SABIR_F32, SABIR_SHAPE(3));
    expect(SABIR_INVALID_ARGUMENT, "variable: a name is needed");
    again();
    sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(3));
    sabir_output(g, "x", x);
    cr_assert_eq(sabir_graph_status(g), SABIR_OK, "outputs have names of their own");
    sabir_output(g, "x", x);
    expect(SABIR_INVALID_ARGUMENT, "output \"x\": the name is taken");
    again();
    sabir_output(g, NULL, sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(3)));
    expect(SABIR_INVALID_ARGUMENT, "a name is needed");
}

Test(graph, leaves_are_checked)
{
    (void)sabir_input(g, "x", (sabir_type)77, SABIR_SHAPE(3));
    expect(SABIR_INVALID_TYPE, "input \"x\": 77 is no element type");
    again();
    (void)sabir_scalar(g, "s", SABIR_F16);
    expect(SABIR_INVALID_TYPE, "a scalar is f32, f64, i32 or u32");
    again();
    (void)sabir_constant(g, SABIR_F32, SABIR_SHAPE(3), NULL);
    expect(SABIR_INVALID_ARGUMENT, "data is NULL; 3 elements are needed");
    again();
    (void)sabir_variable(g, "w", SABIR_F32, SABIR_SHAPE(sabir_dim_create(g, "n", 1, 2)));
    expect(SABIR_INVALID_SHAPE, "an extent is the dim n and has to be a number");
    again();
    (void)sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(INT64_MAX, 2));
    expect(SABIR_INVALID_SHAPE, "more than 2^63 - 1 elements");
    again();
    (void)sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(INT64_MAX / 2));
    expect(SABIR_INVALID_SHAPE, "more than 2^63 - 1 bytes");
    again();
    (void)sabir_input(g, "x", SABIR_F32, (sabir_shape){.rank = 9});
    expect(SABIR_INVALID_SHAPE, "rank 9");
    again();
    (void)sabir_input(g, "x", SABIR_F32, (sabir_shape){.rank = -1});
    expect(SABIR_INVALID_SHAPE, "rank -1");
    again();
    (void)sabir_input(g, "x", SABIR_U8, SABIR_SHAPE(sabir_dim_create(g, "n", 1, INT64_MAX - 1), 2));
    expect(SABIR_INVALID_SHAPE, "elements: [n, 2]");
}

Test(graph, dims_are_checked)
{
    cr_assert_lt(sabir_dim_create(g, "n", 1, 4), -1);
    cr_assert_eq(sabir_dim_create(g, "n", 1, 5), 0);
    expect(SABIR_INVALID_ARGUMENT, "the dim \"n\" exists already");
    again();
    cr_assert_eq(sabir_dim_create(g, "", 1, 5), 0);
    expect(SABIR_INVALID_ARGUMENT, "a dim needs a name");
    again();
    cr_assert_eq(sabir_dim_create(g, "n", -1, 5), 0);
    expect(SABIR_INVALID_ARGUMENT, "0 <= minimum <= maximum");
    again();
    cr_assert_eq(sabir_dim_affine(g, sabir_dim_create(g, "n", 1, 5), INT64_MAX, 0), 0);
    expect(SABIR_INVALID_SHAPE, "overflows 64 bits");
    again();
    const sabir_extent n = sabir_dim_create(g, "n", 1, 5);
    cr_assert_eq(sabir_dim_affine(g, n, 1, 0), n);
    cr_assert_eq(sabir_dim_affine(g, 4, 3, 1), 13);
    cr_assert_eq(sabir_dim_affine(g, 4, 1, -9), 0, "at least 0");
    cr_assert_eq(sabir_dim_product(g, n, 2), sabir_dim_affine(g, n, 2, 0));
    cr_assert_eq(sabir_dim_product(g, n, 0), 0);
}

Test(graph, assigns_fit_their_variables)
{
    sabir_value w = sabir_variable(g, "w", SABIR_F32, SABIR_SHAPE(3)), x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(3));
    sabir_assign(g, w, x);
    cr_assert_eq(sabir_graph_status(g), SABIR_OK, "%s", sabir_last_message());
    sabir_assign(g, w, w);
    expect(SABIR_MISUSE, "\"w\" is assigned already");
    again();
    x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(3));
    sabir_assign(g, x, x);
    expect(SABIR_INVALID_ARGUMENT, "made by input");
    again();
    w = sabir_variable(g, "w", SABIR_F32, SABIR_SHAPE(3));
    sabir_assign(g, w, sabir_number(g, SABIR_F32, 0));
    expect(SABIR_INVALID_SHAPE, "assign(f32[3], f32[]): value has shape [] and has to have [3]");
    again();
    w = sabir_variable(g, "w", SABIR_F32, SABIR_SHAPE(3));
    sabir_assign(g, w, sabir_cast(g, w, SABIR_F16));
    expect(SABIR_INVALID_TYPE, "variable and value have types f32 and f16");
}

Test(graph, texts_name_dims_nodes_and_places)
{
    const sabir_extent n = sabir_dim_create(g, "n", 1, 8);
    const sabir_value x = sabir_input(g, "a \"quoted\"\nname", SABIR_F32, SABIR_SHAPE(n, 4));
    sabir_output(g, "sum", sabir_sum(g, x, SABIR_INTS(-1)));
    char *text = NULL;
    cr_assert_eq(sabir_graph_text(g, &text), SABIR_OK);
    cr_assert(strstr(text, "dim n = 1 .. 8\n"));
    cr_assert(strstr(text, "%0 = input \"a \\\"quoted\\\"\\nname\" : f32[n, 4]  # "));
    cr_assert(strstr(text, "%1 = sum(%0) axes=[1] : f32[n]  # "));
    cr_assert(strstr(text, "test_graph.c:"));
    cr_assert(strstr(text, "output \"sum\" = %1\n"));
    sabir_string_free(context, text);
    cr_assert_eq(sabir_graph_dot(g, &text), SABIR_OK);
    cr_assert(strstr(text, "n0 -> n1 [label=\"%0 f32[n, 4]\"]"));
    cr_assert(strstr(text, "n1 -> out0"));
    sabir_string_free(context, text);
    cr_assert_eq(sabir_graph_text(NULL, &text), SABIR_INVALID_ARGUMENT);
    cr_assert_eq(sabir_graph_text(g, NULL), SABIR_INVALID_ARGUMENT);
    sabir_string_free(NULL, NULL);
}

Test(graph, empty_graph_has_a_text)
{
    char *text = NULL;
    cr_assert_eq(sabir_graph_text(g, &text), SABIR_OK);
    cr_assert_str_eq(text, "");
    sabir_string_free(context, text);
}
