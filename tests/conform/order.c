/* Scans and order: cumsum, sort, top_k, compact, histogram. */
#include <stdio.h>

#include "case.h"

/* variant: bit 0 exclusive, bit 1 reverse, bit 2 segmented. */
static sabir_value scan(conform_build *b, sabir_value x, int32_t axis)
{
    const sabir_cumsum_attrs attrs = {.axis = axis, .exclusive = b->variant & 1, .reverse = b->variant >> 1 & 1};
    if (!(b->variant & 4)) return sabir_cumsum(b->graph, x, &attrs);
    return sabir_segmented_cumsum(b->graph, x, conform_input(b, SABIR_BOOL, sabir_value_shape(x), PLAIN), &attrs);
}

static sabir_value scan_last(conform_build *b, sabir_value x) { return scan(b, x, -1); }
static sabir_value scan_first(conform_build *b, sabir_value x) { return scan(b, x, 0); }

static void scans(conform_build *b)
{
    const conform_fill fill = {0, 1, CONFORM_WHOLE, NULL};
    conform_over_layouts(b, SABIR_SHAPE(7, 31), fill, scan_last);
    conform_output(b, "first", scan_first(b, conform_input(b, b->type, SABIR_SHAPE(13, 5, 3), fill)));
    conform_output(b, "middle", scan(b, conform_input(b, b->type, SABIR_SHAPE(3, 13, 5), fill), 1));
    conform_output(b, "long", scan_last(b, conform_input(b, b->type, SABIR_SHAPE(3, 1031), fill)));
    conform_output(b, "vector", scan_last(b, conform_input(b, b->type, SABIR_SHAPE(5003), fill)));
    conform_output(b, "single", scan_last(b, conform_input(b, b->type, SABIR_SHAPE(3, 1), fill)));
    conform_output(b, "empty", scan_last(b, conform_input(b, b->type, SABIR_SHAPE(3, 0), fill)));
    const sabir_extent n = conform_dim(b, 70, 67, 0);
    conform_output(b, "dim", scan_last(b, conform_input(b, b->type, SABIR_SHAPE(3, n), fill)));
}

CONFORM_CASES(cumsum)
{
    static const char *const names[] = {"plain", "exclusive", "reverse", "exclusive_reverse", "segmented", "segmented_exclusive", "segmented_reverse", "segmented_both"};
    for (int variant = 0; variant < 8; variant++) conform_add(list, variant == 0 || variant == 7 ? NUMBERS : OF(F32) | OF(I32) | OF(F16) | OF(U8), names[variant], scans, variant);
}

/* ---- Sorting ---- */

static void sort_one(conform_build *b, const char *name, sabir_value x, int32_t axis)
{
    char places[48];
    snprintf(places, sizeof places, "%s_places", name);
    sabir_value from;
    conform_output(b, name, sabir_sort(b->graph, x, axis, b->variant, &from));
    conform_output(b, places, from);
}

static void sorts(conform_build *b)
{
    const conform_fill many = {-100, 100, CONFORM_WHOLE, NULL}, ties = {-3, 3, CONFORM_COARSE, NULL}, special = {-3, 3, CONFORM_COARSE | CONFORM_SPECIAL | CONFORM_WHOLE, NULL};
    for (int layout = 0; layout < CONFORM_LAYOUTS; layout++)
        sort_one(b, conform_layout_names[layout], conform_laid(b, (conform_layout)layout, b->type, SABIR_SHAPE(7, 31), many), -1);
    sort_one(b, "ties", conform_input(b, b->type, SABIR_SHAPE(5, 257), ties), 1);
    sort_one(b, "specials", conform_input(b, b->type, SABIR_SHAPE(7, 61), special), 1);
    sort_one(b, "first", conform_input(b, b->type, SABIR_SHAPE(13, 7), many), 0);
    sort_one(b, "middle", conform_input(b, b->type, SABIR_SHAPE(3, 13, 5), many), 1);
    sort_one(b, "vector", conform_input(b, b->type, SABIR_SHAPE(5003), many), 0);
    sort_one(b, "single", conform_input(b, b->type, SABIR_SHAPE(5, 1), many), -1);
    sort_one(b, "empty", conform_input(b, b->type, SABIR_SHAPE(3, 0), many), -1);
    sort_one(b, "dim", conform_input(b, b->type, SABIR_SHAPE(conform_dim(b, 300, 293, 2)), many), -1);
}

static void sort_by_key(conform_build *b)
{
    sabir_value moved;
    const sabir_value keys = conform_input(b, b->type, SABIR_SHAPE(5, 101), (conform_fill){-9, 9, CONFORM_COARSE, NULL});
    conform_output(b, "keys", sabir_sort_by_key(b->graph, keys, conform_input(b, SABIR_F32, SABIR_SHAPE(5, 101), PLAIN), &moved));
    conform_output(b, "values", moved);
}

CONFORM_CASES(sort)
{
    conform_add(list, NUMBERS, "ascending", sorts, 0);
    conform_add(list, NUMBERS, "descending", sorts, 1);
    conform_add(list, OF(F32) | OF(I32) | OF(U32) | OF(U8), "by_key", sort_by_key, 0);
}

static void top_one(conform_build *b, const char *name, sabir_value x, int64_t k)
{
    char places[48];
    snprintf(places, sizeof places, "%s_places", name);
    sabir_value from;
    conform_output(b, name, sabir_top_k(b->graph, x, k, &from));
    conform_output(b, places, from);
}

