/* Devices found, chosen and not found. Backends here are made up: they list devices and refuse to open them. suite: host, timeout: 60 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "sabir/backend.h"
#include "sabir/sabir.h"

/* ---- A backend of which only the list is real ---- */

static sabir_device_caps listed[4];
static uint32_t listed_count;
static sabir_status open_answer;

static sabir_status open_(const sabir_host *host, sabir_driver **driver)
{
    static int nothing;
    *driver = (sabir_driver *)(void *)&nothing;
    if (open_answer != SABIR_OK) return host->fail(open_answer, "the made-up library %s is missing", host->loader);
    return SABIR_OK;
}
static void close_(sabir_driver *driver) { (void)driver; }
static uint32_t count_(sabir_driver *driver) { (void)driver; return listed_count; }
static sabir_status caps_(sabir_driver *driver, uint32_t index, sabir_device_caps *caps)
{
    (void)driver;
    *caps = listed[index];
    return SABIR_OK;
}
static sabir_status device_open_(sabir_driver *driver, uint32_t index, sabir_backend_device **device)
{
    (void)driver, (void)index, (void)device;
    return SABIR_DEVICE_LOST;
}
static void never_device(sabir_backend_device *device) { (void)device; }
static sabir_status never_idle(sabir_backend_device *device) { (void)device; return SABIR_OK; }
static sabir_status never_buffer(sabir_backend_device *d, sabir_buffer_kind k, uint64_t s, void *h, sabir_buffer **b) { (void)d, (void)k, (void)s, (void)h, (void)b; return SABIR_INTERNAL; }
static void never_destroy(sabir_buffer *buffer) { (void)buffer; }
static sabir_status never_map(sabir_buffer *buffer, void **memory) { (void)buffer, (void)memory; return SABIR_INTERNAL; }
static uint64_t never_address(sabir_buffer *buffer) { (void)buffer; return 0; }
static sabir_status never_kernel(sabir_backend_device *d, const sabir_kernel_source *s, sabir_kernel **k) { (void)d, (void)s, (void)k; return SABIR_INTERNAL; }
static void never_kernel_destroy(sabir_kernel *kernel) { (void)kernel; }
static sabir_status never_commands(sabir_backend_device *d, sabir_commands **c) { (void)d, (void)c; return SABIR_INTERNAL; }
static void never_commands_destroy(sabir_commands *commands) { (void)commands; }
static sabir_status never_record(sabir_commands *commands) { (void)commands; return SABIR_INTERNAL; }
static sabir_status never_dispatch(sabir_commands *c, sabir_kernel *k, const sabir_buffer_range *r, uint32_t n, sabir_buffer *b, uint32_t w, uint32_t x, uint32_t y)
{
    (void)c, (void)k, (void)r, (void)n, (void)b, (void)w, (void)x, (void)y;
    return SABIR_INTERNAL;
}
static sabir_status never_copy(sabir_commands *c, sabir_buffer *f, uint64_t fo, sabir_buffer *t, uint64_t to, uint64_t n) { (void)c, (void)f, (void)fo, (void)t, (void)to, (void)n; return SABIR_INTERNAL; }
static sabir_status never_fill(sabir_commands *c, sabir_buffer *t, uint64_t o, uint64_t n, uint32_t w) { (void)c, (void)t, (void)o, (void)n, (void)w; return SABIR_INTERNAL; }
static sabir_status never_submit(sabir_backend_device *d, sabir_commands *const *c, uint32_t n, uint64_t *t) { (void)d, (void)c, (void)n, (void)t; return SABIR_INTERNAL; }
static sabir_status never_wait(sabir_backend_device *d, uint64_t t, uint64_t n) { (void)d, (void)t, (void)n; return SABIR_INTERNAL; }
static sabir_status never_poll(sabir_backend_device *d, uint64_t *t) { (void)d, (void)t; return SABIR_INTERNAL; }

