#include <resea/cmdline.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#include "test.h"
#include "thread.h"

static const struct test_case *const topics[] = {
    ipc_cases,        ipc_error_cases,   ool_cases,   notify_cases,  time_cases,    rights_cases,
    fault_cases,      exception_cases,   task_cases,  sched_cases,   pointer_cases, info_cases,
    vm_cases,         supervision_cases, async_cases, library_cases, port_cases,    edge_cases,
    ool_paging_cases, vm_paging_cases,   loan_cases,  stack_cases,   race_cases,    long_cases,
};

static const struct test_case *running;
static unsigned checks_failed;

void check_failed(const char *file, unsigned line, const char *fmt, ...) {
    char detail[96];
    va_list args;
    va_start(args, fmt);
    vsnprintf(detail, sizeof(detail), fmt, args);
    va_end(args);

    checks_failed++;
    printf("FAIL %s: %s:%u: %s\n", running->name, file, line, detail);
}

/// The command line behind the program's name.
static const char *arguments(void) {
    const char *space = strchr(program_cmdline(), ' ');
    return space == NULL ? "" : space + 1;
}

/// Whether `name` is among the words, or there are none.
static bool selected(const char *words, const char *name) {
    bool any = false;
    while (*words != '\0') {
        size_t len = 0;
        while (words[len] != '\0' && words[len] != ' ') {
            len++;
        }

        if (len == strlen(name) && strncmp(words, name, len) == 0) {
            return true;
        }

        any = any || len > 0;
        words += len + (words[len] == ' ');
    }

    return !any;
}

static bool run_case(const struct test_case *test) {
    running = test;
    checks_failed = 0;
    printf("test %s\n", test->name);
    test->run();
    threads_end();
    return checks_failed == 0;
}

void main(void) {
    const char *words = arguments();
    unsigned passed = 0, failed = 0;
    threads_init();
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        for (const struct test_case *test = topics[i]; test != NULL && test->name != NULL; test++) {
            if (!selected(words, test->name)) {
                continue;
            }

            if (run_case(test)) {
                passed++;
            } else {
                failed++;
            }
        }
    }

    if (passed + failed == 0) {
        printf("test: no test is called '%s'; without a name all of them run\n", words);
        failed = 1;
    }

    printf("%u passed, %u failed\n", passed, failed);
    task_exit_with(failed > 0);
}
