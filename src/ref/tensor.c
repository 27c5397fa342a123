#include "element.h"

typedef struct float_format {
    int digits;         /* of the significand, the leading one counted */
    int least_exponent; /* of the last digit of a subnormal */
    double largest;
} float_format;

static const float_format f16_format = {.digits = 11, .least_exponent = -24, .largest = 65504.0};
static const float_format bf16_format = {.digits = 8, .least_exponent = -133, .largest = 0x1.FEp127};

sabir_status sbr_ref_alloc(const sabir_allocator *allocator, sbr_ref_tensor *tensor)
{
    tensor->f = NULL;
    tensor->i = NULL;
    tensor->count = 1;
    bool fits = true, empty = false;
    for (int32_t axis = 0; axis < tensor->rank; axis++) {
        const int64_t extent = tensor->extents[axis];
        if (extent < 0) return sbr_fail(SABIR_INVALID_SHAPE, "a tensor of the reference has extent %lld along axis %d", (long long)extent, (int)axis);
        if (extent == 0) empty = true;
        else fits = fits && sbr_mul_i64(tensor->count, extent, &tensor->count);
    }
    if (empty) tensor->count = 0;
    else if (!fits || (uint64_t)tensor->count > SIZE_MAX / sizeof(double))
        return sbr_fail(SABIR_OUT_OF_MEMORY, "a tensor of the reference has more elements than the host can address");
    void *elements = sbr_alloc_array(allocator, (size_t)tensor->count, sizeof(double));
    if (!elements) return sbr_no_memory((size_t)tensor->count * sizeof(double));
    if (sbr_is_float(tensor->type)) tensor->f = elements;
    else tensor->i = elements;
    return SABIR_OK;
}

void sbr_ref_free(const sabir_allocator *allocator, sbr_ref_tensor *tensor)
{
    sbr_free(allocator, tensor->f);
    sbr_free(allocator, tensor->i);
    tensor->f = NULL;
    tensor->i = NULL;
}

static double round_to(float_format format, double value)
{
    if (!isfinite(value) || value == 0.0) return value;
    int exponent;
    (void)frexp(value, &exponent);
    const int last = exponent - format.digits > format.least_exponent ? exponent - format.digits : format.least_exponent;
    const double rounded = ldexp(sbr_ref_even(ldexp(fabs(value), -last)), last);
    return copysign(rounded > format.largest ? INFINITY : rounded, value);
}

double sbr_ref_round(sabir_type type, double value)
{
    switch (type) {
    case SABIR_F32: return (double)(float)value;
    case SABIR_F16: return round_to(f16_format, value);
    case SABIR_BF16: return round_to(bf16_format, value);
    default: return value;
    }
}

static uint16_t f16_bits(double value)
{
    const unsigned sign = signbit(value) ? 0x8000u : 0u;
    if (isnan(value)) return (uint16_t)(sign | 0x7E00u);
    const double size = fabs(round_to(f16_format, value));
    if (isinf(size)) return (uint16_t)(sign | 0x7C00u);
    if (size < 0x1p-14) return (uint16_t)(sign | (unsigned)(size * 0x1p24));
    int exponent;
    const double fraction = frexp(size, &exponent); /* 0.5 .. 1 */
    return (uint16_t)(sign | (unsigned)(exponent + 14) << 10 | ((unsigned)(fraction * 0x1p11) & 0x3FFu));
}

static double f16_value(uint16_t bits)
{
    const unsigned exponent = bits >> 10 & 31u, fraction = bits & 0x3FFu;
    double size;
    if (exponent == 31) size = fraction ? NAN : INFINITY;
    else if (exponent == 0) size = fraction * 0x1p-24;
    else size = ldexp(1024.0 + fraction, (int)exponent - 25);
    return bits & 0x8000u ? -size : size;
}

/* A bf16 is the upper half of the f32 of the same value. */
static uint16_t bf16_bits(double value)
{
    if (isnan(value)) return signbit(value) ? 0xFFC0u : 0x7FC0u;
    const float rounded = (float)round_to(bf16_format, value);
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    return (uint16_t)(bits >> 16);
}

static double bf16_value(uint16_t upper)
{
    const uint32_t bits = (uint32_t)upper << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void sbr_ref_load(sbr_ref_tensor *tensor, const void *data)
{
    const int64_t count = tensor->count;
#define LOAD(T, to, value) do { const T *from = data; for (int64_t k = 0; k < count; k++) tensor->to[k] = (value); } while (0); break
    switch (tensor->type) {
    case SABIR_F32: LOAD(float, f, (double)from[k]);
    case SABIR_F16: LOAD(uint16_t, f, f16_value(from[k]));
    case SABIR_BF16: LOAD(uint16_t, f, bf16_value(from[k]));
    case SABIR_F64: LOAD(double, f, from[k]);
    case SABIR_I32: LOAD(int32_t, i, from[k]);
    case SABIR_U32: LOAD(uint32_t, i, from[k]);
    case SABIR_I8: LOAD(int8_t, i, from[k]);
    case SABIR_U8: LOAD(uint8_t, i, from[k]);
    case SABIR_BOOL: LOAD(uint8_t, i, from[k] != 0);
    case SABIR_I64: LOAD(int64_t, i, from[k]);
    case SABIR_TYPE_COUNT: break;
    }
#undef LOAD
}

void sbr_ref_store(const sbr_ref_tensor *tensor, void *data)
{
    const int64_t count = tensor->count;
#define STORE(T, value) do { T *to = data; for (int64_t k = 0; k < count; k++) to[k] = (T)(value); } while (0); break
    switch (tensor->type) {
    case SABIR_F32: STORE(float, tensor->f[k]);
    case SABIR_F16: STORE(uint16_t, f16_bits(tensor->f[k]));
    case SABIR_BF16: STORE(uint16_t, bf16_bits(tensor->f[k]));
    case SABIR_F64: STORE(double, tensor->f[k]);
    case SABIR_I32: STORE(int32_t, tensor->i[k]);
    case SABIR_U32: STORE(uint32_t, tensor->i[k]);
    case SABIR_I8: STORE(int8_t, tensor->i[k]);
    case SABIR_U8: STORE(uint8_t, tensor->i[k]);
    case SABIR_BOOL: STORE(uint8_t, tensor->i[k] != 0);
    case SABIR_I64: STORE(int64_t, tensor->i[k]);
    case SABIR_TYPE_COUNT: break;
    }
#undef STORE
}
