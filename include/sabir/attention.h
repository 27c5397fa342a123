/* What is composed around the operator of attention (ops.h). */
#ifndef SABIR_ATTENTION_H
#define SABIR_ATTENTION_H

#include "ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Attention over the keys of two partial results, as sabir_attention gave them for the same queries: out [..., n, c], lse [..., n], both lse of one type (f32 or
 * f64). Each weighs exp(its lse); *lse is that of all keys (NULL allowed). Where neither saw a key the result is 0 and -inf. The type is that of out_a. */
SABIR_API sabir_value sabir_attention_merge(sabir_graph *graph, sabir_value out_a, sabir_value lse_a, sabir_value out_b, sabir_value lse_b, sabir_value *lse);

/* The probabilities of few keys: exp(scale q . k - lse), [b..., hq, nq, m], for q [b..., hq, nq, d], keys k [b..., hkv, m, d] and lse [b..., hq, nq] of
 * all keys, of the type of lse. Heads and scale (0: 1 / sqrt(d)) as in sabir_attention; bias, masks and positions do not count: they are those of keys that
 * the query sees. All the products are in memory. SABIR_INVALID_SHAPE where the heads do not fit. */
SABIR_API sabir_value sabir_attention_weights(sabir_graph *graph, sabir_value q, sabir_value k, sabir_value lse, double scale);

#ifdef __cplusplus
}
#endif

#ifndef SABIR_PLAIN_NAMES
#  define sabir_attention_merge(...) SABIR_HERE((sabir_attention_merge)(__VA_ARGS__))
#  define sabir_attention_weights(...) SABIR_HERE((sabir_attention_weights)(__VA_ARGS__))
#endif
#endif
