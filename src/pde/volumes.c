/* Cell-centred finite volumes. The flux through a face of area S and normal n between centroids P and Q, e = Q - P, is
 *     c S ((u_Q - u_P) / (n . e) + g . (n - e / (n . e))),
 * g the mean of both cells' gradients by least squares over their faces. It is exact for linear u on any mesh. */
#include "faces.h"

/* What a value is made of: the cells' values times weights, and a number that the conditions give. */
typedef struct term { int32_t cell; double weight; } term;
enum { MOST_TERMS = 5 }; /* a cell and its neighbours */
typedef struct gradient { int32_t count; term terms[MOST_TERMS][3]; double constant[3]; } gradient; /* by component; terms of one cell beside each other */

typedef struct assembly {
    const sabir_mesh *mesh;
    const sabir_facet_condition *conditions;
    sbr_faces faces;
    const double *centres;
    gradient *gradients;   /* by cell */
    int64_t *faces_of;     /* by cell, dimensions + 1 each */
    sbr_contributions matrix, load; /* load: row cell, column and source face */
} assembly;

static const double *centre(const assembly *a, int64_t cell) { return a->centres + cell * a->mesh->dimensions; }

/* ---- Gradients by least squares ---- */

/* The inverse of a symmetric matrix of 2 or 3 rows; false where there is none. */
static bool invert(int32_t n, double m[3][3], double inverse[3][3])
{
    if (n == 2) m[0][2] = m[1][2] = m[2][0] = m[2][1] = 0, m[2][2] = 1;
    double determinant = 0;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) {
            const int a = (i + 1) % 3, b = (i + 2) % 3, c = (k + 1) % 3, d = (k + 2) % 3;
            inverse[k][i] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
        }
        determinant += m[0][i] * inverse[i][0];
    }
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) inverse[i][k] /= determinant;
    return isfinite(1 / determinant);
}

/* One equation row . g = (what a neighbour or a condition says): neighbour - own, or number - alpha own. */
typedef struct equation { double row[3]; int32_t neighbour; double own, number; } equation;

/* Lengths are divided out, so that near and far faces count alike. */
static void scale(equation *e, double by)
{
    for (int d = 0; d < 3; d++) e->row[d] *= by;
    e->own *= by;
    e->number *= by;
}

static equation equation_of(const assembly *a, int64_t cell, const sbr_face *face)
{
    equation e = {.neighbour = face->cells[0] == cell ? face->cells[1] : face->cells[0]};
    const double *from = centre(a, cell), *to = e.neighbour >= 0 ? centre(a, e.neighbour) : face->centre;
    double length = 0;
    for (int d = 0; d < a->mesh->dimensions; d++) e.row[d] = to[d] - from[d], length += e.row[d] * e.row[d];
    length = sqrt(length);
    if (e.neighbour >= 0) {
        e.own = -1;
    } else {
        const sabir_facet_condition closed = {SABIR_FACET_ROBIN, 0, 0}, *condition = face->facet >= 0 ? &a->conditions[face->facet] : &closed;
        e.number = condition->value;
        e.own = -1;
        if (condition->kind == SABIR_FACET_ROBIN) {
            /* alpha (u + row . g) + normal . g = value, times the length, so that it weighs like the others. */
            for (int d = 0; d < 3; d++) e.row[d] = length * (condition->alpha * e.row[d] + face->normal[d]);
            e.number *= length;
            e.own = -length * condition->alpha;
        }
    }
    scale(&e, 1 / length);
    return e;
}

/* The weight of the neighbour in its own equation after scaling is what its own value lost. */
static double neighbour_weight(const equation *e) { return e->neighbour >= 0 ? -e->own : 0; }

