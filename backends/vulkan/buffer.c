#include "internal.h"

static const VkMemoryPropertyFlags MAPPABLE = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;

/* 0: not for this kind; otherwise the higher the better. */
static uint32_t suitability(sabir_buffer_kind kind, bool unified, VkMemoryPropertyFlags flags)
{
    /* Types that need a feature, or that cannot be used for plain buffers. */
    const VkMemoryPropertyFlags strange = VK_MEMORY_PROPERTY_PROTECTED_BIT | VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT |
                                          VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD | VK_MEMORY_PROPERTY_DEVICE_UNCACHED_BIT_AMD |
                                          VK_MEMORY_PROPERTY_RDMA_CAPABLE_BIT_NV;
    if (flags & strange) return 0;
    bool local = flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
    bool cached = flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    bool mappable = (flags & MAPPABLE) == MAPPABLE;
    if (kind != SABIR_BUFFER_DEVICE) return mappable ? 1u + 4u * cached + 2u * (unified || !local) : 0u;
    if (unified) return local && mappable ? 1u + cached : 0u;
    /* The mappable part of a card's memory may be a small window: left for when the rest is full. */
    return local ? 1u + !(flags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) : 0u;
}

/* The best memory type among those in bits whose heap could hold bytes; UINT32_MAX: none. */
static uint32_t best_type(const sbr_vk_adapter *adapter, sabir_buffer_kind kind, uint32_t bits, uint64_t bytes)
{
    uint32_t best = UINT32_MAX, best_score = 0;
    uint64_t best_heap = 0;
    for (uint32_t i = 0; i < adapter->memory.memoryTypeCount; i++) {
        const VkMemoryType *type = &adapter->memory.memoryTypes[i];
        uint64_t heap = adapter->memory.memoryHeaps[type->heapIndex].size;
        uint32_t score = suitability(kind, adapter->caps.unified_memory, type->propertyFlags);
        if (!(bits >> i & 1) || !score || heap < bytes) continue;
        if (score < best_score || (score == best_score && heap <= best_heap)) continue;
        best = i;
        best_score = score;
        best_heap = heap;
    }
    return best;
}

static sabir_status no_room(sabir_backend_device *device, uint64_t size)
{
    uint64_t available = 0;
    (void)sbr_vk_memory_available(device, &available);
    const sabir_device_caps *caps = &device->adapter->caps;
    return sbr_fail(SABIR_OUT_OF_DEVICE_MEMORY,
                    "%s cannot hold a buffer of %" PRIu64 " bytes: %" PRIu64 " of %" PRIu64
                    " bytes are available, the largest allocation is %" PRIu64 "; use smaller tensors or close other programs",
                    caps->name, size, available, caps->memory, caps->largest_allocation);
}

static sabir_status create_handle(sabir_buffer *buffer)
{
    sabir_backend_device *device = buffer->device;
    const VkExternalMemoryBufferCreateInfo external = {
        .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
        .handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
    };
    VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    if (device->adapter->addresses) usage |= VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .pNext = buffer->kind == SABIR_BUFFER_WRAPPED ? &external : NULL,
        .size = buffer->size,
        .usage = usage,
        .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
    };
    return sbr_vk_check(device, device->api.CreateBuffer(device->handle, &info, NULL, &buffer->handle), "vkCreateBuffer");
}

static VkResult allocate_of_type(sabir_buffer *buffer, uint32_t type, const void *chained)
{
    sabir_backend_device *device = buffer->device;
    const VkMemoryAllocateFlagsInfo flags = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
        .pNext = chained,
        .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT,
    };
    const VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .pNext = device->adapter->addresses ? &flags : chained,
        .allocationSize = buffer->memory_size,
        .memoryTypeIndex = type,
    };
    VkResult result = device->api.AllocateMemory(device->handle, &info, NULL, &buffer->memory);
    if (result != VK_SUCCESS) return result;
    const VkMemoryType *chosen = &device->adapter->memory.memoryTypes[type];
    buffer->heap = chosen->heapIndex;
    buffer->mappable = (chosen->propertyFlags & MAPPABLE) == MAPPABLE;
    device->allocation_count++;
    if (buffer->kind != SABIR_BUFFER_WRAPPED) device->heap_used[buffer->heap] += buffer->memory_size;
    return VK_SUCCESS;
}

static sabir_status allocate(sabir_buffer *buffer)
{
    sabir_backend_device *device = buffer->device;
    VkMemoryRequirements needs;
    device->api.GetBufferMemoryRequirements(device->handle, buffer->handle, &needs);
    buffer->memory_size = needs.size;
    for (uint32_t bits = needs.memoryTypeBits;;) {
        uint32_t type = best_type(device->adapter, buffer->kind, bits, needs.size);
        if (type == UINT32_MAX) return no_room(device, buffer->size);
        VkResult result = allocate_of_type(buffer, type, NULL);
        if (result == VK_SUCCESS) return SABIR_OK;
        if (result != VK_ERROR_OUT_OF_DEVICE_MEMORY) return sbr_vk_check(device, result, "vkAllocateMemory");
        bits &= ~(1u << type);
    }
}

