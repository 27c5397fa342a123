/* Attention: builders of its gradients, and the lists of who reads a key or a block that they need. */
#include "attention.h"
#include "build.h"

static sabir_value extent_value(sabir_graph *graph, sabir_extent extent)
{
    return sbr_is_number(extent) ? sabir_number(graph, SABIR_I32, (double)extent) : sabir_dim_value(graph, extent);
}

static sabir_value zeros(sabir_graph *graph, sabir_extent count) { return sabir_full(graph, SABIR_I32, SABIR_SHAPE(count), 0); }

/* How many of numbers [n] are below each of 0 .. count: those of 0 .. count - 1 count, no others. [count + 1] */
static sabir_value starts(sabir_graph *graph, sabir_value numbers, sabir_extent count)
{
    const sabir_value ones = sabir_full(graph, SABIR_I32, sabir_value_shape(numbers), 1);
    sabir_extent more = 0;
    if (!sbr_graph_open(graph, "attention_gradient")) return sbr_null(graph);
    const sabir_status status = sbr_extent_affine(graph, count, 1, 1, 1, &more);
    if (status != SABIR_OK) return sbr_graph_fail(graph, status);
    const sabir_value counts = sabir_scatter_add(graph, zeros(graph, more), sabir_add(graph, numbers, sabir_number(graph, SABIR_I32, 1)), ones, 0);
    return sabir_cumsum(graph, counts, &(sabir_cumsum_attrs){.axis = 0});
}

/* numbers [n] ordered, those outside 0 .. count - 1 last: *order where each came from. Returns starts. */
static sabir_value group(sabir_graph *graph, sabir_value numbers, sabir_extent count, sabir_value *order)
{
    const sabir_value end = extent_value(graph, count), zero = sabir_number(graph, SABIR_I32, 0);
    const sabir_value inside = sabir_logical_and(graph, sabir_greater_equal(graph, numbers, zero), sabir_less(graph, numbers, end));
    const sabir_value kept = sabir_select(graph, inside, numbers, end);
    sabir_sort(graph, kept, 0, 0, order);
    return starts(graph, kept, count);
}

sabir_value sbr_attention_row_of_edges(sabir_graph *graph, sabir_value rows, sabir_extent edges)
{
    const sabir_value ones = sabir_full(graph, SABIR_I32, sabir_value_shape(rows), 1);
    const sabir_value inside = sabir_maximum(graph, rows, sabir_number(graph, SABIR_I32, 0));
    const sabir_value begun = sabir_cumsum(graph, sabir_scatter_add(graph, zeros(graph, edges), inside, ones, 0), &(sabir_cumsum_attrs){.axis = 0});
    return sabir_sub(graph, begun, sabir_number(graph, SABIR_I32, 1));
}

static void transpose_rows(sabir_graph *graph, sabir_value operands[SBR_ATTENTION_OPERAND_COUNT])
{
    const sabir_value columns = operands[SBR_ATTENTION_COLUMNS];
    const sabir_shape edges = sabir_value_shape(columns), k = sabir_value_shape(operands[SBR_ATTENTION_K]);
    if (edges.rank != 1 || k.rank < 3) return; /* the rule refuses them */
    const sabir_shape line = SABIR_SHAPE(1, edges.extents[0]);
    sabir_value order = sbr_null(graph);
    operands[SBR_ATTENTION_KEY_ROWS] = group(graph, columns, k.extents[k.rank - 2], &order);
    const sabir_value queries = sabir_gather(graph, sbr_attention_row_of_edges(graph, operands[SBR_ATTENTION_ROWS], edges.extents[0]), order, 0);
    const sabir_value parts[] = {sabir_reshape(graph, order, line), sabir_reshape(graph, queries, line)};
    operands[SBR_ATTENTION_KEY_ITEMS] = sabir_concat(graph, parts, 2, 0);
}

