#include "internal.h"

static sabir_status create_timeline(sabir_backend_device *device)
{
    if (device->timeline) return SABIR_OK;
    const VkSemaphoreTypeCreateInfo type = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
        .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
    };
    const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
    return sbr_vk_check(device, device->api.CreateSemaphore(device->handle, &info, NULL, &device->timeline), "vkCreateSemaphore");
}

static sabir_status gather(sabir_backend_device *device, sabir_commands *const *commands, uint32_t count)
{
    device->batch.count = 0;
    if (count && !sbr_reserve(device->allocator, &device->batch, count)) return sbr_no_memory(count * sizeof(VkCommandBuffer));
    for (uint32_t i = 0; i < count; i++) {
        if (commands[i]->device != device) return sbr_fail(SABIR_MISUSE, "commands %u of a submission belong to another device", i);
        if (commands[i]->state != SBR_VK_RECORDED)
            return sbr_fail(SABIR_MISUSE, "commands %u of a submission are not recorded to their end", i);
        device->batch.data[device->batch.count++] = commands[i]->handle;
    }
    return SABIR_OK;
}

sabir_status sbr_vk_submit(sabir_backend_device *device, sabir_commands *const *commands, uint32_t count, uint64_t *ticket)
{
    *ticket = 0;
    SABIR_TRY(sbr_vk_alive(device));
    SABIR_TRY(gather(device, commands, count));
    SABIR_TRY(create_timeline(device));
    uint64_t next = atomic_load(&device->submitted) + 1;
    const VkTimelineSemaphoreSubmitInfo timeline = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &next,
    };
    const VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = &timeline,
        .commandBufferCount = count,
        .pCommandBuffers = device->batch.data,
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &device->timeline,
    };
    SABIR_TRY(sbr_vk_check(device, device->api.QueueSubmit(device->queue, 1, &info, VK_NULL_HANDLE), "vkQueueSubmit"));
    for (uint32_t i = 0; i < count; i++) atomic_store(&commands[i]->last_ticket, next);
    atomic_store(&device->submitted, next);
    *ticket = next;
    return SABIR_OK;
}

sabir_status sbr_vk_wait(sabir_backend_device *device, uint64_t ticket, uint64_t nanoseconds)
{
    uint64_t submitted = atomic_load(&device->submitted);
    if (ticket > submitted)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "ticket %" PRIu64 " was not handed out yet: the last is %" PRIu64, ticket, submitted);
    SABIR_TRY(sbr_vk_alive(device));
    if (!ticket) return SABIR_OK;
    const VkSemaphoreWaitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .semaphoreCount = 1,
        .pSemaphores = &device->timeline,
        .pValues = &ticket,
    };
    VkResult result = device->api.WaitSemaphores(device->handle, &info, nanoseconds);
    if (result == VK_TIMEOUT)
        return sbr_fail(SABIR_TIMEOUT, "submission %" PRIu64 " of %s did not finish within %" PRIu64 " ns", ticket, device->adapter->caps.name,
                        nanoseconds);
    SABIR_TRY(sbr_vk_check(device, result, "vkWaitSemaphores"));
    return sbr_vk_alive(device); /* lost on another thread meanwhile: the semaphore may have been released by that */
}

sabir_status sbr_vk_poll(sabir_backend_device *device, uint64_t *reached)
{
    *reached = 0;
    SABIR_TRY(sbr_vk_alive(device));
    uint64_t submitted = atomic_load(&device->submitted);
    if (!submitted) return SABIR_OK;
    uint64_t value;
    VkResult result = device->api.GetSemaphoreCounterValue(device->handle, device->timeline, &value);
    SABIR_TRY(sbr_vk_check(device, result, "vkGetSemaphoreCounterValue"));
    /* A quick device finishes before submit has returned on its thread: what nobody was handed yet is not told. */
    *reached = value < submitted ? value : submitted;
    return SABIR_OK;
}
