/* Runs one case: on the device and on the reference, with the same data, and compares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "plan.h"

/* One executor's half of a case. */
typedef struct side {
    sabir_device *device;
    sabir_store *store;
    sabir_program *program;
    sabir_tensor *outputs[CONFORM_MOST];
} side;

typedef struct trial {
    conform_session *session;
    const conform_case *of;
    conform_plan plan;
    sabir_graph *graph;
    side tested, expected;
    bool has_reference;  /* false where formulas stand for it */
    uint64_t seed;
    char where[64], message[640];
    bool unsupported, differs;
} trial;

/* The first failing call ends the trial; its status and message are the verdict. */
#define STEP(call)                                       \
    do {                                                 \
        const sabir_status status_ = (call);             \
        if (status_ != SABIR_OK) return status_;         \
    } while (0)

static int64_t extent_of(const conform_plan *plan, sabir_extent extent, uint32_t round)
{
    for (uint32_t i = 0; i < plan->dim_count; i++)
        if (plan->dims[i].extent == extent) return plan->dims[i].values[round];
    return extent;
}

static sabir_shape shape_of(const conform_plan *plan, sabir_shape shape, uint32_t round)
{
    for (int32_t i = 0; i < shape.rank; i++) shape.extents[i] = extent_of(plan, shape.extents[i], round);
    return shape;
}

static int64_t count_of(const sabir_shape *shape)
{
    int64_t count = 1;
    for (int32_t i = 0; i < shape->rank; i++) count *= shape->extents[i];
    return count;
}

static void *elements(sabir_type type, int64_t count) { return malloc((size_t)count * sabir_type_size(type) + 8); }

static void *made(const conform_operand *operand, int64_t count, uint64_t seed)
{
    void *data = elements(operand->type, count);
    if (data) conform_fill_elements(operand->type, count, &operand->fill, conform_hash(seed, operand->name), data);
    return data;
}

/* ---- Preparing ---- */

static sabir_status write_variables(trial *t, side *s)
{
    for (uint32_t i = 0; i < t->plan.variable_count; i++) {
        const conform_operand *variable = &t->plan.variables[i];
        sabir_tensor *tensor;
        STEP(sabir_store_variable(s->store, variable->name, variable->type, variable->shape, &tensor));
        void *data = made(variable, count_of(&variable->shape), t->seed);
        if (!data) return SABIR_OUT_OF_MEMORY;
        const sabir_status status = sabir_tensor_write(tensor, 0, data, sabir_tensor_bytes(tensor));
        free(data);
        STEP(status);
    }
    return SABIR_OK;
}

static sabir_status prepare(trial *t, side *s, sabir_device *device)
{
    const sabir_compile_options options = {.size = sizeof options, .no_fusion = !t->of->fused, .no_simplify = t->of->no_simplify,
                                           .unplanned = t->of->unplanned, .fallback = SABIR_FALLBACK_ERROR,
                                           .specialise = t->session->specialise};
    s->device = device;
    STEP(sabir_store_create(device, &s->store));
    STEP(write_variables(t, s));
    return sabir_compile(t->graph, device, s->store, &options, &s->program);
}

static sabir_status build(trial *t)
{
    conform_build b = {.of = t->of, .type = t->of->type, .variant = t->of->variant, .plan = &t->plan};
    STEP(sabir_graph_create(t->session->context, &t->graph));
    b.graph = t->graph;
    t->plan.rounds = 1;
    t->of->build(&b);
    for (uint32_t i = 0; i < t->plan.output_count; i++) t->has_reference |= t->plan.outputs[i].formula == NULL;
    return sabir_graph_status(t->graph);
}

/* ---- Running ---- */

static sabir_status bind_new(side *s, const char *name, sabir_type type, sabir_shape shape, const void *data, sabir_tensor **kept)
{
    sabir_tensor *tensor;
    STEP(sabir_tensor_create(s->device, type, shape, &tensor));
    sabir_status status = sabir_tensor_write(tensor, 0, data, sabir_tensor_bytes(tensor));
    if (status == SABIR_OK) status = sabir_bind(s->program, sabir_slot(s->program, name), tensor);
    if (status == SABIR_OK && kept) *kept = tensor;
    else sabir_tensor_release(tensor);
    return status;
}

