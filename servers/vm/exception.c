#include <kernel_abi.h>
#include <resea/printf.h>

#include "fault.h"
#include "reap.h"
#include "task.h"

static const char *exception_name(int exception) {
    static const char *names[] = {
        [EXP_ILLEGAL] = "invalid instruction",
        [EXP_DIVIDE] = "division by zero",
        [EXP_PROTECTION] = "protection fault",
        [EXP_BREAKPOINT] = "breakpoint",
        [EXP_ALIGNMENT] = "misaligned access",
        [EXP_FPU] = "floating-point exception",
        [EXP_OTHER] = "exception",
        [EXP_STACK_OVERFLOW] = "stack overflow",
    };
    bool is_known = exception > 0 && exception < (int) (sizeof(names) / sizeof(names[0]));
    return is_known ? names[exception] : "unknown exception";
}

void fault_handle_exception(task_t tid, const struct exception_fields *exception) {
    struct task *task = task_find(tid);
    if (!task || task->life != LIFE_RUNS || exception->task != tid) {
        return;
    }

    if (exception->exception == EXP_EXIT) {
        reap(task, (struct task_end){TASK_END_REASON_EXITED, exception->value});
        return;
    }
    WARN("%s: %s (ip %p, address %p, number %d)", task->name, exception_name(exception->exception),
         (void *) exception->ip, (void *) exception->addr, exception->value);
    reap(task, (struct task_end){TASK_END_REASON_CRASHED, -1});
}
