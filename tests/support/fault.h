/* Faults on demand: a backend that stands around another one, and an allocator.
 *
 * A sabir_backend carries no user pointer, so the wrapper is one piece of static state: one backend is wrapped at a time, in one
 * context. Handles pass through unchanged. A call that is made to fail does not reach the inner backend and makes no object; a wait
 * that is made to fail (other than by SABIR_TIMEOUT), or that loses the device, lets the device run dry first: a device that failed runs
 * nothing any more, so the caller may destroy what it holds.
 *
 * Calls are numbered from 1 since fault_wrap or fault_reset; only calls that return a status have a number. All functions may be
 * called from any thread. */
#ifndef FAULT_H
#define FAULT_H

#include "sabir/backend.h"

/* The calls that can fail, by their names in sabir_backend. */
#define FAULT_CALLS(ROW)                                                                                                   \
    ROW(open) ROW(device_caps) ROW(device_open) ROW(device_wait_idle) ROW(memory_available) ROW(buffer_create)             \
    ROW(buffer_map) ROW(kernel_create) ROW(kernel_info) ROW(kernel_binary) ROW(cache_export) ROW(cache_import)             \
    ROW(commands_create) ROW(commands_begin) ROW(dispatch) ROW(copy) ROW(fill) ROW(barrier) ROW(timestamp)                 \
    ROW(commands_end) ROW(submit) ROW(wait) ROW(poll) ROW(read_timestamps)

typedef enum fault_call {
#define FAULT_CALL_ENUM(name) FAULT_##name,
    FAULT_CALLS(FAULT_CALL_ENUM)
#undef FAULT_CALL_ENUM
    FAULT_CALL_COUNT
} fault_call;

typedef enum fault_object { FAULT_DRIVER, FAULT_DEVICE, FAULT_BUFFER, FAULT_KERNEL, FAULT_COMMANDS, FAULT_OBJECT_COUNT } fault_object;

/* The wrapper around inner, reset; functions that inner lacks are lacking. Nothing may be alive from a former inner backend. */
const sabir_backend *fault_wrap(const sabir_backend *inner);
/* Counts from 1 again, nothing is made to fail, no device is lost. Live objects stay known. */
void fault_reset(void);

/* The n-th call from now on, of any kind, answers status. 0: none. */
void fault_fail_nth(uint64_t n, sabir_status status);
/* The n-th call of that kind from now on answers status. One such order per kind. 0: none. */
void fault_fail_nth_of(fault_call call, uint64_t n, sabir_status status);
/* The device that the n-th call from now on, or the first one on a device after it, is for is lost: this and every later call for
 * it answers SABIR_DEVICE_LOST. A device opened later is healthy. 0: none. */
void fault_lose_nth(uint64_t n);

uint64_t fault_calls(void); /* since the reset */
uint64_t fault_calls_of(fault_call call);
uint64_t fault_injected(void); /* calls that were made to fail since the reset */
const char *fault_call_name(fault_call call);

uint32_t fault_live_objects(void); /* drivers, devices, buffers, kernels and commands made and not yet destroyed */
uint32_t fault_live_of(fault_object kind);
uint32_t fault_bad_destroys(void); /* objects destroyed or used that were not alive, since fault_wrap */

/* fault_memory.c: an allocator over malloc that counts and fails. Zero it (or FAULT_MEMORY) before use; it must outlive what uses it. */
typedef struct fault_memory {
    uint64_t requests;   /* allocate and resize, since the start */
    uint64_t fail_at;    /* the request of this number answers NULL; 0: none */
    bool fail_from;      /* and every later one too */
    uint64_t failed;     /* requests that were made to fail */
    uint64_t live_bytes, live_blocks, most_bytes;
    uint64_t bad_releases; /* resize or release of memory that did not come from here or was gone */
} fault_memory;

#define FAULT_MEMORY {0}

/* memory's fields may be read while no other thread uses the allocator. */
sabir_allocator fault_allocator(fault_memory *memory);
/* The n-th request from now on fails, and with from every later one. 0: none. */
void fault_memory_fail_nth(fault_memory *memory, uint64_t n, bool from);

#endif
