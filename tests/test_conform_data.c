/* The measure itself: elements made, stored and compared by tests/conform. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "conform/data.h"

static uint16_t bits;
static sabir_type type;
static double element_of_bits(int64_t i)
{
    (void)i;
    return conform_element(type, &bits, 0);
}

/* Every number of 16 bits is stored as it was read. */
static void round_trip(sabir_type of)
{
    type = of;
    for (uint32_t all = 0; all <= UINT16_MAX; all++) {
        uint16_t stored = 0;
        bits = (uint16_t)all;
        conform_fill_elements(of, 1, &(conform_fill){.formula = element_of_bits}, 0, &stored);
        cr_assert(stored == bits || isnan(element_of_bits(0)), "%s %04x is stored as %04x", sabir_type_name(of), bits, stored);
    }
}

Test(conform_data, f16) { round_trip(SABIR_F16); }
Test(conform_data, bf16) { round_trip(SABIR_BF16); }

static double between_halves(int64_t i) { return 1 + ((double)i + 0.5) * 0x1p-10; }

Test(conform_data, halves_go_to_even)
{
    uint16_t stored[4];
    conform_fill_elements(SABIR_F16, 4, &(conform_fill){.formula = between_halves}, 0, stored);
    const uint16_t want[4] = {0x3c00, 0x3c02, 0x3c02, 0x3c04};
    cr_assert_arr_eq(stored, want, sizeof want);
}

static bool close_f32(double tolerance, float got, float want) { return conform_close(SABIR_F32, tolerance, &got, &want, 0); }

Test(conform_data, exact)
{
    cr_assert(close_f32(0, 1.5f, 1.5f));
    cr_assert(close_f32(0, NAN, -NAN), "any NaN is any other");
    cr_assert(close_f32(0, INFINITY, INFINITY));
    cr_assert_not(close_f32(0, 1.5f, nextafterf(1.5f, 2)));
    cr_assert_not(close_f32(0, -0.0f, 0.0f), "zeros have signs");
    cr_assert_not(close_f32(0, NAN, 1));
}

Test(conform_data, within)
{
    cr_assert(close_f32(1e-6, 1000.0005f, 1000));
    cr_assert_not(close_f32(1e-6, 1000.002f, 1000));
    cr_assert(close_f32(1e-6, 5e-7f, 0), "below 1 the tolerance is absolute");
    cr_assert_not(close_f32(1e-6, 2e-6f, 0));
    cr_assert(close_f32(1e-6, -0.0f, 0));
    cr_assert_not(close_f32(1e-6, INFINITY, 3e38f));
    cr_assert_not(close_f32(1e-6, NAN, 1));
    cr_assert_not(conform_close(SABIR_I32, 1e-6, &(int32_t){1000000001}, &(int32_t){1000000000}, 0), "integers are exact");
    cr_assert_not(conform_close(SABIR_F64, 1e-6, &(double){1 + 1e-9}, &(double){1}, 0), "f64 is held to more");
}

Test(conform_data, one_difference_is_found)
{
    float got[12] = {0}, want[12] = {0};
    char message[256] = "";
    const sabir_shape shape = SABIR_SHAPE(3, 4);
    cr_assert(conform_compare(SABIR_F32, &shape, 0, got, want, message, sizeof message));
    got[11] = 1;
    cr_assert_not(conform_compare(SABIR_F32, &shape, 0, got, want, message, sizeof message));
    cr_assert(strstr(message, "1 of 12") && strstr(message, "[2, 3]"), "%s", message);
}

Test(conform_data, equal_seeds_equal_data)
{
    int8_t a[64], b[64], c[64];
    const conform_fill fill = {-3, 5, 0, NULL};
    conform_fill_elements(SABIR_I8, 64, &fill, 1, a);
    conform_fill_elements(SABIR_I8, 64, &fill, 1, b);
    conform_fill_elements(SABIR_I8, 64, &fill, 2, c);
    cr_assert_arr_eq(a, b, sizeof a);
    cr_assert(memcmp(a, c, sizeof a) != 0);
    for (int i = 0; i < 64; i++) cr_assert(a[i] >= -3 && a[i] <= 5, "%d", a[i]);
}
