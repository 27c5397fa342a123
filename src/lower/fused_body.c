/* Values of a group as statements of the dialect: views compose into strides, expressions come from the operator table. */
#include "fused.h"
#include "operands.h"

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

/* extents: of the part of the index space that the view spans. */
static sbr_fused_mode mode_of(sbr_fused_writer *w, const sbr_view *view, int32_t rank, const sbr_expr *extents)
{
    bool scalar = true, whole = view->rank == rank && sbr_is_dense(w->lowering, view);
    for (int32_t i = 0; i < view->rank; i++) {
        int64_t number;
        if (whole && view->extents[i] != extents[i]) whole = false;
        if (!(sbr_known(w->lowering, view->strides[i], &number) && number == 0) && !(sbr_known(w->lowering, view->extents[i], &number) && number == 1)) scalar = false;
    }
    return scalar ? SBR_FUSED_SCALAR : whole ? SBR_FUSED_DENSE : SBR_FUSED_STRIDED;
}

static bool same_view(const sbr_view *a, const sbr_view *b)
{
    return a->slot == b->slot && a->type == b->type && a->offset == b->offset && a->rank == b->rank &&
           memcmp(a->strides, b->strides, (size_t)a->rank * sizeof *a->strides) == 0;
}

static sbr_fused_operand describe(sbr_fused_writer *w, const sbr_view *view, sbr_fused_class class_, bool gathered)
{
    sbr_fused_operand operand = {.view = *view, .class_ = class_, .gathered = gathered};
    if (!w->lead) {
        operand.mode = mode_of(w, view, w->rank, w->extents);
        return operand;
    }
    int64_t stride, extent;
    const sbr_view features = sbr_lines(view, 0);
    operand.mode = mode_of(w, &features, w->rank - 1, w->extents + 1);
    operand.leads = !(sbr_known(w->lowering, view->strides[0], &stride) && stride == 0) && !(sbr_known(w->lowering, view->extents[0], &extent) && extent == 1);
    return operand;
}

uint32_t sbr_fused_operand_of(sbr_fused_writer *w, const sbr_view *view, sbr_fused_class class_, bool gathered)
{
    const sbr_fused_operand wanted = describe(w, view, class_, gathered);
    for (uint32_t i = 0; i < w->operand_count; i++) {
        sbr_fused_operand *operand = &w->operands[i];
        if (!same_view(&operand->view, view) || operand->class_ != class_ || operand->mode != wanted.mode || operand->leads != wanted.leads) continue;
        operand->gathered = operand->gathered || gathered;
        return i;
    }
    if (w->operand_count == SBR_FUSED_OPERANDS) {
        w->status = sbr_fail(SABIR_INTERNAL, "a fused kernel reads more than %d operands", SBR_FUSED_OPERANDS);
        return 0;
    }
    w->operands[w->operand_count] = wanted;
    return w->operand_count++;
}

/* Where a statement goes that reads the operand alone: before the features if it is the same for all of them. */
static sbr_text *place_of(sbr_fused_writer *w, uint32_t o) { return w->block && w->operands[o].mode == SBR_FUSED_SCALAR ? &w->prelude : &w->body; }

