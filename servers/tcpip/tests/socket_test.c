#include <config.h>
#include <inet/addr.h>
#include <socket.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

#define PORT 8080

static struct ip_addr localhost, any;

static void begin(void) {
    world_begin();
    localhost = ip_addr_from_v4(0x7f000001);
    memset(&any, 0, sizeof(any));
}

static handle_t open_socket(enum socket_kind kind) {
    handle_t handle = 0;
    TEST_EXPECT_EQ(call_socket_open(SERVER, kind, &handle), OK);
    return handle;
}

static handle_t listen(uint16_t port) {
    handle_t handle = open_socket(SOCKET_KIND_STREAM);
    uint16_t bound;
    TEST_EXPECT_EQ(call_socket_bind(SERVER, handle, port, any.bytes, &bound), OK);
    TEST_EXPECT_EQ(bound, port);
    TEST_EXPECT_EQ(call_socket_listen(SERVER, handle, 8), OK);
    return handle;
}

static handle_t connect(uint16_t port) {
    handle_t handle = open_socket(SOCKET_KIND_STREAM);
    TEST_EXPECT_EQ(call_socket_connect(SERVER, handle, port, localhost.bytes), OK);
    return handle;
}

static handle_t accept(handle_t listener) {
    handle_t handle = 0;
    uint16_t port;
    struct ip_addr addr;
    TEST_EXPECT_EQ(call_socket_accept(SERVER, listener, &handle, &port, addr.bytes), OK);
    TEST_EXPECT(ip_addr_equals(&addr, &localhost));
    return handle;
}

/// A connection of CLIENT's, whose other end is OTHER's.
static handle_t near_end, far_end;

static void make_connection(void) {
    world_self = OTHER;
    handle_t listener = listen(PORT);
    world_self = CLIENT;
    near_end = connect(PORT);
    world_self = OTHER;
    far_end = accept(listener);
    TEST_EXPECT_EQ(call_socket_close(SERVER, listener), OK);
    world_self = CLIENT;
    TEST_EXPECT_EQ(world_events(CLIENT, near_end), SOCKET_WRITABLE);
}

static error_t send(handle_t handle, const char *text) {
    size_t sent = 0;
    error_t err = call_socket_send(SERVER, handle, text, strlen(text), &sent);
    TEST_EXPECT(IS_ERROR(err) || sent == strlen(text));
    return err;
}

static error_t receive(handle_t handle, const char *expected) {
    void *data;
    size_t len;
    error_t err = call_socket_recv(SERVER, handle, 100, &data, &len);
    if (IS_OK(err)) {
        TEST_EXPECT_EQ(len, strlen(expected));
        TEST_EXPECT_MEM_EQ(data, expected, MIN(len, strlen(expected)));
        free(data);
    }
    return err;
}

TEST("two tasks talk") {
    begin();
    make_connection();
    TEST_EXPECT_EQ(receive(near_end, ""), ERR_WOULD_BLOCK);
    TEST_EXPECT_EQ(send(near_end, "Hello"), OK);
    TEST_EXPECT_EQ(world_notifications(OTHER) & SOCKET_NOTIFY, SOCKET_NOTIFY);
    TEST_EXPECT_EQ(world_events(OTHER, far_end), SOCKET_READABLE);
    world_self = OTHER;
    TEST_EXPECT_EQ(receive(far_end, "Hello"), OK);
    TEST_EXPECT_EQ(send(far_end, "World"), OK);
    TEST_EXPECT_EQ(call_socket_shutdown(SERVER, far_end, SOCKET_HOW_SEND), OK);
    TEST_EXPECT_EQ(send(far_end, "more"), ERR_END);
    world_self = CLIENT;
    TEST_EXPECT_EQ(receive(near_end, "World"), OK);
    TEST_EXPECT_EQ(receive(near_end, ""), ERR_END);
    TEST_EXPECT_EQ(call_socket_close(SERVER, near_end), OK);
    TEST_EXPECT_EQ(receive(near_end, ""), ERR_NOT_FOUND);
}

