// Pages that are lent for the time of a call: kernel/loan.c.

#include <string.h>
#include <unittest.h>

#include "host.h"

#define NUM_PAGES 5
#define FROM      0x00400000ul
#define WINDOW    0x00600000ul
/// Nothing is mapped in this page's table.
#define NO_TABLE 0x00a00000ul
#define LEN      (NUM_PAGES * PAGE_SIZE)

/// `a` lends, `b` is the server.
static task_t pager, a, b;

static intptr_t accept_loans(task_t tid, vaddr_t window, size_t len) {
    return SYSCALL(tid, SYS_ACCEPT_LOANS, window, len);
}

static void map_lender(task_t tid) {
    for (size_t i = 0; i < NUM_PAGES; i++) {
        host_map(tid, FROM + i * PAGE_SIZE, MAP_W);
        *(uint32_t *) host_ptr(tid, FROM + i * PAGE_SIZE) = (uint32_t) (tid + i);
    }
}

/// `b` waits for anybody, or is about to.
static void set_up(bool waits) {
    host_reset();
    pager = host_spawn("pager", INIT_TASK, TASK_RIGHT_TASK | TASK_RIGHT_MAP);
    a = host_spawn("a", pager, 0);
    b = host_spawn("b", pager, 0);
    map_lender(a);
    host_map(b, WINDOW, 0);
    host_unmap(b, WINDOW);
    TEST_EXPECT_EQ(accept_loans(b, WINDOW, LEN), OK);
    if (waits) {
        TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    }
}

static intptr_t lend_with(task_t lender, task_t to, int kind, vaddr_t from, size_t len,
                          unsigned flags) {
    struct message *m = host_msg(lender);
    m->type = MSG_TYPE(200, 1, 0, kind, 16);
    m->ool_ptr = (void *) from;
    m->ool_len = len;
    return host_ipc(lender, to, (flags & IPC_REPLY) ? IPC_ANY : to, flags);
}

static intptr_t lend(task_t lender, int kind) {
    return lend_with(lender, b, kind, FROM, LEN, IPC_CALL);
}

static intptr_t answer(task_t to) {
    host_compose(b, 2, 8);
    return host_ipc(b, to, IPC_ANY, IPC_SERVE & ~IPC_OPEN);
}

static bool has_loan(task_t lender) {
    const struct message *m = host_msg(b);
    bool ok = m->src == lender && m->ool_ptr == (void *) WINDOW && m->ool_len == LEN;
    for (size_t i = 0; i < NUM_PAGES; i++) {
        const uint32_t *word = host_ptr(b, WINDOW + i * PAGE_SIZE);
        ok = ok && word && word == host_ptr(lender, FROM + i * PAGE_SIZE)
             && *word == (uint32_t) (lender + (task_t) i);
    }
    return ok;
}

static bool is_window_empty(void) {
    bool empty = true;
    for (size_t i = 0; i < NUM_PAGES; i++) {
        empty = empty && !host_ptr(b, WINDOW + i * PAGE_SIZE);
    }
    return empty;
}

/// What a task may do with a page; -1: it hasn't got it.
static int rights_of(task_t tid, vaddr_t vaddr) {
    paddr_t paddr;
    unsigned flags;
    struct aspace *as = host_task(tid)->aspace;
    return arch_aspace_lookup(as, vaddr, &paddr, &flags) == OK ? (int) flags : -1;
}

/// The loan fails when the receiver comes for it, which then waits on.
static void expect_refused(task_t lender, task_t to, vaddr_t from, size_t len, error_t err) {
    (void) lend_with(lender, to, MSG_OOL_LOAN, from, len, IPC_CALL);
    TEST_EXPECT_EQ(host_result(to), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(lender), err);
    TEST_EXPECT_EQ(host_state(to), TASK_RECEIVING);
}

