/* 128-bit hashes (XXH3) of texts and binaries: names of cache entries. Entries carry their whole key, so a collision is a miss. */
#ifndef SBR_HASH_H
#define SBR_HASH_H

#include "base.h"

typedef struct sbr_hash { uint64_t low, high; } sbr_hash;

sbr_hash sbr_hash_bytes(const void *data, size_t size);
sbr_hash sbr_hash_join(sbr_hash a, sbr_hash b);
static inline bool sbr_hash_equal(sbr_hash a, sbr_hash b) { return a.low == b.low && a.high == b.high; }
void sbr_hash_text(sbr_hash hash, char text[33]); /* 32 hexadecimal digits */
#endif
