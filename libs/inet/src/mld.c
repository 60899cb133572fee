#include "mld.h"

#include <inet/bytes.h>
#include <inet/env.h>

#include "addr.h"
#include "checksum.h"
#include "counters.h"
#include "ip.h"
#include "route.h"

// Messages: RFC 3810, 5.
#define REPORT_OLD       131
#define REPORT           143
#define QUERY_OLD_LEN    24
#define QUERY_LEN        28
#define GROUP_OFFSET     8
#define REPORT_LEN       8
#define RECORD_LEN       20
#define RECORD_IS_IN     2
#define RECORD_IS_NEW_IN 4

/// Of the option that has routers look at a message that isn't for them, in a header of its own: RFC 2711, 2.1.
#define ALERT_LEN 8
/// Nothing that came through a router has it.
#define HOP_LIMIT 1

// RFC 3810, 9: what is new is told twice, the second time within a second.
#define ROBUSTNESS 2
#define REPEAT_MS  1000
/// A router that knows RFC 2710 alone is believed to be there for so long (9.12, with the usual values of 9).
#define OLD_QUERIER_MS 260000

/// The groups of an interface's addresses, each once. Everybody is in that of all nodes: nobody tells of it.
static unsigned find_groups(const struct netif *netif, struct ip_addr groups[NETIF_ADDRS_MAX]) {
    unsigned count = 0;
    for (unsigned i = 0; i < netif->num_addrs; i++) {
        const struct ip_addr *addr = &netif->addrs[i].addr;
        struct ip_addr group = nd_solicited_group(addr);
        unsigned same = 0;
        while (same < count && !ip_addr_equals(&groups[same], &group)) {
            same++;
        }
        if (same == count && !ip_addr_is_v4(addr)) {
            groups[count++] = group;
        }
    }
    return count;
}

static void send(struct netif *netif, const struct ip_addr *dst, const uint8_t *message,
                 size_t len) {
    static const struct ip_addr any;
    static const uint8_t alert[ALERT_LEN] = {IP_PROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0};
    // Without an address as yet: RFC 3590.
    const struct ip_addr *src = nd_link_local_of(netif);
    struct ip_route route = {.netif = netif, .src = (src != NULL) ? *src : any};
    struct ip_packet sent = {.route = &route, .dst = *dst, .ttl = HOP_LIMIT};
    if (!nd_make(&sent, message, len)) {
        return;
    }
    struct buf *packet = sent.header;
    packet->start -= ALERT_LEN;
    packet->len = (uint16_t) (packet->len + ALERT_LEN);
    packet->total += ALERT_LEN;
    memcpy(buf_data(packet), alert, ALERT_LEN);
    sent.protocol = IPV6_HOP_BY_HOP;
    nd_transmit(&sent, NULL);
}

/// RFC 2710: a message for each group, to the group.
static void report_old(struct netif *netif, const struct ip_addr *groups, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        uint8_t message[QUERY_OLD_LEN] = {REPORT_OLD};
        memcpy(message + GROUP_OFFSET, groups[i].bytes, IP_ADDR_LEN);
        send(netif, &groups[i], message, sizeof(message));
    }
}

static void report(struct nd *nd) {
    static const struct ip_addr routers = {{0xff, 2, [15] = 0x16}};
    struct ip_addr groups[NETIF_ADDRS_MAX];
    uint8_t message[REPORT_LEN + NETIF_ADDRS_MAX * RECORD_LEN] = {REPORT};
    unsigned count = find_groups(nd->netif, groups);
    bool is_new = nd->reports_left > 0;
    if (is_new) {
        nd->reports_left--;
    }
    if (inet_now() < nd->old_querier_until) {
        report_old(nd->netif, groups, count);
        return;
    }
    put16(message + 6, (uint16_t) count);
    for (unsigned i = 0; i < count; i++) {
        uint8_t *record = message + REPORT_LEN + (size_t) i * RECORD_LEN;
        record[0] = is_new ? RECORD_IS_NEW_IN : RECORD_IS_IN;
        memcpy(record + 4, groups[i].bytes, IP_ADDR_LEN);
    }
    if (count > 0) {
        send(nd->netif, &routers, message, REPORT_LEN + count * RECORD_LEN);
    }
}

/// At a random time, so that not all hosts do at once; unless something is told sooner anyway.
static void report_later(struct nd *nd, uint32_t within_ms) {
    uint64_t at = inet_now() + inet_random() % MAX(within_ms, 1u);
    if (!inet_timer_is_running(&nd->report_timer) || at < nd->report_timer.when) {
        inet_timer_start(&nd->report_timer, at);
    }
}

static void run(struct inet_timer *timer) {
    struct nd *nd = INET_TIMER_OWNER(timer, struct nd, report_timer);
    report(nd);
    if (nd->reports_left > 0) {
        report_later(nd, REPEAT_MS);
    }
}

void mld_changed(struct nd *nd) {
    nd->report_timer.fire = run;
    nd->reports_left = ROBUSTNESS;
    report(nd);
    report_later(nd, REPEAT_MS);
}

/// RFC 3810, 5.1.3: large ones have an exponent.
static uint32_t read_delay(const uint8_t *query, bool old) {
    uint32_t code = get16(query + 4);
    if (old || code < 0x8000) {
        return code;
    }
    return (0x1000 | (code & 0xfff)) << (((code >> 12) & 7) + 3);
}

void mld_input(const struct ip_info *info, struct buf *packet) {
    uint8_t query[QUERY_LEN];
    struct ip_addr groups[NETIF_ADDRS_MAX], asked;
    struct nd *nd = info->netif->nd;
    bool old = packet->total == QUERY_OLD_LEN;
    // RFC 3810, 6.2 and 8.2.1.
    if (nd == NULL || info->ttl != HOP_LIMIT || !ip_addr_is_link_local(&info->src)
        || (!old && packet->total < QUERY_LEN)) {
        inet_count(ND_BAD);
        return;
    }
    buf_copy_out(packet, 0, query, old ? QUERY_OLD_LEN : QUERY_LEN);
    memcpy(asked.bytes, query + GROUP_OFFSET, IP_ADDR_LEN);
    bool ours = ip_addr_is_any(&asked);
    for (unsigned i = find_groups(info->netif, groups); i-- > 0;) {
        ours = ours || ip_addr_equals(&groups[i], &asked);
    }
    if (old) {
        nd->old_querier_until = inet_now() + OLD_QUERIER_MS;
    }
    if (ours) {
        nd->report_timer.fire = run;
        report_later(nd, read_delay(query, old));
    }
}

void mld_forget(struct nd *nd) {
    inet_timer_stop(&nd->report_timer);
}
