/* Runs a graph node by node. */
#include "reference_inside.h"

typedef struct walk {
    sabir_program *program;
    const sabir_graph *graph;
    sbr_reference *reference;
    uint64_t run;
} walk;

/* ---- Cells ---- */

static void drop(walk *w, uint32_t value)
{
    sbr_cell *held = w->reference->cells[value];
    w->reference->cells[value] = NULL;
    if (!held || --held->holders) return;
    sbr_ref_free(&w->program->allocator, &held->tensor);
    sbr_free(&w->program->allocator, held);
}

static void hold(walk *w, uint32_t value, uint32_t from)
{
    sbr_cell *held = w->reference->cells[from];
    held->holders++;
    drop(w, value);
    w->reference->cells[value] = held;
}

/* The extents of a value for this run. */
static sabir_status shape_of(const walk *w, uint32_t value, sbr_ref_tensor *tensor)
{
    const sbr_value_info *info = sbr_value_at(w->graph, value);
    *tensor = (sbr_ref_tensor){.type = info->type, .rank = info->shape.rank};
    for (int32_t i = 0; i < info->shape.rank; i++) {
        const sabir_extent extent = info->shape.extents[i];
        if (sbr_is_number(extent)) {
            tensor->extents[i] = extent;
            continue;
        }
        const sbr_expr expr = sbr_extent_expr(w->reference->graph, extent);
        if (expr == SBR_EXPR_NONE) return sbr_fail(SABIR_INTERNAL, "an extent of the reference's graph has no expression");
        tensor->extents[i] = w->program->values[expr];
    }
    return SABIR_OK;
}

static sabir_status make_cell(walk *w, uint32_t value, sbr_ref_tensor **tensor)
{
    sbr_cell *made = sbr_alloc(&w->program->allocator, sizeof *made);
    if (!made) return sbr_no_memory(sizeof *made);
    sabir_status status = shape_of(w, value, &made->tensor);
    if (status == SABIR_OK) status = sbr_ref_alloc(&w->program->allocator, &made->tensor);
    if (status != SABIR_OK) {
        sbr_free(&w->program->allocator, made);
        return status;
    }
    made->holders = 1;
    drop(w, value);
    w->reference->cells[value] = made;
    *tensor = &made->tensor;
    return SABIR_OK;
}

/* ---- Leaves ---- */

static sabir_status load_tensor(walk *w, uint32_t value, sabir_tensor *from)
{
    sbr_ref_tensor *tensor;
    SABIR_TRY(make_cell(w, value, &tensor));
    if (!from->device->backend) {
        sbr_ref_load(tensor, from->host);
        return SABIR_OK;
    }
    void *data = sbr_alloc(&w->program->allocator, (size_t)from->bytes);
    if (!data) return sbr_no_memory((size_t)from->bytes);
    sabir_status status = sabir_tensor_read(from, 0, data, from->bytes);
    if (status == SABIR_OK) sbr_ref_load(tensor, data);
    sbr_free(&w->program->allocator, data);
    return status;
}

static const sbr_port *port_of(const sabir_program *program, uint32_t value, sbr_port_kind kind)
{
    for (uint32_t i = 0; i < program->ports.count; i++)
        if (program->ports.data[i].kind == kind && program->ports.data[i].value == value) return &program->ports.data[i];
    return NULL;
}

static sabir_tensor *variable_of(const sabir_program *program, uint32_t value)
{
    for (uint32_t i = 0; i < program->variables.count; i++)
        if (program->variables.data[i].value == value) return program->variables.data[i].tensor;
    return NULL;
}

static sabir_status load_bytes(walk *w, uint32_t value, const void *data)
{
    sbr_ref_tensor *tensor;
    SABIR_TRY(make_cell(w, value, &tensor));
    sbr_ref_load(tensor, data);
    return SABIR_OK;
}

static sabir_status load_dim(walk *w, const sbr_node *node)
{
    const sabir_extent extent = ((const sabir_extent_attrs *)node->attrs)->extent;
    const sbr_expr expr = sbr_is_number(extent) ? SBR_EXPR_NONE : sbr_extent_expr(w->reference->graph, extent);
    const int64_t number = sbr_is_number(extent) ? extent : w->program->values[expr];
    const int32_t stored = (int32_t)sbr_ref_wrap(SABIR_I32, number);
    return load_bytes(w, node->first_output, &stored);
}

