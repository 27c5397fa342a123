/* Values of a group as statements of the dialect: views compose into strides, expressions come from the operator table. */
#include "fused.h"

static bool is_member(const sbr_fused_writer *w, uint32_t node)
{
    for (uint32_t i = 0; i < w->node_count; i++)
        if (w->nodes[i] == node) return true;
    return false;
}

void sbr_fused_extents(sbr_fused_writer *w, uint32_t value, int32_t *rank, sbr_expr *extents)
{
    const sabir_shape *shape = &sbr_value_at(w->lowering->graph, value)->shape;
    *rank = shape->rank;
    for (int32_t i = 0; i < shape->rank; i++) extents[i] = sbr_ext(w->lowering, shape->extents[i]);
}

/* ---- views, seen through the chain of view nodes and broadcasts between a value and the root ----
 * A chain entry is a node; entries are applied from the last to the first. A computing node in a chain stands for broadcasting to its shape. */

static void apply_slice(sbr_lowering *lowering, const sabir_slice_attrs *attrs, sbr_view *view)
{
    for (int32_t i = 0; i < view->rank; i++) {
        view->offset = sbr_add(lowering, view->offset, sbr_mul(lowering, view->strides[i], sbr_num(lowering, attrs->start.values[i])));
        view->strides[i] = sbr_mul(lowering, view->strides[i], sbr_num(lowering, attrs->step.values[i]));
        view->extents[i] = sbr_ext(lowering, attrs->counts.extents[i]);
    }
}

static void apply(sbr_fused_writer *w, uint32_t n, sbr_view *view)
{
    const sbr_node *node = &w->lowering->graph->nodes.data[n];
    int32_t rank;
    sbr_expr extents[SABIR_MAX_RANK];
    sbr_fused_extents(w, node->first_output, &rank, extents);
    switch (node->op) {
        case SBR_OP_transpose: sbr_view_transpose(view, ((const sabir_transpose_attrs *)node->attrs)->axes.values, view); break;
        case SBR_OP_slice: apply_slice(w->lowering, node->attrs, view); break;
        case SBR_OP_reshape:
            if (!sbr_view_reshape(w->lowering, view, rank, extents, view)) w->status = sbr_fail(SABIR_INTERNAL, "a fused reshape is no view");
            break;
        default: sbr_view_broadcast(w->lowering, view, rank, extents, view); break;
    }
}

static sbr_fused_mode mode_of(sbr_fused_writer *w, const sbr_view *view)
{
    bool scalar = true, whole = view->rank == w->rank && sbr_is_dense(w->lowering, view);
    for (int32_t i = 0; i < view->rank; i++) {
        int64_t number;
        if (whole && view->extents[i] != w->extents[i]) whole = false;
        if (!(sbr_known(w->lowering, view->strides[i], &number) && number == 0) && !(sbr_known(w->lowering, view->extents[i], &number) && number == 1)) scalar = false;
    }
    return scalar ? SBR_FUSED_SCALAR : whole ? SBR_FUSED_DENSE : SBR_FUSED_STRIDED;
}

static bool same_view(const sbr_view *a, const sbr_view *b)
{
    return a->slot == b->slot && a->type == b->type && a->offset == b->offset && a->rank == b->rank &&
           memcmp(a->strides, b->strides, (size_t)a->rank * sizeof *a->strides) == 0;
}

static uint32_t find_operand(sbr_fused_writer *w, const sbr_view *view, bool is_bool)
{
    for (uint32_t i = 0; i < w->operand_count; i++)
        if (same_view(&w->operands[i].view, view) && w->operands[i].is_bool == is_bool) return i;
    if (w->operand_count == SBR_FUSED_OPERANDS) {
        w->status = sbr_fail(SABIR_INTERNAL, "a fused kernel reads more than %d operands", SBR_FUSED_OPERANDS);
        return 0;
    }
    w->operands[w->operand_count] = (sbr_fused_operand){*view, mode_of(w, view), is_bool};
    return w->operand_count++;
}

/* ---- expressions ---- */

static bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/* The operator's expression with a, b, c replaced by temporaries. */
static void put_expression(sbr_fused_writer *w, const char *expression, const uint32_t *arguments)
{
    for (const char *at = expression; *at;) {
        size_t length = 0;
        while (is_name(at[length])) length++;
        if (length == 1 && at[0] >= 'a' && at[0] <= 'c') sbr_text_printf(&w->body, "v%u", arguments[at[0] - 'a']);
        else sbr_text_append(&w->body, at, length ? length : 1);
        at += length ? length : 1;
    }
}

