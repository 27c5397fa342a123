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

static sabir_value segment_numbers(sabir_value rows, sabir_extent elements) { return segments_of(starts_at(rows, elements)); }

sabir_status sbr_grad_segment_sum(sbr_grad_call *call)
{
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    call->results[0] = sabir_gather(call->graph, call->grads[0], segment_numbers(call->inputs[1], shape.extents[0]), 0);
    return SABIR_OK;
}

/* Elements of each segment, [n, 1...] of rank and type of values; at least 1. */
static sabir_status segment_sizes(sabir_value rows, sabir_extent elements, sabir_value like, const sabir_shape *shape, sabir_value *sizes)
{
    sabir_graph *graph = rows.graph;
    const sabir_value inside = sabir_clamp(graph, rows, whole(graph, 0), sabir_dim_value(graph, elements));
    sabir_shape along = {.rank = shape->rank, .extents = {shape->extents[0], 1, 1, 1, 1, 1, 1, 1}};
    const sabir_value count = sabir_sub(graph, sabir_narrow(graph, inside, 0, 1, shape->extents[0]), sabir_narrow(graph, inside, 0, 0, shape->extents[0]));
    *sizes = sabir_cast(graph, sabir_reshape(graph, sabir_maximum(graph, count, whole(graph, 1)), along), sabir_value_type(like));
    return SABIR_OK;
}

sabir_status sbr_grad_segment_mean(sbr_grad_call *call)
{
    const sabir_shape shape = sabir_value_shape(call->inputs[0]), result = sabir_value_shape(call->outputs[0]);
    const sabir_value g = sbr_grad_widen(call->grads[0]);
    sabir_value sizes;
    SABIR_TRY(segment_sizes(call->inputs[1], shape.extents[0], g, &result, &sizes));
    const sabir_value share = sbr_grad_as(sbr_grad_div2(g, sizes), sabir_value_type(call->inputs[0]));
    call->results[0] = sabir_gather(call->graph, share, segment_numbers(call->inputs[1], shape.extents[0]), 0);
    return SABIR_OK;
}

/* The first of equal largest elements takes all. */
sabir_status sbr_grad_segment_max(sbr_grad_call *call)
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

/* ---- Sparse times dense ---- */

/* The matrix turned: its entries sorted by column. */
typedef struct turned { sabir_value rows, columns, order; } turned;

/* Entries with a column below 0 come before the first row pointer, those beyond the last after the last one. */
static sabir_status turn(sabir_value columns, sabir_value row_numbers, sabir_extent width, turned *t)
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
    t->columns = sabir_gather(graph, row_numbers, t->order, 0);
    return SABIR_OK;
}

/* operands: rows, columns, x, and values where there are any. */
sabir_status sbr_grad_spmm(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sabir_value columns = call->inputs[1], x = call->inputs[2], g = call->grads[0];
    const bool has_values = call->input_count > 3;
    const sabir_value row_numbers = segment_numbers(call->inputs[0], sabir_value_shape(columns).extents[0]);
    if (call->wanted[2]) {
        turned t;
        SABIR_TRY(turn(columns, row_numbers, sabir_value_shape(x).extents[0], &t));
        const sabir_value values = has_values ? sabir_gather(graph, call->inputs[3], t.order, 0) : SABIR_NONE;
        call->results[2] = sabir_spmm(graph, t.rows, t.columns, values, g);
    }
    if (has_values && call->wanted[3])
        call->results[3] = sabir_sum(graph, sbr_grad_mul2(sabir_gather(graph, g, row_numbers, 0), sabir_gather(graph, x, columns, 0)), SABIR_INTS(1));
    return SABIR_OK;
}
