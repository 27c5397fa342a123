/* Attention decomposed: arrays over all pairs of a row (a query and a head) and a key, from which gradients of gradients are built. */
#ifndef SBR_GRAD_ATTENTION_PAIRS_H
#define SBR_GRAD_ATTENTION_PAIRS_H

#include "graph/attention.h"
#include "rules.h"

/* The node's operand; without a graph where it is absent. */
sabir_value sbr_attention_value(const sbr_grad_call *call, sbr_attention_operand operand);
/* The operand's gradient, summed and cast to its shape and type, where it is wanted; added to what was given before. */
void sbr_attention_give(sbr_grad_call *call, sbr_attention_operand operand, sabir_value grad);

/* Rows [p, r, c] and keys [p, k, c] of p pairs of batch row and key head; numbers of rows [p, r]; by pair [p, r, k] or, over an adjacency,
 * [p, m e], one for each head that shares a key head and edge. Lists of blocks are gathered: with a list by query, each query makes a pair of its own. */
typedef struct sbr_attention_pairs {
    const sbr_grad_call *call;
    const sbr_attention_attrs *attrs;
    sabir_shape q, lead;       /* of q; its batch axes */
    sabir_extent batch, pairs, rows, keys, queries, group, edges; /* edges: m e */
    bool sparse, blocks, by_query;
    sabir_value row_of, key_of; /* sparse: i32 [m e] */
    sabir_value items;          /* blocks: their lists, i32 [batch or batch nq, l, 3 or 4] */
    sabir_extent lists;         /* of them */
    sabir_value seen;           /* bool, by pair */
} sbr_attention_pairs;

sabir_status sbr_attention_pairs_of(const sbr_grad_call *call, sbr_attention_pairs *pairs);
/* Values of the node's layout as rows, keys (or, not is_key, values, which do not turn), numbers by row, and by pair ([b..., hq, nq, nk], or edges). */
sabir_value sbr_attention_rows(const sbr_attention_pairs *p, sabir_value x);
sabir_value sbr_attention_keys(const sbr_attention_pairs *p, sabir_value x, bool is_key);
sabir_value sbr_attention_numbers(const sbr_attention_pairs *p, sabir_value x);
sabir_value sbr_attention_by_pair(const sbr_attention_pairs *p, sabir_value x);
/* And back. */
sabir_value sbr_attention_from_rows(const sbr_attention_pairs *p, sabir_value rows, sabir_extent columns);
sabir_value sbr_attention_from_keys(const sbr_attention_pairs *p, sabir_value keys, sabir_extent columns, bool is_key);
sabir_value sbr_attention_from_numbers(const sbr_attention_pairs *p, sabir_value numbers);
sabir_value sbr_attention_from_pairs(const sbr_attention_pairs *p, sabir_value by_pair);
/* Numbers of rows, repeated by pair. */
sabir_value sbr_attention_spread(const sbr_attention_pairs *p, sabir_value numbers);
/* By pair: rows . keys. */
sabir_value sbr_attention_product(const sbr_attention_pairs *p, sabir_value rows, sabir_value keys);
/* Rows: sums over keys of weight times key. Keys: sums over rows. Numbers: sums of weights over keys. */
sabir_value sbr_attention_sum_keys(const sbr_attention_pairs *p, sabir_value weights, sabir_value keys);
sabir_value sbr_attention_sum_rows(const sbr_attention_pairs *p, sabir_value weights, sabir_value rows);
sabir_value sbr_attention_sum(const sbr_attention_pairs *p, sabir_value weights);

/* What causal and window leave of pairs at these positions, bool; without a graph: all. */
sabir_value sbr_attention_near(const sbr_attention_pairs *p, sabir_value query_place, sabir_value key_place);
/* attention_blocks.c: the same for lists of blocks. */
sabir_status sbr_attention_list_blocks(sbr_attention_pairs *p);
sabir_value sbr_attention_gather_blocks(const sbr_attention_pairs *p, sabir_value pool, bool is_key);
sabir_value sbr_attention_scatter_blocks(const sbr_attention_pairs *p, sabir_value keys, sabir_extent columns, bool is_key);
sabir_value sbr_attention_blocks_seen(const sbr_attention_pairs *p);

#endif
