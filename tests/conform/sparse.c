/* Rows by pointer (CSR): segments, sparse matrices. */
#include <string.h>

#include "case.h"

static sabir_value pointers(conform_build *b, sabir_extent count, int64_t edges)
{
    return conform_input(b, SABIR_I32, SABIR_SHAPE(count), (conform_fill){0, (double)edges, CONFORM_RISING, NULL});
}

static sabir_value segment(conform_build *b, sabir_value x, sabir_value rows)
{
    if (strcmp(b->of->op, "segment_sum") == 0) return sabir_segment_sum(b->graph, x, rows);
    if (strcmp(b->of->op, "segment_mean") == 0) return sabir_segment_mean(b->graph, x, rows);
    if (strcmp(b->of->op, "segment_softmax") == 0) return sabir_segment_softmax(b->graph, x, rows);
    return strcmp(b->of->op, "segment_max") == 0 ? sabir_segment_max(b->graph, x, rows) : sabir_segment_min(b->graph, x, rows);
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
CONFORM_CASES(segment_min) { conform_add(list, NUMBERS, "rows", segments, 0); }

/* For slow devices. */
static void small_segments(conform_build *b)
{
    conform_output(b, "features", segment(b, conform_input(b, b->type, SABIR_SHAPE(7, 3), PLAIN), pointers(b, 5, 6)));
    conform_output(b, "beyond", segment(b, conform_input(b, b->type, SABIR_SHAPE(7, 3), PLAIN), conform_list_of(b, SABIR_I32, SABIR_INTS(-3, 2, 5, 99))));
}

CONFORM_CASES(segment_softmax)
{
    conform_add(list, OF(F32), "small", small_segments, 0);
    conform_add(list, FLOATS, "rows", segments, 0);
}

static void ids(conform_build *b)
{
    conform_output(b, "usual", sabir_segment_ids(b->graph, pointers(b, 7, 31), 31));
    conform_output(b, "many_empty", sabir_segment_ids(b->graph, pointers(b, 32, 5), 5));
    conform_output(b, "some_outside", sabir_segment_ids(b->graph, conform_list_of(b, SABIR_I32, SABIR_INTS(-3, 2, 2, 5)), 301));
    conform_output(b, "late", sabir_segment_ids(b->graph, conform_list_of(b, SABIR_I32, SABIR_INTS(3, 4, 9)), 7));
    conform_output(b, "no_rows", sabir_segment_ids(b->graph, pointers(b, 1, 0), 3));
    conform_output(b, "none", sabir_segment_ids(b->graph, pointers(b, 4, 0), 0));
    const sabir_extent n = conform_dim(b, 40, 37, 13);
    conform_output(b, "dim", sabir_segment_ids(b->graph, pointers(b, 6, 13), n));
    const sabir_value backward = sabir_flip(b->graph, conform_list_of(b, SABIR_I32, SABIR_INTS(5, 2, 0)), SABIR_ALL_AXES);
    conform_output(b, "strided", sabir_segment_ids(b->graph, backward, 7));
}

CONFORM_CASES(segment_ids) { conform_add(list, OF(I32), "pointers", ids, 0); }

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
    const sabir_extent n = conform_dim(b, 70, 61, 7), m = conform_dim(b, 20, 13, 4), r = conform_dim_from(b, 1, 20, 12, 1);
    const sabir_value values = b->variant ? conform_input(b, b->type, SABIR_SHAPE(n), BETWEEN(-1, 1)) : SABIR_NONE;
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(m, 3), PLAIN), to = conform_input(b, SABIR_I32, SABIR_SHAPE(n), BETWEEN(-1, 13));
    conform_output(b, "dims", sabir_spmm(b->graph, pointers(b, r, 7), to, values, x));
}

static void heads(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_value rows = pointers(b, 6, 31), columns = conform_input(b, SABIR_I32, SABIR_SHAPE(31), BETWEEN(-1, 7)), x = conform_input(b, b->type, SABIR_SHAPE(7, 3, 5), PLAIN);
    conform_output(b, "heads", sabir_spmm(g, rows, columns, conform_input(b, b->type, SABIR_SHAPE(31, 3), BETWEEN(-1, 1)), x));
    conform_output(b, "shared", sabir_spmm(g, rows, columns, conform_input(b, b->type, SABIR_SHAPE(31), BETWEEN(-1, 1)), x));
    conform_output(b, "features", sabir_spmm(g, rows, columns, conform_input(b, b->type, SABIR_SHAPE(31, 3, 5), BETWEEN(-1, 1)), x));
    conform_output(b, "turned", sabir_spmm(g, rows, columns, sabir_transpose(g, conform_input(b, b->type, SABIR_SHAPE(3, 31), BETWEEN(-1, 1)), SABIR_INTS(1, 0)), x));
}

CONFORM_CASES(spmm)
{
    conform_add(list, FLOATS, "heads", heads, 0);
    conform_add(list, FLOATS, "values", products, 1);
    conform_add(list, FLOATS, "ones", products, 0);
}

/* ---- Sampled products ---- */

static sabir_value sample(conform_build *b, sabir_value x, int64_t rows, int64_t edges, int64_t columns)
{
    sabir_shape shape = sabir_value_shape(x);
    shape.extents[0] = columns;
    const sabir_value to = conform_input(b, SABIR_I32, SABIR_SHAPE(edges), BETWEEN(-1, (double)columns));
    return sabir_sddmm(b->graph, pointers(b, rows + 1, edges), to, x, conform_input(b, b->type, shape, PLAIN));
}

static sabir_value sample_usual(conform_build *b, sabir_value x) { return sample(b, x, 7, 31, 11); }

static void samples(conform_build *b)
{
    conform_over_layouts(b, SABIR_SHAPE(7, 13), PLAIN, sample_usual);
    conform_output(b, "heads", sample(b, conform_input(b, b->type, SABIR_SHAPE(7, 3, 5), PLAIN), 7, 31, 13));
    conform_output(b, "heads_turned", sample(b, sabir_transpose(b->graph, conform_input(b, b->type, SABIR_SHAPE(3, 7, 5), PLAIN), SABIR_INTS(1, 0, 2)), 7, 31, 13));
    conform_output(b, "long", sample(b, conform_input(b, b->type, SABIR_SHAPE(3, 257), BETWEEN(0, 1)), 3, 7, 5));
    conform_output(b, "one", sample(b, conform_input(b, b->type, SABIR_SHAPE(1, 1), PLAIN), 1, 1, 1));
    conform_output(b, "no_edges", sample(b, conform_input(b, b->type, SABIR_SHAPE(5, 3), PLAIN), 5, 0, 7));
    conform_output(b, "no_features", sample(b, conform_input(b, b->type, SABIR_SHAPE(5, 0), PLAIN), 5, 13, 7));
    const sabir_extent e = conform_dim(b, 400, 313, 1);
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(5, 3), PLAIN), to = conform_input(b, SABIR_I32, SABIR_SHAPE(e), BETWEEN(0, 4));
    conform_output(b, "dim", sabir_sddmm(b->graph, pointers(b, 6, 313), to, x, x));
}

CONFORM_CASES(sddmm) { conform_add(list, FLOATS, "samples", samples, 0); }
