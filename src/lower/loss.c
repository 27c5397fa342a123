#include "operands.h"

sabir_status sbr_lower_cross_entropy(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view x = *sbr_in(lowering, node, 0), labels = *sbr_in(lowering, node, 1), lines = sbr_lines(&x, x.rank - 1);
    const sbr_arith arith = sbr_arith_of(x.type);
    const sbr_expr columns = x.extents[x.rank - 1], rows = sbr_view_count(lowering, &lines);
    const bool alone = sbr_rows_alone(lowering, columns);
    sbr_view y;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, alone ? "cross_entropy_serial" : "cross_entropy", arith, arith));
    sbr_space(&l, lines.rank, lines.extents);
    sbr_read(&l, "x", &lines);
    sbr_read(&l, "labels", &labels);
    sbr_write(&l, "y", &y);
    sbr_idx(&l, "rows", rows);
    sbr_idx(&l, "columns", columns);
    sbr_idx(&l, "x_stride", x.strides[x.rank - 1]);
    return sbr_launch_end(&l, alone ? sbr_ceil_div(lowering, rows, SBR_SERIAL_ROWS) : rows, sbr_work(lowering, rows, columns, 4));
}
