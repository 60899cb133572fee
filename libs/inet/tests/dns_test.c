#include <inet/udp.h>
#include <string.h>
#include <unittest.h>

#include "../src/dns_stream.h"
#include "fake_tcp.h"
#include "frames.h"
#include "world.h"

#define SERVER_1 0xc000020au
#define SERVER_2 0xc000020bu

static struct {
    unsigned calls;
    error_t err;
    unsigned num_addrs;
    struct ip_addr addrs[DNS_ADDRS_MAX];
} result;

static void done(void *user, error_t err, const struct ip_addr *addrs, unsigned num_addrs) {
    TEST_EXPECT(user == &result);
    result.calls++;
    result.err = err;
    result.num_addrs = num_addrs;
    if (num_addrs > 0) {
        memcpy(result.addrs, addrs, num_addrs * sizeof(*addrs));
    }
}

static unsigned resolve(const char *name) {
    memset(&result, 0, sizeof(result));
    return dns_resolve(name, done, &result);
}

static struct netif *start(unsigned num_servers) {
    fake_tcp_reset();
    struct netif *netif = frames_start(0);
    struct ip_addr servers[2] = {ip_addr_from_v4(SERVER_1), ip_addr_from_v4(SERVER_2)};
    learn_neighbour(netif, SERVER_1);
    learn_neighbour(netif, SERVER_2);
    struct inet_settings settings = {
        .dhcp = true, .name_servers = servers, .num_name_servers = num_servers};
    inet_set(&settings);
    return netif;
}

// Answers, written into `message` behind the question.

static uint8_t asked[42];
static uint8_t message[FAKE_TCP_MAX - 2];
static size_t message_len;

/// The last query's question, with a header of so many records.
static void begin(unsigned flags, unsigned answers, unsigned authorities) {
    const struct frame *query = last_frame();
    memcpy(asked, query->bytes, sizeof(asked));
    size_t name_len = strlen((const char *) query->bytes + 42 + 12) + 1;
    message_len = 12 + name_len + 4;
    memcpy(message, query->bytes + 42, message_len);
    be16(message + 2, flags);
    be16(message + 6, answers);
    be16(message + 8, authorities);
    be16(message + 10, 0);
}

static void put_name(const char *name) {
    while (*name != '\0') {
        size_t len = 0;
        while (name[len] != '.' && name[len] != '\0') {
            len++;
        }
        message[message_len++] = (uint8_t) len;
        memcpy(message + message_len, name, len);
        message_len += len;
        name += len + (name[len] == '.');
    }
    message[message_len++] = 0;
}

/// A record up to its data; `name` NULL: a pointer to the question's.
static void put_record(const char *name, unsigned type, uint32_t ttl, size_t data_len) {
    if (name != NULL) {
        put_name(name);
    } else {
        be16(message + message_len, 0xc00c);
        message_len += 2;
    }
    be16(message + message_len, type);
    be16(message + message_len + 2, 1);
    be32(message + message_len + 4, ttl);
    be16(message + message_len + 8, (unsigned) data_len);
    message_len += 10;
}

static void put_a(const char *name, uint32_t ttl, uint32_t addr) {
    put_record(name, 1, ttl, 4);
    be32(message + message_len, addr);
    message_len += 4;
}

static void put_cname(const char *name, uint32_t ttl, const char *target) {
    put_record(name, 5, ttl, strlen(target) + 2);
    put_name(target);
}

/// Nothing here, for so long.
static void put_soa(uint32_t ttl, uint32_t minimum) {
    put_record("example", 6, ttl, 22);
    memset(message + message_len, 0, 22);
    be32(message + message_len + 18, minimum);
    message_len += 22;
}

static void deliver_from(struct netif *netif, uint32_t server) {
    static uint8_t frame[FAKE_TCP_MAX + 100];
    uint16_t port = (uint16_t) get_be16(asked + 34);
    receive(netif, frame, make_udp(frame, server, 53, OUR_IP, port, message, message_len));
}

static void deliver(struct netif *netif) {
    deliver_from(netif, get_be32(asked + 30));
}

