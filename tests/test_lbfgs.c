/* L-BFGS: Rosenbrock's valley, a quadratic against conjugate directions' count of steps, the line search by itself, restarts from a saved store. */
#include "test_optim.h"

#include "optim/line_search.h"

static sabir_context *context;
static sabir_device *device;
static sabir_store *store;

static void open_all(void)
{
    const sabir_context_options options = {.size = sizeof options, .vulkan_library = "/nonexistent", .opencl_library = "/nonexistent"};
    must(sabir_context_create(&options, &context));
    must(sabir_device_open(context, "reference", &device));
    must(sabir_store_create(device, &store));
}

static void close_all(void)
{
    sabir_store_release(store);
    sabir_device_release(device);
    sabir_context_release(context);
}

TestSuite(lbfgs, .init = open_all, .fini = close_all);

static sabir_value number(sabir_graph *g, double x) { return sabir_number(g, SABIR_F64, x); }

/* (1 - x)^2 + 100 (y - x^2)^2, x and y two variables. */
static sabir_value rosenbrock(sabir_graph *g, sabir_value xy[2])
{
    xy[0] = sabir_variable(g, "x", SABIR_F64, SABIR_SCALAR_SHAPE);
    xy[1] = sabir_variable(g, "y", SABIR_F64, SABIR_SHAPE(1, 1));
    const sabir_value y = sabir_reshape(g, xy[1], SABIR_SCALAR_SHAPE), valley = sabir_sub(g, y, sabir_square(g, xy[0]));
    return sabir_add(g, sabir_square(g, sabir_sub(g, number(g, 1), xy[0])), sabir_mul(g, number(g, 100), sabir_square(g, valley)));
}

Test(lbfgs, rosenbrock)
{
    sabir_graph *g;
    sabir_value xy[2];
    sabir_lbfgs *lbfgs;
    sabir_lbfgs_report report;
    must(sabir_graph_create(context, &g));
    const sabir_value loss = rosenbrock(g, xy);
    must(sabir_lbfgs_create(g, loss, xy, 2, device, store, NULL, &lbfgs));
    const double from[2] = {-1.2, 1};
    put_numbers(sabir_store_find(store, "x"), &from[0], 1);
    put_numbers(sabir_store_find(store, "y"), &from[1], 1);
    double before = 24.2;
    int steps = 0, evaluations = 0;
    do {
        must(sabir_lbfgs_step(lbfgs, &report));
        cr_assert_lt(report.loss, before, "step %d: the loss rises from %g to %g", steps, before, report.loss);
        cr_assert_gt(report.step, 0);
        before = report.loss;
        evaluations += report.evaluations;
    } while (report.gradient_norm > 1e-8 && ++steps < 60);
    double x, y;
    get_numbers(sabir_store_find(store, "x"), &x, 1);
    get_numbers(sabir_store_find(store, "y"), &y, 1);
    cr_assert_float_eq(x, 1, 1e-8, "x is %.12g after %d steps", x, steps);
    cr_assert_float_eq(y, 1, 1e-8);
    cr_assert_leq(steps, 45, "%d steps", steps);
    cr_assert_leq(evaluations, 80, "%d evaluations", evaluations);
    sabir_lbfgs_destroy(lbfgs);
    sabir_graph_destroy(g);
}

/* sum of k_i / 2 (w_i - b_i)^2 with few different k: with exact directions as many steps as there are different k. */
Test(lbfgs, quadratic)
{
    enum { N = 30 };
    sabir_graph *g;
    sabir_lbfgs *lbfgs;
    sabir_lbfgs_report report;
    double k[N], b[N], w[N];
    for (int i = 0; i < N; i++) {
        k[i] = (double[]){1, 7, 40}[i % 3];
        b[i] = sin(i);
    }
    must(sabir_graph_create(context, &g));
    const sabir_value v = sabir_variable(g, "w", SABIR_F64, SABIR_SHAPE(N)), off = sabir_sub(g, v, sabir_constant(g, SABIR_F64, SABIR_SHAPE(N), b));
    const sabir_value loss = sabir_sum(g, sabir_mul(g, sabir_constant(g, SABIR_F64, SABIR_SHAPE(N), k), sabir_square(g, off)), SABIR_ALL_AXES);
    const sabir_lbfgs_options options = {.size = sizeof options, .curvature = 0.01, .history = 5};
    must(sabir_lbfgs_create(g, loss, &v, 1, device, store, &options, &lbfgs));
    int steps = 0;
    do must(sabir_lbfgs_step(lbfgs, &report));
    while (report.gradient_norm > 1e-9 && ++steps < 30);
    get_numbers(sabir_store_find(store, "w"), w, N);
    for (int i = 0; i < N; i++) cr_assert_float_eq(w[i], b[i], 1e-9);
    cr_assert_leq(steps, 12, "%d steps for three different curvatures", steps);
    /* At the minimum nothing moves any more. */
    must(sabir_lbfgs_step(lbfgs, &report));
    cr_assert_lt(report.loss, 1e-18);
    sabir_lbfgs_destroy(lbfgs);
    sabir_graph_destroy(g);
}

