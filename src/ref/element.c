#include "element.h"

double sbr_ref_even(double value)
{
    double whole = floor(value);
    const double rest = value - whole;
    if (rest > 0.5 || (rest == 0.5 && fmod(whole, 2.0) != 0.0)) whole += 1.0;
    return whole;
}

int64_t sbr_ref_wrap(sabir_type type, int64_t value)
{
    switch (type) {
    case SABIR_I32: return (int32_t)value;
    case SABIR_U32: return (uint32_t)value;
    case SABIR_I8: return (int8_t)value;
    case SABIR_U8: return (uint8_t)value;
    case SABIR_BOOL: return value != 0;
    default: return value;
    }
}

int64_t sbr_ref_least(sabir_type type)
{
    switch (type) {
    case SABIR_I32: return INT32_MIN;
    case SABIR_I8: return INT8_MIN;
    case SABIR_I64: return INT64_MIN;
    default: return 0;
    }
}

int64_t sbr_ref_greatest(sabir_type type)
{
    switch (type) {
    case SABIR_I32: return INT32_MAX;
    case SABIR_U32: return UINT32_MAX;
    case SABIR_I8: return INT8_MAX;
    case SABIR_U8: return UINT8_MAX;
    case SABIR_I64: return INT64_MAX;
    default: return 1;
    }
}

int64_t sbr_ref_saturate(sabir_type type, double value)
{
    if (type == SABIR_BOOL) return value != 0.0;
    if (isnan(value)) return 0;
    const int64_t least = sbr_ref_least(type), greatest = sbr_ref_greatest(type);
    if (value <= (double)least) return least;
    if (value >= (double)greatest) return greatest;
    return (int64_t)value;
}

void sbr_ref_fill(sbr_ref_tensor *tensor, double real, int64_t whole)
{
    if (tensor->f)
        for (int64_t k = 0; k < tensor->count; k++) tensor->f[k] = real;
    else
        for (int64_t k = 0; k < tensor->count; k++) tensor->i[k] = whole;
}

void sbr_ref_wrap_all(sbr_ref_tensor *tensor)
{
    if (tensor->f) return;
    for (int64_t k = 0; k < tensor->count; k++) tensor->i[k] = sbr_ref_wrap(tensor->type, tensor->i[k]);
}
