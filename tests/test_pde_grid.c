/* suite: device, timeout: 900
 * Differences, advection and Arakawa's Jacobian: observed orders on manufactured fields, what is conserved, ghost cells. */
#include "test_pde.h"

/* ---- Manufactured fields on [0, 1]^d, periodic ---- */

static double wave(const double *x) { return sin(2 * pde_pi * x[0]) * cos(2 * pde_pi * x[1]); }
static double wave_0(const double *x) { return 2 * pde_pi * cos(2 * pde_pi * x[0]) * cos(2 * pde_pi * x[1]); }
static double wave_1(const double *x) { return -2 * pde_pi * sin(2 * pde_pi * x[0]) * sin(2 * pde_pi * x[1]); }
static double wave_laplacian(const double *x) { return -8 * pde_pi * pde_pi * wave(x); }
static double line(const double *x) { return sin(2 * pde_pi * x[0]) + 0.3 * cos(4 * pde_pi * x[0]); }
static double line_laplacian(const double *x) { return -4 * pde_pi * pde_pi * (sin(2 * pde_pi * x[0]) + 1.2 * cos(4 * pde_pi * x[0])); }
static double cube(const double *x) { return sin(2 * pde_pi * (x[0] + x[1])) + cos(2 * pde_pi * (x[1] - x[2])); }
static double cube_laplacian(const double *x) { return -8 * pde_pi * pde_pi * cube(x); }

static double laplacian_error(pde_place at, int32_t axes, int64_t n, pde_formula *u, pde_formula *expected)
{
    evaluation e = pde_open(at);
    const sabir_grid grid = pde_grid(axes, n, SABIR_SIDE_PERIODIC);
    const uint32_t y = evaluate_output(&e, sabir_grid_laplacian(e.graph, pde_field(&e, axes, n, u), &grid));
    evaluate_run(&e);
    const double error = pde_distance(&e, y, axes, n, expected).most;
    evaluate_close(&e);
    return error;
}

PDE_TEST(pde_grid, laplacian)
{
    pde_expect_order("1d", laplacian_error(at, 1, 16, line, line_laplacian), laplacian_error(at, 1, 32, line, line_laplacian), 1.9);
    pde_expect_order("2d", laplacian_error(at, 2, 16, wave, wave_laplacian), laplacian_error(at, 2, 32, wave, wave_laplacian), 1.9);
    pde_expect_order("3d", laplacian_error(at, 3, 8, cube, cube_laplacian), laplacian_error(at, 3, 16, cube, cube_laplacian), 1.8);
}

/* Sides with the values that the field has there, as data along them. */
static double side_wave(const double *x) { return sin(1.3 * x[0] + 0.4) * cos(0.9 * x[1] - 0.2); }
static double side_wave_0(const double *x) { return 1.3 * cos(1.3 * x[0] + 0.4) * cos(0.9 * x[1] - 0.2); }
static double side_wave_1(const double *x) { return -0.9 * sin(1.3 * x[0] + 0.4) * sin(0.9 * x[1] - 0.2); }

typedef double side_formula(const double *x, double alpha, double beta, int32_t axis, double normal);
static double side_value(const double *x, double alpha, double beta, int32_t axis, double normal)
{
    return alpha * side_wave(x) + beta * normal * (axis == 0 ? side_wave_0(x) : side_wave_1(x));
}

static void set_side(evaluation *e, sabir_grid *grid, int64_t n, int32_t axis, int end, sabir_side_kind kind, double alpha, double beta)
{
    double *values = malloc((size_t)n * sizeof *values);
    for (int64_t k = 0; k < n; k++) {
        double x[2];
        x[axis] = end;
        x[1 - axis] = ((double)k + 0.5) / (double)n;
        values[k] = side_value(x, alpha, beta, axis, end ? 1 : -1);
    }
    grid->sides[axis][end] = (sabir_side){.kind = kind, .alpha = alpha, .beta = beta};
    grid->sides[axis][end].data = evaluate_input(e, axis == 0 ? SABIR_SHAPE(1, n) : SABIR_SHAPE(n, 1), values);
    free(values);
}

/* All kinds of sides at once. */
static sabir_grid mixed_sides(evaluation *e, int64_t n)
{
    sabir_grid grid = pde_grid(2, n, SABIR_SIDE_OUTFLOW);
    set_side(e, &grid, n, 0, 0, SABIR_SIDE_DIRICHLET, 1, 0);
    set_side(e, &grid, n, 0, 1, SABIR_SIDE_ROBIN, 0.7, 1.9);
    set_side(e, &grid, n, 1, 0, SABIR_SIDE_NEUMANN, 0, 1);
    return grid;
}

