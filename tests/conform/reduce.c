/* Reductions over axes and the place of the largest. */
#include <stdio.h>
#include <string.h>

#include "case.h"

/* One sign, so that a sum is no small difference of large numbers. Products stay near 1. */
static conform_fill fill_of(const conform_build *b)
{
    if (strcmp(b->of->op, "prod") == 0) return FLOATS & 1u << b->type ? BETWEEN(0.9, 1.1) : BETWEEN(1, 3);
    if (b->of->tolerance == 0) return (conform_fill){-4, 4, CONFORM_COARSE | CONFORM_WHOLE, NULL};
    return (conform_fill){0, 1, CONFORM_WHOLE, NULL};
}

static sabir_value over(conform_build *b, sabir_value x, sabir_ints axes) { return sabir_reduce(b->graph, b->of->op, x, &(sabir_reduce_attrs){.axes = axes}); }
static sabir_value last(conform_build *b, sabir_value x) { return over(b, x, SABIR_INTS(-1)); }
static sabir_value all(conform_build *b, sabir_value x) { return over(b, x, SABIR_ALL_AXES); }
static sabir_value first(conform_build *b, sabir_value x) { return over(b, x, SABIR_INTS(0)); }

static void axes(conform_build *b)
{
    const conform_fill fill = fill_of(b);
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(3, 7, 5, 13), fill);
    conform_output(b, "last", last(b, x));
    conform_output(b, "first", first(b, x));
    conform_output(b, "middle", over(b, x, SABIR_INTS(1, 2)));
    conform_output(b, "apart", over(b, x, SABIR_INTS(-1, 0)));
    conform_output(b, "all", all(b, x));
    conform_output(b, "none", over(b, x, sabir_ints_make(0, NULL)));
    conform_output(b, "keep", sabir_reduce(b->graph, b->of->op, x, &(sabir_reduce_attrs){.axes = SABIR_INTS(1, 3), .keep = 1}));
    conform_output(b, "long", last(b, conform_input(b, b->type, SABIR_SHAPE(3, 1031), fill)));
    conform_output(b, "tall", first(b, conform_input(b, b->type, SABIR_SHAPE(1031, 3), fill)));
    conform_output(b, "vector", all(b, conform_input(b, b->type, SABIR_SHAPE(20011), fill)));
    conform_output(b, "rank0", all(b, conform_input(b, b->type, SABIR_SCALAR_SHAPE, fill)));
    conform_output(b, "rank8", over(b, conform_input(b, b->type, SABIR_SHAPE(2, 1, 3, 2, 1, 2, 3, 2), fill), SABIR_INTS(0, 3, 6)));
    conform_output(b, "nothing", last(b, conform_input(b, b->type, SABIR_SHAPE(3, 0), fill)));
    conform_output(b, "no_rows", last(b, conform_input(b, b->type, SABIR_SHAPE(0, 3), fill)));
}

static void layouts(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(7, 31), fill_of(b), last);
    const sabir_extent n = conform_dim(b, 70, 67, 5);
    conform_output(b, "dim", last(b, conform_input(b, b->type, SABIR_SHAPE(3, n), fill_of(b))));
    conform_output(b, "dim_all", all(b, conform_input(b, b->type, SABIR_SHAPE(n, 3), fill_of(b))));
    conform_output(b, "dim_rows", last(b, conform_input(b, b->type, SABIR_SHAPE(n, 3), fill_of(b))));
}

static void specials(conform_build *b)
{
    const conform_fill fill = {-4, 4, CONFORM_SPECIAL | CONFORM_COARSE, NULL};
    conform_output(b, "rows", last(b, conform_input(b, b->type, SABIR_SHAPE(31, 5), fill)));
    conform_output(b, "columns", first(b, conform_input(b, b->type, SABIR_SHAPE(5, 31), fill)));
}

