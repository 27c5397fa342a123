#include "ablation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *const family_names[FAMILIES] = {"transport", "messages", "attention", "experts"};

typedef struct line { const char *name; unsigned families; double rmse[ABLATION_MOST_SEEDS], mean, spread; } line;

static void summarise(line *l, int seeds)
{
    double sum = 0, square = 0;
    for (int i = 0; i < seeds; i++) sum += l->rmse[i];
    l->mean = sum / seeds;
    for (int i = 0; i < seeds; i++) square += (l->rmse[i] - l->mean) * (l->rmse[i] - l->mean);
    l->spread = seeds > 1 ? sqrt(square / (seeds - 1)) : 0;
}

/* A family helps where leaving it out costs more than the spread of the difference of two means. */
static const char *verdict(const line *without, const line *whole, int seeds)
{
    const double cost = without->mean - whole->mean, noise = 2 * sqrt((without->spread * without->spread + whole->spread * whole->spread) / seeds);
    return cost > noise ? "helps" : cost < -noise ? "harms" : "no difference that these seeds show";
}

static void print_table(FILE *out, const job *j, const ablation_options *options, const line *lines, int count)
{
    sabir_device_info info = {.size = sizeof info};
    if (sabir_device_info_of(j->device, &info) != SABIR_OK) info.name[0] = '\0';
    fprintf(out, "Root-mean-square error of 24 months of wind, each a month ahead, m/s; %d steps of %d months, seeds %llu to %llu, on %s (%s).\n", options->steps,
            options->batch, (unsigned long long)options->seed, (unsigned long long)options->seed + (unsigned long long)options->seeds - 1, info.id, info.name);
    fprintf(out, "Made by: wind_forecast --%s FILE --steps %d --batch %d --seed %llu --seeds %d --device %s\n\n", options->whole_only ? "spread" : "ablation", options->steps, options->batch,
            (unsigned long long)options->seed, options->seeds, info.id);
    fprintf(out, "%-24s %7s %7s  %s\n", "model", "mean", "spread", options->whole_only ? "" : "the family left out");
    for (int i = 0; i < count; i++)
        fprintf(out, "%-24s %7.4f %7.4f  %s\n", lines[i].name, lines[i].mean, lines[i].spread, i ? verdict(&lines[i], &lines[0], options->seeds) : "");
}

static bool run_line(const job *j, const ablation_options *options, line *l, float *forecasts)
{
    job one = *j;
    const fit_curve curve = {malloc((size_t)options->steps * sizeof(float)), malloc((size_t)options->steps * sizeof(float))};
    bool fine = curve.error && curve.share;
    one.families = l->families;
    for (int i = 0; i < options->seeds && fine; i++) {
        sabir_store *store = NULL;
        fit_report fitted;
        forecast_report result;
        const fit_options fit = {.steps = options->steps, .batch = options->batch, .seed = options->seed + (uint64_t)i, .progress = l->name};
        fine = job_fit(&one, &fit, &store, &curve, &fitted) && job_forecast(&one, store, forecasts, &result);
        sabir_store_release(store);
        if (!fine) break;
        l->rmse[i] = result.rmse;
        printf("%-24s seed %llu  %.4f m/s  %.0f s\n", l->name, (unsigned long long)fit.seed, result.rmse, fitted.seconds);
        fflush(stdout);
    }
    free(curve.error);
    free(curve.share);
    if (fine) summarise(l, options->seeds);
    return fine;
}

bool ablation_run(const job *j, const ablation_options *options, const char *file)
{
    static line lines[] = {{"whole", ALL_FAMILIES, {0}, 0, 0},
                           {"without transport", ALL_FAMILIES & ~TRANSPORT, {0}, 0, 0},
                           {"without messages", ALL_FAMILIES & ~MESSAGES, {0}, 0, 0},
                           {"without attention", ALL_FAMILIES & ~ATTENTION, {0}, 0, 0},
                           {"without experts", ALL_FAMILIES & ~EXPERTS, {0}, 0, 0}};
    const int count = options->whole_only ? 1 : (int)(sizeof lines / sizeof *lines);
    float *forecasts = malloc(sizeof(float[MONTHS - TRAINING][FIELDS * CELLS]));
    bool fine = forecasts != NULL;
    for (int i = 0; i < count && fine; i++) fine = run_line(j, options, &lines[i], forecasts);
    free(forecasts);
    if (!fine) return false;
    print_table(stdout, j, options, lines, count);
    FILE *out = fopen(file, "w");
    if (out) print_table(out, j, options, lines, count);
    fine = out && !ferror(out);
    fine = out && fclose(out) == 0 && fine;
    if (!fine) fprintf(stderr, "%s cannot be written\n", file);
    return fine;
}
