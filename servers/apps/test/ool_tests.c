#include <config.h>
#include <idl_client.h>
#include <resea/malloc.h>
#include <resea/syscall.h>
#include <resea/task.h>

#include "peer.h"
#include "test.h"
#include "thread.h"

/// Where nothing is mapped in any thread.
#define NOWHERE 0x50000000ul

static uint8_t source[CONFIG_OOL_MAX + PAGE_SIZE] __aligned(PAGE_SIZE);
static uint8_t page[PAGE_SIZE] __aligned(PAGE_SIZE);
static volatile int result;

static void fill(uint8_t *data, size_t len) {
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t) (i * 7 + i / 256);
    }
}

/// Sends `len` bytes from `data` to the peer, and checks what comes back.
static void echo(uint8_t *data, size_t len) {
    void *echoed;
    size_t echoed_len;
    error_t err = call_benchmark_nop_with_ool(peer_task(), data, len, &echoed, &echoed_len);
    if (!CHECK_OK(err)) {
        return;
    }

    CHECK_EQ(echoed_len, len);
    CHECK(len == 0 || memcmp(echoed, data, len) == 0);
    free(echoed);
}

static void test_lengths(void) {
    fill(source, sizeof(source));
    const size_t lens[] = {0, 1, 2, 15, 4095, 4096, 4097, 8192, 10000, CONFIG_OOL_MAX};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        echo(source, lens[i]);
    }
}

static void test_page_crossing(void) {
    fill(source, sizeof(source));
    echo(&source[PAGE_SIZE - 1], 2);
    echo(&source[PAGE_SIZE - 1], PAGE_SIZE + 2);
    echo(&source[1], CONFIG_OOL_MAX);
}

static struct message ool_message(const void *data, size_t len) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_WITH_OOL_MSG;
    m.ool_ptr = (void *) (uintptr_t) data;
    m.ool_len = len;
    return m;
}

static void test_too_large(void) {
    const size_t lens[] = {CONFIG_OOL_MAX + 1, SIZE_MAX, SIZE_MAX / 2 + 1};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct message m = ool_message(source, lens[i]);
        CHECK_EQ(raw_ipc(peer_task(), peer_task(), &m, IPC_CALL), ERR_TOO_LARGE);
    }

    void *data;
    size_t len;
    CHECK_EQ(call_benchmark_nop_with_ool(peer_task(), source, CONFIG_OOL_MAX + 1, &data, &len),
             ERR_TOO_LARGE);
}

static void call_without_buffer(void) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_MSG;
    result = raw_ipc(main_task, main_task, &m, IPC_CALL);
    result = result == OK ? m.type : result;
}

/// A receiver who made no room for a payload gets none; the sender is told.
static void test_receiver_without_buffer(void) {
    task_t thread = thread_start(call_without_buffer);
    struct message m;
    CHECK_OK(thread_recv(thread, &m));
    m = ool_message(source, 1);
    CHECK_EQ(raw_ipc(thread, 0, &m, IPC_SEND | IPC_REPLY), ERR_TOO_LARGE);
    // It still waits. The library's reply turns the failure into an answer.
    ipc_reply(thread, &m);
    thread_join(thread);
    CHECK_EQ(result, ERR_TOO_LARGE);
}

static void send_unterminated(void) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = DISCOVERY_SERVE_MSG;
    m.ool_ptr = (void *) (uintptr_t) "abc";
    m.ool_len = 3;
    result = raw_ipc(main_task, 0, &m, IPC_SEND);
}

/// A received string ends with a NUL whatever the sender sent.
static void test_unterminated_string(void) {
    task_t thread = thread_start(send_unterminated);
    struct message m;
    if (CHECK_OK(thread_recv(thread, &m)) && CHECK_EQ(m.type, DISCOVERY_SERVE_MSG)) {
        CHECK_EQ(m.discovery_serve.name_len, 3);
        CHECK_STR(m.discovery_serve.name, "ab");
        free(m.ool_ptr);
    }
    thread_join(thread);
}

static void test_empty_string_without_nul(void) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = DISCOVERY_LOOKUP_MSG;
    m.ool_ptr = (void *) (uintptr_t) "";
    m.ool_len = 0;
    CHECK_EQ(raw_ipc(INIT_TASK, INIT_TASK, &m, IPC_CALL), ERR_INVALID_ARG);
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
    fill(page, sizeof(page));
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
    echo(source, 10000);
}

static void echo_to_nowhere(void) {
    struct message m = ool_message(source, PAGE_SIZE + 100);
    task_t peer = peer_task();
    result = sys_ipc(peer, peer, &m, IPC_CALL, (void *) NOWHERE, 2 * PAGE_SIZE);
}

/// A pager other than vm may never answer: a server's reply doesn't wait for its page.
static void test_buffer_is_not_mapped(void) {
    peer_task();
    fill(source, sizeof(source));
    thread_join(thread_start(echo_to_nowhere));
    CHECK_EQ(result, ERR_ABORTED);
    echo(source, 10000);
}

const struct test_case ool_cases[] = {
    {"ool.lengths", test_lengths},
    {"ool.page_crossing", test_page_crossing},
    {"ool.too_large", test_too_large},
    {"ool.receiver_without_buffer", test_receiver_without_buffer},
    {"ool.unterminated_string", test_unterminated_string},
    {"ool.empty_string_without_nul", test_empty_string_without_nul},
    {"ool.source_is_paged_in", test_source_is_paged_in},
    {"ool.sender_dies", test_sender_dies},
    {"ool.buffer_is_not_mapped", test_buffer_is_not_mapped},
    {NULL, NULL},
};
