/* Elements along an axis by index, and the adjoint. */
#ifndef SBR_GRAD_ALONG_H
#define SBR_GRAD_ALONG_H

#include "rules.h"

/* Zeros of shape, with updates added along axis at indices of their shape (those out of range are passed over): the adjoint of take_along. */
sabir_status sbr_grad_add_along(const sabir_shape *shape, sabir_value indices, sabir_value updates, int32_t axis, sabir_value *result);
/* grad where index (i32, extent 1 along axis) points, 0 elsewhere, of shape. grad has the shape of index. */
sabir_value sbr_grad_at(const sabir_shape *shape, sabir_value index, sabir_value grad, int32_t axis);

#endif
