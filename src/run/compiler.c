#include "compiler.h"

#include <stdio.h>

#define MODULE "libsabir-shaderc.so"
static const unsigned MODULE_VERSION = 1; /* SABIR_SHADERC_VERSION of the module's header */

/* dlsym gives an object pointer. */
static bool find_function(sbr_dynlib *library, const char *name, void *function, size_t size)
{
    void *symbol = sbr_dynlib_symbol(library, name);
    memcpy(function, &symbol, size);
    return symbol != NULL;
}

static sbr_dynlib *open_module(const sabir_context *context)
{
    const char *given = context->shaderc_library;
    if (given) return given[0] ? sbr_dynlib_open(given) : NULL;
    char folder[1024], path[1100];
    sbr_dynlib *module = NULL;
    if (sbr_dynlib_own_folder(folder, sizeof folder)) {
        snprintf(path, sizeof path, "%s/" MODULE, folder);
        module = sbr_dynlib_open(path);
    }
    return module ? module : sbr_dynlib_open(MODULE);
}

bool sbr_compiler_find(sbr_compiler *compiler, const sabir_context *context)
{
    if (compiler->looked) return compiler->module != NULL;
    compiler->looked = true;
    sbr_dynlib *module = open_module(context);
    if (!module) {
        sbr_log(context, SABIR_LOG_INFO, "%s was not found: kernels are not fused on Vulkan",
                context->shaderc_library && context->shaderc_library[0] ? context->shaderc_library : MODULE);
        return false;
    }
    unsigned (*version)(void);
    if (find_function(module, "sabir_shaderc_version", &version, sizeof version) && version() == MODULE_VERSION &&
        find_function(module, "sabir_shaderc_compile", &compiler->compile, sizeof compiler->compile) &&
        find_function(module, "sabir_shaderc_free", &compiler->release, sizeof compiler->release)) {
        compiler->module = module;
        return true;
    }
    sbr_log(context, SABIR_LOG_WARNING, MODULE " is of another version than this library: kernels are not fused on Vulkan");
    sbr_dynlib_close(module);
    return false;
}

sabir_status sbr_compiler_run(const sbr_compiler *compiler, const sabir_allocator *allocator, const char *name, const char *glsl, size_t length,
                              void **words, size_t *bytes)
{
    uint32_t *made = NULL;
    char message[768] = "";
    if (!compiler->module) return sbr_fail(SABIR_COMPILE_FAILED, "kernel '%s' needs " MODULE ", which was not found", name);
    if (compiler->compile(glsl, length, name, &made, bytes, message, sizeof message) != 0)
        return sbr_fail(SABIR_COMPILE_FAILED, "kernel '%s': %s", name, message);
    *words = sbr_alloc(allocator, *bytes);
    if (*words) memcpy(*words, made, *bytes);
    compiler->release(made);
    return *words ? SABIR_OK : sbr_no_memory(*bytes);
}

void sbr_compiler_close(sbr_compiler *compiler)
{
    if (compiler->module) sbr_dynlib_close(compiler->module);
    *compiler = (sbr_compiler){0};
}
