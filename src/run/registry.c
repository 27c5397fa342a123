#include "registry.h"

#include <stdarg.h>
#include <stdio.h>

#include "quirks.h"

#if defined(SABIR_WITH_VULKAN)
extern const sabir_backend sbr_vulkan_backend; /* backends/vulkan/vulkan.h */
#endif
#if defined(SABIR_WITH_OPENCL)
extern const sabir_backend sbr_opencl_backend; /* backends/opencl/opencl.h */
#endif

/* Held while drivers are opened and closed: PoCL 3.1 ends the process when two threads ask for its platforms at once. */
static sbr_mutex drivers_lock = PTHREAD_MUTEX_INITIALIZER;

/* What hangs on the context. */
typedef struct listed_backend { const sabir_backend *backend; char *loader; } listed_backend;
typedef struct runtime {
    SBR_VECTOR(listed_backend) added;
    sbr_registry *registry; /* NULL until devices were looked for */
} runtime;

const sabir_backend *sabir_builtin_backend(const char *name)
{
    static const sabir_backend *const backends[] = {
#if defined(SABIR_WITH_VULKAN)
        &sbr_vulkan_backend,
#endif
#if defined(SABIR_WITH_OPENCL)
        &sbr_opencl_backend,
#endif
        NULL};
    for (size_t i = 0; name && backends[i]; i++)
        if (strcmp(backends[i]->name, name) == 0) return backends[i];
    return NULL;
}

/* ---- The context's part ---- */

static void registry_free(sbr_registry *registry)
{
    if (!registry) return;
    const sabir_allocator *allocator = registry->allocator;
    sbr_lock(&drivers_lock);
    for (uint32_t i = registry->drivers.count; i-- > 0;) registry->drivers.data[i].backend->close(registry->drivers.data[i].handle);
    sbr_unlock(&drivers_lock);
    sbr_text_free(&registry->log.kept);
    sbr_vector_free(allocator, &registry->drivers);
    sbr_vector_free(allocator, &registry->devices);
    sbr_text_free(&registry->missing);
    sbr_free(allocator, registry);
}

static void runtime_destroy(sabir_context *context)
{
    runtime *all = context->runtime;
    const sabir_allocator *allocator = sbr_context_allocator(context);
    registry_free(all->registry);
    for (uint32_t i = 0; i < all->added.count; i++) sbr_free(allocator, all->added.data[i].loader);
    sbr_vector_free(allocator, &all->added);
    sbr_free(allocator, all);
    context->runtime = NULL;
}

/* Under the context's lock. */
static sabir_status runtime_get(sabir_context *context, runtime **all)
{
    if (!context->runtime) {
        context->runtime = sbr_alloc(sbr_context_allocator(context), sizeof(runtime));
        if (!context->runtime) return sbr_no_memory(sizeof(runtime));
        context->runtime_destroy = runtime_destroy;
    }
    *all = context->runtime;
    return SABIR_OK;
}

static bool is_complete(const sabir_backend *b)
{
    return b->name && b->open && b->close && b->device_count && b->device_caps && b->device_open && b->device_close && b->device_wait_idle &&
           b->buffer_create && b->buffer_destroy && b->buffer_map && b->buffer_unmap && b->buffer_address && b->kernel_create && b->kernel_destroy &&
           b->commands_create && b->commands_destroy && b->commands_begin && b->dispatch && b->copy && b->fill && b->barrier && b->commands_end &&
           b->submit && b->wait && b->poll;
}

static sabir_status add_backend(sabir_context *context, const sabir_backend *backend, const char *library)
{
    const sabir_allocator *allocator = sbr_context_allocator(context);
    runtime *all = NULL;
    SABIR_TRY(runtime_get(context, &all));
    if (all->registry)
        return sbr_fail(SABIR_MISUSE, "backend '%s' comes too late: the devices of this context were listed already", backend->name);
    for (uint32_t i = 0; i < all->added.count; i++)
        if (strcmp(all->added.data[i].backend->name, backend->name) == 0)
            return sbr_fail(SABIR_MISUSE, "a backend '%s' was added to this context before", backend->name);
    listed_backend row = {backend, NULL};
    if (library && !(row.loader = sbr_strdup(allocator, library))) return sbr_no_memory(strlen(library) + 1);
    if (sbr_push(allocator, &all->added, row)) return SABIR_OK;
    sbr_free(allocator, row.loader);
    return sbr_no_memory(sizeof row);
}

