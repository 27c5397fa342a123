#include "text.h"

#include <stdarg.h>
#include <stdio.h>

static bool reserve(sbr_text *text, size_t more)
{
    if (text->failed) return false;
    if (text->capacity - text->length > more) return true;
    size_t capacity = text->capacity ? text->capacity : 256;
    while (capacity - text->length <= more) {
        if (capacity > SIZE_MAX / 2) { text->failed = true; return false; }
        capacity *= 2;
    }
    char *data = sbr_resize(text->allocator, text->data, capacity);
    if (!data) { text->failed = true; return false; }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void sbr_text_append(sbr_text *text, const char *data, size_t length)
{
    if (!reserve(text, length)) return;
    if (length) memcpy(text->data + text->length, data, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void sbr_text_puts(sbr_text *text, const char *string) { sbr_text_append(text, string, strlen(string)); }

void sbr_text_printf(sbr_text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length >= 0 && reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void sbr_text_free(sbr_text *text)
{
    sbr_free(text->allocator, text->data);
    *text = (sbr_text){.allocator = text->allocator};
}
