/* suite: host, timeout: 120
 * Finite elements and volumes on the host: properties of the matrices, observed orders on manufactured solutions, meshes that are wrong. */
#include <criterion/criterion.h>

#include "support/devices.h"
#include "support/meshes.h"

static sabir_context *context;

static void open_context(void) { must(sabir_context_create(NULL, &context)); }
static void close_context(void) { sabir_context_release(context); }

TestSuite(pde_mesh, .init = open_context, .fini = close_context, .timeout = 60);

static double sum(const double *values, int64_t count)
{
    double total = 0;
    for (int64_t i = 0; i < count; i++) total += values[i];
    return total;
}

/* ---- Matrices ---- */

static void check_terms(const test_mesh *m)
{
    const int64_t points = m->mesh.point_count;
    sabir_matrix stiffness, mass, lumped, boundary;
    must(sabir_fem_assemble(context, &m->mesh, SABIR_FEM_STIFFNESS, NULL, &stiffness, NULL));
    must(sabir_fem_assemble(context, &m->mesh, SABIR_FEM_MASS, NULL, &mass, NULL));
    must(sabir_fem_assemble(context, &m->mesh, SABIR_FEM_LUMPED_MASS, NULL, &lumped, NULL));
    must(sabir_fem_assemble(context, &m->mesh, SABIR_FEM_FACETS, NULL, &boundary, NULL));
    cr_assert(stiffness.entries == mass.entries && mass.entries == boundary.entries && lumped.entries == mass.entries);
    cr_assert(memcmp(stiffness.column_indices, boundary.column_indices, (size_t)mass.entries * sizeof(int32_t)) == 0, "terms have different patterns");
    double *ones = malloc((size_t)points * sizeof *ones), *y = malloc((size_t)points * sizeof *y), *z = malloc((size_t)points * sizeof *z);
    for (int64_t i = 0; i < points; i++) ones[i] = 1;
    must(sabir_matrix_multiply(&stiffness, ones, y));
    for (int64_t i = 0; i < points; i++) cr_assert_float_eq(y[i], 0, 1e-12, "row %lld of the stiffness sums to %g", (long long)i, y[i]);
    cr_assert_float_eq(sum(mass.values, mass.entries), 1, 1e-12);
    cr_assert_float_eq(sum(lumped.values, lumped.entries), 1, 1e-12);
    cr_assert_float_eq(sum(boundary.values, boundary.entries), 2 * m->mesh.dimensions, 1e-12);
    /* The load of a constant is the mass matrix times it. */
    must(sabir_matrix_multiply(&mass, ones, y));
    memset(z, 0, (size_t)points * sizeof *z);
    must(sabir_fem_load(&m->mesh, SABIR_FEM_MASS, ones, z));
    for (int64_t i = 0; i < points; i++) cr_assert_float_eq(y[i], z[i], 1e-14);
    /* The energy of a linear function: the square of its slope. */
    for (int64_t i = 0; i < points; i++) ones[i] = 3 * m->points[i * m->mesh.dimensions] - 2 * m->points[i * m->mesh.dimensions + 1];
    must(sabir_matrix_multiply(&stiffness, ones, y));
    double energy = 0;
    for (int64_t i = 0; i < points; i++) energy += y[i] * ones[i];
    cr_assert_float_eq(energy, 13, 1e-11);
    free(ones), free(y), free(z);
    sabir_matrix_free(context, &stiffness);
    sabir_matrix_free(context, &mass);
    sabir_matrix_free(context, &lumped);
    sabir_matrix_free(context, &boundary);
    cr_assert(stiffness.values == NULL && stiffness.entries == 0);
}

Test(pde_mesh, terms)
{
    for (int32_t d = 2; d <= 3; d++) {
        test_mesh m = mesh_make(d, d == 2 ? 5 : 3, 0.2);
        must(sabir_mesh_check(&m.mesh));
        check_terms(&m);
        mesh_free(&m);
    }
}

