/* Transport of real sea-surface temperature by the drift that the real wind drives, on every device found.
 * See model.h for the equations and climate.h for the data. */
#include <cjson/cJSON.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/folder.h"
#include "common/map.h"
#include "model.h"

enum { MOST_DEVICES = 32 };

typedef struct settings { const char *data, *out, *device; int steps_a_day, days; step_options step; } settings;

typedef struct run {
    char id[32], name[128];
    double seconds, preparation, drift, difference; /* drift: of heat, relative; difference: largest from the reference, degrees */
    int iterations;
    float residual;
    float *temperature, *east, *north;              /* [90, 180], [12, 90, 180] twice */
} run;

static const char help[] =
    "usage: ocean_transport [options]\n"
    "Carries the sea-surface temperature of January through a simulated year by 3 % of the monthly wind, on every device found, and compares\n"
    "the devices with the reference. Writes maps (PNG) and report.json.\n"
    "  --out DIR        where to write (default out/ocean)\n"
    "  --data DIR       folder of coads_climatology.cdf and etopo120.cdf (default: Debian's ferret-datasets)\n"
    "  --device ID      this device only, beside the reference (sabir devices lists them)\n"
    "  --days N         length of the run (default 365)\n"
    "  --steps-a-day N  time steps a day (default 2)\n"
    "  --diffusion K    m^2/s (default 1000)\n"
    "  --restore DAYS   pull towards the month's observed temperature over this time (default: off, so heat is conserved)\n"
    "  --help\n";

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool good(sabir_status status, const char *what)
{
    if (status == SABIR_OK) return true;
    fprintf(stderr, "%s: %s: %s\n", what, sabir_status_name(status), sabir_last_message());
    return false;
}

static void print_log(void *user, sabir_log_level level, const char *message)
{
    (void)user;
    if (level <= SABIR_LOG_WARNING) fprintf(stderr, "%s\n", message);
}

static void progress(const char *id, int step, int steps, double started)
{
    if (!isatty(STDERR_FILENO) || (step % 8 && step != steps)) return;
    const int filled = 30 * step / steps;
    fprintf(stderr, "\r%-12s [%.*s%*s] %3d %%  %5.1f s%s", id, filled, "##############################", 30 - filled, "", 100 * step / steps, now() - started,
            step == steps ? "\n" : "");
}

static double heat(const grid *grid, const climate *data, const float *temperature)
{
    double sum = 0;
    for (int j = 0; j < ROWS; j++)
        for (int i = 0; i < COLUMNS; i++)
            if (data->wet[j][i]) sum += (double)temperature[j * COLUMNS + i] * (double)grid->area[j][i];
    return sum;
}

/* The drift without its convergence, computed on the device. */
static bool project(sabir_context *context, sabir_device *device, const grid *grid, run *run)
{
    const sabir_shape months = SABIR_SHAPE(MONTHS, ROWS, COLUMNS);
    const uint64_t bytes = sizeof grid->east_drift;
    sabir_tensor *tensors[6] = {0};
    const char *const names[] = {"east", "north", "east_free", "north_free", "iterations", "residual"};
    sabir_binding bindings[6];
    sabir_program *program = NULL;
    sabir_graph *g = model_projection(context, grid);
    bool fine = g && good(sabir_compile(g, device, NULL, NULL, &program), "compiling the projection");
    for (int i = 0; i < 6 && fine; i++) {
        fine = good(sabir_tensor_create(device, i == 4 ? SABIR_I32 : SABIR_F32, i < 4 ? months : SABIR_SCALAR_SHAPE, &tensors[i]), names[i]);
        bindings[i] = (sabir_binding){names[i], tensors[i]};
    }
    const double started = now();
    fine = fine && good(sabir_tensor_write(tensors[0], 0, grid->east_drift, bytes), "east") && good(sabir_tensor_write(tensors[1], 0, grid->north_drift, bytes), "north") &&
           good(sabir_run(program, bindings, 6), "running the projection") && good(sabir_tensor_read(tensors[2], 0, run->east, bytes), "east_free") &&
           good(sabir_tensor_read(tensors[3], 0, run->north, bytes), "north_free") && good(sabir_tensor_read(tensors[4], 0, &run->iterations, 4), "iterations") &&
           good(sabir_tensor_read(tensors[5], 0, &run->residual, 4), "residual");
    run->preparation = now() - started;
    for (int i = 0; i < 6; i++) sabir_tensor_release(tensors[i]);
    sabir_program_destroy(program);
    sabir_graph_destroy(g);
    return fine;
}

