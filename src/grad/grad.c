/* The public calls: operands are checked here, then the walk does the work. */
#include <stdio.h>

#include "graph/build.h"
#include "vjp.h"

/* ---- Operands ---- */

static sabir_status check_float(const sabir_graph *graph, sabir_value value, const char *what, uint32_t i)
{
    char name[48];
    snprintf(name, sizeof name, "%s %u", what, i);
    SABIR_TRY(sbr_need_readable(graph, value, name));
    if (sbr_is_float(sbr_info(value)->type)) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_TYPE, "%s is %s; gradients are of float values", name, sabir_type_name(sbr_info(value)->type));
}

static sabir_status check_same(const sabir_graph *graph, sabir_value value, sabir_value like, const char *what, uint32_t i)
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

static sabir_status check_values(const sabir_graph *graph, const sabir_value *values, uint32_t count, const char *what)
{
    if (count && !values) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s is NULL", what);
    for (uint32_t i = 0; i < count; i++) SABIR_TRY(check_float(graph, values[i], what, i));
    return SABIR_OK;
}

static sabir_status read_options(const sabir_grad_options *given, sabir_grad_options *all)
{
    *all = (sabir_grad_options)SABIR_GRAD_OPTIONS;
    if (!given) return SABIR_OK;
    if (given->size < sizeof given->size || given->size > sizeof *all)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "gradient options: size is %zu; start from SABIR_GRAD_OPTIONS", given->size);
    memcpy(all, given, given->size);
    if (all->loop_segment >= 0) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "gradient options: loop_segment is %lld; 0 or more", (long long)all->loop_segment);
}

/* ---- The vector-Jacobian product ---- */

typedef struct request {
    sabir_graph *graph;
    const sabir_value *ys, *seeds;
    uint32_t y_count;
    const sabir_value *wrt;
    uint32_t count;
    const sabir_grad_options *options;
    sabir_value *grads;
} request;

static sabir_status check(const request *r, sabir_grad_options *options)
{
    SABIR_TRY(read_options(r->options, options));
    SABIR_TRY(check_values(r->graph, r->ys, r->y_count, "y"));
    SABIR_TRY(check_values(r->graph, r->wrt, r->count, "wrt"));
    if (r->count && !r->grads) return sbr_fail(SABIR_INVALID_ARGUMENT, "grads is NULL");
    for (uint32_t k = 0; r->seeds && k < r->y_count; k++)
        if (!sbr_absent(r->seeds[k])) SABIR_TRY(check_same(r->graph, r->seeds[k], r->ys[k], "seed", k));
    return SABIR_OK;
}

static sabir_status differentiate(const request *r)
{
    sabir_grad_options options;
    SABIR_TRY(check(r, &options));
    sabir_value *seeds = sbr_alloc_array(&r->graph->allocator, r->y_count + 1, sizeof *seeds);
    if (!seeds) return sbr_no_memory(r->y_count * sizeof *seeds);
    for (uint32_t k = 0; k < r->y_count; k++) seeds[k] = r->seeds && !sbr_absent(r->seeds[k]) ? r->seeds[k] : sbr_grad_full(r->ys[k], 1.0);
    sabir_status status = sbr_vjp(&(sbr_vjp_call){.graph = r->graph, .segment = options.loop_segment > 1 ? options.loop_segment : 1, .ys = r->ys, .seeds = seeds, .y_count = r->y_count, .wrt = r->wrt,
                                                  .count = r->count, .grads = r->grads});
    sbr_free(&r->graph->allocator, seeds);
    for (uint32_t i = 0; i < r->count && status == SABIR_OK; i++)
        if (r->grads[i].index == SABIR_NONE_INDEX) r->grads[i] = sbr_grad_full(r->wrt[i], 0.0);
    return status == SABIR_OK ? r->graph->status : status;
}

/* Places, and the sticky error, around a call that builds. */
static sabir_status build(const request *r, const char *call, sabir_status (*step)(const request *))
{
    sabir_graph *graph = r->graph;
    if (!sbr_graph_open(graph, call)) return graph ? sabir_graph_status(graph) : SABIR_INVALID_ARGUMENT;
    sbr_graph_without_place(graph);
    const uint32_t before = graph->placed;
    const sabir_status status = step(r);
    if (status != SABIR_OK && graph->status == SABIR_OK) (void)sbr_graph_fail(graph, sbr_fail(status, "%s: %s", call, sabir_last_message()));
    graph->placed = before;
    if (graph->status == SABIR_OK) return SABIR_OK;
    for (uint32_t i = 0; r->grads && i < r->count; i++) r->grads[i] = sbr_null(graph);
    return sabir_graph_status(graph);
}

sabir_status sabir_vjp(sabir_graph *graph, const sabir_value *ys, const sabir_value *seeds, uint32_t y_count, const sabir_value *wrt, uint32_t count,
                       const sabir_grad_options *options, sabir_value *grads)
{
    return build(&(request){graph, ys, seeds, y_count, wrt, count, options, grads}, "vjp", differentiate);
}

static sabir_status differentiate_scalar(const request *r)
{
    SABIR_TRY(check_float(r->graph, r->ys[0], "y", 0));
    if (sbr_info(r->ys[0])->shape.rank == 0) return differentiate(r);
    char text[160];
    sbr_shape_text(r->graph, sbr_info(r->ys[0])->type, &sbr_info(r->ys[0])->shape, text, sizeof text);
    return sbr_fail(SABIR_INVALID_SHAPE, "y is %s and has to have rank 0; sum it, or give sabir_vjp a seed", text);
}

sabir_status sabir_grad(sabir_graph *graph, sabir_value y, const sabir_value *wrt, uint32_t count, sabir_value *grads)
{
    return build(&(request){.graph = graph, .ys = &y, .y_count = 1, .wrt = wrt, .count = count, .grads = grads}, "grad", differentiate_scalar);
}
