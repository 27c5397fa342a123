/* Scans and order: cumsum, sort, top_k, compact, histogram. */
#include "build.h"

/* ---- Running sums ---- */

sabir_status sbr_rule_cumsum(sbr_signature *signature)
{
    sabir_cumsum_attrs *attrs = signature->attrs;
    const sabir_shape *shape = &signature->shapes[0];
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_NUMBER, "x"));
    SABIR_TRY(sbr_axis(attrs->axis, shape->rank, &attrs->axis));
    if (signature->inputs > 1) {
        SABIR_TRY(sbr_need_type(signature, 1, SABIR_BOOL, "starts"));
        SABIR_TRY(sbr_need_shape(signature, 1, shape, "starts"));
    }
    attrs->exclusive = attrs->exclusive != 0;
    attrs->reverse = attrs->reverse != 0;
    sbr_set_result(signature, 0, signature->types[0], shape);
    return SABIR_OK;
}

static sabir_value no_attrs(sabir_graph *graph, const char *call)
{
    if (!sbr_graph_open(graph, call)) return sbr_null(graph);
    return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "%s: attrs is NULL", call));
}

sabir_value sabir_cumsum(sabir_graph *graph, sabir_value x, const sabir_cumsum_attrs *attrs)
{
    return attrs ? sbr_add_1(graph, SBR_OP_cumsum, x, attrs) : no_attrs(graph, "cumsum");
}

sabir_value sabir_segmented_cumsum(sabir_graph *graph, sabir_value x, sabir_value starts, const sabir_cumsum_attrs *attrs)
{
    return attrs ? sbr_add_2(graph, SBR_OP_cumsum, x, starts, attrs) : no_attrs(graph, "segmented_cumsum");
}

/* ---- Sorting ---- */

sabir_status sbr_rule_sort(sbr_signature *signature)
{
    sabir_sort_attrs *attrs = signature->attrs;
    const sabir_shape *shape = &signature->shapes[0];
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_NUMBER, "x"));
    SABIR_TRY(sbr_axis(attrs->axis, shape->rank, &attrs->axis));
    SABIR_TRY(sbr_need_indexable(signature, shape->extents[attrs->axis]));
    attrs->descending = attrs->descending != 0;
    sbr_set_result(signature, 0, signature->types[0], shape);
    sbr_set_result(signature, 1, SABIR_I32, shape);
    return SABIR_OK;
}

sabir_value sabir_sort(sabir_graph *graph, sabir_value x, int32_t axis, int32_t descending, sabir_value *indices)
{
    const sabir_value sorted = sbr_add_1(graph, SBR_OP_sort, x, &(sabir_sort_attrs){axis, descending});
    if (indices) *indices = sbr_output_of(sorted, 1);
    return sorted;
}

sabir_value sabir_sort_by_key(sabir_graph *graph, sabir_value keys, sabir_value values, sabir_value *sorted_values)
{
    if (!sbr_graph_open(graph, "sort_by_key")) {
        if (sorted_values) *sorted_values = sbr_null(graph);
        return sbr_null(graph);
    }
    if (!sorted_values)
        return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "sort_by_key: sorted_values is NULL; sabir_sort sorts keys alone"));
    *sorted_values = sbr_null(graph);
    if (!sbr_graph_owns(graph, keys, "sort_by_key: keys") || !sbr_graph_owns(graph, values, "sort_by_key: values")) return sbr_null(graph);
    if (!sbr_shape_equal(&sbr_info(keys)->shape, &sbr_info(values)->shape)) {
        char left[160], right[160];
        sbr_shape_text(graph, sbr_info(keys)->type, &sbr_info(keys)->shape, left, sizeof left);
        sbr_shape_text(graph, sbr_info(values)->type, &sbr_info(values)->shape, right, sizeof right);
        return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_SHAPE, "sort_by_key(%s, %s): keys and values have to have one shape", left, right));
    }
    sabir_value order = sbr_null(graph);
    const sabir_value sorted = sabir_sort(graph, keys, -1, 0, &order);
    *sorted_values = sabir_take_along(graph, values, order, -1);
    return graph->status == SABIR_OK ? sorted : sbr_null(graph);
}

