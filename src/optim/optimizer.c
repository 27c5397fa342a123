/* A training step: options, state, the walk over the parameters. */
#include <math.h>

#include "base/text.h"
#include "build.h"
#include "sabir/grad.h"

/* ---- Options ---- */

static double or_default(double given, double standard) { return given == 0 ? standard : given < 0 ? 0 : given; }

static void fill_in(sabir_optimizer_options *o)
{
    static const char *const names[] = {"sgd", "adam", "adamw", "lion"};
    o->beta1 = or_default(o->beta1, 0.9);
    o->beta2 = or_default(o->beta2, o->kind == SABIR_LION ? 0.99 : 0.999);
    o->epsilon = or_default(o->epsilon, 1e-8);
    if (o->scale_updates == 0) o->scale_updates = 2000;
    if (o->accumulate == 0) o->accumulate = 1;
    if (!o->name) o->name = names[o->kind];
}

static sabir_status check_numbers(const sabir_optimizer_options *o)
{
    const struct { const char *name; double value, below; } numbers[] = {
        {"momentum", o->momentum, INFINITY},         {"beta1", o->beta1, 1},           {"beta2", o->beta2, 1},           {"epsilon", o->epsilon, INFINITY},
        {"weight_decay", o->weight_decay, INFINITY}, {"clip_norm", o->clip_norm, INFINITY}, {"loss_scale", o->loss_scale, INFINITY}};
    for (size_t i = 0; i < SBR_COUNT(numbers); i++)
        if (!(numbers[i].value >= 0 && numbers[i].value < numbers[i].below))
            return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: %s is %g and has to be from 0 to below %g", o->name, numbers[i].name, numbers[i].value, numbers[i].below);
    if (o->accumulate < 1 || o->accumulate > INT32_MAX || o->scale_updates < 1 || o->scale_updates > INT32_MAX)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: accumulate is %lld and scale_updates %lld; 1 to 2^31 - 1 are allowed", o->name, (long long)o->accumulate,
                        (long long)o->scale_updates);
    return SABIR_OK;
}

static sabir_status check_rate(const sabir_optimizer_options *o)
{
    if (!sbr_is_value(o->rate)) return SABIR_OK;
    const sabir_type type = sabir_value_type(o->rate);
    if ((type == SABIR_F32 || type == SABIR_F64) && sabir_value_shape(o->rate).rank == 0) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_TYPE, "%s: the rate is a value of %s and rank %d; f32 or f64 and rank 0 are needed", o->name, sabir_type_name(type),
                    (int)sabir_value_shape(o->rate).rank);
}

static sabir_status read_options(const sabir_optimizer_options *given, sabir_optimizer_options *all)
{
    if (!given) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_optimizer_begin: options is NULL");
    SABIR_TRY(sbr_options_read(given, all, sizeof *all, "sabir_optimizer_begin"));
    if ((unsigned)all->kind > SABIR_LION) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_optimizer_begin: %d is no kind of optimizer", (int)all->kind);
    fill_in(all);
    SABIR_TRY(check_numbers(all));
    return check_rate(all);
}

/* ---- State ---- */

sabir_value sbr_optim_state(const sabir_optimizer *optimizer, const char *what, const char *parameter, sabir_type type, sabir_shape shape)
{
    sabir_graph *graph = optimizer->graph;
    const sabir_context *context = sabir_graph_context(graph);
    sbr_text name = {.allocator = sbr_context_allocator(context)};
    sbr_text_printf(&name, "%s/%s%s%s", optimizer->options.name, what, parameter ? "/" : "", parameter ? parameter : "");
    const sabir_value value = name.failed ? sbr_graph_refuse(graph, sbr_no_memory(name.length)) : sabir_variable(graph, name.data, type, shape);
    sbr_text_free(&name);
    return value;
}

sabir_value sbr_optim_choose(const sabir_optimizer *optimizer, sabir_value before, sabir_value next)
{
    return sbr_optim_waits(&optimizer->options) ? sabir_select(optimizer->graph, optimizer->applied, next, before) : next;
}

static sabir_value scalar_state(const sabir_optimizer *optimizer, const char *what, sabir_type type)
{
    return sbr_optim_state(optimizer, what, NULL, type, SABIR_SCALAR_SHAPE);
}

