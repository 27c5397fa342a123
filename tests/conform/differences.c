/* Gradients against central differences along one random direction, all moved leaves at once. With f = sum of w . y and s = sum of r . g:
 * df/dx = g, df/dw = y, ds = h. Two steps, extrapolated: the error is of the fourth order in the step. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "gradient.h"

#define STEP_SIZE 1e-4
#define EIGHTH 0.125
#define TOLERANCE 1e-7
#define ROUNDING 1e-10 /* of the sums whose difference is taken */
enum { MOST_DRAWS = 8 };

typedef struct total { double sum, size, squares; } total; /* size: sum of the terms' magnitudes; squares: of their squares */
typedef struct both { total f, s; } both;

/* Value i of set s times numbers. */
static sabir_status add_dot(const conform_half *half, uint32_t s, uint32_t i, const double *numbers, total *to, bool *moves)
{
    double *elements;
    int64_t count;
    CONFORM_STEP(conform_gradient_read(half, s, i, &elements, &count));
    for (int64_t k = 0; k < count; k++) {
        if (s == 0 && !isfinite(elements[k])) continue; /* the largest of nothing */
        to->sum += elements[k] * numbers[k];
        to->size += fabs(elements[k] * numbers[k]);
        to->squares += elements[k] * numbers[k] * elements[k] * numbers[k];
        if (moves) *moves = *moves || elements[k] != 0;
    }
    free(elements);
    return SABIR_OK;
}

/* Seeds r are the last leaves. */
static const conform_leaf *seed_of_g(const conform_gradient *t, uint32_t i) { return &t->leaves[t->leaf_count - t->sets[1].count + i]; }
static const conform_leaf *seed_of_y(const conform_gradient *t, uint32_t k) { return &t->leaves[t->moved[t->moved_operands + k]]; }

static sabir_status sums_at(conform_gradient *t, conform_half *half, uint32_t round, double step, both *sums)
{
    *sums = (both){0};
    CONFORM_STEP(conform_gradient_run(t, half, round, step));
    for (uint32_t k = 0; k < t->sets[0].count; k++) CONFORM_STEP(add_dot(half, 0, k, seed_of_y(t, k)->data, &sums->f, NULL));
    for (uint32_t i = 0; i < t->sets[1].count; i++) CONFORM_STEP(add_dot(half, 1, i, seed_of_g(t, i)->data, &sums->s, NULL));
    return SABIR_OK;
}

/* What the gradients say of the direction. */
static sabir_status predict(conform_gradient *t, conform_half *whole, uint32_t round, both *slopes)
{
    *slopes = (both){0};
    CONFORM_STEP(conform_gradient_run(t, whole, round, 0));
    for (uint32_t i = 0; i < t->moved_count; i++) {
        const double *direction = t->leaves[t->moved[i]].direction;
        const bool is_operand = i < t->moved_operands;
        if (t->only >= 0 && t->only != (int32_t)t->moved[i]) continue;
        CONFORM_STEP(add_dot(whole, is_operand ? 1 : 0, is_operand ? i : i - t->moved_operands, direction, &slopes->f, is_operand ? &t->moves : NULL));
        CONFORM_STEP(add_dot(whole, 2, i, direction, &slopes->s, NULL));
    }
    return SABIR_OK;
}

/* Slopes by differences over steps of size and half of it. rounding: what may be lost of them. */
static sabir_status measure(conform_gradient *t, conform_half *half, uint32_t round, double size, both *slopes, both *rounding)
{
    both of[2], ahead, behind;
    for (int k = 0; k < 2; k++) {
        const double step = k && !t->is_exact ? size / 2 : size;
        CONFORM_STEP(sums_at(t, half, round, step, &ahead));
        CONFORM_STEP(sums_at(t, half, round, -step, &behind));
        of[k].f.sum = (ahead.f.sum - behind.f.sum) / (2 * step);
        of[k].s.sum = (ahead.s.sum - behind.s.sum) / (2 * step);
    }
    slopes->f.sum = (4 * of[1].f.sum - of[0].f.sum) / 3;
    slopes->s.sum = (4 * of[1].s.sum - of[0].s.sum) / 3;
    rounding->f.sum = ROUNDING * ahead.f.size;
    rounding->s.sum = ROUNDING * ahead.s.size;
    return SABIR_OK;
}

