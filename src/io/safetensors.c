/* safetensors: the length of the header in 8 bytes, little-endian; the header; the elements of all tensors. */
#include "safetensors.h"

#include <stdlib.h>

#include "base/context.h"
#include "base/text.h"
#include "json.h"

enum { MOST_HEADER = 100000000 }; /* the format's own limit */

struct sabir_safetensors {
    sabir_context *context; /* retained */
    char *path;
    FILE *file;
    uint64_t data; /* where the elements begin */
    sbr_arena arena;
    sbr_header header;
};

/* ---- Opening ---- */

static sabir_status read_at(sabir_safetensors *file, uint64_t offset, void *data, size_t bytes)
{
    if (fseeko(file->file, (off_t)offset, SEEK_SET) == 0 && fread(data, 1, bytes, file->file) == bytes) return SABIR_OK;
    return sbr_file_fail(file->path, "%zu bytes at %llu cannot be read; it was cut short, or the disk failed", bytes, (unsigned long long)offset);
}

static sabir_status read_header(sabir_safetensors *file, uint64_t size)
{
    const sabir_allocator *allocator = file->arena.allocator;
    uint8_t b[8] = {0};
    uint64_t length = 0;
    if (size < 8) return sbr_file_fail(file->path, "not a safetensors file");
    SABIR_TRY(read_at(file, 0, b, sizeof b));
    for (int i = 8; i-- > 0;) length = length << 8 | b[i];
    if (length > MOST_HEADER || length > size - 8)
        return sbr_file_fail(file->path, "no safetensors file: a header of %llu bytes is announced, and %llu follow", (unsigned long long)length,
                             (unsigned long long)(size - 8));
    char *text = sbr_alloc(allocator, (size_t)length + 1);
    if (!text) return sbr_no_memory((size_t)length + 1);
    sabir_status status = read_at(file, 8, text, (size_t)length);
    file->data = 8 + length;
    if (status == SABIR_OK) status = sbr_header_read(&file->arena, file->path, text, (size_t)length, size - file->data, &file->header);
    sbr_free(allocator, text);
    return status;
}

static sabir_status open_file(sabir_safetensors *file, const char *path, uint64_t most)
{
    uint64_t size;
    file->path = sbr_strdup(file->arena.allocator, path);
    if (!file->path) return sbr_no_memory(strlen(path) + 1);
    SABIR_TRY(sbr_file_open(path, &file->file, &size));
    if (size > (most ? most : SBR_MOST_BYTES))
        return sbr_file_fail(path, "%llu bytes, more than the %llu allowed", (unsigned long long)size, (unsigned long long)(most ? most : SBR_MOST_BYTES));
    return read_header(file, size);
}

sabir_status sabir_safetensors_open(sabir_context *context, const char *path, const sabir_read_options *options, sabir_safetensors **result)
{
    sabir_read_options all;
    if (!result) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_safetensors_open: file is NULL");
    *result = NULL;
    SABIR_TRY(sbr_context_check(context));
    SABIR_TRY(sbr_path_check(path, "sabir_safetensors_open"));
    SABIR_TRY(sbr_options_read(options, &all, sizeof all, "sabir_safetensors_open"));
    sabir_safetensors *file = sbr_alloc(sbr_context_allocator(context), sizeof *file);
    if (!file) return sbr_no_memory(sizeof *file);
    sabir_context_retain(context);
    file->context = context;
    file->arena.allocator = sbr_context_allocator(context);
    const sabir_status status = open_file(file, path, all.most_bytes);
    if (status != SABIR_OK) sabir_safetensors_close(file);
    else *result = file;
    return status;
}

void sabir_safetensors_close(sabir_safetensors *file)
{
    if (!file) return;
    sabir_context *context = file->context;
    const sabir_allocator *allocator = sbr_context_allocator(context);
    if (file->file) fclose(file->file);
    sbr_vector_free(allocator, &file->header.entries);
    sbr_vector_free(allocator, &file->header.metadata);
    sbr_arena_free(&file->arena);
    sbr_free(allocator, file->path);
    sbr_free(allocator, file);
    sabir_context_release(context);
}

/* ---- Asking ---- */

uint32_t sabir_safetensors_count(const sabir_safetensors *file) { return file ? file->header.entries.count : 0; }

const char *sabir_safetensors_name(const sabir_safetensors *file, uint32_t position)
{
    return position < sabir_safetensors_count(file) ? file->header.entries.data[position].name : NULL;
}

int64_t sabir_safetensors_find(const sabir_safetensors *file, const char *name)
{
    for (uint32_t i = 0; name && i < sabir_safetensors_count(file); i++)
        if (strcmp(file->header.entries.data[i].name, name) == 0) return i;
    return -1;
}