sabir_status sabir_optimizer_begin(sabir_graph *graph, const sabir_optimizer_options *options, sabir_optimizer *optimizer)
{
    if (!optimizer) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_optimizer_begin: optimizer is NULL");
    *optimizer = (sabir_optimizer){.graph = graph, .scale = SABIR_NONE, .micro = SABIR_NONE, .norm = SABIR_NONE, .applied = SABIR_NONE};
    if (!sbr_graph_is_open(graph, "sabir_optimizer_begin")) return graph ? sabir_graph_status(graph) : SABIR_INVALID_ARGUMENT;
    sabir_optimizer_options *o = &optimizer->options;
    const sabir_status status = read_options(options, o);
    if (status != SABIR_OK) {
        (void)sbr_graph_refuse(graph, status);
        return status;
    }
    optimizer->update = scalar_state(optimizer, "update", SABIR_I32);
    optimizer->rate = sbr_is_value(o->rate) ? o->rate : sabir_schedule_value(graph, &o->schedule, optimizer->update, SABIR_F32);
    if (o->accumulate > 1) optimizer->micro = scalar_state(optimizer, "micro", SABIR_I32);
    if (o->loss_scale > 0) {
        optimizer->own[0] = scalar_state(optimizer, "scale", SABIR_F32);
        optimizer->own[1] = scalar_state(optimizer, "good", SABIR_I32);
        /* A store begins with zeros. */
        const sabir_value zero = sabir_number(graph, SABIR_F32, 0), first = sabir_number(graph, SABIR_F32, o->loss_scale);
        optimizer->scale = sabir_select(graph, sabir_greater(graph, optimizer->own[0], zero), optimizer->own[0], first);
    }
    return sabir_graph_status(graph);
}

/* ---- Parameters ---- */

static sabir_status check_parameter(const sabir_optimizer *optimizer, sabir_value variable)
{
    const char *who = optimizer->options.name, *name = sabir_value_name(variable);
    const sabir_type type = sabir_value_type(variable);
    if (variable.graph != optimizer->graph || !name) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: a parameter is no variable of this graph", who);
    if (type != SABIR_F32 && type != SABIR_F16 && type != SABIR_BF16 && type != SABIR_F64)
        return sbr_fail(SABIR_INVALID_TYPE, "%s: '%s' is %s; parameters are of a float type", who, name, sabir_type_name(type));
    return SABIR_OK;
}

static sabir_status check_gradient(const sabir_optimizer *optimizer, const char *name, sabir_value variable, sabir_value gradient)
{
    const sabir_shape wanted = sabir_value_shape(variable), given = sabir_value_shape(gradient);
    bool same = gradient.graph == variable.graph && wanted.rank == given.rank;
    for (int32_t i = 0; same && i < wanted.rank; i++) same = wanted.extents[i] == given.extents[i];
    if (same) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_SHAPE, "%s: the gradient of '%s' is no value of its shape", optimizer->options.name, name);
}

static uint32_t count_all(const sabir_parameter_group *groups, uint32_t group_count)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < group_count; i++) count += groups[i].count;
    return count;
}

/* Every parameter that is not frozen, with its gradient; grads NULL: without. */
static sabir_status gather(const sabir_optimizer *optimizer, const sabir_parameter_group *groups, uint32_t group_count, const sabir_value *grads,
                           sbr_parameter *parameters, uint32_t *count)
{
    *count = 0;
    uint32_t place = 0;
    for (uint32_t i = 0; i < group_count; i++) {
        const sabir_parameter_group *group = &groups[i];
        if (!group->variables && group->count) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the variables of group %u are NULL", optimizer->options.name, i);
        if (!isfinite(group->rate_factor)) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the rate_factor of group %u is not finite", optimizer->options.name, i);
        for (uint32_t k = 0; k < group->count; k++, place++) {
            const sabir_value variable = group->variables[k];
            SABIR_TRY(check_parameter(optimizer, variable));
            if (group->frozen) continue;
            const char *name = sabir_value_name(variable);
            if (grads) SABIR_TRY(check_gradient(optimizer, name, variable, grads[place]));
            parameters[(*count)++] = (sbr_parameter){.variable = variable, .name = name, .gradient = grads ? grads[place] : SABIR_NONE,
                                                     .type = sabir_value_type(variable) == SABIR_F64 ? SABIR_F64 : SABIR_F32,
                                                     .rate_factor = group->rate_factor == 0 ? 1 : group->rate_factor,
                                                     .weight_decay = group->no_decay ? 0 : optimizer->options.weight_decay};
        }
    }
    return SABIR_OK;
}

/* Parameters of 16 bits are rounded copies of a master, which begins as the parameter. */
static void update_one(const sabir_optimizer *optimizer, const sbr_pace *pace, sbr_parameter *p)
{
    sabir_graph *g = optimizer->graph;
    const sabir_type stored = sabir_value_type(p->variable);
    sabir_value master = SABIR_NONE;
    p->weight = p->variable;
    if (stored != p->type) {
        const sabir_value none_yet = sabir_equal(g, optimizer->update, sabir_number(g, SABIR_I32, 0));
        master = sbr_optim_state(optimizer, "master", p->name, p->type, sabir_value_shape(p->variable));
        p->weight = sabir_select(g, none_yet, sabir_cast(g, p->variable, p->type), master);
    }
    const sabir_value next = sbr_optim_choose(optimizer, p->weight, sbr_optim_update(pace, p));
    if (sbr_is_value(master)) sabir_assign(g, master, next);
    sabir_assign(g, p->variable, sbr_as(g, next, stored));
}

