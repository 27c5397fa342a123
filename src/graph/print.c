/* The graph as text, one line a node, and as a dot drawing. */
#include "print.h"

static void put_attrs(const sbr_attrs_writer *writer)
{
    static sbr_attrs_print *const printers[SBR_OP_COUNT] = {
#define EW(name, inputs, class, result, expression, tolerance, text)
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) [SBR_OP_##name] = sbr_print_##attributes,
#include "ops.def"
    };
    sbr_attrs_print *const print = printers[writer->node->op];
    if (print) print(writer, writer->node->attrs);
}

static void put_type(sbr_text *text, const sabir_graph *graph, uint32_t value)
{
    char shape[256];
    const sbr_value_info *info = &graph->values.data[value];
    sbr_shape_text(graph, info->type, &info->shape, shape, sizeof shape);
    sbr_text_puts(text, shape);
}

/* A name between quotes; line breaks and quotes are escaped, so that one line stays one. */
static void put_name(sbr_text *text, const char *name)
{
    sbr_text_puts(text, "\"");
    for (; *name; name++) {
        if (*name == '"' || *name == '\\') sbr_text_puts(text, "\\");
        if (*name == '\n') sbr_text_puts(text, "\\n");
        else sbr_text_append(text, name, 1);
    }
    sbr_text_puts(text, "\"");
}

static void put_inputs(sbr_text *text, const sbr_node *node)
{
    if (!node->input_count) return;
    for (uint32_t i = 0; i < node->input_count; i++) sbr_text_printf(text, "%s%%%u", i ? ", " : "(", node->inputs[i]);
    sbr_text_puts(text, ")");
}

static void put_node(sbr_text *text, const sabir_graph *graph, const sbr_node *node)
{
    sbr_text_printf(text, "%*s", (int)(2 * node->depth), "");
    for (uint32_t i = 0; i < node->output_count; i++) sbr_text_printf(text, "%s%%%u", i ? ", " : "", node->first_output + i);
    sbr_text_printf(text, "%s%s", node->output_count ? " = " : "", sbr_ops[node->op].name);
    put_inputs(text, node);
    if (node->name) {
        sbr_text_puts(text, " ");
        put_name(text, node->name);
    }
    put_attrs(&(sbr_attrs_writer){text, graph, node});
    for (uint32_t i = 0; i < node->output_count; i++) {
        sbr_text_puts(text, i ? ", " : " : ");
        put_type(text, graph, node->first_output + i);
    }
    if (node->file) sbr_text_printf(text, "  # %s:%d", node->file, node->line);
    sbr_text_puts(text, "\n");
}

static void put_graph(sbr_text *text, const sabir_graph *graph)
{
    for (uint32_t i = 0; i < graph->exprs.dims.count; i++) {
        const sbr_dim_info *dim = &graph->exprs.dims.data[i];
        sbr_text_printf(text, "dim %s = %lld .. %lld\n", dim->name, (long long)dim->minimum, (long long)dim->maximum);
    }
    for (uint32_t i = 0; i < graph->notes.count; i++) sbr_text_printf(text, "note: %s\n", graph->notes.data[i]);
    for (uint32_t i = 0; i < graph->nodes.count; i++) put_node(text, graph, &graph->nodes.data[i]);
    for (uint32_t i = 0; i < graph->outputs.count; i++) {
        sbr_text_puts(text, "output ");
        put_name(text, graph->outputs.data[i].name);
        sbr_text_printf(text, " = %%%u\n", graph->outputs.data[i].value);
    }
    if (graph->status != SABIR_OK) sbr_text_printf(text, "error: %s\n", graph->message);
}

static void put_edge(sbr_text *text, const sabir_graph *graph, uint32_t value, const char *to_kind, uint32_t to)
{
    sbr_text_printf(text, "  n%u -> %s%u [label=\"%%%u ", graph->values.data[value].node, to_kind, to, value);
    put_type(text, graph, value);
    sbr_text_puts(text, "\"];\n");
}

static void put_dot(sbr_text *text, const sabir_graph *graph)
{
    sbr_text_puts(text, "digraph sabir {\n  node [shape=box, fontname=\"monospace\"];\n");
    for (uint32_t i = 0; i < graph->nodes.count; i++) {
        const sbr_node *node = &graph->nodes.data[i];
        sbr_text_printf(text, "  n%u [label=", i);
        put_name(text, node->name ? node->name : sbr_ops[node->op].name);
        sbr_text_puts(text, sbr_ops[node->op].flags & SBR_LEAF ? ", style=rounded];\n" : "];\n");
        for (uint32_t k = 0; k < node->input_count; k++) put_edge(text, graph, node->inputs[k], "n", i);
    }
    for (uint32_t i = 0; i < graph->outputs.count; i++) {
        sbr_text_printf(text, "  out%u [shape=oval, label=", i);
        put_name(text, graph->outputs.data[i].name);
        sbr_text_puts(text, "];\n");
        put_edge(text, graph, graph->outputs.data[i].value, "out", i);
    }
    sbr_text_puts(text, "}\n");
}

static sabir_status make(const sabir_graph *graph, char **result, void (*put)(sbr_text *, const sabir_graph *), const char *call)
{
    if (result) *result = NULL;
    if (!graph || !result) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: %s is NULL", call, graph ? "text" : "graph");
    sbr_text text = {.allocator = &graph->allocator};
    sbr_text_puts(&text, "");
    put(&text, graph);
    if (text.failed) {
        sbr_text_free(&text);
        return sbr_fail(SABIR_OUT_OF_MEMORY, "%s: no memory for the text", call);
    }
    *result = text.data;
    return SABIR_OK;
}

sabir_status sabir_graph_text(const sabir_graph *graph, char **text) { return make(graph, text, put_graph, "sabir_graph_text"); }
sabir_status sabir_graph_dot(const sabir_graph *graph, char **text) { return make(graph, text, put_dot, "sabir_graph_dot"); }

void sabir_string_free(sabir_context *context, char *text)
{
    if (context) sbr_free(sbr_context_allocator(context), text);
}
