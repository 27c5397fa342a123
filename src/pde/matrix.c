/* Sparse matrices from contributions, and what is done with them on the host. */
#include <stdlib.h>

#include "mesh.h"

void sbr_contribute(sbr_contributions *all, int64_t row, int64_t column, int64_t source, double weight)
{
    const sbr_contribution c = {(int32_t)row, (int32_t)column, (int32_t)source, weight};
    if (!all->failed && !sbr_push(all->allocator, &all->list, c)) all->failed = true;
}

void sbr_matrix_release(const sabir_allocator *allocator, sabir_matrix *matrix)
{
    sbr_free(allocator, matrix->row_pointers);
    sbr_free(allocator, matrix->column_indices);
    sbr_free(allocator, matrix->values);
    *matrix = (sabir_matrix){0};
}

void sabir_matrix_free(sabir_context *context, sabir_matrix *matrix)
{
    if (context && matrix) sbr_matrix_release(sbr_context_allocator(context), matrix);
}

/* ---- Building ---- */

static int order(int32_t a, int32_t b) { return (a > b) - (a < b); }

static int compare(const void *left, const void *right)
{
    const sbr_contribution *a = left, *b = right;
    if (a->row != b->row) return order(a->row, b->row);
    if (a->column != b->column) return order(a->column, b->column);
    return order(a->source, b->source);
}

static bool same_entry(const sbr_contribution *a, const sbr_contribution *b) { return a->row == b->row && a->column == b->column; }

/* Contributions of one source to one entry become one, so that the sums do not depend on the order of the sort. */
static void merge(sbr_contributions *all)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < all->list.count; i++) {
        sbr_contribution *last = kept ? &all->list.data[kept - 1] : NULL, *c = &all->list.data[i];
        if (last && same_entry(last, c) && last->source == c->source) last->weight += c->weight;
        else all->list.data[kept++] = *c;
    }
    all->list.count = kept;
}

static bool make(const sabir_allocator *allocator, int64_t rows, int64_t columns, int64_t entries, sabir_matrix *matrix)
{
    *matrix = (sabir_matrix){.rows = rows, .columns = columns, .entries = entries};
    matrix->row_pointers = sbr_alloc_array(allocator, (size_t)rows + 1, sizeof(int32_t));
    matrix->column_indices = sbr_alloc_array(allocator, (size_t)entries, sizeof(int32_t));
    matrix->values = sbr_alloc_array(allocator, (size_t)entries, sizeof(double));
    if (matrix->row_pointers && matrix->column_indices && matrix->values) return true;
    sbr_matrix_release(allocator, matrix);
    return false;
}

/* The list is sorted and merged. */
static void fill(const sbr_contributions *all, const double *coefficients, sabir_matrix *matrix, sabir_matrix *map)
{
    int64_t entry = -1, mapped = 0;
    for (uint32_t i = 0; i < all->list.count; i++) {
        const sbr_contribution *c = &all->list.data[i];
        if (i == 0 || !same_entry(c - 1, c)) {
            entry++;
            matrix->row_pointers[c->row + 1]++;
            matrix->column_indices[entry] = c->column;
        }
        if (c->source < 0) continue;
        matrix->values[entry] += c->weight * (coefficients ? coefficients[c->source] : 1);
        if (!map) continue;
        map->row_pointers[entry + 1]++;
        map->column_indices[mapped] = c->source;
        map->values[mapped++] = c->weight;
    }
    for (int64_t r = 0; r < matrix->rows; r++) matrix->row_pointers[r + 1] += matrix->row_pointers[r];
    for (int64_t r = 0; map && r < map->rows; r++) map->row_pointers[r + 1] += map->row_pointers[r];
}

