/* Random numbers of the reference. suite: host, timeout: 60 */
#include "ref/random.h"
#include "test_ref.h"

TestSuite(ref_random, .init = ref_init, .fini = ref_fini);

static sbr_ref_tensor draw(sabir_random_kind kind, sabir_type type, sabir_shape shape, sbr_ref_tensor key)
{
    return ref_run(SBR_OP_random, ATTRS(random, .kind = kind, .type = type), type, shape, 1, &key);
}
#define BITS(shape, ...) draw(SABIR_RANDOM_BITS, SABIR_U32, SABIR_SHAPE shape, __VA_ARGS__)
#define KEY(shape, ...) TENSOR(SABIR_U32, shape, __VA_ARGS__)

/* Vectors that the authors of Philox publish with their library. */
Test(ref_random, known_words)
{
    const sbr_ref_words ones = sbr_ref_philox((sbr_ref_words){{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}}, UINT32_MAX, UINT32_MAX);
    const uint32_t want[4] = {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu};
    for (int k = 0; k < 4; k++) cr_assert_eq(ones.at[k], want[k], "word %d is %08x", k, ones.at[k]);
    EXPECT(BITS((4), KEY((2), 0, 0)), 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u);
    EXPECT(BITS((4), KEY((1), 0)), 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u);
}

/* Words of the key that are absent are 0, and every word matters. */
Test(ref_random, keys)
{
    const sbr_ref_tensor narrow = BITS((8), KEY((2), 5, 6)), wide = BITS((8), KEY((4), 5, 6, 0, 0));
    EXPECT_SAME(narrow, wide, 0);
    const double keys[4][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < a; b++) {
            const sbr_ref_tensor x = BITS((4), ref_from(SABIR_U32, SABIR_SHAPE(4), 4, keys[a])), y = BITS((4), ref_from(SABIR_U32, SABIR_SHAPE(4), 4, keys[b]));
            cr_assert_neq(memcmp(x.i, y.i, 4 * sizeof(int64_t)), 0);
        }
}

/* Rows of a batch of keys are what each key gives alone; the shape of the rest does not matter. */
Test(ref_random, batches)
{
    const sbr_ref_tensor both = BITS((2, 3, 3), KEY((2, 2), 1, 2, 3, 4)), first = BITS((9), KEY((2), 1, 2)), second = BITS((9), KEY((2), 3, 4));
    for (int64_t k = 0; k < 9; k++) cr_assert(both.i[k] == first.i[k] && both.i[9 + k] == second.i[k]);
    const sbr_ref_tensor each = BITS((2), KEY((2, 2), 1, 2, 3, 4));
    cr_assert(each.i[0] == first.i[0] && each.i[1] == second.i[0]);
    EXPECT_NOTHING(BITS((2, 0), KEY((2, 2), 1, 2, 3, 4)));
    EXPECT_NOTHING(BITS((0, 3), KEY((0, 2), 0)));
}

Test(ref_random, distributions_are_of_the_same_words)
{
    const sbr_ref_tensor key = KEY((3), 9, 8, 7), words = BITS((8), key);
    const sbr_ref_tensor uniform = draw(SABIR_RANDOM_UNIFORM, SABIR_F32, SABIR_SHAPE(8), key);
    const sbr_ref_tensor gumbel = draw(SABIR_RANDOM_GUMBEL, SABIR_F32, SABIR_SHAPE(8), key);
    const sbr_ref_tensor normal = draw(SABIR_RANDOM_NORMAL, SABIR_F32, SABIR_SHAPE(4), key);
    for (int64_t k = 0; k < 8; k++) {
        cr_assert_eq(uniform.f[k], floor((double)words.i[k] / 256) / 16777216);
        cr_assert_float_eq(exp(-exp(-gumbel.f[k])), (floor((double)words.i[k] / 512) + 0.5) / 8388608, 1e-12);
    }
    for (int64_t k = 0; k < 4; k++) {
        const double radius = sqrt(-2 * log((floor((double)words.i[2 * k] / 256) + 1) / 16777216));
        cr_assert_float_eq(normal.f[k], radius * cos(2 * acos(-1) * uniform.f[2 * k + 1]), 1e-12);
    }
}

static void expect_moments(sabir_random_kind kind, double mean, double variance)
{
    enum { COUNT = 100000 };
    const sbr_ref_tensor x = draw(kind, SABIR_F32, SABIR_SHAPE(COUNT), KEY((2), 123, 456));
    double sum = 0, squares = 0;
    for (int64_t k = 0; k < COUNT; k++) sum += x.f[k];
    for (int64_t k = 0; k < COUNT; k++) squares += (x.f[k] - sum / COUNT) * (x.f[k] - sum / COUNT);
    cr_assert_float_eq(sum / COUNT, mean, 5 * sqrt(variance / COUNT));
    cr_assert_float_eq(squares / COUNT, variance, 0.03 * variance);
}

Test(ref_random, moments)
{
    const double pi = 3.14159265358979323846;
    expect_moments(SABIR_RANDOM_UNIFORM, 0.5, 1.0 / 12);
    expect_moments(SABIR_RANDOM_NORMAL, 0, 1);
    expect_moments(SABIR_RANDOM_GUMBEL, 0.57721566490153286061, pi * pi / 6);
}
