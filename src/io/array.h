/* Arrays out of the bytes of a file. */
#ifndef SBR_IO_ARRAY_H
#define SBR_IO_ARRAY_H

#include "base/options.h"
#include "file.h"
#define SABIR_PLAIN_NAMES
#include "sabir/io.h"

/* Elements as a file holds them. */
typedef struct sbr_element {
    sabir_type type; /* that they become */
    uint32_t size;   /* in the file: that of the type, or 2 for an i32 */
    bool is_unsigned;
    bool swapped;    /* the other byte order */
} sbr_element;

/* Elements of the shape and their bytes in the file; SABIR_IO with the path where that is not what is there. */
sabir_status sbr_array_measure(const char *path, const sbr_element *element, const sabir_shape *shape, uint64_t there);
/* Makes the array of what begins at offset, after sbr_array_measure; the memory of bytes becomes the array's where it may. bytes->data is NULL then. */
sabir_status sbr_array_take(const sabir_allocator *allocator, sbr_bytes *bytes, size_t offset, const sbr_element *element, const sabir_shape *shape,
                            sabir_array *array);
typedef sabir_status sbr_array_parser(const sabir_allocator *allocator, const char *path, sbr_bytes *bytes, sabir_array *array);
/* What every reader does around its parser; call names the reader. */
sabir_status sbr_array_read(sabir_context *context, const char *path, const sabir_read_options *options, const char *call, sbr_array_parser *parse,
                            sabir_array *array);
/* Whether a caller's array is what it says: type, rank, extents, bytes, data. */
sabir_status sbr_array_check(const sabir_array *array, const char *call);
bool sbr_host_is_little(void);
/* "f32[2, 3]" */
void sbr_array_text(sabir_type type, const sabir_shape *shape, char *text, size_t size);
#endif
