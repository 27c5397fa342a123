/* Transforms and line solves: fft, tridiagonal; and interpolation. */
#include "case.h"

/* ---- fft ---- */

static sabir_value complex_input(conform_build *b, sabir_shape shape)
{
    shape.extents[shape.rank++] = 2;
    return conform_input(b, b->type, shape, PLAIN);
}

static sabir_value along_last(conform_build *b, sabir_value x) { return sabir_fft(b->graph, x, SABIR_INTS(-2), b->variant); }

/* Every factor that the kernel knows, alone and among others, and lengths that become a convolution. */
static void lengths(conform_build *b)
{
    static const int64_t all[] = {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 17, 30, 45, 49, 61, 64, 67, 97, 122, 201, 256, 360, 1024};
    for (uint32_t i = 0; i < COUNT_OF(all); i++) {
        static const char *const names[] = {"1",  "2",  "3",  "4",  "5",  "6",  "7",   "8",   "12",  "16",  "17",  "30",
                                            "45", "49", "61", "64", "67", "97", "122", "201", "256", "360", "1024"};
        conform_output_within(b, names[i], along_last(b, complex_input(b, SABIR_SHAPE(i % 3 + 1, all[i]))), b->of->tolerance * 16);
    }
    conform_output_within(b, "mixed", sabir_fft(b->graph, complex_input(b, SABIR_SHAPE(67, 6)), SABIR_INTS(0, 1), b->variant), b->of->tolerance * 16);
}

static void axes(conform_build *b)
{
    sabir_graph *g = b->graph;
    const double tolerance = b->of->tolerance * 16;
    const int32_t inverse = b->variant;
    conform_output_within(b, "first", sabir_fft(g, complex_input(b, SABIR_SHAPE(13, 7)), SABIR_INTS(0), inverse), tolerance);
    conform_output_within(b, "middle", sabir_fft(g, complex_input(b, SABIR_SHAPE(3, 12, 5)), SABIR_INTS(1), inverse), tolerance);
    conform_output_within(b, "plane", sabir_fft(g, complex_input(b, SABIR_SHAPE(2, 9, 10)), SABIR_INTS(-2, 1), inverse), tolerance);
    conform_output_within(b, "volume", sabir_fft(g, complex_input(b, SABIR_SHAPE(4, 5, 6)), SABIR_INTS(0, 1, 2), inverse), tolerance);
    conform_output_within(b, "scaled", sabir_fft_scaled(g, complex_input(b, SABIR_SHAPE(4, 8)), &(sabir_fft_attrs){SABIR_INTS(1), inverse, -0.25}),
                          tolerance);
    conform_output(b, "no_lines", along_last(b, complex_input(b, SABIR_SHAPE(0, 8))));
    conform_output(b, "no_elements", along_last(b, complex_input(b, SABIR_SHAPE(3, 0))));
    conform_output_within(b, "dim", along_last(b, complex_input(b, SABIR_SHAPE(conform_dim(b, 9, 5, 0), 24))), tolerance);
    const sabir_shape shape = SABIR_SHAPE(6, 20, 2);
    for (int layout = CONFORM_TRANSPOSED; layout < CONFORM_LAYOUTS; layout++)
        conform_output_within(b, conform_layout_names[layout], along_last(b, conform_laid(b, (conform_layout)layout, b->type, shape, PLAIN)),
                              tolerance);
}

static void reals(conform_build *b)
{
    sabir_graph *g = b->graph;
    static const char *const forth[] = {"rfft1", "rfft2", "rfft7", "rfft16", "rfft134"}, *const back[] = {"irfft1", "irfft2", "irfft7", "irfft16",
                                                                                                          "irfft134"};
    static const int64_t all[] = {1, 2, 7, 16, 134};
    for (uint32_t i = 0; i < COUNT_OF(all); i++) {
        conform_output_within(b, forth[i], sabir_rfft(g, conform_input(b, b->type, SABIR_SHAPE(all[i], 3), PLAIN), 0), b->of->tolerance * 16);
        conform_output_within(b, back[i], sabir_irfft(g, complex_input(b, SABIR_SHAPE(all[i] / 2 + 1, 3)), 0, all[i]), b->of->tolerance * 16);
    }
}

