/* Views: the same elements seen in another shape, order or part; and blocks at starts known at run. */
#include "build.h"

/* ---- reshape ---- */

/* The extent at axis unknown: what is left of from once the other extents of to are divided out. */
static sabir_status work_out(sabir_graph *graph, const sabir_shape *from, sabir_shape *to, int32_t unknown)
{
    sabir_shape left = *from, right = sbr_shape_drop(*to, unknown);
    for (int32_t i = left.rank - 1; i >= 0; i--) { /* a dim on both sides cancels, whatever its value */
        int32_t same = 0;
        while (same < right.rank && (right.extents[same] != left.extents[i] || sbr_is_number(left.extents[i]))) same++;
        if (same == right.rank) continue;
        left = sbr_shape_drop(left, i);
        right = sbr_shape_drop(right, same);
    }
    sabir_extent count = 0, rest = 0;
    SABIR_TRY(sbr_shape_count(graph, &left, &count));
    SABIR_TRY(sbr_shape_count(graph, &right, &rest));
    if (rest == 0) return sbr_fail(SABIR_INVALID_SHAPE, "-1 cannot be worked out beside an extent of 0");
    const sbr_expr a = sbr_extent_expr(graph, count), b = sbr_extent_expr(graph, rest);
    const sbr_expr quotient = sbr_expr_exact_div(&graph->exprs, a, b);
    if (graph->exprs.failed) return sbr_no_memory(sizeof(sbr_expr_node));
    if (quotient == SBR_EXPR_NONE) {
        char elements[SBR_EXTENT_TEXT], others[SBR_EXTENT_TEXT];
        return sbr_fail(SABIR_INVALID_SHAPE, "-1 cannot be worked out: %s is not divisible by %s", sbr_extent_text(graph, count, elements),
                        sbr_extent_text(graph, rest, others));
    }
    to->extents[unknown] = sbr_expr_extent(graph, quotient);
    return SABIR_OK;
}

sabir_status sbr_rule_reshape(sbr_signature *signature)
{
    sabir_graph *graph = signature->graph;
    sabir_shape *to = &((sabir_shape_attrs *)signature->attrs)->shape, known = *to;
    int32_t unknown = -1;
    for (int32_t i = 0; i < to->rank && i < SABIR_MAX_RANK; i++) {
        if (to->extents[i] != -1) continue;
        if (unknown >= 0) return sbr_fail(SABIR_INVALID_SHAPE, "only one extent may be -1");
        unknown = i;
        known.extents[i] = 1;
    }
    SABIR_TRY(sbr_shape_check(graph, &known));
    if (unknown >= 0) SABIR_TRY(work_out(graph, &signature->shapes[0], to, unknown));
    sabir_extent before = 0, after = 0;
    SABIR_TRY(sbr_shape_count(graph, &signature->shapes[0], &before));
    SABIR_TRY(sbr_shape_count(graph, to, &after));
    SABIR_TRY(sbr_need_equal(signature, before, after, "numbers of elements"));
    sbr_set_result(signature, 0, signature->types[0], to);
    return SABIR_OK;
}

sabir_value sabir_reshape(sabir_graph *graph, sabir_value x, sabir_shape shape)
{
    return sbr_add_1(graph, SBR_OP_reshape, x, &(sabir_shape_attrs){shape});
}

/* ---- transpose, broadcast, diagonal ---- */

sabir_status sbr_rule_transpose(sbr_signature *signature)
{
    sabir_ints *axes = &((sabir_transpose_attrs *)signature->attrs)->axes;
    const sabir_shape *from = &signature->shapes[0];
    sabir_shape to = {.rank = from->rank};
    SABIR_TRY(sbr_need_axes(axes, from->rank, false));
    if (axes->count != from->rank) return sbr_fail(SABIR_INVALID_ARGUMENT, "%d axes; an order of all %d is needed", axes->count, from->rank);
    for (int32_t i = 0; i < to.rank; i++) to.extents[i] = from->extents[axes->values[i]];
    sbr_set_result(signature, 0, signature->types[0], &to);
    return SABIR_OK;
}

sabir_value sabir_transpose(sabir_graph *graph, sabir_value x, sabir_ints axes)
{
    return sbr_add_1(graph, SBR_OP_transpose, x, &(sabir_transpose_attrs){axes});
}

sabir_status sbr_rule_broadcast(sbr_signature *signature)
{
    const sabir_shape *to = &((sabir_shape_attrs *)signature->attrs)->shape, *from = &signature->shapes[0];
    SABIR_TRY(sbr_shape_check(signature->graph, to));
    if (from->rank > to->rank) return sbr_fail(SABIR_INVALID_SHAPE, "rank %d does not broadcast to rank %d", from->rank, to->rank);
    for (int32_t i = 0; i < from->rank; i++)
        if (from->extents[i] != 1)
            SABIR_TRY(sbr_need_equal(signature, from->extents[i], to->extents[to->rank - from->rank + i], "extents other than 1 may not"));
    sbr_set_result(signature, 0, signature->types[0], to);
    return SABIR_OK;
}

