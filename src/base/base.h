/* The floor of the library: allocation through the context's allocator, failing with a message, checked sizes. */
#ifndef SBR_BASE_H
#define SBR_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sabir/context.h"

#if defined(__GNUC__)
#  define SBR_PRINTF(text, arguments) __attribute__((format(printf, text, arguments)))
#else
#  define SBR_PRINTF(text, arguments)
#endif

/* The one macro that hides control flow: hands a failure to the caller. */
#define SABIR_TRY(call)                               \
    do {                                              \
        sabir_status sbr_try_status_ = (call);        \
        if (sbr_try_status_ != SABIR_OK) return sbr_try_status_; \
    } while (0)

#define SBR_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Sets the thread's last message and returns status. */
SBR_PRINTF(2, 3) sabir_status sbr_fail(sabir_status status, const char *format, ...);
sabir_status sbr_no_memory(size_t size);
#ifdef __clang_analyzer__
/* The analyser reads one file at a time: it is told that a failure is never SABIR_OK. */
static inline sabir_status sbr_no_success(sabir_status status)
{
    if (status == SABIR_OK) __builtin_unreachable();
    return status;
}
#  define sbr_fail(...) sbr_no_success((sbr_fail)(__VA_ARGS__))
#  define sbr_no_memory(size) sbr_no_success((sbr_no_memory)(size))
#endif

/* Fills in malloc, realloc and free where the allocator is all NULL. */
sabir_allocator sbr_allocator_or_default(sabir_allocator allocator);
void *sbr_alloc(const sabir_allocator *allocator, size_t size);                    /* zeroed; NULL when out of memory; size 0 gives memory */
void *sbr_alloc_array(const sabir_allocator *allocator, size_t count, size_t size); /* checked product */
void *sbr_resize(const sabir_allocator *allocator, void *memory, size_t size);
void sbr_free(const sabir_allocator *allocator, void *memory); /* NULL is allowed */
char *sbr_strdup(const sabir_allocator *allocator, const char *text);

/* Checked arithmetic: false on overflow. */
static inline bool sbr_mul_i64(int64_t a, int64_t b, int64_t *product) { return !__builtin_mul_overflow(a, b, product); }
static inline bool sbr_add_i64(int64_t a, int64_t b, int64_t *sum) { return !__builtin_add_overflow(a, b, sum); }
static inline uint64_t sbr_round_up(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/* A growing array: { T *data; uint32_t count, capacity; }. sbr_grow makes room for one more element; false when out of memory. */
#define SBR_VECTOR(T) struct { T *data; uint32_t count, capacity; }
bool sbr_grow_(const sabir_allocator *allocator, void **data, uint32_t count, uint32_t *capacity, size_t size, uint32_t more);
#define sbr_reserve(allocator, vector, more) \
    sbr_grow_((allocator), (void **)&(vector)->data, (vector)->count, &(vector)->capacity, sizeof(*(vector)->data), (more))
/* Appends; evaluates to false, with the vector unchanged, when out of memory. */
#define sbr_push(allocator, vector, ...) \
    (sbr_reserve((allocator), (vector), 1) ? ((vector)->data[(vector)->count++] = (__VA_ARGS__), true) : false)
#define sbr_vector_free(allocator, vector) \
    (sbr_free((allocator), (vector)->data), (vector)->data = NULL, (vector)->count = (vector)->capacity = 0)

/* An arena: many small allocations, freed together. */
typedef struct sbr_arena_block sbr_arena_block;
typedef struct sbr_arena {
    const sabir_allocator *allocator;
    sbr_arena_block *blocks;
} sbr_arena;
void *sbr_arena_alloc(sbr_arena *arena, size_t size); /* zeroed, aligned to 16; NULL when out of memory */
void *sbr_arena_copy(sbr_arena *arena, const void *data, size_t size);
char *sbr_arena_strdup(sbr_arena *arena, const char *text);
void sbr_arena_free(sbr_arena *arena);

#endif
