#include "reference.h"

#include <stdio.h>

#include "reference_inside.h"
#include "snapshot.h"

/* ---- Making ---- */

static void use(sbr_reference *reference, uint32_t *last, const uint32_t *loop_of, uint32_t value, uint32_t node)
{
    const sabir_graph *graph = reference->graph;
    const uint32_t depth = graph->nodes.data[sbr_value_at(graph, value)->node].depth;
    while (node != UINT32_MAX && graph->nodes.data[node].depth > depth) node = loop_of[node];
    /* Read from outside its body, by the loop itself: the loop drops it. */
    if (node == UINT32_MAX || graph->nodes.data[node].depth < depth) last[value] = UINT32_MAX;
    else if (last[value] != UINT32_MAX && node > last[value]) last[value] = node;
}

/* The loop node around each node; UINT32_MAX: none. */
static void find_loops(const sabir_graph *graph, uint32_t *loop_of)
{
    memset(loop_of, 0xff, graph->nodes.count * sizeof *loop_of);
    for (uint32_t n = graph->nodes.count; n-- > 0;) {
        if (graph->nodes.data[n].op != SBR_OP_loop) continue;
        /* Inner loops end earlier: they are met later here and take their nodes over. */
        for (uint32_t i = ((const sbr_loop_attrs *)graph->nodes.data[n].attrs)->body_first; i < n; i++) loop_of[i] = n;
    }
}

static sabir_status find_deaths(sabir_program *program)
{
    sbr_reference *reference = program->reference;
    const sabir_graph *graph = reference->graph;
    uint32_t *last = sbr_alloc_array(&program->allocator, graph->values.count, sizeof *last);
    uint32_t *loop_of = sbr_alloc_array(&program->allocator, graph->nodes.count, sizeof *loop_of);
    if (!last || !loop_of) {
        sbr_free(&program->allocator, last);
        sbr_free(&program->allocator, loop_of);
        return sbr_no_memory(graph->values.count * sizeof *last);
    }
    find_loops(graph, loop_of);
    for (uint32_t v = 0; v < graph->values.count; v++) last[v] = sbr_value_at(graph, v)->node;
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        const sbr_node *node = &graph->nodes.data[n];
        for (uint32_t i = 0; reference->needed[n] && i < node->input_count; i++) {
            if (node->op == SBR_OP_assign) last[node->inputs[i]] = UINT32_MAX;
            else use(reference, last, loop_of, node->inputs[i], n);
        }
    }
    for (uint32_t i = 0; i < graph->outputs.count; i++) last[graph->outputs.data[i].value] = UINT32_MAX;
    memset(reference->dies, 0xff, graph->nodes.count * sizeof *reference->dies);
    for (uint32_t v = 0; v < graph->values.count; v++) {
        const uint32_t node = last[v];
        /* A carried value is the loop's until it ends. */
        if (node == UINT32_MAX || graph->nodes.data[sbr_value_at(graph, v)->node].op == SBR_OP_carry) continue;
        reference->dies_next[v] = reference->dies[node];
        reference->dies[node] = v;
    }
    sbr_free(&program->allocator, last);
    sbr_free(&program->allocator, loop_of);
    return SABIR_OK;
}

static void mark_ports(sabir_program *program)
{
    const sbr_reference *reference = program->reference;
    for (uint32_t i = 0; i < program->ports.count; i++) {
        sbr_port *port = &program->ports.data[i];
        port->used = port->kind == SBR_PORT_OUTPUT || reference->needed[sbr_value_at(reference->graph, port->value)->node];
    }
}

static sabir_status enter_variables(sabir_program *program)
{
    const sbr_reference *reference = program->reference;
    const sabir_graph *graph = reference->graph;
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        const sbr_node *node = &graph->nodes.data[n];
        if (!reference->needed[n] || node->op != SBR_OP_variable) continue;
        bool written = false;
        for (uint32_t a = n; a < graph->nodes.count; a++)
            written = written || (graph->nodes.data[a].op == SBR_OP_assign && graph->nodes.data[a].inputs[0] == node->first_output);
        const sbr_value_info *info = sbr_value_at(graph, node->first_output);
        SABIR_TRY(sbr_program_variable(program, node->name, info->type, &info->shape, node->first_output, written));
    }
    return SABIR_OK;
}

