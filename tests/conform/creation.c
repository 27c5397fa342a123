/* Types and creation: cast, select, iota, one_hot, random. */
#include <stdio.h>

#include "case.h"

static bool converts(sabir_type from, sabir_type to)
{
    const unsigned beside_i64 = OF(I32) | OF(U32) | OF(F32) | OF(F64) | OF(I64);
    if (from == SABIR_I64) return beside_i64 & 1u << to;
    return to != SABIR_I64 || beside_i64 & 1u << from;
}

static void cast_to_all(conform_build *b)
{
    const conform_fill fills[] = {{-300, 300, CONFORM_SPECIAL | CONFORM_COARSE, NULL}, {-1e10, 1e10, CONFORM_WHOLE | CONFORM_SPECIAL, NULL}};
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(7, 31), fills[b->variant]);
    for (int type = 0; type < SABIR_TYPE_COUNT; type++)
        if (converts(b->type, (sabir_type)type)) conform_output(b, sabir_type_name((sabir_type)type), sabir_cast(b->graph, x, (sabir_type)type));
}

static void cast_layouts(conform_build *b)
{
    const sabir_type to = b->type == SABIR_I64 ? SABIR_I32 : b->type == SABIR_U8 ? SABIR_F16 : SABIR_U8;
    for (int layout = 0; layout < CONFORM_LAYOUTS; layout++)
        conform_output(b, conform_layout_names[layout],
                       sabir_cast(b->graph, conform_laid(b, (conform_layout)layout, b->type, SABIR_SHAPE(5, 13), BETWEEN(-9, 200)), to));
    conform_output(b, "dim", sabir_cast(b->graph, conform_input(b, b->type, SABIR_SHAPE(conform_dim(b, 9, 7, 0), 5), BETWEEN(0, 99)), to));
    conform_output(b, "rank0", sabir_cast(b->graph, conform_input(b, b->type, SABIR_SCALAR_SHAPE, BETWEEN(0, 99)), to));
}

CONFORM_CASES(cast)
{
    conform_add(list, ALL, "small", cast_to_all, 0);
    conform_add(list, ALL, "large", cast_to_all, 1);
    conform_add(list, ALL, "layouts", cast_layouts, 0);
}

static const conform_fill moved = {-100, 100, CONFORM_WHOLE | CONFORM_SPECIAL, NULL};

static void select_all(conform_build *b)
{
    const sabir_shape shape = SABIR_SHAPE(5, 31);
    sabir_graph *g = b->graph;
    for (int layout = 0; layout < CONFORM_LAYOUTS; layout++)
        conform_output(b, conform_layout_names[layout],
                       sabir_select(g, conform_laid(b, (conform_layout)((layout + 3) % CONFORM_LAYOUTS), SABIR_BOOL, shape, PLAIN),
                                    conform_laid(b, (conform_layout)layout, b->type, shape, moved), conform_laid(b, (conform_layout)((layout + 1) % CONFORM_LAYOUTS), b->type, shape, moved)));
    conform_output(b, "broadcast", sabir_select(g, conform_input(b, SABIR_BOOL, SABIR_SHAPE(7, 1), PLAIN), conform_input(b, b->type, SABIR_SHAPE(3, 1, 13), moved),
                                                conform_input(b, b->type, SABIR_SCALAR_SHAPE, moved)));
    conform_output(b, "empty", sabir_select(g, conform_input(b, SABIR_BOOL, SABIR_SHAPE(0), PLAIN), conform_input(b, b->type, SABIR_SHAPE(0), moved),
                                            conform_input(b, b->type, SABIR_SHAPE(1), moved)));
}

CONFORM_CASES(select) { conform_add(list, ANY, "views", select_all, 0); }

static void iotas(conform_build *b)
{
    sabir_graph *g = b->graph;
    conform_output(b, "vector", sabir_iota(g, b->type, SABIR_SHAPE(101), 0, 0, 1));
    conform_output(b, "back", sabir_iota(g, b->type, SABIR_SHAPE(31), 0, 30, -1));
    conform_output(b, "rows", sabir_iota(g, b->type, SABIR_SHAPE(3, 7, 5), 1, 2, 3));
    conform_output(b, "negative_axis", sabir_iota(g, b->type, SABIR_SHAPE(3, 7), -1, 0, 2));
    conform_output(b, "empty", sabir_iota(g, b->type, SABIR_SHAPE(3, 0), 0, 0, 1));
    conform_output(b, "dim", sabir_iota(g, b->type, SABIR_SHAPE(conform_dim(b, 60, 53, 0)), 0, 1, 1));
    if (FLOATS & 1u << b->type) conform_output(b, "fraction", sabir_iota(g, b->type, SABIR_SHAPE(33), 0, -4, 0.25));
}

