/* Steps in time: the classical method of Runge and Kutta, theta methods for linear problems, the implicit midpoint rule. */
#include "linear.h"

/* ---- Explicit ---- */

enum { MOST_VALUES = 32, STAGES = 4 };

void sabir_rk4_step(sabir_graph *graph, sabir_rate_function *rates, void *user, sabir_value t, sabir_value dt, const sabir_value *y, uint32_t count,
                    sabir_value *next)
{
    static const double places[STAGES] = {0, 0.5, 0.5, 1}, weights[STAGES] = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};
    for (uint32_t i = 0; next && i < count; i++) next[i] = sbr_nothing(graph);
    if (!sbr_need_field(graph, "rk4_step", "t", t, 0, true) || !sbr_need_field(graph, "rk4_step", "dt", dt, 0, true)) return;
    if (!rates || !y || !next || count == 0 || count > MOST_VALUES) {
        (void)sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "rk4_step: rates, y and next may not be NULL, and 1 to %d values advance, not %u",
                         MOST_VALUES, count);
        return;
    }
    sabir_value slopes[MOST_VALUES], at[MOST_VALUES], sum[MOST_VALUES];
    for (int stage = 0; stage < STAGES; stage++) {
        const sabir_value ahead = sbr_scaled(dt, places[stage]);
        for (uint32_t i = 0; i < count; i++) at[i] = stage == 0 ? y[i] : sabir_add(graph, y[i], sabir_mul(graph, ahead, slopes[i]));
        for (uint32_t i = 0; i < count; i++) slopes[i] = sbr_nothing(graph);
        rates(user, graph, stage == 0 ? t : sabir_add(graph, t, ahead), at, count, slopes);
        for (uint32_t i = 0; i < count; i++) {
            if (!sbr_need_field(graph, "rk4_step", "a rate", slopes[i], 0, true)) return;
            const sabir_value part = sbr_scaled(slopes[i], weights[stage]);
            sum[i] = stage == 0 ? part : sabir_add(graph, sum[i], part);
        }
    }
    for (uint32_t i = 0; i < count; i++) next[i] = sabir_add(graph, y[i], sabir_mul(graph, dt, sum[i]));
}

/* ---- Theta methods ---- */

typedef struct shifted { sabir_linear_operator a; sabir_value step; } shifted; /* kept with the graph */

/* v - step A v. */
static sabir_value shifted_apply(void *user, sabir_graph *graph, sabir_value v)
{
    const shifted *s = user;
    const sabir_value av = s->a.apply(s->a.user, graph, v);
    return sbr_is_value(av) ? sabir_sub(graph, v, sabir_mul(graph, s->step, av)) : av;
}

/* Parameters of an operator, and one more. */
static const sabir_value *with_one_more(sabir_graph *graph, const sabir_linear_operator *a, sabir_value more)
{
    sabir_value *all = sbr_graph_keep(graph, (a->parameter_count + 1) * sizeof *all);
    if (!all) return NULL;
    all[0] = more;
    for (uint32_t i = 0; i < a->parameter_count; i++) all[i + 1] = a->parameters[i];
    return all;
}

static sabir_value explicit_part(sabir_graph *graph, const sabir_linear_operator *a, sabir_value y, sabir_value source, sabir_value dt, double theta)
{
    sabir_value right = y;
    if (theta < 1) {
        const sabir_value ay = a->apply(a->user, graph, y);
        if (!sbr_need_field(graph, "theta_step", "what apply gives", ay, 0, false)) return sbr_nothing(graph);
        right = sabir_add(graph, right, sabir_mul(graph, sbr_scaled(dt, 1 - theta), ay));
    }
    return sbr_given(source) ? sabir_add(graph, right, sabir_mul(graph, dt, source)) : right;
}

