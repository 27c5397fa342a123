/* NumPy's npy: a magic, a version, the length of a header, the header (a Python dict of three entries), the elements. */
#include "array.h"
#include "base/context.h"

static const char magic[6] = "\x93NUMPY";

/* ---- The header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } in any order ---- */

typedef struct reader {
    const char *path, *at, *end;
    const char *fault; /* NULL: none yet */
} reader;

typedef struct header {
    sbr_element element;
    sabir_shape shape;
    bool fortran, seen[3];
} header;

static void blanks(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t')) r->at++;
}

static bool take(reader *r, const char *text)
{
    const size_t length = strlen(text);
    blanks(r);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, text, length) != 0) return false;
    r->at += length;
    return true;
}

static void need(reader *r, const char *text, const char *fault)
{
    if (!r->fault && !take(r, text)) r->fault = fault;
}

/* A string in quotes, without escapes. */
static bool quoted(reader *r, char *text, size_t size)
{
    blanks(r);
    if (r->at >= r->end || (*r->at != '\'' && *r->at != '"')) return false;
    const char *first = r->at + 1, *last = memchr(first, *r->at, (size_t)(r->end - first));
    if (!last || (size_t)(last - first) >= size) return false;
    memcpy(text, first, (size_t)(last - first));
    text[last - first] = '\0';
    r->at = last + 1;
    return true;
}

static void read_descr(reader *r, header *h)
{
    static const struct { const char *code; sabir_type type; uint32_t size; bool is_unsigned; } codes[] = {
        {"f4", SABIR_F32, 4, false}, {"f2", SABIR_F16, 2, false}, {"f8", SABIR_F64, 8, false}, {"i4", SABIR_I32, 4, false}, {"u4", SABIR_U32, 4, true},
        {"i1", SABIR_I8, 1, false},  {"u1", SABIR_U8, 1, true},   {"b1", SABIR_BOOL, 1, true}, {"i8", SABIR_I64, 8, false}, {"i2", SABIR_I32, 2, false},
        {"u2", SABIR_I32, 2, true}};
    char text[16];
    if (!quoted(r, text, sizeof text)) {
        r->fault = "its elements are no plain numbers";
        return;
    }
    for (size_t i = 0; i < SBR_COUNT(codes); i++) {
        if (!strchr("<>|=", text[0]) || strcmp(text + 1, codes[i].code) != 0) continue;
        const bool big = text[0] == '>', little = text[0] == '<';
        h->element = (sbr_element){codes[i].type, codes[i].size, codes[i].is_unsigned, (big && sbr_host_is_little()) || (little && !sbr_host_is_little())};
        return;
    }
    r->fault = "its element type is none of Sabir's";
}

static void read_extent(reader *r, sabir_shape *shape)
{
    int64_t extent = 0;
    const char *first = r->at;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
        if (!sbr_mul_i64(extent, 10, &extent) || !sbr_add_i64(extent, *r->at - '0', &extent)) r->fault = "an extent overflows 64 bits";
    if (r->at == first) r->fault = "its shape is no tuple of numbers";
    else if (shape->rank == SABIR_MAX_RANK) r->fault = "it has more axes than Sabir's 8";
    else shape->extents[shape->rank++] = extent;
}

static void read_shape(reader *r, sabir_shape *shape)
{
    need(r, "(", "its shape is no tuple of numbers");
    while (!r->fault && !take(r, ")")) {
        blanks(r);
        read_extent(r, shape);
        if (!r->fault && !take(r, ",")) {
            need(r, ")", "its shape is no tuple of numbers");
            return;
        }
    }
}

static void read_entry(reader *r, header *h)
{
    static const char *const names[] = {"descr", "fortran_order", "shape"};
    char name[16];
    size_t i = 0;
    if (!quoted(r, name, sizeof name)) {
        r->fault = "its header is no dict of descr, fortran_order and shape";
        return;
    }
    while (i < SBR_COUNT(names) && strcmp(name, names[i]) != 0) i++;
    if (i == SBR_COUNT(names) || h->seen[i]) {
        r->fault = "its header is no dict of descr, fortran_order and shape";
        return;
    }
    h->seen[i] = true;
    need(r, ":", "its header is no dict of descr, fortran_order and shape");
    if (r->fault) return;
    if (i == 0) read_descr(r, h);
    else if (i == 2) read_shape(r, &h->shape);
    else if (take(r, "True")) h->fortran = true;
    else need(r, "False", "fortran_order is neither True nor False");
}

static sabir_status read_header(reader *r, header *h)
{
    need(r, "{", "its header is no dict");
    while (!r->fault && !take(r, "}")) {
        read_entry(r, h);
        if (!r->fault && !take(r, ",")) {
            need(r, "}", "its header is no dict");
            break;
        }
    }
    blanks(r);
    if (!r->fault && r->at != r->end) r->fault = "something follows its header's dict";
    if (!r->fault && !(h->seen[0] && h->seen[1] && h->seen[2])) r->fault = "its header lacks descr, fortran_order or shape";
    return r->fault ? sbr_file_fail(r->path, "%s", r->fault) : SABIR_OK;
}

