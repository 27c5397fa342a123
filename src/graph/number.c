/* Elements from numbers and back: exact rounding to nearest even, saturation as cast has it. */
#include <math.h>

#include "graph.h"

/* Nearest value of a format with so many fraction and exponent bits, ties to even, beyond the largest infinity. */
static uint16_t narrow(double number, int fraction_bits, int exponent_bits)
{
    const int infinity = ((1 << exponent_bits) - 1) << fraction_bits, least_exponent = 2 - (1 << (exponent_bits - 1));
    const int sign = signbit(number) ? 0x8000 : 0;
    if (isnan(number)) return (uint16_t)(sign | infinity | 1 << (fraction_bits - 1));
    if (isinf(number)) return (uint16_t)(sign | infinity);
    if (number == 0) return (uint16_t)sign;
    int exponent;
    (void)frexp(number, &exponent);
    exponent = exponent - 1 > least_exponent ? exponent - 1 : least_exponent;
    if (exponent >= 1 << (exponent_bits - 1)) return (uint16_t)(sign | infinity);
    const double steps = ldexp(fabs(number), fraction_bits - exponent); /* exact: below 2^(fraction_bits + 1) */
    double whole = floor(steps);
    const double rest = steps - whole;
    if (rest > 0.5 || (rest == 0.5 && fmod(whole, 2) != 0)) whole += 1;
    const int bits = ((exponent - least_exponent) << fraction_bits) + (int)whole; /* a carry moves the exponent on */
    return (uint16_t)(sign | (bits < infinity ? bits : infinity));
}

static double widen(uint16_t bits, int fraction_bits, int exponent_bits)
{
    const int exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1), fraction = bits & ((1 << fraction_bits) - 1);
    const int least_exponent = 2 - (1 << (exponent_bits - 1));
    double value;
    if (exponent == (1 << exponent_bits) - 1) value = fraction ? NAN : INFINITY;
    else if (exponent == 0) value = ldexp(fraction, least_exponent - fraction_bits);
    else value = ldexp((1 << fraction_bits) + fraction, exponent - 1 + least_exponent - fraction_bits);
    return bits & 0x8000 ? -value : value;
}

/* Towards 0, within least .. most, NaN to 0. */
static int64_t whole(double number, int64_t least, int64_t most)
{
    if (isnan(number)) return 0;
    if (number <= (double)least) return least;
    return number >= (double)most ? most : (int64_t)number;
}

void sbr_number_store(sabir_type type, double number, void *element)
{
    switch (type) {
#define STORE(T, value) do { const T stored = (T)(value); memcpy(element, &stored, sizeof stored); } while (0)
    case SABIR_F32: STORE(float, number); break;
    case SABIR_F16: STORE(uint16_t, narrow(number, 10, 5)); break;
    case SABIR_BF16: STORE(uint16_t, narrow(number, 7, 8)); break;
    case SABIR_F64: STORE(double, number); break;
    case SABIR_I32: STORE(int32_t, whole(number, INT32_MIN, INT32_MAX)); break;
    case SABIR_U32: STORE(uint32_t, whole(number, 0, UINT32_MAX)); break;
    case SABIR_I8: STORE(int8_t, whole(number, INT8_MIN, INT8_MAX)); break;
    case SABIR_U8: STORE(uint8_t, whole(number, 0, UINT8_MAX)); break;
    case SABIR_BOOL: STORE(uint8_t, number != 0); break;
    case SABIR_I64: STORE(int64_t, whole(number, INT64_MIN, INT64_MAX)); break;
    case SABIR_TYPE_COUNT: break;
#undef STORE
    }
}

#define LOAD(T)                                 \
    static inline T load_##T(const void *element) \
    {                                           \
        T value;                                \
        memcpy(&value, element, sizeof value);  \
        return value;                           \
    }
LOAD(float) LOAD(double) LOAD(uint16_t) LOAD(int32_t) LOAD(uint32_t) LOAD(int8_t) LOAD(uint8_t) LOAD(int64_t)
#undef LOAD

double sbr_number_load(sabir_type type, const void *element)
{
    switch (type) {
    case SABIR_F32: return (double)load_float(element);
    case SABIR_F16: return widen(load_uint16_t(element), 10, 5);
    case SABIR_BF16: return widen(load_uint16_t(element), 7, 8);
    case SABIR_F64: return load_double(element);
    case SABIR_I32: return load_int32_t(element);
    case SABIR_U32: return load_uint32_t(element);
    case SABIR_I8: return load_int8_t(element);
    case SABIR_U8: return load_uint8_t(element);
    case SABIR_BOOL: return load_uint8_t(element) != 0;
    case SABIR_I64: return (double)load_int64_t(element);
    case SABIR_TYPE_COUNT: break;
    }
    return 0;
}
