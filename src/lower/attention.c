/* Attention: operands. Batch axes and key heads make the index space; what lies inside is reached by strides of its own. */
#include "attention.h"

#include "rope.h"

sbr_view sbr_attention_in(const sbr_lowering *lowering, const sbr_node *node, sbr_attention_operand operand)
{
    const sbr_attention_attrs *attrs = node->attrs;
    return *sbr_in(lowering, node, sbr_attention_input(attrs->given, operand));
}

static bool is_one(const sbr_lowering *lowering, sbr_expr expr)
{
    int64_t number;
    return sbr_known(lowering, expr, &number) && number == 1;
}

/* ---- Views from the index space ---- */

/* Of a view with the batch axes in front: its other axes are left to strides. */
static sbr_view outer_view(const sbr_attention_problem *p, const sbr_view *view, sbr_expr head_stride)
{
    sbr_view outer = *view;
    outer.rank = p->batch + 1;
    for (int32_t i = 0; i < outer.rank; i++) outer.extents[i] = p->outer[i];
    outer.strides[p->batch] = head_stride;
    return outer;
}

static void broadcast(sbr_lowering *lowering, const sbr_attention_problem *p, const sbr_view *view, int32_t own, const sbr_expr *last, sbr_view *wide)
{
    sbr_expr extents[SABIR_MAX_RANK];
    for (int32_t i = 0; i < p->batch; i++) extents[i] = p->outer[i];
    for (int32_t i = 0; i < own; i++) extents[p->batch + i] = last[i];
    sbr_view_broadcast(lowering, view, p->batch + own, extents, wide);
}

/* [b..., hq, rows, columns] */
static sbr_attention_view by_query_head(sbr_lowering *lowering, const sbr_attention_problem *p, const sbr_view *view)
{
    const sbr_expr head = view->strides[p->batch];
    const int32_t last = view->rank - 1;
    return (sbr_attention_view){.outer = outer_view(p, view, sbr_mul(lowering, head, p->heads)), .head = head,
                                .row = last > p->batch + 1 ? view->strides[last - 1] : sbr_num(lowering, 0), .column = view->strides[last]};
}

/* [b..., hkv, keys, columns] */
static sbr_attention_view by_key_head(sbr_lowering *lowering, const sbr_attention_problem *p, const sbr_view *view)
{
    return (sbr_attention_view){.outer = outer_view(p, view, view->strides[p->batch]), .head = sbr_num(lowering, 0),
                                .row = view->strides[p->batch + 1], .column = view->strides[p->batch + 2]};
}

/* [blocks, hkv, keys, columns], the same for all of the batch. */
static sbr_attention_view of_pool(sbr_lowering *lowering, const sbr_attention_problem *p, const sbr_view *pool)
{
    sbr_view view = *pool;
    view.rank = p->batch + 3;
    for (int32_t i = 0; i < p->batch; i++) view.strides[i] = sbr_num(lowering, 0);
    for (int32_t i = 0; i < 3; i++) {
        view.extents[p->batch + i] = pool->extents[i + 1];
        view.strides[p->batch + i] = pool->strides[i + 1];
    }
    return by_key_head(lowering, p, &view);
}

/* [b..., n], the same for all heads; n may be missing. */
static sbr_attention_view by_batch(sbr_lowering *lowering, const sbr_attention_problem *p, const sbr_view *view)
{
    const sbr_expr zero = sbr_num(lowering, 0);
    return (sbr_attention_view){.outer = outer_view(p, view, zero), .head = zero, .row = view->rank > p->batch ? view->strides[p->batch] : zero, .column = zero};
}

/* A buffer that the kernel does not read. */
static sabir_status nothing(sbr_lowering *lowering, const sbr_attention_problem *p, sbr_attention_view *view)
{
    static const uint32_t word = 0;
    sbr_view constant;
    sbr_expr extents[SABIR_MAX_RANK];
    SABIR_TRY(sbr_constant_words(lowering, &word, 1, &constant));
    for (int32_t i = 0; i < p->batch; i++) extents[i] = p->outer[i];
    sbr_view_broadcast(lowering, &constant, p->batch, extents, &constant);
    constant.type = SABIR_I32;
    *view = by_batch(lowering, p, &constant);
    return SABIR_OK;
}

/* ---- Packing for CPUs ---- */

enum { WORTH_PACKING = 32 };

