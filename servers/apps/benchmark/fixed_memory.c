#include <idl_client.h>
#include <resea/printf.h>
#include <resea/task.h>

#include "measure.h"
#include "pairs.h"
#include "tasks.h"

static void never_run(void) {}

task_t create_task(const char *name) {
    static uint8_t stack[STACK_MIN] __aligned(8);
    struct task_memory memory = {(uintptr_t) stack, sizeof(stack), sizeof(stack)};
    task_t task;
    ASSERT_OK(call_task_alloc(INIT_TASK, task_self(), &task));
    ASSERT_OK(task_create_in(task, name, (vaddr_t) never_run, task_self(), 0, &memory));
    return task;
}

void measure_faults(void) {
    // There are none.
}

bool pairs_main(void) {
    return false;  // There is one CPU.
}

void measure_loans(task_t server __unused) {
    // Nobody can lend pages.
}
