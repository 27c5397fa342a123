/* Where to cut, and what a cut costs. */
#include "remat.h"

/* Whether value is met for the first time since the last begin. */
static void begin(sbr_units *u) { u->stamps++; }
static bool first_time(sbr_units *u, uint32_t value)
{
    if (u->stamp[value] == u->stamps) return false;
    u->stamp[value] = u->stamps;
    return true;
}

/* ---- Where to cut ---- */

/* weight[n]: bytes that the walk reads of what unit n makes. width[n]: bytes that are read at n or later and were made before n, those
 * that the walk does not read anyway counted twice. */
static void weigh(sbr_units *u, uint64_t *weight, uint64_t *width, uint32_t *last)
{
    for (uint32_t v = 0; v < u->value_count; v++) last[v] = 0;
    const sbr_uses *const both[] = {&u->forward, &u->backward};
    begin(u);
    for (uint32_t b = 0; b < 2; b++) {
        for (uint32_t i = 0; i < both[b]->list.count; i++) {
            const sbr_use use = both[b]->list.data[i];
            const uint32_t root = u->root[use.value];
            if (use.node > last[root]) last[root] = use.node;
            if (b == 1 && u->maker[root] != UINT32_MAX && first_time(u, root)) weight[u->maker[root]] += u->bytes[root];
        }
    }
    for (uint32_t v = 0; v < u->value_count; v++) { /* differences first */
        if (u->maker[v] == UINT32_MAX || u->root[v] != v || last[v] <= u->maker[v]) continue;
        const uint64_t bytes = u->stamp[v] == u->stamps ? u->bytes[v] : 2 * u->bytes[v];
        width[u->maker[v] + 1] += bytes;
        width[last[v] + 1] -= bytes;
    }
    for (uint32_t n = 0; n < u->end_node; n++) {
        width[n + 1] += width[n];
        weight[n] += u->tape[n];
    }
}

/* The narrowest unit to cut before, where the weight so far is between low and high; near target among equals. UINT32_MAX: none. */
static uint32_t narrowest(const sbr_units *u, const uint64_t *weight, const uint64_t *width, double low, double target, double high)
{
    uint32_t best = UINT32_MAX;
    double so_far = 0, best_off = 0;
    for (uint32_t n = u->first_node; n < u->end_node; n++) {
        if (!sbr_units_has(u, n)) continue;
        const double off = so_far > target ? so_far - target : target - so_far;
        if (so_far > low && so_far <= high && (best == UINT32_MAX || width[n] < width[best] || (width[n] == width[best] && off < best_off))) {
            best = n;
            best_off = off;
        }
        so_far += (double)weight[n];
    }
    return best;
}

static void cut(sbr_units *u, uint32_t count, const uint64_t *weight, const uint64_t *width)
{
    double total = 0;
    for (uint32_t n = 0; n < u->end_node; n++) {
        total += (double)weight[n];
        u->segment[n] = 0;
    }
    u->segments = 1;
    for (uint32_t k = 1; k < count; k++) {
        const double share = total / count;
        const uint32_t place = narrowest(u, weight, width, share * (k - 0.5), share * k, share * (k + 0.5));
        if (place == UINT32_MAX || u->segment[place] == u->segments) continue;
        for (uint32_t n = place; n < u->end_node; n++) u->segment[n] = u->segments;
        u->segments++;
    }
}

sabir_status sbr_units_cut(sbr_units *units, uint32_t count)
{
    const size_t nodes = units->end_node + 2;
    uint64_t *weight = sbr_alloc_array(units->allocator, nodes, sizeof *weight), *width = sbr_alloc_array(units->allocator, nodes, sizeof *width);
    uint32_t *last = sbr_alloc_array(units->allocator, units->value_count + 1, sizeof *last);
    const bool room = weight && width && last;
    if (room) {
        weigh(units, weight, width, last);
        cut(units, count, weight, width);
    }
    sbr_free(units->allocator, weight);
    sbr_free(units->allocator, width);
    sbr_free(units->allocator, last);
    return room ? SABIR_OK : sbr_no_memory(nodes * sizeof *weight);
}

/* ---- What it costs ---- */

static uint32_t segment_of(const sbr_units *u, uint32_t value) { return u->segment[u->maker[value]]; }

/* A value that node n's segment needs: from an earlier one it is kept; from the same one it is computed again, unless it is kept anyway. */
static void require(sbr_units *u, uint32_t value, uint32_t segment)
{
    if (segment_of(u, value) < segment) u->kept[value] = true;
    else if (segment + 1 < u->segments && !u->kept[value]) u->again[u->maker[value]] = true;
}

/* From the last segment to the first: what later ones keep of a segment is known when it is planned. */
static void plan(sbr_units *u)
{
    for (uint32_t v = 0; v < u->value_count; v++) u->kept[v] = false;
    for (uint32_t n = 0; n < u->end_node; n++) u->again[n] = false;
    uint32_t end = u->end_node;
    for (uint32_t s = u->segments; s-- > 0;) {
        uint32_t first = end;
        while (first > u->first_node && u->segment[first - 1] == s) first--;
        for (uint32_t i = u->backward.first[first]; i < u->backward.first[end]; i++) require(u, u->backward.list.data[i].value, s);
        for (uint32_t n = end; n-- > first;)
            for (uint32_t i = u->forward.first[n]; u->again[n] && i < u->forward.first[n + 1]; i++) require(u, u->forward.list.data[i].value, s);
        end = first;
    }
}

/* While segment s is walked: what it reads of its own, tapes included. */
static uint64_t inside(sbr_units *u, uint32_t s)
{
    uint64_t bytes = 0;
    begin(u);
    for (uint32_t i = 0; i < u->backward.list.count; i++) {
        const sbr_use use = u->backward.list.data[i];
        const uint32_t root = u->root[use.value];
        if (u->segment[use.node] == s && u->maker[root] != UINT32_MAX && segment_of(u, root) == s && first_time(u, root)) bytes += u->bytes[root];
    }
    for (uint32_t n = u->first_node; n < u->end_node; n++)
        if (sbr_units_has(u, n) && u->segment[n] == s) bytes += u->tape[n];
    return bytes;
}

static uint64_t kept_before(sbr_units *u, uint32_t s)
{
    uint64_t bytes = 0;
    begin(u);
    for (uint32_t v = 0; v < u->value_count; v++) {
        const uint32_t root = u->root[v];
        if (u->kept[v] && u->maker[root] != UINT32_MAX && segment_of(u, root) < s && first_time(u, root)) bytes += u->bytes[root];
    }
    return bytes;
}

uint64_t sbr_units_estimate(sbr_units *u)
{
    uint64_t most = 0;
    plan(u);
    for (uint32_t s = 0; s < u->segments; s++) {
        const uint64_t bytes = inside(u, s) + kept_before(u, s);
        if (bytes > most) most = bytes;
    }
    return most;
}
