#include "array.h"

#include "base/context.h"

void sabir_array_free(sabir_context *context, sabir_array *array)
{
    if (!context || !array) return;
    sbr_free(sbr_context_allocator(context), array->data);
    *array = (sabir_array){0};
}

bool sbr_host_is_little(void)
{
    const uint16_t one = 1;
    return *(const uint8_t *)&one == 1;
}

void sbr_array_text(sabir_type type, const sabir_shape *shape, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s[", sabir_type_name(type));
    for (int32_t i = 0; i < shape->rank && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%lld", i ? ", " : "", (long long)shape->extents[i]);
    if (used < size) snprintf(text + used, size - used, "]");
}

sabir_status sbr_array_check(const sabir_array *array, const char *call)
{
    int64_t bytes = array ? (int64_t)sabir_type_size(array->type) : 0;
    if (!array) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: array is NULL", call);
    if (!bytes) return sbr_fail(SABIR_INVALID_TYPE, "%s: %d is no element type", call, (int)array->type);
    if (array->shape.rank < 0 || array->shape.rank > SABIR_MAX_RANK)
        return sbr_fail(SABIR_INVALID_SHAPE, "%s: rank %d; 0 to %d are allowed", call, (int)array->shape.rank, SABIR_MAX_RANK);
    for (int32_t i = 0; i < array->shape.rank; i++)
        if (array->shape.extents[i] < 0 || !sbr_mul_i64(bytes, array->shape.extents[i], &bytes))
            return sbr_fail(SABIR_INVALID_SHAPE, "%s: extent %lld of axis %d is negative or too large", call, (long long)array->shape.extents[i], (int)i);
    if ((uint64_t)bytes != array->bytes || (bytes && !array->data))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: type and shape ask for %lld bytes; the array has %llu%s", call, (long long)bytes,
                        (unsigned long long)array->bytes, array->data ? "" : " and no data");
    return SABIR_OK;
}

/* ---- Between files and arrays ---- */

sabir_status sbr_array_measure(const char *path, const sbr_element *element, const sabir_shape *shape, uint64_t there)
{
    int64_t elements = 1, bytes;
    for (int32_t i = 0; i < shape->rank; i++)
        if (!sbr_mul_i64(elements, shape->extents[i], &elements)) return sbr_file_fail(path, "the header's shape overflows 64 bits");
    if (!sbr_mul_i64(elements, element->size, &bytes)) return sbr_file_fail(path, "the header's shape overflows 64 bits");
    if ((uint64_t)bytes != there)
        return sbr_file_fail(path, "the header announces %lld bytes of elements, and %llu follow it", (long long)bytes, (unsigned long long)there);
    return SABIR_OK;
}

static void swap(uint8_t *data, uint64_t count, uint32_t size)
{
    for (uint64_t k = 0; k < count; k++, data += size)
        for (uint32_t a = 0, b = size - 1; a < b; a++, b--) {
            const uint8_t kept = data[a];
            data[a] = data[b];
            data[b] = kept;
        }
}

/* 16-bit integers to i32. */
static sabir_status widen(const sabir_allocator *allocator, const uint8_t *from, uint64_t count, bool is_unsigned, void **result)
{
    int32_t *wide = sbr_alloc_array(allocator, (size_t)count, sizeof *wide);
    if (!wide) return sbr_no_memory((size_t)count * sizeof *wide);
    for (uint64_t k = 0; k < count; k++) {
        uint16_t bits;
        memcpy(&bits, from + 2 * k, sizeof bits);
        wide[k] = is_unsigned || bits < 0x8000 ? (int32_t)bits : (int32_t)bits - 0x10000;
    }
    *result = wide;
    return SABIR_OK;
}

sabir_status sbr_array_take(const sabir_allocator *allocator, sbr_bytes *bytes, size_t offset, const sbr_element *element, const sabir_shape *shape,
                            sabir_array *array)
{
    uint64_t count = 1;
    for (int32_t i = 0; i < shape->rank; i++) count *= (uint64_t)shape->extents[i];
    uint8_t *elements = bytes->data + offset;
    *array = (sabir_array){.type = element->type, .shape = *shape, .bytes = count * sabir_type_size(element->type)};
    if (element->swapped) swap(elements, count, element->size);
    if (element->size != sabir_type_size(element->type)) return widen(allocator, elements, count, element->is_unsigned, &array->data);
    for (uint64_t k = 0; element->type == SABIR_BOOL && k < count; k++) elements[k] = elements[k] != 0;
    memmove(bytes->data, elements, (size_t)array->bytes);
    array->data = bytes->data;
    *bytes = (sbr_bytes){0};
    return SABIR_OK;
}

sabir_status sbr_array_read(sabir_context *context, const char *path, const sabir_read_options *options, const char *call, sbr_array_parser *parse,
                            sabir_array *array)
{
    sbr_bytes bytes;
    sabir_read_options all;
    if (!array) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: array is NULL", call);
    *array = (sabir_array){0};
    SABIR_TRY(sbr_context_check(context));
    SABIR_TRY(sbr_path_check(path, call));
    SABIR_TRY(sbr_options_read(options, &all, sizeof all, call));
    const sabir_allocator *allocator = sbr_context_allocator(context);
    SABIR_TRY(sbr_file_read(allocator, path, all.most_bytes, &bytes));
    const sabir_status status = parse(allocator, path, &bytes, array);
    sbr_free(allocator, bytes.data);
    if (status != SABIR_OK) sabir_array_free(context, array);
    return status;
}

/* ---- Between arrays and tensors ---- */

sabir_status sabir_array_upload(sabir_device *device, const sabir_array *array, sabir_tensor **tensor)
{
    if (tensor) *tensor = NULL;
    if (!array || !tensor) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_array_upload: %s is NULL", !array ? "array" : "tensor");
    sabir_tensor *made;
    SABIR_TRY(sbr_array_check(array, "sabir_array_upload"));
    SABIR_TRY(sabir_tensor_create(device, array->type, array->shape, &made));
    const sabir_status status = sabir_tensor_write(made, 0, array->data, array->bytes);
    if (status != SABIR_OK) sabir_tensor_release(made);
    else *tensor = made;
    return status;
}

sabir_status sabir_array_download(sabir_tensor *tensor, sabir_array *array)
{
    if (array) *array = (sabir_array){0};
    if (!array || !tensor) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_array_download: %s is NULL", !array ? "array" : "tensor");
    sabir_context *context = sabir_device_context(sabir_tensor_device(tensor));
    sabir_array made = {.type = sabir_tensor_type(tensor), .shape = sabir_tensor_shape(tensor), .bytes = sabir_tensor_bytes(tensor)};
    made.data = sbr_alloc(sbr_context_allocator(context), (size_t)made.bytes);
    if (!made.data) return sbr_no_memory((size_t)made.bytes);
    const sabir_status status = sabir_tensor_read(tensor, 0, made.data, made.bytes);
    if (status != SABIR_OK) sabir_array_free(context, &made);
    else *array = made;
    return status;
}
