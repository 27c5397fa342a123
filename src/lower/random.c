/* Counter-based random numbers: one kernel; each element depends on its key and its place alone. */
#include "lower.h"

sabir_status sbr_lower_random(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_random_attrs *attrs = node->attrs;
    const sbr_view given = *sbr_in(lowering, node, 0);
    sbr_view keys, output;
    SABIR_TRY(sbr_dense(lowering, &given, &keys));
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    const sbr_arith arith = attrs->kind == SABIR_RANDOM_BITS ? SBR_ARITH_U32 : SBR_ARITH_F32;
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "random", arith, arith));
    sbr_read(&l, "key", &keys);
    sbr_write(&l, "y", &output);
    sbr_idx(&l, "share", sbr_extents_product(lowering, &output, keys.rank - 1, output.rank));
    sbr_uint(&l, "words", keys.extents[keys.rank - 1]);
    sbr_int(&l, "kind", attrs->kind);
    return sbr_launch_end(&l, SBR_EXPR_NONE, 0);
}
