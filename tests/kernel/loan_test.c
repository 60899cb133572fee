// Pages that are lent for the time of a call: kernel/loan.c.

#include <unittest.h>

#include "loan_fixture.h"

/// Nothing is mapped in this page's table.
#define NO_TABLE 0x00a00000ul

TEST("loan: a server has its client's pages until it answers") {
    for (int i = 0; i < 4; i++) {
        bool waits = i % 2;
        loan_set_up(waits);
        host.fast_path = i / 2;
        TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN), HOST_BLOCKED);
        TEST_EXPECT_EQ(waits ? host_result(loan.b) : host_recv(loan.b, IPC_ANY), OK);
        TEST_EXPECT(loan_has_come(loan.a));
        TEST_EXPECT_EQ(loan_rights_of(loan.b, LOAN_WINDOW), 0);
        TEST_EXPECT(host_check());
        TEST_EXPECT_EQ(loan_answer(loan.a), HOST_BLOCKED);
        TEST_EXPECT(loan_window_is_empty());
        TEST_EXPECT_EQ(host_result(loan.a), OK);
        TEST_EXPECT(host_received(loan.a, loan.b, 2, 8));
        TEST_EXPECT(host_check());
    }
}

TEST("loan: what the server writes is in the client's pages") {
    loan_set_up(true);
    TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN_W), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.b), OK);
    TEST_EXPECT_EQ(loan_rights_of(loan.b, LOAN_WINDOW + LOAN_LEN - PAGE_SIZE), MAP_W);
    *(uint32_t *) host_ptr(loan.b, LOAN_WINDOW + PAGE_SIZE) = 0x5a5a;
    TEST_EXPECT_EQ(loan_answer(loan.a), HOST_BLOCKED);
    TEST_EXPECT_EQ(*(uint32_t *) host_ptr(loan.a, LOAN_FROM + PAGE_SIZE), 0x5a5a);
}

TEST("loan: a longer message arrives whole") {
    loan_set_up(true);
    struct message *m = host_msg(loan.a);
    m->type = MSG_TYPE(200, 1, 0, MSG_OOL_LOAN, 48);
    m->ool_ptr = (void *) LOAN_FROM;
    m->ool_len = LOAN_LEN;
    m->raw[47] = 0x5a;
    TEST_EXPECT_EQ(host_ipc(loan.a, loan.b, loan.b, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.b), OK);
    TEST_EXPECT(loan_has_come(loan.a));
    TEST_EXPECT_EQ(host_msg(loan.b)->raw[47], 0x5a);
}

TEST("loan: an answer that comes late ends it, too, on any way") {
    for (int fast = 0; fast < 2; fast++) {
        loan_set_up(true);
        host.fast_path = fast;
        TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN), HOST_BLOCKED);
        TEST_EXPECT_EQ(host_result(loan.b), OK);
        // In between it waits for others, and serves one.
        task_t c = host_spawn("c", loan.pager, 0);
        TEST_EXPECT_EQ(host_recv(loan.b, IPC_ANY), HOST_BLOCKED);
        host_compose(c, 1, 8);
        TEST_EXPECT_EQ(host_ipc(c, loan.b, loan.b, IPC_CALL), HOST_BLOCKED);
        TEST_EXPECT_EQ(host_result(loan.b), OK);
        TEST_EXPECT_EQ(loan_answer(c), HOST_BLOCKED);
        TEST_EXPECT_EQ(host_result(c), OK);
        TEST_EXPECT_EQ(SYSCALL(c, SYS_NOTIFY, loan.b, 1u << 20), OK);
        TEST_EXPECT_EQ(host_result(loan.b), OK);
        host_msg(loan.b)->src = loan.a;
        TEST_EXPECT(loan_has_come(loan.a) || host_msg(loan.b)->type == NOTIFICATIONS_MSG);
        TEST_EXPECT(!loan_window_is_empty());
        TEST_EXPECT_EQ(loan_answer(loan.a), HOST_BLOCKED);
        TEST_EXPECT(loan_window_is_empty());
        TEST_EXPECT_EQ(host_result(loan.a), OK);
        TEST_EXPECT(host_check());
    }
}

