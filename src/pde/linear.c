/* Solving a linear system, and its derivative: with A x = b and a gradient g of x, A' l = g gives the gradient l of b, and that of a parameter p is
 * - l . dA/dp x. Nothing of the iterations is differentiated. */
#include "linear.h"

#include "sabir/grad.h"

sabir_value sbr_pulled_back(sabir_graph *graph, sabir_value y, sabir_value seed, sabir_value x)
{
    sabir_value grad = sbr_nothing(graph);
    return sabir_vjp(graph, &y, &seed, 1, &x, 1, NULL, &grad) == SABIR_OK ? grad : sbr_nothing(graph);
}

/* ---- A solution held fixed while something else is differentiated ----
 * The gradient of a parameter is wanted at the solution, which depends on it, too; a second derivative does go through the solution. So what stands for
 * the solution lets gradients pass, but for the time of one call. */

typedef struct gate { bool is_closed; } gate; /* kept with the graph */

static sabir_status pass(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                         const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    const gate *g = user;
    (void)graph, (void)inputs, (void)input_count, (void)outputs, (void)output_count;
    if (!g->is_closed) input_grads[0] = output_grads[0];
    return SABIR_OK;
}

sabir_status sbr_partial_vjp(sabir_graph *graph, const sbr_partial *partial, sabir_value x, sabir_value seed, const sabir_value *wrt, uint32_t count,
                             sabir_value *grads)
{
    gate *g = sbr_graph_keep(graph, sizeof *g);
    sabir_value held = sbr_nothing(graph);
    if (!g || sabir_custom_gradient(graph, &x, 1, &x, 1, pass, g, &held) != SABIR_OK) return sabir_graph_status(graph);
    const sabir_value y = partial->function(partial->user, graph, held);
    if (!sbr_is_value(y)) return sabir_graph_status(graph);
    g->is_closed = true;
    const sabir_status status = sabir_vjp(graph, &y, &seed, 1, wrt, count, NULL, grads);
    g->is_closed = false;
    return status;
}

/* What the user's function gave has to be a vector like the one it got. */
static sabir_value checked(const sbr_system *system, sabir_graph *graph, const char *what, sabir_value y, sabir_value x)
{
    if (!sbr_graph_is_open(graph, system->call)) return sbr_nothing(graph);
    const sabir_shape is = sabir_value_shape(y), wanted = sabir_value_shape(x);
    bool equal = y.graph == graph && sabir_value_type(y) == sabir_value_type(x) && is.rank == wanted.rank;
    for (int32_t i = 0; equal && i < is.rank; i++) equal = is.extents[i] == wanted.extents[i];
    if (equal) return y;
    return sbr_refuse(graph, SABIR_INVALID_SHAPE, "%s: what %s gives has to have the type and shape of the vector it is given", system->call, what);
}

static sabir_value applied(const sbr_system *system, sabir_graph *graph, const char *what, sabir_apply_function *function, void *user, sabir_value x)
{
    const sabir_value y = checked(system, graph, what, function(user, graph, x), x);
    return system->transposed && sbr_is_value(y) ? sbr_pulled_back(graph, y, x, x) : y;
}

sabir_value sbr_system_apply(const sbr_system *system, sabir_graph *graph, sabir_value x)
{
    return applied(system, graph, "apply", system->a.apply, system->a.user, x);
}

sabir_value sbr_system_project(const sbr_system *system, sabir_value x)
{
    return system->options.null_axes > 0 ? sabir_remove_mean(x.graph, x, system->options.null_axes) : x;
}

sabir_value sbr_system_precondition(const sbr_system *system, sabir_graph *graph, sabir_value r)
{
    if (!system->options.precondition) return r;
    return sbr_system_project(system, applied(system, graph, "precondition", system->options.precondition, system->options.precondition_user, r));
}

/* ---- The derivative ---- */

static sabir_value run(sbr_system *system, sabir_graph *graph, sabir_value b, sabir_value x0, sabir_solve_report *report);

static sabir_value apply_again(void *user, sabir_graph *graph, sabir_value x) { return sbr_system_apply(user, graph, x); }

static sabir_status adjoint(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                            const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    const sbr_system *system = user;
    (void)outputs, (void)output_count;
    if (!sbr_given(output_grads[0])) return SABIR_OK;
    sbr_system *other = sbr_graph_keep(graph, sizeof *other);
    if (!other) return sabir_graph_status(graph);
    *other = *system;
    other->transposed = system->a.symmetric ? system->transposed : !system->transposed;
    const sabir_value l = run(other, graph, output_grads[0], SABIR_NONE, NULL);
    input_grads[0] = l;
    if (input_count == 1 || !sbr_is_value(l)) return sabir_graph_status(graph);
    return sbr_partial_vjp(graph, &(sbr_partial){apply_again, user}, system->solution, sabir_neg(graph, l), inputs + 1, input_count - 1,
                           input_grads + 1);
}

/* x with the derivative of a solution. Inputs are b and the parameters. */
static sabir_value with_adjoint(sbr_system *system, sabir_graph *graph, sabir_value b, sabir_value x)
{
    const uint32_t count = system->a.parameter_count + 1;
    sabir_value *inputs = sbr_graph_keep(graph, count * sizeof *inputs);
    if (!inputs) return sbr_nothing(graph);
    inputs[0] = b;
    for (uint32_t i = 1; i < count; i++) inputs[i] = system->a.parameters[i - 1];
    sabir_value result = sbr_nothing(graph);
    (void)sabir_custom_gradient(graph, inputs, count, &x, 1, adjoint, system, &result); /* a failure is the graph's */
    system->solution = result;
    return result;
}

