/* Lines of a kernel's text that stand for others. Cases of the elementwise kernels come from the operator table, so that an operator is written once:
 *     @uses ARITY...              becomes the line `uses` of what the expressions call,
 *     @switch ARITY [STATEMENT]   becomes `case NUMBER: { STATEMENT RESULT = EXPRESSION; break; }` for each row of the arity.
 * What sibling kernels share is written once too:
 *     @part NAME                  becomes the text of kernels/parts/NAME.k. */
#include "graph/graph.h"
#include "kernelgen.h"

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

static void put_case(sbr_text *out, const operator_row *row, const char *statement)
{
    const char *condition = !strcmp(row->class_, "FLOAT") ? "IS_FLOAT" : !strcmp(row->class_, "INT") ? "IS_INT" : !strcmp(row->class_, "LOGIC") ? "IS_U32" : NULL;
    const bool is_bool = !strcmp(row->result, "BOOL");
    if (condition) sbr_text_printf(out, "#if %s\n", condition);
    sbr_text_printf(out, "case %u: {%s RESULT = %s%s%s; break; } // %s\n", (unsigned)row->op, statement, is_bool ? "ARITH_OF(" : "", row->expression,
                    is_bool ? ")" : "", row->name);
    if (condition) sbr_text_puts(out, "#endif\n");
}

/* arities: a string that holds the digit of each. */
static bool is_selected(const operator_row *row, const char *arities) { return strchr(arities, (int)('0' + row->inputs)) != NULL; }

static sabir_status put_uses(kernelgen *gen, const char *what, const char *arities, sbr_text *out)
{
    sbr_text list = {.allocator = gen->allocator};
    sabir_status status = SABIR_OK;
    for (size_t i = 0; i < SBR_COUNT(rows) && status == SABIR_OK; i++)
        if (is_selected(&rows[i], arities) && !sbr_list_uses(rows[i].expression, gen->texts.data, gen->texts.count, &list))
            status = sbr_fail(SABIR_COMPILE_FAILED, "%s: the operator %s is \"%s\", and a function of it stands in none of kernels/math", what, rows[i].name, rows[i].expression);
    if (list.failed) status = sbr_no_memory(list.length);
    if (status == SABIR_OK && list.length) sbr_text_printf(out, "uses %s\n", list.data);
    sbr_text_free(&list);
    return status;
}

/* Parts may hold parts. */
enum { MOST_DEPTH = 4 };

static sabir_status expand_lines(kernelgen *gen, const char *what, const char *text, size_t size, int depth, sbr_text *out);

static sabir_status put_part(kernelgen *gen, const char *what, const char *name, int depth, sbr_text *out)
{
    char *path = kernelgen_format(gen, "%s/kernels/parts/%s.k", gen->root, name), *data;
    size_t size;
    if (!path) return sbr_no_memory(strlen(name));
    if (depth == MOST_DEPTH) return sbr_fail(SABIR_COMPILE_FAILED, "%s: the part %s stands in %d others; perhaps one of them holds itself", what, name, depth);
    SABIR_TRY(kernelgen_read_file(gen, path, &data, &size));
    return expand_lines(gen, what, data, size, depth + 1, out);
}

static sabir_status expand_line(kernelgen *gen, const char *what, const char *line, size_t length, int depth, sbr_text *out)
{
    char copy[160], directive[16], arities[16], part[48], more;
    int end = 0;
    snprintf(copy, sizeof copy, "%.*s", (int)length, line);
    if (sscanf(copy, "@part %47s %c", part, &more) == 1) return put_part(gen, what, part, depth, out);
    const bool understood = length < sizeof copy && sscanf(copy, "@%15s %15[123 ]%n", directive, arities, &end) == 2;
    if (understood && !strcmp(directive, "uses") && !copy[end]) return put_uses(gen, what, arities, out);
    if (!understood || strcmp(directive, "switch"))
        return sbr_fail(SABIR_COMPILE_FAILED, "%s: '%s' is none of '@uses ARITY...', '@switch ARITY [STATEMENT]' and '@part NAME'; arities are 1, 2 and 3", what, copy);
    for (size_t i = 0; i < SBR_COUNT(rows); i++)
        if (is_selected(&rows[i], arities)) put_case(out, &rows[i], copy + end);
    return SABIR_OK;
}

static sabir_status expand_lines(kernelgen *gen, const char *what, const char *text, size_t size, int depth, sbr_text *out)
{
    for (const char *line = text, *end = text + size; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((stop ? stop : end) - line);
        if (*line == '@') SABIR_TRY(expand_line(gen, what, line, length, depth, out));
        else sbr_text_append(out, line, length + (stop ? 1 : 0));
        line += length + (stop ? 1 : 0);
    }
    return SABIR_OK;
}

sabir_status kernelgen_expand(kernelgen *gen, const char *what, char **text, size_t *size)
{
    if (**text != '@' && !strstr(*text, "\n@")) return SABIR_OK;
    sbr_text out = {.allocator = gen->allocator};
    sabir_status status = expand_lines(gen, what, *text, *size, 0, &out);
    if (status == SABIR_OK) {
        *size = out.length;
        *text = out.failed ? NULL : sbr_arena_copy(&gen->arena, out.data, out.length + 1);
        if (!*text) status = sbr_no_memory(out.length + 1);
    }
    sbr_text_free(&out);
    return status;
}
