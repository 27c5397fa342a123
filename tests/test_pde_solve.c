/* suite: device, timeout: 900
 * Linear solvers: conjugate gradients, BiCGStab, multigrid; what they report, how fast they are, and that solutions converge with the grid. */
#include "test_pde.h"

/* ---- Operators ---- */

/* A dense matrix [n, n] times x [n]. */
static sabir_value times(void *user, sabir_graph *graph, sabir_value x)
{
    const int64_t n = sabir_value_shape(x).extents[0];
    return sabir_reshape(graph, sabir_matmul(graph, *(const sabir_value *)user, sabir_reshape(graph, x, SABIR_SHAPE(n, 1))), SABIR_SHAPE(n));
}

enum { N = 24 };

/* Diagonally dominant; symmetric, or not. */
static void fill_matrix(double *a, bool symmetric)
{
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) a[i * N + k] = i == k ? 4 : 1.0 / (1 + (i - k) * (i - k)) * (symmetric || i < k ? 1 : -0.5);
}

static double worst_rest(const evaluation *e, uint32_t x, const double *a, const double *b)
{
    double worst = 0;
    for (int i = 0; i < N; i++) {
        double rest = b[i];
        for (int k = 0; k < N; k++) rest -= a[i * N + k] * evaluate_at(e, x, k);
        if (!(fabs(rest) <= worst)) worst = fabs(rest);
    }
    return worst;
}

typedef struct solved { uint32_t x, iterations, residual, converged; } solved;

static solved put(evaluation *e, sabir_value x, const sabir_solve_report *report)
{
    solved s;
    s.x = evaluate_output(e, x);
    s.iterations = evaluate_output(e, report->iterations);
    s.residual = evaluate_output(e, report->residual);
    s.converged = evaluate_output(e, report->converged);
    return s;
}

PDE_TEST(pde_solve, conjugate_gradients)
{
    double a[N * N], b[N];
    fill_matrix(a, true);
    for (int i = 0; i < N; i++) b[i] = sin(i + 1.0);
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    sabir_value matrix = evaluate_input(&e, SABIR_SHAPE(N, N), a);
    const sabir_value right = evaluate_input(&e, SABIR_SHAPE(N), b), zeros = sabir_mul(g, right, pde_number(&e, 0));
    const sabir_linear_operator with = {.apply = times, .user = &matrix};
    sabir_solve_options few = SABIR_SOLVE_OPTIONS, enough = SABIR_SOLVE_OPTIONS;
    few.most = 3;
    enough.most = 30;
    sabir_solve_report report;
    sabir_value x = sabir_cg(g, &with, right, SABIR_NONE, &enough, &report);
    const solved full = put(&e, x, &report);
    const solved short_ = put(&e, sabir_cg(g, &with, right, SABIR_NONE, &few, &report), &report);
    const solved again = put(&e, sabir_cg(g, &with, right, x, &few, &report), &report);
    const solved nothing = put(&e, sabir_cg(g, &with, zeros, SABIR_NONE, &few, &report), &report);
    evaluate_run(&e);
    cr_assert(worst_rest(&e, full.x, a, b) < pde_within(at, 1e-9, 1e-4), "rest %g", worst_rest(&e, full.x, a, b));
    cr_assert(evaluate_at(&e, full.converged, 0) == 1 && evaluate_at(&e, full.iterations, 0) > 3 && evaluate_at(&e, full.iterations, 0) <= N);
    /* Not converged is seen: the maximum was used up, and the residual is the true one. */
    double squares = 0;
    for (int i = 0; i < N; i++) {
        double rest = b[i];
        for (int k = 0; k < N; k++) rest -= a[i * N + k] * evaluate_at(&e, short_.x, k);
        squares += rest * rest;
    }
    cr_assert(evaluate_at(&e, short_.converged, 0) == 0 && evaluate_at(&e, short_.iterations, 0) == 3);
    cr_assert_float_eq(evaluate_at(&e, short_.residual, 0), sqrt(squares), 1e-5, "residual %g, not %g", evaluate_at(&e, short_.residual, 0),
                       sqrt(squares));
    cr_assert(sqrt(squares) > 1e-4, "three iterations solved it");
    cr_assert(evaluate_at(&e, again.iterations, 0) <= 2, "from the solution it took %g iterations", evaluate_at(&e, again.iterations, 0));
    cr_assert(evaluate_at(&e, nothing.converged, 0) == 1 && evaluate_at(&e, nothing.residual, 0) == 0 && evaluate_at(&e, nothing.x, 5) == 0);
    evaluate_close(&e);
}

