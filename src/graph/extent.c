/* Extents: numbers, or dims encoded as -(2 + (serial << 32 | expression)), and arithmetic on them. */
#include <stdio.h>

#include "build.h"

const char *sbr_extent_text(const sabir_graph *graph, sabir_extent extent, char text[SBR_EXTENT_TEXT])
{
    const uint64_t code = extent < -1 ? (uint64_t)(-(extent + 2)) : 0;
    if (extent >= -1) snprintf(text, SBR_EXTENT_TEXT, "%lld", (long long)extent);
    else if (!graph || code >> 32 != graph->serial || (uint32_t)code >= graph->exprs.nodes.count) snprintf(text, SBR_EXTENT_TEXT, "?");
    else sbr_expr_print(&graph->exprs, (sbr_expr)code, text, SBR_EXTENT_TEXT);
    return text;
}

sbr_expr sbr_extent_expr(sabir_graph *graph, sabir_extent extent)
{
    if (sbr_is_number(extent)) {
        const sbr_expr number = sbr_expr_number(&graph->exprs, extent);
        if (number == SBR_EXPR_NONE) (void)sbr_no_memory(sizeof(sbr_expr_node));
        return number;
    }
    if (extent == -1) {
        (void)sbr_fail(SABIR_INVALID_SHAPE, "an extent is -1; only reshape works an extent out");
        return SBR_EXPR_NONE;
    }
    const uint64_t code = (uint64_t)(-(extent + 2));
    if (code >> 32 != graph->serial || (uint32_t)code >= graph->exprs.nodes.count) {
        (void)sbr_fail(SABIR_INVALID_SHAPE, "extent %lld is neither a count nor a dim of this graph", (long long)extent);
        return SBR_EXPR_NONE;
    }
    return (sbr_expr)code;
}

sabir_extent sbr_expr_extent(const sabir_graph *graph, sbr_expr expr)
{
    int64_t number;
    if (sbr_expr_is_number(&graph->exprs, expr, &number)) return number;
    return -(sabir_extent)(2 + ((uint64_t)graph->serial << 32 | expr));
}

/* The extent of an expression that arithmetic just made, or why there is none. */
static sabir_status finish(sabir_graph *graph, sbr_expr expr, sabir_extent *result)
{
    if (expr == SBR_EXPR_NONE)
        return graph->exprs.failed ? sbr_no_memory(sizeof(sbr_expr_node)) : sbr_fail(SABIR_INVALID_SHAPE, "an extent overflows 64 bits");
    const sbr_expr_node *node = &graph->exprs.nodes.data[expr];
    char text[SBR_EXTENT_TEXT];
    sbr_expr_print(&graph->exprs, expr, text, sizeof text);
    if (node->kind == SBR_EXPR_CONST && node->number < 0) return sbr_fail(SABIR_INVALID_SHAPE, "an extent would be %s", text);
    if (node->least < 0)
        return sbr_fail(SABIR_INVALID_SHAPE, "the extent %s is negative for some values of its dims; give them a larger minimum", text);
    if (node->most == INT64_MAX) return sbr_fail(SABIR_INVALID_SHAPE, "the extent %s overflows 64 bits at the maxima of its dims", text);
    *result = sbr_expr_extent(graph, expr);
    return SABIR_OK;
}

static sabir_status both(sabir_graph *graph, sabir_extent a, sabir_extent b, sbr_expr *left, sbr_expr *right)
{
    *left = sbr_extent_expr(graph, a);
    *right = *left == SBR_EXPR_NONE ? SBR_EXPR_NONE : sbr_extent_expr(graph, b);
    if (*right != SBR_EXPR_NONE) return SABIR_OK;
    return graph->exprs.failed ? SABIR_OUT_OF_MEMORY : SABIR_INVALID_SHAPE;
}

sabir_status sbr_extent_affine(sabir_graph *graph, sabir_extent extent, int64_t scale, int64_t offset, int64_t divisor, sabir_extent *result)
{
    if (divisor <= 0) return sbr_fail(SABIR_INTERNAL, "an extent is divided by %lld", (long long)divisor);
    if (sbr_is_number(extent)) {
        int64_t value;
        if (!sbr_mul_i64(extent, scale, &value) || !sbr_add_i64(value, offset, &value))
            return sbr_fail(SABIR_INVALID_SHAPE, "an extent overflows 64 bits: %lld * %lld + %lld", (long long)extent, (long long)scale,
                            (long long)offset);
        value = value / divisor - (value % divisor < 0 ? 1 : 0);
        if (value < 0) return sbr_fail(SABIR_INVALID_SHAPE, "an extent would be %lld", (long long)value);
        *result = value;
        return SABIR_OK;
    }
    sbr_exprs *exprs = &graph->exprs;
    const sbr_expr from = sbr_extent_expr(graph, extent);
    if (from == SBR_EXPR_NONE) return SABIR_INVALID_SHAPE;
    const sbr_expr scaled = sbr_expr_mul(exprs, from, sbr_expr_number(exprs, scale));
    return finish(graph, sbr_expr_div(exprs, sbr_expr_add(exprs, scaled, sbr_expr_number(exprs, offset)), divisor), result);
}

