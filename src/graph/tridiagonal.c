/* Tridiagonal systems along lines. */
#include "build.h"

sabir_status sbr_rule_tridiagonal(sbr_signature *signature)
{
    static const char *const names[] = {"lower", "diagonal", "upper"};
    sabir_tridiagonal_attrs *attrs = signature->attrs;
    const sabir_shape *shape = &signature->shapes[3];
    SABIR_TRY(sbr_need_class(signature, 3, SBR_CLASS_FLOAT, "right"));
    SABIR_TRY(sbr_axis(attrs->axis, shape->rank, &attrs->axis));
    attrs->transposed = attrs->transposed != 0;
    for (uint32_t i = 0; i < 3; i++) {
        if (signature->types[i] != signature->types[3])
            return sbr_fail(SABIR_INVALID_TYPE, "%s and right have types %s and %s, which have to be one; sabir_cast converts", names[i],
                            sabir_type_name(signature->types[i]), sabir_type_name(signature->types[3]));
        SABIR_TRY(sbr_need_shape(signature, i, shape, names[i]));
    }
    sbr_set_result(signature, 0, signature->types[3], shape);
    return SABIR_OK;
}

sabir_value sabir_tridiagonal_with(sabir_graph *graph, sabir_value lower, sabir_value diagonal, sabir_value upper, sabir_value right,
                                   const sabir_tridiagonal_attrs *attrs)
{
    if (!sbr_graph_open(graph, "tridiagonal")) return sbr_null(graph);
    if (!attrs) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "tridiagonal: attrs is NULL"));
    if (!sbr_graph_owns(graph, right, "tridiagonal: right")) return sbr_null(graph);
    const sabir_shape shape = sbr_info(right)->shape;
    const sabir_value operands[] = {sabir_broadcast(graph, lower, shape), sabir_broadcast(graph, diagonal, shape),
                                    sabir_broadcast(graph, upper, shape), right};
    return sbr_add_node(graph, SBR_OP_tridiagonal, operands, 4, attrs);
}

sabir_value sabir_tridiagonal(sabir_graph *graph, sabir_value lower, sabir_value diagonal, sabir_value upper, sabir_value right, int32_t axis)
{
    return sabir_tridiagonal_with(graph, lower, diagonal, upper, right, &(sabir_tridiagonal_attrs){.axis = axis});
}
