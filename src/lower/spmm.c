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

/* y = matrix times x; values NULL: ones. */
typedef struct product { sbr_view pointers, columns, x, features, y; const sbr_view *values; } product;

/* What both kernels take. */
static sabir_status begin(sbr_launcher *l, sbr_lowering *lowering, const char *kernel, const product *p)
{
    const sbr_arith arith = sbr_arith_of(p->x.type);
    SABIR_TRY(sbr_launch_begin(l, lowering, kernel, arith, arith));
    sbr_read(l, "pointers", &p->pointers);
    sbr_read(l, "columns", &p->columns);
    sbr_write(l, "y", &p->y);
    sbr_idx(l, "entries", p->columns.extents[0]);
    sbr_idx(l, "features", sbr_view_count(lowering, &p->features));
    sbr_idx(l, "x_rows", p->x.extents[0]);
    sbr_idx(l, "x_stride", p->x.strides[0]);
    sbr_idx(l, "pointer_stride", p->pointers.strides[0]);
    sbr_idx(l, "column_stride", p->columns.strides[0]);
    sbr_idx(l, "value_stride", p->values ? p->values->strides[0] : sbr_num(lowering, 0));
    sbr_int(l, "has_values", p->values != NULL);
    return SABIR_OK;
}

static uint64_t work(sbr_lowering *lowering, const product *p) { return sbr_work(lowering, p->columns.extents[0], sbr_view_count(lowering, &p->features), 2); }

enum { BLOCK_WORTH = 8 };

/* On CPUs, where features lie side by side and share their values. */
static bool suits_block(sbr_lowering *lowering, const product *p)
{
    return lowering->options->prefer_wide && (!p->values || p->values->rank == 1) && sbr_is_dense(lowering, &p->features) &&
           sbr_expr_largest(&lowering->module->exprs, sbr_view_count(lowering, &p->features)) >= BLOCK_WORTH;
}

static sabir_status launch_block(sbr_lowering *lowering, const product *p)
{
    sbr_launcher l;
    SABIR_TRY(begin(&l, lowering, "spmm_block", p));
    sbr_read(&l, "values", p->values ? p->values : &p->x);
    sbr_read(&l, "x", &p->x);
    sbr_idx(&l, "rows", p->y.extents[0]);
    return sbr_launch_end(&l, p->y.extents[0], work(lowering, p));
}

sabir_status sbr_lower_spmm(sbr_lowering *lowering, const sbr_node *node)
{
    product p = {.pointers = *sbr_in(lowering, node, 0), .columns = *sbr_in(lowering, node, 1), .x = *sbr_in(lowering, node, 2),
                 .values = node->input_count > 3 ? sbr_in(lowering, node, 3) : NULL};
    p.features = sbr_lines(&p.x, 0);
    SABIR_TRY(sbr_out(lowering, node, 0, &p.y));
    if (suits_block(lowering, &p)) return launch_block(lowering, &p);
    sbr_view spread = p.features;
    if (p.values) spread_values(lowering, p.values, &p.features, &spread);
    sbr_launcher l;
    SABIR_TRY(begin(&l, lowering, "spmm", &p));
    sbr_space(&l, p.features.rank, p.features.extents);
    sbr_read(&l, "values", &spread);
    sbr_read(&l, "x", &p.features);
    return sbr_launch_end(&l, SBR_EXPR_NONE, work(lowering, &p));
}
