/* Loop regions: what they make, what may be read where, what they refuse. suite: host */
#include "test_graph.h"

TestSuite(loop, .init = open_graph, .fini = close_graph);

Test(loop, nodes_of_a_loop)
{
    const sabir_value outer = V(F32, 3), start[] = {V(F32, n), V0(I32)};
    sabir_value carried[2], results[2];
    sabir_loop_begin(g, 10, start, 2, carried);
    IS("f32[n]", carried[0]);
    const sabir_value one = sabir_number(g, SABIR_I32, 1), next = sabir_add(g, carried[1], one);
    const sabir_value body = sabir_add(g, carried[0], sabir_sum(g, outer, SABIR_ALL_AXES));
    const sabir_value going = sabir_less(g, next, sabir_number(g, SABIR_I32, 5));
    const sabir_value count = sabir_loop_end(g, (const sabir_value[]){body, next}, 2, going, results);
    IS("i32[]", count);
    IS("f32[n]", results[0]);
    IS("i32[]", results[1]);
    const sbr_node *node = &g->nodes.data[g->values.data[count.index].node];
    const sbr_loop_attrs *attrs = node->attrs;
    cr_assert_eq(node->op, SBR_OP_loop);
    cr_assert_eq(node->input_count, 5);
    cr_assert_eq(node->inputs[0], start[0].index);
    cr_assert_eq(node->inputs[3], next.index);
    cr_assert_eq(node->inputs[4], going.index);
    cr_assert_eq(node->depth, 0);
    cr_assert(attrs->trips == 10 && attrs->carried == 2 && attrs->has_going == 1);
    for (uint32_t i = attrs->body_first; i + 1 < g->nodes.count; i++) cr_assert_eq(g->nodes.data[i].depth, 1);
    cr_assert_eq(g->nodes.data[attrs->body_first].op, SBR_OP_carry);
    const sbr_carry_attrs *carry = g->nodes.data[attrs->body_first + 1].attrs;
    cr_assert(carry->slot == 1 && carry->initial == start[1].index);
    cr_assert_null(g->loops);
    IS("f32[n]", sabir_neg(g, results[0]));
}

Test(loop, loops_nest_and_follow_one_another)
{
    const sabir_value x = V(F32, 2);
    sabir_value outer, inner, result, again;
    sabir_loop_begin(g, 3, &x, 1, &outer);
    const sabir_value doubled = sabir_add(g, outer, outer);
    sabir_loop_begin(g, 4, &doubled, 1, &inner);
    const sabir_value deep = sabir_mul(g, inner, outer);
    cr_assert_eq(g->nodes.data[g->values.data[deep.index].node].depth, 2);
    IS("i32[]", sabir_loop_end(g, &deep, 1, SABIR_NONE, &result));
    IS("i32[]", sabir_loop_end(g, &result, 1, SABIR_NONE, &again));
    sabir_loop_begin(g, 0, NULL, 0, NULL);
    IS("i32[]", sabir_loop_end(g, NULL, 0, SABIR_NONE, NULL));
    IS("f32[2]", sabir_neg(g, again));
}

static sabir_value begin(void)
{
    const sabir_value x = V(F32, 2);
    sabir_value carried;
    sabir_loop_begin(g, 3, &x, 1, &carried);
    return carried;
}

static sabir_value finish(sabir_value next)
{
    sabir_value result;
    (void)sabir_loop_end(g, &next, 1, SABIR_NONE, &result);
    return result;
}

Test(loop, inner_values_stay_inside)
{
    sabir_value inside = begin();
    const char *const why = "is a value of a loop's body, read outside of it";
    (void)finish(sabir_neg(g, inside));
    FAILS(SABIR_MISUSE, why, sabir_neg(g, inside));
    inside = begin();
    const sabir_value made = sabir_neg(g, inside);
    (void)finish(made);
    FAILS(SABIR_MISUSE, why, sabir_neg(g, made));
    inside = begin();
    (void)finish(inside);
    (void)begin();
    FAILS(SABIR_MISUSE, why, sabir_neg(g, inside)); /* inside another loop */
    inside = begin();
    (void)finish(inside);
    sabir_output(g, "o", inside);
    check_error(__LINE__, SABIR_MISUSE, why);
    inside = begin();
    (void)finish(inside);
    sabir_value carried;
    sabir_loop_begin(g, 3, &inside, 1, &carried);
    check_error(__LINE__, SABIR_MISUSE, "loop_begin: an initial value is a value of a loop's body");
}

Test(loop, misuse)
{
    sabir_value carried, result, x = V(F32, 2);
    FAILS(SABIR_MISUSE, "no loop was begun", sabir_loop_end(g, &x, 1, SABIR_NONE, &result));
    x = V(F32, 2);
    sabir_loop_begin(g, -1, &x, 1, &carried);
    check_error(__LINE__, SABIR_INVALID_ARGUMENT, "-1 trips");
    sabir_loop_begin(g, 1, NULL, 1, &carried);
    check_error(__LINE__, SABIR_INVALID_ARGUMENT, "initial or carried is NULL");
    x = begin();
    FAILS(SABIR_INVALID_ARGUMENT, "0 next values for 1 carried", sabir_loop_end(g, NULL, 0, SABIR_NONE, NULL));
    x = begin();
    FAILS(SABIR_INVALID_ARGUMENT, "next or results is NULL", sabir_loop_end(g, &x, 1, SABIR_NONE, NULL));
    (void)begin();
    FAILS(SABIR_INVALID_SHAPE, "next value 0 is f32[3]; carried is f32[2]", finish(V(F32, 3)));
    (void)begin();
    FAILS(SABIR_INVALID_TYPE, "next value 0 is f16[2]", finish(V(F16, 2)));
    x = begin();
    FAILS(SABIR_INVALID_TYPE, "going is f32[2] and has to be bool[]", sabir_loop_end(g, &x, 1, x, &result));
    x = begin();
    sabir_output(g, "o", x);
    check_error(__LINE__, SABIR_MISUSE, "output \"o\": not inside a loop");
    const sabir_value w = sabir_variable(g, "w", SABIR_F32, SABIR_SHAPE(2));
    x = begin();
    sabir_assign(g, w, x);
    check_error(__LINE__, SABIR_MISUSE, "not inside a loop");
}
