/* Attention: shape rules, and the builder of the forward operator. */
#include "attention.h"

#include <math.h>

#include "build.h"

static const char *const operand_names[] = {
#define NAME(id, name) #name,
    SBR_ATTENTION_OPERANDS(NAME)
#undef NAME
};

enum { MOST_COLUMNS = 256, FARTHEST = 1 << 30 };

/* A signature with its operands by number. */
typedef struct problem {
    sbr_signature *signature;
    sbr_attention_attrs *attrs;
    const sabir_shape *q, *k, *v;
    int32_t batch; /* axes of it */
} problem;

static bool has(const problem *p, sbr_attention_operand operand) { return sbr_attention_has(p->attrs->given, operand); }
static uint32_t number(const problem *p, sbr_attention_operand operand) { return sbr_attention_input(p->attrs->given, operand); }
static const sabir_shape *shape_of(const problem *p, sbr_attention_operand operand) { return &p->signature->shapes[number(p, operand)]; }
static sabir_type type_of(const problem *p, sbr_attention_operand operand) { return p->signature->types[number(p, operand)]; }
static sabir_extent queries(const problem *p) { return p->q->extents[p->batch + 1]; }
static sabir_extent query_heads(const problem *p) { return p->q->extents[p->batch]; }
static sabir_extent keys(const problem *p) { return p->k->extents[p->k->rank - 2]; }
static sabir_extent key_heads(const problem *p) { return p->k->extents[p->k->rank - 3]; }

/* The batch axes of q, then count more. */
static sabir_shape with_batch(const problem *p, int32_t count, const sabir_extent *extents)
{
    sabir_shape shape = *p->q;
    shape.rank = p->batch;
    for (int32_t i = 0; i < count; i++) shape.extents[shape.rank++] = extents[i];
    return shape;
}
#define WITH_BATCH(p, ...) with_batch((p), SABIR_COUNT_OF_(__VA_ARGS__), (const sabir_extent[]){__VA_ARGS__})

static sabir_status need_broadcast(const problem *p, sbr_attention_operand operand, sabir_shape wanted, int32_t fixed)
{
    const sabir_graph *graph = p->signature->graph;
    const sabir_shape *shape = shape_of(p, operand);
    bool fits = shape->rank <= wanted.rank && shape->rank >= fixed;
    for (int32_t i = 1; fits && i <= shape->rank; i++) {
        const sabir_extent extent = shape->extents[shape->rank - i];
        fits = extent == wanted.extents[wanted.rank - i] || (extent == 1 && i > fixed);
    }
    if (fits) return SABIR_OK;
    char is[160], text[160];
    sbr_shape_text(graph, SABIR_TYPE_COUNT, shape, is, sizeof is);
    sbr_shape_text(graph, SABIR_TYPE_COUNT, &wanted, text, sizeof text);
    return sbr_fail(SABIR_INVALID_SHAPE, "%s has shape %s, which does not broadcast to %s", operand_names[operand], is, text);
}

/* An index operand, broadcast to the shape but for its last axes. */
static sabir_status need_indices(const problem *p, sbr_attention_operand operand, sabir_type type, sabir_shape wanted, int32_t fixed)
{
    if (!has(p, operand)) return SABIR_OK;
    SABIR_TRY(sbr_need_type(p->signature, number(p, operand), type, operand_names[operand]));
    return need_broadcast(p, operand, wanted, fixed);
}

static sabir_status need_float(const problem *p, sbr_attention_operand operand)
{
    const sabir_type type = type_of(p, operand), q = type_of(p, SBR_ATTENTION_Q);
    SABIR_TRY(sbr_need_class(p->signature, number(p, operand), SBR_CLASS_FLOAT, operand_names[operand]));
    if ((type == SABIR_F64) == (q == SABIR_F64)) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_TYPE, "q is %s and %s is %s; f64 goes with f64 alone; sabir_cast converts", sabir_type_name(q), operand_names[operand],
                    sabir_type_name(type));
}

