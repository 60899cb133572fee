#include "builtin.h"

#include <idl_client.h>
#include <resea/printf.h>
#include <resea/syscall.h>

#include "files.h"
#include "jobs.h"
#include "memory.h"
#include "programs.h"

static int help(const struct command *command __unused) {
    printf("Commands:\n");
    for (const struct builtin *builtin = builtins; builtin->name != NULL; builtin++) {
        int width = 24 - (int) strlen(builtin->name);
        printf("  %s %-*s %s\n", builtin->name, width, builtin->arguments, builtin->description);
    }

    printf("Programs, run with arguments in the foreground, or with & behind them:\n ");
    const char *name;
    for (unsigned i = 0; (name = program_at(i)) != NULL; i++) {
        printf(" %s", name);
    }

    printf("\nCtrl-C ends the program in the foreground. $? is the status of the last command:\n"
           "%d if there is no such program, %d if it crashed, %d if it was killed.\n",
           STATUS_NOT_FOUND, STATUS_CRASHED, STATUS_KILLED);
    return 0;
}

static int echo(const struct command *command) {
    for (int i = 1; i < command->argc; i++) {
        printf(i > 1 ? " %s" : "%s", command->argv[i]);
    }

    printf("\n");
    return 0;
}

static int list_history(const struct command *command __unused) {
    for (unsigned age = HISTORY_LEN; age > 0; age--) {
        const char *line = history_get(shell_history(), age);
        if (line != NULL) {
            printf("%s\n", line);
        }
    }

    return 0;
}

static void print_job(const struct job *job) {
    printf("%d %s%s\n", job->task, job->name, job->background ? " &" : "");
}

static int jobs(const struct command *command __unused) {
    job_for_each(print_job);
    return 0;
}

static int kill(const struct command *command) {
    int task;
    if (!parse_int(command->argv[1], &task)) {
        printf("shell: kill: '%s' is no task ID; ps and jobs list them\n", command->argv[1]);
        return STATUS_USAGE;
    }

    error_t err = call_task_kill(INIT_TASK, task);
    if (err != OK) {
        printf("shell: kill: cannot kill task %d: %s%s\n", task, error_name(err),
               err == ERR_NOT_PERMITTED ? "; it isn't one of vm's" : "");
        return 1;
    }

    return 0;
}

static int power(int how, int status, const char *name) {
    printf_flush();
    error_t err = sys_power(how, status);
    printf("shell: %s: %s; does the manifest give the shell the right 'power'?\n", name,
           error_name(err));
    return 1;
}

static int poweroff(const struct command *command) {
    int status = 0;
    if (command->argc > 1 && (!parse_int(command->argv[1], &status) || status < 0)) {
        printf("shell: poweroff: '%s' is no exit status; give a number from 0 on\n",
               command->argv[1]);
        return STATUS_USAGE;
    }

    return power(POWER_OFF, status, "poweroff");
}

static int reboot(const struct command *command __unused) {
    return power(POWER_REBOOT, 0, "reboot");
}

const struct builtin builtins[] = {
    {"help", "", "prints this", help, 0, 0},
    {"ps", "", "lists tasks", monitor_ps, 0, 0},
    {"jobs", "", "lists programs that the shell has launched", jobs, 0, 0},
    {"kill", "TASK", "ends a program or a server", kill, 1, 1},
    {"log", "", "prints the kernel's log", monitor_log, 0, 0},
    {"free", "", "tells how much memory is in use", monitor_free, 0, 0},
    {"uptime", "", "tells how long the system has been running", monitor_uptime, 0, 0},
    {"echo", "[WORD...]", "prints the words", echo, 0, MAX_ARGS},
    {"history", "", "lists the last lines", list_history, 0, 0},
#ifdef CONFIG_MMU
    {"mem", "", "tells how much memory each task has", memory_list, 0, 0},
    {"cd", "[DIRECTORY]", "changes the directory that paths begin from", files_cd, 0, 1},
    {"pwd", "", "tells which directory that is", files_pwd, 0, 0},
#endif
#ifdef CONFIG_KDEBUG_OUTPUT
    {"kdebug", "COMMAND", "runs a command of the kernel debugger, for example help", monitor_kdebug,
     1, MAX_ARGS},
#endif
#ifdef CONFIG_TRACE
    {"trace", "start|stop|show|dump", "records messages, and tells who sent what to whom", trace, 1,
     1},
#endif
    {"poweroff", "[STATUS]", "powers off; an emulator exits with the status", poweroff, 0, 1},
    {"reboot", "", "starts the machine anew", reboot, 0, 0},
    {NULL, NULL, NULL, NULL, 0, 0},
};

const struct builtin *builtin_find(const char *name) {
    for (const struct builtin *builtin = builtins; builtin->name != NULL; builtin++) {
        if (strcmp(builtin->name, name) == 0) {
            return builtin;
        }
    }

    return NULL;
}

int builtin_run(const struct builtin *builtin, const struct command *command) {
    int num_args = command->argc - 1;
    if (num_args < builtin->min_args || num_args > builtin->max_args) {
        printf("usage: %s %s\n", builtin->name, builtin->arguments);
        return STATUS_USAGE;
    }

    return builtin->run(command);
}
