/* Entries in groups: group_by, and products whose rows lie in groups. */
#include "build.h"

sabir_status sbr_rule_group_by(sbr_signature *signature)
{
    const sabir_group_by_attrs *attrs = signature->attrs;
    const sabir_shape *keys = &signature->shapes[0];
    SABIR_TRY(sbr_need_type(signature, 0, SABIR_I32, "keys"));
    SABIR_TRY(sbr_need_rank(signature, 0, 1, 1, "keys"));
    SABIR_TRY(sbr_need_indexable(signature, keys->extents[0]));
    if (signature->inputs > 1) {
        SABIR_TRY(sbr_need_type(signature, 1, SABIR_I32, "capacity"));
        SABIR_TRY(sbr_need_rank(signature, 1, 0, 0, "capacity"));
    }
    if (attrs->groups < 0 || attrs->groups >= INT32_MAX)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "the number of groups is %lld; 0 to 2^31 - 2", (long long)attrs->groups);
    const sabir_shape counts = {.rank = 1, .extents = {attrs->groups}}, pointers = {.rank = 1, .extents = {attrs->groups + 1}};
    sbr_set_result(signature, 0, SABIR_I32, keys);
    sbr_set_result(signature, 1, SABIR_I32, keys);
    sbr_set_result(signature, 2, SABIR_I32, &pointers);
    sbr_set_result(signature, 3, SABIR_I32, &counts);
    return SABIR_OK;
}

sabir_value sabir_group_by(sabir_graph *graph, sabir_value keys, int64_t groups, sabir_value capacity, sabir_value *order, sabir_value *pointers,
                           sabir_value *counts)
{
    const sabir_value places = sbr_add_node(graph, SBR_OP_group_by, (const sabir_value[]){keys, capacity}, sbr_absent(capacity) ? 1 : 2,
                                            &(sabir_group_by_attrs){groups});
    if (order) *order = sbr_output_of(places, 1);
    if (pointers) *pointers = sbr_output_of(places, 2);
    if (counts) *counts = sbr_output_of(places, 3);
    return places;
}

/* Operands 0 to 2: x, weights or y, pointers. */
static sabir_status need_grouped(const sbr_signature *signature, int32_t second_rank, const char *both, const char *second, sabir_extent *groups)
{
    SABIR_TRY(sbr_need_class(signature, 0, SBR_CLASS_FLOAT, "x"));
    SABIR_TRY(sbr_need_same_type(signature, 1, 0, both));
    SABIR_TRY(sbr_need_rank(signature, 0, 2, 2, "x"));
    SABIR_TRY(sbr_need_rank(signature, 1, second_rank, second_rank, second));
    return sbr_need_pointers(signature, 2, groups);
}

sabir_status sbr_rule_grouped_matmul(sbr_signature *signature)
{
    sabir_grouped_attrs *attrs = signature->attrs;
    const sabir_extent *x = signature->shapes[0].extents, *weights = signature->shapes[1].extents;
    sabir_extent groups;
    attrs->transpose = attrs->transpose != 0;
    SABIR_TRY(need_grouped(signature, 3, "x and weights", "weights", &groups));
    SABIR_TRY(sbr_need_equal(signature, weights[0], groups, "groups of weights and of the pointers"));
    SABIR_TRY(sbr_need_equal(signature, x[1], weights[1 + attrs->transpose], "inner extents"));
    const sabir_shape shape = {.rank = 2, .extents = {x[0], weights[2 - attrs->transpose]}};
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_value sabir_grouped_matmul(sabir_graph *graph, sabir_value x, sabir_value weights, sabir_value pointers, int32_t transpose)
{
    return sbr_add_3(graph, SBR_OP_grouped_matmul, x, weights, pointers, &(sabir_grouped_attrs){transpose});
}

sabir_status sbr_rule_grouped_outer(sbr_signature *signature)
{
    const sabir_extent *x = signature->shapes[0].extents, *y = signature->shapes[1].extents;
    sabir_extent groups;
    SABIR_TRY(need_grouped(signature, 2, "x and y", "y", &groups));
    SABIR_TRY(sbr_need_equal(signature, x[0], y[0], "rows of x and y"));
    const sabir_shape shape = {.rank = 3, .extents = {groups, x[1], y[1]}};
    sbr_set_result(signature, 0, signature->types[0], &shape);
    return SABIR_OK;
}

sabir_value sabir_grouped_outer(sabir_graph *graph, sabir_value x, sabir_value y, sabir_value pointers)
{
    return sbr_add_3(graph, SBR_OP_grouped_outer, x, y, pointers, NULL);
}
