/* Operators that read the same elements from other places: one block move each. */
#include "element.h"
#include "functions.h"
#include "walk.h"

static sabir_status fill_from(const sbr_ref_call *call, sbr_ref_place from)
{
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_move_block(out, (sbr_ref_place){.strides = sbr_ref_strides_of(out)}, &call->inputs[0], from, out->rank, out->extents);
    return SABIR_OK;
}

sabir_status sbr_ref_op_reshape(const sbr_ref_call *call)
{
    sbr_ref_move(&call->outputs[0], 0, &call->inputs[0], 0, call->outputs[0].count);
    return SABIR_OK;
}

sabir_status sbr_ref_op_transpose(const sbr_ref_call *call)
{
    const sabir_transpose_attrs *attrs = call->attrs;
    const sbr_ref_strides strides = sbr_ref_strides_of(&call->inputs[0]);
    sbr_ref_place from = {0};
    for (int32_t axis = 0; axis < call->outputs[0].rank; axis++) from.strides.by[axis] = strides.by[attrs->axes.values[axis]];
    return fill_from(call, from);
}

sabir_status sbr_ref_op_slice(const sbr_ref_call *call)
{
    const sabir_slice_attrs *attrs = call->attrs;
    const sbr_ref_strides strides = sbr_ref_strides_of(&call->inputs[0]);
    sbr_ref_place from = {0};
    for (int32_t axis = 0; axis < call->outputs[0].rank; axis++) {
        from.start += attrs->start.values[axis] * strides.by[axis];
        from.strides.by[axis] = attrs->step.values[axis] * strides.by[axis];
    }
    return fill_from(call, from);
}

sabir_status sbr_ref_op_broadcast(const sbr_ref_call *call)
{
    return fill_from(call, (sbr_ref_place){.strides = sbr_ref_broadcast_strides(&call->inputs[0], call->outputs[0].rank, 0)});
}

/* Strides of the batch axes, then one step along both axes of the matrix. */
static sbr_ref_place along_diagonal(const sbr_ref_tensor *matrices)
{
    sbr_ref_place place = {.strides = sbr_ref_strides_of(matrices)};
    place.strides.by[matrices->rank - 2] += 1;
    place.strides.by[matrices->rank - 1] = 0;
    return place;
}

sabir_status sbr_ref_op_diagonal(const sbr_ref_call *call) { return fill_from(call, along_diagonal(&call->inputs[0])); }

sabir_status sbr_ref_op_diagonal_embed(const sbr_ref_call *call)
{
    const sbr_ref_tensor *x = &call->inputs[0];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_fill(out, 0.0, 0);
    sbr_ref_move_block(out, along_diagonal(out), x, (sbr_ref_place){.strides = sbr_ref_strides_of(x)}, x->rank, x->extents);
    return SABIR_OK;
}

/* Where a block of extents starts in whole, moved inside. */
static sbr_ref_place place_inside(const sbr_ref_tensor *whole, const sbr_ref_tensor *start, const int64_t *extents)
{
    sbr_ref_place place = {.strides = sbr_ref_strides_of(whole)};
    for (int32_t axis = 0; axis < whole->rank; axis++)
        place.start += sbr_ref_clamp(start->i[axis], 0, whole->extents[axis] - extents[axis]) * place.strides.by[axis];
    return place;
}

sabir_status sbr_ref_op_dynamic_slice(const sbr_ref_call *call)
{
    return fill_from(call, place_inside(&call->inputs[0], &call->inputs[1], call->outputs[0].extents));
}

sabir_status sbr_ref_op_update(const sbr_ref_call *call)
{
    const sbr_ref_tensor *old = &call->inputs[0], *part = &call->inputs[1], *start = &call->inputs[2];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_move(out, 0, old, 0, out->count);
    sbr_ref_move_block(out, place_inside(out, start, part->extents), part, (sbr_ref_place){.strides = sbr_ref_strides_of(part)}, part->rank, part->extents);
    return SABIR_OK;
}

sabir_status sbr_ref_op_unfold(const sbr_ref_call *call)
{
    const sabir_unfold_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0];
    sbr_ref_place from = {.strides = sbr_ref_strides_of(x)};
    const int64_t stride = from.strides.by[attrs->axis];
    from.strides.by[attrs->axis] = stride * attrs->step;
    from.strides.by[x->rank] = stride;
    return fill_from(call, from);
}
