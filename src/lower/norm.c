/* Softmax and norms: rows that are read, summed up and written again. */
#include "operands.h"

/* How rows are shared out: on CPUs an invocation computes a run of them, elsewhere one where they are short, or else a work-group does. */
typedef enum way { BLOCK, SERIAL, GROUP } way;

/* Elements that an invocation of a CPU computes at least, so that starting it costs little beside them. */
enum { WORTH_STARTING = 4096 };

static way way_of(const sbr_lowering *lowering, sbr_expr columns)
{
    if (lowering->options->prefer_wide) return BLOCK;
    return sbr_rows_alone(lowering, columns) ? SERIAL : GROUP;
}

static sabir_status end_rows(sbr_launcher *l, way way, sbr_expr rows, sbr_expr columns, uint64_t operations)
{
    sbr_lowering *lowering = l->lowering;
    const int64_t most = sbr_expr_largest(&lowering->module->exprs, columns), run = most > 0 && most < WORTH_STARTING ? WORTH_STARTING / most : 1;
    if (way == BLOCK) sbr_idx(l, "run", sbr_num(lowering, run));
    const sbr_expr groups = way == GROUP ? rows : sbr_ceil_div(lowering, rows, way == BLOCK ? run : SBR_SERIAL_ROWS);
    return sbr_launch_end(l, groups, sbr_work(lowering, rows, columns, operations));
}

/* ---- softmax ---- */

static sabir_status softmax(sbr_lowering *lowering, const sbr_node *node, bool logarithm)
{
    const int32_t axis = ((const sabir_axis_attrs *)node->attrs)->axis;
    const sbr_view x = *sbr_in(lowering, node, 0), lines = sbr_lines(&x, axis);
    const sbr_arith arith = sbr_arith_of(x.type);
    const sbr_expr columns = x.extents[axis], rows = sbr_view_count(lowering, &lines);
    const way way = way_of(lowering, columns);
    static const char *const kernels[] = {[BLOCK] = "softmax_block", [SERIAL] = "softmax_serial", [GROUP] = "softmax"};
    sbr_view y;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, kernels[way], arith, arith));
    sbr_space(&l, lines.rank, lines.extents);
    sbr_read(&l, "x", &lines);
    sbr_write(&l, "y", &y);
    sbr_idx(&l, "rows", rows);
    sbr_idx(&l, "columns", columns);
    sbr_idx(&l, "x_stride", x.strides[axis]);
    sbr_idx(&l, "inner", sbr_extents_product(lowering, &x, axis + 1, x.rank));
    sbr_int(&l, "logarithm", logarithm);
    return end_rows(&l, way, rows, columns, 5);
}

sabir_status sbr_lower_softmax(sbr_lowering *lowering, const sbr_node *node) { return softmax(lowering, node, false); }
sabir_status sbr_lower_log_softmax(sbr_lowering *lowering, const sbr_node *node) { return softmax(lowering, node, true); }

/* ---- norms ---- */

typedef struct norm {
    sbr_view x; /* [rows..., columns] */
    bool centred;
    sbr_expr groups, channels, spatial; /* of a row's channels: rows mod groups, channels a row, columns a channel */
} norm;

static sabir_status launch_norm(sbr_lowering *lowering, const sbr_node *node, const norm *norm)
{
    const sabir_norm_attrs *attrs = node->attrs;
    const sbr_view *x = &norm->x;
    const sbr_view lines = sbr_lines(x, x->rank - 1);
    const sbr_arith arith = sbr_arith_of(x->type);
    const sbr_expr columns = x->extents[x->rank - 1], rows = sbr_view_count(lowering, &lines), zero = sbr_num(lowering, 0);
    const way way = way_of(lowering, columns);
    static const char *const kernels[] = {[BLOCK] = "norm_block", [SERIAL] = "norm_serial", [GROUP] = "norm"};
    sbr_view scale = *x, shift = *x, y;
    if (node->input_count > 1) scale = *sbr_in(lowering, node, 1);
    if (node->input_count > 2) shift = *sbr_in(lowering, node, 2);
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, kernels[way], arith, arith));
    sbr_space(&l, lines.rank, lines.extents);
    sbr_read(&l, "x", &lines);
    sbr_read(&l, "scale", &scale);
    sbr_read(&l, "shift", &shift);
    sbr_write(&l, "y", &y);
    sbr_idx(&l, "rows", rows);
    sbr_idx(&l, "columns", columns);
    sbr_idx(&l, "x_stride", x->strides[x->rank - 1]);
    sbr_idx(&l, "groups", norm->groups);
    sbr_idx(&l, "channels", norm->channels);
    sbr_idx(&l, "spatial", norm->spatial);
    sbr_idx(&l, "scale_stride", node->input_count > 1 ? scale.strides[0] : zero);
    sbr_idx(&l, "shift_stride", node->input_count > 2 ? shift.strides[0] : zero);
    sbr_int(&l, "centred", norm->centred);
    sbr_int(&l, "has_scale", node->input_count > 1);
    sbr_int(&l, "has_shift", node->input_count > 2);
    sbr_number(&l, "epsilon", 0, attrs->epsilon);
    return end_rows(&l, way, rows, columns, 6);
}

static sabir_status last_axis_norm(sbr_lowering *lowering, const sbr_node *node, bool centred)
{
    const sbr_expr one = sbr_num(lowering, 1);
    norm norm = {.x = *sbr_in(lowering, node, 0), .centred = centred, .groups = one, .spatial = one};
    norm.channels = norm.x.extents[norm.x.rank - 1];
    return launch_norm(lowering, node, &norm);
}

sabir_status sbr_lower_layer_norm(sbr_lowering *lowering, const sbr_node *node) { return last_axis_norm(lowering, node, true); }
sabir_status sbr_lower_rms_norm(sbr_lowering *lowering, const sbr_node *node) { return last_axis_norm(lowering, node, false); }

/* [n, c, ...] as rows [n, groups] of c / groups * ... columns. */
sabir_status sbr_lower_group_norm(sbr_lowering *lowering, const sbr_node *node)
{
    const int64_t groups = ((const sabir_norm_attrs *)node->attrs)->groups;
    const sbr_view x = *sbr_in(lowering, node, 0);
    norm norm = {.centred = true, .groups = sbr_num(lowering, groups)};
    norm.channels = sbr_expr_div(&lowering->module->exprs, x.extents[1], groups);
    norm.spatial = sbr_extents_product(lowering, &x, 2, x.rank);
    const sbr_expr rows[] = {x.extents[0], norm.groups, sbr_mul(lowering, norm.channels, norm.spatial)};
    if (!sbr_view_reshape(lowering, &x, SBR_COUNT(rows), rows, &norm.x)) {
        sbr_view dense;
        SABIR_TRY(sbr_dense(lowering, &x, &dense));
        sbr_view_dense(lowering, dense.slot, dense.type, SBR_COUNT(rows), rows, &norm.x);
        norm.x.offset = dense.offset;
    }
    return launch_norm(lowering, node, &norm);
}
