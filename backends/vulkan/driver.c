#include "internal.h"

static sabir_status load(sabir_driver *driver)
{
    const char *library = driver->host.loader;
    driver->library = sbr_dynlib_open(library);
    if (!driver->library)
        return sbr_fail(SABIR_NOT_FOUND, "no Vulkan: %s cannot be opened; install the Vulkan loader (Debian: libvulkan1)", library);
    const char *missing = sbr_vk_load_loader(&driver->loader, sbr_dynlib_symbol(driver->library, "vkGetInstanceProcAddr"));
    if (missing) return sbr_fail(SABIR_NOT_FOUND, "no Vulkan: %s lacks %s; a loader of Vulkan 1.1 or newer is needed", library, missing);

    uint32_t version = 0;
    VkResult result = driver->loader.EnumerateInstanceVersion(&version);
    if (result != VK_SUCCESS) return sbr_vk_failed(result, "vkEnumerateInstanceVersion");
    if (version < VK_API_VERSION_1_1)
        return sbr_fail(SABIR_NOT_FOUND, "no Vulkan: %s is of version %u.%u; 1.1 or newer is needed", library,
                        VK_API_VERSION_MAJOR(version), VK_API_VERSION_MINOR(version));
    return SABIR_OK;
}

static sabir_status create_instance(sabir_driver *driver)
{
    sbr_vk_validation validation;
    SABIR_TRY(sbr_vk_validation_find(driver, &validation));
    sbr_vk_extensions listed;
    SABIR_TRY(sbr_vk_instance_extensions(driver, NULL, &listed));
    bool portability = sbr_vk_has_extension(&listed, VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME);
    sbr_free(&driver->host.allocator, listed.list);

    const char *extensions[3];
    uint32_t extension_count = 0;
    if (portability) extensions[extension_count++] = VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME;
    if (validation.messenger) extensions[extension_count++] = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    if (validation.synchronisation) extensions[extension_count++] = VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME;
    static const char *const layers[] = {SBR_VK_VALIDATION_LAYER};
    const VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pEngineName = "sabir",
        .apiVersion = VK_API_VERSION_1_3, /* the highest we know of; devices of 1.2 are used as such */
    };
    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pNext = sbr_vk_validation_chain(&validation),
        .flags = portability ? VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR : 0,
        .pApplicationInfo = &application,
        .enabledLayerCount = validation.layer ? 1 : 0,
        .ppEnabledLayerNames = layers,
        .enabledExtensionCount = extension_count,
        .ppEnabledExtensionNames = extensions,
    };
    VkResult result = driver->loader.CreateInstance(&info, NULL, &driver->instance);
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
        return sbr_fail(SABIR_NOT_FOUND, "no Vulkan device: no Vulkan driver is installed; install your GPU's, or mesa-vulkan-drivers");
    if (result != VK_SUCCESS) return sbr_vk_failed(result, "vkCreateInstance");
    const char *missing = sbr_vk_load_instance(&driver->api, &driver->loader, driver->instance);
    if (missing) return sbr_fail(SABIR_NOT_FOUND, "no Vulkan: the loader %s lacks %s", driver->host.loader, missing);

    if (!validation.messenger || !driver->api.CreateDebugUtilsMessengerEXT || !driver->api.DestroyDebugUtilsMessengerEXT) return SABIR_OK;
    validation.messenger_info.pNext = NULL;
    result = driver->api.CreateDebugUtilsMessengerEXT(driver->instance, &validation.messenger_info, NULL, &driver->messenger);
    return result == VK_SUCCESS ? SABIR_OK : sbr_vk_failed(result, "vkCreateDebugUtilsMessengerEXT");
}

static sabir_status probe_all(sabir_driver *driver, const VkPhysicalDevice *handles, uint32_t count)
{
    char unfit[256], first_unfit[256] = "";
    for (uint32_t i = 0; i < count; i++) {
        SABIR_TRY(sbr_vk_probe(driver, handles[i], &driver->adapters[driver->adapter_count], unfit, sizeof unfit));
        if (unfit[0]) {
            driver->host.log(driver->host.log_user, SABIR_LOG_INFO, unfit);
            if (!first_unfit[0]) memcpy(first_unfit, unfit, sizeof unfit);
        } else {
            driver->adapter_count++;
        }
    }
    if (driver->adapter_count) return SABIR_OK;
    return sbr_fail(SABIR_NOT_FOUND, "no Vulkan device of the %u found can be used: %s", count, first_unfit);
}

static sabir_status enumerate(sabir_driver *driver)
{
    uint32_t count = 0;
    VkResult result = driver->api.EnumeratePhysicalDevices(driver->instance, &count, NULL);
    if (result != VK_SUCCESS) return sbr_vk_failed(result, "vkEnumeratePhysicalDevices");
    if (!count)
        return sbr_fail(SABIR_NOT_FOUND, "no Vulkan device: no driver offers one; install your GPU's, or mesa-vulkan-drivers");
    const sabir_allocator *allocator = &driver->host.allocator;
    driver->adapters = sbr_alloc_array(allocator, count, sizeof *driver->adapters);
    if (!driver->adapters) return sbr_no_memory(count * sizeof *driver->adapters);
    VkPhysicalDevice *handles = sbr_alloc_array(allocator, count, sizeof *handles);
    if (!handles) return sbr_no_memory(count * sizeof *handles);
    result = driver->api.EnumeratePhysicalDevices(driver->instance, &count, handles);
    sabir_status status = result >= 0 ? probe_all(driver, handles, count) : sbr_vk_failed(result, "vkEnumeratePhysicalDevices");
    sbr_free(allocator, handles);
    return status;
}

sabir_status sbr_vk_open(const sabir_host *host, sabir_driver **driver)
{
    *driver = NULL;
    const sabir_allocator allocator = sbr_allocator_or_default(host->allocator);
    sabir_driver *opened = sbr_alloc(&allocator, sizeof *opened);
    if (!opened) return sbr_no_memory(sizeof *opened);
    opened->host = *host;
    opened->host.allocator = allocator;
    sabir_status status = load(opened);
    if (status == SABIR_OK) status = create_instance(opened);
    if (status == SABIR_OK) status = enumerate(opened);
    if (status != SABIR_OK) {
        sbr_vk_close(opened);
        return status;
    }
    opened->host.loader = NULL; /* the caller's, for this call alone */
    *driver = opened;
    return SABIR_OK;
}

void sbr_vk_close(sabir_driver *driver)
{
    if (!driver) return;
    if (driver->messenger) driver->api.DestroyDebugUtilsMessengerEXT(driver->instance, driver->messenger, NULL);
    if (driver->instance && driver->api.DestroyInstance) driver->api.DestroyInstance(driver->instance, NULL);
    sbr_dynlib_close(driver->library);
    sabir_allocator allocator = driver->host.allocator;
    sbr_free(&allocator, driver->adapters);
    sbr_free(&allocator, driver);
}

uint32_t sbr_vk_device_count(sabir_driver *driver) { return driver->adapter_count; }

sabir_status sbr_vk_device_caps(sabir_driver *driver, uint32_t index, sabir_device_caps *caps)
{
    if (index >= driver->adapter_count)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "there is no Vulkan device %u: %u were found", index, driver->adapter_count);
    /* A caller built against an older backend.h has room for less. */
    size_t size = caps->size && caps->size < sizeof *caps ? caps->size : sizeof *caps;
    memcpy(caps, &driver->adapters[index].caps, size);
    caps->size = size;
    return SABIR_OK;
}
