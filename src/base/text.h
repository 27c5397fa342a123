/* A growing text. After a failed allocation further appends do nothing and failed stays set. */
#ifndef SBR_TEXT_H
#define SBR_TEXT_H

#include "base.h"

typedef struct sbr_text {
    const sabir_allocator *allocator;
    char *data; /* NUL-terminated once anything was appended */
    size_t length, capacity;
    bool failed;
} sbr_text;

void sbr_text_append(sbr_text *text, const char *data, size_t length);
void sbr_text_puts(sbr_text *text, const char *string);
SBR_PRINTF(2, 3) void sbr_text_printf(sbr_text *text, const char *format, ...);
void sbr_text_free(sbr_text *text);
#endif
