/* Graph to graph: only what outputs and variables need, without repeats, with constants folded and no-ops gone. */
#include "base/hash.h"
#include "lower.h"
#include "ref/ref.h"

/* A node of the new graph that later equal nodes may stand for. Entries made inside a loop's body are dropped at its end. */
typedef struct entry { uint32_t node; uint64_t hash; } entry;

typedef struct simplifier {
    const sabir_graph *from;
    sabir_graph *to;
    const sbr_lower_options *options;
    bool *live;       /* by node of from */
    uint32_t *value;  /* by value of from: value of to */
    uint32_t *moved;  /* by node of from: node of to */
    SBR_VECTOR(entry) seen;
} simplifier;

/* ---- what is needed ---- */

static bool wanted(const sbr_lower_options *options, const char *name)
{
    if (!options->outputs) return true;
    for (uint32_t i = 0; i < options->output_count; i++)
        if (strcmp(options->outputs[i], name) == 0) return true;
    return false;
}

static void need(simplifier *s, uint32_t value) { s->live[sbr_value_at(s->from, value)->node] = true; }

static sabir_status find_live(simplifier *s)
{
    const sabir_graph *graph = s->from;
    for (uint32_t i = 0; i < s->options->output_count; i++) {
        bool found = false;
        for (uint32_t o = 0; o < graph->outputs.count; o++) found = found || strcmp(graph->outputs.data[o].name, s->options->outputs[i]) == 0;
        if (!found) return sbr_fail(SABIR_NOT_FOUND, "the graph has no output '%s'", s->options->outputs[i]);
    }
    for (uint32_t i = 0; i < graph->outputs.count; i++)
        if (wanted(s->options, graph->outputs.data[i].name)) need(s, graph->outputs.data[i].value);
    for (uint32_t n = graph->nodes.count; n-- > 0;) {
        const sbr_node *node = &graph->nodes.data[n];
        if (node->op == SBR_OP_assign || !s->options->simplify) s->live[n] = true;
        if (!s->live[n]) continue;
        for (uint32_t i = 0; i < node->input_count; i++) need(s, node->inputs[i]);
        if (node->op != SBR_OP_loop) continue;
        const sbr_loop_attrs *attrs = node->attrs;
        for (uint32_t k = 0; k < attrs->carried; k++) s->live[attrs->body_first + k] = true;
    }
    return SABIR_OK;
}

/* ---- no-ops ---- */

static bool is_number(const simplifier *s, uint32_t value, double number)
{
    const sabir_graph *to = s->to;
    const sbr_node *maker = &to->nodes.data[sbr_value_at(to, value)->node];
    if (maker->op == SBR_OP_broadcast) maker = &to->nodes.data[sbr_value_at(to, maker->inputs[0])->node];
    if (maker->op != SBR_OP_constant) return false;
    const sbr_value_info *info = sbr_value_at(to, maker->first_output);
    return info->shape.rank == 0 && sbr_number_load(info->type, ((const sbr_constant_attrs *)maker->attrs)->data) == number;
}

static bool is_identity_transpose(const sabir_transpose_attrs *attrs)
{
    for (int32_t i = 0; i < attrs->axes.count; i++)
        if (attrs->axes.values[i] != i) return false;
    return true;
}

static bool is_whole_slice(const sabir_slice_attrs *attrs, const sabir_shape *shape)
{
    for (int32_t i = 0; i < shape->rank; i++)
        if (attrs->start.values[i] != 0 || attrs->step.values[i] != 1) return false;
    return sbr_shape_equal(&attrs->counts, shape);
}

/* Which operand the node equals; UINT32_MAX: none. inputs are values of the new graph. */
static uint32_t same_as_operand(const simplifier *s, const sbr_node *node, const uint32_t *inputs)
{
    if (node->output_count != 1 || node->input_count == 0) return UINT32_MAX;
    const sbr_value_info *out = sbr_value_at(s->from, node->first_output), *in = sbr_value_at(s->to, inputs[0]);
    if (out->type != in->type || !sbr_shape_equal(&out->shape, &in->shape)) return UINT32_MAX;
    switch (node->op) {
        case SBR_OP_cast:
        case SBR_OP_reshape:
        case SBR_OP_broadcast: return 0;
        case SBR_OP_transpose: return is_identity_transpose(node->attrs) ? 0 : UINT32_MAX;
        case SBR_OP_slice: return is_whole_slice(node->attrs, &in->shape) ? 0 : UINT32_MAX;
        case SBR_OP_mul:
        case SBR_OP_div: return is_number(s, inputs[1], 1.0) ? 0 : UINT32_MAX;
        default: return UINT32_MAX;
    }
}

