// The message tracer.

#include <string.h>
#include <unittest.h>

#include "host.h"

static task_t a, b, reader;

static void set_up(void) {
    host_reset();
    a = host_spawn("a", INIT_TASK, 0);
    b = host_spawn("b", INIT_TASK, 0);
    reader = host_spawn("reader", INIT_TASK, TASK_RIGHT_DEBUG);
    TEST_EXPECT_EQ(SYSCALL(reader, SYS_TRACE, TRACE_START), OK);
}

static void stop(void) {
    TEST_EXPECT_EQ(SYSCALL(reader, SYS_TRACE, TRACE_STOP), OK);
}

/// An event by its number; NULL if there is none from there on.
static const struct trace_event *event(uintptr_t number) {
    intptr_t len =
        SYSCALL(reader, SYS_TRACE, TRACE_READ, number, MSG_VADDR, sizeof(struct trace_event));
    TEST_EXPECT(len == sizeof(struct trace_event) || len == ERR_END);
    return len > 0 ? (const struct trace_event *) host_msg(reader) : NULL;
}

static void expect_event(uintptr_t number, enum trace_kind kind, task_t src, task_t dst,
                         bool delivered) {
    const struct trace_event *e = event(number);
    if (e == NULL) {
        TEST_EXPECT(!"there is an event");
        return;
    }
    TEST_EXPECT_EQ(e->number, number);
    TEST_EXPECT_EQ(e->kind, kind);
    TEST_EXPECT_EQ(e->src, src);
    TEST_EXPECT_EQ(e->dst, dst);
    TEST_EXPECT_EQ(e->delivered, delivered);
}

TEST("trace: a call and its reply") {
    set_up();
    host_recv(b, IPC_ANY);
    host_compose(a, 7, 50);
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    host_compose(b, 8, 3);
    TEST_EXPECT_EQ(host_ipc(b, a, 0, IPC_SEND | IPC_REPLY), OK);
    stop();
    expect_event(0, TRACE_CALL, a, b, true);
    const struct trace_event *e = event(0);
    TEST_EXPECT_EQ(e->type, MSG_TYPE(200, 7, 0, MSG_OOL_NONE, 50));
    TEST_EXPECT_EQ(e->data_len, TRACE_DATA_LEN);
    host_compose(a, 7, 50);
    TEST_EXPECT_MEM_EQ(e->data, host_msg(a)->raw, TRACE_DATA_LEN);
    expect_event(1, TRACE_REPLY, b, a, true);
    TEST_EXPECT_EQ(event(1)->data_len, 8);
    TEST_EXPECT(event(2) == NULL);
}

TEST("trace: a message that waits is received later") {
    set_up();
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_send(a, b), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), OK);
    stop();
    expect_event(0, TRACE_SEND, a, b, false);
    expect_event(1, TRACE_RECEIVE, a, b, true);
    TEST_EXPECT_EQ(event(1)->type, MSG_TYPE(200, 1, 0, MSG_OOL_NONE, 8));
    TEST_EXPECT(event(0)->time <= event(1)->time);
}

TEST("trace: notifications, faults, ends and tasks") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_NOTIFY, b, 0x50000), OK);
    host_fault(a, FREE_VADDR + 8, FAULT_WRITE);
    host_destroy(a);
    task_t c = host_create("newcomer", INIT_TASK, 0);
    stop();
    expect_event(0, TRACE_NOTIFY, a, b, true);
    uint32_t bits;
    memcpy(&bits, event(0)->data, sizeof(bits));
    TEST_EXPECT_EQ(bits, 0x50000);
    expect_event(1, TRACE_FAULT, a, INIT_TASK, true);
    uint64_t vaddr;
    memcpy(&vaddr, event(1)->data, sizeof(vaddr));
    TEST_EXPECT_EQ(vaddr, FREE_VADDR + 8);
    // root is woken by the kernel for what it does.
    expect_event(2, TRACE_NOTIFY, KERNEL_TASK, ROOT_TASK, true);
    expect_event(3, TRACE_DESTROY, ROOT_TASK, a, true);
    expect_event(5, TRACE_CREATE, ROOT_TASK, c, true);
    TEST_EXPECT_STR_EQ((const char *) event(5)->data, "newcomer");
}

