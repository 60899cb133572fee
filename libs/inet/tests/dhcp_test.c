#include <inet/info.h>
#include <inet/ip.h>
#include <string.h>
#include <unittest.h>

#include "frames.h"
#include "world.h"

#define SERVER_IP GATEWAY_IP

enum {
    DISCOVER = 1,
    OFFER,
    REQUEST,
    DECLINE,
    ACK,
    NAK,
    RELEASE
};

/// What the server answers with.
struct server_says {
    unsigned type;
    uint32_t addr, server, lease_s, renew_s, rebind_s;
    const uint8_t *more;  ///< Further options.
    size_t more_len;
};

static uint8_t reply[800];

/// The last message that the client sent; NULL: the last frame is none.
static const uint8_t *sent(void) {
    const uint8_t *frame = last_frame()->bytes;
    bool dhcp = get_be16(frame + 12) == 0x0800 && frame[23] == 17 && get_be16(frame + 34) == 68
                && get_be16(frame + 36) == 67;
    return dhcp ? frame + 42 : NULL;
}

/// An option of a message; NULL: it hasn't got it.
static const uint8_t *option(const uint8_t *message, uint8_t code) {
    for (const uint8_t *p = message + 240; *p != 255; p += (*p == 0) ? 1 : 2 + p[1]) {
        if (*p == code) {
            return p + 2;
        }
    }
    return NULL;
}

static unsigned sent_type(void) {
    const uint8_t *message = sent();
    const uint8_t *type = (message != NULL) ? option(message, 53) : NULL;
    return (type != NULL) ? *type : 0;
}

static uint8_t *put_number(uint8_t *p, uint8_t code, uint32_t value) {
    if (value == 0) {
        return p;
    }
    p[0] = code;
    p[1] = 4;
    be32(p + 2, value);
    return p + 6;
}

/// Builds a reply to the last message; returns its length.
static size_t build(const struct server_says *says) {
    const uint8_t *asked = sent();
    TEST_EXPECT(asked != NULL);
    if (asked == NULL) {
        return 0;
    }
    memset(reply, 0, sizeof(reply));
    memcpy(reply, asked, 236);
    reply[0] = 2;
    be32(reply + 16, says->addr);
    be32(reply + 236, 0x63825363);
    uint8_t *p = reply + 240;
    p[0] = 53;
    p[1] = 1;
    p[2] = (uint8_t) says->type;
    p = put_number(p + 3, 54, says->server);
    p = put_number(p, 1, 0xffffff00);
    p = put_number(p, 3, GATEWAY_IP);
    p = put_number(p, 6, PEER_IP);
    p = put_number(p, 51, says->lease_s);
    p = put_number(p, 58, says->renew_s);
    p = put_number(p, 59, says->rebind_s);
    if (says->more_len > 0) {
        memcpy(p, says->more, says->more_len);
        p += says->more_len;
    }
    *p++ = 255;
    return (size_t) (p - reply);
}

static void deliver(struct netif *netif, size_t len) {
    uint8_t frame[1000];
    receive(netif, frame, make_udp(frame, SERVER_IP, 67, 0xffffffff, 68, reply, len));
}

static void answer(struct netif *netif, struct server_says says) {
    deliver(netif, build(&says));
}

static uint32_t our_addr(void) {
    struct inet_address_info info;
    for (unsigned i = 0; inet_address_info(i, &info); i++) {
        if (info.origin == INET_DHCP) {
            return ip_addr_v4(&info.addr);
        }
    }
    return 0;
}

static const struct server_says offer = {
    .type = OFFER, .addr = OUR_IP, .server = SERVER_IP, .lease_s = 3600};
static const struct server_says ack = {
    .type = ACK, .addr = OUR_IP, .server = SERVER_IP, .lease_s = 3600};

/// Up to the address.
static struct netif *get_lease(struct server_says last) {
    struct netif *netif = frames_start_bare(0);
    netif_set_link(netif, true, 100);
    answer(netif, offer);
    answer(netif, last);
    world_pass(300);
    return netif;
}

