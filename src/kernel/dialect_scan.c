#include "dialect_scan.h"

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

sbr_scan sbr_scan_text(const char *text)
{
    return (sbr_scan){text, text + strlen(text), 1};
}

static size_t comment_length(const char *text, const char *end)
{
    if (end - text < 2 || text[0] != '/') return 0;
    const char *at = text + 2;
    if (text[1] == '/') {
        while (at < end && *at != '\n') at++;
        return (size_t)(at - text);
    }
    if (text[1] != '*') return 0;
    while (at < end && !(at[-1] == '*' && at[0] == '/' && at - text >= 3)) at++;
    return (size_t)(at < end ? at + 1 - text : end - text);
}

static size_t space_length(const char *text, const char *end)
{
    const char *at = text;
    for (;;) {
        while (at < end && is_space(*at)) at++;
        size_t comment = comment_length(at, end);
        if (!comment) return (size_t)(at - text);
        at += comment;
    }
}

/* Digits, letters and points, and the sign of an exponent: 0x1fu, 1.5e-3f, 2.0lf. */
static size_t number_length(const char *text, const char *end)
{
    const char *at = text;
    bool hex = end - text > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    while (at < end && (is_letter(*at) || is_digit(*at) || *at == '.')) {
        bool exponent = !hex && (*at == 'e' || *at == 'E') && at + 1 < end && (at[1] == '+' || at[1] == '-');
        at += exponent ? 2 : 1;
    }
    return (size_t)(at - text);
}

sbr_token sbr_scan_any(sbr_scan *scan)
{
    sbr_token token = {SBR_TOKEN_END, scan->next, 0, scan->line};
    if (scan->next >= scan->end) return token;
    const char *text = scan->next, *end = scan->end;
    if ((token.length = space_length(text, end)) > 0) {
        token.kind = SBR_TOKEN_SPACE;
    } else if (is_letter(*text)) {
        token.kind = SBR_TOKEN_NAME;
        while (text + token.length < end && (is_letter(text[token.length]) || is_digit(text[token.length]))) token.length++;
    } else if (is_digit(*text) || (*text == '.' && end - text > 1 && is_digit(text[1]))) {
        token.kind = SBR_TOKEN_NUMBER;
        token.length = number_length(text, end);
    } else {
        token.kind = SBR_TOKEN_SIGN;
        token.length = 1;
    }
    for (size_t i = 0; i < token.length; i++) scan->line += text[i] == '\n';
    scan->next += token.length;
    return token;
}

sbr_token sbr_scan_token(sbr_scan *scan)
{
    sbr_token token = sbr_scan_any(scan);
    return token.kind == SBR_TOKEN_SPACE ? sbr_scan_any(scan) : token;
}

sbr_token sbr_scan_peek(const sbr_scan *scan)
{
    sbr_scan ahead = *scan;
    return sbr_scan_token(&ahead);
}

bool sbr_token_is(sbr_token token, const char *text)
{
    return strlen(text) == token.length && memcmp(token.text, text, token.length) == 0;
}

void sbr_token_copy(sbr_token token, char *text, size_t size)
{
    size_t length = token.length < size - 1 ? token.length : size - 1;
    memcpy(text, token.text, length);
    text[length] = 0;
}

sbr_reach sbr_token_reach(sbr_token token)
{
    static const struct { const char *name; sbr_reach reach; } table[] = {
        {"LOAD", SBR_REACH_LOAD}, {"STORE", SBR_REACH_STORE}, {"WORD", SBR_REACH_WORD}, {"SET_WORD", SBR_REACH_SET_WORD},
        {"OFFSET", SBR_REACH_OFFSET}, {"ATOMIC_ADD", SBR_REACH_ATOMIC}, {"ATOMIC_MAX", SBR_REACH_ATOMIC},
    };
    if (token.kind != SBR_TOKEN_NAME) return SBR_REACH_NONE;
    for (size_t i = 0; i < SBR_COUNT(table); i++)
        if (sbr_token_is(token, table[i].name)) return table[i].reach;
    return SBR_REACH_NONE;
}