typedef struct first_errors { double gradient[2], divergence; } first_errors;

static first_errors first_order(pde_place at, int64_t n)
{
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    const sabir_grid periodic = pde_grid(2, n, SABIR_SIDE_PERIODIC), sides = mixed_sides(&e, n);
    const sabir_value inside = sabir_grid_gradient(g, pde_field(&e, 2, n, side_wave), &sides);
    const sabir_value flow[] = {sabir_reshape(g, pde_field(&e, 2, n, wave), SABIR_SHAPE(1, n, n)),
                                sabir_reshape(g, pde_field(&e, 2, n, wave), SABIR_SHAPE(1, n, n))};
    const uint32_t d0 = evaluate_output(&e, sabir_narrow(g, inside, 0, 0, 1)), d1 = evaluate_output(&e, sabir_narrow(g, inside, 0, 1, 1));
    const uint32_t divergence =
        evaluate_output(&e, sabir_sub(g, sabir_grid_divergence(g, sabir_concat(g, flow, 2, 0), &periodic), pde_field(&e, 2, n, wave_1)));
    evaluate_run(&e);
    const first_errors errors = {{pde_distance(&e, d0, 2, n, side_wave_0).mean, pde_distance(&e, d1, 2, n, side_wave_1).mean},
                                 pde_distance(&e, divergence, 2, n, wave_0).most};
    evaluate_close(&e);
    return errors;
}

PDE_TEST(pde_grid, gradient_and_divergence)
{
    const first_errors coarse = first_order(at, 16), fine = first_order(at, 32);
    pde_expect_order("gradient, axis 0", coarse.gradient[0], fine.gradient[0], 1.8);
    pde_expect_order("gradient, axis 1", coarse.gradient[1], fine.gradient[1], 1.8);
    pde_expect_order("divergence", coarse.divergence, fine.divergence, 1.9);
}

/* The values of ghost cells, worked out by hand. */
PDE_TEST(pde_grid, ghost_cells)
{
    evaluation e = pde_open(at);
    sabir_grid grid = {.size = sizeof grid, .axes = 1, .spacing = {0.5}};
    const sabir_value x = evaluate_input(&e, SABIR_SHAPE(4), (const double[]){1, 2, 4, 8});
    grid.sides[0][0] = (sabir_side){.kind = SABIR_SIDE_DIRICHLET, .value = 3};
    grid.sides[0][1] = (sabir_side){.kind = SABIR_SIDE_NEUMANN, .value = 2};
    evaluate_output(&e, sabir_grid_extend(e.graph, x, &grid, 2));
    grid.sides[0][0] = (sabir_side){.kind = SABIR_SIDE_OUTFLOW};
    grid.sides[0][1] = (sabir_side){.kind = SABIR_SIDE_ROBIN, .alpha = 2, .beta = 1, .value = 15}; /* g + e + (g - e) / (1/2) = 15 */
    evaluate_output(&e, sabir_grid_extend(e.graph, x, &grid, 1));
    grid.sides[0][0].kind = grid.sides[0][1].kind = SABIR_SIDE_PERIODIC;
    evaluate_output(&e, sabir_grid_extend(e.graph, x, &grid, 1));
    evaluate_run(&e);
    const double first[] = {4, 5, 1, 2, 4, 8, 9, 7}, second[] = {0, 1, 2, 4, 8, 23.0 / 3}, third[] = {8, 1, 2, 4, 8, 1};
    for (int k = 0; k < 8; k++) cr_assert_float_eq(evaluate_at(&e, 0, k), first[k], 1e-6, "Dirichlet and Neumann: %d is %g", k, evaluate_at(&e, 0, k));
    for (int k = 0; k < 6; k++) cr_assert_float_eq(evaluate_at(&e, 1, k), second[k], 1e-6, "outflow and Robin: %d is %g", k, evaluate_at(&e, 1, k));
    for (int k = 0; k < 6; k++) cr_assert_float_eq(evaluate_at(&e, 2, k), third[k], 1e-6, "periodic: %d is %g", k, evaluate_at(&e, 2, k));
    evaluate_close(&e);
}

