/* suite: host, timeout: 240
 * Building with sabir/pde.h: what it refuses, with which words; shapes with extents known at run; allocations failing one after the other. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sabir/grad.h"
#include "sabir/sabir.h"
#include "support/devices.h"
#include "support/fault.h"
#include "support/meshes.h"

/* ---- Refusals ---- */

static sabir_context *context;
static sabir_graph *g;
static int inputs;

static void open_graph(void)
{
    inputs = 0;
    if (!context) must(sabir_context_create(NULL, &context));
    must(sabir_graph_create(context, &g));
}

static void close_graph(void)
{
    sabir_graph_destroy(g);
    sabir_context_release(context);
    context = NULL;
}

TestSuite(pde_build, .init = open_graph, .fini = close_graph, .timeout = 60);

static sabir_value operand(sabir_type type, sabir_shape shape)
{
    char name[16];
    snprintf(name, sizeof name, "x%d", inputs++);
    return sabir_input(g, name, type, shape);
}
#define V(type, ...) operand(SABIR_##type, SABIR_SHAPE(__VA_ARGS__))
#define V0(type) operand(SABIR_##type, SABIR_SCALAR_SHAPE)

static void check_error(int line, sabir_status status, const char *part)
{
    const sabir_status is = sabir_graph_status(g);
    cr_assert_eq(is, status, "line %d: %s (%s) instead of %s", line, sabir_status_name(is), sabir_last_message(), sabir_status_name(status));
    cr_assert(strstr(sabir_last_message(), part) != NULL, "line %d: \"%s\" lacks \"%s\"", line, sabir_last_message(), part);
    cr_assert(strstr(sabir_last_message(), "test_pde_build.c") != NULL || strstr(part, "multigrid_create"), "line %d: \"%s\" lacks the place", line,
              sabir_last_message());
    sabir_graph_destroy(g);
    open_graph();
}
#define REFUSED(status, part, call) ((void)(call), check_error(__LINE__, SABIR_INVALID_##status, (part)))

static sabir_grid grid_of(int32_t axes, sabir_side_kind kind)
{
    sabir_grid grid = SABIR_GRID;
    grid.axes = axes;
    for (int32_t a = 0; a < axes; a++) grid.sides[a][0].kind = grid.sides[a][1].kind = kind;
    return grid;
}

