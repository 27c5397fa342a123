#include "report.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/map.h"
#include "common/plot.h"

enum { JUDGED = MONTHS - TRAINING, SHOWN = 7 }; /* SHOWN: the month drawn, August of the first judged year */

void report_compare(report *r)
{
    const device_run *last = &r->run[r->runs - 1];
    for (int i = 0; i < r->runs; i++)
        for (size_t k = 0; k < (size_t)JUDGED * FIELDS * CELLS; k++)
            r->run[i].difference = fmax(r->run[i].difference, fabs((double)r->run[i].forecasts[k] - (double)last->forecasts[k]));
}

void print_training(const report *r)
{
    const fit_report *t = &r->train;
    printf("trained %d steps from nothing on %s in %.1f s: mean square error %.3f -> %.3f (m/s)^2\n", r->steps, r->train_device, t->seconds, t->loss_first, t->loss_last);
    printf("one program a step: %llu parameters, %llu launches of %llu kernels, %.1f MB of activations, %.2f of what lifetimes need\n", (unsigned long long)t->parameters,
           (unsigned long long)t->launches, (unsigned long long)t->kernels, (double)t->peak_bytes / 1e6, (double)t->peak_bytes / (double)t->live_bytes);
}

void print_forecasts(const report *r)
{
    printf("\nwind of 24 months, each a month ahead; root-mean-square error, m/s\n");
    printf("  persistence %.3f   climatology %.3f   damped anomaly %.3f\n", r->baseline[PERSISTENCE], r->baseline[CLIMATOLOGY], r->baseline[DAMPED]);
    printf("%-12s %-34s %9s %9s %14s\n", "device", "name", "forecast", "seconds", "largest diff.");
    for (int i = 0; i < r->runs; i++)
        printf("%-12s %-34.34s %9.4f %9.2f %14.2g\n", r->run[i].id, r->run[i].name, r->run[i].result.rmse, r->run[i].result.seconds, r->run[i].difference);
}

bool report_curve(const report *r, const char *folder, const float *shares)
{
    char file[1024];
    snprintf(file, sizeof file, "%s/loss.png", folder);
    const plot_line line = {.name = "training months", .y = shares, .count = r->steps};
    return plot_lines(file, &(plot_style){.title = "Training from nothing: mean square error / that of climatology, same months", .x = "step", .y = "share"}, &line, 1);
}

bool report_maps(const report *r, const winds *w, const char *folder)
{
    static float error[CELLS];
    const float *truth = w->wind[TRAINING + SHOWN], *forecast = r->run[0].forecasts + (size_t)SHOWN * FIELDS * CELLS;
    const double cell = 360.0 / COLUMNS;
    const map_grid cells = {ROWS, COLUMNS, (double)w->latitude[0] - cell / 2, (double)w->longitude[0] - cell / 2, cell, cell};
    const map_land land = {{90, 180, -90, (double)w->relief_west, 2, 2}, &w->land[0][0]};
    for (int k = 0; k < CELLS; k++) error[k] = forecast[k] - truth[k];
    const struct { const char *name; const float *field; map_style style; } maps[] = {
        {"truth.png", truth, {"Eastward wind, August 1991, as analysed", "m/s", -15, 15, true}},
        {"forecast.png", forecast, {"Eastward wind, August 1991, forecast from July", "m/s", -15, 15, true}},
        {"error.png", error, {"Forecast less analysis", "m/s", -6, 6, true}},
    };
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        char file[1024];
        snprintf(file, sizeof file, "%s/%s", folder, maps[i].name);
        if (!map_write(file, &cells, maps[i].field, NULL, &land, maps[i].style)) return false;
    }
    return true;
}

static cJSON *as_json(const report *r)
{
    cJSON *all = cJSON_CreateObject(), *train = cJSON_AddObjectToObject(all, "train"), *forecast = cJSON_AddArrayToObject(all, "forecast");
    cJSON_AddNumberToObject(train, "steps", r->steps);
    cJSON_AddStringToObject(train, "device", r->train_device);
    cJSON_AddNumberToObject(train, "loss_first", r->train.loss_first);
    cJSON_AddNumberToObject(train, "loss_last", r->train.loss_last);
    cJSON_AddNumberToObject(train, "seconds", r->train.seconds);
    cJSON_AddNumberToObject(train, "parameters", (double)r->train.parameters);
    cJSON_AddNumberToObject(train, "kernels", (double)r->train.kernels);
    cJSON_AddNumberToObject(train, "launches", (double)r->train.launches);
    cJSON_AddNumberToObject(train, "peak_bytes", (double)r->train.peak_bytes);
    cJSON_AddNumberToObject(train, "live_bytes", (double)r->train.live_bytes);
    for (int i = 0; i < r->runs; i++) {
        cJSON *device = cJSON_CreateObject();
        cJSON_AddStringToObject(device, "device", r->run[i].id);
        cJSON_AddStringToObject(device, "name", r->run[i].name);
        cJSON_AddNumberToObject(device, "rmse", r->run[i].result.rmse);
        cJSON_AddNumberToObject(device, "persistence", r->baseline[PERSISTENCE]);
        cJSON_AddNumberToObject(device, "climatology", r->baseline[CLIMATOLOGY]);
        cJSON_AddNumberToObject(device, "damped", r->baseline[DAMPED]);
        cJSON_AddNumberToObject(device, "max_difference", r->run[i].difference);
        cJSON_AddNumberToObject(device, "seconds", r->run[i].result.seconds);
        cJSON_AddItemToArray(forecast, device);
    }
    return all;
}

bool report_write(const report *r, const char *folder)
{
    char file[1024];
    snprintf(file, sizeof file, "%s/report.json", folder);
    cJSON *all = as_json(r);
    char *text = cJSON_Print(all);
    FILE *out = text ? fopen(file, "w") : NULL;
    bool fine = out && fprintf(out, "%s\n", text) > 0;
    fine = out && fclose(out) == 0 && fine;
    if (fine) printf("wrote %s, loss.png, truth.png, forecast.png, error.png\n", file);
    else fprintf(stderr, "%s cannot be written\n", file);
    cJSON_free(text);
    cJSON_Delete(all);
    return fine;
}

/* What the optimizer keeps is behind "adamw/". */
bool report_checkpoint(sabir_store *store, const char *file, uint64_t seed, int steps)
{
    enum { MOST = 256 };
    const char *names[MOST];
    char made[160];
    uint32_t count = 0;
    for (uint32_t i = 0; i < sabir_store_count(store) && count < MOST; i++)
        if (strncmp(sabir_store_name(store, i), "adamw/", 6) != 0) names[count++] = sabir_store_name(store, i);
    snprintf(made, sizeof made, "wind_forecast --fit FILE --seed %llu --steps %d", (unsigned long long)seed, steps);
    sabir_save_options options = SABIR_SAVE_OPTIONS;
    options.metadata = &(sabir_text_pair){"made by", made};
    options.metadata_count = 1;
    options.names = names;
    options.name_count = count;
    if (!good(sabir_store_save(store, file, &options), file)) return false;
    printf("wrote %s\n", file);
    return true;
}
