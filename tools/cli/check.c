/* sabir check: the conformance cases on the devices of this machine. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "conform/conform.h"

typedef struct arguments {
    const char *device, *filter;
    uint64_t seed;
    uint32_t random;
    bool large, json;
} arguments;

/* Leaves *number where text is NULL. */
static bool parse_number(const char *text, uint64_t most, uint64_t *number)
{
    if (!text) return true;
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && *text >= '0' && *text <= '9' && !*end && *number <= most;
}

static int parse(const cli_call *call, arguments *given)
{
    uint64_t random = 0;
    const char *device = cli_value(call, "device");
    *given = (arguments){.device = device ? device : "auto", .filter = cli_value(call, "op"), .seed = 1, .large = cli_value(call, "large") != NULL,
                         .json = call->json};
    if (!parse_number(cli_value(call, "random"), 100000000, &random)) return cli_usage(call, "--random wants a number up to 100000000");
    if (!parse_number(cli_value(call, "seed"), UINT64_MAX / 2, &given->seed)) return cli_usage(call, "--seed wants a number");
    given->random = (uint32_t)random;
    return CLI_DONE;
}

static sabir_status check_one(sabir_context *context, const arguments *given, const char *device, conform_result *result)
{
    const conform_options options = {.device = device, .filter = given->filter, .seed = given->seed, .large = given->large, .progress = cli_progress};
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

enum { COLUMNS = 8 };

typedef struct row_text { char cells[COLUMNS][24]; } row_text;

static void fill_row(const char **cells, const conform_result *r, row_text *text)
{
    const uint32_t numbers[] = {r->operators, r->cases, r->passed, r->failed, r->skipped};
    cells[0] = r->device;
    for (int i = 0; i < 5; i++) snprintf(text->cells[i + 1], sizeof text->cells[0], "%u", numbers[i]);
    snprintf(text->cells[6], sizeof text->cells[0], "%llu", (unsigned long long)r->compiled);
    snprintf(text->cells[7], sizeof text->cells[0], "%.1f", r->seconds);
    for (int i = 1; i < COLUMNS; i++) cells[i] = text->cells[i];
}

static void print_notes(const conform_result *r)
{
    for (uint32_t i = 0; i < r->failures.count; i++) printf("FAILED %s %s: %s\n", r->device, r->failures.items[i].name, r->failures.items[i].message);
    for (uint32_t i = 0; i < r->skips.count; i++) printf("skipped %s %s: %s\n", r->device, r->skips.items[i].name, r->skips.items[i].message);
}

static int print_table(const conform_result *results, uint32_t count)
{
    static const char *const head[COLUMNS] = {"DEVICE", "OPERATORS", "CASES", "PASSED", "FAILED", "SKIPPED", "COMPILED", "SECONDS"};
    const char **cells = calloc((size_t)(count + 1) * COLUMNS, sizeof *cells);
    row_text *texts = calloc(count, sizeof *texts);
    const bool made = cells && texts;
    for (uint32_t i = 0; i < count; i++) print_notes(&results[i]);
    if (made) {
        for (int i = 0; i < COLUMNS; i++) cells[i] = head[i];
        for (uint32_t i = 0; i < count; i++) fill_row(cells + (size_t)(i + 1) * COLUMNS, &results[i], &texts[i]);
        cli_print_table(cells, (int)count + 1, "lrrrrrrr");
    }
    free(texts);
    free(cells);
    return made ? CLI_DONE : cli_fail("no memory for a table of %u devices", count);
}

static int report(const arguments *given, const conform_result *results, uint32_t count)
{
    bool failed = false;
    int printed;
    for (uint32_t i = 0; i < count; i++) failed = failed || results[i].failed > 0;
    if (!given->json) {
        printed = print_table(results, count);
    } else if (strcmp(given->device, "all") != 0) {
        printed = cli_print_json(json_result(&results[0]));
    } else {
        cJSON *list = cJSON_CreateArray();
        for (uint32_t i = 0; i < count; i++) cJSON_AddItemToArray(list, json_result(&results[i]));
        printed = cli_print_json(list);
    }
    return failed ? CLI_FAILED : printed;
}

/* ---- The command ---- */

static int check_devices(sabir_context *context, const arguments *given, conform_result *results, uint32_t count)
{
    const bool all = strcmp(given->device, "all") == 0;
    for (uint32_t i = 0; i < count; i++) {
        sabir_device_info info = {.size = sizeof info};
        sabir_status status = all ? sabir_device_describe(context, i, &info) : SABIR_OK;
        if (status == SABIR_OK) status = check_one(context, given, all ? info.id : given->device, &results[i]);
        if (status != SABIR_OK) return cli_fail_status(all ? info.id : given->device, status);
    }
    if (results[0].cases > 0 || results[0].failed > 0) return report(given, results, count);
    return cli_fail("no case has a name that '%s' matches", given->filter ? given->filter : "");
}

static int check(sabir_context *context, const arguments *given)
{
    uint32_t count = 1;
    const sabir_status status = strcmp(given->device, "all") == 0 ? sabir_device_count(context, &count) : SABIR_OK;
    if (status != SABIR_OK) return cli_fail_status("the devices cannot be listed", status);
    conform_result *results = calloc(count, sizeof *results);
    if (!results) return cli_fail("no memory for %u results", count);
    const int code = check_devices(context, given, results, count);
    for (uint32_t i = 0; i < count; i++) conform_result_free(&results[i]);
    free(results);
    return code;
}

static int run(const cli_call *call)
{
    arguments given;
    const int parsed = parse(call, &given);
    if (parsed != CLI_DONE) return parsed;
    sabir_context *context = cli_context();
    if (!context) return CLI_FAILED;
    const int code = check(context, &given);
    sabir_context_release(context);
    return code;
}

const cli_command cli_check = {
    .name = "check",
    .summary = "compare every operator on a device with the reference",
    .text = "Runs every operator, in every type and on awkward shapes, on a device and compares with the float64\n"
            "reference. A case is skipped only where the device lacks a capability, which is named.\n"
            "Exit status: 0 all passed, 1 a case failed or the cases could not be run.\n\n"
            "--json prints an object (with --device all an array of them) with device, operators, cases, passed,\n"
            "failed, skipped, seconds, compiled (kernels), failures (name, message) and skips (name, capability).\n",
    .options = {
        {"device", "ID", "a device as sabir devices names it, or all (default: auto)"},
        {"op", "REGEX", "only operators whose name matches; with a '/' in it, cases (operator/type/case)"},
        {"large", NULL, "the cases with tensors of 160 MiB instead of the others"},
        {"random", "N", "N random graphs instead of cases, each compiled in every way"},
        {"seed", "N", "of the data (default: 1)"},
    },
    .run = run,
};
