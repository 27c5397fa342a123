/* Tensors of the reference: storage in every type, rounding, casts, the table. suite: host, timeout: 60 */
#include "test_ref.h"

TestSuite(ref_tensor, .init = ref_init, .fini = ref_fini);

Test(ref_tensor, every_operator_has_a_function_or_is_the_executors)
{
    for (int op = 0; op < SBR_OP_COUNT; op++) {
        const bool executors = (sbr_ops[op].flags & (SBR_LEAF | SBR_STATE | SBR_REGION | SBR_ALIAS)) != 0;
        cr_assert_eq(sbr_ref_functions[op] == NULL, executors, "%s", sbr_ops[op].name);
    }
}

/* Every pattern of a 16-bit float comes back as it was; NaN as a NaN. */
static void round_trip(sabir_type type, unsigned exponent_mask)
{
    static uint16_t patterns[65536], back[65536];
    for (unsigned k = 0; k < 65536; k++) patterns[k] = (uint16_t)k;
    sbr_ref_tensor tensor = ref_empty(type, SABIR_SHAPE(65536));
    sbr_ref_load(&tensor, patterns);
    sbr_ref_store(&tensor, back);
    for (unsigned k = 0; k < 65536; k++) {
        const bool nan = (k & exponent_mask) == exponent_mask && (k & 0x7FFFu & ~exponent_mask) != 0;
        cr_assert_eq(isnan(tensor.f[k]) != 0, nan, "%04x", k);
        if (nan) cr_assert((back[k] & exponent_mask) == exponent_mask && (back[k] & 0x7FFFu & ~exponent_mask) != 0, "%04x", k);
        else cr_assert_eq(back[k], k, "%04x became %04x", k, back[k]);
        if (!nan) cr_assert_eq(sbr_ref_round(type, tensor.f[k]), tensor.f[k], "%04x", k);
    }
}

Test(ref_tensor, f16_patterns_round_trip) { round_trip(SABIR_F16, 0x7C00u); }
Test(ref_tensor, bf16_patterns_round_trip) { round_trip(SABIR_BF16, 0x7F80u); }

/* Half way between neighbours goes to the even pattern; a hair to either side goes there. */
static void midpoints(sabir_type type, unsigned infinity)
{
    for (unsigned k = 0; k + 1 < infinity; k++) {
        const uint16_t pair[2] = {(uint16_t)k, (uint16_t)(k + 1)};
        sbr_ref_tensor two = {.type = type, .rank = 1, .count = 2, .f = (double[2]){0}};
        sbr_ref_load(&two, pair);
        const double low = two.f[0], high = two.f[1], middle = low + (high - low) / 2;
        sbr_ref_tensor three = {.type = type, .rank = 1, .count = 3, .f = (double[3]){nextafter(middle, low), -middle, nextafter(middle, high)}};
        uint16_t got[3];
        sbr_ref_store(&three, got);
        cr_assert_eq(got[0], k, "below the middle of %04x and the next: %04x", k, got[0]);
        cr_assert_eq(got[1], 0x8000u | (k % 2 ? k + 1 : k), "the middle of -%04x and the next: %04x", k, got[1]);
        cr_assert_eq(got[2], k + 1, "above the middle of %04x and the next: %04x", k, got[2]);
    }
}

Test(ref_tensor, f16_rounds_to_nearest_even) { midpoints(SABIR_F16, 0x7C00u); }
Test(ref_tensor, bf16_rounds_to_nearest_even) { midpoints(SABIR_BF16, 0x7F80u); }

Test(ref_tensor, known_halves)
{
    sbr_ref_tensor x = TENSOR(SABIR_F16, (9), 1.0, -2.0, 65504.0, 65519.0, 65520.0, 0x1p-24, 0x1p-25, 1e300, -0.0);
    uint16_t got[9];
    const uint16_t want[9] = {0x3C00, 0xC000, 0x7BFF, 0x7BFF, 0x7C00, 0x0001, 0x0000, 0x7C00, 0x8000};
    sbr_ref_store(&x, got);
    for (int k = 0; k < 9; k++) cr_assert_eq(got[k], want[k], "%d: %04x", k, got[k]);
}

Test(ref_tensor, rounding_is_from_double_at_once)
{
    /* Through f32 this would become a tie and then go down to 1. */
    cr_assert_eq(sbr_ref_round(SABIR_F16, 1.0 + 0x1p-11 + 0x1p-40), 1.0 + 0x1p-10);
    cr_assert_eq(sbr_ref_round(SABIR_BF16, 1.0 + 0x1p-8 + 0x1p-40), 1.0 + 0x1p-7);
    cr_assert_eq(sbr_ref_round(SABIR_F32, 1.0 + 0x1p-24), 1.0);
    cr_assert_eq(sbr_ref_round(SABIR_F64, 1.0 + 0x1p-50), 1.0 + 0x1p-50);
    cr_assert(isinf(sbr_ref_round(SABIR_BF16, 3.4e38)));
    cr_assert(isnan(sbr_ref_round(SABIR_F16, NAN)));
}

Test(ref_tensor, integers_store_in_their_width)
{
    sbr_ref_tensor x = TENSOR(SABIR_I8, (2), -128, 127);
    int8_t bytes[2];
    sbr_ref_store(&x, bytes);
    cr_assert(bytes[0] == -128 && bytes[1] == 127);
    sbr_ref_tensor y = ref_empty(SABIR_U32, SABIR_SHAPE(2));
    sbr_ref_load(&y, (const uint32_t[]){4294967295u, 7});
    EXPECT(y, 4294967295.0, 7);
    sbr_ref_tensor z = ref_empty(SABIR_BOOL, SABIR_SHAPE(3));
    sbr_ref_load(&z, (const uint8_t[]){0, 1, 255});
    EXPECT(z, 0, 1, 1);
}

