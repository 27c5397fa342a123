/* One element of a tensor, whichever of the two arrays holds it. Integers are computed modulo 2^64 and wrapped once at the end. */
#ifndef SBR_REF_ELEMENT_H
#define SBR_REF_ELEMENT_H

#include <math.h>

#include "ref.h"

static inline int64_t sbr_ref_add(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }
static inline int64_t sbr_ref_sub(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
static inline int64_t sbr_ref_mul(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }

/* Carry NaN, the first operand's first. */
static inline double sbr_ref_larger(double a, double b) { return isnan(a) || a > b ? a : b; }
static inline double sbr_ref_smaller(double a, double b) { return isnan(a) || a < b ? a : b; }

static inline int64_t sbr_ref_clamp(int64_t value, int64_t low, int64_t high) { return value < low ? low : value > high ? high : value; }
static inline int64_t sbr_ref_positive(int64_t value, int64_t otherwise) { return value > 0 ? value : otherwise; }

/* The nearest whole number, halves to even, whatever the rounding mode. */
double sbr_ref_even(double value);
/* Least and greatest value of an integer type. */
int64_t sbr_ref_least(sabir_type type);
int64_t sbr_ref_greatest(sabir_type type);
/* Rounds towards 0, saturates at the bounds of the type, takes NaN to 0; to bool: value != 0. */
int64_t sbr_ref_saturate(sabir_type type, double value);

/* Every element. */
void sbr_ref_fill(sbr_ref_tensor *tensor, double real, int64_t whole);
/* What nothing is the largest of: -inf or the least value. */
static inline void sbr_ref_fill_least(sbr_ref_tensor *tensor) { sbr_ref_fill(tensor, -INFINITY, sbr_ref_least(tensor->type)); }
/* Wraps every integer to the tensor's type. */
void sbr_ref_wrap_all(sbr_ref_tensor *tensor);

/* count elements from `from` on; both tensors of one type. */
static inline void sbr_ref_move(sbr_ref_tensor *out, int64_t to, const sbr_ref_tensor *in, int64_t from, int64_t count)
{
    if (count <= 0) return;
    if (out->f) memcpy(out->f + to, in->f + from, (size_t)count * sizeof(double));
    else memcpy(out->i + to, in->i + from, (size_t)count * sizeof(int64_t));
}

static inline void sbr_ref_accumulate(sbr_ref_tensor *out, int64_t to, const sbr_ref_tensor *in, int64_t from)
{
    if (out->f) out->f[to] += in->f[from];
    else out->i[to] = sbr_ref_add(out->i[to], in->i[from]);
}

static inline void sbr_ref_accumulate_product(sbr_ref_tensor *out, int64_t to, const sbr_ref_tensor *a, int64_t i, const sbr_ref_tensor *b, int64_t j)
{
    if (out->f) out->f[to] += a->f[i] * b->f[j];
    else out->i[to] = sbr_ref_add(out->i[to], sbr_ref_mul(a->i[i], b->i[j]));
}

static inline void sbr_ref_keep_larger(sbr_ref_tensor *out, int64_t to, const sbr_ref_tensor *in, int64_t from)
{
    if (out->f) out->f[to] = sbr_ref_larger(out->f[to], in->f[from]);
    else if (in->i[from] > out->i[to]) out->i[to] = in->i[from];
}

static inline void sbr_ref_keep_smaller(sbr_ref_tensor *out, int64_t to, const sbr_ref_tensor *in, int64_t from)
{
    if (out->f) out->f[to] = sbr_ref_smaller(out->f[to], in->f[from]);
    else if (in->i[from] < out->i[to]) out->i[to] = in->i[from];
}

/* Integers round towards 0. */
static inline void sbr_ref_divide(sbr_ref_tensor *out, int64_t at, int64_t divisor)
{
    if (out->f) out->f[at] /= (double)divisor;
    else out->i[at] = divisor ? out->i[at] / divisor : 0;
}

#endif
