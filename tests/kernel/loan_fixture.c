#include "loan_fixture.h"

#include <unittest.h>

struct loan_tasks loan;

intptr_t loan_set_window(task_t tid, vaddr_t window, size_t len) {
    return SYSCALL(tid, SYS_ACCEPT_LOANS, window, len);
}

void loan_map_lender(task_t tid) {
    for (size_t i = 0; i < LOAN_PAGES; i++) {
        host_map(tid, LOAN_FROM + i * PAGE_SIZE, MAP_W);
        *(uint32_t *) host_ptr(tid, LOAN_FROM + i * PAGE_SIZE) = (uint32_t) (tid + i);
    }
}

void loan_set_up(bool waits) {
    host_reset();
    loan.pager = host_spawn("pager", INIT_TASK, TASK_RIGHT_TASK | TASK_RIGHT_MAP);
    loan.a = host_spawn("a", loan.pager, 0);
    loan.b = host_spawn("b", loan.pager, 0);
    loan_map_lender(loan.a);
    host_map(loan.b, LOAN_WINDOW, 0);
    host_unmap(loan.b, LOAN_WINDOW);
    TEST_EXPECT_EQ(loan_set_window(loan.b, LOAN_WINDOW, LOAN_LEN), OK);
    if (waits) {
        TEST_EXPECT_EQ(host_recv(loan.b, IPC_ANY), HOST_BLOCKED);
    }
}

intptr_t loan_lend_with(task_t lender, task_t to, int kind, vaddr_t from, size_t len,
                        unsigned flags) {
    struct message *m = host_msg(lender);
    m->type = MSG_TYPE(200, 1, 0, kind, 16);
    m->ool_ptr = (void *) from;
    m->ool_len = len;
    return host_ipc(lender, to, (flags & IPC_REPLY) ? IPC_ANY : to, flags);
}

intptr_t loan_lend(task_t lender, int kind) {
    return loan_lend_with(lender, loan.b, kind, LOAN_FROM, LOAN_LEN, IPC_CALL);
}

intptr_t loan_answer(task_t to) {
    host_compose(loan.b, 2, 8);
    return host_ipc(loan.b, to, IPC_ANY, IPC_SERVE & ~IPC_OPEN);
}

bool loan_has_come(task_t lender) {
    const struct message *m = host_msg(loan.b);
    bool ok = m->src == lender && m->ool_ptr == (void *) LOAN_WINDOW && m->ool_len == LOAN_LEN;
    for (size_t i = 0; i < LOAN_PAGES; i++) {
        const uint32_t *word = host_ptr(loan.b, LOAN_WINDOW + i * PAGE_SIZE);
        ok = ok && word && word == host_ptr(lender, LOAN_FROM + i * PAGE_SIZE)
             && *word == (uint32_t) (lender + (task_t) i);
    }
    return ok;
}

bool loan_window_is_empty(void) {
    bool empty = true;
    for (size_t i = 0; i < LOAN_PAGES; i++) {
        empty = empty && !host_ptr(loan.b, LOAN_WINDOW + i * PAGE_SIZE);
    }
    return empty;
}

int loan_rights_of(task_t tid, vaddr_t vaddr) {
    paddr_t paddr;
    unsigned flags;
    struct aspace *as = host_task(tid)->aspace;
    return arch_aspace_lookup(as, vaddr, &paddr, &flags) == OK ? (int) flags : -1;
}

void loan_expect_refused(task_t lender, task_t to, vaddr_t from, size_t len, error_t err) {
    (void) loan_lend_with(lender, to, MSG_OOL_LOAN, from, len, IPC_CALL);
    TEST_EXPECT_EQ(host_result(to), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(lender), err);
    TEST_EXPECT_EQ(host_state(to), TASK_RECEIVING);
}
