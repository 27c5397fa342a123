/* Gradient, divergence, Laplacian, diffusion: second-order differences of cell values. */
#include "grid.h"

/* (x[i + 1] - x[i - 1]) / 2 h along axis a. */
static sabir_value central(const sbr_grid *grid, sabir_value x, int32_t a)
{
    const int32_t axis = grid->first + a;
    const sabir_extent n = sbr_extent_of(x, axis);
    const sabir_value wide = sbr_extend_axis(grid, x, a, 1);
    return sbr_scaled(sabir_sub(x.graph, sbr_part(wide, axis, 2, n), sbr_part(wide, axis, 0, n)), 0.5 / grid->spacing[a]);
}

/* With an axis of extent 1 in front of the grid's. */
static sabir_shape with_component(const sbr_grid *grid, sabir_shape shape)
{
    for (int32_t i = shape.rank++; i > grid->first; i--) shape.extents[i] = shape.extents[i - 1];
    shape.extents[grid->first] = 1;
    return shape;
}

sabir_value sabir_grid_gradient(sabir_graph *graph, sabir_value x, const sabir_grid *given)
{
    sbr_grid grid;
    if (!sbr_grid_open(graph, "grid_gradient", x, given, 0, &grid)) return sbr_nothing(graph);
    const sabir_shape shape = sabir_value_shape(x);
    if (shape.rank == SABIR_MAX_RANK) return sbr_refuse(graph, SABIR_INVALID_SHAPE, "grid_gradient: the result has rank 9; 8 at most");
    sabir_value parts[3];
    for (int32_t a = 0; a < grid.axes; a++) parts[a] = sabir_reshape(graph, central(&grid, x, a), with_component(&grid, shape));
    return sabir_concat(graph, parts, (uint32_t)grid.axes, grid.first);
}

/* Component a of a vector field. */
static sabir_value component(const sbr_grid *grid, sabir_value v, int32_t a)
{
    sabir_shape shape = sabir_value_shape(v);
    for (int32_t i = grid->first; i < shape.rank; i++) shape.extents[i - 1] = shape.extents[i];
    shape.rank--;
    return sabir_reshape(v.graph, sbr_part(v, grid->first - 1, a, 1), shape);
}

sabir_value sabir_grid_divergence(sabir_graph *graph, sabir_value v, const sabir_grid *given)
{
    sbr_grid grid;
    if (!sbr_grid_open(graph, "grid_divergence", v, given, 1, &grid)) return sbr_nothing(graph);
    const sabir_extent components = sbr_extent_of(v, grid.first - 1);
    if (components != grid.axes)
        return sbr_refuse(graph, SABIR_INVALID_SHAPE, "grid_divergence: the axis in front of the grid has to hold %d components", grid.axes);
    sabir_value sum = sbr_nothing(graph);
    for (int32_t a = 0; a < grid.axes; a++) {
        sbr_grid scalar = grid;
        scalar.first--;
        const sabir_value part = central(&scalar, component(&grid, v, a), a);
        sum = a == 0 ? part : sabir_add(graph, sum, part);
    }
    return sum;
}

/* ---- Laplacian ---- */

/* Weights of the second differences. */
static sabir_value cross(const sbr_grid *grid, sabir_value like)
{
    double weights[27] = {0};
    sabir_shape shape = {.rank = grid->axes};
    int32_t centre = 0, stride = 1;
    for (int32_t a = grid->axes; a-- > 0; stride *= 3) {
        shape.extents[a] = 3;
        centre += stride;
    }
    for (int32_t a = grid->axes, step = 1; a-- > 0; step *= 3) {
        const double weight = 1 / (grid->spacing[a] * grid->spacing[a]);
        weights[centre - step] = weights[centre + step] = weight;
        weights[centre] -= 2 * weight;
    }
    return sbr_graph_table(like.graph, sabir_value_type(like), shape, weights);
}

/* The stencil sees zeros outside, or the edge where both sides are Neumann; the rest of what the ghost cells add is this. */
static sabir_value add_side(const sbr_grid *grid, sabir_value sum, sabir_value x, int32_t a, int end, bool repeats_edge)
{
    sabir_graph *graph = x.graph;
    const sabir_side *side = &grid->sides[a][end];
    if (repeats_edge && !sbr_has_value(side)) return sum;
    sabir_value ghost;
    if (!repeats_edge) ghost = sbr_ghost_slab(grid, x, a, end, 1);
    else ghost = side->data.graph ? sbr_scaled(side->data, grid->spacing[a]) : sbr_like(x, grid->spacing[a] * side->value);
    const sabir_value added = sbr_scaled(ghost, 1 / (grid->spacing[a] * grid->spacing[a]));
    return sabir_add(graph, sum, sabir_select(graph, sbr_edge_cells(grid, x, a, end), added, sbr_like(x, 0)));
}

