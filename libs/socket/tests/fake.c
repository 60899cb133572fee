#include "fake.h"

#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/task.h>
#include <resea/timer.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

struct fake fake;

void fake_reset(void) {
    if (fake.server != 0) {
        // What the library knows of the server of the test before.
        socket_task_exited(fake.server);
        socket_take_notifications(0);
    }
    task_t last = MAX(fake.server, (task_t) FAKE_FIRST_SERVER);
    fake = (struct fake){.server = last + 1, .next_handle = 100, .send_max = 64, .to_send = ""};
    fake.send_room = fake.send_room_each = 64;
}

void fake_event(handle_t handle, unsigned events) {
    fake.events[fake.num_events++] = (struct socket_event){handle, events};
    fake.notifications |= SOCKET_NOTIFY;
}

void fake_end_server(void) {
    fake.exited = fake.server;
    fake.server++;
    fake.num_events = 0;
    fake.notifications |= NOTIFY_ASYNC;
}

task_t ipc_lookup(const char *name) {
    TEST_EXPECT_STR_EQ(name, "tcpip");
    fake.lookups++;
    return (fake.server != 0) ? fake.server : ERR_NOT_FOUND;
}

task_t task_self(void) {
    return 1000;
}

error_t ipc_notify(task_t dst, notifications_t notifications) {
    TEST_EXPECT_EQ(dst, task_self());
    fake.notifications |= notifications;
    return OK;
}

error_t timer_set(msec_t timeout) {
    fake.timer = timeout;
    return OK;
}

uint64_t timer_uptime(void) {
    return fake.now;
}

error_t async_recv(task_t src, struct message *m) {
    TEST_EXPECT_EQ(src, INIT_TASK);
    if (fake.exited == 0) {
        return ERR_EMPTY;
    }
    m->type = TASK_EXITED_MSG;
    m->task_exited.task = fake.exited;
    fake.exited = 0;
    return OK;
}

void discard_unknown_message(struct message *m) {
    TEST_EXPECT_EQ(m->type, FS_STAT_MSG);
}

/// What happens while the library waits.
static void pass_time(void) {
    if (fake.connect_in > 0 && --fake.connect_in == 0) {
        fake_event(fake.next_handle - 1, IS_ERROR(fake.refuses) ? SOCKET_FAILED : SOCKET_WRITABLE);
    }
    if (fake.arrives_in > 0 && --fake.arrives_in == 0) {
        fake_event(fake.next_handle - 1, SOCKET_READABLE);
    }
    if (fake.send_room == 0) {
        fake.send_room = fake.send_room_each;
        fake_event(fake.next_handle - 1, SOCKET_WRITABLE);
    }
}

error_t ipc_recv(task_t src, struct message *m) {
    TEST_EXPECT_EQ(src, IPC_ANY);
    if (fake.notifications == 0) {
        pass_time();
    }
    if (fake.notifications == 0) {
        // Whoever waits for nothing would wait for ever.
        TEST_EXPECT_GT(fake.timer, 0);
        fake.now += (uint64_t) fake.timer;
        fake.notifications = NOTIFY_TIMER;
    }
    m->type = NOTIFICATIONS_MSG;
    m->notifications.data = fake.notifications;
    fake.notifications = 0;
    return OK;
}

static void *payload(const void *data, size_t len) {
    void *copy = malloc(len + 1);
    memcpy(copy, data, len);
    return copy;
}

static error_t answer_send(struct message *m) {
    if (fake.connect_in > 0) {
        return ERR_WOULD_BLOCK;
    }
    if (IS_ERROR(fake.refuses)) {
        return fake.refuses;
    }
    size_t len = MIN(m->socket_send.data_len, fake.send_room);
    if (len == 0 && m->socket_send.data_len > 0) {
        return ERR_WOULD_BLOCK;
    }
    memcpy(&fake.received[fake.received_len], m->socket_send.data, len);
    fake.received_len += len;
    fake.send_room -= len;
    m->socket_send_reply.sent = len;
    m->type = SOCKET_SEND_REPLY_MSG;
    return OK;
}

static error_t answer_recv(struct message *m) {
    if (fake.arrives_in > 0) {
        return ERR_WOULD_BLOCK;
    }
    size_t len = MIN(MIN(strlen(fake.to_send), fake.send_max), m->socket_recv.len);
    if (len == 0) {
        return ERR_END;
    }
    m->socket_recv_reply.data = payload(fake.to_send, len);
    m->socket_recv_reply.data_len = len;
    fake.to_send += len;
    m->type = SOCKET_RECV_REPLY_MSG;
    return OK;
}

static error_t answer_recv_from(struct message *m) {
    if (fake.datagrams == 0) {
        return ERR_WOULD_BLOCK;
    }
    fake.datagrams--;
    m->socket_recv_from_reply.last = fake.datagrams == 0;
    m->socket_recv_from_reply.port = 53;
    m->socket_recv_from_reply.data = payload("d", 1);
    m->socket_recv_from_reply.data_len = 1;
    m->type = SOCKET_RECV_FROM_REPLY_MSG;
    return OK;
}

static error_t answer_events(struct message *m) {
    if (fake.num_events == 0) {
        return ERR_EMPTY;
    }
    size_t len = fake.num_events * sizeof(fake.events[0]);
    m->socket_events_reply.events = payload(fake.events, len);
    m->socket_events_reply.events_len = len;
    fake.num_events = 0;
    m->type = SOCKET_EVENTS_REPLY_MSG;
    return OK;
}

