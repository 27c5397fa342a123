/* sabir-native: hands the built-in kernels to offline compilers. scripts/native runs it; docs/native.md says what for. */
#ifndef NATIVE_H
#define NATIVE_H

#include "kernel/builtin.h"

/* A module of the library: a kernel in one of its types, narrow or wide. */
typedef struct native_variant {
    char name[128]; /* "row_sum_f32", "row_sum_f32_i64_wide": as the build names its .spv */
    const sbr_kernel_desc *desc;
    sbr_kernel_variant variant;
} native_variant;

typedef struct native {
    const sabir_allocator *allocator;
    sbr_arena arena;
    SBR_VECTOR(native_variant) variants; /* by kernel */
} native;

/* variants.c: lists every variant of every built-in kernel. */
sabir_status native_load(native *n);
const native_variant *native_find(const native *n, const char *name); /* NULL: there is none */
void native_free(native *n);

/* texts.c: writes FOLDER/NAME.cl and FOLDER/NAME.glsl, the text that the compilers of OpenCL C and of GLSL see, of every variant.
 * Prints a line for each: name, kernel, arithmetic type, result type ("" where it is no other), "narrow" or "wide", work-group size. */
sabir_status native_texts(native *n, const char *folder);

/* pipelines.c: opens the first Vulkan device and prints a line "device", name, driver. Then reads lines "NAME PLAIN" from the
 * standard input, makes the compute pipeline of each, and prints a line for it at once (a driver may abort): name, plain, then
 * "ok" and each statistic of the driver as NAME=VALUE, or "unsupported" or "failed" and why. Fields are separated by tabs. */
sabir_status native_pipelines(native *n);
#endif
