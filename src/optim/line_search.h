/* A step length along a direction, by the strong Wolfe conditions. */
#ifndef SBR_LINE_SEARCH_H
#define SBR_LINE_SEARCH_H

#include "base/base.h"

/* A point of the function along the direction. */
typedef struct sbr_line_point { double step, loss, slope; } sbr_line_point;

typedef struct sbr_line_search {
    void *user;
    sabir_status (*evaluate)(void *user, double step, sbr_line_point *point); /* may give what is not finite */
    double decrease, curvature;  /* 0 < decrease < curvature < 1 */
    int32_t most, evaluations;   /* evaluations are counted here */
} sbr_line_search;

/* start: step 0, slope below 0. first: the step tried first, above 0. *found: the last point that was evaluated, where both conditions hold, or the first of them
 * at least; *found is start, and something else was evaluated last, where no such point was met. */
sabir_status sbr_line_search_run(sbr_line_search *search, sbr_line_point start, double first, sbr_line_point *found);
#endif
