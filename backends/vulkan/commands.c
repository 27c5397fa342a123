#include "internal.h"

/* Accesses that kernels and copies make. */
static const VkPipelineStageFlags STAGES = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
static const VkAccessFlags WRITES = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
static const VkAccessFlags READS = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT;

static void record_barrier(sabir_commands *commands, VkPipelineStageFlags to, VkAccessFlags access)
{
    const VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER, .srcAccessMask = WRITES, .dstAccessMask = access};
    commands->device->api.CmdPipelineBarrier(commands->handle, STAGES, to, 0, 1, &barrier, 0, NULL, 0, NULL);
    commands->needs_barrier = false;
}

static sabir_status create_buffer(sabir_commands *commands)
{
    sabir_backend_device *device = commands->device;
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = device->adapter->queue_family,
    };
    SABIR_TRY(sbr_vk_check(device, device->api.CreateCommandPool(device->handle, &pool, NULL, &commands->pool), "vkCreateCommandPool"));
    const VkCommandBufferAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = commands->pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    VkResult result = device->api.AllocateCommandBuffers(device->handle, &info, &commands->handle);
    return sbr_vk_check(device, result, "vkAllocateCommandBuffers");
}

sabir_status sbr_vk_commands_create(sabir_backend_device *device, sabir_commands **commands)
{
    *commands = NULL;
    SABIR_TRY(sbr_vk_alive(device));
    sabir_commands *created = sbr_alloc(device->allocator, sizeof *created);
    if (!created) return sbr_no_memory(sizeof *created);
    created->device = device;
    atomic_init(&created->last_ticket, 0);
    sabir_status status = create_buffer(created);
    if (status != SABIR_OK) {
        sbr_vk_commands_destroy(created);
        return status;
    }
    *commands = created;
    return SABIR_OK;
}

/* The caller has waited, unless its wait failed: destroying what still runs would bring the driver down. */
static void settle(sabir_commands *commands)
{
    sabir_backend_device *device = commands->device;
    uint64_t ticket = atomic_load(&commands->last_ticket);
    if (!ticket) return;
    const VkSemaphoreWaitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .semaphoreCount = 1,
        .pSemaphores = &device->timeline,
        .pValues = &ticket,
    };
    if (device->api.WaitSemaphores(device->handle, &info, UINT64_MAX) != VK_SUCCESS) (void)device->api.DeviceWaitIdle(device->handle);
}

void sbr_vk_commands_destroy(sabir_commands *commands)
{
    if (!commands) return;
    sabir_backend_device *device = commands->device;
    settle(commands);
    if (commands->pool) device->api.DestroyCommandPool(device->handle, commands->pool, NULL);
    sbr_vk_descriptors_destroy(commands);
    sbr_vk_timestamps_destroy(commands);
    sbr_free(device->allocator, commands);
}

static sabir_status check_idle(sabir_commands *commands)
{
    uint64_t ticket = atomic_load(&commands->last_ticket);
    if (!ticket) return SABIR_OK;
    uint64_t reached;
    SABIR_TRY(sbr_vk_poll(commands->device, &reached));
    if (reached >= ticket) return SABIR_OK;
    return sbr_fail(SABIR_MISUSE, "commands are recorded anew while their submission %" PRIu64 " runs (%" PRIu64 " is reached); wait for it",
                    ticket, reached);
}

sabir_status sbr_vk_commands_begin(sabir_commands *commands)
{
    sabir_backend_device *device = commands->device;
    SABIR_TRY(sbr_vk_alive(device));
    SABIR_TRY(check_idle(commands));
    commands->state = SBR_VK_EMPTY;
    commands->pipeline = VK_NULL_HANDLE;
    atomic_store(&commands->last_ticket, 0);
    SABIR_TRY(sbr_vk_check(device, device->api.ResetCommandPool(device->handle, commands->pool, 0), "vkResetCommandPool"));
    SABIR_TRY(sbr_vk_descriptors_reset(commands));
    sbr_vk_timestamps_reset(commands);
    const VkCommandBufferBeginInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT, /* submitted again while the last submission runs */
    };
    SABIR_TRY(sbr_vk_check(device, device->api.BeginCommandBuffer(commands->handle, &info), "vkBeginCommandBuffer"));
    commands->state = SBR_VK_RECORDING;
    record_barrier(commands, STAGES, WRITES | READS); /* after whatever was submitted before */
    return SABIR_OK;
}

