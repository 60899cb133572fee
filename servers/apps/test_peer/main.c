#include <driver/io.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "loans.h"

/// Whom it receives from.
static task_t listen_to = IPC_ANY;

static void reply(task_t dst, int result) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = TEST_ACT_REPLY_MSG;
    m.test_act_reply.result = result;
    ipc_reply(dst, &m);
}

static void send_async(task_t dst, int count) {
    for (int i = 1; i <= count; i++) {
        struct message m;
        bzero(&m, sizeof(m));
        m.type = BENCHMARK_NOP_MSG;
        m.benchmark_nop.value = i;
        OOPS_OK(async_send(dst, &m));
    }
}

static int read_port(uint16_t port) {
    io_t io = io_alloc_port(port, 1, IO_ALLOC_NORMAL);
    int value = io ? io_read8(io, 0) : ERR_UNAVAILABLE;
    io_free(io);
    return value;
}

static error_t call(task_t dst) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_MSG;
    return ipc_call(dst, &m);
}

static int change_data(void) {
    static volatile int in_data = 1000;
    static volatile int in_bss;
    bool same = in_data == 1000 + in_bss;
    in_data++;
    return same ? in_bss++ : -1;
}

/// Never ends; the volatile keeps it from being turned into a loop. Without an MMU, the kernel looks at the
/// stack when it is entered.
static unsigned recurse(volatile unsigned depth) {
    volatile unsigned here = depth + 1;
    (void) sys_nop();
    return here == 0 ? 0 : recurse(here) + here;
}

static void act(task_t client, int action, int arg) {
    int result = OK;
    switch (action) {
    case TEST_ACTION_CRASH:
        __builtin_trap();
        break;
    case TEST_ACTION_LISTEN_TO_CALLER:
        listen_to = client;
        break;
    case TEST_ACTION_NOTIFY_CALLER:
        result = ipc_notify(client, (notifications_t) arg);
        break;
    case TEST_ACTION_SEND_ASYNC:
        send_async(client, arg);
        break;
    case TEST_ACTION_CALL:
        result = call(arg);
        break;
    case TEST_ACTION_ACQUIRE_IRQ:
        result = sys_irq_acquire((unsigned) arg);
        break;
    case TEST_ACTION_READ_PORT:
        result = read_port((uint16_t) arg);
        break;
    case TEST_ACTION_CREATE_TASK:
        result = task_create(arg, "unwanted", (vaddr_t) act, task_self(), 0);
        break;
    case TEST_ACTION_DESTROY_TASK:
        result = task_destroy(arg);
        break;
    case TEST_ACTION_MAP_PAGE:
        result = vm_map(arg, ALIGN_DOWN((vaddr_t) act, PAGE_SIZE),
                        ALIGN_DOWN((vaddr_t) act, PAGE_SIZE), 0, MAP_X);
        break;
    case TEST_ACTION_GRANT_IRQ:
        result = sys_grant(task_self(), GRANT_IRQ, (unsigned) arg, 1);
        break;
    case TEST_ACTION_CHANGE_DATA:
        result = change_data();
        break;
    case TEST_ACTION_OVERFLOW_STACK:
        result = (int) recurse((unsigned) arg);
        break;
    }

    reply(client, result);
    if (action == TEST_ACTION_EXIT) {
        task_exit_with(arg);
    }
}

static void echo_data(struct message *m) {
    void *data = m->ool_ptr;
    m->type = BENCHMARK_NOP_WITH_OOL_REPLY_MSG;
    m->benchmark_nop_with_ool_reply.data = data;
    ipc_reply(m->src, m);
    free(data);
}

void main(void) {
    loans_init();
    ASSERT_OK(ipc_serve("test_peer"));
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(listen_to, &m));
        switch (m.type) {
        case BENCHMARK_NOP_MSG:
            m.type = BENCHMARK_NOP_REPLY_MSG;
            m.benchmark_nop_reply.value = m.benchmark_nop.value + 1;
            ipc_reply(m.src, &m);
            break;
        case BENCHMARK_NOP_WITH_OOL_MSG:
            echo_data(&m);
            break;
        case TEST_ACT_MSG:
            act(m.src, m.test_act.action, m.test_act.arg);
            break;
        case NOTIFICATIONS_MSG:
            break;
        case ASYNC_MSG:
            (void) async_reply(m.src);
            break;
        default:
            if (!loans_handle(&m)) {
                discard_unknown_message(&m);
            }
        }
    }
}
