#include <inet/info.h>
#include <inet/ip.h>
#include <inet/udp.h>
#include <message.h>
#include <string.h>
#include <unittest.h>

#include "frames.h"
#include "world.h"

static void send_arp(struct netif *netif, uint16_t op, const uint8_t *mac, uint32_t sender,
                     uint32_t target) {
    uint8_t frame[64];
    uint8_t *end =
        put_arp(put_ethernet(frame, everybody, mac, 0x0806), op, mac, sender, our_mac, target);
    receive(netif, frame, (size_t) (end - frame));
}

static error_t send_to(struct udp *udp, uint32_t addr) {
    struct ip_addr dst = ip_addr_from_v4(addr);
    return udp_send(udp, &dst, 9, "x", 1);
}

static struct udp *open_socket(void) {
    return udp_open(UDP_SOCKET, NULL, NULL);
}

static bool neighbour_info(uint32_t addr, struct inet_neighbour_info *info) {
    struct ip_addr wanted = ip_addr_from_v4(addr);
    for (unsigned i = 0; inet_neighbour_info(i, info); i++) {
        if (ip_addr_equals(&info->addr, &wanted)) {
            return true;
        }
    }
    return false;
}

TEST("an ARP request for our address is answered") {
    struct netif *netif = frames_start(0);
    send_arp(netif, 1, peer_mac, PEER_IP, OUR_IP);
    TEST_EXPECT_EQ(num_frames, 1);
    uint8_t expected[64];
    uint8_t *end = put_arp(put_ethernet(expected, peer_mac, our_mac, 0x0806), 2, our_mac, OUR_IP,
                           peer_mac, PEER_IP);
    TEST_EXPECT_EQ(last_frame()->len, (size_t) (end - expected));
    TEST_EXPECT_MEM_EQ(last_frame()->bytes, expected, (size_t) (end - expected));
}

TEST("an ARP request for another's address is not answered") {
    struct netif *netif = frames_start(0);
    send_arp(netif, 1, peer_mac, PEER_IP, PEER_IP + 1);
    TEST_EXPECT_EQ(num_frames, 0);
}

TEST("a probe for our address, which has no sender, is answered") {
    struct netif *netif = frames_start(0);
    send_arp(netif, 1, peer_mac, 0, OUR_IP);
    TEST_EXPECT_EQ(num_frames, 1);
}

TEST("a packet waits for its neighbour's address") {
    struct netif *netif = frames_start(0);
    struct udp *udp = open_socket();
    TEST_EXPECT_EQ(send_to(udp, PEER_IP), OK);
    TEST_EXPECT_EQ(num_frames, 1);
    TEST_EXPECT_MEM_EQ(last_frame()->bytes, everybody, 6);
    TEST_EXPECT_EQ(get_be16(last_frame()->bytes + 12), 0x0806);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 14 + 24), PEER_IP);
    answer_arp(netif, peer_mac);
    TEST_EXPECT_EQ(num_frames, 2);
    TEST_EXPECT_MEM_EQ(last_frame()->bytes, peer_mac, 6);
    TEST_EXPECT_EQ(get_be16(last_frame()->bytes + 12), 0x0800);
    TEST_EXPECT_EQ(send_to(udp, PEER_IP), OK);
    TEST_EXPECT_EQ(num_frames, 3);
    udp_close(udp);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("what waits for a neighbour has its checksum, though the device would have made it") {
    struct netif *netif = frames_start(1);
    struct udp *udp = open_socket();
    TEST_EXPECT_EQ(send_to(udp, PEER_IP), OK);
    answer_arp(netif, peer_mac);
    const uint8_t *ip = last_frame()->bytes + 14;
    uint32_t pseudo =
        17 + 9 + (OUR_IP >> 16) + (OUR_IP & 0xffff) + (PEER_IP >> 16) + (PEER_IP & 0xffff);
    TEST_EXPECT_EQ(last_frame()->flags, 0);
    TEST_EXPECT_EQ(sum_of(pseudo, ip + 20, 9), 0);
    udp_close(udp);
}

TEST("what is far goes to the gateway") {
    struct netif *netif = frames_start(0);
    struct udp *udp = open_socket();
    TEST_EXPECT_EQ(send_to(udp, FAR_IP), OK);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 14 + 24), GATEWAY_IP);
    answer_arp(netif, peer_mac);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 14 + 16), FAR_IP);
    udp_close(udp);
}

