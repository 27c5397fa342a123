/* Convolutions with what may follow in the same kernel. */
#ifndef SBR_LOWER_CONV_H
#define SBR_LOWER_CONV_H

#include "matmul.h"

/* y = activation(conv(x, weights) + bias) + residual. bias [outputs], residual dense, of y's shape; either may be NULL. attrs as the
 * shape rule leaves them. */
typedef struct sbr_conv_problem {
    sbr_view x, weights, y;
    const sbr_view *bias, *residual;
    const sabir_conv_attrs *attrs;
    bool transposed; /* conv_transpose */
    sbr_activation activation;
} sbr_conv_problem;

/* The problem of a conv or conv_transpose node, written to y. */
void sbr_conv_problem_of(const sbr_lowering *lowering, const sbr_node *node, const sbr_view *y, sbr_conv_problem *problem);
sabir_status sbr_lower_conv_with(sbr_lowering *lowering, const sbr_conv_problem *problem);

/* conv_product.c: by a product of matrices, where that pays; *done: whether it was. placed: y is a slot to be written, dense; otherwise only its extents
 * are given, and *y becomes a view of what was made, in whatever order. */
sabir_status sbr_conv_by_product(sbr_lowering *lowering, const sbr_conv_problem *problem, bool placed, sbr_view *y, bool *done);
#endif
