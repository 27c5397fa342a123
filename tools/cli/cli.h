/* The command line: one table of subcommands (main.c), one parser of options (options.c), one file a subcommand.
 *
 * Results go to standard output, as a table or, with --json, as one JSON document; everything else to standard error. */
#ifndef CLI_H
#define CLI_H

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "sabir/sabir.h"

/* Exit statuses. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

enum { CLI_MAX_OPTIONS = 10 };

/* --NAME, or --NAME=ARGUMENT and --NAME ARGUMENT. text: what it does, one line, for --help. */
typedef struct cli_option { const char *name, *argument, *text; } cli_option;

typedef struct cli_call cli_call;

/* Every command also takes --json and --help. */
typedef struct cli_command {
    const char *name;
    const char *operand;  /* "[OPERATOR]": takes at most one; NULL: takes none */
    const char *summary;  /* for the list of commands */
    const char *text;     /* for its own --help: what it does and prints; ends in a newline */
    cli_option options[CLI_MAX_OPTIONS]; /* ends at the first without a name */
    int (*run)(const cli_call *call);    /* gives the exit status */
} cli_command;

struct cli_call {
    const cli_command *command;
    const char *values[CLI_MAX_OPTIONS]; /* as given, in the order of command->options; a flag's is ""; NULL: not given */
    const char *operand;                 /* NULL: not given */
    bool json;
};

extern const cli_command cli_devices, cli_check, cli_bench, cli_info;

/* ---- options.c ---- */

/* Parses arguments[1] onwards and runs the command; arguments[0] is its name. */
int cli_dispatch(const cli_command *command, int count, char **arguments);
void cli_command_help(const cli_command *command, FILE *out);
/* The value of --NAME, which the command has; NULL when it was not given. */
const char *cli_value(const cli_call *call, const char *name);

/* The extended regular expression given as --NAME, compiled, to be freed by regfree; without one every name matches. CLI_USAGE after saying what
 * is wrong with it; then there is nothing to free. */
int cli_regex(const cli_call *call, const char *name, regex_t *regex);

/* ---- output.c: messages on standard error; those that return an int give the exit status to return ---- */

__attribute__((format(printf, 1, 2))) int cli_fail(const char *format, ...);
/* For a wrong command line; points to --help of the command. */
__attribute__((format(printf, 2, 3))) int cli_usage(const cli_call *call, const char *format, ...);
/* "sabir: WHAT: " and the last message of the library. */
int cli_fail_status(const char *what, sabir_status status);
/* A context that shows the library's warnings and errors on standard error. NULL after saying why. */
sabir_context *cli_context(void);
/* The same with capability clamps (sabir_context_options.clamp); NULL: none. */
sabir_context *cli_context_clamped(const char *clamp);
/* Prints the document and frees it; NULL (no memory) and a failed write are reported. */
int cli_print_json(cJSON *document);
/* One line that replaces itself, where standard error is a terminal; the shape of conform_progress. */
void cli_progress(void *user, uint32_t done, uint32_t total, const char *name);
void cli_progress_end(void);
/* "512 MiB" in text, of at least 16 bytes; "-" for a limit that is none (2^62 and above). */
const char *cli_bytes(uint64_t bytes, char *text);

/* ---- table.c ---- */

/* Rows of strlen(columns) cells, each column as wide as its widest cell; columns: 'l' or 'r' for each, where its text stands. */
void cli_print_table(const char *const *cells, int rows, const char *columns);

/* ---- device.c: what devices and info share ---- */

/* Every device, in an array to free; NULL after saying why. */
sabir_device_info *cli_device_list(sabir_context *context, uint32_t *count);
/* list: what same_as counts in. */
cJSON *cli_device_json(const sabir_device_info *info, const sabir_device_info *list);
/* The lines of sabir_device_missing as an array. */
cJSON *cli_missing_json(sabir_context *context);

#endif
