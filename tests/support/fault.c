#include "fault.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct live_object {
    void *handle;
    void *device; /* NULL: of the driver */
    fault_object kind;
    bool lost; /* a device */
} live_object;

typedef struct order {
    uint64_t number; /* of the call; 0: no order */
    sabir_status status;
} order;

static struct fault_state {
    const sabir_backend *inner;
    sabir_backend wrapper;
    sabir_status (*fail)(sabir_status status, const char *format, ...);
    uint64_t calls, injected, calls_of[FAULT_CALL_COUNT];
    order any, of[FAULT_CALL_COUNT];
    uint64_t lose_at;
    uint32_t bad_destroys;
    live_object *live;
    uint32_t live_count, live_capacity;
} state;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *const call_names[] = {
#define NAME(name) #name,
    FAULT_CALLS(NAME)
#undef NAME
};

/* ---- live objects; under the lock ---- */

static live_object *find(const void *handle, fault_object kind)
{
    for (uint32_t i = state.live_count; i-- > 0;)
        if (state.live[i].handle == handle && state.live[i].kind == kind) return &state.live[i];
    return NULL;
}

static bool is_lost(const void *device)
{
    const live_object *object = device ? find(device, FAULT_DEVICE) : NULL;
    return object && object->lost;
}

/* Room is made before the inner backend makes the object, so that none goes untracked. */
static bool make_room(void)
{
    pthread_mutex_lock(&lock);
    if (state.live_count == state.live_capacity) {
        const uint32_t capacity = state.live_capacity ? state.live_capacity * 2 : 64;
        live_object *bigger = realloc(state.live, capacity * sizeof *bigger);
        if (bigger) {
            state.live = bigger;
            state.live_capacity = capacity;
        }
    }
    const bool room = state.live_count < state.live_capacity;
    pthread_mutex_unlock(&lock);
    return room;
}

static void add(void *handle, fault_object kind, void *device)
{
    pthread_mutex_lock(&lock);
    state.live[state.live_count++] = (live_object){handle, device, kind, false};
    pthread_mutex_unlock(&lock);
}

/* false: it was not alive, and must not reach the inner backend. */
static bool take_out(const void *handle, fault_object kind)
{
    pthread_mutex_lock(&lock);
    live_object *object = find(handle, kind);
    if (object) *object = state.live[--state.live_count];
    else state.bad_destroys++;
    pthread_mutex_unlock(&lock);
    return object != NULL;
}

static sabir_backend_device *device_of(void *handle, fault_object kind)
{
    pthread_mutex_lock(&lock);
    const live_object *object = find(handle, kind);
    void *device = !object ? NULL : kind == FAULT_DEVICE ? handle : object->device;
    if (!object) state.bad_destroys++;
    pthread_mutex_unlock(&lock);
    return device;
}

/* ---- the decision ---- */

/* Numbers the call and says what it answers; SABIR_OK: let it through. device NULL: a call on no device.
 * A device that is being lost runs dry first: its callers will destroy what it was using without a wait. */
static sabir_status decide(fault_call call, sabir_backend_device *device)
{
    sabir_status status = SABIR_OK;
    bool losing = false;
    pthread_mutex_lock(&lock);
    const uint64_t number = ++state.calls, own = ++state.calls_of[call];
    if (state.lose_at && number >= state.lose_at && device) {
        live_object *object = find(device, FAULT_DEVICE);
        losing = object && !object->lost;
        if (object) object->lost = true;
        state.lose_at = 0;
    }
    if (state.of[call].number == own) status = state.of[call].status;
    if (state.any.number == number) status = state.any.status;
    if (is_lost(device)) status = SABIR_DEVICE_LOST;
    if (status != SABIR_OK) state.injected++;
    pthread_mutex_unlock(&lock);
    if (status == SABIR_OK) return SABIR_OK;
    if (losing) (void)state.inner->device_wait_idle(device);
    return state.fail(status, "call %llu, %s number %llu, was made to fail by the test", (unsigned long long)number, call_names[call],
                      (unsigned long long)own);
}

