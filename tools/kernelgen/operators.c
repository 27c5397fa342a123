/* Cases of the elementwise kernels, from the operator table, so that an operator is written once. In a kernel's text the line
 *     @uses ARITY      becomes the line `uses` of what the expressions call,
 *     @switch ARITY    becomes `case NUMBER: RESULT = EXPRESSION; break;` for the rows of that arity. */
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

static void put_case(sbr_text *out, const operator_row *row)
{
    const char *condition = !strcmp(row->class_, "FLOAT") ? "IS_FLOAT" : !strcmp(row->class_, "INT") ? "IS_INT" : !strcmp(row->class_, "LOGIC") ? "IS_U32" : NULL;
    if (condition) sbr_text_printf(out, "#if %s\n", condition);
    sbr_text_printf(out, !strcmp(row->result, "BOOL") ? "case %u: RESULT = ARITH_OF(%s); break; // %s\n" : "case %u: RESULT = %s; break; // %s\n",
                    (unsigned)row->op, row->expression, row->name);
    if (condition) sbr_text_puts(out, "#endif\n");
}

static sabir_status put_uses(kernelgen *gen, const char *what, unsigned inputs, sbr_text *out)
{
    sbr_text list = {.allocator = gen->allocator};
    sabir_status status = SABIR_OK;
    for (size_t i = 0; i < SBR_COUNT(rows) && status == SABIR_OK; i++)
        if (rows[i].inputs == inputs && !sbr_list_uses(rows[i].expression, gen->library.data, gen->library.count, &list))
            status = sbr_fail(SABIR_COMPILE_FAILED, "%s: the operator %s is \"%s\", and a function of it stands in none of kernels/math", what, rows[i].name, rows[i].expression);
    if (list.failed) status = sbr_no_memory(list.length);
    if (status == SABIR_OK && list.length) sbr_text_printf(out, "uses %s\n", list.data);
    sbr_text_free(&list);
    return status;
}

static sabir_status expand_line(kernelgen *gen, const char *what, const char *line, size_t length, sbr_text *out)
{
    char copy[80], directive[16], arity, more;
    snprintf(copy, sizeof copy, "%.*s", (int)length, line);
    if (sscanf(copy, "@%15s %c %c", directive, &arity, &more) != 2 || arity < '1' || arity > '3')
        return sbr_fail(SABIR_COMPILE_FAILED, "%s: '%s' is neither @uses nor @switch with 1, 2 or 3 operands", what, copy);
    const unsigned inputs = (unsigned)(arity - '0');
    if (!strcmp(directive, "uses")) return put_uses(gen, what, inputs, out);
    if (strcmp(directive, "switch")) return sbr_fail(SABIR_COMPILE_FAILED, "%s: '@%s' is unknown; there are @uses and @switch", what, directive);
    for (size_t i = 0; i < SBR_COUNT(rows); i++)
        if (rows[i].inputs == inputs) put_case(out, &rows[i]);
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