const char *sabir_safetensors_metadata(const sabir_safetensors *file, const char *name)
{
    for (uint32_t i = 0; file && name && i < file->header.metadata.count; i++)
        if (strcmp(file->header.metadata.data[i].name, name) == 0) return file->header.metadata.data[i].text;
    return NULL;
}

static sabir_status entry_at(const sabir_safetensors *file, uint32_t position, const char *call, const sbr_entry **entry)
{
    if (!file) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: file is NULL", call);
    if (position >= file->header.entries.count)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: there is no tensor %u; %s holds %u", call, position, file->path, file->header.entries.count);
    *entry = &file->header.entries.data[position];
    if ((*entry)->type == SABIR_TYPE_COUNT)
        return sbr_fail(SABIR_UNSUPPORTED, "%s: '%s' has the element type %s, which Sabir lacks", file->path, (*entry)->name, (*entry)->type_name);
    if ((*entry)->deep) return sbr_fail(SABIR_UNSUPPORTED, "%s: '%s' has more than %d axes", file->path, (*entry)->name, SABIR_MAX_RANK);
    return SABIR_OK;
}

sabir_status sabir_safetensors_describe(const sabir_safetensors *file, uint32_t position, sabir_type *type, sabir_shape *shape)
{
    const sbr_entry *entry;
    if (!type || !shape) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_safetensors_describe: %s is NULL", type ? "shape" : "type");
    SABIR_TRY(entry_at(file, position, "sabir_safetensors_describe", &entry));
    *type = entry->type;
    *shape = entry->shape;
    return SABIR_OK;
}

/* ---- Reading ---- */

sabir_status sbr_safetensors_part(sabir_safetensors *file, uint32_t position, uint64_t offset, void *data, size_t bytes)
{
    const sbr_entry *entry;
    SABIR_TRY(entry_at(file, position, "sabir_safetensors_read", &entry));
    SABIR_TRY(read_at(file, file->data + entry->first + offset, data, bytes));
    uint8_t *truth = data;
    for (size_t i = 0; entry->type == SABIR_BOOL && i < bytes; i++) truth[i] = truth[i] != 0;
    return SABIR_OK;
}

sabir_status sabir_safetensors_read(sabir_safetensors *file, uint32_t position, sabir_array *array)
{
    const sbr_entry *entry;
    if (!array) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_safetensors_read: array is NULL");
    *array = (sabir_array){0};
    SABIR_TRY(entry_at(file, position, "sabir_safetensors_read", &entry));
    sabir_array made = {entry->type, entry->shape, entry->end - entry->first, NULL};
    made.data = sbr_alloc(file->arena.allocator, (size_t)made.bytes);
    if (!made.data) return sbr_no_memory((size_t)made.bytes);
    const sabir_status status = sbr_safetensors_part(file, position, 0, made.data, (size_t)made.bytes);
    if (status != SABIR_OK) sabir_array_free(file->context, &made);
    else *array = made;
    return status;
}

/* ---- Writing ---- */

/* Wider elements first, so that each tensor begins at a multiple of its element's size; of one size in the order given. */
static int by_width(const void *a, const void *b)
{
    const sbr_written *left = *(const sbr_written *const *)a, *right = *(const sbr_written *const *)b;
    const size_t x = sabir_type_size(left->type), y = sabir_type_size(right->type);
    if (x != y) return x > y ? -1 : 1;
    return left->position < right->position ? -1 : 1;
}

static void put_metadata(sbr_text *text, const sabir_text_pair *metadata, uint32_t count)
{
    sbr_text_puts(text, "\"__metadata__\":{");
    for (uint32_t i = 0; i < count; i++) {
        if (i) sbr_text_puts(text, ",");
        sbr_json_quote(text, metadata[i].name);
        sbr_text_puts(text, ":");
        sbr_json_quote(text, metadata[i].text);
    }
    sbr_text_puts(text, "}");
}

static void put_entry(sbr_text *text, const sbr_written *written, uint64_t *offset)
{
    const uint64_t end = *offset + written->bytes;
    sbr_json_quote(text, written->name);
    sbr_text_printf(text, ":{\"dtype\":\"%s\",\"shape\":[", sbr_header_type(written->type));
    for (int32_t i = 0; i < written->shape.rank; i++) sbr_text_printf(text, "%s%lld", i ? "," : "", (long long)written->shape.extents[i]);
    sbr_text_printf(text, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)*offset, (unsigned long long)end);
    *offset = end;
}

static void put_header(sbr_text *text, const sbr_written *const *order, uint32_t count, const sabir_text_pair *metadata, uint32_t metadata_count)
{
    uint64_t offset = 0;
    sbr_text_puts(text, "{");
    if (metadata_count) put_metadata(text, metadata, metadata_count);
    for (uint32_t i = 0; i < count; i++) {
        if (i || metadata_count) sbr_text_puts(text, ",");
        put_entry(text, order[i], &offset);
    }
    sbr_text_puts(text, "}");
    while (text->length % 8 && !text->failed) sbr_text_puts(text, " ");
}

