/* Lines of a tensor along an axis, and what is done to whole lines: running sums, sorting. */
#ifndef SBR_LINES_H
#define SBR_LINES_H

#include "operands.h"

/* x without the axis, and the axis. Line r is at flat index r of the view; in a dense tensor element k of line r lies at
 * (r / inner) * length * inner + k * inner + r % inner. */
typedef struct sbr_axis_lines {
    sbr_view view;
    sbr_expr rows, length, stride, inner;
} sbr_axis_lines;

void sbr_lines_of(sbr_lowering *lowering, const sbr_view *x, int32_t axis, sbr_axis_lines *lines);
/* The type of elements as a kernel of this arithmetic computes them. */
static inline sabir_type sbr_type_of(sbr_arith arith)
{
    switch (arith) {
        case SBR_ARITH_F64: return SABIR_F64;
        case SBR_ARITH_I32: return SABIR_I32;
        case SBR_ARITH_U32: return SABIR_U32;
        case SBR_ARITH_I64: return SABIR_I64;
        default: return SABIR_F32;
    }
}
/* The largest value of an extent or product of extents; INT64_MAX where it overflows. */
int64_t sbr_most(const sbr_lowering *lowering, sbr_expr expr);

/* y (dense, a float type) = sum of x, of the type in which y is computed, over its first axis. */
sabir_status sbr_sum_first(sbr_lowering *lowering, const sbr_view *x, const sbr_view *y);
/* y (dense, of the arithmetic type or narrower) = running sums of x along axis; starts may be NULL. attrs->axis names the axis. */
sabir_status sbr_scan_view(sbr_lowering *lowering, sbr_arith arith, const sbr_view *x, const sbr_view *starts, const sabir_cumsum_attrs *attrs, const sbr_view *y);

enum { SBR_ORDER_DESCENDING = 1, SBR_ORDER_NAN_FIRST = 2, SBR_ORDER_SIGNED = 4 };
static inline uint32_t sbr_order_of(sabir_type type) { return sbr_flip(type) ? SBR_ORDER_SIGNED : 0; }
/* The first elements of each line of x in an order (stable), and their places in the line (i32): as many as values and places, dense, have
 * along the axis. */
sabir_status sbr_sort_view(sbr_lowering *lowering, const sbr_view *x, int32_t axis, uint32_t order, const sbr_view *values, const sbr_view *places);

#endif
