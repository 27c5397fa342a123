/* Losses of softmax, by row. */
#include "rules.h"

static bool has_arrived(const sbr_grad_call *call, uint32_t output) { return call->grads[output].index != SABIR_NONE_INDEX; }

/* Numbers of rows with an axis for the classes. */
static sabir_value column(sabir_value x)
{
    sabir_shape shape = sabir_value_shape(x);
    if (shape.rank < SABIR_MAX_RANK) shape.extents[shape.rank++] = 1;
    return sabir_reshape(x.graph, x, shape);
}

sabir_status sbr_grad_softmax_losses(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sabir_softmax_losses_attrs *how = call->attrs;
    const sabir_value logits = call->inputs[0], labels = call->inputs[1], weights = call->input_count > 2 ? call->inputs[2] : SABIR_NONE;
    if (call->wanted[0]) {
        const sabir_value d_loss = has_arrived(call, 0) ? call->grads[0] : SABIR_NONE, d_entropy = has_arrived(call, 1) ? call->grads[1] : SABIR_NONE;
        if (d_loss.graph || d_entropy.graph)
            call->results[0] = sabir_softmax_losses_gradient(graph, logits, labels, weights, how, call->outputs[1], call->outputs[2], d_loss, d_entropy);
        if (has_arrived(call, 2)) {
            const sabir_value softmax = sabir_softmax(graph, sbr_grad_times(sbr_grad_widen(logits), 1 / how->temperature), -1);
            const sabir_value slope = sbr_grad_as(sbr_grad_times(sbr_grad_mul2(softmax, column(call->grads[2])), 1 / how->temperature), sabir_value_type(logits));
            call->results[0] = call->results[0].index == SABIR_NONE_INDEX ? slope : sbr_grad_add2(call->results[0], slope);
        }
    }
    if (call->input_count > 2 && call->wanted[2] && has_arrived(call, 0))
        call->results[2] = sbr_grad_mul2(call->grads[0], sabir_softmax_losses(graph, logits, labels, SABIR_NONE, how, NULL, NULL));
    return SABIR_OK;
}

/* In one pass over the logits and one to write: nothing of their size lies between. */
sabir_status sbr_grad_cross_entropy(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sabir_value logits = call->inputs[0], labels = call->inputs[1], g = sbr_grad_widen(call->grads[0]);
    const sabir_shape shape = sabir_value_shape(logits);
    sabir_value entropy, lse;
    if (sbr_grad_is_empty(&shape)) return SABIR_OK;
    (void)sabir_softmax_losses(graph, logits, labels, SABIR_NONE, NULL, &entropy, &lse);
    call->results[0] = sabir_softmax_losses_gradient(graph, logits, labels, SABIR_NONE, NULL, entropy, lse, g, SABIR_NONE);
    return SABIR_OK;
}

/* The operands of the gradient's node by name, absent ones without a graph. */
typedef struct operands { sabir_value logits, labels, weights, entropy, lse, d_loss, d_entropy; uint32_t at_weights, at_entropy, at_lse, at_d_loss, at_d_entropy; } operands;

static operands operands_of(const sbr_grad_call *call)
{
    const sbr_softmax_losses_gradient_attrs *attrs = call->attrs;
    operands o = {.logits = call->inputs[0], .labels = call->inputs[1], .weights = SABIR_NONE, .d_loss = SABIR_NONE, .d_entropy = SABIR_NONE};
    uint32_t next = 2;
    if (attrs->has_weights) o.weights = call->inputs[o.at_weights = next++];
    o.entropy = call->inputs[o.at_entropy = next++];
    o.lse = call->inputs[o.at_lse = next++];
    if (attrs->has_d_loss) o.d_loss = call->inputs[o.at_d_loss = next++];
    if (attrs->has_d_entropy) o.d_entropy = call->inputs[o.at_d_entropy = next];
    return o;
}

static void give(sbr_grad_call *call, uint32_t input, sabir_value grad)
{
    if (call->wanted[input]) call->results[input] = sbr_grad_as(grad, sabir_value_type(call->inputs[input]));
}

