#include "walk.h"

#include "element.h"

sbr_ref_strides sbr_ref_strides_of(const sbr_ref_tensor *tensor)
{
    sbr_ref_strides strides = {{0}};
    int64_t stride = 1;
    for (int32_t axis = tensor->rank - 1; axis >= 0; axis--) {
        strides.by[axis] = stride;
        stride = sbr_ref_mul(stride, tensor->extents[axis]); /* of no use where it wraps: some extent is 0 */
    }
    return strides;
}

sbr_ref_strides sbr_ref_broadcast_strides(const sbr_ref_tensor *tensor, int32_t rank, int32_t skip_last)
{
    const sbr_ref_strides own = sbr_ref_strides_of(tensor);
    sbr_ref_strides strides = {{0}};
    for (int32_t axis = 0; axis < tensor->rank - skip_last; axis++)
        if (tensor->extents[axis] != 1) strides.by[axis + rank - (tensor->rank - skip_last)] = own.by[axis];
    return strides;
}

bool sbr_ref_walk_start(sbr_ref_walk *walk)
{
    for (int32_t axis = 0; axis < walk->rank; axis++) {
        if (walk->extents[axis] == 0) return false;
        walk->index[axis] = 0;
    }
    return true;
}

bool sbr_ref_walk_next(sbr_ref_walk *walk)
{
    for (int32_t axis = walk->rank - 1; axis >= 0; axis--) {
        const bool wraps = ++walk->index[axis] == walk->extents[axis];
        for (int32_t k = 0; k < walk->operands; k++)
            walk->at[k] += wraps ? -walk->strides[k].by[axis] * (walk->extents[axis] - 1) : walk->strides[k].by[axis];
        if (!wraps) return true;
        walk->index[axis] = 0;
    }
    return false;
}

int64_t sbr_ref_walk_row(sbr_ref_walk *walk, int64_t row_strides[SBR_REF_OPERANDS])
{
    for (int32_t k = 0; k < SBR_REF_OPERANDS; k++) row_strides[k] = 0;
    if (walk->rank == 0) return 1;
    walk->rank--;
    for (int32_t k = 0; k < walk->operands; k++) row_strides[k] = walk->strides[k].by[walk->rank];
    return walk->extents[walk->rank];
}

int64_t sbr_ref_product(const sbr_ref_tensor *tensor, int32_t first, int32_t end)
{
    int64_t product = 1;
    for (int32_t axis = first; axis < end; axis++) product = sbr_ref_mul(product, tensor->extents[axis]);
    return product;
}

sbr_ref_span sbr_ref_span_of(const sbr_ref_tensor *tensor, int32_t axis)
{
    return (sbr_ref_span){
        .outer = sbr_ref_product(tensor, 0, axis),
        .extent = tensor->extents[axis],
        .inner = sbr_ref_product(tensor, axis + 1, tensor->rank),
    };
}

void sbr_ref_move_block(sbr_ref_tensor *out, sbr_ref_place to, const sbr_ref_tensor *in, sbr_ref_place from, int32_t rank, const int64_t *extents)
{
    sbr_ref_walk walk = {.rank = rank, .operands = 2, .strides = {to.strides, from.strides}, .at = {to.start, from.start}};
    for (int32_t axis = 0; axis < rank; axis++) walk.extents[axis] = extents[axis];
    int64_t step[SBR_REF_OPERANDS];
    const int64_t row = sbr_ref_walk_row(&walk, step);
    for (bool more = sbr_ref_walk_start(&walk); more; more = sbr_ref_walk_next(&walk)) {
        if (out->f)
            for (int64_t k = 0; k < row; k++) out->f[walk.at[0] + k * step[0]] = in->f[walk.at[1] + k * step[1]];
        else
            for (int64_t k = 0; k < row; k++) out->i[walk.at[0] + k * step[0]] = in->i[walk.at[1] + k * step[1]];
    }
}
