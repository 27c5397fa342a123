/* Rows by pointer (CSR): segments of a tensor's rows. Every element of the result is summed by one invocation in the order of the
 * entries, so results are the same bits at each run. */
#include "operands.h"

typedef enum segment_mode { SEGMENT_SUM, SEGMENT_MEAN, SEGMENT_MAX, SEGMENT_MIN } segment_mode; /* as kernels/segment.k numbers them */

/* What nothing gives, for integers. */
static int64_t extreme(sabir_type type, segment_mode mode)
{
    static const int64_t most[SABIR_TYPE_COUNT] = {[SABIR_I32] = INT32_MAX, [SABIR_U32] = UINT32_MAX, [SABIR_I8] = INT8_MAX, [SABIR_U8] = UINT8_MAX};
    return mode == SEGMENT_MIN ? most[type] : sbr_lowest(type);
}

static sabir_status segment_view(sbr_lowering *lowering, const sbr_view *x, const sbr_view *pointers, segment_mode mode, const sbr_view *y)
{
    const sbr_view features = sbr_lines(x, 0);
    const sbr_arith arith = sbr_unsigned_arith(x->type);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "segment", arith, arith));
    sbr_space(&l, features.rank, features.extents);
    sbr_read(&l, "x", &features);
    sbr_read(&l, "pointers", pointers);
    sbr_write(&l, "y", y);
    sbr_idx(&l, "entries", x->extents[0]);
    sbr_idx(&l, "features", sbr_view_count(lowering, &features));
    sbr_idx(&l, "x_stride", x->strides[0]);
    sbr_idx(&l, "pointer_stride", pointers->strides[0]);
    sbr_int(&l, "mode", mode);
    sbr_int(&l, "flip", sbr_flip(x->type));
    sbr_int(&l, "extreme", extreme(x->type, mode));
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, sbr_view_count(lowering, x), sbr_num(lowering, 1), 1));
}

static sabir_status segment(sbr_lowering *lowering, const sbr_node *node, segment_mode mode)
{
    const sbr_view x = *sbr_in(lowering, node, 0), pointers = *sbr_in(lowering, node, 1);
    sbr_view y;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    return segment_view(lowering, &x, &pointers, mode, &y);
}

sabir_status sbr_lower_segment_sum(sbr_lowering *lowering, const sbr_node *node) { return segment(lowering, node, SEGMENT_SUM); }
sabir_status sbr_lower_segment_mean(sbr_lowering *lowering, const sbr_node *node) { return segment(lowering, node, SEGMENT_MEAN); }
sabir_status sbr_lower_segment_max(sbr_lowering *lowering, const sbr_node *node) { return segment(lowering, node, SEGMENT_MAX); }
sabir_status sbr_lower_segment_min(sbr_lowering *lowering, const sbr_node *node) { return segment(lowering, node, SEGMENT_MIN); }

/* ---- softmax: the largest of each segment, the sum of what is left, then every entry ---- */

typedef enum softmax_phase { PHASE_TOTALS, PHASE_ENTRIES } softmax_phase; /* as kernels/segment_softmax.k numbers them */

static sabir_status softmax_phase_of(sbr_lowering *lowering, softmax_phase phase, const sbr_view *x, const sbr_view *pointers, const sbr_view *largest,
                                     const sbr_view *totals, const sbr_view *y)
{
    const sbr_view features = sbr_lines(x, 0);
    const sbr_arith arith = sbr_arith_of(x->type);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "segment_softmax", arith, arith));
    sbr_space(&l, features.rank, features.extents);
    sbr_read(&l, "x", &features);
    sbr_read(&l, "pointers", pointers);
    sbr_read(&l, "largest", largest);
    sbr_read(&l, "totals", totals);
    sbr_write(&l, "y", y);
    sbr_int(&l, "phase", phase);
    sbr_idx(&l, "rows", largest->extents[0]);
    sbr_idx(&l, "entries", x->extents[0]);
    sbr_idx(&l, "features", sbr_view_count(lowering, &features));
    sbr_idx(&l, "x_stride", x->strides[0]);
    sbr_idx(&l, "pointer_stride", pointers->strides[0]);
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, sbr_view_count(lowering, x), sbr_num(lowering, 1), 8));
}

sabir_status sbr_lower_segment_softmax(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view x = *sbr_in(lowering, node, 0), pointers = *sbr_in(lowering, node, 1);
    const sabir_type type = sbr_arith_of(x.type) == SBR_ARITH_F64 ? SABIR_F64 : SABIR_F32;
    sbr_view y, largest, totals, shape = x;
    shape.extents[0] = sbr_add(lowering, pointers.extents[0], sbr_num(lowering, -1));
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    SABIR_TRY(sbr_temp(lowering, type, shape.rank, shape.extents, &largest));
    SABIR_TRY(sbr_temp(lowering, type, shape.rank, shape.extents, &totals));
    SABIR_TRY(segment_view(lowering, &x, &pointers, SEGMENT_MAX, &largest));
    SABIR_TRY(softmax_phase_of(lowering, PHASE_TOTALS, &x, &pointers, &largest, &largest, &totals));
    return softmax_phase_of(lowering, PHASE_ENTRIES, &x, &pointers, &largest, &totals, &y);
}

sabir_status sbr_lower_segment_ids(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view pointers = *sbr_in(lowering, node, 0);
    sbr_view y;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "segment_ids", SBR_ARITH_I32, SBR_ARITH_I32));
    sbr_read(&l, "pointers", &pointers);
    sbr_write(&l, "y", &y);
    sbr_idx(&l, "count", pointers.extents[0]);
    sbr_idx(&l, "pointer_stride", pointers.strides[0]);
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, y.extents[0], sbr_num(lowering, 1), 20));
}
