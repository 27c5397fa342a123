#include "element.h"
#include "functions.h"
#include "walk.h"

sabir_status sbr_ref_op_select(const sbr_ref_call *call)
{
    const sbr_ref_tensor *condition = &call->inputs[0], *x = &call->inputs[1], *y = &call->inputs[2];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_walk walk = {.rank = out->rank, .operands = 4, .strides = {[3] = sbr_ref_strides_of(out)}};
    memcpy(walk.extents, out->extents, sizeof walk.extents);
    for (int32_t k = 0; k < 3; k++) walk.strides[k] = sbr_ref_broadcast_strides(&call->inputs[k], out->rank, 0);
    int64_t s[SBR_REF_OPERANDS];
    const int64_t row = sbr_ref_walk_row(&walk, s);
    for (bool more = sbr_ref_walk_start(&walk); more; more = sbr_ref_walk_next(&walk)) {
        for (int64_t k = 0; k < row; k++) {
            const bool first = condition->i[walk.at[0] + k * s[0]] != 0;
            const sbr_ref_tensor *chosen = first ? x : y;
            const int64_t from = first ? walk.at[1] + k * s[1] : walk.at[2] + k * s[2], to = walk.at[3] + k * s[3];
            if (out->f) out->f[to] = chosen->f[from];
            else out->i[to] = chosen->i[from];
        }
    }
    return SABIR_OK;
}

sabir_status sbr_ref_op_iota(const sbr_ref_call *call)
{
    const sabir_iota_attrs *attrs = call->attrs;
    sbr_ref_tensor *out = &call->outputs[0];
    if (out->count == 0) return SABIR_OK;
    const sbr_ref_span span = sbr_ref_span_of(out, attrs->axis);
    const int64_t start = sbr_ref_saturate(SABIR_I64, attrs->start), step = sbr_ref_saturate(SABIR_I64, attrs->step);
    for (int64_t k = 0; k < out->count; k++) {
        const int64_t index = k / span.inner % span.extent;
        if (out->f) out->f[k] = attrs->start + attrs->step * (double)index;
        else out->i[k] = sbr_ref_wrap(out->type, sbr_ref_add(start, sbr_ref_mul(step, index)));
    }
    return SABIR_OK;
}

sabir_status sbr_ref_op_one_hot(const sbr_ref_call *call)
{
    const sbr_ref_tensor *indices = &call->inputs[0];
    sbr_ref_tensor *out = &call->outputs[0];
    const int64_t depth = out->extents[out->rank - 1];
    sbr_ref_fill(out, 0.0, 0);
    for (int64_t k = 0; k < indices->count; k++) {
        const int64_t index = indices->i[k];
        if (index < 0 || index >= depth) continue;
        if (out->f) out->f[k * depth + index] = 1.0;
        else out->i[k * depth + index] = 1;
    }
    return SABIR_OK;
}
