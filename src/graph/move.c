/* Movement: pad, concat, roll, diagonal_embed, windows, resize. */
#include "build.h"

static sabir_status pad_axis(sabir_graph *graph, const sabir_pad_attrs *attrs, int32_t axis, sabir_extent *extent)
{
    const int64_t before = attrs->before.values[axis], after = attrs->after.values[axis];
    if (before < 0 || after < 0)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "axis %d: %lld before and %lld after; slice cuts", axis, (long long)before, (long long)after);
    const int64_t most = before > after ? before : after, least = sbr_extent_least(graph, *extent);
    const bool fits = most == 0 || attrs->mode == SABIR_PAD_CONSTANT || (attrs->mode == SABIR_PAD_EDGE && least > 0) ||
                      (attrs->mode == SABIR_PAD_REFLECT && most < least) || (attrs->mode == SABIR_PAD_PERIODIC && most <= least);
    if (!fits) {
        static const char *const wants[] = {"", "at least 1", "more than that", "at least that"};
        char text[SBR_EXTENT_TEXT];
        return sbr_fail(SABIR_INVALID_SHAPE, "axis %d: %lld elements are added to an extent of %s, which has to be %s in this mode", axis,
                        (long long)most, sbr_extent_text(graph, *extent, text), wants[attrs->mode]);
    }
    SABIR_TRY(sbr_extent_affine(graph, *extent, 1, before, 1, extent));
    return sbr_extent_affine(graph, *extent, 1, after, 1, extent);
}

sabir_status sbr_rule_pad(sbr_signature *signature)
{
    const sabir_pad_attrs *attrs = signature->attrs;
    sabir_shape shape = signature->shapes[0];
    if ((unsigned)attrs->mode > SABIR_PAD_PERIODIC) return sbr_fail(SABIR_INVALID_ARGUMENT, "%d is no padding mode", (int)attrs->mode);
    if (attrs->before.count != shape.rank || attrs->after.count != shape.rank)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%d before and %d after for rank %d", attrs->before.count, attrs->after.count, shape.rank);
    for (int32_t i = 0; i < shape.rank; i++) SABIR_TRY(pad_axis(signature->graph, attrs, i, &shape.extents[i]));
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_value sabir_pad(sabir_graph *graph, sabir_value x, sabir_ints before, sabir_ints after, sabir_pad_mode mode, double value)
{
    return sbr_add_1(graph, SBR_OP_pad, x, &(sabir_pad_attrs){before, after, mode, value});
}

sabir_status sbr_rule_concat(sbr_signature *signature)
{
    sabir_axis_attrs *attrs = signature->attrs;
    sabir_shape shape = signature->shapes[0];
    SABIR_TRY(sbr_axis(attrs->axis, shape.rank, &attrs->axis));
    for (uint32_t k = 1; k < signature->inputs; k++) {
        const sabir_shape *part = &signature->shapes[k];
        SABIR_TRY(sbr_need_same_type(signature, k, 0, "parts"));
        SABIR_TRY(sbr_need_rank(signature, k, shape.rank, shape.rank, "a part"));
        for (int32_t i = 0; i < shape.rank; i++)
            if (i != attrs->axis)
                SABIR_TRY(sbr_need_equal(signature, signature->shapes[0].extents[i], part->extents[i], "extents off the axis"));
        SABIR_TRY(sbr_extent_add(signature->graph, shape.extents[attrs->axis], part->extents[attrs->axis], &shape.extents[attrs->axis]));
    }
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_value sabir_concat(sabir_graph *graph, const sabir_value *parts, uint32_t count, int32_t axis)
{
    if (!sbr_graph_open(graph, "concat")) return sbr_null(graph);
    if (!parts || !count) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "concat: there are no parts"));
    return sbr_add_node(graph, SBR_OP_concat, parts, count, &(sabir_axis_attrs){axis});
}

