/* Windows over spatial axes: convolution, its adjoint, pooling. Operands are [n, channels, 1 to 3 spatial axes]. */
#include "build.h"

/* One spatial axis of a window. */
typedef struct window { int64_t size, stride, dilation, before, after; } window;

static sabir_status window_check(int32_t axis, const window *w, int64_t *span)
{
    if (w->size < 1 || w->stride < 1 || w->dilation < 1 || w->before < 0 || w->after < 0)
        return sbr_fail(SABIR_INVALID_ARGUMENT,
                        "spatial axis %d: window %lld, stride %lld and dilation %lld are at least 1, padding %lld and %lld at least 0",
                        axis, (long long)w->size, (long long)w->stride, (long long)w->dilation, (long long)w->before, (long long)w->after);
    if (!sbr_mul_i64(w->dilation, w->size - 1, span) || !sbr_add_i64(*span, 1, span))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "spatial axis %d: the dilated window overflows 64 bits", axis);
    return SABIR_OK;
}

/* Number of window positions along an axis. */
static sabir_status positions(sabir_graph *graph, int32_t axis, const window *w, sabir_extent extent, sabir_extent *result)
{
    int64_t span = 1, offset = 0;
    SABIR_TRY(window_check(axis, w, &span));
    sabir_extent padded = extent;
    SABIR_TRY(sbr_extent_affine(graph, padded, 1, w->before, 1, &padded));
    SABIR_TRY(sbr_extent_affine(graph, padded, 1, w->after, 1, &padded));
    if (padded == 0) {
        *result = 0;
        return SABIR_OK;
    }
    if (span > 1 && !sbr_extent_at_least(graph, padded, span)) {
        char text[SBR_EXTENT_TEXT];
        return sbr_fail(SABIR_INVALID_SHAPE, "spatial axis %d: a window that spans %lld is not known to fit into the padded extent %s",
                        axis, (long long)span, sbr_extent_text(graph, padded, text));
    }
    if (!sbr_add_i64(w->stride, -span, &offset)) return sbr_fail(SABIR_INVALID_ARGUMENT, "spatial axis %d: the stride overflows 64 bits", axis);
    return sbr_extent_affine(graph, padded, 1, offset, w->stride, result);
}

static int64_t or_default(int64_t given, int64_t standard) { return given == 0 ? standard : given; }

/* ---- Convolutions ---- */

/* Defaults filled in; settings of axes that are not there cleared. */
static void conv_defaults(sabir_conv_attrs *attrs, int32_t spatial)
{
    for (int32_t i = 0; i < 3; i++) {
        if (i >= spatial) {
            attrs->stride[i] = attrs->dilation[i] = 1;
            attrs->before[i] = attrs->after[i] = attrs->output_extra[i] = 0;
        }
        attrs->stride[i] = or_default(attrs->stride[i], 1);
        attrs->dilation[i] = or_default(attrs->dilation[i], 1);
    }
    attrs->groups = or_default(attrs->groups, 1);
    attrs->periodic = attrs->periodic != 0;
}

static sabir_status divides(const sbr_signature *signature, int64_t groups, sabir_extent channels, const char *what)
{
    if (groups == 1) return SABIR_OK;
    SABIR_TRY(sbr_need_number(signature, channels, what));
    if (channels % groups == 0) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld groups do not divide %s, %lld", (long long)groups, what, (long long)channels);
}

static sabir_status conv_operands(sbr_signature *signature, sabir_conv_attrs *attrs)
{
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "x"));
    SABIR_TRY(sbr_need_same_type(signature, 1, 0, "x and weights"));
    SABIR_TRY(sbr_need_rank(signature, 0, 3, 5, "x"));
    const int32_t rank = signature->shapes[0].rank;
    SABIR_TRY(sbr_need_rank(signature, 1, rank, rank, "weights"));
    for (int32_t i = 2; i < rank; i++) SABIR_TRY(sbr_need_number(signature, signature->shapes[1].extents[i], "a window's extent"));
    conv_defaults(attrs, rank - 2);
    if (attrs->groups < 1) return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld groups; at least 1", (long long)attrs->groups);
    return SABIR_OK;
}

static sabir_status conv_bias(const sbr_signature *signature, sabir_extent channels)
{
    if (signature->inputs < 3) return SABIR_OK;
    const sabir_shape wanted = {.rank = 1, .extents = {channels}};
    SABIR_TRY(sbr_need_same_type(signature, 2, 0, "x and bias"));
    return sbr_need_shape(signature, 2, &wanted, "bias");
}

static window conv_window(const sabir_conv_attrs *attrs, int32_t axis, sabir_extent size)
{
    return (window){size, attrs->stride[axis], attrs->dilation[axis], attrs->before[axis], attrs->after[axis]};
}

