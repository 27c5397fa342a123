/* Derivatives along a direction, by two walks backwards. The vector-Jacobian product is linear in its seeds: its own gradient with respect to them, seeded
 * with the tangents, is the Jacobian-vector product, whatever the seeds are. */
#include "call.h"
#include "graph/build.h"

static bool is_none(sabir_value value) { return value.index == SABIR_NONE_INDEX; }

/* Gradients of the gradients, seeded with the tangents; those of either that are zero fall out. */
static sabir_status again(const sbr_grad_request *r, sabir_value *grads, uint32_t first_node, const sabir_value *wrt, uint32_t wrt_count)
{
    sabir_value *seeds = sbr_alloc_array(&r->graph->allocator, r->count + 1, sizeof *seeds);
    if (!seeds) return sbr_no_memory(r->count * sizeof *seeds);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        if (is_none(grads[i]) || !r->tangents || is_none(r->tangents[i])) continue;
        grads[kept] = grads[i];
        seeds[kept++] = r->tangents[i];
    }
    const sabir_status status = sbr_vjp(&(sbr_vjp_call){.graph = r->graph, .segment = 1, .first_node = first_node, .ys = grads, .seeds = seeds,
                                                        .y_count = kept, .wrt = wrt, .count = wrt_count, .grads = r->results});
    sbr_free(&r->graph->allocator, seeds);
    if (status == SABIR_OK) sbr_grad_fill(r->results, wrt, wrt_count);
    return status;
}

static sabir_status first_walk(const sbr_grad_request *r, const sabir_value *seeds, sabir_value *grads)
{
    return sbr_vjp(&(sbr_vjp_call){.graph = r->graph, .segment = 1, .ys = r->ys, .seeds = seeds, .y_count = r->y_count, .wrt = r->wrt, .count = r->count,
                                   .grads = grads});
}

static sabir_status jvp(const sbr_grad_request *r)
{
    const sabir_allocator *allocator = &r->graph->allocator;
    SABIR_TRY(sbr_grad_check(r));
    sabir_value *seeds = sbr_alloc_array(allocator, r->y_count + 1, sizeof *seeds), *grads = sbr_alloc_array(allocator, r->count + 1, sizeof *grads);
    const uint32_t first_node = r->graph->nodes.count;
    sabir_status status = seeds && grads ? SABIR_OK : sbr_no_memory(r->count * sizeof *grads);
    for (uint32_t k = 0; k < r->y_count && status == SABIR_OK; k++) seeds[k] = sbr_grad_full(r->ys[k], 0.0);
    if (status == SABIR_OK) status = first_walk(r, seeds, grads);
    if (status == SABIR_OK) status = again(r, grads, first_node, seeds, r->y_count);
    sbr_free(allocator, seeds);
    sbr_free(allocator, grads);
    return status;
}

sabir_status sabir_jvp(sabir_graph *graph, const sabir_value *ys, uint32_t y_count, const sabir_value *wrt, const sabir_value *tangents, uint32_t count,
                       sabir_value *results)
{
    return sbr_grad_run(&(sbr_grad_request){.name = "jvp", .graph = graph, .ys = ys, .y_count = y_count, .wrt = wrt, .tangents = tangents, .count = count,
                                            .results = results, .result_count = y_count}, jvp);
}

static sabir_status hvp(const sbr_grad_request *r)
{
    SABIR_TRY(sbr_grad_check_scalar(r));
    SABIR_TRY(sbr_grad_check(r));
    sabir_value *grads = sbr_alloc_array(&r->graph->allocator, r->count + 1, sizeof *grads);
    if (!grads) return sbr_no_memory(r->count * sizeof *grads);
    const sabir_value one = sbr_grad_full(r->ys[0], 1.0);
    sabir_status status = first_walk(r, &one, grads);
    if (status == SABIR_OK) status = again(r, grads, 0, r->wrt, r->count);
    sbr_free(&r->graph->allocator, grads);
    return status;
}

sabir_status sabir_hvp(sabir_graph *graph, sabir_value y, const sabir_value *wrt, const sabir_value *tangents, uint32_t count, sabir_value *results)
{
    return sbr_grad_run(&(sbr_grad_request){.name = "hvp", .graph = graph, .ys = &y, .y_count = 1, .wrt = wrt, .tangents = tangents, .count = count,
                                            .results = results, .result_count = count}, hvp);
}
