/* Errors of kernels/math against long double, and whether devices agree bit for bit.
 *
 *   math_check SOURCE_ROOT SCRATCH [DEVICE...]     devices: vulkan opencl */
#include "device.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct function {
    const char *name;
    uint32_t op;
    long double (*one)(long double);
    long double (*two)(long double, long double);
    double low, high;   /* of the first argument */
    double low2, high2; /* of the second */
    double ulps, f64_error; /* allowed; 0: not judged */
} function;

static long double log_gamma(long double x) { return lgammal(x); }
static long double inverse_root(long double x) { return 1 / sqrtl(x); }
static long double divide(long double a, long double b) { return a / b; }
static long double modulo(long double a, long double b) { return a - floorl(a / b) * b; }

static const function functions[] = {
    {"exp", 0, expl, NULL, -87, 88.7, 0, 0, 2, 1e-14}, {"exp near 0", 0, expl, NULL, -1, 1, 0, 0, 2, 1e-14},
    {"expm1", 1, expm1l, NULL, -20, 80, 0, 0, 4, 1e-14}, {"expm1 near 0", 1, expm1l, NULL, -1, 1, 0, 0, 4, 1e-14},
    {"log", 2, logl, NULL, 0, 10, 0, 0, 2, 1e-14}, {"log wide", 2, logl, NULL, 1e-30, 1e30, 0, 0, 2, 1e-14},
    {"log1p", 3, log1pl, NULL, -0.999, 4, 0, 0, 4, 1e-14}, {"log2", 22, log2l, NULL, 0, 10, 0, 0, 4, 1e-14},
    {"sin", 4, sinl, NULL, -100, 100, 0, 0, 2, 1e-14}, {"sin wide", 4, sinl, NULL, -1e5, 1e5, 0, 0, 4, 1e-14},
    {"cos", 5, cosl, NULL, -100, 100, 0, 0, 2, 1e-14}, {"cos wide", 5, cosl, NULL, -1e5, 1e5, 0, 0, 4, 1e-14},
    {"tan", 6, tanl, NULL, -100, 100, 0, 0, 4, 1e-14},
    {"asin", 7, asinl, NULL, -1, 1, 0, 0, 4, 1e-14}, {"acos", 8, acosl, NULL, -1, 1, 0, 0, 4, 1e-14}, {"atan", 9, atanl, NULL, -10, 10, 0, 0, 4, 1e-14},
    {"atan2", 10, NULL, atan2l, -10, 10, -10, 10, 4, 1e-14},
    {"tanh", 11, tanhl, NULL, -10, 10, 0, 0, 4, 1e-14}, {"sinh", 12, sinhl, NULL, -20, 20, 0, 0, 4, 1e-14}, {"cosh", 13, coshl, NULL, -20, 20, 0, 0, 4, 1e-14},
    {"pow", 14, NULL, powl, 0, 10, -30, 30, 4, 1e-14}, {"erf", 15, erfl, NULL, -5, 5, 0, 0, 4, 1e-14},
    {"lgamma", 16, log_gamma, NULL, 0.01, 100, 0, 0, 4, 1e-14}, {"lgamma negative", 16, log_gamma, NULL, -10, 0, 0, 0, 0, 0},
    {"sqrt", 17, sqrtl, NULL, 0, 1e6, 0, 0, 4, 1e-14}, {"rsqrt", 18, inverse_root, NULL, 1e-3, 1e6, 0, 0, 4, 1e-14},
    {"round", 19, rintl, NULL, -1e3, 1e3, 0, 0, 4, 1e-14}, {"mod", 20, NULL, modulo, -100, 100, 1, 10, 0, 0},
    {"divide", 21, NULL, divide, -100, 100, 1, 10, 4, 1e-14},
};

enum { COUNT = 200000 };
static double inputs[2][COUNT];
static double results[2][COUNT];
static float singles[3][COUNT];

