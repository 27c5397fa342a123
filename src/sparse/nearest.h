/* The k nearest points: what both ways of finding them share. */
#ifndef SBR_NEAREST_H
#define SBR_NEAREST_H

#define SABIR_PLAIN_NAMES
#include "base/context.h"
#include "sabir/sparse.h"

typedef struct sbr_points { const double *data; int64_t count; int32_t dimensions; } sbr_points;

/* The nearest so far, nearest first, of equally far ones the lower index first. */
typedef struct sbr_nearest_list {
    int32_t *points;
    double *squares; /* of their distances */
    int32_t count, most;
    double limit;    /* square of the largest distance wanted */
} sbr_nearest_list;

static inline double sbr_distance_square(const sbr_points *p, int64_t a, int64_t b)
{
    double sum = 0;
    for (int32_t i = 0; i < p->dimensions; i++) {
        const double step = p->data[a * p->dimensions + i] - p->data[b * p->dimensions + i];
        sum += step * step;
    }
    return sum;
}

void sbr_nearest_offer(sbr_nearest_list *list, int32_t point, double square);
/* Beyond this square of a distance nothing is taken. */
static inline double sbr_nearest_bound(const sbr_nearest_list *list) { return list->count == list->most ? list->squares[list->most - 1] : list->limit; }

/* Points sorted into a grid of cells (cells.c). */
typedef struct sbr_cells {
    double low[3], size[3];
    int64_t counts[3];
    int32_t *pointers, *order, *keys;
} sbr_cells;
sabir_status sbr_cells_make(const sabir_allocator *allocator, const sbr_points *p, sbr_cells *cells);
void sbr_cells_free(const sabir_allocator *allocator, sbr_cells *cells);
void sbr_cells_search(const sbr_cells *cells, const sbr_points *p, int64_t of, bool include_self, sbr_nearest_list *list);
#endif