static sabir_status load_leaf(walk *w, const sbr_node *node, bool *was_leaf)
{
    const uint32_t value = node->first_output;
    *was_leaf = true;
    switch (node->op) {
        case SBR_OP_input: return load_tensor(w, value, port_of(w->program, value, SBR_PORT_INPUT)->tensor);
        case SBR_OP_variable: return load_tensor(w, value, variable_of(w->program, value));
        case SBR_OP_scalar: return load_bytes(w, value, port_of(w->program, value, SBR_PORT_SCALAR)->scalar);
        case SBR_OP_constant: return load_bytes(w, value, ((const sbr_constant_attrs *)node->attrs)->data);
        case SBR_OP_dim_value: return load_dim(w, node);
        case SBR_OP_carry:               /* the loop sets it */
        case SBR_OP_assign: return SABIR_OK; /* made at the end */
        default: *was_leaf = false; return SABIR_OK;
    }
}

/* ---- Operators ---- */

static sabir_status call_operator(walk *w, const sbr_node *node, sbr_ref_tensor *inputs)
{
    sbr_ref_tensor outputs[4] = {0};
    for (uint32_t i = 0; i < node->input_count; i++) inputs[i] = w->reference->cells[node->inputs[i]]->tensor;
    for (uint32_t i = 0; i < node->output_count; i++) {
        sbr_ref_tensor *made;
        SABIR_TRY(make_cell(w, node->first_output + i, &made));
        outputs[i] = *made;
    }
    const sbr_ref_call call = {&w->program->allocator, node->attrs, inputs, node->input_count, outputs, node->output_count};
    return sbr_ref_functions[node->op](&call);
}

static sabir_status run_operator(walk *w, const sbr_node *node)
{
    enum { FEW = 8 };
    sbr_ref_tensor few[FEW];
    if (!sbr_ref_functions[node->op] || node->output_count > 4)
        return sbr_fail(SABIR_INTERNAL, "operator %s has no reference", sbr_ops[node->op].name);
    if (node->input_count <= FEW) return call_operator(w, node, few);
    sbr_ref_tensor *many = sbr_alloc_array(&w->program->allocator, node->input_count, sizeof *many);
    if (!many) return sbr_no_memory(node->input_count * sizeof *many);
    sabir_status status = call_operator(w, node, many);
    sbr_free(&w->program->allocator, many);
    return status;
}

/* ---- Walking ---- */

static sabir_status walk_nodes(walk *w, uint32_t first, uint32_t end, uint32_t depth);

/* All next values are taken before any carried value is replaced. */
static sabir_status carry_over(walk *w, const sbr_node *loop, const sbr_loop_attrs *attrs)
{
    sbr_cell **next = sbr_alloc_array(&w->program->allocator, attrs->carried, sizeof *next);
    if (!next) return sbr_no_memory(attrs->carried * sizeof *next);
    for (uint32_t k = 0; k < attrs->carried; k++) {
        if (!w->reference->needed[attrs->body_first + k]) continue;
        next[k] = w->reference->cells[loop->inputs[attrs->carried + k]];
        next[k]->holders++;
    }
    for (uint32_t k = 0; k < attrs->carried; k++) {
        if (!next[k]) continue;
        const uint32_t carry = w->graph->nodes.data[attrs->body_first + k].first_output;
        drop(w, carry);
        w->reference->cells[carry] = next[k];
    }
    sbr_free(&w->program->allocator, next);
    return SABIR_OK;
}