Test(ref_tensor, wrap)
{
    cr_assert_eq(sbr_ref_wrap(SABIR_I8, 128), -128);
    cr_assert_eq(sbr_ref_wrap(SABIR_U8, -1), 255);
    cr_assert_eq(sbr_ref_wrap(SABIR_I32, (int64_t)1 << 31), INT32_MIN);
    cr_assert_eq(sbr_ref_wrap(SABIR_U32, -1), UINT32_MAX);
    cr_assert_eq(sbr_ref_wrap(SABIR_BOOL, -7), 1);
    cr_assert_eq(sbr_ref_wrap(SABIR_I64, INT64_MIN), INT64_MIN);
}

Test(ref_tensor, shapes_without_elements_and_too_many)
{
    const int64_t large = (int64_t)1 << 40;
    sbr_ref_tensor empty = {.type = SABIR_F32, .rank = 4, .extents = {large, large, 0, large}};
    cr_assert_eq(sbr_ref_alloc(&ref_allocator, &empty), SABIR_OK);
    cr_assert_eq(empty.count, 0);
    sbr_ref_free(&ref_allocator, &empty);
    sbr_ref_tensor huge = {.type = SABIR_F32, .rank = 2, .extents = {large, large}};
    cr_assert_eq(sbr_ref_alloc(&ref_allocator, &huge), SABIR_OUT_OF_MEMORY);
    sbr_ref_tensor negative = {.type = SABIR_F32, .rank = 1, .extents = {-1}};
    cr_assert_eq(sbr_ref_alloc(&ref_allocator, &negative), SABIR_INVALID_SHAPE);
}

static void *refuse(void *user, size_t size) { (void)user; (void)size; return NULL; }
static void *refuse_resize(void *user, void *memory, size_t size) { (void)user; (void)memory; (void)size; return NULL; }
static void release(void *user, void *memory) { (void)user; free(memory); }

Test(ref_tensor, a_refusing_allocator_is_a_status)
{
    const sabir_allocator refusing = {.allocate = refuse, .resize = refuse_resize, .release = release};
    sbr_ref_tensor x = {.type = SABIR_F32, .rank = 1, .extents = {4}};
    cr_assert_eq(sbr_ref_alloc(&refusing, &x), SABIR_OUT_OF_MEMORY);
    const sbr_ref_tensor keys = F32((1, 1, 3), 3, 1, 2);
    sbr_ref_tensor results[2] = {ref_empty(SABIR_F32, SABIR_SHAPE(1, 1, 3)), ref_empty(SABIR_I32, SABIR_SHAPE(1, 1, 3))};
    const sbr_ref_call sort = {&refusing, ATTRS(sort, .axis = 2), &keys, 1, results, 2};
    cr_assert_eq(sbr_ref_functions[SBR_OP_sort](&sort), SABIR_OUT_OF_MEMORY);
    const sbr_ref_call pool = {&refusing, ATTRS(pool, .window = {1}), &keys, 1, results, 1};
    cr_assert_eq(sbr_ref_functions[SBR_OP_avg_pool](&pool), SABIR_OUT_OF_MEMORY);
}

#define CAST(to, ...) RUN(cast, ATTRS(cast, to), to, __VA_ARGS__)

Test(ref_tensor, cast_to_integers)
{
    const sbr_ref_tensor x = F32((8), 1.9, -1.9, 3e9, -3e9, 300.0, NAN, INFINITY, -0.5);
    EXPECT(CAST(SABIR_I32, (8), x), 1, -1, 2147483647.0, -2147483648.0, 300, 0, 2147483647.0, 0);
    EXPECT(CAST(SABIR_U32, (8), x), 1, 0, 3e9, 0, 300, 0, 4294967295.0, 0);
    EXPECT(CAST(SABIR_I8, (8), x), 1, -1, 127, -128, 127, 0, 127, 0);
    EXPECT(CAST(SABIR_U8, (8), x), 1, 0, 255, 0, 255, 0, 255, 0);
    EXPECT(CAST(SABIR_BOOL, (8), x), 1, 1, 1, 1, 1, 1, 1, 1);
    EXPECT(CAST(SABIR_I64, (1), F32((1), INFINITY)), 9223372036854775807.0);
    EXPECT(CAST(SABIR_U8, (3), I32((3), 256, -1, 511)), 0, 255, 255);
    EXPECT(CAST(SABIR_I8, (2), I32((2), 200, 127)), -56, 127);
    EXPECT(CAST(SABIR_BOOL, (3), I32((3), 0, 2, -1)), 0, 1, 1);
}

Test(ref_tensor, cast_to_floats)
{
    EXPECT(CAST(SABIR_F16, (2), F32((2), 0.1, 1e6)), 0x1.998p-4, INFINITY);
    EXPECT(CAST(SABIR_BF16, (1), F32((1), 0.1)), 0x1.9ap-4);
    EXPECT(CAST(SABIR_F32, (2), I32((2), 16777217, -3)), 16777216, -3);
    EXPECT(CAST(SABIR_F32, (2), BOOL((2), 1, 0)), 1, 0);
    /* In one rounding: through double this would be a tie that goes down. */
    sbr_ref_tensor wide = ref_empty(SABIR_I64, SABIR_SHAPE(1));
    wide.i[0] = ((int64_t)1 << 60) + ((int64_t)1 << 36) + 1;
    EXPECT(CAST(SABIR_F32, (1), wide), 0x1p60 + 0x1p37);
}