TEST("a name is asked for, and its addresses are told and kept") {
    struct netif *netif = start(1);
    TEST_EXPECT_NE(resolve("www.Example"), 0);
    world_pass(0);
    TEST_EXPECT_EQ(num_frames, 1);
    const uint8_t *query = last_frame()->bytes + 42;
    TEST_EXPECT_EQ(get_be16(query + 2), 0x0100);
    TEST_EXPECT_EQ(get_be16(query + 4), 1);
    TEST_EXPECT_EQ(query[12], 3);
    TEST_EXPECT_EQ(query[16], 7);
    TEST_EXPECT_EQ(get_be32(query + 25), 0x00010001u);
    // EDNS: 1,232 bytes can come in one datagram.
    static const uint8_t edns[11] = {0, 0, 41, 0x04, 0xd0};
    TEST_EXPECT_EQ(get_be16(query + 10), 1);
    TEST_EXPECT_EQ(last_frame()->len, 42 + 29 + sizeof(edns));
    TEST_EXPECT_EQ(memcmp(query + 29, edns, sizeof(edns)), 0);
    begin(0x8180, 2, 0);
    put_a(NULL, 60, FAR_IP);
    put_a("wWw.eXample", 90, FAR_IP + 1);
    deliver(netif);
    TEST_EXPECT_EQ(result.calls, 1);
    TEST_EXPECT_EQ(result.err, OK);
    TEST_EXPECT_EQ(result.num_addrs, 2);
    TEST_EXPECT_EQ(ip_addr_v4(&result.addrs[1]), FAR_IP + 1);

    world_pass(59000);
    TEST_EXPECT_EQ(resolve("WWW.example."), 0);
    TEST_EXPECT_EQ(result.calls, 1);
    TEST_EXPECT_EQ(result.num_addrs, 2);
    world_pass(2000);
    TEST_EXPECT_NE(resolve("www.example"), 0);
    TEST_EXPECT_EQ(result.calls, 0);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("numbers and this machine need no server") {
    start(0);
    TEST_EXPECT_EQ(resolve("192.0.2.77"), 0);
    TEST_EXPECT_EQ(ip_addr_v4(&result.addrs[0]), 0xc000024du);
    TEST_EXPECT_EQ(resolve("localhost"), 0);
    TEST_EXPECT_EQ(ip_addr_v4(&result.addrs[0]), 0x7f000001u);
    TEST_EXPECT_EQ(resolve("2001:db8::1"), 0);
    TEST_EXPECT_EQ(result.err, OK);
    TEST_EXPECT_EQ(resolve("www.example"), 0);
    TEST_EXPECT_EQ(result.err, ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(num_frames, 0);
}

TEST("names that can't be are not asked for") {
    static char label[80], name[400];
    start(1);
    memset(label, 'a', 64);
    memset(name, 'b', 60);
    for (size_t i = 60; i < 254; i += 2) {
        memcpy(name + i, ".c", 3);
    }
    const char *wrong[] = {"", ".", "..", "a..b", ".a", "a b", "a\nb", "\xc3\xa4", label, name};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        TEST_EXPECT_EQ(resolve(wrong[i]), 0);
        TEST_EXPECT_EQ(result.calls, 1);
        TEST_EXPECT_EQ(result.err, ERR_NOT_FOUND);
    }
    label[63] = '\0';
    TEST_EXPECT_NE(resolve(label), 0);
    name[253] = '\0';
    name[252] = 'd';
    TEST_EXPECT_NE(resolve(name), 0);
    world_pass(0);
    TEST_EXPECT_EQ(num_frames, 2);
}

TEST("aliases are followed, in whatever order they come, and over several answers") {
    struct netif *netif = start(1);
    (void) resolve("www.example");
    world_pass(0);
    begin(0x8180, 3, 0);
    put_a("host.test", 300, FAR_IP);
    put_cname("cdn.example", 300, "host.test");
    put_cname(NULL, 20, "cdn.example");
    deliver(netif);
    TEST_EXPECT_EQ(result.err, OK);
    TEST_EXPECT_EQ(result.num_addrs, 1);
    world_pass(21000);

    (void) resolve("www.example");
    world_pass(0);
    begin(0x8180, 1, 0);
    put_cname(NULL, 20, "other.test");
    unsigned before = num_frames;
    deliver(netif);
    TEST_EXPECT_EQ(result.calls, 0);
    TEST_EXPECT_EQ(num_frames, before + 1);
    begin(0x8180, 1, 0);
    put_a(NULL, 300, FAR_IP + 9);
    deliver(netif);
    TEST_EXPECT_EQ(result.calls, 1);
    TEST_EXPECT_EQ(ip_addr_v4(&result.addrs[0]), FAR_IP + 9);
}

TEST("aliases that go round end with an error") {
    struct netif *netif = start(1);
    (void) resolve("a.test");
    world_pass(0);
    begin(0x8180, 2, 0);
    put_cname("a.test", 20, "b.test");
    put_cname("b.test", 20, "a.test");
    deliver(netif);
    world_pass(20000);
    TEST_EXPECT_EQ(result.calls, 1);
    TEST_EXPECT_EQ(result.err, ERR_TIMED_OUT);
    (void) resolve("c0.test");
    world_pass(0);
    for (unsigned i = 1; i < 30 && result.calls == 0; i++) {
        char target[] = "c__.test";
        target[1] = (char) ('a' + i);
        begin(0x8180, 1, 0);
        put_cname(NULL, 20, target);
        deliver(netif);
    }
    TEST_EXPECT_EQ(result.calls, 1);
    TEST_EXPECT_NE(result.err, OK);
}

TEST("that there is no such host is remembered as long as its zone says") {
    struct netif *netif = start(1);
    (void) resolve("no.example");
    world_pass(0);
    begin(0x8183, 0, 1);
    put_soa(100, 30);
    deliver(netif);
    TEST_EXPECT_EQ(result.err, ERR_NOT_FOUND);
    world_pass(29000);
    TEST_EXPECT_EQ(resolve("no.example"), 0);
    TEST_EXPECT_EQ(result.err, ERR_NOT_FOUND);
    world_pass(2000);
    TEST_EXPECT_NE(resolve("no.example"), 0);
    world_pass(0);
    begin(0x8183, 0, 0);
    deliver(netif);
    TEST_EXPECT_EQ(result.err, ERR_NOT_FOUND);
    TEST_EXPECT_NE(resolve("no.example"), 0);
}

TEST("servers are asked in turn; one that can't say is left at once") {
    struct netif *netif = start(2);
    (void) resolve("www.example");
    world_pass(0);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 30), SERVER_1);
    begin(0x8182, 0, 0);
    deliver(netif);
    world_pass(0);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 30), SERVER_2);
    world_pass(1100);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 30), SERVER_1);
    world_pass(2100);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 30), SERVER_2);
    begin(0x8180, 1, 0);
    put_a(NULL, 60, FAR_IP);
    deliver(netif);
    TEST_EXPECT_EQ(result.err, OK);
}