static bool replay(sabir_program *program, const settings *s, const char *id)
{
    const int32_t month = sabir_slot(program, "month"), next = sabir_slot(program, "next"), weight = sabir_slot(program, "weight");
    const int steps = s->days * s->steps_a_day;
    const double started = now();
    for (int i = 0; i < steps; i++) {
        /* The climatology's months are their middles: the year begins in the middle of January. */
        const double place = fmod((double)i / s->steps_a_day / 365.0 * MONTHS, MONTHS);
        const int m = (int)place;
        if (!good(sabir_set_i32(program, month, m), "month") || !good(sabir_set_i32(program, next, (m + 1) % MONTHS), "next") ||
            !good(sabir_set_f32(program, weight, (float)(place - m)), "weight") || !good(sabir_run(program, NULL, 0), "a time step"))
            return false;
        progress(id, i + 1, steps, started);
    }
    return true;
}

static bool simulate(sabir_context *context, sabir_device *device, const climate *data, const grid *grid, const settings *s, run *run)
{
    sabir_store *store = NULL;
    sabir_program *program = NULL;
    sabir_graph *g = NULL;
    bool fine = project(context, device, grid, run) && good(sabir_store_create(device, &store), "a store");
    const double courant = fine ? model_courant(grid, run->east, run->north, s->step) : 0;
    if (courant > 1) {
        fprintf(stderr, "the step is unstable: %.2f of a cell leaves it in one step; take more --steps-a-day\n", courant);
        fine = false;
    }
    if (fine) {
        g = model_step(context, data, grid, s->step);
        fine = g && good(sabir_compile(g, device, store, NULL, &program), "compiling the step") && good(sabir_program_prewarm(program), "prewarm");
    }
    fine = fine && good(sabir_tensor_write(sabir_store_find(store, "temperature"), 0, data->temperature[0], CELLS * 4), "temperature") &&
           good(sabir_tensor_write(sabir_store_find(store, "east"), 0, run->east, (uint64_t)MONTHS * CELLS * 4), "east") &&
           good(sabir_tensor_write(sabir_store_find(store, "north"), 0, run->north, (uint64_t)MONTHS * CELLS * 4), "north");
    const double before = heat(grid, data, &data->temperature[0][0][0]), started = now();
    fine = fine && replay(program, s, run->id) && good(sabir_tensor_read(sabir_store_find(store, "temperature"), 0, run->temperature, CELLS * 4), "temperature");
    run->seconds = now() - started;
    if (fine) run->drift = fabs(heat(grid, data, run->temperature) - before) / fabs(before);
    sabir_program_destroy(program);
    sabir_graph_destroy(g);
    sabir_store_release(store);
    return fine;
}

static bool run_on(sabir_context *context, const char *id, const climate *data, const grid *grid, const settings *s, run *run)
{
    sabir_device *device;
    sabir_device_info info = {.size = sizeof info};
    if (!good(sabir_device_open(context, id, &device), id)) return false;
    bool fine = good(sabir_device_info_of(device, &info), id);
    snprintf(run->id, sizeof run->id, "%s", info.id);
    snprintf(run->name, sizeof run->name, "%s", info.name);
    run->temperature = malloc(CELLS * sizeof(float));
    run->east = malloc(sizeof grid->east_drift);
    run->north = malloc(sizeof grid->north_drift);
    fine = fine && run->temperature && run->east && run->north && simulate(context, device, data, grid, s, run);
    sabir_device_release(device);
    return fine;
}