Test(pde_build, grids)
{
    sabir_grid grid = grid_of(2, SABIR_SIDE_DIRICHLET);
    const sabir_value none = SABIR_NONE;
    REFUSED(ARGUMENT, "grid_laplacian: grid is NULL", sabir_grid_laplacian(g, V(F32, 4, 4), NULL));
    REFUSED(SHAPE, "grid_laplacian: the field has rank 1 and has to have 2 or more", sabir_grid_laplacian(g, V(F32, 4), &grid));
    REFUSED(TYPE, "the field is i32 and has to be f32 or f64, f16 or bf16", sabir_grid_gradient(g, V(I32, 4, 4), &grid));
    grid.size = 1;
    REFUSED(ARGUMENT, "grid.size is 1", sabir_grid_laplacian(g, V(F32, 4, 4), &grid));
    grid = grid_of(2, SABIR_SIDE_DIRICHLET);
    grid.axes = 4;
    REFUSED(ARGUMENT, "a grid of 4 axes; 1 to 3", sabir_grid_laplacian(g, V(F32, 4, 4), &grid));
    grid = grid_of(2, SABIR_SIDE_DIRICHLET);
    grid.spacing[1] = -2;
    REFUSED(ARGUMENT, "axis 1: the spacing is -2", sabir_grid_laplacian(g, V(F32, 4, 4), &grid));
    grid = grid_of(2, SABIR_SIDE_PERIODIC);
    grid.sides[1][1].kind = SABIR_SIDE_NEUMANN;
    REFUSED(ARGUMENT, "axis 1 is periodic on one side", sabir_grid_laplacian(g, V(F32, 4, 4), &grid));
    grid.sides[1][0].kind = (sabir_side_kind)9;
    REFUSED(ARGUMENT, "axis 1: 9 is no kind of side", sabir_grid_laplacian(g, V(F32, 4, 4), &grid));
    grid = grid_of(1, SABIR_SIDE_ROBIN);
    grid.sides[0][0].alpha = 2, grid.sides[0][0].beta = -1;
    REFUSED(ARGUMENT, "alpha / 2 + beta / spacing may not be 0", sabir_grid_laplacian(g, V(F32, 4), &grid));
    grid = grid_of(1, SABIR_SIDE_DIRICHLET);
    grid.sides[0][1].value = (double)NAN;
    REFUSED(ARGUMENT, "a side's value is nan", sabir_grid_laplacian(g, V(F32, 4), &grid));
    grid.sides[0][1].value = 0;
    REFUSED(ARGUMENT, "a halo of -1 cells", sabir_grid_extend(g, V(F32, 4), &grid, -1));
    REFUSED(ARGUMENT, "a halo of 31 cells; 30 at most", sabir_grid_extend(g, V(F32, 40), &grid, 31));
    REFUSED(SHAPE, "slice(f32[4])", sabir_grid_extend(g, V(F32, 4), &grid, 5));
    REFUSED(SHAPE, "has to hold 1 components", sabir_grid_divergence(g, V(F32, 2, 4), &grid));
    REFUSED(ARGUMENT, "velocities is NULL", sabir_grid_advection(g, V(F32, 4), NULL, &grid, SABIR_ADVECTION_UPWIND));
    REFUSED(ARGUMENT, "a velocity is no value of this graph", sabir_grid_advection(g, V(F32, 4), &none, &grid, SABIR_ADVECTION_UPWIND));
    const sabir_value speed = V0(F32);
    REFUSED(ARGUMENT, "7 is no scheme", sabir_grid_advection(g, V(F32, 4), &speed, &grid, (sabir_advection)7));
    REFUSED(ARGUMENT, "grid_arakawa: a grid of 1 axes; 2", sabir_grid_arakawa(g, V(F32, 4), V(F32, 4), &grid));
    REFUSED(SHAPE, "velocity has to hold 1 components",
            sabir_grid_semi_lagrangian(g, V(F32, 4), V(F32, 2, 4), V0(F32), &grid, SABIR_INTERPOLATE_LINEAR));
    REFUSED(ARGUMENT, "grid_faces: axis 1 of a grid of 1", sabir_grid_faces(g, V(F32, 4), 1, &grid));
    REFUSED(ARGUMENT, "remove_mean: 3 axes", sabir_remove_mean(g, V(F32, 4), 3));
    REFUSED(ARGUMENT, "axis 0 has to be periodic", sabir_spectral_solve(g, V(F32, 4), &grid, 0, SABIR_SYMBOL_EXACT));
    grid = grid_of(1, SABIR_SIDE_PERIODIC);
    REFUSED(ARGUMENT, "a shift of -1", sabir_spectral_solve(g, V(F32, 4), &grid, -1, SABIR_SYMBOL_EXACT));
    REFUSED(TYPE, "the field is f16 and has to be f32 or f64;", sabir_spectral_solve(g, V(F16, 4), &grid, 0, SABIR_SYMBOL_EXACT));
}

static sabir_value same(void *user, sabir_graph *graph, sabir_value x)
{
    (void)user, (void)graph;
    return x;
}

static sabir_value shorter(void *user, sabir_graph *graph, sabir_value x)
{
    (void)user;
    return sabir_sum(graph, x, SABIR_ALL_AXES);
}

static void no_rates(void *user, sabir_graph *graph, sabir_value t, const sabir_value *y, uint32_t count, sabir_value *rates)
{
    (void)user, (void)graph, (void)t, (void)y, (void)count, (void)rates;
}

