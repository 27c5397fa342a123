/* What is given as coordinates or rows: checked, completed, cleaned of duplicates. */
#include "csr.h"

typedef struct coordinates {
    const sabir_allocator *allocator;
    int64_t rows, columns;
    SBR_VECTOR(int32_t) row, column, source;
} coordinates;

static void free_coordinates(coordinates *c)
{
    sbr_vector_free(c->allocator, &c->row);
    sbr_vector_free(c->allocator, &c->column);
    sbr_vector_free(c->allocator, &c->source);
}

static sabir_status add(coordinates *c, int64_t row, int64_t column, int64_t source)
{
    if (c->row.count >= (uint32_t)SBR_CSR_MOST) return sbr_fail(SABIR_INVALID_ARGUMENT, "csr: more than 2^31 - 2 entries with those that the options add");
    if (!sbr_push(c->allocator, &c->row, (int32_t)row) || !sbr_push(c->allocator, &c->column, (int32_t)column) || !sbr_push(c->allocator, &c->source, (int32_t)source))
        return sbr_no_memory((size_t)c->row.count * sizeof(int32_t));
    return SABIR_OK;
}

static int64_t index_at(sabir_type type, const void *indices, int64_t k) { return type == SABIR_I32 ? ((const int32_t *)indices)[k] : ((const int64_t *)indices)[k]; }

/* ---- Checks ---- */

static sabir_status check_size(int64_t count, const char *what)
{
    if (count >= 0 && count <= SBR_CSR_MOST) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "csr: %lld %s; 0 to 2^31 - 2", (long long)count, what);
}

static sabir_status check_call(sabir_context *context, int64_t rows, int64_t columns, sabir_type type, const sabir_csr_options *options, sabir_csr **csr)
{
    if (!context || !csr) return sbr_fail(SABIR_INVALID_ARGUMENT, "csr: %s is NULL", context ? "csr" : "context");
    SABIR_TRY(sbr_context_check(context));
    SABIR_TRY(check_size(rows, "rows"));
    SABIR_TRY(check_size(columns, "columns"));
    if (type != SABIR_I32 && type != SABIR_I64) return sbr_fail(SABIR_INVALID_TYPE, "csr: indices of %s; i32 or i64", sabir_type_name(type));
    if ((unsigned)options->duplicates > SABIR_DUPLICATES_REFUSE) return sbr_fail(SABIR_INVALID_ARGUMENT, "csr: %d is no rule for duplicates", (int)options->duplicates);
    if ((options->symmetric || options->loops) && rows != columns)
        return sbr_fail(SABIR_INVALID_SHAPE, "csr: %lld x %lld; a symmetric matrix, or one with a diagonal to add or leave out, is square", (long long)rows, (long long)columns);
    return SABIR_OK;
}

static sabir_status check_entry(const coordinates *c, int64_t entry, int64_t row, int64_t column)
{
    if (row >= 0 && row < c->rows && column >= 0 && column < c->columns) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "csr: entry %lld is at row %lld, column %lld of a matrix of %lld x %lld", (long long)entry, (long long)row, (long long)column,
                    (long long)c->rows, (long long)c->columns);
}

/* ---- Completion ---- */

static sabir_status add_entry(coordinates *c, const sabir_csr_options *options, int64_t entry, int64_t row, int64_t column)
{
    SABIR_TRY(check_entry(c, entry, row, column));
    if (row == column && options->loops < 0) return SABIR_OK;
    SABIR_TRY(add(c, row, column, entry));
    return options->symmetric && row != column ? add(c, column, row, entry) : SABIR_OK;
}

static sabir_status add_loops(coordinates *c)
{
    const uint32_t count = c->row.count;
    bool *has = sbr_alloc_array(c->allocator, (size_t)c->rows, sizeof *has);
    if (!has) return sbr_no_memory((size_t)c->rows);
    for (uint32_t e = 0; e < count; e++)
        if (c->row.data[e] == c->column.data[e]) has[c->row.data[e]] = true;
    sabir_status status = SABIR_OK;
    for (int64_t r = 0; r < c->rows && status == SABIR_OK; r++)
        if (!has[r]) status = add(c, r, r, -1);
    sbr_free(c->allocator, has);
    return status;
}