sabir_status sbr_extent_add(sabir_graph *graph, sabir_extent a, sabir_extent b, sabir_extent *result)
{
    if (sbr_is_number(a) && sbr_is_number(b)) return sbr_extent_affine(graph, a, 1, b, 1, result);
    sbr_expr left = SBR_EXPR_NONE, right = SBR_EXPR_NONE;
    SABIR_TRY(both(graph, a, b, &left, &right));
    return finish(graph, sbr_expr_add(&graph->exprs, left, right), result);
}

sabir_status sbr_extent_mul(sabir_graph *graph, sabir_extent a, sabir_extent b, sabir_extent *result)
{
    if (sbr_is_number(a) && sbr_is_number(b)) return sbr_extent_affine(graph, a, b, 0, 1, result);
    sbr_expr left = SBR_EXPR_NONE, right = SBR_EXPR_NONE;
    SABIR_TRY(both(graph, a, b, &left, &right));
    return finish(graph, sbr_expr_mul(&graph->exprs, left, right), result);
}

bool sbr_extent_at_least(sabir_graph *graph, sabir_extent a, sabir_extent b)
{
    if (sbr_is_number(a) && sbr_is_number(b)) return a >= b;
    sbr_expr left, right;
    return both(graph, a, b, &left, &right) == SABIR_OK && sbr_expr_at_least(&graph->exprs, left, right);
}

static const sbr_expr_node *node_of(const sabir_graph *graph, sabir_extent extent)
{
    return &graph->exprs.nodes.data[(uint32_t)(-(extent + 2))];
}

int64_t sbr_extent_least(const sabir_graph *graph, sabir_extent extent)
{
    return sbr_is_number(extent) ? extent : node_of(graph, extent)->least;
}

int64_t sbr_extent_most(const sabir_graph *graph, sabir_extent extent)
{
    return sbr_is_number(extent) ? extent : node_of(graph, extent)->most;
}

/* ---- The public makers of dims ---- */

static sabir_extent give(sabir_graph *graph, const char *call, sabir_status status, sabir_extent extent)
{
    if (status == SABIR_OK) return extent;
    sbr_graph_fail_here(graph, sbr_fail(status, "%s: %s", call, sabir_last_message()));
    return 0;
}

static sabir_status dim_create(sabir_graph *graph, const char *name, int64_t minimum, int64_t maximum, sabir_extent *extent)
{
    if (!name || !*name) return sbr_fail(SABIR_INVALID_ARGUMENT, "a dim needs a name");
    for (uint32_t i = 0; i < graph->exprs.dims.count; i++)
        if (strcmp(graph->exprs.dims.data[i].name, name) == 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "the dim \"%s\" exists already", name);
    if (minimum < 0 || minimum > maximum || maximum == INT64_MAX)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "the dim \"%s\" runs from %lld to %lld; it takes 0 <= minimum <= maximum < 2^63 - 1", name,
                        (long long)minimum, (long long)maximum);
    const char *copy = sbr_arena_strdup(&graph->arena, name);
    const sbr_expr expr = copy ? sbr_expr_dim(&graph->exprs, copy, minimum, maximum) : SBR_EXPR_NONE;
    if (expr == SBR_EXPR_NONE) return sbr_no_memory(strlen(name) + sizeof(sbr_expr_node));
    *extent = sbr_expr_extent(graph, expr);
    return SABIR_OK;
}

sabir_extent sabir_dim_create(sabir_graph *graph, const char *name, int64_t minimum, int64_t maximum)
{
    if (!sbr_graph_open(graph, "sabir_dim_create")) return 0;
    sabir_extent extent = 0;
    const sabir_status status = dim_create(graph, name, minimum, maximum, &extent);
    return give(graph, "sabir_dim_create", status, extent);
}

sabir_extent sabir_dim_affine(sabir_graph *graph, sabir_extent dim, int64_t scale, int64_t offset)
{
    if (!sbr_graph_open(graph, "sabir_dim_affine")) return 0;
    sbr_exprs *exprs = &graph->exprs;
    sabir_extent extent = 0;
    const sbr_expr from = sbr_extent_expr(graph, dim);
    sabir_status status = graph->exprs.failed ? SABIR_OUT_OF_MEMORY : SABIR_INVALID_SHAPE;
    if (from != SBR_EXPR_NONE) {
        const sbr_expr scaled = sbr_expr_mul(exprs, from, sbr_expr_number(exprs, scale));
        const sbr_expr moved = sbr_expr_add(exprs, scaled, sbr_expr_number(exprs, offset));
        status = finish(graph, sbr_expr_max(exprs, moved, sbr_expr_number(exprs, 0)), &extent);
    }
    return give(graph, "sabir_dim_affine", status, extent);
}

sabir_extent sabir_dim_product(sabir_graph *graph, sabir_extent a, sabir_extent b)
{
    if (!sbr_graph_open(graph, "sabir_dim_product")) return 0;
    sabir_extent extent = 0;
    const sabir_status status = sbr_extent_mul(graph, a, b, &extent);
    return give(graph, "sabir_dim_product", status, extent);
}
