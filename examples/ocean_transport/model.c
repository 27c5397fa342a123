#include "model.h"

#include <math.h>

static const double radius = 6.371e6, drift_of_wind = 0.03, pi = 3.14159265358979323846;
enum { MOST_ITERATIONS = 600 };

/* ---- the grid ---- */

static int east_of(int i) { return (i + 1) % COLUMNS; }

void grid_make(const climate *data, grid *grid)
{
    const double step = pi / ROWS, dy = radius * step;
    for (int j = 0; j < ROWS; j++) {
        const double middle = (double)data->latitude[j] * pi / 180, top = middle + step / 2, dx = radius * cos(middle) * step, top_length = radius * cos(top) * step;
        for (int i = 0; i < COLUMNS; i++) {
            const int e = east_of(i);
            const bool open_east = data->wet[j][i] && data->wet[j][e], open_north = j + 1 < ROWS && data->wet[j][i] && data->wet[j + 1][i];
            grid->area[j][i] = (float)(radius * radius * step * (sin(top) - sin(middle - step / 2)));
            grid->east_conductance[j][i] = open_east ? (float)(dy / dx) : 0;
            grid->north_conductance[j][i] = open_north ? (float)(top_length / dy) : 0;
            for (int m = 0; m < MONTHS; m++) {
                const double u = 0.5 * ((double)data->east[m][j][i] + (double)data->east[m][j][e]) * drift_of_wind;
                const double v = open_north ? 0.5 * ((double)data->north[m][j][i] + (double)data->north[m][j + 1][i]) * drift_of_wind : 0;
                grid->east_drift[m][j][i] = open_east ? (float)(u * dy) : 0;
                grid->north_drift[m][j][i] = (float)(v * top_length);
            }
        }
    }
    for (int j = 0; j < ROWS; j++) {
        for (int i = 0; i < COLUMNS; i++) {
            const float sum = grid->east_conductance[j][i] + grid->east_conductance[j][(i + COLUMNS - 1) % COLUMNS] + grid->north_conductance[j][i] +
                              (j > 0 ? grid->north_conductance[j - 1][i] : 0);
            grid->diagonal[j][i] = sum > 0 ? sum : 1;
        }
    }
}

static double outflow(const float *east, const float *north, int m, int j, int i)
{
    const size_t base = (size_t)m * CELLS, here = base + (size_t)(j * COLUMNS + i), west = base + (size_t)(j * COLUMNS + (i + COLUMNS - 1) % COLUMNS);
    double out = fmax((double)east[here], 0) + fmax(-(double)east[west], 0) + fmax((double)north[here], 0);
    if (j > 0) out += fmax(-(double)north[here - COLUMNS], 0);
    return out;
}

double model_courant(const grid *grid, const float *east, const float *north, step_options options)
{
    double worst = 0;
    for (int m = 0; m < MONTHS; m++)
        for (int j = 0; j < ROWS; j++)
            for (int i = 0; i < COLUMNS; i++) {
                const double spread = options.diffusion * (double)grid->diagonal[j][i];
                worst = fmax(worst, options.seconds * (outflow(east, north, m, j, i) + spread) / (double)grid->area[j][i]);
            }
    return worst;
}

/* ---- graphs ---- */

static sabir_value field(sabir_graph *g, const float (*data)[COLUMNS]) { return sabir_constant(g, SABIR_F32, SABIR_SHAPE(ROWS, COLUMNS), data); }

/* The neighbour's value, on the last two axes. Rows wrap too, but no face at the poles is open. */
static sabir_value from_east(sabir_graph *g, sabir_value x) { return sabir_roll(g, x, SABIR_INTS(-1), SABIR_INTS(-1)); }
static sabir_value from_west(sabir_graph *g, sabir_value x) { return sabir_roll(g, x, SABIR_INTS(1), SABIR_INTS(-1)); }
static sabir_value from_north(sabir_graph *g, sabir_value x) { return sabir_roll(g, x, SABIR_INTS(-1), SABIR_INTS(-2)); }
static sabir_value from_south(sabir_graph *g, sabir_value x) { return sabir_roll(g, x, SABIR_INTS(1), SABIR_INTS(-2)); }

/* What leaves each cell through its faces, less what enters. */
static sabir_value divergence(sabir_graph *g, sabir_value east, sabir_value north)
{
    return sabir_add(g, sabir_sub(g, east, from_west(g, east)), sabir_sub(g, north, from_south(g, north)));
}

typedef struct faces { sabir_value east, north; } faces;

/* c times the difference across each face. */
static faces slopes(sabir_graph *g, sabir_value x, faces conductance)
{
    return (faces){sabir_mul(g, conductance.east, sabir_sub(g, from_east(g, x), x)), sabir_mul(g, conductance.north, sabir_sub(g, from_north(g, x), x))};
}

/* By month: [12, 90, 180] -> [12, 1, 1]. */
static sabir_value dot(sabir_graph *g, sabir_value a, sabir_value b)
{
    return sabir_reshape(g, sabir_sum(g, sabir_mul(g, a, b), SABIR_INTS(1, 2)), SABIR_SHAPE(MONTHS, 1, 1));
}

