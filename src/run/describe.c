/* What a context says of itself. */
#include <stdio.h>

#include "base/environment.h"
#include "compiler.h"
#include "kernel/builtin.h"

static void copy_cache_directory(const sabir_context *context, sabir_context_info *info)
{
    sbr_environment environment;
    const char *folder = context->cache_directory;
    if (!folder) {
        sbr_environment_read(&environment);
        folder = environment.cache_folder;
    }
    const int length = snprintf(info->cache_directory, sizeof info->cache_directory, "%s", folder);
    if (length < 0 || (size_t)length >= sizeof info->cache_directory) info->cache_directory[0] = '\0';
}

sabir_status sabir_context_describe(sabir_context *context, sabir_context_info *info)
{
    SABIR_TRY(sbr_context_check(context));
    if (!info || info->size < sizeof info->size)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_context_describe: info is NULL or its size is not set to sizeof(sabir_context_info)");
    sabir_context_info all = {.kernels = sbr_embedded_kernel_count, .modules = sbr_embedded_module_count};
    copy_cache_directory(context, &all);
    sbr_compiler compiler = {0};
    all.has_shaderc = sbr_compiler_find(&compiler, context);
    sbr_compiler_close(&compiler);
    all.size = info->size < sizeof all ? info->size : sizeof all;
    memcpy(info, &all, all.size);
    return SABIR_OK;
}
