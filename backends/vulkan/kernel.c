#include "internal.h"

static const uint32_t *aligned_words(const sabir_allocator *allocator, const sabir_kernel_source *source, uint32_t **copy)
{
    *copy = NULL;
    if ((uintptr_t)source->code % _Alignof(uint32_t) == 0) return source->code;
    *copy = sbr_alloc(allocator, source->code_size);
    if (*copy) memcpy(*copy, source->code, source->code_size);
    return *copy;
}

static sabir_status create_module(sabir_backend_device *device, const sabir_kernel_source *source, VkShaderModule *module)
{
    uint32_t *copy;
    const uint32_t *words = aligned_words(device->allocator, source, &copy);
    if (!words) return sbr_no_memory(source->code_size);
    sabir_status status = sbr_vk_spirv_check(device->adapter, source->name, words, source->code_size / sizeof *words);
    if (status == SABIR_OK) {
        const VkShaderModuleCreateInfo info = {
            .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
            .codeSize = source->code_size,
            .pCode = words,
        };
        status = sbr_vk_check(device, device->api.CreateShaderModule(device->handle, &info, NULL, module), "vkCreateShaderModule");
    }
    sbr_free(device->allocator, copy);
    return status;
}

/* What a required subgroup size asks of the pipeline. */
typedef struct subgroup_request {
    VkPipelineShaderStageRequiredSubgroupSizeCreateInfo info;
    VkPipelineShaderStageCreateFlags flags;
    bool chained;
} subgroup_request;

static sabir_status request_subgroup(sabir_backend_device *device, const sabir_kernel_source *source, subgroup_request *request)
{
    *request = (subgroup_request){0};
    const sbr_vk_adapter *adapter = device->adapter;
    const sabir_device_caps *caps = &adapter->caps;
    uint32_t size = source->required_subgroup_size;
    if (!size) return SABIR_OK;
    bool power = (size & (size - 1)) == 0;
    if (!power || size < caps->subgroup_min || size > caps->subgroup_max)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s needs subgroups of %u; %s has %u to %u", source->name, size, caps->name,
                        caps->subgroup_min, caps->subgroup_max);
    if (!adapter->subgroup_size_control) return SABIR_OK; /* then the device has this size alone */
    if (source->local_size > (uint64_t)size * adapter->most_group_subgroups)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s: a work-group of %u has more than the %u subgroups of %u that %s allows", source->name,
                        source->local_size, adapter->most_group_subgroups, size, caps->name);
    request->chained = true;
    request->info = (VkPipelineShaderStageRequiredSubgroupSizeCreateInfo){
        .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO,
        .requiredSubgroupSize = size,
    };
    if (adapter->full_subgroups && source->local_size % size == 0) request->flags = VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT;
    return SABIR_OK;
}

typedef struct constants {
    VkSpecializationMapEntry *entries;
    uint32_t *values;
    VkSpecializationInfo info;
} constants;

static sabir_status gather_constants(const sabir_allocator *allocator, const sabir_kernel_source *source, constants *gathered)
{
    uint32_t count = source->constant_count;
    gathered->entries = sbr_alloc_array(allocator, count, sizeof *gathered->entries);
    gathered->values = sbr_alloc_array(allocator, count, sizeof *gathered->values);
    if (!gathered->entries || !gathered->values) return sbr_no_memory(count * sizeof *gathered->entries);
    for (uint32_t i = 0; i < count; i++) {
        gathered->values[i] = source->constants[i].value;
        gathered->entries[i] = (VkSpecializationMapEntry){
            .constantID = source->constants[i].id,
            .offset = i * (uint32_t)sizeof(uint32_t),
            .size = sizeof(uint32_t),
        };
    }
    gathered->info = (VkSpecializationInfo){count, gathered->entries, count * sizeof(uint32_t), gathered->values};
    return SABIR_OK;
}