/* The Laplacian by its stencil equals the one by ghost cells; diffusion with coefficient 1 equals both. */
PDE_TEST(pde_grid, laplacian_is_that_of_ghost_cells)
{
    enum { N = 9 };
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    const sabir_grid grid = mixed_sides(&e, N);
    const sabir_value x = pde_random(&e, SABIR_SHAPE(N, N), 5), wide = sabir_grid_extend(g, x, &grid, 1);
    const sabir_value weights = evaluate_input(&e, SABIR_SHAPE(3, 3), (const double[]){0, 1, 0, 1, -4, 1, 0, 1, 0});
    const sabir_stencil_attrs plain = {.axes = 2, .boundary = {SABIR_BOUNDARY_PERIODIC, SABIR_BOUNDARY_PERIODIC}};
    const sabir_value all = sabir_stencil(g, wide, weights, SABIR_NONE, &plain);
    const sabir_value inner = sabir_mul(g, sabir_narrow(g, sabir_narrow(g, all, 0, 1, N), 1, 1, N), pde_number(&e, N * N));
    evaluate_output(&e, sabir_sub(g, sabir_grid_laplacian(g, x, &grid), inner));
    evaluate_output(&e, sabir_sub(g, sabir_grid_diffusion(g, x, pde_number(&e, 1), &grid), inner));
    evaluate_run(&e);
    for (int k = 0; k < N * N; k++) {
        cr_assert(fabs(evaluate_at(&e, 0, k)) < pde_within(at, 1e-11, 1e-3), "Laplacian: element %d differs by %g", k, evaluate_at(&e, 0, k));
        cr_assert(fabs(evaluate_at(&e, 1, k)) < pde_within(at, 1e-11, 1e-3), "diffusion: element %d differs by %g", k, evaluate_at(&e, 1, k));
    }
    evaluate_close(&e);
}

/* Nothing is lost through Neumann sides of 0, nor through closed cells, whose own values do not change. */
PDE_TEST(pde_grid, diffusion_conserves)
{
    enum { N = 12 };
    double coefficient[N * N];
    evaluation e = pde_open(at);
    const sabir_grid grid = pde_grid(2, N, SABIR_SIDE_NEUMANN);
    for (int k = 0; k < N * N; k++) coefficient[k] = k % 7 == 3 ? 0 : 1 + (k % 5);
    evaluate_output(&e, sabir_grid_diffusion(e.graph, pde_random(&e, SABIR_SHAPE(N, N), 6), evaluate_input(&e, SABIR_SHAPE(N, N), coefficient), &grid));
    evaluate_run(&e);
    cr_assert(fabs(pde_sum(&e, 0)) < pde_within(at, 1e-10, 1e-2), "the sum changes by %g", pde_sum(&e, 0));
    for (int k = 0; k < N * N; k++) cr_assert(coefficient[k] > 0 || evaluate_at(&e, 0, k) == 0, "the closed cell %d changes", k);
    evaluate_close(&e);
}

/* ---- Advection ---- */

typedef struct carried { const sabir_grid *grid; sabir_value velocity; sabir_advection scheme; } carried;

static void carry(void *user, sabir_graph *graph, sabir_value t, const sabir_value *y, uint32_t count, sabir_value *rates)
{
    const carried *c = user;
    (void)t, (void)count;
    rates[0] = sabir_grid_advection(graph, y[0], &c->velocity, c->grid, c->scheme);
}

static double hump(const double *x) { return exp(sin(2 * pde_pi * x[0])); }
static double hump_later(const double *x) { return exp(sin(2 * pde_pi * (x[0] - 0.5))); }

/* Half a turn at speed 1. */
static double advection_error(pde_place at, int64_t n, sabir_advection scheme)
{
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    const sabir_grid grid = pde_grid(1, n, SABIR_SIDE_PERIODIC);
    carried with = {&grid, pde_number(&e, 1), scheme};
    const sabir_value x0 = pde_field(&e, 1, n, hump), dt = pde_number(&e, 0.5 / (double)n), zero = pde_number(&e, 0);
    sabir_value x, next, result;
    sabir_loop_begin(g, n, &x0, 1, &x);
    sabir_rk4_step(g, carry, &with, zero, dt, &x, 1, &next);
    sabir_loop_end(g, &next, 1, SABIR_NONE, &result);
    const uint32_t y = evaluate_output(&e, result), before = evaluate_output(&e, x0);
    evaluate_run(&e);
    cr_expect(fabs(pde_sum(&e, y) - pde_sum(&e, before)) < pde_within(at, 1e-11, 1e-4) * (double)n, "the sum went from %g to %g", pde_sum(&e, before),
              pde_sum(&e, y));
    const double error = pde_distance(&e, y, 1, n, hump_later).mean;
    evaluate_close(&e);
    return error;
}

