/* Sorting: chunks that fit in shared memory, then merges of neighbouring runs until one run is left; where few elements are wanted,
 * only the first of each chunk go on to the next round. See kernels/sort_chunks.k and merge_runs.k. */
#include "lines.h"

enum { CHUNK = 1024, MERGED_BY_INVOCATION = 32 };

typedef struct sorting {
    sbr_arith arith;
    uint32_t order;
    const sbr_view *values, *places; /* results */
    sbr_expr inner, wanted;          /* of the results: elements in a line; stride of the lines */
    sbr_axis_lines lines;                 /* what is sorted now, */
    sbr_view from;                   /* and the places it came from; of no interest in the first round */
    bool indirect;
} sorting;

static int64_t chunk_for(const sbr_lowering *lowering, sbr_expr length)
{
    const int64_t most = sbr_most(lowering, length);
    int64_t size = 2;
    while (size < most && size < CHUNK) size *= 2;
    return size;
}

/* Values and places [rows, length]. */
static sabir_status temporaries(sbr_lowering *lowering, const sorting *s, sbr_expr length, sbr_view *values, sbr_view *places)
{
    const sbr_expr extents[] = {s->lines.rows, length};
    SABIR_TRY(sbr_temp(lowering, sbr_type_of(s->arith), 2, extents, values));
    return sbr_temp(lowering, SABIR_I32, 2, extents, places);
}

/* Sorts chunks of the lines and writes the first `keep` of each. */
static sabir_status sort_chunks(sbr_lowering *lowering, const sorting *s, sbr_expr keep, const sbr_view *values, const sbr_view *places, sbr_expr out_length,
                                sbr_expr inner)
{
    const int64_t size = chunk_for(lowering, s->lines.length);
    const sbr_expr chunks = sbr_ceil_div(lowering, s->lines.length, size), groups = sbr_mul(lowering, s->lines.rows, chunks);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "sort_chunks", s->arith, s->arith));
    sbr_space(&l, s->lines.view.rank, s->lines.view.extents);
    sbr_read(&l, "x", &s->lines.view);
    sbr_read(&l, "places", s->indirect ? &s->from : &s->lines.view);
    sbr_write(&l, "values_out", values);
    sbr_write(&l, "places_out", places);
    sbr_int(&l, "order", s->order);
    sbr_int(&l, "indirect", s->indirect);
    sbr_int(&l, "size", size);
    sbr_idx(&l, "keep", keep);
    sbr_idx(&l, "rows", s->lines.rows);
    sbr_idx(&l, "chunks", chunks);
    sbr_idx(&l, "length", s->lines.length);
    sbr_idx(&l, "stride", s->lines.stride);
    sbr_idx(&l, "out_length", out_length);
    sbr_idx(&l, "inner", inner);
    const int64_t work = sbr_most(lowering, sbr_mul(lowering, groups, sbr_num(lowering, size * 50)));
    return sbr_launch_end(&l, groups, (uint64_t)work);
}

static sabir_status merge_runs(sbr_lowering *lowering, const sorting *s, const sbr_view *from, const sbr_view *to, int64_t width, sbr_expr inner)
{
    const sbr_expr pieces = sbr_ceil_div(lowering, s->lines.length, MERGED_BY_INVOCATION);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "merge_runs", s->arith, s->arith));
    sbr_read(&l, "values", &from[0]);
    sbr_read(&l, "places", &from[1]);
    sbr_write(&l, "values_out", &to[0]);
    sbr_write(&l, "places_out", &to[1]);
    sbr_int(&l, "order", s->order);
    sbr_idx(&l, "rows", s->lines.rows);
    sbr_idx(&l, "length", s->lines.length);
    sbr_idx(&l, "pieces", pieces);
    sbr_int(&l, "width", width);
    sbr_idx(&l, "inner", inner);
    const int64_t work = sbr_most(lowering, sbr_mul(lowering, s->lines.rows, s->lines.length));
    return sbr_launch_end(&l, sbr_ceil_div(lowering, sbr_mul(lowering, s->lines.rows, pieces), l.desc->local_size), (uint64_t)work);
}

