/* Grids and sparse rows: stencil, segments, spmm. */
#include <string.h>

#include "case.h"

typedef struct grid { const char *name; sabir_shape x, weights; sabir_stencil_attrs attrs; bool mask; } grid;

#define P SABIR_BOUNDARY_PERIODIC
#define D SABIR_BOUNDARY_DIRICHLET
#define N SABIR_BOUNDARY_NEUMANN
static const grid grids[] = {
    {"line_periodic", {2, {3, 31}}, {1, {3}}, {1, {P}, {0}}, false},
    {"line_dirichlet", {2, {3, 31}}, {1, {5}}, {1, {D}, {0.5}}, false},
    {"line_neumann", {1, {101}}, {1, {7}}, {1, {N}, {0}}, true},
    {"plane_periodic", {3, {2, 13, 7}}, {2, {3, 3}}, {2, {P, P}, {0}}, true},
    {"plane_mixed", {3, {2, 13, 7}}, {2, {3, 5}}, {2, {D, N}, {1.5}}, true},
    {"plane_corner", {2, {7, 5}}, {2, {3, 3}}, {2, {D, D}, {1, -2}}, false},
    {"volume", {4, {2, 5, 4, 7}}, {3, {3, 3, 3}}, {3, {N, P, D}, {0, 0, 3}}, true},
    {"volume_centre", {3, {5, 4, 7}}, {3, {1, 3, 1}}, {3, {P, N, D}, {0, 0, 1}}, false},
    {"halo_beyond", {1, {2}}, {1, {7}}, {1, {P}, {0}}, false},
    {"empty", {3, {0, 5, 7}}, {2, {3, 3}}, {2, {P, N}, {0}}, false},
};
#undef P
#undef D
#undef N

static sabir_value spread(conform_build *b, const grid *of, sabir_value x)
{
    const sabir_shape cells = sabir_shape_make(of->attrs.axes, &of->x.extents[of->x.rank - of->attrs.axes]);
    const sabir_value mask = of->mask ? conform_input(b, SABIR_BOOL, cells, PLAIN) : SABIR_NONE;
    return sabir_stencil(b->graph, x, conform_input(b, b->type, of->weights, BETWEEN(-1, 1)), mask, &of->attrs);
}

static void stencils(conform_build *b)
{
    for (uint32_t i = 0; i < COUNT_OF(grids); i++) conform_output(b, grids[i].name, spread(b, &grids[i], conform_input(b, b->type, grids[i].x, PLAIN)));
    for (int layout = CONFORM_TRANSPOSED; layout < CONFORM_LAYOUTS; layout++)
        conform_output(b, conform_layout_names[layout], spread(b, &grids[4], conform_laid(b, (conform_layout)layout, b->type, grids[4].x, PLAIN)));
    sabir_shape x = grids[3].x;
    x.extents[0] = conform_dim(b, 5, 4, 0);
    conform_output(b, "dim", spread(b, &grids[3], conform_input(b, b->type, x, PLAIN)));
}

CONFORM_CASES(stencil) { conform_add(list, FLOATS, "boundaries", stencils, 0); }

/* ---- Rows by pointer ---- */

static sabir_value pointers(conform_build *b, sabir_extent count, int64_t edges)
{
    return conform_input(b, SABIR_I32, SABIR_SHAPE(count), (conform_fill){0, (double)edges, CONFORM_RISING, NULL});
}

static sabir_value segment(conform_build *b, sabir_value x, sabir_value rows)
{
    if (strcmp(b->of->op, "segment_sum") == 0) return sabir_segment_sum(b->graph, x, rows);
    return strcmp(b->of->op, "segment_mean") == 0 ? sabir_segment_mean(b->graph, x, rows) : sabir_segment_max(b->graph, x, rows);
}

static sabir_value gathered(conform_build *b, sabir_value x) { return segment(b, x, pointers(b, 6, 31)); }

static void segments(conform_build *b)
{
    const conform_fill fill = {-2, 2, CONFORM_WHOLE, NULL};
    conform_over_layouts(b, SABIR_SHAPE(31, 5), fill, gathered);
    conform_output(b, "many_empty", segment(b, conform_input(b, b->type, SABIR_SHAPE(5, 7), fill), pointers(b, 32, 5)));
    conform_output(b, "vector", segment(b, conform_input(b, b->type, SABIR_SHAPE(1031), BETWEEN(0, 1)), pointers(b, 14, 1031)));
    conform_output(b, "one", segment(b, conform_input(b, b->type, SABIR_SHAPE(257, 3), BETWEEN(0, 1)), pointers(b, 2, 257)));
    conform_output(b, "features", segment(b, conform_input(b, b->type, SABIR_SHAPE(13, 3, 5), fill), pointers(b, 5, 13)));
    conform_output(b, "beyond", segment(b, conform_input(b, b->type, SABIR_SHAPE(7, 3), fill), conform_list_of(b, SABIR_I32, SABIR_INTS(-3, 2, 5, 99))));
    conform_output(b, "none", segment(b, conform_input(b, b->type, SABIR_SHAPE(0, 3), fill), pointers(b, 4, 0)));
    conform_output(b, "no_rows", segment(b, conform_input(b, b->type, SABIR_SHAPE(3, 2), fill), pointers(b, 1, 0)));
    const sabir_extent n = conform_dim(b, 40, 37, 13);
    conform_output(b, "dim", segment(b, conform_input(b, b->type, SABIR_SHAPE(n, 3), fill), pointers(b, 6, 13)));
}

CONFORM_CASES(segment_sum) { conform_add(list, NUMBERS, "rows", segments, 0); }
CONFORM_CASES(segment_mean) { conform_add(list, FLOATS, "rows", segments, 0); }
CONFORM_CASES(segment_max) { conform_add(list, NUMBERS, "rows", segments, 0); }

static sabir_value multiply(conform_build *b, sabir_value x, int64_t rows, int64_t edges, int64_t columns)
{
    const sabir_value values = b->variant ? conform_input(b, b->type, SABIR_SHAPE(edges), BETWEEN(-1, 1)) : SABIR_NONE;
    const sabir_value to = conform_input(b, SABIR_I32, SABIR_SHAPE(edges), BETWEEN(-1, (double)columns));
    return sabir_spmm(b->graph, pointers(b, rows + 1, edges), to, values, x);
}

static sabir_value multiply_usual(conform_build *b, sabir_value x) { return multiply(b, x, 11, 31, 7); }

static void products(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(7, 13), PLAIN, multiply_usual);
    conform_output(b, "single", multiply(b, conform_input(b, b->type, SABIR_SHAPE(31, 1), PLAIN), 13, 61, 31));
    conform_output(b, "wide", multiply(b, conform_input(b, b->type, SABIR_SHAPE(13, 257), PLAIN), 5, 31, 13));
    conform_output(b, "dense_row", multiply(b, conform_input(b, b->type, SABIR_SHAPE(13, 3), BETWEEN(0, 1)), 1, 257, 13));
    conform_output(b, "no_edges", multiply(b, conform_input(b, b->type, SABIR_SHAPE(5, 3), PLAIN), 7, 0, 5));
    conform_output(b, "no_features", multiply(b, conform_input(b, b->type, SABIR_SHAPE(5, 0), PLAIN), 7, 13, 5));
}

CONFORM_CASES(spmm)
{
    conform_add(list, FLOATS, "values", products, 1);
    conform_add(list, FLOATS, "ones", products, 0);
}
