/* Every call of a backend fails in turn, and every call loses the device in turn: a status with a message, nothing left behind, and the
 * program, or one made anew in the same context, works afterwards. suite: device, timeout: 600 */
#include "support/fault.h"
#include "test_fault.h"

static unsigned logged_errors;

static void count_errors(void *user, sabir_log_level level, const char *message)
{
    (void)user;
    if (level != SABIR_LOG_ERROR) return;
    logged_errors++;
    cr_log_error("%s", message);
}

static sabir_context *faulty_context(const char *api, bool validated)
{
    sabir_context *context;
    const sabir_context_options options = {.size = sizeof options, .log = count_errors, .validation = validated};
    must(sabir_context_create(&options, &context));
    must(sabir_context_add_backend(context, fault_wrap(sabir_builtin_backend(api)), NULL));
    return context;
}

static void check_nothing_left(const char *when)
{
    for (int kind = 0; kind < FAULT_OBJECT_COUNT; kind++)
        cr_assert_eq(fault_live_of((fault_object)kind), 0, "%s: %u objects of kind %d are left", when, fault_live_of((fault_object)kind), kind);
    cr_assert_eq(fault_bad_destroys(), 0, "%s: %u objects were used or destroyed that were not alive", when, fault_bad_destroys());
    cr_assert_eq(logged_errors, 0, "%s: %u errors were logged, validation messages among them", when, logged_errors);
}

/* Calls whose failure costs time at most. */
static bool is_dispensable(const char *message)
{
    static const char *const calls[] = {"cache_import", "cache_export", "kernel_binary", "kernel_info", "poll", "read_timestamps"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strstr(message, calls[i])) return true;
    return false;
}

/* open and device_caps are called when devices are first looked for; what fails there is missing for the life of the context. */
static bool found_no_device(sabir_status status, const char *api, sabir_context *context)
{
    if (status != SABIR_NOT_FOUND) return false;
    cr_assert(strstr(sabir_device_missing(context), api), "%s is missing, but not listed: %s", api, sabir_device_missing(context));
    sabir_device *reference;
    must(sabir_device_open(context, "reference", &reference));
    sabir_device_release(reference);
    return true;
}

/* Worlds of which one call fails, or loses the device. */
typedef struct trial {
    sabir_context *context;
    const char *api;
    sabir_device *device; /* that has all kernels already; NULL: opened by each world */
    bool lose, once;      /* once: as for a world */
    const world_results *expected;
    uint64_t kernels;     /* made by the last one, its failed one among them, before it recovered */
} trial;

static sabir_status world_with_fault(trial *t, uint64_t n, const char *when)
{
    static const sabir_status statuses[] = {SABIR_OUT_OF_DEVICE_MEMORY, SABIR_INTERNAL, SABIR_OUT_OF_MEMORY};
    const sabir_status injected = t->lose ? SABIR_DEVICE_LOST : statuses[n % 3];
    world_results results;
    world w = {.device = t->device, .once = t->once};
    sabir_device_retain(t->device);
    if (t->lose) fault_lose_nth(n);
    else fault_fail_nth(n, injected);
    sabir_status status = world_make(&w, t->context, t->api);
    if (status == SABIR_OK) status = world_run(&w, &results);
    const bool hit = fault_injected() > 0;
    t->kernels = fault_calls_of(FAULT_kernel_create);
    if (status == SABIR_OK) {
        cr_assert(!hit || is_dispensable(sabir_last_message()), "%s and nothing tells: %s", when, sabir_last_message());
        const float difference = w.once ? 0 : world_difference(&results, t->expected);
        cr_assert(difference < 1e-3f, "%s: results differ by %g", when, (double)difference);
    } else if (!found_no_device(status, t->api, t->context)) {
        cr_assert(hit, "%s: nothing failed, but %s: %s", when, sabir_status_name(status), sabir_last_message());
        cr_assert(status == injected || (w.unasked && status == SABIR_POISONED), "%s: %s instead of %s: %s", when, sabir_status_name(status),
                  sabir_status_name(injected), sabir_last_message());
        cr_assert(sabir_last_message()[0], "%s: no message", when);
        if (w.made && !t->lose) world_recover(&w, t->expected, when);
    }
    world_release(&w);
    return status;
}

static void describe(char when[128], const char *api, uint64_t n, bool lose)
{
    snprintf(when, 128, "%s, call %llu %s", api, (unsigned long long)n, lose ? "loses the device" : "fails");
}

