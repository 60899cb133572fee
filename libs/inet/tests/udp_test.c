#include <inet/info.h>
#include <inet/ip.h>
#include <inet/udp.h>
#include <message.h>
#include <string.h>
#include <unittest.h>

#include "frames.h"
#include "world.h"

static const struct ip_addr any;

static struct udp *bound(uint32_t addr, uint16_t port) {
    struct ip_addr local = (addr != 0) ? ip_addr_from_v4(addr) : any;
    struct udp *udp = udp_open(UDP_SOCKET, NULL, NULL);
    TEST_EXPECT_EQ(udp_bind(udp, &local, &port), OK);
    return udp;
}

static bool has(struct udp *udp) {
    struct ip_addr src;
    uint16_t port;
    struct buf *packet = udp_receive(udp, &src, &port);
    buf_free(packet);
    return packet != NULL;
}

TEST("a datagram tells where it is from, and is answered there") {
    struct netif *netif = frames_start(0);
    learn_neighbour(netif, PEER_IP);
    struct udp *udp = bound(0, 7);
    uint8_t frame[100];
    receive(netif, frame, make_udp(frame, PEER_IP, 4321, OUR_IP, 7, "hello", 5));
    TEST_EXPECT_EQ(world_udp_events, SOCKET_READABLE);
    struct ip_addr src;
    uint16_t port;
    struct buf *packet = udp_receive(udp, &src, &port);
    TEST_EXPECT(packet != NULL);
    TEST_EXPECT_EQ(ip_addr_v4(&src), PEER_IP);
    TEST_EXPECT_EQ(port, 4321);
    TEST_EXPECT_EQ(udp_send(udp, &src, port, buf_data(packet), packet->total), OK);
    buf_free(packet);
    make_udp(frame, OUR_IP, 7, PEER_IP, 4321, "hello", 5);
    TEST_EXPECT_EQ(last_frame()->len, 47);
    TEST_EXPECT_MEM_EQ(last_frame()->bytes + 34, frame + 34, 13);
    udp_close(udp);
}

TEST("the socket that says most of a datagram gets it") {
    struct netif *netif = frames_start(0);
    struct udp *exact = bound(OUR_IP, 7);
    struct udp *elsewhere = bound(0x7f000001, 7);
    struct ip_addr peer = ip_addr_from_v4(PEER_IP);
    TEST_EXPECT_EQ(udp_connect(exact, &peer, 1), OK);
    uint8_t frame[100];
    receive(netif, frame, make_udp(frame, PEER_IP, 1, OUR_IP, 7, "a", 1));
    receive(netif, frame, make_udp(frame, PEER_IP, 2, OUR_IP, 7, "a", 1));
    TEST_EXPECT(has(exact));
    TEST_EXPECT(!has(exact));
    TEST_EXPECT(!has(elsewhere));
    udp_close(exact);
    udp_close(elsewhere);
}

TEST("a port has one owner, and an address must be ours") {
    frames_start(0);
    struct udp *first = bound(0, 7), *second = udp_open(UDP_SOCKET, NULL, NULL);
    struct ip_addr ours = ip_addr_from_v4(OUR_IP), others = ip_addr_from_v4(PEER_IP);
    uint16_t port = 7;
    TEST_EXPECT_EQ(udp_bind(second, &any, &port), ERR_IN_USE);
    TEST_EXPECT_EQ(udp_bind(second, &ours, &port), ERR_IN_USE);
    port = 8;
    TEST_EXPECT_EQ(udp_bind(second, &others, &port), ERR_UNREACHABLE);
    udp_close(first);
    port = 7;
    TEST_EXPECT_EQ(udp_bind(second, &ours, &port), OK);
    TEST_EXPECT_EQ(udp_bind(second, &ours, &port), ERR_INVALID_ARG);
    udp_close(second);
}

TEST("free ports are random, and from the upper half") {
    frames_start(0);
    struct udp *sockets[50];
    unsigned close_ones = 0;
    uint16_t last = 0;
    for (unsigned i = 0; i < 50; i++) {
        uint16_t port = 0;
        sockets[i] = udp_open(UDP_SOCKET, NULL, NULL);
        TEST_EXPECT_EQ(udp_bind(sockets[i], &any, &port), OK);
        TEST_EXPECT_GE(port, 32768);
        close_ones += (uint16_t) (port - last) < 100;
        last = port;
    }
    TEST_EXPECT_LT(close_ones, 5);
    for (unsigned i = 0; i < 50; i++) {
        udp_close(sockets[i]);
    }
}

