#include "job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/progress.h"

enum { JUDGED = MONTHS - TRAINING, FORECAST_BATCH = 4 };

bool good(sabir_status status, const char *what)
{
    if (status == SABIR_OK) return true;
    fprintf(stderr, "%s: %s: %s\n", what, sabir_status_name(status), sabir_last_message());
    return false;
}

double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- Samples on the device ---- */

typedef struct samples { sabir_tensor *inputs, *climatology, *target, *months; } samples;

static void release_samples(samples *d)
{
    sabir_tensor_release(d->inputs);
    sabir_tensor_release(d->climatology);
    sabir_tensor_release(d->target);
    sabir_tensor_release(d->months);
}

static bool write_sample(samples *d, const sample *one, int position)
{
    const uint64_t inputs = sizeof one->inputs, fields = sizeof one->target, at = (uint64_t)position;
    return good(sabir_tensor_write(d->inputs, at * inputs, one->inputs, inputs), "inputs") &&
           good(sabir_tensor_write(d->climatology, at * fields, one->climatology, fields), "climatology") &&
           good(sabir_tensor_write(d->target, at * fields, one->target, fields), "target");
}

/* Of the months first .. end - 1. */
static bool upload_samples(const job *j, int first, int end, int batch, samples *d)
{
    static sample one;
    const int n = end - first;
    *d = (samples){0};
    bool fine = good(sabir_tensor_create(j->device, SABIR_F32, SABIR_SHAPE(n, INPUTS, CELLS), &d->inputs), "inputs") &&
                good(sabir_tensor_create(j->device, SABIR_F32, SABIR_SHAPE(n, FIELDS, CELLS), &d->climatology), "climatology") &&
                good(sabir_tensor_create(j->device, SABIR_F32, SABIR_SHAPE(n, FIELDS, CELLS), &d->target), "target") &&
                good(sabir_tensor_create(j->device, SABIR_I32, SABIR_SHAPE(batch), &d->months), "months");
    for (int t = first; t < end && fine; t++) {
        winds_sample(j->w, t, &one);
        fine = write_sample(d, &one, t - first);
    }
    return fine;
}

static bool bind(sabir_program *program, const char *name, sabir_tensor *tensor)
{
    return good(sabir_bind(program, sabir_slot(program, name), tensor), name);
}

static bool bind_samples(sabir_program *program, const samples *d)
{
    return bind(program, "inputs", d->inputs) && bind(program, "climatology", d->climatology) && bind(program, "target", d->target) && bind(program, "months", d->months);
}

/* ---- Fitting ---- */

/* Samples in an order drawn anew for each pass; Knuth's generator keyed by the seed. */
typedef struct deck { int card[TRAINING]; int count, next; uint64_t state; } deck;

static int draw(deck *d)
{
    if (d->next == d->count) {
        for (int i = d->count - 1; i > 0; i--) {
            d->state = d->state * 6364136223846793005u + 1442695040888963407u;
            const int k = (int)((d->state >> 33) % (uint64_t)(i + 1)), kept = d->card[i];
            d->card[i] = d->card[k];
            d->card[k] = kept;
        }
        d->next = 0;
    }
    return d->card[d->next++];
}

