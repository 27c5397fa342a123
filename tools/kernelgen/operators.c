/* Cases of the elementwise kernels, from the operator table, so that an operator is written once. In a kernel's text the line
 *     @uses ARITY same|bool      becomes the line `uses` of what the expressions call,
 *     @switch ARITY same|bool    becomes `case NUMBER: RESULT = EXPRESSION; break;` for the rows of that arity and result. */
#include "graph/graph.h"
#include "kernelgen.h"

#include <ctype.h>
#include <stdio.h>

typedef struct operator_row {
    const char *name;
    sbr_op op;
    unsigned inputs;
    const char *class_, *result, *expression;
} operator_row;

static const operator_row rows[] = {
#define EW(name, inputs, class, result, expression, tolerance, text) {#name, SBR_OP_##name, inputs, #class, #result, expression},
#define OP(name, least, most, outputs, attributes, flags, tolerance, text)
#include "graph/ops.def"
};

/* Which rows a line asks for. */
typedef struct selection { unsigned inputs; bool is_bool; } selection;

static bool is_selected(const operator_row *row, selection wanted)
{
    return row->inputs == wanted.inputs && (strcmp(row->result, "BOOL") == 0) == wanted.is_bool;
}

static void put_case(sbr_text *out, const operator_row *row, selection wanted)
{
    const char *condition = !strcmp(row->class_, "FLOAT") ? "IS_FLOAT" : !strcmp(row->class_, "INT") ? "IS_INT" : !strcmp(row->class_, "LOGIC") ? "IS_U32" : NULL;
    if (condition) sbr_text_printf(out, "#if %s\n", condition);
    sbr_text_printf(out, wanted.is_bool ? "case %u: RESULT = RESULT_OF(%s); break; // %s\n" : "case %u: RESULT = %s; break; // %s\n", (unsigned)row->op,
                    row->expression, row->name);
    if (condition) sbr_text_puts(out, "#endif\n");
}

/* Whether a text of mathematics defines the function: a line `TYPE NAME(...`. */
static bool defines(const char *text, const char *function, size_t length)
{
    for (const char *line = text; line && *line;) {
        const char *at = line;
        while (isalnum((unsigned char)*at) || *at == '_') at++;
        if (at > line && *at == ' ' && !strncmp(at + 1, function, length) && at[1 + length] == '(') return true;
        line = strchr(line, '\n');
        if (line) line++;
    }
    return false;
}

/* The library's file that defines the function; NULL when there is none. */
static const char *file_of(const kernelgen *gen, const char *function, size_t length)
{
    for (uint32_t i = 0; i < gen->library.count; i++)
        if (!strncmp(gen->library.data[i].name, "math/", 5) && defines(gen->library.data[i].data, function, length)) return gen->library.data[i].name;
    return NULL;
}

static bool has_word(const char *list, const char *word, size_t length)
{
    for (const char *at = list; (at = strstr(at, word)) != NULL; at++)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length])) return true;
    return false;
}

/* Adds the file of each s_NAME( that the expression calls. core and storage are there without asking. */
static sabir_status collect_uses(const kernelgen *gen, const char *what, const operator_row *row, char *list, size_t room)
{
    for (const char *at = row->expression; (at = strstr(at, "s_")) != NULL; at++) {
        size_t length = 0;
        while (isalnum((unsigned char)at[length]) || at[length] == '_') length++;
        if ((at > row->expression && (isalnum((unsigned char)at[-1]) || at[-1] == '_')) || at[length] != '(') continue;
        const char *file = file_of(gen, at, length);
        if (!file) return sbr_fail(SABIR_COMPILE_FAILED, "%s: no text in kernels/math defines %.*s, which the operator %s calls", what, (int)length, at, row->name);
        char stem[SBR_NAME];
        snprintf(stem, sizeof stem, "%.*s", (int)(strlen(file) - 7), file + 5);
        size_t used = strlen(list);
        if (!strcmp(stem, "core") || !strcmp(stem, "storage") || has_word(list, stem, strlen(stem))) continue;
        if (used + strlen(stem) + 2 > room) return sbr_fail(SABIR_COMPILE_FAILED, "%s: the operators use too many files of mathematics", what);
        snprintf(list + used, room - used, "%s%s", used ? " " : "", stem);
    }
    return SABIR_OK;
}

static sabir_status put_uses(kernelgen *gen, const char *what, selection wanted, sbr_text *out)
{
    char list[512] = "";
    for (size_t i = 0; i < SBR_COUNT(rows); i++)
        if (is_selected(&rows[i], wanted)) SABIR_TRY(collect_uses(gen, what, &rows[i], list, sizeof list));
    if (*list) sbr_text_printf(out, "uses %s\n", list);
    return SABIR_OK;
}

static sabir_status expand_line(kernelgen *gen, const char *what, const char *line, size_t length, sbr_text *out)
{
    char copy[80], directive[16], result[16], more;
    selection wanted;
    snprintf(copy, sizeof copy, "%.*s", (int)length, line);
    bool understood = sscanf(copy, "@%15s %u %15s %c", directive, &wanted.inputs, result, &more) == 3;
    wanted.is_bool = understood && !strcmp(result, "bool");
    if (!understood || (!wanted.is_bool && strcmp(result, "same"))) return sbr_fail(SABIR_COMPILE_FAILED, "%s: '%s' is neither @uses nor @switch ARITY same|bool", what, copy);
    if (!strcmp(directive, "uses")) return put_uses(gen, what, wanted, out);
    if (strcmp(directive, "switch")) return sbr_fail(SABIR_COMPILE_FAILED, "%s: '@%s' is unknown; there are @uses and @switch", what, directive);
    for (size_t i = 0; i < SBR_COUNT(rows); i++)
        if (is_selected(&rows[i], wanted)) put_case(out, &rows[i], wanted);
    return SABIR_OK;
}

static sabir_status expand(kernelgen *gen, const char *what, const char *text, size_t size, sbr_text *out)
{
    for (const char *line = text, *end = text + size; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((stop ? stop : end) - line);
        if (*line == '@') SABIR_TRY(expand_line(gen, what, line, length, out));
        else sbr_text_append(out, line, length + (stop ? 1 : 0));
        line += length + (stop ? 1 : 0);
    }
    return SABIR_OK;
}

sabir_status kernelgen_expand_operators(kernelgen *gen, const char *what, char **text, size_t *size)
{
    if (**text != '@' && !strstr(*text, "\n@")) return SABIR_OK;
    sbr_text out = {.allocator = gen->allocator};
    sabir_status status = expand(gen, what, *text, *size, &out);
    if (status == SABIR_OK) {
        *size = out.length;
        *text = out.failed ? NULL : sbr_arena_copy(&gen->arena, out.data, out.length + 1);
        if (!*text) status = sbr_no_memory(out.length + 1);
    }
    sbr_text_free(&out);
    return status;
}
