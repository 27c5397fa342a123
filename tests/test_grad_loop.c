/* Gradients through loops, on the reference, in f64: against differences and against the same steps without a loop. suite: host */
#include "lower/lower.h"
#include "test_grad.h"

TestSuite(grad_loop, .init = open_grad, .fini = close_grad);

/* A step that mixes what is carried with what is read from outside. */
static sabir_value step(sabir_value c, sabir_value w) { return sabir_tanh(g, sabir_add(g, sabir_matmul(g, c, w), sabir_mul(g, c, c))); }

static sabir_value total(sabir_value x) { return sabir_sum(g, x, SABIR_ALL_AXES); }

static sabir_value looped(sabir_value x, sabir_value w, int64_t trips)
{
    sabir_value c, r;
    sabir_loop_begin(g, trips, &x, 1, &c);
    const sabir_value next = step(c, w);
    (void)sabir_loop_end(g, &next, 1, SABIR_NONE, &r);
    return r;
}

static sabir_value unrolled(sabir_value x, sabir_value w, int trips)
{
    for (int i = 0; i < trips; i++) x = step(x, w);
    return x;
}

/* Equal outputs, element by element. */
static void expect_equal(int a, int b, double tolerance, const char *what)
{
    cr_assert_eq(outputs[a].count, outputs[b].count);
    for (int64_t k = 0; k < outputs[a].count; k++) NEAR(at(a, k), at(b, k), tolerance, "%s, element %d", what, (int)k);
}

Test(grad_loop, as_unrolled)
{
    const sabir_value x = IN(2, 3), w = IN(3, 3), wrt[] = {x, w};
    sabir_value a[2], b[2];
    MUST(sabir_grad(g, total(looped(x, w, 5)), wrt, 2, a));
    MUST(sabir_grad(g, total(unrolled(x, w, 5)), wrt, 2, b));
    const int x_loop = out(a[0]), w_loop = out(a[1]), x_flat = out(b[0]), w_flat = out(b[1]);
    run();
    expect_equal(x_loop, x_flat, 1e-12, "x");
    expect_equal(w_loop, w_flat, 1e-12, "w");
}

Test(grad_loop, no_trips)
{
    const sabir_value x = IN(2, 3), w = IN(3, 3);
    CHECK(total(sabir_mul(g, looped(x, w, 0), x)), 1e-8, x, w);
}

/* Ends when the norm has grown enough, at an iteration that the data choose. */
static sabir_value until(sabir_value x, sabir_value w, int64_t trips, double limit, sabir_value *count)
{
    sabir_value c, r;
    sabir_loop_begin(g, trips, &x, 1, &c);
    const sabir_value next = sabir_add(g, c, sabir_mul(g, sabir_tanh(g, sabir_matmul(g, c, w)), sabir_number(g, SABIR_F64, 0.5)));
    const sabir_value going = sabir_less(g, total(sabir_mul(g, next, next)), sabir_number(g, SABIR_F64, limit));
    *count = sabir_loop_end(g, &next, 1, going, &r);
    return r;
}

Test(grad_loop, ends_early)
{
    const sabir_value x = IN(2, 3), w = IN(3, 3);
    sabir_value count;
    const sabir_value y = total(sabir_square(g, until(x, w, 40, 30, &count)));
    const int ran = out(count);
    CHECK(y, 1e-7, x, w);
    cr_assert(at(ran, 0) > 3 && at(ran, 0) < 40, "%g iterations", at(ran, 0));
}

/* Two values that change places, one that only counts, one that stays, an integer that is needed. */
Test(grad_loop, many_carried)
{
    const sabir_value a = IN(3), b = IN(3), table = IN(7, 3), zero = sabir_number(g, SABIR_I32, 0), start[] = {a, b, zero, table, sabir_number(g, SABIR_I32, 1)};
    sabir_value c[5], r[5];
    sabir_loop_begin(g, 6, start, 5, c);
    const sabir_value row = sabir_reshape(g, sabir_gather(g, c[3], sabir_reshape(g, c[4], SABIR_SHAPE(1)), 0), SABIR_SHAPE(3));
    const sabir_value turn = sabir_cast(g, c[2], SABIR_F64);
    const sabir_value next[] = {sabir_mul(g, c[1], row), sabir_add(g, sabir_mul(g, c[0], c[0]), sabir_mul(g, turn, row)), sabir_add(g, c[2], sabir_number(g, SABIR_I32, 1)), c[3],
                                sabir_mod(g, sabir_add(g, sabir_mul(g, c[4], sabir_number(g, SABIR_I32, 3)), c[2]), sabir_number(g, SABIR_I32, 7))};
    (void)sabir_loop_end(g, next, 5, SABIR_NONE, r);
    CHECK(sabir_add(g, total(r[0]), total(sabir_mul(g, r[1], r[3]))), 1e-7, a, b, table);
}