static void compensated(conform_build *b)
{
    const sabir_reduce_attrs attrs = {.axes = SABIR_INTS(-1), .accumulate = SABIR_ACCUMULATE_COMPENSATED};
    conform_output(b, "long", sabir_reduce(b->graph, b->of->op, conform_input(b, b->type, SABIR_SHAPE(3, 5003), BETWEEN(0, 1)), &attrs));
    conform_output(b, "tall", sabir_reduce(b->graph, b->of->op, conform_laid(b, CONFORM_TRANSPOSED, b->type, SABIR_SHAPE(5, 1031), BETWEEN(0, 1)), &attrs));
}

static void wide(conform_build *b)
{
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(7, 1031), (conform_fill){-100, 100, CONFORM_WHOLE, NULL});
    conform_output(b, "rows", sabir_reduce(b->graph, "sum", x, &(sabir_reduce_attrs){.axes = SABIR_INTS(1), .wide = 1}));
    conform_output(b, "all", sabir_reduce(b->graph, "sum", x, &(sabir_reduce_attrs){.axes = SABIR_ALL_AXES, .wide = 1}));
}

CONFORM_CASES(sum)
{
    conform_add(list, NUMBERS | OF(I64), "axes", axes, 0);
    conform_add(list, NUMBERS, "layouts", layouts, 0);
    conform_add(list, FLOATS, "compensated", compensated, 0);
    conform_add(list, INTS, "wide", wide, 0);
}

CONFORM_CASES(mean)
{
    conform_add(list, FLOATS, "axes", axes, 0);
    conform_add(list, FLOATS, "layouts", layouts, 0);
    conform_add(list, FLOATS, "compensated", compensated, 0);
}

CONFORM_CASES(prod)
{
    conform_add(list, NUMBERS, "axes", axes, 0);
    conform_add(list, NUMBERS, "layouts", layouts, 0);
}

static void bounds(conform_list *list)
{
    conform_add(list, NUMBERS, "axes", axes, 0);
    conform_add(list, NUMBERS, "layouts", layouts, 0);
    conform_add(list, FLOATS, "specials", specials, 0);
}

CONFORM_CASES(max) { bounds(list); }
CONFORM_CASES(min) { bounds(list); }

/* ---- Places ---- */

static sabir_value place(conform_build *b, sabir_value x, int32_t axis)
{
    return strcmp(b->of->op, "argmax") == 0 ? sabir_argmax(b->graph, x, axis) : sabir_argmin(b->graph, x, axis);
}

static sabir_value place_last(conform_build *b, sabir_value x) { return place(b, x, -1); }

static void places(conform_build *b)
{
    const conform_fill fill = {-3, 3, CONFORM_COARSE, NULL}, special = {-3, 3, CONFORM_COARSE | CONFORM_SPECIAL, NULL};
    conform_over_layouts(b, SABIR_SHAPE(7, 31), fill, place_last);
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(5, 7, 13), fill);
    conform_output(b, "first", place(b, x, 0));
    conform_output(b, "middle", place(b, x, 1));
    conform_output(b, "long", place(b, conform_input(b, b->type, SABIR_SHAPE(3, 1031), fill), 1));
    conform_output(b, "tall", place(b, conform_input(b, b->type, SABIR_SHAPE(1031, 3), fill), 0));
    conform_output(b, "single", place(b, conform_input(b, b->type, SABIR_SHAPE(1), fill), 0));
    conform_output(b, "specials", place(b, conform_input(b, b->type, SABIR_SHAPE(31, 13), special), 1));
    conform_output(b, "no_rows", place(b, conform_input(b, b->type, SABIR_SHAPE(0, 3), fill), 1));
    conform_output(b, "dim", place(b, conform_input(b, b->type, SABIR_SHAPE(conform_dim(b, 70, 67, 1), 31), fill), -1));
}

CONFORM_CASES(argmax) { conform_add(list, NUMBERS, "axes", places, 0); }
CONFORM_CASES(argmin) { conform_add(list, NUMBERS, "axes", places, 0); }