/* What the programs need lies in the store: another one goes on where the first left off. */
Test(lbfgs, goes_on)
{
    double x[2][2];
    for (int two = 0; two < 2; two++) {
        sabir_graph *g;
        sabir_value xy[2];
        sabir_lbfgs *lbfgs;
        const double from[2] = {-1.2, 1};
        sabir_store *own;
        must(sabir_store_create(device, &own));
        for (int half = 0; half < 1 + two; half++) {
            must(sabir_graph_create(context, &g));
            const sabir_value loss = rosenbrock(g, xy);
            must(sabir_lbfgs_create(g, loss, xy, 2, device, own, NULL, &lbfgs));
            for (int i = 0; i < 2 && half == 0; i++) put_numbers(sabir_store_find(own, i ? "y" : "x"), &from[i], 1);
            for (int i = 0; i < (two ? 5 : 10); i++) must(sabir_lbfgs_step(lbfgs, NULL));
            sabir_lbfgs_destroy(lbfgs);
            sabir_graph_destroy(g);
        }
        get_numbers(sabir_store_find(own, "x"), &x[two][0], 1);
        get_numbers(sabir_store_find(own, "y"), &x[two][1], 1);
        sabir_store_release(own);
    }
    cr_assert(x[0][0] == x[1][0] && x[0][1] == x[1][1], "%.17g, %.17g and %.17g, %.17g", x[0][0], x[0][1], x[1][0], x[1][1]);
}

Test(lbfgs, refused)
{
    sabir_graph *g;
    sabir_value xy[2];
    sabir_lbfgs *lbfgs;
    must(sabir_graph_create(context, &g));
    const sabir_value loss = rosenbrock(g, xy);
    cr_assert_eq(sabir_lbfgs_create(g, loss, &loss, 1, device, store, NULL, &lbfgs), SABIR_INVALID_ARGUMENT);
    cr_assert_null(lbfgs);
    cr_assert_eq(sabir_lbfgs_create(g, xy[1], xy, 2, device, store, NULL, &lbfgs), SABIR_INVALID_ARGUMENT);
    cr_assert_eq(sabir_lbfgs_create(g, loss, xy, 2, device, store, &(sabir_lbfgs_options){.size = sizeof(sabir_lbfgs_options), .curvature = 2}, &lbfgs), SABIR_INVALID_ARGUMENT);
    cr_assert(strstr(sabir_last_message(), "curvature 2"));
    cr_assert_eq(sabir_lbfgs_create(g, loss, xy, 2, device, NULL, NULL, &lbfgs), SABIR_INVALID_ARGUMENT);
    sabir_graph_destroy(g);
}

/* ---- The line search alone ---- */

typedef struct curve { double (*loss)(double), (*slope)(double); double last; } curve;

static sabir_status curve_at(void *user, double step, sbr_line_point *point)
{
    curve *c = user;
    c->last = step;
    point->loss = c->loss(step);
    point->slope = c->slope(step);
    return SABIR_OK;
}

/* More and Thuente (1994), their first function (beta = 2), and one with a wall. */
static double more_loss(double t) { return -t / (t * t + 2); }
static double more_slope(double t) { return (t * t - 2) / ((t * t + 2) * (t * t + 2)); }
static double wall_loss(double t) { return t < 0.5 ? -log(1 - 2 * t) - 10 * t : NAN; }
static double wall_slope(double t) { return t < 0.5 ? 2 / (1 - 2 * t) - 10 : NAN; }
static double up_loss(double t) { return -1e-3 * t + 1e3 * t; }
static double up_slope(double t) { return t > 0 ? 1e3 - 1e-3 : -1e-3; }

Test(lbfgs, line_search)
{
    curve curves[] = {{more_loss, more_slope, 0}, {wall_loss, wall_slope, 0}};
    static const double firsts[] = {1e-3, 0.1, 1, 10, 1000};
    for (int c = 0; c < 2; c++)
        for (int f = 0; f < 5; f++) {
            sbr_line_point found;
            sbr_line_search search = {.user = &curves[c], .evaluate = curve_at, .decrease = 1e-3, .curvature = 0.1, .most = 30};
            const sbr_line_point from = {0, curves[c].loss(0), curves[c].slope(0)};
            must(sbr_line_search_run(&search, from, firsts[f], &found));
            cr_assert_leq(found.loss, from.loss + 1e-3 * found.step * from.slope, "curve %d from %g: step %g", c, firsts[f], found.step);
            cr_assert_leq(fabs(found.slope), -0.1 * from.slope, "curve %d from %g: slope %g at %g", c, firsts[f], found.slope, found.step);
            cr_assert_eq(curves[c].last, found.step, "the parameters stand elsewhere");
            cr_assert_leq(search.evaluations, 30);
        }
    curve up = {up_loss, up_slope, 0};
    sbr_line_point found;
    sbr_line_search search = {.user = &up, .evaluate = curve_at, .decrease = 1e-4, .curvature = 0.9, .most = 20};
    must(sbr_line_search_run(&search, (sbr_line_point){0, 0, -1e-3}, 1, &found));
    cr_assert_eq(found.step, 0, "a step of %g up a slope", found.step);
}
