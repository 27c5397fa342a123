/* Sparse matrices (CSR): times dense, and dense products sampled at their entries. Every element of the result is summed by one invocation
 * in the order of the entries, so results are the same bits at each run. */
#include "operands.h"

sabir_status sbr_lower_sddmm(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view pointers = *sbr_in(lowering, node, 0), columns = *sbr_in(lowering, node, 1), x = *sbr_in(lowering, node, 2), y = *sbr_in(lowering, node, 3);
    const sbr_arith arith = sbr_arith_of(x.type);
    const bool has_heads = x.rank == 3;
    sbr_view values;
    SABIR_TRY(sbr_out(lowering, node, 0, &values));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "sddmm", arith, arith));
    sbr_read(&l, "pointers", &pointers);
    sbr_read(&l, "columns", &columns);
    sbr_read(&l, "a", &x);
    sbr_read(&l, "b", &y);
    sbr_write(&l, "y", &values);
    sbr_idx(&l, "count", pointers.extents[0]);
    sbr_idx(&l, "heads", has_heads ? x.extents[1] : sbr_num(lowering, 1));
    sbr_idx(&l, "features", x.extents[x.rank - 1]);
    sbr_idx(&l, "b_rows", y.extents[0]);
    sbr_idx(&l, "pointer_stride", pointers.strides[0]);
    sbr_idx(&l, "column_stride", columns.strides[0]);
    for (uint32_t i = 0; i < 3; i++) {
        const bool absent = i == 1 && !has_heads;
        const int32_t axis = i == 2 ? x.rank - 1 : (int32_t)i;
        sbr_idx_at(&l, "a_strides", i, absent ? sbr_num(lowering, 0) : x.strides[axis]);
        sbr_idx_at(&l, "b_strides", i, absent ? sbr_num(lowering, 0) : y.strides[axis]);
    }
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, sbr_view_count(lowering, &values), x.extents[x.rank - 1], 2));
}

/* The values of an entry as the features see them. */
static void spread_values(sbr_lowering *lowering, const sbr_view *values, const sbr_view *features, sbr_view *spread)
{
    sbr_view heads = sbr_lines(values, 0);
    const int32_t leading = heads.rank;
    heads.rank = features->rank;
    for (int32_t i = leading; i < heads.rank; i++) {
        heads.extents[i] = features->extents[i];
        heads.strides[i] = sbr_num(lowering, 0);
    }
    *spread = heads;
}

sabir_status sbr_lower_spmm(sbr_lowering *lowering, const sbr_node *node)
{
    const sbr_view pointers = *sbr_in(lowering, node, 0), columns = *sbr_in(lowering, node, 1), x = *sbr_in(lowering, node, 2);
    const bool has_values = node->input_count > 3;
    const sbr_view values = has_values ? *sbr_in(lowering, node, 3) : x, features = sbr_lines(&x, 0);
    sbr_view spread = features;
    if (has_values) spread_values(lowering, &values, &features, &spread);
    const sbr_arith arith = sbr_arith_of(x.type);
    sbr_view y;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "spmm", arith, arith));
    sbr_space(&l, features.rank, features.extents);
    sbr_read(&l, "pointers", &pointers);
    sbr_read(&l, "columns", &columns);
    sbr_read(&l, "values", &spread);
    sbr_read(&l, "x", &features);
    sbr_write(&l, "y", &y);
    sbr_idx(&l, "entries", columns.extents[0]);
    sbr_idx(&l, "features", sbr_view_count(lowering, &features));
    sbr_idx(&l, "x_rows", x.extents[0]);
    sbr_idx(&l, "x_stride", x.strides[0]);
    sbr_idx(&l, "pointer_stride", pointers.strides[0]);
    sbr_idx(&l, "column_stride", columns.strides[0]);
    sbr_idx(&l, "value_stride", has_values ? values.strides[0] : sbr_num(lowering, 0));
    sbr_int(&l, "has_values", has_values);
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, columns.extents[0], sbr_view_count(lowering, &features), 2));
}
