#include "../connection.h"

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../request.h"
#include "world.h"

#define HOST      " HTTP/1.1\r\nHost: x\r\n"
#define GET_SHORT "GET /api/short" HOST "\r\n"
#define GET_LARGE "GET /large.bin" HOST "\r\n"

static bool is_status(const struct peer *peer, int status) {
    char text[20];
    snprintf(text, sizeof(text), "HTTP/1.1 %d ", status);
    return peer->answer != NULL && strncmp(peer->answer, text, strlen(text)) == 0;
}

static struct peer *ask_from(const char *addr, const char *text) {
    struct peer *peer = world_connect(addr);
    world_say(peer, text);
    return peer;
}

static struct peer *ask(const char *text) {
    return ask_from("10.0.2.2", text);
}

// ---- Time ---------------------------------------------------------------------------------------

TEST("a head has ten seconds, however it trickles in") {
    world_begin();
    struct peer *slow = ask("GET / HT");
    for (unsigned i = 0; i < HEAD_TIME_S; i++) {
        world_wait(1);
        TEST_EXPECT_EQ(slow->answer_len, 0);
        world_say(slow, "x");
    }
    world_wait(1);
    TEST_EXPECT(is_status(slow, 408));
    world_wait(LINGER_TIME_S + 1);
    TEST_EXPECT(slow->is_closed);
    world_finish();
}

TEST("a body has a minute") {
    world_begin();
    struct peer *slow = ask("GET /" HOST "Content-Length: 1000\r\n\r\n");
    for (unsigned i = 0; i < BODY_TIME_S; i++) {
        world_wait(1);
        world_say(slow, "x");
    }
    TEST_EXPECT_EQ(slow->answer_len, 0);
    world_wait(1);
    TEST_EXPECT(is_status(slow, 408));
    world_finish();
}

TEST("a connection without a request ends after a minute, without a word") {
    world_begin();
    struct peer *fresh = world_connect("10.0.2.2"), *used = ask(GET_SHORT);
    size_t len = used->answer_len;
    world_wait(IDLE_TIME_S);
    TEST_EXPECT(!world_is_over(fresh) && !world_is_over(used));
    world_wait(1);
    TEST_EXPECT(fresh->is_closed && used->is_closed);
    TEST_EXPECT_EQ(fresh->answer_len, 0);
    TEST_EXPECT_EQ(used->answer_len, len);
    world_finish();
}

TEST("whoever takes nothing of an answer is cut off, whoever takes a little isn't") {
    world_begin();
    struct peer *dead = world_connect("10.0.2.2"), *slow = world_connect("10.0.2.2");
    dead->room = slow->room = 0;
    world_say(dead, GET_LARGE);
    world_say(slow, GET_LARGE);
    for (unsigned i = 0; i < 4; i++) {
        world_wait(SEND_TIME_S - 5);
        world_take(slow, 10);
    }
    TEST_EXPECT(dead->is_aborted);
    TEST_EXPECT(!world_is_over(slow));
    TEST_EXPECT_EQ(world_open_files(), 1);
    world_finish();
}

TEST("what comes behind an error is thrown away, for two seconds") {
    world_begin();
    struct peer *peer = ask("nonsense\r\n\r\n");
    TEST_EXPECT(is_status(peer, 400) && peer->is_shut && !world_is_over(peer));
    world_say(peer, GET_SHORT);
    TEST_EXPECT_EQ(peer->read, peer->sent);
    world_end(peer);
    TEST_EXPECT(peer->is_closed);
    struct peer *other = ask("nonsense\r\n\r\n");
    size_t len = other->answer_len;
    for (unsigned i = 0; i <= LINGER_TIME_S; i++) {
        world_say(other, GET_SHORT);
        world_wait(1);
    }
    TEST_EXPECT(other->is_closed);
    TEST_EXPECT_EQ(other->answer_len, len);
    world_finish();
}

// ---- Room ---------------------------------------------------------------------------------------

