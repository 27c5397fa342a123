#include "devices.h"

#include <criterion/criterion.h>
#include <stdatomic.h>

void must_(sabir_status status, const char *call, const char *file, int line)
{
    cr_assert(status == SABIR_OK, "%s:%d: %s: %s: %s", file, line, call, sabir_status_name(status), sabir_last_message());
}

static atomic_uint errors;

static void count_errors(void *user, sabir_log_level level, const char *message)
{
    (void)user;
    if (level != SABIR_LOG_ERROR) return;
    atomic_fetch_add(&errors, 1);
    cr_log_error("%s", message);
}

void on_device_with(const char *selector, const sabir_context_options *options, void (*test)(sabir_context *context, const char *selector))
{
    sabir_context *context;
    sabir_context_options all = *options;
    atomic_store(&errors, 0);
    if (!all.log) all.log = count_errors;
    all.validation = 1;
    must(sabir_context_create(&all, &context));
    test(context, selector);
    sabir_context_release(context);
    cr_assert_eq(atomic_load(&errors), 0, "%s: %u errors were logged, validation messages among them", selector, atomic_load(&errors));
}

void on_device(const char *selector, void (*test)(sabir_context *context, const char *selector))
{
    on_device_with(selector, &(sabir_context_options)SABIR_CONTEXT_OPTIONS, test);
}
