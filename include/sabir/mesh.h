/* Unstructured meshes: P1 finite elements and cell-centred finite volumes on triangles and tetrahedra, assembled on the host into sparse matrices for
 * sabir_spmm. The entries are linear in coefficients by cell, facet or face; that map is a sparse matrix too, so that a graph can assemble anew, on the
 * device and differentiably, where coefficients change (sabir_matrix_values). */
#ifndef SABIR_MESH_H
#define SABIR_MESH_H

#include "ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The caller's arrays, only read. */
typedef struct sabir_mesh {
    size_t size;
    int32_t dimensions;    /* 2: triangles; 3: tetrahedra */
    int64_t point_count, cell_count, facet_count;
    const double *points;  /* [point_count, dimensions] */
    const int32_t *cells;  /* [cell_count, dimensions + 1]: points, in either orientation */
    const int32_t *facets; /* [facet_count, dimensions]: pieces of the boundary that carry conditions; NULL where facet_count is 0 */
} sabir_mesh;

#define SABIR_MESH {.size = sizeof(sabir_mesh)}

/* Whether every index is in range, every coordinate finite, every cell and facet more than a degenerate one (a volume of at least 1e-12 of its longest edge
 * to the power of its dimension). The message names the first offender. Every function below checks this by itself. */
SABIR_API sabir_status sabir_mesh_check(const sabir_mesh *mesh);

/* A sparse matrix by rows, columns ascending in each; the arrays are freed by sabir_matrix_free. */
typedef struct sabir_matrix {
    int64_t rows, columns, entries;
    int32_t *row_pointers;   /* [rows + 1] */
    int32_t *column_indices; /* [entries] */
    double *values;          /* [entries] */
} sabir_matrix;

SABIR_API void sabir_matrix_free(sabir_context *context, sabir_matrix *matrix); /* leaves it empty; an empty one is allowed */
/* y [rows] = matrix x [columns]. */
SABIR_API sabir_status sabir_matrix_multiply(const sabir_matrix *matrix, const double *x, double *y);
/* The unknowns named take the values given: their rows and columns become those of the identity, and load [rows] takes what the columns held times the
 * values. The matrix is square and stays symmetric where it was. */
SABIR_API sabir_status sabir_matrix_eliminate(sabir_context *context, const sabir_matrix *matrix, double *load, const int32_t *unknowns,
                                           const double *values, int64_t count);

/* ---- Finite elements: continuous, linear on each cell; the unknowns are the values at the points ---- */
typedef enum sabir_fem_term {
    SABIR_FEM_STIFFNESS,   /* integral of c grad u . grad v, c by cell */
    SABIR_FEM_MASS,        /* integral of c u v, c by cell */
    SABIR_FEM_LUMPED_MASS, /* the same with the sum of each row on the diagonal */
    SABIR_FEM_FACETS       /* integral over the facets of c u v, c by facet: the term of a Robin condition */
} sabir_fem_term;

/* The matrix of a term. All terms of a mesh have one pattern (points that share a cell), so that their values can be added. coefficients: by cell or
 * facet; NULL: 1. map: NULL, or a matrix [entries, cells or facets] with matrix->values = map coefficients. Both are the caller's to free. */
SABIR_API sabir_status sabir_fem_assemble(sabir_context *context, const sabir_mesh *mesh, sabir_fem_term term, const double *coefficients,
                                          sabir_matrix *matrix, sabir_matrix *map);
/* load[i] += integral of s v_i, s linear between its values at the points; over cells (MASS) or facets (FACETS). */
SABIR_API sabir_status sabir_fem_load(const sabir_mesh *mesh, sabir_fem_term term, const double *source, double *load);

/* ---- Finite volumes: one value a cell, at its centroid ----
 * Fluxes through faces from the two cells and, where the line between them is not the normal, from gradients by least squares: exact for linear fields on any
 * mesh. Facets carry conditions; sides of the mesh without a facet are closed. */
typedef enum sabir_facet_kind {
    SABIR_FACET_DIRICHLET, /* u = value at the facet's centre */
    SABIR_FACET_ROBIN      /* alpha u + du/dn = value; alpha 0: Neumann */
} sabir_facet_kind;
typedef struct sabir_facet_condition { sabir_facet_kind kind; double alpha, value; } sabir_facet_condition;

typedef struct sabir_volumes {
    sabir_matrix matrix;        /* u -> minus the sum of outward fluxes c du/dn of each cell: matrix u = load + volume f solves - div(c grad u) = f */
    sabir_matrix map;           /* [entries, faces]: matrix.values = map c */
    sabir_matrix load_map;      /* [cells, faces]: load = load_map c */
    double *load;            /* [cells] */
    double *volumes;         /* [cells] */
    double *centres;         /* [cells, dimensions] */
    int64_t cell_count, face_count;
    int32_t *face_cells;     /* [faces, 2]: cells on either side; the second is -1 at the boundary */
} sabir_volumes;

/* coefficients: by cell; NULL: 1. A face takes the harmonic mean of its cells' (0 where both are 0). conditions: by facet. *volumes is the caller's:
 * sabir_volumes_free. */
SABIR_API sabir_status sabir_volumes_assemble(sabir_context *context, const sabir_mesh *mesh, const double *coefficients,
                                              const sabir_facet_condition *conditions, sabir_volumes *volumes);
SABIR_API void sabir_volumes_free(sabir_context *context, sabir_volumes *volumes);

/* ---- In a graph ---- */

/* The matrix's row pointers, column indices and values as constants (f32 or f64 values), for sabir_spmm. Each pointer may be NULL. */
SABIR_API void sabir_matrix_constants(sabir_graph *graph, const sabir_matrix *matrix, sabir_type type, sabir_value *rows, sabir_value *columns,
                                   sabir_value *values);
/* map [entries, n] times coefficients [n]: the values [entries] of a matrix assembled anew. */
SABIR_API sabir_value sabir_matrix_values(sabir_graph *graph, const sabir_matrix *map, sabir_value coefficients);
/* matrix x: x [columns] or [columns, f] -> [rows] or [rows, f]. values [entries] instead of the matrix's own, or SABIR_NONE. */
SABIR_API sabir_value sabir_matrix_product(sabir_graph *graph, const sabir_matrix *matrix, sabir_value values, sabir_value x);

#ifdef __cplusplus
}
#endif

#ifndef SABIR_PLAIN_NAMES
#  define sabir_matrix_values(...) SABIR_HERE((sabir_matrix_values)(__VA_ARGS__))
#  define sabir_matrix_product(...) SABIR_HERE((sabir_matrix_product)(__VA_ARGS__))
#endif
#endif
