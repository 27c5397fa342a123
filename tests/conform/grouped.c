/* Entries in groups: group_by, products of rows in groups. */
#include "case.h"

/* ---- group_by ---- */

static void group(conform_build *b, const char *const names[4], sabir_value keys, int64_t groups, sabir_value capacity)
{
    sabir_value order, pointers, counts;
    conform_output(b, names[0], sabir_group_by(b->graph, keys, groups, capacity, &order, &pointers, &counts));
    conform_output(b, names[1], order);
    conform_output(b, names[2], pointers);
    conform_output(b, names[3], counts);
}

#define NAMES(name) ((const char *const[4]){name "_places", name "_order", name "_pointers", name "_counts"})

static sabir_value keys(conform_build *b, sabir_extent count, double low, double high) { return conform_input(b, SABIR_I32, SABIR_SHAPE(count), BETWEEN(low, high)); }

static void groupings(conform_build *b)
{
    sabir_graph *g = b->graph;
    group(b, NAMES("all"), keys(b, 31, 0, 6), 7, SABIR_NONE);
    group(b, NAMES("outside"), keys(b, 101, -3, 9), 5, SABIR_NONE);
    group(b, NAMES("clipped"), keys(b, 1031, -1, 16), 16, conform_scalar(b, SABIR_I32, 40, 0));
    group(b, NAMES("roomy"), keys(b, 31, 0, 3), 4, sabir_number(g, SABIR_I32, 100));
    group(b, NAMES("negative"), keys(b, 7, 0, 3), 4, sabir_number(g, SABIR_I32, -5));
    group(b, NAMES("many"), keys(b, 13, 0, 300), 301, SABIR_NONE);
    group(b, NAMES("one"), keys(b, 300, 0, 0), 1, sabir_number(g, SABIR_I32, 257));
    group(b, NAMES("none"), keys(b, 0, 0, 3), 4, SABIR_NONE);
    group(b, NAMES("no_groups"), keys(b, 5, 0, 3), 0, SABIR_NONE);
    group(b, NAMES("dim"), keys(b, conform_dim(b, 2100, 2087, 3), 0, 4), 5, sabir_number(g, SABIR_I32, 300));
    group(b, NAMES("backward"), sabir_flip(g, keys(b, 31, 0, 6), SABIR_ALL_AXES), 7, SABIR_NONE);
}

/* For slow devices: little of everything. */
static void small_groupings(conform_build *b)
{
    group(b, NAMES("clipped"), keys(b, 13, -1, 4), 4, sabir_number(b->graph, SABIR_I32, 2));
    group(b, NAMES("all"), keys(b, 7, 0, 2), 3, SABIR_NONE);
}

CONFORM_CASES(group_by)
{
    conform_add(list, OF(I32), "small", small_groupings, 0);
    conform_add(list, OF(I32), "keys", groupings, 0);
}

/* ---- Products: by rows, and by groups ---- */

typedef struct product { const char *name; int64_t rows, k, n, groups; } product;

static const product products[] = {
    {"prime", 31, 13, 7, 5},      {"tiles", 97, 37, 67, 3},  {"many_small", 67, 17, 33, 29}, {"one_group", 29, 257, 34, 1},
    {"no_rows", 0, 5, 33, 3},     {"no_inner", 7, 0, 5, 2},   {"narrow", 40, 33, 1, 4},
};

/* Ascending, from `from` to `to`. */
static sabir_value pointers(conform_build *b, int64_t groups, double from, double to)
{
    return conform_input(b, SABIR_I32, SABIR_SHAPE(groups + 1), (conform_fill){from, to, CONFORM_RISING, NULL});
}

/* Long sums of terms of both signs lose what the terms have too much of. */
static sabir_value values(conform_build *b, sabir_shape shape)
{
    const bool is_long = shape.extents[0] > 100 || shape.extents[1] > 100 || (shape.rank > 2 && shape.extents[2] > 100);
    return conform_input(b, b->type, shape, is_long ? BETWEEN(0, 1) : BETWEEN(-1, 1));
}

