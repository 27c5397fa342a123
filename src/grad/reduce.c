/* Reductions and running sums. */
#include "along.h"
#include "block.h"

/* grad with the reduced axes back, of extent 1. */
static sabir_value kept(const sbr_grad_call *call, sabir_value value)
{
    const sabir_ints axes = ((const sabir_reduce_attrs *)call->attrs)->axes;
    return sabir_reshape(call->graph, value, sbr_grad_kept_shape(sabir_value_shape(call->inputs[0]), axes));
}

sabir_status sbr_grad_sum(sbr_grad_call *call)
{
    call->results[0] = sabir_broadcast(call->graph, kept(call, call->grads[0]), sabir_value_shape(call->inputs[0]));
    return SABIR_OK;
}

sabir_status sbr_grad_mean(sbr_grad_call *call)
{
    const sabir_ints axes = ((const sabir_reduce_attrs *)call->attrs)->axes;
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    sabir_extent count = 1;
    if (sbr_grad_is_empty(&shape)) return SABIR_OK;
    for (int32_t i = 0; i < axes.count; i++) SABIR_TRY(sbr_extent_mul(call->graph, count, shape.extents[axes.values[i]], &count));
    call->results[0] = sabir_broadcast(call->graph, kept(call, sbr_grad_over(call->grads[0], count)), shape);
    return SABIR_OK;
}

/* ---- Rows: the reduced axes together at the end ---- */

typedef struct rows {
    sabir_ints order;     /* kept axes, then reduced ones */
    sabir_shape turned;   /* in that order */
    sabir_shape flat;     /* [rows, length] */
} rows;

static sabir_status rows_of(const sbr_grad_call *call, rows *r)
{
    const sabir_ints axes = ((const sabir_reduce_attrs *)call->attrs)->axes;
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    *r = (rows){.flat = {2, {1, 1}}, .order = {.count = shape.rank}, .turned = {.rank = shape.rank}};
    int32_t kept = 0, reduced = shape.rank - axes.count;
    for (int32_t i = 0; i < shape.rank; i++) {
        int32_t k = 0;
        while (k < axes.count && axes.values[k] != i) k++;
        const bool is_reduced = k < axes.count;
        const int32_t to = is_reduced ? reduced++ : kept++;
        r->order.values[to] = i;
        r->turned.extents[to] = shape.extents[i];
        SABIR_TRY(sbr_extent_mul(call->graph, r->flat.extents[is_reduced], shape.extents[i], &r->flat.extents[is_reduced]));
    }
    return SABIR_OK;
}

static sabir_value to_rows(const rows *r, sabir_value x)
{
    return sabir_reshape(x.graph, sabir_transpose(x.graph, x, r->order), r->flat);
}

static sabir_value from_rows(const rows *r, sabir_value x)
{
    sabir_ints back = {.count = r->order.count};
    for (int32_t i = 0; i < back.count; i++) back.values[r->order.values[i]] = i;
    return sabir_transpose(x.graph, sabir_reshape(x.graph, x, r->turned), back);
}

/* ---- Largest and smallest: the first of them takes all ---- */

static sabir_status bound(sbr_grad_call *call, sabir_value (*place)(sabir_graph *graph, sabir_value x, int32_t axis))
{
    sabir_graph *graph = call->graph;
    const sabir_ints axes = ((const sabir_reduce_attrs *)call->attrs)->axes;
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    if (sbr_grad_is_empty(&shape)) return SABIR_OK;
    if (axes.count == 1) {
        const int32_t axis = (int32_t)axes.values[0];
        const sabir_value at = kept(call, place(graph, call->inputs[0], axis));
        call->results[0] = sbr_grad_at(&shape, at, kept(call, call->grads[0]), axis);
        return SABIR_OK;
    }
    rows r;
    SABIR_TRY(rows_of(call, &r));
    const sabir_shape single = {2, {r.flat.extents[0], 1}};
    const sabir_value at = sabir_reshape(graph, place(graph, to_rows(&r, call->inputs[0]), 1), single);
    call->results[0] = from_rows(&r, sbr_grad_at(&r.flat, at, sabir_reshape(graph, call->grads[0], single), 1));
    return SABIR_OK;
}

