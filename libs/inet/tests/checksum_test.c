#include "../src/checksum.h"

#include <inet/env.h>
#include <string.h>
#include <unittest.h>

#include "../src/addr.h"
#include "../src/hash.h"
#include "world.h"

/// The definition: big-endian words, one's complement.
static uint16_t slow_checksum(const uint8_t *data, size_t len) {
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += (i % 2 == 0) ? (uint32_t) data[i] << 8 : data[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t) ~sum;
}

TEST("the Internet checksum of all lengths and places") {
    static uint8_t data[600];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (i < 300) ? 0xff : (uint8_t) (i * 37);
    }
    for (size_t start = 0; start < 9; start++) {
        for (size_t len = 0; len + start < sizeof(data); len += 1 + len / 70) {
            TEST_EXPECT_EQ(ip_sum_fold(ip_sum(0, data + start, len)),
                           slow_checksum(data + start, len));
        }
    }
}

TEST("the sum of a packet in pieces of odd lengths") {
    uint8_t data[200];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t) (i * 91 + 3);
    }
    for (size_t piece = 1; piece < 20; piece++) {
        world_reset();
        struct buf *packet = world_packet(data, sizeof(data), piece);
        TEST_EXPECT_EQ(ip_sum_fold(ip_sum_packet(0, packet)), slow_checksum(data, sizeof(data)));
        buf_free(packet);
    }
}

TEST("the checksum of a UDP datagram with its pseudo header") {
    // 192.0.2.1:1000 to 192.0.2.2:53, "hi".
    uint8_t datagram[] = {0x03, 0xe8, 0x00, 0x35, 0x00, 0x0a, 0x00, 0x00, 'h', 'i'};
    struct ip_info info = {.src = ip_addr_from_v4(0xc0000201),
                           .dst = ip_addr_from_v4(0xc0000202),
                           .protocol = IP_PROTO_UDP};
    uint32_t sum = ip_sum_pseudo(&info.src, &info.dst, IP_PROTO_UDP, sizeof(datagram));
    put16(datagram + 6, ip_sum_fold(ip_sum(sum, datagram, sizeof(datagram))));
    // c000+0201+c000+0202 + 0011+000a + 03e8+0035+000a+6869 = 1f0ae: f0af, inverted.
    TEST_EXPECT_EQ(get16(datagram + 6), 0x0f50);
    world_reset();
    struct buf *packet = world_packet(datagram, sizeof(datagram), 3);
    TEST_EXPECT(ip_checksum_ok(&info, packet));
    packet->base[packet->start] ^= 1;
    TEST_EXPECT(!ip_checksum_ok(&info, packet));
    packet->flags = NET_DESC_RX_TRUSTED;
    TEST_EXPECT(ip_checksum_ok(&info, packet));
    buf_free(packet);
}

TEST("SipHash-2-4 of its paper's example") {
    // Appendix A: key 00 01 … 0f, 15 bytes 00 01 … 0e.
    const uint64_t secret[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    uint8_t data[15];
    for (uint8_t i = 0; i < sizeof(data); i++) {
        data[i] = i;
    }
    TEST_EXPECT_EQ(siphash(secret, data, sizeof(data)), 0xa129ca6149be45e5u);
}
