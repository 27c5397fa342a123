/* Partitions by METIS, a library that is opened when a partition is first asked for. Its integers are 32 or 64 bits wide, as it was built: told by how much of
 * an options array METIS_SetDefaultOptions fills. */
#include <stdio.h>

#include "base/dynlib.h"
#include "base/thread.h"
#include "csr.h"

/* Of METIS 5, as its manual numbers them. */
enum { METIS_OPTIONS = 40, OPTION_SEED = 8, OPTION_UFACTOR = 16, METIS_FINE = 1 };

typedef int set_default_options(void *options);
typedef int part_graph_kway(void *nodes, void *constraints, void *pointers, void *neighbours, void *node_weights, void *node_sizes, void *edge_weights, void *parts,
                            void *target_weights, void *imbalances, void *options, void *cut, void *part);

typedef struct metis {
    sbr_dynlib *file;
    set_default_options *defaults;
    part_graph_kway *partition;
    size_t width; /* bytes of its integers */
} metis;

/* METIS catches signals in handlers of the whole process while it runs. */
static sbr_mutex one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static sabir_status open_metis(const char *file, metis *m)
{
    const char *name = file ? file : "libmetis.so.5";
    *m = (metis){.file = sbr_dynlib_open(name)};
    if (!m->file)
        return sbr_fail(SABIR_NOT_FOUND, "partition: %s cannot be opened; install METIS (Debian: apt-get install libmetis5) or name the file in options.metis_library", name);
    void *defaults = sbr_dynlib_symbol(m->file, "METIS_SetDefaultOptions"), *partition = sbr_dynlib_symbol(m->file, "METIS_PartGraphKway");
    memcpy(&m->defaults, &defaults, sizeof defaults);
    memcpy(&m->partition, &partition, sizeof partition);
    if (!m->defaults || !m->partition) return sbr_fail(SABIR_NOT_FOUND, "partition: %s has no METIS_PartGraphKway; METIS 5 is wanted", name);
    /* Every option becomes -1. */
    int64_t options[METIS_OPTIONS + 8] = {0};
    m->defaults(options);
    m->width = options[METIS_OPTIONS - 1] == -1 ? 8 : 4;
    if (options[METIS_OPTIONS / 2 - 1] != -1) return sbr_fail(SABIR_UNSUPPORTED, "partition: %s fills its options in an unknown way; METIS 5 is wanted", name);
    return SABIR_OK;
}

/* ---- Integers of its width ---- */

static void put(const metis *m, void *array, int64_t at, int64_t value)
{
    if (m->width == 8) ((int64_t *)array)[at] = value;
    else ((int32_t *)array)[at] = (int32_t)value;
}

static int64_t get(const metis *m, const void *array, int64_t at) { return m->width == 8 ? ((const int64_t *)array)[at] : ((const int32_t *)array)[at]; }

typedef struct problem {
    void *pointers, *neighbours, *weights, *part; /* of METIS's integers */
    int64_t nodes;
    int32_t parts;
} problem;

static sabir_status allocate(const sabir_allocator *allocator, const metis *m, const sabir_csr *joined, bool weighted, problem *p)
{
    p->nodes = joined->rows;
    p->pointers = sbr_alloc_array(allocator, (size_t)joined->rows + 1, m->width);
    p->neighbours = sbr_alloc_array(allocator, (size_t)joined->entries, m->width);
    p->part = sbr_alloc_array(allocator, (size_t)joined->rows, m->width);
    p->weights = weighted ? sbr_alloc_array(allocator, (size_t)joined->rows, m->width) : NULL;
    if (!p->pointers || !p->neighbours || !p->part || (weighted && !p->weights)) return sbr_no_memory((size_t)(joined->rows + joined->entries) * m->width);
    for (int64_t r = 0; r <= joined->rows; r++) put(m, p->pointers, r, joined->row_pointers[r]);
    for (int64_t e = 0; e < joined->entries; e++) put(m, p->neighbours, e, joined->column_indices[e]);
    return SABIR_OK;
}

static void free_problem(const sabir_allocator *allocator, problem *p)
{
    sbr_free(allocator, p->pointers);
    sbr_free(allocator, p->neighbours);
    sbr_free(allocator, p->weights);
    sbr_free(allocator, p->part);
}

static sabir_status solve(const metis *m, problem *p, const sabir_partition_options *options)
{
    int64_t chosen[METIS_OPTIONS + 8] = {0}, nodes = 0, constraints = 0, parts = 0, cut = 0;
    put(m, &nodes, 0, p->nodes);
    put(m, &constraints, 0, 1);
    put(m, &parts, 0, p->parts);
    m->defaults(chosen);
    put(m, chosen, OPTION_SEED, options->seed);
    const int64_t thousandths = (int64_t)((options->imbalance - 1) * 1000 + 0.5);
    put(m, chosen, OPTION_UFACTOR, thousandths > 0 ? thousandths : 1);
    sbr_lock(&one_at_a_time);
    const int status = m->partition(&nodes, &constraints, p->pointers, p->neighbours, p->weights, NULL, NULL, &parts, NULL, NULL, chosen, &cut, p->part);
    sbr_unlock(&one_at_a_time);
    return status == METIS_FINE ? SABIR_OK : sbr_fail(SABIR_OUT_OF_MEMORY, "partition: METIS gave up with status %d on %lld nodes", status, (long long)p->nodes);
}

