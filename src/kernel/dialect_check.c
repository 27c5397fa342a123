/* The rules of the dialect that can be seen in the tokens; types are left to the compilers. */
#include "dialect_scan.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct checker {
    const sbr_kernel_desc *desc;
    sbr_scan scan;
    sbr_token token, last; /* in hand, and the one before */
    uint32_t first_line;
    bool helpers;      /* in the helpers: no buffer, no parameter */
    int depth[3];      /* of ( [ { */
    bool has_result;
    char function[64]; /* the helper whose text this is */
} checker;

SBR_PRINTF(2, 3) static sabir_status fail(const checker *c, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return sbr_fail(SABIR_COMPILE_FAILED, "%s:%u: %s", c->desc->what, c->first_line + c->token.line - 1, text);
}

static bool in_list(sbr_token token, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) if (sbr_token_is(token, list[i])) return true;
    return false;
}

/* Words that neither language lets a program use as a name, though the other might. */
bool sbr_dialect_reserved(sbr_token token)
{
    static const char *const words[] = {
        "active", "asm", "attribute", "auto", "buffer", "cast", "centroid", "char", "class", "coherent", "common", "complex", "constant",
        "control", "control_word", "enum", "event_t", "extern", "external", "filter", "fixed", "flat", "generic", "global", "goto", "half",
        "hvec2", "hvec3", "hvec4", "image", "imaginary", "in", "inline", "inout", "input", "interface", "invariant", "kernel", "layout",
        "local", "long", "main", "mat2", "mat3", "mat4", "namespace", "noinline", "noperspective", "out", "output", "packed", "partition",
        "patch", "pipe", "precise", "precision", "private", "public", "quad", "read_only", "read_write", "register", "resource", "restrict",
        "sample", "sampler", "shared", "short", "signed", "sizeof", "smooth", "static", "subroutine", "superp", "template", "texture",
        "this", "typedef", "uchar", "ulong", "uniform", "union", "unsigned", "ushort", "using", "varying", "vec2", "vec3", "vec4",
        "volatile", "write_only", "size_t", "half2", "half4", "highp", "mediump", "lowp", "P", "RESULT", "ARITH", "IDX",
    };
    return in_list(token, words, SBR_COUNT(words));
}

static bool is_type(sbr_token token)
{
    static const char *const types[] = {"ARITH", "RESULT_TYPE", "IDX", "float", "double", "int", "uint", "bool", "void", "float2", "float4",
                                        "uint2", "uint4", "int2", "int4"};
    return token.kind == SBR_TOKEN_NAME && in_list(token, types, SBR_COUNT(types));
}

