/* L-BFGS: four programs over one store, and the host that drives the line search. */
#include <math.h>
#include <stdio.h>

#include "lbfgs_build.h"
#include "line_search.h"

typedef enum part { EVALUATE, DIRECT, MOVE, REMEMBER, PARTS } part;

struct sabir_lbfgs {
    sabir_context *context; /* retained */
    sabir_device *device;   /* retained */
    sabir_store *store;     /* retained */
    sbr_arena arena;
    sabir_lbfgs_options options;
    sbr_lbfgs_shape shape;
    sabir_program *programs[PARTS];
    int32_t steps[PARTS]; /* slot of the scalar "step"; -1: none */
    sabir_tensor *numbers, *slope;
    bool ready; /* gradient and loss are those of where the parameters are */
    double loss, gradient_norm;
};

/* ---- Making ---- */

static sabir_status read_options(const sabir_lbfgs_options *given, sabir_lbfgs_options *o)
{
    SABIR_TRY(sbr_options_read(given, o, sizeof *o, "sabir_lbfgs_create"));
    if (o->history == 0) o->history = 10;
    if (o->most_evaluations == 0) o->most_evaluations = 25;
    if (o->decrease == 0) o->decrease = 1e-4;
    if (o->curvature == 0) o->curvature = 0.9;
    if (!o->name) o->name = "lbfgs";
    if (o->history < 1 || o->history > 1000 || o->most_evaluations < 1)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: history is %lld and most_evaluations %d; 1 to 1000, and 1 or more, are allowed", o->name, (long long)o->history,
                        (int)o->most_evaluations);
    if (strlen(o->name) > 128) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_lbfgs_create: the name has more than 128 letters");
    if (!(0 < o->decrease && o->decrease < o->curvature && o->curvature < 1))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: decrease %g and curvature %g have to be 0 < decrease < curvature < 1", o->name, o->decrease, o->curvature);
    return SABIR_OK;
}

static sabir_status describe_variable(sabir_lbfgs *l, sabir_graph *graph, sabir_value variable, const char **name, sabir_shape *shape)
{
    const char *given = sabir_value_name(variable);
    if (variable.graph != graph || !given) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: a parameter is no variable of this graph", l->options.name);
    if (sabir_value_type(variable) != l->shape.type)
        return sbr_fail(SABIR_INVALID_TYPE, "%s: '%s' is %s; parameters and loss are all f32 or all f64, and the loss is %s", l->options.name, given,
                        sabir_type_name(sabir_value_type(variable)), sabir_type_name(l->shape.type));
    *shape = sabir_value_shape(variable);
    *name = sbr_arena_strdup(&l->arena, given);
    int64_t count = 1;
    for (int32_t i = 0; i < shape->rank; i++) count *= shape->extents[i];
    l->shape.length += count;
    return *name ? SABIR_OK : sbr_no_memory(strlen(given) + 1);
}

static sabir_status describe(sabir_lbfgs *l, sabir_graph *graph, sabir_value loss, const sabir_value *variables, uint32_t count)
{
    const char **names = sbr_arena_alloc(&l->arena, (count + 1) * sizeof *names);
    sabir_shape *shapes = sbr_arena_alloc(&l->arena, (count + 1) * sizeof *shapes);
    const char *name = sbr_arena_strdup(&l->arena, l->options.name);
    if (!names || !shapes || !name) return sbr_no_memory((count + 1) * sizeof *shapes);
    l->options.name = name;
    l->shape = (sbr_lbfgs_shape){.name = name, .type = sabir_value_type(loss), .history = l->options.history, .parameters = names, .shapes = shapes, .count = count};
    if (loss.graph != graph || sabir_value_shape(loss).rank != 0 || (l->shape.type != SABIR_F32 && l->shape.type != SABIR_F64))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the loss is no value of f32 or f64 and rank 0 of this graph", name);
    for (uint32_t i = 0; i < count; i++) SABIR_TRY(describe_variable(l, graph, variables[i], &names[i], &shapes[i]));
    if (l->shape.length < 1) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the parameters have no elements", name);
    return SABIR_OK;
}