TEST("silence ends with an error, after all tries") {
    start(2);
    (void) resolve("www.example");
    world_pass(13900);
    TEST_EXPECT_EQ(result.calls, 0);
    TEST_EXPECT_EQ(num_frames, 6);
    world_pass(200);
    TEST_EXPECT_EQ(result.calls, 1);
    TEST_EXPECT_EQ(result.err, ERR_TIMED_OUT);
    world_pass(100000);
    TEST_EXPECT_EQ(num_frames, 6);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("ports, numbers and cases are new for each message, and an answer must have them") {
    struct netif *netif = start(1);
    (void) resolve("www.some-longer-name.example");
    world_pass(5000);
    TEST_EXPECT_EQ(num_frames, 3);
    TEST_EXPECT_NE(get_be16(frames[0].bytes + 34), get_be16(frames[1].bytes + 34));
    TEST_EXPECT_NE(get_be16(frames[0].bytes + 42), get_be16(frames[1].bytes + 42));
    TEST_EXPECT_NE(memcmp(frames[0].bytes + 54, frames[1].bytes + 54, 28), 0);
    static const size_t damaged[] = {0, 1, 2, 5, 13, 20, 40};
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        begin(0x8180, 1, 0);
        put_a(NULL, 60, FAR_IP);
        message[damaged[i]] ^= (damaged[i] == 2) ? 0x80 : 0x20;
        deliver(netif);
        TEST_EXPECT_EQ(result.calls, 0);
    }
    begin(0x8180, 1, 0);
    put_a(NULL, 60, FAR_IP);
    deliver_from(netif, PEER_IP);
    TEST_EXPECT_EQ(result.calls, 0);
    deliver(netif);
    TEST_EXPECT_EQ(result.calls, 1);
}

TEST("names whose pointers go round, or lead out of the message, are no good") {
    static const uint8_t names[][4] = {
        {0xc0, 0}, {0xff, 0xff}, {1, 'a', 0xc0, 0}, {0x80, 1}, {63, 'a'}};
    struct netif *netif = start(1);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void) resolve("www.example");
        world_pass(0);
        begin(0x8180, 1, 0);
        size_t at = message_len;
        memcpy(message + at, names[i], 4);
        // Where a pointer is to lead to itself.
        if (names[i][0] == 0xc0) {
            message[at + 1] = (uint8_t) at;
        } else if (names[i][0] == 1) {
            message[at + 3] = (uint8_t) at;
        }
        message_len += 4;
        deliver(netif);
        TEST_EXPECT(result.calls == 0 || result.err == ERR_NOT_FOUND);
        world_pass(20000);
    }
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