sabir_value sabir_theta_step(sabir_graph *graph, const sabir_linear_operator *a, sabir_value y, sabir_value source, sabir_value dt, double theta,
                             const sabir_solve_options *options, sabir_solve_report *report)
{
    static const char call[] = "theta_step";
    if (report) *report = (sabir_solve_report){sbr_nothing(graph), sbr_nothing(graph), sbr_nothing(graph)};
    if (!sbr_need_field(graph, call, "y", y, 0, false) || !sbr_need_field(graph, call, "dt", dt, 0, false)) return sbr_nothing(graph);
    if (!a || !a->apply || !(theta >= 0 && theta <= 1) || (a->parameter_count && !a->parameters))
        return sbr_refuse(graph, SABIR_INVALID_ARGUMENT,
                          "%s: the operator needs its apply function and parameters, and theta is %g and has to be from 0 to 1", call, theta);
    const sabir_value right = explicit_part(graph, a, y, source, dt, theta);
    if (theta == 0 || !sbr_is_value(right)) {
        if (report && sbr_is_value(right))
            *report = (sabir_solve_report){sabir_number(graph, SABIR_I32, 0), sbr_like(y, 0), sabir_number(graph, SABIR_BOOL, 1)};
        return right;
    }
    shifted *s = sbr_graph_keep(graph, sizeof *s);
    if (!s) return sbr_nothing(graph);
    *s = (shifted){*a, sbr_scaled(dt, theta)};
    const sabir_linear_operator system = {.apply = shifted_apply, .user = s, .parameters = with_one_more(graph, a, s->step),
                                          .parameter_count = a->parameter_count + 1, .symmetric = a->symmetric};
    if (!system.parameters) return sbr_nothing(graph);
    return sbr_solve(graph, call, a->symmetric ? sbr_cg_loop : sbr_bicgstab_loop, &system, right, y, options, report);
}

/* ---- Implicit midpoint ---- */

typedef struct midpoint { sabir_rate_function *rates; void *user; sabir_value t, dt, y; } midpoint; /* kept with the graph */

/* y' - y - dt rate(t + dt / 2, (y + y') / 2). */
static sabir_value midpoint_residual(void *user, sabir_graph *graph, sabir_value next)
{
    const midpoint *m = user;
    const sabir_value middle = sbr_scaled(sabir_add(graph, m->y, next), 0.5), when = sabir_add(graph, m->t, sbr_scaled(m->dt, 0.5));
    sabir_value rate = sbr_nothing(graph);
    m->rates(m->user, graph, when, &middle, 1, &rate);
    if (!sbr_need_field(graph, "midpoint_step", "the rate", rate, 0, false)) return sbr_nothing(graph);
    return sabir_sub(graph, sabir_sub(graph, next, m->y), sabir_mul(graph, m->dt, rate));
}

sabir_value sabir_midpoint_step(sabir_graph *graph, sabir_rate_function *rates, void *user, const sabir_value *parameters, uint32_t parameter_count,
                                sabir_value t, sabir_value dt, sabir_value y, const sabir_newton_options *options, sabir_solve_report *report)
{
    static const char call[] = "midpoint_step";
    enum { OWN = 3 };
    if (report) *report = (sabir_solve_report){sbr_nothing(graph), sbr_nothing(graph), sbr_nothing(graph)};
    if (!sbr_need_field(graph, call, "y", y, 0, false) || !sbr_need_field(graph, call, "t", t, 0, false) ||
        !sbr_need_field(graph, call, "dt", dt, 0, false))
        return sbr_nothing(graph);
    if (!rates || (parameter_count && !parameters)) return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "%s: rates or parameters is NULL", call);
    midpoint *m = sbr_graph_keep(graph, sizeof *m);
    sabir_value *all = sbr_graph_keep(graph, (parameter_count + OWN) * sizeof *all);
    if (!m || !all) return sbr_nothing(graph);
    *m = (midpoint){rates, user, t, dt, y};
    all[0] = y, all[1] = dt, all[2] = t;
    for (uint32_t i = 0; i < parameter_count; i++) all[i + OWN] = parameters[i];
    const sabir_linear_operator residual = {.apply = midpoint_residual, .user = m, .parameters = all, .parameter_count = parameter_count + OWN};
    return sabir_newton(graph, &residual, y, options, report);
}
