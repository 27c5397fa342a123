/* What is recorded, against a plain model: between two commands of the queue that touch one byte, one of them writing it, there is a barrier, and
 * every range lies in a living buffer. The device is made up: it notes commands and runs none. suite: host, timeout: 120 */
#include <stdlib.h>

#include "sabir/backend.h"
#include "test_planner.h"

enum { GRAPHS = 40, BINDING = 1 << 20 };

struct sabir_buffer { uint64_t size; unsigned char *memory; bool alive; sabir_buffer *made_before; };
struct sabir_kernel { uint32_t buffer_count; };
typedef struct access { const sabir_buffer *buffer; uint64_t begin, end; bool writes; } access;
typedef struct command { access accesses[24]; uint32_t count; bool is_barrier; } command;
struct sabir_commands { command *list; uint32_t count, capacity; bool ended; };

static struct device_state {
    uint64_t ticket, dispatches;
    uint32_t objects;
    sabir_buffer *buffers; /* all that were made: an address is not used again, so that a use after the end shows */
    command *since; /* commands since the last barrier, in the queue's order */
    uint32_t since_count, since_capacity;
} queue;

/* ---- The made-up backend ---- */

static sabir_status open_driver(const sabir_host *host, sabir_driver **driver)
{
    (void)host;
    *driver = (sabir_driver *)(void *)&queue;
    return SABIR_OK;
}
static void close_driver(sabir_driver *driver) { (void)driver; }
static uint32_t device_count(sabir_driver *driver) { return driver ? 1 : 0; }

static sabir_status device_caps(sabir_driver *driver, uint32_t index, sabir_device_caps *caps)
{
    (void)driver, (void)index;
    *caps = (sabir_device_caps){.size = sizeof *caps, .name = "notebook", .driver = "none", .vendor = "nobody", .language = SABIR_LANGUAGE_SPIRV, .compute_units = 8,
                                .memory = 1u << 30, .largest_allocation = 1u << 28, .largest_binding = BINDING, .buffer_alignment = 64, .shared_memory = 32768,
                                .group_invocations = 256, .group_count = {65535, 65535}, .subgroup_size = 32, .subgroup_min = 32, .subgroup_max = 32,
                                .has_f64 = true, .has_i64 = true, .has_addresses = false};
    return SABIR_OK;
}

static sabir_status device_open(sabir_driver *driver, uint32_t index, sabir_backend_device **device)
{
    (void)index;
    *device = (sabir_backend_device *)(void *)driver;
    return SABIR_OK;
}
static void device_close(sabir_backend_device *device) { (void)device; }
static sabir_status wait_idle(sabir_backend_device *device) { return device ? SABIR_OK : SABIR_INTERNAL; }

static sabir_status buffer_create(sabir_backend_device *device, sabir_buffer_kind kind, uint64_t size, void *host, sabir_buffer **buffer)
{
    (void)device, (void)kind, (void)host;
    *buffer = calloc(1, sizeof **buffer);
    (*buffer)->memory = calloc(1, size);
    (*buffer)->size = size;
    (*buffer)->alive = true;
    (*buffer)->made_before = queue.buffers;
    queue.buffers = *buffer;
    queue.objects++;
    return SABIR_OK;
}

static void buffer_destroy(sabir_buffer *buffer)
{
    cr_assert(buffer->alive);
    buffer->alive = false;
    free(buffer->memory);
    buffer->memory = NULL;
    queue.objects--;
}

static sabir_status buffer_map(sabir_buffer *buffer, void **memory)
{
    *memory = buffer->memory;
    return SABIR_OK;
}
static void buffer_unmap(sabir_buffer *buffer) { (void)buffer; }
static uint64_t buffer_address(sabir_buffer *buffer) { return (void)buffer, 0; }

static sabir_status kernel_create(sabir_backend_device *device, const sabir_kernel_source *source, sabir_kernel **kernel)
{
    (void)device;
    *kernel = calloc(1, sizeof **kernel);
    (*kernel)->buffer_count = source->buffer_count;
    queue.objects++;
    return SABIR_OK;
}
static void kernel_destroy(sabir_kernel *kernel)
{
    free(kernel);
    queue.objects--;
}

