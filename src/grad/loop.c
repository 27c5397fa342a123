/* The rule of loops: what is carried and how, what gradients go through, and the twin and the reversed loop that come of it. */
#include "graph/build.h"
#include "loop.h"

/* ---- What is carried ---- */

static bool is_next(const sbr_loop_grad *l, uint32_t k, uint32_t value) { return l->carried[k].next == value; }

/* carry + s or carry - s, of rank 0 and an integer type, s from outside or a number. */
static bool find_counter(sbr_loop_grad *l, sbr_carried *c)
{
    sabir_graph *graph = l->graph;
    const sbr_value_info *info = sbr_value_at(graph, c->carry), *next = sbr_value_at(graph, c->next);
    const sbr_node *node = &graph->nodes.data[next->node];
    if ((info->type != SABIR_I32 && info->type != SABIR_U32) || info->shape.rank != 0 || c->next < l->first_value) return false;
    const sbr_op op = node->op;
    if (op != SBR_OP_add && op != SBR_OP_sub) return false;
    const uint32_t place = op == SBR_OP_add && node->inputs[1] == c->carry, other = node->inputs[1 - place];
    if (node->inputs[place] != c->carry || sbr_value_at(graph, other)->shape.rank != 0) return false;
    const sbr_node *made = &graph->nodes.data[sbr_value_at(graph, other)->node];
    if (other < l->first_value) c->step = (sabir_value){graph, l->map[other] == SABIR_NONE_INDEX ? other : l->map[other]};
    else if (made->op == SBR_OP_constant) c->step = sabir_number(graph, info->type, sbr_number_load(info->type, ((const sbr_constant_attrs *)made->attrs)->data));
    else return false;
    if (op == SBR_OP_sub) c->step = sabir_neg(graph, c->step);
    return true;
}

/* How often the body reads value, next values included; *reader: the last node to do so. */
static uint32_t count_readers(const sbr_loop_grad *l, uint32_t value, uint32_t *reader)
{
    uint32_t count = 0;
    for (uint32_t n = l->attrs->body_first; n <= l->n; n++) {
        const sbr_node *node = &l->graph->nodes.data[n];
        for (uint32_t i = 0; i < node->input_count; i++) {
            if (node->inputs[i] != value) continue;
            *reader = n;
            count++;
        }
    }
    return count;
}

/* Only a block of it is replaced, and the result is the next value and nothing else. */
static bool is_written(const sbr_loop_grad *l, uint32_t k)
{
    uint32_t reader = 0, after = 0;
    if (count_readers(l, l->carried[k].carry, &reader) != 1) return false;
    const sbr_node *node = &l->graph->nodes.data[reader];
    return node->op == SBR_OP_update && node->inputs[0] == l->carried[k].carry && is_next(l, k, node->first_output)
        && count_readers(l, node->first_output, &after) == 1;
}

static void classify(sbr_loop_grad *l)
{
    for (uint32_t k = 0; k < l->attrs->carried; k++) {
        sbr_carried *c = &l->carried[k];
        c->carry = l->graph->nodes.data[l->attrs->body_first + k].first_output;
        c->initial = l->node.inputs[k];
        c->next = l->node.inputs[l->attrs->carried + k];
        c->kind = SBR_CARRIED_TAPED;
        if (c->next == c->carry) c->kind = SBR_CARRIED_INVARIANT;
        else if (find_counter(l, c)) c->kind = SBR_CARRIED_COUNTER;
        else if (is_written(l, k)) c->kind = SBR_CARRIED_WRITTEN;
    }
}

/* ---- What gradients go through ---- */

static sabir_status add_outer(sbr_loop_grad *l, uint32_t value, const bool *reached)
{
    if (value >= l->first_value || !reached[value]) return SABIR_OK;
    for (uint32_t i = 0; i < l->outer.count; i++)
        if (l->outer.data[i] == value) return SABIR_OK;
    return sbr_push(&l->graph->allocator, &l->outer, value) ? SABIR_OK : sbr_no_memory(sizeof value);
}

static sabir_status find_outer(sbr_loop_grad *l, const bool *reached)
{
    for (uint32_t n = l->attrs->body_first; n < l->n; n++) {
        const sbr_node *node = &l->graph->nodes.data[n];
        bool passes = false;
        for (uint32_t k = 0; k < node->output_count; k++) passes = passes || reached[node->first_output + k];
        for (uint32_t i = 0; i < node->input_count && passes; i++)
            if (sbr_walk_flows(node, i)) SABIR_TRY(add_outer(l, node->inputs[i], reached));
    }
    for (uint32_t k = 0; k < l->attrs->carried; k++)
        if (l->carried[k].active) SABIR_TRY(add_outer(l, l->carried[k].next, reached));
    return SABIR_OK;
}

static sabir_status find_flows(sbr_loop_grad *l)
{
    const sbr_walk *walk = l->walk;
    bool *reached = sbr_alloc_array(&l->graph->allocator, walk->value_count, sizeof *reached);
    if (!reached) return sbr_no_memory(walk->value_count);
    for (uint32_t k = 0; k < l->attrs->carried; k++) reached[l->node.first_output + k] = walk->adjoints[l->node.first_output + k].index != SABIR_NONE_INDEX;
    sbr_live_extend(l->graph, l->attrs->body_first, l->n + 1, walk->depends, reached);
    for (uint32_t k = 0; k < l->attrs->carried; k++) {
        l->carried[k].active = reached[l->carried[k].carry];
        l->active_count += l->carried[k].active;
    }
    const sabir_status status = find_outer(l, reached);
    sbr_free(&l->graph->allocator, reached);
    return status;
}