/* ---- What came out ---- */

static sabir_status measure(const sabir_csr *joined, int32_t parts, const int32_t *weights, const int32_t *part_of, sabir_partition *result)
{
    const sabir_allocator *allocator = sbr_csr_allocator(joined);
    int64_t *sizes = sbr_alloc_array(allocator, (size_t)parts, sizeof *sizes), total = 0, largest = 0;
    if (!sizes) return sbr_no_memory((size_t)parts * sizeof *sizes);
    sabir_partition all = {.size = result->size, .pairs = joined->entries / 2};
    for (int64_t e = 0; e < joined->entries; e++) all.cut += part_of[joined->row_indices[e]] != part_of[joined->column_indices[e]];
    all.cut /= 2;
    for (int64_t r = 0; r < joined->rows; r++) {
        const int64_t weight = weights ? weights[r] : 1, size = sizes[part_of[r]] += weight;
        total += weight;
        largest = size > largest ? size : largest;
    }
    all.balance = total ? (double)largest * parts / (double)total : 1;
    sbr_free(allocator, sizes);
    memcpy(result, &all, result->size < sizeof all ? result->size : sizeof all);
    return SABIR_OK;
}

/* METIS refuses a single part. */
static sabir_status divide(const sabir_csr *joined, int32_t parts, const sabir_partition_options *options, int32_t *part_of)
{
    metis m = {0};
    problem p = {.parts = parts};
    const sabir_allocator *allocator = sbr_csr_allocator(joined);
    if (parts == 1 || joined->rows == 0) {
        memset(part_of, 0, (size_t)joined->rows * sizeof *part_of);
        return SABIR_OK;
    }
    sabir_status status = open_metis(options->metis_library, &m);
    if (status == SABIR_OK) status = allocate(allocator, &m, joined, options->node_weights != NULL, &p);
    for (int64_t r = 0; r < joined->rows && status == SABIR_OK && options->node_weights; r++) put(&m, p.weights, r, options->node_weights[r]);
    if (status == SABIR_OK) status = solve(&m, &p, options);
    for (int64_t r = 0; r < joined->rows && status == SABIR_OK; r++) part_of[r] = (int32_t)get(&m, p.part, r);
    free_problem(allocator, &p);
    sbr_dynlib_close(m.file);
    return status;
}

static sabir_status check(const sabir_csr *csr, int32_t parts, const sabir_partition_options *options, const int32_t *part_of)
{
    SABIR_TRY(sbr_need_square(csr, "partition"));
    if (parts < 1 || parts > (csr->rows > 0 ? csr->rows : 1))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "partition: %d parts of %lld nodes; 1 to as many as there are nodes", parts, (long long)csr->rows);
    if (csr->rows && !part_of) return sbr_fail(SABIR_INVALID_ARGUMENT, "partition: part_of is NULL");
    if (!(options->imbalance >= 1 && options->imbalance <= 1000)) return sbr_fail(SABIR_INVALID_ARGUMENT, "partition: the imbalance is %g; 1 to 1000", options->imbalance);
    for (int64_t r = 0; r < csr->rows && options->node_weights; r++)
        if (options->node_weights[r] < 1) return sbr_fail(SABIR_INVALID_ARGUMENT, "partition: node %lld weighs %d; at least 1", (long long)r, options->node_weights[r]);
    return SABIR_OK;
}

sabir_status sabir_csr_partition(const sabir_csr *csr, int32_t parts, const sabir_partition_options *given, int32_t *part_of, sabir_partition *partition)
{
    sabir_partition_options options = SABIR_PARTITION_OPTIONS;
    if (given) memcpy(&options, given, given->size < sizeof options ? given->size : sizeof options);
    if (options.imbalance == 0) options.imbalance = 1.03;
    SABIR_TRY(check(csr, parts, &options, part_of));
    const sabir_csr_options both = {.size = sizeof both, .duplicates = SABIR_DUPLICATES_FIRST, .symmetric = 1, .loops = -1};
    sabir_csr *joined;
    SABIR_TRY(sabir_csr_create(csr->context, csr->rows, csr->rows, csr->entries, SABIR_I32, csr->row_indices, csr->column_indices, &both, &joined));
    sabir_status status = divide(joined, parts, &options, part_of);
    if (status == SABIR_OK && partition && partition->size) status = measure(joined, parts, options.node_weights, part_of, partition);
    sabir_csr_destroy(joined);
    return status;
}
