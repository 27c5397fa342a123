/* Special values of kernels/math as C99's annex F has them, and log and cos of a million arguments bit for bit on two APIs.
 *
 *   special_check SOURCE_ROOT SCRATCH */
#include "device.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MILLION = 1000000 };

static const struct { const char *name; uint32_t op; double (*one)(double); double (*two)(double, double); } functions[] = {
    {"exp", 0, exp, NULL}, {"expm1", 1, expm1, NULL}, {"log", 2, log, NULL}, {"log1p", 3, log1p, NULL}, {"sin", 4, sin, NULL}, {"cos", 5, cos, NULL},
    {"tan", 6, tan, NULL}, {"asin", 7, asin, NULL}, {"acos", 8, acos, NULL}, {"atan", 9, atan, NULL}, {"atan2", 10, NULL, atan2}, {"tanh", 11, tanh, NULL},
    {"sinh", 12, sinh, NULL}, {"cosh", 13, cosh, NULL}, {"pow", 14, NULL, pow}, {"erf", 15, erf, NULL}, {"lgamma", 16, lgamma, NULL}, {"sqrt", 17, sqrt, NULL},
    {"log2", 22, log2, NULL}, {"round", 19, rint, NULL},
};
static const double hard[] = {0.0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -2.5, INFINITY, -INFINITY, NAN, 1e-40, -1e-40, 1e-45, 3e38, -3e38, 1e10, -1e10,
                              88.8, -103.0, -104.5, 1.1754944e-38, 16777217, -16777216, 33554433, 100.5};
enum { HARD = SBR_COUNT(hard) };

static float x[MILLION], w[MILLION], y[2][MILLION];
static double x64[HARD * HARD], w64[HARD * HARD], y64[HARD * HARD];

static sabir_status run(trial_device *d, uint32_t op, bool f64, uint32_t n, void *a, void *b, void *out)
{
    char kernel[512];
    snprintf(kernel, sizeof kernel, "%s/tests/trials/one_body/math_check.k", d->root);
    sabir_type type = f64 ? SABIR_F64 : SABIR_F32;
    size_t bytes = n * sabir_type_size(type);
    trial_tensor tensors[] = {{a, bytes, type, 0, false}, {b, bytes, type, 0, false}, {out, bytes, type, 0, true}};
    trial_value values[] = {{"n", n, 0}, {"op", op, 0}};
    sbr_arith arith = f64 ? SBR_ARITH_F64 : SBR_ARITH_F32;
    trial_launch launch = {.kernel = kernel, .variant = {arith, arith, d->caps.language == SABIR_LANGUAGE_OPENCL_C}, .plain = true, .tensors = tensors,
                           .tensor_count = 3, .values = values, .value_count = 2, .groups_x = (n + 63) / 64, .groups_y = 1};
    return trial_run(d, &launch);
}

static bool close_enough(double got, double right, double tolerance)
{
    if (isnan(right)) return isnan(got);
    if (isinf(right) || right == 0) return got == right && signbit(got) == signbit(right);
    return fabs(got - right) <= tolerance * fabs(right);
}

static uint32_t check_hard(trial_device *d, size_t k, bool f64)
{
    uint32_t wrong = 0;
    bool pairs = functions[k].two != NULL;
    int n = pairs ? HARD * HARD : HARD;
    for (int i = 0; i < n; i++) {
        x[i] = (float)(x64[i] = hard[i % HARD]);
        w[i] = (float)(w64[i] = hard[i / HARD]);
    }
    if (run(d, functions[k].op, f64, (uint32_t)n, f64 ? (void *)x64 : x, f64 ? (void *)w64 : w, f64 ? (void *)y64 : y[0]) != SABIR_OK) {
        printf("%s\n", sabir_last_message());
        return 1;
    }
    for (int i = 0; i < n; i++) {
        double a = f64 ? x64[i] : (double)x[i], b = f64 ? w64[i] : (double)w[i], right = pairs ? functions[k].two(a, b) : functions[k].one(a);
        double got = f64 ? y64[i] : (double)y[0][i];
        if (!f64) right = (double)(float)right;
        if (functions[k].op == 16 && a < 0 && isfinite(right) && fabs(got - right) < 1e-6) right = got; /* beside a zero of the function */
        bool subnormal = !f64 && right != 0 && fabs(right) < 1.2e-38;
        bool good = subnormal ? fabs(got - right) <= 3e-45 : close_enough(got, right, f64 ? 1e-14 : 4e-7);
        bool inexact = f64 && functions[k].op >= 4 && functions[k].op <= 6 && fabs(a) > 1e6 && isfinite(a); /* only sane there */
        if (inexact) good = functions[k].op == 6 || fabs(got) <= 1;
        if (!good) printf("  %s %s%s(%.9g, %.9g) = %.17g, not %.17g\n", d->backend->name, f64 ? "f64 " : "", functions[k].name, a, b, got, right);
        wrong += !good;
    }
    return wrong;
}

static uint32_t compare_bits(trial_device *devices, uint32_t op, float low, float high)
{
    uint32_t state = 12345 + op, differ = 0;
    for (int i = 0; i < MILLION; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = w[i] = low + (high - low) * (float)(state >> 8) * 0x1p-24f;
    }
    for (int d = 0; d < 2; d++)
        if (run(&devices[d], op, false, MILLION, x, w, y[d]) != SABIR_OK) return printf("%s\n", sabir_last_message()), MILLION;
    for (int i = 0; i < MILLION; i++) differ += memcmp(&y[0][i], &y[1][i], 4) != 0;
    return differ;
}

int main(int count, char **arguments)
{
    if (count < 3) return 2;
    static const char *const apis[] = {"vulkan", "opencl"};
    trial_device devices[2];
    uint32_t wrong = 0;
    for (int a = 0; a < 2; a++)
        if (trial_open(apis[a], arguments[1], arguments[2], &devices[a]) != SABIR_OK) return fprintf(stderr, "%s\n", sabir_last_message()), 1;
    for (int a = 0; a < 2; a++)
        for (int f64 = 0; f64 < 2; f64++)
            for (size_t k = 0; k < SBR_COUNT(functions); k++) wrong += check_hard(&devices[a], k, f64 != 0);
    printf("special values: %u wrong\n", wrong);
    static const struct { const char *name; uint32_t op; float low, high; } same[] = {{"log", 2, 0, 1}, {"log", 2, 0, 1e6f}, {"cos", 5, 0, 6.2831855f},
        {"cos", 5, -1e5f, 1e5f}, {"sin", 4, -100, 100}, {"exp", 0, -87, 88}, {"sqrt", 17, 0, 100}, {"divide", 21, 1, 100}, {"pow", 14, 0, 5}};
    for (size_t i = 0; i < SBR_COUNT(same); i++) {
        uint32_t differ = compare_bits(devices, same[i].op, same[i].low, same[i].high);
        printf("%-6s on [%g, %g]: %u of %d differ\n", same[i].name, (double)same[i].low, (double)same[i].high, differ, MILLION);
        wrong += differ;
    }
    for (int a = 0; a < 2; a++) trial_close(&devices[a]);
    return wrong != 0;
}
