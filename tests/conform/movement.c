/* Elements moved around: pad, concat, roll, diagonal_embed, windows, resize. */
#include <stdio.h>

#include "case.h"

static const conform_fill moved = {-100, 100, CONFORM_WHOLE | CONFORM_SPECIAL, NULL};

static sabir_value in(conform_build *b, sabir_shape shape) { return conform_input(b, b->type, shape, moved); }

static sabir_value pad_around(conform_build *b, sabir_value x)
{
    return sabir_pad(b->graph, x, SABIR_INTS(1, 3), SABIR_INTS(2, 0), (sabir_pad_mode)b->variant, 1);
}

static void pads(conform_build *b)
{
    const sabir_pad_mode mode = (sabir_pad_mode)b->variant;
    conform_over_layouts(b, SABIR_SHAPE(5, 13), moved, pad_around);
    sabir_graph *g = b->graph;
    conform_output(b, "vector", sabir_pad(g, in(b, SABIR_SHAPE(101)), SABIR_INTS(31), SABIR_INTS(17), mode, 1));
    conform_output(b, "none", sabir_pad(g, in(b, SABIR_SHAPE(7)), SABIR_INTS(0), SABIR_INTS(0), mode, 1));
    conform_output(b, "rank5", sabir_pad(g, in(b, SABIR_SHAPE(2, 3, 2, 3, 2)), SABIR_INTS(1, 0, 1, 2, 0), SABIR_INTS(0, 2, 1, 0, 1), mode, 1));
    conform_output(b, "dim_around", sabir_pad(g, in(b, SABIR_SHAPE(3, conform_dim_from(b, 5, 20, 17, 5))), SABIR_INTS(1, 4), SABIR_INTS(0, 3), mode, 1));
    if (mode != SABIR_PAD_CONSTANT) return;
    conform_output(b, "empty", sabir_pad(g, in(b, SABIR_SHAPE(0, 3)), SABIR_INTS(1, 1), SABIR_INTS(1, 0), mode, 1));
    conform_output(b, "rank0", sabir_pad(g, in(b, SABIR_SCALAR_SHAPE), sabir_ints_make(0, NULL), sabir_ints_make(0, NULL), mode, 1));
    conform_output(b, "dim", sabir_pad(g, in(b, SABIR_SHAPE(conform_dim(b, 20, 17, 0), 3)), SABIR_INTS(1, 0), SABIR_INTS(2, 1), mode, 1));
}

CONFORM_CASES(pad)
{
    conform_add(list, ALL, "constant", pads, SABIR_PAD_CONSTANT);
    conform_add(list, WIDTHS, "edge", pads, SABIR_PAD_EDGE);
    conform_add(list, WIDTHS, "reflect", pads, SABIR_PAD_REFLECT);
    conform_add(list, WIDTHS, "periodic", pads, SABIR_PAD_PERIODIC);
}

static void concats(conform_build *b)
{
    sabir_graph *g = b->graph;
    for (int32_t axis = 0; axis < 2; axis++) {
        sabir_value parts[5];
        static const int64_t extents[] = {3, 1, 0, 13, 6};
        for (int k = 0; k < 5; k++) {
            const sabir_shape shape = axis ? SABIR_SHAPE(7, extents[k]) : SABIR_SHAPE(extents[k], 7);
            parts[k] = conform_laid(b, extents[k] ? (conform_layout)k : CONFORM_DENSE, b->type, shape, moved);
        }
        conform_output(b, axis ? "columns" : "rows", sabir_concat(g, parts, 5, axis ? -1 : 0));
    }
    const sabir_value x = in(b, SABIR_SHAPE(5, 3));
    conform_output(b, "one", sabir_concat(g, &x, 1, 0));
    conform_output(b, "twice", sabir_concat(g, (sabir_value[]){x, x}, 2, 1));
    const sabir_extent n = conform_dim(b, 20, 17, 3);
    conform_output(b, "dim", sabir_concat(g, (sabir_value[]){in(b, SABIR_SHAPE(5, 3)), in(b, SABIR_SHAPE(n, 3)), in(b, SABIR_SHAPE(n, 3))}, 3, 0));
}

static void concat_many(conform_build *b)
{
    sabir_value parts[40];
    for (int k = 0; k < 40; k++) parts[k] = in(b, SABIR_SHAPE(k % 3 + 1));
    conform_output(b, "many", sabir_concat(b->graph, parts, 40, 0));
}

CONFORM_CASES(concat)
{
    conform_add(list, ALL, "axes", concats, 0);
    conform_add(list, OF(F32) | OF(U8) | OF(F16), "many", concat_many, 0);
}

