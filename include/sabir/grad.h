/* Reverse-mode differentiation, graph to graph: gradients are values of the same graph, built of the same operators, so that they can be differentiated
 * again. What is differentiated are float values; integers and bool carry no gradient. Every operator has a rule. docs/gradients.md has an example.
 *
 * A mistake is kept as the graph's error, like every other, and the gradients are null values: SABIR_INVALID_TYPE where y or wrt is no float value,
 * SABIR_INVALID_SHAPE where y has a rank or a seed or tangent another shape, SABIR_INVALID_ARGUMENT for pointers and options, SABIR_UNSUPPORTED for a
 * product over too large a dim, for inputs made inside a loop's body, and where a function of sabir_custom_gradient says so.
 *
 * Where there is no one derivative: of equals that compete (maximum, max, max_pool, top_k, segment_max, scatter_max, clamp) the first takes the
 * gradient, in the order in which the operator itself breaks ties: the first operand, the lowest index, the value before its updates. abs and relu have
 * slope 0 at 0, steps (sign, floor, comparisons) have none, a cast passes over its rounding. Of equal indices in scatter_set the last has the gradient.
 * Elsewhere the formula is followed as IEEE arithmetic has it: infinite slopes of sqrt and log at 0, NaN for the exponent of pow at a base of 0. */
#ifndef SABIR_GRAD_H
#define SABIR_GRAD_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sabir_grad_options {
    size_t size;
    /* Bytes of forward values that may be kept for the backward pass (dims at their maxima); what does not fit is computed again there.
     * 0: everything is kept. A budget that cannot be met is met as nearly as possible; *kept says how nearly. */
    uint64_t memory_budget;
    /* Loops: carried values are kept at every loop_segment-th iteration, the others are computed again segment by segment. 0 or 1: all are kept.
     * Room is made for trips / loop_segment of them, whenever the loop ends; near the square root of trips it takes the least. */
    int64_t loop_segment;
    uint64_t *kept; /* NULL, or where the bytes kept are written */
} sabir_grad_options;

#define SABIR_GRAD_OPTIONS {.size = sizeof(sabir_grad_options)}

/* grads[i]: gradient of y (rank 0, float) with respect to wrt[i], of its type and shape; zeros where y does not depend on it. wrt: any float values:
 * inputs, variables, scalars, intermediate values. Called inside a loop's body it differentiates what was built there. */
SABIR_API sabir_status sabir_grad(sabir_graph *graph, sabir_value y, const sabir_value *wrt, uint32_t count, sabir_value *grads);
/* Vector-Jacobian product: grads[i] = sum over k of seeds[k] . d ys[k] / d wrt[i]. seeds[k] has the type and shape of ys[k]; SABIR_NONE: ones.
 * options may be NULL. */
SABIR_API sabir_status sabir_vjp(sabir_graph *graph, const sabir_value *ys, const sabir_value *seeds, uint32_t y_count, const sabir_value *wrt, uint32_t count,
                                 const sabir_grad_options *options, sabir_value *grads);
/* Jacobian-vector product: results[k] = sum over i of d ys[k] / d wrt[i] . tangents[i], by differentiating the vjp in its seeds. tangents[i] has the type and
 * shape of wrt[i]; SABIR_NONE: zero. */
SABIR_API sabir_status sabir_jvp(sabir_graph *graph, const sabir_value *ys, uint32_t y_count, const sabir_value *wrt, const sabir_value *tangents,
                                 uint32_t count, sabir_value *results);
/* Hessian-vector product of y (rank 0): results[i] = sum over k of d2 y / d wrt[i] d wrt[k] . tangents[k]. */
SABIR_API sabir_status sabir_hvp(sabir_graph *graph, sabir_value y, const sabir_value *wrt, const sabir_value *tangents, uint32_t count, sabir_value *results);

/* x, with no gradient through it. */
SABIR_API sabir_value sabir_stop_gradient(sabir_graph *graph, sabir_value x);

/* A gradient of the user's own for a subgraph. outputs were built from inputs (and may depend on other values, to which no gradient flows);
 * results are the same values, through which gradients reach inputs by way of function instead of the nodes between. function builds, in graph, the
 * gradients input_grads[i] (SABIR_NONE: zero) for output_grads[k] (SABIR_NONE: zero), and may use any value of the graph. It is called for each
 * differentiation, once or, with loops or a memory budget, more often; what it built may be thrown away then. user lives as long as the graph. */
typedef sabir_status sabir_gradient_function(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                                             const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads);
SABIR_API sabir_status sabir_custom_gradient(sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                                             uint32_t output_count, sabir_gradient_function *function, void *user, sabir_value *results);

#ifdef __cplusplus
}
#endif

#ifndef SABIR_PLAIN_NAMES
/* These name graph twice. */
#  define sabir_grad(graph, ...) sabir_placed((graph), (sabir_grad)((graph), __VA_ARGS__), __FILE__, __LINE__)
#  define sabir_vjp(graph, ...) sabir_placed((graph), (sabir_vjp)((graph), __VA_ARGS__), __FILE__, __LINE__)
#  define sabir_jvp(graph, ...) sabir_placed((graph), (sabir_jvp)((graph), __VA_ARGS__), __FILE__, __LINE__)
#  define sabir_hvp(graph, ...) sabir_placed((graph), (sabir_hvp)((graph), __VA_ARGS__), __FILE__, __LINE__)
#  define sabir_custom_gradient(graph, ...) sabir_placed((graph), (sabir_custom_gradient)((graph), __VA_ARGS__), __FILE__, __LINE__)
#  define sabir_stop_gradient(...) SABIR_HERE((sabir_stop_gradient)(__VA_ARGS__))
#endif
#endif
