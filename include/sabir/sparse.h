/* Sparse matrices and graphs: operators over rows by pointer (CSR), matrices built and cut on the host, messages along edges.
 * Entry e of a matrix of n rows lies in the row r with rows[r] <= e < rows[r + 1], at column columns[e]. In a graph the row is where an edge ends
 * (target) and the column where it comes from (source). */
#ifndef SABIR_SPARSE_H
#define SABIR_SPARSE_H

#include "device.h"
#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Operators. ops.h has segment_sum, _mean and _max, and spmm. ---- */

/* x [e, f...], rows i32 [n + 1] ascending within 0 .. e -> [n, f...]. */
SABIR_API sabir_value sabir_segment_min(sabir_graph *graph, sabir_value x, sabir_value rows);
/* x [e, f...] float, rows i32 [n + 1] -> [e, f...]: exp(x) divided by its sum over the segment, shifted by the largest. */
SABIR_API sabir_value sabir_segment_softmax(sabir_graph *graph, sabir_value x, sabir_value rows);
/* rows i32 [n + 1] -> i32 [entries]. */
SABIR_API sabir_value sabir_segment_ids(sabir_graph *graph, sabir_value rows, sabir_extent entries);
/* rows i32 [n + 1], columns i32 [e], x [n, f] and y [m, f] -> [e]: x[row of e] . y[columns[e]]; or with heads x [n, h, f] and y [m, h, f] -> [e, h].
 * A column outside y gives 0, and so does an entry of no row. */
SABIR_API sabir_value sabir_sddmm(sabir_graph *graph, sabir_value rows, sabir_value columns, sabir_value x, sabir_value y);

#ifdef __cplusplus
}
#endif

#ifndef SABIR_PLAIN_NAMES
#  define sabir_segment_min(...) SABIR_HERE((sabir_segment_min)(__VA_ARGS__))
#  define sabir_segment_softmax(...) SABIR_HERE((sabir_segment_softmax)(__VA_ARGS__))
#  define sabir_segment_ids(...) SABIR_HERE((sabir_segment_ids)(__VA_ARGS__))
#  define sabir_sddmm(...) SABIR_HERE((sabir_sddmm)(__VA_ARGS__))
#endif
#endif
