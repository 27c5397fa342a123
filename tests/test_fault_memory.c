/* Every request of host memory is refused in turn, alone and with all that follow: a status with a message or no harm done, not a byte left
 * behind, and the context works afterwards. suite: device, timeout: 600 */
#include "support/fault.h"
#include "test_fault.h"

static fault_memory memory;

static void quiet(void *user, sabir_log_level level, const char *message)
{
    (void)user;
    cr_assert(level != SABIR_LOG_ERROR, "%s", message);
}

static sabir_status make_context(sabir_context **context)
{
    const sabir_context_options options = {.size = sizeof options, .allocator = fault_allocator(&memory), .log = quiet};
    return sabir_context_create(&options, context);
}

static void check_refusal(sabir_status status, const char *when)
{
    if (status == SABIR_OK) return;
    cr_assert_gt(memory.failed, 0, "%s: nothing was refused, but %s: %s", when, sabir_status_name(status), sabir_last_message());
    cr_assert_eq(status, SABIR_OUT_OF_MEMORY, "%s: %s: %s", when, sabir_status_name(status), sabir_last_message());
    cr_assert(sabir_last_message()[0], "%s: no message", when);
}

/* A world in which the request that was ordered is refused. */
static sabir_status world_with_refusal(sabir_context *context, const char *selector, const world_results *expected, const char *when)
{
    world_results results;
    world w = {0};
    sabir_status status = world_make(&w, context, selector);
    if (status == SABIR_OK) status = world_run(&w, &results);
    fault_memory_fail_nth(&memory, 0, false);
    check_refusal(w.unasked && status == SABIR_POISONED ? SABIR_OUT_OF_MEMORY : status, when);
    if (status == SABIR_OK) cr_assert(world_difference(&results, expected) < 1e-3f, "%s: results differ by %g", when, (double)world_difference(&results, expected));
    else if (w.made) world_recover(&w, expected, when);
    world_release(&w);
    return status;
}

static void check_nothing_left(const char *when)
{
    cr_assert_eq(memory.live_bytes, 0, "%s: %llu bytes in %llu blocks are left", when, (unsigned long long)memory.live_bytes,
                 (unsigned long long)memory.live_blocks);
    cr_assert_eq(memory.bad_releases, 0, "%s: %llu bad releases", when, (unsigned long long)memory.bad_releases);
}

/* In a context of its own. Returns false when nothing was refused any more. */
static bool refuse_once(const char *selector, uint64_t n, bool and_later, const world_results *expected)
{
    char when[128];
    sabir_context *context = NULL;
    snprintf(when, sizeof when, "%s, request %llu%s refused", selector, (unsigned long long)n, and_later ? " and all later ones" : "");
    memory = (fault_memory)FAULT_MEMORY;
    fault_memory_fail_nth(&memory, n, and_later);
    sabir_status status = make_context(&context);
    check_refusal(status, when);
    if (status == SABIR_OK) {
        status = world_with_refusal(context, selector, expected, when);
        if (status != SABIR_OK) world_anew(context, selector, expected, when);
    }
    sabir_context_release(context);
    check_nothing_left(when);
    return memory.failed > 0;
}

/* A step of 1 + n / sparse: every one at first, then fewer. */
static void refuse_anew(const char *selector, uint64_t sparse)
{
    world_results expected;
    world_expect(&expected);
    for (int and_later = 0; and_later <= 1; and_later++) {
        uint64_t n = 1 + (uint64_t)and_later;
        while (refuse_once(selector, n, and_later, &expected)) n += 1 + n / sparse;
        cr_assert_gt(n, 100, "%s: only %llu requests", selector, (unsigned long long)n);
    }
}

Test(fault_memory, reference_anew) { refuse_anew("reference", 64); }
Test(fault_memory, vulkan_anew) { refuse_anew("vulkan", 4); }
Test(fault_memory, opencl_anew) { refuse_anew("opencl", 4); }

/* Every request of a world, in one context: what is alive is the same after each. */
static void refuse_each(const char *selector)
{
    char when[128] = "the first world";
    world_results expected;
    sabir_context *context;
    uint64_t n = 0;
    world_expect(&expected);
    memory = (fault_memory)FAULT_MEMORY;
    must(make_context(&context));
    for (int i = 0; i < 2; i++) world_anew(context, selector, &expected, when);
    const uint64_t alive = memory.live_blocks;
    do {
        snprintf(when, sizeof when, "%s, request %llu refused", selector, (unsigned long long)++n);
        memory.failed = 0;
        fault_memory_fail_nth(&memory, n, false);
        (void)world_with_refusal(context, selector, &expected, when);
        cr_assert_eq(memory.live_blocks, alive, "%s: %llu blocks are alive, before it were %llu", when, (unsigned long long)memory.live_blocks,
                     (unsigned long long)alive);
    } while (memory.failed > 0);
    cr_assert_gt(n, 100, "%s: only %llu requests", selector, (unsigned long long)n);
    sabir_context_release(context);
    check_nothing_left(when);
}

Test(fault_memory, reference) { refuse_each("reference"); }
Test(fault_memory, vulkan) { refuse_each("vulkan"); }
Test(fault_memory, opencl) { refuse_each("opencl"); }

/* The count after a look in which request n was refused; 0: none was ordered. */
static uint32_t look_again(uint64_t n)
{
    sabir_context *context;
    uint32_t count;
    memory = (fault_memory)FAULT_MEMORY;
    must(make_context(&context));
    fault_memory_fail_nth(&memory, n, false);
    const sabir_status status = sabir_device_count(context, &count);
    fault_memory_fail_nth(&memory, 0, false);
    check_refusal(status, "a look for devices");
    must(sabir_device_count(context, &count));
    sabir_context_release(context);
    check_nothing_left("a look for devices");
    return count;
}

/* Every request while devices are looked for: a status, and the next look finds them all. */
Test(fault_memory, list_of_devices)
{
    const uint32_t expected = look_again(0);
    uint64_t n = 0;
    do cr_assert_eq(look_again(++n), expected, "request %llu refused: devices are missing afterwards", (unsigned long long)n);
    while (memory.failed > 0);
    cr_assert_gt(n, 20, "only %llu requests", (unsigned long long)n);
}
