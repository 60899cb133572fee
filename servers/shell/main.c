#include <idl_client.h>
#include <kernel_abi.h>
#include <resea/async.h>
#include <resea/printf.h>
#include <resea/syscall.h>

#include "builtin.h"
#include "editor.h"
#include "files.h"
#include "jobs.h"
#include "parse.h"
#include "programs.h"
#include "suggest.h"

#define PROMPT "resea> "

static struct editor editor;
static char line[LINE_LEN];
/// What is still to be carried out of `line`.
static const char *rest = "";
static int last_status;
/// The program that the shell waits for, or NULL.
static struct job *foreground;
/// What was typed while a program ran: it is for the shell, once the program has ended.
static char typed_ahead[CONFIG_SHELL_TYPED_AHEAD];
static size_t typed_ahead_len;
/// The line comes from the kernel's command line: when it's done, the machine is powered off.
static bool scripted;
static bool script_failed;

const struct history *shell_history(void) {
    return &editor.history;
}

static void offer_names(struct editor *to) {
    for (const struct builtin *builtin = builtins; builtin->name != NULL; builtin++) {
        editor_offer(to, builtin->name);
    }

    const char *name;
    for (unsigned i = 0; (name = program_at(i)) != NULL; i++) {
        editor_offer(to, name);
    }
}

static void print_not_found(const char *name) {
    struct suggestion suggestion;
    suggest_init(&suggestion, name);
    const char *program;
    for (unsigned i = 0; (program = program_at(i)) != NULL; i++) {
        suggest_offer(&suggestion, program);
    }

    for (const struct builtin *builtin = builtins; builtin->name != NULL; builtin++) {
        suggest_offer(&suggestion, builtin->name);
    }

    if (suggestion.best[0] != '\0') {
        printf("shell: no program named '%s' (did you mean '%s'?)\n", name, suggestion.best);
    } else {
        printf("shell: no program named '%s'; help lists them\n", name);
    }
}

/// A command has ended.
static void set_status(int status) {
    last_status = status;
    script_failed = script_failed || status != 0;
}

static void launch(const struct command *command) {
    error_t err;
    struct job *job = job_start(command, &err);
    if (job == NULL && err == ERR_NOT_FOUND) {
        print_not_found(command->argv[0]);
        set_status(STATUS_NOT_FOUND);
    } else if (job == NULL) {
        printf("shell: cannot launch '%s': %s\n", command->argv[0], error_name(err));
        set_status(1);
    } else if (job->background) {
        printf("[%d] %s\n", job->task, job->name);
        set_status(0);
    } else {
        foreground = job;
    }
}

static void execute(struct command *command) {
    if (!files_expand(command, last_status)) {
        set_status(1);
        return;
    }
    const struct builtin *builtin = builtin_find(command->argv[0]);
    if (builtin == NULL) {
        launch(command);
    } else {
        set_status(builtin_run(builtin, command));
    }
}

/// All of the line has been carried out.
static void finish_line(void) {
    if (scripted) {
        printf_flush();
        OOPS_OK(sys_power(POWER_OFF, script_failed));
        scripted = false;
    }

    printf_flush();
    editor_prompt(&editor);
}

/// Carries out commands until one has to be waited for.
static void run_rest(void) {
    while (foreground == NULL) {
        struct command command;
        const char *error;
        if (!parse_command(&rest, last_status, &command, &error)) {
            if (error != NULL) {
                printf("shell: %s\n", error);
                set_status(STATUS_USAGE);
            }

            rest = "";
            finish_line();
            return;
        }

        if (command.argc == 0) {
            continue;
        }

        if (scripted) {
            printf(PROMPT "%s\n", command.text);
        }

        execute(&command);
        if (scripted && foreground == NULL) {
            printf("shell: %s exited with status %d\n", command.argv[0], last_status);
        }
    }
}

static void run_line(const char *new_line) {
    strncpy2(line, new_line, sizeof(line));
    rest = line;
    run_rest();
}

/// Says how a program ended, if there is anything to say. Returns its status.
static int report_end(const struct job *job, const struct task_exited_fields *exited) {
    switch (exited->reason) {
    case TASK_END_REASON_CRASHED:
        printf("%s crashed\n", job->name);
        return STATUS_CRASHED;
    case TASK_END_REASON_KILLED:
        printf("%s was killed\n", job->name);
        return STATUS_KILLED;
    default:
        if (exited->status != 0 || scripted) {
            printf("%s exited with status %d\n", job->name, exited->status);
        }
        return exited->status;
    }
}

