#include "fake.h"

#include <resea/ipc.h>
#include <resea/syscall.h>
#include <resea/timer.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

// Its allocations go through the fake, which can fail them.
#define malloc_aligned(size, align) fake_malloc(size)
#include "../src/ool.c"
#undef malloc_aligned

#define CLIENT 5
#define SERVER 6

/// What the kernel was asked for last.
static struct {
    int calls;
    task_t dst, src;
    unsigned flags;
    size_t ool_cap;
    struct message sent;
    char payload[64];
} seen;

/// What the kernel does next: returns an error, or delivers the message.
static error_t next_error;
static struct message next;
static const char *next_payload;

static error_t kernel(task_t peer, struct message *m, unsigned flags,
                      const struct ool_buffer *ool) {
    seen.calls++;
    seen.dst = (flags & IPC_SEND) ? peer : 0;
    seen.src = (flags & IPC_RECV) && !(flags & IPC_OPEN) ? peer : 0;
    seen.flags = flags & ~IPC_OPEN;
    seen.ool_cap = ool ? ool->capacity : 0;
    if (flags & IPC_SEND) {
        memcpy(&seen.sent, m, sizeof(*m));
        if (m->type > 0 && (m->type & MSG_OOL) && m->ool_len <= sizeof(seen.payload)) {
            memcpy(seen.payload, m->ool_ptr, m->ool_len);
        }
    }
    if (next_error != OK || !(flags & IPC_RECV)) {
        return next_error;
    }

    // As the kernel does, clear the first words that the message hasn't, and leave alone the others.
    m->type = next.type;
    m->src = next.src;
    m->words[0] = m->words[1] = 0;
    memcpy(m->raw, next.raw, MSG_LEN(next.type));
    if (next.type > 0 && (next.type & MSG_OOL) && next.ool_len > 0 && next_payload != NULL) {
        TEST_EXPECT_LE(next.ool_len, ool->capacity);
        memcpy(ool->ptr, next_payload, next.ool_len);
        m->ool_ptr = ool->ptr;
    }
    return OK;
}

static void start(void) {
    fake_reset();
    fake_ipc = kernel;
    memset(&seen, 0, sizeof(seen));
    memset(&next, 0, sizeof(next));
    next_error = OK;
    next_payload = NULL;
}

/// The next receive gets this payload.
static void deliver(int type, const char *payload, size_t len) {
    next.type = type;
    next.src = CLIENT;
    next.ool_ptr = NULL;
    next.ool_len = len;
    next_payload = payload;
}

TEST("a str is sent with its terminator, bytes with the length given") {
    start();
    struct message m = {.type = FS_OPEN_MSG};
    m.fs_open.path = "/hello.txt";
    m.fs_open.path_len = 9999;
    TEST_EXPECT_EQ(ipc_send(SERVER, &m), OK);
    TEST_EXPECT_EQ(seen.flags, IPC_SEND);
    TEST_EXPECT_EQ(seen.dst, SERVER);
    TEST_EXPECT_EQ(seen.sent.ool_len, 11);
    TEST_EXPECT_STR_EQ(seen.payload, "/hello.txt");

    m.type = FS_WRITE_MSG;
    m.fs_write.data = "abc";
    m.fs_write.data_len = 2;
    TEST_EXPECT_EQ(ipc_send_noblock(SERVER, &m), OK);
    TEST_EXPECT_EQ(seen.flags, IPC_SEND | IPC_NOBLOCK);
    TEST_EXPECT_EQ(seen.sent.ool_len, 2);
}