/* values = map coefficients, for both methods. */
Test(pde_mesh, maps)
{
    test_mesh m = mesh_make(2, 4, 0.2);
    double coefficients[64], again[1024], *of_faces;
    for (int i = 0; i < 64; i++) coefficients[i] = 1 + (i * 7 % 5);
    sabir_matrix matrix, map;
    for (int term = 0; term <= SABIR_FEM_FACETS; term++) {
        must(sabir_fem_assemble(context, &m.mesh, (sabir_fem_term)term, coefficients, &matrix, &map));
        cr_assert(map.rows == matrix.entries && matrix.entries < 1024 &&
                  map.columns == (term == SABIR_FEM_FACETS ? m.mesh.facet_count : m.mesh.cell_count));
        must(sabir_matrix_multiply(&map, coefficients, again));
        for (int64_t e = 0; e < matrix.entries; e++) cr_assert_float_eq(again[e], matrix.values[e], 1e-13, "term %d, entry %lld", term, (long long)e);
        sabir_matrix_free(context, &matrix);
        sabir_matrix_free(context, &map);
    }
    sabir_facet_condition conditions[64];
    for (int f = 0; f < 64; f++) conditions[f] = (sabir_facet_condition){f % 2 ? SABIR_FACET_DIRICHLET : SABIR_FACET_ROBIN, 0.5, f};
    sabir_volumes v;
    must(sabir_volumes_assemble(context, &m.mesh, coefficients, conditions, &v));
    of_faces = malloc((size_t)v.face_count * sizeof *of_faces);
    for (int64_t f = 0; f < v.face_count; f++) {
        const double p = coefficients[v.face_cells[2 * f]], q = v.face_cells[2 * f + 1] >= 0 ? coefficients[v.face_cells[2 * f + 1]] : p;
        of_faces[f] = 2 * p * q / (p + q);
    }
    cr_assert_lt(v.matrix.entries, 1024);
    must(sabir_matrix_multiply(&v.map, of_faces, again));
    for (int64_t e = 0; e < v.matrix.entries; e++) cr_assert_float_eq(again[e], v.matrix.values[e], 1e-12);
    must(sabir_matrix_multiply(&v.load_map, of_faces, again));
    for (int64_t c = 0; c < v.cell_count; c++) cr_assert_float_eq(again[c], v.load[c], 1e-12);
    free(of_faces);
    sabir_volumes_free(context, &v);
    mesh_free(&m);
}

/* ---- Solving, by elimination with pivots ---- */

static void solve(const sabir_matrix *matrix, double *b)
{
    const int64_t n = matrix->rows;
    double *a = calloc((size_t)(n * n), sizeof *a);
    for (int64_t r = 0; r < n; r++)
        for (int32_t e = matrix->row_pointers[r]; e < matrix->row_pointers[r + 1]; e++) a[r * n + matrix->column_indices[e]] = matrix->values[e];
    for (int64_t k = 0; k < n; k++) {
        int64_t pivot = k;
        for (int64_t r = k + 1; r < n; r++)
            if (fabs(a[r * n + k]) > fabs(a[pivot * n + k])) pivot = r;
        for (int64_t c = k; c < n && pivot != k; c++) {
            const double t = a[k * n + c];
            a[k * n + c] = a[pivot * n + c], a[pivot * n + c] = t;
        }
        const double t = b[k];
        b[k] = b[pivot], b[pivot] = t;
        for (int64_t r = k + 1; r < n; r++) {
            const double factor = a[r * n + k] / a[k * n + k];
            if (factor == 0) continue;
            for (int64_t c = k; c < n; c++) a[r * n + c] -= factor * a[k * n + c];
            b[r] -= factor * b[k];
        }
    }
    for (int64_t k = n; k-- > 0;) {
        for (int64_t c = k + 1; c < n; c++) b[k] -= a[k * n + c] * b[c];
        b[k] /= a[k * n + k];
    }
    free(a);
}

/* u = sin(1.3 x + 0.4) cos(0.9 y - 0.2) (1 + z / 2), c = 1; Dirichlet where x is 0 or 1, Robin (alpha 2) elsewhere. */
static double u(const double *x, int32_t d) { return sin(1.3 * x[0] + 0.4) * cos(0.9 * x[1] - 0.2) * (d == 3 ? 1 + x[2] / 2 : 1); }
static double source(const double *x, int32_t d) { return 2.5 * u(x, d); }
static double slope(const double *x, int32_t d, int32_t axis)
{
    const double depth = d == 3 ? 1 + x[2] / 2 : 1;
    if (axis == 0) return 1.3 * cos(1.3 * x[0] + 0.4) * cos(0.9 * x[1] - 0.2) * depth;
    return axis == 1 ? -0.9 * sin(1.3 * x[0] + 0.4) * sin(0.9 * x[1] - 0.2) * depth : u(x, 2) / 2;
}