sabir_status sabir_context_add_backend(sabir_context *context, const sabir_backend *backend, const char *library)
{
    SABIR_TRY(sbr_context_check(context));
    if (!backend) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_context_add_backend: backend is NULL");
    if (backend->version != SABIR_BACKEND_VERSION)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "a backend of interface version %u; this library speaks %d: build it anew against sabir/backend.h",
                        backend->version, SABIR_BACKEND_VERSION);
    if (!is_complete(backend))
        return sbr_fail(SABIR_INVALID_ARGUMENT, "backend '%s' lacks a function that is not optional", backend->name ? backend->name : "without a name");
    sbr_lock(&context->lock);
    sabir_status status = add_backend(context, backend, library);
    sbr_unlock(&context->lock);
    return status;
}

/* ---- Looking for devices ---- */

static void log_of_host(void *user, sabir_log_level level, const char *message)
{
    sbr_log_sink *sink = user;
    if (!sink->keeps) {
        sbr_log(sink->context, level, "%s", message);
        return;
    }
    const char first = (char)('0' + (int)level);
    sbr_text_append(&sink->kept, &first, 1);
    sbr_text_append(&sink->kept, message, strlen(message) + 1);
}

SBR_PRINTF(3, 4) static void log_later(sbr_registry *registry, sabir_log_level level, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    log_of_host(&registry->log, level, message);
}

static void hand_over_log(sbr_log_sink *sink)
{
    sbr_text kept = sink->kept;
    sink->kept = (sbr_text){.allocator = kept.allocator};
    sink->keeps = false;
    for (size_t at = 0; at < kept.length; at += strlen(kept.data + at) + 1)
        sbr_log(sink->context, (sabir_log_level)(kept.data[at] - '0'), "%s", kept.data + at + 1);
    sbr_text_free(&kept);
}

static sabir_status note_missing(sbr_registry *registry, const sabir_backend *backend, sabir_status status)
{
    /* An absent API is normal; anything else is worth a look. */
    log_later(registry, status == SABIR_NOT_FOUND ? SABIR_LOG_INFO : SABIR_LOG_WARNING, "%s: %s", backend->name, sabir_last_message());
    sbr_text_printf(&registry->missing, "%s: %s\n", backend->name, sabir_last_message());
    return registry->missing.failed ? sbr_no_memory(1) : SABIR_OK;
}

static sabir_status add_device(sabir_context *context, sbr_registry *registry, const sbr_open_driver *driver, uint32_t index)
{
    sbr_found_device found = {.backend = driver->backend, .driver = driver->handle, .index = index, .caps = {.size = sizeof found.caps}};
    sabir_status status = driver->backend->device_caps(driver->handle, index, &found.caps);
    if (status == SABIR_OUT_OF_MEMORY) return status;
    if (status != SABIR_OK) return note_missing(registry, driver->backend, status);
    sbr_quirks_apply(sbr_quirks, sbr_quirk_count, driver->backend->name, &found.caps, found.info.quirks, sizeof found.info.quirks);
    if (found.info.quirks[0]) log_later(registry, SABIR_LOG_INFO, "%s: driver faults worked around: %s", found.caps.name, found.info.quirks);
    SABIR_TRY(sbr_clamp_apply(context->clamp, &found.caps));
    if (!sbr_push(registry->allocator, &registry->devices, found)) return sbr_no_memory(sizeof found);
    sbr_identify(registry, registry->devices.count - 1);
    return SABIR_OK;
}

static sabir_status open_backend(sabir_context *context, sbr_registry *registry, const sabir_backend *backend, const char *library)
{
    const sabir_host host = {
        .size = sizeof host,
        .allocator = context->allocator,
        .log_user = &registry->log,
        .log = log_of_host,
        .fail = sbr_fail,
        .loader = library ? library : "",
        .validation = context->validation,
    };
    if (!sbr_reserve(registry->allocator, &registry->drivers, 1)) return sbr_no_memory(sizeof(sbr_open_driver));
    sbr_open_driver driver = {backend, NULL};
    sabir_status status = backend->open(&host, &driver.handle);
    if (status == SABIR_OUT_OF_MEMORY) return status;
    if (status != SABIR_OK) return note_missing(registry, backend, status);
    registry->drivers.data[registry->drivers.count++] = driver;
    const uint32_t count = backend->device_count(driver.handle);
    for (uint32_t i = 0; i < count; i++) SABIR_TRY(add_device(context, registry, &driver, i));
    return SABIR_OK;
}

