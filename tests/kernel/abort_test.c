// A peer that dies at each stage of a message; faults in user memory; what a pager is told.

#include <unittest.h>

#include "host.h"

static task_t pager, a, b;

static void set_up(void) {
    host_reset();
    pager = host_spawn("pager", INIT_TASK, TASK_RIGHT_TASK | TASK_RIGHT_MAP);
    a = host_spawn("a", pager, 0);
    b = host_spawn("b", pager, 0);
}

TEST("abort: a sender hears of its receiver's death") {
    set_up();
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_send(a, b), HOST_BLOCKED);
    host_destroy(b);
    TEST_EXPECT_EQ(host_result(a), ERR_ABORTED);
    TEST_EXPECT(host_check());
}

TEST("abort: so does a caller, while it waits to be served, and while it is served") {
    set_up();
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    host_destroy(b);
    TEST_EXPECT_EQ(host_result(a), ERR_ABORTED);

    set_up();
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), OK);
    TEST_EXPECT_EQ(host_state(a), TASK_RECEIVING);
    host_destroy(b);
    TEST_EXPECT_EQ(host_result(a), ERR_ABORTED);
    TEST_EXPECT(host_check());
}

TEST("abort: so does who receives from one task only; an open receive waits on") {
    set_up();
    TEST_EXPECT_EQ(host_recv(a, b), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(pager, IPC_ANY), HOST_BLOCKED);
    host_destroy(b);
    TEST_EXPECT_EQ(host_result(a), ERR_ABORTED);
    TEST_EXPECT_EQ(host_result(pager), HOST_BLOCKED);
    TEST_EXPECT(host_check());
}

TEST("abort: a dead sender's message is gone") {
    set_up();
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_send(a, b), HOST_BLOCKED);
    host_destroy(a);
    TEST_EXPECT_EQ(host_ipc(b, 0, IPC_ANY, IPC_RECV | IPC_NOBLOCK), ERR_WOULD_BLOCK);
    TEST_EXPECT(host_check());
}

TEST("abort: a stopped task can't be sent to, and its callers hear of it when it is destroyed") {
    set_up();
    TEST_EXPECT_EQ(host_recv(pager, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_TASK_EXIT, 7), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(b), TASK_STOPPED);
    TEST_EXPECT_EQ(host_result(pager), OK);
    const struct message *m = host_msg(pager);
    TEST_EXPECT_EQ(m->type, EXCEPTION_MSG);
    TEST_EXPECT_EQ(m->src, b);
    TEST_EXPECT_EQ(m->exception.task, b);
    TEST_EXPECT_EQ(m->exception.exception, EXP_EXIT);
    TEST_EXPECT_EQ(m->exception.value, 7);
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_send(a, b), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_TASK_DESTROY, b), OK);
    TEST_EXPECT_EQ(host_state(b), TASK_UNUSED);
    TEST_EXPECT(host_check());
}

TEST("abort: an exception waits until the pager has time") {
    set_up();
    host_exception(b, EXP_ILLEGAL, 6);
    TEST_EXPECT_EQ(host_state(b), TASK_STOPPED);
    TEST_EXPECT(host_check());
    TEST_EXPECT_EQ(host_recv(pager, b), OK);
    TEST_EXPECT_EQ(host_msg(pager)->exception.exception, EXP_ILLEGAL);
    TEST_EXPECT_EQ(host_msg(pager)->exception.value, 6);
    TEST_EXPECT(host_check());
}

TEST("abort: a task without a pager just stops") {
    set_up();
    host_destroy(pager);
    host_exception(b, EXP_ILLEGAL, 6);
    TEST_EXPECT_EQ(host_state(b), TASK_STOPPED);
    host_fault(a, FREE_VADDR, 0);
    TEST_EXPECT_EQ(host_state(a), TASK_FAULTED);
    TEST_EXPECT(host_check());
}

TEST("abort: faults that were to be told to a dead pager are told to nobody") {
    set_up();
    host_fault(a, FREE_VADDR, 0);
    host_exception(b, EXP_ILLEGAL, 6);
    host_destroy(pager);
    TEST_EXPECT_EQ(host_state(a), TASK_FAULTED);
    TEST_EXPECT_EQ(host_state(b), TASK_STOPPED);
    TEST_EXPECT(host_check());
}

