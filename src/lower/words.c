#include "words.h"

bool sbr_fills_words(const sbr_lowering *lowering, const sbr_view *view, sbr_expr count)
{
    int64_t number;
    return sbr_known(lowering, count, &number) && number % sbr_elements_in_word(view) == 0;
}

sabir_status sbr_dense_words(sbr_lowering *lowering, const sbr_view *view, sbr_view *dense)
{
    const sbr_view source = *view; /* view may lie in a vector that grows */
    SABIR_TRY(sbr_dense(lowering, &source, dense));
    if (sbr_elements_in_word(dense) == 1 || sbr_fills_words(lowering, dense, dense->offset)) return SABIR_OK;
    SABIR_TRY(sbr_temp(lowering, source.type, source.rank, source.extents, dense));
    return sbr_copy_view(lowering, &source, dense);
}

void sbr_view_words(sbr_lowering *lowering, const sbr_view *view, int32_t axis, sbr_view *words)
{
    const int64_t in_word = sbr_elements_in_word(view);
    sbr_exprs *exprs = &lowering->module->exprs;
    sbr_expr extents[SABIR_MAX_RANK];
    for (int32_t i = 0; i < axis; i++) extents[i] = view->extents[i];
    extents[axis] = sbr_expr_div(exprs, sbr_extents_product(lowering, view, axis, view->rank), in_word);
    const sbr_expr offset = sbr_expr_div(exprs, view->offset, in_word);
    sbr_view_dense(lowering, view->slot, SABIR_U32, axis + 1, extents, words);
    words->offset = offset;
}
