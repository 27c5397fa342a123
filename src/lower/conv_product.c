/* Convolutions as products of matrices. A convolution lays its windows out as the columns of a matrix, [channels of a group * taps, batch * positions],
 * and multiplies the weights by it. The adjoint multiplies first and folds the columns that come out of it. Both keep the batch behind the channels, so
 * that the matrix is wide however few the positions are; conv_fold brings the result into order where somebody asks for it. */
#include "conv_geometry.h"
#include "operands.h"

enum { AXES = SBR_CONV_AXES };
/* What makes laying out worth it, the least columns that products of matrices are quick with, elements made by one invocation of a CPU. */
enum { WORTH_ROWS = 4, WORTH_DEPTH = 4, WORTH_COLUMNS = 16, LEAST_PITCH = 32, RUN_OF_CPU = 256 };
/* Columns beyond this, or beyond a binding, are made block of channels by block of channels; a single channel's may take several times as much. */
static const uint64_t most_bytes = (uint64_t)128 << 20;
enum { SEVERAL = 8 };

typedef sbr_conv_axis axis;
typedef sbr_conv_geometry geometry;

/* ---- Geometry ---- */

static int64_t largest(const geometry *g, sbr_expr expr) { return sbr_expr_largest(&g->lowering->module->exprs, expr); }
static sbr_expr number(const geometry *g, int64_t value) { return sbr_num(g->lowering, value); }
static sbr_expr times(const geometry *g, sbr_expr a, sbr_expr b) { return sbr_mul(g->lowering, a, b); }
static sbr_expr positions_of(const geometry *g, const sbr_view *view) { return sbr_extents_product(g->lowering, view, 2, AXES); }

static bool is_one(const geometry *g, sbr_expr expr)
{
    int64_t value;
    return sbr_known(g->lowering, expr, &value) && value == 1;
}

/* Length of a row of columns: few columns are filled up. */
static sbr_expr pitch_of(const geometry *g, sbr_expr columns)
{
    int64_t count;
    return sbr_known(g->lowering, columns, &count) && count < LEAST_PITCH ? number(g, LEAST_PITCH) : columns;
}

/* A matrix of columns [groups, rows, pitch]. */
static sabir_status make_columns(const geometry *g, sabir_type type, sbr_expr rows, sbr_expr pitch, sbr_view *columns)
{
    const sbr_expr extents[] = {number(g, g->groups), rows, pitch};
    return sbr_temp(g->lowering, type, 3, extents, columns);
}

/* ---- The two kernels ---- */

static void axis_setting(sbr_launcher *l, const char *name, const int64_t values[SBR_SPATIAL])
{
    for (int32_t i = 0; i < SBR_SPATIAL; i++) sbr_idx_at(l, name, (uint32_t)i, sbr_num(l->lowering, values[i]));
}

static void axes_settings(sbr_launcher *l, const axis axes[SBR_SPATIAL])
{
    int64_t window[SBR_SPATIAL], stride[SBR_SPATIAL], dilation[SBR_SPATIAL], before[SBR_SPATIAL];
    for (int32_t i = 0; i < SBR_SPATIAL; i++) {
        window[i] = axes[i].window;
        stride[i] = axes[i].stride;
        dilation[i] = axes[i].dilation;
        before[i] = axes[i].before;
    }
    axis_setting(l, "window", window);
    axis_setting(l, "stride", stride);
    axis_setting(l, "dilation", dilation);
    axis_setting(l, "before", before);
}

/* The launch's end: every invocation makes a run of count elements. */
static sabir_status end_runs(sbr_launcher *l, sbr_expr count, uint64_t flops)
{
    const int64_t run = l->lowering->options->software ? RUN_OF_CPU : 1;
    sbr_idx(l, "count", count);
    sbr_int(l, "run", run);
    return sbr_launch_end(l, sbr_ceil_div(l->lowering, count, run * (int64_t)l->desc->local_size), flops);
}

