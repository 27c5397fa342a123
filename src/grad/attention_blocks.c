/* Lists of blocks, gathered: what attention_pairs.c has of keys becomes, for each list, its items' blocks one after another. */
#include "attention_pairs.h"

typedef enum field { FIELD_BLOCK, FIELD_START, FIELD_LENGTH, FIELD_FIRST } field;

static sabir_value whole(sabir_graph *graph, int64_t number) { return sabir_number(graph, SABIR_I32, (double)number); }

/* [lists, l, 1] */
static sabir_value field_of(const sbr_attention_pairs *p, field which)
{
    const sabir_shape shape = sabir_value_shape(p->items);
    return sabir_slice(p->call->graph, p->items, SABIR_INTS(0, 0, which), (sabir_shape){3, {shape.extents[0], shape.extents[1], 1}}, SABIR_INTS(1, 1, 1));
}

static sabir_shape pool_shape(const sbr_attention_pairs *p) { return sabir_value_shape(sbr_attention_value(p->call, SBR_ATTENTION_K)); }
static sabir_extent items_of(const sbr_attention_pairs *p) { return sabir_value_shape(p->items).extents[1]; }

sabir_status sbr_attention_list_blocks(sbr_attention_pairs *p)
{
    sabir_graph *graph = p->call->graph;
    const sabir_value blocks = sbr_attention_value(p->call, SBR_ATTENTION_BLOCKS);
    const sabir_shape own = sabir_value_shape(blocks), pool = pool_shape(p);
    sabir_shape all = p->lead;
    for (int32_t i = own.rank - 3; i < own.rank; i++) all.extents[all.rank++] = own.extents[i];
    p->by_query = own.extents[own.rank - 3] != 1;
    SABIR_TRY(sbr_extent_mul(graph, p->batch, own.extents[own.rank - 3], &p->lists));
    SABIR_TRY(sbr_extent_mul(graph, p->lists, pool.extents[1], &p->pairs));
    SABIR_TRY(sbr_extent_mul(graph, own.extents[own.rank - 2], pool.extents[2], &p->keys));
    if (p->by_query) p->rows = p->group;
    p->items = sabir_reshape(graph, sabir_broadcast(graph, blocks, all), (sabir_shape){3, {p->lists, own.extents[own.rank - 2], own.extents[own.rank - 1]}});
    return SABIR_OK;
}

static sabir_value ids_of(const sbr_attention_pairs *p, sabir_extent *count)
{
    if (sbr_extent_mul(p->call->graph, p->lists, items_of(p), count) != SABIR_OK) *count = 0;
    return sabir_reshape(p->call->graph, field_of(p, FIELD_BLOCK), (sabir_shape){1, {*count}});
}

/* keys [pairs, l s, c] turned by their start offsets, or back. */
static sabir_value turn(const sbr_attention_pairs *p, sabir_value keys, double sign)
{
    sabir_graph *graph = p->call->graph;
    const sabir_shape pool = pool_shape(p);
    const sabir_extent items = items_of(p);
    if (p->attrs->how.rope_base == 0) return keys;
    const sabir_value start = sabir_mul(graph, field_of(p, FIELD_START), whole(graph, (int64_t)sign));
    const sabir_value spread = sabir_broadcast(graph, sabir_reshape(graph, start, (sabir_shape){4, {p->lists, 1, items, 1}}),
                                               (sabir_shape){4, {p->lists, pool.extents[1], items, pool.extents[2]}});
    return sabir_rope(graph, keys, sabir_reshape(graph, spread, (sabir_shape){2, {p->pairs, p->keys}}), p->attrs->how.rope_base, p->attrs->how.rope_rotated);
}

sabir_value sbr_attention_gather_blocks(const sbr_attention_pairs *p, sabir_value x, bool is_key)
{
    sabir_graph *graph = p->call->graph;
    const sabir_shape pool = sabir_value_shape(x);
    sabir_extent count;
    const sabir_value met = sabir_gather(graph, x, ids_of(p, &count), 0);
    const sabir_value apart = sabir_reshape(graph, met, (sabir_shape){5, {p->lists, items_of(p), pool.extents[1], pool.extents[2], pool.extents[3]}});
    const sabir_value keys = sabir_reshape(graph, sabir_transpose(graph, apart, SABIR_INTS(0, 2, 1, 3, 4)), (sabir_shape){3, {p->pairs, p->keys, pool.extents[3]}});
    return is_key ? turn(p, keys, 1) : keys;
}

