#include "shaderc.h"

#include <shaderc/shaderc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned sabir_shaderc_version(void) { return SABIR_SHADERC_VERSION; }

static int fail(char *message, size_t message_size, const char *text)
{
    if (message && message_size) snprintf(message, message_size, "%s", text);
    return 1;
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

    /* One compiler and one set of options per call: only their making is safe between threads without a lock of ours. */
    shaderc_compiler_t compiler = shaderc_compiler_initialize();
    shaderc_compile_options_t options = shaderc_compile_options_initialize();
    int failed = 1;
    if (compiler && options) {
        shaderc_compile_options_set_target_env(options, shaderc_target_env_vulkan, shaderc_env_version_vulkan_1_2);
        shaderc_compile_options_set_optimization_level(options, shaderc_optimization_level_zero);
        shaderc_compilation_result_t result =
            shaderc_compile_into_spv(compiler, glsl, length, shaderc_compute_shader, name ? name : "kernel", "main", options);
        failed = result ? take_result(result, words, bytes, message, message_size)
                        : fail(message, message_size, "shaderc could not start a compilation");
        if (result) shaderc_result_release(result);
    } else {
        fail(message, message_size, "shaderc could not be initialised");
    }
    if (options) shaderc_compile_options_release(options);
    if (compiler) shaderc_compiler_release(compiler);
    return failed;
}

void sabir_shaderc_free(uint32_t *words) { free(words); }
