#include "grad.h"

/* The transposed transform of pairs of real numbers is the one in the other direction with the same scale. */
sabir_status sbr_grad_fft(sbr_grad_call *call)
{
    sabir_fft_attrs attrs = *(const sabir_fft_attrs *)call->attrs;
    attrs.inverse = !attrs.inverse;
    call->results[0] = sabir_fft_scaled(call->graph, call->grads[0], &attrs);
    return SABIR_OK;
}
