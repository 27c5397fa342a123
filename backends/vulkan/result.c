#include "internal.h"

#define RESULTS(ROW)                                                       \
    ROW(VK_NOT_READY, SABIR_TIMEOUT)                                       \
    ROW(VK_TIMEOUT, SABIR_TIMEOUT)                                         \
    ROW(VK_INCOMPLETE, SABIR_INTERNAL)                                     \
    ROW(VK_ERROR_OUT_OF_HOST_MEMORY, SABIR_OUT_OF_MEMORY)                  \
    ROW(VK_ERROR_OUT_OF_DEVICE_MEMORY, SABIR_OUT_OF_DEVICE_MEMORY)         \
    ROW(VK_ERROR_INITIALIZATION_FAILED, SABIR_NOT_FOUND)                   \
    ROW(VK_ERROR_DEVICE_LOST, SABIR_DEVICE_LOST)                           \
    ROW(VK_ERROR_MEMORY_MAP_FAILED, SABIR_OUT_OF_MEMORY)                   \
    ROW(VK_ERROR_LAYER_NOT_PRESENT, SABIR_NOT_FOUND)                       \
    ROW(VK_ERROR_EXTENSION_NOT_PRESENT, SABIR_UNSUPPORTED)                 \
    ROW(VK_ERROR_FEATURE_NOT_PRESENT, SABIR_UNSUPPORTED)                   \
    ROW(VK_ERROR_INCOMPATIBLE_DRIVER, SABIR_NOT_FOUND)                     \
    ROW(VK_ERROR_TOO_MANY_OBJECTS, SABIR_OUT_OF_DEVICE_MEMORY)             \
    ROW(VK_ERROR_FRAGMENTED_POOL, SABIR_OUT_OF_DEVICE_MEMORY)              \
    ROW(VK_ERROR_OUT_OF_POOL_MEMORY, SABIR_OUT_OF_DEVICE_MEMORY)           \
    ROW(VK_ERROR_FRAGMENTATION, SABIR_OUT_OF_DEVICE_MEMORY)                \
    ROW(VK_ERROR_INVALID_EXTERNAL_HANDLE, SABIR_UNSUPPORTED)               \
    ROW(VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS, SABIR_OUT_OF_DEVICE_MEMORY) \
    ROW(VK_ERROR_INVALID_SHADER_NV, SABIR_COMPILE_FAILED)                  \
    ROW(VK_ERROR_UNKNOWN, SABIR_INTERNAL)

static const struct result_row {
    VkResult result;
    const char *name;
    sabir_status status;
} rows[] = {
#define ROW(result, status) {result, #result, status},
    RESULTS(ROW)
#undef ROW
};

sabir_status sbr_vk_failed(VkResult result, const char *call)
{
    for (size_t i = 0; i < SBR_COUNT(rows); i++)
        if (rows[i].result == result) return sbr_fail(rows[i].status, "%s failed with %s", call, rows[i].name);
    return sbr_fail(SABIR_INTERNAL, "%s failed with VkResult %d", call, (int)result);
}

sabir_status sbr_vk_check(sabir_backend_device *device, VkResult result, const char *call)
{
    if (result == VK_SUCCESS) return SABIR_OK;
    if (result != VK_ERROR_DEVICE_LOST) return sbr_vk_failed(result, call);
    atomic_store(&device->lost, true);
    return sbr_fail(SABIR_DEVICE_LOST, "%s: the device %s was lost (reset, watchdog or unplugged); open it again and rebuild",
                    call, device->adapter->caps.name);
}

sabir_status sbr_vk_alive(sabir_backend_device *device)
{
    if (!atomic_load(&device->lost)) return SABIR_OK;
    return sbr_fail(SABIR_DEVICE_LOST, "the device %s was lost earlier; open it again and rebuild", device->adapter->caps.name);
}
