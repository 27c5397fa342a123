/* Loops: carried values have slots of their own; each iteration computes the next values and moves them there. A loop with a
 * condition has a flag and a count in the control buffer: launches inside are gated by the flag. */
#include "driver.h"

static bool starts_here(const sabir_graph *graph, uint32_t loop, uint32_t n)
{
    const sbr_node *node = &graph->nodes.data[loop];
    return node->op == SBR_OP_loop && ((const sbr_loop_attrs *)node->attrs)->body_first == n;
}

/* A launch on the control buffer's flags. */
static sabir_status launch_flags(sbr_lowering *lowering, const char *kernel, const sbr_view *going, uint32_t flag, uint32_t count, uint32_t outer)
{
    const uint32_t gate = lowering->gate;
    sbr_view control;
    sbr_view_dense(lowering, 0, SABIR_U32, 0, NULL, &control);
    lowering->gate = 0;
    sbr_launcher l;
    sabir_status status = sbr_launch_begin(&l, lowering, kernel, SBR_ARITH_U32, SBR_ARITH_U32);
    if (status == SABIR_OK) {
        if (going) sbr_read(&l, "going", going);
        sbr_write(&l, "flags", &control);
        sbr_int(&l, "flag", flag);
        sbr_int(&l, "count", count);
        if (!going) sbr_int(&l, "outer", outer);
        status = sbr_launch_end(&l, sbr_num(lowering, 1), 0);
    }
    lowering->gate = gate;
    return status;
}

static sabir_status open_loop(sbr_lowering *lowering, uint32_t loop)
{
    sbr_module *module = lowering->module;
    const sabir_graph *graph = lowering->graph;
    const sbr_loop_attrs *attrs = graph->nodes.data[loop].attrs;
    for (uint32_t k = 0; k < attrs->carried; k++) {
        const sbr_node *carry = &graph->nodes.data[attrs->body_first + k];
        const sbr_view initial = lowering->views[((const sbr_carry_attrs *)carry->attrs)->initial];
        sbr_view view;
        SABIR_TRY(sbr_out(lowering, carry, 0, &view));
        SABIR_TRY(sbr_copy_view(lowering, &initial, &view));
    }
    uint32_t gate = lowering->gate;
    if (attrs->has_going) {
        gate = sbr_header_word(module, true); /* the count follows the flag */
        SABIR_TRY(launch_flags(lowering, "loop_open", NULL, gate, gate + 1, lowering->gate));
    }
    const sbr_step step = {.kind = SBR_STEP_LOOP, .trips = attrs->trips, .node = loop, .gate = gate};
    if (!sbr_push(&module->allocator, &module->steps, step)) return sbr_no_memory(sizeof step);
    lowering->gate = gate;
    return SABIR_OK;
}

sabir_status sbr_open_loops(sbr_lowering *lowering, uint32_t n)
{
    /* Outer loops end later, so they open first. */
    for (uint32_t loop = lowering->graph->nodes.count; loop-- > n;)
        if (starts_here(lowering->graph, loop, n)) SABIR_TRY(open_loop(lowering, loop));
    return SABIR_OK;
}

sabir_status sbr_lower_carry(sbr_lowering *lowering, const sbr_node *node)
{
    (void)lowering;
    (void)node; /* open_loop made its slot */
    return SABIR_OK;
}

static bool is_carry_slot(const sbr_lowering *lowering, const sbr_loop_attrs *attrs, uint32_t slot)
{
    for (uint32_t k = 0; k < attrs->carried; k++)
        if (lowering->views[lowering->graph->nodes.data[attrs->body_first + k].first_output].slot == slot) return true;
    return false;
}

static bool same_place(sbr_lowering *lowering, const sbr_view *a, const sbr_view *b)
{
    return a->slot == b->slot && a->offset == b->offset && sbr_is_dense(lowering, a);
}

