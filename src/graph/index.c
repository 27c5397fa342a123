/* Reading and writing by index: gather, embedding, take_along, the scatters. */
#include "build.h"

sabir_status sbr_rule_gather(sbr_signature *signature)
{
    sabir_axis_attrs *attrs = signature->attrs;
    const sabir_shape *x = &signature->shapes[0], *indices = &signature->shapes[1];
    sabir_shape shape = {0};
    SABIR_TRY(sbr_need_type(signature, 1, SABIR_I32, "indices"));
    SABIR_TRY(sbr_axis(attrs->axis, x->rank, &attrs->axis));
    for (int32_t i = 0; i < x->rank; i++) {
        if (i != attrs->axis) SABIR_TRY(sbr_shape_append(&shape, x->extents[i]));
        else
            for (int32_t k = 0; k < indices->rank; k++) SABIR_TRY(sbr_shape_append(&shape, indices->extents[k]));
    }
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_value sabir_gather(sabir_graph *graph, sabir_value x, sabir_value indices, int32_t axis)
{
    return sbr_add_2(graph, SBR_OP_gather, x, indices, &(sabir_axis_attrs){axis});
}

sabir_value sabir_embedding(sabir_graph *graph, sabir_value table, sabir_value indices) { return sabir_gather(graph, table, indices, 0); }

sabir_status sbr_rule_take_along(sbr_signature *signature)
{
    sabir_axis_attrs *attrs = signature->attrs;
    const sabir_shape *x = &signature->shapes[0], *indices = &signature->shapes[1];
    SABIR_TRY(sbr_need_type(signature, 1, SABIR_I32, "indices"));
    SABIR_TRY(sbr_need_rank(signature, 1, x->rank, x->rank, "indices"));
    SABIR_TRY(sbr_axis(attrs->axis, x->rank, &attrs->axis));
    for (int32_t i = 0; i < x->rank; i++)
        if (i != attrs->axis) SABIR_TRY(sbr_need_equal(signature, x->extents[i], indices->extents[i], "extents off the axis"));
    sbr_set_result(signature, 0, signature->types[0], indices);
    return SABIR_OK;
}

sabir_value sabir_take_along(sabir_graph *graph, sabir_value x, sabir_value indices, int32_t axis)
{
    return sbr_add_2(graph, SBR_OP_take_along, x, indices, &(sabir_axis_attrs){axis});
}

static sabir_status scatter_rule(sbr_signature *signature)
{
    sabir_axis_attrs *attrs = signature->attrs;
    sabir_shape wanted = signature->shapes[0];
    SABIR_TRY(sbr_need_type(signature, 1, SABIR_I32, "indices"));
    SABIR_TRY(sbr_need_rank(signature, 1, 1, 1, "indices"));
    SABIR_TRY(sbr_need_same_type(signature, 2, 0, "x and updates"));
    SABIR_TRY(sbr_axis(attrs->axis, wanted.rank, &attrs->axis));
    wanted.extents[attrs->axis] = signature->shapes[1].extents[0];
    SABIR_TRY(sbr_need_shape(signature, 2, &wanted, "updates"));
    sbr_set_result(signature, 0, signature->types[0], &signature->shapes[0]);
    return SABIR_OK;
}

sabir_status sbr_rule_scatter_set(sbr_signature *signature) { return scatter_rule(signature); }

sabir_status sbr_rule_scatter_add(sbr_signature *signature)
{
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_NUMBER, "x"));
    return scatter_rule(signature);
}

sabir_status sbr_rule_scatter_max(sbr_signature *signature)
{
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_NUMBER, "x"));
    return scatter_rule(signature);
}

sabir_value sabir_scatter_set(sabir_graph *graph, sabir_value x, sabir_value indices, sabir_value updates, int32_t axis)
{
    return sbr_add_3(graph, SBR_OP_scatter_set, x, indices, updates, &(sabir_axis_attrs){axis});
}

sabir_value sabir_scatter_add(sabir_graph *graph, sabir_value x, sabir_value indices, sabir_value updates, int32_t axis)
{
    return sbr_add_3(graph, SBR_OP_scatter_add, x, indices, updates, &(sabir_axis_attrs){axis});
}

sabir_value sabir_scatter_max(sabir_graph *graph, sabir_value x, sabir_value indices, sabir_value updates, int32_t axis)
{
    return sbr_add_3(graph, SBR_OP_scatter_max, x, indices, updates, &(sabir_axis_attrs){axis});
}
