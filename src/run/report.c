/* What a program costs and how it runs, for people. */
#include "executor.h"
#include "options.h"
#include "reference.h"

sabir_status sabir_program_counters(const sabir_program *program, sabir_counters *counters)
{
    if (!program || !counters || counters->size < sizeof counters->size)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_program_counters: %s", program ? "counters is NULL or its size is not set" : "the program is NULL");
    const size_t size = counters->size < sizeof *counters ? counters->size : sizeof *counters;
    memcpy(counters, &program->counters, size);
    counters->size = size;
    return SABIR_OK;
}

static sabir_status give_report(const sabir_memory_report *from, sabir_memory_report *to, const char *what)
{
    if (!to || to->size < sizeof to->size) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: report is NULL or its size is not set", what);
    const size_t size = to->size < sizeof *to ? to->size : sizeof *to;
    memcpy(to, from, size);
    to->size = size;
    return SABIR_OK;
}

sabir_status sabir_program_memory(const sabir_program *program, sabir_memory_report *report)
{
    if (!program) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_program_memory: the program is NULL");
    return give_report(&program->memory, report, "sabir_program_memory");
}

/* The reference takes host memory, value by value: what it would hold if nothing were freed. */
static sabir_status count_reference(const sabir_graph *graph, const sabir_device *device, const sabir_compile_options *options, sabir_memory_report *memory)
{
    sabir_program program = {.allocator = device->context->allocator};
    sabir_status status = sbr_ports_make(&program, graph, options->outputs, options->output_count);
    if (status == SABIR_OK) status = sbr_reference_create_unbound(&program, graph, options->outputs, options->output_count);
    if (status == SABIR_OK) {
        sbr_reference_count(&program);
        *memory = program.memory;
    }
    sbr_reference_free(&program);
    sbr_ports_free(&program);
    return status;
}

static sabir_status count_kernels(const sabir_graph *graph, sabir_device *device, const sabir_compile_options *options, sabir_memory_report *memory)
{
    sbr_lower_options lower;
    sabir_counters counters = {.size = sizeof counters};
    sbr_module *module;
    sbr_lower_options_make(device, options, &lower);
    sabir_status status = sbr_lower_graph(graph, sbr_device_allocator(device), &lower, &module);
    if (status == SABIR_UNSUPPORTED && options->fallback != SABIR_FALLBACK_ERROR) return count_reference(graph, device, options, memory);
    if (status != SABIR_OK) return status;
    sbr_executor_count(module, &counters, memory);
    sbr_module_free(module);
    /* Too little is what the report is asked for: no error here. */
    status = sbr_executor_check_memory(device, memory);
    return status == SABIR_OUT_OF_DEVICE_MEMORY ? SABIR_OK : status;
}

sabir_status sabir_graph_memory(sabir_graph *graph, sabir_device *device, const sabir_compile_options *options, sabir_memory_report *report)
{
    sabir_compile_options all;
    sabir_memory_report memory = {.size = sizeof memory};
    SABIR_TRY(sbr_compile_check(graph, device));
    SABIR_TRY(sbr_compile_options_read(options, &all));
    SABIR_TRY(device->backend ? count_kernels(graph, device, &all, &memory) : count_reference(graph, device, &all, &memory));
    return give_report(&memory, report, "sabir_graph_memory");
}

/* ---- Texts: the device's context's, for sabir_string_free ---- */

static sabir_status give_text(sbr_text *text, sabir_status status, char **result)
{
    if (status == SABIR_OK && text->failed) status = sbr_no_memory(text->length);
    if (status == SABIR_OK && !text->data) sbr_text_append(text, "", 0);
    if (status == SABIR_OK && !text->data) status = sbr_no_memory(1);
    if (status == SABIR_OK) *result = text->data;
    else sbr_text_free(text);
    return status;
}

static sabir_status check_text(const sabir_program *program, char **text, const char *what)
{
    if (!text) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the text's place is NULL", what);
    *text = NULL;
    return program ? SABIR_OK : sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the program is NULL", what);
}

sabir_status sabir_program_text(const sabir_program *program, char **text)
{
    SABIR_TRY(check_text(program, text, "sabir_program_text"));
    sbr_text out = {.allocator = sbr_device_allocator(program->device)};
    return give_text(&out, program->executor ? sbr_module_print(program->executor->module, &out) : sbr_reference_print(program, &out), text);
}

static sabir_status check_profile(const sabir_program *program, const char *what)
{
    if (!program) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the program is NULL", what);
    return program->profiled ? SABIR_OK : sbr_fail(SABIR_MISUSE, "%s: the program was not compiled with the option profile", what);
}

sabir_status sabir_profile_table(sabir_program *program, char **text)
{
    SABIR_TRY(check_text(program, text, "sabir_profile_table"));
    SABIR_TRY(check_profile(program, "sabir_profile_table"));
    sbr_text out = {.allocator = sbr_device_allocator(program->device)};
    sbr_profile_print_table(&program->profile, &out);
    return give_text(&out, SABIR_OK, text);
}

sabir_status sabir_profile_trace(sabir_program *program, char **json)
{
    SABIR_TRY(check_text(program, json, "sabir_profile_trace"));
    SABIR_TRY(check_profile(program, "sabir_profile_trace"));
    sbr_text out = {.allocator = sbr_device_allocator(program->device)};
    sbr_profile_print_trace(&program->profile, &out);
    return give_text(&out, SABIR_OK, json);
}

sabir_status sabir_profile_reset(sabir_program *program)
{
    SABIR_TRY(check_profile(program, "sabir_profile_reset"));
    sbr_profile_clear(&program->profile);
    return SABIR_OK;
}
