/* The reversed loop: from the last iteration to the first, each computed again from the tape, and walked backwards. */
#include "graph/build.h"
#include "loop.h"

static sabir_value number(sabir_graph *graph, int64_t value) { return sabir_number(graph, SABIR_I32, (double)value); }
static bool is_none(sabir_value value) { return value.index == SABIR_NONE_INDEX; }

static sabir_value outer_value(const sbr_loop_grad *l, uint32_t i)
{
    const uint32_t value = l->outer.data[i], shown = l->map[value];
    return (sabir_value){l->graph, shown == SABIR_NONE_INDEX ? value : shown};
}

/* ---- One iteration ---- */

typedef struct iteration { sabir_value *values, *next, *ys, *wrt, *grads; } iteration;

/* No gradient may need the value of what is only written: its stand-in is not what was carried. */
static sabir_status check_written(const sbr_loop_grad *l, const iteration *it, const sabir_value *after)
{
    const sabir_graph *graph = l->graph;
    bool *live = sbr_alloc_array(&graph->allocator, graph->values.count, sizeof *live);
    if (!live) return sbr_no_memory(graph->values.count);
    uint32_t first = graph->nodes.count;
    for (uint32_t i = 0; i < sbr_loop_flows(l); i++) live[after[i].index] = true;
    for (uint32_t k = 0; k < l->attrs->carried; k++)
        if (sbr_info(it->values[k])->node < first) first = sbr_info(it->values[k])->node;
    sbr_live_extend(graph, first, graph->nodes.count, NULL, live);
    sabir_status status = SABIR_OK;
    for (uint32_t k = 0; k < l->attrs->carried && status == SABIR_OK; k++)
        if (l->carried[k].kind == SBR_CARRIED_WRITTEN && live[it->values[k].index])
            status = sbr_fail(SABIR_INTERNAL, "carried value %u was taken for one that is only written, and a gradient reads it", k);
    sbr_free(&graph->allocator, live);
    return status;
}

static sabir_status walk_iteration(sbr_loop_grad *l, const iteration *it, const sabir_value *before, sabir_value *after)
{
    sabir_graph *graph = l->graph;
    sabir_value going;
    const uint32_t first = graph->nodes.count, flows = sbr_loop_flows(l);
    SABIR_TRY(sbr_loop_copy_body(l, it->values, it->next, &going));
    for (uint32_t k = 0, i = 0; k < l->attrs->carried; k++) {
        if (!l->carried[k].active) continue;
        it->ys[i] = it->next[k];
        it->wrt[i++] = it->values[k];
    }
    for (uint32_t i = 0; i < l->outer.count; i++) it->wrt[l->active_count + i] = outer_value(l, i);
    SABIR_TRY(sbr_vjp(&(sbr_vjp_call){.graph = graph, .segment = l->walk->segment, .first_node = first, .ys = it->ys, .seeds = before,
                                      .y_count = l->active_count, .wrt = it->wrt, .count = flows, .grads = it->grads}));
    for (uint32_t i = 0; i < flows; i++) {
        l->arrived[i] = !is_none(it->grads[i]);
        if (i >= l->active_count) after[i] = sbr_walk_add(graph, before[i], it->grads[i]);
        else after[i] = l->arrived[i] ? it->grads[i] : sbr_grad_full(before[i], 0.0);
    }
    SABIR_TRY(graph->status);
    return check_written(l, it, after);
}

/* before: the flows after the iteration, for the walk goes backwards. */
static sabir_status one_iteration(sbr_loop_grad *l, const sbr_tape *tape, sabir_value row, sabir_value position, const sabir_value *before, sabir_value *after)
{
    const sabir_allocator *allocator = &l->graph->allocator;
    const size_t carried = l->attrs->carried + 1, flows = sbr_loop_flows(l) + 1;
    sabir_value *room = sbr_alloc_array(allocator, 2 * carried + 3 * flows, sizeof *room);
    if (!room) return sbr_no_memory((2 * carried + 3 * flows) * sizeof *room);
    const iteration it = {room, room + carried, room + 2 * carried, room + 2 * carried + flows, room + 2 * carried + 2 * flows};
    sabir_status status = sbr_tape_read(l, tape, row, position, it.values);
    if (status == SABIR_OK) status = walk_iteration(l, &it, before, after);
    sbr_free(allocator, room);
    return status;
}

/* ---- Backwards over rows ---- */