#define LISTING(text)                                                                                                                    \
    {.version = SABIR_BACKEND_VERSION, .name = (text), .open = open_, .close = close_, .device_count = count_, .device_caps = caps_,      \
     .device_open = device_open_, .device_close = never_device, .device_wait_idle = never_idle, .buffer_create = never_buffer,            \
     .buffer_destroy = never_destroy, .buffer_map = never_map, .buffer_unmap = never_destroy, .buffer_address = never_address,            \
     .kernel_create = never_kernel, .kernel_destroy = never_kernel_destroy, .commands_create = never_commands,                            \
     .commands_destroy = never_commands_destroy, .commands_begin = never_record, .dispatch = never_dispatch, .copy = never_copy,          \
     .fill = never_fill, .barrier = never_record, .commands_end = never_record, .submit = never_submit, .wait = never_wait, .poll = never_poll}
static const sabir_backend as_vulkan = LISTING("vulkan"), as_opencl = LISTING("opencl"), as_other = LISTING("other");

static sabir_device_caps device(const char *name, bool software, uint8_t uuid)
{
    sabir_device_caps caps = {.size = sizeof caps, .software = software, .largest_allocation = 1 << 20, .largest_binding = 1 << 20};
    snprintf(caps.name, sizeof caps.name, "%s", name);
    caps.uuid[3] = uuid;
    return caps;
}

static unsigned warnings;
static char last_warning[512];
static void keep_warnings(void *user, sabir_log_level level, const char *message)
{
    (void)user;
    if (level != SABIR_LOG_WARNING) return;
    warnings++;
    snprintf(last_warning, sizeof last_warning, "%s", message);
}

static sabir_context *make_context(const char *clamp)
{
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.log = keep_warnings;
    options.cache_directory = "";
    options.clamp = clamp;
    options.vulkan_library = "libnone-vulkan.so";
    options.opencl_library = "libnone-opencl.so";
    warnings = 0;
    sabir_context *context;
    cr_assert_eq(sabir_context_create(&options, &context), SABIR_OK);
    return context;
}

static void expect(sabir_context *context, uint32_t position, const char *id)
{
    sabir_device_info info = {.size = sizeof info};
    cr_assert_eq(sabir_device_describe(context, position, &info), SABIR_OK);
    cr_assert_str_eq(info.id, id);
}

/* ---- Tests ---- */

Test(device_registry, starts_where_nothing_is_installed)
{
    sabir_context *context = make_context(NULL);
    uint32_t count;
    cr_assert_eq(sabir_device_count(context, &count), SABIR_OK);
    cr_assert_eq(count, 1);
    expect(context, 0, "reference");
    const char *missing = sabir_device_missing(context);
    cr_assert(strstr(missing, "vulkan: ") && strstr(missing, "opencl: "), "%s", missing);
    sabir_device *reference;
    cr_assert_eq(sabir_device_open(context, NULL, &reference), SABIR_OK);
    cr_assert(warnings && strstr(last_warning, "reference"));
    sabir_device_release(reference);
    cr_assert_eq(sabir_device_open(context, "vulkan", &reference), SABIR_NOT_FOUND);
    cr_assert(strstr(sabir_last_message(), "reference"));
    cr_assert_null(reference);
    sabir_context_release(context);
}

Test(device_registry, ids_and_the_same_card)
{
    listed[0] = device("Card  One (TM)", false, 7);
    listed[1] = device("Card  One (TM)", false, 7);
    listed[2] = device("slowpipe", true, 9);
    listed_count = 3;
    sabir_context *context = make_context(NULL);
    cr_assert_eq(sabir_context_add_backend(context, &as_vulkan, NULL), SABIR_OK);
    cr_assert_eq(sabir_context_add_backend(context, &as_opencl, NULL), SABIR_OK);
    uint32_t count;
    cr_assert_eq(sabir_device_count(context, &count), SABIR_OK);
    cr_assert_eq(count, 7);
    expect(context, 0, "vulkan:0");
    expect(context, 4, "opencl:1");
    expect(context, 6, "reference");
    sabir_device_info first = {.size = sizeof first}, twin = {.size = sizeof twin}, other = {.size = sizeof other};
    sabir_device_describe(context, 0, &first);
    sabir_device_describe(context, 1, &twin);
    sabir_device_describe(context, 3, &other);
    cr_assert_eq(strncmp(first.stable_id, "vulkan:card-one-tm:", 19), 0, "%s", first.stable_id);
    cr_assert_eq(strlen(first.stable_id), 19 + 8);
    cr_assert_eq(strncmp(twin.stable_id, first.stable_id, strlen(first.stable_id)), 0);
    cr_assert_str_eq(twin.stable_id + strlen(first.stable_id), "-2");
    cr_assert_eq(first.same_as, -1);
    cr_assert_eq(twin.same_as, -1, "two of one API are two cards");
    cr_assert_eq(other.same_as, 0);
    sabir_context_release(context);
}