/// The message, and its length, for the connection to have.
static void deliver_by_tcp(size_t told_len) {
    be16(fake_tcp.input, (unsigned) told_len);
    memcpy(fake_tcp.input + 2, message, message_len);
    fake_tcp.input_len = 2 + message_len;
    fake_tcp.input_read = 0;
}

TEST("a server that doesn't know EDNS is asked without it") {
    struct netif *netif = start(1);
    for (unsigned with_question = 0; with_question < 2; with_question++) {
        (void) resolve(with_question ? "a.example" : "b.example");
        world_pass(0);
        begin(0x8181, 0, 0);
        if (!with_question) {
            message_len = 12;
            be16(message + 4, 0);
        }
        unsigned before = num_frames;
        deliver(netif);
        world_pass(0);
        TEST_EXPECT_EQ(num_frames, before + 1);
        TEST_EXPECT_EQ(get_be16(last_frame()->bytes + 42 + 10), 0);
        TEST_EXPECT_EQ(last_frame()->len, 42 + 12 + 11 + 4);
        begin(0x8180, 1, 0);
        put_a(NULL, 60, FAR_IP);
        deliver(netif);
        TEST_EXPECT_EQ(result.err, OK);
    }
}

TEST("a long answer comes in one datagram") {
    struct netif *netif = start(1);
    (void) resolve("www.example");
    world_pass(0);
    begin(0x8180, 41, 0);
    for (uint32_t i = 0; i < 40; i++) {
        put_record(NULL, 16, 60, 16);
        message_len += 16;
    }
    put_a(NULL, 60, FAR_IP);
    TEST_EXPECT_GT(message_len, 1100);
    deliver(netif);
    TEST_EXPECT_EQ(result.err, OK);
    TEST_EXPECT_EQ(result.num_addrs, 1);
}

TEST("an answer that was cut off comes over TCP, in whatever pieces") {
    static const size_t pieces[] = {1, 2, 7, FAKE_TCP_MAX};
    struct netif *netif = start(1);
    for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        char name[] = "x.example";
        name[0] = (char) ('a' + i);
        (void) resolve(name);
        world_pass(0);
        begin(0x8380, 1, 0);
        put_a(NULL, 60, FAR_IP);
        deliver(netif);
        TEST_EXPECT_EQ(result.calls, 0);
        TEST_EXPECT_EQ(fake_tcp.connects, i + 1);
        TEST_EXPECT_EQ(ip_addr_v4(&fake_tcp.remote), SERVER_1);
        TEST_EXPECT_EQ(fake_tcp.remote_port, 53);
        fake_tcp.piece = pieces[i];
        fake_tcp.input_len = fake_tcp.input_read = 0;
        world_pass(100);
        fake_tcp.connected = true;
        world_pass(1000);
        TEST_EXPECT_EQ(get_be16(fake_tcp.output), fake_tcp.output_len - 2);
        TEST_EXPECT_EQ(fake_tcp.output_len, 2 + 12 + 11 + 4);
        TEST_EXPECT_EQ(memcmp(fake_tcp.output + 4, "\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10),
                       0);
        message[2] = 0x81;
        be16(message + 6, 3);
        put_a(NULL, 60, FAR_IP + 1);
        put_a(NULL, 60, FAR_IP + 2);
        deliver_by_tcp(message_len);
        world_pass(1000);
        TEST_EXPECT_EQ(result.calls, 1);
        TEST_EXPECT_EQ(result.err, OK);
        TEST_EXPECT_EQ(result.num_addrs, 3);
        TEST_EXPECT_EQ(fake_tcp.closes, i + 1);
        fake_tcp.connected = false;
    }
    TEST_EXPECT_EQ(counter("dns.over_tcp"), 4);
}

TEST("of a very long answer the first part is read") {
    struct netif *netif = start(1);
    (void) resolve("www.example");
    world_pass(0);
    begin(0x8380, 0, 0);
    deliver(netif);
    begin(0x8180, 300, 0);
    while (message_len < 8000) {
        put_a(NULL, 60, FAR_IP);
    }
    fake_tcp.connected = true;
    deliver_by_tcp(message_len);
    world_pass(100);
    TEST_EXPECT_EQ(result.num_addrs, DNS_ADDRS_MAX);
    TEST_EXPECT_EQ(fake_tcp.closes, 1);
    TEST_EXPECT_EQ(fake_tcp.input_read, 2 + DNS_STREAM_MAX);
}