/* What runs for each row, from the last to the first. */
typedef struct reversal {
    const sbr_tape *tape;
    int64_t trips, step;
    bool fixed;       /* trips rows, always */
    sabir_value last; /* row */
    sabir_value base;
} reversal;
typedef sabir_status one_row(sbr_loop_grad *l, const reversal *r, sabir_value row, const sabir_value *before, sabir_value *after);

static sabir_status build_rows(sbr_loop_grad *l, const reversal *r, one_row *step, sabir_value *room, sabir_value *flows)
{
    sabir_graph *graph = l->graph;
    const uint32_t count = 1 + sbr_loop_flows(l);
    sabir_value *carried = room, *next = room + count;
    next[0] = r->last;
    memcpy(next + 1, flows, (count - 1) * sizeof *flows);
    sabir_loop_begin(graph, r->trips, next, count, carried);
    SABIR_TRY(graph->status);
    SABIR_TRY(step(l, r, carried[0], carried + 1, next + 1));
    next[0] = sabir_sub(graph, carried[0], number(graph, 1));
    const sabir_value going = r->fixed ? SABIR_NONE : sabir_greater(graph, carried[0], number(graph, 0));
    (void)sabir_loop_end(graph, next, count, going, carried);
    memcpy(flows, carried + 1, (count - 1) * sizeof *flows);
    return graph->status;
}

static sabir_status over_rows(sbr_loop_grad *l, const reversal *r, one_row *step, sabir_value *flows)
{
    const size_t count = 2 * (1 + (size_t)sbr_loop_flows(l));
    sabir_value *room = sbr_alloc_array(&l->graph->allocator, count, sizeof *room);
    if (!room) return sbr_no_memory(count * sizeof *room);
    const sabir_status status = build_rows(l, r, step, room, flows);
    sbr_free(&l->graph->allocator, room);
    return status;
}

static sabir_status row_is_iteration(sbr_loop_grad *l, const reversal *r, sabir_value row, const sabir_value *before, sabir_value *after)
{
    const sabir_value position = sbr_absent(r->base) ? row : sabir_add(l->graph, r->base, row);
    return one_iteration(l, r->tape, row, position, before, after);
}

sabir_status sbr_loop_reverse(sbr_loop_grad *l, const sbr_tape *tape, int64_t trips, bool fixed, sabir_value base, sabir_value *flows)
{
    const reversal r = {.tape = tape, .trips = trips, .step = 1, .fixed = fixed, .last = sabir_sub(l->graph, tape->count, number(l->graph, 1)), .base = base};
    return over_rows(l, &r, row_is_iteration, flows);
}

/* ---- Segments ---- */

/* The segment is run again with a tape of its own, which is then read backwards. */
static sabir_status row_is_segment(sbr_loop_grad *l, const reversal *r, sabir_value row, const sabir_value *before, sabir_value *after)
{
    sabir_graph *graph = l->graph;
    const sabir_value base = sabir_mul(graph, row, number(graph, r->step));
    const bool whole = r->fixed && l->attrs->trips % r->step == 0;
    const sabir_value left = sabir_sub(graph, r->tape->count, base);
    const sabir_value length = whole ? SABIR_NONE : sabir_minimum(graph, left, number(graph, r->step));
    sabir_value *values = sbr_alloc_array(&graph->allocator, l->attrs->carried + 1, sizeof *values);
    if (!values) return sbr_no_memory(l->attrs->carried * sizeof *values);
    sbr_tape tape = {0};
    sabir_status status = sbr_tape_read(l, r->tape, row, base, values);
    if (status == SABIR_OK) status = sbr_tape_record(l, values, r->step, 1, length, false, &tape);
    memcpy(after, before, sbr_loop_flows(l) * sizeof *after);
    if (status == SABIR_OK) status = sbr_loop_reverse(l, &tape, r->step, whole, base, after);
    sbr_tape_free(l, &tape);
    sbr_free(&graph->allocator, values);
    return status;
}

sabir_status sbr_loop_reverse_segments(sbr_loop_grad *l, const sbr_tape *tape, int64_t step, sabir_value *flows)
{
    sabir_graph *graph = l->graph;
    const sabir_value last = sabir_div(graph, sabir_sub(graph, tape->count, number(graph, 1)), number(graph, step));
    const reversal r = {.tape = tape, .trips = (l->attrs->trips + step - 1) / step, .step = step, .fixed = !l->attrs->has_going, .last = last, .base = SABIR_NONE};
    return over_rows(l, &r, row_is_segment, flows);
}