sabir_graph *model_projection(sabir_context *context, const grid *grid)
{
    sabir_graph *g;
    if (sabir_graph_create(context, &g) != SABIR_OK) return NULL;
    const sabir_shape months = SABIR_SHAPE(MONTHS, ROWS, COLUMNS);
    const sabir_value tiny = sabir_number(g, SABIR_F32, 1e-30), inverse = sabir_reciprocal(g, field(g, grid->diagonal));
    const faces conductance = {field(g, grid->east_conductance), field(g, grid->north_conductance)};
    const faces drift = {sabir_input(g, "east", SABIR_F32, months), sabir_input(g, "north", SABIR_F32, months)};
    /* The operator is minus the divergence of the slopes: symmetric and positive. */
    sabir_value start = sabir_neg(g, divergence(g, drift.east, drift.north)), z0 = sabir_mul(g, inverse, start), rho0 = dot(g, start, z0);
    sabir_value zero = sabir_full(g, SABIR_F32, months, 0), carried[4], result[4];
    sabir_loop_begin(g, MOST_ITERATIONS, (sabir_value[]){zero, start, z0, rho0}, 4, carried);
    sabir_value p = carried[0], r = carried[1], d = carried[2], rho = carried[3];
    faces s = slopes(g, d, conductance);
    sabir_value ad = sabir_neg(g, divergence(g, s.east, s.north));
    sabir_value alpha = sabir_div(g, rho, sabir_maximum(g, dot(g, d, ad), tiny));
    sabir_value p1 = sabir_add(g, p, sabir_mul(g, alpha, d)), r1 = sabir_sub(g, r, sabir_mul(g, alpha, ad)), z1 = sabir_mul(g, inverse, r1), rho1 = dot(g, r1, z1);
    sabir_value d1 = sabir_add(g, z1, sabir_mul(g, sabir_div(g, rho1, sabir_maximum(g, rho, tiny)), d));
    sabir_value ratio = sabir_max(g, sabir_div(g, rho1, sabir_maximum(g, rho0, tiny)), SABIR_ALL_AXES);
    sabir_value going = sabir_greater(g, ratio, sabir_number(g, SABIR_F32, 1e-10));
    sabir_value iterations = sabir_loop_end(g, (sabir_value[]){p1, r1, d1, rho1}, 4, going, result);
    faces correction = slopes(g, result[0], conductance);
    sabir_output(g, "east_free", sabir_sub(g, drift.east, correction.east));
    sabir_output(g, "north_free", sabir_sub(g, drift.north, correction.north));
    sabir_output(g, "iterations", iterations);
    sabir_output(g, "residual", sabir_sqrt(g, sabir_max(g, sabir_div(g, result[3], sabir_maximum(g, rho0, tiny)), SABIR_ALL_AXES)));
    return g;
}

/* A monthly field at the step's time, linear between months. */
static sabir_value at_time(sabir_graph *g, sabir_value monthly, sabir_value month, sabir_value next, sabir_value weight)
{
    sabir_value before = sabir_gather(g, monthly, month, 0), after = sabir_gather(g, monthly, next, 0);
    return sabir_add(g, before, sabir_mul(g, weight, sabir_sub(g, after, before)));
}

/* What the flow carries through a face: the temperature of the side it comes from. */
static sabir_value upwind(sabir_graph *g, sabir_value flow, sabir_value here, sabir_value there)
{
    const sabir_value zero = sabir_number(g, SABIR_F32, 0);
    return sabir_add(g, sabir_mul(g, sabir_maximum(g, flow, zero), here), sabir_mul(g, sabir_minimum(g, flow, zero), there));
}

sabir_graph *model_step(sabir_context *context, const climate *data, const grid *grid, step_options options)
{
    sabir_graph *g;
    if (sabir_graph_create(context, &g) != SABIR_OK) return NULL;
    const sabir_shape months = SABIR_SHAPE(MONTHS, ROWS, COLUMNS);
    static float rate[ROWS][COLUMNS], wet[ROWS][COLUMNS];
    for (int j = 0; j < ROWS; j++)
        for (int i = 0; i < COLUMNS; i++) {
            rate[j][i] = (float)(options.seconds / (double)grid->area[j][i]);
            wet[j][i] = data->wet[j][i] ? 1.0f : 0.0f;
        }
    sabir_value month = sabir_scalar(g, "month", SABIR_I32), next = sabir_scalar(g, "next", SABIR_I32), weight = sabir_scalar(g, "weight", SABIR_F32);
    sabir_value t = sabir_variable(g, "temperature", SABIR_F32, SABIR_SHAPE(ROWS, COLUMNS));
    const faces flow = {at_time(g, sabir_variable(g, "east", SABIR_F32, months), month, next, weight),
                        at_time(g, sabir_variable(g, "north", SABIR_F32, months), month, next, weight)};
    const faces spread = slopes(g, t, (faces){field(g, grid->east_conductance), field(g, grid->north_conductance)});
    const sabir_value diffusion = sabir_number(g, SABIR_F32, options.diffusion);
    sabir_value east = sabir_sub(g, upwind(g, flow.east, t, from_east(g, t)), sabir_mul(g, diffusion, spread.east));
    sabir_value north = sabir_sub(g, upwind(g, flow.north, t, from_north(g, t)), sabir_mul(g, diffusion, spread.north));
    sabir_value after = sabir_sub(g, t, sabir_mul(g, field(g, (const float(*)[COLUMNS])rate), divergence(g, east, north)));
    if (options.restore_days > 0) {
        sabir_value observed = at_time(g, sabir_constant(g, SABIR_F32, months, data->temperature), month, next, weight);
        sabir_value pull = sabir_mul(g, field(g, (const float(*)[COLUMNS])wet), sabir_number(g, SABIR_F32, options.seconds / (options.restore_days * 86400)));
        after = sabir_add(g, after, sabir_mul(g, pull, sabir_sub(g, observed, t)));
    }
    sabir_assign(g, t, after);
    return g;
}