/* Divided by the diagonal. */
static sabir_value jacobi(void *user, sabir_graph *graph, sabir_value r)
{
    return sabir_div(graph, r, sabir_diagonal(graph, *(const sabir_value *)user));
}

PDE_TEST(pde_solve, bicgstab)
{
    double a[N * N], b[N];
    fill_matrix(a, false);
    for (int i = 0; i < N; i++) b[i] = cos(i * 0.7), a[i * N + i] = 4 + 3 * (i % 5);
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    sabir_value matrix = evaluate_input(&e, SABIR_SHAPE(N, N), a);
    const sabir_value right = evaluate_input(&e, SABIR_SHAPE(N), b);
    const sabir_linear_operator with = {.apply = times, .user = &matrix};
    sabir_solve_options options = SABIR_SOLVE_OPTIONS;
    options.most = 60;
    sabir_solve_report report;
    const solved plain = put(&e, sabir_bicgstab(g, &with, right, SABIR_NONE, &options, &report), &report);
    options.precondition = jacobi;
    options.precondition_user = &matrix;
    const solved helped = put(&e, sabir_bicgstab(g, &with, right, SABIR_NONE, &options, &report), &report);
    const solved slow = put(&e, sabir_richardson(g, &with, right, SABIR_NONE, &options, &report), &report);
    evaluate_run(&e);
    const double within = pde_within(at, 1e-8, 2e-4);
    cr_assert(worst_rest(&e, plain.x, a, b) < within && worst_rest(&e, helped.x, a, b) < within && worst_rest(&e, slow.x, a, b) < within);
    cr_assert(evaluate_at(&e, helped.iterations, 0) < evaluate_at(&e, plain.iterations, 0), "preconditioned %g, plain %g iterations",
              evaluate_at(&e, helped.iterations, 0), evaluate_at(&e, plain.iterations, 0));
    cr_assert(evaluate_at(&e, slow.converged, 0) == 1 && evaluate_at(&e, slow.iterations, 0) > evaluate_at(&e, helped.iterations, 0));
    evaluate_close(&e);
}

/* ---- Multigrid ---- */

typedef struct problem { const char *name; int32_t axes; int64_t n; sabir_side_kind kind; bool variable, shifted; double contraction; } problem;

static double bumpy(const double *x) { return 1 + 0.9 * sin(2 * pde_pi * x[0]) * sin(4 * pde_pi * x[1]); }

static sabir_multigrid *make_multigrid(evaluation *e, const problem *p)
{
    sabir_grid grid = pde_grid(p->axes, p->n, p->kind);
    for (int32_t a = 0; a < p->axes && p->kind == SABIR_SIDE_ROBIN; a++)
        for (int end = 0; end < 2; end++) grid.sides[a][end].alpha = grid.sides[a][end].beta = 1;
    sabir_shape shape = {.rank = p->axes};
    for (int32_t a = 0; a < p->axes; a++) shape.extents[a] = p->n;
    const sabir_value coefficient = p->variable ? pde_field(e, p->axes, p->n, bumpy) : SABIR_NONE, shift = p->shifted ? pde_number(e, 30) : SABIR_NONE;
    sabir_multigrid *multigrid;
    must(sabir_multigrid_create(e->graph, &grid, e->type, shape, coefficient, shift, NULL, &multigrid));
    return multigrid;
}