sabir_status sbr_rule_roll(sbr_signature *signature)
{
    sabir_roll_attrs *attrs = signature->attrs;
    const sabir_shape *shape = &signature->shapes[0];
    SABIR_TRY(sbr_need_axes(&attrs->axes, shape->rank, false));
    if (attrs->shifts.count != attrs->axes.count)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%d shifts for %d axes", attrs->shifts.count, attrs->axes.count);
    for (int32_t i = 0; i < attrs->axes.count; i++) {
        const sabir_extent extent = shape->extents[attrs->axes.values[i]];
        if (extent > 0) attrs->shifts.values[i] = (attrs->shifts.values[i] % extent + extent) % extent;
    }
    sbr_set_result(signature, 0, signature->types[0], shape);
    return SABIR_OK;
}

sabir_value sabir_roll(sabir_graph *graph, sabir_value x, sabir_ints shifts, sabir_ints axes)
{
    return sbr_add_1(graph, SBR_OP_roll, x, &(sabir_roll_attrs){shifts, axes});
}

sabir_status sbr_rule_diagonal_embed(sbr_signature *signature)
{
    SABIR_TRY(sbr_need_rank(signature, 0, 1, SABIR_MAX_RANK - 1, "x"));
    sabir_shape shape = signature->shapes[0];
    SABIR_TRY(sbr_shape_append(&shape, shape.extents[shape.rank - 1]));
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_value sabir_diagonal_embed(sabir_graph *graph, sabir_value x) { return sbr_add_1(graph, SBR_OP_diagonal_embed, x, NULL); }

/* ---- Windows ---- */

sabir_status sbr_rule_unfold(sbr_signature *signature)
{
    sabir_unfold_attrs *attrs = signature->attrs;
    sabir_shape shape = signature->shapes[0];
    SABIR_TRY(sbr_axis(attrs->axis, shape.rank, &attrs->axis));
    if (attrs->size < 1 || attrs->step < 1)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "windows of %lld by steps of %lld; both are at least 1", (long long)attrs->size,
                        (long long)attrs->step);
    sabir_extent *extent = &shape.extents[attrs->axis];
    attrs->length = *extent;
    if (!sbr_extent_at_least(signature->graph, *extent, attrs->size)) {
        char text[SBR_EXTENT_TEXT];
        return sbr_fail(SABIR_INVALID_SHAPE, "a window of %lld is not known to fit into the extent %s", (long long)attrs->size,
                        sbr_extent_text(signature->graph, *extent, text));
    }
    int64_t offset;
    if (!sbr_add_i64(attrs->step, -attrs->size, &offset))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "a step of %lld is too large", (long long)attrs->step);
    SABIR_TRY(sbr_extent_affine(signature->graph, *extent, 1, offset, attrs->step, extent));
    SABIR_TRY(sbr_shape_append(&shape, attrs->size));
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_value sabir_unfold(sabir_graph *graph, sabir_value x, int32_t axis, int64_t size, int64_t step)
{
    return sbr_add_1(graph, SBR_OP_unfold, x, &(sabir_unfold_attrs){.axis = axis, .size = size, .step = step});
}

/* Whether (frames - 1) * step + size <= length, for all dims. */
static bool frames_fit(sabir_graph *graph, sabir_extent frames, const sabir_unfold_attrs *attrs)
{
    if (frames == 0) return true;
    sbr_exprs *exprs = &graph->exprs;
    const sbr_expr moves = sbr_expr_sub(exprs, sbr_extent_expr(graph, frames), sbr_expr_number(exprs, 1));
    const sbr_expr starts = sbr_expr_mul(exprs, moves, sbr_expr_number(exprs, attrs->step));
    return sbr_expr_at_least(exprs, sbr_extent_expr(graph, attrs->length), sbr_expr_add(exprs, starts, sbr_expr_number(exprs, attrs->size)));
}

