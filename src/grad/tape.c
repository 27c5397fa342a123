/* The tape: what was carried at the beginning of every iteration, or of every step-th. A stack has a row for each, and a row is written where it lies. */
#include "graph/build.h"
#include "loop.h"

static sabir_value number(sabir_graph *graph, int64_t value) { return sabir_number(graph, SABIR_I32, (double)value); }

static sabir_value mapped(const sbr_loop_grad *l, uint32_t value)
{
    return (sabir_value){l->graph, l->map[value] == SABIR_NONE_INDEX ? value : l->map[value]};
}

/* ---- Rows ---- */

static sabir_shape row_shape(sabir_graph *graph, uint32_t value)
{
    sabir_shape shape = {.rank = 2, .extents = {1, 0}};
    const sabir_shape whole = sbr_value_at(graph, value)->shape;
    const sabir_status status = sbr_shape_count(graph, &whole, &shape.extents[1]);
    if (status != SABIR_OK) (void)sbr_graph_fail(graph, status);
    return shape;
}

static sabir_value row_start(sabir_graph *graph, sabir_value row)
{
    static const int32_t first[] = {1, 0};
    return sabir_mul(graph, sabir_constant(graph, SABIR_I32, SABIR_SHAPE(2), first), row);
}

static sabir_value counter_at(sbr_loop_grad *l, const sbr_carried *c, sabir_value position)
{
    sabir_graph *graph = l->graph;
    const sabir_value count = sabir_cast(graph, position, sbr_value_at(graph, c->carry)->type);
    return sabir_add(graph, mapped(l, c->initial), sabir_mul(graph, count, c->step));
}

sabir_status sbr_tape_read(sbr_loop_grad *l, const sbr_tape *tape, sabir_value row, sabir_value position, sabir_value *values)
{
    sabir_graph *graph = l->graph;
    const sabir_value start = row_start(graph, row);
    for (uint32_t k = 0; k < l->attrs->carried; k++) {
        const sbr_carried *c = &l->carried[k];
        const sbr_value_info info = *sbr_value_at(graph, c->carry);
        switch (c->kind) {
            case SBR_CARRIED_TAPED:
                values[k] = sabir_reshape(graph, sabir_dynamic_slice(graph, tape->stacks[k], start, row_shape(graph, c->carry)), info.shape);
                break;
            case SBR_CARRIED_INVARIANT: values[k] = sabir_stop_gradient(graph, mapped(l, c->initial)); break; /* a value of its own */
            case SBR_CARRIED_COUNTER: values[k] = counter_at(l, c, position); break;
            case SBR_CARRIED_WRITTEN: values[k] = sabir_full(graph, info.type, info.shape, 0.0); break;
        }
    }
    return graph->status;
}

/* ---- The body, once more ---- */

sabir_status sbr_loop_copy_body(sbr_loop_grad *l, const sabir_value *values, sabir_value *next, sabir_value *going)
{
    const uint32_t carried = l->attrs->carried;
    for (uint32_t k = 0; k < carried; k++) l->map[l->carried[k].carry] = values[k].index;
    SABIR_TRY(sbr_copy_nodes(l->graph, l->attrs->body_first + carried, l->n, l->node.depth + 1, l->map));
    for (uint32_t k = 0; k < carried; k++) next[k] = mapped(l, l->carried[k].next);
    *going = l->attrs->has_going ? mapped(l, l->node.inputs[2 * carried]) : SABIR_NONE;
    return SABIR_OK;
}

/* ---- Recording ---- */

typedef struct recording {
    int64_t trips, step;
    sabir_value length;
    uint32_t stacks;                      /* how many */
    sabir_value *initial, *carried, *next; /* carried values, the iteration, stacks */
} recording;

/* With steps, the row of iteration i is i / step rounded up: the last iteration to write a row is the one that it is for. */
static void write_rows(sbr_loop_grad *l, const recording *r, sabir_value iteration)
{
    sabir_graph *graph = l->graph;
    const uint32_t carried = l->attrs->carried;
    sabir_value row = iteration;
    if (r->step > 1) row = sabir_div(graph, sabir_add(graph, iteration, number(graph, r->step - 1)), number(graph, r->step));
    const sabir_value start = row_start(graph, row);
    for (uint32_t k = 0, stack = carried + 1; k < carried; k++) {
        if (l->carried[k].kind != SBR_CARRIED_TAPED) continue;
        const sabir_value part = sabir_reshape(graph, r->carried[k], row_shape(graph, l->carried[k].carry));
        r->next[stack] = sabir_update(graph, r->carried[stack], part, start);
        stack++;
    }
}

