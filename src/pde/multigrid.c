/* Geometric multigrid on grids of cells. */
#include "multigrid.h"

#include "linear.h"

enum { MOST_LEVELS = 24, COARSEST_DEGREE = 100 };

struct sabir_multigrid {
    sabir_grid given;
    sabir_type type;
    sabir_value coefficient, shift; /* at every cell, or of rank 0 (shift); without a value: 1 and 0 */
    sabir_value parameters[2];      /* those of them that have a value */
    uint32_t parameter_count;
    bool is_singular;
    int32_t level_count, smoothing;
    double coarsest_low;            /* bound of the eigenvalues on the coarsest level */
    int32_t coarsest_degree;
    sbr_level levels[MOST_LEVELS];
};

/* ---- Making ---- */

static double weight_of(const sbr_grid *grid, int32_t a) { return 1 / (grid->spacing[a] * grid->spacing[a]); }

/* The eigenvalue from which the smoother works: half the least of a wave that the coarser grid cannot carry (the share of an axis in the diagonal),
 * because of the waves just longer it carries only a part. */
static double smoothed_from(const sbr_grid *grid, const bool counts[3])
{
    double sum = 0, least = INFINITY;
    for (int32_t a = 0; a < grid->axes; a++) {
        sum += weight_of(grid, a);
        if (counts[a] && weight_of(grid, a) < least) least = weight_of(grid, a);
    }
    return fmax(0.5 * least / sum, 0.05);
}

/* Halves what can be; false where nothing can. */
static bool halve(sbr_level *level, sbr_level *next)
{
    bool any = false;
    next->grid = level->grid;
    for (int32_t a = 0; a < level->grid.axes; a++) {
        level->halved[a] = level->extents[a] % 2 == 0 && level->extents[a] > 2;
        next->extents[a] = level->halved[a] ? level->extents[a] / 2 : level->extents[a];
        if (level->halved[a]) next->grid.spacing[a] *= 2;
        any = any || level->halved[a];
    }
    return any;
}

/* The coarsest level is solved by the smoother: the degree that shrinks its longest wave a hundredfold. */
static void choose_coarsest(sabir_multigrid *m)
{
    const sbr_level *level = &m->levels[m->level_count - 1];
    double low = 1, sum = 0;
    for (int32_t a = 0; a < level->grid.axes; a++) sum += weight_of(&level->grid, a);
    for (int32_t a = 0; a < level->grid.axes; a++) {
        const double longest = weight_of(&level->grid, a) / sum * (1 - cos(3.14159265358979323846 / (double)level->extents[a]));
        if (longest < low) low = longest;
    }
    const double sigma = (2 + low) / (2 - low);
    double before = 1, now = sigma;
    m->coarsest_low = low;
    for (m->coarsest_degree = 1; now < 100 && m->coarsest_degree < COARSEST_DEGREE; m->coarsest_degree++) {
        const double next = 2 * sigma * now - before;
        before = now;
        now = next;
    }
}

static void make_levels(sabir_multigrid *m, sabir_graph *graph, int32_t most)
{
    sabir_value coefficient = m->coefficient, shift = m->shift;
    m->level_count = 0;
    for (bool more = true; more;) {
        sbr_level *level = &m->levels[m->level_count++];
        sbr_level_prepare(level, graph, m->type, coefficient, shift);
        more = m->level_count < most && sbr_is_value(level->inverse) && halve(level, level + 1);
        if (!more) break;
        coefficient = sbr_level_average(level, coefficient);
        shift = sbr_level_average(level, shift);
        if (!sbr_graph_is_open(graph, "multigrid_create")) return;
    }
    for (int32_t a = 0; a < 3; a++) m->levels[m->level_count - 1].halved[a] = false;
    choose_coarsest(m);
}

/* A coefficient at every cell; of rank 0 where that will do. */
static bool read_coefficient(sabir_graph *graph, const char *what, sabir_value given, bool spread, const sbr_level *finest, sabir_type type,
                             sabir_value *result)
{
    *result = SABIR_NONE;
    if (!sbr_given(given)) return true;
    if (!sbr_need_field(graph, "multigrid_create", what, given, 0, false)) return false;
    if (sabir_value_type(given) != type) {
        (void)sbr_refuse(graph, SABIR_INVALID_TYPE, "multigrid_create: %s is %s and the fields are %s; sabir_cast converts", what,
                         sabir_type_name(sabir_value_type(given)), sabir_type_name(type));
        return false;
    }
    *result = spread || sabir_value_shape(given).rank > 0 ? sabir_broadcast(graph, given, sabir_shape_make(finest->grid.axes, finest->extents)) : given;
    return sbr_is_value(*result);
}

