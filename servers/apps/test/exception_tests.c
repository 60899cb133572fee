#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "machine.h"
#include "peer.h"
#include "test.h"
#include "thread.h"

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

static void expect(void (*run)(void), int exception) {
    task_t thread = thread_start(run);
    thread_expect_exception(thread, exception, NULL);
    CHECK_EQ(state_of(thread), TASK_STOPPED);
    thread_destroy(thread);
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

static void test_illegal_instruction(void) {
    expect(machine_illegal, EXP_ILLEGAL);
}

static void test_division_by_zero(void) {
    expect(machine_divide_by_zero, EXP_DIVIDE);
}

static void test_breakpoint(void) {
    expect(machine_breakpoint, EXP_BREAKPOINT);
}

static void test_noncanonical_address(void) {
    expect(machine_noncanonical, EXP_PROTECTION);
}

static void test_privileged_instructions(void) {
    for (int i = 0; machine_privileged_functions[i] != NULL; i++) {
        function = machine_privileged_functions[i];
        expect(run_function, EXP_PROTECTION);
    }
}

/// What vm makes of programs that go wrong.
static void test_programs_that_crash(void) {
    static const char *const crashes[] = {
        "null_pointer", "write_text",  "write_constant", "execute_stack",  "execute_data",
        "touch_kernel", "read_kernel", "trap",           "overflow_stack",
    };
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        char cmdline[64];
        snprintf(cmdline, sizeof(cmdline), "test_crasher %s", crashes[i]);
        int status = run_program(cmdline);
        if (status != ERR_ABORTED) {
            check_failed(__FILE__, __LINE__, "'%s' ended with %d instead of a crash", cmdline,
                         status);
        }
    }
}

const struct test_case exception_cases[] = {
    {"exception.exit", test_exit},
    {"exception.illegal_instruction", test_illegal_instruction},
    {"exception.division_by_zero", test_division_by_zero},
    {"exception.breakpoint", test_breakpoint},
    {"exception.noncanonical_address", test_noncanonical_address},
    {"exception.privileged_instructions", test_privileged_instructions},
    {"exception.programs_that_crash", test_programs_that_crash},
    {NULL, NULL},
};
