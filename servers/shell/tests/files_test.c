// What the shell makes of `glob`'s answers, with one whose answers the tests make up.

#include "../files.h"

#include <resea/ipc.h>
#include <resea/task.h>
#include <resea/timer.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#define GLOB 50

/// What glob answers; NULL: never.
static const char *answer;
static size_t answer_len;
static error_t launch_error;
/// What it was launched with, and how often it was ended.
static char launched[600];
static int num_kills;
/// Whether `automount` is at work, and how often that was waited for.
static bool is_automounting;
static int num_waits;
/// Notifications that came meanwhile, and those that the shell sent itself.
static notifications_t meanwhile, sent_to_self;

static void set_answer(const char *strings, size_t len) {
    answer = strings;
    answer_len = len;
    launch_error = OK;
    launched[0] = '\0';
    num_kills = 0;
    meanwhile = sent_to_self = 0;
}

#define ANSWER(strings) set_answer(strings, sizeof(strings))

task_t task_self(void) {
    return 7;
}

error_t timer_set(msec_t ms __unused) {
    return OK;
}

error_t ipc_notify(task_t dst, notifications_t bits) {
    TEST_EXPECT_EQ(dst, task_self());
    sent_to_self |= bits;
    return OK;
}

error_t ipc_recv(task_t src __unused, struct message *m) {
    static bool told;
    m->type = NOTIFICATIONS_MSG;
    if (meanwhile && !told) {
        told = true;
        m->notifications.data = meanwhile;
        return OK;
    }
    told = false;
    m->notifications.data = answer ? NOTIFY_USER_BASE : NOTIFY_TIMER;
    return OK;
}

void discard_unknown_message(struct message *m __unused) {}

task_t ipc_lookup(const char *name) {
    TEST_EXPECT_STR_EQ(name, "automount");
    num_waits++;
    is_automounting = false;
    return ERR_UNAVAILABLE;
}

error_t ipc_call(task_t dst, struct message *m) {
    if (m->type == TASK_LAUNCH_MSG) {
        strncpy2(launched, m->task_launch.name_and_cmdline, sizeof(launched));
        m->type = TASK_LAUNCH_REPLY_MSG;
        m->task_launch_reply.task = GLOB;
        return launch_error;
    }
    if (m->type == TASK_KILL_MSG) {
        num_kills++;
        m->type = TASK_KILL_REPLY_MSG;
        return OK;
    }
    if (m->type == SERVICES_FIND_MSG) {
        TEST_EXPECT_STR_EQ(m->services_find.name, "automount");
        m->type = SERVICES_FIND_REPLY_MSG;
        m->services_find_reply.task = 0;
        m->services_find_reply.expected = is_automounting;
        return OK;
    }
    TEST_EXPECT_EQ(dst, GLOB);
    TEST_EXPECT_EQ(m->type, GLOB_RESULT_MSG);
    void *copy = malloc(answer_len);
    memcpy(copy, answer, answer_len);
    m->type = GLOB_RESULT_REPLY_MSG;
    m->glob_result_reply.strings = copy;
    m->glob_result_reply.strings_len = answer_len;
    return OK;
}

static struct command command;

static bool expand(const char *line) {
    const char *error;
    TEST_EXPECT(parse_command(&line, 3, &command, &error));
    return files_expand(&command, 3);
}

TEST("a command without patterns asks nobody") {
    ANSWER("no");
    TEST_EXPECT(expand("ls -l x"));
    TEST_EXPECT_STR_EQ(launched, "");
}

TEST("patterns are replaced, in the text and in the words") {
    ANSWER("ls 'a b' c");
    TEST_EXPECT(expand("ls * &"));
    TEST_EXPECT_STR_EQ(launched, "glob --answer=7 expand ls *");
    TEST_EXPECT_STR_EQ(command.text, "ls 'a b' c");
    TEST_EXPECT_EQ(command.argc, 3);
    TEST_EXPECT_STR_EQ(command.argv[1], "a b");
    TEST_EXPECT_STR_EQ(command.argv[2], "c");
    TEST_EXPECT_EQ(command.argv[3], NULL);
    TEST_EXPECT(command.background);
    TEST_EXPECT_EQ(num_kills, 0);
}

TEST("a file system that doesn't answer doesn't hold up the shell") {
    set_answer(NULL, 0);
    TEST_EXPECT(!expand("ls *"));
    TEST_EXPECT_EQ(num_kills, 1);
}

TEST("what came meanwhile isn't lost") {
    ANSWER("ls a");
    meanwhile = NOTIFY_CONSOLE | NOTIFY_ASYNC;
    TEST_EXPECT(expand("ls *"));
    TEST_EXPECT_EQ(sent_to_self, NOTIFY_CONSOLE | NOTIFY_ASYNC);
}