sabir_status sbr_reference_create_unbound(sabir_program *program, const sabir_graph *graph, const char *const *outputs, uint32_t output_count)
{
    const sabir_allocator *allocator = &program->allocator;
    sbr_reference *reference = sbr_alloc(allocator, sizeof *reference);
    if (!reference) return sbr_no_memory(sizeof *reference);
    program->reference = reference; /* the caller frees it after a failure */
    SABIR_TRY(sbr_snapshot(allocator, graph, &reference->graph));
    reference->needed = sbr_alloc_array(allocator, graph->nodes.count, sizeof *reference->needed);
    reference->dies = sbr_alloc_array(allocator, graph->nodes.count, sizeof *reference->dies);
    reference->dies_next = sbr_alloc_array(allocator, graph->values.count, sizeof *reference->dies_next);
    reference->cells = sbr_alloc_array(allocator, graph->values.count, sizeof *reference->cells);
    if (!reference->needed || !reference->dies || !reference->dies_next || !reference->cells)
        return sbr_no_memory(graph->values.count * sizeof *reference->cells);
    SABIR_TRY(sbr_find_needed(reference->graph, outputs, output_count, reference->needed));
    mark_ports(program);
    return find_deaths(program);
}

sabir_status sbr_reference_create(sabir_program *program, const sabir_graph *graph, const char *const *outputs, uint32_t output_count)
{
    SABIR_TRY(sbr_reference_create_unbound(program, graph, outputs, output_count));
    return enter_variables(program);
}

void sbr_reference_free(sabir_program *program)
{
    sbr_reference *reference = program->reference;
    if (!reference) return;
    const sabir_allocator *allocator = &program->allocator;
    sabir_graph_destroy(reference->graph);
    sbr_free(allocator, reference->needed);
    sbr_free(allocator, reference->dies);
    sbr_free(allocator, reference->dies_next);
    sbr_free(allocator, reference->cells);
    sbr_free(allocator, reference);
    program->reference = NULL;
}

/* ---- Telling ---- */

sabir_status sbr_reference_print(const sabir_program *program, sbr_text *text)
{
    char *graph;
    SABIR_TRY(sabir_graph_text(program->reference->graph, &graph));
    sbr_text_printf(text, "reference executor, %llu operators\n%s", (unsigned long long)program->counters.launches, graph);
    sabir_allocator allocator = program->reference->graph->allocator;
    sbr_free(&allocator, graph);
    return text->failed ? sbr_no_memory(text->length) : SABIR_OK;
}

static uint64_t largest_bytes(const sbr_reference *reference, uint32_t value)
{
    const sbr_value_info *info = sbr_value_at(reference->graph, value);
    uint64_t bytes = sabir_type_size(info->type);
    for (int32_t i = 0; i < info->shape.rank; i++) {
        const sabir_extent extent = info->shape.extents[i];
        const int64_t most = sbr_is_number(extent) ? extent : sbr_expr_largest(&reference->graph->exprs, sbr_extent_expr(reference->graph, extent));
        if (most < 0 || __builtin_mul_overflow(bytes, (uint64_t)most, &bytes)) return UINT64_MAX;
    }
    return bytes;
}

void sbr_reference_count(sabir_program *program)
{
    const sabir_graph *graph = program->reference->graph;
    sabir_memory_report *memory = &program->memory;
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        const sbr_node *node = &graph->nodes.data[n];
        if (!program->reference->needed[n]) continue;
        if (!(sbr_ops[node->op].flags & (SBR_LEAF | SBR_STATE | SBR_REGION | SBR_ALIAS))) program->counters.launches++;
        for (uint32_t i = 0; i < node->output_count; i++) {
            const uint64_t bytes = largest_bytes(program->reference, node->first_output + i);
            if (bytes > memory->largest_tensor) {
                memory->largest_tensor = bytes;
                snprintf(memory->largest_name, sizeof memory->largest_name, "%s", node->name ? node->name : sbr_ops[node->op].name);
            }
            if (node->op == SBR_OP_input) memory->io += bytes;
            else if (node->op == SBR_OP_variable) memory->variables += bytes;
            else if (node->op == SBR_OP_constant) memory->constants += bytes;
            else if (!(sbr_ops[node->op].flags & (SBR_LEAF | SBR_ALIAS))) memory->activations += bytes;
        }
    }
    for (uint32_t i = 0; i < graph->outputs.count; i++) memory->io += largest_bytes(program->reference, graph->outputs.data[i].value);
}
