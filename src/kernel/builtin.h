/* The kernels built into the library: dialect texts, preludes, mathematics and SPIR-V, embedded by sabir-kernelgen (kernels_table.c). */
#ifndef SBR_BUILTIN_H
#define SBR_BUILTIN_H

#include "dialect.h"

typedef struct sbr_embedded_text { const char *name; const char *data; size_t size; } sbr_embedded_text; /* data is NUL-terminated */
typedef struct sbr_embedded_module {
    const char *kernel;
    sbr_kernel_variant variant;
    const uint32_t *words;
    size_t size; /* bytes */
} sbr_embedded_module;

extern const sbr_embedded_text sbr_embedded_kernels[];   /* name "row_sum": the .k text; sorted by name */
extern const uint32_t sbr_embedded_kernel_count;
extern const sbr_embedded_text sbr_embedded_library[];   /* "prelude.glsl", "prelude.cl", "math/exp.k"; sorted */
extern const uint32_t sbr_embedded_library_count;
extern const sbr_embedded_module sbr_embedded_modules[]; /* sorted by kernel */
extern const uint32_t sbr_embedded_module_count;

/* Appends to list, blank-separated, the files of mathematics ("exp log") that define the s_NAME( functions called in text; core and storage are
 * always there and not listed. false when a function is in none. */
bool sbr_list_uses(const char *text, const sbr_embedded_text *library, uint32_t count, sbr_text *list);

const char *sbr_builtin_library(void *user, const char *name); /* an sbr_dialect_library over the embedded texts */
const sbr_embedded_text *sbr_builtin_kernel(const char *name);
const sbr_embedded_module *sbr_builtin_module(const char *kernel, sbr_kernel_variant variant);
#endif