/* The side of the square or cube that a facet lies on: 2 axis + end. */
static int32_t side_of(const test_mesh *m, int64_t facet)
{
    const int32_t d = m->mesh.dimensions;
    for (int32_t side = 0; side < 2 * d; side++) {
        bool on = true;
        for (int32_t i = 0; i < d; i++) on = on && m->points[m->facets[facet * d + i] * d + side / 2] == side % 2;
        if (on) return side;
    }
    return -1;
}

static double robin_value(const double *x, int32_t d, int32_t side) { return 2 * u(x, d) + (side % 2 ? 1 : -1) * slope(x, d, side / 2); }

static double fem_error(int32_t d, int64_t n)
{
    test_mesh m = mesh_make(d, n, 0.15);
    const int64_t points = m.mesh.point_count;
    double *load = calloc((size_t)points, sizeof *load), *at_points = malloc((size_t)points * sizeof *at_points);
    for (int64_t i = 0; i < points; i++) at_points[i] = source(m.points + i * d, d);
    must(sabir_fem_load(&m.mesh, SABIR_FEM_MASS, at_points, load));
    /* Robin sides one by one, since the value at a corner depends on the side. */
    sabir_matrix matrix, term;
    must(sabir_fem_assemble(context, &m.mesh, SABIR_FEM_STIFFNESS, NULL, &matrix, NULL));
    int32_t *facets = m.facets, *chosen = malloc((size_t)(m.mesh.facet_count * d) * sizeof *chosen);
    const int64_t all = m.mesh.facet_count;
    for (int32_t side = 2; side < 2 * d; side++) {
        m.mesh.facet_count = all;
        int64_t count = 0;
        for (int64_t f = 0; f < all; f++)
            if (side_of(&m, f) == side) memcpy(chosen + count++ * d, facets + f * d, (size_t)d * sizeof *facets);
        m.mesh.facets = chosen;
        m.mesh.facet_count = count;
        for (int64_t i = 0; i < points; i++) at_points[i] = robin_value(m.points + i * d, d, side);
        must(sabir_fem_load(&m.mesh, SABIR_FEM_FACETS, at_points, load));
        must(sabir_fem_assemble(context, &m.mesh, SABIR_FEM_FACETS, NULL, &term, NULL));
        for (int64_t e = 0; e < matrix.entries; e++) matrix.values[e] += 2 * term.values[e];
        sabir_matrix_free(context, &term);
    }
    int32_t *fixed = malloc((size_t)points * sizeof *fixed);
    double *values = malloc((size_t)points * sizeof *values), error = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < points; i++)
        if (m.points[i * d] == 0 || m.points[i * d] == 1) fixed[count] = (int32_t)i, values[count++] = u(m.points + i * d, d);
    must(sabir_matrix_eliminate(context, &matrix, load, fixed, values, count));
    solve(&matrix, load);
    for (int64_t i = 0; i < points; i++) error += pow(load[i] - u(m.points + i * d, d), 2) / (double)points;
    sabir_matrix_free(context, &matrix);
    free(load), free(at_points), free(chosen), free(fixed), free(values);
    mesh_free(&m);
    return sqrt(error);
}

static void expect_order(const char *what, double coarse, double fine, double least)
{
    cr_expect(log2(coarse / fine) >= least, "%s: errors %g and %g, order %.2f, not %.2f", what, coarse, fine, log2(coarse / fine), least);
}

Test(pde_mesh, finite_elements_converge)
{
    expect_order("triangles", fem_error(2, 8), fem_error(2, 16), 1.8);
    expect_order("tetrahedra", fem_error(3, 3), fem_error(3, 6), 1.7);
}

