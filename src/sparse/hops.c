/* Who is near: nodes within a number of steps, and the matrix between some nodes. */
#include "csr.h"

typedef struct search {
    const sabir_csr *csr;
    bool *seen;
    int32_t *nodes; /* found, [rows] */
    int64_t found;
} search;

static void find(search *s, int32_t node)
{
    if (s->seen[node]) return;
    s->seen[node] = true;
    s->nodes[s->found++] = node;
}

static sabir_status start(search *s, const int32_t *seeds, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (seeds[i] < 0 || seeds[i] >= s->csr->rows)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "neighbourhood: seed %lld is node %d of %lld", (long long)i, seeds[i], (long long)s->csr->rows);
        find(s, seeds[i]);
    }
    return SABIR_OK;
}

/* Nodes are found in order of their distance, so those of a distance end where the next begin. */
static void walk(search *s, int32_t hops, int64_t capacity, int32_t *distances)
{
    int64_t first = 0;
    for (int32_t distance = 0; first < s->found; distance++) {
        const int64_t end = s->found;
        for (int64_t i = first; i < end && i < capacity && distances; i++) distances[i] = distance;
        if (distance == hops) return;
        for (int64_t i = first; i < end; i++)
            for (int32_t e = s->csr->row_pointers[s->nodes[i]]; e < s->csr->row_pointers[s->nodes[i] + 1]; e++) find(s, s->csr->column_indices[e]);
        first = end;
    }
}

sabir_status sabir_csr_neighbourhood(const sabir_csr *csr, const int32_t *seeds, int64_t seed_count, int32_t hops, int64_t capacity, int32_t *nodes, int32_t *distances,
                                     int64_t *count)
{
    SABIR_TRY(sbr_need_square(csr, "neighbourhood"));
    if (!count || (seed_count > 0 && !seeds) || (capacity > 0 && !nodes)) return sbr_fail(SABIR_INVALID_ARGUMENT, "neighbourhood: count, seeds or nodes is NULL");
    if (seed_count < 0 || hops < 0 || capacity < 0)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "neighbourhood: %lld seeds, %d hops, capacity %lld; none below 0", (long long)seed_count, hops, (long long)capacity);
    const sabir_allocator *allocator = sbr_csr_allocator(csr);
    search s = {.csr = csr, .seen = sbr_alloc_array(allocator, (size_t)csr->rows, sizeof(bool)), .nodes = sbr_alloc_array(allocator, (size_t)csr->rows, sizeof(int32_t))};
    sabir_status status = s.seen && s.nodes ? start(&s, seeds, seed_count) : sbr_no_memory((size_t)csr->rows * sizeof(int32_t));
    if (status == SABIR_OK) {
        walk(&s, hops, capacity, distances);
        *count = s.found;
        if (s.found > capacity) status = sbr_fail(SABIR_INVALID_ARGUMENT, "neighbourhood: %lld nodes, room for %lld", (long long)s.found, (long long)capacity);
        else if (s.found) memcpy(nodes, s.nodes, (size_t)s.found * sizeof *nodes);
    }
    sbr_free(allocator, s.seen);
    sbr_free(allocator, s.nodes);
    return status;
}

/* ---- Induced ---- */

/* position [rows]: of each node among the chosen ones, -1 elsewhere. */
static sabir_status place(const sabir_csr *csr, const int32_t *nodes, int64_t count, int32_t *position, int64_t *entries)
{
    for (int64_t r = 0; r < csr->rows; r++) position[r] = -1;
    for (int64_t i = 0; i < count; i++) {
        if (nodes[i] < 0 || nodes[i] >= csr->rows || position[nodes[i]] >= 0)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "induce: node %lld is %d; 0 to %lld, each once", (long long)i, nodes[i], (long long)csr->rows - 1);
        position[nodes[i]] = (int32_t)i;
    }
    *entries = 0;
    for (int64_t i = 0; i < count; i++) *entries += csr->row_pointers[nodes[i] + 1] - csr->row_pointers[nodes[i]];
    return SABIR_OK;
}

static sabir_status collect(const sabir_csr *csr, const int32_t *nodes, int64_t count, const int32_t *position, int64_t most, sabir_csr **induced)
{
    const sabir_allocator *allocator = sbr_csr_allocator(csr);
    int32_t *lists = sbr_alloc_array(allocator, (size_t)most, 3 * sizeof *lists);
    if (!lists) return sbr_no_memory((size_t)most * 3 * sizeof *lists);
    int32_t *rows = lists, *columns = lists + most, *sources = lists + 2 * most;
    int64_t entries = 0;
    for (int64_t i = 0; i < count; i++)
        for (int32_t e = csr->row_pointers[nodes[i]]; e < csr->row_pointers[nodes[i] + 1]; e++) {
            if (position[csr->column_indices[e]] < 0) continue;
            rows[entries] = (int32_t)i;
            columns[entries] = position[csr->column_indices[e]];
            sources[entries++] = e;
        }
    const sabir_status status = sbr_csr_build(csr->context, count, count, entries, rows, columns, sources, induced);
    sbr_free(allocator, lists);
    return status;
}

sabir_status sabir_csr_induce(const sabir_csr *csr, const int32_t *nodes, int64_t count, sabir_csr **induced)
{
    if (induced) *induced = NULL;
    SABIR_TRY(sbr_need_square(csr, "induce"));
    if (!induced || (count > 0 && !nodes) || count < 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "induce: nodes or induced is NULL, or count %lld below 0", (long long)count);
    const sabir_allocator *allocator = sbr_csr_allocator(csr);
    int32_t *position = sbr_alloc_array(allocator, (size_t)csr->rows, sizeof *position);
    int64_t most = 0;
    sabir_status status = position ? place(csr, nodes, count, position, &most) : sbr_no_memory((size_t)csr->rows * sizeof *position);
    if (status == SABIR_OK) status = collect(csr, nodes, count, position, most, induced);
    sbr_free(allocator, position);
    return status;
}
