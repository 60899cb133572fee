#ifndef __TEST_H__
#define __TEST_H__

/// \file
/// The frame of the integrated tests: a table of named cases, and checks that go on when they fail.

#include <resea/printf.h>
#include <types.h>

struct test_case {
    const char *name;
    void (*run)(void);
};

/// A topic's cases, in a file of its own; the last one has no name.
extern const struct test_case ipc_cases[];
extern const struct test_case ipc_error_cases[];
extern const struct test_case ool_cases[];
extern const struct test_case notify_cases[];
extern const struct test_case time_cases[];
extern const struct test_case rights_cases[];
extern const struct test_case sched_cases[];
extern const struct test_case exception_cases[];
extern const struct test_case task_cases[];
extern const struct test_case info_cases[];
extern const struct test_case pointer_cases[];
extern const struct test_case vm_cases[];
extern const struct test_case supervision_cases[];
extern const struct test_case async_cases[];
extern const struct test_case library_cases[];

// What not every machine has: not linked there.
extern const struct test_case port_cases[] __weak;
extern const struct test_case edge_cases[] __weak;
extern const struct test_case fault_cases[] __weak;
extern const struct test_case long_cases[] __weak;
extern const struct test_case loan_cases[] __weak;
extern const struct test_case ool_paging_cases[] __weak;
extern const struct test_case vm_paging_cases[] __weak;
extern const struct test_case race_cases[] __weak;
extern const struct test_case stack_cases[] __weak;

/// Tells of a failed check and lets the running test case fail. Use the macros below.
void check_failed(const char *file, unsigned line, const char *fmt, ...) __printf(3, 4);

/// Each of them gives true if the check holds.
#define CHECK(cond)                                               \
    ({                                                            \
        bool __ok = (cond);                                       \
        if (!__ok) {                                              \
            check_failed(__FILE__, __LINE__, "not true: " #cond); \
        }                                                         \
        __ok;                                                     \
    })

#define CHECK_COMPARE(a, op, b)                                                                  \
    ({                                                                                           \
        long long __a = (long long) (a), __b = (long long) (b);                                  \
        if (!(__a op __b)) {                                                                     \
            check_failed(__FILE__, __LINE__, "%s is %lld, expected %s %lld", #a, __a, #op, __b); \
        }                                                                                        \
        __a op __b;                                                                              \
    })

#define CHECK_EQ(a, b) CHECK_COMPARE(a, ==, b)
#define CHECK_NE(a, b) CHECK_COMPARE(a, !=, b)
#define CHECK_LT(a, b) CHECK_COMPARE(a, <, b)
#define CHECK_LE(a, b) CHECK_COMPARE(a, <=, b)
#define CHECK_GE(a, b) CHECK_COMPARE(a, >=, b)
#define CHECK_GT(a, b) CHECK_COMPARE(a, >, b)
#define CHECK_OK(expr) CHECK_GE(expr, 0)
#define CHECK_STR(a, b)                                                           \
    ({                                                                            \
        const char *__a = (a), *__b = (b);                                        \
        bool __same = __a != NULL && strcmp(__a, __b) == 0;                       \
        if (!__same) {                                                            \
            check_failed(__FILE__, __LINE__, "%s is \"%s\", expected \"%s\"", #a, \
                         __a ? __a : "(null)", __b);                              \
        }                                                                         \
        __same;                                                                   \
    })

#endif
