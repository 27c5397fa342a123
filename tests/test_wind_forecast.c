/* suite: device, timeout: 900
 * The training step of examples/wind_forecast, one program, on the wind it is meant for: how many kernels and how much memory it takes, that the loss
 * falls, that two runs give the same bits and that unfused kernels agree. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/devices.h"
#include "wind_forecast/model.h"
#include "wind_forecast/sphere.h"
#include "wind_forecast/winds.h"

enum { BATCH = 2, STEPS = 4, STEPS_AGAIN = 2, STEPS_APART = 1, MOST_KERNELS = 60 };

typedef struct outcome {
    float error[STEPS];
    uint8_t *weights; /* of all parameters after STEPS_AGAIN steps, one behind another */
    size_t bytes;
    sabir_counters counters;
} outcome;

static sabir_graph *build(sabir_context *context, const winds *w, const sphere *s, sabir_params **params)
{
    sabir_graph *g;
    model m;
    sabir_parameter_group groups[2];
    sabir_optimizer_options adamw = SABIR_OPTIMIZER_OPTIONS;
    adamw.kind = SABIR_ADAMW;
    adamw.weight_decay = .1;
    adamw.clip_norm = 1;
    adamw.schedule = (sabir_schedule){.kind = SABIR_SCHEDULE_COSINE, .rate = 3e-3, .warmup = 1, .steps = 600};
    must(sabir_graph_create(context, &g));
    model_build(g, w, s, &(model_options){.batch = BATCH, .families = ALL_FAMILIES, .seed = 1}, &m);
    must(sabir_graph_status(g));
    sabir_params_groups(m.params, groups);
    must(sabir_minimize(g, m.loss, &adamw, groups, 2, NULL));
    sabir_output(g, "error", m.error);
    *params = m.params;
    return g;
}

/* ---- The two months that it trains on ---- */

typedef struct samples { sabir_tensor *inputs, *climatology, *target, *months, *error; } samples;

static samples upload(sabir_device *device, const winds *w)
{
    static sample one;
    samples d;
    int32_t months[BATCH];
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(BATCH, INPUTS, CELLS), &d.inputs));
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(BATCH, FIELDS, CELLS), &d.climatology));
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(BATCH, FIELDS, CELLS), &d.target));
    must(sabir_tensor_create(device, SABIR_I32, SABIR_SHAPE(BATCH), &d.months));
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SCALAR_SHAPE, &d.error));
    for (int i = 0; i < BATCH; i++) {
        const uint64_t at = (uint64_t)i;
        winds_sample(w, FIRST_TARGET + 7 * i, &one);
        must(sabir_tensor_write(d.inputs, at * sizeof one.inputs, one.inputs, sizeof one.inputs));
        must(sabir_tensor_write(d.climatology, at * sizeof one.climatology, one.climatology, sizeof one.climatology));
        must(sabir_tensor_write(d.target, at * sizeof one.target, one.target, sizeof one.target));
        months[i] = i;
    }
    must(sabir_tensor_write(d.months, 0, months, sizeof months));
    return d;
}

static void release(samples *d)
{
    sabir_tensor_release(d->inputs);
    sabir_tensor_release(d->climatology);
    sabir_tensor_release(d->target);
    sabir_tensor_release(d->months);
    sabir_tensor_release(d->error);
}

/* ---- Training ---- */

static void read_weights(sabir_params *params, sabir_store *store, outcome *o)
{
    for (uint32_t i = 0; i < sabir_params_count(params); i++) {
        sabir_tensor *tensor = sabir_store_find(store, sabir_value_name(sabir_params_values(params)[i]));
        const size_t bytes = (size_t)sabir_tensor_bytes(tensor);
        o->weights = realloc(o->weights, o->bytes + bytes);
        cr_assert_not_null(o->weights);
        must(sabir_tensor_read(tensor, 0, o->weights + o->bytes, bytes));
        o->bytes += bytes;
    }
}