static sabir_status commands_create(sabir_backend_device *device, sabir_commands **commands)
{
    (void)device;
    *commands = calloc(1, sizeof **commands);
    queue.objects++;
    return SABIR_OK;
}
static void commands_destroy(sabir_commands *commands)
{
    free(commands->list);
    free(commands);
    queue.objects--;
}

static sabir_status commands_begin(sabir_commands *commands)
{
    commands->count = 0;
    commands->ended = false;
    return SABIR_OK;
}

static void append(command **list, uint32_t *count, uint32_t *capacity, const command *added)
{
    if (*count == *capacity) *list = realloc(*list, (*capacity = *capacity ? *capacity * 2 : 64) * sizeof **list);
    (*list)[(*count)++] = *added;
}

static void note(sabir_commands *commands, const command *added) { append(&commands->list, &commands->count, &commands->capacity, added); }

static void touch(command *c, const sabir_buffer *buffer, uint64_t offset, uint64_t bytes, bool writes)
{
    cr_assert(buffer && buffer->alive, "a buffer that is gone is recorded");
    cr_assert(bytes > 0 && bytes % 4 == 0 && offset % 4 == 0, "%llu bytes at %llu", (unsigned long long)bytes, (unsigned long long)offset);
    cr_assert(offset <= buffer->size && bytes <= buffer->size - offset, "%llu bytes at %llu leave a buffer of %llu", (unsigned long long)bytes,
              (unsigned long long)offset, (unsigned long long)buffer->size);
    c->accesses[c->count++] = (access){buffer, offset, offset + bytes, writes};
}

static sabir_status dispatch(sabir_commands *commands, sabir_kernel *kernel, const sabir_buffer_range *buffers, uint32_t buffer_count, sabir_buffer *control,
                             uint32_t control_word, uint32_t groups_x, uint32_t groups_y)
{
    command c = {0};
    cr_assert_eq(kernel->buffer_count, buffer_count);
    cr_assert(groups_x && groups_y && (uint64_t)control_word * 4 < control->size);
    touch(&c, control, 0, control->size, false); /* bound whole */
    for (uint32_t i = 0; i < buffer_count; i++) {
        cr_assert_eq(buffers[i].offset % 64, 0);
        cr_assert_leq(buffers[i].bytes, BINDING);
        touch(&c, buffers[i].buffer, buffers[i].offset, buffers[i].bytes, buffers[i].writes);
    }
    queue.dispatches++;
    note(commands, &c);
    return SABIR_OK;
}

static sabir_status copy(sabir_commands *commands, sabir_buffer *from, uint64_t from_offset, sabir_buffer *to, uint64_t to_offset, uint64_t bytes)
{
    command c = {0};
    touch(&c, from, from_offset, bytes, false);
    touch(&c, to, to_offset, bytes, true);
    note(commands, &c);
    return SABIR_OK;
}

static sabir_status fill(sabir_commands *commands, sabir_buffer *to, uint64_t offset, uint64_t bytes, uint32_t word)
{
    command c = {0};
    (void)word;
    touch(&c, to, offset, bytes, true);
    note(commands, &c);
    return SABIR_OK;
}

static sabir_status barrier(sabir_commands *commands)
{
    const command c = {.is_barrier = true};
    note(commands, &c);
    return SABIR_OK;
}

static sabir_status commands_end(sabir_commands *commands)
{
    commands->ended = true;
    return SABIR_OK;
}

/* ---- The model ---- */

static void check_against(const command *earlier, const command *later)
{
    for (uint32_t i = 0; i < earlier->count; i++)
        for (uint32_t k = 0; k < later->count; k++) {
            const access *a = &earlier->accesses[i], *b = &later->accesses[k];
            const bool conflict = a->buffer == b->buffer && (a->writes || b->writes) && a->begin < b->end && b->begin < a->end;
            cr_assert_not(conflict, "no barrier between a command that %s bytes %llu to %llu of a buffer and a later one that %s %llu to %llu",
                          a->writes ? "writes" : "reads", (unsigned long long)a->begin, (unsigned long long)a->end, b->writes ? "writes" : "reads",
                          (unsigned long long)b->begin, (unsigned long long)b->end);
        }
}

