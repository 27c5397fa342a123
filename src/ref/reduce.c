#include "element.h"
#include "functions.h"
#include "walk.h"

typedef void combine_rule(sbr_ref_tensor *out, int64_t to, const sbr_ref_tensor *in, int64_t from);

/* Strides of the result as seen from the operand: 0 along reduced axes. */
static sbr_ref_strides result_strides(const sbr_ref_tensor *x, const sabir_ints *axes)
{
    bool reduced[SABIR_MAX_RANK] = {false};
    for (int32_t axis = 0; axis < x->rank && axes->count < 0; axis++) reduced[axis] = true;
    for (int32_t k = 0; k < axes->count; k++) reduced[axes->values[k]] = true;
    sbr_ref_strides strides = {{0}};
    int64_t stride = 1;
    for (int32_t axis = x->rank - 1; axis >= 0; axis--) {
        if (reduced[axis]) continue;
        strides.by[axis] = stride;
        stride = sbr_ref_mul(stride, x->extents[axis]);
    }
    return strides;
}

static sabir_status reduce(const sbr_ref_call *call, combine_rule *combine)
{
    const sabir_reduce_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_walk walk = {.rank = x->rank, .operands = 2, .strides = {sbr_ref_strides_of(x), result_strides(x, &attrs->axes)}};
    memcpy(walk.extents, x->extents, sizeof walk.extents);
    int64_t s[SBR_REF_OPERANDS];
    const int64_t row = sbr_ref_walk_row(&walk, s);
    for (bool more = sbr_ref_walk_start(&walk); more; more = sbr_ref_walk_next(&walk))
        for (int64_t k = 0; k < row; k++) combine(out, walk.at[1] + k * s[1], x, walk.at[0] + k * s[0]);
    sbr_ref_wrap_all(out);
    return SABIR_OK;
}

sabir_status sbr_ref_op_sum(const sbr_ref_call *call)
{
    sbr_ref_fill(&call->outputs[0], 0.0, 0);
    return reduce(call, sbr_ref_accumulate);
}

sabir_status sbr_ref_op_mean(const sbr_ref_call *call)
{
    sbr_ref_tensor *out = &call->outputs[0];
    SABIR_TRY(sbr_ref_op_sum(call));
    const int64_t each = out->count ? call->inputs[0].count / out->count : 0;
    for (int64_t k = 0; k < out->count; k++) sbr_ref_divide(out, k, each);
    return SABIR_OK;
}

static void multiply(sbr_ref_tensor *out, int64_t to, const sbr_ref_tensor *in, int64_t from)
{
    if (out->f) out->f[to] *= in->f[from];
    else out->i[to] = sbr_ref_mul(out->i[to], in->i[from]);
}

sabir_status sbr_ref_op_prod(const sbr_ref_call *call)
{
    sbr_ref_fill(&call->outputs[0], 1.0, 1);
    return reduce(call, multiply);
}

sabir_status sbr_ref_op_max(const sbr_ref_call *call)
{
    sbr_ref_fill_least(&call->outputs[0]);
    return reduce(call, sbr_ref_keep_larger);
}

sabir_status sbr_ref_op_min(const sbr_ref_call *call)
{
    sbr_ref_fill(&call->outputs[0], INFINITY, sbr_ref_greatest(call->outputs[0].type));
    return reduce(call, sbr_ref_keep_smaller);
}

/* Whether element k stands before element best; false for equals, so that the lowest index stays. */
typedef bool better_rule(const sbr_ref_tensor *x, int64_t k, int64_t best);

static bool is_larger(const sbr_ref_tensor *x, int64_t k, int64_t best)
{
    if (!x->f) return x->i[k] > x->i[best];
    return !isnan(x->f[best]) && (isnan(x->f[k]) || x->f[k] > x->f[best]);
}

static bool is_smaller(const sbr_ref_tensor *x, int64_t k, int64_t best)
{
    if (!x->f) return x->i[k] < x->i[best];
    return !isnan(x->f[best]) && (isnan(x->f[k]) || x->f[k] < x->f[best]);
}

static sabir_status find_best(const sbr_ref_call *call, better_rule *better)
{
    const sabir_axis_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_fill(out, 0.0, 0);
    if (x->count == 0) return SABIR_OK;
    const sbr_ref_span span = sbr_ref_span_of(x, attrs->axis);
    for (int64_t a = 0; a < span.outer; a++)
        for (int64_t c = 0; c < span.inner; c++) {
            const int64_t first = a * span.extent * span.inner + c;
            int64_t best = 0;
            for (int64_t k = 1; k < span.extent; k++)
                if (better(x, first + k * span.inner, first + best * span.inner)) best = k;
            out->i[a * span.inner + c] = best;
        }
    return SABIR_OK;
}

sabir_status sbr_ref_op_argmax(const sbr_ref_call *call) { return find_best(call, is_larger); }
sabir_status sbr_ref_op_argmin(const sbr_ref_call *call) { return find_best(call, is_smaller); }
