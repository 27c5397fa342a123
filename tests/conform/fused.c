#include "fused.h"

#include <string.h>

static sabir_value in(conform_build *b, sabir_shape shape) { return conform_input(b, b->type, shape, BETWEEN(-2, 2)); }

/* Where operators do not share a kernel after all, values between them are rounded to their type. */
static void output(conform_build *b, const char *name, sabir_value value)
{
    const double tolerance = b->type == SABIR_F16 ? 4e-3 : b->type == SABIR_BF16 ? 3e-2 : 4e-6;
    conform_output_within(b, name, value, INTS & 1u << b->type ? 0 : tolerance);
}

/* One text serves several outputs of a case: whether an operand is dense, a scalar or strided is part of it, and shapes, layouts and dims are not. */

/* max(-x * y + z, w). */
static sabir_value chain(conform_build *b, sabir_value minus_x, sabir_value y, sabir_value z, sabir_value w)
{
    return sabir_maximum(b->graph, sabir_add(b->graph, sabir_mul(b->graph, minus_x, y), z), w);
}

static void dense_chain(conform_build *b)
{
    const sabir_shape shape = SABIR_SHAPE(7, 31);
    output(b, "dense", chain(b, sabir_neg(b->graph, in(b, shape)), in(b, shape), in(b, shape), in(b, shape)));
}

/* A strided operand, a dense one, another strided one and a scalar. */
static void chains(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_shape shape = SABIR_SHAPE(7, 31), column = SABIR_SHAPE(7, 1);
    output(b, "broadcast", chain(b, sabir_neg(g, in(b, SABIR_SHAPE(31))), in(b, shape), in(b, column), in(b, SABIR_SCALAR_SHAPE)));
    for (int layout = CONFORM_TRANSPOSED; layout < CONFORM_LAYOUTS; layout++) {
        const sabir_value x = conform_laid(b, (conform_layout)layout, b->type, shape, BETWEEN(-2, 2));
        output(b, conform_layout_names[layout], chain(b, sabir_neg(g, x), in(b, shape), in(b, SABIR_SHAPE(31)), in(b, SABIR_SHAPE(1))));
    }
    const sabir_value turned = sabir_transpose(g, sabir_neg(g, in(b, SABIR_SHAPE(31, 7))), SABIR_INTS(1, 0));
    output(b, "view_inside", chain(b, turned, in(b, shape), in(b, column), in(b, SABIR_SHAPE(1))));
    const sabir_value stepped = sabir_slice(g, sabir_neg(g, in(b, SABIR_SHAPE(3, 63))), SABIR_INTS(1, 0), SABIR_SHAPE(1, 31), SABIR_INTS(1, 2));
    output(b, "dropped_axis", chain(b, sabir_reshape(g, stepped, SABIR_SHAPE(31)), in(b, shape), in(b, column), in(b, SABIR_SHAPE(1))));
    const sabir_extent n = conform_dim(b, 40, 37, 3);
    output(b, "dim", chain(b, sabir_neg(g, in(b, SABIR_SHAPE(5))), in(b, SABIR_SHAPE(n, 5)), in(b, SABIR_SHAPE(n, 1)), in(b, SABIR_SCALAR_SHAPE)));
}

/* Predicates, a choice and a cast; of integers the cast has a kernel of its own, and a predicate is read from memory. */
static void mixed(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_value x = in(b, SABIR_SHAPE(13, 17)), y = in(b, SABIR_SHAPE(13, 17)), less = sabir_less(g, x, y);
    const sabir_value chosen = sabir_select(g, sabir_logical_and(g, less, sabir_greater(g, x, sabir_neg(g, y))), x, sabir_add(g, y, y));
    output(b, "compare_and_cast", sabir_sub(g, chosen, sabir_mul(g, x, sabir_cast(g, less, b->type))));
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
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(3, 331), BETWEEN(0, 1)), y = conform_input(b, b->type, SABIR_SHAPE(331), BETWEEN(0, 1));
    output(b, "mean", sabir_mean(g, sabir_square(g, sabir_sub(g, x, y)), SABIR_INTS(1)));
    const sabir_value all = conform_input(b, b->type, SABIR_SHAPE(3, 331), BETWEEN(0, 1));
    output(b, "all", sabir_mean(g, sabir_square(g, sabir_sub(g, all, y)), SABIR_ALL_AXES));
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

/* ---- Gathers, and what is computed for each edge of a graph ---- */

static sabir_value index_of(conform_build *b, sabir_extent count, double most) { return conform_input(b, SABIR_I32, SABIR_SHAPE(count), BETWEEN(-1, most)); }

