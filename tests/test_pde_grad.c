/* suite: device, timeout: 600
 * Gradients through everything of sabir/pde.h against differences, on the reference in f64; then, for some of it, on each device in f32 against the reference. Linear
 * solves are differentiated by the adjoint system. */
#include <stdio.h>

#include "sabir/grad.h"
#include "support/meshes.h"
#include "test_pde.h"

/* ---- Cases: a value built of inputs, each of which is differentiated ---- */

enum { MOST_INPUTS = 6, MOST_ELEMENTS = 512 };

typedef struct build {
    sabir_graph *graph;
    sabir_type type;
    evaluation *e;
    const double *along; /* added to the inputs, one after another; NULL: nothing */
    int64_t used;        /* of along */
    sabir_value inputs[MOST_INPUTS];
    uint32_t count;
    uint64_t seed;
    void *kept;          /* what callbacks need while the graph lives */
} build;

/* low .. high, drawn. */
static sabir_value operand(build *b, sabir_shape shape, double low, double high)
{
    double values[MOST_ELEMENTS];
    int64_t count = 1;
    for (int32_t i = 0; i < shape.rank; i++) count *= shape.extents[i];
    cr_assert(count <= MOST_ELEMENTS && b->count < MOST_INPUTS);
    for (int64_t k = 0; k < count; k++) {
        values[k] = low + (high - low) * (0.5 + 0.5 * pde_drawn(&b->seed));
        if (b->along) values[k] += b->along[b->used + k];
    }
    b->used += count;
    return b->inputs[b->count++] = evaluate_input(b->e, shape, values);
}

static sabir_value number(const build *b, double value) { return sabir_number(b->graph, b->type, value); }

typedef sabir_value case_function(build *b);
enum { S = 6 };

static sabir_grid sides(build *b, bool data)
{
    sabir_grid grid = pde_grid(2, S, SABIR_SIDE_DIRICHLET);
    grid.sides[0][1] = (sabir_side){.kind = SABIR_SIDE_ROBIN, .alpha = 0.7, .beta = 0.4, .value = 1};
    grid.sides[1][0] = (sabir_side){.kind = SABIR_SIDE_NEUMANN, .value = 0.5};
    grid.sides[1][1] = (sabir_side){.kind = SABIR_SIDE_OUTFLOW};
    if (data) {
        grid.sides[0][0].data = operand(b, SABIR_SHAPE(1, S), -1, 1);
        grid.sides[0][1].data = operand(b, SABIR_SCALAR_SHAPE, -1, 1);
    }
    return grid;
}

static sabir_value square(build *b) { return operand(b, SABIR_SHAPE(S, S), -1, 1); }

static sabir_value gradient_of(build *b)
{
    const sabir_grid grid = sides(b, true);
    return sabir_grid_gradient(b->graph, square(b), &grid);
}

static sabir_value divergence_of(build *b)
{
    const sabir_grid grid = sides(b, false);
    return sabir_grid_divergence(b->graph, operand(b, SABIR_SHAPE(2, S, S), -1, 1), &grid);
}

static sabir_value laplacian_of(build *b)
{
    const sabir_grid grid = sides(b, true);
    return sabir_grid_laplacian(b->graph, square(b), &grid);
}

static sabir_value diffusion_of(build *b)
{
    const sabir_grid grid = sides(b, true);
    return sabir_grid_diffusion(b->graph, square(b), operand(b, SABIR_SHAPE(S, S), 0.5, 2), &grid);
}

static sabir_value extension_of(build *b)
{
    const sabir_grid grid = sides(b, true);
    return sabir_grid_extend(b->graph, square(b), &grid, 2);
}

static sabir_value arakawa_of(build *b)
{
    const sabir_grid grid = sides(b, false);
    return sabir_grid_arakawa(b->graph, square(b), square(b), &grid);
}

