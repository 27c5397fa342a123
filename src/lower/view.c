/* Operators that only look at their operand in another way: no kernel runs, except where a reshape asks for strides that no view has. */
#include "lower.h"

/* A view of the shape of the node's output, strides still open, over the slot of x. */
static sbr_view output_like(sbr_lowering *lowering, const sbr_node *node, const sbr_view *x)
{
    const sabir_shape *shape = &sbr_value_at(lowering->graph, node->first_output)->shape;
    sbr_view view = {.slot = x->slot, .type = x->type, .rank = shape->rank, .offset = x->offset};
    for (int32_t i = 0; i < shape->rank; i++) view.extents[i] = sbr_ext(lowering, shape->extents[i]);
    return view;
}

sabir_status sbr_lower_reshape(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view x = *sbr_in(lowering, node, 0), wanted = output_like(lowering, node, &x);
    sbr_view view, dense;
    if (!sbr_view_reshape(lowering, &x, wanted.rank, wanted.extents, &view)) {
        SABIR_TRY(sbr_dense(lowering, &x, &dense));
        if (!sbr_view_reshape(lowering, &dense, wanted.rank, wanted.extents, &view))
            return sbr_fail(SABIR_INTERNAL, "reshape: a dense view takes no other shape");
    }
    sbr_alias(lowering, node, 0, &view);
    return SABIR_OK;
}

sabir_status sbr_lower_transpose(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_transpose_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0);
    sbr_view view;
    sbr_view_transpose(&x, attrs->axes.values, &view);
    sbr_alias(lowering, node, 0, &view);
    return SABIR_OK;
}

sabir_status sbr_lower_slice(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_slice_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0);
    sbr_view view = output_like(lowering, node, &x);
    for (int32_t i = 0; i < x.rank; i++) {
        view.strides[i] = sbr_mul(lowering, x.strides[i], sbr_num(lowering, attrs->step.values[i]));
        view.offset = sbr_add(lowering, view.offset, sbr_mul(lowering, x.strides[i], sbr_num(lowering, attrs->start.values[i])));
    }
    sbr_alias(lowering, node, 0, &view);
    return SABIR_OK;
}

sabir_status sbr_lower_broadcast(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view x = *sbr_in(lowering, node, 0), wanted = output_like(lowering, node, &x);
    sbr_view view;
    sbr_view_broadcast(lowering, &x, wanted.rank, wanted.extents, &view);
    sbr_alias(lowering, node, 0, &view);
    return SABIR_OK;
}

sabir_status sbr_lower_diagonal(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view x = *sbr_in(lowering, node, 0);
    sbr_view view = output_like(lowering, node, &x);
    for (int32_t i = 0; i < view.rank; i++) view.strides[i] = x.strides[i];
    view.strides[view.rank - 1] = sbr_add(lowering, x.strides[x.rank - 2], x.strides[x.rank - 1]);
    sbr_alias(lowering, node, 0, &view);
    return SABIR_OK;
}

/* Results that are operands. */
static sabir_status lower_alias(sbr_lowering *lowering, const sbr_node *node)
{
    for (uint32_t i = 0; i < node->output_count; i++) {
        const sbr_view x = *sbr_in(lowering, node, i);
        sbr_alias(lowering, node, i, &x);
    }
    return SABIR_OK;
}

sabir_status sbr_lower_stop_gradient(sbr_lowering *lowering, const sbr_node *node) { return lower_alias(lowering, node); }
sabir_status sbr_lower_custom_gradient(sbr_lowering *lowering, const sbr_node *node) { return lower_alias(lowering, node); }
sabir_status sbr_lower_after(sbr_lowering *lowering, const sbr_node *node) { return lower_alias(lowering, node); }

/* Windows overlap: steps along the axis, and one element after another along the new last axis. */
sabir_status sbr_lower_unfold(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_unfold_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0);
    sbr_view view = output_like(lowering, node, &x);
    for (int32_t i = 0; i < x.rank; i++) view.strides[i] = x.strides[i];
    view.strides[attrs->axis] = sbr_mul(lowering, x.strides[attrs->axis], sbr_num(lowering, attrs->step));
    view.strides[x.rank] = x.strides[attrs->axis];
    sbr_alias(lowering, node, 0, &view);
    return SABIR_OK;
}
