#include "native.h"

#include <stdio.h>

static const char usage[] =
    "usage: sabir-native texts FOLDER    writes every variant of every kernel as OpenCL C and GLSL, and lists them\n"
    "       sabir-native pipelines       makes Vulkan pipelines of the lines \"NAME PLAIN\" on the standard input, and\n"
    "                                    prints what the driver says of each\n";

static sabir_status run(native *n, int count, char **arguments)
{
    const char *command = count > 1 ? arguments[1] : "";
    const bool texts = strcmp(command, "texts") == 0 && count == 3, pipelines = strcmp(command, "pipelines") == 0 && count == 2;
    if (strcmp(command, "--help") == 0) return fputs(usage, stdout) < 0 ? SABIR_IO : SABIR_OK;
    if (!texts && !pipelines) return sbr_fail(SABIR_INVALID_ARGUMENT, "'%s' is not understood\n%s", command, usage);
    SABIR_TRY(native_load(n));
    return texts ? native_texts(n, arguments[2]) : native_pipelines(n);
}

int main(int count, char **arguments)
{
    const sabir_allocator allocator = sbr_allocator_or_default((sabir_allocator){0});
    native n = {.allocator = &allocator, .arena = {.allocator = &allocator}};
    const sabir_status status = run(&n, count, arguments);
    if (status != SABIR_OK) fprintf(stderr, "sabir-native: %s\n", sabir_last_message());
    native_free(&n);
    return status == SABIR_OK ? 0 : 1;
}
