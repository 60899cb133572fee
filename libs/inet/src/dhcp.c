#include "dhcp.h"

#include <inet/bytes.h>
#include <inet/env.h>
#include <inet/timer.h>
#include <resea/malloc.h>
#include <resea/printf.h>

#include "addr.h"
#include "arp.h"
#include "counters.h"
#include "dhcp_message.h"
#include "dns.h"
#include "ntp.h"
#include "route.h"
#include "udp.h"

/// Between tries: RFC 2131, 4.1: 4 s, then twice as long each time, ±1 s.
#define FIRST_WAIT_MS 4000
#define LAST_WAIT_MS  64000
#define JITTER_MS     1000
/// How long is waited for somebody who has the offered address already: less than RFC 5227 wants, as it
/// delays each start.
#define PROBE_MS 200
/// After an address turned out to be in use: RFC 2131, 3.1, 5.
#define DECLINED_MS 10000
/// Nobody can make us renew more often.
#define LEASE_MIN_S  60
#define RENEW_MIN_MS 60000
/// Tries to have an old lease confirmed, after which it is taken for good (RFC 2131, 3.2, 3).
#define REBOOT_TRIES 3

enum state {
    SELECTING,   ///< DISCOVER was sent.
    REQUESTING,  ///< An offer was asked for.
    PROBING,     ///< It is ours, if nobody else has it.
    BOUND,
    RENEWING,   ///< The server is asked for more time.
    REBINDING,  ///< Any server is.
    REBOOTING,  ///< There was no link for a while: is the lease still good?
    WAITING,    ///< Before beginning anew.
};

struct dhcp {
    struct netif *netif;
    struct udp *udp;
    struct inet_timer timer;
    enum state state;
    uint32_t xid;
    unsigned tries;
    uint64_t began;
    struct dhcp_reply lease;  ///< Offered, or ours.
    bool bound;               ///< The interface has its address.
    uint64_t renew_at, rebind_at, expires;
};

static char hostname[DHCP_HOSTNAME_LEN];
static bool disabled;

void dhcp_set(bool enabled, const char *name) {
    disabled = !enabled;
    strncpy2(hostname, (name != NULL) ? name : "", sizeof(hostname));
}

static void after(struct dhcp *dhcp, uint64_t ms) {
    inet_timer_start(&dhcp->timer, inet_now() + ms);
}

static void send(struct dhcp *dhcp, enum dhcp_type type, uint32_t to) {
    bool has_addr = dhcp->state == RENEWING || dhcp->state == REBINDING || type == DHCP_RELEASE;
    bool wants_it = dhcp->state == REQUESTING || dhcp->state == REBOOTING || type == DHCP_DECLINE;
    bool names_server = dhcp->state == REQUESTING || type == DHCP_DECLINE || type == DHCP_RELEASE;
    struct dhcp_request request = {.type = type,
                                   .xid = dhcp->xid,
                                   .secs = (uint16_t) ((inet_now() - dhcp->began) / 1000),
                                   .client = has_addr ? dhcp->lease.addr : 0,
                                   .requested = wants_it ? dhcp->lease.addr : 0,
                                   .server = names_server ? dhcp->lease.server : 0};
    memcpy(request.mac, dhcp->netif->mac, MAC_LEN);
    strncpy2(request.hostname, hostname, sizeof(request.hostname));
    uint8_t message[DHCP_SEND_LEN];
    dhcp_write(&request, message);
    struct ip_addr dst = ip_addr_from_v4(to);
    // What is lost is sent again.
    (void) !udp_send(dhcp->udp, &dst, DHCP_SERVER_PORT, message, sizeof(message));
}

/// Sends, and again a while later.
static void send_again(struct dhcp *dhcp, enum dhcp_type type) {
    uint64_t wait = (uint64_t) FIRST_WAIT_MS << MIN(dhcp->tries, 4);
    dhcp->tries++;
    send(dhcp, type, V4_BROADCAST);
    after(dhcp, MIN(wait, LAST_WAIT_MS) - JITTER_MS + inet_random() % (2 * JITTER_MS + 1));
}

static void enter(struct dhcp *dhcp, enum state state) {
    dhcp->state = state;
    dhcp->tries = 0;
}

