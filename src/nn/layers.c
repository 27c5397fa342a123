/* Linear layers, MLPs, convolution blocks. */
#include <math.h>
#include <stdio.h>

#include "params.h"

sabir_value sabir_activate(sabir_graph *graph, sabir_value x, sabir_activation activation)
{
    switch (activation) {
        case SABIR_ACTIVATION_NONE: return x;
        case SABIR_ACTIVATION_RELU: return sabir_relu(graph, x);
        case SABIR_ACTIVATION_GELU: return sabir_gelu(graph, x);
        case SABIR_ACTIVATION_SILU: return sabir_silu(graph, x);
        case SABIR_ACTIVATION_TANH: return sabir_tanh(graph, x);
        case SABIR_ACTIVATION_SIGMOID: return sabir_sigmoid(graph, x);
        default: break;
    }
    if (!sbr_graph_is_open(graph, "sabir_activate")) return SABIR_NONE;
    return sbr_graph_refuse(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "activate: %d is no activation", (int)activation));
}

/* ---- Linear ---- */

sabir_value sbr_as_rows(sabir_graph *graph, sabir_value x)
{
    const sabir_shape shape = sabir_value_shape(x);
    if (shape.rank == 2) return x;
    sabir_extent rows = shape.rank > 1 ? shape.extents[0] : 1;
    for (int32_t i = 1; i + 1 < shape.rank; i++)
        rows = rows >= 0 && shape.extents[i] >= 0 ? rows * shape.extents[i] : sabir_dim_product(graph, rows, shape.extents[i]);
    return sabir_reshape(graph, x, SABIR_SHAPE(rows, shape.extents[shape.rank - 1]));
}

/* x [..., k] times weight [k, n], as one product of matrices, so that the gradient of the weight is one too. */
static sabir_value times_weight(sabir_graph *g, sabir_value x, sabir_value weight)
{
    sabir_shape shape = sabir_value_shape(x);
    const sabir_value y = sabir_matmul(g, sbr_as_rows(g, x), weight);
    shape.extents[shape.rank - 1] = sabir_value_shape(weight).extents[1];
    return shape.rank == 2 ? y : sabir_reshape(g, y, shape);
}

sabir_value sabir_linear(sabir_params *params, const char *name, sabir_value x, int64_t outputs, const sabir_linear_options *options)
{
    sabir_linear_options o;
    int64_t inputs;
    if (!sbr_params_takes(params, "linear", name, x, 1, -1, &inputs)) return SABIR_NONE;
    const sabir_status status = sbr_options_read(options, &o, sizeof o, "options");
    if (status != SABIR_OK) return sbr_params_refuse(params, "linear", name, status);
    if (outputs < 1) return sbr_params_refuse(params, "linear", name, sbr_fail(SABIR_INVALID_ARGUMENT, "%lld outputs; at least 1", (long long)outputs));
    if (o.weight.kind == SABIR_INIT_ZEROS && o.weight.scale == 0) o.weight = (sabir_init){SABIR_INIT_UNIFORM, .scale = 1 / sqrt(fmax(1, (double)inputs))};
    sabir_graph *g = params->graph;
    sabir_params_enter(params, name, -1);
    const sabir_value weight = sabir_param(params, "weight", SABIR_SHAPE(inputs, outputs), o.weight);
    sabir_value y = times_weight(g, x, weight);
    if (!o.no_bias) y = sabir_add(g, y, sabir_param(params, "bias", SABIR_SHAPE(outputs), (sabir_init){.kind = SABIR_INIT_ZEROS}));
    sabir_params_leave(params);
    return y;
}

sabir_value sabir_mlp(sabir_params *params, const char *name, sabir_value x, const int64_t *widths, uint32_t count, sabir_activation activation)
{
    int64_t inputs;
    if (!sbr_params_takes(params, "mlp", name, x, 1, -1, &inputs)) return SABIR_NONE;
    if (!widths || !count) return sbr_params_refuse(params, "mlp", name, sbr_fail(SABIR_INVALID_ARGUMENT, "no widths are given"));
    sabir_params_enter(params, name, -1);
    for (uint32_t i = 0; i < count; i++) {
        char layer[16];
        snprintf(layer, sizeof layer, "%u", i);
        if (i) x = sabir_activate(params->graph, x, activation);
        x = sabir_linear(params, layer, x, widths[i], NULL);
    }
    sabir_params_leave(params);
    return x;
}

