/* The graph: making and ending it, its first error, adding nodes, placing them. */
#include "build.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

enum { SERIAL_LIMIT = 1 << 24, FEW = 8, SHOWN_OPERANDS = 6 };

/* NULL when out of memory. */
static sabir_graph *create(const sabir_allocator *allocator, uint32_t serial)
{
    sabir_graph *made = sbr_alloc(allocator, sizeof *made);
    if (!made) return NULL;
    made->allocator = *allocator;
    made->arena.allocator = &made->allocator;
    made->serial = serial;
    sbr_exprs_init(&made->exprs, &made->allocator);
    return made;
}

sabir_status sabir_graph_create(sabir_context *context, sabir_graph **graph)
{
    static atomic_uint last_serial;
    if (!graph) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_graph_create: graph is NULL");
    *graph = NULL;
    SABIR_TRY(sbr_context_check(context));
    const uint32_t serial = 1 + atomic_fetch_add(&last_serial, 1) % (SERIAL_LIMIT - 1);
    sabir_graph *made = create(sbr_context_allocator(context), serial);
    if (!made) return sbr_no_memory(sizeof *made);
    sabir_context_retain(context);
    made->context = context;
    *graph = made;
    return SABIR_OK;
}

sabir_status sbr_graph_create_plain(const sabir_allocator *allocator, const sabir_graph *like, sabir_graph **graph)
{
    *graph = NULL;
    sabir_graph *made = create(allocator, like->serial);
    if (!made) return sbr_no_memory(sizeof *made);
    sabir_status status = sbr_exprs_copy(&made->exprs, &like->exprs);
    for (uint32_t i = 0; i < made->exprs.dims.count && status == SABIR_OK; i++) {
        sbr_dim_info *dim = &made->exprs.dims.data[i];
        const char *name = sbr_arena_strdup(&made->arena, dim->name);
        if (name) dim->name = name;
        else status = sbr_no_memory(strlen(dim->name) + 1);
    }
    if (status != SABIR_OK) {
        sabir_graph_destroy(made);
        return status;
    }
    *graph = made;
    return SABIR_OK;
}

void sabir_graph_destroy(sabir_graph *graph)
{
    if (!graph) return;
    const sabir_allocator allocator = graph->allocator;
    sabir_context *context = graph->context;
    sbr_vector_free(&allocator, &graph->nodes);
    sbr_vector_free(&allocator, &graph->values);
    sbr_vector_free(&allocator, &graph->outputs);
    sbr_vector_free(&allocator, &graph->twins);
    sbr_vector_free(&allocator, &graph->notes);
    sbr_exprs_free(&graph->exprs);
    sbr_arena_free(&graph->arena);
    sbr_free(&allocator, graph);
    sabir_context_release(context);
}

sabir_context *sabir_graph_context(const sabir_graph *graph) { return graph ? graph->context : NULL; }

/* ---- Errors ---- */

sabir_status sabir_graph_status(const sabir_graph *graph)
{
    if (!graph) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_graph_status: graph is NULL");
    return graph->status == SABIR_OK ? SABIR_OK : sbr_fail(graph->status, "%s", graph->message);
}

bool sbr_graph_open(sabir_graph *graph, const char *call)
{
    if (graph) return graph->status == SABIR_OK;
    (void)sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the graph is NULL", call);
    return false;
}

sabir_value sbr_graph_fail(sabir_graph *graph, sabir_status status)
{
    if (graph && graph->status == SABIR_OK) {
        graph->status = status;
        snprintf(graph->message, sizeof graph->message, "%s", sabir_last_message());
    }
    return sbr_null(graph);
}

void sbr_graph_without_place(sabir_graph *graph)
{
    if (graph->status != SABIR_OK) graph->located = true;
    graph->placed = graph->nodes.count;
}

void sbr_graph_fail_here(sabir_graph *graph, sabir_status status)
{
    (void)sbr_graph_fail(graph, status);
    sbr_graph_without_place(graph);
}

