/* Rows by pointer (CSR): segments of a tensor's rows, and sparse times dense. Every element of the result is summed by one invocation
 * in the order of the entries, so results are the same bits at each run. */
#include "operands.h"

typedef enum segment_mode { SEGMENT_SUM, SEGMENT_MEAN, SEGMENT_MAX } segment_mode; /* as kernels/segment.k numbers them */

static sabir_status segment(sbr_lowering *lowering, const sbr_node *node, segment_mode mode)
{
    const sbr_view x = *sbr_in(lowering, node, 0), pointers = *sbr_in(lowering, node, 1), features = sbr_lines(&x, 0);
    const sbr_arith arith = sbr_unsigned_arith(x.type);
    sbr_view y;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "segment", arith, arith));
    sbr_space(&l, features.rank, features.extents);
    sbr_read(&l, "x", &features);
    sbr_read(&l, "pointers", &pointers);
    sbr_write(&l, "y", &y);
    sbr_idx(&l, "entries", x.extents[0]);
    sbr_idx(&l, "features", sbr_view_count(lowering, &features));
    sbr_idx(&l, "x_stride", x.strides[0]);
    sbr_idx(&l, "pointer_stride", pointers.strides[0]);
    sbr_int(&l, "mode", mode);
    sbr_int(&l, "lowest", sbr_lowest(x.type));
    sbr_int(&l, "flip", sbr_flip(x.type));
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, sbr_view_count(lowering, &x), sbr_num(lowering, 1), 1));
}

sabir_status sbr_lower_segment_sum(sbr_lowering *lowering, const sbr_node *node) { return segment(lowering, node, SEGMENT_SUM); }
sabir_status sbr_lower_segment_mean(sbr_lowering *lowering, const sbr_node *node) { return segment(lowering, node, SEGMENT_MEAN); }
sabir_status sbr_lower_segment_max(sbr_lowering *lowering, const sbr_node *node) { return segment(lowering, node, SEGMENT_MAX); }

sabir_status sbr_lower_spmm(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view pointers = *sbr_in(lowering, node, 0), columns = *sbr_in(lowering, node, 1), x = *sbr_in(lowering, node, 2);
    const bool has_values = node->input_count > 3;
    const sbr_view values = has_values ? *sbr_in(lowering, node, 3) : x, features = sbr_lines(&x, 0);
    const sbr_arith arith = sbr_arith_of(x.type);
    sbr_view y;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "spmm", arith, arith));
    sbr_space(&l, features.rank, features.extents);
    sbr_read(&l, "pointers", &pointers);
    sbr_read(&l, "columns", &columns);
    sbr_read(&l, "values", &values);
    sbr_read(&l, "x", &features);
    sbr_write(&l, "y", &y);
    sbr_idx(&l, "entries", columns.extents[0]);
    sbr_idx(&l, "features", sbr_view_count(lowering, &features));
    sbr_idx(&l, "x_rows", x.extents[0]);
    sbr_idx(&l, "x_stride", x.strides[0]);
    sbr_idx(&l, "pointer_stride", pointers.strides[0]);
    sbr_idx(&l, "column_stride", columns.strides[0]);
    sbr_idx(&l, "value_stride", has_values ? values.strides[0] : sbr_num(lowering, 0));
    sbr_int(&l, "has_values", has_values);
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, columns.extents[0], sbr_view_count(lowering, &features), 2));
}