/* Each call in a context of its own, in which devices were not looked for yet: every one at first, then fewer. */
static void fail_anew(const char *api, bool lose)
{
    char when[128];
    world_results expected;
    uint64_t n = 1;
    world_expect(&expected);
    for (bool hit = true; hit; n += 1 + n / 8) {
        describe(when, api, n, lose);
        sabir_context *context = faulty_context(api, n % 3 == 0); /* validation layers are slow */
        const sabir_status status = world_with_fault(&(trial){.context = context, .api = api, .lose = lose, .expected = &expected}, n, when);
        hit = fault_injected() > 0;
        if (status != SABIR_OK && status != SABIR_NOT_FOUND) world_anew(context, api, &expected, when);
        sabir_context_release(context);
        check_nothing_left(when);
    }
    cr_assert_gt(n, 100, "%s: only %llu calls", api, (unsigned long long)n);
}

/* Each call (of those that lose the device, every fifth later on), in one context: each world finds it as good as the last one did, and what is
 * alive is the same after each. last_kernel: ends where a fault comes after that many kernels were made; 0: after all calls. */
static void fail_in_turn(trial *t, uint64_t last_kernel)
{
    char when[128];
    uint64_t n = 1;
    const uint32_t alive = fault_live_objects();
    for (bool any = true; any; n += t->lose && n >= 60 ? 5 : 1) {
        describe(when, t->api, n, t->lose);
        fault_reset();
        (void)world_with_fault(t, n, when);
        any = fault_injected() > 0 && !(last_kernel && t->kernels == last_kernel);
        cr_assert_eq(fault_live_objects(), alive, "%s: %u objects are alive, before it were %u", when, fault_live_objects(), alive);
    }
    cr_assert_gt(n, last_kernel ? 70 : 100, "%s: only %llu calls", t->api, (unsigned long long)n);
    fault_reset();
    world_anew(t->context, t->api, t->expected, "after all of them");
}

/* Every call: first those of a world that opens a device, up to its last kernel, then those of one whose device has all kernels. */
static void fail_each(const char *api)
{
    world_results expected, results;
    world_expect(&expected);
    sabir_context *context = faulty_context(api, false);
    world_anew(context, api, &expected, "the first world");
    const uint64_t kernels = fault_calls_of(FAULT_kernel_create);
    cr_assert_gt(kernels, 5, "%s: only %llu kernels", api, (unsigned long long)kernels);
    fail_in_turn(&(trial){.context = context, .api = api, .once = true, .expected = &expected}, kernels);
    world first = {0};
    must(world_make(&first, context, api));
    must(world_run(&first, &results));
    fail_in_turn(&(trial){.context = context, .api = api, .device = first.device, .expected = &expected}, 0);
    world_release(&first);
    sabir_context_release(context);
    check_nothing_left("after all failures");
}

/* A lost device has to be opened anew by each world. */
static void lose_each(const char *api)
{
    world_results expected;
    world_expect(&expected);
    sabir_context *context = faulty_context(api, false);
    world_anew(context, api, &expected, "the first world");
    fail_in_turn(&(trial){.context = context, .api = api, .lose = true, .expected = &expected}, 0);
    sabir_context_release(context);
    check_nothing_left("after all losses");
}

Test(fault_backend, vulkan_fails_anew) { fail_anew("vulkan", false); }
Test(fault_backend, opencl_fails_anew) { fail_anew("opencl", false); }
Test(fault_backend, vulkan_lost_anew) { fail_anew("vulkan", true); }
Test(fault_backend, opencl_lost_anew) { fail_anew("opencl", true); }
Test(fault_backend, vulkan_fails) { fail_each("vulkan"); }
Test(fault_backend, opencl_fails) { fail_each("opencl"); }
Test(fault_backend, vulkan_lost) { lose_each("vulkan"); }
Test(fault_backend, opencl_lost) { lose_each("opencl"); }

/* A lost device stays lost and is named; another one of the same context works. */
static void stay_lost(const char *api)
{
    char id[32];
    world_results expected, results;
    world w = {0};
    sabir_tensor *tensor;
    world_expect(&expected);
    snprintf(id, sizeof id, "%s:0", api);
    sabir_context *context = faulty_context(api, true);
    must(world_make(&w, context, api));
    must(world_run(&w, &results));
    fault_lose_nth(1);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(sabir_run(w.program, NULL, 0), SABIR_DEVICE_LOST);
        cr_assert(strstr(sabir_last_message(), id), "%s", sabir_last_message());
    }
    cr_assert_eq(sabir_tensor_create(w.device, SABIR_F32, SABIR_SHAPE(2), &tensor), SABIR_DEVICE_LOST);
    cr_assert_eq(sabir_device_wait(w.device), SABIR_DEVICE_LOST);
    world_release(&w);
    world_anew(context, api, &expected, "after a loss");
    sabir_context_release(context);
    check_nothing_left("after a loss");
}

Test(fault_backend, vulkan_stays_lost) { stay_lost("vulkan"); }
Test(fault_backend, opencl_stays_lost) { stay_lost("opencl"); }
