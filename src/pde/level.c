/* One level: the operator, its smoother, and the way to the next level. */
#include "multigrid.h"

static int32_t first_axis(const sbr_level *level, sabir_value x) { return sabir_value_shape(x).rank - level->grid.axes; }

static sbr_grid grid_of(const sbr_level *level, sabir_value x)
{
    sbr_grid grid = level->grid;
    grid.first = first_axis(level, x);
    return grid;
}

/* [n, 1...] along axis a: `inner` but for the first and the last cell, to which what the sides do is added. */
static sabir_value along(const sbr_level *level, sabir_graph *graph, sabir_type type, int32_t a, double inner, double at_start, double at_end)
{
    const int64_t n = level->extents[a];
    double *numbers = sbr_graph_scratch(graph, n);
    if (!numbers) return sbr_nothing(graph);
    for (int64_t i = 0; i < n; i++) numbers[i] = inner + (i == 0 ? at_start : 0) + (i == n - 1 ? at_end : 0);
    sabir_shape shape = {.rank = level->grid.axes - a, .extents = {n}};
    for (int32_t i = 1; i < shape.rank; i++) shape.extents[i] = 1;
    const sabir_value table = sbr_graph_table(graph, type, shape, numbers);
    sbr_graph_release(graph, numbers);
    return table;
}

/* The share of its cell's value that the ghost beyond a side takes. */
static double near_of(const sbr_level *level, int32_t a, int end) { return sbr_ghost_of(&level->grid.sides[a][end], level->grid.spacing[a], 1).near; }

static sabir_value plus(sabir_value sum, sabir_value more) { return sbr_given(sum) ? sabir_add(more.graph, sum, more) : more; }

/* ---- Coefficient 1 ---- */

static bool repeats_edge(const sbr_level *level, int32_t a)
{
    return level->grid.sides[a][0].kind == SABIR_SIDE_NEUMANN && level->grid.sides[a][1].kind == SABIR_SIDE_NEUMANN;
}

static void prepare_constant(sbr_level *level, sabir_graph *graph, sabir_type type, sabir_value shift)
{
    sabir_value diagonal = SABIR_NONE, extra = SABIR_NONE;
    for (int32_t a = 0; a < level->grid.axes; a++) {
        const double weight = 1 / (level->grid.spacing[a] * level->grid.spacing[a]);
        const bool is_periodic = sbr_is_periodic(&level->grid, a);
        const double start = is_periodic ? 0 : -near_of(level, a, 0) * weight, end = is_periodic ? 0 : -near_of(level, a, 1) * weight;
        diagonal = plus(diagonal, along(level, graph, type, a, 2 * weight, start, end));
        if (!is_periodic && !repeats_edge(level, a)) extra = plus(extra, along(level, graph, type, a, 0, start, end));
    }
    level->diagonal = sbr_given(shift) ? sabir_add(graph, diagonal, shift) : diagonal;
    level->extra = sbr_given(shift) ? plus(extra, shift) : extra;
}

/* Minus the second differences, with zeros or the edge outside. */
static sabir_value differences(const sbr_level *level, sabir_value x)
{
    double weights[27] = {0};
    sabir_shape shape = {.rank = level->grid.axes};
    sabir_stencil_attrs attrs = {.axes = level->grid.axes};
    const int32_t centre = level->grid.axes == 1 ? 1 : level->grid.axes == 2 ? 4 : 13;
    for (int32_t a = level->grid.axes, step = 1; a-- > 0; step *= 3) {
        const double weight = 1 / (level->grid.spacing[a] * level->grid.spacing[a]);
        shape.extents[a] = 3;
        weights[centre - step] = weights[centre + step] = -weight;
        weights[centre] += 2 * weight;
        attrs.boundary[a] = sbr_is_periodic(&level->grid, a) ? SABIR_BOUNDARY_PERIODIC
                            : repeats_edge(level, a)         ? SABIR_BOUNDARY_NEUMANN
                                                             : SABIR_BOUNDARY_DIRICHLET;
    }
    return sabir_stencil(x.graph, x, sbr_graph_table(x.graph, sabir_value_type(x), shape, weights), SABIR_NONE, &attrs);
}

/* ---- Coefficients by face ---- */

static void prepare_variable(sbr_level *level, sabir_graph *graph, sabir_type type, sabir_value c, sabir_value shift)
{
    sabir_value diagonal = shift;
    const sbr_grid grid = grid_of(level, c);
    for (int32_t a = 0; a < level->grid.axes; a++) {
        const sabir_value f = sbr_scaled(sbr_face_coefficients(&grid, c, a), 1 / (level->grid.spacing[a] * level->grid.spacing[a])),
                          before = sbr_part(f, a, 0, level->extents[a]), after = sbr_part(f, a, 1, level->extents[a]);
        const bool is_periodic = sbr_is_periodic(&level->grid, a);
        const double start = is_periodic ? 0 : -near_of(level, a, 0), end = is_periodic ? 0 : -near_of(level, a, 1);
        level->lower[a] = is_periodic ? before : sabir_mul(graph, before, along(level, graph, type, a, 1, -1, 0));
        level->upper[a] = is_periodic ? after : sabir_mul(graph, after, along(level, graph, type, a, 1, 0, -1));
        diagonal = plus(diagonal, sabir_mul(graph, before, along(level, graph, type, a, 1, start, 0)));
        diagonal = plus(diagonal, sabir_mul(graph, after, along(level, graph, type, a, 1, 0, end)));
    }
    level->diagonal = diagonal;
}

void sbr_level_prepare(sbr_level *level, sabir_graph *graph, sabir_type type, sabir_value coefficient, sabir_value shift)
{
    level->is_variable = sbr_given(coefficient);
    level->extra = SABIR_NONE;
    if (level->is_variable) prepare_variable(level, graph, type, coefficient, shift);
    else prepare_constant(level, graph, type, shift);
    level->inverse = sbr_ratio(sbr_like(level->diagonal, 1), level->diagonal);
}

