#include "functions.h"
#include "walk.h"

typedef struct line_system { const double *lower, *diagonal, *upper, *right; double *x, *ratio; int64_t length, stride; bool transposed; } line_system;

/* Thomas: elimination downwards, substitution upwards. The transposed matrix has upper[k - 1] below and lower[k + 1] above the diagonal of row k. */
static void solve_line(const line_system *s, int64_t first)
{
    double ratio = 0.0, x = 0.0;
    for (int64_t k = 0; k < s->length; k++) {
        const int64_t at = first + k * s->stride;
        const double below = k == 0 ? 0.0 : s->transposed ? s->upper[at - s->stride] : s->lower[at];
        const double above = k == s->length - 1 ? 0.0 : s->transposed ? s->lower[at + s->stride] : s->upper[at];
        const double pivot = s->diagonal[at] - below * ratio;
        x = s->x[at] = (s->right[at] - below * x) / pivot;
        ratio = s->ratio[k] = above / pivot;
    }
    for (int64_t k = s->length - 1; k-- > 0;) {
        const int64_t at = first + k * s->stride;
        x = s->x[at] -= s->ratio[k] * x;
    }
}

sabir_status sbr_ref_op_tridiagonal(const sbr_ref_call *call)
{
    const sabir_tridiagonal_attrs *attrs = call->attrs;
    sbr_ref_tensor *out = &call->outputs[0];
    if (out->count == 0) return SABIR_OK;
    const sbr_ref_span span = sbr_ref_span_of(out, attrs->axis);
    double *ratio = sbr_alloc_array(call->allocator, (size_t)span.extent, sizeof *ratio);
    if (!ratio) return sbr_no_memory((size_t)span.extent * sizeof *ratio);
    const line_system s = {call->inputs[0].f, call->inputs[1].f, call->inputs[2].f,     call->inputs[3].f, out->f, ratio,
                           span.extent,       span.inner,        attrs->transposed != 0};
    for (int64_t a = 0; a < span.outer; a++)
        for (int64_t c = 0; c < span.inner; c++) solve_line(&s, a * span.extent * span.inner + c);
    sbr_free(call->allocator, ratio);
    return SABIR_OK;
}
