/* For tests of composed functions: a graph with given inputs, run once on a device, its outputs as doubles. */
#ifndef TESTS_EVALUATE_H
#define TESTS_EVALUATE_H

#include "support/devices.h"

enum { EVALUATE_INPUTS = 32, EVALUATE_OUTPUTS = 32 };

typedef struct evaluation {
    sabir_context *context;
    const char *selector;
    sabir_type type;    /* of inputs: f32 or f64 */
    sabir_graph *graph;
    struct { char name[16]; sabir_type type; sabir_shape shape; void *data; } inputs[EVALUATE_INPUTS];
    uint32_t input_count;
    struct { char name[16]; double *values; int64_t count; } outputs[EVALUATE_OUTPUTS];
    uint32_t output_count;
} evaluation;

evaluation evaluate_open(sabir_context *context, const char *selector, sabir_type type);
/* An input of the evaluation's type; and of i32. data is copied. */
sabir_value evaluate_input(evaluation *e, sabir_shape shape, const double *data);
sabir_value evaluate_input_i32(evaluation *e, sabir_shape shape, const int32_t *data);
/* Adds an output; returns its number. */
uint32_t evaluate_output(evaluation *e, sabir_value value);
/* Compiles and runs; then the outputs can be read. A graph that failed fails the test. */
void evaluate_run(evaluation *e);
/* Element k of an output. */
double evaluate_at(const evaluation *e, uint32_t output, int64_t k);
const double *evaluate_values(const evaluation *e, uint32_t output, int64_t *count);
void evaluate_close(evaluation *e);

#endif
