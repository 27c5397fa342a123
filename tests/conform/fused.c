#include "fused.h"

#include <string.h>

static sabir_value in(conform_build *b, sabir_shape shape) { return conform_input(b, b->type, shape, BETWEEN(-2, 2)); }

/* Where operators do not share a kernel after all, values between them are rounded to their type. */
static void output(conform_build *b, const char *name, sabir_value value)
{
    const double tolerance = b->type == SABIR_F16 ? 4e-3 : b->type == SABIR_BF16 ? 3e-2 : 4e-6;
    conform_output_within(b, name, value, INTS & 1u << b->type ? 0 : tolerance);
}

/* max(x * y + z, w) */
static sabir_value chain(conform_build *b, sabir_value x, sabir_value y, sabir_value z, sabir_value w)
{
    return sabir_maximum(b->graph, sabir_add(b->graph, sabir_mul(b->graph, x, y), z), w);
}

static void chains(conform_build *b)
{
    const sabir_shape shape = SABIR_SHAPE(7, 31);
    output(b, "dense", chain(b, in(b, shape), in(b, shape), in(b, shape), in(b, shape)));
    output(b, "broadcast", chain(b, in(b, shape), in(b, SABIR_SHAPE(31)), in(b, SABIR_SHAPE(7, 1)), in(b, SABIR_SCALAR_SHAPE)));
    for (int layout = CONFORM_TRANSPOSED; layout < CONFORM_LAYOUTS; layout++)
        output(b, conform_layout_names[layout], chain(b, conform_laid(b, (conform_layout)layout, b->type, shape, BETWEEN(-2, 2)), in(b, SABIR_SHAPE(31)), in(b, shape), in(b, SABIR_SHAPE(1))));
    const sabir_value turned = sabir_transpose(b->graph, sabir_neg(b->graph, in(b, SABIR_SHAPE(31, 7))), SABIR_INTS(1, 0));
    output(b, "view_inside", chain(b, turned, in(b, shape), in(b, shape), in(b, shape)));
    const sabir_extent n = conform_dim(b, 40, 37, 3);
    output(b, "dim", chain(b, in(b, SABIR_SHAPE(n, 5)), in(b, SABIR_SHAPE(5)), in(b, SABIR_SHAPE(n, 1)), in(b, SABIR_SCALAR_SHAPE)));
}

static void mixed(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_value x = in(b, SABIR_SHAPE(13, 17)), y = in(b, SABIR_SHAPE(13, 17));
    output(b, "compare", sabir_select(g, sabir_logical_and(g, sabir_less(g, x, y), sabir_greater(g, x, sabir_neg(g, y))), x, sabir_add(g, y, y)));
    output(b, "cast", sabir_mul(g, x, sabir_cast(g, sabir_less(g, x, y), b->type)));
}

static void rows_inside(conform_build *b)
{
    static const int64_t widths[] = {5, 31, 1031};
    static const char *const names[] = {"narrow", "usual", "long"};
    const sabir_reduce_attrs keep = {.axes = SABIR_INTS(-1), .keep = 1};
    for (uint32_t i = 0; i < COUNT_OF(widths); i++) {
        const sabir_value x = in(b, SABIR_SHAPE(7, widths[i])), top = sabir_reduce(b->graph, "max", x, &keep);
        output(b, names[i], sabir_exp(b->graph, sabir_sub(b->graph, x, top)));
    }
}

static void rows_at_the_end(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(7, 1031), BETWEEN(0, 1)), y = conform_input(b, b->type, SABIR_SHAPE(1031), BETWEEN(0, 1));
    output(b, "mean", sabir_mean(g, sabir_square(g, sabir_sub(g, x, y)), SABIR_INTS(1)));
    output(b, "all", sabir_mean(g, sabir_mul(g, x, y), SABIR_ALL_AXES));
    output(b, "tall", sabir_mean(g, sabir_mul(g, conform_input(b, b->type, SABIR_SHAPE(31, 5), BETWEEN(0, 1)), in(b, SABIR_SHAPE(5))), SABIR_INTS(0)));
}

static void product_epilogues(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_value x = sabir_matmul(g, in(b, SABIR_SHAPE(13, 7)), in(b, SABIR_SHAPE(7, 31))), bias = in(b, SABIR_SHAPE(31));
    output(b, "bias", sabir_add(g, x, bias));
    output(b, "activation", sabir_relu(g, sabir_add(g, sabir_matmul(g, in(b, SABIR_SHAPE(13, 7)), in(b, SABIR_SHAPE(7, 31))), bias)));
    const sabir_value last = sabir_matmul_transposed(g, in(b, SABIR_SHAPE(3, 13, 7)), in(b, SABIR_SHAPE(3, 5, 7)), 0, 1);
    output(b, "residual", sabir_add(g, sabir_silu(g, last), in(b, SABIR_SHAPE(3, 13, 5))));
}

static void convolution_epilogues(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_conv_attrs attrs = {.before = {1, 1}, .after = {1, 1}};
    const sabir_value x = sabir_conv(g, in(b, SABIR_SHAPE(2, 3, 9, 7)), in(b, SABIR_SHAPE(4, 3, 3, 3)), in(b, SABIR_SHAPE(4)), &attrs);
    output(b, "residual", sabir_relu(g, sabir_add(g, x, in(b, SABIR_SHAPE(2, 4, 9, 7)))));
}

void conform_cases_fused(conform_list *list)
{
    /* Each type is one more text to compile, a third of a second on PoCL: a type of each kind. */
    static const struct { const char *op, *detail; unsigned types; conform_builder *build; } rows[] = {
        {"maximum", "fused_chains", OF(F32) | OF(F16) | OF(I32) | OF(U8), chains},
        {"select", "fused_mixed", OF(F32) | OF(I32), mixed},
        {"exp", "fused_rows", OF(F32) | OF(F64), rows_inside},
        {"mean", "fused_rows", OF(F32) | OF(BF16), rows_at_the_end},
        {"matmul", "fused_epilogues", OF(F32) | OF(F16), product_epilogues},
        {"conv", "fused_epilogues", OF(F32), convolution_epilogues},
    };
    const uint32_t first = list->count;
    for (uint32_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].op, list->op) == 0) conform_add(list, rows[i].types, rows[i].detail, rows[i].build, 0);
    for (uint32_t i = first; i < list->count; i++) list->cases[i].fused = true;
}
