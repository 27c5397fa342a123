#include "operands.h"
#include "window.h"

static sabir_status lower(sbr_lowering *lowering, const sbr_node *node, bool is_mean)
{
    const sabir_pool_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0);
    const sbr_arith arith = sbr_unsigned_arith(x.type);
    sbr_view y;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "pool", arith, arith));
    sbr_read(&l, "x", &x);
    sbr_write(&l, "y", &y);
    sbr_window_strides(&l, "x_strides", &x);
    sbr_idx(&l, "channels", x.extents[1]);
    sbr_window_extents(&l, "extent", &x);
    sbr_window_extents(&l, "result", &y);
    sbr_window_setting(&l, "window", x.rank, attrs->window, 1);
    sbr_window_setting(&l, "stride", x.rank, attrs->stride, 1);
    sbr_window_setting(&l, "dilation", x.rank, attrs->dilation, 1);
    sbr_window_setting(&l, "before", x.rank, attrs->before, 0);
    sbr_int(&l, "is_mean", is_mean);
    sbr_int(&l, "count_padding", attrs->count_padding != 0);
    sbr_int(&l, "lowest", sbr_lowest(x.type));
    sbr_int(&l, "flip", sbr_flip(x.type));
    sbr_expr taps = sbr_num(lowering, 1);
    for (int32_t i = 0; i < x.rank - 2; i++) taps = sbr_mul(lowering, taps, sbr_num(lowering, attrs->window[i]));
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, sbr_view_count(lowering, &y), taps, 1));
}

sabir_status sbr_lower_max_pool(sbr_lowering *lowering, const sbr_node *node) { return lower(lowering, node, false); }
sabir_status sbr_lower_avg_pool(sbr_lowering *lowering, const sbr_node *node) { return lower(lowering, node, true); }
