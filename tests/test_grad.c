/* Gradients on the reference, in f64: against differences, against each other, and what is refused. suite: host */
#include "lower/lower.h"
#include "test_grad.h"

TestSuite(grad, .init = open_grad, .fini = close_grad);

static sabir_value total(sabir_value x) { return sabir_sum(g, x, SABIR_ALL_AXES); }

/* Two layers of tanh with weights of their own: a scalar. */
static sabir_value mlp(sabir_value x, sabir_value w1, sabir_value b1, sabir_value w2)
{
    const sabir_value hidden = sabir_tanh(g, sabir_add(g, sabir_matmul(g, x, w1), b1));
    return total(sabir_tanh(g, sabir_matmul(g, hidden, w2)));
}

Test(grad, mlp)
{
    const sabir_value x = IN(3, 2), w1 = IN(2, 5), b1 = IN(5), w2 = IN(5, 2);
    CHECK(mlp(x, w1, b1, w2), 1e-8, x, w1, b1, w2);
}

/* ---- Higher derivatives ---- */

/* d3/dx3 tanh(a x) = a^3 (1 - t^2) (6 t^2 - 2). */
Test(grad, third_derivative_of_tanh_is_the_formula)
{
    const sabir_value x = IN0(), a = IN0();
    sabir_value y = sabir_tanh(g, sabir_mul(g, a, x));
    for (int order = 0; order < 3; order++) MUST(sabir_grad(g, y, &x, 1, &y));
    const int third = out(y);
    run();
    const double slope = input_of(a)->data[0], t = tanh(slope * input_of(x)->data[0]);
    NEAR(at(third, 0), pow(slope, 3) * (1 - t * t) * (6 * t * t - 2), 1e-13, "third derivative");
}

static sabir_value square_norm(sabir_value y, const sabir_value *wrt, uint32_t count)
{
    sabir_value grads[4], norm = sabir_number(g, SABIR_F64, 0);
    MUST(sabir_grad(g, y, wrt, count, grads));
    for (uint32_t i = 0; i < count; i++) norm = sabir_add(g, norm, total(sabir_square(g, grads[i])));
    return norm;
}

Test(grad, third_derivative_of_mlp)
{
    const sabir_value x = IN(2, 2), w1 = IN(2, 3), b1 = IN(3), w2 = IN(3, 2), wrt[] = {x, w1, b1, w2};
    CHECK(square_norm(square_norm(mlp(x, w1, b1, w2), wrt, 4), wrt, 4), 1e-6, x, w1, b1, w2);
}

/* The gradient along a direction, differentiated, against the Hessian-vector product and both against differences. */
Test(grad, hvp)
{
    const sabir_value x = IN(2, 2), w1 = IN(2, 3), b1 = IN(3), w2 = IN(3, 2), wrt[] = {w1, w2}, tangents[] = {IN(2, 3), IN(3, 2)};
    sabir_value y = mlp(x, w1, b1, w2), products[2], grads[2];
    MUST(sabir_hvp(g, y, wrt, tangents, 2, products));
    MUST(sabir_grad(g, y, wrt, 2, grads));
    const sabir_value slope = sabir_add(g, total(sabir_mul(g, grads[0], tangents[0])), total(sabir_mul(g, grads[1], tangents[1])));
    const int along = out(slope), first = out(products[0]), second = out(products[1]);
    run();
    for (int i = 0; i < 2; i++) {
        for (int64_t k = 0; k < input_of(wrt[i])->count; k++) {
            const double measured = difference(along, wrt[i], k);
            run();
            NEAR(at(i ? second : first, k), measured, 1e-8, "operand %d, element %d", i, (int)k);
        }
    }
}

