/* Linear systems being solved: what the methods (krylov.c) and their derivative (linear.c) share. */
#ifndef SBR_PDE_LINEAR_H
#define SBR_PDE_LINEAR_H

#include "grid.h"

typedef struct sbr_system sbr_system;

/* What a method carries out of its loop. norm: of the residual it carries along. */
typedef struct sbr_outcome { sabir_value x, iterations, norm; } sbr_outcome;
/* Builds the loop: b without null space, x0 given, ends where the norm is at most threshold. */
typedef sbr_outcome sbr_method(const sbr_system *system, sabir_graph *graph, sabir_value b, sabir_value x0, sabir_value threshold);

struct sbr_system {
    const char *call;            /* for messages */
    sbr_method *method;
    sabir_linear_operator a;     /* parameters kept with the graph */
    bool transposed;             /* the system of the transpose of a and of the preconditioner */
    sabir_solve_options options; /* with defaults filled in */
    sabir_value solution;        /* as its users see it: gradients pass it by the adjoint system */
};

sbr_method sbr_cg_loop, sbr_bicgstab_loop, sbr_richardson_loop;

/* A x, or its transpose's; and the preconditioner's (x itself without). */
sabir_value sbr_system_apply(const sbr_system *system, sabir_graph *graph, sabir_value x);
sabir_value sbr_system_precondition(const sbr_system *system, sabir_graph *graph, sabir_value r);
/* x without the null space. */
sabir_value sbr_system_project(const sbr_system *system, sabir_value x);
static inline sabir_value sbr_dot(sabir_value a, sabir_value b) { return sabir_sum(a.graph, sabir_mul(a.graph, a, b), SABIR_ALL_AXES); }
static inline sabir_value sbr_norm(sabir_value a) { return sabir_sqrt(a.graph, sabir_sum(a.graph, sabir_square(a.graph, a), SABIR_ALL_AXES)); }

/* Solves, with the derivative in place. */
sabir_value sbr_solve(sabir_graph *graph, const char *call, sbr_method *method, const sabir_linear_operator *a, sabir_value b, sabir_value x0,
                      const sabir_solve_options *options, sabir_solve_report *report);
/* Vector-Jacobian products of one value; the null value where the graph failed. */
sabir_value sbr_pulled_back(sabir_graph *graph, sabir_value y, sabir_value seed, sabir_value x);
/* Gradients of seed . function(x) by wrt, as if x did not depend on them; where the gradients are differentiated again, it does. */
typedef struct sbr_partial { sabir_apply_function *function; void *user; } sbr_partial;
sabir_status sbr_partial_vjp(sabir_graph *graph, const sbr_partial *partial, sabir_value x, sabir_value seed, const sabir_value *wrt, uint32_t count,
                             sabir_value *grads);
/* Default tolerance of a type. */
static inline double sbr_default_tolerance(sabir_type type) { return type == SABIR_F64 ? 1e-10 : 1e-5; }
/* Copies a list into memory of the graph; false, with the error kept, when it is wrong. */
bool sbr_keep_values(sabir_graph *graph, const char *call, const sabir_value *values, uint32_t count, const sabir_value **kept);

#endif
