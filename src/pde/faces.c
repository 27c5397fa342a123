#include "faces.h"

#include <stdlib.h>

static int compare_points(const int32_t a[3], const int32_t b[3])
{
    for (int i = 0; i < 3; i++)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}

static int compare_faces(const void *left, const void *right)
{
    const sbr_face *a = left, *b = right;
    const int points = compare_points(a->points, b->points);
    return points ? points : (a->cells[0] > b->cells[0]) - (a->cells[0] < b->cells[0]);
}

/* Ascending; the third of an edge is -1. */
static void sorted_points(const int32_t *from, int32_t count, int32_t leave_out, int32_t to[3])
{
    int32_t kept = 0;
    to[0] = to[1] = to[2] = -1;
    for (int32_t i = 0; i < count; i++) {
        if (i == leave_out) continue;
        int32_t at = kept++;
        for (; at > 0 && to[at - 1] > from[i]; at--) to[at] = to[at - 1];
        to[at] = from[i];
    }
}

/* Area, centre and the unit normal that points away from the first cell. */
static void measure(const sabir_mesh *mesh, sbr_face *face)
{
    double from[3], length = 0, outwards = 0;
    face->area = sbr_measure(mesh, face->points, mesh->dimensions);
    sbr_centroid(mesh, face->points, mesh->dimensions, face->centre);
    sbr_centroid(mesh, sbr_cell(mesh, face->cells[0]), mesh->dimensions + 1, from);
    const double *p = sbr_point(mesh, face->points[0]), *q = sbr_point(mesh, face->points[1]);
    if (mesh->dimensions == 2) {
        face->normal[0] = q[1] - p[1], face->normal[1] = p[0] - q[0], face->normal[2] = 0;
    } else {
        const double *r = sbr_point(mesh, face->points[2]);
        for (int d = 0; d < 3; d++) {
            const int e = (d + 1) % 3, f = (d + 2) % 3;
            face->normal[d] = (q[e] - p[e]) * (r[f] - p[f]) - (q[f] - p[f]) * (r[e] - p[e]);
        }
    }
    for (int d = 0; d < 3; d++) length += face->normal[d] * face->normal[d], outwards += face->normal[d] * (face->centre[d] - from[d]);
    length = outwards < 0 ? -sqrt(length) : sqrt(length);
    for (int d = 0; d < 3; d++) face->normal[d] /= length;
}

/* Neighbours in the sorted list become one face. */
static sabir_status pair(sbr_faces *faces)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < faces->count; i++) {
        sbr_face *last = kept ? &faces->data[kept - 1] : NULL;
        if (!last || compare_points(last->points, faces->data[i].points) != 0) {
            faces->data[kept++] = faces->data[i];
            continue;
        }
        if (last->cells[1] >= 0)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "mesh: cells %d, %d and %d share one face; two at most", last->cells[0], last->cells[1],
                            faces->data[i].cells[0]);
        last->cells[1] = faces->data[i].cells[0];
    }
    faces->count = kept;
    return SABIR_OK;
}

static sabir_status attach_facets(const sabir_mesh *mesh, sbr_faces *faces)
{
    for (int64_t f = 0; f < mesh->facet_count; f++) {
        int32_t points[3];
        int64_t low = 0, high = faces->count;
        sorted_points(sbr_facet(mesh, f), mesh->dimensions, -1, points);
        while (low < high) {
            const int64_t middle = low + (high - low) / 2;
            if (compare_points(faces->data[middle].points, points) < 0) low = middle + 1;
            else high = middle;
        }
        if (low == faces->count || compare_points(faces->data[low].points, points) != 0 || faces->data[low].cells[1] >= 0)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "mesh: facet %lld is no face on the boundary", (long long)f);
        if (faces->data[low].facet >= 0)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "mesh: facets %d and %lld are the same face", faces->data[low].facet, (long long)f);
        faces->data[low].facet = (int32_t)f;
    }
    return SABIR_OK;
}

sabir_status sbr_faces_find(const sabir_allocator *allocator, const sabir_mesh *mesh, sbr_faces *faces)
{
    const int32_t corners = mesh->dimensions + 1;
    *faces = (sbr_faces){.data = sbr_alloc_array(allocator, (size_t)(mesh->cell_count * corners), sizeof *faces->data)};
    if (!faces->data) return sbr_no_memory((size_t)(mesh->cell_count * corners) * sizeof *faces->data);
    for (int64_t c = 0; c < mesh->cell_count; c++) {
        for (int32_t i = 0; i < corners; i++) {
            sbr_face *face = &faces->data[faces->count++];
            face->cells[0] = (int32_t)c;
            face->cells[1] = face->facet = -1;
            sorted_points(sbr_cell(mesh, c), corners, i, face->points);
        }
    }
    if (faces->count) qsort(faces->data, (size_t)faces->count, sizeof *faces->data, compare_faces);
    sabir_status status = pair(faces);
    if (status == SABIR_OK) status = attach_facets(mesh, faces);
    for (int64_t f = 0; f < faces->count && status == SABIR_OK; f++) measure(mesh, &faces->data[f]);
    return status;
}
