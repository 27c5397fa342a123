/* Forecasts the wind a month ahead on every device found, with one graph of attention, experts, message passing and a transport equation.
 * See model.h for the model and winds.h for the data. */
#include <cjson/cJSON.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ablation.h"
#include "common/folder.h"
#include "report.h"

static const char help[] =
    "usage: wind_forecast [options]\n"
    "Trains for a few steps from nothing, then forecasts 24 months of real wind, each a month ahead, with the weights of a checkpoint on every device found,\n"
    "compares the devices, and writes maps (PNG), the loss curve and report.json.\n"
    "  --checkpoint FILE  weights to forecast with (safetensors; default examples/wind_forecast/checkpoint.safetensors)\n"
    "  --steps N          training steps (default 80; 400 with --fit, --ablation and --spread)\n"
    "  --batch N          months a step (default 2, at most 8)\n"
    "  --seed N           of first weights and of the order of months (default 1)\n"
    "  --fit FILE         train in full, write the checkpoint and forecast with it\n"
    "  --ablation FILE    train in full without each family of operators in turn, with --seeds seeds, and write a table\n"
    "  --spread FILE      train in full with --seeds seeds, and write mean and spread of the error\n"
    "  --seeds N          (default 3)\n"
    "  --without LIST     leave out transport, messages, attention, experts (comma between; for --fit)\n"
    "  --device ID        this device and the reference only (sabir devices lists them); otherwise all forecast, and training takes a GPU, or, where there\n"
    "                     is none, OpenCL\n"
    "  --data DIR         folder of monthly_navy_winds.cdf and etopo120.cdf (default: Debian's ferret-datasets)\n"
    "  --out DIR          where to write (default out/demo)\n"
    "  --help\n";

typedef struct settings {
    const char *data, *out, *device, *checkpoint, *fit, *ablation, *spread;
    int steps, batch, seeds;
    uint64_t seed;
    unsigned families;
} settings;

static void print_log(void *user, sabir_log_level level, const char *message)
{
    (void)user;
    if (level <= SABIR_LOG_WARNING) fprintf(stderr, "%s\n", message);
}

/* ---- Arguments ---- */

/* A whole number between low and high, or -1. */
static int64_t number_of(const char *text, int64_t low, int64_t high)
{
    char *end;
    const double number = strtod(text, &end);
    return end != text && *end == '\0' && number >= (double)low && number <= (double)high && number == floor(number) ? (int64_t)number : -1;
}

static bool leave_out(settings *s, const char *list)
{
    while (*list) {
        const size_t length = strcspn(list, ",");
        unsigned found = 0;
        for (unsigned f = 0; f < FAMILIES; f++)
            if (strlen(family_names[f]) == length && strncmp(family_names[f], list, length) == 0) found = 1u << f;
        if (!found) {
            fprintf(stderr, "--without %.*s: there are transport, messages, attention, experts\n", (int)length, list);
            return false;
        }
        s->families &= ~found;
        list += length + (list[length] == ',');
    }
    return true;
}

enum { WANTED_HELP = 1, WRONG = 2 };

static int parse(int argc, char **argv, settings *s)
{
    static const struct option options[] = {{"checkpoint", 1, 0, 'c'}, {"steps", 1, 0, 'n'}, {"batch", 1, 0, 'b'}, {"seed", 1, 0, 's'}, {"fit", 1, 0, 'f'},
                                            {"ablation", 1, 0, 'a'}, {"spread", 1, 0, 'r'}, {"seeds", 1, 0, 'S'}, {"without", 1, 0, 'w'}, {"device", 1, 0, 'D'}, {"data", 1, 0, 'd'},
                                            {"out", 1, 0, 'o'}, {"help", 0, 0, 'h'}, {0, 0, 0, 0}};
    int64_t steps = 0, batch = 2, seed = 1, seeds = 3;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
            case 'c': s->checkpoint = optarg; break;
            case 'n': steps = number_of(optarg, 1, 1000000); break;
            case 'b': batch = number_of(optarg, 1, MODEL_MOST_BATCH); break;
            case 's': seed = number_of(optarg, 0, INT64_C(1) << 50); break;
            case 'f': s->fit = optarg; break;
            case 'a': s->ablation = optarg; break;
            case 'r': s->spread = optarg; break;
            case 'S': seeds = number_of(optarg, 1, ABLATION_MOST_SEEDS); break;
            case 'w':
                if (!leave_out(s, optarg)) return WRONG;
                break;
            case 'D': s->device = optarg; break;
            case 'd': s->data = optarg; break;
            case 'o': s->out = optarg; break;
            case 'h': fputs(help, stdout); return WANTED_HELP;
            default: fputs("wind_forecast --help lists the options\n", stderr); return WRONG;
        }
    }
    if (optind < argc || steps < 0 || batch < 0 || seed < 0 || seeds < 0) {
        fputs("an argument is no number or out of its range; wind_forecast --help lists the options\n", stderr);
        return WRONG;
    }
    s->steps = steps ? (int)steps : s->fit || s->ablation || s->spread ? 400 : 80;
    s->batch = (int)batch;
    s->seed = (uint64_t)seed;
    s->seeds = (int)seeds;
    return 0;
}

