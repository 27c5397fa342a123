#include "element.h"
#include "functions.h"
#include "walk.h"

enum { TAPS = 4, AXES = 3 };

/* Weight of each element as a polynomial of the fraction: 1, f, f^2, f^3. Cubic is Catmull-Rom's. */
static const double linear[TAPS][4] = {{1, -1}, {0, 1}};
static const double cubic[TAPS][4] = {{0, -0.5, 1, -0.5}, {1, 0, -2.5, 1.5}, {0, 0.5, 2, -1.5}, {0, 0, -0.5, 0.5}};

static double differentiated(const double polynomial[4], int32_t times, double f)
{
    double sum = 0.0;
    for (int32_t power = 3; power >= times; power--) {
        double factor = 1.0;
        for (int32_t k = 0; k < times; k++) factor *= power - k;
        sum = sum * f + factor * polynomial[power];
    }
    return sum;
}

typedef struct axis_taps { int32_t count; int64_t index[TAPS]; double weight[TAPS]; } axis_taps;

/* The elements around a position on an axis. A position moved inside is constant in what it was. */
static void find_taps(const sabir_interpolate_attrs *attrs, int32_t axis, int64_t extent, double position, axis_taps *taps)
{
    const bool is_cubic = attrs->order == SABIR_INTERPOLATE_CUBIC;
    double inside = position;
    if (attrs->periodic[axis]) inside -= (double)extent * floor(position / (double)extent);
    else inside = position < 0.0 ? 0.0 : position > (double)(extent - 1) ? (double)(extent - 1) : position;
    const bool is_constant = !attrs->periodic[axis] && inside != position && !isnan(position);
    const double whole = floor(inside), fraction = inside - whole;
    const int64_t first = isnan(inside) ? 0 : (int64_t)whole - (is_cubic ? 1 : 0);
    taps->count = is_cubic ? 4 : 2;
    for (int32_t k = 0; k < taps->count; k++) {
        const int64_t at = first + k;
        taps->index[k] = attrs->periodic[axis] ? (at % extent + extent) % extent : sbr_ref_clamp(at, 0, extent - 1);
        taps->weight[k] = is_constant && attrs->derivative[axis] ? 0.0 : differentiated(is_cubic ? cubic[k] : linear[k], attrs->derivative[axis], fraction);
    }
}

/* x: one grid; extents and strides of its axes. */
static double sample(const double *x, const axis_taps taps[AXES], const int64_t strides[AXES])
{
    double sum = 0.0;
    for (int32_t a = 0; a < taps[0].count; a++)
        for (int32_t b = 0; b < taps[1].count; b++)
            for (int32_t c = 0; c < taps[2].count; c++)
                sum += taps[0].weight[a] * taps[1].weight[b] * taps[2].weight[c] *
                       x[taps[0].index[a] * strides[0] + taps[1].index[b] * strides[1] + taps[2].index[c] * strides[2]];
    return sum;
}

sabir_status sbr_ref_op_interpolate(const sbr_ref_call *call)
{
    const sabir_interpolate_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0], *positions = &call->inputs[1];
    sbr_ref_tensor *out = &call->outputs[0];
    const int32_t batch = x->rank - attrs->axes;
    const int64_t grids = sbr_ref_product(out, 0, batch), points = sbr_ref_product(out, batch, out->rank), cells = sbr_ref_product(x, batch, x->rank);
    int64_t strides[AXES] = {0};
    for (int32_t axis = 0; axis < attrs->axes; axis++) strides[axis] = sbr_ref_product(x, batch + axis + 1, x->rank);
    for (int64_t grid = 0; grid < grids; grid++) {
        for (int64_t point = 0; point < points; point++) {
            axis_taps taps[AXES] = {{1, {0}, {1}}, {1, {0}, {1}}, {1, {0}, {1}}};
            for (int32_t axis = 0; axis < attrs->axes && cells; axis++)
                find_taps(attrs, axis, x->extents[batch + axis], positions->f[(grid * attrs->axes + axis) * points + point], &taps[axis]);
            out->f[grid * points + point] = cells ? sample(x->f + grid * cells, taps, strides) : 0.0;
        }
    }
    return SABIR_OK;
}