TEST("without TCP, what is whole in an answer that was cut off will do") {
    struct netif *netif = start(1);
    for (unsigned how = 0; how < 5; how++) {
        char name[] = "x.example";
        name[0] = (char) ('a' + how);
        fake_tcp_reset();
        fake_tcp.refuses = how == 0;
        fake_tcp.connected = how > 1;
        fake_tcp.ended = how == 2;
        fake_tcp.error = (how == 3) ? ERR_REFUSED : OK;
        (void) resolve(name);
        world_pass(0);
        begin(0x8380, 60, 0);
        for (uint32_t i = 0; i < 3; i++) {
            put_a(NULL, 60, FAR_IP + i);
        }
        message_len -= 5;
        deliver(netif);
        if (how == 4) {
            message_len = 0;  // A length of nothing.
            deliver_by_tcp(0);
        }
        world_pass(5000);
        TEST_EXPECT_EQ(result.err, OK);
        TEST_EXPECT_EQ(result.num_addrs, 2);
        TEST_EXPECT_EQ(fake_tcp.closes, fake_tcp.connects);
    }
}

TEST("an answer that was cut off, and that nobody has the rest of, is none") {
    struct netif *netif = start(1);
    fake_tcp.refuses = true;
    (void) resolve("www.example");
    world_pass(0);
    begin(0x8380, 9, 0);
    deliver(netif);
    TEST_EXPECT_EQ(result.calls, 0);
    world_pass(0);
    begin(0x8180, 1, 0);
    put_a(NULL, 60, FAR_IP);
    deliver(netif);
    TEST_EXPECT_EQ(result.err, OK);
}

TEST("who waits for an answer over TCP can go, and all can end") {
    struct netif *netif = start(1);
    unsigned number = resolve("www.example");
    world_pass(0);
    begin(0x8380, 0, 0);
    deliver(netif);
    dns_cancel(number);
    TEST_EXPECT_EQ(fake_tcp.connects, 1);
    dns_forget();
    TEST_EXPECT_EQ(fake_tcp.closes, 1);
    TEST_EXPECT_EQ(result.calls, 0);
    world_pass(10000);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("answers that are cut anywhere do no harm") {
    struct netif *netif = start(1);
    (void) resolve("www.example");
    world_pass(0);
    begin(0x8180, 2, 1);
    put_cname(NULL, 20, "cdn.example");
    put_a("cdn.example", 20, FAR_IP);
    put_soa(9, 9);
    size_t whole = message_len;
    for (message_len = 0; message_len < whole - 40 && result.calls == 0; message_len++) {
        deliver(netif);
        num_frames = MIN(num_frames, 1);
    }
    TEST_EXPECT(result.calls <= 1);
}

TEST("who waits for one name is told together; who has gone is not told") {
    struct netif *netif = start(1);
    unsigned first = resolve("www.example"), second = resolve("www.example");
    (void) resolve("www.example");
    TEST_EXPECT_NE(first, second);
    dns_cancel(second);
    dns_cancel(second);
    dns_cancel(12345);
    world_pass(0);
    TEST_EXPECT_EQ(num_frames, 1);
    begin(0x8180, 1, 0);
    put_a(NULL, 60, FAR_IP);
    deliver(netif);
    TEST_EXPECT_EQ(result.calls, 2);
}

TEST("lookups are bounded, and so is what is kept of them") {
    struct netif *netif = start(1);
    char name[] = "xx.example";
    unsigned refused = 0;
    for (unsigned i = 0; i < 40; i++) {
        name[0] = (char) ('a' + i % 26);
        name[1] = (char) ('a' + i / 26);
        refused += resolve(name) == 0 && result.err == ERR_NO_MEMORY;
    }
    TEST_EXPECT_EQ(refused, 40 - 16);
    world_pass(20000);
    for (unsigned i = 0; i < 200; i++) {
        name[0] = (char) ('a' + i % 26);
        name[1] = (char) ('a' + i / 26);
        (void) resolve(name);
        world_pass(0);
        begin(0x8180, 1, 0);
        put_a(NULL, 1000 + i, FAR_IP);
        deliver(netif);
        TEST_EXPECT_EQ(result.calls, 1);
        frames_clear();
    }
    TEST_EXPECT_EQ(resolve(name), 0);
    TEST_EXPECT_NE(resolve("aa.example"), 0);
}
