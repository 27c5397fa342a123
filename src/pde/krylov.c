/* The loops of conjugate gradients, BiCGStab and Richardson's iteration. Quotients whose divisor is 0 are 0: a loop that starts at the solution stays there. */
#include "linear.h"

static sabir_value plus(sabir_value x, sabir_value factor, sabir_value y) { return sabir_add(x.graph, x, sabir_mul(x.graph, factor, y)); }
static sabir_value minus(sabir_value x, sabir_value factor, sabir_value y) { return sabir_sub(x.graph, x, sabir_mul(x.graph, factor, y)); }

static sabir_value first_residual(const sbr_system *system, sabir_graph *graph, sabir_value b, sabir_value x0)
{
    return sabir_sub(graph, b, sbr_system_apply(system, graph, x0));
}

/* Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems" (1952), preconditioned. */
sbr_outcome sbr_cg_loop(const sbr_system *system, sabir_graph *graph, sabir_value b, sabir_value x0, sabir_value threshold)
{
    enum { X, R, P, RZ, NORM, CARRIED };
    sabir_value in[CARRIED], out[CARRIED], next[CARRIED];
    const sabir_value r0 = first_residual(system, graph, b, x0), z0 = sbr_system_precondition(system, graph, r0);
    if (!sbr_is_value(r0) || !sbr_is_value(z0)) return (sbr_outcome){.x = sbr_nothing(graph)};
    sabir_loop_begin(graph, system->options.most, (sabir_value[]){x0, r0, z0, sbr_dot(r0, z0), sbr_norm(r0)}, CARRIED, in);
    const sabir_value ap = sbr_system_apply(system, graph, in[P]);
    if (!sbr_is_value(ap)) return (sbr_outcome){.x = ap};
    const sabir_value alpha = sbr_ratio(in[RZ], sbr_dot(in[P], ap));
    next[X] = plus(in[X], alpha, in[P]);
    next[R] = minus(in[R], alpha, ap);
    const sabir_value z = sbr_system_precondition(system, graph, next[R]);
    if (!sbr_is_value(z)) return (sbr_outcome){.x = z};
    next[RZ] = sbr_dot(next[R], z);
    next[P] = plus(z, sbr_ratio(next[RZ], in[RZ]), in[P]);
    next[NORM] = sbr_norm(next[R]);
    const sabir_value count = sabir_loop_end(graph, next, CARRIED, sabir_greater(graph, next[NORM], threshold), out);
    return (sbr_outcome){out[X], count, out[NORM]};
}

sbr_outcome sbr_bicgstab_loop(const sbr_system *system, sabir_graph *graph, sabir_value b, sabir_value x0, sabir_value threshold)
{
    enum { X, R, P, V, RHO, ALPHA, OMEGA, NORM, CARRIED };
    sabir_value in[CARRIED], out[CARRIED], next[CARRIED];
    const sabir_value r0 = first_residual(system, graph, b, x0), zeros = sbr_zeros(b), one = sbr_like(b, 1);
    if (!sbr_is_value(r0)) return (sbr_outcome){.x = r0};
    sabir_loop_begin(graph, system->options.most, (sabir_value[]){x0, r0, zeros, zeros, one, one, one, sbr_norm(r0)}, CARRIED, in);
    next[RHO] = sbr_dot(r0, in[R]);
    const sabir_value beta = sabir_mul(graph, sbr_ratio(next[RHO], in[RHO]), sbr_ratio(in[ALPHA], in[OMEGA]));
    next[P] = plus(in[R], beta, minus(in[P], in[OMEGA], in[V]));
    const sabir_value y = sbr_system_precondition(system, graph, next[P]);
    next[V] = sbr_is_value(y) ? sbr_system_apply(system, graph, y) : y;
    if (!sbr_is_value(next[V])) return (sbr_outcome){.x = next[V]};
    next[ALPHA] = sbr_ratio(next[RHO], sbr_dot(r0, next[V]));
    const sabir_value s = minus(in[R], next[ALPHA], next[V]), z = sbr_system_precondition(system, graph, s);
    const sabir_value t = sbr_is_value(z) ? sbr_system_apply(system, graph, z) : z;
    if (!sbr_is_value(t)) return (sbr_outcome){.x = t};
    next[OMEGA] = sbr_ratio(sbr_dot(t, s), sbr_dot(t, t));
    next[X] = plus(plus(in[X], next[ALPHA], y), next[OMEGA], z);
    next[R] = minus(s, next[OMEGA], t);
    next[NORM] = sbr_norm(next[R]);
    const sabir_value count = sabir_loop_end(graph, next, CARRIED, sabir_greater(graph, next[NORM], threshold), out);
    return (sbr_outcome){out[X], count, out[NORM]};
}

sbr_outcome sbr_richardson_loop(const sbr_system *system, sabir_graph *graph, sabir_value b, sabir_value x0, sabir_value threshold)
{
    enum { X, R, NORM, CARRIED };
    sabir_value in[CARRIED], out[CARRIED], next[CARRIED];
    const sabir_value r0 = first_residual(system, graph, b, x0);
    if (!sbr_is_value(r0)) return (sbr_outcome){.x = r0};
    sabir_loop_begin(graph, system->options.most, (sabir_value[]){x0, r0, sbr_norm(r0)}, CARRIED, in);
    const sabir_value step = sbr_system_precondition(system, graph, in[R]);
    if (!sbr_is_value(step)) return (sbr_outcome){.x = step};
    next[X] = sabir_add(graph, in[X], step);
    next[R] = first_residual(system, graph, b, next[X]);
    if (!sbr_is_value(next[R])) return (sbr_outcome){.x = next[R]};
    next[NORM] = sbr_norm(next[R]);
    const sabir_value count = sabir_loop_end(graph, next, CARRIED, sabir_greater(graph, next[NORM], threshold), out);
    return (sbr_outcome){out[X], count, out[NORM]};
}