/* The smaller programs have graphs of their own. */
static sabir_status compile_part(sabir_lbfgs *l, part which)
{
    static void (*const build[PARTS])(sabir_graph *, const sbr_lbfgs_shape *) = {[DIRECT] = sbr_lbfgs_direct, [MOVE] = sbr_lbfgs_move, [REMEMBER] = sbr_lbfgs_remember};
    sabir_graph *graph;
    SABIR_TRY(sabir_graph_create(l->context, &graph));
    build[which](graph, &l->shape);
    const sabir_status status = sabir_compile(graph, l->device, l->store, NULL, &l->programs[which]);
    sabir_graph_destroy(graph);
    return status;
}

static sabir_status make_tensors(sabir_lbfgs *l)
{
    char name[256];
    SABIR_TRY(sabir_tensor_create(l->device, l->shape.type, SABIR_SHAPE(3), &l->numbers));
    SABIR_TRY(sabir_tensor_create(l->device, l->shape.type, SABIR_SCALAR_SHAPE, &l->slope));
    snprintf(name, sizeof name, "%s/numbers", l->options.name);
    SABIR_TRY(sabir_bind(l->programs[EVALUATE], sabir_slot(l->programs[EVALUATE], name), l->numbers));
    SABIR_TRY(sabir_bind(l->programs[DIRECT], sabir_slot(l->programs[DIRECT], "slope"), l->slope));
    for (int i = 0; i < PARTS; i++) l->steps[i] = i == MOVE || i == REMEMBER ? sabir_slot(l->programs[i], "step") : -1;
    return SABIR_OK;
}

static sabir_status make(sabir_lbfgs *l, sabir_graph *graph, sabir_value loss, const sabir_value *variables, uint32_t count)
{
    SABIR_TRY(describe(l, graph, loss, variables, count));
    SABIR_TRY(sbr_lbfgs_evaluate(graph, &l->shape, loss, variables));
    SABIR_TRY(sabir_compile(graph, l->device, l->store, NULL, &l->programs[EVALUATE]));
    for (part which = DIRECT; which < PARTS; which++) SABIR_TRY(compile_part(l, which));
    return make_tensors(l);
}

sabir_status sabir_lbfgs_create(sabir_graph *graph, sabir_value loss, const sabir_value *variables, uint32_t count, sabir_device *device, sabir_store *store,
                                const sabir_lbfgs_options *options, sabir_lbfgs **result)
{
    sabir_lbfgs_options all;
    if (!result) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_lbfgs_create: lbfgs is NULL");
    *result = NULL;
    if (!graph || !device || !store || (!variables && count))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_lbfgs_create: %s is NULL", !graph ? "graph" : !device ? "device" : !store ? "store" : "variables");
    SABIR_TRY(sabir_graph_status(graph));
    SABIR_TRY(read_options(options, &all));
    sabir_context *context = sabir_graph_context(graph);
    sabir_lbfgs *l = sbr_alloc(sbr_context_allocator(context), sizeof *l);
    if (!l) return sbr_no_memory(sizeof *l);
    sabir_context_retain(context);
    sabir_device_retain(device);
    sabir_store_retain(store);
    *l = (sabir_lbfgs){.context = context, .device = device, .store = store, .options = all, .arena = {.allocator = sbr_context_allocator(context)}};
    const sabir_status status = make(l, graph, loss, variables, count);
    if (status != SABIR_OK) sabir_lbfgs_destroy(l);
    else *result = l;
    return status;
}

void sabir_lbfgs_destroy(sabir_lbfgs *l)
{
    if (!l) return;
    sabir_context *context = l->context;
    for (int i = 0; i < PARTS; i++) sabir_program_destroy(l->programs[i]);
    sabir_tensor_release(l->numbers);
    sabir_tensor_release(l->slope);
    sabir_store_release(l->store);
    sabir_device_release(l->device);
    sbr_arena_free(&l->arena);
    sbr_free(sbr_context_allocator(context), l);
    sabir_context_release(context);
}

sabir_program *sabir_lbfgs_program(sabir_lbfgs *l) { return l ? l->programs[EVALUATE] : NULL; }

/* ---- Running ---- */

static sabir_status read_numbers(sabir_tensor *tensor, double *numbers, int count)
{
    float narrow[3];
    if (sabir_tensor_type(tensor) == SABIR_F64) return sabir_tensor_read(tensor, 0, numbers, (uint64_t)count * sizeof *numbers);
    SABIR_TRY(sabir_tensor_read(tensor, 0, narrow, (uint64_t)count * sizeof *narrow));
    for (int i = 0; i < count; i++) numbers[i] = (double)narrow[i];
    return SABIR_OK;
}

