#include "conv_geometry.h"

static sbr_view with_all_axes(sbr_lowering *lowering, const sbr_view *view)
{
    sbr_view wide = *view;
    const int32_t absent = SBR_CONV_AXES - view->rank;
    wide.rank = SBR_CONV_AXES;
    for (int32_t i = SBR_CONV_AXES; i-- > 2;) {
        const bool is_there = i - absent >= 2;
        wide.extents[i] = is_there ? view->extents[i - absent] : sbr_num(lowering, 1);
        wide.strides[i] = is_there ? view->strides[i - absent] : sbr_num(lowering, 0);
    }
    return wide;
}

void sbr_conv_geometry_of(sbr_lowering *lowering, const sbr_conv_problem *problem, sbr_conv_geometry *g)
{
    const sabir_conv_attrs *attrs = problem->attrs;
    const int32_t absent = SBR_CONV_AXES - problem->x.rank;
    sbr_exprs *exprs = &lowering->module->exprs;
    *g = (sbr_conv_geometry){.lowering = lowering, .arith = sbr_arith_of(problem->y.type), .groups = attrs->groups, .periodic = attrs->periodic != 0, .taps = 1};
    g->type = g->arith == SBR_ARITH_F64 ? SABIR_F64 : SABIR_F32;
    g->x = with_all_axes(lowering, &problem->x);
    g->weights = with_all_axes(lowering, &problem->weights);
    g->y = with_all_axes(lowering, &problem->y);
    for (int32_t i = 0; i < SBR_SPATIAL; i++) {
        sbr_conv_axis *a = &g->axes[i];
        *a = (sbr_conv_axis){1, 1, 1, 0};
        (void)sbr_known(lowering, g->weights.extents[2 + i], &a->window);
        if (i >= absent) *a = (sbr_conv_axis){a->window, attrs->stride[i - absent], attrs->dilation[i - absent], attrs->before[i - absent]};
        g->taps *= a->window;
    }
    g->batch = g->x.extents[0];
    g->channels = sbr_expr_div(exprs, g->x.extents[1], g->groups);
    g->outputs = sbr_expr_div(exprs, g->y.extents[1], g->groups);
}
