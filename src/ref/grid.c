/* Stencils on regular grids. */
#include "element.h"
#include "functions.h"
#include "walk.h"

typedef struct grid {
    const sabir_stencil_attrs *attrs;
    const int64_t *extents;
    sbr_ref_strides strides; /* of the grid's own axes */
    const int64_t *mask;     /* NULL without */
} grid;

/* What the stencil sees at position + offset; x is one grid, centre its element at position. */
static double neighbour(const grid *grid, const double *x, const int64_t *position, const int64_t *offset, int64_t centre)
{
    int64_t at = 0;
    for (int32_t axis = 0; axis < grid->attrs->axes; axis++) {
        const int64_t extent = grid->extents[axis];
        int64_t k = position[axis] + offset[axis];
        if (k < 0 || k >= extent) {
            switch (grid->attrs->boundary[axis]) {
            case SABIR_BOUNDARY_DIRICHLET: return grid->attrs->value[axis];
            case SABIR_BOUNDARY_NEUMANN: k = sbr_ref_clamp(k, 0, extent - 1); break;
            case SABIR_BOUNDARY_PERIODIC: k = (k % extent + extent) % extent; break;
            }
        }
        at += k * grid->strides.by[axis];
    }
    return x[grid->mask && grid->mask[at] == 0 ? centre : at];
}

static double weighted_sum(const grid *grid, const sbr_ref_tensor *weights, const double *x, const int64_t *position, int64_t centre)
{
    double sum = 0.0;
    sbr_ref_walk window = {.rank = weights->rank, .operands = 1, .strides = {sbr_ref_strides_of(weights)}};
    memcpy(window.extents, weights->extents, sizeof window.extents);
    for (bool more = sbr_ref_walk_start(&window); more; more = sbr_ref_walk_next(&window)) {
        int64_t offset[SABIR_MAX_RANK];
        for (int32_t axis = 0; axis < weights->rank; axis++) offset[axis] = window.index[axis] - weights->extents[axis] / 2;
        sum += weights->f[window.at[0]] * neighbour(grid, x, position, offset, centre);
    }
    return sum;
}

sabir_status sbr_ref_op_stencil(const sbr_ref_call *call)
{
    const sabir_stencil_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0], *weights = &call->inputs[1];
    sbr_ref_tensor *out = &call->outputs[0];
    if (out->count == 0) return SABIR_OK;
    const int32_t first_axis = x->rank - attrs->axes;
    const int64_t cells = sbr_ref_product(x, first_axis, x->rank);
    const sbr_ref_strides strides = sbr_ref_strides_of(x);
    grid grid = {.attrs = attrs, .extents = x->extents + first_axis, .mask = call->input_count > 2 ? call->inputs[2].i : NULL};
    for (int32_t axis = 0; axis < attrs->axes; axis++) grid.strides.by[axis] = strides.by[first_axis + axis];
    for (int64_t first = 0; first < x->count; first += cells) {
        sbr_ref_walk walk = {.rank = attrs->axes, .operands = 1, .strides = {grid.strides}};
        memcpy(walk.extents, grid.extents, (size_t)attrs->axes * sizeof walk.extents[0]);
        for (bool more = sbr_ref_walk_start(&walk); more; more = sbr_ref_walk_next(&walk)) {
            const int64_t centre = walk.at[0];
            const bool counts = !grid.mask || grid.mask[centre] != 0;
            out->f[first + centre] = counts ? weighted_sum(&grid, weights, x->f + first, walk.index, centre) : 0.0;
        }
    }
    return SABIR_OK;
}
