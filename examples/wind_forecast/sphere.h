/* Meshes over the sphere: icosahedra refined level by level. The multi-mesh has the nodes of the finest level and the edges of all levels, so that messages
 * cross the globe in few steps (Lam et al., Learning skillful medium-range global weather forecasting, 2023). */
#ifndef SPHERE_H
#define SPHERE_H

#include "winds.h"

enum { LEVELS = 3, NODES = 642, EDGES = 2 * (30 + 120 + 480 + 1920), NEAREST = 3, EDGE_INPUTS = 4, WINDOW_MOST = 24 };

/* Sparse matrices are in CSR form: rows [n + 1], columns [rows[n]], values. */
typedef struct sphere {
    float node[NODES][3];                      /* unit vectors */
    int32_t edge_rows[NODES + 1], edge_from[EDGES], edge_to[EDGES]; /* by the node that receives */
    float edge_inputs[EDGES][EDGE_INPUTS];     /* receiver less sender, distance */
    int32_t pool_rows[NODES + 1], pool_columns[CELLS]; /* cells nearest to each node, and 1 / their number */
    float pool_values[CELLS];
    int32_t spread_rows[CELLS + 1], spread_columns[CELLS * NEAREST]; /* the three nodes nearest to each cell, by inverse distance; they sum to 1 */
    float spread_values[CELLS * NEAREST];
    int32_t window_rows[NODES + 1], window_columns[NODES * WINDOW_MOST]; /* nodes within two edges of the finest level: local attention */
    float cell[3][CELLS];                      /* unit vectors of the cells */
} sphere;

void sphere_make(const winds *w, sphere *s);

#endif