/* x: [batch, channels of all groups, axes], its offset at the first channel that is taken; channels of each group, group_stride elements apart. */
static sabir_status lay_out(const geometry *g, const sbr_view *x, const axis axes[SBR_SPATIAL], bool periodic, sbr_expr channels, sbr_expr group_stride,
                            const sbr_expr *positions, const sbr_view *columns)
{
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, g->lowering, "conv_windows", g->arith, g->arith));
    sbr_read(&l, "x", x);
    sbr_write(&l, "columns", columns);
    sbr_window_strides(&l, "x_strides", x);
    sbr_idx(&l, "group_stride", group_stride);
    sbr_idx(&l, "channels", channels);
    sbr_idx(&l, "batch", x->extents[0]);
    sbr_idx(&l, "pitch", columns->extents[2]);
    sbr_window_extents(&l, "extent", x);
    for (int32_t i = 0; i < SBR_SPATIAL; i++) sbr_idx_at(&l, "result", (uint32_t)i, positions[i]);
    axes_settings(&l, axes);
    sbr_int(&l, "periodic", periodic);
    return end_runs(&l, sbr_view_count(g->lowering, columns), 0);
}

static const axis single[SBR_SPATIAL] = {{1, 1, 1, 0}, {1, 1, 1, 0}, {1, 1, 1, 0}};

/* [a, b, axes] of any strides as [1 or groups, a of a group, b * axes (pitch)], dense: windows of one element, a as channels and b as batch. */
static sabir_status pack(const geometry *g, const sbr_view *view, sbr_expr rows, sbr_expr pitch, sbr_view *packed)
{
    sbr_view x = *view;
    x.extents[0] = view->extents[1];
    x.strides[0] = view->strides[1];
    x.extents[1] = view->extents[0];
    x.strides[1] = view->strides[0];
    SABIR_TRY(make_columns(g, g->type, rows, pitch, packed));
    return lay_out(g, &x, single, false, rows, times(g, rows, x.strides[1]), &view->extents[2], packed);
}

/* columns [groups, outputs * taps, (batch, positions)] into y, with what follows; axes: of the window. */
static sabir_status fold(const geometry *g, const sbr_conv_problem *problem, const sbr_view *columns, const axis axes[SBR_SPATIAL], const sbr_expr *positions,
                         const sbr_view *y, uint64_t flops)
{
    const sbr_view *unused = columns;
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, g->lowering, "conv_fold", g->arith, g->arith));
    sbr_read(&l, "columns", columns);
    sbr_read(&l, "bias", problem->bias ? problem->bias : unused);
    sbr_read(&l, "residual", problem->residual ? problem->residual : unused);
    sbr_share_residual(&l, problem->residual, y);
    sbr_write(&l, "y", y);
    sbr_idx(&l, "pitch", columns->extents[2]);
    sbr_idx(&l, "bias_stride", problem->bias ? problem->bias->strides[0] : number(g, 0));
    sbr_idx(&l, "outputs", g->y.extents[1]);
    for (int32_t i = 0; i < SBR_SPATIAL; i++) sbr_idx_at(&l, "extent", (uint32_t)i, positions[i]);
    sbr_window_extents(&l, "result", &g->y);
    axes_settings(&l, axes);
    sbr_int(&l, "has_bias", problem->bias != NULL);
    sbr_int(&l, "has_residual", problem->residual != NULL);
    sbr_int(&l, "activation", problem->activation);
    return end_runs(&l, sbr_view_count(g->lowering, &g->y), flops);
}

/* ---- Convolution ---- */

/* Weights as [groups * outputs, channels * taps], dense in its rows; rows may be apart. */
static sabir_status weight_rows(const geometry *g, const sbr_view *weights, sbr_view *rows)
{
    const sbr_expr extents[] = {number(g, g->groups), g->outputs, times(g, g->channels, number(g, g->taps))};
    if (sbr_view_reshape(g->lowering, weights, 3, extents, rows)) return SABIR_OK;
    return pack(g, weights, g->outputs, extents[2], rows);
}