static sabir_status bind_inputs(trial *t, uint32_t round)
{
    for (uint32_t i = 0; i < t->plan.input_count; i++) {
        const conform_operand *input = &t->plan.inputs[i];
        const sabir_shape shape = shape_of(&t->plan, input->shape, round);
        void *data = made(input, count_of(&shape), t->seed + round);
        if (!data) return SABIR_OUT_OF_MEMORY;
        sabir_status status = bind_new(&t->tested, input->name, input->type, shape, data, NULL);
        if (status == SABIR_OK && t->has_reference) status = bind_new(&t->expected, input->name, input->type, shape, data, NULL);
        free(data);
        STEP(status);
    }
    return SABIR_OK;
}

static void release_outputs(side *s)
{
    for (uint32_t i = 0; i < CONFORM_MOST; i++) {
        sabir_tensor_release(s->outputs[i]);
        s->outputs[i] = NULL;
    }
}

/* Outputs begin as a pattern, so that an element that nothing writes is seen. */
static sabir_status bind_outputs(trial *t, side *s)
{
    release_outputs(s);
    for (uint32_t i = 0; i < t->plan.output_count; i++) {
        sabir_type type;
        sabir_shape shape;
        STEP(sabir_output_shape(s->program, sabir_slot(s->program, t->plan.outputs[i].name), &type, &shape));
        void *pattern = elements(type, count_of(&shape));
        if (!pattern) return SABIR_OUT_OF_MEMORY;
        memset(pattern, 0x5a, (size_t)count_of(&shape) * sabir_type_size(type));
        const sabir_status status = bind_new(s, t->plan.outputs[i].name, type, shape, pattern, &s->outputs[i]);
        free(pattern);
        STEP(status);
    }
    return SABIR_OK;
}

static sabir_status run_side(trial *t, side *s, uint32_t round)
{
    for (uint32_t i = 0; i < t->plan.dim_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "dim%u", i);
        STEP(sabir_set_dim(s->program, name, t->plan.dims[i].values[round]));
    }
    for (uint32_t i = 0; i < t->plan.scalar_count; i++)
        STEP(sabir_set_f64(s->program, sabir_slot(s->program, t->plan.scalars[i].name), t->plan.scalars[i].values[round]));
    STEP(bind_outputs(t, s));
    return sabir_run(s->program, NULL, 0);
}

/* ---- Comparing ---- */

static sabir_status read_all(sabir_tensor *tensor, void **data)
{
    *data = malloc((size_t)sabir_tensor_bytes(tensor) + 8);
    if (!*data) return SABIR_OUT_OF_MEMORY;
    const sabir_status status = sabir_tensor_read(tensor, 0, *data, sabir_tensor_bytes(tensor));
    if (status != SABIR_OK) free(*data);
    return status;
}

static void tell_difference(trial *t, const char *name, uint32_t round, const char *message)
{
    t->differs = true;
    if (t->plan.rounds > 1) snprintf(t->message, sizeof t->message, "%s, run %u of %u: %s", name, round + 1, t->plan.rounds, message);
    else snprintf(t->message, sizeof t->message, "%s: %s", name, message);
}

static sabir_status compare(trial *t, const char *name, uint32_t round, double tolerance, sabir_tensor *got, sabir_tensor *want, double (*formula)(int64_t))
{
    const sabir_type type = sabir_tensor_type(got);
    const sabir_shape shape = sabir_tensor_shape(got);
    void *a, *b;
    STEP(read_all(got, &a));
    sabir_status status = SABIR_OK;
    if (want) status = read_all(want, &b);
    else if (!(b = elements(type, count_of(&shape)))) status = SABIR_OUT_OF_MEMORY;
    else conform_fill_elements(type, count_of(&shape), &(conform_fill){.formula = formula}, 0, b);
    if (status == SABIR_OK) {
        char message[384];
        const sabir_shape other = want ? sabir_tensor_shape(want) : shape;
        if (count_of(&other) != count_of(&shape)) tell_difference(t, name, round, "the reference's shape is another");
        else if (!conform_compare(type, &shape, tolerance, a, b, message, sizeof message)) tell_difference(t, name, round, message);
        free(b);
    }
    free(a);
    return status;
}