static void tops(conform_build *b)
{
    const conform_fill many = {-100, 100, CONFORM_WHOLE, NULL}, special = {-3, 3, CONFORM_COARSE | CONFORM_SPECIAL, NULL};
    for (int layout = 0; layout < CONFORM_LAYOUTS; layout++)
        top_one(b, conform_layout_names[layout], conform_laid(b, (conform_layout)layout, b->type, SABIR_SHAPE(7, 31), many), 5);
    top_one(b, "specials", conform_input(b, b->type, SABIR_SHAPE(13, 61), special), 17);
    top_one(b, "all", conform_input(b, b->type, SABIR_SHAPE(3, 13), many), 13);
    top_one(b, "largest", conform_input(b, b->type, SABIR_SHAPE(3, 1031), many), 1);
    top_one(b, "none", conform_input(b, b->type, SABIR_SHAPE(3, 7), many), 0);
    top_one(b, "vector", conform_input(b, b->type, SABIR_SHAPE(257), many), 31);
    top_one(b, "dims", conform_input(b, b->type, SABIR_SHAPE(conform_dim(b, 9, 5, 1), conform_dim_from(b, 3, 300, 101, 3)), many), 3);
}

CONFORM_CASES(top_k) { conform_add(list, NUMBERS, "rows", tops, 0); }

/* ---- Counts ---- */

static void compact_one(conform_build *b, const char *name, sabir_value mask, int64_t capacity)
{
    char text[48];
    sabir_value count, overflow;
    conform_output(b, name, sabir_compact(b->graph, mask, capacity, &count, &overflow));
    snprintf(text, sizeof text, "%s_count", name);
    conform_output(b, text, count);
    snprintf(text, sizeof text, "%s_overflow", name);
    conform_output(b, text, overflow);
}

static void compacts(conform_build *b)
{
    for (int layout = 0; layout < CONFORM_LAYOUTS; layout++)
        compact_one(b, conform_layout_names[layout], conform_laid(b, (conform_layout)layout, SABIR_BOOL, SABIR_SHAPE(101), PLAIN), 101);
    compact_one(b, "overflow", conform_input(b, SABIR_BOOL, SABIR_SHAPE(1031), PLAIN), 13);
    compact_one(b, "long", conform_input(b, SABIR_BOOL, SABIR_SHAPE(5003), PLAIN), 5003);
    compact_one(b, "empty", conform_input(b, SABIR_BOOL, SABIR_SHAPE(0), PLAIN), 3);
    compact_one(b, "no_room", conform_input(b, SABIR_BOOL, SABIR_SHAPE(7), PLAIN), 0);
    compact_one(b, "dim", conform_input(b, SABIR_BOOL, SABIR_SHAPE(conform_dim(b, 300, 257, 0)), PLAIN), 31);
}

/* For slow devices. */
static void small_compact(conform_build *b) { compact_one(b, "overflow", conform_input(b, SABIR_BOOL, SABIR_SHAPE(61), PLAIN), 13); }

CONFORM_CASES(compact)
{
    conform_add(list, OF(BOOL), "small", small_compact, 0);
    conform_add(list, OF(BOOL), "capacities", compacts, 0);
}

static sabir_value count_into(conform_build *b, sabir_value x) { return sabir_histogram(b->graph, x, 13); }

static void histograms(conform_build *b)
{
    const conform_fill fill = BETWEEN(-2, 14);
    conform_over_layouts(b, SABIR_SHAPE(7, 31), fill, count_into);
    conform_output(b, "one_bin", sabir_histogram(b->graph, conform_input(b, b->type, SABIR_SHAPE(1031), BETWEEN(0, 1)), 1));
    conform_output(b, "many_bins", sabir_histogram(b->graph, conform_input(b, b->type, SABIR_SHAPE(257), BETWEEN(0, 1030)), 1031));
    conform_output(b, "no_bins", sabir_histogram(b->graph, conform_input(b, b->type, SABIR_SHAPE(3), fill), 0));
    conform_output(b, "rank0", count_into(b, conform_input(b, b->type, SABIR_SCALAR_SHAPE, fill)));
    conform_output(b, "empty", count_into(b, conform_input(b, b->type, SABIR_SHAPE(0), fill)));
    conform_output(b, "dim", count_into(b, conform_input(b, b->type, SABIR_SHAPE(conform_dim(b, 300, 293, 3)), fill)));
}

/* Counts of counts, in a loop that ends by its condition (variant 1) or not: zeros come before each count. */
static void histogram_loop(conform_build *b)
{
    sabir_graph *g = b->graph;
    const sabir_value counts = conform_variable(b, "counts", b->type, SABIR_SHAPE(13), BETWEEN(0, 12)), x = conform_input(b, b->type, SABIR_SHAPE(217), BETWEEN(-2, 14));
    const sabir_value first = count_into(b, x);
    sabir_value carried, counted;
    sabir_loop_begin(g, 3, &counts, 1, &carried);
    const sabir_value next = count_into(b, carried);
    const sabir_value going = sabir_less(g, sabir_max(g, next, SABIR_ALL_AXES), sabir_number(g, b->type, 100));
    sabir_loop_end(g, &next, 1, b->variant ? going : SABIR_NONE, &counted);
    conform_output(b, "counted", counted);
    sabir_assign(g, counts, first);
}

CONFORM_CASES(histogram)
{
    conform_add(list, OF(I32), "bins", histograms, 0);
    conform_add(list, OF(I32), "loop", histogram_loop, 0);
    conform_add(list, OF(I32), "conditional loop", histogram_loop, 1);
}
