/* sabir-kernelgen: reads every kernel of the tree, prints it as GLSL, has glslc make SPIR-V of it, and embeds texts and modules. */
#ifndef KERNELGEN_H
#define KERNELGEN_H

#include "kernel/builtin.h"

typedef struct kernelgen_kernel {
    const char *text;
    size_t size;
    sbr_kernel_desc desc;
} kernelgen_kernel;

typedef struct kernelgen_module {
    const kernelgen_kernel *kernel;
    sbr_kernel_variant variant;
    char name[128];      /* "row_sum_f32", "row_sum_f32_i32_wide" */
    char *glsl, *words;  /* paths of NAME.glsl and NAME.spv */
    bool stale;          /* has to be compiled */
    uint32_t *code;
    size_t size;         /* bytes of code */
} kernelgen_module;

typedef struct kernelgen {
    const sabir_allocator *allocator;
    sbr_arena arena;
    const char *out, *root, *glslc, *optimiser, *validator;
    uint32_t jobs;
    SBR_VECTOR(sbr_embedded_text) texts; /* sorted by name */
    SBR_VECTOR(kernelgen_kernel) kernels;  /* sorted by name */
    SBR_VECTOR(kernelgen_module) modules;  /* sorted by kernel */
} kernelgen;

/* files.c */
sabir_status kernelgen_read_file(kernelgen *gen, const char *path, char **data, size_t *size); /* NUL-terminated; NOT_FOUND where there is none */
sabir_status kernelgen_write_file(const char *path, const char *data, size_t size);
sabir_status kernelgen_load(kernelgen *gen);   /* fills texts and kernels */
const char *kernelgen_library(void *gen, const char *name);
char *kernelgen_format(kernelgen *gen, const char *format, ...) SBR_PRINTF(2, 3); /* in the arena; NULL when out of memory */

/* expand.c */
/* Replaces the lines that ask for cases of the operator table or for a part; text stays as it is without such lines. */
sabir_status kernelgen_expand(kernelgen *gen, const char *what, char **text, size_t *size);

/* compile.c */
sabir_status kernelgen_print_modules(kernelgen *gen); /* writes GLSL, fills modules */
sabir_status kernelgen_compile(kernelgen *gen);       /* runs glslc and spirv-val where the GLSL changed, reads the SPIR-V */

/* table.c */
sabir_status kernelgen_write_table(kernelgen *gen);
#endif