Test(pde_build, solvers)
{
    const sabir_linear_operator nothing = {0}, unit = {.apply = same}, wrong = {.apply = shorter}, lost = {.apply = same, .parameter_count = 2};
    sabir_solve_options options = SABIR_SOLVE_OPTIONS;
    sabir_newton_options newton = SABIR_NEWTON_OPTIONS;
    sabir_value next;
    REFUSED(ARGUMENT, "cg: the operator has no apply function", sabir_cg(g, NULL, V(F32, 4), SABIR_NONE, NULL, NULL));
    REFUSED(ARGUMENT, "bicgstab: the operator has no apply function", sabir_bicgstab(g, &nothing, V(F32, 4), SABIR_NONE, NULL, NULL));
    REFUSED(TYPE, "b is f16", sabir_cg(g, &unit, V(F16, 4), SABIR_NONE, NULL, NULL));
    REFUSED(SHAPE, "what x0 gives has to have the type and shape", sabir_cg(g, &unit, V(F32, 4), V(F32, 5), NULL, NULL));
    REFUSED(SHAPE, "cg: what apply gives has to have the type and shape", sabir_cg(g, &wrong, V(F32, 4), SABIR_NONE, NULL, NULL));
    REFUSED(ARGUMENT, "parameters is NULL; there are 2", sabir_cg(g, &lost, V(F32, 4), SABIR_NONE, NULL, NULL));
    REFUSED(ARGUMENT, "options.precondition, the step, is missing", sabir_richardson(g, &unit, V(F32, 4), SABIR_NONE, &options, NULL));
    options.precondition = shorter;
    REFUSED(SHAPE, "what precondition gives", sabir_cg(g, &unit, V(F32, 4), SABIR_NONE, &options, NULL));
    options = (sabir_solve_options)SABIR_SOLVE_OPTIONS;
    options.most = -1;
    REFUSED(ARGUMENT, "-1 iterations at most", sabir_cg(g, &unit, V(F32, 4), SABIR_NONE, &options, NULL));
    options.most = 0;
    options.tolerance = -1;
    REFUSED(ARGUMENT, "tolerances of -1", sabir_cg(g, &unit, V(F32, 4), SABIR_NONE, &options, NULL));
    options.size = 0;
    REFUSED(ARGUMENT, "options.size is 0", sabir_cg(g, &unit, V(F32, 4), SABIR_NONE, &options, NULL));
    REFUSED(ARGUMENT, "newton: there is no residual function", sabir_newton(g, &nothing, V(F32, 4), NULL, NULL));
    REFUSED(SHAPE, "newton: the residual has to have the type and shape of x", sabir_newton(g, &wrong, V(F32, 4), NULL, NULL));
    newton.most = -3;
    REFUSED(ARGUMENT, "-3 steps at most", sabir_newton(g, &unit, V(F32, 4), &newton, NULL));
    REFUSED(ARGUMENT, "theta is 2", sabir_theta_step(g, &unit, V(F32, 4), SABIR_NONE, V0(F32), 2, NULL, NULL));
    REFUSED(ARGUMENT, "midpoint_step: rates or parameters is NULL",
            sabir_midpoint_step(g, NULL, NULL, NULL, 0, V0(F32), V0(F32), V(F32, 4), NULL, NULL));
    REFUSED(ARGUMENT, "midpoint_step: the rate is no value of this graph",
            sabir_midpoint_step(g, no_rates, NULL, NULL, 0, V0(F32), V0(F32), V(F32, 4), NULL, NULL));
    const sabir_value y = V(F32, 4);
    (void)sabir_neg(g, y); /* gives what came before its place */
    sabir_rk4_step(g, no_rates, NULL, sabir_number(g, SABIR_F32, 0), sabir_number(g, SABIR_F32, 1), &y, 1, &next);
    cr_assert_eq(sabir_graph_status(g), SABIR_INVALID_ARGUMENT);
    cr_assert(strstr(sabir_last_message(), "rk4_step: a rate is no value of this graph") != NULL, "%s", sabir_last_message());
}

