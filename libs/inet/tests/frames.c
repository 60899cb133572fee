#include "frames.h"

#include <inet/env.h>
#include <inet/info.h>
#include <inet/ip.h>
#include <inet/udp.h>
#include <net/ring.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

struct frame frames[FRAMES_MAX];
unsigned num_frames;
bool frames_blocked;
bool frames_with_reports;

const uint8_t our_mac[6] = {0x52, 0x54, 0, 0, 0, 1};
const uint8_t peer_mac[6] = {0x52, 0x54, 0, 0, 0, 2};
const uint8_t other_mac[6] = {0x52, 0x54, 0, 0, 0, 3};
const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

void be16(uint8_t *p, unsigned value) {
    p[0] = (uint8_t) (value >> 8);
    p[1] = (uint8_t) value;
}

void be32(uint8_t *p, uint32_t value) {
    be16(p, value >> 16);
    be16(p + 2, value & 0xffff);
}

unsigned get_be16(const uint8_t *p) {
    return (unsigned) p[0] << 8 | p[1];
}

uint32_t get_be32(const uint8_t *p) {
    return (uint32_t) get_be16(p) << 16 | get_be16(p + 2);
}

uint16_t sum_of(uint32_t start, const uint8_t *data, size_t len) {
    uint32_t sum = start;
    for (size_t i = 0; i < len; i++) {
        sum += (i % 2 == 0) ? (uint32_t) data[i] << 8 : data[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t) ~sum;
}

/// IPv6 with a header of options: only reports of groups are sent in such.
static bool is_report(const struct frame *frame) {
    return frame->len > 54 && get_be16(frame->bytes + 12) == 0x86dd && frame->bytes[20] == 0;
}

static error_t keep(void *device, const struct netif_frame *frame) {
    (void) device;
    if (frames_blocked) {
        return ERR_WOULD_BLOCK;
    }
    if (num_frames == FRAMES_MAX) {
        abort();
    }
    struct frame *kept = &frames[num_frames++];
    const struct net_desc *first = &frame->descs[0];
    *kept = (struct frame){.flags = first->flags,
                           .csum_start = first->csum_start,
                           .csum_offset = first->csum_offset,
                           .mss = first->mss,
                           .header_len = first->header_len,
                           .num_pieces = frame->num_pieces};
    for (unsigned i = 0; i < frame->num_pieces; i++) {
        const struct net_desc *desc = &frame->descs[i];
        size_t offset = desc->place % NET_BUFFER_LEN;
        if (offset + desc->len > NET_BUFFER_LEN || kept->len + desc->len > FRAME_MAX
            || buf_number(frame->bufs[i]) != desc->place / NET_BUFFER_LEN) {
            abort();
        }
        memcpy(kept->bytes + kept->len, frame->bufs[i]->base + offset, desc->len);
        kept->len += desc->len;
        buf_unref(frame->bufs[i]);
    }
    num_frames -= is_report(kept) && !frames_with_reports;
    return OK;
}

static const struct netif_ops ops = {.send = keep};

void frames_clear(void) {
    num_frames = 0;
    frames_blocked = false;
}

const struct frame *last_frame(void) {
    if (num_frames == 0) {
        static const struct frame none;
        TEST_EXPECT_GT(num_frames, 0);
        return &none;
    }
    return &frames[num_frames - 1];
}

struct netif *frames_add_netif(const char *name, const uint8_t mac[6], unsigned features) {
    return netif_add(name, mac, 1500, features, 36, &ops, NULL);
}

struct netif *frames_start_bare(unsigned features) {
    world_start();
    frames_clear();
    frames_with_reports = false;
    return frames_add_netif("eth", our_mac, features);
}

struct netif *frames_start(unsigned features) {
    struct netif *netif = frames_start_bare(features);
    struct ip_addr addr = ip_addr_from_v4(OUR_IP), gateway = ip_addr_from_v4(GATEWAY_IP);
    TEST_EXPECT_EQ(netif_configure(netif, &addr, 24, &gateway), OK);
    netif_set_link(netif, true, 1000);
    frames_clear();
    return netif;
}

uint8_t *put_ethernet(uint8_t *p, const uint8_t dst[6], const uint8_t src[6], uint16_t type) {
    memcpy(p, dst, 6);
    memcpy(p + 6, src, 6);
    be16(p + 12, type);
    return p + 14;
}

uint8_t *put_arp(uint8_t *p, uint16_t op, const uint8_t sender_mac[6], uint32_t sender,
                 const uint8_t target_mac[6], uint32_t target) {
    static const uint8_t start[] = {0, 1, 8, 0, 6, 4};
    memcpy(p, start, sizeof(start));
    be16(p + 6, op);
    memcpy(p + 8, sender_mac, 6);
    be32(p + 14, sender);
    memcpy(p + 18, target_mac, 6);
    be32(p + 24, target);
    return p + 28;
}

uint8_t *put_ipv4(uint8_t *p, uint32_t src, uint32_t dst, uint8_t protocol, size_t payload_len,
                  uint16_t id, uint16_t fragment) {
    memset(p, 0, 20);
    p[0] = 0x45;
    be16(p + 2, 20 + (unsigned) payload_len);
    be16(p + 4, id);
    be16(p + 6, fragment);
    p[8] = 64;
    p[9] = protocol;
    be32(p + 12, src);
    be32(p + 16, dst);
    be16(p + 10, sum_of(0, p, 20));
    return p + 20;
}

size_t make_udp(uint8_t *frame, uint32_t src, uint16_t src_port, uint32_t dst, uint16_t dst_port,
                const void *data, size_t len) {
    bool broadcast = dst == 0xffffffff || dst == 0xc00002ff;
    uint8_t *ip = put_ethernet(frame, broadcast ? everybody : our_mac, peer_mac, 0x0800);
    uint8_t *udp = put_ipv4(ip, src, dst, 17, 8 + len, 1, 0);
    be16(udp, src_port);
    be16(udp + 2, dst_port);
    be16(udp + 4, 8 + (unsigned) len);
    be16(udp + 6, 0);
    memcpy(udp + 8, data, len);
    uint32_t pseudo =
        (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + 17 + 8 + (uint32_t) len;
    uint16_t sum = sum_of(pseudo, udp, 8 + len);
    be16(udp + 6, (sum == 0) ? 0xffff : sum);
    return 14 + 20 + 8 + len;
}

size_t make_icmp(uint8_t *frame, uint32_t src, uint32_t dst, uint8_t type, uint8_t code,
                 uint32_t rest, const void *data, size_t len) {
    uint8_t *ip = put_ethernet(frame, our_mac, peer_mac, 0x0800);
    uint8_t *icmp = put_ipv4(ip, src, dst, 1, 8 + len, 1, 0);
    memset(icmp, 0, 4);
    icmp[0] = type;
    icmp[1] = code;
    be32(icmp + 4, rest);
    memcpy(icmp + 8, data, len);
    be16(icmp + 2, sum_of(0, icmp, 8 + len));
    return 14 + 20 + 8 + len;
}

void receive_pieces(struct netif *netif, const uint8_t *frame, size_t len, size_t piece) {
    struct buf *packet = world_packet(frame, len, (piece != 0) ? piece : NET_BUFFER_LEN - 64);
    if (packet != NULL) {
        netif_input(netif, packet);
    }
}

void receive(struct netif *netif, const uint8_t *frame, size_t len) {
    receive_pieces(netif, frame, len, 0);
}

void answer_arp(struct netif *netif, const uint8_t mac[6]) {
    uint8_t frame[64];
    const uint8_t *asked = last_frame()->bytes + 14;
    uint8_t *end = put_arp(put_ethernet(frame, our_mac, mac, 0x0806), 2, mac, get_be32(asked + 24),
                           our_mac, get_be32(asked + 14));
    receive(netif, frame, (size_t) (end - frame));
}

void learn_neighbour(struct netif *netif, uint32_t addr) {
    struct ip_addr dst = ip_addr_from_v4(addr);
    struct udp *udp = udp_open(UDP_SOCKET, NULL, NULL);
    TEST_EXPECT_EQ(udp_send(udp, &dst, 9, "", 0), OK);
    answer_arp(netif, peer_mac);
    udp_close(udp);
    frames_clear();
}

uint64_t counter(const char *name) {
    const char *found;
    uint64_t value;
    for (unsigned i = 0; (found = inet_counter(i, &value)) != NULL; i++) {
        if (strcmp(found, name) == 0) {
            return value;
        }
    }
    TEST_EXPECT_STR_EQ(name, "a counter");
    return 0;
}
