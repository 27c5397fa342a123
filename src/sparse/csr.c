/* Compressed rows from coordinates, and their transpose: two stable counting sorts each, so time and memory are linear. */
#include "csr.h"

void sbr_order_by(const int32_t *keys, int64_t entries, int64_t groups, const int32_t *given, int32_t *pointers, int32_t *order)
{
    memset(pointers, 0, ((size_t)groups + 1) * sizeof *pointers);
    for (int64_t e = 0; e < entries; e++) pointers[keys[e] + 1]++;
    for (int64_t g = 0; g < groups; g++) pointers[g + 1] += pointers[g];
    /* pointers[g] moves to where group g ends, which is where the next one began. */
    for (int64_t e = 0; e < entries; e++) {
        const int32_t entry = given ? given[e] : (int32_t)e;
        order[pointers[keys[entry]]++] = entry;
    }
    for (int64_t g = groups; g > 0; g--) pointers[g] = pointers[g - 1];
    pointers[0] = 0;
}

sabir_status sbr_need_square(const sabir_csr *csr, const char *call)
{
    if (!csr) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: csr is NULL", call);
    if (csr->rows == csr->columns) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_SHAPE, "%s: the matrix is %lld x %lld and has to be square", call, (long long)csr->rows, (long long)csr->columns);
}

/* ---- The arrays ---- */

static bool allocate(sabir_csr *csr, const sabir_allocator *allocator)
{
    const size_t e = (size_t)csr->entries;
    csr->row_pointers = sbr_alloc_array(allocator, (size_t)csr->rows + 1, sizeof(int32_t));
    csr->transposed_pointers = sbr_alloc_array(allocator, (size_t)csr->columns + 1, sizeof(int32_t));
    csr->column_indices = sbr_alloc_array(allocator, e, sizeof(int32_t));
    csr->row_indices = sbr_alloc_array(allocator, e, sizeof(int32_t));
    csr->sources = sbr_alloc_array(allocator, e, sizeof(int32_t));
    csr->transposed_columns = sbr_alloc_array(allocator, e, sizeof(int32_t));
    csr->permutation = sbr_alloc_array(allocator, e, sizeof(int32_t));
    return csr->row_pointers && csr->transposed_pointers && csr->column_indices && csr->row_indices && csr->sources && csr->transposed_columns && csr->permutation;
}

void sabir_csr_destroy(sabir_csr *csr)
{
    if (!csr) return;
    sabir_context *context = csr->context;
    const sabir_allocator *allocator = sbr_context_allocator(context);
    int32_t *arrays[] = {csr->row_pointers, csr->column_indices, csr->row_indices, csr->sources, csr->transposed_pointers, csr->transposed_columns, csr->permutation};
    for (size_t i = 0; i < SBR_COUNT(arrays); i++) sbr_free(allocator, arrays[i]);
    sbr_free(allocator, csr);
    sabir_context_release(context);
}

/* scratch [entries]. */
static void fill(sabir_csr *csr, const int32_t *rows, const int32_t *columns, const int32_t *sources, int32_t *scratch)
{
    int32_t *order = csr->permutation;
    sbr_order_by(columns, csr->entries, csr->columns, NULL, csr->transposed_pointers, scratch);
    sbr_order_by(rows, csr->entries, csr->rows, scratch, csr->row_pointers, order);
    for (int64_t e = 0; e < csr->entries; e++) {
        csr->row_indices[e] = rows[order[e]];
        csr->column_indices[e] = columns[order[e]];
        csr->sources[e] = sources ? sources[order[e]] : order[e];
    }
    sbr_order_by(csr->column_indices, csr->entries, csr->columns, NULL, csr->transposed_pointers, csr->permutation);
    for (int64_t e = 0; e < csr->entries; e++) csr->transposed_columns[e] = csr->row_indices[csr->permutation[e]];
}

sabir_status sbr_csr_build(sabir_context *context, int64_t rows, int64_t columns, int64_t entries, const int32_t *row_indices, const int32_t *column_indices,
                           const int32_t *sources, sabir_csr **result)
{
    const sabir_allocator *allocator = sbr_context_allocator(context);
    sabir_csr *csr = sbr_alloc(allocator, sizeof *csr);
    int32_t *scratch = sbr_alloc_array(allocator, (size_t)entries, sizeof *scratch);
    *result = NULL;
    bool good = csr && scratch;
    if (csr) {
        *csr = (sabir_csr){.context = context, .rows = rows, .columns = columns, .entries = entries};
        sabir_context_retain(context);
        good = allocate(csr, allocator) && good;
    }
    if (good) fill(csr, row_indices, column_indices, sources, scratch);
    sbr_free(allocator, scratch);
    if (good) *result = csr;
    else sabir_csr_destroy(csr);
    return good ? SABIR_OK : sbr_no_memory(((size_t)entries * 6 + (size_t)rows + (size_t)columns) * sizeof(int32_t));
}

sabir_status sabir_csr_describe(const sabir_csr *csr, sabir_csr_info *info)
{
    if (!csr || !info || info->size == 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "csr_describe: %s", csr ? "info is NULL, or its size is not set" : "csr is NULL");
    const sabir_csr_info all = {.size = info->size, .rows = csr->rows, .columns = csr->columns, .entries = csr->entries, .row_pointers = csr->row_pointers,
                                .column_indices = csr->column_indices, .row_indices = csr->row_indices, .sources = csr->sources,
                                .transposed_pointers = csr->transposed_pointers, .transposed_columns = csr->transposed_columns, .permutation = csr->permutation};
    memcpy(info, &all, info->size < sizeof all ? info->size : sizeof all);
    return SABIR_OK;
}
