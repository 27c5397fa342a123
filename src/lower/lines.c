#include "lines.h"

void sbr_lines_of(sbr_lowering *lowering, const sbr_view *x, int32_t axis, sbr_axis_lines *lines)
{
    const sbr_view given = *x;
    sbr_axis_lines result = {.view = sbr_lines(&given, axis), .length = given.extents[axis], .stride = given.strides[axis],
                        .inner = sbr_extents_product(lowering, &given, axis + 1, given.rank)};
    result.rows = sbr_view_count(lowering, &result.view);
    *lines = result;
}

int64_t sbr_most(const sbr_lowering *lowering, sbr_expr expr)
{
    const int64_t most = sbr_expr_largest(&lowering->module->exprs, expr);
    return most < 0 ? INT64_MAX : most;
}
