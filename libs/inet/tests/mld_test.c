#include <string.h>
#include <unittest.h>

#include "frames.h"
#include "world.h"

// What our_mac makes of fe80::/64, and the group of that address.
static const uint8_t our_link[16] = {0xfe, 0x80, [8] = 0x50, 0x54, 0, 0xff, 0xfe, 0, 0, 1};
static const uint8_t our_group[16] = {0xff, 2, [11] = 1, 0xff, 0, 0, 1};
static const uint8_t router[16] = {0xfe, 0x80, [15] = 9};
static const uint8_t global_router[16] = {0x20, 1, 0x0d, 0xb8, [15] = 9};
static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
static const uint8_t all_routers[16] = {0xff, 2, [15] = 0x16};
static const uint8_t nobody[16];

static uint16_t icmp_sum(const uint8_t *ip, const uint8_t *message, size_t len) {
    uint32_t sum = (uint32_t) len + 58;
    for (size_t i = 8; i < 40; i += 2) {
        sum += get_be16(ip + i);
    }
    return sum_of(sum, message, len);
}

/// The message of a report that was sent, whose headers and checksum are right.
static const uint8_t *report_of(const struct frame *frame, const uint8_t src[16],
                                const uint8_t dst[16], size_t len) {
    static const uint8_t alert[8] = {58, 0, 5, 2, 0, 0, 1, 0};
    const uint8_t *ip = frame->bytes + 14, *message = ip + 48;
    uint8_t mac[6] = {0x33, 0x33};
    memcpy(mac + 2, dst + 12, 4);
    TEST_EXPECT_EQ(frame->len, 14 + 48 + len);
    TEST_EXPECT_MEM_EQ(frame->bytes, mac, 6);
    TEST_EXPECT_EQ(get_be16(ip + 4), 8 + len);
    TEST_EXPECT_EQ(ip[6], 0);
    TEST_EXPECT_EQ(ip[7], 1);
    TEST_EXPECT_MEM_EQ(ip + 8, src, 16);
    TEST_EXPECT_MEM_EQ(ip + 24, dst, 16);
    TEST_EXPECT_MEM_EQ(ip + 40, alert, 8);
    TEST_EXPECT_EQ(icmp_sum(ip, message, len), 0);
    return message;
}

/// A report of one group, as RFC 3810 has it.
static void expect_report(const struct frame *frame, const uint8_t src[16], uint8_t type) {
    const uint8_t *message = report_of(frame, src, all_routers, 28);
    TEST_EXPECT_EQ(message[0], 143);
    TEST_EXPECT_EQ(get_be32(message + 4), 1);
    TEST_EXPECT_EQ(get_be32(message + 8), (uint32_t) type << 24);
    TEST_EXPECT_MEM_EQ(message + 12, our_group, 16);
}

/// A query about a group; all zeroes: about all.
static void send_query(struct netif *netif, const uint8_t src[16], const uint8_t group[16],
                       uint16_t delay, size_t len, uint8_t hops) {
    uint8_t frame[200] = {0};
    bool all = memcmp(group, nobody, 16) == 0;
    const uint8_t *dst = all ? all_nodes : group;
    uint8_t mac[6] = {0x33, 0x33};
    memcpy(mac + 2, dst + 12, 4);
    uint8_t *ip = put_ethernet(frame, mac, peer_mac, 0x86dd);
    uint8_t *message = ip + 40;
    ip[0] = 0x60;
    be16(ip + 4, (unsigned) len);
    ip[6] = 58;
    ip[7] = hops;
    memcpy(ip + 8, src, 16);
    memcpy(ip + 24, dst, 16);
    message[0] = 130;
    be16(message + 4, delay);
    memcpy(message + 8, group, 16);
    be16(message + 2, icmp_sum(ip, message, len));
    receive(netif, frame, 54 + len);
}