/* Leaves one entry at each place. The matrix built so far has equal places side by side, in the order in which they came. */
static sabir_status remove_duplicates(sabir_csr **csr, sabir_duplicates rule)
{
    sabir_csr *all = *csr;
    const sabir_allocator *allocator = sbr_csr_allocator(all);
    int64_t kept = 0;
    for (int64_t e = 0; e < all->entries; e++) {
        const bool again = kept > 0 && all->row_indices[kept - 1] == all->row_indices[e] && all->column_indices[kept - 1] == all->column_indices[e];
        if (again && rule == SABIR_DUPLICATES_REFUSE)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "csr: entries %d and %d are both at row %d, column %d; options.duplicates says what then", all->sources[kept - 1],
                            all->sources[e], all->row_indices[e], all->column_indices[e]);
        if (again && rule == SABIR_DUPLICATES_FIRST) continue;
        if (again) kept--;
        all->row_indices[kept] = all->row_indices[e];
        all->column_indices[kept] = all->column_indices[e];
        all->sources[kept++] = all->sources[e];
    }
    if (kept == all->entries) return SABIR_OK;
    int32_t *rows = all->row_indices, *columns = all->column_indices, *sources = all->sources;
    all->row_indices = all->column_indices = all->sources = NULL;
    sabir_csr *distinct;
    const sabir_status status = sbr_csr_build(all->context, all->rows, all->columns, kept, rows, columns, sources, &distinct);
    sbr_free(allocator, rows);
    sbr_free(allocator, columns);
    sbr_free(allocator, sources);
    if (status != SABIR_OK) return status;
    sabir_csr_destroy(all);
    *csr = distinct;
    return SABIR_OK;
}

static sabir_status finish(sabir_context *context, coordinates *c, const sabir_csr_options *options, sabir_status status, sabir_csr **result)
{
    sabir_csr *csr = NULL;
    if (status == SABIR_OK && options->loops > 0) status = add_loops(c);
    if (status == SABIR_OK) status = sbr_csr_build(context, c->rows, c->columns, c->row.count, c->row.data, c->column.data, c->source.data, &csr);
    free_coordinates(c);
    if (status == SABIR_OK && options->duplicates != SABIR_DUPLICATES_KEEP) status = remove_duplicates(&csr, options->duplicates);
    if (status == SABIR_OK) *result = csr;
    else sabir_csr_destroy(csr);
    return status;
}

static sabir_csr_options options_of(const sabir_csr_options *given)
{
    sabir_csr_options options = SABIR_CSR_OPTIONS;
    if (given) memcpy(&options, given, given->size < sizeof options ? given->size : sizeof options);
    return options;
}

/* ---- The calls ---- */

sabir_status sabir_csr_create(sabir_context *context, int64_t rows, int64_t columns, int64_t entries, sabir_type type, const void *row_indices,
                              const void *column_indices, const sabir_csr_options *given, sabir_csr **csr)
{
    const sabir_csr_options options = options_of(given);
    if (csr) *csr = NULL;
    SABIR_TRY(check_call(context, rows, columns, type, &options, csr));
    SABIR_TRY(check_size(entries, "entries"));
    if (entries && (!row_indices || !column_indices)) return sbr_fail(SABIR_INVALID_ARGUMENT, "csr: %s is NULL", row_indices ? "column_indices" : "row_indices");
    coordinates c = {.allocator = sbr_context_allocator(context), .rows = rows, .columns = columns};
    sabir_status status = SABIR_OK;
    for (int64_t e = 0; e < entries && status == SABIR_OK; e++) status = add_entry(&c, &options, e, index_at(type, row_indices, e), index_at(type, column_indices, e));
    return finish(context, &c, &options, status, csr);
}

static sabir_status check_pointers(int64_t rows, sabir_type type, const void *pointers)
{
    if (!pointers) return sbr_fail(SABIR_INVALID_ARGUMENT, "csr: row_pointers is NULL; %lld rows have %lld", (long long)rows, (long long)rows + 1);
    if (index_at(type, pointers, 0) != 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "csr: the first row pointer is %lld, not 0", (long long)index_at(type, pointers, 0));
    for (int64_t r = 0; r < rows; r++)
        if (index_at(type, pointers, r + 1) < index_at(type, pointers, r))
            return sbr_fail(SABIR_INVALID_ARGUMENT, "csr: row pointers descend from %lld to %lld at row %lld", (long long)index_at(type, pointers, r),
                            (long long)index_at(type, pointers, r + 1), (long long)r);
    return check_size(index_at(type, pointers, rows), "entries");
}

sabir_status sabir_csr_create_rows(sabir_context *context, int64_t rows, int64_t columns, sabir_type type, const void *row_pointers, const void *column_indices,
                                   const sabir_csr_options *given, sabir_csr **csr)
{
    const sabir_csr_options options = options_of(given);
    if (csr) *csr = NULL;
    SABIR_TRY(check_call(context, rows, columns, type, &options, csr));
    SABIR_TRY(check_pointers(rows, type, row_pointers));
    if (index_at(type, row_pointers, rows) && !column_indices) return sbr_fail(SABIR_INVALID_ARGUMENT, "csr: column_indices is NULL");
    coordinates c = {.allocator = sbr_context_allocator(context), .rows = rows, .columns = columns};
    sabir_status status = SABIR_OK;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t e = index_at(type, row_pointers, r); e < index_at(type, row_pointers, r + 1) && status == SABIR_OK; e++)
            status = add_entry(&c, &options, e, r, index_at(type, column_indices, e));
    return finish(context, &c, &options, status, csr);
}
