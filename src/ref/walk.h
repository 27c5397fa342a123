/* Going through tensors: strides in elements, several operands at once, blocks around an axis. */
#ifndef SBR_REF_WALK_H
#define SBR_REF_WALK_H

#include "ref.h"

enum { SBR_REF_OPERANDS = 4 };

typedef struct sbr_ref_strides { int64_t by[SABIR_MAX_RANK]; } sbr_ref_strides;

/* Row-major. */
sbr_ref_strides sbr_ref_strides_of(const sbr_ref_tensor *tensor);
/* Of tensor as seen from a shape of that rank which it broadcasts to: 0 along new and repeated axes. skip_last: of tensor without
 * that many last axes. */
sbr_ref_strides sbr_ref_broadcast_strides(const sbr_ref_tensor *tensor, int32_t rank, int32_t skip_last);

/* Row-major order over extents; at[k] is the offset of operand k. Set rank, extents, operands, strides and (as start) at, then
 *   for (bool more = sbr_ref_walk_start(&walk); more; more = sbr_ref_walk_next(&walk)) ... */
typedef struct sbr_ref_walk {
    int32_t rank;
    int64_t extents[SABIR_MAX_RANK], index[SABIR_MAX_RANK];
    int32_t operands;
    sbr_ref_strides strides[SBR_REF_OPERANDS];
    int64_t at[SBR_REF_OPERANDS];
} sbr_ref_walk;

/* False when there is nothing to visit. */
bool sbr_ref_walk_start(sbr_ref_walk *walk);
bool sbr_ref_walk_next(sbr_ref_walk *walk);
/* The last axis taken out of the walk, to be run through by the caller: its extent (1 at rank 0, all strides 0 then). */
int64_t sbr_ref_walk_row(sbr_ref_walk *walk, int64_t row_strides[SBR_REF_OPERANDS]);

/* [outer, extent, inner] around an axis. */
typedef struct sbr_ref_span { int64_t outer, extent, inner; } sbr_ref_span;
sbr_ref_span sbr_ref_span_of(const sbr_ref_tensor *tensor, int32_t axis);
/* Product of extents [first, end). */
int64_t sbr_ref_product(const sbr_ref_tensor *tensor, int32_t first, int32_t end);

/* Moves a block of extents between two places of tensors of one type. */
typedef struct sbr_ref_place { int64_t start; sbr_ref_strides strides; } sbr_ref_place;
void sbr_ref_move_block(sbr_ref_tensor *out, sbr_ref_place to, const sbr_ref_tensor *in, sbr_ref_place from, int32_t rank, const int64_t *extents);

#endif
