#include <inet/info.h>
#include <inet/ip.h>
#include <inet/udp.h>
#include <string.h>
#include <unittest.h>

#include "frames.h"
#include "world.h"

#define PORT 1000

static uint8_t text[3000];

/// A socket that all datagrams of these tests are for.
static struct udp *listen_on(uint16_t port) {
    static const struct ip_addr any;
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t) (i * 7 + i / 256);
    }
    struct udp *udp = udp_open(UDP_SOCKET, NULL, NULL);
    TEST_EXPECT_EQ(udp_bind(udp, &any, &port), OK);
    return udp;
}

/// How many bytes the next datagram has; -1: there is none.
static int received(struct udp *udp) {
    struct ip_addr src;
    uint16_t port;
    struct buf *packet = udp_receive(udp, &src, &port);
    if (packet == NULL) {
        return -1;
    }
    int len = (int) packet->total;
    uint8_t bytes[3000];
    buf_copy_out(packet, 0, bytes, (size_t) len);
    TEST_EXPECT_MEM_EQ(bytes, text, (size_t) len);
    buf_free(packet);
    return len;
}

static size_t good_frame(uint8_t *frame) {
    return make_udp(frame, PEER_IP, 2000, OUR_IP, PORT, text, 100);
}

/// Puts the header checksum right after a change.
static void resum(uint8_t *frame) {
    be16(frame + 14 + 10, 0);
    be16(frame + 14 + 10, sum_of(0, frame + 14, (frame[14] & 15) * 4u));
}