/* A sequence read row by row, outside the loop, and rows written to a tensor that is carried. */
Test(grad_loop, rows_read_and_written)
{
    const sabir_value rows = IN(5, 3), w = IN(3, 3), start[] = {IN(1, 3), IN(5, 3), sabir_number(g, SABIR_I32, 0)};
    sabir_value c[3], r[3];
    sabir_loop_begin(g, 5, start, 3, c);
    const sabir_value parts[] = {sabir_reshape(g, c[2], SABIR_SHAPE(1)), sabir_full(g, SABIR_I32, SABIR_SHAPE(1), 0)}, at_row = sabir_concat(g, parts, 2, 0);
    const sabir_value hidden = sabir_tanh(g, sabir_add(g, sabir_matmul(g, c[0], w), sabir_dynamic_slice(g, rows, at_row, SABIR_SHAPE(1, 3))));
    const sabir_value next[] = {hidden, sabir_update(g, c[1], sabir_mul(g, hidden, hidden), at_row), sabir_add(g, c[2], sabir_number(g, SABIR_I32, 1))};
    (void)sabir_loop_end(g, next, 3, SABIR_NONE, r);
    const sabir_value y = sabir_add(g, total(sabir_mul(g, r[1], rows)), total(r[0]));
    CHECK(y, 1e-7, rows, w, start[0], start[1]);
}

static sabir_value nested(sabir_value x, sabir_value w, sabir_value v)
{
    sabir_value outer, inner, one, all;
    sabir_loop_begin(g, 3, &x, 1, &outer);
    const sabir_value first = sabir_mul(g, outer, v);
    sabir_loop_begin(g, 4, &first, 1, &inner);
    const sabir_value next = sabir_tanh(g, sabir_add(g, sabir_matmul(g, inner, w), outer));
    (void)sabir_loop_end(g, &next, 1, SABIR_NONE, &one);
    const sabir_value out_next = sabir_add(g, one, first);
    (void)sabir_loop_end(g, &out_next, 1, SABIR_NONE, &all);
    return all;
}

Test(grad_loop, loop_in_loop)
{
    const sabir_value x = IN(2, 3), w = IN(3, 3), v = IN(2, 3);
    CHECK(total(nested(x, w, v)), 1e-7, x, w, v);
}

static void check_segments(int64_t segment)
{
    const sabir_value x = IN(2, 3), w = IN(3, 3), wrt[] = {x, w};
    sabir_value a[2], b[2], count;
    const sabir_grad_options options = {.size = sizeof options, .loop_segment = segment};
    const sabir_value ys[] = {total(sabir_square(g, until(x, w, 40, 30, &count))), total(looped(x, w, 7)), total(looped(x, w, 6))};
    const int ran = out(count);
    for (int i = 0; i < 3; i++) {
        MUST(sabir_vjp(g, &ys[i], NULL, 1, wrt, 2, &options, a));
        MUST(sabir_vjp(g, &ys[i], NULL, 1, wrt, 2, NULL, b));
        for (int k = 0; k < 2; k++) out(a[k]), out(b[k]);
    }
    run();
    cr_assert(at(ran, 0) > 3 && at(ran, 0) < 40, "%g iterations", at(ran, 0));
    for (int i = 1; i < output_count; i += 2) expect_equal(i, i + 1, 1e-13, "a gradient");
}

Test(grad_loop, segments_of_2) { check_segments(2); }
Test(grad_loop, segments_of_3) { check_segments(3); }
Test(grad_loop, segments_of_5) { check_segments(5); }
Test(grad_loop, segments_of_100) { check_segments(100); }

/* The gradient of the gradient's norm. */
static sabir_value gradient_norm(sabir_value y, const sabir_value *wrt, uint32_t count, const sabir_grad_options *options)
{
    sabir_value grads[4], norm = SABIR_NONE;
    MUST(sabir_vjp(g, &y, NULL, 1, wrt, count, options, grads));
    for (uint32_t i = 0; i < count; i++) {
        const sabir_value square = total(sabir_mul(g, grads[i], grads[i]));
        norm = i ? sabir_add(g, norm, square) : square;
    }
    return norm;
}

Test(grad_loop, second_derivative)
{
    const sabir_value x = IN(2, 3), w = IN(3, 3), wrt[] = {x, w};
    CHECK(gradient_norm(total(looped(x, w, 4)), wrt, 2, NULL), 1e-6, x, w);
}