static void begin(struct dhcp *dhcp) {
    enter(dhcp, SELECTING);
    dhcp->xid = inet_random();
    dhcp->began = inet_now();
    memset(&dhcp->lease, 0, sizeof(dhcp->lease));
    send_again(dhcp, DHCP_DISCOVER);
}

static void begin_later(struct dhcp *dhcp, uint64_t ms) {
    enter(dhcp, WAITING);
    after(dhcp, ms + inet_random() % JITTER_MS);
}

/// Takes the address away from the interface.
static void unbind(struct dhcp *dhcp) {
    if (dhcp->bound) {
        dhcp->bound = false;
        netif_remove_addrs(dhcp->netif, INET_DHCP);
        route_remove(dhcp->netif, INET_DHCP, true);
        route_remove(dhcp->netif, INET_DHCP, false);
        dns_set_servers(dhcp, NULL, 0);
        ntp_set_servers(dhcp, NULL, 0);
    }
}

static void set_times(struct dhcp *dhcp) {
    struct dhcp_reply *lease = &dhcp->lease;
    uint64_t now = inet_now(), seconds = MAX(lease->lease_s, LEASE_MIN_S);
    if (lease->lease_s == UINT32_MAX) {
        dhcp->renew_at = dhcp->rebind_at = dhcp->expires = UINT64_MAX;
        inet_timer_stop(&dhcp->timer);
        return;
    }
    // RFC 2131, 4.4.5: half and seven eighths, if nothing sensible was said.
    uint64_t renew = lease->renew_s, rebind = lease->rebind_s;
    if (renew < LEASE_MIN_S / 2 || renew >= rebind || rebind >= seconds) {
        renew = seconds / 2;
        rebind = seconds * 7 / 8;
    }
    dhcp->renew_at = now + renew * 1000;
    dhcp->rebind_at = now + rebind * 1000;
    dhcp->expires = now + seconds * 1000;
    inet_timer_start(&dhcp->timer, dhcp->renew_at);
}

static void add_routes(struct dhcp *dhcp) {
    const struct dhcp_reply *lease = &dhcp->lease;
    for (unsigned i = 0; i < lease->num_routes; i++) {
        const struct dhcp_route *route = &lease->routes[i];
        static const struct ip_addr no_gateway;
        struct ip_addr prefix = ip_addr_from_v4(route->prefix);
        struct ip_addr gateway =
            (route->gateway != 0) ? ip_addr_from_v4(route->gateway) : no_gateway;
        // A table that is full has the more important ones: they were told first.
        (void) !route_add(dhcp->netif, &prefix, V4_PREFIX_BITS + route->prefix_len, &gateway,
                          INET_DHCP, UINT64_MAX);
    }
}

static void tell_servers(struct dhcp *dhcp,
                         void (*set)(const void *origin, const struct ip_addr *addrs,
                                     unsigned num_addrs),
                         const uint32_t *hosts, unsigned count) {
    struct ip_addr addrs[DHCP_SERVERS_MAX];
    for (unsigned i = 0; i < count; i++) {
        addrs[i] = ip_addr_from_v4(hosts[i]);
    }
    set(dhcp, addrs, count);
}

/// What the lease says becomes the interface's configuration.
static void apply(struct dhcp *dhcp) {
    struct netif *netif = dhcp->netif;
    const struct dhcp_reply *lease = &dhcp->lease;
    struct ip_addr addr = ip_addr_from_v4(lease->addr);
    struct netif_addr *entry = netif_find_addr(netif, &addr);
    bool is_new = entry == NULL || entry->prefix_len != V4_PREFIX_BITS + lease->prefix_len;
    if (is_new) {
        unbind(dhcp);
        entry = netif_add_addr(netif, &addr, V4_PREFIX_BITS + lease->prefix_len, INET_DHCP);
        if (entry == NULL) {
            begin_later(dhcp, DECLINED_MS);
            return;
        }
    }
    entry->valid_until = dhcp->expires;
    route_remove(netif, INET_DHCP, true);
    add_routes(dhcp);
    tell_servers(dhcp, dns_set_servers, lease->name_servers, lease->num_name_servers);
    tell_servers(dhcp, ntp_set_servers, lease->time_servers, lease->num_time_servers);
    dhcp->bound = true;
    if (is_new) {
        arp_announce(netif, lease->addr);
    }
}

