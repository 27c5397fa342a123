/* A small problem for the tests of optimizers: two parameters, a loss whose gradient is written down by hand, ten steps of both. */
#ifndef TEST_OPTIM_H
#define TEST_OPTIM_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/devices.h"

/* loss = sum of k_i / 2 (w_i - x s_i)^2 over all seven; x: an input of rank 0. The gradient is k_i (w_i - x s_i). */
enum { FIRST = 3, SECOND = 4, WEIGHTS = FIRST + SECOND };
static const double stiffness[WEIGHTS] = {1, 0.5, 2, 0.25, 3, 1.5, 0.75}, aim[WEIGHTS] = {1, -2, 0.5, 3, -1, 0.25, -0.5}, start[WEIGHTS] = {0.1, 0.2, -0.3, 0.4, -0.5, 0.6, 0.7};

typedef struct problem {
    sabir_context *context;
    sabir_device *device;
    sabir_store *store;
    sabir_graph *graph;
    sabir_program *program;
    sabir_type type;       /* of the parameters */
    sabir_value weights[2], x, loss;
    sabir_tensor *input, *outputs[4];
} problem;

static inline sabir_value problem_constant(sabir_graph *g, sabir_type type, const double *numbers, int count)
{
    const sabir_value wide = sabir_constant(g, SABIR_F64, SABIR_SHAPE(count), numbers);
    return type == SABIR_F64 ? wide : sabir_cast(g, sabir_cast(g, wide, SABIR_F32), type);
}

static inline sabir_value problem_part(const problem *p, int which)
{
    sabir_graph *g = p->graph;
    const int count = which ? SECOND : FIRST, first = which ? FIRST : 0;
    const sabir_value w = which ? sabir_reshape(g, p->weights[1], SABIR_SHAPE(SECOND)) : p->weights[0];
    const sabir_value off = sabir_sub(g, w, sabir_mul(g, sabir_cast(g, p->x, p->type), problem_constant(g, p->type, aim + first, count)));
    return sabir_sum(g, sabir_mul(g, sabir_square(g, off), problem_constant(g, p->type, (double[]){stiffness[first] / 2, stiffness[first + 1] / 2, stiffness[first + 2] / 2, which ? stiffness[first + 3] / 2 : 0}, count)),
                     SABIR_ALL_AXES);
}

static inline void problem_open(problem *p, sabir_context *context, const char *selector, sabir_type type)
{
    *p = (problem){.context = context, .type = type};
    must(sabir_device_open(context, selector, &p->device));
    must(sabir_store_create(p->device, &p->store));
    must(sabir_graph_create(context, &p->graph));
    p->weights[0] = sabir_variable(p->graph, "a", type, SABIR_SHAPE(FIRST));
    p->weights[1] = sabir_variable(p->graph, "b", type, SABIR_SHAPE(2, 2));
    p->x = sabir_input(p->graph, "x", type == SABIR_F64 ? SABIR_F64 : SABIR_F32, SABIR_SCALAR_SHAPE);
    p->loss = sabir_add(p->graph, problem_part(p, 0), problem_part(p, 1));
}

/* Numbers in and out of a tensor of any float type. */
static inline void put_numbers(sabir_tensor *tensor, const double *numbers, int count)
{
    const sabir_type type = sabir_tensor_type(tensor);
    for (int i = 0; i < count; i++) {
        float narrow = (float)numbers[i];
        uint32_t bits;
        memcpy(&bits, &narrow, 4);
        if (type == SABIR_F64) must(sabir_tensor_write(tensor, (uint64_t)i * 8, &numbers[i], 8));
        else if (type == SABIR_F32) must(sabir_tensor_write(tensor, (uint64_t)i * 4, &narrow, 4));
        else if (type == SABIR_BF16) must(sabir_tensor_write(tensor, (uint64_t)i * 2, (uint16_t[]){(uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16)}, 2));
        else cr_assert_fail("no numbers of this type are written");
    }
}

static inline void get_numbers(sabir_tensor *tensor, double *numbers, int count)
{
    for (int i = 0; i < count; i++) {
        float narrow;
        uint16_t half;
        int32_t whole;
        uint8_t truth;
        switch (sabir_tensor_type(tensor)) {
            case SABIR_F64: must(sabir_tensor_read(tensor, (uint64_t)i * 8, &numbers[i], 8)); break;
            case SABIR_F32:
                must(sabir_tensor_read(tensor, (uint64_t)i * 4, &narrow, 4));
                numbers[i] = (double)narrow;
                break;
            case SABIR_BF16: {
                must(sabir_tensor_read(tensor, (uint64_t)i * 2, &half, 2));
                const uint32_t bits = (uint32_t)half << 16;
                memcpy(&narrow, &bits, 4);
                numbers[i] = (double)narrow;
                break;
            }
            case SABIR_I32:
                must(sabir_tensor_read(tensor, (uint64_t)i * 4, &whole, 4));
                numbers[i] = whole;
                break;
            case SABIR_BOOL:
                must(sabir_tensor_read(tensor, (uint64_t)i, &truth, 1));
                numbers[i] = truth;
                break;
            default: cr_assert_fail("no numbers of this type are read");
        }
    }
}

static inline void problem_restart(problem *p)
{
    put_numbers(sabir_store_find(p->store, "a"), start, FIRST);
    put_numbers(sabir_store_find(p->store, "b"), start + FIRST, SECOND);
}

/* Outputs "0", "1", ... of rank 0, read by problem_step. */
static inline void problem_compile(problem *p, const sabir_value *outputs, int count)
{
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR};
    for (int i = 0; i < count; i++) sabir_output(p->graph, (char[2]){(char)('0' + i)}, outputs[i]);
    must(sabir_compile(p->graph, p->device, p->store, &options, &p->program));
    must(sabir_tensor_create(p->device, sabir_value_type(p->x), SABIR_SCALAR_SHAPE, &p->input));
    must(sabir_bind(p->program, sabir_slot(p->program, "x"), p->input));
    for (int i = 0; i < count; i++) {
        must(sabir_tensor_create(p->device, sabir_value_type(outputs[i]), SABIR_SCALAR_SHAPE, &p->outputs[i]));
        must(sabir_bind(p->program, sabir_slot(p->program, (char[2]){(char)('0' + i)}), p->outputs[i]));
    }
    problem_restart(p);
}

static inline void problem_step(problem *p, double x)
{
    put_numbers(p->input, &x, 1);
    must(sabir_run(p->program, NULL, 0));
}

static inline double problem_output(problem *p, int i)
{
    double number;
    get_numbers(p->outputs[i], &number, 1);
    return number;
}

static inline void problem_weights(problem *p, double weights[WEIGHTS])
{
    get_numbers(sabir_store_find(p->store, "a"), weights, FIRST);
    get_numbers(sabir_store_find(p->store, "b"), weights + FIRST, SECOND);
}

static inline void problem_close(problem *p)
{
    sabir_tensor_release(p->input);
    for (int i = 0; i < 4; i++) sabir_tensor_release(p->outputs[i]);
    sabir_program_destroy(p->program);
    sabir_graph_destroy(p->graph);
    sabir_store_release(p->store);
    sabir_device_release(p->device);
}

static inline void hand_gradient(const double w[WEIGHTS], double x, double gradient[WEIGHTS])
{
    for (int i = 0; i < WEIGHTS; i++) gradient[i] = stiffness[i] * (w[i] - x * aim[i]);
}

static inline double hand_norm(const double v[WEIGHTS])
{
    double total = 0;
    for (int i = 0; i < WEIGHTS; i++) total += v[i] * v[i];
    return sqrt(total);
}

#endif
