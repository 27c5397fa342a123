/* Reductions over axes; the index of the largest and smallest. */
#include "build.h"

static void sort_axes(sabir_ints *axes)
{
    for (int32_t i = 1; i < axes->count; i++)
        for (int32_t k = i; k > 0 && axes->values[k - 1] > axes->values[k]; k--) {
            const int64_t swapped = axes->values[k];
            axes->values[k] = axes->values[k - 1];
            axes->values[k - 1] = swapped;
        }
}

static sabir_status reduce_type(const sbr_signature *signature, const sabir_reduce_attrs *attrs, sabir_type *result)
{
    const sabir_type type = signature->types[0];
    const bool adds = signature->op == SBR_OP_sum || signature->op == SBR_OP_mean;
    *result = type;
    if (signature->op == SBR_OP_mean) SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "x"));
    else if (signature->op != SBR_OP_sum || type != SABIR_I64) SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_NUMBER, "x"));
    if (attrs->accumulate != SABIR_ACCUMULATE_NATIVE && attrs->accumulate != SABIR_ACCUMULATE_COMPENSATED)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%d is no way to accumulate", (int)attrs->accumulate);
    if (attrs->accumulate == SABIR_ACCUMULATE_COMPENSATED && (!adds || !sbr_is_float(type)))
        return sbr_fail(SABIR_INVALID_TYPE, "compensated accumulation is for sum and mean of float types");
    if (!attrs->wide) return SABIR_OK;
    if (signature->op != SBR_OP_sum || sbr_is_float(type)) return sbr_fail(SABIR_INVALID_TYPE, "a wide result is for sum of integer types");
    *result = SABIR_I64;
    return SABIR_OK;
}

static sabir_status reduce_rule(sbr_signature *signature)
{
    sabir_reduce_attrs *attrs = signature->attrs;
    const sabir_shape *from = &signature->shapes[0];
    sabir_type type = signature->types[0];
    SABIR_TRY(reduce_type(signature, attrs, &type));
    SABIR_TRY(sbr_need_axes(&attrs->axes, from->rank, true));
    sort_axes(&attrs->axes);
    attrs->keep = attrs->keep != 0;
    attrs->wide = attrs->wide != 0;
    sabir_shape shape = *from;
    for (int32_t i = attrs->axes.count - 1; i >= 0; i--) {
        if (attrs->keep) shape.extents[attrs->axes.values[i]] = 1;
        else shape = sbr_shape_drop(shape, (int32_t)attrs->axes.values[i]);
    }
    sbr_set_result(signature, 0, type, &shape);
    return SABIR_OK;
}

sabir_value sabir_reduce(sabir_graph *graph, const char *name, sabir_value x, const sabir_reduce_attrs *attrs)
{
    if (!sbr_graph_open(graph, "reduce")) return sbr_null(graph);
    const sbr_op op = sbr_op_find(name);
    if (!name || (op != SBR_OP_sum && op != SBR_OP_mean && op != SBR_OP_prod && op != SBR_OP_max && op != SBR_OP_min))
        return sbr_graph_fail(
            graph, sbr_fail(SABIR_INVALID_ARGUMENT, "reduce: \"%s\" is none of sum, mean, prod, max, min", name ? name : "NULL"));
    if (!attrs) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "reduce: attrs is NULL"));
    return sbr_add_1(graph, op, x, attrs);
}

#define REDUCTION(name)                                                                            \
    sabir_status sbr_rule_##name(sbr_signature *signature) { return reduce_rule(signature); }      \
    sabir_value sabir_##name(sabir_graph *graph, sabir_value x, sabir_ints axes)                   \
    {                                                                                              \
        return sbr_add_1(graph, SBR_OP_##name, x, &(sabir_reduce_attrs){.axes = axes});            \
    }
REDUCTION(sum)
REDUCTION(mean)
REDUCTION(prod)
REDUCTION(max)
REDUCTION(min)

static sabir_status arg_rule(sbr_signature *signature)
{
    sabir_axis_attrs *attrs = signature->attrs;
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_NUMBER, "x"));
    SABIR_TRY(sbr_axis(attrs->axis, signature->shapes[0].rank, &attrs->axis));
    const sabir_extent extent = signature->shapes[0].extents[attrs->axis];
    if (extent == 0) return sbr_fail(SABIR_INVALID_SHAPE, "axis %d has no elements to choose from", attrs->axis);
    SABIR_TRY(sbr_need_indexable(signature, extent));
    const sabir_shape shape = sbr_shape_drop(signature->shapes[0], attrs->axis);
    sbr_set_result(signature, 0, SABIR_I32, &shape);
    return SABIR_OK;
}

sabir_status sbr_rule_argmax(sbr_signature *signature) { return arg_rule(signature); }
sabir_status sbr_rule_argmin(sbr_signature *signature) { return arg_rule(signature); }

sabir_value sabir_argmax(sabir_graph *graph, sabir_value x, int32_t axis)
{
    return sbr_add_1(graph, SBR_OP_argmax, x, &(sabir_axis_attrs){axis});
}

sabir_value sabir_argmin(sabir_graph *graph, sabir_value x, int32_t axis)
{
    return sbr_add_1(graph, SBR_OP_argmin, x, &(sabir_axis_attrs){axis});
}
