#include "loops.h"

sabir_status sbr_loops_find(const sabir_graph *graph, const sabir_allocator *allocator, bool twins, sbr_loops *loops)
{
    const size_t count = graph->nodes.count + 1, bytes = count * sizeof(uint32_t);
    *loops = (sbr_loops){sbr_alloc(allocator, bytes), sbr_alloc(allocator, bytes), sbr_alloc(allocator, bytes)};
    if (!loops->opens || !loops->inner || !loops->twin) return sbr_no_memory(bytes);
    memset(loops->opens, 0xff, bytes);
    memset(loops->inner, 0xff, bytes);
    memset(loops->twin, 0xff, bytes);
    for (uint32_t n = 0; n < graph->nodes.count; n++) { /* outer loops end later */
        if (graph->nodes.data[n].op != SBR_OP_loop) continue;
        const uint32_t first = ((const sbr_loop_attrs *)graph->nodes.data[n].attrs)->body_first;
        loops->inner[n] = loops->opens[first];
        loops->opens[first] = n;
    }
    for (uint32_t i = 0; i < graph->twins.count && twins; i++) {
        const sbr_twin *twin = &graph->twins.data[i];
        if (graph->nodes.data[twin->loop].depth == graph->nodes.data[twin->original].depth) loops->twin[twin->original] = i;
    }
    return SABIR_OK;
}

void sbr_loops_free(const sabir_allocator *allocator, sbr_loops *loops)
{
    sbr_free(allocator, loops->opens);
    sbr_free(allocator, loops->inner);
    sbr_free(allocator, loops->twin);
}

uint32_t sbr_loops_opening(const sbr_loops *loops, uint32_t n, uint32_t end)
{
    uint32_t loop = loops->opens[n];
    while (loop != UINT32_MAX && loop >= end) loop = loops->inner[loop];
    return loop;
}

static bool is_live(const sabir_graph *graph, const bool *live, uint32_t n)
{
    const sbr_node *node = &graph->nodes.data[n];
    for (uint32_t k = 0; k < node->output_count; k++)
        if (live[node->first_output + k]) return true;
    return false;
}

const sbr_twin *sbr_loops_twin(const sbr_loops *loops, const sabir_graph *graph, const bool *live, uint32_t n)
{
    if (loops->twin[n] == UINT32_MAX) return NULL;
    const sbr_twin *twin = &graph->twins.data[loops->twin[n]];
    return is_live(graph, live, twin->loop) ? twin : NULL;
}

bool sbr_loops_share(const sbr_loops *loops, const sabir_graph *graph, bool *live)
{
    bool news = false;
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        const sbr_twin *twin = sbr_loops_twin(loops, graph, live, n);
        if (!twin) continue;
        const sbr_node *node = &graph->nodes.data[n], *other = &graph->nodes.data[twin->loop];
        for (uint32_t k = 0; k < node->output_count; k++) {
            const bool count = k + 1 == node->output_count;
            const uint32_t to = other->first_output + (count ? other->output_count - 1 : k);
            if (!live[node->first_output + k] || live[to]) continue;
            live[to] = news = true;
        }
    }
    return news;
}