sabir_status sbr_grad_max(sbr_grad_call *call) { return bound(call, sabir_argmax); }
sabir_status sbr_grad_min(sbr_grad_call *call) { return bound(call, sabir_argmin); }

/* ---- Products ----
 * The product of all other elements of a row, without a division: up a tree of pairs, then down again, where the product of what lies outside a
 * pair meets the pair's other half. Right with any number of zeros, and so are its derivatives. */

enum { MOST_LEVELS = 40 };

/* Rows continued with ones to a power of two. */
static sabir_value fill_up(const rows *r, sabir_value x, int64_t length)
{
    sabir_graph *graph = x.graph;
    const sabir_extent extent = r->flat.extents[1];
    if (extent == length) return x;
    if (sbr_is_number(extent)) return sabir_pad(graph, x, SABIR_INTS(0, 0), SABIR_INTS(0, length - extent), SABIR_PAD_CONSTANT, 1);
    const sabir_shape shape = {2, {r->flat.extents[0], length}};
    const sabir_value ones = sabir_full(graph, sabir_value_type(x), shape, 1);
    return sabir_update(graph, ones, x, sabir_full(graph, SABIR_I32, SABIR_SHAPE(2), 0));
}

static sabir_value half(sabir_value pairs, const sabir_shape *shape, int64_t which)
{
    return sbr_grad_extract_along(pairs, shape, 2, which, 1);
}

/* levels: pairs [rows, 2^k, 2] from the elements up. Returns what lies outside each element, [rows, length]. */
static sabir_value others(const rows *r, sabir_value x, int64_t length, sabir_value grad)
{
    sabir_graph *graph = x.graph;
    sabir_value levels[MOST_LEVELS];
    sabir_shape shape = {3, {r->flat.extents[0], length, 2}};
    int32_t count = 0;
    for (; shape.extents[1] > 1; count++) {
        shape.extents[1] /= 2;
        levels[count] = sabir_reshape(graph, x, shape);
        x = sbr_grad_mul2(half(levels[count], &shape, 0), half(levels[count], &shape, 1));
    }
    sabir_value outside = sabir_reshape(graph, grad, (sabir_shape){3, {r->flat.extents[0], 1, 1}});
    while (count-- > 0) {
        const sabir_value swapped = sabir_flip(graph, levels[count], SABIR_INTS(2));
        shape.extents[1] *= 2;
        outside = sabir_reshape(graph, sbr_grad_mul2(outside, swapped), (sabir_shape){3, {r->flat.extents[0], shape.extents[1], 1}});
    }
    return sabir_reshape(graph, outside, (sabir_shape){2, {r->flat.extents[0], length}});
}

sabir_status sbr_grad_prod(sbr_grad_call *call)
{
    rows r;
    SABIR_TRY(rows_of(call, &r));
    if (sbr_grad_is_empty(&r.flat)) return SABIR_OK;
    const int64_t most = sbr_extent_most(call->graph, r.flat.extents[1]);
    int64_t length = 1;
    for (int32_t level = 0; length < most; level++, length *= 2)
        if (level == MOST_LEVELS) return sbr_fail(SABIR_UNSUPPORTED, "products of up to %lld elements; give the dim a smaller maximum", (long long)most);
    const sabir_shape filled = {2, {r.flat.extents[0], length}};
    const sabir_value x = fill_up(&r, sbr_grad_widen(to_rows(&r, call->inputs[0])), length);
    const sabir_value grads = sbr_grad_extract_along(others(&r, x, length, sbr_grad_widen(call->grads[0])), &filled, 1, 0, r.flat.extents[1]);
    call->results[0] = sbr_grad_as(from_rows(&r, grads), sabir_value_type(call->inputs[0]));
    return SABIR_OK;
}

/* ---- Running sums ---- */

sabir_status sbr_grad_cumsum(sbr_grad_call *call)
{
    sabir_cumsum_attrs attrs = *(const sabir_cumsum_attrs *)call->attrs;
    attrs.reverse = !attrs.reverse;
    call->results[0] = call->input_count > 1 ? sabir_segmented_cumsum(call->graph, call->grads[0], call->inputs[1], &attrs)
                                             : sabir_cumsum(call->graph, call->grads[0], &attrs);
    return SABIR_OK;
}
