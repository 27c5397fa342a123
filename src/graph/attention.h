/* The operands of attention nodes. Which are there is told by a bit set, in whose order they are the node's inputs. */
#ifndef SBR_ATTENTION_H
#define SBR_ATTENTION_H

#include "graph.h"

/* Those of attention, then those that only its gradients have. q_positions and q_lengths never stand together: a query beyond q_lengths
 * then stands at SBR_NO_QUERY. key_rows and key_items, which the builder makes of rows and columns or of blocks, list by key, or by block, who reads it:
 *   rows: key_rows [nk + 1]; key_items [2, e]: edges in the order of their keys, and the query of each (outside 0 .. nq - 1: none)
 *   blocks: key_rows [pool + 1]; key_items [m]: items of all lists, numbered as in blocks broadcast to the batch of q, in the order of their blocks */
#define SBR_ATTENTION_OPERANDS(ROW)                                                                                                                   \
    ROW(Q, q) ROW(K, k) ROW(V, v) ROW(BIAS, bias) ROW(MASK, mask) ROW(ROWS, rows) ROW(COLUMNS, columns) ROW(Q_POSITIONS, q_positions)                 \
    ROW(K_POSITIONS, k_positions) ROW(Q_LENGTHS, q_lengths) ROW(K_LENGTHS, k_lengths) ROW(BLOCKS, blocks) ROW(PARTIAL_OUT, partial_out)               \
    ROW(PARTIAL_LSE, partial_lse) ROW(OUT, out) ROW(LSE, lse) ROW(D_OUT, d_out) ROW(D_LSE, d_lse) ROW(KEY_ROWS, key_rows) ROW(KEY_ITEMS, key_items)

typedef enum sbr_attention_operand {
#define SBR_ATTENTION_ENUM(id, name) SBR_ATTENTION_##id,
    SBR_ATTENTION_OPERANDS(SBR_ATTENTION_ENUM)
#undef SBR_ATTENTION_ENUM
    SBR_ATTENTION_OPERAND_COUNT
} sbr_attention_operand;

#define SBR_NO_QUERY INT32_MIN

static inline bool sbr_attention_has(uint32_t given, sbr_attention_operand operand) { return (given >> operand & 1u) != 0; }
/* Number of the operand among the node's inputs; it is there. */
static inline uint32_t sbr_attention_input(uint32_t given, sbr_attention_operand operand)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < (uint32_t)operand; i++) count += given >> i & 1u;
    return count;
}
/* What causal and window compare are positions of their own, not counted along the keys. */
static inline bool sbr_attention_is_placed(const sbr_attention_attrs *attrs)
{
    return (attrs->how.causal || attrs->how.window) && (sbr_attention_has(attrs->given, SBR_ATTENTION_K_POSITIONS)
           || sbr_attention_has(attrs->given, SBR_ATTENTION_ROWS) || sbr_attention_has(attrs->given, SBR_ATTENTION_BLOCKS));
}
/* The type of log-sum-exp and of partial results. */
static inline sabir_type sbr_attention_wide_type(sabir_type q) { return q == SABIR_F64 ? SABIR_F64 : SABIR_F32; }

/* A node of one of the operators of attention; operands by sbr_attention_operand, absent ones without a graph. Returns its first output. */
sabir_value sbr_add_attention(sabir_graph *graph, sbr_op op, const sabir_value operands[SBR_ATTENTION_OPERAND_COUNT], const sabir_attention_attrs *attrs);
/* The public struct by number, q_lengths folded into q_positions where both are there. prefix_ is left out; gradients leave partial_ out. */
void sbr_attention_list(sabir_graph *graph, const sabir_attention_operands *from, bool partial, sabir_value operands[SBR_ATTENTION_OPERAND_COUNT]);
/* The row of each of `edges` edges: -1 before the first row, their number after the last. */
sabir_value sbr_attention_row_of_edges(sabir_graph *graph, sabir_value rows, sabir_extent edges);

#endif
