/* suite: device, timeout: 600
 * Steps in time: observed orders, what they keep, and nonlinear equations. */
#include "test_pde.h"

enum { N = 6 };

/* dy/dt = - y^2 from 1: y = 1 / (1 + t). And dz/dt = y z from 1: z = 1 + t. */
static void decay(void *user, sabir_graph *graph, sabir_value t, const sabir_value *y, uint32_t count, sabir_value *rates)
{
    (void)user, (void)t;
    rates[0] = sabir_neg(graph, sabir_mul(graph, y[0], y[0]));
    if (count > 1) rates[1] = sabir_mul(graph, y[0], y[1]);
}

static double rk4_error(pde_place at, int64_t steps)
{
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    const double ones[N] = {1, 1, 1, 1, 1, 1};
    const sabir_value dt = pde_number(&e, 2.0 / (double)steps);
    sabir_value y[3] = {evaluate_input(&e, SABIR_SHAPE(N), ones), evaluate_input(&e, SABIR_SHAPE(N), ones), pde_number(&e, 0)}, in[3], next[3], out[3];
    sabir_loop_begin(g, steps, y, 3, in);
    sabir_rk4_step(g, decay, NULL, in[2], dt, in, 2, next);
    next[2] = sabir_add(g, in[2], dt);
    sabir_loop_end(g, next, 3, SABIR_NONE, out);
    evaluate_output(&e, out[0]);
    evaluate_output(&e, out[1]);
    evaluate_run(&e);
    const double error = fmax(fabs(evaluate_at(&e, 0, N - 1) - 1.0 / 3), fabs(evaluate_at(&e, 1, 0) - 3));
    evaluate_close(&e);
    return error;
}

/* dy/dt = cos t, so that the time counts: y = sin t, integrated by Simpson's rule. */
static void driven(void *user, sabir_graph *graph, sabir_value t, const sabir_value *y, uint32_t count, sabir_value *rates)
{
    (void)user, (void)count;
    rates[0] = sabir_add(graph, sabir_cos(graph, t), sabir_mul(graph, y[0], sabir_number(graph, sabir_value_type(t), 0)));
}

PDE_TEST(pde_steps, runge_kutta)
{
    pde_expect_order("4", rk4_error(at, 2), rk4_error(at, 4), 3.6);
    evaluation e = pde_open(at);
    const sabir_value zero = pde_number(&e, 0), y = evaluate_input(&e, SABIR_SHAPE(1), (const double[]){0});
    sabir_value next;
    sabir_rk4_step(e.graph, driven, NULL, zero, pde_number(&e, 1), &y, 1, &next);
    evaluate_output(&e, next);
    evaluate_run(&e);
    cr_assert_float_eq(evaluate_at(&e, 0, 0), (1 + 4 * cos(0.5) + cos(1)) / 6, 1e-6);
    evaluate_close(&e);
}

/* ---- Theta methods on dy/dt = A y ---- */

static sabir_value times(void *user, sabir_graph *graph, sabir_value x)
{
    const int64_t n = sabir_value_shape(x).extents[0];
    return sabir_reshape(graph, sabir_matmul(graph, *(const sabir_value *)user, sabir_reshape(graph, x, SABIR_SHAPE(n, 1))), SABIR_SHAPE(n));
}

/* From (1, 0): a damped turn, exp(-t / 2) (cos 3 t, - sin 3 t), or a stretch, exp(-2 t) (cosh t, sinh t). */
static double theta_error(pde_place at, double theta, bool symmetric, int64_t steps)
{
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    const double turning[4] = {-0.5, 3, -3, -0.5}, stretching[4] = {-2, 1, 1, -2};
    sabir_value matrix = evaluate_input(&e, SABIR_SHAPE(2, 2), symmetric ? stretching : turning);
    const sabir_linear_operator a = {.apply = times, .user = &matrix, .symmetric = symmetric};
    const sabir_value y0 = evaluate_input(&e, SABIR_SHAPE(2), (const double[]){1, 0}), dt = pde_number(&e, 1.0 / (double)steps);
    sabir_solve_options options = SABIR_SOLVE_OPTIONS;
    options.most = 6;
    options.tolerance = pde_within(at, 1e-12, 1e-6);
    sabir_value y, out;
    sabir_loop_begin(g, steps, &y0, 1, &y);
    const sabir_value next = sabir_theta_step(g, &a, y, SABIR_NONE, dt, theta, &options, NULL);
    sabir_loop_end(g, &next, 1, SABIR_NONE, &out);
    evaluate_output(&e, out);
    evaluate_run(&e);
    const double turned[2] = {exp(-0.5) * cos(3), -exp(-0.5) * sin(3)}, stretched[2] = {exp(-2) * cosh(1), exp(-2) * sinh(1)};
    const double *want = symmetric ? stretched : turned, error = hypot(evaluate_at(&e, 0, 0) - want[0], evaluate_at(&e, 0, 1) - want[1]);
    evaluate_close(&e);
    return error;
}

PDE_TEST(pde_steps, theta)
{
    pde_expect_order("Crank and Nicolson", theta_error(at, 0.5, false, 8), theta_error(at, 0.5, false, 16), 1.9);
    pde_expect_order("backward Euler", theta_error(at, 1, false, 16), theta_error(at, 1, false, 32), 0.75);
    pde_expect_order("symmetric", theta_error(at, 0.5, true, 4), theta_error(at, 0.5, true, 8), 1.8);
    pde_expect_order("forward Euler", theta_error(at, 0, false, 32), theta_error(at, 0, false, 64), 0.75);
}

