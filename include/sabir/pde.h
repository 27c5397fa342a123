/* Differential equations: finite differences and advection on grids, linear and nonlinear solvers, multigrid, time steps, spectral methods, finite
 * elements and volumes on meshes. Everything that builds in a graph is made of its public operators, so that it runs on every device, is fused and is
 * differentiated like them; solvers are differentiated by the adjoint system, not through their iterations. docs/pde.md has conventions and an example.
 *
 * Mistakes are kept as the graph's error, as everywhere (graph.h). Options structs begin with their size; zero-initialised members are defaults. */
#ifndef SABIR_PDE_H
#define SABIR_PDE_H

#include "mesh.h"
#include "ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Grids ----
 * A field is [b..., s...]: its last `axes` axes are a grid of cells, its values those at the centres. A vector field is [b..., axes, s...].
 * The sides of an axis are half a cell beyond the centres of its first and last cell. Outside lie ghost cells whose values follow from the condition
 * on the side, to second order; n is the normal that points outwards. Field types are f32 and f64 (f16 and bf16 where nothing is solved). */
typedef enum sabir_side_kind {
    SABIR_SIDE_PERIODIC,  /* on both sides of an axis */
    SABIR_SIDE_DIRICHLET, /* u = value */
    SABIR_SIDE_NEUMANN,   /* du/dn = value */
    SABIR_SIDE_ROBIN,     /* alpha u + beta du/dn = value; not alpha / 2 + beta / spacing = 0 */
    SABIR_SIDE_OUTFLOW    /* u goes on as a straight line through the last two cells */
} sabir_side_kind;

typedef struct sabir_side {
    sabir_side_kind kind;
    double value, alpha, beta;
    sabir_value data; /* graph NULL: value; else a value instead of it, broadcast to the field with extent 1 along the axis */
} sabir_side;

typedef struct sabir_grid {
    size_t size;
    int32_t axes;             /* 1 to 3: the last axes of a field */
    double spacing[3];        /* by axis; 0 counts as 1 */
    sabir_side sides[3][2];   /* by axis: at the start, at the end */
} sabir_grid;

#define SABIR_GRID {.size = sizeof(sabir_grid)}

/* [b..., s...] -> [b..., s + 2 halo...]: with ghost cells on every side. halo is at most each extent (outflow: an extent of 2 or more). */
SABIR_API sabir_value sabir_grid_extend(sabir_graph *graph, sabir_value x, const sabir_grid *grid, int64_t halo);
/* [b..., s...] -> [b..., axes, s...], central differences. */
SABIR_API sabir_value sabir_grid_gradient(sabir_graph *graph, sabir_value x, const sabir_grid *grid);
/* [b..., axes, s...] -> [b..., s...], central differences; component a follows the sides of axis a. */
SABIR_API sabir_value sabir_grid_divergence(sabir_graph *graph, sabir_value v, const sabir_grid *grid);
/* Sum of second differences. */
SABIR_API sabir_value sabir_grid_laplacian(sabir_graph *graph, sabir_value x, const sabir_grid *grid);
/* div(coefficient grad x), in flux form: the coefficient of a face is the harmonic mean of its cells' (0 where both are 0), that of a side goes on in a
 * straight line. coefficient is broadcast to [s...] or to x, and is 0 or more; cells where it is 0 are closed. */
SABIR_API sabir_value sabir_grid_diffusion(sabir_graph *graph, sabir_value x, sabir_value coefficient, const sabir_grid *grid);
/* Means at the faces of an axis (0 .. axes - 1 of the grid): [b..., n, ...] -> [b..., n + 1, ...]; face k lies in front of cell k. */
SABIR_API sabir_value sabir_grid_faces(sabir_graph *graph, sabir_value x, int32_t axis, const sabir_grid *grid);

typedef enum sabir_advection { SABIR_ADVECTION_UPWIND, SABIR_ADVECTION_VAN_LEER } sabir_advection;
/* - div(v x): what the flux through faces adds to each cell in unit time, first order upwind or second order with van Leer's limited slopes ("Towards the
 * ultimate conservative difference scheme V", 1979). velocities: for each axis the normal velocity at the faces, broadcast to x with n + 1 along the
 * axis; on a periodic axis the first face is the last. Sums over cells are kept but for what passes the sides. */
