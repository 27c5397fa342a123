/* Advection: flux form by upwind and van Leer, and semi-Lagrangian. */
#include "grid.h"

/* 2 a b / (a + b) where a and b have one sign, else 0: van Leer's mean of the slopes on either side. */
static sabir_value limited(sabir_value a, sabir_value b)
{
    sabir_graph *graph = a.graph;
    const sabir_value product = sabir_mul(graph, a, b), is_slope = sabir_greater(graph, product, sbr_like(a, 0));
    const sabir_value sum = sabir_select(graph, is_slope, sabir_add(graph, a, b), sbr_like(a, 1));
    return sabir_select(graph, is_slope, sabir_div(graph, sbr_scaled(product, 2), sum), sbr_like(a, 0));
}

/* The field on either side of each face of axis a. */
static void face_states(const sbr_grid *grid, sabir_value x, int32_t a, sabir_advection scheme, sabir_value *left, sabir_value *right)
{
    sabir_graph *graph = x.graph;
    const int32_t axis = grid->first + a;
    const sabir_extent n = sbr_extent_of(x, axis), faces = sbr_longer(graph, n, 1);
    if (scheme == SABIR_ADVECTION_UPWIND) {
        const sabir_value wide = sbr_extend_axis(grid, x, a, 1);
        *left = sbr_part(wide, axis, 0, faces);
        *right = sbr_part(wide, axis, 1, faces);
        return;
    }
    const sabir_value wide = sbr_extend_axis(grid, x, a, 2);
    const sabir_extent cells = sbr_longer(graph, n, 2);
    const sabir_value inner = sbr_part(wide, axis, 1, cells), before = sbr_part(wide, axis, 0, cells), after = sbr_part(wide, axis, 2, cells);
    const sabir_value half = sbr_scaled(limited(sabir_sub(graph, inner, before), sabir_sub(graph, after, inner)), 0.5);
    *left = sbr_part(sabir_add(graph, inner, half), axis, 0, faces);
    *right = sbr_part(sabir_sub(graph, inner, half), axis, 1, faces);
}

sabir_value sabir_grid_advection(sabir_graph *graph, sabir_value x, const sabir_value *velocities, const sabir_grid *given, sabir_advection scheme)
{
    sbr_grid grid;
    if (!sbr_grid_open(graph, "grid_advection", x, given, 0, &grid)) return sbr_nothing(graph);
    if (!velocities) return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "grid_advection: velocities is NULL");
    if ((unsigned)scheme > SABIR_ADVECTION_VAN_LEER) return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "grid_advection: %d is no scheme", (int)scheme);
    sabir_value sum = sbr_nothing(graph);
    for (int32_t a = 0; a < grid.axes; a++) {
        if (!sbr_need_field(graph, "grid_advection", "a velocity", velocities[a], 0, true)) return sbr_nothing(graph);
        const int32_t axis = grid.first + a;
        const sabir_value zero = sbr_like(x, 0);
        sabir_shape faces = sabir_value_shape(x);
        faces.extents[axis] = sbr_longer(graph, faces.extents[axis], 1);
        sabir_value left = zero, right = zero;
        face_states(&grid, x, a, scheme, &left, &right);
        const sabir_value v = sabir_broadcast(graph, velocities[a], faces);
        const sabir_value flux =
            sabir_add(graph, sabir_mul(graph, sabir_maximum(graph, v, zero), left), sabir_mul(graph, sabir_minimum(graph, v, zero), right));
        const sabir_extent n = sbr_extent_of(x, axis);
        const sabir_value part = sbr_scaled(sabir_sub(graph, sbr_part(flux, axis, 0, n), sbr_part(flux, axis, 1, n)), 1 / grid.spacing[a]);
        sum = a == 0 ? part : sabir_add(graph, sum, part);
    }
    return sum;
}

/* ---- Semi-Lagrangian ---- */