sabir_value sbr_attention_scatter_blocks(const sbr_attention_pairs *p, sabir_value keys, sabir_extent columns, bool is_key)
{
    sabir_graph *graph = p->call->graph;
    sabir_shape pool = pool_shape(p);
    sabir_extent count;
    const sabir_value ids = ids_of(p, &count), own = is_key ? turn(p, keys, -1) : keys;
    const sabir_value apart = sabir_reshape(graph, own, (sabir_shape){5, {p->lists, pool.extents[1], items_of(p), pool.extents[2], columns}});
    pool.extents[3] = columns;
    const sabir_value updates = sabir_reshape(graph, sabir_transpose(graph, apart, SABIR_INTS(0, 2, 1, 3, 4)), (sabir_shape){4, {count, pool.extents[1], pool.extents[2], columns}});
    return sabir_scatter_add(graph, sabir_full(graph, sabir_value_type(keys), pool, 0), ids, updates, 0);
}

/* ---- Who sees whom: [lists, hkv, group, nq or 1, l s] ---- */

/* i32 or bool [b'..., nq], the same for all heads. */
static sabir_value of_queries(const sbr_attention_pairs *p, sabir_value x)
{
    sabir_graph *graph = p->call->graph;
    sabir_shape all = p->lead;
    all.extents[all.rank++] = p->queries;
    return sabir_reshape(graph, sabir_broadcast(graph, x, all), (sabir_shape){5, {p->lists, 1, 1, p->by_query ? 1 : p->queries, 1}});
}

static sabir_value of_keys(const sbr_attention_pairs *p, sabir_value x)
{
    const sabir_shape pool = pool_shape(p);
    const sabir_value wide = sabir_broadcast(p->call->graph, x, (sabir_shape){3, {p->lists, items_of(p), pool.extents[2]}});
    return sabir_reshape(p->call->graph, wide, (sabir_shape){5, {p->lists, 1, 1, 1, p->keys}});
}

static sabir_value are_queries(const sbr_attention_pairs *p)
{
    sabir_graph *graph = p->call->graph;
    const sabir_value positions = sbr_attention_value(p->call, SBR_ATTENTION_Q_POSITIONS), lengths = sbr_attention_value(p->call, SBR_ATTENTION_Q_LENGTHS);
    if (positions.graph) return of_queries(p, sabir_not_equal(graph, positions, whole(graph, SBR_NO_QUERY)));
    if (!lengths.graph) return SABIR_NONE;
    sabir_shape column = sabir_value_shape(lengths);
    column.extents[column.rank++] = 1;
    const sabir_value index = sabir_iota(graph, SABIR_I32, (sabir_shape){1, {p->queries}}, 0, 0, 1);
    return of_queries(p, sabir_less(graph, index, sabir_reshape(graph, lengths, column)));
}

sabir_value sbr_attention_blocks_seen(const sbr_attention_pairs *p)
{
    sabir_graph *graph = p->call->graph;
    const sabir_shape pool = pool_shape(p);
    const sabir_value place = sabir_iota(graph, SABIR_I32, (sabir_shape){1, {pool.extents[2]}}, 0, 0, 1), id = field_of(p, FIELD_BLOCK);
    const sabir_value is_block = sabir_logical_and(graph, sabir_greater_equal(graph, id, whole(graph, 0)), sabir_less(graph, id, sabir_dim_value(graph, pool.extents[0])));
    sabir_value seen = of_keys(p, sabir_logical_and(graph, is_block, sabir_less(graph, place, field_of(p, FIELD_LENGTH))));
    const sabir_value is_query = are_queries(p), positions = sbr_attention_value(p->call, SBR_ATTENTION_Q_POSITIONS);
    if (is_query.graph) seen = sabir_logical_and(graph, seen, is_query);
    if (positions.graph) {
        sabir_value begin = field_of(p, FIELD_START);
        if (sabir_value_shape(p->items).extents[2] > 3) begin = sabir_add(graph, begin, field_of(p, FIELD_FIRST));
        const sabir_value near = sbr_attention_near(p, of_queries(p, positions), of_keys(p, sabir_add(graph, begin, place)));
        if (near.graph) seen = sabir_logical_and(graph, seen, near);
    }
    const sabir_shape apart = {5, {p->lists, pool.extents[1], p->group, p->by_query ? 1 : p->queries, p->keys}};
    return sabir_reshape(graph, sabir_broadcast(graph, seen, apart), (sabir_shape){3, {p->pairs, p->rows, p->keys}});
}