/* <u, J t> = <J' u, t>, and J t is the slope along t. */
Test(grad, jvp_and_vjp_are_adjoint)
{
    const sabir_value x = IN(3, 2), w = IN(2, 4), wrt[] = {x, w}, tangents[] = {IN(3, 2), IN(2, 4)}, seeds[] = {IN(3, 4), IN(3)}, step = IN0();
    const sabir_value moved_x = sabir_add(g, x, sabir_mul(g, step, tangents[0])), moved_w = sabir_add(g, w, sabir_mul(g, step, tangents[1]));
    sabir_value along[2], back[2], ys[2];
    ys[0] = sabir_tanh(g, sabir_matmul(g, moved_x, moved_w));
    ys[1] = sabir_sum(g, sabir_exp(g, moved_x), SABIR_INTS(1));
    MUST(sabir_jvp(g, ys, 2, (const sabir_value[]){moved_x, moved_w}, tangents, 2, along));
    MUST(sabir_vjp(g, ys, seeds, 2, (const sabir_value[]){moved_x, moved_w}, 2, NULL, back));
    const sabir_value left = sabir_add(g, total(sabir_mul(g, seeds[0], along[0])), total(sabir_mul(g, seeds[1], along[1])));
    const sabir_value right = sabir_add(g, total(sabir_mul(g, back[0], tangents[0])), total(sabir_mul(g, back[1], tangents[1])));
    const sabir_value both = sabir_add(g, total(sabir_mul(g, seeds[0], ys[0])), total(sabir_mul(g, seeds[1], ys[1])));
    const int a = out(left), b = out(right), y = out(both);
    (void)wrt;
    input_of(step)->data[0] = 0;
    run();
    NEAR(at(a, 0), at(b, 0), 1e-14, "the two products");
    const double inner = at(a, 0), measured = difference(y, step, 0);
    NEAR(inner, measured, 1e-8, "the slope");
}

Test(grad, jvp_of_what_does_not_depend_is_zero)
{
    const sabir_value x = IN(3), z = IN(2), tangent = IN(3);
    sabir_value along[2];
    const sabir_value ys[] = {sabir_square(g, z), sabir_mul(g, x, sabir_number(g, SABIR_F64, 3))};
    MUST(sabir_jvp(g, ys, 2, &x, &tangent, 1, along));
    const int none = out(along[0]), some = out(along[1]);
    run();
    for (int k = 0; k < 2; k++) cr_assert_eq(at(none, k), 0);
    for (int k = 0; k < 3; k++) NEAR(at(some, k), 3 * input_of(tangent)->data[k], 1e-15, "element %d", k);
}

/* ---- What is asked for ---- */

Test(grad, what_y_does_not_depend_on_gets_zeros)
{
    const sabir_value x = IN(3), z = IN(2, 4), wrt[] = {z, x};
    sabir_value grads[2];
    MUST(sabir_grad(g, total(sabir_square(g, x)), wrt, 2, grads));
    const int zero = out(grads[0]);
    cr_assert_eq(sabir_value_shape(grads[0]).rank, 2);
    run();
    for (int k = 0; k < 8; k++) cr_assert_eq(at(zero, k), 0);
}

Test(grad, intermediate_values_and_repeats)
{
    const sabir_value x = IN(3), h = sabir_square(g, x), y = total(sabir_mul(g, h, x)), wrt[] = {h, x, h, y};
    sabir_value grads[4];
    MUST(sabir_grad(g, y, wrt, 4, grads));
    const int gh = out(grads[0]), gx = out(grads[1]), again = out(grads[2]), gy = out(grads[3]);
    run();
    for (int k = 0; k < 3; k++) {
        const double v = input_of(x)->data[k];
        NEAR(at(gh, k), v, 1e-15, "h");
        NEAR(at(again, k), v, 1e-15, "h again");
        NEAR(at(gx, k), 3 * v * v, 1e-14, "x, through h as well");
    }
    cr_assert_eq(at(gy, 0), 1);
}

Test(grad, seeds)
{
    const sabir_value x = IN(2, 3), a = IN(2, 3), ys[] = {sabir_square(g, x), sabir_exp(g, x), x}, seeds[] = {a, SABIR_NONE, a};
    sabir_value grad;
    MUST(sabir_vjp(g, ys, seeds, 3, &x, 1, NULL, &grad));
    const int got = out(grad);
    run();
    for (int k = 0; k < 6; k++) {
        const double v = input_of(x)->data[k], s = input_of(a)->data[k];
        NEAR(at(got, k), 2 * v * s + exp(v) + s, 1e-14, "element %d", k);
    }
}

