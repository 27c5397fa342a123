/* sabir check: the conformance cases (tests/conform), on the devices of this machine. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "conform/conform.h"

typedef struct check {
    sabir_context *context;
    conform_options options;
    uint32_t random;          /* graphs; 0: cases */
    bool all;                 /* devices */
    bool coverage;            /* by operator too */
    conform_result *results;
    uint32_t count;
} check;

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

static cJSON *json_coverage(const conform_result *result)
{
    cJSON *list = cJSON_CreateArray();
    for (uint32_t i = 0; i < result->coverage_count; i++) {
        const conform_coverage *row = &result->coverage[i];
        cJSON *object = cJSON_CreateObject(), *types = cJSON_AddArrayToObject(object, "types");
        cJSON_AddStringToObject(object, "operator", row->op);
        for (unsigned t = 0; t < SABIR_TYPE_COUNT; t++)
            if (row->types >> t & 1u) cJSON_AddItemToArray(types, cJSON_CreateString(sabir_type_name((sabir_type)t)));
        cJSON_AddNumberToObject(object, "cases", row->cases);
        cJSON_AddNumberToObject(object, "passed", row->passed);
        cJSON_AddNumberToObject(object, "failed", row->failed);
        cJSON_AddNumberToObject(object, "skipped", row->skipped);
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

static cJSON *json_result(const conform_result *result, bool coverage)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "device", result->device);
    cJSON_AddNumberToObject(object, "operators", result->operators);
    cJSON_AddNumberToObject(object, "cases", result->cases);
    cJSON_AddNumberToObject(object, "passed", result->passed);
    cJSON_AddNumberToObject(object, "failed", result->failed);
    cJSON_AddNumberToObject(object, "skipped", result->skipped);
    cJSON_AddNumberToObject(object, "kernels", (double)result->compiled);
    cJSON_AddNumberToObject(object, "seconds", result->seconds);
    cJSON_AddItemToObject(object, "failures", json_notes(&result->failures, "message"));
    cJSON_AddItemToObject(object, "skips", json_notes(&result->skips, "capability"));
    if (coverage) cJSON_AddItemToObject(object, "coverage", json_coverage(result));
    return object;
}

static int print_json(const check *c)
{
    if (!c->all) return cli_print_json(json_result(&c->results[0], c->coverage));
    cJSON *list = cJSON_CreateArray();
    for (uint32_t i = 0; i < c->count; i++) cJSON_AddItemToArray(list, json_result(&c->results[i], c->coverage));
    return cli_print_json(list);
}

static void print_notes(const conform_result *result)
{
    for (uint32_t i = 0; i < result->failures.count; i++)
        printf("%s: FAILED %s: %s\n", result->device, result->failures.items[i].name, result->failures.items[i].message);
    for (uint32_t i = 0; i < result->skips.count; i++)
        printf("%s: skipped %s: %s\n", result->device, result->skips.items[i].name, result->skips.items[i].message);
    if (result->failures.count + result->skips.count) putchar('\n');
}

static void print_coverage(const conform_result *result)
{
    printf("%-16s %6s %6s %6s %7s  %s\n", result->device, "CASES", "PASSED", "FAILED", "SKIPPED", "TYPES THAT PASSED");
    for (uint32_t i = 0; i < result->coverage_count; i++) {
        const conform_coverage *row = &result->coverage[i];
        printf("%-16s %6u %6u %6u %7u ", row->op, row->cases, row->passed, row->failed, row->skipped);
        for (unsigned t = 0; t < SABIR_TYPE_COUNT; t++)
            if (row->types >> t & 1u) printf(" %s", sabir_type_name((sabir_type)t));
        putchar('\n');
    }
    putchar('\n');
}

enum { COLUMNS = 8 };

static int print_table(const check *c)
{
    static const char *const head[COLUMNS] = {"DEVICE", "OPERATORS", "CASES", "PASSED", "FAILED", "SKIPPED", "KERNELS", "SECONDS"};
    typedef struct row_text { char cells[COLUMNS][32]; } row_text;
    const char **cells = calloc((size_t)(c->count + 1) * COLUMNS, sizeof *cells);
    row_text *texts = calloc(c->count, sizeof *texts);
    const bool made = cells && texts;
    for (uint32_t i = 0; made && i < c->count; i++) {
        const conform_result *r = &c->results[i];
        const unsigned long long numbers[] = {r->operators, r->cases, r->passed, r->failed, r->skipped, r->compiled};
        if (c->coverage) print_coverage(r);
        print_notes(r);
        snprintf(texts[i].cells[0], sizeof texts[i].cells[0], "%s", r->device);
        for (int k = 1; k < COLUMNS - 1; k++) snprintf(texts[i].cells[k], sizeof texts[i].cells[k], "%llu", numbers[k - 1]);
        snprintf(texts[i].cells[COLUMNS - 1], sizeof texts[i].cells[0], "%.1f", r->seconds);
        for (int k = 0; k < COLUMNS; k++) cells[(i + 1) * COLUMNS + (uint32_t)k] = texts[i].cells[k];
    }
    for (int k = 0; made && k < COLUMNS; k++) cells[k] = head[k];
    if (made) cli_print_table(cells, (int)c->count + 1, "lrrrrrrr");
    free(texts);
    free(cells);
    return made ? CLI_DONE : cli_fail("no memory for a table of %u devices", c->count);
}

