/* Sparse matrices and graphs: operators over rows by pointer (CSR), matrices built and cut on the host, messages along edges.
 * Entry e of a matrix of n rows lies in the row r with rows[r] <= e < rows[r + 1], at column columns[e]. In a graph the row is where an edge ends
 * (target) and the column where it comes from (source). */
#ifndef SABIR_SPARSE_H
#define SABIR_SPARSE_H

#include "program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Operators. ops.h has segment_sum, _mean and _max, and spmm. ---- */

/* x [e, f...], rows i32 [n + 1] ascending within 0 .. e -> [n, f...]. Of a row without entries inf, or the largest integer (segment_max: -inf, or the
 * smallest; sum and mean: 0). */
SABIR_API sabir_value sabir_segment_min(sabir_graph *graph, sabir_value x, sabir_value rows);
/* x [e, f...] float, rows i32 [n + 1] -> [e, f...]: exp(x) divided by its sum over the segment, shifted by the largest; 0 for an entry of no row. */
SABIR_API sabir_value sabir_segment_softmax(sabir_graph *graph, sabir_value x, sabir_value rows);
/* rows i32 [n + 1] -> i32 [entries]: the row of each entry; -1 for an entry of no row. */
SABIR_API sabir_value sabir_segment_ids(sabir_graph *graph, sabir_value rows, sabir_extent entries);
/* rows i32 [n + 1], columns i32 [e], x [n, f] and y [m, f] -> [e]: x[row of e] . y[columns[e]]; or with heads x [n, h, f] and y [m, h, f] -> [e, h].
 * A column outside y gives 0, and so does an entry of no row. */
SABIR_API sabir_value sabir_sddmm(sabir_graph *graph, sabir_value rows, sabir_value columns, sabir_value x, sabir_value y);

/* ---- Matrices on the host: structure alone, indices i32 ---- */

typedef struct sabir_csr sabir_csr; /* never changed once made; shared by threads */

typedef enum sabir_duplicates {
    SABIR_DUPLICATES_KEEP,  /* several entries at one place stay, in their order; products add them up */
    SABIR_DUPLICATES_FIRST, /* the first stays */
    SABIR_DUPLICATES_LAST,  /* the last stays */
    SABIR_DUPLICATES_REFUSE /* SABIR_INVALID_ARGUMENT */
} sabir_duplicates;

typedef struct sabir_csr_options {
    size_t size;
    sabir_duplicates duplicates;
    int symmetric; /* non-zero: every entry off the diagonal also with row and column exchanged; square matrices */
    int loops;     /* above 0: an entry on the diagonal where a row has none; below 0: entries on the diagonal are left out */
} sabir_csr_options;

#define SABIR_CSR_OPTIONS {.size = sizeof(sabir_csr_options)}

/* From coordinates (COO), in any order: indices of `type`, SABIR_I32 or SABIR_I64, copied. Entries are sorted by row, then column, then as they came.
 * 0 <= rows, columns, entries < 2^31 - 1, and every index inside, or SABIR_INVALID_ARGUMENT. options may be NULL. */
SABIR_API sabir_status sabir_csr_create(sabir_context *context, int64_t rows, int64_t columns, int64_t entries, sabir_type type, const void *row_indices,
                                        const void *column_indices, const sabir_csr_options *options, sabir_csr **csr);
/* From row pointers [rows + 1] that ascend from 0 and column indices, which need not be sorted in a row. */
SABIR_API sabir_status sabir_csr_create_rows(sabir_context *context, int64_t rows, int64_t columns, sabir_type type, const void *row_pointers,
                                             const void *column_indices, const sabir_csr_options *options, sabir_csr **csr);
SABIR_API void sabir_csr_destroy(sabir_csr *csr); /* NULL is allowed */

typedef struct sabir_csr_info {
    size_t size; /* set by the caller */
    int64_t rows, columns, entries;
    const int32_t *row_pointers;        /* [rows + 1] */
    const int32_t *column_indices;      /* [entries] */
    const int32_t *row_indices;         /* [entries]: COO */
    const int32_t *sources;             /* [entries]: which of the entries given this is (values follow it); -1 for one added on the diagonal */
    const int32_t *transposed_pointers; /* [columns + 1] */
    const int32_t *transposed_columns;  /* [entries] */
    const int32_t *permutation;         /* [entries]: which entry each one of the transposed matrix is */
} sabir_csr_info;
/* The arrays are the matrix's and live as long. */
SABIR_API sabir_status sabir_csr_describe(const sabir_csr *csr, sabir_csr_info *info);

