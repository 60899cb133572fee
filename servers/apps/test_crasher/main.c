#include <resea/cmdline.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#include "crash.h"

/// What a crash that didn't happen ends with.
#define STATUS_ALIVE 99

/// Waits until somebody ends it.
static void hang(void) {
    while (true) {
        struct message m;
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        discard_unknown_message(&m);
    }
}

/// test_crasher hang | exit STATUS | expect "two words" | NAME OF A CRASH
void main(void) {
    char line[USER_ARGS_LEN];
    char *words[3];
    strncpy2(line, program_cmdline(), sizeof(line));
    int num_words = cmdline_split(line, words, 3);
    if (num_words == 2 && strcmp(words[1], "hang") == 0) {
        hang();
    } else if (num_words == 3 && strcmp(words[1], "exit") == 0) {
        task_exit_with(atoi(words[2]));
    } else if (num_words == 3 && strcmp(words[1], "expect") == 0) {
        task_exit_with(strcmp(words[2], "two words") != 0);
    } else if (num_words == 2) {
        crash(words[1]);
    }

    printf("test_crasher: '%s' didn't crash\n", program_cmdline());
    task_exit_with(STATUS_ALIVE);
}
