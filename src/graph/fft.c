/* Fourier transforms. The operator takes any length; lengths with a large prime factor become a convolution of a power of two (Bluestein, "A linear
 * filtering approach to the computation of discrete Fourier transform", 1970), built of the operator itself. */
#include <math.h>

#include "complex.h"

/* Factors up to this are done in the kernel, term by term. */
enum { LARGEST_FACTOR = 61 };

sabir_status sbr_rule_fft(sbr_signature *signature)
{
    sabir_fft_attrs *attrs = signature->attrs;
    const sabir_shape *x = &signature->shapes[0];
    if (signature->types[0] != SABIR_F32 && signature->types[0] != SABIR_F64)
        return sbr_fail(SABIR_INVALID_TYPE, "x is %s and has to be f32 or f64; sabir_cast converts", sabir_type_name(signature->types[0]));
    SABIR_TRY(sbr_need_rank(signature, 0, 2, SABIR_MAX_RANK, "x"));
    SABIR_TRY(sbr_need_equal(signature, x->extents[x->rank - 1], 2, "the last extent of x and the parts of a complex number"));
    if (attrs->axes.count < 1 || attrs->axes.count > 3) return sbr_fail(SABIR_INVALID_ARGUMENT, "%d axes; 1 to 3", attrs->axes.count);
    SABIR_TRY(sbr_need_axes(&attrs->axes, x->rank, false));
    int64_t product = 1;
    for (int32_t i = 0; i < attrs->axes.count; i++) {
        const sabir_extent extent = x->extents[attrs->axes.values[i]];
        if (attrs->axes.values[i] == x->rank - 1) return sbr_fail(SABIR_INVALID_ARGUMENT, "the last axis holds the parts of complex numbers");
        SABIR_TRY(sbr_need_number(signature, extent, "an extent transformed"));
        if (extent > INT32_MAX || !sbr_mul_i64(product, extent > 0 ? extent : 1, &product))
            return sbr_fail(SABIR_INVALID_SHAPE, "an extent of %lld is too long to transform", (long long)extent);
    }
    attrs->inverse = attrs->inverse != 0;
    if (attrs->scale == 0) attrs->scale = attrs->inverse ? 1.0 / (double)product : 1.0;
    if (!isfinite(attrs->scale)) return sbr_fail(SABIR_INVALID_ARGUMENT, "the scale is %g and has to be finite", attrs->scale);
    sbr_set_result(signature, 0, signature->types[0], x);
    return SABIR_OK;
}

/* ---- Bluestein ---- */

/* exp(-i pi k^2 / n): k^2 modulo 2 n in integers keeps the angle small. */
static void chirp(sbr_complex_list *list, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        const double angle = 3.14159265358979323846 * (double)(k * k % (2 * n)) / (double)n;
        list->re[k] = cos(angle);
        list->im[k] = -sin(angle);
    }
}

/* The transform of a power of two in place, in bit-reversed butterflies. */
static void transform(sbr_complex_list *x)
{
    const int64_t n = x->count;
    for (int64_t i = 1, j = 0; i < n; i++) {
        int64_t bit = n >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i >= j) continue;
        const double re = x->re[i], im = x->im[i];
        x->re[i] = x->re[j], x->im[i] = x->im[j];
        x->re[j] = re, x->im[j] = im;
    }
    for (int64_t span = 1; span < n; span *= 2) {
        for (int64_t k = 0; k < span; k++) {
            const double angle = 3.14159265358979323846 * (double)k / (double)span, c = cos(angle), s = -sin(angle);
            for (int64_t a = k; a < n; a += 2 * span) {
                const int64_t b = a + span;
                const double re = x->re[b] * c - x->im[b] * s, im = x->re[b] * s + x->im[b] * c;
                x->re[b] = x->re[a] - re, x->im[b] = x->im[a] - im;
                x->re[a] += re, x->im[a] += im;
            }
        }
    }
}

