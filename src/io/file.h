/* Files read whole, unpacked where they are packed, and files written aside and renamed. */
#ifndef SBR_IO_FILE_H
#define SBR_IO_FILE_H

#include <stdio.h>

#include "base/base.h"

typedef struct sbr_bytes {
    uint8_t *data; /* of the allocator; NULL: none */
    size_t size;
} sbr_bytes;

#define SBR_MOST_BYTES ((uint64_t)1 << 36)

/* The path and the fault, as SABIR_IO. */
SBR_PRINTF(2, 3) sabir_status sbr_file_fail(const char *path, const char *format, ...);
/* SABIR_INVALID_ARGUMENT for NULL and "". */
sabir_status sbr_path_check(const char *path, const char *call);
/* Opens for reading and measures. SABIR_NOT_FOUND where there is none. */
sabir_status sbr_file_open(const char *path, FILE **file, uint64_t *bytes);
/* The whole file, unpacked if it is of gzip. most 0: SBR_MOST_BYTES. */
sabir_status sbr_file_read(const sabir_allocator *allocator, const char *path, uint64_t most, sbr_bytes *bytes);
/* gzip.c: all members of a gzip file. */
bool sbr_is_gzip(const sbr_bytes *bytes);
sabir_status sbr_gunzip(const sabir_allocator *allocator, const char *path, const sbr_bytes *packed, uint64_t most, sbr_bytes *bytes);

/* A file being written aside. After a failure further writes do nothing, and the first status stays. */
typedef struct sbr_aside {
    const sabir_allocator *allocator;
    const char *path; /* the caller's */
    char *aside;
    FILE *file;
    sabir_status status;
} sbr_aside;

sabir_status sbr_aside_begin(sbr_aside *aside, const sabir_allocator *allocator, const char *path);
void sbr_aside_write(sbr_aside *aside, const void *data, size_t bytes);
/* On the disk and in the place of path if all went well (status: of what else the writer did); otherwise gone without a trace. */
sabir_status sbr_aside_end(sbr_aside *aside, sabir_status status);
#endif