/* Where the element of the operand at the kernel's index is. */
static void put_place(const sbr_fused_writer *w, uint32_t o, sbr_text *text)
{
    const sbr_fused_operand *operand = &w->operands[o];
    if (!w->lead) {
        if (operand->mode == SBR_FUSED_SCALAR) sbr_text_puts(text, "IDX_OF(0)");
        else if (operand->mode == SBR_FUSED_DENSE) sbr_text_puts(text, w->index);
        else sbr_text_printf(text, "OFFSET(x%u, %s)", o, w->index);
        return;
    }
    if (operand->mode == SBR_FUSED_SCALAR) sbr_text_puts(text, operand->leads ? "" : "IDX_OF(0)");
    else if (operand->mode == SBR_FUSED_DENSE) sbr_text_puts(text, "feature");
    else sbr_text_printf(text, w->block ? "OFFSET(x%u, feature)" : "b%u", o);
    if (operand->leads) sbr_text_printf(text, "%s%s * P.s%u", operand->mode == SBR_FUSED_SCALAR ? "" : " + ", w->lead, o);
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

/* The view of a value outside, seen through the chain, in the kernel's index space. */
static void see(sbr_fused_writer *w, const uint32_t *chain, uint32_t length, sbr_view *view)
{
    for (uint32_t i = length; i-- > 0;) apply(w, chain[i], view);
    sbr_view_broadcast(w->lowering, view, w->rank, w->extents, view);
}

static uint32_t load(sbr_fused_writer *w, uint32_t value, const uint32_t *chain, uint32_t length)
{
    sbr_view view = w->lowering->views[value];
    see(w, chain, length, &view);
    const bool is_bool = view.type == SABIR_BOOL;
    const uint32_t o = sbr_fused_operand_of(w, &view, is_bool ? SBR_FUSED_BOOL : SBR_FUSED_ARITH, false), name = w->temporaries++;
    sbr_text *text = place_of(w, o);
    sbr_text_printf(text, "%s v%u = LOAD(x%u, ", is_bool ? "uint" : "ARITH", name, o);
    put_place(w, o, text);
    sbr_text_puts(text, ");\n");
    return name;
}

/* ---- gathers: a view of x that stands still along what the index replaces, and a view of the index that stands still elsewhere ---- */

static uint32_t gather_number(sbr_fused_writer *w, uint32_t n)
{
    for (uint32_t i = 0; i < w->gather_count; i++)
        if (w->gathers[i] == n) return i;
    if (w->gather_count == SBR_FUSED_GATHERS) {
        w->status = sbr_fail(SABIR_INTERNAL, "a fused kernel gathers more than %d times", SBR_FUSED_GATHERS);
        return 0;
    }
    w->gathers[w->gather_count] = n;
    return w->gather_count++;
}

static void split_gather(sbr_fused_writer *w, const sbr_node *node, sbr_view *x, sbr_view *index)
{
    const sbr_view from = w->lowering->views[node->inputs[0]], by = w->lowering->views[node->inputs[1]];
    const int32_t axis = ((const sabir_axis_attrs *)node->attrs)->axis;
    const sbr_expr zero = sbr_num(w->lowering, 0);
    *x = from;
    *index = by;
    x->rank = index->rank = from.rank - 1 + by.rank;
    for (int32_t i = 0; i < x->rank; i++) {
        const bool inside = i >= axis && i < axis + by.rank;
        const int32_t own = i < axis ? i : i - by.rank + 1;
        x->extents[i] = index->extents[i] = inside ? by.extents[i - axis] : from.extents[own];
        x->strides[i] = inside ? zero : from.strides[own];
        index->strides[i] = inside ? by.strides[i - axis] : zero;
    }
}

static uint32_t gather(sbr_fused_writer *w, uint32_t n, const uint32_t *chain, uint32_t length)
{
    sbr_view x, index;
    split_gather(w, &w->lowering->graph->nodes.data[n], &x, &index);
    see(w, chain, length, &x);
    see(w, chain, length, &index);
    const bool is_bool = x.type == SABIR_BOOL;
    const uint32_t number = gather_number(w, n), by = sbr_fused_operand_of(w, &index, SBR_FUSED_INDEX, false);
    const uint32_t from = sbr_fused_operand_of(w, &x, is_bool ? SBR_FUSED_BOOL : SBR_FUSED_ARITH, true), key = w->temporaries++, name = w->temporaries++;
    sbr_text *first = place_of(w, by), *text = place_of(w, from) == first ? first : &w->body;
    /* A test by this name is left out where the guards hold. */
    const bool guarded = first == &w->prelude && text == &w->body;
    const char *is = guarded ? "in" : "has";
    sbr_text_printf(first, "int k%u = LOAD(x%u, ", key, by);
    put_place(w, by, first);
    sbr_text_printf(first, ");\nbool %s%u = k%u >= 0 && IDX_OF(U32(k%u)) < P.c%u;\n", is, key, key, key, number);
    sbr_text_printf(text, "%s v%u = %s;\nif (%s%u) v%u = LOAD(x%u, ", is_bool ? "uint" : "ARITH", name, is_bool ? "0u" : "ARITH_OF(0)", is, key, name, from);
    put_place(w, from, text);
    sbr_text_printf(text, " + IDX_OF(U32(k%u)) * P.t%u);\n", key, number);
    if (guarded) sbr_text_printf(&w->guards, "%sin%u", w->guards.length ? " && " : "", key);
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
    if (sbr_fuse_reduces_segments(node)) {
        const uint32_t row = sbr_fused_segment(w, node), name = w->temporaries++;
        sbr_text_printf(&w->body, w->block ? "ARITH v%u = r%u[c];\n" : "ARITH v%u = r%u;\n", name, row);
        return name;
    }
    if (node->op == SBR_OP_gather) return gather(w, n, chain, length);
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