static void transpose_blocks(sabir_graph *graph, sabir_value operands[SBR_ATTENTION_OPERAND_COUNT])
{
    const sabir_shape q = sabir_value_shape(operands[SBR_ATTENTION_Q]), k = sabir_value_shape(operands[SBR_ATTENTION_K]);
    const sabir_shape own = sabir_value_shape(operands[SBR_ATTENTION_BLOCKS]);
    if (q.rank < 3 || k.rank != 4 || own.rank < 3) return; /* the rule refuses them */
    sabir_shape whole = q, one;
    whole.rank = q.rank - 3;
    for (int32_t i = own.rank - 3; i < own.rank; i++) whole.extents[whole.rank++] = own.extents[i];
    one = whole;
    one.extents[one.rank - 1] = 1;
    sabir_ints start = {.count = whole.rank}, step = {.count = whole.rank};
    for (int32_t i = 0; i < whole.rank; i++) step.values[i] = 1;
    sabir_extent count = 0;
    const sabir_status status = sbr_shape_count(graph, &one, &count);
    if (status != SABIR_OK) {
        (void)sbr_graph_fail(graph, status);
        return;
    }
    const sabir_value ids = sabir_slice(graph, sabir_broadcast(graph, operands[SBR_ATTENTION_BLOCKS], whole), start, one, step);
    operands[SBR_ATTENTION_KEY_ROWS] = group(graph, sabir_reshape(graph, ids, SABIR_SHAPE(count)), k.extents[0], &operands[SBR_ATTENTION_KEY_ITEMS]);
}

/* false: an error was kept. */
static bool list(sabir_graph *graph, const char *call, const sabir_attention_operands *from, sabir_value out, sabir_value lse, sabir_value d_out, sabir_value d_lse,
                 sabir_value operands[SBR_ATTENTION_OPERAND_COUNT])
{
    if (!sbr_graph_open(graph, call)) return false;
    if (!from) {
        (void)sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "%s: operands is NULL", call));
        return false;
    }
    if (!out.graph || !lse.graph || !d_out.graph) {
        (void)sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "%s: out, lse and d_out are to be given", call));
        return false;
    }
    sbr_attention_list(graph, from, false, operands);
    operands[SBR_ATTENTION_OUT] = out;
    operands[SBR_ATTENTION_LSE] = lse;
    operands[SBR_ATTENTION_D_OUT] = d_out;
    operands[SBR_ATTENTION_D_LSE] = d_lse;
    return true;
}

sabir_value sabir_attention_gradient(sabir_graph *graph, const sabir_attention_operands *from, const sabir_attention_attrs *attrs, sabir_value out, sabir_value lse,
                                     sabir_value d_out, sabir_value d_lse, sabir_value *d_k, sabir_value *d_v)
{
    sabir_value operands[SBR_ATTENTION_OPERAND_COUNT];
    if (d_k) *d_k = sbr_null(graph);
    if (d_v) *d_v = sbr_null(graph);
    if (!list(graph, "attention_gradient", from, out, lse, d_out, d_lse, operands)) return sbr_null(graph);
    if (operands[SBR_ATTENTION_COLUMNS].graph) transpose_rows(graph, operands);
    else if (operands[SBR_ATTENTION_BLOCKS].graph) transpose_blocks(graph, operands);
    const sabir_value d_q = sbr_add_attention(graph, SBR_OP_attention_gradient, operands, attrs);
    if (d_k) *d_k = sbr_output_of(d_q, 1);
    if (d_v) *d_v = sbr_output_of(d_q, 2);
    return d_q;
}

sabir_value sabir_attention_bias_gradient(sabir_graph *graph, const sabir_attention_operands *from, const sabir_attention_attrs *attrs, sabir_value out,
                                          sabir_value lse, sabir_value d_out, sabir_value d_lse)
{
    sabir_value operands[SBR_ATTENTION_OPERAND_COUNT];
    if (!list(graph, "attention_bias_gradient", from, out, lse, d_out, d_lse, operands)) return sbr_null(graph);
    return sbr_add_attention(graph, SBR_OP_attention_bias_gradient, operands, attrs);
}