/* The made-up devices do not open, so the message or status shows which was meant. */
static void chooses(const char *selector, bool software_warned)
{
    sabir_context *context = make_context(NULL);
    sabir_context_add_backend(context, &as_vulkan, NULL);
    sabir_device *opened;
    cr_assert_eq(sabir_device_open(context, selector, &opened), SABIR_DEVICE_LOST, "%s", selector);
    cr_assert_eq(warnings > 0, software_warned, "%s: %s", selector, last_warning);
    sabir_context_release(context);
}

Test(device_registry, auto_prefers_gpus_and_warns_otherwise)
{
    listed[0] = device("slowpipe", true, 9);
    listed[1] = device("Card", false, 1);
    listed_count = 2;
    chooses("auto", false);
    chooses(NULL, false);
    chooses("card", false);
    listed_count = 1;
    chooses("auto", true);
    chooses("vulkan", false);
    chooses("vulkan:0", false);
    chooses("SLOW", false);
}

Test(device_registry, a_driver_that_fails_is_told_and_the_rest_goes_on)
{
    open_answer = SABIR_INTERNAL;
    listed_count = 1;
    sabir_context *context = make_context(NULL);
    sabir_context_add_backend(context, &as_other, "made-up.so");
    uint32_t count;
    cr_assert_eq(sabir_device_count(context, &count), SABIR_OK);
    cr_assert_eq(count, 1);
    cr_assert(strstr(sabir_device_missing(context), "made-up.so is missing"));
    cr_assert_gt(warnings, 0);
    sabir_context_release(context);
}

Test(device_registry, misuse)
{
    sabir_context *context = make_context(NULL);
    sabir_backend broken = as_other;
    broken.version = 99;
    cr_assert_eq(sabir_context_add_backend(context, &broken, NULL), SABIR_INVALID_ARGUMENT);
    broken = as_other;
    broken.submit = NULL;
    cr_assert_eq(sabir_context_add_backend(context, &broken, NULL), SABIR_INVALID_ARGUMENT);
    cr_assert_eq(sabir_context_add_backend(context, NULL, NULL), SABIR_INVALID_ARGUMENT);
    cr_assert_eq(sabir_context_add_backend(NULL, &as_other, NULL), SABIR_INVALID_ARGUMENT);
    cr_assert_eq(sabir_context_add_backend(context, &as_other, NULL), SABIR_OK);
    cr_assert_eq(sabir_context_add_backend(context, &as_other, NULL), SABIR_MISUSE);
    uint32_t count;
    cr_assert_eq(sabir_device_count(context, &count), SABIR_OK);
    cr_assert_eq(sabir_context_add_backend(context, &as_vulkan, NULL), SABIR_MISUSE);
    cr_assert_eq(sabir_device_count(context, NULL), SABIR_INVALID_ARGUMENT);
    sabir_device_info info = {.size = sizeof info};
    cr_assert_eq(sabir_device_describe(context, count, &info), SABIR_INVALID_ARGUMENT);
    info.size = 0;
    cr_assert_eq(sabir_device_describe(context, 0, &info), SABIR_INVALID_ARGUMENT);
    cr_assert_eq(sabir_device_open(context, "reference", NULL), SABIR_INVALID_ARGUMENT);
    cr_assert_eq(sabir_device_wait(NULL), SABIR_INVALID_ARGUMENT);
    sabir_context_release(context);
}

Test(device_registry, an_unknown_clamp_is_named)
{
    sabir_context *context = make_context("no-f64,bindings=3");
    uint32_t count = 9;
    cr_assert_eq(sabir_device_count(context, &count), SABIR_INVALID_ARGUMENT);
    cr_assert(strstr(sabir_last_message(), "bindings=3"));
    cr_assert_eq(count, 0);
    sabir_context_release(context);
}