/* Whole lines: sorted chunks, merged. */
static sabir_status sort_all(sbr_lowering *lowering, const sorting *s)
{
    const int64_t most = sbr_most(lowering, s->lines.length);
    if (most <= CHUNK) return sort_chunks(lowering, s, s->lines.length, s->values, s->places, s->lines.length, s->inner);
    sbr_view runs[2][2];
    SABIR_TRY(temporaries(lowering, s, s->lines.length, &runs[0][0], &runs[0][1]));
    SABIR_TRY(temporaries(lowering, s, s->lines.length, &runs[1][0], &runs[1][1]));
    const sbr_expr one = sbr_num(lowering, 1);
    SABIR_TRY(sort_chunks(lowering, s, sbr_num(lowering, CHUNK), &runs[0][0], &runs[0][1], s->lines.length, one));
    int side = 0;
    int64_t width = CHUNK;
    for (; width < most - width; width *= 2, side = !side) SABIR_TRY(merge_runs(lowering, s, runs[side], runs[!side], width, one));
    const sbr_view results[2] = {*s->values, *s->places};
    return merge_runs(lowering, s, runs[side], results, width, s->inner);
}

/* Rounds of sorted chunks, of which `wanted` elements each go on. */
static sabir_status sort_first(sbr_lowering *lowering, sorting *s)
{
    while (sbr_most(lowering, s->lines.length) > CHUNK) {
        const sbr_expr chunks = sbr_ceil_div(lowering, s->lines.length, CHUNK), length = sbr_mul(lowering, chunks, s->wanted);
        sbr_view values, places;
        SABIR_TRY(temporaries(lowering, s, length, &values, &places));
        SABIR_TRY(sort_chunks(lowering, s, s->wanted, &values, &places, length, sbr_num(lowering, 1)));
        sbr_lines_of(lowering, &values, 1, &s->lines);
        s->from = places;
        s->indirect = true;
    }
    return sort_chunks(lowering, s, s->wanted, s->values, s->places, s->wanted, s->inner);
}

sabir_status sbr_sort_view(sbr_lowering *lowering, const sbr_view *x, int32_t axis, uint32_t order, const sbr_view *values, const sbr_view *places)
{
    sorting s = {.arith = sbr_unsigned_arith(x->type), .order = order | sbr_order_of(x->type), .values = values, .places = places, .wanted = values->extents[axis]};
    sbr_lines_of(lowering, x, axis, &s.lines);
    s.inner = s.lines.inner;
    if (s.wanted == s.lines.length) return sort_all(lowering, &s);
    /* Rounds that keep a quarter or less end soon; otherwise all is sorted and the rest left. */
    if (sbr_most(lowering, s.lines.length) <= CHUNK || sbr_most(lowering, s.wanted) <= CHUNK / 4) return sort_first(lowering, &s);
    sbr_view all_values, all_places;
    SABIR_TRY(sbr_temp(lowering, sbr_type_of(s.arith), x->rank, x->extents, &all_values));
    SABIR_TRY(sbr_temp(lowering, SABIR_I32, x->rank, x->extents, &all_places));
    s.values = &all_values;
    s.places = &all_places;
    s.wanted = s.lines.length;
    SABIR_TRY(sort_all(lowering, &s));
    all_values.extents[axis] = all_places.extents[axis] = values->extents[axis];
    SABIR_TRY(sbr_cast_view(lowering, &all_values, values));
    return sbr_cast_view(lowering, &all_places, places);
}

sabir_status sbr_lower_sort(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_sort_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0);
    sbr_view values, places;
    SABIR_TRY(sbr_out(lowering, node, 0, &values));
    SABIR_TRY(sbr_out(lowering, node, 1, &places));
    return sbr_sort_view(lowering, &x, attrs->axis, attrs->descending ? SBR_ORDER_DESCENDING : 0, &values, &places);
}

sabir_status sbr_lower_top_k(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view x = *sbr_in(lowering, node, 0);
    sbr_view values, places;
    SABIR_TRY(sbr_out(lowering, node, 0, &values));
    SABIR_TRY(sbr_out(lowering, node, 1, &places));
    return sbr_sort_view(lowering, &x, x.rank - 1, SBR_ORDER_DESCENDING | SBR_ORDER_NAN_FIRST, &values, &places);
}
