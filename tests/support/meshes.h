/* Meshes for tests: the unit square in triangles, the unit cube in tetrahedra, with their inner points moved about. */
#ifndef TESTS_MESHES_H
#define TESTS_MESHES_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sabir/sabir.h"

typedef struct test_mesh {
    sabir_mesh mesh; /* facets: the whole boundary */
    double *points;
    int32_t *cells, *facets;
} test_mesh;

static inline double mesh_noise(int64_t k)
{
    uint64_t state = (uint64_t)k * 6364136223846793005u + 1442695040888963407u;
    state ^= state >> 29;
    state *= 0xbf58476d1ce4e5b9u;
    return (double)(int64_t)(state >> 33) * 0x1p-30 - 1.0;
}

/* The point at integer coordinates of a lattice of n cells an axis. */
static inline int32_t mesh_at(int64_t n, int32_t dimensions, const int64_t *at)
{
    int64_t number = 0;
    for (int32_t d = 0; d < dimensions; d++) number = number * (n + 1) + at[d];
    return (int32_t)number;
}

/* Kuhn's simplices of each lattice cell: one for each order in which the axes are walked. */
static inline void mesh_add_cells(test_mesh *m, int64_t n, const int64_t *corner)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}, flat[2][2] = {{0, 1}, {1, 0}};
    const int32_t d = m->mesh.dimensions;
    for (int o = 0; o < (d == 2 ? 2 : 6); o++) {
        int64_t at[3] = {corner[0], corner[1], d == 3 ? corner[2] : 0};
        int32_t *cell = m->cells + m->mesh.cell_count++ * (d + 1);
        *cell++ = mesh_at(n, d, at);
        for (int i = 0; i < d; i++) {
            at[d == 2 ? flat[o][i] : orders[o][i]]++;
            *cell++ = mesh_at(n, d, at);
        }
    }
}

/* Faces of cells whose points all lie on one side of the domain. */
static inline void mesh_add_facets(test_mesh *m)
{
    const int32_t d = m->mesh.dimensions;
    for (int64_t c = 0; c < m->mesh.cell_count; c++) {
        for (int32_t out = 0; out <= d; out++) {
            int32_t face[3], kept = 0;
            for (int32_t i = 0; i <= d; i++)
                if (i != out) face[kept++] = m->cells[c * (d + 1) + i];
            for (int32_t side = 0; side < 2 * d; side++) {
                bool on = true;
                for (int32_t i = 0; i < d; i++) on = on && m->points[face[i] * d + side / 2] == side % 2;
                if (on) memcpy(m->facets + m->mesh.facet_count++ * d, face, (size_t)d * sizeof *face);
            }
        }
    }
}

static inline test_mesh mesh_make(int32_t dimensions, int64_t n, double shake)
{
    const int32_t d = dimensions;
    int64_t points = 1, boxes = 1;
    for (int32_t i = 0; i < d; i++) points *= n + 1, boxes *= n;
    test_mesh m = {.mesh = SABIR_MESH};
    m.mesh.dimensions = d;
    m.mesh.point_count = points;
    m.points = malloc((size_t)(points * d) * sizeof(double));
    m.cells = malloc((size_t)(boxes * 6 * (d + 1)) * sizeof(int32_t));
    m.facets = malloc((size_t)(boxes * 6 * (d + 1) * d) * sizeof(int32_t));
    for (int64_t p = 0; p < points; p++) {
        int64_t at[3] = {0}, rest = p;
        bool inside = true;
        for (int32_t i = d; i-- > 0; rest /= n + 1) at[i] = rest % (n + 1), inside = inside && at[i] > 0 && at[i] < n;
        for (int32_t i = 0; i < d; i++) m.points[p * d + i] = ((double)at[i] + (inside ? shake * mesh_noise(p * 3 + i) : 0)) / (double)n;
    }
    for (int64_t b = 0; b < boxes; b++) {
        int64_t corner[3] = {0}, rest = b;
        for (int32_t i = d; i-- > 0; rest /= n) corner[i] = rest % n;
        mesh_add_cells(&m, n, corner);
    }
    mesh_add_facets(&m);
    m.mesh.points = m.points, m.mesh.cells = m.cells, m.mesh.facets = m.facets;
    return m;
}

static inline void mesh_free(test_mesh *m)
{
    free(m->points);
    free(m->cells);
    free(m->facets);
}

#endif
