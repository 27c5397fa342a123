/* The head of a kernel: lines of words, up to `body`. */
#include "dialect_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct reader {
    sbr_arena *arena;
    const char *what;
    const char *next, *end; /* the text not yet read */
    uint32_t line;          /* of the line in hand, from 1 */
    sbr_kernel_desc *desc;
    sbr_kernel_param own[SBR_MAX_PARAMS]; /* of `param` lines */
    uint32_t own_count;
} reader;

#define FAIL(reader, ...) fail_at((reader), (reader)->line, __VA_ARGS__)

SBR_PRINTF(3, 4) static sabir_status fail_at(const reader *r, uint32_t line, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return sbr_fail(SABIR_COMPILE_FAILED, "%s:%u: %s", r->what, line, text);
}

/* Cuts the next word off a line. */
static bool next_word(char **line, char **word)
{
    char *at = *line;
    while (*at == ' ' || *at == '\t' || *at == '\r') at++;
    if (!*at) return false;
    *word = at;
    while (*at && *at != ' ' && *at != '\t' && *at != '\r') at++;
    if (*at) *at++ = 0;
    *line = at;
    return true;
}

static sabir_status check_name(const reader *r, const char *name, size_t room)
{
    size_t length = strlen(name);
    if (length >= room) return FAIL(r, "the name '%s' is longer than %zu characters", name, room - 1);
    sbr_scan scan = sbr_scan_text(name);
    sbr_token token = sbr_scan_any(&scan);
    if (token.kind != SBR_TOKEN_NAME || token.length != length) return FAIL(r, "'%s' is no name", name);
    if (strstr(name, "__") || name[0] == '_' || name[length - 1] == '_')
        return FAIL(r, "'%s': names neither begin nor end with '_' nor hold '__', which GLSL reserves", name);
    if (sbr_dialect_reserved(token)) return FAIL(r, "'%s' is a word of GLSL or OpenCL C; choose another name", name);
    return SABIR_OK;
}

/* Whether something of the head has the name already. */
static bool is_taken(const reader *r, const char *name)
{
    const sbr_kernel_desc *d = r->desc;
    for (uint32_t i = 0; i < d->buffer_count; i++) if (!strcmp(d->buffers[i].name, name)) return true;
    for (uint32_t i = 0; i < d->constant_count; i++) if (!strcmp(d->constants[i].name, name)) return true;
    for (uint32_t i = 0; i < d->shared_count; i++) if (!strcmp(d->shared[i].name, name)) return true;
    return false;
}

static sabir_status read_number(const reader *r, const char *text, uint64_t most, uint32_t *number)
{
    char *end = NULL;
    unsigned long long value = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 0) : 0;
    if (!end || (*end && strcmp(end, "u")) || value > most)
        return FAIL(r, "'%s' is no number from 0 to %llu", text, (unsigned long long)most);
    *number = (uint32_t)value;
    return SABIR_OK;
}

static int arith_of_name(const char *name)
{
    for (int i = 0; i < SBR_ARITH_COUNT; i++)
        if (!strcmp(sbr_arith_name((sbr_arith)i), name)) return i;
    return -1;
}

static sabir_status read_ariths(const reader *r, char *line, uint32_t *set)
{
    for (char *word; next_word(&line, &word);) {
        int arith = arith_of_name(word);
        if (arith < 0) return FAIL(r, "'%s' is no arithmetic type; there are f32 f64 i32 u32 i64 bits", word);
        *set |= 1u << arith;
    }
    return *set ? SABIR_OK : FAIL(r, "no type is named");
}

static sabir_status read_buffer(reader *r, char *line)
{
    static const char *const accesses[] = {"read", "write", "update"};
    sbr_kernel_desc *d = r->desc;
    char *name, *access, *class_ = "ARITH", *more;
    if (!next_word(&line, &name) || !next_word(&line, &access)) return FAIL(r, "expected: buffer NAME read|write|update [CLASS]");
    next_word(&line, &class_);
    if (next_word(&line, &more)) return FAIL(r, "'%s' after the buffer's class", more);
    if (d->buffer_count == SBR_MAX_BUFFERS) return FAIL(r, "more than %d buffers", SBR_MAX_BUFFERS);
    SABIR_TRY(check_name(r, name, SBR_NAME));
    if (is_taken(r, name)) return FAIL(r, "the name '%s' is taken", name);

    sbr_kernel_buffer *buffer = &d->buffers[d->buffer_count];
    strcpy(buffer->name, name);
    for (int i = 0; i < 3; i++)
        if (!strcmp(access, accesses[i])) buffer->access = (sbr_access)(i + 1);
    if (!buffer->access) return FAIL(r, "'%s' is no access; there are read, write and update", access);
    int arith = arith_of_name(class_);
    buffer->class_ = arith >= 0 ? arith
                   : !strcmp(class_, "ARITH") ? SBR_CLASS_ARITH
                   : !strcmp(class_, "RESULT") ? SBR_CLASS_RESULT
                   : !strcmp(class_, "words") ? SBR_CLASS_WORDS
                   : !strcmp(class_, "bool") ? SBR_CLASS_BOOL : -1;
    if (buffer->class_ < 0) return FAIL(r, "'%s' is no class; there are ARITH, RESULT, bool, words and the arithmetic types", class_);
    if (buffer->class_ == SBR_CLASS_BOOL && buffer->access != SBR_READ) return FAIL(r, "a buffer of class bool is only read");
    d->buffer_count++;
    return SABIR_OK;
}