static sabir_value advection_of(build *b, sabir_advection scheme)
{
    const sabir_grid grid = sides(b, false);
    const sabir_value velocities[] = {operand(b, SABIR_SHAPE(S + 1, S), -1, 1), operand(b, SABIR_SHAPE(S, S + 1), -1, 1)};
    return sabir_grid_advection(b->graph, square(b), velocities, &grid, scheme);
}

static sabir_value upwind_of(build *b) { return advection_of(b, SABIR_ADVECTION_UPWIND); }
static sabir_value van_leer_of(build *b) { return advection_of(b, SABIR_ADVECTION_VAN_LEER); }

static sabir_value semi_lagrangian_of(build *b)
{
    sabir_grid grid = pde_grid(2, S, SABIR_SIDE_PERIODIC);
    grid.sides[1][0].kind = grid.sides[1][1].kind = SABIR_SIDE_NEUMANN;
    const sabir_value x = operand(b, SABIR_SHAPE(2, S, S), -1, 1), v = operand(b, SABIR_SHAPE(2, S, S), -1, 1);
    return sabir_grid_semi_lagrangian(b->graph, x, v, operand(b, SABIR_SCALAR_SHAPE, 0.2, 0.3), &grid, SABIR_INTERPOLATE_CUBIC);
}

static sabir_value spectral_of(build *b)
{
    const sabir_grid grid = pde_grid(2, S, SABIR_SIDE_PERIODIC);
    const sabir_value u = sabir_spectral_solve(b->graph, square(b), &grid, 0.5, SABIR_SYMBOL_EXACT);
    return sabir_mul(b->graph, u, sabir_spectral_derivative(b->graph, u, 1, &grid));
}

static sabir_value odd_spectral_of(build *b)
{
    const sabir_grid grid = pde_grid(1, 7, SABIR_SIDE_PERIODIC);
    return sabir_spectral_derivative(b->graph, operand(b, SABIR_SHAPE(3, 7), -1, 1), 0, &grid);
}

/* ---- Solvers ---- */

static sabir_value times(void *user, sabir_graph *graph, sabir_value x)
{
    const int64_t n = sabir_value_shape(x).extents[0];
    return sabir_reshape(graph, sabir_matmul(graph, *(const sabir_value *)user, sabir_reshape(graph, x, SABIR_SHAPE(n, 1))), SABIR_SHAPE(n));
}

/* A matrix kept for the callbacks: M M' / 8 + 2 (symmetric), or M + 6. */
static sabir_linear_operator dense(build *b, bool symmetric)
{
    sabir_value *matrix = b->kept;
    const sabir_value m = operand(b, SABIR_SHAPE(S, S), -1, 1),
                      unit = sabir_diagonal_embed(b->graph, sabir_full(b->graph, b->type, SABIR_SHAPE(S), symmetric ? 2 : 6));
    *matrix = symmetric ? sabir_mul(b->graph, sabir_matmul_transposed(b->graph, m, m, 0, 1), number(b, 0.125)) : m;
    *matrix = sabir_add(b->graph, *matrix, unit);
    return (sabir_linear_operator){.apply = times, .user = matrix, .parameters = matrix, .parameter_count = 1, .symmetric = symmetric};
}

static sabir_solve_options exact(const build *b, int64_t most)
{
    sabir_solve_options options = SABIR_SOLVE_OPTIONS;
    options.most = most;
    options.tolerance = b->type == SABIR_F64 ? 1e-13 : 1e-6;
    return options;
}

static sabir_value cg_of(build *b)
{
    const sabir_linear_operator a = dense(b, true);
    const sabir_solve_options options = exact(b, 12);
    return sabir_cg(b->graph, &a, operand(b, SABIR_SHAPE(S), -1, 1), SABIR_NONE, &options, NULL);
}

static sabir_value bicgstab_of(build *b)
{
    const sabir_linear_operator a = dense(b, false);
    const sabir_solve_options options = exact(b, 16);
    return sabir_bicgstab(b->graph, &a, operand(b, SABIR_SHAPE(S), -1, 1), SABIR_NONE, &options, NULL);
}