Test(pde_build, multigrids)
{
    sabir_grid grid = grid_of(2, SABIR_SIDE_OUTFLOW);
    sabir_multigrid *m;
    sabir_multigrid_options options = SABIR_MULTIGRID_OPTIONS;
    const sabir_value none = SABIR_NONE;
    cr_assert_eq(sabir_multigrid_create(g, &grid, SABIR_F32, SABIR_SHAPE(4, 4), none, none, NULL, NULL), SABIR_INVALID_ARGUMENT);
    REFUSED(ARGUMENT, "multigrid_create: axis 0 has an outflow side",
            sabir_multigrid_create(g, &grid, SABIR_F32, SABIR_SHAPE(4, 4), none, none, NULL, &m));
    cr_assert_null(m);
    grid = grid_of(2, SABIR_SIDE_DIRICHLET);
    REFUSED(SHAPE, "multigrid_create: a shape of rank 3", sabir_multigrid_create(g, &grid, SABIR_F32, SABIR_SHAPE(4, 4, 4), none, none, NULL, &m));
    REFUSED(SHAPE, "multigrid_create: axis 1: the extent", sabir_multigrid_create(g, &grid, SABIR_F32, SABIR_SHAPE(4, 0), none, none, NULL, &m));
    REFUSED(TYPE, "multigrid_create: coefficient is f64", sabir_multigrid_create(g, &grid, SABIR_F32, SABIR_SHAPE(4, 4), V0(F64), none, NULL, &m));
    options.levels = -1;
    REFUSED(ARGUMENT, "multigrid_create: -1 levels", sabir_multigrid_create(g, &grid, SABIR_F32, SABIR_SHAPE(4, 4), none, none, &options, &m));
    must(sabir_multigrid_create(g, &grid, SABIR_F32, SABIR_SHAPE(24, 12), none, none, NULL, &m));
    cr_assert_eq(sabir_multigrid_levels(m), 4, "%d levels of 24 x 12", sabir_multigrid_levels(m)); /* 12 x 6, 6 x 3, 3 x 3 */
    REFUSED(SHAPE, "multigrid_solve: the field has to have", sabir_multigrid_solve(g, m, V(F32, 24, 11), none, 0, NULL, NULL));
    cr_assert_eq(sabir_multigrid_levels(NULL), 0);
}

/* ---- Extents known at run ---- */

Test(pde_build, dims)
{
    const sabir_extent n = sabir_dim_create(g, "n", 3, 100);
    const sabir_grid walls = grid_of(2, SABIR_SIDE_DIRICHLET), ring = grid_of(2, SABIR_SIDE_PERIODIC);
    const sabir_value x = V(F32, 5, n, 7), speeds[] = {V0(F32), V0(F32)};
    const sabir_value all[] = {sabir_grid_laplacian(g, x, &walls),
                               sabir_grid_laplacian(g, x, &ring),
                               sabir_grid_diffusion(g, x, V0(F32), &walls),
                               sabir_grid_arakawa(g, x, x, &ring),
                               sabir_grid_advection(g, x, speeds, &walls, SABIR_ADVECTION_VAN_LEER),
                               sabir_remove_mean(g, x, 2),
                               sabir_grid_semi_lagrangian(g, x, V(F32, 2, n, 7), V0(F32), &ring, SABIR_INTERPOLATE_CUBIC)};
    must(sabir_graph_status(g));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const sabir_shape shape = sabir_value_shape(all[i]);
        cr_assert(shape.rank == 3 && shape.extents[0] == 5 && shape.extents[1] == n && shape.extents[2] == 7, "number %zu", i);
    }
    const sabir_shape gradient = sabir_value_shape(sabir_grid_gradient(g, x, &walls)), faces = sabir_value_shape(sabir_grid_faces(g, x, 1, &walls));
    cr_assert(gradient.rank == 4 && gradient.extents[1] == 2 && gradient.extents[2] == n);
    cr_assert(faces.rank == 3 && faces.extents[2] == 8);
}

/* ---- Memory ---- */

static void rate(void *user, sabir_graph *graph, sabir_value t, const sabir_value *y, uint32_t count, sabir_value *rates)
{
    (void)user, (void)t, (void)count;
    rates[0] = sabir_neg(graph, y[0]);
}

