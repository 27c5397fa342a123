/* Entries in groups, and products whose rows lie in groups. */
#include "element.h"
#include "functions.h"

sabir_status sbr_ref_op_group_by(const sbr_ref_call *call)
{
    const sbr_ref_tensor *keys = &call->inputs[0];
    sbr_ref_tensor *places = &call->outputs[0], *order = &call->outputs[1], *pointers = &call->outputs[2], *counts = &call->outputs[3];
    const int64_t capacity = call->input_count > 1 ? call->inputs[1].i[0] : INT64_MAX;
    sbr_ref_fill(places, 0.0, -1);
    sbr_ref_fill(order, 0.0, -1);
    int64_t place = 0;
    for (int64_t g = 0; g < counts->count; g++) {
        pointers->i[g] = place;
        counts->i[g] = 0;
        for (int64_t e = 0; e < keys->count; e++) {
            if (keys->i[e] != g) continue;
            if (counts->i[g]++ >= capacity) continue;
            order->i[place] = e;
            places->i[e] = place++;
        }
    }
    pointers->i[counts->count] = place;
    return SABIR_OK;
}

typedef struct rows { int64_t first, end; } rows;

static rows group(const sbr_ref_tensor *pointers, int64_t g, int64_t count)
{
    return (rows){sbr_ref_clamp(pointers->i[g], 0, count), sbr_ref_clamp(pointers->i[g + 1], 0, count)};
}

sabir_status sbr_ref_op_grouped_matmul(const sbr_ref_call *call)
{
    const sabir_grouped_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0], *weights = &call->inputs[1], *pointers = &call->inputs[2];
    sbr_ref_tensor *out = &call->outputs[0];
    const int64_t k = x->extents[1], n = out->extents[1];
    sbr_ref_fill(out, 0.0, 0);
    for (int64_t g = 0; g < weights->extents[0]; g++) {
        const rows range = group(pointers, g, x->extents[0]);
        for (int64_t r = range.first; r < range.end; r++)
            for (int64_t c = 0; c < n; c++)
                for (int64_t p = 0; p < k; p++)
                    out->f[r * n + c] += x->f[r * k + p] * weights->f[g * k * n + (attrs->transpose ? c * k + p : p * n + c)];
    }
    return SABIR_OK;
}

sabir_status sbr_ref_op_grouped_outer(const sbr_ref_call *call)
{
    const sbr_ref_tensor *x = &call->inputs[0], *y = &call->inputs[1], *pointers = &call->inputs[2];
    sbr_ref_tensor *out = &call->outputs[0];
    const int64_t k = x->extents[1], n = y->extents[1];
    sbr_ref_fill(out, 0.0, 0);
    for (int64_t g = 0; g < out->extents[0]; g++) {
        const rows range = group(pointers, g, x->extents[0]);
        for (int64_t r = range.first; r < range.end; r++)
            for (int64_t p = 0; p < k; p++)
                for (int64_t c = 0; c < n; c++) out->f[(g * k + p) * n + c] += x->f[r * k + p] * y->f[r * n + c];
    }
    return SABIR_OK;
}