static sabir_value multigrid_of(build *b)
{
    sabir_grid grid = pde_grid(2, 4, SABIR_SIDE_DIRICHLET);
    grid.sides[0][1] = (sabir_side){.kind = SABIR_SIDE_ROBIN, .alpha = 1, .beta = 1};
    grid.sides[0][1].data = operand(b, SABIR_SHAPE(1, 4), -1, 1);
    sabir_multigrid *multigrid;
    const sabir_value c = operand(b, SABIR_SHAPE(4, 4), 0.5, 2), shift = operand(b, SABIR_SCALAR_SHAPE, 1, 2),
                      f = operand(b, SABIR_SHAPE(2, 4, 4), -1, 1);
    must(sabir_multigrid_create(b->graph, &grid, b->type, SABIR_SHAPE(4, 4), c, shift, NULL, &multigrid));
    const sabir_solve_options options = exact(b, 20);
    return sabir_multigrid_solve(b->graph, multigrid, f, SABIR_NONE, 1, &options, NULL);
}

/* Singular: gradients stay free of the mean, too. */
static sabir_value neumann_of(build *b)
{
    const sabir_grid grid = pde_grid(2, 4, SABIR_SIDE_NEUMANN);
    sabir_multigrid *multigrid;
    must(sabir_multigrid_create(b->graph, &grid, b->type, SABIR_SHAPE(4, 4), operand(b, SABIR_SHAPE(4, 4), 0.5, 2), SABIR_NONE, NULL, &multigrid));
    const sabir_solve_options options = exact(b, 20);
    return sabir_multigrid_solve(b->graph, multigrid, operand(b, SABIR_SHAPE(4, 4), -1, 1), SABIR_NONE, 1, &options, NULL);
}

static sabir_value theta_of(build *b)
{
    const sabir_linear_operator a = dense(b, false);
    const sabir_value y = operand(b, SABIR_SHAPE(S), -1, 1), source = operand(b, SABIR_SHAPE(S), -1, 1),
                      dt = operand(b, SABIR_SCALAR_SHAPE, -0.1, -0.05);
    const sabir_solve_options options = exact(b, 16);
    return sabir_theta_step(b->graph, &a, y, source, dt, 0.5, &options, NULL);
}

/* dy/dt = k sin(t) - y^3, k kept for the callback. */
static void rate(void *user, sabir_graph *graph, sabir_value t, const sabir_value *y, uint32_t count, sabir_value *rates)
{
    const sabir_value *k = user;
    (void)count;
    rates[0] = sabir_sub(graph, sabir_mul(graph, *k, sabir_sin(graph, t)), sabir_mul(graph, y[0], sabir_square(graph, y[0])));
}

static sabir_value runge_kutta_of(build *b)
{
    sabir_value *k = b->kept, in[2], next[2], out[2];
    *k = operand(b, SABIR_SHAPE(S), -1, 1);
    const sabir_value y = operand(b, SABIR_SHAPE(S), -1, 1), t = operand(b, SABIR_SCALAR_SHAPE, 0, 1), dt = operand(b, SABIR_SCALAR_SHAPE, 0.1, 0.2);
    sabir_loop_begin(b->graph, 3, (sabir_value[]){y, t}, 2, in);
    sabir_rk4_step(b->graph, rate, k, in[1], dt, in, 1, next);
    next[1] = sabir_add(b->graph, in[1], dt);
    sabir_loop_end(b->graph, next, 2, SABIR_NONE, out);
    return out[0];
}

static sabir_value midpoint_of(build *b)
{
    sabir_value *k = b->kept;
    *k = operand(b, SABIR_SHAPE(S), -1, 1);
    const sabir_value y = operand(b, SABIR_SHAPE(S), -1, 1), t = operand(b, SABIR_SCALAR_SHAPE, 0, 1), dt = operand(b, SABIR_SCALAR_SHAPE, 0.1, 0.2);
    sabir_newton_options options = SABIR_NEWTON_OPTIONS;
    options.most = 6;
    options.linear = exact(b, 10);
    options.tolerance = options.linear.tolerance;
    return sabir_midpoint_step(b->graph, rate, k, k, 1, t, dt, y, &options, NULL);
}

