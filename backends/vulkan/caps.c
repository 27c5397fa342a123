#include "internal.h"

#include <stdio.h>
#include <unistd.h>

/* All that is asked of a physical device in one go; structs of absent extensions stay zero. */
typedef struct probe {
    VkPhysicalDevice handle;
    sbr_vk_extensions extensions;
    VkPhysicalDeviceProperties2 properties;
    VkPhysicalDeviceVulkan11Properties v11;
    VkPhysicalDeviceVulkan12Properties v12;
    VkPhysicalDeviceSubgroupSizeControlProperties subgroup_sizes;
    VkPhysicalDeviceMaintenance4Properties maintenance4;
    VkPhysicalDevicePCIBusInfoPropertiesEXT pci;
    VkPhysicalDeviceExternalMemoryHostPropertiesEXT host_memory;
    VkPhysicalDeviceShaderCorePropertiesAMD cores_amd;
    VkPhysicalDeviceShaderSMBuiltinsPropertiesNV cores_nvidia;
    VkPhysicalDeviceFeatures2 features;
    VkPhysicalDeviceVulkan11Features f11;
    VkPhysicalDeviceVulkan12Features f12;
    VkPhysicalDeviceSubgroupSizeControlFeatures subgroup_control;
    VkPhysicalDeviceMaintenance4Features maintenance4_feature;
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR executable;
    VkPhysicalDeviceMemoryProperties2 memory;
} probe;

static void chain(void *head, void *next, VkStructureType type)
{
    VkBaseOutStructure *first = head, *added = next;
    added->sType = type;
    added->pNext = first->pNext;
    first->pNext = added;
}

static bool listed(const probe *p, const char *name) { return sbr_vk_has_extension(&p->extensions, name); }

static bool core_13(const probe *p) { return p->properties.properties.apiVersion >= VK_API_VERSION_1_3; }

static void query_properties(sabir_driver *driver, probe *p)
{
    VkPhysicalDeviceProperties2 *head = &p->properties;
    head->sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    chain(head, &p->v11, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES);
    chain(head, &p->v12, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES);
    if (core_13(p) || listed(p, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME))
        chain(head, &p->subgroup_sizes, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES);
    if (core_13(p) || listed(p, VK_KHR_MAINTENANCE_4_EXTENSION_NAME))
        chain(head, &p->maintenance4, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES);
    if (listed(p, VK_EXT_PCI_BUS_INFO_EXTENSION_NAME))
        chain(head, &p->pci, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT);
    if (listed(p, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME))
        chain(head, &p->host_memory, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT);
    if (listed(p, VK_AMD_SHADER_CORE_PROPERTIES_EXTENSION_NAME))
        chain(head, &p->cores_amd, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_CORE_PROPERTIES_AMD);
    if (listed(p, VK_NV_SHADER_SM_BUILTINS_EXTENSION_NAME))
        chain(head, &p->cores_nvidia, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SM_BUILTINS_PROPERTIES_NV);
    driver->api.GetPhysicalDeviceProperties2(p->handle, head);
}

static void query_features(sabir_driver *driver, probe *p)
{
    VkPhysicalDeviceFeatures2 *head = &p->features;
    head->sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    chain(head, &p->f11, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES);
    chain(head, &p->f12, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES);
    if (core_13(p) || listed(p, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME))
        chain(head, &p->subgroup_control, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES);
    if (core_13(p) || listed(p, VK_KHR_MAINTENANCE_4_EXTENSION_NAME))
        chain(head, &p->maintenance4_feature, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES);
    if (listed(p, VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME))
        chain(head, &p->executable, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR);
    driver->api.GetPhysicalDeviceFeatures2(p->handle, head);
}

