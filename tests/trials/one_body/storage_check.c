/* Every storage type through every class, against C: all 16-bit patterns, and hard float32 values on their way to 16 bits.
 *
 *   storage_check SOURCE_ROOT SCRATCH */
#include "device.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 65536 + 3 };

typedef union cell { double f64; int64_t i64; float f32; int32_t i32; uint32_t u32; uint16_t u16; uint8_t u8; } cell;

static double decode(sabir_type type, const void *data, size_t i)
{
    const uint8_t *at = (const uint8_t *)data + i * sabir_type_size(type);
    cell c = {0};
    memcpy(&c, at, sabir_type_size(type));
    switch (type) {
        case SABIR_F32: return (double)c.f32;
        case SABIR_F64: return c.f64;
        case SABIR_I32: return c.i32;
        case SABIR_U32: return c.u32;
        case SABIR_I64: return (double)c.i64;
        case SABIR_I8: return (int8_t)c.u8;
        case SABIR_U8: case SABIR_BOOL: return c.u8;
        case SABIR_BF16: c.u32 = (uint32_t)c.u16 << 16; return (double)c.f32;
        default: break;
    }
    int exponent = c.u16 >> 10 & 31, fraction = c.u16 & 1023;
    double magnitude = exponent == 31 ? (fraction ? NAN : INFINITY) : exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return c.u16 & 0x8000 ? -magnitude : magnitude;
}

/* The nearest value of a float format, ties to even. */
static double round_float(double v, int digits, int least, double most)
{
    if (!isfinite(v) || v == 0) return v;
    int exponent;
    frexp(v, &exponent);
    int unit = exponent - digits < least ? least : exponent - digits;
    double rounded = ldexp(rint(ldexp(v, -unit)), unit);
    return fabs(rounded) > most ? copysign(INFINITY, v) : rounded;
}

static double saturate(double v, double least, double most) { return isnan(v) ? 0 : v < least ? least : v > most ? most : trunc(v); }

static double wrap(double v, double modulus, double least)
{
    double rest = fmod(v, modulus);
    while (rest < least) rest += modulus;
    while (rest >= least + modulus) rest -= modulus;
    return rest;
}

static double right_value(double v, sabir_type to, bool from_float)
{
    switch (to) {
        case SABIR_F32: return (double)(float)v;
        case SABIR_F16: return round_float((double)(float)v, 11, -24, 65504);
        case SABIR_BF16: return round_float((double)(float)v, 8, -133, 3.3895313892515355e38);
        case SABIR_BOOL: return v != 0;
        case SABIR_I32: return from_float ? saturate(v, -2147483648.0, 2147483647.0) : wrap(v, 4294967296.0, -2147483648.0);
        case SABIR_U32: return from_float ? saturate(v, 0, 4294967295.0) : wrap(v, 4294967296.0, 0);
        case SABIR_I8: return from_float ? saturate(v, -128, 127) : wrap(v, 256, -128);
        case SABIR_U8: return from_float ? saturate(v, 0, 255) : wrap(v, 256, 0);
        default: return v;
    }
}

static void encode(sabir_type type, void *data, uint32_t i)
{
    uint64_t z = (i + 1) * 0x9e3779b97f4a7c15u;
    z ^= z >> 29;
    cell c = {.i64 = (int64_t)z};
    float scale = ldexpf(1, (int)(z >> 40 & 63) - 30);
    if (type == SABIR_F32) c.f32 = i < 32 ? 65504.0f + (float)i * 2 : i % 5 == 0 ? (float)(int)(z & 511) - 255.5f : i % 5 == 1 ? c.f32 : (float)((int)(z & 0x3fff) - 0x2000) * scale / 4096;
    if (type == SABIR_F64) c.f64 = (double)((int32_t)z) * (double)scale;
    if (type == SABIR_F16 || type == SABIR_BF16) c.u16 = (uint16_t)i;
    if (type == SABIR_BOOL) c.u8 = z >> 13 & 1;
    if (type == SABIR_I64) c.i64 = (int64_t)z >> (11 + (z & 31)); /* exact in float64 */
    memcpy((uint8_t *)data + i * sabir_type_size(type), &c, sabir_type_size(type));
}

