#include "support/evaluate.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

evaluation evaluate_open(sabir_context *context, const char *selector, sabir_type type)
{
    evaluation e = {.context = context, .selector = selector, .type = type};
    must(sabir_graph_create(context, &e.graph));
    return e;
}

static int64_t count_of(sabir_shape shape)
{
    int64_t count = 1;
    for (int32_t i = 0; i < shape.rank; i++) count *= shape.extents[i];
    return count;
}

static sabir_value add_input(evaluation *e, sabir_type type, sabir_shape shape, size_t bytes, const void *data)
{
    cr_assert_lt(e->input_count, EVALUATE_INPUTS, "more inputs than an evaluation holds");
    const uint32_t i = e->input_count++;
    snprintf(e->inputs[i].name, sizeof e->inputs[i].name, "x%u", i);
    e->inputs[i].type = type;
    e->inputs[i].shape = shape;
    e->inputs[i].data = malloc(bytes + 1);
    cr_assert_not_null(e->inputs[i].data);
    memcpy(e->inputs[i].data, data, bytes);
    return sabir_input(e->graph, e->inputs[i].name, type, shape);
}

sabir_value evaluate_input(evaluation *e, sabir_shape shape, const double *data)
{
    const int64_t count = count_of(shape);
    if (e->type == SABIR_F64) return add_input(e, SABIR_F64, shape, (size_t)count * sizeof *data, data);
    float *narrow = malloc((size_t)count * sizeof *narrow + 1);
    cr_assert_not_null(narrow);
    for (int64_t k = 0; k < count; k++) narrow[k] = (float)data[k];
    const sabir_value value = add_input(e, SABIR_F32, shape, (size_t)count * sizeof *narrow, narrow);
    free(narrow);
    return value;
}

sabir_value evaluate_input_i32(evaluation *e, sabir_shape shape, const int32_t *data)
{
    return add_input(e, SABIR_I32, shape, (size_t)count_of(shape) * sizeof *data, data);
}

uint32_t evaluate_output(evaluation *e, sabir_value value)
{
    cr_assert_lt(e->output_count, EVALUATE_OUTPUTS, "more outputs than an evaluation holds");
    const uint32_t i = e->output_count++;
    snprintf(e->outputs[i].name, sizeof e->outputs[i].name, "y%u", i);
    sabir_output(e->graph, e->outputs[i].name, value);
    return i;
}

static double *read_doubles(sabir_tensor *tensor, sabir_type type, int64_t count)
{
    const uint64_t bytes = sabir_tensor_bytes(tensor);
    void *raw = malloc(bytes + 1);
    double *values = malloc((size_t)count * sizeof *values + 1);
    cr_assert(raw && values);
    must(sabir_tensor_read(tensor, 0, raw, bytes));
    for (int64_t k = 0; k < count; k++) {
        switch (type) {
        case SABIR_F64: values[k] = ((const double *)raw)[k]; break;
        case SABIR_F32: values[k] = (double)((const float *)raw)[k]; break;
        case SABIR_I32: values[k] = ((const int32_t *)raw)[k]; break;
        case SABIR_BOOL: values[k] = ((const uint8_t *)raw)[k]; break;
        default: cr_assert_fail("an output of %s", sabir_type_name(type));
        }
    }
    free(raw);
    return values;
}

void evaluate_run(evaluation *e)
{
    sabir_device *device;
    sabir_program *program;
    sabir_tensor *in[EVALUATE_INPUTS], *out[EVALUATE_OUTPUTS];
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR};
    must(sabir_device_open(e->context, e->selector, &device));
    must(sabir_compile(e->graph, device, NULL, &options, &program));
    for (uint32_t i = 0; i < e->input_count; i++) {
        must(sabir_tensor_create(device, e->inputs[i].type, e->inputs[i].shape, &in[i]));
        must(sabir_tensor_write(in[i], 0, e->inputs[i].data, sabir_tensor_bytes(in[i])));
        must(sabir_bind(program, sabir_slot(program, e->inputs[i].name), in[i]));
    }
    for (uint32_t i = 0; i < e->output_count; i++) {
        sabir_type type;
        sabir_shape shape;
        must(sabir_output_shape(program, sabir_slot(program, e->outputs[i].name), &type, &shape));
        must(sabir_tensor_create(device, type, shape, &out[i]));
        must(sabir_bind(program, sabir_slot(program, e->outputs[i].name), out[i]));
    }
    must(sabir_run(program, NULL, 0));
    for (uint32_t i = 0; i < e->output_count; i++) {
        e->outputs[i].count = count_of(sabir_tensor_shape(out[i]));
        e->outputs[i].values = read_doubles(out[i], sabir_tensor_type(out[i]), e->outputs[i].count);
        sabir_tensor_release(out[i]);
    }
    for (uint32_t i = 0; i < e->input_count; i++) sabir_tensor_release(in[i]);
    sabir_program_destroy(program);
    sabir_device_release(device);
}

double evaluate_at(const evaluation *e, uint32_t output, int64_t k)
{
    cr_assert(output < e->output_count && e->outputs[output].values && k < e->outputs[output].count);
    return e->outputs[output].values[k];
}

const double *evaluate_values(const evaluation *e, uint32_t output, int64_t *count)
{
    cr_assert(output < e->output_count && e->outputs[output].values);
    if (count) *count = e->outputs[output].count;
    return e->outputs[output].values;
}

void evaluate_close(evaluation *e)
{
    for (uint32_t i = 0; i < e->input_count; i++) free(e->inputs[i].data);
    for (uint32_t i = 0; i < e->output_count; i++) free(e->outputs[i].values);
    sabir_graph_destroy(e->graph);
}