/* [groups, rows, first .. first + count) of the last axis. */
static sbr_view narrowed(const geometry *g, const sbr_view *view, int64_t first, sbr_expr count)
{
    sbr_view part = *view;
    part.extents[2] = count;
    part.offset = sbr_add(g->lowering, part.offset, times(g, number(g, first), part.strides[2]));
    return part;
}

/* Where the windows of channels [first, first + count) of each group are multiplied, on top of what earlier channels gave (NULL: nothing). */
static sabir_status multiply_block(const geometry *g, const sbr_view *rows, int64_t first, sbr_expr count, sbr_expr pitch, const sbr_view *before, sbr_view *product)
{
    sbr_view columns, x = g->x;
    const sbr_expr depth = times(g, count, number(g, g->taps));
    x.offset = sbr_add(g->lowering, x.offset, times(g, number(g, first), x.strides[1]));
    SABIR_TRY(make_columns(g, g->type, depth, pitch, &columns));
    SABIR_TRY(lay_out(g, &x, g->axes, g->periodic, count, times(g, g->channels, x.strides[1]), &g->y.extents[2], &columns));
    SABIR_TRY(make_columns(g, g->type, g->outputs, pitch, product));
    const sbr_matmul_problem problem = {.a = narrowed(g, rows, first * g->taps, depth), .b = columns, .y = *product, .residual = before};
    return sbr_lower_matmul_with(g->lowering, &problem);
}

static int64_t byte_limit(const geometry *g)
{
    const uint64_t binding = g->lowering->options->largest_binding;
    return (int64_t)(binding < most_bytes ? binding : most_bytes);
}

/* In how many blocks the columns of all channels are made; 0: they take too much even so. */
static int64_t count_blocks(const geometry *g, sbr_expr pitch)
{
    const int64_t row = largest(g, times(g, number(g, g->groups * g->taps), pitch)), limit = byte_limit(g);
    int64_t channels = largest(g, g->channels), bytes, all;
    if (row < 0 || channels < 0 || !sbr_mul_i64(row, (int64_t)sabir_type_size(g->type), &bytes) || !sbr_mul_i64(bytes, channels, &all)) return 0;
    if (all <= limit) return 1;
    if (bytes > SEVERAL * limit || !sbr_known(g->lowering, g->channels, &channels)) return 0;
    const int64_t each = bytes < limit ? limit / bytes : 1;
    return (channels + each - 1) / each;
}

static sabir_status multiply(const geometry *g, sbr_expr pitch, int64_t blocks, sbr_view *product)
{
    sbr_view rows, before;
    SABIR_TRY(weight_rows(g, &g->weights, &rows));
    if (blocks == 1) return multiply_block(g, &rows, 0, g->channels, pitch, NULL, product);
    int64_t channels = 0;
    (void)sbr_known(g->lowering, g->channels, &channels);
    const int64_t each = (channels + blocks - 1) / blocks;
    for (int64_t first = 0; first < channels; first += each) {
        before = *product;
        SABIR_TRY(multiply_block(g, &rows, first, number(g, channels - first < each ? channels - first : each), pitch, first ? &before : NULL, product));
    }
    return SABIR_OK;
}

/* The product [groups, outputs, (batch, positions)] seen as y. */
static sbr_view as_result(const geometry *g, const sbr_view *product, const sbr_view *like)
{
    sbr_view y = *like;
    const int32_t absent = AXES - like->rank;
    sbr_expr stride = number(g, 1);
    y.slot = product->slot;
    y.offset = product->offset;
    for (int32_t i = AXES; i-- > 2;) {
        if (i - absent >= 2) y.strides[i - absent] = stride;
        stride = times(g, stride, g->y.extents[i]);
    }
    y.strides[0] = stride;
    y.strides[1] = product->extents[2];
    return y;
}

static bool has_epilogue(const sbr_conv_problem *problem) { return problem->bias || problem->residual || problem->activation != SBR_ACTIVATION_NONE; }

