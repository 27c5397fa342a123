/* suite: host, timeout: 120
 * Sparse matrices on the host: building, transposing, degrees, neighbourhoods, nearest points, partitions; and whatever is given to them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sabir/sabir.h"
#include "support/fault.h"

static sabir_context *context;

static void open_context(void) { cr_assert_eq(sabir_context_create(NULL, &context), SABIR_OK); }
static void close_context(void) { sabir_context_release(context); }
TestSuite(sparse_host, .init = open_context, .fini = close_context);

#define MUST(call) cr_assert_eq((call), SABIR_OK, "line %d: %s", __LINE__, sabir_last_message())
#define FAILS(status, part, call)                                                                        \
    do {                                                                                                 \
        cr_assert_eq((call), status, "line %d: %s", __LINE__, sabir_last_message());                     \
        cr_assert(strstr(sabir_last_message(), part), "line %d: %s", __LINE__, sabir_last_message());    \
    } while (0)
#define LIST(...) ((const int32_t[]){__VA_ARGS__})
#define COUNT(list) ((int64_t)(sizeof(list) / sizeof *(list)))

static uint64_t drawn = 88172645463325252u;
static uint32_t draw(uint32_t below)
{
    drawn = drawn * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(drawn >> 33) % below;
}

static sabir_csr_info info_of(const sabir_csr *csr)
{
    sabir_csr_info info = {.size = sizeof info};
    MUST(sabir_csr_describe(csr, &info));
    return info;
}

static void expect(int line, const int32_t *got, const int32_t *want, int64_t count)
{
    for (int64_t k = 0; k < count; k++) cr_assert_eq(got[k], want[k], "line %d: element %d is %d, not %d", line, (int)k, got[k], want[k]);
}
#define EXPECT(got, ...) expect(__LINE__, (got), LIST(__VA_ARGS__), COUNT(LIST(__VA_ARGS__)))

/* ---- Building ---- */

Test(sparse_host, rows_are_sorted_and_transposed)
{
    sabir_csr *csr;
    MUST(sabir_csr_create(context, 3, 4, 5, SABIR_I32, LIST(2, 0, 2, 0, 2), LIST(1, 3, 0, 1, 1), NULL, &csr));
    const sabir_csr_info a = info_of(csr);
    cr_assert(a.rows == 3 && a.columns == 4 && a.entries == 5);
    EXPECT(a.row_pointers, 0, 2, 2, 5);
    EXPECT(a.column_indices, 1, 3, 0, 1, 1);
    EXPECT(a.row_indices, 0, 0, 2, 2, 2);
    EXPECT(a.sources, 3, 1, 2, 0, 4);
    EXPECT(a.transposed_pointers, 0, 1, 4, 4, 5);
    EXPECT(a.transposed_columns, 2, 0, 2, 2, 0);
    EXPECT(a.permutation, 2, 0, 3, 4, 1);
    sabir_csr_destroy(csr);
}

/* Any matrix, by both ways, against a table of counts. */
Test(sparse_host, random_matrices)
{
    enum { MOST = 40 };
    for (int round = 0; round < 200; round++) {
        const int64_t rows = 1 + draw(12), columns = 1 + draw(12), entries = draw(MOST);
        int64_t row[MOST], column[MOST];
        int counts[12][12] = {{0}};
        for (int64_t e = 0; e < entries; e++) {
            row[e] = draw((uint32_t)rows);
            column[e] = draw((uint32_t)columns);
            counts[row[e]][column[e]]++;
        }
        sabir_csr *csr, *again;
        MUST(sabir_csr_create(context, rows, columns, entries, SABIR_I64, row, column, NULL, &csr));
        const sabir_csr_info a = info_of(csr);
        for (int64_t r = 0; r < rows; r++)
            for (int32_t e = a.row_pointers[r]; e < a.row_pointers[r + 1]; e++) {
                cr_assert(a.row_indices[e] == r && row[a.sources[e]] == r && column[a.sources[e]] == a.column_indices[e]);
                counts[r][a.column_indices[e]]--;
                cr_assert(e == a.row_pointers[r] || a.column_indices[e - 1] < a.column_indices[e] ||
                          (a.column_indices[e - 1] == a.column_indices[e] && a.sources[e - 1] < a.sources[e]));
            }
        for (int64_t c = 0; c < columns; c++)
            for (int32_t t = a.transposed_pointers[c]; t < a.transposed_pointers[c + 1]; t++)
                cr_assert(a.column_indices[a.permutation[t]] == c && a.row_indices[a.permutation[t]] == a.transposed_columns[t]);
        for (int64_t k = 0; k < 144; k++) cr_assert_eq(counts[k / 12][k % 12], 0);
        MUST(sabir_csr_create_rows(context, rows, columns, SABIR_I32, a.row_pointers, a.column_indices, NULL, &again));
        const sabir_csr_info b = info_of(again);
        expect(__LINE__, b.column_indices, a.column_indices, entries);
        expect(__LINE__, b.transposed_columns, a.transposed_columns, entries);
        sabir_csr_destroy(again);
        sabir_csr_destroy(csr);
    }
}

