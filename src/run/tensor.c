#include <stdio.h>

#include "device.h"

static const uint64_t PIECE = 8u << 20; /* of a copy between two devices through host memory */

/* ---- Shapes ---- */

sabir_status sbr_tensor_size(sabir_type type, const sabir_shape *shape, uint64_t *bytes)
{
    const size_t size = sabir_type_size(type);
    if (!size) return sbr_fail(SABIR_INVALID_TYPE, "%d is no element type", (int)type);
    if (shape->rank < 0 || shape->rank > SABIR_MAX_RANK)
        return sbr_fail(SABIR_INVALID_SHAPE, "a tensor of rank %d: ranks are 0 to %d", shape->rank, SABIR_MAX_RANK);
    int64_t count = 1;
    bool fits = true;
    for (int32_t i = 0; i < shape->rank; i++) {
        if (shape->extents[i] < 0)
            return sbr_fail(SABIR_INVALID_SHAPE, "extent %d of a tensor is %lld: a tensor has numbers of elements, no dims", i, (long long)shape->extents[i]);
        if (shape->extents[i] == 0) fits = true, count = 0;
        fits = fits && sbr_mul_i64(count, shape->extents[i], &count);
    }
    int64_t all = 0;
    if (!fits || !sbr_mul_i64(count, (int64_t)size, &all) || (uint64_t)all > SIZE_MAX / 2)
        return sbr_fail(SABIR_INVALID_SHAPE, "a tensor of more bytes than this machine can address");
    *bytes = (uint64_t)all;
    return SABIR_OK;
}

