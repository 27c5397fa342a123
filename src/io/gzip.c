/* gzip through zlib, which is opened when a packed file is first met: programs that read none need none. */
#include "file.h"

#if defined(SABIR_WITH_ZLIB)
#include <zlib.h>

#include "base/dynlib.h"

typedef struct zlib {
    sbr_dynlib *handle;
    __typeof__(&inflateInit2_) begin;
    __typeof__(&inflate) inflate;
    __typeof__(&inflateReset) reset;
    __typeof__(&inflateEnd) end;
} zlib;

static sabir_status zlib_open(const char *path, zlib *z)
{
    *z = (zlib){.handle = sbr_dynlib_open("libz.so.1")};
    if (z->handle) {
        *(void **)&z->begin = sbr_dynlib_symbol(z->handle, "inflateInit2_");
        *(void **)&z->inflate = sbr_dynlib_symbol(z->handle, "inflate");
        *(void **)&z->reset = sbr_dynlib_symbol(z->handle, "inflateReset");
        *(void **)&z->end = sbr_dynlib_symbol(z->handle, "inflateEnd");
    }
    if (z->begin && z->inflate && z->reset && z->end) return SABIR_OK;
    sbr_dynlib_close(z->handle);
    return sbr_fail(SABIR_UNSUPPORTED, "%s is packed by gzip, and libz.so.1 cannot be opened; install zlib or unpack the file with gunzip", path);
}

/* Room for more of the result, twice what there was, up to one byte above most: whoever needs that byte is over it. */
static sabir_status more_room(const sabir_allocator *allocator, const char *path, uint64_t most, sbr_bytes *bytes, size_t *room)
{
    const uint64_t limit = most < SIZE_MAX ? most + 1 : SIZE_MAX;
    if (*room >= limit) return sbr_file_fail(path, "unpacks to more than the %llu bytes allowed", (unsigned long long)most);
    const uint64_t wanted = *room ? (uint64_t)*room * 2 : (uint64_t)bytes->size + 65536;
    *room = (size_t)(wanted < limit ? wanted : limit);
    uint8_t *data = sbr_resize(allocator, bytes->data, *room);
    if (!data) return sbr_no_memory(*room);
    bytes->data = data;
    return SABIR_OK;
}

static sabir_status unpack(const sabir_allocator *allocator, const char *path, const zlib *z, z_stream *stream, const sbr_bytes *packed, uint64_t most,
                           sbr_bytes *bytes)
{
    enum { PIECE = 1 << 30 };
    size_t taken = 0, room = 0;
    for (;;) {
        if (bytes->size == room) SABIR_TRY(more_room(allocator, path, most, bytes, &room));
        const size_t left = packed->size - taken, free_room = room - bytes->size;
        stream->next_in = packed->data + taken;
        stream->avail_in = (uInt)(left < PIECE ? left : PIECE);
        stream->next_out = bytes->data + bytes->size;
        stream->avail_out = (uInt)(free_room < PIECE ? free_room : PIECE);
        const int result = z->inflate(stream, Z_NO_FLUSH);
        taken = (size_t)(stream->next_in - packed->data);
        bytes->size = (size_t)(stream->next_out - bytes->data);
        if (result == Z_STREAM_END && taken == packed->size) return SABIR_OK;
        if (result == Z_STREAM_END && z->reset(stream) == Z_OK) continue; /* the next member */
        if (result == Z_MEM_ERROR) return sbr_no_memory(0);
        if (result != Z_OK && !(result == Z_BUF_ERROR && bytes->size == room))
            return sbr_file_fail(path, "the packed data is %s at byte %zu", taken == packed->size ? "cut short" : "damaged", taken);
    }
}

static void *allocate(void *user, uInt count, uInt size) { return sbr_alloc_array(user, count, size); }
static void release(void *user, void *memory) { sbr_free(user, memory); }

sabir_status sbr_gunzip(const sabir_allocator *allocator, const char *path, const sbr_bytes *packed, uint64_t most, sbr_bytes *bytes)
{
    enum { GZIP_WINDOW = 15 + 16 };
    zlib z;
    SABIR_TRY(zlib_open(path, &z));
    sabir_allocator own = *allocator;
    z_stream stream = {.zalloc = allocate, .zfree = release, .opaque = &own};
    sabir_status status = z.begin(&stream, GZIP_WINDOW, ZLIB_VERSION, (int)sizeof stream) == Z_OK ? SABIR_OK : sbr_no_memory(sizeof stream);
    if (status == SABIR_OK) {
        status = unpack(allocator, path, &z, &stream, packed, most, bytes);
        (void)z.end(&stream);
    }
    if (status == SABIR_OK && bytes->size > most) status = sbr_file_fail(path, "unpacks to more than the %llu bytes allowed", (unsigned long long)most);
    sbr_dynlib_close(z.handle);
    return status;
}
#else
sabir_status sbr_gunzip(const sabir_allocator *allocator, const char *path, const sbr_bytes *packed, uint64_t most, sbr_bytes *bytes)
{
    (void)allocator;
    (void)packed;
    (void)most;
    (void)bytes;
    return sbr_fail(SABIR_UNSUPPORTED, "%s is packed by gzip, and Sabir was built without zlib's headers; unpack it with gunzip", path);
}
#endif

bool sbr_is_gzip(const sbr_bytes *bytes) { return bytes->size >= 2 && bytes->data[0] == 0x1f && bytes->data[1] == 0x8b; }
