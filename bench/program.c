#include "program.h"

static const char *const names[BENCH_MAX_OPERANDS] = {"a", "b", "c", "d"};

static sabir_shape operand_shape(const bench_operand *operand)
{
    return sabir_shape_make(operand->rank, operand->extents);
}

static sabir_status compile(sabir_graph *graph, sabir_device *device, const bench_row *row, bench_program *program)
{
    sabir_value operands[BENCH_MAX_OPERANDS];
    for (int i = 0; i < BENCH_MAX_OPERANDS && row->operands[i].rank > 0; i++)
        operands[i] = sabir_input(graph, names[i], bench_operand_type(&row->operands[i]), operand_shape(&row->operands[i]));
    sabir_output(graph, "result", row->build(graph, operands));
    sabir_compile_options options = SABIR_COMPILE_OPTIONS;
    options.fallback = SABIR_FALLBACK_ERROR; /* the reference must not be measured in a device's name */
    return sabir_compile(graph, device, NULL, &options, &program->program);
}

static sabir_status bind(bench_program *program, const char *name, sabir_tensor *tensor)
{
    return sabir_bind(program->program, sabir_slot(program->program, name), tensor);
}

static sabir_status make_operand(sabir_device *device, const bench_operand *operand, const void *data, sabir_tensor **tensor)
{
    const sabir_status status = sabir_tensor_create(device, bench_operand_type(operand), operand_shape(operand), tensor);
    return status == SABIR_OK ? sabir_tensor_write(*tensor, 0, data, sabir_tensor_bytes(*tensor)) : status;
}

static sabir_status make_tensors(sabir_device *device, const bench_row *row, const bench_data *data, bench_program *program)
{
    sabir_status status = SABIR_OK;
    for (int i = 0; i < BENCH_MAX_OPERANDS && row->operands[i].rank > 0 && status == SABIR_OK; i++) {
        status = make_operand(device, &row->operands[i], data->operands[i], &program->operands[i]);
        if (status == SABIR_OK) status = bind(program, names[i], program->operands[i]);
    }
    sabir_type type;
    sabir_shape shape;
    if (status == SABIR_OK) status = sabir_output_shape(program->program, sabir_slot(program->program, "result"), &type, &shape);
    if (status == SABIR_OK) status = sabir_tensor_create(device, type, shape, &program->result);
    return status == SABIR_OK ? bind(program, "result", program->result) : status;
}

sabir_status bench_program_create(sabir_context *context, sabir_device *device, const bench_row *row, const bench_data *data, bench_program *program)
{
    *program = (bench_program){.program = NULL};
    sabir_graph *graph;
    sabir_status status = sabir_graph_create(context, &graph);
    if (status != SABIR_OK) return status;
    status = compile(graph, device, row, program);
    sabir_graph_destroy(graph);
    return status == SABIR_OK ? make_tensors(device, row, data, program) : status;
}

void bench_program_free(bench_program *program)
{
    sabir_program_destroy(program->program);
    for (int i = 0; i < BENCH_MAX_OPERANDS; i++) sabir_tensor_release(program->operands[i]);
    sabir_tensor_release(program->result);
    *program = (bench_program){.program = NULL};
}

sabir_status bench_program_run(void *state, uint32_t times)
{
    const bench_program *program = state;
    sabir_event *last = NULL;
    for (uint32_t i = 0; i + 1 < times; i++) {
        const sabir_status status = sabir_submit(program->program, NULL, 0, NULL);
        if (status != SABIR_OK) return status;
    }
    sabir_status status = sabir_submit(program->program, NULL, 0, &last);
    if (status == SABIR_OK) status = sabir_event_wait(last, -1);
    sabir_event_release(last);
    return status;
}

sabir_status bench_program_read(const bench_program *program, const bench_row *row, float *result)
{
    return sabir_tensor_read(program->result, 0, result, sizeof(float) * (uint64_t)row->result);
}
