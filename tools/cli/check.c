/* sabir check: the conformance cases on the devices of this machine. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "conform/conform.h"

static const char help[] =
    "usage: sabir check [--device ID|all] [--op REGEX] [--large] [--random N] [--seed N] [--json]\n"
    "\n"
    "Runs every operator, in every type and on awkward shapes, on a device and compares with the float64 reference.\n"
    "Exit status: 0 all passed, 1 a case failed, 2 the cases could not be run.\n"
    "\n"
    "  --device ID    a device as 'sabir devices' names it, or all (default: auto)\n"
    "  --op REGEX     only operators in whose name the extended regular expression is found;\n"
    "                 with a '/' in it, cases (operator/type/case)\n"
    "  --large        the cases with tensors of 160 MiB instead of the others\n"
    "  --random N     N random graphs instead of cases, each compiled in every way\n"
    "  --seed N       of the data (default 1)\n"
    "  --json         one JSON document on standard output\n";

typedef struct arguments {
    const char *device, *filter;
    uint64_t seed;
    uint32_t random;
    bool large, json;
} arguments;

static bool parse_number(const char *text, uint64_t most, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (errno == 0 && *text >= '0' && *text <= '9' && !*end && *number <= most) return true;
    fprintf(stderr, "sabir: '%s' is no number from 0 to %llu\n", text, (unsigned long long)most);
    return false;
}

static bool parse(int argc, char **argv, arguments *given)
{
    static const struct option options[] = {
        {"device", required_argument, NULL, 'd'}, {"op", required_argument, NULL, 'o'}, {"large", no_argument, NULL, 'l'},
        {"random", required_argument, NULL, 'r'}, {"seed", required_argument, NULL, 's'}, CLI_COMMON_OPTIONS,
    };
    uint64_t number = 0;
    *given = (arguments){.device = "auto", .seed = 1};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'd': given->device = optarg; break;
        case 'o': given->filter = optarg; break;
        case 'l': given->large = true; break;
        case 'r':
            if (!parse_number(optarg, 100000000, &number)) return false;
            given->random = (uint32_t)number;
            break;
        case 's':
            if (!parse_number(optarg, UINT64_MAX / 2, &given->seed)) return false;
            break;
        case 'j': given->json = true; break;
        default: return false;
        }
    }
    if (optind == argc) return true;
    fprintf(stderr, "sabir: '%s' is not understood\n", argv[optind]);
    return false;
}

static void progress(void *user, uint32_t done, uint32_t total, const char *name)
{
    (void)user;
    cli_progress(done, total, name);
}

static sabir_status check_one(sabir_context *context, const arguments *given, const char *device, conform_result *result)
{
    const conform_options options = {.device = device, .filter = given->filter, .seed = given->seed, .large = given->large, .progress = progress};
    const sabir_status status = given->random ? conform_run_random(context, &options, given->random, result) : conform_run(context, &options, result);
    cli_progress_end();
    return status;
}

/* ---- Results ---- */

static cJSON *json_notes(const conform_notes *notes, const char *what)
{
    cJSON *list = cJSON_CreateArray();
    for (uint32_t i = 0; i < notes->count; i++) {
        cJSON *note = cJSON_CreateObject();
        cJSON_AddStringToObject(note, "name", notes->items[i].name);
        cJSON_AddStringToObject(note, what, notes->items[i].message);
        cJSON_AddItemToArray(list, note);
    }
    return list;
}

static cJSON *json_result(const conform_result *result)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "device", result->device);
    cJSON_AddNumberToObject(object, "operators", result->operators);
    cJSON_AddNumberToObject(object, "cases", result->cases);
    cJSON_AddNumberToObject(object, "passed", result->passed);
    cJSON_AddNumberToObject(object, "failed", result->failed);
    cJSON_AddNumberToObject(object, "skipped", result->skipped);
    cJSON_AddNumberToObject(object, "seconds", result->seconds);
    cJSON_AddNumberToObject(object, "compiled", (double)result->compiled);
    cJSON_AddItemToObject(object, "failures", json_notes(&result->failures, "message"));
    cJSON_AddItemToObject(object, "skips", json_notes(&result->skips, "capability"));
    return object;
}

static int print_table(const conform_result *results, uint32_t count)
{
    static const char *const names[] = {"device", ">operators", ">cases", ">passed", ">failed", ">skipped", ">kernels compiled", ">seconds"};
    cli_table table;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < results[i].failures.count; k++)
            printf("FAILED %s %s: %s\n", results[i].device, results[i].failures.items[k].name, results[i].failures.items[k].message);
        for (uint32_t k = 0; k < results[i].skips.count; k++)
            printf("skipped %s %s: %s\n", results[i].device, results[i].skips.items[k].name, results[i].skips.items[k].message);
    }
    cli_table_begin(&table, (int)(sizeof names / sizeof *names), names);
    for (uint32_t i = 0; i < count; i++) {
        const conform_result *r = &results[i];
        cli_table_cell(&table, "%s", r->device);
        const uint32_t numbers[] = {r->operators, r->cases, r->passed, r->failed, r->skipped};
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) cli_table_cell(&table, "%u", numbers[k]);
        cli_table_cell(&table, "%llu", (unsigned long long)r->compiled);
        cli_table_cell(&table, "%.1f", r->seconds);
    }
    return cli_table_end(&table);
}

static int report(const arguments *given, const conform_result *results, uint32_t count)
{
    int verdict = CLI_DONE;
    for (uint32_t i = 0; i < count; i++)
        if (results[i].failed) verdict = CLI_FAILURE;
    if (given->json && strcmp(given->device, "all") != 0) return cli_print_json(json_result(&results[0]), verdict);
    if (given->json) {
        cJSON *list = cJSON_CreateArray();
        for (uint32_t i = 0; i < count; i++) cJSON_AddItemToArray(list, json_result(&results[i]));
        return cli_print_json(list, verdict);
    }
    const int printed = print_table(results, count);
    return printed == CLI_DONE ? verdict : printed;
}

/* ---- The command ---- */

static int check_devices(sabir_context *context, const arguments *given, conform_result *results, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        sabir_device_info info = {.size = sizeof info};
        const bool all = strcmp(given->device, "all") == 0;
        sabir_status status = all ? sabir_device_describe(context, i, &info) : SABIR_OK;
        if (status == SABIR_OK) status = check_one(context, given, all ? info.id : given->device, &results[i]);
        if (status != SABIR_OK) return cli_fail(status, all ? info.id : given->device);
    }
    if (results[0].cases > 0 || results[0].failed > 0) return report(given, results, count);
    fprintf(stderr, "sabir: no case of that name\n");
    return CLI_ERROR;
}

static int run(int argc, char **argv)
{
    arguments given;
    if (!parse(argc, argv, &given)) return cli_misused(&cli_check);
    sabir_context *context;
    uint32_t count = 1;
    sabir_status status = cli_context(&context);
    if (status != SABIR_OK) return cli_fail(status, "context");
    if (strcmp(given.device, "all") == 0) status = sabir_device_count(context, &count);
    conform_result *results = calloc(count, sizeof *results);
    int code = !results ? cli_fail(SABIR_OUT_OF_MEMORY, "results") : status != SABIR_OK ? cli_fail(status, "devices") : check_devices(context, &given, results, count);
    for (uint32_t i = 0; results && i < count; i++) conform_result_free(&results[i]);
    free(results);
    sabir_context_release(context);
    return code;
}

const cli_command cli_check = {"check", "compare every operator on a device with the reference", help, run};