SABIR_API sabir_value sabir_grid_advection(sabir_graph *graph, sabir_value x, const sabir_value *velocities, const sabir_grid *grid,
                                           sabir_advection scheme);
/* x after dt (rank 0) along the trajectories of velocity (at centres, [axes, s...] or [b..., axes, s...]), by interpolation where they come from:
 * unconditionally stable, not conservative. Departure points by the midpoint rule. Where an axis is not periodic, what comes from outside has the
 * value of the nearest cell. */
SABIR_API sabir_value sabir_grid_semi_lagrangian(sabir_graph *graph, sabir_value x, sabir_value velocity, sabir_value dt, const sabir_grid *grid,
                                                 sabir_interpolation order);
/* J(p, q) = dp/da dq/db - dp/db dq/da on the last two axes, a and b: Arakawa's mean of three forms ("Computational design for long-term numerical integration
 * of the equations of fluid motion", 1966). On a periodic grid the sums of J, p J and q J are 0. */
SABIR_API sabir_value sabir_grid_arakawa(sabir_graph *graph, sabir_value p, sabir_value q, const sabir_grid *grid);
/* x without its mean over the last axes: the projection that takes the null space of a periodic or pure Neumann problem away. */
SABIR_API sabir_value sabir_remove_mean(sabir_graph *graph, sabir_value x, int32_t axes);

/* ---- Linear solvers ----
 * A linear operator is a function that builds A x. It is called several times, also inside loops, and again when the solution is differentiated: user
 * and what it points to live as long as the graph. A vector is a value of any shape, f32 or f64, taken as one vector. */
typedef sabir_value sabir_apply_function(void *user, sabir_graph *graph, sabir_value x);

typedef struct sabir_linear_operator {
    sabir_apply_function *apply;
    void *user;
    const sabir_value *parameters; /* values that apply reads and to which gradients are wanted; copied. Nothing flows to others */
    uint32_t parameter_count;
    int symmetric;                 /* non-zero: the adjoint system has the same operator; otherwise the transposed one, by sabir_vjp */
} sabir_linear_operator;

typedef struct sabir_solve_options {
    size_t size;
    int64_t most;                      /* iterations; 0: 100, of multigrid 30. Commands for all of them are recorded, and those after the end passed over
                                          one by one, so a maximum near what is needed is quicker */
    double tolerance;                  /* of |b - A x| relative to |b|; 0: 1e-5 in f32, 1e-10 in f64 */
    double absolute;                   /* the same, absolute: the larger of the two ends the loop */
    sabir_apply_function *precondition; /* builds an approximation of A^-1 r; linear. NULL: none. Richardson: the step */
    void *precondition_user;
    int32_t null_axes;                 /* above 0: A is singular with constants over these last axes as its null space (and that of its transpose):
                                          b and x are kept free of their mean */
} sabir_solve_options;

#define SABIR_SOLVE_OPTIONS {.size = sizeof(sabir_solve_options)}

/* What a solver tells beside its solution; rank 0, without gradients. Not converged is no error of a run. */
typedef struct sabir_solve_report {
    sabir_value iterations; /* i32 */
    sabir_value residual;   /* |b - A x| of the solution returned, computed anew; of its type */
    sabir_value converged;  /* bool: the tolerance ended the loop, by the residual that the method carries along */
} sabir_solve_report;

/* x of A x = b, from x0 (SABIR_NONE: 0). Loops that end on the device. report may be NULL; options may be NULL. Gradients reach b and the operator's
 * parameters by the adjoint system, solved in the same way; not x0. */
/* Conjugate gradients: A symmetric positive definite (on the complement of the null space), the preconditioner too. */
SABIR_API sabir_value sabir_cg(sabir_graph *graph, const sabir_linear_operator *a, sabir_value b, sabir_value x0, const sabir_solve_options *options,
                               sabir_solve_report *report);
/* BiCGStab (van der Vorst, 1992), preconditioned from the right. */
SABIR_API sabir_value sabir_bicgstab(sabir_graph *graph, const sabir_linear_operator *a, sabir_value b, sabir_value x0,
                                     const sabir_solve_options *options, sabir_solve_report *report);
