/* Private to the expressions: interning and ranges, shared by the pool (expr.c) and its algebra (expr_sum.c). */
#ifndef SBR_EXPR_SUM_H
#define SBR_EXPR_SUM_H

#include "expr.h"

typedef struct sbr_range { int64_t least, most; } sbr_range;

sbr_range sbr_range_add(sbr_range a, sbr_range b);
sbr_range sbr_range_mul(sbr_range a, sbr_range b);
sbr_range sbr_expr_range(const sbr_exprs *exprs, sbr_expr expr);
int64_t sbr_floor_div(int64_t a, int64_t b); /* b > 0 */
/* The node as it is given; no algebra. */
sbr_expr sbr_expr_intern(sbr_exprs *exprs, sbr_expr_kind kind, sbr_expr a, sbr_expr b, int64_t number);

#endif