static void gathers(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_value x = in(b, SABIR_SHAPE(7, 5)), y = in(b, SABIR_SHAPE(13, 5));
    output(b, "rows", sabir_add(g, sabir_gather(g, x, index_of(b, 13, 7), 0), y));
    output(b, "columns", sabir_add(g, sabir_gather(g, x, index_of(b, 13, 5), 1), in(b, SABIR_SHAPE(7, 13))));
    output(b, "itself", sabir_add(g, sabir_gather(g, y, index_of(b, 13, 13), 0), y));
    output(b, "one", sabir_add(g, sabir_gather(g, x, conform_scalar(b, SABIR_I32, 3, 9), 0), in(b, SABIR_SHAPE(5))));
    const sabir_value table = conform_laid(b, CONFORM_TRANSPOSED, b->type, SABIR_SHAPE(7, 5), BETWEEN(-2, 2));
    const sabir_value twice = sabir_gather(g, table, conform_input(b, SABIR_I32, SABIR_SHAPE(3, 4), BETWEEN(0, 6)), 0);
    output(b, "viewed", sabir_add(g, sabir_transpose(g, twice, SABIR_INTS(1, 2, 0)), in(b, SABIR_SHAPE(5, 3))));
    const sabir_extent n = conform_dim(b, 40, 37, 3);
    output(b, "dim", sabir_add(g, sabir_gather(g, x, index_of(b, n, 7), 0), in(b, SABIR_SHAPE(n, 1))));
    output(b, "reduced", sabir_max(g, sabir_mul(g, sabir_gather(g, x, index_of(b, 13, 7), 0), y), SABIR_INTS(1)));
}

typedef struct edges { sabir_value rows, columns, ids; } edges;

static edges edges_of(conform_build *b, int64_t targets, int64_t sources, sabir_extent count, double last)
{
    const sabir_value rows = conform_input(b, SABIR_I32, SABIR_SHAPE(targets + 1), (conform_fill){0, last, CONFORM_RISING, NULL});
    return (edges){rows, index_of(b, count, (double)sources), sabir_segment_ids(b->graph, rows, count)};
}

/* max(x[column] + y[row], w) * x[column], then summed and so on, then an update of the row. */
static sabir_value message(conform_build *b, const edges *e, sabir_value x, sabir_value y, sabir_value w)
{
    sabir_graph *g = b->graph;
    const sabir_value from = sabir_gather(g, x, e->columns, 0);
    return sabir_mul(g, sabir_maximum(g, sabir_add(g, from, sabir_gather(g, y, e->ids, 0)), w), from);
}

/* Messages of operands that nothing else reads, so that all of them are computed in the kernel that reduces them. */
static sabir_value messages(conform_build *b, const edges *e, sabir_extent rows, sabir_extent entries, sabir_extent features)
{
    return message(b, e, in(b, SABIR_SHAPE(5, features)), in(b, SABIR_SHAPE(rows, features)), in(b, SABIR_SHAPE(entries, 1)));
}

static sabir_value sums(conform_build *b, const edges *e, sabir_extent rows, sabir_extent entries, sabir_extent features)
{
    return sabir_segment_sum(b->graph, messages(b, e, rows, entries, features), e->rows);
}

/* Two reductions in one kernel; every kind of type computes and packs by it. */
static void two_reductions(conform_build *b)
{
    sabir_graph *g = b->graph;
    const edges e = edges_of(b, 7, 5, 61, 61);
    const sabir_value turned = conform_laid(b, CONFORM_TRANSPOSED, b->type, SABIR_SHAPE(5, 3), BETWEEN(-2, 2));
    const sabir_value sum = sabir_segment_sum(g, message(b, &e, turned, in(b, SABIR_SHAPE(7, 3)), in(b, SABIR_SHAPE(61, 1))), e.rows);
    output(b, "two", sabir_add(g, sum, sabir_segment_max(g, sabir_gather(g, in(b, SABIR_SHAPE(5, 3)), e.columns, 0), e.rows)));
}

