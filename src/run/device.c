#include "device.h"

#include <stdio.h>

#include "execute.h"

sabir_status sbr_device_check(const sabir_device *device, const char *what)
{
    if (!device) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the device is NULL", what);
    SABIR_TRY(sbr_context_check(device->context));
    if (atomic_load(&device->lost)) return sbr_fail(SABIR_DEVICE_LOST, "%s", device->lost_message);
    return SABIR_OK;
}

sabir_status sbr_device_note(sabir_device *device, sabir_status status)
{
    if (status != SABIR_DEVICE_LOST || atomic_load(&device->lost)) return status;
    sbr_lock(&device->context->lock);
    if (!device->lost_message[0])
        snprintf(device->lost_message, sizeof device->lost_message, "%s (%s) was lost: %.300s; open it again and rebuild from a store",
                 device->found->info.id, device->found->info.name, sabir_last_message());
    atomic_store(&device->lost, true);
    sbr_unlock(&device->context->lock);
    return sbr_fail(status, "%s", device->lost_message);
}

void sbr_device_flush(sabir_device *device)
{
    if (device->pending) sbr_run_submit_rest(device->pending);
}

sabir_status sbr_device_submit(sabir_device *device, sabir_commands *const *commands, uint32_t count, uint64_t *ticket)
{
    sbr_device_flush(device);
    return sbr_device_note(device, device->backend->submit(device->handle, commands, count, ticket));
}

sabir_status sbr_device_wait_ticket(sabir_device *device, uint64_t ticket)
{
    if (!ticket || !device->backend) return SABIR_OK;
    return sbr_device_note(device, device->backend->wait(device->handle, ticket, UINT64_MAX));
}

sabir_status sbr_device_buffer(sabir_device *device, sabir_buffer_kind kind, uint64_t bytes, const char *what, sabir_buffer **buffer)
{
    *buffer = NULL;
    if (bytes > device->caps.largest_allocation)
        return sbr_fail(SABIR_OUT_OF_DEVICE_MEMORY, "%s needs %llu bytes; %s allocates at most %llu at once", what, (unsigned long long)bytes,
                        device->found->info.id, (unsigned long long)device->caps.largest_allocation);
    sabir_status status = sbr_device_note(device, device->backend->buffer_create(device->handle, kind, bytes, NULL, buffer));
    if (status != SABIR_OUT_OF_DEVICE_MEMORY) return status;
    return sbr_fail(status, "%s needs %llu bytes on %s: %.400s", what, (unsigned long long)bytes, device->found->info.id, sabir_last_message());
}

/* ---- Opening and closing ---- */

static size_t cache_key(const sabir_device *device, char *key, size_t size)
{
    int length = snprintf(key, size, "sabir %s driver cache|%s|%s|%s|%x|%x", sabir_version(), device->found->info.api, device->caps.name,
                          device->caps.driver, device->caps.device_id, device->caps.driver_version);
    return length < 0 ? 0 : (size_t)length < size ? (size_t)length : size - 1;
}

static void import_cache(sabir_device *device)
{
    char key[512];
    void *data;
    size_t bytes;
    if (!device->backend->cache_import || !sbr_blob_load(&device->blobs, key, cache_key(device, key, sizeof key), &data, &bytes)) return;
    (void)device->backend->cache_import(device->handle, data, bytes); /* a stale one is no loss */
    sbr_free(sbr_device_allocator(device), data);
}

static void export_cache(sabir_device *device)
{
    char key[512];
    void *data = NULL;
    size_t bytes = 0;
    if (!device->backend->cache_export || !device->kernels.created || !device->blobs.folder || atomic_load(&device->lost)) return;
    if (device->backend->cache_export(device->handle, &data, &bytes) != SABIR_OK || !bytes) return;
    sbr_blob_store(&device->blobs, key, cache_key(device, key, sizeof key), data, bytes);
    sbr_free(sbr_device_allocator(device), data);
}

static void close_device(sabir_device *device)
{
    sabir_context *context = device->context;
    if (device->handle) {
        sbr_kernel_cache_save(device);
        export_cache(device);
        sbr_kernel_cache_free(device);
        sbr_staging_free(device);
        device->backend->device_close(device->handle);
    }
    sbr_blob_close(&device->blobs);
    sbr_mutex_destroy(&device->lock);
    sbr_mutex_destroy(&device->staging_lock);
    sbr_free(sbr_context_allocator(context), device);
    sabir_context_release(context);
}

static sabir_status make_device(sabir_context *context, const sbr_found_device *found, sabir_device **result)
{
    const sabir_allocator *allocator = sbr_context_allocator(context);
    sabir_device *device = sbr_alloc(allocator, sizeof *device);
    if (!device) return sbr_no_memory(sizeof *device);
    const bool first = sbr_mutex_init(&device->lock);
    if (!first || !sbr_mutex_init(&device->staging_lock)) {
        if (first) sbr_mutex_destroy(&device->lock);
        sbr_free(allocator, device);
        return sbr_fail(SABIR_OUT_OF_MEMORY, "sabir_device_open: no mutex to be had");
    }
    atomic_init(&device->references, 1);
    device->context = context;
    sabir_context_retain(context);
    device->found = found;
    device->backend = found->backend;
    device->caps = found->caps;
    device->blobs.allocator = allocator;
    *result = device;
    return SABIR_OK;
}

static sabir_status open_handle(sabir_device *device)
{
    if (!device->backend) return SABIR_OK;
    SABIR_TRY(sbr_blob_open(&device->blobs, sbr_device_allocator(device), device->context->cache_directory));
    SABIR_TRY(device->backend->device_open(device->found->driver, device->found->index, &device->handle));
    import_cache(device);
    return SABIR_OK;
}

sabir_status sabir_device_open(sabir_context *context, const char *selector, sabir_device **result)
{
    if (!result) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_device_open: device is NULL");
    *result = NULL;
    const sbr_registry *registry;
    const sbr_found_device *found;
    SABIR_TRY(sbr_registry_get(context, &registry));
    SABIR_TRY(sbr_registry_select(context, registry, selector, &found));
    sabir_device *device = NULL;
    SABIR_TRY(make_device(context, found, &device));
    sabir_status status = open_handle(device);
    if (status == SABIR_OK) *result = device;
    else close_device(device);
    return status;
}

sabir_context *sabir_device_context(const sabir_device *device) { return device ? device->context : NULL; }

void sabir_device_retain(sabir_device *device)
{
    if (device) atomic_fetch_add(&device->references, 1);
}

void sabir_device_release(sabir_device *device)
{
    /* After a fork nothing that reaches a driver is freed, here and wherever something is let go: it may wait for ever. */
    if (device && atomic_fetch_sub(&device->references, 1) == 1 && sbr_context_check(device->context) == SABIR_OK) close_device(device);
}

sabir_status sabir_device_info_of(const sabir_device *device, sabir_device_info *info)
{
    if (!device || !info || info->size < sizeof info->size)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_device_info_of: %s",
                        device ? "info is NULL or its size is not set to sizeof(sabir_device_info)" : "the device is NULL");
    const size_t size = info->size < sizeof *info ? info->size : sizeof *info;
    memcpy(info, &device->found->info, size);
    info->size = size;
    return SABIR_OK;
}

sabir_status sabir_device_wait(sabir_device *device)
{
    SABIR_TRY(sbr_device_check(device, "sabir_device_wait"));
    if (!device->backend) return SABIR_OK;
    sbr_lock(&device->lock);
    sbr_device_flush(device);
    sabir_status status = sbr_device_note(device, device->backend->device_wait_idle(device->handle));
    sbr_unlock(&device->lock);
    return status;
}