Test(grad_loop, second_derivative_of_what_ends_early)
{
    const sabir_value x = IN(2, 3), w = IN(3, 3), wrt[] = {x, w};
    sabir_value count;
    CHECK(gradient_norm(total(sabir_square(g, until(x, w, 12, 15, &count))), wrt, 2, NULL), 1e-6, x, w);
}

Test(grad_loop, second_derivative_of_nested_loops)
{
    const sabir_value x = IN(1, 2), w = IN(2, 2), v = IN(1, 2), wrt[] = {x, w, v};
    CHECK(gradient_norm(total(nested(x, w, v)), wrt, 3, NULL), 1e-6, x, w, v);
}

Test(grad_loop, second_derivative_in_segments)
{
    const sabir_value x = IN(2, 3), w = IN(3, 3), wrt[] = {x, w};
    const sabir_grad_options options = {.size = sizeof options, .loop_segment = 2};
    CHECK(gradient_norm(total(looped(x, w, 5)), wrt, 2, &options), 1e-6, x, w);
}

Test(grad_loop, third_derivative)
{
    const sabir_value x = IN(1, 2), w = IN(2, 2), wrt[] = {x, w};
    CHECK(gradient_norm(gradient_norm(total(looped(x, w, 3)), wrt, 2, NULL), wrt, 2, NULL), 1e-5, x, w);
}

/* Descent inside a loop, and the gradient of what it reaches. */
static sabir_value descend(sabir_value x, sabir_value w, int64_t inner_trips)
{
    sabir_value c, r, slope;
    sabir_loop_begin(g, 3, &x, 1, &c);
    const sabir_value reached = inner_trips ? looped(c, w, inner_trips) : step(c, w);
    MUST(sabir_grad(g, total(sabir_square(g, reached)), &c, 1, &slope));
    const sabir_value next = sabir_sub(g, c, sabir_mul(g, slope, sabir_number(g, SABIR_F64, 0.1)));
    (void)sabir_loop_end(g, &next, 1, SABIR_NONE, &r);
    return r;
}

Test(grad_loop, gradient_inside_a_body)
{
    const sabir_value x = IN(1, 2), w = IN(2, 2), start = x;
    sabir_value slope, flat = start;
    for (int i = 0; i < 3; i++) {
        MUST(sabir_grad(g, total(sabir_square(g, step(flat, w))), &flat, 1, &slope));
        flat = sabir_sub(g, flat, sabir_mul(g, slope, sabir_number(g, SABIR_F64, 0.1)));
    }
    const int a = out(descend(x, w, 0)), b = out(flat);
    run();
    expect_equal(a, b, 1e-14, "what it reaches");
}

Test(grad_loop, through_gradients_inside_a_body)
{
    const sabir_value x = IN(1, 2), w = IN(2, 2);
    CHECK(total(descend(x, w, 0)), 1e-7, x, w);
}

Test(grad_loop, through_gradients_of_loops_inside_a_body)
{
    const sabir_value x = IN(1, 2), w = IN(2, 2);
    CHECK(total(descend(x, w, 2)), 1e-7, x, w);
}

/* A loop from outside, differentiated inside a body. */
Test(grad_loop, outer_loop_seen_from_a_body)
{
    const sabir_value x = IN(1, 2), w = IN(2, 2), before = looped(x, w, 3);
    sabir_value c, r, slope;
    sabir_loop_begin(g, 2, &x, 1, &c);
    MUST(sabir_grad(g, total(sabir_mul(g, before, c)), &w, 1, &slope));
    const sabir_value next = sabir_add(g, c, sabir_matmul(g, c, slope));
    (void)sabir_loop_end(g, &next, 1, SABIR_NONE, &r);
    CHECK(total(r), 1e-7, x, w);
}

/* One loop, differentiated twice in one direction each, shares its twin. */
Test(grad_loop, twins_are_shared)
{
    const sabir_value x = IN(2, 3), w = IN(3, 3), y = total(looped(x, w, 4));
    sabir_value a, b;
    MUST(sabir_grad(g, y, &x, 1, &a));
    const uint32_t twins = g->twins.count;
    cr_assert_eq(twins, 1);
    MUST(sabir_grad(g, y, &w, 1, &b));
    cr_assert_eq(g->twins.count, twins);
}