/* x += M (b - A x), M the preconditioner, which is needed. */
SABIR_API sabir_value sabir_richardson(sabir_graph *graph, const sabir_linear_operator *a, sabir_value b, sabir_value x0,
                                       const sabir_solve_options *options, sabir_solve_report *report);

/* ---- Multigrid ----
 * - div(coefficient grad u) + shift u = f with homogeneous sides, on cells: V-cycles over grids halved while an extent is even. Chebyshev smoothing, linear
 * prolongation, its adjoint as restriction: a cycle is linear and symmetric, so that it preconditions CG. Outflow sides are refused. */
typedef struct sabir_multigrid sabir_multigrid; /* lives as long as its graph */

typedef struct sabir_multigrid_options {
    size_t size;
    int32_t levels;    /* most; 0: as many as the extents give */
    int32_t smoothing; /* degree of the smoother before and after the coarser grid; 0: 3 */
} sabir_multigrid_options;

#define SABIR_MULTIGRID_OPTIONS {.size = sizeof(sabir_multigrid_options)}

/* shape: the extents s... of the grid, numbers. coefficient: graph NULL for 1, else broadcast to [s...], 0 or more. shift: graph NULL for 0, else 0 or more,
 * broadcast to [s...]. Sides count without their values. options may be NULL. */
SABIR_API sabir_status sabir_multigrid_create(sabir_graph *graph, const sabir_grid *grid, sabir_type type, sabir_shape shape, sabir_value coefficient,
                                              sabir_value shift, const sabir_multigrid_options *options, sabir_multigrid **multigrid);
/* One V-cycle from 0, about A^-1 r; and A x. Both are sabir_apply_functions with the multigrid as user; r, x [b..., s...]. */
SABIR_API sabir_value sabir_multigrid_cycle(void *multigrid, sabir_graph *graph, sabir_value r);
SABIR_API sabir_value sabir_multigrid_apply(void *multigrid, sabir_graph *graph, sabir_value x);
SABIR_API int32_t sabir_multigrid_levels(const sabir_multigrid *multigrid);
/* u, with the values of the grid's sides: V-cycles (accelerated: inside conjugate gradients) until options end them; precondition and null_axes of
 * options are set here. A problem without shift whose sides are all periodic or Neumann is singular: f and u lose their mean. */
SABIR_API sabir_value sabir_multigrid_solve(sabir_graph *graph, sabir_multigrid *multigrid, sabir_value f, sabir_value u0, int accelerated,
                                            const sabir_solve_options *options, sabir_solve_report *report);

/* ---- Nonlinear equations ---- */

/* Builds F(x); zero at the solution. */
typedef struct sabir_newton_options {
    size_t size;
    int64_t most;             /* Newton steps; 0: 8 */
    double tolerance;         /* of |F(x)| relative to |F(x0)|; 0: 1e-5 in f32, 1e-10 in f64 */
    double absolute;
    sabir_solve_options linear; /* of BiCGStab for the steps; 0 in it: at most 30 iterations and 1e-3 for the steps, the defaults above for gradients */
} sabir_newton_options;

#define SABIR_NEWTON_OPTIONS {.size = sizeof(sabir_newton_options), .linear = SABIR_SOLVE_OPTIONS}

/* x of F(x) = 0 from x0 by Newton's method, steps by BiCGStab with Jacobian-vector products. residual->apply builds F; gradients reach its parameters by
 * the adjoint of the Jacobian at the solution. symmetric is not used. report: residual is |F(x)|. */
SABIR_API sabir_value sabir_newton(sabir_graph *graph, const sabir_linear_operator *residual, sabir_value x0, const sabir_newton_options *options,
                                   sabir_solve_report *report);

/* ---- Steps in time ---- */

/* Builds the rates dy/dt of count values at time t. */
typedef void sabir_rate_function(void *user, sabir_graph *graph, sabir_value t, const sabir_value *y, uint32_t count, sabir_value *rates);
/* One step of the classical method of Runge and Kutta, fourth order. t, dt: rank 0, of the type of y. next: count values. */
SABIR_API void sabir_rk4_step(sabir_graph *graph, sabir_rate_function *rates, void *user, sabir_value t, sabir_value dt, const sabir_value *y,
                              uint32_t count, sabir_value *next);
