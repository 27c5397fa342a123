/* Softmax, norms, rotary positions, cross-entropy. */
#include <string.h>

#include "case.h"

static sabir_value soften(conform_build *b, sabir_value x, int32_t axis)
{
    return strcmp(b->of->op, "softmax") == 0 ? sabir_softmax(b->graph, x, axis) : sabir_log_softmax(b->graph, x, axis);
}

static sabir_value soften_last(conform_build *b, sabir_value x) { return soften(b, x, -1); }

static void softmaxes(conform_build *b)
{
    const conform_fill fill = BETWEEN(-5, 5);
    const sabir_shape shapes[] = {SABIR_SHAPE(1), SABIR_SHAPE(3, 1031), SABIR_SHAPE(31, 2), SABIR_SHAPE(0, 3), SABIR_SHAPE(3, 0), SABIR_SHAPE(2, 1, 2, 1, 2, 1, 2, 7)};
    conform_over_layouts(b, SABIR_SHAPE(7, 31), fill, soften_last);
    conform_over_shapes(b, shapes, COUNT_OF(shapes), fill, soften_last);
    conform_output(b, "first", soften(b, conform_input(b, b->type, SABIR_SHAPE(13, 5), fill), 0));
    conform_output(b, "middle", soften(b, conform_input(b, b->type, SABIR_SHAPE(3, 13, 5), fill), 1));
    conform_output(b, "far", soften_last(b, conform_input(b, b->type, SABIR_SHAPE(5, 13), BETWEEN(1000, 1010))));
    conform_output(b, "masked", soften_last(b, sabir_select(b->graph, conform_input(b, SABIR_BOOL, SABIR_SHAPE(13), PLAIN), conform_input(b, b->type, SABIR_SHAPE(5, 13), fill),
                                                            sabir_number(b->graph, b->type, -30000))));
    const sabir_extent n = conform_dim(b, 70, 67, 1);
    conform_output(b, "dim", soften_last(b, conform_input(b, b->type, SABIR_SHAPE(3, n), fill)));
}

CONFORM_CASES(softmax) { conform_add(list, FLOATS, "axes", softmaxes, 0); }
CONFORM_CASES(log_softmax) { conform_add(list, FLOATS, "axes", softmaxes, 0); }

/* ---- Norms: variant tells how many of scale and shift there are ---- */

static sabir_value norm(conform_build *b, sabir_value x, int64_t groups)
{
    const sabir_shape shape = sabir_value_shape(x);
    const sabir_shape along = SABIR_SHAPE(shape.extents[groups ? 1 : shape.rank - 1]);
    const sabir_value scale = b->variant > 0 ? conform_input(b, b->type, along, BETWEEN(0.5, 1.5)) : SABIR_NONE;
    const sabir_value shift = b->variant > 1 ? conform_input(b, b->type, along, BETWEEN(-1, 1)) : SABIR_NONE;
    if (groups) return sabir_group_norm(b->graph, x, scale, shift, groups, 1e-5);
    return strcmp(b->of->op, "layer_norm") == 0 ? sabir_layer_norm(b->graph, x, scale, shift, 1e-5) : sabir_rms_norm(b->graph, x, scale, 1e-6);
}

static sabir_value norm_rows(conform_build *b, sabir_value x) { return norm(b, x, 0); }
static sabir_value norm_two(conform_build *b, sabir_value x) { return norm(b, x, 2); }

static void row_norms(conform_build *b)
{
    const sabir_shape shapes[] = {SABIR_SHAPE(13), SABIR_SHAPE(3, 1031), SABIR_SHAPE(0, 3), SABIR_SHAPE(2, 1, 3, 1, 2, 1, 2, 8)};
    conform_over_layouts(b, SABIR_SHAPE(7, 31), BETWEEN(-2, 3), norm_rows);
    conform_over_shapes(b, shapes, COUNT_OF(shapes), BETWEEN(-2, 3), norm_rows);
    conform_output(b, "dim", norm_rows(b, conform_input(b, b->type, SABIR_SHAPE(conform_dim(b, 70, 67, 1), 13), BETWEEN(-2, 3))));
}

CONFORM_CASES(layer_norm)
{
    conform_add(list, FLOATS, "plain", row_norms, 0);
    conform_add(list, OF(F32) | OF(F16), "scale", row_norms, 1);
    conform_add(list, FLOATS, "shift", row_norms, 2);
}

CONFORM_CASES(rms_norm)
{
    conform_add(list, FLOATS, "plain", row_norms, 0);
    conform_add(list, FLOATS, "scale", row_norms, 1);
}

