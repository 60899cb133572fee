#include "ethernet.h"

#include <inet/bytes.h>

#include "addr.h"
#include "arp.h"
#include "counters.h"
#include "ip.h"

void ethernet_header(uint8_t *header, const uint8_t dst[6], const uint8_t src[6], uint16_t type) {
    memcpy(header, dst, MAC_LEN);
    memcpy(header + MAC_LEN, src, MAC_LEN);
    put16(header + 12, type);
}

void ethernet_group_mac(const struct ip_addr *addr, uint8_t mac[6]) {
    static const uint8_t v4_group[3] = {0x01, 0x00, 0x5e};
    if (!ip_addr_is_v4(addr)) {
        mac[0] = mac[1] = 0x33;
        memcpy(mac + 2, addr->bytes + V4_OFFSET, 4);
    } else if (v4_is_multicast(ip_addr_v4(addr))) {
        memcpy(mac, v4_group, sizeof(v4_group));
        memcpy(mac + 3, addr->bytes + V4_OFFSET + 1, 3);
        mac[3] &= 0x7f;
    } else {
        memset(mac, 0xff, MAC_LEN);
    }
}

error_t ethernet_send(struct netif *netif, const uint8_t header[ETHERNET_LEN], struct buf *packet) {
    packet->start = (uint16_t) (packet->start - ETHERNET_LEN);
    packet->len = (uint16_t) (packet->len + ETHERNET_LEN);
    memcpy(buf_data(packet), header, ETHERNET_LEN);

    struct netif_frame frame = {.num_pieces = 0};
    for (struct buf *buf = packet; buf != NULL; buf = buf->next) {
        if (buf->len == 0) {
            continue;
        }
        if (frame.num_pieces == netif->max_pieces) {
            buf_free(packet);
            return ERR_TOO_LARGE;
        }
        frame.descs[frame.num_pieces].place = buf_number(buf) * NET_BUFFER_LEN + buf->start;
        frame.descs[frame.num_pieces].len = buf->len;
        frame.bufs[frame.num_pieces] = buf;
        frame.num_pieces++;
        buf_ref(buf);
    }
    error_t err = netif_transmit(netif, &frame);
    for (unsigned i = 0; IS_ERROR(err) && i < frame.num_pieces; i++) {
        buf_unref(frame.bufs[i]);
    }
    buf_free(packet);
    return err;
}

static bool macs_differ(const uint8_t *a, const uint8_t *b) {
    uint32_t a_first, b_first;
    uint16_t a_last, b_last;
    memcpy(&a_first, a, sizeof(a_first));
    memcpy(&b_first, b, sizeof(b_first));
    memcpy(&a_last, a + sizeof(a_first), sizeof(a_last));
    memcpy(&b_last, b + sizeof(b_first), sizeof(b_last));
    return a_first != b_first || a_last != b_last;
}

static void drop(struct netif *netif, struct buf *frame, enum counter why) {
    inet_count(why);
    netif->traffic.rx_dropped++;
    buf_free(frame);
}

void netif_count_dropped(struct netif *netif, unsigned frames) {
    netif->traffic.rx_dropped += frames;
}

void netif_input(struct netif *netif, struct buf *frame) {
    netif->traffic.rx_packets++;
    netif->traffic.rx_bytes += frame->total;
    if (netif->loopback) {
        bool v6 = buf_data(frame)[0] >> 4 == 6;
        (v6 ? ipv6_input : ipv4_input)(netif, frame, false);
        return;
    }
    if (!buf_pull_up(frame, ETHERNET_LEN)) {
        drop(netif, frame, ETHERNET_SHORT);
        return;
    }

    const uint8_t *header = buf_data(frame);
    bool group = mac_is_group(header);
    if (!group && macs_differ(header, netif->mac)) {
        drop(netif, frame, ETHERNET_OTHERS);
        return;
    }
    uint16_t type = get16(header + 12);
    frame->start += ETHERNET_LEN;
    frame->len = (uint16_t) (frame->len - ETHERNET_LEN);
    frame->total -= ETHERNET_LEN;
    if (LIKELY(type == ETHERTYPE_IPV4)) {
        ipv4_input(netif, frame, group);
    } else if (type == ETHERTYPE_IPV6) {
        ipv6_input(netif, frame, group);
    } else if (type == ETHERTYPE_ARP) {
        arp_input(netif, frame);
    } else {
        drop(netif, frame, ETHERNET_UNKNOWN_TYPE);
    }
}
