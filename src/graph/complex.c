#include "complex.h"

bool sbr_complex_make(const sabir_allocator *allocator, sbr_complex_list *list, int64_t count)
{
    list->count = count;
    list->re = sbr_alloc_array(allocator, (size_t)count, 2 * sizeof *list->re);
    list->im = list->re ? list->re + count : NULL;
    return list->re != NULL;
}

void sbr_complex_free(const sabir_allocator *allocator, sbr_complex_list *list)
{
    sbr_free(allocator, list->re);
    *list = (sbr_complex_list){0};
}

/* A constant [n, 1..., 2] of the type, from pairs. */
static sabir_value pairs(sabir_graph *graph, sabir_type type, int32_t rank, int64_t count, const double *first, const double *second, double sign)
{
    const size_t size = sabir_type_size(type);
    uint8_t *elements = sbr_alloc_array(&graph->allocator, (size_t)count, 2 * size);
    if (!elements) return sbr_graph_fail(graph, sbr_no_memory((size_t)count * 2 * size));
    sabir_shape shape = {.rank = rank};
    for (int32_t i = 0; i < rank; i++) shape.extents[i] = i == 0 ? count : i == rank - 1 ? 2 : 1;
    for (int64_t k = 0; k < count; k++) {
        sbr_number_store(type, sign * first[k], elements + (size_t)(2 * k) * size);
        sbr_number_store(type, second[k], elements + (size_t)(2 * k + 1) * size);
    }
    const sabir_value constant = sabir_constant(graph, type, shape, elements);
    sbr_free(&graph->allocator, elements);
    return constant;
}

/* (a + b i)(c + d i) = c (a, b) + d (-b, a). */
sabir_value sbr_complex_times(sabir_graph *graph, sabir_value x, int32_t axis, const sbr_complex_list *list, double sign)
{
    if (!sbr_graph_owns(graph, x, "complex product")) return sbr_null(graph);
    const sabir_type type = sbr_info(x)->type;
    const int32_t rank = sbr_info(x)->shape.rank;
    const sabir_value same = pairs(graph, type, rank - axis, list->count, list->re, list->re, 1), turned = sabir_flip(graph, x, SABIR_INTS(rank - 1));
    const sabir_value crossed = pairs(graph, type, rank - axis, list->count, list->im, list->im, -1);
    const sabir_value signed_ = sign < 0 ? sabir_neg(graph, crossed) : crossed;
    return sabir_add(graph, sabir_mul(graph, x, same), sabir_mul(graph, turned, signed_));
}
