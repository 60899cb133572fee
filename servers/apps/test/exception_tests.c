#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "machine.h"
#include "peer.h"
#include "test.h"
#include "thread.h"
#include "variant.h"

static machine_function_t function;

static void exit_with_7(void) {
    task_exit_with(7);
}

static void exit_with_minus_1(void) {
    task_exit_with(-1);
}

static void run_function(void) {
    function();
}

static void test_exit(void) {
    int status = 0;
    task_t thread = thread_start(exit_with_7);
    thread_expect_exception(thread, EXP_EXIT, &status);
    CHECK_EQ(status, 7);
    thread = thread_start(exit_with_minus_1);
    thread_expect_exception(thread, EXP_EXIT, &status);
    CHECK_EQ(status, -1);
}

static void test_machine(void) {
    for (const struct machine_exception *e = machine_exceptions; e->what != NULL; e++) {
        function = e->run;
        task_t thread = thread_start(run_function);
        struct message m;
        CHECK_OK(thread_recv(thread, &m));
        if (m.type != EXCEPTION_MSG || m.exception.exception != e->exception) {
            check_failed(__FILE__, __LINE__, "%s: message %x, exception %d instead of %d", e->what,
                         (unsigned) m.type, m.exception.exception, e->exception);
        }
        CHECK_EQ(state_of(thread), TASK_STOPPED);
        thread_destroy(thread);
    }
}

/// What vm makes of programs that go wrong.
static void test_programs_that_crash(void) {
    for (size_t i = 0; variant_crashes[i] != NULL; i++) {
        char cmdline[64];
        snprintf(cmdline, sizeof(cmdline), "test_crasher %s", variant_crashes[i]);
        int status = run_program(cmdline);
        if (status != ERR_ABORTED) {
            check_failed(__FILE__, __LINE__, "'%s' ended with %d instead of a crash", cmdline,
                         status);
        }
    }
}

const struct test_case exception_cases[] = {
    {"exception.exit", test_exit},
    {"exception.machine", test_machine},
    {"exception.programs_that_crash", test_programs_that_crash},
    {NULL, NULL},
};
