#include "base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local char last_message[1024];

sabir_status (sbr_fail)(sabir_status status, const char *format, ...)
{
    /* Formatted aside first: an argument may be the last message itself. */
    char message[sizeof last_message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    memcpy(last_message, message, sizeof message);
    return status;
}

sabir_status (sbr_no_memory)(size_t size)
{
    return sbr_fail(SABIR_OUT_OF_MEMORY, "the host allocator returned NULL for %zu bytes", size);
}

const char *sabir_last_message(void) { return last_message; }

const char *sabir_version(void) { return SABIR_VERSION; }

const char *sabir_status_name(sabir_status status)
{
    switch (status) {
#define NAME(name, value, meaning) case name: return #name;
        SABIR_STATUSES(NAME)
#undef NAME
    }
    return "unknown status";
}

const char *sabir_status_meaning(sabir_status status)
{
    switch (status) {
#define MEANING(name, value, meaning) case name: return meaning;
        SABIR_STATUSES(MEANING)
#undef MEANING
    }
    return "unknown status";
}

const char *sabir_type_name(sabir_type type)
{
    switch (type) {
#define NAME(name, value, text, bytes) case name: return text;
        SABIR_TYPES(NAME)
#undef NAME
        case SABIR_TYPE_COUNT: break;
    }
    return "?";
}

size_t sabir_type_size(sabir_type type)
{
    switch (type) {
#define SIZE(name, value, text, bytes) case name: return bytes;
        SABIR_TYPES(SIZE)
#undef SIZE
        case SABIR_TYPE_COUNT: break;
    }
    return 0;
}

sabir_shape sabir_shape_make(int32_t rank, const sabir_extent *extents)
{
    sabir_shape shape = {.rank = rank};
    for (int32_t i = 0; i < rank && i < SABIR_MAX_RANK; i++) shape.extents[i] = extents ? extents[i] : 0;
    return shape;
}

sabir_ints sabir_ints_make(int32_t count, const int64_t *values)
{
    sabir_ints ints = {.count = count};
    for (int32_t i = 0; i < count && i < SABIR_MAX_RANK; i++) ints.values[i] = values ? values[i] : 0;
    return ints;
}

static void *default_allocate(void *user, size_t size) { (void)user; return malloc(size); }
static void *default_resize(void *user, void *memory, size_t size) { (void)user; return realloc(memory, size); }
static void default_release(void *user, void *memory) { (void)user; free(memory); }

sabir_allocator sbr_allocator_or_default(sabir_allocator allocator)
{
    if (allocator.allocate && allocator.resize && allocator.release) return allocator;
    return (sabir_allocator){NULL, default_allocate, default_resize, default_release};
}

void *sbr_alloc(const sabir_allocator *allocator, size_t size)
{
    void *memory = allocator->allocate(allocator->user, size ? size : 1);
    if (memory) memset(memory, 0, size ? size : 1);
    return memory;
}

void *sbr_alloc_array(const sabir_allocator *allocator, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    return sbr_alloc(allocator, bytes);
}

void *sbr_resize(const sabir_allocator *allocator, void *memory, size_t size)
{
    if (!memory) return allocator->allocate(allocator->user, size ? size : 1);
    return allocator->resize(allocator->user, memory, size ? size : 1);
}

void sbr_free(const sabir_allocator *allocator, void *memory)
{
    if (memory) allocator->release(allocator->user, memory);
}

char *sbr_strdup(const sabir_allocator *allocator, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = sbr_alloc(allocator, size);
    if (copy) memcpy(copy, text, size);
    return copy;
}

bool sbr_grow_(const sabir_allocator *allocator, void **data, uint32_t count, uint32_t *capacity, size_t size, uint32_t more)
{
    uint64_t needed = (uint64_t)count + more;
    if (needed <= *capacity) return true;
    uint64_t room = *capacity ? *capacity : 8;
    while (room < needed) room *= 2;
    size_t bytes;
    if (room > UINT32_MAX || __builtin_mul_overflow((size_t)room, size, &bytes)) return false;
    void *bigger = sbr_resize(allocator, *data, bytes);
    if (!bigger) return false;
    *data = bigger;
    *capacity = (uint32_t)room;
    return true;
}

struct sbr_arena_block {
    sbr_arena_block *next;
    size_t used, size;
};

enum { ARENA_ALIGNMENT = 16, ARENA_BLOCK = 16 * 1024, ARENA_HEADER = (sizeof(sbr_arena_block) + 15) / 16 * 16 };

void *sbr_arena_alloc(sbr_arena *arena, size_t size)
{
    if (size > SIZE_MAX - ARENA_BLOCK) return NULL;
    size_t rounded = (size_t)sbr_round_up(size ? size : 1, ARENA_ALIGNMENT);
    sbr_arena_block *block = arena->blocks;
    if (!block || block->size - block->used < rounded) {
        size_t room = rounded > ARENA_BLOCK ? rounded : ARENA_BLOCK;
        block = sbr_alloc(arena->allocator, ARENA_HEADER + room);
        if (!block) return NULL;
        block->size = room;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *memory = (char *)block + ARENA_HEADER + block->used;
    block->used += rounded;
    return memory;
}

void *sbr_arena_copy(sbr_arena *arena, const void *data, size_t size)
{
    void *copy = sbr_arena_alloc(arena, size);
    if (copy && size) memcpy(copy, data, size);
    return copy;
}

char *sbr_arena_strdup(sbr_arena *arena, const char *text) { return sbr_arena_copy(arena, text, strlen(text) + 1); }

void sbr_arena_free(sbr_arena *arena)
{
    for (sbr_arena_block *block = arena->blocks; block;) {
        sbr_arena_block *next = block->next;
        sbr_free(arena->allocator, block);
        block = next;
    }
    arena->blocks = NULL;
}