TEST("what is too long, has no way, or goes to everybody unasked is refused") {
    struct netif *netif = frames_start(0);
    static uint8_t data[65508];
    struct udp *udp = udp_open(UDP_SOCKET, NULL, NULL);
    struct ip_addr peer = ip_addr_from_v4(PEER_IP), all = ip_addr_from_v4(0xc00002ff);
    struct ip_addr v6 = {{0x20, 1}};
    learn_neighbour(netif, PEER_IP);
    TEST_EXPECT_EQ(udp_send(udp, NULL, 0, data, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(udp_send(udp, &peer, 9, data, 65508), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(udp_send(udp, &v6, 9, data, 1), ERR_UNREACHABLE);
    TEST_EXPECT_EQ(udp_send(udp, &all, 9, data, 1), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(udp_set_option(udp, SOCKET_OPTION_BROADCAST, 1), OK);
    TEST_EXPECT_EQ(udp_send(udp, &all, 9, data, 1), OK);
    TEST_EXPECT_MEM_EQ(last_frame()->bytes, everybody, 6);
    frames_clear();
    TEST_EXPECT_EQ(udp_send(udp, &peer, 9, data, 65507), OK);
    TEST_EXPECT_EQ(num_frames, 45);
    size_t total = 0;
    for (unsigned i = 0; i < num_frames; i++) {
        TEST_EXPECT_LE(frames[i].len, 1514);
        total += frames[i].len - 34;
    }
    TEST_EXPECT_EQ(total, 65515);
    udp_close(udp);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("the device is asked for the checksum if it can make it") {
    struct netif *netif = frames_start(1);
    learn_neighbour(netif, PEER_IP);
    struct udp *udp = udp_open(UDP_SOCKET, NULL, NULL);
    struct ip_addr peer = ip_addr_from_v4(PEER_IP);
    TEST_EXPECT_EQ(udp_send(udp, &peer, 9, "hello", 5), OK);
    const struct frame *sent = last_frame();
    TEST_EXPECT_EQ(sent->flags, NET_DESC_TX_CHECKSUM);
    TEST_EXPECT_EQ(sent->csum_start, 34);
    TEST_EXPECT_EQ(sent->csum_offset, 6);
    // What the device does must come out right.
    uint8_t datagram[13];
    memcpy(datagram, sent->bytes + 34, 13);
    uint16_t sum = sum_of(0, datagram, 13);
    be16(datagram + 6, sum);
    uint32_t pseudo =
        (OUR_IP >> 16) + (OUR_IP & 0xffff) + (PEER_IP >> 16) + (PEER_IP & 0xffff) + 17 + 13;
    TEST_EXPECT_EQ(sum_of(pseudo, datagram, 13), 0);
    udp_close(udp);
}

TEST("a socket that had to wait for a device hears when there is room") {
    struct netif *netif = frames_start(0);
    learn_neighbour(netif, PEER_IP);
    struct udp *udp = udp_open(UDP_SOCKET, NULL, NULL);
    struct ip_addr peer = ip_addr_from_v4(PEER_IP);
    frames_blocked = true;
    TEST_EXPECT_EQ(udp_send(udp, &peer, 9, "x", 1), ERR_WOULD_BLOCK);
    TEST_EXPECT_EQ(world_udp_events, 0);
    frames_clear();
    netif_writable(netif);
    TEST_EXPECT_EQ(world_udp_events, SOCKET_WRITABLE);
    TEST_EXPECT_EQ(udp_send(udp, &peer, 9, "x", 1), OK);
    world_udp_events = 0;
    netif_writable(netif);
    TEST_EXPECT_EQ(world_udp_events, 0);
    udp_close(udp);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("queues of datagrams are bounded, in each socket and in all") {
    struct netif *netif = frames_start(0);
    struct udp *sockets[4];
    uint8_t frame[100];
    for (uint16_t i = 0; i < 4; i++) {
        sockets[i] = bound(0, (uint16_t) (100 + i));
        for (int k = 0; k < 200; k++) {
            receive(netif, frame,
                    make_udp(frame, PEER_IP, 1, OUR_IP, (uint16_t) (100 + i), "x", 1));
        }
    }
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS - WORLD_BUFFERS / 4);
    for (unsigned i = 0; i < 4; i++) {
        udp_close(sockets[i]);
    }
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("a datagram may be empty, and then there need be nothing to copy from") {
    struct netif *netif = frames_start(0);
    learn_neighbour(netif, PEER_IP);
    struct udp *udp = bound(0, 7);
    struct ip_addr peer = ip_addr_from_v4(PEER_IP);
    TEST_EXPECT_EQ(udp_send(udp, &peer, 9, NULL, 0), OK);
    TEST_EXPECT_EQ(get_be16(last_frame()->bytes + 38), 8);
    udp_close(udp);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("datagrams that can't be are dropped; one without a checksum isn't") {
    struct netif *netif = frames_start(0);
    struct udp *udp = bound(0, 7);
    uint8_t frame[100];
    size_t len = make_udp(frame, PEER_IP, 1, OUR_IP, 7, "hello", 5);
    be16(frame + 38, 7);
    receive(netif, frame, len);
    be16(frame + 38, 14);
    receive(netif, frame, len);
    TEST_EXPECT(!has(udp));
    len = make_udp(frame, PEER_IP, 1, OUR_IP, 7, "hello", 5);
    be16(frame + 40, 0);
    receive(netif, frame, len);
    TEST_EXPECT(has(udp));
    receive(netif, frame, make_udp(frame, PEER_IP, 1, OUR_IP, 7, "", 0));
    TEST_EXPECT(has(udp));
    udp_close(udp);
}

TEST("sockets are listed") {
    frames_start(0);
    struct udp *udp = bound(OUR_IP, 7);
    struct inet_udp_info info;
    unsigned found = 0;
    for (unsigned i = 0; inet_udp_info(i, &info); i++) {
        found += info.local_port == 7 && !info.echo && ip_addr_v4(&info.local) == OUR_IP;
    }
    TEST_EXPECT_EQ(found, 1);
    udp_close(udp);
}