static void update_all(sabir_optimizer *optimizer, sbr_parameter *parameters, uint32_t count)
{
    sbr_pace narrow = {0}, wide = {0};
    sbr_optim_gradients(optimizer, parameters, count);
    for (uint32_t i = 0; i < count; i++) {
        sbr_pace *pace = parameters[i].type == SABIR_F64 ? &wide : &narrow;
        if (!pace->graph) *pace = sbr_optim_pace(optimizer, parameters[i].type);
        update_one(optimizer, pace, &parameters[i]);
    }
    sbr_optim_count(optimizer);
}

static sabir_status refuse(sabir_graph *graph, sabir_status status)
{
    if (status != SABIR_OK) (void)sbr_graph_refuse(graph, status);
    return status == SABIR_OK ? sabir_graph_status(graph) : status;
}

sabir_status sabir_optimizer_apply(sabir_optimizer *optimizer, const sabir_parameter_group *groups, uint32_t group_count, const sabir_value *grads)
{
    if (!optimizer || !optimizer->graph) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_optimizer_apply: %s", optimizer ? "the optimizer was not begun" : "optimizer is NULL");
    sabir_graph *graph = optimizer->graph;
    SABIR_TRY(sabir_graph_status(graph));
    if ((!groups && group_count) || !grads)
        return refuse(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_optimizer_apply: %s is NULL", groups ? "grads" : "groups"));
    const sabir_allocator *allocator = sbr_context_allocator(sabir_graph_context(graph));
    const size_t room = (size_t)count_all(groups, group_count) + 1;
    sbr_parameter *parameters = sbr_alloc_array(allocator, room, sizeof *parameters);
    if (!parameters) return refuse(graph, sbr_no_memory(room * sizeof *parameters));
    uint32_t count;
    const sabir_status status = gather(optimizer, groups, group_count, grads, parameters, &count);
    if (status == SABIR_OK) update_all(optimizer, parameters, count);
    sbr_free(allocator, parameters);
    return refuse(graph, status);
}

/* ---- The whole step ---- */

/* grads: by parameter of all groups. */
static sabir_status differentiate(const sabir_optimizer *optimizer, sabir_value loss, const sabir_parameter_group *groups, uint32_t group_count, sabir_value *wrt,
                                  sabir_value *grads)
{
    sabir_graph *graph = optimizer->graph;
    uint32_t count = 0, place = 0;
    for (uint32_t i = 0; i < group_count; i++)
        for (uint32_t k = 0; k < groups[i].count && !groups[i].frozen; k++) wrt[count++] = groups[i].variables[k];
    const sabir_value seed = sbr_is_value(optimizer->scale) ? sbr_as(graph, optimizer->scale, sabir_value_type(loss)) : SABIR_NONE;
    SABIR_TRY(sabir_vjp(graph, &loss, &seed, 1, wrt, count, NULL, wrt + count));
    const sabir_value *made = wrt + count;
    for (uint32_t i = 0; i < group_count; i++)
        for (uint32_t k = 0; k < groups[i].count; k++) grads[place++] = groups[i].frozen ? SABIR_NONE : *made++;
    return SABIR_OK;
}

static sabir_status minimize(sabir_optimizer *optimizer, sabir_value loss, const sabir_parameter_group *groups, uint32_t group_count)
{
    sabir_graph *graph = optimizer->graph;
    const sabir_allocator *allocator = sbr_context_allocator(sabir_graph_context(graph));
    const size_t count = count_all(groups, group_count);
    sabir_value *values = sbr_alloc_array(allocator, 3 * count + 1, sizeof *values);
    sbr_parameter *parameters = sbr_alloc_array(allocator, count + 1, sizeof *parameters);
    sabir_status status = values && parameters ? SABIR_OK : sbr_no_memory(3 * count * sizeof *values);
    uint32_t checked;
    if (status == SABIR_OK) status = gather(optimizer, groups, group_count, NULL, parameters, &checked);
    if (status == SABIR_OK) status = differentiate(optimizer, loss, groups, group_count, values, values + 2 * count);
    if (status == SABIR_OK) status = sabir_optimizer_apply(optimizer, groups, group_count, values + 2 * count);
    sbr_free(allocator, values);
    sbr_free(allocator, parameters);
    return refuse(graph, status);
}

sabir_status sabir_minimize(sabir_graph *graph, sabir_value loss, const sabir_optimizer_options *options, const sabir_parameter_group *groups,
                            uint32_t group_count, sabir_optimizer *optimizer)
{
    sabir_optimizer own;
    if (!optimizer) optimizer = &own;
    SABIR_TRY(sabir_optimizer_begin(graph, options, optimizer));
    if (!groups && group_count) return refuse(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_minimize: groups is NULL"));
    const sabir_type type = sabir_value_type(loss);
    if (loss.graph != graph || sabir_value_shape(loss).rank != 0 || (type != SABIR_F32 && type != SABIR_F16 && type != SABIR_BF16 && type != SABIR_F64))
        return refuse(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_minimize: the loss is no float value of rank 0 of this graph"));
    return minimize(optimizer, loss, groups, group_count);
}