/* [axes, s...]: each cell's own index along each axis, in the type of positions. */
static sabir_value cell_places(const sbr_grid *grid, sabir_value velocity, sabir_type type)
{
    sabir_graph *graph = velocity.graph;
    const int32_t rank = sabir_value_shape(velocity).rank;
    sabir_shape shape = {.rank = grid->axes + 1, .extents = {1}};
    for (int32_t a = 0; a < grid->axes; a++) shape.extents[a + 1] = sbr_extent_of(velocity, rank - grid->axes + a);
    sabir_value parts[3];
    for (int32_t a = 0; a < grid->axes; a++) parts[a] = sabir_iota(graph, type, shape, a + 1, 0, 1);
    return sabir_concat(graph, parts, (uint32_t)grid->axes, 0);
}

/* Cells passed per unit of time: velocity over spacing, by component. */
static sabir_value in_cells(const sbr_grid *grid, sabir_value velocity, sabir_type type)
{
    double inverse[3];
    sabir_shape shape = {.rank = grid->axes + 1, .extents = {grid->axes, 1, 1, 1}};
    for (int32_t a = 0; a < grid->axes; a++) inverse[a] = 1 / grid->spacing[a];
    return sabir_mul(velocity.graph, sabir_cast(velocity.graph, velocity, type), sbr_graph_table(velocity.graph, type, shape, inverse));
}

/* positions [axes, s...] or [b..., axes, s...] in front of which the batch of x is repeated. */
static sabir_value sample(const sbr_grid *grid, sabir_value x, sabir_value positions, const sabir_interpolate_attrs *attrs)
{
    sabir_shape shape = sabir_value_shape(x);
    for (int32_t i = shape.rank++; i > grid->first; i--) shape.extents[i] = shape.extents[i - 1];
    shape.extents[grid->first] = grid->axes;
    return sabir_interpolate(x.graph, x, sabir_broadcast(x.graph, positions, shape), attrs);
}

sabir_value sabir_grid_semi_lagrangian(sabir_graph *graph, sabir_value x, sabir_value velocity, sabir_value dt, const sabir_grid *given,
                                       sabir_interpolation order)
{
    static const char call[] = "grid_semi_lagrangian";
    sbr_grid grid;
    if (!sbr_grid_open(graph, call, x, given, 0, &grid) || !sbr_need_field(graph, call, "velocity", velocity, grid.axes + 1, true) ||
        !sbr_need_field(graph, call, "dt", dt, 0, true))
        return sbr_nothing(graph);
    const int32_t rank = sabir_value_shape(velocity).rank;
    if (sabir_value_shape(x).rank == SABIR_MAX_RANK || rank == SABIR_MAX_RANK || sbr_extent_of(velocity, rank - grid.axes - 1) != grid.axes)
        return sbr_refuse(graph, SABIR_INVALID_SHAPE,
                          "%s: velocity has to hold %d components in front of the grid's axes, and neither it nor x may have rank 8", call,
                          grid.axes);
    const sabir_type type = sabir_value_type(x) == SABIR_F64 ? SABIR_F64 : SABIR_F32;
    sabir_interpolate_attrs attrs = {.axes = grid.axes, .order = SABIR_INTERPOLATE_LINEAR};
    for (int32_t a = 0; a < grid.axes; a++) attrs.periodic[a] = sbr_is_periodic(&grid, a);
    const sabir_value places = cell_places(&grid, velocity, type), step = sabir_cast(graph, dt, type), here = in_cells(&grid, velocity, type);
    const sabir_value middle = sabir_sub(graph, places, sabir_mul(graph, here, sbr_scaled(step, 0.5)));
    if (!sbr_is_value(middle)) return middle;
    sbr_grid of_velocity = grid;
    of_velocity.first = rank - grid.axes;
    /* The components of the velocity are a batch of fields, sampled at the same places. */
    sabir_shape spread = sabir_value_shape(middle);
    for (int32_t i = spread.rank++; i > rank - grid.axes; i--) spread.extents[i] = spread.extents[i - 1];
    spread.extents[rank - grid.axes - 1] = 1;
    spread.extents[rank - grid.axes] = grid.axes;
    const sabir_value there = sample(&of_velocity, here, sabir_reshape(graph, middle, spread), &attrs);
    attrs.order = order;
    return sample(&grid, x, sabir_sub(graph, places, sabir_mul(graph, there, step)), &attrs);
}
