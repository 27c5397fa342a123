#include "element.h"
#include "functions.h"

static double float_of_int(sabir_type type, int64_t value)
{
    /* i64 to f32 in one rounding. */
    return type == SABIR_F32 ? (double)(float)value : sbr_ref_round(type, (double)value);
}

sabir_status sbr_ref_op_cast(const sbr_ref_call *call)
{
    const sbr_ref_tensor *x = &call->inputs[0];
    sbr_ref_tensor *out = &call->outputs[0];
    for (int64_t k = 0; k < out->count; k++) {
        if (out->f) out->f[k] = x->f ? sbr_ref_round(out->type, x->f[k]) : float_of_int(out->type, x->i[k]);
        else out->i[k] = x->f ? sbr_ref_saturate(out->type, x->f[k]) : sbr_ref_wrap(out->type, x->i[k]);
    }
    return SABIR_OK;
}
