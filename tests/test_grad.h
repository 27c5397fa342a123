/* What the gradient tests share: a graph on the reference whose inputs are f64 and drawn, outputs read as f64, central differences. */
#ifndef TEST_GRAD_H
#define TEST_GRAD_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "graph/graph.h"
#include "sabir/sabir.h"

enum { MOST_VALUES = 48, MOST_ELEMENTS = 256 };

typedef struct test_value {
    sabir_value value;
    char name[8];
    int64_t count;
    double data[MOST_ELEMENTS];
    sabir_tensor *tensor;
} test_value;

static sabir_context *context;
static sabir_device *device;
static sabir_graph *g;
static sabir_program *program;
static test_value inputs[MOST_VALUES], outputs[MOST_VALUES];
static int input_count, output_count;
static uint64_t drawn;

#define MUST(call) cr_assert_eq((call), SABIR_OK, "line %d: %s", __LINE__, sabir_last_message())

static inline double draw(void)
{
    drawn = drawn * 6364136223846793005u + 1442695040888963407u;
    return (double)(int64_t)(drawn >> 33) * 0x1p-30 - 1.0;
}

static inline void open_grad(void)
{
    MUST(sabir_context_create(NULL, &context));
    MUST(sabir_device_open(context, "reference", &device));
    MUST(sabir_graph_create(context, &g));
    drawn = 2463534242u;
}

static inline void close_program(void)
{
    for (int i = 0; i < input_count; i++) sabir_tensor_release(inputs[i].tensor);
    for (int i = 0; i < output_count; i++) sabir_tensor_release(outputs[i].tensor);
    sabir_program_destroy(program);
    program = NULL;
}

static inline void close_grad(void)
{
    close_program();
    sabir_graph_destroy(g);
    sabir_device_release(device);
    sabir_context_release(context);
}

/* An f64 input of -1 .. 1. */
static inline sabir_value in(sabir_shape shape)
{
    test_value *x = &inputs[input_count++];
    *x = (test_value){.count = 1};
    snprintf(x->name, sizeof x->name, "x%d", input_count - 1);
    for (int32_t i = 0; i < shape.rank; i++) x->count *= shape.extents[i];
    cr_assert(input_count <= MOST_VALUES && x->count <= MOST_ELEMENTS);
    for (int64_t k = 0; k < x->count; k++) x->data[k] = draw();
    x->value = (sabir_input)(g, x->name, SABIR_F64, shape);
    return x->value;
}
#define IN(...) in(SABIR_SHAPE(__VA_ARGS__))
#define IN0() in(SABIR_SCALAR_SHAPE)

static inline test_value *input_of(sabir_value x)
{
    int i = 0;
    while (i < input_count && inputs[i].value.index != x.index) i++;
    cr_assert_lt(i, input_count, "no input of the test");
    return &inputs[i];
}

/* Its number, for at(). */
static inline int out(sabir_value y)
{
    test_value *o = &outputs[output_count++];
    *o = (test_value){.value = y};
    snprintf(o->name, sizeof o->name, "y%d", output_count - 1);
    cr_assert_leq(output_count, MOST_VALUES);
    sabir_output(g, o->name, sabir_value_type(y) == SABIR_F64 ? y : (sabir_cast)(g, y, SABIR_F64));
    MUST(sabir_graph_status(g));
    return output_count - 1;
}

static inline void attach(test_value *v, bool is_output)
{
    sabir_type type = SABIR_F64;
    sabir_shape shape = sabir_value_shape(v->value);
    const int32_t slot = sabir_slot(program, v->name);
    if (is_output) MUST(sabir_output_shape(program, slot, &type, &shape));
    MUST(sabir_tensor_create(device, type, shape, &v->tensor));
    v->count = (int64_t)(sabir_tensor_bytes(v->tensor) / sizeof(double));
    cr_assert_leq(v->count, MOST_ELEMENTS);
    if (slot >= 0) MUST(sabir_bind(program, slot, v->tensor));
}

static inline void run(void)
{
    if (!program) {
        MUST(sabir_compile(g, device, NULL, NULL, &program));
        for (int i = 0; i < input_count; i++) attach(&inputs[i], false);
        for (int i = 0; i < output_count; i++) attach(&outputs[i], true);
    }
    for (int i = 0; i < input_count; i++) MUST(sabir_tensor_write(inputs[i].tensor, 0, inputs[i].data, (size_t)inputs[i].count * sizeof(double)));
    MUST(sabir_run(program, NULL, 0));
    for (int i = 0; i < output_count; i++) MUST(sabir_tensor_read(outputs[i].tensor, 0, outputs[i].data, (size_t)outputs[i].count * sizeof(double)));
}

static inline double at(int output, int64_t k) { return outputs[output].data[k]; }

/* d y / d x[k] by central differences; y is an output of rank 0. Leaves the inputs as they were, the outputs not. */
static inline double difference(int y, sabir_value x, int64_t k)
{
    const double h = 1e-5;
    test_value *v = input_of(x);
    const double was = v->data[k];
    v->data[k] = was + h;
    run();
    const double above = at(y, 0);
    v->data[k] = was - h;
    run();
    const double below = at(y, 0);
    v->data[k] = was;
    return (above - below) / (2 * h);
}

#define NEAR(got, want, tolerance, ...)                                                                                      \
    do {                                                                                                                     \
        const double got_ = (got), want_ = (want);                                                                           \
        char text_[80];                                                                                                      \
        snprintf(text_, sizeof text_, __VA_ARGS__);                                                                          \
        cr_assert(fabs(got_ - want_) <= (tolerance) * fmax(1.0, fabs(want_)), "line %d: %s: %.17g instead of %.17g", __LINE__, text_, got_, want_); \
    } while (0)

/* The gradient of y with respect to inputs, every element against central differences. */
static inline void check_gradient(int line, sabir_value y, const sabir_value *wrt, uint32_t count, double tolerance)
{
    sabir_value grads[MOST_VALUES];
    int numbers[MOST_VALUES];
    cr_assert_eq((sabir_grad)(g, y, wrt, count, grads), SABIR_OK, "line %d: %s", line, sabir_last_message());
    const int loss = out(y);
    for (uint32_t i = 0; i < count; i++) numbers[i] = out(grads[i]);
    run();
    for (uint32_t i = 0; i < count; i++) {
        for (int64_t k = 0; k < input_of(wrt[i])->count; k++) {
            const double measured = difference(loss, wrt[i], k);
            run();
            NEAR(at(numbers[i], k), measured, tolerance, "line %d, operand %u, element %d", line, i, (int)k);
        }
    }
}
#define CHECK(y, tolerance, ...)                                                                                  \
    check_gradient(__LINE__, (y), (const sabir_value[]){__VA_ARGS__}, (uint32_t)SBR_COUNT(((const sabir_value[]){__VA_ARGS__})), (tolerance))

#endif
