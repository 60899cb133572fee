#include <idl_client.h>
#include <resea/printf.h>
#include <resea/sys_ipc.h>
#include <resea/task.h>

#include "measure.h"
#include "tasks.h"

/// An address where nobody maps anything.
#define NOWHERE USER_PAGES_BASE

/// A task of ours whose first instruction is nowhere.
static task_t faulter;

task_t create_task(const char *name) {
    task_t task;
    ASSERT_OK(call_task_alloc(INIT_TASK, task_self(), &task));
    ASSERT_OK(task_create(task, name, NOWHERE, task_self(), 0));
    return task;
}

/// Answers a page fault without having mapped anything: the task faults again at once.
static void fault(void) {
    struct message m;
    m.type = PAGE_FAULT_REPLY_MSG;
    ASSERT_OK(sys_ipc(faulter, &m, IPC_SERVE, NULL));
    DEBUG_ASSERT(m.type == PAGE_FAULT_MSG && m.src == faulter);
}

void measure_faults(void) {
    faulter = create_task("faulter");
    ASSERT_OK(task_schedule(faulter, TASK_PRIORITY_MAX));
    struct message m;
    ASSERT_OK(ipc_recv(faulter, &m));
    measure("fault.roundtrip", fault);
    ASSERT_OK(task_destroy(faulter));
}
