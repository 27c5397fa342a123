/* The header of a safetensors file: a JSON object of two levels. This is the one JSON that the library reads, so it has a reader that takes exactly this
 * form: offsets are whole 64-bit numbers, a name that comes twice is a fault, and nothing can nest. */
#ifndef SBR_IO_HEADER_H
#define SBR_IO_HEADER_H

#include "array.h"

/* One tensor of the file. */
typedef struct sbr_entry {
    const char *name;    /* in the arena */
    char type_name[12];  /* as the file has it: "F32" */
    sabir_type type;     /* SABIR_TYPE_COUNT: none of Sabir's */
    uint32_t bits;       /* of an element; 0: an unknown type, whose bytes cannot be checked */
    sabir_shape shape;
    bool deep;           /* more axes than SABIR_MAX_RANK; shape is empty */
    uint64_t first, end; /* bytes, from the header's end */
} sbr_entry;

typedef struct sbr_header {
    SBR_VECTOR(sbr_entry) entries;
    SBR_VECTOR(sabir_text_pair) metadata;
} sbr_header;

/* text: the header as it stands in the file; data_bytes: what follows it. Names and metadata go to the arena, the lists to its allocator: they are the
 * caller's to free, also after a failure. Checks everything: names unique, bytes as types and shapes ask for, every byte of the data in exactly one tensor. */
sabir_status sbr_header_read(sbr_arena *arena, const char *path, const char *text, size_t length, uint64_t data_bytes, sbr_header *header);
/* "F32"; NULL for a type that safetensors lacks. */
const char *sbr_header_type(sabir_type type);
#endif
