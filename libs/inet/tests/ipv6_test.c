#include <inet/info.h>
#include <inet/ip.h>
#include <inet/udp.h>
#include <message.h>
#include <string.h>
#include <unittest.h>

#include "frames.h"
#include "world.h"

// fe80::5054:ff:fe00:1 is made of our_mac, the peer's of peer_mac.
static const struct ip_addr our_link = {{0xfe, 0x80, [8] = 0x50, 0x54, 0, 0xff, 0xfe, 0, 0, 1}};
static const struct ip_addr peer = {{0xfe, 0x80, [8] = 0x50, 0x54, 0, 0xff, 0xfe, 0, 0, 2}};
static const struct ip_addr our_global = {
    {0x20, 1, 0x0d, 0xb8, [8] = 0x50, 0x54, 0, 0xff, 0xfe, 0, 0, 1}};
static const struct ip_addr peer_global = {{0x20, 1, 0x0d, 0xb8, [15] = 2}};
static const struct ip_addr far = {{0x20, 1, 0x0d, 0xb9, [15] = 9}};
static const struct ip_addr all_nodes = {{0xff, 2, [15] = 1}};
static const struct ip_addr any;

static uint32_t pseudo(const struct ip_addr *src, const struct ip_addr *dst, uint8_t protocol,
                       size_t len) {
    uint32_t sum = (uint32_t) len + protocol;
    for (size_t i = 0; i < 16; i += 2) {
        sum += get_be16(src->bytes + i) + get_be16(dst->bytes + i);
    }
    return sum;
}

static uint8_t *put_ipv6(uint8_t *p, const struct ip_addr *src, const struct ip_addr *dst,
                         uint8_t next, size_t len, uint8_t hops) {
    memset(p, 0, 8);
    p[0] = 0x60;
    be16(p + 4, (unsigned) len);
    p[6] = next;
    p[7] = hops;
    memcpy(p + 8, src->bytes, 16);
    memcpy(p + 24, dst->bytes, 16);
    return p + 40;
}

/// A packet of one protocol, with its checksum at `sum_at`, behind extension headers if there are any.
static void send_packet(struct netif *netif, const struct ip_addr *src, const struct ip_addr *dst,
                        uint8_t protocol, const uint8_t *data, size_t len, size_t sum_at,
                        uint8_t hops) {
    uint8_t frame[1600];
    uint8_t mac[6] = {0x33, 0x33, dst->bytes[12], dst->bytes[13], dst->bytes[14], dst->bytes[15]};
    bool group = dst->bytes[0] == 0xff;
    uint8_t *ip = put_ethernet(frame, group ? mac : our_mac, peer_mac, 0x86dd);
    uint8_t *payload = put_ipv6(ip, src, dst, protocol, len, hops);
    memcpy(payload, data, len);
    be16(payload + sum_at, 0);
    be16(payload + sum_at, sum_of(pseudo(src, dst, protocol, len), payload, len));
    receive_pieces(netif, frame, 54 + len, 70);
}

static void send_icmp(struct netif *netif, const struct ip_addr *src, const struct ip_addr *dst,
                      const uint8_t *data, size_t len, uint8_t hops) {
    send_packet(netif, src, dst, 58, data, len, 2, hops);
}

static const uint8_t *last_icmp(void) {
    const struct frame *frame = last_frame();
    TEST_EXPECT_EQ(get_be16(frame->bytes + 12), 0x86dd);
    TEST_EXPECT_EQ(frame->bytes[20], 58);
    struct ip_addr src, dst;
    memcpy(src.bytes, frame->bytes + 22, 16);
    memcpy(dst.bytes, frame->bytes + 38, 16);
    size_t len = frame->len - 54;
    TEST_EXPECT_EQ(get_be16(frame->bytes + 18), len);
    TEST_EXPECT_EQ(sum_of(pseudo(&src, &dst, 58, len), frame->bytes + 54, len), 0);
    return frame->bytes + 54;
}

static bool has_addr(const struct ip_addr *addr) {
    struct inet_address_info info;
    for (unsigned i = 0; inet_address_info(i, &info); i++) {
        if (ip_addr_equals(&info.addr, addr)) {
            return true;
        }
    }
    return false;
}

