/* Levels of multigrid: multigrid.c makes and walks them, level.c has what is done on one. */
#ifndef SBR_PDE_MULTIGRID_H
#define SBR_PDE_MULTIGRID_H

#include "grid.h"

typedef struct sbr_level {
    sbr_grid grid;            /* spacing and homogeneous sides of this level; first is set for each field */
    int64_t extents[3];
    bool is_variable;         /* coefficients by face; else 1 everywhere */
    sabir_value lower[3], upper[3]; /* of the neighbours before and after along each axis, over spacing squared; variable coefficients only */
    sabir_value extra;        /* added to the stencil's diagonal; without a value: nothing. Constant coefficient only */
    sabir_value diagonal, inverse; /* [s...] or broadcast to it; the inverse is 0 where the diagonal is */
    bool halved[3];           /* axes of which the next level has half the cells */
} sbr_level;

/* Fills in what follows from grid, extents and the coefficients (graph NULL: 1 and 0). */
void sbr_level_prepare(sbr_level *level, sabir_graph *graph, sabir_type type, sabir_value coefficient, sabir_value shift);
sabir_value sbr_level_apply(const sbr_level *level, sabir_value x);
/* Chebyshev's polynomial of the degree in D^-1 A, for eigenvalues low .. 2, on A x = b from x (without a value: from 0). */
sabir_value sbr_level_smooth(const sbr_level *level, sabir_value b, sabir_value x, int32_t degree, double low);
/* To the next level, and back: linear interpolation between the centres of coarse cells, and its adjoint over the ratio of cells. */
sabir_value sbr_level_restrict(const sbr_level *level, const sbr_level *coarse, sabir_value r);
sabir_value sbr_level_prolong(const sbr_level *level, const sbr_level *coarse, sabir_value x);
/* Means over the cells that become one. */
sabir_value sbr_level_average(const sbr_level *level, sabir_value x);

#endif