static sabir_status find_gradient(assembly *a, int64_t cell)
{
    const int32_t n = a->mesh->dimensions, faces = n + 1;
    equation equations[4];
    double normal[3][3] = {{0}}, inverse[3][3];
    gradient *g = &a->gradients[cell];
    for (int32_t f = 0; f < faces; f++) {
        equations[f] = equation_of(a, cell, &a->faces.data[a->faces_of[cell * faces + f]]);
        for (int i = 0; i < n; i++)
            for (int k = 0; k < n; k++) normal[i][k] += equations[f].row[i] * equations[f].row[k];
    }
    if (!invert(n, normal, inverse)) return sbr_fail(SABIR_INVALID_ARGUMENT, "volumes: cell %lld is too flat for a gradient", (long long)cell);
    g->count = 1;
    for (int d = 0; d < 3; d++) g->terms[0][d].cell = (int32_t)cell;
    for (int32_t f = 0; f < faces; f++) {
        const equation *e = &equations[f];
        const int32_t at = e->neighbour >= 0 ? g->count++ : 0;
        for (int d = 0; d < n; d++) {
            double part = 0;
            for (int k = 0; k < n; k++) part += inverse[d][k] * e->row[k];
            if (at) g->terms[at][d] = (term){e->neighbour, part * neighbour_weight(e)};
            g->terms[0][d].weight += part * e->own;
            g->constant[d] += part * e->number;
        }
    }
    return SABIR_OK;
}

/* ---- Fluxes ---- */

/* factor times u of a cell leaves cell `from` (and enters `to`, unless -1) through the face. */
static void add_flux(assembly *a, const sbr_face *face, int64_t number, int32_t cell, double factor)
{
    sbr_contribute(&a->matrix, face->cells[0], cell, number, -factor * face->area);
    if (face->cells[1] >= 0) sbr_contribute(&a->matrix, face->cells[1], cell, number, factor * face->area);
}

static void add_number(assembly *a, const sbr_face *face, int64_t number, double value)
{
    if (value == 0) return;
    sbr_contribute(&a->load, face->cells[0], number, number, value * face->area);
    if (face->cells[1] >= 0) sbr_contribute(&a->load, face->cells[1], number, number, -value * face->area);
}

/* weight times a cell's gradient along a vector. */
static void add_gradient(assembly *a, const sbr_face *face, int64_t number, const gradient *g, const double along[3], double weight)
{
    double constant = 0;
    for (int32_t t = 0; t < g->count; t++) {
        double factor = 0;
        for (int d = 0; d < a->mesh->dimensions; d++) factor += g->terms[t][d].weight * along[d];
        add_flux(a, face, number, g->terms[t][0].cell, weight * factor);
    }
    for (int d = 0; d < a->mesh->dimensions; d++) constant += g->constant[d] * along[d];
    add_number(a, face, number, weight * constant);
}

static void add_inner_face(assembly *a, const sbr_face *face, int64_t number)
{
    const double *p = centre(a, face->cells[0]), *q = centre(a, face->cells[1]);
    double apart = 0, aside[3] = {0};
    for (int d = 0; d < a->mesh->dimensions; d++) apart += face->normal[d] * (q[d] - p[d]);
    for (int d = 0; d < a->mesh->dimensions; d++) aside[d] = face->normal[d] - (q[d] - p[d]) / apart;
    add_flux(a, face, number, face->cells[1], 1 / apart);
    add_flux(a, face, number, face->cells[0], -1 / apart);
    for (int i = 0; i < 2; i++) add_gradient(a, face, number, &a->gradients[face->cells[i]], aside, 0.5);
}

