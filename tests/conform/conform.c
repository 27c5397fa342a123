/* The list of cases, from the operator table, and the walk over it. */
#include "conform.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "elementwise.h"
#include "fused.h"
#include "gradient.h"
#include "large.h"
#include "plan.h"
#include "random.h"

/* ---- The table ---- */

#define EW(name, inputs, class, result, expression, tolerance, text)
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) void conform_cases_##name(conform_list *list);
#include "graph/ops.def"

typedef struct table_row { const char *name; double tolerance; void (*cases)(conform_list *list); } table_row;

static const table_row table[] = {
#define EW(name, inputs, class, result, expression, tolerance, text) {#name, tolerance, conform_cases_elementwise},
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) {#name, tolerance, conform_cases_##name},
#include "graph/ops.def"
};

static conform_case *grow(conform_list *list)
{
    if (list->status != SABIR_OK) return NULL;
    if (list->count == list->capacity) {
        const uint32_t capacity = list->capacity ? 2 * list->capacity : 256;
        conform_case *cases = realloc(list->cases, capacity * sizeof *cases);
        if (!cases) {
            list->status = SABIR_OUT_OF_MEMORY;
            return NULL;
        }
        list->cases = cases;
        list->capacity = capacity;
    }
    return &list->cases[list->count++];
}

void conform_add(conform_list *list, unsigned types, const char *detail, conform_builder *build, int variant)
{
    for (int type = 0; type < SABIR_TYPE_COUNT; type++) {
        conform_case *one = types & 1u << type ? grow(list) : NULL;
        if (one) *one = (conform_case){.op = list->op, .detail = detail, .type = (sabir_type)type, .variant = variant, .build = build, .tolerance = list->tolerance};
    }
}

void conform_add_large(conform_list *list, const char *detail, conform_builder *build)
{
    const uint32_t first = list->count;
    conform_add(list, OF(F32), detail, build, 0);
    if (list->count > first) list->cases[first].large = true;
}

/* ---- The walk ---- */

typedef struct filter { regex_t pattern; bool given, of_cases; } filter;

static void case_name(const conform_case *one, char *name, size_t room)
{
    snprintf(name, room, "%s/%s/%s", one->op, sabir_type_name(one->type), one->detail);
}

/* Of those types the first in which this way to build a graph is listed. */
static bool is_first_type(const conform_list *list, uint32_t i, unsigned types)
{
    const conform_case *one = &list->cases[i], *before = one - 1;
    return i == 0 || before->op != one->op || before->detail != one->detail || before->variant != one->variant || !(types & 1u << before->type);
}

/* Differences are taken once for each way to build a graph, whatever the float types in which it is listed; devices compute f32 and f16. */
static bool has_gradient(const conform_list *list, uint32_t i, bool on_device)
{
    const sabir_type type = list->cases[i].type;
    if (on_device) return type == SABIR_F32 || type == SABIR_F16;
    return FLOATS & 1u << type && is_first_type(list, i, FLOATS);
}

static bool matches(const filter *wanted, const conform_case *one)
{
    char name[128];
    if (!wanted->given) return true;
    case_name(one, name, sizeof name);
    return regexec(&wanted->pattern, wanted->of_cases ? name : one->op, 0, NULL, 0) == 0;
}

static bool selected(const conform_session *session, const filter *wanted, const conform_list *list, uint32_t i, const conform_options *options)
{
    const conform_case *one = &list->cases[i];
    if (one->large != (options->large != 0)) return false;
    if (session->gradients && !has_gradient(list, i, !session->is_reference)) return false;
    if (options->one_type && !is_first_type(list, i, ~0u)) return false;
    if (options->every && one->number % options->every != 0) return false;
    return matches(wanted, one);
}

sabir_status conform_note_add(conform_notes *notes, const char *name, const char *message)
{
    if (notes->count == notes->capacity) {
        const uint32_t capacity = notes->capacity ? 2 * notes->capacity : 16;
        conform_note *items = realloc(notes->items, capacity * sizeof *items);
        if (!items) return SABIR_OUT_OF_MEMORY;
        notes->items = items;
        notes->capacity = capacity;
    }
    conform_note *note = &notes->items[notes->count];
    const size_t name_size = strlen(name) + 1, message_size = strlen(message) + 1;
    note->name = malloc(name_size + message_size);
    if (!note->name) return SABIR_OUT_OF_MEMORY;
    note->message = memcpy(note->name + name_size, message, message_size);
    memcpy(note->name, name, name_size);
    notes->count++;
    return SABIR_OK;
}

/* All cases; an operator without any is a failure. */
static sabir_status list_cases(conform_list *list, conform_result *result)
{
    for (uint32_t i = 0; i < COUNT_OF(table) && list->status == SABIR_OK; i++) {
        const uint32_t before = list->count;
        list->op = table[i].name;
        list->tolerance = table[i].tolerance;
        table[i].cases(list);
        const bool any = list->count > before;
        conform_cases_fused(list);
        conform_cases_large(list);
        for (uint32_t j = before; j < list->count; j++) list->cases[j].number = j - before;
        if (list->status != SABIR_OK || any) continue;
        result->failed++;
        list->status = conform_note_add(&result->failures, table[i].name, "the operator has no cases");
    }
    return list->status;
}

/* The row of the case's operator, the last one or a new one. */
static conform_coverage *coverage_of(conform_result *result, const char *op)
{
    const uint32_t count = result->coverage_count;
    if (count && strcmp(result->coverage[count - 1].op, op) == 0) return &result->coverage[count - 1];
    conform_coverage *rows = realloc(result->coverage, (count + 1) * sizeof *rows);
    if (!rows) return NULL;
    result->coverage = rows;
    result->coverage_count++;
    rows[count] = (conform_coverage){.op = op};
    return &rows[count];
}