Test(grad_loop, inputs_inside_a_body_are_refused)
{
    const sabir_value x = IN(2);
    sabir_value c, r, slope;
    sabir_loop_begin(g, 2, &x, 1, &c);
    const sabir_value next = sabir_mul(g, c, sabir_input(g, "inside", SABIR_F64, SABIR_SHAPE(2)));
    (void)sabir_loop_end(g, &next, 1, SABIR_NONE, &r);
    cr_assert_eq(sabir_grad(g, total(r), &x, 1, &slope), SABIR_UNSUPPORTED);
    cr_assert(strstr(sabir_last_message(), "input \"inside\" is made inside a loop's body"), "%s", sabir_last_message());
}

/* <u, J t> = <J' u, t> through a loop, and J t is the slope along t. */
Test(grad_loop, jvp)
{
    const sabir_value x = IN(2, 3), w = IN(3, 3), u = IN(2, 3), tangents[] = {IN(2, 3), IN(3, 3)}, step = IN0();
    const sabir_value wrt[] = {sabir_add(g, x, sabir_mul(g, step, tangents[0])), sabir_add(g, w, sabir_mul(g, step, tangents[1]))};
    const sabir_value y = looped(wrt[0], wrt[1], 4);
    sabir_value along, back[2];
    MUST(sabir_jvp(g, &y, 1, wrt, tangents, 2, &along));
    MUST(sabir_vjp(g, &y, &u, 1, wrt, 2, NULL, back));
    const int a = out(total(sabir_mul(g, u, along))), b = out(sabir_add(g, total(sabir_mul(g, back[0], tangents[0])), total(sabir_mul(g, back[1], tangents[1]))));
    const int whole = out(total(sabir_mul(g, u, y)));
    run();
    const double forward = at(a, 0);
    NEAR(forward, at(b, 0), 1e-13, "the two products");
    NEAR(forward, difference(whole, step, 0), 1e-8, "the slope");
}

/* ---- What is left after simplification ---- */

/* wanted: letters, y for an output that is asked for, n for one that is not. */
static void count_nodes(const char *wanted, uint32_t *loops, uint32_t *updates)
{
    const char *names[MOST_VALUES];
    sbr_lower_options options = {.simplify = true, .outputs = names};
    cr_assert_eq((int)strlen(wanted), output_count);
    for (int i = 0; wanted[i]; i++)
        if (wanted[i] == 'y') names[options.output_count++] = outputs[i].name;
    sabir_graph *simplified;
    MUST(sbr_simplify(g, &g->allocator, &options, &simplified));
    *loops = *updates = 0;
    for (uint32_t n = 0; n < simplified->nodes.count; n++) {
        *loops += simplified->nodes.data[n].op == SBR_OP_loop;
        *updates += simplified->nodes.data[n].op == SBR_OP_update;
    }
    sabir_graph_destroy(simplified);
}

/* The twin runs in the loop's place when the gradient is asked for, and not at all when it is not. */
Test(grad_loop, twins_run_in_their_loops_place)
{
    const sabir_value x = IN(2, 3), w = IN(3, 3), wrt[] = {x, w}, y = total(looped(x, w, 4));
    sabir_value grads[2], products[2];
    uint32_t loops, updates;
    MUST(sabir_grad(g, y, wrt, 2, grads));
    (void)out(y);
    (void)out(grads[0]);
    count_nodes("yy", &loops, &updates);
    cr_assert(loops == 2 && updates == 1, "%u loops, %u updates", loops, updates);
    count_nodes("yn", &loops, &updates);
    cr_assert(loops == 1 && updates == 0, "%u loops, %u updates", loops, updates);
    MUST(sabir_hvp(g, y, wrt, wrt, 2, products));
    (void)out(products[0]);
    count_nodes("yny", &loops, &updates);
    cr_assert_leq(loops, 4, "%u loops: forward, back, and each once more backwards", loops);
}

/* What a gradient does not need of the iterations is not kept: sums need nothing, a product its factor. */
Test(grad_loop, tapes_that_nobody_reads_go)
{
    const sabir_value x = IN(3), z = IN(3), start[] = {x, z};
    sabir_value c[2], r[2], grads[2];
    uint32_t loops, updates;
    sabir_loop_begin(g, 50, start, 2, c);
    const sabir_value next[] = {sabir_add(g, c[0], c[1]), sabir_mul(g, c[1], sabir_number(g, SABIR_F64, 0.9))};
    (void)sabir_loop_end(g, next, 2, SABIR_NONE, r);
    MUST(sabir_grad(g, total(r[0]), start, 2, grads));
    (void)out(grads[0]);
    (void)out(grads[1]);
    count_nodes("yy", &loops, &updates);
    cr_assert(loops == 1 && updates == 0, "%u loops, %u updates", loops, updates);
    run();
    NEAR(at(1, 0), (1 - pow(0.9, 50)) / 0.1, 1e-12, "a geometric sum");
}
