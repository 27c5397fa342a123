/* Grids: stencil. */
#include "build.h"

static sabir_status stencil_attrs(sabir_stencil_attrs *attrs)
{
    if (attrs->axes < 1 || attrs->axes > 3) return sbr_fail(SABIR_INVALID_ARGUMENT, "%d axes; 1 to 3", attrs->axes);
    for (int32_t i = 0; i < 3; i++) {
        if (i >= attrs->axes) attrs->boundary[i] = SABIR_BOUNDARY_PERIODIC;
        if ((unsigned)attrs->boundary[i] > SABIR_BOUNDARY_NEUMANN)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "%d is no boundary condition", (int)attrs->boundary[i]);
        if (attrs->boundary[i] != SABIR_BOUNDARY_DIRICHLET) attrs->value[i] = 0;
    }
    return SABIR_OK;
}

sabir_status sbr_rule_stencil(sbr_signature *signature)
{
    sabir_stencil_attrs *attrs = signature->attrs;
    const sabir_shape *x = &signature->shapes[0], *weights = &signature->shapes[1];
    SABIR_TRY(stencil_attrs(attrs));
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "x"));
    SABIR_TRY(sbr_need_same_type(signature, 1, 0, "x and weights"));
    SABIR_TRY(sbr_need_rank(signature, 0, attrs->axes, SABIR_MAX_RANK, "x"));
    SABIR_TRY(sbr_need_rank(signature, 1, attrs->axes, attrs->axes, "weights"));
    for (int32_t i = 0; i < attrs->axes; i++) {
        SABIR_TRY(sbr_need_number(signature, weights->extents[i], "an extent of weights"));
        if (weights->extents[i] % 2 != 1)
            return sbr_fail(SABIR_INVALID_SHAPE, "axis %d of weights has %lld elements; an odd number", i, (long long)weights->extents[i]);
    }
    if (signature->inputs > 2) {
        const sabir_shape grid = sabir_shape_make(attrs->axes, &x->extents[x->rank - attrs->axes]);
        SABIR_TRY(sbr_need_type(signature, 2, SABIR_BOOL, "mask"));
        SABIR_TRY(sbr_need_shape(signature, 2, &grid, "mask"));
    }
    sbr_set_result(signature, 0, signature->types[0], x);
    return SABIR_OK;
}

sabir_value sabir_stencil(sabir_graph *graph, sabir_value x, sabir_value weights, sabir_value mask, const sabir_stencil_attrs *attrs)
{
    if (!sbr_graph_open(graph, "stencil")) return sbr_null(graph);
    if (!attrs) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "stencil: attrs is NULL"));
    return sbr_add_node(graph, SBR_OP_stencil, (const sabir_value[]){x, weights, mask}, sbr_absent(mask) ? 2 : 3, attrs);
}
