/* Gradients before the update: loss scaling undone, runs averaged, norms, clipping. */
#include "build.h"

bool sbr_optim_guards(const sabir_optimizer_options *options) { return options->skip_nonfinite || options->loss_scale > 0; }
bool sbr_optim_waits(const sabir_optimizer_options *options) { return options->accumulate > 1 || sbr_optim_guards(options); }

/* ---- Norms ---- */

/* total (SABIR_NONE: 0) and the squares of one gradient. */
static sabir_value add_squares(sabir_graph *graph, sabir_value total, sabir_value gradient, sabir_type type)
{
    const sabir_value part = sabir_sum(graph, sabir_square(graph, sbr_as(graph, gradient, type)), SABIR_ALL_AXES);
    return sbr_is_value(total) ? sabir_add(graph, total, part) : part;
}

static sabir_value root(sabir_graph *graph, sabir_value total)
{
    return sbr_is_value(total) ? sabir_sqrt(graph, total) : sabir_number(graph, SABIR_F32, 0);
}

static sabir_value norm_of(sabir_graph *graph, const sabir_value *grads, uint32_t count)
{
    sabir_type type = SABIR_F32;
    sabir_value total = SABIR_NONE;
    for (uint32_t i = 0; i < count; i++)
        if (sabir_value_type(grads[i]) == SABIR_F64) type = SABIR_F64;
    for (uint32_t i = 0; i < count; i++) total = add_squares(graph, total, grads[i], type);
    return root(graph, total);
}

static sabir_value shrink(sabir_graph *graph, sabir_value norm, double most)
{
    const sabir_type type = sabir_value_type(norm);
    const sabir_value room = sabir_div(graph, sabir_number(graph, type, most), sabir_add(graph, norm, sabir_number(graph, type, 1e-6)));
    return sabir_minimum(graph, room, sabir_number(graph, type, 1));
}

static void clip(sabir_graph *graph, sabir_value *gradient, sabir_value factor)
{
    const sabir_type type = sabir_value_type(*gradient), wide = type == SABIR_F64 ? SABIR_F64 : SABIR_F32;
    *gradient = sbr_as(graph, sabir_mul(graph, sbr_as(graph, *gradient, wide), sbr_as(graph, factor, wide)), type);
}

sabir_value sabir_clip_norm(sabir_graph *graph, const sabir_value *grads, uint32_t count, double most, sabir_value *clipped)
{
    if (!sbr_graph_is_open(graph, "sabir_clip_norm")) return SABIR_NONE;
    if ((!grads || !clipped) && count) return sbr_graph_refuse(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "clip_norm: grads or clipped is NULL"));
    if (!(most > 0)) return sbr_graph_refuse(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "clip_norm: the largest norm is %g and has to be above 0", most));
    const sabir_value norm = norm_of(graph, grads, count), factor = shrink(graph, norm, most);
    for (uint32_t i = 0; i < count; i++) {
        clipped[i] = grads[i];
        clip(graph, &clipped[i], factor);
    }
    return norm;
}

/* ---- One run's gradients ---- */

/* Of f32 (f64 for f64), divided by the scale and by the number of runs. */
static sabir_value scaled_back(const sabir_optimizer *optimizer, const sbr_parameter *p)
{
    sabir_graph *g = optimizer->graph;
    const sabir_optimizer_options *o = &optimizer->options;
    sabir_value factor = SABIR_NONE, gradient = sbr_as(g, p->gradient, p->type);
    if (o->loss_scale > 0) factor = sabir_reciprocal(g, sbr_as(g, optimizer->scale, p->type));
    if (o->accumulate > 1) {
        const sabir_value share = sabir_number(g, p->type, 1 / (double)o->accumulate);
        factor = sbr_is_value(factor) ? sabir_mul(g, factor, share) : share;
    }
    return sbr_is_value(factor) ? sabir_mul(g, gradient, factor) : gradient;
}

static sabir_value is_last(const sabir_optimizer *optimizer)
{
    sabir_graph *g = optimizer->graph;
    return sabir_equal(g, optimizer->micro, sabir_number(g, SABIR_I32, (double)optimizer->options.accumulate - 1));
}