/* Splits NAME[N]; *count is 1 and *array false without brackets. */
static sabir_status read_sized_name(const reader *r, char *text, uint32_t *count, bool *array)
{
    char *open = strchr(text, '[');
    *count = 1;
    *array = open != NULL;
    if (open) {
        char *close = strchr(open, ']');
        if (!close || close[1]) return FAIL(r, "expected NAME[N], not '%s'", text);
        *open = *close = 0;
        SABIR_TRY(read_number(r, open + 1, 1u << 20, count));
        if (!*count) return FAIL(r, "'%s' has no elements", text);
    }
    return check_name(r, text, SBR_NAME);
}

static sabir_status add_param(reader *r, const char *name, sbr_param_type type, uint32_t count, bool array)
{
    sbr_kernel_desc *d = r->desc;
    if (d->param_count == SBR_MAX_PARAMS) return FAIL(r, "more than %d parameters, with those of map and view", SBR_MAX_PARAMS);
    if (sbr_kernel_param_index(d, name) >= 0) return FAIL(r, "there are two parameters '%s'", name);
    sbr_kernel_param *param = &d->params[d->param_count++];
    *param = (sbr_kernel_param){.type = type, .count = count, .word = d->control_words, .array = array};
    strcpy(param->name, name);
    d->control_words += count * (type == SBR_PARAM_IDX ? 2u : 1u);
    return SABIR_OK;
}

static sabir_status read_param(reader *r, char *line)
{
    static const char *const types[] = {"uint", "int", "float", "idx"};
    char *type, *name, *more;
    if (!next_word(&line, &type) || !next_word(&line, &name) || next_word(&line, &more)) return FAIL(r, "expected: param uint|int|float|idx NAME or NAME[N]");
    sbr_kernel_param param = {0};
    int found = -1;
    for (int i = 0; i < 4; i++) if (!strcmp(type, types[i])) found = i;
    if (found < 0) return FAIL(r, "'%s' is no parameter type; there are uint, int, float and idx", type);
    param.type = (sbr_param_type)found;
    SABIR_TRY(read_sized_name(r, name, &param.count, &param.array));
    if (param.count > 64) return FAIL(r, "the parameter '%s' has more than 64 elements", name);
    if (r->own_count == SBR_MAX_PARAMS) return FAIL(r, "more than %d parameters", SBR_MAX_PARAMS);
    strcpy(param.name, name);
    r->own[r->own_count++] = param;
    return SABIR_OK;
}

static sabir_status read_shared(reader *r, char *line)
{
    static const char *const types[] = {"ARITH", "RESULT_TYPE", "IDX", "float", "double", "int", "uint",
                                        "float2", "float4", "uint2", "uint4", "int2", "int4"};
    sbr_kernel_desc *d = r->desc;
    char *type, *name, *more;
    if (!next_word(&line, &type) || !next_word(&line, &name) || next_word(&line, &more)) return FAIL(r, "expected: shared TYPE NAME[N]");
    if (d->shared_count == SBR_MAX_SHARED) return FAIL(r, "more than %d shared arrays", SBR_MAX_SHARED);
    bool known = false, array;
    for (size_t i = 0; i < SBR_COUNT(types); i++) known |= !strcmp(type, types[i]);
    if (!known) return FAIL(r, "'%s' is no type of shared memory; there are ARITH, RESULT_TYPE, IDX, float, double, int, uint and their vectors", type);
    sbr_kernel_shared *shared = &d->shared[d->shared_count];
    SABIR_TRY(read_sized_name(r, name, &shared->count, &array));
    if (!array) return FAIL(r, "expected: shared %s %s[N]", type, name);
    if (is_taken(r, name)) return FAIL(r, "the name '%s' is taken", name);
    strcpy(shared->type, type);
    strcpy(shared->name, name);
    d->shared_count++;
    return SABIR_OK;
}