sabir_status sbr_rule_conv(sbr_signature *signature)
{
    sabir_conv_attrs *attrs = signature->attrs;
    const sabir_shape *x = &signature->shapes[0], *weights = &signature->shapes[1];
    sabir_shape shape = *x;
    SABIR_TRY(conv_operands(signature, attrs));
    sabir_extent channels = 0;
    SABIR_TRY(sbr_extent_mul(signature->graph, weights->extents[1], attrs->groups, &channels));
    SABIR_TRY(sbr_need_equal(signature, x->extents[1], channels, "channels of x and channels of weights times groups"));
    SABIR_TRY(divides(signature, attrs->groups, weights->extents[0], "the channels of the result"));
    shape.extents[1] = weights->extents[0];
    SABIR_TRY(conv_bias(signature, shape.extents[1]));
    for (int32_t i = 0; i < x->rank - 2; i++) {
        const window w = conv_window(attrs, i, weights->extents[i + 2]);
        if (attrs->output_extra[i] != 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "output_extra is for conv_transpose");
        if (attrs->periodic && !sbr_extent_at_least(signature->graph, x->extents[i + 2], w.before > w.after ? w.before : w.after))
            return sbr_fail(SABIR_INVALID_SHAPE, "spatial axis %d: periodic padding may not pass the extent", i);
        SABIR_TRY(positions(signature->graph, i, &w, x->extents[i + 2], &shape.extents[i + 2]));
    }
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

/* (s - 1) * stride + span - before - after + extra, and 0 of nothing where that is negative. */
static sabir_status spread(sabir_graph *graph, int32_t axis, const window *w, int64_t extra, sabir_extent *extent)
{
    int64_t span = 1, offset = 0;
    SABIR_TRY(window_check(axis, w, &span));
    if (extra < 0 || extra >= w->stride)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "spatial axis %d: output_extra is %lld; at least 0 and below the stride, %lld", axis,
                        (long long)extra, (long long)w->stride);
    if (!sbr_add_i64(span, extra - w->stride, &offset) || !sbr_add_i64(offset, -w->before, &offset) || !sbr_add_i64(offset, -w->after, &offset))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "spatial axis %d: the result overflows 64 bits", axis);
    if (*extent == 0 && offset < 0) return SABIR_OK;
    if (sbr_extent_affine(graph, *extent, w->stride, offset, 1, extent) == SABIR_OK) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_SHAPE, "spatial axis %d: %s", axis, sabir_last_message());
}

sabir_status sbr_rule_conv_transpose(sbr_signature *signature)
{
    sabir_conv_attrs *attrs = signature->attrs;
    const sabir_shape *x = &signature->shapes[0], *weights = &signature->shapes[1];
    sabir_shape shape = *x;
    SABIR_TRY(conv_operands(signature, attrs));
    SABIR_TRY(sbr_need_equal(signature, x->extents[1], weights->extents[0], "channels of x and weights"));
    SABIR_TRY(divides(signature, attrs->groups, x->extents[1], "the channels of x"));
    SABIR_TRY(sbr_extent_mul(signature->graph, weights->extents[1], attrs->groups, &shape.extents[1]));
    SABIR_TRY(conv_bias(signature, shape.extents[1]));
    if (attrs->periodic) return sbr_fail(SABIR_INVALID_ARGUMENT, "periodic padding is for conv");
    for (int32_t i = 0; i < x->rank - 2; i++) {
        const window w = conv_window(attrs, i, weights->extents[i + 2]);
        SABIR_TRY(spread(signature->graph, i, &w, attrs->output_extra[i], &shape.extents[i + 2]));
    }
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

static sabir_value add_conv(sabir_graph *graph, sbr_op op, sabir_value x, sabir_value weights, sabir_value bias, const sabir_conv_attrs *attrs)
{
    return sbr_add_node(graph, op, (const sabir_value[]){x, weights, bias}, sbr_absent(bias) ? 2 : 3, attrs);
}

sabir_value sabir_conv(sabir_graph *graph, sabir_value x, sabir_value weights, sabir_value bias, const sabir_conv_attrs *attrs)
{
    return add_conv(graph, SBR_OP_conv, x, weights, bias, attrs);
}

sabir_value sabir_conv_transpose(sabir_graph *graph, sabir_value x, sabir_value weights, sabir_value bias, const sabir_conv_attrs *attrs)
{
    return add_conv(graph, SBR_OP_conv_transpose, x, weights, bias, attrs);
}

/* ---- Pooling ---- */

static void pool_defaults(sabir_pool_attrs *attrs, int32_t spatial)
{
    for (int32_t i = 0; i < 3; i++) {
        if (i >= spatial) {
            attrs->window[i] = attrs->stride[i] = attrs->dilation[i] = 1;
            attrs->before[i] = attrs->after[i] = 0;
        }
        attrs->window[i] = or_default(attrs->window[i], 1);
        attrs->stride[i] = or_default(attrs->stride[i], attrs->window[i]);
        attrs->dilation[i] = or_default(attrs->dilation[i], 1);
    }
    attrs->count_padding = attrs->count_padding != 0;
}

static sabir_status pool_rule(sbr_signature *signature)
{
    sabir_pool_attrs *attrs = signature->attrs;
    SABIR_TRY(sbr_need_rank(signature, 0, 3, 5, "x"));
    sabir_shape shape = signature->shapes[0];
    pool_defaults(attrs, shape.rank - 2);
    for (int32_t i = 0; i < shape.rank - 2; i++) {
        const window w = {attrs->window[i], attrs->stride[i], attrs->dilation[i], attrs->before[i], attrs->after[i]};
        SABIR_TRY(positions(signature->graph, i, &w, shape.extents[i + 2], &shape.extents[i + 2]));
    }
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_status sbr_rule_max_pool(sbr_signature *signature)
{
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_NUMBER, "x"));
    ((sabir_pool_attrs *)signature->attrs)->count_padding = 0;
    return pool_rule(signature);
}

sabir_status sbr_rule_avg_pool(sbr_signature *signature)
{
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "x"));
    return pool_rule(signature);
}

sabir_value sabir_max_pool(sabir_graph *graph, sabir_value x, const sabir_pool_attrs *attrs)
{
    return sbr_add_1(graph, SBR_OP_max_pool, x, attrs);
}
sabir_value sabir_avg_pool(sabir_graph *graph, sabir_value x, const sabir_pool_attrs *attrs)
{
    return sbr_add_1(graph, SBR_OP_avg_pool, x, attrs);
}
