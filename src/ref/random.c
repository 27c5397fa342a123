/* ops.h states which word of Philox makes which element. */
#include "random.h"

#include "element.h"
#include "functions.h"

sbr_ref_words sbr_ref_philox(sbr_ref_words counter, uint32_t key_0, uint32_t key_1)
{
    for (int round = 0; round < 10; round++) {
        const uint64_t first = (uint64_t)0xD2511F53u * counter.at[0], second = (uint64_t)0xCD9E8D57u * counter.at[2];
        counter = (sbr_ref_words){{
            (uint32_t)(second >> 32) ^ counter.at[1] ^ key_0,
            (uint32_t)second,
            (uint32_t)(first >> 32) ^ counter.at[3] ^ key_1,
            (uint32_t)first,
        }};
        key_0 += 0x9E3779B9u;
        key_1 += 0xBB67AE85u;
    }
    return counter;
}

static sbr_ref_words draw(const uint32_t key[4], int64_t counter)
{
    return sbr_ref_philox((sbr_ref_words){{(uint32_t)counter, key[2], key[3], 0}}, key[0], key[1]);
}

static uint32_t word(const uint32_t key[4], int64_t j) { return draw(key, j / 4).at[j % 4]; }

static double normal(const uint32_t key[4], int64_t j)
{
    const sbr_ref_words drawn = draw(key, j / 2);
    const double u1 = ((double)(drawn.at[2 * (j % 2)] >> 8) + 1.0) * 0x1p-24, u2 = (double)(drawn.at[2 * (j % 2) + 1] >> 8) * 0x1p-24;
    return sqrt(-2.0 * log(u1)) * cos(2.0 * 3.14159265358979323846 * u2);
}

static void fill_one(sabir_random_kind kind, const uint32_t key[4], int64_t j, sbr_ref_tensor *out, int64_t at)
{
    switch (kind) {
    case SABIR_RANDOM_BITS: out->i[at] = word(key, j); break;
    case SABIR_RANDOM_UNIFORM: out->f[at] = (double)(word(key, j) >> 8) * 0x1p-24; break;
    case SABIR_RANDOM_NORMAL: out->f[at] = normal(key, j); break;
    case SABIR_RANDOM_GUMBEL: out->f[at] = -log(-log(((double)(word(key, j) >> 9) + 0.5) * 0x1p-23)); break;
    }
}

sabir_status sbr_ref_op_random(const sbr_ref_call *call)
{
    const sabir_random_attrs *attrs = call->attrs;
    const sbr_ref_tensor *keys = &call->inputs[0];
    sbr_ref_tensor *out = &call->outputs[0];
    if (out->count == 0 || keys->count == 0) return SABIR_OK;
    const int64_t width = keys->extents[keys->rank - 1], each = out->count / (keys->count / width);
    for (int64_t at = 0; at < out->count; at++) {
        const int64_t first = at / each * width;
        uint32_t key[4] = {0};
        for (int64_t k = 0; k < width && k < 4; k++) key[k] = (uint32_t)keys->i[first + k];
        fill_one(attrs->kind, key, at % each, out, at);
    }
    return SABIR_OK;
}
