/* Losses of softmax, by row. */
#include <math.h>

#include "build.h"

static sabir_type wide_type(sabir_type type) { return type == SABIR_F64 ? SABIR_F64 : SABIR_F32; }

static sabir_status check_attrs(sabir_softmax_losses_attrs *attrs)
{
    if (attrs->temperature == 0) attrs->temperature = 1;
    if (!(attrs->temperature > 0) || !isfinite(attrs->temperature))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "temperature is %g; finite and above 0", attrs->temperature);
    if (!(attrs->smoothing >= 0 && attrs->smoothing <= 1)) return sbr_fail(SABIR_INVALID_ARGUMENT, "smoothing is %g; from 0 to 1", attrs->smoothing);
    return SABIR_OK;
}

/* logits and labels, and the shape of the rows. */
static sabir_status check_rows(const sbr_signature *signature, sabir_shape *rows)
{
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "logits"));
    SABIR_TRY(sbr_need_type(signature, 1, SABIR_I32, "labels"));
    SABIR_TRY(sbr_need_rank(signature, 0, 1, SABIR_MAX_RANK, "logits"));
    *rows = sbr_shape_drop(signature->shapes[0], signature->shapes[0].rank - 1);
    return sbr_need_shape(signature, 1, rows, "labels");
}

static sabir_status check_number(const sbr_signature *signature, uint32_t operand, const sabir_shape *rows, const char *what)
{
    SABIR_TRY(sbr_need_type(signature, operand, wide_type(signature->types[0]), what));
    return sbr_need_shape(signature, operand, rows, what);
}

sabir_status sbr_rule_softmax_losses(sbr_signature *signature)
{
    sabir_shape rows;
    SABIR_TRY(check_attrs(signature->attrs));
    SABIR_TRY(check_rows(signature, &rows));
    if (signature->inputs > 2) SABIR_TRY(check_number(signature, 2, &rows, "weights"));
    for (uint32_t i = 0; i < 3; i++) sbr_set_result(signature, i, wide_type(signature->types[0]), &rows);
    return SABIR_OK;
}

sabir_status sbr_rule_softmax_losses_gradient(sbr_signature *signature)
{
    sbr_softmax_losses_gradient_attrs *attrs = signature->attrs;
    uint32_t operand = 2;
    sabir_shape rows;
    if (signature->inputs != 4u + (attrs->has_weights != 0) + (attrs->has_d_loss != 0) + (attrs->has_d_entropy != 0))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "there are %u operands, and attributes name others", signature->inputs);
    SABIR_TRY(check_attrs(&attrs->how));
    SABIR_TRY(check_rows(signature, &rows));
    if (attrs->has_weights) SABIR_TRY(check_number(signature, operand++, &rows, "weights"));
    SABIR_TRY(check_number(signature, operand++, &rows, "entropy"));
    SABIR_TRY(check_number(signature, operand++, &rows, "lse"));
    if (attrs->has_d_loss) SABIR_TRY(check_number(signature, operand++, &rows, "d_loss"));
    if (attrs->has_d_entropy) SABIR_TRY(check_number(signature, operand, &rows, "d_entropy"));
    sbr_set_result(signature, 0, signature->types[0], &signature->shapes[0]);
    return SABIR_OK;
}

sabir_value sabir_softmax_losses(sabir_graph *graph, sabir_value logits, sabir_value labels, sabir_value weights, const sabir_softmax_losses_attrs *attrs,
                                 sabir_value *entropy, sabir_value *lse)
{
    const sabir_value inputs[] = {logits, labels, weights}, loss = sbr_add_node(graph, SBR_OP_softmax_losses, inputs, sbr_absent(weights) ? 2 : 3, attrs);
    if (entropy) *entropy = sbr_output_of(loss, 1);
    if (lse) *lse = sbr_output_of(loss, 2);
    return loss;
}

sabir_value sabir_softmax_losses_gradient(sabir_graph *graph, sabir_value logits, sabir_value labels, sabir_value weights,
                                          const sabir_softmax_losses_attrs *attrs, sabir_value entropy, sabir_value lse, sabir_value d_loss, sabir_value d_entropy)
{
    sbr_softmax_losses_gradient_attrs all = {.has_weights = !sbr_absent(weights), .has_d_loss = !sbr_absent(d_loss), .has_d_entropy = !sbr_absent(d_entropy)};
    sabir_value inputs[7] = {logits, labels};
    uint32_t count = 2;
    if (attrs) all.how = *attrs;
    if (all.has_weights) inputs[count++] = weights;
    inputs[count++] = entropy;
    inputs[count++] = lse;
    if (all.has_d_loss) inputs[count++] = d_loss;
    if (all.has_d_entropy) inputs[count++] = d_entropy;
    return sbr_add_node(graph, SBR_OP_softmax_losses_gradient, inputs, count, &all);
}
