#include "internal.h"

#include <stdio.h>

static VKAPI_ATTR VkBool32 VKAPI_CALL receive(VkDebugUtilsMessageSeverityFlagBitsEXT severity, VkDebugUtilsMessageTypeFlagsEXT types,
                                              const VkDebugUtilsMessengerCallbackDataEXT *data, void *user)
{
    (void)severity;
    const sabir_host *host = user;
    /* General messages are the loader's: a broken driver file of another vendor is no fault of the program. */
    bool general = types == VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT;
    char message[2048];
    snprintf(message, sizeof message, "%s%s", general ? "vulkan loader: " : "vulkan validation: ", data->pMessage ? data->pMessage : "");
    host->log(host->log_user, general ? SABIR_LOG_WARNING : SABIR_LOG_ERROR, message);
    return VK_FALSE;
}

static sabir_status layer_installed(sabir_driver *driver, bool *installed)
{
    *installed = false;
    uint32_t count = 0;
    VkResult result = driver->loader.EnumerateInstanceLayerProperties(&count, NULL);
    if (result != VK_SUCCESS) return sbr_vk_failed(result, "vkEnumerateInstanceLayerProperties");
    VkLayerProperties *layers = sbr_alloc_array(&driver->host.allocator, count, sizeof *layers);
    if (!layers) return sbr_no_memory(count * sizeof *layers);
    result = driver->loader.EnumerateInstanceLayerProperties(&count, layers);
    for (uint32_t i = 0; result >= 0 && i < count; i++)
        if (strcmp(layers[i].layerName, SBR_VK_VALIDATION_LAYER) == 0) *installed = true;
    sbr_free(&driver->host.allocator, layers);
    return result >= 0 ? SABIR_OK : sbr_vk_failed(result, "vkEnumerateInstanceLayerProperties");
}

sabir_status sbr_vk_validation_find(sabir_driver *driver, sbr_vk_validation *validation)
{
    *validation = (sbr_vk_validation){0};
    const sabir_host *host = &driver->host;
    if (!host->validation) return SABIR_OK;
    SABIR_TRY(layer_installed(driver, &validation->layer));
    if (!validation->layer) {
        host->log(host->log_user, SABIR_LOG_WARNING,
                  "vulkan: validation was asked for, but " SBR_VK_VALIDATION_LAYER " is not installed (Debian: vulkan-validationlayers); going on without");
        return SABIR_OK;
    }
    sbr_vk_extensions extensions;
    SABIR_TRY(sbr_vk_instance_extensions(driver, SBR_VK_VALIDATION_LAYER, &extensions));
    validation->messenger = sbr_vk_has_extension(&extensions, VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
    validation->synchronisation = sbr_vk_has_extension(&extensions, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME);
    sbr_free(&host->allocator, extensions.list);

    validation->messenger_info = (VkDebugUtilsMessengerCreateInfoEXT){
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
        .pfnUserCallback = receive,
        .pUserData = &driver->host,
    };
    return SABIR_OK;
}

const void *sbr_vk_validation_chain(sbr_vk_validation *validation)
{
    static const VkValidationFeatureEnableEXT synchronisation = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
    const void *chain = NULL;
    if (validation->messenger) {
        validation->messenger_info.pNext = chain;
        chain = &validation->messenger_info;
    }
    if (validation->synchronisation) {
        validation->features = (VkValidationFeaturesEXT){
            .sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
            .pNext = chain,
            .enabledValidationFeatureCount = 1,
            .pEnabledValidationFeatures = &synchronisation,
        };
        chain = &validation->features;
    }
    return chain;
}