static sabir_status refuse(const problem *p, sbr_attention_operand mode, const sbr_attention_operand *others, size_t count)
{
    for (size_t i = 0; has(p, mode) && i < count; i++)
        if (has(p, others[i]))
            return sbr_fail(SABIR_INVALID_ARGUMENT, "%s and %s are not given together", operand_names[mode], operand_names[others[i]]);
    return SABIR_OK;
}

static sabir_status check_modes(const problem *p)
{
    static const sbr_attention_operand not_with_rows[] = {SBR_ATTENTION_MASK, SBR_ATTENTION_BLOCKS};
    static const sbr_attention_operand not_with_blocks[] = {SBR_ATTENTION_BIAS, SBR_ATTENTION_MASK, SBR_ATTENTION_K_POSITIONS, SBR_ATTENTION_K_LENGTHS};
    if (has(p, SBR_ATTENTION_ROWS) != has(p, SBR_ATTENTION_COLUMNS)) return sbr_fail(SABIR_INVALID_ARGUMENT, "rows and columns are given together or not at all");
    if (has(p, SBR_ATTENTION_PARTIAL_OUT) != has(p, SBR_ATTENTION_PARTIAL_LSE))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "partial_out and partial_lse are given together or not at all");
    SABIR_TRY(refuse(p, SBR_ATTENTION_ROWS, not_with_rows, SBR_COUNT(not_with_rows)));
    SABIR_TRY(refuse(p, SBR_ATTENTION_BLOCKS, not_with_blocks, SBR_COUNT(not_with_blocks)));
    if (has(p, SBR_ATTENTION_BLOCKS) && (p->attrs->how.causal || p->attrs->how.window) && !has(p, SBR_ATTENTION_Q_POSITIONS))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "causal or a window over blocks needs q_positions: the lists alone do not say where queries stand");
    return SABIR_OK;
}

static sabir_status check_heads(const problem *p)
{
    const sbr_signature *s = p->signature;
    const sabir_extent width = p->q->extents[p->batch + 2], values = p->v->extents[p->v->rank - 1];
    SABIR_TRY(sbr_need_equal(s, width, p->k->extents[p->k->rank - 1], "last extents of q and k"));
    SABIR_TRY(sbr_need_number(s, width, "the last extent of q"));
    SABIR_TRY(sbr_need_number(s, values, "the last extent of v"));
    if (width < 1 || width > MOST_COLUMNS || values < 1 || values > MOST_COLUMNS)
        return sbr_fail(SABIR_INVALID_SHAPE, "heads of %lld and %lld elements; from 1 to %d", (long long)width, (long long)values, MOST_COLUMNS);
    SABIR_TRY(sbr_need_number(s, query_heads(p), "the number of heads"));
    SABIR_TRY(sbr_need_number(s, key_heads(p), "the number of key heads"));
    if (key_heads(p) < 1 || query_heads(p) % key_heads(p) != 0)
        return sbr_fail(SABIR_INVALID_SHAPE, "%lld key heads do not divide %lld query heads", (long long)key_heads(p), (long long)query_heads(p));
    SABIR_TRY(sbr_need_indexable(s, queries(p)));
    return sbr_need_indexable(s, keys(p));
}

/* q, k, v: types, ranks, and that k and v are alike but for their last extents. */
static sabir_status check_triple(const problem *p)
{
    const sbr_signature *s = p->signature;
    const bool pool = has(p, SBR_ATTENTION_BLOCKS);
    const int32_t least = pool ? 4 : 3, most = pool ? 4 : p->q->rank;
    SABIR_TRY(sbr_need_class(s, 0, SBR_CLASS_FLOAT, "q"));
    SABIR_TRY(need_float(p, SBR_ATTENTION_K));
    SABIR_TRY(need_float(p, SBR_ATTENTION_V));
    SABIR_TRY(sbr_need_rank(s, 0, 3, SABIR_MAX_RANK, "q"));
    SABIR_TRY(sbr_need_rank(s, 1, least, most, "k"));
    SABIR_TRY(sbr_need_rank(s, 2, least, most, "v"));
    SABIR_TRY(check_heads(p));
    SABIR_TRY(sbr_need_equal(s, key_heads(p), p->v->extents[p->v->rank - 3], "heads of k and v"));
    SABIR_TRY(sbr_need_equal(s, keys(p), p->v->extents[p->v->rank - 2], "numbers of keys and values"));
    if (pool) return sbr_need_equal(s, p->k->extents[0], p->v->extents[0], "numbers of blocks of k and v");
    SABIR_TRY(need_broadcast(p, SBR_ATTENTION_K, WITH_BATCH(p, key_heads(p), keys(p), p->k->extents[p->k->rank - 1]), 3));
    return need_broadcast(p, SBR_ATTENTION_V, WITH_BATCH(p, key_heads(p), keys(p), p->v->extents[p->v->rank - 1]), 3);
}