static sabir_status read_constant(reader *r, char *line)
{
    sbr_kernel_desc *d = r->desc;
    char *name, *equals, *value, *more;
    if (!next_word(&line, &name) || !next_word(&line, &equals) || strcmp(equals, "=") || !next_word(&line, &value) || next_word(&line, &more))
        return FAIL(r, "expected: constant NAME = DEFAULT");
    if (d->constant_count == SBR_MAX_CONSTANTS) return FAIL(r, "more than %d constants", SBR_MAX_CONSTANTS);
    SABIR_TRY(check_name(r, name, SBR_NAME));
    if (is_taken(r, name)) return FAIL(r, "the name '%s' is taken", name);
    SABIR_TRY(read_number(r, value, UINT32_MAX, &d->constants[d->constant_count].value));
    strcpy(d->constants[d->constant_count++].name, name);
    return SABIR_OK;
}

static sabir_status read_local(const reader *r, char *line)
{
    char *word, *more;
    if (!next_word(&line, &word) || next_word(&line, &more)) return FAIL(r, "expected: local N");
    SABIR_TRY(read_number(r, word, 256, &r->desc->local_size));
    uint32_t n = r->desc->local_size;
    return n && !(n & (n - 1)) ? SABIR_OK : FAIL(r, "a work-group has a power of two up to 256 invocations, not %u", n);
}

static sabir_status read_needs(const reader *r, char *line)
{
    for (char *word; next_word(&line, &word);) {
        if (!strcmp(word, "subgroups")) r->desc->needs_subgroups = true;
        else if (!strcmp(word, "i64")) r->desc->needs_i64 = true;
        else return FAIL(r, "'%s' is no capability; there are subgroups and i64", word);
    }
    return SABIR_OK;
}

static sabir_status read_only(const reader *r, char *line)
{
    char *word, *more;
    if (!next_word(&line, &word) || strcmp(word, "cpu") || next_word(&line, &more)) return FAIL(r, "expected: only cpu");
    r->desc->only_cpu = true;
    return SABIR_OK;
}

/* Keeps a list of words, separated by single blanks. */
static sabir_status read_list(const reader *r, char *line, const char **list)
{
    if (*list) return FAIL(r, "this line stands twice");
    char *text = sbr_arena_alloc(r->arena, strlen(line) + 1);
    if (!text) return sbr_no_memory(strlen(line) + 1);
    for (char *word; next_word(&line, &word);) {
        if (*text) strcat(text, " ");
        strcat(text, word);
    }
    if (!*text) return FAIL(r, "nothing is named");
    *list = text;
    return SABIR_OK;
}

static sabir_status read_kernel_name(const reader *r, char *line)
{
    char *word, *more;
    if (!next_word(&line, &word) || next_word(&line, &more)) return FAIL(r, "expected: kernel NAME");
    if (r->desc->name[0]) return FAIL(r, "the kernel has the name '%s' already", r->desc->name);
    SABIR_TRY(check_name(r, word, sizeof r->desc->name));
    strcpy(r->desc->name, word);
    return SABIR_OK;
}

static sabir_status read_map(const reader *r, char *line)
{
    char *more;
    r->desc->map = true;
    return next_word(&line, &more) ? FAIL(r, "'%s' after map", more) : SABIR_OK;
}

static sabir_status read_head_line(reader *r, char *line)
{
    char *word;
    if (!next_word(&line, &word) || !strncmp(word, "//", 2)) return SABIR_OK;
    if (!strcmp(word, "kernel")) return read_kernel_name(r, line);
    if (!strcmp(word, "map")) return read_map(r, line);
    if (!strcmp(word, "variants")) return read_ariths(r, line, &r->desc->ariths);
    if (!strcmp(word, "results")) return read_ariths(r, line, &r->desc->results);
    if (!strcmp(word, "local")) return read_local(r, line);
    if (!strcmp(word, "constant")) return read_constant(r, line);
    if (!strcmp(word, "buffer")) return read_buffer(r, line);
    if (!strcmp(word, "param")) return read_param(r, line);
    if (!strcmp(word, "view")) return read_list(r, line, &r->desc->view);
    if (!strcmp(word, "shared")) return read_shared(r, line);
    if (!strcmp(word, "needs")) return read_needs(r, line);
    if (!strcmp(word, "only")) return read_only(r, line);
    if (!strcmp(word, "uses")) return read_list(r, line, &r->desc->uses);
    return FAIL(r, "'%s' begins no head line", word);
}