TEST("heads and bodies that are too long") {
    world_begin();
    char *text = malloc(200000);
    memset(text, 'x', 200000);
    struct peer *line = ask("GET /");
    world_send(line, text, REQUEST_LINE_MAX + 10);
    TEST_EXPECT(is_status(line, 414));
    struct peer *field = ask("GET /" HOST "X: ");
    world_send_in_pieces(field, text, REQUEST_FIELDS_LEN_MAX, 1000);
    TEST_EXPECT(is_status(field, 431));
    struct peer *fields = ask("GET /" HOST);
    for (unsigned i = 0; i < REQUEST_FIELDS_MAX; i++) {
        world_say(fields, "A: b\r\n");
    }
    TEST_EXPECT(is_status(fields, 431));
    struct peer *length = ask("GET /" HOST "Content-Length: 1048577\r\n\r\n");
    TEST_EXPECT(is_status(length, 413));
    struct peer *chunks = ask("GET /" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (unsigned i = 0; i < 6 && !chunks->is_shut; i++) {
        world_say(chunks, "30d40\r\n");
        world_send(chunks, text, 200000);
        world_say(chunks, "\r\n");
    }
    TEST_EXPECT(is_status(chunks, 413));
    free(text);
    world_finish();
}

#define HOARD_REQUESTS 200

/// Connects and asks for a lot, at once, without taking it.
static struct peer *hoard(const char *addr) {
    static char text[HOARD_REQUESTS * sizeof(GET_SHORT)];
    struct peer *peer = world_connect(addr);
    peer->room = 0;
    for (unsigned i = 0; i < HOARD_REQUESTS; i++) {
        memcpy(&text[i * (sizeof(GET_SHORT) - 1)], GET_SHORT, sizeof(GET_SHORT));
    }
    world_say(peer, text);
    return peer;
}

TEST("one client can't have all the memory for what waits") {
    world_begin();
    unsigned cut = 0;
    for (unsigned i = 0; i < 200; i++) {
        cut += hoard("10.0.2.2")->is_aborted ? 1 : 0;
    }
    TEST_EXPECT_LT(100, cut);
    struct peer *other = hoard("10.0.2.3");
    TEST_EXPECT(!world_is_over(other));
    world_take(other, ROOM_ANY);
    TEST_EXPECT_LT(HOARD_REQUESTS * 100, other->answer_len);
    world_finish();
}

#define MAX_CONNECTIONS CONFIG_WEBAPI_CONNECTIONS

static void fill(struct peer *peers[MAX_CONNECTIONS], const char *addr, const char *text) {
    for (unsigned i = 0; i < MAX_CONNECTIONS; i++) {
        peers[i] = ask_from(addr, text);
    }
}

static unsigned count_over(struct peer *peers[MAX_CONNECTIONS]) {
    unsigned number = 0;
    for (unsigned i = 0; i < MAX_CONNECTIONS; i++) {
        number += world_is_over(peers[i]) ? 1 : 0;
    }
    return number;
}

TEST("the one that has been idle for longest makes room") {
    static struct peer *peers[MAX_CONNECTIONS];
    world_begin();
    fill(peers, "10.0.2.2", GET_SHORT);
    TEST_EXPECT_EQ(count_over(peers), 0);
    world_say(peers[0], GET_SHORT);
    struct peer *more = ask(GET_SHORT);
    TEST_EXPECT(!world_is_over(more) && is_status(more, 200));
    TEST_EXPECT(peers[1]->is_closed);
    TEST_EXPECT_EQ(count_over(peers), 1);
    world_finish();
}

TEST("one client that is slow on all connections doesn't keep others out") {
    static struct peer *peers[MAX_CONNECTIONS];
    world_begin();
    fill(peers, "10.0.2.2", "GET /");
    TEST_EXPECT_EQ(count_over(peers), 0);
    struct peer *own = world_connect("10.0.2.2");
    TEST_EXPECT(own->is_aborted);
    TEST_EXPECT_EQ(count_over(peers), 0);
    for (unsigned i = 0; i < 10; i++) {
        struct peer *other = ask_from("10.0.2.3", GET_SHORT);
        TEST_EXPECT(is_status(other, 200) && !world_is_over(other));
        TEST_EXPECT_EQ(count_over(peers), i + 1);
    }
    // Nor does it push them out, now that they are idle.
    own = ask(GET_SHORT);
    TEST_EXPECT(own->is_aborted);
    TEST_EXPECT_EQ(count_over(peers), 10);
    world_finish();
}

TEST("the addresses of one network are one client, IPv4's and those on the link aren't") {
    static struct peer *peers[MAX_CONNECTIONS];
    world_begin();
    for (unsigned i = 0; i < MAX_CONNECTIONS; i++) {
        char addr[40];
        snprintf(addr, sizeof(addr), "2001:db8:0:1::%x", i + 1);
        peers[i] = ask_from(addr, "GET /");
    }
    struct peer *own = world_connect("2001:db8:0:1:ffff::1");
    TEST_EXPECT(own->is_aborted);
    static const char *const others[] = {"2001:db8:0:2::1", "fe80::1", "fe80::2", "10.0.0.1",
                                         "10.0.0.2"};
    for (unsigned i = 0; i < 5; i++) {
        struct peer *other = ask_from(others[i], "GET /");
        TEST_EXPECT(!world_is_over(other));
        TEST_EXPECT_EQ(count_over(peers), i + 1);
    }
    world_finish();
}

TEST("clients are accepted later if there is no memory now") {
    world_begin();
    world_lack_memory();
    struct peer *peer = world_connect("10.0.2.2");
    TEST_EXPECT(peer->socket == NULL && connections_exist());
    world_wait(1);
    TEST_EXPECT(peer->socket != NULL);
    world_say(peer, GET_SHORT);
    TEST_EXPECT(is_status(peer, 200));
    world_finish();
}

// ---- Anything -----------------------------------------------------------------------------------

static const char *const samples[] = {
    GET_SHORT,
    GET_LARGE,
    "HEAD /large.bin" HOST "\r\n",
    "GET /api/long" HOST "\r\n",
    "GET /api/long HTTP/1.0\r\n\r\n",
    "GET /large.bin" HOST "Range: bytes=5-90000\r\n\r\n",
    "GET /dir" HOST "\r\n",
    "OPTIONS *" HOST "\r\n",
    "POST /" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    "GET /" HOST "Content-Length: 10\r\nExpect: 100-continue\r\n\r\n0123456789",
};
#define NUM_SAMPLES (sizeof(samples) / sizeof(samples[0]))

static unsigned random_number(unsigned below) {
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned) (state >> 33) % below;
}

