/* suite: device, timeout: 600
 * Messages along the edges of a graph: one fused kernel that writes nothing of the size of the edges, the same under renumbering of the nodes, the same
 * bits at each run; products and their transposes are adjoint. On the reference, Vulkan and OpenCL alike. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/devices.h"
#include "support/rig.h"

#define ON_ALL(name)                                                                             \
    Test(messages, name##_reference, .timeout = 60) { on_device("reference", name); }            \
    Test(messages, name##_vulkan, .timeout = 120) { on_device("vulkan", name); }                 \
    Test(messages, name##_opencl, .timeout = 180) { on_device("opencl", name); }

enum { NODES = 53, EDGES = 331, FEATURES = 40 };

static int32_t targets[EDGES], sources[EDGES];
static float node_data[NODES * FEATURES], edge_data[EDGES];

/* Some nodes receive nothing, one a third of everything. */
static void draw_graph(void)
{
    float numbers[EDGES * 2];
    rig_draw(1, numbers, EDGES * 2);
    rig_draw(2, node_data, NODES * FEATURES);
    rig_draw(3, edge_data, EDGES);
    for (int e = 0; e < EDGES; e++) {
        targets[e] = e % 3 == 0 ? 7 : (int32_t)(fabsf(numbers[2 * e]) * (NODES - 5));
        sources[e] = (int32_t)(fabsf(numbers[2 * e + 1]) * (NODES - 1));
    }
}

static sabir_csr *matrix_of(sabir_context *context, const int32_t *rows, const int32_t *columns)
{
    sabir_csr *csr;
    must(sabir_csr_create(context, NODES, NODES, EDGES, SABIR_I32, rows, columns, NULL, &csr));
    return csr;
}

static sabir_csr_info info_of(const sabir_csr *csr)
{
    sabir_csr_info info = {.size = sizeof info};
    must(sabir_csr_describe(csr, &info));
    return info;
}

/* max(source + weight * target, 0) */
static sabir_value edge_function(void *user, sabir_graph *graph, sabir_value source, sabir_value target, sabir_value edges)
{
    (void)user;
    return sabir_relu(graph, sabir_add(graph, source, sabir_mul(graph, target, edges)));
}

static double edge_value(int target, int source, int edge, int feature)
{
    const double value = (double)node_data[source * FEATURES + feature] + (double)edge_data[edge] * (double)node_data[target * FEATURES + feature];
    return value > 0 ? value : 0;
}

/* Weights by the matrix's entries rather than by the edges given. */
static const float *weights_of(const sabir_csr_info *info)
{
    static float weights[EDGES];
    for (int e = 0; e < EDGES; e++) weights[e] = edge_data[info->sources[e]];
    return weights;
}

static const sabir_gathering gatherings[] = {SABIR_GATHER_SUM, SABIR_GATHER_MEAN, SABIR_GATHER_MAX, SABIR_GATHER_MIN};
static const char *const gathering_names[] = {"sum", "mean", "max", "min"};

static void gathered_messages(sabir_context *context, const char *selector)
{
    static float y[2][4][NODES * FEATURES], again[NODES * FEATURES];
    draw_graph();
    sabir_csr *csr = matrix_of(context, targets, sources);
    const sabir_csr_info info = info_of(csr);
    for (int fused = 0; fused < 2; fused++) {
        rig r = rig_open(context, selector);
        const sabir_sparse matrix = sabir_sparse_constant(r.graph, csr);
        const sabir_value x = rig_input(&r, "x", SABIR_F32, SABIR_SHAPE(NODES, FEATURES), node_data);
        const sabir_value w = rig_input(&r, "w", SABIR_F32, SABIR_SHAPE(EDGES, 1), weights_of(&info));
        for (int i = 0; i < 4; i++) rig_output(&r, gathering_names[i], sabir_message_passing(r.graph, &matrix, x, x, w, edge_function, NULL, gatherings[i]));
        sabir_compile_options options = SABIR_COMPILE_OPTIONS;
        options.no_fusion = !fused;
        rig_run(&r, &options);
        for (int i = 0; i < 4; i++) rig_read(&r, gathering_names[i], y[fused][i]);
        rig_run(&r, &options);
        rig_read(&r, "sum", again);
        cr_assert(rig_same(again, y[fused][0], sizeof again), "two runs differ");
        rig_close(&r);
    }
    for (int node = 0; node < NODES; node++)
        for (int f = 0; f < FEATURES; f++) {
            double sum = 0, largest = -INFINITY, smallest = INFINITY;
            int count = 0;
            for (int e = 0; e < EDGES; e++) {
                if (targets[e] != node) continue;
                const double value = edge_value(node, sources[e], e, f);
                sum += value;
                largest = fmax(largest, value);
                smallest = fmin(smallest, value);
                count++;
            }
            const double want[] = {sum, count ? sum / count : 0, largest, smallest};
            for (int i = 0; i < 4; i++)
                for (int fused = 0; fused < 2; fused++) {
                    const double got = y[fused][i][node * FEATURES + f];
                    cr_assert(got == want[i] || fabs(got - want[i]) <= 4e-6 * fmax(1, fabs(want[i])), "%s of node %d: %g, not %g", gathering_names[i], node, got, want[i]);
                }
        }
    sabir_csr_destroy(csr);
}
ON_ALL(gathered_messages)

