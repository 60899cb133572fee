// Stateless addresses, and what routers say: RFC 4862, RFC 4861, 6.3, RFC 8106.

#include <inet/bytes.h>
#include <inet/env.h>
#include <resea/malloc.h>
#include <resea/printf.h>

#include "addr.h"
#include "counters.h"
#include "dns.h"
#include "mld.h"
#include "nd_state.h"
#include "route.h"

#define OPTION_SOURCE_MAC   1
#define OPTION_PREFIX       3
#define OPTION_NAME_SERVERS 25
#define PREFIX_OPTION_UNITS 4
#define FLAG_ON_LINK        0x80
#define FLAG_AUTONOMOUS     0x40
#define INTERFACE_BITS      64

// RFC 4861, 10; RFC 4862, 5.1: one probe, and a second's wait.
#define SOLICIT_MS  4000
#define SOLICIT_MAX 3
#define PROBE_MS    1000
/// Addresses of one interface that routers have told of: others are left out.
#define ADDRS_MAX 4
/// No stranger can make an address go away sooner: RFC 4862, 5.5.3, e.
#define TWO_HOURS_MS     7200000
#define NAME_SERVERS_MAX 3

static void run(struct inet_timer *timer);

static uint64_t later(uint32_t seconds) {
    return (seconds == UINT32_MAX) ? UINT64_MAX : inet_now() + (uint64_t) seconds * 1000;
}

/// The next time at which something is due.
static void schedule(struct nd *nd) {
    uint64_t next = MIN(nd->solicit_at, nd->probe_ends);
    for (unsigned i = 0; i < nd->netif->num_addrs; i++) {
        next = MIN(next, nd->netif->addrs[i].valid_until);
    }
    const struct route_entry *entry;
    for (unsigned i = 0; (entry = route_numbered(i)) != NULL; i++) {
        next = (entry->netif == nd->netif) ? MIN(next, entry->valid_until) : next;
    }
    if (next == UINT64_MAX) {
        inet_timer_stop(&nd->timer);
    } else {
        inet_timer_start(&nd->timer, next);
    }
}

/// The interface's half of an address, from the MAC address: RFC 4291, appendix A.
static void put_interface_id(struct ip_addr *addr, const uint8_t *mac) {
    memcpy(addr->bytes + 8, mac, 3);
    addr->bytes[8] ^= 2;
    addr->bytes[11] = 0xff;
    addr->bytes[12] = 0xfe;
    memcpy(addr->bytes + 13, mac + 3, 3);
}

/// An address that isn't ours before nobody has objected for a while.
static struct netif_addr *add_tentative(struct nd *nd, const struct ip_addr *addr,
                                        enum inet_origin origin) {
    struct netif_addr *entry = netif_add_addr(nd->netif, addr, INTERFACE_BITS, origin);
    if (entry != NULL) {
        entry->tentative = true;
        mld_changed(nd);
        nd_probe(nd->netif, addr);
        nd->probe_ends = inet_now() + PROBE_MS;
    }
    return entry;
}

void nd_conflict(struct netif *netif, struct netif_addr *entry) {
    char text[IP_ADDR_TEXT_LEN];
    ip_addr_format(&entry->addr, text);
    inet_count(ARP_CONFLICTS);
    // One that we have had for long is kept: who claims it now may lie.
    if (entry->tentative) {
        struct ip_addr addr = entry->addr;
        WARN("%s: another machine has the address %s", netif->name, text);
        netif_remove_addr(netif, &addr);
    }
}

static void solicit_routers(struct nd *nd) {
    static const struct ip_addr all_routers = {{0xff, 2, [15] = 2}};
    uint8_t message[16] = {ND_ROUTER_SOLICITATION};
    struct netif *netif = nd->netif;
    nd->solicitations++;
    nd->solicit_at = (nd->solicitations < SOLICIT_MAX) ? inet_now() + SOLICIT_MS : UINT64_MAX;
    for (unsigned i = 0; i < netif->num_addrs; i++) {
        if (netif->addrs[i].origin == INET_LINK_LOCAL && !netif->addrs[i].tentative) {
            nd_put_mac(message + 8, OPTION_SOURCE_MAC, netif->mac);
            nd_send(netif, &netif->addrs[i].addr, &all_routers, NULL, message, sizeof(message));
            return;
        }
    }
}

static void end_probes(struct nd *nd) {
    nd->probe_ends = UINT64_MAX;
    for (unsigned i = 0; i < nd->netif->num_addrs; i++) {
        nd->netif->addrs[i].tentative = false;
    }
    route_changed();
    mld_changed(nd);
}

static void expire(struct nd *nd) {
    struct netif *netif = nd->netif;
    uint64_t now = inet_now();
    for (unsigned i = netif->num_addrs; i-- > 0;) {
        if (netif->addrs[i].origin == INET_ROUTER && netif->addrs[i].valid_until <= now) {
            struct ip_addr addr = netif->addrs[i].addr;
            netif_remove_addr(netif, &addr);
        }
    }
    route_expire(netif);
}

static void run(struct inet_timer *timer) {
    struct nd *nd = INET_TIMER_OWNER(timer, struct nd, timer);
    uint64_t now = inet_now();
    if (now >= nd->probe_ends) {
        end_probes(nd);
    }
    if (now >= nd->solicit_at) {
        solicit_routers(nd);
    }
    expire(nd);
    schedule(nd);
}

