/* Arakawa's Jacobian. */
#include "grid.h"

typedef struct nine { sabir_value of[3][3]; } nine; /* the field seen from each neighbour: [along a][along b], 1 the cell itself */

static nine neighbours(const sbr_grid *grid, sabir_value x)
{
    const sabir_extent n = sbr_extent_of(x, grid->first), m = sbr_extent_of(x, grid->first + 1);
    const sabir_value wide = sbr_extend(grid, x, 1);
    nine all;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) all.of[i][k] = sbr_part(sbr_part(wide, grid->first, i, n), grid->first + 1, k, m);
    return all;
}

/* u (a - b). */
static sabir_value term(sabir_value u, sabir_value a, sabir_value b) { return sabir_mul(u.graph, u, sabir_sub(u.graph, a, b)); }

/* Differences of q weighted with p at the four nearest neighbours: the form in which p stands outside the differences. */
static sabir_value advective(const nine *p, const nine *q)
{
    sabir_graph *graph = p->of[1][1].graph;
    const sabir_value ahead = term(p->of[2][1], q->of[2][2], q->of[2][0]), behind = term(p->of[0][1], q->of[0][2], q->of[0][0]);
    const sabir_value above = term(p->of[1][2], q->of[2][2], q->of[0][2]), below = term(p->of[1][0], q->of[2][0], q->of[0][0]);
    return sabir_add(graph, sabir_sub(graph, ahead, behind), sabir_sub(graph, below, above));
}

sabir_value sabir_grid_arakawa(sabir_graph *graph, sabir_value p, sabir_value q, const sabir_grid *given)
{
    sbr_grid grid, other;
    if (!sbr_grid_open(graph, "grid_arakawa", p, given, 0, &grid) || !sbr_grid_open(graph, "grid_arakawa", q, given, 0, &other))
        return sbr_nothing(graph);
    if (grid.axes != 2) return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "grid_arakawa: a grid of %d axes; 2", grid.axes);
    const nine a = neighbours(&grid, p), b = neighbours(&other, q);
    if (!sbr_is_value(a.of[1][1]) || !sbr_is_value(b.of[1][1])) return sbr_nothing(graph);
    const sabir_value by_a = sabir_sub(graph, a.of[2][1], a.of[0][1]), by_b = sabir_sub(graph, a.of[1][2], a.of[1][0]);
    const sabir_value plain = sabir_sub(graph, term(by_a, b.of[1][2], b.of[1][0]), term(by_b, b.of[2][1], b.of[0][1]));
    const sabir_value sum = sabir_sub(graph, sabir_add(graph, plain, advective(&a, &b)), advective(&b, &a));
    return sbr_scaled(sum, 1 / (12 * grid.spacing[0] * grid.spacing[1]));
}