void sbr_tensor_text(sabir_type type, const sabir_shape *shape, char *text, size_t size)
{
    size_t length = (size_t)snprintf(text, size, "%s[", sabir_type_name(type));
    for (int32_t i = 0; i < shape->rank && i < SABIR_MAX_RANK && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%lld", i ? ", " : "", (long long)shape->extents[i]);
    if (length < size) snprintf(text + length, size - length, "]");
}

bool sbr_tensor_same(const sabir_shape *a, const sabir_shape *b)
{
    if (a->rank != b->rank) return false;
    for (int32_t i = 0; i < a->rank; i++)
        if (a->extents[i] != b->extents[i]) return false;
    return true;
}

/* ---- Life ---- */

static void free_tensor(sabir_tensor *tensor)
{
    sabir_device *device = tensor->device;
    const sabir_allocator *allocator = sbr_device_allocator(device);
    if (tensor->buffer) {
        sbr_lock(&device->lock);
        device->backend->buffer_destroy(tensor->buffer);
        sbr_unlock(&device->lock);
    }
    if (tensor->mapped && tensor->mapped != tensor->host) sbr_free(allocator, tensor->mapped);
    if (!tensor->wrapped) sbr_free(allocator, tensor->host);
    sbr_free(allocator, tensor->name);
    sbr_free(allocator, tensor);
    sabir_device_release(device);
}

static sabir_status take_memory(sabir_tensor *tensor, void *memory)
{
    sabir_device *device = tensor->device;
    if (memory && tensor->bytes) {
        tensor->host = memory;
        tensor->wrapped = true;
    }
    if (!device->backend) {
        if (!tensor->host) tensor->host = sbr_alloc(sbr_device_allocator(device), (size_t)tensor->room);
        return tensor->host ? SABIR_OK : sbr_no_memory((size_t)tensor->room);
    }
    char what[160] = "a tensor ";
    sbr_tensor_text(tensor->type, &tensor->shape, what + strlen(what), sizeof what - strlen(what));
    sbr_lock(&device->lock);
    sabir_status status;
    if (tensor->wrapped)
        status = sbr_device_note(device, device->backend->buffer_create(device->handle, SABIR_BUFFER_WRAPPED, tensor->room, tensor->host, &tensor->buffer));
    else status = sbr_device_buffer(device, SABIR_BUFFER_DEVICE, tensor->room, what, &tensor->buffer);
    sbr_unlock(&device->lock);
    return status;
}

static sabir_status make_tensor(sabir_device *device, sabir_type type, const sabir_shape *shape, void *memory, sabir_tensor **result)
{
    uint64_t bytes;
    SABIR_TRY(sbr_tensor_size(type, shape, &bytes));
    sabir_tensor *tensor = sbr_alloc(sbr_device_allocator(device), sizeof *tensor);
    if (!tensor) return sbr_no_memory(sizeof *tensor);
    atomic_init(&tensor->references, 1);
    atomic_init(&tensor->ticket, 0);
    atomic_init(&tensor->poisoned, false);
    tensor->device = device;
    sabir_device_retain(device);
    tensor->type = type;
    tensor->shape = sabir_shape_make(shape->rank, shape->extents);
    tensor->bytes = bytes;
    tensor->room = bytes ? sbr_round_up(bytes, 4) : 4;
    tensor->id = atomic_fetch_add(&device->serial, 1) + 1;
    sabir_status status = take_memory(tensor, memory);
    if (status == SABIR_OK) *result = tensor;
    else free_tensor(tensor);
    return status;
}

sabir_status sabir_tensor_create(sabir_device *device, sabir_type type, sabir_shape shape, sabir_tensor **tensor)
{
    if (!tensor) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_tensor_create: tensor is NULL");
    *tensor = NULL;
    SABIR_TRY(sbr_device_check(device, "sabir_tensor_create"));
    return make_tensor(device, type, &shape, NULL, tensor);
}

sabir_status sabir_tensor_wrap(sabir_device *device, sabir_type type, sabir_shape shape, void *memory, sabir_tensor **tensor)
{
    if (!tensor) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_tensor_wrap: tensor is NULL");
    *tensor = NULL;
    SABIR_TRY(sbr_device_check(device, "sabir_tensor_wrap"));
    if (!memory || (uintptr_t)memory % 4)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_tensor_wrap: the memory is %s", memory ? "not aligned to 4 bytes" : "NULL");
    return make_tensor(device, type, &shape, memory, tensor);
}

void sabir_tensor_retain(sabir_tensor *tensor)
{
    if (tensor) atomic_fetch_add(&tensor->references, 1);
}

void sabir_tensor_release(sabir_tensor *tensor)
{
    if (tensor && atomic_fetch_sub(&tensor->references, 1) == 1 && sbr_context_check(tensor->device->context) == SABIR_OK) free_tensor(tensor);
}

sabir_device *sabir_tensor_device(const sabir_tensor *tensor) { return tensor ? tensor->device : NULL; }
sabir_type sabir_tensor_type(const sabir_tensor *tensor) { return tensor ? tensor->type : SABIR_TYPE_COUNT; }
sabir_shape sabir_tensor_shape(const sabir_tensor *tensor) { return tensor ? tensor->shape : sabir_shape_make(0, NULL); }
uint64_t sabir_tensor_bytes(const sabir_tensor *tensor) { return tensor ? tensor->bytes : 0; }

sabir_status sbr_tensor_settle(sabir_tensor *tensor)
{
    sabir_device *device = tensor->device;
    if (!device->backend) return SABIR_OK;
    sbr_lock(&device->lock);
    sbr_device_flush(device);
    sbr_unlock(&device->lock);
    return sbr_device_wait_ticket(device, atomic_load(&tensor->ticket));
}

/* ---- Poison ---- */

void sbr_tensor_poison(sabir_tensor *tensor)
{
    tensor->rewritten = 0;
    atomic_store(&tensor->poisoned, true);
}

void sbr_tensor_heal(sabir_tensor *tensor) { atomic_store(&tensor->poisoned, false); }

/* Pieces written in order from the start count together. */
static void heal_by(sabir_tensor *tensor, uint64_t offset, uint64_t bytes)
{
    if (!atomic_load(&tensor->poisoned)) return;
    if (offset <= tensor->rewritten && offset + bytes > tensor->rewritten) tensor->rewritten = offset + bytes;
    if (tensor->rewritten >= tensor->bytes) sbr_tensor_heal(tensor);
}

/* Once all work on it was submitted and ended, so that a failure among it is known. */
static sabir_status check_sound(sabir_tensor *tensor, const char *what)
{
    SABIR_TRY(sbr_tensor_settle(tensor));
    if (!atomic_load(&tensor->poisoned)) return SABIR_OK;
    return sbr_fail(SABIR_POISONED, "%s: the run that was writing %s%s%s failed and left it half written; write it again", what,
                    tensor->name ? "variable '" : "this tensor", tensor->name ? tensor->name : "", tensor->name ? "'" : "");
}

/* ---- Contents ---- */

static sabir_status check_access(const sabir_tensor *tensor, uint64_t offset, const void *data, uint64_t bytes, const char *what)
{
    if (!tensor) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the tensor is NULL", what);
    SABIR_TRY(sbr_device_check(tensor->device, what));
    if (!data && bytes) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: data is NULL", what);
    if (tensor->mapped) return sbr_fail(SABIR_MISUSE, "%s: the tensor is mapped; unmap it first", what);
    if (offset <= tensor->bytes && bytes <= tensor->bytes - offset) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: %llu bytes at %llu are beyond the tensor's %llu", what, (unsigned long long)bytes,
                    (unsigned long long)offset, (unsigned long long)tensor->bytes);
}

sabir_status sabir_tensor_write(sabir_tensor *tensor, uint64_t offset, const void *data, uint64_t bytes)
{
    SABIR_TRY(check_access(tensor, offset, data, bytes, "sabir_tensor_write"));
    if (bytes && tensor->host) {
        SABIR_TRY(sbr_tensor_settle(tensor));
        memmove((char *)tensor->host + offset, data, (size_t)bytes);
    } else if (bytes) {
        SABIR_TRY(sbr_staging_write(tensor->device, tensor->buffer, tensor->room, offset, data, bytes));
    }
    heal_by(tensor, offset, bytes);
    return SABIR_OK;
}