/* ---- Solving ---- */

static sabir_value run(sbr_system *system, sabir_graph *graph, sabir_value b, sabir_value x0, sabir_solve_report *report)
{
    const sabir_value right = sbr_system_project(system, b);
    const sabir_value start = sbr_given(x0) ? sbr_system_project(system, x0) : sbr_zeros(b);
    const sabir_value relative = sbr_scaled(sbr_norm(right), system->options.tolerance),
                      threshold = sabir_maximum(graph, relative, sbr_like(b, system->options.absolute));
    if (!sbr_is_value(start) || !sbr_is_value(threshold)) return sbr_nothing(graph);
    const sbr_outcome outcome = system->method(system, graph, right, start, threshold);
    if (!sbr_is_value(outcome.x)) return sbr_nothing(graph);
    const sabir_value x = with_adjoint(system, graph, b, sbr_system_project(system, outcome.x));
    if (!report || !sbr_is_value(x)) return x;
    const sabir_value rest = sabir_sub(graph, right, sbr_system_apply(system, graph, x));
    report->iterations = outcome.iterations;
    report->residual = sabir_stop_gradient(graph, sbr_norm(rest));
    report->converged = sabir_less_equal(graph, outcome.norm, threshold);
    return x;
}

static sabir_status fill_options(const sabir_solve_options *given, sabir_type type, sabir_solve_options *options)
{
    *options = (sabir_solve_options)SABIR_SOLVE_OPTIONS;
    if (given && given->size != sizeof *given)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "options.size is %zu, not sizeof(sabir_solve_options); begin with SABIR_SOLVE_OPTIONS", given->size);
    if (given) *options = *given;
    if (options->most == 0) options->most = 100;
    if (options->tolerance == 0) options->tolerance = sbr_default_tolerance(type);
    if (options->most < 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld iterations at most; 0 stands for 100", (long long)options->most);
    if (options->null_axes < 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "%d null axes; 0 or more", options->null_axes);
    if (options->tolerance > 0 && isfinite(options->tolerance) && options->absolute >= 0) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "tolerances of %g and absolute %g; above 0, and 0 or more", options->tolerance, options->absolute);
}

bool sbr_keep_values(sabir_graph *graph, const char *call, const sabir_value *values, uint32_t count, const sabir_value **kept)
{
    *kept = NULL;
    if (count == 0) return true;
    if (!values) {
        (void)sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "%s: parameters is NULL; there are %u", call, count);
        return false;
    }
    sabir_value *copy = sbr_graph_keep(graph, count * sizeof *copy);
    for (uint32_t i = 0; copy && i < count; i++) {
        if (!sbr_need_field(graph, call, "a parameter", values[i], 0, true)) return false;
        copy[i] = values[i];
    }
    *kept = copy;
    return copy != NULL;
}

sabir_value sbr_solve(sabir_graph *graph, const char *call, sbr_method *method, const sabir_linear_operator *a, sabir_value b, sabir_value x0,
                      const sabir_solve_options *options, sabir_solve_report *report)
{
    if (report) *report = (sabir_solve_report){sbr_nothing(graph), sbr_nothing(graph), sbr_nothing(graph)};
    if (!sbr_need_field(graph, call, "b", b, 0, false) || (sbr_given(x0) && !sbr_need_field(graph, call, "x0", x0, 0, false)))
        return sbr_nothing(graph);
    if (!a || !a->apply) return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "%s: the operator has no apply function", call);
    sbr_system *system = sbr_graph_keep(graph, sizeof *system);
    if (!system) return sbr_nothing(graph);
    *system = (sbr_system){.call = call, .method = method, .a = *a};
    const sabir_status status = fill_options(options, sabir_value_type(b), &system->options);
    if (status != SABIR_OK) return sbr_graph_refuse(graph, sbr_fail(status, "%s: %s", call, sabir_last_message()));
    if (!sbr_keep_values(graph, call, a->parameters, a->parameter_count, &system->a.parameters)) return sbr_nothing(graph);
    if (sbr_given(x0) && !sbr_is_value(checked(system, graph, "x0", x0, b))) return sbr_nothing(graph);
    return run(system, graph, b, x0, report);
}

sabir_value sabir_cg(sabir_graph *graph, const sabir_linear_operator *a, sabir_value b, sabir_value x0, const sabir_solve_options *options,
                     sabir_solve_report *report)
{
    sabir_linear_operator symmetric = {0};
    if (a) {
        symmetric = *a;
        symmetric.symmetric = 1;
    }
    return sbr_solve(graph, "cg", sbr_cg_loop, a ? &symmetric : NULL, b, x0, options, report);
}

sabir_value sabir_bicgstab(sabir_graph *graph, const sabir_linear_operator *a, sabir_value b, sabir_value x0, const sabir_solve_options *options,
                           sabir_solve_report *report)
{
    return sbr_solve(graph, "bicgstab", sbr_bicgstab_loop, a, b, x0, options, report);
}

sabir_value sabir_richardson(sabir_graph *graph, const sabir_linear_operator *a, sabir_value b, sabir_value x0, const sabir_solve_options *options,
                             sabir_solve_report *report)
{
    if (sbr_graph_is_open(graph, "richardson") && (!options || !options->precondition))
        return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "richardson: options.precondition, the step, is missing");
    return sbr_solve(graph, "richardson", sbr_richardson_loop, a, b, x0, options, report);
}