/* du/dn = (u_f - u_P - g . t) / h, h the distance to the face along its normal and t what is aside of it. Robin: u_f follows from alpha u_f + du/dn = value. */
static void add_outer_face(assembly *a, const sbr_face *face, int64_t number)
{
    if (face->facet < 0) return;
    const sabir_facet_condition *condition = &a->conditions[face->facet];
    const double *p = centre(a, face->cells[0]);
    double h = 0, aside[3] = {0};
    for (int d = 0; d < a->mesh->dimensions; d++) h += face->normal[d] * (face->centre[d] - p[d]);
    for (int d = 0; d < a->mesh->dimensions; d++) aside[d] = face->centre[d] - p[d] - h * face->normal[d];
    const bool is_robin = condition->kind == SABIR_FACET_ROBIN;
    const double inside = is_robin ? condition->alpha / (1 + condition->alpha * h) : 1 / h;
    add_flux(a, face, number, face->cells[0], -inside);
    add_gradient(a, face, number, &a->gradients[face->cells[0]], aside, -inside);
    add_number(a, face, number, is_robin ? condition->value / (1 + condition->alpha * h) : condition->value / h);
}

/* ---- Assembly ---- */

static sabir_status check_conditions(const sabir_mesh *mesh, const sabir_facet_condition *conditions)
{
    if (mesh->facet_count && !conditions)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "volumes: conditions is NULL; there are %lld facets", (long long)mesh->facet_count);
    for (int64_t f = 0; f < mesh->facet_count; f++) {
        const sabir_facet_condition *c = &conditions[f];
        if ((unsigned)c->kind > SABIR_FACET_ROBIN || !isfinite(c->value) || (c->kind == SABIR_FACET_ROBIN && !(c->alpha >= 0 && isfinite(c->alpha))))
            return sbr_fail(SABIR_INVALID_ARGUMENT, "volumes: the condition of facet %lld: kind %d, alpha %g (0 or more), value %g (finite)",
                            (long long)f, (int)c->kind, c->alpha, c->value);
    }
    return SABIR_OK;
}

/* Harmonic means of the cells' coefficients; NULL coefficients: 1. */
static void face_coefficients(const sbr_faces *faces, const double *coefficients, double *of_faces)
{
    for (int64_t f = 0; f < faces->count; f++) {
        const sbr_face *face = &faces->data[f];
        const double p = coefficients ? coefficients[face->cells[0]] : 1, q = coefficients && face->cells[1] >= 0 ? coefficients[face->cells[1]] : p;
        of_faces[f] = p + q == 0 ? 0 : 2 * p * q / (p + q);
    }
}

static bool allocate(const sabir_allocator *allocator, const sabir_mesh *mesh, assembly *a, sabir_volumes *volumes)
{
    volumes->cell_count = mesh->cell_count;
    volumes->face_count = a->faces.count;
    volumes->load = sbr_alloc_array(allocator, (size_t)mesh->cell_count, sizeof(double));
    volumes->volumes = sbr_alloc_array(allocator, (size_t)mesh->cell_count, sizeof(double));
    volumes->centres = sbr_alloc_array(allocator, (size_t)(mesh->cell_count * mesh->dimensions), sizeof(double));
    volumes->face_cells = sbr_alloc_array(allocator, (size_t)a->faces.count, 2 * sizeof(int32_t));
    a->gradients = sbr_alloc_array(allocator, (size_t)mesh->cell_count, sizeof *a->gradients);
    a->faces_of = sbr_alloc_array(allocator, (size_t)(mesh->cell_count * (mesh->dimensions + 1)), sizeof *a->faces_of);
    return volumes->load && volumes->volumes && volumes->centres && volumes->face_cells && a->gradients && a->faces_of;
}

static void describe(const sabir_mesh *mesh, assembly *a, sabir_volumes *volumes)
{
    for (int64_t c = 0; c < mesh->cell_count; c++) {
        double at[3];
        sbr_centroid(mesh, sbr_cell(mesh, c), mesh->dimensions + 1, at);
        for (int d = 0; d < mesh->dimensions; d++) volumes->centres[c * mesh->dimensions + d] = at[d];
        volumes->volumes[c] = sbr_measure(mesh, sbr_cell(mesh, c), mesh->dimensions + 1);
    }
    a->centres = volumes->centres;
    int64_t *found = a->faces_of;
    for (int64_t c = 0; c < mesh->cell_count * (mesh->dimensions + 1); c++) found[c] = -1;
    for (int64_t f = 0; f < a->faces.count; f++) {
        for (int i = 0; i < 2; i++) {
            const int32_t cell = a->faces.data[f].cells[i];
            volumes->face_cells[2 * f + i] = cell;
            if (cell < 0) continue;
            int64_t *slot = found + (int64_t)cell * (mesh->dimensions + 1);
            while (*slot >= 0) slot++;
            *slot = f;
        }
    }
}

