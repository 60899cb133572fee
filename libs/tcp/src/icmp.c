// What ICMP tells of our segments, and how far it is believed (RFC 5927): an attacker who doesn't see a connection
// has to guess sequence numbers, and can't end one.

#include <endian.h>
#include <inet/bytes.h>

#include "tcp_impl.h"

#define MTU_MIN_V4 \
    552u  ///< A router that asks for less is not to be believed: 68 is allowed, nobody has it.
#define MTU_MIN_V6 1280u

/// The path has become narrower. What is on its way is as good as lost, but not by congestion.
static void too_big(struct tcp *tcp, const struct ip_error *error) {
    bool v4 = ip_addr_is_v4(&tcp->node.remote);
    uint32_t headers = TCP_HEADER_LEN + (v4 ? 20 : 40);
    uint32_t mtu = MAX(error->mtu, v4 ? MTU_MIN_V4 : MTU_MIN_V6);
    uint16_t before = tcp->mss;
    ip_learn_mtu(&tcp->route, &tcp->node.remote, mtu);
    tcp->mss_limit = (uint16_t) MIN(mtu - headers, (uint32_t) tcp->mss_limit);
    tcp_update_mss(tcp);
    if (tcp->mss < before && tcp_is_synchronized(tcp) && tcp_flight(tcp) > 0) {
        tcp_all_lost(tcp);
        tcp_mark_dirty(tcp);
    }
}

static error_t meaning(enum ip_failure failure) {
    return (failure == IP_NO_PORT) ? ERR_REFUSED : ERR_UNREACHABLE;
}

static void failed(struct tcp *tcp, const struct ip_error *error) {
    bool hard = error->failure == IP_NO_PORT || error->failure == IP_PROHIBITED;
    bool opening = tcp->state == TCP_SYN_SENT || tcp->state == TCP_SYN_RECEIVED;
    if (hard && opening) {
        tcp_end(tcp, meaning(error->failure));
    } else {
        tcp->soft_error = meaning(error->failure);
    }
}

void tcp_error(const struct ip_error *error) {
    uint16_t ports[2];
    uint32_t seq;
    if (error->quoted_len < sizeof(ports) + sizeof(seq)) {
        return;
    }
    tcp_now = inet_now();
    memcpy(ports, error->quoted, sizeof(ports));
    memcpy(&seq, error->quoted + sizeof(ports), sizeof(seq));
    seq = ntoh32(seq);
    struct tcp_node *node = tcp_find(&error->src, ntoh16(ports[0]), &error->dst, ntoh16(ports[1]));
    if (node == NULL || node->kind != TCP_KIND_CONNECTION) {
        return;
    }
    struct tcp *tcp = (struct tcp *) node;
    // RFC 5927, 4.1: only what is on its way can have been in trouble.
    if (!seq_le(tcp->snd_una, seq) || !seq_lt(seq, tcp->snd_nxt)) {
        return;
    }
    if (error->failure == IP_TOO_BIG) {
        too_big(tcp, error);
    } else {
        failed(tcp, error);
    }
}
