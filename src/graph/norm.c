/* Softmax, norms, rotary positions, cross-entropy. */
#include <math.h>

#include "build.h"

static sabir_status softmax_rule(sbr_signature *signature)
{
    sabir_axis_attrs *attrs = signature->attrs;
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "x"));
    SABIR_TRY(sbr_axis(attrs->axis, signature->shapes[0].rank, &attrs->axis));
    sbr_set_result(signature, 0, signature->types[0], &signature->shapes[0]);
    return SABIR_OK;
}

sabir_status sbr_rule_softmax(sbr_signature *signature) { return softmax_rule(signature); }
sabir_status sbr_rule_log_softmax(sbr_signature *signature) { return softmax_rule(signature); }

sabir_value sabir_softmax(sabir_graph *graph, sabir_value x, int32_t axis)
{
    return sbr_add_1(graph, SBR_OP_softmax, x, &(sabir_axis_attrs){axis});
}

sabir_value sabir_log_softmax(sabir_graph *graph, sabir_value x, int32_t axis)
{
    return sbr_add_1(graph, SBR_OP_log_softmax, x, &(sabir_axis_attrs){axis});
}

/* ---- Norms ---- */

/* axis: the one that scale and shift lie along. */
static sabir_status norm_rule(sbr_signature *signature, int32_t axis)
{
    static const char *const names[] = {"x", "scale", "shift"}, *const pairs[] = {"", "x and scale", "x and shift"};
    sabir_norm_attrs *attrs = signature->attrs;
    const sabir_shape wanted = {.rank = 1, .extents = {signature->shapes[0].extents[axis]}};
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "x"));
    if (!(attrs->epsilon >= 0) || !isfinite(attrs->epsilon))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "epsilon is %g; finite and at least 0", attrs->epsilon);
    for (uint32_t i = 1; i < signature->inputs && i < SBR_COUNT(names); i++) {
        SABIR_TRY(sbr_need_same_type(signature, i, 0, pairs[i]));
        SABIR_TRY(sbr_need_shape(signature, i, &wanted, names[i]));
    }
    sbr_set_result(signature, 0, signature->types[0], &signature->shapes[0]);
    return SABIR_OK;
}

static sabir_status last_axis_norm(sbr_signature *signature)
{
    SABIR_TRY(sbr_need_rank(signature, 0, 1, SABIR_MAX_RANK, "x"));
    ((sabir_norm_attrs *)signature->attrs)->groups = 1;
    return norm_rule(signature, signature->shapes[0].rank - 1);
}

sabir_status sbr_rule_layer_norm(sbr_signature *signature) { return last_axis_norm(signature); }
sabir_status sbr_rule_rms_norm(sbr_signature *signature) { return last_axis_norm(signature); }

sabir_status sbr_rule_group_norm(sbr_signature *signature)
{
    const sabir_norm_attrs *attrs = signature->attrs;
    SABIR_TRY(sbr_need_rank(signature, 0, 2, SABIR_MAX_RANK, "x"));
    const sabir_extent channels = signature->shapes[0].extents[1];
    SABIR_TRY(sbr_need_number(signature, channels, "the number of channels"));
    if (attrs->groups < 1 || channels % attrs->groups != 0)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld groups do not divide %lld channels", (long long)attrs->groups, (long long)channels);
    return norm_rule(signature, 1);
}

static sabir_value add_norm(sabir_graph *graph, sbr_op op, sabir_value x, sabir_value scale, sabir_value shift, const sabir_norm_attrs *attrs)
{
    if (!sbr_graph_open(graph, sbr_ops[op].name)) return sbr_null(graph);
    if (sbr_absent(scale) && !sbr_absent(shift))
        return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "%s: a shift without a scale; give a scale of ones", sbr_ops[op].name));
    return sbr_add_node(graph, op, (const sabir_value[]){x, scale, shift}, sbr_absent(scale) ? 1 : sbr_absent(shift) ? 2 : 3, attrs);
}

sabir_value sabir_layer_norm(sabir_graph *graph, sabir_value x, sabir_value scale, sabir_value shift, double epsilon)
{
    return add_norm(graph, SBR_OP_layer_norm, x, scale, shift, &(sabir_norm_attrs){epsilon, 1});
}

sabir_value sabir_rms_norm(sabir_graph *graph, sabir_value x, sabir_value scale, double epsilon)
{
    return add_norm(graph, SBR_OP_rms_norm, x, scale, SABIR_NONE, &(sabir_norm_attrs){epsilon, 1});
}

sabir_value sabir_group_norm(sabir_graph *graph, sabir_value x, sabir_value scale, sabir_value shift, int64_t groups, double epsilon)
{
    return add_norm(graph, SBR_OP_group_norm, x, scale, shift, &(sabir_norm_attrs){epsilon, groups});
}

/* ---- Rotary positions ---- */

sabir_status sbr_rule_rope(sbr_signature *signature)
{
    sabir_rope_attrs *attrs = signature->attrs;
    const sabir_shape *x = &signature->shapes[0], *positions = &signature->shapes[1];
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "x"));
    SABIR_TRY(sbr_need_type(signature, 1, SABIR_I32, "positions"));
    SABIR_TRY(sbr_need_rank(signature, 0, 1, SABIR_MAX_RANK, "x"));
    const sabir_extent width = x->extents[x->rank - 1];
    SABIR_TRY(sbr_need_number(signature, width, "the last extent"));
    if (attrs->rotated == 0) attrs->rotated = width;
    if (attrs->rotated < 0 || attrs->rotated > width || attrs->rotated % 2 != 0)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld elements are to turn; an even number up to the last extent, %lld",
                        (long long)attrs->rotated, (long long)width);
    if (!(attrs->base > 0) || !isfinite(attrs->base)) return sbr_fail(SABIR_INVALID_ARGUMENT, "base is %g; finite and above 0", attrs->base);
    const sabir_shape lead = sbr_shape_drop(*x, x->rank - 1);
    sabir_shape joined = lead;
    SABIR_TRY(sbr_broadcast_shapes(signature->graph, positions, &lead, &joined));
    if (!sbr_shape_equal(&joined, &lead)) return sbr_fail(SABIR_INVALID_SHAPE, "positions do not broadcast to x without its last axis");
    sbr_set_result(signature, 0, signature->types[0], x);
    return SABIR_OK;
}

sabir_value sabir_rope(sabir_graph *graph, sabir_value x, sabir_value positions, double base, int64_t rotated)
{
    return sbr_add_2(graph, SBR_OP_rope, x, positions, &(sabir_rope_attrs){base, rotated});
}

/* ---- Cross-entropy ---- */

sabir_status sbr_rule_cross_entropy(sbr_signature *signature)
{
    const sabir_shape *logits = &signature->shapes[0];
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "logits"));
    SABIR_TRY(sbr_need_type(signature, 1, SABIR_I32, "labels"));
    SABIR_TRY(sbr_need_rank(signature, 0, 1, SABIR_MAX_RANK, "logits"));
    const sabir_shape rows = sbr_shape_drop(*logits, logits->rank - 1);
    SABIR_TRY(sbr_need_shape(signature, 1, &rows, "labels"));
    sbr_set_result(signature, 0, signature->types[0], &rows);
    return SABIR_OK;
}

sabir_value sabir_cross_entropy(sabir_graph *graph, sabir_value logits, sabir_value labels)
{
    return sbr_add_2(graph, SBR_OP_cross_entropy, logits, labels, NULL);
}