static sabir_status check_bias(const problem *p)
{
    if (!has(p, SBR_ATTENTION_BIAS)) return SABIR_OK;
    SABIR_TRY(need_float(p, SBR_ATTENTION_BIAS));
    if (has(p, SBR_ATTENTION_ROWS)) return need_broadcast(p, SBR_ATTENTION_BIAS, WITH_BATCH(p, query_heads(p), shape_of(p, SBR_ATTENTION_COLUMNS)->extents[0]), 0);
    return need_broadcast(p, SBR_ATTENTION_BIAS, WITH_BATCH(p, query_heads(p), queries(p), keys(p)), 0);
}

static sabir_status check_mask(const problem *p)
{
    sabir_graph *graph = p->signature->graph;
    const int64_t tall = p->attrs->how.mask_queries, wide = p->attrs->how.mask_keys;
    sabir_extent rows, bits, words;
    if (!has(p, SBR_ATTENTION_MASK)) return SABIR_OK;
    SABIR_TRY(sbr_extent_affine(graph, queries(p), 1, tall - 1, tall, &rows));
    SABIR_TRY(sbr_extent_affine(graph, keys(p), 1, wide - 1, wide, &bits));
    SABIR_TRY(sbr_extent_affine(graph, bits, 1, 31, 32, &words));
    return need_indices(p, SBR_ATTENTION_MASK, SABIR_U32, WITH_BATCH(p, query_heads(p), rows, words), 1);
}

static sabir_status check_lists(const problem *p)
{
    const sbr_signature *s = p->signature;
    if (has(p, SBR_ATTENTION_ROWS)) {
        const uint32_t rows = number(p, SBR_ATTENTION_ROWS);
        sabir_extent pointers;
        SABIR_TRY(sbr_extent_affine(s->graph, queries(p), 1, 1, 1, &pointers));
        SABIR_TRY(need_indices(p, SBR_ATTENTION_ROWS, SABIR_I32, SABIR_SHAPE(pointers), 1));
        SABIR_TRY(sbr_need_type(s, rows + 1, SABIR_I32, "columns"));
        SABIR_TRY(sbr_need_rank(s, rows + 1, 1, 1, "columns"));
        return sbr_need_indexable(s, s->shapes[rows + 1].extents[0]);
    }
    if (!has(p, SBR_ATTENTION_BLOCKS)) return SABIR_OK;
    const uint32_t blocks = number(p, SBR_ATTENTION_BLOCKS);
    const sabir_shape *shape = &s->shapes[blocks];
    SABIR_TRY(sbr_need_rank(s, blocks, 3, p->batch + 3, "blocks"));
    const sabir_extent lists = shape->extents[shape->rank - 3], fields = shape->extents[shape->rank - 1];
    if (fields != 3 && fields != 4) return sbr_fail(SABIR_INVALID_SHAPE, "the last extent of blocks is to be 3 or 4: block, start, length and perhaps first");
    return need_indices(p, SBR_ATTENTION_BLOCKS, SABIR_I32, WITH_BATCH(p, lists == 1 ? 1 : queries(p), shape->extents[shape->rank - 2], fields), 3);
}

