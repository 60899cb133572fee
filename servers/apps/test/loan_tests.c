#include <config.h>
#include <idl_client.h>
#include <resea/ipc.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "peer.h"
#include "test.h"
#include "thread.h"

// Pages that are lent to test_peer, which takes LOAN_PAGES at a time.

#define LOAN_PAGES     16
#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(uint32_t))
/// Where nothing is mapped in any thread.
#define NOWHERE 0x50000000ul
#define WORD    0x1234

static uint32_t pages[LOAN_PAGES + 1][WORDS_PER_PAGE] __aligned(PAGE_SIZE);
/// Nobody touches these before they are lent.
static uint32_t untouched[3][WORDS_PER_PAGE] __aligned(PAGE_SIZE);
static uint32_t page[WORDS_PER_PAGE] __aligned(PAGE_SIZE);
static volatile task_t server;
static volatile int result;

/// Lends pages with other contents each time. The server sees the words of just those.
static void lend_and_check(size_t num_pages) {
    static uint32_t next;
    uint32_t expected = 0, sum = 0;
    for (size_t i = 0; i < num_pages; i++) {
        pages[i][0] = ++next;
        expected += next;
    }
    if (CHECK_OK(call_test_add_up(peer_task(), pages, num_pages * PAGE_SIZE, &sum))) {
        CHECK_EQ(sum, expected);
    }
}

static void test_server_reads(void) {
    for (int i = 0; i < 50; i++) {
        lend_and_check(1);
        lend_and_check(LOAN_PAGES);
        lend_and_check(3);
    }
}

static void test_server_writes(void) {
    for (uint32_t first = 1; first < 2000; first += 100) {
        CHECK_OK(call_test_number(peer_task(), pages, LOAN_PAGES * PAGE_SIZE, first));
        for (uint32_t i = 0; i < LOAN_PAGES; i++) {
            CHECK_EQ(pages[i][0], first + i);
            CHECK_EQ(pages[i][WORDS_PER_PAGE - 1], first + i);
        }
    }
}

/// Pages that aren't there yet come as if the client had touched them itself.
static void test_untouched_pages(void) {
    uint32_t sum = 1;
    CHECK_OK(call_test_add_up(peer_task(), untouched, sizeof(untouched), &sum));
    CHECK_EQ(sum, 0);
}

static error_t lend(task_t dst, void *data, size_t len, unsigned flags) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = TEST_NUMBER_MSG;
    m.test_number.data = data;
    m.test_number.data_len = len;
    return raw_ipc(dst, (flags & IPC_RECV) ? dst : 0, &m, flags);
}

static void test_refused(void) {
    task_t peer = peer_task();
    CHECK_EQ(lend(peer, &pages[0][1], PAGE_SIZE, IPC_CALL), ERR_INVALID_ARG);
    CHECK_EQ(lend(peer, pages, PAGE_SIZE - 1, IPC_CALL), ERR_INVALID_ARG);
    CHECK_EQ(lend(peer, pages, 0, IPC_CALL), ERR_INVALID_ARG);
    CHECK_EQ(lend(peer, pages, PAGE_SIZE, IPC_SEND), ERR_INVALID_ARG);
    CHECK_EQ(lend(peer, pages, CONFIG_LOAN_MAX + PAGE_SIZE, IPC_CALL), ERR_TOO_LARGE);
    CHECK_EQ(lend(peer, pages, sizeof(pages), IPC_CALL), ERR_TOO_LARGE);
    // vm takes no loans.
    CHECK_EQ(lend(INIT_TASK, pages, PAGE_SIZE, IPC_CALL), ERR_TOO_LARGE);
    // This program pages its threads.
    CHECK_EQ(ipc_accept_loans(PAGE_SIZE), ERR_NOT_PERMITTED);
    lend_and_check(2);
}

static void lend_kernel_memory(void) {
    result = lend(server, (void *) ~(uintptr_t) (PAGE_SIZE - 1), PAGE_SIZE, IPC_CALL);
}

static void lend_constants(void) {
    static const uint32_t constants[WORDS_PER_PAGE] __aligned(PAGE_SIZE) = {1};
    result = lend(server, (void *) (uintptr_t) constants, PAGE_SIZE, IPC_CALL);
}

