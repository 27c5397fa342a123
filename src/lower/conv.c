#include "conv.h"

#include "operands.h"
#include "window.h"

/* Products for one element of y, at most. */
static sbr_expr taps(sbr_lowering *lowering, const sbr_conv_problem *problem, sbr_expr channels)
{
    return sbr_mul(lowering, channels, sbr_extents_product(lowering, &problem->weights, 2, problem->weights.rank));
}

/* Every element by itself. */
static sabir_status direct(sbr_lowering *lowering, const sbr_conv_problem *problem)
{
    const sabir_conv_attrs *attrs = problem->attrs;
    const sbr_view *x = &problem->x, *weights = &problem->weights, *y = &problem->y;
    const sbr_arith arith = sbr_arith_of(y->type);
    sbr_exprs *exprs = &lowering->module->exprs;
    /* conv: weights [outputs, channels of a group, ...]; conv_transpose: [channels, outputs of a group, ...]. */
    const sbr_expr channels = problem->transposed ? sbr_expr_div(exprs, x->extents[1], attrs->groups) : weights->extents[1];
    const sbr_expr outputs_in_group = problem->transposed ? weights->extents[1] : sbr_expr_div(exprs, y->extents[1], attrs->groups);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, problem->transposed ? "conv_transpose" : "conv", arith, arith));
    sbr_read(&l, "x", x);
    sbr_read(&l, "weights", weights);
    sbr_read(&l, "bias", problem->bias ? problem->bias : weights);
    sbr_read(&l, "residual", problem->residual ? problem->residual : weights);
    sbr_share_residual(&l, problem->residual, y);
    sbr_write(&l, "y", y);
    sbr_window_strides(&l, "x_strides", x);
    sbr_window_strides(&l, "w_strides", weights);
    sbr_idx(&l, "bias_stride", problem->bias ? problem->bias->strides[0] : sbr_num(lowering, 0));
    sbr_idx(&l, "channels", channels);
    sbr_idx(&l, "outputs", y->extents[1]);
    sbr_idx(&l, "outputs_in_group", outputs_in_group);
    sbr_window_extents(&l, "extent", x);
    sbr_window_extents(&l, "result", y);
    sbr_window_extents(&l, "window", weights);
    sbr_window_setting(&l, "stride", x->rank, attrs->stride, 1);
    sbr_window_setting(&l, "dilation", x->rank, attrs->dilation, 1);
    sbr_window_setting(&l, "before", x->rank, attrs->before, 0);
    if (!problem->transposed) sbr_int(&l, "periodic", attrs->periodic != 0);
    sbr_int(&l, "has_bias", problem->bias != NULL);
    sbr_int(&l, "has_residual", problem->residual != NULL);
    sbr_int(&l, "activation", problem->activation);
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, sbr_view_count(lowering, y), taps(lowering, problem, channels), 2));
}

sabir_status sbr_lower_conv_with(sbr_lowering *lowering, const sbr_conv_problem *problem)
{
    sbr_view y;
    bool done;
    SABIR_TRY(sbr_conv_by_product(lowering, problem, true, &y, &done));
    return done ? SABIR_OK : direct(lowering, problem);
}

void sbr_conv_problem_of(const sbr_lowering *lowering, const sbr_node *node, const sbr_view *y, sbr_conv_problem *problem)
{
    *problem = (sbr_conv_problem){.x = *sbr_in(lowering, node, 0), .weights = *sbr_in(lowering, node, 1), .y = *y, .attrs = node->attrs,
                                  .bias = node->input_count > 2 ? sbr_in(lowering, node, 2) : NULL, .transposed = node->op == SBR_OP_conv_transpose};
}

static sabir_status lower(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_value_info *value = sbr_value_at(lowering->graph, node->first_output);
    sbr_conv_problem problem;
    sbr_expr extents[SABIR_MAX_RANK];
    sbr_view unplaced, y;
    bool done;
    for (int32_t i = 0; i < value->shape.rank; i++) extents[i] = sbr_ext(lowering, value->shape.extents[i]);
    sbr_view_dense(lowering, UINT32_MAX, value->type, value->shape.rank, extents, &unplaced);
    sbr_conv_problem_of(lowering, node, &unplaced, &problem);
    SABIR_TRY(sbr_conv_by_product(lowering, &problem, false, &y, &done));
    if (done) {
        sbr_alias(lowering, node, 0, &y);
        return SABIR_OK;
    }
    SABIR_TRY(sbr_out(lowering, node, 0, &problem.y));
    return direct(lowering, &problem);
}

sabir_status sbr_lower_conv(sbr_lowering *lowering, const sbr_node *node) { return lower(lowering, node); }
sabir_status sbr_lower_conv_transpose(sbr_lowering *lowering, const sbr_node *node) { return lower(lowering, node); }
