/* Matrix products. */
#include "build.h"

sabir_status sbr_rule_matmul(sbr_signature *signature)
{
    sabir_matmul_attrs *attrs = signature->attrs;
    const sabir_shape *a = &signature->shapes[0], *b = &signature->shapes[1];
    const sabir_type type = signature->types[0];
    SABIR_TRY(sbr_need_same_type(signature, 1, 0, "a and b"));
    if (!sbr_is_float(type) && type != SABIR_I32 && type != SABIR_U32 && type != SABIR_I8)
        return sbr_fail(SABIR_INVALID_TYPE, "%s is not multiplied; a float type, i32, u32 or i8 is; sabir_cast converts", sabir_type_name(type));
    SABIR_TRY(sbr_need_rank(signature, 0, 2, SABIR_MAX_RANK, "a"));
    SABIR_TRY(sbr_need_rank(signature, 1, 2, SABIR_MAX_RANK, "b"));
    attrs->transpose_a = attrs->transpose_a != 0;
    attrs->transpose_b = attrs->transpose_b != 0;
    const sabir_extent *last_a = &a->extents[a->rank - 2], *last_b = &b->extents[b->rank - 2];
    SABIR_TRY(sbr_need_equal(signature, last_a[!attrs->transpose_a], last_b[attrs->transpose_b], "inner extents"));
    sabir_shape batch_a = *a, batch_b = *b, shape = {0};
    batch_a.rank -= 2;
    batch_b.rank -= 2;
    SABIR_TRY(sbr_broadcast_shapes(signature->graph, &batch_a, &batch_b, &shape));
    SABIR_TRY(sbr_shape_append(&shape, last_a[attrs->transpose_a]));
    SABIR_TRY(sbr_shape_append(&shape, last_b[!attrs->transpose_b]));
    sbr_set_result(signature, 0, type == SABIR_I8 ? SABIR_I32 : type, &shape);
    return SABIR_OK;
}

sabir_value sabir_matmul(sabir_graph *graph, sabir_value a, sabir_value b) { return sabir_matmul_transposed(graph, a, b, 0, 0); }

sabir_value sabir_matmul_transposed(sabir_graph *graph, sabir_value a, sabir_value b, int32_t transpose_a, int32_t transpose_b)
{
    return sbr_add_2(graph, SBR_OP_matmul, a, b, &(sabir_matmul_attrs){transpose_a, transpose_b});
}
