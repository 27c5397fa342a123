/* Creation: iota, one_hot, random, bernoulli. */
#include <math.h>

#include "build.h"

static sabir_status need_any_but_i64(sabir_type type)
{
    if (!sbr_type_valid(type)) return sbr_fail(SABIR_INVALID_TYPE, "%d is no element type", (int)type);
    return sbr_class_has(SBR_CLASS_ANY, type)
               ? SABIR_OK
               : sbr_fail(SABIR_INVALID_TYPE, "the type %s is not made; make i32 and cast it", sabir_type_name(type));
}

sabir_status sbr_rule_iota(sbr_signature *signature)
{
    sabir_iota_attrs *attrs = signature->attrs;
    if (!sbr_type_valid(attrs->type) || attrs->type == SABIR_BOOL)
        return sbr_fail(SABIR_INVALID_TYPE, "the type is %s; any but bool is made", sabir_type_name(attrs->type));
    SABIR_TRY(sbr_shape_check(signature->graph, &attrs->shape));
    SABIR_TRY(sbr_axis(attrs->axis, attrs->shape.rank, &attrs->axis));
    if (!isfinite(attrs->start) || !isfinite(attrs->step))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "start %g and step %g have to be finite", attrs->start, attrs->step);
    if (!sbr_is_float(attrs->type) && (attrs->start != floor(attrs->start) || attrs->step != floor(attrs->step)))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "start %g and step %g have to be whole for %s", attrs->start, attrs->step,
                        sabir_type_name(attrs->type));
    sbr_set_result(signature, 0, attrs->type, &attrs->shape);
    return SABIR_OK;
}

sabir_value sabir_iota(sabir_graph *graph, sabir_type type, sabir_shape shape, int32_t axis, double start, double step)
{
    return sbr_add_node(graph, SBR_OP_iota, NULL, 0, &(sabir_iota_attrs){type, shape, axis, start, step});
}

sabir_status sbr_rule_one_hot(sbr_signature *signature)
{
    const sabir_one_hot_attrs *attrs = signature->attrs;
    sabir_shape shape = signature->shapes[0];
    SABIR_TRY(sbr_need_type(signature, 0, SABIR_I32, "indices"));
    SABIR_TRY(need_any_but_i64(attrs->type));
    SABIR_TRY(sbr_shape_append(&shape, attrs->depth));
    sbr_set_result(signature, 0, attrs->type, &shape);
    return SABIR_OK;
}

sabir_value sabir_one_hot(sabir_graph *graph, sabir_value indices, sabir_extent depth, sabir_type type)
{
    return sbr_add_1(graph, SBR_OP_one_hot, indices, &(sabir_one_hot_attrs){type, depth});
}

static sabir_status random_type(const sabir_random_attrs *attrs)
{
    if ((unsigned)attrs->kind > SABIR_RANDOM_GUMBEL)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%d is no kind of random numbers", (int)attrs->kind);
    const sabir_type type = attrs->type;
    if (attrs->kind == SABIR_RANDOM_BITS)
        return type == SABIR_U32 ? SABIR_OK : sbr_fail(SABIR_INVALID_TYPE, "bits are u32, not %s", sabir_type_name(type));
    if (type == SABIR_F32 || type == SABIR_F16 || type == SABIR_BF16) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_TYPE, "the type is %s; f32, f16 and bf16 are made", sabir_type_name(type));
}

sabir_status sbr_rule_random(sbr_signature *signature)
{
    const sabir_random_attrs *attrs = signature->attrs;
    const sabir_shape *key = &signature->shapes[0];
    SABIR_TRY(random_type(attrs));
    SABIR_TRY(sbr_need_type(signature, 0, SABIR_U32, "key"));
    SABIR_TRY(sbr_need_rank(signature, 0, 1, SABIR_MAX_RANK, "key"));
    SABIR_TRY(sbr_shape_check(signature->graph, &attrs->shape));
    const sabir_extent words = key->extents[key->rank - 1];
    if (words < 1 || words > 4) return sbr_fail(SABIR_INVALID_SHAPE, "a key has 1 to 4 words on its last axis");
    if (attrs->shape.rank < key->rank - 1)
        return sbr_fail(SABIR_INVALID_SHAPE, "the shape has rank %d and has to start with the %d leading axes of key", attrs->shape.rank,
                        key->rank - 1);
    for (int32_t i = 0; i + 1 < key->rank; i++)
        SABIR_TRY(sbr_need_equal(signature, key->extents[i], attrs->shape.extents[i], "leading extents of key and shape"));
    sbr_set_result(signature, 0, attrs->type, &attrs->shape);
    return SABIR_OK;
}

sabir_value sabir_random(sabir_graph *graph, sabir_random_kind kind, sabir_value key, sabir_type type, sabir_shape shape)
{
    return sbr_add_1(graph, SBR_OP_random, key, &(sabir_random_attrs){kind, type, shape});
}

sabir_value sabir_bernoulli(sabir_graph *graph, sabir_value key, sabir_value probability, sabir_shape shape)
{
    const sabir_value uniform = sabir_random(graph, SABIR_RANDOM_UNIFORM, key, SABIR_F32, shape);
    return sabir_less(graph, uniform, sabir_broadcast(graph, probability, shape));
}
