// How loans end, in whatever way: kernel/loan.c.

#include <unittest.h>

#include "loan_fixture.h"

TEST("loan: the lender dies: its pages are out of the window, and the next loan comes") {
    loan_set_up(true);
    TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN_W), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.b), OK);
    host_destroy(loan.a);
    TEST_EXPECT(loan_window_is_empty());
    TEST_EXPECT(host_check());
    // The server looks, and its pager gives it something else.
    host_fault(loan.b, LOAN_WINDOW, 0);
    TEST_EXPECT_EQ(host_state(loan.b), TASK_FAULTED);
    TEST_EXPECT_EQ(host_recv(loan.pager, IPC_ANY), OK);
    host_map(loan.b, LOAN_WINDOW, MAP_W);
    host_msg(loan.pager)->type = PAGE_FAULT_REPLY_MSG;
    TEST_EXPECT_EQ(host_ipc(loan.pager, loan.b, 0, IPC_SEND | IPC_REPLY), OK);
    host_run(loan.b);
    TEST_EXPECT_EQ(loan_answer(loan.a), HOST_BLOCKED);
    task_t c = host_spawn("c", loan.pager, 0);
    loan_map_lender(c);
    TEST_EXPECT_EQ(loan_lend(c, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.b), OK);
    TEST_EXPECT(loan_has_come(c));
    TEST_EXPECT(host_check());
}

TEST("loan: the borrower dies: the lender's call is aborted") {
    for (int serves = 0; serves < 2; serves++) {
        loan_set_up(true);
        TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN_W), HOST_BLOCKED);
        TEST_EXPECT_EQ(host_result(loan.b), OK);
        if (serves) {
            TEST_EXPECT_EQ(host_recv(loan.b, IPC_ANY), HOST_BLOCKED);
        }
        host_destroy(loan.b);
        TEST_EXPECT_EQ(host_result(loan.a), ERR_ABORTED);
        TEST_EXPECT_EQ(host_task(loan.a)->borrower, NULL);
        *(uint32_t *) host_ptr(loan.a, LOAN_FROM) = 1;
        TEST_EXPECT(host_check());
    }
}

TEST("loan: a page that is unmapped leaves the window, too") {
    loan_set_up(true);
    TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.b), OK);
    host_unmap(loan.a, LOAN_FROM + PAGE_SIZE);
    TEST_EXPECT_EQ(loan_rights_of(loan.b, LOAN_WINDOW + PAGE_SIZE), -1);
    TEST_EXPECT_EQ(host_ptr(loan.b, LOAN_WINDOW), host_ptr(loan.a, LOAN_FROM));
    TEST_EXPECT(host_check());
    // What comes in its place is the borrower's: it stays when the lender's place is unmapped again.
    host_map(loan.b, LOAN_WINDOW + PAGE_SIZE, MAP_W);
    host_map(loan.a, LOAN_FROM + PAGE_SIZE, MAP_W);
    host_unmap(loan.a, LOAN_FROM + PAGE_SIZE);
    TEST_EXPECT_EQ(loan_rights_of(loan.b, LOAN_WINDOW + PAGE_SIZE), MAP_W);
    TEST_EXPECT_EQ(loan_answer(loan.a), HOST_BLOCKED);
    TEST_EXPECT(loan_window_is_empty());
    TEST_EXPECT_EQ(host_result(loan.a), OK);
    TEST_EXPECT(host_check());
}

TEST("loan: the borrower's pager may take pages of the window") {
    loan_set_up(true);
    TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.b), OK);
    host_unmap(loan.b, LOAN_WINDOW + 2 * PAGE_SIZE);
    TEST_EXPECT_EQ(loan_answer(loan.a), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.a), OK);
    TEST_EXPECT(host_check());
}

TEST("loan: an answer may be a payload of what was lent") {
    for (int missing = 0; missing < 2; missing++) {
        loan_set_up(true);
        host_map(loan.a, FREE_VADDR, MAP_W);
        struct message *m = host_msg(loan.a);
        m->type = MSG_TYPE(200, 1, 0, MSG_OOL_LOAN, 16);
        m->ool_ptr = (void *) LOAN_FROM;
        m->ool_len = LOAN_LEN;
        TEST_EXPECT_EQ(
            SYSCALL(loan.a, SYS_IPC, loan.b, loan.b, MSG_VADDR, IPC_CALL, FREE_VADDR, PAGE_SIZE),
            HOST_BLOCKED);
        TEST_EXPECT_EQ(host_result(loan.b), OK);
        if (missing) {
            // The client has to come for it, and to fault first.
            host_unmap(loan.a, FREE_VADDR);
            host_task(loan.a)->pager = INIT_TASK;
        }
        m = host_msg(loan.b);
        m->type = MSG_TYPE(200, 1, MSG_REPLY, MSG_OOL_BYTES, 16);
        m->ool_ptr = (void *) LOAN_WINDOW;
        m->ool_len = 100;
        TEST_EXPECT_EQ(host_ipc(loan.b, loan.a, IPC_ANY, IPC_SERVE & ~IPC_OPEN), HOST_BLOCKED);
        if (missing) {
            host_result(loan.a);
            TEST_EXPECT_EQ(host_state(loan.a), TASK_FAULTED);
            TEST_EXPECT_EQ(host_task(loan.b)->lender, host_task(loan.a));
            host_map(loan.a, FREE_VADDR, MAP_W);
            TEST_EXPECT_EQ(host_result(INIT_TASK), OK);
            host_msg(INIT_TASK)->type = PAGE_FAULT_REPLY_MSG;
            TEST_EXPECT_EQ(host_ipc(INIT_TASK, loan.a, IPC_ANY, IPC_SERVE & ~IPC_OPEN),
                           HOST_BLOCKED);
        }
        TEST_EXPECT_EQ(host_result(loan.a), OK);
        TEST_EXPECT_EQ(*(uint32_t *) host_ptr(loan.a, FREE_VADDR), (uint32_t) loan.a);
        host_result(loan.b);
        TEST_EXPECT(loan_window_is_empty());
        TEST_EXPECT(host_check());
    }
}

