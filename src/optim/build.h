/* What the optimizers are built with. */
#ifndef SBR_OPTIM_BUILD_H
#define SBR_OPTIM_BUILD_H

#include "base/context.h"
#include "base/options.h"
#include "graph/is_value.h"
#include "graph/keep.h"
#define SABIR_PLAIN_NAMES
#include "sabir/ops.h"
#include "sabir/optim.h"

/* One parameter on its way through an update. */
typedef struct sbr_parameter {
    sabir_value variable;
    const char *name;
    sabir_type type;      /* in which it is updated: f64 for f64, else f32 */
    double rate_factor, weight_decay;
    sabir_value gradient; /* of type, of the parameter's shape */
    sabir_value weight;   /* before the update, of type: the parameter, or its master */
} sbr_parameter;

/* What all parameters of one type share. */
typedef struct sbr_pace {
    const sabir_optimizer *optimizer;
    sabir_graph *graph;
    sabir_type type;
    sabir_value rate;
    sabir_value unbias1, unbias2; /* 1 / (1 - beta^t); Adam alone */
} sbr_pace;

/* A variable "NAME/what/PARAMETER" of the optimizer's state, or "NAME/what". */
sabir_value sbr_optim_state(const sabir_optimizer *optimizer, const char *what, const char *parameter, sabir_type type, sabir_shape shape);
/* next where the run makes an update, else what there was. */
sabir_value sbr_optim_choose(const sabir_optimizer *optimizer, sabir_value before, sabir_value next);
/* Whether some runs make no update. */
bool sbr_optim_waits(const sabir_optimizer_options *options);
bool sbr_optim_guards(const sabir_optimizer_options *options);

/* kinds.c */
sbr_pace sbr_optim_pace(const sabir_optimizer *optimizer, sabir_type type);
/* The new weight; assigns what the kind keeps. */
sabir_value sbr_optim_update(const sbr_pace *pace, const sbr_parameter *parameter);

/* gradients.c: scaled back, averaged over runs, clipped; sets norm and applied. */
void sbr_optim_gradients(sabir_optimizer *optimizer, sbr_parameter *parameters, uint32_t count);
/* The counters and the scale after this run. */
void sbr_optim_count(const sabir_optimizer *optimizer);

static inline sabir_value sbr_as(sabir_graph *graph, sabir_value value, sabir_type type)
{
    return sabir_value_type(value) == type ? value : sabir_cast(graph, value, type);
}
#endif