/* One image, one group: the product is y itself, with what follows. */
static sabir_status straight(const geometry *g, const sbr_conv_problem *problem, const sbr_view *y)
{
    sbr_view rows, columns, residual, wide = *y;
    const sbr_expr pitch = positions_of(g, &g->y), depth = times(g, g->channels, number(g, g->taps)), extents[] = {number(g, 1), g->outputs, pitch};
    SABIR_TRY(weight_rows(g, &g->weights, &rows));
    SABIR_TRY(make_columns(g, g->type, depth, pitch, &columns));
    SABIR_TRY(lay_out(g, &g->x, g->axes, g->periodic, g->channels, number(g, 0), &g->y.extents[2], &columns));
    if (!sbr_view_reshape(g->lowering, y, 3, extents, &wide) || (problem->residual && !sbr_view_reshape(g->lowering, problem->residual, 3, extents, &residual)))
        return sbr_fail(SABIR_INTERNAL, "a convolution's result is not dense");
    const sbr_matmul_problem product = {.a = rows, .b = columns, .y = wide, .bias = problem->bias, .bias_by_row = true,
                                        .residual = problem->residual ? &residual : NULL, .activation = problem->activation};
    return sbr_lower_matmul_with(g->lowering, &product);
}

static sabir_status convolve(const geometry *g, const sbr_conv_problem *problem, bool placed, sbr_view *y, bool *done)
{
    const sbr_expr columns = times(g, g->batch, positions_of(g, &g->y)), pitch = pitch_of(g, columns);
    const int64_t blocks = count_blocks(g, pitch);
    *done = blocks > 0 && largest(g, g->outputs) >= WORTH_ROWS && largest(g, times(g, g->channels, number(g, g->taps))) >= WORTH_DEPTH &&
            largest(g, columns) >= WORTH_COLUMNS;
    if (!*done) return SABIR_OK;
    if (placed && blocks == 1 && g->groups == 1 && is_one(g, g->batch) && pitch == columns) return straight(g, problem, y);
    sbr_view product = {0};
    SABIR_TRY(multiply(g, pitch, blocks, &product));
    if (placed || product.type != y->type || has_epilogue(problem)) {
        if (!placed) SABIR_TRY(sbr_temp(g->lowering, y->type, y->rank, problem->y.extents, y));
        return fold(g, problem, &product, single, &g->y.extents[2], y, 0);
    }
    *y = as_result(g, &product, y);
    return SABIR_OK;
}

/* ---- Its adjoint ---- */

/* Where nothing is skipped, the adjoint is a convolution with the weights turned round. */
static bool is_turned(const geometry *g)
{
    bool turned = true;
    for (int32_t i = 0; i < SBR_SPATIAL; i++) turned = turned && g->axes[i].stride == 1 && g->axes[i].dilation * (g->axes[i].window - 1) >= g->axes[i].before;
    return turned;
}

/* [groups * channels, outputs, window...] as [groups * outputs, channels, window turned...]. */
static sabir_status turn_weights(const geometry *g, sbr_view *weights)
{
    const sbr_view *from = &g->weights;
    sbr_view apart = {.slot = from->slot, .type = from->type, .rank = 6, .offset = from->offset}, turned;
    const sbr_expr groups = number(g, g->groups);
    const sbr_expr extents[] = {groups, g->outputs, g->channels}, strides[] = {times(g, g->channels, from->strides[0]), from->strides[1], from->strides[0]};
    for (int32_t i = 0; i < 3; i++) {
        apart.extents[i] = extents[i];
        apart.strides[i] = strides[i];
        apart.extents[3 + i] = from->extents[2 + i];
        apart.strides[3 + i] = times(g, number(g, -1), from->strides[2 + i]);
        apart.offset = sbr_add(g->lowering, apart.offset, times(g, number(g, g->axes[i].window - 1), from->strides[2 + i]));
    }
    SABIR_TRY(sbr_temp(g->lowering, from->type, 6, apart.extents, &turned));
    SABIR_TRY(sbr_copy_view(g->lowering, &apart, &turned));
    const sbr_expr all[] = {times(g, groups, g->outputs), g->channels, from->extents[2], from->extents[3], from->extents[4]};
    sbr_view_dense(g->lowering, turned.slot, turned.type, AXES, all, weights);
    return SABIR_OK;
}