static void feed(char ch) {
    switch (editor_feed(&editor, ch)) {
    case EDITOR_LINE:
        run_line(editor.line);
        break;
    case EDITOR_INTERRUPT:
        editor_prompt(&editor);
        break;
    case EDITOR_CONTINUE:
        break;
    }
}

/// Takes what was typed while a program ran, up to the next command that has to be waited for.
static void feed_typed_ahead(void) {
    size_t used = 0;
    while (used < typed_ahead_len && foreground == NULL) {
        feed(typed_ahead[used++]);
    }

    typed_ahead_len -= used;
    memmove(typed_ahead, &typed_ahead[used], typed_ahead_len);
}

static void read_console(void);

static void handle_exit(const struct task_exited_fields *exited) {
    struct job *job = job_find(exited->task);
    if (job == NULL) {
        return;
    }

    if (job == foreground) {
        set_status(report_end(job, exited));
        foreground = NULL;
        job_end(job);
        run_rest();
        feed_typed_ahead();
        // The program may have read from the console, and be whom the kernel tells of input: ask
        // again.
        read_console();
        return;
    }

    // The message goes above the line that is being typed.
    bool typing = foreground == NULL;
    printf(typing ? "\r\x1b[K[%d] %s has ended\n" : "[%d] %s has ended\n", job->task, job->name);
    report_end(job, exited);
    job_end(job);
    printf_flush();
    if (typing) {
        editor_refresh(&editor);
    }
}

static void handle_typing(char ch) {
    if (foreground == NULL) {
        feed(ch);
    } else if (ch == KEY_CTRL('C')) {
        printf("^C\n");
        typed_ahead_len = 0;
        rest = "";
        // It may have ended just now.
        error_t err = call_task_kill(INIT_TASK, foreground->task);
        if (err != OK && err != ERR_INVALID_TASK && err != ERR_NOT_FOUND) {
            printf("shell: cannot kill %s: %s\n", foreground->name, error_name(err));
        }
    } else if (typed_ahead_len < sizeof(typed_ahead)) {
        typed_ahead[typed_ahead_len++] = ch;
    }
}

static void read_console(void) {
    char buf[16];
    int len;
    while ((len = sys_console_read(buf, sizeof(buf))) > 0) {
        for (int i = 0; i < len; i++) {
            handle_typing(buf[i]);
        }
    }
}

/// Takes what vm has to say about programs that ended. Empty is fine: one notification may stand for
/// several messages that have been taken already.
static void pull_exits(void) {
    struct message m;
    while (async_recv(INIT_TASK, &m) == OK) {
        if (m.type == TASK_EXITED_MSG) {
            struct task_exited_fields exited = m.task_exited;
            handle_exit(&exited);
        } else {
            discard_unknown_message(&m);
        }
    }
}

static void start(void) {
    char cmdline[CONFIG_SHELL_CMDLINE_LEN];
    int len = sys_info(INFO_CMDLINE, 0, cmdline, sizeof(cmdline));
    cmdline[sizeof(cmdline) - 1] = '\0';
    int run_len = len > 0 ? parse_option(cmdline, "run", line, sizeof(line)) : -1;
    scripted = run_len >= 0;
    if (scripted) {
        if (run_len == sizeof(line)) {
            printf("shell: run= has more than %zu characters\n", sizeof(line) - sizeof("run="));
            set_status(STATUS_USAGE);
        }
        char ns[8] = "0";
        int instruction_ns = 0;
        (void) parse_option(cmdline, "instruction_ns", ns, sizeof(ns));
        (void) parse_int(ns, &instruction_ns);
        monitor_print_boot_metrics((unsigned) instruction_ns);
        // Who types waits for what he wants to see.
        files_wait_for_mounts();
        rest = line;
        run_rest();
        return;
    }

    printf("\nWelcome to Resea. Type help for a list of commands.\n");
    printf_flush();
    editor_prompt(&editor);
}

void main(void) {
    editor_init(&editor, PROMPT, printf_write, offer_names);
#ifdef CONFIG_MMU
    editor.complete_path = files_complete;
#endif
    start();
    // Reading is also how the shell asks to be notified of input.
    read_console();

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
            continue;
        }

        if (m.notifications.data & NOTIFY_CONSOLE) {
            read_console();
        }

        if (m.notifications.data & NOTIFY_ASYNC) {
            pull_exits();
        }
    }
}
