#include "call.h"

#include <stdio.h>

#include "graph/build.h"

/* ---- Operands ---- */

static sabir_status check_floats(const sabir_graph *graph, const sabir_value *values, uint32_t count, const char *what)
{
    if (count && !values) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s is NULL", what);
    for (uint32_t i = 0; i < count; i++) {
        char name[48];
        snprintf(name, sizeof name, "%s %u", what, i);
        SABIR_TRY(sbr_need_readable(graph, values[i], name));
        if (!sbr_is_float(sbr_info(values[i])->type))
            return sbr_fail(SABIR_INVALID_TYPE, "%s is %s; gradients are of float values", name, sabir_type_name(sbr_info(values[i])->type));
    }
    return SABIR_OK;
}

static sabir_status check_like(const sabir_graph *graph, sabir_value value, sabir_value like, const char *what, uint32_t i)
{
    char name[48], is[160], wanted[160];
    snprintf(name, sizeof name, "%s %u", what, i);
    SABIR_TRY(sbr_need_readable(graph, value, name));
    const sbr_value_info *a = sbr_info(value), *b = sbr_info(like);
    if (a->type == b->type && sbr_shape_equal(&a->shape, &b->shape)) return SABIR_OK;
    sbr_shape_text(graph, a->type, &a->shape, is, sizeof is);
    sbr_shape_text(graph, b->type, &b->shape, wanted, sizeof wanted);
    return sbr_fail(a->type == b->type ? SABIR_INVALID_SHAPE : SABIR_INVALID_TYPE, "%s is %s and has to be %s", name, is, wanted);
}

sabir_status sbr_grad_check(const sbr_grad_request *request)
{
    const sbr_grad_request *r = request;
    SABIR_TRY(check_floats(r->graph, r->ys, r->y_count, "y"));
    SABIR_TRY(check_floats(r->graph, r->wrt, r->count, "wrt"));
    if (r->result_count && !r->results) return sbr_fail(SABIR_INVALID_ARGUMENT, "the place for results is NULL");
    for (uint32_t k = 0; r->seeds && k < r->y_count; k++)
        if (!sbr_absent(r->seeds[k])) SABIR_TRY(check_like(r->graph, r->seeds[k], r->ys[k], "seed", k));
    for (uint32_t i = 0; r->tangents && i < r->count; i++)
        if (!sbr_absent(r->tangents[i])) SABIR_TRY(check_like(r->graph, r->tangents[i], r->wrt[i], "tangent", i));
    return SABIR_OK;
}

sabir_status sbr_grad_check_scalar(const sbr_grad_request *request)
{
    SABIR_TRY(check_floats(request->graph, request->ys, 1, "y"));
    const sbr_value_info *info = sbr_info(request->ys[0]);
    if (info->shape.rank == 0) return SABIR_OK;
    char text[160];
    sbr_shape_text(request->graph, info->type, &info->shape, text, sizeof text);
    return sbr_fail(SABIR_INVALID_SHAPE, "y is %s and has to have rank 0; sum it, or give sabir_vjp a seed", text);
}

sabir_status sbr_grad_options_read(const sabir_grad_options *given, sabir_grad_options *all)
{
    *all = (sabir_grad_options)SABIR_GRAD_OPTIONS;
    if (!given) return SABIR_OK;
    if (given->size < sizeof given->size || given->size > sizeof *all)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "gradient options: size is %zu; start from SABIR_GRAD_OPTIONS", given->size);
    memcpy(all, given, given->size);
    if (all->loop_segment >= 0) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "gradient options: loop_segment is %lld; 0 or more", (long long)all->loop_segment);
}

void sbr_grad_fill(sabir_value *results, const sabir_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (results[i].index == SABIR_NONE_INDEX) results[i] = sbr_grad_full(values[i], 0.0);
}

/* ---- Around a call ---- */

sabir_status sbr_grad_run(const sbr_grad_request *request, sabir_status (*step)(const sbr_grad_request *))
{
    sabir_graph *graph = request->graph;
    if (!sbr_graph_open(graph, request->name)) return graph ? sabir_graph_status(graph) : SABIR_INVALID_ARGUMENT;
    sbr_graph_without_place(graph);
    const uint32_t before = graph->placed;
    const sabir_status status = step(request);
    if (status != SABIR_OK && graph->status == SABIR_OK)
        (void)sbr_graph_fail(graph, sbr_fail(status, "%s: %s", request->name, sabir_last_message()));
    graph->placed = before; /* all that was built gets the caller's place */
    if (graph->status == SABIR_OK) return SABIR_OK;
    for (uint32_t i = 0; request->results && i < request->result_count; i++) request->results[i] = sbr_null(graph);
    return sabir_graph_status(graph);
}
