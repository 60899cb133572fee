#include <inet/ip.h>
#include <inet/udp.h>
#include <message.h>
#include <string.h>
#include <unittest.h>

#include "frames.h"
#include "world.h"

TEST("an echo request comes back as it was, short or long, whole or in fragments") {
    static const size_t lengths[] = {0, 1, 56, 57, 1400, 1472};
    uint8_t data[1500], frame[1600];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t) (i * 13);
    }
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct netif *netif = frames_start(i % 2);
        learn_neighbour(netif, PEER_IP);
        size_t len = make_icmp(frame, PEER_IP, OUR_IP, 8, 0, 0x12340007, data, lengths[i]);
        receive_pieces(netif, frame, len, (i == 3) ? 40 : 0);
        TEST_EXPECT_EQ(num_frames, 1);
        TEST_EXPECT_EQ(last_frame()->len, len);
        const uint8_t *sent = last_frame()->bytes;
        uint8_t expected[1600];
        make_icmp(expected, OUR_IP, PEER_IP, 0, 0, 0x12340007, data, lengths[i]);
        TEST_EXPECT_MEM_EQ(sent + 34, expected + 34, len - 34);
        TEST_EXPECT_EQ(get_be32(sent + 26), OUR_IP);
        TEST_EXPECT_EQ(get_be32(sent + 30), PEER_IP);
        TEST_EXPECT_EQ(sum_of(0, sent + 14, 20), 0);
        TEST_EXPECT_MEM_EQ(sent, peer_mac, 6);
        TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
    }
}