PDE_TEST(pde_grid, advection)
{
    pde_expect_order("upwind", advection_error(at, 64, SABIR_ADVECTION_UPWIND), advection_error(at, 128, SABIR_ADVECTION_UPWIND), 0.85);
    pde_expect_order("van Leer", advection_error(at, 32, SABIR_ADVECTION_VAN_LEER), advection_error(at, 64, SABIR_ADVECTION_VAN_LEER), 1.75);
}

/* In two dimensions, through a velocity of no divergence that changes its sign: the sum is kept, and an even field stays even. */
PDE_TEST(pde_grid, advection_in_a_plane)
{
    enum { N = 12 };
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    double u[(N + 1) * N], v[N * (N + 1)];
    const sabir_grid grid = pde_grid(2, N, SABIR_SIDE_PERIODIC);
    for (int i = 0; i <= N; i++) {
        for (int k = 0; k < N; k++) {
            /* Differences of the stream function sin sin at the corners. */
            const double a = 2 * pde_pi * i / N, b = 2 * pde_pi * k / N, c = 2 * pde_pi * (k + 1) / N;
            u[i * N + k] = sin(a) * (sin(c) - sin(b));
            v[k * (N + 1) + i] = -sin(a) * (sin(c) - sin(b));
        }
    }
    const sabir_value velocities[] = {evaluate_input(&e, SABIR_SHAPE(N + 1, N), u), evaluate_input(&e, SABIR_SHAPE(N, N + 1), v)};
    for (int scheme = 0; scheme < 2; scheme++) {
        evaluate_output(&e, sabir_grid_advection(g, pde_random(&e, SABIR_SHAPE(2, N, N), 7), velocities, &grid, (sabir_advection)scheme));
        evaluate_output(&e, sabir_grid_advection(g, sabir_full(g, e.type, SABIR_SHAPE(N, N), 3), velocities, &grid, (sabir_advection)scheme));
    }
    evaluate_run(&e);
    for (uint32_t scheme = 0; scheme < 2; scheme++) {
        cr_assert(fabs(pde_sum(&e, 2 * scheme)) < pde_within(at, 1e-11, 1e-3), "scheme %u: the sum changes by %g", scheme, pde_sum(&e, 2 * scheme));
        for (int k = 0; k < N * N; k++)
            cr_assert(fabs(evaluate_at(&e, 2 * scheme + 1, k)) < pde_within(at, 1e-12, 1e-4), "scheme %u: a constant changes by %g", scheme,
                      evaluate_at(&e, 2 * scheme + 1, k));
    }
    evaluate_close(&e);
}

/* A hump carried out through an outflow side leaves nothing behind; upwind never overshoots. */
PDE_TEST(pde_grid, advection_out)
{
    enum { N = 32, STEPS = 64 };
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    sabir_grid grid = pde_grid(1, N, SABIR_SIDE_OUTFLOW);
    grid.sides[0][0] = (sabir_side){.kind = SABIR_SIDE_DIRICHLET};
    carried with = {&grid, pde_number(&e, 1), SABIR_ADVECTION_VAN_LEER};
    const sabir_value x0 = pde_field(&e, 1, N, hump), dt = pde_number(&e, 0.75 / N), zero = pde_number(&e, 0);
    sabir_value x, next, result;
    sabir_loop_begin(g, STEPS, &x0, 1, &x);
    sabir_rk4_step(g, carry, &with, zero, dt, &x, 1, &next);
    sabir_loop_end(g, &next, 1, SABIR_NONE, &result);
    evaluate_output(&e, result);
    evaluate_run(&e);
    for (int k = 0; k < N; k++) cr_assert(fabs(evaluate_at(&e, 0, k)) < 0.05, "cell %d keeps %g", k, evaluate_at(&e, 0, k));
    evaluate_close(&e);
}

/* ---- Semi-Lagrangian: a quarter turn of a hump about the middle ---- */

static double bump(const double *x) { return exp(-40 * ((x[0] - 0.3) * (x[0] - 0.3) + (x[1] - 0.5) * (x[1] - 0.5))); }
static double bump_turned(const double *x) { return exp(-40 * ((x[0] - 0.5) * (x[0] - 0.5) + (x[1] - 0.3) * (x[1] - 0.3))); }
static double turn_0(const double *x) { return x[1] - 0.5; }
static double turn_1(const double *x) { return -(x[0] - 0.5); }

