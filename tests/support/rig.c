#include "rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"

rig rig_open(sabir_context *context, const char *selector)
{
    rig r = {0};
    must(sabir_device_open(context, selector, &r.device));
    must(sabir_graph_create(context, &r.graph));
    return r;
}

void rig_close(rig *r)
{
    for (int i = 0; i < r->input_count; i++) sabir_tensor_release(r->inputs[i].tensor);
    for (int i = 0; i < r->output_count; i++) sabir_tensor_release(r->outputs[i].tensor);
    sabir_program_destroy(r->program);
    sabir_graph_destroy(r->graph);
    sabir_device_release(r->device);
}

static rig_port *add_port(rig_port *ports, int *count, const char *name)
{
    cr_assert_lt(*count, RIG_PORTS);
    rig_port *port = &ports[(*count)++];
    snprintf(port->name, sizeof port->name, "%s", name);
    return port;
}

sabir_value rig_input(rig *r, const char *name, sabir_type type, sabir_shape shape, const void *data)
{
    rig_port *port = add_port(r->inputs, &r->input_count, name);
    port->data = data;
    must(sabir_tensor_create(r->device, type, shape, &port->tensor));
    must(sabir_tensor_write(port->tensor, 0, data, sabir_tensor_bytes(port->tensor)));
    return (sabir_input)(r->graph, name, type, shape);
}

void rig_output(rig *r, const char *name, sabir_value value)
{
    (void)add_port(r->outputs, &r->output_count, name);
    sabir_output(r->graph, name, value);
}

void rig_run(rig *r, const sabir_compile_options *options)
{
    if (!r->program) {
        sabir_compile_options strict = SABIR_COMPILE_OPTIONS;
        if (options) strict = *options;
        strict.fallback = SABIR_FALLBACK_ERROR;
        must(sabir_compile(r->graph, r->device, NULL, &strict, &r->program));
        for (int i = 0; i < r->input_count; i++) must(sabir_bind(r->program, sabir_slot(r->program, r->inputs[i].name), r->inputs[i].tensor));
        for (int i = 0; i < r->output_count; i++) {
            sabir_type type;
            sabir_shape shape;
            const int32_t slot = sabir_slot(r->program, r->outputs[i].name);
            must(sabir_output_shape(r->program, slot, &type, &shape));
            must(sabir_tensor_create(r->device, type, shape, &r->outputs[i].tensor));
            must(sabir_bind(r->program, slot, r->outputs[i].tensor));
        }
    }
    must(sabir_run(r->program, NULL, 0));
}

sabir_tensor *rig_tensor(rig *r, const char *name)
{
    for (int i = 0; i < r->output_count; i++)
        if (strcmp(r->outputs[i].name, name) == 0) return r->outputs[i].tensor;
    cr_assert_fail("there is no output %s", name);
    return NULL;
}

void rig_read(rig *r, const char *name, void *data)
{
    sabir_tensor *tensor = rig_tensor(r, name);
    must(sabir_tensor_read(tensor, 0, data, sabir_tensor_bytes(tensor)));
}

void rig_draw(uint64_t seed, float *data, int64_t count)
{
    uint64_t state = seed * 2654435761u + 12345u;
    for (int64_t k = 0; k < count; k++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        data[k] = (float)((double)(int64_t)(state >> 33) * 0x1p-30 - 1.0);
    }
}

bool rig_same(const void *a, const void *b, size_t bytes) { return memcmp(a, b, bytes) == 0; }
