/* CSV of numbers: fields by separator, lines by \n or \r\n, quotes doubled inside quotes. */
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "base/context.h"

enum { FIELD = 512, MOST_COLUMNS = 1 << 20 };

typedef struct reader {
    const sabir_allocator *allocator;
    const char *path;
    const char *at, *end;
    char separator;
    uint64_t line;
    char field[FIELD]; /* the last one read, without quotes */
    size_t length;
} reader;

static bool at_line_end(const reader *r) { return r->at >= r->end || *r->at == '\n' || (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n'); }

static void skip_line_end(reader *r)
{
    if (r->at < r->end && *r->at == '\r') r->at++;
    if (r->at < r->end) r->at++;
    r->line++;
}

static void skip_blank_lines(reader *r)
{
    while (r->at < r->end && at_line_end(r)) skip_line_end(r);
}

static sabir_status put(reader *r, char letter)
{
    if (r->length + 1 >= FIELD || letter == '\0')
        return sbr_file_fail(r->path, "line %llu: %s", (unsigned long long)r->line, letter ? "a field has more than 511 letters" : "a byte is 0; not a text");
    r->field[r->length++] = letter;
    return SABIR_OK;
}

static sabir_status read_quoted(reader *r)
{
    for (r->at++; r->at < r->end; r->at++) {
        const bool quote = *r->at == '"';
        if (quote && !(r->at + 1 < r->end && r->at[1] == '"')) {
            r->at++;
            return SABIR_OK;
        }
        if (quote) r->at++;
        if (*r->at == '\n') break;
        SABIR_TRY(put(r, *r->at));
    }
    return sbr_file_fail(r->path, "line %llu: a quote is not closed", (unsigned long long)r->line);
}

/* One field and the separator behind it; *last: the line's last. */
static sabir_status read_field(reader *r, bool *last)
{
    r->length = 0;
    if (r->at < r->end && *r->at == '"') SABIR_TRY(read_quoted(r));
    while (!at_line_end(r) && *r->at != r->separator) SABIR_TRY(put(r, *r->at++));
    r->field[r->length] = '\0';
    *last = at_line_end(r);
    if (*last) skip_line_end(r);
    else r->at++;
    return SABIR_OK;
}

/* NaN of an empty field; false of one that is no number. */
static bool number_of(const reader *r, double *number)
{
    const char *first = r->field;
    while (*first == ' ' || *first == '\t') first++;
    *number = NAN;
    if (!*first) return true;
    char *end;
    *number = strtod(first, &end);
    while (*end == ' ' || *end == '\t') end++;
    return end != first && *end == '\0';
}

static sabir_status add_name(reader *r, sabir_table *table, uint32_t *room)
{
    if (table->columns == MOST_COLUMNS) return sbr_file_fail(r->path, "more than %d columns", MOST_COLUMNS);
    if (table->columns == *room) {
        const uint32_t wanted = *room ? *room * 2 : 16;
        char **names = sbr_resize(r->allocator, table->names, wanted * sizeof *names);
        if (!names) return sbr_no_memory(wanted * sizeof *names);
        table->names = names;
        *room = wanted;
    }
    table->names[table->columns] = sbr_strdup(r->allocator, r->field);
    if (!table->names[table->columns]) return sbr_no_memory(r->length + 1);
    table->columns++;
    return SABIR_OK;
}

static void drop_names(const sabir_allocator *allocator, sabir_table *table)
{
    for (uint32_t i = 0; table->names && i < table->columns; i++) sbr_free(allocator, table->names[i]);
    sbr_free(allocator, table->names);
    table->names = NULL;
}

/* Counts the columns and, where the first line is a header, keeps their names and leaves the reader behind it. */
static sabir_status read_first_line(reader *r, int header, sabir_table *table)
{
    const reader before = *r;
    uint32_t room = 0;
    bool last = r->at >= r->end, words = false;
    if (last) return sbr_file_fail(r->path, "it holds no line");
    while (!last) {
        double number;
        SABIR_TRY(read_field(r, &last));
        words = words || !number_of(r, &number);
        SABIR_TRY(add_name(r, table, &room));
    }
    if (header > 0 || (header == 0 && words)) return SABIR_OK;
    drop_names(r->allocator, table);
    *r = before;
    return SABIR_OK;
}

static sabir_status read_row(reader *r, uint32_t columns, double *row)
{
    const uint64_t line = r->line;
    bool last = false;
    for (uint32_t c = 0; c < columns; c++) {
        if (last) return sbr_file_fail(r->path, "line %llu has %u fields, the first line %u", (unsigned long long)line, c, columns);
        SABIR_TRY(read_field(r, &last));
        if (!number_of(r, &row[c])) return sbr_file_fail(r->path, "line %llu, field %u: \"%.40s\" is no number", (unsigned long long)line, c + 1, r->field);
    }
    return last ? SABIR_OK : sbr_file_fail(r->path, "line %llu has more than the %u fields of the first line", (unsigned long long)line, columns);
}

static sabir_status read_rows(reader *r, sabir_table *table)
{
    double *values = NULL;
    size_t rows = 0, room = 0;
    const size_t width = table->columns;
    sabir_status status = SABIR_OK;
    for (skip_blank_lines(r); r->at < r->end && status == SABIR_OK; skip_blank_lines(r)) {
        if (rows == room) {
            room = room ? room * 2 : 1;
            double *more = sbr_resize(r->allocator, values, room * width * sizeof *more);
            if (!more) status = sbr_no_memory(room * width * sizeof *more);
            else values = more;
        }
        if (status == SABIR_OK) status = read_row(r, table->columns, values + rows * width);
        rows++;
    }
    if (status == SABIR_OK && !values) status = (values = sbr_alloc(r->allocator, 0)) ? SABIR_OK : sbr_no_memory(0);
    if (status != SABIR_OK) {
        sbr_free(r->allocator, values);
        return status;
    }
    table->values = (sabir_array){SABIR_F64, SABIR_SHAPE((int64_t)rows, (int64_t)width), rows * width * sizeof *values, values};
    return SABIR_OK;
}

/* strtod asks the locale for the decimal point: this thread reads in the C locale meanwhile. */
static sabir_status parse(reader *r, int header, sabir_table *table)
{
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0) return sbr_no_memory(0);
    const locale_t before = uselocale(plain);
    skip_blank_lines(r);
    sabir_status status = read_first_line(r, header, table);
    if (status == SABIR_OK) status = read_rows(r, table);
    uselocale(before);
    freelocale(plain);
    return status;
}

void sabir_table_free(sabir_context *context, sabir_table *table)
{
    if (!context || !table) return;
    drop_names(sbr_context_allocator(context), table);
    sabir_array_free(context, &table->values);
    *table = (sabir_table){0};
}

sabir_status sabir_csv_read(sabir_context *context, const char *path, const sabir_csv_options *options, sabir_table *table)
{
    sbr_bytes bytes;
    sabir_csv_options all;
    if (!table) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_csv_read: table is NULL");
    *table = (sabir_table){0};
    SABIR_TRY(sbr_context_check(context));
    SABIR_TRY(sbr_path_check(path, "sabir_csv_read"));
    SABIR_TRY(sbr_options_read(options, &all, sizeof all, "sabir_csv_read"));
    const char separator = all.separator ? all.separator : ',';
    if (strchr("\"\r\n", separator)) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_csv_read: a quote or a line's end cannot be the separator");
    const sabir_allocator *allocator = sbr_context_allocator(context);
    SABIR_TRY(sbr_file_read(allocator, path, all.most_bytes, &bytes));
    reader r = {.allocator = allocator, .path = path, .at = (const char *)bytes.data, .end = (const char *)bytes.data + bytes.size, .separator = separator,
                .line = 1};
    const sabir_status status = parse(&r, all.header, table);
    sbr_free(allocator, bytes.data);
    if (status != SABIR_OK) sabir_table_free(context, table);
    return status;
}
