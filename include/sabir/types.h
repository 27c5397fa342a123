/* Element types, extents and shapes. */
#ifndef SABIR_TYPES_H
#define SABIR_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One row per type: name, value, text, bytes. f16 and bf16 are storage types: arithmetic on them is in f32.
 * bool is one byte, 0 or 1. i64 is an accumulator and a border type: cast, sums and data movement take it. */
#define SABIR_TYPES(ROW)         \
    ROW(SABIR_F32, 0, "f32", 4)  \
    ROW(SABIR_F16, 1, "f16", 2)  \
    ROW(SABIR_BF16, 2, "bf16", 2) \
    ROW(SABIR_F64, 3, "f64", 8)  \
    ROW(SABIR_I32, 4, "i32", 4)  \
    ROW(SABIR_U32, 5, "u32", 4)  \
    ROW(SABIR_I8, 6, "i8", 1)    \
    ROW(SABIR_U8, 7, "u8", 1)    \
    ROW(SABIR_BOOL, 8, "bool", 1) \
    ROW(SABIR_I64, 9, "i64", 8)

typedef enum sabir_type {
#define SABIR_TYPE_ENUM(name, value, text, bytes) name = value,
    SABIR_TYPES(SABIR_TYPE_ENUM)
#undef SABIR_TYPE_ENUM
    SABIR_TYPE_COUNT
} sabir_type;

SABIR_API const char *sabir_type_name(sabir_type type); /* "f32"; "?" for no type */
SABIR_API size_t sabir_type_size(sabir_type type);      /* bytes of one element; 0 for no type */

#define SABIR_MAX_RANK 8

/* An extent is a count of elements (>= 0) or a dim: an extent known only at run (graph.h makes dims, they are negative
 * numbers that carry their graph's mark, so that a dim of another graph is caught). */
typedef int64_t sabir_extent;

typedef struct sabir_shape {
    int32_t rank; /* 0 to SABIR_MAX_RANK; a scalar has rank 0 */
    sabir_extent extents[SABIR_MAX_RANK]; /* outermost first; row-major */
} sabir_shape;

/* rank above SABIR_MAX_RANK is kept and refused by whoever receives the shape. extents NULL: all 0. */
SABIR_API sabir_shape sabir_shape_make(int32_t rank, const sabir_extent *extents);

/* A short list of integers: axes, pads, steps. */
typedef struct sabir_ints {
    int32_t count;
    int64_t values[SABIR_MAX_RANK];
} sabir_ints;

SABIR_API sabir_ints sabir_ints_make(int32_t count, const int64_t *values);

#ifdef __cplusplus
}
template <class... Extent> inline sabir_shape sabir_shape_of(Extent... extent)
{
    const sabir_extent list[sizeof...(extent) + 1] = {static_cast<sabir_extent>(extent)..., 0};
    return sabir_shape_make(static_cast<int32_t>(sizeof...(extent)), list);
}
template <class... Int> inline sabir_ints sabir_ints_of(Int... value)
{
    const int64_t list[sizeof...(value) + 1] = {static_cast<int64_t>(value)..., 0};
    return sabir_ints_make(static_cast<int32_t>(sizeof...(value)), list);
}
#  define SABIR_SHAPE(...) sabir_shape_of(__VA_ARGS__)
#  define SABIR_INTS(...) sabir_ints_of(__VA_ARGS__)
#  define SABIR_SCALAR_SHAPE sabir_shape_make(0, nullptr)
#else
#  define SABIR_COUNT_OF_(...) ((int32_t)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))
/* SABIR_SHAPE(n, 64): a shape from numbers and dims. */
#  define SABIR_SHAPE(...) sabir_shape_make(SABIR_COUNT_OF_(__VA_ARGS__), (const sabir_extent[]){__VA_ARGS__})
/* SABIR_INTS(0, 2): axes 0 and 2. */
#  define SABIR_INTS(...) sabir_ints_make(SABIR_COUNT_OF_(__VA_ARGS__), (const int64_t[]){__VA_ARGS__})
#  define SABIR_SCALAR_SHAPE sabir_shape_make(0, NULL)
#endif
/* Every axis of the operand. */
#define SABIR_ALL_AXES sabir_ints_make(-1, NULL)

#endif
