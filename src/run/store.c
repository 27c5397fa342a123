#include "device.h"

sabir_status sabir_store_create(sabir_device *device, sabir_store **result)
{
    if (!result) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_store_create: store is NULL");
    *result = NULL;
    SABIR_TRY(sbr_device_check(device, "sabir_store_create"));
    sabir_store *store = sbr_alloc(sbr_device_allocator(device), sizeof *store);
    if (!store) return sbr_no_memory(sizeof *store);
    atomic_init(&store->references, 1);
    store->device = device;
    sabir_device_retain(device);
    *result = store;
    return SABIR_OK;
}

void sabir_store_retain(sabir_store *store)
{
    if (store) atomic_fetch_add(&store->references, 1);
}

void sabir_store_release(sabir_store *store)
{
    if (!store || atomic_fetch_sub(&store->references, 1) != 1 || sbr_context_check(store->device->context) != SABIR_OK) return;
    sabir_device *device = store->device;
    for (uint32_t i = 0; i < store->variables.count; i++) sabir_tensor_release(store->variables.data[i]);
    sbr_vector_free(sbr_device_allocator(device), &store->variables);
    sbr_free(sbr_device_allocator(device), store);
    sabir_device_release(device);
}

sabir_device *sabir_store_device(const sabir_store *store) { return store ? store->device : NULL; }

sabir_tensor *sabir_store_find(sabir_store *store, const char *name)
{
    for (uint32_t i = 0; store && name && i < store->variables.count; i++)
        if (strcmp(store->variables.data[i]->name, name) == 0) return store->variables.data[i];
    return NULL;
}

uint32_t sabir_store_count(const sabir_store *store) { return store ? store->variables.count : 0; }

const char *sabir_store_name(const sabir_store *store, uint32_t position)
{
    return store && position < store->variables.count ? store->variables.data[position]->name : NULL;
}

static sabir_status zero(sabir_tensor *tensor)
{
    if (tensor->host) return SABIR_OK; /* made zeroed */
    return sbr_staging_zero(tensor->device, tensor->buffer, tensor->room);
}

static sabir_status add_variable(sabir_store *store, const char *name, sabir_type type, sabir_shape shape, sabir_tensor **result)
{
    const sabir_allocator *allocator = sbr_device_allocator(store->device);
    if (!sbr_reserve(allocator, &store->variables, 1)) return sbr_no_memory(sizeof(sabir_tensor *));
    sabir_tensor *tensor;
    SABIR_TRY(sabir_tensor_create(store->device, type, shape, &tensor));
    tensor->name = sbr_strdup(allocator, name);
    sabir_status status = tensor->name ? zero(tensor) : sbr_no_memory(strlen(name) + 1);
    if (status != SABIR_OK) {
        sabir_tensor_release(tensor);
        return status;
    }
    store->variables.data[store->variables.count++] = tensor;
    *result = tensor;
    return SABIR_OK;
}

sabir_status sabir_store_variable(sabir_store *store, const char *name, sabir_type type, sabir_shape shape, sabir_tensor **result)
{
    if (result) *result = NULL;
    if (!store || !name || !name[0] || !result)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_store_variable: %s",
                        !store ? "the store is NULL" : !result ? "tensor is NULL" : "the variable has no name");
    sabir_tensor *found = sabir_store_find(store, name);
    if (!found) return add_variable(store, name, type, shape, result);
    if (found->type != type || !sbr_tensor_same(&found->shape, &shape)) {
        char has[128], wanted[128];
        sbr_tensor_text(found->type, &found->shape, has, sizeof has);
        sbr_tensor_text(type, &shape, wanted, sizeof wanted);
        return sbr_fail(found->type != type ? SABIR_INVALID_TYPE : SABIR_INVALID_SHAPE, "variable '%s' of the store is %s, but %s is asked for", name, has,
                        wanted);
    }
    *result = found;
    return SABIR_OK;
}

sabir_status sabir_store_copy(sabir_store *from, sabir_store *to)
{
    if (!from || !to) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_store_copy: a store is NULL");
    for (uint32_t i = 0; i < from->variables.count; i++) {
        sabir_tensor *source = from->variables.data[i], *target;
        SABIR_TRY(sabir_store_variable(to, source->name, source->type, source->shape, &target));
        SABIR_TRY(sabir_tensor_copy(source, target));
    }
    return SABIR_OK;
}
