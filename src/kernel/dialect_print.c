/* What the two printers share: macros of the variant, the rewriting of names, the mathematics. */
#include "dialect_scan.h"

#include <stdio.h>

enum { MAX_MATH = 32, MAX_NESTING = 32 };

static const struct { const char *glsl, *opencl; } arith_types[] = {
#define TYPES(id, name, glsl, opencl) [SBR_ARITH_##id] = {glsl, opencl},
    SBR_ARITHS(TYPES)
#undef TYPES
};

static void print_type_macros(const char *prefix, const char *type, const char *of, sbr_arith arith, bool opencl, sbr_text *out)
{
    static const char *const converters[] = {"F32", "F64", "I32", "U32", "I64", "PAIR"};
    bool is_float = arith == SBR_ARITH_F32 || arith == SBR_ARITH_F64;
    bool is_int = arith == SBR_ARITH_I32 || arith == SBR_ARITH_U32 || arith == SBR_ARITH_I64;
    sbr_text_printf(out, "#define %s %s\n#define %s(v) %s(v)\n", type, opencl ? arith_types[arith].opencl : arith_types[arith].glsl, of, converters[arith]);
    sbr_text_printf(out, "#define %sIS_F32 %d\n#define %sIS_F64 %d\n#define %sIS_I32 %d\n#define %sIS_U32 %d\n#define %sIS_I64 %d\n", prefix,
                    arith == SBR_ARITH_F32, prefix, arith == SBR_ARITH_F64, prefix, arith == SBR_ARITH_I32, prefix, arith == SBR_ARITH_U32, prefix,
                    arith == SBR_ARITH_I64);
    sbr_text_printf(out, "#define %sIS_FLOAT %d\n#define %sIS_INT %d\n", prefix, is_float, prefix, is_int);
}

void sbr_dialect_print_macros(const sbr_kernel_desc *desc, sbr_kernel_variant variant, bool opencl, sbr_text *out)
{
    bool has_i64 = variant.wide || desc->needs_i64 || sbr_dialect_has(desc, variant, SBR_ARITH_I64);
    sbr_text_printf(out, "#define OPENCL %d\n#define WIDE %d\n#define HAS_F64 %d\n#define HAS_I64 %d\n#define HAS_SUBGROUPS %d\n", opencl,
                    variant.wide, sbr_dialect_has(desc, variant, SBR_ARITH_F64), has_i64, desc->needs_subgroups);
    print_type_macros("", "ARITH", "ARITH_OF", variant.arith, opencl, out);
    print_type_macros("RESULT_", "RESULT_TYPE", "RESULT_OF", variant.result, opencl, out);
    if (variant.wide) sbr_text_puts(out, opencl ? "#define IDX ulong\n#define IDX_OF(v) ((ulong)(v))\n" : "#define IDX uint64_t\n#define IDX_OF(v) uint64_t(v)\n");
    else sbr_text_puts(out, opencl ? "#define IDX uint\n#define IDX_OF(v) ((uint)(v))\n" : "#define IDX uint\n#define IDX_OF(v) uint(v)\n");
    sbr_text_printf(out, "#define LOCAL_SIZE %uu\n", desc->local_size);
}

/* State of a rewriting: brackets of P.name[...] become the parentheses of P_name(...). */
typedef struct rewriter {
    sbr_scan scan;
    sbr_text *out;
    bool opencl, functions;
    bool fresh;              /* a function may begin */
    uint32_t directive_line; /* of the last '#' */
    uint32_t brackets, braces, nesting;
    uint32_t open[MAX_NESTING]; /* bracket depths that stand for parentheses */
    sbr_token last;
} rewriter;

static void put(rewriter *w, sbr_token token) { sbr_text_append(w->out, token.text, token.length); }

