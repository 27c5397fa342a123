#include "element.h"
#include "functions.h"
#include "window.h"

typedef struct pool_job {
    const sbr_ref_tensor *x;
    sbr_ref_tensor *out;
    int64_t x_plane, out_plane;
    int64_t *inside; /* by position: how many elements its window covers */
} pool_job;

static void keep_larger(void *opaque, int64_t position, int64_t cell)
{
    const pool_job *job = opaque;
    sbr_ref_keep_larger(job->out, job->out_plane + position, job->x, job->x_plane + cell);
}

static void add(void *opaque, int64_t position, int64_t cell)
{
    const pool_job *job = opaque;
    sbr_ref_accumulate(job->out, job->out_plane + position, job->x, job->x_plane + cell);
}

static void count(void *opaque, int64_t position, int64_t cell)
{
    (void)cell;
    const pool_job *job = opaque;
    job->inside[position]++;
}

static sbr_ref_window window_of(const sbr_ref_call *call)
{
    const sabir_pool_attrs *attrs = call->attrs;
    int64_t stride[3];
    for (int32_t axis = 0; axis < 3; axis++) stride[axis] = sbr_ref_positive(attrs->stride[axis], attrs->window[axis]);
    return sbr_ref_window_of(&call->outputs[0], &call->inputs[0], attrs->window, stride, attrs->dilation, attrs->before);
}

static void pool(const sbr_ref_call *call, const sbr_ref_window *window, sbr_ref_window_visit *visit)
{
    const sbr_ref_tensor *x = &call->inputs[0];
    if (x->count == 0) return;
    pool_job job = {.x = x, .out = &call->outputs[0]};
    const int64_t planes = x->extents[0] * x->extents[1], taps = sbr_ref_window_taps(window);
    for (int64_t plane = 0; plane < planes; plane++) {
        job.x_plane = plane * sbr_ref_window_cells(window);
        job.out_plane = plane * sbr_ref_window_positions(window);
        for (int64_t tap = 0; tap < taps; tap++) sbr_ref_window_pairs(window, tap, visit, &job);
    }
}

sabir_status sbr_ref_op_max_pool(const sbr_ref_call *call)
{
    const sbr_ref_window window = window_of(call);
    sbr_ref_fill_least(&call->outputs[0]);
    pool(call, &window, keep_larger);
    return SABIR_OK;
}

sabir_status sbr_ref_op_avg_pool(const sbr_ref_call *call)
{
    const sabir_pool_attrs *attrs = call->attrs;
    sbr_ref_tensor *out = &call->outputs[0];
    const sbr_ref_window window = window_of(call);
    const int64_t positions = sbr_ref_window_positions(&window), taps = sbr_ref_window_taps(&window);
    pool_job counting = {.inside = sbr_alloc_array(call->allocator, (size_t)positions, sizeof(int64_t))};
    if (!counting.inside) return sbr_no_memory((size_t)positions * sizeof(int64_t));
    for (int64_t tap = 0; tap < taps; tap++) sbr_ref_window_pairs(&window, tap, count, &counting);
    sbr_ref_fill(out, 0.0, 0);
    pool(call, &window, add);
    for (int64_t k = 0; k < out->count; k++) {
        const int64_t inside = counting.inside[k % positions];
        if (inside > 0) sbr_ref_divide(out, k, attrs->count_padding ? taps : inside);
    }
    sbr_free(call->allocator, counting.inside);
    sbr_ref_wrap_all(out);
    return SABIR_OK;
}
