/* Sparse matrices as values of a graph: constants, inputs, or made there from other values. */
#include <stdio.h>

#include "csr.h"

enum { PARTS = 6 };
static const char *const names[PARTS] = {"rows", "columns", "ids", "transposed_rows", "transposed_columns", "permutation"};

static void list_parts(const sabir_csr *csr, const int32_t *data[PARTS], int64_t counts[PARTS])
{
    const int32_t *const arrays[PARTS] = {csr->row_pointers, csr->column_indices, csr->row_indices, csr->transposed_pointers, csr->transposed_columns, csr->permutation};
    for (int i = 0; i < PARTS; i++) {
        data[i] = arrays[i];
        counts[i] = i == 0 ? csr->rows + 1 : i == 3 ? csr->columns + 1 : csr->entries;
    }
}

static sabir_sparse from_parts(const sabir_value parts[PARTS], sabir_extent rows, sabir_extent columns, sabir_extent entries)
{
    return (sabir_sparse){.row_count = rows, .column_count = columns, .entries = entries, .rows = parts[0], .columns = parts[1], .ids = parts[2],
                          .transposed_rows = parts[3], .transposed_columns = parts[4], .permutation = parts[5]};
}

static sabir_sparse nothing(sabir_graph *graph, const char *message)
{
    const sabir_value none = sabir_graph_fail(graph, SABIR_INVALID_ARGUMENT, message);
    return from_parts((const sabir_value[PARTS]){none, none, none, none, none, none}, 0, 0, 0);
}

sabir_sparse sabir_sparse_constant(sabir_graph *graph, const sabir_csr *csr)
{
    if (!csr) return nothing(graph, "sparse_constant: csr is NULL");
    const int32_t *data[PARTS];
    int64_t counts[PARTS];
    sabir_value parts[PARTS];
    list_parts(csr, data, counts);
    for (int i = 0; i < PARTS; i++) parts[i] = sabir_constant(graph, SABIR_I32, SABIR_SHAPE(counts[i]), data[i]);
    return from_parts(parts, csr->rows, csr->columns, csr->entries);
}

/* ---- Inputs ---- */

enum { NAME = 128 };

static sabir_status part_name(const char *name, int part, char text[NAME])
{
    const int length = name ? snprintf(text, NAME, "%s.%s", name, names[part]) : -1;
    if (length > 0 && length < NAME) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "sparse matrices have names of at most %d bytes", NAME - 20);
}

/* One more than an extent. */
static sabir_extent pointers_of(sabir_graph *graph, sabir_extent count) { return count >= 0 ? count + 1 : sabir_dim_affine(graph, count, 1, 1); }

sabir_sparse sabir_sparse_input(sabir_graph *graph, const char *name, sabir_extent rows, sabir_extent columns, sabir_extent entries)
{
    sabir_value parts[PARTS];
    for (int i = 0; i < PARTS; i++) {
        char text[NAME];
        if (part_name(name, i, text) != SABIR_OK) return nothing(graph, sabir_last_message());
        parts[i] = sabir_input(graph, text, SABIR_I32, SABIR_SHAPE(i == 0 ? pointers_of(graph, rows) : i == 3 ? pointers_of(graph, columns) : entries));
    }
    return from_parts(parts, rows, columns, entries);
}

static sabir_status bind_part(sabir_program *program, sabir_device *device, int32_t slot, const int32_t *data, int64_t count)
{
    sabir_tensor *tensor;
    SABIR_TRY(sabir_tensor_create(device, SABIR_I32, SABIR_SHAPE(count), &tensor));
    sabir_status status = count ? sabir_tensor_write(tensor, 0, data, (uint64_t)count * sizeof *data) : SABIR_OK;
    if (status == SABIR_OK) status = sabir_bind(program, slot, tensor);
    sabir_tensor_release(tensor);
    return status;
}

sabir_status sabir_sparse_bind(sabir_program *program, sabir_device *device, const char *name, const sabir_csr *csr)
{
    if (!program || !device || !csr) return sbr_fail(SABIR_INVALID_ARGUMENT, "sparse_bind: %s is NULL", !program ? "program" : device ? "csr" : "device");
    const int32_t *data[PARTS];
    int64_t counts[PARTS];
    bool any = false;
    list_parts(csr, data, counts);
    for (int i = 0; i < PARTS; i++) {
        char text[NAME];
        SABIR_TRY(part_name(name, i, text));
        const int32_t slot = sabir_slot(program, text);
        if (slot >= 0) SABIR_TRY(bind_part(program, device, slot, data[i], counts[i]));
        any = any || slot >= 0;
    }
    return any ? SABIR_OK : sbr_fail(SABIR_NOT_FOUND, "sparse_bind: the program reads no input %s.rows, %s.columns or the like", name, name);
}

/* ---- Made in the graph ---- */

sabir_sparse sabir_sparse_values(sabir_graph *graph, sabir_value rows, sabir_value columns, int64_t column_count)
{
    const sabir_extent pointers = sabir_value_shape(rows).extents[0], entries = sabir_value_shape(columns).extents[0];
    sabir_value parts[PARTS] = {rows, columns, sabir_segment_ids(graph, rows, entries)};
    (void)sabir_group_by(graph, columns, column_count, SABIR_NONE, &parts[5], &parts[3], NULL);
    parts[4] = sabir_gather(graph, parts[2], parts[5], 0);
    return from_parts(parts, pointers >= 0 ? pointers - 1 : sabir_dim_affine(graph, pointers, 1, -1), column_count, entries);
}

sabir_sparse sabir_sparse_coordinates(sabir_graph *graph, sabir_value row_indices, sabir_value column_indices, int64_t row_count, int64_t column_count,
                                      sabir_value *order)
{
    sabir_value rows, from;
    (void)sabir_group_by(graph, row_indices, row_count, SABIR_NONE, &from, &rows, NULL);
    /* Entries of no row stand last, and belong to no column either: -1 gathers nothing, which is column 0, so it is marked again. */
    const sabir_value minus = sabir_number(graph, SABIR_I32, -1), zero = sabir_number(graph, SABIR_I32, 0);
    const sabir_value columns = sabir_select(graph, sabir_less(graph, from, zero), minus, sabir_gather(graph, column_indices, from, 0));
    if (order) *order = from;
    sabir_sparse matrix = sabir_sparse_values(graph, rows, columns, column_count);
    matrix.row_count = row_count;
    return matrix;
}
