/* Views of the same elements, and blocks at starts known at run. */
#include "case.h"

static const conform_fill moved = {-100, 100, CONFORM_WHOLE | CONFORM_SPECIAL, NULL};

static sabir_value in(conform_build *b, sabir_shape shape) { return conform_input(b, b->type, shape, moved); }
static sabir_value flat(conform_build *b, sabir_value x) { return sabir_reshape(b->graph, x, SABIR_SHAPE(-1)); }
static sabir_value split(conform_build *b, sabir_value x) { return sabir_reshape(b->graph, x, SABIR_SHAPE(3, 13, -1)); }

static void reshapes(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(7, 39), moved, split);
    conform_output(b, "rank0", sabir_reshape(b->graph, in(b, SABIR_SHAPE(1, 1)), SABIR_SCALAR_SHAPE));
    conform_output(b, "rank8", flat(b, in(b, SABIR_SHAPE(2, 1, 3, 1, 2, 2, 1, 3))));
    conform_output(b, "empty", sabir_reshape(b->graph, in(b, SABIR_SHAPE(0, 5)), SABIR_SHAPE(3, 0)));
    const sabir_extent n = conform_dim(b, 20, 13, 1);
    conform_output(b, "dim", flat(b, in(b, SABIR_SHAPE(n, 6))));
}

CONFORM_CASES(reshape) { conform_add(list, ALL, "layouts", reshapes, 0); }

static sabir_value turn(conform_build *b, sabir_value x) { return sabir_transpose(b->graph, x, SABIR_INTS(2, 0, 1)); }

static void transposes(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(5, 7, 13), moved, turn);
    conform_output(b, "matrix", sabir_transpose(b->graph, in(b, SABIR_SHAPE(31, 257)), SABIR_INTS(1, 0)));
    conform_output(b, "negative", sabir_transpose(b->graph, in(b, SABIR_SHAPE(7, 31)), SABIR_INTS(-1, -2)));
    conform_output(b, "rank0", sabir_transpose(b->graph, in(b, SABIR_SCALAR_SHAPE), sabir_ints_make(0, NULL)));
    conform_output(b, "rank8", sabir_transpose(b->graph, in(b, SABIR_SHAPE(2, 1, 3, 2, 2, 1, 2, 3)), SABIR_INTS(7, 3, 5, 0, 2, 6, 1, 4)));
    conform_output(b, "empty", sabir_transpose(b->graph, in(b, SABIR_SHAPE(3, 0)), SABIR_INTS(1, 0)));
    conform_output(b, "dim", sabir_transpose(b->graph, in(b, SABIR_SHAPE(conform_dim(b, 20, 17, 2), 5)), SABIR_INTS(1, 0)));
}

CONFORM_CASES(transpose) { conform_add(list, ALL, "axes", transposes, 0); }

static sabir_value cut(conform_build *b, sabir_value x)
{
    return sabir_slice(b->graph, x, SABIR_INTS(4, 1), SABIR_SHAPE(3, 5), SABIR_INTS(-2, 2));
}

static void slices(conform_build *b)
{
    sabir_graph *g = b->graph;
    conform_over_layouts(b, SABIR_SHAPE(5, 13), moved, cut);
    conform_output(b, "odd_start", sabir_slice(g, in(b, SABIR_SHAPE(257)), SABIR_INTS(3), SABIR_SHAPE(101), SABIR_INTS(1)));
    conform_output(b, "rows", sabir_narrow(g, in(b, SABIR_SHAPE(7, 31)), 0, 2, 3));
    conform_output(b, "last", sabir_narrow(g, in(b, SABIR_SHAPE(7, 31)), -1, 30, 1));
    conform_output(b, "nothing", sabir_narrow(g, in(b, SABIR_SHAPE(7, 31)), 0, 7, 0));
    conform_output(b, "flip", sabir_flip(g, in(b, SABIR_SHAPE(3, 5, 7)), SABIR_INTS(0, -1)));
    conform_output(b, "flip_all", sabir_flip(g, in(b, SABIR_SHAPE(3, 5)), SABIR_ALL_AXES));
    const sabir_extent n = conform_dim_from(b, 3, 20, 13, 4);
    conform_output(b, "dim", sabir_narrow(g, in(b, SABIR_SHAPE(31, 5)), 0, 3, n));
    conform_output(b, "flip_dim", sabir_flip(g, in(b, SABIR_SHAPE(n, 3)), SABIR_INTS(0)));
    conform_output(b, "stepped_dim", sabir_slice(g, in(b, SABIR_SHAPE(5, 50)), SABIR_INTS(4, 1), SABIR_SHAPE(3, n), SABIR_INTS(-2, 2)));
    conform_output(b, "backward_dim", sabir_slice(g, in(b, SABIR_SHAPE(31)), SABIR_INTS(25), SABIR_SHAPE(n), SABIR_INTS(-1)));
    conform_output(b, "of_dim", sabir_slice(g, in(b, SABIR_SHAPE(n, 3)), SABIR_INTS(1, 2), SABIR_SHAPE(sabir_dim_affine(g, n, 1, -3), 2), SABIR_INTS(1, -1)));
}

CONFORM_CASES(slice) { conform_add(list, ALL, "steps", slices, 0); }

static sabir_value wide(conform_build *b, sabir_value x) { return sabir_broadcast(b->graph, x, SABIR_SHAPE(3, 5, 7)); }