/* ---- constants ---- */

enum { FOLD_ELEMENTS = 4096 };

static bool load_constant(const simplifier *s, uint32_t value, sbr_ref_tensor *tensor, sabir_status *status)
{
    const sbr_value_info *info = sbr_value_at(s->to, value);
    const sbr_node *maker = &s->to->nodes.data[info->node];
    if (maker->op != SBR_OP_constant) return false;
    *tensor = (sbr_ref_tensor){.type = info->type, .rank = info->shape.rank};
    memcpy(tensor->extents, info->shape.extents, sizeof tensor->extents);
    *status = sbr_ref_alloc(&s->to->allocator, tensor);
    if (*status != SABIR_OK) return false;
    sbr_ref_load(tensor, ((const sbr_constant_attrs *)maker->attrs)->data);
    return true;
}

static bool may_fold(const simplifier *s, const sbr_node *node, const uint32_t *inputs)
{
    if (node->output_count != 1 || node->input_count == 0 || node->input_count > 4) return false;
    const sbr_op_info *info = &sbr_ops[node->op];
    if ((info->flags & (SBR_VIEW | SBR_LEAF | SBR_STATE | SBR_REGION)) || !sbr_ref_functions[node->op]) return false;
    const sabir_shape *shape = &sbr_value_at(s->from, node->first_output)->shape;
    int64_t count = 1;
    for (int32_t i = 0; i < shape->rank; i++)
        if (!sbr_is_number(shape->extents[i]) || !sbr_mul_i64(count, shape->extents[i], &count) || count > FOLD_ELEMENTS) return false;
    for (uint32_t i = 0; i < node->input_count; i++) {
        const sbr_value_info *in = sbr_value_at(s->to, inputs[i]);
        const sbr_node *maker = &s->to->nodes.data[in->node];
        if (maker->op != SBR_OP_constant || ((const sbr_constant_attrs *)maker->attrs)->bytes > 8 * FOLD_ELEMENTS) return false;
    }
    return true;
}

/* *folded: the new constant's elements, in the new graph's arena. */
static sabir_status fold(simplifier *s, const sbr_node *node, const uint32_t *inputs, sbr_constant_attrs *folded)
{
    const sabir_allocator *allocator = &s->to->allocator;
    sbr_ref_tensor in[4] = {0}, out = {0};
    sabir_status status = SABIR_OK;
    for (uint32_t i = 0; i < node->input_count && status == SABIR_OK; i++) load_constant(s, inputs[i], &in[i], &status);
    if (status == SABIR_OK) {
        const sbr_value_info *info = sbr_value_at(s->from, node->first_output);
        out = (sbr_ref_tensor){.type = info->type, .rank = info->shape.rank};
        memcpy(out.extents, info->shape.extents, sizeof out.extents);
        status = sbr_ref_alloc(allocator, &out);
    }
    if (status == SABIR_OK) {
        const sbr_ref_call call = {allocator, node->attrs, in, node->input_count, &out, 1};
        status = sbr_ref_functions[node->op](&call);
    }
    if (status == SABIR_OK) {
        folded->bytes = (size_t)out.count * sabir_type_size(out.type);
        void *data = sbr_arena_alloc(&s->to->arena, folded->bytes);
        if (data) sbr_ref_store(&out, data);
        else status = sbr_no_memory(folded->bytes);
        folded->data = data;
    }
    for (uint32_t i = 0; i < 4; i++) sbr_ref_free(allocator, &in[i]);
    sbr_ref_free(allocator, &out);
    return status;
}

/* ---- repeats ---- */

static size_t attrs_size(const sbr_node *node) { return node->op == SBR_OP_constant ? 0 : sbr_ops[node->op].attrs_size; }

