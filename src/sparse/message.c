/* Messages along the entries of a sparse matrix. Gradients go through the transposed matrix, so that nothing is sorted or scattered on the way back. */
#include "csr.h"
#include "graph/is_value.h"

static sabir_value not_there(sabir_graph *graph, const char *call)
{
    (void)sbr_fail(SABIR_INVALID_ARGUMENT, "%s: matrix is NULL", call);
    return sabir_graph_fail(graph, SABIR_INVALID_ARGUMENT, sabir_last_message());
}

/* ---- By source: inputs x, columns, transposed rows, permutation ---- */

static sabir_status sources_gradient(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                                     const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    (void)user, (void)input_count, (void)outputs, (void)output_count;
    if (sbr_is_value(output_grads[0])) input_grads[0] = sabir_segment_sum(graph, sabir_gather(graph, output_grads[0], inputs[3], 0), inputs[2]);
    return SABIR_OK;
}

sabir_value sabir_sparse_sources(sabir_graph *graph, const sabir_sparse *matrix, sabir_value x)
{
    if (!matrix) return not_there(graph, "sparse_sources");
    sabir_value result = {graph, SABIR_NONE_INDEX};
    const sabir_value gathered = sabir_gather(graph, x, matrix->columns, 0), inputs[] = {x, matrix->columns, matrix->transposed_rows, matrix->permutation};
    (void)sabir_custom_gradient(graph, inputs, 4, &gathered, 1, sources_gradient, NULL, &result);
    return result;
}

/* ---- By target: inputs x, ids, rows ---- */

static sabir_status targets_gradient(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                                     const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    (void)user, (void)input_count, (void)outputs, (void)output_count;
    if (sbr_is_value(output_grads[0])) input_grads[0] = sabir_segment_sum(graph, output_grads[0], inputs[2]);
    return SABIR_OK;
}

sabir_value sabir_sparse_targets(sabir_graph *graph, const sabir_sparse *matrix, sabir_value x)
{
    if (!matrix) return not_there(graph, "sparse_targets");
    sabir_value result = {graph, SABIR_NONE_INDEX};
    const sabir_value gathered = sabir_gather(graph, x, matrix->ids, 0), inputs[] = {x, matrix->ids, matrix->rows};
    (void)sabir_custom_gradient(graph, inputs, 3, &gathered, 1, targets_gradient, NULL, &result);
    return result;
}

/* ---- Products: inputs x, rows, columns, transposed rows, transposed columns, permutation, and values where there are any ---- */

static sabir_status matmul_gradient(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                                    const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    (void)user, (void)outputs, (void)output_count;
    const sabir_value g = output_grads[0], values = input_count > 6 ? inputs[6] : SABIR_NONE;
    if (!sbr_is_value(g)) return SABIR_OK;
    input_grads[0] = sabir_spmm(graph, inputs[3], inputs[4], sbr_is_value(values) ? sabir_gather(graph, values, inputs[5], 0) : SABIR_NONE, g);
    if (!sbr_is_value(values)) return SABIR_OK;
    const sabir_shape shape = sabir_value_shape(values), x = sabir_value_shape(inputs[0]);
    if (x.rank == shape.rank + 1) {
        input_grads[6] = sabir_sddmm(graph, inputs[1], inputs[2], g, inputs[0]);
        return SABIR_OK;
    }
    /* One value for features of two axes: they are one axis to the product. */
    const sabir_extent features = sabir_dim_product(graph, x.extents[1], x.extents[2]);
    const sabir_value flat_g = sabir_reshape(graph, g, SABIR_SHAPE(sabir_value_shape(g).extents[0], features));
    input_grads[6] = sabir_sddmm(graph, inputs[1], inputs[2], flat_g, sabir_reshape(graph, inputs[0], SABIR_SHAPE(x.extents[0], features)));
    return SABIR_OK;
}

sabir_value sabir_sparse_matmul(sabir_graph *graph, const sabir_sparse *matrix, sabir_value values, sabir_value x)
{
    if (!matrix) return not_there(graph, "sparse_matmul");
    sabir_value result = {graph, SABIR_NONE_INDEX};
    const sabir_value product = sabir_spmm(graph, matrix->rows, matrix->columns, sbr_is_value(values) ? values : SABIR_NONE, x);
    const int32_t x_rank = sabir_value_shape(x).rank, value_rank = sbr_is_value(values) ? sabir_value_shape(values).rank : 1;
    /* Other ranks have the gradient of spmm itself. */
    if (x_rank > 3 || value_rank >= x_rank) return product;
    const sabir_value inputs[] = {x, matrix->rows, matrix->columns, matrix->transposed_rows, matrix->transposed_columns, matrix->permutation, values};
    (void)sabir_custom_gradient(graph, inputs, sbr_is_value(values) ? 7 : 6, &product, 1, matmul_gradient, NULL, &result);
    return result;
}

/* ---- Gather, apply, reduce ---- */

static sabir_value gather_to_rows(sabir_graph *graph, const sabir_sparse *matrix, sabir_value messages, sabir_gathering gathering)
{
    switch (gathering) {
        case SABIR_GATHER_SUM: return sabir_segment_sum(graph, messages, matrix->rows);
        case SABIR_GATHER_MEAN: return sabir_segment_mean(graph, messages, matrix->rows);
        case SABIR_GATHER_MAX: return sabir_segment_max(graph, messages, matrix->rows);
        case SABIR_GATHER_MIN: return sabir_segment_min(graph, messages, matrix->rows);
    }
    (void)sbr_fail(SABIR_INVALID_ARGUMENT, "message_passing: %d is no way to gather", (int)gathering);
    return sabir_graph_fail(graph, SABIR_INVALID_ARGUMENT, sabir_last_message());
}

sabir_value sabir_message_passing(sabir_graph *graph, const sabir_sparse *matrix, sabir_value source, sabir_value target, sabir_value edges,
                                  sabir_edge_function *function, void *user, sabir_gathering gathering)
{
    if (!matrix) return not_there(graph, "message_passing");
    if (!function && !sbr_is_value(source)) return sabir_graph_fail(graph, SABIR_INVALID_ARGUMENT, "message_passing: neither source nor function is given");
    const sabir_value from = sbr_is_value(source) ? sabir_sparse_sources(graph, matrix, source) : SABIR_NONE;
    const sabir_value to = sbr_is_value(target) ? sabir_sparse_targets(graph, matrix, target) : SABIR_NONE;
    const sabir_value messages = function ? function(user, graph, from, to, sbr_is_value(edges) ? edges : SABIR_NONE) : from;
    return gather_to_rows(graph, matrix, messages, gathering);
}