static outcome train(sabir_device *device, sabir_graph *g, sabir_params *params, const samples *d, int no_fusion, int steps)
{
    outcome o = {.counters = {.size = sizeof o.counters}};
    sabir_store *store;
    sabir_program *program;
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR, .no_fusion = no_fusion};
    const sabir_binding bindings[] = {{"inputs", d->inputs}, {"climatology", d->climatology}, {"target", d->target}, {"months", d->months}, {"error", d->error}};
    must(sabir_store_create(device, &store));
    must(sabir_compile(g, device, store, &options, &program));
    must(sabir_params_initialise(params, store));
    for (int i = 0; i < steps; i++) {
        must(sabir_run(program, bindings, sizeof bindings / sizeof *bindings));
        must(sabir_tensor_read(d->error, 0, &o.error[i], sizeof(float)));
        cr_assert(isfinite(o.error[i]), "step %d: %g", i, (double)o.error[i]);
        if (i + 1 == STEPS_AGAIN) read_weights(params, store, &o);
    }
    must(sabir_program_counters(program, &o.counters));
    sabir_program_destroy(program);
    sabir_store_release(store);
    return o;
}

static void check(const char *id, const outcome *once, const outcome *again, const outcome *apart)
{
    const sabir_counters *c = &once->counters;
    cr_log_info("%s: %llu kernels, %llu launches, %llu bytes at the peak; the error goes from %g to %g", id, (unsigned long long)c->kernels,
                (unsigned long long)c->launches, (unsigned long long)c->peak_bytes, (double)once->error[0], (double)once->error[STEPS - 1]);
    cr_expect_leq(c->kernels, MOST_KERNELS, "%s: %llu kernels", id, (unsigned long long)c->kernels);
    cr_expect_gt(c->fused, 0);
    cr_expect_leq((double)c->peak_bytes, 1.3 * (double)c->live_bytes, "%s: %llu bytes, %llu are alive at most", id, (unsigned long long)c->peak_bytes,
                  (unsigned long long)c->live_bytes);
    cr_expect_lt((double)once->error[STEPS - 1], 0.99 * (double)once->error[0], "%s: the error goes from %g to %g", id, (double)once->error[0],
                 (double)once->error[STEPS - 1]);
    for (int i = 0; i < STEPS_AGAIN; i++)
        cr_expect_eq(once->error[i], again->error[i], "%s, step %d: %.9g and %.9g in two runs", id, i, (double)once->error[i], (double)again->error[i]);
    cr_expect(once->bytes && once->bytes == again->bytes && memcmp(once->weights, again->weights, once->bytes) == 0, "%s: the weights of two runs differ", id);
    cr_expect_eq(apart->counters.fused, 0);
    cr_expect_float_eq((double)once->error[0], (double)apart->error[0], 1e-5 * (double)apart->error[0], "%s: %.9g, unfused %.9g", id, (double)once->error[0],
                       (double)apart->error[0]);
}

static void step_on(sabir_context *context, const char *id)
{
    static winds w;
    static sphere s;
    sabir_device *device;
    sabir_params *params;
    if (!winds_read(NULL, &w)) cr_skip_test("monthly_navy_winds.cdf is missing (Debian: ferret-datasets)");
    sphere_make(&w, &s);
    must(sabir_device_open(context, id, &device));
    sabir_graph *g = build(context, &w, &s, &params);
    samples d = upload(device, &w);
    outcome once = train(device, g, params, &d, 0, STEPS), again = train(device, g, params, &d, 0, STEPS_AGAIN), apart = train(device, g, params, &d, 1, STEPS_APART);
    check(id, &once, &again, &apart);
    free(once.weights);
    free(again.weights);
    free(apart.weights);
    release(&d);
    sabir_params_destroy(params);
    sabir_graph_destroy(g);
    sabir_device_release(device);
}

Test(wind_forecast, vulkan, .timeout = 400) { on_device("vulkan", step_on); }
Test(wind_forecast, opencl, .timeout = 400) { on_device("opencl", step_on); }