static sabir_program *compile_step(const job *j, const fit_options *options, sabir_store *store, fit_report *report)
{
    sabir_graph *g = NULL;
    sabir_program *program = NULL;
    model m = {0};
    if (!good(sabir_graph_create(j->context, &g), "a graph")) return NULL;
    model_build(g, j->w, j->s, &(model_options){.batch = options->batch, .families = j->families, .seed = options->seed}, &m);
    sabir_optimizer_options adamw = SABIR_OPTIMIZER_OPTIONS;
    adamw.kind = SABIR_ADAMW;
    adamw.weight_decay = .1;
    adamw.clip_norm = 1;
    adamw.schedule = (sabir_schedule){.kind = SABIR_SCHEDULE_COSINE, .rate = 3e-3, .warmup = options->steps / 8, .steps = options->steps};
    sabir_parameter_group groups[2];
    bool fine = m.params && good(sabir_graph_status(g), "building the model");
    if (fine) {
        sabir_params_groups(m.params, groups);
        fine = good(sabir_minimize(g, m.loss, &adamw, groups, 2, NULL), "differentiating");
    }
    sabir_output(g, "error", m.error);
    fine = fine && good(sabir_compile(g, j->device, store, NULL, &program), "compiling the training step") &&
           good(sabir_params_initialise(m.params, store), "first weights") && good(sabir_program_prewarm(program), "prewarm");
    sabir_counters counters = {.size = sizeof counters};
    if (fine && good(sabir_program_counters(program, &counters), "counters")) {
        report->kernels = counters.kernels;
        report->launches = counters.launches;
        report->peak_bytes = counters.peak_bytes;
        report->live_bytes = counters.live_bytes;
        for (uint32_t i = 0; i < sabir_params_count(m.params); i++) {
            const sabir_shape shape = sabir_value_shape(sabir_params_values(m.params)[i]);
            uint64_t count = 1;
            for (int k = 0; k < shape.rank; k++) count *= (uint64_t)shape.extents[k];
            report->parameters += count;
        }
    }
    sabir_params_destroy(m.params);
    sabir_graph_destroy(g);
    if (fine) return program;
    sabir_program_destroy(program);
    return NULL;
}

static double mean(const float *losses, int first, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += (double)losses[first + i];
    return sum / count;
}

/* Of the training months: the weighted mean square of what climatology leaves. */
static void climatology_errors(const winds *w, double errors[TRAINING])
{
    static sample one;
    double area = 0;
    for (int k = 0; k < CELLS; k++) area += FIELDS * (double)w->weight[k / COLUMNS];
    for (int t = FIRST_TARGET; t < TRAINING; t++) {
        winds_sample(w, t, &one);
        errors[t - FIRST_TARGET] = 0;
        for (int k = 0; k < FIELDS * CELLS; k++) errors[t - FIRST_TARGET] += (double)(one.target[k] * one.target[k]) * (double)w->weight[k % CELLS / COLUMNS] / area;
    }
}

static bool take_steps(const job *j, sabir_program *program, const samples *d, sabir_tensor *error, const fit_options *options, const fit_curve *curve)
{
    double climatology[TRAINING];
    climatology_errors(j->w, climatology);
    deck cards = {.count = TRAINING - FIRST_TARGET, .next = TRAINING - FIRST_TARGET, .state = options->seed * 2654435761u + 1};
    for (int i = 0; i < cards.count; i++) cards.card[i] = i;
    progress bar;
    progress_begin(&bar, options->progress, options->steps);
    for (int i = 0; i < options->steps; i++) {
        int32_t months[MODEL_MOST_BATCH];
        double left = 0;
        for (int k = 0; k < options->batch; k++) {
            months[k] = draw(&cards);
            left += climatology[months[k]] / options->batch;
        }
        if (!good(sabir_tensor_write(d->months, 0, months, (uint64_t)options->batch * sizeof *months), "months") ||
            !good(sabir_run(program, NULL, 0), "a training step") || !good(sabir_tensor_read(error, 0, &curve->error[i], sizeof(float)), "the error"))
            return false;
        if (!isfinite(curve->error[i])) {
            fprintf(stderr, "the error of step %d is %g\n", i, (double)curve->error[i]);
            return false;
        }
        curve->share[i] = (float)((double)curve->error[i] / left);
        progress_step(&bar, i + 1, (double)curve->error[i]);
    }
    progress_end(&bar);
    return true;
}