/* ---- Convolution ---- */

static int64_t or_default(int64_t given, int64_t standard) { return given == 0 ? standard : given; }

static void conv_attributes(const sabir_conv_options *o, int32_t axes, sabir_conv_attrs *attrs, sabir_shape *weight)
{
    *attrs = (sabir_conv_attrs){.groups = or_default(o->groups, 1), .periodic = o->periodic};
    for (int32_t i = 0; i < axes; i++) {
        const int64_t window = or_default(o->window[i], 3), dilation = or_default(o->dilation[i], 1), around = o->no_padding ? 0 : dilation * (window - 1);
        attrs->stride[i] = or_default(o->stride[i], 1);
        attrs->dilation[i] = dilation;
        attrs->before[i] = around / 2;
        attrs->after[i] = around - around / 2;
        weight->extents[weight->rank++] = window;
    }
}

static sabir_status conv_check(const sabir_conv_options *o, int32_t rank, int64_t channels, int64_t outputs)
{
    const int64_t groups = or_default(o->groups, 1);
    if (rank > 5) return sbr_fail(SABIR_INVALID_SHAPE, "x has rank %d; 3 to 5 are allowed", (int)rank);
    for (int32_t i = 0; i < 3; i++)
        if (o->window[i] < 0 || o->window[i] > 1 << 20 || o->stride[i] < 0 || o->dilation[i] < 0 || o->dilation[i] > 1 << 20)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "axis %d: window %lld, stride %lld and dilation %lld have to be 0 (their default) or more, and below 2^20", (int)i,
                            (long long)o->window[i], (long long)o->stride[i], (long long)o->dilation[i]);
    if (outputs < 1 || groups < 1 || channels % groups || outputs % groups)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld groups do not divide %lld channels and %lld outputs", (long long)groups, (long long)channels, (long long)outputs);
    if (o->norm_groups < 0 || (o->norm_groups && outputs % o->norm_groups))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld groups of the norm do not divide %lld outputs", (long long)o->norm_groups, (long long)outputs);
    return SABIR_OK;
}

sabir_value sabir_conv_block(sabir_params *params, const char *name, sabir_value x, int64_t outputs, const sabir_conv_options *options)
{
    sabir_conv_options o;
    sabir_conv_attrs attrs;
    int64_t channels;
    if (!sbr_params_takes(params, "conv_block", name, x, 3, 1, &channels)) return SABIR_NONE;
    sabir_status status = sbr_options_read(options, &o, sizeof o, "options");
    if (status == SABIR_OK) status = conv_check(&o, sabir_value_shape(x).rank, channels, outputs);
    if (status != SABIR_OK) return sbr_params_refuse(params, "conv_block", name, status);
    sabir_graph *g = params->graph;
    sabir_shape shape = {.rank = 2, .extents = {outputs, channels / or_default(o.groups, 1)}};
    conv_attributes(&o, sabir_value_shape(x).rank - 2, &attrs, &shape);
    sabir_params_enter(params, name, -1);
    const sabir_value weight = sabir_param(params, "weight", shape, (sabir_init){.kind = SABIR_INIT_KAIMING});
    const sabir_value bias = o.norm_groups ? SABIR_NONE : sabir_param(params, "bias", SABIR_SHAPE(outputs), (sabir_init){.kind = SABIR_INIT_ZEROS});
    sabir_value y = sabir_conv(g, x, weight, bias, &attrs);
    if (o.norm_groups) {
        const sabir_value scale = sabir_param(params, "scale", SABIR_SHAPE(outputs), (sabir_init){.kind = SABIR_INIT_ONES});
        y = sabir_group_norm(g, y, scale, sabir_param(params, "shift", SABIR_SHAPE(outputs), (sabir_init){.kind = SABIR_INIT_ZEROS}), o.norm_groups, 1e-5);
    }
    sabir_params_leave(params);
    return sabir_activate(g, y, o.activation);
}