static sabir_status compare_round(trial *t, uint32_t round)
{
    for (uint32_t i = 0; i < t->plan.output_count && !t->differs; i++) {
        const conform_result_use *output = &t->plan.outputs[i];
        STEP(compare(t, output->name, round, output->tolerance, t->tested.outputs[i], output->formula ? NULL : t->expected.outputs[i], output->formula));
    }
    for (uint32_t i = 0; i < t->plan.variable_count && !t->differs; i++) {
        const char *name = t->plan.variables[i].name;
        STEP(compare(t, name, round, t->of->tolerance, sabir_store_find(t->tested.store, name), sabir_store_find(t->expected.store, name), NULL));
    }
    return SABIR_OK;
}

static sabir_status run_all(trial *t)
{
    snprintf(t->where, sizeof t->where, "building");
    STEP(build(t));
    snprintf(t->where, sizeof t->where, "compiling");
    const sabir_status compiled = prepare(t, &t->tested, t->session->device);
    t->unsupported = compiled == SABIR_UNSUPPORTED;
    STEP(compiled);
    snprintf(t->where, sizeof t->where, "compiling for the reference");
    if (t->has_reference) STEP(prepare(t, &t->expected, t->session->reference));
    for (uint32_t round = 0; round < t->plan.rounds && !t->differs; round++) {
        snprintf(t->where, sizeof t->where, "binding");
        STEP(bind_inputs(t, round));
        snprintf(t->where, sizeof t->where, "running on the reference");
        if (t->has_reference) STEP(run_side(t, &t->expected, round));
        snprintf(t->where, sizeof t->where, "running");
        STEP(run_side(t, &t->tested, round));
        snprintf(t->where, sizeof t->where, "reading");
        STEP(compare_round(t, round));
    }
    return SABIR_OK;
}

/* ---- The verdict ---- */

static void count_work(trial *t)
{
    sabir_counters counters = {.size = sizeof counters};
    if (!t->tested.program || sabir_program_counters(t->tested.program, &counters) != SABIR_OK) return;
    t->session->result->launches += counters.launches;
    t->session->result->compiled += counters.compiled;
}

static void free_side(side *s)
{
    release_outputs(s);
    sabir_program_destroy(s->program);
    sabir_store_release(s->store);
}

sabir_status conform_run_case(conform_session *session, const conform_case *one, const char *name)
{
    conform_result *result = session->result;
    trial *t = calloc(1, sizeof *t);
    if (!t) return SABIR_OUT_OF_MEMORY;
    *t = (trial){.session = session, .of = one, .seed = conform_hash(session->seed, name)};
    const sabir_status status = run_all(t);
    if (status != SABIR_OK) snprintf(t->message, sizeof t->message, "%s: %s: %s", t->where, sabir_status_name(status), sabir_last_message());
    if (t->plan.overflow) snprintf(t->message, sizeof t->message, "the case has too many %s", t->plan.overflow);
    count_work(t);
    sabir_status noted = SABIR_OK;
    if (t->unsupported) {
        result->skipped++;
        noted = conform_note_add(&result->skips, name, sabir_last_message());
    } else if (status != SABIR_OK || t->differs || t->plan.overflow) {
        result->failed++;
        noted = conform_note_add(&result->failures, name, t->message);
    } else result->passed++;
    free_side(&t->tested);
    free_side(&t->expected);
    sabir_graph_destroy(t->graph);
    free(t);
    return noted;
}