TEST("loan: only a call of whole pages that aren't too many lends") {
    loan_set_up(true);
    static const struct {
        vaddr_t from;
        size_t len;
        unsigned flags;
        error_t err;
    } bad[] = {
        {LOAN_FROM + 1, PAGE_SIZE, IPC_CALL, ERR_INVALID_ARG},
        {LOAN_FROM, PAGE_SIZE + 1, IPC_CALL, ERR_INVALID_ARG},
        {LOAN_FROM, 0, IPC_CALL, ERR_INVALID_ARG},
        {LOAN_FROM, CONFIG_LOAN_MAX + PAGE_SIZE, IPC_CALL, ERR_TOO_LARGE},
        {LOAN_FROM, ~(size_t) 0 - PAGE_SIZE + 1, IPC_CALL, ERR_TOO_LARGE},
        {LOAN_FROM, PAGE_SIZE, IPC_SEND, ERR_INVALID_ARG},
        {LOAN_FROM, PAGE_SIZE, IPC_CALL | IPC_NOBLOCK, ERR_INVALID_ARG},
        {LOAN_FROM, PAGE_SIZE, IPC_SEND | IPC_NOBLOCK, ERR_INVALID_ARG},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        TEST_EXPECT_EQ(
            loan_lend_with(loan.a, loan.b, MSG_OOL_LOAN_W, bad[i].from, bad[i].len, bad[i].flags),
            bad[i].err);
    }
    TEST_EXPECT_EQ(host_state(loan.b), TASK_RECEIVING);
    TEST_EXPECT(host_check());
}

