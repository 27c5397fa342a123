/* Entries by key: sorted stably, then searches in the sorted keys; see kernels/group_by.k. */
#include "lines.h"

typedef enum group_want { WANT_BOUNDS, WANT_LENGTHS, WANT_ORDER, WANT_PLACES } group_want;

typedef struct grouping {
    sbr_view keys, sorted, from, bounds, pointers;
    const sbr_view *capacity; /* NULL: none */
    int64_t groups;
} grouping;

/* What is not made yet is not read: any view stands for it. */
static sabir_status want(sbr_lowering *lowering, const grouping *g, group_want wanted, bool clipped, const sbr_view *y)
{
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "group_by", SBR_ARITH_I32, SBR_ARITH_I32));
    sbr_read(&l, "keys", &g->keys);
    sbr_read(&l, "sorted", &g->sorted);
    sbr_read(&l, "from", &g->from);
    sbr_read(&l, "bounds", wanted == WANT_BOUNDS ? &g->sorted : &g->bounds);
    sbr_read(&l, "pointers", wanted == WANT_BOUNDS || wanted == WANT_LENGTHS ? &g->sorted : &g->pointers);
    sbr_read(&l, "capacity", clipped ? g->capacity : &g->sorted);
    sbr_write(&l, "y", y);
    sbr_int(&l, "want", wanted);
    sbr_int(&l, "clipped", clipped);
    sbr_int(&l, "groups", g->groups);
    sbr_idx(&l, "count", g->keys.extents[0]);
    sbr_idx(&l, "key_stride", g->keys.strides[0]);
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, y->extents[0], sbr_num(lowering, 1), 20));
}

sabir_status sbr_lower_group_by(sbr_lowering *lowering, const sbr_node *node)
{
    static const sabir_cumsum_attrs before = {.axis = 0, .exclusive = 1};
    grouping g = {.keys = *sbr_in(lowering, node, 0), .capacity = node->input_count > 1 ? sbr_in(lowering, node, 1) : NULL,
                  .groups = ((const sabir_group_by_attrs *)node->attrs)->groups};
    const sbr_expr bounds = sbr_num(lowering, g.groups + 1);
    sbr_view places, order, counts, kept;
    SABIR_TRY(sbr_out(lowering, node, 0, &places));
    SABIR_TRY(sbr_out(lowering, node, 1, &order));
    SABIR_TRY(sbr_out(lowering, node, 2, &g.pointers));
    SABIR_TRY(sbr_out(lowering, node, 3, &counts));
    SABIR_TRY(sbr_temp(lowering, SABIR_I32, 1, g.keys.extents, &g.sorted));
    SABIR_TRY(sbr_temp(lowering, SABIR_I32, 1, g.keys.extents, &g.from));
    SABIR_TRY(sbr_temp(lowering, SABIR_I32, 1, &bounds, &g.bounds));
    SABIR_TRY(sbr_temp(lowering, SABIR_I32, 1, &bounds, &kept));
    SABIR_TRY(sbr_sort_view(lowering, &g.keys, 0, 0, &g.sorted, &g.from));
    SABIR_TRY(want(lowering, &g, WANT_BOUNDS, false, &g.bounds));
    SABIR_TRY(want(lowering, &g, WANT_LENGTHS, false, &counts));
    SABIR_TRY(want(lowering, &g, WANT_LENGTHS, g.capacity != NULL, &kept));
    SABIR_TRY(sbr_scan_view(lowering, SBR_ARITH_U32, &kept, NULL, &before, &g.pointers));
    SABIR_TRY(want(lowering, &g, WANT_ORDER, false, &order));
    return want(lowering, &g, WANT_PLACES, false, &places);
}