static sabir_type computed(const sbr_attention_problem *p) { return p->arith == SBR_ARITH_F64 ? SABIR_F64 : SABIR_F32; }

/* The view dense and in the type of the computation; axes that repeat stay so. */
static sabir_status pack(sbr_lowering *lowering, const sbr_attention_problem *p, sbr_view *view)
{
    const sbr_expr zero = sbr_num(lowering, 0), one = sbr_num(lowering, 1);
    sbr_view source = *view, packed;
    for (int32_t i = 0; i < source.rank; i++)
        if (source.strides[i] == zero) source.extents[i] = one;
    SABIR_TRY(sbr_temp(lowering, computed(p), source.rank, source.extents, &packed));
    SABIR_TRY(source.type == packed.type ? sbr_copy_view(lowering, &source, &packed) : sbr_cast_view(lowering, &source, &packed));
    for (int32_t i = 0; i < source.rank; i++) {
        if (view->strides[i] == zero) packed.strides[i] = zero;
        packed.extents[i] = view->extents[i];
    }
    *view = packed;
    return SABIR_OK;
}

static bool has_many_rows(sbr_lowering *lowering, const sbr_attention_problem *p)
{
    const int64_t rows = sbr_expr_largest(&lowering->module->exprs, sbr_mul(lowering, p->queries, p->heads));
    return lowering->options->prefer_wide && (rows < 0 || rows >= WORTH_PACKING);
}

/* Elements of a head lie side by side; on CPUs, where it is worth it, in the type of the computation. */
static sabir_status pack_rows(sbr_lowering *lowering, const sbr_attention_problem *p, sbr_view *view)
{
    const bool is_ready = view->type == computed(p) || !has_many_rows(lowering, p);
    return is_ready && is_one(lowering, view->strides[view->rank - 1]) ? SABIR_OK : pack(lowering, p, view);
}

/* Keys across, [.., d, keys], so that 32 of them are read as one; as they are where that is not worth it. */
static sabir_status pack_across(sbr_lowering *lowering, const sbr_attention_problem *p, sbr_view *view)
{
    if (!has_many_rows(lowering, p) || (view->type == computed(p) && is_one(lowering, view->strides[view->rank - 2]))) return SABIR_OK;
    int64_t axes[SABIR_MAX_RANK];
    for (int32_t i = 0; i < view->rank; i++) axes[i] = i;
    axes[view->rank - 2] = view->rank - 1;
    axes[view->rank - 1] = view->rank - 2;
    sbr_view across;
    sbr_view_transpose(view, axes, &across);
    SABIR_TRY(pack(lowering, p, &across));
    sbr_view_transpose(&across, axes, view);
    return SABIR_OK;
}

/* ---- Reading the node ---- */

static sabir_status read_triple(sbr_lowering *lowering, sbr_attention_problem *p, bool values_across)
{
    sbr_view q = sbr_attention_in(lowering, p->node, SBR_ATTENTION_Q), k = sbr_attention_in(lowering, p->node, SBR_ATTENTION_K);
    sbr_view v = sbr_attention_in(lowering, p->node, SBR_ATTENTION_V);
    const sbr_expr zero = sbr_num(lowering, 0);
    SABIR_TRY(pack_rows(lowering, p, &q));
    p->q = by_query_head(lowering, p, &q);
    p->k_block = p->v_block = zero;
    if (p->flags & SBR_ATTENTION_IN_BLOCKS) {
        if (!is_one(lowering, v.strides[3])) SABIR_TRY(pack(lowering, p, &v));
        p->k = of_pool(lowering, p, &k);
        p->v = of_pool(lowering, p, &v);
        p->k_block = k.strides[0];
        p->v_block = v.strides[0];
        return SABIR_OK;
    }
    const sbr_expr k_last[] = {p->outer[p->batch], p->keys, p->d}, v_last[] = {p->outer[p->batch], p->keys, p->dv};
    broadcast(lowering, p, &k, 3, k_last, &k);
    broadcast(lowering, p, &v, 3, v_last, &v);
    const bool in_rows = (p->flags & SBR_ATTENTION_IN_ROWS) != 0;
    SABIR_TRY(in_rows ? pack_rows(lowering, p, &k) : pack_across(lowering, p, &k));
    SABIR_TRY(in_rows || !values_across ? pack_rows(lowering, p, &v) : pack_across(lowering, p, &v));
    p->k = by_key_head(lowering, p, &k);
    p->v = by_key_head(lowering, p, &v);
    return SABIR_OK;
}