static sabir_status run_at(sabir_lbfgs *l, part which, double step)
{
    SABIR_TRY(sabir_set_f64(l->programs[which], l->steps[which], step));
    return sabir_run(l->programs[which], NULL, 0);
}

static sabir_status evaluate(sabir_lbfgs *l, double *slope)
{
    double numbers[3];
    SABIR_TRY(sabir_run(l->programs[EVALUATE], NULL, 0));
    SABIR_TRY(read_numbers(l->numbers, numbers, 3));
    l->loss = numbers[0];
    *slope = numbers[1];
    l->gradient_norm = numbers[2];
    return SABIR_OK;
}

static sabir_status evaluate_at(void *user, double step, sbr_line_point *point)
{
    sabir_lbfgs *l = user;
    SABIR_TRY(run_at(l, MOVE, step));
    SABIR_TRY(evaluate(l, &point->slope));
    point->loss = l->loss;
    return SABIR_OK;
}

static sabir_status clear(sabir_lbfgs *l, const char *what, uint64_t bytes)
{
    char name[256];
    const sabir_allocator *allocator = sbr_context_allocator(l->context);
    snprintf(name, sizeof name, "%s/%s", l->options.name, what);
    void *zeros = sbr_alloc(allocator, (size_t)bytes);
    if (!zeros) return sbr_no_memory((size_t)bytes);
    const sabir_status status = sabir_tensor_write(sabir_store_find(l->store, name), 0, zeros, bytes);
    sbr_free(allocator, zeros);
    return status;
}

/* A direction along which the loss falls: where rounding has spoilt the history, it is forgotten, and the gradient is followed. */
static sabir_status find_direction(sabir_lbfgs *l, double *slope)
{
    SABIR_TRY(sabir_run(l->programs[DIRECT], NULL, 0));
    SABIR_TRY(read_numbers(l->slope, slope, 1));
    if (*slope < 0) return SABIR_OK;
    SABIR_TRY(clear(l, "rho", (uint64_t)l->options.history * sabir_type_size(l->shape.type)));
    SABIR_TRY(clear(l, "pairs", 4));
    SABIR_TRY(sabir_run(l->programs[DIRECT], NULL, 0));
    return read_numbers(l->slope, slope, 1);
}

/* The first step goes a length of 1 at most; later ones have the scale of the history. */
static sabir_status first_step(sabir_lbfgs *l, double *step)
{
    char name[256];
    int32_t pairs;
    snprintf(name, sizeof name, "%s/pairs", l->options.name);
    SABIR_TRY(sabir_tensor_read(sabir_store_find(l->store, name), 0, &pairs, sizeof pairs));
    *step = pairs > 0 ? 1 : fmin(1, 1 / l->gradient_norm);
    return SABIR_OK;
}

static sabir_status search_along(sabir_lbfgs *l, double slope, sbr_line_search *search, sbr_line_point *found)
{
    const sbr_line_point start = {0, l->loss, slope};
    double first;
    SABIR_TRY(first_step(l, &first));
    SABIR_TRY(sbr_line_search_run(search, start, first, found));
    if (found->step > 0) return run_at(l, REMEMBER, found->step);
    search->evaluations++;
    return evaluate_at(l, 0, found); /* back to where it began */
}

sabir_status sabir_lbfgs_step(sabir_lbfgs *l, sabir_lbfgs_report *report)
{
    double slope;
    sbr_line_point found = {0, 0, 0};
    if (!l) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_lbfgs_step: lbfgs is NULL");
    sbr_line_search search = {.user = l, .evaluate = evaluate_at, .decrease = l->options.decrease, .curvature = l->options.curvature, .most = l->options.most_evaluations};
    const bool was_ready = l->ready;
    l->ready = false;
    if (!was_ready) SABIR_TRY(evaluate(l, &slope));
    if (l->gradient_norm > 0) {
        SABIR_TRY(find_direction(l, &slope));
        if (slope < 0) SABIR_TRY(search_along(l, slope, &search, &found));
    }
    l->ready = true;
    if (report) *report = (sabir_lbfgs_report){l->loss, l->gradient_norm, found.step, search.evaluations + !was_ready};
    return SABIR_OK;
}