static bool is_float(sabir_type t) { return t == SABIR_F32 || t == SABIR_F16 || t == SABIR_BF16 || t == SABIR_F64; }

/* Whether dialect.md promises this way. */
static bool is_way(sbr_arith class_, sabir_type from, sabir_type to)
{
    bool f64 = from == SABIR_F64 || to == SABIR_F64, i64 = from == SABIR_I64 || to == SABIR_I64;
    if (class_ == SBR_ARITH_F32) return !f64 && !i64;
    if (class_ == SBR_ARITH_F64) return to != SABIR_I64;
    if (class_ == SBR_ARITH_I64) return !is_float(from) && to != SABIR_F64;
    if (class_ == SBR_ARITH_U32 && from != SABIR_U32 && from != SABIR_U8 && from != SABIR_BOOL) return false;
    return !is_float(from) && !f64 && !(class_ == SBR_ARITH_I32 && from == SABIR_U32 && (is_float(to) || to == SABIR_I64))
        && !(from == SABIR_I64 && (is_float(to) || i64 || to == SABIR_BOOL));
}

static uint32_t check(trial_device *d, sbr_arith class_, sabir_type from, sabir_type to, bool wide)
{
    static uint8_t x[(N + 8) * 8], y[(N + 8) * 8];
    for (uint32_t i = 0; i < N + 1; i++) encode(from, x, i);
    memset(y, 0x5a, sizeof y);
    size_t in_bytes = (N + 1) * sabir_type_size(from), out_bytes = N * sabir_type_size(to);
    trial_tensor tensors[] = {{x, (in_bytes + 3) / 4 * 4, from, 1, false}, {y, (out_bytes + 3) / 4 * 4, to, 0, true}};
    trial_value values[] = {{"n", N, 0}};
    char kernel[512];
    snprintf(kernel, sizeof kernel, "%s/tests/trials/one_body/storage_copy.k", d->root);
    trial_launch launch = {.kernel = kernel, .variant = {class_, class_, wide}, .tensors = tensors, .tensor_count = 2, .values = values, .value_count = 1,
                           .groups_x = (N + 63) / 64, .groups_y = 1};
    if (trial_run(d, &launch) != SABIR_OK) {
        printf("%s\n", sabir_last_message());
        return N;
    }
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < N; i++) {
        double v = decode(from, x, i + 1);
        if (class_ == SBR_ARITH_F32) v = (double)(float)v;
        double right = right_value(v, to, class_ == SBR_ARITH_F32 || class_ == SBR_ARITH_F64), got = decode(to, y, i);
        bool same = isnan(right) ? isnan(got) : got == right;
        if (!same && !wrong) printf("  class %s, %s to %s: %.17g gave %.17g, not %.17g\n", sbr_arith_name(class_), sabir_type_name(from), sabir_type_name(to), v, got, right);
        wrong += !same;
    }
    for (size_t i = out_bytes; i < (out_bytes + 3) / 4 * 4; i++) wrong += y[i] != 0x5a;
    return wrong;
}

int main(int count, char **arguments)
{
    static const char *const apis[] = {"vulkan", "opencl"};
    static const sbr_arith classes[] = {SBR_ARITH_F32, SBR_ARITH_F64, SBR_ARITH_I32, SBR_ARITH_U32, SBR_ARITH_I64};
    if (count < 3) return 2;
    uint32_t wrong = 0, ways = 0;
    for (int a = 0; a < 2; a++) {
        trial_device d;
        if (trial_open(apis[a], arguments[1], arguments[2], &d) != SABIR_OK) return fprintf(stderr, "%s\n", sabir_last_message()), 1;
        for (size_t c = 0; c < SBR_COUNT(classes); c++)
            for (int from = 0; from < SABIR_TYPE_COUNT; from++)
                for (int to = 0; to < SABIR_TYPE_COUNT; to++)
                    if (is_way(classes[c], (sabir_type)from, (sabir_type)to)) wrong += check(&d, classes[c], (sabir_type)from, (sabir_type)to, (from + to) % 2), ways++;
        trial_close(&d);
    }
    printf("%u ways, %u elements wrong\n", ways, wrong);
    return wrong != 0;
}