Test(grad, integers_carry_none)
{
    const sabir_value x = IN(4), cut = sabir_cast(g, sabir_cast(g, sabir_mul(g, x, sabir_number(g, SABIR_F64, 5)), SABIR_I32), SABIR_F64);
    sabir_value grad;
    MUST(sabir_grad(g, total(sabir_mul(g, cut, x)), &x, 1, &grad));
    const int got = out(grad), is = out(cut);
    run();
    for (int k = 0; k < 4; k++) cr_assert_eq(at(got, k), at(is, k));
}

Test(grad, dims)
{
    const sabir_extent n = sabir_dim_create(g, "n", 1, 9);
    const sabir_value x = sabir_input(g, "x", SABIR_F64, SABIR_SHAPE(n, 2)), w = IN(2, 2);
    sabir_value c, r, grads[2];
    sabir_loop_begin(g, 3, &x, 1, &c);
    const sabir_value next = sabir_tanh(g, sabir_matmul(g, c, w));
    (void)sabir_loop_end(g, &next, 1, SABIR_NONE, &r);
    const sabir_value wrt[] = {x, w}, y = sabir_mean(g, sabir_square(g, r), SABIR_ALL_AXES);
    MUST(sabir_grad(g, y, wrt, 2, grads));
    cr_assert_eq(sabir_value_shape(grads[0]).extents[0], n);
    sabir_output(g, "gx", grads[0]);
    const int loss = out(y), gw = out(grads[1]);
    MUST(sabir_compile(g, device, NULL, NULL, &program));
    for (int64_t rows = 1; rows < 9; rows += 4) {
        sabir_tensor *data, *slope;
        double numbers[18];
        for (int k = 0; k < 18; k++) numbers[k] = draw();
        MUST(sabir_tensor_create(device, SABIR_F64, SABIR_SHAPE(rows, 2), &data));
        MUST(sabir_tensor_create(device, SABIR_F64, SABIR_SHAPE(rows, 2), &slope));
        MUST(sabir_tensor_write(data, 0, numbers, sabir_tensor_bytes(data)));
        MUST(sabir_bind(program, sabir_slot(program, "x"), data));
        MUST(sabir_bind(program, sabir_slot(program, "gx"), slope));
        if (!inputs[0].tensor) attach(&inputs[0], false);
        for (int i = 0; i < output_count; i++)
            if (!outputs[i].tensor) attach(&outputs[i], true);
        run();
        double slopes[4];
        for (int k = 0; k < 4; k++) slopes[k] = at(gw, k);
        for (int k = 0; k < 4; k++) NEAR(slopes[k], difference(loss, w, k), 1e-8, "%d rows, element %d", (int)rows, k);
        sabir_tensor_release(data);
        sabir_tensor_release(slope);
    }
}

/* Half-precision gradients have the value's type; the reference computes in f64 and rounds. */
static void check_half(sabir_type type, double tolerance)
{
    const sabir_value x = IN(4, 3), w = IN(3, 2), half_x = sabir_cast(g, x, type), half_w = sabir_cast(g, w, type);
    sabir_value exact[2], half[2];
    MUST(sabir_grad(g, total(sabir_square(g, sabir_tanh(g, sabir_matmul(g, x, w)))), (const sabir_value[]){x, w}, 2, exact));
    MUST(sabir_grad(g, total(sabir_square(g, sabir_tanh(g, sabir_matmul(g, half_x, half_w)))), (const sabir_value[]){half_x, half_w}, 2, half));
    const int numbers[] = {out(exact[0]), out(exact[1]), out(half[0]), out(half[1])};
    for (int i = 0; i < 2; i++) cr_assert_eq(sabir_value_type(half[i]), type);
    run();
    for (int i = 0; i < 2; i++)
        for (int64_t k = 0; k < outputs[numbers[i]].count; k++) NEAR(at(numbers[2 + i], k), at(numbers[i], k), tolerance, "operand %d, element %d", i, (int)k);
}

Test(grad, f16) { check_half(SABIR_F16, 4e-3); }
Test(grad, bf16) { check_half(SABIR_BF16, 3e-2); }

