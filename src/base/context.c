#include "context.h"

#include <stdarg.h>
#include <stdio.h>

#include "environment.h"

static void log_to_stderr(void *user, sabir_log_level level, const char *message)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    (void)user;
    fprintf(stderr, "sabir %s: %s\n", names[level], message);
}

static void context_free(sabir_context *context)
{
    const sabir_allocator allocator = context->allocator;
    char *const strings[] = {context->cache_directory, context->vulkan_library, context->opencl_library, context->shaderc_library, context->clamp};
    for (size_t i = 0; i < SBR_COUNT(strings); i++) sbr_free(&allocator, strings[i]);
    sbr_mutex_destroy(&context->lock);
    sbr_free(&allocator, context);
}

static bool copy_string(const sabir_allocator *allocator, const char *from, char **to)
{
    if (!from) return true;
    *to = sbr_strdup(allocator, from);
    return *to != NULL;
}

sabir_status sabir_context_create(const sabir_context_options *options, sabir_context **result)
{
    if (!result) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_context_create: context is NULL");
    *result = NULL;
    sabir_context_options all = SABIR_CONTEXT_OPTIONS;
    if (options) {
        if (options->size < sizeof options->size || options->size > sizeof all)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_context_create: options.size is %zu; start from SABIR_CONTEXT_OPTIONS", options->size);
        memcpy(&all, options, options->size);
    }
    sbr_environment environment;
    sbr_environment_read(&environment);
    const sabir_allocator allocator = sbr_allocator_or_default(all.allocator);
    sabir_context *context = sbr_alloc(&allocator, sizeof *context);
    if (!context) return sbr_no_memory(sizeof *context);
    atomic_init(&context->references, 1);
    context->allocator = allocator;
    context->log = all.log ? all.log : environment.debug_log ? log_to_stderr : NULL;
    context->log_user = all.log_user;
    context->validation = all.validation || environment.debug_validation;
    context->poison = environment.debug_poison;
    context->process = sbr_process_id();
    if (!sbr_mutex_init(&context->lock)) {
        sbr_free(&allocator, context);
        return sbr_fail(SABIR_OUT_OF_MEMORY, "sabir_context_create: no mutex to be had");
    }
    if (!copy_string(&allocator, all.cache_directory, &context->cache_directory) || !copy_string(&allocator, all.vulkan_library, &context->vulkan_library) ||
        !copy_string(&allocator, all.opencl_library, &context->opencl_library) || !copy_string(&allocator, all.shaderc_library, &context->shaderc_library) ||
        !copy_string(&allocator, all.clamp, &context->clamp)) {
        context_free(context);
        return sbr_fail(SABIR_OUT_OF_MEMORY, "sabir_context_create: no memory for the options");
    }
    *result = context;
    return SABIR_OK;
}

void sabir_context_retain(sabir_context *context)
{
    if (context) atomic_fetch_add(&context->references, 1);
}

void sabir_context_release(sabir_context *context)
{
    if (!context || atomic_fetch_sub(&context->references, 1) != 1) return;
    if (sbr_context_check(context) != SABIR_OK) return; /* after a fork: closing a driver would wait for threads that are not there */
    if (context->runtime) context->runtime_destroy(context);
    context_free(context);
}

sabir_status sbr_context_check(const sabir_context *context)
{
    if (!context) return sbr_fail(SABIR_INVALID_ARGUMENT, "the context is NULL");
    if (context->process != sbr_process_id())
        return sbr_fail(SABIR_MISUSE, "this context was made before fork(); drivers do not survive it: make a new context after exec");
    return SABIR_OK;
}

void sbr_log(const sabir_context *context, sabir_log_level level, const char *format, ...)
{
    if (!context || !context->log) return;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    context->log(context->log_user, level, message);
}