TEST("few packets wait for a neighbour, and none for ever") {
    frames_start(0);
    struct udp *udp = open_socket();
    for (int i = 0; i < 3; i++) {
        TEST_EXPECT_EQ(send_to(udp, PEER_IP), OK);
    }
    TEST_EXPECT_EQ(send_to(udp, PEER_IP), ERR_WOULD_BLOCK);
    TEST_EXPECT_EQ(num_frames, 1);
    world_pass(3100);
    TEST_EXPECT_EQ(num_frames, 3);
    struct inet_neighbour_info info;
    TEST_EXPECT(!neighbour_info(PEER_IP, &info));
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
    udp_close(udp);
}

TEST("who had no place to wait for a neighbour hears when it has answered") {
    struct netif *netif = frames_start(0);
    struct udp *udp = open_socket();
    for (int i = 0; i < 3; i++) {
        TEST_EXPECT_EQ(send_to(udp, PEER_IP), OK);
    }
    TEST_EXPECT_EQ(send_to(udp, PEER_IP), ERR_WOULD_BLOCK);
    TEST_EXPECT_EQ(world_udp_events, 0);
    answer_arp(netif, peer_mac);
    TEST_EXPECT_EQ(world_udp_events, SOCKET_WRITABLE);
    TEST_EXPECT_EQ(num_frames, 4);
    udp_close(udp);
}

TEST("all neighbours together have few packets that wait") {
    frames_start(0);
    struct udp *udp = open_socket();
    unsigned refused = 0;
    for (uint32_t i = 3; i < 53; i++) {
        refused += send_to(udp, OUR_IP + i) == ERR_WOULD_BLOCK;
    }
    TEST_EXPECT_EQ(refused, 50 - 32);
    udp_close(udp);
}

static void expect_gateway(uint32_t gateway) {
    static const struct ip_addr any;
    struct ip_addr dst = ip_addr_from_v4(FAR_IP);
    struct ip_route route;
    TEST_EXPECT_EQ(ip_route(&dst, &any, &route), OK);
    TEST_EXPECT_EQ(ip_addr_v4(&route.next_hop), gateway);
}

/// Sends something far away; nobody answers.
static void send_in_vain(void) {
    struct ip_addr dst = ip_addr_from_v4(FAR_IP);
    struct udp *udp = udp_open(UDP_SOCKET, NULL, NULL);
    TEST_EXPECT_EQ(udp_send(udp, &dst, 9, "x", 1), OK);
    world_pass(4000);
    udp_close(udp);
}

