/* Temperature carried by the drift of the sea's surface: finite volumes on the sphere, two graphs.
 *
 * Every cell (j, i) has an east face, towards (j, i + 1), and a north face, towards (j + 1, i). A face is open where both its cells are wet;
 * nothing crosses a closed one. Transports through faces are in m^2/s (velocity times the face's length). */
#ifndef MODEL_H
#define MODEL_H

#include "climate.h"
#include "sabir/sabir.h"

typedef struct grid {
    float area[ROWS][COLUMNS];                                        /* m^2 */
    float east_conductance[ROWS][COLUMNS], north_conductance[ROWS][COLUMNS]; /* face length / distance of centres; 0 where closed */
    float diagonal[ROWS][COLUMNS];                                    /* sum of a cell's four conductances; 1 where that is 0 */
    float east_drift[MONTHS][ROWS][COLUMNS], north_drift[MONTHS][ROWS][COLUMNS]; /* 3 % of the wind, through open faces */
} grid;

void grid_make(const climate *data, grid *grid);

/* Removes the convergence of the drift, so that water is conserved: transports F - c grad p with div (c grad p) = div F, by conjugate
 * gradients (Jacobi) in a loop that ends on the device. Inputs "east", "north"; outputs "east_free", "north_free" (all [12, 90, 180]),
 * "iterations" (i32) and "residual" (f32: the worst month's, relative). */
sabir_graph *model_projection(sabir_context *context, const grid *grid);

/* One time step of seconds. Variables "temperature" [90, 180], "east", "north" [12, 90, 180]; scalars "month", "next" (i32) and "weight" (f32 of
 * the next month). First-order upwind advection and explicit diffusion (m^2/s). restore_days above 0 pulls towards the month's temperature. */
typedef struct step_options { double seconds, diffusion, restore_days; } step_options;
sabir_graph *model_step(sabir_context *context, const climate *data, const grid *grid, step_options options);

/* The largest fraction of a cell that leaves it in one step, over all months: at most 1 for a stable step. */
double model_courant(const grid *grid, const float *east, const float *north, step_options options);
#endif