/* A finite-element solution on the device: the matrix assembled from coefficients by cell, unknowns on the boundary held. */
typedef struct elements { sabir_matrix matrix, map; sabir_value values, free_points; } elements;

static sabir_value held(void *user, sabir_graph *graph, sabir_value x)
{
    const elements *of = user;
    const sabir_value inside = sabir_mul(graph, x, of->free_points), y = sabir_matrix_product(graph, &of->matrix, of->values, inside);
    return sabir_add(graph, sabir_mul(graph, y, of->free_points), sabir_sub(graph, x, inside));
}

static sabir_value elements_of(build *b)
{
    enum { SIDE = 3, POINTS = (SIDE + 1) * (SIDE + 1) };
    test_mesh m = mesh_make(2, SIDE, 0.2);
    elements *of = b->kept;
    double inner[POINTS];
    must(sabir_fem_assemble(b->e->context, &m.mesh, SABIR_FEM_STIFFNESS, NULL, &of->matrix, &of->map));
    for (int i = 0; i < POINTS; i++) inner[i] = i / (SIDE + 1) % SIDE && i % (SIDE + 1) % SIDE;
    of->free_points = evaluate_input(b->e, SABIR_SHAPE(POINTS), inner);
    of->values = sabir_matrix_values(b->graph, &of->map, operand(b, SABIR_SHAPE(m.mesh.cell_count), 0.5, 2));
    const sabir_linear_operator a = {.apply = held, .user = of, .parameters = &of->values, .parameter_count = 1, .symmetric = 1};
    const sabir_solve_options options = exact(b, 12);
    const sabir_value load = sabir_mul(b->graph, operand(b, SABIR_SHAPE(POINTS), -1, 1), of->free_points);
    mesh_free(&m);
    return sabir_cg(b->graph, &a, load, SABIR_NONE, &options, NULL);
}

static const struct pde_case { const char *name; case_function *function;
} cases[] = {
    {"gradient", gradient_of},
    {"divergence", divergence_of},
    {"laplacian", laplacian_of},
    {"diffusion", diffusion_of},
    {"extend", extension_of},
    {"arakawa", arakawa_of},
    {"upwind", upwind_of},
    {"van Leer", van_leer_of},
    {"semi-Lagrangian", semi_lagrangian_of},
    {"spectral", spectral_of},
    {"spectral, odd", odd_spectral_of},
    {"cg", cg_of},
    {"bicgstab", bicgstab_of},
    {"multigrid", multigrid_of},
    {"Neumann", neumann_of},
    {"theta", theta_of},
    {"Runge-Kutta", runge_kutta_of},
    {"midpoint", midpoint_of},
    {"finite elements", elements_of},
};
enum { CASES = sizeof cases / sizeof *cases };

/* ---- Differences ---- */

/* seed . y, its gradients, and, twice: the gradient of the gradients' own sum of products with drawn numbers. */
typedef struct measured { double y; int64_t count; double gradients[MOST_ELEMENTS * 2]; } measured;

static sabir_value weighed(build *b, sabir_value x)
{
    return sabir_sum(b->graph, sabir_mul(b->graph, x, pde_random(b->e, sabir_value_shape(x), 100 + b->seed % 7 + (uint64_t)b->e->input_count)),
                     SABIR_ALL_AXES);
}

