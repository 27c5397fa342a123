#include "attention.h"

#include <math.h>

#include "element.h"
#include "walk.h"

const sbr_ref_tensor *sbr_ref_attention_in(const sbr_ref_call *call, sbr_attention_operand operand)
{
    const sbr_attention_attrs *attrs = call->attrs;
    return sbr_attention_has(attrs->given, operand) ? &call->inputs[sbr_attention_input(attrs->given, operand)] : NULL;
}

static void find_operands(const sbr_ref_call *call, sbr_ref_attention *a)
{
    a->q = sbr_ref_attention_in(call, SBR_ATTENTION_Q);
    a->k = sbr_ref_attention_in(call, SBR_ATTENTION_K);
    a->v = sbr_ref_attention_in(call, SBR_ATTENTION_V);
    a->bias = sbr_ref_attention_in(call, SBR_ATTENTION_BIAS);
    a->mask = sbr_ref_attention_in(call, SBR_ATTENTION_MASK);
    a->rows = sbr_ref_attention_in(call, SBR_ATTENTION_ROWS);
    a->columns = sbr_ref_attention_in(call, SBR_ATTENTION_COLUMNS);
    a->q_positions = sbr_ref_attention_in(call, SBR_ATTENTION_Q_POSITIONS);
    a->k_positions = sbr_ref_attention_in(call, SBR_ATTENTION_K_POSITIONS);
    a->q_lengths = sbr_ref_attention_in(call, SBR_ATTENTION_Q_LENGTHS);
    a->k_lengths = sbr_ref_attention_in(call, SBR_ATTENTION_K_LENGTHS);
    a->blocks = sbr_ref_attention_in(call, SBR_ATTENTION_BLOCKS);
}

sabir_status sbr_ref_attention_begin(const sbr_ref_call *call, sbr_ref_attention *a)
{
    *a = (sbr_ref_attention){.call = call, .attrs = call->attrs};
    find_operands(call, a);
    a->batch = a->q->rank - 3;
    a->batches = sbr_ref_product(a->q, 0, a->batch);
    a->heads = a->q->extents[a->batch];
    a->group = a->heads / sbr_ref_positive(a->k->extents[a->k->rank - 3], 1);
    a->queries = a->q->extents[a->batch + 1];
    a->d = a->q->extents[a->batch + 2];
    a->keys = a->k->extents[a->k->rank - 2];
    a->dv = a->v->extents[a->v->rank - 1];
    a->capacity = a->columns ? a->columns->count : a->blocks ? a->blocks->extents[a->blocks->rank - 2] * a->keys : a->keys;
    const size_t room = (size_t)a->capacity + 1;
    a->k_at = sbr_alloc_array(call->allocator, 4 * room, sizeof *a->k_at);
    a->scores = sbr_alloc_array(call->allocator, room + (size_t)a->d, sizeof *a->scores);
    if (!a->k_at || !a->scores) return sbr_no_memory(room * sizeof *a->k_at);
    a->v_at = a->k_at + room;
    a->bias_at = a->v_at + room;
    a->turned = a->bias_at + room;
    a->key = a->scores + room;
    return SABIR_OK;
}

void sbr_ref_attention_end(sbr_ref_attention *a)
{
    sbr_free(a->call->allocator, a->k_at);
    sbr_free(a->call->allocator, a->scores);
}

/* Where a tensor has the element of the batch row in hand and `own` further coordinates, broadcasting. */
static int64_t place(const sbr_ref_attention *a, const sbr_ref_tensor *tensor, const int64_t *own, int32_t count)
{
    const int32_t rank = a->batch + count;
    const sbr_ref_strides strides = sbr_ref_broadcast_strides(tensor, rank, 0);
    int64_t at = 0, flat = a->batch_row;
    for (int32_t i = a->batch; i-- > 0; flat /= a->q->extents[i]) at += flat % a->q->extents[i] * strides.by[i];
    for (int32_t i = 0; i < count; i++) at += own[i] * strides.by[a->batch + i];
    return at;
}
#define PLACE(a, tensor, ...) place((a), (tensor), (const int64_t[]){__VA_ARGS__}, (int32_t)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))

static int64_t length(const sbr_ref_attention *a, const sbr_ref_tensor *lengths, int64_t whole)
{
    return lengths ? sbr_ref_clamp(lengths->i[place(a, lengths, NULL, 0)], 0, whole) : whole;
}

int64_t sbr_ref_attention_row(const sbr_ref_attention *a) { return (a->batch_row * a->heads + a->head) * a->queries + a->query; }

void sbr_ref_attention_turn(const sbr_ref_attention *a, int64_t position, double *vector)
{
    const int64_t rotated = a->attrs->how.rope_rotated, half = rotated / 2;
    if (a->attrs->how.rope_base == 0 || !a->blocks) return;
    for (int64_t i = 0; i < half; i++) {
        const double angle = (double)position * pow(a->attrs->how.rope_base, -2.0 * (double)i / (double)rotated);
        const double near = vector[i], far = vector[i + half];
        vector[i] = near * cos(angle) - far * sin(angle);
        vector[i + half] = near * sin(angle) + far * cos(angle);
    }
}