void nd_link_up(struct netif *netif) {
    if (!nd_is_enabled() || netif->loopback) {
        return;
    }
    nd_forget(netif);
    struct nd *nd = malloc(sizeof(*nd));
    if (nd == NULL) {
        return;
    }
    netif->nd = nd;
    *nd = (struct nd){.netif = netif, .timer.fire = run, .probe_ends = UINT64_MAX};
    struct ip_addr addr = {{0xfe, 0x80}};
    put_interface_id(&addr, netif->mac);
    if (netif_find_addr(netif, &addr) == NULL) {
        (void) add_tentative(nd, &addr, INET_LINK_LOCAL);
    }
    nd->solicit_at = inet_now() + PROBE_MS;
    schedule(nd);
}

void nd_forget(struct netif *netif) {
    if (netif->nd != NULL) {
        inet_timer_stop(&netif->nd->timer);
        mld_forget(netif->nd);
        free(netif->nd);
        netif->nd = NULL;
    }
}

static unsigned count_addrs(const struct netif *netif) {
    unsigned count = 0;
    for (unsigned i = 0; i < netif->num_addrs; i++) {
        count += netif->addrs[i].origin == INET_ROUTER;
    }
    return count;
}

/// RFC 4862, 5.5.3.
static void use_prefix(struct nd *nd, struct ip_addr addr, uint32_t valid_s, uint32_t preferred_s) {
    put_interface_id(&addr, nd->netif->mac);
    struct netif_addr *entry = netif_find_addr(nd->netif, &addr);
    uint64_t now = inet_now();
    if (entry == NULL) {
        bool room = valid_s > 0 && count_addrs(nd->netif) < ADDRS_MAX;
        entry = room ? add_tentative(nd, &addr, INET_ROUTER) : NULL;
        if (entry == NULL) {
            return;
        }
        entry->valid_until = later(valid_s);
    } else if (entry->origin == INET_ROUTER) {
        uint64_t left = entry->valid_until - now, valid = later(valid_s);
        bool longer = (uint64_t) valid_s * 1000 > TWO_HOURS_MS || valid > entry->valid_until;
        if (longer) {
            entry->valid_until = valid;
        } else if (left > TWO_HOURS_MS) {
            entry->valid_until = now + TWO_HOURS_MS;
        }
    }
    entry->preferred_until = later(preferred_s);
}

static void read_prefix(struct nd *nd, const uint8_t *option) {
    static const struct ip_addr no_gateway;
    struct ip_addr prefix = {{0}};
    unsigned bits = option[2];
    uint32_t valid_s = get32(option + 4), preferred_s = get32(option + 8);
    memcpy(prefix.bytes, option + 16, bits == INTERFACE_BITS ? 8 : 0);
    if (bits != INTERFACE_BITS || preferred_s > valid_s || ip_addr_is_multicast(&prefix)
        || ip_addr_is_link_local(&prefix) || ip_addr_is_any(&prefix)) {
        return;
    }
    if (option[3] & FLAG_AUTONOMOUS) {
        use_prefix(nd, prefix, valid_s, preferred_s);
    }
    if ((option[3] & FLAG_ON_LINK) && valid_s > 0) {
        // A table that is full has the more important routes: they came first.
        (void) !route_add(nd->netif, &prefix, bits, &no_gateway, INET_ROUTER, later(valid_s));
    }
}

/// RFC 8106, 5.1.
static void read_name_servers(struct nd *nd, const uint8_t *option) {
    struct ip_addr servers[NAME_SERVERS_MAX];
    unsigned count = 0;
    bool gone = get32(option + 4) == 0;
    for (size_t at = 8; !gone && at + IP_ADDR_LEN <= (size_t) option[1] * 8; at += IP_ADDR_LEN) {
        if (count < NAME_SERVERS_MAX && !(option[at] == 0xff)) {
            memcpy(servers[count++].bytes, option + at, IP_ADDR_LEN);
        }
    }
    dns_set_servers(nd, servers, count);
}

void nd_router_heard(const struct ip_info *info, const uint8_t *message, size_t len) {
    static const struct ip_addr any;
    struct nd *nd = info->netif->nd;
    // RFC 4861, 6.1.2.
    if (!ip_addr_is_link_local(&info->src)) {
        inet_count(ND_BAD);
        return;
    }
    uint32_t lifetime_s = get16(message + 6);
    nd->solicit_at = UINT64_MAX;
    // Several routers are several routes. A table that is full keeps the older ones.
    (void) !route_add(nd->netif, &any, 0, &info->src, INET_ROUTER, later(lifetime_s));
    for (size_t i = ND_ROUTER_LEN; i < len; i += (size_t) message[i + 1] * 8) {
        const uint8_t *option = message + i;
        if (option[0] == OPTION_PREFIX && option[1] == PREFIX_OPTION_UNITS) {
            read_prefix(nd, option);
        } else if (option[0] == OPTION_NAME_SERVERS && option[1] >= 3) {
            read_name_servers(nd, option);
        }
    }
    expire(nd);
    schedule(nd);
}