/* The residual after so many cycles from 0 on a random right side. */
static double after_cycles(pde_place at, const problem *p, int64_t cycles)
{
    evaluation e = pde_open(at);
    sabir_multigrid *multigrid = make_multigrid(&e, p);
    sabir_shape shape = {.rank = p->axes};
    for (int32_t a = 0; a < p->axes; a++) shape.extents[a] = p->n;
    sabir_solve_options options = SABIR_SOLVE_OPTIONS;
    options.most = cycles;
    options.tolerance = 1e-30;
    sabir_solve_report report;
    (void)sabir_multigrid_solve(e.graph, multigrid, pde_random(&e, shape, 11), SABIR_NONE, 0, &options, &report);
    evaluate_output(&e, report.residual);
    evaluate_run(&e);
    const double residual = evaluate_at(&e, 0, 0);
    evaluate_close(&e);
    return residual;
}

PDE_TEST(pde_solve, multigrid_contraction)
{
    static const problem problems[] = {
        {"model problem: 2d Dirichlet", 2, 64, SABIR_SIDE_DIRICHLET, false, false, 0.15},
        {"1d Dirichlet", 1, 64, SABIR_SIDE_DIRICHLET, false, false, 0.15},
        {"2d periodic", 2, 32, SABIR_SIDE_PERIODIC, false, false, 0.15},
        {"2d Neumann, 24 cells", 2, 24, SABIR_SIDE_NEUMANN, false, false, 0.15},
        {"2d Robin, Helmholtz", 2, 32, SABIR_SIDE_ROBIN, false, true, 0.15},
        {"3d Dirichlet", 3, 16, SABIR_SIDE_DIRICHLET, false, false, 0.15},
        {"2d variable coefficient", 2, 32, SABIR_SIDE_DIRICHLET, true, false, 0.25},
    };
    const size_t count = at.type == SABIR_F64 ? sizeof problems / sizeof *problems : 1; /* the model problem on devices */
    for (size_t i = 0; i < count; i++) {
        /* Single precision is at its end after five. */
        const int64_t first = at.type == SABIR_F64 ? 4 : 1, last = at.type == SABIR_F64 ? 8 : 4;
        const double start = after_cycles(at, &problems[i], first), end = after_cycles(at, &problems[i], last),
                     factor = pow(end / start, 1 / (double)(last - first));
        cr_log_info("%s: %.3f a cycle", problems[i].name, factor);
        cr_expect(factor < problems[i].contraction, "%s: residuals %g and %g, %.3f a cycle", problems[i].name, start, end, factor);
    }
}

/* The cycle is symmetric, so that conjugate gradients may use it. */
PDE_TEST(pde_solve, multigrid_cycle_is_symmetric)
{
    static const problem problems[] = {{"sides", 2, 12, SABIR_SIDE_ROBIN, true, true, 1}, {"ring", 2, 12, SABIR_SIDE_PERIODIC, false, false, 1}};
    for (int i = 0; i < 2; i++) {
        evaluation e = pde_open(at);
        sabir_multigrid *multigrid = make_multigrid(&e, &problems[i]);
        const sabir_value r = pde_random(&e, SABIR_SHAPE(12, 12), 1), s = pde_random(&e, SABIR_SHAPE(12, 12), 2);
        const uint32_t of[] = {evaluate_output(&e, r),
                               evaluate_output(&e, s),
                               evaluate_output(&e, sabir_multigrid_cycle(multigrid, e.graph, r)),
                               evaluate_output(&e, sabir_multigrid_cycle(multigrid, e.graph, s)),
                               evaluate_output(&e, sabir_multigrid_apply(multigrid, e.graph, r)),
                               evaluate_output(&e, sabir_multigrid_apply(multigrid, e.graph, s))};
        evaluate_run(&e);
        const double scale = fabs(pde_dot(&e, of[2], of[0])) + fabs(pde_dot(&e, of[3], of[1]));
        cr_assert(fabs(pde_dot(&e, of[2], of[1]) - pde_dot(&e, of[3], of[0])) < pde_within(at, 1e-13, 1e-5) * scale, "%s: cycle", problems[i].name);
        const double a_scale = fabs(pde_dot(&e, of[4], of[0])) + fabs(pde_dot(&e, of[5], of[1]));
        cr_assert(fabs(pde_dot(&e, of[4], of[1]) - pde_dot(&e, of[5], of[0])) < pde_within(at, 1e-13, 1e-5) * a_scale, "%s: operator",
                  problems[i].name);
        evaluate_close(&e);
    }
}

