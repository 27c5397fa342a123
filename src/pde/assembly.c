/* Sparse matrices in graphs: constants, products, and values assembled anew. */
#include "grid.h"
#include "sabir/mesh.h"

static bool is_whole(sabir_graph *graph, const char *call, const sabir_matrix *matrix)
{
    if (!sbr_graph_is_open(graph, call)) return false;
    if (matrix && matrix->row_pointers) return true;
    (void)sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "%s: the matrix is empty", call);
    return false;
}

void sabir_matrix_constants(sabir_graph *graph, const sabir_matrix *matrix, sabir_type type, sabir_value *rows, sabir_value *columns, sabir_value *values)
{
    if (rows) *rows = sbr_nothing(graph);
    if (columns) *columns = sbr_nothing(graph);
    if (values) *values = sbr_nothing(graph);
    if (!is_whole(graph, "matrix_constants", matrix)) return;
    if (type != SABIR_F32 && type != SABIR_F64) {
        (void)sbr_refuse(graph, SABIR_INVALID_TYPE, "matrix_constants: values of %s; f32 or f64", sabir_type_name(type));
        return;
    }
    if (rows) *rows = sabir_constant(graph, SABIR_I32, SABIR_SHAPE(matrix->rows + 1), matrix->row_pointers);
    if (columns) *columns = sabir_constant(graph, SABIR_I32, SABIR_SHAPE(matrix->entries), matrix->column_indices);
    if (values) *values = sbr_graph_table(graph, type, SABIR_SHAPE(matrix->entries), matrix->values);
}

sabir_value sabir_matrix_product(sabir_graph *graph, const sabir_matrix *matrix, sabir_value values, sabir_value x)
{
    static const char call[] = "matrix_product";
    if (!is_whole(graph, call, matrix) || !sbr_need_field(graph, call, "x", x, 1, false)) return sbr_nothing(graph);
    const sabir_shape shape = sabir_value_shape(x);
    if (shape.rank > 2 || shape.extents[0] != matrix->columns)
        return sbr_refuse(graph, SABIR_INVALID_SHAPE, "%s: x has to have the shape [%lld] or [%lld, f]", call, (long long)matrix->columns,
                          (long long)matrix->columns);
    sabir_value rows, columns, own;
    sabir_matrix_constants(graph, matrix, sabir_value_type(x), &rows, &columns, sbr_given(values) ? NULL : &own);
    const sabir_value by_entry = sbr_given(values) ? values : own;
    if (shape.rank == 2) return sabir_spmm(graph, rows, columns, by_entry, x);
    const sabir_value y = sabir_spmm(graph, rows, columns, by_entry, sabir_reshape(graph, x, SABIR_SHAPE(matrix->columns, 1)));
    return sabir_reshape(graph, y, SABIR_SHAPE(matrix->rows));
}

sabir_value sabir_matrix_values(sabir_graph *graph, const sabir_matrix *map, sabir_value coefficients)
{
    return sabir_matrix_product(graph, map, SABIR_NONE, coefficients);
}
