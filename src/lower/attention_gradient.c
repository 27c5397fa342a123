#include "attention.h"

#include "lines.h"

/* Columns of the gradients that a work-group of attention_gradient_tile computes, and terms that an invocation of attention_bias_gradient adds up. */
enum { COLUMN_TILE = 64, PART_TERMS = 512, MOST_BATCH_AXES = 5 };
/* What elements of the bias gradient are told apart by, as kernels/attention_bias_gradient.k numbers it; batch axes come first. */
enum { OWN_HEADS = 5, OWN_QUERIES, OWN_COLUMNS };

/* What both gradients read of the forward result. */
typedef struct backward { sbr_attention_problem problem; sbr_view d_out, stats; } backward;

static sabir_type computed(const sbr_attention_problem *p) { return p->arith == SBR_ARITH_F64 ? SABIR_F64 : SABIR_F32; }

static sabir_status dense_operand(sbr_lowering *lowering, const sbr_node *node, sbr_attention_operand operand, sbr_view *dense)
{
    const sbr_view view = sbr_attention_in(lowering, node, operand);
    return sbr_dense(lowering, &view, dense);
}

static sabir_status make_stats(sbr_lowering *lowering, backward *b)
{
    const sbr_node *node = b->problem.node;
    const bool has_d_lse = sbr_attention_given(&b->problem, SBR_ATTENTION_D_LSE);
    sbr_view out, lse, d_lse;
    SABIR_TRY(dense_operand(lowering, node, SBR_ATTENTION_OUT, &out));
    SABIR_TRY(dense_operand(lowering, node, SBR_ATTENTION_LSE, &lse));
    d_lse = lse;
    if (has_d_lse) SABIR_TRY(dense_operand(lowering, node, SBR_ATTENTION_D_LSE, &d_lse));
    const sbr_expr extents[] = {sbr_view_count(lowering, &lse), sbr_num(lowering, 2)};
    SABIR_TRY(sbr_temp(lowering, computed(&b->problem), 2, extents, &b->stats));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "attention_stats", b->problem.arith, b->problem.arith));
    sbr_read(&l, "result", &out);
    sbr_read(&l, "d_result", &b->d_out);
    sbr_read(&l, "lse", &lse);
    sbr_read(&l, "d_lse", &d_lse);
    sbr_write(&l, "y", &b->stats);
    sbr_uint(&l, "dv", b->problem.dv);
    sbr_int(&l, "has_d_lse", has_d_lse);
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, sbr_view_count(lowering, &out), sbr_num(lowering, 1), 2));
}

static sabir_status begin(sbr_lowering *lowering, const sbr_node *node, bool across, backward *b)
{
    SABIR_TRY(sbr_attention_problem_of(lowering, node, across, &b->problem));
    const sbr_view given = sbr_attention_in(lowering, node, SBR_ATTENTION_D_OUT);
    SABIR_TRY(sbr_dense(lowering, &given, &b->d_out));
    if (lowering->options->prefer_wide && given.type != computed(&b->problem)) {
        SABIR_TRY(sbr_temp(lowering, computed(&b->problem), given.rank, given.extents, &b->d_out));
        SABIR_TRY(sbr_cast_view(lowering, &given, &b->d_out));
    }
    return make_stats(lowering, b);
}

static void read_backward(sbr_launcher *l, const backward *b)
{
    sbr_attention_operands(l, &b->problem);
    sbr_read(l, "d_result", &b->d_out);
    sbr_read(l, "stats", &b->stats);
}

/* ---- q, k and v ---- */

static sabir_status begin_launch(sbr_launcher *l, sbr_lowering *lowering, const backward *b, const sbr_view *y)
{
    static const char *const kernels[] = {"attention_gradient_block", "attention_gradient_tile", "attention_gradient_row"};
    const sbr_attention_problem *p = &b->problem;
    SABIR_TRY(sbr_launch_begin(l, lowering, kernels[sbr_attention_form_of(lowering, p)], p->arith, p->arith));
    read_backward(l, b);
    sbr_write(l, "y", y);
    sbr_uint(l, "key_heads", p->outer[p->batch]);
    sbr_idx(l, "k_head", p->k.outer.strides[p->batch]);
    sbr_idx(l, "v_head", p->v.outer.strides[p->batch]);
    sbr_idx(l, "lists", p->lists);
    sbr_idx(l, "reader_rows", p->by_query ? p->heads : sbr_mul(lowering, p->queries, p->heads));
    return SABIR_OK;
}

