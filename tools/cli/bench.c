/* sabir bench */
#include "bench/bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

typedef struct session {
    sabir_context *context;
    sabir_device *device;
    sabir_device_info info;
    bench_roof roof;     /* 0: not known, of devices other than CPUs */
    double seconds;
    regex_t only;        /* names of the rows wanted */
    cJSON *json;         /* array of results; NULL: print a table */
    uint32_t rows, done, wrong, slower;
} session;

/* ---- One result ---- */

static double clock_of(const bench_result *result, const bench_times *times)
{
    return result->cpu_clock ? times->cpu : times->wall;
}

static const char *seconds_text(double seconds, char text[16])
{
    if (seconds >= 1) snprintf(text, 16, "%.3g s", seconds);
    else if (seconds >= 1e-3) snprintf(text, 16, "%.3g ms", 1e3 * seconds);
    else snprintf(text, 16, "%.3g us", 1e6 * seconds);
    return text;
}

/* What bounds the row: operations where there are several a byte, else bytes. */
static const char *rate_text(const bench_result *result, double seconds, char text[24])
{
    if (result->flops > 4 * result->bytes) snprintf(text, 24, "%.3g GFLOP/s", 1e-9 * result->flops / seconds);
    else snprintf(text, 24, "%.3g GB/s", 1e-9 * result->bytes / seconds);
    return text;
}

static void print_head(const session *s)
{
    const bool software = s->info.software != 0;
    printf("%s: %s, %s\n", s->info.id, s->info.name, s->info.driver);
    printf("Seconds are medians, %s. A speed-up above 1 means that Sabir is faster.\n\n",
           software ? "of process CPU time: every thread is counted, and the peer has one" : "of wall time");
    if (s->roof.flops > 0)
        printf("ROOF is the share of what C loops reach on one core: %.3g GFLOP/s, %.3g GB/s.\n\n", 1e-9 * s->roof.flops, 1e-9 * s->roof.bytes);
    printf("%-26s %9s %14s %5s %9s %9s  %-28s %s\n", "PROBLEM", "SABIR", "RATE", "ROOF", "PEER", "SPEED-UP", "KERNEL", "PEER IS");
}

static void print_row(const session *s, const bench_result *result)
{
    char ours[16], rate[24], share[16] = "-", peer[16] = "-", speedup[16] = "-";
    const double seconds = clock_of(result, &result->ours);
    if (result->peer_name[0]) {
        const double other = clock_of(result, &result->peer);
        seconds_text(other, peer);
        snprintf(speedup, sizeof speedup, "%.3f", other / seconds);
    }
    if (s->roof.flops > 0) snprintf(share, sizeof share, "%.2f", bench_share(&s->roof, result, seconds));
    printf("%-26s %9s %14s %5s %9s %9s  %-28s %s\n", result->name, seconds_text(seconds, ours), rate_text(result, seconds, rate), share, peer, speedup, result->variant,
           result->peer_name[0] ? result->peer_name : "none: OpenBLAS or FFTW was not found (Debian: libopenblas0, libfftw3-single3)");
    fflush(stdout);
}

static cJSON *result_json(const session *s, const bench_result *result)
{
    cJSON *object = cJSON_CreateObject(), *peer;
    const double seconds = clock_of(result, &result->ours), other = clock_of(result, &result->peer);
    cJSON_AddStringToObject(object, "name", result->name);
    cJSON_AddStringToObject(object, "device", s->info.id);
    cJSON_AddNumberToObject(object, "seconds", seconds);
    cJSON_AddNumberToObject(object, "flops", result->flops);
    cJSON_AddNumberToObject(object, "bytes", result->bytes);
    cJSON_AddStringToObject(object, "kernel", result->variant);
    if (s->roof.flops > 0) cJSON_AddNumberToObject(object, "roof", bench_share(&s->roof, result, seconds));
    else cJSON_AddNullToObject(object, "roof");
    if (result->peer_name[0]) {
        peer = cJSON_AddObjectToObject(object, "peer");
        cJSON_AddStringToObject(peer, "name", result->peer_name);
        cJSON_AddNumberToObject(peer, "seconds", other);
        cJSON_AddNumberToObject(peer, "wall_seconds", result->peer.wall);
        cJSON_AddNumberToObject(peer, "spread", result->peer.spread);
        cJSON_AddNumberToObject(object, "speedup", other / seconds);
    } else {
        cJSON_AddNullToObject(object, "peer");
        cJSON_AddNullToObject(object, "speedup");
    }
    cJSON_AddStringToObject(object, "clock", result->cpu_clock ? "cpu" : "wall");
    cJSON_AddNumberToObject(object, "wall_seconds", result->ours.wall);
    cJSON_AddNumberToObject(object, "spread", result->ours.spread);
    cJSON_AddNumberToObject(object, "samples", result->samples);
    return object;
}

/* ---- All of them ---- */