static bool is_near(const total *got, const total *want, const total *rounding)
{
    return fabs(got->sum - want->sum) <= TOLERANCE * sqrt(want->squares) + rounding->sum;
}

typedef enum verdict { AGREES, DIFFERS, IS_ROUGH } verdict; /* IS_ROUGH: no slope is to be had here, near a kink */

static verdict judge(const total *got, const total *finer, const total *want, const total *rounding)
{
    if (is_near(finer, want, rounding)) return AGREES;
    const total apart = {.sum = finer->sum, .squares = want->squares};
    return is_near(got, &apart, rounding) ? DIFFERS : IS_ROUGH;
}

static sabir_status compare(conform_gradient *t, conform_half *half, conform_half *whole, uint32_t round, verdict *found)
{
    const double size = t->is_exact ? EIGHTH : STEP_SIZE;
    both want, got, finer, rounding;
    *found = AGREES;
    CONFORM_STEP(predict(t, whole, round, &want));
    CONFORM_STEP(measure(t, half, round, size, &got, &rounding));
    if (is_near(&got.f, &want.f, &rounding.f) && is_near(&got.s, &want.s, &rounding.s)) return SABIR_OK;
    CONFORM_STEP(measure(t, half, round, t->is_exact ? size : size / 2, &finer, &rounding));
    const verdict first = judge(&got.f, &finer.f, &want.f, &rounding.f), second = judge(&got.s, &finer.s, &want.s, &rounding.s);
    *found = first == IS_ROUGH || second == IS_ROUGH ? IS_ROUGH : first != AGREES ? first : second;
    if (*found == AGREES) return SABIR_OK;
    const bool of_f = first != AGREES;
    snprintf(t->message, sizeof t->message, "%s order, run %u of %u, %s: %.12g by differences, %.12g by gradients (sizes %.3g)", of_f ? "first" : "second",
             round + 1, t->plan.rounds, t->only < 0 ? "all operands" : t->leaves[t->only].name, of_f ? finer.f.sum : finer.s.sum,
             of_f ? want.f.sum : want.s.sum, of_f ? want.f.size : want.s.size);
    return SABIR_OK;
}

/* Which operand it is: the first that differs when it moves alone. */
static sabir_status locate(conform_gradient *t, conform_half *half, conform_half *whole, uint32_t round)
{
    verdict found = AGREES;
    for (uint32_t i = 0; i < t->moved_count && found != DIFFERS; i++) {
        t->only = (int32_t)t->moved[i];
        CONFORM_STEP(compare(t, half, whole, round, &found));
    }
    t->only = -1;
    return SABIR_OK;
}

static sabir_status check_round(conform_gradient *t, conform_half *half, conform_half *whole, uint32_t round)
{
    verdict found = IS_ROUGH;
    for (uint32_t draw = 0; draw < MOST_DRAWS && found == IS_ROUGH; draw++) {
        t->where = "drawing";
        CONFORM_STEP(conform_gradient_fill(t, whole, round, draw));
        t->where = "running";
        CONFORM_STEP(compare(t, half, whole, round, &found));
    }
    t->differs = found != AGREES;
    return found == DIFFERS ? locate(t, half, whole, round) : SABIR_OK;
}

static sabir_status check(conform_gradient *t, conform_half *half, conform_half *whole)
{
    t->where = "compiling";
    CONFORM_STEP(conform_gradient_compile(t, half, t->session->reference, 2));
    CONFORM_STEP(conform_gradient_compile(t, whole, t->session->reference, 3));
    for (uint32_t round = 0; round < t->plan.rounds && !t->differs; round++) CONFORM_STEP(check_round(t, half, whole, round));
    return SABIR_OK;
}

sabir_status conform_check_differences(conform_gradient *t)
{
    conform_half *halves = calloc(2, sizeof *halves);
    if (!halves) return SABIR_OUT_OF_MEMORY;
    const sabir_status status = check(t, &halves[0], &halves[1]);
    conform_half_free(&halves[0]);
    conform_half_free(&halves[1]);
    free(halves);
    return status;
}
