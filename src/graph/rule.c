/* What shape rules ask of their operands, with messages that name operand, wish and way out. */
#include "build.h"

bool sbr_class_has(sbr_class class_, sabir_type type)
{
    switch (class_) {
    case SBR_CLASS_FLOAT: return sbr_is_float(type);
    case SBR_CLASS_INT: return sbr_is_int(type);
    case SBR_CLASS_NUMBER: return sbr_is_float(type) || sbr_is_int(type);
    case SBR_CLASS_ANY: return sbr_is_float(type) || sbr_is_int(type) || type == SABIR_BOOL;
    case SBR_CLASS_LOGIC: return type == SABIR_BOOL;
    }
    return false;
}

sabir_status sbr_need_class(const sbr_signature *signature, uint32_t operand, sbr_class class_, const char *what)
{
    static const char *const texts[] = {
        [SBR_CLASS_FLOAT] = "f32, f16, bf16 or f64",
        [SBR_CLASS_INT] = "i32, u32, i8 or u8",
        [SBR_CLASS_NUMBER] = "a float type, i32, u32, i8 or u8",
        [SBR_CLASS_ANY] = "any type but i64",
        [SBR_CLASS_LOGIC] = "bool",
    };
    const sabir_type type = signature->types[operand];
    if (sbr_class_has(class_, type)) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_TYPE, "%s is %s and has to be %s; sabir_cast converts", what, sabir_type_name(type), texts[class_]);
}

sabir_status sbr_need_type(const sbr_signature *signature, uint32_t operand, sabir_type type, const char *what)
{
    if (signature->types[operand] == type) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_TYPE, "%s is %s and has to be %s; sabir_cast converts", what, sabir_type_name(signature->types[operand]),
                    sabir_type_name(type));
}

sabir_status sbr_need_same_type(const sbr_signature *signature, uint32_t operand, uint32_t as, const char *what)
{
    const sabir_type a = signature->types[as], b = signature->types[operand];
    if (a == b) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_TYPE, "%s have types %s and %s, which have to be one; sabir_cast converts", what, sabir_type_name(a),
                    sabir_type_name(b));
}

sabir_status sbr_need_rank(const sbr_signature *signature, uint32_t operand, int32_t least, int32_t most, const char *what)
{
    const int32_t rank = signature->shapes[operand].rank;
    if (rank >= least && rank <= most) return SABIR_OK;
    if (least == most) return sbr_fail(SABIR_INVALID_SHAPE, "%s has rank %d and has to have %d", what, rank, least);
    return sbr_fail(SABIR_INVALID_SHAPE, "%s has rank %d and has to have %d to %d", what, rank, least, most);
}

sabir_status sbr_need_equal(const sbr_signature *signature, sabir_extent a, sabir_extent b, const char *what)
{
    if (a == b) return SABIR_OK;
    char left[SBR_EXTENT_TEXT], right[SBR_EXTENT_TEXT];
    return sbr_fail(SABIR_INVALID_SHAPE, "%s differ: %s and %s", what, sbr_extent_text(signature->graph, a, left),
                    sbr_extent_text(signature->graph, b, right));
}

sabir_status sbr_need_shape(const sbr_signature *signature, uint32_t operand, const sabir_shape *shape, const char *what)
{
    if (sbr_shape_equal(&signature->shapes[operand], shape)) return SABIR_OK;
    char is[160], wanted[160];
    sbr_shape_text(signature->graph, SABIR_TYPE_COUNT, &signature->shapes[operand], is, sizeof is);
    sbr_shape_text(signature->graph, SABIR_TYPE_COUNT, shape, wanted, sizeof wanted);
    return sbr_fail(SABIR_INVALID_SHAPE, "%s has shape %s and has to have %s", what, is, wanted);
}

sabir_status sbr_need_number(const sbr_signature *signature, sabir_extent extent, const char *what)
{
    if (sbr_is_number(extent)) return SABIR_OK;
    char text[SBR_EXTENT_TEXT];
    return sbr_fail(SABIR_INVALID_SHAPE, "%s is the dim %s and has to be a number", what, sbr_extent_text(signature->graph, extent, text));
}

sabir_status sbr_need_indexable(const sbr_signature *signature, sabir_extent extent)
{
    if (sbr_extent_most(signature->graph, extent) <= INT32_MAX) return SABIR_OK;
    char text[SBR_EXTENT_TEXT];
    return sbr_fail(SABIR_INVALID_SHAPE, "an extent of %s has indices above 2^31 - 1", sbr_extent_text(signature->graph, extent, text));
}

sabir_status sbr_need_axes(sabir_ints *axes, int32_t rank, bool all)
{
    if (all && axes->count == -1) {
        axes->count = rank;
        for (int32_t i = 0; i < rank; i++) axes->values[i] = i;
        return SABIR_OK;
    }
    if (axes->count < 0 || axes->count > rank)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%d axes for an operand of rank %d", axes->count, rank);
    for (int32_t i = 0; i < axes->count; i++) {
        int32_t axis = 0;
        if (axes->values[i] < INT32_MIN || axes->values[i] > INT32_MAX)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "axis %lld is outside %d .. %d", (long long)axes->values[i], -rank, rank - 1);
        SABIR_TRY(sbr_axis((int32_t)axes->values[i], rank, &axis));
        for (int32_t k = 0; k < i; k++)
            if (axes->values[k] == axis) return sbr_fail(SABIR_INVALID_ARGUMENT, "axis %d is named twice", axis);
        axes->values[i] = axis;
    }
    return SABIR_OK;
}