/* Lays the control words out: gate, buffers, n, view, param lines. */
static sabir_status lay_out(reader *r)
{
    sbr_kernel_desc *d = r->desc;
    d->control_words = 1 + SBR_BUFFER_WORDS * d->buffer_count;
    if (d->map) SABIR_TRY(add_param(r, "n", SBR_PARAM_IDX, 1, false));
    if (d->view) {
        SABIR_TRY(add_param(r, "rank", SBR_PARAM_UINT, 1, false));
        SABIR_TRY(add_param(r, "extents", SBR_PARAM_IDX, SABIR_MAX_RANK, true));
        sbr_scan scan = sbr_scan_text(d->view);
        for (sbr_token token; (token = sbr_scan_token(&scan)).kind != SBR_TOKEN_END;) {
            char buffer[SBR_NAME], strides[SBR_NAME];
            sbr_token_copy(token, buffer, sizeof buffer);
            if (sbr_kernel_buffer_index(d, buffer) < 0) return FAIL(r, "view names '%s', which is no buffer", buffer);
            if ((size_t)snprintf(strides, sizeof strides, "strides_%s", buffer) >= sizeof strides)
                return FAIL(r, "the name '%s' is too long for a buffer of view", buffer);
            SABIR_TRY(add_param(r, strides, SBR_PARAM_IDX, SABIR_MAX_RANK, true));
        }
    }
    for (uint32_t i = 0; i < r->own_count; i++)
        SABIR_TRY(add_param(r, r->own[i].name, r->own[i].type, r->own[i].count, r->own[i].array));
    return SABIR_OK;
}

/* The next line without its end in a copy; false at the end of the text. */
static sabir_status next_line(reader *r, char **line)
{
    const char *stop = memchr(r->next, '\n', (size_t)(r->end - r->next));
    size_t length = (size_t)((stop ? stop : r->end) - r->next);
    *line = sbr_arena_alloc(r->arena, length + 1);
    if (!*line) return sbr_no_memory(length + 1);
    memcpy(*line, r->next, length);
    r->next += length + (stop ? 1 : 0);
    r->line++;
    return SABIR_OK;
}

static bool is_line(const char *line, const char *word)
{
    size_t length = strlen(word);
    while (*line == ' ' || *line == '\t') line++;
    if (strncmp(line, word, length)) return false;
    for (line += length; *line; line++) if (*line != ' ' && *line != '\t' && *line != '\r') return false;
    return true;
}

static sabir_status keep_text(const reader *r, const char *from, const char *to, const char **text)
{
    char *copy = sbr_arena_alloc(r->arena, (size_t)(to - from) + 1);
    if (!copy) return sbr_no_memory((size_t)(to - from) + 1);
    memcpy(copy, from, (size_t)(to - from));
    *text = copy;
    return SABIR_OK;
}

/* Head, helpers, body. */
static sabir_status read_parts(reader *r)
{
    const char *helpers = NULL;
    while (r->next < r->end) {
        const char *start = r->next;
        char *line;
        SABIR_TRY(next_line(r, &line));
        if (is_line(line, "body")) {
            if (helpers) SABIR_TRY(keep_text(r, helpers, start, &r->desc->helpers));
            r->desc->body_line = r->line + 1;
            return keep_text(r, r->next, r->end, &r->desc->body);
        }
        if (helpers) continue;
        if (is_line(line, "helpers")) {
            helpers = r->next;
            r->desc->helpers_line = r->line + 1;
        } else {
            SABIR_TRY(read_head_line(r, line));
        }
    }
    return FAIL(r, "there is no line 'body'");
}

sabir_status sbr_dialect_read(sbr_arena *arena, const char *what, const char *source, size_t length, sbr_kernel_desc *desc)
{
    *desc = (sbr_kernel_desc){.local_size = 64};
    if (memchr(source, 0, length)) return sbr_fail(SABIR_COMPILE_FAILED, "%s: the text holds a NUL byte", what);
    reader r = {.arena = arena, .what = what, .next = source, .end = source + length, .desc = desc};
    desc->what = sbr_arena_strdup(arena, what);
    if (!desc->what) return sbr_no_memory(strlen(what) + 1);
    SABIR_TRY(read_parts(&r));
    if (!desc->name[0]) return fail_at(&r, 1, "there is no line 'kernel NAME'");
    if (!desc->buffer_count) return fail_at(&r, 1, "the kernel '%s' has no buffer", desc->name);
    if (!desc->ariths) desc->ariths = 1u << SBR_ARITH_F32;
    SABIR_TRY(lay_out(&r));
    return sbr_dialect_check(desc);
}
