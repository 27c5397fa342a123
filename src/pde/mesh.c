/* Checks and geometry of meshes. */
#include "mesh.h"

static void edge(const sabir_mesh *mesh, int32_t from, int32_t to, double vector[3])
{
    for (int32_t d = 0; d < 3; d++) vector[d] = d < mesh->dimensions ? sbr_point(mesh, to)[d] - sbr_point(mesh, from)[d] : 0;
}

static double dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void cross(const double a[3], const double b[3], double product[3])
{
    product[0] = a[1] * b[2] - a[2] * b[1];
    product[1] = a[2] * b[0] - a[0] * b[2];
    product[2] = a[0] * b[1] - a[1] * b[0];
}

double sbr_measure(const sabir_mesh *mesh, const int32_t *points, int32_t corners)
{
    double a[3], b[3], c[3], normal[3];
    edge(mesh, points[0], points[1], a);
    if (corners == 2) return sqrt(dot(a, a));
    edge(mesh, points[0], points[2], b);
    cross(a, b, normal);
    if (corners == 3) return sqrt(dot(normal, normal)) / 2;
    edge(mesh, points[0], points[3], c);
    return fabs(dot(normal, c)) / 6;
}

void sbr_centroid(const sabir_mesh *mesh, const int32_t *points, int32_t corners, double centre[3])
{
    for (int32_t d = 0; d < 3; d++) {
        centre[d] = 0;
        for (int32_t i = 0; i < corners && d < mesh->dimensions; i++) centre[d] += sbr_point(mesh, points[i])[d] / corners;
    }
}

double sbr_cell_gradients(const sabir_mesh *mesh, int64_t cell, double gradients[4][3])
{
    const int32_t *points = sbr_cell(mesh, cell), corners = mesh->dimensions + 1;
    double edges[3][3] = {{0, 0, 0}, {0, 0, 0}, {0, 0, 1}}, sides[3][3], determinant; /* in the plane, a third edge of length 1 out of it */
    for (int32_t i = 0; i < mesh->dimensions; i++) edge(mesh, points[0], points[i + 1], edges[i]);
    for (int i = 0; i < 3; i++) cross(edges[(i + 1) % 3], edges[(i + 2) % 3], sides[i]);
    determinant = dot(edges[0], sides[0]);
    for (int32_t d = 0; d < 3; d++) {
        gradients[0][d] = 0;
        for (int32_t i = 1; i < corners; i++) {
            gradients[i][d] = sides[i - 1][d] / determinant;
            gradients[0][d] -= gradients[i][d];
        }
    }
    return fabs(determinant) / (mesh->dimensions == 2 ? 2 : 6);
}

/* ---- Checks ---- */

static sabir_status check_simplex(const sabir_mesh *mesh, const char *what, int64_t number, const int32_t *points, int32_t corners)
{
    double longest = 0;
    for (int32_t i = 0; i < corners; i++)
        if (points[i] < 0 || points[i] >= mesh->point_count)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "mesh: %s %lld names point %d; there are %lld, from 0", what, (long long)number, points[i],
                            (long long)mesh->point_count);
    for (int32_t i = 0; i < corners; i++)
        for (int32_t k = 0; k < i; k++) longest = fmax(longest, sbr_measure(mesh, (const int32_t[]){points[i], points[k]}, 2));
    const double measure = sbr_measure(mesh, points, corners), least = 1e-12 * pow(longest, corners - 1);
    if (measure > least && isfinite(measure)) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "mesh: %s %lld is degenerate: it measures %g with a longest edge of %g; take it out or move its points",
                    what, (long long)number, measure, longest);
}

sabir_status sabir_mesh_check(const sabir_mesh *mesh)
{
    if (!mesh) return sbr_fail(SABIR_INVALID_ARGUMENT, "mesh: mesh is NULL");
    if (mesh->size != sizeof *mesh)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "mesh: size is %zu, not sizeof(sabir_mesh); begin with SABIR_MESH", mesh->size);
    if (mesh->dimensions != 2 && mesh->dimensions != 3) return sbr_fail(SABIR_INVALID_ARGUMENT, "mesh: %d dimensions; 2 or 3", mesh->dimensions);
    if (mesh->point_count < 0 || mesh->cell_count < 0 || mesh->facet_count < 0 || mesh->point_count > INT32_MAX || mesh->cell_count > INT32_MAX ||
        mesh->facet_count > INT32_MAX)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "mesh: %lld points, %lld cells and %lld facets; each from 0 to 2^31 - 1",
                        (long long)mesh->point_count, (long long)mesh->cell_count, (long long)mesh->facet_count);
    if ((mesh->point_count && !mesh->points) || (mesh->cell_count && !mesh->cells) || (mesh->facet_count && !mesh->facets))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "mesh: points, cells or facets is NULL where its count is not 0");
    for (int64_t i = 0; i < mesh->point_count * mesh->dimensions; i++)
        if (!isfinite(mesh->points[i]))
            return sbr_fail(SABIR_INVALID_ARGUMENT, "mesh: a coordinate of point %lld is %g", (long long)(i / mesh->dimensions), mesh->points[i]);
    for (int64_t c = 0; c < mesh->cell_count; c++) SABIR_TRY(check_simplex(mesh, "cell", c, sbr_cell(mesh, c), mesh->dimensions + 1));
    for (int64_t f = 0; f < mesh->facet_count; f++) SABIR_TRY(check_simplex(mesh, "facet", f, sbr_facet(mesh, f), mesh->dimensions));
    return SABIR_OK;
}