static bool is_wanted(const session *s, const bench_row *row)
{
    return regexec(&s->only, bench_row_name(row), 0, NULL, 0) == 0;
}

static void measure_row(session *s, const bench_row *row)
{
    bench_result result;
    char message[512];
    cli_progress(NULL, s->done, s->rows, bench_row_name(row));
    const bench_outcome outcome = bench_measure(s->context, s->device, row, s->seconds, &result, message);
    cli_progress_end();
    s->done++;
    if (outcome != BENCH_MEASURED) {
        s->wrong++;
        cli_fail("%s", message);
    } else if (s->json) {
        cJSON_AddItemToArray(s->json, result_json(s, &result));
    } else {
        print_row(s, &result);
    }
}

static int measure_device(session *s)
{
    if (strcmp(s->info.type, "cpu") == 0) bench_roof_of_host(&s->roof);
    if (!s->json) print_head(s);
    const bench_row *row;
    for (uint32_t i = 0; (row = bench_row_at(i)) != NULL; i++)
        if (is_wanted(s, row)) measure_row(s, row);
    if (!s->json && strcmp(s->info.type, "cpu") == 0)
        printf("\nFor steady figures on a CPU device: one core and one thread, as\n"
               "  POCL_MAX_PTHREAD_COUNT=1 LP_NUM_THREADS=1 taskset -c 0 sabir bench --device %s\n", s->info.id);
    return s->wrong > 0 ? cli_fail("%u of %u problems could not be measured", s->wrong, s->rows) : CLI_DONE;
}

static int count_rows(session *s, const char *only)
{
    const bench_row *row;
    for (uint32_t i = 0; (row = bench_row_at(i)) != NULL; i++) s->rows += is_wanted(s, row);
    if (s->rows > 0) return CLI_DONE;
    fprintf(stderr, "sabir bench: no problem's name matches '%s'; there are", only);
    for (uint32_t i = 0; (row = bench_row_at(i)) != NULL; i++) fprintf(stderr, "%s %s", i ? "," : "", bench_row_name(row));
    fputc('\n', stderr);
    return CLI_USAGE;
}

static int measure(session *s, const char *selector, bool json)
{
    s->info.size = sizeof s->info;
    sabir_status status = sabir_device_open(s->context, selector, &s->device);
    if (status == SABIR_OK) status = sabir_device_info_of(s->device, &s->info);
    if (status != SABIR_OK) return cli_fail_status("--device", status);
    if (json && !(s->json = cJSON_CreateArray())) return cli_fail("no memory for the JSON document");
    const int result = measure_device(s);
    if (!s->json) return result;
    const int printed = cli_print_json(s->json);
    return result != CLI_DONE ? result : printed;
}

/* ---- The command ---- */

static bool parse_seconds(const char *text, double *seconds)
{
    char *end;
    if (!text) return true;
    *seconds = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*seconds) && *seconds > 0 && *seconds <= 3600;
}

static int run_with(const cli_call *call, session *s)
{
    int result = count_rows(s, cli_value(call, "only"));
    if (result != CLI_DONE) return result;
    s->context = cli_context();
    if (!s->context) return CLI_FAILED;
    result = measure(s, cli_value(call, "device"), call->json);
    sabir_device_release(s->device);
    sabir_context_release(s->context);
    return result;
}

static int run(const cli_call *call)
{
    session s = {.seconds = 1};
    if (!parse_seconds(cli_value(call, "seconds"), &s.seconds))
        return cli_usage(call, "--seconds %s: wants a number above 0 and at most 3600", cli_value(call, "seconds"));
    int result = cli_regex(call, "only", &s.only);
    if (result != CLI_DONE) return result;
    result = run_with(call, &s);
    regfree(&s.only);
    return result;
}

const cli_command cli_bench = {
    .name = "bench",
    .summary = "measure operators on a device against a peer library",
    .text = "Measures fixed problems on a device, each against a peer that computes the same: OpenBLAS or FFTW,\n"
            "where they are installed, or a vectorised loop in C. Results are compared before they are timed; then both run in turns,\n"
            "with operands and results on the device. The peers run on the host's CPU. On devices that run on the CPU\n"
            "process CPU time counts, and the peer has one thread; on others wall time.\n\n"
            "KERNEL is the one with most of the work; it is (general) where it serves operands of all types.\n\n"
            "--json prints an array of objects with name, device, seconds, flops, bytes, kernel, roof (the share of what\n"
            "C loops reach on one core, on devices that are CPUs; or null), peer (name, seconds,\n"
            "wall_seconds, spread; or null), speedup (peer's seconds / ours, or null), clock (cpu or wall),\n"
            "wall_seconds, spread (distance of the quartiles / median) and samples.\n",
    .options = {
        {"device", "ID", "the device: an id, a stable id, an API or part of a name (default: auto)"},
        {"only", "REGEX", "only problems whose name matches"},
        {"seconds", "S", "measure each for about S seconds (default: 1)"},
    },
    .run = run,
};