static uint64_t hash_node(const sbr_node *node, const sbr_value_info *out)
{
    sbr_hash hash = sbr_hash_bytes(node->inputs, node->input_count * sizeof *node->inputs);
    const size_t size = attrs_size(node);
    if (node->op == SBR_OP_constant) {
        const sbr_constant_attrs *constant = node->attrs;
        hash = sbr_hash_join(hash, sbr_hash_bytes(constant->data, constant->bytes));
    } else if (size && node->attrs) {
        hash = sbr_hash_join(hash, sbr_hash_bytes(node->attrs, size));
    }
    return hash.low ^ ((uint64_t)node->op << 8) ^ (uint64_t)out->type;
}

static bool same_node(const sabir_graph *to, const sbr_node *a, const sbr_node *b)
{
    const sbr_value_info *x = sbr_value_at(to, a->first_output), *y = sbr_value_at(to, b->first_output);
    if (a->op != b->op || a->input_count != b->input_count || a->output_count != b->output_count || x->type != y->type || !sbr_shape_equal(&x->shape, &y->shape))
        return false;
    if (a->input_count && memcmp(a->inputs, b->inputs, a->input_count * sizeof *a->inputs) != 0) return false;
    if (a->op == SBR_OP_constant) {
        const sbr_constant_attrs *p = a->attrs, *q = b->attrs;
        return p->bytes == q->bytes && memcmp(p->data, q->data, p->bytes) == 0;
    }
    const size_t size = attrs_size(a);
    return size == 0 || !a->attrs || memcmp(a->attrs, b->attrs, size) == 0;
}

static bool may_repeat(const sbr_node *node)
{
    return node->op == SBR_OP_constant || node->op == SBR_OP_dim_value || !(sbr_ops[node->op].flags & (SBR_LEAF | SBR_STATE | SBR_REGION));
}

/* Takes back the last node when an equal one is there; gives the node that stands for it. */
static sabir_status find_repeat(simplifier *s, uint32_t *node)
{
    sabir_graph *to = s->to;
    const sbr_node *made = &to->nodes.data[*node];
    if (!s->options->simplify || !may_repeat(made)) return SABIR_OK;
    const entry mine = {*node, hash_node(made, sbr_value_at(to, made->first_output))};
    for (uint32_t i = 0; i < s->seen.count; i++) {
        if (s->seen.data[i].hash != mine.hash || !same_node(to, made, &to->nodes.data[s->seen.data[i].node])) continue;
        to->values.count -= made->output_count;
        to->nodes.count--;
        *node = s->seen.data[i].node;
        return SABIR_OK;
    }
    return sbr_push(&to->allocator, &s->seen, mine) ? SABIR_OK : sbr_no_memory(sizeof mine);
}

/* ---- the copy ---- */

static sabir_status copy_attrs(simplifier *s, const sbr_node *node, const void **copy)
{
    sabir_graph *to = s->to;
    if (node->op == SBR_OP_loop) {
        sbr_loop_attrs attrs = *(const sbr_loop_attrs *)node->attrs;
        attrs.body_first = s->moved[attrs.body_first];
        *copy = sbr_arena_copy(&to->arena, &attrs, sizeof attrs);
    } else if (node->op == SBR_OP_carry) {
        sbr_carry_attrs attrs = *(const sbr_carry_attrs *)node->attrs;
        attrs.initial = s->value[attrs.initial];
        *copy = sbr_arena_copy(&to->arena, &attrs, sizeof attrs);
    } else {
        *copy = node->attrs; /* lives as long as the first graph, which outlives this copy */
    }
    return *copy || !node->attrs ? SABIR_OK : sbr_no_memory(sbr_ops[node->op].attrs_size);
}

static sabir_status append(simplifier *s, uint32_t n, sbr_op op, const void *attrs, const uint32_t *inputs, uint32_t input_count, uint32_t *result)
{
    sabir_graph *to = s->to;
    const sbr_node *old = &s->from->nodes.data[n];
    sbr_node node = *old;
    node.op = op;
    node.attrs = attrs;
    node.inputs = inputs;
    node.input_count = input_count;
    node.first_output = to->values.count;
    *result = to->nodes.count;
    for (uint32_t i = 0; i < old->output_count; i++) {
        sbr_value_info value = *sbr_value_at(s->from, old->first_output + i);
        value.node = *result;
        if (!sbr_push(&to->allocator, &to->values, value)) return sbr_no_memory(sizeof value);
    }
    return sbr_push(&to->allocator, &to->nodes, node) ? SABIR_OK : sbr_no_memory(sizeof node);
}

