/* Convolutions. Three maps are adjoints of each other in their operands: an image and weights give a result, a result and weights are spread over an
 * image, an image and a result give weights. */
#include "block.h"
#include "window.h"

/* ---- Weights ---- */

static bool spatial_known(const sabir_shape *shape)
{
    for (int32_t i = 2; i < shape->rank; i++)
        if (!sbr_is_number(shape->extents[i])) return false;
    return true;
}

typedef struct pair {
    sabir_value image, taps;  /* image [n, c, s...]; taps [n, o, p...]: what a convolution of image gives, or what is spread over it */
    sabir_shape image_shape, taps_shape, weights; /* weights [o, c / groups, w...] */
    const sabir_conv_attrs *attrs;
} pair;

/* image as [c / groups, groups * n, s...]: channels of a group for a batch, and batch for channels. */
static sabir_status exchange_image(const pair *p, sabir_value *exchanged)
{
    sabir_graph *graph = p->image.graph;
    const sabir_shape *shape = &p->image_shape;
    const int64_t groups = p->attrs->groups;
    sabir_shape flat = {4, {shape->extents[0], groups, p->weights.extents[1], 1}}, to = *shape;
    for (int32_t i = 2; i < shape->rank; i++) SABIR_TRY(sbr_extent_mul(graph, flat.extents[3], shape->extents[i], &flat.extents[3]));
    to.extents[0] = p->weights.extents[1];
    SABIR_TRY(sbr_extent_mul(graph, shape->extents[0], groups, &to.extents[1]));
    *exchanged = sabir_reshape(graph, sabir_transpose(graph, sabir_reshape(graph, p->image, flat), SABIR_INTS(2, 1, 0, 3)), to);
    return SABIR_OK;
}

/* [1, 0, the rest...] */
static sabir_value exchange(sabir_value x, int32_t rank)
{
    sabir_ints order = {.count = rank};
    for (int32_t i = 0; i < rank; i++) order.values[i] = i < 2 ? 1 - i : i;
    return sabir_transpose(x.graph, x, order);
}

/* A convolution of the exchanged image with the exchanged taps, stride and dilation exchanged too; of its result, the weights' extents. */
static sabir_status weights_by_conv(const pair *p, sabir_value *result)
{
    sabir_graph *graph = p->image.graph;
    const int32_t rank = p->weights.rank;
    sabir_conv_attrs attrs = *p->attrs;
    sabir_value image;
    for (int32_t i = 0; i < 3; i++) {
        attrs.stride[i] = p->attrs->dilation[i];
        attrs.dilation[i] = p->attrs->stride[i];
        attrs.output_extra[i] = 0;
    }
    SABIR_TRY(exchange_image(p, &image));
    const sabir_value products = sabir_conv(graph, image, exchange(p->taps, rank), SABIR_NONE, &attrs);
    const sabir_extent starts[SABIR_MAX_RANK] = {0};
    *result = sbr_grad_extract(exchange(products, rank), starts, &p->weights);
    return SABIR_OK;
}

/* Where spatial extents are dims, windows laid side by side and one product of matrices for each group:
 * [groups, o / groups, n * positions] times [groups, n * positions, (c / groups) * window]. */
static sabir_status weights_by_product(const pair *p, sabir_value *result)
{
    sabir_graph *graph = p->image.graph;
    const int32_t rank = p->weights.rank, spatial = rank - 2;
    const int64_t groups = p->attrs->groups;
    sabir_shape padded = p->image_shape, right = {3, {groups, p->weights.extents[1], p->taps_shape.extents[0]}}, left = {3, {groups, 1, 1}};
    sabir_value image;
    SABIR_TRY(sbr_grad_padded(p->image, &padded, p->attrs, 0, &image));
    const sabir_value windows = sbr_grad_windows(image, &padded, p->attrs, &p->weights.extents[2]);
    sabir_ints order = {.count = rank + spatial}, taps_order = {.count = rank, .values = {1, 0}};
    order.values[0] = 1;
    order.values[1 + spatial] = 0;
    for (int32_t i = 0; i < spatial; i++) {
        order.values[1 + i] = rank + i;
        order.values[2 + spatial + i] = 2 + i;
        taps_order.values[2 + i] = 2 + i;
        SABIR_TRY(sbr_extent_mul(graph, right.extents[1], p->weights.extents[2 + i], &right.extents[1]));
        SABIR_TRY(sbr_extent_mul(graph, right.extents[2], p->taps_shape.extents[2 + i], &right.extents[2]));
    }
    left.extents[1] = p->weights.extents[0] / groups;
    left.extents[2] = right.extents[2];
    const sabir_value a = sabir_reshape(graph, sabir_transpose(graph, p->taps, taps_order), left);
    const sabir_value b = sabir_reshape(graph, sabir_transpose(graph, windows, order), right);
    *result = sabir_reshape(graph, sabir_matmul_transposed(graph, a, b, 0, 1), p->weights);
    return SABIR_OK;
}