bool job_fit(const job *j, const fit_options *options, sabir_store **store, const fit_curve *curve, fit_report *report)
{
    samples d = {0};
    sabir_tensor *error = NULL;
    sabir_program *program = NULL;
    *report = (fit_report){0};
    *store = NULL;
    bool fine = good(sabir_store_create(j->device, store), "a store") && upload_samples(j, FIRST_TARGET, TRAINING, options->batch, &d) &&
                good(sabir_tensor_create(j->device, SABIR_F32, SABIR_SCALAR_SHAPE, &error), "the error");
    if (fine) program = compile_step(j, options, *store, report);
    fine = program && bind_samples(program, &d) && bind(program, "error", error);
    const double started = seconds_now();
    fine = fine && take_steps(j, program, &d, error, options, curve);
    report->seconds = seconds_now() - started;
    if (fine) {
        const int tenth = options->steps < 10 ? 1 : options->steps / 10;
        report->loss_first = mean(curve->error, 0, tenth);
        report->loss_last = mean(curve->error, options->steps - tenth, tenth);
    }
    sabir_program_destroy(program);
    sabir_tensor_release(error);
    release_samples(&d);
    if (fine) return true;
    sabir_store_release(*store);
    *store = NULL;
    return false;
}

/* ---- Forecasting ---- */

static sabir_program *compile_forecast(const job *j, sabir_store *store)
{
    static const char *const outputs[] = {"anomaly"};
    sabir_graph *g = NULL;
    sabir_program *program = NULL;
    model m = {0};
    sabir_compile_options options = SABIR_COMPILE_OPTIONS;
    options.outputs = outputs;
    options.output_count = 1;
    if (!good(sabir_graph_create(j->context, &g), "a graph")) return NULL;
    model_build(g, j->w, j->s, &(model_options){.batch = FORECAST_BATCH, .families = j->families}, &m);
    sabir_output(g, "anomaly", m.anomaly);
    if (good(sabir_compile(g, j->device, store, &options, &program), "compiling the forecast")) (void)good(sabir_program_prewarm(program), "prewarm");
    sabir_params_destroy(m.params);
    sabir_graph_destroy(g);
    return program;
}

static bool forecast_all(const job *j, sabir_program *program, const samples *d, sabir_tensor *anomaly, float *forecasts)
{
    static sample one;
    for (int first = 0; first < JUDGED; first += FORECAST_BATCH) {
        int32_t months[FORECAST_BATCH];
        for (int k = 0; k < FORECAST_BATCH; k++) months[k] = first + k;
        if (!good(sabir_tensor_write(d->months, 0, months, sizeof months), "months") || !good(sabir_run(program, NULL, 0), "a forecast") ||
            !good(sabir_tensor_read(anomaly, 0, forecasts + (size_t)first * FIELDS * CELLS, sabir_tensor_bytes(anomaly)), "the forecast"))
            return false;
    }
    for (int t = 0; t < JUDGED; t++) {
        winds_sample(j->w, TRAINING + t, &one);
        for (int k = 0; k < FIELDS * CELLS; k++) forecasts[(size_t)t * FIELDS * CELLS + (size_t)k] += one.climatology[k];
    }
    return true;
}

bool job_forecast(const job *j, sabir_store *store, float *forecasts, forecast_report *report)
{
    samples d = {0};
    sabir_tensor *anomaly = NULL;
    *report = (forecast_report){0};
    sabir_program *program = compile_forecast(j, store);
    bool fine = program && upload_samples(j, TRAINING, MONTHS, FORECAST_BATCH, &d) &&
                good(sabir_tensor_create(j->device, SABIR_F32, SABIR_SHAPE(FORECAST_BATCH, FIELDS, CELLS), &anomaly), "the forecast") && bind_samples(program, &d) &&
                bind(program, "anomaly", anomaly);
    const double started = seconds_now();
    fine = fine && forecast_all(j, program, &d, anomaly, forecasts);
    report->seconds = seconds_now() - started;
    double square = 0;
    for (int t = 0; t < JUDGED && fine; t++) square += winds_square_error(j->w, forecasts + (size_t)t * FIELDS * CELLS, j->w->wind[TRAINING + t]);
    report->rmse = winds_rms(square, JUDGED);
    sabir_program_destroy(program);
    sabir_tensor_release(anomaly);
    release_samples(&d);
    return fine;
}