static uint32_t load(sbr_fused_writer *w, uint32_t value, const uint32_t *chain, uint32_t length)
{
    sbr_view view = w->lowering->views[value];
    for (uint32_t i = length; i-- > 0;) apply(w, chain[i], &view);
    sbr_view_broadcast(w->lowering, &view, w->rank, w->extents, &view);
    const bool is_bool = view.type == SABIR_BOOL;
    const uint32_t o = find_operand(w, &view, is_bool), name = w->temporaries++;
    sbr_text_printf(&w->body, "%s v%u = LOAD(x%u, ", is_bool ? "uint" : "ARITH", name, o);
    switch (w->operands[o].mode) {
        case SBR_FUSED_SCALAR: sbr_text_puts(&w->body, "IDX_OF(0));\n"); break;
        case SBR_FUSED_DENSE: sbr_text_printf(&w->body, "%s);\n", w->index); break;
        case SBR_FUSED_STRIDED: sbr_text_printf(&w->body, "OFFSET(x%u, %s));\n", o, w->index); break;
    }
    return name;
}

static void put_node(sbr_fused_writer *w, const sbr_node *node, const uint32_t *arguments, uint32_t name)
{
    const bool is_bool = sbr_value_at(w->lowering->graph, node->first_output)->type == SABIR_BOOL;
    sbr_text_printf(&w->body, "%s v%u = ", is_bool ? "uint" : "ARITH", name);
    if (node->op == SBR_OP_select) {
        sbr_text_printf(&w->body, "v%u != 0u ? v%u : v%u;\n", arguments[0], arguments[1], arguments[2]);
    } else if (node->op == SBR_OP_cast) {
        sbr_text_printf(&w->body, "ARITH_OF(v%u);\n", arguments[0]);
    } else {
        sbr_text_puts(&w->body, is_bool ? "U32(" : "ARITH_OF(");
        put_expression(w, sbr_ops[node->op].expression, arguments);
        sbr_text_puts(&w->body, ");\n");
    }
}

/* Chains live in the module's arena: a longer one is a copy. */
static const uint32_t *longer(sbr_fused_writer *w, const uint32_t *chain, uint32_t length, uint32_t node)
{
    uint32_t *next = sbr_arena_alloc(&w->lowering->module->arena, (length + 1) * sizeof *next);
    if (!next) {
        w->status = sbr_no_memory(length * sizeof *next);
        return chain;
    }
    if (length) memcpy(next, chain, length * sizeof *next);
    next[length] = node;
    return next;
}

static bool changes_shape(const sabir_graph *graph, uint32_t operand, const sbr_node *node)
{
    return !sbr_shape_equal(&sbr_value_at(graph, operand)->shape, &sbr_value_at(graph, node->first_output)->shape);
}

static uint32_t compute(sbr_fused_writer *w, uint32_t value, const uint32_t *chain, uint32_t length)
{
    const sabir_graph *graph = w->lowering->graph;
    const uint32_t n = sbr_value_at(graph, value)->node;
    const sbr_node *node = &graph->nodes.data[n];
    if (!is_member(w, n)) return load(w, value, chain, length);
    if (sbr_fuse_reduces_rows(graph, node)) {
        const uint32_t row = sbr_fused_reduce(w, node), name = w->temporaries++;
        sbr_text_printf(&w->body, "ARITH v%u = r%u;\n", name, row);
        return name;
    }
    if (sbr_fuse_is_view(graph, node)) return sbr_fused_emit(w, node->inputs[0], longer(w, chain, length, n), length + 1);
    uint32_t arguments[3] = {0, 0, 0};
    for (uint32_t i = 0; i < node->input_count && i < 3; i++) {
        if (changes_shape(graph, node->inputs[i], node)) arguments[i] = sbr_fused_emit(w, node->inputs[i], longer(w, chain, length, n), length + 1);
        else arguments[i] = sbr_fused_emit(w, node->inputs[i], chain, length);
    }
    const uint32_t name = w->temporaries++;
    put_node(w, node, arguments, name);
    return name;
}

uint32_t sbr_fused_emit(sbr_fused_writer *w, uint32_t value, const uint32_t *chain, uint32_t length)
{
    if (w->status != SABIR_OK) return 0;
    for (uint32_t i = 0; i < w->known_count; i++) {
        const sbr_fused_known *k = &w->known[i];
        if (k->value == value && k->length == length && (length == 0 || memcmp(k->chain, chain, length * sizeof *chain) == 0)) return k->name;
    }
    const uint32_t name = compute(w, value, chain, length);
    if (w->known_count == SBR_FUSED_TEMPORARIES) w->status = sbr_fail(SABIR_INTERNAL, "a fused kernel has more than %d temporaries", SBR_FUSED_TEMPORARIES);
    else w->known[w->known_count++] = (sbr_fused_known){value, chain, length, name};
    return name;
}

/* ---- the kernel ---- */