static double uniform(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static double spread(uint64_t *state, double low, double high)
{
    double u = uniform(state);
    return low > 0 && high / low > 1e6 ? low * pow(high / low, u) : low + (high - low) * u;
}

static void fill(const function *f)
{
    uint64_t state = f->op;
    for (int i = 0; i < COUNT; i++) {
        inputs[0][i] = spread(&state, f->low, f->high);
        inputs[1][i] = spread(&state, f->low2, f->high2);
        singles[0][i] = (float)inputs[0][i];
        singles[1][i] = (float)inputs[1][i];
    }
}

static sabir_status run(trial_device *d, const function *f, bool f64, double *out)
{
    char kernel[512];
    snprintf(kernel, sizeof kernel, "%s/tests/trials/one_body/math_check.k", d->root);
    sabir_type type = f64 ? SABIR_F64 : SABIR_F32;
    size_t bytes = COUNT * (f64 ? 8u : 4u);
    trial_tensor tensors[] = {{f64 ? (void *)inputs[0] : singles[0], bytes, type, 0, false}, {f64 ? (void *)inputs[1] : singles[1], bytes, type, 0, false},
                              {f64 ? (void *)out : singles[2], bytes, type, 0, true}};
    trial_value values[] = {{"n", COUNT, 0}, {"op", f->op, 0}};
    trial_launch launch = {.kernel = kernel, .variant = {f64 ? SBR_ARITH_F64 : SBR_ARITH_F32, f64 ? SBR_ARITH_F64 : SBR_ARITH_F32, d->caps.language == SABIR_LANGUAGE_OPENCL_C},
                           .plain = true, .tensors = tensors, .tensor_count = 3, .values = values, .value_count = 2, .groups_x = (COUNT + 63) / 64, .groups_y = 1};
    SABIR_TRY(trial_run(d, &launch));
    for (int i = 0; !f64 && i < COUNT; i++) out[i] = (double)singles[2][i];
    return SABIR_OK;
}

/* The largest error in units of the last place (float32) or relative (float64), and where. */
static double largest_error(const function *f, bool f64, const double *out, int *where)
{
    double worst = 0;
    for (int i = 0; i < COUNT; i++) {
        long double a = f64 ? inputs[0][i] : (double)singles[0][i], b = f64 ? inputs[1][i] : (double)singles[1][i];
        long double right = f->one ? f->one(a) : f->two(a, b);
        if (!f64 && (fabsl(right) > 3.4e38L || fabsl(right) < 1.2e-38L)) continue;
        if (f64 && (fabsl(right) > 1e300L || fabsl(right) < 1e-290L)) continue;
        int exponent;
        frexpl(right, &exponent);
        long double unit = f64 ? fabsl(right) : ldexpl(1, exponent - 24);
        double error = (double)(fabsl(out[i] - right) / unit);
        if (!(error <= worst)) {
            worst = error;
            *where = i;
        }
    }
    return worst;
}

int main(int count, char **arguments)
{
    if (count < 3) return 2;
    static const char *const all[] = {"vulkan", "opencl"};
    trial_device devices[2];
    int failures = 0;
    for (int i = 0; i < 2; i++)
        if (trial_open(all[i], arguments[1], arguments[2], &devices[i]) != SABIR_OK) return fprintf(stderr, "%s\n", sabir_last_message()), 1;
    printf("%-16s %28s %28s %10s %30s\n", "function", "float32 ulp vulkan, opencl", "float64 error", "same f32", "worst argument (f32, f64)");
    for (size_t k = 0; k < SBR_COUNT(functions); k++) {
        const function *f = &functions[k];
        if (count > 3 && strcmp(arguments[3], f->name)) continue;
        fill(f);
        double error[2][2];
        int where[2] = {0, 0}, same = 0;
        for (int f64 = 0; f64 < 2; f64++) {
            for (int d = 0; d < 2; d++) {
                if (run(&devices[d], f, f64, results[d]) != SABIR_OK) return fprintf(stderr, "%s\n", sabir_last_message()), 1;
                error[f64][d] = largest_error(f, f64, results[d], &where[f64]);
                double allowed = f64 ? f->f64_error : f->ulps;
                failures += allowed > 0 && !(error[f64][d] <= allowed);
            }
            for (int i = 0; !f64 && i < COUNT; i++) same += !memcmp(&results[0][i], &results[1][i], 8);
        }
        printf("%-16s %13.2f %14.2f %13.2e %14.2e %10s %15.8g %15.8g\n", f->name, error[0][0], error[0][1], error[1][0], error[1][1],
               same == COUNT ? "all" : "not all", inputs[0][where[0]], inputs[0][where[1]]);
        fflush(stdout);
    }
    for (int i = 0; i < 2; i++) trial_close(&devices[i]);
    printf("%d outside the limits\n", failures);
    return failures != 0;
}
