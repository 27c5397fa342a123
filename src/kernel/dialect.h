/* Reads kernels written in the dialect (docs/dialect.md) and prints them as GLSL and OpenCL C. */
#ifndef SBR_DIALECT_H
#define SBR_DIALECT_H

#include "base/base.h"
#include "base/text.h"

/* Arithmetic types: one row each: name, GLSL type, OpenCL C type. */
#define SBR_ARITHS(ROW)                    \
    ROW(F32, "f32", "float", "float")      \
    ROW(F64, "f64", "double", "double")    \
    ROW(I32, "i32", "int", "int")          \
    ROW(U32, "u32", "uint", "uint")        \
    ROW(I64, "i64", "int64_t", "long")     \
    ROW(BITS, "bits", "uvec2", "uint2")

typedef enum sbr_arith {
#define SBR_ARITH_ENUM(id, name, glsl, opencl) SBR_ARITH_##id,
    SBR_ARITHS(SBR_ARITH_ENUM)
#undef SBR_ARITH_ENUM
    SBR_ARITH_COUNT
} sbr_arith;

/* Storage code of 16-bit elements moved as bits (other codes are sabir_type). */
enum { SBR_STORAGE_RAW16 = 16 };

typedef enum sbr_access { SBR_READ = 1, SBR_WRITE = 2, SBR_UPDATE = 3 } sbr_access;

/* A buffer's class: a fixed arithmetic type, or one of these. */
enum { SBR_CLASS_ARITH = 100, SBR_CLASS_RESULT = 101, SBR_CLASS_WORDS = 102, SBR_CLASS_BOOL = 103 };

typedef enum sbr_param_type { SBR_PARAM_UINT, SBR_PARAM_INT, SBR_PARAM_FLOAT, SBR_PARAM_IDX } sbr_param_type;

enum { SBR_MAX_BUFFERS = 12, SBR_MAX_PARAMS = 64, SBR_MAX_CONSTANTS = 8, SBR_MAX_SHARED = 24, SBR_NAME = 40,
       SBR_GATE_WORD = 0, SBR_BUFFER_WORDS = 5 };

typedef struct sbr_kernel_buffer { char name[SBR_NAME]; sbr_access access; int class_; } sbr_kernel_buffer;
typedef struct sbr_kernel_param {
    char name[SBR_NAME];
    sbr_param_type type;
    uint32_t count; /* 1, or N of an array */
    uint32_t word;  /* first control word, from the launch's word 0; an idx takes two, so element k is at word + 2k */
    bool array;
} sbr_kernel_param;
typedef struct sbr_kernel_shared { char type[SBR_NAME], name[SBR_NAME]; uint32_t count; } sbr_kernel_shared;
typedef struct sbr_kernel_const { char name[SBR_NAME]; uint32_t value; } sbr_kernel_const;

typedef struct sbr_kernel_desc {
    char name[64];
    bool map;
    uint32_t local_size;
    uint32_t ariths;  /* bit set of sbr_arith */
    uint32_t results; /* bit set; 0: same as the arithmetic type */
    uint32_t buffer_count, param_count, constant_count, shared_count;
    sbr_kernel_buffer buffers[SBR_MAX_BUFFERS];
    sbr_kernel_param params[SBR_MAX_PARAMS];
    sbr_kernel_const constants[SBR_MAX_CONSTANTS]; /* ids from 2 */
    sbr_kernel_shared shared[SBR_MAX_SHARED];
    uint32_t control_words;  /* words a launch takes */
    bool needs_i64, needs_subgroups;
    bool only_cpu;           /* for OpenCL on CPUs: no SPIR-V is made of it */
    const char *view;        /* NUL-terminated list of buffer names separated by blanks, or NULL */
    const char *uses, *helpers, *body; /* in the arena; uses and helpers may be NULL */
    const char *what;                  /* as given to sbr_dialect_read */
    uint32_t body_line, helpers_line;  /* where they begin in the source, from 1 */
} sbr_kernel_desc;

typedef struct sbr_kernel_variant {
    sbr_arith arith, result; /* result == arith unless the kernel has results */
    bool wide;
} sbr_kernel_variant;

/* Reads a kernel. what names it in messages ("kernels/row_sum.k:7: ..."). Strings go to the arena. SABIR_COMPILE_FAILED on a rule broken. */
sabir_status sbr_dialect_read(sbr_arena *arena, const char *what, const char *source, size_t length, sbr_kernel_desc *desc);

/* The texts that printing needs: language preludes and the mathematics, by name: "prelude.glsl", "prelude.cl", "math/exp.k", ...
 * Returns NULL for an unknown name. */
typedef const char *(*sbr_dialect_library)(void *user, const char *name);

sabir_status sbr_dialect_print_glsl(const sbr_kernel_desc *desc, sbr_kernel_variant variant, sbr_dialect_library library, void *user, sbr_text *out);
/* Constants and PLAIN are left to -D. */
sabir_status sbr_dialect_print_opencl(const sbr_kernel_desc *desc, sbr_kernel_variant variant, sbr_dialect_library library, void *user, sbr_text *out);

/* Whether the variant exists. */
bool sbr_kernel_has_variant(const sbr_kernel_desc *desc, sbr_kernel_variant variant);
int sbr_kernel_param_index(const sbr_kernel_desc *desc, const char *name);  /* -1: none */
int sbr_kernel_buffer_index(const sbr_kernel_desc *desc, const char *name); /* -1: none */
/* The arithmetic type in which a buffer of this variant is read; for words and bool: SBR_ARITH_U32. */
sbr_arith sbr_kernel_buffer_arith(const sbr_kernel_desc *desc, sbr_kernel_variant variant, uint32_t buffer);
const char *sbr_arith_name(sbr_arith arith);
#endif