/// An interface with a link, and its link-local address still tentative.
static struct netif *start_tentative(void) {
    struct netif *netif = frames_start_bare(0);
    struct inet_settings settings = {.ipv6 = true};
    inet_set(&settings);
    netif_set_link(netif, true, 1000);
    return netif;
}

static struct netif *start(void) {
    struct netif *netif = start_tentative();
    world_pass(1100);
    return netif;
}

/// Options of advertisements: a prefix, and a name server.
static size_t make_router(uint8_t *message, unsigned lifetime_s, uint32_t valid_s,
                          uint32_t preferred_s) {
    memset(message, 0, 100);
    message[0] = 134;
    be16(message + 6, lifetime_s);
    uint8_t *prefix = message + 16;
    prefix[0] = 3;
    prefix[1] = 4;
    prefix[2] = 64;
    prefix[3] = 0xc0;
    be32(prefix + 4, valid_s);
    be32(prefix + 8, preferred_s);
    memcpy(prefix + 16, our_global.bytes, 8);
    uint8_t *servers = message + 48;
    servers[0] = 25;
    servers[1] = 3;
    be32(servers + 4, 600);
    memcpy(servers + 8, peer_global.bytes, 16);
    return 72;
}

static void send_router(struct netif *netif, unsigned lifetime_s, uint32_t valid_s,
                        uint32_t preferred_s) {
    uint8_t message[100];
    size_t len = make_router(message, lifetime_s, valid_s, preferred_s);
    send_icmp(netif, &peer, &all_nodes, message, len, 255);
}

static struct netif *start_with_router(void) {
    struct netif *netif = start();
    send_router(netif, 1800, 86400, 14400);
    world_pass(1100);
    frames_clear();
    return netif;
}

static void make_neighbour(uint8_t *message, uint8_t type, uint8_t flags,
                           const struct ip_addr *target, uint8_t option, const uint8_t *mac) {
    memset(message, 0, 32);
    message[0] = type;
    message[4] = flags;
    memcpy(message + 8, target->bytes, 16);
    message[24] = option;
    message[25] = 1;
    memcpy(message + 26, mac, 6);
}

/// Whoever was asked for last says that it is there.
static void answer_solicitation(struct netif *netif) {
    const uint8_t *asked = last_icmp();
    TEST_EXPECT_EQ(asked[0], 135);
    uint8_t message[32];
    struct ip_addr target, from;
    memcpy(target.bytes, asked + 8, 16);
    memcpy(from.bytes, last_frame()->bytes + 22, 16);
    make_neighbour(message, 136, 0x60, &target, 2, peer_mac);
    send_icmp(netif, &target, &from, message, 32, 255);
}

