#include <resea/cmdline.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#include "commands.h"
#include "say.h"

const struct command commands[] = {
    {"ping", "c:i:s:W:", 1, 1, "[-c COUNT] [-i INTERVAL-MS] [-s BYTES] [-W TIMEOUT-MS] HOST", ping},
    {"nslookup", "", 1, ARGS_MAX, "HOST...", nslookup},
    {"ifconfig", "w:", 0, 3, "[-w SECONDS] [INTERFACE [ADDRESS/PREFIX [GATEWAY]]]", ifconfig},
    {"netstat", "rnsm", 0, 0, "[-r routes] [-n neighbours] [-s counters] [-m packet buffers]",
     netstat},
    {"nc", "lf:o:w:", 1, ARGS_MAX,
     "[-f FILE] [-o FILE] [-w SECONDS] HOST PORT [TEXT...] | nc -l [...] PORT [TEXT...]\n"
     "Sends the text and a newline, or the file, and prints what comes. What is typed can't be "
     "sent: the\n"
     "console's input is the shell's.",
     nc},
    {"http", "Io:w:", 1, 1, "[-I] [-o FILE] [-w SECONDS] URL", http},
    {"iperf", "sc:p:t:n:", 0, 0, "-s [-p PORT] [-n CONNECTIONS] | -c HOST [-p PORT] [-t SECONDS]",
     iperf},
    {NULL, NULL, 0, 0, NULL, NULL},
};

static const struct command *find(const char *name) {
    for (const struct command *command = commands; command->name != NULL; command++) {
        if (!strcmp(command->name, name)) {
            return command;
        }
    }
    return NULL;
}

static int print_usage(const struct command *command) {
    printf("usage: %s %s\n", command->name, command->usage);
    return STATUS_USAGE;
}

static int run(const struct command *command, char **words, int count) {
    static struct args args;
    if (!args_parse(words, count, command->letters, &args) || args.count < command->min_words
        || args.count > command->max_words) {
        return print_usage(command);
    }
    command_name = command->name;
    int status = command->run(&args);
    return (status == STATUS_USAGE) ? print_usage(command) : status;
}

static int print_commands(void) {
    for (const struct command *command = commands; command->name != NULL; command++) {
        printf("%s %s\n", command->name, command->usage);
    }
    return STATUS_USAGE;
}

void main(void) {
    static char *words[ARGS_MAX + 2];
    char *line = strdup(program_cmdline());
    int count = (line != NULL) ? cmdline_split(line, words, ARGS_MAX + 2) : ERR_NO_MEMORY;
    if (count <= 0) {
        printf("%s: the command line can't be read: %s\n", program_name(), error_name(count));
        task_exit_with(STATUS_USAGE);
    }

    // As "net", the program takes the command's name as its first argument.
    const struct command *command = find(words[0]);
    int used = 1;
    if (command == NULL && count > 1) {
        command = find(words[1]);
        used = 2;
    }
    int status = (command != NULL) ? run(command, &words[used], count - used) : print_commands();
    printf_flush();
    task_exit_with(status);
}
