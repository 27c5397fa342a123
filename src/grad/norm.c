/* Softmax, norms, rotary positions, cross-entropy, in closed form from operands and results. Half-precision values are widened between. */
#include "rules.h"

static sabir_ints axis_list(int32_t axis) { return SABIR_INTS(axis); }

static void give(const sbr_grad_call *call, uint32_t operand, sabir_value grad)
{
    call->results[operand] = sbr_grad_as(grad, sabir_value_type(call->inputs[operand]));
}

/* ---- Softmax ---- */

sabir_status sbr_grad_softmax(sbr_grad_call *call)
{
    const sabir_ints axis = axis_list(((const sabir_axis_attrs *)call->attrs)->axis);
    const sabir_value y = sbr_grad_widen(call->outputs[0]), g = sbr_grad_widen(call->grads[0]);
    give(call, 0, sbr_grad_mul2(y, sbr_grad_sub2(g, sbr_grad_sum_kept(sbr_grad_mul2(g, y), axis))));
    return SABIR_OK;
}

sabir_status sbr_grad_log_softmax(sbr_grad_call *call)
{
    const sabir_ints axis = axis_list(((const sabir_axis_attrs *)call->attrs)->axis);
    const sabir_value y = sbr_grad_widen(call->outputs[0]), g = sbr_grad_widen(call->grads[0]);
    give(call, 0, sbr_grad_sub2(g, sbr_grad_mul2(sabir_exp(call->graph, y), sbr_grad_sum_kept(g, axis))));
    return SABIR_OK;
}

/* ---- Norms: rows along the last axis ---- */

typedef struct row_norm {
    sabir_ints axis;
    bool centred;       /* whether the mean is taken off */
    sabir_value unit;   /* x, normalised */
    sabir_value inverse; /* what it was multiplied by, [..., 1] */
} row_norm;

static row_norm normalise(sabir_value x, int32_t axis, double epsilon, bool centred)
{
    row_norm n = {.axis = axis_list(axis), .centred = centred};
    const sabir_value rest = centred ? sbr_grad_sub2(x, sbr_grad_mean_kept(x, n.axis)) : x;
    n.inverse = sabir_rsqrt(x.graph, sbr_grad_plus(sbr_grad_mean_kept(sabir_square(x.graph, rest), n.axis), epsilon));
    n.unit = sbr_grad_mul2(rest, n.inverse);
    return n;
}

/* g: of the normalised row. inverse * (g - mean(g) - unit * mean(g * unit)), the first mean where the row's was taken off. */
static sabir_value through(const row_norm *n, sabir_value g)
{
    const sabir_value along = sbr_grad_mul2(n->unit, sbr_grad_mean_kept(sbr_grad_mul2(g, n->unit), n->axis));
    const sabir_value rest = n->centred ? sbr_grad_sub2(g, sbr_grad_mean_kept(g, n->axis)) : g;
    return sbr_grad_mul2(n->inverse, sbr_grad_sub2(rest, along));
}

/* The gradient of a factor or term along the last axis. */
static void give_along(const sbr_grad_call *call, uint32_t operand, sabir_value grad)
{
    const sabir_shape shape = sabir_value_shape(call->inputs[operand]);
    give(call, operand, sbr_grad_unbroadcast(call->graph, grad, &shape));
}

static sabir_status last_axis_norm(sbr_grad_call *call, bool centred)
{
    const sabir_norm_attrs *attrs = call->attrs;
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    if (sbr_grad_is_empty(&shape)) return SABIR_OK;
    const bool scaled = call->input_count > 1;
    const sabir_value g = sbr_grad_widen(call->grads[0]);
    const row_norm n = normalise(sbr_grad_widen(call->inputs[0]), shape.rank - 1, attrs->epsilon, centred);
    if (call->wanted[0]) give(call, 0, through(&n, scaled ? sbr_grad_mul2(g, sbr_grad_widen(call->inputs[1])) : g));
    if (scaled && call->wanted[1]) give_along(call, 1, sbr_grad_mul2(g, n.unit));
    if (call->input_count > 2 && call->wanted[2]) give_along(call, 2, g);
    return SABIR_OK;
}

sabir_status sbr_grad_layer_norm(sbr_grad_call *call) { return last_axis_norm(call, true); }
sabir_status sbr_grad_rms_norm(sbr_grad_call *call) { return last_axis_norm(call, false); }

/* x [n, c, ...] as [n, groups, the rest]; scale and shift along the channels. */
sabir_status sbr_grad_group_norm(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sabir_norm_attrs *attrs = call->attrs;
    const sabir_shape shape = sabir_value_shape(call->inputs[0]);
    sabir_shape rows = {3, {shape.extents[0], attrs->groups, shape.extents[1] / attrs->groups}}, along = {.rank = shape.rank};
    sabir_ints others = {.count = 1};
    if (sbr_grad_is_empty(&shape)) return SABIR_OK;
    for (int32_t i = 0; i < shape.rank; i++) along.extents[i] = i == 1 ? shape.extents[1] : 1;
    for (int32_t i = 2; i < shape.rank; i++) {
        SABIR_TRY(sbr_extent_mul(graph, rows.extents[2], shape.extents[i], &rows.extents[2]));
        others.values[others.count++] = i;
    }
    const bool scaled = call->input_count > 1;
    const sabir_value g = sbr_grad_widen(call->grads[0]);
    const row_norm n = normalise(sabir_reshape(graph, sbr_grad_widen(call->inputs[0]), rows), 2, attrs->epsilon, true);
    const sabir_value of_unit = scaled ? sbr_grad_mul2(g, sabir_reshape(graph, sbr_grad_widen(call->inputs[1]), along)) : g;
    if (call->wanted[0]) give(call, 0, sabir_reshape(graph, through(&n, sabir_reshape(graph, of_unit, rows)), shape));
    if (scaled && call->wanted[1]) give(call, 1, sabir_sum(graph, sbr_grad_mul2(g, sabir_reshape(graph, n.unit, shape)), others));
    if (call->input_count > 2 && call->wanted[2]) give(call, 2, sabir_sum(graph, g, others));
    return SABIR_OK;
}

/* ---- Rotary positions: turned back ---- */

sabir_status sbr_grad_rope(sbr_grad_call *call)
{
    const sabir_rope_attrs *attrs = call->attrs;
    call->results[0] = sabir_rope(call->graph, call->grads[0], sabir_neg(call->graph, call->inputs[1]), attrs->base, attrs->rotated);
    return SABIR_OK;
}