TEST("one notification stands for all events until they are asked for") {
    begin();
    make_connection();
    TEST_EXPECT_EQ(send(near_end, "a"), OK);
    TEST_EXPECT_EQ(world_notifications(OTHER) & SOCKET_NOTIFY, SOCKET_NOTIFY);
    TEST_EXPECT_EQ(call_socket_shutdown(SERVER, near_end, SOCKET_HOW_SEND), OK);
    TEST_EXPECT_EQ(world_notifications(OTHER), 0);
    TEST_EXPECT_EQ(world_events(OTHER, far_end), SOCKET_READABLE | SOCKET_ENDED);
    void *data;
    size_t len;
    world_self = OTHER;
    TEST_EXPECT_EQ(call_socket_events(SERVER, &data, &len), ERR_EMPTY);
    TEST_EXPECT_EQ(call_socket_abort(SERVER, far_end), OK);
    world_self = CLIENT;
    TEST_EXPECT_EQ(world_events(CLIENT, near_end) & SOCKET_FAILED, SOCKET_FAILED);
    int reason = 0;
    TEST_EXPECT_EQ(call_socket_error(SERVER, near_end, &reason), OK);
    TEST_EXPECT_EQ(reason, ERR_RESET);
}

TEST("more events than one answer holds are told by another notification") {
    begin();
    handle_t ends[SOCKET_EVENTS_MAX + 5];
    const size_t count = sizeof(ends) / sizeof(ends[0]);
    for (size_t i = 0; i < count; i++) {
        ends[i] = connect(9999);
    }
    world_pass(1000);
    world_notifications(CLIENT);
    void *data;
    size_t len;
    TEST_EXPECT_EQ(call_socket_events(SERVER, &data, &len), OK);
    TEST_EXPECT_EQ(len, SOCKET_EVENTS_MAX * sizeof(struct socket_event));
    free(data);
    TEST_EXPECT_EQ(world_notifications(CLIENT), SOCKET_NOTIFY);
    TEST_EXPECT_EQ(call_socket_events(SERVER, &data, &len), OK);
    TEST_EXPECT_EQ(len, 5 * sizeof(struct socket_event));
    free(data);
    TEST_EXPECT_EQ(world_notifications(CLIENT), 0);
}

TEST("nobody listens: the connection is refused") {
    begin();
    handle_t handle = connect(PORT);
    world_pass(100);
    TEST_EXPECT_EQ(world_events(CLIENT, handle) & SOCKET_FAILED, SOCKET_FAILED);
    int reason = 0;
    TEST_EXPECT_EQ(call_socket_error(SERVER, handle, &reason), OK);
    TEST_EXPECT_EQ(reason, ERR_REFUSED);
    TEST_EXPECT_EQ(send(handle, "x"), ERR_REFUSED);
}

TEST("what a task has ends with it, and leaves nothing behind") {
    begin();
    unsigned before = world_num_free_buffers();
    make_connection();
    TEST_EXPECT_EQ(send(near_end, "unread"), OK);
    world_end_task(OTHER);
    TEST_EXPECT_EQ(world_events(CLIENT, near_end) & SOCKET_FAILED, SOCKET_FAILED);
    TEST_EXPECT_EQ(send(near_end, "x"), ERR_RESET);
    world_end_task(CLIENT);
    world_pass(300000);
    TEST_EXPECT_EQ(world_num_free_buffers(), before);
}

