/* Grids: checks, and the ghost cells that stand for the conditions on the sides. */
#include "grid.h"

sabir_value sbr_ratio(sabir_value numerator, sabir_value denominator)
{
    sabir_graph *graph = numerator.graph;
    const sabir_value zero = sbr_like(denominator, 0), is_zero = sabir_equal(graph, denominator, zero);
    const sabir_value quotient = sabir_div(graph, numerator, sabir_select(graph, is_zero, sbr_like(denominator, 1), denominator));
    return sabir_select(graph, is_zero, zero, quotient);
}

bool sbr_need_field(sabir_graph *graph, const char *call, const char *what, sabir_value value, int32_t rank, bool any)
{
    if (!sbr_graph_is_open(graph, call)) return false;
    const sabir_type type = sabir_value_type(value);
    if (value.graph != graph || type == SABIR_TYPE_COUNT)
        (void)sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "%s: %s is no value of this graph", call, what);
    else if (type != SABIR_F32 && type != SABIR_F64 && !(any && (type == SABIR_F16 || type == SABIR_BF16)))
        (void)sbr_refuse(graph, SABIR_INVALID_TYPE, "%s: %s is %s and has to be f32 or f64%s; sabir_cast converts", call, what, sabir_type_name(type),
                         any ? ", f16 or bf16" : "");
    else if (sabir_value_shape(value).rank < rank)
        (void)sbr_refuse(graph, SABIR_INVALID_SHAPE, "%s: %s has rank %d and has to have %d or more", call, what, sabir_value_shape(value).rank, rank);
    return sbr_graph_is_open(graph, call);
}

/* ---- Checks ---- */

static sabir_status check_side(const sabir_grid *given, int32_t a, int end, double spacing)
{
    const sabir_side *side = &given->sides[a][end];
    if ((unsigned)side->kind > SABIR_SIDE_OUTFLOW) return sbr_fail(SABIR_INVALID_ARGUMENT, "axis %d: %d is no kind of side", a, (int)side->kind);
    if ((given->sides[a][0].kind == SABIR_SIDE_PERIODIC) != (given->sides[a][1].kind == SABIR_SIDE_PERIODIC))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "axis %d is periodic on one side; both or none", a);
    if (!isfinite(side->value)) return sbr_fail(SABIR_INVALID_ARGUMENT, "axis %d: a side's value is %g and has to be finite", a, side->value);
    if (side->kind != SABIR_SIDE_ROBIN) return SABIR_OK;
    const double denominator = side->alpha / 2 + side->beta / spacing;
    if (isfinite(denominator) && denominator != 0) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT,
                    "axis %d: Robin with alpha %g, beta %g and spacing %g has no ghost cell; alpha / 2 + beta / spacing may not be 0", a, side->alpha,
                    side->beta, spacing);
}

static sabir_status read_grid(const sabir_grid *given, sbr_grid *grid)
{
    if (!given) return sbr_fail(SABIR_INVALID_ARGUMENT, "grid is NULL");
    if (given->size != sizeof *given)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "grid.size is %zu, not sizeof(sabir_grid); begin with SABIR_GRID", given->size);
    if (given->axes < 1 || given->axes > 3) return sbr_fail(SABIR_INVALID_ARGUMENT, "a grid of %d axes; 1 to 3", given->axes);
    *grid = (sbr_grid){.axes = given->axes};
    for (int32_t a = 0; a < grid->axes; a++) {
        grid->spacing[a] = given->spacing[a] == 0 ? 1 : given->spacing[a];
        if (!isfinite(grid->spacing[a]) || grid->spacing[a] < 0)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "axis %d: the spacing is %g and has to be above 0", a, grid->spacing[a]);
        for (int end = 0; end < 2; end++) {
            SABIR_TRY(check_side(given, a, end, grid->spacing[a]));
            grid->sides[a][end] = given->sides[a][end];
        }
    }
    return SABIR_OK;
}

bool sbr_grid_open(sabir_graph *graph, const char *call, sabir_value x, const sabir_grid *given, int32_t extra, sbr_grid *grid)
{
    if (!sbr_graph_is_open(graph, call)) return false;
    const sabir_status status = read_grid(given, grid);
    if (status != SABIR_OK) {
        (void)sbr_graph_refuse(graph, sbr_fail(status, "%s: %s", call, sabir_last_message()));
        return false;
    }
    if (!sbr_need_field(graph, call, "the field", x, grid->axes + extra, true)) return false;
    grid->first = sabir_value_shape(x).rank - grid->axes;
    return true;
}

/* ---- Ghost cells ---- */

sbr_ghost sbr_ghost_of(const sabir_side *side, double spacing, int64_t depth)
{
    /* The ghost and the cell as far inside are that far apart, with the side in the middle. */
    const double apart = (double)(2 * depth - 1) * spacing;
    if (side->kind == SABIR_SIDE_DIRICHLET) return (sbr_ghost){-1, 2};
    if (side->kind == SABIR_SIDE_NEUMANN) return (sbr_ghost){1, apart};
    const double denominator = side->alpha / 2 + side->beta / apart;
    return (sbr_ghost){(side->beta / apart - side->alpha / 2) / denominator, 1 / denominator};
}