static sabir_status run_loop(walk *w, uint32_t n)
{
    const sbr_node *loop = &w->graph->nodes.data[n];
    const sbr_loop_attrs *attrs = loop->attrs;
    const sbr_node *carries = &w->graph->nodes.data[attrs->body_first];
    for (uint32_t k = 0; k < attrs->carried; k++)
        if (w->reference->needed[attrs->body_first + k]) hold(w, carries[k].first_output, loop->inputs[k]);
    int32_t ran = 0;
    for (bool going = true; going && ran < attrs->trips; ran++) {
        SABIR_TRY(walk_nodes(w, attrs->body_first, n, loop->depth + 1));
        if (attrs->has_going) going = w->reference->cells[loop->inputs[2 * attrs->carried]]->tensor.i[0] != 0;
        SABIR_TRY(carry_over(w, loop, attrs));
    }
    for (uint32_t k = 0; k < attrs->carried; k++)
        if (w->reference->needed[attrs->body_first + k]) hold(w, loop->first_output + k, carries[k].first_output);
    for (uint32_t i = attrs->body_first; i < n; i++)
        for (uint32_t k = 0; k < w->graph->nodes.data[i].output_count; k++) drop(w, w->graph->nodes.data[i].first_output + k);
    return load_bytes(w, loop->first_output + attrs->carried, &ran);
}

static sabir_status run_node(walk *w, uint32_t n)
{
    const sbr_node *node = &w->graph->nodes.data[n];
    if (sbr_cancelled(w->program, w->run)) return sbr_fail(SABIR_CANCELLED, "sabir_cancel stopped the run");
    const uint64_t begin = w->program->profiled ? sbr_clock_ns() : 0;
    bool was_leaf;
    SABIR_TRY(load_leaf(w, node, &was_leaf));
    if (was_leaf) return SABIR_OK;
    if (node->op == SBR_OP_loop) return run_loop(w, n);
    if (sbr_ops[node->op].flags & SBR_ALIAS) {
        for (uint32_t i = 0; i < node->output_count; i++) hold(w, node->first_output + i, node->inputs[i]);
        return SABIR_OK;
    }
    SABIR_TRY(run_operator(w, node));
    if (w->program->profiled) sbr_profile_add(&w->program->profile, sbr_ops[node->op].name, begin, sbr_clock_ns(), 0, 0);
    return SABIR_OK;
}

/* The nodes of one depth; deeper ones run when their loop's node is reached. */
static sabir_status walk_nodes(walk *w, uint32_t first, uint32_t end, uint32_t depth)
{
    for (uint32_t n = first; n < end; n++) {
        if (w->graph->nodes.data[n].depth != depth || !w->reference->needed[n]) continue;
        SABIR_TRY(run_node(w, n));
        for (uint32_t v = w->reference->dies[n]; v != UINT32_MAX; v = w->reference->dies_next[v]) drop(w, v);
    }
    return SABIR_OK;
}

/* ---- The end: outputs and assigns ---- */

static sabir_status store_tensor(walk *w, uint32_t value, sabir_tensor *to)
{
    const sbr_ref_tensor *tensor = &w->reference->cells[value]->tensor;
    if (!to->device->backend) {
        sbr_ref_store(tensor, to->host);
        return SABIR_OK;
    }
    void *data = sbr_alloc(&w->program->allocator, (size_t)to->bytes);
    if (!data) return sbr_no_memory((size_t)to->bytes);
    sbr_ref_store(tensor, data);
    sabir_status status = sabir_tensor_write(to, 0, data, to->bytes);
    sbr_free(&w->program->allocator, data);
    return status;
}

static sabir_status store_results(walk *w)
{
    for (uint32_t n = 0; n < w->graph->nodes.count; n++) {
        const sbr_node *node = &w->graph->nodes.data[n];
        if (node->op == SBR_OP_assign) SABIR_TRY(store_tensor(w, node->inputs[1], variable_of(w->program, node->inputs[0])));
    }
    for (uint32_t i = 0; i < w->program->ports.count; i++) {
        const sbr_port *port = &w->program->ports.data[i];
        if (port->kind == SBR_PORT_OUTPUT) SABIR_TRY(store_tensor(w, port->value, port->tensor));
    }
    return SABIR_OK;
}

sabir_status sbr_reference_run(sabir_program *program, uint64_t run)
{
    walk w = {program, program->reference->graph, program->reference, run};
    if (program->profiled) sbr_profile_begin_run(&program->profile);
    sabir_status status = walk_nodes(&w, 0, w.graph->nodes.count, 0);
    if (status == SABIR_OK) status = store_results(&w);
    for (uint32_t v = 0; v < w.graph->values.count; v++) drop(&w, v);
    return status;
}
