#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/thread.h"

sabir_status sbr_file_fail(const char *path, const char *format, ...)
{
    char fault[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault, sizeof fault, format, arguments);
    va_end(arguments);
    return sbr_fail(SABIR_IO, "%s: %s", path, fault);
}

sabir_status sbr_path_check(const char *path, const char *call)
{
    if (path && path[0]) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the path is %s", call, path ? "empty" : "NULL");
}

static sabir_status cannot(const char *what, const char *path, int error)
{
    char reason[128] = "unknown error";
    (void)strerror_r(error, reason, sizeof reason);
    return sbr_fail(error == ENOENT ? SABIR_NOT_FOUND : SABIR_IO, "%s cannot be %s: %s", path, what, reason);
}

/* ---- Reading ---- */

sabir_status sbr_file_open(const char *path, FILE **file, uint64_t *bytes)
{
    struct stat info;
    *file = fopen(path, "rb");
    if (!*file) return cannot("opened", path, errno);
    if (fstat(fileno(*file), &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= 0) {
        *bytes = (uint64_t)info.st_size;
        return SABIR_OK;
    }
    fclose(*file);
    *file = NULL;
    return sbr_file_fail(path, "not a regular file");
}

static sabir_status read_all(const sabir_allocator *allocator, const char *path, FILE *file, uint64_t size, uint64_t most, sbr_bytes *bytes)
{
    if (size > most || size > SIZE_MAX - 1)
        return sbr_file_fail(path, "%llu bytes, more than the %llu allowed", (unsigned long long)size, (unsigned long long)most);
    bytes->data = sbr_alloc(allocator, (size_t)size + 1);
    if (!bytes->data) return sbr_no_memory((size_t)size + 1);
    bytes->size = fread(bytes->data, 1, (size_t)size, file);
    return bytes->size == size ? SABIR_OK : sbr_file_fail(path, "only %zu of its %llu bytes could be read", bytes->size, (unsigned long long)size);
}

static sabir_status unpack(const sabir_allocator *allocator, const char *path, uint64_t most, sbr_bytes *bytes)
{
    if (!sbr_is_gzip(bytes)) return SABIR_OK;
    const sbr_bytes packed = *bytes;
    *bytes = (sbr_bytes){0};
    const sabir_status status = sbr_gunzip(allocator, path, &packed, most, bytes);
    sbr_free(allocator, packed.data);
    return status;
}

sabir_status sbr_file_read(const sabir_allocator *allocator, const char *path, uint64_t most, sbr_bytes *bytes)
{
    FILE *file;
    uint64_t size = 0;
    *bytes = (sbr_bytes){0};
    if (!most) most = SBR_MOST_BYTES;
    SABIR_TRY(sbr_file_open(path, &file, &size));
    sabir_status status = read_all(allocator, path, file, size, most, bytes);
    fclose(file);
    if (status == SABIR_OK) status = unpack(allocator, path, most, bytes);
    if (status != SABIR_OK) {
        sbr_free(allocator, bytes->data);
        *bytes = (sbr_bytes){0};
    }
    return status;
}

/* ---- Writing aside ---- */

enum { SUFFIX = 64 };

sabir_status sbr_aside_begin(sbr_aside *aside, const sabir_allocator *allocator, const char *path)
{
    const size_t room = strlen(path) + SUFFIX;
    *aside = (sbr_aside){.allocator = allocator, .path = path, .aside = sbr_alloc(allocator, room)};
    if (!aside->aside) return sbr_no_memory(room);
    snprintf(aside->aside, room, "%s.%ld.%llx", path, sbr_process_id(), (unsigned long long)sbr_clock_ns());
    const int handle = open(aside->aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    aside->file = handle < 0 ? NULL : fdopen(handle, "wb");
    if (aside->file) return SABIR_OK;
    const sabir_status status = cannot("created", aside->aside, errno);
    if (handle >= 0) {
        close(handle);
        remove(aside->aside);
    }
    sbr_free(allocator, aside->aside);
    aside->aside = NULL;
    return status;
}

void sbr_aside_write(sbr_aside *aside, const void *data, size_t bytes)
{
    if (aside->status != SABIR_OK || bytes == 0 || fwrite(data, 1, bytes, aside->file) == bytes) return;
    aside->status = cannot("written", aside->aside, errno);
}

/* A rename is on the disk when its folder is. Folders that cannot be opened are left to the system. */
static void sync_folder(sbr_aside *aside)
{
    char *slash = strrchr(aside->aside, '/');
    if (slash) slash[slash == aside->aside ? 1 : 0] = '\0';
    const int folder = open(slash ? aside->aside : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    fsync(folder);
    close(folder);
}

sabir_status sbr_aside_end(sbr_aside *aside, sabir_status status)
{
    if (!aside->file) return status;
    if (status == SABIR_OK) status = aside->status;
    if (status == SABIR_OK && (fflush(aside->file) != 0 || fsync(fileno(aside->file)) != 0)) status = cannot("written", aside->aside, errno);
    if (fclose(aside->file) != 0 && status == SABIR_OK) status = cannot("written", aside->aside, errno);
    aside->file = NULL;
    if (status == SABIR_OK && rename(aside->aside, aside->path) != 0) status = cannot("replaced", aside->path, errno);
    if (status == SABIR_OK) sync_folder(aside);
    else remove(aside->aside);
    sbr_free(aside->allocator, aside->aside);
    aside->aside = NULL;
    return status;
}
