#include "internal.h"

static sabir_status create(sabir_backend_device *device, uint32_t bindings, sbr_vk_layout *layout)
{
    VkDescriptorSetLayoutBinding rows[SBR_VK_MAX_BINDINGS];
    for (uint32_t i = 0; i < bindings; i++)
        rows[i] = (VkDescriptorSetLayoutBinding){
            .binding = i,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    const VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = bindings,
        .pBindings = rows,
    };
    VkResult result = device->api.CreateDescriptorSetLayout(device->handle, &set, NULL, &layout->set);
    SABIR_TRY(sbr_vk_check(device, result, "vkCreateDescriptorSetLayout"));
    const VkPushConstantRange control_word = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = sizeof(uint32_t)};
    const VkPipelineLayoutCreateInfo pipeline = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &layout->set,
        .pushConstantRangeCount = 1,
        .pPushConstantRanges = &control_word,
    };
    result = device->api.CreatePipelineLayout(device->handle, &pipeline, NULL, &layout->pipeline);
    return sbr_vk_check(device, result, "vkCreatePipelineLayout");
}

static void destroy(sabir_backend_device *device, sbr_vk_layout *layout)
{
    if (layout->pipeline) device->api.DestroyPipelineLayout(device->handle, layout->pipeline, NULL);
    if (layout->set) device->api.DestroyDescriptorSetLayout(device->handle, layout->set, NULL);
    *layout = (sbr_vk_layout){0};
}

sabir_status sbr_vk_layout_get(sabir_backend_device *device, uint32_t bindings, const sbr_vk_layout **layout)
{
    if (bindings > device->adapter->most_bindings)
        return sbr_fail(SABIR_UNSUPPORTED, "a kernel with %u buffers besides its control buffer is beyond the %u that %s can bind",
                        bindings - 1, device->adapter->most_bindings - 1, device->adapter->caps.name);
    sbr_vk_layout *kept = &device->layouts[bindings];
    if (!kept->pipeline) {
        sabir_status status = create(device, bindings, kept);
        if (status != SABIR_OK) {
            destroy(device, kept);
            return status;
        }
    }
    *layout = kept;
    return SABIR_OK;
}

void sbr_vk_layouts_destroy(sabir_backend_device *device)
{
    for (uint32_t i = 0; i <= SBR_VK_MAX_BINDINGS; i++) destroy(device, &device->layouts[i]);
}
