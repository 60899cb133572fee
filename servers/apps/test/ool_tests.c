#include <config.h>
#include <idl_client.h>
#include <resea/malloc.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "peer.h"
#include "scale.h"
#include "test.h"
#include "thread.h"
#include "variant.h"

static volatile int result;

static void test_lengths(void) {
    const size_t lens[] = {0, 1, 2, 15, 4095, 4096, 4097, 8192, 10000, CONFIG_OOL_MAX};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        if (lens[i] <= CONFIG_OOL_MAX) {
            payload_echo(variant_payload(), lens[i]);
        }
    }
}

/// A program that has a short payload isn't without the rest of its receive buffer.
static void test_short_leaves_room(void) {
    const char text[] = "a payload";
    void *echoed;
    size_t len;
    if (!CHECK_OK(call_benchmark_nop_with_ool(peer_task(), text, sizeof(text), &echoed, &len))) {
        return;
    }
    void *block = malloc(BESIDE_PAYLOAD_LEN);
    CHECK(block != NULL);
    CHECK(len == sizeof(text) && memcmp(echoed, text, sizeof(text)) == 0);
    free(echoed);
    free(block);
    // All of it is there again.
    payload_echo(variant_payload(), CONFIG_OOL_MAX);
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
        struct message m = ool_message(variant_payload(), lens[i]);
        CHECK_EQ(raw_ipc(peer_task(), peer_task(), &m, IPC_CALL), ERR_TOO_LARGE);
    }

    void *data;
    size_t len;
    CHECK_EQ(call_benchmark_nop_with_ool(peer_task(), variant_payload(), CONFIG_OOL_MAX + 1, &data,
                                         &len),
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
    m = ool_message(variant_payload(), 1);
    CHECK_EQ(raw_ipc(thread, 0, &m, IPC_SEND | IPC_REPLY), ERR_TOO_LARGE);
    // It still waits. The library's reply turns the failure into an answer.
    ipc_reply(thread, &m);
    thread_join(thread);
    CHECK_EQ(result, ERR_TOO_LARGE);
}

#define WITH_WORDS_MSG                                                                             \
    MSG_TYPE(MSG_INTERFACE(BENCHMARK_NOP_WITH_OOL_MSG), MSG_METHOD(BENCHMARK_NOP_WITH_OOL_MSG), 0, \
             MSG_OOL_BYTES, 4 * MSG_LEN_UNIT)

static void call_with_words(void) {
    struct message m = ool_message(variant_payload(), 20);
    m.type = WITH_WORDS_MSG;
    m.words[2] = 7;
    m.words[3] = 8;
    m.words[4] = 9;
    result = raw_ipc(main_task, main_task, &m, IPC_CALL);
}

/// What travels beside a payload arrives, and no more than its type says.
static void test_beside_words(void) {
    task_t thread = thread_start(call_with_words);
    struct message m;
    if (CHECK_OK(thread_recv(thread, &m)) && CHECK_EQ(m.type, WITH_WORDS_MSG)) {
        CHECK(m.ool_len == 20 && memcmp(m.ool_ptr, variant_payload(), 20) == 0);
        CHECK(m.words[2] == 7 && m.words[3] == 8 && m.words[4] == 0);
        free(m.ool_ptr);
    }
    ipc_reply_err(thread, ERR_EMPTY);
    thread_join(thread);
    CHECK_EQ(result, OK);
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

const struct test_case ool_cases[] = {
    {"ool.lengths", test_lengths},
    {"ool.short_leaves_room", test_short_leaves_room},
    {"ool.too_large", test_too_large},
    {"ool.receiver_without_buffer", test_receiver_without_buffer},
    {"ool.beside_words", test_beside_words},
    {"ool.unterminated_string", test_unterminated_string},
    {"ool.empty_string_without_nul", test_empty_string_without_nul},
    {NULL, NULL},
};
