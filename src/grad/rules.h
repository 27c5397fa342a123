/* Shorthand for the rules: values know their graph. Shapes of operands and results are taken from the call; those of values that a rule just built
 * are those of rank 0 once the graph has an error. */
#ifndef SBR_GRAD_RULES_H
#define SBR_GRAD_RULES_H

#include "grad.h"

static inline sabir_value sbr_grad_add2(sabir_value a, sabir_value b) { return sabir_add(a.graph, a, b); }
static inline sabir_value sbr_grad_sub2(sabir_value a, sabir_value b) { return sabir_sub(a.graph, a, b); }
static inline sabir_value sbr_grad_mul2(sabir_value a, sabir_value b) { return sabir_mul(a.graph, a, b); }
static inline sabir_value sbr_grad_div2(sabir_value a, sabir_value b) { return sabir_div(a.graph, a, b); }
/* a times and plus a number. */
static inline sabir_value sbr_grad_times(sabir_value a, double number) { return sbr_grad_mul2(a, sbr_grad_number(a, number)); }
static inline sabir_value sbr_grad_plus(sabir_value a, double number) { return sbr_grad_add2(a, sbr_grad_number(a, number)); }
/* a where condition holds, else 0. */
static inline sabir_value sbr_grad_where(sabir_value condition, sabir_value a)
{
    return sabir_select(a.graph, condition, a, sbr_grad_number(a, 0));
}

/* Half-precision values as f32, others as they are: for rules with sums and differences between. */
sabir_value sbr_grad_widen(sabir_value x);
/* x cast to a type unless it has it. */
sabir_value sbr_grad_as(sabir_value x, sabir_type type);
/* Sum and mean over axes, which stay with extent 1. */
sabir_value sbr_grad_sum_kept(sabir_value x, sabir_ints axes);
sabir_value sbr_grad_mean_kept(sabir_value x, sabir_ints axes);
/* shape with extents of 1 at axes. */
sabir_shape sbr_grad_kept_shape(sabir_shape shape, sabir_ints axes);
/* x / extent, which may be a dim. */
sabir_value sbr_grad_over(sabir_value x, sabir_extent extent);
/* 0, 1, ... of a type along axis, extents of 1 elsewhere. */
sabir_value sbr_grad_places(sabir_graph *graph, sabir_type type, const sabir_shape *shape, int32_t axis);
/* Indices (i32) in a type in which those below extent can be told apart and which is, if possible, that of like: comparisons then run in one kernel with
 * what is computed in that type. */
sabir_value sbr_grad_indices(sabir_value indices, sabir_extent extent, sabir_value like);
/* Whether an extent is 0 whatever the dims: rules whose operators refuse such shapes then leave their results at zero. */
bool sbr_grad_is_empty(const sabir_shape *shape);
/* The outer, own and inner extents around an axis. */
sabir_status sbr_grad_split(sabir_graph *graph, const sabir_shape *shape, int32_t axis, sabir_shape *around);

#endif
