// RFC 4443.

#include <inet/bytes.h>
#include <inet/tcp.h>

#include "addr.h"
#include "checksum.h"
#include "counters.h"
#include "ip.h"
#include "mld.h"
#include "nd.h"
#include "route.h"
#include "udp.h"

#define TYPE_UNREACHABLE   1
#define TYPE_TOO_BIG       2
#define TYPE_TIME_EXCEEDED 3
#define TYPE_PARAMETER     4
#define TYPE_ECHO          128
#define TYPE_ECHO_REPLY    129

#define CODE_PROHIBITED  1
#define CODE_PORT        4
#define CODE_NEXT_HEADER 1
#define CODE_REASSEMBLY  1

#define ICMP_HEADER_LEN 8
#define QUOTED_MIN      8
#define QUOTED_MAX      64

static void send(const struct ip_info *info, struct buf *packet) {
    struct ip_route route;
    static const struct ip_addr any;
    const struct ip_addr *from = info->broadcast ? &any : &info->dst;
    if (IS_ERROR(ip_route(&info->src, from, &route))) {
        buf_free(packet);
        return;
    }
    // On a link there are link-local addresses of many links: the answer goes where the question came from.
    if (ip_addr_is_link_local(&info->src) && !info->netif->loopback) {
        route_on_link(info->netif, &route.src, &info->src, &route);
    }
    // If there is no room for it, its sender can do without.
    (void) !ip_send_chain(&route, &info->src, IP_PROTO_ICMPV6, 0, 2, packet);
}

void icmpv6_send_error(const struct ip_info *info, const struct buf *packet, enum ip_refusal why) {
    struct buf *error = icmp_quote(info, packet, ICMP_HEADER_LEN, IPV6_MTU_MIN - IPV6_HEADER_LEN);
    if (error == NULL) {
        return;
    }
    uint8_t *icmp = buf_data(error);
    if (why == IP_REFUSE_PORT) {
        icmp[0] = TYPE_UNREACHABLE;
        icmp[1] = CODE_PORT;
    } else if (why == IP_REFUSE_PROTOCOL) {
        icmp[0] = TYPE_PARAMETER;
        icmp[1] = CODE_NEXT_HEADER;
        put32(icmp + 4,
              6);  // Where the header says so; with extension headers it is one of theirs.
    } else {
        icmp[0] = TYPE_TIME_EXCEEDED;
        icmp[1] = CODE_REASSEMBLY;
    }
    send(info, error);
}

static enum ip_failure failure_of(uint8_t type, uint8_t code) {
    switch (type) {
    case TYPE_TOO_BIG:
        return IP_TOO_BIG;
    case TYPE_TIME_EXCEEDED:
        return IP_TTL_EXCEEDED;
    case TYPE_PARAMETER:
        return IP_NO_PORT;
    default:
        return (code == CODE_PORT)         ? IP_NO_PORT
               : (code == CODE_PROHIBITED) ? IP_PROHIBITED
                                           : IP_NO_ROUTE;
    }
}

/// An error about a packet of ours, which we send without extension headers.
static bool handle_error(struct buf *packet) {
    uint8_t bytes[ICMP_HEADER_LEN + QUOTED_MAX];
    size_t len = MIN(packet->total, sizeof(bytes)), before = ICMP_HEADER_LEN + IPV6_HEADER_LEN;
    if (len < before + QUOTED_MIN) {
        return false;
    }
    buf_copy_out(packet, 0, bytes, len);
    const uint8_t *quoted = bytes + ICMP_HEADER_LEN;
    struct ip_error error = {.failure = failure_of(bytes[0], bytes[1]),
                             .mtu = get32(bytes + 4),
                             .quoted = bytes + before,
                             .quoted_len = len - before};
    memcpy(error.src.bytes, quoted + 8, IP_ADDR_LEN);
    memcpy(error.dst.bytes, quoted + 24, IP_ADDR_LEN);
    if (quoted[0] >> 4 != 6 || netif_with_addr(&error.src, NULL) == NULL) {
        return false;
    }
    inet_count(ICMP_ERRORS_IN);
    ip_deliver_error(quoted[6], &error);
    return true;
}

static bool is_discovery(uint8_t type) {
    return type >= ND_ROUTER_SOLICITATION && type <= ND_NEIGHBOUR_ADVERTISEMENT;
}

static void drop(const struct ip_info *info, struct buf *packet) {
    inet_count(ICMP_BAD);
    info->netif->traffic.rx_dropped++;
    buf_free(packet);
}

/// Answers with the same packet. To a group's, too, from an address of our own.
static void answer_echo(const struct ip_info *info, struct buf *packet) {
    buf_data(packet)[0] = TYPE_ECHO_REPLY;
    inet_count(ICMP_ECHOES);
    send(info, packet);
}

void icmpv6_input(const struct ip_info *info, struct buf *packet) {
    bool trusted = packet->flags & NET_DESC_RX_TRUSTED;
    uint32_t sum = ip_sum_pseudo(&info->src, &info->dst, info->protocol, packet->total);
    if (!buf_pull_up(packet, ICMP_HEADER_LEN)
        || (!trusted && ip_sum_fold(ip_sum_packet(sum, packet)) != 0)) {
        drop(info, packet);
        return;
    }
    uint8_t type = buf_data(packet)[0];
    bool nobody = ip_addr_is_any(&info->src);
    bool is_error = type >= TYPE_UNREACHABLE && type <= TYPE_PARAMETER;
    if (is_discovery(type)) {
        nd_input(info, packet);
    } else if (type == MLD_QUERY) {
        mld_input(info, packet);
    } else if (nobody || (is_error && !handle_error(packet))) {
        drop(info, packet);
        return;
    } else if (type == TYPE_ECHO) {
        answer_echo(info, packet);
        return;
    } else if (type == TYPE_ECHO_REPLY) {
        udp_echo_input(info, packet);
        return;
    }
    buf_free(packet);
}