TEST("an address is discovered, requested, looked for, and announced") {
    struct netif *netif = frames_start_bare(0);
    TEST_EXPECT_EQ(num_frames, 0);
    netif_set_link(netif, true, 100);
    TEST_EXPECT_EQ(num_frames, 1);
    const uint8_t *frame = last_frame()->bytes;
    TEST_EXPECT_MEM_EQ(frame, everybody, 6);
    TEST_EXPECT_EQ(get_be32(frame + 26), 0u);
    TEST_EXPECT_EQ(get_be32(frame + 30), 0xffffffffu);
    uint32_t pseudo = 0xffff + 0xffff + 17 + 308;
    TEST_EXPECT_EQ(sum_of(pseudo, frame + 34, 308), 0);
    TEST_EXPECT_EQ(sent_type(), DISCOVER);
    TEST_EXPECT_EQ(get_be16(sent() + 10), 0x8000);
    TEST_EXPECT(option(sent(), 50) == NULL);

    answer(netif, offer);
    TEST_EXPECT_EQ(num_frames, 2);
    TEST_EXPECT_EQ(sent_type(), REQUEST);
    TEST_EXPECT_EQ(get_be32(option(sent(), 50)), OUR_IP);
    TEST_EXPECT_EQ(get_be32(option(sent(), 54)), SERVER_IP);
    TEST_EXPECT_EQ(get_be32(sent() + 12), 0u);

    answer(netif, ack);
    TEST_EXPECT_EQ(our_addr(), 0u);
    TEST_EXPECT_EQ(get_be16(last_frame()->bytes + 12), 0x0806);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 28), 0u);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 38), OUR_IP);
    world_pass(300);
    TEST_EXPECT_EQ(our_addr(), OUR_IP);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 28), OUR_IP);

    struct ip_addr far = ip_addr_from_v4(FAR_IP), any = {0}, server;
    struct ip_route route;
    TEST_EXPECT_EQ(ip_route(&far, &any, &route), OK);
    TEST_EXPECT_EQ(ip_addr_v4(&route.next_hop), GATEWAY_IP);
    TEST_EXPECT(inet_name_server_info(0, &server));
    TEST_EXPECT_EQ(ip_addr_v4(&server), PEER_IP);
    TEST_EXPECT(!inet_name_server_info(1, &server));
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("what isn't answered is sent again, more and more rarely, at random times") {
    struct netif *netif = frames_start_bare(0);
    netif_set_link(netif, true, 100);
    static const unsigned after_s[] = {2, 6, 15, 32, 65};
    uint64_t start = world_now;
    for (unsigned i = 0; i < 5; i++) {
        world_pass(start + after_s[i] * 1000 - world_now);
        TEST_EXPECT_EQ(num_frames, i + 1);
    }
    TEST_EXPECT_EQ(sent_type(), DISCOVER);
    // An offer that isn't acknowledged: three requests, then all over.
    answer(netif, offer);
    frames_clear();
    world_pass(60000);
    unsigned requests = 0, discovers = 0;
    for (unsigned i = 0; i < num_frames; i++) {
        unsigned type = frames[i].bytes[42 + 242];
        requests += type == REQUEST;
        discovers += type == DISCOVER;
    }
    TEST_EXPECT_EQ(requests, 2);
    TEST_EXPECT_GE(discovers, 1);
}

TEST("an address that somebody has is declined") {
    struct netif *netif = frames_start_bare(0);
    netif_set_link(netif, true, 100);
    answer(netif, offer);
    answer(netif, ack);
    uint8_t frame[64];
    uint8_t *end =
        put_arp(put_ethernet(frame, our_mac, other_mac, 0x0806), 2, other_mac, OUR_IP, our_mac, 0);
    receive(netif, frame, (size_t) (end - frame));
    TEST_EXPECT_EQ(sent_type(), DECLINE);
    TEST_EXPECT_EQ(get_be32(option(sent(), 50)), OUR_IP);
    world_pass(9000);
    TEST_EXPECT_EQ(sent_type(), DECLINE);
    TEST_EXPECT_EQ(our_addr(), 0u);
    world_pass(3000);
    TEST_EXPECT_EQ(sent_type(), DISCOVER);
}

TEST("a lease is renewed with its server at half of its time") {
    struct netif *netif = get_lease(ack);
    frames_clear();
    world_pass(1790 * 1000);
    TEST_EXPECT_EQ(num_frames, 0);
    world_pass(10 * 1000);
    answer_arp(netif, peer_mac);
    TEST_EXPECT_EQ(sent_type(), REQUEST);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 30), SERVER_IP);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 26), OUR_IP);
    TEST_EXPECT_EQ(get_be32(sent() + 12), OUR_IP);
    TEST_EXPECT(option(sent(), 50) == NULL);
    TEST_EXPECT(option(sent(), 54) == NULL);
    answer(netif, ack);
    frames_clear();
    world_pass(1790 * 1000);
    TEST_EXPECT_EQ(num_frames, 0);
    TEST_EXPECT_EQ(our_addr(), OUR_IP);
}

