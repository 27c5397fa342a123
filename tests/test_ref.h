/* Short words for tests of the reference: tensors from lists of numbers, one call of one operator, comparison with a list. */
#ifndef TEST_REF_H
#define TEST_REF_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "ref/ref.h"

enum { REF_TENSORS = 4096 };
static sabir_allocator ref_allocator;
static sbr_ref_tensor ref_made[REF_TENSORS]; /* freed at the end of each test */
static int ref_made_count;

static inline void ref_init(void) { ref_allocator = sbr_allocator_or_default((sabir_allocator){0}); }

static inline void ref_fini(void)
{
    while (ref_made_count > 0) sbr_ref_free(&ref_allocator, &ref_made[--ref_made_count]);
}

static inline sbr_ref_tensor ref_empty(sabir_type type, sabir_shape shape)
{
    sbr_ref_tensor tensor = {.type = type, .rank = shape.rank};
    memcpy(tensor.extents, shape.extents, sizeof tensor.extents);
    cr_assert_eq(sbr_ref_alloc(&ref_allocator, &tensor), SABIR_OK);
    cr_assert_lt(ref_made_count, REF_TENSORS);
    ref_made[ref_made_count++] = tensor;
    return tensor;
}

static inline double ref_at(const sbr_ref_tensor *tensor, int64_t k) { return tensor->f ? tensor->f[k] : (double)tensor->i[k]; }

static inline void ref_put(sbr_ref_tensor *tensor, int64_t k, double value)
{
    if (tensor->f) tensor->f[k] = value;
    else tensor->i[k] = (int64_t)value;
}

static inline sbr_ref_tensor ref_from(sabir_type type, sabir_shape shape, int64_t given, const double *values)
{
    sbr_ref_tensor tensor = ref_empty(type, shape);
    cr_assert_leq(tensor.count, given, "%lld numbers for %lld elements", (long long)given, (long long)tensor.count);
    for (int64_t k = 0; k < tensor.count && k < given; k++) ref_put(&tensor, k, values[k]);
    return tensor;
}

/* TENSOR(type, (2, 3), 1, 2, 3, 4, 5, 6); one number more where there are no elements. */
#define TENSOR(type, shape, ...) ref_from((type), SABIR_SHAPE shape, (int64_t)SBR_COUNT(((const double[]){__VA_ARGS__})), (const double[]){__VA_ARGS__})
#define SCALAR(type, value) ref_from((type), SABIR_SCALAR_SHAPE, 1, (const double[]){value})
#define F32(shape, ...) TENSOR(SABIR_F32, shape, __VA_ARGS__)
#define I32(shape, ...) TENSOR(SABIR_I32, shape, __VA_ARGS__)
#define BOOL(shape, ...) TENSOR(SABIR_BOOL, shape, __VA_ARGS__)

static inline void ref_call(sbr_op op, const void *attrs, uint32_t inputs, const sbr_ref_tensor *input, uint32_t outputs, sbr_ref_tensor *output)
{
    /* A function fills its outputs, whatever was in them. */
    for (uint32_t k = 0; k < outputs; k++)
        for (int64_t j = 0; j < output[k].count; j++) ref_put(&output[k], j, 77);
    const sbr_ref_call call = {&ref_allocator, attrs, input, inputs, output, outputs};
    cr_assert_not_null(sbr_ref_functions[op], "%s has no function", sbr_ops[op].name);
    cr_assert_eq(sbr_ref_functions[op](&call), SABIR_OK);
}

static inline sbr_ref_tensor ref_run(sbr_op op, const void *attrs, sabir_type type, sabir_shape shape, uint32_t inputs, const sbr_ref_tensor *input)
{
    sbr_ref_tensor output = ref_empty(type, shape);
    ref_call(op, attrs, inputs, input, 1, &output);
    return output;
}

/* ATTRS(conv, .groups = 2): the operator's attributes. */
#define ATTRS(name, ...) (&(const sabir_##name##_attrs){__VA_ARGS__})
/* RUN(op, attributes or NULL, type, (extents), operands...): the one result. */
#define RUN(op, attrs, type, shape, ...) RUN_SHAPED(op, attrs, type, SABIR_SHAPE shape, __VA_ARGS__)
#define RUN_SHAPED(op, attrs, type, shape, ...)                                                                              \
    ref_run(SBR_OP_##op, (attrs), (type), (shape), (uint32_t)SBR_COUNT(((const sbr_ref_tensor[]){__VA_ARGS__})),            \
            (const sbr_ref_tensor[]){__VA_ARGS__})

static inline bool ref_near(double got, double want, double tolerance)
{
    if (isnan(want)) return isnan(got);
    return got == want || fabs(got - want) <= tolerance * fmax(1.0, fabs(want));
}

static inline void ref_expect(const char *file, int line, const sbr_ref_tensor *got, int64_t count, const double *want, double tolerance)
{
    cr_assert_eq(got->count, count, "%s:%d: %lld elements, not %lld", file, line, (long long)got->count, (long long)count);
    for (int64_t k = 0; k < count; k++)
        cr_assert(ref_near(ref_at(got, k), want[k], tolerance), "%s:%d: element %lld is %.17g, not %.17g", file, line, (long long)k,
                  ref_at(got, k), want[k]);
}

#define EXPECT_NEAR(got, tolerance, ...)                                                                         \
    do {                                                                                                         \
        const sbr_ref_tensor got_ = (got);                                                                       \
        const double want_[] = {__VA_ARGS__};                                                                    \
        ref_expect(__FILE__, __LINE__, &got_, (int64_t)SBR_COUNT(want_), want_, (tolerance));                    \
    } while (0)
#define EXPECT(got, ...) EXPECT_NEAR(got, 0.0, __VA_ARGS__)
#define EXPECT_NOTHING(got)                       \
    do {                                          \
        const sbr_ref_tensor got_ = (got);        \
        cr_assert_eq(got_.count, 0);              \
    } while (0)
#define EXPECT_SAME(got, want, tolerance)                                                       \
    do {                                                                                        \
        const sbr_ref_tensor got_ = (got), want_ = (want);                                      \
        cr_assert_eq(got_.count, want_.count);                                                  \
        for (int64_t k_ = 0; k_ < want_.count; k_++)                                            \
            cr_assert(ref_near(ref_at(&got_, k_), ref_at(&want_, k_), (tolerance)), "element %lld is %.17g, not %.17g", \
                      (long long)k_, ref_at(&got_, k_), ref_at(&want_, k_));                    \
    } while (0)

/* Numbers of -1 .. 1 that any run draws again. */
static inline double ref_number(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(int64_t)(*state >> 33) * 0x1p-30 - 1.0;
}

static inline sbr_ref_tensor ref_drawn(sabir_shape shape, uint64_t seed)
{
    sbr_ref_tensor tensor = ref_empty(SABIR_F32, shape);
    uint64_t state = seed * 2654435761u + 12345u;
    for (int64_t k = 0; k < tensor.count; k++) tensor.f[k] = ref_number(&state);
    return tensor;
}
#define DRAWN(shape, seed) ref_drawn(SABIR_SHAPE shape, seed)

static inline double ref_dot(const sbr_ref_tensor *a, const sbr_ref_tensor *b)
{
    double sum = 0.0;
    cr_assert_eq(a->count, b->count);
    for (int64_t k = 0; k < a->count; k++) sum += a->f[k] * b->f[k];
    return sum;
}

#endif