/* ---- The walk through ---- */

/* The gradients that arrive at the results and, after the last iteration, at nothing else. */
static void begin_flows(const sbr_loop_grad *l, sabir_value *flows)
{
    uint32_t flow = 0;
    for (uint32_t k = 0; k < l->attrs->carried; k++) {
        if (!l->carried[k].active) continue;
        const uint32_t result = l->node.first_output + k;
        const sabir_value arrived = l->walk->adjoints[result];
        flows[flow++] = arrived.index == SABIR_NONE_INDEX ? sbr_grad_full((sabir_value){l->graph, result}, 0.0) : arrived;
    }
    for (uint32_t i = 0; i < l->outer.count; i++) flows[flow++] = sbr_grad_full((sabir_value){l->graph, l->outer.data[i]}, 0.0);
}

static void end_flows(const sbr_loop_grad *l, const sabir_value *flows)
{
    uint32_t flow = 0;
    for (uint32_t k = 0; k < l->attrs->carried; k++) {
        if (!l->carried[k].active) continue;
        if (l->arrived[flow] && l->walk->depends[l->carried[k].initial]) sbr_walk_arrive(l->walk, l->carried[k].initial, flows[flow]);
        flow++;
    }
    for (uint32_t i = 0; i < l->outer.count; i++, flow++)
        if (l->arrived[flow]) sbr_walk_arrive(l->walk, l->outer.data[i], flows[flow]);
}

static sabir_status run_backwards(sbr_loop_grad *l, sabir_value *flows)
{
    const int64_t trips = l->attrs->trips, step = l->walk->segment < trips ? l->walk->segment : 1;
    sabir_value *initial = sbr_alloc_array(&l->graph->allocator, l->attrs->carried + 1, sizeof *initial);
    if (!initial) return sbr_no_memory(l->attrs->carried * sizeof *initial);
    for (uint32_t k = 0; k < l->attrs->carried; k++) {
        const uint32_t value = l->carried[k].initial, shown = l->map[value];
        initial[k] = (sabir_value){l->graph, shown == SABIR_NONE_INDEX ? value : shown};
    }
    sbr_tape tape;
    sabir_status status = sbr_tape_record(l, initial, trips, step, SABIR_NONE, true, &tape);
    sbr_free(&l->graph->allocator, initial);
    begin_flows(l, flows);
    if (status == SABIR_OK && step == 1) status = sbr_loop_reverse(l, &tape, trips, !l->attrs->has_going, SABIR_NONE, flows);
    else if (status == SABIR_OK) status = sbr_loop_reverse_segments(l, &tape, step, flows);
    sbr_tape_free(l, &tape);
    return status;
}

static sabir_status differentiate(sbr_loop_grad *l)
{
    const sabir_allocator *allocator = &l->graph->allocator;
    classify(l);
    SABIR_TRY(find_flows(l));
    const size_t count = sbr_loop_flows(l) + 1;
    sabir_value *flows = sbr_alloc_array(allocator, count, sizeof *flows);
    l->arrived = sbr_alloc_array(allocator, count, sizeof *l->arrived);
    sabir_status status = flows && l->arrived ? run_backwards(l, flows) : sbr_no_memory(count * sizeof *flows);
    if (status == SABIR_OK) end_flows(l, flows);
    sbr_free(allocator, flows);
    sbr_free(allocator, l->arrived);
    return status == SABIR_OK ? l->graph->status : status;
}

/* A loop that never runs hands its initial values on. */
static void pass(sbr_walk *walk, const sbr_node *loop, const sbr_loop_attrs *attrs)
{
    for (uint32_t k = 0; k < attrs->carried; k++)
        if (walk->depends[loop->inputs[k]]) sbr_walk_arrive(walk, loop->inputs[k], walk->adjoints[loop->first_output + k]);
}

static uint32_t find_target(const sbr_walk *walk, uint32_t n, const sbr_node *loop)
{
    if (!walk->stand_ins) return n;
    const uint32_t result = walk->stand_ins[loop->first_output];
    return result == SABIR_NONE_INDEX ? UINT32_MAX : sbr_value_at(walk->graph, result)->node;
}

sabir_status sbr_walk_loop(sbr_walk *walk, uint32_t n)
{
    sabir_graph *graph = walk->graph;
    const sabir_allocator *allocator = &graph->allocator;
    const sbr_node node = graph->nodes.data[n];
    sbr_loop_grad l = {.walk = walk, .graph = graph, .n = n, .node = node, .attrs = node.attrs};
    if (l.attrs->trips == 0) {
        pass(walk, &node, l.attrs);
        return graph->status;
    }
    l.first_value = graph->nodes.data[l.attrs->body_first].first_output;
    l.carried = sbr_alloc_array(allocator, l.attrs->carried + 1, sizeof *l.carried);
    l.map = sbr_alloc_array(allocator, walk->value_count, sizeof *l.map);
    sabir_status status = l.carried && l.map ? SABIR_OK : sbr_no_memory(walk->value_count * sizeof *l.map);
    if (status == SABIR_OK) {
        const size_t bytes = walk->value_count * sizeof *l.map;
        if (walk->stand_ins) memcpy(l.map, walk->stand_ins, bytes);
        else memset(l.map, 0xff, bytes);
        l.target = find_target(walk, n, &node);
        status = differentiate(&l);
    }
    sbr_vector_free(allocator, &l.outer);
    sbr_free(allocator, l.carried);
    sbr_free(allocator, l.map);
    return status;
}

sabir_status sbr_grad_loop(sbr_grad_call *call)
{
    (void)call;
    return sbr_fail(SABIR_INTERNAL, "the rule of loops belongs to the walk");
}