CONFORM_CASES(fft)
{
    conform_add(list, OF(F32) | OF(F64), "lengths", lengths, 0);
    conform_add(list, OF(F32) | OF(F64), "lengths_back", lengths, 1);
    conform_add(list, OF(F32) | OF(F64), "axes", axes, 0);
    conform_add(list, OF(F32) | OF(F64), "axes_back", axes, 1);
    conform_add(list, OF(F32) | OF(F64), "reals", reals, 0);
}

/* ---- tridiagonal ---- */

/* Dominated by the diagonal. */
static sabir_value solved(conform_build *b, sabir_value right, sabir_shape shape, int32_t axis)
{
    const sabir_value lower = conform_input(b, b->type, shape, BETWEEN(-1, 1)), upper = conform_input(b, b->type, shape, BETWEEN(-1, 1));
    const sabir_value diagonal = conform_input(b, b->type, shape, BETWEEN(3, 5));
    return sabir_tridiagonal_with(b->graph, lower, diagonal, upper, right, &(sabir_tridiagonal_attrs){axis, b->variant});
}

static sabir_value solved_last(conform_build *b, sabir_value right) { return solved(b, right, SABIR_SHAPE(5, 31), -1); }

static void lines(conform_build *b)
{
    sabir_graph *g = b->graph;
    conform_over_layouts(b, SABIR_SHAPE(5, 31), PLAIN, solved_last);
    conform_output(b, "first", solved(b, conform_input(b, b->type, SABIR_SHAPE(13, 67), PLAIN), SABIR_SHAPE(13, 67), 0));
    conform_output(b, "middle", solved(b, conform_input(b, b->type, SABIR_SHAPE(3, 17, 5), PLAIN), SABIR_SHAPE(3, 17, 5), 1));
    conform_output(b, "shared", solved(b, conform_input(b, b->type, SABIR_SHAPE(4, 9), PLAIN), SABIR_SHAPE(9), 1));
    conform_output(b, "one", solved(b, conform_input(b, b->type, SABIR_SHAPE(7, 1), PLAIN), SABIR_SHAPE(7, 1), 1));
    conform_output(b, "no_rows", solved(b, conform_input(b, b->type, SABIR_SHAPE(7, 0), PLAIN), SABIR_SHAPE(7, 0), 1));
    conform_output(b, "no_lines", solved(b, conform_input(b, b->type, SABIR_SHAPE(0, 7), PLAIN), SABIR_SHAPE(0, 7), 1));
    const sabir_extent n = conform_dim(b, 40, 40, 13);
    conform_output(b, "dim", solved(b, conform_input(b, b->type, SABIR_SHAPE(3, n), PLAIN), SABIR_SHAPE(n), 1));
    conform_output(b, "dim_lines", solved(b, conform_input(b, b->type, SABIR_SHAPE(n, 6), PLAIN), SABIR_SHAPE(1, 6), 1));
    conform_output(b, "turned",
                   solved(b, sabir_transpose(g, conform_input(b, b->type, SABIR_SHAPE(6, 11), PLAIN), SABIR_INTS(1, 0)), SABIR_SHAPE(11, 6), 0));
}

/* More rows than one launch takes. */
static void long_line(conform_build *b)
{
    conform_output(b, "long", solved(b, conform_input(b, b->type, SABIR_SHAPE(2, 40001), PLAIN), SABIR_SHAPE(40001), 1));
}

CONFORM_CASES(tridiagonal)
{
    conform_add(list, FLOATS, "lines", lines, 0);
    conform_add(list, FLOATS, "transposed", lines, 1);
    conform_add(list, OF(F32) | OF(F64), "long", long_line, 0);
}

/* ---- interpolate ---- */

typedef struct sampled { const char *name; sabir_shape x, points; sabir_interpolate_attrs attrs; } sampled;

