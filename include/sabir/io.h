/* Files: arrays from npy, idx and csv; safetensors; stores saved and loaded.
 *
 * What is read may be hostile: sizes are checked against the file before anything is allocated, and a file that contradicts itself is refused with
 * SABIR_IO and a message that names the file and the fault; one that is not there is SABIR_NOT_FOUND. Arrays (npy, idx, csv) whose first bytes are those
 * of gzip are unpacked (zlib is opened at run time, as drivers are; without it such a file is SABIR_UNSUPPORTED); safetensors are not. What is written is
 * written aside, in the same folder, and renamed when it is complete and on the disk: a reader sees the old file or the new one, never a part. */
#ifndef SABIR_IO_H
#define SABIR_IO_H

#include "device.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sabir_read_options {
    size_t size;
    uint64_t most_bytes; /* a file that holds or unpacks to more is refused; 0: 2^36 */
} sabir_read_options;

#define SABIR_READ_OPTIONS {.size = sizeof(sabir_read_options)}

/* ---- Arrays on the host ---- */

/* Dense, row-major, in the type's own representation. data is of the context's allocator where Sabir made it, and may be the caller's where it is only read. */
typedef struct sabir_array {
    sabir_type type;
    sabir_shape shape;
    uint64_t bytes;
    void *data;
} sabir_array;

SABIR_API void sabir_array_free(sabir_context *context, sabir_array *array); /* leaves it empty; NULL and an empty array are allowed */
/* A tensor of the array's type, shape and elements. */
SABIR_API sabir_status sabir_array_upload(sabir_device *device, const sabir_array *array, sabir_tensor **tensor);
SABIR_API sabir_status sabir_array_download(sabir_tensor *tensor, sabir_array *array); /* waits for work in flight; the caller's to free */

/* options may be NULL in all of these. Integers of 16 bits become i32. */

/* NumPy's format, versions 1 to 3, either byte order, C or Fortran order; no structured types. */
SABIR_API sabir_status sabir_npy_read(sabir_context *context, const char *path, const sabir_read_options *options, sabir_array *array);
/* Version 1, little-endian, C order. bf16, which NumPy lacks, is SABIR_INVALID_TYPE. */
SABIR_API sabir_status sabir_npy_write(sabir_context *context, const char *path, const sabir_array *array);
/* The format of MNIST and its kin: u8, i8, 16- and 32-bit integers, f32, f64, up to 8 axes. */
SABIR_API sabir_status sabir_idx_read(sabir_context *context, const char *path, const sabir_read_options *options, sabir_array *array);

typedef struct sabir_csv_options {
    size_t size;
    uint64_t most_bytes; /* as in sabir_read_options */
    char separator;      /* 0: a comma */
    int header;          /* 1: the first line names the columns; -1: it does not; 0: it does where one of its fields is neither a number nor empty */
} sabir_csv_options;

#define SABIR_CSV_OPTIONS {.size = sizeof(sabir_csv_options)}

typedef struct sabir_table {
    uint32_t columns;
    char **names;       /* by column; NULL without a header */
    sabir_array values; /* f64 [rows, columns] */
} sabir_table;

/* Numbers as strtod reads them in the C locale; an empty field is NaN; fields may stand in double quotes. Every line has as many fields as the first;
 * blank lines are passed over. */
SABIR_API sabir_status sabir_csv_read(sabir_context *context, const char *path, const sabir_csv_options *options, sabir_table *table);
SABIR_API void sabir_table_free(sabir_context *context, sabir_table *table); /* as sabir_array_free */

/* ---- safetensors ---- */

typedef struct sabir_safetensors sabir_safetensors; /* an open file; of one thread at a time */
typedef struct sabir_named_array { const char *name; sabir_array array; } sabir_named_array;
typedef struct sabir_text_pair { const char *name, *text; } sabir_text_pair;

/* Reads and checks the header; tensors are read when asked for. The file stays open. */
SABIR_API sabir_status sabir_safetensors_open(sabir_context *context, const char *path, const sabir_read_options *options, sabir_safetensors **file);
SABIR_API void sabir_safetensors_close(sabir_safetensors *file); /* NULL is allowed */
SABIR_API uint32_t sabir_safetensors_count(const sabir_safetensors *file);
SABIR_API const char *sabir_safetensors_name(const sabir_safetensors *file, uint32_t position);    /* NULL past the end */
SABIR_API int64_t sabir_safetensors_find(const sabir_safetensors *file, const char *name);         /* position; -1 when there is none */
SABIR_API const char *sabir_safetensors_metadata(const sabir_safetensors *file, const char *name); /* NULL when there is none */
/* SABIR_UNSUPPORTED, naming the type, for element types that Sabir lacks (16-bit and u64 integers, 8-bit floats). */
SABIR_API sabir_status sabir_safetensors_describe(const sabir_safetensors *file, uint32_t position, sabir_type *type, sabir_shape *shape);
SABIR_API sabir_status sabir_safetensors_read(sabir_safetensors *file, uint32_t position, sabir_array *array);
/* Names are unique, not empty and not "__metadata__". */
SABIR_API sabir_status sabir_safetensors_write(sabir_context *context, const char *path, const sabir_named_array *arrays, uint32_t count,
                                               const sabir_text_pair *metadata, uint32_t metadata_count);

/* ---- Stores: checkpoints ---- */

typedef struct sabir_save_options {
    size_t size;
    const sabir_text_pair *metadata; /* read back by sabir_safetensors_metadata */
    uint32_t metadata_count;
    const char *const *names; /* only these variables; NULL: all */
    uint32_t name_count;
} sabir_save_options;

#define SABIR_SAVE_OPTIONS {.size = sizeof(sabir_save_options)}

/* Every variable, bit for bit. options may be NULL. A poisoned variable is SABIR_POISONED and leaves the file at path as it was. */
SABIR_API sabir_status sabir_store_save(sabir_store *store, const char *path, const sabir_save_options *options);

typedef struct sabir_load_options {
    size_t size;
    uint64_t most_bytes; /* as in sabir_read_options */
    int strict;          /* non-zero: the store's variables and the file's tensors have to be the same ones, or nothing is loaded */
} sabir_load_options;

#define SABIR_LOAD_OPTIONS {.size = sizeof(sabir_load_options)}

/* Every tensor of the file into the variable of its name, made if there is none; other variables stay as they are. Types and shapes of existing
 * variables are compared before the first is written: SABIR_INVALID_TYPE, SABIR_INVALID_SHAPE or, with strict, SABIR_NOT_FOUND leave the store as it was. A file
 * that cannot be read to its end (SABIR_IO) may leave some variables loaded. options may be NULL. */
SABIR_API sabir_status sabir_store_load(sabir_store *store, const char *path, const sabir_load_options *options);

#ifdef __cplusplus
}
#endif
#endif
