/* Optimizers, built into the graph: what they keep (moments, masters, counters) are variables beside the parameters, and one program makes the whole step:
 * forward, backward, clipping, update. Nothing is read back, so steps may be submitted one behind another.
 *
 * Learning-rate schedules are values computed on the device from the count of updates, itself a variable: a step is the same program from the first to
 * the last, and a store that was saved and loaded (io.h) goes on to the same bits on the same device. */
#ifndef SABIR_OPTIM_H
#define SABIR_OPTIM_H

#include "program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Schedules ---- */

typedef enum sabir_schedule_kind {
    SABIR_SCHEDULE_CONSTANT,   /* rate */
    SABIR_SCHEDULE_LINEAR,     /* a line to floor */
    SABIR_SCHEDULE_COSINE,     /* half a cosine to floor: Loshchilov and Hutter, "SGDR" (2017), without restarts */
    SABIR_SCHEDULE_STEP,       /* rate factor^floor(t / steps), at least floor */
    SABIR_SCHEDULE_EXPONENTIAL /* rate factor^(t / steps), at least floor */
} sabir_schedule_kind;

/* Update s = 0, 1, ... uses rate (s + 1) / warmup while s < warmup; from there on the kind decides, with t = s - warmup. */
typedef struct sabir_schedule {
    sabir_schedule_kind kind;
    double rate;    /* the highest */
    double floor;
    double factor;  /* of STEP and EXPONENTIAL */
    int64_t warmup; /* 0: none */
    int64_t steps;  /* LINEAR and COSINE: the update from which on the rate is floor, counted from 0 and above warmup; STEP and EXPONENTIAL: at least 1 */
} sabir_schedule;

/* update: i32 of rank 0, below 2^24. type: f32 or f64, of the result (rank 0). */
SABIR_API sabir_value sabir_schedule_value(sabir_graph *graph, const sabir_schedule *schedule, sabir_value update, sabir_type type);
/* The same number on the host; NaN for a schedule that sabir_schedule_value refuses. */
SABIR_API double sabir_schedule_at(const sabir_schedule *schedule, int64_t update);

/* ---- Optimizers ---- */

/* g: the gradient, w: the parameter, r: the rate, t: the number of the update from 1, wd: weight_decay. */
typedef enum sabir_optimizer_kind {
    SABIR_SGD,   /* g += wd w; m = momentum m + g; w -= r m, with nesterov w -= r (g + momentum m) */
    SABIR_ADAM,  /* Kingma and Ba (2015): g += wd w; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; w -= r m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon) */
    SABIR_ADAMW, /* Loshchilov and Hutter (2019): as ADAM without the first term, and w -= r wd w */
    SABIR_LION   /* Chen et al. (2023): w -= r (sign(b1 m + (1 - b1) g) + wd w); m = b2 m + (1 - b2) g */
} sabir_optimizer_kind;

typedef struct sabir_optimizer_options {
    size_t size;
    sabir_optimizer_kind kind;
    sabir_schedule schedule;
    sabir_value rate;      /* f32 or f64 of rank 0, in place of the schedule: a scalar, or a value of one's own. graph NULL, as left alone: the schedule */
    double momentum;       /* SGD; 0: none, and nothing is kept */
    int nesterov;          /* SGD */
    double beta1, beta2;   /* 0: 0.9 and 0.999 (LION 0.99); negative numbers stand for 0 */
    double epsilon;        /* 0: 1e-8 */
    double weight_decay;
    double clip_norm;      /* gradients are scaled down so that their norm, over all parameters, is at most this; 0: they are not */
    int64_t accumulate;    /* runs of the program whose gradients are averaged into one update; 0 and 1: each run is one */
    double loss_scale;     /* for f16: the loss is multiplied by a scale that begins here and the gradients divided by it. 0: it is not */
    int64_t scale_updates; /* the scale doubles (up to 2^24) after so many updates in a row; 0: 2000 */
    int skip_nonfinite;    /* an update whose gradients are not all finite is left out; always so with loss_scale, where it also halves the scale (down to 1) */
    const char *name;      /* of what is kept: "NAME/m/PARAMETER"; NULL: "sgd", "adam", "adamw", "lion" */
} sabir_optimizer_options;

#define SABIR_OPTIMIZER_OPTIONS {.size = sizeof(sabir_optimizer_options)}

/* Parameters treated alike: variables of a float type. Those of f16 and bf16 have a master in f32 ("NAME/master/PARAMETER"), taken from the parameter
 * before the first update; f64 is updated in f64, everything else in f32. */
typedef struct sabir_parameter_group {
    const sabir_value *variables;
    uint32_t count;
    double rate_factor; /* 0 counts as 1 */
    int no_decay;       /* non-zero: weight_decay is 0 here */
    int frozen;         /* non-zero: left alone, and no gradient is made */
} sabir_parameter_group;