static void broadcasts(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(1, 7), moved, wide);
    conform_output(b, "rank0", sabir_broadcast(b->graph, in(b, SABIR_SCALAR_SHAPE), SABIR_SHAPE(3, 5)));
    conform_output(b, "rank8", sabir_broadcast(b->graph, in(b, SABIR_SHAPE(3, 1, 2)), SABIR_SHAPE(2, 1, 2, 1, 3, 3, 2, 2)));
    conform_output(b, "empty", sabir_broadcast(b->graph, in(b, SABIR_SHAPE(1, 3)), SABIR_SHAPE(0, 3)));
    conform_output(b, "dim", sabir_broadcast(b->graph, in(b, SABIR_SHAPE(1, 3)), SABIR_SHAPE(conform_dim(b, 20, 17, 0), 3)));
}

CONFORM_CASES(broadcast) { conform_add(list, ALL, "shapes", broadcasts, 0); }

static sabir_value middle(conform_build *b, sabir_value x) { return sabir_diagonal(b->graph, x); }

static void diagonals(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(5, 13), moved, middle);
    const sabir_shape shapes[] = {SABIR_SHAPE(31, 31), SABIR_SHAPE(3, 7, 5), SABIR_SHAPE(0, 5), SABIR_SHAPE(1, 1), SABIR_SHAPE(2, 1, 3, 4, 4)};
    conform_over_shapes(b, shapes, COUNT_OF(shapes), moved, middle);
    const sabir_extent n = conform_dim(b, 20, 13, 3);
    conform_output(b, "dim", middle(b, in(b, SABIR_SHAPE(2, n, 5))));
    conform_output(b, "dims", middle(b, in(b, SABIR_SHAPE(n, n))));
}

CONFORM_CASES(diagonal) { conform_add(list, WIDTHS | OF(I64), "shapes", diagonals, 0); }

/* ---- Blocks ---- */

static const conform_fill starts = {-2, 9, 0, NULL}; /* some stick out */

static sabir_value block(conform_build *b, sabir_value x)
{
    return sabir_dynamic_slice(b->graph, x, conform_input(b, SABIR_I32, SABIR_SHAPE(2), starts), SABIR_SHAPE(3, 5));
}

static void dynamic_slices(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(7, 13), moved, block);
    sabir_graph *g = b->graph;
    conform_output(b, "vector", sabir_dynamic_slice(g, in(b, SABIR_SHAPE(257)), conform_list_of(b, SABIR_I32, SABIR_INTS(101)), SABIR_SHAPE(31)));
    conform_output(b, "whole", sabir_dynamic_slice(g, in(b, SABIR_SHAPE(7, 3)), conform_list_of(b, SABIR_I32, SABIR_INTS(5, 5)), SABIR_SHAPE(7, 3)));
    conform_output(b, "empty", sabir_dynamic_slice(g, in(b, SABIR_SHAPE(7, 3)), conform_list_of(b, SABIR_I32, SABIR_INTS(5, 1)), SABIR_SHAPE(0, 2)));
    conform_output(b, "rank0", sabir_dynamic_slice(g, in(b, SABIR_SCALAR_SHAPE), conform_input(b, SABIR_I32, SABIR_SHAPE(0), starts), SABIR_SCALAR_SHAPE));
    const sabir_extent n = conform_dim(b, 20, 13, 4);
    conform_output(b, "dim", sabir_dynamic_slice(g, in(b, SABIR_SHAPE(31, 3)), conform_list_of(b, SABIR_I32, SABIR_INTS(17, 0)), SABIR_SHAPE(n, 3)));
}

CONFORM_CASES(dynamic_slice) { conform_add(list, ALL, "starts", dynamic_slices, 0); }

static sabir_value put(conform_build *b, sabir_value x)
{
    return sabir_update(b->graph, x, in(b, SABIR_SHAPE(3, 5)), conform_input(b, SABIR_I32, SABIR_SHAPE(2), starts));
}

static void updates(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(7, 13), moved, put);
    sabir_graph *g = b->graph;
    const sabir_value old = in(b, SABIR_SHAPE(257)), start = conform_list_of(b, SABIR_I32, SABIR_INTS(101));
    const sabir_value once = sabir_update(g, old, in(b, SABIR_SHAPE(31)), start);
    conform_output(b, "once", once);
    conform_output(b, "twice", sabir_update(g, once, conform_laid(b, CONFORM_BACKWARD, b->type, SABIR_SHAPE(7), moved), conform_list_of(b, SABIR_I32, SABIR_INTS(113))));
    conform_output(b, "old", old);
    conform_output(b, "nothing", sabir_update(g, in(b, SABIR_SHAPE(7, 3)), in(b, SABIR_SHAPE(0, 3)), conform_list_of(b, SABIR_I32, SABIR_INTS(2, 0))));
    conform_output(b, "rank0", sabir_update(g, in(b, SABIR_SCALAR_SHAPE), in(b, SABIR_SCALAR_SHAPE), conform_input(b, SABIR_I32, SABIR_SHAPE(0), starts)));
    const sabir_extent n = conform_dim(b, 20, 13, 4);
    conform_output(b, "dim", sabir_update(g, in(b, SABIR_SHAPE(31, 3)), in(b, SABIR_SHAPE(n, 3)), conform_list_of(b, SABIR_I32, SABIR_INTS(17, 0))));
}

/* For slow devices. Whole words of small elements. */
static void small_update(conform_build *b)
{
    const sabir_value part = conform_laid(b, CONFORM_BACKWARD, b->type, SABIR_SHAPE(2, 4), moved);
    conform_output(b, "small", sabir_update(b->graph, in(b, SABIR_SHAPE(3, 8)), part, conform_input(b, SABIR_I32, SABIR_SHAPE(2), starts)));
}

CONFORM_CASES(update)
{
    conform_add(list, OF(U8), "small", small_update, 0);
    conform_add(list, ALL, "starts", updates, 0);
}