/* LOAD(x, -> LOAD_x( */
static void put_reach(rewriter *w, sbr_token call)
{
    sbr_scan_token(&w->scan);
    sbr_token name = sbr_scan_token(&w->scan);
    sbr_scan_token(&w->scan);
    put(w, call);
    sbr_text_puts(w->out, "_");
    put(w, name);
    sbr_text_puts(w->out, "(");
    if (w->scan.next < w->scan.end && *w->scan.next == ' ') w->scan.next++;
}

static void put_param(rewriter *w)
{
    sbr_scan_token(&w->scan);
    sbr_text_puts(w->out, "P_");
    put(w, sbr_scan_token(&w->scan));
    if (!sbr_token_is(sbr_scan_peek(&w->scan), "[") || w->nesting == MAX_NESTING) return;
    sbr_scan_token(&w->scan);
    sbr_text_puts(w->out, "(");
    w->open[w->nesting++] = w->brackets++;
}

static void put_sign(rewriter *w, sbr_token token)
{
    char sign = token.text[0];
    w->braces += sign == '{';
    w->braces -= sign == '}' && w->braces > 0;
    if (sign == '[') w->brackets++;
    if (sign == ']' && w->brackets > 0) {
        w->brackets--;
        if (w->nesting && w->open[w->nesting - 1] == w->brackets) {
            w->nesting--;
            sbr_text_puts(w->out, ")");
            return;
        }
    }
    put(w, token);
}

/* 1.5lf is C's plain 1.5. */
static void put_number(rewriter *w, sbr_token token)
{
    bool f64 = token.length > 2 && !memcmp(token.text + token.length - 2, "lf", 2) && token.text[1] != 'x';
    sbr_text_append(w->out, token.text, token.length - (f64 && w->opencl ? 2 : 0));
}

/* Whether the token begins a function at the outermost level; directives stand between functions. */
static bool begins_function(rewriter *w, sbr_token token)
{
    if (sbr_token_is(token, "#")) w->directive_line = token.line;
    if (token.line == w->directive_line) return false;
    bool begins = w->fresh && token.kind == SBR_TOKEN_NAME;
    w->fresh = w->braces == 1 && sbr_token_is(token, "}");
    return begins;
}

static void rewrite_token(rewriter *w, sbr_token token)
{
    bool component = sbr_token_is(w->last, ".");
    if (w->functions && begins_function(w, token) && w->opencl) sbr_text_puts(w->out, "static ");
    w->last = token;
    if (token.kind == SBR_TOKEN_NAME && !component && sbr_token_reach(token) != SBR_REACH_NONE) put_reach(w, token);
    else if (token.kind == SBR_TOKEN_NAME && !component && sbr_token_is(token, "P")) put_param(w);
    else if (token.kind == SBR_TOKEN_NUMBER) put_number(w, token);
    else if (token.kind == SBR_TOKEN_SIGN) put_sign(w, token);
    else put(w, token);
}

static void rewrite(rewriter *w)
{
    for (sbr_token token; (token = sbr_scan_any(&w->scan)).kind != SBR_TOKEN_END;) {
        if (token.kind == SBR_TOKEN_SPACE) put(w, token);
        else rewrite_token(w, token);
    }
}

void sbr_dialect_print_code(const char *code, bool opencl, sbr_text *out)
{
    rewriter w = {.scan = sbr_scan_text(code), .out = out, .opencl = opencl};
    rewrite(&w);
}

void sbr_dialect_print_functions(const char *code, bool opencl, sbr_text *out)
{
    rewriter w = {.scan = sbr_scan_text(code), .out = out, .opencl = opencl, .functions = true, .fresh = true};
    rewrite(&w);
}

/* A file of mathematics: comments, `math NAME`, maybe `only floats` (left out where ARITH is no float) and `uses LIST`, `body`, functions. */
typedef struct math_file {
    const char *uses, *uses_end, *body;
    uint32_t body_line;
    bool only_floats;
} math_file;