/* Rows that lie in no runs: by row, and by key, where nothing reads these. */
static void no_runs(sbr_launcher *l)
{
    sbr_idx(l, "run_rows", sbr_num(l->lowering, 1));
    sbr_idx(l, "run_tiles", sbr_num(l->lowering, 1));
}

/* groups: of tiles; each computes every slice of columns. */
static sabir_status end_launch(sbr_launcher *l, const backward *b, sbr_expr groups, sbr_expr columns, uint64_t factor)
{
    if (sbr_attention_form_of(l->lowering, &b->problem) == SBR_ATTENTION_BY_TILE) {
        const sbr_expr slices = sbr_ceil_div(l->lowering, columns, COLUMN_TILE);
        sbr_idx(l, "slices", slices);
        groups = sbr_mul(l->lowering, groups, slices);
    }
    return sbr_launch_end(l, groups, sbr_attention_work(l->lowering, &b->problem, factor));
}

static sabir_status launch_by_query(sbr_lowering *lowering, const backward *b, const sbr_view *d_q)
{
    const sbr_attention_problem *p = &b->problem;
    const sbr_expr one = sbr_num(lowering, 1);
    const bool by_row = sbr_attention_form_of(lowering, p) == SBR_ATTENTION_BY_ROW;
    sbr_launcher l;
    SABIR_TRY(begin_launch(&l, lowering, b, d_q));
    sbr_idx(&l, "key_tiles", one);
    sbr_idx(&l, "second", sbr_num(lowering, 0));
    if (!by_row) return end_launch(&l, b, sbr_attention_row_groups(&l, p), p->d, 3);
    no_runs(&l);
    return sbr_attention_end_rows(&l, p, sbr_mul(lowering, p->queries, p->heads), p->d, 3);
}

/* The lists that go the other way take the places of the mask, the lists and, in blocks, the lengths. */
static sabir_status turn_lists(sbr_lowering *lowering, sbr_attention_problem *p)
{
    sbr_view rows, items;
    p->flags |= SBR_ATTENTION_BY_KEY;
    if (!(p->flags & (SBR_ATTENTION_IN_ROWS | SBR_ATTENTION_IN_BLOCKS))) return SABIR_OK;
    SABIR_TRY(dense_operand(lowering, p->node, SBR_ATTENTION_KEY_ROWS, &rows));
    SABIR_TRY(dense_operand(lowering, p->node, SBR_ATTENTION_KEY_ITEMS, &items));
    p->list.outer.slot = rows.slot;
    p->list.outer.offset = rows.offset;
    p->list.row = rows.strides[0];
    p->columns = items;
    if (p->flags & SBR_ATTENTION_IN_ROWS) return SABIR_OK;
    for (int32_t i = 0; i <= p->batch; i++) p->list.outer.strides[i] = sbr_num(lowering, 0);
    const sbr_view blocks = sbr_attention_in(lowering, p->node, SBR_ATTENTION_BLOCKS);
    sbr_expr extents[SABIR_MAX_RANK];
    for (int32_t i = 0; i < p->batch; i++) extents[i] = p->outer[i];
    for (int32_t i = 0; i < 3; i++) extents[p->batch + i] = blocks.extents[blocks.rank - 3 + i];
    sbr_view wide, table;
    sbr_view_broadcast(lowering, &blocks, p->batch + 3, extents, &wide);
    SABIR_TRY(sbr_dense(lowering, &wide, &table));
    p->k_lengths.outer.slot = table.slot;
    p->k_lengths.outer.offset = table.offset;
    return SABIR_OK;
}