/* weights[o, c, w] = sum over n, p of taps[n, o, p] * image[n, c of the group, p * stride + w * dilation - before] */
static sabir_status weights_of(const pair *p, sabir_value *result)
{
    if (sbr_grad_is_empty(&p->image_shape) || sbr_grad_is_empty(&p->taps_shape)) return SABIR_OK;
    return spatial_known(&p->image_shape) && spatial_known(&p->taps_shape) ? weights_by_conv(p, result) : weights_by_product(p, result);
}

/* ---- The rest ---- */

static void give_bias(const sbr_grad_call *call)
{
    sabir_ints axes = {.count = 1};
    if (call->input_count < 3 || !call->wanted[2]) return;
    for (int32_t i = 2; i < sabir_value_shape(call->outputs[0]).rank; i++) axes.values[axes.count++] = i;
    call->results[2] = sabir_sum(call->graph, call->grads[0], axes);
}

/* Periodic padding made explicit: what is left is a convolution without padding. */
static sabir_conv_attrs without_padding(const sabir_conv_attrs *attrs)
{
    sabir_conv_attrs bare = *attrs;
    for (int32_t i = 0; i < 3; i++) bare.before[i] = bare.after[i] = 0;
    bare.periodic = 0;
    return bare;
}

sabir_status sbr_grad_conv(sbr_grad_call *call)
{
    const sabir_conv_attrs *attrs = call->attrs;
    const sabir_conv_attrs bare = attrs->periodic ? without_padding(attrs) : *attrs;
    const sabir_shape shape = sabir_value_shape(call->inputs[0]), result = sabir_value_shape(call->outputs[0]);
    sabir_shape padded = shape;
    sabir_value image = call->inputs[0];
    give_bias(call);
    if (sbr_grad_is_empty(&shape) || sbr_grad_is_empty(&result)) return SABIR_OK;
    if (attrs->periodic) SABIR_TRY(sbr_grad_padded(image, &padded, attrs, 0, &image));
    if (call->wanted[0]) {
        SABIR_TRY(sbr_grad_spread(call->grads[0], &result, call->inputs[1], &bare, &padded, &call->results[0]));
        if (attrs->periodic) SABIR_TRY(sbr_grad_unpadded(call->results[0], &shape, attrs, &call->results[0]));
    }
    if (!call->wanted[1]) return SABIR_OK;
    return weights_of(&(pair){image, call->grads[0], padded, result, sabir_value_shape(call->inputs[1]), &bare}, &call->results[1]);
}

sabir_status sbr_grad_conv_transpose(sbr_grad_call *call)
{
    const sabir_conv_attrs *attrs = call->attrs;
    const sabir_shape shape = sabir_value_shape(call->inputs[0]), result = sabir_value_shape(call->outputs[0]);
    sabir_conv_attrs forward = *attrs;
    for (int32_t i = 0; i < 3; i++) forward.output_extra[i] = 0;
    give_bias(call);
    if (sbr_grad_is_empty(&shape) || sbr_grad_is_empty(&result)) return SABIR_OK;
    if (call->wanted[0]) call->results[0] = sabir_conv(call->graph, call->grads[0], call->inputs[1], SABIR_NONE, &forward);
    if (!call->wanted[1]) return SABIR_OK;
    return weights_of(&(pair){call->grads[0], call->inputs[0], result, shape, sabir_value_shape(call->inputs[1]), &forward}, &call->results[1]);
}
