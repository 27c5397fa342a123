/* The rules by operator: an operator without one does not link. */
#include "grad.h"

sbr_grad_function *const sbr_grad_functions[SBR_OP_COUNT] = {
#define EW(name, inputs, class, result, expression, tolerance, text) [SBR_OP_##name] = sbr_grad_##name,
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) [SBR_OP_##name] = sbr_grad_##name,
#include "graph/ops.def"
};