static sabir_value apply_variable(const sbr_level *level, sabir_value x)
{
    sabir_graph *graph = x.graph;
    const int32_t first = first_axis(level, x);
    sabir_ints more = {.count = sabir_value_shape(x).rank};
    for (int32_t a = 0; a < level->grid.axes; a++) more.values[first + a] = 1;
    /* Beyond a side that is not periodic the coefficients are 0, whatever stands there. */
    const sabir_value wide = sabir_pad(graph, x, more, more, SABIR_PAD_PERIODIC, 0);
    sabir_value sum = sabir_mul(graph, level->diagonal, x);
    for (int32_t a = 0; a < level->grid.axes; a++) {
        sabir_value row = wide;
        for (int32_t other = 0; other < level->grid.axes; other++)
            if (other != a) row = sbr_part(row, first + other, 1, level->extents[other]);
        const sabir_value before = sbr_part(row, first + a, 0, level->extents[a]), after = sbr_part(row, first + a, 2, level->extents[a]);
        sum = sabir_sub(graph, sabir_sub(graph, sum, sabir_mul(graph, level->lower[a], before)), sabir_mul(graph, level->upper[a], after));
    }
    return sum;
}

sabir_value sbr_level_apply(const sbr_level *level, sabir_value x)
{
    if (!sbr_is_value(x)) return x;
    if (level->is_variable) return apply_variable(level, x);
    const sabir_value y = differences(level, x);
    return sbr_given(level->extra) ? sabir_add(x.graph, y, sabir_mul(x.graph, level->extra, x)) : y;
}

sabir_value sbr_level_smooth(const sbr_level *level, sabir_value b, sabir_value x, int32_t degree, double low)
{
    sabir_graph *graph = b.graph;
    const double centre = (2 + low) / 2, radius = (2 - low) / 2, sigma = centre / radius;
    double rho = 1 / sigma;
    const sabir_value residual = sbr_given(x) ? sabir_sub(graph, b, sbr_level_apply(level, x)) : b;
    sabir_value step = sbr_scaled(sabir_mul(graph, level->inverse, residual), 1 / centre);
    sabir_value at = sbr_given(x) ? sabir_add(graph, x, step) : step;
    for (int32_t k = 1; k < degree; k++) {
        const double next = 1 / (2 * sigma - rho);
        const sabir_value rest = sabir_sub(graph, b, sbr_level_apply(level, at));
        step = sabir_add(graph, sbr_scaled(step, next * rho), sbr_scaled(sabir_mul(graph, level->inverse, rest), 2 * next / radius));
        at = sabir_add(graph, at, step);
        rho = next;
    }
    return at;
}

/* ---- Between levels ---- */

/* Every second element along an axis, from start. */
static sabir_value every_second(sabir_value x, int32_t axis, int64_t start, int64_t count)
{
    sabir_shape counts = sabir_value_shape(x);
    sabir_ints starts = {.count = counts.rank}, steps = {.count = counts.rank};
    for (int32_t i = 0; i < counts.rank; i++) steps.values[i] = 1;
    counts.extents[axis] = count;
    starts.values[axis] = start;
    steps.values[axis] = 2;
    return sabir_slice(x.graph, x, starts, counts, steps);
}

sabir_value sbr_level_restrict(const sbr_level *level, const sbr_level *coarse, sabir_value r)
{
    sabir_graph *graph = r.graph;
    if (!sbr_is_value(r)) return r;
    const sbr_grid grid = grid_of(coarse, r); /* its sides, which prolongation saw */
    for (int32_t a = 0; a < grid.axes; a++) {
        if (!level->halved[a]) continue;
        const int32_t axis = grid.first + a;
        const int64_t n = coarse->extents[a];
        const sabir_value wide = sbr_extend_axis(&grid, r, a, 1);
        if (!sbr_is_value(wide)) return wide;
        const sabir_value inner = sabir_add(graph, every_second(wide, axis, 1, n), every_second(wide, axis, 2, n));
        const sabir_value outer = sabir_add(graph, every_second(wide, axis, 0, n), every_second(wide, axis, 3, n));
        r = sabir_add(graph, sbr_scaled(inner, 0.375), sbr_scaled(outer, 0.125));
    }
    return r;
}

sabir_value sbr_level_prolong(const sbr_level *level, const sbr_level *coarse, sabir_value x)
{
    if (!sbr_is_value(x)) return x;
    const sbr_grid grid = grid_of(coarse, x);
    sabir_shape shape = sabir_value_shape(x);
    for (int32_t a = 0; a < grid.axes; a++) {
        if (!level->halved[a]) continue;
        x = sbr_extend_axis(&grid, x, a, 1);
        shape.extents[grid.first + a] = 2 * (coarse->extents[a] + 2);
    }
    x = sabir_resize(x.graph, x, shape, SABIR_RESIZE_LINEAR);
    for (int32_t a = 0; a < grid.axes; a++)
        if (level->halved[a]) x = sbr_part(x, grid.first + a, 2, level->extents[a]);
    return x;
}

sabir_value sbr_level_average(const sbr_level *level, sabir_value x)
{
    if (!sbr_given(x) || sabir_value_shape(x).rank == 0) return x;
    for (int32_t a = 0; a < level->grid.axes; a++) {
        if (!level->halved[a] || !sbr_is_value(x)) continue;
        const int64_t n = level->extents[a] / 2;
        x = sbr_scaled(sabir_add(x.graph, every_second(x, a, 0, n), every_second(x, a, 1, n)), 0.5);
    }
    return x;
}
