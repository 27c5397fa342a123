/* GLSL to SPIR-V at run time, through the optional module libsabir-shaderc. */
#ifndef SBR_COMPILER_H
#define SBR_COMPILER_H

#include "base/context.h"
#include "base/dynlib.h"

typedef struct sbr_compiler {
    bool looked;
    sbr_dynlib *module; /* NULL: not installed, or not looked for yet */
    int (*compile)(const char *glsl, size_t length, const char *name, uint32_t **words, size_t *bytes, char *message, size_t message_size);
    void (*release)(uint32_t *words);
} sbr_compiler;

/* Whether there is one: looks on the first call. The context's option shaderc_library, else beside this library, else by name. */
bool sbr_compiler_find(sbr_compiler *compiler, const sabir_context *context);
/* *words: the context's allocator. SABIR_COMPILE_FAILED with the diagnostics. */
sabir_status sbr_compiler_run(const sbr_compiler *compiler, const sabir_allocator *allocator, const char *name, const char *glsl, size_t length,
                              void **words, size_t *bytes);
void sbr_compiler_close(sbr_compiler *compiler);
#endif
