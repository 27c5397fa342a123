/* Elementwise operators one at a time: a kernel for each number of operands, with the operator as a uniform branch, so that few
 * kernels exist. Fused chains (fuse.c) are the fast way; this is the one that needs no compiler at run time. */
#include "lower.h"

/* Popcount counts in the element's own width, so signed bytes are read as unsigned ones. */
static sabir_type type_read(const sbr_node *node, sabir_type type)
{
    return node->op == SBR_OP_popcount && type == SABIR_I8 ? SABIR_U8 : type;
}

static void read_broadcast(sbr_launcher *l, const char *buffer, const sbr_view *x, const sbr_view *output)
{
    sbr_view wide;
    sbr_view_broadcast(l->lowering, x, output->rank, output->extents, &wide);
    sbr_read(l, buffer, &wide);
}

static uint64_t count_at_most(sbr_lowering *lowering, const sbr_view *view)
{
    const int64_t count = sbr_expr_largest(&lowering->module->exprs, sbr_view_count(lowering, view));
    return count < 0 ? 0 : (uint64_t)count;
}

/* Whether the operands lie as the output does: nothing is broadcast or strided. */
static bool are_dense(const sbr_lowering *lowering, const sbr_view *inputs, uint32_t count, const sbr_view *output)
{
    for (uint32_t i = 0; i < count; i++) {
        if (inputs[i].rank != output->rank || !sbr_is_dense(lowering, &inputs[i])) return false;
        for (int32_t axis = 0; axis < output->rank; axis++)
            if (inputs[i].extents[axis] != output->extents[axis]) return false;
    }
    return true;
}

sabir_status sbr_lower_elementwise(sbr_lowering *lowering, const sbr_node *node)
{
    static const char *const operands[] = {"x", "y", "z"};
    if (node->input_count < 1 || node->input_count > SBR_COUNT(operands))
        return sbr_fail(SABIR_INTERNAL, "no kernel computes %s, an elementwise operator of %u operands", sbr_ops[node->op].name, node->input_count);

    sbr_view output, inputs[SBR_COUNT(operands)] = {{0}};
    for (uint32_t i = 0; i < node->input_count; i++) {
        inputs[i] = *sbr_in(lowering, node, i);
        inputs[i].type = type_read(node, inputs[i].type);
    }
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    const sbr_arith arith = sbr_arith_of(inputs[0].type);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, node->input_count == 1 ? "elementwise_1" : "elementwise_2", arith, arith));
    sbr_space(&l, output.rank, output.extents);
    for (uint32_t i = 0; i < node->input_count; i++) read_broadcast(&l, operands[i], &inputs[i], &output);
    if (node->input_count == 2) read_broadcast(&l, "z", &inputs[0], &output); /* is not loaded */
    sbr_write(&l, "r", &output);
    sbr_int(&l, "op", node->op);
    sbr_own_constant(&l, "OP", node->op);
    sbr_own_constant(&l, "DENSE", are_dense(lowering, inputs, node->input_count, &output));
    return sbr_launch_end(&l, SBR_EXPR_NONE, count_at_most(lowering, &output));
}

sabir_status sbr_lower_select(sbr_lowering *lowering, const sbr_node *node)
{
    sbr_view output;
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "select_view", SBR_ARITH_BITS, SBR_ARITH_BITS));
    sbr_space(&l, output.rank, output.extents);
    read_broadcast(&l, "condition", sbr_in(lowering, node, 0), &output);
    read_broadcast(&l, "a", sbr_in(lowering, node, 1), &output);
    read_broadcast(&l, "b", sbr_in(lowering, node, 2), &output);
    sbr_write(&l, "y", &output);
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}

sabir_status sbr_lower_cast(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view x = *sbr_in(lowering, node, 0);
    const sabir_cast_attrs *attrs = node->attrs;
    if (attrs->type == x.type) {
        sbr_alias(lowering, node, 0, &x);
        return SABIR_OK;
    }
    sbr_view output;
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    return sbr_cast_view(lowering, &x, &output);
}
