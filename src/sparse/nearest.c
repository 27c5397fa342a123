/* The k nearest points of each point, exactly: over all pairs, or over cells where there are few dimensions and many points. */
#include "nearest.h"

#include <math.h>

enum { CELLS_WORTH = 256 };

void sbr_nearest_offer(sbr_nearest_list *list, int32_t point, double square)
{
    if (square > list->limit) return;
    int32_t at = list->count;
    while (at > 0 && (list->squares[at - 1] > square || (list->squares[at - 1] == square && list->points[at - 1] > point))) at--;
    if (at == list->most) return;
    const int32_t moved = (list->count < list->most ? list->count : list->most - 1) - at;
    memmove(list->points + at + 1, list->points + at, (size_t)moved * sizeof *list->points);
    memmove(list->squares + at + 1, list->squares + at, (size_t)moved * sizeof *list->squares);
    list->points[at] = point;
    list->squares[at] = square;
    if (list->count < list->most) list->count++;
}

static void search_pairs(const sbr_points *p, int64_t of, bool include_self, sbr_nearest_list *list)
{
    for (int64_t other = 0; other < p->count; other++)
        if (include_self || other != of) sbr_nearest_offer(list, (int32_t)other, sbr_distance_square(p, of, other));
}

/* cells: NULL for all pairs. squares [k] is scratch. */
static void search_all(const sbr_points *p, const sbr_cells *cells, int32_t k, const sabir_nearest_options *options, double *squares, int32_t *neighbours, double *distances)
{
    const double limit = options->radius > 0 ? options->radius * options->radius : INFINITY;
    for (int64_t i = 0; i < p->count; i++) {
        sbr_nearest_list list = {.points = neighbours + i * k, .squares = squares, .most = k, .limit = limit};
        if (cells) sbr_cells_search(cells, p, i, options->include_self != 0, &list);
        else search_pairs(p, i, options->include_self != 0, &list);
        for (int32_t rank = 0; rank < k; rank++) {
            if (rank >= list.count) list.points[rank] = -1;
            if (distances) distances[i * k + rank] = rank < list.count ? sqrt(squares[rank]) : INFINITY;
        }
    }
}

static sabir_status widen(sabir_type type, const void *points, int64_t count, int32_t dimensions, double *data)
{
    for (int64_t i = 0; i < count * dimensions; i++) {
        data[i] = type == SABIR_F32 ? (double)((const float *)points)[i] : ((const double *)points)[i];
        if (!isfinite(data[i])) return sbr_fail(SABIR_INVALID_ARGUMENT, "nearest: coordinate %lld of point %lld is not finite", (long long)(i % dimensions), (long long)(i / dimensions));
    }
    return SABIR_OK;
}

static sabir_status check(sabir_type type, const void *points, int64_t count, int32_t dimensions, int32_t k, const sabir_nearest_options *options, const int32_t *neighbours)
{
    if (type != SABIR_F32 && type != SABIR_F64) return sbr_fail(SABIR_INVALID_TYPE, "nearest: points of %s; f32 or f64", sabir_type_name(type));
    if (count < 0 || count >= INT32_MAX || dimensions < 1 || dimensions > 65536 || k < 0 || k > 65536)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "nearest: %lld points of %d dimensions, %d neighbours; fewer than 2^31 - 1, 1 to 65536, 0 to 65536", (long long)count, dimensions, k);
    if (count && (!points || (k && !neighbours))) return sbr_fail(SABIR_INVALID_ARGUMENT, "nearest: %s is NULL", points ? "neighbours" : "points");
    if (!isfinite(options->radius) || options->radius < 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "nearest: the radius is %g; finite and not negative", options->radius);
    if ((unsigned)options->method > SABIR_NEAREST_CELLS) return sbr_fail(SABIR_INVALID_ARGUMENT, "nearest: %d is no method", (int)options->method);
    if (options->method == SABIR_NEAREST_CELLS && dimensions > 3) return sbr_fail(SABIR_INVALID_ARGUMENT, "nearest: cells are for 1 to 3 dimensions, not %d", dimensions);
    return SABIR_OK;
}

sabir_status sabir_nearest(sabir_context *context, sabir_type type, const void *points, int64_t count, int32_t dimensions, int32_t k,
                           const sabir_nearest_options *given, int32_t *neighbours, double *distances)
{
    sabir_nearest_options options = SABIR_NEAREST_OPTIONS;
    if (!context) return sbr_fail(SABIR_INVALID_ARGUMENT, "nearest: context is NULL");
    if (given) memcpy(&options, given, given->size < sizeof options ? given->size : sizeof options);
    SABIR_TRY(check(type, points, count, dimensions, k, &options, neighbours));
    if (count == 0 || k == 0) return SABIR_OK;
    const sabir_allocator *allocator = sbr_context_allocator(context);
    const bool by_cells = options.method == SABIR_NEAREST_CELLS || (options.method == SABIR_NEAREST_AUTO && dimensions <= 3 && count >= CELLS_WORTH);
    double *data = sbr_alloc_array(allocator, (size_t)count, (size_t)dimensions * sizeof *data), *squares = sbr_alloc_array(allocator, (size_t)k, sizeof *squares);
    const sbr_points p = {data, count, dimensions};
    sbr_cells cells = {0};
    sabir_status status = data && squares ? widen(type, points, count, dimensions, data) : sbr_no_memory((size_t)count * (size_t)dimensions * sizeof *data);
    if (status == SABIR_OK && by_cells) status = sbr_cells_make(allocator, &p, &cells);
    if (status == SABIR_OK) search_all(&p, by_cells ? &cells : NULL, k, &options, squares, neighbours, distances);
    sbr_cells_free(allocator, &cells);
    sbr_free(allocator, data);
    sbr_free(allocator, squares);
    return status;
}