sabir_status sbr_vk_recording_check(sabir_commands *commands, const char *call)
{
    if (commands->state == SBR_VK_RECORDING) return SABIR_OK;
    return sbr_fail(SABIR_MISUSE, "%s was called outside of commands_begin and commands_end", call);
}

static sabir_status check_owner(sabir_commands *commands, const sabir_buffer *buffer, const char *what)
{
    if (!buffer) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s is no buffer", what);
    if (buffer->device == commands->device) return SABIR_OK;
    return sbr_fail(SABIR_MISUSE, "%s belongs to another device than the commands", what);
}

static sabir_status check_range(sabir_commands *commands, const sabir_buffer *buffer, uint64_t offset, uint64_t bytes, const char *what)
{
    SABIR_TRY(check_owner(commands, buffer, what));
    if (offset % 4 || bytes % 4)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: offset %" PRIu64 " and size %" PRIu64 " are not both multiples of 4", what, offset, bytes);
    if (offset <= buffer->size && bytes <= buffer->size - offset) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: %" PRIu64 " bytes from %" PRIu64 " are beyond the buffer of %" PRIu64, what, bytes, offset,
                    buffer->size);
}

sabir_status sbr_vk_copy(sabir_commands *commands, sabir_buffer *from, uint64_t from_offset, sabir_buffer *to, uint64_t to_offset, uint64_t bytes)
{
    SABIR_TRY(sbr_vk_recording_check(commands, "copy"));
    SABIR_TRY(check_range(commands, from, from_offset, bytes, "source of a copy"));
    SABIR_TRY(check_range(commands, to, to_offset, bytes, "target of a copy"));
    if (!bytes) return SABIR_OK;
    if (from == to && from_offset < to_offset + bytes && to_offset < from_offset + bytes)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "a copy of %" PRIu64 " bytes from %" PRIu64 " to %" PRIu64 " of one buffer overlaps itself",
                        bytes, from_offset, to_offset);
    const VkBufferCopy region = {from_offset, to_offset, bytes};
    commands->device->api.CmdCopyBuffer(commands->handle, from->handle, to->handle, 1, &region);
    commands->needs_barrier = true;
    return SABIR_OK;
}

sabir_status sbr_vk_fill(sabir_commands *commands, sabir_buffer *to, uint64_t offset, uint64_t bytes, uint32_t word)
{
    SABIR_TRY(sbr_vk_recording_check(commands, "fill"));
    SABIR_TRY(check_range(commands, to, offset, bytes, "target of a fill"));
    if (!bytes) return SABIR_OK;
    commands->device->api.CmdFillBuffer(commands->handle, to->handle, offset, bytes, word);
    commands->needs_barrier = true;
    return SABIR_OK;
}

sabir_status sbr_vk_barrier(sabir_commands *commands)
{
    SABIR_TRY(sbr_vk_recording_check(commands, "barrier"));
    if (commands->needs_barrier) record_barrier(commands, STAGES, WRITES | READS);
    return SABIR_OK;
}

static sabir_status check_groups(sabir_commands *commands, uint32_t groups_x, uint32_t groups_y)
{
    const sabir_device_caps *caps = &commands->device->adapter->caps;
    if (groups_x <= caps->group_count[0] && groups_y <= caps->group_count[1]) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "%u x %u work-groups are more than the %u x %u of %s", groups_x, groups_y, caps->group_count[0],
                    caps->group_count[1], caps->name);
}