static sabir_value roll_both(conform_build *b, sabir_value x) { return sabir_roll(b->graph, x, SABIR_INTS(2, -5), SABIR_INTS(0, -1)); }

static void rolls(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(7, 13), moved, roll_both);
    sabir_graph *g = b->graph;
    conform_output(b, "far", sabir_roll(g, in(b, SABIR_SHAPE(101)), SABIR_INTS(1000), SABIR_INTS(0)));
    conform_output(b, "middle", sabir_roll(g, in(b, SABIR_SHAPE(3, 5, 7)), SABIR_INTS(-1), SABIR_INTS(1)));
    conform_output(b, "empty", sabir_roll(g, in(b, SABIR_SHAPE(0, 3)), SABIR_INTS(2), SABIR_INTS(0)));
    conform_output(b, "dim", sabir_roll(g, in(b, SABIR_SHAPE(conform_dim(b, 20, 17, 4), 3)), SABIR_INTS(3), SABIR_INTS(0)));
}

CONFORM_CASES(roll) { conform_add(list, ALL, "shifts", rolls, 0); }

static sabir_value embed(conform_build *b, sabir_value x) { return sabir_diagonal_embed(b->graph, x); }

static void embeds(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(3, 13), moved, embed);
    const sabir_shape shapes[] = {SABIR_SHAPE(31), SABIR_SHAPE(1), SABIR_SHAPE(3, 0), SABIR_SHAPE(2, 1, 3, 5)};
    conform_over_shapes(b, shapes, COUNT_OF(shapes), moved, embed);
    conform_output(b, "dim", embed(b, in(b, SABIR_SHAPE(3, conform_dim(b, 20, 13, 0)))));
}

CONFORM_CASES(diagonal_embed) { conform_add(list, WIDTHS | OF(I64), "shapes", embeds, 0); }

/* ---- Windows ---- */

static sabir_value windows(conform_build *b, sabir_value x) { return sabir_unfold(b->graph, x, 0, 4, 2); }

static void unfolds(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(11, 5), moved, windows);
    sabir_graph *g = b->graph;
    conform_output(b, "vector", sabir_unfold(g, in(b, SABIR_SHAPE(257)), -1, 31, 7));
    conform_output(b, "gaps", sabir_unfold(g, in(b, SABIR_SHAPE(3, 31)), 1, 2, 5));
    conform_output(b, "single", sabir_unfold(g, in(b, SABIR_SHAPE(3, 7)), 1, 7, 1));
    conform_output(b, "dim", sabir_unfold(g, in(b, SABIR_SHAPE(conform_dim_from(b, 4, 20, 17, 4), 3)), 0, 4, 3));
}

CONFORM_CASES(unfold) { conform_add(list, WIDTHS | OF(I64), "windows", unfolds, 0); }

static void overlaps(conform_build *b)
{
    const conform_fill fill = {-2, 2, CONFORM_WHOLE, NULL};
    sabir_graph *g = b->graph;
    for (int layout = 0; layout < CONFORM_LAYOUTS; layout++)
        conform_output(b, conform_layout_names[layout], sabir_overlap_add(g, conform_laid(b, (conform_layout)layout, b->type, SABIR_SHAPE(5, 3, 4), fill), 0, 2, 12));
    conform_output(b, "longer", sabir_overlap_add(g, conform_input(b, b->type, SABIR_SHAPE(31, 7), fill), 0, 3, 101));
    conform_output(b, "gaps", sabir_overlap_add(g, conform_input(b, b->type, SABIR_SHAPE(3, 7, 2), fill), 1, 5, 32));
    conform_output(b, "empty", sabir_overlap_add(g, conform_input(b, b->type, SABIR_SHAPE(0, 3), fill), 0, 1, 5));
    const sabir_extent n = conform_dim(b, 20, 17, 0);
    conform_output(b, "dim", sabir_overlap_add(g, conform_input(b, b->type, SABIR_SHAPE(n, 2, 4), fill), 0, 3, sabir_dim_affine(b->graph, n, 3, 1)));
    conform_output(b, "dim_longer", sabir_overlap_add(g, conform_input(b, b->type, SABIR_SHAPE(2, n, 4), fill), 1, 3, sabir_dim_affine(b->graph, n, 3, 6)));
}

CONFORM_CASES(overlap_add) { conform_add(list, NUMBERS, "windows", overlaps, 0); }