static sabir_status create_pipeline(sabir_kernel *kernel, const sabir_kernel_source *source, VkShaderModule module, const constants *gathered)
{
    sabir_backend_device *device = kernel->device;
    subgroup_request subgroup;
    SABIR_TRY(request_subgroup(device, source, &subgroup));
    kernel->subgroup_size = source->required_subgroup_size;
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags = device->adapter->executable_properties ? VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR : 0u,
        .stage = {
            .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
            .pNext = subgroup.chained ? &subgroup.info : NULL,
            .flags = subgroup.flags,
            .stage = VK_SHADER_STAGE_COMPUTE_BIT,
            .module = module,
            .pName = "main",
            .pSpecializationInfo = source->constant_count ? &gathered->info : NULL,
        },
        .layout = kernel->layout->pipeline,
    };
    VkResult result = device->api.CreateComputePipelines(device->handle, device->cache, 1, &info, NULL, &kernel->pipeline);
    sabir_status status = sbr_vk_check(device, result, "vkCreateComputePipelines");
    if (status != SABIR_INTERNAL) return status;
    return sbr_fail(SABIR_COMPILE_FAILED, "kernel %s: the driver %s did not compile it (VkResult %d)", source->name,
                    device->adapter->caps.driver, (int)result);
}

static void name_pipeline(sabir_kernel *kernel, const char *name)
{
    sabir_backend_device *device = kernel->device;
    if (!device->driver->messenger || !device->api.SetDebugUtilsObjectNameEXT) return;
    const VkDebugUtilsObjectNameInfoEXT info = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
        .objectType = VK_OBJECT_TYPE_PIPELINE,
        .objectHandle = (uint64_t)kernel->pipeline,
        .pObjectName = name,
    };
    (void)device->api.SetDebugUtilsObjectNameEXT(device->handle, &info);
}

static sabir_status build(sabir_kernel *kernel, const sabir_kernel_source *source)
{
    sabir_backend_device *device = kernel->device;
    uint32_t bindings = source->addresses ? 1 : source->buffer_count < UINT32_MAX ? source->buffer_count + 1 : UINT32_MAX;
    SABIR_TRY(sbr_vk_layout_get(device, bindings, &kernel->layout));
    VkShaderModule module = VK_NULL_HANDLE;
    constants gathered = {0};
    sabir_status status = gather_constants(device->allocator, source, &gathered);
    if (status == SABIR_OK) status = create_module(device, source, &module);
    if (status == SABIR_OK) status = create_pipeline(kernel, source, module, &gathered);
    if (status == SABIR_OK) name_pipeline(kernel, source->name);
    if (module) device->api.DestroyShaderModule(device->handle, module, NULL);
    sbr_free(device->allocator, gathered.entries);
    sbr_free(device->allocator, gathered.values);
    return status;
}

static sabir_status check(sabir_backend_device *device, const sabir_kernel_source *source)
{
    const sbr_vk_adapter *adapter = device->adapter;
    const sabir_device_caps *caps = &adapter->caps;
    SABIR_TRY(sbr_vk_alive(device));
    if (!source->code || source->code_size % sizeof(uint32_t))
        return sbr_fail(SABIR_COMPILE_FAILED, "kernel %s: %zu bytes are no SPIR-V", source->name, source->code ? source->code_size : 0);
    if (source->addresses && !adapter->addresses)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s needs buffer device addresses, which %s lacks", source->name, caps->name);
    if (source->local_size == 0 || source->local_size > caps->group_invocations || source->local_size > adapter->most_group_x)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s: a work-group of %u is not between 1 and the %u that %s allows", source->name,
                        source->local_size, adapter->most_group_x < caps->group_invocations ? adapter->most_group_x : caps->group_invocations,
                        caps->name);
    return SABIR_OK;
}

sabir_status sbr_vk_kernel_create(sabir_backend_device *device, const sabir_kernel_source *source, sabir_kernel **kernel)
{
    *kernel = NULL;
    SABIR_TRY(check(device, source));
    sabir_kernel *created = sbr_alloc(device->allocator, sizeof *created);
    if (!created) return sbr_no_memory(sizeof *created);
    created->device = device;
    created->buffer_count = source->buffer_count;
    created->addresses = source->addresses;
    sabir_status status = build(created, source);
    if (status != SABIR_OK) {
        sbr_vk_kernel_destroy(created);
        return status;
    }
    *kernel = created;
    return SABIR_OK;
}

void sbr_vk_kernel_destroy(sabir_kernel *kernel)
{
    if (!kernel) return;
    sabir_backend_device *device = kernel->device;
    if (kernel->pipeline) device->api.DestroyPipeline(device->handle, kernel->pipeline, NULL);
    sbr_free(device->allocator, kernel);
}
