/* Meshes inside: geometry, and sparse matrices made of contributions. */
#ifndef SBR_PDE_MESH_H
#define SBR_PDE_MESH_H

#define SABIR_PLAIN_NAMES
#include <math.h>

#include "base/context.h"
#include "sabir/mesh.h"

/* ---- Geometry (mesh.c) ---- */

static inline const double *sbr_point(const sabir_mesh *mesh, int64_t point) { return mesh->points + point * mesh->dimensions; }
static inline const int32_t *sbr_cell(const sabir_mesh *mesh, int64_t cell) { return mesh->cells + cell * (mesh->dimensions + 1); }
static inline const int32_t *sbr_facet(const sabir_mesh *mesh, int64_t facet) { return mesh->facets + facet * mesh->dimensions; }
/* Length, area or volume of the simplex of `corners` points. */
double sbr_measure(const sabir_mesh *mesh, const int32_t *points, int32_t corners);
/* A cell's volume, and the gradients [dimensions + 1][dimensions] of the linear functions that are 1 at one of its points. */
double sbr_cell_gradients(const sabir_mesh *mesh, int64_t cell, double gradients[4][3]);
/* Mean of points. */
void sbr_centroid(const sabir_mesh *mesh, const int32_t *points, int32_t corners, double centre[3]);

/* ---- Contributions (matrix.c) ---- */

/* weight times coefficient number source at [row, column]. source -1: the entry is part of the pattern and nothing more. */
typedef struct sbr_contribution { int32_t row, column, source; double weight; } sbr_contribution;
typedef struct sbr_contributions {
    const sabir_allocator *allocator;
    SBR_VECTOR(sbr_contribution) list;
    bool failed; /* out of memory: what is added is lost */
} sbr_contributions;

void sbr_contribute(sbr_contributions *all, int64_t row, int64_t column, int64_t source, double weight);
/* The pattern, the map and the values for coefficients (NULL: 1). map may be NULL. Sorts the list. On failure both are empty. */
sabir_status sbr_matrix_build(sbr_contributions *all, int64_t rows, int64_t columns, int64_t sources, const double *coefficients, sabir_matrix *matrix,
                           sabir_matrix *map);
void sbr_matrix_release(const sabir_allocator *allocator, sabir_matrix *matrix);

#endif
