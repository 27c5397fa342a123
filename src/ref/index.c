/* Operators whose places are data: gather, take-along, scatters; and the adjoint of unfold. */
#include "element.h"
#include "functions.h"
#include "walk.h"

sabir_status sbr_ref_op_gather(const sbr_ref_call *call)
{
    const sabir_axis_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0], *indices = &call->inputs[1];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_fill(out, 0.0, 0);
    if (out->count == 0 || x->count == 0) return SABIR_OK;
    const sbr_ref_span span = sbr_ref_span_of(x, attrs->axis);
    for (int64_t a = 0; a < span.outer; a++)
        for (int64_t k = 0; k < indices->count; k++) {
            const int64_t index = indices->i[k];
            if (index >= 0 && index < span.extent)
                sbr_ref_move(out, (a * indices->count + k) * span.inner, x, (a * span.extent + index) * span.inner, span.inner);
        }
    return SABIR_OK;
}

sabir_status sbr_ref_op_take_along(const sbr_ref_call *call)
{
    const sabir_axis_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0], *indices = &call->inputs[1];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_fill(out, 0.0, 0);
    if (out->count == 0 || x->count == 0) return SABIR_OK;
    const sbr_ref_span span = sbr_ref_span_of(x, attrs->axis);
    const int64_t length = indices->extents[attrs->axis];
    for (int64_t a = 0; a < span.outer; a++)
        for (int64_t k = 0; k < length; k++)
            for (int64_t c = 0; c < span.inner; c++) {
                const int64_t to = (a * length + k) * span.inner + c, index = indices->i[to];
                if (index >= 0 && index < span.extent) sbr_ref_move(out, to, x, (a * span.extent + index) * span.inner + c, 1);
            }
    return SABIR_OK;
}

typedef void combine_rule(sbr_ref_tensor *out, int64_t to, const sbr_ref_tensor *updates, int64_t from);

static sabir_status scatter(const sbr_ref_call *call, combine_rule *combine)
{
    const sabir_axis_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0], *indices = &call->inputs[1], *updates = &call->inputs[2];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_move(out, 0, x, 0, out->count);
    if (out->count == 0 || updates->count == 0) return SABIR_OK;
    const sbr_ref_span span = sbr_ref_span_of(x, attrs->axis);
    for (int64_t a = 0; a < span.outer; a++)
        for (int64_t k = 0; k < indices->count; k++) {
            const int64_t index = indices->i[k];
            if (index < 0 || index >= span.extent) continue;
            for (int64_t c = 0; c < span.inner; c++)
                combine(out, (a * span.extent + index) * span.inner + c, updates, (a * indices->count + k) * span.inner + c);
        }
    sbr_ref_wrap_all(out);
    return SABIR_OK;
}

static void set(sbr_ref_tensor *out, int64_t to, const sbr_ref_tensor *updates, int64_t from) { sbr_ref_move(out, to, updates, from, 1); }

sabir_status sbr_ref_op_scatter_set(const sbr_ref_call *call) { return scatter(call, set); }
sabir_status sbr_ref_op_scatter_add(const sbr_ref_call *call) { return scatter(call, sbr_ref_accumulate); }
sabir_status sbr_ref_op_scatter_max(const sbr_ref_call *call) { return scatter(call, sbr_ref_keep_larger); }

sabir_status sbr_ref_op_overlap_add(const sbr_ref_call *call)
{
    const sabir_unfold_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_fill(out, 0.0, 0);
    if (out->count == 0 || x->count == 0) return SABIR_OK;
    const sbr_ref_span span = sbr_ref_span_of(out, attrs->axis);
    const int64_t frames = x->extents[attrs->axis], size = x->extents[x->rank - 1], step = sbr_ref_positive(attrs->step, 1);
    int64_t from = 0;
    for (int64_t a = 0; a < span.outer; a++)
        for (int64_t frame = 0; frame < frames; frame++)
            for (int64_t c = 0; c < span.inner; c++)
                for (int64_t k = 0; k < size; k++, from++) {
                    const int64_t place = frame * step + k;
                    if (place < span.extent) sbr_ref_accumulate(out, (a * span.extent + place) * span.inner + c, x, from);
                }
    sbr_ref_wrap_all(out);
    return SABIR_OK;
}