TEST("without IPv6 nothing of it is sent or taken") {
    struct netif *netif = frames_start(0);
    uint8_t message[8] = {128};
    send_icmp(netif, &peer, &all_nodes, message, 8, 64);
    world_pass(10000);
    TEST_EXPECT_EQ(num_frames, 0);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("an interface makes up an address, asks whether somebody has it, then for routers") {
    start_tentative();
    unsigned probes = 0;
    for (unsigned i = 0; i < num_frames; i++) {
        probes += frames[i].bytes[12] == 0x86 && frames[i].bytes[54] == 135;
    }
    TEST_EXPECT_EQ(probes, 1);
    const uint8_t *probe = last_icmp();
    TEST_EXPECT_MEM_EQ(probe + 8, our_link.bytes, 16);
    TEST_EXPECT_MEM_EQ(last_frame()->bytes + 22, any.bytes, 16);
    TEST_EXPECT_EQ(last_frame()->bytes[21], 255);
    TEST_EXPECT_EQ(last_frame()->len, 54 + 24);
    static const uint8_t group_mac[6] = {0x33, 0x33, 0xff, 0, 0, 1};
    TEST_EXPECT_MEM_EQ(last_frame()->bytes, group_mac, 6);
    world_pass(1100);
    TEST_EXPECT_EQ(last_icmp()[0], 133);
    TEST_EXPECT_MEM_EQ(last_frame()->bytes + 22, our_link.bytes, 16);
    frames_clear();
    world_pass(60000);
    TEST_EXPECT_EQ(num_frames, 2);
    TEST_EXPECT(has_addr(&our_link));
}

TEST("an address that somebody has, or tries at the same time, is given up") {
    for (int tries = 0; tries < 2; tries++) {
        struct netif *netif = start_tentative();
        uint8_t message[32];
        if (tries) {
            struct ip_addr group = {{0xff, 2, [11] = 1, 0xff, 0, 0, 1}};
            make_neighbour(message, 135, 0, &our_link, 0, other_mac);
            send_icmp(netif, &any, &group, message, 24, 255);
        } else {
            make_neighbour(message, 136, 0x20, &our_link, 2, other_mac);
            send_icmp(netif, &our_link, &all_nodes, message, 32, 255);
        }
        TEST_EXPECT(!has_addr(&our_link));
    }
}

TEST("a router's prefix gives an address and routes, with an end") {
    struct netif *netif = start();
    send_router(netif, 1800, 86400, 14400);
    TEST_EXPECT(has_addr(&our_global));
    struct ip_route route;
    // Not ours yet.
    TEST_EXPECT_EQ(ip_route(&far, &our_global, &route), ERR_UNREACHABLE);
    world_pass(1100);
    TEST_EXPECT_EQ(ip_route(&far, &any, &route), OK);
    TEST_EXPECT(ip_addr_equals(&route.next_hop, &peer));
    TEST_EXPECT(ip_addr_equals(&route.src, &our_global));
    TEST_EXPECT_EQ(ip_route(&peer_global, &any, &route), OK);
    TEST_EXPECT(ip_addr_equals(&route.next_hop, &peer_global));
    TEST_EXPECT_EQ(ip_route(&peer, &any, &route), OK);
    TEST_EXPECT(ip_addr_equals(&route.src, &our_link));
    struct ip_addr server;
    TEST_EXPECT(inet_name_server_info(0, &server));
    TEST_EXPECT(ip_addr_equals(&server, &peer_global));
    // The router is no longer one.
    send_router(netif, 0, 86400, 14400);
    TEST_EXPECT_EQ(ip_route(&far, &any, &route), ERR_UNREACHABLE);
    TEST_EXPECT(has_addr(&our_global));
    world_pass(UINT64_C(86401) * 1000);
    TEST_EXPECT(!has_addr(&our_global));
    TEST_EXPECT(has_addr(&our_link));
    TEST_EXPECT_EQ(ip_route(&peer_global, &any, &route), ERR_UNREACHABLE);
}

TEST("a stranger can't make an address end soon") {
    struct netif *netif = start_with_router();
    send_router(netif, 1800, 1, 1);
    world_pass(7100 * 1000);
    TEST_EXPECT(has_addr(&our_global));
    world_pass(200 * 1000);
    TEST_EXPECT(!has_addr(&our_global));
}

TEST("advertisements that came from elsewhere, or are no good, are ignored") {
    struct netif *netif = start();
    uint8_t message[100];
    size_t len = make_router(message, 1800, 86400, 14400);
    send_icmp(netif, &peer, &all_nodes, message, len, 254);
    send_icmp(netif, &far, &all_nodes, message, len, 255);
    message[1] = 1;
    send_icmp(netif, &peer, &all_nodes, message, len, 255);
    static const size_t damaged[] = {17, 49};
    for (size_t i = 0; i < 2; i++) {
        for (unsigned value = 0; value < 256; value += 85) {
            make_router(message, 1800, 86400, 14400);
            message[damaged[i]] = (uint8_t) value;
            send_icmp(netif, &peer, &all_nodes, message, len, 255);
        }
    }
    for (size_t cut = 0; cut < 16; cut++) {
        make_router(message, 1800, 86400, 14400);
        send_icmp(netif, &peer, &all_nodes, message, MAX(cut, 4), 255);
    }
    make_router(message, 1800, 100, 200);
    send_icmp(netif, &peer, &all_nodes, message, len, 255);
    TEST_EXPECT(!has_addr(&our_global));
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("many prefixes and routers fill no table") {
    struct netif *netif = start();
    uint8_t message[100];
    for (unsigned i = 0; i < 200; i++) {
        struct ip_addr from = peer;
        size_t len = make_router(message, 1800, 86400, 14400);
        message[16 + 16 + 7] = (uint8_t) i;
        from.bytes[15] = (uint8_t) i;
        send_icmp(netif, &from, &all_nodes, message, len, 255);
    }
    struct inet_address_info info;
    unsigned count = 0;
    while (inet_address_info(count, &info)) {
        count++;
    }
    TEST_EXPECT_EQ(count, 2 + 1 + 4);
}

TEST("a solicitation for our address is answered; others, and those from afar, are not") {
    struct netif *netif = start();
    frames_clear();
    uint8_t message[32];
    struct ip_addr group = {{0xff, 2, [11] = 1, 0xff, 0, 0, 1}};
    make_neighbour(message, 135, 0, &our_link, 1, peer_mac);
    send_icmp(netif, &peer, &group, message, 32, 64);
    TEST_EXPECT_EQ(num_frames, 0);
    send_icmp(netif, &peer, &group, message, 32, 255);
    TEST_EXPECT_EQ(num_frames, 1);
    const uint8_t *answer = last_icmp();
    TEST_EXPECT_EQ(answer[0], 136);
    TEST_EXPECT_EQ(answer[4], 0x60);
    TEST_EXPECT_MEM_EQ(answer + 8, our_link.bytes, 16);
    TEST_EXPECT_MEM_EQ(answer + 26, our_mac, 6);
    TEST_EXPECT_MEM_EQ(last_frame()->bytes, peer_mac, 6);
    make_neighbour(message, 135, 0, &far, 1, peer_mac);
    send_icmp(netif, &peer, &group, message, 32, 255);
    TEST_EXPECT_EQ(num_frames, 1);
}

TEST("UDP over IPv6, with neighbours that are asked for") {
    struct netif *netif = start_with_router();
    struct udp *udp = udp_open(UDP_SOCKET, NULL, NULL);
    uint16_t port = 7;
    TEST_EXPECT_EQ(udp_bind(udp, &any, &port), OK);
    TEST_EXPECT_EQ(udp_send(udp, &peer_global, 9, "hello", 5), OK);
    answer_solicitation(netif);
    const struct frame *sent = last_frame();
    TEST_EXPECT_EQ(sent->len, 54 + 13);
    TEST_EXPECT_EQ(sent->bytes[20], 17);
    TEST_EXPECT_EQ(sum_of(pseudo(&our_global, &peer_global, 17, 13), sent->bytes + 54, 13), 0);
    uint8_t datagram[13] = {0, 9, 0, 7, 0, 13, 0, 0, 'h', 'e', 'l', 'l', 'o'};
    send_packet(netif, &peer_global, &our_global, 17, datagram, 13, 6, 64);
    struct ip_addr src;
    struct buf *packet = udp_receive(udp, &src, &port);
    TEST_EXPECT(packet != NULL && packet->total == 5);
    TEST_EXPECT(ip_addr_equals(&src, &peer_global));
    buf_free(packet);
    // To a port that nobody has.
    datagram[3] = 8;
    send_packet(netif, &peer_global, &our_global, 17, datagram, 13, 6, 64);
    TEST_EXPECT_EQ(last_icmp()[0], 1);
    TEST_EXPECT_EQ(last_icmp()[1], 4);
    udp_close(udp);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("echo requests, to us and to all, are answered") {
    struct netif *netif = start_with_router();
    uint8_t message[20] = {128, 0, 0, 0, 1, 2, 3, 4, 'p', 'i', 'n', 'g'};
    send_icmp(netif, &peer, &our_link, message, 20, 64);
    answer_solicitation(netif);
    TEST_EXPECT_EQ(last_icmp()[0], 129);
    TEST_EXPECT_MEM_EQ(last_icmp() + 4, message + 4, 16);
    frames_clear();
    send_icmp(netif, &peer, &all_nodes, message, 20, 64);
    TEST_EXPECT_EQ(num_frames, 1);
    TEST_EXPECT_MEM_EQ(last_frame()->bytes + 22, our_link.bytes, 16);
    // A damaged one is not.
    uint8_t frame[100];
    uint8_t *icmp =
        put_ipv6(put_ethernet(frame, our_mac, peer_mac, 0x86dd), &peer, &our_link, 58, 20, 64);
    memcpy(icmp, message, 20);
    receive(netif, frame, 74);
    TEST_EXPECT_EQ(num_frames, 1);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

/// A datagram for port 7 behind the given headers; the first one's type is `next`. True: it arrived.
static bool arrives(struct netif *netif, struct udp *udp, uint8_t next, const uint8_t *headers,
                    size_t headers_len) {
    uint8_t frame[400], datagram[13] = {0, 9, 0, 7, 0, 13, 0, 0, 'h', 'e', 'l', 'l', 'o'};
    be16(datagram + 6, sum_of(pseudo(&peer, &our_link, 17, 13), datagram, 13));
    uint8_t *p = put_ipv6(put_ethernet(frame, our_mac, peer_mac, 0x86dd), &peer, &our_link, next,
                          headers_len + 13, 64);
    memcpy(p, headers, headers_len);
    memcpy(p + headers_len, datagram, 13);
    receive_pieces(netif, frame, 54 + headers_len + 13, 48);
    struct ip_addr src;
    uint16_t port;
    struct buf *packet = udp_receive(udp, &src, &port);
    buf_free(packet);
    return packet != NULL;
}

TEST("extension headers are skipped; those that can't be, are too many or lead on, are not") {
    struct netif *netif = start();
    struct udp *udp = udp_open(UDP_SOCKET, NULL, NULL);
    uint16_t port = 7;
    TEST_EXPECT_EQ(udp_bind(udp, &any, &port), OK);
    static const struct {
        uint8_t next;
        uint8_t bytes[8];
        bool good;
    } cases[] = {{0, {17, 0, 1, 4, 0, 0, 0, 0}, true},    {60, {17, 0, 1, 4, 0, 0, 0, 0}, true},
                 {0, {17, 0, 0x3f, 4, 0, 0, 0, 0}, true}, {0, {17, 0, 0x7f, 4, 0, 0, 0, 0}, false},
                 {0, {17, 0, 1, 5, 0, 0, 0, 0}, false},   {0, {17, 1, 1, 4, 0, 0, 0, 0}, false},
                 {43, {17, 0, 0, 0, 0, 0, 0, 0}, true},   {43, {17, 0, 0, 1, 0, 0, 0, 0}, false},
                 {44, {17, 0, 0, 0, 1, 2, 3, 4}, true},   {60, {17, 200, 1, 4, 0, 0, 0, 0}, false},
                 {59, {17, 0, 0, 0, 0, 0, 0, 0}, false},  {44, {44, 0, 0, 0, 1, 2, 3, 4}, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        TEST_EXPECT_EQ(arrives(netif, udp, cases[i].next, cases[i].bytes, 8), cases[i].good);
    }
    uint8_t many[8 * 20];
    for (unsigned count = 1; count < 20; count++) {
        for (unsigned i = 0; i < count; i++) {
            static const uint8_t header[8] = {60, 0, 1, 4};
            memcpy(many + 8 * i, header, 8);
        }
        many[8 * (count - 1)] = 17;
        TEST_EXPECT_EQ(arrives(netif, udp, 60, many, 8 * (size_t) count), count <= 6);
    }
    udp_close(udp);
    world_pass(40000);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("an error quotes all headers, wherever a driver has put them") {
    struct netif *netif = start();
    uint8_t frame[14 + 40 + 128 + 8], expected[sizeof(frame) - 14];
    const size_t piece = sizeof(frame) - 4;
    uint8_t *ip = put_ethernet(frame, our_mac, peer_mac, 0x86dd);
    uint8_t *options = put_ipv6(ip, &peer, &our_link, 60, 128 + 8, 64), *udp = options + 128;
    memset(options, 0, 128 + 8);
    options[0] = 17;
    options[1] = 15;
    // Padding, whose bytes tell where it was.
    options[2] = 1;
    options[3] = 124;
    memset(options + 4, 0x5a, 124);
    be16(udp, 1000);
    be16(udp + 2, 7777);
    be16(udp + 4, 8);
    be16(udp + 6, sum_of(pseudo(&peer, &our_link, 17, 8), udp, 8));
    memcpy(expected, ip, sizeof(expected));

    // The UDP header doesn't fit into the buffer that has the others.
    struct buf *packet = world_packet(frame, sizeof(frame), piece);
    memmove(packet->base + NET_BUFFER_LEN - piece, buf_data(packet), piece);
    packet->start = (uint16_t) (NET_BUFFER_LEN - piece);
    netif_input(netif, packet);
    answer_solicitation(netif);
    const uint8_t *error = last_icmp();
    TEST_EXPECT_EQ(error[0], 1);
    TEST_EXPECT_EQ(error[1], 4);
    TEST_EXPECT_MEM_EQ(error + 8, expected, sizeof(expected));
}

TEST("a long datagram goes in fragments, and comes in them") {
    struct netif *netif = start_with_router();
    static uint8_t data[3000];
    struct udp *udp = udp_open(UDP_SOCKET, NULL, NULL);
    uint16_t port = 7;
    TEST_EXPECT_EQ(udp_bind(udp, &any, &port), OK);
    TEST_EXPECT_EQ(udp_send(udp, &peer, 7, "x", 1), OK);
    answer_solicitation(netif);
    frames_clear();
    TEST_EXPECT_EQ(udp_send(udp, &peer, 7, data, sizeof(data)), OK);
    TEST_EXPECT_EQ(num_frames, 3);
    static struct frame sent[3];
    memcpy(sent, frames, sizeof(sent));
    for (unsigned i = 3; i-- > 0;) {
        TEST_EXPECT_LE(sent[i].len, 1514);
        TEST_EXPECT_EQ(sent[i].bytes[20], 44);
        // Back the same way: the sum doesn't mind which end is which.
        uint8_t addr[16];
        memcpy(addr, sent[i].bytes + 22, 16);
        memcpy(sent[i].bytes + 22, sent[i].bytes + 38, 16);
        memcpy(sent[i].bytes + 38, addr, 16);
        memcpy(sent[i].bytes, our_mac, 6);
        receive(netif, sent[i].bytes, sent[i].len);
    }
    struct ip_addr src;
    struct buf *packet = udp_receive(udp, &src, &port);
    TEST_EXPECT(packet != NULL && packet->total == sizeof(data));
    buf_free(packet);
    udp_close(udp);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("the path's MTU is learned, but never less than IPv6's") {
    struct netif *netif = start_with_router();
    struct udp *udp = udp_open(UDP_SOCKET, NULL, NULL);
    uint16_t port = 4000;
    unsigned mtu = 0;
    TEST_EXPECT_EQ(udp_bind(udp, &any, &port), OK);
    TEST_EXPECT_EQ(udp_connect(udp, &far, 53), OK);
    for (uint32_t told = 1400; told > 0; told -= 700) {
        uint8_t message[8 + 48] = {2};
        be32(message + 4, told);
        put_ipv6(message + 8, &our_global, &far, 17, 1000, 64);
        be16(message + 48, port);
        be16(message + 50, 53);
        send_icmp(netif, &peer, &our_global, message, sizeof(message), 64);
        TEST_EXPECT_EQ(udp_connect(udp, &far, 53), OK);
        TEST_EXPECT_EQ(udp_get_option(udp, SOCKET_OPTION_PATH_MTU, &mtu), OK);
        TEST_EXPECT_EQ(mtu, MAX(told, 1280));
    }
    udp_close(udp);
}

TEST("IPv6's loopback") {
    frames_start(0);
    struct ip_addr self = {{[15] = 1}};
    struct udp *server = udp_open(UDP_SOCKET, NULL, NULL);
    uint16_t port = 7;
    TEST_EXPECT_EQ(udp_bind(server, &any, &port), OK);
    struct udp *client = udp_open(UDP_SOCKET, NULL, NULL);
    TEST_EXPECT_EQ(udp_send(client, &self, 7, "hello", 5), OK);
    world_pass(0);
    struct ip_addr src;
    struct buf *packet = udp_receive(server, &src, &port);
    TEST_EXPECT(packet != NULL);
    TEST_EXPECT(ip_addr_equals(&src, &self));
    buf_free(packet);
    udp_close(server);
    udp_close(client);
}
