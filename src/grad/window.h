/* What convolutions and pools share: a result placed back under its windows, and windows laid side by side. Operands are [n, channels, 1 to 3
 * spatial axes]; attrs are those of sabir_conv, without periodic padding. */
#ifndef SBR_GRAD_WINDOW_H
#define SBR_GRAD_WINDOW_H

#include "rules.h"

/* The adjoint of sabir_conv in its operand: y of what it gave for an operand with the spatial extents of shape, and weights as conv has them. */
sabir_status sbr_grad_spread(sabir_value y, const sabir_shape *y_shape, sabir_value weights, const sabir_conv_attrs *attrs, const sabir_shape *shape,
                             sabir_value *result);
/* x, of shape, with its padding around. */
sabir_status sbr_grad_padded(sabir_value x, sabir_shape *shape, const sabir_conv_attrs *attrs, double value, sabir_value *result);
/* The adjoint: grad of the padded shape, without its padding; shape is that of x. */
sabir_status sbr_grad_unpadded(sabir_value grad, const sabir_shape *shape, const sabir_conv_attrs *attrs, sabir_value *result);
/* Views of padded x, of shape, under each window: [n, c, positions..., window...]. */
sabir_value sbr_grad_windows(sabir_value x, const sabir_shape *shape, const sabir_conv_attrs *attrs, const int64_t *window);
/* The adjoint: shape is that of padded x. */
sabir_status sbr_grad_unwindows(sabir_value grad, const sabir_shape *shape, const sabir_conv_attrs *attrs, sabir_value *result);

#endif
