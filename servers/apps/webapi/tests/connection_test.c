#include "../connection.h"

#include <resea/malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

#define HOST      " HTTP/1.1\r\nHost: x\r\n"
#define GET_SHORT "GET /api/short" HOST "\r\n"
#define GET_LONG  "GET /api/long" HOST "\r\n"
#define GET_LARGE "GET /large.bin" HOST "\r\n"

/// How often a text is in what the server has said.
static unsigned count(const struct peer *peer, const char *text) {
    unsigned number = 0;
    const char *at = (peer->answer != NULL) ? peer->answer : "";
    while ((at = strstr(at, text)) != NULL) {
        number++;
        at++;
    }
    return number;
}

static bool begins_with(const struct peer *peer, const char *text) {
    return peer->answer != NULL && strncmp(peer->answer, text, strlen(text)) == 0;
}

/// What stands behind the first head.
static const char *body_of(const struct peer *peer) {
    const char *end = (peer->answer != NULL) ? strstr(peer->answer, "\r\n\r\n") : NULL;
    return (end != NULL) ? end + 4 : "";
}

static bool is_large_file(const char *data, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (data[i] != world_file_byte(i)) {
            return false;
        }
    }
    return len == LARGE_LEN;
}

static struct peer *ask(const char *text) {
    struct peer *peer = world_connect("10.0.2.2");
    world_say(peer, text);
    return peer;
}

TEST("a connection stays for the next request") {
    world_begin();
    struct peer *peer = ask(GET_SHORT);
    TEST_EXPECT_EQ(count(peer, "HTTP/1.1 200 OK\r\n"), 1);
    TEST_EXPECT_STR_EQ(body_of(peer), "{}\n");
    world_say(peer, "GET /" HOST "\r\n");
    TEST_EXPECT_EQ(count(peer, "HTTP/1.1 200 OK\r\n"), 2);
    TEST_EXPECT_EQ(count(peer, PAGE), 1);
    TEST_EXPECT_EQ(count(peer, "Connection:"), 0);
    TEST_EXPECT(!world_is_over(peer));
    world_finish();
}

