#include "functions.h"

/* The executor has these. A name missing here and in every family fails to link. */
#define sbr_ref_op_input NULL
#define sbr_ref_op_variable NULL
#define sbr_ref_op_scalar NULL
#define sbr_ref_op_constant NULL
#define sbr_ref_op_dim_value NULL
#define sbr_ref_op_assign NULL
#define sbr_ref_op_loop NULL
#define sbr_ref_op_carry NULL
#define sbr_ref_op_stop_gradient NULL
#define sbr_ref_op_custom_gradient NULL
#define sbr_ref_op_after NULL

sbr_ref_function *const sbr_ref_functions[SBR_OP_COUNT] = {
#define EW(name, inputs, class, result, expression, tolerance, text) [SBR_OP_##name] = sbr_ref_op_##name,
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) [SBR_OP_##name] = sbr_ref_op_##name,
#include "graph/ops.def"
};
