/* Loop regions. The frame of a loop being built holds what its node will need. */
#include "build.h"

sabir_status sbr_rule_loop(sbr_signature *signature)
{
    (void)signature;
    return sbr_fail(SABIR_INTERNAL, "loops are built by sabir_loop_begin and sabir_loop_end");
}

/* ---- Begin ---- */

static sabir_status open_frame(sabir_graph *graph, int64_t trips, const sabir_value *initial, uint32_t count, sbr_loop_frame **opened)
{
    if (trips < 0 || trips > INT32_MAX) return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld trips; 0 to 2^31 - 1", (long long)trips);
    if (count > 32767) return sbr_fail(SABIR_INVALID_ARGUMENT, "%u carried values; at most 32767", count);
    uint32_t *indices = sbr_arena_alloc(&graph->arena, count * sizeof *indices);
    sbr_loop_frame *frame = sbr_arena_alloc(&graph->arena, sizeof *frame);
    if (!indices || !frame) return sbr_no_memory(count * sizeof *indices + sizeof *frame);
    for (uint32_t i = 0; i < count; i++) {
        SABIR_TRY(sbr_need_readable(graph, initial[i], "an initial value"));
        indices[i] = initial[i].index;
    }
    *frame = (sbr_loop_frame){.outer = graph->loops, .depth = graph->loops ? graph->loops->depth + 1 : 1, .body_first = graph->nodes.count,
                              .trips = trips, .carried = count, .initial = indices};
    *opened = frame;
    return SABIR_OK;
}

static void all_null(sabir_graph *graph, sabir_value *values, uint32_t count)
{
    for (uint32_t i = 0; values && i < count; i++) values[i] = sbr_null(graph);
}

void sabir_loop_begin(sabir_graph *graph, int64_t trips, const sabir_value *initial, uint32_t count, sabir_value *carried)
{
    if (!sbr_graph_open(graph, "sabir_loop_begin")) {
        all_null(graph, carried, count);
        return;
    }
    sbr_loop_frame *frame = NULL;
    sabir_status status = count && (!initial || !carried) ? sbr_fail(SABIR_INVALID_ARGUMENT, "initial or carried is NULL")
                                                          : open_frame(graph, trips, initial, count, &frame);
    if (status == SABIR_OK && frame) {
        graph->loops = frame;
        for (uint32_t i = 0; i < count; i++) {
            /* A copy: adding a node may move the values. */
            const sbr_value_info from = graph->values.data[frame->initial[i]];
            carried[i] = sbr_add_leaf(graph, SBR_OP_carry, NULL, from.type, &from.shape, &(sbr_carry_attrs){i, frame->initial[i]});
        }
        status = graph->status;
    }
    if (status != SABIR_OK) {
        (void)sbr_graph_fail(graph, sbr_fail(status, "loop_begin: %s", sabir_last_message()));
        all_null(graph, carried, count);
    }
    sbr_graph_without_place(graph);
}

/* ---- End ---- */

static sabir_status check_next(sabir_graph *graph, const sbr_loop_frame *frame, const sabir_value *next)
{
    for (uint32_t i = 0; i < frame->carried; i++) {
        SABIR_TRY(sbr_need_readable(graph, next[i], "a next value"));
        const sbr_value_info *was = &graph->values.data[frame->initial[i]], *is = sbr_info(next[i]);
        if (was->type == is->type && sbr_shape_equal(&was->shape, &is->shape)) continue;
        char before[160], after[160];
        sbr_shape_text(graph, was->type, &was->shape, before, sizeof before);
        sbr_shape_text(graph, is->type, &is->shape, after, sizeof after);
        return sbr_fail(was->type == is->type ? SABIR_INVALID_SHAPE : SABIR_INVALID_TYPE, "next value %u is %s; carried is %s", i, after,
                        before);
    }
    return SABIR_OK;
}

static sabir_status check_going(sabir_graph *graph, sabir_value going)
{
    SABIR_TRY(sbr_need_readable(graph, going, "going"));
    if (sbr_info(going)->type == SABIR_BOOL && sbr_info(going)->shape.rank == 0) return SABIR_OK;
    char text[160];
    sbr_shape_text(graph, sbr_info(going)->type, &sbr_info(going)->shape, text, sizeof text);
    return sbr_fail(SABIR_INVALID_TYPE, "going is %s and has to be bool[]", text);
}

static sabir_status check_end(sabir_graph *graph, const sabir_value *next, uint32_t count, sabir_value going, const sabir_value *results)
{
    const sbr_loop_frame *frame = graph->loops;
    if (!frame) return sbr_fail(SABIR_MISUSE, "no loop was begun");
    if (count != frame->carried) return sbr_fail(SABIR_INVALID_ARGUMENT, "%u next values for %u carried", count, frame->carried);
    if (count && (!next || !results)) return sbr_fail(SABIR_INVALID_ARGUMENT, "next or results is NULL");
    SABIR_TRY(check_next(graph, frame, next));
    return sbr_absent(going) ? SABIR_OK : check_going(graph, going);
}

static sabir_status end(sabir_graph *graph, const sabir_value *next, uint32_t count, sabir_value going, sabir_value *results, sabir_value *first)
{
    SABIR_TRY(check_end(graph, next, count, going, results));
    const sbr_loop_frame *frame = graph->loops;
    const bool has_going = !sbr_absent(going);
    const uint32_t inputs = 2 * count + (has_going ? 1 : 0);
    uint32_t *indices = sbr_alloc_array(&graph->allocator, inputs, sizeof *indices);
    if (!indices) return sbr_no_memory(inputs * sizeof *indices);
    for (uint32_t i = 0; i < count; i++) {
        indices[i] = frame->initial[i];
        indices[count + i] = next[i].index;
    }
    if (has_going) indices[2 * count] = going.index;
    graph->loops = frame->outer;
    *first = sbr_add_loop(graph, indices, inputs, &(sbr_loop_attrs){frame->trips, count, frame->body_first, has_going});
    sbr_free(&graph->allocator, indices);
    return graph->status;
}

sabir_value sabir_loop_end(sabir_graph *graph, const sabir_value *next, uint32_t count, sabir_value going, sabir_value *results)
{
    if (sbr_graph_open(graph, "sabir_loop_end")) {
        sabir_value first = sbr_null(graph);
        const sabir_status status = end(graph, next, count, going, results, &first);
        if (status == SABIR_OK) {
            for (uint32_t i = 0; i < count; i++) results[i] = sbr_output_of(first, i);
            return sbr_output_of(first, count);
        }
        (void)sbr_graph_fail(graph, sbr_fail(status, "loop_end: %s", sabir_last_message()));
    }
    all_null(graph, results, count);
    return sbr_null(graph);
}
