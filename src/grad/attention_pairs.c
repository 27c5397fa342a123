#include "attention_pairs.h"

sabir_value sbr_attention_value(const sbr_grad_call *call, sbr_attention_operand operand)
{
    const sbr_attention_attrs *attrs = call->attrs;
    return sbr_attention_has(attrs->given, operand) ? call->inputs[sbr_attention_input(attrs->given, operand)] : SABIR_NONE;
}

void sbr_attention_give(sbr_grad_call *call, sbr_attention_operand operand, sabir_value grad)
{
    const sbr_attention_attrs *attrs = call->attrs;
    const uint32_t input = sbr_attention_input(attrs->given, operand);
    if (!sbr_attention_has(attrs->given, operand) || !call->wanted[input]) return;
    const sabir_shape shape = sabir_value_shape(call->inputs[input]);
    const sabir_value own = sbr_grad_as(sbr_grad_unbroadcast(call->graph, grad, &shape), sabir_value_type(call->inputs[input]));
    call->results[input] = call->results[input].index == SABIR_NONE_INDEX ? own : sbr_grad_add2(call->results[input], own);
}

/* ---- Layouts ---- */

static sabir_shape shape3(sabir_extent a, sabir_extent b, sabir_extent c) { return (sabir_shape){3, {a, b, c}}; }
static sabir_shape shape2(sabir_extent a, sabir_extent b) { return (sabir_shape){2, {a, b}}; }

static sabir_extent columns_of(sabir_value x)
{
    const sabir_shape shape = sabir_value_shape(x);
    return shape.rank > 0 ? shape.extents[shape.rank - 1] : 1;
}

/* The batch axes, then more. */
static sabir_shape lead_with(const sbr_attention_pairs *p, int32_t count, const sabir_extent *more)
{
    sabir_shape shape = p->lead;
    for (int32_t i = 0; i < count; i++) shape.extents[shape.rank++] = more[i];
    return shape;
}

static sabir_extent key_heads(const sbr_attention_pairs *p)
{
    const sabir_shape k = sabir_value_shape(sbr_attention_value(p->call, SBR_ATTENTION_K));
    return k.extents[k.rank - 3];
}

/* [b..., hq, nq, c] with the axes of key heads, of heads that share one, of queries and of columns apart. */
static sabir_shape apart(const sbr_attention_pairs *p, sabir_extent columns) { return (sabir_shape){5, {p->batch, key_heads(p), p->group, p->queries, columns}}; }

static sabir_value rows_of(const sbr_attention_pairs *p, sabir_value x, sabir_extent columns)
{
    sabir_graph *graph = p->call->graph;
    if (p->by_query) x = sabir_transpose(graph, sabir_reshape(graph, x, apart(p, columns)), SABIR_INTS(0, 3, 1, 2, 4));
    return sabir_reshape(graph, x, shape3(p->pairs, p->rows, columns));
}

static sabir_value from_rows(const sbr_attention_pairs *p, sabir_value rows, sabir_extent columns)
{
    sabir_graph *graph = p->call->graph;
    const sabir_shape own = {5, {p->batch, p->queries, key_heads(p), p->group, columns}};
    return p->by_query ? sabir_transpose(graph, sabir_reshape(graph, rows, own), SABIR_INTS(0, 2, 3, 1, 4)) : rows;
}

sabir_value sbr_attention_rows(const sbr_attention_pairs *p, sabir_value x) { return rows_of(p, sbr_grad_widen(x), columns_of(x)); }

sabir_value sbr_attention_keys(const sbr_attention_pairs *p, sabir_value x, bool is_key)
{
    if (p->blocks) return sbr_attention_gather_blocks(p, sbr_grad_widen(x), is_key);
    const sabir_extent own[] = {key_heads(p), p->keys, columns_of(x)};
    const sabir_value wide = sabir_broadcast(p->call->graph, sbr_grad_widen(x), lead_with(p, 3, own));
    return sabir_reshape(p->call->graph, wide, shape3(p->pairs, p->keys, columns_of(x)));
}

sabir_value sbr_attention_numbers(const sbr_attention_pairs *p, sabir_value x)
{
    return sabir_reshape(p->call->graph, rows_of(p, sbr_grad_widen(x), 1), shape2(p->pairs, p->rows));
}

