/* argmax, argmin: the first in an order, without sorting. */
#include "lines.h"

enum { LANES = 64, SHORT_LINE = 64, SHORTEST_PART = 4096, TASKS_OF_CPU = 256, GROUPS_OF_GPU = 512, MOST_PARTS = 1024 };

typedef struct search {
    const sbr_axis_lines *lines;
    sbr_arith arith;
    uint32_t order, lanes;
    sbr_expr parts, span, length;
} search;

static int64_t count_parts(const sbr_lowering *lowering, const sbr_axis_lines *lines)
{
    const int64_t rows = sbr_most(lowering, lines->rows), length = sbr_most(lowering, lines->length);
    const int64_t wanted = lowering->options->prefer_wide ? TASKS_OF_CPU : GROUPS_OF_GPU;
    if (rows == 0 || rows >= wanted || length < 2 * SHORTEST_PART) return 1;
    const int64_t parts = wanted / rows, most = length / SHORTEST_PART;
    return parts < 2 ? 1 : parts < most ? parts : most < MOST_PARTS ? most : MOST_PARTS;
}

/* candidates: [length, rows], NULL to look at every element. */
static sabir_status launch(sbr_lowering *lowering, const search *s, const sbr_view *candidates, const sbr_view *y)
{
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "arg_reduce", s->arith, s->arith));
    sbr_space(&l, s->lines->view.rank, s->lines->view.extents);
    sbr_read(&l, "x", &s->lines->view);
    sbr_read(&l, "candidates", candidates ? candidates : &s->lines->view);
    sbr_write(&l, "y", y);
    sbr_int(&l, "order", s->order);
    sbr_int(&l, "lanes", s->lanes);
    sbr_int(&l, "indirect", candidates != NULL);
    sbr_idx(&l, "rows", s->lines->rows);
    sbr_idx(&l, "parts", s->parts);
    sbr_idx(&l, "span", s->span);
    sbr_idx(&l, "length", s->length);
    sbr_idx(&l, "stride", s->lines->stride);
    const sbr_expr tasks = sbr_mul(lowering, s->lines->rows, s->parts);
    const uint64_t work = (uint64_t)sbr_most(lowering, sbr_mul(lowering, s->lines->rows, s->length));
    return sbr_launch_end(&l, s->lanes == 1 ? sbr_ceil_div(lowering, tasks, l.desc->local_size) : tasks, work);
}

static sabir_status find_first(sbr_lowering *lowering, const sbr_node *node, uint32_t order)
{
    const sbr_view x = *sbr_in(lowering, node, 0);
    sbr_axis_lines lines;
    sbr_view output, candidates;
    sbr_lines_of(lowering, &x, ((const sabir_axis_attrs *)node->attrs)->axis, &lines);
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    const bool serial = lowering->options->prefer_wide || sbr_most(lowering, lines.length) <= SHORT_LINE;
    const int64_t parts = count_parts(lowering, &lines);
    search s = {.lines = &lines, .arith = sbr_unsigned_arith(x.type), .order = order | sbr_order_of(x.type), .lanes = serial ? 1 : LANES, .parts = sbr_num(lowering, parts),
                .span = sbr_ceil_div(lowering, lines.length, parts), .length = lines.length};
    if (parts == 1) return launch(lowering, &s, NULL, &output);
    const sbr_expr extents[] = {s.parts, lines.rows};
    SABIR_TRY(sbr_temp(lowering, SABIR_I32, 2, extents, &candidates));
    SABIR_TRY(launch(lowering, &s, NULL, &candidates));
    s.length = s.span = s.parts;
    s.parts = sbr_num(lowering, 1);
    return launch(lowering, &s, &candidates, &output);
}

sabir_status sbr_lower_argmax(sbr_lowering *lowering, const sbr_node *node) { return find_first(lowering, node, SBR_ORDER_DESCENDING | SBR_ORDER_NAN_FIRST); }
sabir_status sbr_lower_argmin(sbr_lowering *lowering, const sbr_node *node) { return find_first(lowering, node, SBR_ORDER_NAN_FIRST); }
