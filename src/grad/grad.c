/* Vector-Jacobian products, and of them the gradient of a scalar. */
#include "call.h"
#include "graph/build.h"

static sabir_status vjp(const sbr_grad_request *r)
{
    sabir_grad_options options;
    SABIR_TRY(sbr_grad_options_read(r->options, &options));
    SABIR_TRY(sbr_grad_check(r));
    sabir_value *seeds = sbr_alloc_array(&r->graph->allocator, r->y_count + 1, sizeof *seeds);
    if (!seeds) return sbr_no_memory(r->y_count * sizeof *seeds);
    for (uint32_t k = 0; k < r->y_count; k++) seeds[k] = r->seeds && !sbr_absent(r->seeds[k]) ? r->seeds[k] : sbr_grad_full(r->ys[k], 1.0);
    const sbr_vjp_call call = {.graph = r->graph, .segment = options.loop_segment > 1 ? options.loop_segment : 1, .ys = r->ys, .seeds = seeds,
                               .y_count = r->y_count, .wrt = r->wrt, .count = r->count, .grads = r->results};
    uint64_t kept = 0;
    const sabir_status status = options.memory_budget || options.kept ? sbr_vjp_within(&call, options.memory_budget, &kept) : sbr_vjp(&call);
    if (options.kept) *options.kept = kept;
    sbr_free(&r->graph->allocator, seeds);
    if (status == SABIR_OK) sbr_grad_fill(r->results, r->wrt, r->count);
    return status;
}

sabir_status sabir_vjp(sabir_graph *graph, const sabir_value *ys, const sabir_value *seeds, uint32_t y_count, const sabir_value *wrt, uint32_t count,
                       const sabir_grad_options *options, sabir_value *grads)
{
    return sbr_grad_run(&(sbr_grad_request){.name = "vjp", .graph = graph, .ys = ys, .seeds = seeds, .y_count = y_count, .wrt = wrt, .count = count,
                                            .options = options, .results = grads, .result_count = count}, vjp);
}

static sabir_status gradient(const sbr_grad_request *r)
{
    SABIR_TRY(sbr_grad_check_scalar(r));
    return vjp(r);
}

sabir_status sabir_grad(sabir_graph *graph, sabir_value y, const sabir_value *wrt, uint32_t count, sabir_value *grads)
{
    return sbr_grad_run(&(sbr_grad_request){.name = "grad", .graph = graph, .ys = &y, .y_count = 1, .wrt = wrt, .count = count, .results = grads,
                                            .result_count = count}, gradient);
}