/// Something of a request, of which some bytes may be others.
static void send_anything(struct peer *peer) {
    char text[200];
    const char *sample = samples[random_number(NUM_SAMPLES)];
    size_t len = strlen(sample);
    memcpy(text, sample, len);
    for (unsigned i = random_number(4) / 2; i > 0; i--) {
        text[random_number((unsigned) len)] = (char) random_number(256);
    }
    world_send_in_pieces(peer, text, (random_number(8) == 0) ? random_number((unsigned) len) : len,
                         1 + random_number((unsigned) len));
}

static void do_anything(struct peer *peer) {
    switch (random_number(8)) {
    case 0:
        world_take(peer, random_number(50000));
        break;
    case 1:
        world_take(peer, ROOM_ANY);
        break;
    case 2:
        world_wait(random_number(8));
        break;
    case 3:
        if (random_number(10) == 0) {
            world_fail(peer, ERR_RESET);
        } else if (random_number(10) == 0) {
            world_end(peer);
        }
        break;
    default:
        send_anything(peer);
    }
}

TEST("clients that do anything get answers that are some, and leave nothing behind") {
    for (unsigned round = 0; round < 60; round++) {
        struct peer *some[8];
        world_begin();
        for (unsigned i = 0; i < 8; i++) {
            some[i] = world_connect("10.0.2.2");
        }
        for (unsigned i = 0; i < 400; i++) {
            do_anything(some[random_number(8)]);
        }
        for (unsigned i = 0; i < 8; i++) {
            TEST_EXPECT(some[i]->answer_len == 0
                        || !strncmp(some[i]->answer, "HTTP/1.1 ", MIN(some[i]->answer_len, 9u)));
        }
        world_finish();
    }
}
