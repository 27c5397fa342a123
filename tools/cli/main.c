/* sabir: lists, checks and measures compute devices. */
#include <string.h>

#include "cli.h"

static const cli_command *const commands[] = {&cli_devices, &cli_check, &cli_bench, &cli_info};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const cli_command *find_command(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    return NULL;
}

static void print_help(FILE *out)
{
    fputs("usage: sabir COMMAND [OPTION...]\n\n"
          "Lists, checks and measures the compute devices that Sabir finds through Vulkan and OpenCL.\n\n"
          "commands:\n", out);
    for (int i = 0; i < COMMANDS; i++) fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\noptions:\n"
          "  --help     print this; sabir COMMAND --help prints the options of a command\n"
          "  --version  print the version\n\n"
          "exit status: 0 done; 1 a failure was found, or the work could not be done; 2 the command line was wrong\n", out);
}

static int unknown(const char *word)
{
    fprintf(stderr, "sabir: there is no %s '%s'; commands are", word[0] == '-' ? "option" : "command", word);
    for (int i = 0; i < COMMANDS; i++) fprintf(stderr, "%s %s", i == 0 ? "" : i == COMMANDS - 1 ? " and" : ",", commands[i]->name);
    fputs(" (sabir --help)\n", stderr);
    return CLI_USAGE;
}

static int help(const char *name)
{
    if (!name) {
        print_help(stdout);
        return CLI_DONE;
    }
    const cli_command *command = find_command(name);
    if (!command) return unknown(name);
    cli_command_help(command, stdout);
    return CLI_DONE;
}

int main(int count, char **arguments)
{
    if (count < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    const char *word = arguments[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) return help(count > 2 ? arguments[2] : NULL);
    if (strcmp(word, "--version") == 0) {
        printf("sabir %s\n", sabir_version());
        return CLI_DONE;
    }
    const cli_command *command = find_command(word);
    return command ? cli_dispatch(command, count - 1, arguments + 1) : unknown(word);
}