TEST("a datagram arrives, in one piece or many, with padding behind it") {
    struct netif *netif = frames_start(0);
    struct udp *udp = listen_on(PORT);
    uint8_t frame[300] = {0};
    size_t len = good_frame(frame);
    // In smaller pieces it would be more buffers than may wait.
    for (size_t piece = 3; piece < 64; piece++) {
        receive_pieces(netif, frame, len + piece, piece);
        TEST_EXPECT_EQ(received(udp), 100);
    }
    udp_close(udp);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("packets that are cut short are dropped") {
    struct netif *netif = frames_start(0);
    struct udp *udp = listen_on(PORT);
    uint8_t frame[300];
    size_t len = good_frame(frame);
    for (size_t cut = 0; cut < len; cut++) {
        receive_pieces(netif, frame, cut, 9);
        TEST_EXPECT_EQ(received(udp), -1);
    }
    udp_close(udp);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("a damaged header, or a damaged datagram, is dropped") {
    struct netif *netif = frames_start(0);
    struct udp *udp = listen_on(PORT);
    uint8_t frame[300];
    size_t len = good_frame(frame);
    for (size_t i = 14; i < len; i++) {
        frame[i] ^= 0x10;
        receive(netif, frame, len);
        TEST_EXPECT_EQ(received(udp), -1);
        frame[i] ^= 0x10;
    }
    udp_close(udp);
}

TEST("headers that can't be are dropped, though their checksum is right") {
    static const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {{0, 0x65}, {0, 0x44}, {0, 0x40}, {0, 0x4f}, {2, 0xff}, {3, 19}};
    struct netif *netif = frames_start(0);
    struct udp *udp = listen_on(PORT);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint8_t frame[300];
        size_t len = good_frame(frame);
        frame[14 + wrong[i].at] = wrong[i].value;
        resum(frame);
        receive(netif, frame, len);
        TEST_EXPECT_EQ(received(udp), -1);
    }
    udp_close(udp);
}

TEST("a checksum that the device has checked isn't looked at") {
    struct netif *netif = frames_start(8);
    struct udp *udp = listen_on(PORT);
    uint8_t frame[300];
    size_t len = good_frame(frame);
    frame[14 + 10] ^= 1;
    frame[14 + 20 + 6] ^= 1;
    for (unsigned flag = 0; flag < 2; flag++) {
        struct buf *packet = world_packet(frame, len, 2000);
        packet->flags = flag ? NET_DESC_RX_TRUSTED : NET_DESC_RX_CHECKED;
        netif_input(netif, packet);
        TEST_EXPECT_EQ(received(udp), 100);
    }
    udp_close(udp);
}

TEST("addresses that nobody can have sent from, or to, are dropped") {
    static const uint32_t bad_src[] = {0,          0x00000001, 0x7f000001, 0xe0000001,
                                       0xffffffff, 0xf0000001, OUR_IP,     0xc00002ff};
    static const uint32_t bad_dst[] = {PEER_IP, 0x7f000001, 0, 0xe0000005, 0xc00002fe};
    struct netif *netif = frames_start(0);
    struct udp *udp = listen_on(PORT);
    uint8_t frame[300];
    for (size_t i = 0; i < sizeof(bad_src) / sizeof(bad_src[0]); i++) {
        receive(netif, frame, make_udp(frame, bad_src[i], 2000, OUR_IP, PORT, text, 10));
        TEST_EXPECT_EQ(received(udp), -1);
    }
    for (size_t i = 0; i < sizeof(bad_dst) / sizeof(bad_dst[0]); i++) {
        receive(netif, frame, make_udp(frame, PEER_IP, 2000, bad_dst[i], PORT, text, 10));
        TEST_EXPECT_EQ(received(udp), -1);
    }
    receive(netif, frame, make_udp(frame, PEER_IP, 2000, 0xc00002ff, PORT, text, 10));
    TEST_EXPECT_EQ(received(udp), 10);
    receive(netif, frame, make_udp(frame, PEER_IP, 2000, 0xffffffff, PORT, text, 10));
    TEST_EXPECT_EQ(received(udp), 10);
    TEST_EXPECT_EQ(num_frames, 0);
    udp_close(udp);
}

TEST("frames for other stations, and packets for us in frames for all, are dropped") {
    struct netif *netif = frames_start(0);
    struct udp *udp = listen_on(PORT);
    uint8_t frame[300];
    size_t len = good_frame(frame);
    memcpy(frame, other_mac, 6);
    receive(netif, frame, len);
    TEST_EXPECT_EQ(received(udp), -1);
    memcpy(frame, everybody, 6);
    receive(netif, frame, len);
    TEST_EXPECT_EQ(received(udp), -1);
    udp_close(udp);
}

/// Writes the options between header and datagram.
static size_t with_options(uint8_t *frame, const uint8_t *options, size_t options_len) {
    size_t len = good_frame(frame);
    memmove(frame + 34 + options_len, frame + 34, len - 34);
    memcpy(frame + 34, options, options_len);
    frame[14] = (uint8_t) (0x45 + options_len / 4);
    be16(frame + 16, (unsigned) (len - 14 + options_len));
    resum(frame);
    return len + options_len;
}

TEST("options are skipped; source routes and options that don't fit are refused") {
    static const struct {
        uint8_t options[4];
        bool good;
    } cases[] = {{{1, 1, 1, 0}, true},    {{0, 9, 9, 9}, true},    {{148, 4, 0, 0}, true},
                 {{131, 3, 4, 0}, false}, {{137, 3, 4, 0}, false}, {{7, 0, 0, 0}, false},
                 {{7, 1, 0, 0}, false},   {{7, 5, 0, 0}, false},   {{1, 1, 1, 7}, false}};
    struct netif *netif = frames_start(0);
    struct udp *udp = listen_on(PORT);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t frame[300];
        receive_pieces(netif, frame, with_options(frame, cases[i].options, 4), 30);
        TEST_EXPECT_EQ(received(udp), cases[i].good ? 100 : -1);
    }
    udp_close(udp);
}

// Fragments.

static uint8_t datagram[65536];

/// A whole datagram of 1000 bytes in `datagram`, to be sent in pieces.
static size_t prepare(void) {
    uint8_t frame[1200];
    size_t len = make_udp(frame, PEER_IP, 2000, OUR_IP, PORT, text, 1000) - 34;
    memcpy(datagram, frame + 34, len);
    return len;
}

static void send_fragment(struct netif *netif, uint16_t id, size_t offset, size_t len, bool more) {
    uint8_t frame[1600];
    uint8_t *ip = put_ethernet(frame, our_mac, peer_mac, 0x0800);
    uint8_t *data =
        put_ipv4(ip, PEER_IP, OUR_IP, 17, len, id, (uint16_t) (offset / 8 + (more ? 0x2000 : 0)));
    memcpy(data, datagram + offset, len);
    receive_pieces(netif, frame, 34 + len, 50);
}

TEST("fragments in any order become a datagram; one that comes twice doesn't matter") {
    static const size_t offsets[] = {0, 400, 800};
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (uint16_t i = 0; i < 6; i++) {
        struct netif *netif = frames_start(0);
        struct udp *udp = listen_on(PORT);
        size_t len = prepare();
        for (unsigned k = 0; k < 3; k++) {
            size_t offset = offsets[orders[i][k]];
            size_t piece = MIN(400, len - offset);
            TEST_EXPECT_EQ(received(udp), -1);
            send_fragment(netif, i, offset, piece, offset + piece < len);
            if (k < 2) {
                send_fragment(netif, i, offset, piece, offset + piece < len);
            }
        }
        TEST_EXPECT_EQ(received(udp), 1000);
        udp_close(udp);
        TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
    }
}

