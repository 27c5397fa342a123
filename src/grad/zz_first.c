/* Temporary: until the rule of resize arrives; this file then goes. */
#include "grad.h"

sabir_status sbr_grad_resize(sbr_grad_call *call)
{
    (void)call;
    return sbr_fail(SABIR_UNSUPPORTED, "the operator has no rule");
}