static sabir_status read_bias(sbr_lowering *lowering, sbr_attention_problem *p)
{
    p->bias = p->q;
    if (!sbr_attention_given(p, SBR_ATTENTION_BIAS)) return SABIR_OK;
    sbr_view bias = sbr_attention_in(lowering, p->node, SBR_ATTENTION_BIAS);
    const sbr_expr hq = sbr_mul(lowering, p->outer[p->batch], p->heads), edges[] = {hq, p->items}, last[] = {hq, p->queries, p->keys};
    const bool in_rows = (p->flags & SBR_ATTENTION_IN_ROWS) != 0;
    broadcast(lowering, p, &bias, in_rows ? 2 : 3, in_rows ? edges : last, &bias);
    if (bias.type != computed(p) && has_many_rows(lowering, p)) SABIR_TRY(pack(lowering, p, &bias));
    p->bias = by_query_head(lowering, p, &bias);
    p->flags |= SBR_ATTENTION_BIASED;
    return SABIR_OK;
}

static sabir_status read_mask(sbr_lowering *lowering, sbr_attention_problem *p)
{
    if (!sbr_attention_given(p, SBR_ATTENTION_MASK)) return nothing(lowering, p, &p->mask);
    const sabir_attention_attrs *how = &p->attrs->how;
    sbr_view mask = sbr_attention_in(lowering, p->node, SBR_ATTENTION_MASK);
    const sbr_expr last[] = {sbr_mul(lowering, p->outer[p->batch], p->heads), sbr_ceil_div(lowering, p->queries, how->mask_queries), mask.extents[mask.rank - 1]};
    broadcast(lowering, p, &mask, 3, last, &mask);
    mask.type = SABIR_I32;
    p->mask = by_query_head(lowering, p, &mask);
    p->flags |= SBR_ATTENTION_MASKED;
    return SABIR_OK;
}

/* Rows of the pattern, or lists of blocks. */
static sabir_status read_list(sbr_lowering *lowering, sbr_attention_problem *p)
{
    const sbr_expr zero = sbr_num(lowering, 0);
    p->list_field = zero;
    if (p->flags & SBR_ATTENTION_IN_ROWS) {
        const sbr_view rows = sbr_attention_in(lowering, p->node, SBR_ATTENTION_ROWS);
        SABIR_TRY(nothing(lowering, p, &p->list));
        p->list.outer.slot = rows.slot;
        p->list.outer.offset = rows.offset;
        p->list.row = rows.strides[0];
        return SABIR_OK;
    }
    if (!(p->flags & SBR_ATTENTION_IN_BLOCKS)) return nothing(lowering, p, &p->list);
    sbr_view blocks = sbr_attention_in(lowering, p->node, SBR_ATTENTION_BLOCKS);
    const int32_t rank = blocks.rank;
    const sbr_expr last[] = {blocks.extents[rank - 3], blocks.extents[rank - 2], blocks.extents[rank - 1]};
    broadcast(lowering, p, &blocks, 3, last, &blocks);
    p->list = (sbr_attention_view){.outer = outer_view(p, &blocks, zero), .head = zero, .row = p->by_query ? blocks.strides[p->batch] : zero,
                                   .column = blocks.strides[p->batch + 1]};
    p->list_field = blocks.strides[p->batch + 2];
    return SABIR_OK;
}

static sabir_status read_lengths(sbr_lowering *lowering, sbr_attention_problem *p, sbr_attention_operand operand, sbr_attention_view *view)
{
    if (!sbr_attention_given(p, operand)) return nothing(lowering, p, view);
    sbr_view lengths = sbr_attention_in(lowering, p->node, operand);
    broadcast(lowering, p, &lengths, 0, NULL, &lengths);
    *view = by_batch(lowering, p, &lengths);
    return SABIR_OK;
}

