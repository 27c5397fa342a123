/* Rows by pointer (CSR): segments, sparse times dense. */
#include "along.h"

static sabir_value whole(sabir_graph *graph, int64_t number) { return sabir_number(graph, SABIR_I32, (double)number); }

/* How many of the row pointers lie at each of the elements, i32 [e]: a segment starts where there are any. */
static sabir_value starts_at(sabir_value rows, sabir_extent elements)
{
    sabir_graph *graph = rows.graph;
    const sabir_shape line = {1, {elements}};
    const sabir_value inside = sabir_maximum(graph, rows, whole(graph, 0));
    return sabir_scatter_add(graph, sabir_full(graph, SABIR_I32, line, 0), inside, sabir_full(graph, SABIR_I32, sabir_value_shape(rows), 1), 0);
}

/* By element, the number of its segment: -1 before the first, the number of segments behind the last. */
static sabir_value segments_of(sabir_value starts)
{
    const sabir_cumsum_attrs attrs = {.axis = 0};
    return sabir_sub(starts.graph, sabir_cumsum(starts.graph, starts, &attrs), whole(starts.graph, 1));
}

sabir_status sbr_grad_segment_sum(sbr_grad_call *call)
{
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    call->results[0] = sabir_gather(call->graph, call->grads[0], sabir_segment_ids(call->graph, call->inputs[1], shape.extents[0]), 0);
    return SABIR_OK;
}

/* Elements of each segment, [n, 1...] of rank and type of values; at least 1. */
static sabir_value segment_sizes(sabir_value rows, sabir_extent elements, sabir_type type, const sabir_shape *shape)
{
    sabir_graph *graph = rows.graph;
    const sabir_value inside = sabir_clamp(graph, rows, whole(graph, 0), sabir_dim_value(graph, elements));
    sabir_shape along = {.rank = shape->rank, .extents = {shape->extents[0], 1, 1, 1, 1, 1, 1, 1}};
    const sabir_value count = sabir_sub(graph, sabir_narrow(graph, inside, 0, 1, shape->extents[0]), sabir_narrow(graph, inside, 0, 0, shape->extents[0]));
    return sabir_cast(graph, sabir_reshape(graph, sabir_maximum(graph, count, whole(graph, 1)), along), type);
}

sabir_status sbr_grad_segment_mean(sbr_grad_call *call)
{
    const sabir_shape shape = sabir_value_shape(call->inputs[0]), result = sabir_value_shape(call->outputs[0]);
    const sabir_value g = sbr_grad_widen(call->grads[0]);
    const sabir_value sizes = segment_sizes(call->inputs[1], shape.extents[0], sabir_value_type(g), &result);
    const sabir_value share = sbr_grad_as(sbr_grad_div2(g, sizes), sabir_value_type(call->inputs[0]));
    call->results[0] = sabir_gather(call->graph, share, sabir_segment_ids(call->graph, call->inputs[1], shape.extents[0]), 0);
    return SABIR_OK;
}

/* The first of equal elements that are the result takes all. */
static sabir_status extreme(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sabir_cumsum_attrs before = {.axis = 0, .exclusive = 1};
    const sabir_value x = call->inputs[0], starts = starts_at(call->inputs[1], sabir_value_shape(x).extents[0]), segments = segments_of(starts);
    const sabir_shape shape = sabir_value_shape(x);
    const sabir_shape along = {.rank = shape.rank, .extents = {shape.extents[0], 1, 1, 1, 1, 1, 1, 1}};
    const sabir_value opens = sabir_broadcast(graph, sabir_reshape(graph, sabir_greater(graph, starts, whole(graph, 0)), along), shape);
    const sabir_value hit = sabir_equal(graph, x, sabir_gather(graph, call->outputs[0], segments, 0));
    const sabir_value earlier = sabir_segmented_cumsum(graph, sabir_cast(graph, hit, SABIR_I32), opens, &before);
    const sabir_value first = sabir_logical_and(graph, hit, sabir_equal(graph, earlier, whole(graph, 0)));
    call->results[0] = sbr_grad_where(first, sabir_gather(graph, call->grads[0], segments, 0));
    return SABIR_OK;
}

sabir_status sbr_grad_segment_max(sbr_grad_call *call) { return extreme(call); }
sabir_status sbr_grad_segment_min(sbr_grad_call *call) { return extreme(call); }