static sabir_status write_file(sbr_aside *aside, const sbr_written *const *order, uint32_t count, const sbr_text *header, sbr_source *source)
{
    uint8_t length[8];
    if (header->failed) return sbr_no_memory(header->length);
    if (header->length > MOST_HEADER) return sbr_fail(SABIR_UNSUPPORTED, "%s: its header would have more than %d bytes", aside->path, MOST_HEADER);
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)((uint64_t)header->length >> 8 * i);
    sbr_aside_write(aside, length, sizeof length);
    sbr_aside_write(aside, header->data, header->length);
    for (uint32_t i = 0; i < count && aside->status == SABIR_OK; i++) SABIR_TRY(source(aside, order[i]));
    return SABIR_OK;
}

static sabir_status check_written(const char *path, const sbr_written *written, const sabir_text_pair *metadata, uint32_t metadata_count)
{
    if (!written->name || !written->name[0] || strcmp(written->name, "__metadata__") == 0)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: a tensor has %s", path, !written->name || !written->name[0] ? "no name" : "the format's own name __metadata__");
    if (!sbr_header_type(written->type)) return sbr_fail(SABIR_INVALID_TYPE, "%s: '%s' has no element type", path, written->name);
    for (uint32_t i = 0; i < metadata_count; i++)
        if (!metadata || !metadata[i].name || !metadata[i].text) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: metadata %u has no name or text", path, i);
    return SABIR_OK;
}

static int by_written_name(const void *a, const void *b)
{
    return strcmp((*(const sbr_written *const *)a)->name, (*(const sbr_written *const *)b)->name);
}

sabir_status sbr_safetensors_save(const sabir_allocator *allocator, const char *path, sbr_written *written, uint32_t count, const sabir_text_pair *metadata,
                                  uint32_t metadata_count, sbr_source *source)
{
    sbr_aside aside;
    sbr_text header = {.allocator = allocator};
    if (!sbr_host_is_little()) return sbr_fail(SABIR_UNSUPPORTED, "safetensors are written on little-endian machines only");
    for (uint32_t i = 0; i < count; i++) SABIR_TRY(check_written(path, &written[i], metadata, metadata_count));
    const sbr_written **order = sbr_alloc_array(allocator, (size_t)count + 1, sizeof *order);
    if (!order) return sbr_no_memory((size_t)count * sizeof *order);
    for (uint32_t i = 0; i < count; i++) {
        written[i].position = i;
        order[i] = &written[i];
    }
    qsort(order, count, sizeof *order, by_written_name);
    sabir_status status = SABIR_OK;
    for (uint32_t i = 1; i < count && status == SABIR_OK; i++)
        if (strcmp(order[i - 1]->name, order[i]->name) == 0) status = sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the name '%s' comes twice", path, order[i]->name);
    qsort(order, count, sizeof *order, by_width);
    if (status == SABIR_OK) status = sbr_aside_begin(&aside, allocator, path);
    if (status == SABIR_OK) {
        put_header(&header, order, count, metadata, metadata_count);
        status = sbr_aside_end(&aside, write_file(&aside, order, count, &header, source));
    }
    sbr_text_free(&header);
    sbr_free(allocator, order);
    return status;
}

static sabir_status write_array(sbr_aside *aside, const sbr_written *written)
{
    sbr_aside_write(aside, written->data, (size_t)written->bytes);
    return SABIR_OK;
}

sabir_status sabir_safetensors_write(sabir_context *context, const char *path, const sabir_named_array *arrays, uint32_t count,
                                     const sabir_text_pair *metadata, uint32_t metadata_count)
{
    SABIR_TRY(sbr_context_check(context));
    SABIR_TRY(sbr_path_check(path, "sabir_safetensors_write"));
    if (!arrays && count) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_safetensors_write: arrays is NULL");
    const sabir_allocator *allocator = sbr_context_allocator(context);
    sbr_written *written = sbr_alloc_array(allocator, (size_t)count + 1, sizeof *written);
    if (!written) return sbr_no_memory((size_t)count * sizeof *written);
    sabir_status status = SABIR_OK;
    for (uint32_t i = 0; i < count && status == SABIR_OK; i++) {
        const sabir_array *array = &arrays[i].array;
        status = sbr_array_check(array, "sabir_safetensors_write");
        written[i] = (sbr_written){.name = arrays[i].name, .type = array->type, .shape = array->shape, .bytes = array->bytes, .data = array->data};
    }
    if (status == SABIR_OK) status = sbr_safetensors_save(allocator, path, written, count, metadata, metadata_count, write_array);
    sbr_free(allocator, written);
    return status;
}