static void take_features(const probe *p, sbr_vk_adapter *adapter)
{
    const VkPhysicalDeviceFeatures *f10 = &p->features.features;
    adapter->f64 = f10->shaderFloat64;
    adapter->i64 = f10->shaderInt64;
    adapter->i16 = f10->shaderInt16;
    adapter->f16 = p->f12.shaderFloat16;
    adapter->i8 = p->f12.shaderInt8;
    adapter->storage16 = p->f11.storageBuffer16BitAccess;
    adapter->storage8 = p->f12.storageBuffer8BitAccess;
    adapter->addresses = p->f12.bufferDeviceAddress;
    adapter->scalar_layout = p->f12.scalarBlockLayout;
    adapter->subgroup_types = p->f12.shaderSubgroupExtendedTypes;
    adapter->keeps_nan = p->v12.shaderSignedZeroInfNanPreserveFloat32;
    adapter->executable_properties = p->executable.pipelineExecutableInfo;
    adapter->maintenance4 = p->maintenance4_feature.maintenance4;
    adapter->subgroup_size_control =
        p->subgroup_control.subgroupSizeControl && (p->subgroup_sizes.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT);
    adapter->full_subgroups = p->subgroup_control.computeFullSubgroups;
    adapter->most_group_subgroups = p->subgroup_sizes.maxComputeWorkgroupSubgroups;
    adapter->subgroup_operations = p->v11.subgroupSupportedStages & VK_SHADER_STAGE_COMPUTE_BIT ? p->v11.subgroupSupportedOperations : 0;

    adapter->ext_memory_budget = listed(p, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    adapter->ext_portability_subset = listed(p, "VK_KHR_portability_subset");
    adapter->ext_subgroup_size_control = adapter->subgroup_size_control && !core_13(p);
    adapter->ext_maintenance4 = adapter->maintenance4 && !core_13(p);

    const VkPhysicalDeviceLimits *limits = &p->properties.properties.limits;
    adapter->api_version = p->properties.properties.apiVersion;
    adapter->most_allocations = limits->maxMemoryAllocationCount;
    adapter->most_group_x = limits->maxComputeWorkGroupSize[0];
    uint32_t bindings = SBR_VK_MAX_BINDINGS;
    if (limits->maxPerStageDescriptorStorageBuffers < bindings) bindings = limits->maxPerStageDescriptorStorageBuffers;
    if (limits->maxDescriptorSetStorageBuffers < bindings) bindings = limits->maxDescriptorSetStorageBuffers;
    if (limits->maxPerStageResources < bindings) bindings = limits->maxPerStageResources;
    adapter->most_bindings = bindings;
    memcpy(adapter->cache_uuid, p->properties.properties.pipelineCacheUUID, VK_UUID_SIZE);
}

static bool can_import_host_memory(sabir_driver *driver, const probe *p)
{
    if (!p->host_memory.minImportedHostPointerAlignment) return false;
    const VkPhysicalDeviceExternalBufferInfo info = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                 (p->f12.bufferDeviceAddress ? VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT : 0u),
        .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
    };
    VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
    driver->api.GetPhysicalDeviceExternalBufferProperties(p->handle, &info, &properties);
    VkExternalMemoryFeatureFlags features = properties.externalMemoryProperties.externalMemoryFeatures;
    return (features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) && !(features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT);
}

/* A family with timestamps first, then one without graphics, which leaves the desktop's queue alone. */
static sabir_status choose_queue_family(sabir_driver *driver, const probe *p, sbr_vk_adapter *adapter, bool *found)
{
    *found = false;
    uint32_t count = 0;
    driver->api.GetPhysicalDeviceQueueFamilyProperties(p->handle, &count, NULL);
    VkQueueFamilyProperties *families = sbr_alloc_array(&driver->host.allocator, count, sizeof *families);
    if (!families) return sbr_no_memory(count * sizeof *families);
    driver->api.GetPhysicalDeviceQueueFamilyProperties(p->handle, &count, families);
    int best = -1;
    for (uint32_t i = 0; i < count; i++) {
        if (!families[i].queueCount || !(families[i].queueFlags & VK_QUEUE_COMPUTE_BIT)) continue;
        int score = (families[i].timestampValidBits ? 2 : 0) + (families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT ? 0 : 1);
        if (score <= best) continue;
        best = score;
        *found = true;
        adapter->queue_family = i;
        adapter->timestamp_bits = families[i].timestampValidBits;
    }
    sbr_free(&driver->host.allocator, families);
    return SABIR_OK;
}

