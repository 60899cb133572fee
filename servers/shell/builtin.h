#ifndef __BUILTIN_H__
#define __BUILTIN_H__

/// \file
/// The commands that the shell carries out itself.

#include "parse.h"

struct builtin {
    const char *name;
    /// What follows the name, for the help.
    const char *arguments;
    const char *description;
    /// Returns the exit status.
    int (*run)(const struct command *command);
    int min_args;
    int max_args;
};

/// The table ends with an entry that has no name.
extern const struct builtin builtins[];

const struct builtin *builtin_find(const char *name);
/// Checks the number of arguments, then runs the command. Returns the exit status.
int builtin_run(const struct builtin *builtin, const struct command *command);

// Those about the state of the system, in monitor.c.
int monitor_ps(const struct command *command);
int monitor_free(const struct command *command);
int monitor_uptime(const struct command *command);
int monitor_log(const struct command *command);
int monitor_kdebug(const struct command *command);
/// The name of a task; "?" if there is none.
void monitor_name_of(task_t tid, char name[TASK_NAME_LEN]);
/// In trace.c.
int trace(const struct command *command);
/// Prints what booting took: the metrics boot.to_shell and mem.idle. The first is in cycles of the clock;
/// or in instructions, if an emulator takes `instruction_ns` nanoseconds of the clock's time for each.
void monitor_print_boot_metrics(unsigned instruction_ns);

/// The shell's history, in main.c.
const struct history *shell_history(void);

#endif
