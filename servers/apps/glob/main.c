// For a shell, "glob --answer=TASK MODE TEXT" finds something out, notifies that task with NOTIFY_USER_BASE, and answers
// its glob.result:
//
//     expand COMMAND     the command, its patterns replaced by paths
//     complete WORD      what to put in the word's place; then all names that begin like it
//     directory PATH     the canonical path of a directory; or "" and what is wrong with it
//
// "glob PATTERN..." prints.

#include <fs.h>
#include <fs_path.h>
#include <idl_server.h>
#include <resea/cmdline.h>
#include <resea/printf.h>
#include <resea/timer.h>

#include "complete.h"
#include "expand.h"

#define SHELL_COMES_MS 10000

void list_directory(const char *path, list_found_t found, void *arg) {
    struct fs_file directory;
    if (IS_ERROR(fs_open(path, &directory))) {
        return;
    }
    uint64_t position = 0;
    size_t len = 1;
    while (len > 0) {
        void *list;
        if (IS_ERROR(fs_list(&directory, &position, &list, &len))) {
            break;
        }
        size_t offset = 0;
        const struct fs_entry *entry;
        while ((entry = fs_entries_next(list, len, &offset)) != NULL) {
            char name[FS_NAME_MAX + 1];
            memcpy(name, entry->name, entry->name_len);
            name[entry->name_len] = '\0';
            found(name, entry->type == FS_TYPE_DIRECTORY, arg);
        }
        free(list);
    }
    fs_close(&directory);
}

bool path_exists(const char *path) {
    struct fs_info info;
    return IS_OK(fs_stat(path, &info));
}

static void add_string(struct text *answer, const char *str) {
    text_add(answer, str, strlen(str) + 1);
}

static void answer_complete(const char *word, struct text *answer) {
    struct strings names = {0};
    complete_word(word, answer, &names);
    text_add(answer, "", 1);
    for (size_t i = 0; i < names.count; i++) {
        add_string(answer, names.items[i]);
    }
}

static void answer_directory(const char *path, struct text *answer) {
    char canonical[FS_PATH_LEN];
    struct fs_info info;
    error_t err = fs_path_canonical(fs_directory(), path, canonical);
    if (IS_OK(err)) {
        err = fs_stat(canonical, &info);
    }
    if (IS_ERROR(err)) {
        add_string(answer, "");
        add_string(answer, fs_error_text(err));
    } else if (info.type != FS_TYPE_DIRECTORY) {
        add_string(answer, "");
        add_string(answer, "is not a directory");
    } else {
        add_string(answer, canonical);
    }
}

static struct text answer;

static error_t result(task_t client __unused, struct glob_result_reply_fields *reply) {
    reply->strings = answer.chars;
    reply->strings_len = answer.len;
    return OK;
}

static const struct glob_ops ops = {.result = result};

/// Tells the shell that there is an answer, and gives it.
static void give(task_t shell) {
    if (IS_ERROR(ipc_notify(shell, NOTIFY_USER_BASE))) {
        return;
    }
    // A shell that has ended, or doesn't want it any more, doesn't come for it.
    ASSERT_OK(timer_set(SHELL_COMES_MS));
    struct message m;
    while (true) {
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG && (m.notifications.data & NOTIFY_TIMER)) {
            return;
        }
        if (m.src == shell && glob_dispatch(&ops, &m)) {
            return;
        }
        discard_unknown_message(&m);
    }
}

/// The word at *text, which moves behind it and one space.
static bool take(const char **text, const char *word) {
    size_t len = strlen(word);
    if (strncmp(*text, word, len) != 0 || (*text)[len] != ' ') {
        return false;
    }
    *text += len + 1;
    return true;
}

/// What follows the program's name and the option.
static const char *skip_word(const char *text) {
    const char *space = strchr(text, ' ');
    return space ? space + 1 : "";
}

/// What the command line says, without the space that a directory behind it has in front of it.
static const char *copy_text(const char *text) {
    static char copy[USER_ARGS_LEN];
    strncpy2(copy, text, sizeof(copy));
    size_t len = strlen(copy);
    if (strcmp(fs_directory(), "/") != 0 && len > 0 && copy[len - 1] == ' ') {
        copy[len - 1] = '\0';
    }
    return copy;
}

static void print(const char *text) {
    struct text expanded = {0};
    expand_text(text, &expanded);
    printf_write(expanded.chars, expanded.len);
    printf("\n");
}

void main(void) {
    const char *text = copy_text(skip_word(program_cmdline()));
    const char *shell = cmdline_option("answer");
    if (!shell) {
        print(text);
        return;
    }

    text = skip_word(text);
    if (take(&text, "expand")) {
        expand_text(text, &answer);
        text_add(&answer, "", 1);
    } else if (take(&text, "complete")) {
        answer_complete(text, &answer);
    } else if (take(&text, "directory")) {
        answer_directory(text, &answer);
    }
    give(atoi(shell));
}
