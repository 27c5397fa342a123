/* Transfers between host memory and device buffers, in pieces, through one staging buffer a device. Whole words travel; where a
 * transfer begins or ends inside a word, the word is read first. */
#include "device.h"

static const uint64_t STAGING_BYTES = 8u << 20;

typedef struct piece { sabir_buffer *from; uint64_t from_offset; sabir_buffer *to; uint64_t to_offset, bytes; } piece; /* from NULL: zeros */

static sabir_status ready(sabir_device *device)
{
    sbr_staging *staging = &device->staging;
    if (!staging->buffer) {
        uint64_t bytes = STAGING_BYTES < device->caps.largest_allocation ? STAGING_BYTES : device->caps.largest_allocation / 4 * 4;
        SABIR_TRY(sbr_device_buffer(device, SABIR_BUFFER_STAGING, bytes, "the staging buffer", &staging->buffer));
        staging->bytes = bytes;
    }
    if (!staging->memory) {
        void *memory;
        SABIR_TRY(sbr_device_note(device, device->backend->buffer_map(staging->buffer, &memory)));
        staging->memory = memory;
    }
    if (staging->commands) return SABIR_OK;
    return sbr_device_note(device, device->backend->commands_create(device->handle, &staging->commands));
}

void sbr_staging_free(sabir_device *device)
{
    sbr_staging *staging = &device->staging;
    if (staging->commands) device->backend->commands_destroy(staging->commands);
    if (staging->memory) device->backend->buffer_unmap(staging->buffer);
    if (staging->buffer) device->backend->buffer_destroy(staging->buffer);
    *staging = (sbr_staging){0};
}

static sabir_status record(sabir_device *device, const piece *pieces, uint32_t count)
{
    const sabir_backend *backend = device->backend;
    sabir_commands *commands = device->staging.commands;
    SABIR_TRY(backend->commands_begin(commands));
    SABIR_TRY(backend->barrier(commands));
    for (uint32_t i = 0; i < count; i++) {
        const piece *p = &pieces[i];
        if (p->from) SABIR_TRY(backend->copy(commands, p->from, p->from_offset, p->to, p->to_offset, p->bytes));
        else SABIR_TRY(backend->fill(commands, p->to, p->to_offset, p->bytes, 0));
    }
    SABIR_TRY(backend->barrier(commands));
    return backend->commands_end(commands);
}

/* Under staging_lock. */
static sabir_status transfer(sabir_device *device, const piece *pieces, uint32_t count)
{
    uint64_t ticket = 0;
    sbr_lock(&device->lock);
    sabir_status status = ready(device);
    if (status == SABIR_OK) status = sbr_device_note(device, record(device, pieces, count));
    if (status == SABIR_OK) status = sbr_device_submit(device, &device->staging.commands, 1, &ticket);
    sbr_unlock(&device->lock);
    return status == SABIR_OK ? sbr_device_wait_ticket(device, ticket) : status;
}

static sabir_status prepare(sabir_device *device)
{
    sbr_lock(&device->lock);
    sabir_status status = ready(device);
    sbr_unlock(&device->lock);
    return status;
}

/* The words from first to end, whose bytes [offset, offset + bytes) are to change. */
static sabir_status write_words(sabir_device *device, sabir_buffer *buffer, uint64_t room, uint64_t offset, const void *data, uint64_t bytes)
{
    const uint64_t first = offset / 4 * 4, end = sbr_round_up(offset + bytes, 4);
    if (end > room) return sbr_fail(SABIR_INTERNAL, "a write ends at %llu of %llu bytes", (unsigned long long)end, (unsigned long long)room);
    sabir_buffer *staging = device->staging.buffer;
    piece edges[2];
    uint32_t count = 0;
    if (first != offset) edges[count++] = (piece){buffer, first, staging, 0, 4};
    if (end != offset + bytes && (!count || end - 4 != first)) edges[count++] = (piece){buffer, end - 4, staging, end - 4 - first, 4};
    if (count) SABIR_TRY(transfer(device, edges, count));
    memcpy(device->staging.memory + (offset - first), data, (size_t)bytes);
    return transfer(device, &(piece){staging, 0, buffer, first, end - first}, 1);
}

sabir_status sbr_staging_write(sabir_device *device, sabir_buffer *buffer, uint64_t room, uint64_t offset, const void *data, uint64_t bytes)
{
    sbr_lock(&device->staging_lock);
    sabir_status status = prepare(device);
    for (uint64_t done = 0; status == SABIR_OK && done < bytes;) {
        const uint64_t at = offset + done, space = device->staging.bytes - at % 4;
        const uint64_t part = bytes - done < space ? bytes - done : space;
        status = write_words(device, buffer, room, at, (const char *)data + done, part);
        done += part;
    }
    sbr_unlock(&device->staging_lock);
    return status;
}

sabir_status sbr_staging_read(sabir_device *device, sabir_buffer *buffer, uint64_t offset, void *data, uint64_t bytes)
{
    sbr_lock(&device->staging_lock);
    sabir_status status = prepare(device);
    for (uint64_t done = 0; status == SABIR_OK && done < bytes;) {
        const uint64_t at = offset + done, first = at / 4 * 4, space = device->staging.bytes - at % 4;
        const uint64_t part = bytes - done < space ? bytes - done : space;
        status = transfer(device, &(piece){buffer, first, device->staging.buffer, 0, sbr_round_up(at + part, 4) - first}, 1);
        if (status == SABIR_OK) memcpy((char *)data + done, device->staging.memory + (at - first), (size_t)part);
        done += part;
    }
    sbr_unlock(&device->staging_lock);
    return status;
}

sabir_status sbr_staging_copy(sabir_device *device, sabir_buffer *from, sabir_buffer *to, uint64_t room)
{
    sbr_lock(&device->staging_lock);
    sabir_status status = transfer(device, &(piece){from, 0, to, 0, room}, 1);
    sbr_unlock(&device->staging_lock);
    return status;
}

sabir_status sbr_staging_zero(sabir_device *device, sabir_buffer *to, uint64_t room) { return sbr_staging_copy(device, NULL, to, room); }