static sabir_status record(sbr_loop_grad *l, const recording *r, sbr_tape *tape)
{
    sabir_graph *graph = l->graph;
    const uint32_t carried = l->attrs->carried, count = carried + 1 + r->stacks;
    r->initial[carried] = number(graph, 0);
    for (uint32_t k = 0, stack = carried + 1; k < carried; k++) {
        if (l->carried[k].kind != SBR_CARRIED_TAPED) continue;
        sabir_shape shape = row_shape(graph, l->carried[k].carry);
        shape.extents[0] = (r->trips - 1 + r->step - 1) / r->step + 1;
        r->initial[stack++] = sabir_full(graph, sbr_value_at(graph, l->carried[k].carry)->type, shape, 0.0);
    }
    sabir_loop_begin(graph, r->trips, r->initial, count, r->carried);
    const sabir_value iteration = r->carried[carried];
    write_rows(l, r, iteration);
    sabir_value going;
    SABIR_TRY(sbr_loop_copy_body(l, r->carried, r->next, &going));
    r->next[carried] = sabir_add(graph, iteration, number(graph, 1));
    if (!sbr_absent(r->length)) going = sabir_less(graph, r->next[carried], r->length);
    tape->count = sabir_loop_end(graph, r->next, count, going, r->carried);
    for (uint32_t k = 0, stack = carried + 1; k < carried; k++)
        tape->stacks[k] = l->carried[k].kind == SBR_CARRIED_TAPED ? r->carried[stack++] : SABIR_NONE;
    return graph->status;
}

/* ---- Twins ---- */

static bool find_twin(const sbr_loop_grad *l, int64_t step, sbr_tape *tape)
{
    sabir_graph *graph = l->graph;
    for (uint32_t i = graph->twins.count; i-- > 0;) {
        const sbr_twin *twin = &graph->twins.data[i];
        const sbr_node *loop = &graph->nodes.data[twin->loop];
        if (twin->original != l->target || twin->step != step) continue;
        tape->count = (sabir_value){graph, loop->first_output + loop->output_count - 1};
        if (sbr_need_readable(graph, tape->count, "a twin") != SABIR_OK) continue;
        for (uint32_t k = 0; k < l->attrs->carried; k++)
            tape->stacks[k] = twin->stacks[k] == SABIR_NONE_INDEX ? SABIR_NONE : (sabir_value){graph, loop->first_output + twin->stacks[k]};
        return true;
    }
    return false;
}

static sabir_status keep_twin(const sbr_loop_grad *l, const sbr_tape *tape, int64_t step, uint32_t first)
{
    sabir_graph *graph = l->graph;
    uint32_t *stacks = sbr_arena_alloc(&graph->arena, (l->attrs->carried + 1) * sizeof *stacks);
    if (!stacks) return sbr_no_memory(l->attrs->carried * sizeof *stacks);
    for (uint32_t k = 0; k < l->attrs->carried; k++) stacks[k] = sbr_absent(tape->stacks[k]) ? SABIR_NONE_INDEX : sbr_info(tape->stacks[k])->slot;
    const sbr_twin twin = {.original = l->target, .first = first, .loop = sbr_info(tape->count)->node, .step = step, .stacks = stacks};
    return sbr_push(&graph->allocator, &graph->twins, twin) ? SABIR_OK : sbr_no_memory(sizeof twin);
}

/* ---- A tape ---- */

static sabir_status record_new(sbr_loop_grad *l, const sabir_value *initial, recording *r, bool twin, sbr_tape *tape)
{
    const sabir_allocator *allocator = &l->graph->allocator;
    const uint32_t carried = l->attrs->carried, first = l->graph->nodes.count;
    for (uint32_t k = 0; k < carried; k++) r->stacks += l->carried[k].kind == SBR_CARRIED_TAPED;
    const size_t count = carried + 1 + r->stacks;
    sabir_value *room = sbr_alloc_array(allocator, 3 * count, sizeof *room);
    if (!room) return sbr_no_memory(3 * count * sizeof *room);
    r->initial = room;
    r->carried = room + count;
    r->next = room + 2 * count;
    memcpy(r->initial, initial, carried * sizeof *initial);
    sabir_status status = record(l, r, tape);
    sbr_free(allocator, room);
    if (status == SABIR_OK && twin) status = keep_twin(l, tape, r->step, first);
    return status;
}

sabir_status sbr_tape_record(sbr_loop_grad *l, const sabir_value *initial, int64_t trips, int64_t step, sabir_value length, bool twin, sbr_tape *tape)
{
    *tape = (sbr_tape){.stacks = sbr_alloc_array(&l->graph->allocator, l->attrs->carried + 1, sizeof *tape->stacks)};
    if (!tape->stacks) return sbr_no_memory(l->attrs->carried * sizeof *tape->stacks);
    if (l->target == UINT32_MAX) twin = false;
    if (twin && find_twin(l, step, tape)) return SABIR_OK;
    recording r = {.trips = trips, .step = step, .length = length};
    return record_new(l, initial, &r, twin, tape);
}

void sbr_tape_free(const sbr_loop_grad *l, sbr_tape *tape)
{
    sbr_free(&l->graph->allocator, tape->stacks);
    tape->stacks = NULL;
}