static sabir_status read_places(sbr_lowering *lowering, sbr_attention_problem *p)
{
    const bool q_placed = sbr_attention_given(p, SBR_ATTENTION_Q_POSITIONS), k_placed = sbr_attention_given(p, SBR_ATTENTION_K_POSITIONS);
    if (sbr_attention_given(p, SBR_ATTENTION_Q_LENGTHS)) p->flags |= SBR_ATTENTION_Q_LIMITED;
    if (sbr_attention_given(p, SBR_ATTENTION_K_LENGTHS)) p->flags |= SBR_ATTENTION_K_LIMITED;
    SABIR_TRY(read_lengths(lowering, p, SBR_ATTENTION_Q_LENGTHS, &p->q_places));
    SABIR_TRY(read_lengths(lowering, p, SBR_ATTENTION_K_LENGTHS, &p->k_lengths));
    SABIR_TRY(nothing(lowering, p, &p->k_places));
    if (q_placed) {
        sbr_view places = sbr_attention_in(lowering, p->node, SBR_ATTENTION_Q_POSITIONS);
        broadcast(lowering, p, &places, 1, &p->queries, &places);
        p->q_places = by_batch(lowering, p, &places);
        p->flags |= SBR_ATTENTION_Q_PLACED;
    }
    if (k_placed) {
        sbr_view places = sbr_attention_in(lowering, p->node, SBR_ATTENTION_K_POSITIONS);
        broadcast(lowering, p, &places, 1, &p->keys, &places);
        p->k_places = by_batch(lowering, p, &places);
        p->flags |= SBR_ATTENTION_K_PLACED;
    }
    if (!(p->flags & SBR_ATTENTION_IN_BLOCKS) || p->attrs->how.rope_base == 0) return SABIR_OK;
    sbr_view table;
    SABIR_TRY(sbr_rope_table(lowering, p->attrs->how.rope_base, p->attrs->how.rope_rotated, &table));
    p->k_places.outer.slot = table.slot;
    p->flags |= SBR_ATTENTION_TURNED;
    return SABIR_OK;
}

static void read_extents(sbr_lowering *lowering, sbr_attention_problem *p)
{
    const sbr_view q = sbr_attention_in(lowering, p->node, SBR_ATTENTION_Q), k = sbr_attention_in(lowering, p->node, SBR_ATTENTION_K);
    const sbr_view v = sbr_attention_in(lowering, p->node, SBR_ATTENTION_V);
    const sbr_expr one = sbr_num(lowering, 1), key_heads = k.extents[k.rank - 3];
    p->batch = q.rank - 3;
    for (int32_t i = 0; i < p->batch; i++) p->outer[i] = q.extents[i];
    p->outer[p->batch] = key_heads;
    p->pairs = sbr_mul(lowering, sbr_extents_product(lowering, &q, 0, p->batch), key_heads);
    int64_t hq = 0, hkv = 1;
    (void)sbr_known(lowering, q.extents[p->batch], &hq);
    (void)sbr_known(lowering, key_heads, &hkv);
    p->heads = sbr_num(lowering, hkv > 0 ? hq / hkv : 0);
    p->queries = q.extents[p->batch + 1];
    p->d = q.extents[p->batch + 2];
    p->dv = v.extents[v.rank - 1];
    p->keys = k.extents[k.rank - 2];
    p->items = sbr_num(lowering, 0);
    p->block = p->lists = p->fields = one;
    if (sbr_attention_given(p, SBR_ATTENTION_ROWS)) {
        p->flags |= SBR_ATTENTION_IN_ROWS;
        p->columns = sbr_attention_in(lowering, p->node, SBR_ATTENTION_COLUMNS);
        p->items = p->columns.extents[0];
        p->by_query = true;
    }
    if (!sbr_attention_given(p, SBR_ATTENTION_BLOCKS)) return;
    const sbr_view blocks = sbr_attention_in(lowering, p->node, SBR_ATTENTION_BLOCKS);
    p->flags |= SBR_ATTENTION_IN_BLOCKS;
    p->lists = blocks.extents[blocks.rank - 3];
    p->items = blocks.extents[blocks.rank - 2];
    p->fields = blocks.extents[blocks.rank - 1];
    p->block = p->keys;
    p->keys = k.extents[0];
    p->by_query = !is_one(lowering, p->lists);
}

sabir_status sbr_attention_problem_of(sbr_lowering *lowering, const sbr_node *node, bool values_across, sbr_attention_problem *p)
{
    *p = (sbr_attention_problem){.node = node, .attrs = node->attrs, .arith = sbr_arith_of(sbr_in(lowering, node, 0)->type)};
    if (p->attrs->how.causal) p->flags |= SBR_ATTENTION_CAUSAL;
    if (sbr_attention_is_placed(p->attrs)) p->flags |= SBR_ATTENTION_PLACED;
    read_extents(lowering, p);
    SABIR_TRY(read_triple(lowering, p, values_across));
    SABIR_TRY(read_bias(lowering, p));
    SABIR_TRY(read_mask(lowering, p));
    SABIR_TRY(read_list(lowering, p));
    return read_places(lowering, p);
}

