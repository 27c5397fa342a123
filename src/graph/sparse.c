/* Rows by pointer (CSR): segments of a tensor's rows, sparse matrices. */
#include "build.h"

/* Row pointers [n + 1] give n rows. */
sabir_status sbr_need_pointers(const sbr_signature *signature, uint32_t operand, sabir_extent *count)
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
    SABIR_TRY(sbr_need_pointers(signature, 1, &shape.extents[0]));
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_status sbr_rule_segment_sum(sbr_signature *signature) { return segment_rule(signature, SBR_CLASS_NUMBER); }
sabir_status sbr_rule_segment_mean(sbr_signature *signature) { return segment_rule(signature, SBR_CLASS_FLOAT); }
sabir_status sbr_rule_segment_max(sbr_signature *signature) { return segment_rule(signature, SBR_CLASS_NUMBER); }
sabir_status sbr_rule_segment_min(sbr_signature *signature) { return segment_rule(signature, SBR_CLASS_NUMBER); }

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

sabir_value sabir_segment_min(sabir_graph *graph, sabir_value x, sabir_value rows)
{
    return sbr_add_2(graph, SBR_OP_segment_min, x, rows, NULL);
}

sabir_status sbr_rule_segment_softmax(sbr_signature *signature)
{
    SABIR_TRY(segment_rule(signature, SBR_CLASS_FLOAT));
    sbr_set_result(signature, 0, signature->types[0], &signature->shapes[0]);
    return SABIR_OK;
}

sabir_value sabir_segment_softmax(sabir_graph *graph, sabir_value x, sabir_value rows)
{
    return sbr_add_2(graph, SBR_OP_segment_softmax, x, rows, NULL);
}

sabir_status sbr_rule_segment_ids(sbr_signature *signature)
{
    const sabir_extent_attrs *attrs = signature->attrs;
    const sabir_shape shape = {.rank = 1, .extents = {attrs->extent}};
    sabir_extent count;
    SABIR_TRY(sbr_need_pointers(signature, 0, &count));
    SABIR_TRY(sbr_shape_check(signature->graph, &shape));
    SABIR_TRY(sbr_need_indexable(signature, attrs->extent));
    sbr_set_result(signature, 0, SABIR_I32, &shape);
    return SABIR_OK;
}

sabir_value sabir_segment_ids(sabir_graph *graph, sabir_value rows, sabir_extent entries)
{
    return sbr_add_1(graph, SBR_OP_segment_ids, rows, &(sabir_extent_attrs){entries});
}

/* ---- Sparse matrices ---- */

static sabir_status need_columns(const sbr_signature *signature, uint32_t operand)
{
    SABIR_TRY(sbr_need_type(signature, operand, SABIR_I32, "columns"));
    return sbr_need_rank(signature, operand, 1, 1, "columns");
}

/* Operands: rows, columns, x, and values last where there are any. */
sabir_status sbr_rule_spmm(sbr_signature *signature)
{
    sabir_shape shape = signature->shapes[2];
    SABIR_TRY(need_columns(signature, 1));
    SABIR_TRY(sbr_need_class(signature, 2, SBR_CLASS_FLOAT, "x"));
    SABIR_TRY(sbr_need_rank(signature, 2, 2, SABIR_MAX_RANK, "x"));
    if (signature->inputs > 3) {
        /* A value for each of the leading axes of the features. */
        sabir_shape wanted = shape;
        SABIR_TRY(sbr_need_same_type(signature, 3, 2, "x and values"));
        SABIR_TRY(sbr_need_rank(signature, 3, 1, shape.rank, "values"));
        wanted.rank = signature->shapes[3].rank;
        wanted.extents[0] = signature->shapes[1].extents[0];
        SABIR_TRY(sbr_need_shape(signature, 3, &wanted, "values"));
    }
    SABIR_TRY(sbr_need_pointers(signature, 0, &shape.extents[0]));
    sbr_set_result(signature, 0, signature->types[2], &shape);
    return SABIR_OK;
}

sabir_value sabir_spmm(sabir_graph *graph, sabir_value rows, sabir_value columns, sabir_value values, sabir_value x)
{
    return sbr_add_node(graph, SBR_OP_spmm, (const sabir_value[]){rows, columns, x, values}, sbr_absent(values) ? 3 : 4, NULL);
}

/* Operands: rows, columns, x, y. */
sabir_status sbr_rule_sddmm(sbr_signature *signature)
{
    const sabir_shape *x = &signature->shapes[2];
    sabir_shape shape = *x, wanted = *x;
    sabir_extent count;
    SABIR_TRY(sbr_need_pointers(signature, 0, &count));
    SABIR_TRY(need_columns(signature, 1));
    SABIR_TRY(sbr_need_class(signature, 2, SBR_CLASS_FLOAT, "x"));
    SABIR_TRY(sbr_need_same_type(signature, 3, 2, "x and y"));
    SABIR_TRY(sbr_need_rank(signature, 2, 2, 3, "x"));
    SABIR_TRY(sbr_need_equal(signature, x->extents[0], count, "rows of x and of the row pointers"));
    SABIR_TRY(sbr_need_rank(signature, 3, x->rank, x->rank, "y"));
    wanted.extents[0] = signature->shapes[3].extents[0];
    SABIR_TRY(sbr_need_shape(signature, 3, &wanted, "y"));
    shape.rank--;
    shape.extents[0] = signature->shapes[1].extents[0];
    sbr_set_result(signature, 0, signature->types[2], &shape);
    return SABIR_OK;
}

sabir_value sabir_sddmm(sabir_graph *graph, sabir_value rows, sabir_value columns, sabir_value x, sabir_value y)
{
    return sbr_add_node(graph, SBR_OP_sddmm, (const sabir_value[]){rows, columns, x, y}, 4, NULL);
}