typedef enum sabir_normalisation {
    SABIR_NORMALISE_ROWS,     /* w / degree of the row: a mean */
    SABIR_NORMALISE_SYMMETRIC /* w / sqrt(degree of the row * degree of the column) (Kipf and Welling, 2017) */
} sabir_normalisation;
/* values [entries], or NULL for ones; degrees are their sums over the rows and, for columns, over the columns. Where a degree is 0 the result is 0.
 * Values that are negative or not finite are refused. */
SABIR_API sabir_status sabir_csr_normalise(const sabir_csr *csr, sabir_normalisation kind, const float *values, float *normalised);

/* Nodes that messages to the seeds come from in at most `hops` steps (row to column), each once: seeds first, in their order, then by distance. nodes and
 * distances (NULL allowed) hold capacity elements; more nodes than that: *count is how many, and the status SABIR_INVALID_ARGUMENT. Square matrices. */
SABIR_API sabir_status sabir_csr_neighbourhood(const sabir_csr *csr, const int32_t *seeds, int64_t seed_count, int32_t hops, int64_t capacity, int32_t *nodes,
                                               int32_t *distances, int64_t *count);
/* The entries between these nodes (distinct), renumbered by their position. sources are entries of csr. */
SABIR_API sabir_status sabir_csr_induce(const sabir_csr *csr, const int32_t *nodes, int64_t count, sabir_csr **induced);

typedef enum sabir_nearest_method { SABIR_NEAREST_AUTO, SABIR_NEAREST_ALL_PAIRS, SABIR_NEAREST_CELLS } sabir_nearest_method;
typedef struct sabir_nearest_options {
    size_t size;
    int include_self;            /* non-zero: a point may be its own neighbour */
    double radius;               /* neighbours at most so far; 0: any */
    sabir_nearest_method method; /* all give the same; cells are for 1 to 3 dimensions */
} sabir_nearest_options;
#define SABIR_NEAREST_OPTIONS {.size = sizeof(sabir_nearest_options)}
/* points [count, dimensions] of `type`, SABIR_F32 or SABIR_F64, finite. neighbours [count, k]: the k nearest of each point, nearest first, of equally far ones the
 * lower index; -1 where there are no more. distances [count, k] (NULL allowed): Euclidean, infinite where there is none. */
SABIR_API sabir_status sabir_nearest(sabir_context *context, sabir_type type, const void *points, int64_t count, int32_t dimensions, int32_t k,
                                     const sabir_nearest_options *options, int32_t *neighbours, double *distances);

typedef struct sabir_partition_options {
    size_t size;
    const char *metis_library;   /* NULL: "libmetis.so.5" (Debian: libmetis5) */
    const int32_t *node_weights; /* [rows], at least 1 each; NULL: ones */
    int32_t seed;
    double imbalance;            /* largest part at most so many times the mean; 0: 1.03 */
} sabir_partition_options;
#define SABIR_PARTITION_OPTIONS {.size = sizeof(sabir_partition_options)}
typedef struct sabir_partition {
    size_t size;    /* set by the caller */
    int64_t cut;    /* pairs of joined nodes in different parts */
    int64_t pairs;  /* of joined nodes, whatever the direction */
    double balance; /* weight of the largest part divided by the mean */
} sabir_partition;
/* Which of the parts each node is in, by METIS (Karypis and Kumar, 1998), which is opened when first asked for: SABIR_NOT_FOUND says how to install it.
 * Square matrices; directions are ignored. options and partition may be NULL. METIS runs once at a time in a process and changes its signal handlers
 * meanwhile. */
SABIR_API sabir_status sabir_csr_partition(const sabir_csr *csr, int32_t parts, const sabir_partition_options *options, int32_t *part_of,
                                           sabir_partition *partition);

/* ---- Matrices in a graph ---- */

/* Values of one graph. The transposed matrix is there for gradients: what flows back along edges is summed by source, without a sort. */
typedef struct sabir_sparse {
    sabir_extent row_count, column_count, entries;
    sabir_value rows, columns, ids;                               /* i32 [n + 1], [e], [e]: the row of each entry */
    sabir_value transposed_rows, transposed_columns, permutation; /* i32 [m + 1], [e], [e] */
} sabir_sparse;

