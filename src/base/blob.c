#include "blob.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "environment.h"
#include "thread.h"

/* File: magic, key size, data size, hash of the data, key, data. */
typedef struct blob_header {
    char magic[8];
    uint64_t key_size, data_size;
    sbr_hash data_hash;
} blob_header;

static const char magic[8] = "SBRBLOB1";
enum { PATH = 1400 };

static bool make_folders(const char *path)
{
    char part[PATH];
    size_t length = strlen(path);
    if (length + 1 > sizeof part) return false;
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) return false;
    }
    return true;
}

sabir_status sbr_blob_open(sbr_blob_cache *cache, const sabir_allocator *allocator, const char *folder)
{
    *cache = (sbr_blob_cache){.allocator = allocator};
    sbr_environment environment;
    if (!folder) {
        sbr_environment_read(&environment);
        folder = environment.cache_folder;
    }
    if (!folder[0] || strlen(folder) + 64 > PATH || !make_folders(folder)) return SABIR_OK;
    cache->folder = sbr_strdup(allocator, folder);
    return cache->folder ? SABIR_OK : sbr_no_memory(strlen(folder) + 1);
}

void sbr_blob_close(sbr_blob_cache *cache)
{
    sbr_free(cache->allocator, cache->folder);
    cache->folder = NULL;
}

static void blob_path(const sbr_blob_cache *cache, const void *key, size_t key_size, char *path)
{
    char name[33];
    sbr_hash_text(sbr_hash_bytes(key, key_size), name);
    snprintf(path, PATH, "%s/%s", cache->folder, name);
}

static bool read_blob(const sbr_blob_cache *cache, FILE *file, const void *key, size_t key_size, void **data, size_t *size)
{
    blob_header header;
    if (fread(&header, sizeof header, 1, file) != 1 || memcmp(header.magic, magic, sizeof magic) != 0) return false;
    if (header.key_size != key_size || header.data_size > SIZE_MAX / 2) return false;
    if (fseek(file, 0, SEEK_END) != 0) return false;
    long end = ftell(file);
    if (end < 0 || (uint64_t)end != sizeof header + key_size + header.data_size) return false;
    if (fseek(file, (long)sizeof header, SEEK_SET) != 0) return false;
    size_t both = key_size + (size_t)header.data_size;
    char *bytes = sbr_alloc(cache->allocator, both);
    if (!bytes) return false;
    bool good = fread(bytes, 1, both, file) == both && memcmp(bytes, key, key_size) == 0;
    if (good) {
        memmove(bytes, bytes + key_size, (size_t)header.data_size);
        good = sbr_hash_equal(sbr_hash_bytes(bytes, (size_t)header.data_size), header.data_hash);
    }
    if (!good) {
        sbr_free(cache->allocator, bytes);
        return false;
    }
    *data = bytes;
    *size = (size_t)header.data_size;
    return true;
}

bool sbr_blob_load(const sbr_blob_cache *cache, const void *key, size_t key_size, void **data, size_t *size)
{
    if (!cache->folder) return false;
    char path[PATH];
    blob_path(cache, key, key_size, path);
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    bool good = read_blob(cache, file, key, key_size, data, size);
    fclose(file);
    return good;
}

void sbr_blob_store(const sbr_blob_cache *cache, const void *key, size_t key_size, const void *data, size_t size)
{
    if (!cache->folder) return;
    char path[PATH], aside[PATH + 64];
    blob_path(cache, key, key_size, path);
    snprintf(aside, sizeof aside, "%s.%ld.%llx", path, sbr_process_id(), (unsigned long long)sbr_clock_ns());
    FILE *file = fopen(aside, "wb");
    if (!file) return;
    blob_header header = {.key_size = key_size, .data_size = size, .data_hash = sbr_hash_bytes(data, size)};
    memcpy(header.magic, magic, sizeof magic);
    bool good = fwrite(&header, sizeof header, 1, file) == 1 && fwrite(key, 1, key_size, file) == key_size && fwrite(data, 1, size, file) == size;
    good = fclose(file) == 0 && good;
    if (!good || rename(aside, path) != 0) remove(aside);
}