Test(sparse_host, duplicates_symmetry_and_the_diagonal)
{
    const int32_t *const row = LIST(0, 1, 0, 2, 0), *const column = LIST(1, 1, 1, 0, 1);
    sabir_csr_options options = SABIR_CSR_OPTIONS;
    sabir_csr *csr;
    options.duplicates = SABIR_DUPLICATES_FIRST;
    MUST(sabir_csr_create(context, 3, 3, 5, SABIR_I32, row, column, &options, &csr));
    EXPECT(info_of(csr).sources, 0, 1, 3);
    EXPECT(info_of(csr).permutation, 2, 0, 1);
    sabir_csr_destroy(csr);
    options.duplicates = SABIR_DUPLICATES_LAST;
    MUST(sabir_csr_create(context, 3, 3, 5, SABIR_I32, row, column, &options, &csr));
    EXPECT(info_of(csr).sources, 4, 1, 3);
    sabir_csr_destroy(csr);
    options.duplicates = SABIR_DUPLICATES_REFUSE;
    FAILS(SABIR_INVALID_ARGUMENT, "entries 0 and 2 are both at row 0, column 1", sabir_csr_create(context, 3, 3, 5, SABIR_I32, row, column, &options, &csr));
    options = (sabir_csr_options){.size = sizeof options, .duplicates = SABIR_DUPLICATES_FIRST, .symmetric = 1, .loops = 1};
    MUST(sabir_csr_create(context, 3, 3, 5, SABIR_I32, row, column, &options, &csr));
    EXPECT(info_of(csr).row_pointers, 0, 3, 5, 7);
    EXPECT(info_of(csr).column_indices, 0, 1, 2, 0, 1, 0, 2);
    EXPECT(info_of(csr).sources, -1, 0, 3, 0, 1, 3, -1);
    sabir_csr_destroy(csr);
    options.loops = -1;
    MUST(sabir_csr_create(context, 3, 3, 5, SABIR_I32, row, column, &options, &csr));
    EXPECT(info_of(csr).column_indices, 1, 2, 0, 0);
    sabir_csr_destroy(csr);
}

