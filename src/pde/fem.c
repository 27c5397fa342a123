/* Finite elements: continuous and linear on each cell (P1). */
#include "mesh.h"

/* Integral of u v over a simplex of measure m with k corners, for the functions of two of its corners: m / (k (k + 1)), twice that for the same one. */
static double mass_weight(double measure, int32_t corners, bool same) { return measure * (same ? 2 : 1) / (corners * (corners + 1)); }

static void add_stiffness(sbr_contributions *all, const sabir_mesh *mesh, int64_t cell)
{
    double gradients[4][3];
    const double volume = sbr_cell_gradients(mesh, cell, gradients);
    const int32_t *points = sbr_cell(mesh, cell), corners = mesh->dimensions + 1;
    for (int32_t i = 0; i < corners; i++)
        for (int32_t k = 0; k < corners; k++) {
            double product = 0;
            for (int32_t d = 0; d < mesh->dimensions; d++) product += gradients[i][d] * gradients[k][d];
            sbr_contribute(all, points[i], points[k], cell, volume * product);
        }
}

static void add_mass(sbr_contributions *all, const sabir_mesh *mesh, const int32_t *points, int32_t corners, int64_t source, bool lumped)
{
    const double measure = sbr_measure(mesh, points, corners);
    for (int32_t i = 0; i < corners; i++)
        for (int32_t k = 0; k < corners; k++) {
            if (lumped && i == k) sbr_contribute(all, points[i], points[k], source, measure / corners);
            if (!lumped) sbr_contribute(all, points[i], points[k], source, mass_weight(measure, corners, i == k));
        }
}

/* Points that share a cell, whatever the term: terms can then be added value by value. */
static void add_pattern(sbr_contributions *all, const sabir_mesh *mesh)
{
    for (int64_t p = 0; p < mesh->point_count; p++) sbr_contribute(all, p, p, -1, 0);
    for (int64_t c = 0; c < mesh->cell_count; c++)
        for (int32_t i = 0; i <= mesh->dimensions; i++)
            for (int32_t k = 0; k <= mesh->dimensions; k++) sbr_contribute(all, sbr_cell(mesh, c)[i], sbr_cell(mesh, c)[k], -1, 0);
}

sabir_status sabir_fem_assemble(sabir_context *context, const sabir_mesh *mesh, sabir_fem_term term, const double *coefficients, sabir_matrix *matrix,
                                sabir_matrix *map)
{
    if (!context || !matrix) return sbr_fail(SABIR_INVALID_ARGUMENT, "fem_assemble: context or matrix is NULL");
    *matrix = (sabir_matrix){0};
    if (map) *map = (sabir_matrix){0};
    if ((unsigned)term > SABIR_FEM_FACETS) return sbr_fail(SABIR_INVALID_ARGUMENT, "fem_assemble: %d is no term", (int)term);
    SABIR_TRY(sabir_mesh_check(mesh));
    const sabir_allocator *allocator = sbr_context_allocator(context);
    sbr_contributions all = {.allocator = allocator};
    add_pattern(&all, mesh);
    const int64_t sources = term == SABIR_FEM_FACETS ? mesh->facet_count : mesh->cell_count;
    for (int64_t s = 0; s < sources; s++) {
        if (term == SABIR_FEM_STIFFNESS) add_stiffness(&all, mesh, s);
        else if (term == SABIR_FEM_FACETS) add_mass(&all, mesh, sbr_facet(mesh, s), mesh->dimensions, s, false);
        else add_mass(&all, mesh, sbr_cell(mesh, s), mesh->dimensions + 1, s, term == SABIR_FEM_LUMPED_MASS);
    }
    const sabir_status status = sbr_matrix_build(&all, mesh->point_count, mesh->point_count, sources, coefficients, matrix, map);
    sbr_vector_free(allocator, &all.list);
    return status;
}

static void load_simplex(const sabir_mesh *mesh, const int32_t *points, int32_t corners, const double *source, double *load)
{
    const double measure = sbr_measure(mesh, points, corners);
    for (int32_t i = 0; i < corners; i++)
        for (int32_t k = 0; k < corners; k++) load[points[i]] += mass_weight(measure, corners, i == k) * source[points[k]];
}

sabir_status sabir_fem_load(const sabir_mesh *mesh, sabir_fem_term term, const double *source, double *load)
{
    if (term != SABIR_FEM_MASS && term != SABIR_FEM_FACETS)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "fem_load: loads are over cells (SABIR_FEM_MASS) or facets (SABIR_FEM_FACETS)");
    SABIR_TRY(sabir_mesh_check(mesh));
    if (mesh->point_count && (!source || !load)) return sbr_fail(SABIR_INVALID_ARGUMENT, "fem_load: source or load is NULL");
    for (int64_t c = 0; term == SABIR_FEM_MASS && c < mesh->cell_count; c++) load_simplex(mesh, sbr_cell(mesh, c), mesh->dimensions + 1, source, load);
    for (int64_t f = 0; term == SABIR_FEM_FACETS && f < mesh->facet_count; f++) load_simplex(mesh, sbr_facet(mesh, f), mesh->dimensions, source, load);
    return SABIR_OK;
}