static void group_norms(conform_build *b)
{
    const sabir_shape shapes[] = {SABIR_SHAPE(3, 4), SABIR_SHAPE(2, 6, 31), SABIR_SHAPE(1, 4, 5, 3, 2), SABIR_SHAPE(0, 4, 3), SABIR_SHAPE(2, 2, 257)};
    conform_over_layouts(b, SABIR_SHAPE(2, 6, 5, 7), BETWEEN(-2, 3), norm_two);
    conform_over_shapes(b, shapes, COUNT_OF(shapes), BETWEEN(-2, 3), norm_two);
    conform_output(b, "one_group", norm(b, conform_input(b, b->type, SABIR_SHAPE(3, 5, 7), BETWEEN(-2, 3)), 1));
    conform_output(b, "dims", norm_two(b, conform_input(b, b->type, SABIR_SHAPE(conform_dim(b, 5, 3, 1), 6, conform_dim_from(b, 1, 20, 13, 4)), BETWEEN(-2, 3))));
    conform_output(b, "each", norm(b, conform_input(b, b->type, SABIR_SHAPE(3, 5, 7), BETWEEN(-2, 3)), 5));
}

CONFORM_CASES(group_norm)
{
    conform_add(list, FLOATS, "plain", group_norms, 0);
    conform_add(list, OF(F32) | OF(F16), "scale", group_norms, 1);
    conform_add(list, FLOATS, "shift", group_norms, 2);
}

/* ---- Rotary positions ---- */

static sabir_value turn(conform_build *b, sabir_value x)
{
    sabir_shape rows = sabir_value_shape(x);
    rows.rank--;
    return sabir_rope(b->graph, x, conform_input(b, SABIR_I32, rows, BETWEEN(0, 500)), 10000, 0);
}

static void ropes(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(3, 7, 16), PLAIN, turn);
    const sabir_shape shapes[] = {SABIR_SHAPE(2), SABIR_SHAPE(31, 6), SABIR_SHAPE(0, 4), SABIR_SHAPE(2, 1, 2, 1, 3, 1, 2, 8)};
    conform_over_shapes(b, shapes, COUNT_OF(shapes), PLAIN, turn);
    sabir_graph *g = b->graph;
    conform_output(b, "partial", sabir_rope(g, conform_input(b, b->type, SABIR_SHAPE(5, 13), PLAIN), conform_input(b, SABIR_I32, SABIR_SHAPE(5), BETWEEN(-9, 500)), 1000, 8));
    conform_output(b, "shared", sabir_rope(g, conform_input(b, b->type, SABIR_SHAPE(3, 7, 8), PLAIN), conform_input(b, SABIR_I32, SABIR_SHAPE(7), BETWEEN(0, 99)), 10000, 0));
    conform_output(b, "one", sabir_rope(g, conform_input(b, b->type, SABIR_SHAPE(3, 8), PLAIN), conform_input(b, SABIR_I32, SABIR_SCALAR_SHAPE, BETWEEN(0, 99)), 10000, 0));
    const sabir_extent n = conform_dim(b, 70, 67, 1);
    conform_output(b, "dim", sabir_rope(g, conform_input(b, b->type, SABIR_SHAPE(n, 8), PLAIN), conform_input(b, SABIR_I32, SABIR_SHAPE(n), BETWEEN(0, 99)), 10000, 0));
}

CONFORM_CASES(rope) { conform_add(list, FLOATS, "positions", ropes, 0); }

/* ---- Cross-entropy ---- */

static sabir_value miss(conform_build *b, sabir_value x)
{
    sabir_shape rows = sabir_value_shape(x);
    rows.rank--;
    const double classes = rows.extents[rows.rank] > 0 ? (double)rows.extents[rows.rank] : 1;
    return sabir_cross_entropy(b->graph, x, conform_input(b, SABIR_I32, rows, BETWEEN(-1, classes)));
}

static void entropies(conform_build *b)
{
    const sabir_shape shapes[] = {SABIR_SHAPE(7), SABIR_SHAPE(5, 1031), SABIR_SHAPE(3, 5, 1), SABIR_SHAPE(0, 3), SABIR_SHAPE(3, 0)};
    conform_over_layouts(b, SABIR_SHAPE(7, 31), BETWEEN(-5, 5), miss);
    conform_over_shapes(b, shapes, COUNT_OF(shapes), BETWEEN(-5, 5), miss);
    const sabir_extent n = conform_dim(b, 70, 67, 1);
    conform_output(b, "dim", sabir_cross_entropy(b->graph, conform_input(b, b->type, SABIR_SHAPE(n, 13), PLAIN), conform_input(b, SABIR_I32, SABIR_SHAPE(n), BETWEEN(0, 12))));
    conform_output(b, "classes", sabir_cross_entropy(b->graph, conform_input(b, b->type, SABIR_SHAPE(3, n), PLAIN), conform_input(b, SABIR_I32, SABIR_SHAPE(3), BETWEEN(0, 30))));
}

CONFORM_CASES(cross_entropy) { conform_add(list, FLOATS, "rows", entropies, 0); }
