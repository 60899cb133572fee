#include <arch_syscall.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "machine.h"
#include "test.h"
#include "thread.h"
#include "variant.h"

// Every pointer argument of every system call, with addresses that a program has no business with.
// Each call is made by a thread, so that its pager, the test, sees what comes of it: it may end
// with an error, fault, or be stopped; it must not succeed, and nothing may be written.

static char good[TASK_NAME_LEN] = "name";
static struct message good_message;
static uint64_t good_position;

static volatile uintptr_t bad;
static volatile long result;
static long (*volatile attempt)(uintptr_t pointer);

/// A message that doesn't fit into registers: the kernel looks at the buffer.
#define LONG_MSG MSG_TYPE(1023, 1, 0, MSG_OOL_NONE, MESSAGE_PAYLOAD_SIZE)

static long try_message_to_send(uintptr_t p) {
    return arch_syscall(SYS_IPC_WITH(IPC_SEND), main_task, LONG_MSG, 0, (long) p, 0, 0);
}

static long try_message_to_receive(uintptr_t p) {
    return arch_syscall(SYS_IPC_WITH(IPC_RECV), main_task, 0, 0, (long) p, 0, 0);
}

static long try_ool_to_send(uintptr_t p) {
    good_message.type = BENCHMARK_NOP_WITH_OOL_MSG;
    good_message.ool_ptr = (void *) p;
    good_message.ool_len = 64;
    return arch_syscall(SYS_IPC_WITH(IPC_SEND), main_task, good_message.type, 0,
                        (long) &good_message, (long) p, 64);
}

static long try_console_write(uintptr_t p) {
    return arch_syscall(SYS_CONSOLE_WRITE, (long) p, 16, 0, 0, 0, 0);
}

static long try_klog_buffer(uintptr_t p) {
    good_position = 0;
    return arch_syscall(SYS_KLOG_READ, (long) p, 16, (long) &good_position, 0, 0, 0);
}

static long try_klog_position(uintptr_t p) {
    return arch_syscall(SYS_KLOG_READ, (long) good, 4, (long) p, 0, 0, 0);
}

static long try_info(uintptr_t p) {
    return arch_syscall(SYS_INFO, INFO_KERNEL, 0, (long) p, sizeof(struct kernel_info), 0, 0);
}

static long try_task_name(uintptr_t p) {
    return arch_syscall(SYS_TASK_CREATE, TASK_ID(60, 0), (long) p, 0, main_task, 0, 0);
}

static long try_kdebug_command(uintptr_t p) {
    return arch_syscall(SYS_KDEBUG, (long) p, 8, (long) good, sizeof(good), 0, 0);
}

static long try_kdebug_buffer(uintptr_t p) {
    return arch_syscall(SYS_KDEBUG, (long) good, 4, (long) p, 64, 0, 0);
}

static void run_attempt(void) {
    result = attempt(bad);
}

/// Answers a message that the attempt may be waiting for.
static void send_to_receiver(task_t thread) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = LONG_MSG;
    (void) raw_ipc(thread, 0, &m, IPC_SEND | IPC_REPLY);
}

static void check_outcome(task_t thread, const struct message *m, const char *what) {
    bool exited = m->type == EXCEPTION_MSG && m->exception.exception == EXP_EXIT;
    bool stopped = m->type == EXCEPTION_MSG && !exited;
    bool failed = exited && result < 0;
    bool faulted = m->type == PAGE_FAULT_MSG;
    if (m->src != thread || !(stopped || failed || faulted)) {
        check_failed(__FILE__, __LINE__, "%s accepts the address %p: message %x, result %ld", what,
                     (void *) bad, (unsigned) m->type, result);
    }
}

static void try_one(long (*func)(uintptr_t), uintptr_t address, const char *what) {
    attempt = func;
    bad = address;
    result = 0;
    task_t thread = thread_start(run_attempt);
    if (func == try_message_to_receive && thread_wait_blocked(thread)) {
        send_to_receiver(thread);
    }

    struct message m;
    error_t err = thread_recv(thread, &m);
    // An error that the thread sent would be a success of the attempt.
    m.type = IS_ERROR(err) ? err : m.type;
    check_outcome(thread, &m, what);
    thread_destroy(thread);
}

static void try_to_read(long (*func)(uintptr_t), const char *what) {
    for (unsigned i = 0; i < variant_num_unreadable; i++) {
        try_one(func, variant_unreadable[i], what);
    }
    try_one(func, machine.kernel_text, what);
}

static void try_to_write(long (*func)(uintptr_t), const char *what) {
    try_to_read(func, what);
    for (unsigned i = 0; i < variant_num_unwritable; i++) {
        try_one(func, variant_unwritable[i], what);
    }
}

#define POINTER_TEST(name, try_all) \
    static void test_##name(void) { \
        try_all(try_##name, #name); \
    }

POINTER_TEST(message_to_send, try_to_read)
POINTER_TEST(message_to_receive, try_to_write)
POINTER_TEST(ool_to_send, try_to_read)
POINTER_TEST(console_write, try_to_read)
POINTER_TEST(klog_buffer, try_to_write)
POINTER_TEST(klog_position, try_to_write)
POINTER_TEST(info, try_to_write)
POINTER_TEST(task_name, try_to_read)
POINTER_TEST(kdebug_command, try_to_read)
POINTER_TEST(kdebug_buffer, try_to_write)

const struct test_case pointer_cases[] = {
    {"pointer.message_to_send", test_message_to_send},
    {"pointer.message_to_receive", test_message_to_receive},
    {"pointer.ool_to_send", test_ool_to_send},
    {"pointer.console_write", test_console_write},
    {"pointer.klog_buffer", test_klog_buffer},
    {"pointer.klog_position", test_klog_position},
    {"pointer.info", test_info},
    {"pointer.task_name", test_task_name},
    {"pointer.kdebug_command", test_kdebug_command},
    {"pointer.kdebug_buffer", test_kdebug_buffer},
    {NULL, NULL},
};