TEST("a system without glob leaves patterns alone") {
    ANSWER("no");
    launch_error = ERR_NOT_FOUND;
    TEST_EXPECT(expand("echo *"));
    TEST_EXPECT_STR_EQ(command.text, "echo *");
}

TEST("answers that are no good are refused") {
    static char longest[LINE_LEN + 1];
    memset(longest, 'x', LINE_LEN);
    set_answer(longest, sizeof(longest));
    TEST_EXPECT(!expand("ls *"));
    TEST_EXPECT_STR_EQ(command.text, "ls *");
    // No NUL, nothing at all, an unclosed quote.
    set_answer("ls a", 4);
    TEST_EXPECT(!expand("ls *"));
    set_answer("", 0);
    TEST_EXPECT(!expand("ls *"));
    ANSWER("ls 'a");
    TEST_EXPECT(!expand("ls *"));
}

static int cd(const char *line) {
    const char *error;
    TEST_EXPECT(parse_command(&line, 0, &command, &error));
    return files_cd(&command);
}

TEST("programs are told the directory, unless it is the root") {
    TEST_EXPECT_STR_EQ(files_command_line("ls -l"), "ls -l");
    ANSWER("/a/b");
    TEST_EXPECT_EQ(cd("cd b"), 0);
    TEST_EXPECT_STR_EQ(launched, "glob --answer=7 directory b");
    TEST_EXPECT_STR_EQ(files_command_line("ls -l"), "ls -l \n/a/b");
    ANSWER("\0no such file or directory");
    TEST_EXPECT_EQ(cd("cd nothing"), 1);
    TEST_EXPECT_STR_EQ(launched, "glob --answer=7 directory nothing \n/a/b");
    TEST_EXPECT_STR_EQ(files_command_line("ls"), "ls \n/a/b");
    set_answer(NULL, 0);
    TEST_EXPECT_EQ(cd("cd slow"), 1);
    ANSWER("");
    TEST_EXPECT_EQ(cd("cd strange"), 1);
    ANSWER("/");
    TEST_EXPECT_EQ(cd("cd"), 0);
    TEST_EXPECT_STR_EQ(launched, "glob --answer=7 directory / \n/a/b");
    TEST_EXPECT_STR_EQ(files_command_line("ls"), "ls");
}

static char screen[4096];

static void draw(const char *str, size_t len) {
    size_t at = strlen(screen);
    if (at + len < sizeof(screen)) {
        memcpy(&screen[at], str, len);
    }
}

static struct editor editor;

static const char *type(const char *keys) {
    memset(screen, 0, sizeof(screen));
    editor_init(&editor, "> ", draw, NULL);
    editor.complete_path = files_complete;
    editor_prompt(&editor);
    for (const char *key = keys; *key != '\0'; key++) {
        (void) editor_feed(&editor, *key);
    }
    return editor.line;
}

TEST("Tab completes a path") {
    ANSWER("dir/\0dir/");
    TEST_EXPECT_STR_EQ(type("ls d\t"), "ls dir/");
    TEST_EXPECT_STR_EQ(launched, "glob --answer=7 complete d");
    ANSWER("'a b' \0a b");
    TEST_EXPECT_STR_EQ(type("cp x 'a \t"), "cp x 'a b' ");
    TEST_EXPECT_STR_EQ(launched, "glob --answer=7 complete 'a ");
    // In the middle of a line, and behind a separator.
    ANSWER("file \0file");
    TEST_EXPECT_STR_EQ(type("cat fi x\x02\x02\t"), "cat file  x");
    TEST_EXPECT_STR_EQ(type("ls a;cat fi\t"), "ls a;cat file ");
}

TEST("Tab shows what there is if there is nothing to add") {
    ANSWER("d\0dir/\0dir2/");
    TEST_EXPECT_STR_EQ(type("ls d\t"), "ls d");
    TEST_EXPECT(strstr(screen, "dir/  dir2/") != NULL);
    ANSWER("x");
    TEST_EXPECT_STR_EQ(type("ls x\t"), "ls x");
    set_answer(NULL, 0);
    TEST_EXPECT_STR_EQ(type("ls x\t"), "ls x");
}

TEST("a completion that is longer than the line is cut") {
    static char longest[2 * LINE_LEN];
    memset(longest, 'x', sizeof(longest) - 1);
    set_answer(longest, sizeof(longest));
    TEST_EXPECT_EQ(strlen(type("ls x\t")), LINE_LEN - 1);
    TEST_EXPECT_EQ(editor.len, LINE_LEN - 1);
}

TEST("a script waits for the disks, if somebody mounts them") {
    num_waits = 0;
    is_automounting = true;
    files_wait_for_mounts();
    TEST_EXPECT_EQ(num_waits, 1);
    files_wait_for_mounts();
    TEST_EXPECT_EQ(num_waits, 1);
}