static sabir_status check_problem(const sabir_multigrid *m, sabir_shape shape, const sabir_multigrid_options *options)
{
    const sbr_grid *grid = &m->levels[0].grid;
    if (options->size != sizeof *options)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "options.size is %zu, not sizeof(sabir_multigrid_options); begin with SABIR_MULTIGRID_OPTIONS",
                        options->size);
    if (options->levels < 0 || options->smoothing < 0 || options->smoothing > COARSEST_DEGREE)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%d levels and smoothing of degree %d; 0 or more, and %d at most", options->levels,
                        options->smoothing, COARSEST_DEGREE);
    if (shape.rank != grid->axes) return sbr_fail(SABIR_INVALID_SHAPE, "a shape of rank %d for a grid of %d axes", shape.rank, grid->axes);
    for (int32_t a = 0; a < grid->axes; a++) {
        if (shape.extents[a] < 1) return sbr_fail(SABIR_INVALID_SHAPE, "axis %d: the extent has to be a number, 1 or more", a);
        for (int end = 0; end < 2; end++)
            if (grid->sides[a][end].kind == SABIR_SIDE_OUTFLOW)
                return sbr_fail(SABIR_INVALID_ARGUMENT, "axis %d has an outflow side, which makes no symmetric operator", a);
    }
    return SABIR_OK;
}

static bool all_closed(const sbr_grid *grid)
{
    for (int32_t a = 0; a < grid->axes; a++)
        for (int end = 0; end < 2; end++)
            if (grid->sides[a][end].kind != SABIR_SIDE_PERIODIC && grid->sides[a][end].kind != SABIR_SIDE_NEUMANN) return false;
    return true;
}

sabir_status sabir_multigrid_create(sabir_graph *graph, const sabir_grid *grid, sabir_type type, sabir_shape shape, sabir_value coefficient,
                                    sabir_value shift, const sabir_multigrid_options *options, sabir_multigrid **multigrid)
{
    static const char call[] = "multigrid_create";
    const sabir_multigrid_options with = options ? *options : (sabir_multigrid_options)SABIR_MULTIGRID_OPTIONS;
    if (!multigrid) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: multigrid is NULL", call);
    *multigrid = NULL;
    if (!sbr_graph_is_open(graph, call)) return graph ? sabir_graph_status(graph) : SABIR_INVALID_ARGUMENT;
    sabir_multigrid *m = sbr_graph_keep(graph, sizeof *m);
    if (!m) return sabir_graph_status(graph);
    /* A stand-in field lets the grid be checked like any other. */
    if (!sbr_grid_open(graph, call, sabir_full(graph, type, shape, 0), grid, 0, &m->levels[0].grid)) return sabir_graph_status(graph);
    const sabir_status status = check_problem(m, shape, &with);
    if (status != SABIR_OK) {
        (void)sbr_graph_refuse(graph, sbr_fail(status, "%s: %s", call, sabir_last_message()));
        return status;
    }
    m->given = *grid;
    m->type = type;
    m->smoothing = with.smoothing ? with.smoothing : 3;
    sbr_level *finest = &m->levels[0];
    for (int32_t a = 0; a < finest->grid.axes; a++) {
        finest->extents[a] = shape.extents[a];
        for (int end = 0; end < 2; end++) finest->grid.sides[a][end].value = 0, finest->grid.sides[a][end].data.graph = NULL;
    }
    if (!read_coefficient(graph, "coefficient", coefficient, true, finest, type, &m->coefficient) ||
        !read_coefficient(graph, "shift", shift, false, finest, type, &m->shift))
        return sabir_graph_status(graph);
    if (sbr_given(m->coefficient)) m->parameters[m->parameter_count++] = m->coefficient;
    if (sbr_given(m->shift)) m->parameters[m->parameter_count++] = m->shift;
    m->is_singular = !sbr_given(shift) && all_closed(&finest->grid);
    make_levels(m, graph, with.levels > 0 && with.levels < MOST_LEVELS ? with.levels : MOST_LEVELS);
    *multigrid = m;
    return sabir_graph_status(graph);
}