sabir_value sabir_broadcast(sabir_graph *graph, sabir_value x, sabir_shape shape)
{
    return sbr_add_1(graph, SBR_OP_broadcast, x, &(sabir_shape_attrs){shape});
}

static sabir_status smaller_extent(sabir_graph *graph, sabir_extent a, sabir_extent b, sabir_extent *result)
{
    const sbr_expr left = sbr_extent_expr(graph, a), right = sbr_extent_expr(graph, b);
    const sbr_expr least = sbr_expr_min(&graph->exprs, left, right);
    if (least == SBR_EXPR_NONE) return sbr_no_memory(sizeof(sbr_expr_node));
    *result = sbr_expr_extent(graph, least);
    return SABIR_OK;
}

sabir_status sbr_rule_diagonal(sbr_signature *signature)
{
    SABIR_TRY(sbr_need_rank(signature, 0, 2, SABIR_MAX_RANK, "x"));
    sabir_shape shape = signature->shapes[0];
    const sabir_extent columns = shape.extents[shape.rank - 1];
    shape = sbr_shape_drop(shape, shape.rank - 1);
    sabir_extent *last = &shape.extents[shape.rank - 1];
    SABIR_TRY(smaller_extent(signature->graph, *last, columns, last));
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_value sabir_diagonal(sabir_graph *graph, sabir_value x) { return sbr_add_1(graph, SBR_OP_diagonal, x, NULL); }

/* ---- slice ---- */

static sabir_status outside(const sabir_graph *graph, int32_t axis, int64_t start, sabir_extent count, int64_t step, sabir_extent extent)
{
    char taken[SBR_EXTENT_TEXT], all[SBR_EXTENT_TEXT];
    return sbr_fail(SABIR_INVALID_SHAPE, "axis %d: %s elements from %lld by steps of %lld are not known to lie inside its extent %s", axis,
                    sbr_extent_text(graph, count, taken), (long long)start, (long long)step, sbr_extent_text(graph, extent, all));
}

static sabir_status slice_axis(sabir_graph *graph, int32_t axis, int64_t *start, sabir_extent count, int64_t *step, sabir_extent extent)
{
    if (*step == 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "axis %d: the step is 0", axis);
    if (count == 0 || count == 1) *step = 1;
    if (count == 0) {
        *start = 0;
        return SABIR_OK;
    }
    const bool back = *step < 0;
    if (*start < 0 || *step == INT64_MIN) return outside(graph, axis, *start, count, *step, extent);
    /* The furthest element: (count - 1) * |step| from the start. */
    const int64_t stride = back ? -*step : *step;
    sbr_exprs *exprs = &graph->exprs;
    const sbr_expr moves = sbr_expr_sub(exprs, sbr_extent_expr(graph, count), sbr_expr_number(exprs, 1));
    const sbr_expr span = sbr_expr_mul(exprs, moves, sbr_expr_number(exprs, stride)), from = sbr_expr_number(exprs, *start);
    const sbr_expr last = back ? from : sbr_expr_add(exprs, from, span);
    const sbr_expr end = sbr_expr_sub(exprs, sbr_extent_expr(graph, extent), sbr_expr_number(exprs, 1));
    if (exprs->failed) return sbr_no_memory(sizeof(sbr_expr_node));
    const bool inside = sbr_expr_at_least(exprs, end, last) && (!back || sbr_expr_at_least(exprs, from, span));
    return inside ? SABIR_OK : outside(graph, axis, *start, count, *step, extent);
}

sabir_status sbr_rule_slice(sbr_signature *signature)
{
    sabir_slice_attrs *attrs = signature->attrs;
    const sabir_shape *from = &signature->shapes[0];
    SABIR_TRY(sbr_shape_check(signature->graph, &attrs->counts));
    if (attrs->start.count != from->rank || attrs->counts.rank != from->rank || attrs->step.count != from->rank)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%d starts, %d counts and %d steps for rank %d", attrs->start.count, attrs->counts.rank,
                        attrs->step.count, from->rank);
    for (int32_t i = 0; i < from->rank; i++)
        SABIR_TRY(slice_axis(signature->graph, i, &attrs->start.values[i], attrs->counts.extents[i], &attrs->step.values[i], from->extents[i]));
    sbr_set_result(signature, 0, signature->types[0], &attrs->counts);
    return SABIR_OK;
}

sabir_value sabir_slice(sabir_graph *graph, sabir_value x, sabir_ints start, sabir_shape counts, sabir_ints step)
{
    return sbr_add_1(graph, SBR_OP_slice, x, &(sabir_slice_attrs){start, counts, step});
}

