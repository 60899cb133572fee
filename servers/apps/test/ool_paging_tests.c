#include <config.h>
#include <idl_client.h>
#include <resea/malloc.h>
#include <resea/sys_ipc.h>
#include <resea/task.h>
#include <string.h>

#include "peer.h"
#include "test.h"
#include "thread.h"

// Payloads across pages, and pages that aren't there.

/// Where nothing is mapped in any thread.
#define NOWHERE 0x50000000ul

static uint8_t source[CONFIG_OOL_MAX + PAGE_SIZE] __aligned(PAGE_SIZE);
static uint8_t page[PAGE_SIZE] __aligned(PAGE_SIZE);
static volatile int result;

static void test_page_crossing(void) {
    payload_fill(source, sizeof(source));
    payload_echo(&source[PAGE_SIZE - 1], 2);
    payload_echo(&source[PAGE_SIZE - 1], PAGE_SIZE + 2);
    payload_echo(&source[1], CONFIG_OOL_MAX);
}

/// Payloads that a program keeps are what they were while others come, and can be resized and freed in any
/// order.
static void test_payloads_are_kept(void) {
    payload_fill(source, sizeof(source));
    void *kept[4];
    for (size_t i = 0; i < 4; i++) {
        size_t len;
        if (!CHECK_OK(
                call_benchmark_nop_with_ool(peer_task(), &source[i], 1000 + i, &kept[i], &len))) {
            return;
        }
        CHECK_EQ(len, 1000 + i);
    }

    kept[3] = realloc(kept[3], 3000);
    free(kept[1]);
    payload_echo(source, CONFIG_OOL_MAX);
    kept[2] = realloc(kept[2], 500);
    payload_echo(source, 5000);
    CHECK_EQ(memcmp(kept[0], &source[0], 1000), 0);
    CHECK_EQ(memcmp(kept[2], &source[2], 500), 0);
    CHECK_EQ(memcmp(kept[3], &source[3], 1003), 0);
    free(kept[0]);
    free(kept[2]);
    free(kept[3]);
    struct malloc_stats before, after;
    malloc_get_stats(&before);
    payload_echo(source, 5000);
    malloc_get_stats(&after);
    CHECK_EQ(after.num_used, before.num_used);
}

static struct message ool_message(const void *data, size_t len) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_WITH_OOL_MSG;
    m.ool_ptr = (void *) (uintptr_t) data;
    m.ool_len = len;
    return m;
}

static void send_from_nowhere(void) {
    struct message m = ool_message((void *) (NOWHERE + PAGE_SIZE - 3), 6);
    result = raw_ipc(main_task, 0, &m, IPC_SEND);
}

static bool expect_fault(task_t thread, vaddr_t vaddr) {
    struct message m;
    return CHECK_OK(thread_recv(thread, &m)) && CHECK_EQ(m.type, PAGE_FAULT_MSG)
           && CHECK_EQ(ALIGN_DOWN(m.page_fault.vaddr, PAGE_SIZE), vaddr);
}

/// The sender's missing pages come from its pager while the payload is on its way.
static void test_source_is_paged_in(void) {
    payload_fill(page, sizeof(page));
    task_t thread = thread_start(send_from_nowhere);
    // The fault comes when the receiver gets to the page.
    struct message m;
    CHECK_OK(thread_recv(IPC_ANY, &m));
    CHECK_EQ(m.type, PAGE_FAULT_MSG);
    CHECK_EQ(m.src, thread);
    CHECK_OK(thread_map(thread, NOWHERE, (vaddr_t) page, 0));
    thread_resume(thread);
    if (expect_fault(thread, NOWHERE + PAGE_SIZE)) {
        CHECK_OK(thread_map(thread, NOWHERE + PAGE_SIZE, (vaddr_t) page, 0));
        thread_resume(thread);
    }

    if (CHECK_OK(thread_recv(thread, &m)) && CHECK_EQ(m.type, BENCHMARK_NOP_WITH_OOL_MSG)) {
        CHECK_EQ(m.ool_len, 6);
        CHECK_EQ(memcmp(m.ool_ptr, &page[PAGE_SIZE - 3], 3), 0);
        CHECK_EQ(memcmp((uint8_t *) m.ool_ptr + 3, page, 3), 0);
        free(m.ool_ptr);
    }
    thread_join(thread);
}

/// A sender that ends while its payload is fetched leaves the receiver as it was.
static void test_sender_dies(void) {
    task_t thread = thread_start(send_from_nowhere);
    expect_fault(thread, NOWHERE);
    thread_destroy(thread);
    payload_echo(source, 10000);
}

static void echo_to_nowhere(void) {
    struct message m = ool_message(source, PAGE_SIZE + 100);
    task_t peer = peer_task();
    struct ool_buffer buffer = {(void *) NOWHERE, 2 * PAGE_SIZE};
    result = sys_ipc(peer, &m, IPC_CALL, &buffer);
}

/// A pager other than vm may never answer: a server's reply doesn't wait for its page.
static void test_buffer_is_not_mapped(void) {
    peer_task();
    payload_fill(source, sizeof(source));
    thread_join(thread_start(echo_to_nowhere));
    CHECK_EQ(result, ERR_ABORTED);
    payload_echo(source, 10000);
}

const struct test_case ool_paging_cases[] = {
    {"ool.page_crossing", test_page_crossing},
    {"ool.payloads_are_kept", test_payloads_are_kept},
    {"ool.source_is_paged_in", test_source_is_paged_in},
    {"ool.sender_dies", test_sender_dies},
    {"ool.buffer_is_not_mapped", test_buffer_is_not_mapped},
    {NULL, NULL},
};
