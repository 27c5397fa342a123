/* Values divided by degrees. */
#include <math.h>

#include "csr.h"

static sabir_status add_degrees(const sabir_csr *csr, const float *values, double *of_rows, double *of_columns)
{
    for (int64_t e = 0; e < csr->entries; e++) {
        const double value = values ? (double)values[e] : 1.0;
        if (!isfinite(value) || value < 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "normalise: value %lld is %g; finite and not negative", (long long)e, value);
        of_rows[csr->row_indices[e]] += value;
        of_columns[csr->column_indices[e]] += value;
    }
    return SABIR_OK;
}

sabir_status sabir_csr_normalise(const sabir_csr *csr, sabir_normalisation kind, const float *values, float *normalised)
{
    if (!csr || (!normalised && csr->entries)) return sbr_fail(SABIR_INVALID_ARGUMENT, "normalise: %s is NULL", csr ? "normalised" : "csr");
    if ((unsigned)kind > SABIR_NORMALISE_SYMMETRIC) return sbr_fail(SABIR_INVALID_ARGUMENT, "normalise: %d is no normalisation", (int)kind);
    const sabir_allocator *allocator = sbr_csr_allocator(csr);
    double *rows = sbr_alloc_array(allocator, (size_t)csr->rows, sizeof *rows), *columns = sbr_alloc_array(allocator, (size_t)csr->columns, sizeof *columns);
    sabir_status status = rows && columns ? add_degrees(csr, values, rows, columns) : sbr_no_memory((size_t)(csr->rows + csr->columns) * sizeof *rows);
    for (int64_t e = 0; e < csr->entries && status == SABIR_OK; e++) {
        const double row = rows[csr->row_indices[e]], column = columns[csr->column_indices[e]];
        const double divisor = kind == SABIR_NORMALISE_ROWS ? row : sqrt(row) * sqrt(column);
        normalised[e] = divisor > 0 ? (float)((values ? (double)values[e] : 1.0) / divisor) : 0.0f;
    }
    sbr_free(allocator, rows);
    sbr_free(allocator, columns);
    return status;
}