TEST("a connection ends if the client says so, or has HTTP/1.0") {
    static const char *const requests[] = {
        "GET /api/short" HOST "Connection: close\r\n\r\n",
        "GET /api/short HTTP/1.0\r\n\r\n",
        "GET /api/short HTTP/1.0\r\nConnection: close\r\n\r\n",
    };
    world_begin();
    for (unsigned i = 0; i < 3; i++) {
        struct peer *peer = ask(requests[i]);
        TEST_EXPECT(begins_with(peer, "HTTP/1.1 200 OK\r\n"));
        TEST_EXPECT_EQ(count(peer, "Connection: close\r\n"), 1);
        TEST_EXPECT(peer->is_closed);
    }
    struct peer *peer = ask("GET /api/short HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    TEST_EXPECT_EQ(count(peer, "Connection: keep-alive\r\n"), 1);
    TEST_EXPECT(!world_is_over(peer));
    world_finish();
}

TEST("a client that sends no more is answered, then the connection ends") {
    world_begin();
    struct peer *peer = world_connect("10.0.2.2");
    world_say(peer, GET_SHORT);
    world_say(peer, "GET /api/sh");
    world_end(peer);
    TEST_EXPECT_EQ(count(peer, "HTTP/1.1 "), 1);
    TEST_EXPECT(peer->is_closed);
    world_finish();
}

TEST("requests that come together are answered in their order, and together") {
    world_begin();
    struct peer *peer = ask(GET_SHORT "GET /missing" HOST "\r\n"
                                      "HEAD /" HOST "\r\n" GET_SHORT);
    TEST_EXPECT_EQ(peer->sends, 1);
    const char *found = strstr(peer->answer, "404 Not Found");
    TEST_EXPECT(found != NULL && strstr(found, "text/html") != NULL);
    TEST_EXPECT_EQ(count(peer, "HTTP/1.1 200 OK\r\n"), 3);
    TEST_EXPECT_EQ(count(peer, PAGE), 0);
    world_finish();
}

TEST("requests may come in any pieces, and with bodies") {
    static const char requests[] = GET_SHORT
        "GET /api/short" HOST "Content-Length: 30\r\n\r\nGET /missing HTTP/1.1\r\nHost: x"
        "GET /" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n" GET_LARGE
        "GET /missing" HOST "\r\n";
    world_begin();
    struct peer *whole = ask(requests);
    TEST_EXPECT_EQ(count(whole, "HTTP/1.1 200 OK\r\n"), 4);
    TEST_EXPECT(whole->answer_len > LARGE_LEN);
    for (size_t piece = 1; piece < sizeof(requests); piece += (piece < 40) ? 1 : 37) {
        struct peer *peer = world_connect("10.0.2.2");
        world_send_in_pieces(peer, requests, sizeof(requests) - 1, piece);
        TEST_EXPECT_EQ(peer->answer_len, whole->answer_len);
        TEST_EXPECT_MEM_EQ(peer->answer, whole->answer, whole->answer_len);
    }
    world_finish();
}

TEST("more requests than there is room for answers") {
    world_begin();
    struct peer *peer = world_connect("10.0.2.2");
    peer->room = 0;
    for (unsigned i = 0; i < 300; i++) {
        world_say(peer, GET_SHORT);
    }
    TEST_EXPECT(peer->read < peer->sent);  // Who takes nothing isn't read from.
    for (unsigned i = 0; i < 1000; i++) {
        world_take(peer, 100);
    }
    TEST_EXPECT_EQ(count(peer, "HTTP/1.1 200 OK\r\n"), 300);
    TEST_EXPECT_EQ(count(peer, "{}\n"), 300);
    world_finish();
}

TEST("a long answer comes in chunks") {
    world_begin();
    struct peer *peer = ask(GET_LONG GET_SHORT);
    TEST_EXPECT_EQ(count(peer, "Transfer-Encoding: chunked\r\n"), 1);
    const char *at = body_of(peer);
    size_t sum = 0, len = 0;
    do {
        char *end;
        len = strtoul(at, &end, 16);
        TEST_EXPECT(end == at + 4 || len == 0);
        at = end + 2 + len + 2;
        sum += len;
    } while (len > 0);
    TEST_EXPECT_EQ(sum, 40 * 1999);
    TEST_EXPECT(strncmp(at, "HTTP/1.1 200 OK\r\n", 17) == 0);
    struct peer *old = ask("GET /api/long HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    TEST_EXPECT_EQ(count(old, "chunked") + count(old, "Content-Length"), 0);
    TEST_EXPECT_EQ(strlen(body_of(old)), 40 * 1999);
    TEST_EXPECT(old->is_closed);
    world_finish();
}

TEST("HEAD has the same head and no body") {
    static const char *const paths[] = {"/",         "/large.bin", "/api/short",
                                        "/api/long", "/missing",   "/dir"};
    world_begin();
    for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char get[100], head[100];
        snprintf(get, sizeof(get), "GET %s" HOST "\r\n", paths[i]);
        snprintf(head, sizeof(head), "HEAD %s" HOST "\r\n", paths[i]);
        struct peer *with = ask(get), *without = ask(head);
        TEST_EXPECT_EQ(without->answer_len, (size_t) (body_of(with) - with->answer));
        TEST_EXPECT_MEM_EQ(without->answer, with->answer, without->answer_len);
    }
    world_finish();
}

TEST("of a file no more is read than the client takes") {
    world_begin();
    struct peer *peer = world_connect("10.0.2.2");
    peer->room = 0;
    world_say(peer, GET_LARGE);
    for (size_t taken = 0; taken < LARGE_LEN; taken += 5000) {
        TEST_EXPECT_LE(world_bytes_read(), peer->answer_len + 32768);
        world_take(peer, 5000);
    }
    world_take(peer, ROOM_ANY);
    TEST_EXPECT(
        is_large_file(body_of(peer), peer->answer_len - (size_t) (body_of(peer) - peer->answer)));
    TEST_EXPECT_EQ(world_open_files(), 0);
    TEST_EXPECT(!world_is_over(peer));
    world_finish();
}

TEST("a file that can't be read as promised cuts the connection") {
    world_begin();
    struct peer *shrinks = ask("GET /shrinks" HOST "\r\n");
    TEST_EXPECT(shrinks->is_aborted);
    TEST_EXPECT(shrinks->answer_len < LARGE_LEN);
    struct peer *breaks = ask("GET /breaks" HOST "\r\n");
    TEST_EXPECT(breaks->is_aborted);
    TEST_EXPECT_EQ(world_open_files(), 0);
    world_finish();
}

TEST("a connection that breaks gives back all it has") {
    world_begin();
    struct peer *peer = world_connect("10.0.2.2");
    peer->room = 20000;
    world_say(peer, GET_LARGE);
    TEST_EXPECT_EQ(world_open_files(), 1);
    world_fail(peer, ERR_RESET);
    TEST_EXPECT_EQ(world_open_files(), 0);
    struct peer *other = ask("GET /" HOST "Content-Length: 5\r\n\r\nab");
    world_fail(other, ERR_ABORTED);
    world_finish();
}

TEST("a large file leaves the others their turn") {
    world_begin();
    struct peer *large = world_connect("10.0.2.2"), *other = world_connect("10.0.2.2");
    large->to_server = strdup(GET_LARGE);
    large->sent = strlen(GET_LARGE);
    large->socket->ready(large->socket, SOCKET_READABLE);
    other->to_server = strdup(GET_SHORT);
    other->sent = strlen(GET_SHORT);
    other->socket->ready(other->socket, SOCKET_READABLE);
    TEST_EXPECT_STR_EQ(body_of(other), "{}\n");
    TEST_EXPECT_LT(large->answer_len, LARGE_LEN);
    world_run();
    TEST_EXPECT_LT(LARGE_LEN, large->answer_len);
    world_finish();
}

TEST("whoever asks before a body is told to go on") {
    world_begin();
    struct peer *peer =
        ask("GET /api/short" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    TEST_EXPECT_STR_EQ(peer->answer, "HTTP/1.1 100 Continue\r\n\r\n");
    world_say(peer, "abc" GET_SHORT);
    TEST_EXPECT_EQ(count(peer, "HTTP/1.1 200 OK\r\n"), 2);
    struct peer *refused = ask("POST /" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    TEST_EXPECT(begins_with(refused, "HTTP/1.1 405 "));
    TEST_EXPECT_EQ(count(refused, "100 Continue"), 0);
    world_finish();
}

TEST("nothing of a request gets into the head of an answer") {
    static const char *const requests[] = {
        "GET /dir%0d%0aSet-Cookie:%20a=b" HOST "\r\n",
        "GET /dir%0aX" HOST "\r\n",
        "GET /dir\rX: y" HOST "\r\n",
        "GET /%0d%0a%0d%0aHTTP/1.1%20200%20OK" HOST "\r\n",
        "GET /a%22b" HOST "Set-Cookie: a=b\r\n\r\n",
    };
    world_begin();
    for (unsigned i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct peer *peer = ask(requests[i]);
        TEST_EXPECT(begins_with(peer, (i < 4) ? "HTTP/1.1 400 " : "HTTP/1.1 301 "));
        TEST_EXPECT_EQ(count(peer, "Cookie") + count(peer, "X: y"), 0);
        TEST_EXPECT_EQ(count(peer, "HTTP/1.1"), 1);
    }
    struct peer *peer = ask("GET //dir" HOST "\r\n");
    TEST_EXPECT_EQ(count(peer, "Location: //"), 0);
    world_finish();
}
