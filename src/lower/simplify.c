/* Graph to graph: only what outputs and variables need, without repeats, with constants folded and no-ops gone. */
#include "base/hash.h"
#include "loops.h"
#include "lower.h"
#include "ref/ref.h"

/* A node of the new graph that later equal nodes may stand for. Entries made inside a loop's body are dropped at its end. */
typedef struct entry { uint32_t node; uint64_t hash; } entry;

typedef struct simplifier {
    const sabir_graph *from;
    sabir_graph *to;
    const sbr_lower_options *options;
    bool *live;       /* by value of from */
    bool *done;       /* by node of from: copied, in its place or before */
    uint32_t *value;  /* by value of from: value of to; SABIR_NONE_INDEX: none */
    sbr_loops loops;
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

static sabir_status check_outputs(const simplifier *s)
{
    const sabir_graph *graph = s->from;
    for (uint32_t i = 0; i < s->options->output_count; i++) {
        bool found = false;
        for (uint32_t o = 0; o < graph->outputs.count; o++) found = found || strcmp(graph->outputs.data[o].name, s->options->outputs[i]) == 0;
        if (!found) return sbr_fail(SABIR_NOT_FOUND, "the graph has no output '%s'", s->options->outputs[i]);
    }
    return SABIR_OK;
}

static void find_live(simplifier *s)
{
    const sabir_graph *graph = s->from;
    for (uint32_t v = 0; v < graph->values.count; v++) s->live[v] = !s->options->simplify;
    for (uint32_t i = 0; i < graph->outputs.count; i++)
        if (wanted(s->options, graph->outputs.data[i].name)) s->live[graph->outputs.data[i].value] = true;
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        const sbr_node *node = &graph->nodes.data[n];
        for (uint32_t i = 0; i < node->input_count && node->op == SBR_OP_assign; i++) s->live[node->inputs[i]] = true;
    }
    if (!s->options->simplify) return;
    do sbr_live_extend(graph, 0, graph->nodes.count, NULL, s->live);
    while (sbr_loops_share(&s->loops, graph, s->live));
}

static bool is_live(const simplifier *s, const sbr_node *node)
{
    for (uint32_t k = 0; k < node->output_count; k++)
        if (s->live[node->first_output + k]) return true;
    return node->op == SBR_OP_assign;
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
    if ((info->flags & (SBR_VIEW | SBR_LEAF | SBR_STATE | SBR_REGION | SBR_ALIAS)) || !sbr_ref_functions[node->op]) return false;
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

/* The value of the new graph that stands for value, which was copied before: simplify copies nothing before what it reads. */
static sabir_status find(const simplifier *s, uint32_t value, uint32_t *result)
{
    *result = s->value[value];
    return *result == SABIR_NONE_INDEX ? sbr_fail(SABIR_INTERNAL, "%%%u is read before it is made", value) : SABIR_OK;
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
    for (uint32_t i = 0; i < node->input_count; i++) SABIR_TRY(find(s, node->inputs[i], &inputs[i]));
    if (s->options->simplify && (sbr_ops[node->op].flags & SBR_ALIAS) && node->op != SBR_OP_after) {
        for (uint32_t i = 0; i < node->output_count; i++) s->value[node->first_output + i] = inputs[i];
        return SABIR_OK;
    }
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
        SABIR_TRY(append(s, n, node->op, node->attrs, inputs, node->input_count, &made)); /* attributes live as long as the first graph */
    }
    SABIR_TRY(find_repeat(s, &made));
    for (uint32_t i = 0; i < node->output_count; i++) s->value[node->first_output + i] = s->to->nodes.data[made].first_output + i;
    return SABIR_OK;
}

/* ---- loops ---- */

static sabir_status copy_range(simplifier *s, uint32_t first, uint32_t end);

/* Nothing after a loop may stand on what was made inside it, from node first of the new graph on. */
static void leave_loop(simplifier *s, uint32_t first)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->seen.count; i++)
        if (s->seen.data[i].node < first) s->seen.data[kept++] = s->seen.data[i];
    s->seen.count = kept;
}

/* Carried values that nothing needs are left out; *carried: how many are kept. */
static sabir_status copy_carries(simplifier *s, const sbr_loop_attrs *attrs, uint32_t *carried)
{
    *carried = 0;
    for (uint32_t k = 0; k < attrs->carried; k++) {
        const sbr_node *node = &s->from->nodes.data[attrs->body_first + k];
        if (!s->live[node->first_output]) continue;
        sbr_carry_attrs carry = {.slot = (*carried)++};
        SABIR_TRY(find(s, ((const sbr_carry_attrs *)node->attrs)->initial, &carry.initial));
        const sbr_carry_attrs *copy = sbr_arena_copy(&s->to->arena, &carry, sizeof carry);
        if (!copy) return sbr_no_memory(sizeof carry);
        uint32_t made;
        SABIR_TRY(append(s, attrs->body_first + k, SBR_OP_carry, copy, NULL, 0, &made));
        s->value[node->first_output] = s->to->nodes.data[made].first_output;
    }
    return SABIR_OK;
}

