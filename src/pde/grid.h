/* Shared by this folder: short words for building, and grids with their ghost cells. */
#ifndef SBR_PDE_GRID_H
#define SBR_PDE_GRID_H

#define SABIR_PLAIN_NAMES
#include <math.h>

#include "graph/is_value.h"
#include "graph/keep.h"
#include "sabir/pde.h"

/* ---- Building ---- */

/* Keeps a failure with its message as the graph's error; gives the null value. */
#define sbr_refuse(graph, status, ...) sbr_graph_refuse((graph), sbr_fail((status), __VA_ARGS__))

static inline sabir_value sbr_nothing(sabir_graph *graph) { return (sabir_value){graph, SABIR_NONE_INDEX}; }
/* Whether an optional operand is there. */
static inline bool sbr_given(sabir_value value) { return value.graph != NULL; }
/* A rank-0 constant of the type of like. */
static inline sabir_value sbr_like(sabir_value like, double number) { return sabir_number(like.graph, sabir_value_type(like), number); }
static inline sabir_value sbr_scaled(sabir_value x, double factor) { return factor == 1.0 ? x : sabir_mul(x.graph, x, sbr_like(x, factor)); }
/* 0 of the shape and type of like. */
static inline sabir_value sbr_zeros(sabir_value like) { return sabir_full(like.graph, sabir_value_type(like), sabir_value_shape(like), 0); }
/* extent + more, also where the extent is a dim. */
static inline sabir_extent sbr_longer(sabir_graph *graph, sabir_extent extent, int64_t more)
{
    return extent >= 0 ? extent + more : sabir_dim_affine(graph, extent, 1, more);
}
static inline sabir_extent sbr_extent_of(sabir_value x, int32_t axis) { return sabir_value_shape(x).extents[axis]; }
/* count elements from start along an axis. */
static inline sabir_value sbr_part(sabir_value x, int32_t axis, int64_t start, sabir_extent count)
{
    return sabir_narrow(x.graph, x, axis, start, count);
}
/* numerator / denominator, 0 where the denominator is 0. */
sabir_value sbr_ratio(sabir_value numerator, sabir_value denominator);
/* Fails the graph unless value belongs to it, is f32 or f64 (any float type where any is set) and has at least that rank. */
bool sbr_need_field(sabir_graph *graph, const char *call, const char *what, sabir_value value, int32_t rank, bool any);

/* ---- Grids ---- */

typedef struct sbr_grid {
    int32_t axes;
    int32_t first;        /* of the grid's axes among those of the field */
    double spacing[3];
    sabir_side sides[3][2];
} sbr_grid;

/* Checks a field (of rank axes or more) and its grid; false, with the graph's error kept, where one is wrong. extra: axes in front of the grid's that the
 * field has to have (1 for vector fields). */
bool sbr_grid_open(sabir_graph *graph, const char *call, sabir_value x, const sabir_grid *given, int32_t extra, sbr_grid *grid);
static inline bool sbr_is_periodic(const sbr_grid *grid, int32_t a) { return grid->sides[a][0].kind == SABIR_SIDE_PERIODIC; }

/* The ghost cell `depth` (1, 2, ...) beyond a side: near times the cell as far inside, plus gain times the side's value. Not for periodic and outflow. */
typedef struct sbr_ghost { double near, gain; } sbr_ghost;
sbr_ghost sbr_ghost_of(const sabir_side *side, double spacing, int64_t depth);
/* Whether the side's value counts. */
static inline bool sbr_has_value(const sabir_side *side)
{
    return side->kind != SABIR_SIDE_PERIODIC && side->kind != SABIR_SIDE_OUTFLOW && (side->data.graph || side->value != 0);
}
/* Cells number k (0, 1, ...) from a side, inwards. */
sabir_value sbr_inner_slab(const sbr_grid *grid, sabir_value x, int32_t a, int end, int64_t k);
/* Values of the ghost cells `depth` beyond a side (end 0 or 1): of the shape of x with extent 1 along the axis. */
sabir_value sbr_ghost_slab(const sbr_grid *grid, sabir_value x, int32_t a, int end, int64_t depth);
/* Ghost cells along one axis of the grid. */
sabir_value sbr_extend_axis(const sbr_grid *grid, sabir_value x, int32_t a, int64_t halo);
/* Along all of them, one after another: corners follow from the sides of the later axis. */
sabir_value sbr_extend(const sbr_grid *grid, sabir_value x, int64_t halo);
/* bool [n, 1...]: true in the first cells along axis a, or the last (end 1). */
sabir_value sbr_edge_cells(const sbr_grid *grid, sabir_value x, int32_t a, int end);
/* Of axis a at its n + 1 faces: harmonic means of the cells' coefficients; grid->first counts in c. */
sabir_value sbr_face_coefficients(const sbr_grid *grid, sabir_value c, int32_t a);

#endif