/* Defaults filled in, numbers within bounds. */
static sabir_status check_attrs(const problem *p)
{
    sabir_attention_attrs *how = &p->attrs->how;
    const sabir_extent width = p->q->extents[p->batch + 2];
    if (!isfinite(how->scale)) return sbr_fail(SABIR_INVALID_ARGUMENT, "scale is %g and has to be finite", how->scale);
    if (how->window < 0 || how->mask_queries < 0 || how->mask_keys < 0)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "window, mask_queries and mask_keys are %lld, %lld and %lld; at least 0", (long long)how->window,
                        (long long)how->mask_queries, (long long)how->mask_keys);
    if (!(how->rope_base >= 0) || !isfinite(how->rope_base)) return sbr_fail(SABIR_INVALID_ARGUMENT, "rope_base is %g; finite and at least 0", how->rope_base);
    if (how->rope_base > 0 && how->rope_rotated == 0) how->rope_rotated = width;
    if (how->rope_rotated < 0 || how->rope_rotated > width || how->rope_rotated % 2 != 0)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld elements are to turn; an even number up to the last extent, %lld", (long long)how->rope_rotated,
                        (long long)width);
    if (how->scale == 0) how->scale = 1 / sqrt((double)width);
    if (how->window > FARTHEST) how->window = FARTHEST;
    if (how->mask_queries == 0) how->mask_queries = 1;
    if (how->mask_keys == 0) how->mask_keys = 1;
    how->causal = how->causal != 0;
    how->wide = how->wide != 0;
    return SABIR_OK;
}

/* That there are as many operands as attributes say. */
static sabir_status check_given(const problem *p)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < 32; i++) count += p->attrs->given >> i & 1u;
    if ((p->attrs->given & 7u) == 7u && p->attrs->given >> SBR_ATTENTION_OPERAND_COUNT == 0 && count == p->signature->inputs) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "%u operands are named, q, k and v to be among them, and %u are there", count, p->signature->inputs);
}

static sabir_status check(const problem *p)
{
    SABIR_TRY(check_given(p));
    SABIR_TRY(check_modes(p));
    SABIR_TRY(check_triple(p));
    SABIR_TRY(check_attrs(p));
    SABIR_TRY(check_bias(p));
    SABIR_TRY(check_mask(p));
    SABIR_TRY(check_lists(p));
    SABIR_TRY(need_indices(p, SBR_ATTENTION_Q_POSITIONS, SABIR_I32, WITH_BATCH(p, queries(p)), 1));
    SABIR_TRY(need_indices(p, SBR_ATTENTION_K_POSITIONS, SABIR_I32, WITH_BATCH(p, keys(p)), 1));
    const sabir_shape lengths = with_batch(p, 0, NULL);
    SABIR_TRY(need_indices(p, SBR_ATTENTION_Q_LENGTHS, SABIR_I32, lengths, 0));
    return need_indices(p, SBR_ATTENTION_K_LENGTHS, SABIR_I32, lengths, 0);
}

static problem problem_of(sbr_signature *signature)
{
    problem p = {.signature = signature, .attrs = signature->attrs, .q = &signature->shapes[0], .k = &signature->shapes[1], .v = &signature->shapes[2]};
    p.batch = p.q->rank - 3;
    return p;
}

/* The shapes of out and lse. */
static sabir_shape out_shape(const problem *p) { return WITH_BATCH(p, query_heads(p), queries(p), p->v->extents[p->v->rank - 1]); }
static sabir_shape lse_shape(const problem *p) { return WITH_BATCH(p, query_heads(p), queries(p)); }

static sabir_status need_given(const problem *p, sbr_attention_operand operand, sabir_shape shape)
{
    if (!has(p, operand)) return SABIR_OK;
    SABIR_TRY(need_float(p, operand));
    return sbr_need_shape(p->signature, number(p, operand), &shape, operand_names[operand]);
}

sabir_status sbr_rule_attention(sbr_signature *signature)
{
    const problem p = problem_of(signature);
    const sabir_type type = signature->types[0], wide = sbr_attention_wide_type(type);
    SABIR_TRY(check(&p));
    const sabir_shape out = out_shape(&p), lse = lse_shape(&p);
    SABIR_TRY(need_given(&p, SBR_ATTENTION_PARTIAL_OUT, out));
    SABIR_TRY(need_given(&p, SBR_ATTENTION_PARTIAL_LSE, lse));
    if (has(&p, SBR_ATTENTION_PARTIAL_OUT)) {
        SABIR_TRY(sbr_need_type(signature, number(&p, SBR_ATTENTION_PARTIAL_OUT), wide, "partial_out"));
        SABIR_TRY(sbr_need_type(signature, number(&p, SBR_ATTENTION_PARTIAL_LSE), wide, "partial_lse"));
    }
    sbr_set_result(signature, 0, p.attrs->how.wide ? wide : type, &out);
    sbr_set_result(signature, 1, wide, &lse);
    return SABIR_OK;
}

