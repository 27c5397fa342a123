/* What the public calls share: their operands, checked; and what is around each: the graph's error, places. */
#ifndef SBR_GRAD_CALL_H
#define SBR_GRAD_CALL_H

#include "vjp.h"

typedef struct sbr_grad_request {
    const char *name; /* of the call */
    sabir_graph *graph;
    const sabir_value *ys, *seeds; /* seeds NULL: none; SABIR_NONE among them: the default */
    uint32_t y_count;
    const sabir_value *wrt, *tangents;
    uint32_t count;
    const sabir_grad_options *options;
    sabir_value *results;
    uint32_t result_count;
} sbr_grad_request;

/* Runs step, which builds. Its failure becomes the graph's error, and the results null values. */
sabir_status sbr_grad_run(const sbr_grad_request *request, sabir_status (*step)(const sbr_grad_request *));
/* Operands of every call: float values that can be read here, seeds like the ys, tangents like the wrt. */
sabir_status sbr_grad_check(const sbr_grad_request *request);
/* That there is one y, of rank 0. */
sabir_status sbr_grad_check_scalar(const sbr_grad_request *request);
/* The options with their defaults. */
sabir_status sbr_grad_options_read(const sabir_grad_options *given, sabir_grad_options *all);
/* results[i] = zeros like values[i], where no gradient arrived. */
void sbr_grad_fill(sabir_value *results, const sabir_value *values, uint32_t count);

#endif