static void conditions_of(const test_mesh *m, sabir_facet_condition *conditions, bool linear)
{
    const int32_t d = m->mesh.dimensions;
    for (int64_t f = 0; f < m->mesh.facet_count; f++) {
        double x[3] = {0};
        const int32_t side = side_of(m, f), axis = side / 2;
        for (int32_t i = 0; i < d; i++)
            for (int32_t k = 0; k < d; k++) x[k] += m->points[m->facets[f * d + i] * d + k] / d;
        const double sign = side % 2 ? 1 : -1, field = 3 * x[0] - 2 * x[1] + x[2], normal = sign * (axis == 0 ? 3 : axis == 1 ? -2 : 1);
        const double dirichlet = linear ? field : u(x, d), robin = linear ? 2 * field + normal : robin_value(x, d, side);
        conditions[f] = axis == 0 ? (sabir_facet_condition){SABIR_FACET_DIRICHLET, 0, dirichlet} : (sabir_facet_condition){SABIR_FACET_ROBIN, 2, robin};
    }
}

static double volumes_error(int32_t d, int64_t n)
{
    test_mesh m = mesh_make(d, n, 0.15);
    sabir_facet_condition *conditions = malloc((size_t)m.mesh.facet_count * sizeof *conditions);
    sabir_volumes v;
    double error = 0, total = 0;
    conditions_of(&m, conditions, false);
    must(sabir_volumes_assemble(context, &m.mesh, NULL, conditions, &v));
    for (int64_t c = 0; c < v.cell_count; c++) v.load[c] += v.volumes[c] * source(v.centres + c * d, d);
    solve(&v.matrix, v.load);
    for (int64_t c = 0; c < v.cell_count; c++) error += v.volumes[c] * pow(v.load[c] - u(v.centres + c * d, d), 2), total += v.volumes[c];
    cr_assert_float_eq(total, 1, 1e-12);
    sabir_volumes_free(context, &v);
    free(conditions);
    mesh_free(&m);
    return sqrt(error);
}

Test(pde_mesh, finite_volumes_converge)
{
    expect_order("triangles", volumes_error(2, 6), volumes_error(2, 12), 1.7);
    expect_order("tetrahedra", volumes_error(3, 2), volumes_error(3, 4), 1.5);
}

/* Linear fields are solved to round-off whatever the mesh; closed cells lose nothing. */
Test(pde_mesh, finite_volumes_of_linear_fields)
{
    for (int32_t d = 2; d <= 3; d++) {
        test_mesh m = mesh_make(d, 3, 0.25);
        sabir_facet_condition *conditions = malloc((size_t)m.mesh.facet_count * sizeof *conditions);
        sabir_volumes v;
        conditions_of(&m, conditions, true);
        must(sabir_volumes_assemble(context, &m.mesh, NULL, conditions, &v));
        solve(&v.matrix, v.load);
        for (int64_t c = 0; c < v.cell_count; c++) {
            const double *x = v.centres + c * d, want = 3 * x[0] - 2 * x[1] + (d == 3 ? x[2] : 0);
            cr_assert_float_eq(v.load[c], want, 1e-11, "%dd, cell %lld: %.15g, not %.15g", d, (long long)c, v.load[c], want);
        }
        sabir_volumes_free(context, &v);
        m.mesh.facet_count = 0;
        must(sabir_volumes_assemble(context, &m.mesh, NULL, NULL, &v));
        double *x = malloc((size_t)v.cell_count * sizeof *x), *y = malloc((size_t)v.cell_count * sizeof *y);
        for (int64_t c = 0; c < v.cell_count; c++) x[c] = mesh_noise(c + 99);
        must(sabir_matrix_multiply(&v.matrix, x, y));
        cr_assert_float_eq(sum(y, v.cell_count), 0, 1e-11);
        free(x), free(y), free(conditions);
        sabir_volumes_free(context, &v);
        mesh_free(&m);
    }
}

/* ---- Meshes that are wrong ---- */