/* All of x: to be changed on some axes. */
static sabir_slice_attrs whole_slice(sabir_value x)
{
    sabir_slice_attrs attrs = {.counts = sbr_info(x)->shape};
    attrs.start.count = attrs.step.count = attrs.counts.rank;
    for (int32_t i = 0; i < attrs.counts.rank; i++) attrs.step.values[i] = 1;
    return attrs;
}

sabir_value sabir_narrow(sabir_graph *graph, sabir_value x, int32_t axis, int64_t start, sabir_extent count)
{
    if (!sbr_graph_owns(graph, x, "narrow: x")) return sbr_null(graph);
    sabir_slice_attrs attrs = whole_slice(x);
    const sabir_status status = sbr_axis(axis, attrs.counts.rank, &axis);
    if (status != SABIR_OK) return sbr_graph_fail(graph, sbr_fail(status, "narrow: %s", sabir_last_message()));
    attrs.start.values[axis] = start;
    attrs.counts.extents[axis] = count;
    return sbr_add_1(graph, SBR_OP_slice, x, &attrs);
}

/* Where the extent is known only at run, so is the start of a backward slice: there the indices are computed. */
static sabir_value flip_dim(sabir_graph *graph, sabir_value x, int32_t axis)
{
    const sabir_extent extent = sbr_info(x)->shape.extents[axis];
    const sabir_shape shape = {.rank = 1, .extents = {extent}};
    const sabir_value back = sabir_iota(graph, SABIR_I32, shape, 0, -1, -1);
    return sabir_gather(graph, x, sabir_add(graph, back, sabir_dim_value(graph, extent)), axis);
}

sabir_value sabir_flip(sabir_graph *graph, sabir_value x, sabir_ints axes)
{
    if (!sbr_graph_owns(graph, x, "flip: x")) return sbr_null(graph);
    sabir_slice_attrs attrs = whole_slice(x);
    const sabir_status status = sbr_need_axes(&axes, attrs.counts.rank, true);
    if (status != SABIR_OK) return sbr_graph_fail(graph, sbr_fail(status, "flip: %s", sabir_last_message()));
    for (int32_t i = 0; i < axes.count; i++) {
        const int32_t axis = (int32_t)axes.values[i];
        const sabir_extent extent = attrs.counts.extents[axis];
        if (!sbr_is_number(extent)) {
            x = flip_dim(graph, x, axis);
            continue;
        }
        attrs.start.values[axis] = extent - 1;
        attrs.step.values[axis] = -1;
    }
    return sbr_add_1(graph, SBR_OP_slice, x, &attrs);
}

/* ---- Blocks at a start known at run ---- */

static sabir_status block_inside(const sbr_signature *signature, uint32_t start, const sabir_shape *block)
{
    const sabir_shape *whole = &signature->shapes[0];
    const sabir_shape starts = {.rank = 1, .extents = {whole->rank}};
    SABIR_TRY(sbr_need_type(signature, start, SABIR_I32, "start"));
    SABIR_TRY(sbr_need_shape(signature, start, &starts, "start"));
    if (block->rank != whole->rank)
        return sbr_fail(SABIR_INVALID_SHAPE, "the block has rank %d in an operand of rank %d", block->rank, whole->rank);
    for (int32_t i = 0; i < block->rank; i++) {
        if (sbr_extent_at_least(signature->graph, whole->extents[i], block->extents[i])) continue;
        char part[SBR_EXTENT_TEXT], all[SBR_EXTENT_TEXT];
        return sbr_fail(SABIR_INVALID_SHAPE, "axis %d: a block of %s is not known to fit into %s", i,
                        sbr_extent_text(signature->graph, block->extents[i], part),
                        sbr_extent_text(signature->graph, whole->extents[i], all));
    }
    return SABIR_OK;
}

sabir_status sbr_rule_dynamic_slice(sbr_signature *signature)
{
    const sabir_shape *counts = &((sabir_shape_attrs *)signature->attrs)->shape;
    SABIR_TRY(sbr_shape_check(signature->graph, counts));
    SABIR_TRY(block_inside(signature, 1, counts));
    sbr_set_result(signature, 0, signature->types[0], counts);
    return SABIR_OK;
}

sabir_value sabir_dynamic_slice(sabir_graph *graph, sabir_value x, sabir_value start, sabir_shape counts)
{
    return sbr_add_2(graph, SBR_OP_dynamic_slice, x, start, &(sabir_shape_attrs){counts});
}

sabir_status sbr_rule_update(sbr_signature *signature)
{
    SABIR_TRY(sbr_need_same_type(signature, 1, 0, "old and part"));
    SABIR_TRY(block_inside(signature, 2, &signature->shapes[1]));
    sbr_set_result(signature, 0, signature->types[0], &signature->shapes[0]);
    return SABIR_OK;
}

sabir_value sabir_update(sabir_graph *graph, sabir_value old, sabir_value part, sabir_value start)
{
    return sbr_add_3(graph, SBR_OP_update, old, part, start, NULL);
}
