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

/* What the kernel matmul_lane computes, in its own terms (kernels/matmul_lane.k): windows of b times a. Views of a and b: of the batch axes alone. */
typedef struct sbr_lane_product {
    sbr_view a, b, y;
    const sbr_view *bias, *residual;
    bool keeps_residual; /* its memory is not to become y's: other launches read it */
    sbr_activation activation;
    sbr_expr m, columns, k;
    sbr_expr bias_strides[3], a_strides[5], b_strides[5], y_strides[6], y_first, extent[3], result[3];
    int64_t window[3], stride[3], dilation[3], before[3];
    uint64_t flops;
} sbr_lane_product;

bool sbr_suits_lane(const sbr_lowering *lowering, sabir_type type, sbr_expr rows, sbr_expr columns, sbr_expr k);
sabir_status sbr_launch_lane(sbr_lowering *lowering, const sbr_lane_product *product);

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