/* dy/dt = A y + source: (1 - theta dt A) y' = (1 + (1 - theta) dt A) y + dt source. theta 1: backward Euler, 1/2: Crank and Nicolson; 0 needs no
 * solve. source may be SABIR_NONE. By CG where a->symmetric says so, else by BiCGStab. Gradients reach y, dt, source and the operator's parameters. */
SABIR_API sabir_value sabir_theta_step(sabir_graph *graph, const sabir_linear_operator *a, sabir_value y, sabir_value source, sabir_value dt,
                                       double theta, const sabir_solve_options *options, sabir_solve_report *report);
/* The implicit midpoint rule, second order and symplectic: y' = y + dt rate(t + dt / 2, (y + y') / 2), by sabir_newton from y. rates is called with one
 * value; parameters: values that it reads and to which gradients are wanted, beside y, t and dt. */
SABIR_API sabir_value sabir_midpoint_step(sabir_graph *graph, sabir_rate_function *rates, void *user, const sabir_value *parameters,
                                          uint32_t parameter_count, sabir_value t, sabir_value dt, sabir_value y, const sabir_newton_options *options,
                                          sabir_solve_report *report);

/* ---- Spectral ---- */

typedef enum sabir_symbol {
    SABIR_SYMBOL_EXACT,      /* of the derivatives: right to round-off for band-limited fields */
    SABIR_SYMBOL_DIFFERENCES /* of sabir_grid_laplacian: its inverse */
} sabir_symbol;
/* - Laplacian u + shift u = f on a periodic grid of numbers, f32 or f64. shift >= 0; where it is 0, f and u lose their mean. */
SABIR_API sabir_value sabir_spectral_solve(sabir_graph *graph, sabir_value f, const sabir_grid *grid, double shift, sabir_symbol symbol);
/* d x / d axis on a periodic grid, right to round-off for band-limited fields. */
SABIR_API sabir_value sabir_spectral_derivative(sabir_graph *graph, sabir_value x, int32_t axis, const sabir_grid *grid);

#ifdef __cplusplus
}
#endif

#ifndef SABIR_PLAIN_NAMES
#  define sabir_grid_extend(...) SABIR_HERE((sabir_grid_extend)(__VA_ARGS__))
#  define sabir_grid_gradient(...) SABIR_HERE((sabir_grid_gradient)(__VA_ARGS__))
#  define sabir_grid_divergence(...) SABIR_HERE((sabir_grid_divergence)(__VA_ARGS__))
#  define sabir_grid_laplacian(...) SABIR_HERE((sabir_grid_laplacian)(__VA_ARGS__))
#  define sabir_grid_diffusion(...) SABIR_HERE((sabir_grid_diffusion)(__VA_ARGS__))
#  define sabir_grid_faces(...) SABIR_HERE((sabir_grid_faces)(__VA_ARGS__))
#  define sabir_grid_advection(...) SABIR_HERE((sabir_grid_advection)(__VA_ARGS__))
#  define sabir_grid_semi_lagrangian(...) SABIR_HERE((sabir_grid_semi_lagrangian)(__VA_ARGS__))
#  define sabir_grid_arakawa(...) SABIR_HERE((sabir_grid_arakawa)(__VA_ARGS__))
#  define sabir_remove_mean(...) SABIR_HERE((sabir_remove_mean)(__VA_ARGS__))
#  define sabir_cg(...) SABIR_HERE((sabir_cg)(__VA_ARGS__))
#  define sabir_bicgstab(...) SABIR_HERE((sabir_bicgstab)(__VA_ARGS__))
#  define sabir_richardson(...) SABIR_HERE((sabir_richardson)(__VA_ARGS__))
#  define sabir_multigrid_solve(...) SABIR_HERE((sabir_multigrid_solve)(__VA_ARGS__))
#  define sabir_newton(...) SABIR_HERE((sabir_newton)(__VA_ARGS__))
#  define sabir_theta_step(...) SABIR_HERE((sabir_theta_step)(__VA_ARGS__))
#  define sabir_midpoint_step(...) SABIR_HERE((sabir_midpoint_step)(__VA_ARGS__))
#  define sabir_spectral_solve(...) SABIR_HERE((sabir_spectral_solve)(__VA_ARGS__))
#  define sabir_spectral_derivative(...) SABIR_HERE((sabir_spectral_derivative)(__VA_ARGS__))
#endif
#endif