static const char *vendor_name(uint32_t id)
{
    static const struct { uint32_t id; const char *name; } vendors[] = {
        {0x1002, "AMD"}, {0x1010, "Imagination"}, {0x106B, "Apple"}, {0x10DE, "NVIDIA"}, {0x13B5, "Arm"},
        {0x14E4, "Broadcom"}, {0x5143, "Qualcomm"}, {0x8086, "Intel"}, {VK_VENDOR_ID_MESA, "Mesa"},
    };
    for (size_t i = 0; i < SBR_COUNT(vendors); i++)
        if (vendors[i].id == id) return vendors[i].name;
    return "unknown";
}

static uint32_t compute_units(const probe *p)
{
    uint32_t units = p->cores_nvidia.shaderSMCount;
    if (!units) units = p->cores_amd.shaderEngineCount * p->cores_amd.shaderArraysPerEngineCount * p->cores_amd.computeUnitsPerShaderArray;
    if (!units && p->properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        if (processors > 0) units = (uint32_t)processors;
    }
    return units ? units : 1;
}

static void fill_identity(const probe *p, sabir_device_caps *caps)
{
    const VkPhysicalDeviceProperties *properties = &p->properties.properties;
    snprintf(caps->name, sizeof caps->name, "%.*s", (int)sizeof caps->name - 1, properties->deviceName);
    if (p->v12.driverInfo[0])
        snprintf(caps->driver, sizeof caps->driver, "%.60s %.60s", p->v12.driverName, p->v12.driverInfo);
    else
        snprintf(caps->driver, sizeof caps->driver, "%.60s %u.%u.%u", p->v12.driverName, VK_API_VERSION_MAJOR(properties->driverVersion),
                 VK_API_VERSION_MINOR(properties->driverVersion), VK_API_VERSION_PATCH(properties->driverVersion));
    snprintf(caps->vendor, sizeof caps->vendor, "%s", vendor_name(properties->vendorID));
    caps->vendor_id = properties->vendorID;
    caps->device_id = properties->deviceID;
    caps->driver_version = properties->driverVersion;
    memcpy(caps->uuid, p->v11.deviceUUID, sizeof caps->uuid);
    if (p->pci.sType)
        snprintf(caps->pci, sizeof caps->pci, "%04x:%02x:%02x.%x", p->pci.pciDomain & 0xFFFF, p->pci.pciBus & 0xFF,
                 p->pci.pciDevice & 0xFF, p->pci.pciFunction & 0xF);
    caps->software = properties->deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
    caps->compute_units = compute_units(p);
}

static void fill_memory(const probe *p, sabir_device_caps *caps)
{
    const VkPhysicalDeviceMemoryProperties *memory = &p->memory.memoryProperties;
    const VkMemoryPropertyFlags unified =
        VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    bool mappable = false;
    for (uint32_t i = 0; i < memory->memoryTypeCount; i++) {
        const VkMemoryType *type = &memory->memoryTypes[i];
        uint64_t heap = memory->memoryHeaps[type->heapIndex].size;
        if ((type->propertyFlags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT) && heap > caps->memory) caps->memory = heap;
        if ((type->propertyFlags & unified) == unified) mappable = true;
    }
    VkPhysicalDeviceType type = p->properties.properties.deviceType;
    caps->unified_memory = mappable && (type == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU || type == VK_PHYSICAL_DEVICE_TYPE_CPU);
    caps->largest_allocation = p->v11.maxMemoryAllocationSize < caps->memory ? p->v11.maxMemoryAllocationSize : caps->memory;
    uint64_t largest_buffer = p->maintenance4.maxBufferSize;
    if (largest_buffer && largest_buffer < caps->largest_allocation) caps->largest_allocation = largest_buffer;
}