/* - div(c grad u) + u = f on [0, 1]^2 with the values of u on Dirichlet, Neumann and Robin sides. */
static double u(const double *x) { return sin(1.3 * x[0] + 0.4) * cos(0.9 * x[1] - 0.2); }
static double u_0(const double *x) { return 1.3 * cos(1.3 * x[0] + 0.4) * cos(0.9 * x[1] - 0.2); }
static double u_1(const double *x) { return -0.9 * sin(1.3 * x[0] + 0.4) * sin(0.9 * x[1] - 0.2); }
static double c(const double *x) { return 1 + 0.5 * x[0] * x[1]; }
static double f(const double *x) { return -(0.5 * x[1] * u_0(x) + 0.5 * x[0] * u_1(x) - c(x) * (1.69 + 0.81) * u(x)) + u(x); }
static double f_plain(const double *x) { return 2.5 * u(x) + u(x); }

static void side_data(evaluation *e, sabir_grid *grid, int64_t n, int32_t axis, int end, sabir_side_kind kind, double alpha, double beta)
{
    double *values = malloc((size_t)n * sizeof *values);
    for (int64_t k = 0; k < n; k++) {
        double x[2];
        x[axis] = end;
        x[1 - axis] = ((double)k + 0.5) / (double)n;
        values[k] = alpha * u(x) + beta * (end ? 1 : -1) * (axis == 0 ? u_0(x) : u_1(x));
    }
    grid->sides[axis][end] = (sabir_side){.kind = kind, .alpha = alpha, .beta = beta};
    grid->sides[axis][end].data = evaluate_input(e, axis == 0 ? SABIR_SHAPE(1, n) : SABIR_SHAPE(n, 1), values);
    free(values);
}

static double solution_error(pde_place at, int64_t n, bool variable, int accelerated, double *iterations)
{
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    sabir_grid grid = pde_grid(2, n, SABIR_SIDE_DIRICHLET);
    side_data(&e, &grid, n, 0, 0, SABIR_SIDE_DIRICHLET, 1, 0);
    side_data(&e, &grid, n, 0, 1, SABIR_SIDE_ROBIN, 0.7, 1.9);
    side_data(&e, &grid, n, 1, 0, SABIR_SIDE_NEUMANN, 0, 1);
    side_data(&e, &grid, n, 1, 1, SABIR_SIDE_DIRICHLET, 1, 0);
    sabir_multigrid *multigrid;
    must(sabir_multigrid_create(g, &grid, e.type, SABIR_SHAPE(n, n), variable ? pde_field(&e, 2, n, c) : SABIR_NONE, pde_number(&e, 1), NULL,
                                &multigrid));
    sabir_solve_report report;
    sabir_solve_options options = SABIR_SOLVE_OPTIONS;
    options.most = at.type == SABIR_F64 ? 20 : 10;
    options.tolerance = pde_within(at, 1e-9, 2e-5);
    const solved s = put(
        &e, sabir_multigrid_solve(g, multigrid, pde_field(&e, 2, n, variable ? f : f_plain), SABIR_NONE, accelerated, &options, &report), &report);
    evaluate_run(&e);
    cr_expect(evaluate_at(&e, s.converged, 0) == 1);
    *iterations = evaluate_at(&e, s.iterations, 0);
    const double error = pde_distance(&e, s.x, 2, n, u).most;
    evaluate_close(&e);
    return error;
}

PDE_TEST(pde_solve, solutions_converge)
{
    double plain, accelerated, few;
    const double coarse = solution_error(at, 8, false, 0, &few), fine = solution_error(at, 16, false, 0, &plain);
    pde_expect_order("coefficient 1", coarse, fine, pde_within(at, 1.8, 1.7));
    const double variable_coarse = solution_error(at, 8, true, 1, &few), variable_fine = solution_error(at, 16, true, 1, &accelerated);
    pde_expect_order("variable coefficient", variable_coarse, variable_fine, pde_within(at, 1.8, 1.7));
    cr_expect(plain <= 14 && accelerated <= 9, "%g cycles alone, %g in conjugate gradients", plain, accelerated);
}

