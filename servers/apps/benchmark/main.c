#include <arch_user.h>
#include <config.h>
#include <idl_client.h>
#include <limits.h>
#include <resea/async.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "interrupts.h"
#include "measure.h"
#include "pairs.h"
#include "tasks.h"

/// benchmark.nop with a longer payload.
#define NOP_MSG(len) \
    MSG_TYPE(MSG_INTERFACE(BENCHMARK_NOP_MSG), MSG_METHOD(BENCHMARK_NOP_MSG), 0, MSG_OOL_NONE, len)

static task_t server;
/// A task of ours that never runs.
static task_t sleeper;
static size_t payload_len;
/// A page's beginning, where there are pages.
static uint8_t payload[CONFIG_OOL_MAX] __aligned(sizeof(void *) < 8 ? 8 : PAGE_SIZE);

static void null_syscall(void) {
    (void) sys_nop();
}

static __noinline __noreturn void fail(void) {
    PANIC("a call has failed");
}

/// With as little around the call as can be: it would be measured, too.
static void round_trip(void) {
    static struct message m;
    m.type = BENCHMARK_NOP_MSG;
    m.benchmark_nop.value = 1;
    if (UNLIKELY(ipc_call(server, &m) != OK)) {
        fail();
    }
}

/// The whole of a longer payload is written anew each time, as a client would.
static ALWAYS_INLINE void round_trip_with(size_t len) {
    static struct message m;
    m.type = NOP_MSG(len);
    for (size_t i = 0; i < len / sizeof(m.words[0]); i++) {
        m.words[i] = 1;
    }
    if (UNLIKELY(ipc_call(server, &m) != OK)) {
        fail();
    }
}

static void round_trip_64(void) {
    round_trip_with(MIN((size_t) 64, MESSAGE_PAYLOAD_SIZE));
}

static void round_trip_max(void) {
    round_trip_with(MESSAGE_PAYLOAD_SIZE);
}

/// The server takes the payload, frees it and tells that it has.
static void round_trip_ool(void) {
    struct message m;
    m.type = BENCHMARK_TAKE_MSG;
    m.benchmark_take.data = payload;
    m.benchmark_take.data_len = payload_len;
    ASSERT_OK(ipc_call(server, &m));
}

static void signal(void) {
    if (UNLIKELY(ipc_notify(sleeper, NOTIFY_USER_BASE) != OK)) {
        fail();
    }
}

/// Until the server, which is more urgent, has received it and waits again.
static void notify_and_back(void) {
    ASSERT_OK(ipc_notify(server, NOTIFY_USER_BASE));
}

/// Launches a program that does nothing and waits until vm tells that it has ended.
static int run_program(const char *cmdline) {
    task_t task;
    ASSERT_OK(call_task_launch(INIT_TASK, cmdline, &task));
    ASSERT_OK(call_task_watch(INIT_TASK, task));
    struct message m;
    do {
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
    } while (m.type != NOTIFICATIONS_MSG || async_recv(INIT_TASK, &m) != OK
             || m.type != TASK_EXITED_MSG);
    return m.task_exited.status;
}

static void live(void) {
    (void) run_program("hello --quiet");
}

/// From a program's launch to the first line of its main. It is more urgent than we are: nothing of
/// what we do comes in between.
static uint64_t spawn(void) {
    uint64_t start = arch_cpu_cycles();
    int started = run_program("hello --time");
    return ((uint64_t) (unsigned) started - start) & INT_MAX;
}

/// Payloads that the board can't send are left out.
static void measure_payload(const char *name, size_t len, unsigned times) {
    if (len <= sizeof(payload)) {
        payload_len = len;
        measure_slow(name, times, round_trip_ool);
    }
}

static void measure_ipc(void) {
    measure("ipc.roundtrip", round_trip);
    if (MESSAGE_PAYLOAD_SIZE >= 64) {
        measure("ipc.roundtrip.64", round_trip_64);
    }
    measure("ipc.roundtrip.max", round_trip_max);
    measure("notify.roundtrip", notify_and_back);
    memset(payload, 1, sizeof(payload));
    measure_payload("ipc.ool.128", 128, 100);
    measure_payload("ipc.ool.256", 256, 100);
    measure_payload("ipc.ool.4096", 4096, 100);
    measure_payload("ipc.ool.65536", 65536, 10);
}

static void measure_tasks(void) {
    sleeper = create_task("sleeper");
    measure("notify.signal", signal);
    ASSERT_OK(task_destroy(sleeper));
    measure_faults();
    measure_span("task.spawn", 10, spawn);
    measure_slow("task.life", 10, live);
}

#define WAKES 100

/// What `begin` makes the server's driver do, which is more urgent: from the time that it returns until the
/// driver goes on behind its receive. The lowest of some, as the clock's interrupts fall into others.
static void measure_wake(const char *name, uint32_t (*begin)(void)) {
    uint32_t best = UINT32_MAX;
    for (int i = 0; i < WAKES; i++) {
        uint32_t began = begin(), woken;
        ASSERT_OK(call_benchmark_wake_time(server, &woken));
        best = MIN(best, interrupts_elapsed(began, woken));
    }

    METRIC(name, measure_counted(best), "cycles");
}

static uint32_t notify_driver(void) {
    uint32_t time = interrupts_now();
    if (UNLIKELY(ipc_notify(server, NOTIFY_USER_BASE) != OK)) {
        fail();
    }
    return time;
}

static void measure_driver(void) {
    error_t err = call_benchmark_irq_start(server);
    measure_wake("notify.wake", notify_driver);
    if (IS_ERROR(err)) {
        WARN("irq.to_task is left out: the device: %s", error_name(err));
        return;
    }

    interrupts_init();
    measure_wake("irq.to_task", interrupts_raise);
}

static void print_sizes(void) {
    struct kernel_info kernel;
    ASSERT_OK(sys_info(INFO_KERNEL, 0, &kernel, sizeof(kernel)));
    METRIC("size.kernel.text", kernel.kernel_text_bytes, "bytes");
    METRIC("size.kernel.ram", kernel.kernel_ram_bytes, "bytes");
    METRIC("size.task", kernel.task_bytes, "bytes");
}

static void measure_with_server(void) {
    ASSERT_OK(call_task_launch(INIT_TASK, "benchmark_server", &server));
    server = ipc_lookup("benchmark_server");
    ASSERT_OK(server);
    measure_ipc();
    measure_loans(server);
    measure_driver();
    ASSERT_OK(call_task_kill(INIT_TASK, server));
}

void main(void) {
    if (pairs_main()) {
        return;
    }
    measure_init();
    measure("syscall.null", null_syscall);
    measure_with_server();
    measure_tasks();
    print_sizes();
}
