/* Elements from numbers and back: every f16 and bf16, halfway cases, saturation. suite: host */
#include "test_graph.h"

#include <math.h>

static double stored(sabir_type type, double number)
{
    unsigned char element[8] = {0};
    sbr_number_store(type, number, element);
    return sbr_number_load(type, element);
}

static void round_trip(sabir_type type)
{
    for (uint32_t bits = 0; bits < 65536; bits++) {
        const uint16_t given = (uint16_t)bits;
        uint16_t back;
        const double value = sbr_number_load(type, &given);
        sbr_number_store(type, value, &back);
        if (isnan(value)) cr_assert(isnan(sbr_number_load(type, &back)));
        else cr_assert_eq(back, given, "%s %04x became %04x", sabir_type_name(type), given, back);
    }
}

/* Between neighbours a and b: nearest, and of the middle the one with the even last bit. */
static void rounds_to_nearest_even(sabir_type type, uint16_t infinity)
{
    for (uint16_t bits = 0; bits + 1 < infinity; bits++) {
        const uint16_t after = (uint16_t)(bits + 1);
        const double a = sbr_number_load(type, &bits), b = sbr_number_load(type, &after), middle = (a + b) / 2;
        cr_assert_eq(stored(type, middle), bits % 2 ? b : a);
        cr_assert_eq(stored(type, nextafter(middle, 0)), a);
        cr_assert_eq(stored(type, nextafter(middle, b)), b);
        cr_assert_eq(stored(type, -nextafter(middle, b)), -b);
    }
}

Test(number, f16_and_bf16_round_exactly)
{
    round_trip(SABIR_F16);
    round_trip(SABIR_BF16);
    rounds_to_nearest_even(SABIR_F16, 0x7c00);
    rounds_to_nearest_even(SABIR_BF16, 0x7f80);
}

Test(number, ends_of_the_small_floats)
{
    cr_assert_eq(stored(SABIR_F16, 65519.99), 65504);
    cr_assert(isinf(stored(SABIR_F16, 65520)));
    cr_assert_eq(stored(SABIR_F16, -1e300), -INFINITY);
    cr_assert_eq(stored(SABIR_F16, 0x1p-25), 0);
    cr_assert_eq(stored(SABIR_F16, 0x1.000001p-25), 0x1p-24);
    cr_assert(signbit(stored(SABIR_F16, -1e-300)));
    cr_assert(isnan(stored(SABIR_BF16, NAN)));
    cr_assert(isinf(stored(SABIR_BF16, 3.4e38 * 2)));
    cr_assert_eq(stored(SABIR_F32, 0.1), (double)0.1f);
}

Test(number, integers_saturate_and_cut)
{
    cr_assert_eq(stored(SABIR_I8, 127.9), 127);
    cr_assert_eq(stored(SABIR_I8, 1e9), 127);
    cr_assert_eq(stored(SABIR_I8, -128.9), -128);
    cr_assert_eq(stored(SABIR_U8, -5), 0);
    cr_assert_eq(stored(SABIR_U8, 2.999), 2);
    cr_assert_eq(stored(SABIR_I32, -2.999), -2);
    cr_assert_eq(stored(SABIR_I32, INFINITY), INT32_MAX);
    cr_assert_eq(stored(SABIR_U32, 4e9), 4e9);
    cr_assert_eq(stored(SABIR_U32, 1e20), UINT32_MAX);
    cr_assert_eq(stored(SABIR_I32, NAN), 0);
    cr_assert_eq(stored(SABIR_BOOL, 0.1), 1);
    cr_assert_eq(stored(SABIR_BOOL, 0), 0);
    int64_t wide;
    sbr_number_store(SABIR_I64, 1e300, &wide);
    cr_assert_eq(wide, INT64_MAX);
    sbr_number_store(SABIR_I64, -0x1p63, &wide);
    cr_assert_eq(wide, INT64_MIN);
}

Test(number, bool_constants_are_0_or_1, .init = open_graph, .fini = close_graph)
{
    const uint8_t given[3] = {0, 7, 255};
    const sabir_value mask = sabir_constant(g, SABIR_BOOL, SABIR_SHAPE(3), given);
    const sbr_constant_attrs *attrs = g->nodes.data[g->values.data[mask.index].node].attrs;
    cr_assert_eq(attrs->bytes, 3);
    cr_assert_arr_eq(attrs->data, ((const uint8_t[]){0, 1, 1}), 3);
}