static sabir_status convolve_turned(const geometry *g, const sbr_conv_problem *problem, bool placed, sbr_view *y, bool *done)
{
    geometry turned = *g;
    const sbr_expr columns = times(g, g->batch, positions_of(g, &g->y));
    for (int32_t i = 0; i < SBR_SPATIAL; i++) turned.axes[i].before = g->axes[i].dilation * (g->axes[i].window - 1) - g->axes[i].before;
    /* Asked before anything is launched. */
    *done = count_blocks(&turned, pitch_of(g, columns)) > 0 && largest(g, g->outputs) >= WORTH_ROWS && largest(g, columns) >= WORTH_COLUMNS &&
            largest(g, times(g, g->channels, number(g, g->taps))) >= WORTH_DEPTH;
    if (!*done) return SABIR_OK;
    SABIR_TRY(turn_weights(g, &turned.weights));
    return convolve(&turned, problem, placed, y, done);
}

/* The columns are products: [groups, outputs * taps, channels] times [groups, channels, (batch, positions of x)]. */
static sabir_status spread(const geometry *g, const sbr_conv_problem *problem, bool placed, sbr_view *y, bool *done)
{
    const sbr_expr positions = positions_of(g, &g->x), count = times(g, g->batch, positions), pitch = pitch_of(g, count), rows = times(g, g->outputs, number(g, g->taps));
    const int64_t elements = largest(g, times(g, times(g, number(g, g->groups), rows), pitch));
    *done = elements >= 0 && elements <= SEVERAL * byte_limit(g) / (int64_t)sabir_type_size(g->type) && largest(g, rows) >= WORTH_ROWS && largest(g, g->channels) >= WORTH_DEPTH &&
            largest(g, count) >= WORTH_COLUMNS;
    if (!*done) return SABIR_OK;
    const sbr_expr weight_extents[] = {number(g, g->groups), g->channels, rows};
    sbr_view weights, packed, columns, image = g->x;
    const sbr_view given = g->weights;
    if (!sbr_view_reshape(g->lowering, &given, 3, weight_extents, &weights)) SABIR_TRY(pack(g, &given, g->channels, rows, &weights));
    image.extents[0] = g->x.extents[1];
    image.strides[0] = g->x.strides[1];
    image.extents[1] = g->x.extents[0];
    image.strides[1] = g->x.strides[0];
    SABIR_TRY(pack(g, &image, g->channels, pitch, &packed));
    SABIR_TRY(make_columns(g, g->type, rows, pitch, &columns));
    static const int64_t swapped[] = {0, 2, 1};
    sbr_matmul_problem product = {.b = packed, .y = columns};
    sbr_view_transpose(&weights, swapped, &product.a);
    SABIR_TRY(sbr_lower_matmul_with(g->lowering, &product));
    if (!placed) SABIR_TRY(sbr_temp(g->lowering, y->type, y->rank, problem->y.extents, y));
    return fold(g, problem, &columns, g->axes, &g->x.extents[2], y, 0);
}

sabir_status sbr_conv_by_product(sbr_lowering *lowering, const sbr_conv_problem *problem, bool placed, sbr_view *y, bool *done)
{
    geometry g;
    sbr_conv_geometry_of(lowering, problem, &g);
    *y = problem->y;
    *done = sbr_conv_suits_lane(&g, problem->transposed);
    if (*done) {
        if (!placed) SABIR_TRY(sbr_temp(lowering, y->type, y->rank, problem->y.extents, y));
        return sbr_conv_by_lane(&g, problem, y);
    }
    if (!problem->transposed) return convolve(&g, problem, placed, y, done);
    return is_turned(&g) ? convolve_turned(&g, problem, placed, y, done) : spread(&g, problem, placed, y, done);
}
