/* Grids: stencil. */
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

/* The first axis of the grid has an extent known at run, down to less than the halo. */
static void stencil_dims(conform_build *b)
{
    const sabir_extent n = conform_dim_from(b, 1, 20, 13, 2);
    for (uint32_t i = 0; i < COUNT_OF(grids); i++) {
        grid of = grids[i];
        of.x.extents[of.x.rank - of.attrs.axes] = n;
        conform_output(b, of.name, spread(b, &of, conform_input(b, b->type, of.x, PLAIN)));
    }
}

CONFORM_CASES(stencil)
{
    conform_add(list, FLOATS, "boundaries", stencils, 0);
    conform_add(list, OF(F32), "dims", stencil_dims, 0);
}
