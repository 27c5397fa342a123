/* Every request of host memory is refused in turn, alone and with all that follow: a status with a message or no harm done, not a byte left
 * behind, and the context works afterwards. suite: device, timeout: 240 */
#include "support/fault.h"
#include "test_fault.h"

static fault_memory memory;

static void quiet(void *user, sabir_log_level level, const char *message)
{
    (void)user;
    cr_assert(level != SABIR_LOG_ERROR, "%s", message);
}

static sabir_status use(const char *selector, sabir_context **context, world *w, world_results *results)
{
    const sabir_context_options options = {.size = sizeof options, .allocator = fault_allocator(&memory), .log = quiet};
    WORLD_TRY(sabir_context_create(&options, context));
    WORLD_TRY(world_make(w, *context, selector));
    return world_run(w, results);
}

/* Returns false when nothing was refused any more. */
static bool refuse_once(const char *selector, uint64_t n, bool and_later, const world_results *expected)
{
    char when[128];
    world_results results;
    world w = {0};
    sabir_context *context = NULL;
    snprintf(when, sizeof when, "%s, request %llu%s refused", selector, (unsigned long long)n, and_later ? " and all later ones" : "");
    memory = (fault_memory)FAULT_MEMORY;
    fault_memory_fail_nth(&memory, n, and_later);
    const sabir_status status = use(selector, &context, &w, &results);
    const bool hit = memory.failed > 0;
    fault_memory_fail_nth(&memory, 0, false);
    if (status == SABIR_OK) {
        cr_assert(world_difference(&results, expected) < 1e-3f, "%s: results differ by %g", when, (double)world_difference(&results, expected));
    } else {
        cr_assert(hit, "%s: nothing was refused, but %s: %s", when, sabir_status_name(status), sabir_last_message());
        cr_assert_eq(status, SABIR_OUT_OF_MEMORY, "%s: %s: %s", when, sabir_status_name(status), sabir_last_message());
        cr_assert(sabir_last_message()[0], "%s: no message", when);
        if (w.made) world_recover(&w, expected, when);
    }
    world_release(&w);
    if (context && status != SABIR_OK) world_anew(context, selector, expected, when);
    sabir_context_release(context);
    cr_assert_eq(memory.live_bytes, 0, "%s: %llu bytes in %llu blocks are left", when, (unsigned long long)memory.live_bytes,
                 (unsigned long long)memory.live_blocks);
    cr_assert_eq(memory.bad_releases, 0, "%s: %llu bad releases", when, (unsigned long long)memory.bad_releases);
    return hit || memory.failed > 0;
}

/* A step of 1 + n / sparse: every one at first, then fewer. */
static void refuse_each(const char *selector, uint64_t sparse)
{
    world_results expected;
    world_expect(&expected);
    for (int and_later = 0; and_later <= 1; and_later++) {
        uint64_t n = 1 + (uint64_t)and_later;
        while (refuse_once(selector, n, and_later, &expected)) n += 1 + n / sparse;
        cr_assert_gt(n, 100, "%s: only %llu requests", selector, (unsigned long long)n);
    }
}

Test(fault_memory, reference) { refuse_each("reference", 64); }
Test(fault_memory, vulkan) { refuse_each("vulkan", 12); }
Test(fault_memory, opencl) { refuse_each("opencl", 12); }