Test(sparse_host, hostile_matrices_are_refused)
{
    sabir_csr *csr;
    const int64_t huge[] = {INT64_C(1) << 40};
    FAILS(SABIR_INVALID_ARGUMENT, "entry 1 is at row -3, column 0 of a matrix of 2 x 2", sabir_csr_create(context, 2, 2, 2, SABIR_I32, LIST(0, -3), LIST(0, 0), NULL, &csr));
    FAILS(SABIR_INVALID_ARGUMENT, "column 2 of a matrix of 2 x 2", sabir_csr_create(context, 2, 2, 1, SABIR_I32, LIST(0), LIST(2), NULL, &csr));
    FAILS(SABIR_INVALID_ARGUMENT, "row 1099511627776", sabir_csr_create(context, 2, 2, 1, SABIR_I64, huge, huge, NULL, &csr));
    FAILS(SABIR_INVALID_ARGUMENT, "-1 rows", sabir_csr_create(context, -1, 2, 0, SABIR_I32, NULL, NULL, NULL, &csr));
    FAILS(SABIR_INVALID_ARGUMENT, "2147483647 columns", sabir_csr_create(context, 1, INT32_MAX, 0, SABIR_I32, NULL, NULL, NULL, &csr));
    FAILS(SABIR_INVALID_ARGUMENT, "entries; 0 to 2^31 - 2", sabir_csr_create(context, 1, 1, INT64_C(1) << 31, SABIR_I32, LIST(0), LIST(0), NULL, &csr));
    FAILS(SABIR_INVALID_ARGUMENT, "row_indices is NULL", sabir_csr_create(context, 1, 1, 1, SABIR_I32, NULL, LIST(0), NULL, &csr));
    FAILS(SABIR_INVALID_TYPE, "indices of f32", sabir_csr_create(context, 1, 1, 1, SABIR_F32, LIST(0), LIST(0), NULL, &csr));
    FAILS(SABIR_INVALID_ARGUMENT, "descend from 3 to 1 at row 1", sabir_csr_create_rows(context, 3, 2, SABIR_I32, LIST(0, 3, 1, 4), LIST(0, 0, 0, 0), NULL, &csr));
    FAILS(SABIR_INVALID_ARGUMENT, "the first row pointer is 1", sabir_csr_create_rows(context, 1, 2, SABIR_I32, LIST(1, 2), LIST(0, 0), NULL, &csr));
    FAILS(SABIR_INVALID_ARGUMENT, "row_pointers is NULL", sabir_csr_create_rows(context, 1, 2, SABIR_I32, NULL, LIST(0, 0), NULL, &csr));
    const sabir_csr_options both = {.size = sizeof both, .symmetric = 1};
    FAILS(SABIR_INVALID_SHAPE, "is square", sabir_csr_create(context, 2, 3, 0, SABIR_I32, NULL, NULL, &both, &csr));
    cr_assert_null(csr);
}

/* ---- Degrees ---- */

Test(sparse_host, normalised_rows_sum_to_1)
{
    const int32_t *const row = LIST(0, 0, 1, 2, 2, 2), *const column = LIST(1, 2, 0, 0, 1, 2);
    const float values[] = {1, 3, 2, 1, 1, 2};
    float out[6];
    sabir_csr *csr;
    MUST(sabir_csr_create(context, 4, 3, 6, SABIR_I32, row, column, NULL, &csr));
    MUST(sabir_csr_normalise(csr, SABIR_NORMALISE_ROWS, values, out));
    cr_assert_float_eq(out[0] + out[1], 1, 1e-6);
    cr_assert_float_eq(out[0], 0.25, 1e-6);
    MUST(sabir_csr_normalise(csr, SABIR_NORMALISE_SYMMETRIC, NULL, out));
    cr_assert_float_eq(out[0], 1 / sqrt(2.0 * 2.0), 1e-6);
    cr_assert_float_eq(out[3], 1 / sqrt(3.0 * 2.0), 1e-6);
    const float bad[] = {1, 1, -1, 1, 1, 1}, nan[] = {1, 1, NAN, 1, 1, 1}, zero[6] = {0};
    FAILS(SABIR_INVALID_ARGUMENT, "value 2 is -1", sabir_csr_normalise(csr, SABIR_NORMALISE_ROWS, bad, out));
    FAILS(SABIR_INVALID_ARGUMENT, "value 2 is", sabir_csr_normalise(csr, SABIR_NORMALISE_ROWS, nan, out));
    MUST(sabir_csr_normalise(csr, SABIR_NORMALISE_SYMMETRIC, zero, out));
    for (int i = 0; i < 6; i++) cr_assert_eq(out[i], 0);
    sabir_csr_destroy(csr);
}

/* ---- Neighbourhoods ---- */

