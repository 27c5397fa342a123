#include "element.h"
#include "functions.h"
#include "walk.h"

typedef struct line { int64_t first, stride, length; } line;
typedef struct running { double real; int64_t whole; } running;

static void emit(sbr_ref_tensor *out, int64_t at, running sum)
{
    if (out->f) out->f[at] = sum.real;
    else out->i[at] = sum.whole;
}

/* One running sum. With reverse the line is walked from its end, and a start ends the sum after it was added. */
static void sum_line(const sbr_ref_tensor *x, const sbr_ref_tensor *starts, sbr_ref_tensor *out, line line, const sabir_cumsum_attrs *attrs)
{
    const running nothing = {0};
    running sum = nothing;
    for (int64_t step = 0; step < line.length; step++) {
        const int64_t k = line.first + (attrs->reverse ? line.length - 1 - step : step) * line.stride;
        const bool start = starts && starts->i[k] != 0;
        if (start && !attrs->reverse) sum = nothing;
        if (attrs->exclusive) emit(out, k, sum);
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an operand is never missing */
        if (x->f) sum.real += x->f[k];
        else sum.whole = sbr_ref_add(sum.whole, x->i[k]);
        if (!attrs->exclusive) emit(out, k, sum);
        if (start && attrs->reverse) sum = nothing;
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