TEST("an echo request of 4,000 bytes in fragments comes back in fragments") {
    struct netif *netif = frames_start(0);
    learn_neighbour(netif, PEER_IP);
    uint8_t data[4000] = {1, 2, 3}, whole[4100], frame[1600], back[4100] = {0};
    size_t len = make_icmp(whole, PEER_IP, OUR_IP, 8, 0, 1, data, sizeof(data)) - 34;
    for (size_t offset = 0; offset < len; offset += 1480) {
        size_t piece = MIN(1480, len - offset);
        uint8_t *ip = put_ethernet(frame, our_mac, peer_mac, 0x0800);
        put_ipv4(ip, PEER_IP, OUR_IP, 1, piece, 77,
                 (uint16_t) (offset / 8 + ((offset + piece < len) ? 0x2000 : 0)));
        memcpy(frame + 34, whole + 34 + offset, piece);
        receive(netif, frame, 34 + piece);
    }
    TEST_EXPECT_EQ(num_frames, 3);
    unsigned id = get_be16(frames[0].bytes + 18);
    for (unsigned i = 0; i < num_frames; i++) {
        const uint8_t *ip = frames[i].bytes + 14;
        unsigned fragment = get_be16(ip + 6);
        TEST_EXPECT_EQ(get_be16(ip + 4), id);
        TEST_EXPECT_EQ((fragment & 0x2000) != 0, i < 2);
        memcpy(back + (fragment & 0x1fff) * 8, ip + 20, frames[i].len - 34);
    }
    TEST_EXPECT_EQ(back[0], 0);
    TEST_EXPECT_EQ(sum_of(0, back, len), 0);
    TEST_EXPECT_MEM_EQ(back + 8, data, sizeof(data));
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("a damaged echo request, and one to everybody, is not answered") {
    struct netif *netif = frames_start(0);
    learn_neighbour(netif, PEER_IP);
    uint8_t frame[200];
    size_t len = make_icmp(frame, PEER_IP, OUR_IP, 8, 0, 1, "hello", 5);
    frame[len - 1] ^= 1;
    receive(netif, frame, len);
    len = make_icmp(frame, PEER_IP, 0xc00002ff, 8, 0, 1, "hello", 5);
    memcpy(frame, everybody, 6);
    receive(netif, frame, len);
    TEST_EXPECT_EQ(num_frames, 0);
}

TEST("who sends to a port that nobody has is told so, quoting what it sent") {
    struct netif *netif = frames_start(0);
    learn_neighbour(netif, PEER_IP);
    uint8_t frame[1600], data[1000] = {7};
    receive(netif, frame, make_udp(frame, PEER_IP, 2000, OUR_IP, 3, data, 4));
    TEST_EXPECT_EQ(num_frames, 1);
    const uint8_t *icmp = last_frame()->bytes + 34;
    TEST_EXPECT_EQ(icmp[0], 3);
    TEST_EXPECT_EQ(icmp[1], 3);
    TEST_EXPECT_MEM_EQ(icmp + 8, frame + 14, 20 + 8 + 4);
    TEST_EXPECT_EQ(sum_of(0, icmp, last_frame()->len - 34), 0);
    receive(netif, frame, make_udp(frame, PEER_IP, 2000, OUR_IP, 3, data, sizeof(data)));
    TEST_EXPECT_EQ(last_frame()->len, 14 + 576);
    receive(netif, frame, make_udp(frame, PEER_IP, 2000, 0xc00002ff, 3, data, 4));
    TEST_EXPECT_EQ(num_frames, 2);
}

TEST("an unknown protocol is refused") {
    struct netif *netif = frames_start(0);
    learn_neighbour(netif, PEER_IP);
    uint8_t frame[100] = {0};
    put_ipv4(put_ethernet(frame, our_mac, peer_mac, 0x0800), PEER_IP, OUR_IP, 99, 10, 1, 0);
    receive(netif, frame, 44);
    TEST_EXPECT_EQ(num_frames, 1);
    TEST_EXPECT_EQ(last_frame()->bytes[34], 3);
    TEST_EXPECT_EQ(last_frame()->bytes[35], 2);
}

TEST("errors are sent at a limited rate") {
    struct netif *netif = frames_start(0);
    learn_neighbour(netif, PEER_IP);
    uint8_t frame[100];
    unsigned sent = 0;
    for (int i = 0; i < 1000; i++) {
        receive(netif, frame, make_udp(frame, PEER_IP, 2000, OUR_IP, 3, "x", 1));
        sent += num_frames;
        frames_clear();
        world_pass(1);
    }
    TEST_EXPECT_GE(sent, 100);
    TEST_EXPECT_LE(sent, 151);
}

/// An ICMP error about a datagram of ours to `dst`.
static void send_error(struct netif *netif, uint8_t type, uint8_t code, uint32_t rest, uint32_t src,
                       uint16_t src_port, uint32_t dst, uint16_t dst_port) {
    uint8_t frame[200], quoted[28];
    uint8_t *udp = put_ipv4(quoted, src, dst, 17, 1400, 3, 0x4000);
    be16(udp, src_port);
    be16(udp + 2, dst_port);
    be16(udp + 4, 1400);
    be16(udp + 6, 0);
    size_t len = make_icmp(frame, GATEWAY_IP, OUR_IP, type, code, rest, quoted, sizeof(quoted));
    for (size_t cut = 34; cut < len; cut += 5) {
        receive(netif, frame, cut);
    }
    receive(netif, frame, len);
}

static struct udp *connect_to(uint32_t addr, uint16_t remote_port, uint16_t *port) {
    static const struct ip_addr any;
    struct ip_addr dst = ip_addr_from_v4(addr);
    struct udp *udp = udp_open(UDP_SOCKET, NULL, NULL);
    *port = 0;
    TEST_EXPECT_EQ(udp_bind(udp, &any, port), OK);
    TEST_EXPECT_EQ(udp_connect(udp, &dst, remote_port), OK);
    return udp;
}

TEST("a connected socket hears that its port is closed; others don't") {
    struct netif *netif = frames_start(0);
    uint16_t port;
    struct udp *udp = connect_to(FAR_IP, 53, &port);
    send_error(netif, 3, 3, 0, OUR_IP, port, FAR_IP, 54);
    send_error(netif, 3, 3, 0, OUR_IP, (uint16_t) (port + 1), FAR_IP, 53);
    send_error(netif, 3, 3, 0, OUR_IP, port, FAR_IP + 1, 53);
    send_error(netif, 3, 3, 0, PEER_IP, port, FAR_IP, 53);
    TEST_EXPECT_EQ(world_udp_events, 0);
    TEST_EXPECT_EQ(udp_error_of(udp), OK);
    send_error(netif, 3, 3, 0, OUR_IP, port, FAR_IP, 53);
    TEST_EXPECT_EQ(world_udp_events, SOCKET_FAILED);
    TEST_EXPECT_EQ(udp_error_of(udp), ERR_REFUSED);
    TEST_EXPECT_EQ(udp_error_of(udp), OK);
    send_error(netif, 3, 1, 0, OUR_IP, port, FAR_IP, 53);
    TEST_EXPECT_EQ(udp_error_of(udp), ERR_UNREACHABLE);
    udp_close(udp);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

static unsigned path_mtu(struct udp *udp) {
    unsigned mtu = 0;
    struct ip_addr dst = ip_addr_from_v4(FAR_IP);
    TEST_EXPECT_EQ(udp_connect(udp, &dst, 53), OK);
    TEST_EXPECT_EQ(udp_get_option(udp, SOCKET_OPTION_PATH_MTU, &mtu), OK);
    return mtu;
}

TEST("the path's MTU is learned, with a lower bound, and forgotten after a while") {
    struct netif *netif = frames_start(0);
    learn_neighbour(netif, GATEWAY_IP);
    uint16_t port;
    uint8_t data[1400] = {0};
    struct udp *udp = connect_to(FAR_IP, 53, &port);
    TEST_EXPECT_EQ(udp_send(udp, NULL, 0, data, sizeof(data)), OK);
    TEST_EXPECT_EQ(num_frames, 1);
    TEST_EXPECT_EQ(get_be16(last_frame()->bytes + 20), 0x4000);
    send_error(netif, 3, 4, 1000, OUR_IP, port, FAR_IP, 53);
    TEST_EXPECT_EQ(path_mtu(udp), 1000);
    frames_clear();
    TEST_EXPECT_EQ(udp_send(udp, NULL, 0, data, sizeof(data)), OK);
    TEST_EXPECT_EQ(num_frames, 2);
    TEST_EXPECT_LE(frames[0].len, 14 + 1000);
    send_error(netif, 3, 4, 2000, OUR_IP, port, FAR_IP, 53);
    TEST_EXPECT_EQ(path_mtu(udp), 1000);
    // A router that doesn't tell: the next that is usual below 1,420.
    world_pass(601000);
    TEST_EXPECT_EQ(path_mtu(udp), 1500);
    send_error(netif, 3, 4, 0, OUR_IP, port, FAR_IP, 53);
    TEST_EXPECT_EQ(path_mtu(udp), 1006);
    send_error(netif, 3, 4, 60, OUR_IP, port, FAR_IP, 53);
    TEST_EXPECT_EQ(path_mtu(udp), 576);
    // Below the bound routers may cut.
    learn_neighbour(netif, GATEWAY_IP);
    TEST_EXPECT_EQ(udp_send(udp, NULL, 0, data, 100), OK);
    TEST_EXPECT_EQ(get_be16(last_frame()->bytes + 20), 0);
    world_pass(601000);
    TEST_EXPECT_EQ(path_mtu(udp), 1500);
    udp_close(udp);
}

/// An error about an echo request of ours to FAR_IP, or something like it.
static void send_echo_error(struct netif *netif, uint8_t quoted_type, const uint8_t *id,
                            uint32_t dst) {
    uint8_t frame[200], quoted[28];
    uint8_t *icmp = put_ipv4(quoted, OUR_IP, dst, 1, 1400, 3, 0x4000);
    memset(icmp, 0, 8);
    icmp[0] = quoted_type;
    memcpy(icmp + 4, id, 2);
    receive(netif, frame, make_icmp(frame, GATEWAY_IP, OUR_IP, 3, 4, 1000, quoted, sizeof(quoted)));
}

TEST("an echo socket learns the path's MTU as well, of what it has sent") {
    struct netif *netif = frames_start(0);
    learn_neighbour(netif, GATEWAY_IP);
    struct udp *udp = udp_open(UDP_ECHO, NULL, NULL);
    struct ip_addr dst = ip_addr_from_v4(FAR_IP);
    uint8_t data[1400] = {0}, id[2];
    unsigned mtu;
    TEST_EXPECT_EQ(udp_send(udp, &dst, 1, data, sizeof(data)), OK);
    TEST_EXPECT_EQ(num_frames, 1);
    memcpy(id, last_frame()->bytes + 38, 2);
    const uint8_t other[2] = {(uint8_t) ~id[0], id[1]};
    send_echo_error(netif, 8, other, FAR_IP);
    send_echo_error(netif, 0, id, FAR_IP);
    send_echo_error(netif, 8, id, FAR_IP + 1);
    frames_clear();
    TEST_EXPECT_EQ(udp_send(udp, &dst, 2, data, sizeof(data)), OK);
    TEST_EXPECT_EQ(num_frames, 1);
    send_echo_error(netif, 8, id, FAR_IP);
    frames_clear();
    TEST_EXPECT_EQ(udp_send(udp, &dst, 3, data, sizeof(data)), OK);
    TEST_EXPECT_EQ(num_frames, 2);
    TEST_EXPECT_LE(frames[0].len, 14 + 1000);
    TEST_EXPECT_EQ(udp_connect(udp, &dst, 0), OK);
    TEST_EXPECT_EQ(udp_get_option(udp, SOCKET_OPTION_PATH_MTU, &mtu), OK);
    TEST_EXPECT_EQ(mtu, 1000);
    udp_close(udp);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("an echo socket sends requests and gets replies by number") {
    struct netif *netif = frames_start(1);
    learn_neighbour(netif, PEER_IP);
    struct udp *udp = udp_open(UDP_ECHO, NULL, NULL);
    struct ip_addr peer = ip_addr_from_v4(PEER_IP);
    TEST_EXPECT_EQ(udp_connect(udp, &peer, 0), OK);
    for (unsigned i = 0; i < 3; i++) {
        TEST_EXPECT_EQ(udp_send(udp, NULL, 0, "ping!", 5), OK);
        const uint8_t *icmp = last_frame()->bytes + 34;
        TEST_EXPECT_EQ(icmp[0], 8);
        TEST_EXPECT_EQ(sum_of(0, icmp, 13), 0);
        TEST_EXPECT_EQ(get_be16(icmp + 6), i);
        uint8_t frame[100];
        uint32_t rest = get_be32(icmp + 4);
        receive(netif, frame, make_icmp(frame, PEER_IP, OUR_IP, 0, 0, rest, "ping!", 5));
        receive(netif, frame, make_icmp(frame, GATEWAY_IP, OUR_IP, 0, 0, rest, "pong!", 5));
        receive(netif, frame, make_icmp(frame, PEER_IP, OUR_IP, 0, 0, rest ^ 0x10000, "", 0));
        struct ip_addr src;
        uint16_t number;
        struct buf *packet = udp_receive(udp, &src, &number);
        TEST_EXPECT(packet != NULL && packet->total == 5);
        TEST_EXPECT_EQ(number, i);
        TEST_EXPECT_EQ(ip_addr_v4(&src), PEER_IP);
        buf_free(packet);
        TEST_EXPECT(udp_receive(udp, &src, &number) == NULL);
    }
    udp_close(udp);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}