static sabir_status import(sabir_buffer *buffer, void *host)
{
    sabir_backend_device *device = buffer->device;
    const VkExternalMemoryHandleTypeFlagBits handle_type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
    VkMemoryHostPointerPropertiesEXT pointer = {.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};
    VkResult result = device->api.GetMemoryHostPointerPropertiesEXT(device->handle, handle_type, host, &pointer);
    SABIR_TRY(sbr_vk_check(device, result, "vkGetMemoryHostPointerPropertiesEXT"));
    VkMemoryRequirements needs;
    device->api.GetBufferMemoryRequirements(device->handle, buffer->handle, &needs);
    uint32_t type = best_type(device->adapter, buffer->kind, needs.memoryTypeBits & pointer.memoryTypeBits, 0);
    if (type == UINT32_MAX || needs.size > buffer->size)
        return sbr_fail(SABIR_UNSUPPORTED, "%s cannot use %" PRIu64 " bytes of host memory in place; copy them into a buffer",
                        device->adapter->caps.name, buffer->size);
    buffer->memory_size = buffer->size;
    const VkImportMemoryHostPointerInfoEXT source = {
        .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
        .handleType = handle_type,
        .pHostPointer = host,
    };
    SABIR_TRY(sbr_vk_check(device, allocate_of_type(buffer, type, &source), "vkAllocateMemory (import of host memory)"));
    buffer->mapped = host;
    return SABIR_OK;
}

static sabir_status map(sabir_buffer *buffer)
{
    if (buffer->mapped) return SABIR_OK;
    sabir_backend_device *device = buffer->device;
    VkResult result = device->api.MapMemory(device->handle, buffer->memory, 0, VK_WHOLE_SIZE, 0, &buffer->mapped);
    if (result != VK_SUCCESS) buffer->mapped = NULL;
    return sbr_vk_check(device, result, "vkMapMemory");
}

static sabir_status build(sabir_buffer *buffer, void *host)
{
    sabir_backend_device *device = buffer->device;
    SABIR_TRY(create_handle(buffer));
    SABIR_TRY(buffer->kind == SABIR_BUFFER_WRAPPED ? import(buffer, host) : allocate(buffer));
    VkResult result = device->api.BindBufferMemory(device->handle, buffer->handle, buffer->memory, 0);
    SABIR_TRY(sbr_vk_check(device, result, "vkBindBufferMemory"));
    if (buffer->kind == SABIR_BUFFER_STAGING) SABIR_TRY(map(buffer));
    if (device->adapter->addresses) {
        const VkBufferDeviceAddressInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO, .buffer = buffer->handle};
        buffer->address = device->api.GetBufferDeviceAddress(device->handle, &info);
    }
    return SABIR_OK;
}

static sabir_status check(sabir_backend_device *device, sabir_buffer_kind kind, uint64_t size, const void *host)
{
    const sbr_vk_adapter *adapter = device->adapter;
    SABIR_TRY(sbr_vk_alive(device));
    if (size == 0 || size % 4)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "the size of a buffer, %" PRIu64 " bytes, is not a multiple of 4 above 0", size);
    if (size > adapter->caps.largest_allocation) return no_room(device, size);
    if (device->allocation_count >= adapter->most_allocations)
        return sbr_fail(SABIR_OUT_OF_DEVICE_MEMORY, "%s allows %u allocations and all are taken; destroy buffers, or use fewer and larger ones",
                        adapter->caps.name, adapter->most_allocations);
    if (kind != SABIR_BUFFER_WRAPPED) return SABIR_OK;
    if (!adapter->import_alignment || !device->api.GetMemoryHostPointerPropertiesEXT)
        return sbr_fail(SABIR_UNSUPPORTED, "%s cannot use host memory in place; copy it into a buffer", adapter->caps.name);
    if (!host || (uintptr_t)host % adapter->import_alignment || size % adapter->import_alignment)
        return sbr_fail(SABIR_UNSUPPORTED,
                        "host memory at %p of %" PRIu64 " bytes is not aligned to %" PRIu64 " bytes, in address and size, as %s needs to use it in place",
                        host, size, adapter->import_alignment, adapter->caps.name);
    return SABIR_OK;
}

sabir_status sbr_vk_buffer_create(sabir_backend_device *device, sabir_buffer_kind kind, uint64_t size, void *host, sabir_buffer **buffer)
{
    *buffer = NULL;
    SABIR_TRY(check(device, kind, size, host));
    sabir_buffer *created = sbr_alloc(device->allocator, sizeof *created);
    if (!created) return sbr_no_memory(sizeof *created);
    created->device = device;
    created->kind = kind;
    created->size = size;
    sabir_status status = build(created, host);
    if (status != SABIR_OK) {
        sbr_vk_buffer_destroy(created);
        return status;
    }
    *buffer = created;
    return SABIR_OK;
}

void sbr_vk_buffer_destroy(sabir_buffer *buffer)
{
    if (!buffer) return;
    sabir_backend_device *device = buffer->device;
    if (buffer->handle) device->api.DestroyBuffer(device->handle, buffer->handle, NULL);
    if (buffer->memory) {
        device->api.FreeMemory(device->handle, buffer->memory, NULL); /* unmaps too */
        device->allocation_count--;
        if (buffer->kind != SABIR_BUFFER_WRAPPED) device->heap_used[buffer->heap] -= buffer->memory_size;
    }
    sbr_free(device->allocator, buffer);
}

sabir_status sbr_vk_buffer_map(sabir_buffer *buffer, void **memory)
{
    *memory = NULL;
    const sabir_device_caps *caps = &buffer->device->adapter->caps;
    if (buffer->kind == SABIR_BUFFER_DEVICE && !(caps->unified_memory && buffer->mappable))
        return sbr_fail(SABIR_UNSUPPORTED, "device buffers of %s cannot be mapped; copy through a staging buffer", caps->name);
    SABIR_TRY(map(buffer));
    *memory = buffer->mapped;
    return SABIR_OK;
}

/* Mappings are coherent and last as long as the buffer. */
void sbr_vk_buffer_unmap(sabir_buffer *buffer) { (void)buffer; }

uint64_t sbr_vk_buffer_address(sabir_buffer *buffer) { return buffer->address; }
