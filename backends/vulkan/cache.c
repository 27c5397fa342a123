#include "internal.h"

#include "base/hash.h"

/* Drivers check a pipeline cache's header but trust its body, so the blob carries a hash of it. */
typedef struct envelope {
    uint64_t magic;
    sbr_hash hash;
} envelope;

static const uint64_t MAGIC = 0x3165686361437653; /* changes with the layout of the envelope */

enum { EXPORT_ATTEMPTS = 4 };

static VkResult fetch(sabir_backend_device *device, void **blob, size_t *body)
{
    VkResult result = VK_INCOMPLETE;
    for (int attempt = 0; attempt < EXPORT_ATTEMPTS && result == VK_INCOMPLETE; attempt++) {
        sbr_free(device->allocator, *blob);
        *blob = NULL;
        result = device->api.GetPipelineCacheData(device->handle, device->cache, body, NULL);
        if (result != VK_SUCCESS || *body <= sizeof(VkPipelineCacheHeaderVersionOne)) return result;
        *blob = sbr_alloc(device->allocator, sizeof(envelope) + *body);
        if (!*blob) return VK_ERROR_OUT_OF_HOST_MEMORY;
        result = device->api.GetPipelineCacheData(device->handle, device->cache, body, (char *)*blob + sizeof(envelope));
    }
    return result;
}

sabir_status sbr_vk_cache_export(sabir_backend_device *device, void **data, size_t *size)
{
    *data = NULL;
    *size = 0;
    SABIR_TRY(sbr_vk_alive(device));
    void *blob = NULL;
    size_t body = 0;
    VkResult result = fetch(device, &blob, &body);
    if (result != VK_SUCCESS) {
        sbr_free(device->allocator, blob);
        return sbr_vk_check(device, result, "vkGetPipelineCacheData");
    }
    if (!blob) return SABIR_OK;
    const envelope head = {MAGIC, sbr_hash_bytes((char *)blob + sizeof head, body)};
    memcpy(blob, &head, sizeof head);
    *data = blob;
    *size = sizeof head + body;
    return SABIR_OK;
}

/* False for a blob of another device, another driver, or damaged. */
static bool fits(const sbr_vk_adapter *adapter, const void *data, size_t size)
{
    envelope head;
    VkPipelineCacheHeaderVersionOne header;
    if (!data || size <= sizeof head + sizeof header) return false;
    memcpy(&head, data, sizeof head);
    const char *body = (const char *)data + sizeof head;
    if (head.magic != MAGIC || !sbr_hash_equal(head.hash, sbr_hash_bytes(body, size - sizeof head))) return false;
    memcpy(&header, body, sizeof header);
    return header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE && header.headerSize >= sizeof header &&
           header.vendorID == adapter->caps.vendor_id && header.deviceID == adapter->caps.device_id &&
           memcmp(header.pipelineCacheUUID, adapter->cache_uuid, sizeof adapter->cache_uuid) == 0;
}

sabir_status sbr_vk_cache_import(sabir_backend_device *device, const void *data, size_t size)
{
    SABIR_TRY(sbr_vk_alive(device));
    if (!fits(device->adapter, data, size)) return SABIR_OK;
    const VkPipelineCacheCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
        .initialDataSize = size - sizeof(envelope),
        .pInitialData = (const char *)data + sizeof(envelope),
    };
    VkPipelineCache imported = VK_NULL_HANDLE;
    VkResult result = device->api.CreatePipelineCache(device->handle, &info, NULL, &imported);
    SABIR_TRY(sbr_vk_check(device, result, "vkCreatePipelineCache"));
    result = device->api.MergePipelineCaches(device->handle, device->cache, 1, &imported);
    device->api.DestroyPipelineCache(device->handle, imported, NULL);
    return sbr_vk_check(device, result, "vkMergePipelineCaches");
}