static const sabir_backend *named(const listed_backend *added, uint32_t count, const char *name, const char **library)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(added[i].backend->name, name) != 0) continue;
        if (added[i].loader) *library = added[i].loader;
        return added[i].backend;
    }
    return sabir_builtin_backend(name);
}

/* An added backend of a built-in's name stands in its place: a wrapper changes no id. */
static sabir_status look(sabir_context *context, sbr_registry *registry, const listed_backend *added, uint32_t count)
{
    static const char *const builtin[] = {"vulkan", "opencl"};
    const char *libraries[] = {context->vulkan_library ? context->vulkan_library : "libvulkan.so.1",
                               context->opencl_library ? context->opencl_library : "libOpenCL.so.1"};
    sabir_device_caps unused = {0};
    SABIR_TRY(sbr_clamp_apply(context->clamp, &unused)); /* a mistake is told even where no device is found */
    for (size_t i = 0; i < SBR_COUNT(builtin); i++) {
        const sabir_backend *backend = named(added, count, builtin[i], &libraries[i]);
        if (backend) SABIR_TRY(open_backend(context, registry, backend, libraries[i]));
        else sbr_text_printf(&registry->missing, "%s: not built into this library\n", builtin[i]);
    }
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(added[i].backend->name, builtin[0]) != 0 && strcmp(added[i].backend->name, builtin[1]) != 0)
            SABIR_TRY(open_backend(context, registry, added[i].backend, added[i].loader));
    const sbr_found_device reference = {0};
    if (!sbr_push(registry->allocator, &registry->devices, reference)) return sbr_no_memory(sizeof reference);
    sbr_identify(registry, registry->devices.count - 1);
    return registry->missing.failed ? sbr_no_memory(1) : SABIR_OK;
}

static sabir_status make_registry(sabir_context *context, const runtime *all, sbr_registry **registry)
{
    sbr_registry *made = sbr_alloc(sbr_context_allocator(context), sizeof *made);
    if (!made) return sbr_no_memory(sizeof *made);
    made->allocator = made->missing.allocator = made->log.kept.allocator = sbr_context_allocator(context);
    made->log.context = context;
    made->log.keeps = true;
    sbr_lock(&drivers_lock);
    sabir_status status = look(context, made, all->added.data, all->added.count);
    sbr_unlock(&drivers_lock);
    /* The message is the thread's last, whatever the callback does. */
    char message[512];
    snprintf(message, sizeof message, "%s", sabir_last_message());
    hand_over_log(&made->log);
    if (status == SABIR_OK) *registry = made;
    else registry_free(made);
    return status == SABIR_OK ? SABIR_OK : sbr_fail(status, "%s", message);
}

sabir_status sbr_registry_get(sabir_context *context, const sbr_registry **registry)
{
    SABIR_TRY(sbr_context_check(context));
    runtime *all = NULL;
    sbr_lock(&context->lock);
    sabir_status status = runtime_get(context, &all);
    sbr_registry *made = status == SABIR_OK ? all->registry : NULL;
    sbr_unlock(&context->lock);
    if (status != SABIR_OK) return status;
    if (!made) {
        SABIR_TRY(make_registry(context, all, &made));
        sbr_lock(&context->lock);
        sbr_registry *spare = all->registry ? made : NULL; /* another thread was quicker */
        if (spare) made = all->registry;
        else all->registry = made;
        sbr_unlock(&context->lock);
        registry_free(spare);
    }
    *registry = made;
    return SABIR_OK;
}

/* ---- Public ---- */

sabir_status sabir_device_count(sabir_context *context, uint32_t *count)
{
    if (!count) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_device_count: count is NULL");
    *count = 0;
    const sbr_registry *registry;
    SABIR_TRY(sbr_registry_get(context, &registry));
    *count = registry->devices.count;
    return SABIR_OK;
}

sabir_status sabir_device_describe(sabir_context *context, uint32_t position, sabir_device_info *info)
{
    if (!info || info->size < sizeof info->size)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_device_describe: info is NULL or its size is not set to sizeof(sabir_device_info)");
    const sbr_registry *registry;
    SABIR_TRY(sbr_registry_get(context, &registry));
    if (position >= registry->devices.count)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "there is no device %u: %u were found", position, registry->devices.count);
    size_t size = info->size < sizeof *info ? info->size : sizeof *info;
    memcpy(info, &registry->devices.data[position].info, size);
    info->size = size;
    return SABIR_OK;
}

const char *sabir_device_missing(sabir_context *context)
{
    const sbr_registry *registry;
    if (sbr_registry_get(context, &registry) != SABIR_OK || !registry->missing.data) return "";
    return registry->missing.data;
}
