#include "internal.h"

typedef struct device_request {
    VkPhysicalDeviceFeatures2 features;
    VkPhysicalDeviceVulkan11Features f11;
    VkPhysicalDeviceVulkan12Features f12;
    VkPhysicalDeviceSubgroupSizeControlFeatures subgroup_control;
    VkPhysicalDeviceMaintenance4Features maintenance4;
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR executable;
    const char *extensions[8];
    uint32_t extension_count;
} device_request;

static void request_features(const sbr_vk_adapter *adapter, device_request *request)
{
    *request = (device_request){
        .features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                     .pNext = &request->f11,
                     .features = {.shaderFloat64 = adapter->f64, .shaderInt64 = adapter->i64, .shaderInt16 = adapter->i16}},
        .f11 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
                .pNext = &request->f12,
                .storageBuffer16BitAccess = adapter->storage16},
        .f12 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                .storageBuffer8BitAccess = adapter->storage8,
                .shaderFloat16 = adapter->f16,
                .shaderInt8 = adapter->i8,
                .scalarBlockLayout = adapter->scalar_layout,
                .shaderSubgroupExtendedTypes = adapter->subgroup_types,
                .timelineSemaphore = VK_TRUE,
                .bufferDeviceAddress = adapter->addresses},
        .subgroup_control = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES,
                             .subgroupSizeControl = VK_TRUE,
                             .computeFullSubgroups = adapter->full_subgroups},
        .maintenance4 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES, .maintenance4 = VK_TRUE},
        .executable = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
                       .pipelineExecutableInfo = VK_TRUE},
    };
    void **tail = &request->f12.pNext;
    if (adapter->subgroup_size_control) *tail = &request->subgroup_control, tail = &request->subgroup_control.pNext;
    if (adapter->maintenance4) *tail = &request->maintenance4, tail = &request->maintenance4.pNext;
    if (adapter->executable_properties) *tail = &request->executable;
}

static void request_extensions(const sbr_vk_adapter *adapter, device_request *request)
{
    const struct { bool wanted; const char *name; } rows[] = {
        {adapter->ext_memory_budget, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME},
        {adapter->ext_portability_subset, "VK_KHR_portability_subset"},
        {adapter->ext_subgroup_size_control, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME},
        {adapter->ext_maintenance4, VK_KHR_MAINTENANCE_4_EXTENSION_NAME},
        {adapter->executable_properties, VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME},
        {adapter->import_alignment != 0, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME},
    };
    for (size_t i = 0; i < SBR_COUNT(rows); i++)
        if (rows[i].wanted) request->extensions[request->extension_count++] = rows[i].name;
}

static sabir_status create_device(sabir_backend_device *device)
{
    const sbr_vk_adapter *adapter = device->adapter;
    device_request request;
    request_features(adapter, &request);
    request_extensions(adapter, &request);
    const float priority = 1.0f;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = adapter->queue_family,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = &request.features,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
        .enabledExtensionCount = request.extension_count,
        .ppEnabledExtensionNames = request.extensions,
    };
    const sbr_vk_instance_api *api = &device->driver->api;
    SABIR_TRY(sbr_vk_check(device, api->CreateDevice(adapter->handle, &info, NULL, &device->handle), "vkCreateDevice"));
    const char *missing = sbr_vk_load_device(&device->api, api, device->handle);
    if (missing) return sbr_fail(SABIR_UNSUPPORTED, "the driver of %s (%s) lacks %s", adapter->caps.name, adapter->caps.driver, missing);
    device->api.GetDeviceQueue(device->handle, adapter->queue_family, 0, &device->queue);
    const VkPipelineCacheCreateInfo cache = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
    return sbr_vk_check(device, device->api.CreatePipelineCache(device->handle, &cache, NULL, &device->cache), "vkCreatePipelineCache");
}

sabir_status sbr_vk_device_open(sabir_driver *driver, uint32_t index, sabir_backend_device **device)
{
    *device = NULL;
    if (index >= driver->adapter_count)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "there is no Vulkan device %u: %u were found", index, driver->adapter_count);
    sabir_backend_device *opened = sbr_alloc(&driver->host.allocator, sizeof *opened);
    if (!opened) return sbr_no_memory(sizeof *opened);
    opened->driver = driver;
    opened->adapter = &driver->adapters[index];
    opened->allocator = &driver->host.allocator;
    atomic_init(&opened->submitted, 0);
    atomic_init(&opened->lost, false);
    sabir_status status = create_device(opened);
    if (status != SABIR_OK) {
        sbr_vk_device_close(opened);
        return status;
    }
    *device = opened;
    return SABIR_OK;
}

void sbr_vk_device_close(sabir_backend_device *device)
{
    if (!device) return;
    const sbr_vk_device_api *api = &device->api;
    if (device->handle && api->DestroyDevice) {
        if (device->timeline) (void)api->DeviceWaitIdle(device->handle); /* something was submitted; a lost device answers at once */
        sbr_vk_layouts_destroy(device);
        if (device->cache) api->DestroyPipelineCache(device->handle, device->cache, NULL);
        if (device->timeline) api->DestroySemaphore(device->handle, device->timeline, NULL);
        api->DestroyDevice(device->handle, NULL);
    }
    sbr_vector_free(device->allocator, &device->batch);
    sbr_free(device->allocator, device);
}

sabir_status sbr_vk_device_wait_idle(sabir_backend_device *device)
{
    return sbr_vk_wait(device, atomic_load(&device->submitted), UINT64_MAX);
}

sabir_status sbr_vk_memory_available(sabir_backend_device *device, uint64_t *bytes)
{
    const sbr_vk_adapter *adapter = device->adapter;
    VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
    VkPhysicalDeviceMemoryProperties2 memory = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2,
        .pNext = adapter->ext_memory_budget ? &budget : NULL,
    };
    device->driver->api.GetPhysicalDeviceMemoryProperties2(adapter->handle, &memory);
    uint64_t largest = 0;
    *bytes = 0;
    for (uint32_t i = 0; i < memory.memoryProperties.memoryHeapCount; i++) {
        const VkMemoryHeap *heap = &memory.memoryProperties.memoryHeaps[i];
        if (!(heap->flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) || heap->size <= largest) continue;
        largest = heap->size;
        uint64_t total = adapter->ext_memory_budget ? budget.heapBudget[i] : heap->size;
        uint64_t used = adapter->ext_memory_budget ? budget.heapUsage[i] : device->heap_used[i];
        *bytes = used < total ? total - used : 0;
    }
    return SABIR_OK;
}
