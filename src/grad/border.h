/* An axis continued beyond its ends, and the adjoint of that, in which what lies beyond is added back to where it came from: pads, periodic
 * convolutions, stencils. */
#ifndef SBR_GRAD_BORDER_H
#define SBR_GRAD_BORDER_H

#include "rules.h"

typedef struct sbr_border {
    int32_t axis;
    int64_t before, after;
    sabir_pad_mode mode;
    double value; /* SABIR_PAD_CONSTANT */
} sbr_border;

/* x, of shape, continued; shape becomes the result's. Other than sabir_pad, edge and periodic continue any extent, however short. */
sabir_status sbr_grad_extend(sabir_value x, sabir_shape *shape, const sbr_border *border, sabir_value *result);
/* The adjoint: grad of the continued shape; shape is that of x along the axis and that of grad along the others. */
sabir_status sbr_grad_fold(sabir_value grad, const sabir_shape *shape, const sbr_border *border, sabir_value *result);

#endif