static sabir_value by_row(sabir_value x) { return sabir_sum(x.graph, x, SABIR_INTS(-1)); }

/* p - t: softmax less what the label asks for. */
static sabir_value miss(const sbr_grad_call *call, const operands *o, sabir_value probability)
{
    const sbr_softmax_losses_gradient_attrs *attrs = call->attrs;
    const sabir_shape shape = sabir_value_shape(o->logits);
    const sabir_extent classes = shape.extents[shape.rank - 1];
    const sabir_value hit = sabir_one_hot(call->graph, o->labels, classes, sabir_value_type(probability));
    const sabir_value even = sbr_grad_over(sbr_grad_full(probability, attrs->how.smoothing), classes);
    return sbr_grad_sub2(probability, sbr_grad_add2(sbr_grad_times(hit, 1 - attrs->how.smoothing), even));
}

/* x of the rows whose label is in range. */
static sabir_value of_labelled(const operands *o, sabir_value x)
{
    const sabir_shape shape = sabir_value_shape(o->logits);
    const sabir_value end = sabir_dim_value(x.graph, shape.extents[shape.rank - 1]), zero = sabir_number(x.graph, SABIR_I32, 0);
    return sbr_grad_where(sabir_logical_and(x.graph, sabir_greater_equal(x.graph, o->labels, zero), sabir_less(x.graph, o->labels, end)), x);
}

/* y = (a (p - t) - b p (log p + H)) / T with a = weight d_loss and b = d_entropy; H and lse are operands of their own. */
sabir_status sbr_grad_softmax_losses_gradient(sbr_grad_call *call)
{
    sabir_graph *graph = call->graph;
    const sbr_softmax_losses_gradient_attrs *attrs = call->attrs;
    const operands o = operands_of(call);
    const sabir_shape shape = sabir_value_shape(o.logits);
    const double inverse = 1 / attrs->how.temperature;
    if (sbr_grad_is_empty(&shape)) return SABIR_OK;
    const sabir_value g = sbr_grad_times(sbr_grad_widen(call->grads[0]), inverse);
    const sabir_value logarithm = sbr_grad_sub2(sbr_grad_times(sbr_grad_widen(o.logits), inverse), column(o.lse)), probability = sabir_exp(graph, logarithm);
    const sabir_value is_any = sabir_not_equal(graph, probability, sbr_grad_number(probability, 0));
    const sabir_value depth = sbr_grad_where(is_any, sbr_grad_add2(logarithm, column(o.entropy)));
    sabir_value slope = sbr_grad_full(probability, 0); /* of y T by the logarithm of p, over p */
    if (o.d_loss.graph) {
        const sabir_value left = of_labelled(&o, by_row(sbr_grad_mul2(miss(call, &o, probability), g)));
        const sabir_value weight = o.weights.graph ? o.weights : sbr_grad_full(o.d_loss, 1);
        slope = sbr_grad_add2(slope, column(of_labelled(&o, sbr_grad_mul2(weight, o.d_loss))));
        give(call, o.at_d_loss, sbr_grad_mul2(weight, left));
        if (o.weights.graph) give(call, o.at_weights, sbr_grad_mul2(o.d_loss, left));
    }
    if (o.d_entropy.graph) {
        const sabir_value spread = sbr_grad_mul2(probability, g);
        slope = sbr_grad_sub2(slope, sbr_grad_mul2(column(o.d_entropy), sbr_grad_plus(depth, 1)));
        give(call, o.at_entropy, sabir_neg(graph, sbr_grad_mul2(o.d_entropy, by_row(spread))));
        give(call, o.at_d_entropy, sabir_neg(graph, by_row(sbr_grad_mul2(spread, depth))));
    }
    const sabir_value moved = sbr_grad_mul2(sbr_grad_mul2(slope, probability), g);
    give(call, 0, sbr_grad_times(moved, inverse));
    give(call, o.at_lse, sabir_neg(graph, by_row(moved)));
    return SABIR_OK;
}