static void resizes(conform_build *b)
{
    static const struct { const char *name; sabir_shape from, to; } pairs[] = {
        {"up", {2, {5, 7}}, {2, {13, 31}}},      {"down", {2, {31, 13}}, {2, {5, 7}}},       {"one_axis", {3, {3, 7, 5}}, {3, {3, 20, 5}}},
        {"cube", {4, {2, 3, 5, 4}}, {4, {2, 5, 3, 7}}}, {"from_one", {2, {3, 1}}, {2, {3, 6}}}, {"same", {2, {3, 5}}, {2, {3, 5}}}, {"empty", {2, {3, 5}}, {2, {0, 5}}},
    };
    const sabir_resize_mode mode = (sabir_resize_mode)b->variant;
    const conform_fill fill = mode == SABIR_RESIZE_NEAREST ? moved : PLAIN;
    for (uint32_t i = 0; i < COUNT_OF(pairs); i++)
        conform_output_within(b, pairs[i].name, sabir_resize(b->graph, conform_input(b, b->type, pairs[i].from, fill), pairs[i].to, mode),
                              mode == SABIR_RESIZE_NEAREST ? 0 : b->of->tolerance);
    const sabir_extent n = conform_dim(b, 20, 17, 3);
    conform_output_within(b, "dim", sabir_resize(b->graph, conform_input(b, b->type, SABIR_SHAPE(5, 7), fill), SABIR_SHAPE(5, n), mode),
                          mode == SABIR_RESIZE_NEAREST ? 0 : b->of->tolerance);
    conform_output_within(b, "dim_from", sabir_resize(b->graph, conform_input(b, b->type, SABIR_SHAPE(conform_dim_from(b, 1, 20, 17, 1), 7), fill), SABIR_SHAPE(5, 7), mode),
                          mode == SABIR_RESIZE_NEAREST ? 0 : b->of->tolerance);
    for (int layout = CONFORM_TRANSPOSED; layout < CONFORM_LAYOUTS; layout++)
        conform_output_within(b, conform_layout_names[layout],
                              sabir_resize(b->graph, conform_laid(b, (conform_layout)layout, b->type, SABIR_SHAPE(5, 7), fill), SABIR_SHAPE(8, 3), mode),
                              mode == SABIR_RESIZE_NEAREST ? 0 : b->of->tolerance);
}

/* What came of a resize goes back: from and to change places. */
static void resize_adjoints(conform_build *b)
{
    static const struct { const char *name; sabir_shape from, to; } pairs[] = {
        {"up", {2, {5, 7}}, {2, {13, 31}}},      {"down", {2, {31, 13}}, {2, {5, 7}}},   {"one_axis", {3, {3, 7, 5}}, {3, {3, 20, 5}}},
        {"cube", {4, {2, 3, 5, 4}}, {4, {2, 5, 3, 7}}}, {"from_one", {2, {3, 1}}, {2, {3, 6}}}, {"same", {2, {3, 5}}, {2, {3, 5}}}, {"empty", {2, {3, 5}}, {2, {0, 5}}},
        {"to_one", {1, {31}}, {1, {1}}}, {"much", {1, {3}}, {1, {257}}}, {"little", {1, {257}}, {1, {3}}},
    };
    const sabir_resize_mode mode = (sabir_resize_mode)b->variant;
    for (uint32_t i = 0; i < COUNT_OF(pairs); i++)
        conform_output(b, pairs[i].name, sabir_resize_adjoint(b->graph, conform_input(b, b->type, pairs[i].to, BETWEEN(0, 1)), pairs[i].from, mode));
    const sabir_extent n = conform_dim(b, 20, 17, 3);
    conform_output(b, "dim", sabir_resize_adjoint(b->graph, conform_input(b, b->type, SABIR_SHAPE(5, n), PLAIN), SABIR_SHAPE(5, 7), mode));
    for (int layout = CONFORM_TRANSPOSED; layout < CONFORM_LAYOUTS; layout++)
        conform_output(b, conform_layout_names[layout],
                       sabir_resize_adjoint(b->graph, conform_laid(b, (conform_layout)layout, b->type, SABIR_SHAPE(8, 3), BETWEEN(0, 1)), SABIR_SHAPE(5, 7), mode));
}

CONFORM_CASES(resize_adjoint)
{
    conform_add(list, FLOATS, "nearest", resize_adjoints, SABIR_RESIZE_NEAREST);
    conform_add(list, FLOATS, "linear", resize_adjoints, SABIR_RESIZE_LINEAR);
}

CONFORM_CASES(resize)
{
    conform_add(list, ALL, "nearest", resizes, SABIR_RESIZE_NEAREST);
    conform_add(list, FLOATS, "linear", resizes, SABIR_RESIZE_LINEAR);
}
