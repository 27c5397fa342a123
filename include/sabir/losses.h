/* Losses, composed of operators. Unless said otherwise each gives one number for every element of x, or for every row of logits [..., c]; sabir_mean and
 * sabir_weighted_mean make one number of them. x, y and the like: one float type, broadcasting as in numpy. Gradients go through every float operand;
 * sabir_stop_gradient (grad.h) keeps them from one. Cross-entropy with weights, smoothing and entropy is an operator: sabir_softmax_losses (ops.h). */
#ifndef SABIR_LOSSES_H
#define SABIR_LOSSES_H

#include "ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* sum(weights x) / max(sum(weights), 1), rank 0: the mean of what a mask of zeros and ones counts; 0 where it counts nothing. weights broadcast to x;
 * f32 for f16 and bf16. */
SABIR_API sabir_value sabir_weighted_mean(sabir_graph *graph, sabir_value x, sabir_value weights);

/* ---- Classes ---- */

/* log softmax(logits)[label], by row: logits [..., c], labels i32 [...] -> [...]; 0 where the label is outside 0 .. c - 1. */
SABIR_API sabir_value sabir_log_prob(sabir_graph *graph, sabir_value logits, sabir_value labels);
/* sum over c of p (log p - log q), by row, with p = softmax(p_logits) and q = softmax(q_logits). Kullback and Leibler, "On information and
 * sufficiency" (1951). */
SABIR_API sabir_value sabir_kl_divergence(sabir_graph *graph, sabir_value p_logits, sabir_value q_logits);
/* -t log s - (1 - t) log(1 - s) with s = sigmoid(logits) and t = targets in 0 .. 1: log(1 + exp(x)) - t x, without overflow. */
SABIR_API sabir_value sabir_binary_cross_entropy(sabir_graph *graph, sabir_value logits, sabir_value targets);
/* -a (1 - p)^gamma log p with p = sigmoid(x) and a = alpha where the target is 1, p = sigmoid(-x) and a = 1 - alpha where it is 0. gamma at least 0;
 * alpha in 0 .. 1, or below 0: no balance, a = 1. Lin et al., "Focal loss for dense object detection" (2017). */
SABIR_API sabir_value sabir_focal_loss(sabir_graph *graph, sabir_value logits, sabir_value targets, double gamma, double alpha);

/* ---- Numbers ---- */

/* (x - y)^2 */
SABIR_API sabir_value sabir_squared_error(sabir_graph *graph, sabir_value x, sabir_value y);
/* r^2 / 2 where |r| <= delta, delta (|r| - delta / 2) beyond, with r = x - y; delta above 0. Huber, "Robust estimation of a location parameter" (1964).
 * Over delta it is the smooth L1 loss. */
SABIR_API sabir_value sabir_huber_loss(sabir_graph *graph, sabir_value x, sabir_value y, double delta);

/* ---- Policies ---- */

typedef enum sabir_policy_kind {
    SABIR_POLICY_CLIPPED,  /* -min(r A, clip(r) A): Schulman et al., "Proximal policy optimization algorithms" (2017) */
    SABIR_POLICY_WEIGHTED, /* -clip(r) A log p, clip(r) without gradient: CISPO, in "MiniMax-M1" (2025) */
    SABIR_POLICY_PLAIN     /* -A log p: Williams, REINFORCE (1992); old_log_probs is not looked at */
} sabir_policy_kind;
/* low, high: the ratio is clipped to 1 - low .. 1 + high; each at least 0. All zero: kind CLIPPED, low and high 0.2. */
typedef struct sabir_policy_attrs { sabir_policy_kind kind; double low, high; } sabir_policy_attrs;
/* Of actions (tokens) with log-probabilities now and when they were taken, and advantages A; r = exp(log_probs - old_log_probs), clip(r) within the
 * bounds. old_log_probs and advantages carry no gradient. attrs NULL: as all zero. */
SABIR_API sabir_value sabir_policy_loss(sabir_graph *graph, sabir_value log_probs, sabir_value old_log_probs, sabir_value advantages,
                                        const sabir_policy_attrs *attrs);

#ifdef __cplusplus
}
#endif

#ifndef SABIR_PLAIN_NAMES
#  define sabir_weighted_mean(...) SABIR_HERE((sabir_weighted_mean)(__VA_ARGS__))
#  define sabir_log_prob(...) SABIR_HERE((sabir_log_prob)(__VA_ARGS__))
#  define sabir_kl_divergence(...) SABIR_HERE((sabir_kl_divergence)(__VA_ARGS__))
#  define sabir_binary_cross_entropy(...) SABIR_HERE((sabir_binary_cross_entropy)(__VA_ARGS__))
#  define sabir_focal_loss(...) SABIR_HERE((sabir_focal_loss)(__VA_ARGS__))
#  define sabir_squared_error(...) SABIR_HERE((sabir_squared_error)(__VA_ARGS__))
#  define sabir_huber_loss(...) SABIR_HERE((sabir_huber_loss)(__VA_ARGS__))
#  define sabir_policy_loss(...) SABIR_HERE((sabir_policy_loss)(__VA_ARGS__))
#endif
#endif
