#include <idl_client.h>
#include <resea/async.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "measure.h"

/// An address where nobody maps anything.
#define NOWHERE USER_PAGES_BASE

/// benchmark.nop with a payload of 64 bytes.
#define NOP_64_MSG \
    MSG_TYPE(MSG_INTERFACE(BENCHMARK_NOP_MSG), MSG_METHOD(BENCHMARK_NOP_MSG), 0, MSG_OOL_NONE, 64)

static task_t server;
/// A task of ours that never runs.
static task_t sleeper;
/// A task of ours whose first instruction is nowhere.
static task_t faulter;
static size_t payload_len;
static uint8_t payload[65536];

static void null_syscall(void) {
    (void) sys_nop();
}

static void round_trip(void) {
    struct message m;
    m.type = BENCHMARK_NOP_MSG;
    m.benchmark_nop.value = 1;
    ASSERT_OK(ipc_call(server, &m));
}

static void round_trip_64(void) {
    struct message m;
    m.type = NOP_64_MSG;
    memset(m.raw, 1, 64);
    ASSERT_OK(ipc_call(server, &m));
}

/// The payload goes there and comes back.
static void round_trip_ool(void) {
    struct message m;
    m.type = BENCHMARK_NOP_WITH_OOL_MSG;
    m.benchmark_nop_with_ool.data = payload;
    m.benchmark_nop_with_ool.data_len = payload_len;
    ASSERT_OK(ipc_call(server, &m));
    free(m.ool_ptr);
}

static void signal(void) {
    ASSERT_OK(ipc_notify(sleeper, NOTIFY_USER_BASE));
}

/// Until the server, which is more urgent, has received it and waits again.
static void wake(void) {
    ASSERT_OK(ipc_notify(server, NOTIFY_USER_BASE));
}

/// Answers a page fault without having mapped anything: the task faults again at once.
static void fault(void) {
    struct message m;
    m.type = PAGE_FAULT_REPLY_MSG;
    ASSERT_OK(sys_ipc(faulter, IPC_ANY, &m, IPC_SEND | IPC_REPLY | IPC_RECV, NULL, 0));
    DEBUG_ASSERT(m.type == PAGE_FAULT_MSG && m.src == faulter);
}

/// From the launch of a program that does nothing until vm tells that it has ended.
static void spawn(void) {
    task_t task;
    ASSERT_OK(call_task_launch(INIT_TASK, "hello --quiet", &task));
    ASSERT_OK(call_task_watch(INIT_TASK, task));
    struct message m;
    do {
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
    } while (m.type != NOTIFICATIONS_MSG || async_recv(INIT_TASK, &m) != OK
             || m.type != TASK_EXITED_MSG);
}

static task_t create_task(const char *name) {
    task_t task;
    ASSERT_OK(call_task_alloc(INIT_TASK, task_self(), &task));
    ASSERT_OK(task_create(task, name, NOWHERE, task_self(), 0));
    return task;
}

static void measure_ipc(void) {
    ASSERT_OK(call_task_launch(INIT_TASK, "benchmark_server", &server));
    server = ipc_lookup("benchmark_server");
    ASSERT_OK(server);

    measure("ipc.roundtrip", round_trip);
    measure("ipc.roundtrip.64", round_trip_64);
    measure("notify.wake", wake);
    memset(payload, 1, sizeof(payload));
    payload_len = 4096;
    measure_slow("ipc.ool.4096", 100, round_trip_ool);
    payload_len = 65536;
    measure_slow("ipc.ool.65536", 10, round_trip_ool);

    ASSERT_OK(call_task_kill(INIT_TASK, server));
}

static void measure_tasks(void) {
    sleeper = create_task("sleeper");
    measure("notify.signal", signal);

    faulter = create_task("faulter");
    ASSERT_OK(task_schedule(faulter, TASK_PRIORITY_MAX));
    struct message m;
    ASSERT_OK(ipc_recv(faulter, &m));
    measure("fault.roundtrip", fault);

    ASSERT_OK(task_destroy(faulter));
    ASSERT_OK(task_destroy(sleeper));
    measure_slow("task.spawn", 10, spawn);
}

static void print_sizes(void) {
    struct kernel_info kernel;
    ASSERT_OK(sys_info(INFO_KERNEL, 0, &kernel, sizeof(kernel)));
    METRIC("size.kernel.text", kernel.kernel_text_bytes, "bytes");
    METRIC("size.kernel.ram", kernel.kernel_ram_bytes, "bytes");
    METRIC("size.task", kernel.task_bytes, "bytes");
}

void main(void) {
    measure("syscall.null", null_syscall);
    measure_ipc();
    measure_tasks();
    print_sizes();
}