/* A pure Neumann problem: constants are no solution's business, and the mean of f goes nowhere. */
static double ripple(const double *x) { return cos(pde_pi * x[0]) * cos(2 * pde_pi * x[1]); }
static double ripple_source(const double *x) { return 5 * pde_pi * pde_pi * ripple(x) + 3; }

PDE_TEST(pde_solve, null_space)
{
    enum { SIDE = 32 };
    evaluation e = pde_open(at);
    const problem p = {"Neumann", 2, SIDE, SABIR_SIDE_NEUMANN, false, false, 1};
    sabir_multigrid *multigrid = make_multigrid(&e, &p);
    sabir_solve_options options = SABIR_SOLVE_OPTIONS;
    options.most = 12;
    sabir_solve_report report;
    const solved s =
        put(&e, sabir_multigrid_solve(e.graph, multigrid, pde_field(&e, 2, SIDE, ripple_source), SABIR_NONE, 1, &options, &report), &report);
    evaluate_run(&e);
    cr_assert(evaluate_at(&e, s.converged, 0) == 1 && fabs(pde_sum(&e, s.x)) < pde_within(at, 1e-10, 1e-3), "sum %g", pde_sum(&e, s.x));
    cr_assert(pde_distance(&e, s.x, 2, SIDE, ripple).most < 0.01, "error %g", pde_distance(&e, s.x, 2, SIDE, ripple).most);
    evaluate_close(&e);
}

/* ---- Spectral ---- */

static double spectral_u(const double *x) { return exp(sin(2 * pde_pi * x[0])) * cos(2 * pde_pi * (x[1] + 2 * x[2])); }
static double spectral_slope(const double *x) { return 2 * pde_pi * cos(2 * pde_pi * x[0]) * spectral_u(x); }
static double spectral_f(const double *x)
{
    const double s = sin(2 * pde_pi * x[0]), d = cos(2 * pde_pi * x[0]), k = 4 * pde_pi * pde_pi;
    return (-k * (d * d - s) + 5 * k + 2) * spectral_u(x);
}

PDE_TEST(pde_solve, spectral_to_round_off)
{
    enum { SIDE = 24 };
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    const sabir_grid grid = pde_grid(3, SIDE, SABIR_SIDE_PERIODIC), plane = pde_grid(2, SIDE, SABIR_SIDE_PERIODIC);
    const uint32_t x = evaluate_output(&e, sabir_spectral_solve(g, pde_field(&e, 3, SIDE, spectral_f), &grid, 2, SABIR_SYMBOL_EXACT));
    const uint32_t slope = evaluate_output(&e, sabir_spectral_derivative(g, pde_field(&e, 3, SIDE, spectral_u), 0, &grid));
    /* With the symbol of the differences it inverts the Laplacian, but for the mean. */
    const sabir_value field = sabir_remove_mean(g, pde_random(&e, SABIR_SHAPE(2, SIDE, SIDE), 3), 2);
    const sabir_value back = sabir_spectral_solve(g, sabir_grid_laplacian(g, field, &plane), &plane, 0, SABIR_SYMBOL_DIFFERENCES);
    evaluate_output(&e, sabir_add(g, back, field));
    evaluate_run(&e);
    cr_assert(pde_distance(&e, x, 3, SIDE, spectral_u).most < pde_within(at, 1e-11, 1e-4), "error %g", pde_distance(&e, x, 3, SIDE, spectral_u).most);
    cr_assert(pde_distance(&e, slope, 3, SIDE, spectral_slope).most < pde_within(at, 1e-9, 1e-3), "slope error %g",
              pde_distance(&e, slope, 3, SIDE, spectral_slope).most);
    for (int k = 0; k < 2 * SIDE * SIDE; k++)
        cr_assert(fabs(evaluate_at(&e, 2, k)) < pde_within(at, 1e-11, 1e-3), "element %d is off by %g", k, evaluate_at(&e, 2, k));
    evaluate_close(&e);
}