/* The place of the node before is often the same: texts are then shared. */
static const char *copy_place(sabir_graph *graph, uint32_t node, const char *file)
{
    const char *before = node ? graph->nodes.data[node - 1].file : NULL;
    return before && strcmp(before, file) == 0 ? before : sbr_arena_strdup(&graph->arena, file);
}

sabir_value sabir_located(sabir_value value, const char *file, int line)
{
    sabir_graph *graph = value.graph;
    if (!graph || !file) return value;
    if (graph->status != SABIR_OK) {
        if (graph->located) return value;
        graph->located = true;
        const size_t length = strlen(graph->message);
        snprintf(graph->message + length, sizeof graph->message - length, " (%s:%d)", file, line);
        (void)sbr_fail(graph->status, "%s", graph->message);
        return value;
    }
    const char *place = graph->placed < graph->nodes.count ? copy_place(graph, graph->placed, file) : NULL;
    for (; graph->placed < graph->nodes.count; graph->placed++) {
        sbr_node *node = &graph->nodes.data[graph->placed];
        if (node->file) continue; /* built by a user's function that was called in between */
        node->file = place;
        node->line = line;
    }
    return value;
}

sabir_status sabir_placed(sabir_graph *graph, sabir_status status, const char *file, int line)
{
    (void)sabir_located((sabir_value){graph, SABIR_NONE_INDEX}, file, line);
    return status;
}

/* ---- Notes, and what is taken back ---- */

void sbr_graph_note(sabir_graph *graph, const char *format, ...)
{
    char text[512];
    va_list arguments;
    if (graph->status != SABIR_OK) return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (uint32_t i = 0; i < graph->notes.count; i++)
        if (strcmp(graph->notes.data[i], text) == 0) return;
    const char *copy = sbr_arena_strdup(&graph->arena, text);
    if (!copy || !sbr_push(&graph->allocator, &graph->notes, copy)) (void)sbr_graph_fail(graph, sbr_no_memory(strlen(text) + 1));
}

sbr_graph_height sbr_graph_height_of(const sabir_graph *graph)
{
    return (sbr_graph_height){graph->nodes.count, graph->values.count, graph->outputs.count, graph->twins.count, graph->notes.count};
}

void sbr_graph_cut(sabir_graph *graph, sbr_graph_height height)
{
    graph->nodes.count = height.nodes;
    graph->values.count = height.values;
    graph->outputs.count = height.outputs;
    graph->twins.count = height.twins;
    graph->notes.count = height.notes;
    if (graph->placed > height.nodes) graph->placed = height.nodes;
}

/* ---- Values ---- */

sabir_status sbr_need_readable(const sabir_graph *graph, sabir_value value, const char *what)
{
    if (sbr_absent(value)) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s is the null value", what);
    if (value.graph != graph) return sbr_fail(SABIR_MISUSE, "%s belongs to another graph", what);
    if (value.index >= graph->values.count) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s is no value of this graph", what);
    const uint32_t node = graph->values.data[value.index].node, depth = graph->nodes.data[node].depth;
    const sbr_loop_frame *frame = graph->loops;
    while (frame && frame->depth > depth) frame = frame->outer;
    if (depth && (!frame || frame->depth != depth || node < frame->body_first))
        return sbr_fail(SABIR_MISUSE, "%s is a value of a loop's body, read outside of it; carry it, and read the loop's result", what);
    return SABIR_OK;
}

bool sbr_graph_owns(sabir_graph *graph, sabir_value value, const char *what)
{
    if (!sbr_graph_open(graph, what)) return false;
    const sabir_status status = sbr_need_readable(graph, value, what);
    if (status != SABIR_OK) (void)sbr_graph_fail(graph, status);
    return status == SABIR_OK;
}

static bool known(sabir_value value) { return value.graph && value.index < value.graph->values.count; }

const char *sabir_value_name(sabir_value value)
{
    return known(value) ? value.graph->nodes.data[sbr_info(value)->node].name : NULL;
}

sabir_type sabir_value_type(sabir_value value) { return known(value) ? sbr_info(value)->type : SABIR_TYPE_COUNT; }

sabir_shape sabir_value_shape(sabir_value value) { return known(value) ? sbr_info(value)->shape : (sabir_shape){0}; }

