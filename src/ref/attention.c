/* Attention and its gradients, as the formulas stand: all scores of a query, then everything that follows from them. */
#include "attention.h"

#include <math.h>

#include "element.h"

/* What is done with the query in hand. */
typedef void visit(sbr_ref_attention *a);

static sabir_status for_each_query(const sbr_ref_call *call, visit *visit)
{
    sbr_ref_attention a;
    const sabir_status status = sbr_ref_attention_begin(call, &a);
    for (int64_t b = 0; status == SABIR_OK && b < a.batches; b++)
        for (int64_t h = 0; h < a.heads; h++)
            for (int64_t i = 0; i < a.queries; i++) {
                sbr_ref_attention_see(&a, b, h, i);
                visit(&a);
            }
    sbr_ref_attention_end(&a);
    return status;
}

static void attend(sbr_ref_attention *a)
{
    const sbr_ref_tensor *partial_out = sbr_ref_attention_in(a->call, SBR_ATTENTION_PARTIAL_OUT);
    const sbr_ref_tensor *partial_lse = sbr_ref_attention_in(a->call, SBR_ATTENTION_PARTIAL_LSE);
    const int64_t row = sbr_ref_attention_row(a);
    double *out = a->call->outputs[0].f + row * a->dv, most = partial_lse ? partial_lse->f[row] : -INFINITY;
    for (int64_t n = 0; n < a->count; n++) most = sbr_ref_larger(most, a->scores[n]);
    const double shift = most == -INFINITY ? 0 : most, partial = partial_lse ? exp(partial_lse->f[row] - shift) : 0;
    double sum = partial;
    for (int64_t c = 0; c < a->dv; c++) out[c] = partial_out ? partial * partial_out->f[row * a->dv + c] : 0;
    for (int64_t n = 0; n < a->count; n++) {
        const double weight = exp(a->scores[n] - shift);
        sum += weight;
        for (int64_t c = 0; c < a->dv; c++) out[c] += weight * a->v->f[a->v_at[n] + c];
    }
    for (int64_t c = 0; c < a->dv; c++) out[c] = sum == 0 ? 0 : out[c] / sum;
    a->call->outputs[1].f[row] = sum == 0 ? -INFINITY : shift + log(sum);
}

sabir_status sbr_ref_op_attention(const sbr_ref_call *call) { return for_each_query(call, attend); }

/* ---- Gradients ---- */

/* Of the row: d_out . out - d_lse. */
static double row_delta(const sbr_ref_attention *a, int64_t row)
{
    const sbr_ref_tensor *out = sbr_ref_attention_in(a->call, SBR_ATTENTION_OUT), *d_out = sbr_ref_attention_in(a->call, SBR_ATTENTION_D_OUT);
    const sbr_ref_tensor *d_lse = sbr_ref_attention_in(a->call, SBR_ATTENTION_D_LSE);
    double delta = d_lse ? -d_lse->f[row] : 0;
    for (int64_t c = 0; c < a->dv; c++) delta += d_out->f[row * a->dv + c] * out->f[row * a->dv + c];
    return delta;
}

/* The probability of key n of the query in hand, and the gradient of its score. */
typedef struct weight { double probability, gradient; } weight;

static weight weight_of(const sbr_ref_attention *a, int64_t n, double lse, double delta)
{
    const double *d_out = sbr_ref_attention_in(a->call, SBR_ATTENTION_D_OUT)->f + sbr_ref_attention_row(a) * a->dv;
    const double probability = lse == -INFINITY ? 0 : exp(a->scores[n] - lse);
    double product = 0;
    for (int64_t c = 0; c < a->dv; c++) product += d_out[c] * a->v->f[a->v_at[n] + c];
    return (weight){probability, probability * (product - delta)};
}

/* Where key n lies in a gradient that has all batch axes of q; in a pool, where it lies in the pool. */
static int64_t key_number(const sbr_ref_attention *a, int64_t n)
{
    const int64_t key = a->k_at[n] / a->d;
    return a->blocks ? key : (a->batch_row * (a->heads / a->group) + a->head / a->group) * a->keys + key % a->keys;
}

static void differentiate(sbr_ref_attention *a)
{
    const int64_t row = sbr_ref_attention_row(a);
    const double lse = sbr_ref_attention_in(a->call, SBR_ATTENTION_LSE)->f[row], delta = row_delta(a, row), scale = a->attrs->how.scale;
    const double *q = a->q->f + row * a->d, *d_out = sbr_ref_attention_in(a->call, SBR_ATTENTION_D_OUT)->f + row * a->dv;
    double *d_q = a->call->outputs[0].f + row * a->d;
    for (int64_t n = 0; n < a->count; n++) {
        const weight w = weight_of(a, n, lse, delta);
        const double *key = sbr_ref_attention_key(a, n);
        double *d_k = a->call->outputs[1].f + key_number(a, n) * a->d, *d_v = a->call->outputs[2].f + key_number(a, n) * a->dv;
        for (int64_t c = 0; c < a->d; c++) d_q[c] += scale * w.gradient * key[c];
        double *turned = a->key; /* the key is used up */
        memcpy(turned, q, (size_t)a->d * sizeof *turned);
        sbr_ref_attention_turn(a, -a->turned[n], turned);
        for (int64_t c = 0; c < a->d; c++) d_k[c] += scale * w.gradient * turned[c];
        for (int64_t c = 0; c < a->dv; c++) d_v[c] += w.probability * d_out[c];
    }
}

sabir_status sbr_ref_op_attention_gradient(const sbr_ref_call *call)
{
    for (uint32_t i = 0; i < 3; i++) sbr_ref_fill(&call->outputs[i], 0.0, 0);
    return for_each_query(call, differentiate);
}

static void differentiate_bias(sbr_ref_attention *a)
{
    const int64_t row = sbr_ref_attention_row(a);
    const double lse = sbr_ref_attention_in(a->call, SBR_ATTENTION_LSE)->f[row], delta = row_delta(a, row);
    for (int64_t n = 0; n < a->count; n++) a->call->outputs[0].f[a->bias_at[n]] += weight_of(a, n, lse, delta).gradient;
}

sabir_status sbr_ref_op_attention_bias_gradient(const sbr_ref_call *call)
{
    sbr_ref_fill(&call->outputs[0], 0.0, 0);
    return for_each_query(call, differentiate_bias);
}
