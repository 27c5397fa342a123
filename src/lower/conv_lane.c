/* Convolutions on software Vulkan, where laying windows out costs as much as multiplying them: matmul_lane reads them where they lie. The adjoint of
 * one with strides is as many convolutions as there are places between strides: results that are a stride apart meet the same taps, each its own part
 * of the weights, going backwards. */
#include "conv_geometry.h"
#include "operands.h"

/* Launches that an adjoint may take; the least depth and columns that are worth a product. */
enum { MOST_CLASSES = 16, WORTH_DEPTH = 4, WORTH_COLUMNS = 16 };

static int64_t largest(const sbr_conv_geometry *g, sbr_expr expr) { return sbr_expr_largest(&g->lowering->module->exprs, expr); }
static sbr_expr number(const sbr_conv_geometry *g, int64_t value) { return sbr_num(g->lowering, value); }
static sbr_expr times(const sbr_conv_geometry *g, sbr_expr a, sbr_expr b) { return sbr_mul(g->lowering, a, b); }

/* An axis of the results of one class. */
typedef struct side { int64_t first, tap, taps, tap_step, stride, dilation, before; sbr_expr count; } side;

static sbr_expr positions(const sbr_conv_geometry *g, const sbr_view *view) { return sbr_extents_product(g->lowering, view, 2, SBR_CONV_AXES); }

bool sbr_conv_suits_lane(const sbr_conv_geometry *g, bool transposed)
{
    const sbr_expr depth = times(g, g->channels, number(g, g->taps)), columns = times(g, g->batch, positions(g, &g->y));
    int64_t classes = 1;
    for (int32_t i = 0; i < SBR_SPATIAL && transposed; i++) {
        if (g->axes[i].stride > MOST_CLASSES) return false;
        classes *= g->axes[i].stride;
    }
    return !g->periodic && classes <= MOST_CLASSES && sbr_suits_lane(g->lowering, g->y.type, g->outputs, columns, depth) &&
           largest(g, depth) >= WORTH_DEPTH && largest(g, columns) >= WORTH_COLUMNS;
}

/* The results of a convolution along an axis. */
static side whole(const sbr_conv_axis *axis, sbr_expr count)
{
    return (side){.taps = axis->window, .tap_step = 1, .stride = axis->stride, .dilation = axis->dilation, .before = axis->before, .count = count};
}

/* Those of its adjoint at first, first + stride, ...: t + before = w * dilation + q * stride. Taps that meet a q are a step apart, and with each the q is
 * (step * dilation / stride) lower. */
static side part(const sbr_conv_geometry *g, const sbr_conv_axis *axis, int64_t first, sbr_expr count)
{
    side s = {.first = first, .tap_step = 1, .stride = 1, .dilation = 1};
    while (s.tap_step * axis->dilation % axis->stride != 0) s.tap_step++;
    while (s.tap < axis->window && (first + axis->before - s.tap * axis->dilation) % axis->stride != 0) s.tap++;
    s.count = sbr_expr_div(&g->lowering->module->exprs, sbr_add(g->lowering, count, number(g, axis->stride - 1 - first)), axis->stride);
    if (s.tap >= axis->window) return s;
    s.taps = (axis->window - s.tap + s.tap_step - 1) / s.tap_step;
    s.dilation = -(s.tap_step * axis->dilation / axis->stride);
    s.before = -((first + axis->before - s.tap * axis->dilation) / axis->stride);
    return s;
}

