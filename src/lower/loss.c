#include "operands.h"

/* Cross-entropy by row; entropy and lse of the rows too, or NULL. weights NULL: all 1. */
typedef struct row_losses { const sbr_view *logits, *labels, *weights, *loss, *entropy, *lse; double smoothing, temperature; } row_losses;

static sabir_status launch(sbr_lowering *lowering, const row_losses *r)
{
    const sbr_view x = *r->logits, lines = sbr_lines(&x, x.rank - 1);
    const sbr_arith arith = sbr_arith_of(x.type);
    const sbr_expr columns = x.extents[x.rank - 1], rows = sbr_view_count(lowering, &lines);
    const bool alone = sbr_rows_alone(lowering, columns);
    sbr_view unwritten;
    SABIR_TRY(sbr_temp(lowering, arith == SBR_ARITH_F64 ? SABIR_F64 : SABIR_F32, lines.rank, lines.extents, &unwritten));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, alone ? "cross_entropy_serial" : "cross_entropy", arith, arith));
    sbr_space(&l, lines.rank, lines.extents);
    sbr_read(&l, "x", &lines);
    sbr_read(&l, "labels", r->labels);
    sbr_read(&l, "weights", r->weights ? r->weights : &lines);
    sbr_write(&l, "y", r->loss);
    sbr_write(&l, "entropy", r->entropy ? r->entropy : &unwritten);
    sbr_write(&l, "lse", r->lse ? r->lse : &unwritten);
    sbr_idx(&l, "rows", rows);
    sbr_idx(&l, "columns", columns);
    sbr_idx(&l, "x_stride", x.strides[x.rank - 1]);
    sbr_int(&l, "has_weights", r->weights != NULL);
    sbr_int(&l, "all", r->entropy != NULL);
    sbr_number(&l, "smoothing", 0, r->smoothing);
    sbr_number(&l, "inverse", 0, 1 / r->temperature);
    return sbr_launch_end(&l, alone ? sbr_ceil_div(lowering, rows, SBR_SERIAL_ROWS) : rows, sbr_work(lowering, rows, columns, 4));
}

sabir_status sbr_lower_cross_entropy(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view logits = *sbr_in(lowering, node, 0), labels = *sbr_in(lowering, node, 1);
    sbr_view loss;
    SABIR_TRY(sbr_out(lowering, node, 0, &loss));
    return launch(lowering, &(row_losses){.logits = &logits, .labels = &labels, .loss = &loss, .temperature = 1});
}

sabir_status sbr_lower_softmax_losses(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_softmax_losses_attrs *how = node->attrs;
    const sbr_view logits = *sbr_in(lowering, node, 0), labels = *sbr_in(lowering, node, 1), weights = *sbr_in(lowering, node, node->input_count - 1);
    sbr_view loss, entropy, lse;
    SABIR_TRY(sbr_out(lowering, node, 0, &loss));
    SABIR_TRY(sbr_out(lowering, node, 1, &entropy));
    SABIR_TRY(sbr_out(lowering, node, 2, &lse));
    return launch(lowering, &(row_losses){&logits, &labels, node->input_count > 2 ? &weights : NULL, &loss, &entropy, &lse, how->smoothing, how->temperature});
}

sabir_status sbr_lower_softmax_losses_gradient(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_softmax_losses_gradient_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0), lines = sbr_lines(&x, x.rank - 1);
    const sbr_arith arith = sbr_arith_of(x.type);
    const bool has[] = {attrs->has_weights != 0, true, true, attrs->has_d_loss != 0, attrs->has_d_entropy != 0};
    static const char *const names[] = {"weights", "entropy", "lse", "d_loss", "d_entropy"};
    uint32_t input = 2;
    sbr_view y;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "softmax_losses_gradient", arith, arith));
    sbr_space(&l, lines.rank, lines.extents);
    sbr_read(&l, "x", &lines);
    sbr_read(&l, "labels", sbr_in(lowering, node, 1));
    for (uint32_t i = 0; i < SBR_COUNT(names); i++) sbr_read(&l, names[i], has[i] ? sbr_in(lowering, node, input++) : &lines);
    sbr_write(&l, "y", &y);
    sbr_idx(&l, "columns", x.extents[x.rank - 1]);
    sbr_idx(&l, "x_stride", x.strides[x.rank - 1]);
    sbr_number(&l, "smoothing", 0, attrs->how.smoothing);
    sbr_number(&l, "inverse", 0, 1 / attrs->how.temperature);
    sbr_int(&l, "has_weights", attrs->has_weights);
    sbr_int(&l, "has_d_loss", attrs->has_d_loss);
    sbr_int(&l, "has_d_entropy", attrs->has_d_entropy);
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, sbr_view_count(lowering, &y), sbr_num(lowering, 1), 8));
}