static sabir_status describe_control(sabir_commands *commands, sabir_buffer *control, uint32_t word, VkDescriptorBufferInfo *info)
{
    SABIR_TRY(check_owner(commands, control, "the control buffer"));
    uint64_t largest = commands->device->adapter->caps.largest_binding;
    uint64_t bytes = control->size < largest ? control->size : largest;
    if ((uint64_t)word * 4 >= bytes)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "control word %u is beyond the %" PRIu64 " bytes of the control buffer", word, bytes);
    *info = (VkDescriptorBufferInfo){control->handle, 0, bytes};
    return SABIR_OK;
}

static sabir_status describe_buffer(sabir_commands *commands, const sabir_buffer_range *range, bool addresses, VkDescriptorBufferInfo *info)
{
    const sabir_device_caps *caps = &commands->device->adapter->caps;
    SABIR_TRY(check_range(commands, range->buffer, range->offset, range->bytes, "buffer of a dispatch"));
    if (addresses) return SABIR_OK;
    if (range->offset % caps->buffer_alignment || range->bytes > caps->largest_binding)
        return sbr_fail(SABIR_INVALID_ARGUMENT,
                        "buffer of a dispatch: %" PRIu64 " bytes from %" PRIu64 ", where %s binds at most %" PRIu64 " from multiples of %u",
                        range->bytes, range->offset, caps->name, caps->largest_binding, caps->buffer_alignment);
    /* An empty range cannot be bound; nothing reads the word that stands for it. */
    if (range->bytes) *info = (VkDescriptorBufferInfo){range->buffer->handle, range->offset, range->bytes};
    else *info = (VkDescriptorBufferInfo){range->buffer->handle, 0, 4};
    return SABIR_OK;
}

sabir_status sbr_vk_dispatch(sabir_commands *commands, sabir_kernel *kernel, const sabir_buffer_range *buffers, uint32_t buffer_count,
                             sabir_buffer *control, uint32_t control_word, uint32_t groups_x, uint32_t groups_y)
{
    SABIR_TRY(sbr_vk_recording_check(commands, "dispatch"));
    if (kernel->device != commands->device) return sbr_fail(SABIR_MISUSE, "the kernel belongs to another device than the commands");
    if (!kernel->addresses && buffer_count != kernel->buffer_count)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%u buffers are given to a kernel of %u", buffer_count, kernel->buffer_count);
    SABIR_TRY(check_groups(commands, groups_x, groups_y));
    VkDescriptorBufferInfo infos[SBR_VK_MAX_BINDINGS];
    SABIR_TRY(describe_control(commands, control, control_word, &infos[0]));
    for (uint32_t i = 0; i < buffer_count; i++)
        SABIR_TRY(describe_buffer(commands, &buffers[i], kernel->addresses, kernel->addresses ? NULL : &infos[i + 1]));
    if (!groups_x || !groups_y) return SABIR_OK;

    const sbr_vk_device_api *api = &commands->device->api;
    SABIR_TRY(sbr_vk_descriptors_bind(commands, kernel->layout, infos, kernel->addresses ? 1 : buffer_count + 1));
    if (commands->pipeline != kernel->pipeline) {
        api->CmdBindPipeline(commands->handle, VK_PIPELINE_BIND_POINT_COMPUTE, kernel->pipeline);
        commands->pipeline = kernel->pipeline;
    }
    api->CmdPushConstants(commands->handle, kernel->layout->pipeline, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof control_word, &control_word);
    api->CmdDispatch(commands->handle, groups_x, groups_y, 1);
    commands->needs_barrier = true;
    return SABIR_OK;
}

sabir_status sbr_vk_commands_end(sabir_commands *commands)
{
    SABIR_TRY(sbr_vk_recording_check(commands, "commands_end"));
    sabir_backend_device *device = commands->device;
    record_barrier(commands, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
    commands->state = SBR_VK_EMPTY;
    SABIR_TRY(sbr_vk_check(device, device->api.EndCommandBuffer(commands->handle), "vkEndCommandBuffer"));
    commands->state = SBR_VK_RECORDED;
    return SABIR_OK;
}