/* ---- Launches ---- */

/* lavapipe ends an invocation's loops after 65,535 turns, all of them together. */
enum { MOST_TURNS = 60000, NARROW = 32 };

/* Whether one invocation can meet all that a row, or with BY_KEY a key, may meet. */
static bool ends_in_time(const sbr_lowering *lowering, const sbr_attention_problem *p)
{
    const sbr_exprs *exprs = &lowering->module->exprs;
    const int64_t d = sbr_expr_largest(exprs, p->d), dv = sbr_expr_largest(exprs, p->dv), heads = sbr_expr_largest(exprs, p->heads);
    const int64_t keys = sbr_expr_largest(exprs, p->keys), queries = sbr_expr_largest(exprs, p->queries), items = sbr_expr_largest(exprs, p->items);
    const int64_t met = p->flags & SBR_ATTENTION_IN_ROWS ? items : keys > queries ? keys : queries;
    const int64_t turns = (d + SBR_ATTENTION_ROW_COLUMNS - 1) / SBR_ATTENTION_ROW_COLUMNS + (dv + SBR_ATTENTION_ROW_COLUMNS - 1) / SBR_ATTENTION_ROW_COLUMNS + 1;
    return d >= 0 && dv >= 0 && heads >= 0 && met >= 0 && met < MOST_TURNS && heads < MOST_TURNS && turns < MOST_TURNS && met * heads <= MOST_TURNS / turns;
}

static bool is_narrow(const sbr_lowering *lowering, const sbr_attention_problem *p)
{
    const sbr_exprs *exprs = &lowering->module->exprs;
    return sbr_expr_largest(exprs, p->d) <= NARROW && sbr_expr_largest(exprs, p->dv) <= NARROW;
}

/* Rows that have lists of their own leave nothing for a tile to share. On software Vulkan, where barriers are dear, a tile pays from heads of some 64 elements on:
 * with 12 it took seventy times as long. */
sbr_attention_form sbr_attention_form_of(const sbr_lowering *lowering, const sbr_attention_problem *p)
{
    if (lowering->options->prefer_wide) return SBR_ATTENTION_BY_BLOCK;
    if (p->flags & SBR_ATTENTION_IN_BLOCKS) return SBR_ATTENTION_BY_TILE;
    const bool in_rows = (p->flags & SBR_ATTENTION_IN_ROWS) != 0, software = lowering->options->software;
    if (software && !ends_in_time(lowering, p)) return SBR_ATTENTION_BY_TILE;
    return in_rows || (software && is_narrow(lowering, p)) ? SBR_ATTENTION_BY_ROW : SBR_ATTENTION_BY_TILE;
}

static void read_pattern(sbr_launcher *l, const sbr_attention_problem *p)
{
    sbr_attention_view pattern = p->mask;
    const bool in_rows = (p->flags & SBR_ATTENTION_IN_ROWS) != 0, in_blocks = (p->flags & SBR_ATTENTION_IN_BLOCKS) != 0;
    if (in_rows || (in_blocks && (p->flags & SBR_ATTENTION_BY_KEY))) {
        pattern.outer.slot = p->columns.slot;
        pattern.outer.offset = p->columns.offset;
    }
    sbr_read(l, "pattern", &pattern.outer);
    sbr_idx(l, "mask_head", pattern.head);
    sbr_idx(l, "mask_row", pattern.row);
    sbr_idx(l, "mask_word", in_rows ? p->columns.strides[0] : pattern.column);
    sbr_int(l, "mask_queries", p->attrs->how.mask_queries);
    sbr_int(l, "mask_keys", p->attrs->how.mask_keys);
}

static void read_lists(sbr_launcher *l, const sbr_attention_problem *p)
{
    sbr_read(l, "list", &p->list.outer);
    sbr_idx(l, "list_row", p->list.row);
    sbr_idx(l, "list_item", p->list.column);
    sbr_idx(l, "list_field", p->list_field);
    sbr_uint(l, "list_fields", p->fields);
    sbr_idx(l, "items", p->items);
    sbr_idx(l, "block", p->block);
    sbr_idx(l, "k_block", p->k_block);
    sbr_idx(l, "v_block", p->v_block);
}

