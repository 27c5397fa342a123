/* Attention: which keys a query sees, and its scores. */
#ifndef SBR_REF_ATTENTION_H
#define SBR_REF_ATTENTION_H

#include "functions.h"
#include "graph/attention.h"

typedef struct sbr_ref_attention {
    const sbr_ref_call *call;
    const sbr_attention_attrs *attrs;
    const sbr_ref_tensor *q, *k, *v, *bias, *mask, *rows, *columns, *q_positions, *k_positions, *q_lengths, *k_lengths, *blocks; /* NULL: absent */
    int32_t batch;
    int64_t batches, heads, group, queries, keys, d, dv; /* group: query heads a key head; keys: in a block where there are blocks */
    int64_t batch_row, head, query;                      /* in hand */
    /* of the query in hand, `count` keys that it sees: where key and value begin, the element of bias, by how much the key is turned, the score */
    int64_t count, capacity;
    int64_t *k_at, *v_at, *bias_at, *turned;
    double *scores;
    double *key; /* d elements */
} sbr_ref_attention;

/* To be ended in either event. */
sabir_status sbr_ref_attention_begin(const sbr_ref_call *call, sbr_ref_attention *attention);
void sbr_ref_attention_end(sbr_ref_attention *attention);
/* Takes a query in hand: lists its keys and computes their scores. */
void sbr_ref_attention_see(sbr_ref_attention *attention, int64_t batch_row, int64_t head, int64_t query);
/* Key number n of the query in hand as it meets it, turned; valid until the next call. */
const double *sbr_ref_attention_key(sbr_ref_attention *attention, int64_t n);
/* The row of the query in hand among [b..., hq, nq]. */
int64_t sbr_ref_attention_row(const sbr_ref_attention *attention);
/* vector (d elements) turned as rope turns at position. */
void sbr_ref_attention_turn(const sbr_ref_attention *attention, int64_t position, double *vector);
/* The operand; NULL where it is absent. */
const sbr_ref_tensor *sbr_ref_attention_in(const sbr_ref_call *call, sbr_attention_operand operand);

#endif
