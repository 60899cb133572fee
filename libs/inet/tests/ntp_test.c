#include <string.h>
#include <unittest.h>

#include "frames.h"
#include "world.h"

#define SERVER 0xc000020au
/// 2026-01-01 00:00:00 UTC, by NTP's and by UNIX's count.
#define NTP_2026  3976214400u
#define UNIX_2026 1767225600

static struct netif *start(void) {
    struct netif *netif = frames_start(0);
    struct ip_addr server = ip_addr_from_v4(SERVER);
    learn_neighbour(netif, SERVER);
    struct inet_settings settings = {.dhcp = true, .time_servers = &server, .num_time_servers = 1};
    inet_set(&settings);
    world_pass(0);
    TEST_EXPECT_EQ(num_frames, 1);
    return netif;
}

static uint8_t packet[48];

/// A right answer to the last question.
static void prepare(void) {
    const uint8_t *asked = last_frame()->bytes + 42;
    memset(packet, 0, sizeof(packet));
    packet[0] = 0x24;
    packet[1] = 2;
    memcpy(packet + 24, asked + 40, 8);
    be32(packet + 32, NTP_2026);
    be32(packet + 40, NTP_2026);
    be32(packet + 44, 0x80000000);
}

static void deliver(struct netif *netif, size_t len) {
    uint8_t frame[200];
    uint16_t port = (uint16_t) get_be16(last_frame()->bytes + 34);
    receive(netif, frame, make_udp(frame, SERVER, 123, OUR_IP, port, packet, len));
}

TEST("the time of day, with half of the round trip") {
    struct netif *netif = start();
    const uint8_t *asked = last_frame()->bytes + 42;
    TEST_EXPECT_EQ(asked[0], 0x23);
    TEST_EXPECT_EQ(last_frame()->len, 42 + 48);
    world_pass(100);
    prepare();
    deliver(netif, 48);
    TEST_EXPECT_EQ(world_times, 1);
    TEST_EXPECT_EQ(world_unix_ms, UNIX_2026 * INT64_C(1000) + 500 + 50);
    TEST_EXPECT_EQ(world_time_error, 51);
    // One answer only.
    deliver(netif, 48);
    TEST_EXPECT_EQ(world_times, 1);
}

TEST("after 2036 there is another era") {
    struct netif *netif = start();
    prepare();
    be32(packet + 40, 1000);
    deliver(netif, 48);
    TEST_EXPECT_EQ(world_unix_ms, INT64_C(2085979496500));
}

TEST("answers that can't be are not believed") {
    static const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {{0, 0xe4}, {0, 0x23}, {0, 0x14}, {0, 0x2c}, {1, 16},
                 {24, 1},   {31, 1},   {4, 1},    {5, 1},    {9, 1}};
    struct netif *netif = start();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        prepare();
        packet[wrong[i].at] ^= (wrong[i].at >= 24) ? wrong[i].value : 0;
        packet[wrong[i].at] = (wrong[i].at >= 24) ? packet[wrong[i].at] : wrong[i].value;
        deliver(netif, 48);
        TEST_EXPECT_EQ(world_times, 0);
    }
    prepare();
    memset(packet + 40, 0, 8);
    deliver(netif, 48);
    prepare();
    deliver(netif, 47);
    TEST_EXPECT_EQ(world_times, 0);
    deliver(netif, 48);
    TEST_EXPECT_EQ(world_times, 1);
}

TEST("an answer that took too long is not believed") {
    struct netif *netif = start();
    world_pass(2500);
    prepare();
    deliver(netif, 48);
    TEST_EXPECT_EQ(world_times, 0);
}

TEST("silence is asked more and more rarely, an answer lasts for a quarter of an hour") {
    struct netif *netif = start();
    learn_neighbour(netif, SERVER);
    world_pass(60000);
    TEST_EXPECT_GE(num_frames, 2);
    world_pass(20000);
    frames_clear();
    learn_neighbour(netif, SERVER);
    world_pass(900000);
    unsigned questions = 0;
    for (unsigned i = 0; i < num_frames; i++) {
        questions += get_be16(frames[i].bytes + 12) == 0x0800;
    }
    TEST_EXPECT_LE(questions, 5);
}

TEST("a server that wants to be left alone is") {
    struct netif *netif = start();
    prepare();
    packet[1] = 0;
    memcpy(packet + 12, "RATE", 4);
    deliver(netif, 48);
    frames_clear();
    world_pass(1000000);
    TEST_EXPECT_EQ(num_frames, 0);
    TEST_EXPECT_EQ(world_times, 0);
}