sabir_value sbr_attention_by_pair(const sbr_attention_pairs *p, sabir_value x)
{
    sabir_graph *graph = p->call->graph;
    const sabir_extent heads = p->q.extents[p->lead.rank], dense[] = {heads, p->queries, p->keys};
    const sabir_value wide = sabir_value_type(x) == SABIR_BOOL ? x : sbr_grad_widen(x);
    if (!p->sparse) return sabir_reshape(graph, sabir_broadcast(graph, wide, lead_with(p, 3, dense)), shape3(p->pairs, p->rows, p->keys));
    const sabir_extent sparse[] = {heads, columns_of(sbr_attention_value(p->call, SBR_ATTENTION_COLUMNS))};
    return sabir_reshape(graph, sabir_broadcast(graph, wide, lead_with(p, 2, sparse)), shape2(p->pairs, p->edges));
}

sabir_value sbr_attention_from_rows(const sbr_attention_pairs *p, sabir_value rows, sabir_extent columns)
{
    const sabir_extent own[] = {p->q.extents[p->lead.rank], p->queries, columns};
    return sabir_reshape(p->call->graph, from_rows(p, rows, columns), lead_with(p, 3, own));
}

sabir_value sbr_attention_from_keys(const sbr_attention_pairs *p, sabir_value keys, sabir_extent columns, bool is_key)
{
    if (p->blocks) return sbr_attention_scatter_blocks(p, keys, columns, is_key);
    const sabir_extent own[] = {key_heads(p), p->keys, columns};
    return sabir_reshape(p->call->graph, keys, lead_with(p, 3, own));
}

sabir_value sbr_attention_from_numbers(const sbr_attention_pairs *p, sabir_value numbers)
{
    const sabir_extent own[] = {p->q.extents[p->lead.rank], p->queries};
    return sabir_reshape(p->call->graph, from_rows(p, numbers, 1), lead_with(p, 2, own));
}

sabir_value sbr_attention_from_pairs(const sbr_attention_pairs *p, sabir_value by_pair)
{
    const sabir_extent heads = p->q.extents[p->lead.rank], dense[] = {heads, p->queries, p->keys};
    if (!p->sparse) return sabir_reshape(p->call->graph, by_pair, lead_with(p, 3, dense));
    const sabir_extent sparse[] = {heads, columns_of(sbr_attention_value(p->call, SBR_ATTENTION_COLUMNS))};
    return sabir_reshape(p->call->graph, by_pair, lead_with(p, 2, sparse));
}

/* ---- Sums ---- */

sabir_value sbr_attention_spread(const sbr_attention_pairs *p, sabir_value numbers)
{
    sabir_graph *graph = p->call->graph;
    return p->sparse ? sabir_gather(graph, numbers, p->row_of, 1) : sabir_reshape(graph, numbers, shape3(p->pairs, p->rows, 1));
}

sabir_value sbr_attention_product(const sbr_attention_pairs *p, sabir_value rows, sabir_value keys)
{
    sabir_graph *graph = p->call->graph;
    if (!p->sparse) return sabir_matmul_transposed(graph, rows, keys, 0, 1);
    return sabir_sum(graph, sbr_grad_mul2(sabir_gather(graph, rows, p->row_of, 1), sabir_gather(graph, keys, p->key_of, 1)), SABIR_INTS(2));
}

/* weights [p, m e] times values gathered by `from`, added up by `to` into [p, count, c]. */
static sabir_value move_sums(const sbr_attention_pairs *p, sabir_value weights, sabir_value values, sabir_value from, sabir_value to, sabir_extent count)
{
    sabir_graph *graph = p->call->graph;
    const sabir_value met = sbr_grad_mul2(sabir_reshape(graph, weights, shape3(p->pairs, p->edges, 1)), sabir_gather(graph, values, from, 1));
    const sabir_value zeros = sabir_full(graph, sabir_value_type(weights), shape3(p->pairs, count, columns_of(values)), 0);
    return sabir_scatter_add(graph, zeros, to, met, 1);
}

sabir_value sbr_attention_sum_keys(const sbr_attention_pairs *p, sabir_value weights, sabir_value keys)
{
    return p->sparse ? move_sums(p, weights, keys, p->key_of, p->row_of, p->rows) : sabir_matmul(p->call->graph, weights, keys);
}

sabir_value sbr_attention_sum_rows(const sbr_attention_pairs *p, sabir_value weights, sabir_value rows)
{
    return p->sparse ? move_sums(p, weights, rows, p->row_of, p->key_of, p->keys) : sabir_matmul_transposed(p->call->graph, weights, rows, 1, 0);
}

sabir_value sbr_attention_sum(const sbr_attention_pairs *p, sabir_value weights)
{
    sabir_graph *graph = p->call->graph;
    if (!p->sparse) return sabir_sum(graph, weights, SABIR_INTS(2));
    return sabir_scatter_add(graph, sabir_full(graph, sabir_value_type(weights), shape2(p->pairs, p->rows), 0), p->row_of, weights, 1);
}

/* ---- Who sees whom ---- */

