/* Running sums: lines cut into chunks, one invocation a chunk; see kernels/scan.k. */
#include "lines.h"

/* Chunks that keep a device busy; each at least this long. */
enum { CHUNKS_OF_CPU = 256, CHUNKS_OF_GPU = 16384, MOST_CHUNKS = 2048, SHORTEST_CHUNK = 64, LONG_LINE = 1024 };

typedef enum scan_phase { PHASE_ELEMENTS, PHASE_TOTALS, PHASE_OF_TOTALS } scan_phase; /* kernels/scan.k */

typedef struct scan {
    scan_phase phase;
    sbr_arith arith;
    const sbr_axis_lines *x, *starts; /* starts: NULL for none */
    const sabir_cumsum_attrs *attrs;
    sbr_expr chunks, span;
    sbr_expr half;               /* elements of the totals, without what they lost */
} scan;

static int64_t count_chunks(const sbr_lowering *lowering, const sbr_axis_lines *x)
{
    const int64_t rows = sbr_most(lowering, x->rows), length = sbr_most(lowering, x->length);
    const int64_t wanted = lowering->options->prefer_wide ? CHUNKS_OF_CPU : CHUNKS_OF_GPU;
    if (length < LONG_LINE || rows == 0 || rows >= wanted / 2) return 1;
    int64_t chunks = wanted / rows;
    if (chunks > length / SHORTEST_CHUNK) chunks = length / SHORTEST_CHUNK;
    return chunks < MOST_CHUNKS ? chunks : MOST_CHUNKS;
}

/* before: running totals of the chunks; flags: where PHASE_TOTALS notes starts; NULL where there are none. */
static sabir_status launch(sbr_lowering *lowering, const scan *s, const sbr_view *before, const sbr_view *y, const sbr_view *flags)
{
    sbr_view unused, no_starts;
    SABIR_TRY(sbr_temp(lowering, SABIR_U32, 0, NULL, &unused));
    sbr_view_broadcast(lowering, &unused, s->x->view.rank, s->x->view.extents, &no_starts);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "scan", s->arith, s->arith));
    sbr_space(&l, s->x->view.rank, s->x->view.extents);
    sbr_read(&l, "x", &s->x->view);
    sbr_read(&l, "starts", s->starts ? &s->starts->view : &no_starts);
    sbr_read(&l, "before", before ? before : &s->x->view);
    sbr_write(&l, "y", y);
    sbr_write(&l, "flags", flags ? flags : &unused);
    sbr_int(&l, "phase", s->phase);
    sbr_int(&l, "reverse", s->attrs->reverse);
    sbr_int(&l, "exclusive", s->attrs->exclusive);
    sbr_int(&l, "segmented", s->starts != NULL);
    sbr_idx(&l, "rows", s->x->rows);
    sbr_idx(&l, "length", s->x->length);
    sbr_idx(&l, "chunks", s->chunks);
    sbr_idx(&l, "span", s->span);
    sbr_idx(&l, "stride", s->x->stride);
    sbr_idx(&l, "starts_stride", s->starts ? s->starts->stride : sbr_num(lowering, 0));
    sbr_idx(&l, "inner", s->x->inner);
    sbr_idx(&l, "half_size", s->half);
    const sbr_expr invocations = sbr_mul(lowering, s->x->rows, s->chunks);
    const uint64_t work = (uint64_t)sbr_most(lowering, sbr_mul(lowering, s->x->rows, s->x->length));
    return sbr_launch_end(&l, sbr_ceil_div(lowering, invocations, l.desc->local_size), work);
}

/* Totals of the chunks, their running sums, and from there the elements. */
static sabir_status scan_chunks(sbr_lowering *lowering, scan *s, const sbr_view *y)
{
    static const sabir_cumsum_attrs forward = {.axis = 0};
    const sbr_expr extents[] = {sbr_num(lowering, 2), s->chunks, s->x->rows};
    const sabir_type type = sbr_type_of(s->arith);
    sbr_view totals, flags, before, sums;
    SABIR_TRY(sbr_temp(lowering, type, 3, extents, &totals));
    SABIR_TRY(sbr_temp(lowering, type, 3, extents, &before));
    SABIR_TRY(sbr_temp(lowering, SABIR_U32, 2, extents + 1, &flags));
    s->phase = PHASE_TOTALS;
    SABIR_TRY(launch(lowering, s, NULL, &totals, &flags));

    sbr_axis_lines total_lines, flag_lines;
    sbr_view_dense(lowering, totals.slot, type, 2, extents + 1, &sums);
    sbr_lines_of(lowering, &sums, 0, &total_lines);
    sbr_lines_of(lowering, &flags, 0, &flag_lines);
    const scan of_totals = {.phase = PHASE_OF_TOTALS, .arith = s->arith, .x = &total_lines, .starts = s->starts ? &flag_lines : NULL, .attrs = &forward,
                            .chunks = sbr_num(lowering, 1), .span = total_lines.length, .half = s->half};
    SABIR_TRY(launch(lowering, &of_totals, NULL, &before, NULL));
    s->phase = PHASE_ELEMENTS;
    return launch(lowering, s, &before, y, NULL);
}

sabir_status sbr_scan_view(sbr_lowering *lowering, sbr_arith arith, const sbr_view *x, const sbr_view *starts, const sabir_cumsum_attrs *attrs, const sbr_view *y)
{
    sbr_axis_lines x_lines, starts_lines = {0};
    sbr_lines_of(lowering, x, attrs->axis, &x_lines);
    if (starts) sbr_lines_of(lowering, starts, attrs->axis, &starts_lines);
    const int64_t chunks = count_chunks(lowering, &x_lines);
    scan s = {.arith = arith, .x = &x_lines, .starts = starts ? &starts_lines : NULL, .attrs = attrs, .chunks = sbr_num(lowering, chunks),
              .span = sbr_ceil_div(lowering, x_lines.length, chunks), .half = sbr_mul(lowering, sbr_num(lowering, chunks), x_lines.rows)};
    return chunks == 1 ? launch(lowering, &s, NULL, y, NULL) : scan_chunks(lowering, &s, y);
}

sabir_status sbr_lower_cumsum(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view x = *sbr_in(lowering, node, 0);
    sbr_view starts, output;
    if (node->input_count > 1) starts = *sbr_in(lowering, node, 1);
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    return sbr_scan_view(lowering, sbr_unsigned_arith(x.type), &x, node->input_count > 1 ? &starts : NULL, node->attrs, &output);
}