TEST("without an answer any server is asked, and at its end the address is given up") {
    struct netif *netif = get_lease(ack);
    world_pass(1800 * 1000);
    answer_arp(netif, peer_mac);
    world_pass(3160 * 1000 - 1800 * 1000);
    TEST_EXPECT_EQ(sent_type(), REQUEST);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 30), 0xffffffffu);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 26), OUR_IP);
    TEST_EXPECT_EQ(get_be32(sent() + 12), OUR_IP);
    // Another server may answer.
    struct server_says other = ack;
    other.server = PEER_IP;
    answer(netif, other);
    world_pass(1000 * 1000);
    TEST_EXPECT_EQ(our_addr(), OUR_IP);
    world_pass(3599 * 1000 - 1000 * 1000);
    TEST_EXPECT_EQ(our_addr(), OUR_IP);
    world_pass(2000);
    TEST_EXPECT_EQ(our_addr(), 0u);
    TEST_EXPECT_EQ(sent_type(), DISCOVER);
    struct ip_addr far = ip_addr_from_v4(FAR_IP), any = {0};
    struct ip_route route;
    TEST_EXPECT_EQ(ip_route(&far, &any, &route), ERR_UNREACHABLE);
}

TEST("the server's times count if they make sense") {
    struct server_says says = ack;
    says.renew_s = 1000;
    says.rebind_s = 2000;
    get_lease(says);
    frames_clear();
    world_pass(990 * 1000);
    TEST_EXPECT_EQ(num_frames, 0);
    world_pass(20 * 1000);
    TEST_EXPECT_GT(num_frames, 0);
    says.renew_s = 5000;
    says.rebind_s = 100;
    get_lease(says);
    frames_clear();
    world_pass(1790 * 1000);
    TEST_EXPECT_EQ(num_frames, 0);
}

TEST("a lease of a second isn't renewed every second; one for ever, never") {
    struct server_says says = ack;
    says.lease_s = 1;
    get_lease(says);
    frames_clear();
    world_pass(25000);
    TEST_EXPECT_EQ(num_frames, 0);
    says.lease_s = UINT32_MAX;
    get_lease(says);
    frames_clear();
    world_pass(UINT64_C(1000) * 86400 * 100);
    TEST_EXPECT_EQ(num_frames, 0);
    TEST_EXPECT_EQ(our_addr(), OUR_IP);
}

TEST("a refusal takes the address away, if it is from our server") {
    struct netif *netif = get_lease(ack);
    world_pass(1800 * 1000);
    answer_arp(netif, peer_mac);
    struct server_says nak = {.type = NAK, .server = PEER_IP};
    answer(netif, nak);
    TEST_EXPECT_EQ(our_addr(), OUR_IP);
    nak.server = SERVER_IP;
    answer(netif, nak);
    TEST_EXPECT_EQ(our_addr(), 0u);
    world_pass(3000);
    TEST_EXPECT_EQ(sent_type(), DISCOVER);
}

TEST("the lease outlives the driver, and is confirmed") {
    struct netif *netif = get_lease(ack);
    netif_detach(netif);
    TEST_EXPECT_EQ(our_addr(), OUR_IP);
    TEST_EXPECT(frames_add_netif("eth", our_mac, 0) == netif);
    frames_clear();
    netif_set_link(netif, true, 100);
    TEST_EXPECT_EQ(our_addr(), OUR_IP);
    TEST_EXPECT_EQ(sent_type(), REQUEST);
    TEST_EXPECT_EQ(get_be32(option(sent(), 50)), OUR_IP);
    TEST_EXPECT(option(sent(), 54) == NULL);
    TEST_EXPECT_EQ(get_be32(sent() + 12), 0u);
    answer(netif, ack);
    TEST_EXPECT_EQ(our_addr(), OUR_IP);
    // A server that is silent doesn't take it away; another network's does.
    netif_set_link(netif, false, 0);
    netif_set_link(netif, true, 100);
    world_pass(60000);
    TEST_EXPECT_EQ(our_addr(), OUR_IP);
    netif_set_link(netif, false, 0);
    netif_set_link(netif, true, 100);
    answer(netif, (struct server_says){.type = NAK, .server = PEER_IP});
    TEST_EXPECT_EQ(our_addr(), 0u);
}

