/* Results that are operands, seen by gradients in another way. */
#include <stdio.h>

#include "build.h"

sabir_status sbr_rule_stop_gradient(sbr_signature *signature)
{
    sbr_set_result(signature, 0, signature->types[0], &signature->shapes[0]);
    return SABIR_OK;
}

sabir_value sabir_stop_gradient(sabir_graph *graph, sabir_value x) { return sbr_add_1(graph, SBR_OP_stop_gradient, x, NULL); }

sabir_status sbr_rule_after(sbr_signature *signature)
{
    sbr_set_result(signature, 0, signature->types[0], &signature->shapes[0]);
    return SABIR_OK;
}

sabir_status sbr_rule_custom_gradient(sbr_signature *signature)
{
    (void)signature;
    return sbr_fail(SABIR_INTERNAL, "custom gradients are built by sabir_custom_gradient");
}

static sabir_status check(const sabir_graph *graph, const sabir_value *values, uint32_t count, const char *what)
{
    if (count && !values) return sbr_fail(SABIR_INVALID_ARGUMENT, "%ss is NULL", what);
    for (uint32_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s %u", what, i);
        SABIR_TRY(sbr_need_readable(graph, values[i], name));
    }
    return SABIR_OK;
}

static sabir_status add_custom(sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs, uint32_t output_count,
                               const sbr_custom_attrs *attrs, sabir_value *results)
{
    if (!attrs->function || !results || !output_count)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s", !output_count ? "there are no outputs" : attrs->function ? "results is NULL" : "function is NULL");
    if (input_count > INT16_MAX || output_count > INT16_MAX)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%u inputs and %u outputs; at most %d", input_count, output_count, INT16_MAX);
    SABIR_TRY(check(graph, inputs, input_count, "input"));
    SABIR_TRY(check(graph, outputs, output_count, "output"));
    const uint32_t count = input_count + output_count;
    uint32_t *indices = sbr_alloc_array(&graph->allocator, count, sizeof *indices);
    if (!indices) return sbr_no_memory(count * sizeof *indices);
    for (uint32_t i = 0; i < count; i++) indices[i] = i < output_count ? outputs[i].index : inputs[i - output_count].index;
    const sabir_value first = sbr_add_custom(graph, indices, count, output_count, attrs);
    sbr_free(&graph->allocator, indices);
    for (uint32_t i = 0; i < output_count; i++) results[i] = sbr_output_of(first, i);
    return graph->status;
}

sabir_status sabir_custom_gradient(sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs, uint32_t output_count,
                                   sabir_gradient_function *function, void *user, sabir_value *results)
{
    if (!sbr_graph_open(graph, "custom_gradient")) return graph ? sabir_graph_status(graph) : SABIR_INVALID_ARGUMENT;
    const sabir_status status = add_custom(graph, inputs, input_count, outputs, output_count, &(sbr_custom_attrs){function, user}, results);
    if (status == SABIR_OK) return SABIR_OK;
    (void)sbr_graph_fail(graph, sbr_fail(status, "custom_gradient: %s", sabir_last_message()));
    for (uint32_t i = 0; results && i < output_count; i++) results[i] = sbr_null(graph);
    return sabir_graph_status(graph);
}