/* A step being built. Values are of rank 0 and may be made outputs. */
typedef struct sabir_optimizer {
    sabir_graph *graph;
    sabir_optimizer_options options; /* with defaults filled in */
    sabir_value update;   /* i32: updates made before this run */
    sabir_value rate;     /* that this run's update uses */
    sabir_value scale;    /* f32: what gradients are expected to be multiplied by; SABIR_NONE without loss_scale */
    sabir_value micro;    /* i32: runs averaged so far into the coming update; SABIR_NONE without accumulate */
    sabir_value norm;     /* by sabir_optimizer_apply: of the gradients before clipping */
    sabir_value applied;  /* by sabir_optimizer_apply: bool, whether this run makes an update */
    sabir_value own[2];   /* Sabir's */
} sabir_optimizer;

/* Gradients of loss (rank 0, float) by the parameters, and the update, assigned: a training step. options is needed; optimizer may be NULL. */
SABIR_API sabir_status sabir_minimize(sabir_graph *graph, sabir_value loss, const sabir_optimizer_options *options, const sabir_parameter_group *groups,
                                      uint32_t group_count, sabir_optimizer *optimizer);
/* The same in two parts, for gradients made otherwise. begin makes update, rate, scale and micro; apply takes the gradients of all parameters of all
 * groups in turn (multiplied by scale where there is one; those of frozen groups are not looked at) and assigns what follows from them. */
SABIR_API sabir_status sabir_optimizer_begin(sabir_graph *graph, const sabir_optimizer_options *options, sabir_optimizer *optimizer);
SABIR_API sabir_status sabir_optimizer_apply(sabir_optimizer *optimizer, const sabir_parameter_group *groups, uint32_t group_count, const sabir_value *grads);

/* clipped[i] = grads[i] min(1, most / (norm + 1e-6)); returns the norm over all of them, in f64 if one is f64, else in f32. clipped may be grads. */
SABIR_API sabir_value sabir_clip_norm(sabir_graph *graph, const sabir_value *grads, uint32_t count, double most, sabir_value *clipped);

/* ---- L-BFGS ---- */

typedef struct sabir_lbfgs sabir_lbfgs; /* of one thread at a time */

typedef struct sabir_lbfgs_options {
    size_t size;
    int64_t history;          /* pairs kept, up to 1000; 0: 10 */
    int32_t most_evaluations; /* of one line search; 0: 25 */
    double decrease;          /* c1 of the strong Wolfe conditions; 0: 1e-4 */
    double curvature;         /* c2; 0: 0.9 */
    const char *name;         /* of what is kept; NULL: "lbfgs" */
} sabir_lbfgs_options;

#define SABIR_LBFGS_OPTIONS {.size = sizeof(sabir_lbfgs_options)}

typedef struct sabir_lbfgs_report {
    double loss;          /* where the step ended */
    double gradient_norm; /* there */
    double step;          /* along the direction; 0: no point was found that decreases the loss enough, and the parameters are where they were */
    int32_t evaluations;  /* of loss and gradient */
} sabir_lbfgs_report;

/* Limited-memory BFGS (Nocedal 1980) by the two-loop recursion on the device, its history in variables; the host drives a line search for the strong
 * Wolfe conditions (Nocedal and Wright, "Numerical Optimization", algorithms 3.5 and 3.6) and reads three numbers an evaluation.
 * Adds the gradient and its assigns to graph, whose loss (rank 0) depends on variables, all f32 or all f64, and compiles. Further inputs of graph are bound through
 * sabir_lbfgs_program. The store holds the parameters, at most 4096 variables (SABIR_UNSUPPORTED beyond). graph may go afterwards. options may be NULL. */
SABIR_API sabir_status sabir_lbfgs_create(sabir_graph *graph, sabir_value loss, const sabir_value *variables, uint32_t count, sabir_device *device,
                                          sabir_store *store, const sabir_lbfgs_options *options, sabir_lbfgs **lbfgs);
SABIR_API void sabir_lbfgs_destroy(sabir_lbfgs *lbfgs); /* NULL is allowed */
SABIR_API sabir_program *sabir_lbfgs_program(sabir_lbfgs *lbfgs); /* computes loss and gradient; borrowed */
/* One iteration. */
SABIR_API sabir_status sabir_lbfgs_step(sabir_lbfgs *lbfgs, sabir_lbfgs_report *report);

#ifdef __cplusplus
}
#endif

#ifndef SABIR_PLAIN_NAMES
#  define sabir_schedule_value(...) SABIR_HERE((sabir_schedule_value)(__VA_ARGS__))
#  define sabir_clip_norm(...) SABIR_HERE((sabir_clip_norm)(__VA_ARGS__))
#endif
#endif