static double turned_error(pde_place at, int64_t n, sabir_interpolation order)
{
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    const sabir_grid grid = pde_grid(2, n, SABIR_SIDE_NEUMANN);
    const int64_t steps = n / 2;
    /* From (0.3, 0.5) to (0.5, 0.3): dx0/dt = x1 - 0.5 is 0 at the start and dx1/dt = 0.2, so the turn runs backwards in time. */
    const sabir_value parts[] = {sabir_reshape(g, pde_field(&e, 2, n, turn_0), SABIR_SHAPE(1, n, n)),
                                 sabir_reshape(g, pde_field(&e, 2, n, turn_1), SABIR_SHAPE(1, n, n))};
    const sabir_value velocity = sabir_concat(g, parts, 2, 0), x0 = pde_field(&e, 2, n, bump), dt = pde_number(&e, -pde_pi / 2 / (double)steps);
    sabir_value x, result;
    sabir_loop_begin(g, steps, &x0, 1, &x);
    const sabir_value next = sabir_grid_semi_lagrangian(g, x, velocity, dt, &grid, order);
    sabir_loop_end(g, &next, 1, SABIR_NONE, &result);
    const uint32_t y = evaluate_output(&e, result);
    evaluate_run(&e);
    const double error = pde_distance(&e, y, 2, n, bump_turned).mean;
    evaluate_close(&e);
    return error;
}

PDE_TEST(pde_grid, semi_lagrangian)
{
    pde_expect_order("cubic", turned_error(at, 16, SABIR_INTERPOLATE_CUBIC), turned_error(at, 32, SABIR_INTERPOLATE_CUBIC), 1.8);
    pde_expect_order("linear", turned_error(at, 32, SABIR_INTERPOLATE_LINEAR), turned_error(at, 64, SABIR_INTERPOLATE_LINEAR), 0.7);
}

/* ---- Arakawa's Jacobian ---- */

static double psi(const double *x) { return sin(2 * pde_pi * x[0]) + cos(2 * pde_pi * x[1]); }
static double zeta(const double *x) { return cos(2 * pde_pi * (x[0] - x[1])); }
static double jacobian(const double *x)
{
    const double s = 2 * pde_pi * sin(2 * pde_pi * (x[0] - x[1]));
    return 2 * pde_pi * cos(2 * pde_pi * x[0]) * s - -2 * pde_pi * sin(2 * pde_pi * x[1]) * -s;
}

static double arakawa_error(pde_place at, int64_t n)
{
    evaluation e = pde_open(at);
    const sabir_grid grid = pde_grid(2, n, SABIR_SIDE_PERIODIC);
    evaluate_output(&e, sabir_grid_arakawa(e.graph, pde_field(&e, 2, n, psi), pde_field(&e, 2, n, zeta), &grid));
    evaluate_run(&e);
    const double error = pde_distance(&e, 0, 2, n, jacobian).most;
    evaluate_close(&e);
    return error;
}

PDE_TEST(pde_grid, arakawa)
{
    pde_expect_order("Jacobian", arakawa_error(at, 16), arakawa_error(at, 32), 1.9);
    enum { N = 15 };
    evaluation e = pde_open(at);
    sabir_graph *g = e.graph;
    const sabir_grid grid = pde_grid(2, N, SABIR_SIDE_PERIODIC);
    const sabir_value p = pde_random(&e, SABIR_SHAPE(N, N), 8), q = pde_random(&e, SABIR_SHAPE(N, N), 9);
    const sabir_value j = sabir_grid_arakawa(g, p, q, &grid);
    const uint32_t of = evaluate_output(&e, j), with_p = evaluate_output(&e, sabir_mul(g, j, p)), with_q = evaluate_output(&e, sabir_mul(g, j, q));
    const uint32_t turned = evaluate_output(&e, sabir_add(g, j, sabir_grid_arakawa(g, q, p, &grid)));
    evaluate_run(&e);
    const double within = pde_within(at, 1e-11, 1e-2);
    cr_assert(fabs(pde_sum(&e, of)) < within && fabs(pde_sum(&e, with_p)) < within && fabs(pde_sum(&e, with_q)) < within,
              "sums %g, energy %g, enstrophy %g", pde_sum(&e, of), pde_sum(&e, with_p), pde_sum(&e, with_q));
    for (int k = 0; k < N * N; k++) cr_assert(fabs(evaluate_at(&e, turned, k)) < within, "J(p, q) + J(q, p) is %g", evaluate_at(&e, turned, k));
    evaluate_close(&e);
}