static bool read_math(const char *text, math_file *file)
{
    *file = (math_file){0};
    uint32_t line = 1;
    for (const char *at = text; at && *at; line++) {
        const char *stop = strchr(at, '\n');
        if (!strncmp(at, "uses ", 5)) {
            file->uses = at + 5;
            file->uses_end = stop ? stop : at + strlen(at);
        }
        if (!strncmp(at, "only floats\n", 12)) file->only_floats = true;
        if (!strncmp(at, "body\n", 5)) {
            file->body = at + 5;
            file->body_line = line + 1;
            return true;
        }
        at = stop ? stop + 1 : NULL;
    }
    return false;
}

typedef struct math_printer {
    const sbr_kernel_desc *desc;
    sbr_dialect_library texts;
    void *user;
    bool opencl;
    sbr_text *out;
    char done[MAX_MATH][SBR_NAME];
    uint32_t count;
} math_printer;

static sabir_status print_uses(math_printer *p, const char *list, const char *end);

static sabir_status print_math_file(math_printer *p, const char *name)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (!strcmp(p->done[i], name)) return SABIR_OK;
    char file_name[SBR_NAME + 16];
    snprintf(file_name, sizeof file_name, "math/%s.k", name);
    const char *text = p->texts(p->user, file_name);
    math_file file;
    if (!text) return sbr_fail(SABIR_COMPILE_FAILED, "%s: 'uses %s': there is no kernels/%s", p->desc->what, name, file_name);
    if (!read_math(text, &file)) return sbr_fail(SABIR_COMPILE_FAILED, "kernels/%s: there is no line 'body'", file_name);
    if (p->count == MAX_MATH) return sbr_fail(SABIR_COMPILE_FAILED, "%s uses more than %d files of mathematics", p->desc->what, MAX_MATH);
    strcpy(p->done[p->count++], name);
    if (file.uses) SABIR_TRY(print_uses(p, file.uses, file.uses_end));
    if (file.only_floats) sbr_text_puts(p->out, "#if IS_FLOAT\n");
    sbr_text_printf(p->out, "#line %u \"kernels/%s\"\n", file.body_line, file_name);
    sbr_dialect_print_functions(file.body, p->opencl, p->out);
    if (file.only_floats) sbr_text_puts(p->out, "#endif\n");
    return SABIR_OK;
}

static sabir_status print_uses(math_printer *p, const char *list, const char *end)
{
    while (list < end) {
        size_t length = 0;
        while (list + length < end && list[length] != ' ' && list[length] != '\r') length++;
        if (length >= SBR_NAME) return sbr_fail(SABIR_COMPILE_FAILED, "%s: 'uses %.*s': no such mathematics", p->desc->what, (int)length, list);
        char name[SBR_NAME];
        memcpy(name, list, length);
        name[length] = 0;
        if (length) SABIR_TRY(print_math_file(p, name));
        list += length + 1;
    }
    return SABIR_OK;
}

sabir_status sbr_dialect_print_math(const sbr_kernel_desc *desc, sbr_dialect_library library, void *user, bool opencl, sbr_text *out)
{
    math_printer p = {.desc = desc, .texts = library, .user = user, .opencl = opencl, .out = out};
    if (opencl) sbr_text_puts(out, "#pragma OPENCL FP_CONTRACT OFF\n");
    SABIR_TRY(print_math_file(&p, "storage"));
    SABIR_TRY(print_math_file(&p, "core"));
    if (desc->uses) SABIR_TRY(print_uses(&p, desc->uses, desc->uses + strlen(desc->uses)));
    if (opencl) sbr_text_puts(out, "#pragma OPENCL FP_CONTRACT ON\n");
    return SABIR_OK;
}

sabir_status sbr_dialect_prelude(sbr_dialect_library library, void *user, const char *name, sbr_text *out)
{
    const char *text = library(user, name);
    if (!text) return sbr_fail(SABIR_INTERNAL, "the text library lacks '%s'", name);
    sbr_text_puts(out, text);
    return SABIR_OK;
}

sabir_status sbr_dialect_finish(const sbr_text *out)
{
    return out->failed ? sbr_no_memory(out->length) : SABIR_OK;
}
