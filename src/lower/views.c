/* Views and the extents they are made of. */
#include "lower.h"

sbr_expr sbr_num(sbr_lowering *lowering, int64_t number) { return sbr_expr_number(&lowering->module->exprs, number); }

sbr_expr sbr_ext(sbr_lowering *lowering, sabir_extent extent)
{
    if (sbr_is_number(extent)) return sbr_num(lowering, extent);
    /* The module's pool began as a copy of the graph's, so ids are the same. */
    return (sbr_expr)((uint64_t)(-(extent + 2)) & UINT32_MAX);
}

sbr_expr sbr_mul(sbr_lowering *lowering, sbr_expr a, sbr_expr b) { return sbr_expr_mul(&lowering->module->exprs, a, b); }
sbr_expr sbr_add(sbr_lowering *lowering, sbr_expr a, sbr_expr b) { return sbr_expr_add(&lowering->module->exprs, a, b); }
sbr_expr sbr_ceil_div(sbr_lowering *lowering, sbr_expr a, int64_t b) { return sbr_expr_ceil_div(&lowering->module->exprs, a, b); }
bool sbr_known(const sbr_lowering *lowering, sbr_expr expr, int64_t *number) { return sbr_expr_is_number(&lowering->module->exprs, expr, number); }

sbr_expr sbr_extents_product(sbr_lowering *lowering, const sbr_view *view, int32_t first, int32_t end)
{
    sbr_expr product = sbr_num(lowering, 1);
    for (int32_t i = first; i < end; i++) product = sbr_mul(lowering, product, view->extents[i]);
    return product;
}

sbr_expr sbr_view_count(sbr_lowering *lowering, const sbr_view *view) { return sbr_extents_product(lowering, view, 0, view->rank); }

const sbr_view *sbr_in(const sbr_lowering *lowering, const sbr_node *node, uint32_t i) { return &lowering->views[node->inputs[i]]; }

void sbr_view_dense(sbr_lowering *lowering, uint32_t slot, sabir_type type, int32_t rank, const sbr_expr *extents, sbr_view *view)
{
    sbr_view result = {.slot = slot, .type = type, .rank = rank, .offset = sbr_num(lowering, 0)};
    sbr_expr stride = sbr_num(lowering, 1);
    for (int32_t i = rank; i-- > 0;) {
        result.extents[i] = extents[i];
        result.strides[i] = stride;
        stride = sbr_mul(lowering, stride, extents[i]);
    }
    *view = result;
}

sabir_status sbr_temp(sbr_lowering *lowering, sabir_type type, int32_t rank, const sbr_expr *extents, sbr_view *view)
{
    sbr_module *module = lowering->module;
    sbr_view_dense(lowering, module->slots.count, type, rank, extents, view);
    int64_t count = sbr_expr_largest(&module->exprs, sbr_view_count(lowering, view)), bytes;
    if (module->exprs.failed) return sbr_no_memory(0);
    if (count < 0 || !sbr_mul_i64(count, (int64_t)sabir_type_size(type), &bytes) || bytes > INT64_MAX - 4)
        return sbr_fail(SABIR_INVALID_SHAPE, "a tensor of the program has more than 2^63 bytes at the largest extents");
    const sbr_slot slot = {.kind = SBR_SLOT_TEMP, .bytes = bytes ? sbr_round_up((uint64_t)bytes, 4) : 4};
    return sbr_push(&module->allocator, &module->slots, slot) ? SABIR_OK : sbr_no_memory(sizeof slot);
}

sabir_status sbr_out(sbr_lowering *lowering, const sbr_node *node, uint32_t i, sbr_view *view)
{
    const sbr_value_info *value = sbr_value_at(lowering->graph, node->first_output + i);
    sbr_expr extents[SABIR_MAX_RANK];
    for (int32_t d = 0; d < value->shape.rank; d++) extents[d] = sbr_ext(lowering, value->shape.extents[d]);
    SABIR_TRY(sbr_temp(lowering, value->type, value->shape.rank, extents, view));
    lowering->views[node->first_output + i] = *view;
    return SABIR_OK;
}

sabir_status sbr_constant_words(sbr_lowering *lowering, const uint32_t *data, int64_t count, sbr_view *view)
{
    sbr_module *module = lowering->module;
    const sbr_expr extent = sbr_num(lowering, count);
    SABIR_TRY(sbr_temp(lowering, SABIR_U32, 1, &extent, view));
    sbr_slot *slot = &module->slots.data[view->slot];
    slot->kind = SBR_SLOT_CONSTANT;
    slot->number = module->constants.count;
    const sbr_constant_io constant = {data, (uint64_t)count * sizeof *data};
    return sbr_push(&module->allocator, &module->constants, constant) ? SABIR_OK : sbr_no_memory(sizeof constant);
}

void sbr_alias(sbr_lowering *lowering, const sbr_node *node, uint32_t i, const sbr_view *view) { lowering->views[node->first_output + i] = *view; }

bool sbr_is_dense(const sbr_lowering *lowering, const sbr_view *view)
{
    sbr_exprs *exprs = &lowering->module->exprs;
    sbr_expr stride = sbr_expr_number(exprs, 1);
    for (int32_t i = view->rank; i-- > 0;) {
        int64_t extent;
        if (sbr_expr_is_number(exprs, view->extents[i], &extent) && extent == 1) continue;
        if (view->strides[i] != stride) return false;
        stride = sbr_expr_mul(exprs, stride, view->extents[i]);
    }
    return true;
}