static bool write_report(const settings *s, const run *runs, int count)
{
    char file[1024];
    snprintf(file, sizeof file, "%s/report.json", s->out);
    cJSON *report = cJSON_CreateObject(), *devices = cJSON_AddArrayToObject(report, "devices");
    for (int i = 0; i < count; i++) {
        cJSON *device = cJSON_CreateObject();
        cJSON_AddStringToObject(device, "id", runs[i].id);
        cJSON_AddStringToObject(device, "name", runs[i].name);
        cJSON_AddNumberToObject(device, "seconds", runs[i].seconds);
        cJSON_AddNumberToObject(device, "max_difference", runs[i].difference);
        cJSON_AddNumberToObject(device, "heat_drift", runs[i].drift);
        cJSON_AddNumberToObject(device, "projection_seconds", runs[i].preparation);
        cJSON_AddNumberToObject(device, "projection_iterations", runs[i].iterations);
        cJSON_AddNumberToObject(device, "projection_residual", (double)runs[i].residual);
        cJSON_AddItemToArray(devices, device);
    }
    char *text = cJSON_Print(report);
    FILE *out = text ? fopen(file, "w") : NULL;
    bool fine = out && fprintf(out, "%s\n", text) > 0;
    fine = out && fclose(out) == 0 && fine;
    if (!fine) fprintf(stderr, "%s cannot be written\n", file);
    cJSON_free(text);
    cJSON_Delete(report);
    return fine;
}

static bool write_maps(const settings *s, const climate *data, const run *run)
{
    static float change[CELLS], speed[CELLS];
    char file[1024];
    for (int j = 0; j < ROWS; j++) {
        for (int i = 0; i < COLUMNS; i++) {
            const int k = j * COLUMNS + i;
            const double dy = 6.371e6 * 3.14159265358979 / ROWS;
            double u = 0, v = 0;
            for (int m = 0; m < MONTHS; m++) {
                u += (double)run->east[m * CELLS + k] / dy / MONTHS;
                v += (double)run->north[m * CELLS + k] / dy / cos((double)data->latitude[j] * 3.14159265358979 / 180) / MONTHS;
            }
            speed[k] = (float)(100 * sqrt(u * u + v * v));
            change[k] = run->temperature[k] - data->temperature[0][j][i];
        }
    }
    const double degrees = 180.0 / ROWS;
    const map_grid cells = {ROWS, COLUMNS, -90, (double)data->longitude[0] - degrees / 2, degrees, degrees};
    const map_land land = {cells, &data->land[0][0]};
    const struct { const char *name; const float *field; map_style style; } maps[] = {
        {"january.png", &data->temperature[0][0][0], {"Sea-surface temperature, January (COADS climatology)", "\xC2\xB0" "C", -2, 31, false}},
        {"after.png", run->temperature, {"The same water after drifting with the wind for the simulated time", "\xC2\xB0" "C", -2, 31, false}},
        {"change.png", change, {"Change by transport alone", "K", -12, 12, true}},
        {"drift.png", speed, {"Mean surface drift: 3 % of the wind, freed of its convergence", "cm/s", 0, 24, false}},
    };
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        snprintf(file, sizeof file, "%s/%s", s->out, maps[i].name);
        if (!map_write(file, &cells, maps[i].field, &data->wet[0][0], &land, maps[i].style)) return false;
    }
    return true;
}

static void print_table(const run *runs, int count)
{
    const run *reference = &runs[count - 1];
    printf("%-12s %-34s %9s %9s %13s %12s %11s\n", "device", "name", "seconds", "speed-up", "difference/K", "heat drift", "projection");
    for (int i = 0; i < count; i++)
        printf("%-12s %-34.34s %9.2f %8.1fx %13.2g %12.2g %5d x %4.1fs\n", runs[i].id, runs[i].name, runs[i].seconds, reference->seconds / runs[i].seconds,
               runs[i].difference, runs[i].drift, runs[i].iterations, runs[i].preparation);
}

