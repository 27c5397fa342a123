/* Leaves, state and loops: what a graph reads, what it leaves behind, what it repeats. */
#include "case.h"

static sabir_value number(conform_build *b, double value) { return sabir_number(b->graph, b->type, value); }

/* ---- Leaves ---- */

static void pass_through(conform_build *b)
{
    conform_output(b, "rank0", conform_input(b, b->type, SABIR_SCALAR_SHAPE, PLAIN));
    conform_output(b, "empty", conform_input(b, b->type, SABIR_SHAPE(0, 3), PLAIN));
    conform_output(b, "prime", conform_input(b, b->type, SABIR_SHAPE(7, 13), PLAIN));
    conform_output(b, "dim", conform_input(b, b->type, SABIR_SHAPE(conform_dim(b, 20, 13, 0), 3), PLAIN));
}

CONFORM_CASES(input) { conform_add(list, ALL, "outputs", pass_through, 0); }

static void constants(conform_build *b)
{
    const uint8_t bytes[] = {1, 0, 3, 0, 5, 6, 7, 0, 0, 60, 0, 64, 0, 66, 0, 68, 1, 1, 0, 1, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 9, 8, 7, 0, 1, 1, 1, 1};
    conform_output(b, "elements", sabir_constant(b->graph, b->type, SABIR_SHAPE(5), bytes));
    conform_output(b, "number", number(b, 1));
    conform_output(b, "full", sabir_full(b->graph, b->type, SABIR_SHAPE(3, 7), 1));
    conform_output(b, "empty", sabir_constant(b->graph, b->type, SABIR_SHAPE(0), bytes));
    if (b->type != SABIR_I64)
        conform_output(b, "beside", sabir_equal(b->graph, conform_input(b, b->type, SABIR_SHAPE(5), PLAIN), sabir_constant(b->graph, b->type, SABIR_SHAPE(5), bytes)));
}

CONFORM_CASES(constant) { conform_add(list, ALL, "elements", constants, 0); }

static void scalars(conform_build *b)
{
    const sabir_value s = conform_scalar(b, b->type, 3, 7), x = conform_input(b, b->type, SABIR_SHAPE(7, 13), BETWEEN(-8, 8));
    conform_output(b, "scalar", s);
    conform_output_within(b, "times", sabir_mul(b->graph, x, s), 2e-7);
}

CONFORM_CASES(scalar) { conform_add(list, OF(F32) | OF(F64) | OF(I32) | OF(U32), "changing", scalars, 0); }

static void dim_values(conform_build *b)
{
    const sabir_extent n = conform_dim(b, 100, 97, 3), m = sabir_dim_affine(b->graph, n, 2, 1);
    conform_output(b, "dim", sabir_dim_value(b->graph, n));
    conform_output(b, "affine", sabir_dim_value(b->graph, m));
    conform_output(b, "product", sabir_dim_value(b->graph, sabir_dim_product(b->graph, n, m)));
    conform_output(b, "number", sabir_dim_value(b->graph, 5));
    conform_output(b, "beside", sabir_add(b->graph, conform_input(b, SABIR_I32, SABIR_SHAPE(n), BETWEEN(0, 9)), sabir_dim_value(b->graph, n)));
}

CONFORM_CASES(dim_value) { conform_add(list, OF(I32), "extents", dim_values, 0); }

/* ---- State ---- */

static void read_state(conform_build *b)
{
    const sabir_value v = conform_variable(b, "v", b->type, SABIR_SHAPE(7, 13), PLAIN);
    conform_output(b, "entry", v);
    conform_output(b, "view", sabir_transpose(b->graph, v, SABIR_INTS(1, 0)));
}

CONFORM_CASES(variable) { conform_add(list, ALL, "entry", read_state, 0); }

/* A counter, two variables that change places, and a block written in place: run twice. */
static void assigns(conform_build *b)
{
    const sabir_value step = conform_scalar(b, SABIR_I32, 1, 2);
    const sabir_value count = conform_variable(b, "count", SABIR_I32, SABIR_SCALAR_SHAPE, BETWEEN(0, 9));
    const sabir_value p = conform_variable(b, "p", b->type, SABIR_SHAPE(5, 13), PLAIN), q = conform_variable(b, "q", b->type, SABIR_SHAPE(5, 13), PLAIN);
    const sabir_value rows = conform_variable(b, "rows", b->type, SABIR_SHAPE(8, 5), PLAIN);
    const sabir_value start = sabir_concat(b->graph, (sabir_value[]){sabir_reshape(b->graph, step, SABIR_SHAPE(1)), conform_list_of(b, SABIR_I32, SABIR_INTS(0))}, 2, 0);
    sabir_assign(b->graph, count, sabir_add(b->graph, count, step));
    sabir_assign(b->graph, p, q);
    sabir_assign(b->graph, q, p);
    sabir_assign(b->graph, rows, sabir_update(b->graph, rows, conform_input(b, b->type, SABIR_SHAPE(1, 5), PLAIN), start));
    conform_output(b, "count", count);
    conform_output(b, "entry", p);
}

