/* The reference function of every operator, by name. Leaves, state and regions have a name here but no function: ref.c leaves them out. */
#ifndef SBR_REF_FUNCTIONS_H
#define SBR_REF_FUNCTIONS_H

#include "ref.h"

#define EW(name, inputs, class, result, expression, tolerance, text) sbr_ref_function sbr_ref_op_##name;
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) sbr_ref_function sbr_ref_op_##name;
#include "graph/ops.def"

#endif