/* y: the gradients of k and, from element `second` on, of v. */
static sabir_status launch_by_key(sbr_lowering *lowering, const backward *b, const sbr_view *y, sbr_expr second)
{
    backward turned = *b;
    sbr_attention_problem *p = &turned.problem;
    sbr_exprs *exprs = &lowering->module->exprs;
    const sbr_expr one = sbr_num(lowering, 1), heads = p->outer[p->batch];
    SABIR_TRY(turn_lists(lowering, p));
    const bool in_blocks = (p->flags & SBR_ATTENTION_IN_BLOCKS) != 0;
    const sbr_expr keys = in_blocks ? p->block : p->keys, owners = in_blocks ? sbr_mul(lowering, p->keys, heads) : p->pairs;
    const sbr_expr key_tiles = p->flags & SBR_ATTENTION_IN_ROWS ? keys : sbr_ceil_div(lowering, keys, SBR_ATTENTION_KEY_TILE);
    sbr_launcher l;
    SABIR_TRY(begin_launch(&l, lowering, &turned, y));
    sbr_idx(&l, "key_tiles", sbr_expr_max(exprs, key_tiles, one));
    sbr_idx(&l, "second", second);
    no_runs(&l);
    if (sbr_attention_form_of(lowering, p) == SBR_ATTENTION_BY_ROW) return sbr_attention_end_rows(&l, p, keys, sbr_expr_max(exprs, p->d, p->dv), 4);
    sbr_idx(&l, "groups", sbr_mul(lowering, owners, key_tiles));
    sbr_idx(&l, "tiles", one);
    return end_launch(&l, &turned, sbr_mul(lowering, owners, key_tiles), sbr_expr_max(exprs, p->d, p->dv), 4);
}

/* The view of a whole output from an element of y on; cast where the output is of another type. */
static sabir_status give(sbr_lowering *lowering, const sbr_node *node, uint32_t output, const sbr_view *y, sbr_expr offset)
{
    const sbr_value_info *value = sbr_value_at(lowering->graph, node->first_output + output);
    sbr_expr extents[SABIR_MAX_RANK];
    for (int32_t i = 0; i < value->shape.rank; i++) extents[i] = sbr_ext(lowering, value->shape.extents[i]);
    sbr_view view, result;
    sbr_view_dense(lowering, y->slot, y->type, value->shape.rank, extents, &view);
    view.offset = offset;
    if (value->type == y->type) {
        sbr_alias(lowering, node, output, &view);
        return SABIR_OK;
    }
    SABIR_TRY(sbr_out(lowering, node, output, &result));
    return sbr_cast_view(lowering, &view, &result);
}

static sbr_expr output_count(sbr_lowering *lowering, const sbr_node *node, uint32_t output)
{
    const sabir_shape *shape = &sbr_value_at(lowering->graph, node->first_output + output)->shape;
    sbr_expr count = sbr_num(lowering, 1);
    for (int32_t i = 0; i < shape->rank; i++) count = sbr_mul(lowering, count, sbr_ext(lowering, shape->extents[i]));
    return count;
}

/* Gradients that nobody reads are not computed. */
static bool is_read(const sbr_lowering *lowering, const sbr_node *node, uint32_t output)
{
    return lowering->last_use[node->first_output + output] != 0 || !lowering->options->simplify;
}

sabir_status sbr_lower_attention_gradient(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_expr zero = sbr_num(lowering, 0);
    backward b;
    sbr_view d_q, d_kv;
    SABIR_TRY(begin(lowering, node, true, &b));
    const sbr_expr q_count = output_count(lowering, node, 0), k_count = output_count(lowering, node, 1);
    const sbr_expr both = sbr_add(lowering, k_count, output_count(lowering, node, 2));
    SABIR_TRY(sbr_temp(lowering, computed(&b.problem), 1, &q_count, &d_q));
    SABIR_TRY(sbr_temp(lowering, computed(&b.problem), 1, &both, &d_kv));
    if (is_read(lowering, node, 0)) SABIR_TRY(launch_by_query(lowering, &b, &d_q));
    if (is_read(lowering, node, 1) || is_read(lowering, node, 2)) SABIR_TRY(launch_by_key(lowering, &b, &d_kv, k_count));
    SABIR_TRY(give(lowering, node, 0, &d_q, zero));
    SABIR_TRY(give(lowering, node, 1, &d_kv, zero));
    return give(lowering, node, 2, &d_kv, k_count);
}