/* sides[i].first of axis i is the class; strides: of y, dense. */
static sabir_status launch(const sbr_conv_geometry *g, const sbr_conv_problem *problem, const side sides[SBR_SPATIAL], const sbr_expr strides[SBR_CONV_AXES],
                           const sbr_view *y)
{
    sbr_lowering *lowering = g->lowering;
    const sbr_view *w = &g->weights, *x = &g->x;
    const int32_t m = problem->transposed ? 1 : 0, c = 1 - m;
    const sbr_expr inside = problem->transposed ? g->channels : g->outputs, groups = number(g, g->groups);
    sbr_lane_product p = {.a = {w->slot, w->type, 1, {groups}, {times(g, inside, w->strides[0])}, w->offset},
                          .b = {x->slot, x->type, 1, {groups}, {times(g, g->channels, x->strides[1])}, x->offset}, .y = *y,
                          .bias = problem->bias, .residual = problem->residual, .activation = problem->activation, .m = g->outputs, .columns = g->batch,
                          .k = g->channels, .y_first = number(g, 0)};
    p.bias_strides[1] = problem->bias ? problem->bias->strides[0] : number(g, 0);
    p.bias_strides[0] = times(g, g->outputs, p.bias_strides[1]);
    p.bias_strides[2] = number(g, 0);
    p.a_strides[0] = w->strides[m];
    p.a_strides[1] = w->strides[c];
    p.y_strides[0] = times(g, g->outputs, strides[1]);
    p.y_strides[1] = strides[1];
    p.y_strides[2] = strides[0];
    for (int32_t i = 0; i < 2; i++) p.b_strides[i] = x->strides[i];
    for (int32_t i = 0; i < SBR_SPATIAL; i++) {
        const side *s = &sides[i];
        p.columns = times(g, p.columns, s->count);
        p.k = times(g, p.k, number(g, s->taps));
        p.a.offset = sbr_add(lowering, p.a.offset, times(g, number(g, s->tap), w->strides[2 + i]));
        p.a_strides[2 + i] = times(g, number(g, s->tap_step), w->strides[2 + i]);
        p.b_strides[2 + i] = x->strides[2 + i];
        p.y_strides[3 + i] = times(g, number(g, problem->transposed ? g->axes[i].stride : 1), strides[2 + i]);
        p.y_first = sbr_add(lowering, p.y_first, times(g, number(g, s->first), strides[2 + i]));
        p.extent[i] = x->extents[2 + i];
        p.result[i] = s->count;
        p.window[i] = s->taps ? s->taps : 1;
        p.stride[i] = s->stride;
        p.dilation[i] = s->dilation;
        p.before[i] = s->before;
        p.keeps_residual = p.keeps_residual || (problem->transposed && g->axes[i].stride > 1);
    }
    p.flops = sbr_work(lowering, times(g, groups, times(g, p.m, p.columns)), p.k, 2);
    return sbr_launch_lane(lowering, &p);
}

static sabir_status launch_classes(const sbr_conv_geometry *g, const sbr_conv_problem *problem, const sbr_expr strides[SBR_CONV_AXES], const sbr_view *y)
{
    int64_t first[SBR_SPATIAL];
    for (first[0] = 0; first[0] < g->axes[0].stride; first[0]++)
        for (first[1] = 0; first[1] < g->axes[1].stride; first[1]++)
            for (first[2] = 0; first[2] < g->axes[2].stride; first[2]++) {
                side sides[SBR_SPATIAL];
                for (int32_t i = 0; i < SBR_SPATIAL; i++) sides[i] = part(g, &g->axes[i], first[i], g->y.extents[2 + i]);
                SABIR_TRY(launch(g, problem, sides, strides, y));
            }
    return SABIR_OK;
}

sabir_status sbr_conv_by_lane(const sbr_conv_geometry *g, const sbr_conv_problem *problem, const sbr_view *y)
{
    sbr_expr strides[SBR_CONV_AXES] = {number(g, 1), number(g, 1), number(g, 1), number(g, 1), number(g, 1)};
    for (int32_t i = SBR_CONV_AXES - 1; i-- > 0;) strides[i] = times(g, strides[i + 1], g->y.extents[i + 1]);
    if (!problem->transposed) {
        side sides[SBR_SPATIAL];
        for (int32_t i = 0; i < SBR_SPATIAL; i++) sides[i] = whole(&g->axes[i], g->y.extents[2 + i]);
        return launch(g, problem, sides, strides, y);
    }
    if (sabir_type_size(y->type) >= 4) return launch_classes(g, problem, strides, y);
    sbr_view wide;
    SABIR_TRY(sbr_temp(g->lowering, g->type, y->rank, y->extents, &wide));
    SABIR_TRY(launch_classes(g, problem, strides, &wide));
    return sbr_cast_view(g->lowering, &wide, y);
}