static measured measure(pde_place at, const struct pde_case *of, const double *along, bool twice)
{
    evaluation e = pde_open(at);
    elements kept = {0};
    build b = {.graph = e.graph, .type = e.type, .e = &e, .along = along, .seed = 4711, .kept = &kept};
    sabir_value gradients[MOST_INPUTS];
    b.seed += (uint64_t)(of - cases);
    sabir_value y = weighed(&b, of->function(&b));
    must(sabir_grad(e.graph, y, b.inputs, b.count, gradients));
    if (twice) {
        y = number(&b, 0);
        for (uint32_t i = 0; i < b.count; i++) y = sabir_add(e.graph, y, weighed(&b, gradients[i]));
        must(sabir_grad(e.graph, y, b.inputs, b.count, gradients));
    }
    evaluate_output(&e, y);
    for (uint32_t i = 0; i < b.count; i++) evaluate_output(&e, gradients[i]);
    evaluate_run(&e);
    measured result = {.y = evaluate_at(&e, 0, 0)};
    for (uint32_t i = 0; i < b.count; i++) {
        int64_t count;
        const double *values = evaluate_values(&e, i + 1, &count);
        memcpy(result.gradients + result.count, values, (size_t)count * sizeof *values);
        result.count += count;
    }
    evaluate_close(&e);
    sabir_matrix_free(e.context, &kept.matrix);
    sabir_matrix_free(e.context, &kept.map);
    return result;
}

static void check_case(pde_place at, const struct pde_case *of, bool twice, double within)
{
    const double step = 1e-5;
    double along[MOST_ELEMENTS * 2], back[MOST_ELEMENTS * 2], slope = 0, size = 0;
    const measured here = measure(at, of, NULL, twice);
    uint64_t state = 77;
    for (int64_t k = 0; k < here.count; k++) {
        const double d = pde_drawn(&state);
        along[k] = step * d, back[k] = -step * d;
        slope += here.gradients[k] * d;
        size += fabs(here.gradients[k] * d);
    }
    const double by_differences = (measure(at, of, along, twice).y - measure(at, of, back, twice).y) / (2 * step);
    cr_expect(fabs(slope - by_differences) <= within * fmax(size, 1e-3), "%s%s: %.10g by gradients, %.10g by differences", of->name,
              twice ? ", second order" : "", slope, by_differences);
    cr_expect(size > 1e-6, "%s: nothing moves", of->name);
}

static void by_differences(sabir_context *context, const char *selector)
{
    for (int i = 0; i < CASES; i++) check_case((pde_place){context, selector, SABIR_F64}, &cases[i], false, 2e-7);
}
Test(pde_grad, differences, .timeout = 120) { on_device("reference", by_differences); }

/* Gradients of gradients, of those that solve and that sample. */
static void twice(sabir_context *context, const char *selector)
{
    for (int i = 0; i < CASES; i++)
        if (cases[i].function == cg_of || cases[i].function == bicgstab_of || cases[i].function == semi_lagrangian_of ||
            cases[i].function == diffusion_of)
            check_case((pde_place){context, selector, SABIR_F64}, &cases[i], true, 1e-5);
}
Test(pde_grad, second_order, .timeout = 120) { on_device("reference", twice); }

/* ---- On devices ---- */

static void like_reference(sabir_context *context, const char *selector)
{
    static case_function *const chosen[] = {van_leer_of, semi_lagrangian_of, spectral_of, bicgstab_of, multigrid_of, midpoint_of, elements_of};
    for (int i = 0; i < CASES; i++) {
        bool is_chosen = false;
        for (size_t k = 0; k < sizeof chosen / sizeof *chosen; k++) is_chosen = is_chosen || cases[i].function == chosen[k];
        if (!is_chosen) continue;
        const measured want = measure((pde_place){context, "reference", SABIR_F64}, &cases[i], NULL, false);
        const measured got = measure((pde_place){context, selector, SABIR_F32}, &cases[i], NULL, false);
        double largest = 1e-3;
        for (int64_t k = 0; k < want.count; k++) largest = fmax(largest, fabs(want.gradients[k]));
        cr_assert_eq(got.count, want.count);
        for (int64_t k = 0; k < want.count; k++)
            cr_expect(fabs(got.gradients[k] - want.gradients[k]) <= 2e-4 * largest, "%s, gradient %lld: %g, not %g", cases[i].name, (long long)k,
                      got.gradients[k], want.gradients[k]);
    }
}
Test(pde_grad, like_reference_vulkan, .timeout = 300) { on_device("vulkan", like_reference); }
Test(pde_grad, like_reference_opencl, .timeout = 300) { on_device("opencl", like_reference); }
