#include "internal.h"

/* Drivers name their statistics freely; these are the names of NVIDIA, RADV and ANV. */
typedef enum meaning { REGISTERS, SPILLS, SHARED } meaning;
static const struct { const char *name; meaning meaning; } known[] = {
    {"Register Count", REGISTERS}, {"VGPRs", REGISTERS},       {"Max live registers", REGISTERS},
    {"Spilled VGPRs", SPILLS},     {"Spilled SGPRs", SPILLS},  {"Spill count", SPILLS},
    {"LDS size", SHARED},          {"LDS Size", SHARED},       {"Shared Memory Size", SHARED},
};

static uint32_t number(const VkPipelineExecutableStatisticKHR *statistic)
{
    uint64_t value = 0;
    if (statistic->format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR) value = statistic->value.u64;
    else if (statistic->format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR && statistic->value.i64 > 0)
        value = (uint64_t)statistic->value.i64;
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static void take(const VkPipelineExecutableStatisticKHR *statistic, sabir_kernel_info *info)
{
    for (size_t i = 0; i < SBR_COUNT(known); i++) {
        if (strcmp(statistic->name, known[i].name) != 0) continue;
        uint32_t value = number(statistic);
        if (known[i].meaning == REGISTERS) info->registers = value;
        else if (known[i].meaning == SPILLS) info->spills += value;
        else info->shared_memory = value;
    }
}

static sabir_status query_statistics(sabir_kernel *kernel, sabir_kernel_info *info)
{
    sabir_backend_device *device = kernel->device;
    const VkPipelineExecutableInfoKHR executable = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR,
        .pipeline = kernel->pipeline,
    };
    const char *call = "vkGetPipelineExecutableStatisticsKHR";
    uint32_t count = 0;
    VkResult result = device->api.GetPipelineExecutableStatisticsKHR(device->handle, &executable, &count, NULL);
    SABIR_TRY(sbr_vk_check(device, result, call));
    VkPipelineExecutableStatisticKHR *list = sbr_alloc_array(device->allocator, count, sizeof *list);
    if (!list) return sbr_no_memory(count * sizeof *list);
    for (uint32_t i = 0; i < count; i++) list[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
    result = device->api.GetPipelineExecutableStatisticsKHR(device->handle, &executable, &count, list);
    for (uint32_t i = 0; result >= 0 && i < count; i++) take(&list[i], info);
    sbr_free(device->allocator, list);
    return result >= 0 ? SABIR_OK : sbr_vk_check(device, result, call);
}

static sabir_status query_executable(sabir_kernel *kernel, sabir_kernel_info *info)
{
    sabir_backend_device *device = kernel->device;
    const VkPipelineInfoKHR pipeline = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, .pipeline = kernel->pipeline};
    VkPipelineExecutablePropertiesKHR properties = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
    uint32_t count = 1; /* a compute pipeline is one executable; of more, the first is described */
    VkResult result = device->api.GetPipelineExecutablePropertiesKHR(device->handle, &pipeline, &count, &properties);
    if (result < 0) return sbr_vk_check(device, result, "vkGetPipelineExecutablePropertiesKHR");
    if (!count) return SABIR_OK;
    if (properties.subgroupSize) info->subgroup_size = properties.subgroupSize;
    return query_statistics(kernel, info);
}

sabir_status sbr_vk_kernel_info(sabir_kernel *kernel, sabir_kernel_info *info)
{
    sabir_backend_device *device = kernel->device;
    const sabir_device_caps *caps = &device->adapter->caps;
    sabir_kernel_info found = {.subgroup_size = kernel->subgroup_size};
    if (!found.subgroup_size && caps->subgroup_min == caps->subgroup_max) found.subgroup_size = caps->subgroup_size;
    if (device->adapter->executable_properties && device->api.GetPipelineExecutablePropertiesKHR &&
        device->api.GetPipelineExecutableStatisticsKHR)
        SABIR_TRY(query_executable(kernel, &found));
    size_t size = info->size && info->size < sizeof found ? info->size : sizeof found;
    found.size = size;
    memcpy(info, &found, size);
    return SABIR_OK;
}