/* ---- Gradients of another kind ---- */

Test(grad, stop_gradient)
{
    const sabir_value x = IN(3), y = total(sabir_mul(g, sabir_stop_gradient(g, sabir_square(g, x)), x));
    sabir_value grad;
    MUST(sabir_grad(g, y, &x, 1, &grad));
    const int got = out(grad), is = out(y);
    run();
    double sum = 0;
    for (int k = 0; k < 3; k++) {
        const double v = input_of(x)->data[k];
        NEAR(at(got, k), v * v, 1e-15, "element %d", k);
        sum += v * v * v;
    }
    NEAR(at(is, 0), sum, 1e-15, "y");
}

/* Straight through: what is rounded forward passes gradients as they come, times the user's number; of the second output nothing is used. */
static sabir_status straight(void *user, sabir_graph *graph, const sabir_value *given, uint32_t given_count, const sabir_value *made,
                             const sabir_value *grads, uint32_t made_count, sabir_value *results)
{
    (void)given, (void)made;
    cr_assert(given_count == 2 && made_count == 2);
    cr_assert_eq(grads[1].index, SABIR_NONE_INDEX);
    results[0] = sabir_mul(graph, grads[0], sabir_number(graph, SABIR_F64, *(const double *)user));
    return SABIR_OK;
}

Test(grad, custom_gradient)
{
    static double factor = 3;
    const sabir_value x = IN(5), z = IN(5), w = IN(5), given[] = {x, z}, made[] = {sabir_mul(g, sabir_round(g, sabir_mul(g, x, z)), w), sabir_square(g, x)};
    sabir_value seen[2], grads[3];
    MUST(sabir_custom_gradient(g, given, 2, made, 2, straight, &factor, seen));
    const sabir_value y = total(sabir_square(g, seen[0])), wrt[] = {x, z, w};
    MUST(sabir_grad(g, y, wrt, 3, grads));
    const int gx = out(grads[0]), gz = out(grads[1]), gw = out(grads[2]), is = out(seen[0]), was = out(made[0]);
    run();
    for (int k = 0; k < 5; k++) {
        cr_assert_eq(at(is, k), at(was, k));
        NEAR(at(gx, k), 3 * 2 * at(is, k), 1e-15, "x, element %d", k);
        cr_assert_eq(at(gz, k), 0);
        cr_assert_eq(at(gw, k), 0, "a gradient flows beside the function");
    }
}

static sabir_status refusing(void *user, sabir_graph *graph, const sabir_value *given, uint32_t given_count, const sabir_value *made,
                             const sabir_value *grads, uint32_t made_count, sabir_value *results)
{
    (void)graph, (void)given, (void)given_count, (void)made, (void)made_count;
    if (!*(const int *)user) return SABIR_UNSUPPORTED;
    results[0] = (sabir_sum)(graph, grads[0], SABIR_ALL_AXES);
    return SABIR_OK;
}

static void check_error(sabir_status is, sabir_status status, const char *part)
{
    cr_assert_eq(is, status, "%s: %s", sabir_status_name(is), sabir_last_message());
    cr_assert(strstr(sabir_last_message(), part), "\"%s\" lacks \"%s\"", sabir_last_message(), part);
    cr_assert_eq(sabir_graph_status(g), status);
    sabir_graph_destroy(g);
    MUST(sabir_graph_create(context, &g));
    input_count = 0;
}

Test(grad, custom_gradients_that_fail)
{
    static int kinds[] = {0, 1};
    sabir_value x = IN(3), seen, grad;
    MUST(sabir_custom_gradient(g, &x, 1, &x, 1, refusing, &kinds[0], &seen));
    check_error(sabir_grad(g, total(seen), &x, 1, &grad), SABIR_UNSUPPORTED, "gradient of custom_gradient(f64[3], f64[3])");
    x = IN(3);
    MUST(sabir_custom_gradient(g, &x, 1, &x, 1, refusing, &kinds[1], &seen));
    check_error(sabir_grad(g, total(seen), &x, 1, &grad), SABIR_INTERNAL, "gave operand 2 a gradient of f64[] instead of f64[3]");
    x = IN(3);
    check_error(sabir_custom_gradient(g, &x, 1, &x, 1, NULL, NULL, &seen), SABIR_INVALID_ARGUMENT, "function is NULL");
    x = IN(3);
    check_error(sabir_custom_gradient(g, &x, 1, NULL, 0, refusing, NULL, &seen), SABIR_INVALID_ARGUMENT, "there are no outputs");
}

