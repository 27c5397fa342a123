#include "internal.h"

/* The driver's list may grow between the two calls of the count-then-fill idiom. */
enum { ATTEMPTS = 4 };

typedef struct source {
    sabir_driver *driver;
    VkPhysicalDevice device; /* NULL: the instance's */
    const char *layer;
} source;

static VkResult enumerate(const source *from, uint32_t *count, VkExtensionProperties *list)
{
    if (from->device) return from->driver->api.EnumerateDeviceExtensionProperties(from->device, from->layer, count, list);
    return from->driver->loader.EnumerateInstanceExtensionProperties(from->layer, count, list);
}

static sabir_status collect(const source *from, const char *call, sbr_vk_extensions *extensions)
{
    const sabir_allocator *allocator = &from->driver->host.allocator;
    VkResult result = VK_INCOMPLETE;
    for (int attempt = 0; attempt < ATTEMPTS && result == VK_INCOMPLETE; attempt++) {
        sbr_free(allocator, extensions->list);
        *extensions = (sbr_vk_extensions){0};
        uint32_t count = 0;
        result = enumerate(from, &count, NULL);
        if (result != VK_SUCCESS) break;
        extensions->list = sbr_alloc_array(allocator, count, sizeof *extensions->list);
        if (!extensions->list) return sbr_no_memory(count * sizeof *extensions->list);
        result = enumerate(from, &count, extensions->list);
        extensions->count = count;
    }
    if (result == VK_SUCCESS) return SABIR_OK;
    sbr_free(allocator, extensions->list);
    *extensions = (sbr_vk_extensions){0};
    return sbr_vk_failed(result, call);
}

sabir_status sbr_vk_instance_extensions(sabir_driver *driver, const char *layer, sbr_vk_extensions *extensions)
{
    *extensions = (sbr_vk_extensions){0};
    return collect(&(source){driver, VK_NULL_HANDLE, layer}, "vkEnumerateInstanceExtensionProperties", extensions);
}

sabir_status sbr_vk_device_extensions(sabir_driver *driver, VkPhysicalDevice device, sbr_vk_extensions *extensions)
{
    *extensions = (sbr_vk_extensions){0};
    return collect(&(source){driver, device, NULL}, "vkEnumerateDeviceExtensionProperties", extensions);
}

bool sbr_vk_has_extension(const sbr_vk_extensions *extensions, const char *name)
{
    for (uint32_t i = 0; i < extensions->count; i++)
        if (strcmp(extensions->list[i].extensionName, name) == 0) return true;
    return false;
}
