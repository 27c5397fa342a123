/* Periodic problems in the space of their Fourier terms. */
#include "grid.h"

static const double two_pi = 6.28318530717958647692;

static bool open_spectral(sabir_graph *graph, const char *call, sabir_value x, const sabir_grid *given, sbr_grid *grid)
{
    if (!sbr_grid_open(graph, call, x, given, 0, grid) || !sbr_need_field(graph, call, "the field", x, grid->axes, false)) return false;
    for (int32_t a = 0; a < grid->axes; a++) {
        const sabir_extent n = sbr_extent_of(x, grid->first + a);
        if (sbr_is_periodic(grid, a) && n >= 1) continue;
        (void)sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "%s: axis %d has to be periodic, with an extent that is a number above 0", call, a);
        return false;
    }
    if (sabir_value_shape(x).rank < SABIR_MAX_RANK) return true;
    (void)sbr_refuse(graph, SABIR_INVALID_SHAPE, "%s: a field of rank 8; 7 at most", call);
    return false;
}

/* The symbol of minus the second derivative for terms 0 .. count - 1 of n, as [count, 1..., 1] in front of `behind` axes. */
static sabir_value second_derivative(sabir_value like, int64_t n, int64_t count, double spacing, sabir_symbol symbol, int32_t behind)
{
    double *numbers = sbr_graph_scratch(like.graph, count);
    if (!numbers) return sbr_nothing(like.graph);
    for (int64_t k = 0; k < count; k++) {
        const double angle = two_pi * (double)(2 * k <= n ? k : k - n) / (double)n, sine = sin(angle / 2);
        numbers[k] = (symbol == SABIR_SYMBOL_EXACT ? angle * angle : 4 * sine * sine) / (spacing * spacing);
    }
    sabir_shape shape = {.rank = behind + 1, .extents = {count}};
    for (int32_t i = 1; i < shape.rank; i++) shape.extents[i] = 1;
    const sabir_value table = sbr_graph_table(like.graph, sabir_value_type(like), shape, numbers);
    sbr_graph_release(like.graph, numbers);
    return table;
}

/* Transforms the axes but the last, which real transforms take. */
static sabir_value other_axes(const sbr_grid *grid, sabir_value x, int32_t inverse)
{
    sabir_ints axes = {.count = grid->axes - 1};
    for (int32_t a = 0; a < axes.count; a++) axes.values[a] = grid->first + a;
    return axes.count > 0 ? sabir_fft(x.graph, x, axes, inverse) : x;
}

sabir_value sabir_spectral_solve(sabir_graph *graph, sabir_value f, const sabir_grid *given, double shift, sabir_symbol symbol)
{
    static const char call[] = "spectral_solve";
    sbr_grid grid;
    if (!open_spectral(graph, call, f, given, &grid)) return sbr_nothing(graph);
    if (!(shift >= 0) || !isfinite(shift) || (unsigned)symbol > SABIR_SYMBOL_DIFFERENCES)
        return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "%s: a shift of %g, which has to be 0 or more, and symbol %d", call, shift, (int)symbol);
    const int32_t last = grid.first + grid.axes - 1;
    const int64_t n = sbr_extent_of(f, last);
    sabir_value sum = sbr_like(f, shift);
    for (int32_t a = 0; a < grid.axes; a++) {
        const int64_t extent = sbr_extent_of(f, grid.first + a), count = a + 1 == grid.axes ? n / 2 + 1 : extent;
        sum = sabir_add(graph, sum, second_derivative(f, extent, count, grid.spacing[a], symbol, grid.axes - a));
    }
    const sabir_value terms = other_axes(&grid, sabir_rfft(graph, f, last), 0);
    const sabir_value solved = sabir_mul(graph, terms, sbr_ratio(sbr_like(f, 1), sum));
    return sabir_irfft(graph, other_axes(&grid, solved, 1), last, n);
}

sabir_value sabir_spectral_derivative(sabir_graph *graph, sabir_value x, int32_t axis, const sabir_grid *given)
{
    static const char call[] = "spectral_derivative";
    sbr_grid grid;
    if (!open_spectral(graph, call, x, given, &grid)) return sbr_nothing(graph);
    if (axis < 0 || axis >= grid.axes) return sbr_refuse(graph, SABIR_INVALID_ARGUMENT, "%s: axis %d of a grid of %d", call, axis, grid.axes);
    const int64_t n = sbr_extent_of(x, grid.first + axis), count = n / 2 + 1;
    double *numbers = sbr_graph_scratch(graph, 2 * count);
    if (!numbers) return sbr_nothing(graph);
    /* i k (a + b i) = - k b + k a i; the term at half the frequency of the grid has no derivative on it. */
    for (int64_t k = 0; k < count; k++) {
        const double wave = 2 * k == n ? 0 : two_pi * (double)k / ((double)n * grid.spacing[axis]);
        numbers[2 * k] = -wave;
        numbers[2 * k + 1] = wave;
    }
    sabir_shape shape = {.rank = grid.axes - axis + 1, .extents = {count}};
    for (int32_t i = 1; i < shape.rank; i++) shape.extents[i] = i + 1 == shape.rank ? 2 : 1;
    const sabir_value waves = sbr_graph_table(graph, sabir_value_type(x), shape, numbers);
    sbr_graph_release(graph, numbers);
    const sabir_value terms = sabir_flip(graph, sabir_rfft(graph, x, grid.first + axis), SABIR_INTS(-1));
    return sabir_irfft(graph, sabir_mul(graph, terms, waves), grid.first + axis, n);
}
