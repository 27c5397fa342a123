#include "element.h"
#include "functions.h"
#include "walk.h"

typedef struct line { int64_t first, stride, length; } line;

/* One running sum. With reverse the line is walked from its end, and a start ends the sum after it was added. */
static void sum_line(const sbr_ref_tensor *x, const sbr_ref_tensor *starts, sbr_ref_tensor *out, line line, const sabir_cumsum_attrs *attrs)
{
    double real = 0.0;
    int64_t whole = 0;
    for (int64_t step = 0; step < line.length; step++) {
        const int64_t k = line.first + (attrs->reverse ? line.length - 1 - step : step) * line.stride;
        const bool start = starts && starts->i[k] != 0;
        if (start && !attrs->reverse) real = 0.0, whole = 0;
        const double real_before = real;
        const int64_t whole_before = whole;
        if (x->f) real += x->f[k];
        else whole = sbr_ref_add(whole, x->i[k]);
        if (out->f) out->f[k] = attrs->exclusive ? real_before : real;
        else out->i[k] = attrs->exclusive ? whole_before : whole;
        if (start && attrs->reverse) real = 0.0, whole = 0;
    }
}

sabir_status sbr_ref_op_cumsum(const sbr_ref_call *call)
{
    const sabir_cumsum_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0], *starts = call->input_count > 1 ? &call->inputs[1] : NULL;
    sbr_ref_tensor *out = &call->outputs[0];
    if (out->count == 0) return SABIR_OK;
    const sbr_ref_span span = sbr_ref_span_of(x, attrs->axis);
    for (int64_t a = 0; a < span.outer; a++)
        for (int64_t c = 0; c < span.inner; c++)
            sum_line(x, starts, out, (line){.first = a * span.extent * span.inner + c, .stride = span.inner, .length = span.extent}, attrs);
    sbr_ref_wrap_all(out);
    return SABIR_OK;
}