CONFORM_CASES(assign) { conform_add(list, WIDTHS | OF(BF16) | OF(I32), "together", assigns, 0); }

/* ---- Loops: values that are carried are rounded to their type at each turn, which the reference does not ---- */

static double turns_tolerance(const conform_build *b) { return b->type == SABIR_F16 ? 4e-3 : 1e-6; }

static void sums(conform_build *b)
{
    const sabir_value x = conform_input(b, b->type, SABIR_SHAPE(7, 13), BETWEEN(0, 3)), none = sabir_mul(b->graph, x, number(b, 0));
    static const int64_t trips[] = {0, 1, 7};
    static const char *const names[] = {"zero", "one", "seven"}, *const counts[] = {"zero_count", "one_count", "seven_count"};
    for (uint32_t i = 0; i < COUNT_OF(trips); i++) {
        sabir_value sum, total;
        sabir_loop_begin(b->graph, trips[i], &none, 1, &sum);
        const sabir_value next = sabir_add(b->graph, sum, x), count = sabir_loop_end(b->graph, &next, 1, SABIR_NONE, &total);
        conform_output_within(b, names[i], total, turns_tolerance(b));
        conform_output(b, counts[i], count);
    }
}

/* Doubles until above a bound: the device ends it. */
static void until(conform_build *b)
{
    sabir_value carried[2], results[2];
    const sabir_value initial[] = {conform_input(b, b->type, SABIR_SHAPE(5), BETWEEN(1, 1)), conform_input(b, SABIR_I32, SABIR_SCALAR_SHAPE, BETWEEN(1, 1))};
    const sabir_value bound = conform_scalar(b, SABIR_I32, 90, 5);
    sabir_loop_begin(b->graph, 50, initial, 2, carried);
    const sabir_value next[] = {sabir_add(b->graph, carried[0], carried[0]), sabir_mul(b->graph, carried[1], sabir_number(b->graph, SABIR_I32, 2))};
    const sabir_value count = sabir_loop_end(b->graph, next, 2, sabir_less(b->graph, next[1], bound), results);
    conform_output(b, "value", results[0]);
    conform_output(b, "whole", results[1]);
    conform_output(b, "count", count);
}

/* For slow devices. The condition is one of four, so that its word has no bytes that nothing writes. */
static void small_until(conform_build *b)
{
    const sabir_value initial = conform_input(b, SABIR_I32, SABIR_SHAPE(4), BETWEEN(1, 1)), bound = conform_scalar(b, SABIR_I32, 9, 3);
    sabir_value carried, result;
    sabir_loop_begin(b->graph, 5, &initial, 1, &carried);
    const sabir_value next = sabir_add(b->graph, carried, carried), going = sabir_less(b->graph, next, bound);
    const sabir_value one = sabir_reshape(b->graph, sabir_slice(b->graph, going, SABIR_INTS(0), SABIR_SHAPE(1), SABIR_INTS(1)), SABIR_SCALAR_SHAPE);
    const sabir_value count = sabir_loop_end(b->graph, &next, 1, one, &result);
    conform_output(b, "whole", result);
    conform_output(b, "count", count);
}

CONFORM_CASES(loop)
{
    conform_add(list, OF(F32) | OF(F64) | OF(F16) | OF(I32) | OF(U8), "sums", sums, 0);
    conform_add(list, OF(F32) | OF(I32), "until", until, 0);
    conform_add(list, OF(I32), "small", small_until, 0);
}

/* Carried values that change places, stay, and are made of each other; an inner loop over one of them. */
static void swaps(conform_build *b)
{
    enum { CARRIED = 4 };
    sabir_value carried[CARRIED], results[CARRIED], initial[CARRIED], inner, doubled;
    for (int k = 0; k < CARRIED; k++) initial[k] = conform_input(b, b->type, SABIR_SHAPE(3, 5), BETWEEN(0, 2));
    sabir_loop_begin(b->graph, 3, initial, CARRIED, carried);
    sabir_loop_begin(b->graph, 2, &carried[3], 1, &inner);
    const sabir_value grown = sabir_add(b->graph, inner, carried[2]);
    sabir_loop_end(b->graph, &grown, 1, SABIR_NONE, &doubled);
    sabir_loop_end(b->graph, (sabir_value[]){carried[1], carried[0], carried[2], doubled}, CARRIED, SABIR_NONE, results);
    static const char *const names[CARRIED] = {"first", "second", "still", "grown"};
    for (int k = 0; k < CARRIED; k++) conform_output_within(b, names[k], results[k], 1e-6);
}

CONFORM_CASES(carry) { conform_add(list, OF(F32) | OF(F64) | OF(U8) | OF(I32), "swaps", swaps, 0); }
