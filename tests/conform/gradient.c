/* A case's gradients: by differences on the reference, else on the device against the reference. */
#include "gradient.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"

/* ---- A device against the reference ---- */

/* Gradients are made of several operators, and those of 16 bits are rounded between: against the largest element of each. */
static double room_for(const conform_gradient *t)
{
    const double tolerance = fmax(8 * t->of->tolerance, 1e-5);
    return t->type == SABIR_F16 ? tolerance + 0x1p-7 : t->type == SABIR_BF16 ? tolerance + 0x1p-4 : tolerance;
}

/* Value i of g. */
static sabir_status compare(conform_gradient *t, conform_half *tested, conform_half *expected, uint32_t i, uint32_t round)
{
    double *got = NULL, *want = NULL, largest = 1;
    int64_t count = 0, other = 0, worst = -1;
    sabir_status status = conform_gradient_read(tested, 1, i, &got, &count);
    if (status == SABIR_OK) status = conform_gradient_read(expected, 1, i, &want, &other);
    for (int64_t k = 0; k < count && status == SABIR_OK; k++) {
        largest = fmax(largest, fabs(want[k]));
        t->moves = t->moves || want[k] != 0;
    }
    for (int64_t k = 0; k < count && status == SABIR_OK; k++) {
        if (fabs(got[k] - want[k]) <= room_for(t) * largest) continue;
        if (worst < 0 || fabs(got[k] - want[k]) > fabs(got[worst] - want[worst])) worst = k;
    }
    if (worst >= 0 || (status == SABIR_OK && count != other)) {
        t->differs = true;
        snprintf(t->message, sizeof t->message, "run %u of %u, gradient in %s: element %lld of %lld is %.9g, not %.9g (tolerance %g of %.3g)",
                 round + 1, t->plan.rounds, t->leaves[t->moved[i]].name, (long long)worst, (long long)count, worst < 0 ? 0 : got[worst], worst < 0 ? 0 : want[worst], room_for(t), largest);
    }
    free(got);
    free(want);
    return status;
}

static sabir_status check_halves(conform_gradient *t, conform_half *tested, conform_half *expected)
{
    t->where = "compiling";
    const sabir_status compiled = conform_gradient_compile(t, tested, t->session->device, 2);
    t->unsupported = compiled == SABIR_UNSUPPORTED;
    CONFORM_STEP(compiled);
    t->where = "compiling for the reference";
    CONFORM_STEP(conform_gradient_compile(t, expected, t->session->reference, 2));
    for (uint32_t round = 0; round < t->plan.rounds && !t->differs; round++) {
        t->where = "binding";
        conform_half_unbind(t, tested);
        CONFORM_STEP(conform_gradient_fill(t, expected, round, 0));
        t->where = "running on the reference";
        CONFORM_STEP(conform_gradient_run(t, expected, round, 0));
        t->where = "running";
        CONFORM_STEP(conform_gradient_run(t, tested, round, 0));
        t->where = "reading";
        for (uint32_t i = 0; i < t->sets[1].count && !t->differs; i++) CONFORM_STEP(compare(t, tested, expected, i, round));
    }
    return SABIR_OK;
}

static void count_work(conform_result *result, const conform_half *half)
{
    sabir_counters counters = {.size = sizeof counters};
    if (!half->program || sabir_program_counters(half->program, &counters) != SABIR_OK) return;
    result->launches += counters.launches;
    result->compiled += counters.compiled;
}

static sabir_status check_device(conform_gradient *t)
{
    conform_half *halves = calloc(2, sizeof *halves);
    if (!halves) return SABIR_OUT_OF_MEMORY;
    const sabir_status status = check_halves(t, &halves[0], &halves[1]);
    count_work(t->session->result, &halves[0]);
    conform_half_free(&halves[0]);
    conform_half_free(&halves[1]);
    free(halves);
    return status;
}

/* ---- The verdict ---- */

static sabir_status finish(conform_gradient *t, const char *name, sabir_status status)
{
    conform_result *result = t->session->result;
    if (t->unsupported) {
        result->skipped++;
        return conform_note_add(&result->skips, name, sabir_last_message());
    }
    if (status != SABIR_OK) snprintf(t->message, sizeof t->message, "%s: %s: %s", t->where, sabir_status_name(status), sabir_last_message());
    if (t->plan.overflow) snprintf(t->message, sizeof t->message, "the case has too many %s", t->plan.overflow);
    if (status == SABIR_OK && !t->differs && !t->plan.overflow) {
        result->passed++;
        return SABIR_OK;
    }
    result->failed++;
    return conform_note_add(&result->failures, name, t->message);
}

/* Whether the gradient is meant to be one. */
static bool is_derivative(const conform_case *one) { return strcmp(one->op, "stop_gradient") != 0 && strcmp(one->op, "custom_gradient") != 0; }

static sabir_status check(conform_gradient *t)
{
    const bool is_reference = t->session->is_reference;
    t->where = "building";
    CONFORM_STEP(conform_gradient_build(t, is_reference ? SABIR_F64 : t->of->type, is_reference));
    if (t->sets[0].count == 0 || (is_reference && !is_derivative(t->of))) return SABIR_OK;
    return is_reference ? conform_check_differences(t) : check_device(t);
}

sabir_status conform_run_gradient(conform_session *session, const conform_case *one, const char *name, bool *moves)
{
    conform_gradient *t = calloc(1, sizeof *t);
    if (!t) return SABIR_OUT_OF_MEMORY;
    *t = (conform_gradient){.session = session, .of = one, .seed = conform_hash(session->seed, name),
                            .is_exact = session->is_reference && strcmp(one->op, "cast") == 0};
    const sabir_status status = check(t);
    *moves = t->moves;
    const sabir_status noted = finish(t, name, status);
    conform_gradient_free(t);
    free(t);
    return noted;
}