sabir_value sbr_output_of(sabir_value value, uint32_t slot)
{
    if (!known(value)) return value;
    const sbr_node *node = &value.graph->nodes.data[sbr_info(value)->node];
    return slot < node->output_count ? (sabir_value){value.graph, node->first_output + slot} : sbr_null(value.graph);
}

/* ---- Nodes ---- */

/* A node being made; everything it points to is the builder's. */
typedef struct draft {
    sbr_op op;
    const char *name;
    const uint32_t *inputs;
    uint32_t input_count, output_count;
    const void *attrs; /* in the arena already */
    const sabir_type *types;
    const sabir_shape *shapes;
    uint32_t depth;
} draft;

static sabir_status check_result(sabir_graph *graph, sabir_type type, const sabir_shape *shape)
{
    SABIR_TRY(sbr_shape_check(graph, shape));
    int64_t bytes = (int64_t)sabir_type_size(type);
    for (int32_t i = 0; i < shape->rank; i++) {
        const int64_t most = sbr_extent_most(graph, shape->extents[i]);
        if (!sbr_mul_i64(bytes, most > 0 ? most : 1, &bytes)) {
            char text[160];
            sbr_shape_text(graph, type, shape, text, sizeof text);
            return sbr_fail(SABIR_INVALID_SHAPE, "the result %s takes more than 2^63 - 1 bytes", text);
        }
    }
    return SABIR_OK;
}

/* All or nothing: room is made first. */
static sabir_status append(sabir_graph *graph, const draft *from)
{
    for (uint32_t i = 0; i < from->output_count; i++) SABIR_TRY(check_result(graph, from->types[i], &from->shapes[i]));
    const uint32_t *inputs = NULL;
    const char *name = NULL;
    const size_t input_bytes = from->input_count * sizeof *inputs;
    if (from->input_count && !(inputs = sbr_arena_copy(&graph->arena, from->inputs, input_bytes))) return sbr_no_memory(input_bytes);
    if (from->name && !(name = sbr_arena_strdup(&graph->arena, from->name))) return sbr_no_memory(strlen(from->name) + 1);
    if (!sbr_reserve(&graph->allocator, &graph->nodes, 1) || !sbr_reserve(&graph->allocator, &graph->values, from->output_count))
        return sbr_fail(SABIR_OUT_OF_MEMORY, "no memory for a graph of %u nodes", graph->nodes.count);
    for (uint32_t i = 0; i < from->output_count; i++)
        graph->values.data[graph->values.count + i] = (sbr_value_info){from->types[i], from->shapes[i], graph->nodes.count, i};
    graph->nodes.data[graph->nodes.count++] = (sbr_node){
        .op = from->op, .attrs = from->attrs, .inputs = inputs, .input_count = from->input_count, .first_output = graph->values.count,
        .output_count = from->output_count, .name = name, .depth = from->depth,
    };
    graph->values.count += from->output_count;
    return SABIR_OK;
}

static uint32_t depth_now(const sabir_graph *graph) { return graph->loops ? graph->loops->depth : 0; }

static sabir_status copy_attrs(sabir_graph *graph, sbr_op op, const void *attrs, void **copy)
{
    const size_t size = sbr_ops[op].attrs_size;
    *copy = attrs ? sbr_arena_copy(&graph->arena, attrs, size) : sbr_arena_alloc(&graph->arena, size);
    return *copy ? SABIR_OK : sbr_no_memory(size);
}

/* "operator(f32[2, 3], ...): message" in the place of the thread's message. */
static sabir_status name_operands(const sabir_graph *graph, sbr_op op, const sabir_value *inputs, uint32_t count, sabir_status status)
{
    char text[640] = "";
    size_t length = 0;
    for (uint32_t i = 0; i < count && length + 8 < sizeof text; i++) {
        char operand[160] = "?";
        if (i == SHOWN_OPERANDS) snprintf(operand, sizeof operand, "... %u in all", count);
        else if (inputs[i].graph == graph && known(inputs[i]))
            sbr_shape_text(graph, sbr_info(inputs[i])->type, &sbr_info(inputs[i])->shape, operand, sizeof operand);
        const int written = snprintf(text + length, sizeof text - length, "%s%s", i ? ", " : "", operand);
        length += written > 0 ? (size_t)written : 0;
        if (i == SHOWN_OPERANDS) break;
    }
    return sbr_fail(status, "%s(%s): %s", sbr_ops[op].name, text, sabir_last_message());
}

