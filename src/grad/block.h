/* Blocks at starts that may be extents: where they are numbers, pads and slices; else the operators with starts known at run. */
#ifndef SBR_GRAD_BLOCK_H
#define SBR_GRAD_BLOCK_H

#include "rules.h"

/* part at starts, in zeros of shape. It is known to fit. */
sabir_value sbr_grad_embed(sabir_value part, const sabir_extent *starts, const sabir_shape *shape);
/* The block of counts from starts on. It is known to lie inside. */
sabir_value sbr_grad_extract(sabir_value x, const sabir_extent *starts, const sabir_shape *counts);
/* The same along one axis; shape is that of x, whose other extents stay. */
sabir_value sbr_grad_extract_along(sabir_value x, const sabir_shape *shape, int32_t axis, sabir_extent start, sabir_extent count);
sabir_value sbr_grad_embed_along(sabir_value part, int32_t axis, sabir_extent start, const sabir_shape *shape);
/* part, of shape, with step - 1 zeros put between elements along axis, whose extent is a number; shape becomes the result's. */
sabir_status sbr_grad_dilate(sabir_value part, sabir_shape *shape, int32_t axis, int64_t step, sabir_value *result);

#endif