Test(sparse_host, neighbourhoods_by_hops)
{
    /* A path 0 - 1 - 2 - 3 - 4 and a node 5 by itself. */
    const sabir_csr_options both = {.size = sizeof both, .symmetric = 1};
    sabir_csr *csr, *part;
    int32_t nodes[6], hops[6];
    int64_t count = 0;
    MUST(sabir_csr_create(context, 6, 6, 4, SABIR_I32, LIST(0, 1, 2, 3), LIST(1, 2, 3, 4), &both, &csr));
    MUST(sabir_csr_neighbourhood(csr, LIST(3, 5, 3), 3, 2, 6, nodes, hops, &count));
    cr_assert_eq(count, 5);
    EXPECT(nodes, 3, 5, 2, 4, 1);
    EXPECT(hops, 0, 0, 1, 1, 2);
    MUST(sabir_csr_neighbourhood(csr, LIST(3), 1, 0, 6, nodes, NULL, &count));
    cr_assert_eq(count, 1);
    FAILS(SABIR_INVALID_ARGUMENT, "4 nodes, room for 3", sabir_csr_neighbourhood(csr, LIST(3), 1, 2, 3, nodes, hops, &count));
    cr_assert_eq(count, 4);
    FAILS(SABIR_INVALID_ARGUMENT, "seed 1 is node 6 of 6", sabir_csr_neighbourhood(csr, LIST(3, 6), 2, 1, 6, nodes, hops, &count));
    FAILS(SABIR_INVALID_ARGUMENT, "-1 hops", sabir_csr_neighbourhood(csr, LIST(3), 1, -1, 6, nodes, hops, &count));
    MUST(sabir_csr_induce(csr, LIST(3, 4, 1), 3, &part));
    const sabir_csr_info all = info_of(csr), some = info_of(part);
    EXPECT(some.row_pointers, 0, 1, 2, 2);
    EXPECT(some.column_indices, 1, 0);
    for (int e = 0; e < 2; e++) cr_assert_eq(all.row_indices[some.sources[e]], e == 0 ? 3 : 4);
    sabir_csr_destroy(part);
    FAILS(SABIR_INVALID_ARGUMENT, "node 1 is 3", sabir_csr_induce(csr, LIST(3, 3), 2, &part));
    FAILS(SABIR_INVALID_ARGUMENT, "node 0 is -1", sabir_csr_induce(csr, LIST(-1), 1, &part));
    sabir_csr_destroy(csr);
}

/* ---- Nearest ---- */

static void compare_ways(const double *points, int64_t count, int32_t dimensions, int32_t k, double radius, int include_self)
{
    const size_t size = (size_t)(count * k);
    int32_t *a = malloc(size * sizeof *a), *b = malloc(size * sizeof *b);
    double *far_a = malloc(size * sizeof *far_a), *far_b = malloc(size * sizeof *far_b);
    sabir_nearest_options options = {.size = sizeof options, .include_self = include_self, .radius = radius, .method = SABIR_NEAREST_ALL_PAIRS};
    MUST(sabir_nearest(context, SABIR_F64, points, count, dimensions, k, &options, a, far_a));
    options.method = SABIR_NEAREST_CELLS;
    MUST(sabir_nearest(context, SABIR_F64, points, count, dimensions, k, &options, b, far_b));
    for (size_t i = 0; i < size; i++) cr_assert(a[i] == b[i] && far_a[i] == far_b[i], "%d of point %d: %d and %d", (int)i % k, (int)i / k, a[i], b[i]);
    for (int64_t i = 0; i < count; i++)
        for (int32_t r = 0; r < k; r++) {
            const size_t at = (size_t)(i * k + r);
            cr_assert(r == 0 || far_a[at] >= far_a[at - 1]);
            cr_assert((a[at] < 0) == isinf(far_a[at]));
            cr_assert(radius == 0 || a[at] < 0 || far_a[at] <= radius);
            cr_assert(include_self || a[at] != i);
        }
    free(a);
    free(b);
    free(far_a);
    free(far_b);
}

Test(sparse_host, cells_and_pairs_find_the_same, .timeout = 60)
{
    enum { MOST = 700 };
    static double points[MOST * 3];
    for (int32_t dimensions = 1; dimensions <= 3; dimensions++)
        for (int kind = 0; kind < 5; kind++) {
            for (int i = 0; i < MOST * 3; i++) {
                const double u = (double)draw(1u << 20) / (1 << 20);
                switch (kind) {
                case 0: points[i] = u; break;                              /* spread */
                case 1: points[i] = floor(u * 6); break;                   /* on a grid: many equal distances */
                case 2: points[i] = i % dimensions == 0 ? u : 5; break;    /* on a line */
                case 3: points[i] = u * u * u * u * 1000; break;           /* crowded */
                default: points[i] = -3; break;                            /* all the same */
                }
            }
            compare_ways(points, MOST, dimensions, 7, 0, 0);
            compare_ways(points, MOST, dimensions, 3, 0.1, 1);
            compare_ways(points, 4, dimensions, 7, 0, 0);
        }
}

