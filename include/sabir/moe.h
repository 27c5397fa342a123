/* Mixture of experts: tokens are routed to a few of many experts, computed there in groups of any size, and brought back.
 *
 *     sabir_route_options options = SABIR_ROUTE_OPTIONS;
 *     sabir_routing routing;
 *     options.weights = gate;                                                    [d, experts]
 *     options.k = 2;
 *     sabir_route(g, tokens, &options, &routing);
 *     sabir_value rows = sabir_dispatch(g, &routing, tokens);                    [t * k, d], sorted by expert
 *     rows = sabir_grouped_matmul(g, sabir_gelu(g, sabir_grouped_matmul(g, rows, up, routing.groups, 0)), down, routing.groups, 0);
 *     sabir_value y = sabir_combine(g, &routing, rows);                          [t, d]
 *
 * How many tokens each expert gets is known on the device alone; nothing waits for the host. Every result is the same bits at each run. */
#ifndef SABIR_MOE_H
#define SABIR_MOE_H

#include "device.h"
#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Operators ---- */

typedef struct sabir_group_by_attrs { int64_t groups; } sabir_group_by_attrs;
typedef struct sabir_grouped_attrs { int32_t transpose; } sabir_grouped_attrs;

/* keys i32 [n]; capacity i32 of rank 0, or SABIR_NONE: no bound. Entries of equal keys stand together, in their order, groups in the order of keys; of each group
 * the first `capacity` entries stay (a negative one: none), and keys outside 0 .. groups - 1 belong to no group. *order i32 [n]: which entry stands at each place, -1 after the last;
 * the returned value, i32 [n]: at which place each entry stands, -1 where it was dropped; *pointers i32 [groups + 1]: where groups begin;
 * *counts i32 [groups]: how many entries had each key, dropped ones too. NULL is allowed for each. */
SABIR_API sabir_value sabir_group_by(sabir_graph *graph, sabir_value keys, int64_t groups, sabir_value capacity, sabir_value *order, sabir_value *pointers,
                                     sabir_value *counts);
/* x [t, k], weights [g, k, n] (with transpose [g, n, k]), pointers i32 [g + 1] ascending within 0 .. t -> [t, n]: row r of the group j with
 * pointers[j] <= r < pointers[j + 1] is x[r] times weights[j]; rows of no group are 0. Float types. */
SABIR_API sabir_value sabir_grouped_matmul(sabir_graph *graph, sabir_value x, sabir_value weights, sabir_value pointers, int32_t transpose);
/* x [t, k], y [t, n], pointers i32 [g + 1] -> [g, k, n]: the sum over the rows r of each group of x[r] times y[r] (outer product). */
SABIR_API sabir_value sabir_grouped_outer(sabir_graph *graph, sabir_value x, sabir_value y, sabir_value pointers);

/* ---- Routing ---- */

typedef enum sabir_gate {
    SABIR_GATE_SOFTMAX, /* probabilities: softmax of tokens * weights over the experts */
    SABIR_GATE_SIGMOID, /* each expert's by itself: sigmoid of tokens * weights */
    SABIR_GATE_COSINE   /* softmax of the cosine of token and expert, divided by the temperature (Chi et al., 2022) */
} sabir_gate;

/* Values that are left zero, or SABIR_NONE, are absent. */
typedef struct sabir_route_options {
    size_t size;
    sabir_value weights;       /* [d, experts], of the tokens' type */
    sabir_gate gate;
    int64_t k;                 /* experts a token goes to; 0: 1 */
    double capacity_factor;    /* an expert takes ceil(factor * tokens * k / experts) entries, the first in token order; 0: all (dropless) */
    int keep_probabilities;    /* 0: the k weights of a token are divided by their sum; non-zero: they stay probabilities */
    double temperature;        /* of the cosine gate; 0: 0.07 */
    sabir_value bias;          /* [experts], added for the choice alone, not for the weights (balancing without a loss) */
    sabir_value key;           /* u32 [2 or more]: normal noise is added to the logits (Shazeer et al., 2017); absent: none, whatever the next two say */
    sabir_value noise_weights; /* [d, experts]: the noise is scaled by softplus(tokens * noise_weights), without them by noise_scale */
    double noise_scale;        /* finite; 0: no noise */
} sabir_route_options;