static sabir_status check_backward(const problem *p)
{
    const bool listed = has(p, SBR_ATTENTION_ROWS) || has(p, SBR_ATTENTION_BLOCKS);
    SABIR_TRY(check(p));
    if (!has(p, SBR_ATTENTION_OUT) || !has(p, SBR_ATTENTION_LSE) || !has(p, SBR_ATTENTION_D_OUT))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "out, lse and d_out are to be given");
    if (p->signature->op == SBR_OP_attention_gradient && (has(p, SBR_ATTENTION_KEY_ROWS) != listed || has(p, SBR_ATTENTION_KEY_ITEMS) != listed))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "key_rows and key_items go with rows or blocks, and only with them");
    const sabir_shape out = out_shape(p), lse = lse_shape(p);
    SABIR_TRY(need_given(p, SBR_ATTENTION_OUT, out));
    SABIR_TRY(need_given(p, SBR_ATTENTION_LSE, lse));
    SABIR_TRY(need_given(p, SBR_ATTENTION_D_OUT, out));
    return need_given(p, SBR_ATTENTION_D_LSE, lse);
}

sabir_status sbr_rule_attention_gradient(sbr_signature *signature)
{
    const problem p = problem_of(signature);
    SABIR_TRY(check_backward(&p));
    const bool pool = has(&p, SBR_ATTENTION_BLOCKS);
    const sabir_shape k = pool ? *p.k : WITH_BATCH(&p, key_heads(&p), keys(&p), p.k->extents[p.k->rank - 1]);
    const sabir_shape v = pool ? *p.v : WITH_BATCH(&p, key_heads(&p), keys(&p), p.v->extents[p.v->rank - 1]);
    sbr_set_result(signature, 0, signature->types[0], p.q);
    sbr_set_result(signature, 1, signature->types[1], &k);
    sbr_set_result(signature, 2, signature->types[2], &v);
    return SABIR_OK;
}

sabir_status sbr_rule_attention_bias_gradient(sbr_signature *signature)
{
    const problem p = problem_of(signature);
    SABIR_TRY(check_backward(&p));
    if (!has(&p, SBR_ATTENTION_BIAS)) return sbr_fail(SABIR_INVALID_ARGUMENT, "there is no bias whose gradient could be taken");
    sbr_set_result(signature, 0, type_of(&p, SBR_ATTENTION_BIAS), shape_of(&p, SBR_ATTENTION_BIAS));
    return SABIR_OK;
}

/* ---- Builders ---- */

sabir_value sbr_add_attention(sabir_graph *graph, sbr_op op, const sabir_value operands[SBR_ATTENTION_OPERAND_COUNT], const sabir_attention_attrs *attrs)
{
    sbr_attention_attrs all = {0};
    sabir_value inputs[SBR_ATTENTION_OPERAND_COUNT];
    uint32_t count = 0;
    if (attrs) all.how = *attrs;
    for (uint32_t i = 0; i < SBR_ATTENTION_OPERAND_COUNT; i++) {
        if (!operands[i].graph) continue;
        all.given |= 1u << i;
        inputs[count++] = operands[i];
    }
    if ((all.given & 7u) != 7u) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "%s: q, k and v are to be given", sbr_ops[op].name));
    return sbr_add_node(graph, op, inputs, count, &all);
}

/* Positions in which queries beyond their length are marked. */
static sabir_value positions_within(sabir_graph *graph, sabir_value positions, sabir_value lengths)
{
    const sabir_shape shape = sabir_value_shape(positions);
    sabir_shape columns = sabir_value_shape(lengths);
    if (shape.rank < 1 || columns.rank >= SABIR_MAX_RANK) return positions; /* the rule refuses them */
    columns.extents[columns.rank++] = 1;
    const sabir_value index = sabir_iota(graph, SABIR_I32, SABIR_SHAPE(shape.extents[shape.rank - 1]), 0, 0, 1);
    return sabir_select(graph, sabir_less(graph, index, sabir_reshape(graph, lengths, columns)), positions, sabir_number(graph, SABIR_I32, SBR_NO_QUERY));
}