typedef struct places { sabir_value query, key, query_place, key_place; } places; /* broadcasting to [b..., 1, nq, nk] or [b..., 1, e] */

/* An index operand [b'..., n] among pairs: its last axis is that of queries or keys, or is gathered by edge. */
static sabir_value spread_index(const sbr_attention_pairs *p, sabir_value x, sabir_value by_edge, bool of_queries)
{
    sabir_graph *graph = p->call->graph;
    sabir_shape shape = sabir_value_shape(x);
    if (p->sparse) {
        const sabir_value met = sabir_gather(graph, x, by_edge, shape.rank - 1);
        sabir_shape with_head = sabir_value_shape(met);
        if (with_head.rank < 1) return met;
        with_head.extents[with_head.rank] = with_head.extents[with_head.rank - 1];
        with_head.extents[with_head.rank++ - 1] = 1;
        return sabir_reshape(graph, met, with_head);
    }
    const sabir_extent last = shape.extents[shape.rank - 1];
    shape.extents[shape.rank - 1] = 1; /* the head */
    shape.extents[shape.rank++] = of_queries ? last : 1;
    shape.extents[shape.rank++] = of_queries ? 1 : last;
    return sabir_reshape(graph, x, shape);
}

/* Lengths [b'...] with axes for what follows. */
static sabir_value spread_length(const sbr_attention_pairs *p, sbr_attention_operand operand, sabir_extent otherwise)
{
    const sabir_value lengths = sbr_attention_value(p->call, operand);
    if (!lengths.graph) return sabir_dim_value(p->call->graph, otherwise);
    sabir_shape shape = sabir_value_shape(lengths);
    for (int32_t i = 0; i < (p->sparse ? 2 : 3); i++) shape.extents[shape.rank++] = 1;
    return sabir_reshape(p->call->graph, lengths, shape);
}

static sabir_value line(sabir_graph *graph, sabir_extent count) { return sabir_iota(graph, SABIR_I32, (sabir_shape){1, {count}}, 0, 0, 1); }
static sabir_value whole(sabir_graph *graph, int64_t number) { return sabir_number(graph, SABIR_I32, (double)number); }

static sabir_value both(sabir_value a, sabir_value b) { return a.graph ? sabir_logical_and(b.graph, a, b) : b; }

sabir_value sbr_attention_near(const sbr_attention_pairs *p, sabir_value query_place, sabir_value key_place)
{
    sabir_graph *graph = p->call->graph;
    const sabir_attention_attrs *how = &p->attrs->how;
    const sabir_value behind = sbr_grad_sub2(query_place, key_place);
    sabir_value near = SABIR_NONE;
    if (how->causal) near = both(near, sabir_greater_equal(graph, behind, whole(graph, 0)));
    if (how->window) near = both(near, sabir_less(graph, how->causal ? behind : sabir_abs(graph, behind), whole(graph, how->window)));
    return near;
}

/* Bits of the mask, [.., hq, nq, nk]. */
static sabir_value are_unmasked(const sbr_attention_pairs *p, sabir_value mask)
{
    sabir_graph *graph = p->call->graph;
    sabir_shape shape = sabir_value_shape(mask);
    const sabir_value row = sabir_div(graph, line(graph, p->queries), whole(graph, p->attrs->how.mask_queries));
    const sabir_value bit = sabir_div(graph, line(graph, p->keys), whole(graph, p->attrs->how.mask_keys));
    if (shape.rank > 1 && shape.extents[shape.rank - 2] != 1) mask = sabir_gather(graph, mask, row, shape.rank - 2);
    const sabir_value words = sabir_gather(graph, mask, sabir_div(graph, bit, whole(graph, 32)), shape.rank - 1);
    const sabir_value moved = sabir_shift_right(graph, words, sabir_cast(graph, sabir_mod(graph, bit, whole(graph, 32)), SABIR_U32));
    return sabir_cast(graph, sabir_bit_and(graph, moved, sabir_number(graph, SABIR_U32, 1)), SABIR_BOOL);
}