TEST("a server's buffer has nothing behind the message, however long that is") {
    start();
    size_t max = sizeof(next.words) / sizeof(next.words[0]);
    for (size_t words = 0; words <= max; words++) {
        struct message m;
        memset(&m, 0x55, sizeof(m));
        memset(&next, 0xaa, sizeof(next));
        next.type = MSG_TYPE(1023, 1, 0, MSG_OOL_NONE, words * sizeof(next.words[0]));
        next.src = CLIENT;
        TEST_EXPECT_EQ(ipc_recv(IPC_ANY, &m), OK);
        TEST_EXPECT_MEM_EQ(m.raw, next.raw, words * sizeof(m.words[0]));
        for (size_t i = words; i < max; i++) {
            TEST_EXPECT_EQ(m.words[i], 0);
        }
    }
}

TEST("payloads that can't be sent don't reach the kernel") {
    start();
    struct message m = {.type = FS_OPEN_MSG};
    TEST_EXPECT_EQ(ipc_send(SERVER, &m), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(ipc_call(SERVER, &m), ERR_INVALID_ARG);
    m.type = FS_WRITE_MSG;
    m.fs_write.data = "";
    m.fs_write.data_len = CONFIG_OOL_MAX + 1;
    TEST_EXPECT_EQ(ipc_call(SERVER, &m), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(seen.calls, 0);
}

TEST("a received payload is the program's to free, and the next one gets memory of its own") {
    start();
    struct message m;
    deliver(FS_WRITE_MSG, "abc", 3);
    TEST_EXPECT_EQ(ipc_recv(IPC_ANY, &m), OK);
    TEST_EXPECT_EQ(seen.ool_cap, CONFIG_OOL_MAX);
    TEST_EXPECT_EQ(m.fs_write.data_len, 3);
    TEST_EXPECT_MEM_EQ(m.fs_write.data, "abc", 3);
    TEST_EXPECT_EQ(fake_shrunk, m.fs_write.data);
    TEST_EXPECT_EQ(fake_shrunk_to, 3);

    struct message second;
    deliver(FS_WRITE_MSG, "xyz", 3);
    TEST_EXPECT_EQ(ipc_recv(IPC_ANY, &second), OK);
    TEST_EXPECT_NE(second.fs_write.data, m.fs_write.data);
    TEST_EXPECT_MEM_EQ(m.fs_write.data, "abc", 3);
    free(m.ool_ptr);
    free(second.ool_ptr);
}

TEST("a received str is terminated even if its sender didn't") {
    start();
    struct message m;
    deliver(FS_OPEN_MSG, "/abc", 4);
    TEST_EXPECT_EQ(ipc_recv(IPC_ANY, &m), OK);
    TEST_EXPECT_STR_EQ(m.fs_open.path, "/ab");
    TEST_EXPECT_EQ(m.fs_open.path_len, 4);
    free(m.ool_ptr);

    deliver(FS_OPEN_MSG, NULL, 0);
    TEST_EXPECT_EQ(ipc_recv(IPC_ANY, &m), OK);
    TEST_EXPECT_STR_EQ(m.fs_open.path, "");
    TEST_EXPECT_EQ(m.fs_open.path_len, 1);
    free(m.ool_ptr);
}

TEST("no bytes are a null pointer") {
    start();
    struct message m;
    deliver(FS_WRITE_MSG, NULL, 0);
    TEST_EXPECT_EQ(ipc_recv(IPC_ANY, &m), OK);
    TEST_EXPECT_EQ(m.fs_write.data, NULL);
    TEST_EXPECT_EQ(m.fs_write.data_len, 0);
    free(m.ool_ptr);
}

TEST("lent pages go as they are, however many, and aren't freed") {
    start();
    static char pages[8];
    struct message m = {.type = BENCHMARK_LOOK_MSG};
    m.benchmark_look.data = pages;
    m.benchmark_look.data_len = 2 * CONFIG_OOL_MAX;
    deliver(BENCHMARK_LOOK_REPLY_MSG, NULL, 0);
    TEST_EXPECT_EQ(ipc_call(SERVER, &m), OK);
    TEST_EXPECT_EQ(seen.sent.ool_ptr, (void *) pages);
    TEST_EXPECT_EQ(seen.sent.ool_len, 2 * CONFIG_OOL_MAX);

    // They would be where the kernel says; a server that doesn't know the message leaves them there.
    deliver(BENCHMARK_LOOK_MSG, NULL, 0);
    next.ool_ptr = pages;
    next.ool_len = PAGE_SIZE;
    TEST_EXPECT_EQ(ipc_recv(IPC_ANY, &m), OK);
    TEST_EXPECT_EQ(m.ool_ptr, (void *) pages);
    TEST_EXPECT_EQ(m.ool_len, PAGE_SIZE);
    discard_unknown_message(&m);
    TEST_EXPECT_EQ(seen.sent.type, ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(m.ool_ptr, (void *) pages);
}

TEST("without memory for payloads, messages without one still arrive") {
    start();
    // Takes the buffer that an earlier receive has left.
    struct message m;
    deliver(FS_WRITE_MSG, "a", 1);
    TEST_EXPECT_EQ(ipc_recv(IPC_ANY, &m), OK);
    free(m.ool_ptr);

    fake_mallocs_left = 0;
    next = (struct message){.type = BENCHMARK_NOP_MSG, .src = CLIENT};
    TEST_EXPECT_EQ(ipc_recv(IPC_ANY, &m), OK);
    TEST_EXPECT_EQ(m.type, BENCHMARK_NOP_MSG);
    TEST_EXPECT_EQ(seen.ool_cap, 0);

    deliver(FS_OPEN_MSG, NULL, 0);
    TEST_EXPECT_EQ(ipc_recv(IPC_ANY, &m), OK);
    TEST_EXPECT_EQ(m.type, ERR_NO_MEMORY);
}

TEST("an open receive succeeds whatever somebody sends") {
    start();
    struct message m;
    next.type = ERR_NOT_FOUND;
    next.src = CLIENT;
    TEST_EXPECT_EQ(ipc_recv(IPC_ANY, &m), OK);
    TEST_EXPECT_EQ(m.type, ERR_NOT_FOUND);
    TEST_EXPECT_EQ(m.src, CLIENT);
    next.type = INT32_MIN;
    TEST_EXPECT_EQ(ipc_replyrecv(CLIENT, &m), OK);
    TEST_EXPECT_EQ(m.type, INT32_MIN);
}

TEST("an open receive leaves nothing of an earlier message") {
    start();
    struct message m;
    memset(&m, 0xaa, sizeof(m));
    next.type = BENCHMARK_NOP_MSG;
    next.benchmark_nop.value = 7;
    TEST_EXPECT_EQ(ipc_recv(IPC_ANY, &m), OK);
    TEST_EXPECT_EQ(m.benchmark_nop.value, 7);
    for (size_t i = MSG_LEN(BENCHMARK_NOP_MSG); i < sizeof(m.raw); i++) {
        TEST_EXPECT_EQ(m.raw[i], 0);
    }
}

TEST("a call or closed receive returns the error that the peer sent") {
    start();
    struct message m = {.type = BENCHMARK_NOP_MSG};
    next.type = ERR_NOT_FOUND;
    TEST_EXPECT_EQ(ipc_call(SERVER, &m), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(seen.flags, IPC_CALL);
    TEST_EXPECT_EQ(seen.dst, SERVER);
    TEST_EXPECT_EQ(seen.src, SERVER);
    TEST_EXPECT_EQ(ipc_recv(SERVER, &m), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(seen.flags, IPC_RECV);
    TEST_EXPECT_EQ(seen.src, SERVER);
    next_error = ERR_ABORTED;
    TEST_EXPECT_EQ(ipc_call(SERVER, &m), ERR_ABORTED);
}

TEST("replies never block, and one that is too large becomes an error") {
    start();
    struct message m = {.type = BENCHMARK_NOP_REPLY_MSG};
    ipc_reply(CLIENT, &m);
    TEST_EXPECT_EQ(seen.flags, IPC_SEND | IPC_REPLY);
    ipc_reply_err(CLIENT, ERR_EMPTY);
    TEST_EXPECT_EQ(seen.flags, IPC_SEND | IPC_REPLY);
    TEST_EXPECT_EQ(seen.sent.type, ERR_EMPTY);

    m.type = FS_READ_REPLY_MSG;
    m.fs_read_reply.data = "";
    m.fs_read_reply.data_len = CONFIG_OOL_MAX + 1;
    ipc_reply(CLIENT, &m);
    TEST_EXPECT_EQ(seen.sent.type, ERR_TOO_LARGE);
    seen.sent.type = 0;
    next.type = BENCHMARK_NOP_MSG;
    TEST_EXPECT_EQ(ipc_replyrecv(CLIENT, &m), OK);
    TEST_EXPECT_EQ(seen.sent.type, ERR_TOO_LARGE);
}

TEST("replyrecv answers nobody if there is nobody or nothing to answer") {
    start();
    next.type = BENCHMARK_NOP_MSG;
    struct message m = {.type = BENCHMARK_NOP_REPLY_MSG};
    TEST_EXPECT_EQ(ipc_replyrecv(CLIENT, &m), OK);
    TEST_EXPECT_EQ(seen.flags, IPC_SEND | IPC_REPLY | IPC_RECV);
    TEST_EXPECT_EQ(seen.dst, CLIENT);
    TEST_EXPECT_EQ(seen.src, IPC_ANY);
    m.type = DONT_REPLY;
    TEST_EXPECT_EQ(ipc_replyrecv(CLIENT, &m), OK);
    TEST_EXPECT_EQ(seen.flags, IPC_RECV);
    TEST_EXPECT_EQ(ipc_replyrecv(0, &m), OK);
    TEST_EXPECT_EQ(seen.flags, IPC_RECV);
}

TEST("sent errors and notifications are what was asked for") {
    start();
    TEST_EXPECT_EQ(ipc_send_err(CLIENT, ERR_IN_USE), OK);
    TEST_EXPECT_EQ(seen.sent.type, ERR_IN_USE);
    TEST_EXPECT_EQ(seen.flags, IPC_SEND);
    TEST_EXPECT_EQ(ipc_notify(CLIENT, NOTIFY_TIMER | NOTIFY_IRQ), OK);
    TEST_EXPECT_EQ(fake_notified, CLIENT);
    TEST_EXPECT_EQ(fake_notifications, NOTIFY_TIMER | NOTIFY_IRQ);
}

TEST("an unknown message is freed and refused, unless that could go on for ever") {
    start();
    struct message m = {.type = FS_OPEN_MSG, .src = CLIENT};
    m.ool_ptr = malloc(10);
    discard_unknown_message(&m);
    TEST_EXPECT_EQ(seen.sent.type, ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_EQ(seen.dst, CLIENT);
    TEST_EXPECT_EQ(seen.flags, IPC_SEND | IPC_REPLY);

    seen.calls = 0;
    m = (struct message){.type = ERR_NOT_FOUND, .src = CLIENT};
    discard_unknown_message(&m);
    m = (struct message){.type = BENCHMARK_NOP_REPLY_MSG, .src = CLIENT};
    discard_unknown_message(&m);
    m = (struct message){.type = NOTIFICATIONS_MSG, .src = KERNEL_TASK};
    discard_unknown_message(&m);
    TEST_EXPECT_EQ(seen.calls, 0);
}

/// vm and one service, whose task changes with each restart.
static task_t service_task;
static error_t first_error;
static int lookups, served;
/// vm tells of it, but it is never there.
static bool always_gone;

static error_t vm_and_service(task_t dst, struct message *m, unsigned flags,
                              const struct ool_buffer *ool __unused) {
    TEST_EXPECT_EQ(flags, IPC_CALL);
    if (dst == INIT_TASK) {
        TEST_EXPECT_EQ(m->type, DISCOVERY_LOOKUP_MSG);
        lookups++;
        m->type = DISCOVERY_LOOKUP_REPLY_MSG;
        m->discovery_lookup_reply.task = service_task;
        return OK;
    }
    if (dst != service_task || always_gone) {
        return ERR_INVALID_TASK;
    }

    served++;
    TEST_EXPECT_EQ(m->type, BENCHMARK_NOP_MSG);
    TEST_EXPECT_EQ(m->benchmark_nop.value, 3);
    error_t err = first_error;
    first_error = OK;
    m->type = (err == OK) ? BENCHMARK_NOP_REPLY_MSG : err;
    m->benchmark_nop_reply.value = 4;
    return err;
}

static struct message start_service(void) {
    start();
    fake_ipc = vm_and_service;
    service_task = SERVER;
    first_error = OK;
    lookups = 0;
    served = 0;
    always_gone = false;
    return (struct message){.type = BENCHMARK_NOP_MSG, .benchmark_nop = {.value = 3}};
}

TEST("a service is looked up once, and again after it was restarted") {
    struct message request = start_service();
    task_t cached = 0;
    for (int i = 0; i < 3; i++) {
        struct message m = request;
        TEST_EXPECT_EQ(ipc_call_service("x", &cached, &m), OK);
        TEST_EXPECT_EQ(m.benchmark_nop_reply.value, 4);
    }
    TEST_EXPECT_EQ(lookups, 1);

    service_task = SERVER + 100;
    TEST_EXPECT_EQ(ipc_call_service("x", &cached, &request), OK);
    TEST_EXPECT_EQ(lookups, 2);
    TEST_EXPECT_EQ(served, 4);
    TEST_EXPECT_EQ(cached, service_task);
}

TEST("a call that may have been carried out is repeated only if that does no harm") {
    struct message request = start_service();
    struct message m = request;
    task_t cached = SERVER;
    first_error = ERR_ABORTED;
    TEST_EXPECT_EQ(ipc_call_service("x", &cached, &m), ERR_ABORTED);
    TEST_EXPECT_EQ(served, 1);
    TEST_EXPECT_EQ(cached, 0);

    m = request;
    first_error = ERR_ABORTED;
    TEST_EXPECT_EQ(ipc_call_service_idempotent("x", &cached, &m), OK);
    TEST_EXPECT_EQ(served, 3);
    TEST_EXPECT_EQ(lookups, 2);
}

TEST("a service that keeps on vanishing is given up") {
    struct message m = start_service();
    task_t cached = 0;
    always_gone = true;
    TEST_EXPECT_EQ(ipc_call_service("x", &cached, &m), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(ipc_call_service_idempotent("x", &cached, &m), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(served, 0);
    TEST_EXPECT_EQ(cached, 0);
    TEST_EXPECT_LT(lookups, 10);
}

TEST("names are served and looked up at vm") {
    start();
    next.type = DISCOVERY_SERVE_REPLY_MSG;
    TEST_EXPECT_EQ(ipc_serve("rand"), OK);
    TEST_EXPECT_EQ(seen.dst, INIT_TASK);
    TEST_EXPECT_EQ(seen.sent.type, DISCOVERY_SERVE_MSG);
    TEST_EXPECT_STR_EQ(seen.payload, "rand");
    next.type = DISCOVERY_LOOKUP_REPLY_MSG;
    next.discovery_lookup_reply.task = 42;
    TEST_EXPECT_EQ(ipc_lookup("rand"), 42);
    next.type = ERR_NOT_PERMITTED;
    TEST_EXPECT_EQ(ipc_lookup("rand"), ERR_NOT_PERMITTED);
}

TEST("timers refuse times before now") {
    start();
    TEST_EXPECT_EQ(timer_set(-1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(fake_timer, -1);
    TEST_EXPECT_EQ(timer_set(250), OK);
    TEST_EXPECT_EQ(fake_timer, 250);
    TEST_EXPECT_EQ(timer_uptime(), 12345);
}
