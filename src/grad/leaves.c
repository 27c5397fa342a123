/* Leaves have no operands, and what is assigned has no reader: nothing goes through them. */
#include "grad.h"

#define NOTHING(name)                                 \
    sabir_status sbr_grad_##name(sbr_grad_call *call) \
    {                                                 \
        (void)call;                                   \
        return SABIR_OK;                              \
    }
NOTHING(input)
NOTHING(variable)
NOTHING(scalar)
NOTHING(constant)
NOTHING(dim_value)
NOTHING(carry)
NOTHING(assign)