Test(sparse_host, hostile_points_are_refused)
{
    int32_t near[4];
    const float points[] = {0, 1, NAN, 3};
    FAILS(SABIR_INVALID_ARGUMENT, "coordinate 0 of point 1 is not finite", sabir_nearest(context, SABIR_F32, points, 2, 2, 1, NULL, near, NULL));
    FAILS(SABIR_INVALID_ARGUMENT, "0 dimensions", sabir_nearest(context, SABIR_F32, points, 2, 0, 1, NULL, near, NULL));
    FAILS(SABIR_INVALID_ARGUMENT, "points is NULL", sabir_nearest(context, SABIR_F32, NULL, 2, 2, 1, NULL, near, NULL));
    FAILS(SABIR_INVALID_TYPE, "points of i32", sabir_nearest(context, SABIR_I32, points, 2, 2, 1, NULL, near, NULL));
    const sabir_nearest_options cells = {.size = sizeof cells, .method = SABIR_NEAREST_CELLS}, wide = {.size = sizeof wide, .radius = INFINITY};
    FAILS(SABIR_INVALID_ARGUMENT, "1 to 3 dimensions, not 4", sabir_nearest(context, SABIR_F32, points, 1, 4, 1, &cells, near, NULL));
    FAILS(SABIR_INVALID_ARGUMENT, "the radius is inf", sabir_nearest(context, SABIR_F32, points, 1, 2, 1, &wide, near, NULL));
    MUST(sabir_nearest(context, SABIR_F32, points, 2, 1, 2, NULL, near, NULL));
    EXPECT(near, 1, -1, 0, -1);
}

/* ---- Partitions ---- */

/* A grid of nodes joined with their neighbours. */
static sabir_csr *grid(int32_t side)
{
    int32_t *row = malloc((size_t)side * (size_t)side * 2 * sizeof *row), *column = malloc((size_t)side * (size_t)side * 2 * sizeof *column);
    int64_t count = 0;
    for (int32_t i = 0; i < side * side; i++) {
        if (i % side + 1 < side) row[count] = i, column[count++] = i + 1;
        if (i / side + 1 < side) row[count] = i, column[count++] = i + side;
    }
    sabir_csr *csr;
    MUST(sabir_csr_create(context, side * side, side * side, count, SABIR_I32, row, column, NULL, &csr));
    free(row);
    free(column);
    return csr;
}

Test(sparse_host, partitions_are_even_and_cut_little)
{
    enum { SIDE = 24, PARTS = 4 };
    int32_t part[SIDE * SIDE], again[SIDE * SIDE];
    int64_t sizes[PARTS] = {0}, cut = 0, largest = 0;
    sabir_csr *csr = grid(SIDE);
    sabir_partition result = {.size = sizeof result};
    MUST(sabir_csr_partition(csr, PARTS, NULL, part, &result));
    const sabir_csr_info info = info_of(csr);
    for (int i = 0; i < SIDE * SIDE; i++) {
        cr_assert(part[i] >= 0 && part[i] < PARTS);
        sizes[part[i]]++;
    }
    for (int64_t e = 0; e < info.entries; e++) cut += part[info.row_indices[e]] != part[info.column_indices[e]];
    for (int p = 0; p < PARTS; p++) largest = sizes[p] > largest ? sizes[p] : largest;
    cr_assert(result.cut == cut && result.pairs == info.entries);
    cr_assert_float_eq(result.balance, (double)largest * PARTS / (SIDE * SIDE), 1e-12);
    cr_assert_leq(result.balance, 1.05);
    cr_assert_leq(cut, 3 * SIDE, "%d of %d pairs are cut", (int)cut, (int)result.pairs);
    MUST(sabir_csr_partition(csr, PARTS, NULL, again, NULL));
    expect(__LINE__, again, part, SIDE * SIDE);
    MUST(sabir_csr_partition(csr, 1, NULL, again, &result));
    cr_assert(result.cut == 0 && result.balance == 1);
    sabir_csr_destroy(csr);
}