sabir_value sbr_inner_slab(const sbr_grid *grid, sabir_value x, int32_t a, int end, int64_t k)
{
    const int32_t axis = grid->first + a;
    const sabir_value from_side = end ? sabir_flip(x.graph, x, SABIR_INTS(axis)) : x;
    return sbr_part(from_side, axis, k, 1);
}

sabir_value sbr_ghost_slab(const sbr_grid *grid, sabir_value x, int32_t a, int end, int64_t depth)
{
    sabir_graph *graph = x.graph;
    const sabir_side *side = &grid->sides[a][end];
    if (side->kind == SABIR_SIDE_OUTFLOW) {
        const sabir_value edge = sbr_inner_slab(grid, x, a, end, 0), next = sbr_inner_slab(grid, x, a, end, 1);
        return sabir_sub(graph, sbr_scaled(edge, (double)(depth + 1)), sbr_scaled(next, (double)depth));
    }
    const sbr_ghost ghost = sbr_ghost_of(side, grid->spacing[a], depth);
    const sabir_value slab = sbr_scaled(sbr_inner_slab(grid, x, a, end, depth - 1), ghost.near);
    if (!sbr_has_value(side)) return slab;
    return sabir_add(graph, slab, side->data.graph ? sbr_scaled(side->data, ghost.gain) : sbr_like(x, ghost.gain * side->value));
}

enum { MOST_HALO = 30 }; /* two ghosts of each depth and the field itself are joined, of 64 parts at most */

sabir_value sbr_extend_axis(const sbr_grid *grid, sabir_value x, int32_t a, int64_t halo)
{
    sabir_graph *graph = x.graph;
    const int32_t rank = sabir_value_shape(x).rank;
    if (sbr_is_periodic(grid, a)) {
        sabir_ints more = {.count = rank};
        more.values[grid->first + a] = halo;
        return sabir_pad(graph, x, more, more, SABIR_PAD_PERIODIC, 0);
    }
    if (halo < 1) return x;
    if (halo > MOST_HALO) return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "a halo of %lld cells; %d at most", (long long)halo, MOST_HALO);
    sabir_value parts[2 * MOST_HALO + 1];
    uint32_t count = 0;
    for (int64_t depth = halo; depth > 0; depth--) parts[count++] = sbr_ghost_slab(grid, x, a, 0, depth);
    parts[count++] = x;
    for (int64_t depth = 1; depth <= halo; depth++) parts[count++] = sbr_ghost_slab(grid, x, a, 1, depth);
    return sabir_concat(graph, parts, count, grid->first + a);
}

/* What is given along the sides of other axes goes on beyond the ends of axis a as it is there. */
static void extend_data(sbr_grid *grid, sabir_graph *graph, int32_t a, int64_t halo)
{
    for (int32_t other = a + 1; other < grid->axes; other++) {
        for (int end = 0; end < 2; end++) {
            sabir_value *data = &grid->sides[other][end].data;
            const int32_t rank = data->graph ? sabir_value_shape(*data).rank : 0, axis = rank - (grid->axes - a);
            if (axis < 0 || sbr_extent_of(*data, axis) == 1) continue;
            sabir_ints more = {.count = rank};
            more.values[axis] = halo;
            *data = sabir_pad(graph, *data, more, more, sbr_is_periodic(grid, a) ? SABIR_PAD_PERIODIC : SABIR_PAD_EDGE, 0);
        }
    }
}

sabir_value sbr_extend(const sbr_grid *given, sabir_value x, int64_t halo)
{
    sbr_grid grid = *given;
    for (int32_t a = 0; a < grid.axes && sbr_is_value(x); a++) {
        x = sbr_extend_axis(&grid, x, a, halo);
        extend_data(&grid, x.graph, a, halo);
    }
    return x;
}

sabir_value sabir_grid_extend(sabir_graph *graph, sabir_value x, const sabir_grid *given, int64_t halo)
{
    sbr_grid grid;
    if (!sbr_grid_open(graph, "grid_extend", x, given, 0, &grid)) return sbr_nothing(graph);
    if (halo < 0) return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "grid_extend: a halo of %lld cells; 0 or more", (long long)halo);
    return sbr_extend(&grid, x, halo);
}

sabir_value sbr_edge_cells(const sbr_grid *grid, sabir_value x, int32_t a, int end)
{
    sabir_graph *graph = x.graph;
    sabir_shape shape = {.rank = grid->axes - a};
    shape.extents[0] = sbr_extent_of(x, grid->first + a);
    for (int32_t i = 1; i < shape.rank; i++) shape.extents[i] = 1;
    const sabir_value first = sabir_equal(graph, sabir_iota(graph, SABIR_I32, shape, 0, 0, 1), sabir_number(graph, SABIR_I32, 0));
    return end ? sabir_flip(graph, first, SABIR_INTS(0)) : first;
}

sabir_value sabir_remove_mean(sabir_graph *graph, sabir_value x, int32_t axes)
{
    if (!sbr_need_field(graph, "remove_mean", "x", x, 0, true)) return sbr_nothing(graph);
    const int32_t rank = sabir_value_shape(x).rank;
    if (axes < 0 || axes > rank) return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "remove_mean: %d axes for a field of rank %d", axes, rank);
    sabir_reduce_attrs attrs = {.axes = {.count = axes}, .keep = 1};
    for (int32_t i = 0; i < axes; i++) attrs.axes.values[i] = rank - axes + i;
    return sabir_sub(graph, x, sabir_reduce(graph, "mean", x, &attrs));
}