/* ---- Work ---- */

/* Steps of training; with --fit the checkpoint is written from them. */
static bool train(const job *j, const settings *s, report *r)
{
    sabir_store *store = NULL;
    const fit_curve curve = {malloc((size_t)s->steps * sizeof(float)), malloc((size_t)s->steps * sizeof(float))};
    const fit_options options = {.steps = s->steps, .batch = s->batch, .seed = s->seed, .progress = "training"};
    sabir_device_info info = {.size = sizeof info};
    bool fine = curve.error && curve.share && good(sabir_device_info_of(j->device, &info), "the device");
    snprintf(r->train_device, sizeof r->train_device, "%s", info.id);
    fine = fine && job_fit(j, &options, &store, &curve, &r->train);
    r->steps = s->steps;
    if (fine) print_training(r);
    fine = fine && report_curve(r, s->out, curve.share);
    if (fine && s->fit) fine = report_checkpoint(store, s->fit, s->seed, s->steps);
    sabir_store_release(store);
    free(curve.error);
    free(curve.share);
    return fine;
}

static bool forecast_on(job *j, const char *id, const settings *s, device_run *run)
{
    sabir_store *store = NULL;
    sabir_device_info info = {.size = sizeof info};
    bool fine = good(sabir_device_open(j->context, id, &j->device), id) && good(sabir_device_info_of(j->device, &info), id) &&
                good(sabir_store_create(j->device, &store), "a store") && good(sabir_store_load(store, s->fit ? s->fit : s->checkpoint, NULL), "the checkpoint");
    snprintf(run->id, sizeof run->id, "%s", info.id);
    snprintf(run->name, sizeof run->name, "%s", info.name);
    run->forecasts = malloc(sizeof(float[MONTHS - TRAINING][FIELDS * CELLS]));
    fine = fine && run->forecasts && job_forecast(j, store, run->forecasts, &run->result);
    sabir_store_release(store);
    sabir_device_release(j->device);
    j->device = NULL;
    return fine;
}

/* Every device, the reference last. */
static bool forecast(job *j, const settings *s, report *r)
{
    uint32_t devices;
    if (!good(sabir_device_count(j->context, &devices), "looking for devices")) return false;
    if (sabir_device_missing(j->context)[0]) fprintf(stderr, "%s\n", sabir_device_missing(j->context));
    for (uint32_t d = 0; d < devices && r->runs < REPORT_MOST_DEVICES; d++) {
        sabir_device_info info = {.size = sizeof info};
        if (!good(sabir_device_describe(j->context, d, &info), "a device")) return false;
        if (s->device && strcmp(info.id, r->train_device) != 0 && strcmp(info.id, "reference") != 0) continue;
        if (!forecast_on(j, info.id, s, &r->run[r->runs])) return false;
        r->runs++;
    }
    report_compare(r);
    print_forecasts(r);
    return true;
}

/* The device asked for; otherwise the fastest: a GPU, or where there is none OpenCL, whose kernels on a CPU are several times as fast as Vulkan's. */
static bool open_training_device(job *j, const settings *s)
{
    sabir_device_info info = {.size = sizeof info};
    if (s->device) return good(sabir_device_open(j->context, s->device, &j->device), s->device);
    if (!good(sabir_device_open(j->context, "auto", &j->device), "auto") || !good(sabir_device_info_of(j->device, &info), "auto")) return false;
    sabir_device *other = NULL;
    if (!info.software || sabir_device_open(j->context, "opencl", &other) != SABIR_OK) return true;
    sabir_device_release(j->device);
    j->device = other;
    return true;
}

static bool work(job *j, const settings *s, report *r)
{
    if (!open_training_device(j, s)) return false;
    if (s->ablation || s->spread) {
        const ablation_options options = {.steps = s->steps, .batch = s->batch, .seeds = s->seeds, .seed = s->seed, .whole_only = s->spread != NULL};
        const bool fine = ablation_run(j, &options, s->spread ? s->spread : s->ablation);
        sabir_device_release(j->device);
        return fine;
    }
    const bool trained = train(j, s, r);
    sabir_device_release(j->device);
    return trained && forecast(j, s, r) && report_maps(r, j->w, s->out) && report_write(r, s->out);
}

int main(int argc, char **argv)
{
    static winds wind;
    static sphere mesh;
    static report result;
    settings s = {.out = "out/demo", .checkpoint = "examples/wind_forecast/checkpoint.safetensors", .families = ALL_FAMILIES};
    const int parsed = parse(argc, argv, &s);
    if (parsed) return parsed == WANTED_HELP ? 0 : 2;
    if (!folder_make(s.out) || !winds_read(s.data, &wind)) return 2;
    sphere_make(&wind, &mesh);
    for (int b = 0; b < BASELINES; b++) result.baseline[b] = winds_baseline(&wind, (baseline)b);
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.log = print_log;
    job j = {.w = &wind, .s = &mesh, .families = s.families};
    if (!good(sabir_context_create(&options, &j.context), "a context")) return 2;
    const bool fine = work(&j, &s, &result);
    for (int i = 0; i < REPORT_MOST_DEVICES; i++) free(result.run[i].forecasts);
    sabir_context_release(j.context);
    return fine ? 0 : 1;
}
