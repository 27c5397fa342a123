#include "internal.h"

enum { POOL_SETS = 64, POOL_DESCRIPTORS = 512 };

static void refill(sbr_vk_descriptor_pool *pool)
{
    pool->sets_left = POOL_SETS;
    pool->descriptors_left = POOL_DESCRIPTORS;
}

static sabir_status add_pool(sabir_commands *commands)
{
    sabir_backend_device *device = commands->device;
    if (!sbr_reserve(device->allocator, &commands->pools, 1)) return sbr_no_memory(sizeof(sbr_vk_descriptor_pool));
    const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, POOL_DESCRIPTORS};
    const VkDescriptorPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .maxSets = POOL_SETS,
        .poolSizeCount = 1,
        .pPoolSizes = &size,
    };
    sbr_vk_descriptor_pool pool = {0};
    VkResult result = device->api.CreateDescriptorPool(device->handle, &info, NULL, &pool.handle);
    SABIR_TRY(sbr_vk_check(device, result, "vkCreateDescriptorPool"));
    refill(&pool);
    commands->pools.data[commands->pools.count++] = pool;
    return SABIR_OK;
}

/* Moves on to the first pool with room; what is left in those before it is given up until the next reset. */
static sabir_status pool_with_room(sabir_commands *commands, uint32_t descriptors, sbr_vk_descriptor_pool **pool)
{
    for (; commands->pool_index < commands->pools.count; commands->pool_index++) {
        *pool = &commands->pools.data[commands->pool_index];
        if ((*pool)->sets_left && (*pool)->descriptors_left >= descriptors) return SABIR_OK;
    }
    SABIR_TRY(add_pool(commands));
    *pool = &commands->pools.data[commands->pool_index];
    return SABIR_OK;
}

static sabir_status allocate_set(sabir_commands *commands, const sbr_vk_layout *layout, uint32_t descriptors, VkDescriptorSet *set)
{
    _Static_assert((int)POOL_DESCRIPTORS >= (int)SBR_VK_MAX_BINDINGS, "a pool holds the largest set");
    sabir_backend_device *device = commands->device;
    sbr_vk_descriptor_pool *pool;
    SABIR_TRY(pool_with_room(commands, descriptors, &pool));
    const VkDescriptorSetAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = pool->handle,
        .descriptorSetCount = 1,
        .pSetLayouts = &layout->set,
    };
    SABIR_TRY(sbr_vk_check(device, device->api.AllocateDescriptorSets(device->handle, &info, set), "vkAllocateDescriptorSets"));
    pool->sets_left--;
    pool->descriptors_left -= descriptors;
    return SABIR_OK;
}

sabir_status sbr_vk_descriptors_bind(sabir_commands *commands, const sbr_vk_layout *layout, const VkDescriptorBufferInfo *infos, uint32_t count)
{
    if (count == commands->bound_count && memcmp(infos, commands->bound, count * sizeof *infos) == 0) return SABIR_OK;
    sabir_backend_device *device = commands->device;
    VkDescriptorSet set = VK_NULL_HANDLE;
    SABIR_TRY(allocate_set(commands, layout, count, &set));
    /* One write runs on over consecutive bindings of the same kind. */
    const VkWriteDescriptorSet write = {
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = set,
        .descriptorCount = count,
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .pBufferInfo = infos,
    };
    device->api.UpdateDescriptorSets(device->handle, 1, &write, 0, NULL);
    device->api.CmdBindDescriptorSets(commands->handle, VK_PIPELINE_BIND_POINT_COMPUTE, layout->pipeline, 0, 1, &set, 0, NULL);
    memcpy(commands->bound, infos, count * sizeof *infos);
    commands->bound_count = count;
    return SABIR_OK;
}

sabir_status sbr_vk_descriptors_reset(sabir_commands *commands)
{
    sabir_backend_device *device = commands->device;
    commands->bound_count = 0;
    commands->pool_index = 0;
    for (uint32_t i = 0; i < commands->pools.count; i++) {
        sbr_vk_descriptor_pool *pool = &commands->pools.data[i];
        SABIR_TRY(sbr_vk_check(device, device->api.ResetDescriptorPool(device->handle, pool->handle, 0), "vkResetDescriptorPool"));
        refill(pool);
    }
    return SABIR_OK;
}

void sbr_vk_descriptors_destroy(sabir_commands *commands)
{
    sabir_backend_device *device = commands->device;
    for (uint32_t i = 0; i < commands->pools.count; i++)
        device->api.DestroyDescriptorPool(device->handle, commands->pools.data[i].handle, NULL);
    sbr_vector_free(device->allocator, &commands->pools);
}
