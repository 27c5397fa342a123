/* Newton's method. With F(x, p) = 0 and a gradient g of x, (dF/dx)' l = g gives the gradient - l . dF/dp of p. */
#include "linear.h"
#include "sabir/grad.h"

/* Kept with the graph. */
typedef struct newton {
    sabir_linear_operator residual;
    sabir_solve_options steps, adjoint;
    sabir_value solution; /* as its users see it */
} newton;

static sabir_value residual_at(const newton *n, sabir_graph *graph, sabir_value x)
{
    const sabir_value f = n->residual.apply(n->residual.user, graph, x);
    if (!sbr_graph_is_open(graph, "newton")) return sbr_nothing(graph);
    const sabir_shape is = sabir_value_shape(f), wanted = sabir_value_shape(x);
    bool equal = f.graph == graph && sabir_value_type(f) == sabir_value_type(x) && is.rank == wanted.rank;
    for (int32_t i = 0; equal && i < is.rank; i++) equal = is.extents[i] == wanted.extents[i];
    return equal ? f : sbr_refuse(graph, SABIR_INVALID_SHAPE, "newton: the residual has to have the type and shape of x");
}

/* ---- The Jacobian at a point, kept with the graph, as linear operators ---- */

typedef struct jacobian { const newton *n; sabir_value at; } jacobian;

static sabir_value forwards(void *user, sabir_graph *graph, sabir_value v)
{
    const jacobian *j = user;
    const sabir_value f = residual_at(j->n, graph, j->at);
    sabir_value product = sbr_nothing(graph);
    if (sbr_is_value(f)) (void)sabir_jvp(graph, &f, 1, &j->at, &v, 1, &product); /* a failure is the graph's */
    return product;
}

static sabir_value backwards(void *user, sabir_graph *graph, sabir_value v)
{
    const jacobian *j = user;
    const sabir_value f = residual_at(j->n, graph, j->at);
    return sbr_is_value(f) ? sbr_pulled_back(graph, f, v, j->at) : f;
}

static jacobian *jacobian_at(const newton *n, sabir_graph *graph, sabir_value x)
{
    jacobian *j = sbr_graph_keep(graph, sizeof *j);
    if (j) *j = (jacobian){n, x};
    return j;
}

static sabir_value residual_again(void *user, sabir_graph *graph, sabir_value x) { return residual_at(user, graph, x); }

static sabir_status adjoint(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                            const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    const newton *n = user;
    (void)outputs, (void)output_count;
    if (!sbr_given(output_grads[0])) return SABIR_OK;
    jacobian *j = jacobian_at(n, graph, n->solution);
    sabir_value *parameters = sbr_graph_keep(graph, (input_count + 1) * sizeof *parameters);
    if (!j || !parameters) return sabir_graph_status(graph);
    parameters[0] = n->solution;
    for (uint32_t i = 0; i < input_count; i++) parameters[i + 1] = inputs[i];
    const sabir_linear_operator transposed = {.apply = backwards, .user = j, .parameters = parameters, .parameter_count = input_count + 1};
    const sabir_value l = sabir_bicgstab(graph, &transposed, output_grads[0], SABIR_NONE, &n->adjoint, NULL);
    if (!sbr_is_value(l)) return sabir_graph_status(graph);
    return sbr_partial_vjp(graph, &(sbr_partial){residual_again, user}, n->solution, sabir_neg(graph, l), inputs, input_count, input_grads);
}

/* ---- The iteration ---- */

typedef struct iteration { int64_t most; double tolerance, absolute; } iteration;

