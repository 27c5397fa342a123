/* Shapes: checks, counts, broadcasting, axes, texts. */
#include <stdio.h>

#include "build.h"

bool sbr_shape_equal(const sabir_shape *a, const sabir_shape *b)
{
    if (a->rank != b->rank) return false;
    for (int32_t i = 0; i < a->rank; i++)
        if (a->extents[i] != b->extents[i]) return false;
    return true;
}

sabir_status sbr_shape_count(sabir_graph *graph, const sabir_shape *shape, sabir_extent *count)
{
    sabir_extent product = 1;
    for (int32_t i = 0; i < shape->rank; i++) SABIR_TRY(sbr_extent_mul(graph, product, shape->extents[i], &product));
    *count = product;
    return SABIR_OK;
}

sabir_status sbr_shape_check(sabir_graph *graph, const sabir_shape *shape)
{
    if (shape->rank < 0 || shape->rank > SABIR_MAX_RANK)
        return sbr_fail(SABIR_INVALID_SHAPE, "a shape has rank %d; it may be 0 to %d", shape->rank, SABIR_MAX_RANK);
    /* 0 counts as 1, so that strides fit too. */
    int64_t count = 1;
    for (int32_t i = 0; i < shape->rank; i++) {
        const sabir_extent extent = shape->extents[i];
        if (!sbr_is_number(extent) && sbr_extent_expr(graph, extent) == SBR_EXPR_NONE)
            return sbr_fail(SABIR_INVALID_SHAPE, "axis %d: %s", i, sabir_last_message());
        const int64_t most = sbr_extent_most(graph, extent);
        if (!sbr_mul_i64(count, most > 0 ? most : 1, &count)) {
            char text[160];
            sbr_shape_text(graph, SABIR_TYPE_COUNT, shape, text, sizeof text);
            return sbr_fail(SABIR_INVALID_SHAPE, "a shape of more than 2^63 - 1 elements: %s", text);
        }
    }
    return SABIR_OK;
}

sabir_status sbr_broadcast_shapes(const sabir_graph *graph, const sabir_shape *a, const sabir_shape *b, sabir_shape *result)
{
    sabir_shape out = {.rank = a->rank > b->rank ? a->rank : b->rank};
    for (int32_t i = 0; i < out.rank; i++) {
        const int32_t in_a = i - (out.rank - a->rank), in_b = i - (out.rank - b->rank);
        const sabir_extent x = in_a < 0 ? 1 : a->extents[in_a], y = in_b < 0 ? 1 : b->extents[in_b];
        if (x != y && x != 1 && y != 1) {
            char left[SBR_EXTENT_TEXT], right[SBR_EXTENT_TEXT];
            return sbr_fail(SABIR_INVALID_SHAPE, "extents %s and %s differ at axis %d of %d and neither is 1", sbr_extent_text(graph, x, left),
                            sbr_extent_text(graph, y, right), i, out.rank);
        }
        out.extents[i] = x == 1 ? y : x;
    }
    *result = out;
    return SABIR_OK;
}

sabir_status sbr_shape_broadcast(const sabir_shape *a, const sabir_shape *b, sabir_shape *result)
{
    return sbr_broadcast_shapes(NULL, a, b, result);
}

sabir_status sbr_axis(int32_t axis, int32_t rank, int32_t *result)
{
    if (axis < -rank || axis >= rank) {
        if (rank == 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "axis %d of a rank-0 operand, which has no axes", axis);
        return sbr_fail(SABIR_INVALID_ARGUMENT, "axis %d is outside %d .. %d", axis, -rank, rank - 1);
    }
    *result = axis < 0 ? axis + rank : axis;
    return SABIR_OK;
}

void sbr_shape_text(const sabir_graph *graph, sabir_type type, const sabir_shape *shape, char *text, size_t size)
{
    if (!size) return;
    text[0] = '\0';
    size_t length = 0;
    char extent[SBR_EXTENT_TEXT];
    for (int32_t i = -1; i <= shape->rank; i++) {
        const bool closing = i == shape->rank || i >= SABIR_MAX_RANK;
        const int written =
            i < 0     ? snprintf(text, size, "%s[", sbr_type_valid(type) ? sabir_type_name(type) : "")
            : closing ? snprintf(text + length, size - length, "]")
                      : snprintf(text + length, size - length, "%s%s", i ? ", " : "", sbr_extent_text(graph, shape->extents[i], extent));
        if (written < 0 || (size_t)written >= size - length) return;
        length += (size_t)written;
        if (closing) return;
    }
}

sabir_shape sbr_shape_drop(sabir_shape shape, int32_t axis)
{
    for (int32_t i = axis; i + 1 < shape.rank; i++) shape.extents[i] = shape.extents[i + 1];
    shape.extents[--shape.rank] = 0;
    return shape;
}

sabir_status sbr_shape_append(sabir_shape *shape, sabir_extent extent)
{
    if (shape->rank == SABIR_MAX_RANK)
        return sbr_fail(SABIR_INVALID_SHAPE, "the result would have rank %d; at most %d", shape->rank + 1, SABIR_MAX_RANK);
    shape->extents[shape->rank++] = extent;
    return SABIR_OK;
}
