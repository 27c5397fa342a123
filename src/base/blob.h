/* The blob cache: named bytes in a folder. Every failure is a miss; files are written aside and renamed. */
#ifndef SBR_BLOB_H
#define SBR_BLOB_H

#include "base.h"
#include "hash.h"

typedef struct sbr_blob_cache {
    const sabir_allocator *allocator;
    char *folder; /* NULL: no cache */
} sbr_blob_cache;

/* folder NULL: the user's cache place (environment.h); "": none. A folder that cannot be made is no cache. */
sabir_status sbr_blob_open(sbr_blob_cache *cache, const sabir_allocator *allocator, const char *folder);
void sbr_blob_close(sbr_blob_cache *cache);
/* key is stored with the data and compared. *data belongs to the caller (cache->allocator). */
bool sbr_blob_load(const sbr_blob_cache *cache, const void *key, size_t key_size, void **data, size_t *size);
void sbr_blob_store(const sbr_blob_cache *cache, const void *key, size_t key_size, const void *data, size_t size);
#endif
