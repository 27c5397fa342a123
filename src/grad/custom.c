/* Values that are others, seen in another way by the walk. */
#include "vjp.h"

bool sbr_walk_flows(const sbr_node *node, uint32_t operand)
{
    switch (node->op) {
        case SBR_OP_stop_gradient: return false;
        case SBR_OP_after: return operand == 0;
        case SBR_OP_custom_gradient: return operand >= node->output_count;
        default: return true;
    }
}

sabir_status sbr_grad_stop_gradient(sbr_grad_call *call)
{
    (void)call; /* nothing flows */
    return SABIR_OK;
}

sabir_status sbr_grad_after(sbr_grad_call *call)
{
    call->results[0] = call->grads[0];
    return SABIR_OK;
}

/* The user's function sees the outputs and the inputs, and gives gradients to the inputs alone. */
sabir_status sbr_grad_custom_gradient(sbr_grad_call *call)
{
    const sbr_custom_attrs *attrs = call->attrs;
    const uint32_t outputs = call->output_count;
    return attrs->function(attrs->user, call->graph, call->inputs + outputs, call->input_count - outputs, call->inputs, call->grads, outputs,
                           call->results + outputs);
}