/* ---- bias ---- */

/* Whether an axis of the bias, counted from the end, is its own; where it is not, its terms are added up. */
static bool is_own(const sbr_view *bias, int32_t from_end, sbr_expr whole) { return bias->rank >= from_end && bias->extents[bias->rank - from_end] == whole; }

typedef struct summed { uint32_t own; sbr_expr columns, terms; } summed;

static void take(sbr_lowering *lowering, summed *s, const sbr_view *bias, int32_t from_end, sbr_expr whole, uint32_t bit)
{
    if (is_own(bias, from_end, whole)) s->own |= 1u << bit;
    else s->terms = sbr_mul(lowering, s->terms, whole);
}

static summed axes_of(sbr_lowering *lowering, const sbr_attention_problem *p, const sbr_view *bias)
{
    const bool in_rows = (p->flags & SBR_ATTENTION_IN_ROWS) != 0;
    summed s = {.columns = in_rows ? p->items : p->keys, .terms = sbr_num(lowering, 1)};
    int32_t axis = 1;
    take(lowering, &s, bias, axis++, s.columns, OWN_COLUMNS);
    if (!in_rows) take(lowering, &s, bias, axis++, p->queries, OWN_QUERIES);
    take(lowering, &s, bias, axis++, sbr_mul(lowering, p->outer[p->batch], p->heads), OWN_HEADS);
    for (int32_t i = p->batch; i-- > 0;) take(lowering, &s, bias, axis++, p->outer[i], (uint32_t)i);
    return s;
}

static sabir_status launch_bias(sbr_lowering *lowering, const backward *b, const summed *s, const sbr_view *y, sbr_expr elements)
{
    const sbr_attention_problem *p = &b->problem;
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "attention_bias_gradient", p->arith, p->arith));
    read_backward(&l, b);
    sbr_write(&l, "y", y);
    sbr_uint(&l, "key_heads", p->outer[p->batch]);
    sbr_int(&l, "own", s->own);
    sbr_int(&l, "batch_axes", p->batch);
    for (int32_t i = 0; i < MOST_BATCH_AXES; i++) sbr_idx_at(&l, "batch_extents", (uint32_t)i, i < p->batch ? p->outer[i] : sbr_num(lowering, 1));
    sbr_idx(&l, "columns", s->columns);
    sbr_idx(&l, "elements", elements);
    sbr_idx(&l, "terms", s->terms);
    sbr_int(&l, "part_terms", PART_TERMS);
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_attention_work(lowering, p, 2));
}

sabir_status sbr_lower_attention_bias_gradient(sbr_lowering *lowering, const sbr_node *node)
{
    backward b;
    sbr_view y;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    SABIR_TRY(begin(lowering, node, false, &b));
    const sbr_view bias = sbr_attention_in(lowering, node, SBR_ATTENTION_BIAS);
    const summed s = axes_of(lowering, &b.problem, &bias);
    const sbr_expr elements = sbr_view_count(lowering, &y);
    const int64_t terms = sbr_expr_largest(&lowering->module->exprs, s.terms);
    if (terms >= 0 && terms <= PART_TERMS) return launch_bias(lowering, &b, &s, &y, elements);
    const sbr_expr extents[] = {sbr_ceil_div(lowering, s.terms, PART_TERMS), elements};
    sbr_view parts, flat;
    SABIR_TRY(sbr_temp(lowering, computed(&b.problem), 2, extents, &parts));
    SABIR_TRY(launch_bias(lowering, &b, &s, &parts, elements));
    sbr_view_dense(lowering, y.slot, y.type, 1, &elements, &flat);
    return sbr_sum_first(lowering, &parts, &flat);
}