/* The next values are taken together: one that lies in a carried slot, its own place apart, is set aside first. */
static sabir_status carry_over(sbr_lowering *lowering, const sbr_node *node, const sbr_loop_attrs *attrs)
{
    const sbr_node *carries = &lowering->graph->nodes.data[attrs->body_first];
    sbr_view *next = sbr_arena_alloc(&lowering->module->arena, attrs->carried * sizeof *next);
    if (!next) return sbr_no_memory(attrs->carried * sizeof *next);
    for (uint32_t k = 0; k < attrs->carried; k++) {
        next[k] = *sbr_in(lowering, node, attrs->carried + k);
        const sbr_view *place = &lowering->views[carries[k].first_output];
        if (!is_carry_slot(lowering, attrs, next[k].slot) || same_place(lowering, &next[k], place)) continue;
        sbr_view aside;
        SABIR_TRY(sbr_temp(lowering, next[k].type, next[k].rank, next[k].extents, &aside));
        SABIR_TRY(sbr_copy_view(lowering, &next[k], &aside));
        next[k] = aside;
    }
    for (uint32_t k = 0; k < attrs->carried; k++) {
        const sbr_view place = lowering->views[carries[k].first_output];
        if (!same_place(lowering, &next[k], &place)) SABIR_TRY(sbr_copy_view(lowering, &next[k], &place));
    }
    return SABIR_OK;
}

static uint32_t open_step(const sbr_module *module)
{
    uint32_t depth = 0;
    for (uint32_t i = module->steps.count; i-- > 0;) {
        if (module->steps.data[i].kind == SBR_STEP_END) depth++;
        if (module->steps.data[i].kind == SBR_STEP_LOOP && depth-- == 0) return i;
    }
    return UINT32_MAX;
}

static uint32_t outer_gate(const sbr_module *module, uint32_t loop_step)
{
    uint32_t depth = 0;
    for (uint32_t i = loop_step; i-- > 0;) {
        if (module->steps.data[i].kind == SBR_STEP_END) depth++;
        if (module->steps.data[i].kind == SBR_STEP_LOOP && depth-- == 0) return module->steps.data[i].gate;
    }
    return 0;
}

static sabir_status count_view(sbr_lowering *lowering, const sbr_loop_attrs *attrs, uint32_t gate, sbr_view *view)
{
    sbr_module *module = lowering->module;
    sbr_view_dense(lowering, 0, SABIR_I32, 0, NULL, view);
    uint32_t word = gate + 1;
    if (!attrs->has_going) {
        const sbr_dim_word entry = {sbr_header_word(module, false), sbr_num(lowering, attrs->trips)};
        if (!sbr_push(&module->allocator, &module->dim_words, entry)) return sbr_no_memory(sizeof entry);
        word = entry.word;
    }
    view->offset = sbr_num(lowering, word);
    return SABIR_OK;
}

sabir_status sbr_lower_loop(sbr_lowering *lowering, const sbr_node *node)
{
    sbr_module *module = lowering->module;
    const sbr_loop_attrs *attrs = node->attrs;
    SABIR_TRY(carry_over(lowering, node, attrs));
    const uint32_t open = open_step(module), gate = lowering->gate;
    if (attrs->has_going) {
        const sbr_view going = *sbr_in(lowering, node, 2 * attrs->carried);
        SABIR_TRY(launch_flags(lowering, "loop_step", &going, gate, gate + 1, 0));
    }
    const sbr_step step = {.kind = SBR_STEP_END, .match = open, .node = lowering->node};
    if (!sbr_push(&module->allocator, &module->steps, step)) return sbr_no_memory(sizeof step);
    module->steps.data[open].match = module->steps.count - 1;
    lowering->gate = outer_gate(module, open);
    for (uint32_t k = 0; k < attrs->carried; k++)
        sbr_alias(lowering, node, k, &lowering->views[lowering->graph->nodes.data[attrs->body_first + k].first_output]);
    sbr_view count;
    SABIR_TRY(count_view(lowering, attrs, gate, &count));
    sbr_alias(lowering, node, attrs->carried, &count);
    return SABIR_OK;
}