/// An interface whose link has just come.
static struct netif *start(void) {
    struct netif *netif = frames_start_bare(0);
    struct inet_settings settings = {.ipv6 = true};
    inet_set(&settings);
    frames_with_reports = true;
    netif_set_link(netif, true, 1000);
    return netif;
}

/// The same, when all has been said of it.
static struct netif *start_quiet(void) {
    struct netif *netif = start();
    world_pass(60000);
    frames_clear();
    return netif;
}

TEST("an address's group is told before anybody is asked about the address, and again from the "
     "address") {
    start();
    TEST_EXPECT_EQ(num_frames, 2);
    expect_report(&frames[0], nobody, 4);
    TEST_EXPECT_EQ(frames[1].bytes[54], 135);
    world_pass(60000);
    unsigned early = 0, late = 0;
    for (unsigned i = 0; i < num_frames; i++) {
        if (frames[i].bytes[20] == 0) {
            bool is_late = memcmp(frames[i].bytes + 22, our_link, 16) == 0;
            expect_report(&frames[i], is_late ? our_link : nobody, 4);
            early += !is_late;
            late += is_late;
        }
    }
    TEST_EXPECT_EQ(early, 2);
    TEST_EXPECT_EQ(late, 2);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("queries are answered once, within the time that they give") {
    struct netif *netif = start_quiet();
    send_query(netif, router, nobody, 5000, 28, 1);
    send_query(netif, router, our_group, 1000, 28, 1);
    TEST_EXPECT_EQ(num_frames, 0);
    world_pass(1010);
    TEST_EXPECT_EQ(num_frames, 1);
    expect_report(&frames[0], our_link, 2);
    world_pass(10000);
    TEST_EXPECT_EQ(num_frames, 1);
    // The longest time there is: 8,387,584 ms.
    send_query(netif, router, nobody, 0xffff, 28, 1);
    world_pass(8387600);
    TEST_EXPECT_EQ(num_frames, 2);
}

TEST("a query is answered at once if it gives no time") {
    struct netif *netif = start_quiet();
    send_query(netif, router, nobody, 0, 28, 1);
    world_pass(10);
    TEST_EXPECT_EQ(num_frames, 1);
}

TEST("queries that no router on the link has sent, or of other groups, are not answered") {
    static const uint8_t other_group[16] = {0xff, 2, [15] = 0x77};
    struct netif *netif = start_quiet();
    send_query(netif, router, nobody, 10, 28, 2);
    send_query(netif, global_router, nobody, 10, 28, 1);
    for (size_t len = 8; len < 28; len++) {
        if (len != 24) {
            send_query(netif, router, nobody, 10, len, 1);
        }
    }
    TEST_EXPECT_EQ(counter("nd.bad") > 0, true);
    send_query(netif, router, other_group, 10, 28, 1);
    world_pass(1000);
    TEST_EXPECT_EQ(num_frames, 0);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("a router that knows the older protocol alone is told in that") {
    struct netif *netif = start_quiet();
    send_query(netif, router, nobody, 10, 24, 1);
    world_pass(20);
    TEST_EXPECT_EQ(num_frames, 1);
    const uint8_t *message = report_of(&frames[0], our_link, our_group, 24);
    TEST_EXPECT_EQ(get_be32(message) & 0xffff0000, 131u << 24);
    TEST_EXPECT_EQ(get_be32(message + 4), 0);
    TEST_EXPECT_MEM_EQ(message + 8, our_group, 16);
    world_pass(260000);
    frames_clear();
    send_query(netif, router, nobody, 10, 28, 1);
    world_pass(20);
    expect_report(&frames[0], our_link, 2);
}

TEST("an interface whose link goes tells nothing any more") {
    struct netif *netif = start_quiet();
    send_query(netif, router, nobody, 1000, 28, 1);
    netif_set_link(netif, false, 0);
    world_pass(2000);
    TEST_EXPECT_EQ(num_frames, 0);
    netif_set_link(netif, true, 1000);
    world_pass(2000);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}