/// What socket.next returns: `next`, and then the payload of another answer, which is freed.
static void put_together(struct message *m, const struct socket_next *next, void *data,
                         size_t len) {
    uint8_t *answer = malloc(sizeof(*next) + len);
    memcpy(answer, next, sizeof(*next));
    memcpy(answer + sizeof(*next), data, len);
    free(data);
    memset(m->raw, 0, sizeof(m->raw));
    m->type = SOCKET_NEXT_REPLY_MSG;
    m->socket_next_reply.answer = answer;
    m->socket_next_reply.answer_len = sizeof(*next) + len;
}

/// What has come for the only socket to which something has happened.
static void receive_next(struct message *got, size_t len, struct socket_next *next) {
    memset(got, 0, sizeof(*got));
    got->socket_recv.len = len;
    bool is_datagram = fake.datagrams > 0;
    next->received = IS_OK(is_datagram ? answer_recv_from(got) : answer_recv(got));
    if (next->received && is_datagram) {
        next->last = got->socket_recv_from_reply.last;
        next->port = got->socket_recv_from_reply.port;
    }
    if (!next->received) {
        memset(got, 0, sizeof(*got));
    }
}

static error_t answer_next(struct message *m) {
    struct message got;
    struct socket_next next = {.events = 0};
    memset(&got, 0, sizeof(got));
    if (fake.num_events == 1 && fake.events[0].handle == m->socket_next.handle) {
        fake.num_events = 0;
        next.events = fake.events[0].events;
        if (next.events & SOCKET_READABLE) {
            receive_next(&got, m->socket_next.len, &next);
        }
    } else {
        error_t err = answer_events(&got);
        if (IS_ERROR(err)) {
            return err;
        }
    }
    put_together(m, &next, got.ool_ptr, got.ool_len);
    return OK;
}

static error_t answer_send_datagram(struct message *m) {
    struct socket_datagram header;
    const uint8_t *data = m->socket_send_datagram.datagram;
    memcpy(&header, data, sizeof(header));
    TEST_EXPECT_EQ(header.handle, fake.next_handle - 1);
    TEST_EXPECT_EQ(header.port, 7);
    fake.received_len = m->socket_send_datagram.datagram_len - sizeof(header);
    memcpy(fake.received, data + sizeof(header), MIN(fake.received_len, sizeof(fake.received)));
    m->type = SOCKET_SEND_DATAGRAM_REPLY_MSG;
    return OK;
}

static error_t answer_accept(struct message *m) {
    if (!fake.has_client) {
        return ERR_WOULD_BLOCK;
    }
    fake.has_client = false;
    m->socket_accept_reply.new_handle = fake.next_handle++;
    m->socket_accept_reply.port = 4000;
    struct ip_addr addr = ip_addr_from_v4(0x0a000202);
    memcpy(m->socket_accept_reply.addr, addr.bytes, sizeof(addr));
    m->type = SOCKET_ACCEPT_REPLY_MSG;
    return OK;
}

static error_t answer_resolve(struct message *m) {
    struct ip_addr addrs[2] = {ip_addr_from_v4(0x01020304), ip_addr_from_v4(0x05060708)};
    if (strcmp(m->socket_resolve.hostname, "two.example")) {
        return ERR_NOT_FOUND;
    }
    m->socket_resolve_reply.addrs = payload(addrs, sizeof(addrs));
    m->socket_resolve_reply.addrs_len = sizeof(addrs);
    m->type = SOCKET_RESOLVE_REPLY_MSG;
    return OK;
}

static error_t answer(struct message *m) {
    switch (m->type) {
    case SOCKET_OPEN_MSG:
        fake.opened++;
        m->socket_open_reply.handle = fake.next_handle++;
        m->type = SOCKET_OPEN_REPLY_MSG;
        return OK;
    case SOCKET_BIND_MSG:
        m->type = SOCKET_BIND_REPLY_MSG;
        return OK;
    case SOCKET_LISTEN_MSG:
        fake.listeners++;
        m->type = SOCKET_LISTEN_REPLY_MSG;
        return OK;
    case SOCKET_CONNECT_MSG:
        m->type = SOCKET_CONNECT_REPLY_MSG;
        return OK;
    case SOCKET_CLOSE_MSG:
        fake.closed++;
        m->type = SOCKET_CLOSE_REPLY_MSG;
        return OK;
    case SOCKET_ABORT_MSG:
        fake.aborted++;
        m->type = SOCKET_ABORT_REPLY_MSG;
        return OK;
    case SOCKET_SEND_MSG:
        return answer_send(m);
    case SOCKET_RECV_MSG:
        return answer_recv(m);
    case SOCKET_RECV_FROM_MSG:
        return answer_recv_from(m);
    case SOCKET_SEND_DATAGRAM_MSG:
        return answer_send_datagram(m);
    case SOCKET_SEND_TO_MSG:
        fake.received_len = m->socket_send_to.data_len;
        m->type = SOCKET_SEND_TO_REPLY_MSG;
        return OK;
    case SOCKET_EVENTS_MSG:
        return answer_events(m);
    case SOCKET_NEXT_MSG:
        return answer_next(m);
    case SOCKET_ACCEPT_MSG:
        return answer_accept(m);
    case SOCKET_RESOLVE_MSG:
        return answer_resolve(m);
    default:
        TEST_EXPECT_EQ(m->type, 0);
        return ERR_NOT_ACCEPTABLE;
    }
}

error_t ipc_call(task_t dst, struct message *m) {
    if (dst == INIT_TASK) {
        TEST_EXPECT_EQ(m->type, TASK_WATCH_MSG);
        m->type = TASK_WATCH_REPLY_MSG;
        fake.watches++;
        return OK;
    }
    fake.calls++;
    if (dst != fake.server) {
        return ERR_INVALID_TASK;
    }
    if (fake.dies) {
        fake.dies = false;
        fake_end_server();
        return ERR_ABORTED;
    }
    return answer(m);
}