TEST("a gateway that doesn't answer is left for another one, for a while") {
    const uint32_t second_gateway = 0xcb007102;
    struct ip_addr addr = ip_addr_from_v4(0xcb007101), gateway = ip_addr_from_v4(second_gateway);
    frames_start(0);
    struct netif *second = frames_add_netif("eth", other_mac, 0);
    TEST_EXPECT_EQ(netif_configure(second, &addr, 24, &gateway), OK);
    netif_set_link(second, true, 100);
    expect_gateway(GATEWAY_IP);
    send_in_vain();
    expect_gateway(second_gateway);
    // It is silent as well: then the first is as good.
    send_in_vain();
    expect_gateway(GATEWAY_IP);
    world_pass(300000);
    expect_gateway(GATEWAY_IP);
    send_in_vain();
    expect_gateway(second_gateway);
    world_pass(301000);
    expect_gateway(GATEWAY_IP);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("a gateway that was silent is the first again when it answers") {
    struct ip_addr addr = ip_addr_from_v4(0xcb007101), gateway = ip_addr_from_v4(0xcb007102);
    struct netif *netif = frames_start(0), *second = frames_add_netif("eth", other_mac, 0);
    TEST_EXPECT_EQ(netif_configure(second, &addr, 24, &gateway), OK);
    netif_set_link(second, true, 100);
    send_in_vain();
    expect_gateway(0xcb007102);
    learn_neighbour(netif, GATEWAY_IP);
    expect_gateway(GATEWAY_IP);
}

TEST("an answer that nobody has asked for teaches nothing") {
    struct netif *netif = frames_start(0);
    struct inet_neighbour_info info;
    send_arp(netif, 2, peer_mac, PEER_IP, OUR_IP);
    send_arp(netif, 1, peer_mac, PEER_IP, PEER_IP);
    send_arp(netif, 1, peer_mac, PEER_IP, OUR_IP);
    TEST_EXPECT(!neighbour_info(PEER_IP, &info));
    TEST_EXPECT_EQ(num_frames, 1);
}

TEST("a known neighbour isn't replaced by who claims its address, but asked") {
    struct netif *netif = frames_start(0);
    struct inet_neighbour_info info;
    learn_neighbour(netif, PEER_IP);
    send_arp(netif, 2, other_mac, PEER_IP, OUR_IP);
    TEST_EXPECT(neighbour_info(PEER_IP, &info));
    TEST_EXPECT_MEM_EQ(info.mac, peer_mac, 6);
    TEST_EXPECT_EQ(num_frames, 1);
    TEST_EXPECT_MEM_EQ(last_frame()->bytes, peer_mac, 6);
    send_arp(netif, 2, other_mac, PEER_IP, OUR_IP);
    TEST_EXPECT(neighbour_info(PEER_IP, &info));
    TEST_EXPECT_MEM_EQ(info.mac, peer_mac, 6);
    answer_arp(netif, peer_mac);
    TEST_EXPECT(neighbour_info(PEER_IP, &info));
    TEST_EXPECT(info.reachable);
}

TEST("a neighbour that has a new MAC address is found when the old one doesn't answer") {
    struct netif *netif = frames_start(0);
    struct inet_neighbour_info info;
    learn_neighbour(netif, PEER_IP);
    send_arp(netif, 2, other_mac, PEER_IP, OUR_IP);
    world_pass(3100);
    TEST_EXPECT_MEM_EQ(last_frame()->bytes, everybody, 6);
    answer_arp(netif, other_mac);
    TEST_EXPECT(neighbour_info(PEER_IP, &info));
    TEST_EXPECT_MEM_EQ(info.mac, other_mac, 6);
}

TEST("a neighbour that was silent for long is asked while it is used, first directly") {
    struct netif *netif = frames_start(0);
    struct inet_neighbour_info info;
    struct udp *udp = open_socket();
    learn_neighbour(netif, PEER_IP);
    world_pass(31000);
    TEST_EXPECT(neighbour_info(PEER_IP, &info));
    TEST_EXPECT(!info.reachable);
    TEST_EXPECT_EQ(num_frames, 0);
    TEST_EXPECT_EQ(send_to(udp, PEER_IP), OK);
    TEST_EXPECT_EQ(num_frames, 1);
    world_pass(5100);
    TEST_EXPECT_EQ(num_frames, 2);
    TEST_EXPECT_EQ(get_be16(last_frame()->bytes + 12), 0x0806);
    TEST_EXPECT_MEM_EQ(last_frame()->bytes, peer_mac, 6);
    answer_arp(netif, peer_mac);
    world_pass(10000);
    TEST_EXPECT_EQ(num_frames, 2);
    udp_close(udp);
}

TEST("who uses our address is told of, and answered once in a while") {
    struct netif *netif = frames_start(0);
    uint64_t before = counter("arp.conflicts");
    for (int i = 0; i < 5; i++) {
        send_arp(netif, 1, other_mac, OUR_IP, OUR_IP);
    }
    TEST_EXPECT_EQ(counter("arp.conflicts"), before + 5);
    TEST_EXPECT_EQ(num_frames, 1);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 14 + 14), OUR_IP);
    TEST_EXPECT_EQ(get_be32(last_frame()->bytes + 14 + 24), OUR_IP);
    world_pass(11000);
    send_arp(netif, 2, other_mac, OUR_IP, OUR_IP);
    TEST_EXPECT_EQ(num_frames, 2);
}

TEST("ARP packets that are no good are dropped") {
    struct netif *netif = frames_start(0);
    uint8_t good[64], frame[64];
    uint8_t *end = put_arp(put_ethernet(good, our_mac, peer_mac, 0x0806), 1, peer_mac, PEER_IP,
                           our_mac, OUR_IP);
    size_t len = (size_t) (end - good);
    for (size_t cut = 0; cut < len; cut++) {
        receive(netif, good, cut);
    }
    static const size_t damaged[] = {14, 15, 16, 17, 18, 19, 20};
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        memcpy(frame, good, len);
        frame[damaged[i]] ^= 0x40;
        receive(netif, frame, len);
    }
    memcpy(frame, good, len);
    frame[22] |= 1;  // A group's MAC address.
    receive(netif, frame, len);
    memcpy(frame, good, len);
    frame[28] = 224;
    receive(netif, frame, len);
    TEST_EXPECT_EQ(num_frames, 0);
    receive(netif, good, len);
    TEST_EXPECT_EQ(num_frames, 1);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}

TEST("the table of neighbours is bounded") {
    struct netif *netif = frames_start(0);
    struct ip_addr addr = ip_addr_from_v4(0x0a000001);
    TEST_EXPECT_EQ(netif_configure(netif, &addr, 8, NULL), OK);
    struct udp *udp = open_socket();
    for (uint32_t i = 2; i < 600; i++) {
        (void) send_to(udp, 0x0a000000 + i * 7);
        frames_clear();
    }
    struct inet_neighbour_info info;
    unsigned count = 0;
    while (inet_neighbour_info(count, &info)) {
        count++;
    }
    TEST_EXPECT_EQ(count, 128);
    udp_close(udp);
    world_pass(10000);
    TEST_EXPECT_EQ(buf_num_free(), WORLD_BUFFERS);
}
