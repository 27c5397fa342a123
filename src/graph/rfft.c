/* Transforms of real numbers. An even length is transformed as half as many complex numbers, the even elements real and the odd ones imaginary parts:
 * with Z their transform and R[k] = conj(Z[n / 2 - k]), X[k] = (Z[k] + R[k]) / 2 - i exp(-2 pi i k / n) (Z[k] - R[k]) / 2. */
#include <math.h>

#include "complex.h"

/* The axis moved to a place; a view. */
static sabir_value move_axis(sabir_graph *graph, sabir_value x, int32_t from, int32_t to)
{
    if (graph->status != SABIR_OK) return sbr_null(graph);
    const int32_t rank = sbr_info(x)->shape.rank;
    sabir_ints axes = {.count = rank};
    for (int32_t i = 0, next = 0; i < rank; i++) {
        if (next == from) next++;
        axes.values[i] = i == to ? from : next++;
    }
    return sabir_transpose(graph, x, axes);
}

static sabir_value number(sabir_value like, double value) { return sabir_number(like.graph, sabir_value_type(like), value); }

/* The conjugate times half. */
static sabir_value half_conjugate(sabir_graph *graph, sabir_value x)
{
    const double signs[] = {0.5, -0.5};
    const float signs_f32[] = {0.5f, -0.5f};
    const sabir_type type = sabir_value_type(x);
    return sabir_mul(graph, x, sabir_constant(graph, type, SABIR_SHAPE(2), type == SABIR_F64 ? (const void *)signs : signs_f32));
}

/* sum and difference of half x and half the conjugate of x backwards; x [..., n / 2 + 1, 2]. */
static void fold(sabir_graph *graph, sabir_value x, sabir_value *sum, sabir_value *difference)
{
    const sabir_value half = sabir_mul(graph, x, number(x, 0.5));
    const sabir_value back = half_conjugate(graph, sabir_flip(graph, x, SABIR_INTS(-2)));
    *sum = sabir_add(graph, half, back);
    *difference = sabir_sub(graph, half, back);
}

/* difference times -i exp(-2 pi i k / n), or divided by it. */
static sabir_value turn(sabir_graph *graph, sabir_value difference, int64_t n, double sign)
{
    sbr_complex_list list = {0};
    if (!sbr_complex_make(&graph->allocator, &list, n / 2 + 1)) return sbr_graph_fail(graph, sbr_no_memory((size_t)n * sizeof *list.re));
    for (int64_t k = 0; k < list.count; k++) {
        const double angle = 6.28318530717958647692 * (double)k / (double)n;
        list.re[k] = -sin(angle);
        list.im[k] = -cos(angle);
    }
    const sabir_value turned = sbr_complex_times(graph, difference, sabir_value_shape(difference).rank - 2, &list, sign);
    sbr_complex_free(&graph->allocator, &list);
    return turned;
}

static sabir_value even_forward(sabir_graph *graph, sabir_value x, int64_t n)
{
    sabir_shape shape = sabir_value_shape(x);
    sabir_value sum, difference;
    shape.extents[shape.rank - 1] = n / 2;
    if (sbr_shape_append(&shape, 2) != SABIR_OK) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_SHAPE, "rfft: the result has rank 9; 8 at most"));
    const sabir_value z = sabir_fft(graph, sabir_reshape(graph, x, shape), SABIR_INTS(-2), 0);
    const sabir_value ends[] = {z, sabir_narrow(graph, z, -2, 0, 1)};
    const sabir_value whole = sabir_concat(graph, ends, 2, -2);
    if (graph->status != SABIR_OK) return sbr_null(graph);
    fold(graph, whole, &sum, &difference);
    return sabir_add(graph, sum, turn(graph, difference, n, 1));
}

static sabir_value odd_forward(sabir_graph *graph, sabir_value x, int64_t n)
{
    sabir_shape shape = sabir_value_shape(x);
    if (sbr_shape_append(&shape, 1) != SABIR_OK) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_SHAPE, "rfft: the result has rank 9; 8 at most"));
    sabir_ints before = {.count = shape.rank}, after = {.count = shape.rank};
    after.values[shape.rank - 1] = 1;
    const sabir_value z = sabir_pad(graph, sabir_reshape(graph, x, shape), before, after, SABIR_PAD_CONSTANT, 0);
    return sabir_narrow(graph, sabir_fft(graph, z, SABIR_INTS(-2), 0), -2, 0, n / 2 + 1);
}