static void bind_lease(struct dhcp *dhcp) {
    enter(dhcp, BOUND);
    inet_count(DHCP_LEASES);
    set_times(dhcp);
    apply(dhcp);
}

static void request_offer(struct dhcp *dhcp, const struct dhcp_reply *offer) {
    if (offer->addr == 0 || offer->server == 0) {
        inet_count(DHCP_BAD);
        return;
    }
    dhcp->lease = *offer;
    enter(dhcp, REQUESTING);
    send_again(dhcp, DHCP_REQUEST);
}

static void acknowledged(struct dhcp *dhcp, const struct dhcp_reply *ack) {
    bool asked_one = dhcp->state == REQUESTING || dhcp->state == RENEWING;
    if (ack->addr != dhcp->lease.addr || ack->lease_s == 0
        || (asked_one && ack->server != dhcp->lease.server)) {
        inet_count(DHCP_BAD);
        return;
    }
    uint32_t server = (ack->server != 0) ? ack->server : dhcp->lease.server;
    dhcp->lease = *ack;
    dhcp->lease.server = server;
    if (dhcp->state != REQUESTING) {
        bind_lease(dhcp);
        return;
    }
    enter(dhcp, PROBING);
    arp_ask(dhcp->netif, 0, dhcp->lease.addr, NULL);
    after(dhcp, PROBE_MS);
}

static void refused(struct dhcp *dhcp, const struct dhcp_reply *nak) {
    bool asked_one = dhcp->state == REQUESTING || dhcp->state == RENEWING;
    if (asked_one && nak->server != dhcp->lease.server) {
        inet_count(DHCP_BAD);
        return;
    }
    unbind(dhcp);
    begin_later(dhcp, JITTER_MS);
}

static void handle(struct dhcp *dhcp, const struct dhcp_reply *reply) {
    bool asked = dhcp->state == REQUESTING || dhcp->state == RENEWING || dhcp->state == REBINDING
                 || dhcp->state == REBOOTING;
    if (reply->type == DHCP_OFFER && dhcp->state == SELECTING) {
        request_offer(dhcp, reply);
    } else if (reply->type == DHCP_ACK && asked) {
        acknowledged(dhcp, reply);
    } else if (reply->type == DHCP_NAK && asked) {
        refused(dhcp, reply);
    }
}

static void receive(void *user, const struct ip_addr *src __unused, uint16_t port,
                    struct buf *packet) {
    struct dhcp *dhcp = user;
    uint8_t message[DHCP_RECEIVE_MAX];
    struct dhcp_reply reply;
    size_t len = MIN(packet->total, sizeof(message));
    buf_copy_out(packet, 0, message, len);
    buf_free(packet);
    if (port == DHCP_SERVER_PORT && dhcp_parse(message, len, dhcp->xid, dhcp->netif->mac, &reply)) {
        handle(dhcp, &reply);
    } else {
        inet_count(DHCP_BAD);
    }
}

/// Asks for more time, again after half of what is left until `end`.
static void ask_for_more(struct dhcp *dhcp, uint64_t end, uint32_t to) {
    uint64_t now = inet_now();
    if (dhcp->tries++ == 0) {
        dhcp->xid = inet_random();
        dhcp->began = now;
    }
    send(dhcp, DHCP_REQUEST, to);
    uint64_t wait = MAX((end - now) / 2, RENEW_MIN_MS);
    inet_timer_start(&dhcp->timer, MIN(now + wait, end));
}

static void lease_goes_on(struct dhcp *dhcp) {
    uint64_t now = inet_now();
    if (now >= dhcp->expires) {
        unbind(dhcp);
        begin(dhcp);
    } else if (now >= dhcp->rebind_at) {
        if (dhcp->state != REBINDING) {
            enter(dhcp, REBINDING);
        }
        ask_for_more(dhcp, dhcp->expires, V4_BROADCAST);
    } else {
        if (dhcp->state != RENEWING) {
            enter(dhcp, RENEWING);
        }
        ask_for_more(dhcp, dhcp->rebind_at, dhcp->lease.server);
    }
}