static sabir_status check_operands(const sabir_graph *graph, sbr_op op, const sabir_value *inputs, uint32_t count)
{
    const sbr_op_info *info = &sbr_ops[op];
    if ((info->flags & (SBR_LEAF | SBR_REGION)) && op != SBR_OP_dim_value)
        return sbr_fail(SABIR_INTERNAL, "%s is not built by sbr_add_node", info->name);
    if (count < info->least || count > info->most)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%u operands; it takes %u to %u", count, info->least, info->most);
    for (uint32_t i = 0; i < count; i++) {
        char what[24];
        snprintf(what, sizeof what, "operand %u", i + 1);
        SABIR_TRY(sbr_need_readable(graph, inputs[i], what));
    }
    return SABIR_OK;
}

typedef struct operands { uint32_t *indices; sabir_type *types; sabir_shape *shapes; } operands;

static sabir_status infer(sabir_graph *graph, sbr_op op, const sabir_value *inputs, uint32_t count, const void *attrs, const operands *room)
{
    for (uint32_t i = 0; i < count; i++) {
        room->indices[i] = inputs[i].index;
        room->types[i] = sbr_info(inputs[i])->type;
        room->shapes[i] = sbr_info(inputs[i])->shape;
    }
    void *copy = NULL;
    SABIR_TRY(copy_attrs(graph, op, attrs, &copy));
    sbr_signature signature = {.graph = graph, .op = op, .types = room->types, .shapes = room->shapes, .inputs = count, .attrs = copy,
                               .outputs = sbr_ops[op].outputs};
    SABIR_TRY(sbr_ops[op].shape(&signature));
    return append(graph, &(draft){.op = op, .inputs = room->indices, .input_count = count, .output_count = signature.outputs, .attrs = copy,
                                  .types = signature.result_types, .shapes = signature.result_shapes, .depth = depth_now(graph)});
}

static sabir_status add(sabir_graph *graph, sbr_op op, const sabir_value *inputs, uint32_t count, const void *attrs)
{
    SABIR_TRY(check_operands(graph, op, inputs, count));
    uint32_t indices[FEW] = {0};
    sabir_type types[FEW] = {SABIR_F32};
    sabir_shape shapes[FEW] = {{0}};
    if (count <= FEW) return infer(graph, op, inputs, count, attrs, &(operands){indices, types, shapes});
    const sabir_allocator *allocator = &graph->allocator;
    const operands room = {sbr_alloc_array(allocator, count, sizeof(uint32_t)), sbr_alloc_array(allocator, count, sizeof(sabir_type)),
                           sbr_alloc_array(allocator, count, sizeof(sabir_shape))};
    const sabir_status status = room.indices && room.types && room.shapes ? infer(graph, op, inputs, count, attrs, &room)
                                                                          : sbr_no_memory(count * sizeof(sabir_shape));
    sbr_free(allocator, room.indices);
    sbr_free(allocator, room.types);
    sbr_free(allocator, room.shapes);
    return status;
}

static sabir_value first_output(sabir_graph *graph)
{
    const sbr_node *node = &graph->nodes.data[graph->nodes.count - 1];
    return node->output_count ? (sabir_value){graph, node->first_output} : sbr_null(graph);
}

sabir_value sbr_add_node(sabir_graph *graph, sbr_op op, const sabir_value *inputs, uint32_t input_count, const void *attrs)
{
    if (!sbr_graph_open(graph, sbr_ops[op].name)) return sbr_null(graph);
    const sabir_status status = add(graph, op, inputs, input_count, attrs);
    if (status == SABIR_OK) return first_output(graph);
    return sbr_graph_fail(graph, name_operands(graph, op, inputs, input_count, status));
}