static sbr_outcome iterate(const newton *n, sabir_graph *graph, const iteration *with, sabir_value x0, sabir_value *threshold)
{
    enum { X, F, NORM, CARRIED };
    sabir_value in[CARRIED], out[CARRIED], next[CARRIED];
    const sabir_value f0 = residual_at(n, graph, x0);
    if (!sbr_is_value(f0)) return (sbr_outcome){.x = f0};
    const sabir_value norm0 = sbr_norm(f0);
    *threshold = sabir_maximum(graph, sbr_scaled(norm0, with->tolerance), sbr_like(x0, with->absolute));
    sabir_loop_begin(graph, with->most, (sabir_value[]){x0, f0, norm0}, CARRIED, in);
    jacobian *j = jacobian_at(n, graph, in[X]);
    if (!j) return (sbr_outcome){.x = sbr_nothing(graph)};
    const sabir_linear_operator a = {.apply = forwards, .user = j};
    const sabir_value step = sabir_bicgstab(graph, &a, in[F], SABIR_NONE, &n->steps, NULL);
    next[X] = sabir_sub(graph, in[X], step);
    next[F] = sbr_is_value(next[X]) ? residual_at(n, graph, next[X]) : next[X];
    if (!sbr_is_value(next[F])) return (sbr_outcome){.x = next[F]};
    next[NORM] = sbr_norm(next[F]);
    const sabir_value count = sabir_loop_end(graph, next, CARRIED, sabir_greater(graph, next[NORM], *threshold), out);
    return (sbr_outcome){out[X], count, out[NORM]};
}

static sabir_status fill_options(const sabir_newton_options *given, sabir_type type, newton *n, iteration *with)
{
    const sabir_newton_options options = given ? *given : (sabir_newton_options)SABIR_NEWTON_OPTIONS;
    if (options.size != sizeof options)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "options.size is %zu, not sizeof(sabir_newton_options); begin with SABIR_NEWTON_OPTIONS", options.size);
    if (options.most < 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "%lld steps at most; 0 stands for 8", (long long)options.most);
    *with = (iteration){options.most ? options.most : 8, options.tolerance == 0 ? sbr_default_tolerance(type) : options.tolerance, options.absolute};
    n->steps = n->adjoint = options.linear;
    if (options.linear.most == 0) n->steps.most = 30;
    if (options.linear.tolerance == 0) n->steps.tolerance = 1e-3;
    if (with->tolerance > 0 && isfinite(with->tolerance) && with->absolute >= 0) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "tolerances of %g and absolute %g; above 0, and 0 or more", with->tolerance, with->absolute);
}

sabir_value sabir_newton(sabir_graph *graph, const sabir_linear_operator *residual, sabir_value x0, const sabir_newton_options *options,
                         sabir_solve_report *report)
{
    if (report) *report = (sabir_solve_report){sbr_nothing(graph), sbr_nothing(graph), sbr_nothing(graph)};
    if (!sbr_need_field(graph, "newton", "x0", x0, 0, false)) return sbr_nothing(graph);
    if (!residual || !residual->apply) return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "newton: there is no residual function");
    newton *n = sbr_graph_keep(graph, sizeof *n);
    if (!n) return sbr_nothing(graph);
    n->residual = *residual;
    iteration with = {0};
    const sabir_status status = fill_options(options, sabir_value_type(x0), n, &with);
    if (status != SABIR_OK) return sbr_graph_refuse(graph, sbr_fail(status, "newton: %s", sabir_last_message()));
    if (!sbr_keep_values(graph, "newton", residual->parameters, residual->parameter_count, &n->residual.parameters)) return sbr_nothing(graph);
    sabir_value threshold = sbr_nothing(graph);
    const sbr_outcome outcome = iterate(n, graph, &with, x0, &threshold);
    if (!sbr_is_value(outcome.x)) return outcome.x;
    n->solution = outcome.x;
    if (residual->parameter_count > 0)
        (void)sabir_custom_gradient(graph, n->residual.parameters, residual->parameter_count, &outcome.x, 1, adjoint, n, &n->solution);
    else n->solution = sabir_stop_gradient(graph, outcome.x);
    if (!report || !sbr_is_value(n->solution)) return n->solution;
    *report = (sabir_solve_report){outcome.iterations, sabir_stop_gradient(graph, outcome.norm), sabir_less_equal(graph, outcome.norm, threshold)};
    return n->solution;
}
