/* Operators that make elements of nothing or of indices: iota, one-hot. */
#include <math.h>

#include "operands.h"

static void words_param(sbr_launcher *l, const char *param, const uint32_t words[2])
{
    for (uint32_t i = 0; i < 2; i++) sbr_uint_at(l, param, i, sbr_num(l->lowering, words[i]));
}

/* A number as the kernel iota takes it: in float32 with what rounding lost, else 64 bits; integers are whole and read modulo their width. */
static void line_words(sbr_arith arith, double number, uint32_t words[2])
{
    if (arith == SBR_ARITH_F32) {
        const float rounded = (float)number;
        sbr_number_store(SABIR_F32, number, &words[0]);
        sbr_number_store(SABIR_F32, isinf(rounded) ? 0.0 : number - (double)rounded, &words[1]);
    } else {
        sbr_number_store(arith == SBR_ARITH_F64 ? SABIR_F64 : SABIR_I64, number, words);
    }
}

sabir_status sbr_lower_iota(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_iota_attrs *attrs = node->attrs;
    sbr_view output;
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    const sbr_arith arith = sbr_unsigned_arith(attrs->type);
    uint32_t start[2], step[2];
    line_words(arith, attrs->start, start);
    line_words(arith, attrs->step, step);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "iota", arith, arith));
    sbr_write(&l, "y", &output);
    sbr_idx(&l, "inner", sbr_extents_product(lowering, &output, attrs->axis + 1, output.rank));
    sbr_idx(&l, "count", output.extents[attrs->axis]);
    words_param(&l, "start", start);
    words_param(&l, "step", step);
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}

sabir_status sbr_lower_one_hot(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view index = *sbr_in(lowering, node, 0);
    sbr_view output, spread = index;
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    spread.rank = output.rank;
    spread.extents[index.rank] = output.extents[index.rank];
    spread.strides[index.rank] = sbr_num(lowering, 0);
    uint32_t one[2] = {0, 0};
    sbr_number_store(output.type, 1.0, one);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "one_hot", SBR_ARITH_BITS, SBR_ARITH_BITS));
    sbr_space(&l, output.rank, output.extents);
    sbr_read(&l, "index", &spread);
    sbr_write(&l, "y", &output);
    sbr_idx(&l, "depth", output.extents[index.rank]);
    words_param(&l, "one", one);
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}