#define SABIR_ROUTE_OPTIONS {.size = sizeof(sabir_route_options)}

typedef struct sabir_routing {
    int64_t k, experts_count;
    sabir_value experts;       /* i32 [t, k]: chosen, best first */
    sabir_value weights;       /* [t, k], of the tokens' type */
    sabir_value logits;        /* [t, experts], noise and all; f32 where tokens are of a half type, and so are probabilities and losses */
    sabir_value probabilities; /* [t, experts] */
    sabir_value order;         /* i32 [t * k]: at each place of the sorted rows the entry (token * k + choice), -1 after the last */
    sabir_value places;        /* i32 [t, k]: where each entry stands, -1 where it was dropped */
    sabir_value groups;        /* i32 [experts + 1]: where each expert's rows begin */
    sabir_value counts;        /* i32 [experts]: entries that wanted each expert, dropped ones too */
    sabir_value balance_loss;  /* rank 0: experts * sum over j of (share of the entries that wanted j) * (mean share of j in the probabilities); 1 when
                                * even (Fedus et al., 2021) */
    sabir_value z_loss;        /* rank 0: mean of logsumexp(logits)^2 (Zoph et al., 2022) */
} sabir_routing;

/* tokens [t, d], float; t may be a dim. Returns the graph's status, SABIR_INVALID_ARGUMENT where weights are absent, k is not 1 to experts or a number is
 * out of its range, SABIR_INVALID_SHAPE where a rank is not 2; after an error the values of routing are null. Gradients reach tokens, weights and
 * noise_weights through routing.weights, logits, probabilities and the losses, not through the choice. */
SABIR_API sabir_status sabir_route(sabir_graph *graph, sabir_value tokens, const sabir_route_options *options, sabir_routing *routing);
/* tokens [t, d] -> [t * k, d]: each expert's tokens together; rows after the last are 0. */
SABIR_API sabir_value sabir_dispatch(sabir_graph *graph, const sabir_routing *routing, sabir_value tokens);
/* rows [t * k, d] -> [t, d]: the sum of each token's rows times its weights, in the order of its choices; dropped ones count as 0. */
SABIR_API sabir_value sabir_combine(sabir_graph *graph, const sabir_routing *routing, sabir_value rows);

/* ---- Report, on the host ---- */

typedef struct sabir_load {
    size_t size;
    int64_t experts, entries, dropped, largest, smallest; /* entries: that wanted an expert; largest, smallest: of what experts kept */
    double entropy;   /* of the shares kept, divided by log(experts): 1 when even; 0 of nothing */
    double variation; /* standard deviation of what experts kept, divided by the mean; 0 of nothing */
} sabir_load;

/* counts i32 [experts], groups i32 [experts + 1], as a run left them (outputs of routing.counts and routing.groups); waits for it. load->size is set by the
 * caller. SABIR_INVALID_TYPE, SABIR_INVALID_SHAPE where the tensors are others. */
SABIR_API sabir_status sabir_load_measure(sabir_context *context, sabir_tensor *counts, sabir_tensor *groups, sabir_load *load);
/* A line of totals and one an expert: wanted, kept, a bar. The caller's: sabir_string_free. */
SABIR_API sabir_status sabir_load_text(sabir_context *context, sabir_tensor *counts, sabir_tensor *groups, char **text);

#ifdef __cplusplus
}
#endif

#ifndef SABIR_PLAIN_NAMES
/* It names graph twice. */
#  define sabir_route(graph, ...) sabir_placed((graph), (sabir_route)((graph), __VA_ARGS__), __FILE__, __LINE__)
#  define sabir_group_by(...) SABIR_HERE((sabir_group_by)(__VA_ARGS__))
#  define sabir_grouped_matmul(...) SABIR_HERE((sabir_grouped_matmul)(__VA_ARGS__))
#  define sabir_grouped_outer(...) SABIR_HERE((sabir_grouped_outer)(__VA_ARGS__))
#  define sabir_dispatch(...) SABIR_HERE((sabir_dispatch)(__VA_ARGS__))
#  define sabir_combine(...) SABIR_HERE((sabir_combine)(__VA_ARGS__))
#endif
#endif
