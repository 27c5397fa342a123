#include "header.h"

#include <stdlib.h>

#include "json.h"

static const struct { const char *name; sabir_type type; uint32_t bits; } types[] = {
    {"F32", SABIR_F32, 32},  {"F16", SABIR_F16, 16},  {"BF16", SABIR_BF16, 16}, {"F64", SABIR_F64, 64}, {"I32", SABIR_I32, 32}, {"U32", SABIR_U32, 32},
    {"I8", SABIR_I8, 8},     {"U8", SABIR_U8, 8},     {"BOOL", SABIR_BOOL, 8},  {"I64", SABIR_I64, 64}, {"U64", SABIR_TYPE_COUNT, 64},
    {"I16", SABIR_TYPE_COUNT, 16}, {"U16", SABIR_TYPE_COUNT, 16}, {"F8_E5M2", SABIR_TYPE_COUNT, 8}, {"F8_E4M3", SABIR_TYPE_COUNT, 8}};

const char *sbr_header_type(sabir_type type)
{
    for (size_t i = 0; i < SBR_COUNT(types); i++)
        if (types[i].type == type && type != SABIR_TYPE_COUNT) return types[i].name;
    return NULL;
}

/* ---- Reading ---- */

static void read_type(sbr_json *json, sbr_entry *entry)
{
    const char *name = sbr_json_string(json);
    if (!json->fault && (!name[0] || strlen(name) >= sizeof entry->type_name)) sbr_json_fail(json, "an element type is none");
    if (json->fault) return;
    strcpy(entry->type_name, name);
    entry->type = SABIR_TYPE_COUNT;
    for (size_t i = 0; i < SBR_COUNT(types); i++) {
        if (strcmp(types[i].name, name) != 0) continue;
        entry->type = types[i].type;
        entry->bits = types[i].bits;
    }
}

/* Deeper shapes are read, for their bytes, and not kept. */
static void read_shape(sbr_json *json, sbr_entry *entry, uint64_t *elements)
{
    bool first = true;
    *elements = 1;
    sbr_json_need(json, '[');
    for (int32_t axis = 0; sbr_json_more(json, ']', &first); axis++) {
        const uint64_t extent = sbr_json_number(json);
        if (extent > INT64_MAX || __builtin_mul_overflow(*elements, extent, elements)) sbr_json_fail(json, "a shape overflows 64 bits");
        if (axis < SABIR_MAX_RANK) entry->shape.extents[entry->shape.rank++] = (sabir_extent)extent;
        else entry->deep = true;
    }
}

static void read_offsets(sbr_json *json, sbr_entry *entry)
{
    sbr_json_need(json, '[');
    entry->first = sbr_json_number(json);
    sbr_json_need(json, ',');
    entry->end = sbr_json_number(json);
    sbr_json_need(json, ']');
}

static void read_entry(sbr_json *json, sbr_entry *entry)
{
    enum { TYPE, SHAPE, OFFSETS, NONE };
    bool first = true, seen[NONE + 1] = {[NONE] = true};
    uint64_t elements = 0;
    sbr_json_need(json, '{');
    while (sbr_json_more(json, '}', &first)) {
        const char *key = sbr_json_string(json);
        const int which = strcmp(key, "dtype") == 0 ? TYPE : strcmp(key, "shape") == 0 ? SHAPE : strcmp(key, "data_offsets") == 0 ? OFFSETS : NONE;
        sbr_json_need(json, ':');
        if (seen[which]) sbr_json_fail(json, "a tensor has other entries than dtype, shape and data_offsets");
        if (json->fault) return;
        seen[which] = true;
        if (which == TYPE) read_type(json, entry);
        else if (which == SHAPE) read_shape(json, entry, &elements);
        else read_offsets(json, entry);
    }
    if (!(seen[TYPE] && seen[SHAPE] && seen[OFFSETS])) sbr_json_fail(json, "a tensor lacks dtype, shape or data_offsets");
    uint64_t bits;
    if (json->fault || !entry->bits) return;
    if (entry->end < entry->first || __builtin_mul_overflow(elements, entry->bits, &bits) || (entry->end - entry->first) != bits / 8)
        sbr_json_fail(json, "a tensor's data_offsets do not fit its shape and type");
}