/* ---- What is refused ---- */

Test(grad, errors)
{
    sabir_value x = IN(3), grad = SABIR_NONE, other;
    check_error(sabir_grad(g, sabir_square(g, x), &x, 1, &grad), SABIR_INVALID_SHAPE, "grad: y is f64[3] and has to have rank 0; sum it");
    cr_assert_eq(grad.index, SABIR_NONE_INDEX);
    x = IN(3);
    check_error(sabir_grad(g, total(sabir_cast(g, x, SABIR_I32)), &x, 1, &grad), SABIR_INVALID_TYPE, "y 0 is i32; gradients are of float values");
    x = sabir_cast(g, IN(3), SABIR_I32);
    check_error(sabir_grad(g, sabir_number(g, SABIR_F64, 1), &x, 1, &grad), SABIR_INVALID_TYPE, "wrt 0 is i32");
    x = IN(3);
    check_error(sabir_vjp(g, &x, &x, 1, &x, 1, &(sabir_grad_options){.size = 1}, &grad), SABIR_INVALID_ARGUMENT, "SABIR_GRAD_OPTIONS");
    x = IN(3);
    other = IN(4);
    check_error(sabir_vjp(g, &x, &other, 1, &x, 1, NULL, &grad), SABIR_INVALID_SHAPE, "seed 0 is f64[4] and has to be f64[3]");
    x = IN(3);
    other = IN(4);
    check_error(sabir_jvp(g, &x, 1, &x, &other, 1, &grad), SABIR_INVALID_SHAPE, "tangent 0 is f64[4] and has to be f64[3]");
    x = IN(3);
    check_error(sabir_grad(g, total(x), &x, 1, NULL), SABIR_INVALID_ARGUMENT, "results is NULL");
    x = IN(3);
    check_error(sabir_grad(g, total(x), NULL, 1, &grad), SABIR_INVALID_ARGUMENT, "wrt is NULL");
    x = IN(3);
    check_error(sabir_vjp(g, &x, NULL, 1, &x, 1, &(sabir_grad_options){.size = sizeof(sabir_grad_options), .loop_segment = -1}, &grad),
                SABIR_INVALID_ARGUMENT, "loop_segment is -1");
    cr_assert_eq(sabir_grad(NULL, total(x), &x, 1, &grad), SABIR_INVALID_ARGUMENT);
}

/* ---- Notes ---- */

/* What rules note is told once, by the graph and by each program of it. */
Test(grad, notes)
{
    const sabir_value x = IN(3);
    char *texts[2];
    sbr_graph_note(g, "%s is made of %d products", "it", 3);
    sbr_graph_note(g, "%s is made of %d products", "it", 3);
    cr_assert_eq(g->notes.count, 1);
    (void)out(sabir_square(g, x));
    run();
    MUST(sabir_graph_text(g, &texts[0]));
    MUST(sabir_program_text(program, &texts[1]));
    for (int i = 0; i < 2; i++) {
        const char *found = strstr(texts[i], "note: it is made of 3 products\n");
        cr_assert(found && !strstr(found + 1, "note:"), "%s", texts[i]);
        sabir_string_free(context, texts[i]);
    }
    sbr_module *module;
    sbr_text text = {.allocator = &g->allocator};
    MUST(sbr_lower_graph(g, &g->allocator, &(sbr_lower_options){.simplify = true, .largest_binding = UINT32_MAX, .largest_allocation = UINT32_MAX, .buffer_alignment = 64,
                                                                .shared_memory = 32768, .group_invocations = 128, .has_f64 = true}, &module));
    MUST(sbr_module_print(module, &text));
    cr_assert(strstr(text.data, "note: it is made of 3 products\n"));
    sbr_text_free(&text);
    sbr_module_free(module);
}