/// What a task can't do with a page itself, it can't let others do: that is a page fault, as if it had tried.
static void test_pages_of_others(void) {
    void (*const lenders[])(void) = {lend_kernel_memory, lend_constants};
    server = peer_task();
    for (size_t i = 0; i < 2; i++) {
        task_t thread = thread_start(lenders[i]);
        struct message m;
        if (CHECK_OK(thread_recv(thread, &m))) {
            CHECK_EQ(m.type, PAGE_FAULT_MSG);
            CHECK_EQ(m.page_fault.fault & FAULT_WRITE, FAULT_WRITE);
        }
        thread_destroy(thread);
    }
    lend_and_check(1);
}

static uint32_t held_word(task_t peer) {
    uint32_t word = ~0u;
    CHECK_OK(call_test_read_held(peer, &word));
    return word;
}

static void hold_page(void) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = TEST_HOLD_MSG;
    m.test_hold.data = (void *) NOWHERE;
    m.test_hold.data_len = PAGE_SIZE;
    result = raw_ipc(server, server, &m, IPC_CALL);
}

/// A thread that has lent its page at NOWHERE to the server, which doesn't answer.
static task_t start_holder(task_t peer) {
    server = peer;
    result = 1;
    page[0] = WORD;
    task_t thread = thread_start(hold_page);
    struct message m;
    if (CHECK_OK(thread_recv(thread, &m)) && CHECK_EQ(m.type, PAGE_FAULT_MSG)) {
        CHECK_EQ(m.page_fault.vaddr, NOWHERE);
        CHECK_OK(thread_map(thread, NOWHERE, (vaddr_t) page, 0));
        thread_resume(thread);
    }
    CHECK(thread_wait_state(thread, TASK_RECEIVING));
    CHECK_EQ(held_word(peer), WORD);
    return thread;
}

static void test_answer_comes_late(void) {
    task_t peer = peer_task();
    task_t thread = start_holder(peer);
    page[0] = WORD + 1;
    CHECK_EQ(held_word(peer), WORD + 1);
    // It has one loan at a time.
    uint32_t sum;
    CHECK_EQ(call_test_add_up(peer, pages, PAGE_SIZE, &sum), ERR_IN_USE);
    CHECK_OK(call_test_end_hold(peer));
    thread_join(thread);
    CHECK_EQ(result, OK);
    // The page is out of the server's reach: it has a page of its own there.
    page[0] = WORD + 2;
    CHECK_NE(held_word(peer), WORD + 2);
    lend_and_check(LOAN_PAGES);
}

static void test_lender_dies(void) {
    task_t peer = peer_task();
    for (int i = 0; i < 5; i++) {
        thread_destroy(start_holder(peer));
        CHECK_EQ(held_word(peer), 0);
        lend_and_check(2);
    }
}

static void test_page_is_unmapped(void) {
    task_t peer = peer_task();
    task_t thread = start_holder(peer);
    CHECK_OK(vm_unmap(thread, NOWHERE));
    CHECK_EQ(held_word(peer), 0);
    CHECK_OK(call_test_end_hold(peer));
    thread_join(thread);
    CHECK_EQ(result, OK);
    lend_and_check(2);
}

static void test_borrower_dies(void) {
    task_t thread = start_holder(peer_fresh());
    peer_kill();
    thread_join(thread);
    CHECK_EQ(result, ERR_ABORTED);
    CHECK_EQ(page[0], WORD);
    lend_and_check(2);
}

const struct test_case loan_cases[] = {
    {"loan.server_reads", test_server_reads},
    {"loan.server_writes", test_server_writes},
    {"loan.untouched_pages", test_untouched_pages},
    {"loan.refused", test_refused},
    {"loan.pages_of_others", test_pages_of_others},
    {"loan.answer_comes_late", test_answer_comes_late},
    {"loan.lender_dies", test_lender_dies},
    {"loan.page_is_unmapped", test_page_is_unmapped},
    {"loan.borrower_dies", test_borrower_dies},
    {NULL, NULL},
};