/* y (g - the sum of g y over the segment). */
sabir_status sbr_grad_segment_softmax(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sabir_value y = sbr_grad_widen(call->outputs[0]), g = sbr_grad_widen(call->grads[0]), rows = call->inputs[1];
    const sabir_value sums = sabir_segment_sum(graph, sbr_grad_mul2(g, y), rows);
    const sabir_value ids = sabir_segment_ids(graph, rows, sabir_value_shape(call->inputs[0]).extents[0]);
    call->results[0] = sbr_grad_as(sbr_grad_mul2(y, sbr_grad_sub2(g, sabir_gather(graph, sums, ids, 0))), sabir_value_type(call->inputs[0]));
    return SABIR_OK;
}

/* ---- Sparse times dense ---- */

/* The matrix turned: its entries sorted by column. */
typedef struct turned { sabir_value rows, columns, order; } turned;

/* Entries with a column below 0 come before the first row pointer, those beyond the last after the last one. */
static sabir_status turn_any(sabir_value columns, sabir_extent width, turned *t)
{
    sabir_graph *graph = columns.graph;
    const sabir_cumsum_attrs running = {.axis = 0};
    sabir_shape pointers = {.rank = 1};
    SABIR_TRY(sbr_extent_affine(graph, width, 1, 1, 1, &pointers.extents[0]));
    const sabir_value up = sabir_maximum(graph, sabir_add(graph, columns, whole(graph, 1)), whole(graph, 0));
    const sabir_value ones = sabir_full(graph, SABIR_I32, sabir_value_shape(columns), 1);
    const sabir_value counts = sabir_scatter_add(graph, sabir_full(graph, SABIR_I32, pointers, 0), up, ones, 0);
    t->rows = sabir_cumsum(graph, counts, &running);
    (void)sabir_sort(graph, columns, 0, 0, &t->order);
    return SABIR_OK;
}

static sabir_status turn(sabir_value rows, sabir_value columns, sabir_extent width, turned *t)
{
    sabir_graph *graph = columns.graph;
    const sabir_value row_numbers = sabir_segment_ids(graph, rows, sabir_value_shape(columns).extents[0]);
    if (sbr_is_number(width) && width < INT32_MAX - 1) (void)sabir_group_by(graph, columns, width, SABIR_NONE, &t->order, &t->rows, NULL);
    else SABIR_TRY(turn_any(columns, width, t));
    t->columns = sabir_gather(graph, row_numbers, t->order, 0);
    return SABIR_OK;
}

/* x [n, h..., f...] as [n, product of h, product of f], h the first `heads` axes of the features; [n, f] where there is none. */
static sabir_status by_heads(sabir_value x, int32_t heads, sabir_value *result)
{
    const sabir_shape from = sabir_value_shape(x);
    sabir_shape shape = {.rank = heads ? 3 : 2, .extents = {from.extents[0], 1, 1}};
    for (int32_t i = 1; i < from.rank; i++) {
        sabir_extent *extent = &shape.extents[heads && i > heads ? 2 : 1];
        SABIR_TRY(sbr_extent_mul(x.graph, *extent, from.extents[i], extent));
    }
    *result = sabir_reshape(x.graph, x, shape);
    return SABIR_OK;
}

/* operands: rows, columns, x, and values where there are any. */
sabir_status sbr_grad_spmm(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sabir_value rows = call->inputs[0], columns = call->inputs[1], x = call->inputs[2], g = call->grads[0];
    const bool has_values = call->input_count > 3;
    if (call->wanted[2]) {
        turned t;
        SABIR_TRY(turn(rows, columns, sabir_value_shape(x).extents[0], &t));
        const sabir_value values = has_values ? sabir_gather(graph, call->inputs[3], t.order, 0) : SABIR_NONE;
        call->results[2] = sabir_spmm(graph, t.rows, t.columns, values, g);
    }
    if (!has_values || !call->wanted[3]) return SABIR_OK;
    const sabir_shape shape = sabir_value_shape(call->inputs[3]);
    sabir_value left, right;
    SABIR_TRY(by_heads(g, shape.rank - 1, &left));
    SABIR_TRY(by_heads(x, shape.rank - 1, &right));
    call->results[3] = sabir_reshape(graph, sabir_sddmm(graph, rows, columns, left, right), shape);
    return SABIR_OK;
}

/* operands: rows, columns, x, y. */
sabir_status sbr_grad_sddmm(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sabir_value rows = call->inputs[0], columns = call->inputs[1], x = call->inputs[2], y = call->inputs[3], g = call->grads[0];
    if (call->wanted[2]) call->results[2] = sabir_spmm(graph, rows, columns, g, y);
    if (!call->wanted[3]) return SABIR_OK;
    turned t;
    SABIR_TRY(turn(rows, columns, sabir_value_shape(y).extents[0], &t));
    call->results[3] = sabir_spmm(graph, t.rows, t.columns, sabir_gather(graph, g, t.order, 0), x);
    return SABIR_OK;
}