static sabir_value who_sees(const sbr_attention_pairs *p, sabir_value query_of_edge)
{
    sabir_graph *graph = p->call->graph;
    const sabir_value columns = sbr_attention_value(p->call, SBR_ATTENTION_COLUMNS), mask = sbr_attention_value(p->call, SBR_ATTENTION_MASK);
    const sabir_value q_positions = sbr_attention_value(p->call, SBR_ATTENTION_Q_POSITIONS), k_positions = sbr_attention_value(p->call, SBR_ATTENTION_K_POSITIONS);
    const sabir_value q_length = spread_length(p, SBR_ATTENTION_Q_LENGTHS, p->queries), k_length = spread_length(p, SBR_ATTENTION_K_LENGTHS, p->keys);
    places at = {.query = spread_index(p, line(graph, p->queries), query_of_edge, true), .key = spread_index(p, line(graph, p->keys), columns, false)};
    at.query_place = q_positions.graph ? spread_index(p, q_positions, query_of_edge, true)
                                       : sbr_grad_add2(sbr_grad_sub2(sabir_clamp(graph, k_length, whole(graph, 0), sabir_dim_value(graph, p->keys)),
                                                                     sabir_clamp(graph, q_length, whole(graph, 0), sabir_dim_value(graph, p->queries))), at.query);
    at.key_place = k_positions.graph ? spread_index(p, k_positions, columns, false) : at.key;
    sabir_value seen = sabir_logical_and(graph, sabir_less(graph, at.query, q_length), sabir_less(graph, at.key, k_length));
    if (q_positions.graph) seen = both(sabir_not_equal(graph, at.query_place, whole(graph, SBR_NO_QUERY)), seen);
    if (p->sparse) { /* a gather outside gives 0 */
        const sabir_value is_edge = sabir_logical_and(graph, sabir_greater_equal(graph, query_of_edge, whole(graph, 0)), sabir_less(graph, query_of_edge, sabir_dim_value(graph, p->queries)));
        const sabir_value is_key = sabir_logical_and(graph, sabir_greater_equal(graph, columns, whole(graph, 0)), sabir_less(graph, columns, sabir_dim_value(graph, p->keys)));
        seen = both(both(is_edge, is_key), seen);
    }
    seen = both(sbr_attention_near(p, at.query_place, at.key_place), seen);
    if (mask.graph) seen = both(are_unmasked(p, mask), seen);
    return sbr_attention_by_pair(p, seen);
}

/* Rows and keys of the edges, once for each head that shares a key head. */
static void index_edges(sbr_attention_pairs *p, sabir_value query_of_edge)
{
    sabir_graph *graph = p->call->graph;
    const sabir_value columns = sbr_attention_value(p->call, SBR_ATTENTION_COLUMNS);
    const sabir_extent e = columns_of(columns);
    const sabir_shape all = shape2(p->group, e), flat = {1, {p->edges}};
    const sabir_value head = sabir_iota(graph, SABIR_I32, shape2(p->group, 1), 0, 0, 1);
    const sabir_value row = sbr_grad_add2(sbr_grad_mul2(head, sabir_dim_value(graph, p->queries)), query_of_edge);
    p->row_of = sabir_reshape(graph, row, flat);
    p->key_of = sabir_reshape(graph, sabir_broadcast(graph, columns, all), flat);
}

sabir_status sbr_attention_pairs_of(const sbr_grad_call *call, sbr_attention_pairs *p)
{
    *p = (sbr_attention_pairs){.call = call, .attrs = call->attrs, .row_of = SABIR_NONE, .key_of = SABIR_NONE, .items = SABIR_NONE};
    const sabir_shape k = sabir_value_shape(sbr_attention_value(call, SBR_ATTENTION_K));
    const sabir_value columns = sbr_attention_value(call, SBR_ATTENTION_COLUMNS);
    const sabir_extent heads = k.extents[k.rank - 3];
    p->q = sabir_value_shape(sbr_attention_value(call, SBR_ATTENTION_Q));
    p->lead = p->q;
    p->lead.rank -= 3;
    p->keys = k.extents[k.rank - 2];
    p->queries = p->q.extents[p->lead.rank + 1];
    p->group = p->q.extents[p->lead.rank] / heads;
    SABIR_TRY(sbr_shape_count(call->graph, &p->lead, &p->batch));
    SABIR_TRY(sbr_extent_mul(call->graph, p->batch, heads, &p->pairs));
    SABIR_TRY(sbr_extent_mul(call->graph, p->queries, p->group, &p->rows));
    p->blocks = sbr_attention_has(p->attrs->given, SBR_ATTENTION_BLOCKS);
    p->sparse = columns.graph != NULL;
    if (p->blocks) {
        SABIR_TRY(sbr_attention_list_blocks(p));
        p->seen = sbr_attention_blocks_seen(p);
        return SABIR_OK;
    }
    sabir_value query_of_edge = SABIR_NONE;
    if (p->sparse) {
        SABIR_TRY(sbr_extent_mul(call->graph, columns_of(columns), p->group, &p->edges));
        query_of_edge = sbr_attention_row_of_edges(call->graph, sbr_attention_value(call, SBR_ATTENTION_ROWS), columns_of(columns));
        index_edges(p, query_of_edge);
    }
    p->seen = who_sees(p, query_of_edge);
    return SABIR_OK;
}
