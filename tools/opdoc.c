/* Prints docs/operators.md from the operator table and the contracts in public headers.
 *
 *   opdoc OPS_DEF HEADER...                the page on standard output
 *   opdoc OPS_DEF HEADER... --check FILE   exit status 1 where FILE is not that page
 *
 * The rows come from the table itself; its comments, read as text, are the headings. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct row { const char *name; int least, most, outputs; const char *result, *flags, *tolerance, *text; bool elementwise; } row;

static const char *const class_texts[] = {"f32 f16 bf16 f64", "i32 u32 i8 u8", "f32 f16 bf16 f64 i32 u32 i8 u8",
                                          "f32 f16 bf16 f64 i32 u32 i8 u8 bool", "bool"};
enum { FLOAT, INT, NUMBER, ANY, LOGIC };

static const row rows[] = {
#define EW(name, inputs, class, result, expression, tolerance, text) {#name, inputs, inputs, 1, #result, "", #tolerance, text, true},
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) {#name, least, most, outputs, "", #flags, #tolerance, text, false},
#include "graph/ops.def"
};
static const int classes[] = {
#define EW(name, inputs, class, result, expression, tolerance, text) class,
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) ANY,
#include "graph/ops.def"
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0, capacity = 1 << 16;
    char *text = file ? malloc(capacity + 1) : NULL;
    while (text) {
        size += fread(text + size, 1, capacity - size, file);
        if (size < capacity) break;
        char *larger = realloc(text, 2 * capacity + 1);
        if (!larger) free(text);
        text = larger;
        capacity *= 2;
    }
    if (file) fclose(file);
    if (text) text[size] = '\0';
    else fprintf(stderr, "opdoc: %s cannot be read\n", path);
    return text;
}

/* Where the table's text has the row: "EW(name," or "OP(name,". */
static const char *find_row(const char *table, const char *name)
{
    char start[2][80];
    snprintf(start[0], sizeof start[0], "\nEW(%s,", name);
    snprintf(start[1], sizeof start[1], "\nOP(%s,", name);
    const char *found = strstr(table, start[0]);
    return found ? found : strstr(table, start[1]);
}

/* A comment on the line before the row opens a group. */
static bool print_heading(FILE *out, const char *table, const char *at)
{
    const char *line = at;
    while (line > table && line[-1] != '\n') line--;
    if (strncmp(line, "/* ", 3) != 0) return false;
    fprintf(out, "\n## %c%.*s\n", line[3] >= 'a' && line[3] <= 'z' ? line[3] - 'a' + 'A' : line[3], (int)(at - line - 7), line + 4);
    return true;
}

/* The comment that ends right before the prototype, without its marks and line breaks. */
static void print_contract(FILE *out, const char *header, const char *prototype)
{
    const char *end = prototype;
    if (end - header < 4 || strncmp(end - 3, "*/\n", 3) != 0) return;
    const char *start = end -= 3;
    while (start > header && strncmp(start, "/*", 2) != 0) start--;
    if (strncmp(start, "/* ----", 7) == 0) return;
    fputs("\n", out);
    for (start += 2; *start == ' '; start++) continue;
    for (; start < end && !(end - start == 1 && *start == ' '); start++) {
        if (*start != '\n') fputc(*start, out);
        else if (strncmp(start, "\n * ", 4) == 0) fputc(' ', out), start += 3;
    }
    fputs("\n", out);
}

static void print_prototype(FILE *out, const char *header, const char *name)
{
    char start[96];
    snprintf(start, sizeof start, "\nSABIR_API sabir_value sabir_%s(", name);
    const char *found = strstr(header, start);
    if (!found) return;
    const char *prototype = found + 1 + strlen("SABIR_API "), *end = strchr(prototype, ';');
    print_contract(out, header, found + 1);
    fprintf(out, "\n    %.*s\n", (int)(end - prototype + 1), prototype);
}

static void print_counts(FILE *out, const row *r)
{
    if (r->least == r->most) fprintf(out, "%d", r->least);
    else if (r->most > 1000) fprintf(out, "any number");
    else fprintf(out, "%d to %d", r->least, r->most);
}

