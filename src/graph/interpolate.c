/* Sampling a grid between its points. */
#include "build.h"

static sabir_status interpolate_attrs(sabir_interpolate_attrs *attrs)
{
    if (attrs->axes < 1 || attrs->axes > 3) return sbr_fail(SABIR_INVALID_ARGUMENT, "%d axes; 1 to 3", attrs->axes);
    if ((unsigned)attrs->order > SABIR_INTERPOLATE_CUBIC) return sbr_fail(SABIR_INVALID_ARGUMENT, "%d is no order of interpolation", (int)attrs->order);
    for (int32_t i = 0; i < 3; i++) {
        if (i >= attrs->axes) attrs->periodic[i] = attrs->derivative[i] = 0;
        attrs->periodic[i] = attrs->periodic[i] != 0;
        if (attrs->derivative[i] < 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "derivative %d on axis %d; 0 or more", attrs->derivative[i], i);
    }
    return SABIR_OK;
}

sabir_status sbr_rule_interpolate(sbr_signature *signature)
{
    sabir_interpolate_attrs *attrs = signature->attrs;
    const sabir_shape *x = &signature->shapes[0], *positions = &signature->shapes[1];
    SABIR_TRY(interpolate_attrs(attrs));
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "x"));
    SABIR_TRY(sbr_need_type(signature, 1, signature->types[0] == SABIR_F64 ? SABIR_F64 : SABIR_F32, "positions"));
    SABIR_TRY(sbr_need_rank(signature, 0, attrs->axes, SABIR_MAX_RANK, "x"));
    const int32_t batch = x->rank - attrs->axes;
    SABIR_TRY(sbr_need_rank(signature, 1, batch + 1, SABIR_MAX_RANK, "positions"));
    for (int32_t i = 0; i < batch; i++)
        SABIR_TRY(sbr_need_equal(signature, positions->extents[i], x->extents[i], "extents in front of the axes of x and positions"));
    SABIR_TRY(sbr_need_equal(signature, positions->extents[batch], attrs->axes, "coordinates of a position and axes"));
    for (int32_t i = batch; i < x->rank; i++) SABIR_TRY(sbr_need_indexable(signature, x->extents[i]));
    const sabir_shape shape = sbr_shape_drop(*positions, batch);
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_value sabir_interpolate(sabir_graph *graph, sabir_value x, sabir_value positions, const sabir_interpolate_attrs *attrs)
{
    if (!sbr_graph_open(graph, "interpolate")) return sbr_null(graph);
    if (!attrs) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "interpolate: attrs is NULL"));
    return sbr_add_2(graph, SBR_OP_interpolate, x, positions, attrs);
}