#define L SABIR_INTERPOLATE_LINEAR
#define C SABIR_INTERPOLATE_CUBIC
static const sampled samples[] = {
    {"line", {2, {3, 31}}, {1, {17}}, {1, L, {0}, {0}}},
    {"line_cubic", {2, {3, 31}}, {1, {17}}, {1, C, {0}, {0}}},
    {"line_periodic", {1, {7}}, {2, {5, 67}}, {1, L, {1}, {0}}},
    {"plane", {3, {2, 5, 9}}, {2, {7, 3}}, {2, L, {1, 0}, {0}}},
    {"plane_cubic", {3, {2, 5, 9}}, {2, {7, 3}}, {2, C, {0, 1}, {0}}},
    {"volume", {4, {2, 5, 4, 7}}, {1, {31}}, {3, L, {0, 1, 0}, {0}}},
    {"volume_cubic", {3, {5, 4, 7}}, {1, {31}}, {3, C, {1, 0, 1}, {0}}},
    {"slope", {2, {3, 31}}, {1, {17}}, {1, L, {0}, {1}}},
    {"slope_cubic", {3, {2, 6, 9}}, {1, {29}}, {2, C, {0, 1}, {1, 2}}},
    {"third", {1, {11}}, {1, {29}}, {1, C, {1}, {3}}},
    {"vanishes", {1, {11}}, {1, {29}}, {1, C, {1}, {4}}},
    {"single", {2, {3, 1}}, {1, {5}}, {1, C, {0}, {0}}},
    {"single_periodic", {2, {3, 1}}, {1, {5}}, {1, C, {1}, {0}}},
    {"nothing", {2, {3, 0}}, {1, {5}}, {1, L, {0}, {0}}},
    {"no_points", {2, {3, 4}}, {1, {0}}, {1, L, {0}, {0}}},
    {"no_grids", {2, {0, 4}}, {1, {3}}, {1, L, {0}, {0}}},
    {"one_point", {2, {2, 4}}, {0, {0}}, {1, L, {0}, {0}}},
};
#undef L
#undef C

static sabir_shape positions_shape(const sampled *of)
{
    const int32_t batch = of->x.rank - of->attrs.axes;
    sabir_shape shape = sabir_shape_make(batch, of->x.extents);
    shape.extents[shape.rank++] = of->attrs.axes;
    for (int32_t i = 0; i < of->points.rank; i++) shape.extents[shape.rank++] = of->points.extents[i];
    return shape;
}

static sabir_value sampled_at(conform_build *b, const sampled *of, sabir_value x)
{
    const sabir_value positions = conform_input(b, b->type == SABIR_F64 ? SABIR_F64 : SABIR_F32, positions_shape(of), BETWEEN(-6, 14));
    return sabir_interpolate(b->graph, x, positions, &of->attrs);
}

static void interpolations(conform_build *b)
{
    sabir_graph *g = b->graph;
    for (uint32_t i = 0; i < COUNT_OF(samples); i++)
        conform_output(b, samples[i].name, sampled_at(b, &samples[i], conform_input(b, b->type, samples[i].x, PLAIN)));
    for (int layout = CONFORM_TRANSPOSED; layout < CONFORM_LAYOUTS; layout++)
        conform_output(b, conform_layout_names[layout],
                       sampled_at(b, &samples[4], conform_laid(b, (conform_layout)layout, b->type, samples[4].x, PLAIN)));
    /* Positions shared by all grids, and whole ones. */
    const sabir_value whole =
        sabir_broadcast(g, sabir_iota(g, b->type == SABIR_F64 ? SABIR_F64 : SABIR_F32, SABIR_SHAPE(1, 9), 1, -3, 1), SABIR_SHAPE(4, 1, 9));
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(4, 5), PLAIN);
    conform_output(b, "whole_cubic", sabir_interpolate(g, x, whole, &(sabir_interpolate_attrs){1, SABIR_INTERPOLATE_CUBIC, {0}, {0}}));
    conform_output(b, "whole_periodic", sabir_interpolate(g, x, whole, &(sabir_interpolate_attrs){1, SABIR_INTERPOLATE_LINEAR, {1}, {0}}));
    const sabir_extent n = conform_dim(b, 12, 9, 0);
    const sabir_value places = conform_input(b, b->type == SABIR_F64 ? SABIR_F64 : SABIR_F32, SABIR_SHAPE(2, 13), BETWEEN(-2, 14));
    conform_output(b, "dim",
                   sabir_interpolate(g, conform_input(b, b->type, SABIR_SHAPE(n, 7), PLAIN), places,
                                     &(sabir_interpolate_attrs){2, SABIR_INTERPOLATE_LINEAR, {1, 0}, {0}}));
}

CONFORM_CASES(interpolate) { conform_add(list, FLOATS, "samples", interpolations, 0); }
