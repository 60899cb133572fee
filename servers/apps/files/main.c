#include <resea/cmdline.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#include "commands.h"
#include "say.h"

const struct command commands[] = {
    {"ls", "la1d", 0, ARGS_MAX, "[-a] [-l] [-1] [-d] [PATH...]", ls},
    {"cat", "", 1, ARGS_MAX, "FILE...", cat},
    {"cp", "rR", 2, ARGS_MAX, "[-r] SOURCE... TARGET", cp},
    {"mv", "", 2, ARGS_MAX, "SOURCE... TARGET", mv},
    {"rm", "rRf", 1, ARGS_MAX, "[-r] [-f] PATH...", rm},
    {"mkdir", "p", 1, ARGS_MAX, "[-p] DIRECTORY...", make_directories},
    {"write", "a", 2, ARGS_MAX, "[-a] FILE TEXT...", write_text},
    {"df", "", 0, ARGS_MAX, "[PATH...]", df},
    {"mount", "t:r", 0, 2, "[-r] [-t TYPE] [VOLUME [PATH]]", mount},
    {"umount", "", 1, 1, "PATH", umount},
    {"sync", "", 0, ARGS_MAX, "[PATH...]", sync_all},
    {"hexdump", "n:s:", 1, 1, "[-s OFFSET] [-n LENGTH] FILE", hexdump},
    {NULL, NULL, 0, 0, NULL, NULL},
};

static const struct command *find(const char *name) {
    for (const struct command *command = commands; command->name; command++) {
        if (!strcmp(command->name, name)) {
            return command;
        }
    }
    return NULL;
}

static int run(const struct command *command, char **words, int count) {
    static struct args args;
    if (!args_parse(words, count, command->letters, &args) || args.count < command->min_words
        || args.count > command->max_words) {
        printf("usage: %s %s\n", command->name, command->usage);
        return STATUS_USAGE;
    }
    command_name = command->name;
    return command->run(&args);
}

static int print_commands(void) {
    for (const struct command *command = commands; command->name; command++) {
        printf("%s %s\n", command->name, command->usage);
    }
    return STATUS_USAGE;
}

void main(void) {
    static char *words[ARGS_MAX + 2];
    char *line = strdup(program_cmdline());
    int count = line ? cmdline_split(line, words, ARGS_MAX + 2) : ERR_NO_MEMORY;
    if (count <= 0) {
        printf("%s: the command line can't be read: %s\n", program_name(), error_name(count));
        task_exit_with(STATUS_USAGE);
    }

    // As "files", the program takes the command's name as its first argument.
    const struct command *command = find(words[0]);
    int used = 1;
    if (!command && count > 1) {
        command = find(words[1]);
        used = 2;
    }
    int status = command ? run(command, &words[used], count - used) : print_commands();
    printf_flush();
    task_exit_with(status);
}
