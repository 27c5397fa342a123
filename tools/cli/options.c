#include <getopt.h>
#include <string.h>

#include "cli.h"

/* What getopt_long gives for options[i] is FIRST + i. */
enum { HELP = 1, JSON, FIRST };

static const struct option json_option = {"json", no_argument, NULL, JSON}, help_option = {"help", no_argument, NULL, HELP};

static int option_count(const cli_command *command)
{
    int count = 0;
    while (count < CLI_MAX_OPTIONS && command->options[count].name) count++;
    return count;
}

static void print_option(FILE *out, const char *name, const char *argument, const char *text)
{
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", name, argument ? " " : "", argument ? argument : "");
    fprintf(out, "  %-18s %s\n", left, text);
}

void cli_command_help(const cli_command *command, FILE *out)
{
    fprintf(out, "usage: sabir %s [OPTION...]%s%s\n\n%s\noptions:\n", command->name, command->operand ? " " : "",
            command->operand ? command->operand : "", command->text);
    for (int i = 0; i < option_count(command); i++)
        print_option(out, command->options[i].name, command->options[i].argument, command->options[i].text);
    print_option(out, "json", NULL, "print one JSON document instead of text");
    print_option(out, "help", NULL, "print this");
}

const char *cli_value(const cli_call *call, const char *name)
{
    for (int i = 0; i < option_count(call->command); i++)
        if (strcmp(call->command->options[i].name, name) == 0) return call->values[i];
    return NULL;
}

int cli_regex(const cli_call *call, const char *name, regex_t *regex)
{
    const char *pattern = cli_value(call, name);
    const int error = regcomp(regex, pattern ? pattern : ".", REG_EXTENDED | REG_NOSUB);
    if (error == 0) return CLI_DONE;
    char why[128];
    regerror(error, regex, why, sizeof why);
    return cli_usage(call, "--%s %s: %s", name, pattern, why);
}

/* getopt_long is silent (opterr is 0): what it refused is told here. optopt: 0 for a long option that is unknown, the code of one that is
 * known, else a letter. */
static int refuse(const cli_call *call, int code, char **arguments)
{
    const char *word = arguments[optind - 1];
    if (code == ':') return cli_usage(call, "%s wants a value", word);
    if (optopt == 0) return cli_usage(call, "there is no option '%s'", word);
    if (optopt < FIRST + CLI_MAX_OPTIONS) return cli_usage(call, "'%s': this option takes no value", word);
    return cli_usage(call, "there is no option '-%c'", optopt);
}

int cli_dispatch(const cli_command *command, int count, char **arguments)
{
    cli_call call = {.command = command};
    struct option options[CLI_MAX_OPTIONS + 3] = {{0}};
    const int own = option_count(command);
    for (int i = 0; i < own; i++)
        options[i] = (struct option){command->options[i].name, command->options[i].argument ? required_argument : no_argument, NULL, FIRST + i};
    options[own] = json_option;
    options[own + 1] = help_option;

    opterr = 0;
    for (int code; (code = getopt_long(count, arguments, ":h", options, NULL)) != -1;) {
        if (code == HELP || code == 'h') {
            cli_command_help(command, stdout);
            return CLI_DONE;
        }
        if (code == JSON) call.json = true;
        else if (code >= FIRST && code < FIRST + own) call.values[code - FIRST] = optarg ? optarg : "";
        else return refuse(&call, code, arguments);
    }
    if (optind < count && command->operand) call.operand = arguments[optind++];
    if (optind < count) return cli_usage(&call, "'%s' is one argument too many", arguments[optind]);
    return command->run(&call);
}