/* The loop's node, with the values kept. */
static sabir_status close_loop(simplifier *s, uint32_t n, const sbr_loop_attrs *attrs, uint32_t carried, uint32_t body_first)
{
    sabir_graph *to = s->to;
    sbr_node node = s->from->nodes.data[n];
    const sbr_loop_attrs kept = {attrs->trips, carried, body_first, attrs->has_going};
    uint32_t *inputs = sbr_arena_alloc(&to->arena, (2 * carried + 1) * sizeof *inputs), at = 0;
    const sbr_node from = node;
    node.attrs = sbr_arena_copy(&to->arena, &kept, sizeof kept);
    if (!inputs || !node.attrs) return sbr_no_memory((2 * carried + 1) * sizeof *inputs);
    for (uint32_t k = 0; k < from.output_count; k++) {
        const bool count = k == attrs->carried;
        if (!count && !s->live[s->from->nodes.data[attrs->body_first + k].first_output]) continue;
        if (!count) {
            SABIR_TRY(find(s, from.inputs[k], &inputs[at]));
            SABIR_TRY(find(s, from.inputs[attrs->carried + k], &inputs[carried + at]));
        } else if (attrs->has_going) {
            SABIR_TRY(find(s, from.inputs[2 * attrs->carried], &inputs[2 * carried]));
        }
        sbr_value_info value = *sbr_value_at(s->from, from.first_output + k);
        value.node = to->nodes.count;
        value.slot = at++;
        s->value[from.first_output + k] = to->values.count;
        if (!sbr_push(&to->allocator, &to->values, value)) return sbr_no_memory(sizeof value);
    }
    node.inputs = inputs;
    node.input_count = 2 * carried + (attrs->has_going ? 1 : 0);
    node.output_count = carried + 1;
    node.first_output = to->values.count - node.output_count;
    return sbr_push(&to->allocator, &to->nodes, node) ? SABIR_OK : sbr_no_memory(sizeof node);
}

static sabir_status copy_loop(simplifier *s, uint32_t n)
{
    const sabir_graph *graph = s->from;
    const sbr_node *node = &graph->nodes.data[n];
    const sbr_loop_attrs *attrs = node->attrs;
    if (s->done[n] || !is_live(s, node)) return SABIR_OK;
    s->done[n] = true;
    const sbr_twin *twin = sbr_loops_twin(&s->loops, graph, s->live, n);
    if (twin) { /* it runs here, and its results are this loop's */
        SABIR_TRY(copy_range(s, twin->first, twin->loop + 1));
        const sbr_node *other = &graph->nodes.data[twin->loop];
        for (uint32_t k = 0; k < attrs->carried; k++) s->value[node->first_output + k] = s->value[other->first_output + k];
        s->value[node->first_output + attrs->carried] = s->value[other->first_output + other->output_count - 1];
        return SABIR_OK;
    }
    const uint32_t body_first = s->to->nodes.count;
    uint32_t carried;
    SABIR_TRY(copy_carries(s, attrs, &carried));
    SABIR_TRY(copy_range(s, attrs->body_first + attrs->carried, n));
    SABIR_TRY(close_loop(s, n, attrs, carried, body_first));
    leave_loop(s, body_first);
    return SABIR_OK;
}

static sabir_status copy_range(simplifier *s, uint32_t first, uint32_t end)
{
    for (uint32_t n = first; n < end; n++) {
        const uint32_t loop = sbr_loops_opening(&s->loops, n, end);
        if (loop != UINT32_MAX) {
            SABIR_TRY(copy_loop(s, loop));
            n = loop;
        } else if (!s->done[n] && is_live(s, &s->from->nodes.data[n])) {
            s->done[n] = true;
            SABIR_TRY(copy_node(s, n));
        }
    }
    return SABIR_OK;
}

static sabir_status copy_graph(simplifier *s)
{
    SABIR_TRY(check_outputs(s));
    memset(s->value, 0xff, s->from->values.count * sizeof *s->value);
    find_live(s);
    SABIR_TRY(copy_range(s, 0, s->from->nodes.count));
    for (uint32_t i = 0; i < s->from->outputs.count; i++) {
        sbr_output_info output = s->from->outputs.data[i];
        if (!wanted(s->options, output.name)) continue;
        SABIR_TRY(find(s, output.value, &output.value));
        if (!sbr_push(&s->to->allocator, &s->to->outputs, output)) return sbr_no_memory(sizeof output);
    }
    return SABIR_OK;
}

sabir_status sbr_simplify(const sabir_graph *graph, const sabir_allocator *allocator, const sbr_lower_options *options, sabir_graph **simplified)
{
    *simplified = NULL;
    simplifier s = {.from = graph, .options = options};
    SABIR_TRY(sbr_graph_create_plain(allocator, graph, &s.to));
    s.live = sbr_alloc_array(allocator, graph->values.count + 1, sizeof *s.live);
    s.done = sbr_alloc_array(allocator, graph->nodes.count + 1, sizeof *s.done);
    s.value = sbr_alloc_array(allocator, graph->values.count + 1, sizeof *s.value);
    sabir_status status = s.live && s.done && s.value ? sbr_loops_find(graph, allocator, options->simplify, &s.loops) : sbr_no_memory(graph->nodes.count);
    if (status == SABIR_OK) status = copy_graph(&s);
    sbr_loops_free(allocator, &s.loops);
    sbr_free(allocator, s.live);
    sbr_free(allocator, s.done);
    sbr_free(allocator, s.value);
    sbr_vector_free(allocator, &s.seen);
    if (status != SABIR_OK) {
        sabir_graph_destroy(s.to);
        return status;
    }
    *simplified = s.to;
    return SABIR_OK;
}