TEST("loan: the longest one, and pages that aren't in a row in memory") {
    loan_set_up(false);
    for (size_t i = 0; i < CONFIG_LOAN_MAX / PAGE_SIZE; i++) {
        vaddr_t offset = i * PAGE_SIZE;
        if (i >= LOAN_PAGES) {
            host_map_page(loan.a, LOAN_FROM + offset, host_keep_page(), 0);
        }
        *(uint32_t *) host_ptr(loan.a, LOAN_FROM + offset) = (uint32_t) i;
    }
    TEST_EXPECT_EQ(loan_set_window(loan.b, LOAN_WINDOW, CONFIG_LOAN_MAX), OK);
    TEST_EXPECT_EQ(host_recv(loan.b, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(
        loan_lend_with(loan.a, loan.b, MSG_OOL_LOAN, LOAN_FROM, CONFIG_LOAN_MAX, IPC_CALL),
        HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.b), OK);
    for (size_t i = 0; i < CONFIG_LOAN_MAX / PAGE_SIZE; i++) {
        TEST_EXPECT_EQ(*(uint32_t *) host_ptr(loan.b, LOAN_WINDOW + i * PAGE_SIZE), i);
    }
    TEST_EXPECT(host_check());
    TEST_EXPECT_EQ(loan_answer(loan.a), HOST_BLOCKED);
    TEST_EXPECT(loan_window_is_empty());
    TEST_EXPECT_EQ(host_result(loan.a), OK);
    TEST_EXPECT(host_check());
}

TEST("loan: an answer doesn't lend") {
    loan_set_up(false);
    TEST_EXPECT_EQ(host_recv(loan.a, IPC_ANY), HOST_BLOCKED);
    host_compose(loan.b, 1, 8);
    TEST_EXPECT_EQ(host_ipc(loan.b, loan.a, loan.a, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.a), OK);
    TEST_EXPECT_EQ(
        loan_lend_with(loan.a, loan.b, MSG_OOL_LOAN, LOAN_FROM, LOAN_LEN, IPC_SEND | IPC_REPLY),
        ERR_INVALID_ARG);
    TEST_EXPECT_EQ(host_state(loan.b), TASK_RECEIVING);
    TEST_EXPECT(host_check());
}

TEST("loan: who has no window, or a smaller one, gets none") {
    for (int waits = 0; waits < 2; waits++) {
        for (int has_some = 0; has_some < 2; has_some++) {
            loan_set_up(false);
            TEST_EXPECT_EQ(
                loan_set_window(loan.b, LOAN_WINDOW, has_some ? LOAN_LEN - PAGE_SIZE : 0), OK);
            if (waits) {
                TEST_EXPECT_EQ(host_recv(loan.b, IPC_ANY), HOST_BLOCKED);
            }
            intptr_t result = loan_lend(loan.a, MSG_OOL_LOAN);
            if (!waits) {
                TEST_EXPECT_EQ(result, HOST_BLOCKED);
                TEST_EXPECT_EQ(host_recv(loan.b, IPC_ANY), HOST_BLOCKED);
            }
            TEST_EXPECT_EQ(host_result(loan.a), ERR_TOO_LARGE);
            // It waits on for others.
            host_result(loan.b);
            TEST_EXPECT_EQ(host_state(loan.b), TASK_RECEIVING);
            TEST_EXPECT(host_check());
        }
    }
}

TEST("loan: windows that can't be are refused") {
    loan_set_up(false);
    TEST_EXPECT_EQ(loan_set_window(loan.b, LOAN_WINDOW + 8, PAGE_SIZE), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(loan_set_window(loan.b, LOAN_WINDOW, PAGE_SIZE - 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(loan_set_window(loan.b, 0, PAGE_SIZE), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(loan_set_window(loan.b, USER_END - PAGE_SIZE, 2 * PAGE_SIZE), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(loan_set_window(loan.b, ~(vaddr_t) 0 - PAGE_SIZE + 1, PAGE_SIZE),
                   ERR_INVALID_ARG);
    TEST_EXPECT_EQ(loan_set_window(loan.b, LOAN_WINDOW, ~(size_t) 0 - PAGE_SIZE + 1),
                   ERR_INVALID_ARG);
    // What came could be mapped into others.
    TEST_EXPECT_EQ(loan_set_window(loan.pager, LOAN_WINDOW, PAGE_SIZE), ERR_NOT_PERMITTED);
    // While there is a loan, the window stays where it is.
    TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(loan.b, IPC_ANY), OK);
    TEST_EXPECT_EQ(loan_set_window(loan.b, 0, 0), ERR_IN_USE);
    TEST_EXPECT(loan_has_come(loan.a));
}

/// `a` lends what faults at `vaddr`, while `b` waits or not; nothing is left of it.
static void expect_fault(int kind, vaddr_t from, size_t len, vaddr_t vaddr, unsigned flags) {
    intptr_t result = loan_lend_with(loan.a, loan.b, kind, from, len, IPC_CALL);
    TEST_EXPECT_EQ(result, HOST_BLOCKED);
    host_result(loan.b);
    host_result(loan.a);
    TEST_EXPECT_EQ(host_state(loan.a), TASK_FAULTED);
    TEST_EXPECT_EQ(host_task(loan.a)->fault.vaddr, vaddr);
    TEST_EXPECT_EQ(host_task(loan.a)->fault.flags, flags);
    TEST_EXPECT(loan_window_is_empty());
    TEST_EXPECT(host_check());
}

/// The same, if `b` comes later.
static void expect_late_fault(vaddr_t from, size_t len, vaddr_t vaddr) {
    TEST_EXPECT_EQ(loan_lend_with(loan.a, loan.b, MSG_OOL_LOAN, from, len, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(loan.b, IPC_ANY), HOST_BLOCKED);
    host_result(loan.a);
    TEST_EXPECT_EQ(host_state(loan.a), TASK_FAULTED);
    TEST_EXPECT_EQ(host_task(loan.a)->fault.vaddr, vaddr);
    TEST_EXPECT(loan_window_is_empty());
    TEST_EXPECT(host_check());
}

TEST("loan: pages that aren't the lender's are its fault") {
    static const vaddr_t bad[] = {FREE_VADDR, USER_END, 0, ~(vaddr_t) 0 - PAGE_SIZE + 1};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        loan_set_up(true);
        expect_fault(MSG_OOL_LOAN, bad[i], PAGE_SIZE, bad[i], 0);
        loan_set_up(false);
        expect_late_fault(bad[i], PAGE_SIZE, bad[i]);
    }
    // The last of some.
    loan_set_up(true);
    host_unmap(loan.a, LOAN_FROM + LOAN_LEN - PAGE_SIZE);
    expect_fault(MSG_OOL_LOAN_W, LOAN_FROM, LOAN_LEN, LOAN_FROM + LOAN_LEN - PAGE_SIZE,
                 FAULT_WRITE);
}

TEST("loan: pages that the lender can't write to itself aren't lent to be written to") {
    for (int i = 0; i < 2; i++) {
        // Odd pages are found in another way than even ones.
        vaddr_t vaddr = LOAN_FROM + (vaddr_t) (1 + i) * PAGE_SIZE;
        loan_set_up(true);
        host_unmap(loan.a, vaddr);
        host_map(loan.a, vaddr, 0);
        expect_fault(MSG_OOL_LOAN_W, LOAN_FROM, LOAN_LEN, vaddr, FAULT_WRITE | FAULT_PRESENT);
    }
}

TEST("loan: device memory isn't lent") {
    loan_set_up(true);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, loan.a, GRANT_MMIO, HOST_MMIO, PAGE_SIZE), OK);
    host_unmap(loan.a, LOAN_FROM);
    host_map_page(loan.a, LOAN_FROM, HOST_MMIO, MAP_UNCACHED);
    expect_fault(MSG_OOL_LOAN, LOAN_FROM, LOAN_LEN, LOAN_FROM, FAULT_PRESENT);
}

TEST("loan: pages of the kernel's own aren't lent") {
    loan_set_up(true);
    task_t rich = host_spawn("rich", INIT_TASK, 0);
    paddr_t none = 0;
    // As bootfs is, in vm: RAM that nobody counts.
    struct aspace *as = host_task(rich)->aspace;
    host_map(rich, LOAN_FROM, 0);
    TEST_EXPECT_EQ(arch_aspace_map(as, LOAN_FROM + PAGE_SIZE, HOST_RAM_BASE, 0, &none), OK);
    loan_expect_refused(rich, loan.b, LOAN_FROM, 2 * PAGE_SIZE, ERR_NOT_PERMITTED);
    TEST_EXPECT(loan_window_is_empty());
    TEST_EXPECT_EQ(arch_aspace_unmap(as, LOAN_FROM + PAGE_SIZE, &none), OK);
    TEST_EXPECT(host_check());
}

TEST("loan: one at a time") {
    loan_set_up(true);
    task_t c = host_spawn("c", loan.pager, 0);
    loan_map_lender(c);
    TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.b), OK);
    // A second one waits for its turn, as any call does.
    TEST_EXPECT_EQ(loan_lend(c, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT(loan_has_come(loan.a));
    // It fails if the server comes for it without having answered the first one.
    TEST_EXPECT_EQ(host_recv(loan.b, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(c), ERR_IN_USE);
    loan_expect_refused(c, loan.b, LOAN_FROM, LOAN_LEN, ERR_IN_USE);
    TEST_EXPECT(host_check());
    TEST_EXPECT_EQ(SYSCALL(c, SYS_NOTIFY, loan.b, 1u << 20), OK);
    TEST_EXPECT_EQ(host_result(loan.b), OK);
    TEST_EXPECT_EQ(loan_answer(loan.a), HOST_BLOCKED);
    TEST_EXPECT_EQ(loan_lend(c, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.b), OK);
    TEST_EXPECT(loan_has_come(c));
    TEST_EXPECT(host_check());
}

TEST("loan: the next one comes with the answer to the last one") {
    loan_set_up(true);
    task_t c = host_spawn("c", loan.pager, 0);
    loan_map_lender(c);
    TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN_W), HOST_BLOCKED);
    TEST_EXPECT_EQ(loan_lend(c, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.b), OK);
    TEST_EXPECT_EQ(loan_answer(loan.a), OK);
    TEST_EXPECT(loan_has_come(c));
    TEST_EXPECT_EQ(loan_rights_of(loan.b, LOAN_WINDOW), 0);
    TEST_EXPECT(host_check());
}

TEST("loan: what is borrowed isn't lent on") {
    loan_set_up(true);
    task_t c = host_spawn("c", loan.pager, 0);
    host_map(c, LOAN_WINDOW, 0);
    TEST_EXPECT_EQ(loan_set_window(c, LOAN_WINDOW, LOAN_LEN), OK);
    TEST_EXPECT_EQ(host_recv(c, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN_W), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(loan.b), OK);
    host_map(loan.b, LOAN_WINDOW - PAGE_SIZE, MAP_W);
    for (int i = -1; i < LOAN_PAGES; i++) {
        vaddr_t from = LOAN_WINDOW + (vaddr_t) (i * PAGE_SIZE);
        size_t len = i < 0 ? 2 * PAGE_SIZE : PAGE_SIZE;
        loan_expect_refused(loan.b, c, from, len, ERR_NOT_PERMITTED);
    }
    // Its own pages are its to lend.
    TEST_EXPECT_EQ(
        loan_lend_with(loan.b, c, MSG_OOL_LOAN, LOAN_WINDOW - PAGE_SIZE, PAGE_SIZE, IPC_CALL),
        HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(c), OK);
    TEST_EXPECT_EQ(host_ptr(c, LOAN_WINDOW), host_ptr(loan.b, LOAN_WINDOW - PAGE_SIZE));
    TEST_EXPECT(host_check());
    // Who has lent something can't borrow meanwhile: `c` calls back instead of answering.
    TEST_EXPECT_EQ(loan_set_window(c, LOAN_WINDOW, LOAN_LEN), ERR_IN_USE);
    host_map(c, LOAN_FROM, 0);
    loan_expect_refused(c, loan.b, LOAN_FROM, PAGE_SIZE, ERR_IN_USE);
    TEST_EXPECT(host_check());
}

TEST("loan: a pager can't lend to whose page faults it answers") {
    loan_set_up(true);
    host_map(loan.pager, LOAN_FROM, 0);
    loan_expect_refused(loan.pager, loan.b, LOAN_FROM, PAGE_SIZE, ERR_NOT_PERMITTED);
    TEST_EXPECT(host_check());
}

TEST("loan: what is in the window gives way") {
    for (int waits = 0; waits < 2; waits++) {
        loan_set_up(waits);
        host_map(loan.b, LOAN_WINDOW + PAGE_SIZE, MAP_W);
        host_map(loan.b, LOAN_WINDOW + 4 * PAGE_SIZE, 0);
        TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN), HOST_BLOCKED);
        TEST_EXPECT_EQ(waits ? host_result(loan.b) : host_recv(loan.b, IPC_ANY), OK);
        TEST_EXPECT(loan_has_come(loan.a));
        TEST_EXPECT(host_check());
    }
}