sabir_status sbr_rule_overlap_add(sbr_signature *signature)
{
    sabir_unfold_attrs *attrs = signature->attrs;
    sabir_shape shape = signature->shapes[0];
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_NUMBER, "x"));
    SABIR_TRY(sbr_need_rank(signature, 0, 2, SABIR_MAX_RANK, "x"));
    SABIR_TRY(sbr_need_number(signature, shape.extents[shape.rank - 1], "the last extent, the window,"));
    SABIR_TRY(sbr_axis(attrs->axis, shape.rank - 1, &attrs->axis));
    attrs->size = shape.extents[shape.rank - 1];
    if (attrs->step < 1) return sbr_fail(SABIR_INVALID_ARGUMENT, "a step of %lld; at least 1", (long long)attrs->step);
    shape = sbr_shape_drop(shape, shape.rank - 1);
    const sabir_extent frames = shape.extents[attrs->axis];
    shape.extents[attrs->axis] = attrs->length;
    SABIR_TRY(sbr_shape_check(signature->graph, &shape));
    if (!frames_fit(signature->graph, frames, attrs)) {
        char length[SBR_EXTENT_TEXT], count[SBR_EXTENT_TEXT];
        return sbr_fail(SABIR_INVALID_SHAPE, "%s windows of %lld by steps of %lld are not known to fit into the length %s",
                        sbr_extent_text(signature->graph, frames, count), (long long)attrs->size, (long long)attrs->step,
                        sbr_extent_text(signature->graph, attrs->length, length));
    }
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_value sabir_overlap_add(sabir_graph *graph, sabir_value x, int32_t axis, int64_t step, sabir_extent length)
{
    return sbr_add_1(graph, SBR_OP_overlap_add, x, &(sabir_unfold_attrs){.axis = axis, .step = step, .length = length});
}

/* ---- resize ---- */

/* Whether from can be resized to a shape. */
static sabir_status check_resize(const sbr_signature *signature, const sabir_shape *from, const sabir_shape *to)
{
    const sabir_resize_attrs *attrs = signature->attrs;
    if (attrs->mode != SABIR_RESIZE_NEAREST && attrs->mode != SABIR_RESIZE_LINEAR)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%d is no resize mode", (int)attrs->mode);
    SABIR_TRY(sbr_shape_check(signature->graph, &attrs->shape));
    SABIR_TRY(sbr_need_rank(signature, 0, attrs->shape.rank, attrs->shape.rank, "x"));
    int32_t changed = 0;
    for (int32_t i = 0; i < to->rank; i++) {
        if (from->extents[i] == to->extents[i]) continue;
        changed++;
        if (sbr_extent_least(signature->graph, from->extents[i]) == 0)
            return sbr_fail(SABIR_INVALID_SHAPE, "axis %d may have no elements to be resized from", i);
    }
    if (attrs->mode == SABIR_RESIZE_LINEAR && changed > 3)
        return sbr_fail(SABIR_INVALID_SHAPE, "%d axes change; linear interpolation takes at most 3", changed);
    return SABIR_OK;
}

sabir_status sbr_rule_resize(sbr_signature *signature)
{
    const sabir_resize_attrs *attrs = signature->attrs;
    if (attrs->mode == SABIR_RESIZE_LINEAR) SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "x, to be interpolated,"));
    SABIR_TRY(check_resize(signature, &signature->shapes[0], &attrs->shape));
    sbr_set_result(signature, 0, signature->types[0], &attrs->shape);
    return SABIR_OK;
}

sabir_status sbr_rule_resize_adjoint(sbr_signature *signature)
{
    const sabir_resize_attrs *attrs = signature->attrs;
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "x"));
    SABIR_TRY(check_resize(signature, &attrs->shape, &signature->shapes[0]));
    sbr_set_result(signature, 0, signature->types[0], &attrs->shape);
    return SABIR_OK;
}

sabir_value sabir_resize(sabir_graph *graph, sabir_value x, sabir_shape shape, sabir_resize_mode mode)
{
    return sbr_add_1(graph, SBR_OP_resize, x, &(sabir_resize_attrs){mode, shape});
}

sabir_value sabir_resize_adjoint(sabir_graph *graph, sabir_value x, sabir_shape shape, sabir_resize_mode mode)
{
    return sbr_add_1(graph, SBR_OP_resize_adjoint, x, &(sabir_resize_attrs){mode, shape});
}
