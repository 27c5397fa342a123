/* Attention: the operands of a node as its kernels take them. */
#ifndef SBR_LOWER_ATTENTION_H
#define SBR_LOWER_ATTENTION_H

#include "graph/attention.h"
#include "operands.h"

/* As kernels/parts/attention_flags.k numbers them. */
enum {
    SBR_ATTENTION_CAUSAL = 1, SBR_ATTENTION_IN_ROWS = 2, SBR_ATTENTION_IN_BLOCKS = 4, SBR_ATTENTION_MASKED = 8, SBR_ATTENTION_BIASED = 16,
    SBR_ATTENTION_Q_PLACED = 32, SBR_ATTENTION_K_PLACED = 64, SBR_ATTENTION_Q_LIMITED = 128, SBR_ATTENTION_K_LIMITED = 256, SBR_ATTENTION_PLACED = 512,
    SBR_ATTENTION_TURNED = 1024, SBR_ATTENTION_RESUMED = 2048, SBR_ATTENTION_BY_KEY = 4096
};

/* Rows and keys of a tile. */
enum { SBR_ATTENTION_ROW_TILE = 16, SBR_ATTENTION_KEY_TILE = 32 };
/* Columns that an invocation of attention_row and attention_gradient_row computes. */
enum { SBR_ATTENTION_ROW_COLUMNS = 16 };

/* Which kernels compute: attention_block and its siblings for OpenCL on CPUs, attention_tile, attention_row. */
typedef enum { SBR_ATTENTION_BY_BLOCK, SBR_ATTENTION_BY_TILE, SBR_ATTENTION_BY_ROW } sbr_attention_form;

/* An operand seen from the index space, the batch axes of q and then the key heads, and its strides along further axes. */
typedef struct sbr_attention_view { sbr_view outer; sbr_expr head, row, column; } sbr_attention_view;

typedef struct sbr_attention_problem {
    const sbr_node *node;
    const sbr_attention_attrs *attrs;
    sbr_arith arith;
    uint32_t flags;
    int32_t batch;
    sbr_expr outer[SABIR_MAX_RANK];      /* extents of the index space, batch + 1 of them */
    sbr_expr pairs, heads, queries, keys; /* pairs: of the index space; heads: query heads a key head; keys: of a pool, its blocks */
    sbr_expr d, dv, items, block, lists, fields; /* items: edges, or items of a list; lists: 1, or one a query */
    sbr_attention_view q, k, v, bias, mask, list, q_places, k_places, k_lengths; /* k, v: column is the stride of an element; row, of a key */
    sbr_view columns;                     /* of an adjacency; with BY_KEY, the items listed by key or by block */
    sbr_expr k_block, v_block, list_field;
    bool by_query;                        /* each query has a list of its own */
} sbr_attention_problem;

/* Reads the node. On CPUs dense operands are packed for the kernel: keys (and, with values_across, values) across, and everything in the type of the
 * computation. Otherwise the elements of each value lie side by side. */
sabir_status sbr_attention_problem_of(sbr_lowering *lowering, const sbr_node *node, bool values_across, sbr_attention_problem *problem);
/* The operand's view; it is there. */
sbr_view sbr_attention_in(const sbr_lowering *lowering, const sbr_node *node, sbr_attention_operand operand);
static inline bool sbr_attention_given(const sbr_attention_problem *problem, sbr_attention_operand operand)
{
    return sbr_attention_has(problem->attrs->given, operand);
}
sbr_attention_form sbr_attention_form_of(const sbr_lowering *lowering, const sbr_attention_problem *problem);
/* Buffers and parameters that all kernels of this family have. */
void sbr_attention_operands(sbr_launcher *l, const sbr_attention_problem *problem);
/* Operations of a launch that takes `factor` for each query head, query, key and element. */
uint64_t sbr_attention_work(sbr_lowering *lowering, const sbr_attention_problem *problem, uint64_t factor);
/* Ends a launch by row: own: rows, or keys, of a pair. */
sabir_status sbr_attention_end_rows(sbr_launcher *l, const sbr_attention_problem *problem, sbr_expr own, sbr_expr columns, uint64_t factor);
/* Parameters `tiles` and the like of kernels/parts/attention_rows.k, and the number of groups. */
sbr_expr sbr_attention_row_groups(sbr_launcher *l, const sbr_attention_problem *problem);
#endif