sabir_status sbr_matrix_build(sbr_contributions *all, int64_t rows, int64_t columns, int64_t sources, const double *coefficients, sabir_matrix *matrix,
                           sabir_matrix *map)
{
    *matrix = (sabir_matrix){0};
    if (map) *map = (sabir_matrix){0};
    if (all->failed) return sbr_no_memory(all->list.count * sizeof *all->list.data);
    if (all->list.count > INT32_MAX)
        return sbr_fail(SABIR_INVALID_SHAPE, "%u contributions to a sparse matrix, which has i32 row pointers", all->list.count);
    if (all->list.count) qsort(all->list.data, all->list.count, sizeof *all->list.data, compare);
    merge(all);
    int64_t entries = 0, mapped = 0;
    for (uint32_t i = 0; i < all->list.count; i++) {
        entries += i == 0 || !same_entry(&all->list.data[i - 1], &all->list.data[i]);
        mapped += all->list.data[i].source >= 0;
    }
    if (!make(all->allocator, rows, columns, entries, matrix)) return sbr_no_memory((size_t)entries * sizeof(double));
    if (map && !make(all->allocator, entries, sources, mapped, map)) {
        sbr_matrix_release(all->allocator, matrix);
        return sbr_no_memory((size_t)mapped * sizeof(double));
    }
    fill(all, coefficients, matrix, map);
    return SABIR_OK;
}

/* ---- On the host ---- */

sabir_status sabir_matrix_multiply(const sabir_matrix *matrix, const double *x, double *y)
{
    if (!matrix || !matrix->row_pointers || (matrix->columns && !x) || (matrix->rows && !y))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "matrix_multiply: the matrix is empty, or x or y is NULL");
    for (int64_t r = 0; r < matrix->rows; r++) {
        y[r] = 0;
        for (int32_t e = matrix->row_pointers[r]; e < matrix->row_pointers[r + 1]; e++) y[r] += matrix->values[e] * x[matrix->column_indices[e]];
    }
    return SABIR_OK;
}

/* Where [row, column] is among the entries; -1 where there is none. */
static int64_t find(const sabir_matrix *matrix, int64_t row, int32_t column)
{
    int32_t low = matrix->row_pointers[row], high = matrix->row_pointers[row + 1];
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (matrix->column_indices[middle] < column) low = middle + 1;
        else high = middle;
    }
    return low < matrix->row_pointers[row + 1] && matrix->column_indices[low] == column ? low : -1;
}

/* fixed: by unknown, 1 + the place in the list of the last that names it; 0: free. */
static void eliminate(const sabir_matrix *matrix, double *load, const double *values, const int32_t *fixed)
{
    for (int64_t r = 0; r < matrix->rows; r++) {
        for (int32_t e = matrix->row_pointers[r]; e < matrix->row_pointers[r + 1]; e++) {
            const int32_t column = matrix->column_indices[e];
            if (!fixed[r] && fixed[column]) load[r] -= matrix->values[e] * values[fixed[column] - 1];
            if (fixed[r] || fixed[column]) matrix->values[e] = fixed[r] && r == column;
        }
        if (fixed[r]) load[r] = values[fixed[r] - 1];
    }
}

sabir_status sabir_matrix_eliminate(sabir_context *context, const sabir_matrix *matrix, double *load, const int32_t *unknowns, const double *values,
                                 int64_t count)
{
    if (!context || !matrix || !matrix->row_pointers || matrix->rows != matrix->columns || (count && (!load || !unknowns || !values)))
        return sbr_fail(SABIR_INVALID_ARGUMENT,
                        "matrix_eliminate: the matrix has to be square and not empty, and context, load, unknowns and values are needed");
    for (int64_t i = 0; i < count; i++) {
        if (unknowns[i] < 0 || unknowns[i] >= matrix->rows)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "matrix_eliminate: number %lld names unknown %d of %lld", (long long)i, unknowns[i],
                            (long long)matrix->rows);
        if (find(matrix, unknowns[i], unknowns[i]) < 0)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "matrix_eliminate: row %d has no diagonal entry", unknowns[i]);
    }
    int32_t *fixed = sbr_alloc_array(sbr_context_allocator(context), (size_t)matrix->rows, sizeof *fixed);
    if (!fixed) return sbr_no_memory((size_t)matrix->rows * sizeof *fixed);
    for (int64_t i = 0; i < count; i++) fixed[unknowns[i]] = (int32_t)i + 1;
    eliminate(matrix, load, values, fixed);
    sbr_free(sbr_context_allocator(context), fixed);
    return SABIR_OK;
}