sabir_value sabir_rfft(sabir_graph *graph, sabir_value x, int32_t axis)
{
    if (!sbr_graph_open(graph, "rfft") || !sbr_graph_owns(graph, x, "rfft: x")) return sbr_null(graph);
    const sabir_shape shape = sbr_info(x)->shape;
    if (sbr_axis(axis, shape.rank, &axis) != SABIR_OK) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "rfft: %s", sabir_last_message()));
    const int64_t n = shape.extents[axis];
    if (n < 1) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_SHAPE, "rfft: the extent along the axis has to be a number, 1 or more"));
    const sabir_value lines = move_axis(graph, x, axis, shape.rank - 1);
    if (graph->status != SABIR_OK) return sbr_null(graph);
    const sabir_value y = n % 2 == 0 ? even_forward(graph, lines, n) : odd_forward(graph, lines, n);
    return graph->status == SABIR_OK ? move_axis(graph, y, shape.rank - 1, axis) : sbr_null(graph);
}

/* ---- Back ---- */

/* Terms that are real in the transform of real numbers lose their imaginary part; x [..., n / 2 + 1, 2]. */
static sabir_value real_ends(sabir_graph *graph, sabir_value x, int64_t n)
{
    const int64_t last = n / 2;
    const sabir_value place = sabir_iota(graph, SABIR_I32, SABIR_SHAPE(last + 1, 2), 0, 0, 1),
                      part = sabir_iota(graph, SABIR_I32, SABIR_SHAPE(last + 1, 2), 1, 0, 1);
    sabir_value is_end = sabir_equal(graph, place, sabir_number(graph, SABIR_I32, 0));
    if (n % 2 == 0) is_end = sabir_logical_or(graph, is_end, sabir_equal(graph, place, sabir_number(graph, SABIR_I32, (double)last)));
    const sabir_value drops = sabir_logical_and(graph, is_end, sabir_equal(graph, part, sabir_number(graph, SABIR_I32, 1)));
    return sabir_select(graph, drops, number(x, 0), x);
}

static sabir_value even_back(sabir_graph *graph, sabir_value x, int64_t n)
{
    sabir_value sum, difference;
    fold(graph, x, &sum, &difference);
    const sabir_value z = sabir_narrow(graph, sabir_add(graph, sum, turn(graph, difference, n, -1)), -2, 0, n / 2);
    const sabir_value pairs = sabir_fft(graph, z, SABIR_INTS(-2), 1);
    if (graph->status != SABIR_OK) return pairs;
    sabir_shape shape = sbr_info(pairs)->shape;
    shape.rank--;
    shape.extents[shape.rank - 1] = n;
    return sabir_reshape(graph, pairs, shape);
}

static sabir_value odd_back(sabir_graph *graph, sabir_value x, int64_t n)
{
    const sabir_value others = sabir_flip(graph, sabir_narrow(graph, x, -2, 1, n / 2), SABIR_INTS(-2));
    const sabir_value parts[] = {x, sabir_mul(graph, half_conjugate(graph, others), number(x, 2))};
    const sabir_value z = sabir_fft(graph, sabir_concat(graph, parts, 2, -2), SABIR_INTS(-2), 1);
    if (graph->status != SABIR_OK) return z;
    const sabir_shape shape = sbr_shape_drop(sbr_info(z)->shape, sbr_info(z)->shape.rank - 1);
    return sabir_reshape(graph, sabir_narrow(graph, z, -1, 0, 1), shape);
}

sabir_value sabir_irfft(sabir_graph *graph, sabir_value x, int32_t axis, int64_t n)
{
    if (!sbr_graph_open(graph, "irfft") || !sbr_graph_owns(graph, x, "irfft: x")) return sbr_null(graph);
    const sabir_shape shape = sbr_info(x)->shape;
    if (shape.rank < 2 || shape.extents[shape.rank - 1] != 2)
        return sbr_graph_fail(
            graph, sbr_fail(SABIR_INVALID_SHAPE, "irfft: the last axis of x has to hold the 2 parts of complex numbers, behind another axis"));
    if (sbr_axis(axis, shape.rank - 1, &axis) != SABIR_OK)
        return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "irfft: %s", sabir_last_message()));
    if (n < 1 || shape.extents[axis] != n / 2 + 1)
        return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_SHAPE, "irfft: %lld elements come from %lld terms along axis %d; n has to be 1 or more",
                                              (long long)n, (long long)(n / 2 + 1), axis));
    const sabir_value lines = real_ends(graph, move_axis(graph, x, axis, shape.rank - 2), n);
    if (graph->status != SABIR_OK) return sbr_null(graph);
    const sabir_value y = n % 2 == 0 ? even_back(graph, lines, n) : odd_back(graph, lines, n);
    return graph->status == SABIR_OK ? move_axis(graph, y, shape.rank - 2, axis) : sbr_null(graph);
}