// ---- Faults -------------------------------------------------------------------------------------

/// The pager receives a fault of `task` at `vaddr`.
static void expect_fault(task_t task, vaddr_t vaddr, unsigned fault) {
    TEST_EXPECT_EQ(host_recv(pager, IPC_ANY), OK);
    const struct message *m = host_msg(pager);
    TEST_EXPECT_EQ(m->type, PAGE_FAULT_MSG);
    TEST_EXPECT_EQ(m->src, task);
    TEST_EXPECT_EQ(m->page_fault.task, task);
    TEST_EXPECT_EQ(m->page_fault.vaddr, vaddr);
    TEST_EXPECT_EQ(m->page_fault.fault, fault);
}

static void answer_fault(task_t task, int type) {
    host_msg(pager)->type = type;
    TEST_EXPECT_EQ(host_ipc(pager, task, 0, IPC_SEND | IPC_REPLY), OK);
}

TEST("fault: a pager that waits runs at once") {
    set_up();
    TEST_EXPECT_EQ(host_recv(pager, IPC_ANY), HOST_BLOCKED);
    host_fault(a, FREE_VADDR + 5, FAULT_WRITE);
    TEST_EXPECT_EQ(cpus[0].current->tid, pager);
    TEST_EXPECT_EQ(host_result(pager), OK);
    const struct message *m = host_msg(pager);
    TEST_EXPECT_EQ(m->type, PAGE_FAULT_MSG);
    TEST_EXPECT_EQ(m->src, a);
    TEST_EXPECT_EQ(m->page_fault.task, a);
    TEST_EXPECT_EQ(m->page_fault.vaddr, FREE_VADDR + 5);
    TEST_EXPECT_EQ(m->page_fault.fault, FAULT_WRITE);
    TEST_EXPECT(host_check());
    answer_fault(a, PAGE_FAULT_REPLY_MSG);
    TEST_EXPECT_EQ(host_state(a), TASK_READY);
}

TEST("fault: a pager whose buffer is missing faults itself first") {
    set_up();
    TEST_EXPECT_EQ(host_recv(pager, IPC_ANY), HOST_BLOCKED);
    host_unmap(pager, MSG_VADDR);
    host_fault(a, FREE_VADDR, FAULT_EXEC);
    TEST_EXPECT_EQ(host_state(pager), TASK_FAULTED);
    TEST_EXPECT_EQ(host_state(a), TASK_FAULTED);
    TEST_EXPECT(host_check());
    host_map(pager, MSG_VADDR, MAP_W);
    TEST_EXPECT_EQ(host_result(INIT_TASK), OK);
    host_msg(INIT_TASK)->type = PAGE_FAULT_REPLY_MSG;
    TEST_EXPECT_EQ(host_ipc(INIT_TASK, pager, 0, IPC_SEND | IPC_REPLY), OK);
    TEST_EXPECT_EQ(host_result(pager), OK);
    TEST_EXPECT_EQ(host_msg(pager)->type, PAGE_FAULT_MSG);
    TEST_EXPECT_EQ(host_msg(pager)->src, a);
    TEST_EXPECT_EQ(host_msg(pager)->page_fault.vaddr, FREE_VADDR);
    TEST_EXPECT_EQ(host_msg(pager)->page_fault.fault, FAULT_EXEC);
}

TEST("fault: a task goes on when its pager has mapped the page") {
    set_up();
    host_fault(a, FREE_VADDR + 5, FAULT_WRITE);
    TEST_EXPECT_EQ(host_state(a), TASK_FAULTED);
    expect_fault(a, FREE_VADDR + 5, FAULT_WRITE);
    TEST_EXPECT(host_check());
    answer_fault(a, PAGE_FAULT_REPLY_MSG);
    TEST_EXPECT_EQ(host_state(a), TASK_READY);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_SELF), a);
}