TEST("loan: a server has its client's pages until it answers") {
    for (int i = 0; i < 4; i++) {
        bool waits = i % 2;
        set_up(waits);
        host.fast_path = i / 2;
        TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN), HOST_BLOCKED);
        TEST_EXPECT_EQ(waits ? host_result(b) : host_recv(b, IPC_ANY), OK);
        TEST_EXPECT(has_loan(a));
        TEST_EXPECT_EQ(rights_of(b, WINDOW), 0);
        TEST_EXPECT(host_check());
        TEST_EXPECT_EQ(answer(a), HOST_BLOCKED);
        TEST_EXPECT(is_window_empty());
        TEST_EXPECT_EQ(host_result(a), OK);
        TEST_EXPECT(host_received(a, b, 2, 8));
        TEST_EXPECT(host_check());
    }
}

TEST("loan: what the server writes is in the client's pages") {
    set_up(true);
    TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN_W), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT_EQ(rights_of(b, WINDOW + LEN - PAGE_SIZE), MAP_W);
    *(uint32_t *) host_ptr(b, WINDOW + PAGE_SIZE) = 0x5a5a;
    TEST_EXPECT_EQ(answer(a), HOST_BLOCKED);
    TEST_EXPECT_EQ(*(uint32_t *) host_ptr(a, FROM + PAGE_SIZE), 0x5a5a);
}

TEST("loan: a longer message arrives whole") {
    set_up(true);
    struct message *m = host_msg(a);
    m->type = MSG_TYPE(200, 1, 0, MSG_OOL_LOAN, 48);
    m->ool_ptr = (void *) FROM;
    m->ool_len = LEN;
    m->raw[47] = 0x5a;
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(has_loan(a));
    TEST_EXPECT_EQ(host_msg(b)->raw[47], 0x5a);
}

TEST("loan: an answer that comes late ends it, too, on any way") {
    for (int fast = 0; fast < 2; fast++) {
        set_up(true);
        host.fast_path = fast;
        TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN), HOST_BLOCKED);
        TEST_EXPECT_EQ(host_result(b), OK);
        // In between it waits for others, and serves one.
        task_t c = host_spawn("c", pager, 0);
        TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
        host_compose(c, 1, 8);
        TEST_EXPECT_EQ(host_ipc(c, b, b, IPC_CALL), HOST_BLOCKED);
        TEST_EXPECT_EQ(host_result(b), OK);
        TEST_EXPECT_EQ(answer(c), HOST_BLOCKED);
        TEST_EXPECT_EQ(host_result(c), OK);
        TEST_EXPECT_EQ(SYSCALL(c, SYS_NOTIFY, b, 1u << 20), OK);
        TEST_EXPECT_EQ(host_result(b), OK);
        host_msg(b)->src = a;
        TEST_EXPECT(has_loan(a) || host_msg(b)->type == NOTIFICATIONS_MSG);
        TEST_EXPECT(!is_window_empty());
        TEST_EXPECT_EQ(answer(a), HOST_BLOCKED);
        TEST_EXPECT(is_window_empty());
        TEST_EXPECT_EQ(host_result(a), OK);
        TEST_EXPECT(host_check());
    }
}

TEST("loan: only a call of whole pages that aren't too many lends") {
    set_up(true);
    static const struct {
        vaddr_t from;
        size_t len;
        unsigned flags;
        error_t err;
    } bad[] = {
        {FROM + 1, PAGE_SIZE, IPC_CALL, ERR_INVALID_ARG},
        {FROM, PAGE_SIZE + 1, IPC_CALL, ERR_INVALID_ARG},
        {FROM, 0, IPC_CALL, ERR_INVALID_ARG},
        {FROM, CONFIG_LOAN_MAX + PAGE_SIZE, IPC_CALL, ERR_TOO_LARGE},
        {FROM, ~(size_t) 0 - PAGE_SIZE + 1, IPC_CALL, ERR_TOO_LARGE},
        {FROM, PAGE_SIZE, IPC_SEND, ERR_INVALID_ARG},
        {FROM, PAGE_SIZE, IPC_CALL | IPC_NOBLOCK, ERR_INVALID_ARG},
        {FROM, PAGE_SIZE, IPC_SEND | IPC_NOBLOCK, ERR_INVALID_ARG},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        TEST_EXPECT_EQ(lend_with(a, b, MSG_OOL_LOAN_W, bad[i].from, bad[i].len, bad[i].flags),
                       bad[i].err);
    }
    TEST_EXPECT_EQ(host_state(b), TASK_RECEIVING);
    TEST_EXPECT(host_check());
}