sabir_status sbr_rule_top_k(sbr_signature *signature)
{
    const sabir_top_k_attrs *attrs = signature->attrs;
    sabir_shape shape = signature->shapes[0];
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_NUMBER, "x"));
    SABIR_TRY(sbr_need_rank(signature, 0, 1, SABIR_MAX_RANK, "x"));
    sabir_extent *last = &shape.extents[shape.rank - 1];
    SABIR_TRY(sbr_need_indexable(signature, *last));
    if (attrs->k < 0 || !sbr_extent_at_least(signature->graph, *last, attrs->k)) {
        char text[SBR_EXTENT_TEXT];
        return sbr_fail(SABIR_INVALID_ARGUMENT, "k is %lld and has to be from 0 to the last extent, %s", (long long)attrs->k,
                        sbr_extent_text(signature->graph, *last, text));
    }
    *last = attrs->k;
    sbr_set_result(signature, 0, signature->types[0], &shape);
    sbr_set_result(signature, 1, SABIR_I32, &shape);
    return SABIR_OK;
}

sabir_value sabir_top_k(sabir_graph *graph, sabir_value x, int64_t k, sabir_value *indices)
{
    const sabir_value largest = sbr_add_1(graph, SBR_OP_top_k, x, &(sabir_top_k_attrs){k});
    if (indices) *indices = sbr_output_of(largest, 1);
    return largest;
}

/* ---- Counts that only the device knows ---- */

static sabir_status i32_count(int64_t count, const char *what)
{
    if (count >= 0 && count <= INT32_MAX) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "%s is %lld; 0 to 2^31 - 1", what, (long long)count);
}

sabir_status sbr_rule_compact(sbr_signature *signature)
{
    const sabir_compact_attrs *attrs = signature->attrs;
    const sabir_shape indices = {.rank = 1, .extents = {attrs->capacity}}, single = {0};
    SABIR_TRY(sbr_need_type(signature, 0, SABIR_BOOL, "mask"));
    SABIR_TRY(sbr_need_rank(signature, 0, 1, 1, "mask"));
    SABIR_TRY(sbr_need_indexable(signature, signature->shapes[0].extents[0]));
    SABIR_TRY(i32_count(attrs->capacity, "the capacity"));
    sbr_set_result(signature, 0, SABIR_I32, &indices);
    sbr_set_result(signature, 1, SABIR_I32, &single);
    sbr_set_result(signature, 2, SABIR_BOOL, &single);
    return SABIR_OK;
}

sabir_value sabir_compact(sabir_graph *graph, sabir_value mask, int64_t capacity, sabir_value *count, sabir_value *overflow)
{
    const sabir_value indices = sbr_add_1(graph, SBR_OP_compact, mask, &(sabir_compact_attrs){capacity});
    if (count) *count = sbr_output_of(indices, 1);
    if (overflow) *overflow = sbr_output_of(indices, 2);
    return indices;
}

sabir_status sbr_rule_histogram(sbr_signature *signature)
{
    const sabir_histogram_attrs *attrs = signature->attrs;
    const sabir_shape shape = {.rank = 1, .extents = {attrs->bins}};
    SABIR_TRY(sbr_need_type(signature, 0, SABIR_I32, "x"));
    SABIR_TRY(i32_count(attrs->bins, "the number of bins"));
    sbr_set_result(signature, 0, SABIR_I32, &shape);
    return SABIR_OK;
}

sabir_value sabir_histogram(sabir_graph *graph, sabir_value x, int64_t bins)
{
    return sbr_add_1(graph, SBR_OP_histogram, x, &(sabir_histogram_attrs){bins});
}