sabir_status sabir_tensor_read(sabir_tensor *tensor, uint64_t offset, void *data, uint64_t bytes)
{
    SABIR_TRY(check_access(tensor, offset, data, bytes, "sabir_tensor_read"));
    SABIR_TRY(check_sound(tensor, "sabir_tensor_read"));
    if (!tensor->host) return bytes ? sbr_staging_read(tensor->device, tensor->buffer, offset, data, bytes) : SABIR_OK;
    if (bytes) memmove(data, (const char *)tensor->host + offset, (size_t)bytes);
    return SABIR_OK;
}

sabir_status sabir_tensor_map(sabir_tensor *tensor, void **memory)
{
    if (!memory) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_tensor_map: memory is NULL");
    *memory = NULL;
    SABIR_TRY(check_access(tensor, 0, NULL, 0, "sabir_tensor_map"));
    if (tensor->host) {
        SABIR_TRY(sbr_tensor_settle(tensor));
        *memory = tensor->mapped = tensor->host;
        return SABIR_OK;
    }
    void *copy = sbr_alloc(sbr_device_allocator(tensor->device), (size_t)tensor->room);
    if (!copy) return sbr_no_memory((size_t)tensor->room);
    sabir_status status = tensor->bytes ? sbr_staging_read(tensor->device, tensor->buffer, 0, copy, tensor->bytes) : SABIR_OK;
    if (status != SABIR_OK) {
        sbr_free(sbr_device_allocator(tensor->device), copy);
        return status;
    }
    *memory = tensor->mapped = copy;
    return SABIR_OK;
}

sabir_status sabir_tensor_unmap(sabir_tensor *tensor)
{
    if (!tensor) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_tensor_unmap: the tensor is NULL");
    if (!tensor->mapped) return sbr_fail(SABIR_MISUSE, "sabir_tensor_unmap: the tensor is not mapped");
    void *copy = tensor->mapped;
    tensor->mapped = NULL;
    if (copy == tensor->host) {
        sbr_tensor_heal(tensor);
        return SABIR_OK;
    }
    sabir_status status = sabir_tensor_write(tensor, 0, copy, tensor->bytes);
    sbr_free(sbr_device_allocator(tensor->device), copy);
    return status;
}

/* ---- Copies ---- */

static sabir_status copy_through_host(sabir_tensor *from, sabir_tensor *to)
{
    const uint64_t size = from->bytes < PIECE ? from->bytes : PIECE;
    void *piece = sbr_alloc(sbr_device_allocator(to->device), (size_t)size);
    if (!piece) return sbr_no_memory((size_t)size);
    sabir_status status = SABIR_OK;
    for (uint64_t done = 0; status == SABIR_OK && done < from->bytes; done += size) {
        const uint64_t part = from->bytes - done < size ? from->bytes - done : size;
        status = sabir_tensor_read(from, done, piece, part);
        if (status == SABIR_OK) status = sabir_tensor_write(to, done, piece, part);
    }
    sbr_free(sbr_device_allocator(to->device), piece);
    return status;
}

static sabir_status copy_contents(sabir_tensor *from, sabir_tensor *to)
{
    if (!from->bytes) return SABIR_OK;
    if (from->host) return sabir_tensor_write(to, 0, from->host, from->bytes);
    if (to->host) {
        SABIR_TRY(sbr_tensor_settle(to));
        return sabir_tensor_read(from, 0, to->host, to->bytes);
    }
    if (from->device == to->device) return sbr_staging_copy(from->device, from->buffer, to->buffer, from->room);
    return copy_through_host(from, to);
}

sabir_status sabir_tensor_copy(sabir_tensor *from, sabir_tensor *to)
{
    SABIR_TRY(check_access(from, 0, NULL, 0, "sabir_tensor_copy, source"));
    SABIR_TRY(check_access(to, 0, NULL, 0, "sabir_tensor_copy, target"));
    if (from->type != to->type || !sbr_tensor_same(&from->shape, &to->shape)) {
        char source[128], target[128];
        sbr_tensor_text(from->type, &from->shape, source, sizeof source);
        sbr_tensor_text(to->type, &to->shape, target, sizeof target);
        return sbr_fail(from->type != to->type ? SABIR_INVALID_TYPE : SABIR_INVALID_SHAPE, "sabir_tensor_copy: from %s to %s", source, target);
    }
    SABIR_TRY(check_sound(from, "sabir_tensor_copy"));
    if (from == to) return SABIR_OK;
    SABIR_TRY(copy_contents(from, to));
    sbr_tensor_heal(to);
    return SABIR_OK;
}