void sbr_attention_list(sabir_graph *graph, const sabir_attention_operands *from, bool partial, sabir_value operands[SBR_ATTENTION_OPERAND_COUNT])
{
    for (uint32_t i = 0; i < SBR_ATTENTION_OPERAND_COUNT; i++) operands[i] = SABIR_NONE;
    operands[SBR_ATTENTION_Q] = from->q;
    operands[SBR_ATTENTION_K] = from->k;
    operands[SBR_ATTENTION_V] = from->v;
    operands[SBR_ATTENTION_BIAS] = from->bias;
    operands[SBR_ATTENTION_MASK] = from->mask;
    operands[SBR_ATTENTION_ROWS] = from->rows;
    operands[SBR_ATTENTION_COLUMNS] = from->columns;
    operands[SBR_ATTENTION_Q_POSITIONS] = from->q_positions;
    operands[SBR_ATTENTION_K_POSITIONS] = from->k_positions;
    operands[SBR_ATTENTION_Q_LENGTHS] = from->q_lengths;
    operands[SBR_ATTENTION_K_LENGTHS] = from->k_lengths;
    operands[SBR_ATTENTION_BLOCKS] = from->blocks;
    if (partial) operands[SBR_ATTENTION_PARTIAL_OUT] = from->partial_out;
    if (partial) operands[SBR_ATTENTION_PARTIAL_LSE] = from->partial_lse;
    if (!from->q_positions.graph || !from->q_lengths.graph) return;
    operands[SBR_ATTENTION_Q_POSITIONS] = positions_within(graph, from->q_positions, from->q_lengths);
    operands[SBR_ATTENTION_Q_LENGTHS] = SABIR_NONE;
}

/* Attention over the prefix goes first, and is the partial result from which the other keys go on. */
static void attend_prefix(sabir_graph *graph, const sabir_attention_operands *from, const sabir_attention_attrs *attrs,
                          sabir_value operands[SBR_ATTENTION_OPERAND_COUNT])
{
    const sabir_attention_attrs plain = {.scale = attrs ? attrs->scale : 0, .wide = 1};
    sabir_value prefix[SBR_ATTENTION_OPERAND_COUNT];
    sbr_attention_list(graph, &(sabir_attention_operands){.q = from->q, .k = from->prefix_k, .v = from->prefix_v, .q_positions = operands[SBR_ATTENTION_Q_POSITIONS],
                                                          .q_lengths = operands[SBR_ATTENTION_Q_LENGTHS], .partial_out = from->partial_out,
                                                          .partial_lse = from->partial_lse}, true, prefix);
    operands[SBR_ATTENTION_PARTIAL_OUT] = sbr_add_attention(graph, SBR_OP_attention, prefix, &plain);
    operands[SBR_ATTENTION_PARTIAL_LSE] = sbr_output_of(operands[SBR_ATTENTION_PARTIAL_OUT], 1);
}

sabir_value sabir_attention(sabir_graph *graph, const sabir_attention_operands *from, const sabir_attention_attrs *attrs, sabir_value *lse)
{
    sabir_value operands[SBR_ATTENTION_OPERAND_COUNT], out = sbr_null(graph);
    if (lse) *lse = out;
    if (!sbr_graph_open(graph, "attention")) return out;
    if (!from) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "attention: operands is NULL"));
    if (!from->prefix_k.graph != !from->prefix_v.graph)
        return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "attention: prefix_k and prefix_v are given together or not at all"));
    sbr_attention_list(graph, from, true, operands);
    if (from->prefix_k.graph) attend_prefix(graph, from, attrs, operands);
    out = sbr_add_attention(graph, SBR_OP_attention, operands, attrs);
    if (lse) *lse = sbr_output_of(out, 1);
    return out;
}
