/* Shared by the files of mixture of experts. */
#ifndef SBR_MOE_H
#define SBR_MOE_H

#define SABIR_PLAIN_NAMES
#include "base/options.h"
#include "graph/is_value.h"
#include "sabir/sabir.h"

/* Entries of t tokens: t * k. */
static inline sabir_extent sbr_moe_entries(sabir_graph *graph, sabir_extent tokens, int64_t k)
{
    return tokens >= 0 ? tokens * k : sabir_dim_affine(graph, tokens, k, 0);
}
#endif