sabir_value sbr_add_1(sabir_graph *graph, sbr_op op, sabir_value x, const void *attrs) { return sbr_add_node(graph, op, &x, 1, attrs); }

sabir_value sbr_add_2(sabir_graph *graph, sbr_op op, sabir_value x, sabir_value y, const void *attrs)
{
    return sbr_add_node(graph, op, (const sabir_value[]){x, y}, 2, attrs);
}

sabir_value sbr_add_3(sabir_graph *graph, sbr_op op, sabir_value x, sabir_value y, sabir_value z, const void *attrs)
{
    return sbr_add_node(graph, op, (const sabir_value[]){x, y, z}, 3, attrs);
}

static sabir_status add_leaf(sabir_graph *graph, sbr_op op, const char *name, sabir_type type, const sabir_shape *shape, const void *attrs)
{
    void *copy = NULL;
    SABIR_TRY(copy_attrs(graph, op, attrs, &copy));
    sbr_signature signature = {.graph = graph, .op = op, .attrs = copy, .outputs = 1, .result_types = {type}, .result_shapes = {*shape}};
    SABIR_TRY(sbr_ops[op].shape(&signature));
    return append(graph, &(draft){.op = op, .name = name, .output_count = 1, .attrs = copy, .types = signature.result_types,
                                  .shapes = signature.result_shapes, .depth = depth_now(graph)});
}

sabir_value sbr_add_leaf(sabir_graph *graph, sbr_op op, const char *name, sabir_type type, const sabir_shape *shape, const void *attrs)
{
    if (!sbr_graph_open(graph, sbr_ops[op].name)) return sbr_null(graph);
    const sabir_status status = add_leaf(graph, op, name, type, shape, attrs);
    if (status == SABIR_OK) return first_output(graph);
    if (name) return sbr_graph_fail(graph, sbr_fail(status, "%s \"%s\": %s", sbr_ops[op].name, name, sabir_last_message()));
    return sbr_graph_fail(graph, sbr_fail(status, "%s: %s", sbr_ops[op].name, sabir_last_message()));
}

/* A node whose first outputs are like its first operands; counted: and one more, i32. */
static sabir_status add_like(sabir_graph *graph, sbr_op op, const uint32_t *inputs, uint32_t input_count, const void *attrs, uint32_t like, bool counted)
{
    const uint32_t outputs = like + (counted ? 1 : 0);
    void *copy = NULL;
    SABIR_TRY(copy_attrs(graph, op, attrs, &copy));
    sabir_type *types = sbr_alloc_array(&graph->allocator, outputs, sizeof *types);
    sabir_shape *shapes = sbr_alloc_array(&graph->allocator, outputs, sizeof *shapes);
    sabir_status status = types && shapes ? SABIR_OK : sbr_no_memory(outputs * sizeof *shapes);
    if (status == SABIR_OK) {
        for (uint32_t i = 0; i < like; i++) {
            types[i] = graph->values.data[inputs[i]].type;
            shapes[i] = graph->values.data[inputs[i]].shape;
        }
        if (counted) types[like] = SABIR_I32;
        status = append(graph, &(draft){.op = op, .inputs = inputs, .input_count = input_count, .output_count = outputs, .attrs = copy,
                                        .types = types, .shapes = shapes, .depth = depth_now(graph)});
    }
    sbr_free(&graph->allocator, types);
    sbr_free(&graph->allocator, shapes);
    return status;
}

sabir_value sbr_add_loop(sabir_graph *graph, const uint32_t *inputs, uint32_t input_count, const sbr_loop_attrs *attrs)
{
    const sabir_status status = add_like(graph, SBR_OP_loop, inputs, input_count, attrs, attrs->carried, true);
    return status == SABIR_OK ? first_output(graph) : sbr_graph_fail(graph, status);
}

sabir_value sbr_add_custom(sabir_graph *graph, const uint32_t *inputs, uint32_t input_count, uint32_t outputs, const sbr_custom_attrs *attrs)
{
    const sabir_status status = add_like(graph, SBR_OP_custom_gradient, inputs, input_count, attrs, outputs, false);
    return status == SABIR_OK ? first_output(graph) : sbr_graph_fail(graph, status);
}