static int report(const check *c, bool json)
{
    bool failed = false, any = false;
    for (uint32_t i = 0; i < c->count; i++) {
        failed = failed || c->results[i].failed > 0;
        any = any || c->results[i].cases > 0;
    }
    if (!any) {
        cli_fail("no case matches '%s'", c->options.filter ? c->options.filter : "");
        return CLI_USAGE;
    }
    const int printed = json ? print_json(c) : print_table(c);
    return printed == CLI_DONE && failed ? CLI_FAILED : printed;
}

/* ---- Running ---- */

static int run_devices(check *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        sabir_device_info info = {.size = sizeof info};
        conform_options options = c->options;
        sabir_status status = c->all ? sabir_device_describe(c->context, i, &info) : SABIR_OK;
        if (c->all) options.device = info.id;
        if (status == SABIR_OK)
            status = c->random ? conform_run_random(c->context, &options, c->random, &c->results[i]) : conform_run(c->context, &options, &c->results[i]);
        cli_progress_end();
        if (status != SABIR_OK) return cli_fail_status(options.device ? options.device : "auto", status);
    }
    return CLI_DONE;
}

static int run_all(check *c, bool json)
{
    c->count = 1;
    const sabir_status status = c->all ? sabir_device_count(c->context, &c->count) : SABIR_OK;
    if (status != SABIR_OK) return cli_fail_status("the devices", status);
    c->results = calloc(c->count, sizeof *c->results);
    if (!c->results) return cli_fail("no memory for %u results", c->count);
    int result = run_devices(c);
    if (result == CLI_DONE) result = report(c, json);
    for (uint32_t i = 0; i < c->count; i++) conform_result_free(&c->results[i]);
    free(c->results);
    return result;
}

/* ---- The command ---- */

static int parse_number(const cli_call *call, const char *name, uint64_t most, uint64_t *number)
{
    const char *text = cli_value(call, name);
    if (!text) return CLI_DONE;
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (errno == 0 && *text >= '0' && *text <= '9' && !*end && *number <= most) return CLI_DONE;
    return cli_usage(call, "--%s: '%s' is no number from 0 to %llu", name, text, (unsigned long long)most);
}

static int parse_specialise(const cli_call *call, sabir_specialise *how)
{
    static const char *const names[] = {[SABIR_SPECIALISE_AUTO] = "auto", [SABIR_SPECIALISE_ALWAYS] = "always", [SABIR_SPECIALISE_NEVER] = "never"};
    const char *text = cli_value(call, "specialise");
    for (unsigned i = 0; text && i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) != 0) continue;
        *how = (sabir_specialise)i;
        return CLI_DONE;
    }
    return text ? cli_usage(call, "--specialise: '%s' is none of auto, always and never", text) : CLI_DONE;
}

static int run(const cli_call *call)
{
    uint64_t seed = 1, random = 0;
    sabir_specialise specialise = SABIR_SPECIALISE_AUTO;
    int result = parse_number(call, "seed", UINT64_MAX / 2, &seed);
    if (result == CLI_DONE) result = parse_specialise(call, &specialise);
    if (result == CLI_DONE) result = parse_number(call, "random", 100000000, &random);
    regex_t filter;
    if (result == CLI_DONE) result = cli_regex(call, "op", &filter); /* tells a mistake in it; the cases compile their own */
    if (result != CLI_DONE) return result;
    regfree(&filter);
    const char *device = cli_value(call, "device");
    check c = {
        .context = cli_context_clamped(cli_value(call, "clamp")),
        .options = {.device = device, .filter = cli_value(call, "op"), .seed = seed, .large = cli_value(call, "large") != NULL,
                    .gradients = cli_value(call, "gradients") != NULL, .specialise = specialise, .progress = cli_progress},
        .random = (uint32_t)random,
        .all = device && strcmp(device, "all") == 0,
        .coverage = cli_value(call, "coverage") != NULL,
    };
    if (!c.context) return CLI_FAILED;
    result = run_all(&c, call->json);
    sabir_context_release(c.context);
    return result;
}

const cli_command cli_check = {
    .name = "check",
    .summary = "compare every operator with the reference",
    .text = "Runs every operator, in every type that it takes and on awkward shapes, on a device and compares the results\n"
            "with the float64 reference. A case is skipped only where the device lacks a capability, which is named.\n"
            "With --gradients the gradients of the cases in f32 and f16 are compared instead; those of the reference itself,\n"
            "first and second order, with differences.\n\n"
            "--json prints {device, operators, cases, passed, failed, skipped, kernels (compiled), seconds,\n"
            "failures: [{name, message}], skips: [{name, capability}]}, with --device all an array of these; with --coverage\n"
            "also coverage: [{operator, types, cases, passed, failed, skipped}].\n"
            "The exit status is 1 if any case failed.\n",
    .options = {
        {"device", "ID", "an id, a stable id, an API, part of a name, auto (default) or all"},
        {"op", "REGEX", "only operators in whose name it is found; with a '/', cases (operator/type/case)"},
        {"coverage", NULL, "also a line for each operator: its cases and the types in which it passed"},
        {"large", NULL, "the cases with tensors of 160 MiB instead of the others"},
        {"gradients", NULL, "gradients of the cases instead of their results"},
        {"random", "N", "N random graphs instead of cases, each compiled in four ways"},
        {"seed", "N", "of the data (default: 1)"},
        {"specialise", "HOW", "kernels made for types and operators: auto (default: where it pays), always, never"},
        {"clamp", "LIST", "as if the device had less: binding=BYTES,shared=BYTES,invocations=N,subgroup=N,no-f64,no-i64,no-addresses,..."},
    },
    .run = run,
};
