#include "data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Types ---- */

static bool is_real(sabir_type type) { return type == SABIR_F32 || type == SABIR_F16 || type == SABIR_BF16 || type == SABIR_F64; }

static uint16_t half_of(double value)
{
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    const double size = fabs(value);
    if (isnan(value)) return 0x7e00;
    if (size >= 65520) return (uint16_t)(sign | 0x7c00);
    if (size < 0x1p-14) return (uint16_t)(sign | (uint16_t)lrint(size * 0x1p24));
    const int exponent = ilogb(size);
    return (uint16_t)(sign | (((exponent + 15) << 10) + (int)lrint(ldexp(size, 10 - exponent)) - 1024));
}

static double real_of_half(uint16_t bits)
{
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double size = exponent == 31 ? (fraction ? NAN : INFINITY) : exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return bits & 0x8000 ? -size : size;
}

static uint16_t bfloat_of(double value)
{
    const float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    if (isnan(value)) return 0x7fc0;
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static double real_of_bfloat(uint16_t half)
{
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void store_real(sabir_type type, double value, void *at)
{
    const float narrow = (float)value;
    const uint16_t half = type == SABIR_F16 ? half_of(value) : bfloat_of(value);
    if (type == SABIR_F64) memcpy(at, &value, sizeof value);
    else if (type == SABIR_F32) memcpy(at, &narrow, sizeof narrow);
    else memcpy(at, &half, sizeof half);
}

static void store_whole(sabir_type type, int64_t value, void *at)
{
    const int32_t word = (int32_t)(uint32_t)(uint64_t)value;
    const uint8_t byte = (uint8_t)value;
    switch (sabir_type_size(type)) {
    case 8: memcpy(at, &value, 8); break;
    case 4: memcpy(at, &word, 4); break;
    default: memcpy(at, &byte, 1); break;
    }
}

void conform_store_real(sabir_type type, double value, void *data, int64_t i)
{
    store_real(type, value, (char *)data + (size_t)i * sabir_type_size(type));
}

double conform_element(sabir_type type, const void *data, int64_t i)
{
    switch (type) {
    case SABIR_F32: return ((const float *)data)[i];
    case SABIR_F64: return ((const double *)data)[i];
    case SABIR_F16: return real_of_half(((const uint16_t *)data)[i]);
    case SABIR_BF16: return real_of_bfloat(((const uint16_t *)data)[i]);
    case SABIR_I32: return ((const int32_t *)data)[i];
    case SABIR_U32: return ((const uint32_t *)data)[i];
    case SABIR_I8: return ((const int8_t *)data)[i];
    case SABIR_I64: return (double)((const int64_t *)data)[i];
    default: return ((const uint8_t *)data)[i];
    }
}

/* ---- Making ---- */

uint64_t conform_hash(uint64_t seed, const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u ^ seed;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014). */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

typedef struct whole_range { int64_t low, high; } whole_range;

static whole_range range_of(sabir_type type)
{
    switch (type) {
    case SABIR_I32: return (whole_range){INT32_MIN, INT32_MAX};
    case SABIR_U32: return (whole_range){0, UINT32_MAX};
    case SABIR_I8: return (whole_range){INT8_MIN, INT8_MAX};
    case SABIR_U8: return (whole_range){0, UINT8_MAX};
    case SABIR_BOOL: return (whole_range){0, 1};
    default: return (whole_range){-((int64_t)1 << 53), (int64_t)1 << 53};
    }
}

static double draw_real(const conform_fill *fill, double position, uint64_t bits)
{
    static const double special[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1.0, -1.0, 0.5};
    if ((fill->flags & CONFORM_SPECIAL) && bits % 8 == 0) return special[bits >> 8 & 7];
    if (fill->flags & CONFORM_RISING) return fill->low + (fill->high - fill->low) * position;
    const double value = fill->low + (fill->high - fill->low) * ((double)(bits >> 11) * 0x1p-53);
    return fill->flags & CONFORM_COARSE ? rint(4 * value) / 4 : value;
}

static int64_t draw_whole(const conform_fill *fill, whole_range all, double position, uint64_t bits)
{
    const int64_t special[] = {all.low, all.high, 0, 1, all.low < 0 ? -1 : 2};
    if ((fill->flags & CONFORM_SPECIAL) && bits % 4 == 0) return special[(bits >> 8) % 5];
    if (fill->flags & CONFORM_RISING) return (int64_t)(fill->low + floor((fill->high - fill->low) * position + 0.5));
    whole_range range = {(int64_t)fill->low, (int64_t)fill->high};
    if (fill->flags & CONFORM_WHOLE) range = all;
    if (range.low < all.low) range.low = all.low;
    if (range.high > all.high) range.high = all.high;
    return range.low + (int64_t)((bits >> 8) % (uint64_t)(range.high - range.low + 1));
}

void conform_fill_elements(sabir_type type, int64_t count, const conform_fill *fill, uint64_t seed, void *data)
{
    const whole_range all = range_of(type);
    const size_t size = sabir_type_size(type);
    for (int64_t i = 0; i < count; i++) {
        char *at = (char *)data + (size_t)i * size;
        const double position = count > 1 ? (double)i / (double)(count - 1) : 0;
        const uint64_t bits = fill->formula ? 0 : mix(seed + (uint64_t)i * 0x2545f4914f6cdd1du);
        if (is_real(type)) store_real(type, fill->formula ? fill->formula(i) : draw_real(fill, position, bits), at);
        else if (type == SABIR_BOOL) store_whole(type, fill->formula ? fill->formula(i) != 0 : (int64_t)(bits >> 8 & 1), at);
        else store_whole(type, fill->formula ? (int64_t)fill->formula(i) : draw_whole(fill, all, position, bits), at);
    }
}

/* ---- Comparing ---- */

bool conform_close(sabir_type type, double tolerance, const void *got, const void *want, int64_t i)
{
    const size_t size = sabir_type_size(type);
    if (memcmp((const char *)got + (size_t)i * size, (const char *)want + (size_t)i * size, size) == 0) return true;
    if (!is_real(type)) return false;
    const double a = conform_element(type, got, i), b = conform_element(type, want, i);
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    if (tolerance == 0 || isinf(a) || isinf(b)) return tolerance > 0 && a == b;
    double room = tolerance * fmax(1, fabs(b));
    if (type == SABIR_F64) room *= 0x1p-20;
    if (type == SABIR_F16) room += 0x1p-10 * fabs(b) + 0x1p-24;
    if (type == SABIR_BF16) room += 0x1p-7 * fabs(b);
    return fabs(a - b) <= room;
}

static int64_t elements_of(const sabir_shape *shape)
{
    int64_t count = 1;
    for (int32_t i = 0; i < shape->rank; i++) count *= shape->extents[i];
    return count;
}

static void place_text(const sabir_shape *shape, int64_t index, char *text, size_t room)
{
    int64_t at[SABIR_MAX_RANK] = {0};
    for (int32_t i = shape->rank - 1; i >= 0; i--) {
        at[i] = index % shape->extents[i];
        index /= shape->extents[i];
    }
    size_t used = (size_t)snprintf(text, room, "[");
    for (int32_t i = 0; i < shape->rank && used < room; i++) used += (size_t)snprintf(text + used, room - used, i ? ", %lld" : "%lld", (long long)at[i]);
    if (used < room) snprintf(text + used, room - used, "]");
}

bool conform_compare(sabir_type type, const sabir_shape *shape, double tolerance, const void *got, const void *want, char *message, size_t room)
{
    const int64_t count = elements_of(shape);
    int64_t first = -1, different = 0;
    for (int64_t i = 0; i < count; i++) {
        if (conform_close(type, tolerance, got, want, i)) continue;
        if (first < 0) first = i;
        different++;
    }
    if (first < 0) return true;
    char place[192];
    place_text(shape, first, place, sizeof place);
    snprintf(message, room, "%lld of %lld elements (%s) differ, first at %s: %.9g, not %.9g (tolerance %g)", (long long)different, (long long)count,
             sabir_type_name(type), place, conform_element(type, got, first), conform_element(type, want, first), tolerance);
    return false;
}
