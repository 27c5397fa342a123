#include "functions.h"
#include "walk.h"

#include <math.h>

typedef struct fft_line { const double *roots; int64_t n; double sign; } fft_line;

/* out[k] = sum over j < count of in[j * stride] exp(-2 pi i j k / count), by the smallest factor of count: out holds the transforms of every p-th
 * element, one after another, before they are combined. Pairs are (re, im). */
static void transform(const fft_line *line, int64_t count, const double *in, int64_t stride, double *out, double *spare)
{
    if (count == 1) {
        out[0] = in[0], out[1] = in[1];
        return;
    }
    int64_t p = 2;
    while (count % p != 0) p++;
    const int64_t part = count / p, root = line->n / count;
    for (int64_t q = 0; q < p; q++) transform(line, part, in + 2 * q * stride, stride * p, spare + 2 * q * part, out + 2 * q * part);
    for (int64_t k = 0; k < count; k++) {
        double re = 0.0, im = 0.0;
        for (int64_t q = 0; q < p; q++) {
            const int64_t turn = q * k % count * root;
            const double c = line->roots[2 * turn], s = line->sign * line->roots[2 * turn + 1], *term = spare + 2 * (q * part + k % part);
            re += c * term[0] - s * term[1];
            im += c * term[1] + s * term[0];
        }
        out[2 * k] = re, out[2 * k + 1] = im;
    }
}

/* In place along axis; work holds 4 lines of pairs: the roots, a line, its transform and what the transform wants. */
static void along_axis(sbr_ref_tensor *x, int32_t axis, bool inverse, double *work)
{
    const int64_t n = x->extents[axis], outer = sbr_ref_product(x, 0, axis), inner = sbr_ref_product(x, axis + 1, x->rank - 1);
    double *roots = work, *in = roots + 2 * n, *out = in + 2 * n, *spare = out + 2 * n;
    const fft_line line = {roots, n, inverse ? 1.0 : -1.0};
    for (int64_t k = 0; k < n; k++) {
        const double angle = 6.28318530717958647692 * (double)k / (double)n;
        roots[2 * k] = cos(angle), roots[2 * k + 1] = sin(angle);
    }
    for (int64_t l = 0; l < outer * inner; l++) {
        double *first = x->f + 2 * (l / inner * n * inner + l % inner);
        for (int64_t k = 0; k < n; k++) memcpy(in + 2 * k, first + 2 * k * inner, 2 * sizeof *in);
        transform(&line, n, in, 1, out, spare);
        for (int64_t k = 0; k < n; k++) memcpy(first + 2 * k * inner, out + 2 * k, 2 * sizeof *out);
    }
}

sabir_status sbr_ref_op_fft(const sbr_ref_call *call)
{
    const sabir_fft_attrs *attrs = call->attrs;
    sbr_ref_tensor *out = &call->outputs[0];
    if (out->count == 0) return SABIR_OK;
    int64_t longest = 1;
    for (int32_t i = 0; i < attrs->axes.count; i++)
        if (out->extents[attrs->axes.values[i]] > longest) longest = out->extents[attrs->axes.values[i]];
    double *work = sbr_alloc_array(call->allocator, (size_t)longest, 8 * sizeof *work);
    if (!work) return sbr_no_memory((size_t)longest * 8 * sizeof *work);
    for (int64_t k = 0; k < out->count; k++) out->f[k] = attrs->scale * call->inputs[0].f[k];
    for (int32_t i = 0; i < attrs->axes.count; i++) along_axis(out, (int32_t)attrs->axes.values[i], attrs->inverse != 0, work);
    sbr_free(call->allocator, work);
    return SABIR_OK;
}