const double *sbr_ref_attention_key(sbr_ref_attention *a, int64_t n)
{
    memcpy(a->key, a->k->f + a->k_at[n], (size_t)a->d * sizeof *a->key);
    sbr_ref_attention_turn(a, a->turned[n], a->key);
    return a->key;
}

/* By positions: where the query stands and where the key does. */
static bool is_near(const sbr_ref_attention *a, int64_t query_place, int64_t key_place)
{
    const int64_t behind = query_place - key_place, window = a->attrs->how.window;
    if (a->attrs->how.causal && behind < 0) return false;
    return window == 0 || (behind < window && (a->attrs->how.causal || -behind < window));
}

static bool is_unmasked(const sbr_ref_attention *a, int64_t key)
{
    if (!a->mask) return true;
    const int64_t unit = key / a->attrs->how.mask_keys;
    return (a->mask->i[PLACE(a, a->mask, a->head, a->query / a->attrs->how.mask_queries, unit / 32)] >> (unit % 32) & 1) != 0;
}

static void add_key(sbr_ref_attention *a, int64_t k_at, int64_t v_at, int64_t bias_at, int64_t turned)
{
    double product = 0;
    const int64_t n = a->count++, q_at = sbr_ref_attention_row(a) * a->d;
    a->k_at[n] = k_at;
    a->v_at[n] = v_at;
    a->bias_at[n] = bias_at;
    a->turned[n] = turned;
    const double *key = sbr_ref_attention_key(a, n);
    for (int64_t c = 0; c < a->d; c++) product += a->q->f[q_at + c] * key[c];
    a->scores[n] = a->attrs->how.scale * product + (a->bias ? a->bias->f[bias_at] : 0);
}

/* Key number `key` of the batch row, by edge number `edge` of an adjacency. */
static void see_key(sbr_ref_attention *a, int64_t key, int64_t edge, int64_t query_place)
{
    const int64_t key_head = a->head / a->group, key_place = a->k_positions ? a->k_positions->i[PLACE(a, a->k_positions, key)] : key;
    int64_t bias_at = 0;
    if (!is_near(a, query_place, key_place) || !is_unmasked(a, key)) return;
    if (a->bias) bias_at = a->rows ? PLACE(a, a->bias, a->head, edge) : PLACE(a, a->bias, a->head, a->query, key);
    add_key(a, PLACE(a, a->k, key_head, key, 0), PLACE(a, a->v, key_head, key, 0), bias_at, 0);
}

static void see_blocks(sbr_ref_attention *a, int64_t query_place)
{
    const int32_t rank = a->blocks->rank;
    const int64_t items = a->blocks->extents[rank - 2], fields = a->blocks->extents[rank - 1], key_head = a->head / a->group;
    for (int64_t item = 0; item < items; item++) {
        const int64_t *entry = a->blocks->i + PLACE(a, a->blocks, a->query, item, 0);
        const int64_t id = entry[0], first = fields > 3 ? entry[3] : 0;
        if (id < 0 || id >= a->k->extents[0]) continue;
        for (int64_t t = 0; t < sbr_ref_clamp(entry[2], 0, a->keys); t++) {
            if (!is_near(a, query_place, entry[1] + first + t)) continue;
            const int64_t key = (id * a->k->extents[1] + key_head) * a->keys + t;
            add_key(a, key * a->d, key * a->dv, 0, entry[1]);
        }
    }
}

void sbr_ref_attention_see(sbr_ref_attention *a, int64_t batch_row, int64_t head, int64_t query)
{
    a->batch_row = batch_row;
    a->head = head;
    a->query = query;
    a->count = 0;
    const int64_t q_length = length(a, a->q_lengths, a->queries), k_length = length(a, a->k_lengths, a->keys);
    const int64_t query_place = a->q_positions ? a->q_positions->i[PLACE(a, a->q_positions, query)] : k_length - q_length + query;
    if (query >= q_length || query_place == SBR_NO_QUERY) return;
    if (a->blocks) {
        see_blocks(a, query_place);
    } else if (a->rows) {
        const int64_t first = sbr_ref_clamp(a->rows->i[query], 0, a->columns->count), end = sbr_ref_clamp(a->rows->i[query + 1], 0, a->columns->count);
        for (int64_t edge = first; edge < end; edge++)
            if (a->columns->i[edge] >= 0 && a->columns->i[edge] < k_length) see_key(a, a->columns->i[edge], edge, query_place);
    } else {
        for (int64_t key = 0; key < k_length; key++) see_key(a, key, 0, query_place);
    }
}
