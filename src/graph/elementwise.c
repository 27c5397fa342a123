/* Elementwise operators: one shape rule for the table's EW rows; clamp, select, cast. */
#include "build.h"

sabir_status sbr_rule_elementwise(sbr_signature *signature)
{
    const sbr_op_info *info = &sbr_ops[signature->op];
    sabir_shape shape = signature->shapes[0];
    SABIR_TRY(sbr_need_class(signature, 0, info->class_, "x"));
    for (uint32_t i = 1; i < signature->inputs; i++) {
        SABIR_TRY(sbr_need_same_type(signature, i, 0, "operands"));
        SABIR_TRY(sbr_broadcast_shapes(signature->graph, &shape, &signature->shapes[i], &shape));
    }
    sbr_set_result(signature, 0, info->result == SABIR_TYPE_COUNT ? signature->types[0] : info->result, &shape);
    return SABIR_OK;
}

#define BUILD_1(name) \
    sabir_value sabir_##name(sabir_graph *graph, sabir_value x) { return sbr_add_1(graph, SBR_OP_##name, x, NULL); }
#define BUILD_2(name) \
    sabir_value sabir_##name(sabir_graph *graph, sabir_value x, sabir_value y) { return sbr_add_2(graph, SBR_OP_##name, x, y, NULL); }
#define BUILD_3(name)                                                                                  \
    sabir_value sabir_##name(sabir_graph *graph, sabir_value x, sabir_value y, sabir_value z)          \
    {                                                                                                  \
        return sbr_add_3(graph, SBR_OP_##name, x, y, z, NULL);                                         \
    }
#define EW(name, inputs, class, result, expression, tolerance, text) BUILD_##inputs(name)
#define OP(name, least, most, outputs, attributes, flags, tolerance, text)
#include "ops.def"

sabir_status sbr_rule_select(sbr_signature *signature)
{
    sabir_shape shape = {0};
    SABIR_TRY(sbr_need_type(signature, 0, SABIR_BOOL, "condition"));
    SABIR_TRY(sbr_need_class(signature, 1, SBR_CLASS_ANY, "x"));
    SABIR_TRY(sbr_need_same_type(signature, 2, 1, "x and y"));
    SABIR_TRY(sbr_broadcast_shapes(signature->graph, &signature->shapes[1], &signature->shapes[2], &shape));
    SABIR_TRY(sbr_broadcast_shapes(signature->graph, &signature->shapes[0], &shape, &shape));
    sbr_set_result(signature, 0, signature->types[1], &shape);
    return SABIR_OK;
}

sabir_value sabir_select(sabir_graph *graph, sabir_value condition, sabir_value x, sabir_value y)
{
    return sbr_add_3(graph, SBR_OP_select, condition, x, y, NULL);
}

static bool converts_to_i64(sabir_type type)
{
    return type == SABIR_I32 || type == SABIR_U32 || type == SABIR_F32 || type == SABIR_F64 || type == SABIR_I64;
}

sabir_status sbr_rule_cast(sbr_signature *signature)
{
    const sabir_cast_attrs *attrs = signature->attrs;
    const sabir_type from = signature->types[0], to = attrs->type;
    if (!sbr_type_valid(to)) return sbr_fail(SABIR_INVALID_TYPE, "%d is no element type", (int)to);
    if ((from == SABIR_I64 && !converts_to_i64(to)) || (to == SABIR_I64 && !converts_to_i64(from)))
        return sbr_fail(SABIR_INVALID_TYPE, "%s to %s: i64 converts from and to i32, u32, f32 and f64; cast by one of them",
                        sabir_type_name(from), sabir_type_name(to));
    sbr_set_result(signature, 0, to, &signature->shapes[0]);
    return SABIR_OK;
}

sabir_value sabir_cast(sabir_graph *graph, sabir_value x, sabir_type type)
{
    return sbr_add_1(graph, SBR_OP_cast, x, &(sabir_cast_attrs){type});
}