TEST("loan: a page table that is missing is asked for") {
    for (int waits = 0; waits < 2; waits++) {
        loan_set_up(false);
        TEST_EXPECT_EQ(loan_set_window(loan.b, NO_TABLE, LOAN_LEN), OK);
        if (waits) {
            TEST_EXPECT_EQ(host_recv(loan.b, IPC_ANY), HOST_BLOCKED);
        }
        TEST_EXPECT_EQ(loan_lend(loan.a, MSG_OOL_LOAN), HOST_BLOCKED);
        TEST_EXPECT_EQ(waits ? host_result(loan.b) : host_recv(loan.b, IPC_ANY), HOST_BLOCKED);
        TEST_EXPECT_EQ(host_state(loan.b), TASK_FAULTED);
        TEST_EXPECT_EQ(host_task(loan.b)->fault.vaddr, NO_TABLE);
        TEST_EXPECT(host_check());
        TEST_EXPECT_EQ(host_recv(loan.pager, IPC_ANY), OK);
        host_map(loan.b, NO_TABLE, MAP_W);
        host_msg(loan.pager)->type = PAGE_FAULT_REPLY_MSG;
        TEST_EXPECT_EQ(host_ipc(loan.pager, loan.b, 0, IPC_SEND | IPC_REPLY), OK);
        TEST_EXPECT_EQ(host_result(loan.b), OK);
        TEST_EXPECT_EQ(host_msg(loan.b)->ool_ptr, (void *) NO_TABLE);
        TEST_EXPECT_EQ(host_ptr(loan.b, NO_TABLE), host_ptr(loan.a, LOAN_FROM));
        TEST_EXPECT(host_check());
    }
}
