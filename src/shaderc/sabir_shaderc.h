/* libsabir-shaderc: GLSL to SPIR-V at run time. A module of its own, opened where it is installed, so that libsabir stays
 * small and free of C++. Nothing here uses the rest of Sabir, and every function may be called from any thread.
 * (This file is not named shaderc.h because src/ is on the include path and would hide <shaderc/shaderc.h>.) */
#ifndef SBR_SHADERC_H
#define SBR_SHADERC_H

#include <stddef.h>
#include <stdint.h>

#include "sabir/status.h"

#define SABIR_SHADERC_VERSION 1

/* The version of these three functions that the module was built with. */
SABIR_API unsigned sabir_shaderc_version(void);

/* Compiles a compute shader for Vulkan 1.2, entry point "main", unoptimised: drivers optimise, and it is many times quicker.
 * glsl: length bytes, no NUL needed, taken as GLSL 4.60 whatever its #version says. name stands for the file in diagnostics.
 * 0: *words holds *bytes of SPIR-V, to be released with sabir_shaderc_free. Otherwise *words is NULL and message, where it has
 * room, holds the compiler's diagnostics, cut to message_size with its NUL. */
SABIR_API int sabir_shaderc_compile(const char *glsl, size_t length, const char *name, uint32_t **words, size_t *bytes, char *message,
                                    size_t message_size);
SABIR_API void sabir_shaderc_free(uint32_t *words); /* NULL is allowed */

#endif
