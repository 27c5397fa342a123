/* Stores as safetensors, in pieces: a checkpoint takes no more memory than one of them. */
#include "base/context.h"
#include "safetensors.h"

enum { PIECE = 4 << 20 };

static const sabir_allocator *allocator_of(const sabir_store *store) { return sbr_context_allocator(sabir_device_context(sabir_store_device(store))); }

/* ---- Saving ---- */

static sabir_status write_tensor(sbr_aside *aside, const sbr_written *written)
{
    const size_t piece = written->bytes < PIECE ? (size_t)written->bytes : PIECE;
    sabir_status status = SABIR_OK;
    void *memory = sbr_alloc(aside->allocator, piece);
    if (!memory) return sbr_no_memory(piece);
    for (uint64_t done = 0; done < written->bytes && status == SABIR_OK && aside->status == SABIR_OK; done += piece) {
        const size_t bytes = written->bytes - done < piece ? (size_t)(written->bytes - done) : piece;
        status = sabir_tensor_read(written->tensor, done, memory, bytes);
        if (status == SABIR_OK) sbr_aside_write(aside, memory, bytes);
    }
    sbr_free(aside->allocator, memory);
    return status;
}

static sabir_status describe(sabir_store *store, const char *name, const char *path, sbr_written *written)
{
    sabir_tensor *tensor = name ? sabir_store_find(store, name) : NULL;
    if (!tensor) return sbr_fail(SABIR_NOT_FOUND, "%s is not written: the store has no variable '%s'", path, name ? name : "(NULL)");
    *written = (sbr_written){.name = name, .type = sabir_tensor_type(tensor), .shape = sabir_tensor_shape(tensor), .bytes = sabir_tensor_bytes(tensor),
                             .tensor = tensor};
    return SABIR_OK;
}

sabir_status sabir_store_save(sabir_store *store, const char *path, const sabir_save_options *options)
{
    sabir_save_options all;
    if (!store) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_store_save: the store is NULL");
    SABIR_TRY(sbr_path_check(path, "sabir_store_save"));
    SABIR_TRY(sbr_options_read(options, &all, sizeof all, "sabir_store_save"));
    const sabir_allocator *allocator = allocator_of(store);
    const uint32_t count = all.names ? all.name_count : sabir_store_count(store);
    sbr_written *written = sbr_alloc_array(allocator, (size_t)count + 1, sizeof *written);
    if (!written) return sbr_no_memory((size_t)count * sizeof *written);
    sabir_status status = SABIR_OK;
    for (uint32_t i = 0; i < count && status == SABIR_OK; i++)
        status = describe(store, all.names ? all.names[i] : sabir_store_name(store, i), path, &written[i]);
    if (status == SABIR_OK)
        status = sbr_safetensors_save(allocator, path, written, count, all.metadata, all.metadata_count, write_tensor);
    sbr_free(allocator, written);
    return status;
}

/* ---- Loading ---- */

static bool same_shape(const sabir_shape *a, const sabir_shape *b)
{
    bool same = a->rank == b->rank;
    for (int32_t i = 0; same && i < a->rank; i++) same = a->extents[i] == b->extents[i];
    return same;
}

/* What the store has of that name, if anything, is what the file has. */
static sabir_status compare(sabir_store *store, const sabir_safetensors *file, const char *path, uint32_t position, bool strict)
{
    sabir_type type;
    sabir_shape shape;
    const char *name = sabir_safetensors_name(file, position);
    SABIR_TRY(sabir_safetensors_describe(file, position, &type, &shape));
    const sabir_tensor *tensor = sabir_store_find(store, name);
    if (!tensor) return strict ? sbr_fail(SABIR_NOT_FOUND, "%s holds '%s', which the store lacks", path, name) : SABIR_OK;
    const sabir_shape has = sabir_tensor_shape(tensor);
    if (sabir_tensor_type(tensor) == type && same_shape(&has, &shape)) return SABIR_OK;
    char wanted[128], given[128];
    sbr_array_text(sabir_tensor_type(tensor), &has, wanted, sizeof wanted);
    sbr_array_text(type, &shape, given, sizeof given);
    return sbr_fail(sabir_tensor_type(tensor) == type ? SABIR_INVALID_SHAPE : SABIR_INVALID_TYPE, "%s holds '%s' as %s; the store's variable is %s", path, name,
                    given, wanted);
}

static sabir_status compare_all(sabir_store *store, const sabir_safetensors *file, const char *path, bool strict)
{
    for (uint32_t i = 0; i < sabir_safetensors_count(file); i++) SABIR_TRY(compare(store, file, path, i, strict));
    for (uint32_t i = 0; strict && i < sabir_store_count(store); i++)
        if (sabir_safetensors_find(file, sabir_store_name(store, i)) < 0)
            return sbr_fail(SABIR_NOT_FOUND, "the store's variable '%s' is not in %s", sabir_store_name(store, i), path);
    return SABIR_OK;
}

static sabir_status read_tensor(sabir_store *store, sabir_safetensors *file, uint32_t position, void *memory)
{
    sabir_type type;
    sabir_shape shape;
    sabir_tensor *tensor;
    SABIR_TRY(sabir_safetensors_describe(file, position, &type, &shape));
    SABIR_TRY(sabir_store_variable(store, sabir_safetensors_name(file, position), type, shape, &tensor));
    const uint64_t total = sabir_tensor_bytes(tensor);
    for (uint64_t done = 0; done < total; done += PIECE) {
        const size_t bytes = total - done < PIECE ? (size_t)(total - done) : PIECE;
        SABIR_TRY(sbr_safetensors_part(file, position, done, memory, bytes));
        SABIR_TRY(sabir_tensor_write(tensor, done, memory, bytes));
    }
    return SABIR_OK;
}

static sabir_status load(sabir_store *store, sabir_safetensors *file, const char *path, bool strict)
{
    const sabir_allocator *allocator = allocator_of(store);
    SABIR_TRY(compare_all(store, file, path, strict));
    void *memory = sbr_alloc(allocator, PIECE);
    if (!memory) return sbr_no_memory(PIECE);
    sabir_status status = SABIR_OK;
    for (uint32_t i = 0; i < sabir_safetensors_count(file) && status == SABIR_OK; i++) status = read_tensor(store, file, i, memory);
    sbr_free(allocator, memory);
    return status;
}

sabir_status sabir_store_load(sabir_store *store, const char *path, const sabir_load_options *options)
{
    sabir_safetensors *file;
    sabir_load_options all;
    if (!store) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_store_load: the store is NULL");
    SABIR_TRY(sbr_options_read(options, &all, sizeof all, "sabir_store_load"));
    const sabir_read_options reading = {.size = sizeof reading, .most_bytes = all.most_bytes};
    SABIR_TRY(sabir_safetensors_open(sabir_device_context(sabir_store_device(store)), path, &reading, &file));
    const sabir_status status = load(store, file, path, all.strict != 0);
    sabir_safetensors_close(file);
    return status;
}