TEST("fragments that overlap are all dropped, the rest, too") {
    struct netif *netif = frames_start(0);
    struct udp *udp = listen_on(PORT);
    size_t len = prepare();
    send_fragment(netif, 5, 0, 400, true);
    send_fragment(netif, 5, 392, 408, true);
    send_fragment(netif, 5, 400, 400, true);
    send_fragment(netif, 5, 800, len - 800, false);
    send_fragment(netif, 5, 0, 400, true);
    TEST_EXPECT_EQ(received(udp), -1);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
    world_pass(31000);
    TEST_EXPECT_EQ(num_frames, 0);
    udp_close(udp);
}

TEST("fragments that can't be are dropped") {
    struct netif *netif = frames_start(0);
    struct udp *udp = listen_on(PORT);
    size_t len = prepare();
    send_fragment(netif, 6, 0, 0, true);
    send_fragment(netif, 6, 0, 399, true);
    send_fragment(netif, 6, 65528, 8, false);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
    // Beyond the end, and a second end.
    send_fragment(netif, 7, 800, len - 800, false);
    send_fragment(netif, 7, 1600, 8, true);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
    send_fragment(netif, 8, 800, 8, true);
    send_fragment(netif, 8, 400, 8, false);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
    TEST_EXPECT_EQ(received(udp), -1);
    udp_close(udp);
}

TEST("a packet that stays incomplete is given up, and its sender told") {
    struct netif *netif = frames_start(0);
    struct udp *udp = listen_on(PORT);
    prepare();
    learn_neighbour(netif, PEER_IP);
    send_fragment(netif, 9, 0, 400, true);
    TEST_EXPECT_LT(buf_num_free(), WORLD_BUFFERS);
    world_pass(29000);
    TEST_EXPECT_EQ(num_frames, 0);
    world_pass(2000);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
    TEST_EXPECT_EQ(num_frames, 1);
    const uint8_t *icmp = last_frame()->bytes + 34;
    TEST_EXPECT_EQ(icmp[0], 11);
    TEST_EXPECT_EQ(icmp[1], 1);
    TEST_EXPECT_EQ(sum_of(0, icmp, last_frame()->len - 34), 0);
    // Without the first fragment nobody is told.
    send_fragment(netif, 10, 400, 400, true);
    world_pass(31000);
    TEST_EXPECT_EQ(num_frames, 1);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
    udp_close(udp);
}

TEST("a flood of fragments takes no more than its share, and goes by") {
    struct netif *netif = frames_start(0);
    struct udp *udp = listen_on(PORT);
    size_t len = prepare();
    for (uint16_t id = 100; id < 400; id++) {
        for (unsigned i = 0; i < 70; i += 7) {
            send_fragment(netif, id, 8 * i, 8, true);
        }
        TEST_EXPECT_GE(buf_num_free(), WORLD_BUFFERS - WORLD_BUFFERS / 4);
    }
    world_pass(40000);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
    send_fragment(netif, 1, 0, 400, true);
    send_fragment(netif, 1, 400, len - 400, false);
    TEST_EXPECT_EQ(received(udp), 1000);
    udp_close(udp);
}

TEST("fragments of one packet that fill the share of all are dropped in time") {
    struct netif *netif = frames_start(0);
    prepare();
    for (unsigned i = 0; i < 80; i++) {
        send_fragment(netif, 11, 8 * i, 8, true);
    }
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS - WORLD_BUFFERS / 4);
    world_pass(40000);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

// Routes.

static uint32_t route_to(uint32_t addr, struct ip_route *route) {
    struct ip_addr dst = ip_addr_from_v4(addr), any = {0};
    return (ip_route(&dst, &any, route) == OK) ? ip_addr_v4(&route->next_hop) : 0;
}