static void expect_refused(const test_mesh *m, const char *part)
{
    sabir_matrix matrix = {.entries = 7};
    sabir_volumes volumes;
    sabir_facet_condition conditions[64] = {{0}};
    const sabir_status status = sabir_fem_assemble(context, &m->mesh, SABIR_FEM_STIFFNESS, NULL, &matrix, NULL);
    if (status == SABIR_OK) sabir_matrix_free(context, &matrix);
    cr_assert_eq(matrix.entries, 0);
    const sabir_status other = sabir_volumes_assemble(context, &m->mesh, NULL, conditions, &volumes);
    cr_assert_eq(other, SABIR_INVALID_ARGUMENT, "\"%s\" was accepted", part);
    cr_assert(strstr(sabir_last_message(), part) != NULL, "\"%s\" lacks \"%s\"", sabir_last_message(), part);
    cr_assert(volumes.matrix.values == NULL && volumes.load == NULL);
}

Test(pde_mesh, hostile_meshes)
{
    test_mesh m = mesh_make(2, 2, 0);
    int32_t *cells = m.cells, *facets = m.facets;
    m.mesh.size = 3;
    expect_refused(&m, "size is 3");
    m.mesh.size = sizeof m.mesh;
    m.mesh.dimensions = 4;
    expect_refused(&m, "4 dimensions");
    m.mesh.dimensions = 2;
    cells[4] = 9;
    expect_refused(&m, "cell 1 names point 9; there are 9");
    cells[4] = -1;
    expect_refused(&m, "cell 1 names point -1");
    cells[4] = cells[3];
    expect_refused(&m, "cell 1 is degenerate");
    cells[4] = 1;
    m.points[2 * 4] = (double)NAN;
    expect_refused(&m, "a coordinate of point 4 is");
    m.points[2 * 4] = 0;
    m.points[2 * 4 + 1] = 0;
    expect_refused(&m, "is degenerate: it measures 0");
    m.points[2 * 4] = m.points[2 * 4 + 1] = 0.5;
    const int32_t was = facets[0];
    facets[0] = 4;
    expect_refused(&m, "facet 0 is no face on the boundary");
    facets[0] = was;
    const int32_t second[2] = {facets[2], facets[3]};
    facets[2] = facets[1], facets[3] = facets[0];
    expect_refused(&m, "facets 0 and 1 are the same face");
    facets[2] = second[0], facets[3] = second[1];
    m.mesh.cell_count++;
    memcpy(cells + 3 * (m.mesh.cell_count - 1), (const int32_t[]){0, 4, 2}, 3 * sizeof *cells); /* a third cell at the edge 0-4 */
    expect_refused(&m, "share one face; two at most");
    m.mesh.cell_count--;
    m.mesh.cells = NULL;
    expect_refused(&m, "is NULL where its count is not 0");
    m.mesh.cells = cells;
    must(sabir_mesh_check(&m.mesh));
    sabir_volumes v;
    cr_assert_eq(sabir_volumes_assemble(context, &m.mesh, NULL, NULL, &v), SABIR_INVALID_ARGUMENT);
    sabir_facet_condition conditions[64] = {{0}};
    conditions[3] = (sabir_facet_condition){SABIR_FACET_ROBIN, -1, 0};
    cr_assert_eq(sabir_volumes_assemble(context, &m.mesh, NULL, conditions, &v), SABIR_INVALID_ARGUMENT);
    cr_assert(strstr(sabir_last_message(), "facet 3") != NULL);
    sabir_matrix matrix;
    double load[9] = {0}, value = 1;
    must(sabir_fem_assemble(context, &m.mesh, SABIR_FEM_MASS, NULL, &matrix, NULL));
    cr_assert_eq(sabir_matrix_eliminate(context, &matrix, load, (const int32_t[]){9}, &value, 1), SABIR_INVALID_ARGUMENT);
    cr_assert_eq(sabir_fem_load(&m.mesh, SABIR_FEM_STIFFNESS, load, load), SABIR_INVALID_ARGUMENT);
    cr_assert_eq(sabir_matrix_multiply(NULL, load, load), SABIR_INVALID_ARGUMENT);
    sabir_matrix_free(context, &matrix);
    m.mesh.cell_count = m.mesh.facet_count = m.mesh.point_count = 0;
    must(sabir_fem_assemble(context, &m.mesh, SABIR_FEM_MASS, NULL, &matrix, NULL));
    cr_assert_eq(matrix.entries, 0);
    sabir_matrix_free(context, &matrix);
    mesh_free(&m);
}