static sabir_value added_up(const sabir_optimizer *optimizer, const sbr_parameter *p, sabir_value gradient)
{
    sabir_graph *g = optimizer->graph;
    const sabir_value sum = sbr_optim_state(optimizer, "sum", p->name, p->type, sabir_value_shape(p->variable));
    const sabir_value is_first = sabir_equal(g, optimizer->micro, sabir_number(g, SABIR_I32, 0));
    const sabir_value before = sabir_select(g, is_first, sabir_number(g, p->type, 0), sum), after = sabir_add(g, before, gradient);
    sabir_assign(g, sum, after);
    return after;
}

static sabir_value norm_of_all(const sabir_optimizer *optimizer, const sbr_parameter *parameters, uint32_t count)
{
    sabir_graph *g = optimizer->graph;
    sabir_type type = SABIR_F32;
    sabir_value total = SABIR_NONE;
    for (uint32_t i = 0; i < count; i++)
        if (parameters[i].type == SABIR_F64) type = SABIR_F64;
    for (uint32_t i = 0; i < count; i++) total = add_squares(g, total, parameters[i].gradient, type);
    return root(g, total);
}

void sbr_optim_gradients(sabir_optimizer *optimizer, sbr_parameter *parameters, uint32_t count)
{
    sabir_graph *g = optimizer->graph;
    const sabir_optimizer_options *o = &optimizer->options;
    for (uint32_t i = 0; i < count; i++) {
        parameters[i].gradient = scaled_back(optimizer, &parameters[i]);
        if (o->accumulate > 1) parameters[i].gradient = added_up(optimizer, &parameters[i], parameters[i].gradient);
    }
    optimizer->norm = norm_of_all(optimizer, parameters, count);
    optimizer->applied = o->accumulate > 1 ? is_last(optimizer) : sabir_number(g, SABIR_BOOL, 1);
    if (sbr_optim_guards(o)) {
        const sabir_value finite = sabir_is_finite(g, optimizer->norm);
        optimizer->applied = o->accumulate > 1 ? sabir_logical_and(g, optimizer->applied, finite) : finite;
    }
    if (o->clip_norm <= 0) return;
    const sabir_value factor = shrink(g, optimizer->norm, o->clip_norm);
    for (uint32_t i = 0; i < count; i++) clip(g, &parameters[i].gradient, factor);
}

/* ---- Counters ---- */

static sabir_value i32(sabir_graph *g, double value) { return sabir_number(g, SABIR_I32, value); }

/* Doubled after so many good updates in a row, halved after a bad one. */
static void count_scale(const sabir_optimizer *optimizer)
{
    sabir_graph *g = optimizer->graph;
    const sabir_optimizer_options *o = &optimizer->options;
    const sabir_value run = optimizer->own[1];
    const sabir_value finite = sabir_is_finite(g, optimizer->norm), good = sabir_add(g, run, i32(g, 1));
    const sabir_value grows = sabir_greater_equal(g, good, i32(g, (double)o->scale_updates)), two = sabir_number(g, SABIR_F32, 2);
    const sabir_value larger = sabir_minimum(g, sabir_mul(g, optimizer->scale, two), sabir_number(g, SABIR_F32, 16777216));
    const sabir_value smaller = sabir_maximum(g, sabir_div(g, optimizer->scale, two), sabir_number(g, SABIR_F32, 1));
    sabir_value scale = sabir_select(g, finite, sabir_select(g, grows, larger, optimizer->scale), smaller);
    sabir_value next = sabir_select(g, sabir_logical_and(g, finite, sabir_logical_not(g, grows)), good, i32(g, 0));
    if (o->accumulate > 1) {
        scale = sabir_select(g, is_last(optimizer), scale, optimizer->scale);
        next = sabir_select(g, is_last(optimizer), next, run);
    }
    sabir_assign(g, optimizer->own[0], scale);
    sabir_assign(g, run, next);
}

void sbr_optim_count(const sabir_optimizer *optimizer)
{
    sabir_graph *g = optimizer->graph;
    sabir_assign(g, optimizer->update, sbr_optim_choose(optimizer, optimizer->update, sabir_add(g, optimizer->update, i32(g, 1))));
    if (optimizer->options.accumulate > 1)
        sabir_assign(g, optimizer->micro, sabir_select(g, is_last(optimizer), i32(g, 0), sabir_add(g, optimizer->micro, i32(g, 1))));
    if (optimizer->options.loss_scale > 0) count_scale(optimizer);
}