TEST("handles are their task's alone") {
    begin();
    handle_t handle = open_socket(SOCKET_KIND_STREAM);
    world_self = OTHER;
    uint16_t port;
    TEST_EXPECT_EQ(call_socket_bind(SERVER, handle, 1, any.bytes, &port), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(call_socket_listen(SERVER, handle, 1), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(call_socket_close(SERVER, handle), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(call_tcpip_close(SERVER, handle), ERR_NOT_FOUND);
    world_self = CLIENT;
    TEST_EXPECT_EQ(call_tcpip_close(SERVER, handle), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(call_socket_close(SERVER, handle), OK);
}

TEST("what doesn't fit the socket is refused") {
    begin();
    handle_t stream = open_socket(SOCKET_KIND_STREAM), udp = open_socket(SOCKET_KIND_DATAGRAM);
    handle_t new;
    uint16_t port;
    bool last;
    struct ip_addr addr = ip_addr_from_v4(0x08080808);
    void *data;
    size_t len;
    TEST_EXPECT_EQ(call_socket_accept(SERVER, stream, &new, &port, addr.bytes), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(call_socket_listen(SERVER, udp, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(call_socket_recv(SERVER, stream, 10, &data, &len), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(send(stream, "x"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(call_socket_connect(SERVER, stream, 0, localhost.bytes), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(call_socket_bind(SERVER, stream, 1, addr.bytes, &port), ERR_UNREACHABLE);
    TEST_EXPECT_EQ(call_socket_shutdown(SERVER, udp, SOCKET_HOW_BOTH), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(call_socket_send_to(SERVER, stream, 1, localhost.bytes, "x", 1),
                   ERR_INVALID_ARG);
    TEST_EXPECT_EQ(call_socket_recv_from(SERVER, stream, 1, &port, &last, addr.bytes, &data, &len),
                   ERR_INVALID_ARG);
    TEST_EXPECT_EQ(call_socket_set_option(SERVER, stream, SOCKET_OPTION_BROADCAST, 1),
                   ERR_INVALID_ARG);
    TEST_EXPECT_EQ(call_socket_set_option(SERVER, stream, SOCKET_OPTION_NODELAY, 1), OK);
    unsigned value = 0;
    TEST_EXPECT_EQ(call_socket_get_option(SERVER, stream, SOCKET_OPTION_NODELAY, &value), OK);
    TEST_EXPECT_EQ(value, 1);
    TEST_EXPECT_EQ(call_socket_bind(SERVER, stream, 0, any.bytes, &port), OK);
    TEST_EXPECT_GE(port, 49152);
    TEST_EXPECT_EQ(call_socket_bind(SERVER, stream, 5, any.bytes, &port), ERR_INVALID_ARG);
}

TEST("pages that are lent are not left") {
    begin();
    make_connection();
    static uint8_t pages[PAGE_SIZE] __aligned(PAGE_SIZE);
    size_t done;
    static const size_t wrong[][2] = {
        {0, PAGE_SIZE + 1}, {PAGE_SIZE, 1}, {PAGE_SIZE + 1, 0}, {SIZE_MAX, 2}, {1, SIZE_MAX}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        TEST_EXPECT_EQ(call_socket_send_pages(SERVER, near_end, wrong[i][0], wrong[i][1], pages,
                                              PAGE_SIZE, &done),
                       ERR_INVALID_ARG);
        TEST_EXPECT_EQ(call_socket_recv_pages(SERVER, near_end, wrong[i][0], wrong[i][1], pages,
                                              PAGE_SIZE, &done),
                       ERR_INVALID_ARG);
    }
    // Nothing was lent.
    TEST_EXPECT_EQ(call_socket_send_pages(SERVER, near_end, 0, 0, NULL, 0, &done), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(call_socket_recv_pages(SERVER, near_end, 0, 0, NULL, 0, &done), ERR_INVALID_ARG);
    memcpy(&pages[100], "lent", 4);
    TEST_EXPECT_EQ(call_socket_send_pages(SERVER, near_end, 100, 4, pages, PAGE_SIZE, &done), OK);
    TEST_EXPECT_EQ(done, 4);
    world_self = OTHER;
    TEST_EXPECT_EQ(call_socket_recv_pages(SERVER, far_end, 200, 10, pages, PAGE_SIZE, &done), OK);
    TEST_EXPECT_EQ(done, 4);
    TEST_EXPECT_MEM_EQ(&pages[200], "lent", 4);
}

TEST("a task can have so many sockets, and no more") {
    begin();
    handle_t handle;
    for (int i = 0; i < CONFIG_TCPIP_SOCKETS; i++) {
        open_socket(SOCKET_KIND_STREAM);
    }
    TEST_EXPECT_EQ(call_socket_open(SERVER, SOCKET_KIND_STREAM, &handle), ERR_NO_MEMORY);
    world_self = OTHER;
    open_socket(SOCKET_KIND_STREAM);
}

TEST("datagrams and echoes") {
    begin();
    handle_t udp = open_socket(SOCKET_KIND_DATAGRAM), echo = open_socket(SOCKET_KIND_ECHO);
    uint16_t port;
    bool last;
    struct ip_addr addr;
    void *data;
    size_t len;
    TEST_EXPECT_EQ(call_socket_bind(SERVER, udp, 53, any.bytes, &port), OK);
    TEST_EXPECT_EQ(call_socket_send_to(SERVER, udp, 53, localhost.bytes, "query", 5), OK);
    TEST_EXPECT_EQ(call_socket_send_to(SERVER, udp, 53, localhost.bytes, "another", 7), OK);
    TEST_EXPECT_EQ(world_events(CLIENT, udp) & SOCKET_READABLE, SOCKET_READABLE);
    TEST_EXPECT_EQ(call_socket_recv_from(SERVER, udp, 3, &port, &last, addr.bytes, &data, &len),
                   OK);
    TEST_EXPECT(!last);
    TEST_EXPECT_EQ(len, 3);
    TEST_EXPECT_EQ(port, 53);
    TEST_EXPECT(ip_addr_equals(&addr, &localhost));
    free(data);
    TEST_EXPECT_EQ(call_socket_recv_from(SERVER, udp, 9, &port, &last, addr.bytes, &data, &len),
                   OK);
    TEST_EXPECT(last);
    TEST_EXPECT_EQ(len, 7);
    free(data);
    TEST_EXPECT_EQ(call_socket_recv_from(SERVER, udp, 3, &port, &last, addr.bytes, &data, &len),
                   ERR_WOULD_BLOCK);
    TEST_EXPECT_EQ(call_socket_send_to(SERVER, echo, 7, localhost.bytes, "ping", 4), OK);
    TEST_EXPECT_EQ(call_socket_recv_from(SERVER, echo, 10, &port, &last, addr.bytes, &data, &len),
                   OK);
    TEST_EXPECT_EQ(port, 7);
    TEST_EXPECT_EQ(len, 4);
    free(data);
}

/// What socket.next tells.
static struct socket_next next;
static char next_text[64];
static size_t next_len;

/// Asks after `handle`. Returns what the call does.
static error_t ask_next(handle_t handle, size_t len) {
    void *answer;
    size_t answer_len;
    error_t err = call_socket_next(SERVER, handle, len, &answer, &answer_len);
    if (IS_OK(err)) {
        TEST_EXPECT(answer_len >= sizeof(next) && answer_len < sizeof(next) + sizeof(next_text));
        next_len = answer_len - sizeof(next);
        memset(next_text, 0, sizeof(next_text));
        memcpy(&next, answer, sizeof(next));
        memcpy(next_text, (uint8_t *) answer + sizeof(next), next_len);
        free(answer);
    }
    return err;
}

/// Sends a datagram with `header_len` bytes of its header.
static error_t send_datagram(handle_t handle, uint16_t reserved, size_t header_len,
                             const char *text) {
    uint8_t datagram[64];
    struct socket_datagram header = {handle, 53, reserved, localhost};
    memcpy(datagram, &header, sizeof(header));
    memcpy(datagram + sizeof(header), text, strlen(text));
    return call_socket_send_datagram(SERVER, datagram, header_len + strlen(text));
}

TEST("a datagram comes with its event") {
    begin();
    handle_t udp = open_socket(SOCKET_KIND_DATAGRAM);
    uint16_t port;
    TEST_EXPECT_EQ(ask_next(udp, 9), ERR_EMPTY);
    TEST_EXPECT_EQ(call_socket_bind(SERVER, udp, 53, any.bytes, &port), OK);
    TEST_EXPECT_EQ(call_socket_send_to(SERVER, udp, 53, localhost.bytes, "query", 5), OK);
    TEST_EXPECT_EQ(call_socket_send_to(SERVER, udp, 53, localhost.bytes, "another", 7), OK);
    TEST_EXPECT_EQ(ask_next(udp, 9), OK);
    TEST_EXPECT_EQ(next.events & SOCKET_READABLE, SOCKET_READABLE);
    TEST_EXPECT(next.received && !next.last);
    TEST_EXPECT_EQ(next.port, 53);
    TEST_EXPECT(ip_addr_equals(&next.addr, &localhost));
    TEST_EXPECT_STR_EQ(next_text, "query");
    TEST_EXPECT_EQ(ask_next(udp, 9), ERR_EMPTY);
    uint16_t from;
    bool last;
    struct ip_addr addr;
    void *data;
    size_t len;
    TEST_EXPECT_EQ(call_socket_recv_from(SERVER, udp, 9, &from, &last, addr.bytes, &data, &len),
                   OK);
    TEST_EXPECT(last);
    free(data);
    // It is told again, and cut as ever.
    TEST_EXPECT_EQ(send_datagram(udp, 0, sizeof(struct socket_datagram), "third"), OK);
    TEST_EXPECT_EQ(ask_next(udp, 3), OK);
    TEST_EXPECT(next.received && next.last);
    TEST_EXPECT_STR_EQ(next_text, "thi");
    TEST_EXPECT_EQ(send_datagram(udp, 0, sizeof(struct socket_datagram), ""), OK);
    TEST_EXPECT_EQ(ask_next(udp, 3), OK);
    TEST_EXPECT(next.received && next.last);
    TEST_EXPECT_EQ(next_len, 0);
}

TEST("what is no datagram isn't sent") {
    begin();
    handle_t udp = open_socket(SOCKET_KIND_DATAGRAM), stream = open_socket(SOCKET_KIND_STREAM);
    size_t whole = sizeof(struct socket_datagram);
    TEST_EXPECT_EQ(send_datagram(udp, 1, whole, "no"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(send_datagram(udp, 0, whole - 1, ""), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(send_datagram(stream, 0, whole, "no"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(send_datagram(stream + 1, 0, whole, "no"), ERR_NOT_FOUND);
    world_self = OTHER;
    TEST_EXPECT_EQ(send_datagram(udp, 0, whole, "no"), ERR_NOT_FOUND);
}

TEST("bytes come with their event, and its end without any") {
    begin();
    make_connection();
    size_t sent;
    TEST_EXPECT_EQ(call_socket_send(SERVER, near_end, "hello", 5, &sent), OK);
    world_self = OTHER;
    TEST_EXPECT_EQ(ask_next(far_end, 3), OK);
    TEST_EXPECT_EQ(next.events, SOCKET_READABLE);
    TEST_EXPECT(next.received);
    TEST_EXPECT_STR_EQ(next_text, "hel");
    void *data;
    size_t len;
    TEST_EXPECT_EQ(call_socket_recv(SERVER, far_end, 9, &data, &len), OK);
    TEST_EXPECT_EQ(len, 2);
    free(data);
    world_self = CLIENT;
    TEST_EXPECT_EQ(call_socket_close(SERVER, near_end), OK);
    world_self = OTHER;
    TEST_EXPECT_EQ(ask_next(far_end, 9), OK);
    TEST_EXPECT_EQ(next.events, SOCKET_READABLE | SOCKET_ENDED);
    TEST_EXPECT(!next.received);
    TEST_EXPECT_EQ(next_len, 0);
    TEST_EXPECT_EQ(call_socket_recv(SERVER, far_end, 9, &data, &len), ERR_END);
}

TEST("events of others, and of several, come as a list") {
    begin();
    handle_t a = open_socket(SOCKET_KIND_DATAGRAM), b = open_socket(SOCKET_KIND_DATAGRAM);
    uint16_t port;
    TEST_EXPECT_EQ(call_socket_bind(SERVER, a, 53, any.bytes, &port), OK);
    TEST_EXPECT_EQ(call_socket_bind(SERVER, b, 54, any.bytes, &port), OK);
    TEST_EXPECT_EQ(call_socket_send_to(SERVER, b, 53, localhost.bytes, "a", 1), OK);
    TEST_EXPECT_EQ(ask_next(b, 9), OK);
    TEST_EXPECT_EQ(next.events, 0);
    TEST_EXPECT(!next.received);
    struct socket_event event;
    TEST_EXPECT_EQ(next_len, sizeof(event));
    memcpy(&event, next_text, sizeof(event));
    TEST_EXPECT_EQ(event.handle, a);
    TEST_EXPECT_EQ(event.events & SOCKET_READABLE, SOCKET_READABLE);
    uint16_t from;
    bool last;
    struct ip_addr addr;
    void *data;
    size_t len;
    TEST_EXPECT_EQ(call_socket_recv_from(SERVER, a, 9, &from, &last, addr.bytes, &data, &len), OK);
    free(data);
    TEST_EXPECT_EQ(call_socket_send_to(SERVER, a, 53, localhost.bytes, "a", 1), OK);
    TEST_EXPECT_EQ(call_socket_send_to(SERVER, a, 54, localhost.bytes, "b", 1), OK);
    TEST_EXPECT_EQ(ask_next(a, 9), OK);
    TEST_EXPECT_EQ(next.events, 0);
    TEST_EXPECT_EQ(next_len, 2 * sizeof(event));
    // A handle that isn't one's own is that of no event.
    world_self = OTHER;
    TEST_EXPECT_EQ(ask_next(a, 9), ERR_EMPTY);
}

TEST("names and lists tell who talks to whom") {
    begin();
    make_connection();
    uint16_t local_port, remote_port;
    struct ip_addr local, remote;
    TEST_EXPECT_EQ(
        call_socket_names(SERVER, near_end, &local_port, &remote_port, local.bytes, remote.bytes),
        OK);
    TEST_EXPECT_EQ(remote_port, PORT);
    handle_t udp = open_socket(SOCKET_KIND_DATAGRAM);
    uint16_t port;
    TEST_EXPECT_EQ(call_socket_bind(SERVER, udp, 77, any.bytes, &port), OK);
    unsigned kind, streams = 0, datagrams = 0;
    enum netinfo_state state;
    task_t owner;
    uint32_t queues[2];
    error_t err = OK;
    for (unsigned i = 0; IS_OK(err); i++) {
        err = call_netinfo_socket(SERVER, i, &kind, &state, &owner, &queues[0], &queues[1],
                                  &local_port, &remote_port, local.bytes, remote.bytes);
        streams += IS_OK(err) && kind == SOCKET_KIND_STREAM && state == NETINFO_STATE_ESTABLISHED;
        datagrams += IS_OK(err) && kind == SOCKET_KIND_DATAGRAM && owner == CLIENT;
    }
    TEST_EXPECT_EQ(err, ERR_END);
    TEST_EXPECT_EQ(streams, 2);
    TEST_EXPECT_EQ(datagrams, 1);
    uint64_t value;
    char name[NETINFO_NAME_LEN];
    unsigned counters = 0;
    while (IS_OK(call_netinfo_counter(SERVER, counters, &value, name))) {
        counters++;
    }
    TEST_EXPECT_GT(counters, 10);
}

TEST("a route is a network's, not a machine's") {
    begin();
    unsigned interface, prefix_len = 0;
    struct ip_addr addr, gateway;
    bool found = false;
    for (unsigned i = 0;
         IS_OK(call_netinfo_route(SERVER, i, &interface, &prefix_len, addr.bytes, gateway.bytes));
         i++) {
        struct ip_addr network = ip_addr_from_v4(0x7f000000);
        found = found || (prefix_len == 8 && ip_addr_equals(&addr, &network));
    }
    TEST_EXPECT(found);
}

TEST("only whom the manifest names may configure") {
    begin();
    struct ip_addr addr = ip_addr_from_v4(0x0a000005);
    TEST_EXPECT_EQ(call_netinfo_configure(SERVER, 0, 24, addr.bytes, any.bytes), ERR_NOT_PERMITTED);
    world_name = "ifconfig";
    TEST_EXPECT_EQ(call_netinfo_configure(SERVER, 99, 24, addr.bytes, any.bytes), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(call_netinfo_configure(SERVER, 0, 33, addr.bytes, any.bytes), ERR_INVALID_ARG);
    world_name = "ifconfi";
    TEST_EXPECT_EQ(call_netinfo_configure(SERVER, 0, 24, addr.bytes, any.bytes), ERR_NOT_PERMITTED);
}

TEST("a connection that takes nothing blocks its sender, and wakes it later") {
    begin();
    make_connection();
    static uint8_t data[SOCKET_DATA_MAX];
    size_t sent, total = 0;
    while (IS_OK(call_socket_send(SERVER, near_end, data, sizeof(data), &sent))) {
        total += sent;
        if (total > 64 * sizeof(data)) {
            break;
        }
    }
    TEST_EXPECT_LT(total, 64 * sizeof(data));
    world_events(CLIENT, near_end);
    world_self = OTHER;
    size_t received = 0, len;
    void *bytes;
    while (received < total) {
        error_t err = call_socket_recv(SERVER, far_end, sizeof(data), &bytes, &len);
        if (err == ERR_WOULD_BLOCK) {
            world_pass(250);
            continue;
        }
        TEST_EXPECT_EQ(err, OK);
        if (IS_ERROR(err)) {
            break;
        }
        received += len;
        free(bytes);
    }
    TEST_EXPECT_EQ(received, total);
    TEST_EXPECT_EQ(world_events(CLIENT, near_end) & SOCKET_WRITABLE, SOCKET_WRITABLE);
}
