/* suite: host, timeout: 120
 * Gradients of messages along edges, against differences on the reference; nothing is sorted or scattered on the way back. */
#include "test_grad.h"

enum { NODES = 6, EDGES = 11 };

static sabir_csr *csr;
static sabir_sparse matrix;

static void open_matrix(void)
{
    static const int32_t rows[EDGES] = {0, 3, 3, 1, 5, 0, 2, 5, 5, 3, 1}, columns[EDGES] = {1, 0, 4, 2, 5, 5, 3, 0, 1, 3, 2};
    open_grad();
    MUST(sabir_csr_create(context, NODES, NODES, EDGES, SABIR_I32, rows, columns, NULL, &csr));
    matrix = sabir_sparse_constant(g, csr);
}

static void close_matrix(void)
{
    sabir_csr_destroy(csr);
    close_grad();
}

TestSuite(grad_sparse, .init = open_matrix, .fini = close_matrix);

static sabir_value squares(sabir_value y) { return sabir_sum(g, sabir_square(g, y), SABIR_ALL_AXES); }

static sabir_value edge_function(void *user, sabir_graph *graph, sabir_value source, sabir_value target, sabir_value edges)
{
    (void)user;
    return sabir_tanh(graph, sabir_add(graph, sabir_mul(graph, source, edges), target));
}

Test(grad_sparse, messages)
{
    const sabir_value x = IN(NODES, 3), y = IN(NODES, 3), w = IN(EDGES, 1);
    CHECK(squares(sabir_message_passing(g, &matrix, x, y, w, edge_function, NULL, SABIR_GATHER_SUM)), 1e-6, x, y, w);
}

Test(grad_sparse, means)
{
    const sabir_value x = IN(NODES, 3);
    CHECK(squares(sabir_message_passing(g, &matrix, x, SABIR_NONE, SABIR_NONE, NULL, NULL, SABIR_GATHER_MEAN)), 1e-6, x);
}

Test(grad_sparse, products)
{
    const sabir_value x = IN(NODES, 3), w = IN(EDGES), heads = IN(EDGES, 2), cube = IN(NODES, 2, 3);
    const sabir_value flat = squares(sabir_sparse_matmul(g, &matrix, w, x)), by_head = squares(sabir_sparse_matmul(g, &matrix, heads, cube));
    const sabir_value shared = squares(sabir_sparse_matmul(g, &matrix, w, cube)), ones = squares(sabir_sparse_matmul(g, &matrix, SABIR_NONE, x));
    CHECK(sabir_add(g, sabir_add(g, flat, by_head), sabir_add(g, shared, ones)), 1e-6, x, w, heads, cube);
}

Test(grad_sparse, attention)
{
    const sabir_value x = IN(NODES, 2, 3), y = IN(NODES, 2, 3);
    const sabir_value shares = sabir_segment_softmax(g, sabir_sddmm(g, matrix.rows, matrix.columns, x, y), matrix.rows);
    CHECK(squares(sabir_sparse_matmul(g, &matrix, shares, y)), 1e-6, x, y);
}

Test(grad_sparse, nothing_is_sorted_on_the_way_back)
{
    const sabir_value x = IN(NODES, 3), w = IN(EDGES, 1);
    const sabir_value y = sabir_message_passing(g, &matrix, x, x, w, edge_function, NULL, SABIR_GATHER_SUM);
    const sabir_value z = sabir_sparse_matmul(g, &matrix, sabir_reshape(g, w, SABIR_SHAPE(EDGES)), y);
    const uint32_t before = g->nodes.count;
    sabir_value grads[2];
    MUST(sabir_vjp(g, &z, NULL, 1, (const sabir_value[]){x, w}, 2, NULL, grads));
    cr_assert_gt(g->nodes.count, before);
    for (uint32_t n = before; n < g->nodes.count; n++) {
        const sbr_op op = g->nodes.data[n].op;
        cr_assert(op != SBR_OP_sort && op != SBR_OP_scatter_add && op != SBR_OP_group_by, "%s", sbr_ops[op].name);
    }
}