/* As constants: for matrices that never change. */
SABIR_API sabir_sparse sabir_sparse_constant(sabir_graph *graph, const sabir_csr *csr);
/* As six inputs, name.rows, name.columns and so on, of extents that may be dims. */
SABIR_API sabir_sparse sabir_sparse_input(sabir_graph *graph, const char *name, sabir_extent rows, sabir_extent columns, sabir_extent entries);
/* Makes tensors and binds them to the inputs of that name; those that the program does not read are left out. SABIR_NOT_FOUND where it reads none of them. The
 * program keeps the tensors; csr may go. */
SABIR_API sabir_status sabir_sparse_bind(sabir_program *program, sabir_device *device, const char *name, const sabir_csr *csr);
/* From row pointers and columns that are in the graph; transposed there, by one sort. column_count is a number. */
SABIR_API sabir_sparse sabir_sparse_values(sabir_graph *graph, sabir_value rows, sabir_value columns, int64_t column_count);
/* From coordinates i32 [e] in any order, computed in the graph; entries of a row stay in their order. *order (NULL allowed), i32 [e]: which of the entries given
 * each one is. Entries whose row is outside 0 .. row_count - 1 are left out: they stand last, with order -1. */
SABIR_API sabir_sparse sabir_sparse_coordinates(sabir_graph *graph, sabir_value row_indices, sabir_value column_indices, int64_t row_count,
                                                int64_t column_count, sabir_value *order);

/* spmm, whose gradient goes through the transposed matrix. values [e] or [e, h], or SABIR_NONE; x [m, f] or [m, h, f]. */
SABIR_API sabir_value sabir_sparse_matmul(sabir_graph *graph, const sabir_sparse *matrix, sabir_value values, sabir_value x);
/* x [m, f...] -> [e, f...] by the column of each entry; x [n, f...] -> [e, f...] by its row. Gradients are sums over segments. */
SABIR_API sabir_value sabir_sparse_sources(sabir_graph *graph, const sabir_sparse *matrix, sabir_value x);
SABIR_API sabir_value sabir_sparse_targets(sabir_graph *graph, const sabir_sparse *matrix, sabir_value x);

typedef enum sabir_gathering { SABIR_GATHER_SUM, SABIR_GATHER_MEAN, SABIR_GATHER_MAX, SABIR_GATHER_MIN } sabir_gathering;
/* source [e, f...], target [e, g...], edges: what was given; each the null value where nothing was. Returns the messages [e, h...]. */
typedef sabir_value sabir_edge_function(void *user, sabir_graph *graph, sabir_value source, sabir_value target, sabir_value edges);
/* Gather, apply, reduce: y[r] = sum (and so on) over the entries of row r of function(source[column], target[r], edges[entry]). source [m, f...], target [n, g...],
 * edges [e, ...], each or SABIR_NONE. function NULL: the source alone. Where kernels are fused and function is elementwise, all of it is one kernel and nothing
 * of the size of the edges is written. */
SABIR_API sabir_value sabir_message_passing(sabir_graph *graph, const sabir_sparse *matrix, sabir_value source, sabir_value target, sabir_value edges,
                                            sabir_edge_function *function, void *user, sabir_gathering gathering);

#ifdef __cplusplus
}
#endif

#ifndef SABIR_PLAIN_NAMES
#  define sabir_sparse_matmul(...) SABIR_HERE((sabir_sparse_matmul)(__VA_ARGS__))
#  define sabir_sparse_sources(...) SABIR_HERE((sabir_sparse_sources)(__VA_ARGS__))
#  define sabir_sparse_targets(...) SABIR_HERE((sabir_sparse_targets)(__VA_ARGS__))
#  define sabir_message_passing(...) SABIR_HERE((sabir_message_passing)(__VA_ARGS__))
#  define sabir_segment_min(...) SABIR_HERE((sabir_segment_min)(__VA_ARGS__))
#  define sabir_segment_softmax(...) SABIR_HERE((sabir_segment_softmax)(__VA_ARGS__))
#  define sabir_segment_ids(...) SABIR_HERE((sabir_segment_ids)(__VA_ARGS__))
#  define sabir_sddmm(...) SABIR_HERE((sabir_sddmm)(__VA_ARGS__))
#endif
#endif
