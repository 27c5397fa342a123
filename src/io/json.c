#include "json.h"

void sbr_json_fail(sbr_json *json, const char *fault)
{
    if (!json->fault) json->fault = fault;
}

static void blanks(sbr_json *json)
{
    while (json->at < json->end && (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' || *json->at == '\r')) json->at++;
}

bool sbr_json_take(sbr_json *json, char letter)
{
    if (json->fault) return false;
    blanks(json);
    if (json->at >= json->end || *json->at != letter) return false;
    json->at++;
    return true;
}

void sbr_json_need(sbr_json *json, char letter)
{
    if (json->fault || sbr_json_take(json, letter)) return;
    switch (letter) {
        case '{': sbr_json_fail(json, "an object is missing"); break;
        case '[': sbr_json_fail(json, "a list is missing"); break;
        case ':': sbr_json_fail(json, "a name is not followed by a colon"); break;
        case ',': sbr_json_fail(json, "a comma is missing"); break;
        default: sbr_json_fail(json, "an object or list is not closed"); break;
    }
}

bool sbr_json_more(sbr_json *json, char closing, bool *first)
{
    if (sbr_json_take(json, closing)) return false;
    if (!*first) sbr_json_need(json, ',');
    *first = false;
    return !json->fault;
}

uint64_t sbr_json_number(sbr_json *json)
{
    uint64_t number = 0;
    if (json->fault) return 0;
    blanks(json);
    const char *first = json->at;
    for (; json->at < json->end && *json->at >= '0' && *json->at <= '9'; json->at++)
        if (__builtin_mul_overflow(number, 10u, &number) || __builtin_add_overflow(number, (uint64_t)(*json->at - '0'), &number))
            sbr_json_fail(json, "a number overflows 64 bits");
    if (json->at == first) sbr_json_fail(json, "a whole number is missing");
    if (*first == '0' && json->at - first > 1) sbr_json_fail(json, "a number begins with 0");
    return json->fault ? 0 : number;
}

/* ---- Strings ---- */

static uint32_t hex4(sbr_json *json)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++, json->at++) {
        const char c = json->at < json->end ? *json->at : '?';
        const uint32_t digit = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10 : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10 : 16;
        if (digit == 16) {
            sbr_json_fail(json, "an escape has no four hexadecimal digits");
            return 0;
        }
        code = code << 4 | digit;
    }
    return code;
}

static char *put_utf8(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    *to++ = (char)((0xff00 >> (more + 1) & 0xff) | code >> 6 * more);
    for (int i = more; i-- > 0;) *to++ = (char)(0x80 | (code >> 6 * i & 0x3f));
    return to;
}

/* Behind \u: one code, or a pair of surrogates. */
static uint32_t unicode_escape(sbr_json *json)
{
    const uint32_t high = hex4(json);
    if (high < 0xd800 || high > 0xdfff) return high;
    if (high < 0xdc00 && json->end - json->at >= 2 && json->at[0] == '\\' && json->at[1] == 'u') {
        json->at += 2;
        const uint32_t low = hex4(json);
        if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    }
    sbr_json_fail(json, "a surrogate stands alone");
    return '?';
}

static char *escape(sbr_json *json, char *to)
{
    static const char from[] = "\"\\/bfnrt", letters[] = "\"\\/\b\f\n\r\t";
    const char code = json->at < json->end ? *json->at++ : '\0';
    const char *found = code ? strchr(from, code) : NULL;
    if (found) {
        *to++ = letters[found - from];
        return to;
    }
    if (code != 'u') {
        sbr_json_fail(json, "an escape is unknown");
        return to;
    }
    const uint32_t letter = unicode_escape(json);
    if (!letter) sbr_json_fail(json, "a string holds a zero");
    return put_utf8(to, letter);
}

/* One letter of more than one byte, checked: no overlong forms, no surrogates, nothing above U+10FFFF. */
static char *copy_utf8(sbr_json *json, char *to)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const uint8_t lead = (uint8_t)*json->at;
    const int more = lead >= 0xf0 && lead < 0xf8 ? 3 : lead >= 0xe0 ? 2 : 1;
    uint32_t code = lead & (0x3fu >> more);
    bool good = lead >= 0xc2 && lead < 0xf5 && json->end - json->at > more;
    for (int i = 1; good && i <= more; i++) {
        const uint8_t next = (uint8_t)json->at[i];
        good = (next & 0xc0) == 0x80;
        code = code << 6 | (next & 0x3f);
    }
    if (!good || code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        sbr_json_fail(json, "a string is no UTF-8");
        return to;
    }
    memcpy(to, json->at, (size_t)more + 1);
    json->at += more + 1;
    return to + more + 1;
}

const char *sbr_json_string(sbr_json *json)
{
    if (!sbr_json_take(json, '"')) {
        sbr_json_fail(json, "a string is missing");
        return "";
    }
    const char *end = json->at;
    while (end < json->end && *end != '"') end += *end == '\\' ? 2 : 1;
    if (end >= json->end) {
        sbr_json_fail(json, "a string is not closed");
        return "";
    }
    /* No escape is longer than what it stands for. */
    char *string = sbr_arena_alloc(json->arena, (size_t)(end - json->at) + 1), *to = string;
    if (!string) {
        json->no_memory = true;
        sbr_json_fail(json, "out of memory");
        return "";
    }
    while (!json->fault && json->at < end) {
        const uint8_t letter = (uint8_t)*json->at;
        if (letter < 0x20) sbr_json_fail(json, "a string holds a control character");
        else if (letter >= 0x80) to = copy_utf8(json, to);
        else if (letter != '\\') *to++ = *json->at++;
        else json->at++, to = escape(json, to);
    }
    json->at = end + 1;
    return json->fault ? "" : string;
}

void sbr_json_quote(sbr_text *to, const char *text)
{
    sbr_text_puts(to, "\"");
    for (; *text; text++) {
        const uint8_t letter = (uint8_t)*text;
        if (letter < 0x20) sbr_text_printf(to, "\\u%04x", letter);
        else if (letter == '"' || letter == '\\') sbr_text_printf(to, "\\%c", letter);
        else sbr_text_append(to, text, 1);
    }
    sbr_text_puts(to, "\"");
}
