#define SABIR_PLAIN_NAMES
#include "sabir/attention.h"

#include <math.h>

#include "graph/keep.h"

static sabir_value as(sabir_graph *graph, sabir_value x, sabir_type type) { return sabir_value_type(x) == type ? x : sabir_cast(graph, x, type); }

/* [..., n] with an axis for columns. */
static sabir_value column(sabir_graph *graph, sabir_value x)
{
    sabir_shape shape = sabir_value_shape(x);
    if (shape.rank < SABIR_MAX_RANK) shape.extents[shape.rank++] = 1;
    return sabir_reshape(graph, x, shape);
}

sabir_value sabir_attention_merge(sabir_graph *graph, sabir_value out_a, sabir_value lse_a, sabir_value out_b, sabir_value lse_b, sabir_value *lse)
{
    const sabir_type type = sabir_value_type(lse_a);
    const sabir_value largest = sabir_maximum(graph, lse_a, lse_b), zero = sabir_number(graph, type, 0), one = sabir_number(graph, type, 1);
    const sabir_value none = sabir_number(graph, type, -INFINITY), nothing = sabir_equal(graph, largest, none), shift = sabir_select(graph, nothing, zero, largest);
    const sabir_value weight_a = sabir_exp(graph, sabir_sub(graph, lse_a, shift)), weight_b = sabir_exp(graph, sabir_sub(graph, lse_b, shift));
    /* 1 instead of 0 where nothing was seen, so that no gradient is infinite. */
    const sabir_value sum = sabir_select(graph, nothing, one, sabir_add(graph, weight_a, weight_b));
    const sabir_value share_a = column(graph, sabir_div(graph, weight_a, sum)), share_b = column(graph, sabir_div(graph, weight_b, sum));
    const sabir_value out = sabir_add(graph, sabir_mul(graph, share_a, as(graph, out_a, type)), sabir_mul(graph, share_b, as(graph, out_b, type)));
    if (lse) *lse = sabir_select(graph, nothing, none, sabir_add(graph, shift, sabir_log(graph, sum)));
    return as(graph, out, sabir_value_type(out_a));
}

/* [b..., hq, n, c] with the query heads of a key head in one axis with n: [b..., hkv, (hq / hkv) n, c]. */
static sabir_shape shared_heads(sabir_graph *graph, sabir_shape shape, sabir_extent key_heads)
{
    const int32_t heads = shape.rank - 3;
    const sabir_extent group = shape.extents[heads] / key_heads, rows = shape.extents[heads + 1];
    shape.extents[heads] = key_heads;
    shape.extents[heads + 1] = rows >= 0 ? group * rows : sabir_dim_affine(graph, rows, group, 0);
    return shape;
}

sabir_value sabir_attention_weights(sabir_graph *graph, sabir_value q, sabir_value k, sabir_value lse, double scale)
{
    if (!sbr_graph_is_open(graph, "attention_weights")) return SABIR_NONE;
    sabir_shape rows = sabir_value_shape(q);
    const sabir_shape keys = sabir_value_shape(k);
    const bool are_heads = rows.rank >= 3 && keys.rank >= 3 && keys.extents[keys.rank - 3] > 0 && rows.extents[rows.rank - 3] >= 0
                           && rows.extents[rows.rank - 3] % keys.extents[keys.rank - 3] == 0 && rows.extents[rows.rank - 1] > 0;
    if (!are_heads) return sbr_graph_refuse(graph, sbr_fail(SABIR_INVALID_SHAPE, "attention_weights: q and k are [..., heads, n, d], the key heads divide the query heads, d is a number"));
    const sabir_type type = sabir_value_type(lse);
    const double by = scale != 0 ? scale : 1 / sqrt((double)rows.extents[rows.rank - 1]);
    const sabir_value met = sabir_reshape(graph, as(graph, q, type), shared_heads(graph, rows, keys.extents[keys.rank - 3]));
    const sabir_value products = sabir_matmul_transposed(graph, met, as(graph, k, type), 0, 1);
    rows.extents[rows.rank - 1] = keys.extents[keys.rank - 2];
    const sabir_value scores = sabir_mul(graph, sabir_reshape(graph, products, rows), sabir_number(graph, type, by));
    return sabir_exp(graph, sabir_sub(graph, scores, column(graph, lse)));
}
