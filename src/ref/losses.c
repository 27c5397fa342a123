#include <math.h>

#include "element.h"
#include "functions.h"

/* A row of logits over the temperature, less the largest. */
typedef struct row { const double *logits; int64_t classes, label; double temperature, largest, sum; } row;

static double shifted(const row *r, int64_t c) { return r->logits[c] / r->temperature - r->largest; }

static row row_of(const sbr_ref_call *call, const sabir_softmax_losses_attrs *how, int64_t number)
{
    const sbr_ref_tensor *logits = &call->inputs[0];
    const int64_t classes = logits->extents[logits->rank - 1];
    row r = {.logits = logits->f + number * classes, .classes = classes, .label = call->inputs[1].i[number], .temperature = how->temperature, .largest = -INFINITY};
    for (int64_t c = 0; c < classes; c++) r.largest = sbr_ref_larger(r.largest, r.logits[c] / r.temperature);
    for (int64_t c = 0; c < classes; c++) r.sum += exp(shifted(&r, c));
    return r;
}

static bool is_labelled(const row *r) { return r->label >= 0 && r->label < r->classes; }

/* What the label asks for of class c. */
static double target(const row *r, int64_t c, double smoothing) { return (c == r->label ? 1 - smoothing : 0) + smoothing / (double)r->classes; }

sabir_status sbr_ref_op_softmax_losses(const sbr_ref_call *call)
{
    const sabir_softmax_losses_attrs *how = call->attrs;
    for (int64_t n = 0; n < call->inputs[1].count; n++) {
        const row r = row_of(call, how, n);
        const double weight = call->input_count > 2 ? call->inputs[2].f[n] : 1;
        double loss = 0, entropy = 0;
        for (int64_t c = 0; c < r.classes; c++) {
            const double logarithm = shifted(&r, c) - log(r.sum), wanted = target(&r, c, how->smoothing);
            if (exp(logarithm) != 0) entropy -= exp(logarithm) * logarithm;
            if (wanted != 0) loss -= wanted * logarithm;
        }
        call->outputs[0].f[n] = is_labelled(&r) && weight != 0 ? weight * loss : 0;
        call->outputs[1].f[n] = entropy;
        call->outputs[2].f[n] = r.largest + log(r.sum);
    }
    return SABIR_OK;
}

sabir_status sbr_ref_op_softmax_losses_gradient(const sbr_ref_call *call)
{
    const sbr_softmax_losses_gradient_attrs *attrs = call->attrs;
    const sabir_softmax_losses_attrs *how = &attrs->how;
    const sbr_ref_tensor *next = &call->inputs[2], *weights = attrs->has_weights ? next++ : NULL, *entropy = next++, *lse = next++;
    const sbr_ref_tensor *d_loss = attrs->has_d_loss ? next++ : NULL, *d_entropy = attrs->has_d_entropy ? next : NULL;
    for (int64_t n = 0; n < call->inputs[1].count; n++) {
        const row r = row_of(call, how, n);
        const double weight = !d_loss || !is_labelled(&r) ? 0 : d_loss->f[n] * (weights ? weights->f[n] : 1);
        for (int64_t c = 0; c < r.classes; c++) {
            const double logarithm = r.logits[c] / r.temperature - lse->f[n], probability = exp(logarithm);
            double slope = weight != 0 ? weight * (probability - target(&r, c, how->smoothing)) : 0;
            if (d_entropy && probability != 0) slope -= d_entropy->f[n] * probability * (logarithm + entropy->f[n]);
            call->outputs[0].f[n * r.classes + c] = slope / r.temperature;
        }
    }
    return SABIR_OK;
}