TEST("the longest prefix decides, of several devices") {
    struct netif *first = frames_start(0);
    struct netif *second = frames_add_netif("eth", other_mac, 0);
    struct ip_addr addr = ip_addr_from_v4(0x0a010203), gateway = ip_addr_from_v4(0x0a0102fe);
    TEST_EXPECT_EQ(netif_configure(second, &addr, 24, &gateway), OK);
    netif_set_link(second, true, 100);
    struct ip_route route;
    TEST_EXPECT_EQ(route_to(0x0a010299, &route), 0x0a010299u);
    TEST_EXPECT(route.netif == second);
    TEST_EXPECT_EQ(ip_addr_v4(&route.src), 0x0a010203u);
    TEST_EXPECT_EQ(route_to(PEER_IP, &route), PEER_IP);
    TEST_EXPECT(route.netif == first);
    TEST_EXPECT_EQ(ip_addr_v4(&route.src), OUR_IP);
    TEST_EXPECT_EQ(route_to(FAR_IP, &route), GATEWAY_IP);
    netif_set_link(first, false, 0);
    TEST_EXPECT_EQ(route_to(FAR_IP, &route), 0x0a0102feu);
    TEST_EXPECT_EQ(route_to(0, &route), 0u);
}

TEST("our own addresses are reached by loopback") {
    frames_start(0);
    struct ip_route route;
    static const uint32_t own[] = {0x7f000001, 0x7f123456, OUR_IP};
    for (size_t i = 0; i < 3; i++) {
        TEST_EXPECT_EQ(route_to(own[i], &route), own[i]);
        TEST_EXPECT_EQ(ip_addr_v4(&route.src), own[i]);
    }
    struct udp *server = listen_on(PORT), *client = udp_open(UDP_SOCKET, NULL, NULL);
    struct ip_addr dst = ip_addr_from_v4(0x7f000001);
    TEST_EXPECT_EQ(udp_send(client, &dst, PORT, text, 3000), OK);
    TEST_EXPECT_EQ(received(server), -1);
    world_pass(0);
    TEST_EXPECT_EQ(received(server), 3000);
    TEST_EXPECT_EQ(num_frames, 0);
    udp_close(server);
    udp_close(client);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("an address that isn't ours is no source") {
    frames_start(0);
    struct ip_addr dst = ip_addr_from_v4(FAR_IP), src = ip_addr_from_v4(PEER_IP);
    struct ip_route route;
    TEST_EXPECT_EQ(ip_route(&dst, &src, &route), ERR_UNREACHABLE);
}

TEST("an interface is configured anew, and what can't be is refused") {
    struct netif *netif = frames_start(0);
    struct ip_addr addr = ip_addr_from_v4(0x0a000005), gateway = ip_addr_from_v4(0x0a0000fe);
    struct ip_addr broadcast = ip_addr_from_v4(0xffffffff), group = ip_addr_from_v4(0xe0000001);
    TEST_EXPECT_EQ(netif_configure(netif, &addr, 33, NULL), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(netif_configure(netif, &broadcast, 24, NULL), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(netif_configure(netif, &group, 24, NULL), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(netif_configure(netif, &addr, 24, &gateway), OK);
    struct ip_route route;
    TEST_EXPECT_EQ(route_to(FAR_IP, &route), 0x0a0000feu);
    TEST_EXPECT_EQ(ip_addr_v4(&route.src), 0x0a000005u);
    struct inet_address_info info;
    TEST_EXPECT(inet_address_info(2, &info));
    TEST_EXPECT_EQ(info.prefix_len, 24);
    TEST_EXPECT_EQ(info.valid_s, UINT32_MAX);
    TEST_EXPECT(!inet_address_info(3, &info));
}

TEST("a driver that comes back finds its interface as it was") {
    struct netif *netif = frames_start(0);
    netif_detach(netif);
    struct inet_interface_info info;
    TEST_EXPECT(inet_interface_info(1, &info));
    TEST_EXPECT(!info.link);
    struct udp *udp = listen_on(PORT);
    struct ip_addr dst = ip_addr_from_v4(PEER_IP);
    (void) !udp_send(udp, &dst, 9, "x", 1);
    TEST_EXPECT(frames_add_netif("eth", our_mac, 0) == netif);
    netif_set_link(netif, true, 1000);
    TEST_EXPECT(inet_interface_info(1, &info));
    TEST_EXPECT_EQ(info.restarts, 1);
    TEST_EXPECT_STR_EQ(info.name, "eth-0");
    struct netif *other = frames_add_netif("eth", other_mac, 0);
    TEST_EXPECT(other != netif);
    TEST_EXPECT(inet_interface_info(2, &info));
    TEST_EXPECT_STR_EQ(info.name, "eth-1");
    TEST_EXPECT(!inet_interface_info(3, &info));
    udp_close(udp);
}
