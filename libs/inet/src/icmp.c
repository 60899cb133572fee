// RFC 792, and what RFC 1122, 3.2.2, says of it.

#include <inet/bytes.h>
#include <inet/env.h>
#include <inet/tcp.h>

#include "addr.h"
#include "checksum.h"
#include "counters.h"
#include "ip.h"
#include "udp.h"

#define TYPE_ECHO_REPLY    0
#define TYPE_UNREACHABLE   3
#define TYPE_ECHO          8
#define TYPE_TIME_EXCEEDED 11

#define CODE_PROTOCOL         2
#define CODE_PORT             3
#define CODE_TOO_BIG          4
#define CODE_REASSEMBLY       1
#define CODE_NET_PROHIBITED   9
#define CODE_HOST_PROHIBITED  10
#define CODE_ADMIN_PROHIBITED 13

#define ICMP_HEADER_LEN 8
/// Bytes of an error's packet at most: RFC 1812, 4.3.2.3.
#define ERROR_LEN_MAX 576
/// What must be quoted of a transport header.
#define QUOTED_MIN 8
/// Quoted bytes that are looked at.
#define QUOTED_MAX 64

/// Errors may be sent that fast, and so many at once after a pause.
#define ERRORS_PER_S 100
#define ERRORS_BURST 50

static struct {
    uint64_t tokens;  ///< Of an error times 1000.
    uint64_t since;
} limit;

/// Whether an error may be sent now.
static bool icmp_error_allowed(void) {
    uint64_t now = inet_now(), passed = MIN(now - limit.since, 1000);
    limit.tokens = MIN(limit.tokens + passed * ERRORS_PER_S, ERRORS_BURST * 1000);
    limit.since = now;
    if (limit.tokens < 1000) {
        inet_count(ICMP_ERRORS_LIMITED);
        return false;
    }
    limit.tokens -= 1000;
    inet_count(ICMP_ERRORS_OUT);
    return true;
}

void icmp_init(void) {
    limit.tokens = ERRORS_BURST * 1000;
    limit.since = inet_now();
}

struct buf *icmp_quote(const struct ip_info *info, const struct buf *packet, size_t header_len,
                       size_t max) {
    struct buf *error = buf_alloc(true);
    if (error == NULL) {
        return NULL;
    }
    size_t len = MIN(packet->total, max - header_len - info->header_len);
    error->start = BUF_HEADROOM;
    uint8_t *quote = buf_data(error) + header_len;
    memset(buf_data(error), 0, header_len);
    memcpy(quote, buf_data(packet) - info->header_len, info->header_len);
    buf_copy_out(packet, 0, quote + info->header_len, len);
    error->len = (uint16_t) (header_len + info->header_len + len);
    error->total = error->len;
    return error;
}

static void send(const struct ip_info *info, struct buf *packet, uint16_t checksum_at) {
    struct ip_route route;
    if (IS_ERROR(ip_route(&info->src, &info->dst, &route))) {
        buf_free(packet);
        return;
    }
    // If there is no room for it, its sender can do without.
    (void) !ip_send_chain(&route, &info->src, IP_PROTO_ICMP, 0, checksum_at, packet);
}

static void icmp_send_error(const struct ip_info *info, const struct buf *packet,
                            enum ip_refusal why) {
    struct buf *error = icmp_quote(info, packet, ICMP_HEADER_LEN, ERROR_LEN_MAX - IPV4_HEADER_LEN);
    if (error == NULL) {
        return;
    }
    uint8_t *icmp = buf_data(error);
    icmp[0] = (why == IP_REFUSE_REASSEMBLY) ? TYPE_TIME_EXCEEDED : TYPE_UNREACHABLE;
    icmp[1] = (why == IP_REFUSE_REASSEMBLY) ? CODE_REASSEMBLY
              : (why == IP_REFUSE_PORT)     ? CODE_PORT
                                            : CODE_PROTOCOL;
    send(info, error, 2);
}

/// An error that was received, as far as it is about a packet of ours.
static bool parse_error(const uint8_t *icmp, size_t len, struct ip_error *error,
                        uint8_t *protocol) {
    const uint8_t *quoted = icmp + ICMP_HEADER_LEN;
    size_t left = len - ICMP_HEADER_LEN, header_len = (size_t) (quoted[0] & 15) * 4;
    bool first = (get16(quoted + 6) & IPV4_OFFSET_MASK) == 0;
    if (quoted[0] >> 4 != 4 || header_len < IPV4_HEADER_LEN || left < header_len + QUOTED_MIN
        || !first) {
        return false;
    }
    error->src = ip_addr_from_v4(get32(quoted + 12));
    error->dst = ip_addr_from_v4(get32(quoted + 16));
    error->quoted = quoted + header_len;
    error->quoted_len = left - header_len;
    *protocol = quoted[9];
    return netif_with_addr(&error->src, NULL) != NULL;
}

