/* Writing safetensors from any source of elements, and reading them in parts. */
#ifndef SBR_IO_SAFETENSORS_H
#define SBR_IO_SAFETENSORS_H

#include "header.h"

/* A tensor to be written. */
typedef struct sbr_written {
    const char *name;
    sabir_type type;
    sabir_shape shape;
    uint64_t bytes;
    const void *data;     /* either */
    sabir_tensor *tensor; /* or */
    uint32_t position;    /* set by sbr_safetensors_save */
} sbr_written;

/* Writes the elements of one. */
typedef sabir_status sbr_source(sbr_aside *aside, const sbr_written *written);

sabir_status sbr_safetensors_save(const sabir_allocator *allocator, const char *path, sbr_written *written, uint32_t count, const sabir_text_pair *metadata,
                                  uint32_t metadata_count, sbr_source *source);
/* bytes at offset of a tensor's elements; both within it. */
sabir_status sbr_safetensors_part(sabir_safetensors *file, uint32_t position, uint64_t offset, void *data, size_t bytes);
#endif
