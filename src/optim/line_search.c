/* Nocedal and Wright, "Numerical Optimization" (2006): algorithm 3.5 finds an interval that holds a good step, 3.6 (zoom) finds the step in it, with
 * the minimum of the cubic through both ends (equation 3.59). */
#include "line_search.h"

#include <math.h>

static sabir_status try_step(sbr_line_search *search, double step, sbr_line_point *point)
{
    search->evaluations++;
    SABIR_TRY(search->evaluate(search->user, step, point));
    point->step = step;
    if (!isfinite(point->loss) || !isfinite(point->slope)) point->loss = INFINITY; /* too far */
    return SABIR_OK;
}

static bool decreases(const sbr_line_search *search, const sbr_line_point *start, const sbr_line_point *point)
{
    return point->loss <= start->loss + search->decrease * point->step * start->slope;
}

static bool is_flat(const sbr_line_search *search, const sbr_line_point *start, const sbr_line_point *point)
{
    return fabs(point->slope) <= -search->curvature * start->slope;
}

/* Where the cubic through a and b is least, at least a tenth of the way from either end; the middle where there is no such place. */
static double between(const sbr_line_point *a, const sbr_line_point *b)
{
    const double low = fmin(a->step, b->step), high = fmax(a->step, b->step), margin = 0.1 * (high - low);
    if (isinf(b->loss) || isinf(a->loss)) return low + 0.5 * (high - low);
    const double d1 = a->slope + b->slope - 3 * (a->loss - b->loss) / (a->step - b->step), square = d1 * d1 - a->slope * b->slope;
    const double d2 = square >= 0 ? copysign(sqrt(square), b->step - a->step) : NAN;
    const double best = b->step - (b->step - a->step) * (b->slope + d2 - d1) / (b->slope - a->slope + 2 * d2);
    if (isnan(best)) return low + 0.5 * (high - low);
    return fmin(fmax(best, low + margin), high - margin);
}

/* low decreases enough and has the least loss of all such so far; the interval from low to high holds a good step. */
static sabir_status zoom(sbr_line_search *search, const sbr_line_point *start, sbr_line_point low, sbr_line_point high, sbr_line_point *found)
{
    while (search->evaluations < search->most && fabs(high.step - low.step) > 1e-14 * fmax(1, low.step)) {
        sbr_line_point point;
        SABIR_TRY(try_step(search, between(&low, &high), &point));
        if (!decreases(search, start, &point) || point.loss >= low.loss) {
            high = point;
            continue;
        }
        if (is_flat(search, start, &point)) {
            *found = point;
            return SABIR_OK;
        }
        if (point.slope * (high.step - low.step) >= 0) high = low;
        low = point;
    }
    *found = low;
    /* The parameters have to stand where the search ends. */
    return low.step > 0 ? try_step(search, low.step, found) : SABIR_OK;
}

sabir_status sbr_line_search_run(sbr_line_search *search, sbr_line_point start, double first, sbr_line_point *found)
{
    sbr_line_point before = start, point;
    *found = start;
    double step = first;
    while (search->evaluations < search->most) {
        SABIR_TRY(try_step(search, step, &point));
        if (!decreases(search, &start, &point) || (before.step > 0 && point.loss >= before.loss)) return zoom(search, &start, before, point, found);
        if (is_flat(search, &start, &point)) {
            *found = point;
            return SABIR_OK;
        }
        if (point.slope >= 0) return zoom(search, &start, point, before, found);
        before = point;
        step *= 2;
    }
    *found = before;
    return SABIR_OK;
}