sabir_value sabir_grid_laplacian(sabir_graph *graph, sabir_value x, const sabir_grid *given)
{
    sbr_grid grid;
    if (!sbr_grid_open(graph, "grid_laplacian", x, given, 0, &grid)) return sbr_nothing(graph);
    sabir_stencil_attrs attrs = {.axes = grid.axes};
    for (int32_t a = 0; a < grid.axes; a++) {
        const bool is_neumann = grid.sides[a][0].kind == SABIR_SIDE_NEUMANN && grid.sides[a][1].kind == SABIR_SIDE_NEUMANN;
        attrs.boundary[a] = sbr_is_periodic(&grid, a) ? SABIR_BOUNDARY_PERIODIC : is_neumann ? SABIR_BOUNDARY_NEUMANN : SABIR_BOUNDARY_DIRICHLET;
    }
    sabir_value sum = sabir_stencil(graph, x, cross(&grid, x), SABIR_NONE, &attrs);
    for (int32_t a = 0; a < grid.axes; a++) {
        if (sbr_is_periodic(&grid, a)) continue;
        for (int end = 0; end < 2; end++) sum = add_side(&grid, sum, x, a, end, attrs.boundary[a] == SABIR_BOUNDARY_NEUMANN);
    }
    return sum;
}

/* ---- Faces ---- */

sabir_value sabir_grid_faces(sabir_graph *graph, sabir_value x, int32_t axis, const sabir_grid *given)
{
    sbr_grid grid;
    if (!sbr_grid_open(graph, "grid_faces", x, given, 0, &grid)) return sbr_nothing(graph);
    if (axis < 0 || axis >= grid.axes) return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "grid_faces: axis %d of a grid of %d", axis, grid.axes);
    const int32_t along = grid.first + axis;
    const sabir_extent faces = sbr_longer(graph, sbr_extent_of(x, along), 1);
    const sabir_value wide = sbr_extend_axis(&grid, x, axis, 1);
    return sbr_scaled(sabir_add(graph, sbr_part(wide, along, 0, faces), sbr_part(wide, along, 1, faces)), 0.5);
}

/* At a side the line through the cell and the face behind it: second order, never below 0, and the cell's own where that face is closed. */
static sabir_value with_side(const sbr_grid *grid, sabir_value means, int32_t a, int end)
{
    sabir_graph *graph = means.graph;
    const sabir_value cell = sbr_inner_slab(grid, means, a, end, 0), behind = sbr_inner_slab(grid, means, a, end, 1);
    const sabir_value side =
        sabir_select(graph, sabir_greater(graph, behind, sbr_like(behind, 0)), sabir_sub(graph, sbr_scaled(cell, 2), behind), cell);
    return sabir_select(graph, sbr_edge_cells(grid, means, a, end), side, means);
}

sabir_value sbr_face_coefficients(const sbr_grid *grid, sabir_value c, int32_t a)
{
    sabir_graph *graph = c.graph;
    const int32_t axis = grid->first + a;
    sabir_ints more = {.count = sabir_value_shape(c).rank};
    more.values[axis] = 1;
    const sabir_value wide = sabir_pad(graph, c, more, more, sbr_is_periodic(grid, a) ? SABIR_PAD_PERIODIC : SABIR_PAD_EDGE, 0);
    const sabir_extent faces = sbr_longer(graph, sbr_extent_of(c, axis), 1);
    const sabir_value left = sbr_part(wide, axis, 0, faces), right = sbr_part(wide, axis, 1, faces);
    const sabir_value means = sbr_ratio(sbr_scaled(sabir_mul(graph, left, right), 2), sabir_add(graph, left, right));
    if (sbr_is_periodic(grid, a) || !sbr_is_value(means)) return means;
    return with_side(grid, with_side(grid, means, a, 0), a, 1);
}

/* What flows along axis a, differenced. */
static sabir_value flux_difference(const sbr_grid *grid, sabir_value x, sabir_value c, int32_t a)
{
    sabir_graph *graph = x.graph;
    const int32_t axis = grid->first + a;
    const sabir_extent n = sbr_extent_of(x, axis), faces = sbr_longer(graph, n, 1);
    sbr_grid of_c = *grid;
    of_c.first = sabir_value_shape(c).rank - grid->axes;
    const sabir_value wide = sbr_extend_axis(grid, x, a, 1);
    const sabir_value slope = sabir_sub(graph, sbr_part(wide, axis, 1, faces), sbr_part(wide, axis, 0, faces));
    const sabir_value flux = sabir_mul(graph, sbr_face_coefficients(&of_c, c, a), slope);
    return sbr_scaled(sabir_sub(graph, sbr_part(flux, axis, 1, n), sbr_part(flux, axis, 0, n)), 1 / (grid->spacing[a] * grid->spacing[a]));
}

/* The coefficient at every cell of the grid, or of the field where it has more axes than the grid. */
static sabir_value spread(const sbr_grid *grid, sabir_value x, sabir_value c)
{
    const sabir_shape shape = sabir_value_shape(x);
    return sabir_broadcast(x.graph, c, sabir_value_shape(c).rank > grid->axes ? shape : sabir_shape_make(grid->axes, &shape.extents[grid->first]));
}

sabir_value sabir_grid_diffusion(sabir_graph *graph, sabir_value x, sabir_value coefficient, const sabir_grid *given)
{
    sbr_grid grid;
    if (!sbr_grid_open(graph, "grid_diffusion", x, given, 0, &grid)) return sbr_nothing(graph);
    if (!sbr_need_field(graph, "grid_diffusion", "the coefficient", coefficient, 0, true)) return sbr_nothing(graph);
    const sabir_value c = spread(&grid, x, coefficient);
    sabir_value sum = sbr_nothing(graph);
    for (int32_t a = 0; a < grid.axes && sbr_is_value(c); a++) {
        const sabir_value part = flux_difference(&grid, x, c, a);
        sum = a == 0 ? part : sabir_add(graph, sum, part);
    }
    return sum;
}
