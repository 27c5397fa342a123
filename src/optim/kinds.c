/* The four rules of update. */
#include <math.h>

#include "build.h"

static sabir_value number(const sbr_pace *pace, double value) { return sabir_number(pace->graph, pace->type, value); }
static sabir_value times(const sbr_pace *pace, sabir_value x, double factor) { return factor == 1 ? x : sabir_mul(pace->graph, x, number(pace, factor)); }

/* beta old + share new */
static sabir_value blend(const sbr_pace *pace, double beta, sabir_value old, double share, sabir_value fresh)
{
    if (beta == 0) return times(pace, fresh, share);
    return sabir_add(pace->graph, times(pace, old, beta), times(pace, fresh, share));
}

static sabir_value state(const sbr_pace *pace, const char *what, const sbr_parameter *p)
{
    return sbr_optim_state(pace->optimizer, what, p->name, pace->type, sabir_value_shape(p->variable));
}

static void keep(const sbr_pace *pace, sabir_value variable, sabir_value next)
{
    sabir_assign(pace->graph, variable, sbr_optim_choose(pace->optimizer, variable, next));
}

/* 1 / (1 - beta^t): through expm1, so that the first updates, where beta^t is near 1, are as accurate as the later ones. */
static sabir_value unbias(const sbr_pace *pace, double beta)
{
    sabir_graph *g = pace->graph;
    if (beta == 0) return number(pace, 1);
    const sabir_value t = sabir_cast(g, sabir_add(g, pace->optimizer->update, sabir_number(g, SABIR_I32, 1)), pace->type);
    return sabir_div(g, number(pace, -1), sabir_expm1(g, times(pace, t, log(beta))));
}

sbr_pace sbr_optim_pace(const sabir_optimizer *optimizer, sabir_type type)
{
    const sabir_optimizer_options *o = &optimizer->options;
    sbr_pace pace = {.optimizer = optimizer, .graph = optimizer->graph, .type = type};
    if (sabir_value_type(optimizer->rate) == type || sbr_is_value(o->rate)) pace.rate = sbr_as(pace.graph, optimizer->rate, type);
    else pace.rate = sabir_schedule_value(pace.graph, &o->schedule, optimizer->update, type);
    if (o->kind == SABIR_ADAM || o->kind == SABIR_ADAMW) {
        pace.unbias1 = unbias(&pace, o->beta1);
        pace.unbias2 = unbias(&pace, o->beta2);
    }
    return pace;
}

static sabir_value decayed_gradient(const sbr_pace *pace, const sbr_parameter *p)
{
    return p->weight_decay == 0 ? p->gradient : sabir_add(pace->graph, p->gradient, times(pace, p->weight, p->weight_decay));
}

static sabir_value decayed_weight(const sbr_pace *pace, sabir_value rate, const sbr_parameter *p)
{
    if (p->weight_decay == 0) return p->weight;
    return sabir_mul(pace->graph, p->weight, sabir_sub(pace->graph, number(pace, 1), times(pace, rate, p->weight_decay)));
}

static sabir_value sgd(const sbr_pace *pace, sabir_value rate, const sbr_parameter *p)
{
    const sabir_optimizer_options *o = &pace->optimizer->options;
    sabir_value along = decayed_gradient(pace, p);
    if (o->momentum != 0) {
        const sabir_value before = state(pace, "m", p), m = blend(pace, o->momentum, before, 1, along);
        keep(pace, before, m);
        along = o->nesterov ? blend(pace, o->momentum, m, 1, along) : m;
    }
    return sabir_sub(pace->graph, p->weight, sabir_mul(pace->graph, rate, along));
}

static sabir_value adam(const sbr_pace *pace, sabir_value rate, const sbr_parameter *p)
{
    const sabir_optimizer_options *o = &pace->optimizer->options;
    sabir_graph *g = pace->graph;
    const bool apart = o->kind == SABIR_ADAMW;
    const sabir_value gradient = apart ? p->gradient : decayed_gradient(pace, p), old1 = state(pace, "m", p), old2 = state(pace, "v", p);
    const sabir_value m = blend(pace, o->beta1, old1, 1 - o->beta1, gradient), v = blend(pace, o->beta2, old2, 1 - o->beta2, sabir_square(g, gradient));
    keep(pace, old1, m);
    keep(pace, old2, v);
    const sabir_value deviation = sabir_add(g, sabir_sqrt(g, sabir_mul(g, v, pace->unbias2)), number(pace, o->epsilon));
    const sabir_value along = sabir_div(g, sabir_mul(g, m, pace->unbias1), deviation);
    return sabir_sub(g, apart ? decayed_weight(pace, rate, p) : p->weight, sabir_mul(g, rate, along));
}

static sabir_value lion(const sbr_pace *pace, sabir_value rate, const sbr_parameter *p)
{
    const sabir_optimizer_options *o = &pace->optimizer->options;
    sabir_graph *g = pace->graph;
    const sabir_value old = state(pace, "m", p);
    keep(pace, old, blend(pace, o->beta2, old, 1 - o->beta2, p->gradient));
    const sabir_value along = sabir_sign(g, blend(pace, o->beta1, old, 1 - o->beta1, p->gradient));
    return sabir_sub(g, decayed_weight(pace, rate, p), sabir_mul(g, rate, along));
}

sabir_value sbr_optim_update(const sbr_pace *pace, const sbr_parameter *p)
{
    const sabir_value rate = times(pace, pace->rate, p->rate_factor);
    switch (pace->optimizer->options.kind) {
        case SABIR_SGD: return sgd(pace, rate, p);
        case SABIR_LION: return lion(pace, rate, p);
        default: return adam(pace, rate, p);
    }
}