/* A row of its group's table. */
static void print_elementwise(FILE *out, int i, bool first)
{
    const row *r = &rows[i];
    if (first) fputs("\n| name | operands | types | result | tolerance | |\n|---|---|---|---|---|---|\n", out);
    fprintf(out, "| `%s` | %d | %s | %s | %s | %s |\n", r->name, r->least, class_texts[classes[i]],
            strcmp(r->result, "BOOL") == 0 ? "bool" : "same", strcmp(r->tolerance, "0") == 0 ? "exact" : r->tolerance, r->text);
}

static void print_section(FILE *out, int i, const char *header)
{
    const row *r = &rows[i];
    fprintf(out, "\n### %s\n\n%s.\n\nOperands: ", r->name, r->text);
    print_counts(out, r);
    fputs("; results: ", out);
    fprintf(out, r->outputs > 1000 ? "any number" : "%d", r->outputs);
    if (strcmp(r->tolerance, "0") != 0) fprintf(out, "; tolerance: %s", r->tolerance);
    else if (!strstr(r->flags, "SBR_LEAF") && !strstr(r->flags, "SBR_STATE") && !strstr(r->flags, "SBR_REGION")) fputs("; exact", out);
    fputs(".\n", out);
    print_prototype(out, header, r->name);
}

static bool print_page(FILE *out, const char *table, const char *header)
{
    fprintf(out, "# Operators\n\n"
                 "Generated by `tools/opdoc` from `src/graph/ops.def` and the headers in `include/sabir`; do not edit.\n\n"
                 "%d operators. The tolerance is the largest error on a device against the float64 reference, relative to\n"
                 "max(1, |value|), for f32. Elementwise operators take operands of one type and broadcast them as numpy does.\n"
                 "A float type is f32, f16, bf16 or f64.\n", ROWS);
    for (int i = 0; i < ROWS; i++) {
        const char *at = find_row(table, rows[i].name);
        if (!at) {
            fprintf(stderr, "opdoc: the table given has no row \"%s\"; it is not the one this program was built with\n", rows[i].name);
            return false;
        }
        const bool first = print_heading(out, table, at);
        if (rows[i].elementwise) print_elementwise(out, i, first);
        else print_section(out, i, header);
    }
    return !ferror(out);
}

static bool is_current(const char *table, const char *header, const char *path)
{
    char *page = NULL, *committed = read_file(path);
    FILE *scratch = tmpfile();
    bool same = false;
    if (committed && scratch && print_page(scratch, table, header)) {
        const long size = ftell(scratch);
        rewind(scratch);
        page = size > 0 ? malloc((size_t)size) : NULL;
        same = page && fread(page, 1, (size_t)size, scratch) == (size_t)size && strlen(committed) == (size_t)size &&
               memcmp(page, committed, (size_t)size) == 0;
    }
    if (!same) fprintf(stderr, "opdoc: %s is not current; write it anew with opdoc\n", path);
    if (scratch) fclose(scratch);
    free(page);
    free(committed);
    return same;
}

/* Every header, one after another. */
static char *read_headers(int count, char **paths)
{
    size_t size = 0;
    char *all = calloc(1, 1);
    for (int i = 0; all && i < count; i++) {
        char *text = read_file(paths[i]), *longer = text ? realloc(all, size + strlen(text) + 1) : NULL;
        if (longer) {
            memcpy(longer + size, text, strlen(text) + 1);
            size += strlen(text);
        } else {
            free(all);
        }
        free(text);
        all = longer;
    }
    return all;
}

int main(int count, char **arguments)
{
    const bool checks = count > 4 && strcmp(arguments[count - 2], "--check") == 0;
    if (count < 3) {
        fprintf(stderr, "usage: opdoc OPS_DEF HEADER... [--check FILE]\n");
        return 2;
    }
    char *table = read_file(arguments[1]), *headers = read_headers(count - 2 - (checks ? 2 : 0), arguments + 2);
    bool done = false;
    if (table && headers) done = checks ? is_current(table, headers, arguments[count - 1]) : print_page(stdout, table, headers);
    free(table);
    free(headers);
    return done ? 0 : 1;
}