static void read_metadata(sbr_json *json, sbr_header *header)
{
    bool first = true;
    sbr_json_need(json, '{');
    while (sbr_json_more(json, '}', &first)) {
        const char *name = sbr_json_string(json);
        sbr_json_need(json, ':');
        const char *text = sbr_json_string(json);
        if (json->fault || sbr_push(json->arena->allocator, &header->metadata, (sabir_text_pair){name, text})) continue;
        json->no_memory = true;
        sbr_json_fail(json, "out of memory");
    }
}

static void read_all(sbr_json *json, sbr_header *header)
{
    bool first = true, has_metadata = false;
    sbr_json_need(json, '{');
    while (sbr_json_more(json, '}', &first)) {
        const char *name = sbr_json_string(json);
        sbr_json_need(json, ':');
        if (strcmp(name, "__metadata__") == 0) {
            if (has_metadata) sbr_json_fail(json, "__metadata__ comes twice");
            has_metadata = true;
            read_metadata(json, header);
            continue;
        }
        sbr_entry entry = {.name = name};
        if (!json->fault && !name[0]) sbr_json_fail(json, "a tensor has no name");
        read_entry(json, &entry);
        if (json->fault || sbr_push(json->arena->allocator, &header->entries, entry)) continue;
        json->no_memory = true;
        sbr_json_fail(json, "out of memory");
    }
    /* Blanks pad the header. */
    while (json->at < json->end && *json->at == ' ') json->at++;
    if (json->at != json->end) sbr_json_fail(json, "something follows the object");
}

/* ---- Checks over all tensors ---- */

static int by_name(const void *a, const void *b) { return strcmp((*(const sbr_entry *const *)a)->name, (*(const sbr_entry *const *)b)->name); }

static int by_place(const void *a, const void *b)
{
    const sbr_entry *left = *(const sbr_entry *const *)a, *right = *(const sbr_entry *const *)b;
    if (left->first != right->first) return left->first < right->first ? -1 : 1;
    return left->end != right->end ? (left->end < right->end ? -1 : 1) : 0;
}

static sabir_status check(const char *path, const sbr_entry **sorted, uint32_t count, uint64_t data_bytes)
{
    uint64_t reached = 0;
    qsort(sorted, count, sizeof *sorted, by_name);
    for (uint32_t i = 1; i < count; i++)
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0) return sbr_file_fail(path, "it holds two tensors of the name '%s'", sorted[i]->name);
    qsort(sorted, count, sizeof *sorted, by_place);
    for (uint32_t i = 0; i < count; i++) {
        if (sorted[i]->first != reached || sorted[i]->end < reached)
            return sbr_file_fail(path, "the bytes of '%s' %s another tensor's, or leave some to none", sorted[i]->name,
                                 sorted[i]->first < reached ? "overlap" : "do not follow");
        reached = sorted[i]->end;
    }
    if (reached == data_bytes) return SABIR_OK;
    return sbr_file_fail(path, "its tensors take %llu bytes, and %llu follow the header", (unsigned long long)reached, (unsigned long long)data_bytes);
}

sabir_status sbr_header_read(sbr_arena *arena, const char *path, const char *text, size_t length, uint64_t data_bytes, sbr_header *header)
{
    sbr_json json = {.first = text, .at = text, .end = text + length, .arena = arena};
    read_all(&json, header);
    if (json.no_memory) return sbr_no_memory(length);
    if (json.fault) return sbr_file_fail(path, "its header, near byte %zu: %s", (size_t)(json.at - json.first) + 8, json.fault);
    const uint32_t count = header->entries.count;
    const sbr_entry **sorted = sbr_alloc_array(arena->allocator, (size_t)count + 1, sizeof *sorted);
    if (!sorted) return sbr_no_memory((size_t)count * sizeof *sorted);
    for (uint32_t i = 0; i < count; i++) sorted[i] = &header->entries.data[i];
    const sabir_status status = check(path, sorted, count, data_bytes);
    sbr_free(arena->allocator, sorted);
    return status;
}