static sabir_status copy_node(simplifier *s, uint32_t n)
{
    const sbr_node *node = &s->from->nodes.data[n];
    uint32_t *inputs = sbr_arena_alloc(&s->to->arena, (node->input_count + 1) * sizeof *inputs);
    if (!inputs) return sbr_no_memory(node->input_count * sizeof *inputs);
    for (uint32_t i = 0; i < node->input_count; i++) inputs[i] = s->value[node->inputs[i]];
    if (s->options->simplify) {
        const uint32_t operand = same_as_operand(s, node, inputs);
        if (operand != UINT32_MAX) {
            s->value[node->first_output] = inputs[operand];
            return SABIR_OK;
        }
    }
    uint32_t made;
    if (s->options->simplify && may_fold(s, node, inputs)) {
        sbr_constant_attrs *folded = sbr_arena_alloc(&s->to->arena, sizeof *folded);
        if (!folded) return sbr_no_memory(sizeof *folded);
        SABIR_TRY(fold(s, node, inputs, folded));
        SABIR_TRY(append(s, n, SBR_OP_constant, folded, inputs, 0, &made));
    } else {
        const void *attrs;
        SABIR_TRY(copy_attrs(s, node, &attrs));
        SABIR_TRY(append(s, n, node->op, attrs, inputs, node->input_count, &made));
    }
    SABIR_TRY(find_repeat(s, &made));
    s->moved[n] = made;
    for (uint32_t i = 0; i < node->output_count; i++) s->value[node->first_output + i] = s->to->nodes.data[made].first_output + i;
    return SABIR_OK;
}

/* Nothing after a loop may stand on what was made inside it. */
static void leave_loop(simplifier *s, const sbr_node *loop)
{
    const uint32_t first = s->moved[((const sbr_loop_attrs *)loop->attrs)->body_first];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->seen.count; i++)
        if (s->seen.data[i].node < first) s->seen.data[kept++] = s->seen.data[i];
    s->seen.count = kept;
}

static sabir_status copy_graph(simplifier *s)
{
    SABIR_TRY(find_live(s));
    for (uint32_t n = 0; n < s->from->nodes.count; n++) {
        if (!s->live[n]) continue;
        SABIR_TRY(copy_node(s, n));
        if (s->from->nodes.data[n].op == SBR_OP_loop) leave_loop(s, &s->from->nodes.data[n]);
    }
    for (uint32_t i = 0; i < s->from->outputs.count; i++) {
        sbr_output_info output = s->from->outputs.data[i];
        if (!wanted(s->options, output.name)) continue;
        output.value = s->value[output.value];
        if (!sbr_push(&s->to->allocator, &s->to->outputs, output)) return sbr_no_memory(sizeof output);
    }
    return SABIR_OK;
}

sabir_status sbr_simplify(const sabir_graph *graph, const sabir_allocator *allocator, const sbr_lower_options *options, sabir_graph **simplified)
{
    *simplified = NULL;
    simplifier s = {.from = graph, .options = options};
    SABIR_TRY(sbr_graph_create_plain(allocator, graph, &s.to));
    s.live = sbr_alloc_array(allocator, graph->nodes.count + 1, sizeof *s.live);
    s.moved = sbr_alloc_array(allocator, graph->nodes.count + 1, sizeof *s.moved);
    s.value = sbr_alloc_array(allocator, graph->values.count + 1, sizeof *s.value);
    sabir_status status = s.live && s.moved && s.value ? copy_graph(&s) : sbr_no_memory(graph->nodes.count);
    sbr_free(allocator, s.live);
    sbr_free(allocator, s.moved);
    sbr_free(allocator, s.value);
    sbr_vector_free(allocator, &s.seen);
    if (status != SABIR_OK) {
        sabir_graph_destroy(s.to);
        return status;
    }
    *simplified = s.to;
    return SABIR_OK;
}
