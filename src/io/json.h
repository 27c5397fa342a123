/* Pieces of JSON, read strictly: what the header of a safetensors file is made of. */
#ifndef SBR_IO_JSON_H
#define SBR_IO_JSON_H

#include "base/base.h"
#include "base/text.h"

typedef struct sbr_json {
    const char *first, *at, *end;
    sbr_arena *arena;  /* of strings */
    const char *fault; /* the first one; NULL: none yet. From then on everything reads as nothing */
    bool no_memory;
} sbr_json;

void sbr_json_fail(sbr_json *json, const char *fault);
/* Takes the letter, behind blanks, if it is next. */
bool sbr_json_take(sbr_json *json, char letter);
/* The same, and a fault where another one is. */
void sbr_json_need(sbr_json *json, char letter);
/* A string as UTF-8 in the arena, its escapes resolved; "" after a fault. One that holds a zero, a control character or no UTF-8 is a fault. */
const char *sbr_json_string(sbr_json *json);
/* A whole number of 0 or more, without sign, fraction or exponent. */
uint64_t sbr_json_number(sbr_json *json);
/* Between elements: true where another one follows, false at the closing letter, which is taken. first: before the first one. */
bool sbr_json_more(sbr_json *json, char closing, bool *first);
/* Appends text as a JSON string. */
void sbr_json_quote(sbr_text *to, const char *text);
#endif
