#include "sabir_shaderc.h"

#include <pthread.h>
#include <shaderc/shaderc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kept for as long as the module is open: the first compilation reads GLSL's built-in functions (some 70 ms), later ones find
 * them there (0.5 ms for a small kernel). Threads may compile with it at the same time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of compiler */
static shaderc_compiler_t compiler;

__attribute__((destructor)) static void release_compiler(void)
{
    if (compiler) shaderc_compiler_release(compiler);
    compiler = NULL;
}

unsigned sabir_shaderc_version(void) { return SABIR_SHADERC_VERSION; }

static int fail(char *message, size_t message_size, const char *text)
{
    if (message && message_size) snprintf(message, message_size, "%s", text);
    return 1;
}

static shaderc_compile_options_t make_options(void)
{
    shaderc_compile_options_t options = shaderc_compile_options_initialize();
    if (!options) return NULL;
    shaderc_compile_options_set_target_env(options, shaderc_target_env_vulkan, shaderc_env_version_vulkan_1_2);
    shaderc_compile_options_set_optimization_level(options, shaderc_optimization_level_zero);
    /* For sources without #version glslang takes 110, which cannot be compiled for Vulkan, and prints its built-ins on stdout. */
    shaderc_compile_options_set_forced_version_profile(options, 460, shaderc_profile_none);
    shaderc_compile_options_set_suppress_warnings(options);
    return options;
}

static shaderc_compiler_t shared_compiler(void)
{
    pthread_mutex_lock(&lock);
    if (!compiler) compiler = shaderc_compiler_initialize();
    shaderc_compiler_t made = compiler;
    pthread_mutex_unlock(&lock);
    return made;
}

static int take_result(shaderc_compilation_result_t result, uint32_t **words, size_t *bytes, char *message, size_t message_size)
{
    if (shaderc_result_get_compilation_status(result) != shaderc_compilation_status_success) {
        const char *text = shaderc_result_get_error_message(result);
        return fail(message, message_size, text && *text ? text : "shaderc failed and gave no reason");
    }
    size_t size = shaderc_result_get_length(result);
    uint32_t *copy = malloc(size ? size : 1);
    if (!copy) return fail(message, message_size, "out of memory for the SPIR-V");
    memcpy(copy, shaderc_result_get_bytes(result), size);
    *words = copy;
    *bytes = size;
    return 0;
}

int sabir_shaderc_compile(const char *glsl, size_t length, const char *name, uint32_t **words, size_t *bytes, char *message,
                          size_t message_size)
{
    *words = NULL;
    *bytes = 0;
    if (message && message_size) message[0] = '\0';
    if (!glsl || !length) return fail(message, message_size, "there is no source text");
    shaderc_compiler_t shared = shared_compiler();
    shaderc_compile_options_t options = shared ? make_options() : NULL;
    if (!options) return fail(message, message_size, "shaderc could not be initialised: out of memory");
    shaderc_compilation_result_t result =
        shaderc_compile_into_spv(shared, glsl, length, shaderc_compute_shader, name ? name : "kernel", "main", options);
    shaderc_compile_options_release(options);
    if (!result) return fail(message, message_size, "shaderc could not start a compilation");
    int failed = take_result(result, words, bytes, message, message_size);
    shaderc_result_release(result);
    return failed;
}

void sabir_shaderc_free(uint32_t *words) { free(words); }