static void build_all(sabir_graph *graph)
{
    const sabir_grid walls = grid_of(1, SABIR_SIDE_DIRICHLET), ring = grid_of(1, SABIR_SIDE_PERIODIC);
    const sabir_value x = sabir_input(graph, "x", SABIR_F32, SABIR_SHAPE(4)), c = sabir_input(graph, "c", SABIR_F32, SABIR_SHAPE(4)),
                      one = sabir_number(graph, SABIR_F32, 1);
    sabir_multigrid *m = NULL;
    sabir_solve_options options = SABIR_SOLVE_OPTIONS;
    sabir_solve_report report;
    sabir_value grads[2], y = sabir_grid_laplacian(graph, x, &walls);
    options.most = 2;
    y = sabir_add(graph, y, sabir_grid_advection(graph, x, &one, &ring, SABIR_ADVECTION_VAN_LEER));
    y = sabir_add(graph, y, sabir_spectral_solve(graph, x, &ring, 1, SABIR_SYMBOL_EXACT));
    if (sabir_multigrid_create(graph, &walls, SABIR_F32, SABIR_SHAPE(4), c, one, NULL, &m) == SABIR_OK)
        y = sabir_add(graph, y, sabir_multigrid_solve(graph, m, x, SABIR_NONE, 1, &options, &report));
    sabir_newton_options newton = SABIR_NEWTON_OPTIONS;
    newton.most = newton.linear.most = 2;
    y = sabir_add(graph, y, sabir_midpoint_step(graph, rate, NULL, NULL, 0, one, one, x, &newton, NULL));
    (void)sabir_grad(graph, sabir_sum(graph, y, SABIR_ALL_AXES), (sabir_value[]){x, c}, 2, grads);
    sabir_output(graph, "dx", grads[0]);
    sabir_output(graph, "dc", grads[1]);
}

static sabir_status build_meshes(sabir_context *with)
{
    test_mesh m = mesh_make(2, 2, 0);
    sabir_matrix matrix = {0}, map = {0};
    sabir_volumes volumes = {0};
    sabir_facet_condition conditions[16] = {{0}};
    double load[9] = {0}, value = 1;
    sabir_status status = sabir_fem_assemble(with, &m.mesh, SABIR_FEM_STIFFNESS, NULL, &matrix, &map);
    if (status == SABIR_OK) status = sabir_matrix_eliminate(with, &matrix, load, (const int32_t[]){0}, &value, 1);
    if (status == SABIR_OK) status = sabir_volumes_assemble(with, &m.mesh, NULL, conditions, &volumes);
    sabir_matrix_free(with, &matrix);
    sabir_matrix_free(with, &map);
    sabir_volumes_free(with, &volumes);
    mesh_free(&m);
    return status;
}

static sabir_status build_with(fault_memory *memory)
{
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.allocator = fault_allocator(memory);
    sabir_context *with = NULL;
    sabir_graph *graph = NULL;
    sabir_status status = sabir_context_create(&options, &with);
    if (status == SABIR_OK) status = sabir_graph_create(with, &graph);
    if (status == SABIR_OK) {
        build_all(graph);
        status = sabir_graph_status(graph);
        if (status == SABIR_OK) status = build_meshes(with);
        if (status != SABIR_OK) cr_assert(strlen(sabir_last_message()) > 0);
    }
    sabir_graph_destroy(graph);
    sabir_context_release(with);
    return status;
}

Test(pde_memory, nth_allocation_failing_is_a_status_and_no_leak, .timeout = 200)
{
    fault_memory memory = FAULT_MEMORY;
    cr_assert_eq(build_with(&memory), SABIR_OK, "%s", sabir_last_message());
    cr_assert_eq(memory.live_blocks, 0);
    const uint64_t requests = memory.requests, step = requests / 3000 + 1;
    cr_assert_gt(requests, 200);
    for (uint64_t i = 1; i <= requests; i += step) {
        fault_memory_fail_nth(&memory, i, i % 2 == 0);
        const sabir_status status = build_with(&memory);
        cr_assert_eq(status, SABIR_OUT_OF_MEMORY, "request %llu: %s: %s", (unsigned long long)i, sabir_status_name(status), sabir_last_message());
        cr_assert_eq(memory.live_blocks, 0, "request %llu", (unsigned long long)i);
        cr_assert_eq(memory.bad_releases, 0);
    }
}
