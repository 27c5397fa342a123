/* What tests of differential equations share: each runs on the reference in f64 and on Vulkan and OpenCL in f32, with a tolerance for each. */
#ifndef TEST_PDE_H
#define TEST_PDE_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/evaluate.h"

typedef struct pde_place { sabir_context *context; const char *selector; sabir_type type; } pde_place;

#define PDE_TEST(suite, name)                                                                                                                       \
    static void name(pde_place at);                                                                                                                 \
    static void name##_f64(sabir_context *context, const char *selector) { name((pde_place){context, selector, SABIR_F64}); }                       \
    static void name##_f32(sabir_context *context, const char *selector) { name((pde_place){context, selector, SABIR_F32}); }                       \
    Test(suite, name##_reference, .timeout = 120) { on_device("reference", name##_f64); }                                                           \
    Test(suite, name##_vulkan, .timeout = 300) { on_device("vulkan", name##_f32); }                                                                 \
    Test(suite, name##_opencl, .timeout = 300) { on_device("opencl", name##_f32); }                                                                 \
    static void name(pde_place at)

static inline evaluation pde_open(pde_place at) { return evaluate_open(at.context, at.selector, at.type); }
/* The tolerance of the type. */
static inline double pde_within(pde_place at, double f64, double f32) { return at.type == SABIR_F64 ? f64 : f32; }
static inline sabir_value pde_number(const evaluation *e, double value) { return sabir_number(e->graph, e->type, value); }

static const double pde_pi = 3.14159265358979323846;

/* A field by a formula of the cell's centre. n cells an axis of [0, 1] from the last axis back. */
typedef double pde_formula(const double *x);

static inline void pde_centre(int32_t axes, int64_t n, int64_t cell, double x[3])
{
    for (int32_t a = axes; a-- > 0; cell /= n) x[a] = ((double)(cell % n) + 0.5) / (double)n;
}

static inline int64_t pde_cells(int32_t axes, int64_t n)
{
    int64_t cells = 1;
    for (int32_t a = 0; a < axes; a++) cells *= n;
    return cells;
}

static inline sabir_value pde_field(evaluation *e, int32_t axes, int64_t n, pde_formula *formula)
{
    const int64_t cells = pde_cells(axes, n);
    double *values = malloc((size_t)cells * sizeof *values);
    sabir_shape shape = {.rank = axes};
    for (int32_t a = 0; a < axes; a++) shape.extents[a] = n;
    for (int64_t cell = 0; cell < cells; cell++) {
        double x[3];
        pde_centre(axes, n, cell, x);
        values[cell] = formula(x);
    }
    const sabir_value field = evaluate_input(e, shape, values);
    free(values);
    return field;
}

/* Mean and largest distance of an output from a formula. */
typedef struct pde_error { double mean, most; } pde_error;
static inline pde_error pde_distance(const evaluation *e, uint32_t output, int32_t axes, int64_t n, pde_formula *formula)
{
    pde_error error = {0};
    const int64_t cells = pde_cells(axes, n);
    for (int64_t cell = 0; cell < cells; cell++) {
        double x[3];
        pde_centre(axes, n, cell, x);
        const double distance = fabs(evaluate_at(e, output, cell) - formula(x));
        error.mean += distance / (double)cells;
        if (!(distance <= error.most)) error.most = distance;
    }
    return error;
}

/* The order seen when the spacing was halved. */
static inline void pde_expect_order(const char *what, double coarse, double fine, double least)
{
    const double order = log2(coarse / fine);
    cr_expect(order >= least, "%s: errors %g and %g, order %.2f, not %.2f", what, coarse, fine, order, least);
}

static inline sabir_grid pde_grid(int32_t axes, int64_t n, sabir_side_kind kind)
{
    sabir_grid grid = SABIR_GRID;
    grid.axes = axes;
    for (int32_t a = 0; a < axes; a++) {
        grid.spacing[a] = 1 / (double)n;
        grid.sides[a][0].kind = grid.sides[a][1].kind = kind;
    }
    return grid;
}

/* -1 .. 1, the same in each run. */
static inline double pde_drawn(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(int64_t)(*state >> 33) * 0x1p-30 - 1.0;
}

static inline sabir_value pde_random(evaluation *e, sabir_shape shape, uint64_t seed)
{
    int64_t count = 1;
    uint64_t state = seed * 2654435761u + 12345u;
    for (int32_t i = 0; i < shape.rank; i++) count *= shape.extents[i];
    double *values = malloc((size_t)count * sizeof *values + 1);
    for (int64_t k = 0; k < count; k++) values[k] = pde_drawn(&state);
    const sabir_value value = evaluate_input(e, shape, values);
    free(values);
    return value;
}

static inline double pde_sum(const evaluation *e, uint32_t output)
{
    int64_t count;
    const double *values = evaluate_values(e, output, &count);
    double sum = 0;
    for (int64_t k = 0; k < count; k++) sum += values[k];
    return sum;
}

static inline double pde_dot(const evaluation *e, uint32_t a, uint32_t b)
{
    int64_t count, other;
    const double *x = evaluate_values(e, a, &count), *y = evaluate_values(e, b, &other);
    double sum = 0;
    cr_assert_eq(count, other);
    for (int64_t k = 0; k < count; k++) sum += x[k] * y[k];
    return sum;
}

#endif