/* ---- One kernel ---- */

static sabir_counters count_of(sabir_context *context, const char *selector, const sabir_csr *csr, int no_fusion)
{
    rig r = rig_open(context, selector);
    const sabir_sparse matrix = sabir_sparse_constant(r.graph, csr);
    const sabir_value x = rig_input(&r, "x", SABIR_F32, SABIR_SHAPE(NODES, FEATURES), node_data);
    const sabir_value w = rig_input(&r, "w", SABIR_F32, SABIR_SHAPE(EDGES, 1), edge_data);
    const sabir_value sums = sabir_message_passing(r.graph, &matrix, x, x, w, edge_function, NULL, SABIR_GATHER_SUM);
    sabir_output(r.graph, "y", sabir_tanh(r.graph, sabir_add(r.graph, x, sums)));
    sabir_compile_options options = SABIR_COMPILE_OPTIONS;
    options.no_fusion = no_fusion;
    must(sabir_compile(r.graph, r.device, NULL, &options, &r.program));
    sabir_counters counters = {.size = sizeof counters};
    must(sabir_program_counters(r.program, &counters));
    rig_close(&r);
    return counters;
}

static void one_kernel(sabir_context *context, const char *selector)
{
    draw_graph();
    sabir_csr *csr = matrix_of(context, targets, sources);
    const sabir_counters apart = count_of(context, selector, csr, 1), fused = count_of(context, selector, csr, 0);
    cr_assert_eq(fused.launches, 1, "%d launches", (int)fused.launches);
    cr_assert_geq(apart.launches, 7);
    cr_assert_eq(fused.fused, 7);
    cr_assert_lt(fused.peak_bytes, EDGES * FEATURES * sizeof(float), "%d bytes", (int)fused.peak_bytes);
    cr_assert_geq(apart.peak_bytes, EDGES * FEATURES * sizeof(float));
    sabir_csr_destroy(csr);
}
Test(messages, one_kernel_vulkan, .timeout = 60) { on_device("vulkan", one_kernel); }
Test(messages, one_kernel_opencl, .timeout = 60) { on_device("opencl", one_kernel); }

/* ---- Renumbered nodes ---- */

static void pass(sabir_context *context, const char *selector, const int32_t *rows, const int32_t *columns, const float *nodes, float *y)
{
    sabir_csr *csr = matrix_of(context, rows, columns);
    const sabir_csr_info info = info_of(csr);
    rig r = rig_open(context, selector);
    const sabir_sparse matrix = sabir_sparse_constant(r.graph, csr);
    const sabir_value x = rig_input(&r, "x", SABIR_F32, SABIR_SHAPE(NODES, FEATURES), nodes), w = rig_input(&r, "w", SABIR_F32, SABIR_SHAPE(EDGES, 1), weights_of(&info));
    rig_output(&r, "y", sabir_message_passing(r.graph, &matrix, x, x, w, edge_function, NULL, SABIR_GATHER_SUM));
    rig_run(&r, NULL);
    rig_read(&r, "y", y);
    rig_close(&r);
    sabir_csr_destroy(csr);
}

static void renumbered_nodes(sabir_context *context, const char *selector)
{
    static float y[NODES * FEATURES], turned[NODES * FEATURES], moved[NODES * FEATURES];
    static int32_t rows[EDGES], columns[EDGES];
    draw_graph();
    pass(context, selector, targets, sources, node_data, y);
    for (int i = 0; i < NODES; i++) memcpy(&moved[(i * 20 + 3) % NODES * FEATURES], &node_data[i * FEATURES], FEATURES * sizeof(float));
    for (int e = 0; e < EDGES; e++) {
        rows[e] = (targets[e] * 20 + 3) % NODES;
        columns[e] = (sources[e] * 20 + 3) % NODES;
    }
    pass(context, selector, rows, columns, moved, turned);
    for (int i = 0; i < NODES; i++)
        for (int f = 0; f < FEATURES; f++) {
            const float want = y[i * FEATURES + f];
            cr_assert_float_eq(turned[(i * 20 + 3) % NODES * FEATURES + f], want, 4e-6f * fmaxf(1, fabsf(want)));
        }
}
ON_ALL(renumbered_nodes)

/* ---- Products ---- */

