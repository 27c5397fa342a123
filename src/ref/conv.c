#include "element.h"
#include "functions.h"
#include "window.h"

/* One weight between one plane of x and one plane of the result; the planes by their first elements. */
typedef struct tap_job {
    const sbr_ref_tensor *x, *weights;
    sbr_ref_tensor *out;
    int64_t x_plane, weight, out_plane;
} tap_job;

static void collect(void *opaque, int64_t position, int64_t cell)
{
    const tap_job *job = opaque;
    sbr_ref_accumulate_product(job->out, job->out_plane + position, job->x, job->x_plane + cell, job->weights, job->weight);
}

static void spread(void *opaque, int64_t position, int64_t cell)
{
    const tap_job *job = opaque;
    sbr_ref_accumulate_product(job->out, job->out_plane + cell, job->x, job->x_plane + position, job->weights, job->weight);
}

static void fill_with_bias(const sbr_ref_call *call, int64_t plane)
{
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_fill(out, 0.0, 0);
    if (call->input_count < 3) return;
    for (int64_t k = 0; k < out->count; k++) sbr_ref_accumulate(out, k, &call->inputs[2], k / plane % out->extents[1]);
}

sabir_status sbr_ref_op_conv(const sbr_ref_call *call)
{
    const sabir_conv_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0], *weights = &call->inputs[1];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_window window = sbr_ref_window_of(out, x, weights->extents + 2, attrs->stride, attrs->dilation, attrs->before);
    window.periodic = attrs->periodic != 0;
    const int64_t positions = sbr_ref_window_positions(&window), taps = sbr_ref_window_taps(&window), cells = sbr_ref_window_cells(&window);
    fill_with_bias(call, positions);
    if (out->count == 0 || x->count == 0 || weights->count == 0) return SABIR_OK;
    const int64_t channels = x->extents[1], results = out->extents[1], each = weights->extents[1];
    const int64_t results_each = results / sbr_ref_positive(attrs->groups, 1);
    tap_job job = {.x = x, .weights = weights, .out = out};
    for (int64_t n = 0; n < x->extents[0]; n++)
        for (int64_t o = 0; o < results; o++)
            for (int64_t c = 0; c < each; c++)
                for (int64_t tap = 0; tap < taps; tap++) {
                    job.x_plane = (n * channels + o / results_each * each + c) * cells;
                    job.out_plane = (n * results + o) * positions;
                    job.weight = (o * each + c) * taps + tap;
                    sbr_ref_window_pairs(&window, tap, collect, &job);
                }
    sbr_ref_wrap_all(out);
    return SABIR_OK;
}

sabir_status sbr_ref_op_conv_transpose(const sbr_ref_call *call)
{
    const sabir_conv_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0], *weights = &call->inputs[1];
    sbr_ref_tensor *out = &call->outputs[0];
    const sbr_ref_window window = sbr_ref_window_of(x, out, weights->extents + 2, attrs->stride, attrs->dilation, attrs->before);
    const int64_t positions = sbr_ref_window_positions(&window), taps = sbr_ref_window_taps(&window), cells = sbr_ref_window_cells(&window);
    fill_with_bias(call, cells);
    if (out->count == 0 || x->count == 0 || weights->count == 0) return SABIR_OK;
    const int64_t channels = x->extents[1], results = out->extents[1], each = weights->extents[1];
    const int64_t channels_each = channels / sbr_ref_positive(attrs->groups, 1);
    tap_job job = {.x = x, .weights = weights, .out = out};
    for (int64_t n = 0; n < x->extents[0]; n++)
        for (int64_t c = 0; c < channels; c++)
            for (int64_t o = 0; o < each; o++)
                for (int64_t tap = 0; tap < taps; tap++) {
                    job.x_plane = (n * channels + c) * positions;
                    job.out_plane = (n * results + c / channels_each * each + o) * cells;
                    job.weight = (c * each + o) * taps + tap;
                    sbr_ref_window_pairs(&window, tap, spread, &job);
                }
    sbr_ref_wrap_all(out);
    return SABIR_OK;
}
