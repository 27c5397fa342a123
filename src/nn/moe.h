/* Shared by the files of mixture of experts. */
#ifndef SBR_MOE_H
#define SBR_MOE_H

#define SABIR_PLAIN_NAMES
#include "base/base.h"
#include "sabir/sabir.h"

static inline bool sbr_moe_has(sabir_value value) { return value.graph != NULL && value.index != SABIR_NONE_INDEX; }

/* Entries of t tokens: t * k. */
static inline sabir_extent sbr_moe_entries(sabir_graph *graph, sabir_extent tokens, int64_t k)
{
    return tokens >= 0 ? tokens * k : sabir_dim_affine(graph, tokens, k, 0);
}
#endif
