/* Learning rates by the count of updates, on the device and on the host. */
#include <math.h>

#include "build.h"

static const double pi = 3.14159265358979323846;

static sabir_status check(const sabir_schedule *schedule)
{
    const sabir_schedule *s = schedule;
    if (!s) return sbr_fail(SABIR_INVALID_ARGUMENT, "schedule: it is NULL");
    if ((unsigned)s->kind > SABIR_SCHEDULE_EXPONENTIAL) return sbr_fail(SABIR_INVALID_ARGUMENT, "schedule: %d is no kind", (int)s->kind);
    if (!isfinite(s->rate) || !isfinite(s->floor)) return sbr_fail(SABIR_INVALID_ARGUMENT, "schedule: rate %g and floor %g have to be finite", s->rate, s->floor);
    if (s->warmup < 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "schedule: warmup is %lld and has to be 0 or more", (long long)s->warmup);
    const bool falls = s->kind == SABIR_SCHEDULE_LINEAR || s->kind == SABIR_SCHEDULE_COSINE, decays = s->kind == SABIR_SCHEDULE_STEP || s->kind == SABIR_SCHEDULE_EXPONENTIAL;
    if (falls && s->steps <= s->warmup)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "schedule: steps is %lld and has to be above warmup, %lld", (long long)s->steps, (long long)s->warmup);
    if (decays && (s->steps < 1 || !isfinite(s->factor) || s->factor <= 0))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "schedule: steps is %lld and has to be 1 or more; factor is %g and has to be above 0", (long long)s->steps, s->factor);
    if (s->steps > INT32_MAX || s->warmup > INT32_MAX) return sbr_fail(SABIR_INVALID_ARGUMENT, "schedule: steps and warmup have to be below 2^31");
    return SABIR_OK;
}

static sabir_value after_warmup(sabir_graph *g, const sabir_schedule *s, sabir_value update, sabir_type type)
{
    const sabir_value rate = sabir_number(g, type, s->rate), floor_ = sabir_number(g, type, s->floor);
    if (s->kind == SABIR_SCHEDULE_CONSTANT) return rate;
    const sabir_value t = sabir_maximum(g, sabir_sub(g, update, sabir_number(g, SABIR_I32, (double)s->warmup)), sabir_number(g, SABIR_I32, 0));
    const sabir_value steps = sabir_number(g, type, (double)(s->steps)), real = sabir_cast(g, t, type);
    if (s->kind == SABIR_SCHEDULE_STEP || s->kind == SABIR_SCHEDULE_EXPONENTIAL) {
        const sabir_value whole = sabir_cast(g, sabir_div(g, t, sabir_number(g, SABIR_I32, (double)s->steps)), type);
        const sabir_value power = s->kind == SABIR_SCHEDULE_STEP ? whole : sabir_div(g, real, steps);
        return sabir_maximum(g, floor_, sabir_mul(g, rate, sabir_pow(g, sabir_number(g, type, s->factor), power)));
    }
    const sabir_value way = sabir_minimum(g, sabir_mul(g, real, sabir_number(g, type, 1 / (double)(s->steps - s->warmup))), sabir_number(g, type, 1));
    if (s->kind == SABIR_SCHEDULE_LINEAR) return sabir_add(g, rate, sabir_mul(g, way, sabir_number(g, type, s->floor - s->rate)));
    const sabir_value wave = sabir_add(g, sabir_cos(g, sabir_mul(g, way, sabir_number(g, type, pi))), sabir_number(g, type, 1));
    return sabir_add(g, floor_, sabir_mul(g, wave, sabir_number(g, type, (s->rate - s->floor) / 2)));
}

sabir_value sabir_schedule_value(sabir_graph *graph, const sabir_schedule *schedule, sabir_value update, sabir_type type)
{
    if (!sbr_graph_is_open(graph, "sabir_schedule_value")) return SABIR_NONE;
    if (type != SABIR_F32 && type != SABIR_F64)
        return sbr_graph_refuse(graph, sbr_fail(SABIR_INVALID_TYPE, "schedule: a rate is f32 or f64, not %s", sabir_type_name(type)));
    const sabir_status status = check(schedule);
    if (status != SABIR_OK) return sbr_graph_refuse(graph, status);
    const sabir_value later = after_warmup(graph, schedule, update, type);
    if (schedule->warmup == 0) return later;
    const sabir_value count = sabir_cast(graph, sabir_add(graph, update, sabir_number(graph, SABIR_I32, 1)), type);
    const sabir_value rising = sabir_mul(graph, count, sabir_number(graph, type, schedule->rate / (double)schedule->warmup));
    return sabir_select(graph, sabir_less(graph, update, sabir_number(graph, SABIR_I32, (double)schedule->warmup)), rising, later);
}

double sabir_schedule_at(const sabir_schedule *schedule, int64_t update)
{
    if (check(schedule) != SABIR_OK) return NAN;
    const sabir_schedule *s = schedule;
    if (update < s->warmup) return s->rate * (double)(update + 1) / (double)s->warmup;
    const int64_t t = update - s->warmup;
    const int64_t drops = s->steps ? t / s->steps : 0;
    const double way = fmin((double)t / (double)(s->steps - s->warmup), 1);
    switch (s->kind) {
        case SABIR_SCHEDULE_LINEAR: return s->rate + (s->floor - s->rate) * way;
        case SABIR_SCHEDULE_COSINE: return s->floor + (s->rate - s->floor) / 2 * (1 + cos(pi * way));
        case SABIR_SCHEDULE_STEP: return fmax(s->floor, s->rate * pow(s->factor, (double)drops));
        case SABIR_SCHEDULE_EXPONENTIAL: return fmax(s->floor, s->rate * pow(s->factor, (double)t / (double)s->steps));
        default: return s->rate;
    }
}
