/* Matrix products: the problem, and the kernels that can solve it. */
#ifndef SBR_LOWER_MATMUL_H
#define SBR_LOWER_MATMUL_H

#include "lower.h"

/* As kernels/math/activate.k numbers them. */
typedef enum sbr_activation { SBR_ACTIVATION_NONE, SBR_ACTIVATION_RELU, SBR_ACTIVATION_GELU, SBR_ACTIVATION_SILU } sbr_activation;

/* y[batch..., i, j] = activation(sum over p of a[batch..., i, p] b[batch..., p, j] + bias[j]) + residual[batch..., i, j].
 * All ranks are equal and batch extents too: what is broadcast has strides of 0. a and b may have any strides, so a transposed
 * operand is one with its strides swapped. bias [n], or bias[i] of [m] with bias_by_row, any stride, residual dense, of y's shape; either may be
 * NULL. Float types only have an epilogue. */
typedef struct sbr_matmul_problem {
    sbr_view a, b;
    sbr_view y; /* dense, from its slot's start */
    const sbr_view *bias, *residual;
    bool bias_by_row;
    sbr_activation activation;
} sbr_matmul_problem;

enum { SBR_MATMUL_PARAMETERS = 8 };

/* A way to compute it. Parameters are the candidate's own (tile sizes and the like); NULL: its defaults. A candidate that wants packed
 * operands makes them with sbr_temp and a launch of its own before. */
typedef struct sbr_matmul_candidate {
    const char *name;
    bool (*applicable)(sbr_lowering *lowering, const sbr_matmul_problem *problem);
    sabir_status (*launch)(sbr_lowering *lowering, const sbr_matmul_problem *problem, const uint32_t *parameters);
} sbr_matmul_candidate;

/* Best first; the last is always applicable. */
extern const sbr_matmul_candidate sbr_matmul_candidates[];
extern const uint32_t sbr_matmul_candidate_count;

/* The problem of a matmul node, written to y (its own output, or that of what follows in the same kernel). */
void sbr_matmul_problem_of(sbr_lowering *lowering, const sbr_node *node, const sbr_view *y, sbr_matmul_problem *problem);
/* Solves it with the first candidate that is applicable. */
sabir_status sbr_lower_matmul_with(sbr_lowering *lowering, const sbr_matmul_problem *problem);
#endif