static void segments(conform_build *b)
{
    sabir_graph *g = b->graph;
    const edges e = edges_of(b, 7, 5, 61, 61), few = edges_of(b, 7, 5, 23, 23);
    output(b, "sum", sums(b, &e, 7, 61, 3));
    output(b, "wide", sums(b, &few, 7, 23, 37)); /* more features than are computed side by side */
    const edges none = edges_of(b, 4, 5, 0, 0), longer = edges_of(b, 2, 5, 330, 330), empty = edges_of(b, 0, 5, 3, 0);
    output(b, "no_edges", sums(b, &none, 4, 0, 3));
    output(b, "no_rows", sums(b, &empty, 0, 3, 3));
    output(b, "long", sums(b, &longer, 2, 330, 3));
    const sabir_extent n = conform_dim(b, 90, 83, 50);
    const edges open = edges_of(b, 6, 5, n, 50);
    output(b, "dim", sums(b, &open, 6, n, 3));
    /* The result is gathered again, so it has to be written. */
    const sabir_value again = sums(b, &e, 7, 61, 3);
    output(b, "again", sabir_add(g, sabir_gather(g, again, index_of(b, 7, 7), 0), again));
    const sabir_value cube = in(b, SABIR_SHAPE(5, 2, 3)), heads = in(b, SABIR_SHAPE(61, 2));
    const sabir_value weighted = sabir_mul(g, sabir_gather(g, cube, e.columns, 0), sabir_reshape(g, heads, SABIR_SHAPE(61, 2, 1)));
    output(b, "heads", sabir_segment_sum(g, weighted, e.rows));
    const sabir_value from = sabir_gather(g, in(b, SABIR_SHAPE(5)), e.columns, 0);
    output(b, "vector", sabir_segment_max(g, sabir_square(g, from), e.rows));
    /* An index that differs by feature. */
    const sabir_value spread = sabir_gather(g, in(b, SABIR_SHAPE(23, 4)), index_of(b, 37, 4), 1), scaled = sabir_mul(g, spread, in(b, SABIR_SHAPE(37)));
    const sabir_value smallest = sabir_segment_min(g, sabir_mul(g, scaled, sabir_gather(g, in(b, SABIR_SHAPE(5, 37)), few.columns, 0)), few.rows);
    output(b, "by_feature", sabir_sub(g, in(b, SABIR_SHAPE(7, 1)), smallest));
}

static void segment_means(conform_build *b)
{
    sabir_graph *g = b->graph;
    const edges e = edges_of(b, 7, 5, 61, 61);
    const sabir_value x = in(b, SABIR_SHAPE(5, 3)), y = in(b, SABIR_SHAPE(7, 3)), w = in(b, SABIR_SHAPE(61, 1));
    output(b, "mean", sabir_segment_mean(g, messages(b, &e, 7, 61, 3), e.rows));
    output(b, "dear", sabir_segment_mean(g, message(b, &e, x, y, sabir_exp(g, w)), e.rows));
}

/* A value seen through two views is computed at both places, operands and all, which are more than a kernel has room for; and a view of one column. */
static void views_of_values(conform_build *b)
{
    sabir_graph *g = b->graph;
    sabir_value product = in(b, SABIR_SHAPE(31));
    for (int i = 0; i < 6; i++) product = sabir_mul(g, product, in(b, SABIR_SHAPE(31)));
    output(b, "differences", sabir_sub(g, sabir_narrow(g, product, 0, 1, 30), sabir_narrow(g, product, 0, 0, 30)));
    const sabir_value column = sabir_reshape(g, sabir_narrow(g, in(b, SABIR_SHAPE(5, 9)), 1, 3, 1), SABIR_SHAPE(5));
    output(b, "column", sabir_sub(g, sabir_mul(g, column, in(b, SABIR_SHAPE(5))), column));
    const sabir_value block = sabir_narrow(g, sabir_narrow(g, in(b, SABIR_SHAPE(3, 4, 9)), 1, 2, 1), 2, 1, 7), sheet = sabir_reshape(g, block, SABIR_SHAPE(3, 7));
    output(b, "sheet", sabir_sub(g, sabir_mul(g, sheet, in(b, SABIR_SHAPE(3, 7))), sheet));
}

void conform_cases_fused(conform_list *list)
{
    /* Each type is one more text to compile, a third of a second on PoCL: a type of each kind. */
    static const struct { const char *op, *detail; unsigned types; conform_builder *build; } rows[] = {
        {"maximum", "fused_dense", OF(F32) | OF(F16), dense_chain},
        {"maximum", "fused_chains", OF(F32) | OF(F16) | OF(I32) | OF(U8), chains},
        {"select", "fused_mixed", OF(F32) | OF(I32), mixed},
        {"sub", "fused_views", OF(F32), views_of_values},
        {"exp", "fused_rows", OF(F32) | OF(F64), rows_inside},
        {"mean", "fused_rows", OF(F32) | OF(BF16), rows_at_the_end},
        {"matmul", "fused_epilogues", OF(F32) | OF(F16), product_epilogues},
        {"conv", "fused_epilogues", OF(F32), convolution_epilogues},
        {"gather", "fused_gathers", OF(F32) | OF(F16), gathers},
        {"segment_sum", "fused_segments", OF(F32), segments},
        {"segment_sum", "fused_two", OF(F32) | OF(F16) | OF(I32), two_reductions},
        {"segment_mean", "fused_segments", OF(F32) | OF(F64), segment_means},
    };
    const uint32_t first = list->count;
    for (uint32_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].op, list->op) == 0) conform_add(list, rows[i].types, rows[i].detail, rows[i].build, 0);
    for (uint32_t i = first; i < list->count; i++) list->cases[i].fused = true;
}