TEST("an interface that is configured by hand gives its lease back") {
    struct netif *netif = get_lease(ack);
    world_pass(1800 * 1000);
    answer_arp(netif, peer_mac);
    struct ip_addr addr = ip_addr_from_v4(0x0a000005);
    TEST_EXPECT_EQ(netif_configure(netif, &addr, 8, NULL), OK);
    TEST_EXPECT_EQ(sent_type(), RELEASE);
    TEST_EXPECT_EQ(our_addr(), 0u);
    frames_clear();
    netif_set_link(netif, false, 0);
    netif_set_link(netif, true, 100);
    world_pass(100000);
    TEST_EXPECT_EQ(num_frames, 0);
}

TEST("what isn't for us, or is no good, is ignored") {
    struct netif *netif = frames_start_bare(0);
    netif_set_link(netif, true, 100);
    static const size_t damaged[] = {0, 1, 2, 4, 7, 28, 33, 236, 239};
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        size_t len = build(&offer);
        reply[damaged[i]] ^= 0x40;
        deliver(netif, len);
        TEST_EXPECT_EQ(num_frames, 1);
    }
    size_t len = build(&offer);
    for (size_t cut = 0; cut < len - 1; cut++) {
        // Cut between options it may still be an offer, but not one of an address by a server.
        if (cut < 249) {
            deliver(netif, cut);
            TEST_EXPECT_EQ(num_frames, 1);
        }
    }
    struct server_says wrong = offer;
    wrong.addr = 0xe0000001;
    answer(netif, wrong);
    wrong = offer;
    wrong.server = 0;
    answer(netif, wrong);
    wrong = offer;
    wrong.type = ACK;
    answer(netif, wrong);
    TEST_EXPECT_EQ(num_frames, 1);
    // Options that reach beyond the message.
    len = build(&offer);
    reply[len - 1] = 12;
    reply[len] = 200;
    deliver(netif, len + 10);
    TEST_EXPECT_EQ(num_frames, 1);
    answer(netif, offer);
    TEST_EXPECT_EQ(num_frames, 2);
}

TEST("routes without classes take the router's place; options go on in other fields") {
    static const uint8_t routes[] = {121, 14, 16, 10, 9, 192, 0,  2, 5, 0,
                                     192, 0,  2,  6,  0, 0,   52, 1, 3};
    struct netif *netif = frames_start_bare(0);
    netif_set_link(netif, true, 100);
    answer(netif, offer);
    struct server_says says = ack;
    says.more = routes;
    says.more_len = sizeof(routes);
    size_t len = build(&says);
    static const uint8_t times[] = {42, 4, 192, 0, 2, 77, 255};
    memcpy(reply + 44, times, sizeof(times));
    memset(reply + 108, 0, 128);
    reply[108] = 255;
    deliver(netif, len);
    world_pass(250);
    struct ip_addr far = ip_addr_from_v4(FAR_IP), ten = ip_addr_from_v4(0x0a090101), any = {0};
    struct ip_route route;
    TEST_EXPECT_EQ(ip_route(&far, &any, &route), OK);
    TEST_EXPECT_EQ(ip_addr_v4(&route.next_hop), 0xc0000206u);
    TEST_EXPECT_EQ(ip_route(&ten, &any, &route), OK);
    TEST_EXPECT_EQ(ip_addr_v4(&route.next_hop), 0xc0000205u);
    // The time server is asked: an ARP request is for it.
    world_pass(10);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 38), 0xc000024du);
}

TEST("DHCP can be turned off, and tells a name") {
    struct netif *netif = frames_start_bare(0);
    struct inet_settings settings = {.hostname = "resea", .dhcp = true};
    inet_set(&settings);
    netif_set_link(netif, true, 100);
    const uint8_t *name = option(sent(), 12);
    TEST_EXPECT(name != NULL && name[-1] == 5 && memcmp(name, "resea", 5) == 0);
    netif_set_link(netif, false, 0);
    frames_clear();
    settings.dhcp = false;
    inet_set(&settings);
    netif_set_link(netif, true, 100);
    TEST_EXPECT_EQ(num_frames, 0);
}