CONFORM_CASES(iota) { conform_add(list, ALL & ~OF(BOOL), "axes", iotas, 0); }

static void one_hots(conform_build *b)
{
    sabir_graph *g = b->graph;
    conform_output(b, "matrix", sabir_one_hot(g, conform_input(b, SABIR_I32, SABIR_SHAPE(7, 5), BETWEEN(-2, 14)), 13, b->type));
    conform_output(b, "rank0", sabir_one_hot(g, conform_input(b, SABIR_I32, SABIR_SCALAR_SHAPE, BETWEEN(0, 6)), 7, b->type));
    conform_output(b, "depth0", sabir_one_hot(g, conform_input(b, SABIR_I32, SABIR_SHAPE(5), BETWEEN(0, 6)), 0, b->type));
    conform_output(b, "single", sabir_one_hot(g, conform_laid(b, CONFORM_BACKWARD, SABIR_I32, SABIR_SHAPE(31), BETWEEN(-1, 1)), 1, b->type));
    conform_output(b, "dim", sabir_one_hot(g, conform_input(b, SABIR_I32, SABIR_SHAPE(conform_dim(b, 20, 17, 2)), BETWEEN(0, 9)), 9, b->type));
}

CONFORM_CASES(one_hot) { conform_add(list, ANY, "depths", one_hots, 0); }

/* Bits and uniforms are the same everywhere, normal and Gumbel numbers within the tolerance. */
static void draws(conform_build *b)
{
    static const char *const names[] = {"bits", "uniform", "normal", "gumbel"};
    const conform_fill any = {0, 0, CONFORM_WHOLE, NULL};
    const sabir_random_kind kind = (sabir_random_kind)b->variant;
    const double tolerance = kind <= SABIR_RANDOM_UNIFORM ? 0 : b->of->tolerance;
    for (int64_t words = 1; words <= 4; words++) {
        char name[24];
        snprintf(name, sizeof name, "%s%d", names[kind], (int)words);
        conform_output_within(b, name, sabir_random(b->graph, kind, conform_input(b, SABIR_U32, SABIR_SHAPE(words), any), b->type, SABIR_SHAPE(words, 31)), tolerance);
    }
    conform_output_within(b, "keys", sabir_random(b->graph, kind, conform_input(b, SABIR_U32, SABIR_SHAPE(5, 2), any), b->type, SABIR_SHAPE(5, 13)), tolerance);
    conform_output_within(b, "rank0", sabir_random(b->graph, kind, conform_input(b, SABIR_U32, SABIR_SHAPE(2), any), b->type, SABIR_SCALAR_SHAPE), tolerance);
    conform_output_within(b, "empty", sabir_random(b->graph, kind, conform_input(b, SABIR_U32, SABIR_SHAPE(0, 2), any), b->type, SABIR_SHAPE(0, 2)), tolerance);
    conform_output_within(b, "prime", sabir_random(b->graph, kind, conform_input(b, SABIR_U32, SABIR_SHAPE(4), any), b->type, SABIR_SHAPE(1031)), tolerance);
}

static void coins(conform_build *b)
{
    const sabir_value key = conform_input(b, SABIR_U32, SABIR_SHAPE(3), (conform_fill){0, 0, CONFORM_WHOLE, NULL});
    conform_output_within(b, "each", sabir_bernoulli(b->graph, key, conform_input(b, SABIR_F32, SABIR_SHAPE(31), BETWEEN(0, 1)), SABIR_SHAPE(7, 31)), 0);
    conform_output_within(b, "half", sabir_bernoulli(b->graph, key, sabir_number(b->graph, SABIR_F32, 0.5), SABIR_SHAPE(257)), 0);
}

CONFORM_CASES(random)
{
    conform_add(list, OF(U32), "bits", draws, SABIR_RANDOM_BITS);
    conform_add(list, OF(F32) | OF(F16) | OF(BF16), "uniform", draws, SABIR_RANDOM_UNIFORM);
    conform_add(list, OF(F32) | OF(F16) | OF(BF16), "normal", draws, SABIR_RANDOM_NORMAL);
    conform_add(list, OF(F32) | OF(F16) | OF(BF16), "gumbel", draws, SABIR_RANDOM_GUMBEL);
    conform_add(list, OF(BOOL), "bernoulli", coins, 0);
}
