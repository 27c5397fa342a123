/* For tests that run on devices. */
#ifndef TESTS_DEVICES_H
#define TESTS_DEVICES_H

#include <stdint.h>

#include "sabir/sabir.h"

/* Fails the test, with the message and the place, unless status is SABIR_OK. */
#define must(call) must_((call), #call, __FILE__, __LINE__)
void must_(sabir_status status, const char *call, const char *file, int line);

/* Runs test in a context that logs errors as failures; Vulkan under its validation layers. A device that is not there fails the test. */
void on_device(const char *selector, void (*test)(sabir_context *context, const char *selector));
/* The same with a context option set further. */
void on_device_with(const char *selector, const sabir_context_options *options, void (*test)(sabir_context *context, const char *selector));
#endif