void sbr_attention_operands(sbr_launcher *l, const sbr_attention_problem *p)
{
    const sabir_attention_attrs *how = &p->attrs->how;
    sbr_space(l, p->batch + 1, p->outer);
    sbr_read(l, "q", &p->q.outer);
    sbr_read(l, "k", &p->k.outer);
    sbr_read(l, "v", &p->v.outer);
    sbr_read(l, "bias", &p->bias.outer);
    sbr_read(l, "q_places", &p->q_places.outer);
    sbr_read(l, "k_places", &p->k_places.outer);
    sbr_read(l, "k_lengths", &p->k_lengths.outer);
    read_pattern(l, p);
    read_lists(l, p);
    sbr_int(l, "flags", p->flags);
    sbr_int(l, "window", how->window);
    sbr_number(l, "scale", 0, how->scale);
    sbr_uint(l, "heads", p->heads);
    sbr_idx(l, "queries", p->queries);
    sbr_idx(l, "keys", p->keys);
    sbr_uint(l, "d", p->d);
    sbr_uint(l, "dv", p->dv);
    sbr_idx(l, "q_head", p->q.head);
    sbr_idx(l, "q_row", p->q.row);
    sbr_idx(l, "k_key", p->k.row);
    sbr_idx(l, "k_d", p->k.column);
    sbr_idx(l, "v_key", p->v.row);
    sbr_idx(l, "v_d", p->v.column);
    sbr_idx(l, "bias_head", p->bias.head);
    sbr_idx(l, "bias_row", p->flags & SBR_ATTENTION_IN_ROWS ? sbr_num(l->lowering, 0) : p->bias.row);
    sbr_idx(l, "bias_key", p->bias.column);
    sbr_int(l, "half_rotated", how->rope_rotated / 2);
    sbr_idx(l, "q_place", p->q_places.row);
    sbr_idx(l, "k_place", p->k_places.row);
}

uint64_t sbr_attention_work(sbr_lowering *lowering, const sbr_attention_problem *p, uint64_t factor)
{
    const sbr_expr each = sbr_mul(lowering, p->heads, sbr_add(lowering, p->d, p->dv));
    const sbr_expr keys = p->flags & SBR_ATTENTION_IN_BLOCKS ? sbr_mul(lowering, p->items, p->block) : p->keys;
    const sbr_expr met = p->flags & SBR_ATTENTION_IN_ROWS ? p->items : sbr_mul(lowering, p->queries, keys);
    const uint64_t work = sbr_work(lowering, sbr_mul(lowering, p->pairs, met), each, factor);
    return p->attrs->how.causal ? work / 2 : work;
}

sbr_expr sbr_attention_row_groups(sbr_launcher *l, const sbr_attention_problem *p)
{
    sbr_lowering *lowering = l->lowering;
    sbr_exprs *exprs = &lowering->module->exprs;
    const sbr_expr one = sbr_num(lowering, 1), rows = p->by_query ? p->heads : sbr_mul(lowering, p->queries, p->heads);
    const sbr_expr run_tiles = sbr_ceil_div(lowering, rows, SBR_ATTENTION_ROW_TILE);
    const sbr_expr tiles = p->by_query ? sbr_mul(lowering, p->queries, run_tiles) : run_tiles, groups = sbr_mul(lowering, p->pairs, tiles);
    sbr_idx(l, "groups", groups);
    sbr_idx(l, "tiles", sbr_expr_max(exprs, tiles, one));
    sbr_idx(l, "run_rows", rows);
    sbr_idx(l, "run_tiles", sbr_expr_max(exprs, run_tiles, one));
    return groups;
}

sabir_status sbr_attention_end_rows(sbr_launcher *l, const sbr_attention_problem *p, sbr_expr own, sbr_expr columns, uint64_t factor)
{
    sbr_lowering *lowering = l->lowering;
    const sbr_expr groups = sbr_mul(lowering, p->pairs, own), slices = sbr_ceil_div(lowering, columns, SBR_ATTENTION_ROW_COLUMNS);
    sbr_idx(l, "groups", groups);
    sbr_idx(l, "tiles", sbr_expr_max(&lowering->module->exprs, own, sbr_num(lowering, 1)));
    sbr_idx(l, "slices", slices);
    return sbr_launch_end(l, sbr_ceil_div(lowering, sbr_mul(lowering, groups, slices), l->desc->local_size), sbr_attention_work(lowering, p, factor));
}
