#include "attention.h"

/* Columns of the values that a work-group of attention_tile computes. */
enum { COLUMN_TILE = 128 };

/* The output, or, where a kernel cannot write its type, what is cast to it in the end. */
static sabir_status make_result(sbr_lowering *lowering, const sbr_attention_problem *p, const sbr_view *out, sbr_view *result)
{
    *result = *out;
    if (sabir_type_size(out->type) >= 4) return SABIR_OK;
    return sbr_temp(lowering, p->arith == SBR_ARITH_F64 ? SABIR_F64 : SABIR_F32, out->rank, out->extents, result);
}

/* The partial result goes where the whole one will be; its log-sum-exp is read by every group. */
static sabir_status resume(sbr_lowering *lowering, sbr_attention_problem *p, const sbr_view *result, sbr_view *partial_lse)
{
    *partial_lse = p->q.outer;
    if (!sbr_attention_given(p, SBR_ATTENTION_PARTIAL_OUT)) return SABIR_OK;
    const sbr_view out = sbr_attention_in(lowering, p->node, SBR_ATTENTION_PARTIAL_OUT), lse = sbr_attention_in(lowering, p->node, SBR_ATTENTION_PARTIAL_LSE);
    p->flags |= SBR_ATTENTION_RESUMED;
    SABIR_TRY(sbr_copy_view(lowering, &out, result));
    return sbr_dense(lowering, &lse, partial_lse);
}

static sabir_status launch(sbr_lowering *lowering, const sbr_attention_problem *p, const sbr_view *partial_lse, const sbr_view *result, const sbr_view *lse)
{
    static const char *const kernels[] = {"attention_block", "attention_tile", "attention_row"};
    const sbr_attention_form form = sbr_attention_form_of(lowering, p);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, kernels[form], p->arith, p->arith));
    sbr_attention_operands(&l, p);
    sbr_read(&l, "partial_lse", partial_lse);
    sbr_write(&l, "result", result);
    sbr_write(&l, "lse", lse);
    if (form == SBR_ATTENTION_BY_ROW) return sbr_attention_end_rows(&l, p, sbr_mul(lowering, p->queries, p->heads), p->dv, 2);
    sbr_expr groups = sbr_attention_row_groups(&l, p);
    if (form == SBR_ATTENTION_BY_TILE) {
        const sbr_expr slices = sbr_ceil_div(lowering, p->dv, COLUMN_TILE);
        sbr_idx(&l, "slices", slices);
        groups = sbr_mul(lowering, groups, slices);
    }
    return sbr_launch_end(&l, groups, sbr_attention_work(lowering, p, 2));
}

sabir_status sbr_lower_attention(sbr_lowering *lowering, const sbr_node *node)
{
    sbr_attention_problem problem;
    sbr_view out, lse, result, partial_lse;
    SABIR_TRY(sbr_out(lowering, node, 0, &out));
    SABIR_TRY(sbr_out(lowering, node, 1, &lse));
    SABIR_TRY(sbr_attention_problem_of(lowering, node, false, &problem));
    SABIR_TRY(make_result(lowering, &problem, &out, &result));
    SABIR_TRY(resume(lowering, &problem, &result, &partial_lse));
    SABIR_TRY(launch(lowering, &problem, &partial_lse, &result, &lse));
    return result.slot == out.slot ? SABIR_OK : sbr_cast_view(lowering, &result, &out);
}