/* X[k] = w[k] sum over j of (x[j] w[j]) conj(w[k - j]), w the chirp: a cyclic convolution of at least 2 n - 1. */
static sabir_value convolve(sabir_graph *graph, sabir_value x, int32_t axis, bool inverse, double scale, sbr_complex_list *w, sbr_complex_list *filter)
{
    const int64_t n = w->count, m = filter->count;
    const double sign = inverse ? -1.0 : 1.0;
    const int32_t rank = sbr_info(x)->shape.rank;
    sabir_ints before = {.count = rank}, after = {.count = rank};
    after.values[axis] = m - n;
    chirp(w, n);
    for (int64_t k = 0; k < n; k++) {
        filter->re[k] = w->re[k], filter->im[k] = -w->im[k];
        if (k) filter->re[m - k] = w->re[k], filter->im[m - k] = -w->im[k];
    }
    transform(filter);
    for (int64_t k = 0; k < m; k++) filter->re[k] *= scale / (double)m, filter->im[k] *= scale / (double)m;
    sabir_value y = sabir_pad(graph, sbr_complex_times(graph, x, axis, w, sign), before, after, SABIR_PAD_CONSTANT, 0);
    y = sbr_add_1(graph, SBR_OP_fft, y, &(sabir_fft_attrs){SABIR_INTS(axis), inverse, 1});
    y = sbr_complex_times(graph, y, axis, filter, sign);
    y = sbr_add_1(graph, SBR_OP_fft, y, &(sabir_fft_attrs){SABIR_INTS(axis), !inverse, 1});
    return sbr_complex_times(graph, sabir_narrow(graph, y, axis, 0, n), axis, w, sign);
}

static sabir_value bluestein(sabir_graph *graph, sabir_value x, int32_t axis, bool inverse, double scale)
{
    const int64_t n = sbr_info(x)->shape.extents[axis];
    int64_t m = 1;
    while (m < 2 * n - 1) m *= 2;
    sbr_complex_list w = {0}, filter = {0};
    sabir_value y;
    if (!sbr_complex_make(&graph->allocator, &w, n) || !sbr_complex_make(&graph->allocator, &filter, m))
        y = sbr_graph_fail(graph, sbr_no_memory((size_t)m * 2 * sizeof *w.re));
    else y = convolve(graph, x, axis, inverse, scale, &w, &filter);
    sbr_complex_free(&graph->allocator, &w);
    sbr_complex_free(&graph->allocator, &filter);
    return y;
}

static int64_t largest_factor(int64_t n)
{
    int64_t largest = 1;
    for (int64_t p = 2; p * p <= n; p++)
        for (; n % p == 0; n /= p) largest = p;
    return n > 1 ? n : largest;
}

/* ---- Builders ---- */

/* Axes with large factors one by one, then the others together. */
static sabir_value fft(sabir_graph *graph, sabir_value x, const sabir_fft_attrs *attrs)
{
    sabir_fft_attrs rest = {.inverse = attrs->inverse, .scale = attrs->scale};
    for (int32_t i = 0; i < attrs->axes.count; i++) {
        const int32_t axis = (int32_t)attrs->axes.values[i];
        if (largest_factor(sbr_info(x)->shape.extents[axis]) <= LARGEST_FACTOR) rest.axes.values[rest.axes.count++] = axis;
        else {
            x = bluestein(graph, x, axis, attrs->inverse != 0, rest.scale);
            rest.scale = 1;
        }
        if (graph->status != SABIR_OK) return sbr_null(graph);
    }
    return rest.axes.count ? sbr_add_1(graph, SBR_OP_fft, x, &rest) : x;
}

sabir_value sabir_fft_scaled(sabir_graph *graph, sabir_value x, const sabir_fft_attrs *attrs)
{
    if (!sbr_graph_open(graph, "fft")) return sbr_null(graph);
    if (!attrs) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "fft: attrs is NULL"));
    if (!sbr_graph_owns(graph, x, "fft: x")) return sbr_null(graph);
    sabir_fft_attrs checked = *attrs;
    sbr_signature signature = {
        .graph = graph, .op = SBR_OP_fft, .types = &sbr_info(x)->type, .shapes = &sbr_info(x)->shape, .inputs = 1, .attrs = &checked};
    /* What the rule refuses is refused by the operator, with the operand in the message. */
    return sbr_rule_fft(&signature) == SABIR_OK ? fft(graph, x, &checked) : sbr_add_1(graph, SBR_OP_fft, x, attrs);
}

sabir_value sabir_fft(sabir_graph *graph, sabir_value x, sabir_ints axes, int32_t inverse)
{
    return sabir_fft_scaled(graph, x, &(sabir_fft_attrs){.axes = axes, .inverse = inverse});
}