/* Where header and elements begin. */
static sabir_status find_header(const char *path, const sbr_bytes *bytes, size_t *first, size_t *length)
{
    const uint8_t *b = bytes->data;
    if (bytes->size < 12 || memcmp(b, magic, sizeof magic) != 0) return sbr_file_fail(path, "not an npy file");
    if (b[6] < 1 || b[6] > 3) return sbr_file_fail(path, "npy version %d; 1 to 3 are read", b[6]);
    *first = b[6] == 1 ? 10 : 12;
    *length = (size_t)b[8] | (size_t)b[9] << 8;
    if (b[6] > 1) *length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if (*length > bytes->size - *first) return sbr_file_fail(path, "its header of %zu bytes passes the end of the file", *length);
    return SABIR_OK;
}

/* ---- Fortran order: the first axis runs fastest ---- */

static sabir_status to_row_major(const sabir_allocator *allocator, sabir_array *array)
{
    const size_t size = sabir_type_size(array->type), count = size ? (size_t)array->bytes / size : 0;
    const int32_t rank = array->shape.rank;
    uint8_t *ordered = sbr_alloc(allocator, (size_t)array->bytes);
    if (!ordered) return sbr_no_memory((size_t)array->bytes);
    int64_t index[SABIR_MAX_RANK] = {0};
    for (size_t k = 0; k < count; k++) {
        size_t from = 0;
        for (int32_t i = rank; i-- > 0;) from = from * (size_t)array->shape.extents[i] + (size_t)index[i];
        memcpy(ordered + k * size, (const uint8_t *)array->data + from * size, size);
        for (int32_t i = rank; i-- > 0 && ++index[i] == array->shape.extents[i];) index[i] = 0;
    }
    sbr_free(allocator, array->data);
    array->data = ordered;
    return SABIR_OK;
}

static sabir_status parse(const sabir_allocator *allocator, const char *path, sbr_bytes *bytes, sabir_array *array)
{
    size_t first = 0, length = 0;
    header h = {.shape = {0}};
    SABIR_TRY(find_header(path, bytes, &first, &length));
    reader r = {path, (const char *)bytes->data + first, (const char *)bytes->data + first + length, NULL};
    SABIR_TRY(read_header(&r, &h));
    SABIR_TRY(sbr_array_measure(path, &h.element, &h.shape, bytes->size - first - length));
    SABIR_TRY(sbr_array_take(allocator, bytes, first + length, &h.element, &h.shape, array));
    return h.fortran ? to_row_major(allocator, array) : SABIR_OK;
}

sabir_status sabir_npy_read(sabir_context *context, const char *path, const sabir_read_options *options, sabir_array *array)
{
    return sbr_array_read(context, path, options, "sabir_npy_read", parse, array);
}

/* ---- Writing ---- */

static sabir_status describe(const sabir_array *array, char *text, size_t size)
{
    static const char *const codes[SABIR_TYPE_COUNT] = {[SABIR_F32] = "<f4", [SABIR_F16] = "<f2", [SABIR_F64] = "<f8", [SABIR_I32] = "<i4", [SABIR_U32] = "<u4",
                                                        [SABIR_I8] = "|i1",  [SABIR_U8] = "|u1",  [SABIR_BOOL] = "|b1", [SABIR_I64] = "<i8"};
    const char *code = (unsigned)array->type < SABIR_TYPE_COUNT ? codes[array->type] : NULL;
    if (!code) return sbr_fail(SABIR_INVALID_TYPE, "npy has no type for %s; cast to f32 first", sabir_type_name(array->type));
    int used = snprintf(text, size, "{'descr': '%s', 'fortran_order': False, 'shape': (", code);
    for (int32_t i = 0; i < array->shape.rank; i++)
        used += snprintf(text + used, size - (size_t)used, array->shape.rank == 1 ? "%lld," : i ? ", %lld" : "%lld", (long long)array->shape.extents[i]);
    snprintf(text + used, size - (size_t)used, "), }");
    return SABIR_OK;
}

/* Elements begin at a multiple of 64, as NumPy has it. */
static size_t make_header(const char *description, uint8_t *text)
{
    const size_t used = 10 + strlen(description) + 1, length = (used + 63) / 64 * 64 - 10;
    memset(text, ' ', 10 + length);
    memcpy(text, magic, sizeof magic);
    text[6] = 1;
    text[7] = 0;
    text[8] = (uint8_t)(length & 255);
    text[9] = (uint8_t)(length >> 8);
    memcpy(text + 10, description, strlen(description));
    text[10 + length - 1] = '\n';
    return 10 + length;
}

sabir_status sabir_npy_write(sabir_context *context, const char *path, const sabir_array *array)
{
    char description[320];
    uint8_t text[384];
    sbr_aside aside;
    SABIR_TRY(sbr_context_check(context));
    SABIR_TRY(sbr_path_check(path, "sabir_npy_write"));
    SABIR_TRY(sbr_array_check(array, "sabir_npy_write"));
    if (!sbr_host_is_little()) return sbr_fail(SABIR_UNSUPPORTED, "npy files are written on little-endian machines only");
    SABIR_TRY(describe(array, description, sizeof description));
    SABIR_TRY(sbr_aside_begin(&aside, sbr_context_allocator(context), path));
    sbr_aside_write(&aside, text, make_header(description, text));
    sbr_aside_write(&aside, array->data, (size_t)array->bytes);
    return sbr_aside_end(&aside, SABIR_OK);
}
