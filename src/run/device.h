/* An open device, and the tensors and stores on it.
 *
 * Locks, outermost first: staging_lock (the staging buffer and its commands), lock (every backend call but wait, poll and
 * read_timestamps; the pending run; the kernel cache). Neither is held while waiting for the device, but staging_lock during a transfer. */
#ifndef SBR_RUN_DEVICE_H
#define SBR_RUN_DEVICE_H

#include <stdatomic.h>

#include "base/blob.h"
#include "base/context.h"
#include "kernels.h"
#include "registry.h"
#include "sabir/backend.h"
#include "sabir/device.h"

struct sabir_event;

/* What a device copies through. */
typedef struct sbr_staging {
    sabir_buffer *buffer; /* NULL until needed */
    unsigned char *memory;
    uint64_t bytes;
    sabir_commands *commands;
} sbr_staging;

struct sabir_device {
    atomic_uint references;
    sabir_context *context; /* retained */
    const sbr_found_device *found;
    const sabir_backend *backend; /* NULL: the reference */
    sabir_backend_device *handle;
    sabir_device_caps caps;
    sbr_blob_cache blobs;
    sbr_mutex lock, staging_lock;
    atomic_bool lost;
    char lost_message[640]; /* written once, before lost is set */
    atomic_ullong serial;   /* last id given to a tensor or shadow of this device */
    sbr_staging staging;
    sbr_kernel_cache kernels;
    struct sabir_event *pending; /* the run whose later submissions were not made yet; NULL: none */
};

struct sabir_tensor {
    atomic_uint references;
    sabir_device *device; /* retained */
    sabir_type type;
    sabir_shape shape;
    uint64_t bytes, room; /* room: bytes rounded up to whole words, at least one */
    uint64_t id;          /* never used twice on a device */
    sabir_buffer *buffer; /* NULL on the reference */
    void *host;           /* the reference: the elements; wrapped: the caller's memory */
    bool wrapped;
    void *mapped;         /* what sabir_tensor_map gave; NULL: not mapped */
    atomic_ullong ticket; /* of the last submission that uses it */
    atomic_bool poisoned; /* a failed run was writing it */
    uint64_t rewritten;   /* bytes from the start that were written since it was poisoned */
    char *name;           /* of a variable, for messages; NULL: none */
};

struct sabir_store {
    atomic_uint references;
    sabir_device *device; /* retained */
    SBR_VECTOR(sabir_tensor *) variables;
};

static inline const sabir_allocator *sbr_device_allocator(const sabir_device *device) { return sbr_context_allocator(device->context); }

/* SABIR_DEVICE_LOST once the device was lost; SABIR_MISUSE after a fork; what names the caller for a NULL device. */
sabir_status sbr_device_check(const sabir_device *device, const char *what);
/* Notes a loss. Returns status. Every status of a backend call goes through it. */
sabir_status sbr_device_note(sabir_device *device, sabir_status status);
/* Submits what a long run has not submitted yet, so that later work comes after it. Under lock. */
void sbr_device_flush(sabir_device *device);
/* Submits, after the pending run. Under lock. */
sabir_status sbr_device_submit(sabir_device *device, sabir_commands *const *commands, uint32_t count, uint64_t *ticket);
/* Without lock. */
sabir_status sbr_device_wait_ticket(sabir_device *device, uint64_t ticket);

/* A buffer of the device. Under lock. SABIR_OUT_OF_DEVICE_MEMORY names what it was for. */
sabir_status sbr_device_buffer(sabir_device *device, sabir_buffer_kind kind, uint64_t bytes, const char *what, sabir_buffer **buffer);

/* staging.c: bytes at any offset of a device buffer; room is the buffer's size. After the pending run; waits until done. */
sabir_status sbr_staging_write(sabir_device *device, sabir_buffer *buffer, uint64_t room, uint64_t offset, const void *data, uint64_t bytes);
sabir_status sbr_staging_read(sabir_device *device, sabir_buffer *buffer, uint64_t offset, void *data, uint64_t bytes);
/* Whole buffers of one device: room bytes, a multiple of 4. */
sabir_status sbr_staging_copy(sabir_device *device, sabir_buffer *from, sabir_buffer *to, uint64_t room);
sabir_status sbr_staging_zero(sabir_device *device, sabir_buffer *to, uint64_t room);
void sbr_staging_free(sabir_device *device);

/* tensor.c */
/* Waits until no submitted work uses the tensor. */
sabir_status sbr_tensor_settle(sabir_tensor *tensor);
void sbr_tensor_poison(sabir_tensor *tensor);
void sbr_tensor_heal(sabir_tensor *tensor);
/* SABIR_INVALID_SHAPE: rank, negative extents, or more bytes than can be counted. */
sabir_status sbr_tensor_size(sabir_type type, const sabir_shape *shape, uint64_t *bytes);
/* "f32[2, 3]" */
void sbr_tensor_text(sabir_type type, const sabir_shape *shape, char *text, size_t size);
bool sbr_tensor_same(const sabir_shape *a, const sabir_shape *b);
#endif
