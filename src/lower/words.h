/* Elements of 1 and 2 bytes moved as the 32-bit words that they fill. */
#ifndef SBR_WORDS_H
#define SBR_WORDS_H

#include "lower.h"

/* Elements of the view's type in a 32-bit word; 1 for larger types. */
static inline int64_t sbr_elements_in_word(const sbr_view *view)
{
    const size_t size = sabir_type_size(view->type);
    return size < 4 ? (int64_t)(4 / size) : 1;
}

/* Whether the expression is a number, and a multiple of the elements in a word. */
bool sbr_fills_words(const sbr_lowering *lowering, const sbr_view *view, sbr_expr count);
/* The view itself if it is dense and begins with a word, else a copy. */
sabir_status sbr_dense_words(sbr_lowering *lowering, const sbr_view *view, sbr_view *dense);
/* A dense view that begins with a word, axes from `axis` on made one (they fill words), as u32 words. */
void sbr_view_words(sbr_lowering *lowering, const sbr_view *view, int32_t axis, sbr_view *words);
#endif