/// What a router that doesn't say the MTU (RFC 1191, 5) can be believed to have: the next smaller of the usual
/// ones (7.1).
static uint32_t guess_mtu(uint32_t len) {
    static const uint16_t usual[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508};
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (usual[i] < len) {
            return usual[i];
        }
    }
    return 296;
}

static enum ip_failure failure_of(uint8_t type, uint8_t code) {
    if (type == TYPE_TIME_EXCEEDED) {
        return IP_TTL_EXCEEDED;
    }
    switch (code) {
    case CODE_PROTOCOL:
    case CODE_PORT:
        return IP_NO_PORT;
    case CODE_TOO_BIG:
        return IP_TOO_BIG;
    case CODE_NET_PROHIBITED:
    case CODE_HOST_PROHIBITED:
    case CODE_ADMIN_PROHIBITED:
        return IP_PROHIBITED;
    default:
        return IP_NO_ROUTE;
    }
}

void ip_deliver_error(uint8_t protocol, const struct ip_error *error) {
    if (protocol == IP_PROTO_TCP) {
        tcp_error(error);
    } else if (protocol == IP_PROTO_UDP) {
        udp_error(error);
    } else if (protocol == IP_PROTO_ICMP || protocol == IP_PROTO_ICMPV6) {
        udp_echo_error(error);
    }
}

static bool handle_error(struct buf *packet) {
    uint8_t bytes[ICMP_HEADER_LEN + QUOTED_MAX], protocol;
    size_t len = MIN(packet->total, sizeof(bytes));
    if (len < ICMP_HEADER_LEN + IPV4_HEADER_LEN + QUOTED_MIN) {
        return false;
    }
    buf_copy_out(packet, 0, bytes, len);
    struct ip_error error = {.failure = failure_of(bytes[0], bytes[1])};
    if (!parse_error(bytes, len, &error, &protocol)) {
        return false;
    }
    if (error.failure == IP_TOO_BIG) {
        uint32_t mtu = get16(bytes + 6);
        error.mtu = (mtu != 0) ? mtu : guess_mtu(get16(bytes + ICMP_HEADER_LEN + 2));
    }
    inet_count(ICMP_ERRORS_IN);
    ip_deliver_error(protocol, &error);
    return true;
}

/// Answers with the same packet: one byte is another, and the checksum is put right for it (RFC 1624).
static void answer_echo(const struct ip_info *info, struct buf *packet) {
    uint8_t *icmp = buf_data(packet);
    uint32_t sum = (uint32_t) get16(icmp + 2) + (TYPE_ECHO << 8);
    put16(icmp + 2, (uint16_t) (sum + (sum >> 16)));
    icmp[0] = TYPE_ECHO_REPLY;
    inet_count(ICMP_ECHOES);
    send(info, packet, IP_NO_CHECKSUM);
}

static void drop(const struct ip_info *info, struct buf *packet) {
    inet_count(ICMP_BAD);
    info->netif->traffic.rx_dropped++;
    buf_free(packet);
}

void icmp_input(const struct ip_info *info, struct buf *packet) {
    bool trusted = packet->flags & NET_DESC_RX_TRUSTED;
    if (!buf_pull_up(packet, ICMP_HEADER_LEN)
        || (!trusted && ip_sum_fold(ip_sum_packet(0, packet)) != 0) || info->broadcast) {
        drop(info, packet);
        return;
    }
    switch (buf_data(packet)[0]) {
    case TYPE_ECHO:
        answer_echo(info, packet);
        return;
    case TYPE_ECHO_REPLY:
        udp_echo_input(info, packet);
        return;
    case TYPE_UNREACHABLE:
    case TYPE_TIME_EXCEEDED:
        if (!handle_error(packet)) {
            drop(info, packet);
            return;
        }
        break;
    default:
        break;
    }
    buf_free(packet);
}

void ip_refuse(const struct ip_info *info, const struct buf *packet, enum ip_refusal why) {
    // RFC 1122, 3.2.2: not about what went to many, or came from nobody in particular.
    if (info->broadcast || ip_addr_is_multicast(&info->src) || ip_addr_is_any(&info->src)
        || !icmp_error_allowed()) {
        return;
    }
    if (ip_addr_is_v4(&info->dst)) {
        icmp_send_error(info, packet, why);
    } else {
        icmpv6_send_error(info, packet, why);
    }
}
