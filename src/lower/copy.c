/* Moving whole views: copies, casts, fills. */
#include "lower.h"

static bool starts_slot(const sbr_lowering *lowering, const sbr_view *view)
{
    int64_t offset;
    return sbr_known(lowering, view->offset, &offset) && offset == 0;
}

static bool fills_slot(sbr_lowering *lowering, const sbr_view *view)
{
    const sbr_module *module = lowering->module;
    int64_t count = sbr_expr_largest(&module->exprs, sbr_view_count(lowering, view));
    uint64_t bytes = (uint64_t)(count < 0 ? 0 : count) * sabir_type_size(view->type);
    return starts_slot(lowering, view) && sbr_round_up(bytes ? bytes : 4, 4) == module->slots.data[view->slot].bytes;
}

/* Whether the copy moves all of one slot to all of another, so that the first may become the second. */
static bool is_whole(sbr_lowering *lowering, const sbr_view *from, const sbr_view *to)
{
    return sbr_is_dense(lowering, from) && fills_slot(lowering, from) && fills_slot(lowering, to);
}

static sabir_status copy_by_device(sbr_lowering *lowering, const sbr_view *from, const sbr_view *to, bool whole)
{
    sbr_module *module = lowering->module;
    const sbr_expr size = sbr_num(lowering, (int64_t)sabir_type_size(from->type));
    const sbr_step step = {.kind = SBR_STEP_COPY, .from = from->slot, .to = to->slot, .whole = whole,
                           .bytes = sbr_mul(lowering, sbr_view_count(lowering, from), size), .node = lowering->node};
    if (module->exprs.failed || !sbr_push(&module->allocator, &module->steps, step)) return sbr_no_memory(sizeof step);
    return SABIR_OK;
}

sabir_status sbr_copy_view(sbr_lowering *lowering, const sbr_view *from, const sbr_view *to)
{
    const bool whole = is_whole(lowering, from, to);
    const sbr_slot_kind kind = lowering->module->slots.data[from->slot].kind;
    if (!lowering->gate && kind != SBR_SLOT_CONTROL && sbr_is_dense(lowering, from) && starts_slot(lowering, from) && starts_slot(lowering, to))
        return copy_by_device(lowering, from, to, whole);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "copy", SBR_ARITH_BITS, SBR_ARITH_BITS));
    sbr_space(&l, from->rank, from->extents);
    sbr_read(&l, "x", from);
    sbr_write(&l, "y", to);
    SABIR_TRY(sbr_launch_end(&l, SBR_EXPR_NONE, 0));
    sbr_step *step = &lowering->module->steps.data[lowering->module->steps.count - 1];
    step->whole = whole;
    step->from = from->slot;
    step->to = to->slot;
    return SABIR_OK;
}

/* Loading and packing convert by themselves, so a kernel is needed for few types: one that has all elements of both. Integers of 32 bits wrap alike with
 * and without a sign, which counts only where they are extended. */
static sbr_arith converting_arith(sabir_type from, sabir_type to)
{
    const bool floats = sbr_is_float(from) || sbr_is_float(to);
    if (to == SABIR_F64) return SBR_ARITH_F64;
    if (from == SABIR_I64 || (to == SABIR_I64 && floats)) return SBR_ARITH_I64;
    if (from == SABIR_F64) return SBR_ARITH_F64;
    if (to == SABIR_I64) return sbr_arith_of(from);
    return floats ? SBR_ARITH_F32 : SBR_ARITH_U32;
}

sabir_status sbr_cast_view(sbr_lowering *lowering, const sbr_view *from, const sbr_view *to)
{
    const sbr_arith arith = converting_arith(from->type, to->type);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "convert", arith, arith));
    sbr_space(&l, from->rank, from->extents);
    sbr_read(&l, "x", from);
    sbr_write(&l, "y", to);
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}

sabir_status sbr_fill_view(sbr_lowering *lowering, const sbr_view *to, double number)
{
    uint32_t words[2] = {0, 0};
    const size_t size = sabir_type_size(to->type);
    sbr_number_store(to->type, number, words);
    if (size == 1) words[0] = (words[0] & 0xffu) * 0x01010101u;
    if (size == 2) words[0] = (words[0] & 0xffffu) * 0x00010001u;
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "fill", SBR_ARITH_BITS, SBR_ARITH_BITS));
    sbr_int(&l, "low", words[0]);
    sbr_int(&l, "high", words[1]);
    sbr_write(&l, "y", to);
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}