static sabir_status submit(sabir_backend_device *device, sabir_commands *const *commands, uint32_t count, uint64_t *ticket)
{
    (void)device;
    for (uint32_t c = 0; c < count; c++) {
        cr_assert(commands[c]->ended);
        for (uint32_t i = 0; i < commands[c]->count; i++) {
            const command *now = &commands[c]->list[i];
            if (now->is_barrier) queue.since_count = 0;
            for (uint32_t k = 0; k < queue.since_count; k++) check_against(&queue.since[k], now);
            if (!now->is_barrier) append(&queue.since, &queue.since_count, &queue.since_capacity, now);
        }
    }
    *ticket = ++queue.ticket;
    return SABIR_OK;
}

static sabir_status wait(sabir_backend_device *device, uint64_t ticket, uint64_t nanoseconds)
{
    (void)device, (void)nanoseconds;
    return ticket <= queue.ticket ? SABIR_OK : SABIR_TIMEOUT;
}

static sabir_status poll(sabir_backend_device *device, uint64_t *reached)
{
    (void)device;
    *reached = queue.ticket;
    return SABIR_OK;
}

static const sabir_backend notebook = {
    .version = SABIR_BACKEND_VERSION, .name = "notebook", .open = open_driver, .close = close_driver, .device_count = device_count, .device_caps = device_caps,
    .device_open = device_open, .device_close = device_close, .device_wait_idle = wait_idle, .buffer_create = buffer_create, .buffer_destroy = buffer_destroy,
    .buffer_map = buffer_map, .buffer_unmap = buffer_unmap, .buffer_address = buffer_address, .kernel_create = kernel_create, .kernel_destroy = kernel_destroy,
    .commands_create = commands_create, .commands_destroy = commands_destroy, .commands_begin = commands_begin, .dispatch = dispatch, .copy = copy, .fill = fill,
    .barrier = barrier, .commands_end = commands_end, .submit = submit, .wait = wait, .poll = poll,
};

/* ---- Test ---- */

static void ok(sabir_status status, uint32_t seed)
{
    cr_assert_eq(status, SABIR_OK, "seed %u: %s: %s", seed, sabir_status_name(status), sabir_last_message());
}

static void bind(sabir_program *program, sabir_device *device, const char *name, int64_t rows, uint32_t seed)
{
    sabir_tensor *tensor;
    ok(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(rows, WIDTH), &tensor), seed);
    ok(sabir_bind(program, sabir_slot(program, name), tensor), seed);
    sabir_tensor_release(tensor);
}

static void run_graph(sabir_context *context, sabir_device *device, uint32_t seed)
{
    sabir_store *store;
    sabir_program *program;
    sabir_graph *graph = random_graph(context, seed);
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR, .no_fusion = 1, .unplanned = seed % 4 == 0,
                                           .submission_seconds = seed % 3 ? 0 : 3e-5};
    ok(sabir_store_create(device, &store), seed);
    ok(sabir_compile(graph, device, store, &options, &program), seed);
    for (int64_t rows = 1; rows <= WIDTH; rows += 5) {
        bind(program, device, "ragged", rows, seed);
        bind(program, device, "x", WIDTH, seed);
        bind(program, device, "y", WIDTH, seed);
        bind(program, device, "early", WIDTH, seed);
        ok(sabir_run(program, NULL, 0), seed);
        ok(sabir_submit(program, NULL, 0, NULL), seed);
    }
    sabir_program_destroy(program);
    sabir_store_release(store);
    sabir_graph_destroy(graph);
}

Test(hazard_recording, random_graphs)
{
    sabir_context *context;
    sabir_device *device;
    const sabir_context_options options = {.size = sizeof options, .vulkan_library = "/nonexistent", .opencl_library = "/nonexistent", .cache_directory = "", .shaderc_library = ""};
    ok(sabir_context_create(&options, &context), 0);
    ok(sabir_context_add_backend(context, &notebook, NULL), 0);
    ok(sabir_device_open(context, "notebook", &device), 0);
    for (uint32_t seed = 0; seed < GRAPHS; seed++) run_graph(context, device, seed);
    cr_assert_gt(queue.dispatches, 1000);
    sabir_device_release(device);
    sabir_context_release(context);
    cr_assert_eq(queue.objects, 0, "%u objects are left", queue.objects);
    free(queue.since);
    while (queue.buffers) {
        sabir_buffer *buffer = queue.buffers;
        queue.buffers = buffer->made_before;
        free(buffer);
    }
}