TEST("loan: the longest one, and pages that aren't in a row in memory") {
    set_up(false);
    for (size_t i = 0; i < CONFIG_LOAN_MAX / PAGE_SIZE; i++) {
        vaddr_t offset = i * PAGE_SIZE;
        if (i >= NUM_PAGES) {
            host_map_page(a, FROM + offset, host_keep_page(), 0);
        }
        *(uint32_t *) host_ptr(a, FROM + offset) = (uint32_t) i;
    }
    TEST_EXPECT_EQ(accept_loans(b, WINDOW, CONFIG_LOAN_MAX), OK);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(lend_with(a, b, MSG_OOL_LOAN, FROM, CONFIG_LOAN_MAX, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    for (size_t i = 0; i < CONFIG_LOAN_MAX / PAGE_SIZE; i++) {
        TEST_EXPECT_EQ(*(uint32_t *) host_ptr(b, WINDOW + i * PAGE_SIZE), i);
    }
    TEST_EXPECT(host_check());
    TEST_EXPECT_EQ(answer(a), HOST_BLOCKED);
    TEST_EXPECT(is_window_empty());
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_check());
}

TEST("loan: an answer doesn't lend") {
    set_up(false);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    host_compose(b, 1, 8);
    TEST_EXPECT_EQ(host_ipc(b, a, a, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT_EQ(lend_with(a, b, MSG_OOL_LOAN, FROM, LEN, IPC_SEND | IPC_REPLY), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(host_state(b), TASK_RECEIVING);
    TEST_EXPECT(host_check());
}

TEST("loan: who has no window, or a smaller one, gets none") {
    for (int waits = 0; waits < 2; waits++) {
        for (int has_some = 0; has_some < 2; has_some++) {
            set_up(false);
            TEST_EXPECT_EQ(accept_loans(b, WINDOW, has_some ? LEN - PAGE_SIZE : 0), OK);
            if (waits) {
                TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
            }
            intptr_t result = lend(a, MSG_OOL_LOAN);
            if (!waits) {
                TEST_EXPECT_EQ(result, HOST_BLOCKED);
                TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
            }
            TEST_EXPECT_EQ(host_result(a), ERR_TOO_LARGE);
            // It waits on for others.
            host_result(b);
            TEST_EXPECT_EQ(host_state(b), TASK_RECEIVING);
            TEST_EXPECT(host_check());
        }
    }
}

TEST("loan: windows that can't be are refused") {
    set_up(false);
    TEST_EXPECT_EQ(accept_loans(b, WINDOW + 8, PAGE_SIZE), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(accept_loans(b, WINDOW, PAGE_SIZE - 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(accept_loans(b, 0, PAGE_SIZE), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(accept_loans(b, USER_END - PAGE_SIZE, 2 * PAGE_SIZE), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(accept_loans(b, ~(vaddr_t) 0 - PAGE_SIZE + 1, PAGE_SIZE), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(accept_loans(b, WINDOW, ~(size_t) 0 - PAGE_SIZE + 1), ERR_INVALID_ARG);
    // What came could be mapped into others.
    TEST_EXPECT_EQ(accept_loans(pager, WINDOW, PAGE_SIZE), ERR_NOT_PERMITTED);
    // While there is a loan, the window stays where it is.
    TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), OK);
    TEST_EXPECT_EQ(accept_loans(b, 0, 0), ERR_IN_USE);
    TEST_EXPECT(has_loan(a));
}

/// `a` lends what faults at `vaddr`, while `b` waits or not; nothing is left of it.
static void expect_fault(int kind, vaddr_t from, size_t len, vaddr_t vaddr, unsigned flags) {
    intptr_t result = lend_with(a, b, kind, from, len, IPC_CALL);
    TEST_EXPECT_EQ(result, HOST_BLOCKED);
    host_result(b);
    host_result(a);
    TEST_EXPECT_EQ(host_state(a), TASK_FAULTED);
    TEST_EXPECT_EQ(host_task(a)->fault.vaddr, vaddr);
    TEST_EXPECT_EQ(host_task(a)->fault.flags, flags);
    TEST_EXPECT(is_window_empty());
    TEST_EXPECT(host_check());
}

/// The same, if `b` comes later.
static void expect_late_fault(vaddr_t from, size_t len, vaddr_t vaddr) {
    TEST_EXPECT_EQ(lend_with(a, b, MSG_OOL_LOAN, from, len, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    host_result(a);
    TEST_EXPECT_EQ(host_state(a), TASK_FAULTED);
    TEST_EXPECT_EQ(host_task(a)->fault.vaddr, vaddr);
    TEST_EXPECT(is_window_empty());
    TEST_EXPECT(host_check());
}

TEST("loan: pages that aren't the lender's are its fault") {
    static const vaddr_t bad[] = {FREE_VADDR, USER_END, 0, ~(vaddr_t) 0 - PAGE_SIZE + 1};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        set_up(true);
        expect_fault(MSG_OOL_LOAN, bad[i], PAGE_SIZE, bad[i], 0);
        set_up(false);
        expect_late_fault(bad[i], PAGE_SIZE, bad[i]);
    }
    // The last of some.
    set_up(true);
    host_unmap(a, FROM + LEN - PAGE_SIZE);
    expect_fault(MSG_OOL_LOAN_W, FROM, LEN, FROM + LEN - PAGE_SIZE, FAULT_WRITE);
}

TEST("loan: pages that the lender can't write to itself aren't lent to be written to") {
    for (int i = 0; i < 2; i++) {
        // Odd pages are found in another way than even ones.
        vaddr_t vaddr = FROM + (vaddr_t) (1 + i) * PAGE_SIZE;
        set_up(true);
        host_unmap(a, vaddr);
        host_map(a, vaddr, 0);
        expect_fault(MSG_OOL_LOAN_W, FROM, LEN, vaddr, FAULT_WRITE | FAULT_PRESENT);
    }
}

TEST("loan: device memory isn't lent") {
    set_up(true);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_MMIO, HOST_MMIO, PAGE_SIZE), OK);
    host_unmap(a, FROM);
    host_map_page(a, FROM, HOST_MMIO, MAP_UNCACHED);
    expect_fault(MSG_OOL_LOAN, FROM, LEN, FROM, FAULT_PRESENT);
}

TEST("loan: pages of the kernel's own aren't lent") {
    set_up(true);
    task_t rich = host_spawn("rich", INIT_TASK, 0);
    paddr_t none = 0;
    // As bootfs is, in vm: RAM that nobody counts.
    struct aspace *as = host_task(rich)->aspace;
    host_map(rich, FROM, 0);
    TEST_EXPECT_EQ(arch_aspace_map(as, FROM + PAGE_SIZE, HOST_RAM_BASE, 0, &none), OK);
    expect_refused(rich, b, FROM, 2 * PAGE_SIZE, ERR_NOT_PERMITTED);
    TEST_EXPECT(is_window_empty());
    TEST_EXPECT_EQ(arch_aspace_unmap(as, FROM + PAGE_SIZE, &none), OK);
    TEST_EXPECT(host_check());
}

TEST("loan: one at a time") {
    set_up(true);
    task_t c = host_spawn("c", pager, 0);
    map_lender(c);
    TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    // A second one waits for its turn, as any call does.
    TEST_EXPECT_EQ(lend(c, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT(has_loan(a));
    // It fails if the server comes for it without having answered the first one.
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(c), ERR_IN_USE);
    expect_refused(c, b, FROM, LEN, ERR_IN_USE);
    TEST_EXPECT(host_check());
    TEST_EXPECT_EQ(SYSCALL(c, SYS_NOTIFY, b, 1u << 20), OK);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT_EQ(answer(a), HOST_BLOCKED);
    TEST_EXPECT_EQ(lend(c, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(has_loan(c));
    TEST_EXPECT(host_check());
}

TEST("loan: the next one comes with the answer to the last one") {
    set_up(true);
    task_t c = host_spawn("c", pager, 0);
    map_lender(c);
    TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN_W), HOST_BLOCKED);
    TEST_EXPECT_EQ(lend(c, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT_EQ(answer(a), OK);
    TEST_EXPECT(has_loan(c));
    TEST_EXPECT_EQ(rights_of(b, WINDOW), 0);
    TEST_EXPECT(host_check());
}

TEST("loan: what is borrowed isn't lent on") {
    set_up(true);
    task_t c = host_spawn("c", pager, 0);
    host_map(c, WINDOW, 0);
    TEST_EXPECT_EQ(accept_loans(c, WINDOW, LEN), OK);
    TEST_EXPECT_EQ(host_recv(c, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN_W), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    host_map(b, WINDOW - PAGE_SIZE, MAP_W);
    for (int i = -1; i < NUM_PAGES; i++) {
        vaddr_t from = WINDOW + (vaddr_t) (i * PAGE_SIZE);
        size_t len = i < 0 ? 2 * PAGE_SIZE : PAGE_SIZE;
        expect_refused(b, c, from, len, ERR_NOT_PERMITTED);
    }
    // Its own pages are its to lend.
    TEST_EXPECT_EQ(lend_with(b, c, MSG_OOL_LOAN, WINDOW - PAGE_SIZE, PAGE_SIZE, IPC_CALL),
                   HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(c), OK);
    TEST_EXPECT_EQ(host_ptr(c, WINDOW), host_ptr(b, WINDOW - PAGE_SIZE));
    TEST_EXPECT(host_check());
    // Who has lent something can't borrow meanwhile: `c` calls back instead of answering.
    TEST_EXPECT_EQ(accept_loans(c, WINDOW, LEN), ERR_IN_USE);
    host_map(c, FROM, 0);
    expect_refused(c, b, FROM, PAGE_SIZE, ERR_IN_USE);
    TEST_EXPECT(host_check());
}

TEST("loan: a pager can't lend to whose page faults it answers") {
    set_up(true);
    host_map(pager, FROM, 0);
    expect_refused(pager, b, FROM, PAGE_SIZE, ERR_NOT_PERMITTED);
    TEST_EXPECT(host_check());
}

TEST("loan: what is in the window gives way") {
    for (int waits = 0; waits < 2; waits++) {
        set_up(waits);
        host_map(b, WINDOW + PAGE_SIZE, MAP_W);
        host_map(b, WINDOW + 4 * PAGE_SIZE, 0);
        TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN), HOST_BLOCKED);
        TEST_EXPECT_EQ(waits ? host_result(b) : host_recv(b, IPC_ANY), OK);
        TEST_EXPECT(has_loan(a));
        TEST_EXPECT(host_check());
    }
}

TEST("loan: a page table that is missing is asked for") {
    for (int waits = 0; waits < 2; waits++) {
        set_up(false);
        TEST_EXPECT_EQ(accept_loans(b, NO_TABLE, LEN), OK);
        if (waits) {
            TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
        }
        TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN), HOST_BLOCKED);
        TEST_EXPECT_EQ(waits ? host_result(b) : host_recv(b, IPC_ANY), HOST_BLOCKED);
        TEST_EXPECT_EQ(host_state(b), TASK_FAULTED);
        TEST_EXPECT_EQ(host_task(b)->fault.vaddr, NO_TABLE);
        TEST_EXPECT(host_check());
        TEST_EXPECT_EQ(host_recv(pager, IPC_ANY), OK);
        host_map(b, NO_TABLE, MAP_W);
        host_msg(pager)->type = PAGE_FAULT_REPLY_MSG;
        TEST_EXPECT_EQ(host_ipc(pager, b, 0, IPC_SEND | IPC_REPLY), OK);
        TEST_EXPECT_EQ(host_result(b), OK);
        TEST_EXPECT_EQ(host_msg(b)->ool_ptr, (void *) NO_TABLE);
        TEST_EXPECT_EQ(host_ptr(b, NO_TABLE), host_ptr(a, FROM));
        TEST_EXPECT(host_check());
    }
}

TEST("loan: the lender dies: its pages are out of the window, and the next loan comes") {
    set_up(true);
    TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN_W), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    host_destroy(a);
    TEST_EXPECT(is_window_empty());
    TEST_EXPECT(host_check());
    // The server looks, and its pager gives it something else.
    host_fault(b, WINDOW, 0);
    TEST_EXPECT_EQ(host_state(b), TASK_FAULTED);
    TEST_EXPECT_EQ(host_recv(pager, IPC_ANY), OK);
    host_map(b, WINDOW, MAP_W);
    host_msg(pager)->type = PAGE_FAULT_REPLY_MSG;
    TEST_EXPECT_EQ(host_ipc(pager, b, 0, IPC_SEND | IPC_REPLY), OK);
    host_run(b);
    TEST_EXPECT_EQ(answer(a), HOST_BLOCKED);
    task_t c = host_spawn("c", pager, 0);
    map_lender(c);
    TEST_EXPECT_EQ(lend(c, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(has_loan(c));
    TEST_EXPECT(host_check());
}

TEST("loan: the borrower dies: the lender's call is aborted") {
    for (int serves = 0; serves < 2; serves++) {
        set_up(true);
        TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN_W), HOST_BLOCKED);
        TEST_EXPECT_EQ(host_result(b), OK);
        if (serves) {
            TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
        }
        host_destroy(b);
        TEST_EXPECT_EQ(host_result(a), ERR_ABORTED);
        TEST_EXPECT_EQ(host_task(a)->borrower, NULL);
        *(uint32_t *) host_ptr(a, FROM) = 1;
        TEST_EXPECT(host_check());
    }
}

TEST("loan: a page that is unmapped leaves the window, too") {
    set_up(true);
    TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    host_unmap(a, FROM + PAGE_SIZE);
    TEST_EXPECT_EQ(rights_of(b, WINDOW + PAGE_SIZE), -1);
    TEST_EXPECT_EQ(host_ptr(b, WINDOW), host_ptr(a, FROM));
    TEST_EXPECT(host_check());
    // What comes in its place is the borrower's: it stays when the lender's place is unmapped again.
    host_map(b, WINDOW + PAGE_SIZE, MAP_W);
    host_map(a, FROM + PAGE_SIZE, MAP_W);
    host_unmap(a, FROM + PAGE_SIZE);
    TEST_EXPECT_EQ(rights_of(b, WINDOW + PAGE_SIZE), MAP_W);
    TEST_EXPECT_EQ(answer(a), HOST_BLOCKED);
    TEST_EXPECT(is_window_empty());
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_check());
}

TEST("loan: the borrower's pager may take pages of the window") {
    set_up(true);
    TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    host_unmap(b, WINDOW + 2 * PAGE_SIZE);
    TEST_EXPECT_EQ(answer(a), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_check());
}

TEST("loan: an answer may be a payload of what was lent") {
    for (int missing = 0; missing < 2; missing++) {
        set_up(true);
        host_map(a, FREE_VADDR, MAP_W);
        struct message *m = host_msg(a);
        m->type = MSG_TYPE(200, 1, 0, MSG_OOL_LOAN, 16);
        m->ool_ptr = (void *) FROM;
        m->ool_len = LEN;
        TEST_EXPECT_EQ(SYSCALL(a, SYS_IPC, b, b, MSG_VADDR, IPC_CALL, FREE_VADDR, PAGE_SIZE),
                       HOST_BLOCKED);
        TEST_EXPECT_EQ(host_result(b), OK);
        if (missing) {
            // The client has to come for it, and to fault first.
            host_unmap(a, FREE_VADDR);
            host_task(a)->pager = INIT_TASK;
        }
        m = host_msg(b);
        m->type = MSG_TYPE(200, 1, MSG_REPLY, MSG_OOL_BYTES, 16);
        m->ool_ptr = (void *) WINDOW;
        m->ool_len = 100;
        TEST_EXPECT_EQ(host_ipc(b, a, IPC_ANY, IPC_SERVE & ~IPC_OPEN), HOST_BLOCKED);
        if (missing) {
            host_result(a);
            TEST_EXPECT_EQ(host_state(a), TASK_FAULTED);
            TEST_EXPECT_EQ(host_task(b)->lender, host_task(a));
            host_map(a, FREE_VADDR, MAP_W);
            TEST_EXPECT_EQ(host_result(INIT_TASK), OK);
            host_msg(INIT_TASK)->type = PAGE_FAULT_REPLY_MSG;
            TEST_EXPECT_EQ(host_ipc(INIT_TASK, a, IPC_ANY, IPC_SERVE & ~IPC_OPEN), HOST_BLOCKED);
        }
        TEST_EXPECT_EQ(host_result(a), OK);
        TEST_EXPECT_EQ(*(uint32_t *) host_ptr(a, FREE_VADDR), (uint32_t) a);
        host_result(b);
        TEST_EXPECT(is_window_empty());
        TEST_EXPECT(host_check());
    }
}

/// `b` runs on CPU 1, with pages of `a`. `root` runs on CPU 0.
static void lend_across(void) {
    set_up(true);
    TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN_W), HOST_BLOCKED);
    task_t other = host_spawn("other", pager, 0);
    host_task(other)->arch.pinned = true;
    host_run(other);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_state(b), TASK_RUNNING);
    TEST_EXPECT_NE(host_task(b)->cpu, host_task(other)->cpu);
    TEST_EXPECT(has_loan(a));
}

static task_t on_other_cpu(void) {
    task_t caller =
        host_spawn("caller", INIT_TASK, TASK_RIGHT_TASK | TASK_RIGHT_MAP | TASK_RIGHT_PHYS);
    host_task(caller)->arch.pinned = true;
    host_run(caller);
    TEST_EXPECT_NE(host_task(caller)->cpu, host_task(b)->cpu);
    return caller;
}

static void start_call(task_t tid, enum syscall_number number, uintptr_t a0, uintptr_t a1) {
    const uintptr_t args[6] = {a0, a1};
    host_start_call(tid, number, args);
}

TEST("loan: who ends a lender waits until the borrower's CPU has forgotten the pages") {
    lend_across();
    task_t caller = on_other_cpu();
    unsigned flushes = host.cpus[host_task(b)->cpu].flushes;
    start_call(caller, SYS_TASK_DESTROY, (uintptr_t) a, 0);
    TEST_EXPECT_EQ(host_state(caller), TASK_SYNCING);
    TEST_EXPECT_EQ(host_state(a), TASK_DYING);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(caller), OK);
    TEST_EXPECT(host.cpus[host_task(b)->cpu].flushes > flushes);
    TEST_EXPECT(is_window_empty());
    TEST_EXPECT(host_check());
}

TEST("loan: who unmaps a lent page waits until the borrower's CPU has forgotten it") {
    lend_across();
    task_t caller = on_other_cpu();
    unsigned flushes = host.cpus[host_task(b)->cpu].flushes;
    start_call(caller, SYS_VM_UNMAP, (uintptr_t) a, FROM);
    TEST_EXPECT_EQ(host_state(caller), TASK_SYNCING);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(caller), OK);
    TEST_EXPECT(host.cpus[host_task(b)->cpu].flushes > flushes);
    TEST_EXPECT_EQ(rights_of(a, FROM), -1);
    TEST_EXPECT_EQ(rights_of(b, WINDOW), -1);
    TEST_EXPECT(host_check());
}

TEST("loan: a lender whose borrower is ended goes on when that one's CPU has left it") {
    lend_across();
    task_t caller = on_other_cpu();
    start_call(caller, SYS_TASK_DESTROY, (uintptr_t) b, 0);
    TEST_EXPECT_EQ(host_state(a), TASK_SYNCING);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(caller), OK);
    TEST_EXPECT_EQ(host_result(a), ERR_ABORTED);
    TEST_EXPECT(host_check());
}

TEST("loan: a lender that waits for that may be ended, too") {
    lend_across();
    task_t caller = on_other_cpu();
    start_call(caller, SYS_TASK_DESTROY, (uintptr_t) b, 0);
    TEST_EXPECT_EQ(host_state(a), TASK_SYNCING);
    host_destroy(a);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(caller), OK);
    TEST_EXPECT(host_check());
}

TEST("loan: a lender that ends before its message is taken leaves nothing") {
    set_up(false);
    TEST_EXPECT_EQ(lend(a, MSG_OOL_LOAN), HOST_BLOCKED);
    host_destroy(a);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT(host_check());
}