static sabir_status run_case(conform_session *session, const conform_case *one, const char *name)
{
    conform_result *result = session->result;
    const uint32_t passed = result->passed, failed = result->failed, skipped = result->skipped;
    conform_coverage *row = coverage_of(result, one->op);
    if (!row) return SABIR_OUT_OF_MEMORY;
    bool moves = false;
    const sabir_status status = session->gradients ? conform_run_gradient(session, one, name, &moves) : conform_run_case(session, one, name);
    row->cases++;
    row->moving += moves;
    row->passed += result->passed - passed;
    row->failed += result->failed - failed;
    row->skipped += result->skipped - skipped;
    if (result->passed > passed) row->types |= 1u << one->type;
    return status;
}

static sabir_status walk(conform_session *session, const conform_list *list, const filter *wanted, const conform_options *options)
{
    conform_result *result = session->result;
    const char *last = "";
    for (uint32_t i = 0; i < list->count; i++) {
        if (!selected(session, wanted, list, i, options)) continue;
        result->cases++;
        result->operators += strcmp(last, list->cases[i].op) != 0;
        last = list->cases[i].op;
    }
    for (uint32_t i = 0, done = 0; i < list->count; i++) {
        char name[128];
        if (!selected(session, wanted, list, i, options)) continue;
        case_name(&list->cases[i], name, sizeof name);
        if (options->progress) options->progress(options->user, done, result->cases, name);
        done++;
        const sabir_status status = run_case(session, &list->cases[i], name);
        if (status != SABIR_OK) return status;
    }
    return SABIR_OK;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static sabir_status open_session(sabir_context *context, const conform_options *options, conform_result *result, conform_session *session)
{
    *session = (conform_session){.context = context, .seed = options->seed, .gradients = options->gradients != 0, .unfused = options->unfused != 0, 
                                  .specialise = options->specialise, .result = result};
    sabir_device_info info = {.size = sizeof info};
    sabir_status status = sabir_device_open(context, options->device, &session->device);
    if (status == SABIR_OK) status = sabir_device_info_of(session->device, &info);
    if (status == SABIR_OK) status = sabir_device_open(context, "reference", &session->reference);
    session->is_reference = strcmp(info.api, "reference") == 0;
    memcpy(result->device, info.id, sizeof result->device);
    return status;
}

static void close_session(conform_session *session)
{
    sabir_device_release(session->device);
    sabir_device_release(session->reference);
}

sabir_status conform_run(sabir_context *context, const conform_options *options, conform_result *result)
{
    *result = (conform_result){0};
    conform_session session;
    conform_list list = {0};
    filter wanted = {.given = options->filter != NULL, .of_cases = options->filter && strchr(options->filter, '/')};
    const double start = now();
    if (wanted.given && regcomp(&wanted.pattern, options->filter, REG_EXTENDED | REG_NOSUB) != 0) return SABIR_INVALID_ARGUMENT;
    sabir_status status = open_session(context, options, result, &session);
    if (status == SABIR_OK) status = list_cases(&list, result);
    if (status == SABIR_OK) status = walk(&session, &list, &wanted, options);
    close_session(&session);
    free(list.cases);
    if (wanted.given) regfree(&wanted.pattern);
    result->seconds = now() - start;
    return status;
}

/* ---- Random graphs ---- */

static const struct { const char *name; bool fused, no_simplify, unplanned; } ways[] = {
    {"plain", true, false, false}, {"unfused", false, false, false}, {"unplanned", true, false, true}, {"unsimplified", false, true, false},
};

static sabir_status run_random(conform_session *session, const conform_options *options, uint32_t graph)
{
    const uint64_t seed = options->seed + graph;
    char name[64];
    snprintf(name, sizeof name, "random/%llu", (unsigned long long)seed);
    if (options->progress) options->progress(options->user, graph * COUNT_OF(ways), session->result->cases, name);
    for (uint32_t way = 0; way < COUNT_OF(ways); way++) {
        const conform_case one = {.op = "random graph", .detail = ways[way].name, .data = &seed, .build = conform_build_random, .fused = ways[way].fused,
                                  .no_simplify = ways[way].no_simplify, .unplanned = ways[way].unplanned, .tolerance = CONFORM_RANDOM_TOLERANCE};
        snprintf(name, sizeof name, "random/%llu/%s", (unsigned long long)seed, ways[way].name);
        const sabir_status status = conform_run_case(session, &one, name);
        if (status != SABIR_OK) return status;
    }
    return SABIR_OK;
}

sabir_status conform_run_random(sabir_context *context, const conform_options *options, uint32_t count, conform_result *result)
{
    *result = (conform_result){.cases = count * COUNT_OF(ways)};
    conform_session session;
    const double start = now();
    sabir_status status = open_session(context, options, result, &session);
    for (uint32_t i = 0; i < count && status == SABIR_OK; i++) status = run_random(&session, options, i);
    close_session(&session);
    result->seconds = now() - start;
    return status;
}

static void free_notes(conform_notes *notes)
{
    for (uint32_t i = 0; i < notes->count; i++) free(notes->items[i].name);
    free(notes->items);
}

void conform_result_free(conform_result *result)
{
    free_notes(&result->failures);
    free_notes(&result->skips);
    free(result->coverage);
    *result = (conform_result){0};
}
