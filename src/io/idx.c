/* idx, the format of MNIST: two zero bytes, a type, a rank, the extents and the elements, all big-endian. */
#include "array.h"

static sabir_status element_of(const char *path, uint8_t code, sbr_element *element)
{
    static const struct { uint8_t code; sabir_type type; uint32_t size; } codes[] = {
        {0x08, SABIR_U8, 1}, {0x09, SABIR_I8, 1}, {0x0b, SABIR_I32, 2}, {0x0c, SABIR_I32, 4}, {0x0d, SABIR_F32, 4}, {0x0e, SABIR_F64, 8}};
    for (size_t i = 0; i < SBR_COUNT(codes); i++) {
        if (codes[i].code != code) continue;
        *element = (sbr_element){codes[i].type, codes[i].size, false, sbr_host_is_little()};
        return SABIR_OK;
    }
    return sbr_file_fail(path, "idx has no element type 0x%02x", code);
}

static sabir_status parse(const sabir_allocator *allocator, const char *path, sbr_bytes *bytes, sabir_array *array)
{
    const uint8_t *b = bytes->data;
    sbr_element element;
    if (bytes->size < 4 || b[0] || b[1]) return sbr_file_fail(path, "not an idx file");
    SABIR_TRY(element_of(path, b[2], &element));
    sabir_shape shape = {.rank = b[3]};
    if (shape.rank > SABIR_MAX_RANK) return sbr_file_fail(path, "%d axes; Sabir has at most %d", b[3], SABIR_MAX_RANK);
    const size_t first = 4 + 4 * (size_t)shape.rank;
    if (bytes->size < first) return sbr_file_fail(path, "its header passes the end of the file");
    for (int32_t i = 0; i < shape.rank; i++) {
        const uint8_t *e = b + 4 + 4 * i;
        shape.extents[i] = (int64_t)((uint32_t)e[0] << 24 | (uint32_t)e[1] << 16 | (uint32_t)e[2] << 8 | e[3]);
    }
    SABIR_TRY(sbr_array_measure(path, &element, &shape, bytes->size - first));
    return sbr_array_take(allocator, bytes, first, &element, &shape, array);
}

sabir_status sabir_idx_read(sabir_context *context, const char *path, const sabir_read_options *options, sabir_array *array)
{
    return sbr_array_read(context, path, options, "sabir_idx_read", parse, array);
}
