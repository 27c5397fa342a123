/* Reading and writing by index. Some indices lie outside. */
#include "case.h"

static const conform_fill moved = {-100, 100, CONFORM_WHOLE | CONFORM_SPECIAL, NULL};

static sabir_value indices(conform_build *b, sabir_shape shape, int64_t extent)
{
    return conform_input(b, SABIR_I32, shape, BETWEEN(-2, (double)extent + 1));
}

static sabir_value in(conform_build *b, sabir_shape shape) { return conform_input(b, b->type, shape, moved); }

static sabir_value rows(conform_build *b, sabir_value x) { return sabir_gather(b->graph, x, indices(b, SABIR_SHAPE(11), 7), 0); }

static void gathers(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(7, 13), moved, rows);
    sabir_graph *g = b->graph;
    conform_output(b, "columns", sabir_gather(g, in(b, SABIR_SHAPE(5, 13)), indices(b, SABIR_SHAPE(3, 7), 13), -1));
    conform_output(b, "middle", sabir_gather(g, in(b, SABIR_SHAPE(3, 7, 5)), indices(b, SABIR_SHAPE(4, 2), 7), 1));
    conform_output(b, "one", sabir_gather(g, in(b, SABIR_SHAPE(31, 5)), indices(b, SABIR_SCALAR_SHAPE, 31), 0));
    conform_output(b, "vector", sabir_gather(g, in(b, SABIR_SHAPE(31)), indices(b, SABIR_SHAPE(257), 31), 0));
    conform_output(b, "wide", sabir_embedding(g, in(b, SABIR_SHAPE(17, 260)), indices(b, SABIR_SHAPE(5), 17)));
    conform_output(b, "none", sabir_gather(g, in(b, SABIR_SHAPE(0, 5)), indices(b, SABIR_SHAPE(3), 2), 0));
    conform_output(b, "no_indices", sabir_gather(g, in(b, SABIR_SHAPE(3, 5)), indices(b, SABIR_SHAPE(0), 2), 0));
    conform_output(b, "strided", sabir_gather(g, in(b, SABIR_SHAPE(13, 4)), conform_laid(b, CONFORM_STEPPED, SABIR_I32, SABIR_SHAPE(7), BETWEEN(0, 12)), 0));
    const sabir_extent n = conform_dim(b, 20, 17, 3);
    conform_output(b, "dim", sabir_gather(g, in(b, SABIR_SHAPE(n, 5)), conform_input(b, SABIR_I32, SABIR_SHAPE(n), BETWEEN(-1, 18)), 0));
}

CONFORM_CASES(gather) { conform_add(list, ALL, "axes", gathers, 0); }

static sabir_value along(conform_build *b, sabir_value x) { return sabir_take_along(b->graph, x, indices(b, SABIR_SHAPE(7, 5), 13), -1); }

static void takes(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(7, 13), moved, along);
    sabir_graph *g = b->graph;
    conform_output(b, "middle", sabir_take_along(g, in(b, SABIR_SHAPE(3, 7, 5)), indices(b, SABIR_SHAPE(3, 9, 5), 7), 1));
    conform_output(b, "vector", sabir_take_along(g, in(b, SABIR_SHAPE(31)), indices(b, SABIR_SHAPE(257), 31), 0));
    conform_output(b, "empty", sabir_take_along(g, in(b, SABIR_SHAPE(3, 7)), indices(b, SABIR_SHAPE(3, 0), 7), 1));
    conform_output(b, "strided", sabir_take_along(g, in(b, SABIR_SHAPE(5, 7)), conform_laid(b, CONFORM_TRANSPOSED, SABIR_I32, SABIR_SHAPE(5, 3), BETWEEN(0, 6)), 1));
    conform_output(b, "dim", sabir_take_along(g, in(b, SABIR_SHAPE(31, 3)), conform_input(b, SABIR_I32, SABIR_SHAPE(conform_dim(b, 20, 17, 0), 3), BETWEEN(0, 30)), 0));
}

CONFORM_CASES(take_along) { conform_add(list, ALL, "axes", takes, 0); }

/* ---- Scatters: indices repeat ---- */

typedef sabir_value scatter(sabir_graph *, sabir_value, sabir_value, sabir_value, int32_t);
static scatter *const scatters[] = {sabir_scatter_set, sabir_scatter_add, sabir_scatter_max};

static void scatter_all(conform_build *b)
{
    sabir_graph *g = b->graph;
    scatter *apply = scatters[b->variant];
    conform_fill fill = b->variant == 1 ? (conform_fill){-2, 2, CONFORM_WHOLE, NULL} : moved;
    for (int layout = 0; layout < CONFORM_LAYOUTS; layout++)
        conform_output(b, conform_layout_names[layout],
                       apply(g, conform_laid(b, (conform_layout)layout, b->type, SABIR_SHAPE(7, 13), fill), indices(b, SABIR_SHAPE(11), 7),
                             conform_laid(b, (conform_layout)((layout + 1) % CONFORM_LAYOUTS), b->type, SABIR_SHAPE(11, 13), fill), 0));
    conform_output(b, "columns", apply(g, conform_input(b, b->type, SABIR_SHAPE(5, 7), fill), indices(b, SABIR_SHAPE(31), 7), conform_input(b, b->type, SABIR_SHAPE(5, 31), fill), -1));
    conform_output(b, "middle", apply(g, conform_input(b, b->type, SABIR_SHAPE(3, 7, 5), fill), indices(b, SABIR_SHAPE(4), 7), conform_input(b, b->type, SABIR_SHAPE(3, 4, 5), fill), 1));
    conform_output(b, "vector", apply(g, conform_input(b, b->type, SABIR_SHAPE(31), fill), indices(b, SABIR_SHAPE(1031), 31), conform_input(b, b->type, SABIR_SHAPE(1031), fill), 0));
    conform_output(b, "nothing", apply(g, conform_input(b, b->type, SABIR_SHAPE(5, 3), fill), indices(b, SABIR_SHAPE(0), 7), conform_input(b, b->type, SABIR_SHAPE(0, 3), fill), 0));
    conform_output(b, "nowhere", apply(g, conform_input(b, b->type, SABIR_SHAPE(0, 3), fill), indices(b, SABIR_SHAPE(2), 7), conform_input(b, b->type, SABIR_SHAPE(2, 3), fill), 0));
    const sabir_extent n = conform_dim(b, 40, 37, 3);
    conform_output(b, "dim", apply(g, conform_input(b, b->type, SABIR_SHAPE(7, 3), fill), indices(b, SABIR_SHAPE(n), 7), conform_input(b, b->type, SABIR_SHAPE(n, 3), fill), 0));
}

CONFORM_CASES(scatter_set) { conform_add(list, ALL, "axes", scatter_all, 0); }
CONFORM_CASES(scatter_add) { conform_add(list, NUMBERS, "axes", scatter_all, 1); }
CONFORM_CASES(scatter_max) { conform_add(list, NUMBERS, "axes", scatter_all, 2); }