/* A source that is constant in time leads to the stationary state, whatever the step. */
PDE_TEST(pde_steps, stationary)
{
    evaluation e = pde_open(at);
    sabir_value matrix = evaluate_input(&e, SABIR_SHAPE(2, 2), (const double[]){-2, 1, 1, -2});
    const sabir_linear_operator a = {.apply = times, .user = &matrix, .symmetric = 1};
    const sabir_value y = evaluate_input(&e, SABIR_SHAPE(2), (const double[]){5, -3}),
                      source = evaluate_input(&e, SABIR_SHAPE(2), (const double[]){3, 0});
    sabir_solve_options options = SABIR_SOLVE_OPTIONS;
    options.most = 6;
    sabir_solve_report report;
    evaluate_output(&e, sabir_theta_step(e.graph, &a, y, source, pde_number(&e, 1e6), 1, &options, &report));
    evaluate_output(&e, report.converged);
    evaluate_run(&e);
    cr_assert(fabs(evaluate_at(&e, 0, 0) - 2) < 1e-3 && fabs(evaluate_at(&e, 0, 1) - 1) < 1e-3, "%g, %g", evaluate_at(&e, 0, 0), evaluate_at(&e, 0, 1));
    cr_assert_eq(evaluate_at(&e, 1, 0), 1);
    evaluate_close(&e);
}

/* ---- Newton and the implicit midpoint rule ---- */

static sabir_newton_options few_steps(pde_place at)
{
    sabir_newton_options options = SABIR_NEWTON_OPTIONS;
    options.most = 5;
    options.linear.most = 4;
    options.tolerance = pde_within(at, 1e-12, 1e-6);
    return options;
}

static double midpoint_error(pde_place at, int64_t steps)
{
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    const sabir_newton_options options = few_steps(at);
    const sabir_value y0 = evaluate_input(&e, SABIR_SHAPE(3), (const double[]){1, 1, 1}), dt = pde_number(&e, 2.0 / (double)steps),
                      t = pde_number(&e, 0);
    sabir_value y, out;
    sabir_loop_begin(g, steps, &y0, 1, &y);
    const sabir_value next = sabir_midpoint_step(g, decay, NULL, NULL, 0, t, dt, y, &options, NULL);
    sabir_loop_end(g, &next, 1, SABIR_NONE, &out);
    evaluate_output(&e, out);
    evaluate_run(&e);
    const double error = fabs(evaluate_at(&e, 0, 1) - 1.0 / 3);
    evaluate_close(&e);
    return error;
}

/* x^3 + x = b, by element, with neighbours: F_i = x_i^3 + x_i + (x_i - x_(i+1)) / 4 - b_i. */
static sabir_value cubic(void *user, sabir_graph *graph, sabir_value x)
{
    const sabir_value *b = user, quarter = sabir_number(graph, sabir_value_type(x), 0.25);
    const sabir_value near = sabir_mul(graph, sabir_sub(graph, x, sabir_roll(graph, x, SABIR_INTS(-1), SABIR_INTS(0))), quarter);
    return sabir_sub(graph, sabir_add(graph, sabir_add(graph, sabir_mul(graph, x, sabir_square(graph, x)), x), near), *b);
}

PDE_TEST(pde_steps, newton)
{
    evaluation e = pde_open(at);
    sabir_value b = evaluate_input(&e, SABIR_SHAPE(N), (const double[]){2, -1, 0.5, 3, 0, 1});
    const sabir_linear_operator residual = {.apply = cubic, .user = &b, .parameters = &b, .parameter_count = 1};
    sabir_newton_options options = SABIR_NEWTON_OPTIONS;
    options.linear.most = 6;
    sabir_solve_report report, stopped;
    const sabir_value start = sabir_mul(e.graph, b, pde_number(&e, 0));
    evaluate_output(&e, sabir_newton(e.graph, &residual, start, &options, &report));
    evaluate_output(&e, report.iterations);
    evaluate_output(&e, report.converged);
    options.most = 1;
    (void)sabir_newton(e.graph, &residual, start, &options, &stopped);
    evaluate_output(&e, stopped.converged);
    evaluate_output(&e, stopped.residual);
    evaluate_run(&e);
    const double right[N] = {2, -1, 0.5, 3, 0, 1};
    for (int i = 0; i < N; i++) {
        const double x = evaluate_at(&e, 0, i), rest = x * x * x + x + (x - evaluate_at(&e, 0, (i + 1) % N)) / 4 - right[i];
        cr_assert(fabs(rest) < pde_within(at, 1e-8, 1e-4), "element %d: rest %g", i, rest);
    }
    cr_assert(evaluate_at(&e, 2, 0) == 1 && evaluate_at(&e, 1, 0) >= 3 && evaluate_at(&e, 1, 0) <= 8, "%g steps", evaluate_at(&e, 1, 0));
    cr_assert(evaluate_at(&e, 3, 0) == 0 && evaluate_at(&e, 4, 0) > 1e-3, "one step was enough");
    evaluate_close(&e);
}

PDE_TEST(pde_steps, midpoint) { pde_expect_order("implicit midpoint", midpoint_error(at, 2), midpoint_error(at, 4), 1.9); }