sabir_status sbr_dense(sbr_lowering *lowering, const sbr_view *view, sbr_view *dense)
{
    if (sbr_is_dense(lowering, view)) {
        sbr_view_dense(lowering, view->slot, view->type, view->rank, view->extents, dense);
        dense->offset = view->offset;
        return SABIR_OK;
    }
    const sbr_view source = *view; /* view may lie in a vector that grows */
    SABIR_TRY(sbr_temp(lowering, source.type, source.rank, source.extents, dense));
    return sbr_copy_view(lowering, &source, dense);
}

static bool is_one(const sbr_lowering *lowering, sbr_expr extent)
{
    int64_t number;
    return sbr_known(lowering, extent, &number) && number == 1;
}

/* The view without its axes of extent 1, whose strides mean nothing. */
static sbr_view without_ones(const sbr_lowering *lowering, const sbr_view *view)
{
    sbr_view result = *view;
    result.rank = 0;
    for (int32_t i = 0; i < view->rank; i++) {
        if (is_one(lowering, view->extents[i])) continue;
        result.extents[result.rank] = view->extents[i];
        result.strides[result.rank++] = view->strides[i];
    }
    return result;
}

/* Cuts the old axes into the runs that new axes are made of; within a run the old axes must be mergeable. Neither has extents of 1. */
static bool cut_axes(sbr_lowering *lowering, const sbr_view *old, sbr_view *result)
{
    const sbr_expr one = sbr_num(lowering, 1);
    int32_t o = 0, n = 0;
    while (o < old->rank || n < result->rank) {
        int32_t first_old = o, first_new = n;
        sbr_expr old_product = o < old->rank ? old->extents[o++] : one, new_product = n < result->rank ? result->extents[n++] : one;
        while (old_product != new_product) {
            int64_t a, b;
            bool a_known = sbr_known(lowering, old_product, &a), b_known = sbr_known(lowering, new_product, &b);
            if (o < old->rank && (n >= result->rank || (a_known && b_known ? a < b : a_known))) old_product = sbr_mul(lowering, old_product, old->extents[o++]);
            else if (n < result->rank) new_product = sbr_mul(lowering, new_product, result->extents[n++]);
            else if (o < old->rank) old_product = sbr_mul(lowering, old_product, old->extents[o++]);
            else return false;
        }
        for (int32_t i = first_old; i + 1 < o; i++)
            if (old->strides[i] != sbr_mul(lowering, old->strides[i + 1], old->extents[i + 1])) return false;
        sbr_expr stride = o > first_old ? old->strides[o - 1] : one;
        for (int32_t i = n; i-- > first_new;) {
            result->strides[i] = stride;
            stride = sbr_mul(lowering, stride, result->extents[i]);
        }
    }
    return true;
}

bool sbr_view_reshape(sbr_lowering *lowering, const sbr_view *view, int32_t rank, const sbr_expr *extents, sbr_view *reshaped)
{
    if (sbr_is_dense(lowering, view)) {
        const sbr_view old = *view;
        sbr_view_dense(lowering, old.slot, old.type, rank, extents, reshaped);
        reshaped->offset = old.offset;
        return true;
    }
    sbr_view wanted = {.slot = view->slot, .type = view->type, .rank = rank, .offset = view->offset};
    for (int32_t i = 0; i < rank; i++) {
        wanted.extents[i] = extents[i];
        wanted.strides[i] = sbr_num(lowering, 0);
    }
    const sbr_view old = without_ones(lowering, view);
    sbr_view cut = without_ones(lowering, &wanted);
    if (!cut_axes(lowering, &old, &cut)) return false;
    for (int32_t i = 0, n = 0; i < rank; i++)
        if (!is_one(lowering, extents[i])) wanted.strides[i] = cut.strides[n++];
    *reshaped = wanted;
    return true;
}

void sbr_view_broadcast(sbr_lowering *lowering, const sbr_view *view, int32_t rank, const sbr_expr *extents, sbr_view *result)
{
    sbr_view wide = {.slot = view->slot, .type = view->type, .rank = rank, .offset = view->offset};
    const sbr_expr zero = sbr_num(lowering, 0);
    for (int32_t i = 0; i < rank; i++) {
        int32_t from = i - (rank - view->rank);
        wide.extents[i] = extents[i];
        wide.strides[i] = from >= 0 && view->extents[from] == extents[i] ? view->strides[from] : zero;
    }
    *result = wide;
}

void sbr_view_transpose(const sbr_view *view, const int64_t *axes, sbr_view *result)
{
    sbr_view moved = *view;
    for (int32_t i = 0; i < view->rank; i++) {
        moved.extents[i] = view->extents[axes[i]];
        moved.strides[i] = view->strides[axes[i]];
    }
    *result = moved;
}

sbr_arith sbr_arith_of(sabir_type type)
{
    switch (type) {
        case SABIR_F64: return SBR_ARITH_F64;
        case SABIR_I32: case SABIR_I8: return SBR_ARITH_I32;
        case SABIR_U32: case SABIR_U8: case SABIR_BOOL: return SBR_ARITH_U32;
        case SABIR_I64: return SBR_ARITH_I64;
        default: return SBR_ARITH_F32;
    }
}