static sabir_status build(assembly *a, const double *coefficients, double *of_faces, sabir_volumes *volumes)
{
    const int64_t cells = a->mesh->cell_count;
    for (int64_t c = 0; c < cells; c++) SABIR_TRY(find_gradient(a, c));
    for (int64_t c = 0; c < cells; c++) sbr_contribute(&a->matrix, c, c, -1, 0);
    for (int64_t f = 0; f < a->faces.count; f++) {
        if (a->faces.data[f].cells[1] >= 0) add_inner_face(a, &a->faces.data[f], f);
        else add_outer_face(a, &a->faces.data[f], f);
    }
    face_coefficients(&a->faces, coefficients, of_faces);
    SABIR_TRY(sbr_matrix_build(&a->matrix, cells, cells, a->faces.count, of_faces, &volumes->matrix, &volumes->map));
    /* Rows are cells and columns faces already, so the matrix of the numbers is the map itself. */
    SABIR_TRY(sbr_matrix_build(&a->load, cells, a->faces.count, a->faces.count, NULL, &volumes->load_map, NULL));
    return sabir_matrix_multiply(&volumes->load_map, of_faces, volumes->load);
}

sabir_status sabir_volumes_assemble(sabir_context *context, const sabir_mesh *mesh, const double *coefficients, const sabir_facet_condition *conditions,
                                    sabir_volumes *volumes)
{
    if (!context || !volumes) return sbr_fail(SABIR_INVALID_ARGUMENT, "volumes: context or volumes is NULL");
    *volumes = (sabir_volumes){0};
    SABIR_TRY(sabir_mesh_check(mesh));
    SABIR_TRY(check_conditions(mesh, conditions));
    const sabir_allocator *allocator = sbr_context_allocator(context);
    assembly a = {.mesh = mesh, .conditions = conditions, .matrix = {.allocator = allocator}, .load = {.allocator = allocator}};
    sabir_status status = sbr_faces_find(allocator, mesh, &a.faces);
    double *of_faces = status == SABIR_OK ? sbr_alloc_array(allocator, (size_t)a.faces.count, sizeof *of_faces) : NULL;
    if (status == SABIR_OK && (!of_faces || !allocate(allocator, mesh, &a, volumes)))
        status = sbr_no_memory((size_t)mesh->cell_count * sizeof(gradient));
    if (status == SABIR_OK) {
        describe(mesh, &a, volumes);
        status = build(&a, coefficients, of_faces, volumes);
    }
    sbr_free(allocator, of_faces);
    sbr_free(allocator, a.faces.data);
    sbr_free(allocator, a.gradients);
    sbr_free(allocator, a.faces_of);
    sbr_vector_free(allocator, &a.matrix.list);
    sbr_vector_free(allocator, &a.load.list);
    if (status != SABIR_OK) sabir_volumes_free(context, volumes);
    return status;
}

void sabir_volumes_free(sabir_context *context, sabir_volumes *volumes)
{
    if (!context || !volumes) return;
    const sabir_allocator *allocator = sbr_context_allocator(context);
    sbr_matrix_release(allocator, &volumes->matrix);
    sbr_matrix_release(allocator, &volumes->map);
    sbr_matrix_release(allocator, &volumes->load_map);
    sbr_free(allocator, volumes->load);
    sbr_free(allocator, volumes->volumes);
    sbr_free(allocator, volumes->centres);
    sbr_free(allocator, volumes->face_cells);
    *volumes = (sabir_volumes){0};
}