Test(sparse_host, partitions_of_odd_graphs)
{
    int32_t part[5];
    sabir_csr *csr;
    sabir_partition result = {.size = sizeof result};
    /* No entries, entries on the diagonal alone, and a pair of nodes. */
    MUST(sabir_csr_create(context, 5, 5, 0, SABIR_I32, NULL, NULL, NULL, &csr));
    MUST(sabir_csr_partition(csr, 2, NULL, part, &result));
    cr_assert_eq(result.cut, 0);
    sabir_csr_destroy(csr);
    MUST(sabir_csr_create(context, 5, 5, 3, SABIR_I32, LIST(0, 1, 1), LIST(0, 2, 2), NULL, &csr));
    const sabir_partition_options weighted = {.size = sizeof weighted, .node_weights = LIST(9, 1, 1, 1, 1), .imbalance = 2};
    MUST(sabir_csr_partition(csr, 2, &weighted, part, &result));
    cr_assert_eq(result.pairs, 1);
    const sabir_partition_options bad = {.size = sizeof bad, .node_weights = LIST(1, 0, 1, 1, 1)}, even = {.size = sizeof even, .imbalance = 0.5};
    FAILS(SABIR_INVALID_ARGUMENT, "node 1 weighs 0", sabir_csr_partition(csr, 2, &bad, part, NULL));
    FAILS(SABIR_INVALID_ARGUMENT, "the imbalance is 0.5", sabir_csr_partition(csr, 2, &even, part, NULL));
    FAILS(SABIR_INVALID_ARGUMENT, "6 parts of 5 nodes", sabir_csr_partition(csr, 6, NULL, part, NULL));
    const sabir_partition_options absent = {.size = sizeof absent, .metis_library = "libno-such-metis.so"}, other = {.size = sizeof other, .metis_library = "libm.so.6"};
    FAILS(SABIR_NOT_FOUND, "apt-get install libmetis5", sabir_csr_partition(csr, 2, &absent, part, NULL));
    FAILS(SABIR_NOT_FOUND, "has no METIS_PartGraphKway", sabir_csr_partition(csr, 2, &other, part, NULL));
    sabir_csr_destroy(csr);
}

/* ---- Memory ---- */

static sabir_status use_all(fault_memory *memory)
{
    static const float points[] = {0, 0, 1, 0, 0, 2, 5, 5, 3, 1, 4, 4};
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.allocator = fault_allocator(memory);
    sabir_context *local = NULL;
    sabir_csr *csr = NULL, *part = NULL;
    float values[16];
    int32_t near[12], nodes[6];
    int64_t count;
    const sabir_csr_options complete = {.size = sizeof complete, .duplicates = SABIR_DUPLICATES_FIRST, .symmetric = 1, .loops = 1};
    const sabir_nearest_options cells = {.size = sizeof cells, .method = SABIR_NEAREST_CELLS};
    sabir_status status = sabir_context_create(&options, &local);
    if (status == SABIR_OK) status = sabir_csr_create(local, 6, 6, 4, SABIR_I32, LIST(0, 1, 2, 0), LIST(1, 2, 3, 1), &complete, &csr);
    if (status == SABIR_OK) status = sabir_csr_normalise(csr, SABIR_NORMALISE_SYMMETRIC, NULL, values);
    if (status == SABIR_OK) status = sabir_csr_neighbourhood(csr, LIST(0), 1, 2, 6, nodes, NULL, &count);
    if (status == SABIR_OK) status = sabir_csr_induce(csr, nodes, count, &part);
    if (status == SABIR_OK) status = sabir_nearest(local, SABIR_F32, points, 6, 2, 2, &cells, near, NULL);
    if (status == SABIR_OK) status = sabir_csr_partition(csr, 2, NULL, nodes, &(sabir_partition){.size = sizeof(sabir_partition)});
    sabir_csr_destroy(part);
    sabir_csr_destroy(csr);
    sabir_context_release(local);
    return status;
}

Test(sparse_host, nth_allocation_failing_is_a_status_and_no_leak, .timeout = 60)
{
    fault_memory memory = FAULT_MEMORY;
    cr_assert_eq(use_all(&memory), SABIR_OK, "%s", sabir_last_message());
    cr_assert_eq(memory.live_blocks, 0);
    const uint64_t requests = memory.requests;
    cr_assert_gt(requests, 40);
    for (uint64_t i = 1; i <= requests; i++) {
        fault_memory_fail_nth(&memory, i, false);
        const sabir_status status = use_all(&memory);
        cr_assert_eq(status, SABIR_OUT_OF_MEMORY, "request %llu: %s", (unsigned long long)i, sabir_last_message());
        cr_assert_eq(memory.live_blocks, 0, "request %llu", (unsigned long long)i);
    }
}