/* <y, A x> = <A' y, x>, with the transposed matrix of the host and with that made in the graph from coordinates. */
static void transposes_are_adjoint(sabir_context *context, const char *selector)
{
    static float other[NODES * FEATURES];
    float dots[3];
    draw_graph();
    rig_draw(9, other, NODES * FEATURES);
    sabir_csr *csr = matrix_of(context, targets, sources);
    const sabir_csr_info info = info_of(csr);
    rig r = rig_open(context, selector);
    sabir_graph *g = r.graph;
    const sabir_sparse a = sabir_sparse_constant(g, csr);
    sabir_value order;
    const sabir_value rows = rig_input(&r, "rows", SABIR_I32, SABIR_SHAPE(EDGES), targets), columns = rig_input(&r, "columns", SABIR_I32, SABIR_SHAPE(EDGES), sources);
    const sabir_sparse b = sabir_sparse_coordinates(g, rows, columns, NODES, NODES, &order);
    const sabir_value x = rig_input(&r, "x", SABIR_F32, SABIR_SHAPE(NODES, FEATURES), node_data), y = rig_input(&r, "y", SABIR_F32, SABIR_SHAPE(NODES, FEATURES), other);
    const sabir_value given = rig_input(&r, "given", SABIR_F32, SABIR_SHAPE(EDGES), edge_data);
    const sabir_value w = rig_input(&r, "w", SABIR_F32, SABIR_SHAPE(EDGES), weights_of(&info));
    const sabir_value of_b = sabir_gather(g, given, order, 0);
    const sabir_value products[] = {
        sabir_mul(g, y, sabir_sparse_matmul(g, &a, w, x)),
        sabir_mul(g, x, sabir_spmm(g, a.transposed_rows, a.transposed_columns, sabir_gather(g, w, a.permutation, 0), y)),
        sabir_mul(g, x, sabir_spmm(g, b.transposed_rows, b.transposed_columns, sabir_gather(g, of_b, b.permutation, 0), y)),
    };
    static const char *const names[] = {"straight", "host", "device"};
    for (int i = 0; i < 3; i++) rig_output(&r, names[i], sabir_sum(g, products[i], SABIR_ALL_AXES));
    rig_run(&r, NULL);
    for (int i = 0; i < 3; i++) rig_read(&r, names[i], &dots[i]);
    cr_assert_float_eq(dots[1], dots[0], 1e-4);
    cr_assert_float_eq(dots[2], dots[0], 1e-4);
    cr_assert_gt(fabsf(dots[0]), 0.01f);
    rig_close(&r);
    sabir_csr_destroy(csr);
}
ON_ALL(transposes_are_adjoint)

/* Attention over the edges into a node: shares that sum to 1, so that equal sources give themselves. Matrices as inputs, of any size. */
static void attention_over_edges(sabir_context *context, const char *selector)
{
    static float y[NODES * FEATURES], same[NODES * FEATURES];
    draw_graph();
    for (int i = 0; i < NODES * FEATURES; i++) same[i] = (float)(i % FEATURES) + 0.5f;
    sabir_csr *csr = matrix_of(context, targets, sources);
    const sabir_csr_info info = info_of(csr);
    rig r = rig_open(context, selector);
    sabir_graph *g = r.graph;
    const sabir_extent edges = sabir_dim_create(g, "edges", 0, 1000);
    const sabir_sparse a = sabir_sparse_input(g, "a", NODES, NODES, edges);
    const sabir_value x = rig_input(&r, "x", SABIR_F32, SABIR_SHAPE(NODES, FEATURES), node_data), v = rig_input(&r, "v", SABIR_F32, SABIR_SHAPE(NODES, FEATURES), same);
    const sabir_value shares = sabir_segment_softmax(g, sabir_sddmm(g, a.rows, a.columns, x, x), a.rows);
    rig_output(&r, "y", sabir_sparse_matmul(g, &a, shares, v));
    must(sabir_compile(g, r.device, NULL, NULL, &r.program));
    must(sabir_sparse_bind(r.program, r.device, "a", csr));
    cr_assert_eq(sabir_sparse_bind(r.program, r.device, "b", csr), SABIR_NOT_FOUND);
    sabir_tensor *out;
    must(sabir_tensor_create(r.device, SABIR_F32, SABIR_SHAPE(NODES, FEATURES), &out));
    must(sabir_run(r.program, (sabir_binding[]){{"x", r.inputs[0].tensor}, {"v", r.inputs[1].tensor}, {"y", out}}, 3));
    must(sabir_tensor_read(out, 0, y, sizeof y));
    for (int i = 0; i < NODES; i++)
        for (int f = 0; f < FEATURES; f++)
            cr_assert_float_eq(y[i * FEATURES + f], info.row_pointers[i] < info.row_pointers[i + 1] ? same[f] : 0, 1e-4);
    sabir_tensor_release(out);
    rig_close(&r);
    sabir_csr_destroy(csr);
}
ON_ALL(attention_over_edges)
