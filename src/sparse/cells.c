/* A grid of cells over 1 to 3 dimensions, about two points a cell. A search looks at the cells around a point, ring by ring, until whatever lies outside
 * the rings is farther than what was found: so the result is exact. */
#include <math.h>

#include "csr.h"
#include "nearest.h"

enum { POINTS_A_CELL = 2, MOST_CELLS = 1 << 24 };

static int64_t cell_along(const sbr_cells *cells, int32_t axis, double x)
{
    const double at = floor((x - cells->low[axis]) / cells->size[axis]);
    return at < 1 ? 0 : at >= (double)(cells->counts[axis] - 1) ? cells->counts[axis] - 1 : (int64_t)at;
}

static void find_box(const sbr_points *p, sbr_cells *cells)
{
    double spread[3] = {0, 0, 0}, volume = 1;
    int32_t wide = 0;
    for (int32_t a = 0; a < 3; a++) cells->counts[a] = 1, cells->size[a] = 1;
    for (int32_t a = 0; a < p->dimensions; a++) {
        double low = p->data[a], high = low;
        for (int64_t i = 1; i < p->count; i++) {
            const double x = p->data[i * p->dimensions + a];
            low = x < low ? x : low;
            high = x > high ? x : high;
        }
        cells->low[a] = low;
        spread[a] = high - low;
        if (!(spread[a] > 0) || !isfinite(spread[a])) continue;
        volume *= spread[a];
        wide++;
    }
    if (wide == 0 || !(volume > 0) || !isfinite(volume)) return;
    double wanted = (double)p->count / POINTS_A_CELL;
    wanted = wanted < MOST_CELLS ? wanted : MOST_CELLS;
    const double side = pow(volume / wanted, 1.0 / wide);
    const double most = floor(pow(MOST_CELLS, 1.0 / wide));
    for (int32_t a = 0; a < p->dimensions; a++) {
        if (!(spread[a] > 0)) continue;
        const double count = fmin(fmax(floor(spread[a] / side), 1), most);
        cells->counts[a] = (int64_t)count;
        cells->size[a] = spread[a] / count;
    }
}

sabir_status sbr_cells_make(const sabir_allocator *allocator, const sbr_points *p, sbr_cells *cells)
{
    *cells = (sbr_cells){0};
    find_box(p, cells);
    const int64_t count = cells->counts[0] * cells->counts[1] * cells->counts[2];
    cells->keys = sbr_alloc_array(allocator, (size_t)p->count, sizeof(int32_t));
    cells->order = sbr_alloc_array(allocator, (size_t)p->count, sizeof(int32_t));
    cells->pointers = sbr_alloc_array(allocator, (size_t)count + 1, sizeof(int32_t));
    if (!cells->keys || !cells->order || !cells->pointers) return sbr_no_memory((size_t)(count + 2 * p->count) * sizeof(int32_t));
    for (int64_t i = 0; i < p->count; i++) {
        int64_t key = 0;
        for (int32_t a = 0; a < p->dimensions; a++) key = key * cells->counts[a] + cell_along(cells, a, p->data[i * p->dimensions + a]);
        cells->keys[i] = (int32_t)key;
    }
    sbr_order_by(cells->keys, p->count, count, NULL, cells->pointers, cells->order);
    return SABIR_OK;
}

void sbr_cells_free(const sabir_allocator *allocator, sbr_cells *cells)
{
    sbr_free(allocator, cells->keys);
    sbr_free(allocator, cells->order);
    sbr_free(allocator, cells->pointers);
}

static void look_into(const sbr_cells *cells, const sbr_points *p, int64_t of, bool include_self, int64_t cell, sbr_nearest_list *list)
{
    for (int32_t k = cells->pointers[cell]; k < cells->pointers[cell + 1]; k++)
        if (include_self || cells->order[k] != of) sbr_nearest_offer(list, cells->order[k], sbr_distance_square(p, of, cells->order[k]));
}

/* The cells at Chebyshev distance `ring` from home. */
static void look_around(const sbr_cells *cells, const sbr_points *p, int64_t of, bool include_self, const int64_t home[3], int64_t ring, sbr_nearest_list *list)
{
    int64_t first[3], last[3];
    for (int32_t a = 0; a < 3; a++) {
        first[a] = home[a] - ring > 0 ? home[a] - ring : 0;
        last[a] = home[a] + ring < cells->counts[a] ? home[a] + ring : cells->counts[a] - 1;
    }
    for (int64_t x = first[0]; x <= last[0]; x++)
        for (int64_t y = first[1]; y <= last[1]; y++) {
            const bool edge = x == home[0] - ring || x == home[0] + ring || y == home[1] - ring || y == home[1] + ring;
            /* Inside the ring only its two ends along the last axis are new. */
            const int64_t step = edge || ring == 0 ? 1 : 2 * ring;
            for (int64_t z = edge ? first[2] : home[2] - ring; z <= last[2]; z += step)
                if (z >= first[2]) look_into(cells, p, of, include_self, (x * cells->counts[1] + y) * cells->counts[2] + z, list);
        }
}

/* No point outside the rings up to this one is nearer; infinite when the rings cover the grid. A little is taken off, since a point on the border
 * between cells may have been put in either. */
static double outside(const sbr_cells *cells, const sbr_points *p, int64_t of, const int64_t home[3], int64_t ring)
{
    double nearest = INFINITY;
    for (int32_t a = 0; a < p->dimensions; a++) {
        const double x = p->data[of * p->dimensions + a] - cells->low[a], slack = 1e-9 * cells->size[a] * (double)cells->counts[a];
        if (home[a] - ring > 0) nearest = fmin(nearest, x - (double)(home[a] - ring) * cells->size[a] - slack);
        if (home[a] + ring + 1 < cells->counts[a]) nearest = fmin(nearest, (double)(home[a] + ring + 1) * cells->size[a] - x - slack);
    }
    return nearest > 0 ? nearest : 0;
}

void sbr_cells_search(const sbr_cells *cells, const sbr_points *p, int64_t of, bool include_self, sbr_nearest_list *list)
{
    int64_t home[3] = {0, 0, 0};
    /* Keys and rings count axes alike: with fewer than three, the last ones have one cell. */
    for (int32_t a = 0; a < p->dimensions; a++) home[a] = cell_along(cells, a, p->data[of * p->dimensions + a]);
    for (int64_t ring = 0;; ring++) {
        look_around(cells, p, of, include_self, home, ring, list);
        const double beyond = outside(cells, p, of, home, ring);
        if (isinf(beyond) || beyond * beyond > sbr_nearest_bound(list)) return;
    }
}