TEST("trace: a call that its server's end cuts off") {
    set_up();
    host_recv(b, IPC_ANY);
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    host_exception(b, EXP_DIVIDE, 5);
    host_destroy(b);
    stop();
    expect_event(1, TRACE_EXIT, b, INIT_TASK, true);
    int32_t why[2];
    memcpy(why, event(1)->data, sizeof(why));
    TEST_EXPECT_EQ(why[0], EXP_DIVIDE);
    TEST_EXPECT_EQ(why[1], 5);
    expect_event(3, TRACE_ABORT, a, b, true);
    int32_t err;
    memcpy(&err, event(3)->data, sizeof(err));
    TEST_EXPECT_EQ(err, ERR_ABORTED);
    expect_event(4, TRACE_DESTROY, ROOT_TASK, b, true);
}

TEST("trace: the oldest events go first") {
    set_up();
    for (unsigned i = 0; i < CONFIG_TRACE_EVENTS + 10; i++) {
        SYSCALL(a, SYS_NOTIFY, b, i + 1);
    }
    stop();
    SYSCALL(a, SYS_NOTIFY, b, 1);  // Isn't recorded.
    TEST_EXPECT_EQ(event(0)->number, 10);
    TEST_EXPECT_EQ(event(10)->number, 10);
    TEST_EXPECT_EQ(event(CONFIG_TRACE_EVENTS + 9)->number, CONFIG_TRACE_EVENTS + 9);
    TEST_EXPECT(event(CONFIG_TRACE_EVENTS + 10) == NULL);
    TEST_EXPECT_EQ(SYSCALL(reader, SYS_TRACE, TRACE_START), OK);
    stop();
    TEST_EXPECT(event(0) == NULL);
}

TEST("trace: only with the right") {
    set_up();
    for (int what = TRACE_STOP; what <= TRACE_READ + 1; what++) {
        TEST_EXPECT_EQ(SYSCALL(a, SYS_TRACE, what, 0, MSG_VADDR, 64), ERR_NOT_PERMITTED);
    }
    TEST_EXPECT_EQ(SYSCALL(reader, SYS_TRACE, TRACE_READ + 1), ERR_INVALID_ARG);
    stop();
}

TEST("trace: the right to the tracer alone tells who sends to whom, and nothing of what") {
    set_up();
    reader = host_spawn("counter", INIT_TASK, TASK_RIGHT_TRACE);
    TEST_EXPECT_EQ(SYSCALL(reader, SYS_TRACE, TRACE_START), OK);
    host_recv(b, IPC_ANY);
    host_compose(a, 7, 50);
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    stop();
    expect_event(0, TRACE_CALL, a, b, true);
    const struct trace_event *e = event(0);
    uint8_t nothing[TRACE_DATA_LEN] = {0};
    TEST_EXPECT_EQ(e->type, MSG_TYPE(200, 7, 0, MSG_OOL_NONE, 50));
    TEST_EXPECT_EQ(e->data_len, 0);
    TEST_EXPECT_MEM_EQ(e->data, nothing, sizeof(nothing));
    TEST_EXPECT_EQ(SYSCALL(reader, SYS_KDEBUG, MSG_VADDR, 4, 0, 0), ERR_NOT_PERMITTED);
}

TEST("trace: a server finds the pages that it is lent, all the same") {
    set_up();
    host_map(a, 0x400000, MAP_W);
    host_map(b, 0x600000, 0);
    host_unmap(b, 0x600000);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_ACCEPT_LOANS, 0x600000, PAGE_SIZE), OK);
    host_recv(b, IPC_ANY);
    struct message *m = host_msg(a);
    m->type = MSG_TYPE(200, 1, 0, MSG_OOL_LOAN, 16);
    m->ool_ptr = (void *) 0x400000;
    m->ool_len = PAGE_SIZE;
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT_EQ(host_msg(b)->ool_ptr, (void *) 0x600000);
    stop();
}
