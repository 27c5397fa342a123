#include "element.h"
#include "functions.h"
#include "walk.h"

typedef struct line { int64_t first, stride, length; } line;

static double largest_of(const double *x, line line)
{
    double largest = -INFINITY;
    for (int64_t k = 0; k < line.length; k++) largest = sbr_ref_larger(largest, x[line.first + k * line.stride]);
    return largest;
}

static double sum_of_exponentials(const double *x, line line, double shift)
{
    double sum = 0.0;
    for (int64_t k = 0; k < line.length; k++) sum += exp(x[line.first + k * line.stride] - shift);
    return sum;
}

static void softmax_line(const double *x, double *out, line line)
{
    const double shift = largest_of(x, line), sum = sum_of_exponentials(x, line, shift);
    for (int64_t k = 0; k < line.length; k++) {
        const int64_t at = line.first + k * line.stride;
        out[at] = exp(x[at] - shift) / sum;
    }
}

static void log_softmax_line(const double *x, double *out, line line)
{
    const double shift = largest_of(x, line), log_sum = log(sum_of_exponentials(x, line, shift));
    for (int64_t k = 0; k < line.length; k++) {
        const int64_t at = line.first + k * line.stride;
        out[at] = x[at] - shift - log_sum;
    }
}

static sabir_status by_line(const sbr_ref_call *call, void (*rule)(const double *x, double *out, line line))
{
    const sabir_axis_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0];
    if (x->count == 0) return SABIR_OK;
    const sbr_ref_span span = sbr_ref_span_of(x, attrs->axis);
    for (int64_t a = 0; a < span.outer; a++)
        for (int64_t c = 0; c < span.inner; c++)
            rule(x->f, call->outputs[0].f, (line){.first = a * span.extent * span.inner + c, .stride = span.inner, .length = span.extent});
    return SABIR_OK;
}

sabir_status sbr_ref_op_softmax(const sbr_ref_call *call) { return by_line(call, softmax_line); }
sabir_status sbr_ref_op_log_softmax(const sbr_ref_call *call) { return by_line(call, log_softmax_line); }

sabir_status sbr_ref_op_cross_entropy(const sbr_ref_call *call)
{
    const sbr_ref_tensor *logits = &call->inputs[0], *labels = &call->inputs[1];
    sbr_ref_tensor *out = &call->outputs[0];
    const int64_t classes = logits->extents[logits->rank - 1];
    for (int64_t row = 0; row < labels->count; row++) {
        const int64_t label = labels->i[row];
        const line line = {.first = row * classes, .stride = 1, .length = classes};
        out->f[row] = 0.0;
        if (label < 0 || label >= classes) continue;
        const double shift = largest_of(logits->f, line);
        out->f[row] = log(sum_of_exponentials(logits->f, line, shift)) - (logits->f[line.first + label] - shift);
    }
    return SABIR_OK;
}

/* Elements [first, first + count) to mean 0 and variance 1. */
static void standardise(const double *x, double *out, int64_t first, int64_t count, double epsilon)
{
    double sum = 0.0, squares = 0.0;
    for (int64_t k = 0; k < count; k++) sum += x[first + k];
    const double mean = sum / (double)count;
    for (int64_t k = 0; k < count; k++) squares += (x[first + k] - mean) * (x[first + k] - mean);
    const double deviation = sqrt(squares / (double)count + epsilon);
    for (int64_t k = 0; k < count; k++) out[first + k] = (x[first + k] - mean) / deviation;
}

/* Times scale, plus shift, where there are any. Their element for element k is (k / inner) mod their extent. */
static void scale_and_shift(const sbr_ref_call *call, int64_t inner)
{
    double *out = call->outputs[0].f;
    for (uint32_t input = 1; input < call->input_count && input < 3; input++) {
        const sbr_ref_tensor *factor = &call->inputs[input];
        for (int64_t k = 0; k < call->outputs[0].count; k++) {
            const double value = factor->f[k / inner % factor->count];
            out[k] = input == 1 ? out[k] * value : out[k] + value;
        }
    }
}

sabir_status sbr_ref_op_layer_norm(const sbr_ref_call *call)
{
    const sabir_norm_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0];
    const int64_t length = x->extents[x->rank - 1];
    for (int64_t first = 0; first < x->count; first += length) standardise(x->f, call->outputs[0].f, first, length, attrs->epsilon);
    scale_and_shift(call, 1);
    return SABIR_OK;
}

sabir_status sbr_ref_op_rms_norm(const sbr_ref_call *call)
{
    const sabir_norm_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0];
    const int64_t length = x->extents[x->rank - 1];
    for (int64_t first = 0; first < x->count; first += length) {
        double squares = 0.0;
        for (int64_t k = 0; k < length; k++) squares += x->f[first + k] * x->f[first + k];
        const double root = sqrt(squares / (double)length + attrs->epsilon);
        for (int64_t k = 0; k < length; k++) call->outputs[0].f[first + k] = x->f[first + k] / root;
    }
    scale_and_shift(call, 1);
    return SABIR_OK;
}

sabir_status sbr_ref_op_group_norm(const sbr_ref_call *call)
{
    const sabir_norm_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0];
    if (x->count == 0) return SABIR_OK;
    const int64_t inner = sbr_ref_product(x, 2, x->rank), size = x->extents[1] / sbr_ref_positive(attrs->groups, 1) * inner;
    for (int64_t first = 0; first < x->count; first += size) standardise(x->f, call->outputs[0].f, first, size, attrs->epsilon);
    scale_and_shift(call, inner);
    return SABIR_OK;
}