static sabir_status check_number(const checker *c)
{
    const char *text = c->token.text;
    size_t length = c->token.length;
    if (length > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        if (memchr(text, '.', length) || memchr(text, 'p', length)) return fail(c, "%.*s: GLSL has no hexadecimal floats", (int)length, text);
        return SABIR_OK;
    }
    if (length > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9' && !memchr(text, '.', length))
        return fail(c, "%.*s would be octal", (int)length, text);
    if (!memchr(text, '.', length) && !memchr(text, 'e', length) && !memchr(text, 'E', length)) return SABIR_OK;
    return text[length - 1] == 'f' ? SABIR_OK
         : fail(c, "%.*s is a double in C and a float in GLSL: write %.*sf, or %.*slf for float64", (int)length, text, (int)length, text, (int)length, text);
}

static sabir_status check_reach(checker *c, sbr_reach reach, sbr_token call)
{
    sbr_scan ahead = c->scan;
    sbr_token open = sbr_scan_token(&ahead), name = sbr_scan_token(&ahead);
    char text[64], how[16];
    sbr_token_copy(call, how, sizeof how);
    sbr_token_copy(name, text, sizeof text);
    if (!sbr_token_is(open, "(") || name.kind != SBR_TOKEN_NAME) return fail(c, "%s takes the name of a buffer first", how);
    if (c->helpers) return fail(c, "helpers see no buffer: hand them values");
    sbr_token comma = sbr_scan_peek(&ahead);
    if (!sbr_token_is(comma, ",")) return fail(c, "%s(%s, ...) takes an index", how, text);

    int index = sbr_kernel_buffer_index(c->desc, text);
    if (index < 0 && reach == SBR_REACH_ATOMIC && sbr_kernel_shared_index(c->desc, text) >= 0) {
        const sbr_kernel_shared *shared = &c->desc->shared[sbr_kernel_shared_index(c->desc, text)];
        if (strcmp(shared->type, "uint")) return fail(c, "%s(%s, ...): atomics are for uint, not %s", how, text, shared->type);
    } else {
        if (index < 0) return fail(c, "%s(%s, ...): there is no buffer '%s'", how, text, text);
        const sbr_kernel_buffer *buffer = &c->desc->buffers[index];
        bool words = buffer->class_ == SBR_CLASS_WORDS, writes = reach == SBR_REACH_STORE || reach == SBR_REACH_SET_WORD || reach == SBR_REACH_ATOMIC;
        bool raw = reach == SBR_REACH_WORD || reach == SBR_REACH_SET_WORD || reach == SBR_REACH_ATOMIC;
        if (reach == SBR_REACH_OFFSET) {
            if (!sbr_kernel_in_view(c->desc, text)) return fail(c, "OFFSET(%s, ...): '%s' is not named by a line 'view'", text, text);
        } else if (words != raw) {
            return fail(c, words ? "%s(%s, ...): a buffer of words is reached by WORD and SET_WORD" : "%s(%s, ...): only a buffer of words has raw words", how, text);
        } else if (writes && !(buffer->access & SBR_WRITE)) {
            return fail(c, "%s(%s, ...): the buffer is only read", how, text);
        } else if (!writes && !(buffer->access & SBR_READ)) {
            return fail(c, "%s(%s, ...): the buffer is only written", how, text);
        }
        if (reach == SBR_REACH_STORE && c->desc->map) return fail(c, "a map kernel assigns RESULT; it does not STORE");
    }
    c->scan = ahead;
    c->last = sbr_scan_token(&c->scan);
    c->depth[0]++;
    return SABIR_OK;
}

/* After the name P: a dot and a parameter, indexed if it is an array. */
static sabir_status check_param(checker *c)
{
    sbr_token dot = sbr_scan_token(&c->scan), name = sbr_scan_token(&c->scan);
    char text[64];
    sbr_token_copy(name, text, sizeof text);
    if (!sbr_token_is(dot, ".") || name.kind != SBR_TOKEN_NAME) return fail(c, "P is followed by .NAME of a parameter");
    if (c->helpers) return fail(c, "helpers see no parameter: hand them values");
    int index = sbr_kernel_param_index(c->desc, text);
    if (index < 0) return fail(c, "there is no parameter '%s'", text);
    bool indexed = sbr_token_is(sbr_scan_peek(&c->scan), "[");
    if (indexed != c->desc->params[index].array)
        return fail(c, indexed ? "P.%s is no array" : "P.%s is an array and needs an index", text);
    c->last = name;
    return SABIR_OK;
}

static sabir_status check_name(checker *c)
{
    sbr_token token = c->token;
    char text[64];
    sbr_token_copy(token, text, sizeof text);
    if (sbr_token_is(c->last, ".")) return SABIR_OK; /* a component */
    if (sbr_token_is(token, "P")) return check_param(c);
    if (sbr_token_is(token, "RESULT") && !c->helpers) {
        if (!c->desc->map) return fail(c, "RESULT is for map kernels; this one writes with STORE");
        c->has_result = true;
        return SABIR_OK;
    }
    if (sbr_token_is(token, "BARRIER") && (c->desc->map || c->helpers)) return fail(c, "a barrier stands in the body of a kernel without 'map' only");
    if (sbr_token_is(token, "return") && c->desc->map && !c->helpers) return fail(c, "a map kernel computes several elements and must not return");
    sbr_reach reach = sbr_token_reach(token);
    if (reach != SBR_REACH_NONE) return check_reach(c, reach, token);
    if (strstr(text, "__")) return fail(c, "'%s': GLSL reserves names that hold '__'", text);
    if (!sbr_token_is(token, "ARITH") && !sbr_token_is(token, "IDX") && sbr_dialect_reserved(token))
        return fail(c, "'%s' is a word of GLSL or OpenCL C; choose another name", text);
    if (sbr_kernel_buffer_index(c->desc, text) >= 0) return fail(c, "'%s' is a buffer: reach it through LOAD(%s, i), STORE and their like", text, text);
    if (c->helpers && sbr_kernel_shared_index(c->desc, text) >= 0) return fail(c, "helpers see no shared memory: hand them values");
    return SABIR_OK;
}

static bool ends_operand(sbr_token token)
{
    if (token.kind == SBR_TOKEN_NUMBER) return true;
    if (token.kind == SBR_TOKEN_NAME) return !sbr_token_is(token, "return");
    return sbr_token_is(token, ")") || sbr_token_is(token, "]");
}

static sabir_status check_sign(checker *c)
{
    static const char open[] = "([{", close[] = ")]}";
    char sign = c->token.text[0];
    const char *at = strchr(open, sign);
    if (at) c->depth[at - open]++;
    at = strchr(close, sign);
    if (at && --c->depth[at - close] < 0) return fail(c, "'%c' closes nothing", sign);
    if (sign == '*' && is_type(c->last)) return fail(c, "there are no pointers; buffers are reached by name");
    if (sign == '&' && !ends_operand(c->last) && !sbr_token_is(c->last, "&")) return fail(c, "there are no addresses; buffers are reached by name");
    if (sign == '{' && sbr_token_is(c->last, "=")) return fail(c, "there are no initialisers of arrays: assign the elements");
    if (sign == '"' || sign == '\'' || sign == '@' || sign == '$' || sign == '`') return fail(c, "'%c' has no meaning here", sign);
    return SABIR_OK;
}

/* In helpers: remembers whose text follows, and refuses a call of itself. */
static sabir_status check_function(checker *c)
{
    if (!c->helpers || c->token.kind != SBR_TOKEN_NAME || !sbr_token_is(sbr_scan_peek(&c->scan), "(")) return SABIR_OK;
    if (c->depth[2] == 0 && c->depth[0] == 0) {
        sbr_token_copy(c->token, c->function, sizeof c->function);
        return SABIR_OK;
    }
    return sbr_token_is(c->token, c->function) ? fail(c, "'%s' calls itself; there is no recursion", c->function) : SABIR_OK;
}

/* A directive may not ask for what is settled after the preprocessor ran: constants and parameters. */
static sabir_status check_directive(checker *c)
{
    sbr_scan ahead = c->scan;
    uint32_t line = c->token.line;
    for (sbr_token token; (token = sbr_scan_token(&ahead)).kind != SBR_TOKEN_END && token.line == line;) {
        char text[64];
        sbr_token_copy(token, text, sizeof text);
        for (uint32_t i = 0; i < c->desc->constant_count; i++)
            if (!strcmp(c->desc->constants[i].name, text))
                return fail(c, "the constant %s is settled when the kernel is created; use if, not #if", text);
        if (sbr_token_is(token, "include") || sbr_token_is(token, "pragma") || sbr_token_is(token, "extension"))
            return fail(c, "#%s is not for kernels", text);
    }
    return SABIR_OK;
}

static sabir_status check_text(checker *c, const char *text, uint32_t first_line)
{
    c->scan = sbr_scan_text(text);
    c->first_line = first_line;
    c->last = (sbr_token){0};
    memset(c->depth, 0, sizeof c->depth);
    for (;;) {
        c->token = sbr_scan_token(&c->scan);
        sbr_token before = c->token;
        switch (c->token.kind) {
            case SBR_TOKEN_NUMBER: SABIR_TRY(check_number(c)); break;
            case SBR_TOKEN_NAME:
                SABIR_TRY(check_function(c));
                SABIR_TRY(check_name(c));
                break;
            case SBR_TOKEN_SIGN:
                if (sbr_token_is(c->token, "#")) SABIR_TRY(check_directive(c));
                SABIR_TRY(check_sign(c));
                break;
            case SBR_TOKEN_SPACE: break;
            case SBR_TOKEN_END:
                for (int i = 0; i < 3; i++)
                    if (c->depth[i]) return fail(c, "a '%c' is never closed", "([{"[i]);
                return SABIR_OK;
        }
        if (c->scan.next == before.text + before.length) c->last = before;
    }
}

sabir_status sbr_dialect_check(const sbr_kernel_desc *desc)
{
    checker c = {.desc = desc, .helpers = true};
    if (desc->helpers) SABIR_TRY(check_text(&c, desc->helpers, desc->helpers_line));
    c.helpers = false;
    SABIR_TRY(check_text(&c, desc->body, desc->body_line));
    if (!desc->map) return SABIR_OK;

    uint32_t writes = 0;
    for (uint32_t i = 0; i < desc->buffer_count; i++) {
        writes += desc->buffers[i].access == SBR_WRITE;
        if (desc->buffers[i].access == SBR_UPDATE || (desc->buffers[i].access == SBR_WRITE && desc->buffers[i].class_ == SBR_CLASS_WORDS))
            return sbr_fail(SABIR_COMPILE_FAILED, "%s:1: the buffer '%s' of a map kernel is read, or written element by element", desc->what, desc->buffers[i].name);
    }
    if (writes != 1) return sbr_fail(SABIR_COMPILE_FAILED, "%s:1: a map kernel has exactly one buffer to write, this has %u", desc->what, writes);
    if (!c.has_result) return sbr_fail(SABIR_COMPILE_FAILED, "%s:%u: the body never assigns RESULT", desc->what, desc->body_line);
    return SABIR_OK;
}
