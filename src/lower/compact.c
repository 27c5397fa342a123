/* Counting and listing: compact, histogram. */
#include "lines.h"

enum { ELEMENTS_OF_GROUP = 4096 }; /* kernels/histogram.k */

typedef enum compact_want { WANT_PLACES, WANT_COUNT, WANT_OVERFLOW } compact_want;

static sabir_status launch_compact(sbr_lowering *lowering, const sbr_node *node, compact_want want, const sbr_view *counts)
{
    const sabir_compact_attrs *attrs = node->attrs;
    sbr_view output;
    SABIR_TRY(sbr_out(lowering, node, (uint32_t)want, &output));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "compact", SBR_ARITH_U32, SBR_ARITH_U32));
    sbr_read(&l, "counts", counts);
    sbr_write(&l, "y", &output);
    sbr_int(&l, "want", want);
    sbr_int(&l, "capacity", attrs->capacity);
    sbr_idx(&l, "length", counts->extents[0]);
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}

sabir_status sbr_lower_compact(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view mask = *sbr_in(lowering, node, 0);
    const sabir_cumsum_attrs running = {.axis = 0};
    sbr_view counts;
    SABIR_TRY(sbr_temp(lowering, SABIR_U32, 1, mask.extents, &counts));
    SABIR_TRY(sbr_scan_view(lowering, SBR_ARITH_U32, &mask, NULL, &running, &counts));
    SABIR_TRY(launch_compact(lowering, node, WANT_PLACES, &counts));
    SABIR_TRY(launch_compact(lowering, node, WANT_COUNT, &counts));
    return launch_compact(lowering, node, WANT_OVERFLOW, &counts);
}

sabir_status sbr_lower_histogram(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_histogram_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0);
    sbr_view output;
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    SABIR_TRY(sbr_fill_view(lowering, &output, 0.0));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "histogram", SBR_ARITH_I32, SBR_ARITH_I32));
    const sbr_expr count = sbr_view_count(lowering, &x);
    sbr_space(&l, x.rank, x.extents);
    sbr_read(&l, "x", &x);
    sbr_write(&l, "y", &output);
    sbr_int(&l, "bins", attrs->bins);
    sbr_idx(&l, "count", count);
    return sbr_launch_end(&l, sbr_ceil_div(lowering, count, ELEMENTS_OF_GROUP), (uint64_t)sbr_most(lowering, count));
}