TEST("fault: a task whose pager says no stays where it is") {
    set_up();
    host_fault(a, FREE_VADDR, 0);
    expect_fault(a, FREE_VADDR, 0);
    answer_fault(a, ERR_NOT_FOUND);
    TEST_EXPECT_EQ(host_state(a), TASK_STOPPED);
    TEST_EXPECT(host_check());
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_TASK_DESTROY, a), OK);
}

TEST("fault: only the pager answers, and only once") {
    set_up();
    host_fault(a, FREE_VADDR, 0);
    host_compose(b, 1, 0)->type = PAGE_FAULT_REPLY_MSG;
    TEST_EXPECT_EQ(host_ipc(b, a, 0, IPC_SEND | IPC_REPLY), ERR_WOULD_BLOCK);
    expect_fault(a, FREE_VADDR, 0);
    answer_fault(a, PAGE_FAULT_REPLY_MSG);
    TEST_EXPECT_EQ(host_ipc(pager, a, 0, IPC_SEND | IPC_REPLY), ERR_WOULD_BLOCK);
}

/// Where the part of a message begins that the kernel copies from memory to memory.
#define IN_REGISTERS (MESSAGE_HEADER_SIZE + IPC_WORDS * sizeof(uintptr_t))

TEST("fault: a send from a page that is missing is made again") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IPC, b, 0, FREE_VADDR, IPC_SEND), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(a), TASK_FAULTED);
    expect_fault(a, FREE_VADDR + IN_REGISTERS, 0);
    host_map(a, FREE_VADDR, MAP_W);
    struct message *m = host_ptr(a, FREE_VADDR);
    m->raw[20] = 0x77;
    answer_fault(a, PAGE_FAULT_REPLY_MSG);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), OK);
    TEST_EXPECT_EQ(host_msg(b)->raw[20], 0x77);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_check());
}

TEST("fault: a message over the edge of a missing page") {
    set_up();
    host_map(a, FREE_VADDR, MAP_W);
    vaddr_t vaddr = FREE_VADDR + PAGE_SIZE - 32;
    *(int *) host_ptr(a, vaddr) = MSG_TYPE(200, 5, 0, MSG_OOL_NONE, 64);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IPC, b, 0, vaddr, IPC_SEND), HOST_BLOCKED);
    expect_fault(a, FREE_VADDR + PAGE_SIZE, 0);
    TEST_EXPECT_EQ(host_result(b), HOST_BLOCKED);
    host_map(a, FREE_VADDR + PAGE_SIZE, MAP_W);
    answer_fault(a, PAGE_FAULT_REPLY_MSG);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT_EQ(host_result(b), OK);
}

TEST("fault: a message is delivered when the receiver's page has come") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(b, SYS_IPC, 0, IPC_ANY, FREE_VADDR, IPC_RECV), HOST_BLOCKED);
    host_compose(a, 3, 32);
    TEST_EXPECT_EQ(host_send(a, b), OK);
    TEST_EXPECT_EQ(host_result(b), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(b), TASK_FAULTED);
    expect_fault(b, FREE_VADDR + IN_REGISTERS, FAULT_WRITE);
    host_map(b, FREE_VADDR, MAP_W);
    answer_fault(b, PAGE_FAULT_REPLY_MSG);
    TEST_EXPECT_EQ(host_result(b), OK);
    const struct message *m = host_ptr(b, FREE_VADDR);
    TEST_EXPECT_EQ(m->src, a);
    TEST_EXPECT_EQ(m->type, MSG_TYPE(200, 3, 0, MSG_OOL_NONE, 32));
    TEST_EXPECT(host_check());
}

TEST("fault: addresses outside of user space fault like missing pages") {
    set_up();
    static const vaddr_t bad[] = {0, USER_END, USER_END - 4, ~(vaddr_t) 3};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_WRITE, bad[i], 8), HOST_BLOCKED);
        TEST_EXPECT_EQ(host_state(a), TASK_FAULTED);
        expect_fault(a, bad[i], 0);
        answer_fault(a, ERR_NOT_FOUND);
        host_destroy(a);
        a = host_spawn("a", pager, 0);
    }
    TEST_EXPECT(host_check());
}