/* Every device, the reference last. */
static int run_all(sabir_context *context, const climate *data, const grid *grid, const settings *s, run *runs)
{
    uint32_t devices;
    int count = 0;
    if (!good(sabir_device_count(context, &devices), "looking for devices")) return -1;
    if (sabir_device_missing(context)[0]) fprintf(stderr, "%s\n", sabir_device_missing(context));
    for (uint32_t d = 0; d < devices && count < MOST_DEVICES; d++) {
        sabir_device_info info = {.size = sizeof info};
        if (!good(sabir_device_describe(context, d, &info), "a device")) return -1;
        if (s->device && strcmp(info.id, s->device) != 0 && strcmp(info.id, "reference") != 0) continue;
        if (!run_on(context, info.id, data, grid, s, &runs[count])) return -1;
        count++;
    }
    for (int i = 0; i < count; i++)
        for (int k = 0; k < CELLS; k++) runs[i].difference = fmax(runs[i].difference, fabs((double)runs[i].temperature[k] - (double)runs[count - 1].temperature[k]));
    return count;
}

/* -1 for what is no number: every option's range leaves it out. */
static double number_of(const char *text)
{
    char *end;
    const double number = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(number) ? number : -1;
}

static int parse(int argc, char **argv, settings *s)
{
    static const struct option options[] = {{"out", 1, 0, 'o'}, {"data", 1, 0, 'd'}, {"device", 1, 0, 'D'}, {"days", 1, 0, 'n'}, {"steps-a-day", 1, 0, 's'},
                                            {"diffusion", 1, 0, 'k'}, {"restore", 1, 0, 'r'}, {"help", 0, 0, 'h'}, {0, 0, 0, 0}};
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
            case 'o': s->out = optarg; break;
            case 'd': s->data = optarg; break;
            case 'D': s->device = optarg; break;
            case 'n': s->days = (int)fmin(number_of(optarg), 1e6); break;
            case 's': s->steps_a_day = (int)fmin(number_of(optarg), 1e6); break;
            case 'k': s->step.diffusion = number_of(optarg); break;
            case 'r': s->step.restore_days = number_of(optarg); break;
            case 'h': fputs(help, stdout); return 1;
            default: fputs("ocean_transport --help lists the options\n", stderr); return 2;
        }
    }
    if (optind < argc || s->days < 1 || s->days > 36500 || s->steps_a_day < 1 || s->steps_a_day > 10000 || !(s->step.diffusion >= 0) || !(s->step.restore_days >= 0)) {
        fputs("an argument is no number or out of its range; ocean_transport --help lists the options\n", stderr);
        return 2;
    }
    s->step.seconds = 86400.0 / s->steps_a_day;
    return 0;
}

int main(int argc, char **argv)
{
    static climate data;
    static grid sphere;
    static run runs[MOST_DEVICES];
    settings s = {.out = "out/ocean", .steps_a_day = 2, .days = 365, .step = {.diffusion = 1000}};
    const int parsed = parse(argc, argv, &s);
    if (parsed) return parsed == 1 ? 0 : 2;
    if (!folder_make(s.out) || !climate_read(s.data, &data)) return 2;
    grid_make(&data, &sphere);
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.log = print_log;
    sabir_context *context;
    if (!good(sabir_context_create(&options, &context), "a context")) return 2;
    const int count = run_all(context, &data, &sphere, &s, runs);
    bool fine = count > 0;
    if (fine) {
        print_table(runs, count);
        fine = write_report(&s, runs, count) && write_maps(&s, &data, &runs[0]);
        if (fine) printf("wrote %s/report.json, january.png, after.png, change.png, drift.png\n", s.out);
    }
    for (int i = 0; i < MOST_DEVICES; i++) {
        free(runs[i].temperature);
        free(runs[i].east);
        free(runs[i].north);
    }
    sabir_context_release(context);
    return fine ? 0 : 1;
}
