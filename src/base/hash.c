#include "hash.h"

#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

sbr_hash sbr_hash_bytes(const void *data, size_t size)
{
    XXH128_hash_t hash = XXH3_128bits(data, size);
    return (sbr_hash){hash.low64, hash.high64};
}

sbr_hash sbr_hash_join(sbr_hash a, sbr_hash b)
{
    sbr_hash both[2] = {a, b};
    return sbr_hash_bytes(both, sizeof both);
}

void sbr_hash_text(sbr_hash hash, char text[33])
{
    snprintf(text, 33, "%016llx%016llx", (unsigned long long)hash.high, (unsigned long long)hash.low);
}