/// `b` runs on CPU 1, with pages of `a`. `root` runs on CPU 0.
static void lend_across(void) {
    loan_set_up(true);
    TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN_W), HOST_BLOCKED);
    task_t other = host_spawn("other", loan.pager, 0);
    host_task(other)->arch.pinned = true;
    host_run(other);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_state(loan.b), TASK_RUNNING);
    TEST_EXPECT_NE(host_task(loan.b)->cpu, host_task(other)->cpu);
    TEST_EXPECT(loan_has_come(loan.a));
}

static task_t on_other_cpu(void) {
    task_t caller =
        host_spawn("caller", INIT_TASK, TASK_RIGHT_TASK | TASK_RIGHT_MAP | TASK_RIGHT_PHYS);
    host_task(caller)->arch.pinned = true;
    host_run(caller);
    TEST_EXPECT_NE(host_task(caller)->cpu, host_task(loan.b)->cpu);
    return caller;
}

static void start_call(task_t tid, enum syscall_number number, uintptr_t a0, uintptr_t a1) {
    const uintptr_t args[6] = {a0, a1};
    host_start_call(tid, number, args);
}

TEST("loan: who ends a lender waits until the borrower's CPU has forgotten the pages") {
    lend_across();
    task_t caller = on_other_cpu();
    unsigned flushes = host.cpus[host_task(loan.b)->cpu].flushes;
    start_call(caller, SYS_TASK_DESTROY, (uintptr_t) loan.a, 0);
    TEST_EXPECT_EQ(host_state(caller), TASK_SYNCING);
    TEST_EXPECT_EQ(host_state(loan.a), TASK_DYING);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(caller), OK);
    TEST_EXPECT(host.cpus[host_task(loan.b)->cpu].flushes > flushes);
    TEST_EXPECT(loan_window_is_empty());
    TEST_EXPECT(host_check());
}

TEST("loan: who unmaps a lent page waits until the borrower's CPU has forgotten it") {
    lend_across();
    task_t caller = on_other_cpu();
    unsigned flushes = host.cpus[host_task(loan.b)->cpu].flushes;
    start_call(caller, SYS_VM_UNMAP, (uintptr_t) loan.a, LOAN_FROM);
    TEST_EXPECT_EQ(host_state(caller), TASK_SYNCING);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(caller), OK);
    TEST_EXPECT(host.cpus[host_task(loan.b)->cpu].flushes > flushes);
    TEST_EXPECT_EQ(loan_rights_of(loan.a, LOAN_FROM), -1);
    TEST_EXPECT_EQ(loan_rights_of(loan.b, LOAN_WINDOW), -1);
    TEST_EXPECT(host_check());
}

TEST("loan: a lender whose borrower is ended goes on when that one's CPU has left it") {
    lend_across();
    task_t caller = on_other_cpu();
    start_call(caller, SYS_TASK_DESTROY, (uintptr_t) loan.b, 0);
    TEST_EXPECT_EQ(host_state(loan.a), TASK_SYNCING);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(caller), OK);
    TEST_EXPECT_EQ(host_result(loan.a), ERR_ABORTED);
    TEST_EXPECT(host_check());
}

TEST("loan: a lender that waits for that may be ended, too") {
    lend_across();
    task_t caller = on_other_cpu();
    start_call(caller, SYS_TASK_DESTROY, (uintptr_t) loan.b, 0);
    TEST_EXPECT_EQ(host_state(loan.a), TASK_SYNCING);
    host_destroy(loan.a);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(caller), OK);
    TEST_EXPECT(host_check());
}

TEST("loan: a lender that ends before its message is taken leaves nothing") {
    loan_set_up(false);
    TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN), HOST_BLOCKED);
    host_destroy(loan.a);
    TEST_EXPECT_EQ(host_recv(loan.b, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT(host_check());
}
