#include "internal.h"

enum { MOST_SLOTS = 1 << 20 };

static sabir_status chunk_of(sabir_commands *commands, uint32_t slot, sbr_vk_query_chunk **chunk)
{
    sabir_backend_device *device = commands->device;
    uint32_t index = slot / SBR_VK_QUERY_CHUNK;
    while (commands->queries.count <= index)
        if (!sbr_push(device->allocator, &commands->queries, (sbr_vk_query_chunk){0})) return sbr_no_memory(sizeof **chunk);
    *chunk = &commands->queries.data[index];
    if ((*chunk)->pool) return SABIR_OK;
    const VkQueryPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
        .queryType = VK_QUERY_TYPE_TIMESTAMP,
        .queryCount = SBR_VK_QUERY_CHUNK,
    };
    return sbr_vk_check(device, device->api.CreateQueryPool(device->handle, &info, NULL, &(*chunk)->pool), "vkCreateQueryPool");
}

sabir_status sbr_vk_timestamp(sabir_commands *commands, uint32_t slot)
{
    SABIR_TRY(sbr_vk_recording_check(commands, "timestamp"));
    sabir_backend_device *device = commands->device;
    if (!device->adapter->timestamp_bits)
        return sbr_fail(SABIR_UNSUPPORTED, "%s has no timestamps on its compute queue", device->adapter->caps.name);
    if (slot >= MOST_SLOTS) return sbr_fail(SABIR_INVALID_ARGUMENT, "timestamp slot %u is above %d", slot, MOST_SLOTS - 1);
    sbr_vk_query_chunk *chunk = NULL;
    SABIR_TRY(chunk_of(commands, slot, &chunk));
    uint32_t query = slot % SBR_VK_QUERY_CHUNK;
    uint64_t bit = UINT64_C(1) << query;
    if (chunk->written & bit) return sbr_fail(SABIR_INVALID_ARGUMENT, "timestamp slot %u is marked twice in one recording", slot);
    if (!chunk->written) device->api.CmdResetQueryPool(commands->handle, chunk->pool, 0, SBR_VK_QUERY_CHUNK);
    device->api.CmdWriteTimestamp(commands->handle, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, chunk->pool, query);
    chunk->written |= bit;
    return SABIR_OK;
}

static sabir_status read_ticks(sabir_commands *commands, uint32_t slot, uint64_t *ticks)
{
    sabir_backend_device *device = commands->device;
    uint32_t index = slot / SBR_VK_QUERY_CHUNK, query = slot % SBR_VK_QUERY_CHUNK;
    if (index >= commands->queries.count || !(commands->queries.data[index].written >> query & 1))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "timestamp slot %u was not marked in the recording", slot);
    VkResult result = device->api.GetQueryPoolResults(device->handle, commands->queries.data[index].pool, query, 1, sizeof *ticks, ticks,
                                                      sizeof *ticks, VK_QUERY_RESULT_64_BIT);
    if (result == VK_NOT_READY)
        return sbr_fail(SABIR_MISUSE, "timestamp slot %u has no time yet: wait for the last submission of its commands first", slot);
    return sbr_vk_check(device, result, "vkGetQueryPoolResults");
}

static uint32_t first_written(const sabir_commands *commands)
{
    for (uint32_t i = 0; i < commands->queries.count; i++)
        if (commands->queries.data[i].written)
            return i * SBR_VK_QUERY_CHUNK + (uint32_t)__builtin_ctzll(commands->queries.data[i].written);
    return 0;
}

/* Counters of fewer than 64 bits wrap: every tick is taken as its signed distance from the recording's first slot. */
static uint64_t unwrap(uint64_t ticks, uint64_t origin, uint32_t bits)
{
    uint32_t unused = 64 - bits;
    int64_t distance = (int64_t)((ticks - origin) << unused) >> unused;
    return origin + (uint64_t)distance;
}

static uint64_t to_nanoseconds(uint64_t ticks, uint64_t period_ps)
{
    return ticks / 1000 * period_ps + ticks % 1000 * period_ps / 1000; /* no overflow before 64 bits of nanoseconds */
}

sabir_status sbr_vk_read_timestamps(sabir_commands *commands, uint32_t first, uint32_t count, uint64_t *nanoseconds)
{
    sabir_backend_device *device = commands->device;
    const sbr_vk_adapter *adapter = device->adapter;
    SABIR_TRY(sbr_vk_alive(device));
    if (!count) return SABIR_OK;
    if (!adapter->timestamp_bits) return sbr_fail(SABIR_UNSUPPORTED, "%s has no timestamps on its compute queue", adapter->caps.name);
    if (!atomic_load(&commands->last_ticket))
        return sbr_fail(SABIR_MISUSE, "timestamps were read of commands that were not submitted since they were recorded");
    uint64_t origin;
    SABIR_TRY(read_ticks(commands, first_written(commands), &origin));
    for (uint32_t i = 0; i < count; i++) {
        if (first > UINT32_MAX - i) return sbr_fail(SABIR_INVALID_ARGUMENT, "%u timestamp slots from %u are too many", count, first);
        uint64_t ticks;
        SABIR_TRY(read_ticks(commands, first + i, &ticks));
        nanoseconds[i] = to_nanoseconds(unwrap(ticks, origin, adapter->timestamp_bits), adapter->caps.timestamp_period_ps);
    }
    return SABIR_OK;
}

void sbr_vk_timestamps_reset(sabir_commands *commands)
{
    for (uint32_t i = 0; i < commands->queries.count; i++) commands->queries.data[i].written = 0;
}

void sbr_vk_timestamps_destroy(sabir_commands *commands)
{
    sabir_backend_device *device = commands->device;
    for (uint32_t i = 0; i < commands->queries.count; i++)
        if (commands->queries.data[i].pool) device->api.DestroyQueryPool(device->handle, commands->queries.data[i].pool, NULL);
    sbr_vector_free(device->allocator, &commands->queries);
}
