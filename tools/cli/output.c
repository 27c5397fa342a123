#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

int cli_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("sabir: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return CLI_FAILED;
}

int cli_usage(const cli_call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "sabir %s: ", call->command->name);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, " (sabir %s --help)\n", call->command->name);
    va_end(arguments);
    return CLI_USAGE;
}

int cli_fail_status(const char *what, sabir_status status)
{
    const char *message = sabir_last_message();
    return cli_fail("%s: %s", what, message[0] ? message : sabir_status_meaning(status));
}

static void show_log(void *user, sabir_log_level level, const char *message)
{
    (void)user;
    if (level <= SABIR_LOG_WARNING) fprintf(stderr, "sabir: %s: %s\n", level == SABIR_LOG_ERROR ? "error" : "warning", message);
}

sabir_context *cli_context_clamped(const char *clamp)
{
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.log = show_log;
    options.clamp = clamp;
    sabir_context *context = NULL;
    const sabir_status status = sabir_context_create(&options, &context);
    if (status != SABIR_OK) cli_fail_status("no context", status);
    return context;
}

sabir_context *cli_context(void) { return cli_context_clamped(NULL); }

int cli_print_json(cJSON *document)
{
    char *text = document ? cJSON_Print(document) : NULL;
    cJSON_Delete(document);
    if (!text) return cli_fail("no memory for the JSON document");
    const bool written = printf("%s\n", text) > 0 && fflush(stdout) == 0;
    free(text);
    return written ? CLI_DONE : cli_fail("standard output cannot be written");
}

void cli_progress(void *user, uint32_t done, uint32_t total, const char *name)
{
    (void)user;
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K[%u/%u] %.60s", done, total, name);
}

void cli_progress_end(void)
{
    if (isatty(STDERR_FILENO)) fputs("\r\033[K", stderr);
}

const char *cli_bytes(uint64_t bytes, char *text)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double number = (double)bytes;
    int unit = 0;
    if (bytes >> 62) return strcpy(text, "-");
    for (; number >= 1024 && unit < 5; unit++) number /= 1024;
    snprintf(text, 16, number < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", number, units[unit]);
    return text;
}
