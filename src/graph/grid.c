/* Grids and sparse rows: stencil, segments, spmm. */
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

/* ---- Rows by pointer ---- */

/* Row pointers [n + 1] give n rows. */
static sabir_status row_count(const sbr_signature *signature, uint32_t operand, sabir_extent *count)
{
    SABIR_TRY(sbr_need_type(signature, operand, SABIR_I32, "rows"));
    SABIR_TRY(sbr_need_rank(signature, operand, 1, 1, "rows"));
    const sabir_extent pointers = signature->shapes[operand].extents[0];
    if (!sbr_extent_at_least(signature->graph, pointers, 1))
        return sbr_fail(SABIR_INVALID_SHAPE, "rows may be empty; n segments have n + 1 row pointers");
    return sbr_extent_affine(signature->graph, pointers, 1, -1, 1, count);
}

static sabir_status segment_rule(sbr_signature *signature, sbr_class class_)
{
    SABIR_TRY(sbr_need_class(signature, 0, class_, "x"));
    SABIR_TRY(sbr_need_rank(signature, 0, 1, SABIR_MAX_RANK, "x"));
    sabir_shape shape = signature->shapes[0];
    SABIR_TRY(row_count(signature, 1, &shape.extents[0]));
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_status sbr_rule_segment_sum(sbr_signature *signature) { return segment_rule(signature, SBR_CLASS_NUMBER); }
sabir_status sbr_rule_segment_mean(sbr_signature *signature) { return segment_rule(signature, SBR_CLASS_FLOAT); }
sabir_status sbr_rule_segment_max(sbr_signature *signature) { return segment_rule(signature, SBR_CLASS_NUMBER); }

sabir_value sabir_segment_sum(sabir_graph *graph, sabir_value x, sabir_value rows)
{
    return sbr_add_2(graph, SBR_OP_segment_sum, x, rows, NULL);
}
sabir_value sabir_segment_mean(sabir_graph *graph, sabir_value x, sabir_value rows)
{
    return sbr_add_2(graph, SBR_OP_segment_mean, x, rows, NULL);
}
sabir_value sabir_segment_max(sabir_graph *graph, sabir_value x, sabir_value rows)
{
    return sbr_add_2(graph, SBR_OP_segment_max, x, rows, NULL);
}

/* Operands: rows, columns, x, and values last where there are any. */
sabir_status sbr_rule_spmm(sbr_signature *signature)
{
    sabir_shape shape = signature->shapes[2];
    SABIR_TRY(sbr_need_type(signature, 1, SABIR_I32, "columns"));
    SABIR_TRY(sbr_need_rank(signature, 1, 1, 1, "columns"));
    SABIR_TRY(sbr_need_class(signature, 2, SBR_CLASS_FLOAT, "x"));
    SABIR_TRY(sbr_need_rank(signature, 2, 2, 2, "x"));
    if (signature->inputs > 3) {
        SABIR_TRY(sbr_need_same_type(signature, 3, 2, "x and values"));
        SABIR_TRY(sbr_need_shape(signature, 3, &signature->shapes[1], "values"));
    }
    SABIR_TRY(row_count(signature, 0, &shape.extents[0]));
    sbr_set_result(signature, 0, signature->types[2], &shape);
    return SABIR_OK;
}

sabir_value sabir_spmm(sabir_graph *graph, sabir_value rows, sabir_value columns, sabir_value values, sabir_value x)
{
    return sbr_add_node(graph, SBR_OP_spmm, (const sabir_value[]){rows, columns, x, values}, sbr_absent(values) ? 3 : 4, NULL);
}
