/* Attention: gradients by its own operators, computed tile by tile. */
#include "graph/attention.h"

#include "attention_pairs.h"

static bool is_wanted(const sbr_grad_call *call, sbr_attention_operand operand)
{
    const sbr_attention_attrs *attrs = call->attrs;
    return sbr_attention_has(attrs->given, operand) && call->wanted[sbr_attention_input(attrs->given, operand)];
}

static sabir_attention_operands operands_of(const sbr_grad_call *call)
{
    return (sabir_attention_operands){
        .q = sbr_attention_value(call, SBR_ATTENTION_Q), .k = sbr_attention_value(call, SBR_ATTENTION_K), .v = sbr_attention_value(call, SBR_ATTENTION_V),
        .bias = sbr_attention_value(call, SBR_ATTENTION_BIAS), .mask = sbr_attention_value(call, SBR_ATTENTION_MASK),
        .rows = sbr_attention_value(call, SBR_ATTENTION_ROWS), .columns = sbr_attention_value(call, SBR_ATTENTION_COLUMNS),
        .q_positions = sbr_attention_value(call, SBR_ATTENTION_Q_POSITIONS), .k_positions = sbr_attention_value(call, SBR_ATTENTION_K_POSITIONS),
        .q_lengths = sbr_attention_value(call, SBR_ATTENTION_Q_LENGTHS), .k_lengths = sbr_attention_value(call, SBR_ATTENTION_K_LENGTHS),
        .blocks = sbr_attention_value(call, SBR_ATTENTION_BLOCKS),
    };
}

/* A partial result weighs exp(partial_lse - lse) in the whole, as a key whose value it is would. */
static void give_partial(sbr_grad_call *call, sabir_value d_out, sabir_value d_lse)
{
    sabir_graph *graph = call->graph;
    const sabir_value out = sbr_attention_value(call, SBR_ATTENTION_PARTIAL_OUT), partial = sbr_attention_value(call, SBR_ATTENTION_PARTIAL_LSE);
    const sabir_value lse = call->outputs[1];
    const sabir_value is_any = sabir_is_finite(graph, lse), weight = sbr_grad_where(is_any, sabir_exp(graph, sabir_select(graph, is_any, sbr_grad_sub2(partial, lse), partial)));
    sabir_shape column = sabir_value_shape(call->outputs[1]);
    column.extents[column.rank++] = 1;
    const sabir_value wide = sbr_grad_as(d_out, sabir_value_type(out)), whole = sbr_grad_as(call->outputs[0], sabir_value_type(out));
    if (is_wanted(call, SBR_ATTENTION_PARTIAL_OUT))
        sbr_attention_give(call, SBR_ATTENTION_PARTIAL_OUT, sbr_grad_mul2(sabir_reshape(graph, weight, column), wide));
    if (!is_wanted(call, SBR_ATTENTION_PARTIAL_LSE)) return;
    sabir_value slope = sabir_sum(graph, sbr_grad_mul2(wide, sbr_grad_sub2(out, whole)), SABIR_INTS(-1));
    if (d_lse.index != SABIR_NONE_INDEX) slope = sbr_grad_add2(slope, d_lse);
    sbr_attention_give(call, SBR_ATTENTION_PARTIAL_LSE, sbr_grad_mul2(weight, slope));
}

sabir_status sbr_grad_attention(sbr_grad_call *call)
{
    const sbr_attention_attrs *attrs = call->attrs;
    const sabir_attention_operands operands = operands_of(call);
    const sabir_value d_out = sbr_grad_of(call, 0), d_lse = call->grads[1];
    if (is_wanted(call, SBR_ATTENTION_Q) || is_wanted(call, SBR_ATTENTION_K) || is_wanted(call, SBR_ATTENTION_V)) {
        sabir_value d_k, d_v;
        const sabir_value d_q = sabir_attention_gradient(call->graph, &operands, &attrs->how, call->outputs[0], call->outputs[1], d_out, d_lse, &d_k, &d_v);
        sbr_attention_give(call, SBR_ATTENTION_Q, d_q);
        sbr_attention_give(call, SBR_ATTENTION_K, d_k);
        sbr_attention_give(call, SBR_ATTENTION_V, d_v);
    }
    if (is_wanted(call, SBR_ATTENTION_BIAS))
        sbr_attention_give(call, SBR_ATTENTION_BIAS, sabir_attention_bias_gradient(call->graph, &operands, &attrs->how, call->outputs[0], call->outputs[1], d_out, d_lse));
    if (operands.q.graph && sbr_attention_has(attrs->given, SBR_ATTENTION_PARTIAL_OUT)) give_partial(call, d_out, d_lse);
    return SABIR_OK;
}