static sabir_value by_rows(conform_build *b, sabir_value x, sabir_extent n, int64_t groups, double last)
{
    const sabir_extent k = sabir_value_shape(x).extents[1];
    const sabir_value weights = values(b, b->variant ? SABIR_SHAPE(groups, n, k) : SABIR_SHAPE(groups, k, n));
    return sabir_grouped_matmul(b->graph, x, weights, pointers(b, groups, 0, last), b->variant);
}

static sabir_value by_rows_usual(conform_build *b, sabir_value x) { return by_rows(b, x, 40, 4, 31); }

static void matmuls(conform_build *b)
{
    for (uint32_t i = 0; i < COUNT_OF(products); i++) {
        const product *p = &products[i];
        conform_output(b, p->name, by_rows(b, values(b, SABIR_SHAPE(p->rows, p->k)), p->n, p->groups, (double)p->rows));
    }
    conform_over_layouts(b, SABIR_SHAPE(31, 13), BETWEEN(-1, 1), by_rows_usual);
    conform_output(b, "rest", by_rows(b, values(b, SABIR_SHAPE(31, 5)), 33, 3, 17));
    const sabir_value beyond = conform_list_of(b, SABIR_I32, SABIR_INTS(-2, 3, 3, 99));
    conform_output(b, "beyond", sabir_grouped_matmul(b->graph, values(b, SABIR_SHAPE(7, 5)), values(b, SABIR_SHAPE(3, 5, 5)), beyond, b->variant));
    conform_output(b, "dim", by_rows(b, values(b, SABIR_SHAPE(conform_dim(b, 200, 157, 2), 9)), 35, 6, 150));
}

/* Every kernel of grouped products, on little. */
static void small_matmuls(conform_build *b)
{
    conform_output(b, "tile_or_block", by_rows(b, values(b, SABIR_SHAPE(18, 5)), 33, 2, 17));
    conform_output(b, "naive", by_rows(b, values(b, SABIR_SHAPE(5, 3)), 2, 2, 5));
}

CONFORM_CASES(grouped_matmul)
{
    conform_add(list, OF(F32), "small", small_matmuls, 0);
    conform_add(list, FLOATS, "rows", matmuls, 0);
    conform_add(list, FLOATS, "transposed", matmuls, 1);
}

static sabir_value by_groups(conform_build *b, sabir_value x, sabir_extent n, int64_t groups, double last)
{
    const sabir_extent rows = sabir_value_shape(x).extents[0];
    return sabir_grouped_outer(b->graph, x, values(b, SABIR_SHAPE(rows, n)), pointers(b, groups, 0, last));
}

static sabir_value by_groups_usual(conform_build *b, sabir_value x) { return by_groups(b, x, 37, 4, 31); }

static void outers(conform_build *b)
{
    for (uint32_t i = 0; i < COUNT_OF(products); i++) {
        const product *p = &products[i];
        conform_output(b, p->name, by_groups(b, values(b, SABIR_SHAPE(p->rows, p->k)), p->n, p->groups, (double)p->rows));
    }
    conform_over_layouts(b, SABIR_SHAPE(31, 13), BETWEEN(-1, 1), by_groups_usual);
    conform_output(b, "rest", by_groups(b, values(b, SABIR_SHAPE(31, 5)), 33, 3, 17));
    conform_output(b, "dim", by_groups(b, values(b, SABIR_SHAPE(conform_dim(b, 200, 157, 2), 9)), 35, 6, 150));
}

static void small_outers(conform_build *b)
{
    conform_output(b, "tile_or_block", by_groups(b, values(b, SABIR_SHAPE(8, 17)), 33, 2, 7));
    conform_output(b, "naive", by_groups(b, values(b, SABIR_SHAPE(5, 3)), 2, 2, 5));
}

CONFORM_CASES(grouped_outer)
{
    conform_add(list, OF(F32), "small", small_outers, 0);
    conform_add(list, FLOATS, "groups", outers, 0);
}