/// Nobody says whether the old lease is good.
static void confirm_again(struct dhcp *dhcp) {
    if (inet_now() >= dhcp->expires) {
        unbind(dhcp);
        begin(dhcp);
    } else if (dhcp->tries < REBOOT_TRIES) {
        send_again(dhcp, DHCP_REQUEST);
    } else {
        enter(dhcp, BOUND);
        inet_timer_start(&dhcp->timer, MAX(dhcp->renew_at, inet_now() + RENEW_MIN_MS));
    }
}

static void run(struct inet_timer *timer) {
    struct dhcp *dhcp = INET_TIMER_OWNER(timer, struct dhcp, timer);
    switch (dhcp->state) {
    case SELECTING:
        send_again(dhcp, DHCP_DISCOVER);
        break;
    case REQUESTING:
        if (dhcp->tries < REBOOT_TRIES) {
            send_again(dhcp, DHCP_REQUEST);
        } else {
            begin(dhcp);
        }
        break;
    case PROBING:
        bind_lease(dhcp);
        break;
    case BOUND:
    case RENEWING:
    case REBINDING:
        lease_goes_on(dhcp);
        break;
    case REBOOTING:
        confirm_again(dhcp);
        break;
    case WAITING:
        begin(dhcp);
        break;
    }
}

static struct dhcp *create(struct netif *netif) {
    struct dhcp *dhcp = malloc(sizeof(*dhcp));
    if (dhcp == NULL) {
        return NULL;
    }
    memset(dhcp, 0, sizeof(*dhcp));
    dhcp->netif = netif;
    dhcp->timer.fire = run;
    dhcp->udp = udp_open(UDP_SOCKET, receive, dhcp);
    uint16_t port = DHCP_CLIENT_PORT;
    struct ip_addr any = ip_addr_from_v4(0);
    if (dhcp->udp == NULL) {
        free(dhcp);
        return NULL;
    }
    udp_set_netif(dhcp->udp, netif);
    if (IS_ERROR(udp_bind(dhcp->udp, &any, &port))) {
        udp_close(dhcp->udp);
        free(dhcp);
        return NULL;
    }
    netif->dhcp = dhcp;
    return dhcp;
}

void dhcp_link_up(struct netif *netif) {
    if (disabled || netif->by_hand || netif->loopback) {
        return;
    }
    struct dhcp *dhcp = (netif->dhcp != NULL) ? netif->dhcp : create(netif);
    if (dhcp == NULL) {
        WARN("%s: no DHCP: no memory, or a program has its port", netif->name);
    } else if (dhcp->bound && dhcp->expires > inet_now()) {
        enter(dhcp, REBOOTING);
        dhcp->xid = inet_random();
        dhcp->began = inet_now();
        send_again(dhcp, DHCP_REQUEST);
    } else {
        unbind(dhcp);
        begin(dhcp);
    }
}

void dhcp_stop(struct netif *netif) {
    struct dhcp *dhcp = netif->dhcp;
    if (dhcp != NULL && dhcp->bound) {
        send(dhcp, DHCP_RELEASE, dhcp->lease.server);
        unbind(dhcp);
    }
    dhcp_forget(netif);
}

void dhcp_forget(struct netif *netif) {
    struct dhcp *dhcp = netif->dhcp;
    if (dhcp != NULL) {
        inet_timer_stop(&dhcp->timer);
        udp_close(dhcp->udp);
        free(dhcp);
        netif->dhcp = NULL;
    }
}

void dhcp_heard_arp(struct netif *netif, uint32_t sender, uint32_t target) {
    struct dhcp *dhcp = netif->dhcp;
    if (dhcp == NULL || dhcp->state != PROBING) {
        return;
    }
    // Somebody has it, or asks for it at the same time: RFC 5227, 2.1.1.
    if (sender == dhcp->lease.addr || (sender == 0 && target == dhcp->lease.addr)) {
        send(dhcp, DHCP_DECLINE, V4_BROADCAST);
        begin_later(dhcp, DECLINED_MS);
    }
}
