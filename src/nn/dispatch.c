/* Tokens to their experts' rows and back. Both are gathers, and so are their gradients, because the plan tells the way in both directions. */
#include "moe.h"

/* The token of each place, -1 after the last: (order + k) / k - 1, since integers round towards 0. */
static sabir_value tokens_of(sabir_graph *graph, sabir_value order, int64_t k)
{
    if (k == 1) return order;
    const sabir_value each = sabir_number(graph, SABIR_I32, (double)k);
    return sabir_sub(graph, sabir_div(graph, sabir_add(graph, order, each), each), sabir_number(graph, SABIR_I32, 1));
}

/* places [t, k] as a sparse matrix with k entries in each of t rows. */
static void matrix_of(sabir_graph *graph, sabir_value places, sabir_value *starts, sabir_value *columns)
{
    const sabir_shape shape = sabir_value_shape(places);
    const sabir_extent tokens = shape.extents[0], pointers = tokens >= 0 ? tokens + 1 : sabir_dim_affine(graph, tokens, 1, 1);
    *starts = sabir_iota(graph, SABIR_I32, SABIR_SHAPE(pointers), 0, 0, (double)shape.extents[1]);
    *columns = sabir_reshape(graph, places, SABIR_SHAPE(sbr_moe_entries(graph, tokens, shape.extents[1])));
}

/* rows [t * k, d] -> [t, d]: each token's, times values [t, k], or just summed. */
static sabir_value gathered(sabir_graph *graph, sabir_value places, sabir_value values, sabir_value rows)
{
    sabir_value starts, columns;
    matrix_of(graph, places, &starts, &columns);
    return sabir_spmm(graph, starts, columns, sbr_is_value(values) ? sabir_reshape(graph, values, sabir_value_shape(columns)) : SABIR_NONE, rows);
}

/* The dot product of each token of x with its rows, [t, k]. */
static sabir_value sampled(sabir_graph *graph, sabir_value places, sabir_value x, sabir_value rows)
{
    sabir_value starts, columns;
    matrix_of(graph, places, &starts, &columns);
    return sabir_reshape(graph, sabir_sddmm(graph, starts, columns, x, rows), sabir_value_shape(places));
}

/* Each row is its token, times the entry's value. */
static sabir_value spread(sabir_graph *graph, sabir_value order, sabir_value places, sabir_value values, sabir_value tokens)
{
    const sabir_shape shape = sabir_value_shape(places);
    const sabir_extent entries = sbr_moe_entries(graph, shape.extents[0], shape.extents[1]);
    const sabir_value rows = sabir_gather(graph, tokens, tokens_of(graph, order, shape.extents[1]), 0);
    if (!sbr_is_value(values)) return rows;
    const sabir_value by_row = sabir_gather(graph, sabir_reshape(graph, values, SABIR_SHAPE(entries)), order, 0);
    return sabir_mul(graph, rows, sabir_reshape(graph, by_row, SABIR_SHAPE(entries, 1)));
}

static bool is_routed(sabir_graph *graph, const sabir_routing *routing, const char *call)
{
    if (routing) return true;
    (void)sbr_fail(SABIR_INVALID_ARGUMENT, "%s: routing is NULL", call);
    (void)sabir_graph_fail(graph, SABIR_INVALID_ARGUMENT, sabir_last_message());
    return false;
}

/* ---- dispatch: inputs tokens, order, places ---- */

static sabir_status dispatch_gradient(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                                      const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    (void)user, (void)input_count, (void)outputs, (void)output_count;
    if (sbr_is_value(output_grads[0])) input_grads[0] = gathered(graph, inputs[2], SABIR_NONE, output_grads[0]);
    return SABIR_OK;
}

sabir_value sabir_dispatch(sabir_graph *graph, const sabir_routing *routing, sabir_value tokens)
{
    sabir_value result = {graph, SABIR_NONE_INDEX};
    if (!is_routed(graph, routing, "dispatch")) return result;
    const sabir_value rows = spread(graph, routing->order, routing->places, SABIR_NONE, tokens);
    const sabir_value inputs[] = {tokens, routing->order, routing->places};
    (void)sabir_custom_gradient(graph, inputs, 3, &rows, 1, dispatch_gradient, NULL, &result);
    return result;
}

/* ---- combine: inputs rows, weights, order, places ---- */

static sabir_status combine_gradient(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                                     const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    (void)user, (void)input_count, (void)outputs, (void)output_count;
    if (!sbr_is_value(output_grads[0])) return SABIR_OK;
    input_grads[0] = spread(graph, inputs[2], inputs[3], inputs[1], output_grads[0]);
    input_grads[1] = sampled(graph, inputs[3], output_grads[0], inputs[0]);
    return SABIR_OK;
}

sabir_value sabir_combine(sabir_graph *graph, const sabir_routing *routing, sabir_value rows)
{
    sabir_value result = {graph, SABIR_NONE_INDEX};
    if (!is_routed(graph, routing, "combine")) return result;
    const sabir_value sums = gathered(graph, routing->places, routing->weights, rows);
    const sabir_value inputs[] = {rows, routing->weights, routing->order, routing->places};
    (void)sabir_custom_gradient(graph, inputs, 4, &sums, 1, combine_gradient, NULL, &result);
    return result;
}