int32_t sabir_multigrid_levels(const sabir_multigrid *multigrid) { return multigrid ? multigrid->level_count : 0; }

/* ---- Walking ---- */

static bool fits(const sabir_multigrid *m, sabir_graph *graph, const char *call, sabir_value x)
{
    if (!m) {
        (void)sbr_fail(SABIR_INVALID_ARGUMENT, "%s: multigrid is NULL", call);
        return false;
    }
    const sbr_level *finest = &m->levels[0];
    if (!sbr_need_field(graph, call, "the field", x, finest->grid.axes, false)) return false;
    const sabir_shape shape = sabir_value_shape(x);
    bool equal = sabir_value_type(x) == m->type;
    for (int32_t a = 0; a < finest->grid.axes; a++) equal = equal && shape.extents[shape.rank - finest->grid.axes + a] == finest->extents[a];
    if (!equal)
        (void)sbr_refuse(graph, SABIR_INVALID_SHAPE, "%s: the field has to have the type and, on its last axes, the extents of the multigrid", call);
    return equal;
}

static sabir_value cycle(const sabir_multigrid *m, int32_t number, sabir_value b)
{
    const sbr_level *level = &m->levels[number], *coarse = level + 1;
    if (number + 1 == m->level_count) return sbr_level_smooth(level, b, SABIR_NONE, m->coarsest_degree, m->coarsest_low);
    const double low = smoothed_from(&level->grid, level->halved);
    const sabir_value x = sbr_level_smooth(level, b, SABIR_NONE, m->smoothing, low);
    if (!sbr_is_value(x)) return x;
    const sabir_value r = sabir_sub(b.graph, b, sbr_level_apply(level, x)), below = cycle(m, number + 1, sbr_level_restrict(level, coarse, r));
    if (!sbr_is_value(below)) return below;
    return sbr_level_smooth(level, b, sabir_add(b.graph, x, sbr_level_prolong(level, coarse, below)), m->smoothing, low);
}

sabir_value sabir_multigrid_cycle(void *multigrid, sabir_graph *graph, sabir_value r)
{
    return fits(multigrid, graph, "multigrid_cycle", r) ? cycle(multigrid, 0, r) : sbr_nothing(graph);
}

sabir_value sabir_multigrid_apply(void *multigrid, sabir_graph *graph, sabir_value x)
{
    const sabir_multigrid *m = multigrid;
    return fits(m, graph, "multigrid_apply", x) ? sbr_level_apply(&m->levels[0], x) : sbr_nothing(graph);
}

/* f and what the values of the sides add to it. */
static sabir_value right_side(const sabir_multigrid *m, sabir_graph *graph, sabir_value f)
{
    bool any = false;
    for (int32_t a = 0; a < m->given.axes; a++) any = any || sbr_has_value(&m->given.sides[a][0]) || sbr_has_value(&m->given.sides[a][1]);
    if (!any) return f;
    const sabir_value zeros = sbr_zeros(f), from_sides = sbr_given(m->coefficient) ? sabir_grid_diffusion(graph, zeros, m->coefficient, &m->given)
                                                                                  : sabir_grid_laplacian(graph, zeros, &m->given);
    return sabir_add(graph, f, from_sides);
}

sabir_value sabir_multigrid_solve(sabir_graph *graph, sabir_multigrid *m, sabir_value f, sabir_value u0, int accelerated,
                                  const sabir_solve_options *options, sabir_solve_report *report)
{
    static const char call[] = "multigrid_solve";
    if (report) *report = (sabir_solve_report){sbr_nothing(graph), sbr_nothing(graph), sbr_nothing(graph)};
    if (!fits(m, graph, call, f)) return sbr_nothing(graph);
    sabir_solve_options with = options ? *options : (sabir_solve_options)SABIR_SOLVE_OPTIONS;
    if (with.most == 0) with.most = 30;
    with.precondition = sabir_multigrid_cycle;
    with.precondition_user = m;
    with.null_axes = m->is_singular ? m->given.axes : 0;
    const sabir_linear_operator a = {
        .apply = sabir_multigrid_apply, .user = m, .parameters = m->parameters, .parameter_count = m->parameter_count, .symmetric = 1};
    return sbr_solve(graph, call, accelerated ? sbr_cg_loop : sbr_richardson_loop, &a, right_side(m, graph, f), u0, &with, report);
}