static void fill_limits(const probe *p, const sbr_vk_adapter *adapter, sabir_device_caps *caps)
{
    const VkPhysicalDeviceLimits *limits = &p->properties.properties.limits;
    caps->largest_binding = limits->maxStorageBufferRange / 4 * 4;
    caps->buffer_alignment = (uint32_t)limits->minStorageBufferOffsetAlignment;
    if (caps->buffer_alignment < 4) caps->buffer_alignment = 4;
    caps->shared_memory = limits->maxComputeSharedMemorySize;
    caps->group_invocations = limits->maxComputeWorkGroupInvocations;
    for (int i = 0; i < 2; i++) caps->group_count[i] = limits->maxComputeWorkGroupCount[i];
    if (adapter->timestamp_bits) caps->timestamp_period_ps = (uint64_t)((double)limits->timestampPeriod * 1000.0 + 0.5);

    const VkSubgroupFeatureFlags needed = VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_VOTE_BIT | VK_SUBGROUP_FEATURE_ARITHMETIC_BIT |
                                          VK_SUBGROUP_FEATURE_BALLOT_BIT | VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
    caps->has_subgroups = (adapter->subgroup_operations & needed) == needed && p->v11.subgroupSize > 1;
    caps->subgroup_size = caps->subgroup_min = caps->subgroup_max = caps->has_subgroups ? p->v11.subgroupSize : 1;
    if (caps->has_subgroups && adapter->subgroup_size_control) {
        caps->subgroup_min = p->subgroup_sizes.minSubgroupSize;
        caps->subgroup_max = p->subgroup_sizes.maxSubgroupSize;
    }
    caps->has_f64 = adapter->f64;
    caps->has_i64 = adapter->i64;
    caps->has_f16 = adapter->f16 && adapter->storage16;
    caps->has_i8 = adapter->i8 && adapter->storage8;
    caps->has_addresses = adapter->addresses;
}

static void say_unfit(const probe *p, const char *reason, char *unfit, size_t size)
{
    const VkPhysicalDeviceProperties *properties = &p->properties.properties;
    snprintf(unfit, size, "vulkan device \"%.100s\" is left out: it has Vulkan %u.%u, but %s", properties->deviceName,
             VK_API_VERSION_MAJOR(properties->apiVersion), VK_API_VERSION_MINOR(properties->apiVersion), reason);
}

static sabir_status examine(sabir_driver *driver, probe *p, sbr_vk_adapter *adapter, char *unfit, size_t unfit_size)
{
    SABIR_TRY(sbr_vk_device_extensions(driver, p->handle, &p->extensions));
    query_properties(driver, p);
    query_features(driver, p);
    p->memory.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2;
    driver->api.GetPhysicalDeviceMemoryProperties2(p->handle, &p->memory);
    bool has_queue;
    SABIR_TRY(choose_queue_family(driver, p, adapter, &has_queue));
    if (!has_queue) say_unfit(p, "no queue that computes", unfit, unfit_size);
    else if (!p->f12.timelineSemaphore) say_unfit(p, "no timeline semaphores", unfit, unfit_size);
    if (unfit[0]) return SABIR_OK;

    adapter->handle = p->handle;
    adapter->memory = p->memory.memoryProperties;
    take_features(p, adapter);
    if (can_import_host_memory(driver, p)) adapter->import_alignment = p->host_memory.minImportedHostPointerAlignment;
    sabir_device_caps *caps = &adapter->caps;
    caps->size = sizeof *caps;
    caps->language = SABIR_LANGUAGE_SPIRV;
    fill_identity(p, caps);
    fill_memory(p, caps);
    fill_limits(p, adapter, caps);
    return SABIR_OK;
}

sabir_status sbr_vk_probe(sabir_driver *driver, VkPhysicalDevice handle, sbr_vk_adapter *adapter, char *unfit, size_t unfit_size)
{
    unfit[0] = '\0';
    *adapter = (sbr_vk_adapter){0};
    probe *p = sbr_alloc(&driver->host.allocator, sizeof *p);
    if (!p) return sbr_no_memory(sizeof *p);
    p->handle = handle;
    driver->api.GetPhysicalDeviceProperties(handle, &p->properties.properties);
    sabir_status status = SABIR_OK;
    if (p->properties.properties.apiVersion < VK_API_VERSION_1_2)
        say_unfit(p, "1.2 is needed; a newer driver may bring it", unfit, unfit_size);
    else
        status = examine(driver, p, adapter, unfit, unfit_size);
    sbr_free(&driver->host.allocator, p->extensions.list);
    sbr_free(&driver->host.allocator, p);
    return status;
}
