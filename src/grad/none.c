/* Operators whose results do not change with a float operand, or change by steps: nothing goes through them. */
#include "none.h"

#define NOTHING(name)                                 \
    sabir_status sbr_grad_##name(sbr_grad_call *call) \
    {                                                 \
        (void)call;                                   \
        return SABIR_OK;                              \
    }
SBR_GRAD_NONE(NOTHING)
