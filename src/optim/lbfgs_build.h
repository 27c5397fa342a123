/* The graphs of L-BFGS. All work on one vector: the parameters one behind another. */
#ifndef SBR_LBFGS_BUILD_H
#define SBR_LBFGS_BUILD_H

#include "build.h"

typedef struct sbr_lbfgs_shape {
    const char *name;             /* of the state: "NAME/gradient" */
    sabir_type type;
    int64_t length, history;
    const char *const *parameters; /* names */
    const sabir_shape *shapes;
    uint32_t count;
} sbr_lbfgs_shape;

/* In the graph of the loss: the gradient as a vector, kept; output "NAME/numbers": loss, slope along the direction, norm of the gradient. */
sabir_status sbr_lbfgs_evaluate(sabir_graph *graph, const sbr_lbfgs_shape *shape, sabir_value loss, const sabir_value *variables);
/* A new direction from the gradient and the history; the point and the gradient are kept as where the search begins. Output "slope": along it. */
void sbr_lbfgs_direct(sabir_graph *graph, const sbr_lbfgs_shape *shape);
/* The parameters at scalar "step" along the direction. */
void sbr_lbfgs_move(sabir_graph *graph, const sbr_lbfgs_shape *shape);
/* The step and the change of the gradient, unless its curvature is not positive, into the history. */
void sbr_lbfgs_remember(sabir_graph *graph, const sbr_lbfgs_shape *shape);
#endif
