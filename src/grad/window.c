#include "window.h"

#include "block.h"
#include "border.h"

/* ---- Padding ---- */

static sbr_border border_of(const sabir_conv_attrs *attrs, int32_t axis, double value)
{
    return (sbr_border){axis, attrs->before[axis - 2], attrs->after[axis - 2], attrs->periodic ? SABIR_PAD_PERIODIC : SABIR_PAD_CONSTANT, value};
}

sabir_status sbr_grad_padded(sabir_value x, sabir_shape *shape, const sabir_conv_attrs *attrs, double value, sabir_value *result)
{
    *result = x;
    for (int32_t i = 2; i < shape->rank; i++) {
        const sbr_border border = border_of(attrs, i, value);
        SABIR_TRY(sbr_grad_extend(*result, shape, &border, result));
    }
    return SABIR_OK;
}

sabir_status sbr_grad_unpadded(sabir_value grad, const sabir_shape *shape, const sabir_conv_attrs *attrs, sabir_value *result)
{
    sabir_shape now = *shape;
    for (int32_t i = 2; i < now.rank; i++) {
        SABIR_TRY(sbr_extent_affine(grad.graph, now.extents[i], 1, attrs->before[i - 2], 1, &now.extents[i]));
        SABIR_TRY(sbr_extent_affine(grad.graph, now.extents[i], 1, attrs->after[i - 2], 1, &now.extents[i]));
    }
    *result = grad;
    for (int32_t i = 2; i < now.rank; i++) {
        const sbr_border border = border_of(attrs, i, 0);
        now.extents[i] = shape->extents[i];
        SABIR_TRY(sbr_grad_fold(*result, &now, &border, result));
    }
    return SABIR_OK;
}

/* ---- Spreading ---- */

/* What the last window leaves over: output_extra, where it is a number. */
static bool left_over(const sabir_conv_attrs *attrs, int32_t i, sabir_extent positions, int64_t window, sabir_extent extent, int64_t *extra)
{
    *extra = 0;
    if (attrs->stride[i] == 1) return true;
    if (!sbr_is_number(extent) || !sbr_is_number(positions)) return false;
    *extra = extent + attrs->before[i] + attrs->after[i] - ((positions - 1) * attrs->stride[i] + (window - 1) * attrs->dilation[i] + 1);
    return true;
}

sabir_status sbr_grad_spread(sabir_value y, const sabir_shape *y_shape, sabir_value weights, const sabir_conv_attrs *attrs, const sabir_shape *shape,
                             sabir_value *result)
{
    sabir_graph *graph = y.graph;
    const sabir_shape window = sabir_value_shape(weights);
    sabir_conv_attrs back = *attrs, cut = {0};
    sabir_shape spread = *shape, padded = *shape;
    bool direct = true;
    for (int32_t i = 0; i < shape->rank - 2; i++) {
        if (left_over(attrs, i, y_shape->extents[i + 2], window.extents[i + 2], shape->extents[i + 2], &back.output_extra[i])) continue;
        /* Nothing is cut by the operator: the rest is put behind, then the padding is cut off. */
        const int64_t span = (window.extents[i + 2] - 1) * attrs->dilation[i] + 1;
        direct = false;
        cut.before[i] = attrs->before[i];
        cut.after[i] = attrs->after[i];
        back.before[i] = back.after[i] = 0;
        SABIR_TRY(sbr_extent_affine(graph, y_shape->extents[i + 2], attrs->stride[i], span - attrs->stride[i], 1, &spread.extents[i + 2]));
        SABIR_TRY(sbr_extent_affine(graph, shape->extents[i + 2], 1, attrs->before[i] + attrs->after[i], 1, &padded.extents[i + 2]));
    }
    *result = sabir_conv_transpose(graph, y, weights, SABIR_NONE, &back);
    if (direct) return SABIR_OK;
    const sabir_extent starts[SABIR_MAX_RANK] = {0};
    spread.extents[1] = padded.extents[1];
    *result = sbr_grad_embed(*result, starts, &padded);
    return sbr_grad_unpadded(*result, shape, &cut, result);
}

/* ---- Windows side by side ---- */

sabir_value sbr_grad_windows(sabir_value x, const sabir_shape *shape, const sabir_conv_attrs *attrs, const int64_t *window)
{
    sabir_graph *graph = x.graph;
    const int32_t spatial = shape->rank - 2;
    bool dilated = false;
    for (int32_t i = 0; i < spatial; i++) x = sabir_unfold(graph, x, i + 2, (window[i] - 1) * attrs->dilation[i] + 1, attrs->stride[i]);
    sabir_slice_attrs taps = {.counts = sabir_value_shape(x)};
    taps.start.count = taps.step.count = taps.counts.rank;
    for (int32_t i = 0; i < taps.counts.rank; i++) taps.step.values[i] = 1;
    for (int32_t i = 0; i < spatial; i++) {
        dilated = dilated || (attrs->dilation[i] != 1 && window[i] > 1);
        taps.step.values[shape->rank + i] = attrs->dilation[i];
        taps.counts.extents[shape->rank + i] = window[i];
    }
    return dilated ? sabir_slice(graph, x, taps.start, taps.counts, taps.step) : x;
}

sabir_status sbr_grad_unwindows(sabir_value grad, const sabir_shape *shape, const sabir_conv_attrs *attrs, sabir_value *result)
{
    sabir_graph *graph = grad.graph;
    const int32_t spatial = shape->rank - 2;
    sabir_shape now = sabir_value_shape(grad);
    *result = grad;
    for (int32_t i = 0; i < spatial; i++) SABIR_TRY(sbr_grad_dilate(*result, &now, shape->rank + i, attrs->dilation[i], result));
    for (int32_t i = spatial; i-- > 0;) *result = sabir_overlap_add(graph, *result, i + 2, attrs->stride[i], shape->extents[i + 2]);
    return SABIR_OK;
}