#define LET(call, device)                                        \
    do {                                                         \
        const sabir_status decided_ = decide(FAULT_##call, device); \
        if (decided_ != SABIR_OK) return decided_;               \
    } while (0)

static sabir_status no_room(void) { return state.fail(SABIR_OUT_OF_MEMORY, "the fault wrapper has no room to note another object"); }

/* ---- driver ---- */

static sabir_status wrap_open(const sabir_host *host, sabir_driver **driver)
{
    state.fail = host->fail;
    LET(open, NULL);
    if (!make_room()) return no_room();
    const sabir_status status = state.inner->open(host, driver);
    if (status == SABIR_OK) add(*driver, FAULT_DRIVER, NULL);
    return status;
}

static void wrap_close(sabir_driver *driver)
{
    if (driver && take_out(driver, FAULT_DRIVER)) state.inner->close(driver);
}

static uint32_t wrap_device_count(sabir_driver *driver) { return state.inner->device_count(driver); }

static sabir_status wrap_device_caps(sabir_driver *driver, uint32_t index, sabir_device_caps *caps)
{
    LET(device_caps, NULL);
    return state.inner->device_caps(driver, index, caps);
}

/* ---- device ---- */

static sabir_status wrap_device_open(sabir_driver *driver, uint32_t index, sabir_backend_device **device)
{
    LET(device_open, NULL);
    if (!make_room()) return no_room();
    const sabir_status status = state.inner->device_open(driver, index, device);
    if (status == SABIR_OK) add(*device, FAULT_DEVICE, NULL);
    return status;
}

static void wrap_device_close(sabir_backend_device *device)
{
    if (device && take_out(device, FAULT_DEVICE)) state.inner->device_close(device);
}

/* A wait that is made to fail: the device runs dry before the answer. */
static sabir_status decide_wait(fault_call call, sabir_backend_device *device)
{
    const sabir_status status = decide(call, device_of(device, FAULT_DEVICE));
    if (status == SABIR_OK || status == SABIR_TIMEOUT) return status;
    (void)state.inner->device_wait_idle(device);
    return state.fail(status, "%s was made to fail by the test", call_names[call]);
}

static sabir_status wrap_device_wait_idle(sabir_backend_device *device)
{
    const sabir_status status = decide_wait(FAULT_device_wait_idle, device);
    return status == SABIR_OK ? state.inner->device_wait_idle(device) : status;
}

static sabir_status wrap_memory_available(sabir_backend_device *device, uint64_t *bytes)
{
    LET(memory_available, device_of(device, FAULT_DEVICE));
    return state.inner->memory_available(device, bytes);
}

static sabir_status wrap_cache_export(sabir_backend_device *device, void **data, size_t *size)
{
    LET(cache_export, device_of(device, FAULT_DEVICE));
    return state.inner->cache_export(device, data, size);
}

static sabir_status wrap_cache_import(sabir_backend_device *device, const void *data, size_t size)
{
    LET(cache_import, device_of(device, FAULT_DEVICE));
    return state.inner->cache_import(device, data, size);
}

/* ---- buffer ---- */

static sabir_status wrap_buffer_create(sabir_backend_device *device, sabir_buffer_kind kind, uint64_t size, void *host,
                                       sabir_buffer **buffer)
{
    LET(buffer_create, device_of(device, FAULT_DEVICE));
    if (!make_room()) return no_room();
    const sabir_status status = state.inner->buffer_create(device, kind, size, host, buffer);
    if (status == SABIR_OK) add(*buffer, FAULT_BUFFER, device);
    return status;
}

static void wrap_buffer_destroy(sabir_buffer *buffer)
{
    if (buffer && take_out(buffer, FAULT_BUFFER)) state.inner->buffer_destroy(buffer);
}

static sabir_status wrap_buffer_map(sabir_buffer *buffer, void **memory)
{
    LET(buffer_map, device_of(buffer, FAULT_BUFFER));
    return state.inner->buffer_map(buffer, memory);
}

static void wrap_buffer_unmap(sabir_buffer *buffer) { state.inner->buffer_unmap(buffer); }
static uint64_t wrap_buffer_address(sabir_buffer *buffer) { return state.inner->buffer_address(buffer); }

/* ---- kernel ---- */

static sabir_status wrap_kernel_create(sabir_backend_device *device, const sabir_kernel_source *source, sabir_kernel **kernel)
{
    LET(kernel_create, device_of(device, FAULT_DEVICE));
    if (!make_room()) return no_room();
    const sabir_status status = state.inner->kernel_create(device, source, kernel);
    if (status == SABIR_OK) add(*kernel, FAULT_KERNEL, device);
    return status;
}

static void wrap_kernel_destroy(sabir_kernel *kernel)
{
    if (kernel && take_out(kernel, FAULT_KERNEL)) state.inner->kernel_destroy(kernel);
}

static sabir_status wrap_kernel_info(sabir_kernel *kernel, sabir_kernel_info *info)
{
    LET(kernel_info, device_of(kernel, FAULT_KERNEL));
    return state.inner->kernel_info(kernel, info);
}

static sabir_status wrap_kernel_binary(sabir_kernel *kernel, void **data, size_t *size)
{
    LET(kernel_binary, device_of(kernel, FAULT_KERNEL));
    return state.inner->kernel_binary(kernel, data, size);
}

/* ---- commands ---- */

static sabir_status wrap_commands_create(sabir_backend_device *device, sabir_commands **commands)
{
    LET(commands_create, device_of(device, FAULT_DEVICE));
    if (!make_room()) return no_room();
    const sabir_status status = state.inner->commands_create(device, commands);
    if (status == SABIR_OK) add(*commands, FAULT_COMMANDS, device);
    return status;
}

static void wrap_commands_destroy(sabir_commands *commands)
{
    if (commands && take_out(commands, FAULT_COMMANDS)) state.inner->commands_destroy(commands);
}

static sabir_status wrap_commands_begin(sabir_commands *commands)
{
    LET(commands_begin, device_of(commands, FAULT_COMMANDS));
    return state.inner->commands_begin(commands);
}

static sabir_status wrap_dispatch(sabir_commands *commands, sabir_kernel *kernel, const sabir_buffer_range *buffers, uint32_t buffer_count,
                                  sabir_buffer *control, uint32_t control_word, uint32_t groups_x, uint32_t groups_y)
{
    LET(dispatch, device_of(commands, FAULT_COMMANDS));
    return state.inner->dispatch(commands, kernel, buffers, buffer_count, control, control_word, groups_x, groups_y);
}

static sabir_status wrap_copy(sabir_commands *commands, sabir_buffer *from, uint64_t from_offset, sabir_buffer *to, uint64_t to_offset,
                              uint64_t bytes)
{
    LET(copy, device_of(commands, FAULT_COMMANDS));
    return state.inner->copy(commands, from, from_offset, to, to_offset, bytes);
}

static sabir_status wrap_fill(sabir_commands *commands, sabir_buffer *to, uint64_t offset, uint64_t bytes, uint32_t word)
{
    LET(fill, device_of(commands, FAULT_COMMANDS));
    return state.inner->fill(commands, to, offset, bytes, word);
}

static sabir_status wrap_barrier(sabir_commands *commands)
{
    LET(barrier, device_of(commands, FAULT_COMMANDS));
    return state.inner->barrier(commands);
}

static sabir_status wrap_timestamp(sabir_commands *commands, uint32_t slot)
{
    LET(timestamp, device_of(commands, FAULT_COMMANDS));
    return state.inner->timestamp(commands, slot);
}

static sabir_status wrap_commands_end(sabir_commands *commands)
{
    LET(commands_end, device_of(commands, FAULT_COMMANDS));
    return state.inner->commands_end(commands);
}

/* ---- queue ---- */

static sabir_status wrap_submit(sabir_backend_device *device, sabir_commands *const *commands, uint32_t count, uint64_t *ticket)
{
    LET(submit, device_of(device, FAULT_DEVICE));
    return state.inner->submit(device, commands, count, ticket);
}

static sabir_status wrap_wait(sabir_backend_device *device, uint64_t ticket, uint64_t nanoseconds)
{
    const sabir_status status = decide_wait(FAULT_wait, device);
    return status == SABIR_OK ? state.inner->wait(device, ticket, nanoseconds) : status;
}

static sabir_status wrap_poll(sabir_backend_device *device, uint64_t *reached)
{
    LET(poll, device_of(device, FAULT_DEVICE));
    return state.inner->poll(device, reached);
}

static sabir_status wrap_read_timestamps(sabir_commands *commands, uint32_t first, uint32_t count, uint64_t *nanoseconds)
{
    LET(read_timestamps, device_of(commands, FAULT_COMMANDS));
    return state.inner->read_timestamps(commands, first, count, nanoseconds);
}

/* ---- orders and counts ---- */

const sabir_backend *fault_wrap(const sabir_backend *inner)
{
    state.inner = inner;
    state.wrapper = (sabir_backend){
        .version = inner->version,
        .name = inner->name,
        .close = wrap_close,
        .device_count = wrap_device_count,
        .device_close = wrap_device_close,
        .buffer_destroy = wrap_buffer_destroy,
        .buffer_unmap = wrap_buffer_unmap,
        .buffer_address = wrap_buffer_address,
        .kernel_destroy = wrap_kernel_destroy,
        .commands_destroy = wrap_commands_destroy,
    };
#define FORWARD(name) state.wrapper.name = inner->name ? wrap_##name : NULL;
    FAULT_CALLS(FORWARD)
#undef FORWARD
    fault_reset();
    state.bad_destroys = 0;
    state.live_count = 0;
    return &state.wrapper;
}

void fault_reset(void)
{
    pthread_mutex_lock(&lock);
    state.calls = state.injected = state.lose_at = 0;
    memset(state.calls_of, 0, sizeof state.calls_of);
    memset(state.of, 0, sizeof state.of);
    state.any = (order){0};
    for (uint32_t i = 0; i < state.live_count; i++) state.live[i].lost = false;
    pthread_mutex_unlock(&lock);
}

void fault_fail_nth(uint64_t n, sabir_status status)
{
    pthread_mutex_lock(&lock);
    state.any = (order){n ? state.calls + n : 0, status};
    pthread_mutex_unlock(&lock);
}

void fault_fail_nth_of(fault_call call, uint64_t n, sabir_status status)
{
    if ((unsigned)call >= FAULT_CALL_COUNT) return;
    pthread_mutex_lock(&lock);
    state.of[call] = (order){n ? state.calls_of[call] + n : 0, status};
    pthread_mutex_unlock(&lock);
}

void fault_lose_nth(uint64_t n)
{
    pthread_mutex_lock(&lock);
    state.lose_at = n ? state.calls + n : 0;
    pthread_mutex_unlock(&lock);
}

static uint64_t read_locked(const uint64_t *value)
{
    pthread_mutex_lock(&lock);
    const uint64_t copy = *value;
    pthread_mutex_unlock(&lock);
    return copy;
}

uint64_t fault_calls(void) { return read_locked(&state.calls); }
uint64_t fault_calls_of(fault_call call) { return (unsigned)call < FAULT_CALL_COUNT ? read_locked(&state.calls_of[call]) : 0; }
uint64_t fault_injected(void) { return read_locked(&state.injected); }
const char *fault_call_name(fault_call call) { return (unsigned)call < FAULT_CALL_COUNT ? call_names[call] : "?"; }

uint32_t fault_live_of(fault_object kind)
{
    uint32_t count = 0;
    pthread_mutex_lock(&lock);
    for (uint32_t i = 0; i < state.live_count; i++) count += state.live[i].kind == kind || kind == FAULT_OBJECT_COUNT;
    pthread_mutex_unlock(&lock);
    return count;
}

uint32_t fault_live_objects(void) { return fault_live_of(FAULT_OBJECT_COUNT); }

uint32_t fault_bad_destroys(void)
{
    pthread_mutex_lock(&lock);
    const uint32_t count = state.bad_destroys;
    pthread_mutex_unlock(&lock);
    return count;
}
