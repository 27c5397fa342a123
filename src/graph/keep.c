#include "keep.h"

#include "build.h"

void *sbr_graph_keep(sabir_graph *graph, size_t size)
{
    void *memory = sbr_arena_alloc(&graph->arena, size);
    if (!memory) (void)sbr_graph_fail(graph, sbr_no_memory(size));
    return memory;
}

sabir_value sbr_graph_refuse(sabir_graph *graph, sabir_status status) { return sbr_graph_fail(graph, status); }

bool sbr_graph_is_open(sabir_graph *graph, const char *call) { return sbr_graph_open(graph, call); }

sabir_value sbr_graph_table(sabir_graph *graph, sabir_type type, sabir_shape shape, const double *numbers)
{
    int64_t count = 1;
    for (int32_t i = 0; i < shape.rank; i++)
        if (!sbr_mul_i64(count, shape.extents[i], &count)) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_SHAPE, "a table of more than 2^63 numbers"));
    const size_t size = sabir_type_size(type);
    uint8_t *elements = sbr_alloc_array(&graph->allocator, (size_t)count, size);
    if (!elements) return sbr_graph_fail(graph, sbr_no_memory((size_t)count * size));
    for (int64_t k = 0; k < count; k++) sbr_number_store(type, numbers[k], elements + (size_t)k * size);
    const sabir_value table = sabir_constant(graph, type, shape, elements);
    sbr_free(&graph->allocator, elements);
    return table;
}

double *sbr_graph_scratch(sabir_graph *graph, int64_t count)
{
    double *scratch = sbr_alloc_array(&graph->allocator, (size_t)count, sizeof *scratch);
    if (!scratch) (void)sbr_graph_fail(graph, sbr_no_memory((size_t)count * sizeof *scratch));
    return scratch;
}

void sbr_graph_release(sabir_graph *graph, double *scratch) { sbr_free(&graph->allocator, scratch); }
