#include "files.h"

#include <idl_client.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <resea/timer.h>

/// How long a file system may take to answer.
#define ANSWER_MS 5000
/// Bytes of a list of names that Tab shows, with spaces between them.
#define NAMES_MAX 2000

static char directory[USER_ARGS_LEN] = "/";

void files_wait_for_mounts(void) {
    task_t task;
    bool expected;
    error_t err = call_services_find(INIT_TASK, "automount", &task, &expected);
    if (err == OK && expected) {
        // It serves nothing: the answer, that nobody does, comes when it has ended.
        (void) ipc_lookup("automount");
    }
}

const char *files_command_line(const char *text) {
    static char line[USER_ARGS_LEN + 1];
    // Of a program that starts in the root, nothing need be said.
    if (strcmp(directory, "/") == 0) {
        return text;
    }
    // One that is too long is cut, and then refused by vm as too long.
    snprintf(line, sizeof(line), "%s \n%s", text, directory);
    return line;
}

/// Waits until `glob` has an answer; false if it takes too long. Notifications that come meanwhile stay.
static bool wait_for_answer(void) {
    notifications_t kept = 0, got = 0;
    OOPS_OK(timer_set(ANSWER_MS));
    while ((got & (NOTIFY_USER_BASE | NOTIFY_TIMER)) == 0) {
        struct message m;
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
            continue;
        }
        got = m.notifications.data;
        kept |= got & ~(NOTIFY_USER_BASE | NOTIFY_TIMER);
    }
    OOPS_OK(timer_set(0));
    if (kept != 0) {
        OOPS_OK(ipc_notify(task_self(), kept));
    }
    return (got & NOTIFY_USER_BASE) != 0;
}

/// Asks `glob`. *answer has strings, each with its NUL, at least one; it is to be freed.
static error_t ask(const char *mode, const char *text, char **answer, size_t *len) {
    char line[USER_ARGS_LEN];
    task_t task;
    if (snprintf(line, sizeof(line), "glob --answer=%d %s %s", task_self(), mode, text)
        >= (int) sizeof(line)) {
        return ERR_TOO_LARGE;
    }
    error_t err = call_task_launch(INIT_TASK, files_command_line(line), &task);
    if (err != OK) {
        return err;
    }

    void *strings;
    if (wait_for_answer()) {
        err = call_glob_result(task, &strings, len);
    } else {
        // It may have ended just now.
        (void) call_task_kill(INIT_TASK, task);
        err = ERR_UNAVAILABLE;
    }
    if (err != OK) {
        return err;
    }
    *answer = strings;
    if (*len == 0 || (*answer)[*len - 1] != '\0') {
        free(*answer);
        return ERR_NOT_ACCEPTABLE;
    }
    return OK;
}

static const char *text_of(error_t err) {
    switch (err) {
    case ERR_UNAVAILABLE:
        return "the file system doesn't answer";
    case ERR_TOO_LARGE:
        return "the line is too long";
    default:
        return error_name(err);
    }
}

/// Whether something in a command might be a pattern.
static bool may_have_patterns(const char *text) {
    return strchr(text, '*') != NULL || strchr(text, '?') != NULL || strchr(text, '[') != NULL;
}

/// Reads a command anew from what its patterns have become.
static const char *take_expanded(struct command *command, const char *text, int status) {
    static struct command expanded;
    const char *error = NULL;
    if (strlen(text) >= sizeof(expanded.text)) {
        return "the patterns stand for more than a line can hold";
    }
    if (!parse_command(&text, status, &expanded, &error)) {
        return error != NULL ? error : "nothing is left of it";
    }
    // Words are told by where they are: they move along.
    bool background = command->background;
    memcpy(command->text, expanded.text, sizeof(command->text));
    memcpy(command->words, expanded.words, sizeof(command->words));
    command->argc = expanded.argc;
    for (int i = 0; i < expanded.argc; i++) {
        command->argv[i] = &command->words[expanded.argv[i] - expanded.words];
    }
    command->argv[expanded.argc] = NULL;
    command->background = background;
    return NULL;
}

bool files_expand(struct command *command, int status) {
    if (!may_have_patterns(command->text)) {
        return true;
    }
    char *answer;
    size_t len;
    error_t err = ask("expand", command->text, &answer, &len);
    if (err == ERR_NOT_FOUND || err == ERR_NOT_PERMITTED) {
        // A system without `glob` has no patterns.
        return true;
    }
    const char *problem = err == OK ? NULL : text_of(err);
    if (err == OK) {
        problem = take_expanded(command, answer, status);
        free(answer);
    }
    if (problem != NULL) {
        printf("shell: %s\n", problem);
    }
    return problem == NULL;
}

int files_pwd(const struct command *command __unused) {
    printf("%s\n", directory);
    return 0;
}

int files_cd(const struct command *command) {
    const char *path = command->argc > 1 ? command->argv[1] : "/";
    char *answer;
    size_t len;
    error_t err = ask("directory", path, &answer, &len);
    if (err != OK) {
        printf("cd: %s: %s\n", path, text_of(err));
        return 1;
    }
    bool found = answer[0] == '/' && strlen(answer) < sizeof(directory);
    if (found) {
        strncpy2(directory, answer, sizeof(directory));
    } else {
        bool has_reason = answer[0] == '\0' && len > 1;
        printf("cd: %s: %s\n", path, has_reason ? &answer[1] : "its path is too long");
    }
    free(answer);
    return found ? 0 : 1;
}

/// Where the word begins that the cursor is in or behind: behind the last space that isn't quoted.
static size_t word_start(const struct editor *editor) {
    size_t start = 0;
    char quote = '\0';
    for (size_t i = 0; i < editor->cursor; i++) {
        char ch = editor->line[i];
        if (quote == ch) {
            quote = '\0';
        } else if (quote == '\0' && (ch == '\'' || ch == '"')) {
            quote = ch;
        } else if (quote == '\0' && (ch == ' ' || ch == ';' || ch == '&')) {
            start = i + 1;
        }
    }
    return start;
}

/// Shows the strings of an answer behind the first one.
static void show_names(struct editor *editor, const char *answer, size_t len) {
    editor->write("\r\n", 2);
    size_t at = strlen(answer) + 1, end = MIN(len, at + NAMES_MAX);
    for (const char *gap = ""; at < end; gap = "  ") {
        editor->write(gap, strlen(gap));
        editor->write(&answer[at], strlen(&answer[at]));
        at += strlen(&answer[at]) + 1;
    }
    if (at < len) {
        editor->write("  ...", 5);
    }
    editor->write("\r\n", 2);
    editor_refresh(editor);
}

void files_complete(struct editor *editor) {
    char word[LINE_LEN];
    size_t start = word_start(editor);
    size_t word_len = editor->cursor - start;
    memcpy(word, &editor->line[start], word_len);
    word[word_len] = '\0';

    char *answer;
    size_t len;
    if (ask("complete", word, &answer, &len) != OK) {
        return;
    }
    size_t names_len = len - (strlen(answer) + 1);
    if (strcmp(answer, word) != 0) {
        editor_replace(editor, start, answer);
    } else if (names_len > 0) {
        show_names(editor, answer, len);
    }
    free(answer);
}
